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

enum ledger_step {
    LEDGER_STEP_PLACE = 1,
    LEDGER_STEP_CAPTURE,
    LEDGER_STEP_RELEASE,
    LEDGER_STEP_EXPIRE
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
    int64_t created_at_ms;
};

extern const struct table ledger__account_table;
extern const struct table ledger__journal_table;
extern const struct table ledger__mark_table;
extern const struct table ledger__hold_table;
extern const struct table ledger__hold_step_table;
extern const struct sequence ledger__journal_sequence;
enum { LEDGER__MIGRATIONS = 6 };
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

/* Stops the process when the account's numbers contradict each other. */
void ledger__account_check(const struct ledger_account *account);
/* False when posted - held is below the floor. */
bool ledger__account_covers(const struct ledger_account *account);

/* ---- posting, for ledger_post and for captures ---- */

/* An account of the posting with its numbers as they will be. */
struct ledger_touched {
    struct ledger_account next;
    size_t first_leg;
};

struct ledger_posting {
    struct tx *tx;
    const struct ledger_post *post;
    int64_t hold_id; /* of a capture; 0: none */
    struct ledger_touched accounts[LEDGER_LEGS_MAX];
    size_t account_count;
    struct {
        size_t account; /* in accounts */
        int64_t sequence;
        struct amount balance;
    } legs[LEDGER_LEGS_MAX];
};

/* The steps of a posting in the order of precedence. Nothing is changed before posting_write. */
MUST_USE enum err ledger__reference_check(struct tx *tx, const struct ledger_reference *reference);
MUST_USE enum err ledger__posting_form(struct tx *tx, const struct ledger_post *post);
/* ERR_OK and *journal_id 0 when the reference is new. */
MUST_USE enum err ledger__posting_find(struct tx *tx, const struct ledger_post *post,
                                       int64_t hold_id, int64_t *journal_id);
MUST_USE enum err ledger__posting_load(struct ledger_posting *posting);
MUST_USE enum err ledger__posting_balanced(struct ledger_posting *posting);
/* What the legs take from an account, net; positive when its balance falls. */
ledger_wide ledger__posting_taken(const struct ledger_posting *posting, int64_t account_id);
MUST_USE enum err ledger__posting_add(struct ledger_posting *posting);
MUST_USE enum err ledger__posting_covered(struct ledger_posting *posting);
MUST_USE enum err ledger__posting_write(struct ledger_posting *posting, int64_t *journal_id);
/* tx_refuse that visibly returns err, so that the compiler knows what is set after TRY. */
static inline enum err ledger__refuse(struct tx *tx, enum err err, const char *param)
{
    (void)tx_refuse(tx, err, param);
    return err;
}
/* "legs[i].name" */
MUST_USE enum err ledger__refuse_leg(struct tx *tx, enum err err, size_t leg, const char *name);

/* ---- prefetch of the hold commands ---- */

void ledger__prefetch_hold(struct prefetch *pre, int64_t hold_id, unsigned round);
void ledger__prefetch_place(struct prefetch *pre, const struct ledger_hold_place *place,
                            unsigned round);
void ledger__prefetch_capture(struct prefetch *pre, const struct ledger_hold_capture *capture,
                              unsigned round);
void ledger__prefetch_release(struct prefetch *pre, const struct ledger_hold_release *release,
                              unsigned round);

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
/* ERR_STORE_NOT_FOUND: the account has no such leg. */
MUST_USE enum err ledger__read_mark(struct reader *reader, int64_t account_id, int64_t sequence,
                                    int64_t *position);
MUST_USE enum err ledger__read_marks_after(struct reader *reader, int64_t position, size_t limit,
                                           struct arena *arena, struct ledger_mark **marks,
                                           size_t *count);
/* One row per code and currency; owner_id is the number of accounts. */
MUST_USE enum err ledger__read_totals(struct reader *reader, struct arena *arena,
                                      struct ledger_account **totals, size_t *count);
/* The lowest id that breaks the rule; 0: none. */
MUST_USE enum err ledger__read_wrong_held(struct reader *reader, int64_t *account_id);
MUST_USE enum err ledger__read_wrong_hold(struct reader *reader, int64_t *hold_id);
MUST_USE enum err ledger__read_stray_hold(struct reader *reader, int64_t *hold_id);

/* ---- module ---- */

extern const struct timer_kind ledger__expire_timer;
extern const struct route ledger__routes[];

#endif
