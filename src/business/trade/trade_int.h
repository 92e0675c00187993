/* Shared inside business/trade. */
#ifndef BUSINESS_TRADE_TRADE_INT_H
#define BUSINESS_TRADE_TRADE_INT_H

#include "base/time.h"
#include "business/account/account.h"
#include "business/rate/rate.h"
#include "business/review/review.h"
#include "business/trade/trade.h"
#include "money/ledger/ledger_voucher.h"
#include "platform/store/store_reply.h"

extern const struct table trade__refunded_table;
extern const struct sequence trade__adjustment_sequence;
extern const struct migration trade__migrations[15];
extern const struct route trade__cash_routes[];
extern const struct route trade__refund_routes[];
extern const struct route trade__adjustment_routes[];
extern const struct route trade__event_routes[];
/* As merchants see them, in events too. */
extern const struct field_set trade__cash_set;
extern const struct field_set trade__refund_set;
extern const struct field_set trade__adjustment_set;

/* Refuses with the fields of the set in which the first object and the repeated one differ. */
MUST_USE enum err trade__same(struct tx *tx, const struct field_set *set, const void *first,
                              const void *again);
/* Tells what became of the object: an event with it as data. */
struct trade_news {
    const char *type; /* "cash_out.succeeded" */
    const struct field_set *set;
    const void *object;
    int64_t id;
    int64_t merchant_id;
    int64_t version;
};
void trade__announce(struct tx *tx, const struct trade_news *news);

/* ---- commands ---- */

struct trade_cash_create {
    int64_t merchant_id; /* 0: an operator asks, for the account's owner */
    int64_t operator_id; /* 0: the merchant asks */
    int64_t app_id;
    int64_t account;
    struct amount amount;
    struct str merchant_order_no;
    int64_t card; /* 0: the default one */
};
extern const struct command_kind trade__cash_kind;   /* result: struct trade_cash_out */
extern const struct command_kind trade__refund_kind; /* arg trade_refund_ask; trade_refund */

/* While it waits: releases its hold. ERR_TRADE_NOT_FOUND, ERR_TRADE_STATE (status). Result: struct
 * trade_cash_out. */
struct trade_cash_cancel {
    int64_t id;
    int64_t merchant_id; /* 0: an operator; otherwise it must be its */
    int64_t operator_id; /* 0: the merchant */
    struct str reason;
};
extern const struct command_kind trade__cash_cancel_kind;

/* An operator's word of what the bank has done: reviewed. ERR_FIELD_VALUE (with_fee),
 * ERR_TRADE_NOT_FOUND, ERR_TRADE_STATE (status), those of review_submit. */
struct trade_cash_outcome {
    enum trade_cash_status outcome; /* SENT, SUCCEEDED (of a sent one), FAILED, RETURNED */
    bool with_fee;                  /* of RETURNED */
    int64_t version;                /* of the cash-out, when it was asked */
};
struct trade_cash_claim {
    struct trade_cash_outcome outcome;
    struct str reason;
    struct str evidence;
    int64_t id;
    int64_t maker_key_id;
    struct amount limit; /* two checkers above it */
};
extern const struct field_set trade__cash_claim_set;
struct trade_cash_claimed {
    struct trade_cash_out cash; /* id 0: it is reviewed first */
    struct review_item review;
};
extern const struct command_kind trade__cash_claim_kind; /* result trade_cash_claimed */
extern const struct review_kind trade__cash_review;

MUST_USE enum err trade__refund_get(struct tx *tx, int64_t id, const struct trade_refund **out);

/* An operator's word that a refund was not made: arg trade_refund_failure. Result: struct
 * trade_refund. */
extern const struct command_kind trade__refund_fail_kind;

/* An operator's word that the payer has the money: reviewed. */
struct trade_refund_claim {
    int64_t id;
    struct str reason;
    struct str evidence;
    int64_t maker_key_id;
    struct amount limit; /* two checkers above it */
};
struct trade_refund_claimed {
    struct trade_refund refund; /* id 0: it is reviewed first */
    struct review_item review;
};
extern const struct command_kind trade__refund_claim_kind; /* result trade_refund_claimed */
extern const struct review_kind trade__refund_review;

struct trade_leg {
    int64_t account;
    enum ledger_side side;
    struct amount amount;
    int64_t matures_on; /* yyyymmdd; 0: at once */
};
/* What an adjustment is to be, as it is asked for and reviewed. */
struct trade_change {
    struct str adjustment_no;
    enum trade_adjustment_kind kind;
    struct str reason_code;
    int64_t original;       /* reversal, correction: the journal; else what it is about, or 0 */
    struct field_list legs; /* legs, correction: of struct trade_leg */
    enum ledger_event event;
    enum ledger_fund_mode mode; /* of the event, as what follows */
    int64_t merchant_id;
    int64_t channel_account_id;
    int64_t receiver_id;
    enum currency currency;
    enum currency other_currency;
    struct amount amounts[LEDGER_AMOUNT_END];
};
extern const struct field_set trade__change_set; /* the change */
extern const struct field_set trade__adjust_set; /* and what is said to the reviewers */

/* Of the events that are booked by hand, in the order in which they are looked at: mode, owners and
 * currencies, then the amounts. */
extern const struct enum_name trade__event_names[];
enum { TRADE_EVENT_OWNERS = 6, TRADE_EVENT_FIELDS = 14 };
struct trade_event_field {
    const char *name; /* in the body */
    bool taken, required;
    enum ledger_amount_name amount; /* 0: it is none; what follows is of amounts */
    bool may_be_negative;
    bool other_currency;
};
/* event 0: an adjustment that names none, and takes no field of one. */
void trade__event_fields(enum ledger_event event, struct trade_event_field out[TRADE_EVENT_FIELDS]);

struct trade_adjust {
    struct trade_change change;
    struct str reason;
    struct str evidence;
    int64_t maker_key_id;
    struct amount limit; /* two checkers above it */
};
struct trade_adjusted {
    struct trade_adjustment adjustment; /* id 0: it is reviewed first */
    struct review_item review;
};
extern const struct command_kind trade__adjust_kind; /* arg trade_adjust, result trade_adjusted */
extern const struct review_kind trade__review;

/* ---- reading ---- */

struct trade_filter {
    int64_t merchant_id;                /* 0: any */
    enum trade_cash_status cash_status; /* of cash-outs; 0: any */
    int64_t payment_id;                 /* of refunds; 0: any */
    int64_t original_id;                /* of adjustments; 0: any */
    int64_t before_id;                  /* 0: the newest first */
    int64_t limit;
};
/* What is under way for an account. */
extern const struct account_blocker trade__cash_blocker;
extern const struct account_blocker trade__refund_blocker;

MUST_USE enum err trade__read_cash(struct reader *reader, int64_t id, struct arena *arena,
                                   struct trade_cash_out *out);
MUST_USE enum err trade__read_cash_list(struct reader *reader, const struct trade_filter *filter,
                                        struct arena *arena, struct trade_cash_out **out,
                                        size_t *count);
MUST_USE enum err trade__read_refund(struct reader *reader, int64_t id, struct arena *arena,
                                     struct trade_refund *out);
MUST_USE enum err trade__read_refund_list(struct reader *reader, const struct trade_filter *filter,
                                          struct arena *arena, struct trade_refund **out,
                                          size_t *count);
MUST_USE enum err trade__read_adjustment(struct reader *reader, int64_t id, struct arena *arena,
                                         struct trade_adjustment *out);
MUST_USE enum err trade__read_adjustment_list(struct reader *reader,
                                              const struct trade_filter *filter,
                                              struct arena *arena, struct trade_adjustment **out,
                                              size_t *count);

#endif
