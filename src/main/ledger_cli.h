/* `tomato ledger …`: the books from the command line. */
#ifndef MAIN_LEDGER_CLI_H
#define MAIN_LEDGER_CLI_H

#include "platform/module/module.h"

/* prove | trial-balance | days | statement | export. Needs app->store alone, for reading. Exit
 * status 0: the books are right; 3: they are wrong. */
int ledger_cli(struct app *app, int argc, char **argv);

/* argv: ACCOUNT FROM TO --csv|--pdf FILE. ERR_CONF_FILE: the file cannot be written. */
MUST_USE enum err ledger_statement_cli(struct app *app, char **argv);

#endif
