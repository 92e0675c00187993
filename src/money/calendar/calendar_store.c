#include "money/calendar/calendar_int.h"

enum { CALENDAR_YEARS_KEPT = 16 };

static const struct column entry_columns[] = {
    COLUMN(struct calendar_entry, id, COL_ID, .help = "yyyymmdd"),
    COLUMN(struct calendar_entry, kind, COL_ENUM, .help = "enum day_kind"),
    COLUMN(struct calendar_entry, name, COL_TEXT, .size = CALENDAR_NAME_MAX),
    COLUMN(struct calendar_entry, source, COL_TEXT, .size = CALENDAR_SOURCE_MAX),
    COLUMN(struct calendar_entry, created_at_ms, COL_TIME, .fixed = true),
};

const struct table calendar_entry_table = {
    .name = "calendar_entry",
    .row_size = sizeof(struct calendar_entry),
    .columns = entry_columns,
    .column_count = ARRAY_LEN(entry_columns),
};

static const struct column year_columns[] = {
    COLUMN(struct calendar_year, id, COL_ID),
    COLUMN(struct calendar_year, kinds, COL_TEXT, .size = CALENDAR_SLOTS),
};

const struct table calendar__year_table = {
    .name = "calendar_year",
    .row_size = sizeof(struct calendar_year),
    .columns = year_columns,
    .column_count = ARRAY_LEN(year_columns),
    .keep = CALENDAR_YEARS_KEPT,
};

static const struct statement entries_between = {
    .name = "calendar_entries_between",
    .sql = "SELECT :row FROM calendar_entry WHERE id >= ? AND id < ? ORDER BY id",
    .row = &calendar_entry_table,
};

static const struct table *const tables[] = {&calendar_entry_table, &calendar__year_table};
static const struct statement *const statements[] = {&entries_between};

const struct store_part calendar_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = calendar__migrations,
    .migration_count = ARRAY_LEN(calendar__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err calendar_read_year(struct reader *reader, int64_t year, struct arena *arena,
                            struct calendar_entry **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(year * 10000), VALUE_INT((year + 1) * 10000)};
    void *rows;

    TRY(reader_rows(reader, &entries_between, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}
