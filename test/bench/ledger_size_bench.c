/* The books when they are large: a million accounts in memory and ready after a restart; then a day
 * of many entries: what its trial balance, its proof, a page of a statement at any depth and a
 * balance as of any time cost, how long its seal takes after the cut and what the proof costs with
 * it, whether cutting the day is felt, and whether the rates still hold.
 *
 * Usage: ledger_size_bench [MILLION_ENTRIES]: 10 when absent; with 100 about a quarter of an hour
 * and 12 GB below /tmp. */
#include "money/ledger/ledger_sealing.h"
#include "test/lib/ledger_load.h"

#include <stdio.h>

enum {
    BATCH = 512,
    MILLION = 1000000,
    MANY = 10000,
    RUNS = 5,
    RATE_TRANSFERS = 100000,
    LOOKS = 2000,
    PAGE = 100,
    CUTS = 30,
    TRIALS = 21,
    DAY_MS = 86400000,
};

/* ---- proofs ---- */

static void measure_proof(struct ledger_load *load, const char *figure)
{
    struct usage begun = usage_now();

    load_prove(load);
    figure_print(figure, usage_since(begun).wall_us, "us");
}

/* ---- a million accounts ---- */

static void measure_accounts(void)
{
    struct ledger_load load;
    struct usage begun;
    int64_t rss, ready_us[RUNS];

    load_open(&load, "sqlite", BATCH, MILLION);
    load_close(&load);
    rss = figure_rss();
    load_reopen(&load);
    load.shape = LOAD_EACH;
    (void)load_run(&load, MILLION / 2);
    figure_print("ledger.rss.accounts1m", figure_rss() - rss, "bytes");
    for (size_t i = 0; i < RUNS; i++) {
        load_close(&load);
        begun = usage_now();
        load_reopen(&load);
        (void)load_run(&load, 1);
        ready_us[i] = usage_since(begun).wall_us;
    }
    figure_print("ledger.ready", figure_median(ready_us, RUNS), "us");
    measure_proof(&load, "ledger.proof.accounts1m");
    load_remove(&load);
}

/* ---- queries ---- */

struct look {
    struct ledger_load *load;
    struct arena *arena;
    int64_t last; /* sequence of the account that is in half of all transfers */
    int64_t first_ms, last_ms;
    struct samples us;
};

static void look_last(void *ctx, struct reader *reader)
{
    struct look *look = ctx;
    struct ledger_balance now, first;
    const struct ledger_as_of at_end = {.account_id = look->load->accounts[0], .at_ms = INT64_MAX};
    const struct ledger_as_of at_first = {.account_id = look->load->accounts[0], .sequence = 1};

    CHECK(ledger_read_balance(reader, &at_end, look->arena, &now) == ERR_OK);
    CHECK(ledger_read_balance(reader, &at_first, look->arena, &first) == ERR_OK);
    look->last = now.sequence;
    look->first_ms = first.at_ms;
    look->last_ms = now.at_ms;
}

static void look_statements(void *ctx, struct reader *reader)
{
    struct look *look = ctx;

    for (size_t i = 0; i < LOOKS; i++) {
        const struct ledger_statement_page page = {
            .account_id = look->load->accounts[0],
            .cursor = 1 + PAGE + (int64_t)(load_chance(look->load) % (uint64_t)(look->last - PAGE)),
            .limit = PAGE,
        };
        struct ledger_statement statement;
        struct usage begun = usage_now();

        arena_reset(look->arena);
        CHECK(ledger_read_statement(reader, &page, look->arena, &statement) == ERR_OK);
        CHECK(statement.entry_count == PAGE);
        samples_add(&look->us, usage_since(begun).wall_us);
    }
}

static void look_balances(void *ctx, struct reader *reader)
{
    struct look *look = ctx;

    for (size_t i = 0; i < LOOKS; i++) {
        const uint64_t span_ms = (uint64_t)(look->last_ms - look->first_ms + 1);
        const struct ledger_as_of as_of = {
            .account_id = look->load->accounts[0],
            .at_ms = look->first_ms + (int64_t)(load_chance(look->load) % span_ms),
        };
        struct ledger_balance balance;
        struct usage begun = usage_now();

        arena_reset(look->arena);
        CHECK(ledger_read_balance(reader, &as_of, look->arena, &balance) == ERR_OK);
        CHECK(balance.sequence > 0);
        samples_add(&look->us, usage_since(begun).wall_us);
    }
}

static void look_trial(void *ctx, struct reader *reader)
{
    struct look *look = ctx;

    for (size_t i = 0; i < TRIALS; i++) {
        struct ledger_trial_balance trial;
        struct usage begun = usage_now();

        arena_reset(look->arena);
        CHECK(ledger_read_trial_balance(reader, 0, look->arena, &trial) == ERR_OK);
        CHECK(trial.balanced && trial.row_count == 1);
        CHECK(trial.rows[0].legs == 2 * (look->load->next_no - 1));
        samples_add(&look->us, usage_since(begun).wall_us);
    }
}

static void measure_look(struct look *look, void (*run)(void *ctx, struct reader *reader),
                         const char *figure, unsigned percent)
{
    look->us.count = 0;
    CHECK(store_read(look->load->store, run, look) == ERR_OK);
    figure_print(figure, figure_percentile(look->us.values, look->us.count, percent), "us");
}

/* ---- the day is cut under load ---- */

/* Of the batches that follow the change of the date one has the cut: the longest of them stands for
 * it. What is told is how much longer than a usual batch it takes, 99 times of 100. */
static void measure_cut(struct ledger_load *load)
{
    int64_t with_cut[CUTS], refused = 0;
    struct samples usual;

    samples_init(&usual, CUTS * 64);
    for (size_t i = 0; i < CUTS; i++) {
        (void)load_run(load, 20 * BATCH);
        refused += load->refused;
        for (size_t j = 1; j < load->batch_us.count; j++) {
            samples_add(&usual, load->batch_us.values[j]);
        }
        counter_add(&load->ahead_ms, DAY_MS);
        (void)load_run(load, 4 * BATCH); /* its first command finds the new day */
        refused += load->refused;
        with_cut[i] = figure_percentile(load->batch_us.values, load->batch_us.count, 100);
    }
    figure_print("ledger.daycut.p99",
                 figure_percentile(with_cut, CUTS, 99) - figure_median(usual.values, usual.count),
                 "us");
    figure_print("ledger.daycut.rejected", refused, "transfers");
    samples_free(&usual);
}

/* ---- a large journal ---- */

static void seal_step(void *ctx, struct reader *reader)
{
    CHECK(ledger__sealing_step(ctx, reader) == ERR_OK);
}

/* As the timer does it, without the pauses between its steps. */
static void seal(struct ledger_load *load)
{
    struct ledger_sealing *sealing = ledger__sealing_new();

    while (!ledger__sealing_is_done(sealing)) {
        struct ledger_sealing_command command;

        CHECK(store_read(load->store, seal_step, sealing) == ERR_OK);
        command = ledger__sealing_command(sealing);
        if (command.kind != NULL) {
            CHECK(store_run(load->store, command.kind, command.arg, command.result, NULL) ==
                  ERR_OK);
            ledger__sealing_committed(sealing);
        }
    }
    CHECK(ledger__sealing_is_right(sealing));
    ledger__sealing_free(sealing);
}

struct newest_days {
    struct arena *arena;
    struct ledger_day *days;
    size_t count;
};

static void read_newest_days(void *ctx, struct reader *reader)
{
    struct newest_days *newest = ctx;

    CHECK(ledger_read_days(reader, 0, 2, newest->arena, &newest->days, &newest->count) == ERR_OK);
}

/* The day with all entries ends; then everything is proved once more, and that day alone. */
static void measure_seal(struct ledger_load *load, struct arena *arena)
{
    struct newest_days newest = {.arena = arena};
    struct ledger_proof proof;
    struct usage begun;

    counter_add(&load->ahead_ms, DAY_MS);
    (void)load_run(load, 1);
    begun = usage_now();
    seal(load);
    figure_print("ledger.seal", usage_since(begun).wall_us, "us");
    CHECK(store_read(load->store, read_newest_days, &newest) == ERR_OK);
    CHECK(newest.count == 2 && newest.days[1].status == LEDGER_DAY_CLOSED);
    CHECK(newest.days[1].journals == load->next_no - 2);
    measure_proof(load, "ledger.trial.proof.sealed");
    begun = usage_now();
    CHECK(ledger_prove_day(load->store, (int32_t)newest.days[1].id, NULL, NULL, &proof) == ERR_OK);
    CHECK(proof.holds_true && proof.legs == newest.days[1].legs);
    figure_print("ledger.day.proof", usage_since(begun).wall_us, "us");
}

static void measure_journal(int64_t million_entries)
{
    struct ledger_load load;
    struct look look = {.load = &load, .arena = arena_new()};
    int64_t small, large, small_ns, large_ns;
    char name[80];

    load_open(&load, "sqlite", BATCH, MANY);
    (void)load_run(&load, RATE_TRANSFERS);
    small = load_rate(&load, RATE_TRANSFERS, RUNS, &small_ns);
    while (load.next_no - 1 < million_entries * MILLION / 2) {
        (void)load_run(&load, RATE_TRANSFERS);
    }
    samples_init(&look.us, LOOKS);
    CHECK(store_read(load.store, look_last, &look) == ERR_OK);
    printf("%lld entries, %lld of them in one account, %lld MB\n",
           (long long)(load.next_no - 1) * 2, (long long)look.last,
           (long long)load_file_size(&load) / MILLION);
    measure_look(&look, look_trial, "ledger.trial.incremental", 50);
    measure_look(&look, look_statements, "ledger.statement.p99", 99);
    measure_look(&look, look_balances, "ledger.balance_as_of.p99", 99);
    measure_proof(&load, "ledger.trial.proof");
    measure_seal(&load, look.arena);
    large = load_rate(&load, RATE_TRANSFERS, RUNS, &large_ns);
    (void)snprintf(name, sizeof(name), "ledger.transfers.sqlite.rows%lldm",
                   (long long)million_entries);
    figure_print(name, large, "per_second");
    (void)snprintf(name, sizeof(name), "ledger.cost.rows%lldm", (long long)million_entries);
    figure_print(name, small * 100 / large, "percent");
    (void)snprintf(name, sizeof(name), "ledger.cost.cpu.rows%lldm", (long long)million_entries);
    figure_print(name, large_ns * 100 / small_ns, "percent");
    measure_cut(&load);
    load_remove(&load);
    samples_free(&look.us);
    arena_free(look.arena);
}

int main(int argc, char **argv)
{
    measure_accounts();
    measure_journal(figure_argument(argc, argv, 1, 10));
    return 0;
}
