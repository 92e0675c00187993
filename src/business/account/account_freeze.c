/* Freezes (冻结): placed, given back, taken by force, and what they do by themselves. Of other
 * holds those that operators place over the ledger's API are noted as well; those of cash-outs,
 * refunds and settlements are not, as these tell of them. */
#include "business/account/account_int.h"
#include "money/ledger/ledger_voucher.h"

/* ---- placing ---- */

static enum err freeze_apply(struct tx *tx, const void *arg, void *result)
{
    const struct account_freeze *freeze = arg;
    const struct ledger_hold_place place = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, tx_id(tx)},
        .account_id = freeze->account_id,
        .kind = freeze->kind,
        .effect = freeze->effect,
        .amount = freeze->amount,
        .may_wait = freeze->may_wait,
        .rank = freeze->rank,
        .operator_id = freeze->operator_id,
        .reason = freeze->reason,
        .document_no = freeze->document_no,
        .starts_at_ms = freeze->starts_at,
        .expires_at_ms = freeze->expires_at,
    };
    struct account_note note = {
        .account_id = freeze->account_id,
        .action = ACCOUNT_FROZEN,
        .operator_id = freeze->operator_id,
        .reason = freeze->reason,
    };
    struct ledger_held held;

    TRY(account__state(tx, freeze->account_id, &note.before));
    TRY(ledger_hold_place(tx, &place, &held));
    ((struct account_result *)result)->id = held.hold_id;
    note.hold_id = held.hold_id;
    TRY(account__hold_step(tx, held.hold_id, &(struct ledger_hold){0}, &note.hold_step));
    return account__note_present(tx, &note);
}

const struct command_kind account__freeze_kind = {
    .name = "account.freeze",
    .apply = freeze_apply,
    .result_size = sizeof(struct account_result),
};

/* ---- ending ---- */

/* What a step takes of the freeze: the amount asked for, or all that is left. */
static struct amount amount_of(const struct account_release *release,
                               const struct ledger_hold *hold)
{
    return release->amount.minor != 0 ? release->amount : ledger_hold_left(hold);
}

static enum err give_back(struct tx *tx, const struct account_release *release)
{
    const struct ledger_hold_release step = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_RELEASE, tx_id(tx)},
        .hold_id = release->hold_id,
        .whole = release->amount.minor == 0,
        .amount = release->amount,
    };

    return ledger_hold_release(tx, &step, NULL);
}

static enum ledger_event deduction_of(enum account_type type)
{
    switch (type) {
    case ACCOUNT_SETTLEMENT:
        return LEDGER_EVENT_BALANCE_DEDUCTED;
    case ACCOUNT_DEPOSIT:
        return LEDGER_EVENT_DEPOSIT_DEDUCTED;
    }
    check_failed("account type", __FILE__, __LINE__);
}

/* The bank has to pay it out: the money leaves at once, through any block of the account. */
static enum err deduct(struct tx *tx, const struct account_release *release,
                       const struct ledger_hold *hold)
{
    const struct ledger_account *account;
    struct ledger_voucher_capture capture = {
        .hold_id = release->hold_id,
        .voucher = {.business_no = release->review_id,
                    .amounts = {[LEDGER_AMOUNT_GROSS] = amount_of(release, hold)}},
        .memo = hold->document_no,
    };

    TRY(account__get(tx, hold->account_id, &account));
    capture.voucher.event = deduction_of(account__type_of(account->code));
    capture.voucher.merchant_id = account->owner_id;
    capture.voucher.currency = account->currency;
    return ledger_voucher_capture(tx, &capture, NULL);
}

enum err account__release(struct tx *tx, const struct account_release *release)
{
    struct account_note note = {
        .action = release->deduct ? ACCOUNT_DEDUCTED : ACCOUNT_RELEASED,
        .operator_id = release->operator_id,
        .review_id = release->review_id,
        .hold_id = release->hold_id,
        .reason = release->reason,
    };
    const struct ledger_hold *hold;
    struct ledger_hold before;

    TRY(ledger_hold_get(tx, release->hold_id, &hold));
    before = *hold;
    note.account_id = before.account_id;
    TRY(account__state(tx, note.account_id, &note.before));
    TRY(release->deduct ? deduct(tx, release, hold) : give_back(tx, release));
    TRY(account__hold_step(tx, before.id, &before, &note.hold_step));
    return account__note_present(tx, &note);
}

/* ---- ends that are reviewed ---- */

static const struct field release_fields[] = {
    FIELD(struct account_release, deduct, FIELD_BOOL, .always = true),
    FIELD(struct account_release, amount, FIELD_AMOUNT, .always = true),
};
static const struct field_set release_set = FIELD_SET("account_release_asked", release_fields);

static enum err read_release(struct tx *tx, const struct review_item *item,
                             struct account_release *release)
{
    TRY(review_change_read(tx, item, &release_set, sizeof(*release), release));
    release->hold_id = item->subject_id;
    release->operator_id = item->maker_key_id;
    release->review_id = item->id;
    release->reason = item->reason;
    return ERR_OK;
}

static enum err release_asked(struct tx *tx, const struct review_item *item)
{
    struct account_release release;

    TRY(read_release(tx, item, &release));
    return ledger_hold_check(tx, &(struct ledger_hold_taking){.hold_id = release.hold_id,
                                                              .placer = LEDGER_SOURCE_OPERATOR,
                                                              .capture = release.deduct,
                                                              .amount = release.amount});
}

static enum err release_reviewed(struct tx *tx, const struct review_item *item)
{
    struct account_release release;

    TRY(read_release(tx, item, &release));
    return account__release(tx, &release);
}

const struct review_kind account__release_review = {
    .name = "account.release",
    .check_permission = "account:freeze",
    .check = release_asked,
    .apply = release_reviewed,
};

static enum err submit_release(struct tx *tx, const struct account_release *release,
                               const struct ledger_hold *hold, struct account_result *result)
{
    const struct ledger_account *account;
    const struct review_item *item;
    struct review_ask ask = {
        .kind = &account__release_review,
        .maker_key_id = release->operator_id,
        .subject_prefix = LEDGER_HOLD_PREFIX,
        .subject_id = release->hold_id,
        .change = review_change_print(tx_arena(tx), &release_set, release),
        .summary = str_of(release->deduct ? "forced deduction from a freeze"
                                          : "release of a judicial freeze"),
        .summary_zh = str_of(release->deduct ? "司法扣划" : "解除司法冻结"),
        .amount = amount_of(release, hold),
        .reason = release->reason,
    };

    TRY(ledger_account_get(tx, hold->account_id, &account));
    ask.currency = account->currency;
    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, &result->review);
    return ERR_OK;
}

/* The hold, if it is a freeze: ERR_LEDGER_HOLD_FOREIGN for the hold of a settlement, a cash-out, a
 * refund, a pending entry or of the ledger's API. Asked before a review is, not only at its end. */
static enum err get_freeze(struct tx *tx, int64_t hold_id, const struct ledger_hold **hold)
{
    TRY(ledger_hold_get(tx, hold_id, hold));
    return (*hold)->source == LEDGER_SOURCE_OPERATOR
               ? ERR_OK
               : tx_refuse(tx, ERR_LEDGER_HOLD_FOREIGN, "hold");
}

static enum err release_apply(struct tx *tx, const void *arg, void *out)
{
    const struct account_release *release = arg;
    struct account_result *result = out;
    const struct ledger_hold *hold;

    TRY(get_freeze(tx, release->hold_id, &hold));
    if (release->deduct || hold->kind == LEDGER_HOLD_JUDICIAL) {
        return submit_release(tx, release, hold, result);
    }
    result->id = release->hold_id;
    return account__release(tx, release);
}

const struct command_kind account__release_kind = {
    .name = "account.release",
    .apply = release_apply,
    .result_size = sizeof(struct account_result),
};

/* ---- by themselves ---- */

/* Whether the account is one that people manage, and so has a history. */
static enum err has_history(struct tx *tx, int64_t account_id, bool *has)
{
    const struct ledger_account *account;
    enum err err = ledger_account_get(tx, account_id, &account);

    *has = err == ERR_OK && account__type_of(account->code) != 0;
    return err == ERR_LEDGER_ACCOUNT ? ERR_OK : err;
}

static bool is_manual(const struct ledger_hold *hold)
{
    return hold->source == LEDGER_SOURCE_OPERATOR || hold->source == LEDGER_SOURCE_API;
}

static enum account_action turn_action(const struct ledger_hold *hold)
{
    if (hold->source == LEDGER_SOURCE_OPERATOR) {
        return hold->status == LEDGER_HOLD_OPEN ? ACCOUNT_FREEZE_STARTED : ACCOUNT_FREEZE_EXPIRED;
    }
    return hold->status == LEDGER_HOLD_OPEN ? ACCOUNT_HOLD_STARTED : ACCOUNT_HOLD_EXPIRED;
}

enum err account__hold_turn(struct tx *tx, int64_t hold_id, ledger_hold_step_cb step)
{
    const struct ledger_hold *hold;
    struct account_note note = {.hold_id = hold_id};
    struct ledger_hold before;
    bool noted;

    TRY(ledger_hold_get(tx, hold_id, &hold));
    TRY(has_history(tx, hold->account_id, &noted));
    if (!noted || !is_manual(hold)) {
        return step(tx, hold_id);
    }
    before = *hold;
    note.account_id = before.account_id;
    note.reason = before.reason;
    TRY(account__state(tx, note.account_id, &note.before));
    TRY(step(tx, hold_id));
    TRY(ledger_hold_get(tx, hold_id, &hold));
    if (hold->status == before.status) {
        return ERR_OK;
    }
    note.action = turn_action(hold);
    TRY(account__hold_step(tx, hold_id, &before, &note.hold_step));
    return account__note_present(tx, &note);
}

/* ---- by operators, over the API of holds ---- */

static enum account_action manual_action(const struct ledger_manual_step *step)
{
    if (step->operation == LEDGER_OPERATION_HOLD) {
        return ACCOUNT_HOLD_PLACED;
    }
    return step->operation == LEDGER_OPERATION_CAPTURE ? ACCOUNT_HOLD_CAPTURED
                                                       : ACCOUNT_HOLD_RELEASED;
}

/* A step that was taken before is noted already. */
static enum err note_manual(struct tx *tx, const struct ledger_manual_step *step,
                            struct account_note *note, struct ledger_held *held)
{
    struct ledger_hold before = {0};
    const struct ledger_hold *hold;

    if (step->hold_id != 0) {
        TRY(ledger_hold_get(tx, step->hold_id, &hold));
        before = *hold;
    }
    TRY(account__state(tx, step->account_id, &note->before));
    TRY(step->kind->apply(tx, step->arg, held));
    if (held->exists) {
        return ERR_OK;
    }
    note->hold_id = held->hold_id;
    TRY(account__hold_step(tx, held->hold_id, &before, &note->hold_step));
    return account__note_present(tx, note);
}

enum err account__hold_manual(struct tx *tx, const struct ledger_manual_step *step,
                              struct ledger_held *held)
{
    struct account_note note = {
        .account_id = step->account_id,
        .action = manual_action(step),
        .operator_id = step->operator_id,
        .reason = step->reason,
    };
    bool noted;

    TRY(has_history(tx, step->account_id, &noted));
    if (!noted) {
        return step->kind->apply(tx, step->arg, held);
    }
    return note_manual(tx, step, &note, held);
}
