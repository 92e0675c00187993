/* WeChat Pay APIv3: an account's settings, and the adapter's table. */
#include "business/channel/wechat/wechat_int.h"

enum { WECHAT_APIV3_KEY_LEN = 32, WECHAT_PEM_MAX = 8192 };

struct wechat_config {
    struct str appid;
    struct str merchant_serial;
    int mode;
    struct str public_key_id;
    struct str public_key;
};

static const struct enum_name modes[] = {
    {WECHAT_CERTIFICATE, "certificate"},
    {WECHAT_PUBLIC_KEY, "public_key"},
    {0, NULL},
};

static const struct field config_fields[] = {
    FIELD(struct wechat_config, appid, FIELD_TEXT, .required = true, .min = 1, .max = 32,
          .charset = FIELD_ALNUM, .help = "The app the merchant number is bound to.",
          .example = "wxd678efh567hg6787"),
    FIELD(struct wechat_config, merchant_serial, FIELD_TEXT, .required = true, .min = 8, .max = 40,
          .charset = FIELD_ALNUM,
          .help = "Serial number of the merchant's API certificate, upper-case hex."),
    FIELD(struct wechat_config, mode, FIELD_ENUM, .names = modes,
          .help = "What WeChat Pay signs with: certificates, which are downloaded (the default), "
                  "or the public key given here. Both are accepted, for a migration."),
    FIELD(struct wechat_config, public_key_id, FIELD_TEXT, .min = 12, .max = WECHAT_SERIAL_MAX,
          .charset = FIELD_ORDER_NO, .help = "PUB_KEY_ID_… of WeChat Pay's public key."),
    FIELD(struct wechat_config, public_key, FIELD_TEXT, .min = 64, .max = WECHAT_PEM_MAX,
          .help = "WeChat Pay's public key, PEM."),
};
static const struct field_set config_set = FIELD_SET("wechat_config", config_fields);

struct wechat_credentials {
    struct str private_key;
    struct str apiv3_key;
};

static const struct field credentials_fields[] = {
    FIELD(struct wechat_credentials, private_key, FIELD_TEXT, .required = true, .min = 64,
          .max = WECHAT_PEM_MAX, .help = "Private key of the merchant's API certificate, PEM."),
    FIELD(struct wechat_credentials, apiv3_key, FIELD_TEXT, .required = true,
          .min = WECHAT_APIV3_KEY_LEN, .max = WECHAT_APIV3_KEY_LEN, .charset = FIELD_ALNUM,
          .help = "The APIv3 key, 32 characters."),
};
static const struct field_set credentials_set = FIELD_SET("wechat_credentials", credentials_fields);

static void wechat_close(void *opened)
{
    struct wechat_keys *keys = opened;

    for (size_t i = 0; i < keys->platform_count; i++) {
        crypto_key_free(keys->platform[i].key);
    }
    crypto_key_free(keys->merchant_key);
    secret_wipe(&keys->apiv3_key);
    arena_free(keys->arena);
}

static enum err open_public_key(struct wechat_keys *keys, const struct wechat_config *config,
                                struct json_refusal *refusal)
{
    struct crypto_key *key;
    enum err err;

    if (config->public_key_id.len == 0 && config->public_key.len == 0) {
        return config->mode == WECHAT_PUBLIC_KEY
                   ? channel_refuse(refusal, ERR_FIELD_REQUIRED, "config.public_key_id",
                                    "the mode public_key needs it")
                   : ERR_OK;
    }
    if (!str_starts(config->public_key_id, STR("PUB_KEY_ID_"))) {
        return channel_refuse(refusal, ERR_FIELD_FORMAT, "config.public_key_id",
                              "must begin with PUB_KEY_ID_");
    }
    err = crypto_public_key(CRYPTO_RSA_SHA256, config->public_key, &key);
    if (err != ERR_OK) {
        return channel_refuse(refusal, err, "config.public_key", "");
    }
    keys->public_key_id = str_dup(keys->arena, config->public_key_id);
    keys->platform[keys->platform_count++] =
        (struct wechat_platform_key){.serial = keys->public_key_id, .key = key};
    return ERR_OK;
}

static enum err wechat_open(const struct channel_open *in, void **opened,
                            struct json_refusal *refusal)
{
    const struct wechat_config *config = in->config;
    const struct wechat_credentials *credentials = in->credentials;
    const struct secret private_key = {credentials->private_key};
    struct arena *arena = arena_new();
    struct wechat_keys *keys = ARENA_NEW(arena, struct wechat_keys);
    enum err err;

    keys->arena = arena;
    keys->mchid = str_dup(arena, in->account_no);
    keys->appid = str_dup(arena, config->appid);
    keys->base_url = str_dup(arena, in->base_url);
    keys->merchant_serial = str_dup(arena, config->merchant_serial);
    keys->mode = config->mode == 0 ? WECHAT_CERTIFICATE : (enum wechat_mode)config->mode;
    keys->apiv3_key = secret_of(arena, credentials->apiv3_key);
    err = crypto_private_key(CRYPTO_RSA_SHA256, &private_key, &keys->merchant_key);
    if (err != ERR_OK) {
        err = channel_refuse(refusal, err, "credentials.private_key", "");
    } else {
        err = open_public_key(keys, config, refusal);
    }
    if (err != ERR_OK) {
        wechat_close(keys);
        return err;
    }
    wechat__learn(keys, in->learned);
    *opened = keys;
    return ERR_OK;
}

static const struct channel_method methods[] = {{"wechat_native", "qr_code"}, {NULL, NULL}};
static const enum currency currencies[] = {CURRENCY_CNY, CURRENCY_NONE};

const struct channel_adapter channel_wechat_adapter = {
    .name = "wechat",
    .methods = methods,
    .operations = CHANNEL_OP_CREATE | CHANNEL_OP_QUERY | CHANNEL_OP_CLOSE,
    .currencies = currencies,
    .amount_min = {1},
    .amount_max = {INT64_C(100000000000)},
    .order_no_min = 6,
    .order_no_max = 32,
    .expiry_max_ms = TIME_DAY_MS,
    .base_url = "https://api.mch.weixin.qq.com",
    .config = &config_set,
    .config_size = sizeof(struct wechat_config),
    .credentials = &credentials_set,
    .credentials_size = sizeof(struct wechat_credentials),
    .callback_headers = wechat__callback_headers,
    .open = wechat_open,
    .close = wechat_close,
    .request = wechat__request,
    .answer = wechat__answer,
    .callback = wechat__callback,
    .callback_reply = wechat__callback_reply,
    .refresh_due = wechat__refresh_due,
    .refresh_request = wechat__refresh_request,
    .refresh_answer = wechat__refresh_answer,
};
