/* A change of a rate in words: what its checker reads. */
#include "business/rate/rate_int.h"

struct words {
    const char *whole, *parts, *first_from, *then_from, *at_least, *at_most, *from;
    const char *none, *whose; /* after the owner's id */
    const char *refund[RATE_REFUND_FULL + 1];
    const char *kinds[RATE_REFUND + 1];
};

static const struct words english = {
    .whole = "the whole by the tier reached: ",
    .parts = "each part by its tier: ",
    .first_from = "from ",
    .then_from = "; from ",
    .at_least = ", at least ",
    .at_most = ", at most ",
    .from = ", from ",
    .none = "none",
    .whose = "'s ",
    .refund = {[RATE_REFUND_KEEP] = ", the trade fee is kept",
               [RATE_REFUND_PROPORTIONAL] = ", the trade fee comes back in proportion",
               [RATE_REFUND_FULL] =
                   ", the trade fee comes back when the whole is refunded at once"},
    .kinds = {[RATE_TRADE] = "trade",
              [RATE_SETTLEMENT] = "settlement",
              [RATE_CASH] = "cash",
              [RATE_REFUND] = "refund"},
};

static const struct words chinese = {
    .whole = "全额按所达档计：",
    .parts = "各段按各档计：",
    .first_from = "自 ",
    .then_from = "；自 ",
    .at_least = "，最低 ",
    .at_most = "，最高 ",
    .from = "，生效时间 ",
    .none = "无",
    .whose = " 的 ",
    .refund = {[RATE_REFUND_KEEP] = "，不退交易手续费",
               [RATE_REFUND_PROPORTIONAL] = "，按比例退交易手续费",
               [RATE_REFUND_FULL] = "，一次全额退款时退交易手续费"},
    .kinds = {[RATE_TRADE] = "交易",
              [RATE_SETTLEMENT] = "结算",
              [RATE_CASH] = "提现",
              [RATE_REFUND] = "退款"},
};

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

static void print_price(struct buf *out, int64_t millionths, struct amount flat,
                        enum currency currency)
{
    print_percent(out, millionths);
    review_print_amount(out, " + ", flat, currency);
}

static void print_tiers(struct buf *out, const struct words *words, const struct rate_terms *terms,
                        enum currency currency)
{
    buf_add(out, str_of(terms->tier_mode == RATE_TIERS_WHOLE ? words->whole : words->parts));
    for (size_t i = 0; i < terms->tier_count; i++) {
        const struct rate_tier *tier = &terms->tiers[i];

        buf_add(out, str_of(i == 0 ? words->first_from : words->then_from));
        amount_print(out, tier->from, currency);
        buf_add(out, STR(" "));
        print_price(out, tier->rate_millionths, tier->flat, currency);
    }
}

static void print_terms(struct buf *out, const struct words *words, const struct rate *rate)
{
    const struct rate_terms terms = rate_terms_of(rate);

    if (terms.tier_count > 0) {
        print_tiers(out, words, &terms, rate->currency);
    } else {
        print_price(out, terms.rate_millionths, terms.flat, rate->currency);
    }
    review_print_amount(out, words->at_least, terms.fee_min, rate->currency);
    review_print_amount(out, words->at_most, terms.fee_max, rate->currency);
    if (rate->refund_policy != 0) {
        buf_add(out, str_of(words->refund[rate->refund_policy]));
    }
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

static void print_before(struct tx *tx, const struct words *words, const struct rate *row,
                         const struct rate *before, struct buf *out)
{
    if (before == NULL) {
        buf_add(out, str_of(words->none));
        return;
    }
    if (before->owner_id != row->owner_id) {
        buf_add(out, rate__owner_print(tx_arena(tx), before->owner_kind, before->owner_id));
        buf_add(out, str_of(words->whose));
    }
    print_terms(out, words, before);
}

static enum err print_change(struct tx *tx, const struct words *words, const struct rate *row,
                             const struct rate *before, struct str *line)
{
    struct buf out;

    buf_init_arena(&out, tx_arena(tx), 4 * REVIEW_SUMMARY_MAX);
    TRY(print_owner(tx, row, &out));
    buf_printf(&out, " %s " STR_FMT ": ", words->kinds[row->kind],
               STR_ARG(currency_code(row->currency)));
    print_before(tx, words, row, before, &out);
    buf_add(&out, STR(" → "));
    print_terms(&out, words, row);
    if (row->effective_from_ms != 0) {
        buf_add(&out, str_of(words->from));
        time_print_shanghai(&out, row->effective_from_ms);
    }
    CHECK(buf_ok(&out));
    *line = buf_str(&out);
    return ERR_OK;
}

enum err rate__words(struct tx *tx, const struct rate *row, struct review_ask *ask)
{
    const struct rate *before;

    TRY(find_before(tx, row, &before));
    TRY(print_change(tx, &english, row, before, &ask->summary));
    return print_change(tx, &chinese, row, before, &ask->summary_zh);
}
