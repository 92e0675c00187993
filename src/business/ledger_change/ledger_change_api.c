/* The operators' API that changes the chart and the voucher templates; money/ledger has the rest.
 */
#include "business/ledger_change/ledger_change_int.h"

#define DATE FIELD_INT, .min = LEDGER_DATE_MIN, .max = LEDGER_DATE_MAX, .example = "20261122"

#define ASK_FIELDS(type_)                                                                          \
    {.name = "reason",                                                                             \
     .type = FIELD_TEXT,                                                                           \
     .offset = offsetof(type_, ask.reason),                                                        \
     .required = true,                                                                             \
     .min = 1,                                                                                     \
     .max = LEDGER_REASON_MAX,                                                                     \
     .help = "Kept with the version."},                                                            \
    {                                                                                              \
        .name = "evidence", .type = FIELD_TEXT, .offset = offsetof(type_, ask.evidence),           \
        .max = REVIEW_EVIDENCE_MAX,                                                                \
        .help = "A document's number, address or hash, for the review."                            \
    }

/* ---- voucher templates ---- */

static const struct field voucher_fields[] = {
    FIELD(struct ledger_change_voucher, event, FIELD_ENUM, .names = ledger_event_names,
          .required = true),
    FIELD(struct ledger_change_voucher, mode, FIELD_ENUM, .names = ledger_mode_names,
          .help = "Given where the event depends on it, and only there."),
    FIELD(struct ledger_change_voucher, valid_from, DATE, .required = true,
          .help = "From this business date on, later than today. Versions that have not begun by "
                  "then are replaced."),
    FIELD(struct ledger_change_voucher, legs, FIELD_LIST, .max = LEDGER_LEGS_MAX,
          .sub = ledger_template_leg_fields, .sub_count = LEDGER_TEMPLATE_LEG_FIELDS,
          .sub_size = sizeof(struct ledger_template_leg), .required = true,
          .help = "2 to 16; none: the event books nothing."),
    ASK_FIELDS(struct ledger_change_voucher),
};
const struct field_set ledger_change__voucher_set = FIELD_SET("ledger_voucher_put", voucher_fields);

struct voucher_view {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t version;
    bool exists;
};

static const struct field voucher_view_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_voucher_version", .always = true},
    FIELD(struct voucher_view, event, FIELD_ENUM, .names = ledger_event_names, .required = true),
    FIELD(struct voucher_view, mode, FIELD_ENUM, .names = ledger_mode_names),
    FIELD(struct voucher_view, version, FIELD_INT, .required = true, .example = "2"),
    FIELD(struct voucher_view, exists, FIELD_BOOL, .always = true,
          .help = "It was there before, with the same content."),
};
static const struct field_set voucher_view_set =
    FIELD_SET("ledger_voucher_version", voucher_view_fields);

static struct reply *voucher_then(struct request *req, struct command *command)
{
    const struct ledger_change_voucher *voucher = command->arg;
    const struct ledger_change_result *result = command->result;
    const struct voucher_view view = {voucher->event, voucher->mode, result->versioned.version,
                                      true};

    return result->versioned.exists ? reply_fields(req, 200, &voucher_view_set, &view)
                                    : review_reply(req, &result->review);
}

static struct reply *voucher_handler(struct request *req)
{
    struct ledger_change_voucher *voucher = ARENA_NEW(req->arena, struct ledger_change_voucher);
    struct ledger_template_leg *legs;

    if (request_body(req, &ledger_change__voucher_set, voucher) != ERR_OK) {
        return reply_refusal(req);
    }
    legs = voucher->legs.items;
    for (size_t i = 0; i < voucher->legs.count; i++) {
        legs[i].currency = legs[i].currency == 0 ? LEDGER_CURRENCY_MAIN : legs[i].currency;
    }
    voucher->ask.operator_id = req->principal.key_id;
    return reply_command(req, &ledger_change__voucher_kind, voucher, voucher_then);
}

/* ---- codes ---- */

static const struct field currency_item[] = {{.name = "", .type = FIELD_CURRENCY}};

static const struct field code_fields[] = {
    FIELD(struct ledger_change_code, code, FIELD_INT, .min = 1, .required = true,
          .example = "224101", .help = "4, 6, 8 or 10 digits: a new one, or one that is there."),
    FIELD(struct ledger_change_code, valid_from, DATE, .required = true,
          .help = "From this business date on; not in the past. Versions that have not begun by "
                  "then are replaced."),
    FIELD(struct ledger_change_code, side, FIELD_ENUM, .names = ledger_side_names, .required = true,
          .help = "The normal side; it never changes."),
    FIELD(struct ledger_change_code, name, FIELD_TEXT, .min = 1, .max = LEDGER_CODE_NAME_MAX,
          .required = true),
    FIELD(struct ledger_change_code, name_zh, FIELD_TEXT, .min = 1, .max = LEDGER_CODE_NAME_MAX,
          .required = true),
    FIELD(struct ledger_change_code, has_floor, FIELD_BOOL,
          .help = "New accounts get a floor of zero."),
    FIELD(struct ledger_change_code, currencies, FIELD_LIST, .max = LEDGER_CODE_CURRENCIES_MAX,
          .sub = currency_item, .sub_count = 1, .sub_size = sizeof(enum currency),
          .help = "Of its accounts; any when absent."),
    ASK_FIELDS(struct ledger_change_code),
};
const struct field_set ledger_change__code_set = FIELD_SET("ledger_chart_put", code_fields);

struct code_view {
    int64_t code;
    int64_t version;
    bool exists;
};

static const struct field code_view_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_code_version", .always = true},
    FIELD(struct code_view, code, FIELD_INT, .required = true, .example = "224101"),
    FIELD(struct code_view, version, FIELD_INT, .required = true, .example = "1"),
    FIELD(struct code_view, exists, FIELD_BOOL, .always = true,
          .help = "It was there before, with the same content."),
};
static const struct field_set code_view_set = FIELD_SET("ledger_code_version", code_view_fields);

static struct reply *code_then(struct request *req, struct command *command)
{
    const struct ledger_change_code *code = command->arg;
    const struct ledger_change_result *result = command->result;
    const struct code_view view = {code->code, result->versioned.version, true};

    return result->versioned.exists ? reply_fields(req, 200, &code_view_set, &view)
                                    : review_reply(req, &result->review);
}

static struct reply *code_handler(struct request *req)
{
    struct ledger_change_code *code = ARENA_NEW(req->arena, struct ledger_change_code);

    if (request_body(req, &ledger_change__code_set, code) != ERR_OK) {
        return reply_refusal(req);
    }
    code->ask.operator_id = req->principal.key_id;
    return reply_command(req, &ledger_change__code_kind, code, code_then);
}

/* ---- the end of a code ---- */

static const struct field end_fields[] = {ASK_FIELDS(struct ledger_change_end)};
static const struct field_set end_set = FIELD_SET("ledger_chart_close", end_fields);

struct closed_view {
    int64_t code;
    int64_t closed_on;
};

static const struct field closed_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_code_closed", .always = true},
    FIELD(struct closed_view, code, FIELD_INT, .required = true, .example = "224101"),
    FIELD(struct closed_view, closed_on, FIELD_INT, .required = true, .example = "20261122",
          .help = "The first date nothing is posted under it any more."),
};
static const struct field_set closed_set = FIELD_SET("ledger_code_closed", closed_fields);

static enum err end_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct ledger_change_end *end = result;

    *end = *(const struct ledger_change_end *)arg;
    return ledger_read_chart_close(reader, end->close.code, req->arena, &end->close);
}

static struct reply *end_asked(struct request *req, struct command *command)
{
    const struct ledger_change_end *end = command->arg;
    const struct ledger_change_result *result = command->result;
    const struct closed_view view = {end->close.code, result->closed_on};

    return result->closed_on != 0 ? reply_fields(req, 200, &closed_set, &view)
                                  : review_reply(req, &result->review);
}

static struct reply *end_then(struct request *req, void *result)
{
    return reply_command(req, &ledger_change__end_kind, result, end_asked);
}

static struct reply *end_handler(struct request *req)
{
    struct ledger_change_end *end = ARENA_NEW(req->arena, struct ledger_change_end);

    if (str_parse_int(req->params[0], &end->close.code) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_CODE_NOT_FOUND);
    }
    if (request_body(req, &end_set, end) != ERR_OK) {
        return reply_refusal(req);
    }
    end->ask.operator_id = req->principal.key_id;
    return reply_query(req, end, sizeof(*end), end_run, end_then);
}

/* ---- routes ---- */

static const enum err voucher_errors[] = {
    ERR_LEDGER_VOUCHER,       ERR_LEDGER_VERSION_DATE,
    ERR_LEDGER_LEGS,          ERR_LEDGER_CODE,
    ERR_LEDGER_CODE_NOT_LEAF, ERR_LEDGER_CODE_CLOSED,
    ERR_LEDGER_CODE_OWN,      ERR_LEDGER_CODE_CURRENCY,
    ERR_LEDGER_OWNER,         ERR_LEDGER_CODE_OWNER,
    ERR_LEDGER_EXPRESSION,    ERR_LEDGER_UNBALANCED,
    ERR_REVIEW_PENDING,       ERR_OK,
};
static const enum err code_errors[] = {
    ERR_LEDGER_CODE_FORM,     ERR_LEDGER_CODE_CLOSED, ERR_LEDGER_CODE_SIDE,
    ERR_LEDGER_VERSION_DATE,  ERR_LEDGER_CODE_NEEDED, ERR_LEDGER_CODE_IN_USE,
    ERR_LEDGER_CODE_CURRENCY, ERR_REVIEW_PENDING,     ERR_OK,
};

static const enum err end_errors[] = {ERR_LEDGER_CODE_NOT_FOUND, ERR_LEDGER_CODE_IN_USE,
                                      ERR_LEDGER_CODE_CHANGED,   ERR_LEDGER_CODE_BALANCE,
                                      ERR_REVIEW_PENDING,        ERR_OK};

#define ASKS                                                                                       \
    .method = "POST", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:chart",                    \
    .idempotent = true, .reply = &review_fields, .reply_status = 202, ROUTE_HERE

const struct route ledger_change__routes[] = {
    {
        ASKS,
        .path = "/v1/ledger/chart",
        .handler = code_handler,
        .body = &ledger_change__code_set,
        .errors = code_errors,
        .summary = "Ask for a code of the chart, or a new version of one; another operator "
                   "approves it",
    },
    {
        ASKS,
        .path = "/v1/ledger/chart/{code}/close",
        .handler = end_handler,
        .body = &end_set,
        .errors = end_errors,
        .summary = "Ask that a code of the chart be closed; another operator approves it",
    },
    {
        ASKS,
        .path = "/v1/ledger/vouchers",
        .handler = voucher_handler,
        .body = &ledger_change__voucher_set,
        .errors = voucher_errors,
        .summary = "Ask for a new version of a voucher template, valid from a later date on; "
                   "another operator approves it",
    },
    {.method = NULL},
};
