#include "platform/event/event_int.h"

static const struct column event_columns[] = {
    COLUMN(struct event, id, COL_ID, .help = "gap-free, from 1"),
    COLUMN(struct event, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct event, merchant_id, COL_ID, .fixed = true, .help = "0: of the platform"),
    COLUMN(struct event, object_id, COL_ID, .fixed = true),
    COLUMN(struct event, sequence, COL_INT, .fixed = true, .help = "version of the object"),
    COLUMN(struct event, type, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct event, data, COL_TEXT, .size = 16000, .fixed = true),
    COLUMN(struct event, trace_id, COL_TEXT, .size = 32, .fixed = true),
};

const struct table event_table = {
    .name = "event",
    .row_size = sizeof(struct event),
    .columns = event_columns,
    .column_count = ARRAY_LEN(event_columns),
    .append_only = true,
};

static const struct column cursor_columns[] = {
    COLUMN(struct event_cursor, id, COL_ID),
    COLUMN(struct event_cursor, name, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct event_cursor, position, COL_INT, .help = "last event consumed"),
};

const struct table event__cursor_table = {
    .name = "event_cursor",
    .row_size = sizeof(struct event_cursor),
    .columns = cursor_columns,
    .column_count = ARRAY_LEN(cursor_columns),
    .uniques = {{.name = "event_cursor_name", .columns = {"name"}}},
    .unique_count = 1,
    .keep = 64,
};

static const struct sequence event_sequence = {.name = "event", .table = &event_table};

static const struct statement event_after = {
    .name = "event_after",
    .sql = "SELECT :row FROM event WHERE id > ? ORDER BY id LIMIT ?",
    .row = &event_table,
};

static const struct statement event_last = {
    .name = "event_last",
    .sql = "SELECT MAX(id) FROM event",
};

static const struct table *const tables[] = {&event_table, &event__cursor_table};
static const struct statement *const statements[] = {&event_after, &event_last};
static const struct sequence *const sequences[] = {&event_sequence};

const struct store_part event_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = event__migrations,
    .migration_count = ARRAY_LEN(event__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
    .sequences = sequences,
    .sequence_count = ARRAY_LEN(sequences),
};

void event_write(struct tx *tx, const struct event *event)
{
    struct event row = *event;
    const struct trace_context *trace = tx_trace(tx);

    CHECK(event->type.len > 0);
    row.id = tx_sequence(tx, &event_sequence);
    row.created_at_ms = tx_now_ms(tx);
    row.trace_id = trace == NULL ? (struct str){"", 0} : str_of(trace->trace_id);
    tx_append(tx, &event_table, &row);
}

enum err event__read_cursor(struct reader *reader, struct arena *arena, struct str name,
                            int64_t *position)
{
    struct event_cursor key = {.name = name};
    struct event_cursor cursor;
    enum err err = reader_find(reader, &event__cursor_table, 0, &key, arena, &cursor);

    if (err == ERR_STORE_NOT_FOUND) {
        *position = 0;
        return ERR_OK;
    }
    TRY(err);
    *position = cursor.position;
    return ERR_OK;
}

enum err event__read_last(struct reader *reader, int64_t *last)
{
    return reader_ints(reader, &event_last, NULL, 0, last, 1);
}

enum err event__read_after(struct reader *reader, struct arena *arena, int64_t position,
                           int64_t limit, struct event **events, size_t *count)
{
    const struct value values[] = {VALUE_INT(position), VALUE_INT(limit)};
    void *rows;

    TRY(reader_rows(reader, &event_after, values, ARRAY_LEN(values), arena, &rows, count));
    *events = rows;
    return ERR_OK;
}
