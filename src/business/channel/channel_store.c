#include "business/channel/channel_int.h"

static const struct column account_columns[] = {
    COLUMN(struct channel_account, id, COL_ID),
    COLUMN(struct channel_account, merchant_id, COL_ID, .fixed = true, .help = "owner; 0 shared"),
    COLUMN(struct channel_account, channel, COL_TEXT, .size = CHANNEL_NAME_MAX, .fixed = true,
           .help = "adapter"),
    COLUMN(struct channel_account, name, COL_TEXT, .size = 64, .help = "for people"),
    COLUMN(struct channel_account, account_no, COL_TEXT, .size = CHANNEL_ACCOUNT_NO_MAX,
           .fixed = true, .help = "merchant number at the channel"),
    COLUMN(struct channel_account, status, COL_ENUM, .help = "enum channel_status"),
    COLUMN(struct channel_account, methods, COL_TEXT, .size = 512, .fixed = true,
           .help = "blank-separated"),
    COLUMN(struct channel_account, fund_mode, COL_ENUM, .fixed = true,
           .help = "enum channel_fund_mode"),
    COLUMN(struct channel_account, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct channel_account, priority, COL_INT, .fixed = true,
           .help = "lower is tried first"),
    COLUMN(struct channel_account, base_url, COL_TEXT, .size = CHANNEL_URL_MAX),
    COLUMN(struct channel_account, config, COL_TEXT, .size = 8192, .help = "public, JSON"),
    COLUMN(struct channel_account, credentials, COL_BLOB, .size = 32 * 1024, .help = "sealed JSON"),
    COLUMN(struct channel_account, version, COL_INT, .help = "counts changes"),
    COLUMN(struct channel_account, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct channel_account, updated_at_ms, COL_TIME),
};

const struct table channel_account_table = {
    .name = "channel_account",
    .row_size = sizeof(struct channel_account),
    .columns = account_columns,
    .column_count = ARRAY_LEN(account_columns),
    .keep = 4096,
};

static const struct column route_columns[] = {
    COLUMN(struct channel_route, id, COL_ID),
    COLUMN(struct channel_route, merchant_id, COL_ID, .fixed = true, .help = "owner; 0 shared"),
    COLUMN(struct channel_route, method, COL_TEXT, .size = CHANNEL_METHOD_MAX, .fixed = true),
    COLUMN(struct channel_route, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct channel_route, accounts, COL_TEXT, .size = 1024,
           .help = "enabled ids as tried, blank-separated"),
};

const struct table channel_route_table = {
    .name = "channel_route",
    .row_size = sizeof(struct channel_route),
    .columns = route_columns,
    .column_count = ARRAY_LEN(route_columns),
    .uniques = {{.name = "channel_route_key", .columns = {"merchant_id", "method", "currency"}}},
    .unique_count = 1,
    .keep = 16384,
};

static const struct column learned_columns[] = {
    COLUMN(struct channel_learned, id, COL_ID),
    COLUMN(struct channel_learned, learned, COL_BLOB, .size = CHANNEL_LEARNED_MAX,
           .help = "keys fetched from the channel"),
    COLUMN(struct channel_learned, updated_at_ms, COL_TIME),
};

const struct table channel_learned_table = {
    .name = "channel_learned",
    .row_size = sizeof(struct channel_learned),
    .columns = learned_columns,
    .column_count = ARRAY_LEN(learned_columns),
};

static const struct statement channel_accounts_all = {
    .name = "channel_accounts_all",
    .sql = "SELECT :row FROM channel_account WHERE id > ? ORDER BY id LIMIT ?",
    .row = &channel_account_table,
};

static const struct statement channel_accounts_of_merchant = {
    .name = "channel_accounts_of_merchant",
    .sql = "SELECT :row FROM channel_account WHERE merchant_id = ? AND id > ? ORDER BY id LIMIT ?",
    .row = &channel_account_table,
};

static const struct table *const tables[] = {
    &channel_account_table,
    &channel_route_table,
    &channel_learned_table,
};
static const struct statement *const statements[] = {
    &channel_accounts_all,
    &channel_accounts_of_merchant,
};

const struct store_part channel__store_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = channel__migrations,
    .migration_count = ARRAY_LEN(channel__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err channel__read_accounts(struct reader *reader, struct arena *arena,
                                const struct channel_page *page, struct channel_account **rows,
                                size_t *count)
{
    const struct value values[] = {VALUE_INT(page->merchant_id), VALUE_INT(page->after_id),
                                   VALUE_INT(page->limit)};
    void *found;

    if (page->merchant_id == 0) {
        TRY(reader_rows(reader, &channel_accounts_all, values + 1, 2, arena, &found, count));
    } else {
        TRY(reader_rows(reader, &channel_accounts_of_merchant, values, 3, arena, &found, count));
    }
    *rows = found;
    return ERR_OK;
}

enum err channel_account_read(struct reader *reader, int64_t account_id, struct arena *arena,
                              struct channel_account *out)
{
    enum err err = reader_get(reader, &channel_account_table, account_id, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_CHANNEL_NOT_FOUND : err;
}
