/* Adjustments over HTTP: asked for here, decided under /v1/reviews. */
#include "business/trade/trade_int.h"

enum { ADJUST_LIST_DEFAULT = 20, ADJUST_LIST_MAX = 200 };
#define ADJUST_AMOUNT_MAX INT64_C(100000000000000)

static const struct enum_name kinds[] = {
    {TRADE_ADJUSTMENT_LEGS, "legs"},
    {TRADE_ADJUSTMENT_EVENT, "event"},
    {TRADE_ADJUSTMENT_REVERSAL, "reversal"},
    {TRADE_ADJUSTMENT_CORRECTION, "correction"},
    {0, NULL},
};
static const struct enum_name sides[] = {
    {LEDGER_DEBIT, "debit"},
    {LEDGER_CREDIT, "credit"},
    {0, NULL},
};
static const struct enum_name modes[] = {
    {LEDGER_FUND_DIRECT, "direct"},
    {LEDGER_FUND_COLLECT, "collect"},
    {0, NULL},
};
static const struct field leg_fields[] = {
    FIELD(struct trade_leg, account, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    FIELD(struct trade_leg, side, FIELD_ENUM, .names = sides, .required = true),
    FIELD(struct trade_leg, amount, FIELD_AMOUNT, .required = true, .min = 1,
          .max = ADJUST_AMOUNT_MAX),
    FIELD(struct trade_leg, matures_on, FIELD_INT, .min = 19700101, .max = 99991231,
          .help = "yyyymmdd; absent: at once"),
};

/* As with rates: what is reviewed is the body without what is said to the reviewers. */
enum { SAID_FIELDS = 2 };
_Static_assert(offsetof(struct trade_adjust, change) == 0, "the change's fields are the body's");

#define AMOUNT_FIELD(amount_, name_, ...)                                                          \
    {                                                                                              \
        .name = (name_), .type = FIELD_AMOUNT, .max = ADJUST_AMOUNT_MAX,                           \
        .offset = offsetof(struct trade_change, amounts[LEDGER_AMOUNT_##amount_]), __VA_ARGS__     \
    }
#define POSITIVE .min = 1
#define SIGNED .min = -ADJUST_AMOUNT_MAX

static const struct field adjust_fields[] = {
    FIELD(struct trade_change, adjustment_no, FIELD_TEXT, .required = true, .min = 1, .max = 64,
          .charset = FIELD_ORDER_NO,
          .help = "Your number of the adjustment; unique for ever. The same number with the same "
                  "content gives the first one.",
          .example = "T20261122-0001"),
    FIELD(struct trade_change, kind, FIELD_ENUM, .names = kinds, .required = true,
          .help = "legs: as given; event: by a voucher template; reversal: the original's legs "
                  "turned over; correction: in the place of a reversed journal",
          .example = "reversal"),
    FIELD(struct trade_change, reason_code, FIELD_TEXT, .required = true, .min = 1, .max = 32,
          .charset = FIELD_CODE, .example = "wrong_amount"),
    FIELD(struct trade_change, original, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "Of a reversal or correction; otherwise the journal it is about, if any"),
    FIELD(struct trade_change, legs, FIELD_LIST, .min = LEDGER_LEGS_MIN, .max = LEDGER_LEGS_MAX,
          .sub = leg_fields, .sub_count = ARRAY_LEN(leg_fields),
          .sub_size = sizeof(struct trade_leg)),
    FIELD(struct trade_change, event, FIELD_ENUM, .names = trade__event_names,
          .help = "Of kind event; its template says which of the following it needs"),
    FIELD(struct trade_change, mode, FIELD_ENUM, .names = modes),
    FIELD(struct trade_change, merchant_id, FIELD_ID, .prefix = "mer"),
    FIELD(struct trade_change, channel_account_id, FIELD_ID, .prefix = "cha"),
    FIELD(struct trade_change, receiver_id, FIELD_ID, .prefix = "mer",
          .help = "The merchant that gets a share"),
    FIELD(struct trade_change, currency, FIELD_CURRENCY),
    FIELD(struct trade_change, other_currency, FIELD_CURRENCY,
          .help = "Of an exchange: that of what was bought"),
    AMOUNT_FIELD(GROSS, "amount", POSITIVE, .help = "The template's gross"),
    AMOUNT_FIELD(FEE, "fee", POSITIVE),
    AMOUNT_FIELD(COST, "cost", POSITIVE),
    AMOUNT_FIELD(SHORT, "short", POSITIVE, .help = "What the merchant does not have of it"),
    AMOUNT_FIELD(DIFFERENCE, "difference", SIGNED, .help = "Above 0: the channel took more"),
    AMOUNT_FIELD(SOLD, "sold", POSITIVE),
    AMOUNT_FIELD(BOUGHT, "bought", POSITIVE),
    AMOUNT_FIELD(ROUNDING, "rounding", SIGNED, .help = "What the platform gains by it"),
    FIELD(struct trade_adjust, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = REVIEW_REASON_MAX, .help = "For the reviewers"),
    FIELD(struct trade_adjust, evidence, FIELD_TEXT, .max = REVIEW_EVIDENCE_MAX,
          .help = "A document's number, address or hash"),
};
const struct field_set trade__adjust_set = FIELD_SET("adjustment_create", adjust_fields);
const struct field_set trade__change_set = {
    .name = "adjustment_change",
    .fields = adjust_fields,
    .count = ARRAY_LEN(adjust_fields) - SAID_FIELDS,
};

#define ADJUSTMENT_FIELD(member_, name_, ...)                                                      \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct trade_adjustment, member_), .type = __VA_ARGS__ \
    }
static const struct field adjustment_fields[] = {
    ADJUSTMENT_FIELD(id, "id", FIELD_ID, .prefix = TRADE_ADJUSTMENT_PREFIX, .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "adjustment"},
    ADJUSTMENT_FIELD(adjustment_no, "adjustment_no", FIELD_TEXT, .max = 64, .always = true),
    ADJUSTMENT_FIELD(kind, "kind", FIELD_ENUM, .names = kinds, .always = true),
    ADJUSTMENT_FIELD(reason_code, "reason_code", FIELD_TEXT, .max = 32, .always = true),
    ADJUSTMENT_FIELD(original_id, "original", FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX),
    ADJUSTMENT_FIELD(journal_id, "journal", FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
                     .always = true),
    ADJUSTMENT_FIELD(review_id, "review", FIELD_ID, .prefix = REVIEW_PREFIX, .always = true),
    ADJUSTMENT_FIELD(created_at_ms, "created_at", FIELD_TIME, .always = true),
};
const struct field_set trade__adjustment_set = FIELD_SET("adjustment", adjustment_fields);

static struct reply *reply_adjustment(struct request *req, const void *adjustment)
{
    return reply_fields(req, 200, &trade__adjustment_set, adjustment);
}

static struct reply *adjusted(struct request *req, struct command *command)
{
    const struct trade_adjusted *result = command->result;

    return result->adjustment.id != 0 ? reply_adjustment(req, &result->adjustment)
                                      : review_reply(req, &result->review);
}

static struct reply *adjust_handler(struct request *req)
{
    struct trade_adjust *adjust = ARENA_NEW(req->arena, struct trade_adjust);

    if (request_body(req, &trade__adjust_set, adjust) != ERR_OK) {
        return reply_refusal(req);
    }
    adjust->maker_key_id = req->principal.key_id;
    adjust->limit = AMOUNT(conf_int(req->app->conf, "trade.adjustment_limit"));
    return reply_command(req, &trade__adjust_kind, adjust, adjusted);
}

static enum err read_one(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return trade__read_adjustment(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *got(struct request *req, void *result)
{
    return reply_adjustment(req, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, TRADE_ADJUSTMENT_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_TRADE_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct trade_adjustment), read_one, got);
}

struct list_query {
    int64_t original;
    int64_t limit;
    int64_t starting_after;
};
static const struct field list_fields[] = {
    FIELD(struct list_query, original, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "Absent: all"),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = ADJUST_LIST_MAX,
          .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = TRADE_ADJUSTMENT_PREFIX,
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("adjustment_list_query", list_fields);

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct trade_filter filter = *(const struct trade_filter *)arg;
    size_t limit = (size_t)filter.limit;
    struct list_page *page = result;
    struct trade_adjustment *rows;

    filter.limit++;
    TRY(trade__read_adjustment_list(reader, &filter, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = limit;
    return ERR_OK;
}

static const struct list_shape page_shape = {
    &trade__adjustment_set, sizeof(struct trade_adjustment), TRADE_ADJUSTMENT_PREFIX};

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
        .original_id = query.original,
        .before_id = query.starting_after,
        .limit = query.limit == 0 ? ADJUST_LIST_DEFAULT : query.limit,
    };
    return reply_query(req, filter, sizeof(struct list_page), read_list, listed);
}

static const enum err adjust_errors[] = {ERR_TRADE_ORDER_CONFLICT,
                                         ERR_LEDGER_JOURNAL,
                                         ERR_TRADE_REVERSED,
                                         ERR_TRADE_REVERSAL,
                                         ERR_TRADE_REVERSAL_REFUND,
                                         ERR_TRADE_REVERSAL_CASH,
                                         ERR_TRADE_REVERSAL_SETTLEMENT,
                                         ERR_TRADE_REVERSAL_OWNED,
                                         ERR_TRADE_REFUNDED,
                                         ERR_TRADE_NOT_REVERSED,
                                         ERR_TRADE_CORRECTED,
                                         ERR_LEDGER_MATURITY,
                                         ERR_LEDGER_ACCOUNT,
                                         ERR_LEDGER_UNBALANCED,
                                         ERR_LEDGER_OVERFLOW,
                                         ERR_LEDGER_CODE_OWN,
                                         ERR_MERCHANT_NOT_FOUND,
                                         ERR_CHANNEL_NOT_FOUND,
                                         ERR_LEDGER_AMOUNT,
                                         ERR_REVIEW_PENDING,
                                         ERR_OK};
static const enum err id_errors[] = {ERR_TRADE_NOT_FOUND, ERR_OK};

const struct route trade__adjustment_routes[] = {
    {.method = "POST",
     .path = "/v1/adjustments",
     .handler = adjust_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "trade:adjust",
     .idempotent = true,
     .body = &trade__adjust_set,
     .reply = &review_fields,
     .reply_status = 202,
     .errors = adjust_errors,
     .summary = "Ask for an adjustment, manual voucher, reversal or correction; "
                "it is booked when approved",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/adjustments",
     .handler = list_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "trade:read",
     .query = &list_set,
     .reply = &trade__adjustment_set,
     .reply_is_list = true,
     .summary = "List booked adjustments, newest first",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/adjustments/{id}",
     .handler = get_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "trade:read",
     .reply = &trade__adjustment_set,
     .errors = id_errors,
     .summary = "Get a booked adjustment",
     ROUTE_HERE},
    {.method = NULL},
};
