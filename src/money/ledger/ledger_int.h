/* Shared inside money/ledger. */
#ifndef MONEY_LEDGER_LEDGER_INT_H
#define MONEY_LEDGER_LEDGER_INT_H

#include "money/ledger/ledger.h"

__extension__ typedef __int128 ledger_wide; /* sums of many 64-bit amounts */

enum { LEDGER_SLOTS = 2 };

/* One leg inside a journal row. account_id 0: the slot is empty (the last row of an odd number of
 * legs). */
struct ledger_slot {
    int64_t account_id;
    struct amount amount; /* debits positive, credits negative */
    int64_t sequence;
    struct amount balance; /* of the account after this leg, positive on its normal side */
    int64_t previous;      /* position of the account's leg before this one */
    int64_t matures_on;    /* as in struct ledger_leg */
};

/* A journal of more than two legs goes on in the rows that follow its first one. Those have a part
 * number and no reference, but repeat the dates, so that a leg is read in one look-up. */
struct ledger_journal {
    int64_t id;          /* gap-free from 1, in the order of posting */
    int64_t business_no; /* 0 (NULL) in the rows after the first */
    enum ledger_source source;
    enum ledger_operation operation;
    int64_t part;      /* 0 in the first row, 1, 2, … after it */
    int64_t leg_count; /* of the journal; 0 in the rows after the first */
    int64_t hold_id;   /* the hold it captured from; 0: none */
    int64_t voucher;   /* the template that spelled its legs; 0: none */
    int64_t created_at_ms;
    int64_t business_date;
    struct ledger_slot slots[LEDGER_SLOTS];
};

/* Where the 32nd, 64th, … leg of an account stands. */
struct ledger_mark {
    int64_t position;
    int64_t account_id;
    int64_t sequence;
};

struct ledger_memo {
    int64_t journal_id;
    struct str text;
};

enum ledger_step {
    LEDGER_STEP_PLACE = 1,
    LEDGER_STEP_CAPTURE,
    LEDGER_STEP_RELEASE,
    LEDGER_STEP_EXPIRE,
    LEDGER_STEP_START, /* a hold that waited has been opened */
};

/* What happened to a hold; appended, never changed. */
struct ledger_hold_step {
    int64_t id;
    int64_t hold_id;
    enum ledger_step step;
    bool whole;
    struct amount amount;   /* placed, captured, released or expired */
    struct amount released; /* by a capture that gave the rest back */
    enum ledger_source source;
    enum ledger_operation operation;
    int64_t business_no; /* 0 (NULL) when it expired */
    int64_t journal_id;  /* of a capture */
    int64_t date;        /* of the books; 0: they had not begun, or it is from before 132 */
    int64_t created_at_ms;
};

/* An account, once for each date on which money matures that its open holds have reserved, or once
 * without a date. */
struct ledger_reserved {
    struct ledger_account account; /* first: its columns are those of an account */
    int64_t matures_on;
    struct amount reserved;
};

/* What an account is from a change on: appended when it is opened, and with each change of its
 * status, floor or deferring. */
struct ledger_terms {
    int64_t id; /* gap-free, in the order of the changes */
    int64_t account_id;
    int64_t owner_id;
    int64_t code;
    enum currency currency;
    enum ledger_side side;
    int64_t opened_at_ms;
    enum ledger_account_status status;
    bool deferred;
    bool has_floor;
    struct amount floor;
    int64_t date; /* of the books; 0: they had not begun */
    int64_t created_at_ms;
};

/* Made with each account. */
struct ledger_serial {
    int64_t serial;
    int64_t account_id;
};

/* The pending entries of an account: number after which all are applied or parked, and the last. */
struct ledger_queue {
    int64_t account_id;
    int64_t seen;   /* entries up to this number have been tried */
    int64_t oldest; /* entries below this number have been applied */
    int64_t last;
};

extern const struct table ledger__account_table;
extern const struct table ledger__serial_table;
extern const struct table ledger__terms_table;
extern const struct table ledger__pending_table;
extern const struct table ledger__queue_table;
extern const struct table ledger__journal_table;
extern const struct table ledger__mark_table;
extern const struct table ledger__memo_table;
extern const struct table ledger__hold_table;
extern const struct table ledger__hold_step_table;
extern const struct sequence ledger__journal_sequence;
extern const struct sequence ledger__serial_sequence;
extern const struct sequence ledger__terms_sequence;
extern const struct sequence ledger__pending_sequence;
/* As ledger_account_open; for a fact also in a currency that the code takes no more. */
MUST_USE enum err ledger__account_open(struct tx *tx, const struct ledger_account_key *key,
                                       bool fact, int64_t *account_id);
enum { LEDGER__MIGRATIONS = 90 };
extern const struct migration ledger__migrations[LEDGER__MIGRATIONS];

/* ---- positions ---- */

static inline int64_t ledger__position(int64_t row, size_t slot)
{
    return row * LEDGER_SLOTS + (int64_t)slot;
}

static inline int64_t ledger__position_row(int64_t position)
{
    return position / LEDGER_SLOTS;
}

static inline size_t ledger__position_slot(int64_t position)
{
    return (size_t)(position % LEDGER_SLOTS);
}

static inline int64_t ledger__row_count(int64_t leg_count)
{
    return (leg_count + LEDGER_SLOTS - 1) / LEDGER_SLOTS;
}

/* The amount as the journal stores it. */
static inline struct amount ledger__signed(enum ledger_side side, struct amount amount)
{
    return side == LEDGER_DEBIT ? amount : AMOUNT(-amount.minor);
}

/* ---- accounts ---- */

enum { LEDGER_NO_DATE = INT32_MAX }; /* a date on which everything has matured */

/* Stops the process when the account's numbers contradict each other on the date. */
void ledger__account_check(const struct ledger_account *account, int32_t date);
/* posted - held - immature - floor, of which some may be kept for holds that wait. */
struct amount ledger__free(const struct ledger_account *account, int32_t date);
/* False when ledger__free on the date is below zero. */
bool ledger__account_covers(const struct ledger_account *account, int32_t date);
/* False when the change from before to next takes what was kept for holds that wait. */
bool ledger__account_keeps(const struct ledger_account *next, const struct ledger_account *before,
                           int32_t date);
/* ledger_account_get with the refusals ERR_LEDGER_ACCOUNT and ERR_LEDGER_ACCOUNT_CLOSED at
 * "account".
 */
MUST_USE enum err ledger__account_open_one(struct tx *tx, int64_t account_id,
                                           const struct ledger_account **account);
/* A copy, written back by account_put. ERR_LEDGER_ACCOUNT at "account". */
MUST_USE enum err ledger__account_copy(struct tx *tx, int64_t account_id,
                                       struct ledger_account *copy);
MUST_USE enum err ledger__account_put(struct tx *tx, const struct ledger_account *account);

/* ---- maturities ---- */

/* More (or, negative, less) of the account's money matures on the date; what has matured by today
 * is dropped. ERR_LEDGER_MATURITY: on too many dates; ERR_LEDGER_INSUFFICIENT: less than nothing;
 * ERR_LEDGER_OVERFLOW. */
struct ledger_maturing {
    int32_t today;
    int64_t date; /* not later than today: nothing happens */
    int64_t minor;
};
MUST_USE enum err ledger__mature(struct arena *arena, struct ledger_account *account,
                                 const struct ledger_maturing *maturing);
/* What of the account's money matures on the date. */
struct amount ledger__maturing_on(const struct ledger_account *account, int64_t date);

/* ---- posting, for ledger_post, captures and pending entries ---- */

/* An account of the posting with its numbers as they will be. */
struct ledger_touched {
    struct ledger_account next;
    size_t first_leg;
};

struct ledger_posting {
    struct tx *tx;
    const struct ledger_post *post;
    int64_t hold_id;         /* of a capture; 0: none */
    int64_t held_account_id; /* of a capture: its debits go through a block */
    bool direct;             /* no leg becomes a pending entry: it is one */
    int32_t today;
    struct ledger_touched accounts[LEDGER_LEGS_MAX * 2];
    size_t account_count;
    struct {
        size_t account; /* in accounts */
        size_t waits;   /* 0: booked; else the real account in accounts + 1: the leg is pending */
        int64_t sequence;
        struct amount balance;
    } legs[LEDGER_LEGS_MAX];
};

/* For what is only used in part: large. */
void ledger__posting_begin(struct ledger_posting *posting, struct tx *tx,
                           const struct ledger_post *post);
/* The steps of a posting in the order of precedence. Nothing is changed before posting_write. */
MUST_USE enum err ledger__reference_check(struct tx *tx, const struct ledger_reference *reference);
MUST_USE enum err ledger__posting_form(struct tx *tx, const struct ledger_post *post);
/* ERR_OK and *journal_id 0 when the reference is new. */
MUST_USE enum err ledger__posting_find(struct tx *tx, const struct ledger_post *post,
                                       int64_t hold_id, int64_t *journal_id);
MUST_USE enum err ledger__posting_load(struct ledger_posting *posting);
MUST_USE enum err ledger__posting_balanced(struct ledger_posting *posting);
MUST_USE enum err ledger__posting_unblocked(struct ledger_posting *posting);
/* Puts 2299 in the place of accounts whose entries wait. */
MUST_USE enum err ledger__posting_divert(struct ledger_posting *posting);
/* What the legs take from an account, net; positive when its balance falls. */
ledger_wide ledger__posting_taken(const struct ledger_posting *posting, int64_t account_id);
MUST_USE enum err ledger__posting_add(struct ledger_posting *posting);
MUST_USE enum err ledger__posting_covered(struct ledger_posting *posting);
MUST_USE enum err ledger__posting_write(struct ledger_posting *posting, int64_t *journal_id);
/* Whether the accounts could bear the legs now, be they balanced or not. */
MUST_USE enum err ledger__posting_bearable(struct tx *tx, const struct ledger_post *post);
/* From load to write, without the checks of a capture. */
MUST_USE enum err ledger__posting_run(struct ledger_posting *posting, int64_t *journal_id);
/* The general ledger: ERR_LEDGER_OVERFLOW when a total would not fit; then what the legs add to it.
 */
MUST_USE enum err ledger__totals_fit(const struct ledger_posting *posting);
MUST_USE enum err ledger__totals_add(const struct ledger_posting *posting);
/* tx_refuse that visibly returns err, so that the compiler knows what is set after TRY. */
static inline enum err ledger__refuse(struct tx *tx, enum err err, const char *param)
{
    (void)tx_refuse(tx, err, param);
    return err;
}
/* "legs[i].name" */
MUST_USE enum err ledger__refuse_leg(struct tx *tx, enum err err, size_t leg, const char *name);

/* ---- pending entries ---- */

/* The leg stands at the position on 2299; a debit's hold has been counted in the account already.
 */
struct ledger_waiting {
    const struct ledger_account *account;
    const struct ledger_leg *leg;
    int64_t position;
};
MUST_USE enum err ledger__pending_insert(struct tx *tx, const struct ledger_waiting *waiting);
/* Whether entries of the account wait that have not been tried; a parked one has been. The account
 * has pending entries. */
MUST_USE enum err ledger__pending_untried(struct tx *tx, int64_t account_id, bool *untried);
/* ERR_STORE_NOT_FOUND: no pending entry stands there. */
MUST_USE enum err ledger__pending_at(struct tx *tx, int64_t position,
                                     const struct ledger_pending **pending);
/* Inserts the hold row and its first step; the account's numbers are the caller's. */
MUST_USE enum err ledger__hold_insert(struct tx *tx, const struct ledger_hold_place *place,
                                      enum ledger_hold_status status, int64_t *hold_id);

/* ---- prefetch of the hold commands ---- */

void ledger__prefetch_hold(struct prefetch *pre, int64_t hold_id, unsigned round);
void ledger__prefetch_place(struct prefetch *pre, const struct ledger_hold_place *place,
                            unsigned round);
void ledger__prefetch_capture(struct prefetch *pre, const struct ledger_hold_capture *capture,
                              unsigned round);
void ledger__prefetch_release(struct prefetch *pre, const struct ledger_hold_release *release,
                              unsigned round);

/* ---- days ---- */

/* The date of the books as it stands, without a cut; 0: they have not begun. */
MUST_USE enum err ledger__date(struct tx *tx, int64_t *date);

/* ---- reading ---- */

/* ERR_LEDGER_JOURNAL: there is no such row. */
MUST_USE enum err ledger__read_row(struct reader *reader, int64_t row, struct arena *arena,
                                   struct ledger_journal *out);
/* Rows with id > after, in order. */
MUST_USE enum err ledger__read_rows_after(struct reader *reader, int64_t after, size_t limit,
                                          struct arena *arena, struct ledger_journal **rows,
                                          size_t *count);
/* 0: the journal is empty. */
MUST_USE enum err ledger__read_last_row(struct reader *reader, int64_t *row);
MUST_USE enum err ledger__read_business_rows(struct reader *reader, int64_t business_no,
                                             enum ledger_source source, struct arena *arena,
                                             struct ledger_journal **rows, size_t *count);
/* Keeps the memo of a new journal, or compares it with that of the one that was there before:
 * ERR_LEDGER_CONFLICT at "memo". */
MUST_USE enum err ledger__memo_keep(struct tx *tx, const struct ledger_posted *posted,
                                    struct str memo);
/* Sets the memos of the entries' journals; of what had to wait, that of the journal that booked it
 * first. */
MUST_USE enum err ledger__read_memos(struct reader *reader, struct ledger_entry *entries,
                                     size_t count, struct arena *arena);
/* Empty: it has none. */
MUST_USE enum err ledger__read_memo(struct reader *reader, int64_t journal_id, struct arena *arena,
                                    struct str *text);
/* ERR_STORE_NOT_FOUND: the account has no such leg. */
MUST_USE enum err ledger__read_mark(struct reader *reader, int64_t account_id, int64_t sequence,
                                    int64_t *position);
/* The rows of the leg at the position and of up to count - 1 legs before it in its account's chain,
 * and the first rows of their journals; ordered by id. count < LEDGER__CHAIN_MAX. */
enum { LEDGER__CHAIN_MAX = 1000 }; /* MySQL follows no longer one in a statement */
MUST_USE enum err ledger__read_chain(struct reader *reader, int64_t position, int64_t count,
                                     struct arena *arena, struct ledger_journal **rows,
                                     size_t *row_count);

/* Legs of an account, by their running numbers; none when first > last. */
struct ledger_range {
    int64_t first;
    int64_t last;
};
/* The account's legs of the range, oldest first; at most LEDGER_STATEMENT_MAX. Look-ups of one or
 * two marks and one statement. */
MUST_USE enum err ledger__read_entries(struct reader *reader, const struct ledger_account *account,
                                       struct ledger_range range, struct arena *arena,
                                       struct ledger_entry *out);

/* Where the legs of pending entries were booked first: out[i] of pending[i]. One or two questions
 * for all of them. */
MUST_USE enum err ledger__read_origins(struct reader *reader,
                                       const struct ledger_pending *const *pending, size_t count,
                                       struct arena *arena, struct ledger_origin *out);
/* Fills in the pending entries that the journal's legs left. */
MUST_USE enum err ledger__read_pending_of(struct reader *reader, struct arena *arena,
                                          struct ledger_journal_view *view);
/* Rows by ids of which some may be the same; the ids are put in order. */
struct ledger__rows {
    int64_t *ids;
    const void **rows;
    size_t count;
};
MUST_USE enum err ledger__rows_load(struct reader *reader, const struct table *table, int64_t *ids,
                                    size_t count, struct arena *arena, struct ledger__rows *out);
/* Of one of these ids; NULL: there is none. */
const void *ledger__rows_find(const struct ledger__rows *rows, int64_t id);
/* Gives the entries that applied pending ones the reference of their origin, and its id. No two may
 * be of one pending entry; those of one account never are. */
MUST_USE enum err ledger__trace_entries(struct reader *reader, struct ledger_entry *entries,
                                        size_t count, struct arena *arena);

/* Before the start of the date, or before the instant. */
bool ledger__is_before(const struct ledger_entry *entry, struct ledger_moment moment);
/* The account's last leg before the moment; sequence and balance are 0 when there is none. */
MUST_USE enum err ledger__read_before(struct reader *reader, const struct ledger_account *account,
                                      struct ledger_moment moment, struct arena *arena,
                                      struct ledger_entry *out);
MUST_USE enum err ledger__read_marks_after(struct reader *reader, int64_t position, size_t limit,
                                           struct arena *arena, struct ledger_mark **marks,
                                           size_t *count);
/* Tables of which a proof looks at a page at a time, in the order of their ids. */
enum ledger_paged {
    LEDGER_PAGED_ACCOUNTS = 0,
    LEDGER_PAGED_HOLDS,
    LEDGER_PAGED_STEPS,
    LEDGER_PAGED_PENDING,
    LEDGER_PAGED_QUEUES,
    LEDGER_PAGED_TERMS,
    LEDGER_PAGED_SERIALS,
    LEDGER_PAGED_JOURNAL,
    LEDGER_PAGED_TABLES
};
extern const struct statement ledger__page_ends[LEDGER_PAGED_TABLES];
/* The rows with after < id <= last. The first page comes after {.last = INT64_MIN}. */
struct ledger_page {
    int64_t after;
    int64_t last;
    size_t count; /* when it was found; less than the limit: the table's last page */
};
MUST_USE enum err ledger__next_page(struct reader *reader, enum ledger_paged table, size_t limit,
                                    struct ledger_page *page);
/* Accounts with after < id <= last, in order, each with its holds as of one commit. */
MUST_USE enum err ledger__read_reserved(struct reader *reader, int64_t after, int64_t last,
                                        struct arena *arena, struct ledger_reserved **rows,
                                        size_t *count);
/* A rule that holds between rows. */
struct ledger_rule {
    enum ledger_paged pages;
    const char *table; /* of the row that breaks it */
    const char *text;
    unsigned ranges;            /* 2: the statement asks for the page's bounds twice */
    struct statement broken_by; /* gives the first row that breaks it, or none */
};
enum { LEDGER__RULES = 27 };
extern const struct ledger_rule ledger__rules[LEDGER__RULES];
/* Not among them: it goes over the whole journal, so that it is asked only when the numbers of
 * captures differ. */
extern const struct ledger_rule ledger__stray_capture;
extern const struct statement ledger__captures_until;
/* Steps of the page that captured by journals up to the row. */
MUST_USE enum err ledger__count_captures(struct reader *reader, const struct ledger_page *page,
                                         int64_t last_row, int64_t *count);
/* ERR_STORE_NOT_FOUND: none of the page breaks it. */
MUST_USE enum err ledger__read_rule(struct reader *reader, const struct ledger_rule *rule,
                                    const struct ledger_page *page, int64_t *id);
/* ledger_prove in other pages: the result is the same. */
MUST_USE enum err ledger__prove_in_pages(struct store *store, size_t page_rows,
                                         struct ledger_proof *out);
struct ledger_backlog {
    int64_t waiting;
    int64_t parked;
    int64_t oldest_at_ms; /* when the oldest that waits was posted; 0: none waits */
};
MUST_USE enum err ledger__read_backlog(struct reader *reader, struct ledger_backlog *out);
/* Holds of the account that wait and whose start has come, in the order of rank and age. */
MUST_USE enum err ledger__read_waiting_holds(struct reader *reader, int64_t account_id,
                                             int64_t now_ms, struct arena *arena,
                                             struct ledger_hold **holds, size_t *count);

/* ---- module ---- */

/* Sets the gauges of the backlog; they stay as they are when it cannot be read, which is counted.
 */
MUST_USE enum err ledger__measure_backlog(struct reader *reader, int64_t now_ms);
/* Measures it every few seconds on the app's first loop, until it is freed with that loop ended. */
struct ledger_gauges;
struct ledger_gauges *ledger__gauges_new(struct app *app);
void ledger__gauges_free(struct ledger_gauges *gauges);

struct ledger_state { /* of the module */
    struct ledger_gauges *gauges;
    ledger_hold_turn_cb turn; /* NULL: nobody notes it */
    ledger_manual_step_cb manual;
};
/* What ledger_on_manual_step was given; NULL: nothing. */
ledger_manual_step_cb ledger__manual_note(const struct app *app);

struct ledger__manual {
    struct ledger_manual_step step; /* without the account of a capture or a release */
    ledger_manual_step_cb note;     /* NULL: the step alone */
};
extern const struct command_kind ledger__manual_kind; /* result ledger_held */

/* What a hold does when its time has come. */
struct ledger_hold_turn {
    int64_t hold_id;
    ledger_hold_step_cb step;
    ledger_hold_turn_cb turn; /* NULL: the step alone */
};
extern const struct command_kind ledger__turn_kind; /* no result */

extern const struct timer_kind ledger__expire_timer;
extern const struct timer_kind ledger__start_timer;
extern const struct timer_kind ledger__pending_timer;
extern const struct route ledger__routes[];

#endif
