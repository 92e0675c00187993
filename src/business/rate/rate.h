/* Fee rates (费率): what an owner pays for a trade, a settlement, a cash-out or a refund, from when
 * on.
 *
 * A rate belongs to a line: an owner, a kind and a currency. The owner is a merchant or the
 * platform as everybody's default, of kind trade a merchant's contract. Rows are appended and never
 * changed or deleted, so the line is its own history:
 *
 *     asked for ──it changes nobody's price──► in the line
 *         └──reviewed (business/review)──► in the line ──effective_from──► in effect ──► superseded
 *
 * In effect at an instant is the rate that began last by then; of two that begin together, the
 * later row. A rate never begins in the past. A merchant without a rate in effect pays the
 * platform's default; without that there is no fee, and the quote says so. What changes nobody's
 * price is a zero as the platform's first default, and the first trade rate that covers its
 * payments: without one they are refused. A merchant's own zero waives every default to come, so it
 * is reviewed.
 *
 * The trade fee is charged once, upstream: its only source is a contract of the merchant
 * (merchant_contract_open), and the platform has no default of it. A payment keeps the contract,
 * the rate and the fee: the rate's row is the snapshot, as it never changes.
 *
 *     fee = half-up(amount × rate / 10^6) + flat, at least fee_min, at most fee_max
 *           (the trade fee also at most the amount)
 *
 * Tiers (at most 8) take the place of rate and flat. The first begins at 0, the others rise; an
 * amount has reached the tiers that begin at it or below. whole (全额): the last tier reached
 * prices the whole amount. marginal (分段累进): each tier reached prices its own part of the
 * amount, up to where the next begins, and adds its flat; the sum is rounded once. */
#ifndef BUSINESS_RATE_RATE_H
#define BUSINESS_RATE_RATE_H

#include "platform/module/module.h"

extern const struct module rate_module;

#define RATE_PREFIX "rat"

enum rate_kind { RATE_TRADE = 1, RATE_SETTLEMENT, RATE_CASH, RATE_REFUND }; /* stored */

enum rate_owner_kind {
    RATE_OWNER_PLATFORM = 1,
    RATE_OWNER_MERCHANT,
    RATE_OWNER_AGENT,
    RATE_OWNER_CONTRACT, /* of kind trade, and of no other */
};                       /* stored */

enum rate_tier_mode { RATE_TIERS_WHOLE = 1, RATE_TIERS_MARGINAL }; /* stored */

/* What becomes of the trade fee when the payment is refunded; part of an owner's rate of kind
 * refund. Stored. */
enum rate_refund_policy {
    RATE_REFUND_KEEP = 1,     /* we keep it */
    RATE_REFUND_PROPORTIONAL, /* it comes back with each refund, in proportion */
    RATE_REFUND_FULL,         /* it comes back when the whole is refunded at once */
};

enum { RATE_TIERS_MAX = 8 };

struct rate_tier {
    struct amount from; /* reached by this amount and those above */
    int64_t rate_millionths;
    struct amount flat;
};

struct rate_terms {
    int64_t rate_millionths; /* 3800 is 0.38 % */
    struct amount flat;
    struct amount fee_min;
    struct amount fee_max;         /* 0: no maximum; wins over fee_min */
    enum rate_tier_mode tier_mode; /* 0: no tiers */
    struct rate_tier tiers[RATE_TIERS_MAX];
    size_t tier_count;
};

/* A row of the table. */
struct rate {
    int64_t id; /* "rat_…", gap-free, in the order of their making */
    enum rate_owner_kind owner_kind;
    int64_t owner_id; /* 0: the platform */
    enum rate_kind kind;
    enum currency currency;
    int64_t rate_millionths;
    struct amount flat;
    struct amount fee_min;
    struct amount fee_max;
    enum rate_tier_mode tier_mode;
    struct str tiers;                      /* "0:3800:0 100000:2500:0": from, millionths, flat */
    enum rate_refund_policy refund_policy; /* kind refund; 0 otherwise */
    int64_t effective_from_ms;
    int64_t horizon_ms;  /* the latest effective_from_ms of the line up to this row */
    int64_t previous_id; /* the row of the line before this one; 0: it is the first */
    int64_t review_id;   /* that approved it; 0: none was needed */
    int64_t operator_id; /* key of who asked for it; 0: the command line, or before it was kept */
    int64_t created_at_ms;
};
extern const struct table rate_table;

/* ---- pure ---- */

/* The fee of an amount >= 0. ERR_AMOUNT_OVERFLOW. */
MUST_USE enum err rate_fee(const struct rate_terms *terms, struct amount amount,
                           struct amount *fee);
/* The millionths that priced the amount: of the last tier it reached when there are tiers. */
int64_t rate_millionths_of(const struct rate_terms *terms, struct amount amount);
struct rate_terms rate_terms_of(const struct rate *rate);

/* How much of the trade fee comes back to the merchant with a refund. Over any sequence of refunds
 * the sum is never above the fee; in proportion it is what the refunded part of the payment was
 * charged, rounded down, and the fee exactly when the whole has been refunded. It is at most
 * refund_now. CHECKs 0 <= fee <= paid, 0 <= refunded_before, 0 <= returned_before, 0 < refund_now
 * and refunded_before + refund_now <= paid. */
struct rate_refund {
    struct amount paid;
    struct amount fee;             /* what the payment was charged */
    struct amount refunded_before; /* by the refunds that have succeeded or are on their way */
    struct amount returned_before; /* what came back with those */
    struct amount refund_now;
    enum rate_refund_policy policy;
};
struct amount rate_refund_fee_return(const struct rate_refund *refund);

/* ---- in commands ---- */

struct rate_ask {
    int64_t owner_id;    /* a merchant's or agent's; 0: the platform's default itself */
    enum rate_kind kind; /* not trade */
    enum currency currency;
    struct amount amount; /* >= 0 */
    int64_t at_ms;
};

/* What an entry that is charged keeps of its price. */
struct rate_quote {
    struct amount fee;
    int64_t rate_id; /* 0: no rate is configured, fee is 0 */
    int64_t rate_millionths;
    enum rate_refund_policy refund_policy; /* kind refund: always given */
    struct str snapshot; /* JSON of the rate and its terms; at most RATE_SNAPSHOT_MAX bytes */
};
enum { RATE_SNAPSHOT_MAX = 1000 };

/* ERR_RATE_TRADE (kind), ERR_AMOUNT_OVERFLOW (amount). The snapshot lives until apply returns. */
MUST_USE enum err rate_quote(struct tx *tx, const struct rate_ask *ask, struct rate_quote *out);
/* Names the rows rate_quote will want; call it in every round. */
void rate_prefetch(struct prefetch *pre, const struct rate_ask *ask, unsigned round);

/* What a payment is charged: by a contract of its method before a general one, of several by the
 * rate that began last. ERR_MERCHANT_CONTRACT: no contract that covers it has a rate in effect;
 * ERR_AMOUNT_OVERFLOW (amount). */
struct rate_trade_ask {
    int64_t merchant_id;
    struct str method;
    enum currency currency;
    struct amount amount; /* >= 0 */
    int64_t at_ms;
};
struct rate_trade {
    int64_t contract_id;
    int64_t rate_id;
    int64_t rate_millionths;
    struct amount fee;
};
MUST_USE enum err rate_trade(struct tx *tx, const struct rate_trade_ask *ask,
                             struct rate_trade *out);
/* Beside merchant_prefetch, in every round. */
void rate_trade_prefetch(struct prefetch *pre, int64_t merchant_id, unsigned round);

extern const struct store_part rate_part;

#endif
