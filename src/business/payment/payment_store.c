#include "business/payment/payment_int.h"

static const struct column payment_columns[] = {
    COLUMN(struct payment, id, COL_ID, .help = "time-ordered"),
    COLUMN(struct payment, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct payment, app_id, COL_ID, .fixed = true),
    COLUMN(struct payment, merchant_order_no, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct payment, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct payment, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct payment, method, COL_TEXT, .size = 32, .fixed = true),
    COLUMN(struct payment, subject, COL_TEXT, .size = 127, .fixed = true),
    COLUMN(struct payment, body, COL_TEXT, .size = 256, .fixed = true),
    COLUMN(struct payment, attach, COL_TEXT, .size = 256, .fixed = true),
    COLUMN(struct payment, metadata, COL_TEXT, .size = 4096, .fixed = true),
    COLUMN(struct payment, notify_url, COL_TEXT, .size = 512, .fixed = true),
    COLUMN(struct payment, return_url, COL_TEXT, .size = 512, .fixed = true),
    COLUMN(struct payment, payer_ip, COL_TEXT, .size = 45, .fixed = true),
    COLUMN(struct payment, expires_in_s, COL_INT, .fixed = true),
    COLUMN(struct payment, cashier_secret, COL_TEXT, .size = 20, .fixed = true),
    COLUMN(struct payment, channel_account_id, COL_ID, .fixed = true),
    COLUMN(struct payment, fund_mode, COL_ENUM, .fixed = true),
    COLUMN(struct payment, contract_id, COL_ID, .fixed = true),
    COLUMN(struct payment, rate_id, COL_ID, .fixed = true),
    COLUMN(struct payment, fee_rate_millionths, COL_INT, .fixed = true),
    COLUMN(struct payment, fee, COL_AMOUNT, .fixed = true),
    COLUMN(struct payment, attempt_id, COL_ID, .fixed = true),
    COLUMN(struct payment, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct payment, expires_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct payment, status, COL_ENUM, .help = "enum payment_status"),
    COLUMN(struct payment, version, COL_INT),
    COLUMN(struct payment, updated_at_ms, COL_TIME),
    COLUMN(struct payment, amount_received, COL_AMOUNT),
    COLUMN(struct payment, qr, COL_TEXT, .size = 512),
    COLUMN(struct payment, transaction_no, COL_TEXT, .size = 64),
    COLUMN(struct payment, payer_id, COL_TEXT, .size = 128),
    COLUMN(struct payment, bank_type, COL_TEXT, .size = 32),
    COLUMN(struct payment, succeeded_at_ms, COL_TIME),
    COLUMN(struct payment, late_success_at_ms, COL_TIME),
    COLUMN(struct payment, closed_reason, COL_ENUM),
    COLUMN(struct payment, error_code, COL_TEXT, .size = 48),
    COLUMN(struct payment, error_message, COL_TEXT, .size = 256),
};

const struct table payment_table = {
    .name = "payment",
    .row_size = sizeof(struct payment),
    .columns = payment_columns,
    .column_count = ARRAY_LEN(payment_columns),
    .uniques = {{.name = "payment_order", .columns = {"merchant_id", "merchant_order_no"}}},
    .unique_count = 1,
    .keep = 20000,
};

static const struct column attempt_columns[] = {
    COLUMN(struct payment_attempt, id, COL_ID, .help = "time-ordered"),
    COLUMN(struct payment_attempt, payment_id, COL_ID, .fixed = true),
    COLUMN(struct payment_attempt, number, COL_INT, .fixed = true),
    COLUMN(struct payment_attempt, channel_account_id, COL_ID, .fixed = true),
    COLUMN(struct payment_attempt, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct payment_attempt, status, COL_ENUM),
    COLUMN(struct payment_attempt, updated_at_ms, COL_TIME),
    COLUMN(struct payment_attempt, asked, COL_INT),
    COLUMN(struct payment_attempt, channel_code, COL_TEXT, .size = 64),
    COLUMN(struct payment_attempt, channel_message, COL_TEXT, .size = 256),
    COLUMN(struct payment_attempt, evidence, COL_TEXT, .size = 64),
};

const struct table payment_attempt_table = {
    .name = "payment_attempt",
    .row_size = sizeof(struct payment_attempt),
    .columns = attempt_columns,
    .column_count = ARRAY_LEN(attempt_columns),
    .uniques = {{.name = "payment_attempt_number",
                 .columns = {"payment_id", "number"},
                 .rising = true}},
    .unique_count = 1,
    .keep = 20000,
};

static const struct statement payment_list = {
    .name = "payment_list",
    .sql = "SELECT :row FROM payment WHERE merchant_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
    .row = &payment_table,
};

static const struct statement payment_list_status = {
    .name = "payment_list_status",
    .sql = "SELECT :row FROM payment WHERE merchant_id = ? AND id < ? AND status = ? "
           "ORDER BY id DESC LIMIT ?",
    .row = &payment_table,
};

static const struct statement payment_by_order = {
    .name = "payment_by_order",
    .sql = "SELECT :row FROM payment WHERE merchant_id = ? AND merchant_order_no = ?",
    .row = &payment_table,
};

static const struct statement payment_attempts = {
    .name = "payment_attempts",
    .sql = "SELECT :row FROM payment_attempt WHERE payment_id = ? ORDER BY number",
    .row = &payment_attempt_table,
};

/* The statuses below PAYMENT_SUCCEEDED are those that are not final. */
static const struct statement payment_open = {
    .name = "payment_open",
    .sql = "SELECT id FROM payment WHERE merchant_id = ? AND currency = ? AND fund_mode = ? "
           "AND status < ? ORDER BY status LIMIT 1",
};

static const struct table *const tables[] = {&payment_table, &payment_attempt_table};
static const struct statement *const statements[] = {
    &payment_list, &payment_list_status, &payment_by_order, &payment_attempts, &payment_open};

const struct store_part payment__store = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = payment__migrations,
    .migration_count = ARRAY_LEN(payment__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

static enum err not_found(enum err err, enum err mine)
{
    return err == ERR_STORE_NOT_FOUND ? mine : err;
}

enum err payment__get(struct tx *tx, int64_t id, const struct payment **out)
{
    const void *row;

    TRY(not_found(tx_get(tx, &payment_table, id, &row), ERR_PAYMENT_NOT_FOUND));
    *out = row;
    return ERR_OK;
}

enum err payment__edit(struct tx *tx, int64_t id, struct payment **out)
{
    void *row;

    TRY(not_found(tx_edit(tx, &payment_table, id, &row), ERR_PAYMENT_NOT_FOUND));
    *out = row;
    return ERR_OK;
}

enum err payment__edit_attempt(struct tx *tx, int64_t id, struct payment_attempt **out)
{
    void *row;

    TRY(not_found(tx_edit(tx, &payment_attempt_table, id, &row), ERR_PAYMENT_ATTEMPT_UNKNOWN));
    *out = row;
    return ERR_OK;
}

enum err payment_read(struct reader *reader, int64_t id, struct arena *arena, struct payment *out)
{
    return not_found(reader_get(reader, &payment_table, id, arena, out), ERR_PAYMENT_NOT_FOUND);
}

enum err payment__read_list(struct reader *reader, const struct payment_filter *filter,
                            struct arena *arena, struct payment **out, size_t *count)
{
    int64_t before = filter->starting_after == 0 ? INT64_MAX : filter->starting_after;
    const struct value by_order[] = {VALUE_INT(filter->merchant_id),
                                     VALUE_TEXT(filter->merchant_order_no)};
    const struct value by_status[] = {VALUE_INT(filter->merchant_id), VALUE_INT(before),
                                      VALUE_INT(filter->status), VALUE_INT(filter->limit)};
    const struct value all[] = {VALUE_INT(filter->merchant_id), VALUE_INT(before),
                                VALUE_INT(filter->limit)};
    void *rows;

    if (filter->merchant_order_no.len > 0) {
        TRY(reader_rows(reader, &payment_by_order, by_order, ARRAY_LEN(by_order), arena, &rows,
                        count));
    } else if (filter->status != 0) {
        TRY(reader_rows(reader, &payment_list_status, by_status, ARRAY_LEN(by_status), arena, &rows,
                        count));
    } else {
        TRY(reader_rows(reader, &payment_list, all, ARRAY_LEN(all), arena, &rows, count));
    }
    *out = rows;
    return ERR_OK;
}

static enum err find_open(struct reader *reader, const struct ledger_account *account, int64_t *id)
{
    const struct value values[] = {VALUE_INT(account->owner_id), VALUE_INT(account->currency),
                                   VALUE_INT(LEDGER_FUND_COLLECT), VALUE_INT(PAYMENT_SUCCEEDED)};

    return account->code == LEDGER_CODE_MERCHANT_PAYABLE
               ? reader_ints(reader, &payment_open, values, ARRAY_LEN(values), id, 1)
               : ERR_STORE_NOT_FOUND;
}

const struct account_blocker payment__blocker = {ERR_ACCOUNT_OPEN_ORDER, find_open};

enum err payment__read_attempts(struct reader *reader, int64_t payment_id, struct arena *arena,
                                struct payment_attempt **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(payment_id)};
    void *rows;

    TRY(reader_rows(reader, &payment_attempts, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}
