/* `tomato merchant …`: merchants, apps, keys, contracts, endpoints, from the command line. */
#ifndef BUSINESS_MERCHANT_MERCHANT_CLI_H
#define BUSINESS_MERCHANT_MERCHANT_CLI_H

#include "platform/module/module.h"

/* create, list, show, suspend, activate, close, app, key, contract, endpoint, operator-key, their
 * lists, rotate and revoke; --help explains. Prints JSON, a line per object; an error names the
 * option. Returns the exit status. */
int merchant_cli(struct app *app, int argc, char **argv);

#endif
