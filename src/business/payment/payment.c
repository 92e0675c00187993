#include "business/payment/payment_int.h"

static const struct conf_row conf_rows[] = {
    {
        .key = "payment.late_success",
        .type = CONF_TEXT,
        .value = "refund",
        .help = "What to do when a payer paid after the payment was closed or had failed: refund "
                "(it stays closed, the money goes to suspense and is due to be refunded) or accept "
                "(it becomes succeeded)",
    },
};

static const struct timer_kind *const timers[] = {&payment__timer};

static enum err start(struct app *app, void **state_out)
{
    struct payment_state *state = mem_new(sizeof(*state));
    struct str policy = conf_text(app->conf, "payment.late_success");

    state->app = app;
    state->accept_late = str_eq(policy, STR("accept"));
    if (!state->accept_late && !str_eq(policy, STR("refund"))) {
        log_error("payment", "payment.late_success_unknown", NULL, LOG_TEXT("value", policy),
                  LOG_END);
        mem_free(state);
        return ERR_CONF_VALUE;
    }
    channel_on_notice(app, payment__on_notice, state);
    account_register_blocker(app, &payment__blocker);
    *state_out = state;
    return ERR_OK;
}

static void stop(struct app *app, void *state)
{
    (void)app;
    mem_free(state);
}

const struct module payment_module = {
    .name = "payment",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &payment__store,
    .routes = payment__routes,
    .timers = timers,
    .timer_count = ARRAY_LEN(timers),
    .start = start,
    .stop = stop,
};
