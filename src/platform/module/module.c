#include "platform/module/module.h"

#include "platform/store/store_reply.h"

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
