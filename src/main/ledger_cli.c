#include "main/ledger_cli.h"

#include "money/ledger/ledger.h"

#include <stdio.h>

static const char help_text[] =
    "usage: tomato ledger COMMAND\n"
    "\n"
    "  prove                     fold the whole journal and compare     全账校验\n"
    "  trial-balance             totals per code and currency           试算平衡\n"
    "  statement ACCOUNT [N]     the newest N legs of an account        账户明细\n"
    "\n"
    "Exit status 0: the books are right; 3: they are wrong.\n";

enum { LEDGER_TEXT_MAX = 64 << 20, LEDGER_STATEMENT_DEFAULT = 50, LEDGER_WRONG = 3 };

static int finish(enum err err, const struct buf *text, bool right)
{
    (void)fwrite(text->ptr, 1, text->len, stdout);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "tomato ledger: %s (%s)\n", err_text(err), err_code(err));
        return 1;
    }
    return right ? 0 : LEDGER_WRONG;
}

static enum err statement(struct app *app, int argc, char **argv, struct buf *text)
{
    int64_t account_id = 0;
    int64_t limit = LEDGER_STATEMENT_DEFAULT;

    if (argc < 2 || id_parse(str_of(argv[1]), "acc", &account_id) != ERR_OK) {
        return ERR_LEDGER_ACCOUNT;
    }
    if (argc > 2) {
        TRY(str_parse_int(str_of(argv[2]), &limit));
        if (limit < 1 || limit > LEDGER_STATEMENT_MAX) {
            return ERR_FIELD_RANGE;
        }
    }
    return ledger_print_statement(app->store, account_id, (size_t)limit, text);
}

int ledger_cli(struct app *app, int argc, char **argv)
{
    struct buf text;
    bool right = true;
    enum err err = ERR_OK;
    int status = 0;

    buf_init(&text, LEDGER_TEXT_MAX);
    if (argc == 1 && strcmp(argv[0], "prove") == 0) {
        err = ledger_print_proof(app->store, &text, &right);
    } else if (argc == 1 && strcmp(argv[0], "trial-balance") == 0) {
        err = ledger_print_trial_balance(app->store, 0, &text, &right);
    } else if (argc >= 2 && strcmp(argv[0], "statement") == 0) {
        err = statement(app, argc, argv, &text);
    } else {
        bool asked = argc == 1 && strcmp(argv[0], "--help") == 0;

        (void)fputs(help_text, asked ? stdout : stderr);
        status = asked ? 0 : 2;
    }
    status = status != 0 ? status : finish(err, &text, right);
    buf_free(&text);
    return status;
}
