#include "business/trade/trade_int.h"

static const struct column cash_columns[] = {
    COLUMN(struct trade_cash_out, id, COL_ID),
    COLUMN(struct trade_cash_out, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct trade_cash_out, merchant_order_no, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct trade_cash_out, account_id, COL_ID, .fixed = true),
    COLUMN(struct trade_cash_out, card_id, COL_ID, .fixed = true),
    COLUMN(struct trade_cash_out, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct trade_cash_out, fee, COL_AMOUNT, .fixed = true),
    COLUMN(struct trade_cash_out, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct trade_cash_out, rate_id, COL_ID, .fixed = true),
    COLUMN(struct trade_cash_out, rate_millionths, COL_INT, .fixed = true),
    COLUMN(struct trade_cash_out, rate_snapshot, COL_TEXT, .size = 1000, .fixed = true),
    COLUMN(struct trade_cash_out, hold_id, COL_ID, .fixed = true),
    COLUMN(struct trade_cash_out, created_by, COL_ID, .fixed = true),
    COLUMN(struct trade_cash_out, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct trade_cash_out, status, COL_ENUM),
    COLUMN(struct trade_cash_out, reason, COL_TEXT, .size = TRADE_REASON_MAX),
    COLUMN(struct trade_cash_out, cancelled_by, COL_ID),
    COLUMN(struct trade_cash_out, updated_at_ms, COL_TIME),
    COLUMN(struct trade_cash_out, version, COL_INT),
};

const struct table trade_cash_table = {
    .name = "trade_cash_out",
    .row_size = sizeof(struct trade_cash_out),
    .columns = cash_columns,
    .column_count = ARRAY_LEN(cash_columns),
    .uniques = {{.name = "trade_cash_out_no", .columns = {"merchant_id", "merchant_order_no"}}},
    .unique_count = 1,
};

static const struct column refund_columns[] = {
    COLUMN(struct trade_refund, id, COL_ID),
    COLUMN(struct trade_refund, payment_id, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, channel_account_id, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, mode, COL_ENUM, .fixed = true),
    COLUMN(struct trade_refund, merchant_refund_no, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct trade_refund, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct trade_refund, fee_returned, COL_AMOUNT, .fixed = true),
    COLUMN(struct trade_refund, fee, COL_AMOUNT, .fixed = true),
    COLUMN(struct trade_refund, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct trade_refund, rate_id, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, rate_millionths, COL_INT, .fixed = true),
    COLUMN(struct trade_refund, rate_snapshot, COL_TEXT, .size = 1000, .fixed = true),
    COLUMN(struct trade_refund, hold_id, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, immature_id, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, immature_hold_id, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, immature, COL_AMOUNT, .fixed = true),
    COLUMN(struct trade_refund, matures_on, COL_INT, .fixed = true),
    COLUMN(struct trade_refund, reason, COL_TEXT, .size = TRADE_REASON_MAX, .fixed = true),
    COLUMN(struct trade_refund, created_by, COL_ID, .fixed = true),
    COLUMN(struct trade_refund, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct trade_refund, status, COL_ENUM),
    COLUMN(struct trade_refund, failure, COL_TEXT, .size = TRADE_REASON_MAX),
    COLUMN(struct trade_refund, failed_by, COL_ID),
    COLUMN(struct trade_refund, updated_at_ms, COL_TIME),
    COLUMN(struct trade_refund, version, COL_INT),
};

const struct table trade_refund_table = {
    .name = "trade_refund",
    .row_size = sizeof(struct trade_refund),
    .columns = refund_columns,
    .column_count = ARRAY_LEN(refund_columns),
    .uniques = {{.name = "trade_refund_no", .columns = {"merchant_id", "merchant_refund_no"}}},
    .unique_count = 1,
};

static const struct column refunded_columns[] = {
    COLUMN(struct trade_refunded, payment_id, COL_ID),
    COLUMN(struct trade_refunded, reserved, COL_AMOUNT),
    COLUMN(struct trade_refunded, refunded, COL_AMOUNT),
    COLUMN(struct trade_refunded, fee_returned, COL_AMOUNT),
    COLUMN(struct trade_refunded, immature, COL_AMOUNT),
};

const struct table trade__refunded_table = {
    .name = "trade_refunded",
    .row_size = sizeof(struct trade_refunded),
    .columns = refunded_columns,
    .column_count = ARRAY_LEN(refunded_columns),
};

static const struct column adjustment_columns[] = {
    COLUMN(struct trade_adjustment, id, COL_ID, .help = "gap-free, from 1"),
    COLUMN(struct trade_adjustment, adjustment_no, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct trade_adjustment, kind, COL_ENUM, .fixed = true),
    COLUMN(struct trade_adjustment, original_id, COL_ID, .fixed = true),
    COLUMN(struct trade_adjustment, journal_id, COL_ID, .fixed = true),
    COLUMN(struct trade_adjustment, reason_code, COL_TEXT, .size = 32, .fixed = true),
    COLUMN(struct trade_adjustment, content, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct trade_adjustment, review_id, COL_ID, .fixed = true),
    COLUMN(struct trade_adjustment, created_at_ms, COL_TIME, .fixed = true),
};

const struct table trade_adjustment_table = {
    .name = "trade_adjustment",
    .row_size = sizeof(struct trade_adjustment),
    .columns = adjustment_columns,
    .column_count = ARRAY_LEN(adjustment_columns),
    .uniques = {{.name = "trade_adjustment_no", .columns = {"adjustment_no"}}},
    .unique_count = 1,
    .append_only = true,
};

const struct sequence trade__adjustment_sequence = {.name = "trade_adjustment",
                                                    .table = &trade_adjustment_table};

static const struct statement adjustments_before = {
    .name = "trade_adjustments_before",
    .sql = "SELECT :row FROM trade_adjustment WHERE original_id >= ? AND original_id <= ?"
           " AND id < ? ORDER BY id DESC LIMIT ?",
    .row = &trade_adjustment_table,
};
static const struct statement cash_before = {
    .name = "trade_cash_before",
    .sql = "SELECT :row FROM trade_cash_out WHERE merchant_id >= ? AND merchant_id <= ? AND id < ?"
           " AND (? = 0 OR status = ?) ORDER BY id DESC LIMIT ?",
    .row = &trade_cash_table,
};
static const struct statement refunds_before = {
    .name = "trade_refunds_before",
    .sql = "SELECT :row FROM trade_refund WHERE payment_id >= ? AND payment_id <= ? AND id < ?"
           " ORDER BY id DESC LIMIT ?",
    .row = &trade_refund_table,
};

/* Numbers of one question; where there are fewer the first is asked for again. */
enum { NUMBERS = 64 };
#define EIGHT "?, ?, ?, ?, ?, ?, ?, ?"
#define SIXTY_FOUR                                                                                 \
    EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT

static const struct statement refunds_of = {
    .name = "trade_refunds_of",
    .sql = "SELECT :row FROM trade_refund WHERE immature_id IN (" SIXTY_FOUR ")",
    .row = &trade_refund_table,
};
static const struct statement adjustments_of = {
    .name = "trade_adjustments_of",
    .sql = "SELECT :row FROM trade_adjustment WHERE journal_id IN (" SIXTY_FOUR ")",
    .row = &trade_adjustment_table,
};

/* The statuses below TRADE_CASH_SUCCEEDED are those of one that is under way. */
static const struct statement cash_open = {
    .name = "trade_cash_open",
    .sql = "SELECT id FROM trade_cash_out WHERE account_id = ? AND status < ? ORDER BY status "
           "LIMIT 1",
};
static const struct statement refund_open = {
    .name = "trade_refund_open",
    .sql = "SELECT id FROM trade_refund WHERE merchant_id = ? AND currency = ? AND mode = ? "
           "AND status = ? LIMIT 1",
};

static const struct table *const tables[] = {&trade_cash_table, &trade_refund_table,
                                             &trade__refunded_table, &trade_adjustment_table};
static const struct statement *const statements[] = {
    &cash_before,    &refunds_before, &adjustments_before, &refunds_of,
    &adjustments_of, &cash_open,      &refund_open};
static const struct sequence *const sequences[] = {&trade__adjustment_sequence};

const struct store_part trade_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = trade__migrations,
    .migration_count = ARRAY_LEN(trade__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
    .sequences = sequences,
    .sequence_count = ARRAY_LEN(sequences),
};

static int64_t before(const struct trade_filter *filter)
{
    return filter->before_id == 0 ? INT64_MAX : filter->before_id;
}

static enum err not_found(enum err err)
{
    return err == ERR_STORE_NOT_FOUND ? ERR_TRADE_NOT_FOUND : err;
}

enum err trade__read_cash(struct reader *reader, int64_t id, struct arena *arena,
                          struct trade_cash_out *out)
{
    return not_found(reader_get(reader, &trade_cash_table, id, arena, out));
}

enum err trade__read_cash_list(struct reader *reader, const struct trade_filter *filter,
                               struct arena *arena, struct trade_cash_out **out, size_t *count)
{
    const struct value values[] = {
        VALUE_INT(filter->merchant_id),
        VALUE_INT(filter->merchant_id == 0 ? INT64_MAX : filter->merchant_id),
        VALUE_INT(before(filter)),
        VALUE_INT(filter->cash_status),
        VALUE_INT(filter->cash_status),
        VALUE_INT(filter->limit)};
    void *rows;

    TRY(reader_rows(reader, &cash_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

static enum err find_cash(struct reader *reader, const struct ledger_account *account, int64_t *id)
{
    const struct value values[] = {VALUE_INT(account->id), VALUE_INT(TRADE_CASH_SUCCEEDED)};

    return reader_ints(reader, &cash_open, values, ARRAY_LEN(values), id, 1);
}

static enum err find_refund(struct reader *reader, const struct ledger_account *account,
                            int64_t *id)
{
    const struct value values[] = {VALUE_INT(account->owner_id), VALUE_INT(account->currency),
                                   VALUE_INT(LEDGER_FUND_COLLECT),
                                   VALUE_INT(TRADE_REFUND_RESERVED)};

    return account->code == LEDGER_CODE_MERCHANT_PAYABLE
               ? reader_ints(reader, &refund_open, values, ARRAY_LEN(values), id, 1)
               : ERR_STORE_NOT_FOUND;
}

const struct account_blocker trade__cash_blocker = {ERR_ACCOUNT_OPEN_ORDER, find_cash};
const struct account_blocker trade__refund_blocker = {ERR_ACCOUNT_OPEN_ORDER, find_refund};

enum err trade__read_refund(struct reader *reader, int64_t id, struct arena *arena,
                            struct trade_refund *out)
{
    return not_found(reader_get(reader, &trade_refund_table, id, arena, out));
}

enum err trade__read_refund_list(struct reader *reader, const struct trade_filter *filter,
                                 struct arena *arena, struct trade_refund **out, size_t *count)
{
    const struct value values[] = {
        VALUE_INT(filter->payment_id),
        VALUE_INT(filter->payment_id == 0 ? INT64_MAX : filter->payment_id),
        VALUE_INT(before(filter)), VALUE_INT(filter->limit)};
    void *rows;

    TRY(reader_rows(reader, &refunds_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err trade__read_adjustment(struct reader *reader, int64_t id, struct arena *arena,
                                struct trade_adjustment *out)
{
    return not_found(reader_get(reader, &trade_adjustment_table, id, arena, out));
}

enum err trade__read_adjustment_list(struct reader *reader, const struct trade_filter *filter,
                                     struct arena *arena, struct trade_adjustment **out,
                                     size_t *count)
{
    const struct value values[] = {
        VALUE_INT(filter->original_id),
        VALUE_INT(filter->original_id == 0 ? INT64_MAX : filter->original_id),
        VALUE_INT(before(filter)), VALUE_INT(filter->limit)};
    void *rows;

    TRY(reader_rows(reader, &adjustments_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

/* ---- what is booked under another number ---- */

/* A row found by a number, and its id. */
struct numbered {
    const struct statement *statement;
    void (*key)(const void *rows, size_t at, int64_t *number, int64_t *id);
};

static enum err read_some(struct reader *reader, const struct numbered *numbered,
                          const int64_t *numbers, size_t count, struct arena *arena, int64_t *ids)
{
    struct value values[NUMBERS];
    void *rows;
    size_t found;

    for (size_t i = 0; i < NUMBERS; i++) {
        values[i] = VALUE_INT(numbers[i < count ? i : 0]);
    }
    TRY(reader_rows(reader, numbered->statement, values, NUMBERS, arena, &rows, &found));
    for (size_t i = 0; i < found; i++) {
        int64_t number, id;

        numbered->key(rows, i, &number, &id);
        for (size_t j = 0; j < count; j++) {
            ids[j] = numbers[j] == number ? id : ids[j];
        }
    }
    return ERR_OK;
}

static enum err read_numbered(struct reader *reader, const struct numbered *numbered,
                              const int64_t *numbers, size_t count, struct arena *arena,
                              int64_t *ids)
{
    memset(ids, 0, count * sizeof(*ids));
    for (size_t at = 0; at < count; at += NUMBERS) {
        size_t some = count - at < NUMBERS ? count - at : NUMBERS;

        TRY(read_some(reader, numbered, numbers + at, some, arena, ids + at));
    }
    return ERR_OK;
}

static void refund_key(const void *rows, size_t at, int64_t *number, int64_t *id)
{
    const struct trade_refund *refund = (const struct trade_refund *)rows + at;

    *number = refund->immature_id;
    *id = refund->id;
}

enum err trade_read_refunds_of(struct reader *reader, const int64_t *numbers, size_t count,
                               struct arena *arena, int64_t *ids)
{
    const struct numbered refunds = {&refunds_of, refund_key};

    return read_numbered(reader, &refunds, numbers, count, arena, ids);
}

static void adjustment_key(const void *rows, size_t at, int64_t *number, int64_t *id)
{
    const struct trade_adjustment *adjustment = (const struct trade_adjustment *)rows + at;

    *number = adjustment->journal_id;
    *id = adjustment->id;
}

enum err trade_read_adjustments_of(struct reader *reader, const int64_t *journal_ids, size_t count,
                                   struct arena *arena, int64_t *ids)
{
    const struct numbered adjustments = {&adjustments_of, adjustment_key};

    return read_numbered(reader, &adjustments, journal_ids, count, arena, ids);
}
