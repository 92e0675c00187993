/* Settlement rules (结算规则): when a merchant's account is settled, with how much, and from which
 * workday on a payment's money may leave.
 *
 * There is one rule per payable account (2241). It is made with the defaults when the account is
 * opened over the API, when a payment is booked on it, when an operator sets it, or by the first
 * run after the account was opened in another way:
 *
 *     cycle week_work on days 1,2,3,4,5; reserve_days 1; no minimum, no maximum; automatic
 *
 * Two things are decided apart from each other. The cycle decides when: month days (those a month
 * does not have mean its last day) or weekdays, 1 Monday to 7 Sunday; a date that falls on a rest
 * day moves to the next day that is none. The reserve decides how much: the money of a day matures
 * reserve_days workdays after it (T+N, money/calendar), and only matured money is settled. So a
 * T+3 merchant on a daily cycle is settled every day, with what has matured by then.
 *
 * Rest days: an entry of the calendar wins; without one Saturday and Sunday are rest days for the
 * cycles month_work and week_work alone. What is due on a day that has become one since it was
 * planned, or was left undone the day before, waits for the next that is none.
 *
 * A change is asked for by one operator and takes effect when another has approved it
 * (business/review); it leaves its before and after. Money that was stamped with a date of maturity
 * keeps it. */
#ifndef BUSINESS_SETTLE_RULE_SETTLE_RULE_H
#define BUSINESS_SETTLE_RULE_SETTLE_RULE_H

#include "base/json.h"
#include "money/calendar/calendar.h"
#include "money/ledger/ledger.h"

enum settle_cycle { /* stored */
                    SETTLE_MONTH = 1,
                    SETTLE_MONTH_WORK,
                    SETTLE_WEEK,
                    SETTLE_WEEK_WORK,
};

enum settle_mode { SETTLE_AUTOMATIC = 1, SETTLE_SELF_SERVICE }; /* stored */

enum { SETTLE_RESERVE_MAX = 30, SETTLE_RESERVE_DEFAULT = 1, SETTLE_DAYS_MAX = 96 };

struct settle_rule {
    int64_t id; /* the account's */
    int64_t merchant_id;
    enum currency currency;
    enum settle_cycle cycle;
    struct str cycle_days; /* "1,2,15": rising, without repetition */
    int64_t reserve_days;  /* 0 … SETTLE_RESERVE_MAX */
    struct amount minimum; /* less than this is not settled; 0: anything is */
    struct amount maximum; /* of one settlement; 0: no cap */
    enum settle_mode mode;
    int64_t card_id;    /* the bank card it is paid to; 0, or removed: the merchant's default one */
    int64_t next_date;  /* yyyymmdd of the next automatic settlement */
    int64_t handled_on; /* yyyymmdd: the last run that has dealt with the account; 0: none */
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t version; /* one more with each change of the rule */
};
extern const struct table settle_rule_table;

/* ---- pure ---- */

/* The days of a cycle as bits: bit n is day n. Any order, any repetition. ERR_SETTLE_RULE_DAYS:
 * empty, no numbers, or outside 1 … 7 (weeks) or 1 … 31 (months). */
MUST_USE enum err settle_days_parse(enum settle_cycle cycle, struct str text, uint32_t *days);
/* "1,2,15". */
struct str settle_days_print(struct arena *arena, uint32_t days);

struct settle_when {
    enum settle_cycle cycle;
    uint32_t days;
    int32_t today;
    int32_t previous; /* the last date that was planned; 0: none */
    /* Days that must lie between today and the date found. The run asks with 1, the next date
     * after today: maturity limits the amount, not the date. */
    int lead_days;
};
enum { SETTLE_HORIZON_DAYS = 400 }; /* of the calendar, from today on */
int32_t settle_next_date(const struct calendar *calendar, const struct settle_when *when);
/* The date itself or, when it is a rest day of the cycle, the next that is none. */
int32_t settle_open_date(const struct calendar *calendar, enum settle_cycle cycle, int32_t date);

/* ---- in commands ---- */

/* The rule of a merchant's payable account, made with the defaults when there is none; a view that
 * is valid until apply returns. */
MUST_USE enum err settle_rule_of(struct tx *tx, int64_t merchant_id, enum currency currency,
                                 const struct settle_rule **rule);
/* By account. ERR_SETTLE_RULE_ACCOUNT: it is no merchant's payable account. */
MUST_USE enum err settle_rule_edit(struct tx *tx, int64_t account_id, struct settle_rule **rule);
/* Makes the rule of a payable account that has none, with the first date after the given one. Any
 * other account is left alone. */
MUST_USE enum err settle_rule_ensure(struct tx *tx, int64_t account_id, int32_t date);
/* The date on which money matures that is booked for the merchant now. */
MUST_USE enum err settle_rule_matures_on(struct tx *tx, int64_t merchant_id, enum currency currency,
                                         int32_t *matures_on);
/* Names the rows of the calls above; in every round. */
void settle_rule_prefetch(struct prefetch *pre, int64_t merchant_id, enum currency currency,
                          unsigned round);
/* A rule of self-service, which may be edited, becomes automatic with the date it has; done by the
 * platform, with the reason in the history. */
MUST_USE enum err settle_rule_automate(struct tx *tx, struct settle_rule *rule, struct str reason);
/* The date after today on which the rule settles next. */
MUST_USE enum err settle_rule_next_date(struct tx *tx, const struct settle_rule *rule,
                                        int32_t today, int32_t *date);
/* The date itself or, by the calendar as it is now, the next that is no rest day of the rule. */
MUST_USE enum err settle_rule_open_date(struct tx *tx, const struct settle_rule *rule, int32_t date,
                                        int32_t *open);

/* ---- reading ---- */

/* The rule of an account; with the defaults, and version 0, when it has none yet.
 * ERR_SETTLE_RULE_ACCOUNT. */
MUST_USE enum err settle_rule_read(struct reader *reader, int64_t account_id, struct arena *arena,
                                   struct settle_rule *out);

/* The accounts of a mode that are due on a date and that its run has not dealt with, in the order
 * of their ids, from after_id (exclusive) on. */
struct settle_due {
    int64_t date;
    enum settle_mode mode;
    int64_t after_id;
    int64_t limit;
};
MUST_USE enum err settle_rule_read_due(struct reader *reader, const struct settle_due *due,
                                       struct arena *arena, struct settle_rule **out,
                                       size_t *count);
/* The automatic ones. */
MUST_USE enum err settle_rule_count_due(struct reader *reader, int64_t date, int64_t *count);

extern const struct store_part settle_rule_part;
extern const struct module settle_rule_module;

#endif
