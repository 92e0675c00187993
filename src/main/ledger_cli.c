/* tomato ledger …: arguments, help and errors; what the commands do is money/ledger's. */
#include "main/ledger_cli.h"

#include "base/time.h"
#include "business/statement/statement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
    "usage: tomato ledger COMMAND [--lang zh|en]\n"
    "\n"
    "  prove [DATE]              the data file and all its books, or one day   全账或单日校验\n"
    "  trial-balance [DATE]      per code and currency, now or then            试算平衡\n"
    "  days [N]                  the newest N days with their seals, 30        账务日期与封账\n"
    "  statement ACCOUNT [N]     an account and its newest N entries, 50       账户明细\n"
    "  statement ACCOUNT FROM TO --csv FILE | --pdf FILE                       对账单文件\n"
    "  export FIRST [LAST]       the legs of these days as CSV                 导出分录\n"
    "\n"
    "ACCOUNT is an account number or acc_…; DATE, FROM, TO, FIRST and LAST are business dates,\n"
    "yyyymmdd, and FILE - is the standard output. The language is that of LC_ALL, LC_MESSAGES or\n"
    "LANG; without any, tables are in English and statements' files in Chinese.\n"
    "账户可用账号或 acc_… 编号;日期为 yyyymmdd 格式的账务日期。语言取自 --lang 或 LANG。\n"
    "\n"
    "Everything may be run while the server runs. Exit status 0: the books are right; 1: it could\n"
    "not be done; 2: wrong arguments; 3: the books are wrong.\n"
    "服务运行时均可执行。退出码 0:账目正确;1:未能完成;2:参数有误;3:账目有误。\n";

enum {
    LEDGER_TEXT_MAX = 64 << 20,
    LEDGER_STATEMENT_DEFAULT = 50,
    LEDGER_STATEMENT_MOST = 100000,
    LEDGER_DAYS_DEFAULT = 30,
    LEDGER_DAYS_MOST = 100000,
    LEDGER_ARGUMENTS_MAX = 8,
};
enum { STATUS_FAILED = 1, STATUS_MISUSE, STATUS_WRONG };

/* ---- progress, on a terminal ---- */

void ledger_tool_tell(void *ctx, int64_t done, int64_t all)
{
    struct ledger_tool *tool = ctx;
    int percent = all <= 0 ? 100 : (int)(done * 100 / all);

    if (percent != tool->shown && isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r\033[K%3d %%  %lld / %lld %s ", percent, (long long)done,
                      (long long)all, tool->print.language == LEDGER_CHINESE ? "行" : "rows");
        tool->shown = percent;
    }
}

static void tell_table(void *ctx, const char *table, size_t done, size_t all)
{
    struct ledger_tool *tool = ctx;

    if (isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r\033[K%s %s  %zu / %zu ",
                      tool->print.language == LEDGER_CHINESE ? "检查数据文件:" : "data file:",
                      table, done + 1, all);
        tool->shown = 0;
    }
}

static void end_progress(struct ledger_tool *tool)
{
    if (tool->shown >= 0) {
        (void)fputs("\r\033[K", stderr);
        tool->shown = -1;
    }
}

/* ---- arguments ---- */

enum err ledger_tool_misuse(struct ledger_tool *tool, const char *zh, const char *en,
                            const char *argument)
{
    (void)snprintf(tool->problem, sizeof(tool->problem), "%s: %s",
                   tool->print.language == LEDGER_CHINESE ? zh : en, argument);
    return ERR_FIELD_VALUE;
}

enum err ledger_tool_date(struct ledger_tool *tool, int place, int32_t *date)
{
    int64_t number = 0;

    *date = 0;
    if (place >= tool->argc) {
        return ERR_OK;
    }
    if (str_parse_int(str_of(tool->argv[place]), &number) != ERR_OK || number < 19700102 ||
        number > 99991230 || !time_date_is_valid((int32_t)number)) {
        return ledger_tool_misuse(tool, "不是 yyyymmdd 格式的日期", "no date as yyyymmdd",
                                  tool->argv[place]);
    }
    *date = (int32_t)number;
    return ERR_OK;
}

static enum err count_argument(struct ledger_tool *tool, int place, int64_t max, int64_t *count)
{
    if (place < tool->argc &&
        (str_parse_int(str_of(tool->argv[place]), count) != ERR_OK || *count < 1 || *count > max)) {
        return ledger_tool_misuse(tool, "须为 1 至 100000 的整数", "no number from 1 to 100000",
                                  tool->argv[place]);
    }
    return ERR_OK;
}

void ledger_tool_account(struct ledger_tool *tool, struct ledger_ask *ask)
{
    *ask = (struct ledger_ask){.directory = &statement_directory, .owner_id = LEDGER_ANY_OWNER};
    if (id_parse(str_of(tool->argv[0]), LEDGER_ACCOUNT_PREFIX, &ask->account_id) != ERR_OK) {
        ask->account_id = 0;
        ask->account_number = str_of(tool->argv[0]);
    }
}

enum err ledger_tool_print(struct ledger_tool *tool, struct str text)
{
    if (fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0) {
        return ERR_OK;
    }
    (void)snprintf(tool->problem, sizeof(tool->problem), "%s: %s",
                   tool->print.language == LEDGER_CHINESE ? "标准输出" : "standard output",
                   strerror(errno));
    return ERR_CONF_FILE;
}

/* ---- commands ---- */

static enum err prove(struct ledger_tool *tool)
{
    const struct ledger_progress progress = {ledger_tool_tell, tool, tell_table};
    int32_t date;

    TRY(ledger_tool_date(tool, 0, &date));
    return ledger_print_proof(&tool->print, date, &progress);
}

static enum err trial_balance(struct ledger_tool *tool)
{
    int32_t date;
    enum err err;

    TRY(ledger_tool_date(tool, 0, &date));
    err = ledger_print_trial_balance(&tool->print, date);
    return err == ERR_FIELD_RANGE ? ledger_tool_misuse(tool, "日期尚未到来",
                                                       "this date has not come yet", tool->argv[0])
                                  : err;
}

static enum err days(struct ledger_tool *tool)
{
    int64_t limit = LEDGER_DAYS_DEFAULT;

    TRY(count_argument(tool, 0, LEDGER_DAYS_MOST, &limit));
    return ledger_print_days(&tool->print, (size_t)limit);
}

static enum err statement(struct ledger_tool *tool)
{
    int64_t limit = LEDGER_STATEMENT_DEFAULT;
    struct ledger_ask ask;

    TRY(count_argument(tool, 1, LEDGER_STATEMENT_MOST, &limit));
    ledger_tool_account(tool, &ask);
    return ledger_print_statement(&tool->print, &ask, (size_t)limit);
}

static bool write_out(void *ctx, struct str text)
{
    return ledger_tool_print(ctx, text) == ERR_OK;
}

static enum err export_days(struct ledger_tool *tool)
{
    struct ledger_export what = {
        .write = write_out, .ctx = tool, .progress = {ledger_tool_tell, tool, NULL}};

    TRY(ledger_tool_date(tool, 0, &what.first));
    TRY(ledger_tool_date(tool, 1, &what.last));
    what.last = what.last == 0 ? what.first : what.last;
    if (what.last < what.first) {
        return ledger_tool_misuse(tool, "止日早于起日", "is before the first date", tool->argv[1]);
    }
    return ledger_export(tool->print.store, &what);
}

static const struct {
    const char *name;
    int least, most; /* arguments */
    enum err (*run)(struct ledger_tool *tool);
    const char *usage;
} commands[] = {
    {"prove", 0, 1, prove, "prove [DATE]"},
    {"trial-balance", 0, 1, trial_balance, "trial-balance [DATE]"},
    {"days", 0, 1, days, "days [N]"},
    {"statement", 1, 2, statement, "statement ACCOUNT [N]"},
    {"statement", 5, 5, ledger_statement_cli, "statement ACCOUNT FROM TO --csv FILE | --pdf FILE"},
    {"export", 1, 2, export_days, "export FIRST [LAST]"},
};

/* ---- the run ---- */

static bool is_language(const char *text, enum ledger_language *language)
{
    bool chinese = strncmp(text, "zh", 2) == 0;

    if (chinese || strncmp(text, "en", 2) == 0) {
        *language = chinese ? LEDGER_CHINESE : LEDGER_ENGLISH;
        return true;
    }
    return false;
}

static void language_of_locale(struct ledger_tool *tool)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    tool->print.language = LEDGER_ENGLISH;
    tool->paper_language = LEDGER_CHINESE;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0') {
            if (is_language(value, &tool->print.language)) {
                tool->paper_language = tool->print.language;
            }
            return;
        }
    }
}

/* Takes the options out; what is left are the command and its arguments. */
static enum err take_options(struct ledger_tool *tool, int argc, char **argv, char **left)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--lang") == 0) {
            if (i + 1 == argc || !is_language(argv[i + 1], &tool->print.language)) {
                return ledger_tool_misuse(tool, "--lang 须为 zh 或 en", "--lang takes zh or en",
                                          i + 1 == argc ? "" : argv[i + 1]);
            }
            tool->paper_language = tool->print.language;
            i++;
        } else if (tool->argc < LEDGER_ARGUMENTS_MAX) {
            left[tool->argc++] = argv[i];
        }
    }
    return ERR_OK;
}

static int tell_misuse(const struct ledger_tool *tool, const char *name)
{
    bool known = false;

    if (tool->problem[0] != '\0') {
        (void)fprintf(stderr, "tomato ledger: %s\n", tool->problem);
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            (void)fprintf(stderr, "usage: tomato ledger %s\n", commands[i].usage);
            known = true;
        }
    }
    if (!known && name[0] != '\0') {
        (void)fprintf(stderr,
                      tool->print.language == LEDGER_CHINESE
                          ? "tomato ledger: 没有 %s 命令，见 tomato ledger --help\n"
                          : "tomato ledger: there is no command %s; see tomato ledger --help\n",
                      name);
    }
    return STATUS_MISUSE;
}

static int finish(const struct ledger_tool *tool, const char *name, enum err err)
{
    if (err == ERR_FIELD_VALUE && tool->problem[0] != '\0') {
        return tell_misuse(tool, name);
    }
    if (err != ERR_OK && tool->problem[0] != '\0') {
        (void)fprintf(stderr, "tomato ledger: %s\n", tool->problem);
        return STATUS_FAILED;
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr, "tomato ledger: %s (%s)\n",
                      tool->print.language == LEDGER_CHINESE ? err_text_zh(err) : err_text(err),
                      err_code(err));
        return STATUS_FAILED;
    }
    return tool->print.wrong ? STATUS_WRONG : 0;
}

static int run(struct ledger_tool *tool, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(name, commands[i].name) == 0 && tool->argc >= commands[i].least &&
            tool->argc <= commands[i].most) {
            enum err err = commands[i].run(tool);
            enum err printed = ledger_tool_print(tool, buf_str(tool->print.out));

            end_progress(tool);
            return finish(tool, name, err == ERR_OK ? printed : err);
        }
    }
    return tell_misuse(tool, name);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            return true;
        }
    }
    return argc == 0;
}

int ledger_cli(struct app *app, int argc, char **argv)
{
    struct ledger_tool tool = {.shown = -1};
    char *left[LEDGER_ARGUMENTS_MAX];
    struct buf text;
    const char *name;
    int status;

    if (wants_help(argc, argv)) {
        (void)fputs(help_text, argc == 0 ? stderr : stdout);
        return argc == 0 ? STATUS_MISUSE : 0;
    }
    language_of_locale(&tool);
    if (take_options(&tool, argc, argv, left) != ERR_OK) {
        return tell_misuse(&tool, "");
    }
    if (tool.argc == 0) {
        (void)fputs(help_text, stderr);
        return STATUS_MISUSE;
    }
    name = left[0];
    tool.argc--;
    tool.argv = left + 1;
    buf_init(&text, LEDGER_TEXT_MAX);
    tool.print.store = app->store;
    tool.print.out = &text;
    status = run(&tool, name);
    buf_free(&text);
    return status;
}
