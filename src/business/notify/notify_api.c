/* The merchant API of webhook deliveries: what was sent, how it went, send it again. */
#include "business/notify/notify_int.h"

static const struct enum_name statuses[] = {
    {NOTIFY_PENDING, "pending"},
    {NOTIFY_DELIVERED, "delivered"},
    {NOTIFY_DEAD, "dead"},
    {NOTIFY_SUPPRESSED, "suppressed"},
    {0, NULL},
};

static const struct field delivery_fields[] = {
    FIELD(struct notify_delivery, id, FIELD_ID, .prefix = "whd", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "webhook_delivery"},
    {.name = "event",
     .type = FIELD_ID,
     .prefix = "evt",
     .always = true,
     .offset = offsetof(struct notify_delivery, event_id)},
    FIELD(struct notify_delivery, type, FIELD_TEXT, .max = 64, .always = true),
    {.name = "endpoint",
     .type = FIELD_ID,
     .prefix = "whe",
     .offset = offsetof(struct notify_delivery, endpoint_id)},
    FIELD(struct notify_delivery, url, FIELD_TEXT, .max = 512,
          .help = "Set when it went to the payment's own notify_url"),
    FIELD(struct notify_delivery, status, FIELD_ENUM, .names = statuses, .always = true),
    FIELD(struct notify_delivery, attempts, FIELD_INT, .always = true),
    FIELD(struct notify_delivery, last_status, FIELD_INT, .help = "HTTP status of the last answer"),
    FIELD(struct notify_delivery, last_error, FIELD_TEXT, .max = 64),
    {.name = "created_at",
     .type = FIELD_TIME,
     .always = true,
     .offset = offsetof(struct notify_delivery, created_at_ms)},
    {.name = "updated_at",
     .type = FIELD_TIME,
     .always = true,
     .offset = offsetof(struct notify_delivery, updated_at_ms)},
};
static const struct field_set delivery_set = FIELD_SET("webhook_delivery", delivery_fields);

static const struct field attempt_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "webhook_attempt"},
    FIELD(struct notify_attempt, number, FIELD_INT, .always = true),
    FIELD(struct notify_attempt, status, FIELD_INT, .always = true,
          .help = "HTTP status; 0: no answer"),
    FIELD(struct notify_attempt, error, FIELD_TEXT, .max = 64),
    FIELD(struct notify_attempt, duration_us, FIELD_INT, .always = true),
    FIELD(struct notify_attempt, response, FIELD_TEXT, .max = 256,
          .help = "The beginning of the answer"),
    {.name = "created_at",
     .type = FIELD_TIME,
     .always = true,
     .offset = offsetof(struct notify_attempt, created_at_ms)},
};
static const struct field_set attempt_set = FIELD_SET("webhook_attempt", attempt_fields);

struct list_query {
    int64_t limit;
    int64_t starting_after;
};
static const struct field list_fields[] = {
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = 200, .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = "whd",
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("webhook_delivery_list_query", list_fields);

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    struct notify_delivery *rows;
    int64_t limit = query->limit == 0 ? 20 : query->limit;
    int64_t before = query->starting_after == 0 ? INT64_MAX : query->starting_after;
    const struct notify_filter filter = {req->principal.merchant_id, before, limit + 1};

    TRY(notify__read_deliveries(reader, &filter, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = (size_t)limit;
    return ERR_OK;
}

static const struct list_shape page_shape = {&delivery_set, sizeof(struct notify_delivery), "whd"};

static struct reply *listed(struct request *req, void *result)
{
    return reply_page(req, result, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &list_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct list_page), read_list, listed);
}

struct attempts {
    struct notify_attempt *rows;
    size_t count;
};

static enum err read_attempts(struct reader *reader, struct request *req, const void *arg,
                              void *result)
{
    struct attempts *attempts = result;
    struct notify_delivery delivery;
    enum err err =
        reader_get(reader, &notify__delivery_table, *(const int64_t *)arg, req->arena, &delivery);

    if (err == ERR_STORE_NOT_FOUND ||
        (err == ERR_OK && delivery.merchant_id != req->principal.merchant_id)) {
        return ERR_NOTIFY_NOT_FOUND;
    }
    TRY(err);
    return notify__read_attempts(reader, delivery.id, req->arena, &attempts->rows,
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

    if (request_id_param(req, 0, "whd", id) != ERR_OK) {
        return reply_error(req, ERR_NOTIFY_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct attempts), read_attempts, got_attempts);
}

static struct reply *resent(struct request *req, struct command *command)
{
    return reply_fields(req, 202, &delivery_set, command->result);
}

static struct reply *resend_handler(struct request *req)
{
    struct notify_resend *resend = ARENA_NEW(req->arena, struct notify_resend);

    resend->merchant_id = req->principal.merchant_id;
    if (request_id_param(req, 0, "whd", &resend->delivery_id) != ERR_OK) {
        return reply_error(req, ERR_NOTIFY_NOT_FOUND);
    }
    return reply_command(req, &notify__resend_kind, resend, resent);
}

static const enum err id_errors[] = {ERR_NOTIFY_NOT_FOUND, ERR_OK};

const struct route notify__routes[] = {
    {
        .method = "GET",
        .path = "/v1/webhook-deliveries",
        .handler = list_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "webhook:read",
        .query = &list_set,
        .reply = &delivery_set,
        .reply_is_list = true,
        .summary = "List webhook deliveries, newest first",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/webhook-deliveries/{id}/attempts",
        .handler = attempts_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "webhook:read",
        .reply = &attempt_set,
        .reply_is_list = true,
        .errors = id_errors,
        .summary = "List the attempts of a delivery",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/webhook-deliveries/{id}/resend",
        .handler = resend_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "webhook:write",
        .idempotent = true,
        .reply = &delivery_set,
        .reply_status = 202,
        .errors = id_errors,
        .summary = "Send a webhook again now, under the same webhook-id",
        ROUTE_HERE,
    },
    {.method = NULL},
};
