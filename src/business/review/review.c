#include "business/review/review_int.h"

enum { REVIEW_TIMER = 230 };

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

const struct timer_kind review__timer = {
    .number = REVIEW_TIMER,
    .name = "review.expire",
    .command = &review__expire_kind,
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
