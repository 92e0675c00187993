/* What a module offers to the program, and what the program offers to a module.
 *
 * A module exports one `const struct module x_module`, made of the tables of its files.
 * main/modules.c lists the modules in start order; they stop in reverse. There are no globals: a
 * module keeps its state in app, reached with app_state(app, &x_module). */
#ifndef PLATFORM_MODULE_MODULE_H
#define PLATFORM_MODULE_MODULE_H

#include "platform/conf/conf.h"
#include "platform/event/event.h"
#include "platform/http/client.h"
#include "platform/http/http.h"
#include "platform/loop/loop.h"
#include "platform/store/store.h"
#include "platform/timer/timer.h"
#include "platform/vault/vault.h"

struct app;

struct module {
    const char *name;
    struct conf_rows conf;
    const struct store_part *store;         /* NULL: no tables */
    const struct route *routes;             /* ended by a row with method NULL; NULL: none */
    const struct route *const *more_routes; /* those of its further files, ended by NULL */
    const struct subscriber *const *subscribers;
    size_t subscriber_count;
    const struct timer_kind *const *timers;
    size_t timer_count;
    struct metric *const *metrics;
    size_t metric_count;
    /* Optional. start runs after the store is open and before the first request; *state is what
     * app_state() returns. stop runs after the last request. */
    enum err (*start)(struct app *app, void **state);
    void (*stop)(struct app *app, void *state);
};

enum { APP_LOOPS_MAX = 64, APP_MODULES_MAX = 32, APP_ROUTE_SETS_MAX = 128 };

/* The routes of all modules; returns how many sets there are. */
size_t module_route_sets(const struct module *const *modules, size_t module_count,
                         const struct route *sets[APP_ROUTE_SETS_MAX]);

struct app {
    struct conf *conf;
    const struct clock *clock;
    struct store *store;
    struct events *events;
    struct timers *timers;
    struct workers *workers;
    struct vault *vault;
    struct loop *loops[APP_LOOPS_MAX];
    struct http_client *clients[APP_LOOPS_MAX]; /* of loops[i]; see app_client */
    unsigned loop_count;
    const struct module *const *modules;
    void *states[APP_MODULES_MAX];
    size_t module_count;
    const struct timer_kind **timer_kinds; /* of all modules */
};

void *app_state(const struct app *app, const struct module *module); /* CHECKs that it is listed */
struct http_client *app_client(const struct app *app);               /* of the current loop */

#endif
