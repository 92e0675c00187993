/* Statements, daily summaries and receipts over HTTP. What is long is built in steps on readers'
 * threads; the loop only hands it over. */
#include "base/crypto.h"
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_chart.h"
#include "money/ledger/ledger_statement_int.h"
#include "platform/store/store_reply.h"

#define NUMBER_HELP .help = "The number people know the account by."
#define OWNER_HELP .help = "The name of whom it is kept for."
#define SIGNED_AMOUNT FIELD_AMOUNT, .min = INT64_MIN, .always = true

enum { DAYS = 31 }; /* in a page of daily summaries */

bool ledger__is_date(int64_t number)
{
    return number >= 19700102 && number <= 99991230 && time_date_is_valid((int32_t)number);
}

/* ---- periods ---- */

struct period_query {
    int64_t from;
    int64_t to;
    int64_t from_time;
    int64_t to_time;
};

#define PERIOD_FIELD(type_, name_, ...)                                                            \
    {                                                                                              \
        .name = #name_, .offset = offsetof(type_, period.name_), .type = __VA_ARGS__               \
    }
#define PERIOD_FIELDS(type_)                                                                       \
    PERIOD_FIELD(type_, from, FIELD_INT, .example = "20261101",                                    \
                 .help = "The first business date, yyyymmdd."),                                    \
        PERIOD_FIELD(type_, to, FIELD_INT, .example = "20261130",                                  \
                     .help = "The last business date, included."),                                 \
        PERIOD_FIELD(type_, from_time, FIELD_TIME,                                                 \
                     .help = "Instead of dates: from this instant on."),                           \
        PERIOD_FIELD(type_, to_time, FIELD_TIME, .help = "Until before this instant.")

/* What is wrong with a query, and with which field; err ERR_OK: nothing. */
struct fault {
    enum err err;
    const char *param;
    const char *detail;
};

static const char both_ends[] = "give from and to, or from_time and to_time";

static struct fault date_fault(int64_t date, const char *param)
{
    if (date == 0) {
        return (struct fault){ERR_FIELD_REQUIRED, param, both_ends};
    }
    return ledger__is_date(date)
               ? (struct fault){ERR_OK, NULL, NULL}
               : (struct fault){ERR_FIELD_FORMAT, param, "must be a date yyyymmdd"};
}

static struct fault dates_fault(int64_t from, int64_t to)
{
    struct fault fault = date_fault(from, "from");

    if (fault.err == ERR_OK) {
        fault = date_fault(to, "to");
    }
    if (fault.err == ERR_OK && to < from) {
        fault = (struct fault){ERR_FIELD_RANGE, "to", "must not be before from"};
    }
    return fault;
}

static struct fault times_fault(const struct period_query *query)
{
    if (query->to_time == 0) {
        return (struct fault){ERR_FIELD_REQUIRED, query->from_time == 0 ? "from" : "to_time",
                              both_ends};
    }
    return query->to_time > query->from_time
               ? (struct fault){ERR_OK, NULL, NULL}
               : (struct fault){ERR_FIELD_RANGE, "to_time", "must be later than from_time"};
}

static struct fault period_of(const struct period_query *query, struct ledger_period *out)
{
    bool by_date = query->from != 0 || query->to != 0;
    struct fault fault = by_date ? dates_fault(query->from, query->to) : times_fault(query);

    if (by_date && (query->from_time != 0 || query->to_time != 0)) {
        return (struct fault){ERR_FIELD_VALUE, "from_time", both_ends};
    }
    if (fault.err == ERR_OK) {
        *out = by_date
                   ? ledger_period_of((int32_t)query->from, (int32_t)query->to)
                   : (struct ledger_period){{.at_ms = query->from_time}, {.at_ms = query->to_time}};
    }
    return fault;
}

static struct reply *reply_fault(struct request *req, struct fault fault)
{
    return reply_error_at(req, fault.err, fault.param, fault.detail);
}

/* ---- who asks ---- */

void ledger__ask_of(struct request *req, struct ledger_desk desk, struct ledger_ask *ask)
{
    ask->directory = desk.directory;
    ask->owner_id = desk.owner_id;
    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, &ask->account_id) != ERR_OK) {
        ask->account_id = 0;
        ask->account_number = req->params[0];
    }
}

/* ---- pages of a statement ---- */

enum order { ORDER_NEWEST = 1, ORDER_OLDEST };
static const struct enum_name order_names[] = {
    {ORDER_NEWEST, "newest"}, {ORDER_OLDEST, "oldest"}, {0, NULL}};

struct statement_query {
    enum order order;
    int64_t starting_after;
    int64_t limit;
    struct period_query period;
    struct ledger_ask ask; /* from the path and the period */
    bool has_period;
};

static const struct field statement_query_fields[] = {
    FIELD(struct statement_query, order, FIELD_ENUM, .names = order_names,
          .help = "Which end to begin at; newest when absent."),
    FIELD(struct statement_query, starting_after, FIELD_INT, .min = 1,
          .help = "The next_cursor of the page before."),
    FIELD(struct statement_query, limit, FIELD_INT, .min = 1, .max = LEDGER__LIST_LIMIT_MAX,
          .help = "20 when absent."),
    PERIOD_FIELDS(struct statement_query),
};
const struct field_set ledger_statement_query =
    FIELD_SET("ledger_statement", statement_query_fields);

struct statement_result {
    struct ledger_statement statement;
    struct ledger_label label;
};

static enum err statement_run(struct reader *reader, struct request *req, const void *arg,
                              void *result)
{
    const struct statement_query *query = arg;
    struct ledger_statement_page page = {
        .forward = query->order == ORDER_OLDEST,
        .cursor = query->starting_after,
        .limit = (size_t)query->limit,
        .period = query->has_period ? &query->ask.period : NULL,
    };
    struct statement_result *found = result;

    TRY(ledger_ask_account(reader, &query->ask, req->arena, &page.account_id));
    TRY(ledger_read_statement(reader, &page, req->arena, &found->statement));
    TRY(ledger__owner_check(&found->statement.account, query->ask.owner_id));
    TRY(ledger__caption_entries(reader, query->ask.directory, found->statement.entries,
                                found->statement.entry_count, req->arena));
    return ledger__label(reader, query->ask.directory, &found->statement.account, req->arena,
                         &found->label);
}

static struct reply *statement_then(struct request *req, void *result)
{
    const struct statement_result *found = result;
    const struct ledger_statement *statement = &found->statement;
    struct str next = STR("");

    if (statement->next_cursor != 0) {
        next = str_printf(req->arena, "%lld", (long long)statement->next_cursor);
    }
    return ledger__reply_entries(req, statement, found->label.number, next);
}

struct reply *ledger_reply_statement(struct request *req, struct ledger_desk desk)
{
    struct statement_query *query = ARENA_NEW(req->arena, struct statement_query);
    struct fault fault = {.err = ERR_OK};

    if (request_query(req, &ledger_statement_query, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->has_period = query->period.from != 0 || query->period.to != 0 ||
                        query->period.from_time != 0 || query->period.to_time != 0;
    if (query->has_period) {
        fault = period_of(&query->period, &query->ask.period);
    }
    if (fault.err != ERR_OK) {
        return reply_fault(req, fault);
    }
    ledger__ask_of(req, desk, &query->ask);
    query->limit = query->limit == 0 ? LEDGER__LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct statement_result), statement_run, statement_then);
}

/* ---- documents ---- */

const struct enum_name ledger__language_names[] = {
    {LEDGER_CHINESE, "zh"}, {LEDGER_ENGLISH, "en"}, {0, NULL}};

struct document_query {
    struct period_query period;
    enum ledger_language lang;
    bool bom;
};

static const struct field document_query_fields[] = {
    PERIOD_FIELDS(struct document_query),
    FIELD(struct document_query, lang, FIELD_ENUM, .names = ledger__language_names,
          .help = "zh when absent."),
    FIELD(struct document_query, bom, FIELD_BOOL,
          .help = "CSV only: begin with a byte order mark."),
};
const struct field_set ledger_document_query =
    FIELD_SET("ledger_document_query", document_query_fields);

struct sums_view {
    int64_t account_id;
    struct str account_number;
    struct str owner_name;
    enum currency currency;
    struct amount opening;
    int64_t entries;
    int64_t debit_count;
    struct amount debits;
    int64_t credit_count;
    struct amount credits;
    struct amount closing;
};

static const struct field sums_fields[] = {
    FIELD(struct sums_view, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_statement_sums", .always = true},
    FIELD(struct sums_view, account_number, FIELD_TEXT, .max = LEDGER__ACCOUNT_NUMBER_MAX,
          NUMBER_HELP),
    FIELD(struct sums_view, owner_name, FIELD_TEXT, .max = LEDGER__OWNER_NAME_MAX, OWNER_HELP),
    FIELD(struct sums_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct sums_view, opening, SIGNED_AMOUNT, .help = "The closing of the period before."),
    FIELD(struct sums_view, entries, FIELD_INT, .always = true),
    FIELD(struct sums_view, debit_count, FIELD_INT, .always = true),
    FIELD(struct sums_view, debits, FIELD_AMOUNT, .always = true),
    FIELD(struct sums_view, credit_count, FIELD_INT, .always = true),
    FIELD(struct sums_view, credits, FIELD_AMOUNT, .always = true),
    FIELD(struct sums_view, closing, SIGNED_AMOUNT),
};
const struct field_set ledger_sums_set = FIELD_SET("ledger_statement_sums", sums_fields);

static struct reply *reply_sums(struct request *req, const struct ledger_walk *walk)
{
    const struct sums_view view = {
        .account_id = walk->account.id,
        .account_number = walk->label.number,
        .owner_name = walk->label.owner,
        .currency = walk->account.currency,
        .opening = walk->opening,
        .entries = walk->last - walk->first + 1,
        .debit_count = walk->sums.debit_count,
        .debits = walk->sums.debits,
        .credit_count = walk->sums.credit_count,
        .credits = walk->sums.credits,
        .closing = walk->closing,
    };

    return reply_fields(req, 200, &ledger_sums_set, &view);
}

struct reply *ledger__reply_file(struct request *req, struct str name, const char *type,
                                 struct str content)
{
    struct reply *reply = reply_text(req, 200, type, content);

    reply_header(reply, "Content-Disposition",
                 str_printf(req->arena, "attachment; filename=\"" STR_FMT "\"", STR_ARG(name)));
    reply_header(reply, "Tomato-Content-SHA256", crypto_sha256_hex(req->arena, content));
    return reply;
}

/* "1020261123000000010795-20261101-20261130.csv"; instants as Unix seconds. */
static struct str file_name(struct request *req, const struct ledger_walk *walk, const char *ending)
{
    const struct ledger_period *period = &walk->period;
    bool by_date = period->begin.date != 0;
    struct str name = ledger__account_text(req->arena, &walk->account, &walk->label);
    int64_t from = by_date ? period->begin.date : period->begin.at_ms / TIME_SECOND_MS;
    int64_t to =
        by_date ? time_date_add_days(period->end.date, -1) : period->end.at_ms / TIME_SECOND_MS;

    return str_printf(req->arena, STR_FMT "-%lld-%lld.%s", STR_ARG(name), (long long)from,
                      (long long)to, ending);
}

/* What is too long is told with both numbers. */
static struct reply *refuse_long(struct request *req, const struct ledger_walk *walk, int64_t most)
{
    struct str period = ledger__period_text(req->arena, &walk->period);

    return reply_error_at(
        req, ERR_LEDGER_STATEMENT_LONG, walk->period.begin.date != 0 ? "from" : "from_time",
        str_cstr(req->arena,
                 str_printf(req->arena, STR_FMT " has %lld entries, at most %lld", STR_ARG(period),
                            (long long)(walk->last - walk->first + 1), (long long)most)));
}

struct document_job {
    struct ledger_document document;
    struct request *req;
    bool begun;
    struct ledger__ahead ahead;
};

/* The closing balance of a period that has not ended is not known yet. */
static enum err check_ended(struct reader *reader, struct document_job *job)
{
    const struct ledger_moment *end = &job->document.ask.of.period.end;
    bool by_date = end->date != 0;
    int32_t last = by_date ? time_date_add_days(end->date, -1) : time_business_date(end->at_ms - 1);

    TRY(ledger__check_come(reader, job->req, last, &job->ahead));
    if (job->ahead.param != NULL) {
        job->ahead.param = by_date ? "to" : "to_time";
    }
    return ERR_OK;
}

static enum err document_step(struct reader *reader, void *ctx, bool *done)
{
    struct document_job *job = ctx;

    if (!job->begun) {
        job->begun = true;
        TRY(check_ended(reader, job));
        *done = job->ahead.param != NULL;
        return ERR_OK;
    }
    return ledger_document_step(reader, &job->document, done);
}

static struct reply *document_then(struct request *req, void *ctx, enum err err)
{
    const struct document_job *job = ctx;
    const struct ledger_document *document = &job->document;

    if (err == ERR_OK && job->ahead.param != NULL) {
        return ledger__reply_ahead(req, &job->ahead);
    }
    if (err == ERR_LEDGER_STATEMENT_LONG) {
        return refuse_long(req, &document->walk, ledger_document_max(document->ask.kind));
    }
    if (err != ERR_OK) {
        return reply_error(req, err);
    }
    switch (document->ask.kind) {
    case LEDGER_DOCUMENT_CSV:
        return ledger__reply_file(req, file_name(req, &document->walk, "csv"),
                                  "text/csv; charset=utf-8", document->content);
    case LEDGER_DOCUMENT_PDF:
        return ledger__reply_file(req, file_name(req, &document->walk, "pdf"), "application/pdf",
                                  document->content);
    case LEDGER_DOCUMENT_SUMS:
        break;
    }
    return reply_sums(req, &document->walk);
}

const enum err ledger_page_errors[] = {ERR_LEDGER_ACCOUNT, ERR_OK};
const enum err ledger_document_errors[] = {ERR_LEDGER_ACCOUNT, ERR_LEDGER_STATEMENT_LONG,
                                           ERR_LEDGER_FONT, ERR_OK};

struct reply *ledger_reply_document(struct request *req, struct ledger_desk desk,
                                    enum ledger_document_kind kind)
{
    struct document_job *job = ARENA_NEW(req->arena, struct document_job);
    struct ledger_document_ask ask = {.kind = kind};
    struct document_query query = {0};
    struct fault fault;

    ledger__ask_of(req, desk, &ask.of);
    if (request_query(req, &ledger_document_query, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    fault = period_of(&query.period, &ask.of.period);
    if (fault.err != ERR_OK) {
        return reply_fault(req, fault);
    }
    ask.language = query.lang == 0 ? LEDGER_CHINESE : query.lang;
    ask.bom = query.bom && kind == LEDGER_DOCUMENT_CSV;
    ledger_document_init(&job->document, req->arena, &ask);
    job->req = req;
    return reply_query_steps(req, job, document_step, document_then);
}

/* ---- daily summaries ---- */

struct source_view {
    enum ledger_source source;
    int64_t debit_count;
    struct amount debits;
    int64_t credit_count;
    struct amount credits;
};

static const struct field source_fields[] = {
    FIELD(struct source_view, source, FIELD_ENUM, .names = ledger__source_names, .required = true),
    FIELD(struct source_view, debit_count, FIELD_INT, .always = true),
    FIELD(struct source_view, debits, FIELD_AMOUNT, .always = true),
    FIELD(struct source_view, credit_count, FIELD_INT, .always = true),
    FIELD(struct source_view, credits, FIELD_AMOUNT, .always = true),
};

struct day_view {
    struct sums_view sums;
    int64_t date;
    struct field_list sources;
};

#define DAY_FIELD(name_, ...)                                                                      \
    {                                                                                              \
        .name = #name_, .offset = offsetof(struct day_view, sums.name_), .type = __VA_ARGS__       \
    }
static const struct field day_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_day_summary", .always = true},
    FIELD(struct day_view, date, FIELD_INT, .required = true, .example = "20261122",
          .help = "The business date, yyyymmdd."),
    DAY_FIELD(account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    DAY_FIELD(account_number, FIELD_TEXT, .max = LEDGER__ACCOUNT_NUMBER_MAX, NUMBER_HELP),
    DAY_FIELD(owner_name, FIELD_TEXT, .max = LEDGER__OWNER_NAME_MAX, OWNER_HELP),
    DAY_FIELD(currency, FIELD_CURRENCY, .required = true),
    DAY_FIELD(opening, SIGNED_AMOUNT, .help = "The closing of the day before."),
    DAY_FIELD(entries, FIELD_INT, .always = true),
    DAY_FIELD(debit_count, FIELD_INT, .always = true),
    DAY_FIELD(debits, FIELD_AMOUNT, .always = true),
    DAY_FIELD(credit_count, FIELD_INT, .always = true),
    DAY_FIELD(credits, FIELD_AMOUNT, .always = true),
    DAY_FIELD(closing, SIGNED_AMOUNT),
    FIELD(struct day_view, sources, FIELD_LIST, .max = LEDGER_SOURCES_MAX, .sub = source_fields,
          .sub_count = ARRAY_LEN(source_fields), .sub_size = sizeof(struct source_view),
          .always = true, .help = "The same by what caused the entries."),
};
const struct field_set ledger_day_set = FIELD_SET("ledger_day_summary", day_fields);

static struct field_list view_sources(struct arena *arena, const struct ledger_day_sums *day)
{
    struct source_view *views = ARENA_ARRAY(arena, struct source_view, LEDGER_SOURCES_MAX);
    size_t count = 0;

    for (int source = 1; source < LEDGER_SOURCES_MAX; source++) {
        const struct ledger_sums *sums = &day->by_source[source];

        if (sums->debit_count + sums->credit_count > 0) {
            views[count++] = (struct source_view){
                .source = (enum ledger_source)source,
                .debit_count = sums->debit_count,
                .debits = sums->debits,
                .credit_count = sums->credit_count,
                .credits = sums->credits,
            };
        }
    }
    return (struct field_list){views, count};
}

static struct day_view view_day(struct arena *arena, const struct ledger_account *account,
                                const struct ledger_label *label, const struct ledger_day_sums *day)
{
    return (struct day_view){
        .date = day->date,
        .sums =
            {
                .account_id = account->id,
                .account_number = label->number,
                .owner_name = label->owner,
                .currency = account->currency,
                .opening = day->opening,
                .entries = day->sums.debit_count + day->sums.credit_count,
                .debit_count = day->sums.debit_count,
                .debits = day->sums.debits,
                .credit_count = day->sums.credit_count,
                .credits = day->sums.credits,
                .closing = day->closing,
            },
        .sources = view_sources(arena, day),
    };
}

struct daily_query {
    int64_t from;
    int64_t to;
    int64_t starting_after;
    int64_t limit;
};

static const struct field daily_query_fields[] = {
    FIELD(struct daily_query, from, FIELD_INT, .required = true, .example = "20261101",
          .help = "The first business date, yyyymmdd."),
    FIELD(struct daily_query, to, FIELD_INT, .required = true, .example = "20261130",
          .help = "The last business date, included."),
    FIELD(struct daily_query, starting_after, FIELD_INT,
          .help = "The next_cursor of the page before: its last date."),
    FIELD(struct daily_query, limit, FIELD_INT, .min = 1, .max = DAYS,
          .help = "31 when absent. A page ends earlier once its dates have a million entries."),
};
const struct field_set ledger_daily_query = FIELD_SET("ledger_daily_query", daily_query_fields);

struct daily_job {
    struct ledger_daily daily;
    int32_t to; /* of the request; the page may end before it */
};

static enum err daily_step(struct reader *reader, void *job, bool *done)
{
    return ledger_daily_step(reader, &((struct daily_job *)job)->daily, done);
}

static struct reply *daily_then(struct request *req, void *job, enum err err)
{
    const struct daily_job *page = job;
    const struct ledger_daily *daily = &page->daily;
    struct day_view *views = ARENA_ARRAY(req->arena, struct day_view, daily->day_count);
    int32_t last = daily->days[daily->day_count - 1].date;

    if (err != ERR_OK) {
        return reply_error(req, err);
    }
    for (size_t i = 0; i < daily->day_count; i++) {
        views[i] = view_day(req->arena, &daily->walk.account, &daily->walk.label, &daily->days[i]);
    }
    return reply_list(req, &ledger_day_set, views, daily->day_count, sizeof(*views),
                      last < page->to ? str_printf(req->arena, "%d", last) : STR(""));
}

static struct fault daily_fault(const struct daily_query *query)
{
    struct fault fault = dates_fault(query->from, query->to);

    if (fault.err == ERR_OK && query->starting_after != 0 &&
        (!ledger__is_date(query->starting_after) || query->starting_after < query->from ||
         query->starting_after >= query->to)) {
        fault = (struct fault){ERR_FIELD_RANGE, "starting_after",
                               "must be the next_cursor of a page of this period"};
    }
    return fault;
}

/* The last date of a page that begins with `from`. Not after `to`, beyond which there may be
 * no date to count to. */
static int32_t page_end(int32_t from, int32_t to, int64_t limit)
{
    int64_t days_left =
        (time_business_date_start_ms(to) - time_business_date_start_ms(from)) / TIME_DAY_MS;

    return days_left < limit ? to : time_date_add_days(from, (int)limit - 1);
}

struct reply *ledger_reply_daily(struct request *req, struct ledger_desk desk)
{
    struct daily_job *job = ARENA_NEW(req->arena, struct daily_job);
    struct ledger_ask ask = {0};
    struct daily_query query = {0};
    struct fault fault;
    int32_t from;

    ledger__ask_of(req, desk, &ask);
    if (request_query(req, &ledger_daily_query, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    fault = daily_fault(&query);
    if (fault.err != ERR_OK) {
        return reply_fault(req, fault);
    }
    from = query.starting_after == 0 ? (int32_t)query.from
                                     : time_date_add_days((int32_t)query.starting_after, 1);
    job->to = (int32_t)query.to;
    ask.period =
        ledger_period_of(from, page_end(from, job->to, query.limit == 0 ? DAYS : query.limit));
    ledger_daily_init(&job->daily, req->arena, &ask);
    job->daily.entry_max = LEDGER_SUMS_MAX;
    return reply_query_steps(req, job, daily_step, daily_then);
}

/* ---- a merchant's day ---- */

struct owner_query {
    int64_t merchant_id;
    int64_t date;
    int64_t starting_after;
    int64_t limit;
};

static const struct field owner_query_fields[] = {
    FIELD(struct owner_query, merchant_id, FIELD_ID, .prefix = "mer", .required = true,
          .help = "Whose accounts."),
    FIELD(struct owner_query, date, FIELD_INT, .example = "20261122",
          .help = "The business date, yyyymmdd, not later than the books' own; when absent the one "
                  "before it."),
    FIELD(struct owner_query, starting_after, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .help = "The last account of the page before."),
    FIELD(struct owner_query, limit, FIELD_INT, .min = 1, .max = LEDGER_OWNER_ACCOUNTS_MAX,
          .help = "20 when absent."),
};
const struct field_set ledger_owner_daily_query =
    FIELD_SET("ledger_owner_daily_query", owner_query_fields);

struct owner_job {
    struct request *req;
    struct ledger__ahead ahead;
    struct ledger_owner_daily daily;
};

static enum err owner_step(struct reader *reader, void *job_ptr, bool *done)
{
    struct owner_job *job = job_ptr;

    if (job->daily.accounts == NULL) {
        TRY(ledger__check_come(reader, job->req, job->daily.date, &job->ahead));
        *done = job->ahead.param != NULL;
    }
    return *done ? ERR_OK : ledger_owner_daily_step(reader, &job->daily, done);
}

static struct reply *owner_then(struct request *req, void *job_ptr, enum err err)
{
    const struct owner_job *job = job_ptr;
    const struct ledger_owner_daily *daily = &job->daily;
    struct day_view *views = ARENA_ARRAY(req->arena, struct day_view, daily->account_count);
    struct str next = STR("");

    if (err != ERR_OK) {
        return reply_error(req, err);
    }
    if (job->ahead.param != NULL) {
        return ledger__reply_ahead(req, &job->ahead);
    }
    for (size_t i = 0; i < daily->account_count; i++) {
        views[i] = view_day(req->arena, &daily->accounts[i], &daily->labels[i], &daily->days[i]);
    }
    if (daily->more) {
        next =
            id_str(req->arena, LEDGER_ACCOUNT_PREFIX, daily->accounts[daily->account_count - 1].id);
    }
    return reply_list(req, &ledger_day_set, views, daily->account_count, sizeof(*views), next);
}

struct reply *ledger_reply_owner_daily(struct request *req,
                                       const struct ledger_directory *directory)
{
    struct owner_job *job = ARENA_NEW(req->arena, struct owner_job);
    struct owner_query query = {0};

    if (request_query(req, &ledger_owner_daily_query, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    if (query.date != 0 && !ledger__is_date(query.date)) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "date", "must be a date yyyymmdd");
    }
    job->req = req;
    job->daily = (struct ledger_owner_daily){
        .directory = directory,
        .owner_id = query.merchant_id,
        .after_id = query.starting_after,
        .date = (int32_t)query.date,
        .limit = query.limit == 0 ? LEDGER__LIST_LIMIT : (size_t)query.limit,
        .arena = req->arena,
    };
    return reply_query_steps(req, job, owner_step, owner_then);
}
