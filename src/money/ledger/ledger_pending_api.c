/* The operator's API of pending entries (待入账). */
#include "money/ledger/ledger_api_int.h"
#include "platform/store/store_reply.h"

enum { LIST_LIMIT = 20, LIST_LIMIT_MAX = 200 };

static const struct enum_name status_names[] = {
    {LEDGER_PENDING_WAITING, "waiting"},
    {LEDGER_PENDING_APPLIED, "applied"},
    {LEDGER_PENDING_PARKED, "parked"},
    {0, NULL},
};

static const struct field pending_fields[] = {
    FIELD(struct ledger_pending, id, FIELD_INT, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_pending_entry", .always = true},
    FIELD(struct ledger_pending, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    FIELD(struct ledger_pending, number, FIELD_INT, .required = true,
          .help = "Of the account's pending entries, gap-free from 1."),
    FIELD(struct ledger_pending, side, FIELD_ENUM, .names = ledger__side_names, .required = true),
    FIELD(struct ledger_pending, amount, FIELD_AMOUNT, .required = true),
    FIELD(struct ledger_pending, matures_on, FIELD_INT, .help = "yyyymmdd."),
    FIELD(struct ledger_pending, status, FIELD_ENUM, .names = status_names, .required = true),
    FIELD(struct ledger_pending, refusal, FIELD_TEXT, .max = 40,
          .help = "Why it is parked: the code of the error."),
    FIELD(struct ledger_pending, hold_id, FIELD_ID, .prefix = LEDGER_HOLD_PREFIX,
          .help = "Of a debit: what it has reserved."),
    FIELD(struct ledger_pending, journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "That applied it."),
    {.name = "created_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct ledger_pending, created_at_ms),
     .required = true},
    {.name = "updated_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct ledger_pending, updated_at_ms),
     .required = true},
};
static const struct field_set pending_set = FIELD_SET("ledger_pending_entry", pending_fields);

struct list_query {
    enum ledger_pending_status status;
    int64_t starting_after;
    int64_t limit;
};

static const struct field list_fields[] = {
    FIELD(struct list_query, status, FIELD_ENUM, .names = status_names,
          .help = "waiting when absent."),
    FIELD(struct list_query, starting_after, FIELD_INT, .min = 1,
          .help = "The next_cursor of the page before."),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set list_set = FIELD_SET("ledger_pending_list", list_fields);

static enum err list_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    struct ledger_pending *rows;
    const struct ledger_pending_filter filter = {
        .status = query->status == 0 ? LEDGER_PENDING_WAITING : query->status,
        .after_id = query->starting_after,
        .limit = (size_t)query->limit + 1,
    };

    page->limit = (size_t)query->limit;
    TRY(ledger_read_pending(reader, &filter, req->arena, &rows, &page->count));
    page->rows = rows;
    return ERR_OK;
}

static const struct list_shape page_shape = {&pending_set, sizeof(struct ledger_pending), NULL};

static struct reply *list_then(struct request *req, void *result)
{
    return reply_page(req, result, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &list_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct list_page), list_run, list_then);
}

static struct reply *retried(struct request *req, struct command *command)
{
    (void)command;
    return reply_empty(req, 204);
}

static struct reply *retry_handler(struct request *req)
{
    int64_t *account_id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, account_id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_ACCOUNT);
    }
    return reply_command(req, &ledger_pending_retry_kind, account_id, retried);
}

static const enum err retry_errors[] = {ERR_LEDGER_ACCOUNT, ERR_OK};

const struct route ledger__pending_routes[] = {
    {
        .method = "GET",
        .path = "/v1/ledger/pending-entries",
        .handler = list_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:read",
        .query = &list_set,
        .reply = &pending_set,
        .reply_is_list = true,
        .summary = "List entries that wait, are parked or have been applied, oldest first",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/ledger/accounts/{id}/pending-entries/retry",
        .handler = retry_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:post",
        .idempotent = true,
        .reply_status = 204,
        .errors = retry_errors,
        .summary = "Try the parked entries of an account again",
        ROUTE_HERE,
    },
    {.method = NULL},
};
