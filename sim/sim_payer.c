/* The payer: a page with three buttons for people, two calls for scripts. */
#include "sim/sim.h"
#include "sim/sim_payer_page.h"

enum { ANSWER_MAX = 16 * 1024 };

static const struct {
    enum sim_personality personality;
    struct str prefix;
} code_urls[] = {
    {SIM_MOCK, STR_INIT("mock://pay/")},
    {SIM_WECHAT, STR_INIT("weixin://wxpay/bizpayurl?pr=")},
};

struct code_body {
    struct str code_url;
};
static const struct field code_fields[] = {
    FIELD(struct code_body, code_url, FIELD_TEXT, .required = true, .min = 1, .max = 256),
};
static const struct field_set code_set = FIELD_SET("code", code_fields);

static struct sim_order *order_of_code(const struct sim *sim, struct str code_url)
{
    for (size_t i = 0; i < ARRAY_LEN(code_urls); i++) {
        struct str prefix = code_urls[i].prefix;

        if (str_starts(code_url, prefix)) {
            struct sim_order *order =
                sim_order_by_token(sim->ledger, str_slice(code_url, prefix.len, code_url.len));

            return order != NULL && order->merchant->personality == code_urls[i].personality ? order
                                                                                             : NULL;
        }
    }
    return NULL;
}

static struct reply *refusal(struct request *req, int status, const char *code, const char *message)
{
    return reply_json(
        req, status, str_printf(req->arena, "{\"code\":\"%s\",\"message\":\"%s\"}", code, message));
}

static struct reply *state_reply(struct request *req, const struct sim_order *order)
{
    char transaction[SIM_TRANSACTION_MAX];
    struct buf body;

    buf_init_arena(&body, req->arena, ANSWER_MAX);
    buf_add(&body, STR("{\"order_no\":"));
    json_print_text(&body, order->order_no);
    buf_printf(&body, ",\"status\":\"%s\",\"amount\":%lld,\"currency\":\"" STR_FMT "\"",
               enum_name_of(sim_status_names, (int)order->status), (long long)order->amount.minor,
               STR_ARG(currency_code(order->currency)));
    if (order->status == SIM_SUCCEEDED) {
        sim_order_transaction(order, transaction);
        buf_printf(&body, ",\"transaction_no\":\"%s\"", transaction);
    }
    buf_printf(&body, ",\"declined\":%u}", order->declined);
    return reply_json(req, 200, buf_str(&body));
}

/* The order the body names, or NULL and the reply that says why not. */
static struct sim_order *order_of_body(struct request *req, struct reply **reply)
{
    struct code_body body = {0};
    struct sim_order *order = NULL;

    if (request_body(req, &code_set, &body) != ERR_OK) {
        *reply = refusal(req, 400, "PARAM_ERROR", "the body must be {\\\"code_url\\\": …}");
        return NULL;
    }
    order = order_of_code(sim_of(req), body.code_url);
    if (order == NULL) {
        *reply = refusal(req, 404, "CODE_NOT_FOUND", "no order has this code");
    }
    return order;
}

static struct reply *pay(struct request *req)
{
    struct reply *reply = NULL;
    struct sim_order *order = order_of_body(req, &reply);

    if (order == NULL) {
        return reply;
    }
    switch (sim_pay(sim_of(req), order)) {
    case SIM_PAY_DONE:
    case SIM_PAY_ALREADY:
        return state_reply(req, order);
    case SIM_PAY_CLOSED:
        return refusal(req, 409, "ORDER_CLOSED", "the order is closed");
    case SIM_PAY_EXPIRED:
        return refusal(req, 409, "ORDER_EXPIRED", "the order can no longer be paid");
    }
    CHECK(false);
}

static struct reply *decline(struct request *req)
{
    struct reply *reply = NULL;
    struct sim_order *order = order_of_body(req, &reply);

    if (order == NULL) {
        return reply;
    }
    if (order->status != SIM_PENDING) {
        return refusal(req, 409, "ORDER_FINAL", "the order is paid or closed");
    }
    order->declined++;
    return state_reply(req, order);
}

/* ---- the page ---- */

static struct reply *page_reply(struct request *req, const struct sim_order *order)
{
    bool english = str_starts(request_header(req, "Accept-Language"), STR("en"));
    struct reply *reply;
    struct buf page;

    if (str_eq(req->query, STR("lang=en")) || str_eq(req->query, STR("lang=zh"))) {
        english = str_ends(req->query, STR("en"));
    }
    buf_init_arena(&page, req->arena, ANSWER_MAX);
    sim_payer_page(&page, order,
                   order != NULL && order->status == SIM_PENDING &&
                       sim_is_expired(sim_of(req), order),
                   english);
    CHECK(buf_ok(&page));
    reply = reply_text(req, order == NULL ? 404 : 200, "text/html; charset=utf-8", buf_str(&page));
    reply_header(reply, "Content-Security-Policy",
                 STR("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                     "base-uri 'none'; form-action 'none'"));
    reply_header(reply, "Cache-Control", STR("no-store"));
    return reply;
}

static struct reply *page(struct request *req)
{
    return page_reply(req, sim_order_by_token(sim_of(req)->ledger, req->params[0]));
}

static struct reply *find_page(struct request *req)
{
    struct code_body query = {0};
    char token[SIM_TOKEN_LEN + 1];
    struct sim_order *order = NULL;
    struct reply *reply;

    if (request_query(req, &code_set, &query) == ERR_OK) {
        order = order_of_code(sim_of(req), query.code_url);
    }
    if (order == NULL) {
        return page_reply(req, NULL);
    }
    sim_order_token(order, token);
    reply = reply_empty(req, 302);
    reply_header(reply, "Location", str_printf(req->arena, "/pay/%s", token));
    return reply;
}

static struct reply *script(struct request *req)
{
    return reply_text(req, 200, "text/javascript; charset=utf-8", sim_payer_script);
}

static struct reply *style(struct request *req)
{
    return reply_text(req, 200, "text/css; charset=utf-8", sim_payer_style);
}

#define PAYER(method_, path_, handler_)                                                            \
    {                                                                                              \
        .method = (method_), .path = (path_), .handler = (handler_), .auth = HTTP_AUTH_NONE,       \
        ROUTE_HERE                                                                                 \
    }

const struct route sim_payer_routes[] = {
    PAYER("POST", "/payer/pay", pay),
    PAYER("POST", "/payer/decline", decline),
    PAYER("GET", "/payer", find_page),
    PAYER("GET", "/payer/page.js", script),
    PAYER("GET", "/payer/page.css", style),
    PAYER("GET", "/pay/{token}", page),
    {.method = NULL},
};
