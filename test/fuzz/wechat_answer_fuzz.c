/* An answer with a valid signature and any text is judged without a crash; a success always comes
 * with number, amount and merchant. The first byte chooses what was asked and the status; the rest
 * is the body, also tried as a plain transaction and as a list of certificates. */
#include "test/lib/wechat_peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *keys_arena;
static struct wechat_peer peer;
static void *opened;

static void open_once(void)
{
    if (opened == NULL) {
        keys_arena = arena_new();
        peer = wechat_peer(keys_arena);
        opened = wechat_peer_open(&peer, "certificate", false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 204, 400, 401, 403, 404};
    static const enum channel_op ops[] = {CHANNEL_OP_CREATE, CHANNEL_OP_QUERY, CHANNEL_OP_CLOSE};
    const struct channel_order order = {.order_no = STR("T202611220001")};
    struct channel_result result = {.outcome = CHANNEL_UNKNOWN};
    struct arena *arena = arena_new();
    struct wechat_peer signer;
    struct http_call answer;
    struct str learned;

    open_once();
    if (size > 0) {
        const struct channel_ask ask = {
            .op = ops[data[0] % ARRAY_LEN(ops)], .order = &order, .now_ms = WECHAT_PEER_NOW_MS};

        signer = peer;
        signer.arena = arena;
        answer = wechat_peer_answer(&signer, statuses[data[0] / 3 % ARRAY_LEN(statuses)],
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
