/* The timer that cuts the day when nothing is posted. */
#include "money/ledger/ledger_day_int.h"

enum { LEDGER_CUT_TIMER = 201, LEDGER_CUT_RETRY_MS = 1000 };

struct cutting {
    struct command command;
    struct app *app;
    int64_t date;
};

static void cut_done(struct command *command)
{
    struct cutting *cutting = command->ctx;

    if (command->err != ERR_OK) {
        log_warn("ledger", "ledger.day_cut_failed", NULL, LOG_ERR(command->err), LOG_END);
    }
    timer_done(cutting->app->timers, &ledger__cut_timer, LEDGER_CLOCK_ID, LEDGER_CUT_RETRY_MS);
    mem_free(cutting);
}

static void cut_fire(struct app *app, int64_t object_id, int64_t due_at_ms)
{
    struct cutting *cutting = mem_new(sizeof(*cutting));

    (void)due_at_ms;
    cutting->app = app;
    cutting->command.kind = &ledger_day_cut_kind;
    cutting->command.result = &cutting->date;
    cutting->command.done = cut_done;
    cutting->command.ctx = cutting;
    if (store_submit(app->store, &cutting->command) != ERR_OK) {
        timer_done(app->timers, &ledger__cut_timer, object_id, LEDGER_CUT_RETRY_MS);
        mem_free(cutting);
    }
}

const struct timer_kind ledger__cut_timer = {
    .number = LEDGER_CUT_TIMER,
    .name = "ledger.day_cut",
    .fire = cut_fire,
};
