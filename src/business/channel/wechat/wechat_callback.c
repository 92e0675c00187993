/* Callbacks: verified over the bytes as received, then decrypted with the APIv3 key. */
#include "base/encode.h"
#include "business/channel/wechat/wechat_int.h"

const char *const wechat__callback_headers[] = {
    "Wechatpay-Timestamp", "Wechatpay-Nonce",          "Wechatpay-Serial",
    "Wechatpay-Signature", "Wechatpay-Signature-Type", NULL,
};

enum err wechat__decrypt(struct arena *arena, const struct wechat_keys *keys,
                         const json_t *resource, struct str *plain)
{
    struct str cipher;

    if (!str_eq(channel_json_text(arena, resource, "algorithm"), STR("AEAD_AES_256_GCM"))) {
        return ERR_CRYPTO_DECRYPT;
    }
    TRY(base64_decode(arena, channel_json_text(arena, resource, "ciphertext"), &cipher));
    return crypto_gcm_decrypt(arena, &keys->apiv3_key, channel_json_text(arena, resource, "nonce"),
                              channel_json_text(arena, resource, "associated_data"), cipher, plain);
}

static enum channel_trust distrust(struct channel_result *out, struct str why)
{
    out->detail = why;
    return CHANNEL_UNTRUSTED;
}

static enum channel_trust read_resource(struct arena *arena, const struct wechat_keys *keys,
                                        const json_t *resource, struct channel_result *out)
{
    struct json_refusal refusal;
    enum channel_trust trust;
    struct str plain;
    json_t *transaction;

    if (wechat__decrypt(arena, keys, resource, &plain) != ERR_OK) {
        return distrust(out, STR("its resource cannot be decrypted"));
    }
    if (json_parse(plain, &transaction, &refusal) != ERR_OK) {
        return distrust(out, STR("its resource is not JSON"));
    }
    trust = wechat__read_transaction(arena, keys, transaction, out);
    json_decref(transaction);
    return trust;
}

enum channel_trust wechat__callback(struct arena *arena, const void *opened,
                                    const struct channel_callback *in, struct channel_result *out)
{
    const struct wechat_keys *keys = opened;
    const struct wechat_signed text = {in->headers, in->header_count, in->body, in->now_ms};
    enum channel_trust trust = wechat__verify(arena, keys, &text, out);
    struct json_refusal refusal;
    const json_t *resource;
    json_t *body;

    if (trust != CHANNEL_TRUSTED) {
        return trust;
    }
    if (json_parse(in->body, &body, &refusal) != ERR_OK) {
        return distrust(out, STR("it is not JSON"));
    }
    resource = json_object_get(body, "resource");
    if (str_eq(channel_json_text(arena, body, "event_type"), STR("TRANSACTION.SUCCESS")) &&
        str_eq(channel_json_text(arena, resource, "original_type"), STR("transaction"))) {
        trust = read_resource(arena, keys, resource, out);
    } else {
        /* Profit sharing, refunds and transfers come to the same place; none is asked for yet. */
        out->outcome = CHANNEL_UNKNOWN;
        out->detail = STR("an event of another kind");
    }
    json_decref(body);
    return trust;
}

void wechat__callback_reply(struct arena *arena, enum err err, struct channel_callback_reply *out)
{
    if (err == ERR_OK) {
        out->status = 204;
        return;
    }
    out->status = err_status(err);
    out->content_type = "application/json";
    out->body = str_printf(arena, "{\"code\":\"FAIL\",\"message\":\"%s\"}", err_text(err));
}
