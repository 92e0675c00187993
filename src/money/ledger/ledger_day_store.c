#include "money/ledger/ledger_day_int.h"

enum { LEDGER_TOTALS_KEPT = 4096 };

static const struct column clock_columns[] = {
    COLUMN(struct ledger_clock, id, COL_ID),
    COLUMN(struct ledger_clock, date, COL_INT),
    COLUMN(struct ledger_clock, ends_at_ms, COL_TIME),
};

const struct table ledger__clock_table = {
    .name = "ledger_clock",
    .row_size = sizeof(struct ledger_clock),
    .columns = clock_columns,
    .column_count = ARRAY_LEN(clock_columns),
    .keep = 1,
};

static const struct column day_columns[] = {
    COLUMN(struct ledger_day, id, COL_ID, .help = "yyyymmdd"),
    COLUMN(struct ledger_day, status, COL_ENUM),
    COLUMN(struct ledger_day, previous_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_day, opened_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_day, cut_at_ms, COL_TIME),
    COLUMN(struct ledger_day, closed_at_ms, COL_TIME),
    COLUMN(struct ledger_day, first_row, COL_INT, .fixed = true),
    COLUMN(struct ledger_day, last_row, COL_INT),
    COLUMN(struct ledger_day, journals, COL_INT),
    COLUMN(struct ledger_day, legs, COL_INT),
    COLUMN(struct ledger_day, rows_hash, COL_BLOB, .size = LEDGER_HASH, .optional = true),
    COLUMN(struct ledger_day, previous_hash, COL_BLOB, .size = LEDGER_HASH, .optional = true),
    COLUMN(struct ledger_day, hash, COL_BLOB, .size = LEDGER_HASH, .optional = true),
    COLUMN(struct ledger_day, records, COL_BLOB, .size = LEDGER_RECORD_TABLES * LEDGER_HASH,
           .optional = true),
    COLUMN(struct ledger_day, wrong, COL_TEXT, .size = LEDGER_WRONG_MAX, .optional = true),
};

const struct table ledger__day_table = {
    .name = "ledger_day",
    .row_size = sizeof(struct ledger_day),
    .columns = day_columns,
    .column_count = ARRAY_LEN(day_columns),
};

#define SUMS_COLUMNS(type_, ...)                                                                   \
    {.name = "debits", .type = COL_AMOUNT, .offset = offsetof(type_, sums.debits), __VA_ARGS__},   \
        {.name = "credits",                                                                        \
         .type = COL_AMOUNT,                                                                       \
         .offset = offsetof(type_, sums.credits),                                                  \
         __VA_ARGS__},                                                                             \
    {                                                                                              \
        .name = "legs", .type = COL_INT, .offset = offsetof(type_, sums.legs), __VA_ARGS__         \
    }

static const struct column total_columns[] = {
    COLUMN(struct ledger_total, id, COL_ID, .help = "code * 1000 + currency"),
    COLUMN(struct ledger_total, code, COL_INT, .fixed = true),
    COLUMN(struct ledger_total, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct ledger_total, side, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_total, date, COL_INT, .help = "of the last movement"),
    SUMS_COLUMNS(struct ledger_total, .help = "of all time"),
};

const struct table ledger__total_table = {
    .name = "ledger_total",
    .row_size = sizeof(struct ledger_total),
    .columns = total_columns,
    .column_count = ARRAY_LEN(total_columns),
    .keep = LEDGER_TOTALS_KEPT,
};

static const struct column total_day_columns[] = {
    COLUMN(struct ledger_total_day, id, COL_ID),
    COLUMN(struct ledger_total_day, code, COL_INT, .fixed = true),
    COLUMN(struct ledger_total_day, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct ledger_total_day, date, COL_INT, .fixed = true),
    COLUMN(struct ledger_total_day, next_date, COL_INT, .fixed = true),
    SUMS_COLUMNS(struct ledger_total_day, .fixed = true),
};

const struct table ledger__total_day_table = {
    .name = "ledger_total_day",
    .row_size = sizeof(struct ledger_total_day),
    .columns = total_day_columns,
    .column_count = ARRAY_LEN(total_day_columns),
};

static const struct column seal_page_columns[] = {
    COLUMN(struct ledger_seal_page, id, COL_ID, .help = "its first row of the journal"),
    COLUMN(struct ledger_seal_page, last_row, COL_INT),
    COLUMN(struct ledger_seal_page, hashes, COL_BLOB, .size = LEDGER_SEAL_ROWS * LEDGER_SEAL_SHORT),
    COLUMN(struct ledger_seal_page, chain, COL_BLOB, .size = LEDGER_HASH),
};

const struct table ledger__seal_page_table = {
    .name = "ledger_seal_page",
    .row_size = sizeof(struct ledger_seal_page),
    .columns = seal_page_columns,
    .column_count = ARRAY_LEN(seal_page_columns),
};

/* ---- statements ---- */

const struct statement ledger__seal_pages = {
    .name = "ledger_seal_pages",
    .sql = "SELECT :row FROM ledger_seal_page WHERE id >= ? ORDER BY id LIMIT ?",
    .row = &ledger__seal_page_table,
};

const struct statement ledger__oldest_closing = {
    .name = "ledger_oldest_closing",
    .sql = "SELECT MIN(id) FROM ledger_day WHERE status = 2",
};

const struct statement ledger__days_before = {
    .name = "ledger_days_before",
    .sql = "SELECT :row FROM ledger_day WHERE id < ? ORDER BY id DESC LIMIT ?",
    .row = &ledger__day_table,
};

const struct statement ledger__total_rows = {
    .name = "ledger_total_rows",
    .sql = "SELECT :row FROM ledger_total ORDER BY code, currency",
    .row = &ledger__total_table,
};

const struct statement ledger__total_day_rows = {
    .name = "ledger_total_day_rows",
    .sql = "SELECT :row FROM ledger_total_day WHERE next_date > ? AND date <= ? "
           "ORDER BY code, currency, date",
    .row = &ledger__total_day_table,
};

static const struct column tally_row_columns[] = {
    COLUMN(struct ledger_tally_row, id, COL_ID),
    COLUMN(struct ledger_tally_row, code, COL_INT),
    COLUMN(struct ledger_tally_row, currency, COL_CURRENCY),
    COLUMN(struct ledger_tally_row, debits, COL_AMOUNT),
    COLUMN(struct ledger_tally_row, credits, COL_AMOUNT),
    COLUMN(struct ledger_tally_row, last_row, COL_INT),
};

const struct table ledger__tally_row_shape = {
    .name = "ledger_tally_row",
    .row_size = sizeof(struct ledger_tally_row),
    .columns = tally_row_columns,
    .column_count = ARRAY_LEN(tally_row_columns),
};

#define LAST_ROW "(SELECT COALESCE(MAX(id), 0) AS last_row FROM ledger_journal) j"

const struct statement ledger__account_sums = {
    .name = "ledger_account_sums",
    .sql = "SELECT :row FROM ledger_account, " LAST_ROW " WHERE id > ? ORDER BY id LIMIT ?",
    .row = &ledger__tally_row_shape,
};

const struct statement ledger__total_sums = {
    .name = "ledger_total_sums",
    .sql = "SELECT :row FROM ledger_total, " LAST_ROW,
    .row = &ledger__tally_row_shape,
};

const struct statement ledger__moved_sums = {
    .name = "ledger_moved_sums",
    .sql = "SELECT :row FROM (SELECT 0 AS id, code, currency, "
           "CAST(SUM(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS SIGNED) AS debits, "
           "CAST(SUM(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS SIGNED) AS credits, "
           "0 AS last_row FROM ("
           "SELECT account_a AS account, amount_a AS amount FROM ledger_journal "
           "WHERE id > ? AND id <= ? "
           "UNION ALL SELECT account_b, amount_b FROM ledger_journal "
           "WHERE id > ? AND id <= ?) l "
           "JOIN ledger_account a ON a.id = l.account WHERE l.account <= ? "
           "GROUP BY code, currency) m",
    .row = &ledger__tally_row_shape,
};

const struct statement ledger__days_after = {
    .name = "ledger_days_after",
    .sql = "SELECT :row FROM ledger_day WHERE id > ? ORDER BY id LIMIT 1",
    .row = &ledger__day_table,
};

/* ---- reading ---- */

enum err ledger__read_clock(struct reader *reader, struct arena *arena, struct ledger_clock *clock)
{
    return reader_get(reader, &ledger__clock_table, LEDGER_CLOCK_ID, arena, clock);
}

enum err ledger_read_day(struct reader *reader, int32_t date, struct arena *arena,
                         struct ledger_day *out)
{
    enum err err = reader_get(reader, &ledger__day_table, date, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_LEDGER_DAY : err;
}

enum err ledger__read_total_rows(struct reader *reader, struct arena *arena,
                                 struct ledger_total **rows, size_t *count)
{
    void *found;

    TRY(reader_rows(reader, &ledger__total_rows, NULL, 0, arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_total_days(struct reader *reader, int64_t date, struct arena *arena,
                                 struct ledger_total_day **rows, size_t *count)
{
    const struct value values[] = {VALUE_INT(date), VALUE_INT(date)};
    void *found;

    TRY(reader_rows(reader, &ledger__total_day_rows, values, ARRAY_LEN(values), arena, &found,
                    count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_account_sums(struct reader *reader, int64_t after, size_t limit,
                                   struct arena *arena, struct ledger_tally_row **rows,
                                   size_t *count)
{
    const struct value values[] = {VALUE_INT(after), VALUE_INT((int64_t)limit)};
    void *found;

    TRY(reader_rows(reader, &ledger__account_sums, values, ARRAY_LEN(values), arena, &found,
                    count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_total_sums(struct reader *reader, struct arena *arena,
                                 struct ledger_tally_row **rows, size_t *count)
{
    void *found;

    TRY(reader_rows(reader, &ledger__total_sums, NULL, 0, arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_moved_sums(struct reader *reader, const struct ledger_moved *moved,
                                 struct arena *arena, struct ledger_tally_row **rows, size_t *count)
{
    const struct value values[] = {VALUE_INT(moved->after_row), VALUE_INT(moved->last_row),
                                   VALUE_INT(moved->after_row), VALUE_INT(moved->last_row),
                                   VALUE_INT(moved->last_account)};
    void *found;

    TRY(reader_rows(reader, &ledger__moved_sums, values, ARRAY_LEN(values), arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_seal_pages(struct reader *reader, int64_t first, size_t limit,
                                 struct arena *arena, struct ledger_seal_page **pages,
                                 size_t *count)
{
    const struct value values[] = {VALUE_INT(first), VALUE_INT((int64_t)limit)};
    void *found;

    TRY(reader_rows(reader, &ledger__seal_pages, values, ARRAY_LEN(values), arena, &found, count));
    *pages = found;
    return ERR_OK;
}

enum err ledger__read_oldest_closing(struct reader *reader, int64_t *date)
{
    return reader_ints(reader, &ledger__oldest_closing, NULL, 0, date, 1);
}

enum err ledger_read_days(struct reader *reader, int32_t before, size_t limit, struct arena *arena,
                          struct ledger_day **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(before == 0 ? INT32_MAX : before),
                                   VALUE_INT((int64_t)limit)};
    void *found;

    TRY(reader_rows(reader, &ledger__days_before, values, ARRAY_LEN(values), arena, &found, count));
    *out = found;
    return ERR_OK;
}

enum err ledger__read_day_after(struct reader *reader, int64_t date, struct arena *arena,
                                struct ledger_day *day)
{
    const struct value values[] = {VALUE_INT(date)};
    void *found;
    size_t count;

    TRY(reader_rows(reader, &ledger__days_after, values, ARRAY_LEN(values), arena, &found, &count));
    if (count == 0) {
        return ERR_LEDGER_DAY;
    }
    *day = *(const struct ledger_day *)found;
    return ERR_OK;
}
