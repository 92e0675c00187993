/* The WeChat personality: its routes, what every operation shares, and the callback. */
#include "base/time.h"
#include "sim/wechat/wechat_int.h"

/* ---- errors ---- */

struct reply *wechat__error(const struct wechat_call *call, int status, const char *code,
                            const char *message)
{
    struct buf body;

    buf_init_arena(&body, call->req->arena, WECHAT_ANSWER_MAX);
    buf_printf(&body, "{\"code\":\"%s\",\"message\":", code);
    json_print_text(&body, str_of(message));
    buf_add_char(&body, '}');
    return reply_json(call->req, status, buf_str(&body));
}

/* "detail.goods_detail[2].quantity" is "/detail/goods_detail/2/quantity" as a JSON pointer. */
static struct str pointer_of(struct arena *arena, const char *param)
{
    struct buf text;

    buf_init_arena(&text, arena, 2 * JSON_PARAM_MAX);
    buf_add_char(&text, '/');
    for (; *param != '\0'; param++) {
        if (*param == '.' || *param == '[') {
            buf_add_char(&text, '/');
        } else if (*param != ']') {
            buf_add_char(&text, *param);
        }
    }
    return buf_str(&text);
}

struct reply *wechat__bad_field(const struct wechat_call *call, const char *location,
                                const struct json_refusal *why)
{
    bool in_body = strcmp(location, "body") == 0;
    struct buf body;

    buf_init_arena(&body, call->req->arena, WECHAT_ANSWER_MAX);
    buf_add(&body,
            STR("{\"code\":\"PARAM_ERROR\",\"message\":\"参数错误\",\"detail\":{\"field\":"));
    json_print_text(&body, in_body ? pointer_of(call->req->arena, why->param) : str_of(why->param));
    buf_printf(&body, ",\"location\":\"%s\",\"issue\":", location);
    json_print_text(&body, str_of(why->detail));
    buf_add(&body, STR("}}"));
    return reply_json(call->req, 400, buf_str(&body));
}

struct reply *wechat__order_not_exist(const struct wechat_call *call)
{
    return wechat__error(call, 404, "ORDER_NOT_EXIST", "订单不存在");
}

struct mchid_query {
    struct str mchid;
};
static const struct field mchid_fields[] = {
    FIELD(struct mchid_query, mchid, FIELD_TEXT, .required = true, .min = 1, .max = 32),
};
static const struct field_set mchid_set = FIELD_SET("mchid", mchid_fields);

bool wechat__query_mchid(const struct wechat_call *call, struct reply **reply)
{
    struct mchid_query query = {{NULL, 0}};

    if (request_query(call->req, &mchid_set, &query) != ERR_OK) {
        *reply = wechat__bad_field(call, "query", &call->req->refusal);
        return false;
    }
    if (!str_eq(query.mchid, call->merchant->number)) {
        *reply = wechat__bad_field(
            call, "query",
            &(struct json_refusal){.param = "mchid", .detail = "与签名的商户号不一致"});
        return false;
    }
    return true;
}

/* ---- every operation ---- */

static struct reply *signed_reply(const struct wechat_call *call, struct reply *reply)
{
    const struct request *req = call->req;
    struct wechat_signature signature = wechat__sign(
        req->arena, wechat__key(call->sim, call->merchant, request_header(req, "Wechatpay-Serial")),
        loop_now_ms(req->loop), reply_body(reply), &call->fault);

    reply_header(reply, "Wechatpay-Timestamp", signature.timestamp);
    reply_header(reply, "Wechatpay-Nonce", signature.nonce);
    reply_header(reply, "Wechatpay-Signature", signature.value);
    reply_header(reply, "Wechatpay-Serial", signature.serial);
    reply_header(reply, "Wechatpay-Signature-Type", STR("WECHATPAY2-SHA256-RSA2048"));
    return reply;
}

/* What the channel refuses before it looks at the content, or NULL. */
static struct reply *check_headers(const struct wechat_call *call)
{
    struct str accept = request_header(call->req, "Accept");
    struct str type = request_header(call->req, "Content-Type");
    struct str head;

    (void)str_cut(&type, ';', &head);
    if (request_header(call->req, "User-Agent").len == 0 ||
        (!str_find(accept, STR("application/json"), &(size_t){0}) &&
         !str_find(accept, STR("*/*"), &(size_t){0}))) {
        return wechat__error(call, 400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent");
    }
    if (call->req->body.len > 0 && !str_eq_nocase(str_trim(head), STR("application/json"))) {
        return wechat__error(call, 400, "INVALID_REQUEST",
                             "Http头Content-Type应为application/json");
    }
    return NULL;
}

struct reply *wechat__run(struct request *req, enum sim_operation operation,
                          wechat_operation handle)
{
    struct wechat_call call = {.sim = sim_of(req), .req = req, .operation = operation};
    const char *problem = wechat__authenticate(&call);
    struct reply *reply;

    if (problem != NULL) {
        return wechat__error(&call, 401, "SIGN_ERROR", problem);
    }
    call.fault = sim_fault_of(call.sim, call.merchant, operation);
    if (call.fault.kind == SIM_FAULT_ERROR_500) {
        return signed_reply(&call, wechat__error(&call, 500, "SYSTEM_ERROR", "系统异常"));
    }
    if (call.fault.kind == SIM_FAULT_ERROR_429) {
        return signed_reply(&call, wechat__error(&call, 429, "FREQUENCY_LIMITED", "频率超限"));
    }
    reply = check_headers(&call);
    if (reply == NULL) {
        reply = handle(&call);
    }
    if (call.fault.kind == SIM_FAULT_ERROR_500_AFTER) {
        reply = wechat__error(&call, 500, "SYSTEM_ERROR", "系统异常");
    }
    return sim_answer(req, &call.fault, signed_reply(&call, reply));
}

static struct reply *native_handler(struct request *req)
{
    return wechat__run(req, SIM_NATIVE, wechat__native);
}

static struct reply *query_no_handler(struct request *req)
{
    return wechat__run(req, SIM_QUERY, wechat__query_no);
}

static struct reply *query_id_handler(struct request *req)
{
    return wechat__run(req, SIM_QUERY, wechat__query_id);
}

static struct reply *close_handler(struct request *req)
{
    return wechat__run(req, SIM_CLOSE, wechat__close);
}

static struct reply *certificates_handler(struct request *req)
{
    return wechat__run(req, SIM_CERTIFICATES, wechat__certificates);
}

static struct reply *tradebill_handler(struct request *req)
{
    return wechat__run(req, SIM_BILL, wechat__tradebill);
}

/* A file's answer is not signed. */
static struct reply *download_handler(struct request *req)
{
    struct wechat_call call = {.sim = sim_of(req), .req = req, .operation = SIM_BILL};
    const char *problem = wechat__authenticate(&call);

    return problem != NULL ? wechat__error(&call, 401, "SIGN_ERROR", problem)
                           : wechat__download(&call);
}

/* Every path twice: SDKs that join a base URL and a path by string keep "/wechat", others replace
 * the whole path. Both sign what they send, and the target as received is what is verified. */
#define WECHAT_AT(method_, path_, handler_)                                                        \
    {                                                                                              \
        .method = (method_), .path = (path_), .handler = (handler_), .auth = HTTP_AUTH_NONE,       \
        ROUTE_HERE                                                                                 \
    }
#define WECHAT(method_, path_, handler_)                                                           \
    WECHAT_AT(method_, path_, handler_), WECHAT_AT(method_, "/wechat" path_, handler_)

static const struct route routes[] = {
    WECHAT("POST", "/v3/pay/transactions/native", native_handler),
    WECHAT("GET", "/v3/pay/transactions/out-trade-no/{out_trade_no}", query_no_handler),
    WECHAT("POST", "/v3/pay/transactions/out-trade-no/{out_trade_no}/close", close_handler),
    WECHAT("GET", "/v3/pay/transactions/id/{transaction_id}", query_id_handler),
    WECHAT("GET", "/v3/certificates", certificates_handler),
    WECHAT("GET", "/v3/bill/tradebill", tradebill_handler),
    WECHAT("GET", "/v3/billdownload/file", download_handler),
    {.method = NULL},
};

/* ---- callback ---- */

/* The same for every delivery of one payment, and after a restart. */
static struct str notice_id(struct arena *arena, const struct sim_order *order)
{
    const unsigned char *c = order->content;

    return str_printf(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%04llx%04llx",
                      c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11],
                      (unsigned long long)(order->number >> 16) & 0xFFFF,
                      (unsigned long long)order->number & 0xFFFF);
}

static struct str notice_body(struct arena *arena, const struct sim_order *order,
                              const struct sim_fault *fault)
{
    char nonce[SIM_GCM_NONCE_LEN + 1];
    struct sim_seal seal = {.key = secret_bytes(&order->merchant->key), .aad = STR("transaction")};
    struct buf body;

    sim_random_hex(nonce, SIM_GCM_NONCE_LEN);
    seal.nonce = str_of(nonce);
    buf_init_arena(&body, arena, WECHAT_ANSWER_MAX);
    buf_printf(&body, "{\"id\":\"" STR_FMT "\",\"create_time\":\"",
               STR_ARG(notice_id(arena, order)));
    time_print_shanghai(&body, order->paid_ms);
    buf_add(&body, STR("\",\"resource_type\":\"encrypt-resource\","
                       "\"event_type\":\"TRANSACTION.SUCCESS\",\"summary\":\"支付成功\","
                       "\"resource\":{\"original_type\":\"transaction\","
                       "\"algorithm\":\"AEAD_AES_256_GCM\",\"ciphertext\":\""));
    buf_add(&body, sim_seal(arena, &seal, wechat__transaction(arena, order, fault)));
    buf_printf(&body, "\",\"associated_data\":\"transaction\",\"nonce\":\"%s\"}}", nonce);
    CHECK(buf_ok(&body));
    return buf_str(&body);
}

void wechat__notify(struct sim *sim, struct sim_order *order, const struct sim_fault *fault,
                    struct http_call *call)
{
    struct str body = notice_body(call->arena, order, fault);
    struct wechat_signature signature =
        wechat__sign(call->arena, wechat__key(sim, order->merchant, STR("")),
                     loop_now_ms(sim->loop), body, fault);

    call->body = body;
    http_call_header(call, STR("User-Agent"), STR("Mozilla/4.0"));
    http_call_header(call, STR("Accept"), STR("*/*"));
    http_call_header(call, STR("Wechatpay-Timestamp"), signature.timestamp);
    http_call_header(call, STR("Wechatpay-Nonce"), signature.nonce);
    http_call_header(call, STR("Wechatpay-Signature"), signature.value);
    http_call_header(call, STR("Wechatpay-Serial"), signature.serial);
    http_call_header(call, STR("Wechatpay-Signature-Type"), STR("WECHATPAY2-SHA256-RSA2048"));
    http_call_header(call, STR("Request-ID"), notice_id(call->arena, order));
}

static bool acknowledges(int status)
{
    return status == 200 || status == 204;
}

const struct sim_personality_row wechat_personality = {
    .routes = routes, .notify = wechat__notify, .acknowledges = acknowledges};
