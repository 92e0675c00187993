/* One log of operations that commute, run in different ways: in batches of any size, with every
 * operation sent again, with the store closed and opened in between, in another order. The books
 * come out the same: row by row, or, in another order, leg by leg. */
#include "test/lib/ledger_kit_test.h"

#include "money/ledger/ledger_voucher.h"
#include "test/lib/fault_vfs.h"

#include <stdlib.h>

enum {
    OPERATIONS = 1000,
    RUNS_MAX = OPERATIONS * 3, /* every operation may be sent three times */
    MERCHANTS = 12,
    CHANNELS = 3,
    ACCOUNTS = MERCHANTS + CHANNELS + 1, /* and fee income */
    FIRST_OWNER = 100,
    FUNDS = 1000000000,
    TOMORROW = 20251123,
};

enum kind { TRANSFER = 1, VOUCHER, PLACE, CAPTURE, RELEASE };

struct operation {
    enum kind kind;
    int64_t no;      /* its business number, from 1 */
    size_t from, to; /* accounts; of a hold: from */
    size_t place;    /* of a capture or release: the operation that placed the hold */
    int64_t amount;
    bool whole;
    int32_t matures_on;
};

struct log {
    struct operation operations[OPERATIONS];
    size_t count;
    uint64_t random;
};

/* ---- the log ---- */

static int64_t below(uint64_t *random, int64_t n)
{
    uint64_t z = (*random += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

static struct operation *add(struct log *log, enum kind kind)
{
    struct operation *operation = &log->operations[log->count++];

    operation->kind = kind;
    operation->no = (int64_t)log->count;
    operation->from = (size_t)below(&log->random, MERCHANTS);
    operation->to = MERCHANTS + (size_t)below(&log->random, CHANNELS);
    operation->amount = 1 + below(&log->random, 1000);
    return operation;
}

/* A hold that stays, that is captured and given back in part each, or that is captured whole. */
static void add_hold(struct log *log)
{
    size_t place = log->count, way = (size_t)below(&log->random, 3);
    struct operation hold = *add(log, PLACE);

    for (size_t i = 0; i < way; i++) {
        struct operation *step = add(log, way == 2 && i == 1 ? RELEASE : CAPTURE);

        step->place = place;
        step->from = hold.from;
        step->whole = way == 1;
        step->amount = i == 0 ? (hold.amount + 1) / 2 : hold.amount / 2;
        step->amount += step->amount == 0 ? 1 : 0;
    }
}

static struct log *log_new(uint64_t seed)
{
    struct log *log = mem_new(sizeof(*log));

    log->random = seed;
    while (log->count + 3 <= OPERATIONS) {
        int64_t dice = below(&log->random, 10);

        if (dice < 2) {
            add_hold(log);
        } else if (dice < 5) {
            add(log, VOUCHER)->matures_on = below(&log->random, 2) == 0 ? TOMORROW : 0;
        } else {
            struct operation *transfer = add(log, TRANSFER);

            transfer->to =
                below(&log->random, 2) == 0 ? transfer->to : (transfer->from + 1) % MERCHANTS;
        }
    }
    return log;
}

/* ---- one operation as a command ---- */

struct run {
    struct books *books;
    const struct log *log;
    int64_t accounts[ACCOUNTS];
    int64_t holds[OPERATIONS]; /* by the operation that placed them */
    struct flight *flights;
    struct counter left;
    struct signal *landed;
};

struct flight {
    struct command command;
    struct run *run;
    const struct operation *operation;
    struct ledger_leg legs[2];
    bool exists;
};

static void legs_of(const struct run *run, const struct operation *o, struct ledger_leg legs[2])
{
    legs[0] = debit(run->accounts[o->from], o->amount);
    legs[1] = credit(run->accounts[o->to], o->amount);
}

static struct ledger_post post_of(const struct operation *o, const struct ledger_leg *legs)
{
    return (struct ledger_post){
        .reference = {LEDGER_SOURCE_OPERATOR,
                      o->kind == CAPTURE ? LEDGER_OPERATION_CAPTURE : LEDGER_OPERATION_TRANSFER,
                      o->no},
        .legs = legs,
        .leg_count = 2,
    };
}

static struct ledger_voucher voucher_of(const struct operation *o)
{
    return (struct ledger_voucher){
        .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
        .mode = LEDGER_FUND_COLLECT,
        .business_no = o->no,
        .merchant_id = FIRST_OWNER + (int64_t)o->from,
        .channel_account_id = FIRST_OWNER + (int64_t)o->to,
        .currency = CURRENCY_CNY,
        .matures_on = o->matures_on,
        .amounts =
            {[LEDGER_AMOUNT_GROSS] = AMOUNT(o->amount + 10), [LEDGER_AMOUNT_FEE] = AMOUNT(3)},
    };
}

static enum err operation_apply(struct tx *tx, const void *arg, void *result)
{
    const struct flight *flight = arg;
    const struct operation *o = flight->operation;
    struct run *run = flight->run;
    struct ledger_posted posted = {0};
    struct ledger_held held = {0};
    struct ledger_leg legs[2];
    struct ledger_post post = post_of(o, legs);
    struct ledger_voucher voucher = voucher_of(o);
    int64_t hold_id = run->holds[o->place];

    legs_of(run, o, legs);
    switch (o->kind) {
    case TRANSFER:
        TRY(ledger_post(tx, &post, &posted));
        break;
    case VOUCHER:
        TRY(ledger_voucher_post(tx, &voucher, &posted));
        break;
    case PLACE:
        TRY(ledger_hold_place(
            tx,
            &(struct ledger_hold_place){
                .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, o->no},
                .account_id = run->accounts[o->from],
                .kind = LEDGER_HOLD_RISK,
                .amount = AMOUNT(o->amount)},
            &held));
        run->holds[o - run->log->operations] = held.hold_id;
        break;
    case CAPTURE:
        TRY(ledger_hold_capture(
            tx, &(struct ledger_hold_capture){.hold_id = hold_id, .whole = o->whole, .post = post},
            &held));
        break;
    case RELEASE:
        TRY(ledger_hold_release(
            tx,
            &(struct ledger_hold_release){
                .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_RELEASE, o->no},
                .hold_id = hold_id,
                .amount = AMOUNT(o->amount)},
            &held));
        break;
    }
    *(bool *)result = posted.exists || held.exists;
    return ERR_OK;
}

/* What the real commands prefetch; the hold of a capture may be one that the same batch places. */
static void operation_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct flight *flight = arg;
    const struct operation *o = flight->operation;
    const struct ledger_post post = post_of(o, flight->legs);
    const struct ledger_voucher voucher = voucher_of(o);

    if (o->kind == TRANSFER || o->kind == CAPTURE) {
        ledger_prefetch_post(pre, &post, round);
    } else if (o->kind == VOUCHER) {
        ledger_prefetch_voucher(pre, &voucher, round);
    }
}

static const struct command_kind operation_kind = {
    .name = "test.operation",
    .prefetch = operation_prefetch,
    .apply = operation_apply,
    .result_size = sizeof(bool),
};

/* ---- running the log ---- */

static void landed(struct command *command)
{
    struct run *run = ((struct flight *)command->ctx)->run;

    counter_add(&run->left, -1); /* the writer's thread alone counts down */
    if (counter_get(&run->left) == 0) {
        signal_set(run->landed);
    }
}

/* The clock has moved on by then, as ids are made of it. */
static void restart(struct run *run)
{
    counter_add(&run->books->now_ms, 1000);
    CHECK(store_open(&run->books->options, &run->books->store, NULL) == ERR_OK);
    ledger_watch(run->books->store);
}

static struct run *run_new(const char *scheme, const struct log *log, size_t batch)
{
    struct run *run = mem_new(sizeof(*run));
    struct books *books = books_open(scheme);

    *run = (struct run){.books = books,
                        .log = log,
                        .flights = mem_new(RUNS_MAX * sizeof(struct flight)),
                        .landed = signal_new()};
    store_close(books->store);
    books->options.batch_max = batch;
    restart(run);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        int64_t code = i < MERCHANTS              ? LEDGER_CODE_MERCHANT_PAYABLE
                       : i < MERCHANTS + CHANNELS ? LEDGER_CODE_CHANNEL_RECEIVABLE
                                                  : LEDGER_CODE_FEE_INCOME;

        run->accounts[i] =
            books_account(books, i == ACCOUNTS - 1 ? LEDGER_PLATFORM : FIRST_OWNER + (int64_t)i,
                          code, CURRENCY_CNY);
    }
    books->next_no = OPERATIONS + 1;
    for (size_t i = 0; i < MERCHANTS; i++) {
        assert_ok(books_transfer(books, run->accounts[MERCHANTS], run->accounts[i], FUNDS));
    }
    return run;
}

static void run_free(struct run *run)
{
    books_assert_right(run->books);
    books_close(run->books);
    signal_free(run->landed);
    mem_free(run->flights);
    mem_free(run);
}

struct gate {
    struct command command;
    struct signal *open;
};

static enum err gate_apply(struct tx *tx, const void *arg, void *result)
{
    (void)tx;
    (void)result;
    (void)signal_wait(((const struct gate *)arg)->open, -1);
    return ERR_OK;
}

static void gate_passed(struct command *command)
{
    (void)command;
}

/* Sends them while the writer is held up, so that its batches are as large as they may be. */
static void send_all(struct run *run, const size_t *order, size_t count)
{
    static const struct command_kind gate_kind = {.name = "test.gate", .apply = gate_apply};
    struct gate gate = {.open = signal_new()};

    gate.command = (struct command){.kind = &gate_kind, .arg = &gate, .done = gate_passed};
    counter_set(&run->left, (int64_t)count);
    CHECK(store_submit(run->books->store, &gate.command) == ERR_OK);
    for (size_t i = 0; i < count; i++) {
        struct flight *flight = &run->flights[i];

        *flight = (struct flight){.run = run, .operation = &run->log->operations[order[i]]};
        legs_of(run, flight->operation, flight->legs);
        flight->command = (struct command){.kind = &operation_kind,
                                           .arg = flight,
                                           .result = &flight->exists,
                                           .done = landed,
                                           .ctx = flight};
        CHECK(store_submit(run->books->store, &flight->command) == ERR_OK);
    }
    signal_set(gate.open);
    (void)signal_wait(run->landed, -1);
    signal_free(gate.open);
    for (size_t i = 0; i < count; i++) {
        assert_ok(run->flights[i].command.err);
    }
}

static void in_order(const struct log *log, size_t *order)
{
    for (size_t i = 0; i < log->count; i++) {
        order[i] = i;
    }
}

/* ---- what the books are ---- */

/* Without times and the ids that are made by us, which are other ones in each run. */
struct digest {
    uint64_t rows;     /* of the journal, in their order */
    uint64_t legs;     /* of each account, in no order */
    uint64_t accounts; /* with the place of their last leg */
    uint64_t ends;     /* accounts and holds, without it */
    struct run *run;
};

static uint64_t mix(uint64_t hash, int64_t value)
{
    uint64_t random = hash ^ (uint64_t)value;

    return hash * 31 + (uint64_t)below(&random, INT64_MAX);
}

static int64_t number_of(const struct run *run, int64_t account_id)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        if (run->accounts[i] == account_id) {
            return (int64_t)i + 1;
        }
    }
    return account_id == 0 ? 0 : -1;
}

static int64_t placed_by(const struct run *run, int64_t hold_id)
{
    for (size_t i = 0; hold_id != 0 && i < run->log->count; i++) {
        if (run->holds[i] == hold_id) {
            return (int64_t)i + 1;
        }
    }
    return hold_id == 0 ? 0 : -1;
}

/* The rows of a journal after its first one carry no reference; first is that of their first. */
static void digest_row(struct digest *digest, const struct ledger_journal *row,
                       const struct ledger_journal *first)
{
    const int64_t fields[] = {
        row->id,        row->business_no,   row->source,
        row->operation, row->part,          row->leg_count,
        row->voucher,   row->business_date, placed_by(digest->run, row->hold_id)};

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        digest->rows = mix(digest->rows, fields[i]);
    }
    for (size_t i = 0; i < LEDGER_SLOTS; i++) {
        const struct ledger_slot *slot = &row->slots[i];
        const int64_t leg[] = {number_of(digest->run, slot->account_id),
                               slot->amount.minor,
                               slot->matures_on,
                               row->business_date,
                               first->business_no,
                               first->source,
                               first->operation};
        const int64_t place[] = {slot->sequence, slot->balance.minor, slot->previous};
        uint64_t hash = 0;

        for (size_t j = 0; j < ARRAY_LEN(leg); j++) {
            hash = mix(hash, leg[j]);
        }
        digest->legs += hash;
        digest->rows = mix(digest->rows, (int64_t)hash);
        for (size_t j = 0; j < ARRAY_LEN(place); j++) {
            digest->rows = mix(digest->rows, place[j]);
        }
    }
}

static void digest_journal(struct books *books, struct reader *reader, struct digest *digest)
{
    struct ledger_journal *rows, first = {0};
    int64_t after = 0;
    size_t count;

    do {
        CHECK(ledger__read_rows_after(reader, after, 500, books->arena, &rows, &count) == ERR_OK);
        for (size_t i = 0; i < count; i++) {
            first = rows[i].part == 0 ? rows[i] : first;
            digest_row(digest, &rows[i], &first);
            after = rows[i].id;
        }
    } while (count > 0);
}

static void digest_account(struct digest *digest, const struct ledger_account *account)
{
    const int64_t fields[] = {account->status,       account->posted.minor,  account->held.minor,
                              account->debits.minor, account->credits.minor, account->sequence,
                              account->holds,        account->pending};

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        digest->ends = mix(digest->ends, fields[i]);
    }
    for (size_t i = 0; i < account->maturities.len; i++) {
        digest->ends = mix(digest->ends, account->maturities.ptr[i]);
    }
    digest->accounts = mix(mix(digest->accounts, (int64_t)digest->ends), account->last_position);
}

static void digest_run(struct books *books, struct reader *reader, void *ctx)
{
    struct digest *digest = ctx;
    const struct run *run = digest->run;

    digest_journal(books, reader, digest);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct ledger_account account;

        CHECK(ledger_read_account(reader, run->accounts[i], books->arena, &account) == ERR_OK);
        digest_account(digest, &account);
    }
    for (size_t i = 0; i < run->log->count; i++) {
        struct ledger_hold hold;

        if (run->log->operations[i].kind != PLACE) {
            continue;
        }
        CHECK(ledger_read_hold(reader, run->holds[i], books->arena, &hold) == ERR_OK);
        digest->ends = mix(digest->ends, hold.status);
        digest->ends = mix(digest->ends, hold.amount.minor);
        digest->ends = mix(digest->ends, hold.captured.minor);
        digest->ends = mix(digest->ends, hold.released.minor);
    }
}

/* Ends the run. */
static struct digest digest_of(struct run *run)
{
    struct digest digest = {.run = run};

    books_read(run->books, digest_run, &digest);
    run_free(run);
    return digest;
}

static struct digest plain_run(const char *scheme, const struct log *log, size_t batch,
                               int64_t *batches)
{
    struct run *run = run_new(scheme, log, batch);
    int64_t before = store_commit_no(run->books->store);
    size_t order[OPERATIONS];

    in_order(log, order);
    send_all(run, order, log->count);
    *batches = store_commit_no(run->books->store) - before;
    return digest_of(run);
}

static void assert_same_books(const struct digest *a, const struct digest *b)
{
    assert_true(a->rows == b->rows);
    assert_true(a->accounts == b->accounts);
    assert_true(a->legs == b->legs);
    assert_true(a->ends == b->ends);
}

static uint64_t seed(void)
{
    const char *text = getenv("TOMATO_SEED");
    int64_t value = 20251122;

    if (text != NULL) {
        CHECK(str_parse_int(str_of(text), &value) == ERR_OK);
    }
    print_message("TOMATO_SEED=%lld\n", (long long)value);
    return (uint64_t)value;
}

/* ---- the ways to run it ---- */

static void the_size_of_batches_changes_nothing(void **state)
{
    static const size_t sizes[] = {1, 7, 64, 512};
    struct log *log = log_new(seed());
    struct digest first = {0};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t due = (log->count + sizes[i] - 1) / sizes[i];
        int64_t batches;
        struct digest digest = plain_run(*state, log, sizes[i], &batches);

        assert_in_range(batches, due, due + 1); /* the gate stands in the first one, or before it */
        first = i == 0 ? digest : first;
        assert_same_books(&first, &digest);
    }
    mem_free(log);
}

static void assert_all_exist(const struct run *run, size_t from, size_t count, size_t step)
{
    for (size_t i = from; i < count; i += step) {
        assert_true(run->flights[i].exists);
    }
}

/* At once, mostly in the same batch, and once more when all is over. */
static void what_is_sent_again_changes_nothing(void **state)
{
    struct log *log = log_new(seed());
    struct run *run = run_new(*state, log, 64);
    struct digest plain, again;
    size_t order[RUNS_MAX];
    int64_t batches;

    for (size_t i = 0; i < log->count; i++) {
        order[i * 2] = order[i * 2 + 1] = i;
    }
    send_all(run, order, log->count * 2);
    assert_all_exist(run, 1, log->count * 2, 2);
    in_order(log, order);
    send_all(run, order, log->count);
    assert_all_exist(run, 0, log->count, 1);
    again = digest_of(run);
    plain = plain_run(*state, log, 64, &batches);
    assert_same_books(&plain, &again);
    mem_free(log);
}

static void a_restart_changes_nothing(void **state)
{
    struct log *log = log_new(seed());
    struct run *run = run_new(*state, log, 64);
    struct digest plain, restarted;
    size_t order[OPERATIONS], part = log->count / 5 + 1;
    int64_t batches;

    in_order(log, order);
    for (size_t i = 0; i < log->count; i += part) {
        send_all(run, order + i, log->count - i < part ? log->count - i : part);
        store_close(run->books->store);
        restart(run);
    }
    restarted = digest_of(run);
    plain = plain_run(*state, log, 64, &batches);
    assert_same_books(&plain, &restarted);
    mem_free(log);
}

/* What the crash has lost is booked by sending all of it again. */
static void a_crash_changes_nothing_when_all_is_sent_again(void **state)
{
    struct log *log = log_new(seed());
    struct fault_disk *disk = fault_disk_new(), *found = fault_disk_new();
    struct fault_crash crash = {.loss = FAULT_TEAR, .seed = log->random};
    struct digest plain, crashed;
    size_t order[OPERATIONS];
    struct run *run;
    int64_t batches;

    if (strcmp(*state, "sqlite") == 0) {
        plain = plain_run(*state, log, 64, &batches);
        fault_disk_use(disk);
        run = run_new(*state, log, 64);
        crash.call = fault_disk_calls(disk);
        in_order(log, order);
        send_all(run, order, log->count);
        crash.call += (fault_disk_calls(disk) - crash.call) / 2;
        store_close(run->books->store);
        fault_disk_crash(disk, &crash, found);
        fault_disk_use(found);
        restart(run);
        send_all(run, order, log->count);
        assert_true(run->flights[0].exists);
        assert_false(run->flights[log->count - 1].exists);
        crashed = digest_of(run);
        assert_same_books(&plain, &crashed);
        fault_disk_use(NULL);
    }
    fault_disk_free(disk);
    fault_disk_free(found);
    mem_free(log);
}

/* Any order in which a hold is placed before its other steps. */
static void shuffle(struct log *log, size_t *order)
{
    bool placed[OPERATIONS] = {false};

    in_order(log, order);
    for (size_t i = log->count - 1; i > 0; i--) {
        size_t other = (size_t)below(&log->random, (int64_t)i + 1), kept = order[i];

        order[i] = order[other];
        order[other] = kept;
    }
    for (size_t i = 0; i < log->count; i++) {
        const struct operation *o = &log->operations[order[i]];

        if ((o->kind == CAPTURE || o->kind == RELEASE) && !placed[o->place]) {
            for (size_t j = i + 1; j < log->count; j++) {
                order[j] = order[j] == o->place ? order[i] : order[j];
            }
            order[i] = o->place;
        }
        placed[order[i]] = true;
    }
}

static void another_order_moves_the_same_money(void **state)
{
    struct log *log = log_new(seed());
    struct run *run = run_new(*state, log, 64);
    struct digest plain, shuffled;
    size_t order[OPERATIONS];
    int64_t batches;

    shuffle(log, order);
    send_all(run, order, log->count);
    shuffled = digest_of(run);
    plain = plain_run(*state, log, 64, &batches);
    assert_true(plain.legs == shuffled.legs);
    assert_true(plain.ends == shuffled.ends);
    assert_true(plain.rows != shuffled.rows);
    mem_free(log);
}

/* So the tests above could fail. */
static void one_cent_more_makes_other_books(void **state)
{
    struct log *log = log_new(seed());
    struct digest plain, other;
    int64_t batches;
    size_t at = 0;

    plain = plain_run(*state, log, 512, &batches);
    while (log->operations[at].kind != TRANSFER) {
        at++;
    }
    log->operations[at].amount++;
    other = plain_run(*state, log, 512, &batches);
    assert_true(plain.rows != other.rows);
    assert_true(plain.accounts != other.accounts);
    assert_true(plain.legs != other.legs);
    assert_true(plain.ends != other.ends);
    mem_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_size_of_batches_changes_nothing),
        cmocka_unit_test(what_is_sent_again_changes_nothing),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(a_crash_changes_nothing_when_all_is_sent_again),
        cmocka_unit_test(another_order_moves_the_same_money),
        cmocka_unit_test(one_cent_more_makes_other_books),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
