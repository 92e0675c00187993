/* What days do by themselves: they are cut at midnight when nothing is posted, and sealed. */
#include "money/ledger/ledger_sealing.h"

enum {
    LEDGER_CUT_TIMER = 201,
    LEDGER_SEAL_TIMER = 202,
    LEDGER_RETRY_MS = 1000,
    LEDGER_WRONG_RETRY_MS = 10 * 60 * 1000, /* the books may be mended meanwhile */
};

/* ---- the cut ---- */

const struct timer_kind ledger__cut_timer = {
    .number = LEDGER_CUT_TIMER,
    .name = "ledger.day_cut",
    .command = &ledger_day_cut_kind,
};

/* ---- the seal ---- */

/* Queries and commands in turn, on the loop of the timers. */
struct seal_run {
    struct app *app;
    struct ledger_sealing *sealing;
    struct query query;
    struct command command;
};

static void end_seal(struct seal_run *run, enum err err)
{
    bool right = ledger__sealing_is_right(run->sealing);

    if (err != ERR_OK) {
        log_warn("ledger", "ledger.seal_failed", NULL, LOG_ERR(err), LOG_END);
    }
    timer_done(run->app->timers, &ledger__seal_timer, LEDGER_CLOCK_ID,
               right ? LEDGER_RETRY_MS : LEDGER_WRONG_RETRY_MS);
    ledger__sealing_free(run->sealing);
    mem_free(run);
}

static void next_step(struct seal_run *run);

static void seal_committed(struct command *command)
{
    struct seal_run *run = command->ctx;

    if (command->err != ERR_OK) {
        end_seal(run, command->err);
        return;
    }
    ledger__sealing_committed(run->sealing);
    next_step(run);
}

static void step_run(struct query *query, struct reader *reader)
{
    struct seal_run *run = query->ctx;

    query->err = ledger__sealing_step(run->sealing, reader);
}

static void step_done(struct query *query)
{
    struct seal_run *run = query->ctx;
    enum err err = query->err;

    if (err == ERR_OK) {
        struct ledger_sealing_command command = ledger__sealing_command(run->sealing);

        if (command.kind == NULL || timers_are_stopping(run->app->timers)) {
            next_step(run);
            return;
        }
        run->command = (struct command){.kind = command.kind,
                                        .arg = command.arg,
                                        .result = command.result,
                                        .done = seal_committed,
                                        .loop = query->loop,
                                        .ctx = run};
        err = store_submit(run->app->store, &run->command);
    }
    if (err != ERR_OK) {
        end_seal(run, err);
    }
}

static void next_step(struct seal_run *run)
{
    bool done = ledger__sealing_is_done(run->sealing) || timers_are_stopping(run->app->timers);
    enum err err = ERR_OK;

    if (!done) {
        run->query = (struct query){.run = step_run,
                                    .done = step_done,
                                    .loop = loop_current(),
                                    .min_commit_no = store_commit_no(run->app->store),
                                    .ctx = run};
        err = store_query(run->app->store, &run->query);
    }
    if (done || err != ERR_OK) {
        end_seal(run, err);
    }
}

static void seal_fire(struct app *app, int64_t object_id, int64_t due_at_ms)
{
    struct seal_run *run = mem_new(sizeof(*run));

    (void)object_id;
    (void)due_at_ms;
    run->app = app;
    run->sealing = ledger__sealing_new();
    next_step(run);
}

const struct timer_kind ledger__seal_timer = {
    .number = LEDGER_SEAL_TIMER,
    .name = "ledger.day_seal",
    .fire = seal_fire,
};
