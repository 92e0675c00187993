/* The operator's API of channel accounts, and the route of callbacks. */
#include "business/channel/channel_int.h"
#include "platform/store/store_reply.h"

struct list_query {
    int64_t merchant_id;
    int64_t limit;
    int64_t starting_after;
};

enum { LIST_LIMIT = 20, LIST_LIMIT_MAX = 200 };

static const struct field list_fields[] = {
    FIELD(struct list_query, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "Accounts of this merchant only."),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = "cha",
          .help = "The last account of the page before."),
};
static const struct field_set list_set = FIELD_SET("channel_account_list", list_fields);

static struct reply *reply_account(struct request *req, int status,
                                   const struct channel_account *account)
{
    struct channel_view view;

    channel__view(req->app, req->arena, account, &view);
    return reply_fields(req, status, &channel__view_set, &view);
}

static struct reply *created(struct request *req, struct command *command)
{
    return reply_account(req, 201, command->result);
}

static struct reply *create_handler(struct request *req)
{
    struct channel_create body = {.priority = 0};
    struct channel_account *row = ARENA_NEW(req->arena, struct channel_account);

    if (request_body(req, &channel__create_set, &body) != ERR_OK ||
        channel__prepare(req->app, req->arena, &body, row, &req->refusal) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_command(req, &channel__create_kind, row, created);
}

static struct reply *changed(struct request *req, struct command *command)
{
    return reply_account(req, 200, command->result);
}

static struct reply *set_status(struct request *req, enum channel_status status)
{
    struct channel_set_status *arg = ARENA_NEW(req->arena, struct channel_set_status);

    if (request_id_param(req, 0, "cha", &arg->account_id) != ERR_OK) {
        return reply_error(req, ERR_CHANNEL_NOT_FOUND);
    }
    arg->status = status;
    return reply_command(req, &channel__set_status_kind, arg, changed);
}

static struct reply *enable_handler(struct request *req)
{
    return set_status(req, CHANNEL_ENABLED);
}

static struct reply *disable_handler(struct request *req)
{
    return set_status(req, CHANNEL_DISABLED);
}

static enum err get_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return channel_account_read(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *got(struct request *req, void *result)
{
    return reply_account(req, 200, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, "cha", id) != ERR_OK) {
        return reply_error(req, ERR_CHANNEL_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct channel_account), get_run, got);
}

struct page {
    struct channel_account *rows;
    size_t count;
    size_t limit;
};

static enum err list_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    const struct channel_page wanted = {query->merchant_id, query->starting_after,
                                        query->limit + 1};
    struct page *page = result;

    page->limit = (size_t)query->limit;
    return channel__read_accounts(reader, req->arena, &wanted, &page->rows, &page->count);
}

static const struct list_shape page_shape = {&channel__view_set, sizeof(struct channel_view),
                                             "cha"};

static struct reply *listed(struct request *req, void *result)
{
    const struct page *page = result;
    struct channel_view *views = ARENA_ARRAY(req->arena, struct channel_view, page->count);

    for (size_t i = 0; i < page->count && i < page->limit; i++) {
        channel__view(req->app, req->arena, &page->rows[i], &views[i]);
    }
    return reply_page(req, &(struct list_page){views, page->count, page->limit}, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &list_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    if (query->limit == 0) {
        query->limit = LIST_LIMIT;
    }
    return reply_query(req, query, sizeof(struct page), list_run, listed);
}

/* ---- trying an account out ---- */

static const struct enum_name outcomes[] = {
    {CHANNEL_PENDING, "pending"},     {CHANNEL_SUCCEEDED, "succeeded"},
    {CHANNEL_CLOSED, "closed"},       {CHANNEL_FAILED, "failed"},
    {CHANNEL_NOT_FOUND, "not_found"}, {CHANNEL_UNKNOWN, "unknown"},
    {CHANNEL_NOT_SENT, "not_sent"},   {0, NULL},
};

static const struct field trial_fields[] = {
    FIELD(struct channel_trial, id, FIELD_ID, .prefix = "cha", .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "channel_account_test", .always = true},
    FIELD(struct channel_trial, ok, FIELD_BOOL, .always = true,
          .help = "The channel took our signature, and we its."),
    FIELD(struct channel_trial, outcome, FIELD_ENUM, .names = outcomes, .required = true,
          .help = "Of a query for an order that does not exist: not_found is what is hoped for."),
    FIELD(struct channel_trial, error, FIELD_TEXT, .max = 64),
    FIELD(struct channel_trial, channel_code, FIELD_TEXT, .max = 64),
    FIELD(struct channel_trial, channel_message, FIELD_TEXT, .max = 256),
    FIELD(struct channel_trial, detail, FIELD_TEXT, .max = 256),
};
const struct field_set channel__trial_set = FIELD_SET("channel_account_test", trial_fields);

void channel__try(struct app *app, struct channel_call *call)
{
    call->op = CHANNEL_OP_QUERY;
    call->order = (struct channel_order){
        .order_no = str_printf(call->arena, "TEST" STR_FMT,
                               STR_ARG(str_slice(channel__nonce(call->arena), 0, 20))),
    };
    channel_call(app, call);
}

void channel__trial(const struct channel_call *call, struct channel_trial *out)
{
    const struct channel_result *result = &call->result;

    *out = (struct channel_trial){
        .id = call->account_id,
        .ok = result->outcome == CHANNEL_NOT_FOUND,
        .outcome = (int)result->outcome,
        .error = result->err == ERR_OK ? STR("") : str_of(err_code(result->err)),
        .channel_code = result->code,
        .channel_message = result->message,
        .detail = result->detail,
    };
}

struct trial {
    struct channel_call call; /* first */
    struct request *req;
    struct reply *reply;
    bool suspended;
};

static void tried(struct channel_call *call)
{
    struct trial *trial = (struct trial *)(void *)call;
    struct channel_trial result;

    channel__trial(call, &result);
    trial->reply = reply_fields(trial->req, 200, &channel__trial_set, &result);
    if (trial->suspended) {
        request_reply(trial->req, trial->reply);
    }
}

static struct reply *test_handler(struct request *req)
{
    struct trial *trial = ARENA_NEW(req->arena, struct trial);

    *trial = (struct trial){
        .call = {.arena = req->arena, .trace = &req->trace, .then = tried},
        .req = req,
    };
    if (request_id_param(req, 0, "cha", &trial->call.account_id) != ERR_OK) {
        return reply_error(req, ERR_CHANNEL_NOT_FOUND);
    }
    channel__try(req->app, &trial->call);
    if (trial->reply != NULL) {
        return trial->reply;
    }
    trial->suspended = true;
    return reply_later(req);
}

static const enum err create_errors[] = {
    ERR_CHANNEL_COLLECT,
    ERR_CHANNEL_ROUTE_FULL,
    ERR_CRYPTO_KEY,
    ERR_OK,
};
static const enum err account_errors[] = {ERR_CHANNEL_NOT_FOUND, ERR_OK};
static const enum err notify_errors[] = {
    ERR_CHANNEL_NOT_FOUND,
    ERR_CHANNEL_UNVERIFIED,
    ERR_CHANNEL_EVENT,
    ERR_OK,
};

const struct route channel__routes[] = {
    {
        .method = "POST",
        .path = "/v1/channel-accounts",
        .handler = create_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "channel:write",
        .idempotent = true,
        .body = &channel__create_set,
        .reply = &channel__view_set,
        .reply_status = 201,
        .errors = create_errors,
        .summary = "Create a channel account; its credentials are never shown again",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/channel-accounts",
        .handler = list_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "channel:read",
        .query = &list_set,
        .reply = &channel__view_set,
        .reply_is_list = true,
        .summary = "List channel accounts",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/channel-accounts/{account}",
        .handler = get_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "channel:read",
        .reply = &channel__view_set,
        .errors = account_errors,
        .summary = "Get a channel account",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/channel-accounts/{account}/disable",
        .handler = disable_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "channel:write",
        .idempotent = true,
        .reply = &channel__view_set,
        .errors = account_errors,
        .summary = "Take no new orders over an account; open ones go on",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/channel-accounts/{account}/enable",
        .handler = enable_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "channel:write",
        .idempotent = true,
        .reply = &channel__view_set,
        .errors = account_errors,
        .summary = "Take orders over an account again",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/channel-accounts/{account}/test",
        .handler = test_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "channel:write",
        .reply = &channel__trial_set,
        .errors = account_errors,
        .summary = "Ask the channel for an order that does not exist, to see that keys fit",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/notify/{channel}/{account}",
        .handler = channel__notify_handler,
        .auth = HTTP_AUTH_CHANNEL,
        .body_max = 64 * 1024,
        .errors = notify_errors,
        .summary = "A channel's callback, verified by its adapter",
        ROUTE_HERE,
    },
    {.method = NULL},
};
