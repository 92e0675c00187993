/* Setting a rate: at once when it changes nobody's price, else after a review. */
#include "business/rate/rate_int.h"

/* ---- the review ---- */

static enum err review_row(struct tx *tx, const struct review_item *item, struct rate *row)
{
    struct rate_change change;

    TRY(review_change_read(tx, item, &rate__change_set, sizeof(change), &change));
    return rate__row_of(tx, &change, row);
}

static enum err review_apply(struct tx *tx, const struct review_item *item)
{
    struct rate row;

    TRY(review_row(tx, item, &row));
    row.review_id = item->id;
    row.operator_id = item->maker_key_id;
    return rate__put(tx, &row);
}

static enum err review_check(struct tx *tx, const struct review_item *item)
{
    struct rate row;

    return review_row(tx, item, &row);
}

const struct review_kind rate__review = {
    .name = "rate.change",
    .check_permission = "rate:write",
    .check = review_check,
    .apply = review_apply,
};

/* ---- the command ---- */

static bool is_zero(const struct rate *row)
{
    return row->rate_millionths == 0 && row->flat.minor == 0 && row->fee_min.minor == 0 &&
           row->tier_mode == 0 && row->refund_policy <= RATE_REFUND_KEEP;
}

/* Zero is what everybody pays without a default. A merchant's own zero is more: it would waive
 * every default to come. */
static enum err is_first_default_of_zero(struct tx *tx, const struct rate *row, bool *first)
{
    const struct rate_line *line;

    TRY(rate__line_find(tx, row, &line));
    *first = row->owner_kind == RATE_OWNER_PLATFORM && is_zero(row) && line == NULL;
    return ERR_OK;
}

/* Whether no contract that covers the payments of this one has a rate, in effect or to come. */
static enum err is_first_price(struct tx *tx, const struct rate *row, bool *first)
{
    const struct merchant_contract *contract;
    struct merchant_contracts covering;

    TRY(merchant_contract_get(tx, row->owner_id, &contract));
    TRY(merchant_contracts_for(tx,
                               &(struct merchant_contract_key){
                                   contract->merchant_id, contract->method, contract->currency},
                               &covering));
    *first = true;
    for (size_t i = 0; i < covering.count && *first; i++) {
        const struct rate key = {
            .owner_id = covering.all[i]->id, .kind = RATE_TRADE, .currency = row->currency};
        const struct rate_line *line;

        TRY(rate__line_find(tx, &key, &line));
        *first = line == NULL;
    }
    return ERR_OK;
}

static enum err changes_nobodys_price(struct tx *tx, const struct rate *row, bool *nobodys)
{
    return row->kind == RATE_TRADE ? is_first_price(tx, row, nobodys)
                                   : is_first_default_of_zero(tx, row, nobodys);
}

static enum err submit(struct tx *tx, const struct rate_set *set, const struct rate *row,
                       struct rate_outcome *outcome)
{
    struct review_ask ask = {
        .kind = &rate__review,
        .maker_key_id = set->maker_key_id,
        .subject_prefix = row->owner_kind == RATE_OWNER_CONTRACT ? "con" : "mer",
        .subject_id = row->owner_id,
        .change = review_change_print(tx_arena(tx), &rate__change_set, &set->change),
        .reason = set->reason,
        .evidence = set->evidence,
    };
    const struct review_item *item;

    TRY(rate__words(tx, row, &ask));
    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, &outcome->review);
    return ERR_OK;
}

enum err rate__set(struct tx *tx, const struct rate_set *set, struct rate_outcome *outcome)
{
    struct rate row;
    bool nobodys;

    TRY(rate__row_of(tx, &set->change, &row));
    TRY(changes_nobodys_price(tx, &row, &nobodys));
    if (!nobodys) {
        return submit(tx, set, &row, outcome);
    }
    row.operator_id = set->maker_key_id;
    TRY(rate__put(tx, &row));
    tx_result_row(tx, &rate_table, &row, &outcome->rate);
    return ERR_OK;
}

enum err rate__complete(struct tx *tx, struct rate_change *change)
{
    bool priced = change->flat.minor != 0 || change->tiers.count != 0 || change->tier_mode != 0;

    if (change->rate_millionths != RATE_NOT_SAID) {
        return ERR_OK;
    }
    if (!priced && change->refund_policy == 0) {
        return tx_refuse(tx, ERR_FIELD_REQUIRED, "rate_millionths");
    }
    change->rate_millionths = 0;
    return ERR_OK;
}

static enum err set_apply(struct tx *tx, const void *arg, void *result)
{
    struct rate_set set = *(const struct rate_set *)arg;

    TRY(rate__complete(tx, &set.change));
    return rate__set(tx, &set, result);
}

const struct command_kind rate__set_kind = {
    .name = "rate.set",
    .apply = set_apply,
    .result_size = sizeof(struct rate_outcome),
};
