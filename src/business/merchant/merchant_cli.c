#include "business/merchant/merchant_cli.h"

#include "business/merchant/merchant_int.h"

#include <stdio.h>

static const char help_text[] =
    "usage: tomato merchant COMMAND [--option value …]      every answer is JSON\n"
    "\n"
    "  create   --no NO --name NAME [--fund-mode direct|collect]         新建商户\n"
    "  list                                                              商户列表\n"
    "  show     --id mer_…                                               查看商户\n"
    "  suspend | activate  --id mer_…                                    暂停、恢复\n"
    "  app      --merchant mer_… --name NAME                             新建应用\n"
    "  key      --merchant mer_… --app app_… [--permissions '…']         新建 HMAC 密钥\n"
    "  contract --merchant mer_… --rate MILLIONTHS [--method M] [--currency CNY]\n"
    "           [--min N] [--max N]                                      设置费率\n"
    "  endpoint --merchant mer_… --url URL [--events '…']                新建通知地址\n"
    "  operator-key [--name NAME] [--permissions '…']                    新建运营密钥\n"
    "\n"
    "Secrets are printed once, by the command that makes them.\n";

struct cli {
    struct app *app;
    struct arena *arena;
    int argc;
    char **argv;
};

static int fail(const char *what, enum err err)
{
    (void)fprintf(stderr, "tomato merchant: %s: %s (%s)\n", what, err_text(err), err_code(err));
    return 1;
}

static int misuse(const char *option, const char *why)
{
    (void)fprintf(stderr, "tomato merchant: %s %s; see tomato merchant --help\n", option, why);
    return 2;
}

static const char *option(const struct cli *cli, const char *name)
{
    for (int i = 1; i + 1 < cli->argc; i += 2) {
        if (strcmp(cli->argv[i], name) == 0) {
            return cli->argv[i + 1];
        }
    }
    return NULL;
}

static bool check_options(const struct cli *cli, const char *allowed)
{
    for (int i = 1; i < cli->argc; i += 2) {
        size_t at;
        struct str name = str_printf(cli->arena, " %s ", cli->argv[i]);

        if (!str_find(str_of(allowed), name, &at)) {
            (void)misuse(cli->argv[i], "is not an option here");
            return false;
        }
        if (i + 1 == cli->argc) {
            (void)misuse(cli->argv[i], "needs a value");
            return false;
        }
    }
    return true;
}

static bool id_option(const struct cli *cli, const char *name, const char *prefix, int64_t *id)
{
    const char *text = option(cli, name);

    if (text == NULL || id_parse(str_of(text), prefix, id) != ERR_OK) {
        (void)misuse(name, text == NULL ? "is missing" : "is not such an id");
        return false;
    }
    return true;
}

static bool int_option(const struct cli *cli, const char *name, int64_t otherwise, int64_t *out)
{
    const char *text = option(cli, name);

    *out = otherwise;
    if (text != NULL && str_parse_int(str_of(text), out) != ERR_OK) {
        (void)misuse(name, "is not a number");
        return false;
    }
    return true;
}

static int print(const struct cli *cli, const struct field_set *set, const void *value,
                 const struct secret *secret)
{
    struct buf text;

    buf_init_arena(&text, cli->arena, 1 << 16);
    json_print_fields(&text, set, value);
    if (secret != NULL) {
        text.len--;
        buf_add(&text, STR(",\"secret\":"));
        json_print_text(&text, secret_bytes(secret));
        buf_add_char(&text, '}');
    }
    (void)printf(STR_FMT "\n", STR_ARG(buf_str(&text)));
    return 0;
}

/* Runs a command whose result is printed by the set. */
static int run(const struct cli *cli, const struct command_kind *kind, const void *arg,
               const struct field_set *set, const struct secret *secret)
{
    void *result = arena_alloc(cli->arena, kind->result_size);
    enum err err = store_run(cli->app->store, kind, arg, result, cli->arena);

    return err == ERR_OK ? print(cli, set, result, secret) : fail(kind->name, err);
}

static int create(const struct cli *cli)
{
    struct merchant_create arg = {.fund_mode = MERCHANT_FUND_DIRECT,
                                  .collect_allowed = merchant_collect_allowed(cli->app)};
    const char *mode = option(cli, "--fund-mode");

    arg.merchant_no = str_of(option(cli, "--no"));
    arg.name = str_of(option(cli, "--name"));
    if (arg.merchant_no.len == 0 || arg.merchant_no.len > 64) {
        return misuse("--no", "must have 1 to 64 characters");
    }
    if (arg.name.len == 0 || arg.name.len > 128) {
        return misuse("--name", "must have 1 to 128 characters");
    }
    if (mode != NULL && strcmp(mode, "collect") == 0) {
        arg.fund_mode = MERCHANT_FUND_COLLECT;
    } else if (mode != NULL && strcmp(mode, "direct") != 0) {
        return misuse("--fund-mode", "must be direct or collect");
    }
    return run(cli, &merchant__create_kind, &arg, &merchant__set, NULL);
}

struct listing {
    struct arena *arena;
    struct merchant *rows;
    size_t count;
    int64_t id;
    struct merchant one;
    enum err err;
};

static void read_listing(void *ctx, struct reader *reader)
{
    struct listing *listing = ctx;

    listing->err = listing->id != 0
                       ? merchant_read(reader, listing->id, listing->arena, &listing->one)
                       : merchant__read_list(reader, 0, 100000, listing->arena, &listing->rows,
                                             &listing->count);
}

static int list(const struct cli *cli)
{
    struct listing listing = {.arena = cli->arena};

    if (store_read(cli->app->store, read_listing, &listing) != ERR_OK || listing.err != ERR_OK) {
        return fail("list", listing.err);
    }
    for (size_t i = 0; i < listing.count; i++) {
        (void)print(cli, &merchant__set, &listing.rows[i], NULL);
    }
    return 0;
}

static int show(const struct cli *cli)
{
    struct listing listing = {.arena = cli->arena};

    if (!id_option(cli, "--id", "mer", &listing.id)) {
        return 2;
    }
    if (store_read(cli->app->store, read_listing, &listing) != ERR_OK || listing.err != ERR_OK) {
        return fail("show", listing.err);
    }
    return print(cli, &merchant__set, &listing.one, NULL);
}

static int set_status(const struct cli *cli, enum merchant_status status)
{
    struct merchant_set_status arg = {.status = status};

    return id_option(cli, "--id", "mer", &arg.merchant_id)
               ? run(cli, &merchant__status_kind, &arg, &merchant__set, NULL)
               : 2;
}

static int suspend_merchant(const struct cli *cli)
{
    return set_status(cli, MERCHANT_SUSPENDED);
}

static int activate(const struct cli *cli)
{
    return set_status(cli, MERCHANT_ACTIVE);
}

static int app_create(const struct cli *cli)
{
    struct merchant_app_create arg = {.name = str_of(option(cli, "--name"))};

    if (arg.name.len == 0 || arg.name.len > 64) {
        return misuse("--name", "must have 1 to 64 characters");
    }
    return id_option(cli, "--merchant", "mer", &arg.merchant_id)
               ? run(cli, &merchant__app_kind, &arg, &merchant__app_set, NULL)
               : 2;
}

static int key_insert(const struct cli *cli, const struct auth_key_ask *ask, const char *prefix)
{
    struct auth_key key;
    struct secret plain;
    enum err err = auth_key_prepare(cli->app, cli->arena, ask, &key, &plain);

    if (err == ERR_OK) {
        err = store_run(cli->app->store, &auth_key_insert_kind, &key, NULL, NULL);
    }
    if (err != ERR_OK) {
        return fail("key", err);
    }
    (void)printf("{\"id\":\"" STR_FMT "\",\"permissions\":\"" STR_FMT "\",\"secret\":\"" STR_FMT
                 "\"}\n",
                 STR_ARG(id_str(cli->arena, prefix, key.id)), STR_ARG(key.permissions),
                 STR_ARG(secret_bytes(&plain)));
    return 0;
}

static int key_create(const struct cli *cli)
{
    const char *permissions = option(cli, "--permissions");
    struct auth_key_ask ask = {.algorithm = AUTH_HMAC_SHA256, .name = str_of("command line")};

    ask.permissions = str_of(permissions == NULL ? "payment:* webhook:* ledger:read" : permissions);
    return id_option(cli, "--merchant", "mer", &ask.merchant_id) &&
                   id_option(cli, "--app", "app", &ask.app_id)
               ? key_insert(cli, &ask, "key")
               : 2;
}

static int operator_key(const struct cli *cli)
{
    const char *permissions = option(cli, "--permissions");
    const char *name = option(cli, "--name");
    struct auth_key_ask ask = {.algorithm = AUTH_BEARER};

    ask.permissions = str_of(permissions == NULL ? "*" : permissions);
    ask.name = str_of(name == NULL ? "command line" : name);
    return key_insert(cli, &ask, "op");
}

static int contract(const struct cli *cli)
{
    struct merchant_contract_create arg = {.method = str_of(option(cli, "--method"))};
    const char *currency = option(cli, "--currency");

    if (!id_option(cli, "--merchant", "mer", &arg.merchant_id) ||
        !int_option(cli, "--rate", -1, &arg.rate_millionths) ||
        !int_option(cli, "--min", 0, &arg.fee_min.minor) ||
        !int_option(cli, "--max", 0, &arg.fee_max.minor)) {
        return 2;
    }
    if (arg.rate_millionths < 0 || arg.rate_millionths > 1000000) {
        return misuse("--rate", "must be 0 to 1000000 millionths");
    }
    if (currency_parse(str_of(currency == NULL ? "CNY" : currency), &arg.currency) != ERR_OK) {
        return misuse("--currency", "is not an ISO 4217 code");
    }
    return run(cli, &merchant__contract_kind, &arg, &merchant__contract_set, NULL);
}

static int endpoint(const struct cli *cli)
{
    struct merchant_endpoint_create arg = {.url = str_of(option(cli, "--url")),
                                           .events = str_of(option(cli, "--events"))};
    struct secret plain;

    if (!str_starts(arg.url, STR("http://")) && !str_starts(arg.url, STR("https://"))) {
        return misuse("--url", "must begin with http:// or https://");
    }
    if (!id_option(cli, "--merchant", "mer", &arg.merchant_id)) {
        return 2;
    }
    arg.id = store_new_id(cli->app->store, clock_now_ms(cli->app->clock));
    merchant__endpoint_secret_make(cli->app, cli->arena, arg.id, &plain, &arg.secret);
    return run(cli, &merchant__endpoint_kind, &arg, &merchant__endpoint_set, &plain);
}

struct sub {
    const char *name;
    int (*run)(const struct cli *cli);
    const char *options; /* each between blanks */
};

static const struct sub subs[] = {
    {"create", create, " --no --name --fund-mode "},
    {"list", list, " "},
    {"show", show, " --id "},
    {"suspend", suspend_merchant, " --id "},
    {"activate", activate, " --id "},
    {"app", app_create, " --merchant --name "},
    {"key", key_create, " --merchant --app --permissions "},
    {"contract", contract, " --merchant --rate --method --currency --min --max "},
    {"endpoint", endpoint, " --merchant --url --events "},
    {"operator-key", operator_key, " --name --permissions "},
};

int merchant_cli(struct app *app, int argc, char **argv)
{
    struct cli cli = {app, NULL, argc, argv};
    int status = -1;

    if (argc < 1 || strcmp(argv[0], "--help") == 0) {
        (void)fputs(help_text, argc < 1 ? stderr : stdout);
        return argc < 1 ? 2 : 0;
    }
    cli.arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(subs); i++) {
        if (strcmp(argv[0], subs[i].name) == 0) {
            status = check_options(&cli, subs[i].options) ? subs[i].run(&cli) : 2;
        }
    }
    arena_free(cli.arena);
    return status == -1 ? misuse(argv[0], "is not a command") : status;
}
