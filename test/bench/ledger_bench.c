/* Durable two-leg transfers in process, by batch size: 10,000 accounts of which one takes part in
 * half of all transfers, and two hot accounts alone. Each line is the median of several runs on the
 * same growing books, which are proved at the end.
 *
 * Usage: ledger_bench [sqlite|mysql] [BATCH] [TRANSFERS] [RUNS] */
#include "test/lib/mariadb.h"

#include "money/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ACCOUNTS = 10000, RUNS_MAX = 31, AHEAD = 4, QUEUE_MIN = 64 };

/* ---- the books ---- */

struct bench {
    const char *scheme;
    size_t batch;
    bool two_hot;
    size_t transfers; /* a run */
    size_t runs;
    char folder[32], url[300], path[300];
    struct store *store;
    int64_t accounts[ACCOUNTS];
    int64_t next_no;
    uint64_t random;
};

static enum err open_accounts(struct tx *tx, const void *arg, void *result)
{
    int64_t *accounts = result;

    (void)arg;
    for (int i = 0; i < ACCOUNTS; i++) {
        const struct ledger_account_key key = {1 + i, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY};

        TRY(ledger_account_open(tx, &key, &accounts[i]));
    }
    return ERR_OK;
}

static void start(struct bench *bench)
{
    static struct store_part parts[2];
    size_t queue = AHEAD * bench->batch;
    const struct store_options options = {
        .url = str_of(bench->url),
        .batch_max = bench->batch,
        .queue_max = queue < QUEUE_MIN ? QUEUE_MIN : queue,
        .parts = parts,
        .part_count = ARRAY_LEN(parts),
        .migrate = true,
    };
    static const struct command_kind kind = {
        .name = "bench.accounts",
        .apply = open_accounts,
        .result_size = ACCOUNTS * sizeof(int64_t),
    };
    char detail[256];

    parts[0] = ledger_part;
    parts[1] = timer_part;
    if (store_open(&options, &bench->store, detail) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", detail);
        exit(1);
    }
    ledger_watch(bench->store);
    CHECK(store_run(bench->store, &kind, NULL, bench->accounts, NULL) == ERR_OK);
}

static int64_t file_size(const struct bench *bench)
{
    struct stat stat_;

    return bench->path[0] != '\0' && stat(bench->path, &stat_) == 0 ? (int64_t)stat_.st_size : 0;
}

static void open_books(struct bench *bench)
{
    (void)snprintf(bench->folder, sizeof(bench->folder), "/tmp/ledger_bench.XXXXXX");
    CHECK(mkdtemp(bench->folder) != NULL);
    bench->path[0] = '\0';
    if (strcmp(bench->scheme, "mysql") == 0) {
        (void)snprintf(bench->url, sizeof(bench->url), "%s", test_mariadb_fresh_url());
    } else {
        (void)snprintf(bench->path, sizeof(bench->path), "%s/books.db", bench->folder);
        (void)snprintf(bench->url, sizeof(bench->url), "sqlite:%s", bench->path);
    }
    bench->next_no = 1;
    bench->random = 20251122;
}

static void remove_books(const struct bench *bench)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char name[320];

    for (size_t i = 0; i < ARRAY_LEN(ends) && bench->path[0] != '\0'; i++) {
        (void)snprintf(name, sizeof(name), "%s%s", bench->path, ends[i]);
        (void)unlink(name);
    }
    (void)rmdir(bench->folder);
}

/* ---- transfers ---- */

struct transfer {
    struct command command;
    struct ledger_post post;
    struct ledger_leg legs[2];
    struct ledger_posted posted;
};

static struct counter finished, refused;

static void transfer_done(struct command *command)
{
    if (command->err != ERR_OK) {
        counter_add(&refused, 1);
    }
    counter_add(&finished, 1);
}

static uint64_t chance(struct bench *bench)
{
    uint64_t z = (bench->random += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void make_transfer(struct bench *bench, struct transfer *t)
{
    size_t from = 1 + chance(bench) % (ACCOUNTS - 1);
    size_t to = bench->next_no % 2 == 0 ? 0 : 1 + (from + chance(bench) % 1000) % (ACCOUNTS - 1);
    struct amount amount = AMOUNT(1 + (int64_t)(chance(bench) % 100000));

    if (bench->two_hot) {
        from = 0;
        to = 1;
    }
    t->legs[0] = (struct ledger_leg){
        .account_id = bench->accounts[from], .side = LEDGER_DEBIT, .amount = amount};
    t->legs[1] = (struct ledger_leg){
        .account_id = bench->accounts[to], .side = LEDGER_CREDIT, .amount = amount};
    t->post = (struct ledger_post){
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, bench->next_no++},
        .legs = t->legs,
        .leg_count = 2,
    };
    t->command = (struct command){
        .kind = &ledger_transfer_kind,
        .arg = &t->post,
        .result = &t->posted,
        .done = transfer_done,
    };
}

struct usage {
    int64_t wall_us;
    int64_t cpu_us;
};

static struct usage usage_now(void)
{
    struct rusage r;

    CHECK(getrusage(RUSAGE_SELF, &r) == 0);
    return (struct usage){
        .wall_us = (int64_t)(uv_hrtime() / 1000),
        .cpu_us = (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * INT64_C(1000000) + r.ru_utime.tv_usec +
                  r.ru_stime.tv_usec,
    };
}

/* The writer always finds work: up to AHEAD batches wait. */
static struct usage run(struct bench *bench, struct transfer *transfers)
{
    struct usage begun, ended;

    for (size_t i = 0; i < bench->transfers; i++) {
        make_transfer(bench, &transfers[i]);
    }
    counter_set(&finished, 0);
    counter_set(&refused, 0);
    begun = usage_now();
    for (size_t i = 0; i < bench->transfers; i++) {
        while (store_submit(bench->store, &transfers[i].command) == ERR_STORE_BUSY) {
            (void)usleep(100);
        }
    }
    while (counter_get(&finished) < (int64_t)bench->transfers) {
        (void)usleep(50);
    }
    ended = usage_now();
    CHECK(counter_get(&refused) == 0);
    return (struct usage){ended.wall_us - begun.wall_us, ended.cpu_us - begun.cpu_us};
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

struct result {
    int64_t rate, lowest, highest; /* transfers a second */
    int64_t cpu_ns;                /* a transfer, this process */
    int64_t bytes;                 /* a transfer, with all indexes; 0: not known */
};

static void prove(const struct bench *bench)
{
    struct ledger_proof proof;

    CHECK(ledger_prove(bench->store, NULL, NULL, &proof) == ERR_OK);
    if (!proof.holds_true || proof.journals != bench->next_no - 1) {
        (void)fprintf(stderr, "the books are wrong: %s\n", proof.wrong);
        exit(1);
    }
}

static struct result measure(struct bench *bench)
{
    struct transfer *transfers = mem_new(bench->transfers * sizeof(*transfers));
    int64_t rates[RUNS_MAX], cpu_us = 0, empty_size;
    struct result result;

    open_books(bench);
    start(bench);
    store_close(bench->store); /* all is in the file itself */
    empty_size = file_size(bench);
    start(bench);
    (void)run(bench, transfers); /* warms up */
    for (size_t i = 0; i < bench->runs; i++) {
        struct usage usage = run(bench, transfers);

        rates[i] = (int64_t)bench->transfers * 1000000 / usage.wall_us;
        cpu_us += usage.cpu_us;
    }
    prove(bench);
    store_close(bench->store);
    qsort(rates, bench->runs, sizeof(rates[0]), by_value);
    result = (struct result){
        .rate = rates[bench->runs / 2],
        .lowest = rates[0],
        .highest = rates[bench->runs - 1],
        .cpu_ns = cpu_us * 1000 / (int64_t)(bench->runs * bench->transfers),
        .bytes = (file_size(bench) - empty_size) / (bench->next_no - 1),
    };
    remove_books(bench);
    mem_free(transfers);
    return result;
}

static const struct shape {
    const char *scheme;
    const char *figure;
    size_t batch;
    bool two_hot;
    size_t transfers;
    const char *text;
} shapes[] = {
    {"sqlite", "ledger.transfers.sqlite.b1", 1, false, 3000, "one account in half of all"},
    {"sqlite", "ledger.transfers.sqlite.b64", 64, false, 60000, "one account in half of all"},
    {"sqlite", "ledger.transfers.sqlite.b512", 512, false, 200000, "one account in half of all"},
    {"sqlite", "ledger.transfers.sqlite.hot2", 512, true, 200000, "two accounts in all"},
    {"mysql", "ledger.transfers.mariadb.b512", 512, false, 60000, "one account in half of all"},
    {"mysql", "ledger.transfers.mariadb.hot2", 512, true, 60000, "two accounts in all"},
};

static void print(const struct shape *shape, const struct result *result)
{
    (void)printf("%-8s batch %-4zu %-27s %8lld /s  (%lld to %lld)  %5lld.%02lld us CPU",
                 strcmp(shape->scheme, "mysql") == 0 ? "MariaDB" : "SQLite", shape->batch,
                 shape->text, (long long)result->rate, (long long)result->lowest,
                 (long long)result->highest, (long long)result->cpu_ns / 1000,
                 (long long)result->cpu_ns % 1000 / 10);
    if (result->bytes > 0) {
        (void)printf("  %lld bytes", (long long)result->bytes);
    }
    (void)printf("\nfigure %s %lld per_second\n", shape->figure, (long long)result->rate);
    if (strcmp(shape->figure, "ledger.transfers.sqlite.b512") == 0) {
        (void)printf("figure ledger.bytes %lld bytes\n", (long long)result->bytes);
        (void)printf("figure ledger.cpu %lld ns\n", (long long)result->cpu_ns);
    }
    (void)fflush(stdout);
}

static size_t argument(int argc, char **argv, int at, size_t otherwise)
{
    int64_t value;

    return argc > at && str_parse_int(str_of(argv[at]), &value) == ERR_OK && value > 0
               ? (size_t)value
               : otherwise;
}

int main(int argc, char **argv)
{
    static struct bench bench;

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        const struct shape *shape = &shapes[i];
        struct result result;

        if ((argc > 1 && strcmp(argv[1], shape->scheme) != 0) ||
            argument(argc, argv, 2, shape->batch) != shape->batch) {
            continue;
        }
        bench.scheme = shape->scheme;
        bench.batch = shape->batch;
        bench.two_hot = shape->two_hot;
        bench.transfers = argument(argc, argv, 3, shape->transfers);
        bench.runs = argument(argc, argv, 4, 5);
        CHECK(bench.runs <= RUNS_MAX);
        result = measure(&bench);
        print(shape, &result);
    }
    return 0;
}
