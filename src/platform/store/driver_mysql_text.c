#include "platform/store/driver_mysql.h"

/* NO_BACKSLASH_ESCAPES is set, so a quote is the only character with a meaning; in UTF-8 its byte
 * is never part of another character. */
void driver_mysql__add_text(struct buf *sql, struct str text)
{
    struct str head;

    buf_add_char(sql, '\'');
    while (str_cut(&text, '\'', &head)) {
        buf_add(sql, head);
        buf_add(sql, STR("''"));
    }
    buf_add(sql, head);
    buf_add_char(sql, '\'');
}

static void add_bytes(struct buf *sql, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";

    buf_add(sql, STR("x'"));
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];
        const char pair[] = {digits[byte >> 4], digits[byte & 15]};

        buf_add(sql, (struct str){pair, sizeof(pair)});
    }
    buf_add_char(sql, '\'');
}

void driver_mysql__add_column(struct buf *sql, const struct column *column, const void *row)
{
    if (row__is_null(column, row)) {
        buf_add(sql, STR("NULL"));
    } else if (column->type == COL_TEXT) {
        driver_mysql__add_text(sql, row__text(column, row));
    } else if (column->type == COL_BLOB) {
        add_bytes(sql, row__text(column, row));
    } else {
        buf_add_int(sql, row__int(column, row));
    }
}

static void add_value(struct buf *sql, const struct value *value)
{
    if (value->type == VALUE_TYPE_INT) {
        buf_add_int(sql, value->number);
    } else {
        driver_mysql__add_text(sql, value->text);
    }
}

void driver_mysql__add_values(struct buf *sql, const char *text, const struct value *values,
                              size_t count)
{
    size_t used = 0;
    char quote = '\0';

    for (; *text != '\0'; text++) {
        if (quote != '\0') {
            quote = *text == quote ? '\0' : quote;
        } else if (*text == '\'' || *text == '`') {
            quote = *text;
        } else if (*text == '?') {
            CHECK(used < count);
            add_value(sql, &values[used++]);
            continue;
        }
        buf_add_char(sql, *text);
    }
    CHECK(used == count);
}

/* Integers, and the whole part of decimals (a SUM is one). */
int64_t driver_mysql__read_int(const char *field, unsigned long length)
{
    bool negative = length > 0 && field[0] == '-';
    uint64_t value = 0;

    for (unsigned long i = negative ? 1 : 0; i < length && field[i] >= '0' && field[i] <= '9';
         i++) {
        value = value * 10 + (uint64_t)(field[i] - '0');
    }
    return (int64_t)(negative ? 0 - value : value);
}

void *driver_mysql__read_row(MYSQL_ROW fields, const unsigned long *lengths,
                             const struct table_info *info, struct arena *arena)
{
    void *row = arena_alloc(arena, info->table->row_size);

    for (size_t i = 0; i < info->table->column_count; i++) {
        const struct column *column = &info->table->columns[i];

        if (!column_is_text(column)) {
            row__set_int(column, row,
                         fields[i] == NULL ? 0 : driver_mysql__read_int(fields[i], lengths[i]));
        } else if (lengths[i] == 0 || fields[i] == NULL) {
            row__set_text(column, row, STR(""));
        } else {
            row__set_text(column, row,
                          (struct str){arena_copy(arena, fields[i], lengths[i]), lengths[i]});
        }
    }
    return row;
}
