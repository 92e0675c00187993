/* Cash-outs.
 *
 *     from \ to   sent        succeeded          failed           returned        cancelled
 *     (none)                  place the hold: waiting
 *     waiting     cash_sent   cash_sent + paid   release                          release
 *     sent                    cash_paid          cash_returned
 *     succeeded                                                   cash_returned
 */
#include "business/account/account.h"
#include "business/merchant/merchant.h"
#include "business/trade/trade_int.h"

static enum err not_found(enum err err)
{
    return err == ERR_STORE_NOT_FOUND ? ERR_TRADE_NOT_FOUND : err;
}

enum err trade_cash_get(struct tx *tx, int64_t id, const struct trade_cash_out **out)
{
    const void *row;

    TRY(not_found(tx_get(tx, &trade_cash_table, id, &row)));
    *out = row;
    return ERR_OK;
}

/* ---- asking for one ---- */

static enum err find_account(struct tx *tx, const struct trade_cash_create *create,
                             const struct ledger_account **out)
{
    enum err err = ledger_account_get(tx, create->account, out);

    if (err == ERR_OK && create->merchant_id != 0 && create->merchant_id != (*out)->owner_id) {
        err = ERR_LEDGER_ACCOUNT;
    }
    if (err == ERR_LEDGER_ACCOUNT) {
        (void)tx_refuse(tx, err, "account");
    }
    return err;
}

/* The money is taken from an account of the code that is paid out, unless a block is on it. */
static enum err check_account(struct tx *tx, const struct ledger_account *account)
{
    if (account->code != LEDGER_CODE_MERCHANT_PAYABLE) {
        return tx_refuse(tx, ERR_TRADE_ACCOUNT, "account");
    }
    return account->debit_blocks == 0 ? ERR_OK : tx_refuse(tx, ERR_LEDGER_DEBIT_BLOCKED, "account");
}

static enum err choose_card(struct tx *tx, struct trade_cash_out *cash)
{
    const struct account_card *card;
    enum err err = cash->card_id == 0
                       ? account_card_default(tx, cash->merchant_id, &card)
                       : account_card_get(tx, cash->merchant_id, cash->card_id, &card);

    if (err != ERR_OK) {
        return err == ERR_ACCOUNT_CARD ? tx_refuse(tx, err, "card") : err;
    }
    cash->card_id = card->id;
    return ERR_OK;
}

static enum err price(struct tx *tx, struct trade_cash_out *cash)
{
    const struct rate_ask ask = {
        .owner_id = cash->merchant_id,
        .kind = RATE_CASH,
        .currency = cash->currency,
        .amount = cash->amount,
        .at_ms = tx_now_ms(tx),
    };
    struct rate_quote quote;

    TRY(rate_quote(tx, &ask, &quote));
    cash->fee = quote.fee;
    cash->rate_id = quote.rate_id;
    cash->rate_millionths = quote.rate_millionths;
    cash->rate_snapshot = quote.snapshot;
    return ERR_OK;
}

static enum err hold(struct tx *tx, struct trade_cash_out *cash)
{
    struct ledger_hold_place place = {
        .reference = {LEDGER_SOURCE_CASH, LEDGER_OPERATION_HOLD, cash->id},
        .account_id = cash->account_id,
        .kind = LEDGER_HOLD_WITHDRAWAL,
        .reason = STR("cash-out"),
        .document_no = id_str(tx_arena(tx), TRADE_CASH_OUT_PREFIX, cash->id),
    };
    struct ledger_held held;

    if (amount_add(cash->amount, cash->fee, &place.amount) != ERR_OK) {
        return tx_refuse(tx, ERR_AMOUNT_OVERFLOW, "amount");
    }
    TRY(ledger_hold_place(tx, &place, &held));
    cash->hold_id = held.hold_id;
    return ERR_OK;
}

static void announce(struct tx *tx, const char *type, const struct trade_cash_out *cash)
{
    trade__announce(tx, &(struct trade_news){.type = type,
                                             .set = &trade__cash_set,
                                             .object = cash,
                                             .id = cash->id,
                                             .merchant_id = cash->merchant_id,
                                             .version = cash->version});
}

static const struct field compared_fields[] = {
    {.name = "account",
     .type = FIELD_ID,
     .prefix = LEDGER_ACCOUNT_PREFIX,
     .offset = offsetof(struct trade_cash_out, account_id)},
    FIELD(struct trade_cash_out, amount, FIELD_AMOUNT),
    {.name = "card",
     .type = FIELD_ID,
     .prefix = "crd",
     .offset = offsetof(struct trade_cash_out, card_id)},
};
static const struct field_set compared = FIELD_SET("cash_out_compared", compared_fields);

static struct trade_cash_out from_create(const struct trade_cash_create *create,
                                         const struct ledger_account *account)
{
    return (struct trade_cash_out){
        .merchant_id = account->owner_id,
        .merchant_order_no = create->merchant_order_no,
        .account_id = account->id,
        .card_id = create->card,
        .amount = create->amount,
        .currency = account->currency,
        .created_by = create->operator_id,
        .status = TRADE_CASH_WAITING,
        .version = 1,
    };
}

/* A repeat that names no card means the one that was chosen. */
static enum err repeat(struct tx *tx, const struct trade_cash_out *first,
                       struct trade_cash_out *again)
{
    if (again->card_id == 0) {
        again->card_id = first->card_id;
    }
    return trade__same(tx, &compared, first, again);
}

static enum err create_apply(struct tx *tx, const void *arg, void *result)
{
    const struct trade_cash_create *create = arg;
    const struct ledger_account *account;
    struct trade_cash_out cash;
    const void *first;
    enum err err;

    TRY(find_account(tx, create, &account));
    cash = from_create(create, account);
    err = tx_find(tx, &trade_cash_table, 0, &cash, &first);
    if (err == ERR_OK) {
        TRY(repeat(tx, first, &cash));
        tx_result_row(tx, &trade_cash_table, first, result);
        return ERR_OK;
    }
    TRY(err == ERR_STORE_NOT_FOUND ? ERR_OK : err);
    TRY(check_account(tx, account));
    TRY(merchant_check_active(tx, cash.merchant_id, create->app_id));
    TRY(choose_card(tx, &cash));
    cash.id = tx_id(tx);
    cash.created_at_ms = cash.updated_at_ms = tx_now_ms(tx);
    TRY(price(tx, &cash));
    TRY(hold(tx, &cash));
    TRY(tx_insert(tx, &trade_cash_table, &cash));
    announce(tx, "cash_out.waiting_remittance", &cash);
    tx_result_row(tx, &trade_cash_table, &cash, result);
    return ERR_OK;
}

/* The owner is known with the account; of a merchant's own request it is the merchant. */
static void prefetch_owner(struct prefetch *pre, const struct trade_cash_create *create,
                           int64_t owner_id, unsigned round)
{
    const struct trade_cash_out key = {.merchant_id = owner_id,
                                       .merchant_order_no = create->merchant_order_no};

    if (round == 0) {
        prefetch_unique(pre, &trade_cash_table, 0, &key);
    }
    merchant_prefetch(pre, owner_id, create->app_id, round);
}

static void create_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct trade_cash_create *create = arg;
    const struct ledger_account *account = ledger_prefetch_account(pre, create->account, round);

    if (create->merchant_id != 0) {
        prefetch_owner(pre, create, create->merchant_id, round);
    } else if (account != NULL) {
        prefetch_owner(pre, create, account->owner_id, round - 1);
    }
    if (account != NULL) {
        const struct rate_ask price = {
            .owner_id = account->owner_id, .kind = RATE_CASH, .currency = account->currency};

        rate_prefetch(pre, &price, round - 1);
    }
}

const struct command_kind trade__cash_kind = {
    .name = "trade.cash_out",
    .prefetch = create_prefetch,
    .apply = create_apply,
    .result_size = sizeof(struct trade_cash_out),
};

/* ---- what becomes of it ---- */

static struct ledger_voucher voucher_of(const struct trade_cash_out *cash, enum ledger_event event)
{
    return (struct ledger_voucher){
        .event = event,
        .business_no = cash->id,
        .merchant_id = cash->merchant_id,
        .currency = cash->currency,
    };
}

static enum err book_sent(struct tx *tx, const struct trade_cash_out *cash)
{
    struct ledger_voucher_capture capture = {
        .voucher = voucher_of(cash, LEDGER_EVENT_CASH_SENT),
        .hold_id = cash->hold_id,
        .whole = true,
    };

    capture.voucher.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT(cash->amount.minor + cash->fee.minor);
    capture.voucher.amounts[LEDGER_AMOUNT_FEE] = cash->fee;
    return ledger_voucher_capture(tx, &capture, NULL);
}

static enum err book_paid(struct tx *tx, const struct trade_cash_out *cash)
{
    struct ledger_voucher voucher = voucher_of(cash, LEDGER_EVENT_CASH_PAID);

    voucher.amounts[LEDGER_AMOUNT_NET] = cash->amount;
    return ledger_voucher_post(tx, &voucher, NULL);
}

static enum err book_returned(struct tx *tx, const struct trade_cash_out *cash, bool with_fee)
{
    struct ledger_voucher voucher = voucher_of(cash, LEDGER_EVENT_CASH_RETURNED);

    voucher.amounts[LEDGER_AMOUNT_NET] = cash->amount;
    if (cash->status == TRADE_CASH_SUCCEEDED) {
        voucher.amounts[LEDGER_AMOUNT_PAID] = cash->amount;
    }
    if (with_fee) {
        voucher.amounts[LEDGER_AMOUNT_FEE] = cash->fee;
    }
    return ledger_voucher_post(tx, &voucher, NULL);
}

static enum err release(struct tx *tx, const struct trade_cash_out *cash)
{
    const struct ledger_hold_release all = {
        .reference = {LEDGER_SOURCE_CASH, LEDGER_OPERATION_RELEASE, cash->id},
        .hold_id = cash->hold_id,
        .whole = true,
    };

    return ledger_hold_release(tx, &all, NULL);
}

static enum err move(struct tx *tx, int64_t id, enum trade_cash_status status, const char *type)
{
    struct trade_cash_out *cash;
    void *row;

    TRY(tx_edit(tx, &trade_cash_table, id, &row));
    cash = row;
    cash->status = status;
    cash->updated_at_ms = tx_now_ms(tx);
    cash->version++;
    announce(tx, type, cash);
    return ERR_OK;
}

static enum err note_reason(struct tx *tx, int64_t id, struct str reason)
{
    void *row;

    TRY(tx_edit(tx, &trade_cash_table, id, &row));
    ((struct trade_cash_out *)row)->reason = reason;
    return ERR_OK;
}

enum err trade_cash_send(struct tx *tx, int64_t id)
{
    const struct trade_cash_out *cash;

    TRY(trade_cash_get(tx, id, &cash));
    switch (cash->status) {
    case TRADE_CASH_WAITING:
        TRY(book_sent(tx, cash));
        return move(tx, id, TRADE_CASH_SENT, "cash_out.sent");
    case TRADE_CASH_SENT:
        return ERR_OK;
    case TRADE_CASH_SUCCEEDED:
    case TRADE_CASH_FAILED:
    case TRADE_CASH_RETURNED:
    case TRADE_CASH_CANCELLED:
        break;
    }
    return tx_refuse(tx, ERR_TRADE_STATE, "status");
}

enum err trade_cash_complete(struct tx *tx, int64_t id)
{
    const struct trade_cash_out *cash;

    TRY(trade_cash_get(tx, id, &cash));
    switch (cash->status) {
    case TRADE_CASH_WAITING:
        TRY(book_sent(tx, cash));
        TRY(book_paid(tx, cash));
        return move(tx, id, TRADE_CASH_SUCCEEDED, "cash_out.succeeded");
    case TRADE_CASH_SENT:
        TRY(book_paid(tx, cash));
        return move(tx, id, TRADE_CASH_SUCCEEDED, "cash_out.succeeded");
    case TRADE_CASH_SUCCEEDED:
        return ERR_OK;
    case TRADE_CASH_FAILED:
    case TRADE_CASH_RETURNED:
    case TRADE_CASH_CANCELLED:
        break;
    }
    return tx_refuse(tx, ERR_TRADE_STATE, "status");
}

enum err trade_cash_fail(struct tx *tx, int64_t id, struct str reason)
{
    const struct trade_cash_out *cash;

    TRY(trade_cash_get(tx, id, &cash));
    switch (cash->status) {
    case TRADE_CASH_WAITING:
        TRY(release(tx, cash));
        TRY(note_reason(tx, id, reason));
        return move(tx, id, TRADE_CASH_FAILED, "cash_out.failed");
    case TRADE_CASH_SENT:
        TRY(book_returned(tx, cash, true));
        TRY(note_reason(tx, id, reason));
        return move(tx, id, TRADE_CASH_FAILED, "cash_out.failed");
    case TRADE_CASH_FAILED:
        return ERR_OK;
    case TRADE_CASH_SUCCEEDED:
    case TRADE_CASH_RETURNED:
    case TRADE_CASH_CANCELLED:
        break;
    }
    return tx_refuse(tx, ERR_TRADE_STATE, "status");
}

enum err trade_cash_return(struct tx *tx, const struct trade_cash_return *ret)
{
    const struct trade_cash_out *cash;

    TRY(trade_cash_get(tx, ret->id, &cash));
    switch (cash->status) {
    case TRADE_CASH_SUCCEEDED:
        TRY(book_returned(tx, cash, ret->with_fee));
        TRY(note_reason(tx, ret->id, ret->reason));
        return move(tx, ret->id, TRADE_CASH_RETURNED, "cash_out.returned");
    case TRADE_CASH_RETURNED:
        return ERR_OK;
    case TRADE_CASH_WAITING:
    case TRADE_CASH_SENT:
    case TRADE_CASH_FAILED:
    case TRADE_CASH_CANCELLED:
        break;
    }
    return tx_refuse(tx, ERR_TRADE_STATE, "status");
}

/* ---- cancelling ---- */

static enum err note_cancel(struct tx *tx, const struct trade_cash_cancel *asked)
{
    void *row;

    TRY(note_reason(tx, asked->id, asked->reason));
    TRY(tx_edit(tx, &trade_cash_table, asked->id, &row));
    ((struct trade_cash_out *)row)->cancelled_by = asked->operator_id;
    return ERR_OK;
}

static enum err cancel(struct tx *tx, const struct trade_cash_out *cash,
                       const struct trade_cash_cancel *asked)
{
    switch (cash->status) {
    case TRADE_CASH_WAITING:
        TRY(release(tx, cash));
        TRY(note_cancel(tx, asked));
        return move(tx, cash->id, TRADE_CASH_CANCELLED, "cash_out.cancelled");
    case TRADE_CASH_CANCELLED:
        return ERR_OK;
    case TRADE_CASH_SENT:
    case TRADE_CASH_SUCCEEDED:
    case TRADE_CASH_FAILED:
    case TRADE_CASH_RETURNED:
        break;
    }
    return tx_refuse(tx, ERR_TRADE_STATE, "status");
}

static enum err cancel_apply(struct tx *tx, const void *arg, void *result)
{
    const struct trade_cash_cancel *asked = arg;
    const struct trade_cash_out *cash;

    TRY(trade_cash_get(tx, asked->id, &cash));
    if (asked->merchant_id != 0 && asked->merchant_id != cash->merchant_id) {
        return ERR_TRADE_NOT_FOUND;
    }
    TRY(cancel(tx, cash, asked));
    TRY(trade_cash_get(tx, asked->id, &cash));
    tx_result_row(tx, &trade_cash_table, cash, result);
    return ERR_OK;
}

static void cancel_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    if (round == 0) {
        prefetch_id(pre, &trade_cash_table, ((const struct trade_cash_cancel *)arg)->id);
    }
}

const struct command_kind trade__cash_cancel_kind = {
    .name = "trade.cash_cancel",
    .prefetch = cancel_prefetch,
    .apply = cancel_apply,
    .result_size = sizeof(struct trade_cash_out),
};
