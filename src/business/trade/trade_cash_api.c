/* Cash-outs over HTTP: merchants for themselves, operators for a merchant. */
#include "business/trade/trade_int.h"

enum { CASH_LIST_DEFAULT = 20, CASH_LIST_MAX = 200 };
#define CASH_AMOUNT_MAX INT64_C(100000000000)

static const struct enum_name statuses[] = {
    {TRADE_CASH_WAITING, "waiting_remittance"},
    {TRADE_CASH_SENT, "sent"},
    {TRADE_CASH_SUCCEEDED, "succeeded"},
    {TRADE_CASH_FAILED, "failed"},
    {TRADE_CASH_RETURNED, "returned"},
    {TRADE_CASH_CANCELLED, "cancelled"},
    {0, NULL},
};

#define CASH_FIELD(member_, name_, ...)                                                            \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct trade_cash_out, member_), .type = __VA_ARGS__   \
    }
static const struct field cash_fields[] = {
    CASH_FIELD(id, "id", FIELD_ID, .prefix = TRADE_CASH_OUT_PREFIX, .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "cash_out"},
    CASH_FIELD(merchant_id, "merchant_id", FIELD_ID, .prefix = "mer", .always = true),
    CASH_FIELD(merchant_order_no, "merchant_order_no", FIELD_TEXT, .max = 64, .always = true),
    CASH_FIELD(account_id, "account_id", FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .always = true),
    CASH_FIELD(card_id, "card", FIELD_ID, .prefix = "crd"),
    CASH_FIELD(amount, "amount", FIELD_AMOUNT, .always = true, .help = "What the card gets"),
    CASH_FIELD(fee, "fee", FIELD_AMOUNT, .always = true, .help = "On top of the amount"),
    CASH_FIELD(currency, "currency", FIELD_CURRENCY, .always = true),
    CASH_FIELD(rate_id, "rate", FIELD_ID, .prefix = RATE_PREFIX,
               .help = "That the fee was charged by; absent: none was configured"),
    CASH_FIELD(rate_millionths, "rate_millionths", FIELD_INT, .always = true),
    CASH_FIELD(hold_id, "hold", FIELD_ID, .prefix = LEDGER_HOLD_PREFIX, .always = true,
               .help = "Keeps amount and fee until the bank has answered"),
    CASH_FIELD(status, "status", FIELD_ENUM, .names = statuses, .always = true),
    CASH_FIELD(reason, "reason", FIELD_TEXT, .max = TRADE_REASON_MAX,
               .help = "Why it failed, came back or was cancelled"),
    CASH_FIELD(created_at_ms, "created_at", FIELD_TIME, .always = true),
    CASH_FIELD(updated_at_ms, "updated_at", FIELD_TIME, .always = true),
    CASH_FIELD(version, "version", FIELD_INT, .always = true),
    CASH_FIELD(created_by, "created_by", FIELD_ID, .prefix = "op",
               .help = "The operator who asked for it; for operators alone"),
    CASH_FIELD(cancelled_by, "cancelled_by", FIELD_ID, .prefix = "op",
               .help = "The operator who cancelled it; for operators alone"),
};
enum { OPERATOR_FIELDS = 2 }; /* the last ones */
const struct field_set trade__cash_set = {
    .name = "cash_out",
    .fields = cash_fields,
    .count = ARRAY_LEN(cash_fields) - OPERATOR_FIELDS,
};
static const struct field_set operator_set = FIELD_SET("cash_out", cash_fields);

static bool is_operator(const struct request *req)
{
    return req->principal.kind == HTTP_AUTH_OPERATOR;
}

static const struct field_set *set_of(const struct request *req)
{
    return is_operator(req) ? &operator_set : &trade__cash_set;
}

static const struct field create_fields[] = {
    FIELD(struct trade_cash_create, account, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true, .help = "A merchant's payable account (2241)"),
    FIELD(struct trade_cash_create, amount, FIELD_AMOUNT, .required = true, .min = 1,
          .max = CASH_AMOUNT_MAX, .help = "In minor units; the fee comes on top",
          .example = "10000"),
    FIELD(struct trade_cash_create, merchant_order_no, FIELD_TEXT, .required = true, .min = 1,
          .max = 64, .charset = FIELD_ORDER_NO,
          .help = "Your number of the cash-out; unique for ever. The same number with the same "
                  "content gives the first one.",
          .example = "W20261122-0001"),
    FIELD(struct trade_cash_create, card, FIELD_ID, .prefix = "crd",
          .help = "Where the money goes; absent: the merchant's default card"),
};
static const struct field_set create_set = FIELD_SET("cash_out_create", create_fields);

static struct reply *reply_cash(struct request *req, const void *cash)
{
    return reply_fields(req, 200, set_of(req), cash);
}

static struct reply *created(struct request *req, struct command *command)
{
    return reply_cash(req, command->result);
}

static struct reply *create_handler(struct request *req)
{
    struct trade_cash_create *create = ARENA_NEW(req->arena, struct trade_cash_create);

    if (request_body(req, &create_set, create) != ERR_OK) {
        return reply_refusal(req);
    }
    create->merchant_id = req->principal.merchant_id;
    create->app_id = req->principal.app_id;
    create->operator_id = is_operator(req) ? req->principal.key_id : 0;
    return reply_command(req, &trade__cash_kind, create, created);
}

static const struct field cancel_fields[] = {
    FIELD(struct trade_cash_cancel, reason, FIELD_TEXT, .max = TRADE_REASON_MAX,
          .help = "Required of an operator", .example = "no longer wanted"),
};
static const struct field_set cancel_set = FIELD_SET("cash_out_cancel", cancel_fields);

static struct reply *cancel_handler(struct request *req)
{
    struct trade_cash_cancel *cancel = ARENA_NEW(req->arena, struct trade_cash_cancel);

    if (request_id_param(req, 0, TRADE_CASH_OUT_PREFIX, &cancel->id) != ERR_OK) {
        return reply_error(req, ERR_TRADE_NOT_FOUND);
    }
    if (request_body(req, &cancel_set, cancel) != ERR_OK) {
        return reply_refusal(req);
    }
    if (is_operator(req) && cancel->reason.len == 0) {
        return reply_error_at(req, ERR_FIELD_REQUIRED, "reason", "an operator says why");
    }
    cancel->merchant_id = req->principal.merchant_id;
    cancel->operator_id = is_operator(req) ? req->principal.key_id : 0;
    return reply_command(req, &trade__cash_cancel_kind, cancel, created);
}

static struct reply *claimed(struct request *req, struct command *command)
{
    const struct trade_cash_claimed *result = command->result;

    return result->cash.id != 0 ? reply_cash(req, &result->cash)
                                : review_reply(req, &result->review);
}

static struct reply *outcome_handler(struct request *req)
{
    struct trade_cash_claim *claim = ARENA_NEW(req->arena, struct trade_cash_claim);

    if (request_id_param(req, 0, TRADE_CASH_OUT_PREFIX, &claim->id) != ERR_OK) {
        return reply_error(req, ERR_TRADE_NOT_FOUND);
    }
    if (request_body(req, &trade__cash_claim_set, claim) != ERR_OK) {
        return reply_refusal(req);
    }
    claim->maker_key_id = req->principal.key_id;
    claim->limit = AMOUNT(conf_int(req->app->conf, "trade.adjustment_limit"));
    return reply_command(req, &trade__cash_claim_kind, claim, claimed);
}

static enum err read_own(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct trade_cash_out *cash = result;

    TRY(trade__read_cash(reader, *(const int64_t *)arg, req->arena, result));
    return is_operator(req) || cash->merchant_id == req->principal.merchant_id
               ? ERR_OK
               : ERR_TRADE_NOT_FOUND;
}

static struct reply *got(struct request *req, void *result)
{
    return reply_cash(req, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, TRADE_CASH_OUT_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_TRADE_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct trade_cash_out), read_own, got);
}

struct list_query {
    int64_t merchant_id;
    enum trade_cash_status status;
    int64_t limit;
    int64_t starting_after;
};
static const struct field list_fields[] = {
    FIELD(struct list_query, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "For operators; absent: of all merchants"),
    FIELD(struct list_query, status, FIELD_ENUM, .names = statuses),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = CASH_LIST_MAX,
          .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = TRADE_CASH_OUT_PREFIX,
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("cash_out_list_query", list_fields);

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct trade_filter filter = *(const struct trade_filter *)arg;
    size_t limit = (size_t)filter.limit;
    struct list_page *page = result;
    struct trade_cash_out *rows;

    filter.limit++;
    TRY(trade__read_cash_list(reader, &filter, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = limit;
    return ERR_OK;
}

static struct reply *listed(struct request *req, void *result)
{
    const struct list_shape shape = {set_of(req), sizeof(struct trade_cash_out),
                                     TRADE_CASH_OUT_PREFIX};

    return reply_page(req, result, &shape);
}

static struct reply *list_handler(struct request *req)
{
    struct trade_filter *filter = ARENA_NEW(req->arena, struct trade_filter);
    struct list_query query = {0};

    if (request_query(req, &list_set, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    *filter = (struct trade_filter){
        .merchant_id = is_operator(req) ? query.merchant_id : req->principal.merchant_id,
        .cash_status = query.status,
        .before_id = query.starting_after,
        .limit = query.limit == 0 ? CASH_LIST_DEFAULT : query.limit,
    };
    return reply_query(req, filter, sizeof(struct list_page), read_list, listed);
}

static const enum err create_errors[] = {ERR_TRADE_ORDER_CONFLICT,
                                         ERR_MERCHANT_NOT_FOUND,
                                         ERR_MERCHANT_SUSPENDED,
                                         ERR_MERCHANT_CLOSED,
                                         ERR_MERCHANT_APP_DISABLED,
                                         ERR_LEDGER_ACCOUNT,
                                         ERR_TRADE_ACCOUNT,
                                         ERR_LEDGER_DEBIT_BLOCKED,
                                         ERR_LEDGER_ACCOUNT_CLOSED,
                                         ERR_LEDGER_INSUFFICIENT,
                                         ERR_OK};
static const enum err id_errors[] = {ERR_TRADE_NOT_FOUND, ERR_OK};
static const enum err cancel_errors[] = {ERR_TRADE_NOT_FOUND, ERR_TRADE_STATE, ERR_OK};
static const enum err outcome_errors[] = {ERR_TRADE_NOT_FOUND, ERR_TRADE_STATE, ERR_REVIEW_PENDING,
                                          ERR_OK};

const struct route trade__cash_routes[] = {
    {.method = "POST",
     .path = "/v1/cash-outs",
     .handler = create_handler,
     .auth = HTTP_AUTH_EITHER,
     .permission = "trade:cash",
     .idempotent = true,
     .body = &create_set,
     .reply = &operator_set,
     .errors = create_errors,
     .summary = "Take money out to a merchant's card; it is held at once with the fee",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/cash-outs",
     .handler = list_handler,
     .auth = HTTP_AUTH_EITHER,
     .permission = "trade:read",
     .query = &list_set,
     .reply = &operator_set,
     .reply_is_list = true,
     .summary = "List cash-outs, newest first; a merchant sees its own",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/cash-outs/{id}",
     .handler = get_handler,
     .auth = HTTP_AUTH_EITHER,
     .permission = "trade:read",
     .reply = &operator_set,
     .errors = id_errors,
     .summary = "Get a cash-out",
     ROUTE_HERE},
    {.method = "POST",
     .path = "/v1/cash-outs/{id}/cancel",
     .handler = cancel_handler,
     .auth = HTTP_AUTH_EITHER,
     .permission = "trade:cash",
     .idempotent = true,
     .body = &cancel_set,
     .reply = &operator_set,
     .errors = cancel_errors,
     .summary = "Give up a cash-out that has not been sent: its money and fee are free again",
     ROUTE_HERE},
    {.method = "POST",
     .path = "/v1/cash-outs/{id}/outcome",
     .handler = outcome_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "trade:remit",
     .idempotent = true,
     .body = &trade__cash_claim_set,
     .reply = &review_fields,
     .reply_status = 202,
     .errors = outcome_errors,
     .summary = "Say what the bank has done, paid out by hand; it is booked when another approves",
     ROUTE_HERE},
    {.method = NULL},
};
