/* The operator's API of pending entries (待入账). */
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_statement_int.h"
#include "platform/store/store_reply.h"

enum { LIST_LIMIT = 20, LIST_LIMIT_MAX = 200 };

const struct enum_name ledger__pending_status_names[] = {
    {LEDGER_PENDING_WAITING, "waiting"},
    {LEDGER_PENDING_APPLIED, "applied"},
    {LEDGER_PENDING_PARKED, "parked"},
    {0, NULL},
};

struct pending_view {
    struct ledger_pending entry;
    int64_t origin_journal_id;
    enum ledger_source source;
    enum ledger_operation operation;
    int64_t payment_id;
    int64_t business_no;
    struct str reference;
};

#define ENTRY_FIELD(member_, name_, ...)                                                           \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct pending_view, entry.member_),                   \
        .type = __VA_ARGS__                                                                        \
    }
static const struct field pending_fields[] = {
    ENTRY_FIELD(id, "id", FIELD_INT, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_pending_entry", .always = true},
    ENTRY_FIELD(account_id, "account_id", FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
                .required = true),
    ENTRY_FIELD(number, "number", FIELD_INT, .required = true,
                .help = "Of the account's pending entries, gap-free from 1."),
    FIELD(struct pending_view, origin_journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .required = true, .help = "The journal it is of, booked when it could not be applied."),
    FIELD(struct pending_view, source, FIELD_ENUM, .names = ledger__source_names, .required = true,
          .help = "Of that journal, as operation, payment_id, business_no and reference."),
    FIELD(struct pending_view, operation, FIELD_ENUM, .names = ledger__operation_names,
          .required = true),
    FIELD(struct pending_view, payment_id, FIELD_ID, .prefix = "pay"),
    FIELD(struct pending_view, business_no, FIELD_INT,
          .help = "The caller's own, of what was sent to /v1/ledger."),
    FIELD(struct pending_view, reference, FIELD_TEXT, .max = 32, .required = true,
          .help = "What it is about, as papers print it, such as ref_…"),
    ENTRY_FIELD(side, "side", FIELD_ENUM, .names = ledger_side_names, .required = true),
    ENTRY_FIELD(amount, "amount", FIELD_AMOUNT, .required = true),
    ENTRY_FIELD(matures_on, "matures_on", FIELD_INT, .help = "yyyymmdd."),
    ENTRY_FIELD(status, "status", FIELD_ENUM, .names = ledger__pending_status_names,
                .required = true),
    ENTRY_FIELD(refusal, "refusal", FIELD_TEXT, .max = 40,
                .help = "Why it is parked: the code of the error."),
    ENTRY_FIELD(hold_id, "hold_id", FIELD_ID, .prefix = LEDGER_HOLD_PREFIX,
                .help = "Of a debit: what it has reserved."),
    ENTRY_FIELD(journal_id, "journal_id", FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
                .help = "That applied it."),
    ENTRY_FIELD(created_at_ms, "created_at", FIELD_TIME, .required = true),
    ENTRY_FIELD(updated_at_ms, "updated_at", FIELD_TIME, .required = true),
};
const struct field_set ledger_pending_set = FIELD_SET("ledger_pending_entry", pending_fields);

struct list_query {
    int64_t account_id;
    enum ledger_pending_status status;
    int64_t starting_after;
    int64_t limit;
    const struct ledger_directory *directory;
};

static const struct field list_fields[] = {
    FIELD(struct list_query, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .help = "Of this account only."),
    FIELD(struct list_query, status, FIELD_ENUM, .names = ledger__pending_status_names,
          .help = "waiting when absent."),
    FIELD(struct list_query, starting_after, FIELD_INT, .min = 1,
          .help = "The next_cursor of the page before."),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
const struct field_set ledger_pending_query = FIELD_SET("ledger_pending_list", list_fields);

static struct pending_view view_pending(struct arena *arena, const struct ledger_pending *entry,
                                        const struct ledger_entry *leg)
{
    return (struct pending_view){
        .entry = *entry,
        .origin_journal_id = leg->origin_id,
        .source = leg->reference.source,
        .operation = leg->reference.operation,
        .payment_id = ledger__number_of(&leg->reference, LEDGER_SOURCE_PAYMENT),
        .business_no = ledger__number_of(&leg->reference, LEDGER_SOURCE_API),
        .reference = ledger__about_text(arena, &leg->about),
    };
}

/* Their legs, as statements show them once they are applied. */
static enum err read_legs(struct reader *reader, const struct list_query *query,
                          const struct ledger_pending *rows, struct arena *arena,
                          struct ledger_entry *legs, size_t count)
{
    struct ledger_origin *origins = ARENA_ARRAY(arena, struct ledger_origin, count);
    const struct ledger_pending **pending =
        ARENA_ARRAY(arena, const struct ledger_pending *, count);

    for (size_t i = 0; i < count; i++) {
        pending[i] = &rows[i];
    }
    TRY(ledger__read_origins(reader, pending, count, arena, origins));
    for (size_t i = 0; i < count; i++) {
        legs[i] = (struct ledger_entry){.journal_id = origins[i].journal_id,
                                        .origin_id = origins[i].journal_id,
                                        .reference = origins[i].reference};
    }
    return ledger__name_entries(reader, query->directory, legs, count, arena);
}

static enum err view_rows(struct reader *reader, struct arena *arena,
                          const struct list_query *query, const struct ledger_pending *rows,
                          struct list_page *page)
{
    struct pending_view *views = ARENA_ARRAY(arena, struct pending_view, page->count);
    struct ledger_entry *legs = ARENA_ARRAY(arena, struct ledger_entry, page->count);

    TRY(read_legs(reader, query, rows, arena, legs, page->count));
    for (size_t i = 0; i < page->count; i++) {
        views[i] = view_pending(arena, &rows[i], &legs[i]);
    }
    page->rows = views;
    return ERR_OK;
}

static enum err list_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    struct ledger_pending *rows;
    const struct ledger_pending_filter filter = {
        .status = query->status == 0 ? LEDGER_PENDING_WAITING : query->status,
        .after_id = query->starting_after,
        .limit = (size_t)query->limit + 1,
        .account_id = query->account_id,
    };

    page->limit = (size_t)query->limit;
    TRY(ledger_read_pending(reader, &filter, req->arena, &rows, &page->count));
    return view_rows(reader, req->arena, query, rows, page);
}

static const struct list_shape page_shape = {&ledger_pending_set, sizeof(struct pending_view),
                                             NULL};

static struct reply *list_then(struct request *req, void *result)
{
    return reply_page(req, result, &page_shape);
}

struct reply *ledger_reply_pending(struct request *req, const struct ledger_directory *directory)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &ledger_pending_query, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->directory = directory;
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct list_page), list_run, list_then);
}

static struct reply *retried(struct request *req, struct command *command)
{
    (void)command;
    return reply_empty(req, 204);
}

static struct reply *retry_handler(struct request *req)
{
    int64_t *account_id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, account_id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_ACCOUNT);
    }
    return reply_command(req, &ledger_pending_retry_kind, account_id, retried);
}

static const enum err retry_errors[] = {ERR_LEDGER_ACCOUNT, ERR_OK};

const struct route ledger__pending_routes[] = {
    {
        .method = "POST",
        .path = "/v1/ledger/accounts/{id}/pending-entries/retry",
        .handler = retry_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "ledger:post",
        .idempotent = true,
        .reply_status = 204,
        .errors = retry_errors,
        .summary = "Try the parked entries of an account again",
        ROUTE_HERE,
    },
    {.method = NULL},
};
