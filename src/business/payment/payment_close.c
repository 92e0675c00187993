/* The command that wants a payment closed: it becomes closing, and closed once the channel has
 * confirmed that nobody can pay it any more. */
#include "business/payment/payment_int.h"

static enum err close_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct payment_close *arg = arg_ptr;
    struct payment_change *change = result;
    struct payment *payment;

    TRY(payment__edit(tx, arg->payment_id, &payment));
    if (arg->merchant_id != 0 && arg->merchant_id != payment->merchant_id) {
        return ERR_PAYMENT_NOT_FOUND;
    }
    if (payment_is_final(payment->status)) {
        if (payment->status != PAYMENT_CLOSED) {
            return tx_refuse(tx, ERR_PAYMENT_STATE, "status");
        }
    } else {
        change->close = true;
        if (payment->status != PAYMENT_CLOSING) {
            payment->closed_reason = arg->reason;
            TRY(payment__move(tx, payment, PAYMENT_CLOSING, NULL));
        }
        TRY(timer_set(tx, &payment__timer, payment->id,
                      tx_now_ms(tx) + payment__ask_after_ms(PAYMENT_CLOSING, 0)));
    }
    tx_result_row(tx, &payment_table, payment, &change->payment);
    return ERR_OK;
}

static void close_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct payment_close *arg = arg_ptr;

    if (round == 0) {
        prefetch_id(pre, &payment_table, arg->payment_id);
        timer_prefetch(pre, &payment__timer, arg->payment_id);
    }
}

const struct command_kind payment_close_kind = {
    .name = "payment.close",
    .prefetch = close_prefetch,
    .apply = close_apply,
    .result_size = sizeof(struct payment_change),
};
