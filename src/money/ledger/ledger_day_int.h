/* Business days, totals and seals: shared inside money/ledger. */
#ifndef MONEY_LEDGER_LEDGER_DAY_INT_H
#define MONEY_LEDGER_LEDGER_DAY_INT_H

#include "base/crypto.h"
#include "money/ledger/ledger_int.h"

/* The one row that tells what day it is, so that a posting looks nothing up. */
struct ledger_clock {
    int64_t id; /* 1 */
    int64_t date;
    int64_t ends_at_ms; /* the first instant of the next calendar day */
};

/* Of a code and currency, of all time. */
struct ledger_total_sums {
    struct amount debits;
    struct amount credits;
    int64_t legs;
};

/* The general ledger: what all accounts of a code and currency have moved. Kept in memory, written
 * once per batch. */
struct ledger_total {
    int64_t id; /* ledger__total_id */
    int64_t code;
    enum currency currency;
    enum ledger_side side;
    int64_t date; /* of the last movement */
    struct ledger_total_sums sums;
};

/* The sums at the close of a date, kept when a later day moves the total for the first time. They
 * hold for each date from `date` until before `next_date`. */
struct ledger_total_day {
    int64_t id;
    int64_t code;
    enum currency currency;
    int64_t date;
    int64_t next_date;
    struct ledger_total_sums sums;
};

extern const struct table ledger__clock_table;
extern const struct table ledger__day_table;
extern const struct table ledger__total_table;
extern const struct table ledger__total_day_table;
extern const struct statement ledger__total_rows, ledger__total_day_rows;
extern const struct table ledger__tally_row_shape;
extern const struct statement ledger__account_sums, ledger__total_sums, ledger__moved_sums;
extern const struct timer_kind ledger__cut_timer;
extern const struct route ledger__day_routes[];
extern const struct enum_name ledger__day_status_names[];

enum { LEDGER_CLOCK_ID = 1, LEDGER_CODES_MAX = 10000, LEDGER_CURRENCY_RADIX = 1000 };
enum { LEDGER_WRONG_MAX = 200 }; /* characters of a day's wrong, of a proof's */

static inline int64_t ledger__total_id(int64_t code, enum currency currency)
{
    return code * LEDGER_CURRENCY_RADIX + (int64_t)currency;
}

/* ---- seals ---- */

enum { LEDGER_HASH = CRYPTO_SHA256_LEN, LEDGER_SEAL_ROWS = 512, LEDGER_SEAL_SHORT = 4 };

/* Up to 512 consecutive rows of a day. The short hashes name the row that was changed; the chain
 * makes sure that none was. */
struct ledger_seal_page {
    int64_t id; /* its first row */
    int64_t last_row;
    struct str hashes; /* the first 4 bytes of each row's SHA-256 */
    struct str chain;  /* SHA-256 of the chain of the page before it (zeros: it is the day's first)
                          and the whole hashes of its rows */
};

extern const struct table ledger__seal_page_table;
extern const struct statement ledger__seal_pages, ledger__oldest_closing, ledger__days_before,
    ledger__days_after;
extern const struct timer_kind ledger__seal_timer;

/* The rows of a day being hashed, page by page. */
struct ledger_hasher {
    unsigned char chain[LEDGER_HASH]; /* of the pages that are full */
    unsigned char rows[LEDGER_SEAL_ROWS * LEDGER_HASH];
    size_t count;      /* rows of the page begun */
    int64_t first_row; /* of it */
};
void ledger__hasher_begin(struct ledger_hasher *hasher);
/* The row's hash; the caller ends the page after LEDGER_SEAL_ROWS rows or the day's last one. */
const unsigned char *ledger__hasher_add(struct ledger_hasher *hasher,
                                        const struct ledger_journal *row);
struct ledger_seal_page ledger__hasher_end_page(struct ledger_hasher *hasher, struct arena *arena);
void ledger__row_hash(const struct ledger_journal *row, unsigned char out[LEDGER_HASH]);

/* ---- what a seal covers besides the journal ---- */

enum ledger_record_table {
    LEDGER_RECORD_TERMS = 0,
    LEDGER_RECORD_STEPS,
    LEDGER_RECORD_HOLDS, /* what does not change in them */
    LEDGER_RECORD_PENDING,
    LEDGER_RECORD_MEMOS,
    LEDGER_RECORD_TABLES
};
extern const char *const ledger__record_tables[LEDGER_RECORD_TABLES];
extern const struct statement ledger__terms_of_date, ledger__steps_of_date;
extern const struct statement ledger__pending_between, ledger__memos_between;

/* The records of a day that has been cut, being hashed page by page. */
struct ledger_records {
    int64_t date, first_row, last_row;
    bool first;   /* no seal before it covers any: it covers all that there are until then */
    bool undated; /* those of the date 0 are being read */
    unsigned reading;
    int64_t after; /* the last one that was read */
    unsigned char chains[LEDGER_RECORD_TABLES][LEDGER_HASH];
};
void ledger__records_begin(struct ledger_records *records, const struct ledger_day *day,
                           bool first);
MUST_USE enum err ledger__records_step(struct ledger_records *records, struct reader *reader,
                                       struct arena *arena, bool *done);
/* A view of the chains, one after the other. */
struct str ledger__records_chains(const struct ledger_records *records);

/* A numbered value as it is hashed; nothing when it is zero. */
void ledger__add_value(struct buf *buf, unsigned char number, int64_t value);

/* ---- what a day's rows say of each code and currency ---- */

struct ledger_code_sum {
    int64_t total_id;
    ledger_wide debits;
    ledger_wide credits;
    int64_t legs;
};
struct ledger_fold {
    struct ledger_code_sum *sums;
    size_t count, size;
};
void ledger__fold_begin_day(struct ledger_fold *fold); /* the sums keep their places */
void ledger__fold_free(struct ledger_fold *fold);
/* The place of the sum an account belongs to; it does not move. */
size_t ledger__fold_place(struct ledger_fold *fold, int64_t total_id);
void ledger__fold_leg(struct ledger_fold *fold, size_t place, struct amount amount);

struct ledger_total_at;
/* The first difference between the rows of a day and its totals, or between its debits and credits
 * in a currency; nothing is written when there is none. */
void ledger__fold_compare(struct ledger_fold *fold, int64_t date,
                          const struct ledger_total_at *totals, size_t count, struct buf *wrong);

/* ---- the totals against the sums over all accounts (总分核对) ---- */

/* In bounded steps beside the writer: exact as of one row of the journal, whatever is committed
 * between them. */
struct ledger_tally {
    size_t page_rows; /* of accounts or of the journal, in a step */
    int64_t read;     /* accounts up to this id have been read; */
    int64_t settled;  /* the sums of those up to this one are as of `row`, */
    int64_t row;      /* and legs are added to them while it is before `target` */
    int64_t target;
    bool accounts_read, totals_read;
    struct ledger_fold accounts, totals;
    const struct ledger_tally_row *page; /* the accounts that the last step has read */
    size_t page_count;
};
/* Of a new tally, which is zero, or again. */
void ledger__tally_begin(struct ledger_tally *tally, size_t page_rows);
void ledger__tally_free(struct ledger_tally *tally);
/* ERR_STORE_STALE: this reader's server is behind one that was asked before. */
MUST_USE enum err ledger__tally_step(struct ledger_tally *tally, struct reader *reader,
                                     struct arena *arena);
bool ledger__tally_is_done(const struct ledger_tally *tally);
/* When it is done: the first code and currency that differ, in words; nothing when none does. */
void ledger__tally_compare(struct ledger_tally *tally, struct buf *wrong);

/* ---- the proof of days ---- */

/* Goes beside the fold of ledger_prove: knows the day each row must be of, and compares rows with
 * seals and days with their rows. Its `wrong` is empty as long as all is right. */
struct ledger_day_proof;
/* day 0: from the first day to the last, else that day alone. */
struct ledger_day_proof *ledger__day_proof_new(int64_t date);
void ledger__day_proof_free(struct ledger_day_proof *proof);
const char *ledger__day_proof_wrong(const struct ledger_day_proof *proof);
/* A page of the proof: the reader, and memory until the next one. */
void ledger__day_proof_page(struct ledger_day_proof *proof, struct reader *reader,
                            struct arena *arena);
/* How many rows after last_row may be read at once: they are of one day, and whole pages of its
 * seal. Days that end with last_row are compared. */
MUST_USE enum err ledger__day_proof_limit(struct ledger_day_proof *proof, int64_t last_row,
                                          size_t *limit);
/* Dates and seals of the rows read; *count may become less: the writer has cut the day meanwhile.
 */
MUST_USE enum err ledger__day_proof_rows(struct ledger_day_proof *proof,
                                         const struct ledger_journal *rows, size_t *count);
size_t ledger__day_proof_place(struct ledger_day_proof *proof, const struct ledger_account *row);
void ledger__day_proof_leg(struct ledger_day_proof *proof, size_t place, struct amount amount);
/* Everything up to last_row has been folded. */
MUST_USE enum err ledger__day_proof_end(struct ledger_day_proof *proof, int64_t last_row);

struct ledger_total_at;
/* Over everything a seal says: the day with its counts, rows_hash and previous_hash, and what its
 * totals were when it began and ended. */
void ledger__day_hash(const struct ledger_day *day, const struct ledger_total_at *totals,
                      size_t total_count, unsigned char out[LEDGER_HASH]);

/* Pages with id >= first, in order. */
MUST_USE enum err ledger__read_seal_pages(struct reader *reader, int64_t first, size_t limit,
                                          struct arena *arena, struct ledger_seal_page **pages,
                                          size_t *count);
/* The first day after a date. ERR_LEDGER_DAY: there is none. */
MUST_USE enum err ledger__read_day_after(struct reader *reader, int64_t date, struct arena *arena,
                                         struct ledger_day *day);
/* 0: none. */
MUST_USE enum err ledger__read_oldest_closing(struct reader *reader, int64_t *date);

/* ---- the totals ---- */

/* ERR_STORE_NOT_FOUND: nothing has been posted yet. */
MUST_USE enum err ledger__read_clock(struct reader *reader, struct arena *arena,
                                     struct ledger_clock *clock);
/* All totals in the order of code and currency, in one snapshot. */
MUST_USE enum err ledger__read_total_rows(struct reader *reader, struct arena *arena,
                                          struct ledger_total **rows, size_t *count);
/* What accounts or totals have moved of all time, or some rows of the journal have. */
struct ledger_tally_row {
    int64_t id; /* 0: of all accounts of a code and currency */
    int64_t code;
    enum currency currency;
    struct amount debits;
    struct amount credits;
    int64_t last_row; /* of the journal, as of the same commit */
};
/* Of each account with id > after, in order. */
MUST_USE enum err ledger__read_account_sums(struct reader *reader, int64_t after, size_t limit,
                                            struct arena *arena, struct ledger_tally_row **rows,
                                            size_t *count);
/* Of each total. */
MUST_USE enum err ledger__read_total_sums(struct reader *reader, struct arena *arena,
                                          struct ledger_tally_row **rows, size_t *count);
/* Of accounts up to an id by the rows of the journal after one and up to another. */
struct ledger_moved {
    int64_t after_row;
    int64_t last_row;
    int64_t last_account;
};
MUST_USE enum err ledger__read_moved_sums(struct reader *reader, const struct ledger_moved *moved,
                                          struct arena *arena, struct ledger_tally_row **rows,
                                          size_t *count);
/* Those kept sums that hold for the date, in the order of code and currency. */
MUST_USE enum err ledger__read_total_days(struct reader *reader, int64_t date, struct arena *arena,
                                          struct ledger_total_day **rows, size_t *count);

/* ---- as of a date ---- */

/* A total with its sums when the date began and when it ended (or now). */
struct ledger_total_at {
    struct ledger_total total;
    struct ledger_total_sums opening;
    struct ledger_total_sums closing;
};
MUST_USE enum err ledger__read_totals_at(struct reader *reader, int32_t date, struct arena *arena,
                                         struct ledger_total_at **rows, size_t *count);

#endif
