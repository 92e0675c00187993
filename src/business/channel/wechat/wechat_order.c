/* Orders: Native prepay, query by our number, close; and what the answers mean. */
#include "business/channel/wechat/wechat_int.h"

/* ---- requests ---- */

struct prepay_amount {
    struct amount total;
    enum currency currency;
};

struct prepay_scene {
    struct str payer_client_ip;
};

struct prepay {
    struct str appid;
    struct str mchid;
    struct str description;
    struct str out_trade_no;
    struct str time_expire;
    struct str notify_url;
    struct prepay_amount amount;
    struct prepay_scene scene_info;
};

static const struct field amount_fields[] = {
    FIELD(struct prepay_amount, total, FIELD_AMOUNT),
    FIELD(struct prepay_amount, currency, FIELD_CURRENCY),
};

static const struct field scene_fields[] = {
    FIELD(struct prepay_scene, payer_client_ip, FIELD_TEXT, .max = 45),
};

static const struct field prepay_fields[] = {
    FIELD(struct prepay, appid, FIELD_TEXT, .max = 32),
    FIELD(struct prepay, mchid, FIELD_TEXT, .max = 64),
    FIELD(struct prepay, description, FIELD_TEXT, .max = 127),
    FIELD(struct prepay, out_trade_no, FIELD_TEXT, .max = 32),
    FIELD(struct prepay, time_expire, FIELD_TEXT, .max = 64),
    FIELD(struct prepay, notify_url, FIELD_TEXT, .max = 256),
    FIELD(struct prepay, amount, FIELD_OBJECT, .sub = amount_fields,
          .sub_count = ARRAY_LEN(amount_fields)),
    FIELD(struct prepay, scene_info, FIELD_OBJECT, .sub = scene_fields,
          .sub_count = ARRAY_LEN(scene_fields)),
};
static const struct field_set prepay_set = FIELD_SET("wechat_prepay", prepay_fields);

struct close_order {
    struct str mchid;
};

static const struct field close_fields[] = {
    FIELD(struct close_order, mchid, FIELD_TEXT, .max = 64),
};
static const struct field_set close_set = FIELD_SET("wechat_close", close_fields);

/* The same order gives the same bytes: a repeated prepay must not differ. Fractions of a second are
 * not taken by WeChat Pay; the order may end up to a second early. */
static struct str prepay_body(struct arena *arena, const struct wechat_keys *keys,
                              const struct channel_order *order)
{
    struct prepay body = {
        .appid = keys->appid,
        .mchid = keys->mchid,
        .description = order->subject,
        .out_trade_no = order->order_no,
        .notify_url = order->notify_url,
        .amount = {order->amount, order->currency},
        .scene_info = {order->payer_ip},
    };
    struct buf expires;

    buf_init_arena(&expires, arena, 64);
    time_print_shanghai(&expires, order->expires_at_ms);
    body.time_expire = buf_str(&expires);
    return channel_fields_text(arena, &prepay_set, &body);
}

void wechat__request(struct arena *arena, const void *opened, const struct channel_ask *ask,
                     struct http_call *out)
{
    const struct wechat_keys *keys = opened;
    const struct close_order close = {keys->mchid};
    struct str order_no = ask->order->order_no;
    struct str path = STR("");

    out->method = STR("POST");
    switch (ask->op) {
    case CHANNEL_OP_CREATE:
        path = STR("/v3/pay/transactions/native");
        out->body = prepay_body(arena, keys, ask->order);
        break;
    case CHANNEL_OP_QUERY:
        out->method = STR("GET");
        path = str_printf(arena, "/v3/pay/transactions/out-trade-no/" STR_FMT "?mchid=" STR_FMT,
                          STR_ARG(order_no), STR_ARG(channel_url_part(arena, keys->mchid)));
        break;
    case CHANNEL_OP_CLOSE:
        path = str_printf(arena, "/v3/pay/transactions/out-trade-no/" STR_FMT "/close",
                          STR_ARG(order_no));
        out->body = channel_fields_text(arena, &close_set, &close);
        break;
    }
    wechat__sign_request(arena, keys, ask, path, out);
}

/* ---- answers ---- */

static const struct state {
    const char *name;
    enum channel_outcome outcome;
    enum channel_decline decline;
} states[] = {
    {"SUCCESS", CHANNEL_SUCCEEDED, DECLINE_NONE},
    {"REFUND", CHANNEL_SUCCEEDED, DECLINE_NONE}, /* paid, and refunded since */
    {"NOTPAY", CHANNEL_PENDING, DECLINE_NONE},
    {"USERPAYING", CHANNEL_PENDING, DECLINE_PAYER_PROCESSING},
    {"PAYERROR", CHANNEL_PENDING, DECLINE_BANK_DECLINED}, /* the payer may try again */
    {"CLOSED", CHANNEL_CLOSED, DECLINE_ORDER_CLOSED},
    {"REVOKED", CHANNEL_CLOSED, DECLINE_ORDER_CLOSED},
};

static enum channel_trust distrust(struct channel_result *out, struct str why)
{
    out->detail = why;
    return CHANNEL_UNTRUSTED;
}

enum channel_trust wechat__read_transaction(struct arena *arena, const struct wechat_keys *keys,
                                            const json_t *body, struct channel_result *out)
{
    struct str trade_state = channel_json_text(arena, body, "trade_state");
    const json_t *amount = json_object_get(body, "amount");
    struct str currency = channel_json_text(arena, amount, "currency");

    out->outcome = CHANNEL_UNKNOWN;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (str_eq(trade_state, str_of(states[i].name))) {
            out->outcome = states[i].outcome;
            out->decline = states[i].decline;
        }
    }
    out->code = out->outcome == CHANNEL_SUCCEEDED ? STR("") : trade_state;
    out->message = channel_json_text(arena, body, "trade_state_desc");
    out->order_no = channel_json_text(arena, body, "out_trade_no");
    out->account_no = channel_json_text(arena, body, "mchid");
    out->transaction_no = channel_json_text(arena, body, "transaction_id");
    out->bank_type = channel_json_text(arena, body, "bank_type");
    out->payer_id = channel_json_text(arena, json_object_get(body, "payer"), "openid");
    out->amount = AMOUNT(channel_json_int(amount, "total"));
    if (currency.len > 0 && currency_parse(currency, &out->currency) != ERR_OK) {
        return distrust(out, STR("a transaction in a currency that is not known"));
    }
    if (!str_eq(channel_json_text(arena, body, "appid"), keys->appid)) {
        return distrust(out, STR("a transaction of another app"));
    }
    if (out->order_no.len == 0 || out->account_no.len == 0) {
        return distrust(out, STR("a transaction without order or merchant number"));
    }
    if (out->outcome == CHANNEL_SUCCEEDED &&
        (out->transaction_no.len == 0 || out->amount.minor <= 0 || out->currency == CURRENCY_NONE ||
         time_parse(channel_json_text(arena, body, "success_time"), &out->paid_at_ms) != ERR_OK)) {
        return distrust(out, STR("a success without number, amount or time"));
    }
    return CHANNEL_TRUSTED;
}

/* A refusal settles something only when the table says so. FAILED rows: the request was not taken,
 * so there is no QR code anyone could pay with. */
#define CREATE CHANNEL_OP_CREATE
#define QUERY CHANNEL_OP_QUERY
#define CLOSE CHANNEL_OP_CLOSE
#define ANY (CHANNEL_OP_CREATE | CHANNEL_OP_QUERY | CHANNEL_OP_CLOSE)
const struct wechat_code wechat__codes[] = {
    {400, "PARAM_ERROR", CREATE, CHANNEL_FAILED, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "APPID_MCHID_NOT_MATCH", CREATE, CHANNEL_FAILED, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "MCH_NOT_EXISTS", CREATE, CHANNEL_FAILED, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "ORDER_CLOSED", CREATE | CLOSE, CHANNEL_CLOSED, DECLINE_ORDER_CLOSED},
    {401, "SIGN_ERROR", CREATE, CHANNEL_FAILED, DECLINE_CHANNEL_SIGNATURE_ERROR},
    {403, "NO_AUTH", CREATE, CHANNEL_FAILED, DECLINE_MERCHANT_NOT_PERMITTED},
    {403, "RULE_LIMIT", CREATE, CHANNEL_FAILED, DECLINE_LIMIT_EXCEEDED_CHANNEL},
    {403, "ACCOUNT_ERROR", CREATE, CHANNEL_FAILED, DECLINE_PAYER_ACCOUNT_RESTRICTED},
    {403, "USER_ACCOUNT_ABNORMAL", CREATE, CHANNEL_FAILED, DECLINE_PAYER_ACCOUNT_RESTRICTED},
    {403, "NOT_ENOUGH", CREATE, CHANNEL_FAILED, DECLINE_INSUFFICIENT_FUNDS},
    {404, "ORDER_NOT_EXIST", QUERY | CLOSE, CHANNEL_NOT_FOUND, DECLINE_ORDER_NOT_FOUND},
    {404, "RESOURCE_NOT_EXISTS", QUERY | CLOSE, CHANNEL_NOT_FOUND, DECLINE_ORDER_NOT_FOUND},
    /* What these say of the order must be asked for: the outcome stays unknown. */
    {400, "INVALID_REQUEST", ANY, CHANNEL_UNKNOWN, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "ORDER_PAID", ANY, CHANNEL_UNKNOWN, DECLINE_ORDER_PAID},
    {403, "OUT_TRADE_NO_USED", ANY, CHANNEL_UNKNOWN, DECLINE_DUPLICATE_ORDER},
    {403, "TRADE_ERROR", ANY, CHANNEL_UNKNOWN, DECLINE_UNMAPPED},
    {401, "SIGN_ERROR", QUERY | CLOSE, CHANNEL_UNKNOWN, DECLINE_CHANNEL_SIGNATURE_ERROR},
};
const size_t wechat__code_count = ARRAY_LEN(wechat__codes);
#undef CREATE
#undef QUERY
#undef CLOSE
#undef ANY

static void read_refusal(struct arena *arena, const json_t *body, const struct channel_ask *ask,
                         int status, struct channel_result *out)
{
    out->outcome = CHANNEL_UNKNOWN;
    out->decline = DECLINE_UNMAPPED;
    out->code = channel_json_text(arena, body, "code");
    out->message = channel_json_text(arena, body, "message");
    for (size_t i = 0; i < wechat__code_count; i++) {
        const struct wechat_code *row = &wechat__codes[i];

        if (row->status == status && (row->operations & ask->op) != 0 &&
            str_eq(out->code, str_of(row->code))) {
            out->outcome = row->outcome;
            out->decline = row->decline;
        }
    }
}

static enum channel_trust read_answer(struct arena *arena, const struct wechat_keys *keys,
                                      const struct channel_ask *ask, const struct http_call *in,
                                      struct channel_result *out)
{
    struct json_refusal refusal;
    enum channel_trust trust = CHANNEL_TRUSTED;
    json_t *body;

    if (in->status == 204 && ask->op == CHANNEL_OP_CLOSE) {
        out->outcome = CHANNEL_CLOSED;
        return CHANNEL_TRUSTED;
    }
    if (json_parse(in->answer, &body, &refusal) != ERR_OK) {
        return distrust(out, STR("it is not JSON"));
    }
    if (in->status != 200) {
        read_refusal(arena, body, ask, in->status, out);
    } else if (ask->op == CHANNEL_OP_QUERY) {
        trust = wechat__read_transaction(arena, keys, body, out);
    } else if (ask->op == CHANNEL_OP_CREATE) {
        out->outcome = CHANNEL_PENDING;
        out->qr = channel_json_text(arena, body, "code_url");
        trust =
            out->qr.len > 0 ? CHANNEL_TRUSTED : distrust(out, STR("an order without a code_url"));
    } else {
        trust = distrust(out, STR("not an answer to a close"));
    }
    json_decref(body);
    return trust;
}

/* WeChat Pay signs what it grants. A refusal may come without a signature, before the caller is
 * even known; it is then the connection that vouches for it. That is enough to give up an order
 * nobody has a QR code of, and for nothing else. */
static enum channel_trust read_unsigned(struct arena *arena, const struct wechat_keys *keys,
                                        const struct channel_ask *ask, const struct http_call *in,
                                        struct channel_result *out)
{
    if (in->status < 400 || read_answer(arena, keys, ask, in, out) != CHANNEL_TRUSTED) {
        return distrust(out, STR("it is not signed"));
    }
    if (out->outcome != CHANNEL_FAILED) {
        return distrust(out, STR("a refusal that is not signed"));
    }
    return CHANNEL_TRUSTED;
}

enum channel_trust wechat__answer(struct arena *arena, const void *opened,
                                  const struct channel_ask *ask, const struct http_call *in,
                                  struct channel_result *out)
{
    const struct wechat_keys *keys = opened;
    const struct wechat_signed answer = {in->answer_headers, in->answer_header_count, in->answer,
                                         ask->now_ms};
    enum channel_trust trust;

    if (!wechat__is_signed(&answer)) {
        return read_unsigned(arena, keys, ask, in, out);
    }
    trust = wechat__verify(arena, keys, &answer, out);
    return trust == CHANNEL_TRUSTED ? read_answer(arena, keys, ask, in, out) : trust;
}
