#include "business/settle/settle_int.h"

static const struct column order_columns[] = {
    COLUMN(struct settle_order, id, COL_ID),
    COLUMN(struct settle_order, account_id, COL_ID, .fixed = true),
    COLUMN(struct settle_order, settle_date, COL_INT, .fixed = true),
    COLUMN(struct settle_order, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct settle_order, settlement_no, COL_TEXT, .size = SETTLE_NO_MAX, .fixed = true,
           .optional = true),
    COLUMN(struct settle_order, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct settle_order, mode, COL_ENUM, .fixed = true, .help = "enum settle_mode"),
    COLUMN(struct settle_order, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct settle_order, fee, COL_AMOUNT, .fixed = true),
    COLUMN(struct settle_order, rate_id, COL_ID, .fixed = true),
    COLUMN(struct settle_order, rate_millionths, COL_INT, .fixed = true),
    COLUMN(struct settle_order, rate, COL_TEXT, .size = RATE_SNAPSHOT_MAX, .fixed = true),
    COLUMN(struct settle_order, card_id, COL_ID, .fixed = true),
    COLUMN(struct settle_order, hold_id, COL_ID, .fixed = true),
    COLUMN(struct settle_order, journal_id, COL_ID),
    COLUMN(struct settle_order, return_journal_id, COL_ID),
    COLUMN(struct settle_order, status, COL_ENUM, .help = "enum settle_status"),
    COLUMN(struct settle_order, reason, COL_TEXT, .size = SETTLE_REASON_MAX),
    COLUMN(struct settle_order, cancelled_by, COL_ID),
    COLUMN(struct settle_order, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct settle_order, updated_at_ms, COL_TIME),
    COLUMN(struct settle_order, version, COL_INT),
};

const struct table settle_order_table = {
    .name = "settle_order",
    .row_size = sizeof(struct settle_order),
    .columns = order_columns,
    .column_count = ARRAY_LEN(order_columns),
    .uniques = {{.name = "settle_order_date", .columns = {"account_id", "settle_date"}},
                {.name = "settle_order_no", .columns = {"merchant_id", "settlement_no"}}},
    .unique_count = 2,
};

static const struct column run_columns[] = {
    COLUMN(struct settle_run, id, COL_ID, .help = "yyyymmdd"),
    COLUMN(struct settle_run, status, COL_ENUM),
    COLUMN(struct settle_run, settled, COL_INT),
    COLUMN(struct settle_run, skipped, COL_INT),
    COLUMN(struct settle_run, failed, COL_INT),
    COLUMN(struct settle_run, started_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct settle_run, ended_at_ms, COL_TIME),
};

const struct table settle__run_table = {
    .name = "settle_run",
    .row_size = sizeof(struct settle_run),
    .columns = run_columns,
    .column_count = ARRAY_LEN(run_columns),
    .keep = 2,
};

static const struct column clock_columns[] = {
    COLUMN(struct settle_clock, id, COL_ID),
    COLUMN(struct settle_clock, date, COL_INT),
    COLUMN(struct settle_clock, seen_serial, COL_INT),
};

const struct table settle__clock_table = {
    .name = "settle_clock",
    .row_size = sizeof(struct settle_clock),
    .columns = clock_columns,
    .column_count = ARRAY_LEN(clock_columns),
    .keep = 1,
};

static const struct column outcome_columns[] = {
    COLUMN(struct settle_outcome, id, COL_ID),
    COLUMN(struct settle_outcome, run_date, COL_INT, .fixed = true),
    COLUMN(struct settle_outcome, account_id, COL_ID, .fixed = true),
    COLUMN(struct settle_outcome, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct settle_outcome, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct settle_outcome, kind, COL_ENUM, .fixed = true),
    COLUMN(struct settle_outcome, matured, COL_AMOUNT, .fixed = true),
    COLUMN(struct settle_outcome, reason, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct settle_outcome, created_at_ms, COL_TIME, .fixed = true),
};

const struct table settle__outcome_table = {
    .name = "settle_outcome",
    .row_size = sizeof(struct settle_outcome),
    .columns = outcome_columns,
    .column_count = ARRAY_LEN(outcome_columns),
};

/* The three lists of orders: each has an index of its own. */
static const struct statement orders_all = {
    .name = "settle_orders_all",
    .sql = "SELECT :row FROM settle_order WHERE id < ? AND (? = 0 OR status = ?) "
           "ORDER BY id DESC LIMIT ?",
    .row = &settle_order_table,
};
static const struct statement orders_of_account = {
    .name = "settle_orders_of_account",
    .sql = "SELECT :row FROM settle_order WHERE account_id = ? AND (? = 0 OR merchant_id = ?) "
           "AND id < ? AND (? = 0 OR status = ?) ORDER BY id DESC LIMIT ?",
    .row = &settle_order_table,
};
static const struct statement orders_of_merchant = {
    .name = "settle_orders_of_merchant",
    .sql = "SELECT :row FROM settle_order WHERE merchant_id = ? AND id < ? "
           "AND (? = 0 OR status = ?) ORDER BY id DESC LIMIT ?",
    .row = &settle_order_table,
};
static const struct statement runs_before = {
    .name = "settle_runs_before",
    .sql = "SELECT :row FROM settle_run WHERE id < ? ORDER BY id DESC LIMIT ?",
    .row = &settle__run_table,
};
static const struct statement outcomes_after = {
    .name = "settle_outcomes_after",
    .sql = "SELECT :row FROM settle_outcome WHERE run_date = ? AND id > ? ORDER BY id LIMIT ?",
    .row = &settle__outcome_table,
};
/* The currency after one, and what was settled in it. */
static const struct statement next_sum = {
    .name = "settle_next_sum",
    .sql = "SELECT currency, COUNT(*), SUM(amount) FROM settle_order WHERE settle_date = ? "
           "AND mode = ? AND currency > ? GROUP BY currency ORDER BY currency LIMIT 1",
};

static const struct statement order_open = {
    .name = "settle_order_open",
    .sql = "SELECT id FROM settle_order WHERE account_id = ? AND status = ? LIMIT 1",
};

static const struct table *const tables[] = {&settle_order_table, &settle__run_table,
                                             &settle__clock_table, &settle__outcome_table};
static const struct statement *const statements[] = {
    &orders_all,     &orders_of_account, &orders_of_merchant, &runs_before,
    &outcomes_after, &next_sum,          &order_open};

const struct store_part settle_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = settle__migrations,
    .migration_count = ARRAY_LEN(settle__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err settle_read(struct reader *reader, int64_t settle_id, struct arena *arena,
                     struct settle_order *out)
{
    enum err err = reader_get(reader, &settle_order_table, settle_id, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_SETTLE_NOT_FOUND : err;
}

static enum err find_open(struct reader *reader, const struct ledger_account *account, int64_t *id)
{
    const struct value values[] = {VALUE_INT(account->id), VALUE_INT(SETTLE_WAITING)};

    return reader_ints(reader, &order_open, values, ARRAY_LEN(values), id, 1);
}

const struct account_blocker settle__blocker = {ERR_ACCOUNT_UNSETTLED, find_open};

/* An account's list begins with three values that say whose, a merchant's with one of them. */
enum { ORDER_VALUES_OWN = 3, ORDER_VALUES_ALL = 7 };

enum err settle__read_orders(struct reader *reader, const struct settle_filter *filter,
                             struct arena *arena, struct settle_order **out, size_t *count)
{
    const struct value values[ORDER_VALUES_ALL] = {
        VALUE_INT(filter->account_id),  VALUE_INT(filter->merchant_id),
        VALUE_INT(filter->merchant_id), VALUE_INT(filter->before_id),
        VALUE_INT(filter->status),      VALUE_INT(filter->status),
        VALUE_INT(filter->limit),
    };
    const struct statement *statement = &orders_all;
    size_t first = ORDER_VALUES_OWN;
    void *rows;

    if (filter->account_id != 0) {
        statement = &orders_of_account;
        first = 0;
    } else if (filter->merchant_id != 0) {
        statement = &orders_of_merchant;
        first = ORDER_VALUES_OWN - 1;
    }
    TRY(reader_rows(reader, statement, values + first, ORDER_VALUES_ALL - first, arena, &rows,
                    count));
    *out = rows;
    return ERR_OK;
}

enum err settle__read_runs(struct reader *reader, int64_t before_date, int64_t limit,
                           struct arena *arena, struct settle_run **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(before_date), VALUE_INT(limit)};
    void *rows;

    TRY(reader_rows(reader, &runs_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err settle__read_outcomes(struct reader *reader, const struct settle_outcome_page *page,
                               struct arena *arena, struct settle_outcome **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(page->date), VALUE_INT(page->after_id),
                                   VALUE_INT(page->limit)};
    void *rows;

    TRY(reader_rows(reader, &outcomes_after, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err settle__read_sums(struct reader *reader, int64_t date, struct arena *arena,
                           struct settle_sum **out, size_t *count)
{
    struct settle_sum *sums = ARENA_ARRAY(arena, struct settle_sum, SETTLE_SUMS_MAX);
    int64_t row[3] = {0};

    for (*count = 0; *count < SETTLE_SUMS_MAX; (*count)++) {
        const struct value values[] = {VALUE_INT(date), VALUE_INT(SETTLE_AUTOMATIC),
                                       VALUE_INT(row[0])};
        enum err err = reader_ints(reader, &next_sum, values, ARRAY_LEN(values), row, 3);

        if (err == ERR_STORE_NOT_FOUND) {
            break;
        }
        TRY(err);
        sums[*count] = (struct settle_sum){(enum currency)row[0], row[1], AMOUNT(row[2])};
    }
    *out = sums;
    return ERR_OK;
}
