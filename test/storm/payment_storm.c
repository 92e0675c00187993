/* Payments in one process while the database fails: for n = 1, 2, … the n-th call of the store's
 * driver fails during a seeded mix of creates, statements of the channel (repeated, out of
 * order, late, with a wrong amount) and closes. A small model beside it knows what each answered
 * command must have done; a refused one must have left nothing. A commit that fails stops the
 * process, as it must, so each round runs in a process of its own, and another one opens the same
 * database afterwards and compares rows, journals, events and the whole ledger with the model.
 *
 *     payment_storm [SEED [STORE [N]]]      STORE is sqlite or mysql, N one round alone */
#include "test/lib/payment_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PAYMENTS = 8, /* of one round */
    GROUPS = 12,  /* of commands that are submitted together */
    GROUP_MAX = 6,
    ROUNDS_MAX = 2000,
    ORDER_AMOUNT = 1000, /* of till_order */
    LEASE_MS = 300,      /* a killed writer's successor waits for it */
    STOPPED = SIGABRT,
};

/* What the storm believes of one payment. */
struct model {
    bool exists;
    int64_t id;
    int64_t attempt_id;
    enum payment_status status;
    bool late;
    int64_t version; /* 1 and one more with each event */
};

/* What outlives the process of a round. */
struct shared {
    struct model models[PAYMENTS];
    int64_t next_event;
    int64_t commands, refused, stops;
    bool struck;
};

struct step {
    struct storm *storm;
    size_t which; /* model */
    struct command command;
    struct payment_create create;
    struct payment_evidence evidence;
    struct payment_close close;
    struct channel_result result;
    struct payment_change change;
    bool other; /* a create with other content */
};

struct storm {
    struct till *till;
    const char *scheme;
    uint64_t seed;
    uint64_t random;
    enum channel_fund_mode mode;
    int64_t round;
    struct shared *shared;
    struct step steps[GROUP_MAX];
    size_t waiting; /* of the group, on the writer's thread */
    struct signal *all_done;
};

/* Leaves at once: also the writer's thread comes here. */
NORETURN static void fail(const struct storm *storm, const char *what, const struct model *model)
{
    printf("%s round %lld: %s", storm->scheme, (long long)storm->round, what);
    if (model != NULL) {
        printf(", payment %d believed %s", (int)(model - storm->shared->models),
               model->exists ? payment_status_name(model->status) : "absent");
    }
    printf("\nreproduce: build/release/storm/payment_storm %llu %s %lld\n",
           (unsigned long long)storm->seed, storm->scheme, (long long)storm->round);
    (void)fflush(stdout);
    _exit(1);
}

static struct payment_create order_of(const struct storm *storm, size_t which)
{
    struct payment_create create = till_order(storm->till);

    create.merchant_order_no =
        str_printf(storm->till->arena, "S%lld-%zu", (long long)storm->round, which);
    return create;
}

static uint64_t next_random(struct storm *storm, uint64_t below)
{
    storm->random ^= storm->random << 13;
    storm->random ^= storm->random >> 7;
    storm->random ^= storm->random << 17;
    return (storm->random >> 11) % below;
}

/* ---- the model ---- */

/* What a believed statement does; true when it makes an event. Written from the rules in
 * payment.h, not from its code. */
static bool believe_paid(struct model *model, bool right_amount)
{
    switch (model->status) {
    case PAYMENT_SUCCEEDED:
    case PAYMENT_CONFLICTED:
        return false;
    case PAYMENT_CLOSED:
    case PAYMENT_FAILED:
        if (model->late) {
            return false;
        }
        model->late = true;
        return true;
    case PAYMENT_PROCESSING:
    case PAYMENT_REQUIRES_ACTION:
    case PAYMENT_UNKNOWN:
    case PAYMENT_CLOSING:
        model->status = right_amount ? PAYMENT_SUCCEEDED : PAYMENT_CONFLICTED;
        return true;
    }
    return false;
}

static bool move(struct model *model, enum payment_status to)
{
    bool moved = model->status != to;

    model->status = to;
    return moved;
}

static bool believe(struct model *model, const struct channel_result *result)
{
    if (result->outcome == CHANNEL_SUCCEEDED) {
        return believe_paid(model, result->amount.minor == ORDER_AMOUNT);
    }
    if (payment_is_final(model->status)) {
        return false;
    }
    if (result->outcome == CHANNEL_CLOSED) {
        return move(model, PAYMENT_CLOSED);
    }
    if (result->outcome == CHANNEL_FAILED) {
        return move(model, PAYMENT_FAILED);
    }
    if (result->outcome == CHANNEL_PENDING && model->status != PAYMENT_CLOSING) {
        return move(model, PAYMENT_REQUIRES_ACTION);
    }
    return result->outcome == CHANNEL_UNKNOWN && model->status == PAYMENT_PROCESSING &&
           move(model, PAYMENT_UNKNOWN);
}

/* ---- judging an answer ---- */

static void judge_create(struct storm *storm, struct step *step, struct model *model)
{
    if (step->command.err == ERR_PAYMENT_ORDER_CONFLICT && step->other && model->exists) {
        return;
    }
    if (step->command.err != ERR_OK || step->other) {
        fail(storm, "a create was answered wrongly", model);
    }
    if (step->change.existing != model->exists ||
        (model->exists && step->change.payment.id != model->id)) {
        fail(storm, "one order number, two payments", model);
    }
    if (!model->exists) {
        *model = (struct model){.exists = true,
                                .id = step->change.payment.id,
                                .attempt_id = step->change.payment.attempt_id,
                                .status = PAYMENT_PROCESSING,
                                .version = 1};
    }
}

static void judge_close(struct storm *storm, const struct step *step, struct model *model)
{
    bool refused = payment_is_final(model->status) && model->status != PAYMENT_CLOSED;

    if (step->command.err != (refused ? ERR_PAYMENT_STATE : ERR_OK)) {
        fail(storm, "a close was answered wrongly", model);
    }
    if (!payment_is_final(model->status)) {
        model->version += move(model, PAYMENT_CLOSING);
    }
}

static void judge(struct storm *storm, struct step *step)
{
    struct model *model = &storm->shared->models[step->which];

    if (step->command.err == ERR_STORE_DATABASE) {
        storm->shared->refused++; /* the injected fault: it must have done nothing */
        return;
    }
    if (step->command.kind == &payment_create_kind) {
        judge_create(storm, step, model);
    } else if (step->command.kind == &payment_close_kind) {
        judge_close(storm, step, model);
    } else if (step->command.err != ERR_OK) {
        fail(storm, "a statement of the channel was refused", model);
    } else {
        model->version += believe(model, &step->result);
    }
    if (step->command.err == ERR_OK && step->change.payment.status != model->status) {
        fail(storm, "an answer has another status", model);
    }
}

/* On the writer's thread, in the order of the commands, before the next batch is written: what is
 * answered is in the model, also when that batch stops the process. */
static void step_done(struct command *command)
{
    struct step *step = command->ctx;

    judge(step->storm, step);
    if (--step->storm->waiting == 0) {
        signal_set(step->storm->all_done);
    }
}

/* ---- steps ---- */

static void make_create(struct storm *storm, struct step *step)
{
    step->create = order_of(storm, step->which);
    step->other = storm->shared->models[step->which].exists && next_random(storm, 4) == 0;
    if (step->other) {
        step->create.amount.minor++;
    }
    step->command.kind = &payment_create_kind;
    step->command.arg = &step->create;
}

static void make_close(const struct storm *storm, struct step *step)
{
    step->close = (struct payment_close){.payment_id = storm->shared->models[step->which].id,
                                         .merchant_id = storm->till->merchant_id,
                                         .reason = PAYMENT_CLOSED_BY_MERCHANT};
    step->command.kind = &payment_close_kind;
    step->command.arg = &step->close;
}

static void make_evidence(struct storm *storm, struct step *step)
{
    static const enum channel_outcome outcomes[] = {
        CHANNEL_PENDING,   CHANNEL_PENDING, CHANNEL_SUCCEEDED, CHANNEL_SUCCEEDED,
        CHANNEL_SUCCEEDED, CHANNEL_UNKNOWN, CHANNEL_CLOSED,    CHANNEL_FAILED,
    };
    const struct model *model = &storm->shared->models[step->which];
    const struct payment payment = {
        .attempt_id = model->attempt_id, .amount = AMOUNT(ORDER_AMOUNT), .currency = CURRENCY_CNY};
    struct channel_result *result = &step->result;

    *result = till_paid(storm->till, &payment);
    result->outcome = outcomes[next_random(storm, ARRAY_LEN(outcomes))];
    if (result->outcome == CHANNEL_PENDING) {
        result->qr = STR("mock://pay/1");
    }
    if (result->outcome == CHANNEL_SUCCEEDED && next_random(storm, 5) == 0) {
        result->amount.minor += 7;
    }
    step->evidence = (struct payment_evidence){.attempt_id = model->attempt_id,
                                               .account_id = storm->till->account_id,
                                               .source = result->outcome == CHANNEL_SUCCEEDED
                                                             ? PAYMENT_SOURCE_CALLBACK
                                                             : PAYMENT_SOURCE_SUBMIT,
                                               .result = result};
    step->command.kind = &payment_evidence_kind;
    step->command.arg = &step->evidence;
}

/* Commands go in together and are answered from one batch or a few. */
static void run_group(struct storm *storm)
{
    size_t count = 1 + next_random(storm, GROUP_MAX);

    for (size_t i = 0; i < count; i++) {
        struct step *step = &storm->steps[i];

        *step = (struct step){.storm = storm, .which = next_random(storm, PAYMENTS)};
        step->command = (struct command){
            .result = &step->change, .arena = storm->till->arena, .done = step_done, .ctx = step};
        if (!storm->shared->models[step->which].exists || next_random(storm, 8) == 0) {
            make_create(storm, step);
        } else if (next_random(storm, 6) == 0) {
            make_close(storm, step);
        } else {
            make_evidence(storm, step);
        }
    }
    storm->waiting = count;
    storm->shared->commands += (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        CHECK(store_submit(storm->till->store, &storm->steps[i].command) == ERR_OK);
    }
    CHECK(signal_wait(storm->all_done, -1));
}

/* ---- comparing ---- */

struct look {
    struct storm *storm;
    int64_t seen[PAYMENTS];
    const char *wrong;
    const struct model *model;
};

static void look_absent(struct look *look, struct reader *reader, const struct model *model)
{
    const struct payment_create order =
        order_of(look->storm, (size_t)(model - look->storm->shared->models));
    struct payment payment = {.merchant_id = order.merchant_id,
                              .merchant_order_no = order.merchant_order_no};

    if (reader_find(reader, &payment_table, 0, &payment, look->storm->till->arena, &payment) !=
        ERR_STORE_NOT_FOUND) {
        look->wrong = "a refused create left a payment";
        look->model = model;
    }
}

static size_t journals_due(const struct storm *storm, const struct model *model)
{
    if (model->status == PAYMENT_SUCCEEDED) {
        return 1;
    }
    /* Money of ours only where the channel settles to us. */
    return storm->mode == CHANNEL_FUND_COLLECT &&
                   (model->status == PAYMENT_CONFLICTED || model->late)
               ? 1
               : 0;
}

static void look_present(struct look *look, struct reader *reader, const struct model *model)
{
    struct arena *arena = look->storm->till->arena;
    struct ledger_journal_view *views;
    struct payment payment;
    size_t count = 0;

    look->model = model;
    if (payment_read(reader, model->id, arena, &payment) != ERR_OK) {
        look->wrong = "an answered payment is gone";
    } else if (payment.status != model->status ||
               (payment.late_success_at_ms != 0) != model->late) {
        look->wrong = "the stored status is another";
    } else if (payment.version != model->version) {
        look->wrong = "the stored version is another";
    } else if (ledger_read_business(reader, LEDGER_SOURCE_PAYMENT, payment.id, arena, &views,
                                    &count) != ERR_OK ||
               count != journals_due(look->storm, model)) {
        look->wrong = "the number of journals is wrong";
    }
}

/* The round's events, from where the last round ended: no gap, each of a known payment. */
static void look_events(struct look *look, struct reader *reader)
{
    struct event event;
    int64_t *id = &look->storm->shared->next_event;

    for (; reader_get(reader, &event_table, *id, look->storm->till->arena, &event) == ERR_OK;
         ++*id) {
        size_t i = 0;

        while (i < PAYMENTS && look->storm->shared->models[i].id != event.object_id) {
            i++;
        }
        if (i == PAYMENTS || event.sequence != look->seen[i] + 2) {
            look->wrong = "an event is out of sequence or of nobody";
            return;
        }
        look->seen[i]++; /* the creation itself is version 1 and no event */
    }
}

static void look_all(void *ctx, struct reader *reader)
{
    struct look *look = ctx;

    look_events(look, reader);
    for (size_t i = 0; i < PAYMENTS && look->wrong == NULL; i++) {
        const struct model *model = &look->storm->shared->models[i];

        if (model->exists) {
            look_present(look, reader, model);
        } else {
            look_absent(look, reader, model);
        }
        if (look->wrong == NULL && model->exists && look->seen[i] + 1 != model->version) {
            look->wrong = "events are missing";
            look->model = model;
        }
    }
}

static void compare(struct storm *storm)
{
    struct look look = {.storm = storm};
    struct ledger_proof proof;

    CHECK(store_read(storm->till->store, look_all, &look) == ERR_OK);
    if (look.wrong != NULL) {
        fail(storm, look.wrong, look.model);
    }
    if (ledger_prove(storm->till->store, NULL, NULL, &proof) != ERR_OK || !proof.holds_true) {
        fail(storm, proof.wrong, NULL);
    }
}

/* ---- rounds ---- */

/* One mix in which the n-th call fails. */
static void mix(struct storm *storm)
{
    store_fault_at(storm->round);
    for (size_t i = 0; i < GROUPS; i++) {
        run_group(storm);
    }
    storm->shared->struck = store_fault_calls() >= storm->round;
    store_fault_at(0);
}

/* Runs a part of the round in a process that has the database open; gives its end. */
static int apart(struct storm *storm, void (*part)(struct storm *storm))
{
    pid_t child;
    int status = 0;

    counter_add(&storm->till->now_ms, TIME_SECOND_MS); /* ids begin anew, from the time */
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        till_start(storm->till);
        storm->all_done = signal_new();
        part(storm);
        till_shut(storm->till);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

/* False when the mix made fewer calls than the round's number. */
static bool run_round(struct storm *storm)
{
    struct shared *shared = storm->shared;
    int status;

    storm->random = (storm->seed + (uint64_t)storm->round) * UINT64_C(0x9E3779B97F4A7C15) | 1;
    memset(shared->models, 0, sizeof(shared->models));
    shared->struck = true;
    status = apart(storm, mix);
    if (WIFSIGNALED(status) && WTERMSIG(status) == STOPPED) {
        shared->stops++;
    } else if (status != 0) {
        exit(1);
    }
    if (apart(storm, compare) != 0) {
        exit(1);
    }
    return shared->struck;
}

static void run(const char *scheme, enum channel_fund_mode mode, uint64_t seed, int64_t only)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct storm storm = {.scheme = scheme, .seed = seed, .mode = mode, .shared = shared};
    int64_t last = only == 0 ? ROUNDS_MAX : only;
    bool struck = true;

    CHECK(shared != MAP_FAILED);
    shared->next_event = 1;
    storm.till = till_open(scheme, mode);
    storm.till->options.lease_ms = LEASE_MS;
    till_shut(storm.till);
    for (storm.round = only == 0 ? 1 : only; storm.round <= last && struck; storm.round++) {
        struck = run_round(&storm);
    }
    printf("%s %s: %lld rounds, %lld commands, %lld refused by a fault, %lld stops\n", scheme,
           mode == CHANNEL_FUND_DIRECT ? "direct" : "collect", (long long)storm.round - 1,
           (long long)shared->commands, (long long)shared->refused, (long long)shared->stops);
    (void)fflush(stdout);
    CHECK(only != 0 || (shared->refused > 0 && shared->stops > 0 && !struck));
    till_close(storm.till);
    CHECK(munmap(shared, sizeof(*shared)) == 0);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    int64_t only = argc > 3 ? strtoll(argv[3], NULL, 10) : 0;
    int passed = 0;

    /* The injected failures are logged as errors: too many to read. */
    log_configure(LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
    printf("seed %llu\n", (unsigned long long)seed);
    (void)fflush(stdout); /* before any fork */
    for (size_t i = 0; i < 4; i++) {
        const char *scheme = i < 2 ? "sqlite" : "mysql";

        if (argc <= 2 || strcmp(argv[2], scheme) == 0) {
            run(scheme, i % 2 == 0 ? CHANNEL_FUND_DIRECT : CHANNEL_FUND_COLLECT, seed, only);
            passed++;
        }
    }
    printf("payment_storm: %d passed, 0 failed\n", passed);
    return 0;
}
