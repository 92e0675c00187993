/* Signatures of APIv3: RSASSA-PKCS1-v1_5 with SHA-256 over lines of text, in both directions. */
#include "base/encode.h"
#include "business/channel/wechat/wechat_int.h"

#define SCHEMA "WECHATPAY2-SHA256-RSA2048"

void wechat__sign_request(struct arena *arena, const struct wechat_keys *keys,
                          const struct channel_ask *ask, struct str path, struct http_call *out)
{
    struct str timestamp = str_printf(arena, "%lld", (long long)(ask->now_ms / TIME_SECOND_MS));
    struct str sent_path, text, signature = STR("");
    struct buf base64;

    out->url = channel_url(arena, keys->base_url, path, &sent_path);
    text = str_printf(arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n",
                      STR_ARG(out->method), STR_ARG(sent_path), STR_ARG(timestamp),
                      STR_ARG(ask->nonce), STR_ARG(out->body));
    CHECK(crypto_sign(arena, keys->merchant_key, text, &signature) == ERR_OK);
    buf_init_arena(&base64, arena, 2048);
    base64_encode(&base64, signature);
    http_call_header(out, STR("Authorization"),
                     str_printf(arena,
                                SCHEMA " mchid=\"" STR_FMT "\",nonce_str=\"" STR_FMT
                                       "\",timestamp=\"" STR_FMT "\",serial_no=\"" STR_FMT
                                       "\",signature=\"" STR_FMT "\"",
                                STR_ARG(keys->mchid), STR_ARG(ask->nonce), STR_ARG(timestamp),
                                STR_ARG(keys->merchant_serial), STR_ARG(buf_str(&base64))));
    http_call_header(out, STR("Accept"), STR("application/json"));
    http_call_header(out, STR("User-Agent"), STR("tomato/1.0"));
    if (out->body.len > 0) {
        http_call_header(out, STR("Content-Type"), STR("application/json"));
    }
    if (keys->mode == WECHAT_PUBLIC_KEY) {
        http_call_header(out, STR("Wechatpay-Serial"), keys->public_key_id);
    }
}

static const struct wechat_platform_key *find_key(const struct wechat_keys *keys, struct str serial,
                                                  int64_t now_ms)
{
    for (size_t i = 0; i < keys->platform_count; i++) {
        const struct wechat_platform_key *key = &keys->platform[i];

        if (str_eq(key->serial, serial)) {
            return key->expires_at_ms != 0 && key->expires_at_ms <= now_ms ? NULL : key;
        }
    }
    return NULL;
}

static enum channel_trust distrust(struct channel_result *out, struct str why)
{
    out->detail = why;
    return CHANNEL_UNTRUSTED;
}

bool wechat__is_signed(const struct wechat_signed *in)
{
    return channel_header(in->headers, in->header_count, "Wechatpay-Signature").len > 0;
}

enum channel_trust wechat__verify(struct arena *arena, const struct wechat_keys *keys,
                                  const struct wechat_signed *in, struct channel_result *out)
{
    struct str timestamp = channel_header(in->headers, in->header_count, "Wechatpay-Timestamp");
    struct str nonce = channel_header(in->headers, in->header_count, "Wechatpay-Nonce");
    struct str serial = channel_header(in->headers, in->header_count, "Wechatpay-Serial");
    struct str base64 = channel_header(in->headers, in->header_count, "Wechatpay-Signature");
    struct str type = channel_header(in->headers, in->header_count, "Wechatpay-Signature-Type");
    int64_t at_s, now_s = in->now_ms / TIME_SECOND_MS;
    const struct wechat_platform_key *key;
    struct str signature, text;

    if (nonce.len == 0 || serial.len == 0 || base64.len == 0 ||
        str_parse_int(timestamp, &at_s) != ERR_OK) {
        return distrust(out, STR("it is not signed"));
    }
    if (at_s <= now_s - WECHAT_WINDOW_S || at_s >= now_s + WECHAT_WINDOW_S) {
        return distrust(out, STR("its timestamp is outside the window"));
    }
    /* WeChat Pay sends wrong signatures now and then to see that they are refused. */
    if (str_starts(base64, STR("WECHATPAY/SIGNTEST/"))) {
        return distrust(out, STR("it is WeChat Pay's signature probe"));
    }
    if (type.len > 0 && !str_eq(type, STR(SCHEMA))) {
        return distrust(out, STR("its signature type is not known"));
    }
    key = find_key(keys, serial, in->now_ms);
    if (key == NULL) {
        out->detail = STR("it is signed with a key that is not known");
        return str_starts(serial, STR("PUB_KEY_ID_")) ? CHANNEL_UNTRUSTED : CHANNEL_KEY_UNKNOWN;
    }
    text = str_printf(arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(timestamp),
                      STR_ARG(nonce), STR_ARG(in->body));
    if (base64_decode(arena, base64, &signature) != ERR_OK ||
        crypto_verify(key->key, text, signature) != ERR_OK) {
        return distrust(out, STR("its signature does not match"));
    }
    out->evidence = channel_evidence(arena, text);
    return CHANNEL_TRUSTED;
}
