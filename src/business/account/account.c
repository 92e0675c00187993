#include "business/account/account_int.h"

static const struct route *const more_routes[] = {account__card_routes, NULL};

static enum err start(struct app *app, void **state)
{
    *state = NULL;
    review_register(app, &account__change_review);
    review_register(app, &account__release_review);
    return ERR_OK;
}

const struct module account_module = {
    .name = "account",
    .store = &account_part,
    .routes = account__routes,
    .more_routes = more_routes,
    .start = start,
};
