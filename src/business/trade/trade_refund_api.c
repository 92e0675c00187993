/* Refunds over HTTP, for operators: one that is made outside the channels' refund API is reserved
 * here, and ended by the word of one operator and the approval of another. */
#include "business/trade/trade_int.h"

enum { REFUND_LIST_DEFAULT = 20, REFUND_LIST_MAX = 200 };

static const struct enum_name statuses[] = {
    {TRADE_REFUND_RESERVED, "reserved"},
    {TRADE_REFUND_SUCCEEDED, "succeeded"},
    {TRADE_REFUND_FAILED, "failed"},
    {0, NULL},
};

#define REFUND_FIELD(member_, name_, ...)                                                          \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct trade_refund, member_), .type = __VA_ARGS__     \
    }
static const struct field refund_fields[] = {
    REFUND_FIELD(id, "id", FIELD_ID, .prefix = TRADE_REFUND_PREFIX, .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "refund"},
    REFUND_FIELD(payment_id, "payment_id", FIELD_ID, .prefix = "pay", .always = true),
    REFUND_FIELD(merchant_id, "merchant_id", FIELD_ID, .prefix = "mer", .always = true),
    REFUND_FIELD(merchant_refund_no, "merchant_refund_no", FIELD_TEXT, .max = 64, .always = true),
    REFUND_FIELD(amount, "amount", FIELD_AMOUNT, .always = true, .help = "What the payer gets"),
    REFUND_FIELD(fee_returned, "fee_returned", FIELD_AMOUNT, .always = true,
                 .help = "What of the trade fee comes back to the merchant"),
    REFUND_FIELD(fee, "fee", FIELD_AMOUNT, .always = true, .help = "Charged for the refund"),
    REFUND_FIELD(currency, "currency", FIELD_CURRENCY, .always = true),
    REFUND_FIELD(rate_id, "rate", FIELD_ID, .prefix = RATE_PREFIX,
                 .help = "That fee and policy came from; absent: none was configured"),
    REFUND_FIELD(hold_id, "hold", FIELD_ID, .prefix = LEDGER_HOLD_PREFIX),
    REFUND_FIELD(immature, "immature", FIELD_AMOUNT,
                 .help = "Taken from the payment's money that has not matured yet"),
    REFUND_FIELD(immature_hold_id, "immature_hold", FIELD_ID, .prefix = LEDGER_HOLD_PREFIX),
    REFUND_FIELD(status, "status", FIELD_ENUM, .names = statuses, .always = true),
    REFUND_FIELD(reason, "reason", FIELD_TEXT, .max = TRADE_REASON_MAX),
    REFUND_FIELD(failure, "failure", FIELD_TEXT, .max = TRADE_REASON_MAX),
    REFUND_FIELD(created_at_ms, "created_at", FIELD_TIME, .always = true),
    REFUND_FIELD(updated_at_ms, "updated_at", FIELD_TIME, .always = true),
    REFUND_FIELD(version, "version", FIELD_INT, .always = true),
    REFUND_FIELD(created_by, "created_by", FIELD_ID, .prefix = "op",
                 .help = "The operator who reserved it"),
    REFUND_FIELD(failed_by, "failed_by", FIELD_ID, .prefix = "op",
                 .help = "The operator who said that it was not made"),
};
enum { OPERATOR_FIELDS = 2 }; /* the last ones */
const struct field_set trade__refund_set = {
    .name = "refund",
    .fields = refund_fields,
    .count = ARRAY_LEN(refund_fields) - OPERATOR_FIELDS,
};
static const struct field_set operator_set = FIELD_SET("refund", refund_fields);

#define ASK_FIELD(member_, name_, ...)                                                             \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct trade_refund_ask, member_), .type = __VA_ARGS__ \
    }
static const struct field ask_fields[] = {
    ASK_FIELD(payment_id, "payment_id", FIELD_ID, .prefix = "pay", .required = true),
    ASK_FIELD(amount, "amount", FIELD_AMOUNT, .required = true, .min = 1, .example = "3000"),
    ASK_FIELD(merchant_refund_no, "merchant_refund_no", FIELD_TEXT, .required = true, .min = 1,
              .max = 64, .charset = FIELD_ORDER_NO,
              .help = "Unique per merchant for ever. The same number with the same content gives "
                      "the first refund.",
              .example = "R20261122-0001"),
    ASK_FIELD(reason, "reason", FIELD_TEXT, .required = true, .min = 1, .max = TRADE_REASON_MAX,
              .example = "returned goods"),
};
static const struct field_set ask_set = FIELD_SET("refund_create", ask_fields);

static struct reply *reply_refund(struct request *req, const void *refund)
{
    return reply_fields(req, 200, &operator_set, refund);
}

static struct reply *changed(struct request *req, struct command *command)
{
    return reply_refund(req, command->result);
}

static struct reply *create_handler(struct request *req)
{
    struct trade_refund_ask *ask = ARENA_NEW(req->arena, struct trade_refund_ask);

    if (request_body(req, &ask_set, ask) != ERR_OK) {
        return reply_refusal(req);
    }
    ask->operator_id = req->principal.key_id;
    return reply_command(req, &trade__refund_kind, ask, changed);
}

static const struct field claim_fields[] = {
    FIELD(struct trade_refund_claim, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = REVIEW_REASON_MAX, .help = "For the reviewers", .example = "paid at the counter"),
    FIELD(struct trade_refund_claim, evidence, FIELD_TEXT, .max = REVIEW_EVIDENCE_MAX,
          .help = "The bank's number of the transfer, or a document's number, address or hash"),
};
static const struct field_set claim_set = FIELD_SET("refund_complete", claim_fields);

static struct reply *claimed(struct request *req, struct command *command)
{
    const struct trade_refund_claimed *result = command->result;

    return result->refund.id != 0 ? reply_refund(req, &result->refund)
                                  : review_reply(req, &result->review);
}

static struct reply *complete_handler(struct request *req)
{
    struct trade_refund_claim *claim = ARENA_NEW(req->arena, struct trade_refund_claim);

    if (request_id_param(req, 0, TRADE_REFUND_PREFIX, &claim->id) != ERR_OK) {
        return reply_error(req, ERR_TRADE_NOT_FOUND);
    }
    if (request_body(req, &claim_set, claim) != ERR_OK) {
        return reply_refusal(req);
    }
    claim->maker_key_id = req->principal.key_id;
    claim->limit = AMOUNT(conf_int(req->app->conf, "trade.adjustment_limit"));
    return reply_command(req, &trade__refund_claim_kind, claim, claimed);
}

static const struct field fail_fields[] = {
    FIELD(struct trade_refund_failure, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = TRADE_REASON_MAX, .example = "the card has been closed"),
};
static const struct field_set fail_set = FIELD_SET("refund_fail", fail_fields);

static struct reply *fail_handler(struct request *req)
{
    struct trade_refund_failure *failure = ARENA_NEW(req->arena, struct trade_refund_failure);

    if (request_id_param(req, 0, TRADE_REFUND_PREFIX, &failure->id) != ERR_OK) {
        return reply_error(req, ERR_TRADE_NOT_FOUND);
    }
    if (request_body(req, &fail_set, failure) != ERR_OK) {
        return reply_refusal(req);
    }
    failure->operator_id = req->principal.key_id;
    return reply_command(req, &trade__refund_fail_kind, failure, changed);
}

static enum err read_one(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return trade__read_refund(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *got(struct request *req, void *result)
{
    return reply_refund(req, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, TRADE_REFUND_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_TRADE_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct trade_refund), read_one, got);
}

struct list_query {
    int64_t payment_id;
    int64_t limit;
    int64_t starting_after;
};
static const struct field list_fields[] = {
    FIELD(struct list_query, payment_id, FIELD_ID, .prefix = "pay", .help = "Absent: of all"),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = REFUND_LIST_MAX,
          .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = TRADE_REFUND_PREFIX,
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("refund_list_query", list_fields);

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct trade_filter filter = *(const struct trade_filter *)arg;
    size_t limit = (size_t)filter.limit;
    struct list_page *page = result;
    struct trade_refund *rows;

    filter.limit++;
    TRY(trade__read_refund_list(reader, &filter, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = limit;
    return ERR_OK;
}

static const struct list_shape page_shape = {&operator_set, sizeof(struct trade_refund),
                                             TRADE_REFUND_PREFIX};

static struct reply *listed(struct request *req, void *result)
{
    return reply_page(req, result, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct trade_filter *filter = ARENA_NEW(req->arena, struct trade_filter);
    struct list_query query = {0};

    if (request_query(req, &list_set, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    *filter = (struct trade_filter){
        .payment_id = query.payment_id,
        .before_id = query.starting_after,
        .limit = query.limit == 0 ? REFUND_LIST_DEFAULT : query.limit,
    };
    return reply_query(req, filter, sizeof(struct list_page), read_list, listed);
}

static const enum err create_errors[] = {ERR_TRADE_ORDER_CONFLICT,  ERR_PAYMENT_NOT_FOUND,
                                         ERR_TRADE_UNPAID,          ERR_TRADE_REFUND_EXCEEDED,
                                         ERR_TRADE_REVERSED,        ERR_LEDGER_DEBIT_BLOCKED,
                                         ERR_LEDGER_ACCOUNT_CLOSED, ERR_TRADE_PENDING,
                                         ERR_LEDGER_INSUFFICIENT,   ERR_OK};
static const enum err end_errors[] = {ERR_TRADE_NOT_FOUND, ERR_TRADE_STATE, ERR_OK};
static const enum err claim_errors[] = {ERR_TRADE_NOT_FOUND, ERR_TRADE_STATE, ERR_REVIEW_PENDING,
                                        ERR_OK};
static const enum err id_errors[] = {ERR_TRADE_NOT_FOUND, ERR_OK};

#define WRITE                                                                                      \
    .auth = HTTP_AUTH_OPERATOR, .permission = "trade:write", .idempotent = true,                   \
    .reply = &operator_set, ROUTE_HERE
#define READ                                                                                       \
    .auth = HTTP_AUTH_OPERATOR, .permission = "trade:read", .reply = &operator_set, ROUTE_HERE

const struct route trade__refund_routes[] = {
    {.method = "POST",
     .path = "/v1/refunds",
     .handler = create_handler,
     .body = &ask_set,
     .errors = create_errors,
     .summary = "Reserve a refund of a payment that is made by hand",
     WRITE},
    {.method = "POST",
     .path = "/v1/refunds/{id}/complete",
     .handler = complete_handler,
     .body = &claim_set,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "trade:write",
     .idempotent = true,
     .reply = &review_fields,
     .reply_status = 202,
     .errors = claim_errors,
     .summary = "Say that the payer has the money; the refund is booked when another approves",
     ROUTE_HERE},
    {.method = "POST",
     .path = "/v1/refunds/{id}/fail",
     .handler = fail_handler,
     .body = &fail_set,
     .errors = end_errors,
     .summary = "The refund was not made: give back what it reserved",
     WRITE},
    {.method = "GET",
     .path = "/v1/refunds",
     .handler = list_handler,
     .query = &list_set,
     .reply_is_list = true,
     .summary = "List refunds, newest first",
     READ},
    {.method = "GET",
     .path = "/v1/refunds/{id}",
     .handler = get_handler,
     .errors = id_errors,
     .summary = "Get a refund",
     READ},
    {.method = NULL},
};
