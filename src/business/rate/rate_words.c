/* A change of a rate in words: what its checker reads. */
#include "business/rate/rate_int.h"

static void print_percent(struct buf *out, int64_t millionths)
{
    int64_t fraction = millionths % 10000;
    int digits = 4;

    while (digits > 2 && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    buf_printf(out, "%lld.%0*lld %%", (long long)(millionths / 10000), digits, (long long)fraction);
}

static void print_amount(struct buf *out, const char *before, struct amount amount,
                         enum currency currency)
{
    if (amount.minor != 0) {
        buf_add(out, str_of(before));
        amount_print(out, amount, currency);
    }
}

static void print_price(struct buf *out, int64_t millionths, struct amount flat,
                        enum currency currency)
{
    print_percent(out, millionths);
    print_amount(out, " + ", flat, currency);
}

static void print_tiers(struct buf *out, const struct rate_terms *terms, enum currency currency)
{
    buf_add(out, terms->tier_mode == RATE_TIERS_WHOLE ? STR("the whole by the tier reached: ")
                                                      : STR("each part by its tier: "));
    for (size_t i = 0; i < terms->tier_count; i++) {
        const struct rate_tier *tier = &terms->tiers[i];

        buf_add(out, str_of(i == 0 ? "from " : "; from "));
        amount_print(out, tier->from, currency);
        buf_add(out, STR(" "));
        print_price(out, tier->rate_millionths, tier->flat, currency);
    }
}

static const char *refund_words(enum rate_refund_policy policy)
{
    switch (policy) {
    case RATE_REFUND_KEEP:
        return ", the trade fee is kept";
    case RATE_REFUND_PROPORTIONAL:
        return ", the trade fee comes back in proportion";
    case RATE_REFUND_FULL:
        return ", the trade fee comes back when the whole is refunded at once";
    }
    return "";
}

static void print_terms(struct buf *out, const struct rate *rate)
{
    const struct rate_terms terms = rate_terms_of(rate);

    if (terms.tier_count > 0) {
        print_tiers(out, &terms, rate->currency);
    } else {
        print_price(out, terms.rate_millionths, terms.flat, rate->currency);
    }
    print_amount(out, ", at least ", terms.fee_min, rate->currency);
    print_amount(out, ", at most ", terms.fee_max, rate->currency);
    buf_add(out, str_of(refund_words(rate->refund_policy)));
}

/* ---- whose ---- */

/* The owner; of a contract, whose it is and of which method as well. */
static enum err print_owner(struct tx *tx, const struct rate *row, struct buf *out)
{
    const struct str owner = rate__owner_print(tx_arena(tx), row->owner_kind, row->owner_id);
    const struct merchant_contract *contract;
    struct str merchant;

    if (row->owner_kind != RATE_OWNER_CONTRACT) {
        buf_add(out, owner);
        return ERR_OK;
    }
    TRY(merchant_contract_get(tx, row->owner_id, &contract));
    merchant = id_str(tx_arena(tx), "mer", contract->merchant_id);
    buf_printf(out, STR_FMT " " STR_FMT "%s" STR_FMT, STR_ARG(merchant), STR_ARG(owner),
               contract->method.len == 0 ? "" : " ", STR_ARG(contract->method));
    return ERR_OK;
}

/* ---- before ---- */

static enum err trade_before(struct tx *tx, const struct rate *row, int64_t at_ms,
                             const struct rate **before)
{
    const struct merchant_contract *contract;
    struct rate_choice charged;

    TRY(merchant_contract_get(tx, row->owner_id, &contract));
    TRY(rate__choose(tx,
                     &(struct rate_trade_ask){.merchant_id = contract->merchant_id,
                                              .method = contract->method,
                                              .currency = contract->currency,
                                              .at_ms = at_ms},
                     &charged));
    *before = charged.rate;
    return ERR_OK;
}

/* What would be charged from the row's beginning on without it; *before NULL: nothing is set. */
static enum err find_before(struct tx *tx, const struct rate *row, const struct rate **before)
{
    const struct rate fallback = {.kind = row->kind, .currency = row->currency};
    int64_t at_ms = row->effective_from_ms == 0 ? tx_now_ms(tx) : row->effective_from_ms;

    if (row->kind == RATE_TRADE) {
        return trade_before(tx, row, at_ms, before);
    }
    TRY(rate__line_at(tx, row, at_ms, before));
    return *before != NULL ? ERR_OK : rate__line_at(tx, &fallback, at_ms, before);
}

static void print_before(struct tx *tx, const struct rate *row, const struct rate *before,
                         struct buf *out)
{
    struct str whose;

    if (before == NULL) {
        buf_add(out, STR("none"));
        return;
    }
    if (before->owner_id != row->owner_id) {
        whose = rate__owner_print(tx_arena(tx), before->owner_kind, before->owner_id);
        buf_printf(out, STR_FMT "'s ", STR_ARG(whose));
    }
    print_terms(out, before);
}

enum err rate__words(struct tx *tx, const struct rate *row, struct str *words)
{
    const struct rate *before;
    struct buf out;

    buf_init_arena(&out, tx_arena(tx), 4 * REVIEW_SUMMARY_MAX);
    TRY(find_before(tx, row, &before));
    TRY(print_owner(tx, row, &out));
    buf_printf(&out, " %s " STR_FMT ": ", enum_name_of(rate__kinds, (int)row->kind),
               STR_ARG(currency_code(row->currency)));
    print_before(tx, row, before, &out);
    buf_add(&out, STR(" → "));
    print_terms(&out, row);
    if (row->effective_from_ms != 0) {
        buf_add(&out, STR(", from "));
        time_print_shanghai(&out, row->effective_from_ms);
    }
    CHECK(buf_ok(&out));
    *words = buf_str(&out);
    return ERR_OK;
}
