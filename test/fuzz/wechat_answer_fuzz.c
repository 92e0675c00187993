/* An answer with a valid signature and any text is judged without a crash; a success always comes
 * with number, amount and merchant. The first byte chooses what was asked and the status, the rest
 * is the body; it is tried as a list of certificates as well. */
#include "base/encode.h"
#include "test/lib/wechat_peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *opened;
static struct crypto_key *key; /* WeChat Pay's; opened once, for speed */
static struct str serial;

static void open_once(void)
{
    static struct arena *arena; /* keeps what the keys point into */

    if (opened == NULL) {
        struct wechat_peer peer;
        struct secret pem;

        arena = arena_new();
        peer = wechat_peer(arena);
        pem = secret_of(arena, peer.platform.private_pem);
        serial = peer.platform.serial;
        CHECK(crypto_private_key(CRYPTO_RSA_SHA256, &pem, &key) == ERR_OK);
        opened = wechat_peer_open(&peer, "certificate", false);
    }
}

static struct http_call answer_of(struct arena *arena, int status, struct str body)
{
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, WECHAT_PEER_HEADERS);
    struct str at = str_printf(arena, "%lld", (long long)(WECHAT_PEER_NOW_MS / 1000));
    struct buf base64;
    struct str signature;

    CHECK(
        crypto_sign(arena, key,
                    str_printf(arena, STR_FMT "\nnonce\n" STR_FMT "\n", STR_ARG(at), STR_ARG(body)),
                    &signature) == ERR_OK);
    buf_init_arena(&base64, arena, 1024);
    base64_encode(&base64, signature);
    headers[0] = (struct http_header){STR("Wechatpay-Timestamp"), at};
    headers[1] = (struct http_header){STR("Wechatpay-Nonce"), STR("nonce")};
    headers[2] = (struct http_header){STR("Wechatpay-Serial"), serial};
    headers[3] = (struct http_header){STR("Wechatpay-Signature"), buf_str(&base64)};
    return (struct http_call){
        .status = status,
        .answer = body,
        .answer_headers = headers,
        .answer_header_count = WECHAT_PEER_HEADERS,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 204, 400, 401, 403, 404};
    static const enum channel_op ops[] = {CHANNEL_OP_CREATE, CHANNEL_OP_QUERY, CHANNEL_OP_CLOSE};
    const struct channel_order order = {.order_no = STR("T202611220001")};
    struct channel_result result = {.outcome = CHANNEL_UNKNOWN};
    struct arena *arena = arena_new();
    struct str learned;

    open_once();
    if (size > 0) {
        const struct channel_ask ask = {
            .op = ops[data[0] % ARRAY_LEN(ops)], .order = &order, .now_ms = WECHAT_PEER_NOW_MS};
        struct http_call answer =
            answer_of(arena, statuses[data[0] / ARRAY_LEN(ops) % ARRAY_LEN(statuses)],
                      (struct str){(const char *)data + 1, size - 1});

        if (channel_wechat_adapter.answer(arena, opened, &ask, &answer, &result) ==
                CHANNEL_TRUSTED &&
            result.outcome == CHANNEL_SUCCEEDED) {
            CHECK(result.transaction_no.len > 0 && result.amount.minor > 0 &&
                  result.account_no.len > 0 && result.order_no.len > 0);
        }
        answer.status = 200;
        (void)!channel_wechat_adapter.refresh_answer(arena, opened, &ask, &answer, &learned);
    }
    arena_free(arena);
    return 0;
}
