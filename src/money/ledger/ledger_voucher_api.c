/* The operator's API of voucher templates. */
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_day_int.h"
#include "money/ledger/ledger_voucher_int.h"
#include "platform/store/store_reply.h"

enum { LIST_LIMIT = 50, LIST_LIMIT_MAX = 200 };

#define DATE FIELD_INT, .min = LEDGER_DATE_MIN, .max = LEDGER_DATE_MAX, .example = "20261122"

static const struct enum_name mode_names[] = {
    {LEDGER_FUND_DIRECT, "direct"}, {LEDGER_FUND_COLLECT, "collect"}, {0, NULL}};
static const struct enum_name currency_names[] = {
    {LEDGER_CURRENCY_MAIN, "main"}, {LEDGER_CURRENCY_OTHER, "other"}, {0, NULL}};

/* ---- templates ---- */

static const struct field leg_fields[] = {
    FIELD(struct ledger_template_leg, side, FIELD_ENUM, .names = ledger__side_names,
          .required = true),
    FIELD(struct ledger_template_leg, code, FIELD_INT, .min = 1, .required = true,
          .example = "2241", .help = "A leaf of the chart."),
    FIELD(struct ledger_template_leg, owner, FIELD_ENUM, .names = ledger_owner_names,
          .required = true, .help = "Whose account; the event must tell it."),
    FIELD(struct ledger_template_leg, currency, FIELD_ENUM, .names = currency_names,
          .help = "main when absent; other for the second one of an exchange."),
    FIELD(struct ledger_template_leg, amount, FIELD_TEXT, .min = 1, .max = LEDGER_EXPRESSION_MAX,
          .required = true, .example = "gross - fee", .help = "A sum of the event's amounts."),
    FIELD(struct ledger_template_leg, matures, FIELD_BOOL,
          .help = "It moves money that matures when the voucher says."),
    FIELD(struct ledger_template_leg, memo, FIELD_TEXT, .max = LEDGER_TEMPLATE_MEMO_MAX),
};

#define LEGS_FIELD(type_)                                                                          \
    FIELD(type_, legs, FIELD_LIST, .max = LEDGER_LEGS_MAX, .sub = leg_fields,                      \
          .sub_count = ARRAY_LEN(leg_fields), .sub_size = sizeof(struct ledger_template_leg),      \
          .required = true, .help = "2 to 16; none: the event books nothing.")

struct template_view {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t version;
    int64_t valid_from;
    int64_t valid_until;
    struct field_list legs;
};

static const struct field template_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_voucher", .always = true},
    FIELD(struct template_view, event, FIELD_ENUM, .names = ledger_event_names, .required = true),
    FIELD(struct template_view, mode, FIELD_ENUM, .names = mode_names,
          .help = "The fund mode, where the event depends on it."),
    FIELD(struct template_view, version, FIELD_INT, .required = true),
    FIELD(struct template_view, valid_from, FIELD_INT, .required = true, .example = "19700101"),
    FIELD(struct template_view, valid_until, FIELD_INT,
          .help = "The date from which the next version is valid."),
    LEGS_FIELD(struct template_view),
};
static const struct field_set template_set = FIELD_SET("ledger_voucher", template_fields);

static struct template_view view_template(const struct ledger_template *template)
{
    return (struct template_view){
        .event = template->event,
        .mode = template->mode,
        .version = template->version,
        .valid_from = template->valid_from,
        .valid_until = template->valid_until,
        .legs = {template->legs, template->leg_count},
    };
}

/* ---- reading ---- */

struct vouchers_query {
    int64_t date;
    int64_t starting_after;
    int64_t limit;
    enum ledger_event event; /* from the path; 0: all, those valid on the date */
};

static const struct field vouchers_query_fields[] = {
    FIELD(struct vouchers_query, date, DATE,
          .help = "Those valid on this date; on the books' own else."),
    FIELD(struct vouchers_query, starting_after, FIELD_INT, .min = 1,
          .help = "The next_cursor of the page before."),
    FIELD(struct vouchers_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "50 when absent."),
};
static const struct field_set vouchers_query_set =
    FIELD_SET("ledger_voucher_list", vouchers_query_fields);
static const struct field_set versions_query_set = {
    .name = "ledger_voucher_versions",
    .fields = vouchers_query_fields + 1,
    .count = ARRAY_LEN(vouchers_query_fields) - 1,
};

struct vouchers_page {
    struct ledger_template *templates;
    size_t count;
    size_t limit;
};

static bool is_wanted(const struct vouchers_query *query, int32_t date,
                      const struct ledger_template *template)
{
    if (template->id <= query->starting_after) {
        return false;
    }
    return date == 0 || (template->valid_from <= date &&
                         (template->valid_until == 0 || date < template->valid_until));
}

static enum err vouchers_run(struct reader *reader, struct request *req, const void *arg,
                             void *result)
{
    const struct vouchers_query *query = arg;
    struct vouchers_page *page = result;
    int32_t date = (int32_t)query->date;
    size_t all;

    if (date == 0 && query->event == 0) {
        TRY(ledger_read_today(reader, req->received_ms, req->arena, &date));
    }
    TRY(ledger_read_templates(reader, query->event, req->arena, &page->templates, &all));
    page->limit = (size_t)query->limit;
    for (size_t i = 0; i < all && page->count <= page->limit; i++) {
        if (is_wanted(query, date, &page->templates[i])) {
            page->templates[page->count++] = page->templates[i];
        }
    }
    return ERR_OK;
}

static struct reply *vouchers_then(struct request *req, void *result)
{
    const struct vouchers_page *page = result;
    size_t count = page->count > page->limit ? page->limit : page->count;
    struct template_view *views = ARENA_ARRAY(req->arena, struct template_view, count);
    struct str next = STR("");

    for (size_t i = 0; i < count; i++) {
        views[i] = view_template(&page->templates[i]);
    }
    if (page->count > page->limit) {
        next = str_printf(req->arena, "%lld", (long long)page->templates[count - 1].id);
    }
    return reply_list(req, &template_set, views, count, sizeof(*views), next);
}

static struct reply *vouchers_handler(struct request *req)
{
    struct vouchers_query *query = ARENA_NEW(req->arena, struct vouchers_query);

    if (request_query(req, &vouchers_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    if (query->date != 0 && !time_date_is_valid((int32_t)query->date)) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "date", "must be a date yyyymmdd");
    }
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct vouchers_page), vouchers_run, vouchers_then);
}

static struct reply *versions_handler(struct request *req)
{
    struct vouchers_query *query = ARENA_NEW(req->arena, struct vouchers_query);
    const struct enum_name *name = ledger_event_names;

    while (name->name != NULL && !str_eq(str_of(name->name), req->params[0])) {
        name++;
    }
    if (name->name == NULL) {
        return reply_error(req, ERR_LEDGER_VOUCHER_NOT_FOUND);
    }
    if (request_query(req, &versions_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->event = (enum ledger_event)name->value;
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct vouchers_page), vouchers_run, vouchers_then);
}

/* ---- a new version ---- */

struct put_body {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t valid_from;
    struct field_list legs;
};

static const struct field put_fields[] = {
    FIELD(struct put_body, event, FIELD_ENUM, .names = ledger_event_names, .required = true),
    FIELD(struct put_body, mode, FIELD_ENUM, .names = mode_names,
          .help = "Given where the event depends on it, and only there."),
    FIELD(struct put_body, valid_from, DATE, .required = true,
          .help = "From this business date on, later than today."),
    LEGS_FIELD(struct put_body),
};
static const struct field_set put_set = FIELD_SET("ledger_voucher_put", put_fields);

struct versioned_view {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t version;
    bool exists;
};

static const struct field versioned_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_voucher_version", .always = true},
    FIELD(struct versioned_view, event, FIELD_ENUM, .names = ledger_event_names, .required = true),
    FIELD(struct versioned_view, mode, FIELD_ENUM, .names = mode_names),
    FIELD(struct versioned_view, version, FIELD_INT, .required = true, .example = "2"),
    FIELD(struct versioned_view, exists, FIELD_BOOL, .always = true,
          .help = "It was there before, with the same content."),
};
static const struct field_set versioned_set = FIELD_SET("ledger_voucher_version", versioned_fields);

static struct reply *put_then(struct request *req, struct command *command)
{
    const struct ledger_template_put *put = command->arg;
    const struct ledger_versioned *versioned = command->result;
    const struct versioned_view view = {put->event, put->mode, versioned->version,
                                        versioned->exists};

    return reply_fields(req, 200, &versioned_set, &view);
}

static struct reply *put_handler(struct request *req)
{
    struct ledger_template_put *put = ARENA_NEW(req->arena, struct ledger_template_put);
    struct put_body body = {0};
    struct ledger_template_leg *legs;

    if (request_body(req, &put_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    legs = body.legs.items;
    for (size_t i = 0; i < body.legs.count; i++) {
        legs[i].currency = legs[i].currency == 0 ? LEDGER_CURRENCY_MAIN : legs[i].currency;
    }
    *put = (struct ledger_template_put){
        .event = body.event,
        .mode = body.mode,
        .valid_from = body.valid_from,
        .legs = legs,
        .leg_count = body.legs.count,
        .operator_id = req->principal.key_id,
    };
    return reply_command(req, &ledger_template_put_kind, put, put_then);
}

/* ---- routes ---- */

static const enum err event_errors[] = {ERR_LEDGER_VOUCHER_NOT_FOUND, ERR_OK};
static const enum err put_errors[] = {
    ERR_LEDGER_VOUCHER,
    ERR_LEDGER_VERSION_DATE,
    ERR_LEDGER_LEGS,
    ERR_LEDGER_CODE,
    ERR_LEDGER_CODE_NOT_LEAF,
    ERR_LEDGER_CODE_CLOSED,
    ERR_LEDGER_CODE_OWN,
    ERR_LEDGER_OWNER,
    ERR_LEDGER_EXPRESSION,
    ERR_LEDGER_UNBALANCED,
    ERR_OK,
};

#define OPERATOR_READ                                                                              \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:read", ROUTE_HERE

const struct route ledger__voucher_routes[] = {
    {
        OPERATOR_READ,
        .path = "/v1/ledger/vouchers",
        .handler = vouchers_handler,
        .query = &vouchers_query_set,
        .reply = &template_set,
        .reply_is_list = true,
        .summary = "List the voucher templates that are valid on a date",
    },
    {
        .method = "POST",
        .path = "/v1/ledger/vouchers",
        .handler = put_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:chart",
        .idempotent = true,
        .body = &put_set,
        .reply = &versioned_set,
        .errors = put_errors,
        .summary = "Put a new version of a voucher template, valid from a later date on",
        ROUTE_HERE,
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/vouchers/{event}",
        .handler = versions_handler,
        .query = &versions_query_set,
        .reply = &template_set,
        .reply_is_list = true,
        .errors = event_errors,
        .summary = "List all versions of an event's voucher templates",
    },
    {.method = NULL},
};
