/* The operators' API of reviews. */
#include "business/review/review_int.h"

enum { LIST_LIMIT = 20, LIST_LIMIT_MAX = 200 };

const struct enum_name review__status_names[] = {
    {REVIEW_PENDING, "pending"},
    {REVIEW_APPROVED, "approved"},
    {REVIEW_REJECTED, "rejected"},
    {REVIEW_WITHDRAWN, "withdrawn"},
    {REVIEW_EXPIRED, "expired"},
    {REVIEW_FAILED, "failed"},
    {0, NULL},
};

/* ---- the item ---- */

#define AS(type_, member_, name_, ...)                                                             \
    {                                                                                              \
        .name = (name_), .offset = offsetof(type_, member_), .type = __VA_ARGS__                   \
    }

static const struct field decision_fields[] = {
    AS(struct review_decision, key_id, "operator_id", FIELD_ID, .prefix = "op"),
    FIELD(struct review_decision, name, FIELD_TEXT, .max = 64),
    AS(struct review_decision, at_ms, "at", FIELD_TIME),
    FIELD(struct review_decision, remark, FIELD_TEXT, .max = 200),
};

#define DECISION(member_, name_, ...)                                                              \
    {                                                                                              \
        .name = (name_), .type = FIELD_OBJECT, .offset = offsetof(struct review_item, member_),    \
        .sub = decision_fields, .sub_count = ARRAY_LEN(decision_fields), __VA_ARGS__               \
    }

static const struct field item_fields[] = {
    FIELD(struct review_item, id, FIELD_ID, .prefix = REVIEW_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "review", .always = true},
    FIELD(struct review_item, kind, FIELD_TEXT, .max = 48, .required = true,
          .example = "account.credit_line"),
    FIELD(struct review_item, subject, FIELD_TEXT, .max = 32, .help = "What would be changed."),
    FIELD(struct review_item, change, FIELD_JSON, .max = REVIEW_CHANGE_MAX, .required = true,
          .help = "What was asked for."),
    FIELD(struct review_item, summary, FIELD_TEXT, .max = REVIEW_SUMMARY_MAX),
    FIELD(struct review_item, summary_zh, FIELD_TEXT, .max = REVIEW_SUMMARY_MAX,
          .help = "The same in Chinese; absent of reviews from before there was one"),
    FIELD(struct review_item, amount, FIELD_AMOUNT),
    FIELD(struct review_item, currency, FIELD_CURRENCY),
    AS(struct review_item, maker_key_id, "maker_id", FIELD_ID, .prefix = "op", .required = true),
    FIELD(struct review_item, maker_name, FIELD_TEXT, .max = 64),
    FIELD(struct review_item, reason, FIELD_TEXT, .max = REVIEW_REASON_MAX, .required = true),
    FIELD(struct review_item, evidence, FIELD_TEXT, .max = REVIEW_EVIDENCE_MAX),
    FIELD(struct review_item, needed, FIELD_INT, .required = true, .help = "Approvals."),
    FIELD(struct review_item, approved, FIELD_INT, .always = true, .help = "Approvals so far."),
    DECISION(approvals[0], "first_approval", .help = "Who approved first."),
    DECISION(approvals[1], "second_approval", .help = "Who approved second."),
    DECISION(closed, "closed_by", .help = "Who rejected or withdrew it."),
    FIELD(struct review_item, status, FIELD_ENUM, .names = review__status_names, .required = true),
    FIELD(struct review_item, error_code, FIELD_TEXT, .max = 64,
          .help = "Of a failed one: why the change was refused."),
    FIELD(struct review_item, error_param, FIELD_TEXT, .max = JSON_PARAM_MAX),
    AS(struct review_item, expires_at_ms, "expires_at", FIELD_TIME, .required = true),
    AS(struct review_item, created_at_ms, "created_at", FIELD_TIME, .required = true),
    AS(struct review_item, updated_at_ms, "updated_at", FIELD_TIME, .required = true),
    FIELD(struct review_item, version, FIELD_INT, .required = true),
};
const struct field_set review_fields = FIELD_SET("review", item_fields);

struct reply *review_reply(struct request *req, const struct review_item *item)
{
    return reply_fields(req, 202, &review_fields, item);
}

struct reply *review_submitted(struct request *req, struct command *command)
{
    return review_reply(req, command->result);
}

/* ---- reading ---- */

static enum err one_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return review_read(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *one_then(struct request *req, void *result)
{
    return reply_fields(req, 200, &review_fields, result);
}

static struct reply *one_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, REVIEW_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_REVIEW_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct review_item), one_run, one_then);
}

struct list_query {
    enum review_status status;
    struct str kind;
    int64_t starting_after;
    int64_t limit;
};

static const struct field list_fields[] = {
    FIELD(struct list_query, status, FIELD_ENUM, .names = review__status_names),
    FIELD(struct list_query, kind, FIELD_TEXT, .max = 48, .charset = FIELD_CODE),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = REVIEW_PREFIX,
          .help = "The next_cursor of the page before."),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set list_set = FIELD_SET("review_list", list_fields);

static enum err list_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    struct review_item *rows;
    const struct review_filter filter = {
        .status = query->status,
        .kind = query->kind,
        .before_id = query->starting_after,
        .limit = query->limit + 1,
    };

    TRY(review__read_list(reader, &filter, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = (size_t)query->limit;
    return ERR_OK;
}

static const struct list_shape page_shape = {&review_fields, sizeof(struct review_item),
                                             REVIEW_PREFIX};

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
    query->kind = query->kind.ptr == NULL ? STR("") : query->kind;
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct list_page), list_run, list_then);
}

/* ---- deciding ---- */

static const struct field remark_fields[] = {
    FIELD(struct review_decide, remark, FIELD_TEXT, .max = 200),
};
static const struct field_set remark_set = FIELD_SET("review_decision", remark_fields);

static enum err decide_of(struct request *req, struct review_decide *decide)
{
    if (request_id_param(req, 0, REVIEW_PREFIX, &decide->review_id) != ERR_OK) {
        return ERR_REVIEW_NOT_FOUND;
    }
    TRY(request_body(req, &remark_set, decide));
    decide->kinds = review_kinds_of(req->app);
    decide->key_id = req->principal.key_id;
    decide->permissions = req->principal.permissions;
    return ERR_OK;
}

static struct reply *refused(struct request *req, enum err err)
{
    return err == ERR_REVIEW_NOT_FOUND ? reply_error(req, err) : reply_refusal(req);
}

static struct reply *decided(struct request *req, struct command *command)
{
    return reply_fields(req, 200, &review_fields, command->result);
}

static struct reply *decide(struct request *req, const struct command_kind *kind)
{
    struct review_decide *arg = ARENA_NEW(req->arena, struct review_decide);
    enum err err = decide_of(req, arg);

    return err == ERR_OK ? reply_command(req, kind, arg, decided) : refused(req, err);
}

static struct reply *reject_handler(struct request *req)
{
    return decide(req, &review_reject_kind);
}

static struct reply *withdraw_handler(struct request *req)
{
    return decide(req, &review_withdraw_kind);
}

/* An approval, and when its change is refused, the command that says so. */
struct approval {
    struct command command;
    struct request *req;
    struct review_failing failing;
};

static void answer(struct approval *approval)
{
    const struct command *command = &approval->command;
    const char *param = command->param[0] == '\0' ? NULL : command->param;

    request_reply(approval->req,
                  command->err == ERR_OK
                      ? reply_fields(approval->req, 200, &review_fields, command->result)
                      : reply_error_at(approval->req, command->err, param, NULL));
}

static void fail_done(struct command *command)
{
    answer(command->ctx);
}

static enum err submit(struct approval *approval, const struct command_kind *kind, const void *arg,
                       void (*done)(struct command *command))
{
    struct request *req = approval->req;

    approval->command = (struct command){
        .kind = kind,
        .arg = arg,
        .result = ARENA_NEW(req->arena, struct review_item),
        .arena = req->arena,
        .trace = &req->trace,
        .done = done,
        .loop = req->loop,
        .ctx = approval,
    };
    return store_submit(req->app->store, &approval->command);
}

static void approve_done(struct command *command)
{
    struct approval *approval = command->ctx;

    if (!review_is_refused(command->err)) {
        answer(approval);
        return;
    }
    approval->failing.error_code = str_of(err_code(command->err));
    approval->failing.error_param = str_dup(approval->req->arena, str_of(command->param));
    if (submit(approval, &review_fail_kind, &approval->failing, fail_done) != ERR_OK) {
        request_reply(approval->req, reply_error(approval->req, ERR_STORE_BUSY));
    }
}

static enum err approve_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    struct approval *approval = result;

    approval->failing.decide = *(const struct review_decide *)arg;
    return review_read_approval(reader, &approval->failing.decide, req->arena);
}

static struct reply *approve_then(struct request *req, void *result)
{
    struct approval *approval = result;
    enum err err;

    approval->req = req;
    err = submit(approval, &review_approve_kind, &approval->failing.decide, approve_done);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

static struct reply *approve_handler(struct request *req)
{
    struct review_decide *arg = ARENA_NEW(req->arena, struct review_decide);
    enum err err = decide_of(req, arg);

    return err == ERR_OK ? reply_query(req, arg, sizeof(struct approval), approve_run, approve_then)
                         : refused(req, err);
}

/* ---- routes ---- */

static const enum err one_errors[] = {ERR_REVIEW_NOT_FOUND, ERR_OK};
static const enum err approve_errors[] = {
    ERR_REVIEW_NOT_FOUND, ERR_REVIEW_STATE, ERR_REVIEW_KIND, ERR_AUTH_PERMISSION,
    ERR_REVIEW_SELF,      ERR_REVIEW_TWICE, ERR_OK};
static const enum err reject_errors[] = {ERR_REVIEW_NOT_FOUND, ERR_REVIEW_STATE,
                                         ERR_AUTH_PERMISSION, ERR_REVIEW_SELF, ERR_OK};
static const enum err withdraw_errors[] = {ERR_REVIEW_NOT_FOUND, ERR_REVIEW_STATE,
                                           ERR_REVIEW_NOT_MAKER, ERR_OK};

#define READS                                                                                      \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "review:read",                      \
    .reply = &review_fields, ROUTE_HERE
#define DECIDES                                                                                    \
    .method = "POST", .auth = HTTP_AUTH_OPERATOR, .idempotent = true, .body = &remark_set,         \
    .reply = &review_fields, ROUTE_HERE

const struct route review__routes[] = {
    {
        READS,
        .path = "/v1/reviews",
        .handler = list_handler,
        .query = &list_set,
        .reply_is_list = true,
        .summary = "List changes that wait for a second pair of eyes, and what became of them",
    },
    {
        READS,
        .path = "/v1/reviews/{id}",
        .handler = one_handler,
        .errors = one_errors,
        .summary = "Get a review",
    },
    {
        DECIDES,
        .path = "/v1/reviews/{id}/approve",
        .permission = "review:approve",
        .handler = approve_handler,
        .errors = approve_errors,
        .summary = "Approve a change; the last approval makes it",
    },
    {
        DECIDES,
        .path = "/v1/reviews/{id}/reject",
        .permission = "review:approve",
        .handler = reject_handler,
        .errors = reject_errors,
        .summary = "Reject a change",
    },
    {
        DECIDES,
        .path = "/v1/reviews/{id}/withdraw",
        .permission = "review:read",
        .handler = withdraw_handler,
        .errors = withdraw_errors,
        .summary = "Withdraw a change one has asked for",
    },
    {.method = NULL},
};
