/* Server-sent events. A stream without news is suspended in libmicrohttpd, where nobody notices
 * that the client has gone; a comment now and then finds out, and keeps proxies from closing. */
#include "platform/http/http_int.h"

enum { SSE_BUFFER_MAX = 64 * 1024, SSE_BLOCK = 4096, SSE_HEARTBEAT_MS = 15 * 1000 };

struct sse {
    struct exchange *exchange;
    struct sse *prev; /* in server->streams */
    struct sse *next;
    struct buf pending;
    size_t sent; /* of pending */
    void (*closed)(struct sse *sse, void *ctx);
    void *ctx;
    bool suspended;
    bool ended;
    bool cut;
};

static ssize_t read_pending(void *ctx, uint64_t at, char *out, size_t max)
{
    struct sse *sse = ctx;
    size_t left = sse->pending.len - sse->sent;
    size_t len = left < max ? left : max;

    (void)at;
    if (sse->cut) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (len == 0 && sse->ended) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (len == 0) {
        sse->suspended = true;
        MHD_suspend_connection(sse->exchange->mhd);
        return 0;
    }
    memcpy(out, sse->pending.ptr + sse->sent, len);
    sse->sent += len;
    if (sse->sent == sse->pending.len) {
        buf_reset(&sse->pending);
        sse->sent = 0;
    }
    return (ssize_t)len;
}

static void wake(struct sse *sse)
{
    if (sse->suspended) {
        sse->suspended = false;
        MHD_resume_connection(sse->exchange->mhd);
        server_run_soon(sse->exchange->server);
    }
}

static void make_room(struct sse *sse)
{
    if (sse->sent > 0) {
        sse->pending.len -= sse->sent;
        memmove(sse->pending.ptr, sse->pending.ptr + sse->sent, sse->pending.len);
        sse->sent = 0;
    }
}

/* What does not fit is a client that does not read. */
static void wake_or_cut(struct sse *sse)
{
    if (!buf_ok(&sse->pending)) {
        sse->cut = true;
        connection_cut(sse->exchange->connection);
    }
    wake(sse);
}

void sse_send(struct sse *sse, const char *event, struct str data)
{
    struct str line;
    bool more;

    CHECK(loop_is_current(sse->exchange->server->loop));
    if (sse->ended || sse->cut) {
        return;
    }
    make_room(sse);
    buf_printf(&sse->pending, "event: %s\n", event);
    do {
        more = str_cut(&data, '\n', &line);
        buf_add(&sse->pending, STR("data: "));
        buf_add(&sse->pending, line);
        buf_add_char(&sse->pending, '\n');
    } while (more);
    buf_add_char(&sse->pending, '\n');
    wake_or_cut(sse);
}

void sse_end(struct sse *sse)
{
    sse->ended = true;
    wake(sse);
}

void sse_end_all(struct http_server *server)
{
    for (struct sse *sse = server->streams; sse != NULL; sse = sse->next) {
        sse_end(sse);
    }
}

void sse_heartbeat(struct loop_timer *timer)
{
    struct http_server *server =
        (struct http_server *)(void *)((char *)timer - offsetof(struct http_server, heartbeat));

    for (struct sse *sse = server->streams; sse != NULL; sse = sse->next) {
        if (!sse->ended && !sse->cut) {
            make_room(sse);
            buf_add(&sse->pending, STR(":\n\n"));
            wake_or_cut(sse);
        }
    }
    if (server->streams != NULL) {
        loop_timer_set(timer, SSE_HEARTBEAT_MS);
    }
}

struct reply *reply_sse(struct request *req, void (*closed)(struct sse *sse, void *ctx), void *ctx,
                        struct sse **out)
{
    struct reply *reply = reply_text(req, 200, "text/event-stream", (struct str){"", 0});
    struct exchange *exchange = (struct exchange *)req;
    struct http_server *server = exchange->server;
    struct sse *sse = ARENA_NEW(req->arena, struct sse);

    CHECK(exchange->sse == NULL);
    reply_header(reply, "Cache-Control", STR("no-store"));
    sse->exchange = exchange;
    sse->closed = closed;
    sse->ctx = ctx;
    sse->ended = server->draining;
    buf_init(&sse->pending, SSE_BUFFER_MAX);
    sse->next = server->streams;
    if (sse->next != NULL) {
        sse->next->prev = sse;
    }
    server->streams = sse;
    if (!server->heartbeat.active) {
        loop_timer_set(&server->heartbeat, SSE_HEARTBEAT_MS);
    }
    exchange->sse = sse;
    reply->sse = sse;
    *out = sse;
    return reply;
}

struct MHD_Response *sse_response(struct sse *sse)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SSE_BLOCK, read_pending, sse, NULL);
}

void sse_closed(struct sse *sse)
{
    if (sse->prev == NULL) {
        sse->exchange->server->streams = sse->next;
    } else {
        sse->prev->next = sse->next;
    }
    if (sse->next != NULL) {
        sse->next->prev = sse->prev;
    }
    sse->closed(sse, sse->ctx);
    buf_free(&sse->pending);
}
