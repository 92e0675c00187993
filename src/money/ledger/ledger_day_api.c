/* The operator's read API of days and the trial balance. */
#include "base/time.h"
#include "money/ledger/ledger_day_int.h"
#include "platform/store/store_reply.h"

#define SIGNED_AMOUNT FIELD_AMOUNT, .min = INT64_MIN, .always = true

static const struct enum_name side_names[] = {
    {LEDGER_DEBIT, "debit"}, {LEDGER_CREDIT, "credit"}, {0, NULL}};

/* ---- trial balance ---- */

struct trial_row_view {
    int64_t code;
    struct str name;
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
    FIELD(struct trial_row_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct trial_row_view, side, FIELD_ENUM, .names = side_names, .required = true,
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

static enum err trial_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct trial_query *query = arg;

    return ledger_read_trial_balance(reader, (int32_t)query->date, req->arena, result);
}

static struct trial_row_view view_trial_row(const struct ledger_trial_row *row)
{
    return (struct trial_row_view){
        .code = row->code,
        .name = row->name,
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
    const struct ledger_trial_balance *trial = result;
    struct trial_row_view *rows = ARENA_ARRAY(req->arena, struct trial_row_view, trial->row_count);
    struct trial_view view = {
        .date = trial->date,
        .rows = {rows, trial->row_count},
        .balanced = trial->balanced,
        .wrong_currency = trial->wrong_currency,
    };

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
    return reply_query(req, query, sizeof(struct ledger_trial_balance), trial_run, trial_then);
}

/* ---- routes ---- */

#define OPERATOR_READ                                                                              \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:read", ROUTE_HERE

const struct route ledger__day_routes[] = {
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
