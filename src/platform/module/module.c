#include "platform/module/module.h"

#include "platform/store/store_reply.h"

static size_t add_routes(const struct route *routes, size_t count,
                         const struct route *sets[APP_ROUTE_SETS_MAX])
{
    CHECK(count < APP_ROUTE_SETS_MAX);
    sets[count] = routes;
    return count + 1;
}

size_t module_route_sets(const struct module *const *modules, size_t module_count,
                         const struct route *sets[APP_ROUTE_SETS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < module_count; i++) {
        const struct route *const *more = modules[i]->more_routes;

        if (modules[i]->routes != NULL) {
            count = add_routes(modules[i]->routes, count, sets);
        }
        for (; more != NULL && *more != NULL; more++) {
            count = add_routes(*more, count, sets);
        }
    }
    return count;
}

void *app_state(const struct app *app, const struct module *module)
{
    size_t at = 0;

    CHECK(app->module_count <= APP_MODULES_MAX);
    while (at < app->module_count && app->modules[at] != module) {
        at++;
    }
    CHECK(at < app->module_count);
    return app->states[at];
}

struct http_client *app_client(const struct app *app)
{
    const struct loop *current = loop_current();
    unsigned at = 0;

    CHECK(current != NULL && app->loop_count <= APP_LOOPS_MAX);
    while (at < app->loop_count && app->loops[at] != current) {
        at++;
    }
    CHECK(at < app->loop_count);
    return app->clients[at];
}

struct store *app_store(const struct app *app)
{
    return app->store;
}
