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

/* The owner; of a contract, whose it is and of which method as well. */
static enum err print_owner(struct tx *tx, const struct rate *row, struct str *out)
{
    const struct merchant_contract *contract;
    struct str merchant;

    *out = rate__owner_print(tx_arena(tx), row->owner_kind, row->owner_id);
    if (row->owner_kind == RATE_OWNER_CONTRACT) {
        TRY(merchant_contract_get(tx, row->owner_id, &contract));
        merchant = id_str(tx_arena(tx), "mer", contract->merchant_id);
        *out = str_printf(tx_arena(tx), STR_FMT " " STR_FMT "%s" STR_FMT, STR_ARG(merchant),
                          STR_ARG(*out), contract->method.len == 0 ? "" : " ",
                          STR_ARG(contract->method));
    }
    return ERR_OK;
}

static struct str summary_of(struct tx *tx, const struct rate *row, struct str owner)
{
    return str_printf(tx_arena(tx),
                      STR_FMT " %s " STR_FMT ": %lld millionths, flat %lld, min %lld, max %lld%s",
                      STR_ARG(owner), enum_name_of(rate__kinds, (int)row->kind),
                      STR_ARG(currency_code(row->currency)), (long long)row->rate_millionths,
                      (long long)row->flat.minor, (long long)row->fee_min.minor,
                      (long long)row->fee_max.minor, row->tier_mode == 0 ? "" : ", in tiers");
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
    struct str owner;

    TRY(print_owner(tx, row, &owner));
    ask.summary = summary_of(tx, row, owner);
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

static enum err set_apply(struct tx *tx, const void *arg, void *result)
{
    return rate__set(tx, arg, result);
}

const struct command_kind rate__set_kind = {
    .name = "rate.set",
    .apply = set_apply,
    .result_size = sizeof(struct rate_outcome),
};
