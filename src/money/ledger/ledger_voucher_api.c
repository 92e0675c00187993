/* The operator's API of voucher templates. */
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_day_int.h"
#include "money/ledger/ledger_voucher_int.h"
#include "platform/store/store_reply.h"

enum { LIST_LIMIT = 50, LIST_LIMIT_MAX = 200 };

#define DATE FIELD_INT, .min = LEDGER_DATE_MIN, .max = LEDGER_DATE_MAX, .example = "20261122"

const struct enum_name ledger_mode_names[] = {
    {LEDGER_FUND_DIRECT, "direct"}, {LEDGER_FUND_COLLECT, "collect"}, {0, NULL}};
static const struct enum_name currency_names[] = {
    {LEDGER_CURRENCY_MAIN, "main"}, {LEDGER_CURRENCY_OTHER, "other"}, {0, NULL}};

/* ---- templates ---- */

const struct field ledger_template_leg_fields[LEDGER_TEMPLATE_LEG_FIELDS] = {
    FIELD(struct ledger_template_leg, side, FIELD_ENUM, .names = ledger_side_names,
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

struct template_view {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t version;
    int64_t valid_from;
    int64_t valid_until;
    struct field_list legs;
    bool replaced;
    int64_t operator_id;
    int64_t reviewer_id;
    struct str reason;
};

static const struct field template_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_voucher", .always = true},
    FIELD(struct template_view, event, FIELD_ENUM, .names = ledger_event_names, .required = true),
    FIELD(struct template_view, mode, FIELD_ENUM, .names = ledger_mode_names,
          .help = "The fund mode, where the event depends on it."),
    FIELD(struct template_view, version, FIELD_INT, .required = true),
    FIELD(struct template_view, valid_from, FIELD_INT, .required = true, .example = "19700101"),
    FIELD(struct template_view, valid_until, FIELD_INT,
          .help = "The date from which the next version is valid."),
    FIELD(struct template_view, legs, FIELD_LIST, .max = LEDGER_LEGS_MAX,
          .sub = ledger_template_leg_fields, .sub_count = LEDGER_TEMPLATE_LEG_FIELDS,
          .sub_size = sizeof(struct ledger_template_leg), .required = true,
          .help = "2 to 16; none: the event books nothing."),
    FIELD(struct template_view, replaced, FIELD_BOOL,
          .help = "Another version took its place before it began."),
    FIELD(struct template_view, operator_id, FIELD_ID, .prefix = "op",
          .help = "Who asked for it; a shipped one has nobody."),
    FIELD(struct template_view, reviewer_id, FIELD_ID, .prefix = "op", .help = "Who approved it."),
    FIELD(struct template_view, reason, FIELD_TEXT, .max = LEDGER_REASON_MAX),
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
        .replaced = template->valid_until != 0 && template->valid_until <= template->valid_from,
        .operator_id = template->operator_id,
        .reviewer_id = template->reviewer_id,
        .reason = template->reason,
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

/* ---- routes ---- */

static const enum err event_errors[] = {ERR_LEDGER_VOUCHER_NOT_FOUND, ERR_OK};
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
