/* What the books do by themselves: holds end and begin, pending entries are applied. */
#include "money/ledger/ledger_int.h"

enum {
    LEDGER_EXPIRE_TIMER = 200,
    LEDGER_PENDING_TIMER = 203,
    LEDGER_START_TIMER = 204,
    LEDGER_RETRY_MS = 1000,
};

const struct timer_kind ledger__pending_timer = {
    .number = LEDGER_PENDING_TIMER,
    .name = "ledger.pending",
    .command = &ledger_pending_kind,
};

static ledger_hold_turn_cb turn_of(const struct app *app)
{
    return ((const struct ledger_state *)app_state(app, &ledger_module))->turn;
}

/* ---- holds whose time is over ---- */

struct expiry {
    struct command command;
    struct ledger_hold_turn turn;
    struct app *app;
};

static void expiry_end(struct expiry *expiry, enum err err)
{
    if (err != ERR_OK) {
        log_warn("ledger", "ledger.hold_expire_failed", NULL,
                 LOG_ID("hold", LEDGER_HOLD_PREFIX, expiry->turn.hold_id), LOG_ERR(err), LOG_END);
    }
    timer_done(expiry->app->timers, &ledger__expire_timer, expiry->turn.hold_id,
               err == ERR_OK ? 0 : LEDGER_RETRY_MS);
    mem_free(expiry);
}

static void expired(struct command *command)
{
    expiry_end(command->ctx, command->err);
}

static void expire_fire(struct app *app, int64_t hold_id, int64_t due_at_ms)
{
    struct expiry *expiry = mem_new(sizeof(*expiry));
    enum err err;

    (void)due_at_ms;
    *expiry = (struct expiry){
        .command = {.kind = &ledger__turn_kind,
                    .arg = &expiry->turn,
                    .done = expired,
                    .ctx = expiry},
        .turn = {.hold_id = hold_id, .step = ledger_hold_expire, .turn = turn_of(app)},
        .app = app,
    };
    err = store_submit(app->store, &expiry->command);
    if (err != ERR_OK) {
        expiry_end(expiry, err);
    }
}

const struct timer_kind ledger__expire_timer = {
    .number = LEDGER_EXPIRE_TIMER,
    .name = "ledger.hold_expire",
    .fire = expire_fire,
};

/* ---- holds that wait ---- */

/* All of the account that wait are tried in their order: the one whose timer has fired was only the
 * first to ask. */
struct start {
    struct query query;
    struct command command;
    struct ledger_hold_turn turn;
    struct app *app;
    int64_t hold_id; /* whose timer has fired */
    struct ledger_hold *holds;
    size_t count;
    size_t at; /* of holds: the next to be tried */
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

static void tell(int64_t hold_id, enum err err)
{
    if (err != ERR_OK) {
        log_warn("ledger", "ledger.hold_start_failed", NULL,
                 LOG_ID("hold", LEDGER_HOLD_PREFIX, hold_id), LOG_ERR(err), LOG_END);
    }
}

static void start_end(struct start *start, enum err err)
{
    tell(start->hold_id, err);
    timer_done(start->app->timers, &ledger__start_timer, start->hold_id,
               err == ERR_OK ? 0 : LEDGER_RETRY_MS);
    arena_free(start->query.arena);
    mem_free(start);
}

static void start_tried(struct command *command);

static void start_next(struct start *start)
{
    bool more = start->at < start->count && start->holds[start->at].id != start->hold_id;
    enum err err;

    start->turn = (struct ledger_hold_turn){
        .hold_id = more ? start->holds[start->at++].id : start->hold_id,
        .step = ledger_hold_start,
        .turn = turn_of(start->app),
    };
    start->command = (struct command){
        .kind = &ledger__turn_kind,
        .arg = &start->turn,
        .done = start_tried,
        .loop = start->query.loop,
        .ctx = start,
    };
    err = store_submit(start->app->store, &start->command);
    if (err != ERR_OK) {
        start_end(start, err);
    }
}

static void start_tried(struct command *command)
{
    struct start *start = command->ctx;

    if (start->turn.hold_id == start->hold_id) {
        start_end(start, command->err);
    } else {
        tell(start->turn.hold_id, command->err); /* it has a timer of its own */
        start_next(start);
    }
}

static void start_done(struct query *query)
{
    struct start *start = query->ctx;

    if (query->err != ERR_OK) {
        start_end(start, query->err);
    } else {
        start_next(start);
    }
}

static void start_fire(struct app *app, int64_t hold_id, int64_t due_at_ms)
{
    struct start *start = mem_new(sizeof(*start));
    enum err err;

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
    err = store_query(app->store, &start->query);
    if (err != ERR_OK) {
        start_end(start, err);
    }
}

const struct timer_kind ledger__start_timer = {
    .number = LEDGER_START_TIMER,
    .name = "ledger.hold_start",
    .fire = start_fire,
};
