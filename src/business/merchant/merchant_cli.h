/* `tomato merchant …`: merchants, apps, keys, contracts, endpoints, from the command line. */
#ifndef BUSINESS_MERCHANT_MERCHANT_CLI_H
#define BUSINESS_MERCHANT_MERCHANT_CLI_H

#include "platform/module/module.h"

struct merchant_cli {
    struct app *app;
    struct arena *arena; /* for the time of the command */
    int argc;            /* the sub-command and its options */
    char **argv;
};

struct merchant_sub {
    const char *name; /* NULL ends a list */
    int (*run)(const struct merchant_cli *cli);
    const char *options; /* each between blanks */
};

/* create, list, show, suspend, activate, close, app, key, endpoint, operator-key, their lists,
 * rotate and revoke, and those of modules above: more. --help explains. Prints JSON, a line per
 * object; an error names the option. Returns the exit status. */
int merchant_cli(struct app *app, int argc, char **argv, const struct merchant_sub *more);

/* ---- for a sub-command ---- */

const char *merchant_cli_option(const struct merchant_cli *cli, const char *name); /* or NULL */
/* What is missing or wrong has been told when they are false. */
bool merchant_cli_id(const struct merchant_cli *cli, const char *name, const char *prefix,
                     int64_t *id);
bool merchant_cli_int(const struct merchant_cli *cli, const char *name, int64_t otherwise,
                      int64_t *out);
/* Returns 0; a secret is added to the object. */
int merchant_cli_print(const struct merchant_cli *cli, const struct field_set *set,
                       const void *value, const struct secret *secret);
/* Tell on stderr and return the exit status: 1 and 2. */
int merchant_cli_fail(const char *what, enum err err);
int merchant_cli_misuse(const char *option, const char *why);

#endif
