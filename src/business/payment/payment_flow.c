/* The way to the channel and back: a chain of remote calls and commands.
 *
 * Between any two steps the process may die: each step starts from what the last command made
 * durable, and the payment's timer takes the chain up again. */
#include "business/payment/payment_int.h"

/* A flow asks the channel a few times at most: create, its repeat, close, query. What is still open
 * then is the timer's. */
enum { PAYMENT_FLOW_STEPS_MAX = 6 };

static void called(struct channel_call *call);

static void end(struct payment_flow *flow, enum err err)
{
    if (err == ERR_OK) {
        flow->payment = flow->change.payment;
    }
    flow->then(flow, err);
}

static void ask(struct payment_flow *flow, enum channel_op op)
{
    const struct payment *payment = &flow->payment;

    flow->steps++;
    flow->call = (struct channel_call){
        .account_id = payment->channel_account_id,
        .op = op,
        .order = {.order_no = payment__order_no(flow->arena, payment->attempt_id),
                  .amount = payment->amount,
                  .currency = payment->currency,
                  .subject = payment->subject,
                  .method = payment->method,
                  .created_at_ms = payment->created_at_ms,
                  .expires_at_ms = payment->expires_at_ms,
                  .payer_ip = payment->payer_ip},
        .arena = flow->arena,
        .trace = flow->trace,
        .then = called,
        .ctx = flow,
    };
    channel_call(flow->app, &flow->call);
}

static bool submit_command(struct payment_flow *flow, const struct command_kind *kind,
                           const void *arg, void (*done)(struct command *command))
{
    enum err err;

    flow->command = (struct command){.kind = kind,
                                     .arg = arg,
                                     .result = &flow->change,
                                     .arena = flow->arena,
                                     .trace = flow->trace,
                                     .done = done,
                                     .loop = loop_current(),
                                     .ctx = flow};
    err = store_submit(flow->app->store, &flow->command);
    if (err != ERR_OK) {
        end(flow, err);
    }
    return err == ERR_OK;
}

/* After a close the channel may not have confirmed: its query tells whether it was paid. */
static void go_on(struct payment_flow *flow, enum payment_source last)
{
    const struct payment_change *change = &flow->change;

    if (flow->steps >= PAYMENT_FLOW_STEPS_MAX || payment_is_final(change->payment.status)) {
        end(flow, ERR_OK);
    } else if (change->resend && last == PAYMENT_SOURCE_QUERY) {
        ask(flow, CHANNEL_OP_CREATE);
    } else if (change->payment.status == PAYMENT_CLOSING && last == PAYMENT_SOURCE_CLOSE) {
        ask(flow, CHANNEL_OP_QUERY);
    } else if (change->payment.status == PAYMENT_CLOSING && last == PAYMENT_SOURCE_SUBMIT) {
        ask(flow, CHANNEL_OP_CLOSE);
    } else {
        end(flow, ERR_OK);
    }
}

static void applied(struct command *command)
{
    struct payment_flow *flow = command->ctx;

    if (command->err != ERR_OK) {
        end(flow, command->err);
        return;
    }
    flow->payment = flow->change.payment;
    go_on(flow, flow->evidence.source);
}

static enum payment_source source_of(enum channel_op op)
{
    switch (op) {
    case CHANNEL_OP_CREATE:
        return PAYMENT_SOURCE_SUBMIT;
    case CHANNEL_OP_QUERY:
        return PAYMENT_SOURCE_QUERY;
    case CHANNEL_OP_CLOSE:
        return PAYMENT_SOURCE_CLOSE;
    }
    return PAYMENT_SOURCE_QUERY;
}

static void called(struct channel_call *call)
{
    struct payment_flow *flow = call->ctx;
    const struct payment_state *state = app_state(flow->app, &payment_module);

    flow->evidence = (struct payment_evidence){.attempt_id = flow->payment.attempt_id,
                                               .account_id = call->account_id,
                                               .source = source_of(call->op),
                                               .result = &call->result,
                                               .accept_late = state->accept_late};
    (void)submit_command(flow, &payment_evidence_kind, &flow->evidence, applied);
}

void payment__flow_submit(struct payment_flow *flow)
{
    ask(flow, CHANNEL_OP_CREATE);
}

static void close_begun(struct command *command)
{
    struct payment_flow *flow = command->ctx;

    if (command->err != ERR_OK || !flow->change.close) {
        end(flow, command->err);
        return;
    }
    flow->payment = flow->change.payment;
    ask(flow, CHANNEL_OP_CLOSE);
}

void payment__flow_close(struct payment_flow *flow, const struct payment_close *close)
{
    flow->close = *close;
    (void)submit_command(flow, &payment_close_kind, &flow->close, close_begun);
}

void payment__flow_advance(struct payment_flow *flow)
{
    const struct payment *payment = &flow->payment;
    bool over = loop_now_ms(loop_current()) >= payment->expires_at_ms;

    if (payment_is_final(payment->status)) {
        flow->change.payment = *payment;
        end(flow, ERR_OK);
    } else if (payment->status == PAYMENT_CLOSING) {
        ask(flow, CHANNEL_OP_CLOSE);
    } else if (over) {
        payment__flow_close(flow, &(struct payment_close){.payment_id = payment->id,
                                                          .reason = PAYMENT_CLOSED_EXPIRED});
    } else {
        ask(flow, CHANNEL_OP_QUERY);
    }
}

/* ---- callbacks ---- */

struct notice {
    struct channel_notice *notice;
    struct payment_evidence evidence;
    struct payment_change change;
    struct command command;
};

static void notice_applied(struct command *command)
{
    const struct notice *n = command->ctx;

    channel_notice_done(n->notice, command->err);
}

void payment__on_notice(void *ctx, struct channel_notice *notice)
{
    const struct payment_state *state = ctx;
    struct notice *n = ARENA_NEW(notice->arena, struct notice);
    int64_t attempt_id = 0;
    enum err err = payment__parse_order_no(notice->result->order_no, &attempt_id);

    n->notice = notice;
    n->evidence = (struct payment_evidence){.attempt_id = attempt_id,
                                            .account_id = notice->account_id,
                                            .source = PAYMENT_SOURCE_CALLBACK,
                                            .result = notice->result,
                                            .accept_late = state->accept_late};
    n->command = (struct command){.kind = &payment_evidence_kind,
                                  .arg = &n->evidence,
                                  .result = &n->change,
                                  .arena = notice->arena,
                                  .trace = notice->trace,
                                  .done = notice_applied,
                                  .loop = loop_current(),
                                  .ctx = n};
    if (err == ERR_OK) {
        err = store_submit(state->app->store, &n->command);
    }
    if (err != ERR_OK) {
        channel_notice_done(notice, err);
    }
}
