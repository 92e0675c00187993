#include "business/operator/operator_int.h"

static const struct column change_columns[] = {
    COLUMN(struct operator_change, id, COL_ID),
    COLUMN(struct operator_change, action, COL_ENUM, .fixed = true),
    COLUMN(struct operator_change, key_id, COL_ID, .fixed = true),
    COLUMN(struct operator_change, next_key_id, COL_ID, .fixed = true),
    COLUMN(struct operator_change, name, COL_TEXT, .size = OPERATOR_NAME_MAX, .fixed = true),
    COLUMN(struct operator_change, permissions, COL_TEXT, .size = OPERATOR_PERMISSIONS_MAX,
           .fixed = true),
    COLUMN(struct operator_change, operator_id, COL_ID, .fixed = true),
    COLUMN(struct operator_change, review_id, COL_ID, .fixed = true),
    COLUMN(struct operator_change, reason, COL_TEXT, .size = REVIEW_REASON_MAX, .fixed = true),
    COLUMN(struct operator_change, created_at_ms, COL_TIME, .fixed = true),
};

const struct table operator__change_table = {
    .name = "operator_change",
    .row_size = sizeof(struct operator_change),
    .columns = change_columns,
    .column_count = ARRAY_LEN(change_columns),
};

static const struct statement changes_before = {
    .name = "operator_changes_before",
    .sql = "SELECT :row FROM operator_change WHERE id < ? AND (? = 0 OR key_id = ?) "
           "ORDER BY id DESC LIMIT ?",
    .row = &operator__change_table,
};

static const struct table *const tables[] = {&operator__change_table};
static const struct statement *const statements[] = {&changes_before};

const struct store_part operator_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = operator__migrations,
    .migration_count = ARRAY_LEN(operator__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err operator__read_changes(struct reader *reader, const struct operator_change_page *page,
                                struct arena *arena, struct operator_change **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(page->before_id), VALUE_INT(page->key_id),
                                   VALUE_INT(page->key_id), VALUE_INT(page->limit)};
    void *rows;

    TRY(reader_rows(reader, &changes_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}
