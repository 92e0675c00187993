#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_day_int.h"

void ledger_on_hold_turn(struct app *app, ledger_hold_turn_cb turn)
{
    struct ledger_state *state = app_state(app, &ledger_module);

    CHECK(state->turn == NULL);
    state->turn = turn;
}

void ledger_on_manual_step(struct app *app, ledger_manual_step_cb note)
{
    struct ledger_state *state = app_state(app, &ledger_module);

    CHECK(state->manual == NULL);
    state->manual = note;
}

ledger_manual_step_cb ledger__manual_note(const struct app *app)
{
    return ((const struct ledger_state *)app_state(app, &ledger_module))->manual;
}

static enum err start(struct app *app, void **state)
{
    struct ledger_state *own = mem_new(sizeof(*own));

    ledger_watch(app->store);
    own->gauges = ledger__gauges_new(app);
    *state = own;
    return ERR_OK;
}

static void stop(struct app *app, void *state)
{
    (void)app;
    ledger__gauges_free(((struct ledger_state *)state)->gauges);
    mem_free(state);
}

static struct metric *const metrics[] = {
    &ledger_journals_metric,     &ledger_legs_metric,           &ledger_pending_metric,
    &ledger_pending_wait_metric, &ledger_pending_oldest_metric, &ledger_backlog_failures_metric,
    &ledger_days_closed_metric,  &ledger_day_wrong_metric};
static const struct timer_kind *const timers[] = {
    &ledger__expire_timer, &ledger__pending_timer, &ledger__start_timer,
    &ledger__cut_timer,    &ledger__seal_timer,
};

static const struct route *const more_routes[] = {
    ledger__transfer_routes,
    ledger__hold_routes,
    ledger__day_routes,
    ledger__chart_routes,
    ledger__voucher_routes,
    ledger__pending_routes,
    NULL,
};

const struct module ledger_module = {
    .name = "ledger",
    .store = &ledger_part,
    .routes = ledger__routes,
    .more_routes = more_routes,
    .timers = timers,
    .timer_count = ARRAY_LEN(timers),
    .metrics = metrics,
    .metric_count = ARRAY_LEN(metrics),
    .start = start,
    .stop = stop,
};
