#include "base/encode.h"
#include "business/merchant/merchant_int.h"

static const struct conf_row conf_rows[] = {
    {
        .key = "merchant.collect_licence",
        .type = CONF_BOOL,
        .value = "false",
        .help = "The operator has the licence to hold merchants' money: fund mode collect is "
                "allowed",
    },
};

bool merchant_collect_allowed(const struct app *app)
{
    return conf_bool(app->conf, "merchant.collect_licence");
}

static struct str secret_label(struct arena *arena, int64_t endpoint_id)
{
    return str_printf(arena, "merchant_endpoint.secret:%lld", (long long)endpoint_id);
}

void merchant__endpoint_secret_make(struct app *app, struct arena *arena, int64_t endpoint_id,
                                    struct secret *plain, struct str *sealed)
{
    unsigned char random[32];
    struct buf text;

    crypto_random(random, sizeof(random));
    buf_init_arena(&text, arena, 64);
    buf_add(&text, STR("whsec_"));
    base64_encode(&text, (struct str){(const char *)random, sizeof(random)});
    explicit_bzero(random, sizeof(random));
    *plain = secret_of(arena, buf_str(&text));
    *sealed = vault_seal(app->vault, arena, secret_label(arena, endpoint_id), plain);
}

static enum err signing_key(struct app *app, struct arena *arena, int64_t endpoint_id,
                            struct str sealed, struct secret *key)
{
    struct secret plain;
    struct str text, raw;

    TRY(vault_unseal(app->vault, arena, secret_label(arena, endpoint_id), sealed, &plain));
    text = secret_bytes(&plain);
    if (!str_starts(text, STR("whsec_"))) {
        return ERR_CRYPTO_KEY;
    }
    TRY(base64_decode(arena, str_slice(text, 6, text.len), &raw));
    *key = secret_of(arena, raw);
    return ERR_OK;
}

enum err merchant_endpoint_secrets(struct app *app, struct arena *arena,
                                   const struct merchant_endpoint *endpoint, int64_t at_ms,
                                   struct secret keys[2], size_t *count)
{
    *count = 0;
    TRY(signing_key(app, arena, endpoint->id, endpoint->secret, &keys[0]));
    *count = 1;
    if (endpoint->previous_secret.len > 0 && at_ms < endpoint->previous_until_ms) {
        TRY(signing_key(app, arena, endpoint->id, endpoint->previous_secret, &keys[1]));
        *count = 2;
    }
    return ERR_OK;
}

const struct module merchant_module = {
    .name = "merchant",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &merchant__store,
    .routes = merchant__routes,
};
