#include "platform/timer/timer_int.h"

static const struct column columns[] = {
    COLUMN(struct timer, id, COL_ID),
    COLUMN(struct timer, object_id, COL_ID, .fixed = true, .help = "what is due"),
    COLUMN(struct timer, kind, COL_INT, .fixed = true, .help = "struct timer_kind.number"),
    COLUMN(struct timer, due_at_ms, COL_TIME, .help = "instant from which it fires"),
};

const struct table timer_table = {
    .name = "timer",
    .row_size = sizeof(struct timer),
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .uniques = {{.name = "timer_object", .columns = {"object_id", "kind"}, .rising = true}},
    .unique_count = 1,
};

static const struct statement timer_due = {
    .name = "timer_due",
    .sql = "SELECT :row FROM timer WHERE due_at_ms > ? AND due_at_ms <= ? ORDER BY due_at_ms "
           "LIMIT ?",
    .row = &timer_table,
};

static const struct statement timer_next = {
    .name = "timer_next",
    .sql = "SELECT MIN(due_at_ms) FROM timer WHERE due_at_ms > ?",
};

static const struct table *const tables[] = {&timer_table};
static const struct statement *const statements[] = {&timer_due, &timer_next};

const struct store_part timer_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = timer__migrations,
    .migration_count = ARRAY_LEN(timer__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

static enum err find(struct tx *tx, const struct timer_kind *kind, int64_t object_id, int64_t *id)
{
    const struct timer key = {.object_id = object_id, .kind = kind->number};
    const void *row;

    TRY(tx_find(tx, &timer_table, 0, &key, &row));
    *id = ((const struct timer *)row)->id;
    return ERR_OK;
}

enum err timer_set(struct tx *tx, const struct timer_kind *kind, int64_t object_id,
                   int64_t due_at_ms)
{
    int64_t id;
    void *row;
    enum err err = find(tx, kind, object_id, &id);

    if (err == ERR_STORE_NOT_FOUND) {
        const struct timer timer = {tx_id(tx), object_id, kind->number, due_at_ms};

        return tx_insert(tx, &timer_table, &timer);
    }
    TRY(err);
    TRY(tx_edit(tx, &timer_table, id, &row));
    ((struct timer *)row)->due_at_ms = due_at_ms;
    return ERR_OK;
}

enum err timer_cancel(struct tx *tx, const struct timer_kind *kind, int64_t object_id)
{
    int64_t id;
    enum err err = find(tx, kind, object_id, &id);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    return tx_delete(tx, &timer_table, id);
}

void timer_prefetch(struct prefetch *pre, const struct timer_kind *kind, int64_t object_id)
{
    const struct timer key = {.object_id = object_id, .kind = kind->number};

    prefetch_unique(pre, &timer_table, 0, &key);
}

enum err timer__read_due(struct reader *reader, struct arena *arena,
                         const struct timer_range *range, struct timer **timers, size_t *count)
{
    const struct value values[] = {VALUE_INT(range->after_ms), VALUE_INT(range->until_ms),
                                   VALUE_INT(range->limit)};
    void *rows;

    TRY(reader_rows(reader, &timer_due, values, ARRAY_LEN(values), arena, &rows, count));
    *timers = rows;
    return ERR_OK;
}

enum err timer__read_next(struct reader *reader, int64_t after_ms, int64_t *due_at_ms)
{
    const struct value values[] = {VALUE_INT(after_ms)};

    return reader_ints(reader, &timer_next, values, ARRAY_LEN(values), due_at_ms, 1);
}
