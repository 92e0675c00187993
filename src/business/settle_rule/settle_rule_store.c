#include "business/settle_rule/settle_rule_int.h"

static const struct column rule_columns[] = {
    COLUMN(struct settle_rule, id, COL_ID, .help = "of the account"),
    COLUMN(struct settle_rule, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct settle_rule, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct settle_rule, cycle, COL_ENUM, .help = "enum settle_cycle"),
    COLUMN(struct settle_rule, cycle_days, COL_TEXT, .size = SETTLE_DAYS_MAX),
    COLUMN(struct settle_rule, reserve_days, COL_INT),
    COLUMN(struct settle_rule, minimum, COL_AMOUNT),
    COLUMN(struct settle_rule, maximum, COL_AMOUNT),
    COLUMN(struct settle_rule, mode, COL_ENUM, .help = "enum settle_mode"),
    COLUMN(struct settle_rule, card_id, COL_ID),
    COLUMN(struct settle_rule, next_date, COL_INT),
    COLUMN(struct settle_rule, handled_on, COL_INT),
    COLUMN(struct settle_rule, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct settle_rule, updated_at_ms, COL_TIME),
    COLUMN(struct settle_rule, version, COL_INT),
};

const struct table settle_rule_table = {
    .name = "settle_rule",
    .row_size = sizeof(struct settle_rule),
    .columns = rule_columns,
    .column_count = ARRAY_LEN(rule_columns),
    .uniques = {{.name = "settle_rule_merchant", .columns = {"merchant_id", "currency"}}},
    .unique_count = 1,
    .keep = 100000,
};

static const struct column history_columns[] = {
    COLUMN(struct settle_rule_history, id, COL_ID),
    COLUMN(struct settle_rule_history, account_id, COL_ID, .fixed = true),
    COLUMN(struct settle_rule_history, version, COL_INT, .fixed = true),
    COLUMN(struct settle_rule_history, review_id, COL_ID, .fixed = true),
    {.name = "before_text",
     .offset = offsetof(struct settle_rule_history, before),
     .type = COL_TEXT,
     .size = SETTLE_RULE_TEXT_MAX,
     .fixed = true},
    {.name = "after_text",
     .offset = offsetof(struct settle_rule_history, after),
     .type = COL_TEXT,
     .size = SETTLE_RULE_TEXT_MAX,
     .fixed = true},
    COLUMN(struct settle_rule_history, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct settle_rule_history, operator_id, COL_ID, .fixed = true),
    COLUMN(struct settle_rule_history, reason, COL_TEXT, .size = SETTLE_RULE_REASON_MAX,
           .fixed = true),
};

const struct table settle_rule__history_table = {
    .name = "settle_rule_history",
    .row_size = sizeof(struct settle_rule_history),
    .columns = history_columns,
    .column_count = ARRAY_LEN(history_columns),
};

static const struct statement due_after = {
    .name = "settle_rules_due_after",
    .sql = "SELECT :row FROM settle_rule WHERE id > ? AND next_date <= ? AND handled_on < ? "
           "AND mode = ? ORDER BY id LIMIT ?",
    .row = &settle_rule_table,
};
static const struct statement due_count = {
    .name = "settle_rules_due_count",
    .sql = "SELECT COUNT(*) FROM settle_rule WHERE next_date <= ? AND handled_on < ? AND mode = ?",
};
static const struct statement history_before = {
    .name = "settle_rule_history_before",
    .sql = "SELECT :row FROM settle_rule_history WHERE account_id = ? AND id < ? "
           "ORDER BY id DESC LIMIT ?",
    .row = &settle_rule__history_table,
};

static const struct table *const tables[] = {&settle_rule_table, &settle_rule__history_table};
static const struct statement *const statements[] = {&due_after, &due_count, &history_before};

const struct store_part settle_rule_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = settle_rule__migrations,
    .migration_count = ARRAY_LEN(settle_rule__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err settle_rule_read(struct reader *reader, int64_t account_id, struct arena *arena,
                          struct settle_rule *out)
{
    struct ledger_account account;
    enum err err = reader_get(reader, &settle_rule_table, account_id, arena, out);

    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    err = ledger_read_account(reader, account_id, arena, &account);
    if (err != ERR_OK) {
        return err == ERR_LEDGER_ACCOUNT ? ERR_SETTLE_RULE_ACCOUNT : err;
    }
    if (account.code != LEDGER_CODE_MERCHANT_PAYABLE) {
        return ERR_SETTLE_RULE_ACCOUNT;
    }
    *out = settle_rule__default(&account);
    return ERR_OK;
}

enum err settle_rule_read_due(struct reader *reader, const struct settle_due *due,
                              struct arena *arena, struct settle_rule **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(due->after_id), VALUE_INT(due->date),
                                   VALUE_INT(due->date), VALUE_INT((int64_t)due->mode),
                                   VALUE_INT(due->limit)};
    void *rows;

    TRY(reader_rows(reader, &due_after, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err settle_rule_count_due(struct reader *reader, int64_t date, int64_t *count)
{
    const struct value values[] = {VALUE_INT(date), VALUE_INT(date), VALUE_INT(SETTLE_AUTOMATIC)};

    return reader_ints(reader, &due_count, values, ARRAY_LEN(values), count, 1);
}

enum err settle_rule__read_history(struct reader *reader, const struct settle_rule_page *page,
                                   struct arena *arena, struct settle_rule_history **out,
                                   size_t *count)
{
    const struct value values[] = {VALUE_INT(page->account_id), VALUE_INT(page->before_id),
                                   VALUE_INT(page->limit)};
    void *rows;

    TRY(reader_rows(reader, &history_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}
