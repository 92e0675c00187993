/* Balances as of a time, a date or an entry over HTTP. What has not come yet is refused: by the
 * date of the books, not by the clock. */
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_statement_int.h"
#include "platform/store/store_reply.h"

enum err ledger__check_come(struct reader *reader, struct request *req, int64_t date,
                            struct ledger__ahead *ahead)
{
    int32_t today;

    *ahead = (struct ledger__ahead){.param = NULL};
    TRY(ledger_read_today(reader, req->received_ms, req->arena, &today));
    if (date > today) {
        ahead->param = "date";
        ahead->detail =
            str_cstr(req->arena, str_printf(req->arena, "the date of the books is %d", (int)today));
    }
    return ERR_OK;
}

struct reply *ledger__reply_ahead(struct request *req, const struct ledger__ahead *ahead)
{
    return reply_error_at(req, ERR_FIELD_RANGE, ahead->param, ahead->detail);
}

struct balance_query {
    int64_t at;
    int64_t date;
    int64_t sequence;
    struct ledger_ask ask; /* from the path */
};

static const struct field balance_query_fields[] = {
    FIELD(struct balance_query, at, FIELD_TIME, .help = "After the last entry until then."),
    FIELD(struct balance_query, date, FIELD_INT, .example = "20261122",
          .help = "At the close of this business date, yyyymmdd; of the books' own: now."),
    FIELD(struct balance_query, sequence, FIELD_INT, .min = 1,
          .help = "After this entry; none of them: now."),
};
const struct field_set ledger_balance_query =
    FIELD_SET("ledger_balance_query", balance_query_fields);

static const struct field balance_fields[] = {
    FIELD(struct ledger_balance, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX,
          .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_balance", .always = true},
    FIELD(struct ledger_balance, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct ledger_balance, posted, FIELD_AMOUNT, .min = INT64_MIN, .always = true),
    FIELD(struct ledger_balance, sequence, FIELD_INT, .always = true,
          .help = "Of the entry after which this was the balance; 0: before the first."),
    {.name = "created_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct ledger_balance, at_ms),
     .help = "When that entry was posted."},
};
const struct field_set ledger_balance_set = FIELD_SET("ledger_balance", balance_fields);

struct balance_found {
    struct ledger_balance balance;
    struct ledger__ahead ahead;
};

/* An instant the clock has reached has come, also while the books are still on the day before. */
static enum err check_time(struct reader *reader, struct request *req, int64_t at_ms,
                           struct ledger__ahead *ahead)
{
    *ahead = (struct ledger__ahead){.param = NULL};
    if (at_ms <= req->received_ms) {
        return ERR_OK;
    }
    TRY(ledger__check_come(reader, req, time_business_date(at_ms), ahead));
    ahead->param = ahead->param != NULL ? "at" : NULL;
    return ERR_OK;
}

static void check_sequence(struct request *req, const struct ledger_account *account,
                           int64_t sequence, struct ledger__ahead *ahead)
{
    *ahead = (struct ledger__ahead){.param = NULL};
    if (sequence > account->sequence) {
        ahead->param = "sequence";
        ahead->detail = str_cstr(req->arena, str_printf(req->arena, "the account has %lld entries",
                                                        (long long)account->sequence));
    }
}

static enum err check_asked(struct reader *reader, struct request *req,
                            const struct balance_query *query, const struct ledger_account *account,
                            struct ledger__ahead *ahead)
{
    if (query->at != 0) {
        return check_time(reader, req, query->at, ahead);
    }
    if (query->date != 0) {
        return ledger__check_come(reader, req, query->date, ahead);
    }
    check_sequence(req, account, query->sequence, ahead);
    return ERR_OK;
}

static enum err balance_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    const struct balance_query *query = arg;
    struct balance_found *found = result;
    struct ledger_account account;
    struct ledger_as_of as_of = {
        .sequence = query->sequence,
        .date = (int32_t)query->date,
        .at_ms = query->at == 0 ? INT64_MAX : query->at,
    };

    TRY(ledger_ask_account(reader, &query->ask, req->arena, &as_of.account_id));
    TRY(ledger_read_account(reader, as_of.account_id, req->arena, &account));
    TRY(ledger__owner_check(&account, query->ask.owner_id));
    TRY(check_asked(reader, req, query, &account, &found->ahead));
    return found->ahead.param != NULL
               ? ERR_OK
               : ledger_read_balance(reader, &as_of, req->arena, &found->balance);
}

static struct reply *balance_then(struct request *req, void *result)
{
    const struct balance_found *found = result;

    return found->ahead.param != NULL
               ? ledger__reply_ahead(req, &found->ahead)
               : reply_fields(req, 200, &ledger_balance_set, &found->balance);
}

struct reply *ledger_reply_balance(struct request *req, struct ledger_desk desk)
{
    struct balance_query *query = ARENA_NEW(req->arena, struct balance_query);

    if (request_query(req, &ledger_balance_query, query) != ERR_OK) {
        return reply_refusal(req);
    }
    ledger__ask_of(req, desk, &query->ask);
    if ((query->at != 0) + (query->date != 0) + (query->sequence != 0) > 1) {
        return reply_error_at(req, ERR_FIELD_VALUE, query->sequence != 0 ? "sequence" : "date",
                              "give one of at, date and sequence");
    }
    if (query->date != 0 && !ledger__is_date(query->date)) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "date", "must be a date yyyymmdd");
    }
    return reply_query(req, query, sizeof(struct balance_found), balance_run, balance_then);
}
