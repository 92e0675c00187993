/* Whatever comes in as a callback is judged without a crash, and is not believed: the fuzzer has no
 * key of WeChat Pay's. The input is cut at NUL bytes into five headers and the body. */
#include "test/lib/wechat_peer.h"

enum { HEADERS = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *keys_arena;
static void *opened;

static void open_once(void)
{
    if (opened == NULL) {
        struct wechat_peer peer;

        keys_arena = arena_new();
        peer = wechat_peer(keys_arena);
        opened = wechat_peer_open(&peer, "certificate", false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct http_header headers[HEADERS];
    struct channel_result result = {.outcome = CHANNEL_UNKNOWN};
    struct arena *arena = arena_new();

    open_once();
    for (size_t i = 0; i < HEADERS; i++) {
        headers[i].name = str_of(channel_wechat_adapter.callback_headers[i]);
        str_cut(&rest, '\0', &headers[i].value);
    }
    const struct channel_callback callback = {
        .headers = headers,
        .header_count = HEADERS,
        .target = STR("/notify/wechat/cha_0DQ4C5T3K8Z2M"),
        .body = rest,
        .now_ms = WECHAT_PEER_NOW_MS,
    };
    CHECK(channel_wechat_adapter.callback(arena, opened, &callback, &result) != CHANNEL_TRUSTED);
    arena_free(arena);
    return 0;
}
