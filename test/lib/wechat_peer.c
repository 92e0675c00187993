#include "test/lib/wechat_peer.h"
#include "base/encode.h"
#include "base/time.h"

struct wechat_peer wechat_peer(struct arena *arena)
{
    int64_t from = WECHAT_PEER_NOW_MS - TIME_DAY_MS, to = WECHAT_PEER_NOW_MS + 365 * TIME_DAY_MS;

    return (struct wechat_peer){
        .arena = arena,
        .merchant = test_certificate(arena, from, to),
        .platform = test_certificate(arena, from, to),
        .public_key = test_certificate(arena, from, to),
    };
}

static struct str quoted(struct arena *arena, struct str text)
{
    struct buf buf;

    buf_init_arena(&buf, arena, 6 * text.len + 2);
    json_print_text(&buf, text);
    return buf_str(&buf);
}

static struct str base64(struct arena *arena, struct str bytes)
{
    struct buf buf;

    buf_init_arena(&buf, arena, 2 * bytes.len + 4);
    base64_encode(&buf, bytes);
    return buf_str(&buf);
}

struct channel_account wechat_peer_account(const struct wechat_peer *peer, const char *mode)
{
    return (struct channel_account){
        .id = 1,
        .channel = STR("wechat"),
        .name = STR("test"),
        .account_no = STR(WECHAT_PEER_MCHID),
        .base_url = STR("https://api.mch.weixin.qq.com"),
        .config = str_printf(peer->arena,
                             "{\"appid\":\"" WECHAT_PEER_APPID "\",\"merchant_serial\":\"" STR_FMT
                             "\",\"mode\":\"%s\",\"public_key_id\":\"" WECHAT_PEER_PUB_KEY_ID
                             "\",\"public_key\":" STR_FMT "}",
                             STR_ARG(peer->merchant.serial), mode,
                             STR_ARG(quoted(peer->arena, peer->public_key.public_pem))),
    };
}

struct str wechat_peer_credentials(const struct wechat_peer *peer)
{
    return str_printf(peer->arena,
                      "{\"private_key\":" STR_FMT ",\"apiv3_key\":\"" WECHAT_PEER_APIV3_KEY "\"}",
                      STR_ARG(quoted(peer->arena, peer->merchant.private_pem)));
}

/* What refresh_answer would have given for these certificates. */
static struct str learned_of(const struct wechat_peer *peer,
                             const struct test_certificate *certificates, size_t count)
{
    struct buf buf;

    buf_init_arena(&buf, peer->arena, 64 * 1024);
    buf_printf(&buf, "{\"fetched_at_ms\":%lld,\"certificates\":[", (long long)WECHAT_PEER_NOW_MS);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&buf, "%s{\"serial\":\"" STR_FMT "\",\"pem\":" STR_FMT "}", i > 0 ? "," : "",
                   STR_ARG(certificates[i].serial),
                   STR_ARG(quoted(peer->arena, certificates[i].pem)));
    }
    buf_add(&buf, STR("]}"));
    return buf_str(&buf);
}

void *wechat_peer_open(const struct wechat_peer *peer, const char *mode, bool bare)
{
    const struct channel_account account = wechat_peer_account(peer, mode);
    struct str learned = bare ? STR("") : learned_of(peer, &peer->platform, 1);
    struct json_refusal refusal;
    void *opened = NULL;

    CHECK(channel_account_open(&account, wechat_peer_credentials(peer), learned, &opened,
                               &refusal) == ERR_OK);
    return opened;
}

struct http_header *wechat_peer_sign(const struct wechat_peer *peer,
                                     const struct test_certificate *by, struct str serial,
                                     int64_t at_ms, struct str body)
{
    static const char nonce[] = "593BEC0C930BF1AFEB40B4A08C8FB242";
    const struct secret pem = secret_of(peer->arena, by->private_pem);
    struct http_header *headers = ARENA_ARRAY(peer->arena, struct http_header, WECHAT_PEER_HEADERS);
    struct str timestamp = str_printf(peer->arena, "%lld", (long long)(at_ms / 1000));
    struct str text = str_printf(peer->arena, STR_FMT "\n%s\n" STR_FMT "\n", STR_ARG(timestamp),
                                 nonce, STR_ARG(body));
    struct crypto_key *key;
    struct str signature;

    CHECK(crypto_private_key(CRYPTO_RSA_SHA256, &pem, &key) == ERR_OK);
    CHECK(crypto_sign(peer->arena, key, text, &signature) == ERR_OK);
    crypto_key_free(key);
    headers[0] = (struct http_header){STR("wechatpay-timestamp"), timestamp};
    headers[1] = (struct http_header){STR("Wechatpay-Nonce"), str_of(nonce)};
    headers[2] = (struct http_header){STR("Wechatpay-Serial"), serial};
    headers[3] = (struct http_header){STR("Wechatpay-Signature"), base64(peer->arena, signature)};
    return headers;
}

struct http_call wechat_peer_answer(const struct wechat_peer *peer, int status, struct str body)
{
    return (struct http_call){
        .status = status,
        .answer = body,
        .answer_headers = wechat_peer_sign(peer, &peer->platform, peer->platform.serial,
                                           WECHAT_PEER_NOW_MS, body),
        .answer_header_count = WECHAT_PEER_HEADERS,
    };
}

struct str wechat_peer_encrypt(const struct wechat_peer *peer, const char *aad,
                               const char *original_type, struct str plain)
{
    const struct secret key = secret_of(peer->arena, STR(WECHAT_PEER_APIV3_KEY));
    struct str cipher;

    CHECK(crypto_gcm_encrypt(peer->arena, &key, STR("fdasflkja484"), str_of(aad), plain, &cipher) ==
          ERR_OK);
    return str_printf(peer->arena,
                      "{\"algorithm\":\"AEAD_AES_256_GCM\",\"nonce\":\"fdasflkja484\","
                      "\"associated_data\":\"%s\",\"original_type\":\"%s\",\"ciphertext\":"
                      "\"" STR_FMT "\"}",
                      aad, original_type, STR_ARG(base64(peer->arena, cipher)));
}

struct str wechat_peer_transaction(const struct wechat_peer *peer, const char *trade_state)
{
    return str_printf(peer->arena,
                      "{\"appid\":\"" WECHAT_PEER_APPID "\",\"mchid\":\"" WECHAT_PEER_MCHID "\","
                      "\"out_trade_no\":\"T202611220001\","
                      "\"transaction_id\":\"4200001234202611220123456789\","
                      "\"trade_type\":\"NATIVE\",\"trade_state\":\"%s\","
                      "\"trade_state_desc\":\"state\",\"bank_type\":\"CMC\",\"attach\":\"\","
                      "\"success_time\":\"2026-09-21T21:33:20+08:00\","
                      "\"payer\":{\"openid\":\"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o\"},"
                      "\"amount\":{\"total\":1288,\"payer_total\":1200,\"currency\":\"CNY\","
                      "\"payer_currency\":\"CNY\"},\"promotion_detail\":[]}",
                      trade_state);
}

struct str wechat_peer_event(const struct wechat_peer *peer, const char *event_type,
                             struct str resource)
{
    return str_printf(peer->arena,
                      "{\"id\":\"EV-2018022511223320873\",\"create_time\":"
                      "\"2026-09-21T21:33:20+08:00\",\"resource_type\":\"encrypt-resource\","
                      "\"event_type\":\"%s\",\"summary\":\"paid\",\"resource\":" STR_FMT "}",
                      event_type, STR_ARG(resource));
}

struct str wechat_peer_certificates(const struct wechat_peer *peer,
                                    const struct test_certificate *certificates, size_t count)
{
    struct buf buf;

    buf_init_arena(&buf, peer->arena, 64 * 1024);
    buf_add(&buf, STR("{\"data\":["));
    for (size_t i = 0; i < count; i++) {
        buf_printf(&buf,
                   "%s{\"serial_no\":\"" STR_FMT "\",\"effective_time\":"
                   "\"2026-09-20T10:34:56+08:00\",\"expire_time\":\"2027-09-20T10:34:56+08:00\","
                   "\"encrypt_certificate\":" STR_FMT "}",
                   i > 0 ? "," : "", STR_ARG(certificates[i].serial),
                   STR_ARG(wechat_peer_encrypt(peer, "certificate", "", certificates[i].pem)));
    }
    buf_add(&buf, STR("]}"));
    return buf_str(&buf);
}
