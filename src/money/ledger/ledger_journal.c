/* Journals read back inside commands: what a refund or a reversal of them starts from. */
#include "money/ledger/ledger_int.h"

/* The leg as it was asked for: a pending entry knows the account that 2299 stands for. */
static enum err recorded_leg(struct tx *tx, const struct ledger_slot *slot, int64_t position,
                             struct ledger_leg *leg, bool *waits)
{
    const struct ledger_pending *pending;
    enum err err = ledger__pending_at(tx, position, &pending);
    bool waited = err == ERR_OK;

    TRY(err == ERR_STORE_NOT_FOUND ? ERR_OK : err);
    *waits = waited && pending->status != LEDGER_PENDING_APPLIED;
    *leg = (struct ledger_leg){
        .account_id = waited ? pending->account_id : slot->account_id,
        .side = slot->amount.minor > 0 ? LEDGER_DEBIT : LEDGER_CREDIT,
        .amount = AMOUNT(slot->amount.minor > 0 ? slot->amount.minor : -slot->amount.minor),
        .matures_on = (int32_t)(waited ? pending->matures_on : slot->matures_on),
    };
    return ERR_OK;
}

static enum err journal_row(struct tx *tx, int64_t id, const struct ledger_journal **out)
{
    const void *row;
    enum err err = tx_get(tx, &ledger__journal_table, id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_JOURNAL;
    }
    TRY(err);
    *out = row;
    return ERR_OK;
}

enum err ledger_journal_get(struct tx *tx, int64_t journal_id, struct ledger_recorded *out)
{
    const struct ledger_journal *row;

    TRY(journal_row(tx, journal_id, &row));
    if (row->part != 0) {
        return ERR_LEDGER_JOURNAL;
    }
    *out = (struct ledger_recorded){
        .journal_id = journal_id,
        .reference = {row->source, row->operation, row->business_no},
        .business_date = (int32_t)row->business_date,
        .leg_count = (size_t)row->leg_count,
    };
    CHECK(out->leg_count <= LEDGER_LEGS_MAX);
    for (size_t i = 0; i < out->leg_count; i++) {
        size_t slot = i % LEDGER_SLOTS;

        if (i > 0 && slot == 0) {
            TRY(journal_row(tx, journal_id + (int64_t)(i / LEDGER_SLOTS), &row));
        }
        TRY(recorded_leg(tx, &row->slots[slot], ledger__position(row->id, slot), &out->legs[i],
                         &out->waits[i]));
    }
    return ERR_OK;
}

enum err ledger_journal_find(struct tx *tx, const struct ledger_reference *reference,
                             int64_t *journal_id)
{
    const struct ledger_journal key = {
        .business_no = reference->business_no,
        .source = reference->source,
        .operation = reference->operation,
    };
    const void *row;
    enum err err = tx_find(tx, &ledger__journal_table, 0, &key, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_JOURNAL;
    }
    TRY(err);
    *journal_id = ((const struct ledger_journal *)row)->id;
    return ERR_OK;
}
