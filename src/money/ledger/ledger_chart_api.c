/* The operator's API of the chart of accounts and the general ledger. */
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_day_int.h"
#include "platform/store/store_reply.h"

enum { LIST_LIMIT = 100, LIST_LIMIT_MAX = 500 };

#define SIGNED_AMOUNT FIELD_AMOUNT, .min = INT64_MIN, .always = true

/* A business date as a query parameter or in a body. */
#define DATE FIELD_INT, .min = LEDGER_DATE_MIN, .max = LEDGER_DATE_MAX, .example = "20261122"

static bool is_date_or_none(int64_t date)
{
    return date == 0 || time_date_is_valid((int32_t)date);
}

/* ---- codes ---- */

struct code_view {
    int64_t code;
    int64_t parent;
    int64_t level;
    struct str name;
    struct str name_zh;
    enum ledger_side side;
    bool leaf;
    bool has_floor;
    struct field_list currencies;
    int64_t accounts;
    int64_t opened_on;
    int64_t closed_on;
    int64_t version;
    int64_t valid_from;
    bool replaced;
    int64_t operator_id;
    int64_t reviewer_id;
    struct str reason;
    struct ledger_chart_closing closing;
};

static const struct field currency_item[] = {{.name = "", .type = FIELD_CURRENCY}};

#define CURRENCIES_FIELD(type_, help_)                                                             \
    FIELD(type_, currencies, FIELD_LIST, .max = LEDGER_CODE_CURRENCIES_MAX, .sub = currency_item,  \
          .sub_count = 1, .sub_size = sizeof(enum currency), .help = (help_))

static const struct field closing_fields[] = {
    FIELD(struct ledger_chart_closing, operator_id, FIELD_ID, .prefix = "op",
          .help = "Who asked for it."),
    FIELD(struct ledger_chart_closing, reviewer_id, FIELD_ID, .prefix = "op",
          .help = "Who approved it."),
    FIELD(struct ledger_chart_closing, reason, FIELD_TEXT, .max = LEDGER_REASON_MAX),
};

static const struct field code_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_code", .always = true},
    FIELD(struct code_view, code, FIELD_INT, .required = true, .example = "2241"),
    FIELD(struct code_view, parent, FIELD_INT, .help = "The code above; none for a class."),
    FIELD(struct code_view, level, FIELD_INT, .required = true,
          .help = "1 for a class, 2 for four digits, up to 5."),
    FIELD(struct code_view, name, FIELD_TEXT, .max = LEDGER_CODE_NAME_MAX, .required = true),
    FIELD(struct code_view, name_zh, FIELD_TEXT, .max = LEDGER_CODE_NAME_MAX, .required = true),
    FIELD(struct code_view, side, FIELD_ENUM, .names = ledger_side_names, .required = true,
          .help = "The normal side."),
    FIELD(struct code_view, leaf, FIELD_BOOL, .always = true,
          .help = "Accounts may be kept under it."),
    FIELD(struct code_view, has_floor, FIELD_BOOL, .always = true,
          .help = "New accounts get a floor of zero."),
    CURRENCIES_FIELD(struct code_view, "Of its accounts; any when absent."),
    FIELD(struct code_view, accounts, FIELD_INT, .always = true,
          .help = "Opened under it, of all time."),
    FIELD(struct code_view, opened_on, FIELD_INT, .required = true, .example = "19700101",
          .help = "The first date it is open on."),
    FIELD(struct code_view, closed_on, FIELD_INT,
          .help = "The first date it is no longer open on."),
    FIELD(struct code_view, version, FIELD_INT, .required = true),
    FIELD(struct code_view, valid_from, FIELD_INT, .required = true, .example = "19700101",
          .help = "Of the version."),
    FIELD(struct code_view, replaced, FIELD_BOOL,
          .help = "Another version took its place before it began."),
    FIELD(struct code_view, operator_id, FIELD_ID, .prefix = "op",
          .help = "Who asked for the version; a shipped one has nobody."),
    FIELD(struct code_view, reviewer_id, FIELD_ID, .prefix = "op", .help = "Who approved it."),
    FIELD(struct code_view, reason, FIELD_TEXT, .max = LEDGER_REASON_MAX),
    FIELD(struct code_view, closing, FIELD_OBJECT, .sub = closing_fields,
          .sub_count = ARRAY_LEN(closing_fields), .help = "Who has ended the code, and why."),
};
static const struct field_set code_set = FIELD_SET("ledger_code", code_fields);

static struct field_list view_currencies(struct arena *arena, struct str text)
{
    enum currency *currencies = ARENA_ARRAY(arena, enum currency, LEDGER_CODE_CURRENCIES_MAX);
    struct field_list list = {currencies, 0};
    bool more = text.len > 0;
    struct str head;

    while (more) {
        more = str_cut(&text, ',', &head);
        CHECK(list.count < LEDGER_CODE_CURRENCIES_MAX &&
              currency_parse(head, &currencies[list.count]) == ERR_OK);
        list.count++;
    }
    return list;
}

static struct code_view view_code(struct arena *arena, const struct ledger_chart_entry *entry)
{
    return (struct code_view){
        .code = entry->code,
        .parent = entry->parent,
        .level = ledger_code_level(entry->code),
        .name = entry->name,
        .name_zh = entry->name_zh,
        .side = entry->side,
        .leaf = entry->leaf,
        .has_floor = entry->has_floor,
        .currencies = view_currencies(arena, entry->currencies),
        .accounts = entry->accounts,
        .opened_on = entry->opened_on,
        .closed_on = entry->closed_on,
        .version = entry->version,
        .valid_from = entry->valid_from,
        .replaced = entry->replaced,
        .operator_id = entry->operator_id,
        .reviewer_id = entry->reviewer_id,
        .reason = entry->reason,
        .closing = entry->closing,
    };
}

static struct code_view *view_codes(struct arena *arena, const struct ledger_chart_entry *entries,
                                    size_t count)
{
    struct code_view *views = ARENA_ARRAY(arena, struct code_view, count);

    for (size_t i = 0; i < count; i++) {
        views[i] = view_code(arena, &entries[i]);
    }
    return views;
}

/* ---- the chart ---- */

struct chart_query {
    int64_t date;
    int64_t starting_after;
    int64_t limit;
};

static const struct field chart_query_fields[] = {
    FIELD(struct chart_query, date, DATE,
          .help = "The chart as it is on this date; on the books' own else."),
    FIELD(struct chart_query, starting_after, FIELD_INT, .min = 1,
          .help = "The last code of the page before."),
    FIELD(struct chart_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "100 when absent."),
};
static const struct field_set chart_query_set = FIELD_SET("ledger_chart_query", chart_query_fields);

struct chart_page {
    struct ledger_chart chart;
    size_t first;
    size_t limit;
};

static enum err chart_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct chart_query *query = arg;
    struct chart_page *page = result;
    int32_t date = (int32_t)query->date;

    if (date == 0) {
        TRY(ledger_read_today(reader, req->received_ms, req->arena, &date));
    }
    TRY(ledger_read_chart(reader, date, req->arena, &page->chart));
    page->limit = (size_t)query->limit;
    if (query->starting_after != 0) {
        const struct ledger_chart_entry *last =
            ledger_chart_entry(&page->chart, query->starting_after);

        if (last == NULL) {
            return ERR_LEDGER_CODE;
        }
        page->first = (size_t)(last - page->chart.entries) + 1;
    }
    return ERR_OK;
}

static struct reply *chart_then(struct request *req, void *result)
{
    const struct chart_page *page = result;
    size_t left = page->chart.count - page->first;
    size_t count = left < page->limit ? left : page->limit;
    const struct ledger_chart_entry *entries = page->chart.entries + page->first;
    struct str next = STR("");

    if (count < left) {
        next = str_printf(req->arena, "%lld", (long long)entries[count - 1].code);
    }
    return reply_list(req, &code_set, view_codes(req->arena, entries, count), count,
                      sizeof(struct code_view), next);
}

static struct reply *chart_handler(struct request *req)
{
    struct chart_query *query = ARENA_NEW(req->arena, struct chart_query);

    if (request_query(req, &chart_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    if (!is_date_or_none(query->date)) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "date", "must be a date yyyymmdd");
    }
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct chart_page), chart_run, chart_then);
}

/* ---- one code with its versions ---- */

struct versions_view {
    int64_t code;
    struct field_list versions;
};

static const struct field versions_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_code_versions", .always = true},
    FIELD(struct versions_view, code, FIELD_INT, .required = true, .example = "2241"),
    FIELD(struct versions_view, versions, FIELD_LIST, .max = LEDGER_VERSIONS_MAX,
          .sub = code_fields, .sub_count = ARRAY_LEN(code_fields),
          .sub_size = sizeof(struct code_view), .required = true,
          .help = "The first one first; each is valid until the next one begins."),
};
static const struct field_set versions_set = FIELD_SET("ledger_code_versions", versions_fields);

static enum err code_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return ledger_read_code(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *code_then(struct request *req, void *result)
{
    const struct ledger_chart *found = result;
    struct versions_view view = {
        .code = found->entries[0].code,
        .versions = {view_codes(req->arena, found->entries, found->count), found->count},
    };

    return reply_fields(req, 200, &versions_set, &view);
}

/* The code of the path. */
static enum err code_param(struct request *req, int64_t *code)
{
    return str_parse_int(req->params[0], code) == ERR_OK && *code > 0 &&
                   *code <= INT64_C(9999999999)
               ? ERR_OK
               : ERR_LEDGER_CODE_NOT_FOUND;
}

static struct reply *code_handler(struct request *req)
{
    int64_t *code = ARENA_NEW(req->arena, int64_t);

    if (code_param(req, code) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_CODE_NOT_FOUND);
    }
    return reply_query(req, code, sizeof(struct ledger_chart), code_run, code_then);
}

/* ---- the general ledger ---- */

struct general_row_view {
    int64_t code;
    struct str name;
    struct str name_zh;
    int64_t level;
    bool leaf;
    enum currency currency;
    enum ledger_side side;
    struct amount opening;
    struct amount debits;
    struct amount credits;
    struct amount closing;
};

static const struct field general_row_fields[] = {
    FIELD(struct general_row_view, code, FIELD_INT, .required = true, .example = "2241"),
    FIELD(struct general_row_view, name, FIELD_TEXT, .max = LEDGER_CODE_NAME_MAX),
    FIELD(struct general_row_view, name_zh, FIELD_TEXT, .max = LEDGER_CODE_NAME_MAX),
    FIELD(struct general_row_view, level, FIELD_INT, .required = true),
    FIELD(struct general_row_view, leaf, FIELD_BOOL, .always = true),
    FIELD(struct general_row_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct general_row_view, side, FIELD_ENUM, .names = ledger_side_names, .required = true,
          .help = "The normal side: opening and closing are positive on it."),
    FIELD(struct general_row_view, opening, SIGNED_AMOUNT,
          .help = "The closing of the day before."),
    FIELD(struct general_row_view, debits, FIELD_AMOUNT, .always = true, .help = "Of the day."),
    FIELD(struct general_row_view, credits, FIELD_AMOUNT, .always = true, .help = "Of the day."),
    FIELD(struct general_row_view, closing, SIGNED_AMOUNT),
};

struct general_view {
    int64_t date;
    struct field_list rows;
    bool balanced;
    enum currency wrong_currency;
};

static const struct field general_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_general_ledger", .always = true},
    FIELD(struct general_view, date, FIELD_INT, .always = true, .example = "20261122",
          .help = "The business date, yyyymmdd; 0 before the first posting ever."),
    FIELD(struct general_view, rows, FIELD_LIST, .max = LEDGER_CODES_MAX, .sub = general_row_fields,
          .sub_count = ARRAY_LEN(general_row_fields), .sub_size = sizeof(struct general_row_view),
          .always = true, .help = "In the order of the tree: a code, then those below it."),
    FIELD(struct general_view, balanced, FIELD_BOOL, .always = true,
          .help = "Over the classes debits equal credits in every currency."),
    FIELD(struct general_view, wrong_currency, FIELD_CURRENCY,
          .help = "The first currency in which they do not."),
};
static const struct field_set general_set = FIELD_SET("ledger_general_ledger", general_fields);

struct general_query {
    int64_t date;
};

static const struct field general_query_fields[] = {
    FIELD(struct general_query, date, DATE, .help = "The business date; now when absent."),
};
static const struct field_set general_query_set =
    FIELD_SET("ledger_general_query", general_query_fields);

struct general_found {
    struct ledger_general general;
    struct ledger__ahead ahead;
};

static enum err general_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    const struct general_query *query = arg;
    struct general_found *found = result;

    TRY(ledger__check_come(reader, req, query->date, &found->ahead));
    return found->ahead.param != NULL
               ? ERR_OK
               : ledger_read_general(reader, (int32_t)query->date, req->arena, &found->general);
}

static struct reply *general_then(struct request *req, void *result)
{
    const struct general_found *found = result;
    const struct ledger_general *general = &found->general;
    struct general_row_view *rows =
        ARENA_ARRAY(req->arena, struct general_row_view, general->row_count);
    const struct general_view view = {
        general->date, {rows, general->row_count}, general->balanced, general->wrong_currency};

    if (found->ahead.param != NULL) {
        return ledger__reply_ahead(req, &found->ahead);
    }
    for (size_t i = 0; i < general->row_count; i++) {
        const struct ledger_general_row *row = &general->rows[i];

        rows[i] = (struct general_row_view){
            .code = row->entry->code,
            .name = row->entry->name,
            .name_zh = row->entry->name_zh,
            .level = ledger_code_level(row->entry->code),
            .leaf = row->entry->leaf,
            .currency = row->currency,
            .side = row->entry->side,
            .opening = row->opening,
            .debits = row->debits,
            .credits = row->credits,
            .closing = row->closing,
        };
    }
    return reply_fields(req, 200, &general_set, &view);
}

static struct reply *general_handler(struct request *req)
{
    struct general_query *query = ARENA_NEW(req->arena, struct general_query);

    if (request_query(req, &general_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    if (!is_date_or_none(query->date)) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "date", "must be a date yyyymmdd");
    }
    return reply_query(req, query, sizeof(struct general_found), general_run, general_then);
}

/* ---- routes ---- */

static const enum err list_errors[] = {ERR_LEDGER_CODE, ERR_OK};
static const enum err code_errors[] = {ERR_LEDGER_CODE_NOT_FOUND, ERR_OK};
static const enum err general_errors[] = {ERR_LEDGER_OVERFLOW, ERR_OK};

#define OPERATOR_READ                                                                              \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:read", ROUTE_HERE
const struct route ledger__chart_routes[] = {
    {
        OPERATOR_READ,
        .path = "/v1/ledger/chart",
        .handler = chart_handler,
        .query = &chart_query_set,
        .reply = &code_set,
        .reply_is_list = true,
        .errors = list_errors,
        .summary = "List the chart of accounts in the order of its tree",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/chart/{code}",
        .handler = code_handler,
        .reply = &versions_set,
        .errors = code_errors,
        .summary = "Get a code of the chart with all its versions",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/general-ledger",
        .handler = general_handler,
        .query = &general_query_set,
        .reply = &general_set,
        .errors = general_errors,
        .summary = "Get the general ledger of a day: the trial balance rolled up over the chart",
    },
    {.method = NULL},
};
