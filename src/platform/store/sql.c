#include "platform/store/catalog.h"

void sql__select(struct buf *buf, const struct table_info *info)
{
    buf_printf(buf, "SELECT " STR_FMT " FROM " STR_FMT, STR_ARG(info->columns),
               STR_ARG(info->name));
}

void sql__where_key(struct buf *buf, const struct table_info *info, unsigned unique)
{
    const struct unique_info *key = &info->uniques[unique];

    for (size_t i = 0; i < key->column_count; i++) {
        buf_printf(buf, "%s`%s` = ?", i == 0 ? " WHERE " : " AND ",
                   info->table->columns[key->columns[i]].name);
    }
}

void sql__insert(struct buf *buf, const struct table_info *info)
{
    buf_printf(buf, "INSERT INTO " STR_FMT " (" STR_FMT ") VALUES ", STR_ARG(info->name),
               STR_ARG(info->columns));
}

void sql__update(struct buf *buf, const struct table_info *info)
{
    const struct table *table = info->table;
    const char *comma = "";

    buf_printf(buf, "UPDATE " STR_FMT " SET ", STR_ARG(info->name));
    for (size_t i = 1; i < table->column_count; i++) {
        if (!table->columns[i].fixed) {
            buf_printf(buf, "%s`%s` = ?", comma, table->columns[i].name);
            comma = ", ";
        }
    }
    buf_printf(buf, " WHERE `%s` = ?", table->columns[0].name);
}

size_t sql__changeable_count(const struct table_info *info)
{
    size_t count = 0;

    for (size_t i = 1; i < info->table->column_count; i++) {
        count += info->table->columns[i].fixed ? 0 : 1;
    }
    return count;
}
