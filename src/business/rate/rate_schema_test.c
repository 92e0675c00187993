/* Contracts of the time when each had a price of its own: what they charged, they go on to charge.
 * On both databases. */
#include "business/merchant/merchant_int.h"
#include "business/rate/rate_int.h"
#include "test/lib/folder.h"
#include "test/lib/mariadb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW INT64_C(1763773200000)

enum { MERCHANT = 1000, GENERAL = 2001, LATER = 2002, METHOD = 2003, OLD_MIGRATIONS = 3 };

static int64_t now_of(void *ctx)
{
    (void)ctx;
    return NOW;
}

static const struct clock clock_of_test = {now_of, NULL};

struct old_contract {
    int64_t id;
    int64_t merchant_id;
    struct str method;
    enum currency currency;
    int64_t rate_millionths;
    struct amount fee_min;
    struct amount fee_max;
    int64_t effective_from_ms;
    int64_t created_at_ms;
};
static const struct column old_columns[] = {
    COLUMN(struct old_contract, id, COL_ID),
    COLUMN(struct old_contract, merchant_id, COL_ID),
    COLUMN(struct old_contract, method, COL_TEXT, .size = 32),
    COLUMN(struct old_contract, currency, COL_CURRENCY),
    COLUMN(struct old_contract, rate_millionths, COL_INT),
    COLUMN(struct old_contract, fee_min, COL_AMOUNT),
    COLUMN(struct old_contract, fee_max, COL_AMOUNT),
    COLUMN(struct old_contract, effective_from_ms, COL_TIME),
    COLUMN(struct old_contract, created_at_ms, COL_TIME),
};
static const struct table old_contract_table = {
    .name = "merchant_contract",
    .row_size = sizeof(struct old_contract),
    .columns = old_columns,
    .column_count = ARRAY_LEN(old_columns),
};

/* A rate of another kind, so that the contracts' come after it. */
static struct column old_rate_columns[32];
static struct table old_rate_table;

static void forget_operator(void)
{
    old_rate_table = rate_table;
    old_rate_table.columns = old_rate_columns;
    old_rate_table.column_count = 0;
    for (size_t i = 0; i < rate_table.column_count; i++) {
        if (strcmp(rate_table.columns[i].name, "operator_id") != 0) {
            old_rate_columns[old_rate_table.column_count++] = rate_table.columns[i];
        }
    }
}

static struct store *open_parts(const char *url, const struct store_part *merchant,
                                const struct store_part *rate)
{
    static struct store_part parts[2];
    const struct store_options options = {.url = str_of(url),
                                          .readers = 1,
                                          .clock = &clock_of_test,
                                          .parts = parts,
                                          .part_count = ARRAY_LEN(parts),
                                          .migrate = true};
    struct store *store;
    char detail[256] = "";

    parts[0] = *merchant;
    parts[1] = *rate;
    if (store_open(&options, &store, detail) != ERR_OK) {
        fail_msg("%s", detail);
    }
    return store;
}

static enum err fill_apply(struct tx *tx, const void *arg, void *result)
{
    static const struct old_contract contracts[] = {
        {GENERAL, MERCHANT, {"", 0}, CURRENCY_CNY, 6000, {1}, {900}, NOW - 5000, NOW - 6000},
        {LATER, MERCHANT, {"", 0}, CURRENCY_CNY, 5000, {0}, {0}, NOW + 5000, NOW - 5000},
        {METHOD, MERCHANT, {"mock_qr", 7}, CURRENCY_CNY, 3800, {0}, {0}, NOW - 4000, NOW - 4000},
    };
    const struct rate cash = {.id = 1,
                              .owner_kind = RATE_OWNER_PLATFORM,
                              .kind = RATE_CASH,
                              .currency = CURRENCY_CNY,
                              .tiers = STR("")};
    const struct merchant_links links = {.id = MERCHANT, .contracts = STR("2001 2002 2003")};

    (void)arg;
    (void)result;
    TRY(tx_insert(tx, &merchant_table,
                  &(struct merchant){.id = MERCHANT, .merchant_no = STR("M1")}));
    TRY(tx_insert(tx, &merchant__links_table, &links));
    for (size_t i = 0; i < ARRAY_LEN(contracts); i++) {
        TRY(tx_insert(tx, &old_contract_table, &contracts[i]));
    }
    tx_append(tx, &old_rate_table, &cash);
    return ERR_OK;
}
static const struct command_kind fill_kind = {.name = "test.fill", .apply = fill_apply};

static void make_old(const char *url)
{
    static const struct table *const merchant_tables[] = {&merchant_table, &merchant__links_table,
                                                          &old_contract_table};
    static const struct table *const rate_tables[] = {&old_rate_table};
    const struct store_part merchant = {.tables = merchant_tables,
                                        .table_count = ARRAY_LEN(merchant_tables),
                                        .migrations = merchant__migrations,
                                        .migration_count = ARRAY_LEN(merchant__migrations)};
    const struct store_part rate = {.tables = rate_tables,
                                    .table_count = ARRAY_LEN(rate_tables),
                                    .migrations = rate__migrations,
                                    .migration_count = OLD_MIGRATIONS};
    struct store *store;

    forget_operator();
    store = open_parts(url, &merchant, &rate);
    assert_int_equal(store_run(store, &fill_kind, NULL, NULL, NULL), ERR_OK);
    store_close(store);
}

static enum err trade_apply(struct tx *tx, const void *arg, void *result)
{
    return rate_trade(tx, arg, result);
}
static const struct command_kind trade_kind = {
    .name = "test.trade", .apply = trade_apply, .result_size = sizeof(struct rate_trade)};

static struct rate_trade trade_of(struct store *store, const char *method, int64_t at_ms)
{
    const struct rate_trade_ask ask = {MERCHANT, str_of(method), CURRENCY_CNY, AMOUNT(1000000),
                                       at_ms};
    struct rate_trade trade;

    assert_int_equal(store_run(store, &trade_kind, &ask, &trade, NULL), ERR_OK);
    return trade;
}

static void assert_trade(struct store *store, const char *method, int64_t at_ms, int64_t contract,
                         int64_t rate, int64_t fee)
{
    struct rate_trade trade = trade_of(store, method, at_ms);

    assert_int_equal(trade.contract_id, contract);
    assert_int_equal(trade.rate_id, rate);
    assert_int_equal(trade.fee.minor, fee);
}

static void fresh_url(const char *scheme, char url[300])
{
    char folder[200];

    if (strcmp(scheme, "mysql") == 0) {
        (void)snprintf(url, 300, "%s", test_mariadb_fresh_url());
    } else {
        test_folder(folder, sizeof(folder), "rate_schema");
        (void)snprintf(url, 300, "sqlite:%s/rate.db", folder);
    }
}

static void remove_url(const char *url)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    char path[320];

    if (strncmp(url, "sqlite:", 7) == 0) {
        for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
            (void)snprintf(path, sizeof(path), "%s%s", url + 7, endings[i]);
            (void)unlink(path);
        }
        (void)snprintf(path, sizeof(path), "%s", url + 7);
        *strrchr(path, '/') = '\0';
        (void)rmdir(path);
    }
}

static void what_contracts_charged_they_go_on_to_charge(void **state)
{
    char url[300];
    struct store *store;

    fresh_url(*state, url);
    make_old(url);
    store = open_parts(url, &merchant__store, &rate_part);
    assert_trade(store, "wechat_native", NOW, GENERAL, 2, 900);
    assert_trade(store, "wechat_native", NOW + 4999, GENERAL, 2, 900);
    assert_trade(store, "wechat_native", NOW + 5000, LATER, 3, 5000);
    assert_trade(store, "mock_qr", NOW + 5000, METHOD, 4, 3800);
    store_close(store);
    store = open_parts(url, &merchant__store, &rate_part); /* with what is stored alone */
    assert_trade(store, "mock_qr", NOW, METHOD, 4, 3800);
    store_close(store);
    remove_url(url);
}

/* A server keeps no transaction over a migration and its record: one that was cut off in between is
 * run again. */
static void a_migration_that_was_cut_off_is_run_again(void **state)
{
    struct store_part merchant = {.migrations = merchant__migrations,
                                  .migration_count = ARRAY_LEN(merchant__migrations)};
    struct store_part rate = {.migrations = rate__migrations};
    char url[300], sql[200];
    struct store *store;

    fresh_url(*state, url);
    make_old(url);
    for (size_t i = OLD_MIGRATIONS; i < ARRAY_LEN(rate__migrations); i++) {
        rate.migration_count = i + 1;
        store_close(open_parts(url, &merchant, &rate));
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE store_migration SET applied_at_ms = 0 WHERE name = '%s'",
                       rate__migrations[i].name);
        (void)test_mariadb_sql(url, sql);
    }
    store = open_parts(url, &merchant__store, &rate_part);
    assert_trade(store, "wechat_native", NOW + 5000, LATER, 3, 5000);
    assert_int_equal(test_mariadb_sql(url, "SELECT COUNT(*) FROM rate"), 4);
    assert_int_equal(test_mariadb_sql(url, "SELECT COUNT(*) FROM rate_line"), 3);
    store_close(store);
}

int main(void)
{
    static char sqlite[] = "sqlite", mysql[] = "mysql";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(what_contracts_charged_they_go_on_to_charge, sqlite),
        cmocka_unit_test_prestate(what_contracts_charged_they_go_on_to_charge, mysql),
        cmocka_unit_test_prestate(a_migration_that_was_cut_off_is_run_again, mysql),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
