/* What a payment is charged: the rate of the contract that covers it. */
#include "business/rate/rate_int.h"

/* Whether a is the better of two that have both begun; b came before it. */
static bool is_better(const struct rate_choice *a, const struct rate_choice *b)
{
    if (b->contract == NULL) {
        return true;
    }
    if ((a->contract->method.len > 0) != (b->contract->method.len > 0)) {
        return a->contract->method.len > 0;
    }
    return a->rate->effective_from_ms >= b->rate->effective_from_ms;
}

enum err rate__choose(struct tx *tx, const struct rate_trade_ask *ask, struct rate_choice *out)
{
    struct merchant_contracts covering;

    *out = (struct rate_choice){NULL, NULL};
    TRY(merchant_contracts_for(
        tx, &(struct merchant_contract_key){ask->merchant_id, ask->method, ask->currency},
        &covering));
    for (size_t i = 0; i < covering.count; i++) {
        struct rate_choice choice = {.contract = covering.all[i]};
        const struct rate key = {
            .owner_id = choice.contract->id, .kind = RATE_TRADE, .currency = ask->currency};

        TRY(rate__line_at(tx, &key, ask->at_ms, &choice.rate));
        if (choice.rate != NULL && is_better(&choice, out)) {
            *out = choice;
        }
    }
    return ERR_OK;
}

enum err rate_trade(struct tx *tx, const struct rate_trade_ask *ask, struct rate_trade *out)
{
    struct rate_choice best;
    struct rate_terms terms;
    struct amount fee;
    enum err err;

    TRY(rate__choose(tx, ask, &best));
    if (best.contract == NULL) {
        return ERR_MERCHANT_CONTRACT;
    }
    terms = rate_terms_of(best.rate);
    err = rate__fee(RATE_TRADE, &terms, ask->amount, &fee);
    if (err != ERR_OK) {
        return tx_refuse(tx, err, "amount");
    }
    *out = (struct rate_trade){
        .contract_id = best.contract->id,
        .rate_id = best.rate->id,
        .rate_millionths = rate_millionths_of(&terms, ask->amount),
        .fee = fee,
    };
    return ERR_OK;
}

void rate_trade_prefetch(struct prefetch *pre, int64_t merchant_id, unsigned round)
{
    int64_t ids[MERCHANT_CONTRACTS_MAX];
    size_t count = round == 0 ? 0 : merchant_contracts_peek(pre, merchant_id, ids);

    for (size_t i = 0; i < count; i++) {
        const struct rate_line *line;

        if (round == 1) {
            prefetch_id(pre, &rate__line_table, ids[i]);
        } else if ((line = prefetch_peek(pre, &rate__line_table, ids[i])) != NULL) {
            prefetch_id(pre, &rate_table, line->last_id);
        }
    }
}
