#include "test/lib/ledger_load.h"
#include "test/lib/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { AHEAD = 4, QUEUE_MIN = 64, ACCOUNTS_AT_ONCE = 10000, RUNS_MAX = 64, BATCHES_MAX = 1 << 18 };

/* ---- the books ---- */

static int64_t load_now_ms(void *ctx)
{
    return clock_now_ms(NULL) + counter_get(&((struct ledger_load *)ctx)->ahead_ms);
}

static void start(struct ledger_load *load)
{
    static struct store_part parts[2];
    size_t queue = AHEAD * load->batch;
    const struct store_options options = {
        .url = str_of(load->url),
        .batch_max = load->batch,
        .queue_max = queue < QUEUE_MIN ? QUEUE_MIN : queue,
        .parts = parts,
        .part_count = ARRAY_LEN(parts),
        .migrate = true,
        .clock = &load->clock,
    };
    char detail[256];

    parts[0] = ledger_part;
    parts[1] = timer_part;
    if (store_open(&options, &load->store, detail) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", detail);
        exit(1);
    }
    ledger_watch(load->store);
}

struct accounts_arg {
    int64_t first;
    size_t count;
    int64_t *out;
};

static enum err accounts_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct accounts_arg *arg = arg_ptr;

    (void)result;
    for (size_t i = 0; i < arg->count; i++) {
        const struct ledger_account_key key = {arg->first + (int64_t)i,
                                               LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY};

        TRY(ledger_account_open(tx, &key, &arg->out[i]));
    }
    return ERR_OK;
}

static void open_accounts(struct ledger_load *load)
{
    static const struct command_kind kind = {.name = "load.accounts", .apply = accounts_apply};

    for (size_t at = 0; at < load->account_count; at += ACCOUNTS_AT_ONCE) {
        size_t left = load->account_count - at;
        const struct accounts_arg arg = {
            .first = 1 + (int64_t)at,
            .count = left < ACCOUNTS_AT_ONCE ? left : ACCOUNTS_AT_ONCE,
            .out = &load->accounts[at],
        };

        CHECK(store_run(load->store, &kind, &arg, NULL, NULL) == ERR_OK);
    }
}

void load_open(struct ledger_load *load, const char *url, size_t batch, size_t account_count)
{
    *load = (struct ledger_load){
        .shape = LOAD_ONE_HOT,
        .batch = batch,
        .account_count = account_count,
        .accounts = mem_new(account_count * sizeof(int64_t)),
        .next_no = 1,
        .random = 20251122,
        .clock = {.now_ms = load_now_ms, .ctx = load},
    };
    samples_init(&load->batch_us, BATCHES_MAX);
    if (strcmp(url, "sqlite") == 0) {
        test_folder(load->folder, sizeof(load->folder), "ledger_load");
        (void)snprintf(load->path, sizeof(load->path), "%s/books.db", load->folder);
        (void)snprintf(load->url, sizeof(load->url), "sqlite:%s", load->path);
    } else {
        (void)snprintf(load->url, sizeof(load->url), "%s", url);
    }
    start(load);
    open_accounts(load);
}

void load_close(struct ledger_load *load)
{
    store_close(load->store);
    load->store = NULL;
}

void load_reopen(struct ledger_load *load)
{
    start(load);
}

void load_remove(struct ledger_load *load)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char name[320];

    if (load->store != NULL) {
        load_close(load);
    }
    for (size_t i = 0; i < ARRAY_LEN(ends) && load->path[0] != '\0'; i++) {
        (void)snprintf(name, sizeof(name), "%s%s", load->path, ends[i]);
        (void)unlink(name);
    }
    if (load->folder[0] != '\0') {
        (void)rmdir(load->folder);
    }
    mem_free(load->accounts);
    mem_free(load->transfers);
    samples_free(&load->batch_us);
}

int64_t load_file_size(const struct ledger_load *load)
{
    struct stat stat_;

    return load->path[0] != '\0' && stat(load->path, &stat_) == 0 ? (int64_t)stat_.st_size : 0;
}

/* ---- transfers ---- */

struct transfer {
    struct command command;
    struct ledger_post post;
    struct ledger_leg legs[2];
    struct ledger_posted posted;
};

/* What the writer's thread counts; one load runs at a time. */
static struct counter finished, refused;
static struct samples *batch_us;
static int64_t last_commit_no, last_commit_us;

static void transfer_done(struct command *command)
{
    if (command->err != ERR_OK) {
        counter_add(&refused, 1);
    } else if (command->commit_no != last_commit_no) {
        int64_t now_us = usage_now().wall_us;

        samples_add(batch_us, now_us - last_commit_us);
        last_commit_us = now_us;
        last_commit_no = command->commit_no;
    }
    counter_add(&finished, 1);
}

uint64_t load_chance(struct ledger_load *load)
{
    uint64_t z = (load->random += UINT64_C(0x9E3779B97F4A7C15)); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void choose(struct ledger_load *load, size_t *from, size_t *to)
{
    const size_t rest = load->account_count - 1;

    *from = 0;
    *to = 1;
    switch (load->shape) {
    case LOAD_TWO_HOT:
        break;
    case LOAD_ONE_HOT:
        *from = 1 + load_chance(load) % rest;
        *to = load->next_no % 2 == 0 ? 0 : 1 + (*from + load_chance(load) % 1000) % rest;
        break;
    case LOAD_UNIFORM:
        *from = load_chance(load) % load->account_count;
        *to = (*from + 1 + load_chance(load) % rest) % load->account_count;
        break;
    case LOAD_EACH:
        *from = (size_t)load->next_no * 2 % load->account_count;
        *to = (*from + 1) % load->account_count;
        break;
    }
}

static void make_transfer(struct ledger_load *load, struct transfer *t)
{
    const struct amount amount = AMOUNT(1 + (int64_t)(load_chance(load) % 100000));
    size_t from, to;

    choose(load, &from, &to);
    t->legs[0] = (struct ledger_leg){
        .account_id = load->accounts[from], .side = LEDGER_DEBIT, .amount = amount};
    t->legs[1] = (struct ledger_leg){
        .account_id = load->accounts[to], .side = LEDGER_CREDIT, .amount = amount};
    t->post = (struct ledger_post){
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, load->next_no++},
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

/* The ring has more places than the queue and a batch together: a place is free again when it is
 * come to. */
struct usage load_run(struct ledger_load *load, int64_t transfers)
{
    const size_t ring = (AHEAD + 4) * load->batch + 4 * QUEUE_MIN;
    struct usage begun;

    if (load->transfers == NULL) {
        load->transfers = mem_new(ring * sizeof(*load->transfers));
    }
    counter_set(&finished, 0);
    counter_set(&refused, 0);
    load->batch_us.count = 0;
    batch_us = &load->batch_us;
    begun = usage_now();
    last_commit_us = begun.wall_us;
    for (int64_t i = 0; i < transfers; i++) {
        struct transfer *transfer = &load->transfers[(size_t)i % ring];

        while (i - counter_get(&finished) >= (int64_t)ring) {
            (void)usleep(100);
        }
        make_transfer(load, transfer);
        while (store_submit(load->store, &transfer->command) == ERR_STORE_BUSY) {
            (void)usleep(100);
        }
    }
    while (counter_get(&finished) < transfers) {
        (void)usleep(50);
    }
    load->refused = counter_get(&refused);
    return usage_since(begun);
}

int64_t load_rate(struct ledger_load *load, int64_t transfers, size_t runs, int64_t *cpu_ns)
{
    int64_t rates[RUNS_MAX], cpu[RUNS_MAX];

    CHECK(runs > 0 && runs <= RUNS_MAX);
    for (size_t i = 0; i < runs; i++) {
        struct usage usage = load_run(load, transfers);

        CHECK(load->refused == 0);
        rates[i] = transfers * 1000000 / usage.wall_us;
        cpu[i] = usage.cpu_us * 1000 / transfers;
    }
    if (cpu_ns != NULL) {
        *cpu_ns = figure_median(cpu, runs);
    }
    return figure_median(rates, runs);
}

void load_prove(struct ledger_load *load)
{
    struct ledger_proof proof;

    CHECK(ledger_prove(load->store, NULL, NULL, &proof) == ERR_OK);
    if (!proof.holds_true || proof.journals != load->next_no - 1) {
        (void)fprintf(stderr, "the books are wrong: %s\n", proof.wrong);
        exit(1);
    }
}
