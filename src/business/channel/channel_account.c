/* Channel accounts: how one is checked, made, shown, switched on and off.
 *
 *     enabled ⇄ disabled */
#include "business/channel/channel_int.h"
#include "business/merchant/merchant.h"

static const struct enum_name statuses[] = {
    {CHANNEL_ENABLED, "enabled"},
    {CHANNEL_DISABLED, "disabled"},
    {0, NULL},
};

static const struct enum_name fund_modes[] = {
    {CHANNEL_FUND_DIRECT, "direct"},
    {CHANNEL_FUND_COLLECT, "collect"},
    {0, NULL},
};

static const struct field method_item[] = {
    {.name = "", .type = FIELD_TEXT, .min = 1, .max = CHANNEL_METHOD_MAX, .charset = FIELD_CODE},
};

static const struct field create_fields[] = {
    FIELD(struct channel_create, channel, FIELD_TEXT, .required = true, .min = 1,
          .max = CHANNEL_NAME_MAX, .charset = FIELD_CODE, .help = "The channel's adapter.",
          .example = "wechat"),
    FIELD(struct channel_create, name, FIELD_TEXT, .required = true, .min = 1, .max = 64,
          .help = "A name for people.", .example = "Shop, WeChat Pay"),
    FIELD(struct channel_create, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "The owner; absent for an account of the platform that every merchant shares."),
    FIELD(struct channel_create, account_no, FIELD_TEXT, .required = true, .min = 1,
          .max = CHANNEL_ACCOUNT_NO_MAX, .charset = FIELD_ORDER_NO,
          .help = "The merchant number at the channel.", .example = "1900000001"),
    FIELD(struct channel_create, methods, FIELD_LIST, .required = true, .min = 1, .max = 12,
          .sub = method_item, .sub_count = 1, .sub_size = sizeof(struct str),
          .help = "The payment methods it takes.", .example = "[\"wechat_native\"]"),
    FIELD(struct channel_create, fund_mode, FIELD_ENUM, .names = fund_modes,
          .help = "Whom the channel settles to: the merchant (direct, the default) or the "
                  "platform (collect, which needs the licence)."),
    FIELD(struct channel_create, currency, FIELD_CURRENCY, .help = "CNY when absent.",
          .example = "CNY"),
    FIELD(struct channel_create, priority, FIELD_INT, .min = 0, .max = 1000,
          .help = "Lower is tried first."),
    FIELD(struct channel_create, base_url, FIELD_TEXT, .max = CHANNEL_URL_MAX, .charset = FIELD_URL,
          .help = "Where the channel is; its public address when absent. Plain http is for "
                  "simulators on this machine."),
    FIELD(struct channel_create, config, FIELD_JSON, .max = 8192,
          .help = "The adapter's public settings."),
    FIELD(struct channel_create, credentials, FIELD_JSON, .required = true,
          .max = CHANNEL_SETTINGS_MAX,
          .help = "The adapter's secrets; kept sealed and never shown again."),
};
const struct field_set channel__create_set = FIELD_SET("channel_account_create", create_fields);

static const struct field view_fields[] = {
    FIELD(struct channel_view, id, FIELD_ID, .prefix = "cha", .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "channel_account", .always = true},
    FIELD(struct channel_view, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "The owner; absent when shared."),
    FIELD(struct channel_view, channel, FIELD_TEXT, .required = true, .max = CHANNEL_NAME_MAX),
    FIELD(struct channel_view, name, FIELD_TEXT, .required = true, .max = 64),
    FIELD(struct channel_view, account_no, FIELD_TEXT, .required = true,
          .max = CHANNEL_ACCOUNT_NO_MAX),
    FIELD(struct channel_view, status, FIELD_ENUM, .names = statuses, .required = true),
    FIELD(struct channel_view, methods, FIELD_LIST, .required = true, .max = 12, .sub = method_item,
          .sub_count = 1, .sub_size = sizeof(struct str)),
    FIELD(struct channel_view, fund_mode, FIELD_ENUM, .names = fund_modes, .required = true),
    FIELD(struct channel_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct channel_view, priority, FIELD_INT, .always = true),
    FIELD(struct channel_view, base_url, FIELD_TEXT, .required = true, .max = CHANNEL_URL_MAX),
    FIELD(struct channel_view, config, FIELD_JSON, .max = 8192,
          .help = "The adapter's public settings."),
    FIELD(struct channel_view, notify_url, FIELD_TEXT, .required = true, .max = CHANNEL_URL_MAX,
          .help = "Where the channel sends its callbacks."),
    FIELD(struct channel_view, version, FIELD_INT, .required = true),
    FIELD(struct channel_view, created_at, FIELD_TIME, .required = true),
    FIELD(struct channel_view, updated_at, FIELD_TIME, .required = true),
};
const struct field_set channel__view_set = FIELD_SET("channel_account", view_fields);

struct str channel__notify_url(const struct app *app, struct arena *arena, struct str channel,
                               int64_t account_id)
{
    struct str base = conf_text(app->conf, "http.public_url");

    if (base.len == 0) {
        base = str_printf(arena, "http://127.0.0.1:%d", (int)conf_int(app->conf, "http.port"));
    }
    return str_printf(arena, STR_FMT "/notify/" STR_FMT "/" STR_FMT, STR_ARG(base),
                      STR_ARG(channel), STR_ARG(id_str(arena, "cha", account_id)));
}

void channel__view(const struct app *app, struct arena *arena, const struct channel_account *row,
                   struct channel_view *out)
{
    struct str methods = row->methods;
    struct str *items = ARENA_ARRAY(arena, struct str, 12);
    size_t count = 0;

    while (methods.len > 0) {
        str_cut(&methods, ' ', &items[count++]);
    }
    *out = (struct channel_view){
        .id = row->id,
        .merchant_id = row->merchant_id,
        .channel = row->channel,
        .name = row->name,
        .account_no = row->account_no,
        .status = (int)row->status,
        .methods = {items, count},
        .fund_mode = (int)row->fund_mode,
        .currency = row->currency,
        .priority = row->priority,
        .base_url = row->base_url,
        .config = row->config,
        .notify_url = channel__notify_url(app, arena, row->channel, row->id),
        .version = row->version,
        .created_at = row->created_at_ms,
        .updated_at = row->updated_at_ms,
    };
}

/* ---- checking ---- */

/* The parameter of an inner object, as the caller sees it: "credentials.private_key". */
static void within(struct json_refusal *refusal, const char *object)
{
    char inner[JSON_PARAM_MAX];

    memcpy(inner, refusal->param, sizeof(inner));
    (void)snprintf(refusal->param, sizeof(refusal->param), inner[0] == '\0' ? "%s%.*s" : "%s.%.*s",
                   object, (int)(sizeof(inner) - 16), inner);
}

static enum err read_settings(struct arena *arena, struct str json, const struct field_set *set,
                              const char *object, void *out, struct json_refusal *refusal)
{
    static const struct field_set none = {.name = "none"};
    enum err err = json_parse_fields(arena, json.len == 0 ? STR("{}") : json,
                                     set == NULL ? &none : set, out, refusal);

    if (err != ERR_OK) {
        within(refusal, object);
    }
    return err;
}

/* Parsed credentials are strings in an arena, which does not wipe what it frees. */
static void wipe_credentials(const struct channel_adapter *adapter, void *credentials)
{
    for (size_t i = 0; i < adapter->credentials->count; i++) {
        const struct field *field = &adapter->credentials->fields[i];

        if (field->type == FIELD_TEXT) {
            struct str *text = (struct str *)(void *)((char *)credentials + field->offset);
            struct secret secret = {*text};

            secret_wipe(&secret);
            *text = STR("");
        }
    }
}

enum err channel_account_open(const struct channel_account *account, struct str credentials_json,
                              struct str learned, void **opened, struct json_refusal *refusal)
{
    const struct channel_adapter *adapter = channel__adapter(account->channel);
    struct arena *arena = arena_new();
    void *config = arena_alloc(arena, adapter->config_size);
    void *credentials = arena_alloc(arena, adapter->credentials_size);
    const struct channel_open in = {
        .account_no = account->account_no,
        .base_url = account->base_url,
        .config = config,
        .credentials = credentials,
        .learned = learned,
    };
    enum err err;

    *refusal = (struct json_refusal){.err = ERR_OK};
    err = read_settings(arena, account->config, adapter->config, "config", config, refusal);
    if (err == ERR_OK) {
        err = read_settings(arena, credentials_json, adapter->credentials, "credentials",
                            credentials, refusal);
    }
    if (err == ERR_OK) {
        err = adapter->open(&in, opened, refusal);
    }
    wipe_credentials(adapter, credentials);
    arena_free(arena);
    return err;
}

static bool is_loopback_url(struct str url)
{
    static const struct str hosts[] = {STR_INIT("127.0.0.1"), STR_INIT("localhost"),
                                       STR_INIT("[::1]")};
    struct str rest = str_slice(url, sizeof("http://") - 1, url.len);

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        if (str_starts(rest, hosts[i]) &&
            (rest.len == hosts[i].len || rest.ptr[hosts[i].len] == ':' ||
             rest.ptr[hosts[i].len] == '/')) {
            return true;
        }
    }
    return false;
}

/* Signatures protect amounts and states, but not what a payer is shown: a channel is spoken to over
 * TLS, but for simulators. */
static enum err prepare_base_url(const struct app *app, const struct channel_adapter *adapter,
                                 struct str *base_url, struct json_refusal *refusal)
{
    if (base_url->len == 0) {
        *base_url = str_of(adapter->base_url);
    }
    if (base_url->len == 0) {
        return channel_refuse(refusal, ERR_FIELD_REQUIRED, "base_url",
                              "this channel has no public address");
    }
    if (str_find(*base_url, STR("?"), &(size_t){0}) ||
        str_find(*base_url, STR("#"), &(size_t){0})) {
        return channel_refuse(refusal, ERR_FIELD_FORMAT, "base_url",
                              "must have no query and no fragment");
    }
    if (str_starts(*base_url, STR("http://")) && !is_loopback_url(*base_url) &&
        !conf_bool(app->conf, "channel.plain_http")) {
        return channel_refuse(refusal, ERR_FIELD_VALUE, "base_url",
                              "plain http is refused but on this machine (channel.plain_http)");
    }
    return ERR_OK;
}

static enum err prepare_methods(struct arena *arena, const struct channel_adapter *adapter,
                                const struct field_list *list, struct str *out,
                                struct json_refusal *refusal)
{
    const struct str *items = list->items;
    char param[JSON_PARAM_MAX];
    struct buf buf;

    buf_init_arena(&buf, arena, 512);
    for (size_t i = 0; i < list->count; i++) {
        bool again = false;

        for (size_t k = 0; k < i; k++) {
            again = again || str_eq(items[k], items[i]);
        }
        if (again || channel__method(adapter, items[i]) == NULL) {
            (void)snprintf(param, sizeof(param), "methods[%zu]", i);
            return channel_refuse(refusal, ERR_FIELD_VALUE, param,
                                  again ? "is named twice" : "is not a method of this channel");
        }
        if (i > 0) {
            buf_add_char(&buf, ' ');
        }
        buf_add(&buf, items[i]);
    }
    CHECK(buf_ok(&buf));
    *out = buf_str(&buf);
    return ERR_OK;
}

static enum err prepare_row(struct app *app, struct arena *arena, const struct channel_create *body,
                            struct channel_account *row, struct json_refusal *refusal)
{
    const struct channel_adapter *adapter = channel__adapter(body->channel);

    if (adapter == NULL) {
        return channel_refuse(refusal, ERR_FIELD_VALUE, "channel", "there is no such channel");
    }
    *row = (struct channel_account){
        .merchant_id = body->merchant_id,
        .channel = body->channel,
        .name = body->name,
        .account_no = body->account_no,
        .status = CHANNEL_ENABLED,
        .fund_mode =
            body->fund_mode == 0 ? CHANNEL_FUND_DIRECT : (enum channel_fund_mode)body->fund_mode,
        .currency = body->currency == CURRENCY_NONE ? CURRENCY_CNY : body->currency,
        .priority = body->priority,
        .base_url = body->base_url,
        .config = body->config.len == 0 ? STR("{}") : body->config,
        .version = 1,
    };
    TRY(prepare_methods(arena, adapter, &body->methods, &row->methods, refusal));
    TRY(prepare_base_url(app, adapter, &row->base_url, refusal));
    if (row->fund_mode == CHANNEL_FUND_COLLECT && !merchant_collect_allowed(app)) {
        return channel_refuse(refusal, ERR_CHANNEL_COLLECT, "fund_mode", "");
    }
    if (!channel__takes_currency(adapter, row->currency)) {
        return channel_refuse(refusal, ERR_FIELD_VALUE, "currency",
                              "this channel does not take it");
    }
    return ERR_OK;
}

enum err channel__prepare(struct app *app, struct arena *arena, const struct channel_create *body,
                          struct channel_account *row, struct json_refusal *refusal)
{
    struct secret plain = {body->credentials};
    void *opened = NULL;
    enum err err = prepare_row(app, arena, body, row, refusal);

    if (err == ERR_OK) {
        err = channel_account_open(row, body->credentials, STR(""), &opened, refusal);
    }
    if (err == ERR_OK) {
        channel__adapter(row->channel)->close(opened);
        row->id = store_new_id(app->store, clock_now_ms(app->clock));
        row->credentials =
            vault_seal(app->vault, arena, channel__seal_label(arena, row->id), &plain);
    }
    secret_wipe(&plain);
    return err;
}

struct str channel__seal_label(struct arena *arena, int64_t account_id)
{
    return str_printf(arena, "channel_account.credentials:%lld", (long long)account_id);
}

/* ---- commands ---- */

enum err channel_account_get(struct tx *tx, int64_t account_id, const struct channel_account **out)
{
    const void *row;
    enum err err = tx_get(tx, &channel_account_table, account_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_CHANNEL_NOT_FOUND;
    }
    TRY(err);
    *out = row;
    return ERR_OK;
}

void channel_account_prefetch(struct prefetch *pre, int64_t account_id)
{
    prefetch_id(pre, &channel_account_table, account_id);
}

static enum err create_apply(struct tx *tx, const void *arg, void *result)
{
    struct channel_account account = *(const struct channel_account *)arg;
    const struct merchant *owner;

    if (account.merchant_id != 0) {
        enum err err = merchant_get(tx, account.merchant_id, &owner);

        if (err != ERR_OK) {
            return tx_refuse(tx, err, "merchant_id");
        }
    }
    account.created_at_ms = tx_now_ms(tx);
    account.updated_at_ms = account.created_at_ms;
    TRY(tx_insert(tx, &channel_account_table, &account));
    TRY(channel__route(tx, &account));
    tx_result_row(tx, &channel_account_table, &account, result);
    return ERR_OK;
}

const struct command_kind channel__create_kind = {
    .name = "channel.create",
    .apply = create_apply,
    .result_size = sizeof(struct channel_account),
};

static enum err set_status_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct channel_set_status *arg = arg_ptr;
    struct channel_account *account;
    void *row;
    enum err err = tx_edit(tx, &channel_account_table, arg->account_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_CHANNEL_NOT_FOUND;
    }
    TRY(err);
    account = row;
    if (account->status != arg->status) {
        account->status = arg->status;
        account->version++;
        account->updated_at_ms = tx_now_ms(tx);
        TRY(channel__route(tx, account));
    }
    tx_result_row(tx, &channel_account_table, account, result);
    return ERR_OK;
}

const struct command_kind channel__set_status_kind = {
    .name = "channel.set_status",
    .apply = set_status_apply,
    .result_size = sizeof(struct channel_account),
};

static enum err learn_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct channel_learn *arg = arg_ptr;
    const struct channel_account *account;
    void *row;
    enum err err;

    (void)result;
    TRY(channel_account_get(tx, arg->account_id, &account));
    err = tx_edit(tx, &channel_learned_table, arg->account_id, &row);
    if (err == ERR_STORE_NOT_FOUND) {
        const struct channel_learned learned = {arg->account_id, arg->learned, tx_now_ms(tx)};

        return tx_insert(tx, &channel_learned_table, &learned);
    }
    TRY(err);
    ((struct channel_learned *)row)->learned = str_dup(tx_arena(tx), arg->learned);
    ((struct channel_learned *)row)->updated_at_ms = tx_now_ms(tx);
    return ERR_OK;
}

const struct command_kind channel__learn_kind = {
    .name = "channel.learn",
    .apply = learn_apply,
};
