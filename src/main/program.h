/* The program: its modules, its configuration, and the app they live in. */
#ifndef MAIN_PROGRAM_H
#define MAIN_PROGRAM_H

#include "platform/module/module.h"

extern const struct module *const program_modules[];
extern const size_t program_module_count;

/* Loads the configuration: --config FILE, or TOMATO_CONFIG, or tomato.conf in the current folder
 * when there is one; then the environment. Prints what is wrong and returns false. */
bool program_configure(const char *file, struct conf **conf);

/* Opens vault, store and loops, starts every module; the loops do not run yet. serve: with events,
 * timers and more than one loop, for a server; without, for the tools beside one (they wait for the
 * writer's lock, so a tool that writes refuses while a server runs on SQLite). Prints what failed.
 */
bool program_open(struct conf *conf, bool serve, struct app **app);
/* The store alone, for reading, beside a server that runs: for tools that change nothing. */
bool program_open_reader(struct conf *conf, struct app **app);
void program_close(struct app *app);

/* store_open for a server, which may be the standby of another one: while that one holds the lease
 * it waits, says so once in the log, and answers /healthz and /readyz with "standby" (200 and 503)
 * and everything else with ERR_STORE_FENCED. On SQLite another server refuses the start as before.
 * ERR_STOPPING: SIGINT or SIGTERM is pending, both of which the caller has blocked. */
MUST_USE enum err standby_open(struct app *app, const struct store_options *options,
                               char detail[256]);
bool standby_stop_asked(void);

int program_serve(struct conf *conf);
int program_routes(void);

#endif
