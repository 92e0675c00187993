/* The books on a disk that crashes at every point. A scenario of accounts, transfers, holds,
 * many-legged journals, vouchers and a day cut, in batches, over checkpoints, a closing and a
 * reopening, runs once on the disk of test/lib/fault_vfs. Then, for each call that changed the
 * disk, the crash in this call is made in three ways: what was not synced is dropped, kept, or torn
 * by sectors. Each time the books are opened again, and
 *
 *     - the proof holds,
 *     - what had been answered is there, under the ids it was answered with; what had been refused
 *       has left nothing,
 *     - of the batch on its way all is there or nothing, and nothing is there of what came later,
 *     - the rest of the scenario, sent again, has its effect once: at the end all accounts are
 *       those of the run without a crash.
 *
 * At some points the recovery crashes as well.
 *
 *     crash_storm [SEED [CALL]]      CALL: one crash point alone */
#include "money/ledger/ledger_voucher.h"
#include "test/lib/fault_vfs.h"
#include "test/lib/ledger_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ACCOUNTS = 7,
    HOLDS = 5,
    STEPS_MAX = 200,
    LEGS_MAX = 9,
    BANK = 0,
    CHANNEL,
    MERCHANT, /* three of them */
    INCOME = 5,
    SUSPENSE,
    MINUTE_MS = 60000,
    DAY_MS = 86400000,
    CUT_GROUP = 13, /* the next day begins */
    IDLE_MS = 1300, /* longer than the writer waits before it writes the WAL back */
    AGAIN_EVERY = 16,
};

enum step_kind {
    STEP_OPEN = 1,
    STEP_POST,
    STEP_PLACE,
    STEP_CAPTURE,
    STEP_RELEASE,
    STEP_EXPIRE,
    STEP_VOUCHER,
    STEP_CUT,
};

struct step {
    enum step_kind kind;
    unsigned group; /* steps of a group are one batch */
    size_t which;   /* account to open, or hold */
    size_t debit, credit;
    int64_t amount;
    size_t legs; /* 0: two */
    bool whole;
    enum err expect;
};

/* Whether an answer tells if the step was there before. */
static bool tells(enum step_kind kind)
{
    return kind != STEP_OPEN && kind != STEP_EXPIRE && kind != STEP_CUT;
}

/* What a step was answered. */
struct outcome {
    int64_t id; /* of the account, the journal or the hold */
    bool exists;
};

static const struct ledger_account_key keys[ACCOUNTS] = {
    {LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_CNY},
    {5, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY},
    {11, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY},
    {12, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY},
    {13, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY},
    {LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY},
    {LEDGER_PLATFORM, LEDGER_CODE_SUSPENSE, CURRENCY_CNY},
};

/* A command of a step with everything it points to. */
struct sent {
    struct command command;
    struct storm *storm;
    struct ledger_leg legs[LEGS_MAX];
    union {
        struct ledger_account_key key;
        struct ledger_post post;
        struct ledger_hold_place place;
        struct ledger_hold_capture capture;
        struct ledger_hold_release release;
        struct ledger_voucher voucher;
        int64_t hold_id;
    } arg;
    union {
        int64_t id;
        struct ledger_posted posted;
        struct ledger_held held;
    } result;
};

struct storm {
    uint64_t seed;
    struct books *books;
    struct fault_disk *disk; /* the one in use */
    struct step steps[STEPS_MAX];
    size_t step_count;
    struct sent sent[STEPS_MAX];
    struct outcome outcomes[STEPS_MAX];
    int64_t accounts[ACCOUNTS];
    int64_t holds[HOLDS];
    size_t answered; /* steps, on the writer's thread */
    size_t waiting;
    struct signal *done, *entered, *go;
    struct ledger_account last[ACCOUNTS]; /* after the run without a crash */
    char where[128];                      /* the crash, for a failure */
    size_t point;
};

NORETURN static void fail(const struct storm *storm, const char *what, size_t step)
{
    printf("%s: %s, step %zu\nreproduce: build/release/storm/crash_storm %llu %zu\n", storm->where,
           what, step, (unsigned long long)storm->seed, storm->point);
    (void)fflush(stdout);
    _exit(1);
}

/* ---- the scenario ---- */

static struct step *add(struct storm *storm, enum step_kind kind, unsigned group)
{
    struct step *step = &storm->steps[storm->step_count++];

    CHECK(storm->step_count <= STEPS_MAX);
    *step = (struct step){.kind = kind, .group = group};
    return step;
}

static void add_post(struct storm *storm, unsigned group, size_t debit_, size_t credit_,
                     int64_t amount)
{
    struct step *step = add(storm, STEP_POST, group);

    step->debit = debit_;
    step->credit = credit_;
    step->amount = amount;
}

static void add_refused(struct storm *storm, unsigned group, size_t debit_, size_t credit_,
                        int64_t amount)
{
    add_post(storm, group, debit_, credit_, amount);
    storm->steps[storm->step_count - 1].expect = ERR_LEDGER_INSUFFICIENT;
}

static void add_hold(struct storm *storm, unsigned group, enum step_kind kind, size_t hold,
                     int64_t amount)
{
    struct step *step = add(storm, kind, group);

    step->which = hold;
    step->debit = MERCHANT + hold % 3;
    step->credit = BANK;
    step->amount = amount;
    step->whole = amount == 0;
}

static void plan_opening(struct storm *storm)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        add(storm, STEP_OPEN, 0)->which = i;
    }
    for (size_t i = 0; i < 6; i++) {
        add_post(storm, 1, BANK, MERCHANT + i % 3, 10000 + (int64_t)i);
    }
    add_post(storm, 2, CHANNEL, SUSPENSE, 77);
    add_refused(storm, 2, MERCHANT, BANK, 90000);
    add_post(storm, 2, MERCHANT, MERCHANT + 1, 500);
    add_post(storm, 2, SUSPENSE, MERCHANT + 2, 7);
}

static void plan_holds(struct storm *storm)
{
    for (size_t i = 0; i < HOLDS; i++) {
        add_hold(storm, 3, STEP_PLACE, i, 1000 + (int64_t)i);
    }
    add_refused(storm, 3, MERCHANT + 1, BANK, 20000);
    add_hold(storm, 4, STEP_CAPTURE, 0, 400);
    add_hold(storm, 4, STEP_RELEASE, 1, 300);
    add_post(storm, 4, BANK, MERCHANT, 1);
    add_hold(storm, 5, STEP_CAPTURE, 0, 500);
    add_hold(storm, 5, STEP_RELEASE, 0, 0);
    add_hold(storm, 5, STEP_RELEASE, 1, 0);
}

static void plan_many(struct storm *storm)
{
    add_post(storm, 6, BANK, MERCHANT, 40);
    storm->steps[storm->step_count - 1].legs = 5;
    add_post(storm, 6, BANK, INCOME, 80);
    storm->steps[storm->step_count - 1].legs = LEGS_MAX;
    for (int64_t i = 0; i < 3; i++) {
        add(storm, STEP_VOUCHER, 7)->amount = 10000 + i;
    }
    for (size_t i = 0; i < 40; i++) { /* past the 32nd leg */
        add_post(storm, 8, MERCHANT + i % 3, MERCHANT + (i + 1) % 3, 1 + (int64_t)i);
    }
    for (size_t i = 0; i < 3; i++) {
        add_post(storm, 9 + (unsigned)i, MERCHANT + i, INCOME, 11);
    }
    add_hold(storm, 12, STEP_EXPIRE, 2, 0);
    add_hold(storm, 12, STEP_CAPTURE, 3, 1003);
    add_refused(storm, 12, MERCHANT + 1, BANK, 200000);
    (void)add(storm, STEP_CUT, CUT_GROUP);
    for (size_t i = 0; i < 30; i++) {
        add_post(storm, 14, BANK, MERCHANT + i % 3, 3);
    }
    add_post(storm, 15, MERCHANT, BANK, 5);
}

/* Where the books are left alone so that the WAL is written back, or closed, before a group. */
static bool idles_before(unsigned group)
{
    return group == 6;
}

static bool reopens_before(unsigned group)
{
    return group == 10;
}

static int64_t group_time(unsigned group)
{
    return BOOKS_START_MS + (int64_t)group * MINUTE_MS + (group >= CUT_GROUP ? DAY_MS : 0);
}

/* ---- sending ---- */

static struct ledger_post post_of(struct storm *storm, size_t at, enum ledger_operation operation)
{
    const struct step *step = &storm->steps[at];
    struct sent *sent = &storm->sent[at];
    size_t count = step->legs == 0 ? 2 : step->legs;

    sent->legs[0] = debit(storm->accounts[step->debit], step->amount);
    for (size_t i = 1; i < count; i++) {
        sent->legs[i] = credit(storm->accounts[step->credit], step->amount / (int64_t)(count - 1));
    }
    return (struct ledger_post){
        .reference = {LEDGER_SOURCE_OPERATOR, operation, (int64_t)at + 1},
        .legs = sent->legs,
        .leg_count = count,
    };
}

static enum err voucher_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_voucher_post(tx, arg, result);
}

static const struct command_kind voucher_kind = {
    .name = "crash.voucher", .apply = voucher_apply, .result_size = sizeof(struct ledger_posted)};

static const struct command_kind *const kinds[] = {
    [STEP_OPEN] = &ledger_account_kind,    [STEP_POST] = &ledger_transfer_kind,
    [STEP_PLACE] = &ledger_place_kind,     [STEP_CAPTURE] = &ledger_capture_kind,
    [STEP_RELEASE] = &ledger_release_kind, [STEP_EXPIRE] = &ledger_expire_kind,
    [STEP_VOUCHER] = &voucher_kind,        [STEP_CUT] = &ledger_day_cut_kind,
};

static void fill_hold(struct storm *storm, size_t at)
{
    const struct step *step = &storm->steps[at];
    struct sent *sent = &storm->sent[at];

    if (step->kind == STEP_PLACE) {
        sent->arg.place = (struct ledger_hold_place){
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, (int64_t)at + 1},
            .account_id = storm->accounts[step->debit],
            .kind = LEDGER_HOLD_WITHDRAWAL,
            .amount = AMOUNT(step->amount),
            .expires_at_ms = step->which == 2 ? group_time(11) : 0,
        };
    } else if (step->kind == STEP_CAPTURE) {
        sent->arg.capture =
            (struct ledger_hold_capture){.hold_id = storm->holds[step->which],
                                         .post = post_of(storm, at, LEDGER_OPERATION_CAPTURE)};
    } else {
        sent->arg.release = (struct ledger_hold_release){
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_RELEASE, (int64_t)at + 1},
            .hold_id = storm->holds[step->which],
            .whole = step->whole,
            .amount = AMOUNT(step->amount),
        };
    }
}

static void fill(struct storm *storm, size_t at)
{
    const struct step *step = &storm->steps[at];
    struct sent *sent = &storm->sent[at];

    switch (step->kind) {
    case STEP_OPEN:
        sent->arg.key = keys[step->which];
        break;
    case STEP_POST:
        sent->arg.post = post_of(storm, at, LEDGER_OPERATION_TRANSFER);
        break;
    case STEP_PLACE:
    case STEP_CAPTURE:
    case STEP_RELEASE:
        fill_hold(storm, at);
        break;
    case STEP_EXPIRE:
        sent->arg.hold_id = storm->holds[step->which];
        break;
    case STEP_CUT:
        break;
    case STEP_VOUCHER:
        sent->arg.voucher = (struct ledger_voucher){
            .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
            .mode = LEDGER_FUND_COLLECT,
            .business_no = (int64_t)at + 1,
            .merchant_id = 12,
            .channel_account_id = 5,
            .currency = CURRENCY_CNY,
            .amounts =
                {[LEDGER_AMOUNT_GROSS] = AMOUNT(step->amount), [LEDGER_AMOUNT_FEE] = AMOUNT(60)},
        };
        break;
    }
}

static void adopt(struct storm *storm, size_t at)
{
    const struct step *step = &storm->steps[at];
    const struct sent *sent = &storm->sent[at];
    struct outcome *outcome = &storm->outcomes[at];

    *outcome = (struct outcome){0};
    if (step->kind == STEP_CUT) {
        outcome->id = sent->result.id; /* the day */
    } else if (step->kind == STEP_OPEN) {
        outcome->id = sent->result.id;
        storm->accounts[step->which] = outcome->id;
    } else if (step->kind == STEP_POST || step->kind == STEP_VOUCHER) {
        *outcome = (struct outcome){sent->result.posted.journal_id, sent->result.posted.exists};
    } else if (step->kind != STEP_EXPIRE) {
        *outcome = (struct outcome){sent->result.held.hold_id, sent->result.held.exists};
        if (step->kind == STEP_PLACE) {
            storm->holds[step->which] = outcome->id;
        }
    }
}

/* On the writer's thread: what is answered is so before the disk is touched again. */
static void on_done(struct command *command)
{
    struct storm *storm = command->ctx;

    if (command->result != (void *)storm) {
        size_t at = (size_t)((struct sent *)(void *)command - storm->sent);

        storm->answered = at + 1 > storm->answered ? at + 1 : storm->answered;
        fault_disk_mark(storm->disk, (int64_t)storm->answered);
    }
    if (--storm->waiting == 0) {
        signal_set(storm->done);
    }
}

static enum err gate_apply(struct tx *tx, const void *arg, void *result)
{
    const struct storm *storm = arg;

    (void)tx;
    (void)result;
    signal_set(storm->entered);
    (void)signal_wait(storm->go, -1);
    return ERR_OK;
}

/* Sends steps as one batch: the writer is held up until all of them wait. */
static void send_steps(struct storm *storm, const size_t *steps, size_t count)
{
    static const struct command_kind gate_kind = {.name = "crash.gate", .apply = gate_apply};
    struct command gate = {
        .kind = &gate_kind, .arg = storm, .result = storm, .done = on_done, .ctx = storm};

    storm->waiting = count + 1;
    CHECK(store_submit(storm->books->store, &gate) == ERR_OK);
    (void)signal_wait(storm->entered, -1);
    for (size_t i = 0; i < count; i++) {
        struct sent *sent = &storm->sent[steps[i]];

        fill(storm, steps[i]);
        sent->command = (struct command){.kind = kinds[storm->steps[steps[i]].kind],
                                         .arg = &sent->arg,
                                         .result = &sent->result,
                                         .arena = storm->books->arena,
                                         .done = on_done,
                                         .ctx = storm};
        CHECK(store_submit(storm->books->store, &sent->command) == ERR_OK);
    }
    signal_set(storm->go);
    (void)signal_wait(storm->done, -1);
}

/* The steps from `first` on that are of its group. */
static size_t group_of(const struct storm *storm, size_t first, size_t *steps)
{
    size_t count = 0;

    while (first + count < storm->step_count &&
           storm->steps[first + count].group == storm->steps[first].group) {
        steps[count] = first + count;
        count++;
    }
    return count;
}

static void judge(struct storm *storm, const size_t *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (storm->sent[steps[i]].command.err != storm->steps[steps[i]].expect) {
            printf("%s\n", err_code(storm->sent[steps[i]].command.err));
            fail(storm, "answered another way", steps[i]);
        }
        adopt(storm, steps[i]);
    }
}

/* ---- the run without a crash ---- */

static void run(struct storm *storm)
{
    size_t steps[STEPS_MAX];
    size_t count;

    for (size_t at = 0; at < storm->step_count; at += count) {
        unsigned group = storm->steps[at].group;

        counter_set(&storm->books->now_ms, group_time(group));
        if (idles_before(group)) {
            (void)usleep(IDLE_MS * 1000);
        }
        if (reopens_before(group)) {
            books_reopen(storm->books);
        }
        count = group_of(storm, at, steps);
        send_steps(storm, steps, count);
        judge(storm, steps, count);
    }
    books_assert_right(storm->books);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        storm->last[i] = books_get(storm->books, storm->accounts[i]);
    }
}

/* ---- after a crash ---- */

static void check_proof(struct storm *storm, const char *when)
{
    struct ledger_proof proof = books_prove(storm->books);

    if (!proof.holds_true) {
        printf("%s: %s\n", when, proof.wrong);
        fail(storm, "the proof fails", 0);
    }
}

struct absent {
    const struct storm *storm;
    size_t answered;
};

static void look_absent(struct books *books, struct reader *reader, void *ctx)
{
    const struct absent *absent = ctx;
    const struct storm *storm = absent->storm;

    for (size_t i = 0; i < absent->answered; i++) {
        struct ledger_journal_view *views;
        size_t count = 0;

        if (storm->steps[i].expect == ERR_OK) {
            continue;
        }
        CHECK(ledger_read_business(reader, LEDGER_SOURCE_OPERATOR, (int64_t)i + 1, books->arena,
                                   &views, &count) == ERR_OK);
        if (count != 0) {
            fail(storm, "what was refused has left a journal", i);
        }
    }
}

/* Everything that was answered, asked again, is answered the same. */
static void check_answered(struct storm *storm, size_t answered)
{
    struct absent absent = {storm, answered};
    struct outcome before[STEPS_MAX];
    size_t steps[STEPS_MAX] = {0};
    size_t count = 0;

    memcpy(before, storm->outcomes, sizeof(before));
    for (size_t i = 0; i < answered; i++) {
        if (storm->steps[i].expect == ERR_OK) {
            steps[count++] = i;
        }
    }
    send_steps(storm, steps, count);
    judge(storm, steps, count);
    for (size_t i = 0; i < count; i++) {
        const struct outcome *now = &storm->outcomes[steps[i]];
        enum step_kind kind = storm->steps[steps[i]].kind;

        if (now->id != before[steps[i]].id || (!now->exists && tells(kind))) {
            fail(storm, "an answered step is gone", steps[i]);
        }
    }
    books_read(storm->books, look_absent, &absent);
}

/* Of the group on its way all or nothing is there; of the later ones nothing. */
static void check_whole(struct storm *storm, const size_t *steps, size_t count, bool may_exist)
{
    size_t old = 0;
    size_t of = 0;

    for (size_t i = 0; i < count; i++) {
        const struct step *step = &storm->steps[steps[i]];

        if (step->expect == ERR_OK && tells(step->kind)) {
            of++;
            old += storm->outcomes[steps[i]].exists ? 1 : 0;
        }
    }
    if (old != 0 && (old != of || !may_exist)) {
        fail(storm, "part of a batch is there", steps[0]);
    }
}

static void send_rest(struct storm *storm, size_t answered)
{
    size_t steps[STEPS_MAX];
    size_t count;

    for (size_t at = answered; at < storm->step_count; at += count) {
        /* later than anything of the first run in this group: new ids are new */
        counter_set(&storm->books->now_ms, group_time(storm->steps[at].group) + MINUTE_MS / 2);
        count = group_of(storm, at, steps);
        send_steps(storm, steps, count);
        judge(storm, steps, count);
        check_whole(storm, steps, count, at == answered);
    }
}

static void check_accounts(struct storm *storm)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct ledger_account now = books_get(storm->books, storm->accounts[i]);
        const struct ledger_account *last = &storm->last[i];

        if (now.posted.minor != last->posted.minor || now.held.minor != last->held.minor ||
            now.debits.minor != last->debits.minor || now.credits.minor != last->credits.minor ||
            now.sequence != last->sequence) {
            fail(storm, "an account is not what it was without the crash", i);
        }
    }
}

/* A group answered in part: the acknowledgements of a batch come one by one, but no call of the
 * disk lies between them. */
static void check_boundary(const struct storm *storm, size_t answered)
{
    if (answered > 0 && answered < storm->step_count &&
        storm->steps[answered].group == storm->steps[answered - 1].group) {
        fail(storm, "a group was answered in part", answered);
    }
}

static void recover(struct storm *storm, size_t answered)
{
    struct books *books = storm->books;
    char detail[256];

    check_boundary(storm, answered);
    counter_set(&books->now_ms,
                group_time(answered == 0 ? 0 : storm->steps[answered - 1].group) + MINUTE_MS / 2);
    storm->answered = answered;
    fault_disk_mark(storm->disk, (int64_t)answered);
    if (store_open(&books->options, &books->store, detail) != ERR_OK) {
        printf("%s\n", detail);
        fail(storm, "the books cannot be opened", 0);
    }
    ledger_watch(books->store);
    check_proof(storm, "after the crash");
    check_answered(storm, answered);
    send_rest(storm, answered);
    check_accounts(storm);
    check_proof(storm, "at the end");
    store_close(books->store);
    books->store = NULL;
    arena_reset(books->arena);
}

/* ---- all points ---- */

static const char *const losses[] = {
    [FAULT_DROP] = "dropped", [FAULT_KEEP] = "kept", [FAULT_TEAR] = "torn"};

static void crash_at(struct storm *storm, struct fault_disk *const disks[3],
                     const struct fault_crash *crash)
{
    struct outcome outcomes[STEPS_MAX];
    size_t answered = (size_t)fault_disk_mark_at(disks[0], crash->call);
    struct fault_crash second = {.loss = crash->loss, .seed = crash->seed};

    (void)snprintf(storm->where, sizeof(storm->where), "crash in call %zu, unsynced %s",
                   crash->call, losses[crash->loss]);
    storm->point = crash->call;
    memcpy(outcomes, storm->outcomes, sizeof(outcomes));
    fault_disk_crash(disks[0], crash, disks[1]);
    fault_disk_use(disks[1]);
    storm->disk = disks[1];
    recover(storm, answered);
    if (crash->call % AGAIN_EVERY == 0) {
        second.call = 1 + (crash->seed * 7919 + crash->call) % fault_disk_calls(disks[1]);
        answered = (size_t)fault_disk_mark_at(disks[1], second.call);
        (void)snprintf(storm->where, sizeof(storm->where),
                       "crash in call %zu, unsynced %s; again in call %zu", crash->call,
                       losses[crash->loss], second.call);
        fault_disk_crash(disks[1], &second, disks[2]);
        fault_disk_use(disks[2]);
        storm->disk = disks[2];
        recover(storm, answered);
    }
    memcpy(storm->outcomes, outcomes, sizeof(outcomes));
}

static void crash_everywhere(struct storm *storm, size_t only)
{
    struct fault_disk *const disks[3] = {storm->disk, fault_disk_new(), fault_disk_new()};
    size_t calls = fault_disk_calls(disks[0]);
    size_t first = only == 0 ? 1 : only;
    size_t last = only == 0 ? calls + 1 : only;

    for (size_t call = first; call <= last; call++) {
        for (int loss = FAULT_DROP; loss <= FAULT_TEAR; loss++) {
            crash_at(storm, disks, &(struct fault_crash){call, (enum fault_loss)loss, storm->seed});
        }
    }
    printf("crash_storm: %zu steps, %zu calls of the disk, a crash in each of them: dropped, kept "
           "and torn\n",
           storm->step_count, calls);
    fault_disk_use(NULL);
    for (size_t i = 0; i < ARRAY_LEN(disks); i++) {
        fault_disk_free(disks[i]);
    }
}

int main(int argc, char **argv)
{
    struct storm *storm = mem_new(sizeof(*storm));

    log_configure(LOG_ERROR, STDOUT_FILENO);
    storm->seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    (void)snprintf(storm->where, sizeof(storm->where), "without a crash");
    storm->done = signal_new();
    storm->entered = signal_new();
    storm->go = signal_new();
    plan_opening(storm);
    plan_holds(storm);
    plan_many(storm);
    storm->disk = fault_disk_new();
    fault_disk_use(storm->disk);
    storm->books = books_open("sqlite");
    run(storm);
    store_close(storm->books->store);
    storm->books->store = NULL;
    crash_everywhere(storm, argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 0);
    books_close(storm->books);
    signal_free(storm->done);
    signal_free(storm->entered);
    signal_free(storm->go);
    mem_free(storm);
    return 0;
}
