/* Settlement (结算): what a merchant's account has matured becomes a settlement, an order to pay it
 * to the merchant's bank card.
 *
 *     waiting ──remitted──► paid ──the bank sent it back──► returned
 *        └──given up──► cancelled
 *
 * A settlement is made waiting, and its money is held: nothing has left. Only the news that the
 * money went out (settle_paid) posts a journal. What comes back is on the account at once, matured,
 * with the fee (金额退回).
 *
 *     amount = what is taken from the account = fee + payout, never more than has matured
 *
 * There is at most one settlement per account and date. The run (AccountSettleTimer) makes those
 * of the automatic accounts, one run per date of the books:
 *
 *     the day is cut ──► running ──every due account was dealt with──► done
 *                           └──the next day was cut before──► superseded
 *
 * It begins with the day cut, not at a time of the clock: a batch that belongs to the new day is
 * its beginning. Each account is dealt with in a command of its own, which also marks it as dealt
 * with; so a run that was killed goes on where it stopped, and one that is repeated changes
 * nothing. An account is settled, skipped (too little has matured: its turn is over), or failed (it
 * is blocked or its merchant suspended, say: it is tried again by the next day's run); the last two
 * leave a record that says why, unless there was nothing to settle. No account stops the others. */
#ifndef BUSINESS_SETTLE_SETTLE_H
#define BUSINESS_SETTLE_SETTLE_H

#include "business/settle_rule/settle_rule.h"

#define SETTLE_PREFIX "stl"

enum { SETTLE_NO_MAX = 64, SETTLE_REASON_MAX = 200 };

enum settle_status { /* stored */
                     SETTLE_WAITING = 1,
                     SETTLE_PAID,
                     SETTLE_RETURNED,
                     SETTLE_CANCELLED,
};

struct settle_order {
    int64_t id;
    int64_t account_id;
    int64_t settle_date; /* yyyymmdd of the books; unique with account_id */
    int64_t merchant_id;
    struct str settlement_no; /* the merchant's own; unique with merchant_id unless empty */
    enum currency currency;
    enum settle_mode mode;
    struct amount amount; /* taken from the account */
    struct amount fee;    /* part of it */
    int64_t rate_id;      /* of the fee; 0: none is configured */
    int64_t rate_millionths;
    struct str rate; /* JSON: the fee's terms as they were */
    /* The card of the rule, or the default one, as it was; 0: the merchant had none. Whoever pays
     * it out asks account_card_or_default: the card may have been removed since. */
    int64_t card_id;
    int64_t hold_id;
    int64_t journal_id; /* that took the money out */
    int64_t return_journal_id;
    enum settle_status status;
    struct str reason;    /* why it was returned or cancelled */
    int64_t cancelled_by; /* the operator's key; 0: it was not cancelled */
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t version;
};
extern const struct table settle_order_table;

/* What reaches the card. */
struct amount settle_payout(const struct settle_order *order);

/* ---- for remittance, or an operator who pays out by hand; inside commands. order may be NULL,
 * else a view valid until apply returns. The same step again changes nothing. ERR_SETTLE_NOT_FOUND;
 * ERR_SETTLE_STATE status. ---- */

/* waiting → paid: captures the hold. A returned one stays what it is. */
MUST_USE enum err settle_paid(struct tx *tx, int64_t settle_id, const struct settle_order **order);
/* paid → returned. */
MUST_USE enum err settle_returned(struct tx *tx, int64_t settle_id, struct str reason,
                                  const struct settle_order **order);
/* waiting → cancelled: the money is free again. */
MUST_USE enum err settle_cancelled(struct tx *tx, int64_t settle_id, struct str reason,
                                   int64_t operator_id, const struct settle_order **order);

/* ---- reading ---- */

/* ERR_SETTLE_NOT_FOUND. */
MUST_USE enum err settle_read(struct reader *reader, int64_t settle_id, struct arena *arena,
                              struct settle_order *out);

extern const struct store_part settle_part;
extern const struct module settle_module;

#endif
