#include "business/merchant/merchant_cli.h"

#include "business/merchant/merchant_int.h"
#include "business/operator/operator.h"

#include <stdio.h>

static const char help_text[] =
    "usage: tomato merchant COMMAND [--option value …]      every answer is JSON\n"
    "\n"
    "  create   --no NO --name NAME [--fund-mode direct|collect]         新建商户\n"
    "  list                                                              商户列表\n"
    "  show     --id mer_…                                               查看商户\n"
    "  suspend | activate | close  --id mer_…                            暂停、恢复、关闭\n"
    "  app      --merchant mer_… --name NAME                             新建应用\n"
    "  key      --merchant mer_… --app app_… [--permissions '…']         新建 HMAC 密钥\n"
    "  contract --merchant mer_… --rate MILLIONTHS [--method M] [--currency CNY]\n"
    "           [--min N] [--max N] [--reason R]  the first fee; another  设置费率\n"
    "           is a review: another operator approves it                变更须复核\n"
    "  endpoint --merchant mer_… --url URL [--events '…']                新建通知地址\n"
    "  apps | keys | contracts | endpoints  --merchant mer_…             各自的列表\n"
    "  rotate   --key key_… [--overlap SECONDS]  a new HMAC key beside   轮换 HMAC 密钥\n"
    "  revoke   --key key_…|op_…                 at once                 吊销密钥\n"
    "  operator-key [--name NAME] [--permissions '…']                    新建运营密钥\n"
    "           without --permissions \"*\", everything: for the first   不写权限即全部权限,\n"
    "           two operators, who make the others over the API         仅用于最初两名运营\n"
    "  operator-keys                                                     运营密钥列表\n"
    "\n"
    "While the server runs it alone writes the data file: use its API then, which makes operator\n"
    "keys after a review. 服务运行时请用接口；运营密钥经复核后新建。\n"
    "Secrets are printed once, by the command that makes them.\n";

int merchant_cli_fail(const char *what, enum err err)
{
    (void)fprintf(stderr, "tomato merchant: %s: %s (%s)\n", what, err_text(err), err_code(err));
    return 1;
}

int merchant_cli_misuse(const char *option, const char *why)
{
    (void)fprintf(stderr, "tomato merchant: %s %s; see tomato merchant --help\n", option, why);
    return 2;
}

const char *merchant_cli_option(const struct merchant_cli *cli, const char *name)
{
    for (int i = 1; i + 1 < cli->argc; i += 2) {
        if (strcmp(cli->argv[i], name) == 0) {
            return cli->argv[i + 1];
        }
    }
    return NULL;
}

static bool check_options(const struct merchant_cli *cli, const char *allowed)
{
    for (int i = 1; i < cli->argc; i += 2) {
        size_t at;
        struct str name = str_printf(cli->arena, " %s ", cli->argv[i]);

        if (!str_find(str_of(allowed), name, &at)) {
            (void)merchant_cli_misuse(cli->argv[i], "is not an option here");
            return false;
        }
        if (i + 1 == cli->argc) {
            (void)merchant_cli_misuse(cli->argv[i], "needs a value");
            return false;
        }
    }
    return true;
}

bool merchant_cli_id(const struct merchant_cli *cli, const char *name, const char *prefix,
                     int64_t *id)
{
    const char *text = merchant_cli_option(cli, name);

    if (text == NULL || id_parse(str_of(text), prefix, id) != ERR_OK) {
        (void)merchant_cli_misuse(name, text == NULL ? "is missing" : "is not such an id");
        return false;
    }
    return true;
}

bool merchant_cli_int(const struct merchant_cli *cli, const char *name, int64_t otherwise,
                      int64_t *out)
{
    const char *text = merchant_cli_option(cli, name);

    *out = otherwise;
    if (text != NULL && str_parse_int(str_of(text), out) != ERR_OK) {
        (void)merchant_cli_misuse(name, "is not a number");
        return false;
    }
    return true;
}

int merchant_cli_print(const struct merchant_cli *cli, const struct field_set *set,
                       const void *value, const struct secret *secret)
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
static int run(const struct merchant_cli *cli, const struct command_kind *kind, const void *arg,
               const struct field_set *set, const struct secret *secret)
{
    void *result = arena_alloc(cli->arena, kind->result_size);
    enum err err = store_run(cli->app->store, kind, arg, result, cli->arena);

    return err == ERR_OK ? merchant_cli_print(cli, set, result, secret)
                         : merchant_cli_fail(kind->name, err);
}

static int create(const struct merchant_cli *cli)
{
    struct merchant_create arg = {.fund_mode = MERCHANT_FUND_DIRECT,
                                  .collect_allowed = merchant_collect_allowed(cli->app)};
    const char *mode = merchant_cli_option(cli, "--fund-mode");

    arg.merchant_no = str_of(merchant_cli_option(cli, "--no"));
    arg.name = str_of(merchant_cli_option(cli, "--name"));
    if (arg.merchant_no.len == 0 || arg.merchant_no.len > 64) {
        return merchant_cli_misuse("--no", "must have 1 to 64 characters");
    }
    if (arg.name.len == 0 || arg.name.len > 128) {
        return merchant_cli_misuse("--name", "must have 1 to 128 characters");
    }
    if (mode != NULL && strcmp(mode, "collect") == 0) {
        arg.fund_mode = MERCHANT_FUND_COLLECT;
    } else if (mode != NULL && strcmp(mode, "direct") != 0) {
        return merchant_cli_misuse("--fund-mode", "must be direct or collect");
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

static int list(const struct merchant_cli *cli)
{
    struct listing listing = {.arena = cli->arena};

    if (store_read(cli->app->store, read_listing, &listing) != ERR_OK || listing.err != ERR_OK) {
        return merchant_cli_fail("list", listing.err);
    }
    for (size_t i = 0; i < listing.count; i++) {
        (void)merchant_cli_print(cli, &merchant__set, &listing.rows[i], NULL);
    }
    return 0;
}

static int show(const struct merchant_cli *cli)
{
    struct listing listing = {.arena = cli->arena};

    if (!merchant_cli_id(cli, "--id", "mer", &listing.id)) {
        return 2;
    }
    if (store_read(cli->app->store, read_listing, &listing) != ERR_OK || listing.err != ERR_OK) {
        return merchant_cli_fail("show", listing.err);
    }
    return merchant_cli_print(cli, &merchant__set, &listing.one, NULL);
}

static int set_status(const struct merchant_cli *cli, enum merchant_status status)
{
    struct merchant_set_status arg = {.status = status};

    return merchant_cli_id(cli, "--id", "mer", &arg.merchant_id)
               ? run(cli, &merchant__status_kind, &arg, &merchant__set, NULL)
               : 2;
}

static int close_merchant(const struct merchant_cli *cli)
{
    return set_status(cli, MERCHANT_CLOSED);
}

static int suspend_merchant(const struct merchant_cli *cli)
{
    return set_status(cli, MERCHANT_SUSPENDED);
}

static int activate(const struct merchant_cli *cli)
{
    return set_status(cli, MERCHANT_ACTIVE);
}

static int app_create(const struct merchant_cli *cli)
{
    struct merchant_app_create arg = {.name = str_of(merchant_cli_option(cli, "--name"))};

    if (arg.name.len == 0 || arg.name.len > 64) {
        return merchant_cli_misuse("--name", "must have 1 to 64 characters");
    }
    return merchant_cli_id(cli, "--merchant", "mer", &arg.merchant_id)
               ? run(cli, &merchant__app_kind, &arg, &merchant__app_set, NULL)
               : 2;
}

static int key_insert(const struct merchant_cli *cli, const struct auth_key_ask *ask)
{
    const bool operators = ask->algorithm == AUTH_BEARER;
    struct str vain = auth_vain_permission(
        cli->app, operators ? HTTP_AUTH_OPERATOR : HTTP_AUTH_MERCHANT, ask->permissions);
    struct auth_key key;
    struct secret plain;
    enum err err;

    if (vain.len > 0) {
        return merchant_cli_misuse(
            "--permissions",
            str_cstr(cli->arena,
                     str_printf(cli->arena, "has \"" STR_FMT "\", which permits nothing",
                                STR_ARG(vain))));
    }
    err = auth_key_prepare(cli->app, cli->arena, ask, &key, &plain);
    if (err == ERR_OK) {
        err = store_run(cli->app->store, operators ? &operator_insert_kind : &auth_key_insert_kind,
                        &key, NULL, NULL);
    }
    if (err != ERR_OK) {
        return merchant_cli_fail("key", err);
    }
    (void)printf("{\"id\":\"" STR_FMT "\",\"permissions\":\"" STR_FMT "\",\"secret\":\"" STR_FMT
                 "\"}\n",
                 STR_ARG(id_str(cli->arena, operators ? "op" : "key", key.id)),
                 STR_ARG(key.permissions), STR_ARG(secret_bytes(&plain)));
    return 0;
}

static int key_create(const struct merchant_cli *cli)
{
    const char *permissions = merchant_cli_option(cli, "--permissions");
    struct auth_key_ask ask = {.algorithm = AUTH_HMAC_SHA256, .name = str_of("command line")};

    ask.permissions =
        str_of(permissions == NULL ? "payment:* webhook:* account:read" : permissions);
    return merchant_cli_id(cli, "--merchant", "mer", &ask.merchant_id) &&
                   merchant_cli_id(cli, "--app", "app", &ask.app_id)
               ? key_insert(cli, &ask)
               : 2;
}

static int operator_key(const struct merchant_cli *cli)
{
    const char *permissions = merchant_cli_option(cli, "--permissions");
    const char *name = merchant_cli_option(cli, "--name");
    struct auth_key_ask ask = {.algorithm = AUTH_BEARER};

    ask.permissions = str_of(permissions == NULL ? "*" : permissions);
    ask.name = str_of(name == NULL ? "" : name);
    if (ask.name.len > 64) {
        return merchant_cli_misuse("--name", "must have at most 64 characters");
    }
    return key_insert(cli, &ask);
}

static int endpoint(const struct merchant_cli *cli)
{
    struct merchant_endpoint_create arg = {.url = str_of(merchant_cli_option(cli, "--url")),
                                           .events = str_of(merchant_cli_option(cli, "--events"))};
    struct secret plain;

    if (!str_starts(arg.url, STR("http://")) && !str_starts(arg.url, STR("https://"))) {
        return merchant_cli_misuse("--url", "must begin with http:// or https://");
    }
    if (arg.url.len > 512 || arg.events.len > 512) {
        return merchant_cli_misuse(arg.url.len > 512 ? "--url" : "--events",
                                   "must have at most 512 characters");
    }
    if (!merchant_cli_id(cli, "--merchant", "mer", &arg.merchant_id)) {
        return 2;
    }
    arg.id = store_new_id(cli->app->store, clock_now_ms(cli->app->clock));
    merchant__endpoint_secret_make(cli->app, cli->arena, arg.id, &plain, &arg.secret);
    return run(cli, &merchant__endpoint_kind, &arg, &merchant__endpoint_set, &plain);
}

/* ---- lists of what belongs to a merchant, and of operators' keys ---- */

static const struct enum_name key_statuses[] = {
    {AUTH_KEY_ACTIVE, "active"},
    {AUTH_KEY_REVOKED, "revoked"},
    {0, NULL},
};
#define KEY_FIELDS(prefix_)                                                                        \
    FIELD(struct auth_key, id, FIELD_ID, .prefix = (prefix_), .required = true),                   \
        FIELD(struct auth_key, app_id, FIELD_ID, .prefix = "app"),                                 \
        FIELD(struct auth_key, name, FIELD_TEXT, .max = 64),                                       \
        FIELD(struct auth_key, algorithm, FIELD_ENUM, .names = auth_algorithm_names,               \
              .required = true),                                                                   \
        FIELD(struct auth_key, permissions, FIELD_TEXT, .max = 512, .required = true),             \
        FIELD(struct auth_key, status, FIELD_ENUM, .names = key_statuses, .required = true),       \
        MERCHANT_FIELD(struct auth_key, not_before_ms, "not_before", FIELD_TIME),                  \
        MERCHANT_FIELD(struct auth_key, expires_at_ms, "expires_at", FIELD_TIME),                  \
        MERCHANT_FIELD(struct auth_key, created_at_ms, "created_at", FIELD_TIME, .required = true)

static const struct field key_fields[] = {KEY_FIELDS("key")};
static const struct field_set key_set = FIELD_SET("api_key", key_fields);
static const struct field operator_fields[] = {KEY_FIELDS("op")};
static const struct field_set operator_set = FIELD_SET("operator_key", operator_fields);

struct owned {
    struct arena *arena;
    int64_t merchant_id;
    enum err (*read)(struct reader *reader, struct owned *owned);
    void *rows;
    size_t count;
    enum err err;
};

static enum err read_apps(struct reader *reader, struct owned *owned)
{
    struct merchant_app *rows = NULL;
    enum err err =
        merchant__read_apps(reader, owned->merchant_id, owned->arena, &rows, &owned->count);

    owned->rows = rows;
    return err;
}

static enum err read_endpoints(struct reader *reader, struct owned *owned)
{
    struct merchant_endpoint *rows = NULL;
    enum err err =
        merchant__read_endpoints(reader, owned->merchant_id, owned->arena, &rows, &owned->count);

    owned->rows = rows;
    return err;
}

static enum err read_keys(struct reader *reader, struct owned *owned)
{
    struct auth_key *rows = NULL;
    enum err err = auth_keys_read(reader, owned->merchant_id, owned->arena, &rows, &owned->count);

    owned->rows = rows;
    return err;
}

static void read_owned(void *ctx, struct reader *reader)
{
    struct owned *owned = ctx;

    owned->err = owned->read(reader, owned);
}

static int list_owned(const struct merchant_cli *cli, struct owned *owned,
                      const struct field_set *set, size_t row_size)
{
    enum err err;

    owned->arena = cli->arena;
    err = store_read(cli->app->store, read_owned, owned);
    err = err == ERR_OK ? owned->err : err;
    if (err != ERR_OK) {
        return merchant_cli_fail("list", err);
    }
    for (size_t i = 0; i < owned->count; i++) {
        (void)merchant_cli_print(cli, set, (const char *)owned->rows + i * row_size, NULL);
    }
    return 0;
}

static int apps(const struct merchant_cli *cli)
{
    struct owned owned = {.read = read_apps};

    return merchant_cli_id(cli, "--merchant", "mer", &owned.merchant_id)
               ? list_owned(cli, &owned, &merchant__app_set, sizeof(struct merchant_app))
               : 2;
}

static int endpoints(const struct merchant_cli *cli)
{
    struct owned owned = {.read = read_endpoints};

    return merchant_cli_id(cli, "--merchant", "mer", &owned.merchant_id)
               ? list_owned(cli, &owned, &merchant__endpoint_set, sizeof(struct merchant_endpoint))
               : 2;
}

static int keys(const struct merchant_cli *cli)
{
    struct owned owned = {.read = read_keys};

    return merchant_cli_id(cli, "--merchant", "mer", &owned.merchant_id)
               ? list_owned(cli, &owned, &key_set, sizeof(struct auth_key))
               : 2;
}

static int operator_keys(const struct merchant_cli *cli)
{
    struct owned owned = {.read = read_keys};

    return list_owned(cli, &owned, &operator_set, sizeof(struct auth_key));
}

/* ---- rotating and revoking ---- */

struct one_key {
    struct arena *arena;
    int64_t id;
    struct auth_key row;
    enum err err;
};

static void read_key(void *ctx, struct reader *reader)
{
    struct one_key *key = ctx;

    key->err = auth_key_read(reader, key->id, key->arena, &key->row);
}

static int rotate_key(const struct merchant_cli *cli)
{
    struct one_key old = {.arena = cli->arena};
    struct auth_key_rotate arg;
    struct auth_key_ask ask;
    struct secret plain;
    enum err err;
    int64_t overlap_s;

    if (!merchant_cli_id(cli, "--key", "key", &old.id) ||
        !merchant_cli_int(cli, "--overlap", 86400, &overlap_s)) {
        return 2;
    }
    if (overlap_s < 0 || overlap_s > 30 * 86400) {
        return merchant_cli_misuse("--overlap", "must be 0 to 2592000 seconds");
    }
    err = store_read(cli->app->store, read_key, &old);
    err = err == ERR_OK ? old.err : err;
    if (err != ERR_OK) {
        return merchant_cli_fail("rotate", err);
    }
    if (old.row.algorithm != AUTH_HMAC_SHA256) {
        return merchant_cli_misuse("--key",
                                   "has a key pair: rotate it by POST /v1/keys/{id}/rotate");
    }
    ask = (struct auth_key_ask){.merchant_id = old.row.merchant_id,
                                .app_id = old.row.app_id,
                                .algorithm = old.row.algorithm,
                                .name = old.row.name,
                                .permissions = old.row.permissions};
    arg = (struct auth_key_rotate){.key_id = old.id, .overlap_ms = overlap_s * TIME_SECOND_MS};
    err = auth_key_prepare(cli->app, cli->arena, &ask, &arg.next, &plain);
    if (err == ERR_OK) {
        err = store_run(cli->app->store, &auth_key_rotate_kind, &arg, &old.row, cli->arena);
    }
    return err == ERR_OK ? merchant_cli_print(cli, &key_set, &arg.next, &plain)
                         : merchant_cli_fail("rotate", err);
}

static int revoke_operator(const struct merchant_cli *cli)
{
    struct operator_revoke arg = {.reason = STR("tool")};

    return merchant_cli_id(cli, "--key", "op", &arg.key_id)
               ? run(cli, &operator_revoke_kind, &arg, &operator_set, NULL)
               : 2;
}

static int revoke_key(const struct merchant_cli *cli)
{
    const char *text = merchant_cli_option(cli, "--key");
    struct auth_key_revoke arg = {0};

    if (text != NULL && strncmp(text, "op_", 3) == 0) {
        return revoke_operator(cli);
    }
    return merchant_cli_id(cli, "--key", "key", &arg.key_id)
               ? run(cli, &auth_key_revoke_kind, &arg, &key_set, NULL)
               : 2;
}

static const struct merchant_sub subs[] = {
    {"create", create, " --no --name --fund-mode "},
    {"list", list, " "},
    {"show", show, " --id "},
    {"suspend", suspend_merchant, " --id "},
    {"activate", activate, " --id "},
    {"close", close_merchant, " --id "},
    {"app", app_create, " --merchant --name "},
    {"key", key_create, " --merchant --app --permissions "},
    {"endpoint", endpoint, " --merchant --url --events "},
    {"operator-key", operator_key, " --name --permissions "},
    {"apps", apps, " --merchant "},
    {"endpoints", endpoints, " --merchant "},
    {"keys", keys, " --merchant "},
    {"operator-keys", operator_keys, " "},
    {"rotate", rotate_key, " --key --overlap "},
    {"revoke", revoke_key, " --key "},
    {NULL, NULL, NULL},
};

static const struct merchant_sub *find_sub(const struct merchant_sub *sub, const char *name)
{
    while (sub->name != NULL && strcmp(sub->name, name) != 0) {
        sub++;
    }
    return sub->name == NULL ? NULL : sub;
}

int merchant_cli(struct app *app, int argc, char **argv, const struct merchant_sub *more)
{
    struct merchant_cli cli = {app, NULL, argc, argv};
    const struct merchant_sub *sub;
    int status;

    if (argc < 1 || strcmp(argv[0], "--help") == 0) {
        (void)fputs(help_text, argc < 1 ? stderr : stdout);
        return argc < 1 ? 2 : 0;
    }
    sub = find_sub(subs, argv[0]);
    sub = sub == NULL ? find_sub(more, argv[0]) : sub;
    if (sub == NULL) {
        return merchant_cli_misuse(argv[0], "is not a command");
    }
    cli.arena = arena_new();
    status = check_options(&cli, sub->options) ? sub->run(&cli) : 2;
    arena_free(cli.arena);
    return status;
}
