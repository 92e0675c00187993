/* Orders over APIv3: native prepay, query, close, and how a transaction is told. */
#include "base/time.h"
#include "sim/wechat/wechat_int.h"

enum { ORDER_LIFE_MS = 2 * 60 * 60 * 1000, ORDER_NO_MIN = 6 };

/* ---- the body of a prepay ---- */

struct native_amount {
    struct amount total;
    struct str currency;
};
static const struct field amount_fields[] = {
    FIELD(struct native_amount, total, FIELD_AMOUNT, .required = true, .min = 1,
          .max = 100000000000),
    FIELD(struct native_amount, currency, FIELD_TEXT, .min = 1, .max = 16),
};

struct native_goods {
    struct str merchant_goods_id;
    struct str wechatpay_goods_id;
    struct str goods_name;
    int64_t quantity;
    int64_t unit_price;
};
static const struct field goods_fields[] = {
    FIELD(struct native_goods, merchant_goods_id, FIELD_TEXT, .required = true, .min = 1,
          .max = 32),
    FIELD(struct native_goods, wechatpay_goods_id, FIELD_TEXT, .min = 1, .max = 32),
    FIELD(struct native_goods, goods_name, FIELD_TEXT, .min = 1, .max = 256),
    FIELD(struct native_goods, quantity, FIELD_INT, .required = true, .min = 1, .max = 1000000),
    FIELD(struct native_goods, unit_price, FIELD_INT, .required = true, .max = 100000000000),
};

struct native_detail {
    int64_t cost_price;
    struct str invoice_id;
    struct field_list goods_detail;
};
static const struct field detail_fields[] = {
    FIELD(struct native_detail, cost_price, FIELD_INT, .max = 100000000000),
    FIELD(struct native_detail, invoice_id, FIELD_TEXT, .min = 1, .max = 32),
    FIELD(struct native_detail, goods_detail, FIELD_LIST, .min = 1, .max = 6000,
          .sub = goods_fields, .sub_count = ARRAY_LEN(goods_fields),
          .sub_size = sizeof(struct native_goods)),
};

struct native_store {
    struct str id;
    struct str name;
    struct str area_code;
    struct str address;
};
static const struct field store_fields[] = {
    FIELD(struct native_store, id, FIELD_TEXT, .required = true, .min = 1, .max = 32),
    FIELD(struct native_store, name, FIELD_TEXT, .min = 1, .max = 256),
    FIELD(struct native_store, area_code, FIELD_TEXT, .min = 1, .max = 32),
    FIELD(struct native_store, address, FIELD_TEXT, .min = 1, .max = 512),
};

struct native_scene {
    struct str payer_client_ip;
    struct str device_id;
    struct native_store store_info;
};
static const struct field scene_fields[] = {
    FIELD(struct native_scene, payer_client_ip, FIELD_TEXT, .required = true, .min = 1, .max = 45),
    FIELD(struct native_scene, device_id, FIELD_TEXT, .min = 1, .max = 32),
    FIELD(struct native_scene, store_info, FIELD_OBJECT, .sub = store_fields,
          .sub_count = ARRAY_LEN(store_fields)),
};

struct native_settle {
    bool profit_sharing;
};
static const struct field settle_fields[] = {
    FIELD(struct native_settle, profit_sharing, FIELD_BOOL),
};

static const struct field limit_fields[] = {
    {.name = "", .type = FIELD_TEXT, .required = true, .min = 1, .max = 32},
};

struct native {
    struct str appid;
    struct str mchid;
    struct str description;
    struct str out_trade_no;
    struct str notify_url;
    struct native_amount amount;
    int64_t time_expire;
    struct str attach;
    struct str goods_tag;
    bool support_fapiao;
    struct field_list limit_pay;
    struct native_detail detail;
    struct native_scene scene_info;
    struct native_settle settle_info;
};

#define NATIVE(member, ...) FIELD(struct native, member, __VA_ARGS__)

static const struct field native_fields[] = {
    NATIVE(appid, FIELD_TEXT, .required = true, .min = 1, .max = 32),
    NATIVE(mchid, FIELD_TEXT, .required = true, .min = 1, .max = 32),
    NATIVE(description, FIELD_TEXT, .required = true, .min = 1, .max = 127),
    NATIVE(out_trade_no, FIELD_TEXT, .required = true, .min = ORDER_NO_MIN, .max = 32,
           .charset = FIELD_ORDER_NO),
    NATIVE(notify_url, FIELD_TEXT, .required = true, .min = 1, .max = 255, .charset = FIELD_URL),
    NATIVE(amount, FIELD_OBJECT, .required = true, .sub = amount_fields,
           .sub_count = ARRAY_LEN(amount_fields)),
    NATIVE(time_expire, FIELD_TIME),
    NATIVE(attach, FIELD_TEXT, .min = 1, .max = 128),
    NATIVE(goods_tag, FIELD_TEXT, .min = 1, .max = 32),
    NATIVE(support_fapiao, FIELD_BOOL),
    NATIVE(limit_pay, FIELD_LIST, .min = 1, .max = 8, .sub = limit_fields, .sub_count = 1,
           .sub_size = sizeof(struct str)),
    NATIVE(detail, FIELD_OBJECT, .sub = detail_fields, .sub_count = ARRAY_LEN(detail_fields)),
    NATIVE(scene_info, FIELD_OBJECT, .sub = scene_fields, .sub_count = ARRAY_LEN(scene_fields)),
    NATIVE(settle_info, FIELD_OBJECT, .sub = settle_fields, .sub_count = ARRAY_LEN(settle_fields)),
};
static const struct field_set native_set = FIELD_SET("native", native_fields);

static struct reply *bad_value(const struct wechat_call *call, const char *param,
                               const char *detail)
{
    struct json_refusal why = {.err = ERR_FIELD_VALUE};

    (void)snprintf(why.param, sizeof(why.param), "%s", param);
    (void)snprintf(why.detail, sizeof(why.detail), "%s", detail);
    return wechat__bad_field(call, "body", &why);
}

static bool has(struct str text, char c)
{
    return text.len > 0 && memchr(text.ptr, c, text.len) != NULL;
}

/* The rules a field table cannot say; NULL when all hold. */
static struct reply *check_native(const struct wechat_call *call, struct native *body)
{
    if (has(body->out_trade_no, '@') || has(body->out_trade_no, '.')) {
        return bad_value(call, "out_trade_no", "must consist of 0-9 A-Z a-z _ - | *");
    }
    if (has(body->notify_url, '?') || has(body->notify_url, '#')) {
        return bad_value(call, "notify_url", "must not have a query string");
    }
    if (body->amount.currency.len == 0) {
        body->amount.currency = STR("CNY");
    }
    if (!str_eq(body->amount.currency, STR("CNY"))) {
        return bad_value(call, "amount.currency", "Currency code is invalid");
    }
    if (!str_eq(body->mchid, call->merchant->number)) {
        return bad_value(call, "mchid", "与签名的商户号不一致");
    }
    if (!str_eq(body->appid, call->merchant->appid)) {
        return wechat__error(call, 400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配");
    }
    if (body->time_expire != 0 && body->time_expire <= call->req->received_ms) {
        return bad_value(call, "time_expire", "must be in the future");
    }
    return NULL;
}

static void digest(struct arena *arena, const struct native *body,
                   unsigned char out[SIM_CONTENT_LEN])
{
    unsigned char hash[SIM_SHA256_LEN];
    struct buf text;

    buf_init_arena(&text, arena, WECHAT_SIGNED_MAX);
    json_print_fields(&text, &native_set, body);
    CHECK(buf_ok(&text));
    sim_sha256(buf_str(&text), hash);
    memcpy(out, hash, SIM_CONTENT_LEN);
}

static struct reply *code_reply(const struct wechat_call *call, const struct sim_order *order)
{
    char token[SIM_TOKEN_LEN + 1];

    sim_order_token(order, token);
    return reply_json(
        call->req, 200,
        str_printf(call->req->arena, "{\"code_url\":\"weixin://wxpay/bizpayurl?pr=%s\"}", token));
}

/* The number is known: the same open order again gives the same code. */
static struct reply *repeat(const struct wechat_call *call, const struct sim_order *order,
                            const unsigned char content[SIM_CONTENT_LEN])
{
    if (memcmp(order->content, content, SIM_CONTENT_LEN) != 0) {
        return wechat__error(call, 403, "OUT_TRADE_NO_USED", "商户订单号重复");
    }
    switch (order->status) {
    case SIM_PENDING:
        return code_reply(call, order);
    case SIM_SUCCEEDED:
        return wechat__error(call, 400, "INVALID_REQUEST", "该订单已支付");
    case SIM_CLOSED:
        return wechat__error(call, 400, "ORDER_CLOSED", "订单已关闭");
    }
    CHECK(false);
}

struct reply *wechat__native(const struct wechat_call *call)
{
    struct native body = {.time_expire = 0};
    struct sim_order_create create = {
        .merchant = call->merchant, .now_ms = call->req->received_ms, .currency = CURRENCY_CNY};
    struct sim_order *order;
    struct reply *reply;

    if (request_body(call->req, &native_set, &body) != ERR_OK) {
        return wechat__bad_field(call, "body", &call->req->refusal);
    }
    reply = check_native(call, &body);
    if (reply != NULL) {
        return reply;
    }
    digest(call->req->arena, &body, create.content);
    order = sim_order_find(call->sim->ledger, call->merchant, body.out_trade_no);
    if (order != NULL) {
        return repeat(call, order, create.content);
    }
    create.order_no = body.out_trade_no;
    create.amount = body.amount.total;
    create.subject = body.description;
    create.notify_url = body.notify_url;
    create.attach = body.attach;
    create.expires_ms =
        body.time_expire != 0 ? body.time_expire : call->req->received_ms + ORDER_LIFE_MS;
    if (sim_create(call->sim, &create, &order) != ERR_OK) {
        return wechat__error(call, 429, "FREQUENCY_LIMITED", "频率超限");
    }
    return code_reply(call, order);
}

/* ---- how a transaction is told ---- */

struct told_amount {
    struct amount total;
    struct amount payer_total;
    struct str currency;
    struct str payer_currency;
};
static const struct field told_amount_fields[] = {
    FIELD(struct told_amount, total, FIELD_AMOUNT),
    FIELD(struct told_amount, payer_total, FIELD_AMOUNT),
    FIELD(struct told_amount, currency, FIELD_TEXT, .max = 16),
    FIELD(struct told_amount, payer_currency, FIELD_TEXT, .max = 16),
};

struct told_payer {
    struct str openid;
};
static const struct field told_payer_fields[] = {
    FIELD(struct told_payer, openid, FIELD_TEXT, .max = 128),
};

struct told {
    struct str appid;
    struct str mchid;
    struct str out_trade_no;
    struct str transaction_id;
    struct str trade_type;
    struct str trade_state;
    struct str trade_state_desc;
    struct str bank_type;
    struct str attach;
    struct str success_time;
    struct told_payer payer;
    struct told_amount amount;
};

#define TOLD(member, ...) FIELD(struct told, member, __VA_ARGS__)

static const struct field told_fields[] = {
    TOLD(appid, FIELD_TEXT, .max = 32),
    TOLD(mchid, FIELD_TEXT, .max = 32),
    TOLD(out_trade_no, FIELD_TEXT, .max = 32),
    TOLD(transaction_id, FIELD_TEXT, .max = 32),
    TOLD(trade_type, FIELD_TEXT, .max = 16),
    TOLD(trade_state, FIELD_TEXT, .max = 32),
    TOLD(trade_state_desc, FIELD_TEXT, .max = 256),
    TOLD(bank_type, FIELD_TEXT, .max = 32),
    TOLD(attach, FIELD_TEXT, .max = 128),
    TOLD(success_time, FIELD_TEXT, .max = 64),
    TOLD(payer, FIELD_OBJECT, .sub = told_payer_fields, .sub_count = ARRAY_LEN(told_payer_fields)),
    TOLD(amount, FIELD_OBJECT, .sub = told_amount_fields,
         .sub_count = ARRAY_LEN(told_amount_fields)),
};
static const struct field_set told_set = FIELD_SET("transaction", told_fields);

struct str wechat__openid(struct arena *arena, const struct sim_order *order)
{
    return str_printf(arena, "oSim%024llu", (unsigned long long)order->number);
}

static void tell_paid(struct arena *arena, const struct sim_order *order, struct told *told)
{
    char transaction[SIM_TRANSACTION_MAX];
    struct buf time;

    sim_order_transaction(order, transaction);
    buf_init_arena(&time, arena, 64);
    time_print_shanghai(&time, order->paid_ms);
    told->transaction_id = str_dup(arena, str_of(transaction));
    told->trade_type = STR("NATIVE");
    told->bank_type = STR("OTHERS");
    told->success_time = buf_str(&time);
    told->payer.openid = wechat__openid(arena, order);
    told->amount.payer_total = order->amount;
}

static void tell_state(struct told *told, enum sim_status status)
{
    switch (status) {
    case SIM_PENDING:
        told->trade_state = STR("NOTPAY");
        told->trade_state_desc = STR("订单未支付");
        break;
    case SIM_SUCCEEDED:
        told->trade_state = STR("SUCCESS");
        told->trade_state_desc = STR("支付成功");
        break;
    case SIM_CLOSED:
        told->trade_state = STR("CLOSED");
        told->trade_state_desc = STR("订单已关闭");
        break;
    }
}

static void spoil(struct told *told, const struct sim_fault *fault)
{
    if (fault->kind == SIM_FAULT_WRONG_AMOUNT) {
        told->amount.total.minor++;
        told->amount.payer_total.minor++;
    }
    if (fault->kind == SIM_FAULT_WRONG_CURRENCY) {
        told->amount.currency = STR("USD");
        told->amount.payer_currency = STR("USD");
    }
    if (fault->kind == SIM_FAULT_WRONG_MERCHANT) {
        told->mchid = STR("1999999999");
    }
}

struct str wechat__transaction(struct arena *arena, const struct sim_order *order,
                               const struct sim_fault *fault)
{
    struct told told = {
        .appid = order->merchant->appid,
        .mchid = order->merchant->number,
        .out_trade_no = order->order_no,
        .attach = order->attach,
        .amount = {.total = order->amount, .currency = STR("CNY"), .payer_currency = STR("CNY")}};
    struct buf body;

    tell_state(&told, order->status);
    if (order->status == SIM_SUCCEEDED) {
        tell_paid(arena, order, &told);
    }
    spoil(&told, fault);
    buf_init_arena(&body, arena, WECHAT_ANSWER_MAX);
    json_print_fields(&body, &told_set, &told);
    CHECK(buf_ok(&body));
    return buf_str(&body);
}

/* ---- query and close ---- */

static struct reply *query_reply(const struct wechat_call *call, const struct sim_order *order)
{
    if (order == NULL || order->merchant != call->merchant) {
        return wechat__order_not_exist(call);
    }
    return reply_json(call->req, 200, wechat__transaction(call->req->arena, order, &call->fault));
}

struct reply *wechat__query_no(const struct wechat_call *call)
{
    struct reply *reply = NULL;

    return wechat__query_mchid(call, &reply)
               ? query_reply(
                     call, sim_order_find(call->sim->ledger, call->merchant, call->req->params[0]))
               : reply;
}

struct reply *wechat__query_id(const struct wechat_call *call)
{
    struct reply *reply = NULL;

    return wechat__query_mchid(call, &reply)
               ? query_reply(call,
                             sim_order_by_transaction(call->sim->ledger, call->req->params[0]))
               : reply;
}

struct close_body {
    struct str mchid;
};
static const struct field close_fields[] = {
    FIELD(struct close_body, mchid, FIELD_TEXT, .required = true, .min = 1, .max = 32),
};
static const struct field_set close_set = FIELD_SET("close", close_fields);

struct reply *wechat__close(const struct wechat_call *call)
{
    struct close_body body = {{NULL, 0}};
    struct sim_order *order;

    if (request_body(call->req, &close_set, &body) != ERR_OK) {
        return wechat__bad_field(call, "body", &call->req->refusal);
    }
    if (!str_eq(body.mchid, call->merchant->number)) {
        return bad_value(call, "mchid", "与签名的商户号不一致");
    }
    order = sim_order_find(call->sim->ledger, call->merchant, call->req->params[0]);
    if (order == NULL) {
        return wechat__order_not_exist(call);
    }
    if (order->status == SIM_SUCCEEDED) {
        return wechat__error(call, 403, "TRADE_ERROR", "该订单已支付，不能关闭");
    }
    if (order->status == SIM_PENDING) {
        sim_close(call->sim, order);
    }
    return reply_empty(call->req, 204);
}
