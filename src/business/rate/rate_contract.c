/* A merchant's contract and its fee, which is the rate of kind trade it owns. */
#include "business/rate/rate_int.h"

/* What must be said before a contract is opened for it; the first that applies. */
static enum err complete(struct tx *tx, struct rate_change *change)
{
    return change->effective_from != 0 && change->effective_from < tx_now_ms(tx)
               ? tx_refuse(tx, ERR_MERCHANT_CONTRACT_PAST, "effective_from")
               : rate__complete(tx, change);
}

static bool same_terms(const struct rate *a, const struct rate *b)
{
    return a->rate_millionths == b->rate_millionths && a->flat.minor == b->flat.minor &&
           a->fee_min.minor == b->fee_min.minor && a->fee_max.minor == b->fee_max.minor &&
           a->tier_mode == b->tier_mode && str_eq(a->tiers, b->tiers);
}

/* Whether payments would be charged the same by this contract from the same instant on anyway. */
static enum err is_charged_anyway(struct tx *tx, const struct merchant_contract *contract,
                                  const struct rate_change *change, bool *anyway)
{
    const struct rate_trade_ask ask = {
        .merchant_id = contract->merchant_id,
        .method = contract->method,
        .currency = contract->currency,
        .at_ms = change->effective_from == 0 ? tx_now_ms(tx) : change->effective_from,
    };
    struct rate_choice charged;
    struct rate row;

    TRY(rate__row_of(tx, change, &row));
    TRY(rate__choose(tx, &ask, &charged));
    *anyway = charged.rate != NULL && charged.rate->owner_id == contract->id &&
              same_terms(charged.rate, &row);
    return ERR_OK;
}

/* The rate the contract shows, as rate__read_contracts has it. */
static enum err shown(struct tx *tx, const struct merchant_contract *contract, struct rate *out)
{
    const struct rate key = {
        .owner_id = contract->id, .kind = RATE_TRADE, .currency = contract->currency};
    const struct rate_line *line;
    const struct rate *rate;
    const void *last;

    TRY(rate__line_at(tx, &key, tx_now_ms(tx), &rate));
    if (rate == NULL) {
        TRY(rate__line_find(tx, &key, &line));
        if (line == NULL) {
            return ERR_OK;
        }
        TRY(tx_get(tx, &rate_table, line->last_id, &last));
        rate = last;
    }
    tx_result_row(tx, &rate_table, rate, out);
    return ERR_OK;
}

static enum err create_apply(struct tx *tx, const void *arg, void *result)
{
    const struct rate_contract_create *create = arg;
    struct rate_contract_outcome *outcome = result;
    struct rate_set set = create->set;
    const struct merchant_contract *contract;
    struct rate_outcome put = {.rate.id = 0};
    bool charged_anyway;

    TRY(complete(tx, &set.change));
    TRY(merchant_contract_open(
        tx,
        &(struct merchant_contract_key){create->merchant_id, create->method, set.change.currency},
        &contract));
    set.change.owner = id_str(tx_arena(tx), "con", contract->id);
    set.change.kind = RATE_TRADE;
    TRY(is_charged_anyway(tx, contract, &set.change, &charged_anyway));
    if (!charged_anyway) {
        TRY(rate__set(tx, &set, &put));
    }
    outcome->review = put.review;
    tx_result_row(tx, &merchant_contract_table, contract, &outcome->contract.contract);
    return shown(tx, contract, &outcome->contract.rate);
}

const struct command_kind rate__contract_kind = {
    .name = "rate.contract",
    .apply = create_apply,
    .result_size = sizeof(struct rate_contract_outcome),
};
