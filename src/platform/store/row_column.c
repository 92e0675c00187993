/* Reading, writing and comparing the members of a row that the column table names. */
#include "platform/store/catalog.h"

static const unsigned char *member(const struct column *column, const void *row)
{
    return (const unsigned char *)row + column->offset;
}

static unsigned char *member_of(const struct column *column, void *row)
{
    return (unsigned char *)row + column->offset;
}

int64_t row__int(const struct column *column, const void *row)
{
    const unsigned char *at = member(column, row);
    int64_t wide;
    int narrow;
    bool flag;

    switch (column->type) {
    case COL_ID:
    case COL_INT:
    case COL_TIME:
        memcpy(&wide, at, sizeof(wide));
        return wide;
    case COL_AMOUNT:
        return ((const struct amount *)(const void *)at)->minor;
    case COL_ENUM:
    case COL_CURRENCY:
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    case COL_BOOL:
        memcpy(&flag, at, sizeof(flag));
        return flag ? 1 : 0;
    case COL_TEXT:
    case COL_BLOB:
        break;
    }
    check_failed("an integer column", __FILE__, __LINE__);
}

void row__set_int(const struct column *column, void *row, int64_t value)
{
    unsigned char *at = member_of(column, row);
    int narrow = (int)value;
    bool flag = value != 0;

    switch (column->type) {
    case COL_ID:
    case COL_INT:
    case COL_TIME:
        memcpy(at, &value, sizeof(value));
        return;
    case COL_AMOUNT:
        ((struct amount *)(void *)at)->minor = value;
        return;
    case COL_ENUM:
    case COL_CURRENCY:
        memcpy(at, &narrow, sizeof(narrow));
        return;
    case COL_BOOL:
        memcpy(at, &flag, sizeof(flag));
        return;
    case COL_TEXT:
    case COL_BLOB:
        break;
    }
    check_failed("an integer column", __FILE__, __LINE__);
}

struct str row__text(const struct column *column, const void *row)
{
    struct str text;

    memcpy(&text, member(column, row), sizeof(text));
    return text;
}

void row__set_text(const struct column *column, void *row, struct str text)
{
    memcpy(member_of(column, row), &text, sizeof(text));
}

bool row__is_null(const struct column *column, const void *row)
{
    if (!column->optional) {
        return false;
    }
    return column_is_text(column) ? row__text(column, row).len == 0 : row__int(column, row) == 0;
}

bool row__column_equal(const struct column *column, const void *a, const void *b)
{
    return column_is_text(column) ? str_eq(row__text(column, a), row__text(column, b))
                                  : row__int(column, a) == row__int(column, b);
}

void row__copy(struct arena *arena, const struct table_info *info, void *out, const void *row)
{
    memcpy(out, row, info->table->row_size);
    for (size_t i = 0; i < info->text_count; i++) {
        struct str *text = (struct str *)(void *)((unsigned char *)out + info->texts[i]);

        text->ptr = text->len == 0 ? "" : arena_copy(arena, text->ptr, text->len);
    }
}

static const struct column *key_column(const struct table_info *info, unsigned unique, size_t i)
{
    return &info->table->columns[info->uniques[unique].columns[i]];
}

bool row__has_key(const struct table_info *info, unsigned unique, const void *row)
{
    for (size_t i = 0; i < info->uniques[unique].column_count; i++) {
        if (row__is_null(key_column(info, unique, i), row)) {
            return false;
        }
    }
    return true;
}

bool row__key_equal(const struct table_info *info, unsigned unique, const void *a, const void *b)
{
    for (size_t i = 0; i < info->uniques[unique].column_count; i++) {
        if (!row__column_equal(key_column(info, unique, i), a, b)) {
            return false;
        }
    }
    return true;
}

uint64_t row__key_hash(const struct table_info *info, unsigned unique, const void *row)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < info->uniques[unique].column_count; i++) {
        const struct column *column = key_column(info, unique, i);
        uint64_t part = column_is_text(column) ? str_hash(row__text(column, row))
                                               : (uint64_t)row__int(column, row);

        hash = (hash ^ part) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    return hash;
}
