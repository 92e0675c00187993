/* The API of accounts: operators manage them, merchants read their own. */
#include "business/account/account_int.h"

enum { LIST_LIMIT = 20, LIST_LIMIT_MAX = 200 };
/* 2^53 - 1: beyond it, clients that read JSON numbers as doubles show another amount. */
#define ACCOUNT_AMOUNT_MAX INT64_C(9007199254740991)

static bool is_operator(const struct request *req)
{
    return req->principal.kind == HTTP_AUTH_OPERATOR;
}

/* ---- one account ---- */

/* The account of the path, by id or by number. */
struct account_ask {
    int64_t account_id;
    int64_t serial;      /* of a number; 0: by id */
    struct str number;   /* with a serial: the whole number */
    int64_t merchant_id; /* not 0: it must be the owner */
};

static enum err path_account(struct request *req, struct account_ask *ask)
{
    struct account_number number;

    ask->merchant_id = is_operator(req) ? 0 : req->principal.merchant_id;
    if (account_number_parse(req->params[0], &number) == ERR_OK) {
        ask->serial = number.serial;
        ask->number = req->params[0];
        return ERR_OK;
    }
    return request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, &ask->account_id) == ERR_OK
               ? ERR_OK
               : ERR_LEDGER_ACCOUNT;
}

static enum err one_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct account_ask *ask = arg;
    struct account_view *view = result;
    int64_t account_id = ask->account_id;

    if (ask->serial != 0) {
        TRY(ledger_read_by_serial(reader, ask->serial, req->arena, &account_id));
    }
    TRY(account__read(reader, account_id, req->received_ms, req->arena, view));
    if (ask->serial != 0 && !str_eq(ask->number, view->number)) {
        return ERR_LEDGER_ACCOUNT; /* its serial alone is an account's */
    }
    return ask->merchant_id == 0 || ask->merchant_id == view->merchant_id ? ERR_OK
                                                                          : ERR_LEDGER_ACCOUNT;
}

static struct reply *one_then(struct request *req, void *result)
{
    return reply_fields(req, 200, &account__view_set, result);
}

static struct reply *one_handler(struct request *req)
{
    struct account_ask *ask = ARENA_NEW(req->arena, struct account_ask);

    if (path_account(req, ask) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_ACCOUNT);
    }
    return reply_query(req, ask, sizeof(struct account_view), one_run, one_then);
}

/* ---- lists ---- */

struct list_query {
    int64_t merchant_id;
    int64_t starting_after;
    int64_t limit;
};

static const struct field list_fields[] = {
    FIELD(struct list_query, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "For operators: of this merchant only."),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .help = "The next_cursor of the page before."),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set list_set = FIELD_SET("account_list", list_fields);

static enum err list_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    const struct account_filter filter = {
        .merchant_id = query->merchant_id,
        .after_id = query->starting_after,
        .limit = query->limit + 1,
    };
    struct account_shown shown = {.now_ms = req->received_ms};
    struct ledger_account *rows;
    struct account_view *views;

    TRY(account__read_list(reader, &filter, req->arena, &rows, &page->count));
    page->limit = (size_t)query->limit;
    page->rows = views = ARENA_ARRAY(req->arena, struct account_view, page->count);
    shown.accounts = rows;
    shown.count = page->count < page->limit ? page->count : page->limit;
    return account__views(reader, &shown, req->arena, views);
}

static const struct list_shape list_shape = {&account__view_set, sizeof(struct account_view),
                                             LEDGER_ACCOUNT_PREFIX};

static struct reply *list_then(struct request *req, void *result)
{
    return reply_page(req, result, &list_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &list_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->merchant_id = is_operator(req) ? query->merchant_id : req->principal.merchant_id;
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct list_page), list_run, list_then);
}

/* ---- changes ---- */

/* The reply to a command: the object as it is after the commit, or the review it has become. */
static struct reply *changed(struct request *req, const struct command *command, size_t size,
                             enum err (*read)(struct reader *reader, struct request *req,
                                              const void *id, void *result),
                             struct reply *(*then)(struct request *req, void *result))
{
    const struct account_result *result = command->result;

    return result->id == 0
               ? review_reply(req, &result->review)
               : reply_query_after(req, command->commit_no, &result->id, size, read, then);
}

static enum err read_account(struct reader *reader, struct request *req, const void *id,
                             void *result)
{
    return account__read(reader, *(const int64_t *)id, req->received_ms, req->arena, result);
}

static struct reply *account_changed(struct request *req, struct command *command)
{
    return changed(req, command, sizeof(struct account_view), read_account, one_then);
}

static const struct field open_fields[] = {
    FIELD(struct account_opening, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct account_opening, type, FIELD_ENUM, .names = account__type_names, .required = true,
          .help = "settlement: what is owed to the merchant; deposit: 保证金."),
    FIELD(struct account_opening, currency, FIELD_CURRENCY, .required = true, .example = "CNY"),
    FIELD(struct account_opening, remark, FIELD_TEXT, .max = ACCOUNT_REMARK_MAX),
};
static const struct field_set open_set = FIELD_SET("account_create", open_fields);

static struct reply *open_handler(struct request *req)
{
    struct account_opening *opening = ARENA_NEW(req->arena, struct account_opening);

    if (request_body(req, &open_set, opening) != ERR_OK) {
        return reply_refusal(req);
    }
    opening->operator_id = req->principal.key_id;
    opening->opened = account__opened(req->app);
    return reply_command(req, &account__open_kind, opening, account_changed);
}

/* The bodies of the changes; each route takes what it needs. */
struct change_body {
    struct str reason;
    struct amount credit_line;
    bool deferred;
    struct str remark;
};

#define REASON_FIELD                                                                               \
    FIELD(struct change_body, reason, FIELD_TEXT, .required = true, .min = 1,                      \
          .max = LEDGER_HOLD_REASON_MAX, .help = "Kept in the account's history.")

static const struct field reason_fields[] = {REASON_FIELD};
static const struct field_set cancel_set = FIELD_SET("account_cancel", reason_fields);
static const struct field_set reopen_set = FIELD_SET("account_reopen", reason_fields);
static const struct field line_fields[] = {
    FIELD(struct change_body, credit_line, FIELD_AMOUNT, .required = true,
          .max = ACCOUNT_AMOUNT_MAX, .help = "How far the balance may fall below zero."),
    REASON_FIELD,
};
static const struct field_set line_set = FIELD_SET("account_credit_line", line_fields);
static const struct field deferred_fields[] = {
    FIELD(struct change_body, deferred, FIELD_BOOL, .required = true,
          .help = "true: entries are applied later, in order (异步入账)."),
    REASON_FIELD,
};
static const struct field_set deferred_set = FIELD_SET("account_deferred", deferred_fields);
static const struct field remark_fields[] = {
    FIELD(struct change_body, remark, FIELD_TEXT, .required = true, .max = ACCOUNT_REMARK_MAX),
};
static const struct field_set remark_set = FIELD_SET("account_remark", remark_fields);

/* Before an account is cancelled: what the modules above know to be under way for it. */
struct cancelling {
    const struct account_change *change;
    enum err blocker;
};

static enum err cancelling_run(struct reader *reader, struct request *req, const void *arg,
                               void *result)
{
    struct cancelling *cancelling = result;

    cancelling->change = arg;
    return account__read_blocker(reader, req->app, cancelling->change->account_id, req->arena,
                                 &cancelling->blocker);
}

static struct reply *cancelling_then(struct request *req, void *result)
{
    const struct cancelling *cancelling = result;

    return cancelling->blocker == ERR_OK
               ? reply_command(req, &account__change_kind, cancelling->change, account_changed)
               : reply_error_at(req, cancelling->blocker, "account", NULL);
}

static struct reply *submit(struct request *req, const struct account_change *change)
{
    return change->action == ACCOUNT_CANCELLED
               ? reply_query_after(req, store_commit_no(app_store(req->app)), change,
                                   sizeof(struct cancelling), cancelling_run, cancelling_then)
               : reply_command(req, &account__change_kind, change, account_changed);
}

static struct reply *change(struct request *req, const struct field_set *set,
                            enum account_action action)
{
    struct account_change *arg = ARENA_NEW(req->arena, struct account_change);
    struct change_body body = {0};

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, &arg->account_id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_ACCOUNT);
    }
    if (request_body(req, set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    arg->action = action;
    arg->amount = body.credit_line;
    arg->flag = body.deferred;
    arg->text = body.remark;
    arg->reason = body.reason;
    arg->operator_id = req->principal.key_id;
    return submit(req, arg);
}

static struct reply *cancel_handler(struct request *req)
{
    return change(req, &cancel_set, ACCOUNT_CANCELLED);
}

static struct reply *reopen_handler(struct request *req)
{
    return change(req, &reopen_set, ACCOUNT_REOPENED);
}

static struct reply *line_handler(struct request *req)
{
    return change(req, &line_set, ACCOUNT_CREDIT_LINE);
}

static struct reply *deferred_handler(struct request *req)
{
    return change(req, &deferred_set, ACCOUNT_DEFERRED);
}

static struct reply *remark_handler(struct request *req)
{
    return change(req, &remark_set, ACCOUNT_REMARKED);
}

/* ---- history ---- */

struct page_query {
    int64_t account_id; /* from the path */
    int64_t starting_after;
    int64_t limit;
};

static const struct field history_query_fields[] = {
    FIELD(struct page_query, starting_after, FIELD_INT, .min = 1,
          .help = "The next_cursor of the page before."),
    FIELD(struct page_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set history_query_set =
    FIELD_SET("account_history_list", history_query_fields);

#define AS(type_, member_, name_, ...)                                                             \
    {                                                                                              \
        .name = (name_), .offset = offsetof(type_, member_), .type = __VA_ARGS__                   \
    }

static const struct field history_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "account_change", .always = true},
    FIELD(struct account_history, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    FIELD(struct account_history, number, FIELD_INT, .required = true,
          .help = "Of the account's changes, gap-free from 1."),
    FIELD(struct account_history, action, FIELD_ENUM, .names = account__action_names,
          .required = true),
    FIELD(struct account_history, before, FIELD_JSON, .max = 4000, .required = true),
    FIELD(struct account_history, after, FIELD_JSON, .max = 4000, .required = true),
    FIELD(struct account_history, operator_id, FIELD_ID, .prefix = "op"),
    AS(struct account_history, review_id, "review", FIELD_ID, .prefix = "rev"),
    AS(struct account_history, hold_id, "hold", FIELD_ID, .prefix = LEDGER_HOLD_PREFIX,
       .help = "The freeze or hold it was done to."),
    FIELD(struct account_history, hold_step, FIELD_JSON, .max = 1000,
          .help = "What was done to it: its effect, kind and status, the amount of this step, what "
                  "it has left, document_no."),
    FIELD(struct account_history, reason, FIELD_TEXT, .max = 200),
    AS(struct account_history, created_at_ms, "created_at", FIELD_TIME, .required = true),
};
static const struct field_set history_set = FIELD_SET("account_change", history_fields);

struct history_page {
    struct account_history *rows;
    size_t count;
    bool more;
};

static enum err history_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    const struct page_query *query = arg;
    struct history_page *page = result;
    const struct account_page ask = {
        .id = query->account_id,
        .before_id = query->starting_after,
        .limit = query->limit + 1,
    };
    struct ledger_account account;

    TRY(ledger_read_account(reader, query->account_id, req->arena, &account));
    TRY(account__read_history(reader, &ask, req->arena, &page->rows, &page->count));
    page->more = page->count > (size_t)query->limit;
    page->count -= page->more ? 1 : 0;
    return ERR_OK;
}

static struct reply *history_then(struct request *req, void *result)
{
    const struct history_page *page = result;
    struct str next = STR("");

    if (page->more) {
        next = str_printf(req->arena, "%lld", (long long)page->rows[page->count - 1].number);
    }
    return reply_list(req, &history_set, page->rows, page->count, sizeof(*page->rows), next);
}

/* The account of the path and the page of the query. */
static enum err page_of(struct request *req, const struct field_set *set, struct page_query *query)
{
    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, &query->account_id) != ERR_OK) {
        return ERR_LEDGER_ACCOUNT;
    }
    TRY(request_query(req, set, query));
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return ERR_OK;
}

static struct reply *page_refused(struct request *req, enum err err)
{
    return err == ERR_LEDGER_ACCOUNT ? reply_error(req, err) : reply_refusal(req);
}

static struct reply *history_handler(struct request *req)
{
    struct page_query *query = ARENA_NEW(req->arena, struct page_query);
    enum err err = page_of(req, &history_query_set, query);

    return err == ERR_OK
               ? reply_query(req, query, sizeof(struct history_page), history_run, history_then)
               : page_refused(req, err);
}

/* ---- freezes ---- */

static const struct field freeze_fields[] = {
    FIELD(struct ledger_hold, id, FIELD_ID, .prefix = LEDGER_HOLD_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "freeze", .always = true},
    FIELD(struct ledger_hold, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    FIELD(struct ledger_hold, effect, FIELD_ENUM, .names = account__effect_names, .required = true),
    FIELD(struct ledger_hold, kind, FIELD_ENUM, .names = account__kind_names, .required = true),
    FIELD(struct ledger_hold, status, FIELD_ENUM, .names = account__hold_status_names,
          .required = true),
    FIELD(struct ledger_hold, amount, FIELD_AMOUNT, .always = true),
    FIELD(struct ledger_hold, captured, FIELD_AMOUNT, .always = true),
    FIELD(struct ledger_hold, released, FIELD_AMOUNT, .always = true),
    FIELD(struct ledger_hold, rank, FIELD_INT, .help = "Order among those that wait (轮候)."),
    FIELD(struct ledger_hold, operator_id, FIELD_ID, .prefix = "op"),
    FIELD(struct ledger_hold, reason, FIELD_TEXT, .max = LEDGER_HOLD_REASON_MAX),
    FIELD(struct ledger_hold, document_no, FIELD_TEXT, .max = LEDGER_HOLD_DOCUMENT_MAX),
    AS(struct ledger_hold, starts_at_ms, "starts_at", FIELD_TIME),
    AS(struct ledger_hold, expires_at_ms, "expires_at", FIELD_TIME),
    AS(struct ledger_hold, created_at_ms, "created_at", FIELD_TIME, .required = true),
};
static const struct field_set freeze_set = FIELD_SET("freeze", freeze_fields);

static enum err read_freeze(struct reader *reader, struct request *req, const void *id,
                            void *result)
{
    return ledger_read_hold(reader, *(const int64_t *)id, req->arena, result);
}

static struct reply *freeze_then(struct request *req, void *result)
{
    return reply_fields(req, 200, &freeze_set, result);
}

static struct reply *freeze_changed(struct request *req, struct command *command)
{
    return changed(req, command, sizeof(struct ledger_hold), read_freeze, freeze_then);
}

static const struct field freeze_query_fields[] = {
    FIELD(struct page_query, starting_after, FIELD_ID, .prefix = LEDGER_HOLD_PREFIX,
          .help = "The next_cursor of the page before."),
    FIELD(struct page_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set freeze_query_set = FIELD_SET("freeze_list", freeze_query_fields);

static enum err freezes_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    const struct page_query *query = arg;
    struct list_page *page = result;
    struct ledger_hold *rows;
    const struct ledger_hold_filter filter = {
        .account_id = query->account_id,
        .before_id = query->starting_after,
        .limit = (size_t)query->limit + 1,
    };
    struct ledger_account account;

    TRY(ledger_read_account(reader, query->account_id, req->arena, &account));
    TRY(ledger_read_holds(reader, &filter, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = (size_t)query->limit;
    return ERR_OK;
}

static const struct list_shape freezes_shape = {&freeze_set, sizeof(struct ledger_hold),
                                                LEDGER_HOLD_PREFIX};

static struct reply *freezes_then(struct request *req, void *result)
{
    return reply_page(req, result, &freezes_shape);
}

static struct reply *freezes_handler(struct request *req)
{
    struct page_query *query = ARENA_NEW(req->arena, struct page_query);
    enum err err = page_of(req, &freeze_query_set, query);

    return err == ERR_OK
               ? reply_query(req, query, sizeof(struct list_page), freezes_run, freezes_then)
               : page_refused(req, err);
}

/* Those that operators place. The others are of orders and of entries that wait, which end them. */
static const struct enum_name placed_kind_names[] = {
    {LEDGER_HOLD_JUDICIAL, "judicial"},
    {LEDGER_HOLD_RISK, "risk"},
    {LEDGER_HOLD_DISPUTE, "dispute"},
    {0, NULL},
};

static const struct field freeze_body_fields[] = {
    FIELD(struct account_freeze, effect, FIELD_ENUM, .names = account__effect_names,
          .required = true,
          .help = "amount: reserves it; the others block credits (止收), debits (止付) or both."),
    FIELD(struct account_freeze, kind, FIELD_ENUM, .names = placed_kind_names, .required = true),
    FIELD(struct account_freeze, amount, FIELD_AMOUNT, .max = ACCOUNT_AMOUNT_MAX,
          .help = "With effect amount alone."),
    FIELD(struct account_freeze, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = LEDGER_HOLD_REASON_MAX),
    FIELD(struct account_freeze, document_no, FIELD_TEXT, .max = LEDGER_HOLD_DOCUMENT_MAX,
          .help = "Of the court or the authority; required of a judicial freeze."),
    FIELD(struct account_freeze, rank, FIELD_INT, .help = "Order among those that wait (轮候)."),
    FIELD(struct account_freeze, may_wait, FIELD_BOOL,
          .help = "Wait for the money when it is not there, instead of being refused."),
    FIELD(struct account_freeze, starts_at, FIELD_TIME, .help = "Absent: at once."),
    FIELD(struct account_freeze, expires_at, FIELD_TIME, .help = "Absent: never."),
};
static const struct field_set freeze_body_set = FIELD_SET("freeze_create", freeze_body_fields);

static struct reply *freeze_handler(struct request *req)
{
    struct account_freeze *freeze = ARENA_NEW(req->arena, struct account_freeze);

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, &freeze->account_id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_ACCOUNT);
    }
    if (request_body(req, &freeze_body_set, freeze) != ERR_OK) {
        return reply_refusal(req);
    }
    if (freeze->kind == LEDGER_HOLD_JUDICIAL && freeze->document_no.len == 0) {
        return reply_error_at(req, ERR_FIELD_REQUIRED, "document_no",
                              "a judicial freeze names its document");
    }
    freeze->operator_id = req->principal.key_id;
    return reply_command(req, &account__freeze_kind, freeze, freeze_changed);
}

struct release_body {
    struct amount amount;
    struct str reason;
};

static const struct field release_body_fields[] = {
    FIELD(struct release_body, amount, FIELD_AMOUNT, .min = 1, .help = "Absent: all that is left."),
    FIELD(struct release_body, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = LEDGER_HOLD_REASON_MAX),
};
static const struct field_set release_body_set = FIELD_SET("freeze_release", release_body_fields);

static struct reply *end_freeze(struct request *req, bool by_deduction)
{
    struct account_release *release = ARENA_NEW(req->arena, struct account_release);
    struct release_body body = {0};

    if (request_id_param(req, 0, LEDGER_HOLD_PREFIX, &release->hold_id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_HOLD_NOT_FOUND);
    }
    if (request_body(req, &release_body_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    release->deduct = by_deduction;
    release->amount = body.amount;
    release->reason = body.reason;
    release->operator_id = req->principal.key_id;
    return reply_command(req, &account__release_kind, release, freeze_changed);
}

static struct reply *release_handler(struct request *req)
{
    return end_freeze(req, false);
}

static struct reply *deduct_handler(struct request *req)
{
    return end_freeze(req, true);
}

/* ---- routes ---- */

static const enum err account_errors[] = {ERR_LEDGER_ACCOUNT, ERR_OK};
static const enum err open_errors[] = {ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_SUSPENDED,
                                       ERR_MERCHANT_CLOSED, ERR_ACCOUNT_CONFLICT, ERR_OK};
static const enum err cancel_errors[] = {ERR_LEDGER_ACCOUNT,
                                         ERR_ACCOUNT_OPEN_ORDER,
                                         ERR_ACCOUNT_UNSETTLED,
                                         ERR_LEDGER_ACCOUNT_BALANCE,
                                         ERR_LEDGER_ACCOUNT_HELD,
                                         ERR_LEDGER_ACCOUNT_PENDING,
                                         ERR_OK};
static const enum err reopen_errors[] = {ERR_LEDGER_ACCOUNT, ERR_REVIEW_PENDING,
                                         ERR_ACCOUNT_NOT_CANCELLED, ERR_OK};
static const enum err change_errors[] = {ERR_LEDGER_ACCOUNT, ERR_LEDGER_ACCOUNT_CLOSED, ERR_OK};
static const enum err deferred_errors[] = {ERR_LEDGER_ACCOUNT, ERR_REVIEW_PENDING,
                                           ERR_LEDGER_ACCOUNT_CLOSED, ERR_OK};
static const enum err line_errors[] = {ERR_LEDGER_ACCOUNT, ERR_REVIEW_PENDING,
                                       ERR_LEDGER_ACCOUNT_CLOSED, ERR_LEDGER_INSUFFICIENT, ERR_OK};
static const enum err freeze_errors[] = {ERR_LEDGER_BLOCK_AMOUNT, ERR_LEDGER_AMOUNT,
                                         ERR_LEDGER_HOLD_EXPIRED, ERR_LEDGER_HOLD_TIMES,
                                         ERR_LEDGER_ACCOUNT,      ERR_LEDGER_ACCOUNT_CLOSED,
                                         ERR_LEDGER_INSUFFICIENT, ERR_OK};
static const enum err release_errors[] = {ERR_LEDGER_HOLD_NOT_FOUND,
                                          ERR_LEDGER_HOLD_FOREIGN,
                                          ERR_REVIEW_PENDING,
                                          ERR_LEDGER_HOLD_EXPIRED,
                                          ERR_LEDGER_HOLD_CLOSED,
                                          ERR_LEDGER_HOLD_EXCEEDED,
                                          ERR_OK};
static const enum err deduct_errors[] = {
    ERR_LEDGER_HOLD_NOT_FOUND, ERR_LEDGER_HOLD_FOREIGN,  ERR_REVIEW_PENDING,
    ERR_LEDGER_HOLD_EXPIRED,   ERR_LEDGER_HOLD_CLOSED,   ERR_LEDGER_HOLD_WAITING,
    ERR_LEDGER_HOLD_BLOCK,     ERR_LEDGER_HOLD_EXCEEDED, ERR_OK};

#define READS(auth_) .method = "GET", .auth = (auth_), .permission = "account:read", ROUTE_HERE
#define CHANGES(permission_)                                                                       \
    .method = "POST", .auth = HTTP_AUTH_OPERATOR, .permission = (permission_), .idempotent = true, \
    ROUTE_HERE

const struct route account__routes[] = {
    {
        CHANGES("account:write"),
        .path = "/v1/accounts",
        .handler = open_handler,
        .body = &open_set,
        .reply = &account__view_set,
        .errors = open_errors,
        .summary = "Open an account of a merchant; an existing one is answered as it is",
    },
    {
        READS(HTTP_AUTH_EITHER),
        .path = "/v1/accounts",
        .handler = list_handler,
        .query = &list_set,
        .reply = &account__view_set,
        .reply_is_list = true,
        .summary = "List accounts with their balances; a merchant sees its own",
    },
    {
        READS(HTTP_AUTH_EITHER),
        .path = "/v1/accounts/{id}",
        .handler = one_handler,
        .reply = &account__view_set,
        .errors = account_errors,
        .summary = "Get an account by id or number",
    },
    {
        CHANGES("account:write"),
        .path = "/v1/accounts/{id}/cancel",
        .handler = cancel_handler,
        .body = &cancel_set,
        .reply = &account__view_set,
        .errors = cancel_errors,
        .summary = "Cancel an account that is empty and free",
    },
    {
        CHANGES("account:write"),
        .path = "/v1/accounts/{id}/reopen",
        .handler = reopen_handler,
        .body = &reopen_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = reopen_errors,
        .summary = "Ask for a cancelled account to be opened again; done after a review",
    },
    {
        CHANGES("account:limit"),
        .path = "/v1/accounts/{id}/credit-line",
        .handler = line_handler,
        .body = &line_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = line_errors,
        .summary = "Ask for another credit line of an account; set after a review",
    },
    {
        CHANGES("account:write"),
        .path = "/v1/accounts/{id}/deferred",
        .handler = deferred_handler,
        .body = &deferred_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = deferred_errors,
        .summary = "Ask for entries at once or later; switched after a review",
    },
    {
        CHANGES("account:write"),
        .path = "/v1/accounts/{id}/remark",
        .handler = remark_handler,
        .body = &remark_set,
        .reply = &account__view_set,
        .errors = change_errors,
        .summary = "Set an account's remark",
    },
    {
        READS(HTTP_AUTH_OPERATOR),
        .path = "/v1/accounts/{id}/history",
        .handler = history_handler,
        .query = &history_query_set,
        .reply = &history_set,
        .reply_is_list = true,
        .errors = account_errors,
        .summary = "List the changes of an account, newest first",
    },
    {
        CHANGES("account:freeze"),
        .path = "/v1/accounts/{id}/freezes",
        .handler = freeze_handler,
        .body = &freeze_body_set,
        .reply = &freeze_set,
        .errors = freeze_errors,
        .summary = "Freeze an amount, or block credits, debits or both",
    },
    {
        READS(HTTP_AUTH_OPERATOR),
        .path = "/v1/accounts/{id}/freezes",
        .handler = freezes_handler,
        .query = &freeze_query_set,
        .reply = &freeze_set,
        .reply_is_list = true,
        .errors = account_errors,
        .summary = "List the freezes of an account, newest first",
    },
    {
        CHANGES("account:freeze"),
        .path = "/v1/freezes/{id}/release",
        .handler = release_handler,
        .body = &release_body_set,
        .reply = &freeze_set,
        .errors = release_errors,
        .summary = "Release a freeze, whole or in part; a judicial one after a review",
    },
    {
        CHANGES("account:freeze"),
        .path = "/v1/freezes/{id}/deduct",
        .handler = deduct_handler,
        .body = &release_body_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = deduct_errors,
        .summary = "Ask for a forced deduction of a freeze (司法扣划); made after a review",
    },
    {.method = NULL},
};
