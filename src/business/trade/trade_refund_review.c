/* The end of a refund that was made by hand. That the payer has the money is an operator's word,
 * and books the merchant's money away: so one operator says it and another confirms it, two others
 * above the limit that adjustments have. That it was not made moves nothing out, and is taken at
 * once; a claim that is still under review is then refused when it is approved. */
#include "business/trade/trade_int.h"

static enum err review_apply(struct tx *tx, const struct review_item *item)
{
    return trade_refund_complete(tx, item->subject_id);
}

const struct review_kind trade__refund_review = {
    .name = "trade.refund_complete",
    .check_permission = "trade:write",
    .apply = review_apply,
};

static enum err submit(struct tx *tx, const struct trade_refund_claim *claim,
                       const struct trade_refund *refund, struct review_item *out)
{
    const struct review_ask ask = {
        .kind = &trade__refund_review,
        .maker_key_id = claim->maker_key_id,
        .subject_prefix = TRADE_REFUND_PREFIX,
        .subject_id = refund->id,
        .change = STR("{\"status\":\"succeeded\"}"),
        .summary = str_printf(tx_arena(tx), "refund " STR_FMT " was paid to the payer",
                              STR_ARG(refund->merchant_refund_no)),
        .summary_zh = str_printf(tx_arena(tx), "退款 " STR_FMT "：已退付付款人",
                                 STR_ARG(refund->merchant_refund_no)),
        .amount = refund->amount,
        .currency = refund->currency,
        .reason = claim->reason,
        .evidence = claim->evidence,
        .needed = amount_cmp(refund->amount, claim->limit) > 0 ? 2 : 1,
    };
    const struct review_item *item;

    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, out);
    return ERR_OK;
}

static enum err claim_apply(struct tx *tx, const void *arg, void *result)
{
    const struct trade_refund_claim *claim = arg;
    struct trade_refund_claimed *claimed = result;
    const struct trade_refund *refund;

    TRY(trade__refund_get(tx, claim->id, &refund));
    switch (refund->status) {
    case TRADE_REFUND_RESERVED:
        return submit(tx, claim, refund, &claimed->review);
    case TRADE_REFUND_SUCCEEDED:
        tx_result_row(tx, &trade_refund_table, refund, &claimed->refund);
        return ERR_OK;
    case TRADE_REFUND_FAILED:
        break;
    }
    return tx_refuse(tx, ERR_TRADE_STATE, "status");
}

static void claim_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    if (round == 0) {
        prefetch_id(pre, &trade_refund_table, ((const struct trade_refund_claim *)arg)->id);
    }
}

const struct command_kind trade__refund_claim_kind = {
    .name = "trade.refund_claim",
    .prefetch = claim_prefetch,
    .apply = claim_apply,
    .result_size = sizeof(struct trade_refund_claimed),
};
