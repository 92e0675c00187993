/* The timer of an unfinished payment: asks the channel again, or closes what is over. */
#include "business/payment/payment_int.h"

/* While the outcome is unknown the channel is asked often at first; while the payer is expected the
 * callback normally comes first, and asking is only for the case that it was lost. */
static const int unknown_s[] = {3, 5, 10, 20, 30, 60, 120, 300, 600};
static const int pending_s[] = {30, 60, 180, 300, 600, 900};

int64_t payment__ask_after_ms(enum payment_status status, int64_t asked)
{
    const int *schedule = status == PAYMENT_REQUIRES_ACTION ? pending_s : unknown_s;
    size_t count = status == PAYMENT_REQUIRES_ACTION ? ARRAY_LEN(pending_s) : ARRAY_LEN(unknown_s);
    size_t at = asked < 0 ? 0 : (size_t)asked;

    return schedule[at < count ? at : count - 1] * TIME_SECOND_MS;
}

struct job {
    struct app *app;
    struct arena *arena;
    struct query query;
    struct payment_flow flow;
    struct trace_context trace;
    int64_t payment_id;
};

enum { PAYMENT_JOB_RETRY_MS = 2000 };

static void job_end(struct job *job)
{
    timer_done(job->app->timers, &payment__timer, job->payment_id, PAYMENT_JOB_RETRY_MS);
    arena_free(job->arena);
}

static void advanced(struct payment_flow *flow, enum err err)
{
    struct job *job = flow->ctx;

    if (err != ERR_OK) {
        log_warn("payment", "payment.job_failed", &job->trace,
                 LOG_ID("payment", "pay", job->payment_id), LOG_ERR(err), LOG_END);
    }
    job_end(job);
}

static void read_payment(struct query *query, struct reader *reader)
{
    struct job *job = query->ctx;

    query->err = payment_read(reader, job->payment_id, job->arena, &job->flow.payment);
}

static void payment_known(struct query *query)
{
    struct job *job = query->ctx;

    if (query->err != ERR_OK) {
        advanced(&job->flow, query->err);
        return;
    }
    payment__flow_advance(&job->flow);
}

static void fire(struct app *app, int64_t object_id, int64_t due_at_ms)
{
    struct arena *arena = arena_new();
    struct job *job = ARENA_NEW(arena, struct job);

    (void)due_at_ms;
    job->app = app;
    job->arena = arena;
    job->payment_id = object_id;
    trace_context_make(&job->trace);
    job->flow = (struct payment_flow){
        .app = app, .arena = arena, .trace = &job->trace, .then = advanced, .ctx = job};
    job->query = (struct query){.run = read_payment,
                                .done = payment_known,
                                .loop = loop_current(),
                                .arena = arena,
                                .ctx = job};
    if (store_query(app->store, &job->query) != ERR_OK) {
        job_end(job);
    }
}

const struct timer_kind payment__timer = {
    .number = 1,
    .name = "payment.check",
    .fire = fire,
    .in_flight_max = 200,
};
