/* The state machines as tables, and the one function that moves a payment. */
#include "business/payment/payment_int.h"

#define TO(status) (1U << PAYMENT_##status)

static const unsigned moves[] = {
    [PAYMENT_PROCESSING] = TO(REQUIRES_ACTION) | TO(UNKNOWN) | TO(CLOSING) | TO(SUCCEEDED) |
                           TO(CLOSED) | TO(FAILED) | TO(CONFLICTED),
    [PAYMENT_REQUIRES_ACTION] =
        TO(UNKNOWN) | TO(CLOSING) | TO(SUCCEEDED) | TO(CLOSED) | TO(FAILED) | TO(CONFLICTED),
    [PAYMENT_UNKNOWN] = TO(REQUIRES_ACTION) | TO(CLOSING) | TO(SUCCEEDED) | TO(CLOSED) |
                        TO(FAILED) | TO(CONFLICTED),
    [PAYMENT_CLOSING] = TO(SUCCEEDED) | TO(CLOSED) | TO(FAILED) | TO(CONFLICTED),
    [PAYMENT_SUCCEEDED] = 0,
    [PAYMENT_CLOSED] = TO(SUCCEEDED), /* late success, accepted */
    [PAYMENT_FAILED] = TO(SUCCEEDED),
    [PAYMENT_CONFLICTED] = 0,
};

#undef TO
#define TO(status) (1U << PAYMENT_ATTEMPT_##status)

static const unsigned attempt_moves[] = {
    [PAYMENT_ATTEMPT_SUBMITTED] =
        TO(PENDING) | TO(UNKNOWN) | TO(SUCCEEDED) | TO(FAILED) | TO(CLOSED),
    [PAYMENT_ATTEMPT_PENDING] = TO(UNKNOWN) | TO(SUCCEEDED) | TO(FAILED) | TO(CLOSED),
    [PAYMENT_ATTEMPT_UNKNOWN] = TO(PENDING) | TO(SUCCEEDED) | TO(FAILED) | TO(CLOSED),
    [PAYMENT_ATTEMPT_SUCCEEDED] = 0,
    [PAYMENT_ATTEMPT_FAILED] = TO(SUCCEEDED), /* late success */
    [PAYMENT_ATTEMPT_CLOSED] = TO(SUCCEEDED),
};

const struct enum_name payment__status_names[] = {
    {PAYMENT_PROCESSING, "processing"},
    {PAYMENT_REQUIRES_ACTION, "requires_action"},
    {PAYMENT_UNKNOWN, "unknown"},
    {PAYMENT_CLOSING, "closing"},
    {PAYMENT_SUCCEEDED, "succeeded"},
    {PAYMENT_CLOSED, "closed"},
    {PAYMENT_FAILED, "failed"},
    {PAYMENT_CONFLICTED, "conflicted"},
    {0, NULL},
};

bool payment__may_move(enum payment_status from, enum payment_status to)
{
    CHECK((size_t)from < ARRAY_LEN(moves));
    return (moves[from] & (1U << to)) != 0;
}

bool payment__attempt_may_move(enum payment_attempt_status from, enum payment_attempt_status to)
{
    CHECK((size_t)from < ARRAY_LEN(attempt_moves));
    return (attempt_moves[from] & (1U << to)) != 0;
}

const char *payment_status_name(enum payment_status status)
{
    const char *name = enum_name_of(payment__status_names, (int)status);

    CHECK(name != NULL);
    return name;
}

bool payment_is_final(enum payment_status status)
{
    switch (status) {
    case PAYMENT_PROCESSING:
    case PAYMENT_REQUIRES_ACTION:
    case PAYMENT_UNKNOWN:
    case PAYMENT_CLOSING:
        return false;
    case PAYMENT_SUCCEEDED:
    case PAYMENT_CLOSED:
    case PAYMENT_FAILED:
    case PAYMENT_CONFLICTED:
        return true;
    }
    return true;
}

void payment__announce(struct tx *tx, struct payment *payment, const char *event)
{
    struct payment_view view;
    struct buf data;

    payment->version++;
    payment->updated_at_ms = tx_now_ms(tx);
    payment_view_make(tx_arena(tx), payment, &view);
    buf_init_arena(&data, tx_arena(tx), 16000);
    json_print_fields(&data, &payment_fields, &view);
    CHECK(buf_ok(&data));
    event_write(tx, &(struct event){.merchant_id = payment->merchant_id,
                                    .object_id = payment->id,
                                    .sequence = payment->version,
                                    .type = str_printf(tx_arena(tx), "payment.%s", event),
                                    .data = buf_str(&data)});
}

enum err payment__move(struct tx *tx, struct payment *payment, enum payment_status to,
                       const char *event)
{
    if (!payment__may_move(payment->status, to)) {
        return ERR_PAYMENT_STATE;
    }
    payment->status = to;
    payment__announce(tx, payment, event == NULL ? payment_status_name(to) : event);
    if (payment_is_final(to)) {
        return timer_cancel(tx, &payment__timer, payment->id);
    }
    return ERR_OK;
}
