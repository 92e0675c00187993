/* Shared inside business/payment. */
#ifndef BUSINESS_PAYMENT_PAYMENT_INT_H
#define BUSINESS_PAYMENT_PAYMENT_INT_H

#include "business/account/account.h"
#include "business/payment/payment.h"
#include "platform/store/store_reply.h"

extern const struct store_part payment__store;
extern const struct migration payment__migrations[5];
extern const struct route payment__routes[];
extern const struct timer_kind payment__timer;
extern const struct field_set payment__create_fields;

/* ---- states ---- */

extern const struct enum_name payment__status_names[];

/* Moves the payment, counts the version, writes the event "payment.<status>" (or event when given).
 * ERR_PAYMENT_STATE when the transition table does not allow it. */
MUST_USE enum err payment__move(struct tx *tx, struct payment *payment, enum payment_status to,
                                const char *event);
/* A change without a new state (late success): version and event only. */
void payment__announce(struct tx *tx, struct payment *payment, const char *event);
bool payment__may_move(enum payment_status from, enum payment_status to);
bool payment__attempt_may_move(enum payment_attempt_status from, enum payment_attempt_status to);

/* ---- rows ---- */

MUST_USE enum err payment__get(struct tx *tx, int64_t id, const struct payment **out);
MUST_USE enum err payment__edit(struct tx *tx, int64_t id, struct payment **out);
MUST_USE enum err payment__edit_attempt(struct tx *tx, int64_t id, struct payment_attempt **out);

enum { PAYMENT_ORDER_NO_LEN = 14 };
/* The attempt's number at the channel: "T" and the 13 characters of its id. */
struct str payment__order_no(struct arena *arena, int64_t attempt_id);
MUST_USE enum err payment__parse_order_no(struct str order_no, int64_t *attempt_id);

struct payment_filter {
    int64_t merchant_id;
    struct str merchant_order_no;
    enum payment_status status;
    int64_t starting_after;
    int64_t limit;
};
MUST_USE enum err payment__read_list(struct reader *reader, const struct payment_filter *filter,
                                     struct arena *arena, struct payment **out, size_t *count);
/* A payment that would be booked to the account and is not final yet. */
extern const struct account_blocker payment__blocker;
MUST_USE enum err payment__read_attempts(struct reader *reader, int64_t payment_id,
                                         struct arena *arena, struct payment_attempt **out,
                                         size_t *count);

/* ---- time ---- */

/* When to ask the channel again, by the number of times it was asked: for a payment whose outcome
 * is unknown, and for one that waits for its payer (the callback normally comes first). */
int64_t payment__ask_after_ms(enum payment_status status, int64_t asked);

/* ---- the way to the channel and back (payment_flow.c) ---- */

struct payment_state { /* of the module */
    struct app *app;
    bool accept_late;
};

struct payment_flow;
/* Sends the attempt to the channel, applies what it says, and calls then() on the current loop with
 * the outcome of the last command; change->payment is the payment as it stands then. */
struct payment_flow {
    struct app *app;
    struct arena *arena;
    const struct trace_context *trace;
    struct payment payment;
    void (*then)(struct payment_flow *flow, enum err err);
    void *ctx;

    struct payment_change change;
    struct channel_call call;
    struct payment_evidence evidence;
    struct payment_close close;
    struct command command;
    unsigned steps; /* bounded: see payment_flow.c */
};
void payment__flow_submit(struct payment_flow *flow);
void payment__flow_close(struct payment_flow *flow, const struct payment_close *close);
/* What an unfinished payment needs now: query, submit again, or close. */
void payment__flow_advance(struct payment_flow *flow);
void payment__on_notice(void *ctx, struct channel_notice *notice);

#endif
