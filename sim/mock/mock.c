/* The mock channel: a plain protocol with HMAC signatures, for tests, benchmarks and as the
 * template of a personality. docs/simulator.md describes its messages. */
#include "base/time.h"
#include "sim/sim.h"

enum { WINDOW_S = 300, ANSWER_MAX = 4096, SIGNED_MAX = 80 * 1024 };

struct order_body {
    struct str merchant_no;
    struct str order_no;
    struct amount amount;
    enum currency currency;
    struct str subject;
    struct str notify_url;
    int64_t expires_at;
};

#define BODY(member, ...) FIELD(struct order_body, member, __VA_ARGS__)

static const struct field order_body_fields[] = {
    BODY(merchant_no, FIELD_TEXT, .required = true, .min = 1, .max = 32),
    BODY(order_no, FIELD_TEXT, .required = true, .min = 1, .max = 64, .charset = FIELD_ORDER_NO),
    BODY(amount, FIELD_AMOUNT, .required = true, .min = 1, .max = INT64_C(1000000000000)),
    BODY(currency, FIELD_CURRENCY, .required = true),
    BODY(subject, FIELD_TEXT, .required = true, .min = 1, .max = 127),
    BODY(notify_url, FIELD_TEXT, .required = true, .min = 1, .max = 256, .charset = FIELD_URL),
    BODY(expires_at, FIELD_TIME),
};
static const struct field_set order_body_set = FIELD_SET("mock_order_create", order_body_fields);

struct close_body {
    struct str merchant_no;
};
static const struct field close_body_fields[] = {
    FIELD(struct close_body, merchant_no, FIELD_TEXT, .required = true, .min = 1, .max = 32),
};
static const struct field_set close_body_set = FIELD_SET("mock_order_close", close_body_fields);

/* The answer of a query, and with a notification_id the body of a callback. */
struct order_view {
    struct str notification_id;
    struct str order_no;
    struct str merchant_no;
    struct str transaction_no;
    enum sim_status status;
    struct amount amount;
    enum currency currency;
    int64_t paid_at;
};

#define VIEW(member, ...) FIELD(struct order_view, member, __VA_ARGS__)

static const struct field order_view_fields[] = {
    VIEW(notification_id, FIELD_TEXT, .max = 64),
    VIEW(order_no, FIELD_TEXT, .required = true, .max = 64),
    VIEW(merchant_no, FIELD_TEXT, .required = true, .max = 64),
    VIEW(transaction_no, FIELD_TEXT, .max = 64),
    VIEW(status, FIELD_ENUM, .required = true, .names = sim_status_names),
    VIEW(amount, FIELD_AMOUNT, .required = true),
    VIEW(currency, FIELD_CURRENCY, .required = true),
    VIEW(paid_at, FIELD_TIME),
};
static const struct field_set order_view_set = FIELD_SET("mock_order", order_view_fields);

/* One request while it is handled. */
struct mock_call {
    struct sim *sim;
    struct request *req;
    struct sim_merchant *merchant;
    enum sim_operation operation;
    struct sim_fault fault;
};

/* ---- signatures ---- */

static struct str signed_text(struct arena *arena, const struct str *lines, size_t count)
{
    struct buf text;

    buf_init_arena(&text, arena, SIGNED_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_add(&text, lines[i]);
        buf_add_char(&text, '\n');
    }
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

struct signature {
    struct str timestamp;
    struct str nonce;
    struct str value;
};

static struct signature sign(struct arena *arena, const struct sim_merchant *merchant,
                             int64_t now_ms, struct str body, const struct sim_fault *fault)
{
    char nonce[33];
    struct signature signature = {.timestamp = str_printf(arena, "%lld", (long long)now_ms / 1000)};

    sim_random_hex(nonce, 32);
    signature.nonce = str_dup(arena, str_of(nonce));
    signature.value = sim_mac_hex(
        arena, merchant->mac,
        signed_text(arena, (struct str[]){signature.timestamp, signature.nonce, body}, 3));
    if (fault->kind == SIM_FAULT_BAD_SIGNATURE) {
        char *copy = str_cstr(arena, signature.value);

        copy[0] = copy[0] == '0' ? '1' : '0';
        signature.value.ptr = copy;
    }
    return signature;
}

static struct reply *signed_reply(const struct mock_call *call, struct reply *reply)
{
    struct signature signature = sign(call->req->arena, call->merchant, call->req->received_ms,
                                      reply_body(reply), &call->fault);

    reply_header(reply, "Mock-Timestamp", signature.timestamp);
    reply_header(reply, "Mock-Nonce", signature.nonce);
    reply_header(reply, "Mock-Signature", signature.value);
    return reply;
}

static struct reply *refusal(const struct mock_call *call, int status, const char *code,
                             struct str message)
{
    struct buf body;

    buf_init_arena(&body, call->req->arena, ANSWER_MAX);
    buf_printf(&body, "{\"code\":\"%s\",\"message\":", code);
    json_print_text(&body, message);
    buf_add_char(&body, '}');
    return reply_json(call->req, status, buf_str(&body));
}

static struct reply *bad_field(const struct mock_call *call, const struct json_refusal *why)
{
    return refusal(call, 400, "PARAM_ERROR",
                   str_printf(call->req->arena, "%s: %s", why->param, why->detail));
}

/* Finds the merchant and checks the signature; the reason when it is not good, else NULL. */
static const char *authenticate(struct mock_call *call)
{
    struct request *req = call->req;
    struct str timestamp = request_header(req, "Mock-Timestamp");
    struct str nonce = request_header(req, "Mock-Nonce");
    struct str expected;
    int64_t at;

    call->merchant =
        sim_merchant_find(&call->sim->merchants, SIM_MOCK, request_header(req, "Mock-Merchant"));
    if (call->merchant == NULL) {
        return "the merchant is not known";
    }
    if (nonce.len < 8 || nonce.len > 64) {
        return "Mock-Nonce must have 8 to 64 characters";
    }
    if (str_parse_int(timestamp, &at) != ERR_OK || at < req->received_ms / 1000 - WINDOW_S ||
        at > req->received_ms / 1000 + WINDOW_S) {
        return "Mock-Timestamp is missing or more than five minutes off";
    }
    expected = sim_mac_hex(
        req->arena, call->merchant->mac,
        signed_text(req->arena,
                    (struct str[]){req->method, req->target, timestamp, nonce, req->body}, 5));
    return sim_equal(expected, request_header(req, "Mock-Signature")) ? NULL
                                                                      : "the signature is wrong";
}

typedef struct reply *(*mock_operation)(const struct mock_call *call);

static struct reply *run(struct request *req, enum sim_operation operation, mock_operation handle)
{
    struct mock_call call = {.sim = sim_of(req), .req = req, .operation = operation};
    const char *problem = authenticate(&call);
    struct reply *reply;

    if (problem != NULL) {
        return refusal(&call, 401, "SIGN_ERROR", str_of(problem));
    }
    call.fault = sim_fault_of(call.sim, call.merchant, operation);
    if (call.fault.kind == SIM_FAULT_ERROR_500) {
        return signed_reply(&call, refusal(&call, 500, "SYSTEM_ERROR", STR("injected fault")));
    }
    if (call.fault.kind == SIM_FAULT_ERROR_429) {
        return signed_reply(&call, refusal(&call, 429, "TOO_MANY", STR("injected fault")));
    }
    reply = handle(&call);
    if (call.fault.kind == SIM_FAULT_ERROR_500_AFTER) {
        reply = refusal(&call, 500, "SYSTEM_ERROR", STR("injected fault"));
    }
    return sim_answer(req, &call.fault, signed_reply(&call, reply));
}

/* ---- operations ---- */

static struct reply *order_reply(const struct mock_call *call, const struct sim_order *order)
{
    char token[SIM_TOKEN_LEN + 1];
    struct buf body;

    sim_order_token(order, token);
    buf_init_arena(&body, call->req->arena, ANSWER_MAX);
    buf_add(&body, STR("{\"order_no\":"));
    json_print_text(&body, order->order_no);
    buf_printf(&body, ",\"qr\":\"mock://pay/%s\",\"status\":\"%s\"}", token,
               enum_name_of(sim_status_names, (int)order->status));
    return reply_json(call->req, 200, buf_str(&body));
}

/* What the same order number must repeat. */
static void digest(struct arena *arena, const struct order_body *body,
                   unsigned char out[SIM_CONTENT_LEN])
{
    unsigned char hash[SIM_SHA256_LEN];
    struct buf text;

    buf_init_arena(&text, arena, ANSWER_MAX);
    json_print_fields(&text, &order_body_set, body);
    CHECK(buf_ok(&text));
    sim_sha256(buf_str(&text), hash);
    memcpy(out, hash, SIM_CONTENT_LEN);
}

static struct reply *create(const struct mock_call *call)
{
    struct order_body body = {0};
    struct sim_order_create create = {.merchant = call->merchant, .now_ms = call->req->received_ms};
    struct sim_order *order;

    if (request_body(call->req, &order_body_set, &body) != ERR_OK) {
        return bad_field(call, &call->req->refusal);
    }
    if (!str_eq(body.merchant_no, call->merchant->number)) {
        return refusal(call, 400, "PARAM_ERROR", STR("merchant_no: is not the one that signed"));
    }
    digest(call->req->arena, &body, create.content);
    order = sim_order_find(call->sim->ledger, call->merchant, body.order_no);
    if (order != NULL) {
        return memcmp(order->content, create.content, SIM_CONTENT_LEN) == 0
                   ? order_reply(call, order)
                   : refusal(call, 409, "ORDER_CONFLICT",
                             STR("the order number was used with other content"));
    }
    create.order_no = body.order_no;
    create.amount = body.amount;
    create.currency = body.currency;
    create.subject = body.subject;
    create.notify_url = body.notify_url;
    create.expires_ms = body.expires_at;
    if (sim_create(call->sim, &create, &order) != ERR_OK) {
        return refusal(call, 429, "TOO_MANY", STR("the simulator's books are full"));
    }
    return order_reply(call, order);
}

static void spoil(struct order_view *view, const struct sim_fault *fault)
{
    if (fault->kind == SIM_FAULT_WRONG_AMOUNT) {
        view->amount.minor++;
    }
    if (fault->kind == SIM_FAULT_WRONG_CURRENCY) {
        view->currency = view->currency == CURRENCY_USD ? CURRENCY_CNY : CURRENCY_USD;
    }
    if (fault->kind == SIM_FAULT_WRONG_MERCHANT) {
        view->merchant_no = STR("another-merchant");
    }
}

static struct str order_body(struct arena *arena, const struct sim_order *order,
                             const struct sim_fault *fault, bool notification)
{
    char transaction[SIM_TRANSACTION_MAX];
    struct order_view view = {.order_no = order->order_no,
                              .merchant_no = order->merchant->number,
                              .status = order->status,
                              .amount = order->amount,
                              .currency = order->currency,
                              .paid_at = order->paid_ms};
    struct buf body;

    if (order->status == SIM_SUCCEEDED) {
        sim_order_transaction(order, transaction);
        view.transaction_no = str_of(transaction);
    }
    if (notification) {
        view.notification_id = str_printf(arena, "ntf_%s", transaction);
    }
    spoil(&view, fault);
    buf_init_arena(&body, arena, ANSWER_MAX);
    json_print_fields(&body, &order_view_set, &view);
    CHECK(buf_ok(&body));
    return buf_str(&body);
}

static struct reply *not_found(const struct mock_call *call)
{
    return refusal(call, 404, "ORDER_NOT_FOUND", STR("there is no such order"));
}

static struct reply *query(const struct mock_call *call)
{
    struct close_body query = {0};
    struct sim_order *order =
        sim_order_find(call->sim->ledger, call->merchant, call->req->params[0]);

    if (request_query(call->req, &close_body_set, &query) != ERR_OK) {
        return bad_field(call, &call->req->refusal);
    }
    if (order == NULL || !str_eq(query.merchant_no, call->merchant->number)) {
        return not_found(call);
    }
    return reply_json(call->req, 200, order_body(call->req->arena, order, &call->fault, false));
}

static struct reply *close_order(const struct mock_call *call)
{
    struct close_body body = {0};
    struct sim_order *order =
        sim_order_find(call->sim->ledger, call->merchant, call->req->params[0]);
    struct buf answer;

    if (request_body(call->req, &close_body_set, &body) != ERR_OK) {
        return bad_field(call, &call->req->refusal);
    }
    if (order == NULL || !str_eq(body.merchant_no, call->merchant->number)) {
        return not_found(call);
    }
    if (order->status == SIM_SUCCEEDED) {
        return refusal(call, 409, "ORDER_PAID", STR("the order has been paid"));
    }
    if (order->status == SIM_PENDING) {
        sim_close(call->sim, order);
    }
    buf_init_arena(&answer, call->req->arena, ANSWER_MAX);
    buf_add(&answer, STR("{\"order_no\":"));
    json_print_text(&answer, order->order_no);
    buf_add(&answer, STR(",\"status\":\"closed\"}"));
    return reply_json(call->req, 200, buf_str(&answer));
}

static struct reply *create_handler(struct request *req)
{
    return run(req, SIM_CREATE, create);
}

static struct reply *query_handler(struct request *req)
{
    return run(req, SIM_QUERY, query);
}

static struct reply *close_handler(struct request *req)
{
    return run(req, SIM_CLOSE, close_order);
}

static const struct route routes[] = {
    {.method = "POST",
     .path = "/mock/v1/orders",
     .handler = create_handler,
     .auth = HTTP_AUTH_NONE,
     ROUTE_HERE},
    {.method = "GET",
     .path = "/mock/v1/orders/{order_no}",
     .handler = query_handler,
     .auth = HTTP_AUTH_NONE,
     ROUTE_HERE},
    {.method = "POST",
     .path = "/mock/v1/orders/{order_no}/close",
     .handler = close_handler,
     .auth = HTTP_AUTH_NONE,
     ROUTE_HERE},
    {.method = NULL},
};

/* ---- callbacks ---- */

static void notify(struct sim *sim, struct sim_order *order, const struct sim_fault *fault,
                   struct http_call *call)
{
    struct str body = order_body(call->arena, order, fault, true);
    struct signature signature =
        sign(call->arena, order->merchant, loop_now_ms(sim->loop), body, fault);

    call->body = body;
    http_call_header(call, STR("Mock-Timestamp"), signature.timestamp);
    http_call_header(call, STR("Mock-Nonce"), signature.nonce);
    http_call_header(call, STR("Mock-Signature"), signature.value);
}

static bool acknowledges(int status)
{
    return status >= 200 && status <= 299;
}

const struct sim_personality_row mock_personality = {
    .routes = routes, .notify = notify, .acknowledges = acknowledges};
