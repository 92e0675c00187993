/* The operator's read API: accounts, statements, balances, journals. */
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_statement_int.h"
#include "money/ledger/ledger_voucher.h"
#include "platform/store/store_reply.h"

enum { LIST_LIMIT = LEDGER__LIST_LIMIT, LIST_LIMIT_MAX = LEDGER__LIST_LIMIT_MAX };

/* Amounts that may be negative. */
#define SIGNED_AMOUNT FIELD_AMOUNT, .min = INT64_MIN, .always = true

const struct enum_name ledger_side_names[] = {
    {LEDGER_DEBIT, "debit"}, {LEDGER_CREDIT, "credit"}, {0, NULL}};
const struct enum_name ledger__source_names[] = {
    {LEDGER_SOURCE_PAYMENT, "payment"},
    {LEDGER_SOURCE_OPERATOR, "operator"},
    {LEDGER_SOURCE_REFUND, "refund"},
    {LEDGER_SOURCE_SETTLEMENT, "settlement"},
    {LEDGER_SOURCE_CASH, "cash"},
    {LEDGER_SOURCE_ADJUSTMENT, "adjustment"},
    {LEDGER_SOURCE_PENDING, "pending"},
    {LEDGER_SOURCE_CHANNEL, "channel"},
    {LEDGER_SOURCE_REMITTANCE, "remittance"},
    {LEDGER_SOURCE_API, "api"},
    {LEDGER_SOURCE_SHARE, "share"},
    {LEDGER_SOURCE_DISPUTE, "dispute"},
    {LEDGER_SOURCE_DIFFERENCE, "difference"},
    {LEDGER_SOURCE_TOP_UP, "top_up"},
    {LEDGER_SOURCE_DEPOSIT, "deposit"},
    {LEDGER_SOURCE_EXCHANGE, "exchange"},
    {LEDGER_SOURCE_INTEREST, "interest"},
    {LEDGER_SOURCE_FEE, "fee"},
    {0, NULL},
};
const struct enum_name ledger__operation_names[] = {
    {LEDGER_OPERATION_SUCCEEDED, "succeeded"},
    {LEDGER_OPERATION_CONFLICTED, "conflicted"},
    {LEDGER_OPERATION_TRANSFER, "transfer"},
    {LEDGER_OPERATION_HOLD, "hold"},
    {LEDGER_OPERATION_CAPTURE, "capture"},
    {LEDGER_OPERATION_RELEASE, "release"},
    {LEDGER_OPERATION_APPLIED, "applied"},
    {LEDGER_OPERATION_RETURNED, "returned"},
    {LEDGER_OPERATION_REVERSED, "reversed"},
    {LEDGER_OPERATION_CORRECTED, "corrected"},
    {LEDGER_OPERATION_COST, "cost"},
    {LEDGER_OPERATION_SETTLED, "settled"},
    {LEDGER_OPERATION_SENT, "sent"},
    {LEDGER_OPERATION_PAID, "paid"},
    {LEDGER_OPERATION_LOST, "lost"},
    {LEDGER_OPERATION_FOUND, "found"},
    {LEDGER_OPERATION_RESOLVED, "resolved"},
    {LEDGER_OPERATION_REFUNDED, "refunded"},
    {LEDGER_OPERATION_RECEIVED, "received"},
    {LEDGER_OPERATION_WRITTEN_OFF, "written_off"},
    {LEDGER_OPERATION_CHARGED, "charged"},
    {LEDGER_OPERATION_DEDUCTED, "deducted"},
    {0, NULL},
};

/* ---- accounts ---- */

struct account_view {
    int64_t id;
    int64_t merchant_id;
    int64_t channel_account_id;
    int64_t code;
    struct str name;
    enum currency currency;
    enum ledger_side side;
    struct amount posted;
    struct amount held;
    struct amount available;
    struct amount awaited;
    bool has_floor;
    struct amount floor;
    enum ledger_account_status status;
    bool deferred;
    struct amount immature;
    struct field_list maturities; /* of struct ledger_maturity */
    int64_t credit_blocks;
    int64_t debit_blocks;
    int64_t holds;
    int64_t pending;
    int64_t entries;
    int64_t created_at;
};

static const struct enum_name status_names[] = {
    {LEDGER_ACCOUNT_OPEN, "open"}, {LEDGER_ACCOUNT_CLOSED, "closed"}, {0, NULL}};

static const struct field maturity_fields[] = {
    FIELD(struct ledger_maturity, date, FIELD_INT, .required = true, .example = "20261125"),
    FIELD(struct ledger_maturity, amount, FIELD_AMOUNT, .required = true),
};

static const struct field account_fields[] = {
    FIELD(struct account_view, id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_account", .always = true},
    FIELD(struct account_view, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "The merchant it is kept for."),
    FIELD(struct account_view, channel_account_id, FIELD_ID, .prefix = "cha",
          .help = "The channel account it is kept for; neither: an account of the platform."),
    FIELD(struct account_view, code, FIELD_INT, .required = true, .example = "2241",
          .help = "Its code in the chart of accounts."),
    FIELD(struct account_view, name, FIELD_TEXT, .max = 64),
    FIELD(struct account_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct account_view, side, FIELD_ENUM, .names = ledger_side_names, .required = true,
          .help = "Its normal side: posted is positive on it."),
    FIELD(struct account_view, posted, SIGNED_AMOUNT, .help = "The balance."),
    FIELD(struct account_view, held, FIELD_AMOUNT, .always = true,
          .help = "What open holds have left."),
    FIELD(struct account_view, available, SIGNED_AMOUNT,
          .help = "posted - held - immature - floor, less what is kept for holds that wait."),
    FIELD(struct account_view, awaited, FIELD_AMOUNT, .always = true,
          .help = "What holds that wait for money have left; what comes is kept for them."),
    FIELD(struct account_view, immature, FIELD_AMOUNT, .always = true,
          .help = "What matures after the books' date."),
    FIELD(struct account_view, maturities, FIELD_LIST, .max = LEDGER_MATURITIES_MAX,
          .sub = maturity_fields, .sub_count = ARRAY_LEN(maturity_fields),
          .sub_size = sizeof(struct ledger_maturity), .always = true,
          .help = "immature by the dates on which it matures, the next one first."),
    FIELD(struct account_view, status, FIELD_ENUM, .names = status_names, .required = true),
    FIELD(struct account_view, credit_blocks, FIELD_INT, .always = true,
          .help = "Open holds that block its credits."),
    FIELD(struct account_view, debit_blocks, FIELD_INT, .always = true),
    FIELD(struct account_view, holds, FIELD_INT, .always = true, .help = "Open and waiting holds."),
    FIELD(struct account_view, deferred, FIELD_BOOL, .always = true,
          .help = "Whether its entries are applied later."),
    FIELD(struct account_view, pending, FIELD_INT, .always = true,
          .help = "Entries that wait to be applied."),
    FIELD(struct account_view, has_floor, FIELD_BOOL, .always = true),
    FIELD(struct account_view, floor, SIGNED_AMOUNT,
          .help = "With has_floor: what available keeps back."),
    FIELD(struct account_view, entries, FIELD_INT, .always = true,
          .help = "How many legs it has; the sequence of the last one."),
    FIELD(struct account_view, created_at, FIELD_TIME, .required = true),
};
static const struct field_set account_set = FIELD_SET("ledger_account", account_fields);

/* What a channel owes or is owed is kept per channel account, all else per merchant. */
static bool is_of_channel(int64_t code)
{
    while (ledger_code_level(code) > 2) {
        code = ledger_code_parent(code);
    }
    return code == LEDGER_CODE_CHANNEL_RECEIVABLE || code == LEDGER_CODE_CHANNEL_FEE_PAYABLE;
}

/* What accounts are shown by: the date of the books, and the chart on it. */
struct account_day {
    int32_t today;
    struct ledger_chart chart;
};

static enum err read_account_day(struct reader *reader, struct request *req,
                                 struct account_day *day)
{
    TRY(ledger_read_today(reader, req->received_ms, req->arena, &day->today));
    return ledger_read_chart(reader, day->today, req->arena, &day->chart);
}

static struct field_list view_maturities(struct arena *arena, const struct ledger_account *account,
                                         int32_t today)
{
    struct ledger_maturity *items =
        ARENA_ARRAY(arena, struct ledger_maturity, LEDGER_MATURITIES_MAX);

    return (struct field_list){items, ledger_maturities(account, today, items)};
}

static struct account_view view_account(struct arena *arena, const struct account_day *day,
                                        const struct ledger_account *account)
{
    bool of_channel = is_of_channel(account->code);

    return (struct account_view){
        .id = account->id,
        .merchant_id = of_channel ? 0 : account->owner_id,
        .channel_account_id = of_channel ? account->owner_id : 0,
        .code = account->code,
        .name = ledger_chart_name(&day->chart, account->code),
        .currency = account->currency,
        .side = account->side,
        .posted = account->posted,
        .held = account->held,
        .available = ledger_available(account, day->today),
        .awaited = account->awaited,
        .immature = ledger_immature(account, day->today),
        .maturities = view_maturities(arena, account, day->today),
        .status = account->status,
        .deferred = account->deferred,
        .credit_blocks = account->credit_blocks,
        .debit_blocks = account->debit_blocks,
        .holds = account->holds,
        .pending = account->pending,
        .has_floor = account->has_floor,
        .floor = account->floor,
        .entries = account->sequence,
        .created_at = account->created_at_ms,
    };
}

struct account_found {
    struct ledger_account account;
    struct account_day day;
};

static enum err account_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    struct account_found *found = result;

    TRY(read_account_day(reader, req, &found->day));
    return ledger_read_account(reader, *(const int64_t *)arg, req->arena, &found->account);
}

static struct reply *account_then(struct request *req, void *result)
{
    const struct account_found *found = result;
    struct account_view view = view_account(req->arena, &found->day, &found->account);

    return reply_fields(req, 200, &account_set, &view);
}

static struct reply *account_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, LEDGER_ACCOUNT_PREFIX, id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_ACCOUNT);
    }
    return reply_query(req, id, sizeof(struct account_found), account_run, account_then);
}

struct accounts_query {
    int64_t merchant_id;
    int64_t channel_account_id;
    bool platform;
    int64_t starting_after;
    int64_t limit;
};

static const struct field accounts_query_fields[] = {
    FIELD(struct accounts_query, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "Accounts of this merchant only."),
    FIELD(struct accounts_query, channel_account_id, FIELD_ID, .prefix = "cha",
          .help = "Accounts of this channel account only."),
    FIELD(struct accounts_query, platform, FIELD_BOOL, .help = "The platform's accounts only."),
    FIELD(struct accounts_query, starting_after, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .help = "The last account of the page before."),
    FIELD(struct accounts_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set accounts_query_set =
    FIELD_SET("ledger_account_list", accounts_query_fields);

struct accounts_page {
    struct account_day day;
    struct ledger_account *rows;
    size_t count;
    size_t limit;
};

static enum err accounts_run(struct reader *reader, struct request *req, const void *arg,
                             void *result)
{
    const struct accounts_query *query = arg;
    struct accounts_page *page = result;
    const struct ledger_account_filter filter = {
        .owner_id = query->merchant_id != 0 ? query->merchant_id : query->channel_account_id,
        .has_owner = query->platform || query->merchant_id != 0 || query->channel_account_id != 0,
        .after_id = query->starting_after,
        .limit = (size_t)query->limit + 1,
    };

    page->limit = (size_t)query->limit;
    TRY(read_account_day(reader, req, &page->day));
    return ledger_read_accounts(reader, &filter, req->arena, &page->rows, &page->count);
}

static const struct list_shape accounts_shape = {&account_set, sizeof(struct account_view),
                                                 LEDGER_ACCOUNT_PREFIX};

static struct reply *accounts_then(struct request *req, void *result)
{
    const struct accounts_page *page = result;
    struct account_view *views = ARENA_ARRAY(req->arena, struct account_view, page->count);

    for (size_t i = 0; i < page->count && i < page->limit; i++) {
        views[i] = view_account(req->arena, &page->day, &page->rows[i]);
    }
    return reply_page(req, &(struct list_page){views, page->count, page->limit}, &accounts_shape);
}

static struct reply *accounts_handler(struct request *req)
{
    struct accounts_query *query = ARENA_NEW(req->arena, struct accounts_query);

    if (request_query(req, &accounts_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    if ((query->platform ? 1 : 0) + (query->merchant_id != 0 ? 1 : 0) +
            (query->channel_account_id != 0 ? 1 : 0) >
        1) {
        return reply_error_at(req, ERR_FIELD_VALUE, "merchant_id",
                              "give one of merchant_id, channel_account_id, platform");
    }
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct accounts_page), accounts_run, accounts_then);
}

/* ---- entries ---- */

struct entry_view {
    int64_t journal_id;
    int64_t account_id;
    struct str account_number;
    enum ledger_source source;
    enum ledger_operation operation;
    int64_t payment_id;
    int64_t business_no;
    struct str reference;
    struct str memo;
    int64_t origin_journal_id;
    int64_t sequence;
    enum ledger_side side;
    struct amount amount;
    struct amount balance;
    int64_t business_date;
    int64_t created_at;
};

static const struct field entry_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "ledger_entry", .always = true},
    FIELD(struct entry_view, journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .required = true),
    FIELD(struct entry_view, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    FIELD(struct entry_view, account_number, FIELD_TEXT, .max = LEDGER__ACCOUNT_NUMBER_MAX,
          .help = "In statements: the number people know the account by."),
    FIELD(struct entry_view, source, FIELD_ENUM, .names = ledger__source_names, .required = true),
    FIELD(struct entry_view, operation, FIELD_ENUM, .names = ledger__operation_names,
          .required = true),
    FIELD(struct entry_view, payment_id, FIELD_ID, .prefix = "pay"),
    FIELD(struct entry_view, business_no, FIELD_INT,
          .help = "The caller's own, of what was sent to /v1/ledger."),
    FIELD(struct entry_view, reference, FIELD_TEXT, .max = 32,
          .help = "In statements: what it is about, as papers print it, such as ref_…"),
    FIELD(struct entry_view, memo, FIELD_TEXT, .max = LEDGER_MEMO_MAX, .help = "In statements."),
    FIELD(struct entry_view, origin_journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "In statements, of money that had to wait: the journal that booked it first. "
                  "source, operation, reference and memo are those of that journal."),
    FIELD(struct entry_view, sequence, FIELD_INT, .required = true,
          .help = "Running number in the account, gap-free from 1."),
    FIELD(struct entry_view, side, FIELD_ENUM, .names = ledger_side_names, .required = true),
    FIELD(struct entry_view, amount, FIELD_AMOUNT, .required = true),
    FIELD(struct entry_view, balance, SIGNED_AMOUNT, .help = "Of the account after this leg."),
    FIELD(struct entry_view, business_date, FIELD_INT, .required = true, .example = "20261122",
          .help = "yyyymmdd in Asia/Shanghai."),
    FIELD(struct entry_view, created_at, FIELD_TIME, .required = true),
};
const struct field_set ledger_entry_set = FIELD_SET("ledger_entry", entry_fields);

int64_t ledger__number_of(const struct ledger_reference *reference, enum ledger_source source)
{
    return reference->source == source ? reference->business_no : 0;
}

static struct entry_view view_entry(const struct ledger_entry *entry)
{
    const struct ledger_reference *reference = &entry->reference;

    return (struct entry_view){
        .journal_id = entry->journal_id,
        .account_id = entry->account_id,
        .source = reference->source,
        .operation = reference->operation,
        .payment_id = ledger__number_of(reference, LEDGER_SOURCE_PAYMENT),
        .business_no = ledger__number_of(reference, LEDGER_SOURCE_API),
        .memo = entry->memo,
        .origin_journal_id = entry->origin_id,
        .sequence = entry->sequence,
        .side = entry->side,
        .amount = entry->amount,
        .balance = entry->balance,
        .business_date = entry->business_date,
        .created_at = entry->created_at_ms,
    };
}

static struct entry_view *view_entries(struct arena *arena, const struct ledger_entry *entries,
                                       size_t count)
{
    struct entry_view *views = ARENA_ARRAY(arena, struct entry_view, count);

    for (size_t i = 0; i < count; i++) {
        views[i] = view_entry(&entries[i]);
    }
    return views;
}

struct reply *ledger__reply_entries(struct request *req, const struct ledger_statement *statement,
                                    struct str account_number, struct str next_cursor)
{
    size_t count = statement->entry_count;
    struct entry_view *views = view_entries(req->arena, statement->entries, count);

    for (size_t i = 0; i < count; i++) {
        views[i].account_number = account_number;
        views[i].reference = ledger__about_text(req->arena, &statement->entries[i].about);
    }
    return reply_list(req, &ledger_entry_set, views, count, sizeof(*views), next_cursor);
}

/* ---- journals ---- */

struct journal_view {
    enum ledger_event event;
    int64_t version;
    int64_t id;
    enum ledger_source source;
    enum ledger_operation operation;
    int64_t payment_id;
    int64_t business_no;
    struct str reference;
    int64_t business_date;
    int64_t created_at;
    struct str memo;
    int64_t pending_entry;
    int64_t origin_journal_id;
    struct field_list entries;
    struct field_list pending_entries; /* of struct ledger_pending */
};

static const struct field waited_fields[] = {
    FIELD(struct ledger_pending, id, FIELD_INT, .required = true),
    FIELD(struct ledger_pending, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true, .help = "That it waits or waited for."),
    FIELD(struct ledger_pending, side, FIELD_ENUM, .names = ledger_side_names, .required = true),
    FIELD(struct ledger_pending, amount, FIELD_AMOUNT, .required = true),
    FIELD(struct ledger_pending, status, FIELD_ENUM, .names = ledger__pending_status_names,
          .required = true),
    FIELD(struct ledger_pending, journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "That applied it."),
};

static const struct field journal_fields[] = {
    FIELD(struct journal_view, id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_journal", .always = true},
    FIELD(struct journal_view, source, FIELD_ENUM, .names = ledger__source_names, .required = true),
    FIELD(struct journal_view, operation, FIELD_ENUM, .names = ledger__operation_names,
          .required = true),
    FIELD(struct journal_view, payment_id, FIELD_ID, .prefix = "pay"),
    FIELD(struct journal_view, business_no, FIELD_INT,
          .help = "The caller's own, of what was sent to /v1/ledger."),
    FIELD(struct journal_view, reference, FIELD_TEXT, .max = 32, .required = true,
          .help = "What it is about, as papers print it, such as ref_…; of a journal that applied "
                  "a pending entry, what that entry is about."),
    FIELD(struct journal_view, event, FIELD_ENUM, .names = ledger_event_names,
          .help = "The event whose voucher template spelled the entries, if one did."),
    FIELD(struct journal_view, version, FIELD_INT, .help = "Of that template."),
    FIELD(struct journal_view, business_date, FIELD_INT, .required = true, .example = "20261122",
          .help = "yyyymmdd in Asia/Shanghai."),
    FIELD(struct journal_view, created_at, FIELD_TIME, .required = true),
    FIELD(struct journal_view, memo, FIELD_TEXT, .max = LEDGER_MEMO_MAX),
    FIELD(struct journal_view, pending_entry, FIELD_INT,
          .help = "The pending entry it applied, if it applied one."),
    FIELD(struct journal_view, origin_journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "The journal that booked the pending entry it applied."),
    FIELD(struct journal_view, pending_entries, FIELD_LIST, .max = LEDGER_LEGS_MAX,
          .sub = waited_fields, .sub_count = ARRAY_LEN(waited_fields),
          .sub_size = sizeof(struct ledger_pending),
          .help = "Its legs on 2299 that wait, or waited, to be applied."),
    FIELD(struct journal_view, entries, FIELD_LIST, .max = LEDGER_LEGS_MAX, .sub = entry_fields,
          .sub_count = ARRAY_LEN(entry_fields), .sub_size = sizeof(struct entry_view),
          .required = true),
};
const struct field_set ledger_journal_set = FIELD_SET("ledger_journal", journal_fields);

static struct journal_view view_journal(struct arena *arena,
                                        const struct ledger_journal_view *journal)
{
    const struct ledger_reference *reference = &journal->reference;

    return (struct journal_view){
        .id = journal->id,
        .event = journal->voucher == 0 ? 0 : ledger_template_event(journal->voucher),
        .version = journal->voucher == 0 ? 0 : ledger_template_version(journal->voucher),
        .source = reference->source,
        .operation = reference->operation,
        .payment_id = ledger__number_of(reference, LEDGER_SOURCE_PAYMENT),
        .business_no = ledger__number_of(reference, LEDGER_SOURCE_API),
        .reference = ledger__about_text(arena, &journal->about),
        .business_date = journal->business_date,
        .memo = journal->memo,
        .created_at = journal->created_at_ms,
        .pending_entry = ledger__number_of(reference, LEDGER_SOURCE_PENDING),
        .origin_journal_id = journal->origin.journal_id,
        .pending_entries = {journal->pending, journal->pending_count},
        .entries = {view_entries(arena, journal->entries, journal->entry_count),
                    journal->entry_count},
    };
}

struct reply *ledger__reply_journals(struct request *req, const struct ledger__journals *journals)
{
    struct journal_view *views = ARENA_ARRAY(req->arena, struct journal_view, journals->count);

    for (size_t i = 0; i < journals->count; i++) {
        views[i] = view_journal(req->arena, &journals->rows[i]);
    }
    return reply_list(req, &ledger_journal_set, views, journals->count, sizeof(*views), STR(""));
}

struct journal_query {
    int64_t id;
    const struct ledger_directory *directory;
};

static enum err journal_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    const struct journal_query *query = arg;

    TRY(ledger_read_journal(reader, query->id, req->arena, result));
    return ledger__name_journals(reader, query->directory, result, 1, req->arena);
}

static struct reply *journal_then(struct request *req, void *result)
{
    struct journal_view view = view_journal(req->arena, result);

    return reply_fields(req, 200, &ledger_journal_set, &view);
}

struct reply *ledger_reply_journal(struct request *req, const struct ledger_directory *directory)
{
    struct journal_query *query = ARENA_NEW(req->arena, struct journal_query);

    query->directory = directory;
    if (request_id_param(req, 0, LEDGER_JOURNAL_PREFIX, &query->id) != ERR_OK) {
        return reply_error(req, ERR_LEDGER_JOURNAL);
    }
    return reply_query(req, query, sizeof(struct ledger_journal_view), journal_run, journal_then);
}

struct journals_query {
    int64_t payment_id;
    const struct ledger_directory *directory;
};

static const struct field journals_query_fields[] = {
    FIELD(struct journals_query, payment_id, FIELD_ID, .prefix = "pay", .required = true,
          .help = "The journals this payment caused."),
};
const struct field_set ledger_journals_query =
    FIELD_SET("ledger_journal_list", journals_query_fields);

enum err ledger__read_journals(struct reader *reader, const struct ledger_reference *reference,
                               const struct ledger_directory *directory, struct arena *arena,
                               struct ledger__journals *out)
{
    TRY(ledger_read_business(reader, reference->source, reference->business_no, arena, &out->rows,
                             &out->count));
    return ledger__name_journals(reader, directory, out->rows, out->count, arena);
}

static enum err journals_run(struct reader *reader, struct request *req, const void *arg,
                             void *result)
{
    const struct journals_query *query = arg;
    const struct ledger_reference reference = {.source = LEDGER_SOURCE_PAYMENT,
                                               .business_no = query->payment_id};

    return ledger__read_journals(reader, &reference, query->directory, req->arena, result);
}

static struct reply *journals_then(struct request *req, void *result)
{
    return ledger__reply_journals(req, result);
}

struct reply *ledger_reply_journals(struct request *req, const struct ledger_directory *directory)
{
    struct journals_query *query = ARENA_NEW(req->arena, struct journals_query);

    query->directory = directory;
    if (request_query(req, &ledger_journals_query, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct ledger__journals), journals_run, journals_then);
}

/* ---- routes ---- */

const enum err ledger_journal_errors[] = {ERR_LEDGER_JOURNAL, ERR_OK};
static const enum err account_errors[] = {ERR_LEDGER_ACCOUNT, ERR_OK};

#define OPERATOR_READ                                                                              \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:read", ROUTE_HERE

const struct route ledger__routes[] = {
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts",
        .handler = accounts_handler,
        .query = &accounts_query_set,
        .reply = &account_set,
        .reply_is_list = true,
        .summary = "List the accounts of the books",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts/{id}",
        .handler = account_handler,
        .reply = &account_set,
        .errors = account_errors,
        .summary = "Get an account with its balance",
    },
    {.method = NULL},
};
