/* Changes of accounts, each with its row of history. */
#include "business/account/account_int.h"

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
    int64_t *account_id = result;

    TRY(merchant_check_active(tx, opening->merchant_id, 0));
    TRY(ledger_account_open(tx, &key, account_id));
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
    .result_size = sizeof(int64_t),
};

/* ---- changing ---- */

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

    TRY(state_text(tx, change->account_id, &note.before));
    TRY(make_change(tx, change));
    TRY(state_text(tx, change->account_id, &note.after));
    return str_eq(note.before, note.after) ? ERR_OK : account_note(tx, &note);
}

static enum err change_apply(struct tx *tx, const void *arg, void *result)
{
    const struct account_change *change = arg;

    *(int64_t *)result = change->account_id;
    return account__change(tx, change);
}

const struct command_kind account__change_kind = {
    .name = "account.change",
    .apply = change_apply,
    .result_size = sizeof(int64_t),
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
    *(int64_t *)result = held.hold_id;
    return note_change(tx, note);
}

const struct command_kind account__freeze_kind = {
    .name = "account.freeze",
    .apply = freeze_apply,
    .result_size = sizeof(int64_t),
};

enum err account__release(struct tx *tx, const struct account_release *release)
{
    const struct ledger_hold_release step = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_RELEASE, tx_id(tx)},
        .hold_id = release->hold_id,
        .whole = release->amount.minor == 0,
        .amount = release->amount,
    };
    struct account_note note = {
        .action = ACCOUNT_RELEASED,
        .operator_id = release->operator_id,
        .review_id = release->review_id,
        .reason = release->reason,
    };
    const struct ledger_hold *hold;

    TRY(ledger_hold_get(tx, release->hold_id, &hold));
    note.account_id = hold->account_id;
    TRY(state_text(tx, note.account_id, &note.before));
    TRY(ledger_hold_release(tx, &step, NULL));
    return note_change(tx, note);
}

static enum err release_apply(struct tx *tx, const void *arg, void *result)
{
    const struct account_release *release = arg;

    *(int64_t *)result = release->hold_id;
    return account__release(tx, release);
}

const struct command_kind account__release_kind = {
    .name = "account.release",
    .apply = release_apply,
    .result_size = sizeof(int64_t),
};
