/* Fees as arithmetic: no store, no clock. */
#include "business/rate/rate_int.h"

enum { RATE_ONE = 1000000 };

/* Wide enough for amount × rate and the sum of eight of them. */
__extension__ typedef __int128 int128;

static bool reached(const struct rate_tier *tier, struct amount amount)
{
    return tier->from.minor <= amount.minor;
}

/* The tier that prices the last unit of the amount; the first one is reached by every amount. */
static size_t last_tier(const struct rate_terms *terms, struct amount amount)
{
    size_t at = 0;

    CHECK(terms->tier_count > 0 && terms->tier_count <= RATE_TIERS_MAX);
    while (at + 1 < terms->tier_count && reached(&terms->tiers[at + 1], amount)) {
        at++;
    }
    return at;
}

/* A price in millionths of a minor unit, before rounding. */
static int128 price(int64_t part, int64_t rate_millionths, struct amount flat)
{
    CHECK(part >= 0 && flat.minor >= 0);
    CHECK(rate_millionths >= 0 && rate_millionths <= RATE_ONE);
    return (int128)part * rate_millionths + (int128)flat.minor * RATE_ONE;
}

static int128 marginal_price(const struct rate_terms *terms, struct amount amount)
{
    size_t last = last_tier(terms, amount);
    int128 sum = 0;

    for (size_t i = 0; i <= last; i++) {
        const struct rate_tier *tier = &terms->tiers[i];
        int64_t end = i == last ? amount.minor : terms->tiers[i + 1].from.minor;

        sum += price(end - tier->from.minor, tier->rate_millionths, tier->flat);
    }
    return sum;
}

static int128 whole_price(const struct rate_terms *terms, struct amount amount)
{
    const struct rate_tier *tier = &terms->tiers[last_tier(terms, amount)];

    return price(amount.minor, tier->rate_millionths, tier->flat);
}

static int128 price_of(const struct rate_terms *terms, struct amount amount)
{
    switch (terms->tier_mode) {
    case RATE_TIERS_WHOLE:
        return whole_price(terms, amount);
    case RATE_TIERS_MARGINAL:
        return marginal_price(terms, amount);
    }
    return price(amount.minor, terms->rate_millionths, terms->flat);
}

enum err rate_fee(const struct rate_terms *terms, struct amount amount, struct amount *fee)
{
    int128 result;

    CHECK(amount.minor >= 0 && terms->fee_min.minor >= 0 && terms->fee_max.minor >= 0);
    result = (price_of(terms, amount) + RATE_ONE / 2) / RATE_ONE;
    if (result < terms->fee_min.minor) {
        result = terms->fee_min.minor;
    }
    if (terms->fee_max.minor > 0 && result > terms->fee_max.minor) {
        result = terms->fee_max.minor;
    }
    if (result > INT64_MAX) {
        return ERR_AMOUNT_OVERFLOW;
    }
    fee->minor = (int64_t)result;
    return ERR_OK;
}

enum err rate__fee(enum rate_kind kind, const struct rate_terms *terms, struct amount amount,
                   struct amount *fee)
{
    TRY(rate_fee(terms, amount, fee));
    if (kind == RATE_TRADE && amount_cmp(*fee, amount) > 0) {
        *fee = amount;
    }
    return ERR_OK;
}

int64_t rate_millionths_of(const struct rate_terms *terms, struct amount amount)
{
    return terms->tier_count == 0 ? terms->rate_millionths
                                  : terms->tiers[last_tier(terms, amount)].rate_millionths;
}

/* What shall have come back once `refunded` of the paid amount has been refunded. A refund is given
 * what is missing of it, so that roundings cannot add up. */
static int64_t returned_by(const struct rate_refund *refund, int64_t refunded)
{
    switch (refund->policy) {
    case RATE_REFUND_KEEP:
        return 0;
    case RATE_REFUND_PROPORTIONAL:
        return (int64_t)((int128)refund->fee.minor * refunded / refund->paid.minor);
    case RATE_REFUND_FULL:
        return refund->refund_now.minor == refund->paid.minor ? refund->fee.minor : 0;
    }
    check_failed("refund policy", __FILE__, __LINE__);
}

struct amount rate_refund_fee_return(const struct rate_refund *refund)
{
    int64_t before = refund->refunded_before.minor, now = refund->refund_now.minor;
    int64_t missing;

    CHECK(refund->fee.minor >= 0 && refund->fee.minor <= refund->paid.minor);
    CHECK(before >= 0 && now > 0 && now <= refund->paid.minor - before);
    CHECK(refund->returned_before.minor >= 0);
    missing = returned_by(refund, before + now) - refund->returned_before.minor;
    if (missing < 0) {
        missing = 0;
    }
    return AMOUNT(missing < now ? missing : now);
}
