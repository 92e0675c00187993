/* POST /notify/{channel}/{account}: verified by the account's adapter over the bytes as received,
 * handed to the sink, and answered in the channel's own form once the sink has made it durable.
 *
 *     received ─► keys ─► judged ─► sink ─► channel_notice_done ─► answered
 *                           ├ key unknown ─► refresh ─► judged again
 *                           └ not believed ─► refused, logged, counted; nothing changes */
#include "business/channel/channel_int.h"

struct incoming {
    struct channel_notice notice; /* first: channel_notice_done finds its way back */
    struct request *req;
    const struct channel_adapter *adapter;
    struct channel_keys_wait wait;
    struct channel_keys *keys;
    struct channel_callback callback;
    struct channel_result result;
    bool refreshed;
    bool suspended; /* reply_later has been returned */
    struct reply *reply;
};

enum callback_outcome { CALLBACK_TAKEN, CALLBACK_REFUSED, CALLBACK_FAILED };
static const char *const callback_labels[] = {"taken", "refused", "failed", NULL};

struct metric channel_callbacks_metric = {
    .name = "tomato_channel_callbacks_total",
    .type = METRIC_COUNTER,
    .help = "Callbacks of channels: taken in, refused as not believed, failed on our side.",
    .label_name = "outcome",
    .labels = callback_labels,
};

static void end(struct incoming *in, enum err err)
{
    struct channel_callback_reply form = {.status = 0};
    enum callback_outcome outcome = err == ERR_OK            ? CALLBACK_TAKEN
                                    : err_status(err) >= 500 ? CALLBACK_FAILED
                                                             : CALLBACK_REFUSED;

    metric_add(&channel_callbacks_metric, outcome, 1);
    LOG_AT_(err == ERR_OK ? LOG_INFO : LOG_WARN, "channel", "channel.callback", &in->req->trace,
            LOG_ID("account", "cha", in->notice.account_id),
            LOG_TEXT("outcome", str_of(callback_labels[outcome])),
            LOG_TEXT("order_no", in->result.order_no), LOG_TEXT("peer", in->req->peer),
            LOG_ERR(err), LOG_TEXT("detail", in->result.detail), LOG_END);
    if (in->keys != NULL) {
        channel__keys_release(in->req->app, in->keys);
        in->keys = NULL;
    }
    in->adapter->callback_reply(in->req->arena, err, &form);
    in->reply = form.content_type == NULL
                    ? reply_empty(in->req, form.status)
                    : reply_text(in->req, form.status, form.content_type, form.body);
    if (in->suspended) {
        request_reply(in->req, in->reply);
    }
}

void channel_notice_done(struct channel_notice *notice, enum err err)
{
    end((struct incoming *)(void *)notice, err);
}

static void judge_again(struct channel_keys_wait *wait);

static void judge(struct incoming *in)
{
    struct channel_state *state = channel__state(in->req->app);
    enum channel_trust trust;

    in->result = (struct channel_result){.outcome = CHANNEL_UNKNOWN};
    trust = in->adapter->callback(in->req->arena, in->keys->opened, &in->callback, &in->result);
    if (trust == CHANNEL_KEY_UNKNOWN && !in->refreshed && in->adapter->refresh_answer != NULL) {
        in->refreshed = true;
        in->wait.then = judge_again;
        channel__keys_refresh(in->req->app, in->keys, &in->wait);
        return;
    }
    if (trust != CHANNEL_TRUSTED) {
        end(in, ERR_CHANNEL_UNVERIFIED);
        return;
    }
    if (in->result.outcome == CHANNEL_UNKNOWN || state->sink == NULL) {
        end(in, ERR_CHANNEL_EVENT);
        return;
    }
    state->sink(state->sink_ctx, &in->notice);
}

static void judge_again(struct channel_keys_wait *wait)
{
    struct incoming *in = wait->ctx;

    if (wait->err == ERR_OK) {
        channel__keys_release(in->req->app, in->keys);
        in->keys = wait->keys;
    }
    judge(in);
}

static void keys_there(struct channel_keys_wait *wait)
{
    struct incoming *in = wait->ctx;

    if (wait->err != ERR_OK) {
        end(in, wait->err);
        return;
    }
    in->keys = wait->keys;
    if (in->keys->adapter != in->adapter) {
        end(in, ERR_CHANNEL_NOT_FOUND);
        return;
    }
    judge(in);
}

static void read_headers(struct incoming *in)
{
    const char *const *names = in->adapter->callback_headers;
    struct http_header *headers;
    size_t count = 0;

    while (names[count] != NULL) {
        count++;
    }
    headers = ARENA_ARRAY(in->req->arena, struct http_header, count);
    for (size_t i = 0; i < count; i++) {
        headers[i] = (struct http_header){str_of(names[i]), request_header(in->req, names[i])};
    }
    in->callback = (struct channel_callback){
        .headers = headers,
        .header_count = count,
        .target = in->req->target,
        .body = in->req->body,
        .now_ms = in->req->received_ms,
    };
}

struct reply *channel__notify_handler(struct request *req)
{
    struct incoming *in = ARENA_NEW(req->arena, struct incoming);
    const struct channel_adapter *adapter = channel__adapter(req->params[0]);

    if (adapter == NULL) {
        return reply_error(req, ERR_HTTP_NOT_FOUND);
    }
    *in = (struct incoming){
        .notice = {.app = req->app,
                   .result = &in->result,
                   .arena = req->arena,
                   .trace = &req->trace},
        .req = req,
        .adapter = adapter,
    };
    if (request_id_param(req, 1, "cha", &in->notice.account_id) != ERR_OK) {
        return reply_error(req, ERR_HTTP_NOT_FOUND);
    }
    read_headers(in);
    in->wait = (struct channel_keys_wait){
        .app = req->app,
        .account_id = in->notice.account_id,
        .then = keys_there,
        .ctx = in,
    };
    channel__keys_get(&in->wait);
    if (in->reply != NULL) {
        return in->reply;
    }
    in->suspended = true;
    return reply_later(req);
}

void channel_on_notice(struct app *app, void (*sink)(void *ctx, struct channel_notice *notice),
                       void *ctx)
{
    struct channel_state *state = channel__state(app);

    CHECK(state->sink == NULL);
    state->sink = sink;
    state->sink_ctx = ctx;
}
