/* The books: accounts, journals of balanced legs, holds.
 *
 * Every movement of money is a journal: 2 to 64 legs whose debits equal their credits in each
 * currency. A journal is appended once and never changed. Each leg carries its account's running
 * sequence (gap-free, from 1), the balance after it and the position of the account's previous leg,
 * so an account's history is a chain that starts at its row (account.last_position) and can be
 * proved by folding the journal (ledger_prove). Every 32nd leg of an account leaves a mark row, so
 * that any page of a statement is one seek away.
 *
 *     position = journal row * 2 + slot          two legs to a row; a journal of n legs takes
 *     available = posted - held - floor          (n + 1) / 2 consecutive rows
 *
 *     hold:  open ──capture, release in part──► open
 *              ├──captured or released whole──► closed
 *              └──its time is over────────────► expired
 *
 * One effect per key: (source, business_no, operation) names a journal or a step of a hold for
 * ever. The same key with the same content answers ERR_OK with the first journal and `exists`; with
 * other content ERR_LEDGER_CONFLICT and the name of the first field that differs.
 *
 * Precedence of refusals: the first row that applies is the answer, so a client can rely on it.
 *
 *      1  ERR_LEDGER_REFERENCE     source, business_no, operation   not given
 *      2  ERR_LEDGER_LEGS          legs              fewer than 2 or more than 64
 *      3  ERR_LEDGER_AMOUNT        legs[i].amount    not positive (the first such leg)
 *      4  ERR_LEDGER_CONFLICT      the differing field: legs, legs[i].account, .side, .amount;
 *                                  hold, amount, whole, kind, account, expires_at for holds
 *         (ERR_OK, exists          the same content was posted before)
 *      5  ERR_LEDGER_HOLD_NOT_FOUND, _HOLD_EXPIRED, _HOLD_CLOSED
 *      6  ERR_LEDGER_ACCOUNT       legs[i].account   there is no such account (the first such leg)
 *      7  ERR_LEDGER_UNBALANCED    the currency      debits differ from credits
 *      8  ERR_LEDGER_HOLD_MISMATCH legs              a capture that takes nothing from the account
 *      9  ERR_LEDGER_HOLD_EXCEEDED amount            more than the hold has left
 *     10  ERR_LEDGER_OVERFLOW      legs[i].amount    a balance or total would leave 63 bits
 *     11  ERR_LEDGER_INSUFFICIENT  legs[i].account   available would fall below zero (the first leg
 *                                  of the first such account)
 *
 * A refused posting leaves no trace. A broken invariant (debits = credits, available >= 0 where
 * there is a floor) stops the process. */
#ifndef MONEY_LEDGER_LEDGER_H
#define MONEY_LEDGER_LEDGER_H

#include "platform/module/module.h"

enum { LEDGER_LEGS_MIN = 2, LEDGER_LEGS_MAX = 64, LEDGER_MARK_EVERY = 32 };

/* Prefixes of the public ids (base/id.h). */
#define LEDGER_ACCOUNT_PREFIX "acc"
#define LEDGER_JOURNAL_PREFIX "jnl"
#define LEDGER_HOLD_PREFIX "hld"

enum ledger_side { LEDGER_DEBIT = 1, LEDGER_CREDIT };

/* The chart of accounts (科目): class digit 1 assets, 2 liabilities, 6 profit and loss. The normal
 * side, the name and the default floor of each code are rows of ledger_chart.c. Stored. */
enum ledger_code {
    LEDGER_CODE_BANK = 1002,                /* 备付金存款 deposits at the bank */
    LEDGER_CODE_FEE_RECEIVABLE = 1122,      /* 应收手续费 fee receivable from a merchant */
    LEDGER_CODE_CHANNEL_RECEIVABLE = 1131,  /* 应收渠道款 receivable from a channel */
    LEDGER_CODE_MERCHANT_PAYABLE = 2241,    /* 应付商户待结算 payable to a merchant */
    LEDGER_CODE_CHANNEL_FEE_PAYABLE = 2251, /* 应付渠道手续费 fee payable to a channel */
    LEDGER_CODE_SUSPENSE = 2291,            /* 待处理长款 received, not yet explained */
    LEDGER_CODE_FEE_INCOME = 6021,          /* 手续费收入 fee income */
    LEDGER_CODE_CHANNEL_FEE_EXPENSE = 6421, /* 渠道手续费支出 fee paid to channels */
};

struct ledger_chart_row {
    enum ledger_code code;
    enum ledger_side side;
    bool has_floor; /* new accounts get a floor of zero */
    const char *name;
    const char *name_zh;
};
const struct ledger_chart_row *ledger_chart_find(enum ledger_code code); /* NULL: no such code */

/* ---- accounts ---- */

enum { LEDGER_PLATFORM = 0 }; /* owner_id of the platform's own accounts */

struct ledger_account {
    int64_t id;
    int64_t owner_id; /* LEDGER_PLATFORM, or the id of a merchant or channel account */
    enum ledger_code code;
    enum currency currency;
    enum ledger_side side; /* the normal side: posted is positive on it */
    bool has_floor;
    struct amount floor;   /* posted - held never falls below it; negative: a credit line */
    struct amount posted;  /* = ±(debits - credits) */
    struct amount held;    /* sum of what its open holds have left */
    struct amount debits;  /* of all time */
    struct amount credits; /* of all time */
    int64_t sequence;      /* of its last leg; 0: none yet */
    int64_t last_position; /* of its last leg; 0: none yet */
    int64_t created_at_ms;
};

/* What an account may spend; meaningful where there is a floor (otherwise posted - held). */
struct amount ledger_available(const struct ledger_account *account);

/* There is one account per key. */
struct ledger_account_key {
    int64_t owner_id;
    enum ledger_code code;
    enum currency currency;
};

/* Finds the account or makes it, with the side and floor its code has in the chart.
 * ERR_LEDGER_CODE, ERR_CURRENCY_UNKNOWN. */
MUST_USE enum err ledger_account_open(struct tx *tx, const struct ledger_account_key *key,
                                      int64_t *account_id);
/* The account's id without making it: ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_account_id(struct tx *tx, const struct ledger_account_key *key,
                                    int64_t *account_id);
/* A view that is valid until apply returns: ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_account_get(struct tx *tx, int64_t account_id,
                                     const struct ledger_account **account);
/* ERR_LEDGER_ACCOUNT; ERR_LEDGER_INSUFFICIENT when posted - held is already below the floor. */
MUST_USE enum err ledger_account_set_floor(struct tx *tx, int64_t account_id, bool has_floor,
                                           struct amount floor);

/* ---- journals ---- */

/* What a business number belongs to; stored, part of the key. */
enum ledger_source {
    LEDGER_SOURCE_PAYMENT = 1, /* business_no is the payment's id */
    LEDGER_SOURCE_OPERATOR,    /* entered by hand or by a tool */
    LEDGER_SOURCE_API = 10,    /* business_no is the caller's */
};

/* What happened to it; stored, part of the key. */
enum ledger_operation {
    LEDGER_OPERATION_SUCCEEDED = 1, /* the business object reached success */
    LEDGER_OPERATION_CONFLICTED,    /* money came that does not fit the object */
    LEDGER_OPERATION_TRANSFER,
    LEDGER_OPERATION_HOLD,
    LEDGER_OPERATION_CAPTURE,
    LEDGER_OPERATION_RELEASE,
};

/* The key under which something happens once. business_no > 0. */
struct ledger_reference {
    enum ledger_source source;
    enum ledger_operation operation;
    int64_t business_no;
};

struct ledger_leg {
    int64_t account_id;
    enum ledger_side side;
    struct amount amount; /* > 0, minor units of the account's currency */
};

struct ledger_post {
    struct ledger_reference reference;
    const struct ledger_leg *legs; /* an account may occur more than once */
    size_t leg_count;
};

struct ledger_posted {
    int64_t journal_id; /* row number of the journal's first row; 0: nothing had to be booked */
    bool exists;        /* this very posting was there before */
};

/* Refusals in the order of the table above. posted may be NULL. */
MUST_USE enum err ledger_post(struct tx *tx, const struct ledger_post *post,
                              struct ledger_posted *posted);
/* For the prefetch of command kinds that will post; call it in every round. */
void ledger_prefetch_post(struct prefetch *pre, const struct ledger_post *post, unsigned round);

/* ---- vouchers: business events booked by the templates of ledger_voucher.c ---- */

/* Whom the channel settles to (docs/architecture.md, fund modes). Stored. */
enum ledger_fund_mode { LEDGER_FUND_DIRECT = 1, LEDGER_FUND_COLLECT };

enum ledger_event {
    LEDGER_EVENT_PAYMENT_SUCCEEDED = 1,
    LEDGER_EVENT_PAYMENT_CONFLICTED, /* gross: what was really received; fee 0 */
};

struct ledger_voucher {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t business_no; /* the payment's id */
    int64_t merchant_id;
    int64_t channel_account_id;
    enum currency currency;
    struct amount gross;
    struct amount fee; /* 0 … gross, what the merchant owes us */
};

/* Opens the accounts it needs and posts. Legs of amount zero are left out; when nothing is left
 * (direct mode without a fee) there is no journal and posted->journal_id is 0. Refusals: those of
 * ledger_post; ERR_LEDGER_AMOUNT with param gross or fee when 0 <= fee <= gross, gross > 0 does not
 * hold. */
MUST_USE enum err ledger_voucher_post(struct tx *tx, const struct ledger_voucher *voucher,
                                      struct ledger_posted *posted);
void ledger_prefetch_voucher(struct prefetch *pre, const struct ledger_voucher *voucher,
                             unsigned round);

/* ---- holds: money that is there but may not be spent ---- */

enum ledger_hold_kind {
    LEDGER_HOLD_JUDICIAL = 1,
    LEDGER_HOLD_RISK,
    LEDGER_HOLD_DISPUTE,
    LEDGER_HOLD_WITHDRAWAL,
    LEDGER_HOLD_REFUND,
    LEDGER_HOLD_PREAUTHORISATION,
    LEDGER_HOLD_DEPOSIT,
};

enum ledger_hold_status { LEDGER_HOLD_OPEN = 1, LEDGER_HOLD_CLOSED, LEDGER_HOLD_EXPIRED };

struct ledger_hold {
    int64_t id;
    int64_t account_id;
    enum ledger_hold_kind kind;
    enum ledger_hold_status status;
    struct amount amount; /* = captured + released + what is left */
    struct amount captured;
    struct amount released;
    int64_t expires_at_ms; /* 0: never */
    int64_t created_at_ms;
    int64_t updated_at_ms;
};

struct ledger_hold_place {
    struct ledger_reference reference;
    int64_t account_id;
    enum ledger_hold_kind kind;
    struct amount amount;  /* > 0 */
    int64_t expires_at_ms; /* 0: never */
};

/* post takes the captured amount from the held account: what its legs take from it, net. */
struct ledger_hold_capture {
    int64_t hold_id;
    bool whole; /* release what is left after the capture */
    struct ledger_post post;
};

struct ledger_hold_release {
    struct ledger_reference reference;
    int64_t hold_id;
    bool whole;           /* all that is left; amount is ignored */
    struct amount amount; /* > 0 unless whole */
};

struct ledger_held {
    int64_t hold_id;
    int64_t journal_id; /* of a capture */
    bool exists;
};

/* held may be NULL. Refusals in the order of the table above. */
MUST_USE enum err ledger_hold_place(struct tx *tx, const struct ledger_hold_place *place,
                                    struct ledger_held *held);
MUST_USE enum err ledger_hold_capture(struct tx *tx, const struct ledger_hold_capture *capture,
                                      struct ledger_held *held);
MUST_USE enum err ledger_hold_release(struct tx *tx, const struct ledger_hold_release *release,
                                      struct ledger_held *held);
/* Releases what is left of a hold whose time is over; a hold that is not open is left alone.
 * ERR_LEDGER_HOLD_NOT_FOUND, ERR_LEDGER_HOLD_NOT_DUE. A hold with an expiry does it by itself. */
MUST_USE enum err ledger_hold_expire(struct tx *tx, int64_t hold_id);

/* ---- commands over the store; their args are the structs above ---- */

extern const struct command_kind ledger_account_kind;  /* arg ledger_account_key, result int64_t */
extern const struct command_kind ledger_transfer_kind; /* arg ledger_post, result ledger_posted */
extern const struct command_kind ledger_place_kind;    /* arg ledger_hold_place, result held */
extern const struct command_kind ledger_capture_kind;  /* arg ledger_hold_capture, result held */
extern const struct command_kind ledger_release_kind;  /* arg ledger_hold_release, result held */
extern const struct command_kind ledger_expire_kind;   /* arg int64_t hold id, no result */

/* ---- queries, on reader connections ---- */

/* A leg as it stands in the journal. */
struct ledger_entry {
    int64_t journal_id;
    int64_t position;
    int64_t account_id;
    enum ledger_side side;
    struct amount amount;
    int64_t sequence;
    struct amount balance;     /* the account's, after this leg, positive on its normal side */
    int64_t previous_position; /* of the account's leg before this one; 0: it is the first */
    struct ledger_reference reference;
    int64_t created_at_ms;
    int32_t business_date;
};

struct ledger_journal_view {
    int64_t id;
    struct ledger_reference reference;
    int64_t created_at_ms;
    int32_t business_date;
    struct ledger_entry *entries;
    size_t entry_count;
};

/* ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_read_account(struct reader *reader, int64_t account_id,
                                      struct arena *arena, struct ledger_account *out);
MUST_USE enum err ledger_read_account_key(struct reader *reader,
                                          const struct ledger_account_key *key, struct arena *arena,
                                          struct ledger_account *out);

struct ledger_account_filter {
    int64_t owner_id; /* with has_owner */
    bool has_owner;
    int64_t after_id; /* accounts with a greater id, in order */
    size_t limit;
};
MUST_USE enum err ledger_read_accounts(struct reader *reader,
                                       const struct ledger_account_filter *filter,
                                       struct arena *arena, struct ledger_account **out,
                                       size_t *count);

/* The balance after the last leg that is not later than asked: by sequence when sequence > 0, else
 * by time. posted is 0 and sequence 0 before the first leg. ERR_LEDGER_ACCOUNT. */
struct ledger_as_of {
    int64_t account_id;
    int64_t sequence;
    int64_t at_ms;
};
struct ledger_balance {
    int64_t account_id;
    enum currency currency;
    struct amount posted;
    int64_t sequence;
    int64_t position; /* of that leg */
    int64_t at_ms;    /* when that leg was posted */
};
MUST_USE enum err ledger_read_balance(struct reader *reader, const struct ledger_as_of *as_of,
                                      struct arena *arena, struct ledger_balance *out);

/* Newest first, or oldest first with forward. cursor is the sequence to go on after (exclusive);
 * 0 begins at the newest or the oldest leg. ERR_LEDGER_ACCOUNT. */
enum { LEDGER_STATEMENT_MAX = 500 };
struct ledger_statement_page {
    int64_t account_id;
    bool forward;
    int64_t cursor;
    size_t limit; /* 1 … LEDGER_STATEMENT_MAX */
};
struct ledger_statement {
    struct ledger_account account;
    struct ledger_entry *entries;
    size_t entry_count;
    int64_t next_cursor; /* 0: there is no further page */
};
MUST_USE enum err ledger_read_statement(struct reader *reader,
                                        const struct ledger_statement_page *page,
                                        struct arena *arena, struct ledger_statement *out);

/* ERR_LEDGER_JOURNAL. */
MUST_USE enum err ledger_read_journal(struct reader *reader, int64_t journal_id,
                                      struct arena *arena, struct ledger_journal_view *out);
/* All journals of a business number, oldest first; none is not an error. */
MUST_USE enum err ledger_read_business(struct reader *reader, enum ledger_source source,
                                       int64_t business_no, struct arena *arena,
                                       struct ledger_journal_view **out, size_t *count);

/* ERR_LEDGER_HOLD_NOT_FOUND. */
MUST_USE enum err ledger_read_hold(struct reader *reader, int64_t hold_id, struct arena *arena,
                                   struct ledger_hold *out);

/* One row per code and currency, in that order. */
struct ledger_trial_row {
    enum ledger_code code;
    enum currency currency;
    enum ledger_side side;
    int64_t accounts;
    struct amount debits; /* of all time */
    struct amount credits;
    struct amount posted; /* on the normal side */
    struct amount held;
};
struct ledger_trial_balance {
    struct ledger_trial_row *rows;
    size_t row_count;
    bool balanced;                /* debits = credits in each currency */
    enum currency wrong_currency; /* the first one that is not */
};
MUST_USE enum err ledger_read_trial_balance(struct reader *reader, struct arena *arena,
                                            struct ledger_trial_balance *out);

/* Folds the whole journal and compares it with every account, mark and hold. Runs beside the
 * writer; an account is compared as of the moment its row was read. */
struct ledger_proof {
    bool holds_true;
    int64_t journals;
    int64_t legs;
    int64_t accounts;
    /* The first thing found wrong: "ledger_journal row 17 leg 1: balance after is 900, must be
     * 1000". Empty when all is right. */
    char wrong[200];
};
/* progress (may be NULL) is called every so often with the rows done and the rows to do. */
MUST_USE enum err ledger_prove(struct store *store,
                               void (*progress)(void *ctx, int64_t done, int64_t all), void *ctx,
                               struct ledger_proof *out);

/* Looks at every committed batch and stops the process when its journals do not balance or an
 * account is unsound. The module's start does it; before the first command. */
void ledger_watch(struct store *store);

extern struct metric ledger_journals_metric, ledger_legs_metric; /* counted by the watch */

/* ---- tools: what `tomato ledger …` prints; *right false: the books are wrong ---- */

MUST_USE enum err ledger_print_proof(struct store *store, struct buf *out, bool *right);
MUST_USE enum err ledger_print_trial_balance(struct store *store, struct buf *out, bool *right);
/* The newest legs of an account, newest first. */
MUST_USE enum err ledger_print_statement(struct store *store, int64_t account_id, size_t limit,
                                         struct buf *out);

extern const struct store_part ledger_part;
extern const struct module ledger_module;

#endif
