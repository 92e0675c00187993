/* A batch becomes durable while the next one is applied on top of it: what fails takes with it
 * exactly what was not answered. */
#include "test/lib/store_kit_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMANDS = 24, BATCH = 4, WAIT_MS = 10000, KEEPER = 1, ITEM = 1, LONG_NAME = 61 };
enum { EXIT_FAULT_MET = 0, EXIT_NO_FAULT = 7 };

struct step {
    struct command command;
    int64_t no; /* from 1 */
    bool too_long;
};

struct answer {
    int64_t no;
    int64_t err;
    int64_t commit_no;
};

struct run {
    struct kit *kit;
    struct step steps[COMMANDS];
    struct kit_command gate;
    struct signal *entered, *go, *done;
    struct counter left;
    int answers; /* a pipe */
};

/* ---- commands ---- */

/* The keeper is in memory; every fifth command also needs an item, which has to be loaded. */
static enum err step_apply(struct tx *tx, const void *arg, void *result)
{
    const struct step *step = arg;
    const struct note note = {.text = STR("step"), .source = step->no};
    void *row;

    (void)result;
    TRY(tx_edit(tx, &keeper_table, KEEPER, &row));
    ((struct keeper *)row)->total++;
    if (step->no % 5 == 0) {
        TRY(kit_bump(tx, &(int64_t){ITEM}));
    }
    if (step->too_long) {
        TRY(kit_insert_named(tx, 100, 100, str_printf(tx_arena(tx), "%*s", LONG_NAME, "x")));
    }
    kit_note_keyed(tx, &note);
    return ERR_OK;
}

static const struct command_kind step_kind = {.name = "flight.step", .apply = step_apply};

static enum err hold_up(struct tx *tx, void *ctx)
{
    struct run *run = ctx;

    (void)tx;
    signal_set(run->entered);
    (void)signal_wait(run->go, -1);
    return ERR_OK;
}

static void step_done(struct command *command)
{
    struct run *run = command->ctx;
    const struct step *step = (const struct step *)(const void *)command;
    const struct answer answer = {step->no, command->err, command->commit_no};

    CHECK(write(run->answers, &answer, sizeof(answer)) == sizeof(answer));
    counter_add(&run->left, -1);
    if (counter_get(&run->left) == 0) {
        signal_set(run->done);
    }
}

/* ---- a run: all commands wait in the queue before the first batch is taken ---- */

static void run_all(struct run *run, int64_t fault)
{
    run->entered = signal_new();
    run->go = signal_new();
    run->done = signal_new();
    run->gate = (struct kit_command){.run = hold_up, .ctx = run};
    counter_set(&run->left, COMMANDS);
    kit_submit(run->kit, &run->gate, 1);
    CHECK(signal_wait(run->entered, WAIT_MS));
    for (size_t i = 0; i < COMMANDS; i++) {
        struct step *step = &run->steps[i];

        step->no = (int64_t)i + 1;
        step->command = (struct command){.kind = &step_kind,
                                         .arg = step,
                                         .arena = run->kit->arena,
                                         .done = step_done,
                                         .ctx = run};
        CHECK(store_submit(run->kit->store, &step->command) == ERR_OK);
    }
    store_fault_at(fault);
    signal_set(run->go);
    CHECK(signal_wait(run->done, WAIT_MS));
}

/* In a child process: a fault at a commit ends it. */
static pid_t start_run(struct kit *kit, int64_t fault, int too_long, int *answers)
{
    static struct run run;
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool met;

        log_configure(LOG_ERROR, open("/dev/null", O_WRONLY));
        kit_start(kit);
        run = (struct run){.kit = kit, .answers = ends[1]};
        for (size_t i = 0; i < COMMANDS; i++) {
            run.steps[i].too_long = (int)i + 1 == too_long;
        }
        run_all(&run, fault);
        met = fault > 0 && store_fault_calls() >= fault;
        store_close(kit->store);
        _exit(met ? EXIT_FAULT_MET : EXIT_NO_FAULT);
    }
    (void)close(ends[1]);
    *answers = ends[0];
    return pid;
}

/* The notes are those of the commands that were answered, in their order and without a gap; the
 * rows have counted as many. Returns how many commands were answered at all. */
static size_t check_answers(struct kit *kit, int answers, int64_t *total, int64_t *bumps)
{
    struct answer answer;
    struct keeper keeper;
    struct item item;
    struct note note;
    size_t count = 0;
    int64_t commit_no = 0;

    for (; read(answers, &answer, sizeof(answer)) == sizeof(answer); count++) {
        if (answer.err != ERR_OK) {
            assert_int_equal(answer.err, ERR_STORE_DATABASE);
            assert_int_equal(answer.commit_no, 0);
            continue;
        }
        assert_true(answer.commit_no >= commit_no);
        commit_no = answer.commit_no;
        ++*total;
        *bumps += answer.no % 5 == 0 ? 1 : 0;
        assert_int_equal(kit_note_get(kit, *total, &note), ERR_OK);
        assert_int_equal(note.source, answer.no);
    }
    (void)close(answers);
    assert_int_equal(kit_note_get(kit, *total + 1, &note), ERR_STORE_NOT_FOUND);
    assert_int_equal(kit_keeper_get(kit, KEEPER, &keeper), ERR_OK);
    assert_int_equal(keeper.total, *total);
    assert_int_equal(kit_get(kit, ITEM, &item), ERR_OK);
    assert_int_equal(item.amount.minor, 100 + *bumps);
    return count;
}

static enum err make_rows(struct tx *tx, void *ctx)
{
    const struct keeper keeper = {.id = KEEPER, .note = STR("flight")};

    (void)ctx;
    TRY(kit_insert(tx, ITEM, ITEM, "flight"));
    return tx_insert(tx, &keeper_table, &keeper);
}

static struct kit *flight_kit(const char *scheme)
{
    struct kit *kit = kit_new(scheme);

    kit->options.batch_max = BATCH;
    kit->options.flight_min = 1;
    return kit;
}

/* A new database takes MariaDB ten times as long. */
static int64_t every_of(const char *scheme)
{
    return strcmp(scheme, "sqlite") == 0 ? 1 : 3;
}

static void a_fault_at_any_call_undoes_what_was_not_answered(void **state)
{
    int64_t every = every_of(*state);
    int status = 0;

    for (int64_t fault = 1; !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_NO_FAULT;
         fault += every) {
        struct kit *kit = flight_kit(*state);
        int64_t total = 0, bumps = 0;
        int answers;
        size_t count;
        pid_t pid;

        kit_start(kit);
        assert_int_equal(kit_run(kit, make_rows, NULL), ERR_OK);
        store_close(kit->store);
        pid = start_run(kit, fault, 0, &answers);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        kit_start(kit);
        count = check_answers(kit, answers, &total, &bumps);
        if (WIFEXITED(status)) {
            assert_int_equal(count, COMMANDS);
            assert_true(WEXITSTATUS(status) == EXIT_NO_FAULT || total >= COMMANDS - BATCH);
        } else {
            assert_int_equal(WTERMSIG(status), SIGABRT);
            assert_true(count < COMMANDS);
        }
        kit_close(kit);
    }
}

static void a_command_the_database_refuses_takes_no_other_with_it(void **state)
{
    for (int too_long = 1; too_long <= COMMANDS; too_long += 3 * (int)every_of(*state)) {
        struct kit *kit = flight_kit(*state);
        int64_t total = 0, bumps = 0;
        int answers, status;
        pid_t pid;

        kit_start(kit);
        assert_int_equal(kit_run(kit, make_rows, NULL), ERR_OK);
        store_close(kit->store);
        pid = start_run(kit, 0, too_long, &answers);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        kit_start(kit);
        assert_int_equal(check_answers(kit, answers, &total, &bumps), COMMANDS);
        assert_int_equal(total, COMMANDS - 1);
        kit_close(kit);
    }
}

/* ---- the next batch is applied meanwhile ---- */

static enum err tell(struct tx *tx, void *ctx)
{
    (void)tx;
    signal_set(ctx);
    return ERR_OK;
}

struct first {
    struct step step;
    struct signal *second_applied;
    struct signal *done;
    bool overlapped;
};

static void first_done(struct command *command)
{
    struct first *first = command->ctx;

    first->overlapped = signal_wait(first->second_applied, WAIT_MS);
    signal_set(first->done);
}

static void the_next_batch_is_applied_meanwhile(void **state)
{
    struct kit *kit = flight_kit(*state);
    struct first first = {.step.no = 1, .second_applied = signal_new(), .done = signal_new()};
    struct run run = {.kit = kit, .entered = signal_new(), .go = signal_new()};
    struct kit_command gate = {.run = hold_up, .ctx = &run};
    struct kit_command second = {.run = tell, .ctx = first.second_applied};

    kit->options.batch_max = 1;
    kit_start(kit);
    assert_int_equal(kit_run(kit, make_rows, NULL), ERR_OK);
    kit_submit(kit, &gate, 1);
    assert_true(signal_wait(run.entered, WAIT_MS));
    first.step.command =
        (struct command){.kind = &step_kind, .arg = &first.step, .done = first_done, .ctx = &first};
    assert_int_equal(store_submit(kit->store, &first.step.command), ERR_OK);
    kit_submit(kit, &second, 1);
    signal_set(run.go);
    assert_true(signal_wait(first.done, 2 * WAIT_MS));
    assert_true(first.overlapped);
    kit_close(kit);
    signal_free(first.second_applied);
    signal_free(first.done);
    signal_free(run.entered);
    signal_free(run.go);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_at_any_call_undoes_what_was_not_answered),
        cmocka_unit_test(a_command_the_database_refuses_takes_no_other_with_it),
        cmocka_unit_test(the_next_batch_is_applied_meanwhile),
    };

    return kit_run_on_every_database(tests, ARRAY_LEN(tests));
}
