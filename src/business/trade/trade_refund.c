/* Refunds: what is reserved, where it is taken from, and what is booked at the end.
 *
 * In collect mode the merchant's account bears net = amount - what comes back of the fee, and the
 * fee of the refund itself. Of net, as much as possible is taken from the maturity of the payment's
 * own money (the immature part), the rest and the fee from what is available. Each part has a hold
 * and a voucher of its own, so that both are proved by the books:
 *
 *     payment 100.00, fee 0.60, its 99.40 mature tomorrow; refund 100.00, the fee is kept
 *     immature part    99.40 of what matures tomorrow
 *     rest              0.60 of what is available
 *
 * In direct mode the merchant's money is not with us: nothing is held, and only fees are booked. */
#include "business/payment/payment.h"
#include "business/trade/trade_int.h"

/* ---- what has been refunded of a payment ---- */

static enum err refunded_row(struct tx *tx, int64_t payment_id, const struct trade_refunded **out)
{
    const void *row;
    enum err err = tx_get(tx, &trade__refunded_table, payment_id, &row);

    *out = err == ERR_OK ? row : NULL;
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

enum err trade_refunded(struct tx *tx, int64_t payment_id, struct trade_refunded *out)
{
    const struct trade_refunded *row;

    TRY(refunded_row(tx, payment_id, &row));
    *out = row == NULL ? (struct trade_refunded){.payment_id = payment_id} : *row;
    return ERR_OK;
}

static enum err edit_refunded(struct tx *tx, int64_t payment_id, struct trade_refunded **out)
{
    const struct trade_refunded *row;
    void *editable;

    TRY(refunded_row(tx, payment_id, &row));
    if (row == NULL) {
        TRY(tx_insert(tx, &trade__refunded_table,
                      &(struct trade_refunded){.payment_id = payment_id}));
    }
    TRY(tx_edit(tx, &trade__refunded_table, payment_id, &editable));
    *out = editable;
    return ERR_OK;
}

/* ---- reserving ---- */

static enum err find_payment(struct tx *tx, const struct trade_refund_ask *ask,
                             const struct payment **out)
{
    const void *row;
    enum err err = tx_get(tx, &payment_table, ask->payment_id, &row);

    if (err == ERR_OK) {
        *out = row;
        if (ask->merchant_id != 0 && ask->merchant_id != (*out)->merchant_id) {
            err = ERR_STORE_NOT_FOUND;
        }
    }
    if (err == ERR_STORE_NOT_FOUND) {
        (void)tx_refuse(tx, ERR_PAYMENT_NOT_FOUND, "payment_id");
        return ERR_PAYMENT_NOT_FOUND;
    }
    return err;
}

/* A payment whose journal has been reversed is not in the books: there is nothing to give back. */
static enum err check_booked(struct tx *tx, const struct payment *payment)
{
    const struct ledger_reference paid = {LEDGER_SOURCE_PAYMENT, LEDGER_OPERATION_SUCCEEDED,
                                          payment->id};
    struct ledger_reference reversal = {LEDGER_SOURCE_ADJUSTMENT, LEDGER_OPERATION_REVERSED, 0};
    int64_t journal_id;
    enum err err = ledger_journal_find(tx, &paid, &reversal.business_no);

    if (err == ERR_OK) {
        err = ledger_journal_find(tx, &reversal, &journal_id);
    }
    if (err == ERR_OK) {
        return tx_refuse(tx, ERR_TRADE_REVERSED, "payment_id");
    }
    return err == ERR_LEDGER_JOURNAL ? ERR_OK : err;
}

/* How much may still be refunded: what was paid, less what has been and is being refunded. */
static enum err check_left(struct tx *tx, const struct payment *payment,
                           const struct trade_refunded *before, struct amount amount)
{
    int64_t left = payment->amount.minor - before->reserved.minor - before->refunded.minor;

    CHECK(left >= 0);
    if (payment->status != PAYMENT_SUCCEEDED) {
        return tx_refuse(tx, ERR_TRADE_UNPAID, "payment_id");
    }
    return amount.minor <= left ? ERR_OK : tx_refuse(tx, ERR_TRADE_REFUND_EXCEEDED, "amount");
}

static enum err price(struct tx *tx, const struct payment *payment,
                      const struct trade_refunded *before, struct trade_refund *refund)
{
    const struct rate_ask ask = {
        .owner_id = refund->merchant_id,
        .kind = RATE_REFUND,
        .currency = refund->currency,
        .amount = refund->amount,
        .at_ms = tx_now_ms(tx),
    };
    struct rate_refund back = {
        .paid = payment->amount,
        .fee = payment->fee,
        .refunded_before = AMOUNT(before->reserved.minor + before->refunded.minor),
        .returned_before = before->fee_returned,
        .refund_now = refund->amount,
    };
    struct rate_quote quote;

    TRY(rate_quote(tx, &ask, &quote));
    back.policy = quote.refund_policy;
    refund->fee_returned = rate_refund_fee_return(&back);
    refund->fee = quote.fee;
    refund->rate_id = quote.rate_id;
    refund->rate_millionths = quote.rate_millionths;
    refund->rate_snapshot = quote.snapshot;
    return ERR_OK;
}

/* The part of net that is taken from the payment's own money while that matures. Money that waits
 * on 2299 (*waits) does not mature on the account yet. */
static enum err split(struct tx *tx, int64_t account_id, const struct trade_refunded *before,
                      struct trade_refund *refund, bool *waits)
{
    const struct ledger_reference paid = {LEDGER_SOURCE_PAYMENT, LEDGER_OPERATION_SUCCEEDED,
                                          refund->payment_id};
    struct ledger_recorded *journal = ARENA_NEW(tx_arena(tx), struct ledger_recorded);
    int64_t journal_id, maturing = 0, net = refund->amount.minor - refund->fee_returned.minor;
    int32_t today;

    *waits = false;
    TRY(ledger_today(tx, &today));
    TRY(ledger_journal_find(tx, &paid, &journal_id));
    TRY(ledger_journal_get(tx, journal_id, journal));
    for (size_t i = 0; i < journal->leg_count; i++) {
        const struct ledger_leg *leg = &journal->legs[i];

        if (leg->account_id != account_id || leg->side != LEDGER_CREDIT) {
            continue;
        }
        *waits = journal->waits[i];
        if (!*waits && leg->matures_on > today) {
            refund->matures_on = leg->matures_on;
            maturing = leg->amount.minor - before->immature.minor;
        }
    }
    refund->immature = AMOUNT(maturing < net ? maturing : net);
    return ERR_OK;
}

static enum err place(struct tx *tx, const struct ledger_hold_place *part, int64_t *hold_id)
{
    struct ledger_held held = {0};

    if (part->amount.minor > 0) {
        TRY(ledger_hold_place(tx, part, &held));
    }
    *hold_id = held.hold_id;
    return ERR_OK;
}

static enum err hold_parts(struct tx *tx, int64_t account_id, struct trade_refund *refund)
{
    struct ledger_hold_place part = {
        .reference = {LEDGER_SOURCE_REFUND, LEDGER_OPERATION_HOLD, refund->id},
        .account_id = account_id,
        .kind = LEDGER_HOLD_REFUND,
        .reason = STR("refund"),
        .document_no = id_str(tx_arena(tx), TRADE_REFUND_PREFIX, refund->id),
    };

    part.amount.minor = refund->amount.minor - refund->fee_returned.minor - refund->immature.minor;
    if (amount_add(part.amount, refund->fee, &part.amount) != ERR_OK) {
        return tx_refuse(tx, ERR_AMOUNT_OVERFLOW, "amount");
    }
    TRY(place(tx, &part, &refund->hold_id));
    if (refund->immature.minor > 0) {
        refund->immature_id = tx_id(tx);
        part.reference.business_no = refund->immature_id;
        part.amount = refund->immature;
        part.matures_on = (int32_t)refund->matures_on;
        TRY(place(tx, &part, &refund->immature_hold_id));
    }
    return ERR_OK;
}

static enum err reserve_money(struct tx *tx, const struct trade_refunded *before,
                              struct trade_refund *refund)
{
    const struct ledger_account_key key = {refund->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE,
                                           refund->currency};
    const struct ledger_account *account;
    int64_t account_id;
    bool waits;
    enum err err;

    if (refund->mode != LEDGER_FUND_COLLECT) {
        return ERR_OK;
    }
    TRY(ledger_account_open(tx, &key, &account_id));
    TRY(ledger_account_get(tx, account_id, &account));
    if (account->debit_blocks > 0) {
        return tx_refuse(tx, ERR_LEDGER_DEBIT_BLOCKED, "account");
    }
    TRY(split(tx, account_id, before, refund, &waits));
    err = hold_parts(tx, account_id, refund);
    return err == ERR_LEDGER_INSUFFICIENT && waits ? tx_refuse(tx, ERR_TRADE_PENDING, "payment_id")
                                                   : err;
}

static void announce(struct tx *tx, const char *type, const struct trade_refund *refund)
{
    trade__announce(tx, &(struct trade_news){.type = type,
                                             .set = &trade__refund_set,
                                             .object = refund,
                                             .id = refund->id,
                                             .merchant_id = refund->merchant_id,
                                             .version = refund->version});
}

static const struct field compared_fields[] = {
    {.name = "payment_id",
     .type = FIELD_ID,
     .prefix = "pay",
     .offset = offsetof(struct trade_refund, payment_id)},
    FIELD(struct trade_refund, amount, FIELD_AMOUNT),
    FIELD(struct trade_refund, reason, FIELD_TEXT, .max = TRADE_REASON_MAX),
};
static const struct field_set compared = FIELD_SET("refund_compared", compared_fields);

static struct trade_refund refund_of(const struct payment *payment,
                                     const struct trade_refund_ask *ask)
{
    return (struct trade_refund){
        .payment_id = payment->id,
        .merchant_id = payment->merchant_id,
        .channel_account_id = payment->channel_account_id,
        .mode = payment->fund_mode,
        .merchant_refund_no = ask->merchant_refund_no,
        .amount = ask->amount,
        .currency = payment->currency,
        .reason = ask->reason,
        .created_by = ask->operator_id,
        .status = TRADE_REFUND_RESERVED,
        .version = 1,
    };
}

static enum err reserve_new(struct tx *tx, const struct payment *payment,
                            struct trade_refund *refund)
{
    struct trade_refunded before, *after;

    TRY(trade_refunded(tx, payment->id, &before));
    TRY(check_left(tx, payment, &before, refund->amount));
    TRY(check_booked(tx, payment));
    TRY(price(tx, payment, &before, refund));
    refund->id = tx_id(tx);
    refund->created_at_ms = refund->updated_at_ms = tx_now_ms(tx);
    TRY(reserve_money(tx, &before, refund));
    TRY(edit_refunded(tx, payment->id, &after));
    after->reserved.minor += refund->amount.minor;
    after->fee_returned.minor += refund->fee_returned.minor;
    after->immature.minor += refund->immature.minor;
    TRY(tx_insert(tx, &trade_refund_table, refund));
    announce(tx, "refund.reserved", refund);
    return ERR_OK;
}

enum err trade_refund_reserve(struct tx *tx, const struct trade_refund_ask *ask,
                              const struct trade_refund **out)
{
    const struct payment *payment;
    struct trade_refund refund;
    const void *row;
    enum err err;

    TRY(find_payment(tx, ask, &payment));
    refund = refund_of(payment, ask);
    err = tx_find(tx, &trade_refund_table, 0, &refund, &row);
    if (err == ERR_OK) {
        *out = row;
        return trade__same(tx, &compared, row, &refund);
    }
    TRY(err == ERR_STORE_NOT_FOUND ? ERR_OK : err);
    TRY(reserve_new(tx, payment, &refund));
    TRY(tx_get(tx, &trade_refund_table, refund.id, &row));
    *out = row;
    return ERR_OK;
}

/* ---- the end of it ---- */

/* What was held is captured, so that nothing (a block, a balance that fell) can stand in the way of
 * booking what the payer already has. */
static enum err book_voucher(struct tx *tx, const struct ledger_voucher *voucher, int64_t hold_id)
{
    const struct ledger_voucher_capture capture = {
        .voucher = *voucher, .hold_id = hold_id, .placer = LEDGER_SOURCE_REFUND};

    return hold_id == 0 ? ledger_voucher_post(tx, voucher, NULL)
                        : ledger_voucher_capture(tx, &capture, NULL);
}

static struct ledger_voucher voucher_of(const struct trade_refund *refund, enum ledger_event event)
{
    return (struct ledger_voucher){
        .event = event,
        .mode = refund->mode,
        .business_no = refund->id,
        .merchant_id = refund->merchant_id,
        .channel_account_id = refund->channel_account_id,
        .currency = refund->currency,
    };
}

static enum err book_immature(struct tx *tx, const struct trade_refund *refund)
{
    struct ledger_voucher voucher = voucher_of(refund, LEDGER_EVENT_REFUND_SUCCEEDED);

    if (refund->immature.minor == 0) {
        return ERR_OK;
    }
    if (refund->immature.minor < refund->amount.minor) {
        voucher.business_no = refund->immature_id;
    }
    voucher.matures_on = (int32_t)refund->matures_on;
    voucher.amounts[LEDGER_AMOUNT_GROSS] = refund->immature;
    return book_voucher(tx, &voucher, refund->immature_hold_id);
}

/* What the immature part has left of the amount, with all of what comes back of the fee. Of a rest
 * that is this fee and no more the merchant bears nothing, so nothing of it is held, and none of
 * the merchant's accounts may be in the way of it. */
static enum err book_rest(struct tx *tx, const struct trade_refund *refund)
{
    struct ledger_voucher voucher = voucher_of(refund, LEDGER_EVENT_REFUND_SUCCEEDED);
    struct amount rest = AMOUNT(refund->amount.minor - refund->immature.minor);

    if (rest.minor == 0) {
        return ERR_OK;
    }
    voucher.amounts[LEDGER_AMOUNT_FEE] = refund->fee_returned;
    if (refund->mode == LEDGER_FUND_COLLECT && rest.minor == refund->fee_returned.minor) {
        voucher.event = LEDGER_EVENT_REFUND_FROM_FEE;
        return book_voucher(tx, &voucher, 0);
    }
    voucher.amounts[LEDGER_AMOUNT_GROSS] = rest;
    return book_voucher(tx, &voucher, refund->hold_id);
}

static enum err book_fee(struct tx *tx, const struct trade_refund *refund)
{
    struct ledger_voucher voucher = voucher_of(refund, LEDGER_EVENT_PLATFORM_FEE_CHARGED);

    if (refund->fee.minor == 0) {
        return ERR_OK;
    }
    voucher.amounts[LEDGER_AMOUNT_FEE] = refund->fee;
    return book_voucher(tx, &voucher, refund->hold_id);
}

static enum err release(struct tx *tx, int64_t business_no, int64_t hold_id)
{
    const struct ledger_hold_release all = {
        .reference = {LEDGER_SOURCE_REFUND, LEDGER_OPERATION_RELEASE, business_no},
        .hold_id = hold_id,
        .whole = true,
    };

    return hold_id == 0 ? ERR_OK : ledger_hold_release(tx, &all, NULL);
}

enum err trade__refund_get(struct tx *tx, int64_t id, const struct trade_refund **out)
{
    const void *row;
    enum err err = tx_get(tx, &trade_refund_table, id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_TRADE_NOT_FOUND;
    }
    TRY(err);
    *out = row;
    return ERR_OK;
}

/* failure is all 0 of one that has succeeded, but for its id. */
static enum err end(struct tx *tx, enum trade_refund_status status,
                    const struct trade_refund_failure *failure)
{
    struct trade_refund *refund;
    void *row;

    TRY(tx_edit(tx, &trade_refund_table, failure->id, &row));
    refund = row;
    refund->status = status;
    refund->failure = failure->reason;
    refund->failed_by = failure->operator_id;
    refund->updated_at_ms = tx_now_ms(tx);
    refund->version++;
    announce(tx, status == TRADE_REFUND_SUCCEEDED ? "refund.succeeded" : "refund.failed", refund);
    return ERR_OK;
}

enum err trade_refund_complete(struct tx *tx, int64_t id)
{
    const struct trade_refund *refund;
    struct trade_refunded *all;

    TRY(trade__refund_get(tx, id, &refund));
    if (refund->status != TRADE_REFUND_RESERVED) {
        return refund->status == TRADE_REFUND_SUCCEEDED ? ERR_OK
                                                        : tx_refuse(tx, ERR_TRADE_STATE, "status");
    }
    TRY(book_immature(tx, refund));
    TRY(book_rest(tx, refund));
    TRY(book_fee(tx, refund));
    TRY(edit_refunded(tx, refund->payment_id, &all));
    all->reserved.minor -= refund->amount.minor;
    all->refunded.minor += refund->amount.minor;
    CHECK(all->reserved.minor >= 0);
    return end(tx, TRADE_REFUND_SUCCEEDED, &(struct trade_refund_failure){.id = id});
}

enum err trade_refund_fail(struct tx *tx, const struct trade_refund_failure *failure)
{
    const struct trade_refund *refund;
    struct trade_refunded *all;

    TRY(trade__refund_get(tx, failure->id, &refund));
    if (refund->status != TRADE_REFUND_RESERVED) {
        return refund->status == TRADE_REFUND_FAILED ? ERR_OK
                                                     : tx_refuse(tx, ERR_TRADE_STATE, "status");
    }
    TRY(release(tx, refund->id, refund->hold_id));
    TRY(release(tx, refund->immature_id, refund->immature_hold_id));
    TRY(edit_refunded(tx, refund->payment_id, &all));
    all->reserved.minor -= refund->amount.minor;
    all->fee_returned.minor -= refund->fee_returned.minor;
    all->immature.minor -= refund->immature.minor;
    CHECK(all->reserved.minor >= 0 && all->fee_returned.minor >= 0 && all->immature.minor >= 0);
    return end(tx, TRADE_REFUND_FAILED, failure);
}

/* ---- commands ---- */

static enum err reserve_apply(struct tx *tx, const void *arg, void *result)
{
    const struct trade_refund *refund;

    TRY(trade_refund_reserve(tx, arg, &refund));
    tx_result_row(tx, &trade_refund_table, refund, result);
    return ERR_OK;
}

static void reserve_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct trade_refund_ask *ask = arg;
    const struct payment *payment;

    if (round == 0) {
        prefetch_id(pre, &payment_table, ask->payment_id);
        prefetch_id(pre, &trade__refunded_table, ask->payment_id);
        return;
    }
    payment = prefetch_peek(pre, &payment_table, ask->payment_id);
    if (payment != NULL) {
        const struct rate_ask price = {
            .owner_id = payment->merchant_id, .kind = RATE_REFUND, .currency = payment->currency};

        rate_prefetch(pre, &price, round - 1);
    }
}

const struct command_kind trade__refund_kind = {
    .name = "trade.refund",
    .prefetch = reserve_prefetch,
    .apply = reserve_apply,
    .result_size = sizeof(struct trade_refund),
};

static enum err fail_apply(struct tx *tx, const void *arg, void *result)
{
    const struct trade_refund_failure *failure = arg;
    const struct trade_refund *refund;

    TRY(trade_refund_fail(tx, failure));
    TRY(trade__refund_get(tx, failure->id, &refund));
    tx_result_row(tx, &trade_refund_table, refund, result);
    return ERR_OK;
}

static void fail_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    if (round == 0) {
        prefetch_id(pre, &trade_refund_table, ((const struct trade_refund_failure *)arg)->id);
    }
}

const struct command_kind trade__refund_fail_kind = {
    .name = "trade.refund_fail",
    .prefetch = fail_prefetch,
    .apply = fail_apply,
    .result_size = sizeof(struct trade_refund),
};
