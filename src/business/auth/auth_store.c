#include "business/auth/auth_int.h"

static const struct column key_columns[] = {
    COLUMN(struct auth_key, id, COL_ID),
    COLUMN(struct auth_key, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct auth_key, app_id, COL_ID, .fixed = true),
    COLUMN(struct auth_key, algorithm, COL_ENUM, .fixed = true),
    COLUMN(struct auth_key, name, COL_TEXT, .size = 64),
    COLUMN(struct auth_key, permissions, COL_TEXT, .size = 512),
    COLUMN(struct auth_key, secret, COL_BLOB, .size = 256, .fixed = true),
    COLUMN(struct auth_key, public_key, COL_TEXT, .size = 2048, .fixed = true),
    COLUMN(struct auth_key, status, COL_ENUM),
    COLUMN(struct auth_key, not_before_ms, COL_TIME, .fixed = true, .help = "0: at once"),
    COLUMN(struct auth_key, expires_at_ms, COL_TIME, .help = "0: never"),
    COLUMN(struct auth_key, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct auth_key, version, COL_INT),
};

const struct table auth_key_table = {
    .name = "auth_key",
    .row_size = sizeof(struct auth_key),
    .columns = key_columns,
    .column_count = ARRAY_LEN(key_columns),
};

static const struct column ahead_columns[] = {
    COLUMN(struct auth_ahead, id, COL_ID, .help = "auth_key.id"),
    COLUMN(struct auth_ahead, process, COL_ID, .help = "that wrote until_ms"),
    COLUMN(struct auth_ahead, floor_ms, COL_TIME, .help = "until_ms of earlier processes"),
    COLUMN(struct auth_ahead, until_ms, COL_TIME, .help = "greatest stamp taken"),
};

const struct table auth__ahead_table = {
    .name = "auth_ahead",
    .row_size = sizeof(struct auth_ahead),
    .columns = ahead_columns,
    .column_count = ARRAY_LEN(ahead_columns),
};

static const struct column platform_key_columns[] = {
    COLUMN(struct auth_platform_key, id, COL_ID),
    COLUMN(struct auth_platform_key, private_key, COL_BLOB, .size = 1024, .fixed = true),
    COLUMN(struct auth_platform_key, public_key, COL_TEXT, .size = 1024, .fixed = true),
    COLUMN(struct auth_platform_key, created_at_ms, COL_TIME, .fixed = true),
};

const struct table auth__platform_key_table = {
    .name = "auth_platform_key",
    .row_size = sizeof(struct auth_platform_key),
    .columns = platform_key_columns,
    .column_count = ARRAY_LEN(platform_key_columns),
};

static const struct statement keys_of = {
    .name = "auth_keys_of",
    .sql = "SELECT :row FROM auth_key WHERE merchant_id = ? ORDER BY id",
    .row = &auth_key_table,
};

static const struct statement operator_keys = {
    .name = "auth_operator_keys",
    .sql = "SELECT :row FROM auth_key WHERE merchant_id = 0 AND id < ? ORDER BY id DESC LIMIT ?",
    .row = &auth_key_table,
};

static const struct statement platform_keys = {
    .name = "auth_platform_keys",
    .sql = "SELECT :row FROM auth_platform_key ORDER BY id DESC",
    .row = &auth__platform_key_table,
};

static const struct table *const tables[] = {&auth_key_table, &auth__ahead_table,
                                             &auth__platform_key_table};
static const struct statement *const statements[] = {&keys_of, &operator_keys, &platform_keys};

const struct store_part auth__store = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = auth__migrations,
    .migration_count = ARRAY_LEN(auth__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err auth_key_read(struct reader *reader, int64_t id, struct arena *arena, struct auth_key *out)
{
    enum err err = reader_get(reader, &auth_key_table, id, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_AUTH_KEY_NOT_FOUND : err;
}

enum err auth_keys_read(struct reader *reader, int64_t merchant_id, struct arena *arena,
                        struct auth_key **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(merchant_id)};
    void *rows;

    TRY(reader_rows(reader, &keys_of, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err auth_operator_keys_read(struct reader *reader, int64_t before_id, int64_t limit,
                                 struct arena *arena, struct auth_key **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(before_id), VALUE_INT(limit)};
    void *rows;

    TRY(reader_rows(reader, &operator_keys, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err auth__read_platform_keys(struct reader *reader, struct arena *arena,
                                  struct auth_platform_key **out, size_t *count)
{
    void *rows;

    TRY(reader_rows(reader, &platform_keys, NULL, 0, arena, &rows, count));
    *out = rows;
    return ERR_OK;
}
