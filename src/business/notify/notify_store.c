#include "business/notify/notify_int.h"

static const struct column delivery_columns[] = {
    COLUMN(struct notify_delivery, id, COL_ID),
    COLUMN(struct notify_delivery, event_id, COL_ID, .fixed = true),
    COLUMN(struct notify_delivery, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct notify_delivery, endpoint_id, COL_ID, .fixed = true),
    COLUMN(struct notify_delivery, url, COL_TEXT, .size = 512, .fixed = true),
    COLUMN(struct notify_delivery, type, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct notify_delivery, status, COL_ENUM, .help = "enum notify_status"),
    COLUMN(struct notify_delivery, attempts, COL_INT),
    COLUMN(struct notify_delivery, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct notify_delivery, updated_at_ms, COL_TIME),
    COLUMN(struct notify_delivery, last_status, COL_INT),
    COLUMN(struct notify_delivery, last_error, COL_TEXT, .size = NOTIFY_ERROR_MAX),
};

const struct table notify__delivery_table = {
    .name = "notify_delivery",
    .row_size = sizeof(struct notify_delivery),
    .columns = delivery_columns,
    .column_count = ARRAY_LEN(delivery_columns),
    .keep = 20000,
};

static const struct column pending_columns[] = {
    COLUMN(struct notify_pending, id, COL_ID, .help = "of the delivery"),
    COLUMN(struct notify_pending, lane, COL_INT, .fixed = true),
    COLUMN(struct notify_pending, endpoint_id, COL_ID, .fixed = true),
    COLUMN(struct notify_pending, event_id, COL_ID, .fixed = true),
    COLUMN(struct notify_pending, attempts, COL_INT),
    COLUMN(struct notify_pending, due_at_ms, COL_TIME),
};

const struct table notify__pending_table = {
    .name = "notify_pending",
    .row_size = sizeof(struct notify_pending),
    .columns = pending_columns,
    .column_count = ARRAY_LEN(pending_columns),
    .keep = 20000,
};

static const struct column attempt_columns[] = {
    COLUMN(struct notify_attempt, id, COL_ID),
    COLUMN(struct notify_attempt, delivery_id, COL_ID, .fixed = true),
    COLUMN(struct notify_attempt, number, COL_INT, .fixed = true),
    COLUMN(struct notify_attempt, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct notify_attempt, status, COL_INT, .fixed = true),
    COLUMN(struct notify_attempt, error, COL_TEXT, .size = NOTIFY_ERROR_MAX, .fixed = true),
    COLUMN(struct notify_attempt, duration_us, COL_INT, .fixed = true),
    COLUMN(struct notify_attempt, response, COL_TEXT, .size = NOTIFY_RESPONSE_MAX, .fixed = true),
};

const struct table notify__attempt_table = {
    .name = "notify_attempt",
    .row_size = sizeof(struct notify_attempt),
    .columns = attempt_columns,
    .column_count = ARRAY_LEN(attempt_columns),
    .append_only = true,
};

static const struct statement pending_after = {
    .name = "notify_pending_after",
    .sql = "SELECT :row FROM notify_pending WHERE id > ? ORDER BY id LIMIT ?",
    .row = &notify__pending_table,
};

static const struct statement deliveries_before = {
    .name = "notify_deliveries_before",
    .sql = "SELECT :row FROM notify_delivery WHERE merchant_id = ? AND id < ? "
           "ORDER BY id DESC LIMIT ?",
    .row = &notify__delivery_table,
};

static const struct statement attempts_of = {
    .name = "notify_attempts_of",
    .sql = "SELECT :row FROM notify_attempt WHERE delivery_id = ? ORDER BY number LIMIT 200",
    .row = &notify__attempt_table,
};

static const struct table *const tables[] = {&notify__delivery_table, &notify__pending_table,
                                             &notify__attempt_table};
static const struct statement *const statements[] = {&pending_after, &deliveries_before,
                                                     &attempts_of};

const struct store_part notify__store = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = notify__migrations,
    .migration_count = ARRAY_LEN(notify__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err notify__read_pending(struct reader *reader, int64_t after_id, int64_t limit,
                              struct arena *arena, struct notify_pending **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(after_id), VALUE_INT(limit)};
    void *rows;

    TRY(reader_rows(reader, &pending_after, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err notify__read_deliveries(struct reader *reader, const struct notify_filter *filter,
                                 struct arena *arena, struct notify_delivery **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(filter->merchant_id), VALUE_INT(filter->before_id),
                                   VALUE_INT(filter->limit)};
    void *rows;

    TRY(reader_rows(reader, &deliveries_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err notify__read_attempts(struct reader *reader, int64_t delivery_id, struct arena *arena,
                               struct notify_attempt **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(delivery_id)};
    void *rows;

    TRY(reader_rows(reader, &attempts_of, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}
