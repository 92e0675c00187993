/* The operator's API of fee rates. */
#include "business/rate/rate_int.h"
#include "platform/store/store_reply.h"

enum { RATE_LIST_DEFAULT = 20, RATE_LIST_MAX = 200 };
#define OWNER_DETAIL "must be platform, or the id of a merchant (mer_…) or contract (con_…)"

/* ---- a rate as it is answered ---- */

struct rate_view {
    struct rate rate;
    struct rate_terms terms;
    struct str owner;
    struct field_list tiers;
};

#define ROW_FIELD(member_, name_, ...)                                                             \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct rate_view, rate.member_), .type = __VA_ARGS__   \
    }
static const struct field view_fields[] = {
    ROW_FIELD(id, "id", FIELD_ID, .prefix = RATE_PREFIX, .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "rate"},
    FIELD(struct rate_view, owner, FIELD_TEXT, .max = 32, .always = true,
          .help = "A merchant's or contract's id, or platform"),
    ROW_FIELD(kind, "kind", FIELD_ENUM, .names = rate__kinds, .always = true),
    ROW_FIELD(currency, "currency", FIELD_CURRENCY, .always = true),
    ROW_FIELD(rate_millionths, "rate_millionths", FIELD_INT, .always = true,
              .help = "3800 is 0.38 %"),
    ROW_FIELD(flat, "flat", FIELD_AMOUNT, .always = true),
    ROW_FIELD(fee_min, "fee_min", FIELD_AMOUNT, .always = true),
    ROW_FIELD(fee_max, "fee_max", FIELD_AMOUNT, .help = "Absent: no maximum"),
    ROW_FIELD(tier_mode, "tier_mode", FIELD_ENUM, .names = rate__tier_modes),
    FIELD(struct rate_view, tiers, FIELD_LIST, .max = RATE_TIERS_MAX, .sub = rate__tier_fields,
          .sub_count = ARRAY_LEN(rate__tier_fields), .sub_size = sizeof(struct rate_tier)),
    ROW_FIELD(refund_policy, "refund_policy", FIELD_ENUM, .names = rate__refund_policies),
    ROW_FIELD(effective_from_ms, "effective_from", FIELD_TIME, .always = true),
    ROW_FIELD(review_id, "review", FIELD_ID, .prefix = REVIEW_PREFIX,
              .help = "That approved it; absent when none was needed"),
    ROW_FIELD(operator_id, "operator_id", FIELD_ID, .prefix = "op", .help = "Who asked for it"),
    ROW_FIELD(previous_id, "previous", FIELD_ID, .prefix = RATE_PREFIX,
              .help = "The rate of the same line that was set before it"),
    ROW_FIELD(created_at_ms, "created_at", FIELD_TIME, .always = true),
};
static const struct field_set view_set = FIELD_SET("rate", view_fields);

static void view_of(struct arena *arena, const struct rate *rate, struct rate_view *view)
{
    *view = (struct rate_view){
        .rate = *rate,
        .terms = rate_terms_of(rate),
        .owner = rate__owner_print(arena, rate->owner_kind, rate->owner_id),
    };
    view->tiers = (struct field_list){view->terms.tiers, view->terms.tier_count};
}

static struct reply *reply_rate(struct request *req, const struct rate *rate)
{
    struct rate_view *view = ARENA_NEW(req->arena, struct rate_view);

    view_of(req->arena, rate, view);
    return reply_fields(req, 200, &view_set, view);
}

/* ---- setting ---- */

static struct reply *set_then(struct request *req, struct command *command)
{
    const struct rate_outcome *outcome = command->result;

    return outcome->rate.id != 0 ? reply_rate(req, &outcome->rate)
                                 : review_reply(req, &outcome->review);
}

static struct reply *set_handler(struct request *req)
{
    struct rate_set *set = ARENA_NEW(req->arena, struct rate_set);

    set->change.rate_millionths = RATE_NOT_SAID;
    if (request_body(req, &rate__set_set, set) != ERR_OK) {
        return reply_refusal(req);
    }
    set->maker_key_id = req->principal.key_id;
    return reply_command(req, &rate__set_kind, set, set_then);
}

/* ---- one, and the history ---- */

static enum err read_one(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return rate__read(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *got_one(struct request *req, void *result)
{
    return reply_rate(req, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, RATE_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_RATE_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct rate), read_one, got_one);
}

struct list_query {
    struct str owner;
    enum rate_kind kind;
    enum currency currency;
    int64_t limit;
    int64_t starting_after;
};
static const struct field list_fields[] = {
    FIELD(struct list_query, owner, FIELD_TEXT, .max = 32,
          .help = "A merchant's or contract's id, or platform; absent: all"),
    FIELD(struct list_query, kind, FIELD_ENUM, .names = rate__kinds),
    FIELD(struct list_query, currency, FIELD_CURRENCY),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = RATE_LIST_MAX,
          .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = RATE_PREFIX,
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("rate_list_query", list_fields);

struct page {
    struct rate *rows;
    size_t count;
    size_t limit;
};

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct rate_filter filter = *(const struct rate_filter *)arg;
    size_t limit = (size_t)filter.limit;
    struct page *page = result;

    filter.limit++;
    TRY(rate__read_list(reader, &filter, req->arena, &page->rows, &page->count));
    page->limit = limit;
    return ERR_OK;
}

static const struct list_shape page_shape = {&view_set, sizeof(struct rate_view), RATE_PREFIX};

static struct reply *listed(struct request *req, void *result)
{
    const struct page *page = result;
    struct rate_view *views = ARENA_ARRAY(req->arena, struct rate_view, page->count);

    for (size_t i = 0; i < page->count && i < page->limit; i++) {
        view_of(req->arena, &page->rows[i], &views[i]);
    }
    return reply_page(req, &(struct list_page){views, page->count, page->limit}, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct rate_filter *filter = ARENA_NEW(req->arena, struct rate_filter);
    struct list_query query = {0};
    struct rate_owner owner;

    if (request_query(req, &list_set, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    *filter = (struct rate_filter){
        .has_owner = query.owner.len > 0,
        .kind = query.kind,
        .currency = query.currency,
        .before_id = query.starting_after,
        .limit = query.limit == 0 ? RATE_LIST_DEFAULT : query.limit,
    };
    if (filter->has_owner) {
        if (rate__owner_parse(query.owner, &owner) != ERR_OK) {
            return reply_error_at(req, ERR_FIELD_FORMAT, "owner", OWNER_DETAIL);
        }
        filter->owner_id = owner.id;
    }
    return reply_query(req, filter, sizeof(struct page), read_list, listed);
}

/* ---- what would be charged ---- */

struct quote_body {
    struct str owner;
    enum rate_kind kind;
    enum currency currency;
    struct amount amount;
    int64_t at;
};
static const struct field quote_fields[] = {
    FIELD(struct quote_body, owner, FIELD_TEXT, .required = true, .min = 1, .max = 32,
          .help = "A merchant's id, or platform; of kind trade a contract's",
          .example = "platform"),
    FIELD(struct quote_body, kind, FIELD_ENUM, .names = rate__kinds, .required = true,
          .example = "cash"),
    FIELD(struct quote_body, currency, FIELD_CURRENCY, .required = true, .example = "CNY"),
    FIELD(struct quote_body, amount, FIELD_AMOUNT, .required = true, .min = 1, .example = "10000"),
    FIELD(struct quote_body, at, FIELD_TIME, .help = "Absent: now"),
};
static const struct field_set quote_set = FIELD_SET("rate_quote_ask", quote_fields);

struct quote_view {
    struct rate_quote quote;
    bool configured;
    enum err refusal; /* of the field; ERR_OK: none */
    const char *param;
};
#define QUOTE_FIELD(member_, name_, ...)                                                           \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct quote_view, quote.member_), .type = __VA_ARGS__ \
    }
static const struct field quoted_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "rate_quote"},
    QUOTE_FIELD(fee, "fee", FIELD_AMOUNT, .always = true),
    FIELD(struct quote_view, configured, FIELD_BOOL, .always = true,
          .help = "false: neither the owner nor the platform has a rate, so there is no fee"),
    QUOTE_FIELD(rate_id, "rate", FIELD_ID, .prefix = RATE_PREFIX, .always = true),
    QUOTE_FIELD(rate_millionths, "rate_millionths", FIELD_INT, .always = true,
                .help = "Of the last tier reached when there are tiers"),
    QUOTE_FIELD(snapshot, "snapshot", FIELD_JSON, .max = RATE_SNAPSHOT_MAX, .always = true,
                .help = "What an entry charged with it keeps"),
};
static const struct field_set quoted_set = FIELD_SET("rate_quote", quoted_fields);

static enum err read_quote(struct reader *reader, struct request *req, const void *arg,
                           void *result)
{
    const struct rate_ask *ask = arg;
    struct quote_view *view = result;

    view->refusal = rate__read_owner(reader, ask, req->arena, &view->param);
    if (view->refusal != ERR_OK) {
        return view->param == NULL ? view->refusal : ERR_OK;
    }
    TRY(rate__read_quote(reader, ask, req->arena, &view->quote));
    view->configured = view->quote.rate_id != 0;
    return ERR_OK;
}

static struct reply *quoted(struct request *req, void *result)
{
    const struct quote_view *view = result;

    return view->refusal == ERR_OK ? reply_fields(req, 200, &quoted_set, view)
                                   : reply_error_at(req, view->refusal, view->param, NULL);
}

static struct reply *quote_handler(struct request *req)
{
    struct rate_ask *ask = ARENA_NEW(req->arena, struct rate_ask);
    struct quote_body body = {0};
    struct rate_owner owner;

    if (request_body(req, &quote_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    if (rate__owner_parse(body.owner, &owner) != ERR_OK) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "owner", OWNER_DETAIL);
    }
    if (owner.kind == RATE_OWNER_AGENT ||
        (owner.kind == RATE_OWNER_CONTRACT && body.kind != RATE_TRADE)) {
        return reply_error_at(req, ERR_RATE_OWNER, "owner", NULL);
    }
    if (owner.kind != RATE_OWNER_CONTRACT && body.kind == RATE_TRADE) {
        return reply_error_at(req, ERR_RATE_TRADE, "kind", NULL);
    }
    *ask = (struct rate_ask){
        .owner_id = owner.id,
        .kind = body.kind,
        .currency = body.currency,
        .amount = body.amount,
        .at_ms = body.at == 0 ? req->received_ms : body.at,
    };
    return reply_query(req, ask, sizeof(struct quote_view), read_quote, quoted);
}

/* ---- routes ---- */

static const enum err set_errors[] = {ERR_RATE_OWNER,
                                      ERR_RATE_TRADE,
                                      ERR_RATE_TIERS,
                                      ERR_RATE_PAST,
                                      ERR_MERCHANT_NOT_FOUND,
                                      ERR_MERCHANT_CONTRACT_NOT_FOUND,
                                      ERR_RATE_CONTRACT_SUPERSEDED,
                                      ERR_REVIEW_PENDING,
                                      ERR_OK};
static const enum err quote_errors[] = {ERR_RATE_OWNER,
                                        ERR_RATE_TRADE,
                                        ERR_MERCHANT_NOT_FOUND,
                                        ERR_MERCHANT_CONTRACT_NOT_FOUND,
                                        ERR_RATE_CONTRACT_SUPERSEDED,
                                        ERR_AMOUNT_OVERFLOW,
                                        ERR_OK};
static const enum err id_errors[] = {ERR_RATE_NOT_FOUND, ERR_OK};

const struct route rate__routes[] = {
    {.method = "POST",
     .path = "/v1/rates",
     .handler = set_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "rate:write",
     .idempotent = true,
     .body = &rate__set_set,
     .reply = &view_set,
     .errors = set_errors,
     .summary = "Set a fee rate from an instant on; what changes anybody's price is reviewed "
                "(202 with the review)",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/rates",
     .handler = list_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "rate:read",
     .query = &list_set,
     .reply = &view_set,
     .reply_is_list = true,
     .summary = "List fee rates with their history, newest first",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/rates/{id}",
     .handler = get_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "rate:read",
     .reply = &view_set,
     .errors = id_errors,
     .summary = "Get a fee rate",
     ROUTE_HERE},
    {.method = "POST",
     .path = "/v1/rates/quote",
     .handler = quote_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "rate:read",
     .body = &quote_set,
     .reply = &quoted_set,
     .errors = quote_errors,
     .summary = "What would be charged for an amount; nothing is booked",
     ROUTE_HERE},
    {.method = NULL},
};
