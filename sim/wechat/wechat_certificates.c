/* GET /v3/certificates: the platform's certificates, sealed with the merchant's APIv3 key. */
#include "base/time.h"
#include "sim/wechat/wechat_int.h"

#define FIVE_YEARS_MS (5 * 365 * TIME_DAY_MS)

static void print_certificate(struct buf *body, const struct wechat_call *call,
                              const struct wechat_key *key)
{
    char nonce[SIM_GCM_NONCE_LEN + 1];
    struct sim_seal seal = {.key = secret_bytes(&call->merchant->key), .aad = STR("certificate")};

    sim_random_hex(nonce, SIM_GCM_NONCE_LEN);
    seal.nonce = str_of(nonce);
    buf_printf(body, "{\"serial_no\":\"%s\",\"effective_time\":\"", key->name);
    time_print_shanghai(body, key->from_ms);
    buf_add(body, STR("\",\"expire_time\":\""));
    time_print_shanghai(body, key->from_ms + FIVE_YEARS_MS);
    buf_printf(body,
               "\",\"encrypt_certificate\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"nonce\":\"%s\","
               "\"associated_data\":\"certificate\",\"ciphertext\":\"",
               nonce);
    buf_add(body, sim_seal(call->req->arena, &seal, key->certificate_pem));
    buf_add(body, STR("\"}}"));
}

/* The newest first. A merchant that works with the public key has no certificates. */
struct reply *wechat__certificates(const struct wechat_call *call)
{
    const struct wechat_keys *keys = call->sim->wechat_keys;
    struct buf body;

    if (call->merchant->mode == SIM_MODE_PUBLIC_KEY) {
        return wechat__error(call, 404, "RESOURCE_NOT_EXISTS",
                             "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。");
    }
    buf_init_arena(&body, call->req->arena, WECHAT_ANSWER_MAX);
    buf_add(&body, STR("{\"data\":["));
    for (size_t i = keys->certificate_count; i > 0; i--) {
        print_certificate(&body, call, &keys->certificates[i - 1]);
        if (i > 1) {
            buf_add_char(&body, ',');
        }
    }
    buf_add(&body, STR("]}"));
    CHECK(buf_ok(&body));
    return reply_json(call->req, 200, buf_str(&body));
}
