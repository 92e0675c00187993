/* Statements (对账单), receipts (回单) and daily summaries (每日汇总).
 *
 * All are computed from the account's chain, never from a table that could disagree with it: the
 * ends of a period are found by bisecting the account's marks, and what lies between is walked in
 * pages. The opening balance of a period is the closing balance of the one before it.
 *
 * A document of a whole period is a job of many small steps, each a query of its own, so that it
 * neither holds a transaction nor keeps others from the readers. It is refused when the period has
 * more entries than one document holds.
 *
 * A statement of days that have been cut never changes: the same request gives the same bytes. */
#ifndef MONEY_LEDGER_LEDGER_STATEMENT_H
#define MONEY_LEDGER_LEDGER_STATEMENT_H

#include "money/ledger/ledger.h"

enum ledger_language { LEDGER_CHINESE = 1, LEDGER_ENGLISH };

/* From the first date to the last one, both included. */
struct ledger_period ledger_period_of(int32_t from, int32_t to);

/* What an account's legs come to. */
struct ledger_sums {
    int64_t debit_count;
    int64_t credit_count;
    struct amount debits;
    struct amount credits;
};

enum { LEDGER_ANY_OWNER = -1 };

/* Whose account, and when. */
struct ledger_ask {
    int64_t account_id;
    int64_t owner_id; /* of the account, else it is not found; LEDGER_ANY_OWNER */
    struct ledger_period period;
};

/* What of an account's chain lies in a period, and how far it has been walked. */
struct ledger_walk {
    struct ledger_account account; /* its balances are those of now */
    struct ledger_period period;
    int64_t first; /* sequence; first > last: no legs */
    int64_t last;
    struct amount opening;
    struct amount closing;
    int64_t next; /* sequence of the leg to be read next */
    struct ledger_sums sums;
};
/* ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_walk_begin(struct reader *reader, const struct ledger_ask *ask,
                                    struct arena *arena, struct ledger_walk *out);
/* The next entries, oldest first, up to LEDGER_STATEMENT_MAX; none at the end. */
MUST_USE enum err ledger_walk_next(struct reader *reader, struct ledger_walk *walk,
                                   struct arena *arena, struct ledger_entry **entries,
                                   size_t *count);

/* ---- documents ---- */

enum ledger_document_kind { LEDGER_DOCUMENT_SUMS = 1, LEDGER_DOCUMENT_CSV, LEDGER_DOCUMENT_PDF };

/* The most entries a document holds. */
enum {
    LEDGER_SUMS_MAX = 1000000,
    LEDGER_CSV_MAX = 250000,
    LEDGER_PDF_MAX = 10000,
};

struct ledger_document_ask {
    struct ledger_ask of;
    enum ledger_document_kind kind;
    enum ledger_language language;
    bool bom; /* a byte order mark before the CSV, for spreadsheets that want one */
};
struct ledger_document {
    struct ledger_document_ask ask;
    struct arena *arena; /* what it is built in */
    struct ledger_walk walk;
    bool begun;
    struct str account_name; /* of its code, in the language */
    struct buf csv;
    struct ledger_entry *entries; /* for a PDF */
    size_t entry_count;
    struct str content; /* when it is done: the file; empty for LEDGER_DOCUMENT_SUMS */
};
void ledger_document_init(struct ledger_document *document, struct arena *arena,
                          const struct ledger_document_ask *ask);
/* One step: up to some thousand entries. ERR_LEDGER_ACCOUNT; ERR_LEDGER_STATEMENT_LONG, then
 * document->walk tells how many entries there are, and ledger_document_max how many it may hold. */
MUST_USE enum err ledger_document_step(struct reader *reader, struct ledger_document *document,
                                       bool *done);
int64_t ledger_document_max(enum ledger_document_kind kind);

/* ---- daily summaries ---- */

enum { LEDGER_DAY_SOURCES = 32, LEDGER_DAYS_MAX = 366 };

struct ledger_day_sums {
    int32_t date;
    struct amount opening;
    struct amount closing;
    struct ledger_sums sums;
    struct ledger_sums by_source[LEDGER_DAY_SOURCES]; /* by enum ledger_source */
};
/* A summary for each date from the first to the last, also for those without entries. A job of
 * steps like a document; the same refusals, of LEDGER_SUMS_MAX entries. */
struct ledger_daily {
    struct ledger_ask of; /* its period: of dates */
    struct arena *arena;
    struct ledger_walk walk;
    bool begun;
    struct ledger_day_sums *days;
    size_t day_count;
    size_t at; /* the day of the last entry seen */
};
/* Up to LEDGER_DAYS_MAX dates. */
void ledger_daily_init(struct ledger_daily *daily, struct arena *arena,
                       const struct ledger_ask *ask);
MUST_USE enum err ledger_daily_step(struct reader *reader, struct ledger_daily *daily, bool *done);

/* The summaries of a date of all accounts of an owner, in the order of their ids. A job of steps.
 */
enum { LEDGER_OWNER_ACCOUNTS_MAX = 100 };
struct ledger_owner_daily {
    int64_t owner_id;
    int64_t after_id; /* accounts with a greater id */
    int32_t date;
    size_t limit; /* 1 … LEDGER_OWNER_ACCOUNTS_MAX */
    struct arena *arena;
    struct ledger_account *accounts; /* NULL before the first step */
    size_t account_count;
    bool more;                    /* there are further accounts */
    struct ledger_day_sums *days; /* of accounts[i] */
    size_t at;
    struct ledger_daily current;
};
MUST_USE enum err ledger_owner_daily_step(struct reader *reader, struct ledger_owner_daily *daily,
                                          bool *done);

/* ---- receipts ---- */

struct ledger_receipt_leg {
    struct ledger_entry entry;
    struct ledger_account account;
    struct str name; /* of the account's code, in the language */
};
struct ledger_receipt {
    struct ledger_journal_view journal;
    enum ledger_language language;
    struct ledger_receipt_leg *legs;
    size_t leg_count;
    struct amount amount; /* the debits in the currency of the first leg */
    enum currency currency;
    bool several;          /* there are other currencies as well */
    struct str in_chinese; /* the amount in capital numerals; empty unless it is in CNY */
    struct str code;       /* 16 hex digits over what the receipt says, in groups of four */
};
/* ERR_LEDGER_JOURNAL. */
MUST_USE enum err ledger_read_receipt(struct reader *reader, int64_t journal_id,
                                      enum ledger_language language, struct arena *arena,
                                      struct ledger_receipt *out);
/* The receipt as a PDF of one page. */
MUST_USE enum err ledger_receipt_pdf(const struct ledger_receipt *receipt, struct arena *arena,
                                     struct str *out);

/* ---- HTTP, for the routes of operators and those of merchants; {id} is the account ---- */

extern const struct field_set ledger_entry_set;
extern const struct field_set ledger_statement_query, ledger_document_query, ledger_daily_query;
extern const struct field_set ledger_sums_set, ledger_day_set;
extern const enum err ledger_document_errors[], ledger_page_errors[];
/* Pages of ledger_entry_set, by ledger_statement_query. */
struct reply *ledger_reply_statement(struct request *req, int64_t owner_id);
/* A file, or the sums as ledger_sums_set, by ledger_document_query. */
struct reply *ledger_reply_document(struct request *req, int64_t owner_id,
                                    enum ledger_document_kind kind);
/* Pages of ledger_day_set, by ledger_daily_query. */
struct reply *ledger_reply_daily(struct request *req, int64_t owner_id);

#endif
