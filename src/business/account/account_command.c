/* Opening accounts and changing them, each with its row of history. */
#include "business/account/account_int.h"

/* ---- opening ---- */

/* What was asked for is kept, so that asking again is recognised whatever the account has become.
 */
static enum err open_by_hand(struct tx *tx, const struct account_opening *opening,
                             struct account_note note)
{
    struct account_row *row;

    TRY(account__edit_row(tx, note.account_id, &row));
    row->opened_by_hand = true;
    row->opening_remark = opening->remark;
    if (opening->remark.len > 0) {
        row->remark = opening->remark;
    }
    note.action = ACCOUNT_OPENED;
    note.operator_id = opening->operator_id;
    return account__note_change(tx, &note);
}

/* Of an account that is there: it was opened by hand before, or came into being by itself. */
static enum err open_again(struct tx *tx, const struct account_opening *opening, int64_t account_id)
{
    struct account_note note = {.account_id = account_id};
    struct account_row *row;

    TRY(account_note_opened(tx, account_id));
    TRY(account__edit_row(tx, account_id, &row));
    if (row->opened_by_hand) {
        return str_eq(row->opening_remark, opening->remark)
                   ? ERR_OK
                   : tx_refuse(tx, ERR_ACCOUNT_CONFLICT, "remark");
    }
    TRY(account__state(tx, account_id, &note.before));
    return open_by_hand(tx, opening, note);
}

static enum err open_new(struct tx *tx, const struct account_opening *opening,
                         const struct ledger_account_key *key, int64_t *account_id)
{
    TRY(ledger_account_open(tx, key, account_id));
    return open_by_hand(tx, opening,
                        (struct account_note){.account_id = *account_id, .before = STR("{}")});
}

enum err account__check_merchant(struct tx *tx, int64_t merchant_id)
{
    enum err err = merchant_check_active(tx, merchant_id, 0);
    bool refused = err == ERR_MERCHANT_NOT_FOUND || err == ERR_MERCHANT_SUSPENDED ||
                   err == ERR_MERCHANT_CLOSED;

    return refused ? tx_refuse(tx, err, "merchant_id") : err;
}

static enum err open_apply(struct tx *tx, const void *arg, void *result)
{
    const struct account_opening *opening = arg;
    const struct ledger_account_key key = {
        .owner_id = opening->merchant_id,
        .code = account__code_of(opening->type),
        .currency = opening->currency,
    };
    int64_t *account_id = &((struct account_result *)result)->id;
    enum err err;

    TRY(account__check_merchant(tx, opening->merchant_id));
    err = ledger_account_id(tx, &key, account_id);
    if (err == ERR_LEDGER_ACCOUNT) {
        TRY(open_new(tx, opening, &key, account_id));
    } else {
        TRY(err);
        TRY(open_again(tx, opening, *account_id));
    }
    return opening->opened == NULL ? ERR_OK : opening->opened(tx, *account_id);
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

/* A cancelled account is only reopened; cancelling it again changes nothing. */
static enum err check_status(struct tx *tx, const struct ledger_account *account,
                             enum account_action action)
{
    bool cancelled = account->status == LEDGER_ACCOUNT_CLOSED;

    if (action == ACCOUNT_REOPENED) {
        return cancelled ? ERR_OK : tx_refuse(tx, ERR_ACCOUNT_NOT_CANCELLED, "account");
    }
    return cancelled && action != ACCOUNT_CANCELLED
               ? tx_refuse(tx, ERR_LEDGER_ACCOUNT_CLOSED, "account")
               : ERR_OK;
}

/* Whether a change can be made: one that is reviewed is asked when it is asked for, and when it is
 * made. */
static enum err check_change(struct tx *tx, const struct account_change *change)
{
    const struct ledger_account *account;

    TRY(account__get(tx, change->account_id, &account));
    TRY(check_status(tx, account, change->action));
    return change->action == ACCOUNT_CREDIT_LINE ? check_line(tx, account, change->amount) : ERR_OK;
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
        TRY(account__edit_row(tx, change->account_id, &row));
        row->remark = change->text;
        return ERR_OK;
    case ACCOUNT_REOPENED:
        return ledger_account_reopen(tx, change->account_id);
    case ACCOUNT_OPENED:
    case ACCOUNT_FROZEN:
    case ACCOUNT_RELEASED:
    case ACCOUNT_DEDUCTED:
    case ACCOUNT_SETTLEMENT_RULE:
    case ACCOUNT_FREEZE_STARTED:
    case ACCOUNT_FREEZE_EXPIRED:
    case ACCOUNT_HOLD_PLACED:
    case ACCOUNT_HOLD_CAPTURED:
    case ACCOUNT_HOLD_RELEASED:
    case ACCOUNT_HOLD_STARTED:
    case ACCOUNT_HOLD_EXPIRED:
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
    TRY(account__state(tx, change->account_id, &note.before));
    TRY(make_change(tx, change));
    return account__note_change(tx, &note);
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

static struct str print_amount(struct tx *tx, struct amount amount, enum currency currency)
{
    struct buf buf;

    buf_init_arena(&buf, tx_arena(tx), 64);
    amount_print(&buf, amount, currency);
    return buf_str(&buf);
}

/* What the checkers read: the change, with what is before it. */
static void summarise(struct tx *tx, const struct account_change *change,
                      const struct ledger_account *account, struct review_ask *ask)
{
    struct str code = currency_code(account->currency);
    struct str before, after;

    if (change->action == ACCOUNT_CREDIT_LINE) {
        before = print_amount(tx, AMOUNT(-account->floor.minor), account->currency);
        after = print_amount(tx, change->amount, account->currency);
        ask->summary = str_printf(tx_arena(tx), "credit line: " STR_FMT " → " STR_FMT " " STR_FMT,
                                  STR_ARG(before), STR_ARG(after), STR_ARG(code));
        ask->summary_zh = str_printf(tx_arena(tx), "信用额度：" STR_FMT " → " STR_FMT " " STR_FMT,
                                     STR_ARG(before), STR_ARG(after), STR_ARG(code));
    } else if (change->action == ACCOUNT_REOPENED) {
        ask->summary = STR("a cancelled account is opened again");
        ask->summary_zh = STR("恢复已销的账户");
    } else if (change->flag) {
        ask->summary = STR("entries are applied later");
        ask->summary_zh = STR("入账方式：实时 → 异步");
    } else {
        ask->summary = STR("entries are applied at once");
        ask->summary_zh = STR("入账方式：异步 → 实时");
    }
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
        .name = str_printf(tx_arena(tx), "%s|%lld",
                           enum_name_of(account__action_names, (int)change->action),
                           (long long)change->account_id),
        .change = review_change_print(tx_arena(tx), &change_set, change),
        .amount = change->amount,
        .reason = change->reason,
    };

    TRY(account__get(tx, change->account_id, &account));
    ask.currency = account->currency;
    summarise(tx, change, account, &ask);
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
