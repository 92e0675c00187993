/* The ledger and the reference model are fed the same random requests, in batches of random size
 * with restarts in between: every answer and the final state must agree. Three seeds, which are
 * printed; TOMATO_SEED runs that one alone, TOMATO_OPERATIONS more or fewer. */
#include "test/lib/ledger_kit_test.h"
#include "test/lib/ledger_model.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SEED = 20251123,
    OPERATIONS = 24000,
    CHUNK_MAX = 256,
    RECENT = 512,
    OWNERS = 40,
    UNKNOWN_ID = 404
};
enum { BUSY = 3 }; /* an account whose entries wait for long, so that they fill batches */

/* One request on its way. */
struct flight {
    struct command command;
    struct model_request request;
    struct ledger_leg legs[MODEL_LEGS];
    union {
        struct ledger_account_key key;
        struct ledger_post post;
        struct ledger_hold_place place;
        struct ledger_hold_capture capture;
        struct ledger_hold_release release;
        int64_t hold_id;
        int64_t account_id;
        struct {
            int64_t account_id;
            bool has_floor;
            struct amount floor;
        } floor;
        struct {
            int64_t account_id;
            bool deferred;
        } defer;
    } arg;
    union {
        int64_t account_id;
        struct ledger_posted posted;
        struct ledger_held held;
    } result;
    struct run *run;
};

struct run {
    struct books *books;
    struct model *model;
    uint64_t seed, random;
    int64_t next_no;
    int64_t *account_ids; /* of the model's accounts and holds */
    int64_t *hold_ids;
    size_t known_accounts, known_holds; /* those a request may name */
    size_t known_pendings;
    int64_t full_batches; /* of entries that waited: some were left for the next */
    struct model_request recent[RECENT];
    size_t recent_count;
    struct flight *flights;
    size_t flight_count;
    struct counter left;
    struct signal *landed;
    int64_t refused, repeated;
    int64_t seen[ERR_COUNT]; /* how often each answer came */
};

/* ---- chance ---- */

static uint64_t chance(struct run *run)
{
    uint64_t z = (run->random += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int64_t below(struct run *run, int64_t n)
{
    return (int64_t)(chance(run) % (uint64_t)n);
}

static bool one_in(struct run *run, int64_t n)
{
    return below(run, n) == 0;
}

/* ---- making requests ---- */

/* Seldom one of the books' own. */
static int any_account(struct run *run)
{
    int account = (int)below(run, (int64_t)run->known_accounts);

    while (run->model->accounts[account].code == LEDGER_CODE_WAITING && !one_in(run, 40)) {
        account = (int)below(run, (int64_t)run->known_accounts);
    }
    return account;
}

static int random_account(struct run *run)
{
    return one_in(run, 200) ? MODEL_NOBODY : any_account(run);
}

/* Another account of the same currency, if a few tries find one. */
static int fellow_account(struct run *run, int account)
{
    for (int i = 0; account != MODEL_NOBODY && i < 20; i++) {
        int other = any_account(run);

        if (run->model->accounts[other].currency == run->model->accounts[account].currency) {
            return other;
        }
    }
    return random_account(run);
}

static int64_t random_amount(struct run *run)
{
    return one_in(run, 300) ? below(run, 3) - 1 : 1 + below(run, one_in(run, 4) ? 100000 : 100);
}

static struct ledger_reference new_reference(struct run *run, enum ledger_operation operation)
{
    struct ledger_reference reference = {
        .source = one_in(run, 3) ? LEDGER_SOURCE_PAYMENT : LEDGER_SOURCE_OPERATOR,
        .operation = operation,
        .business_no = run->next_no++,
    };

    if (one_in(run, 20)) { /* of something that was there before, or may have been */
        reference.business_no = 1 + below(run, run->next_no);
        reference.operation = (enum ledger_operation)(1 + below(run, LEDGER_OPERATION_RELEASE));
    }
    if (one_in(run, 400)) {
        reference.business_no = -below(run, 2);
    }
    if (one_in(run, 400)) {
        reference.source = 0;
    }
    if (one_in(run, 400)) {
        reference.operation = 0;
    }
    return reference;
}

static void add_leg(struct model_request *r, int account, bool is_debit, int64_t amount)
{
    r->legs[r->leg_count++] =
        (struct model_leg){.account = account, .is_debit = is_debit, .amount = amount};
}

/* Mostly none; else a day around today, now and then no date at all. */
static int32_t random_maturity(struct run *run)
{
    if (!one_in(run, 6)) {
        return 0;
    }
    return one_in(run, 100) ? 20251301
                            : time_date_add_days(run->model->today, (int)below(run, 5) - 1);
}

/* Two accounts of codes that nothing else uses carry enormous amounts between them. */
static bool ocean_legs(struct run *run, struct model_request *r)
{
    int64_t amount = INT64_MAX / 4 - below(run, 1000);
    bool is_debit = one_in(run, 2);

    for (size_t i = 0; i < run->known_accounts; i++) {
        int code = run->model->accounts[i].code;

        if (code == LEDGER_CODE_BANK || code == LEDGER_CODE_CHANNEL_FEE_EXPENSE) {
            add_leg(r, (int)i, (code == LEDGER_CODE_BANK) == is_debit, amount);
        }
    }
    return r->leg_count == 2;
}

/* A pair of legs that balance, or three. */
static void group_of_legs(struct run *run, struct model_request *r)
{
    int account = one_in(run, 12) ? BUSY : random_account(run);
    bool is_debit = one_in(run, 2);
    int64_t amount = random_amount(run);

    add_leg(r, account, is_debit, amount);
    r->legs[r->leg_count - 1].matures_on = random_maturity(run);
    if (one_in(run, 3) && amount > 1) {
        int64_t part = 1 + below(run, amount - 1);

        add_leg(r, fellow_account(run, account), !is_debit, part);
        amount -= part;
    }
    add_leg(r, fellow_account(run, account), !is_debit, amount);
    r->legs[r->leg_count - 1].matures_on = random_maturity(run);
}

/* Legs that balance, then perhaps spoilt. */
static void random_legs(struct run *run, struct model_request *r)
{
    int groups = one_in(run, 40) ? 1 + (int)below(run, 21) : 1 + (int)below(run, 2);

    if (one_in(run, 50) && ocean_legs(run, r)) {
        return;
    }
    r->leg_count = 0;
    for (int i = 0; i < groups; i++) {
        group_of_legs(run, r);
    }
    if (one_in(run, 30)) {
        r->legs[below(run, r->leg_count)].amount += one_in(run, 2) ? 1 : -1;
    }
    if (one_in(run, 200)) {
        static const int counts[] = {0, 1, MODEL_LEGS};

        r->leg_count = counts[below(run, ARRAY_LEN(counts))];
    }
}

static void random_open(struct run *run, struct model_request *r)
{
    static const int codes[] = {1122, 1131, 2241, 2241, 2251, 2291, 6021, 2299, 9999};

    r->op = MODEL_OPEN;
    r->owner_id = below(run, OWNERS);
    r->code = codes[below(run, ARRAY_LEN(codes) - (one_in(run, 10) ? 0 : 1))];
    r->currency = one_in(run, 4) ? CURRENCY_USD : CURRENCY_CNY;
    if (one_in(run, 30)) {
        r->owner_id = LEDGER_PLATFORM;
        r->code = one_in(run, 2) ? LEDGER_CODE_BANK : LEDGER_CODE_CHANNEL_FEE_EXPENSE;
        r->currency = CURRENCY_CNY;
    }
    if (one_in(run, 40)) {
        r->currency = CURRENCY_NONE;
    }
}

static int random_hold(struct run *run)
{
    int64_t known = (int64_t)run->known_holds;

    if (known == 0 || one_in(run, 100)) {
        return MODEL_NOBODY;
    }
    return (int)(known - 1 - below(run, one_in(run, 4) || known < 40 ? known : 40));
}

static int64_t left_of(const struct model_hold *hold)
{
    return hold->amount - hold->captured - hold->released;
}

/* About what the hold has left, now and then more. */
static int64_t random_share(struct run *run, int hold)
{
    int64_t left = hold == MODEL_NOBODY ? 0 : left_of(&run->model->holds[hold]);

    if (left == 0 || one_in(run, 10)) {
        return 1 + below(run, 100);
    }
    return one_in(run, 4) ? left : 1 + below(run, left) + (one_in(run, 10) ? left : 0);
}

static struct str random_text(struct run *run)
{
    static const struct str texts[] = {{0}, {"court", 5}, {"法院 (2025) 17", 17}};

    return texts[below(run, ARRAY_LEN(texts))];
}

static void random_place(struct run *run, struct model_request *r)
{
    r->op = MODEL_PLACE;
    r->reference = new_reference(run, LEDGER_OPERATION_HOLD);
    r->account = one_in(run, 10) ? (int)run->known_accounts - 1 : random_account(run);
    r->kind = 1 + (int)below(run, LEDGER_HOLD_DEPOSIT);
    r->amount = random_amount(run);
    r->matures_on = random_maturity(run);
    r->may_wait = one_in(run, 10);
    r->rank = below(run, 3);
    r->reason = random_text(run);
    r->document_no = random_text(run);
    if (one_in(run, 3)) {
        r->expires_at_ms = run->model->now_ms + below(run, 20000);
    }
    if (one_in(run, 10)) {
        r->starts_at_ms = run->model->now_ms + below(run, 10000);
    }
    if (one_in(run, 40)) {
        r->effect = 1 + (int)below(run, LEDGER_HOLD_FULL_BLOCK);
        r->matures_on = one_in(run, 10) ? r->matures_on : 0;
        r->amount = one_in(run, 10) ? r->amount : 0;
    }
}

/* Nearly always who placed the hold. */
static void from_its_placer(struct run *run, struct model_request *r)
{
    if (r->hold != MODEL_NOBODY && r->reference.source != 0 && !one_in(run, 15) &&
        run->model->holds[r->hold].source != LEDGER_SOURCE_PENDING) {
        r->reference.source = run->model->holds[r->hold].source;
    }
}

static void random_capture(struct run *run, struct model_request *r)
{
    r->op = MODEL_CAPTURE;
    r->reference = new_reference(run, LEDGER_OPERATION_CAPTURE);
    r->hold = random_hold(run);
    from_its_placer(run, r);
    r->whole = one_in(run, 3);
    if (r->hold == MODEL_NOBODY || one_in(run, 20)) {
        random_legs(run, r);
    } else {
        int account = run->model->holds[r->hold].account;
        bool is_debit = !run->model->accounts[account].is_debit;
        int64_t amount = random_share(run, r->hold);

        add_leg(r, account, is_debit, amount);
        r->legs[0].matures_on = run->model->holds[r->hold].matures_on;
        add_leg(r, fellow_account(run, account), !is_debit, amount);
    }
}

static void random_release(struct run *run, struct model_request *r)
{
    r->op = MODEL_RELEASE;
    r->reference = new_reference(run, LEDGER_OPERATION_RELEASE);
    r->hold = random_hold(run);
    from_its_placer(run, r);
    r->whole = one_in(run, 3);
    r->amount = r->whole ? 0 : random_share(run, r->hold);
    if (one_in(run, 100)) {
        r->amount = 0;
    }
}

/* One whose entries wait, if there is any. */
static int waited_for_account(struct run *run)
{
    const struct model *m = run->model;
    int account;

    if (m->pending_count == 0 || one_in(run, 20)) {
        return random_account(run);
    }
    account = m->pendings[below(run, (int64_t)m->pending_count)].account;
    return account == BUSY && !one_in(run, 30) ? random_account(run) : account;
}

static void random_waiting(struct run *run, struct model_request *r)
{
    static const enum model_op ops[] = {MODEL_APPLY, MODEL_APPLY, MODEL_APPLY,
                                        MODEL_RETRY, MODEL_DEFER, MODEL_REOPEN};

    r->op = ops[below(run, ARRAY_LEN(ops))];
    r->account = waited_for_account(run);
    if (r->op == MODEL_DEFER) {
        r->account = one_in(run, 4) ? BUSY : random_account(run);
        r->deferred = r->account == BUSY ? !one_in(run, 20) : one_in(run, 3);
    }
}

/* Mostly the newest account, any, or one that only entries that wait keep open. */
static int account_to_close(struct run *run)
{
    bool waited_for = one_in(run, 2);

    for (size_t i = 0; waited_for && i < run->known_accounts; i++) {
        const struct model_account *account = &run->model->accounts[i];

        if (account->pending > 0 && model_posted(account) == 0 && account->holds == 0 &&
            !account->closed) {
            return (int)i;
        }
    }
    return one_in(run, 2) ? (int)run->known_accounts - 1 : random_account(run);
}

static void random_floor(struct run *run, struct model_request *r)
{
    r->op = MODEL_FLOOR;
    r->account = random_account(run);
    r->has_floor = !one_in(run, 4);
    r->amount = below(run, 2000) - 1900;
}

/* The same again, or with one thing changed. */
static void random_repeat(struct run *run, struct model_request *r)
{
    struct model_leg *leg;

    *r = run->recent[below(run, (int64_t)run->recent_count)];
    leg = &r->legs[r->leg_count == 0 ? 0 : below(run, r->leg_count)];
    switch (below(run, 14)) {
    case 0:
        leg->amount++;
        r->amount++;
        break;
    case 1:
        leg->is_debit = !leg->is_debit;
        r->whole = !r->whole;
        break;
    case 2:
        leg->account = random_account(run);
        r->account = random_account(run);
        r->hold = random_hold(run);
        break;
    case 3:
        r->leg_count -= r->leg_count > 0 ? 1 : 0;
        r->kind = 1 + r->kind % LEDGER_HOLD_DEPOSIT;
        break;
    case 4:
        r->expires_at_ms += 1;
        break;
    case 5:
        leg->matures_on = random_maturity(run);
        r->matures_on = random_maturity(run);
        break;
    case 6:
        r->starts_at_ms += one_in(run, 2) ? 1 : 0;
        r->effect = r->op == MODEL_PLACE && r->amount == 0 ? LEDGER_HOLD_DEBIT_BLOCK : r->effect;
        break;
    case 7:
        r->may_wait = !r->may_wait;
        break;
    case 8:
        r->rank = below(run, 3);
        break;
    case 9:
        r->reason = random_text(run);
        r->document_no = random_text(run);
        break;
    }
}

static void random_request(struct run *run, struct model_request *r)
{
    int64_t dice = below(run, 100);

    *r = (struct model_request){.hold = MODEL_NOBODY, .account = MODEL_NOBODY};
    if (run->known_accounts < 8 || dice < 4) {
        random_open(run, r);
    } else if (dice < 6) {
        random_floor(run, r);
    } else if (dice < 18) {
        random_place(run, r);
    } else if (dice < 30) {
        random_capture(run, r);
    } else if (dice < 38) {
        random_release(run, r);
    } else if (dice < 42) {
        r->op = one_in(run, 3) ? MODEL_START : MODEL_EXPIRE;
        r->hold = random_hold(run);
    } else if (dice < 43 && one_in(run, 2)) {
        r->op = MODEL_CLOSE;
        r->account = account_to_close(run);
    } else if (dice < 49) {
        random_waiting(run, r);
    } else if (dice < 57 && run->recent_count > 0) {
        random_repeat(run, r);
    } else {
        r->op = MODEL_POST;
        r->reference = new_reference(run, LEDGER_OPERATION_TRANSFER);
        r->fact = one_in(run, 4);
        random_legs(run, r);
    }
    run->recent[run->recent_count < RECENT ? run->recent_count++ : (size_t)below(run, RECENT)] = *r;
}

/* ---- sending ---- */

static enum err floor_apply(struct tx *tx, const void *arg, void *result)
{
    const struct flight *flight = arg;

    (void)result;
    return ledger_account_set_floor(tx, flight->arg.floor.account_id, flight->arg.floor.has_floor,
                                    flight->arg.floor.floor);
}

static enum err close_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return ledger_account_close(tx, *(const int64_t *)arg);
}

static enum err reopen_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return ledger_account_reopen(tx, *(const int64_t *)arg);
}

static enum err defer_apply(struct tx *tx, const void *arg, void *result)
{
    const struct flight *flight = arg;

    (void)result;
    return ledger_account_set_deferred(tx, flight->arg.defer.account_id,
                                       flight->arg.defer.deferred);
}

static const struct command_kind reopen_kind = {.name = "test.reopen", .apply = reopen_apply};
static const struct command_kind defer_kind = {.name = "test.defer", .apply = defer_apply};
static const struct command_kind close_kind = {.name = "test.close", .apply = close_apply};
static const struct command_kind floor_kind = {.name = "test.floor", .apply = floor_apply};

static int64_t account_id(const struct run *run, int account)
{
    return account == MODEL_NOBODY ? UNKNOWN_ID : run->account_ids[account];
}

static int64_t hold_id(const struct run *run, int hold)
{
    return hold == MODEL_NOBODY ? UNKNOWN_ID : run->hold_ids[hold];
}

static struct ledger_post post_of(struct flight *f)
{
    for (int i = 0; i < f->request.leg_count; i++) {
        const struct model_leg *leg = &f->request.legs[i];

        f->legs[i] = (struct ledger_leg){
            .account_id = account_id(f->run, leg->account),
            .side = leg->is_debit ? LEDGER_DEBIT : LEDGER_CREDIT,
            .amount = AMOUNT(leg->amount),
            .matures_on = leg->matures_on,
        };
    }
    return (struct ledger_post){.reference = f->request.reference,
                                .legs = f->legs,
                                .leg_count = (size_t)f->request.leg_count,
                                .fact = f->request.fact};
}

/* Commands that name an account and nothing else. */
static const struct command_kind *make_account_command(struct flight *f)
{
    static const struct command_kind *const kinds[] = {
        [MODEL_CLOSE] = &close_kind,
        [MODEL_REOPEN] = &reopen_kind,
        [MODEL_APPLY] = &ledger_pending_kind,
        [MODEL_RETRY] = &ledger_pending_retry_kind,
    };

    f->arg.account_id = account_id(f->run, f->request.account);
    return kinds[f->request.op];
}

static const struct command_kind *make_command(struct flight *f)
{
    const struct model_request *r = &f->request;

    f->command.arg = &f->arg;
    f->command.result = &f->result;
    switch (r->op) {
    case MODEL_OPEN:
        f->arg.key = (struct ledger_account_key){r->owner_id, r->code, (enum currency)r->currency};
        return &ledger_account_kind;
    case MODEL_FLOOR:
        f->command.arg = f;
        f->arg.floor.account_id = account_id(f->run, r->account);
        f->arg.floor.has_floor = r->has_floor;
        f->arg.floor.floor = AMOUNT(r->amount);
        return &floor_kind;
    case MODEL_POST:
        f->arg.post = post_of(f);
        return &ledger_transfer_kind;
    case MODEL_PLACE:
        f->arg.place = (struct ledger_hold_place){
            .reference = r->reference,
            .account_id = account_id(f->run, r->account),
            .kind = (enum ledger_hold_kind)r->kind,
            .effect = (enum ledger_hold_effect)r->effect,
            .amount = AMOUNT(r->amount),
            .matures_on = r->matures_on,
            .may_wait = r->may_wait,
            .rank = r->rank,
            .reason = r->reason,
            .document_no = r->document_no,
            .starts_at_ms = r->starts_at_ms,
            .expires_at_ms = r->expires_at_ms,
        };
        return &ledger_place_kind;
    case MODEL_CAPTURE:
        f->arg.capture = (struct ledger_hold_capture){
            .hold_id = hold_id(f->run, r->hold), .whole = r->whole, .post = post_of(f)};
        return &ledger_capture_kind;
    case MODEL_RELEASE:
        f->arg.release = (struct ledger_hold_release){r->reference, hold_id(f->run, r->hold),
                                                      r->whole, AMOUNT(r->amount)};
        return &ledger_release_kind;
    case MODEL_EXPIRE:
        f->arg.hold_id = hold_id(f->run, r->hold);
        return &ledger_expire_kind;
    case MODEL_START:
        f->arg.hold_id = hold_id(f->run, r->hold);
        return &ledger_start_kind;
    case MODEL_DEFER:
        f->command.arg = f;
        f->arg.defer.account_id = account_id(f->run, r->account);
        f->arg.defer.deferred = r->deferred;
        return &defer_kind;
    case MODEL_CLOSE:
    case MODEL_REOPEN:
    case MODEL_APPLY:
    case MODEL_RETRY:
        return make_account_command(f);
    }
    check_failed("model op", __FILE__, __LINE__);
}

static void landed(struct command *command)
{
    struct run *run = ((struct flight *)command->ctx)->run;

    counter_add(&run->left, -1); /* the writer's thread alone counts down */
    if (counter_get(&run->left) == 0) {
        signal_set(run->landed);
    }
}

static void send_chunk(struct run *run, size_t count)
{
    counter_set(&run->left, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        struct flight *f = &run->flights[i];

        *f = (struct flight){.run = run};
        random_request(run, &f->request);
        f->command.done = landed;
        f->command.ctx = f;
        f->command.arena = run->books->arena;
        f->command.kind = make_command(f);
    }
    for (size_t i = 0; i < count; i++) {
        CHECK(store_submit(run->books->store, &run->flights[i].command) == ERR_OK);
    }
    (void)signal_wait(run->landed, -1);
}

/* ---- comparing answers ---- */

static void disagree(const struct run *run, const char *what, int64_t found, int64_t due)
{
    print_error("TOMATO_SEED=%llu: %s is %lld, the model says %lld\n",
                (unsigned long long)run->seed, what, (long long)found, (long long)due);
    fail();
}

static void agree(const struct run *run, const char *what, int64_t found, int64_t due)
{
    if (found != due) {
        disagree(run, what, found, due);
    }
}

static void agree_on_refusal(const struct run *run, const struct flight *f,
                             const struct model_reply *due)
{
    if (f->command.err != due->err || strcmp(f->command.param, due->param) != 0) {
        print_error("TOMATO_SEED=%llu op %d: %s %s, the model says %s %s\n",
                    (unsigned long long)run->seed, (int)f->request.op, err_code(f->command.err),
                    f->command.param, err_code(due->err), due->param);
        fail();
    }
}

/* The id the model's number stands for is learnt from the first answer that names it. */
static void agree_on_id(struct run *run, const char *what, int64_t *ids, int number, int64_t found)
{
    if (ids[number] == 0) {
        ids[number] = found;
    }
    agree(run, what, found, ids[number]);
}

static void agree_on_reply(struct run *run, const struct flight *f, const struct model_reply *due)
{
    agree_on_refusal(run, f, due);
    run->seen[due->err]++;
    if (due->err != ERR_OK) {
        run->refused++;
        return;
    }
    run->repeated += due->exists ? 1 : 0;
    switch (f->request.op) {
    case MODEL_OPEN:
        agree_on_id(run, "account", run->account_ids, due->account, f->result.account_id);
        break;
    case MODEL_POST:
        agree(run, "journal", f->result.posted.journal_id, due->journal);
        agree(run, "exists", f->result.posted.exists, due->exists);
        break;
    case MODEL_PLACE:
    case MODEL_CAPTURE:
    case MODEL_RELEASE:
        agree_on_id(run, "hold", run->hold_ids, due->hold, f->result.held.hold_id);
        agree(run, "journal", f->result.held.journal_id, due->journal);
        agree(run, "exists", f->result.held.exists, due->exists);
        break;
    case MODEL_FLOOR:
    case MODEL_EXPIRE:
    case MODEL_START:
    case MODEL_CLOSE:
    case MODEL_REOPEN:
    case MODEL_DEFER:
    case MODEL_APPLY:
    case MODEL_RETRY:
        break;
    }
}

/* ---- comparing states ---- */

static void agree_on_account(const struct run *run, size_t number)
{
    const struct model_account *due = &run->model->accounts[number];
    struct ledger_account account = books_get(run->books, run->account_ids[number]);

    agree(run, "owner", account.owner_id, due->owner_id);
    agree(run, "code", account.code, due->code);
    agree(run, "currency", account.currency, due->currency);
    agree(run, "side", account.side == LEDGER_DEBIT, due->is_debit);
    agree(run, "has_floor", account.has_floor, due->has_floor);
    agree(run, "floor", account.floor.minor, due->floor);
    agree(run, "posted", account.posted.minor, (int64_t)model_posted(due));
    agree(run, "held", account.held.minor, (int64_t)due->held);
    agree(run, "awaited", account.awaited.minor, (int64_t)due->awaited);
    agree(run, "debits", account.debits.minor, (int64_t)due->debits);
    agree(run, "credits", account.credits.minor, (int64_t)due->credits);
    agree(run, "sequence", account.sequence, due->sequence);
    agree(run, "deferred", account.deferred, due->deferred);
    agree(run, "pending", account.pending, due->pending);
    agree(run, "closed", account.status == LEDGER_ACCOUNT_CLOSED, due->closed);
    agree(run, "credit blocks", account.credit_blocks, due->credit_blocks);
    agree(run, "debit blocks", account.debit_blocks, due->debit_blocks);
    agree(run, "holds", account.holds, due->holds);
    agree(run, "immature", ledger_immature(&account, run->model->today).minor,
          (int64_t)model_immature(due, run->model->today));
}

struct statement_query {
    struct run *run;
    size_t number;
};

/* Walks the account's statement from the newest leg and the model's entries from the last. */
static void agree_on_statement(struct books *books, struct reader *reader, void *ctx)
{
    const struct statement_query *query = ctx;
    const struct run *run = query->run;
    const struct model_entry *entries = run->model->entries;
    struct ledger_statement_page page = {
        .account_id = run->account_ids[query->number],
        .limit = 100,
    };
    size_t at = run->model->entry_count;

    do {
        struct ledger_statement statement;

        CHECK(ledger_read_statement(reader, &page, books->arena, &statement) == ERR_OK);
        for (size_t i = 0; i < statement.entry_count; i++) {
            do {
                CHECK(at-- > 0);
            } while (entries[at].account != (int)query->number);
            agree(run, "sequence", statement.entries[i].sequence, entries[at].sequence);
            agree(run, "balance", statement.entries[i].balance.minor, entries[at].balance);
            agree(run, "amount", statement.entries[i].amount.minor, entries[at].amount);
            agree(run, "side", statement.entries[i].side == LEDGER_DEBIT, entries[at].is_debit);
            agree(run, "journal", statement.entries[i].journal_id, entries[at].journal);
            agree(run, "time", statement.entries[i].created_at_ms, entries[at].at_ms);
        }
        page.cursor = statement.next_cursor;
    } while (page.cursor != 0);
    while (at-- > 0) {
        CHECK(entries[at].account != (int)query->number);
    }
}

static void agree_on_balance_as_of(struct books *books, struct reader *reader, void *ctx)
{
    const struct statement_query *query = ctx;
    struct run *run = query->run;
    const struct ledger_as_of as_of = {
        .account_id = run->account_ids[query->number],
        .at_ms = BOOKS_START_MS + below(run, run->model->now_ms - BOOKS_START_MS + 1),
    };
    struct ledger_balance balance;
    size_t at = run->model->entry_count;

    CHECK(ledger_read_balance(reader, &as_of, books->arena, &balance) == ERR_OK);
    while (at > 0 && (run->model->entries[at - 1].account != (int)query->number ||
                      run->model->entries[at - 1].at_ms > as_of.at_ms)) {
        at--;
    }
    agree(run, "balance as of", balance.posted.minor,
          at == 0 ? 0 : run->model->entries[at - 1].balance);
    agree(run, "sequence as of", balance.sequence,
          at == 0 ? 0 : run->model->entries[at - 1].sequence);
}

static void agree_on_holds(struct books *books, struct reader *reader, void *ctx)
{
    const struct run *run = ctx;

    for (size_t i = 0; i < run->model->hold_count; i++) {
        const struct model_hold *due = &run->model->holds[i];
        struct ledger_hold hold;

        CHECK(ledger_read_hold(reader, run->hold_ids[i], books->arena, &hold) == ERR_OK);
        agree(run, "hold account", hold.account_id, run->account_ids[due->account]);
        agree(run, "hold kind", hold.kind, due->kind);
        agree(run, "hold status", hold.status, due->status);
        agree(run, "hold effect", hold.effect, due->effect);
        agree(run, "hold maturity", hold.matures_on, due->matures_on);
        agree(run, "hold amount", hold.amount.minor, due->amount);
        agree(run, "hold captured", hold.captured.minor, due->captured);
        agree(run, "hold released", hold.released.minor, due->released);
        agree(run, "hold expiry", hold.expires_at_ms, due->expires_at_ms);
    }
}

static void agree_on_journals(struct books *books, struct reader *reader, void *ctx)
{
    const struct run *run = ctx;

    for (size_t i = 0; i < run->model->journal_count; i += 7) {
        const struct model_journal *due = &run->model->journals[i];
        struct ledger_journal_view view;

        CHECK(ledger_read_journal(reader, due->id, books->arena, &view) == ERR_OK);
        agree(run, "journal business no.", view.reference.business_no, due->reference.business_no);
        agree(run, "journal operation", view.reference.operation, due->reference.operation);
        agree(run, "journal source", view.reference.source, due->reference.source);
        agree(run, "journal legs", (int64_t)view.entry_count, due->leg_count);
        for (size_t j = 0; j < view.entry_count; j++) {
            const struct model_entry *entry = &run->model->entries[due->entries + j];

            agree(run, "leg account", view.entries[j].account_id, run->account_ids[entry->account]);
            agree(run, "leg balance", view.entries[j].balance.minor, entry->balance);
        }
    }
}

/* ---- entries that wait ---- */

static const enum ledger_pending_status statuses[] = {
    LEDGER_PENDING_WAITING, LEDGER_PENDING_APPLIED, LEDGER_PENDING_PARKED};

/* The first time an entry is seen it tells the id of its hold. */
static void agree_on_pending(struct run *run, const struct ledger_pending *found)
{
    const struct model_pending *due;

    agree(run, "pending id", found->id <= (int64_t)run->model->pending_count, true);
    due = &run->model->pendings[found->id - 1];
    agree(run, "pending account", found->account_id, run->account_ids[due->account]);
    agree(run, "pending number", found->number, due->number);
    agree(run, "pending side", found->side == LEDGER_DEBIT, due->is_debit);
    agree(run, "pending amount", found->amount.minor, due->amount);
    agree(run, "pending maturity", found->matures_on, due->matures_on);
    agree(run, "pending status", found->status, due->status);
    agree(run, "pending journal", found->journal_id, due->journal);
    agree(run, "pending hold", found->hold_id != 0, due->hold != MODEL_NOBODY);
    if (due->hold != MODEL_NOBODY) {
        agree_on_id(run, "pending hold id", run->hold_ids, due->hold, found->hold_id);
    }
    if (!str_eq(found->refusal,
                due->refusal == ERR_OK ? STR("") : str_of(err_code(due->refusal)))) {
        disagree(run, "pending refusal of", found->id, due->refusal);
    }
}

static void agree_on_pendings(struct books *books, struct reader *reader, void *ctx)
{
    struct run *run = ctx;
    size_t seen = run->known_pendings, count;
    struct ledger_pending *found;

    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct ledger_pending_filter filter = {
            .status = statuses[i], .after_id = (int64_t)run->known_pendings, .limit = 500};

        do {
            CHECK(ledger_read_pending(reader, &filter, books->arena, &found, &count) == ERR_OK);
            for (size_t j = 0; j < count; j++) {
                agree_on_pending(run, &found[j]);
                filter.after_id = found[j].id;
            }
            seen += count;
        } while (count == filter.limit);
    }
    agree(run, "entries that wait or waited", (int64_t)seen, (int64_t)run->model->pending_count);
    run->known_pendings = seen;
}

/* The accounts 2299 that were opened for entries that wait. */
static void learn_accounts(struct books *books, struct reader *reader, void *ctx)
{
    struct run *run = ctx;

    for (size_t i = run->known_accounts; i < run->model->account_count; i++) {
        const struct model_account *due = &run->model->accounts[i];
        const struct ledger_account_key key = {due->owner_id, due->code,
                                               (enum currency)due->currency};
        struct ledger_account account;

        CHECK(ledger_read_account_key(reader, &key, books->arena, &account) == ERR_OK);
        agree_on_id(run, "account", run->account_ids, (int)i, account.id);
    }
}

static void agree_on_all(struct run *run)
{
    for (size_t i = 0; i < run->model->account_count; i++) {
        struct statement_query query = {run, i};

        agree_on_account(run, i);
        books_read(run->books, agree_on_statement, &query);
        for (int j = 0; j < 5; j++) {
            books_read(run->books, agree_on_balance_as_of, &query);
        }
        arena_reset(run->books->arena);
    }
    run->known_pendings = 0;
    books_read(run->books, agree_on_pendings, run);
    books_read(run->books, agree_on_holds, run);
    books_read(run->books, agree_on_journals, run);
    books_assert_right(run->books);
}

/* ---- the run ---- */

static void run_chunk(struct run *run, size_t count)
{
    counter_set(&run->books->now_ms, run->model->now_ms);
    send_chunk(run, count);
    for (size_t i = 0; i < count; i++) {
        const struct model_request *request = &run->flights[i].request;
        const struct model_account *account = &run->model->accounts[BUSY];
        struct model_reply due;

        run->full_batches += request->op == MODEL_APPLY && request->account == BUSY &&
                             account->last - account->seen > LEDGER_PENDING_BATCH;
        due = model_apply(run->model, request);
        agree_on_reply(run, &run->flights[i], &due);
    }
    books_read(run->books, learn_accounts, run);
    run->known_accounts = run->model->account_count;
    books_read(run->books, agree_on_pendings, run);
    run->known_holds = run->model->hold_count;
    run->model->now_ms += one_in(run, 20) ? below(run, 12 * TIME_HOUR_MS) : below(run, 3000);
    run->model->today = time_business_date(run->model->now_ms);
    arena_reset(run->books->arena);
}

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    int64_t value;

    return text != NULL && str_parse_int(str_of(text), &value) == ERR_OK ? value : otherwise;
}

/* Of the entries that waited some were applied, some are parked, and batches were full. */
static void assert_parked_and_applied(const struct run *run)
{
    int64_t applied[2] = {0}, parked = 0;

    for (size_t i = 0; i < run->model->pending_count; i++) {
        const struct model_pending *pending = &run->model->pendings[i];

        applied[pending->hold != MODEL_NOBODY] += pending->status == LEDGER_PENDING_APPLIED;
        parked += pending->status == LEDGER_PENDING_PARKED;
    }
    assert_true(applied[0] > 100 && applied[1] > 100 && parked > 0);
    assert_true(run->full_batches > 0);
}

/* The random requests reach every answer they can; otherwise the test tests less than it says. */
static void assert_all_seen(const struct run *run)
{
    for (int err = ERR_LEDGER_REFERENCE; err <= ERR_LEDGER_CODE; err++) {
        if (run->seen[err] == 0) {
            print_error("TOMATO_SEED=%llu: %s never came\n", (unsigned long long)run->seed,
                        err_code((enum err)err));
            fail();
        }
    }
    assert_true(run->seen[ERR_LEDGER_CODE_OWN] > 0);
    assert_parked_and_applied(run);
    assert_true(run->repeated > 100);
    assert_true(run->seen[ERR_OK] > run->refused);
}

static void run_with(const char *scheme, uint64_t seed, int64_t operations)
{
    int64_t done = 0;
    struct run run = {
        .books = books_open(scheme),
        .model = model_new(),
        .seed = seed,
        .next_no = 1,
        .account_ids = mem_new((size_t)operations * 8 * sizeof(int64_t)),
        .hold_ids = mem_new((size_t)operations * 8 * sizeof(int64_t)),
        .flights = mem_new(CHUNK_MAX * sizeof(struct flight)),
        .landed = signal_new(),
    };

    print_message("TOMATO_SEED=%llu\n", (unsigned long long)seed);
    run.random = run.seed;
    run.model->now_ms = BOOKS_START_MS;
    run.model->today = time_business_date(BOOKS_START_MS);
    for (int chunk = 1; done < operations; chunk++) {
        int64_t count = 1 + below(&run, one_in(&run, 3) ? CHUNK_MAX : 20);

        run_chunk(&run, (size_t)(count < operations - done ? count : operations - done));
        done += count;
        if (chunk % 100 == 0) {
            books_reopen(run.books);
        }
    }
    agree_on_all(&run);
    if (seed == SEED) {
        assert_all_seen(&run);
    }
    signal_free(run.landed);
    mem_free(run.flights);
    mem_free(run.hold_ids);
    mem_free(run.account_ids);
    model_free(run.model);
    books_close(run.books);
}

/* The first seed reaches every answer; the others are there for what it does not think of. */
static void the_ledger_agrees_with_the_model(void **state)
{
    static const uint64_t seeds[] = {SEED, 7, 1848};
    int64_t operations = setting("TOMATO_OPERATIONS", OPERATIONS);

    if (getenv("TOMATO_SEED") != NULL) {
        run_with(*state, (uint64_t)setting("TOMATO_SEED", SEED), operations);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
        run_with(*state, seeds[i], i == 0 ? operations : operations / 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_agrees_with_the_model),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
