/* Changes of accounts, each with its row of history. */
#include "business/account/account_int.h"
#include "money/ledger/ledger_voucher.h"

enum { STATE_TEXT_MAX = 3000 };

/* ---- the state that history keeps ---- */

struct state {
    enum ledger_account_status status;
    int64_t credit_blocks;
    int64_t debit_blocks;
    struct amount balance;
    struct amount held;
    struct amount credit_line;
    bool deferred;
    struct str remark;
};

static const struct enum_name status_names[] = {
    {LEDGER_ACCOUNT_OPEN, "open"}, {LEDGER_ACCOUNT_CLOSED, "cancelled"}, {0, NULL}};

static const struct field state_fields[] = {
    FIELD(struct state, status, FIELD_ENUM, .names = status_names),
    FIELD(struct state, credit_blocks, FIELD_INT, .always = true),
    FIELD(struct state, debit_blocks, FIELD_INT, .always = true),
    FIELD(struct state, balance, FIELD_AMOUNT, .always = true),
    FIELD(struct state, held, FIELD_AMOUNT, .always = true),
    FIELD(struct state, credit_line, FIELD_AMOUNT, .always = true),
    FIELD(struct state, deferred, FIELD_BOOL, .always = true),
    FIELD(struct state, remark, FIELD_TEXT, .max = ACCOUNT_REMARK_MAX),
};
static const struct field_set state_set = FIELD_SET("account_state", state_fields);

static enum err edit_row(struct tx *tx, int64_t account_id, struct account_row **out)
{
    const struct account_row fresh = {.id = account_id};
    void *row;
    enum err err = tx_edit(tx, &account__table, account_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        TRY(tx_insert(tx, &account__table, &fresh));
        err = tx_edit(tx, &account__table, account_id, &row);
    }
    TRY(err);
    *out = row;
    return ERR_OK;
}

/* The account, which must be one that people manage: ERR_LEDGER_ACCOUNT at "account". */
static enum err get_account(struct tx *tx, int64_t account_id,
                            const struct ledger_account **account)
{
    enum err err = ledger_account_get(tx, account_id, account);

    if (err == ERR_OK && account__type_of((*account)->code) == 0) {
        err = ERR_LEDGER_ACCOUNT;
    }
    return err == ERR_LEDGER_ACCOUNT ? tx_refuse(tx, err, "account") : err;
}

static enum err state_text(struct tx *tx, int64_t account_id, struct str *text)
{
    const struct ledger_account *account;
    struct account_row *row;
    struct state state;
    struct buf buf;

    TRY(get_account(tx, account_id, &account));
    TRY(edit_row(tx, account_id, &row));
    state = (struct state){
        .status = account->status,
        .credit_blocks = account->credit_blocks,
        .debit_blocks = account->debit_blocks,
        .balance = account->posted,
        .held = account->held,
        .credit_line = AMOUNT(-account->floor.minor),
        .deferred = account->deferred,
        .remark = row->remark,
    };
    buf_init_arena(&buf, tx_arena(tx), STATE_TEXT_MAX);
    json_print_fields(&buf, &state_set, &state);
    CHECK(buf_ok(&buf));
    *text = buf_str(&buf);
    return ERR_OK;
}

enum err account_note(struct tx *tx, const struct account_note *note)
{
    struct account_row *row;

    TRY(edit_row(tx, note->account_id, &row));
    row->changes++;
    return tx_insert(tx, &account__history_table,
                     &(struct account_history){
                         .id = tx_id(tx),
                         .account_id = note->account_id,
                         .number = row->changes,
                         .action = note->action,
                         .before = note->before,
                         .after = note->after,
                         .operator_id = note->operator_id,
                         .review_id = note->review_id,
                         .reason = note->reason,
                         .created_at_ms = tx_now_ms(tx),
                     });
}

/* Notes a change whose state before is known. */
static enum err note_change(struct tx *tx, struct account_note note)
{
    TRY(state_text(tx, note.account_id, &note.after));
    return account_note(tx, &note);
}

/* ---- opening ---- */

static enum err open_apply(struct tx *tx, const void *arg, void *result)
{
    const struct account_opening *opening = arg;
    const struct ledger_account_key key = {
        .owner_id = opening->merchant_id,
        .code = account__code_of(opening->type),
        .currency = opening->currency,
    };
    struct account_row *row;
    int64_t *account_id = &((struct account_result *)result)->id;

    TRY(merchant_check_active(tx, opening->merchant_id, 0));
    TRY(ledger_account_open(tx, &key, account_id));
    if (opening->opened != NULL) {
        TRY(opening->opened(tx, *account_id));
    }
    TRY(edit_row(tx, *account_id, &row));
    if (row->changes > 0) {
        return str_eq(row->remark, opening->remark) ? ERR_OK
                                                    : tx_refuse(tx, ERR_ACCOUNT_CONFLICT, "remark");
    }
    row->remark = opening->remark;
    return note_change(tx, (struct account_note){.account_id = *account_id,
                                                 .action = ACCOUNT_OPENED,
                                                 .before = STR("{}"),
                                                 .operator_id = opening->operator_id});
}

const struct command_kind account__open_kind = {
    .name = "account.open",
    .apply = open_apply,
    .result_size = sizeof(struct account_result),
};

/* ---- changing ---- */

/* A credit line is at least what is used of it. */
static enum err check_line(struct tx *tx, const struct ledger_account *account, struct amount line)
{
    struct ledger_account with = *account;
    int32_t today;

    TRY(ledger_today(tx, &today));
    with.has_floor = true;
    with.floor = AMOUNT(-line.minor);
    return ledger_available(&with, today).minor >= 0
               ? ERR_OK
               : tx_refuse(tx, ERR_LEDGER_INSUFFICIENT, "credit_line");
}

/* Whether a change that is reviewed can be made: asked when it is asked for, and when it is made.
 */
static enum err check_change(struct tx *tx, const struct account_change *change)
{
    const struct ledger_account *account;

    TRY(get_account(tx, change->account_id, &account));
    if (change->action == ACCOUNT_CREDIT_LINE) {
        return check_line(tx, account, change->amount);
    }
    return change->action != ACCOUNT_REOPENED || account->status == LEDGER_ACCOUNT_CLOSED
               ? ERR_OK
               : tx_refuse(tx, ERR_ACCOUNT_NOT_CANCELLED, "account");
}

static enum err make_change(struct tx *tx, const struct account_change *change)
{
    struct account_row *row;

    switch (change->action) {
    case ACCOUNT_CANCELLED:
        return ledger_account_close(tx, change->account_id);
    case ACCOUNT_CREDIT_LINE:
        return ledger_account_set_floor(tx, change->account_id, true,
                                        AMOUNT(-change->amount.minor));
    case ACCOUNT_DEFERRED:
        return ledger_account_set_deferred(tx, change->account_id, change->flag);
    case ACCOUNT_REMARKED:
        TRY(edit_row(tx, change->account_id, &row));
        row->remark = change->text;
        return ERR_OK;
    case ACCOUNT_REOPENED:
        return ledger_account_reopen(tx, change->account_id);
    case ACCOUNT_OPENED:
    case ACCOUNT_FROZEN:
    case ACCOUNT_RELEASED:
    case ACCOUNT_DEDUCTED:
    case ACCOUNT_SETTLEMENT_RULE:
        break;
    }
    check_failed("account change", __FILE__, __LINE__);
}

enum err account__change(struct tx *tx, const struct account_change *change)
{
    struct account_note note = {
        .account_id = change->account_id,
        .action = change->action,
        .operator_id = change->operator_id,
        .review_id = change->review_id,
        .reason = change->reason,
    };

    TRY(check_change(tx, change));
    TRY(state_text(tx, change->account_id, &note.before));
    TRY(make_change(tx, change));
    TRY(state_text(tx, change->account_id, &note.after));
    return str_eq(note.before, note.after) ? ERR_OK : account_note(tx, &note);
}

/* ---- changes that are reviewed ---- */

static const struct field change_fields[] = {
    FIELD(struct account_change, action, FIELD_ENUM, .names = account__action_names),
    {.name = "credit_line",
     .type = FIELD_AMOUNT,
     .offset = offsetof(struct account_change, amount),
     .always = true},
    {.name = "deferred",
     .type = FIELD_BOOL,
     .offset = offsetof(struct account_change, flag),
     .always = true},
};
static const struct field_set change_set = FIELD_SET("account_change_asked", change_fields);

static enum err read_change(struct tx *tx, const struct review_item *item,
                            struct account_change *change)
{
    TRY(review_change_read(tx, item, &change_set, sizeof(*change), change));
    change->account_id = item->subject_id;
    change->operator_id = item->maker_key_id;
    change->review_id = item->id;
    change->reason = item->reason;
    return ERR_OK;
}

static enum err change_asked(struct tx *tx, const struct review_item *item)
{
    struct account_change change;

    TRY(read_change(tx, item, &change));
    return check_change(tx, &change);
}

static enum err change_reviewed(struct tx *tx, const struct review_item *item)
{
    struct account_change change;

    TRY(read_change(tx, item, &change));
    return account__change(tx, &change);
}

const struct review_kind account__change_review = {
    .name = "account.change",
    .check_permission = "account:limit",
    .check = change_asked,
    .apply = change_reviewed,
};

static struct str summary_of(struct tx *tx, const struct account_change *change)
{
    if (change->action == ACCOUNT_CREDIT_LINE) {
        return str_printf(tx_arena(tx), "credit line of %lld minor units",
                          (long long)change->amount.minor);
    }
    if (change->action == ACCOUNT_REOPENED) {
        return STR("a cancelled account is opened again");
    }
    return change->flag ? STR("entries are applied later") : STR("entries are applied at once");
}

static enum err submit_change(struct tx *tx, const struct account_change *change,
                              struct account_result *result)
{
    const struct ledger_account *account;
    const struct review_item *item;
    struct review_ask ask = {
        .kind = &account__change_review,
        .maker_key_id = change->operator_id,
        .subject_prefix = LEDGER_ACCOUNT_PREFIX,
        .subject_id = change->account_id,
        .change = review_change_print(tx_arena(tx), &change_set, change),
        .summary = summary_of(tx, change),
        .amount = change->amount,
        .reason = change->reason,
    };

    TRY(get_account(tx, change->account_id, &account));
    ask.currency = account->currency;
    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, &result->review);
    return ERR_OK;
}

static bool is_reviewed(enum account_action action)
{
    return action == ACCOUNT_CREDIT_LINE || action == ACCOUNT_DEFERRED ||
           action == ACCOUNT_REOPENED;
}

static enum err change_apply(struct tx *tx, const void *arg, void *out)
{
    const struct account_change *change = arg;
    struct account_result *result = out;

    if (is_reviewed(change->action)) {
        return submit_change(tx, change, result);
    }
    result->id = change->account_id;
    return account__change(tx, change);
}

const struct command_kind account__change_kind = {
    .name = "account.change",
    .apply = change_apply,
    .result_size = sizeof(struct account_result),
};

/* ---- freezes ---- */

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

    TRY(state_text(tx, freeze->account_id, &note.before));
    TRY(ledger_hold_place(tx, &place, &held));
    ((struct account_result *)result)->id = held.hold_id;
    return note_change(tx, note);
}

const struct command_kind account__freeze_kind = {
    .name = "account.freeze",
    .apply = freeze_apply,
    .result_size = sizeof(struct account_result),
};

/* What a step takes of the freeze: the amount asked for, or all that is left. */
static struct amount amount_of(const struct account_release *release,
                               const struct ledger_hold *hold)
{
    return release->amount.minor != 0
               ? release->amount
               : AMOUNT(hold->amount.minor - hold->captured.minor - hold->released.minor);
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

    TRY(get_account(tx, hold->account_id, &account));
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
        .reason = release->reason,
    };
    const struct ledger_hold *hold;

    TRY(ledger_hold_get(tx, release->hold_id, &hold));
    note.account_id = hold->account_id;
    TRY(state_text(tx, note.account_id, &note.before));
    TRY(release->deduct ? deduct(tx, release, hold) : give_back(tx, release));
    return note_change(tx, note);
}

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
