/* The history of accounts (管理历史): each change with the account before and after. */
#include "business/account/account_int.h"

enum { STATE_TEXT_MAX = 3000, HOLD_STEP_TEXT_MAX = 1000 };

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

static struct str print(struct tx *tx, const struct field_set *set, const void *values, size_t max)
{
    struct buf buf;

    buf_init_arena(&buf, tx_arena(tx), max);
    json_print_fields(&buf, set, values);
    CHECK(buf_ok(&buf));
    return buf_str(&buf);
}

static struct str print_state(struct tx *tx, const struct state *state)
{
    return print(tx, &state_set, state, STATE_TEXT_MAX);
}

enum err account__get(struct tx *tx, int64_t account_id, const struct ledger_account **account)
{
    enum err err = ledger_account_get(tx, account_id, account);

    if (err == ERR_OK && account__type_of((*account)->code) == 0) {
        err = ERR_LEDGER_ACCOUNT;
    }
    return err == ERR_LEDGER_ACCOUNT ? tx_refuse(tx, err, "account") : err;
}

enum err account__edit_row(struct tx *tx, int64_t account_id, struct account_row **out)
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

enum err account__state(struct tx *tx, int64_t account_id, struct str *text)
{
    const struct ledger_account *account;
    struct account_row *row;

    TRY(account__get(tx, account_id, &account));
    TRY(account__edit_row(tx, account_id, &row));
    *text = print_state(tx, &(struct state){
                                .status = account->status,
                                .credit_blocks = account->credit_blocks,
                                .debit_blocks = account->debit_blocks,
                                .balance = account->posted,
                                .held = account->held,
                                .credit_line = AMOUNT(-account->floor.minor),
                                .deferred = account->deferred,
                                .remark = row->remark,
                            });
    return ERR_OK;
}

/* ---- what was done to a hold ---- */

struct hold_step {
    enum ledger_hold_effect effect;
    enum ledger_hold_kind kind;
    enum ledger_hold_status status;
    struct amount amount;
    struct amount left;
    struct str document_no;
};

static const struct field hold_step_fields[] = {
    FIELD(struct hold_step, effect, FIELD_ENUM, .names = account__effect_names),
    FIELD(struct hold_step, kind, FIELD_ENUM, .names = account__kind_names),
    FIELD(struct hold_step, status, FIELD_ENUM, .names = account__hold_status_names),
    FIELD(struct hold_step, amount, FIELD_AMOUNT, .always = true),
    FIELD(struct hold_step, left, FIELD_AMOUNT, .always = true),
    FIELD(struct hold_step, document_no, FIELD_TEXT, .max = LEDGER_HOLD_DOCUMENT_MAX),
};
static const struct field_set hold_step_set = FIELD_SET("account_hold_step", hold_step_fields);

/* What was captured or else given back; all that is left of one that was placed or has begun. A
 * capture may give back the rest. */
static struct amount amount_of(const struct ledger_hold *before, const struct ledger_hold *hold)
{
    if (hold->captured.minor > before->captured.minor) {
        return AMOUNT(hold->captured.minor - before->captured.minor);
    }
    if (hold->released.minor > before->released.minor) {
        return AMOUNT(hold->released.minor - before->released.minor);
    }
    return ledger_hold_left(hold);
}

enum err account__hold_step(struct tx *tx, int64_t hold_id, const struct ledger_hold *before,
                            struct str *text)
{
    const struct ledger_hold *hold;

    TRY(ledger_hold_get(tx, hold_id, &hold));
    *text = print(tx, &hold_step_set,
                  &(struct hold_step){
                      .effect = hold->effect,
                      .kind = hold->kind,
                      .status = hold->status,
                      .amount = amount_of(before, hold),
                      .left = ledger_hold_left(hold),
                      .document_no = hold->document_no,
                  },
                  HOLD_STEP_TEXT_MAX);
    return ERR_OK;
}

/* ---- notes ---- */

static enum err insert(struct tx *tx, const struct account_note *note, int64_t at_ms)
{
    struct account_row *row;

    TRY(account__edit_row(tx, note->account_id, &row));
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
                         .hold_id = note->hold_id,
                         .hold_step = note->hold_step,
                         .reason = note->reason,
                         .created_at_ms = at_ms,
                     });
}

/* It was empty then, whatever it is now. */
enum err account_note_opened(struct tx *tx, int64_t account_id)
{
    const struct ledger_account *account;
    struct account_row *row;
    struct account_note note = {
        .account_id = account_id, .action = ACCOUNT_OPENED, .before = STR("{}")};

    TRY(account__get(tx, account_id, &account));
    TRY(account__edit_row(tx, account_id, &row));
    if (row->changes > 0) {
        return ERR_OK;
    }
    note.after = print_state(tx, &(struct state){.status = LEDGER_ACCOUNT_OPEN});
    return insert(tx, &note, account->created_at_ms);
}

enum err account_note(struct tx *tx, const struct account_note *note)
{
    if (note->action != ACCOUNT_OPENED) {
        TRY(account_note_opened(tx, note->account_id));
    }
    return insert(tx, note, tx_now_ms(tx));
}

enum err account__note_present(struct tx *tx, struct account_note *note)
{
    TRY(account__state(tx, note->account_id, &note->after));
    return account_note(tx, note);
}

enum err account__note_change(struct tx *tx, struct account_note *note)
{
    TRY(account__state(tx, note->account_id, &note->after));
    return str_eq(note->before, note->after) ? ERR_OK : account_note(tx, note);
}
