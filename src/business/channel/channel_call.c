/* One order to a channel and back: keys, request, answer, judgement.
 *
 *     channel_call ─► keys ─► request ─► sent ─► judged ─► then()
 *                                          └ key unknown ─► refresh ─► judged again
 *
 * What cannot be believed is CHANNEL_UNKNOWN, whatever it says. */
#include "business/channel/channel_int.h"

struct outgoing {
    struct app *app;
    struct channel_call *call;
    struct channel_keys_wait wait;
    struct channel_keys *keys; /* NULL until they are there */
    struct channel_ask ask;
    struct http_call http;
    bool sent;
    bool refreshed;
};

static const char *const outcome_labels[] = {
    "pending", "succeeded", "closed", "failed", "not_found", "unknown", "not_sent", NULL,
};
static const char *const op_labels[] = {"create", "query", "close", NULL};

struct metric channel_calls_metric = {
    .name = "tomato_channel_calls_total",
    .type = METRIC_COUNTER,
    .help = "Calls to channels by outcome.",
    .label_name = "outcome",
    .labels = outcome_labels,
};

struct metric channel_call_seconds_metric = {
    .name = "tomato_channel_call_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "Time from sending a request to a channel to its complete answer.",
    .label_name = "operation",
    .labels = op_labels,
};

static size_t op_index(enum channel_op op)
{
    return op == CHANNEL_OP_CREATE ? 0 : op == CHANNEL_OP_QUERY ? 1 : 2;
}

struct str channel__nonce(struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char random[CHANNEL_NONCE_LEN / 2];
    char *text = arena_alloc(arena, CHANNEL_NONCE_LEN);

    crypto_random(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++) {
        text[2 * i] = digits[random[i] >> 4];
        text[2 * i + 1] = digits[random[i] & 15];
    }
    return (struct str){text, CHANNEL_NONCE_LEN};
}

void channel__call_defaults(const struct app *app, struct arena *arena, struct http_call *http)
{
    *http = (struct http_call){
        .arena = arena,
        .connect_deadline_ms = conf_int(app->conf, "channel.connect_deadline"),
        .total_deadline_ms = conf_int(app->conf, "channel.total_deadline"),
        .answer_max = 256 * 1024,
        .addresses = HTTP_ADDRESS_ANY,
    };
}

static void end(struct outgoing *out)
{
    struct channel_call *call = out->call;
    const struct channel_result *result = &call->result;
    enum log_level level = result->outcome >= CHANNEL_UNKNOWN || result->outcome == CHANNEL_FAILED
                               ? LOG_WARN
                               : LOG_INFO;

    metric_add(&channel_calls_metric, (size_t)result->outcome - 1, 1);
    if (out->sent) {
        metric_observe_us(&channel_call_seconds_metric, op_index(call->op), out->http.duration_us);
    }
    LOG_AT_(level, "channel", "channel.call", call->trace,
            LOG_ID("account", "cha", call->account_id),
            LOG_TEXT("operation", str_of(op_labels[op_index(call->op)])),
            LOG_TEXT("order_no", call->order.order_no),
            LOG_TEXT("outcome", str_of(outcome_labels[result->outcome - 1])),
            LOG_INT("status", result->status), LOG_TEXT("code", result->code),
            LOG_INT("ms", out->http.duration_us / 1000), LOG_ERR(result->err),
            LOG_TEXT("detail", result->detail), LOG_END);
    if (out->keys != NULL) {
        channel__keys_release(out->app, out->keys);
    }
    call->then(call);
}

static void end_without(struct outgoing *out, enum channel_outcome outcome, enum err err,
                        enum channel_decline decline, struct str detail)
{
    struct channel_result *result = &out->call->result;

    *result = (struct channel_result){
        .outcome = outcome,
        .order_no = out->call->order.order_no,
        .status = result->status,
        .code = result->code,
        .message = result->message,
        .err = err,
        .decline = decline,
        .detail = detail,
    };
    end(out);
}

/* ---- judging the answer ---- */

/* A verified answer must speak of the order that was asked for. */
static bool speaks_of(const struct channel_result *result, const struct channel_order *order)
{
    return result->order_no.len == 0 || str_eq(result->order_no, order->order_no);
}

static void judge_again(struct channel_keys_wait *wait);

static void judge(struct outgoing *out)
{
    struct channel_call *call = out->call;
    struct channel_result *result = &call->result;
    enum channel_trust trust;

    *result = (struct channel_result){.status = out->http.status};
    trust =
        out->keys->adapter->answer(call->arena, out->keys->opened, &out->ask, &out->http, result);
    result->status = out->http.status;
    if (trust == CHANNEL_KEY_UNKNOWN && !out->refreshed && out->keys->adapter->refresh_answer) {
        out->refreshed = true;
        out->wait.then = judge_again;
        channel__keys_refresh(out->app, out->keys, &out->wait);
        return;
    }
    if (trust != CHANNEL_TRUSTED || !speaks_of(result, &call->order)) {
        end_without(out, CHANNEL_UNKNOWN, ERR_CHANNEL_UNVERIFIED, DECLINE_CHANNEL_SIGNATURE_ERROR,
                    trust == CHANNEL_TRUSTED ? STR("the answer is about another order")
                                             : result->detail);
        return;
    }
    CHECK(result->outcome >= CHANNEL_PENDING && result->outcome <= CHANNEL_UNKNOWN);
    result->order_no = call->order.order_no;
    end(out);
}

static void judge_again(struct channel_keys_wait *wait)
{
    struct outgoing *out = wait->ctx;

    if (wait->err == ERR_OK) {
        channel__keys_release(out->app, out->keys);
        out->keys = wait->keys;
    }
    judge(out);
}

static void answered(struct http_call *http)
{
    struct outgoing *out = http->ctx;

    out->ask.now_ms = clock_now_ms(out->app->clock);
    out->call->result.status = http->status;
    if (http->err != ERR_OK) {
        out->sent = !http->not_sent;
        end_without(out, http->not_sent ? CHANNEL_NOT_SENT : CHANNEL_UNKNOWN, http->err,
                    http->not_sent ? DECLINE_CHANNEL_UNAVAILABLE : DECLINE_CHANNEL_TIMEOUT,
                    str_of(http->error_text));
    } else if (http->status == 429) {
        end_without(out, CHANNEL_UNKNOWN, ERR_CHANNEL_UNAVAILABLE, DECLINE_CHANNEL_RATE_LIMITED,
                    STR(""));
    } else if (http->status >= 500) {
        end_without(out, CHANNEL_UNKNOWN, ERR_CHANNEL_UNAVAILABLE, DECLINE_CHANNEL_UNAVAILABLE,
                    STR(""));
    } else {
        judge(out);
    }
}

/* ---- sending ---- */

static void send_request(struct channel_keys_wait *wait)
{
    struct outgoing *out = wait->ctx;
    struct channel_call *call = out->call;
    const struct channel_adapter *adapter;

    if (wait->err != ERR_OK) {
        end_without(out, CHANNEL_NOT_SENT, wait->err,
                    err_retryable(wait->err) ? DECLINE_CHANNEL_UNAVAILABLE
                                             : DECLINE_CHANNEL_CONFIG_ERROR,
                    STR("the channel account cannot be opened"));
        return;
    }
    out->keys = wait->keys;
    adapter = out->keys->adapter;
    out->ask = (struct channel_ask){
        .op = call->op,
        .order = &call->order,
        .now_ms = clock_now_ms(out->app->clock),
        .nonce = channel__nonce(call->arena),
    };
    if (adapter->refresh_due != NULL && adapter->refresh_due(out->keys->opened, out->ask.now_ms)) {
        channel__keys_refresh(out->app, out->keys, NULL);
    }
    call->order.notify_url =
        channel__notify_url(out->app, call->arena, str_of(adapter->name), call->account_id);
    channel__call_defaults(out->app, call->arena, &out->http);
    out->http.done = answered;
    out->http.ctx = out;
    out->sent = true;
    adapter->request(call->arena, out->keys->opened, &out->ask, &out->http);
    http_call_start(app_client(out->app), &out->http);
}

void channel_call(struct app *app, struct channel_call *call)
{
    struct outgoing *out = ARENA_NEW(call->arena, struct outgoing);

    CHECK(loop_current() != NULL);
    call->result = (struct channel_result){.outcome = CHANNEL_UNKNOWN};
    out->app = app;
    out->call = call;
    out->wait = (struct channel_keys_wait){
        .app = app,
        .account_id = call->account_id,
        .then = send_request,
        .ctx = out,
    };
    channel__keys_get(&out->wait);
}
