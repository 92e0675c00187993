/* The merchant API of payments. */
#include "base/crypto.h"
#include "base/encode.h"
#include "business/merchant/merchant.h"
#include "business/payment/payment_int.h"

static const struct field payer_fields[] = {
    FIELD(struct payment_create_payer, ip, FIELD_TEXT, .max = 45, .charset = FIELD_CODE,
          .help = "Address of the payer, as the merchant sees it", .example = "203.0.113.7"),
};

static const struct field create_fields[] = {
    FIELD(struct payment_create, merchant_order_no, FIELD_TEXT, .required = true, .min = 1,
          .max = 64, .charset = FIELD_ORDER_NO,
          .help = "Your number of the order; unique for ever. The same number with the same "
                  "content gives the first payment.",
          .example = "A20261122-0001"),
    FIELD(struct payment_create, amount, FIELD_AMOUNT, .required = true, .min = 1,
          .max = 100000000000, .help = "In minor units: 100 is 1.00 CNY", .example = "1288"),
    FIELD(struct payment_create, currency, FIELD_CURRENCY, .required = true, .example = "CNY"),
    FIELD(struct payment_create, method, FIELD_TEXT, .required = true, .min = 1, .max = 32,
          .charset = FIELD_CODE, .help = "How the payer pays", .example = "wechat_native"),
    FIELD(struct payment_create, subject, FIELD_TEXT, .required = true, .min = 1, .max = 127,
          .help = "What is paid for; shown to the payer", .example = "Tomato soup"),
    FIELD(struct payment_create, body, FIELD_TEXT, .max = 256),
    FIELD(struct payment_create, attach, FIELD_TEXT, .max = 256, .help = "Given back as it is"),
    FIELD(struct payment_create, metadata, FIELD_JSON, .max = 4096),
    FIELD(struct payment_create, notify_url, FIELD_TEXT, .max = 512, .charset = FIELD_URL,
          .help = "Webhooks of this payment go here as well as to your endpoints"),
    FIELD(struct payment_create, return_url, FIELD_TEXT, .max = 512, .charset = FIELD_URL),
    FIELD(struct payment_create, expires_in, FIELD_INT, .min = 60, .max = 86400,
          .help = "Seconds until it can no longer be paid; 7200 when absent"),
    FIELD(struct payment_create, payer, FIELD_OBJECT, .sub = payer_fields,
          .sub_count = ARRAY_LEN(payer_fields)),
};
const struct field_set payment__create_fields = FIELD_SET("payment_create", create_fields);

enum { PAYMENT_EXPIRES_IN_S = 7200 };

/* ---- one request on its way through command, channel, command ---- */

struct errand {
    struct request *req;
    struct payment_create create;
    struct payment_flow flow;
    struct command command;
    struct query query;
    int64_t payment_id;
};

static struct reply *reply_payment(struct request *req, int status, const struct payment *payment)
{
    struct payment_view view;

    payment_view_make(req->arena, payment, &view);
    return reply_fields(req, status, &payment_fields, &view);
}

/* The payment is durable; where the flow itself failed (queue full, stopping) its timer goes on,
 * and the answer is the payment as it was last known. */
static void answer(struct payment_flow *flow, enum err err)
{
    struct errand *errand = flow->ctx;
    const struct payment *payment = &flow->payment;
    int status = payment->status == PAYMENT_UNKNOWN || payment->status == PAYMENT_PROCESSING ||
                         payment->status == PAYMENT_CLOSING
                     ? 202
                     : 200;

    if (err != ERR_OK && payment->id == 0) {
        request_reply(errand->req, reply_error(errand->req, err));
        return;
    }
    request_reply(errand->req, reply_payment(errand->req, status, payment));
}

static struct errand *errand_new(struct request *req)
{
    struct errand *errand = ARENA_NEW(req->arena, struct errand);

    errand->req = req;
    errand->flow = (struct payment_flow){
        .app = req->app, .arena = req->arena, .trace = &req->trace, .then = answer, .ctx = errand};
    return errand;
}

static struct reply *refuse_command(struct request *req, const struct command *command)
{
    return reply_error_at(req, command->err, command->param[0] == '\0' ? NULL : command->param,
                          NULL);
}

static void created(struct command *command)
{
    struct errand *errand = command->ctx;
    const struct payment_change *change = &errand->flow.change;

    if (command->err != ERR_OK) {
        request_reply(errand->req, refuse_command(errand->req, command));
        return;
    }
    errand->flow.payment = change->payment;
    if (change->existing && change->payment.status != PAYMENT_PROCESSING) {
        answer(&errand->flow, ERR_OK);
        return;
    }
    payment__flow_submit(&errand->flow);
}

static struct str random_secret(struct arena *arena)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char random[PAYMENT_CASHIER_SECRET_LEN];
    char *text = arena_alloc(arena, PAYMENT_CASHIER_SECRET_LEN);

    crypto_random(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++) {
        text[i] = letters[random[i] % 32];
    }
    return (struct str){text, sizeof(random)};
}

static enum err check_limits(struct request *req, const struct payment_create *create)
{
    struct channel_limits limits;

    if (channel_limits(create->method, &limits) != ERR_OK) {
        return ERR_CHANNEL_METHOD;
    }
    (void)req;
    return create->expires_in * TIME_SECOND_MS > limits.expiry_max_ms ? ERR_FIELD_RANGE : ERR_OK;
}

static struct reply *create_handler(struct request *req)
{
    struct errand *errand = errand_new(req);
    struct payment_create *create = &errand->create;
    enum err err;

    if (request_body(req, &payment__create_fields, create) != ERR_OK) {
        return reply_refusal(req);
    }
    if (create->expires_in == 0) {
        create->expires_in = PAYMENT_EXPIRES_IN_S;
    }
    err = check_limits(req, create);
    if (err != ERR_OK) {
        return reply_error_at(req, err, err == ERR_CHANNEL_METHOD ? "method" : "expires_in", NULL);
    }
    create->merchant_id = req->principal.merchant_id;
    create->app_id = req->principal.app_id;
    create->collect_allowed = merchant_collect_allowed(req->app);
    create->cashier_secret = random_secret(req->arena);
    errand->command = (struct command){.kind = &payment_create_kind,
                                       .arg = create,
                                       .result = &errand->flow.change,
                                       .arena = req->arena,
                                       .trace = &req->trace,
                                       .done = created,
                                       .loop = req->loop,
                                       .ctx = errand};
    err = store_submit(req->app->store, &errand->command);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

/* ---- reading ---- */

static enum err read_own(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct payment *payment = result;

    TRY(payment_read(reader, *(const int64_t *)arg, req->arena, payment));
    return payment->merchant_id == req->principal.merchant_id ? ERR_OK : ERR_PAYMENT_NOT_FOUND;
}

static struct reply *got(struct request *req, void *result)
{
    return reply_payment(req, 200, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, "pay", id) != ERR_OK) {
        return reply_error(req, ERR_PAYMENT_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct payment), read_own, got);
}

struct list_query {
    struct str merchant_order_no;
    enum payment_status status;
    int64_t limit;
    int64_t starting_after;
};

static const struct field list_fields[] = {
    FIELD(struct list_query, merchant_order_no, FIELD_TEXT, .max = 64, .charset = FIELD_ORDER_NO),
    FIELD(struct list_query, status, FIELD_ENUM, .names = payment__status_names),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = 200, .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = "pay",
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("payment_list_query", list_fields);

struct page {
    struct payment *rows;
    size_t count;
    size_t limit;
};

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct page *page = result;
    int64_t limit = query->limit == 0 ? 20 : query->limit;
    const struct payment_filter filter = {.merchant_id = req->principal.merchant_id,
                                          .merchant_order_no = query->merchant_order_no,
                                          .status = query->status,
                                          .starting_after = query->starting_after,
                                          .limit = limit + 1};

    TRY(payment__read_list(reader, &filter, req->arena, &page->rows, &page->count));
    page->limit = (size_t)limit;
    return ERR_OK;
}

static const struct list_shape page_shape = {&payment_fields, sizeof(struct payment_view), "pay"};

static struct reply *listed(struct request *req, void *result)
{
    const struct page *page = result;
    struct payment_view *views = ARENA_ARRAY(req->arena, struct payment_view, page->count);

    for (size_t i = 0; i < page->count && i < page->limit; i++) {
        payment_view_make(req->arena, &page->rows[i], &views[i]);
    }
    return reply_page(req, &(struct list_page){views, page->count, page->limit}, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &list_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct page), read_list, listed);
}

/* ---- attempts ---- */

static const struct enum_name attempt_statuses[] = {
    {PAYMENT_ATTEMPT_SUBMITTED, "submitted"},
    {PAYMENT_ATTEMPT_PENDING, "pending"},
    {PAYMENT_ATTEMPT_UNKNOWN, "unknown"},
    {PAYMENT_ATTEMPT_SUCCEEDED, "succeeded"},
    {PAYMENT_ATTEMPT_FAILED, "failed"},
    {PAYMENT_ATTEMPT_CLOSED, "closed"},
    {0, NULL},
};

static const struct field attempt_fields[] = {
    FIELD(struct payment_attempt, id, FIELD_ID, .prefix = "att", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "payment_attempt"},
    {.name = "payment_id",
     .type = FIELD_ID,
     .prefix = "pay",
     .always = true,
     .offset = offsetof(struct payment_attempt, payment_id)},
    FIELD(struct payment_attempt, number, FIELD_INT, .always = true),
    FIELD(struct payment_attempt, status, FIELD_ENUM, .names = attempt_statuses, .always = true),
    {.name = "channel_account_id",
     .type = FIELD_ID,
     .prefix = "cha",
     .offset = offsetof(struct payment_attempt, channel_account_id)},
    FIELD(struct payment_attempt, channel_code, FIELD_TEXT, .max = 64),
    FIELD(struct payment_attempt, channel_message, FIELD_TEXT, .max = 256),
    FIELD(struct payment_attempt, evidence, FIELD_TEXT, .max = 64,
          .help = "SHA-256 of the channel's signed text that decided the state"),
    {.name = "created_at",
     .type = FIELD_TIME,
     .always = true,
     .offset = offsetof(struct payment_attempt, created_at_ms)},
    {.name = "updated_at",
     .type = FIELD_TIME,
     .always = true,
     .offset = offsetof(struct payment_attempt, updated_at_ms)},
};
static const struct field_set attempt_set = FIELD_SET("payment_attempt", attempt_fields);

struct attempts {
    struct payment_attempt *rows;
    size_t count;
};

static enum err read_attempts(struct reader *reader, struct request *req, const void *arg,
                              void *result)
{
    struct attempts *attempts = result;
    struct payment payment;

    TRY(read_own(reader, req, arg, &payment));
    return payment__read_attempts(reader, payment.id, req->arena, &attempts->rows,
                                  &attempts->count);
}

static struct reply *got_attempts(struct request *req, void *result)
{
    const struct attempts *attempts = result;

    return reply_list(req, &attempt_set, attempts->rows, attempts->count, sizeof(*attempts->rows),
                      (struct str){"", 0});
}

static struct reply *attempts_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, "pay", id) != ERR_OK) {
        return reply_error(req, ERR_PAYMENT_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct attempts), read_attempts, got_attempts);
}

/* ---- close, sync ---- */

static void closed(struct payment_flow *flow, enum err err)
{
    struct errand *errand = flow->ctx;

    if (err != ERR_OK && flow->payment.id == 0) {
        request_reply(errand->req, refuse_command(errand->req, &flow->command));
        return;
    }
    answer(flow, err);
}

static struct reply *close_handler(struct request *req)
{
    struct errand *errand = errand_new(req);
    struct payment_close close = {.merchant_id = req->principal.merchant_id,
                                  .reason = PAYMENT_CLOSED_BY_MERCHANT};

    if (request_id_param(req, 0, "pay", &close.payment_id) != ERR_OK) {
        return reply_error(req, ERR_PAYMENT_NOT_FOUND);
    }
    errand->flow.then = closed;
    payment__flow_close(&errand->flow, &close);
    return reply_later(req);
}

static void read_for_sync(struct query *query, struct reader *reader)
{
    struct errand *errand = query->ctx;

    query->err = read_own(reader, errand->req, &errand->payment_id, &errand->flow.payment);
}

static void sync_known(struct query *query)
{
    struct errand *errand = query->ctx;

    if (query->err != ERR_OK) {
        request_reply(errand->req, reply_error(errand->req, query->err));
    } else if (payment_is_final(errand->flow.payment.status)) {
        answer(&errand->flow, ERR_OK);
    } else {
        payment__flow_advance(&errand->flow);
    }
}

static struct reply *sync_handler(struct request *req)
{
    struct errand *errand = errand_new(req);
    enum err err;

    if (request_id_param(req, 0, "pay", &errand->payment_id) != ERR_OK) {
        return reply_error(req, ERR_PAYMENT_NOT_FOUND);
    }
    errand->query = (struct query){.run = read_for_sync,
                                   .done = sync_known,
                                   .loop = req->loop,
                                   .arena = req->arena,
                                   .ctx = errand};
    err = store_query(req->app->store, &errand->query);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

static const enum err create_errors[] = {ERR_PAYMENT_ORDER_CONFLICT, ERR_PAYMENT_FUND_MODE,
                                         ERR_PAYMENT_NOTIFY_URL,     ERR_CHANNEL_METHOD,
                                         ERR_CHANNEL_NONE,           ERR_OK};
static const enum err id_errors[] = {ERR_PAYMENT_NOT_FOUND, ERR_OK};
static const enum err close_errors[] = {ERR_PAYMENT_NOT_FOUND, ERR_PAYMENT_STATE, ERR_OK};

const struct route payment__routes[] = {
    {
        .method = "POST",
        .path = "/v1/payments",
        .handler = create_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "payment:create",
        .idempotent = true,
        .body = &payment__create_fields,
        .reply = &payment_fields,
        .errors = create_errors,
        .summary = "Create a payment; 202 while the channel's answer is unknown",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/payments",
        .handler = list_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "payment:read",
        .query = &list_set,
        .reply = &payment_fields,
        .reply_is_list = true,
        .summary = "List payments, newest first",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/payments/{id}",
        .handler = get_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "payment:read",
        .reply = &payment_fields,
        .errors = id_errors,
        .summary = "Get a payment",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/payments/{id}/attempts",
        .handler = attempts_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "payment:read",
        .reply = &attempt_set,
        .reply_is_list = true,
        .errors = id_errors,
        .summary = "List the attempts of a payment",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/payments/{id}/close",
        .handler = close_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "payment:close",
        .idempotent = true,
        .reply = &payment_fields,
        .errors = close_errors,
        .summary = "Close a payment that is not paid; 202 while the channel has not confirmed",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/payments/{id}/sync",
        .handler = sync_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "payment:read",
        .idempotent = true,
        .reply = &payment_fields,
        .errors = id_errors,
        .summary = "Ask the channel now",
        ROUTE_HERE,
    },
    {.method = NULL},
};
