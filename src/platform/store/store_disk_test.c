/* A disk that fails under SQLite: what stops the process, what does not, and what is there
 * afterwards. (Crashes at every call: test/storm/crash_storm.c.) */
#include "test/lib/store_kit_test.h"

#include "test/lib/fault_vfs.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDLE_MS = 1300, WRITES_MAX = 64, LOG_MAX = 8192, ITEMS = 25, DATA_LEN = 20000 };

struct site {
    struct kit *kit;
    struct fault_disk *disk;
    struct fault_disk *after; /* a crash */
};

static void site_open(struct site *site)
{
    site->disk = fault_disk_new();
    site->after = fault_disk_new();
    fault_disk_use(site->disk);
    site->kit = kit_new("sqlite");
}

static void site_close(struct site *site)
{
    kit_close(site->kit);
    fault_disk_free(site->disk);
    fault_disk_free(site->after);
}

static void use_after_crash(struct site *site, enum fault_loss loss)
{
    fault_disk_crash(site->disk,
                     &(struct fault_crash){.call = fault_disk_calls(site->disk) + 1, .loss = loss},
                     site->after);
    fault_disk_use(site->after);
    kit_start(site->kit);
}

/* Enough rows for the WAL to be written in several pieces. */
static enum err put_two(struct tx *tx, void *ctx)
{
    static char data[DATA_LEN];
    struct item *item;

    (void)ctx;
    for (int64_t id = 2; id < 2 + ITEMS; id++) {
        TRY(kit_insert(tx, id, id, "two"));
        TRY(kit_edit(tx, id, &item));
        item->data = (struct str){data, sizeof(data)};
    }
    kit_note(tx, "two");
    return ERR_OK;
}

static void start_with_one(struct site *site)
{
    kit_start(site->kit);
    kit_put(site->kit, 1, "one");
}

static void end_faults(struct site *site)
{
    fault_disk_fail(site->disk, &(struct fault_plan){.nth = 0});
}

/* A child whose disk fails by the plan while it puts two; what it logged. Its wait status. */
static int run_child(struct site *site, const struct fault_plan *plan, char *text)
{
    ssize_t len;
    int ends[2];
    int status;
    enum err err;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        log_configure(LOG_ERROR, ends[1]);
        start_with_one(site);
        fault_disk_fail(site->disk, plan);
        err = kit_run(site->kit, put_two, NULL);
        end_faults(site); /* or the exit would race with a checkpoint's */
        _exit(err == ERR_OK ? 0 : 1);
    }
    (void)close(ends[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    len = read(ends[0], text, LOG_MAX - 1);
    text[len < 0 ? 0 : len] = '\0';
    (void)close(ends[0]);
    return status;
}

static void check_after_stop(struct site *site, enum fault_loss loss, bool may_be_there)
{
    struct item found;
    enum err err;

    use_after_crash(site, loss);
    assert_int_equal(kit_get(site->kit, 1, &found), ERR_OK);
    err = kit_get(site->kit, 2, &found);
    assert_true(err == ERR_STORE_NOT_FOUND || (may_be_there && err == ERR_OK));
    if (err == ERR_STORE_NOT_FOUND) {
        assert_int_equal(kit_run(site->kit, put_two, NULL), ERR_OK);
    }
    store_close(site->kit->store);
    site->kit->store = NULL;
}

static void expect_stop(const struct fault_plan *plan, enum fault_loss loss)
{
    struct site site;
    char text[LOG_MAX];
    int status;

    site_open(&site);
    status = run_child(&site, plan, text);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(text, "\"event\":\"store.stopped\""));
    assert_non_null(strstr(text, "what was not answered may be lost"));
    assert_int_equal(fault_disk_failed(site.disk), 1); /* never tried again */
    check_after_stop(&site, loss, true);
    site_close(&site);
}

static void a_sync_that_fails_stops_the_process_and_is_not_repeated(void **state)
{
    (void)state;
    for (int loss = FAULT_DROP; loss <= FAULT_TEAR; loss++) {
        expect_stop(&(struct fault_plan){FAULT_SYNC, 1, SQLITE_IOERR_FSYNC, true},
                    (enum fault_loss)loss);
    }
}

/* Each write of the commit in turn. */
static void a_write_that_fails_stops_the_process(void **state)
{
    struct site site;
    char text[LOG_MAX];
    int64_t nth = 0;
    int status;

    (void)state;
    do {
        site_open(&site);
        status =
            run_child(&site, &(struct fault_plan){FAULT_WRITE, ++nth, SQLITE_IOERR_WRITE, 0}, text);
        if (fault_disk_failed(site.disk) > 0) {
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
            assert_non_null(strstr(text, "\"event\":\"store.stopped\""));
            check_after_stop(&site, FAULT_KEEP, true);
        } else {
            assert_int_equal(status, 0);
        }
        site_close(&site);
    } while (status != 0 && nth < WRITES_MAX);
    assert_true(nth > 4 && nth < WRITES_MAX);
}

static void a_read_that_fails_stops_the_writer(void **state)
{
    struct site site;
    struct item found;
    pid_t pid;
    int status;

    (void)state;
    site_open(&site);
    start_with_one(&site);
    store_close(site.kit->store);
    site.kit->store = NULL;
    pid = fork();
    if (pid == 0) {
        log_configure(LOG_ERROR, STDOUT_FILENO);
        kit_start(site.kit);
        fault_disk_fail(site.disk, &(struct fault_plan){FAULT_READ, 1, SQLITE_IOERR_READ, true});
        (void)kit_run(site.kit, kit_bump, &(int64_t){1});
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    use_after_crash(&site, FAULT_DROP);
    assert_int_equal(kit_get(site.kit, 1, &found), ERR_OK);
    assert_int_equal(found.amount.minor, 100);
    site_close(&site);
}

static void a_read_that_fails_fails_the_query_alone(void **state)
{
    struct site site;
    struct item found;

    (void)state;
    site_open(&site);
    start_with_one(&site);
    fault_disk_fail(site.disk, &(struct fault_plan){FAULT_READ, 1, SQLITE_IOERR_READ, true});
    assert_int_equal(kit_get(site.kit, 1, &found), ERR_STORE_DATABASE);
    end_faults(&site);
    assert_int_equal(kit_get(site.kit, 1, &found), ERR_OK);
    assert_int_equal(kit_run(site.kit, put_two, NULL), ERR_OK);
    site_close(&site);
}

/* ---- no space left ---- */

/* The n-th write of a commit and all that follow find the disk full; false: there were fewer. */
static bool fill_at(int64_t nth, enum fault_loss loss)
{
    struct site site;
    struct item found;
    bool full;

    site_open(&site);
    start_with_one(&site);
    fault_disk_fail(site.disk, &(struct fault_plan){FAULT_WRITE, nth, SQLITE_FULL, true});
    full = kit_run(site.kit, put_two, NULL) != ERR_OK;
    if (full) {
        assert_int_equal(kit_run(site.kit, put_two, NULL), ERR_STORE_DATABASE);
        assert_int_equal(kit_get(site.kit, 1, &found), ERR_OK);
        assert_int_equal(kit_get(site.kit, 2, &found), ERR_STORE_NOT_FOUND);
        if (loss != 0) { /* what was refused is not there after a crash either */
            store_close(site.kit->store);
            check_after_stop(&site, loss, false);
        } else { /* with space again it goes on */
            end_faults(&site);
            assert_int_equal(kit_run(site.kit, put_two, NULL), ERR_OK);
            store_close(site.kit->store);
            use_after_crash(&site, FAULT_DROP);
            assert_int_equal(kit_get(site.kit, 2, &found), ERR_OK);
        }
    }
    site_close(&site);
    return full;
}

static void a_full_disk_refuses_until_there_is_space(void **state)
{
    int64_t nth = 1;

    (void)state;
    while (fill_at(nth, 0) && nth < WRITES_MAX) {
        assert_true(fill_at(nth, FAULT_KEEP));
        assert_true(fill_at(nth, FAULT_TEAR));
        nth++;
    }
    assert_true(nth > 4 && nth < WRITES_MAX);
}

/* The WAL cannot be written back, but it can go on growing. */
static void a_full_disk_at_a_checkpoint_is_tried_again(void **state)
{
    struct site site;
    struct item found;
    int64_t failed;

    (void)state;
    site_open(&site);
    start_with_one(&site);
    fault_disk_fail(site.disk, &(struct fault_plan){FAULT_WRITE, 1, SQLITE_FULL, true});
    (void)usleep(IDLE_MS * 1000);
    failed = fault_disk_failed(site.disk);
    assert_true(failed > 0);
    (void)usleep(IDLE_MS * 1000);
    assert_true(fault_disk_failed(site.disk) > failed);
    end_faults(&site);
    assert_int_equal(kit_run(site.kit, put_two, NULL), ERR_OK);
    (void)usleep(IDLE_MS * 1000);
    store_close(site.kit->store);
    use_after_crash(&site, FAULT_DROP);
    assert_int_equal(kit_get(site.kit, 2, &found), ERR_OK);
    site_close(&site);
}

/* ---- checkpoints beside the batches ---- */

enum { LOAD = 60, LOAD_LEN = 3000, LOAD_PAGES = 64, CRASHES = 150, STOP_MS = 5000 };

static enum err put_load(struct tx *tx, void *ctx)
{
    static char data[LOAD_LEN];
    const int64_t *no = ctx;
    struct item *item;

    for (int64_t id = *no * 10; id < *no * 10 + 10; id++) {
        TRY(kit_insert(tx, id, id, "load"));
        TRY(kit_edit(tx, id, &item));
        item->data = (struct str){data, sizeof(data)};
    }
    return ERR_OK;
}

/* Numbers from 1 on, one that was refused again; what was answered is marked on the disk. */
static void run_load(struct site *site)
{
    for (int64_t no = 1; no <= LOAD; no++) {
        while (kit_run(site->kit, put_load, &no) != ERR_OK) {
            (void)usleep(1000);
        }
        fault_disk_mark(site->disk, no);
    }
}

static void expect_load(struct site *site, int64_t answered)
{
    struct item found;

    for (int64_t id = 10; id < 10 * answered + 10; id++) {
        assert_int_equal(kit_get(site->kit, id, &found), ERR_OK);
    }
}

static void site_open_for_load(struct site *site)
{
    site_open(site);
    site->kit->options.checkpoint_pages = LOAD_PAGES;
}

static void a_crash_beside_a_checkpoint_loses_nothing(void **state)
{
    struct site site;
    size_t calls;

    (void)state;
    site_open_for_load(&site);
    kit_start(site.kit);
    run_load(&site);
    assert_true(fault_disk_size(site.disk, FAULT_MAIN) > LOAD * 10 * LOAD_LEN / 2);
    assert_true(fault_disk_size(site.disk, FAULT_WAL) < LOAD * 10 * LOAD_LEN / 2);
    calls = fault_disk_calls(site.disk);
    store_close(site.kit->store);
    for (size_t i = 1; i <= CRASHES; i++) {
        const struct fault_crash crash = {
            .call = calls * i / CRASHES, .loss = i % 2 == 0 ? FAULT_DROP : FAULT_TEAR, .seed = i};

        fault_disk_crash(site.disk, &crash, site.after);
        fault_disk_use(site.after);
        kit_start(site.kit);
        expect_load(&site, fault_disk_mark_at(site.disk, crash.call));
        store_close(site.kit->store);
    }
    site.kit->store = NULL;
    site_close(&site);
}

/* A child under load whose disk fails at one call, in a batch or in a checkpoint. Whether it came
 * to that. */
static bool fail_under_load(const struct fault_plan *plan, bool stops)
{
    struct site site;
    bool failed;
    int status;
    pid_t pid;

    site_open_for_load(&site);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        log_configure(LOG_ERROR, open("/dev/null", O_WRONLY));
        kit_start(site.kit);
        fault_disk_fail(site.disk, plan);
        run_load(&site);
        end_faults(&site);
        for (int i = 0; stops && fault_disk_failed(site.disk) > 0 && i < STOP_MS; i++) {
            (void)usleep(1000); /* of a checkpoint the outcome is seen later */
        }
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    failed = fault_disk_failed(site.disk) > 0;
    if (failed) {
        assert_true(stops ? WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT
                          : WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    use_after_crash(&site, FAULT_DROP);
    expect_load(&site, fault_disk_mark_at(site.disk, fault_disk_calls(site.disk)));
    store_close(site.kit->store);
    site.kit->store = NULL;
    site_close(&site);
    return failed;
}

static void a_disk_that_fails_under_load_loses_nothing(void **state)
{
    static const struct {
        struct fault_plan plan;
        bool stops;
    } cases[] = {
        {{.call = FAULT_WRITE, .code = SQLITE_IOERR_WRITE}, true},
        {{.call = FAULT_SYNC, .code = SQLITE_IOERR_FSYNC, .lasting = true}, true},
        {{.call = FAULT_WRITE, .code = SQLITE_FULL}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fault_plan plan = cases[i].plan;
        int failures = 0;

        for (plan.nth = 1; plan.nth < 2 * LOAD; plan.nth += 3) {
            failures += fail_under_load(&plan, cases[i].stops) ? 1 : 0;
        }
        assert_true(failures >= LOAD / 3); /* a write and a sync a batch at least */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sync_that_fails_stops_the_process_and_is_not_repeated),
        cmocka_unit_test(a_write_that_fails_stops_the_process),
        cmocka_unit_test(a_read_that_fails_stops_the_writer),
        cmocka_unit_test(a_read_that_fails_fails_the_query_alone),
        cmocka_unit_test(a_full_disk_refuses_until_there_is_space),
        cmocka_unit_test(a_full_disk_at_a_checkpoint_is_tried_again),
        cmocka_unit_test(a_crash_beside_a_checkpoint_loses_nothing),
        cmocka_unit_test(a_disk_that_fails_under_load_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
