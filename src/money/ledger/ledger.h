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
 *                                                (n + 1) / 2 consecutive rows
 *     available(date) = posted - held - immature(date) - floor
 *                       less what of that is kept for holds that wait
 *
 *     hold:  waiting ──its start has come, and the money is there──► open
 *            open ──capture, release in part──► open
 *              ├──captured or released whole──► closed
 *              └──its time is over────────────► expired
 *
 * Maturity (风险预存期): a leg may say on which date its money matures. immature(date) is the sum
 * of such legs with a later date: a function of the date, so that the change of the day touches no
 * row. A leg on the other side with the same date takes from what has not matured yet (a refund).
 *
 * Waiting (轮候): from when a hold finds too little money until it opens or ends, as much as it has
 * left is kept for it of what is available: nothing else takes it.
 *
 * Blocks (冻结止收, 止付): a hold may block all credits (legs on the normal side) of an account,
 * its debits, or both. Each is a hold of its own; an account is blocked as long as one of them is
 * open. A capture goes through a debit block: what it takes was reserved before, or is a forced
 * deduction.
 *
 * What happened outside already (post.fact) is not refused by a credit block or a closed account:
 * such a leg is booked on the owner's account for entries waiting (2299) and becomes a pending
 * entry, as do the legs of an account whose entries are deferred (异步入账), see pending entries.
 *
 * One effect per key: (source, business_no, operation) names a journal or a step of a hold for
 * ever. The same key with the same content answers ERR_OK with the first journal and `exists`; with
 * other content ERR_LEDGER_CONFLICT and the name of the first field that differs.
 *
 * Precedence of refusals: the first row that applies is the answer, so a client can rely on it.
 *
 *      1  ERR_LEDGER_REFERENCE     source, business_no, operation   not given
 *      2  ERR_LEDGER_LEGS          legs              fewer than 2 or more than 64
 *      3  ERR_LEDGER_AMOUNT        legs[i].amount    not positive (the first such leg); then
 *         ERR_LEDGER_MATURITY      legs[i].matures_on  no date (the first such leg)
 *         ERR_LEDGER_BLOCK_AMOUNT  amount            a block with an amount
 *      4  ERR_LEDGER_CONFLICT      the differing field: legs, legs[i].account, .side, .amount,
 *                                  .matures_on; hold, amount, whole, kind, account, effect,
 *                                  starts_at, expires_at, matures_on, may_wait, rank, reason,
 *                                  document_no for holds (not who asked)
 *         (ERR_OK, exists          the same content was posted before)
 *      5  ERR_LEDGER_HOLD_NOT_FOUND, _HOLD_FOREIGN (another placed it),
 *         _HOLD_WAITING, _HOLD_EXPIRED, _HOLD_CLOSED, _HOLD_BLOCK; _HOLD_EXPIRED (expires_at) and
 *         _HOLD_TIMES (starts_at) of one that is placed
 *      6  ERR_LEDGER_ACCOUNT       legs[i].account   there is no such account (the first such leg)
 *      7  ERR_LEDGER_ACCOUNT_CLOSED legs[i].account  it has been closed (the first such leg); then
 *         ERR_LEDGER_CODE_OWN      legs[i].account, account  for entries waiting (2299): the
 *                                  books' own
 *         ERR_LEDGER_CODE_CLOSED   legs[i].account  its code is not open on the business date
 *      8  ERR_LEDGER_UNBALANCED    the currency      debits differ from credits
 *      9  ERR_LEDGER_HOLD_MISMATCH legs              a capture that takes nothing from the account
 *     10  ERR_LEDGER_HOLD_EXCEEDED amount            more than the hold has left
 *     11  ERR_LEDGER_CREDIT_BLOCKED, _DEBIT_BLOCKED  legs[i].account  (the first such leg)
 *     12  ERR_LEDGER_OVERFLOW      legs[i].amount    a balance or total would leave 63 bits
 *     13  ERR_LEDGER_MATURITY      legs[i].matures_on  the account's money would mature on more
 * than LEDGER_MATURITIES_MAX dates ERR_LEDGER_INSUFFICIENT  legs[i].matures_on  less than the
 * amount matures on that date 14  ERR_LEDGER_INSUFFICIENT  legs[i].account   available would fall
 * below zero (the first leg of the first such account)
 *
 * A refused posting leaves no trace. A broken invariant (debits = credits, available >= 0 where
 * there is a floor) stops the process. */
#ifndef MONEY_LEDGER_LEDGER_H
#define MONEY_LEDGER_LEDGER_H

#include "platform/module/module.h"

enum { LEDGER_LEGS_MIN = 2, LEDGER_LEGS_MAX = 64, LEDGER_MARK_EVERY = 32 };
enum { LEDGER_MATURITIES_MAX = 64 };

/* Prefixes of the public ids (base/id.h). */
#define LEDGER_ACCOUNT_PREFIX "acc"
#define LEDGER_JOURNAL_PREFIX "jnl"
#define LEDGER_HOLD_PREFIX "hld"

enum ledger_side { LEDGER_DEBIT = 1, LEDGER_CREDIT };
extern const struct enum_name ledger_side_names[];               /* "debit", "credit" */
enum { LEDGER_DATE_MIN = 19700101, LEDGER_DATE_MAX = 99991231 }; /* that may be asked for */

/* The codes of the chart of accounts (科目) that code names. The chart itself is data, see
 * ledger_chart.h; a code has up to ten digits, so it is an int64_t wherever it is kept. */
enum ledger_code {
    LEDGER_CODE_BANK = 1002,                /* 备付金存款 deposits at the bank */
    LEDGER_CODE_FEE_RECEIVABLE = 1122,      /* 应收手续费 fee receivable from a merchant */
    LEDGER_CODE_CHANNEL_RECEIVABLE = 1131,  /* 应收渠道款 receivable from a channel */
    LEDGER_CODE_MERCHANT_PAYABLE = 2241,    /* 应付商户待结算 payable to a merchant */
    LEDGER_CODE_DEPOSIT = 2245,             /* 商户保证金 a merchant's deposit */
    LEDGER_CODE_CHANNEL_FEE_PAYABLE = 2251, /* 应付渠道手续费 fee payable to a channel */
    LEDGER_CODE_SUSPENSE = 2291,            /* 待处理长款 received, not yet explained */
    LEDGER_CODE_WAITING = 2299,             /* 待入账 entries that wait to be applied */
    LEDGER_CODE_FEE_INCOME = 6021,          /* 手续费收入 fee income */
    LEDGER_CODE_CHANNEL_FEE_EXPENSE = 6421, /* 渠道手续费支出 fee paid to channels */
};

/* ---- accounts ---- */

enum { LEDGER_PLATFORM = 0 }; /* owner_id of the platform's own accounts */

enum ledger_account_status { LEDGER_ACCOUNT_OPEN = 1, LEDGER_ACCOUNT_CLOSED };

struct ledger_account {
    int64_t id;
    int64_t owner_id; /* LEDGER_PLATFORM, or the id of a merchant or channel account */
    int64_t code;     /* a leaf of the chart */
    enum currency currency;
    enum ledger_side side; /* the normal side: posted is positive on it */
    enum ledger_account_status status;
    bool deferred; /* its entries are applied later, see pending entries */
    bool has_floor;
    struct amount floor;   /* what available keeps back; negative: a credit line */
    struct amount posted;  /* = ±(debits - credits) */
    struct amount held;    /* sum of what its open holds have left */
    struct amount awaited; /* the same of those that wait for money, for which what comes is kept */
    struct amount debits;  /* of all time */
    struct amount credits; /* of all time */
    int64_t sequence;      /* of its last leg; 0: none yet */
    int64_t last_position; /* of its last leg; 0: none yet */
    int64_t credit_blocks; /* open holds that block its credits */
    int64_t debit_blocks;
    int64_t holds;         /* open and waiting ones of every kind */
    int64_t pending;       /* entries that wait to be applied */
    struct str maturities; /* what matures when: "20261124=9940,20261125=500", dates rising */
    int64_t created_at_ms;
};

/* What has not matured by the end of the date: money that matures on the date itself is there. */
struct amount ledger_immature(const struct ledger_account *account, int32_t date);
/* Its parts by date, the next one first; returns how many there are. */
struct ledger_maturity {
    int64_t date; /* yyyymmdd */
    struct amount amount;
};
size_t ledger_maturities(const struct ledger_account *account, int32_t date,
                         struct ledger_maturity out[LEDGER_MATURITIES_MAX]);
/* What an account may spend on the date: posted - held - immature - floor (without a floor: 0 for
 * it), less what of that its holds that wait for money await. The one formula, kept to 64 bits. */
struct amount ledger_available(const struct ledger_account *account, int32_t date);

/* There is one account per key. */
struct ledger_account_key {
    int64_t owner_id;
    int64_t code;
    enum currency currency;
};

/* Finds the account or makes it, with the side and floor its code has in the chart.
 * ERR_LEDGER_CODE, ERR_LEDGER_CODE_NOT_LEAF, ERR_LEDGER_CODE_CLOSED (on the business date),
 * ERR_CURRENCY_UNKNOWN, ERR_LEDGER_CODE_CURRENCY. */
MUST_USE enum err ledger_account_open(struct tx *tx, const struct ledger_account_key *key,
                                      int64_t *account_id);
/* The same for what happened outside already: never ERR_LEDGER_CODE_CURRENCY. */
MUST_USE enum err ledger_account_open_fact(struct tx *tx, const struct ledger_account_key *key,
                                           int64_t *account_id);
/* The account's id without making it: ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_account_id(struct tx *tx, const struct ledger_account_key *key,
                                    int64_t *account_id);
/* A view that is valid until apply returns: ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_account_get(struct tx *tx, int64_t account_id,
                                     const struct ledger_account **account);
/* For the prefetch of command kinds that will want the account; call it in every round. The
 * account, for naming what depends on it; NULL in the first round, and when there is none. */
const struct ledger_account *ledger_prefetch_account(struct prefetch *pre, int64_t account_id,
                                                     unsigned round);
/* An account for entries waiting (2299) is the books' own: its floor, a switch to deferred entry,
 * its closing and any hold on it are refused with ERR_LEDGER_CODE_OWN at "account". */
/* ERR_LEDGER_ACCOUNT; ERR_LEDGER_INSUFFICIENT when available would fall below zero. */
MUST_USE enum err ledger_account_set_floor(struct tx *tx, int64_t account_id, bool has_floor,
                                           struct amount floor);
/* Whether its entries are applied later from now on. ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_account_set_deferred(struct tx *tx, int64_t account_id, bool deferred);
/* Closes it: no leg and no hold any more. A closed one is left alone. The first blocker that
 * applies: ERR_LEDGER_ACCOUNT, ERR_LEDGER_ACCOUNT_BALANCE (posted is not 0), _HELD (a hold or block
 * is open or waits), _PENDING (an entry waits). */
MUST_USE enum err ledger_account_close(struct tx *tx, int64_t account_id);
MUST_USE enum err ledger_account_reopen(struct tx *tx, int64_t account_id);

/* The running number an account got when it was made, from 1, gap-free in the shard: what account
 * numbers are made of. ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_account_serial(struct tx *tx, int64_t account_id, int64_t *serial);
MUST_USE enum err ledger_account_by_serial(struct tx *tx, int64_t serial, int64_t *account_id);

/* ---- journals ---- */

/* What a business number belongs to; stored, part of the key. */
enum ledger_source {
    LEDGER_SOURCE_PAYMENT = 1, /* business_no is the payment's id */
    LEDGER_SOURCE_OPERATOR,    /* entered by hand or by a tool */
    LEDGER_SOURCE_REFUND,
    LEDGER_SOURCE_SETTLEMENT,
    LEDGER_SOURCE_CASH,       /* 提现 */
    LEDGER_SOURCE_ADJUSTMENT, /* 调账 */
    LEDGER_SOURCE_PENDING,    /* business_no is the pending entry's id */
    LEDGER_SOURCE_CHANNEL,
    LEDGER_SOURCE_REMITTANCE,
    LEDGER_SOURCE_API,        /* business_no is the caller's */
    LEDGER_SOURCE_SHARE,      /* 分账 */
    LEDGER_SOURCE_DISPUTE,    /* 争议, 拒付 */
    LEDGER_SOURCE_DIFFERENCE, /* of a reconciliation: 长款, 短款, fees */
    LEDGER_SOURCE_TOP_UP,     /* 充值 */
    LEDGER_SOURCE_DEPOSIT,    /* 保证金 */
    LEDGER_SOURCE_EXCHANGE,   /* 结售汇 */
    LEDGER_SOURCE_INTEREST,
    LEDGER_SOURCE_FEE, /* of the platform, apart from a payment */
};

/* What happened to it; stored, part of the key. */
enum ledger_operation {
    LEDGER_OPERATION_SUCCEEDED = 1, /* the business object reached success */
    LEDGER_OPERATION_CONFLICTED,    /* money came that does not fit the object */
    LEDGER_OPERATION_TRANSFER,
    LEDGER_OPERATION_HOLD,
    LEDGER_OPERATION_CAPTURE,
    LEDGER_OPERATION_RELEASE,
    LEDGER_OPERATION_APPLIED,   /* a pending entry */
    LEDGER_OPERATION_RETURNED,  /* money that went out came back */
    LEDGER_OPERATION_REVERSED,  /* 红冲 */
    LEDGER_OPERATION_CORRECTED, /* 蓝补 */
    LEDGER_OPERATION_COST,      /* what the channel takes for it */
    LEDGER_OPERATION_SETTLED,   /* the channel has paid us */
    LEDGER_OPERATION_SENT,      /* money is on its way to the bank */
    LEDGER_OPERATION_PAID,      /* the bank has paid */
    LEDGER_OPERATION_LOST,
    LEDGER_OPERATION_FOUND,
    LEDGER_OPERATION_RESOLVED,
    LEDGER_OPERATION_REFUNDED,
    LEDGER_OPERATION_RECEIVED,
    LEDGER_OPERATION_WRITTEN_OFF,
    LEDGER_OPERATION_CHARGED,
    LEDGER_OPERATION_DEDUCTED, /* 扣划: taken by force */
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
    /* yyyymmdd; 0: at once. On the normal side the money is immature until then; on the other side
     * the leg takes what matures on that date. A date that is not later than today counts as 0. */
    int32_t matures_on;
};

struct ledger_post {
    struct ledger_reference reference;
    const struct ledger_leg *legs; /* an account may occur more than once */
    size_t leg_count;
    bool fact;       /* it happened outside already: see the top of this file */
    int64_t voucher; /* the template that spelled the legs, see ledger_voucher.h; 0: none */
};

struct ledger_posted {
    int64_t journal_id; /* row number of the journal's first row; 0: nothing had to be booked */
    bool exists;        /* this very posting was there before */
};

/* Refusals in the order of the table above. posted may be NULL. */
MUST_USE enum err ledger_post(struct tx *tx, const struct ledger_post *post,
                              struct ledger_posted *posted);

/* The same with a memo (摘要), a remark for people to read; the memo is part of the content:
 * ERR_LEDGER_CONFLICT at "memo", after all that ledger_post tells. */
enum { LEDGER_MEMO_MAX = 200 }; /* characters */
struct ledger_memo_post {
    struct ledger_post post;
    struct str memo; /* empty: none */
};
MUST_USE enum err ledger_post_memo(struct tx *tx, const struct ledger_memo_post *arg,
                                   struct ledger_posted *posted);
/* Whether a posting that is new could be made now: its refusals, and nothing is changed. */
MUST_USE enum err ledger_post_check(struct tx *tx, const struct ledger_post *post);
/* For the prefetch of command kinds that will post; call it in every round. */
void ledger_prefetch_post(struct prefetch *pre, const struct ledger_post *post, unsigned round);

/* A journal read back in a command, as it was asked for: a leg that became a pending entry stands
 * on its own account, not on 2299. */
struct ledger_recorded {
    int64_t journal_id;
    struct ledger_reference reference;
    int32_t business_date;
    struct ledger_leg legs[LEDGER_LEGS_MAX];
    bool waits[LEDGER_LEGS_MAX]; /* the leg is a pending entry that has not been applied */
    size_t leg_count;
};
/* ERR_LEDGER_JOURNAL: no journal begins there. */
MUST_USE enum err ledger_journal_get(struct tx *tx, int64_t journal_id,
                                     struct ledger_recorded *out);
/* ERR_LEDGER_JOURNAL: nothing was booked under the reference. */
MUST_USE enum err ledger_journal_find(struct tx *tx, const struct ledger_reference *reference,
                                      int64_t *journal_id);

/* Whom the channel settles to (docs/architecture.md, fund modes). Stored. */
enum ledger_fund_mode { LEDGER_FUND_DIRECT = 1, LEDGER_FUND_COLLECT };

/* Business events are booked by vouchers, see ledger_voucher.h. */

/* ---- holds: money that is there but may not be spent ---- */

enum ledger_hold_kind {
    LEDGER_HOLD_JUDICIAL = 1,
    LEDGER_HOLD_RISK,
    LEDGER_HOLD_DISPUTE,
    LEDGER_HOLD_WITHDRAWAL,
    LEDGER_HOLD_REFUND,
    LEDGER_HOLD_PREAUTHORISATION,
    LEDGER_HOLD_DEPOSIT,
    LEDGER_HOLD_PENDING, /* a debit that waits to be applied */
};

enum ledger_hold_status {
    LEDGER_HOLD_OPEN = 1,
    LEDGER_HOLD_CLOSED,
    LEDGER_HOLD_EXPIRED,
    LEDGER_HOLD_WAITING, /* for its start, or (轮候) for the money */
};

enum ledger_hold_effect {
    LEDGER_HOLD_AMOUNT = 1,   /* reserves the amount */
    LEDGER_HOLD_CREDIT_BLOCK, /* 冻结止收; amount is 0, as with the next two */
    LEDGER_HOLD_DEBIT_BLOCK,  /* 冻结止付 */
    LEDGER_HOLD_FULL_BLOCK,   /* 完全冻结 */
};

/* What becomes of a hold whose money is not there. */
enum ledger_hold_shortage { LEDGER_HOLD_SHORT_REFUSED = 1, LEDGER_HOLD_SHORT_WAITS };

enum { LEDGER_HOLD_REASON_MAX = 200, LEDGER_HOLD_DOCUMENT_MAX = 64 };

struct ledger_hold {
    int64_t id;
    int64_t account_id;
    enum ledger_hold_kind kind;
    enum ledger_hold_effect effect;
    enum ledger_hold_status status;
    enum ledger_source source; /* who placed it, and so who may end it */
    struct amount amount;      /* = captured + released + what is left */
    struct amount captured;
    struct amount released;
    int64_t matures_on; /* not 0: it holds money that matures then, and gives it back so */
    enum ledger_hold_shortage shortage; /* 0: not known, it was placed before this was kept */
    bool awaits;         /* it waits for money, and the account's awaited has what it has left */
    int64_t rank;        /* 轮候: among holds that wait for money the lowest goes first */
    int64_t operator_id; /* who asked: an operator's key; 0: the platform */
    struct str reason;
    struct str document_no; /* of the court, the police … */
    int64_t starts_at_ms;   /* 0: at once */
    int64_t expires_at_ms;  /* 0: never */
    int64_t created_at_ms;
    int64_t updated_at_ms;
};

struct ledger_hold_place {
    struct ledger_reference reference;
    int64_t account_id;
    enum ledger_hold_kind kind;
    enum ledger_hold_effect effect; /* 0: LEDGER_HOLD_AMOUNT */
    struct amount amount;           /* > 0; 0 for a block */
    int32_t matures_on;             /* take it from what matures on that date; 0: from available */
    bool may_wait;                  /* wait when the money is not there, instead of being refused */
    int64_t rank;
    int64_t operator_id;
    struct str reason;
    struct str document_no;
    int64_t starts_at_ms;  /* 0: at once */
    int64_t expires_at_ms; /* 0: never */
};

/* A hold is captured and released by who placed it and by nobody else, whatever its kind: the
 * source of a release, and the placer of a capture, is the source of the placing reference, or the
 * step is refused with ERR_LEDGER_HOLD_FOREIGN. */

/* post takes the captured amount from the held account: what its legs take from it, net. */
struct ledger_hold_capture {
    int64_t hold_id;
    bool whole; /* release what is left after the capture */
    struct ledger_post post;
    bool direct;               /* the ledger's own: no leg becomes a pending entry */
    enum ledger_source placer; /* who captures, where a voucher books under another source; 0: the
                                * source of post.reference */
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

/* Of its amount: what was neither captured nor given back. */
struct amount ledger_hold_left(const struct ledger_hold *hold);
/* A view that is valid until apply returns: ERR_LEDGER_HOLD_NOT_FOUND at "hold". */
MUST_USE enum err ledger_hold_get(struct tx *tx, int64_t hold_id, const struct ledger_hold **hold);
/* held may be NULL. Refusals in the order of the table above. */
MUST_USE enum err ledger_hold_place(struct tx *tx, const struct ledger_hold_place *place,
                                    struct ledger_held *held);
MUST_USE enum err ledger_hold_capture(struct tx *tx, const struct ledger_hold_capture *capture,
                                      struct ledger_held *held);
MUST_USE enum err ledger_hold_release(struct tx *tx, const struct ledger_hold_release *release,
                                      struct ledger_held *held);
/* What a capture or a release of the amount would be refused for on account of the hold: for who
 * asks some time before the step is taken. */
struct ledger_hold_taking {
    int64_t hold_id;
    enum ledger_source placer;
    bool capture;         /* else a release */
    struct amount amount; /* 0: all that is left */
};
MUST_USE enum err ledger_hold_check(struct tx *tx, const struct ledger_hold_taking *taking);
/* Releases what is left of a hold whose time is over; a hold that is not open is left alone.
 * ERR_LEDGER_HOLD_NOT_FOUND, ERR_LEDGER_HOLD_NOT_DUE. A hold with an expiry does it by itself. */
MUST_USE enum err ledger_hold_expire(struct tx *tx, int64_t hold_id);
/* Opens a hold that waits, when its start has come and the money is there; otherwise it goes on
 * waiting, which is no error, and the account keeps for it what is there and comes, up to what it
 * has left. A hold does it by itself: at its start, then every minute. */
MUST_USE enum err ledger_hold_start(struct tx *tx, int64_t hold_id);

/* Takes one of the two steps above and notes what it changed, in the batch of the hold's timer. */
typedef enum err (*ledger_hold_step_cb)(struct tx *tx, int64_t hold_id);
typedef enum err (*ledger_hold_turn_cb)(struct tx *tx, int64_t hold_id, ledger_hold_step_cb step);
/* For the start of the one module that notes what holds do by themselves. */
void ledger_on_hold_turn(struct app *app, ledger_hold_turn_cb turn);

/* A step of a hold that an operator takes over the API of holds. */
struct ledger_manual_step {
    enum ledger_operation operation; /* HOLD, CAPTURE or RELEASE */
    int64_t account_id;              /* of the hold; 0: there is no such hold */
    int64_t hold_id;                 /* of a capture or a release */
    int64_t operator_id;
    struct str reason;
    const struct command_kind *kind; /* its apply takes the step, with arg; result ledger_held */
    const void *arg;
};
/* Takes the step and notes what it changed, in the same batch. */
typedef enum err (*ledger_manual_step_cb)(struct tx *tx, const struct ledger_manual_step *step,
                                          struct ledger_held *held);
/* For the start of the one module that notes what operators do with holds. */
void ledger_on_manual_step(struct app *app, ledger_manual_step_cb note);

/* ---- pending entries (待入账): legs that could not be applied at once ----
 *
 * A leg for an account with deferred entries, or a fact for an account that takes no credits, is
 * booked on the owner's account 2299 instead and leaves a pending entry; a debit reserves its
 * amount at once by a hold. A capture's legs on the account of the hold never wait. Entries of an
 * account are applied in their order, each by a journal of its own with its own balance, and while
 * one waits that has not been tried, later legs wait behind it, deferred or not. One that is
 * refused (the account is blocked, say) is parked with the reason and holds up no other.
 *
 *     waiting ──► applied        parked ──retry──► waiting
 *        └──refused──► parked */

enum ledger_pending_status {
    LEDGER_PENDING_WAITING = 1,
    LEDGER_PENDING_APPLIED,
    LEDGER_PENDING_PARKED
};

struct ledger_pending {
    int64_t id; /* gap-free, in the order of posting */
    int64_t account_id;
    int64_t number; /* of the account's pending entries, gap-free from 1 */
    enum ledger_side side;
    struct amount amount;
    int64_t matures_on; /* yyyymmdd or 0, of the leg */
    enum ledger_pending_status status;
    int64_t position;   /* of the leg on 2299 that stands for it; unique */
    int64_t hold_id;    /* of a debit */
    int64_t journal_id; /* that applied it */
    struct str refusal; /* why it is parked: the code of the error */
    int64_t created_at_ms;
    int64_t updated_at_ms;
};

enum { LEDGER_PENDING_BATCH = 64 };

/* Tries the waiting entries of an account, passing over at most LEDGER_PENDING_BATCH of its
 * numbers: applied ones between parked ones count too. The account's timer does it until none is
 * left. */
extern const struct command_kind ledger_pending_kind; /* arg int64_t account id, no result */
/* The parked entries of an account are tried again, from the oldest on; the end of a block and the
 * reopening of the account do it by themselves. ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_pending_retry(struct tx *tx, int64_t account_id);
extern const struct command_kind ledger_pending_retry_kind; /* arg int64_t account id, no result */

/* ---- business days (日切) ----
 *
 * The books have a date of their own, and every journal carries the one it was posted on. It
 * follows the calendar of Asia/Shanghai: the first command of a new day cuts the old one, or a
 * timer does at midnight when nothing is posted. A cut writes three rows and touches no account.
 * The date never goes back, even if the clock does; days on which the program did not run are left
 * out.
 *
 *     open ──the first command of a later day──► closing ──its seal is made──► closed
 */

enum ledger_day_status { LEDGER_DAY_OPEN = 1, LEDGER_DAY_CLOSING, LEDGER_DAY_CLOSED };

struct ledger_day {
    int64_t id; /* yyyymmdd */
    enum ledger_day_status status;
    int64_t previous_id; /* the day before it in the books; 0: it is the first */
    int64_t opened_at_ms;
    int64_t cut_at_ms;    /* 0: it is open */
    int64_t closed_at_ms; /* 0: it is not closed */
    int64_t first_row;    /* of the journal: the first that is of this day or later */
    int64_t last_row;     /* when it has been cut; first_row - 1: it has none */
    /* The seal, once it is closed. */
    int64_t journals;
    int64_t legs;
    struct str rows_hash;     /* 32 bytes over the hashes of its journal rows */
    struct str previous_hash; /* the hash of the day before it; empty: it is the first */
    struct str
        records; /* hashes of what else is sealed with it; empty: it was closed before any was */
    struct str hash;  /* 32 bytes over all of this and the totals of the day */
    struct str wrong; /* why it could not be closed yet; empty: nothing is known to be wrong */
};

/* The date of the books; a new day begins here when its time has come. */
MUST_USE enum err ledger_today(struct tx *tx, int32_t *date);

/* Seals every day that has been cut, the oldest first: folds its journal rows in pages, keeps a
 * hash of each, compares counts and sums with the totals, and closes it. A day that is wrong stays
 * as it is, with the reason. The timer set by each cut does it; this waits, for tools and tests.
 * *right is false when a day is wrong. */
MUST_USE enum err ledger_seal_days(struct store *store, bool *right);

/* ---- commands over the store; their args are the structs above ---- */

extern const struct command_kind ledger_account_kind;  /* arg ledger_account_key, result int64_t */
extern const struct command_kind ledger_transfer_kind; /* arg ledger_post, result ledger_posted */
/* What a caller books: ERR_LEDGER_ADJUSTMENT (operation) of a reversal or a correction, before all
 * other refusals. arg ledger_memo_post, result ledger_posted */
extern const struct command_kind ledger_memo_transfer_kind;
extern const struct command_kind ledger_place_kind;   /* arg ledger_hold_place, result held */
extern const struct command_kind ledger_capture_kind; /* arg ledger_hold_capture, result held */
extern const struct command_kind ledger_release_kind; /* arg ledger_hold_release, result held */
extern const struct command_kind ledger_expire_kind;  /* arg int64_t hold id, no result */
extern const struct command_kind ledger_start_kind;   /* arg int64_t hold id, no result */
extern const struct command_kind ledger_day_cut_kind; /* no arg, result int64_t: today's date */

/* ---- queries, on reader connections ---- */

/* What an entry is about, by the number people know it by. */
struct ledger_about {
    const char *prefix; /* of an id; NULL: a plain number */
    int64_t number;
};

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
    struct ledger_reference reference; /* of its journal; in statements and on receipts of money
                                        * that had to wait: of the journal that booked it first */
    int64_t origin_id;                 /* in statements: that journal; 0: it did not have to wait */
    struct ledger_about about;         /* on papers, as the memo is */
    struct str memo;                   /* of the journal; empty: none */
    int64_t created_at_ms;
    int32_t business_date;
};

/* The journal that booked first what had to wait. */
struct ledger_origin {
    int64_t journal_id;
    struct ledger_reference reference;
};

struct ledger_journal_view {
    int64_t id;
    struct ledger_reference reference;
    struct ledger_origin origin;    /* journal_id 0: it applied no pending entry */
    struct ledger_about about;      /* where a directory was asked */
    struct ledger_pending *pending; /* its legs that had to wait */
    size_t pending_count;
    int64_t voucher; /* the template that spelled its legs; 0: none */
    int64_t created_at_ms;
    int32_t business_date;
    struct ledger_entry *entries;
    size_t entry_count;
    struct str memo; /* empty: none */
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
 * by business date (its closing) when date is given, else by time. posted is 0 and sequence 0
 * before the first leg. ERR_LEDGER_ACCOUNT. */
struct ledger_as_of {
    int64_t account_id;
    int64_t sequence;
    int32_t date; /* yyyymmdd */
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

/* The start of a business date, or, with date 0, an instant. */
struct ledger_moment {
    int32_t date;
    int64_t at_ms;
};
/* What stands at or after the beginning and before the end. */
struct ledger_period {
    struct ledger_moment begin;
    struct ledger_moment end;
};

/* Newest first, or oldest first with forward. cursor is the sequence to go on after (exclusive);
 * 0 begins at the newest or the oldest leg, of the period when there is one. ERR_LEDGER_ACCOUNT. */
enum { LEDGER_STATEMENT_MAX = 500 };
struct ledger_statement_page {
    int64_t account_id;
    bool forward;
    int64_t cursor;
    size_t limit;                       /* 1 … LEDGER_STATEMENT_MAX */
    const struct ledger_period *period; /* NULL: of all time */
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

/* Pending entries in a state, in the order of their ids. */
struct ledger_pending_filter {
    enum ledger_pending_status status;
    int64_t after_id;
    size_t limit;
    int64_t account_id; /* 0: of all */
};
MUST_USE enum err ledger_read_pending(struct reader *reader,
                                      const struct ledger_pending_filter *filter,
                                      struct arena *arena, struct ledger_pending **out,
                                      size_t *count);

/* ERR_LEDGER_HOLD_NOT_FOUND. */
MUST_USE enum err ledger_read_hold(struct reader *reader, int64_t hold_id, struct arena *arena,
                                   struct ledger_hold *out);
/* Of an account, newest first. */
struct ledger_hold_filter {
    int64_t account_id;
    int64_t before_id; /* 0: from the newest */
    size_t limit;
};
MUST_USE enum err ledger_read_holds(struct reader *reader, const struct ledger_hold_filter *filter,
                                    struct arena *arena, struct ledger_hold **out, size_t *count);
/* ERR_LEDGER_ACCOUNT. */
MUST_USE enum err ledger_read_serial(struct reader *reader, int64_t account_id, struct arena *arena,
                                     int64_t *serial);
/* serials[i] is that of accounts[i]: one question for all of them. */
MUST_USE enum err ledger_read_serials(struct reader *reader, const struct ledger_account *accounts,
                                      size_t count, struct arena *arena, int64_t *serials);
MUST_USE enum err ledger_read_by_serial(struct reader *reader, int64_t serial, struct arena *arena,
                                        int64_t *account_id);
/* Accounts of any of the codes, in the order of their ids. */
struct ledger_code_filter {
    enum ledger_code codes[2];
    int64_t owner_id; /* 0: of all */
    int64_t after_id;
    size_t limit;
};
MUST_USE enum err ledger_read_code_accounts(struct reader *reader,
                                            const struct ledger_code_filter *filter,
                                            struct arena *arena, struct ledger_account **out,
                                            size_t *count);

/* The date of the books, which begins no day. Before the first posting ever it is that of now_ms.
 */
MUST_USE enum err ledger_read_today(struct reader *reader, int64_t now_ms, struct arena *arena,
                                    int32_t *date);

/* ERR_LEDGER_DAY: the books have no such day. */
MUST_USE enum err ledger_read_day(struct reader *reader, int32_t date, struct arena *arena,
                                  struct ledger_day *out);

/* Days before this one (0: all), the newest first. */
MUST_USE enum err ledger_read_days(struct reader *reader, int32_t before, size_t limit,
                                   struct arena *arena, struct ledger_day **out, size_t *count);

/* The trial balance (试算平衡) of a day: one row per code and currency, in that order, for those
 * that have ever moved. It is answered from the totals alone, however many accounts and entries
 * there are. The opening of a day is the closing of the day before. */
struct ledger_trial_row {
    int64_t code;
    struct str name; /* in the chart, on the day */
    struct str name_zh;
    enum currency currency;
    enum ledger_side side; /* the normal side */
    struct amount opening; /* on the normal side */
    struct amount debits;  /* of the day */
    struct amount credits;
    struct amount closing;      /* on the normal side */
    struct amount total_debits; /* of all time at the close of the day */
    struct amount total_credits;
    int64_t legs; /* of the day */
};
struct ledger_trial_balance {
    int32_t date;
    struct ledger_trial_row *rows;
    size_t row_count;
    bool balanced; /* debits = credits in each currency, of the day and of all time */
    enum currency wrong_currency; /* the first one that is not */
};
/* date 0: now; any other date is one, whether or not the books have such a day. Before the first
 * posting ever there are no rows. */
MUST_USE enum err ledger_read_trial_balance(struct reader *reader, int32_t date,
                                            struct arena *arena, struct ledger_trial_balance *out);
/* Folds the whole journal and compares it with every account, mark and hold, every total and every
 * day with its seal: a row that was changed after its day was closed is named, whatever was
 * changed. Runs beside the writer; an account is compared as of the moment its row was read. */
struct ledger_proof {
    bool holds_true;
    int64_t journals;
    int64_t legs;
    int64_t accounts;
    /* The first thing found wrong: "ledger_journal row 17 leg 1: balance after is 900, must be
     * 1000". Empty when all is right. */
    char wrong[200];
};
/* progress (may be NULL) is called every so often with the rows done and the rows to do: those of
 * the journal, then those of what stands around it, as often as they are looked at. */
MUST_USE enum err ledger_prove(struct store *store,
                               void (*progress)(void *ctx, int64_t done, int64_t all), void *ctx,
                               struct ledger_proof *out);

/* The same for the rows of one day: its journals, its accounts' sequences and balances from the
 * legs before it on, its totals and its seal. accounts: those that moved. ERR_LEDGER_DAY. */
MUST_USE enum err ledger_prove_day(struct store *store, int32_t date,
                                   void (*progress)(void *ctx, int64_t done, int64_t all),
                                   void *ctx, struct ledger_proof *out);

/* Looks at every committed batch and stops the process when its journals do not balance or an
 * account is unsound. The module's start does it; before the first command. */
void ledger_watch(struct store *store);

extern struct metric ledger_journals_metric, ledger_legs_metric; /* counted by the watch */
/* How many entries wait and are parked, how long the oldest one waits, how long the applied ones
 * have waited. */
extern struct metric ledger_pending_metric, ledger_pending_oldest_metric;
extern struct metric ledger_pending_wait_metric, ledger_backlog_failures_metric;
extern struct metric ledger_days_closed_metric, ledger_day_wrong_metric;

/* ---- tools: what `tomato ledger …` prints ---- */

/* Called every so often with the rows done and the rows to do. */
struct ledger_progress {
    void (*tell)(void *ctx, int64_t done, int64_t all);
    void *ctx;
    /* May be NULL. Before the pages and indexes of a table of the data file are checked. */
    void (*tell_table)(void *ctx, const char *table, size_t done, size_t all);
};

enum ledger_language { LEDGER_CHINESE = 1, LEDGER_ENGLISH };

struct ledger_print {
    struct store *store;
    enum ledger_language language;
    struct buf *out;
    bool wrong; /* set when the books are */
};
/* date 0: the data file (store_check), then the whole journal; else that day. progress may be NULL.
 * ERR_LEDGER_DAY. */
MUST_USE enum err ledger_print_proof(struct ledger_print *print, int32_t date,
                                     const struct ledger_progress *progress);
/* date 0: now. ERR_FIELD_RANGE: it is later than that of the books. */
MUST_USE enum err ledger_print_trial_balance(struct ledger_print *print, int32_t date);
/* The newest days with their seals; those that could not be closed are wrong. */
MUST_USE enum err ledger_print_days(struct ledger_print *print, size_t limit);

/* The legs of the days from `first` to `last` as CSV with a heading, in the order of posting.
 * Amounts are integers of the currency's minor units, debits and credits by their side. Read in
 * pages, each handed to write; false stops with ERR_STOPPING. ERR_LEDGER_DAY: the books have no day
 * in the range. */
struct ledger_export {
    int32_t first;
    int32_t last;
    bool (*write)(void *ctx, struct str text);
    void *ctx;
    struct ledger_progress progress; /* tell may be NULL */
};
MUST_USE enum err ledger_export(struct store *store, const struct ledger_export *export);

extern const struct store_part ledger_part;
extern const struct module ledger_module;

#endif
