/* `tomato ledger …`: the books from the command line. */
#ifndef MAIN_LEDGER_CLI_H
#define MAIN_LEDGER_CLI_H

#include "money/ledger/ledger_statement.h"
#include "platform/module/module.h"

/* prove | trial-balance | days | statement | export. Needs app->store alone, for reading; for help
 * no app at all. Exit status 0: the books are right; 1: it could not be done; 2: wrong arguments;
 * 3: the books are wrong. */
int ledger_cli(struct app *app, int argc, char **argv);

/* ---- for its files ---- */

struct ledger_tool {
    struct ledger_print print;
    enum ledger_language paper_language; /* of files */
    int argc;                            /* what stands after the command, without options */
    char **argv;
    char problem[200]; /* in words, instead of the error's own; with ERR_FIELD_VALUE: of an argument
                        */
    int shown;         /* per cent of the progress line; -1: there is none */
};
/* Notes what is wrong with an argument, in both languages. Returns an error. */
enum err ledger_tool_misuse(struct ledger_tool *tool, const char *zh, const char *en,
                            const char *argument);
/* The argument at this place; 0 when it is not given. */
MUST_USE enum err ledger_tool_date(struct ledger_tool *tool, int place, int32_t *date);
/* Progress, when there is a terminal to tell it. */
void ledger_tool_tell(void *ctx, int64_t done, int64_t all);
/* Prints it whole, or notes why it could not be. Returns an error. */
MUST_USE enum err ledger_tool_print(struct ledger_tool *tool, struct str text);
/* The first argument. */
void ledger_tool_account(struct ledger_tool *tool, struct ledger_ask *ask);

/* ACCOUNT FROM TO --csv|--pdf FILE */
MUST_USE enum err ledger_statement_cli(struct ledger_tool *tool);

#endif
