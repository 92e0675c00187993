/* Shared inside business/settle. */
#ifndef BUSINESS_SETTLE_SETTLE_INT_H
#define BUSINESS_SETTLE_SETTLE_INT_H

#include "base/json.h"
#include "business/account/account.h"
#include "business/rate/rate.h"
#include "business/review/review.h"
#include "business/settle/settle.h"

/* ---- making one ---- */

struct settle_make {
    int64_t date; /* of the books */
    enum settle_mode mode;
    struct amount amount;     /* 0: all that has matured, up to the rule's maximum */
    struct str settlement_no; /* may be empty */
};
/* Makes the settlement of the rule's account and holds its money. The first that applies:
 *
 *     ERR_MERCHANT_SUSPENDED
 *     ERR_LEDGER_ACCOUNT_CLOSED, ERR_LEDGER_DEBIT_BLOCKED   account
 *     ERR_SETTLE_EXISTS         account: one of this account and date is there
 *     ERR_SETTLE_NOTHING        account: nothing has matured
 *     ERR_SETTLE_MAXIMUM        amount: above the rule's maximum
 *     ERR_LEDGER_INSUFFICIENT   amount: more than has matured
 *     ERR_SETTLE_MINIMUM        amount: below the rule's minimum
 *     ERR_SETTLE_FEE            amount: nothing would be left after the fee
 *
 * A refusal leaves no trace, so that a command may go on. order may be NULL. */
MUST_USE enum err settle__make(struct tx *tx, const struct settle_rule *rule,
                               const struct settle_make *make, const struct settle_order **order);
/* What the account may settle on the date: matured, not held, and none of a credit line. */
struct amount settle__matured(const struct ledger_account *account, int32_t date);
/* Writes the event of the order as it is: settlement.waiting … */
void settle__announce(struct tx *tx, struct settle_order *order);

/* arg struct settle_self, result struct settle_order */
struct settle_self {
    int64_t merchant_id;
    int64_t app_id; /* of the key that asks */
    enum currency currency;
    struct str settlement_no;
    struct amount amount; /* 0: all */
};
extern const struct command_kind settle__self_kind;

/* The steps of an operator, or of remittance by hand: arg struct settle_step. */
struct settle_step {
    int64_t settle_id;
    int64_t operator_id;
    struct str reason;
};
extern const struct command_kind settle__cancelled_kind;

/* An operator's word of what the bank has done: reviewed. ERR_SETTLE_NOT_FOUND, ERR_SETTLE_STATE
 * (status), those of review_submit. */
struct settle_claim {
    enum settle_status outcome; /* PAID or RETURNED */
    struct str reason;
    struct str evidence;
    int64_t id;
    int64_t maker_key_id;
    struct amount limit; /* two checkers above it */
};
extern const struct field_set settle__claim_set;
struct settle_claimed {
    struct settle_order order; /* id 0: it is reviewed first */
    struct review_item review;
};
extern const struct command_kind settle__claim_kind; /* result settle_claimed */
extern const struct review_kind settle__review;

/* ---- the run ---- */

enum settle_run_status { /* stored */
                         SETTLE_RUN_RUNNING = 1,
                         SETTLE_RUN_DONE,
                         SETTLE_RUN_SUPERSEDED,
};

struct settle_run {
    int64_t id; /* yyyymmdd */
    enum settle_run_status status;
    int64_t settled;
    int64_t skipped;
    int64_t failed;
    int64_t started_at_ms;
    int64_t ended_at_ms; /* 0: it has not ended */
};
extern const struct table settle__run_table;

/* The date of the newest run. */
struct settle_clock {
    int64_t id; /* SETTLE_CLOCK_ID */
    int64_t date;
    int64_t seen_serial; /* accounts with a serial number up to this one have a rule */
};
enum { SETTLE_CLOCK_ID = 1 };
extern const struct table settle__clock_table;

enum settle_outcome_kind {                          /* stored but for the first two */
                           SETTLE_OUTCOME_NONE = 0, /* it was dealt with before, or is not due */
                           SETTLE_OUTCOME_SETTLED = 1,
                           SETTLE_OUTCOME_SKIPPED,
                           SETTLE_OUTCOME_FAILED,
};

/* Why an account was not settled by a run. */
struct settle_outcome {
    int64_t id;
    int64_t run_date;
    int64_t account_id;
    int64_t merchant_id;
    enum currency currency;
    enum settle_outcome_kind kind;
    struct amount matured; /* what could have been settled */
    struct str reason;     /* the code of the refusal */
    int64_t created_at_ms;
};
extern const struct table settle__outcome_table;

/* Begins the run of today's date, or finds it; no arg, result struct settle_run. Sets the timer:
 * at once while the run is on, at the end of the day when it is done. */
extern const struct command_kind settle__open_kind;
/* Gives rules to payable accounts that were opened since the last run, so many at a time: whatever
 * way money came to them, it is settled. Arg int64_t date of the run, result bool: there are more.
 */
enum { SETTLE_RULES_BATCH = 32 };
extern const struct command_kind settle__rules_kind;

/* The accounts of a run, page by page: the automatic ones that are due, then those of self-service
 * whose merchant has closed, as nobody asks for them any more. Begins with its date. */
struct settle_page {
    int64_t date;
    int64_t limit;
    int64_t after_id;
    bool closed; /* at the second kind */
    bool over;   /* there are no more */
    struct settle_rule *rules;
    size_t count; /* may be 0 before it is over */
};
MUST_USE enum err settle__read_page(struct reader *reader, struct arena *arena,
                                    struct settle_page *page);

/* An account of a page: settled if it is due; self-service becomes automatic first. */
struct settle_turn {
    int64_t account_id;
    int64_t date;
};
extern const struct command_kind settle__turn_kind; /* result enum settle_outcome_kind */
extern const struct command_kind settle__end_kind;  /* arg int64_t date, result bool: done */

extern const struct timer_kind settle__timer;

/* ---- reading ---- */

/* A settlement of the account that waits to be paid out. */
extern const struct account_blocker settle__blocker;

struct settle_filter {
    int64_t merchant_id; /* 0: any */
    int64_t account_id;  /* 0: any */
    enum settle_status status;
    int64_t before_id; /* exclusive */
    int64_t limit;
};
MUST_USE enum err settle__read_orders(struct reader *reader, const struct settle_filter *filter,
                                      struct arena *arena, struct settle_order **out,
                                      size_t *count);
MUST_USE enum err settle__read_runs(struct reader *reader, int64_t before_date, int64_t limit,
                                    struct arena *arena, struct settle_run **out, size_t *count);
struct settle_sum {
    enum currency currency;
    int64_t count;
    struct amount amount;
};
enum { SETTLE_SUMS_MAX = 16 };
/* What was settled automatically on a date, by currency. */
MUST_USE enum err settle__read_sums(struct reader *reader, int64_t date, struct arena *arena,
                                    struct settle_sum **out, size_t *count);
struct settle_outcome_page {
    int64_t date;
    int64_t after_id; /* exclusive */
    int64_t limit;
};
MUST_USE enum err settle__read_outcomes(struct reader *reader,
                                        const struct settle_outcome_page *page, struct arena *arena,
                                        struct settle_outcome **out, size_t *count);

extern const struct enum_name settle__statuses[];
/* As merchants see it, in events too; and as operators do. */
extern const struct field_set settle__order_set;
extern const struct field_set settle__operator_set;
extern const struct migration settle__migrations[15];
extern const struct route settle__routes[];
extern const struct route settle__run_routes[];

#endif
