/* Vouchers (凭证): business events booked by templates.
 *
 * Code names an event and gives its amounts and owners; the template of the event spells the legs.
 * Templates are data: each event (and fund mode, where the mode matters) has versions, each valid
 * from a business date until the next one begins. The shipped ones are inserted by migrations, see
 * docs/ledger.md for all of them in debits and credits.
 *
 *     payment_succeeded, collect     D  1131  channel account   gross
 *                                    C  2241  merchant          gross - fee     matures
 *                                    C  6021  platform          fee
 *
 * An amount is a sum of named amounts, so it can be shown for all inputs at once that a template
 * balances; one that does not is refused when it is put. A leg of amount zero is left out. An
 * amount that may be negative (a difference, a rounding) turns its leg to the other side then.
 *
 * The journal keeps which template spelled it: the same voucher sent again is compared with the
 * legs of that version, whatever is valid now. */
#ifndef MONEY_LEDGER_LEDGER_VOUCHER_H
#define MONEY_LEDGER_LEDGER_VOUCHER_H

#include "money/ledger/ledger_chart.h"

/* What happened; stored. Amounts and owners it must give stand beside it, see ledger_event.c for
 * their limits. business_no is of what the source names. */
enum ledger_event {
    LEDGER_EVENT_PAYMENT_SUCCEEDED = 1, /* by mode; gross, fee; merchant, channel account */
    LEDGER_EVENT_PAYMENT_CONFLICTED,    /* by mode; gross: received; merchant, channel account */
    LEDGER_EVENT_CHANNEL_COST_ACCRUED,  /* cost; channel account */
    LEDGER_EVENT_CHANNEL_SETTLED,       /* gross, cost: pays gross - cost; channel account */
    LEDGER_EVENT_REFUND_SUCCEEDED,      /* by mode; gross, fee: what is given back of it;
                                           merchant, channel account */
    LEDGER_EVENT_SETTLEMENT_SENT,       /* gross, fee: gross - fee goes to the bank; merchant */
    LEDGER_EVENT_SETTLEMENT_PAID,       /* net; merchant */
    LEDGER_EVENT_SETTLEMENT_RETURNED,   /* net; paid: 0, or net when the bank had paid; fee that
                                           is given back; merchant */
    LEDGER_EVENT_CASH_SENT,             /* 提现: the same three as for settlements */
    LEDGER_EVENT_CASH_PAID,
    LEDGER_EVENT_CASH_RETURNED,
    LEDGER_EVENT_PROFIT_SHARED,        /* 分账; gross; merchant, receiver */
    LEDGER_EVENT_CHARGEBACK_LOST,      /* gross, short: what the merchant does not have of it;
                                          merchant, channel account */
    LEDGER_EVENT_SURPLUS_FOUND,        /* 长款; gross; channel account */
    LEDGER_EVENT_SURPLUS_RESOLVED,     /* gross, fee; merchant */
    LEDGER_EVENT_SURPLUS_REFUNDED,     /* gross; channel account */
    LEDGER_EVENT_SHORTAGE_FOUND,       /* 短款; gross; channel account */
    LEDGER_EVENT_SHORTAGE_RECEIVED,    /* gross; channel account */
    LEDGER_EVENT_SHORTAGE_WRITTEN_OFF, /* gross; channel account */
    LEDGER_EVENT_CHANNEL_FEE_DIFFERED, /* difference: above 0, the channel took more; channel
                                          account */
    LEDGER_EVENT_MERCHANT_TOPPED_UP,   /* gross, fee; merchant */
    LEDGER_EVENT_DEPOSIT_PAID_IN,      /* 保证金 from the bank; gross; merchant */
    LEDGER_EVENT_DEPOSIT_TAKEN,        /* from the merchant's balance; gross; merchant */
    LEDGER_EVENT_DEPOSIT_RETURNED,     /* to the merchant's balance; gross; merchant */
    LEDGER_EVENT_CURRENCY_SOLD,        /* by the merchant; sold in currency, bought and rounding
                                          in other_currency */
    LEDGER_EVENT_CURRENCY_BOUGHT,      /* by the merchant; sold and rounding in currency, bought
                                          in other_currency */
    LEDGER_EVENT_INTEREST_PAID,        /* gross; merchant */
    LEDGER_EVENT_PLATFORM_FEE_CHARGED, /* by mode; fee; merchant */
    LEDGER_EVENT_ADJUSTMENT_CREDITED,  /* 调账 in the merchant's favour; gross; merchant */
    LEDGER_EVENT_ADJUSTMENT_DEBITED,   /* gross; merchant */
    LEDGER_EVENT_BALANCE_DEDUCTED,     /* 扣划 out of a freeze; gross; merchant */
    LEDGER_EVENT_DEPOSIT_DEDUCTED,     /* the same of a deposit; gross; merchant */
    LEDGER_EVENT_REFUND_FROM_FEE,      /* collect mode: what the payer gets is the fee that is given
                                          back, and no account of the merchant moves; fee; channel
                                          account */
    LEDGER_EVENT_END
};

/* Minor units; rounding is what we gain by it. Stored as words. */
enum ledger_amount_name {
    LEDGER_AMOUNT_GROSS = 1,
    LEDGER_AMOUNT_FEE,
    LEDGER_AMOUNT_COST,
    LEDGER_AMOUNT_NET,
    LEDGER_AMOUNT_PAID,
    LEDGER_AMOUNT_SHORT,
    LEDGER_AMOUNT_DIFFERENCE,
    LEDGER_AMOUNT_SOLD,
    LEDGER_AMOUNT_BOUGHT,
    LEDGER_AMOUNT_ROUNDING,
    LEDGER_AMOUNT_END
};

/* Whose account a leg moves; stored. */
enum ledger_owner {
    LEDGER_OWNER_PLATFORM = 1,
    LEDGER_OWNER_MERCHANT,
    LEDGER_OWNER_CHANNEL_ACCOUNT,
    LEDGER_OWNER_RECEIVER, /* of a share: a merchant, an agent … */
    LEDGER_OWNER_END
};
/* By the chart: the shipped codes are kept for some owners each (docs/ledger.md), those that
 * operators add, and one that the chart does not have, for anybody. */
MUST_USE enum err ledger_code_is_kept_for(struct tx *tx, int64_t code, enum ledger_owner owner,
                                          bool *kept);

/* In which of the voucher's currencies a leg is; stored. */
enum ledger_leg_currency { LEDGER_CURRENCY_MAIN = 1, LEDGER_CURRENCY_OTHER };

struct ledger_voucher {
    enum ledger_event event;
    enum ledger_fund_mode mode; /* where the event has one; otherwise ignored */
    bool manual; /* 手工记账: booked under adjustment / succeeded, whatever the event */
    int64_t business_no;
    int64_t merchant_id; /* owners: those the event needs */
    int64_t channel_account_id;
    int64_t receiver_id;
    enum currency currency;
    enum currency other_currency; /* of an exchange */
    int32_t matures_on; /* yyyymmdd of the legs that mature, see struct ledger_leg; 0: at once */
    struct amount amounts[LEDGER_AMOUNT_END]; /* {[LEDGER_AMOUNT_GROSS] = {10000}, …} */
};

/* Opens the accounts it needs and posts. When nothing is left to book (direct mode without a fee)
 * there is no journal and posted->journal_id is 0. Refusals, in this order: ERR_LEDGER_REFERENCE,
 * ERR_LEDGER_VOUCHER (event: no template on the business date), ERR_LEDGER_AMOUNT (the name of the
 * first amount beyond its limits), those of ledger_account_open, those of ledger_post. posted may
 * be NULL. */
MUST_USE enum err ledger_voucher_post(struct tx *tx, const struct ledger_voucher *voucher,
                                      struct ledger_posted *posted);
/* Whether it could be posted now: the same refusals. It opens accounts of the platform alone;
 * nothing could be taken from another that is not there. */
MUST_USE enum err ledger_voucher_check(struct tx *tx, const struct ledger_voucher *voucher);
void ledger_prefetch_voucher(struct prefetch *pre, const struct ledger_voucher *voucher,
                             unsigned round);

/* The same as the capture of a hold: a withdrawal is held first, then sent. Refusals as above, then
 * those of ledger_hold_capture. held may be NULL. */
struct ledger_voucher_capture {
    struct ledger_voucher voucher;
    int64_t hold_id;
    bool whole;                /* release what is left after the capture */
    enum ledger_source placer; /* see ledger_hold_capture; 0: the source of the event */
    struct str memo;           /* see ledger_memo_post; empty: none */
};
MUST_USE enum err ledger_voucher_capture(struct tx *tx,
                                         const struct ledger_voucher_capture *capture,
                                         struct ledger_held *held);
void ledger_prefetch_voucher_capture(struct prefetch *pre,
                                     const struct ledger_voucher_capture *capture, unsigned round);

/* The reference under which the voucher is booked. ERR_LEDGER_VOUCHER: there is no such event. */
MUST_USE enum err ledger_voucher_reference(const struct ledger_voucher *voucher,
                                           struct ledger_reference *out);

/* ---- what an event tells ---- */

enum ledger_amount_rule {
    LEDGER_RULE_POSITIVE = 1,
    LEDGER_RULE_NOT_NEGATIVE,
    LEDGER_RULE_NOT_ZERO, /* this and the next may be negative */
    LEDGER_RULE_ANY,
};

enum { LEDGER_EVENT_AMOUNTS_MAX = 3 };

struct ledger_event_amount {
    enum ledger_amount_name name; /* 0 ends the list */
    enum ledger_amount_rule rule;
    enum ledger_amount_name at_most; /* 0: no limit */
};

struct ledger_event_row {
    enum ledger_source source;
    enum ledger_operation operation;
    bool by_mode;
    bool fact;       /* it happened outside already, see ledger.h */
    bool exchange;   /* has other_currency */
    unsigned owners; /* 1 << enum ledger_owner, those but the platform */
    struct ledger_event_amount amounts[LEDGER_EVENT_AMOUNTS_MAX];
};

/* NULL: there is no such event. */
const struct ledger_event_row *ledger_event_row(enum ledger_event event);
/* What the event says of an amount; NULL: it has no such amount. */
const struct ledger_event_amount *ledger_event_amount(const struct ledger_event_row *event,
                                                      enum ledger_amount_name name);
/* ERR_LEDGER_AMOUNT (the name of the first amount beyond its limits). The event must exist. */
MUST_USE enum err ledger_voucher_check_amounts(struct tx *tx, const struct ledger_voucher *voucher);

/* ---- templates ---- */

enum { LEDGER_TEMPLATE_LEGS_MAX = 16, LEDGER_EXPRESSION_MAX = 100, LEDGER_TEMPLATE_MEMO_MAX = 64 };

struct ledger_template_leg {
    int64_t id; /* the store's; ignored in input */
    enum ledger_side side;
    int64_t code;
    enum ledger_owner owner;
    enum ledger_leg_currency currency; /* 0 in input: main */
    struct str amount;                 /* "gross - fee" */
    bool matures;                      /* moves money that matures on voucher.matures_on */
    struct str memo;                   /* for people */
};

struct ledger_template {
    int64_t id; /* what journals keep: event * 10,000 + mode * 1,000 + version */
    enum ledger_event event;
    enum ledger_fund_mode mode; /* 0: the event has none */
    int64_t version;            /* from 1 */
    int64_t valid_from;         /* yyyymmdd */
    int64_t valid_until;        /* yyyymmdd, exclusive; 0: no later version yet; not after
                                   valid_from: it was replaced before it began */
    int64_t operator_id;        /* who asked for it; 0: shipped */
    int64_t reviewer_id;        /* who approved it; 0: nobody had to */
    struct str reason;
    int64_t created_at_ms;
    struct ledger_template_leg *legs;
    size_t leg_count;
};

/* A new version from a later date on than today. Versions that have not begun by that date are
 * replaced: they never begin. Sent again it answers with the same version and `exists`. Refusals,
 * the first that applies: ERR_LEDGER_VOUCHER (event, mode), ERR_LEDGER_VERSION_DATE (valid_from),
 * ERR_LEDGER_LEGS (legs: neither none nor 2 to 16), for each leg ERR_LEDGER_CODE, _CODE_NOT_LEAF,
 * _CODE_CLOSED (legs[i].code: not open on valid_from), _CODE_OWN (2299), _CODE_CURRENCY
 * (legs[i].code: it does not take any), ERR_LEDGER_OWNER (legs[i].owner: the event does not tell
 * it), ERR_LEDGER_CODE_OWNER (legs[i].owner: the code is kept for others), ERR_LEDGER_EXPRESSION
 * (legs[i].amount: no sum of the event's amounts; legs[i].currency: the event has one only), then
 * ERR_LEDGER_UNBALANCED (legs: for some amounts). */
struct ledger_template_put {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t valid_from; /* yyyymmdd */
    const struct ledger_template_leg *legs;
    size_t leg_count;
    int64_t operator_id; /* who asks for it */
    int64_t reviewer_id; /* who approved it */
    struct str reason;
};
/* Whether it can be put; changes nothing. */
MUST_USE enum err ledger_template_check(struct tx *tx, const struct ledger_template_put *put,
                                        struct ledger_versioned *out);
MUST_USE enum err ledger_template_put(struct tx *tx, const struct ledger_template_put *put,
                                      struct ledger_versioned *out);
extern const struct command_kind ledger_template_put_kind; /* result ledger_versioned */

/* All versions of an event (0: of all events), by event, mode and version. */
MUST_USE enum err ledger_read_templates(struct reader *reader, enum ledger_event event,
                                        struct arena *arena, struct ledger_template **out,
                                        size_t *count);
/* The parts of ledger_template.id. */
enum ledger_event ledger_template_event(int64_t id);
enum ledger_fund_mode ledger_template_mode(int64_t id);
int64_t ledger_template_version(int64_t id);

extern const struct enum_name ledger_event_names[]; /* "payment_succeeded" … */
extern const struct enum_name ledger_mode_names[];  /* "direct", "collect" */
/* Of the JSON object of a leg. */
enum { LEDGER_TEMPLATE_LEG_FIELDS = 7 };
extern const struct field ledger_template_leg_fields[LEDGER_TEMPLATE_LEG_FIELDS];
extern const struct enum_name ledger_owner_names[];

#endif
