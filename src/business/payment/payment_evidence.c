/* The command that takes in what a channel said, or did not say. Any number of statements, in any
 * order, ends in the same state and the same books. */
#include "business/payment/payment_int.h"
#include "business/settle_rule/settle_rule.h"
#include "money/ledger/ledger_voucher.h"

static enum payment_attempt_status attempt_status_of(enum channel_outcome outcome)
{
    switch (outcome) {
    case CHANNEL_PENDING:
        return PAYMENT_ATTEMPT_PENDING;
    case CHANNEL_SUCCEEDED:
        return PAYMENT_ATTEMPT_SUCCEEDED;
    case CHANNEL_CLOSED:
        return PAYMENT_ATTEMPT_CLOSED;
    case CHANNEL_FAILED:
        return PAYMENT_ATTEMPT_FAILED;
    case CHANNEL_NOT_FOUND:
    case CHANNEL_UNKNOWN:
    case CHANNEL_NOT_SENT:
        return PAYMENT_ATTEMPT_UNKNOWN;
    }
    return PAYMENT_ATTEMPT_UNKNOWN;
}

/* Text of a channel, cut to what its column holds; characters, not bytes. */
static struct str cut(struct str text, size_t characters)
{
    size_t at = 0;

    for (size_t count = 0; at < text.len; at++) {
        if (((unsigned char)text.ptr[at] & 0xC0) != 0x80 && count++ == characters) {
            break;
        }
    }
    return str_slice(text, 0, at);
}

static void note_attempt(struct tx *tx, struct payment_attempt *attempt,
                         const struct channel_result *result)
{
    enum payment_attempt_status to = attempt_status_of(result->outcome);

    if (to != attempt->status && payment__attempt_may_move(attempt->status, to)) {
        attempt->status = to;
        attempt->asked = 0;
    }
    attempt->updated_at_ms = tx_now_ms(tx);
    if (result->code.len > 0) {
        attempt->channel_code = cut(result->code, 64);
        attempt->channel_message = cut(result->message, 256);
    }
    if (result->evidence.len > 0) {
        attempt->evidence = cut(result->evidence, 64);
    }
}

static enum err ask_again(struct tx *tx, const struct payment *payment,
                          struct payment_attempt *attempt)
{
    int64_t at_ms = tx_now_ms(tx) + payment__ask_after_ms(payment->status, attempt->asked);

    attempt->asked++;
    if (payment->status != PAYMENT_CLOSING && tx_now_ms(tx) < payment->expires_at_ms &&
        at_ms > payment->expires_at_ms) {
        at_ms = payment->expires_at_ms;
    }
    return timer_set(tx, &payment__timer, payment->id, at_ms);
}

/* Which of the three things that must agree does not; NULL when all do. */
static const char *mismatch(struct tx *tx, const struct payment *payment,
                            const struct channel_result *result)
{
    const struct channel_account *account;

    if (amount_cmp(payment->amount, result->amount) != 0) {
        return "amount_mismatch";
    }
    if (payment->currency != result->currency) {
        return "currency_mismatch";
    }
    if (channel_account_get(tx, payment->channel_account_id, &account) != ERR_OK ||
        !str_eq(account->account_no, result->account_no)) {
        return "merchant_mismatch";
    }
    return NULL;
}

/* What we owe the merchant matures by its settlement rule. */
static enum err book(struct tx *tx, const struct payment *payment, enum ledger_event event)
{
    struct ledger_voucher voucher = {
        .event = event,
        .mode = payment->fund_mode,
        .business_no = payment->id,
        .merchant_id = payment->merchant_id,
        .channel_account_id = payment->channel_account_id,
        .currency = payment->currency,
        .amounts = {[LEDGER_AMOUNT_GROSS] = payment->amount_received,
                    [LEDGER_AMOUNT_FEE] =
                        event == LEDGER_EVENT_PAYMENT_SUCCEEDED ? payment->fee : AMOUNT_ZERO},
    };

    if (event == LEDGER_EVENT_PAYMENT_SUCCEEDED && payment->fund_mode == LEDGER_FUND_COLLECT) {
        TRY(settle_rule_matures_on(tx, payment->merchant_id, payment->currency,
                                   &voucher.matures_on));
    }
    return ledger_voucher_post(tx, &voucher, NULL);
}

/* Money to suspense: only where the channel settles to us is there money of ours to book, and only
 * an amount in the payment's own currency can be booked under it. */
static enum err book_suspense(struct tx *tx, const struct payment *payment,
                              const struct channel_result *result)
{
    if (payment->fund_mode != LEDGER_FUND_COLLECT || payment->amount_received.minor <= 0 ||
        payment->currency != result->currency) {
        return ERR_OK;
    }
    return book(tx, payment, LEDGER_EVENT_PAYMENT_CONFLICTED);
}

static void note_payer(struct payment *payment, const struct channel_result *result)
{
    payment->amount_received = result->amount;
    payment->transaction_no = cut(result->transaction_no, 64);
    payment->payer_id = cut(result->payer_id, 128);
    payment->bank_type = cut(result->bank_type, 32);
}

static enum err conflict(struct tx *tx, struct payment *payment, const char *why,
                         const struct channel_result *result)
{
    note_payer(payment, result);
    payment->error_code = str_of(why);
    payment->error_message =
        str_printf(tx_arena(tx), "the channel reports %lld of currency %d for merchant " STR_FMT,
                   (long long)result->amount.minor, (int)result->currency,
                   STR_ARG(cut(result->account_no, 64)));
    TRY(book_suspense(tx, payment, result));
    return payment__move(tx, payment, PAYMENT_CONFLICTED, NULL);
}

/* Paid after it was closed or had failed: by policy it becomes succeeded, or stays what it is with
 * the money in suspense, due to be refunded. */
static enum err late(struct tx *tx, struct payment *payment, const struct channel_result *result,
                     bool accept)
{
    if (payment->late_success_at_ms != 0) {
        return ERR_OK;
    }
    note_payer(payment, result);
    payment->late_success_at_ms = tx_now_ms(tx);
    payment__announce(tx, payment, "late_success");
    if (!accept || mismatch(tx, payment, result) != NULL) {
        return book_suspense(tx, payment, result);
    }
    payment->succeeded_at_ms = result->paid_at_ms;
    TRY(book(tx, payment, LEDGER_EVENT_PAYMENT_SUCCEEDED));
    return payment__move(tx, payment, PAYMENT_SUCCEEDED, NULL);
}

static enum err succeed(struct tx *tx, struct payment *payment, const struct channel_result *result,
                        bool accept_late)
{
    const char *why = mismatch(tx, payment, result);

    if (payment->status == PAYMENT_SUCCEEDED || payment->status == PAYMENT_CONFLICTED) {
        return ERR_OK; /* told before */
    }
    if (payment->status == PAYMENT_CLOSED || payment->status == PAYMENT_FAILED) {
        return late(tx, payment, result, accept_late);
    }
    if (why != NULL) {
        return conflict(tx, payment, why, result);
    }
    note_payer(payment, result);
    payment->succeeded_at_ms = result->paid_at_ms;
    payment->error_code = (struct str){"", 0};
    payment->error_message = (struct str){"", 0};
    TRY(book(tx, payment, LEDGER_EVENT_PAYMENT_SUCCEEDED));
    return payment__move(tx, payment, PAYMENT_SUCCEEDED, NULL);
}

static void note_error(struct payment *payment, const struct channel_result *result,
                       const char *otherwise)
{
    const char *code = channel_decline_code(result->decline);

    payment->error_code = str_of(code == NULL ? otherwise : code);
    payment->error_message = cut(result->message, 256);
}

/* The order stands at the channel, unpaid. Only a create tells the QR code; when that answer was
 * lost, the create is sent again and gives the same one. */
static enum err wait_for_payer(struct tx *tx, struct payment *payment,
                               struct payment_attempt *attempt, const struct channel_result *result,
                               struct payment_change *change)
{
    if (result->qr.len > 0 && result->qr.len <= 512) {
        payment->qr = result->qr;
    }
    if (payment->status != PAYMENT_CLOSING && payment->qr.len == 0) {
        change->resend = tx_now_ms(tx) < payment->expires_at_ms;
    } else if (payment__may_move(payment->status, PAYMENT_REQUIRES_ACTION)) {
        payment->error_code = (struct str){"", 0};
        payment->error_message = (struct str){"", 0};
        TRY(payment__move(tx, payment, PAYMENT_REQUIRES_ACTION, NULL));
    }
    return ask_again(tx, payment, attempt);
}

static enum err stay_unknown(struct tx *tx, struct payment *payment,
                             struct payment_attempt *attempt, const struct channel_result *result)
{
    /* A question without an answer changes nothing once the QR code is there. */
    if (payment->status == PAYMENT_PROCESSING) {
        note_error(payment, result, "channel_timeout");
        TRY(payment__move(tx, payment, PAYMENT_UNKNOWN, NULL));
    }
    return ask_again(tx, payment, attempt);
}

/* The channel does not know the order. While it may still be paid it is sent again; once its time
 * is over nobody can pay it, because the order itself carries that time. */
static enum err not_found(struct tx *tx, struct payment *payment, struct payment_attempt *attempt,
                          const struct channel_result *result, struct payment_change *change)
{
    if (payment->status == PAYMENT_CLOSING && tx_now_ms(tx) >= payment->expires_at_ms) {
        return payment__move(tx, payment, PAYMENT_CLOSED, NULL);
    }
    change->resend = true;
    return stay_unknown(tx, payment, attempt, result);
}

static enum err conclude(struct tx *tx, const struct payment_evidence *arg, struct payment *payment,
                         struct payment_attempt *attempt, struct payment_change *change)
{
    const struct channel_result *result = arg->result;

    if (result->outcome == CHANNEL_SUCCEEDED) {
        return succeed(tx, payment, result, arg->accept_late);
    }
    if (payment_is_final(payment->status)) {
        return ERR_OK;
    }
    switch (result->outcome) {
    case CHANNEL_SUCCEEDED:
    case CHANNEL_PENDING:
        return wait_for_payer(tx, payment, attempt, result, change);
    case CHANNEL_CLOSED:
        if (payment->closed_reason == 0) {
            payment->closed_reason = PAYMENT_CLOSED_EXPIRED;
        }
        return payment__move(tx, payment, PAYMENT_CLOSED, NULL);
    case CHANNEL_FAILED:
        note_error(payment, result, "unmapped");
        return payment__move(tx, payment, PAYMENT_FAILED, NULL);
    case CHANNEL_NOT_FOUND:
        return not_found(tx, payment, attempt, result, change);
    case CHANNEL_UNKNOWN:
    case CHANNEL_NOT_SENT:
        return stay_unknown(tx, payment, attempt, result);
    }
    return ERR_OK;
}

static enum err evidence_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct payment_evidence *arg = arg_ptr;
    struct payment_change *change = result;
    struct payment_attempt *attempt;
    struct payment *payment;

    TRY(payment__edit_attempt(tx, arg->attempt_id, &attempt));
    if (attempt->channel_account_id != arg->account_id) {
        return ERR_PAYMENT_ATTEMPT_UNKNOWN;
    }
    TRY(payment__edit(tx, attempt->payment_id, &payment));
    note_attempt(tx, attempt, arg->result);
    TRY(conclude(tx, arg, payment, attempt, change));
    tx_result_row(tx, &payment_table, payment, &change->payment);
    return ERR_OK;
}

static void evidence_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct payment_evidence *arg = arg_ptr;
    const struct payment_attempt *attempt;
    const struct payment *payment;

    if (round == 0) {
        prefetch_id(pre, &payment_attempt_table, arg->attempt_id);
        channel_account_prefetch(pre, arg->account_id);
        return;
    }
    attempt = prefetch_peek(pre, &payment_attempt_table, arg->attempt_id);
    if (attempt == NULL) {
        return;
    }
    prefetch_id(pre, &payment_table, attempt->payment_id);
    timer_prefetch(pre, &payment__timer, attempt->payment_id);
    payment = prefetch_peek(pre, &payment_table, attempt->payment_id);
    if (payment != NULL && arg->result->outcome == CHANNEL_SUCCEEDED) {
        const struct ledger_voucher voucher = {.event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
                                               .mode = payment->fund_mode,
                                               .business_no = payment->id,
                                               .merchant_id = payment->merchant_id,
                                               .channel_account_id = payment->channel_account_id,
                                               .currency = payment->currency};

        ledger_prefetch_voucher(pre, &voucher, round - 1);
        settle_rule_prefetch(pre, payment->merchant_id, payment->currency, round - 1);
    }
}

const struct command_kind payment_evidence_kind = {
    .name = "payment.evidence",
    .prefetch = evidence_prefetch,
    .apply = evidence_apply,
    .result_size = sizeof(struct payment_change),
};
