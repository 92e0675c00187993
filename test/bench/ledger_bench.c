/* Durable two-leg transfers in process, by batch size and by who takes part, each the median of
 * several runs on the same growing books, which are proved at the end. Beside them, in the same
 * run, what the disk alone allows: a plain log of the same bytes with one fdatasync per batch, and
 * the plainest program, one SQL transaction per transfer.
 *
 * Usage: ledger_bench [WORD] [TRANSFERS] [RUNS]: the figures whose name contains WORD. */
#include "test/lib/ledger_load.h"
#include "test/lib/mariadb.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 5, MANY = 10000, MILLION = 1000000, BASELINE_BATCHES = 200 };

/* ---- baselines ---- */

/* A second's worth of appends: `batch` records of `bytes` each, then fdatasync. */
static int64_t log_rate(size_t batch, size_t bytes, size_t batches)
{
    char path[] = "/tmp/ledger_bench_log.XXXXXX";
    const size_t size = batch * bytes;
    char *block = mem_new(size);
    int fd = mkstemp(path);
    struct usage usage;

    CHECK(fd >= 0);
    memset(block, 't', size);
    usage = usage_now();
    for (size_t i = 0; i < batches; i++) {
        CHECK(write(fd, block, size) == (ssize_t)size);
        CHECK(fdatasync(fd) == 0);
    }
    usage = usage_since(usage);
    CHECK(close(fd) == 0 && unlink(path) == 0);
    mem_free(block);
    return (int64_t)(batches * batch) * 1000000 / usage.wall_us;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;

    CHECK(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
    return statement;
}

static void step(sqlite3_stmt *statement)
{
    CHECK(sqlite3_step(statement) == SQLITE_DONE);
    CHECK(sqlite3_reset(statement) == SQLITE_OK);
}

static void move(sqlite3_stmt *update, int64_t account, int64_t amount)
{
    CHECK(sqlite3_bind_int64(update, 1, amount) == SQLITE_OK);
    CHECK(sqlite3_bind_int64(update, 2, account) == SQLITE_OK);
    step(update);
}

/* One transaction each: two balances, one row; on the same settings as ours. */
static int64_t operation_rate(int64_t transfers)
{
    char path[] = "/tmp/ledger_bench_sql.XXXXXX";
    char name[64];
    sqlite3 *db;
    sqlite3_stmt *begin, *update, *insert, *commit;
    struct usage usage;

    CHECK(close(mkstemp(path)) == 0 && sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER) STRICT;"
                       "CREATE TABLE entry (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER,"
                       " amount INTEGER) STRICT;"
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                       " WHERE i < 10000) INSERT INTO account SELECT i, 0 FROM n",
                       NULL, NULL, NULL) == SQLITE_OK);
    begin = prepare(db, "BEGIN IMMEDIATE");
    update = prepare(db, "UPDATE account SET balance = balance + ? WHERE id = ?");
    insert = prepare(db, "INSERT INTO entry (a, b, amount) VALUES (1, 2, 3)");
    commit = prepare(db, "COMMIT");
    usage = usage_now();
    for (int64_t i = 0; i < transfers; i++) {
        step(begin);
        move(update, 1 + i % MANY, 1);
        move(update, 1 + i * 7 % MANY, -1);
        step(insert);
        step(commit);
    }
    usage = usage_since(usage);
    CHECK(sqlite3_finalize(begin) == SQLITE_OK && sqlite3_finalize(update) == SQLITE_OK);
    CHECK(sqlite3_finalize(insert) == SQLITE_OK && sqlite3_finalize(commit) == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK && unlink(path) == 0);
    (void)snprintf(name, sizeof(name), "%s-wal", path);
    (void)unlink(name);
    return transfers * 1000000 / usage.wall_us;
}

/* ---- figures ---- */

enum database { SQLITE = 1, MARIADB, GALERA };

static const struct row {
    const char *figure;
    enum database database;
    size_t batch;
    enum load_shape shape;
    size_t accounts;
    int64_t transfers;
    const char *text;
} rows[] = {
    {"ledger.transfers.sqlite.b1", SQLITE, 1, LOAD_ONE_HOT, MANY, 5000, "one account in half"},
    {"ledger.transfers.sqlite.b64", SQLITE, 64, LOAD_ONE_HOT, MANY, 60000, "one account in half"},
    {"ledger.transfers.sqlite.b512", SQLITE, 512, LOAD_ONE_HOT, MANY, 200000,
     "one account in half"},
    {"ledger.transfers.sqlite.hot2", SQLITE, 512, LOAD_TWO_HOT, MANY, 200000, "two accounts"},
    {"ledger.transfers.sqlite.accounts1m", SQLITE, 512, LOAD_UNIFORM, MILLION, 200000,
     "a million accounts"},
    {"ledger.transfers.mariadb.b512", MARIADB, 512, LOAD_ONE_HOT, MANY, 60000,
     "one account in half"},
    {"ledger.transfers.mariadb.hot2", MARIADB, 512, LOAD_TWO_HOT, MANY, 60000, "two accounts"},
    {"ledger.transfers.galera.b512", GALERA, 512, LOAD_ONE_HOT, MANY, 60000, "one account in half"},
};

/* NULL: there is none to measure. */
static const char *url_of(enum database database)
{
    switch (database) {
    case SQLITE:
        return "sqlite";
    case MARIADB:
        return test_mariadb_fresh_url();
    case GALERA:
        break;
    }
    return getenv("TOMATO_BENCH_GALERA_URL");
}

static void print_baselines(const struct row *row, int64_t bytes, int64_t rate)
{
    const char *size = strrchr(row->figure, '.') + 1;
    int64_t rates[3], log;
    char name[80];

    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        rates[i] =
            log_rate(row->batch, (size_t)bytes, BASELINE_BATCHES * (row->batch == 1 ? 5 : 1));
    }
    log = figure_median(rates, ARRAY_LEN(rates));
    (void)snprintf(name, sizeof(name), "ledger.baseline.log.%s", size);
    figure_print(name, log, "per_second");
    (void)snprintf(name, sizeof(name), "ledger.ratio.log.%s", size);
    figure_print(name, rate * 100 / log, "percent");
    if (row->batch == 1) {
        figure_print("ledger.baseline.operation.sqlite", operation_rate(row->transfers),
                     "per_second");
    }
}

static int64_t bytes_each(struct ledger_load *load, int64_t empty_size)
{
    load_close(load); /* all is in the file itself */
    return load->path[0] == 0 ? 0 : (load_file_size(load) - empty_size) / (load->next_no - 1);
}

static void measure(const struct row *row, const char *url, int64_t transfers, size_t runs)
{
    struct ledger_load load;
    int64_t empty_size, bytes, rate, cpu_ns, p99;

    load_open(&load, url, row->batch, row->accounts);
    load_close(&load);
    empty_size = load_file_size(&load);
    load_reopen(&load);
    load.shape = LOAD_EACH; /* until all accounts are in memory */
    (void)load_run(&load, (int64_t)row->accounts / 2);
    load.shape = row->shape;
    (void)load_run(&load, transfers); /* warms up */
    rate = load_rate(&load, transfers, runs, &cpu_ns);
    p99 = figure_percentile(load.batch_us.values, load.batch_us.count, 99);
    load_prove(&load);
    bytes = bytes_each(&load, empty_size);
    printf("%-36s %7lld /s, %3lld.%02lld us CPU each, p99 of a batch %lld us; %s", row->figure,
           (long long)rate, (long long)cpu_ns / 1000, (long long)cpu_ns % 1000 / 10, (long long)p99,
           row->text);
    printf(bytes > 0 ? ", %lld bytes each\n" : "\n", (long long)bytes);
    figure_print(row->figure, rate, "per_second");
    if (row->database == SQLITE && row->shape == LOAD_ONE_HOT) {
        print_baselines(row, bytes, rate);
    }
    if (strcmp(row->figure, "ledger.transfers.sqlite.b512") == 0) {
        figure_print("ledger.batch.p99", p99, "us");
        figure_print("ledger.bytes", bytes, "bytes");
        figure_print("ledger.cpu", cpu_ns, "ns");
    }
    load_remove(&load);
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *url = strstr(rows[i].figure, word) == NULL ? NULL : url_of(rows[i].database);

        if (url != NULL) {
            measure(&rows[i], url, figure_argument(argc, argv, 2, rows[i].transfers),
                    (size_t)figure_argument(argc, argv, 3, RUNS));
        }
    }
    return 0;
}
