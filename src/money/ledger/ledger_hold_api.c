/* Holds over HTTP: place, capture, release, look at. Each step has a business number of the
 * caller's, and happens once. Only what was placed here is captured and released here: a freeze, or
 * the hold of a settlement, a cash-out or a refund, is ended by its own state machine. */
#include "money/ledger/ledger_api_int.h"
#include "platform/store/store_reply.h"

static const struct enum_name kind_names[] = {
    {LEDGER_HOLD_PENDING, "pending"}, /* the books' own */
    {LEDGER_HOLD_JUDICIAL, "judicial"}, {LEDGER_HOLD_RISK, "risk"},
    {LEDGER_HOLD_DISPUTE, "dispute"},   {LEDGER_HOLD_WITHDRAWAL, "withdrawal"},
    {LEDGER_HOLD_REFUND, "refund"},     {LEDGER_HOLD_PREAUTHORISATION, "preauthorisation"},
    {LEDGER_HOLD_DEPOSIT, "deposit"},   {0, NULL},
};
/* Those that may be placed here. Judicial and risk holds and all blocks are freezes
 * (business/account), whose placing is noted in the account's history and whose end may need a
 * review: here they would be easier to end than there. */
enum { PLACED_KINDS_FROM = 3 };
static const struct enum_name effect_names[] = {
    {LEDGER_HOLD_AMOUNT, "amount"},
    {LEDGER_HOLD_CREDIT_BLOCK, "credit_block"},
    {LEDGER_HOLD_DEBIT_BLOCK, "debit_block"},
    {LEDGER_HOLD_FULL_BLOCK, "full_block"},
    {0, NULL},
};
static const struct enum_name status_names[] = {
    {LEDGER_HOLD_OPEN, "open"},
    {LEDGER_HOLD_CLOSED, "closed"},
    {LEDGER_HOLD_EXPIRED, "expired"},
    {LEDGER_HOLD_WAITING, "waiting"},
    {0, NULL},
};

static struct ledger_reference reference_of(enum ledger_operation operation, int64_t business_no)
{
    return (struct ledger_reference){LEDGER_SOURCE_API, operation, business_no};
}

/* ---- what a step answers ---- */

static const struct field held_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_hold_step", .always = true},
    FIELD(struct ledger_held, hold_id, FIELD_ID, .prefix = LEDGER_HOLD_PREFIX, .required = true),
    FIELD(struct ledger_held, journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "Of a capture."),
    FIELD(struct ledger_held, exists, FIELD_BOOL, .always = true,
          .help = "This very step was taken before."),
};
static const struct field_set held_set = FIELD_SET("ledger_hold_step", held_fields);

static struct reply *held_then(struct request *req, struct command *command)
{
    return reply_fields(req, 200, &held_set, command->result);
}

#define REASON_FIELD(type_)                                                                        \
    FIELD(type_, reason, FIELD_TEXT, .required = true, .min = 1, .max = LEDGER_HOLD_REASON_MAX,    \
          .help = "Kept in the history of the account.")

static struct reply *take(struct request *req, const struct ledger_manual_step *step)
{
    struct ledger__manual *manual = ARENA_NEW(req->arena, struct ledger__manual);

    *manual = (struct ledger__manual){*step, ledger__manual_note(req->app)};
    manual->step.operator_id = req->principal.key_id;
    return reply_command(req, &ledger__manual_kind, manual, held_then);
}

/* ---- place ---- */

struct place_body {
    int64_t business_no;
    int64_t account;
    enum ledger_hold_kind kind;
    enum ledger_hold_effect effect;
    struct amount amount;
    int64_t matures_on;
    bool may_wait;
    int64_t rank;
    struct str reason;
    struct str document_no;
    int64_t starts_at;
    int64_t expires_at;
};

static const struct field place_fields[] = {
    LEDGER__BUSINESS_NO_FIELD(struct place_body),
    FIELD(struct place_body, account, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    FIELD(struct place_body, kind, FIELD_ENUM, .names = &kind_names[PLACED_KINDS_FROM],
          .required = true,
          .help = "Judicial and risk holds are placed as freezes of the account."),
    FIELD(struct place_body, effect, FIELD_ENUM, .names = effect_names,
          .help = "amount, as when absent. Blocks are placed as freezes of the account."),
    FIELD(struct place_body, amount, FIELD_AMOUNT, .min = INT64_MIN,
          .help = "Above 0, in minor units of the account's currency."),
    LEDGER__MATURES_ON_FIELD(struct place_body),
    FIELD(struct place_body, may_wait, FIELD_BOOL,
          .help = "Wait when the money is not there, instead of being refused."),
    FIELD(struct place_body, rank, FIELD_INT,
          .help = "Of holds that wait for money the lowest goes first."),
    REASON_FIELD(struct place_body),
    FIELD(struct place_body, document_no, FIELD_TEXT, .max = LEDGER_HOLD_DOCUMENT_MAX,
          .help = "Of the court or authority that asks for it."),
    FIELD(struct place_body, starts_at, FIELD_TIME, .help = "At once when absent."),
    FIELD(struct place_body, expires_at, FIELD_TIME, .help = "Never when absent."),
};
static const struct field_set place_set = FIELD_SET("ledger_hold_create", place_fields);

static struct reply *place_handler(struct request *req)
{
    struct place_body body = {0};
    struct ledger_hold_place *place = ARENA_NEW(req->arena, struct ledger_hold_place);

    if (request_body(req, &place_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    if (body.effect > LEDGER_HOLD_AMOUNT) {
        return reply_error_at(req, ERR_FIELD_VALUE, "effect",
                              "a block is a freeze: POST /v1/accounts/{id}/freezes");
    }
    *place = (struct ledger_hold_place){
        .reference = reference_of(LEDGER_OPERATION_HOLD, body.business_no),
        .account_id = body.account,
        .kind = body.kind,
        .effect = body.effect,
        .amount = body.amount,
        .matures_on = (int32_t)body.matures_on,
        .may_wait = body.may_wait,
        .rank = body.rank,
        .operator_id = req->principal.key_id,
        .reason = body.reason,
        .document_no = body.document_no,
        .starts_at_ms = body.starts_at,
        .expires_at_ms = body.expires_at,
    };
    return take(req, &(struct ledger_manual_step){.operation = LEDGER_OPERATION_HOLD,
                                                  .account_id = body.account,
                                                  .reason = body.reason,
                                                  .kind = &ledger_place_kind,
                                                  .arg = place});
}

/* ---- capture ---- */

struct capture_body {
    int64_t business_no;
    bool whole;
    struct field_list legs;
    struct str reason;
};

static const struct field capture_fields[] = {
    LEDGER__BUSINESS_NO_FIELD(struct capture_body),
    LEDGER__LEGS_FIELD(struct capture_body),
    FIELD(struct capture_body, whole, FIELD_BOOL,
          .help = "Release what is left after the capture."),
    REASON_FIELD(struct capture_body),
};
static const struct field_set capture_set = FIELD_SET("ledger_hold_capture", capture_fields);

static struct reply *capture_handler(struct request *req)
{
    struct capture_body body = {0};
    struct ledger_hold_capture *capture = ARENA_NEW(req->arena, struct ledger_hold_capture);

    if (request_id_param(req, 0, LEDGER_HOLD_PREFIX, &capture->hold_id) != ERR_OK) {
        return reply_error_at(req, ERR_LEDGER_HOLD_NOT_FOUND, "hold", NULL);
    }
    if (request_body(req, &capture_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    capture->whole = body.whole;
    capture->post.reference = reference_of(LEDGER_OPERATION_CAPTURE, body.business_no);
    ledger__legs_of(req->arena, &body.legs, &capture->post);
    return take(req, &(struct ledger_manual_step){.operation = LEDGER_OPERATION_CAPTURE,
                                                  .hold_id = capture->hold_id,
                                                  .reason = body.reason,
                                                  .kind = &ledger_capture_kind,
                                                  .arg = capture});
}

/* ---- release ---- */

struct release_body {
    int64_t business_no;
    struct amount amount;
    bool whole;
    struct str reason;
};

static const struct field release_fields[] = {
    LEDGER__BUSINESS_NO_FIELD(struct release_body),
    FIELD(struct release_body, amount, FIELD_AMOUNT, .min = INT64_MIN, .help = "Above 0."),
    FIELD(struct release_body, whole, FIELD_BOOL, .help = "All that is left, or the block."),
    REASON_FIELD(struct release_body),
};
static const struct field_set release_set = FIELD_SET("ledger_hold_release", release_fields);

static struct reply *release_handler(struct request *req)
{
    struct release_body body = {0};
    struct ledger_hold_release *release = ARENA_NEW(req->arena, struct ledger_hold_release);

    if (request_id_param(req, 0, LEDGER_HOLD_PREFIX, &release->hold_id) != ERR_OK) {
        return reply_error_at(req, ERR_LEDGER_HOLD_NOT_FOUND, "hold", NULL);
    }
    if (request_body(req, &release_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    if (body.whole && body.amount.minor != 0) {
        return reply_error_at(req, ERR_FIELD_VALUE, "amount", "give amount or whole, not both");
    }
    release->reference = reference_of(LEDGER_OPERATION_RELEASE, body.business_no);
    release->whole = body.whole;
    release->amount = body.amount;
    return take(req, &(struct ledger_manual_step){.operation = LEDGER_OPERATION_RELEASE,
                                                  .hold_id = release->hold_id,
                                                  .reason = body.reason,
                                                  .kind = &ledger_release_kind,
                                                  .arg = release});
}

/* ---- look at ---- */

static const struct field hold_fields[] = {
    FIELD(struct ledger_hold, id, FIELD_ID, .prefix = LEDGER_HOLD_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_hold", .always = true},
    FIELD(struct ledger_hold, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    FIELD(struct ledger_hold, kind, FIELD_ENUM, .names = kind_names, .required = true),
    FIELD(struct ledger_hold, effect, FIELD_ENUM, .names = effect_names, .required = true),
    FIELD(struct ledger_hold, status, FIELD_ENUM, .names = status_names, .required = true),
    FIELD(struct ledger_hold, source, FIELD_ENUM, .names = ledger__source_names, .required = true,
          .help = "Who placed it: nobody else captures or releases it."),
    FIELD(struct ledger_hold, amount, FIELD_AMOUNT, .always = true, .help = "As placed."),
    FIELD(struct ledger_hold, captured, FIELD_AMOUNT, .always = true),
    FIELD(struct ledger_hold, released, FIELD_AMOUNT, .always = true,
          .help = "Given back or expired; the rest of amount is held still."),
    FIELD(struct ledger_hold, matures_on, FIELD_INT,
          .help = "It holds money that matures on this date."),
    FIELD(struct ledger_hold, rank, FIELD_INT),
    FIELD(struct ledger_hold, operator_id, FIELD_ID, .prefix = "op",
          .help = "The key that asked for it; absent: the platform."),
    FIELD(struct ledger_hold, reason, FIELD_TEXT, .max = LEDGER_HOLD_REASON_MAX),
    FIELD(struct ledger_hold, document_no, FIELD_TEXT, .max = LEDGER_HOLD_DOCUMENT_MAX),
    {.name = "starts_at", .type = FIELD_TIME, .offset = offsetof(struct ledger_hold, starts_at_ms)},
    {.name = "expires_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct ledger_hold, expires_at_ms)},
    {.name = "created_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct ledger_hold, created_at_ms),
     .required = true},
    {.name = "updated_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct ledger_hold, updated_at_ms),
     .required = true},
};
static const struct field_set hold_set = FIELD_SET("ledger_hold", hold_fields);

static enum err hold_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return ledger_read_hold(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *hold_then(struct request *req, void *result)
{
    return reply_fields(req, 200, &hold_set, result);
}

static struct reply *hold_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, LEDGER_HOLD_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_HOLD_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct ledger_hold), hold_run, hold_then);
}

/* ---- routes; errors in the order of precedence ---- */

static const enum err place_errors[] = {
    ERR_LEDGER_REFERENCE,
    ERR_LEDGER_AMOUNT,
    ERR_LEDGER_MATURITY,
    ERR_LEDGER_CONFLICT,
    ERR_LEDGER_ACCOUNT,
    ERR_LEDGER_ACCOUNT_CLOSED,
    ERR_LEDGER_HOLD_EXPIRED,
    ERR_LEDGER_HOLD_TIMES,
    ERR_LEDGER_OVERFLOW,
    ERR_LEDGER_INSUFFICIENT,
    ERR_OK,
};
static const enum err capture_errors[] = {
    ERR_LEDGER_REFERENCE,      ERR_LEDGER_LEGS,           ERR_LEDGER_AMOUNT,
    ERR_LEDGER_MATURITY,       ERR_LEDGER_CONFLICT,       ERR_LEDGER_HOLD_NOT_FOUND,
    ERR_LEDGER_HOLD_FOREIGN,   ERR_LEDGER_HOLD_WAITING,   ERR_LEDGER_HOLD_EXPIRED,
    ERR_LEDGER_HOLD_CLOSED,    ERR_LEDGER_HOLD_BLOCK,     ERR_LEDGER_ACCOUNT,
    ERR_LEDGER_ACCOUNT_CLOSED, ERR_LEDGER_UNBALANCED,     ERR_LEDGER_HOLD_MISMATCH,
    ERR_LEDGER_HOLD_EXCEEDED,  ERR_LEDGER_CREDIT_BLOCKED, ERR_LEDGER_DEBIT_BLOCKED,
    ERR_LEDGER_OVERFLOW,       ERR_LEDGER_INSUFFICIENT,   ERR_OK,
};
static const enum err release_errors[] = {
    ERR_LEDGER_REFERENCE,      ERR_LEDGER_AMOUNT,        ERR_LEDGER_CONFLICT,
    ERR_LEDGER_HOLD_NOT_FOUND, ERR_LEDGER_HOLD_FOREIGN,  ERR_LEDGER_HOLD_EXPIRED,
    ERR_LEDGER_HOLD_CLOSED,    ERR_LEDGER_HOLD_EXCEEDED, ERR_OK,
};
static const enum err hold_errors[] = {ERR_LEDGER_HOLD_NOT_FOUND, ERR_OK};

#define OPERATOR_STEP                                                                              \
    .method = "POST", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:post", .idempotent = true, \
    .reply = &held_set, ROUTE_HERE

const struct route ledger__hold_routes[] = {
    {
        OPERATOR_STEP,
        .path = "/v1/ledger/holds",
        .handler = place_handler,
        .body = &place_set,
        .errors = place_errors,
        .summary = "Place a hold on an account",
    },
    {
        OPERATOR_STEP,
        .path = "/v1/ledger/holds/{id}/capture",
        .handler = capture_handler,
        .body = &capture_set,
        .errors = capture_errors,
        .summary = "Post a journal out of a hold",
    },
    {
        OPERATOR_STEP,
        .path = "/v1/ledger/holds/{id}/release",
        .handler = release_handler,
        .body = &release_set,
        .errors = release_errors,
        .summary = "Release a hold, in part or whole",
    },
    {
        .method = "GET",
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:read",
        .path = "/v1/ledger/holds/{id}",
        .handler = hold_handler,
        .reply = &hold_set,
        .errors = hold_errors,
        .summary = "Get a hold",
        ROUTE_HERE,
    },
    {.method = NULL},
};
