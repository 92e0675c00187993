#include "business/merchant/merchant_int.h"

static const struct column merchant_columns[] = {
    COLUMN(struct merchant, id, COL_ID),
    COLUMN(struct merchant, merchant_no, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct merchant, name, COL_TEXT, .size = 128),
    COLUMN(struct merchant, status, COL_ENUM, .help = "enum merchant_status"),
    COLUMN(struct merchant, fund_mode, COL_ENUM, .help = "enum merchant_fund_mode"),
    COLUMN(struct merchant, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct merchant, updated_at_ms, COL_TIME),
    COLUMN(struct merchant, version, COL_INT),
};

const struct table merchant_table = {
    .name = "merchant",
    .row_size = sizeof(struct merchant),
    .columns = merchant_columns,
    .column_count = ARRAY_LEN(merchant_columns),
    .uniques = {{.name = "merchant_no", .columns = {"merchant_no"}}},
    .unique_count = 1,
    .keep = 10000,
};

static const struct column links_columns[] = {
    COLUMN(struct merchant_links, id, COL_ID, .help = "of the merchant"),
    COLUMN(struct merchant_links, contracts, COL_TEXT, .size = 2048),
    COLUMN(struct merchant_links, endpoints, COL_TEXT, .size = 512),
};

const struct table merchant__links_table = {
    .name = "merchant_links",
    .row_size = sizeof(struct merchant_links),
    .columns = links_columns,
    .column_count = ARRAY_LEN(links_columns),
    .keep = 10000,
};

static const struct column app_columns[] = {
    COLUMN(struct merchant_app, id, COL_ID),
    COLUMN(struct merchant_app, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct merchant_app, name, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct merchant_app, status, COL_ENUM),
    COLUMN(struct merchant_app, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct merchant_app, version, COL_INT),
};

const struct table merchant_app_table = {
    .name = "merchant_app",
    .row_size = sizeof(struct merchant_app),
    .columns = app_columns,
    .column_count = ARRAY_LEN(app_columns),
    .uniques = {{.name = "merchant_app_name", .columns = {"merchant_id", "name"}}},
    .unique_count = 1,
    .keep = 20000,
};

static const struct column contract_columns[] = {
    COLUMN(struct merchant_contract, id, COL_ID),
    COLUMN(struct merchant_contract, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct merchant_contract, method, COL_TEXT, .size = 32, .fixed = true),
    COLUMN(struct merchant_contract, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct merchant_contract, created_at_ms, COL_TIME, .fixed = true),
};

const struct table merchant_contract_table = {
    .name = "merchant_contract",
    .row_size = sizeof(struct merchant_contract),
    .columns = contract_columns,
    .column_count = ARRAY_LEN(contract_columns),
    .keep = 40000,
};

static const struct column endpoint_columns[] = {
    COLUMN(struct merchant_endpoint, id, COL_ID),
    COLUMN(struct merchant_endpoint, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct merchant_endpoint, url, COL_TEXT, .size = 512),
    COLUMN(struct merchant_endpoint, events, COL_TEXT, .size = 512),
    COLUMN(struct merchant_endpoint, status, COL_ENUM),
    COLUMN(struct merchant_endpoint, secret, COL_BLOB, .size = 256),
    COLUMN(struct merchant_endpoint, previous_secret, COL_BLOB, .size = 256),
    COLUMN(struct merchant_endpoint, previous_until_ms, COL_TIME),
    COLUMN(struct merchant_endpoint, disabled_reason, COL_TEXT, .size = 64),
    COLUMN(struct merchant_endpoint, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct merchant_endpoint, updated_at_ms, COL_TIME),
    COLUMN(struct merchant_endpoint, version, COL_INT),
};

const struct table merchant_endpoint_table = {
    .name = "merchant_endpoint",
    .row_size = sizeof(struct merchant_endpoint),
    .columns = endpoint_columns,
    .column_count = ARRAY_LEN(endpoint_columns),
    .keep = 20000,
};

static const struct statement merchants_after = {
    .name = "merchants_after",
    .sql = "SELECT :row FROM merchant WHERE id > ? ORDER BY id LIMIT ?",
    .row = &merchant_table,
};
static const struct statement apps_of = {
    .name = "merchant_apps_of",
    .sql = "SELECT :row FROM merchant_app WHERE merchant_id = ? ORDER BY id",
    .row = &merchant_app_table,
};
static const struct statement contracts_of = {
    .name = "merchant_contracts_of",
    .sql = "SELECT :row FROM merchant_contract WHERE merchant_id = ? ORDER BY id",
    .row = &merchant_contract_table,
};
static const struct statement endpoints_of = {
    .name = "merchant_endpoints_of",
    .sql = "SELECT :row FROM merchant_endpoint WHERE merchant_id = ? ORDER BY id",
    .row = &merchant_endpoint_table,
};

static const struct table *const tables[] = {&merchant_table, &merchant__links_table,
                                             &merchant_app_table, &merchant_contract_table,
                                             &merchant_endpoint_table};
static const struct statement *const statements[] = {&merchants_after, &apps_of, &contracts_of,
                                                     &endpoints_of};

const struct store_part merchant__store = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = merchant__migrations,
    .migration_count = ARRAY_LEN(merchant__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err merchant__read_list(struct reader *reader, int64_t after_id, int64_t limit,
                             struct arena *arena, struct merchant **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(after_id), VALUE_INT(limit)};
    void *rows;

    TRY(reader_rows(reader, &merchants_after, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

static enum err rows_of(struct reader *reader, const struct statement *statement,
                        int64_t merchant_id, struct arena *arena, void **rows, size_t *count)
{
    const struct value values[] = {VALUE_INT(merchant_id)};

    return reader_rows(reader, statement, values, ARRAY_LEN(values), arena, rows, count);
}

enum err merchant__read_apps(struct reader *reader, int64_t merchant_id, struct arena *arena,
                             struct merchant_app **out, size_t *count)
{
    void *rows;

    TRY(rows_of(reader, &apps_of, merchant_id, arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err merchant_contracts_read(struct reader *reader, int64_t merchant_id, struct arena *arena,
                                 struct merchant_contract **out, size_t *count)
{
    void *rows;

    TRY(rows_of(reader, &contracts_of, merchant_id, arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err merchant_contract_read_charges(struct reader *reader,
                                        const struct merchant_contract *contract,
                                        struct arena *arena, bool *charges)
{
    struct merchant_links links;

    TRY(reader_get(reader, &merchant__links_table, contract->merchant_id, arena, &links));
    *charges = merchant__has_id(links.contracts, contract->id);
    return ERR_OK;
}

enum err merchant__read_endpoints(struct reader *reader, int64_t merchant_id, struct arena *arena,
                                  struct merchant_endpoint **out, size_t *count)
{
    void *rows;

    TRY(rows_of(reader, &endpoints_of, merchant_id, arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err merchant_read(struct reader *reader, int64_t id, struct arena *arena, struct merchant *out)
{
    enum err err = reader_get(reader, &merchant_table, id, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_MERCHANT_NOT_FOUND : err;
}

enum err merchant_endpoint_read(struct reader *reader, int64_t id, struct arena *arena,
                                struct merchant_endpoint *out)
{
    enum err err = reader_get(reader, &merchant_endpoint_table, id, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_MERCHANT_ENDPOINT_NOT_FOUND : err;
}
