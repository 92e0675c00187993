/* The operator's read API of days and the trial balance. */
#include "base/encode.h"
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_day_int.h"
#include "platform/store/store_reply.h"

#define SIGNED_AMOUNT FIELD_AMOUNT, .min = INT64_MIN, .always = true

enum { LIST_LIMIT = 20, LIST_LIMIT_MAX = 200 };

const struct enum_name ledger__day_status_names[] = {{LEDGER_DAY_OPEN, "open"},
                                                     {LEDGER_DAY_CLOSING, "closing"},
                                                     {LEDGER_DAY_CLOSED, "closed"},
                                                     {0, NULL}};

/* ---- days ---- */

struct day_view {
    int64_t date;
    enum ledger_day_status status;
    int64_t previous_date;
    int64_t opened_at;
    int64_t cut_at;
    int64_t closed_at;
    int64_t journals;
    int64_t entries;
    struct str rows_hash;
    struct str previous_hash;
    struct str hash;
    struct str wrong;
};

#define HASH_FIELD(name_, help_)                                                                   \
    FIELD(struct day_view, name_, FIELD_TEXT, .max = 2 * LEDGER_HASH, .help = (help_))

static const struct field day_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_day", .always = true},
    FIELD(struct day_view, date, FIELD_INT, .required = true, .example = "20261122",
          .help = "yyyymmdd in Asia/Shanghai."),
    FIELD(struct day_view, status, FIELD_ENUM, .names = ledger__day_status_names, .required = true,
          .help = "closing: it has been cut, its seal is being made."),
    FIELD(struct day_view, previous_date, FIELD_INT,
          .help = "The day before it in the books; absent: it is the first."),
    FIELD(struct day_view, opened_at, FIELD_TIME, .required = true),
    FIELD(struct day_view, cut_at, FIELD_TIME),
    FIELD(struct day_view, closed_at, FIELD_TIME),
    FIELD(struct day_view, journals, FIELD_INT, .help = "Counted by the seal."),
    FIELD(struct day_view, entries, FIELD_INT, .help = "Counted by the seal."),
    HASH_FIELD(rows_hash, "SHA-256 over the hashes of its journal rows, in hex."),
    HASH_FIELD(previous_hash, "The hash of the day before it."),
    HASH_FIELD(hash, "SHA-256 over the whole seal: who keeps it elsewhere can tell later that "
                     "nothing up to this day was changed."),
    FIELD(struct day_view, wrong, FIELD_TEXT, .max = LEDGER_WRONG_MAX,
          .help = "Why it could not be closed."),
};
static const struct field_set day_set = FIELD_SET("ledger_day", day_fields);

static struct str hex(struct arena *arena, struct str bytes)
{
    struct buf text;

    buf_init_arena(&text, arena, 2 * LEDGER_HASH);
    hex_encode(&text, bytes);
    return buf_str(&text);
}

static struct day_view view_day(struct arena *arena, const struct ledger_day *day)
{
    return (struct day_view){
        .date = day->id,
        .status = day->status,
        .previous_date = day->previous_id,
        .opened_at = day->opened_at_ms,
        .cut_at = day->cut_at_ms,
        .closed_at = day->closed_at_ms,
        .journals = day->journals,
        .entries = day->legs,
        .rows_hash = hex(arena, day->rows_hash),
        .previous_hash = hex(arena, day->previous_hash),
        .hash = hex(arena, day->hash),
        .wrong = day->wrong,
    };
}

static enum err day_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return ledger_read_day(reader, *(const int32_t *)arg, req->arena, result);
}

static struct reply *day_then(struct request *req, void *result)
{
    struct day_view view = view_day(req->arena, result);

    return reply_fields(req, 200, &day_set, &view);
}

static struct reply *day_handler(struct request *req)
{
    int32_t *date = ARENA_NEW(req->arena, int32_t);
    int64_t number;

    if (str_parse_int(req->params[0], &number) != ERR_OK || number < LEDGER_DATE_MIN ||
        number > LEDGER_DATE_MAX) {
        return reply_error(req, ERR_LEDGER_DAY);
    }
    *date = (int32_t)number;
    return reply_query(req, date, sizeof(struct ledger_day), day_run, day_then);
}

struct days_query {
    int64_t starting_after;
    int64_t limit;
};

static const struct field days_query_fields[] = {
    FIELD(struct days_query, starting_after, FIELD_INT, .min = LEDGER_DATE_MIN,
          .max = LEDGER_DATE_MAX, .help = "The next_cursor of the page before."),
    FIELD(struct days_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set days_query_set = FIELD_SET("ledger_day_list", days_query_fields);

struct days_page {
    struct ledger_day *rows;
    size_t count;
    size_t limit;
};

static enum err days_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct days_query *query = arg;
    struct days_page *page = result;

    page->limit = (size_t)query->limit;
    return ledger_read_days(reader, (int32_t)query->starting_after, page->limit + 1, req->arena,
                            &page->rows, &page->count);
}

static const struct list_shape days_shape = {&day_set, sizeof(struct day_view), NULL};

static struct reply *days_then(struct request *req, void *result)
{
    const struct days_page *page = result;
    struct day_view *views = ARENA_ARRAY(req->arena, struct day_view, page->count);

    for (size_t i = 0; i < page->count && i < page->limit; i++) {
        views[i] = view_day(req->arena, &page->rows[i]);
    }
    return reply_page(req, &(struct list_page){views, page->count, page->limit}, &days_shape);
}

static struct reply *days_handler(struct request *req)
{
    struct days_query *query = ARENA_NEW(req->arena, struct days_query);

    if (request_query(req, &days_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct days_page), days_run, days_then);
}

/* ---- trial balance ---- */

struct trial_row_view {
    int64_t code;
    struct str name;
    struct str name_zh;
    enum currency currency;
    enum ledger_side side;
    struct amount opening;
    struct amount debits;
    struct amount credits;
    struct amount closing;
    struct amount total_debits;
    struct amount total_credits;
    int64_t entries;
};

static const struct field trial_row_fields[] = {
    FIELD(struct trial_row_view, code, FIELD_INT, .required = true, .example = "2241"),
    FIELD(struct trial_row_view, name, FIELD_TEXT, .max = 64),
    FIELD(struct trial_row_view, name_zh, FIELD_TEXT, .max = 64),
    FIELD(struct trial_row_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct trial_row_view, side, FIELD_ENUM, .names = ledger_side_names, .required = true,
          .help = "The normal side: opening and closing are positive on it."),
    FIELD(struct trial_row_view, opening, SIGNED_AMOUNT, .help = "The closing of the day before."),
    FIELD(struct trial_row_view, debits, FIELD_AMOUNT, .always = true, .help = "Of the day."),
    FIELD(struct trial_row_view, credits, FIELD_AMOUNT, .always = true, .help = "Of the day."),
    FIELD(struct trial_row_view, closing, SIGNED_AMOUNT),
    FIELD(struct trial_row_view, total_debits, FIELD_AMOUNT, .always = true,
          .help = "Of all time at the close of the day."),
    FIELD(struct trial_row_view, total_credits, FIELD_AMOUNT, .always = true),
    FIELD(struct trial_row_view, entries, FIELD_INT, .always = true, .help = "Of the day."),
};

struct trial_view {
    int64_t date;
    struct field_list rows;
    bool balanced;
    enum currency wrong_currency;
};

static const struct field trial_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_trial_balance", .always = true},
    FIELD(struct trial_view, date, FIELD_INT, .always = true, .example = "20261122",
          .help = "The business date, yyyymmdd; 0 before the first posting ever."),
    FIELD(struct trial_view, rows, FIELD_LIST, .max = LEDGER_CODES_MAX, .sub = trial_row_fields,
          .sub_count = ARRAY_LEN(trial_row_fields), .sub_size = sizeof(struct trial_row_view),
          .always = true),
    FIELD(struct trial_view, balanced, FIELD_BOOL, .always = true,
          .help = "Debits equal credits in every currency, of the day and of all time."),
    FIELD(struct trial_view, wrong_currency, FIELD_CURRENCY,
          .help = "The first currency in which they do not."),
};
static const struct field_set trial_set = FIELD_SET("ledger_trial_balance", trial_fields);

struct trial_query {
    int64_t date;
};

static const struct field trial_query_fields[] = {
    FIELD(struct trial_query, date, FIELD_INT, .min = LEDGER_DATE_MIN, .max = LEDGER_DATE_MAX,
          .help = "The business date, yyyymmdd; now when absent."),
};
static const struct field_set trial_query_set =
    FIELD_SET("ledger_trial_balance_query", trial_query_fields);

struct trial_found {
    struct ledger_trial_balance trial;
    struct ledger__ahead ahead;
};

static enum err trial_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct trial_query *query = arg;
    struct trial_found *found = result;

    TRY(ledger__check_come(reader, req, query->date, &found->ahead));
    return found->ahead.param != NULL
               ? ERR_OK
               : ledger_read_trial_balance(reader, (int32_t)query->date, req->arena, &found->trial);
}

static struct trial_row_view view_trial_row(const struct ledger_trial_row *row)
{
    return (struct trial_row_view){
        .code = row->code,
        .name = row->name,
        .name_zh = row->name_zh,
        .currency = row->currency,
        .side = row->side,
        .opening = row->opening,
        .debits = row->debits,
        .credits = row->credits,
        .closing = row->closing,
        .total_debits = row->total_debits,
        .total_credits = row->total_credits,
        .entries = row->legs,
    };
}

static struct reply *trial_then(struct request *req, void *result)
{
    const struct trial_found *found = result;
    const struct ledger_trial_balance *trial = &found->trial;
    struct trial_row_view *rows = ARENA_ARRAY(req->arena, struct trial_row_view, trial->row_count);
    struct trial_view view = {
        .date = trial->date,
        .rows = {rows, trial->row_count},
        .balanced = trial->balanced,
        .wrong_currency = trial->wrong_currency,
    };

    if (found->ahead.param != NULL) {
        return ledger__reply_ahead(req, &found->ahead);
    }
    for (size_t i = 0; i < trial->row_count; i++) {
        rows[i] = view_trial_row(&trial->rows[i]);
    }
    return reply_fields(req, 200, &trial_set, &view);
}

static struct reply *trial_handler(struct request *req)
{
    struct trial_query *query = ARENA_NEW(req->arena, struct trial_query);

    if (request_query(req, &trial_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    if (query->date != 0 && !time_date_is_valid((int32_t)query->date)) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "date", "must be a date yyyymmdd");
    }
    return reply_query(req, query, sizeof(struct trial_found), trial_run, trial_then);
}

/* ---- routes ---- */

#define OPERATOR_READ                                                                              \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:read", ROUTE_HERE

static const enum err day_errors[] = {ERR_LEDGER_DAY, ERR_OK};

const struct route ledger__day_routes[] = {
    {
        OPERATOR_READ,
        .path = "/v1/ledger/days",
        .handler = days_handler,
        .query = &days_query_set,
        .reply = &day_set,
        .reply_is_list = true,
        .summary = "List the business days, the newest first",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/days/{date}",
        .handler = day_handler,
        .reply = &day_set,
        .errors = day_errors,
        .summary = "Get a business day with its seal",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/trial-balance",
        .handler = trial_handler,
        .query = &trial_query_set,
        .reply = &trial_set,
        .summary = "Get the trial balance of a day per code and currency",
    },
    {.method = NULL},
};
