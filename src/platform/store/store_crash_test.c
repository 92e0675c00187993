/* What was answered is there after the process has died, at whatever moment. */
#include "test/lib/store_kit_test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOADERS = 200, CRASHES = 4, LOAD_MS = 150 };

struct loader {
    struct kit_command kit;
    struct kit *owner;
    int64_t next; /* the id its next command inserts */
    int answers;  /* a pipe: ids whose insert has been answered */
};

/* An item and a note, both or neither. */
static enum err load_apply(struct tx *tx, const void *arg, void *result)
{
    const struct loader *loader = arg;

    (void)result;
    TRY(kit_insert(tx, loader->next, loader->next, "load"));
    kit_note(tx, "load");
    return ERR_OK;
}

static const struct command_kind load_kind = {.name = "crash.load", .apply = load_apply};

static void load_submit(struct loader *loader);

/* On the store's thread. */
static void load_done(struct command *command)
{
    struct loader *loader = command->ctx;

    if (command->err == ERR_OK) {
        CHECK(write(loader->answers, &loader->next, sizeof(loader->next)) == sizeof(int64_t));
    }
    loader->next += LOADERS;
    load_submit(loader);
}

static void load_submit(struct loader *loader)
{
    loader->kit.command =
        (struct command){.kind = &load_kind, .arg = loader, .done = load_done, .ctx = loader};
    CHECK(store_submit(loader->owner->store, &loader->kit.command) == ERR_OK);
}

/* A child process that inserts until it is killed. */
static pid_t start_load(struct kit *kit, int64_t first, int *answers)
{
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct loader *loaders = mem_new(LOADERS * sizeof(*loaders));

        kit_start(kit);
        for (int i = 0; i < LOADERS; i++) {
            loaders[i] = (struct loader){.owner = kit, .next = first + i, .answers = ends[1]};
            load_submit(&loaders[i]);
        }
        for (;;) {
            (void)pause();
        }
    }
    (void)close(ends[1]);
    *answers = ends[0];
    return pid;
}

static void check_answered(struct kit *kit, int answers, int64_t *last)
{
    struct item found;
    int64_t id;
    size_t count = 0;

    while (read(answers, &id, sizeof(id)) == sizeof(id)) {
        assert_int_equal(kit_get(kit, id, &found), ERR_OK);
        *last = id > *last ? id : *last;
        count++;
    }
    assert_true(count > 0);
    (void)close(answers);
}

/* As many notes as items, without a gap. */
static void check_notes(struct kit *kit)
{
    int64_t count = kit_count(kit);
    struct note note;

    assert_int_equal(kit_note_get(kit, count, &note), ERR_OK);
    assert_int_equal(kit_note_get(kit, count + 1, &note), ERR_STORE_NOT_FOUND);
    for (int64_t id = 1; id <= count; id += 97) {
        assert_int_equal(kit_note_get(kit, id, &note), ERR_OK);
    }
}

static void answered_commands_survive_a_kill(void **state)
{
    struct kit *kit = kit_new(*state);
    int64_t last = 0;

    kit->options.queue_max = 2 * LOADERS;
    for (int i = 0; i < CRASHES; i++) {
        int answers;
        pid_t pid = start_load(kit, last + LOADERS * 1000, &answers);
        int64_t first;

        assert_int_equal(read(answers, &first, sizeof(first)), sizeof(first));
        (void)usleep((useconds_t)(LOAD_MS + i * 13) * 1000);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        kit_start(kit);
        check_answered(kit, answers, &last);
        check_notes(kit);
        store_close(kit->store);
        kit->store = NULL;
    }
    kit_close(kit);
}

/* ---- a commit that fails stops the process ---- */

static enum err two_rows(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(kit_insert(tx, 2, 2, "two"));
    kit_note(tx, "two");
    return ERR_OK;
}

static void a_fault_at_commit_stops_the_process_unanswered(void **state)
{
    struct kit *kit = kit_new(*state);
    struct item found;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        log_configure(LOG_ERROR, STDOUT_FILENO);
        kit_start(kit);
        kit_put(kit, 1, "one");
        (void)kit_run(kit, kit_bump, &(int64_t){1});
        /* begin, the look-up of the owner, the lease, two tables, and then the commit */
        store_fault_at(6);
        (void)kit_run(kit, two_rows, NULL);
        _exit(0); /* answered: wrong */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    kit_start(kit);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(found.amount.minor, 101);
    assert_int_equal(kit_get(kit, 2, &found), ERR_STORE_NOT_FOUND);
    assert_int_equal(kit_run(kit, two_rows, NULL), ERR_OK);
    kit_close(kit);
}

/* The disk is full, which a limit on file sizes imitates. */
static void a_write_that_fails_stops_the_process(void **state)
{
    struct kit *kit = kit_new(*state);
    const struct rlimit limit = {2 << 20, 2 << 20};
    int64_t last = 0;
    int ends[2];
    int status;
    pid_t pid;

    if (strcmp(*state, "sqlite") == 0) {
        assert_int_equal(pipe(ends), 0);
        pid = fork();
        if (pid == 0) {
            log_configure(LOG_ERROR, STDOUT_FILENO);
            kit_start(kit);
            (void)signal(SIGXFSZ, SIG_IGN);
            CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
            for (int64_t id = 1;; id++) {
                kit_put(kit, id, "fill");
                CHECK(write(ends[1], &id, sizeof(id)) == sizeof(id));
            }
        }
        (void)close(ends[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
        kit_start(kit);
        check_answered(kit, ends[0], &last);
        kit_put(kit, last + 2, "after");
    }
    kit_close(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered_commands_survive_a_kill),
        cmocka_unit_test(a_fault_at_commit_stops_the_process_unanswered),
        cmocka_unit_test(a_write_that_fails_stops_the_process),
    };

    return kit_run_on_every_database(tests, ARRAY_LEN(tests));
}
