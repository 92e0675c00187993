/* One request from its first line to the last byte of its answer: libmicrohttpd's callbacks. */
#include "platform/http/http_int.h"

#include <stdio.h>
#include <sys/socket.h>

static const char *const status_classes[] = {"2xx", "3xx", "4xx", "5xx", NULL};
struct metric http_requests_metric = {
    .name = "tomato_http_request_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "Time from the request line to the end of the answer, by status class",
    .label_name = "status",
    .labels = status_classes,
};

/* What reply_later() returns; never sent. */
static struct reply later;

/* ---- begin and end ---- */

static struct exchange *exchange_take(struct http_server *server)
{
    struct exchange *exchange = server->free_exchanges;
    struct arena *arena;

    if (exchange != NULL) {
        server->free_exchanges = exchange->next_free;
        server->free_count--;
        arena = exchange->req.arena;
    } else {
        exchange = mem_new(sizeof(*exchange));
        arena = arena_new();
    }
    *exchange = (struct exchange){
        .req = {.arena = arena, .loop = server->loop, .app = server->options.app},
        .server = server,
        .state = EXCHANGE_HEADERS,
    };
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    arena_free(exchange->req.arena);
    mem_free(exchange);
}

static void exchange_give_back(struct exchange *exchange)
{
    struct http_server *server = exchange->server;

    if (server->stopped || server->free_count == HTTP_EXCHANGES_KEPT) {
        exchange_free(exchange);
        return;
    }
    arena_reset(exchange->req.arena);
    exchange->next_free = server->free_exchanges;
    server->free_exchanges = exchange;
    server->free_count++;
}

/* "req_" and 20 characters of base32: 45 bits of time, 55 of chance. */
static void make_request_id(struct http_server *server, int64_t now_ms, char out[32])
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t mixed = server->id_random += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t time = (uint64_t)now_ms;

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    mixed ^= mixed >> 31;
    memcpy(out, "req_", 4);
    for (int i = 12; i >= 4; i--, time >>= 5) {
        out[i] = digits[time & 31];
    }
    for (int i = 23; i > 12; i--, mixed >>= 5) {
        out[i] = digits[mixed & 31];
    }
    out[24] = '\0';
}

void *exchange_begin(void *server_ptr, const char *uri, struct MHD_Connection *mhd)
{
    struct http_server *server = server_ptr;
    struct exchange *exchange = exchange_take(server);
    struct request *req = &exchange->req;

    exchange->mhd = mhd;
    exchange->connection = connection_of(mhd);
    exchange->connection->exchange = exchange;
    server->in_flight++;
    req->received_ms = loop_now_ms(server->loop);
    req->received_monotonic_us = loop_monotonic_us(server->loop);
    req->target = str_dup(req->arena, str_of(uri));
    req->query = req->target;
    (void)str_cut(&req->query, '?', &req->path);
    req->peer = str_dup(req->arena, str_of(exchange->connection->peer));
    make_request_id(server, req->received_ms, req->trace.request_id);
    if (exchange->connection->phase == PHASE_IDLE) {
        connection_phase(exchange->connection, PHASE_HEADERS);
    }
    return exchange;
}

static void observe(const struct exchange *exchange, int status)
{
    int class = status / 100;

    metric_observe_us(&http_requests_metric, (size_t)(class - 2),
                      loop_monotonic_us(exchange->server->loop) -
                          exchange->req.received_monotonic_us);
}

void exchange_completed(void *server_ptr, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode how)
{
    struct http_server *server = server_ptr;
    struct exchange *exchange = *context;

    (void)mhd;
    (void)how;
    if (exchange == NULL) {
        return;
    }
    *context = NULL;
    server->in_flight--;
    exchange->connection->exchange = NULL;
    connection_phase(exchange->connection, PHASE_IDLE);
    if (server->draining) { /* the answer may have begun before, without "Connection: close" */
        connection_cut(exchange->connection);
    }
    if (exchange->sse != NULL) {
        sse_closed(exchange->sse);
    }
    if (exchange->state == EXCHANGE_SUSPENDED && exchange->reply == NULL) {
        exchange->state = EXCHANGE_ORPHAN; /* still owed an answer, which nobody will get */
        exchange->connection = NULL;
        exchange->mhd = NULL;
        server->orphans++;
        return;
    }
    if (exchange->state == EXCHANGE_REPLIED) {
        observe(exchange, exchange->reply->status);
    }
    exchange_give_back(exchange);
}

/* ---- sending ---- */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    CHECK(MHD_add_response_header(response, name, value) == MHD_YES);
}

static void add_headers(struct MHD_Response *response, const struct exchange *exchange)
{
    const struct reply *reply = exchange->reply;

    if (reply->content_type != NULL) {
        add_header(response, "Content-Type", reply->content_type);
    }
    add_header(response, "Request-Id", exchange->req.trace.request_id);
    for (size_t i = 0; i < reply->header_count; i++) {
        add_header(response, reply->headers[i].name, reply->headers[i].value);
    }
    if (reply->status == 405 && exchange->node != NULL) {
        struct buf methods;

        buf_init_arena(&methods, exchange->req.arena, 256);
        router_print_methods(&methods, exchange->node);
        add_header(response, "Allow", str_cstr(exchange->req.arena, buf_str(&methods)));
    }
    if (reply->close || exchange->server->draining) {
        add_header(response, "Connection", "close");
    }
}

static enum MHD_Result send_reply(struct exchange *exchange)
{
    struct reply *reply = exchange->reply;
    struct MHD_Response *response;
    enum MHD_Result result;

    exchange->state = EXCHANGE_REPLIED;
    if (exchange->before_send != NULL) {
        exchange->before_send(&exchange->req, reply);
    }
    /* The body is not copied: it lives in the arena until the exchange is completed. */
    response =
        reply->sse != NULL
            ? sse_response(reply->sse)
            : MHD_create_response_from_buffer(reply->body.len, (void *)(uintptr_t)reply->body.ptr,
                                              MHD_RESPMEM_PERSISTENT);
    CHECK(response != NULL);
    add_headers(response, exchange);
    connection_phase(exchange->connection, reply->sse != NULL ? PHASE_BUSY : PHASE_SENDING);
    result = MHD_queue_response(exchange->mhd, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Answers before the body has been read; the connection ends with it. */
static enum MHD_Result refuse(struct exchange *exchange, enum err err, const char *detail)
{
    exchange->reply = reply_error_at(&exchange->req, err, NULL, detail);
    exchange->reply->close = true;
    exchange->connection->linger = exchange->content_length > 0;
    return send_reply(exchange);
}

void exchange_refuse_raw(struct exchange *exchange, enum err err)
{
    struct request *req = &exchange->req;
    struct buf body;
    struct buf answer;

    exchange->refused = true;
    observe(exchange, err_status(err));
    if (tls_is_on(exchange->server)) {
        return; /* nothing can be written past the encryption */
    }
    buf_init_arena(&body, req->arena, 4096);
    http__print_error(&body, req, err, NULL, NULL);
    buf_init_arena(&answer, req->arena, 8192);
    buf_printf(&answer,
               "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\nRequest-Id: %s\r\n\r\n",
               err_status(err), MHD_get_reason_phrase_for((unsigned)err_status(err)), body.len,
               req->trace.request_id);
    buf_add(&answer, buf_str(&body));
    (void)send(exchange->connection->fd, answer.ptr, answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(exchange->connection->fd, SHUT_WR);
    exchange->connection->linger = true;
}

/* ---- receiving ---- */

static size_t body_max_of(const struct exchange *exchange)
{
    const struct route *route = exchange->req.route;
    struct str method = exchange->req.method;

    if (route != NULL && route->body_max > 0) {
        return route->body_max;
    }
    return route == NULL || str_eq(method, STR("POST")) || str_eq(method, STR("PUT")) ||
                   str_eq(method, STR("PATCH"))
               ? HTTP_BODY_MAX_DEFAULT
               : 0;
}

static void find_route(struct exchange *exchange)
{
    struct request *req = &exchange->req;

    exchange->node = router_find(exchange->server->router, req->path, req->params);
    for (size_t i = 0; i < REQUEST_PARAMS_MAX; i++) {
        bool encoded =
            req->params[i].len > 0 && memchr(req->params[i].ptr, '%', req->params[i].len) != NULL;

        if (encoded && http__decode(req->arena, req->params[i], &req->params[i]) != ERR_OK) {
            exchange->node = NULL;
        }
    }
    if (exchange->node != NULL) {
        req->route = router_method(exchange->node, req->method);
    }
}

static void begin_trace(struct request *req)
{
    struct str parent = request_header(req, "traceparent");
    struct trace_context trace = {.sampled = false};

    if (parent.len > 0) {
        trace_context_from(&trace, parent);
    } else {
        trace_context_make(&trace);
    }
    memcpy(trace.request_id, req->trace.request_id, sizeof(trace.request_id));
    req->trace = trace;
}

static size_t headers_len(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
}

/* The headers are complete. The next call brings the body, or says that all is here. */
static enum MHD_Result receive_headers(struct exchange *exchange, const char *method,
                                       const char *version)
{
    const char *detail;
    enum err err;

    exchange->req.method = str_dup(exchange->req.arena, str_of(method));
    begin_trace(&exchange->req);
    err = strict_check(exchange, version, &detail);
    if (err != ERR_OK) {
        return refuse(exchange, err, detail);
    }
    if (!tls_client_is_verified(exchange->server, exchange->connection, exchange->mhd)) {
        return refuse(exchange, ERR_HTTP_CERTIFICATE, NULL);
    }
    if (headers_len(exchange->mhd) > HTTP_HEADERS_MAX) {
        return refuse(exchange, ERR_HTTP_HEADERS_TOO_LARGE, NULL);
    }
    find_route(exchange);
    exchange->body_max = body_max_of(exchange);
    if (exchange->content_length != SIZE_MAX && exchange->content_length > exchange->body_max) {
        return refuse(exchange, ERR_HTTP_BODY_TOO_LARGE, NULL);
    }
    exchange->state = EXCHANGE_BODY;
    if (exchange->content_length > 0) {
        connection_phase(exchange->connection, PHASE_BODY);
    }
    return MHD_YES;
}

/* Room for more bytes. What was announced is allocated at once only when it is little. */
static void reserve_body(struct exchange *exchange, size_t needed)
{
    size_t size = exchange->body_size * 2;
    char *grown;

    if (needed <= exchange->body_size) {
        return;
    }
    if (exchange->content_length <= HTTP_BODY_MAX_DEFAULT) {
        size = exchange->content_length;
    }
    size = size < exchange->body_max ? size : exchange->body_max;
    size = size > needed ? size : needed;
    grown = arena_alloc(exchange->req.arena, size);
    if (exchange->req.body.len > 0) {
        memcpy(grown, exchange->body, exchange->req.body.len);
    }
    exchange->body = grown;
    exchange->body_size = size;
}

static void receive_body(struct exchange *exchange, const char *data, size_t size)
{
    struct str *body = &exchange->req.body;

    if (exchange->refused) {
        return;
    }
    if (size > exchange->body_max - body->len) {
        exchange_refuse_raw(exchange, ERR_HTTP_BODY_TOO_LARGE);
        return;
    }
    reserve_body(exchange, body->len + size);
    memcpy(exchange->body + body->len, data, size);
    *body = (struct str){exchange->body, body->len + size};
}

static enum MHD_Result dispatch(struct exchange *exchange)
{
    struct reply *reply;

    if (exchange->refused) {
        return MHD_NO;
    }
    exchange->state = EXCHANGE_DISPATCHED;
    connection_phase(exchange->connection, PHASE_BUSY);
    reply = exchange->server->options.dispatch(&exchange->req);
    CHECK(reply != NULL);
    if (reply != &later) {
        CHECK(exchange->reply == NULL);
        exchange->reply = reply;
    }
    if (exchange->reply == NULL) {
        exchange->state = EXCHANGE_SUSPENDED;
        MHD_suspend_connection(exchange->mhd);
        return MHD_YES;
    }
    return send_reply(exchange);
}

/* parameters: the library's type of callback */
enum MHD_Result exchange_receive(void *server, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **context)
{
    struct exchange *exchange = *context;

    (void)server;
    (void)mhd;
    (void)url;
    switch (exchange->state) {
    case EXCHANGE_HEADERS:
        return receive_headers(exchange, method, version);
    case EXCHANGE_BODY:
        if (*size == 0) {
            return dispatch(exchange);
        }
        receive_body(exchange, data, *size);
        *size = 0;
        return MHD_YES;
    case EXCHANGE_SUSPENDED: /* resumed */
        return exchange->reply == NULL ? MHD_NO : send_reply(exchange);
    case EXCHANGE_DISPATCHED:
    case EXCHANGE_REPLIED:
    case EXCHANGE_ORPHAN:
        break;
    }
    return MHD_NO;
}

/* ---- what handlers use ---- */

static struct exchange *exchange_of(struct request *req)
{
    return (struct exchange *)req;
}

struct str request_header(const struct request *req, const char *name)
{
    const struct exchange *exchange = (const struct exchange *)req;
    const char *value = NULL;
    size_t len = 0;

    if (exchange->mhd == NULL ||
        MHD_lookup_connection_value_n(exchange->mhd, MHD_HEADER_KIND, name, strlen(name), &value,
                                      &len) != MHD_YES ||
        value == NULL) {
        return (struct str){"", 0};
    }
    return (struct str){value, len};
}

struct reply *reply_later(struct request *req)
{
    (void)req;
    return &later;
}

bool reply_is_later(const struct reply *reply)
{
    return reply == &later;
}

void request_reply(struct request *req, struct reply *reply)
{
    struct exchange *exchange = exchange_of(req);
    struct http_server *server = exchange->server;

    CHECK(loop_is_current(server->loop));
    CHECK(exchange->reply == NULL && reply != NULL && reply != &later);
    exchange->reply = reply;
    if (exchange->state == EXCHANGE_SUSPENDED) {
        MHD_resume_connection(exchange->mhd);
        server_run_soon(server);
    } else if (exchange->state == EXCHANGE_ORPHAN) {
        exchange_give_back(exchange);
        server->orphans--;
        server_release(server);
    }
}

void request_on_reply(struct request *req,
                      void (*before_send)(struct request *req, struct reply *reply))
{
    exchange_of(req)->before_send = before_send;
}

enum err http_no_route(const struct request *req)
{
    return ((const struct exchange *)req)->node == NULL ? ERR_HTTP_NOT_FOUND : ERR_HTTP_METHOD;
}

struct reply *http_dispatch_plain(struct request *req)
{
    return req->route != NULL ? req->route->handler(req) : reply_error(req, http_no_route(req));
}
