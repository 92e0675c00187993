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
 * A statement of days that have been cut never changes, but for the name of the account's owner:
 * the same request gives the same bytes. */
#ifndef MONEY_LEDGER_LEDGER_STATEMENT_H
#define MONEY_LEDGER_LEDGER_STATEMENT_H

#include "money/ledger/ledger.h"

enum { LEDGER_SOURCES_MAX = 32 }; /* more than enum ledger_source has */

/* What people call an account. */
struct ledger_label {
    struct str number; /* 账号 */
    struct str owner;  /* the name of whom it is kept for; empty: the platform, or it has none */
};
/* What is known of accounts above the books. Whoever prints papers brings it. */
struct ledger_directory {
    /* ERR_LEDGER_ACCOUNT: no account has this number. */
    enum err (*find)(struct reader *reader, struct str number, struct arena *arena,
                     int64_t *account_id);
    enum err (*label)(struct reader *reader, const struct ledger_account *account,
                      struct arena *arena, struct ledger_label *out);
    /* Sets what each entry is about, where that is not what its business number says; one question
     * for all of a kind. NULL: it is what the number says. */
    enum err (*name)(struct reader *reader, struct ledger_entry *entries, size_t count,
                     struct arena *arena);
};

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
    const struct ledger_directory *directory;
    int64_t account_id;
    struct str account_number; /* instead of the id, when that is 0 */
    int64_t owner_id;          /* of the account, else it is not found; LEDGER_ANY_OWNER */
    struct ledger_period period;
};
/* The id of the account that is asked for. ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_ask_account(struct reader *reader, const struct ledger_ask *ask,
                                     struct arena *arena, int64_t *account_id);

/* What of an account's chain lies in a period, and how far it has been walked. */
struct ledger_walk {
    struct ledger_account account; /* its balances are those of now */
    struct ledger_label label;
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

enum { LEDGER_DAYS_MAX = 366 };

struct ledger_day_sums {
    int32_t date;
    struct amount opening;
    struct amount closing;
    struct ledger_sums sums;
    struct ledger_sums by_source[LEDGER_SOURCES_MAX]; /* by enum ledger_source */
};
/* A summary for each date from the first to the last, also for those without entries. A job of
 * steps like a document, but of any number of entries: what it keeps does not grow with them. With
 * entry_max it ends after the date on which it has seen so many, and day_count is then less.
 * ERR_LEDGER_ACCOUNT. */
struct ledger_daily {
    struct ledger_ask of; /* its period: of dates */
    struct arena *arena;
    struct ledger_walk walk;
    bool begun;
    struct ledger_day_sums *days;
    size_t day_count;
    int64_t entry_max; /* 0: none */
    size_t at;         /* the day of the last entry seen */
};
/* Up to LEDGER_DAYS_MAX dates. */
void ledger_daily_init(struct ledger_daily *daily, struct arena *arena,
                       const struct ledger_ask *ask);
MUST_USE enum err ledger_daily_step(struct reader *reader, struct ledger_daily *daily, bool *done);

/* The summaries of a date of all accounts of an owner, in the order of their ids. A job of steps.
 */
enum { LEDGER_OWNER_ACCOUNTS_MAX = 100 };
struct ledger_owner_daily {
    const struct ledger_directory *directory;
    int64_t owner_id;
    int64_t after_id; /* accounts with a greater id */
    int32_t date;     /* 0: the one before the books' own; none before the first posting ever */
    size_t limit;     /* 1 … LEDGER_OWNER_ACCOUNTS_MAX */
    struct arena *arena;
    struct ledger_account *accounts; /* NULL before the first step */
    struct ledger_label *labels;     /* of accounts[i] */
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
    struct ledger_label label;
    struct str name; /* of the account's code, in the language */
};
struct ledger_receipt_ask {
    const struct ledger_directory *directory;
    int64_t journal_id;
    enum ledger_language language;
    int64_t account_id; /* for its owner, who sees the legs on his own accounts alone; 0: for the
                           platform, which sees all */
};
struct ledger_receipt {
    struct ledger_receipt_ask ask;
    struct ledger_journal_view journal;
    struct ledger_reference reference; /* of the journal that booked it first, had it to wait */
    struct ledger_receipt_leg *legs;   /* those that are shown, and so below */
    size_t leg_count;
    /* The debits or the credits, the greater ones, in the currency of the account that is asked
     * for, else of the first leg. */
    struct amount amount;
    enum currency currency;
    bool several;          /* there are other currencies as well */
    struct str in_chinese; /* the amount in capital numerals; empty unless it is in CNY */
    struct str code;       /* 16 hex digits over what the receipt says, in groups of four */
};
/* ERR_LEDGER_JOURNAL: there is none, or it has no leg on the account. ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_read_receipt(struct reader *reader, const struct ledger_receipt_ask *ask,
                                      struct arena *arena, struct ledger_receipt *out);
/* The receipt as a PDF of one page. */
MUST_USE enum err ledger_receipt_pdf(const struct ledger_receipt *receipt, struct arena *arena,
                                     struct str *out);

/* ---- tools ---- */

/* The account and its newest `limit` entries, newest first; the period of the ask is left aside. */
MUST_USE enum err ledger_print_statement(struct ledger_print *print, const struct ledger_ask *ask,
                                         size_t limit);

/* ---- HTTP, for the routes of operators and those of merchants ---- */

extern const struct field_set ledger_entry_set, ledger_journal_set, ledger_pending_set;
extern const struct field_set ledger_statement_query, ledger_document_query, ledger_daily_query,
    ledger_owner_daily_query, ledger_receipt_query, ledger_balance_query, ledger_journals_query,
    ledger_pending_query;
extern const struct field_set ledger_sums_set, ledger_day_set, ledger_receipt_set,
    ledger_balance_set;
extern const enum err ledger_document_errors[], ledger_page_errors[], ledger_receipt_errors[],
    ledger_account_receipt_errors[], ledger_journal_errors[];

/* Who asks; {id} of the path is the account, by id or by number. */
struct ledger_desk {
    int64_t owner_id; /* of the accounts, else they are not found; LEDGER_ANY_OWNER */
    const struct ledger_directory *directory; /* outlives the request */
};
/* Pages of ledger_entry_set, by ledger_statement_query. */
struct reply *ledger_reply_statement(struct request *req, struct ledger_desk desk);
/* A file, or the sums as ledger_sums_set, by ledger_document_query. */
struct reply *ledger_reply_document(struct request *req, struct ledger_desk desk,
                                    enum ledger_document_kind kind);
/* ledger_balance_set, by ledger_balance_query: a time, date or entry that has not come yet is
 * refused. */
struct reply *ledger_reply_balance(struct request *req, struct ledger_desk desk);
/* Pages of ledger_day_set, by ledger_daily_query. */
struct reply *ledger_reply_daily(struct request *req, struct ledger_desk desk);
/* A day of all accounts of a merchant: pages of ledger_day_set, by ledger_owner_daily_query. */
struct reply *ledger_reply_owner_daily(struct request *req,
                                       const struct ledger_directory *directory);
/* ledger_journal_set: {id} is the journal, or those of a payment by ledger_journals_query. */
struct reply *ledger_reply_journal(struct request *req, const struct ledger_directory *directory);
struct reply *ledger_reply_journals(struct request *req, const struct ledger_directory *directory);
/* Pages of ledger_pending_set, by ledger_pending_query. */
struct reply *ledger_reply_pending(struct request *req, const struct ledger_directory *directory);
/* {id} is a journal; by ledger_receipt_query: ledger_receipt_set, or a PDF. */
struct reply *ledger_reply_receipt(struct request *req, const struct ledger_directory *directory);
struct reply *ledger_reply_receipt_pdf(struct request *req,
                                       const struct ledger_directory *directory);
/* The same for who may see an account: {id} is the account, {journal} one that has a leg on it. */
struct reply *ledger_reply_account_receipt(struct request *req, struct ledger_desk desk);
struct reply *ledger_reply_account_receipt_pdf(struct request *req, struct ledger_desk desk);

#endif
