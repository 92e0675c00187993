/* The operators' view of the runs. */
#include "business/settle/settle_int.h"
#include "platform/store/store_reply.h"

enum { RUN_LIMIT = 20, RUN_LIMIT_MAX = 100, RUN_DATE_MAX = 99991231 };

static const struct enum_name run_statuses[] = {
    {SETTLE_RUN_RUNNING, "running"},
    {SETTLE_RUN_DONE, "done"},
    {SETTLE_RUN_SUPERSEDED, "superseded"},
    {0, NULL},
};
static const struct enum_name outcome_kinds[] = {
    {SETTLE_OUTCOME_SKIPPED, "skipped"},
    {SETTLE_OUTCOME_FAILED, "failed"},
    {0, NULL},
};

struct sum_view {
    enum currency currency;
    int64_t settlements;
    struct amount amount;
};
static const struct field sum_fields[] = {
    FIELD(struct sum_view, currency, FIELD_CURRENCY, .always = true),
    FIELD(struct sum_view, settlements, FIELD_INT, .always = true),
    FIELD(struct sum_view, amount, FIELD_AMOUNT, .always = true),
};

struct run_view {
    int64_t date;
    enum settle_run_status status;
    int64_t done;
    int64_t all;
    int64_t settled;
    int64_t skipped;
    int64_t failed;
    struct field_list amounts;
    int64_t started_at;
    int64_t ended_at;
};
static const struct field run_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "settlement_run", .always = true},
    FIELD(struct run_view, date, FIELD_INT, .always = true, .example = "20261124"),
    FIELD(struct run_view, status, FIELD_ENUM, .names = run_statuses, .always = true),
    FIELD(struct run_view, done, FIELD_INT, .always = true, .help = "Accounts dealt with"),
    FIELD(struct run_view, all, FIELD_INT, .always = true,
          .help = "Those, and the accounts it has still to deal with"),
    FIELD(struct run_view, settled, FIELD_INT, .always = true),
    FIELD(struct run_view, skipped, FIELD_INT, .always = true,
          .help = "Too little had matured; their turn is over"),
    FIELD(struct run_view, failed, FIELD_INT, .always = true, .help = "Tried again the next day"),
    FIELD(struct run_view, amounts, FIELD_LIST, .max = SETTLE_SUMS_MAX, .sub = sum_fields,
          .sub_count = ARRAY_LEN(sum_fields), .sub_size = sizeof(struct sum_view), .always = true,
          .help = "What was settled, by currency"),
    FIELD(struct run_view, started_at, FIELD_TIME, .always = true),
    FIELD(struct run_view, ended_at, FIELD_TIME, .always = true),
};
static const struct field_set run_set = FIELD_SET("settlement_run", run_fields);

static enum err view_run(struct reader *reader, const struct settle_run *run, struct arena *arena,
                         struct run_view *view)
{
    struct settle_sum *sums;
    struct sum_view *views;
    size_t count;
    int64_t left = 0;

    if (run->status == SETTLE_RUN_RUNNING) {
        TRY(settle_rule_count_due(reader, run->id, &left));
    }
    TRY(settle__read_sums(reader, run->id, arena, &sums, &count));
    views = ARENA_ARRAY(arena, struct sum_view, count);
    for (size_t i = 0; i < count; i++) {
        views[i] = (struct sum_view){sums[i].currency, sums[i].count, sums[i].amount};
    }
    *view = (struct run_view){
        .date = run->id,
        .status = run->status,
        .done = run->settled + run->skipped + run->failed,
        .all = run->settled + run->skipped + run->failed + left,
        .settled = run->settled,
        .skipped = run->skipped,
        .failed = run->failed,
        .amounts = {views, count},
        .started_at = run->started_at_ms,
        .ended_at = run->ended_at_ms,
    };
    return ERR_OK;
}

/* ---- the runs ---- */

struct runs_query {
    int64_t limit;
    int64_t starting_after;
};
static const struct field runs_query_fields[] = {
    FIELD(struct runs_query, limit, FIELD_INT, .min = 1, .max = RUN_LIMIT_MAX,
          .help = "20 when absent"),
    FIELD(struct runs_query, starting_after, FIELD_INT, .min = 1, .max = RUN_DATE_MAX,
          .help = "next_cursor of the page before: a date"),
};
static const struct field_set runs_query_set = FIELD_SET("settlement_run_query", runs_query_fields);

static enum err read_runs(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct runs_query *query = arg;
    struct list_page *page = result;
    struct settle_run *rows;
    struct run_view *views;

    page->limit = query->limit == 0 ? RUN_LIMIT : (size_t)query->limit;
    TRY(settle__read_runs(reader, query->starting_after == 0 ? INT64_MAX : query->starting_after,
                          (int64_t)page->limit + 1, req->arena, &rows, &page->count));
    page->rows = views = ARENA_ARRAY(req->arena, struct run_view, page->count);
    for (size_t i = 0; i < page->count && i < page->limit; i++) {
        TRY(view_run(reader, &rows[i], req->arena, &views[i]));
    }
    return ERR_OK;
}

static const struct list_shape runs_shape = {&run_set, sizeof(struct run_view), NULL};

static struct reply *got_runs(struct request *req, void *result)
{
    return reply_page(req, result, &runs_shape);
}

static struct reply *runs_handler(struct request *req)
{
    struct runs_query *query = ARENA_NEW(req->arena, struct runs_query);

    if (request_query(req, &runs_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct list_page), read_runs, got_runs);
}

/* ---- what was not settled ---- */

struct outcomes_query {
    int64_t date;
    int64_t limit;
    int64_t starting_after;
};
static const struct field outcomes_query_fields[] = {
    FIELD(struct outcomes_query, date, FIELD_INT, .required = true, .min = 1, .max = RUN_DATE_MAX,
          .help = "Of the run", .example = "20261124"),
    FIELD(struct outcomes_query, limit, FIELD_INT, .min = 1, .max = RUN_LIMIT_MAX,
          .help = "20 when absent"),
    FIELD(struct outcomes_query, starting_after, FIELD_ID, .prefix = "sto",
          .help = "next_cursor of the page before"),
};
static const struct field_set outcomes_query_set =
    FIELD_SET("settlement_outcome_query", outcomes_query_fields);

static const struct field outcome_fields[] = {
    FIELD(struct settle_outcome, id, FIELD_ID, .prefix = "sto", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "settlement_outcome", .always = true},
    FIELD(struct settle_outcome, run_date, FIELD_INT, .always = true),
    FIELD(struct settle_outcome, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .always = true),
    FIELD(struct settle_outcome, merchant_id, FIELD_ID, .prefix = "mer", .always = true),
    FIELD(struct settle_outcome, currency, FIELD_CURRENCY, .always = true),
    FIELD(struct settle_outcome, kind, FIELD_ENUM, .names = outcome_kinds, .always = true),
    FIELD(struct settle_outcome, matured, FIELD_AMOUNT, .always = true),
    FIELD(struct settle_outcome, reason, FIELD_TEXT, .max = 64, .always = true,
          .help = "The code of the error"),
    {.name = "created_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct settle_outcome, created_at_ms),
     .always = true},
};
static const struct field_set outcome_set = FIELD_SET("settlement_outcome", outcome_fields);

static enum err read_outcomes(struct reader *reader, struct request *req, const void *arg,
                              void *result)
{
    const struct outcomes_query *query = arg;
    size_t limit = query->limit == 0 ? RUN_LIMIT : (size_t)query->limit;
    struct list_page *page = result;
    struct settle_outcome *rows;
    const struct settle_outcome_page ask = {
        .date = query->date, .after_id = query->starting_after, .limit = (int64_t)limit + 1};

    TRY(settle__read_outcomes(reader, &ask, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = limit;
    return ERR_OK;
}

static const struct list_shape outcomes_shape = {&outcome_set, sizeof(struct settle_outcome),
                                                 "sto"};

static struct reply *got_outcomes(struct request *req, void *result)
{
    return reply_page(req, result, &outcomes_shape);
}

static struct reply *outcomes_handler(struct request *req)
{
    struct outcomes_query *query = ARENA_NEW(req->arena, struct outcomes_query);

    if (request_query(req, &outcomes_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct list_page), read_outcomes, got_outcomes);
}

#define OPERATOR_READ                                                                              \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "settle:read",                      \
    .reply_is_list = true, ROUTE_HERE

const struct route settle__run_routes[] = {
    {
        OPERATOR_READ,
        .path = "/v1/settlement-runs",
        .handler = runs_handler,
        .query = &runs_query_set,
        .reply = &run_set,
        .summary = "List the settlement runs with their progress, newest first",
    },
    {
        OPERATOR_READ,
        .path = "/v1/settlement-outcomes",
        .handler = outcomes_handler,
        .query = &outcomes_query_set,
        .reply = &outcome_set,
        .summary = "List the accounts a run did not settle, and why",
    },
    {.method = NULL},
};
