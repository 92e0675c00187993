/* The API of settlement rules. */
#include "business/account/account.h"
#include "business/settle_rule/settle_rule_int.h"
#include "platform/store/store_reply.h"

#define RULE_FIELD(type_, member_, name_, ...)                                                     \
    {                                                                                              \
        .name = (name_), .offset = offsetof(type_, member_), .type = __VA_ARGS__                   \
    }

static const struct enum_name cycles[] = {
    {SETTLE_MONTH, "month"},
    {SETTLE_MONTH_WORK, "month_work"},
    {SETTLE_WEEK, "week"},
    {SETTLE_WEEK_WORK, "week_work"},
    {0, NULL},
};
static const struct enum_name modes[] = {
    {SETTLE_AUTOMATIC, "automatic"},
    {SETTLE_SELF_SERVICE, "self_service"},
    {0, NULL},
};

static const struct field rule_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "settlement_rule", .always = true},
    RULE_FIELD(struct settle_rule, id, "account_id", FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
               .always = true),
    RULE_FIELD(struct settle_rule, merchant_id, "merchant_id", FIELD_ID, .prefix = "mer",
               .always = true),
    FIELD(struct settle_rule, currency, FIELD_CURRENCY, .always = true),
    FIELD(struct settle_rule, cycle, FIELD_ENUM, .names = cycles, .always = true),
    FIELD(struct settle_rule, cycle_days, FIELD_TEXT, .max = SETTLE_DAYS_MAX, .always = true),
    FIELD(struct settle_rule, reserve_days, FIELD_INT, .always = true,
          .help = "Money matures so many workdays after the day it came"),
    FIELD(struct settle_rule, minimum, FIELD_AMOUNT, .always = true),
    FIELD(struct settle_rule, maximum, FIELD_AMOUNT, .always = true, .help = "0: no cap"),
    FIELD(struct settle_rule, mode, FIELD_ENUM, .names = modes, .always = true),
    RULE_FIELD(struct settle_rule, card_id, "card", FIELD_ID, .prefix = "crd"),
    FIELD(struct settle_rule, next_date, FIELD_INT, .always = true,
          .help = "yyyymmdd of the next automatic settlement"),
    FIELD(struct settle_rule, version, FIELD_INT, .always = true,
          .help = "0: it has none yet, these are the defaults"),
};
const struct field_set settle_rule__set = FIELD_SET("settlement_rule", rule_fields);

/* ---- reading ---- */

static enum err read_rule(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return settle_rule_read(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *got_rule(struct request *req, void *result)
{
    return reply_fields(req, 200, &settle_rule__set, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_SETTLE_RULE_ACCOUNT);
    }
    return reply_query(req, id, sizeof(struct settle_rule), read_rule, got_rule);
}

/* ---- changing ---- */

static const struct field change_fields[] = {
    FIELD(struct settle_rule_change, cycle, FIELD_ENUM, .names = cycles, .required = true,
          .help = "The _work cycles never settle on a Saturday or Sunday without an entry",
          .example = "week_work"),
    FIELD(struct settle_rule_change, cycle_days, FIELD_TEXT, .required = true, .min = 1,
          .max = SETTLE_DAYS_MAX, .help = "Weekdays 1 to 7, or days of the month 1 to 31",
          .example = "1,2,3,4,5"),
    FIELD(struct settle_rule_change, reserve_days, FIELD_INT, .required = true, .min = 0,
          .max = SETTLE_RESERVE_MAX, .example = "1"),
    FIELD(struct settle_rule_change, minimum, FIELD_AMOUNT, .min = 0),
    FIELD(struct settle_rule_change, maximum, FIELD_AMOUNT, .min = 0,
          .help = "0 or absent: no cap"),
    FIELD(struct settle_rule_change, mode, FIELD_ENUM, .names = modes, .required = true,
          .example = "automatic"),
    RULE_FIELD(struct settle_rule_change, card_id, "card", FIELD_ID, .prefix = "crd",
               .help = "Of the merchant; absent, or once it was removed: the default card"),
    FIELD(struct settle_rule_change, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = SETTLE_RULE_REASON_MAX, .example = "contract of 2026-11-01"),
};
const struct field_set settle_rule__change_set = FIELD_SET("settlement_rule_put", change_fields);

static struct reply *put_handler(struct request *req)
{
    struct settle_rule_change *change = ARENA_NEW(req->arena, struct settle_rule_change);

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, &change->account_id) != ERR_OK) {
        return reply_error(req, ERR_SETTLE_RULE_ACCOUNT);
    }
    if (request_body(req, &settle_rule__change_set, change) != ERR_OK) {
        return reply_refusal(req);
    }
    change->operator_id = req->principal.key_id;
    return reply_command(req, &settle_rule__put_kind, change, review_submitted);
}

/* ---- history ---- */

enum { HISTORY_LIMIT = 20, HISTORY_LIMIT_MAX = 200 };

struct history_query {
    int64_t limit;
    int64_t starting_after;
    int64_t account_id; /* from the path */
};
static const struct field history_query_fields[] = {
    FIELD(struct history_query, limit, FIELD_INT, .min = 1, .max = HISTORY_LIMIT_MAX,
          .help = "20 when absent"),
    FIELD(struct history_query, starting_after, FIELD_ID, .prefix = "srh",
          .help = "next_cursor of the page before"),
};
static const struct field_set history_query_set =
    FIELD_SET("settlement_rule_history_query", history_query_fields);

static const struct field history_fields[] = {
    FIELD(struct settle_rule_history, id, FIELD_ID, .prefix = "srh", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "settlement_rule_change", .always = true},
    FIELD(struct settle_rule_history, version, FIELD_INT, .always = true),
    RULE_FIELD(struct settle_rule_history, review_id, "review", FIELD_ID, .prefix = "rev"),
    RULE_FIELD(struct settle_rule_history, operator_id, "operator_key", FIELD_ID, .prefix = "op"),
    FIELD(struct settle_rule_history, reason, FIELD_TEXT, .max = SETTLE_RULE_REASON_MAX),
    FIELD(struct settle_rule_history, before, FIELD_JSON, .max = SETTLE_RULE_TEXT_MAX,
          .always = true),
    FIELD(struct settle_rule_history, after, FIELD_JSON, .max = SETTLE_RULE_TEXT_MAX,
          .always = true),
    RULE_FIELD(struct settle_rule_history, created_at_ms, "created_at", FIELD_TIME, .always = true),
};
static const struct field_set history_set = FIELD_SET("settlement_rule_change", history_fields);

static enum err read_history(struct reader *reader, struct request *req, const void *arg,
                             void *result)
{
    const struct history_query *query = arg;
    struct list_page *page = result;
    struct settle_rule_history *rows;
    size_t limit = query->limit == 0 ? HISTORY_LIMIT : (size_t)query->limit;
    const struct settle_rule_page ask = {
        .account_id = query->account_id,
        .before_id = query->starting_after == 0 ? INT64_MAX : query->starting_after,
        .limit = (int64_t)limit + 1,
    };

    TRY(settle_rule__read_history(reader, &ask, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = limit;
    return ERR_OK;
}

static const struct list_shape got_history_shape = {&history_set,
                                                    sizeof(struct settle_rule_history), "srh"};

static struct reply *got_history(struct request *req, void *result)
{
    return reply_page(req, result, &got_history_shape);
}

static struct reply *history_handler(struct request *req)
{
    struct history_query *query = ARENA_NEW(req->arena, struct history_query);

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, &query->account_id) != ERR_OK) {
        return reply_error(req, ERR_SETTLE_RULE_ACCOUNT);
    }
    if (request_query(req, &history_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct list_page), read_history, got_history);
}

/* ---- routes ---- */

static const enum err account_errors[] = {ERR_SETTLE_RULE_ACCOUNT, ERR_OK};
static const enum err put_errors[] = {ERR_SETTLE_RULE_DAYS,
                                      ERR_SETTLE_RULE_LIMITS,
                                      ERR_SETTLE_RULE_ACCOUNT,
                                      ERR_LEDGER_ACCOUNT_CLOSED,
                                      ERR_ACCOUNT_CARD,
                                      ERR_REVIEW_PENDING,
                                      ERR_OK};

const struct route settle_rule__routes[] = {
    {
        .method = "GET",
        .path = "/v1/accounts/{id}/settlement-rule",
        .handler = get_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "settle:read",
        .reply = &settle_rule__set,
        .errors = account_errors,
        .summary = "Get the settlement rule of a merchant's account",
        ROUTE_HERE,
    },
    {
        .method = "PUT",
        .path = "/v1/accounts/{id}/settlement-rule",
        .handler = put_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "settle:write",
        .body = &settle_rule__change_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = put_errors,
        .summary = "Ask for another settlement rule of an account; set after a review",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/accounts/{id}/settlement-rule/history",
        .handler = history_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "settle:read",
        .query = &history_query_set,
        .reply = &history_set,
        .reply_is_list = true,
        .summary = "List the changes of a settlement rule, newest first",
        ROUTE_HERE,
    },
    {.method = NULL},
};

static enum err start(struct app *app, void **state)
{
    *state = NULL;
    review_register(app, &settle_rule__review);
    account_on_opened(app, settle_rule__opened);
    return ERR_OK;
}

const struct module settle_rule_module = {
    .name = "settle_rule",
    .store = &settle_rule_part,
    .routes = settle_rule__routes,
    .start = start,
};
