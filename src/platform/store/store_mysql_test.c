/* What a server and the way to it can do to a batch: a relay stands between the store and MariaDB.
 */
#include "test/lib/store_kit_test.h"

#include "test/lib/mariadb.h"
#include "test/lib/mysql_relay.h"

#include <mysql.h>
#include <mysqld_error.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a store behind the relay ---- */

enum { LEASE_MS = 2000, NOT_READY = 1047 };

struct site {
    struct kit *kit;
    struct relay *relay;
    char direct[256]; /* the server's own URL */
};

static void site_open(struct site *site)
{
    site->kit = kit_new("mysql");
    (void)snprintf(site->direct, sizeof(site->direct), "%s", site->kit->url);
    site->relay = relay_start(relay_url_port(site->direct));
    relay_url(site->direct, relay_port(site->relay), site->kit->url);
    site->kit->options.url = str_of(site->kit->url);
    site->kit->options.lease_ms = LEASE_MS;
    kit_start(site->kit);
    kit_put(site->kit, 1, "one");
}

static void site_close(struct site *site)
{
    kit_close(site->kit);
    relay_stop(site->relay);
}

struct counted {
    int64_t applies;
    int64_t id;
};

static enum err count_and_insert(struct tx *tx, void *ctx)
{
    struct counted *counted = ctx;
    struct item *item;

    counted->applies++;
    TRY(kit_edit(tx, 1, &item));
    item->amount.minor++;
    kit_note(tx, "counted");
    return kit_insert(tx, counted->id, counted->id, "counted");
}

/* The command was answered ERR_OK and has its effect once. */
static void check_once(struct site *site, struct counted *counted, int64_t amount, int64_t note)
{
    struct item found;
    struct note last;

    assert_int_equal(kit_get(site->kit, counted->id, &found), ERR_OK);
    assert_int_equal(kit_get(site->kit, 1, &found), ERR_OK);
    assert_int_equal(found.amount.minor, amount);
    assert_int_equal(kit_note_get(site->kit, note, &last), ERR_OK);
    assert_int_equal(kit_note_get(site->kit, note + 1, &last), ERR_STORE_NOT_FOUND);
}

struct blow {
    enum relay_mode mode;
    unsigned error;
    int64_t delay_ms;
};

static void strike(const struct blow *blow, int64_t applies)
{
    struct site site;
    struct counted first = {.id = 10};
    struct counted second = {.id = 11};
    int64_t before;

    site_open(&site);
    before = store_commit_no(site.kit->store);
    relay_set(site.relay, blow->mode, blow->error, blow->delay_ms);
    assert_int_equal(kit_run(site.kit, count_and_insert, &first), ERR_OK);
    assert_true(relay_has_struck(site.relay));
    assert_int_equal(first.applies, applies);
    assert_int_equal(store_commit_no(site.kit->store), before + 1);
    check_once(&site, &first, 101, 1);
    assert_int_equal(kit_run(site.kit, count_and_insert, &second), ERR_OK);
    check_once(&site, &second, 102, 2);
    site_close(&site);
}

static void a_commit_that_never_arrived_is_applied_again(void **state)
{
    (void)state;
    strike(&(struct blow){RELAY_CUT_BEFORE_COMMIT, 0, 0}, 2);
}

static void a_commit_whose_answer_was_lost_is_not_applied_again(void **state)
{
    (void)state;
    strike(&(struct blow){RELAY_CUT_AFTER_COMMIT, 0, 0}, 1);
}

static void a_connection_lost_before_commit_is_made_anew(void **state)
{
    (void)state;
    strike(&(struct blow){RELAY_CUT_WRITES, 0, 0}, 2);
}

static void an_error_the_server_repeats_on_repeats_the_batch(void **state)
{
    static const unsigned errors[] = {ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT, NOT_READY};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        strike(&(struct blow){RELAY_FAIL_WRITES, errors[i], 0}, 2);
        strike(&(struct blow){RELAY_FAIL_COMMIT, errors[i], 0}, 2);
    }
}

/* An error other than a deadlock says nothing about what has become of the COMMIT. */
static void an_error_of_a_commit_that_was_applied_is_looked_into(void **state)
{
    static const unsigned errors[] = {ER_LOCK_WAIT_TIMEOUT, NOT_READY, ER_UNKNOWN_ERROR};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        strike(&(struct blow){RELAY_FAIL_APPLIED, errors[i], 0}, 1);
    }
}

/* Longer than an answer is waited for: the COMMIT or its answer is still on its way when the store
 * asks what has become of it, over another connection. */
static void a_commit_that_is_late_happens_once(void **state)
{
    struct site site;
    struct counted counted = {.id = 10};

    (void)state;
    strike(&(struct blow){RELAY_DELAY_ANSWER, 0, 2 * LEASE_MS}, 1);
    site_open(&site);
    relay_set(site.relay, RELAY_DELAY_COMMIT, 0, 2 * LEASE_MS);
    assert_int_equal(kit_run(site.kit, count_and_insert, &counted), ERR_OK);
    assert_true(relay_has_struck(site.relay));
    check_once(&site, &counted, 101, 1);
    site_close(&site);
}

/* ---- batches behind the one that is struck ---- */

enum { QUEUED = 12, KEEPER = 1 };

static enum err keep_count(struct tx *tx, void *ctx)
{
    void *row;

    (void)ctx;
    TRY(tx_edit(tx, &keeper_table, KEEPER, &row));
    ((struct keeper *)row)->total++;
    kit_note(tx, "kept");
    return ERR_OK;
}

static enum err make_keeper(struct tx *tx, void *ctx)
{
    const struct keeper keeper = {.id = KEEPER, .note = STR("queued")};

    (void)ctx;
    return tx_insert(tx, &keeper_table, &keeper);
}

/* Every second one needs rows that have to be loaded: the others are applied on top of what is on
 * its way. */
static void strike_a_queue(const struct blow *blow, size_t batch_max)
{
    struct site site;
    struct kit_command commands[QUEUED];
    struct counted counted[QUEUED];
    struct keeper keeper;

    site_open(&site);
    assert_int_equal(kit_run(site.kit, make_keeper, NULL), ERR_OK);
    site.kit->options.batch_max = batch_max;
    site.kit->options.flight_min = 1;
    kit_reopen(site.kit);
    for (size_t i = 0; i < QUEUED; i++) {
        counted[i] = (struct counted){.id = 10 + (int64_t)i};
        commands[i] = (struct kit_command){.run = i % 4 < 2 ? keep_count : count_and_insert,
                                           .ctx = &counted[i]};
    }
    relay_set(site.relay, blow->mode, blow->error, blow->delay_ms);
    kit_batch(site.kit, commands, QUEUED);
    assert_true(relay_has_struck(site.relay));
    for (size_t i = 0; i < QUEUED; i++) {
        assert_int_equal(commands[i].command.err, ERR_OK);
    }
    check_once(&site, &counted[QUEUED - 1], 100 + QUEUED / 2, QUEUED);
    assert_int_equal(kit_keeper_get(site.kit, KEEPER, &keeper), ERR_OK);
    assert_int_equal(keeper.total, QUEUED / 2);
    site_close(&site);
}

static void what_follows_a_struck_batch_happens_once(void **state)
{
    static const struct blow blows[] = {
        {RELAY_CUT_BEFORE_COMMIT, 0, 0},
        {RELAY_CUT_AFTER_COMMIT, 0, 0},
        {RELAY_CUT_WRITES, 0, 0},
        {RELAY_FAIL_WRITES, ER_LOCK_DEADLOCK, 0},
        {RELAY_FAIL_COMMIT, ER_LOCK_DEADLOCK, 0},
        {RELAY_FAIL_APPLIED, ER_UNKNOWN_ERROR, 0},
        {RELAY_DELAY_ANSWER, 0, 2 * LEASE_MS},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(blows); i++) {
        strike_a_queue(&blows[i], 1);
        strike_a_queue(&blows[i], 2);
    }
}

/* ---- several servers ---- */

/* "mysql://…@127.0.0.1:port,127.0.0.1:second/name" */
static void add_server(char url[256], int second)
{
    char copy[256];
    const char *slash;

    (void)snprintf(copy, sizeof(copy), "%s", url);
    slash = strrchr(copy, '/');
    (void)snprintf(url, 256, "%.*s,127.0.0.1:%d%s", (int)(slash - copy), copy, second, slash);
}

static void the_next_server_is_used_when_one_is_gone(void **state)
{
    struct site site;
    struct counted first = {.id = 10};
    struct counted second = {.id = 11};

    (void)state;
    site_open(&site);
    store_close(site.kit->store);
    add_server(site.kit->url, relay_url_port(site.direct));
    site.kit->options.url = str_of(site.kit->url);
    kit_start(site.kit);
    assert_int_equal(kit_run(site.kit, count_and_insert, &first), ERR_OK);
    relay_set(site.relay, RELAY_REFUSE, 0, 0);
    assert_int_equal(kit_run(site.kit, count_and_insert, &second), ERR_OK);
    check_once(&site, &second, 102, 2);
    kit_reopen(site.kit); /* with the first one still gone */
    check_once(&site, &second, 102, 2);
    site_close(&site);
}

/* ---- another client of the same server ---- */

static MYSQL *connect_beside(const char *url)
{
    MYSQL *handle = mysql_init(NULL);
    const char *port = strrchr(url, ':') + 1;

    assert_non_null(mysql_real_connect(handle, "127.0.0.1", "tomato", "p@ss:w/rd%",
                                       strchr(port, '/') + 1, (unsigned)strtol(port, NULL, 10),
                                       NULL, 0));
    return handle;
}

static void sql(MYSQL *handle, const char *text)
{
    assert_int_equal(mysql_query(handle, text), 0);
}

struct racer {
    struct kit *kit;
    struct counted counted;
    enum err err;
};

static void race(void *ctx)
{
    struct racer *racer = ctx;

    racer->err = kit_run(racer->kit, count_and_insert, &racer->counted);
}

/* The other transaction holds item 1 and is the heavier one; the batch holds the lease's row and
 * waits for the item; when the other asks for the lease's row, the server picks the batch. */
static void a_deadlock_repeats_the_batch(void **state)
{
    struct kit *kit = kit_new("mysql");
    struct racer racer = {.kit = kit, .counted = {.id = 10}};
    struct thread *thread;
    struct item found;
    MYSQL *other;

    (void)state;
    kit->options.lease_ms = 5000;
    kit_start(kit);
    kit_put(kit, 1, "one");
    other = connect_beside(kit->url);
    sql(other, "BEGIN");
    sql(other, "INSERT INTO keeper SELECT seq, 0, '' FROM seq_1_to_2000");
    sql(other, "SELECT * FROM item WHERE id = 1 FOR UPDATE");
    mysql_free_result(mysql_store_result(other));
    thread = thread_start("racer", race, &racer);
    while (test_mariadb_sql(kit->url, "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE "
                                      "trx_state = 'LOCK WAIT'") == 0) {
        (void)usleep(200 * 1000); /* the server refreshes that view when left alone for 100 ms */
    }
    sql(other, "UPDATE store_lease SET holder = 'thief' WHERE shard = 0");
    sql(other, "ROLLBACK");
    thread_join(thread);
    mysql_close(other);
    assert_int_equal(racer.err, ERR_OK);
    assert_true(racer.counted.applies >= 2);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(found.amount.minor, 101);
    kit_close(kit);
}

static void a_batch_that_never_commits_is_given_up(void **state)
{
    struct site site;
    struct counted counted = {.id = 10};
    struct item found;

    (void)state;
    site_open(&site);
    relay_set(site.relay, RELAY_FAIL_ALWAYS, ER_LOCK_DEADLOCK, 0);
    assert_int_equal(kit_run(site.kit, count_and_insert, &counted), ERR_STORE_CONFLICT);
    assert_int_equal(counted.applies, 11);
    relay_set(site.relay, RELAY_PASS, 0, 0);
    assert_int_equal(kit_get(site.kit, 1, &found), ERR_OK);
    assert_int_equal(found.amount.minor, 100);
    assert_int_equal(kit_run(site.kit, count_and_insert, &counted), ERR_OK);
    check_once(&site, &counted, 101, 1);
    site_close(&site);
}

static void connections_ended_by_the_server_are_made_anew(void **state)
{
    struct kit *kit = kit_open("mysql");
    struct counted counted = {.id = 10};
    MYSQL *other = connect_beside(kit->url);
    struct item found;

    (void)state;
    kit_put(kit, 1, "one");
    sql(other, "SET @mine = CONNECTION_ID()");
    for (int i = 0; i < 3; i++) {
        /* the writer and both readers */
        int64_t id =
            test_mariadb_sql(kit->url, "SELECT MIN(ID) FROM information_schema.PROCESSLIST WHERE "
                                       "USER = 'tomato' AND ID <> CONNECTION_ID() AND DB = "
                                       "DATABASE() AND COMMAND = 'Sleep'");
        char text[64];

        if (id == (int64_t)mysql_thread_id(other)) {
            continue;
        }
        (void)snprintf(text, sizeof(text), "KILL %lld", (long long)id);
        sql(other, text);
    }
    mysql_close(other);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(kit_run(kit, count_and_insert, &counted), ERR_OK);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(found.amount.minor, 101);
    kit_close(kit);
}

static void a_server_that_crashes_and_comes_back_loses_nothing(void **state)
{
    struct kit *kit = kit_new("mysql");
    struct racer racer = {.kit = kit, .counted = {.id = 10}};
    struct thread *thread;
    struct item found;

    (void)state;
    kit->options.lease_ms = 20000;
    kit_start(kit);
    kit_put(kit, 1, "one");
    test_mariadb_kill();
    thread = thread_start("racer", race, &racer);
    test_mariadb_restart();
    thread_join(thread);
    assert_int_equal(racer.err, ERR_OK);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(found.amount.minor, 101);
    kit_close(kit);
}

/* ---- fencing ---- */

/* Runs in a child process what must stop it, and looks for the reason in its log. */
static void expect_stop(void (*run)(struct kit *kit), struct kit *kit, const char *why)
{
    char log[4096] = "";
    size_t len = 0;
    ssize_t got;
    int status, ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        log_configure(LOG_ERROR, ends[1]);
        kit_start(kit);
        kit_put(kit, 1, "one");
        run(kit);
        _exit(0);
    }
    assert_int_equal(close(ends[1]), 0);
    while ((got = read(ends[0], log + len, sizeof(log) - 1 - len)) > 0) {
        len += (size_t)got;
    }
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(log, why));
}

static void write_without_lease(struct kit *kit)
{
    (void)test_mariadb_sql(kit->url, "UPDATE store_lease SET epoch = epoch + 1");
    kit_put(kit, 2, "two");
}

static void idle_without_lease(struct kit *kit)
{
    (void)test_mariadb_sql(kit->url, "UPDATE store_lease SET epoch = epoch + 1");
    (void)usleep(1000 * 1000);
}

static void a_writer_without_the_lease_stops(void **state)
{
    struct kit *kit = kit_new("mysql");
    struct item found;

    (void)state;
    expect_stop(write_without_lease, kit, "another writer holds the lease");
    kit_start(kit);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(kit_get(kit, 2, &found), ERR_STORE_NOT_FOUND);
    kit_close(kit);
    kit = kit_new("mysql");
    expect_stop(idle_without_lease, kit, "another writer holds the lease");
    kit_close(kit);
}

/* The relay lives in the child, which it serves. */
static void lose_the_server(struct kit *kit)
{
    struct site site;

    (void)kit;
    site_open(&site);
    relay_set(site.relay, RELAY_REFUSE, 0, 0);
    kit_put(site.kit, 2, "two");
}

static void a_writer_that_cannot_renew_its_lease_stops(void **state)
{
    struct kit *kit = kit_new("mysql");

    (void)state;
    expect_stop(lose_the_server, kit, "the database cannot be reached to renew the lease");
    kit_close(kit);
}

static void put_two(void *ctx)
{
    kit_put(ctx, 2, "two");
}

/* The answer to its COMMIT is late, and the lease has passed on when it asks what became of it. */
static void lose_the_lease_in_commit(struct kit *kit)
{
    struct site site;
    struct thread *thread;

    (void)kit;
    site_open(&site);
    relay_set(site.relay, RELAY_DELAY_ANSWER, 0, 2 * LEASE_MS);
    thread = thread_start("writing", put_two, site.kit);
    while (!relay_has_struck(site.relay)) {
        (void)usleep(1000);
    }
    (void)test_mariadb_sql(site.direct, "UPDATE store_lease SET epoch = epoch + 1");
    thread_join(thread);
}

static void a_writer_fenced_in_its_commit_stops(void **state)
{
    struct kit *kit = kit_new("mysql");

    (void)state;
    expect_stop(lose_the_lease_in_commit, kit, "another writer holds the lease");
    kit_close(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_that_never_arrived_is_applied_again),
        cmocka_unit_test(a_commit_whose_answer_was_lost_is_not_applied_again),
        cmocka_unit_test(a_connection_lost_before_commit_is_made_anew),
        cmocka_unit_test(an_error_the_server_repeats_on_repeats_the_batch),
        cmocka_unit_test(an_error_of_a_commit_that_was_applied_is_looked_into),
        cmocka_unit_test(a_commit_that_is_late_happens_once),
        cmocka_unit_test(what_follows_a_struck_batch_happens_once),
        cmocka_unit_test(the_next_server_is_used_when_one_is_gone),
        cmocka_unit_test(a_deadlock_repeats_the_batch),
        cmocka_unit_test(a_batch_that_never_commits_is_given_up),
        cmocka_unit_test(connections_ended_by_the_server_are_made_anew),
        cmocka_unit_test(a_server_that_crashes_and_comes_back_loses_nothing),
        cmocka_unit_test(a_writer_without_the_lease_stops),
        cmocka_unit_test(a_writer_that_cannot_renew_its_lease_stops),
        cmocka_unit_test(a_writer_fenced_in_its_commit_stops),
    };

    (void)unsetenv("TOMATO_TEST_MYSQL_URL"); /* a server that may be killed is needed */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
