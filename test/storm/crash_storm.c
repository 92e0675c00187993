/* The books on a disk that crashes at every point. A scenario of accounts, transfers, holds,
 * many-legged journals, vouchers, entries that wait and are parked, blocks, money that matures, a
 * day cut with its seal and a settlement, in batches, over checkpoints, a closing and a reopening,
 * runs once on the disk of test/lib/fault_vfs. Then, for each call that changed the
 * disk, the crash in this call is made in three ways: what was not synced is dropped, kept, or torn
 * by sectors. Each time the books are opened again, and
 *
 *     - the proof holds,
 *     - all accounts are as they were after the last batch that was answered, or after the one on
 *       its way,
 *     - what had been answered is there, under the ids it was answered with; what had been refused
 *       has left nothing,
 *     - of the batch on its way all is there or nothing, and nothing is there of what came later,
 *     - the rest of the scenario, sent again, has its effect once: at the end all accounts are
 *       those of the run without a crash.
 *
 * At some points the recovery crashes as well. While the schema is made each call crashes in one
 * of the ways: which, says the seed.
 *
 *     crash_storm [SEED [CALL]]      CALL: one crash point alone */
#include "money/ledger/ledger_voucher.h"
#include "test/lib/fault_vfs.h"
#include "test/lib/ledger_kit.h"
#include "test/lib/settle_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ACCOUNTS = 8,
    HOLDS = 7,
    MATURING_HOLD = 5, /* of the last merchant; the plain ones are before it */
    BLOCK,             /* of the first one */
    STEPS_MAX = 200,
    LEGS_MAX = 9,
    BANK = 0,
    CHANNEL,
    MERCHANT,            /* three of them */
    DEFERRED = MERCHANT, /* the first one's entries wait */
    SETTLED,             /* the second one is settled */
    MATURING,            /* the third one's money matures */
    INCOME,
    SUSPENSE,
    WAITING, /* 2299 of the first merchant */
    GROUPS = 27,
    MINUTE_MS = 60000,
    DAY_MS = 86400000,
    CUT_GROUP = 20, /* Monday begins */
    MONDAY = 20251124,
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
    STEP_DEFER,
    STEP_APPLY,
    STEP_RULE,
    STEP_RUN,
    STEP_TURN,
};

struct step {
    enum step_kind kind;
    unsigned group; /* steps of a group are one batch */
    size_t which;   /* account to open, or hold */
    size_t debit, credit;
    int64_t amount;
    size_t legs;        /* 0: two */
    int32_t matures_on; /* of a merchant's leg or a hold */
    bool whole;         /* or: deferred */
    enum err expect;
};

/* Whether an answer tells if the step was there before. */
static bool tells(enum step_kind kind)
{
    return kind == STEP_POST || kind == STEP_VOUCHER || kind == STEP_PLACE ||
           kind == STEP_CAPTURE || kind == STEP_RELEASE;
}

/* What is applied or switched depends on when it is asked, and has no answer of its own. */
static bool may_be_asked_again(enum step_kind kind)
{
    return kind != STEP_DEFER && kind != STEP_APPLY;
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
    {11, LEDGER_CODE_WAITING, CURRENCY_CNY},
};

struct switching {
    int64_t account_id;
    bool deferred;
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
        struct switching switching;
        struct settle_turn turn;
        int64_t hold_id;
        int64_t account_id;
    } arg;
    union {
        int64_t id;
        struct settle_run run;
        enum settle_outcome_kind outcome;
        struct ledger_posted posted;
        struct ledger_held held;
    } result;
};

struct storm {
    uint64_t seed;
    struct arena *arena;
    struct books *books;
    struct fault_disk *disk; /* the one in use */
    struct step steps[STEPS_MAX];
    size_t step_count;
    struct sent sent[STEPS_MAX];
    struct known {
        struct outcome outcomes[STEPS_MAX];
        int64_t accounts[ACCOUNTS];
        int64_t holds[HOLDS];
    } known;         /* what the answers have told */
    size_t answered; /* steps, on the writer's thread */
    size_t waiting;
    struct signal *done, *entered, *go;
    /* Without a crash: before each group, and at the end. */
    struct ledger_account states[GROUPS + 1][ACCOUNTS];
    char where[128]; /* the crash, for a failure */
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
    for (size_t i = 0; i < MATURING_HOLD; i++) {
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
}

static void add_maturing(struct storm *storm, unsigned group, size_t merchant, int64_t amount)
{
    add_post(storm, group, BANK, merchant, amount);
    storm->steps[storm->step_count - 1].matures_on = MONDAY;
}

static void add_maturing_hold(struct storm *storm, unsigned group, enum step_kind kind,
                              int64_t amount)
{
    add_hold(storm, group, kind, MATURING_HOLD, amount);
    storm->steps[storm->step_count - 1].matures_on = MONDAY;
}

static void add_switch(struct storm *storm, unsigned group, bool deferred)
{
    add(storm, STEP_DEFER, group)->whole = deferred;
}

/* A credit that matures and one that does not are parked, a debit goes through; then the block
 * ends. */
static void plan_waiting(struct storm *storm)
{
    add_switch(storm, 13, true);
    add_maturing(storm, 13, MATURING, 300);
    add_post(storm, 14, BANK, DEFERRED, 100);
    add_post(storm, 14, DEFERRED, BANK, 40);
    add_maturing(storm, 14, DEFERRED, 60);
    add_hold(storm, 15, STEP_PLACE, BLOCK, 0);
    add_maturing_hold(storm, 15, STEP_PLACE, 200);
    (void)add(storm, STEP_APPLY, 16);
    add_maturing_hold(storm, 16, STEP_CAPTURE, 80);
    add_maturing_hold(storm, 17, STEP_RELEASE, 50);
    add_hold(storm, 17, STEP_RELEASE, BLOCK, 0);
    (void)add(storm, STEP_APPLY, 18);
    (void)add(storm, STEP_RULE, 19);
    add_switch(storm, 19, false);
}

static void plan_monday(struct storm *storm)
{
    (void)add(storm, STEP_CUT, CUT_GROUP);
    for (size_t i = 0; i < 30; i++) {
        add_post(storm, 21, BANK, MERCHANT + i % 3, 3);
    }
    add_post(storm, 22, MERCHANT, BANK, 5);
    add_maturing_hold(storm, 22, STEP_RELEASE, 0); /* it has matured meanwhile */
    (void)add(storm, STEP_RUN, 23);
    (void)add(storm, STEP_TURN, 24);
    (void)add(storm, STEP_TURN, 24); /* it is over */
    add_refused(storm, 25, SETTLED, BANK, 1);
    add_post(storm, 26, SUSPENSE, SETTLED, 1);
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

static bool seals_before(unsigned group)
{
    return group == 22;
}

static int64_t group_time(unsigned group)
{
    return BOOKS_START_MS + (int64_t)group * MINUTE_MS + (group >= CUT_GROUP ? 2 * DAY_MS : 0);
}

/* ---- sending ---- */

static struct ledger_post post_of(struct storm *storm, size_t at, enum ledger_operation operation)
{
    const struct step *step = &storm->steps[at];
    struct sent *sent = &storm->sent[at];
    size_t count = step->legs == 0 ? 2 : step->legs;

    sent->legs[0] = debit(storm->known.accounts[step->debit], step->amount);
    for (size_t i = 1; i < count; i++) {
        sent->legs[i] =
            credit(storm->known.accounts[step->credit], step->amount / (int64_t)(count - 1));
    }
    sent->legs[step->debit == BANK ? 1 : 0].matures_on = step->matures_on;
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

static enum err defer_apply(struct tx *tx, const void *arg, void *result)
{
    const struct switching *switching = arg;

    (void)result;
    return ledger_account_set_deferred(tx, switching->account_id, switching->deferred);
}

static const struct command_kind defer_kind = {.name = "crash.defer", .apply = defer_apply};

static enum err rule_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return settle_rule_ensure(tx, *(const int64_t *)arg, time_date_add_days(MONDAY, -1));
}

static const struct command_kind rule_kind = {.name = "crash.rule", .apply = rule_apply};

static const struct command_kind *const kinds[] = {
    [STEP_OPEN] = &ledger_account_kind,
    [STEP_POST] = &ledger_transfer_kind,
    [STEP_PLACE] = &ledger_place_kind,
    [STEP_CAPTURE] = &ledger_capture_kind,
    [STEP_RELEASE] = &ledger_release_kind,
    [STEP_EXPIRE] = &ledger_expire_kind,
    [STEP_VOUCHER] = &voucher_kind,
    [STEP_CUT] = &ledger_day_cut_kind,
    [STEP_DEFER] = &defer_kind,
    [STEP_APPLY] = &ledger_pending_kind,
    [STEP_RULE] = &rule_kind,
    [STEP_RUN] = &settle__open_kind,
    [STEP_TURN] = &settle__turn_kind,
};

static void fill_hold(struct storm *storm, size_t at)
{
    const struct step *step = &storm->steps[at];
    struct sent *sent = &storm->sent[at];

    if (step->kind == STEP_PLACE) {
        sent->arg.place = (struct ledger_hold_place){
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, (int64_t)at + 1},
            .account_id = storm->known.accounts[step->debit],
            .kind = LEDGER_HOLD_WITHDRAWAL,
            .effect = step->which == BLOCK ? LEDGER_HOLD_CREDIT_BLOCK : LEDGER_HOLD_AMOUNT,
            .amount = AMOUNT(step->amount),
            .matures_on = step->matures_on,
            .expires_at_ms = step->which == 2 ? group_time(11) : 0,
        };
    } else if (step->kind == STEP_CAPTURE) {
        sent->arg.capture =
            (struct ledger_hold_capture){.hold_id = storm->known.holds[step->which],
                                         .post = post_of(storm, at, LEDGER_OPERATION_CAPTURE)};
    } else {
        sent->arg.release = (struct ledger_hold_release){
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_RELEASE, (int64_t)at + 1},
            .hold_id = storm->known.holds[step->which],
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
        sent->arg.hold_id = storm->known.holds[step->which];
        break;
    case STEP_CUT:
    case STEP_RUN:
        break;
    case STEP_DEFER:
        sent->arg.switching = (struct switching){storm->known.accounts[DEFERRED], step->whole};
        break;
    case STEP_APPLY:
        sent->arg.account_id = storm->known.accounts[DEFERRED];
        break;
    case STEP_RULE:
        sent->arg.account_id = storm->known.accounts[SETTLED];
        break;
    case STEP_TURN:
        sent->arg.turn = (struct settle_turn){storm->known.accounts[SETTLED], MONDAY};
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
    struct outcome *outcome = &storm->known.outcomes[at];

    *outcome = (struct outcome){0};
    switch (step->kind) {
    case STEP_OPEN:
        outcome->id = sent->result.id;
        storm->known.accounts[step->which] = outcome->id;
        break;
    case STEP_CUT:
        outcome->id = sent->result.id; /* the day */
        break;
    case STEP_RUN:
        outcome->id = sent->result.run.id;
        break;
    case STEP_POST:
    case STEP_VOUCHER:
        *outcome = (struct outcome){sent->result.posted.journal_id, sent->result.posted.exists};
        break;
    case STEP_PLACE:
        *outcome = (struct outcome){sent->result.held.hold_id, sent->result.held.exists};
        storm->known.holds[step->which] = outcome->id;
        break;
    case STEP_CAPTURE:
    case STEP_RELEASE:
        *outcome = (struct outcome){sent->result.held.hold_id, sent->result.held.exists};
        break;
    case STEP_EXPIRE:
    case STEP_DEFER:
    case STEP_APPLY:
    case STEP_RULE:
    case STEP_TURN:
        break;
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

static void seal(struct storm *storm)
{
    bool right = false;

    if (ledger_seal_days(storm->books->store, &right) != ERR_OK || !right) {
        fail(storm, "the day cannot be sealed", 0);
    }
}

/* An account that has not been opened is all zero. */
static void look_at_accounts(struct storm *storm, struct ledger_account states[ACCOUNTS])
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        states[i] = (struct ledger_account){0};
        if (storm->known.accounts[i] != 0) {
            states[i] = books_get(storm->books, storm->known.accounts[i]);
        }
    }
}

/* The books' own arena is emptied after each crash. */
static void keep_state(struct storm *storm, unsigned group)
{
    look_at_accounts(storm, storm->states[group]);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct str *text = &storm->states[group][i].maturities;

        *text = str_dup(storm->arena, *text);
    }
}

/* What the scenario is there for has come to pass. */
static void check_scenario(const struct storm *storm)
{
    const struct ledger_account(*states)[ACCOUNTS] = storm->states;

    CHECK(states[14][MATURING].maturities.len > 0);
    CHECK(states[16][MATURING].held.minor == states[15][MATURING].held.minor + 200);
    CHECK(states[15][DEFERRED].pending == 3 && states[16][DEFERRED].credit_blocks == 1);
    CHECK(states[17][DEFERRED].pending == 2); /* parked */
    CHECK(states[GROUPS][DEFERRED].pending == 0 && states[GROUPS][WAITING].sequence == 6);
    CHECK(states[25][SETTLED].held.minor > states[24][SETTLED].held.minor);
}

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
        if (seals_before(group)) {
            seal(storm);
        }
        keep_state(storm, group);
        count = group_of(storm, at, steps);
        send_steps(storm, steps, count);
        judge(storm, steps, count);
    }
    books_assert_right(storm->books);
    keep_state(storm, GROUPS);
    check_scenario(storm);
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

    memcpy(before, storm->known.outcomes, sizeof(before));
    for (size_t i = 0; i < answered; i++) {
        if (storm->steps[i].expect == ERR_OK && may_be_asked_again(storm->steps[i].kind)) {
            steps[count++] = i;
        }
    }
    send_steps(storm, steps, count);
    judge(storm, steps, count);
    for (size_t i = 0; i < count; i++) {
        const struct outcome *now = &storm->known.outcomes[steps[i]];
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
            old += storm->known.outcomes[steps[i]].exists ? 1 : 0;
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
        if (seals_before(storm->steps[at].group)) {
            seal(storm);
        }
        count = group_of(storm, at, steps);
        send_steps(storm, steps, count);
        judge(storm, steps, count);
        check_whole(storm, steps, count, at == answered);
    }
}

static bool is_same(const struct ledger_account *a, const struct ledger_account *b)
{
    return a->posted.minor == b->posted.minor && a->held.minor == b->held.minor &&
           a->debits.minor == b->debits.minor && a->credits.minor == b->credits.minor &&
           a->sequence == b->sequence && a->deferred == b->deferred && a->pending == b->pending &&
           a->credit_blocks == b->credit_blocks && a->debit_blocks == b->debit_blocks &&
           a->holds == b->holds && str_eq(a->maturities, b->maturities);
}

static bool are_as_in(const struct ledger_account now[ACCOUNTS],
                      const struct ledger_account then[ACCOUNTS])
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        if (!is_same(&now[i], &then[i])) {
            return false;
        }
    }
    return true;
}

/* The groups that were answered are there, and of the next one all or nothing. */
static void check_state(struct storm *storm, size_t answered)
{
    unsigned next = answered == storm->step_count ? GROUPS : storm->steps[answered].group;
    struct ledger_account now[ACCOUNTS];

    if (answered == 0) {
        return; /* the accounts' ids are not known */
    }
    look_at_accounts(storm, now);
    if (!are_as_in(now, storm->states[next]) &&
        (next == GROUPS || !are_as_in(now, storm->states[next + 1]))) {
        fail(storm, "the accounts are not as after a whole batch", answered);
    }
}

static void check_accounts(struct storm *storm)
{
    struct ledger_account now[ACCOUNTS];

    look_at_accounts(storm, now);
    if (!are_as_in(now, storm->states[GROUPS])) {
        fail(storm, "the accounts are not what they were without the crash", 0);
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
    check_state(storm, answered);
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
    const struct known known = storm->known;
    size_t answered = (size_t)fault_disk_mark_at(disks[0], crash->call);
    struct fault_crash second = {.loss = crash->loss, .seed = crash->seed};

    (void)snprintf(storm->where, sizeof(storm->where), "crash in call %zu, unsynced %s",
                   crash->call, losses[crash->loss]);
    storm->point = crash->call;
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
    storm->known = known;
}

static void crash_everywhere(struct storm *storm, size_t only)
{
    struct fault_disk *const disks[3] = {storm->disk, fault_disk_new(), fault_disk_new()};
    size_t calls = fault_disk_calls(disks[0]);
    size_t first = only == 0 ? 1 : only;
    size_t last = only == 0 ? calls + 1 : only;
    size_t points = 0;

    for (size_t call = first; call <= last; call++) {
        bool schema = only == 0 && fault_disk_mark_at(disks[0], call) == 0;

        for (int loss = FAULT_DROP; loss <= FAULT_TEAR; loss++) {
            if (!schema || (call + storm->seed) % FAULT_TEAR == (size_t)loss % FAULT_TEAR) {
                crash_at(storm, disks,
                         &(struct fault_crash){call, (enum fault_loss)loss, storm->seed});
                points++;
            }
        }
    }
    printf("crash_storm: %zu steps, %zu calls of the disk, %zu crashes in them: dropped, kept and "
           "torn\n",
           storm->step_count, calls, points);
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
    storm->arena = arena_new();
    storm->done = signal_new();
    storm->entered = signal_new();
    storm->go = signal_new();
    plan_opening(storm);
    plan_holds(storm);
    plan_many(storm);
    plan_waiting(storm);
    plan_monday(storm);
    storm->disk = fault_disk_new();
    fault_disk_use(storm->disk);
    storm->books = settle_kit_open("sqlite");
    run(storm);
    store_close(storm->books->store);
    storm->books->store = NULL;
    crash_everywhere(storm, argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 0);
    books_close(storm->books);
    signal_free(storm->done);
    signal_free(storm->entered);
    signal_free(storm->go);
    arena_free(storm->arena);
    mem_free(storm);
    return 0;
}
