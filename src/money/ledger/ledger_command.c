/* The commands over the store. */
#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_int.h"

static void account_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct ledger_account_key *key = arg;
    const struct ledger_account row = {
        .owner_id = key->owner_id, .code = key->code, .currency = key->currency};

    if (round == 0) {
        prefetch_unique(pre, &ledger__account_table, 0, &row);
        ledger__chart_prefetch(pre, key->code);
    }
}

static enum err account_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_account_open(tx, arg, result);
}

const struct command_kind ledger_account_kind = {
    .name = "ledger.account",
    .prefetch = account_prefetch,
    .apply = account_apply,
    .result_size = sizeof(int64_t),
};

static void transfer_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger_prefetch_post(pre, arg, round);
}

static enum err transfer_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_post(tx, arg, result);
}

const struct command_kind ledger_transfer_kind = {
    .name = "ledger.transfer",
    .prefetch = transfer_prefetch,
    .apply = transfer_apply,
    .result_size = sizeof(struct ledger_posted),
};

static void place_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger__prefetch_place(pre, arg, round);
}

static enum err place_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_hold_place(tx, arg, result);
}

const struct command_kind ledger_place_kind = {
    .name = "ledger.hold_place",
    .prefetch = place_prefetch,
    .apply = place_apply,
    .result_size = sizeof(struct ledger_held),
};

static void capture_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger__prefetch_capture(pre, arg, round);
}

static enum err capture_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_hold_capture(tx, arg, result);
}

const struct command_kind ledger_capture_kind = {
    .name = "ledger.hold_capture",
    .prefetch = capture_prefetch,
    .apply = capture_apply,
    .result_size = sizeof(struct ledger_held),
};

static void release_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger__prefetch_release(pre, arg, round);
}

static enum err release_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_hold_release(tx, arg, result);
}

const struct command_kind ledger_release_kind = {
    .name = "ledger.hold_release",
    .prefetch = release_prefetch,
    .apply = release_apply,
    .result_size = sizeof(struct ledger_held),
};

static enum err start_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return ledger_hold_start(tx, *(const int64_t *)arg);
}

static void expire_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger__prefetch_hold(pre, *(const int64_t *)arg, round);
}

static enum err expire_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return ledger_hold_expire(tx, *(const int64_t *)arg);
}

const struct command_kind ledger_expire_kind = {
    .name = "ledger.hold_expire",
    .prefetch = expire_prefetch,
    .apply = expire_apply,
};

const struct command_kind ledger_start_kind = {
    .name = "ledger.hold_start",
    .prefetch = expire_prefetch,
    .apply = start_apply,
};

static void manual_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct ledger_manual_step *step = &((const struct ledger__manual *)arg)->step;

    step->kind->prefetch(pre, step->arg, round);
}

/* Without the hold the step is refused in its own order. */
static enum err find_account(struct tx *tx, struct ledger_manual_step *step)
{
    const struct ledger_hold *hold;
    enum err err;

    if (step->hold_id == 0) {
        return ERR_OK;
    }
    err = ledger_hold_get(tx, step->hold_id, &hold);
    if (err == ERR_OK) {
        step->account_id = hold->account_id;
    }
    return err == ERR_LEDGER_HOLD_NOT_FOUND ? ERR_OK : err;
}

static enum err manual_apply(struct tx *tx, const void *arg, void *result)
{
    const struct ledger__manual *manual = arg;
    struct ledger_manual_step step = manual->step;

    TRY(find_account(tx, &step));
    return manual->note == NULL ? step.kind->apply(tx, step.arg, result)
                                : manual->note(tx, &step, result);
}

const struct command_kind ledger__manual_kind = {
    .name = "ledger.hold_manual",
    .prefetch = manual_prefetch,
    .apply = manual_apply,
    .result_size = sizeof(struct ledger_held),
};

static void turn_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger__prefetch_hold(pre, ((const struct ledger_hold_turn *)arg)->hold_id, round);
}

static enum err turn_apply(struct tx *tx, const void *arg, void *result)
{
    const struct ledger_hold_turn *turn = arg;

    (void)result;
    return turn->turn == NULL ? turn->step(tx, turn->hold_id)
                              : turn->turn(tx, turn->hold_id, turn->step);
}

const struct command_kind ledger__turn_kind = {
    .name = "ledger.hold_turn",
    .prefetch = turn_prefetch,
    .apply = turn_apply,
};
