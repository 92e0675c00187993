#include "main/ledger_cli.h"

#include "base/time.h"
#include "money/ledger/ledger.h"

#include <stdio.h>
#include <unistd.h>

static const char help_text[] =
    "usage: tomato ledger COMMAND\n"
    "\n"
    "  prove [DATE]              the whole journal, or one day          全账校验、单日校验\n"
    "  trial-balance [DATE]      per code and currency, now or then     试算平衡\n"
    "  days [N]                  the newest N days with their seals     账务日期与封账\n"
    "  statement ACCOUNT [N]     the newest N legs of an account        账户明细\n"
    "  statement ACCOUNT FROM TO --csv|--pdf FILE                       对账单文件\n"
    "  export FIRST [LAST]       the legs of these days as CSV          导出分录\n"
    "\n"
    "Dates are yyyymmdd. Everything may be run while the server runs.\n"
    "Exit status 0: the books are right; 3: they are wrong.\n";

enum {
    LEDGER_TEXT_MAX = 64 << 20,
    LEDGER_STATEMENT_DEFAULT = 50,
    LEDGER_DAYS_DEFAULT = 30,
    LEDGER_DAYS_MAX = 100000,
    LEDGER_WRONG = 3,
};

struct run {
    struct app *app;
    int argc; /* what stands after the command */
    char **argv;
    struct buf text;
    bool right;
    int shown; /* per cent of the progress line; -1: there is none */
};

/* ---- progress, on a terminal ---- */

static void tell(void *ctx, int64_t done, int64_t all)
{
    struct run *run = ctx;
    int percent = all <= 0 ? 100 : (int)(done * 100 / all);

    if (percent != run->shown && isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r%3d %%  %lld of %lld rows ", percent, (long long)done,
                      (long long)all);
        run->shown = percent;
    }
}

static void end_progress(struct run *run)
{
    if (run->shown >= 0) {
        (void)fputs("\r\033[K", stderr);
        run->shown = -1;
    }
}

/* ---- arguments ---- */

/* The argument at this place; 0 when it is not given. */
static enum err date_argument(const struct run *run, int place, int32_t *date)
{
    int64_t number = 0;

    if (place < run->argc) {
        TRY(str_parse_int(str_of(run->argv[place]), &number));
        if (number < 1 || number > INT32_MAX || !time_date_is_valid((int32_t)number)) {
            return ERR_LEDGER_DAY;
        }
    }
    *date = (int32_t)number;
    return ERR_OK;
}

static enum err count_argument(const struct run *run, int place, int64_t max, int64_t *count)
{
    if (place < run->argc) {
        TRY(str_parse_int(str_of(run->argv[place]), count));
    }
    return *count < 1 || *count > max ? ERR_FIELD_RANGE : ERR_OK;
}

/* ---- commands ---- */

static enum err prove(struct run *run)
{
    const struct ledger_progress progress = {tell, run};
    int32_t date;

    TRY(date_argument(run, 0, &date));
    return ledger_print_proof(run->app->store, date, &progress, &run->text, &run->right);
}

static enum err trial_balance(struct run *run)
{
    int32_t date;

    TRY(date_argument(run, 0, &date));
    return ledger_print_trial_balance(run->app->store, date, &run->text, &run->right);
}

static enum err days(struct run *run)
{
    int64_t limit = LEDGER_DAYS_DEFAULT;

    TRY(count_argument(run, 0, LEDGER_DAYS_MAX, &limit));
    return ledger_print_days(run->app->store, (size_t)limit, &run->text, &run->right);
}

static enum err statement(struct run *run)
{
    int64_t limit = LEDGER_STATEMENT_DEFAULT, account_id;

    if (id_parse(str_of(run->argv[0]), LEDGER_ACCOUNT_PREFIX, &account_id) != ERR_OK) {
        return ERR_LEDGER_ACCOUNT;
    }
    TRY(count_argument(run, 1, LEDGER_STATEMENT_MAX, &limit));
    return ledger_print_statement(run->app->store, account_id, (size_t)limit, &run->text);
}

static enum err statement_file(struct run *run)
{
    return ledger_statement_cli(run->app, run->argv);
}

static bool write_out(void *ctx, struct str text)
{
    (void)ctx;
    return fwrite(text.ptr, 1, text.len, stdout) == text.len;
}

static enum err export(struct run *run) {
    struct ledger_export what = {.write = write_out, .progress = {tell, run}};

    TRY(date_argument(run, 0, &what.first));
    TRY(date_argument(run, 1, &what.last));
    what.last = what.last == 0 ? what.first : what.last;
    return ledger_export(run->app->store, &what);
}

static const struct {
    const char *name;
    int least, most; /* arguments */
    enum err (*run)(struct run *run);
} commands[] = {
    {"prove", 0, 1, prove},
    {"trial-balance", 0, 1, trial_balance},
    {"days", 0, 1, days},
    {"statement", 1, 2, statement},
    {"statement", 5, 5, statement_file},
    {"export", 1, 2, export},
};

static int finish(const struct run *run, enum err err)
{
    if (run->text.len > 0) {
        (void)fwrite(run->text.ptr, 1, run->text.len, stdout);
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr, "tomato ledger: %s (%s)\n", err_text(err), err_code(err));
        return 1;
    }
    return run->right ? 0 : LEDGER_WRONG;
}

int ledger_cli(struct app *app, int argc, char **argv)
{
    struct run run = {.app = app, .argc = argc - 1, .argv = argv + 1, .right = true, .shown = -1};
    bool asked = argc == 1 && strcmp(argv[0], "--help") == 0;

    for (size_t i = 0; argc >= 1 && i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[0], commands[i].name) == 0 && run.argc >= commands[i].least &&
            run.argc <= commands[i].most) {
            enum err err;
            int status;

            buf_init(&run.text, LEDGER_TEXT_MAX);
            err = commands[i].run(&run);
            end_progress(&run);
            status = finish(&run, err);
            buf_free(&run.text);
            return status;
        }
    }
    (void)fputs(help_text, asked ? stdout : stderr);
    return asked ? 0 : 2;
}
