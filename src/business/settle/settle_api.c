/* The API of settlements: merchants see and ask for their own, operators see all. */
#include "business/settle/settle_int.h"
#include "platform/store/store_reply.h"

#define ORDER_FIELD(member_, name_, ...)                                                           \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct settle_order, member_), .type = __VA_ARGS__     \
    }

enum { SETTLE_LIMIT = 20, SETTLE_LIMIT_MAX = 200 };

const struct enum_name settle__statuses[] = {
    {SETTLE_WAITING, "waiting"},
    {SETTLE_PAID, "paid"},
    {SETTLE_RETURNED, "returned"},
    {SETTLE_CANCELLED, "cancelled"},
    {0, NULL},
};
static const struct enum_name modes[] = {
    {SETTLE_AUTOMATIC, "automatic"},
    {SETTLE_SELF_SERVICE, "self_service"},
    {0, NULL},
};

static const struct field order_fields[] = {
    FIELD(struct settle_order, id, FIELD_ID, .prefix = SETTLE_PREFIX, .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "settlement", .always = true},
    ORDER_FIELD(account_id, "account_id", FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
                .always = true),
    ORDER_FIELD(merchant_id, "merchant_id", FIELD_ID, .prefix = "mer", .always = true),
    FIELD(struct settle_order, settle_date, FIELD_INT, .always = true,
          .help = "yyyymmdd; there is one settlement per account and date", .example = "20261124"),
    FIELD(struct settle_order, settlement_no, FIELD_TEXT, .max = SETTLE_NO_MAX,
          .help = "The merchant's own number, of self-service"),
    FIELD(struct settle_order, mode, FIELD_ENUM, .names = modes, .always = true),
    FIELD(struct settle_order, status, FIELD_ENUM, .names = settle__statuses, .always = true,
          .help = "waiting: the money is held and has not left"),
    FIELD(struct settle_order, currency, FIELD_CURRENCY, .always = true),
    FIELD(struct settle_order, amount, FIELD_AMOUNT, .always = true,
          .help = "Taken from the account; the fee is part of it"),
    FIELD(struct settle_order, fee, FIELD_AMOUNT, .always = true),
    FIELD(struct settle_order, rate_millionths, FIELD_INT, .always = true,
          .help = "Of the last tier reached when the rate has tiers"),
    ORDER_FIELD(rate, "rate", FIELD_JSON, .max = RATE_SNAPSHOT_MAX,
                .help = "The terms of the fee as they were"),
    ORDER_FIELD(card_id, "card", FIELD_ID, .prefix = "crd"),
    ORDER_FIELD(hold_id, "hold", FIELD_ID, .prefix = LEDGER_HOLD_PREFIX, .always = true),
    ORDER_FIELD(journal_id, "journal", FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX),
    ORDER_FIELD(return_journal_id, "return_journal", FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX),
    FIELD(struct settle_order, reason, FIELD_TEXT, .max = SETTLE_REASON_MAX,
          .help = "Why it was returned or cancelled"),
    ORDER_FIELD(created_at_ms, "created_at", FIELD_TIME, .always = true),
    ORDER_FIELD(updated_at_ms, "updated_at", FIELD_TIME, .always = true),
    FIELD(struct settle_order, version, FIELD_INT, .always = true),
    FIELD(struct settle_order, cancelled_by, FIELD_ID, .prefix = "op",
          .help = "The operator; for operators alone"),
};
enum { OPERATOR_FIELDS = 1 }; /* the last ones */
const struct field_set settle__order_set = {
    .name = "settlement",
    .fields = order_fields,
    .count = ARRAY_LEN(order_fields) - OPERATOR_FIELDS,
};
const struct field_set settle__operator_set = FIELD_SET("settlement", order_fields);

static const struct field_set *set_of(const struct request *req)
{
    return req->principal.kind == HTTP_AUTH_OPERATOR ? &settle__operator_set : &settle__order_set;
}

static struct reply *reply_order(struct request *req, const void *order)
{
    return reply_fields(req, 200, set_of(req), order);
}

/* ---- asking for one ---- */

static const struct field self_fields[] = {
    FIELD(struct settle_self, settlement_no, FIELD_TEXT, .required = true, .min = 1,
          .max = SETTLE_NO_MAX, .charset = FIELD_ORDER_NO,
          .help = "Your own number; the same number with the same content gives the first one",
          .example = "S20261124"),
    FIELD(struct settle_self, currency, FIELD_CURRENCY, .required = true, .example = "CNY"),
    FIELD(struct settle_self, amount, FIELD_AMOUNT, .min = 1,
          .help = "Taken from the account; absent: all that has matured, up to the maximum"),
};
static const struct field_set self_set = FIELD_SET("settlement_create", self_fields);

static struct reply *made(struct request *req, struct command *command)
{
    return reply_order(req, command->result);
}

static struct reply *create_handler(struct request *req)
{
    struct settle_self *self = ARENA_NEW(req->arena, struct settle_self);

    if (request_body(req, &self_set, self) != ERR_OK) {
        return reply_refusal(req);
    }
    self->merchant_id = req->principal.merchant_id;
    self->app_id = req->principal.app_id;
    return reply_command(req, &settle__self_kind, self, made);
}

/* ---- cancelling ---- */

static const struct field cancel_fields[] = {
    FIELD(struct settle_step, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = SETTLE_REASON_MAX, .help = "The merchant reads it", .example = "wrong card"),
};
static const struct field_set cancel_set = FIELD_SET("settlement_cancel", cancel_fields);

static struct reply *cancel_handler(struct request *req)
{
    struct settle_step *step = ARENA_NEW(req->arena, struct settle_step);

    if (request_id_param(req, 0, SETTLE_PREFIX, &step->settle_id) != ERR_OK) {
        return reply_error(req, ERR_SETTLE_NOT_FOUND);
    }
    if (request_body(req, &cancel_set, step) != ERR_OK) {
        return reply_refusal(req);
    }
    step->operator_id = req->principal.key_id;
    return reply_command(req, &settle__cancelled_kind, step, made);
}

/* ---- what the bank has done ---- */

static struct reply *claimed(struct request *req, struct command *command)
{
    const struct settle_claimed *result = command->result;

    return result->order.id != 0 ? reply_order(req, &result->order)
                                 : review_reply(req, &result->review);
}

static struct reply *outcome_handler(struct request *req)
{
    struct settle_claim *claim = ARENA_NEW(req->arena, struct settle_claim);

    if (request_id_param(req, 0, SETTLE_PREFIX, &claim->id) != ERR_OK) {
        return reply_error(req, ERR_SETTLE_NOT_FOUND);
    }
    if (request_body(req, &settle__claim_set, claim) != ERR_OK) {
        return reply_refusal(req);
    }
    claim->maker_key_id = req->principal.key_id;
    claim->limit = AMOUNT(conf_int(req->app->conf, "settle.outcome_limit"));
    return reply_command(req, &settle__claim_kind, claim, claimed);
}

/* ---- reading ---- */

struct one {
    int64_t settle_id;
    int64_t merchant_id; /* 0: an operator asks */
};

static enum err read_one(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct one *one = arg;
    struct settle_order *order = result;

    TRY(settle_read(reader, one->settle_id, req->arena, order));
    return one->merchant_id == 0 || one->merchant_id == order->merchant_id ? ERR_OK
                                                                           : ERR_SETTLE_NOT_FOUND;
}

static struct reply *got_one(struct request *req, void *result)
{
    return reply_order(req, result);
}

static struct reply *get_handler(struct request *req)
{
    struct one *one = ARENA_NEW(req->arena, struct one);

    one->merchant_id = req->principal.merchant_id;
    if (request_id_param(req, 0, SETTLE_PREFIX, &one->settle_id) != ERR_OK) {
        return reply_error(req, ERR_SETTLE_NOT_FOUND);
    }
    return reply_query(req, one, sizeof(struct settle_order), read_one, got_one);
}

struct list_query {
    int64_t merchant_id;
    int64_t account_id;
    enum settle_status status;
    int64_t limit;
    int64_t starting_after;
};
static const struct field list_fields[] = {
    FIELD(struct list_query, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "For operators; a merchant's key sees its own"),
    FIELD(struct list_query, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX),
    FIELD(struct list_query, status, FIELD_ENUM, .names = settle__statuses),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = SETTLE_LIMIT_MAX,
          .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = SETTLE_PREFIX,
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("settlement_query", list_fields);

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct settle_filter *filter = arg;
    struct list_page *page = result;
    struct settle_order *rows;
    size_t limit = (size_t)filter->limit - 1;

    TRY(settle__read_orders(reader, filter, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = limit;
    return ERR_OK;
}

static struct reply *listed(struct request *req, void *result)
{
    const struct list_shape shape = {set_of(req), sizeof(struct settle_order), SETTLE_PREFIX};

    return reply_page(req, result, &shape);
}

static struct reply *list_handler(struct request *req)
{
    struct settle_filter *filter = ARENA_NEW(req->arena, struct settle_filter);
    bool merchant = req->principal.kind == HTTP_AUTH_MERCHANT;
    struct list_query query = {0};

    if (request_query(req, &list_set, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    *filter = (struct settle_filter){
        .merchant_id = merchant ? req->principal.merchant_id : query.merchant_id,
        .account_id = query.account_id,
        .status = query.status,
        .before_id = query.starting_after == 0 ? INT64_MAX : query.starting_after,
        .limit =
            (query.limit == 0 ? SETTLE_LIMIT : query.limit) + 1, /* one more: is there a page */
    };
    return reply_query(req, filter, sizeof(struct list_page), read_list, listed);
}

/* ---- routes ---- */

static const enum err id_errors[] = {ERR_SETTLE_NOT_FOUND, ERR_OK};
static const enum err cancel_errors[] = {ERR_SETTLE_NOT_FOUND, ERR_SETTLE_STATE, ERR_OK};
static const enum err outcome_errors[] = {ERR_SETTLE_NOT_FOUND, ERR_SETTLE_STATE,
                                          ERR_REVIEW_PENDING, ERR_OK};
static const enum err create_errors[] = {
    ERR_SETTLE_CONFLICT,       ERR_MERCHANT_SUSPENDED,   ERR_MERCHANT_CLOSED,
    ERR_MERCHANT_APP_DISABLED, ERR_LEDGER_ACCOUNT,       ERR_SETTLE_AUTOMATIC,
    ERR_LEDGER_ACCOUNT_CLOSED, ERR_LEDGER_DEBIT_BLOCKED, ERR_SETTLE_EXISTS,
    ERR_SETTLE_NOTHING,        ERR_SETTLE_MAXIMUM,       ERR_LEDGER_INSUFFICIENT,
    ERR_SETTLE_MINIMUM,        ERR_SETTLE_FEE,           ERR_OK,
};

const struct route settle__routes[] = {
    {
        .method = "POST",
        .path = "/v1/settlements",
        .handler = create_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "settle:create",
        .idempotent = true,
        .body = &self_set,
        .reply = &settle__operator_set,
        .errors = create_errors,
        .summary = "Settle what has matured, by yourself",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/settlements",
        .handler = list_handler,
        .auth = HTTP_AUTH_EITHER,
        .permission = "settle:read",
        .query = &list_set,
        .reply = &settle__operator_set,
        .reply_is_list = true,
        .summary = "List settlements, newest first; a merchant sees its own",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/settlements/{id}",
        .handler = get_handler,
        .auth = HTTP_AUTH_EITHER,
        .permission = "settle:read",
        .reply = &settle__operator_set,
        .errors = id_errors,
        .summary = "Get a settlement",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/settlements/{id}/cancel",
        .handler = cancel_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "settle:write",
        .idempotent = true,
        .body = &cancel_set,
        .reply = &settle__operator_set,
        .errors = cancel_errors,
        .summary = "Give a settlement up that has not been paid: its money is free again",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/settlements/{id}/outcome",
        .handler = outcome_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "settle:remit",
        .idempotent = true,
        .body = &settle__claim_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = outcome_errors,
        .summary =
            "Say what the bank has done, paid out by hand; it is booked when another approves",
        ROUTE_HERE,
    },
    {.method = NULL},
};
