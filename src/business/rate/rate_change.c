/* What a rate may be, and how it gets into its line. */
#include "business/rate/rate_int.h"

/* ---- what a change may be ---- */

static enum err refuse_tier(struct tx *tx, size_t at, const char *field)
{
    return tx_refuse(tx, ERR_RATE_TIERS,
                     str_cstr(tx_arena(tx), str_printf(tx_arena(tx), "tiers[%zu].%s", at, field)));
}

static enum err check_tiers(struct tx *tx, const struct rate_change *change)
{
    const struct rate_tier *tiers = change->tiers.items;

    if (change->tiers.count == 0) {
        return change->tier_mode == 0 ? ERR_OK : tx_refuse(tx, ERR_FIELD_REQUIRED, "tiers");
    }
    if (change->tier_mode == 0) {
        return tx_refuse(tx, ERR_FIELD_REQUIRED, "tier_mode");
    }
    if (change->rate_millionths != 0) {
        return tx_refuse(tx, ERR_RATE_TIERS, "rate_millionths");
    }
    if (change->flat.minor != 0) {
        return tx_refuse(tx, ERR_RATE_TIERS, "flat");
    }
    if (tiers[0].from.minor != 0) {
        return refuse_tier(tx, 0, "from");
    }
    for (size_t i = 1; i < change->tiers.count; i++) {
        if (amount_cmp(tiers[i].from, tiers[i - 1].from) <= 0) {
            return refuse_tier(tx, i, "from");
        }
    }
    return ERR_OK;
}

static enum err check_contract(struct tx *tx, const struct rate_change *change, int64_t contract_id)
{
    const struct merchant_contract *contract;
    enum err err = merchant_contract_get(tx, contract_id, &contract);
    bool charges;

    if (err != ERR_OK) {
        return err == ERR_MERCHANT_CONTRACT_NOT_FOUND ? tx_refuse(tx, err, "owner") : err;
    }
    if (change->kind != RATE_TRADE) {
        return tx_refuse(tx, ERR_RATE_OWNER, "owner");
    }
    TRY(merchant_contract_charges(tx, contract, &charges));
    if (!charges) {
        return tx_refuse(tx, ERR_RATE_CONTRACT_SUPERSEDED, "owner");
    }
    return change->currency == contract->currency ? ERR_OK
                                                  : tx_refuse(tx, ERR_FIELD_VALUE, "currency");
}

static enum err check_merchant(struct tx *tx, int64_t merchant_id)
{
    const struct merchant *merchant;
    enum err err = merchant_get(tx, merchant_id, &merchant);

    return err == ERR_MERCHANT_NOT_FOUND ? tx_refuse(tx, err, "owner") : err;
}

static enum err check_owner(struct tx *tx, const struct rate_change *change,
                            struct rate_owner *owner)
{
    if (rate__owner_parse(change->owner, owner) != ERR_OK) {
        return tx_refuse(tx, ERR_FIELD_FORMAT, "owner");
    }
    switch (owner->kind) {
    case RATE_OWNER_CONTRACT:
        return check_contract(tx, change, owner->id);
    case RATE_OWNER_AGENT: /* until there are agents, there is none of that id */
        return tx_refuse(tx, ERR_RATE_OWNER, "owner");
    case RATE_OWNER_MERCHANT:
        TRY(check_merchant(tx, owner->id));
        break;
    case RATE_OWNER_PLATFORM:
        break;
    }
    return change->kind == RATE_TRADE ? tx_refuse(tx, ERR_RATE_TRADE, "kind") : ERR_OK;
}

static enum err check_change(struct tx *tx, const struct rate_change *change)
{
    if (change->fee_max.minor > 0 && amount_cmp(change->fee_max, change->fee_min) < 0) {
        return tx_refuse(tx, ERR_FIELD_RANGE, "fee_max");
    }
    if (change->refund_policy != 0 && change->kind != RATE_REFUND) {
        return tx_refuse(tx, ERR_FIELD_VALUE, "refund_policy");
    }
    if (change->effective_from != 0 && change->effective_from < tx_now_ms(tx)) {
        return tx_refuse(tx, ERR_RATE_PAST, "effective_from");
    }
    return check_tiers(tx, change);
}

static enum rate_refund_policy policy_of(const struct rate_change *change)
{
    if (change->kind != RATE_REFUND) {
        return 0;
    }
    return change->refund_policy == 0 ? RATE_REFUND_KEEP : change->refund_policy;
}

enum err rate__row_of(struct tx *tx, const struct rate_change *change, struct rate *row)
{
    struct rate_owner owner;

    TRY(check_owner(tx, change, &owner));
    TRY(check_change(tx, change));
    *row = (struct rate){
        .owner_kind = owner.kind,
        .owner_id = owner.id,
        .kind = change->kind,
        .currency = change->currency,
        .rate_millionths = change->rate_millionths,
        .flat = change->flat,
        .fee_min = change->fee_min,
        .fee_max = change->fee_max,
        .tier_mode = change->tier_mode,
        .tiers = rate__tiers_print(tx_arena(tx), change->tiers.items, change->tiers.count),
        .refund_policy = policy_of(change),
        .effective_from_ms = change->effective_from,
    };
    return ERR_OK;
}

/* ---- putting it into the line ---- */

/* The line of the row, made when this is its first, ready to be changed. */
static enum err edit_line(struct tx *tx, const struct rate *row, struct rate_line **out)
{
    const struct rate_line *found;
    struct rate_line line = {
        .owner_id = row->owner_id, .kind = row->kind, .currency = row->currency};
    void *editable;

    TRY(rate__line_find(tx, row, &found));
    line.id = found != NULL ? found->id : row->kind == RATE_TRADE ? row->owner_id : tx_id(tx);
    if (found == NULL) {
        TRY(tx_insert(tx, &rate__line_table, &line));
    }
    TRY(tx_edit(tx, &rate__line_table, line.id, &editable));
    *out = editable;
    return ERR_OK;
}

enum err rate__put(struct tx *tx, struct rate *row)
{
    const struct rate *previous;
    struct rate_line *line;
    const void *found;

    if (row->effective_from_ms == 0) {
        row->effective_from_ms = tx_now_ms(tx);
    }
    TRY(edit_line(tx, row, &line));
    row->id = tx_sequence(tx, &rate__sequence);
    row->created_at_ms = tx_now_ms(tx);
    row->horizon_ms = row->effective_from_ms;
    row->previous_id = line->last_id;
    if (line->last_id != 0) {
        TRY(tx_get(tx, &rate_table, line->last_id, &found));
        previous = found;
        if (previous->horizon_ms > row->horizon_ms) {
            row->horizon_ms = previous->horizon_ms;
        }
    }
    line->last_id = row->id;
    tx_append(tx, &rate_table, row);
    return ERR_OK;
}
