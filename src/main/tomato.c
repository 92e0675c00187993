/* The program tomato: one binary, several sub-commands. */
#include "business/channel/channel.h"
#include "business/rate/rate_cli.h"
#include "main/demo.h"
#include "main/ledger_cli.h"
#include "main/program.h"

#include <stdio.h>
#include <string.h>

static const char help_text[] =
    "tomato: an aggregate payment platform in one program\n"
    "\n"
    "usage: tomato [--config FILE] COMMAND [ARGUMENTS]\n"
    "\n"
    "  serve            run the platform                       运行平台\n"
    "  merchant …       merchants, apps, keys, contracts       商户、应用、密钥、费率\n"
    "  channel …        accounts at payment channels           渠道账户\n"
    "  ledger …         prove the books, trial balance         账本校验、试算平衡\n"
    "  demo …           a small merchant with a page           演示商户与页面\n"
    "  config           the effective configuration            当前配置\n"
    "  routes           every path the server answers          全部接口\n"
    "  version          what this is                           版本\n"
    "\n"
    "Each command explains itself: tomato merchant --help\n"
    "Keys of the configuration can be set in the environment: http.port is TOMATO_HTTP_PORT.\n";

static int run_config(struct conf *conf)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    conf_print(&text, conf);
    (void)fwrite(text.ptr, 1, text.len, stdout);
    buf_free(&text);
    return 0;
}

/* A tool: the app without a server around it. Loop 0 runs in a thread of its own, for the commands
 * that call channels. */
static int run_tool(struct conf *conf, int argc, char **argv,
                    int (*tool)(struct app *app, int argc, char **argv))
{
    struct app *app;
    int status;

    log_configure(LOG_WARN, 2);
    if (!program_open(conf, false, &app)) {
        return 1;
    }
    loop_start(app->loops[0]);
    status = tool(app, argc, argv);
    program_close(app);
    return status;
}

/* A tool that only reads: it may run beside a server. */
static int run_reader(struct conf *conf, int argc, char **argv,
                      int (*tool)(struct app *app, int argc, char **argv))
{
    struct app *app;
    int status;

    log_configure(LOG_WARN, 2);
    if (!program_open_reader(conf, &app)) {
        return 1;
    }
    status = tool(app, argc, argv);
    program_close(app);
    return status;
}

static int merchant_tool(struct app *app, int argc, char **argv)
{
    return merchant_cli(app, argc, argv, rate_contract_subs);
}

/* Help needs no database: nothing is opened or made for it. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            return true;
        }
    }
    return argc == 1;
}

struct sub_command {
    const char *name;
    int (*with_conf)(struct conf *conf);
    int (*with_app)(struct app *app, int argc, char **argv);
    bool reads; /* changes nothing */
};

static const struct sub_command sub_commands[] = {
    {.name = "serve", .with_conf = program_serve},
    {.name = "config", .with_conf = run_config},
    {.name = "merchant", .with_app = merchant_tool},
    {.name = "channel", .with_app = channel_cli},
    {.name = "ledger", .with_app = ledger_cli, .reads = true},
};

static int run(const char *config, int argc, char **argv)
{
    char help_word[] = "--help", *help[] = {help_word};
    struct conf *conf;
    int status = 2;

    if (!program_configure(config, &conf)) {
        return 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(sub_commands); i++) {
        const struct sub_command *sub = &sub_commands[i];

        if (strcmp(argv[0], sub->name) == 0) {
            status = sub->with_app != NULL && asks_for_help(argc, argv)
                         ? sub->with_app(NULL, argc > 1 ? 1 : 0, help)
                     : sub->with_conf != NULL ? sub->with_conf(conf)
                     : sub->reads             ? run_reader(conf, argc - 1, argv + 1, sub->with_app)
                                              : run_tool(conf, argc - 1, argv + 1, sub->with_app);
            conf_free(conf);
            return status;
        }
    }
    conf_free(conf);
    (void)fprintf(stderr, "tomato: there is no command %s; see tomato --help\n", argv[0]);
    return status;
}

int main(int argc, char **argv)
{
    const char *config = NULL;
    int at = 1;

    if (argc > 2 && strcmp(argv[1], "--config") == 0) {
        config = argv[2];
        at = 3;
    }
    if (at >= argc || strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "help") == 0) {
        (void)fputs(help_text, at >= argc ? stderr : stdout);
        return at >= argc ? 2 : 0;
    }
    if (strcmp(argv[at], "version") == 0) {
        (void)puts("tomato 0.1.0");
        return 0;
    }
    if (strcmp(argv[at], "routes") == 0) {
        return program_routes();
    }
    if (strcmp(argv[at], "demo") == 0) {
        return demo_main(argc - at, argv + at);
    }
    return run(config, argc - at, argv + at);
}
