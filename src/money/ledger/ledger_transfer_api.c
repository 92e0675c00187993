/* Transfers over HTTP: one journal, or up to 8,192 of them in one request.
 *
 * Each transfer of a batch is a command of its own, atomic by itself, and has its answer at its
 * place. No more than WINDOW of a request wait in the store at a time, so that others' commands
 * get in between and a large batch does not fill the queue:
 *
 *     to be submitted ──window──► in the store ──► answered
 *            └─ the queue is full, and none of this batch is in it ──► store_busy, may be sent
 * again
 *
 * When the queue refuses the very first, nothing has happened, and the whole request is answered
 * 503. */
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_statement.h"
#include "platform/store/store_reply.h"

enum {
    TRANSFERS_MAX = 8192,
    WINDOW = 1024,            /* two batches of the store: one at work, one waiting */
    BATCH_BODY_MAX = 8 << 20, /* 1 KiB for each transfer */
};

/* ---- legs ---- */

const struct field ledger__leg_fields[LEDGER__LEG_FIELDS] = {
    FIELD(struct ledger__leg_body, account, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    FIELD(struct ledger__leg_body, side, FIELD_ENUM, .names = ledger_side_names, .required = true),
    FIELD(struct ledger__leg_body, amount, FIELD_AMOUNT, .min = INT64_MIN, .required = true,
          .help = "Above 0, in minor units of the account's currency."),
    LEDGER__MATURES_ON_FIELD(struct ledger__leg_body),
};

void ledger__legs_of(struct arena *arena, const struct field_list *legs, struct ledger_post *post)
{
    const struct ledger__leg_body *bodies = legs->items;
    struct ledger_leg *out = ARENA_ARRAY(arena, struct ledger_leg, legs->count);

    for (size_t i = 0; i < legs->count; i++) {
        out[i] = (struct ledger_leg){
            .account_id = bodies[i].account,
            .side = bodies[i].side,
            .amount = bodies[i].amount,
            .matures_on = (int32_t)bodies[i].matures_on,
        };
    }
    post->legs = out;
    post->leg_count = legs->count;
}

/* ---- a transfer ---- */

/* What a caller may say happened; the operations of holds have routes of their own. */
static const struct enum_name operation_names[] = {
    {LEDGER_OPERATION_TRANSFER, "transfer"},
    {LEDGER_OPERATION_SUCCEEDED, "succeeded"},
    {LEDGER_OPERATION_CONFLICTED, "conflicted"},
    {LEDGER_OPERATION_RETURNED, "returned"},
    {LEDGER_OPERATION_REVERSED, "reversed"},
    {LEDGER_OPERATION_CORRECTED, "corrected"},
    {0, NULL},
};

struct transfer_body {
    int64_t business_no;
    enum ledger_operation operation;
    struct field_list legs;
    struct str memo;
};

static const struct field transfer_fields[] = {
    LEDGER__BUSINESS_NO_FIELD(struct transfer_body),
    FIELD(struct transfer_body, operation, FIELD_ENUM, .names = operation_names,
          .help = "What happened to the business number; transfer when absent. reversed and "
                  "corrected are refused: they are adjustments."),
    LEDGER__LEGS_FIELD(struct transfer_body),
    FIELD(struct transfer_body, memo, FIELD_TEXT, .max = LEDGER_MEMO_MAX,
          .help = "A remark for people to read, on the receipts of merchants as well; part of the "
                  "content."),
};
static const struct field_set transfer_set = FIELD_SET("ledger_transfer_create", transfer_fields);

static struct ledger_memo_post post_of(struct arena *arena, const struct transfer_body *body)
{
    struct ledger_memo_post arg = {
        .post.reference = {LEDGER_SOURCE_API,
                           body->operation == 0 ? LEDGER_OPERATION_TRANSFER : body->operation,
                           body->business_no},
        .memo = body->memo,
    };

    ledger__legs_of(arena, &body->legs, &arg.post);
    return arg;
}

static const struct field posted_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_transfer", .always = true},
    FIELD(struct ledger_posted, journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .required = true),
    FIELD(struct ledger_posted, exists, FIELD_BOOL, .always = true,
          .help = "This very transfer was posted before; the journal is the first one."),
};
static const struct field_set posted_set = FIELD_SET("ledger_transfer", posted_fields);

static struct reply *transfer_then(struct request *req, struct command *command)
{
    return reply_fields(req, 200, &posted_set, command->result);
}

static struct reply *transfer_handler(struct request *req)
{
    struct transfer_body body = {0};
    struct ledger_memo_post *post = ARENA_NEW(req->arena, struct ledger_memo_post);

    if (request_body(req, &transfer_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    *post = post_of(req->arena, &body);
    return reply_command(req, &ledger_memo_transfer_kind, post, transfer_then);
}

/* ---- a batch ---- */

struct batch_body {
    struct field_list transfers;
};

static const struct field batch_fields[] = {
    FIELD(struct batch_body, transfers, FIELD_LIST, .min = 1, .max = TRANSFERS_MAX,
          .sub = transfer_fields, .sub_count = ARRAY_LEN(transfer_fields),
          .sub_size = sizeof(struct transfer_body), .required = true,
          .help = "In this order; each is booked or refused by itself."),
};
static const struct field_set batch_set = FIELD_SET("ledger_transfer_batch_create", batch_fields);

struct batch;
struct transfer {
    struct command command;
    struct ledger_memo_post post;
    struct ledger_posted posted;
    struct batch *batch;
};

struct batch {
    struct request *req;
    struct transfer *transfers;
    size_t count;
    size_t next; /* to be submitted */
    size_t open; /* in the store */
};

struct result_error {
    struct str code;
    struct str param;
    bool retryable;
};

struct result_view {
    int64_t journal_id;
    bool exists;
    struct result_error error;
};

static const struct field result_error_fields[] = {
    FIELD(struct result_error, code, FIELD_TEXT, .max = 64),
    FIELD(struct result_error, param, FIELD_TEXT, .max = JSON_PARAM_MAX),
    FIELD(struct result_error, retryable, FIELD_BOOL,
          .help = "Nothing has happened; it may be sent again."),
};

static const struct field result_fields[] = {
    FIELD(struct result_view, journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "Absent when it was refused."),
    FIELD(struct result_view, exists, FIELD_BOOL, .always = true,
          .help = "This very transfer was posted before; the journal is the first one."),
    FIELD(struct result_view, error, FIELD_OBJECT, .sub = result_error_fields,
          .sub_count = ARRAY_LEN(result_error_fields), .help = "Why it was refused."),
};

struct batch_view {
    struct field_list results;
    int64_t refused;
};

static const struct field batch_view_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_transfer_batch", .always = true},
    FIELD(struct batch_view, refused, FIELD_INT, .always = true,
          .help = "How many of the results are errors."),
    FIELD(struct batch_view, results, FIELD_LIST, .max = TRANSFERS_MAX, .sub = result_fields,
          .sub_count = ARRAY_LEN(result_fields), .sub_size = sizeof(struct result_view),
          .always = true, .help = "One for each transfer, in the same order."),
};
static const struct field_set batch_view_set =
    FIELD_SET("ledger_transfer_batch", batch_view_fields);

static struct result_view view_result(const struct transfer *transfer)
{
    const struct command *command = &transfer->command;

    if (command->err == ERR_OK) {
        return (struct result_view){
            .journal_id = transfer->posted.journal_id,
            .exists = transfer->posted.exists,
        };
    }
    return (struct result_view){
        .error =
            {
                .code = str_of(err_code(command->err)),
                .param = str_of(command->param),
                .retryable = err_retryable(command->err),
            },
    };
}

static struct reply *batch_reply(const struct batch *batch)
{
    struct arena *arena = batch->req->arena;
    struct result_view *results = ARENA_ARRAY(arena, struct result_view, batch->count);
    struct batch_view view = {.results = {results, batch->count}};

    for (size_t i = 0; i < batch->count; i++) {
        results[i] = view_result(&batch->transfers[i]);
        view.refused += batch->transfers[i].command.err == ERR_OK ? 0 : 1;
    }
    return reply_fields(batch->req, 200, &batch_view_set, &view);
}

static void give_up(struct batch *batch, enum err err)
{
    while (batch->next < batch->count) {
        batch->transfers[batch->next++].command.err = err;
    }
}

/* Fills the window. What the queue refuses waits for the next answer; when none of the batch is in
 * the store, there will be none, and the rest is given up: no transfer overtakes one before it. */
static void feed(struct batch *batch)
{
    while (batch->next < batch->count && batch->open < WINDOW) {
        enum err err =
            store_submit(app_store(batch->req->app), &batch->transfers[batch->next].command);

        if (err == ERR_OK) {
            batch->open++;
            batch->next++;
        } else if (batch->open > 0) {
            return;
        } else {
            give_up(batch, err);
        }
    }
}

static void transfer_done(struct command *command)
{
    struct batch *batch = ((struct transfer *)(void *)command)->batch;

    batch->open--;
    if (batch->open <= WINDOW / 2) {
        feed(batch);
    }
    if (batch->open == 0) {
        request_reply(batch->req, batch_reply(batch));
    }
}

static struct batch *batch_of(struct request *req, const struct batch_body *body)
{
    const struct transfer_body *bodies = body->transfers.items;
    struct batch *batch = ARENA_NEW(req->arena, struct batch);

    *batch = (struct batch){
        .req = req,
        .transfers = ARENA_ARRAY(req->arena, struct transfer, body->transfers.count),
        .count = body->transfers.count,
    };
    for (size_t i = 0; i < batch->count; i++) {
        struct transfer *transfer = &batch->transfers[i];

        transfer->batch = batch;
        transfer->post = post_of(req->arena, &bodies[i]);
        transfer->command = (struct command){
            .kind = &ledger_memo_transfer_kind,
            .arg = &transfer->post,
            .result = &transfer->posted,
            .trace = &req->trace,
            .done = transfer_done,
            .loop = req->loop,
        };
    }
    return batch;
}

static struct reply *batch_handler(struct request *req)
{
    struct batch_body body = {0};
    struct batch *batch;

    if (request_body(req, &batch_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    batch = batch_of(req, &body);
    /* The answers are posted to this very loop: none comes before this function has returned. */
    feed(batch);
    return batch->open > 0 ? reply_later(req) : reply_error(req, batch->transfers[0].command.err);
}

/* ---- looking one up ---- */

static enum err journals_run(struct reader *reader, struct request *req, const void *arg,
                             void *result)
{
    const struct ledger_reference reference = {.source = LEDGER_SOURCE_API,
                                               .business_no = *(const int64_t *)arg};

    return ledger__read_journals(reader, &reference, NULL, req->arena, result);
}

static struct reply *journals_then(struct request *req, void *result)
{
    const struct ledger__journals *journals = result;

    return journals->count == 0 ? reply_error(req, ERR_LEDGER_JOURNAL)
                                : ledger__reply_journals(req, journals);
}

static struct reply *lookup_handler(struct request *req)
{
    int64_t *business_no = ARENA_NEW(req->arena, int64_t);

    if (str_parse_int(req->params[0], business_no) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_JOURNAL);
    }
    return reply_query(req, business_no, sizeof(struct ledger__journals), journals_run,
                       journals_then);
}

/* ---- routes ---- */

/* In the order of precedence. */
static const enum err transfer_errors[] = {
    ERR_LEDGER_ADJUSTMENT,    ERR_LEDGER_REFERENCE,
    ERR_LEDGER_LEGS,          ERR_LEDGER_AMOUNT,
    ERR_LEDGER_MATURITY,      ERR_LEDGER_CONFLICT,
    ERR_LEDGER_ACCOUNT,       ERR_LEDGER_ACCOUNT_CLOSED,
    ERR_LEDGER_CODE_OWN,      ERR_LEDGER_CODE_CLOSED,
    ERR_LEDGER_UNBALANCED,    ERR_LEDGER_CREDIT_BLOCKED,
    ERR_LEDGER_DEBIT_BLOCKED, ERR_LEDGER_OVERFLOW,
    ERR_LEDGER_INSUFFICIENT,  ERR_OK,
};
static const enum err journal_errors[] = {ERR_LEDGER_JOURNAL, ERR_OK};

const struct route ledger__transfer_routes[] = {
    {
        .method = "POST",
        .path = "/v1/ledger/transfers",
        .handler = transfer_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:post",
        .idempotent = true,
        .body = &transfer_set,
        .reply = &posted_set,
        .errors = transfer_errors,
        .summary = "Post a journal. For programs that book their own business; operators book by "
                   "manual vouchers and reviewed adjustments (POST /v1/adjustments)",
        ROUTE_HERE,
    },
    {
        /* No Idempotency-Key: business_no makes each transfer happen once. */
        .method = "POST",
        .path = "/v1/ledger/transfers/batch",
        .handler = batch_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:post",
        .body_max = BATCH_BODY_MAX,
        .body = &batch_set,
        .reply = &batch_view_set,
        .summary = "Post up to 8,192 journals, each by itself. For programs; operators book by "
                   "manual vouchers and reviewed adjustments (POST /v1/adjustments)",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/ledger/transfers/{business_no}",
        .handler = lookup_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:read",
        .reply = &ledger_journal_set,
        .reply_is_list = true,
        .errors = journal_errors,
        .summary = "List the journals posted under a business number",
        ROUTE_HERE,
    },
    {.method = NULL},
};
