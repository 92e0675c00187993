/* Holds that expire by themselves. */
#include "money/ledger/ledger_int.h"

enum { LEDGER_EXPIRE_TIMER = 200, LEDGER_EXPIRE_RETRY_MS = 1000 };

struct expiry {
    struct command command;
    struct app *app;
    int64_t hold_id;
};

static void expiry_done(struct command *command)
{
    struct expiry *expiry = command->ctx;

    if (command->err != ERR_OK) {
        log_warn("ledger", "ledger.hold_expire_failed", NULL,
                 LOG_ID("hold", LEDGER_HOLD_PREFIX, expiry->hold_id), LOG_ERR(command->err),
                 LOG_END);
    }
    timer_done(expiry->app->timers, &ledger__expire_timer, expiry->hold_id, LEDGER_EXPIRE_RETRY_MS);
    mem_free(expiry);
}

static void expire_fire(struct app *app, int64_t hold_id, int64_t due_at_ms)
{
    struct expiry *expiry = mem_new(sizeof(*expiry));

    (void)due_at_ms;
    expiry->app = app;
    expiry->hold_id = hold_id;
    expiry->command.kind = &ledger_expire_kind;
    expiry->command.arg = &expiry->hold_id;
    expiry->command.done = expiry_done;
    expiry->command.ctx = expiry;
    if (store_submit(app->store, &expiry->command) != ERR_OK) {
        timer_done(app->timers, &ledger__expire_timer, hold_id, LEDGER_EXPIRE_RETRY_MS);
        mem_free(expiry);
    }
}

const struct timer_kind ledger__expire_timer = {
    .number = LEDGER_EXPIRE_TIMER,
    .name = "ledger.hold_expire",
    .fire = expire_fire,
};
