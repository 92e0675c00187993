/* The admin API: merchants, faults, the clock, and the simulator's own books for auditors. It is
 * for tests on this machine and asks for no password. */
#include "sim/sim.h"
#include "sim/wechat/wechat_keys.h"

enum { LIST_DEFAULT = 200, LIST_MAX = 5000, ANSWER_MAX = 64 * 1024, ORDERS_ANSWER_MAX = 16 << 20 };

static struct reply *refusal(struct request *req, int status, const struct json_refusal *why)
{
    struct buf body;

    buf_init_arena(&body, req->arena, ANSWER_MAX);
    buf_printf(&body, "{\"code\":\"%s\",\"param\":", err_code(why->err));
    json_print_text(&body, str_of(why->param));
    buf_add(&body, STR(",\"message\":"));
    json_print_text(&body, str_of(why->detail[0] != '\0' ? why->detail : err_text(why->err)));
    buf_add_char(&body, '}');
    return reply_json(req, status, buf_str(&body));
}

/* ---- merchants ---- */

static void print_text(struct buf *body, const char *name, struct str text)
{
    buf_printf(body, ",\"%s\":", name);
    json_print_text(body, text);
}

/* All but the keys; what a WeChat merchant needs to verify us. */
static void print_merchant(struct buf *body, const struct sim *sim, struct arena *arena,
                           const struct sim_merchant *merchant)
{
    const struct wechat_keys *keys = sim->wechat_keys;
    const struct wechat_key *signing = wechat_keys_signing(keys);

    buf_printf(body, "{\"personality\":\"%s\"",
               enum_name_of(sim_personality_names, (int)merchant->personality));
    switch (merchant->personality) {
    case SIM_MOCK:
        print_text(body, "merchant_no", merchant->number);
        break;
    case SIM_WECHAT:
        print_text(body, "mchid", merchant->number);
        print_text(body, "appid", merchant->appid);
        print_text(body, "merchant_serial", merchant->serial);
        print_text(body, "mode", str_of(enum_name_of(sim_mode_names, (int)merchant->mode)));
        print_text(body, "platform_public_key_id", str_of(keys->public_key.name));
        print_text(body, "platform_public_key_pem",
                   sim_key_public_pem(arena, keys->public_key.key));
        print_text(body, "platform_certificate_serial", str_of(signing->name));
        print_text(body, "platform_certificate_pem", signing->certificate_pem);
        break;
    }
    buf_printf(body, ",\"auto_pay\":%s,\"auto_pay_after_ms\":%lld}",
               merchant->auto_pay ? "true" : "false", (long long)merchant->auto_pay_after_ms);
}

static struct reply *merchant_reply(struct request *req, const struct sim_merchant *merchant)
{
    struct buf body;

    buf_init_arena(&body, req->arena, ANSWER_MAX);
    print_merchant(&body, sim_of(req), req->arena, merchant);
    return reply_json(req, 200, buf_str(&body));
}

static struct reply *merchant_set(struct request *req)
{
    struct sim *sim = sim_of(req);
    struct sim_merchant_setup setup = {0};
    struct json_refusal why = {0};
    struct sim_merchant *merchant;

    if (request_body(req, &sim_merchant_setup_set, &setup) != ERR_OK) {
        return refusal(req, 400, &req->refusal);
    }
    if (sim_merchant_set(&sim->merchants, &setup, &why, &merchant) != ERR_OK) {
        return refusal(req, 400, &why);
    }
    sim_ledger_keep_merchant(sim->ledger, merchant);
    return merchant_reply(req, merchant);
}

static struct reply *merchant_list(struct request *req)
{
    const struct sim *sim = sim_of(req);
    struct buf body;

    buf_init_arena(&body, req->arena, ORDERS_ANSWER_MAX);
    buf_add(&body, STR("{\"merchants\":["));
    for (const struct sim_merchant *merchant = sim->merchants.first; merchant != NULL;
         merchant = merchant->next) {
        if (merchant != sim->merchants.first) {
            buf_add_char(&body, ',');
        }
        print_merchant(&body, sim, req->arena, merchant);
    }
    buf_add(&body, STR("]}"));
    return reply_json(req, 200, buf_str(&body));
}

struct auto_pay_body {
    enum sim_personality personality;
    struct str merchant;
    bool enabled;
    int64_t after_ms;
};
static const struct field auto_pay_fields[] = {
    FIELD(struct auto_pay_body, personality, FIELD_ENUM, .required = true,
          .names = sim_personality_names),
    FIELD(struct auto_pay_body, merchant, FIELD_TEXT, .required = true, .min = 1, .max = 32),
    FIELD(struct auto_pay_body, enabled, FIELD_BOOL, .required = true),
    FIELD(struct auto_pay_body, after_ms, FIELD_INT, .max = 86400000),
};
static const struct field_set auto_pay_set = FIELD_SET("auto_pay", auto_pay_fields);

static struct reply *no_such_merchant(struct request *req)
{
    const struct json_refusal why = {.err = ERR_FIELD_VALUE, .param = "merchant"};

    return refusal(req, 404, &why);
}

static struct reply *auto_pay(struct request *req)
{
    struct sim *sim = sim_of(req);
    struct auto_pay_body body = {0};
    struct sim_merchant *merchant;

    if (request_body(req, &auto_pay_set, &body) != ERR_OK) {
        return refusal(req, 400, &req->refusal);
    }
    merchant = sim_merchant_find(&sim->merchants, body.personality, body.merchant);
    if (merchant == NULL) {
        return no_such_merchant(req);
    }
    merchant->auto_pay = body.enabled;
    merchant->auto_pay_after_ms = body.after_ms;
    merchant->setup.auto_pay = body.enabled;
    merchant->setup.auto_pay_after_ms = body.after_ms;
    sim_ledger_keep_merchant(sim->ledger, merchant);
    return merchant_reply(req, merchant);
}

/* ---- orders ---- */

struct order_query {
    enum sim_personality personality;
    struct str merchant;
    struct str order_no;
    enum sim_status status;
    int64_t after;
    int64_t limit;
};
static const struct field order_query_fields[] = {
    FIELD(struct order_query, personality, FIELD_ENUM, .names = sim_personality_names),
    FIELD(struct order_query, merchant, FIELD_TEXT, .min = 1, .max = 32),
    FIELD(struct order_query, order_no, FIELD_TEXT, .min = 1, .max = 64),
    FIELD(struct order_query, status, FIELD_ENUM, .names = sim_status_names),
    FIELD(struct order_query, after, FIELD_INT),
    FIELD(struct order_query, limit, FIELD_INT, .min = 1, .max = LIST_MAX),
};
static const struct field_set order_query_set = FIELD_SET("order_query", order_query_fields);

struct order_view {
    int64_t number;
    enum sim_personality personality;
    struct str merchant;
    struct str order_no;
    enum sim_status status;
    struct amount amount;
    enum currency currency;
    struct str subject;
    struct str transaction_no;
    struct str token;
    struct str notify_url;
    int64_t created_at;
    int64_t expires_at;
    int64_t paid_at;
    int64_t closed_at;
    int64_t acknowledged_at;
    int64_t callbacks_sent;
    int64_t last_callback_status;
    int64_t declined;
    bool callback_acknowledged;
    bool never_notified;
};

#define VIEW(member, ...) FIELD(struct order_view, member, __VA_ARGS__)

static const struct field order_view_fields[] = {
    VIEW(number, FIELD_INT),
    VIEW(personality, FIELD_ENUM, .names = sim_personality_names),
    VIEW(merchant, FIELD_TEXT, .max = 64),
    VIEW(order_no, FIELD_TEXT, .max = 64),
    VIEW(status, FIELD_ENUM, .names = sim_status_names),
    VIEW(amount, FIELD_AMOUNT),
    VIEW(currency, FIELD_CURRENCY),
    VIEW(subject, FIELD_TEXT, .max = 256),
    VIEW(transaction_no, FIELD_TEXT, .max = 64),
    VIEW(token, FIELD_TEXT, .max = 64),
    VIEW(notify_url, FIELD_TEXT, .max = 256),
    VIEW(created_at, FIELD_TIME),
    VIEW(expires_at, FIELD_TIME),
    VIEW(paid_at, FIELD_TIME),
    VIEW(closed_at, FIELD_TIME),
    VIEW(acknowledged_at, FIELD_TIME),
    VIEW(callbacks_sent, FIELD_INT, .always = true),
    VIEW(last_callback_status, FIELD_INT),
    VIEW(declined, FIELD_INT),
    VIEW(callback_acknowledged, FIELD_BOOL, .always = true),
    VIEW(never_notified, FIELD_BOOL),
};
static const struct field_set order_view_set = FIELD_SET("order", order_view_fields);

static void print_order(struct buf *body, const struct sim_order *order)
{
    char transaction[SIM_TRANSACTION_MAX];
    char token[SIM_TOKEN_LEN + 1];
    struct order_view view = {.number = (int64_t)order->number,
                              .personality = order->merchant->personality,
                              .merchant = order->merchant->number,
                              .order_no = order->order_no,
                              .status = order->status,
                              .amount = order->amount,
                              .currency = order->currency,
                              .subject = order->subject,
                              .notify_url = order->notify_url,
                              .created_at = order->created_ms,
                              .expires_at = order->expires_ms,
                              .paid_at = order->paid_ms,
                              .closed_at = order->closed_ms,
                              .acknowledged_at = order->acknowledged_ms,
                              .callbacks_sent = order->sent,
                              .last_callback_status = order->last_status,
                              .declined = order->declined,
                              .callback_acknowledged = order->acknowledged_ms != 0,
                              .never_notified = order->never_notified};

    sim_order_token(order, token);
    view.token = str_of(token);
    if (order->status == SIM_SUCCEEDED) {
        sim_order_transaction(order, transaction);
        view.transaction_no = str_of(transaction);
    }
    json_print_fields(body, &order_view_set, &view);
}

static bool is_wanted(const struct sim_order *order, const struct order_query *query)
{
    return (query->personality == 0 || order->merchant->personality == query->personality) &&
           (query->status == 0 || order->status == query->status) &&
           (query->merchant.len == 0 || str_eq(order->merchant->number, query->merchant)) &&
           (query->order_no.len == 0 || str_eq(order->order_no, query->order_no));
}

/* By its number an order is asked of the table, for each merchant that may have it. */
static void print_named(struct buf *body, const struct sim *sim, const struct order_query *query)
{
    bool any = false;

    for (const struct sim_merchant *merchant = sim->merchants.first; merchant != NULL;
         merchant = merchant->next) {
        const struct sim_order *order = sim_order_find(sim->ledger, merchant, query->order_no);

        if (order != NULL && is_wanted(order, query)) {
            if (any) {
                buf_add_char(body, ',');
            }
            print_order(body, order);
            any = true;
        }
    }
}

/* Returns the number of the last order looked at, 0 when that was the last of the books. */
static uint64_t print_page(struct buf *body, const struct sim *sim, const struct order_query *query)
{
    uint64_t number = (uint64_t)query->after + 1;
    int64_t found = 0;

    for (; number <= sim_ledger_count(sim->ledger) && found < query->limit; number++) {
        const struct sim_order *order = sim_ledger_order(sim->ledger, number);

        if (is_wanted(order, query)) {
            if (found > 0) {
                buf_add_char(body, ',');
            }
            print_order(body, order);
            found++;
        }
    }
    return number <= sim_ledger_count(sim->ledger) ? number - 1 : 0;
}

static struct reply *order_list(struct request *req)
{
    const struct sim *sim = sim_of(req);
    struct order_query query = {.limit = LIST_DEFAULT};
    uint64_t last = 0;
    struct buf body;

    if (request_query(req, &order_query_set, &query) != ERR_OK) {
        return refusal(req, 400, &req->refusal);
    }
    buf_init_arena(&body, req->arena, ORDERS_ANSWER_MAX);
    buf_add(&body, STR("{\"orders\":["));
    if (query.order_no.len > 0) {
        print_named(&body, sim, &query);
    } else {
        last = print_page(&body, sim, &query);
    }
    buf_add(&body, STR("],\"next\":"));
    if (last > 0) {
        buf_add_int(&body, (int64_t)last);
    } else {
        buf_add(&body, STR("null"));
    }
    buf_add_char(&body, '}');
    CHECK(buf_ok(&body));
    return reply_json(req, 200, buf_str(&body));
}

struct order_body {
    enum sim_personality personality;
    struct str merchant;
    struct str order_no;
};
static const struct field order_body_fields[] = {
    FIELD(struct order_body, personality, FIELD_ENUM, .required = true,
          .names = sim_personality_names),
    FIELD(struct order_body, merchant, FIELD_TEXT, .required = true, .min = 1, .max = 32),
    FIELD(struct order_body, order_no, FIELD_TEXT, .required = true, .min = 1, .max = 64),
};
static const struct field_set order_body_set = FIELD_SET("order_name", order_body_fields);

static struct reply *redeliver(struct request *req)
{
    struct sim *sim = sim_of(req);
    struct order_body body = {0};
    struct sim_merchant *merchant;
    struct sim_order *order;
    struct buf answer;

    if (request_body(req, &order_body_set, &body) != ERR_OK) {
        return refusal(req, 400, &req->refusal);
    }
    merchant = sim_merchant_find(&sim->merchants, body.personality, body.merchant);
    order = merchant == NULL ? NULL : sim_order_find(sim->ledger, merchant, body.order_no);
    if (order == NULL || order->status != SIM_SUCCEEDED || order->notify_url.len == 0) {
        return refusal(req, 404,
                       &(struct json_refusal){.err = ERR_FIELD_VALUE,
                                              .param = "order_no",
                                              .detail = "there is no such paid order"});
    }
    sim_deliver_again(sim, order);
    buf_init_arena(&answer, req->arena, ANSWER_MAX);
    print_order(&answer, order);
    return reply_json(req, 200, buf_str(&answer));
}

static struct reply *stats(struct request *req)
{
    const struct sim *sim = sim_of(req);
    uint64_t by_status[4] = {0};
    uint64_t acknowledged = 0;
    uint64_t sent = 0;

    for (uint64_t number = 1; number <= sim_ledger_count(sim->ledger); number++) {
        const struct sim_order *order = sim_ledger_order(sim->ledger, number);

        by_status[order->status]++;
        acknowledged += order->acknowledged_ms != 0;
        sent += order->sent;
    }
    return reply_json(
        req, 200,
        str_printf(req->arena,
                   "{\"orders\":%llu,\"pending\":%llu,\"succeeded\":%llu,\"closed\":%llu,"
                   "\"callbacks_sent\":%llu,\"callbacks_acknowledged\":%llu,"
                   "\"callbacks_busy\":%zu,\"events_waiting\":%zu}",
                   (unsigned long long)sim_ledger_count(sim->ledger),
                   (unsigned long long)by_status[SIM_PENDING],
                   (unsigned long long)by_status[SIM_SUCCEEDED],
                   (unsigned long long)by_status[SIM_CLOSED], (unsigned long long)sent,
                   (unsigned long long)acknowledged, sim_deliveries_busy(sim->deliveries),
                   sim_schedule_waiting(sim->schedule)));
}

/* ---- faults, clock, certificates ---- */

static struct reply *fault_list(struct request *req)
{
    struct buf body;

    buf_init_arena(&body, req->arena, ANSWER_MAX);
    buf_add(&body, STR("{\"faults\":"));
    sim_faults_print(&body, sim_of(req)->faults);
    buf_add_char(&body, '}');
    return reply_json(req, 200, buf_str(&body));
}

static struct reply *fault_add(struct request *req)
{
    struct sim_fault_setup setup = {0};
    struct json_refusal why = {0};

    if (request_body(req, &sim_fault_setup_set, &setup) != ERR_OK) {
        return refusal(req, 400, &req->refusal);
    }
    if (sim_fault_add(sim_of(req)->faults, &setup, &why) != ERR_OK) {
        return refusal(req, 400, &why);
    }
    return fault_list(req);
}

static struct reply *fault_clear(struct request *req)
{
    sim_faults_clear(sim_of(req)->faults);
    return fault_list(req);
}

struct clock_body {
    int64_t speed;
};
static const struct field clock_fields[] = {
    FIELD(struct clock_body, speed, FIELD_INT, .required = true, .min = 1, .max = SIM_SPEED_MAX),
};
static const struct field_set clock_set = FIELD_SET("clock", clock_fields);

static struct reply *clock_get(struct request *req)
{
    struct clock_body body = {.speed = sim_schedule_speed(sim_of(req)->schedule)};

    return reply_fields(req, 200, &clock_set, &body);
}

static struct reply *clock_put(struct request *req)
{
    struct clock_body body = {0};

    if (request_body(req, &clock_set, &body) != ERR_OK) {
        return refusal(req, 400, &req->refusal);
    }
    sim_schedule_set_speed(sim_of(req)->schedule, body.speed);
    return clock_get(req);
}

static struct reply *rotate(struct request *req)
{
    struct wechat_keys *keys = sim_of(req)->wechat_keys;
    struct buf body;

    if (wechat_keys_rotate(keys, req->received_ms) != ERR_OK) {
        return refusal(req, 500, &(struct json_refusal){.err = ERR_CONF_FILE});
    }
    buf_init_arena(&body, req->arena, ANSWER_MAX);
    buf_printf(&body, "{\"signing\":\"%s\",\"serials\":[", wechat_keys_signing(keys)->name);
    for (size_t i = 0; i < keys->certificate_count; i++) {
        buf_printf(&body, "%s\"%s\"", i > 0 ? "," : "", keys->certificates[i].name);
    }
    buf_add(&body, STR("]}"));
    return reply_json(req, 200, buf_str(&body));
}

static struct reply *healthz(struct request *req)
{
    return reply_json(req, 200, STR("{\"status\":\"ok\"}"));
}

#define ADMIN(method_, path_, handler_)                                                            \
    {                                                                                              \
        .method = (method_), .path = (path_), .handler = (handler_), .auth = HTTP_AUTH_NONE,       \
        ROUTE_HERE                                                                                 \
    }

const struct route sim_admin_routes[] = {
    ADMIN("POST", "/admin/merchants", merchant_set),
    ADMIN("GET", "/admin/merchants", merchant_list),
    ADMIN("POST", "/admin/auto_pay", auto_pay),
    ADMIN("GET", "/admin/orders", order_list),
    ADMIN("POST", "/admin/redeliver", redeliver),
    ADMIN("GET", "/admin/stats", stats),
    ADMIN("POST", "/admin/faults", fault_add),
    ADMIN("GET", "/admin/faults", fault_list),
    ADMIN("DELETE", "/admin/faults", fault_clear),
    ADMIN("POST", "/admin/clock", clock_put),
    ADMIN("GET", "/admin/clock", clock_get),
    ADMIN("POST", "/admin/certificates/rotate", rotate),
    ADMIN("GET", "/healthz", healthz),
    {.method = NULL},
};
