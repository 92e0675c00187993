#include "business/account/account_int.h"

static const struct route *const more_routes[] = {account__card_routes, account__ledger_routes,
                                                  NULL};

struct account_state { /* of the module */
    const struct account_blocker *blockers[ACCOUNT_BLOCKERS_MAX];
    size_t blocker_count;
    account_opened_cb opened; /* NULL: nobody follows */
};

/* ---- what follows an opening ---- */

void account_on_opened(struct app *app, account_opened_cb opened)
{
    struct account_state *state = app_state(app, &account_module);

    CHECK(state->opened == NULL);
    state->opened = opened;
}

account_opened_cb account__opened(const struct app *app)
{
    const struct account_state *state = app_state(app, &account_module);

    return state->opened;
}

/* ---- what stands in the way of cancelling ---- */

void account_register_blocker(struct app *app, const struct account_blocker *blocker)
{
    struct account_state *state = app_state(app, &account_module);

    CHECK(state->blocker_count < ACCOUNT_BLOCKERS_MAX);
    state->blockers[state->blocker_count++] = blocker;
}

/* An account that is none, or is cancelled already, has nothing in its way: the command tells. */
enum err account__read_blocker(struct reader *reader, const struct app *app, int64_t account_id,
                               struct arena *arena, enum err *code)
{
    const struct account_state *state = app_state(app, &account_module);
    struct ledger_account account;
    enum err err = ledger_read_account(reader, account_id, arena, &account);
    int64_t id;

    *code = ERR_OK;
    if (err != ERR_OK || account.status == LEDGER_ACCOUNT_CLOSED) {
        return err == ERR_LEDGER_ACCOUNT ? ERR_OK : err;
    }
    for (size_t i = 0; i < state->blocker_count; i++) {
        err = state->blockers[i]->find(reader, &account, &id);
        if (err == ERR_OK) {
            *code = state->blockers[i]->code;
            return ERR_OK;
        }
        TRY(err == ERR_STORE_NOT_FOUND ? ERR_OK : err);
    }
    return ERR_OK;
}

/* ---- module ---- */

static enum err start(struct app *app, void **state)
{
    *state = mem_new(sizeof(struct account_state));
    review_register(app, &account__change_review);
    review_register(app, &account__release_review);
    review_register(app, &account__card_review);
    ledger_on_hold_turn(app, account__hold_turn);
    ledger_on_manual_step(app, account__hold_manual);
    return ERR_OK;
}

static void stop(struct app *app, void *state)
{
    (void)app;
    mem_free(state);
}

const struct module account_module = {
    .name = "account",
    .store = &account_part,
    .routes = account__routes,
    .more_routes = more_routes,
    .start = start,
    .stop = stop,
};
