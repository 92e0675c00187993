/* What the books do by themselves: holds end and begin, pending entries are applied. */
#include "money/ledger/ledger_int.h"

enum {
    LEDGER_EXPIRE_TIMER = 200,
    LEDGER_PENDING_TIMER = 203,
    LEDGER_START_TIMER = 204,
    LEDGER_RETRY_MS = 1000,
};

/* A command of a timer on its way. */
struct firing {
    struct command command;
    struct app *app;
    const struct timer_kind *timer;
    int64_t timer_id;
    int64_t object_id; /* the command's argument */
    bool last;         /* the timer's work is over with it */
};

static void firing_done(struct command *command)
{
    struct firing *firing = command->ctx;

    if (command->err != ERR_OK) {
        log_warn("ledger", "ledger.timer_failed", NULL,
                 LOG_TEXT("timer", str_of(firing->timer->name)),
                 LOG_INT("object", firing->object_id), LOG_ERR(command->err), LOG_END);
    }
    if (firing->last) {
        /* A timer that is due again has more to do. */
        timer_done(firing->app->timers, firing->timer, firing->timer_id,
                   command->err == ERR_OK ? 0 : LEDGER_RETRY_MS);
    }
    mem_free(firing);
}

static void fire(const struct firing *what, const struct command_kind *kind)
{
    struct firing *firing = mem_new(sizeof(*firing));

    *firing = *what;
    firing->command.kind = kind;
    firing->command.arg = &firing->object_id;
    firing->command.done = firing_done;
    firing->command.ctx = firing;
    if (store_submit(firing->app->store, &firing->command) != ERR_OK) {
        if (firing->last) {
            timer_done(firing->app->timers, firing->timer, firing->timer_id, LEDGER_RETRY_MS);
        }
        mem_free(firing);
    }
}

static void expire_fire(struct app *app, int64_t hold_id, int64_t due_at_ms)
{
    (void)due_at_ms;
    fire(&(struct firing){.app = app,
                          .timer = &ledger__expire_timer,
                          .timer_id = hold_id,
                          .object_id = hold_id,
                          .last = true},
         &ledger_expire_kind);
}

const struct timer_kind ledger__expire_timer = {
    .number = LEDGER_EXPIRE_TIMER,
    .name = "ledger.hold_expire",
    .fire = expire_fire,
};

static void pending_fire(struct app *app, int64_t account_id, int64_t due_at_ms)
{
    (void)due_at_ms;
    fire(&(struct firing){.app = app,
                          .timer = &ledger__pending_timer,
                          .timer_id = account_id,
                          .object_id = account_id,
                          .last = true},
         &ledger_pending_kind);
}

const struct timer_kind ledger__pending_timer = {
    .number = LEDGER_PENDING_TIMER,
    .name = "ledger.pending",
    .fire = pending_fire,
};

/* ---- holds that wait ---- */

struct start {
    struct query query;
    struct app *app;
    int64_t hold_id; /* whose timer has fired */
    struct ledger_hold *holds;
    size_t count;
};

static void start_run(struct query *query, struct reader *reader)
{
    struct start *start = query->ctx;
    struct ledger_hold hold;

    query->err = ledger_read_hold(reader, start->hold_id, query->arena, &hold);
    if (query->err == ERR_OK) {
        query->err =
            ledger__read_waiting_holds(reader, hold.account_id, clock_now_ms(start->app->clock),
                                       query->arena, &start->holds, &start->count);
    }
}

/* All of the account that wait are tried in their order: the one whose timer has fired was only the
 * first to ask. */
static void start_done(struct query *query)
{
    struct start *start = query->ctx;
    struct firing firing = {
        .app = start->app,
        .timer = &ledger__start_timer,
        .timer_id = start->hold_id,
    };

    for (size_t i = 0; query->err == ERR_OK && i < start->count; i++) {
        firing.object_id = start->holds[i].id;
        if (firing.object_id == start->hold_id) {
            break;
        }
        fire(&firing, &ledger_start_kind);
    }
    firing.object_id = start->hold_id;
    firing.last = true;
    fire(&firing, &ledger_start_kind);
    arena_free(query->arena);
    mem_free(start);
}

static void start_fire(struct app *app, int64_t hold_id, int64_t due_at_ms)
{
    struct start *start = mem_new(sizeof(*start));

    (void)due_at_ms;
    start->app = app;
    start->hold_id = hold_id;
    start->query = (struct query){
        .run = start_run,
        .done = start_done,
        .loop = loop_current(),
        .arena = arena_new(),
        .ctx = start,
    };
    if (store_query(app->store, &start->query) != ERR_OK) {
        timer_done(app->timers, &ledger__start_timer, hold_id, LEDGER_RETRY_MS);
        arena_free(start->query.arena);
        mem_free(start);
    }
}

const struct timer_kind ledger__start_timer = {
    .number = LEDGER_START_TIMER,
    .name = "ledger.hold_start",
    .fire = start_fire,
};
