#include "business/review/review_int.h"

enum { REVIEW_TIMER = 230, RETRY_MS = 1000 };

/* ---- kinds ---- */

void review_kinds_add(struct review_kinds *kinds, const struct review_kind *kind)
{
    CHECK(kinds->count < REVIEW_KINDS_MAX);
    CHECK(review_kinds_find(kinds, str_of(kind->name)) == NULL);
    kinds->all[kinds->count++] = kind;
}

const struct review_kind *review_kinds_find(const struct review_kinds *kinds, struct str name)
{
    for (size_t i = 0; i < kinds->count; i++) {
        if (str_eq(str_of(kinds->all[i]->name), name)) {
            return kinds->all[i];
        }
    }
    return NULL;
}

void review_register(struct app *app, const struct review_kind *kind)
{
    review_kinds_add(app_state(app, &review_module), kind);
}

const struct review_kinds *review_kinds_of(const struct app *app)
{
    return app_state(app, &review_module);
}

/* ---- expiry ---- */

struct expiry {
    struct command command;
    struct app *app;
    int64_t review_id;
};

static void expiry_end(struct expiry *expiry)
{
    timer_done(expiry->app->timers, &review__timer, expiry->review_id, RETRY_MS);
    mem_free(expiry);
}

static void expiry_done(struct command *command)
{
    struct expiry *expiry = command->ctx;

    if (command->err != ERR_OK) {
        log_warn("review", "review.expire_failed", NULL,
                 LOG_ID("review", REVIEW_PREFIX, expiry->review_id), LOG_ERR(command->err),
                 LOG_END);
    }
    expiry_end(expiry);
}

static void expire_fire(struct app *app, int64_t review_id, int64_t due_at_ms)
{
    struct expiry *expiry = mem_new(sizeof(*expiry));

    (void)due_at_ms;
    expiry->app = app;
    expiry->review_id = review_id;
    expiry->command = (struct command){
        .kind = &review__expire_kind,
        .arg = &expiry->review_id,
        .done = expiry_done,
        .ctx = expiry,
    };
    if (store_submit(app->store, &expiry->command) != ERR_OK) {
        expiry_end(expiry);
    }
}

const struct timer_kind review__timer = {
    .number = REVIEW_TIMER,
    .name = "review.expire",
    .fire = expire_fire,
};

/* ---- module ---- */

static enum err start(struct app *app, void **state)
{
    (void)app;
    *state = mem_new(sizeof(struct review_kinds));
    return ERR_OK;
}

static void stop(struct app *app, void *state)
{
    (void)app;
    mem_free(state);
}

static const struct timer_kind *const timers[] = {&review__timer};

const struct module review_module = {
    .name = "review",
    .store = &review_part,
    .routes = review__routes,
    .timers = timers,
    .timer_count = ARRAY_LEN(timers),
    .start = start,
    .stop = stop,
};
