/* Trades: the movements of an account that somebody asks for, as durable state machines over the
 * books. What cannot be taken back is held first, and booked when it has happened.
 *
 * Cash-outs (提现): a merchant's matured money to its card. The fee (kind cash) comes on top;
 * amount and fee are held in the batch that takes the request.
 *
 *     waiting_remittance ──send──► sent ──complete──► succeeded ──return──► returned
 *          │      └───────────────complete──────────────┘                  (退汇)
 *          ├──fail──► failed         the hold is released
 *          ├──cancel──► cancelled    the same, when merchant or operator no longer want it
 *          └─ sent ──fail──► failed  amount and fee are credited back
 *
 * Refunds (退款): of a payment, in parts or whole. A refund that is on its way is reserved on the
 * merchant's account and counts against the payment, so that at no time more than was paid is
 * refunded or being refunded. Money of the payment that has not matured yet is taken from its own
 * maturity; the rest comes from what the merchant has available.
 *
 *     reserved ──complete──► succeeded        by hand: when another operator has approved it (two
 *         └──fail──► failed                   others above trade.adjustment_limit)
 *
 * Adjustments (调账), red reversals (红冲) and blue corrections (蓝补): asked for by one operator,
 * approved by another (two above trade.adjustment_limit), booked in the batch of the last approval.
 * What a state machine has booked is not reversed by itself (ERR_TRADE_REVERSAL_REFUND, _CASH,
 * _SETTLEMENT, _OWNED), nor is a payment of which something has been or is being refunded
 * (ERR_TRADE_REFUNDED).
 *
 * Events, for the merchant: cash_out.waiting_remittance, .sent, .succeeded, .failed, .returned,
 * .cancelled; refund.reserved, .succeeded, .failed; adjustment.posted, to each merchant with an
 * account among its legs. The data is the object as the API shows it, the sequence its version.
 *
 * Each step answers ERR_OK without doing anything when it has been done before, and
 * ERR_TRADE_STATE when the state does not allow it. Nothing that is booked is ever changed. */
#ifndef BUSINESS_TRADE_TRADE_H
#define BUSINESS_TRADE_TRADE_H

#include "money/ledger/ledger.h"
#include "platform/module/module.h"

extern const struct module trade_module;

/* Prefixes of the public ids. */
#define TRADE_CASH_OUT_PREFIX "cas"
#define TRADE_REFUND_PREFIX "ref"
#define TRADE_ADJUSTMENT_PREFIX "adj"

enum { TRADE_REASON_MAX = 200 };

/* ---- cash-outs ---- */

enum trade_cash_status {                         /* stored */
                         TRADE_CASH_WAITING = 1, /* its money is held; paying it out comes next */
                         TRADE_CASH_SENT,        /* on its way to the bank */
                         TRADE_CASH_SUCCEEDED,
                         TRADE_CASH_FAILED,
                         TRADE_CASH_RETURNED,  /* paid, and came back */
                         TRADE_CASH_CANCELLED, /* before it was sent */
};

struct trade_cash_out {
    int64_t id; /* "cas_…" */
    int64_t merchant_id;
    struct str merchant_order_no; /* unique per merchant, for ever */
    int64_t account_id;
    int64_t card_id;
    struct amount amount; /* what the card gets */
    struct amount fee;    /* on top of it */
    enum currency currency;
    int64_t rate_id; /* 0: no rate was configured */
    int64_t rate_millionths;
    struct str rate_snapshot;
    int64_t hold_id;
    int64_t created_by; /* the operator's key; 0: the merchant asked */
    int64_t created_at_ms;
    /* What follows changes. */
    enum trade_cash_status status;
    struct str reason;    /* why it failed, came back or was cancelled */
    int64_t cancelled_by; /* the operator's key; 0: the merchant, or it was not cancelled */
    int64_t updated_at_ms;
    int64_t version;
};
extern const struct table trade_cash_table;

/* In commands of the remittance, and of operators who pay out by hand. All: ERR_TRADE_NOT_FOUND,
 * ERR_TRADE_STATE (status). */

/* ERR_TRADE_NOT_FOUND. A view that is valid until apply returns. */
MUST_USE enum err trade_cash_get(struct tx *tx, int64_t id, const struct trade_cash_out **out);
/* The money has left for the bank: captures the hold by the voucher cash_sent. */
MUST_USE enum err trade_cash_send(struct tx *tx, int64_t id);
/* The bank has paid: cash_paid, after cash_sent where that is missing. */
MUST_USE enum err trade_cash_complete(struct tx *tx, int64_t id);
/* It will not be paid: releases the hold, or credits back all that was sent. */
MUST_USE enum err trade_cash_fail(struct tx *tx, int64_t id, struct str reason);
/* 退汇: it was paid and came back. The amount is credited at once matured; the fee only when asked
 * for. */
struct trade_cash_return {
    int64_t id;
    bool with_fee;
    struct str reason;
};
MUST_USE enum err trade_cash_return(struct tx *tx, const struct trade_cash_return *ret);

/* ---- refunds ---- */

enum trade_refund_status { TRADE_REFUND_RESERVED = 1, TRADE_REFUND_SUCCEEDED, TRADE_REFUND_FAILED };

struct trade_refund {
    int64_t id; /* "ref_…" */
    int64_t payment_id;
    int64_t merchant_id;
    int64_t channel_account_id;
    enum ledger_fund_mode mode;
    struct str merchant_refund_no; /* unique per merchant, for ever */
    struct amount amount;          /* what the payer gets */
    struct amount fee_returned;    /* of the trade fee, by the owner's policy */
    struct amount fee;             /* charged for the refund, kind refund */
    enum currency currency;
    int64_t rate_id; /* 0: no rate was configured */
    int64_t rate_millionths;
    struct str rate_snapshot;
    int64_t hold_id;          /* from what is available; 0: none */
    int64_t immature_id;      /* the business number of the part from the maturity; 0: no part */
    int64_t immature_hold_id; /* 0: none */
    struct amount immature;   /* that part */
    int64_t matures_on;       /* yyyymmdd, its maturity */
    struct str reason;
    int64_t created_by; /* the operator's key */
    int64_t created_at_ms;
    /* What follows changes. */
    enum trade_refund_status status;
    struct str failure;
    int64_t failed_by; /* the operator's key; 0: it has not failed */
    int64_t updated_at_ms;
    int64_t version;
};
extern const struct table trade_refund_table;

struct trade_refund_ask {
    int64_t payment_id;
    int64_t merchant_id; /* 0: any; otherwise the payment must be its */
    struct str merchant_refund_no;
    struct amount amount; /* > 0 */
    struct str reason;
    int64_t operator_id;
};
/* Reserves a refund of a payment that has succeeded. The same number with the same content gives
 * the first refund; with other content ERR_TRADE_ORDER_CONFLICT and the names of the fields.
 * ERR_PAYMENT_NOT_FOUND (payment), ERR_TRADE_UNPAID (payment), ERR_TRADE_REFUND_EXCEEDED (amount:
 * more than was paid, less what has been or is being refunded), ERR_TRADE_REVERSED (payment: its
 * journal has been, whatever was booked in its place), ERR_LEDGER_DEBIT_BLOCKED (account),
 * ERR_LEDGER_ACCOUNT_CLOSED (account), ERR_TRADE_PENDING (payment: its money waits on 2299, and too
 * little else is available), ERR_LEDGER_INSUFFICIENT (account). *out is a view that is valid until
 * apply returns. */
MUST_USE enum err trade_refund_reserve(struct tx *tx, const struct trade_refund_ask *ask,
                                       const struct trade_refund **out);
/* The payer has the money: books it, and what of the fee comes back. */
MUST_USE enum err trade_refund_complete(struct tx *tx, int64_t id);
struct trade_refund_failure {
    int64_t id;
    int64_t operator_id;
    struct str reason;
};
MUST_USE enum err trade_refund_fail(struct tx *tx, const struct trade_refund_failure *failure);

/* What of a payment has been refunded. */
struct trade_refunded {
    int64_t payment_id;
    struct amount reserved;
    struct amount refunded;
    struct amount fee_returned; /* with both of them */
    struct amount immature;     /* taken from the payment's maturity by both of them */
};
/* All zero when nothing has been refunded. */
MUST_USE enum err trade_refunded(struct tx *tx, int64_t payment_id, struct trade_refunded *out);

/* By what people call what is booked under another number: ids[i] is the refund of which numbers[i]
 * is the part from the maturity, or 0 when it is of none. One question for dozens of them. */
MUST_USE enum err trade_read_refunds_of(struct reader *reader, const int64_t *numbers, size_t count,
                                        struct arena *arena, int64_t *ids);

/* ---- adjustments ---- */

enum trade_adjustment_kind { /* stored */
                             TRADE_ADJUSTMENT_LEGS = 1,
                             TRADE_ADJUSTMENT_EVENT,      /* by a voucher */
                             TRADE_ADJUSTMENT_REVERSAL,   /* 红冲: the original's legs, turned */
                             TRADE_ADJUSTMENT_CORRECTION, /* 蓝补: in the place of a reversed one */
};

/* Appended when it is booked; what is still under review is a review item. */
struct trade_adjustment {
    int64_t id;               /* "adj_…" */
    struct str adjustment_no; /* the operators' own; unique */
    enum trade_adjustment_kind kind;
    int64_t original_id; /* journal that is reversed or corrected, or that it is about; 0: none */
    int64_t journal_id;
    struct str reason_code;
    struct str content; /* SHA-256 of what was asked for */
    int64_t review_id;
    int64_t created_at_ms;
};
extern const struct table trade_adjustment_table;

/* The same of adjustments, by the journals they were booked as. */
MUST_USE enum err trade_read_adjustments_of(struct reader *reader, const int64_t *journal_ids,
                                            size_t count, struct arena *arena, int64_t *ids);

extern const struct store_part trade_part;

#endif
