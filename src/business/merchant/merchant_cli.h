/* `tomato merchant …`: merchants, apps, keys, contracts, endpoints, from the command line. */
#ifndef BUSINESS_MERCHANT_MERCHANT_CLI_H
#define BUSINESS_MERCHANT_MERCHANT_CLI_H

#include "platform/module/module.h"

/* create|list|show|suspend|activate, app create, key create|rotate|revoke|list, operator-key
 * create, contract set, endpoint create|list; --help explains. Prints JSON (--json) or a table; an
 * error names the option. Returns the exit status. */
int merchant_cli(struct app *app, int argc, char **argv);

#endif
