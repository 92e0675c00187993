#include "edge/cashier/cashier.h"
#include "business/merchant/merchant.h"
#include "business/payment/payment.h"
#include "edge/web/web.h"
#include "platform/store/store_reply.h"

enum { CASHIER_SVG_MAX = 256 << 10, CASHIER_STATE_MAX = 4096, CASHIER_STREAMS_MAX = 10000 };

/* ---- what the page shows ---- */

struct view {
    struct payment payment;
    struct merchant merchant;
};

static enum err read_view(struct reader *reader, struct str token, struct arena *arena,
                          struct view *view)
{
    TRY(payment_read_by_token(reader, token, arena, &view->payment));
    return merchant_read(reader, view->payment.merchant_id, arena, &view->merchant);
}

static struct str state_json(struct arena *arena, const struct view *view, int64_t now_ms)
{
    const struct payment *payment = &view->payment;
    struct buf out;

    buf_init_arena(&out, arena, CASHIER_STATE_MAX);
    buf_printf(&out, "{\"status\":\"%s\",\"amount\":\"", payment_status_name(payment->status));
    amount_print(&out, payment->amount, payment->currency);
    buf_printf(&out, "\",\"currency\":\"" STR_FMT "\",\"subject\":",
               STR_ARG(currency_code(payment->currency)));
    json_print_text(&out, payment->subject);
    buf_add(&out, STR(",\"merchant\":"));
    json_print_text(&out, view->merchant.name);
    buf_add(&out, STR(",\"order_no\":"));
    json_print_text(&out, payment->merchant_order_no);
    buf_add(&out, STR(",\"method\":"));
    json_print_text(&out, payment->method);
    buf_printf(&out, ",\"qr\":%s,\"left_ms\":%lld,\"final\":%s,\"return_url\":",
               payment->qr.len > 0 ? "true" : "false",
               (long long)(payment->expires_at_ms > now_ms ? payment->expires_at_ms - now_ms : 0),
               payment_is_final(payment->status) ? "true" : "false");
    json_print_text(&out, payment->return_url);
    buf_add_char(&out, '}');
    CHECK(buf_ok(&out));
    return buf_str(&out);
}

/* ---- page, state, QR code ---- */

static struct reply *page_handler(struct request *req)
{
    return web_reply(req, STR("cashier/cashier.html"));
}

static enum err run_view(struct reader *reader, struct request *req, const void *arg, void *result)
{
    (void)arg;
    return read_view(reader, req->params[0], req->arena, result);
}

static struct reply *got_state(struct request *req, void *result)
{
    struct reply *reply =
        reply_json(req, 200, state_json(req->arena, result, loop_now_ms(req->loop)));

    reply_header(reply, "Cache-Control", STR("no-store"));
    return reply;
}

static struct reply *state_handler(struct request *req)
{
    return reply_query(req, NULL, sizeof(struct view), run_view, got_state);
}

static struct reply *got_qr(struct request *req, void *result)
{
    const struct view *view = result;
    struct reply *reply;
    struct buf svg;

    buf_init_arena(&svg, req->arena, CASHIER_SVG_MAX);
    if (payment_is_final(view->payment.status) || !cashier_qr_svg(&svg, view->payment.qr)) {
        return reply_error(req, ERR_PAYMENT_NOT_FOUND);
    }
    reply = reply_text(req, 200, "image/svg+xml", buf_str(&svg));
    web_secure(reply);
    reply_header(reply, "Cache-Control", STR("no-store"));
    return reply;
}

static struct reply *qr_handler(struct request *req)
{
    return reply_query(req, NULL, sizeof(struct view), run_view, got_qr);
}

/* ---- live state ---- */

struct stream {
    struct stream *next; /* of the same loop */
    struct cashier_state *state;
    struct app *app;
    struct loop *loop;
    struct sse *sse; /* NULL: the payer has gone */
    struct arena *arena;
    struct str token;
    int64_t payment_id;
    struct query query;
    struct view view;
    bool reading;
    bool again; /* something happened while reading */
};

struct cashier_state {
    struct app *app;
    struct counter streams;
    struct stream *loops[APP_LOOPS_MAX]; /* the streams of each loop */
};

static void stream_read(struct stream *stream);

static void stream_free(struct stream *stream)
{
    struct stream **at = &stream->state->loops[loop_index(stream->loop)];

    while (*at != stream) {
        at = &(*at)->next;
    }
    *at = stream->next;
    counter_add(&stream->state->streams, -1);
    arena_free(stream->arena);
}

static void stream_closed(struct sse *sse, void *ctx)
{
    struct stream *stream = ctx;

    (void)sse;
    stream->sse = NULL;
    if (!stream->reading) {
        stream_free(stream);
    }
}

static void run_stream(struct query *query, struct reader *reader)
{
    struct stream *stream = query->ctx;

    query->err = read_view(reader, stream->token, query->arena, &stream->view);
}

static void stream_known(struct query *query)
{
    struct stream *stream = query->ctx;
    bool again = stream->again;

    stream->reading = false;
    stream->again = false;
    if (stream->sse == NULL) {
        arena_free(query->arena);
        stream_free(stream);
        return;
    }
    if (query->err == ERR_OK) {
        sse_send(stream->sse, "state",
                 state_json(query->arena, &stream->view, loop_now_ms(stream->loop)));
    }
    again = again && query->err == ERR_OK;
    if (query->err != ERR_OK || payment_is_final(stream->view.payment.status)) {
        sse_end(stream->sse);
        again = false;
    }
    arena_free(query->arena);
    if (again) {
        stream_read(stream);
    }
}

static void stream_read(struct stream *stream)
{
    if (stream->reading) {
        stream->again = true;
        return;
    }
    stream->reading = true;
    stream->query = (struct query){.run = run_stream,
                                   .done = stream_known,
                                   .loop = stream->loop,
                                   .arena = arena_new(),
                                   .ctx = stream};
    if (store_query(stream->app->store, &stream->query) != ERR_OK) {
        stream->reading = false;
        arena_free(stream->query.arena);
        sse_end(stream->sse);
    }
}

struct news {
    struct task task;
    struct cashier_state *state;
    unsigned loop;
    int64_t payment_id;
};

static void tell_streams(struct task *task)
{
    struct news *news = (struct news *)task;
    struct stream *next;

    for (struct stream *s = news->state->loops[news->loop]; s != NULL; s = next) {
        next = s->next;
        if (s->payment_id == news->payment_id && s->sse != NULL) {
            stream_read(s);
        }
    }
    mem_free(news);
}

/* On the store's thread: costs nothing while nobody looks. */
static void on_event(void *ctx, const struct event *event)
{
    struct cashier_state *state = ctx;

    if (counter_get(&state->streams) == 0 || !str_starts(event->type, STR("payment."))) {
        return;
    }
    for (unsigned i = 0; i < state->app->loop_count; i++) {
        struct news *news = mem_new(sizeof(*news));

        *news = (struct news){{.run = tell_streams}, state, i, event->object_id};
        loop_post(state->app->loops[i], &news->task);
    }
}

static struct reply *events_handler(struct request *req)
{
    struct cashier_state *state = app_state(req->app, &cashier_module);
    struct arena *arena;
    struct stream *stream;
    struct reply *reply;
    struct str id = {"", 0};
    int64_t payment_id;

    if (req->params[0].len > ID_TEXT_LEN) {
        id = str_printf(req->arena, "c_" STR_FMT,
                        STR_ARG(str_slice(req->params[0], 0, ID_TEXT_LEN)));
    }
    if (id_parse(id, "c", &payment_id) != ERR_OK) {
        return reply_error(req, ERR_PAYMENT_NOT_FOUND);
    }
    if (counter_get(&state->streams) >= CASHIER_STREAMS_MAX) {
        return reply_error(req, ERR_QUEUE_FULL);
    }
    arena = arena_new();
    stream = ARENA_NEW(arena, struct stream);
    stream->arena = arena;
    stream->state = state;
    stream->app = req->app;
    stream->loop = req->loop;
    stream->payment_id = payment_id;
    stream->token = str_dup(arena, req->params[0]);
    stream->next = state->loops[loop_index(req->loop)];
    state->loops[loop_index(req->loop)] = stream;
    counter_add(&state->streams, 1);
    reply = reply_sse(req, stream_closed, stream, &stream->sse);
    stream_read(stream);
    return reply;
}

/* ---- the module ---- */

static const enum err token_errors[] = {ERR_PAYMENT_NOT_FOUND, ERR_OK};

static const struct route routes[] = {
    {.method = "GET",
     .path = "/cashier/{token}",
     .handler = page_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "The page of a payment, for its payer",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/cashier/{token}/state",
     .handler = state_handler,
     .auth = HTTP_AUTH_NONE,
     .errors = token_errors,
     .summary = "What the page shows",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/cashier/{token}/qr.svg",
     .handler = qr_handler,
     .auth = HTTP_AUTH_NONE,
     .errors = token_errors,
     .summary = "The QR code to pay with",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/cashier/{token}/events",
     .handler = events_handler,
     .auth = HTTP_AUTH_NONE,
     .errors = token_errors,
     .summary = "The state whenever it changes, as server-sent events",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/assets/{folder}/{file}",
     .handler = web_asset_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "Scripts and styles of the pages",
     ROUTE_HERE},
    {.method = NULL},
};

static enum err start(struct app *app, void **state_out)
{
    struct cashier_state *state = mem_new(sizeof(*state));

    state->app = app;
    if (app->events != NULL) {
        events_watch(app->events, on_event, state);
    }
    *state_out = state;
    return ERR_OK;
}

static void stop(struct app *app, void *state)
{
    (void)app;
    mem_free(state);
}

const struct module cashier_module = {
    .name = "cashier",
    .routes = routes,
    .start = start,
    .stop = stop,
};
