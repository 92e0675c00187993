#include "business/account/account_int.h"

static const struct route *const more_routes[] = {account__card_routes, NULL};

const struct module account_module = {
    .name = "account",
    .store = &account_part,
    .routes = account__routes,
    .more_routes = more_routes,
};
