/* What a server and the way to it can do to a batch. A relay stands between the store and MariaDB;
 * it knows the COMMIT of a batch and does to it what the test says. */
#include "test/lib/store_kit_test.h"

#include "test/lib/mariadb.h"

#include <arpa/inet.h>
#include <mysql.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the relay ---- */

enum relay_mode {
    RELAY_PASS = 0,
    RELAY_CUT_BEFORE_COMMIT, /* the COMMIT never reaches the server */
    RELAY_CUT_AFTER_COMMIT,  /* it does, but its answer is lost */
    RELAY_CUT_WRITES,        /* the packet with the batch's changes is lost */
    RELAY_DEADLOCK_COMMIT,   /* the answer to COMMIT is 1213, as Galera's */
    RELAY_DEADLOCK_ALWAYS,   /* and to every other one */
    RELAY_REFUSE,            /* no connection lasts, and none is passed on */
};

enum { RELAY_CONNECTIONS = 16, RELAY_BUFFER = 1 << 16 };

struct relay {
    int listener;
    int port, server_port;
    struct counter mode; /* goes back to RELAY_PASS when it has struck once */
    struct counter stopping;
    struct thread *thread;
    int pairs[RELAY_CONNECTIONS][2]; /* client, server; -1 */
};

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void cut(struct relay *relay, int pair)
{
    (void)close(relay->pairs[pair][0]);
    (void)close(relay->pairs[pair][1]);
    relay->pairs[pair][0] = -1;
    relay->pairs[pair][1] = -1;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

        if (sent <= 0) {
            return; /* its end is seen when it is read */
        }
        bytes += sent;
        len -= (size_t)sent;
    }
}

static bool contains(const char *bytes, size_t len, const char *word)
{
    return memmem(bytes, len, word, strlen(word)) != NULL;
}

/* What the client sends; false: the pair has been cut. */
static bool forward(struct relay *relay, int pair, const char *bytes, size_t len)
{
    static const char deadlock[] = "\x1d\0\0\1\xff\xbd\x04#40001Deadlock, says relay";
    int64_t mode = counter_get(&relay->mode);
    bool commit = len == 11 && contains(bytes, len, "\3COMMIT");
    bool writes = contains(bytes, len, "commit_no =");

    if ((mode == RELAY_CUT_BEFORE_COMMIT && commit) || (mode == RELAY_CUT_WRITES && writes)) {
        counter_set(&relay->mode, RELAY_PASS);
        cut(relay, pair);
        return false;
    }
    if ((mode == RELAY_DEADLOCK_COMMIT || mode == RELAY_DEADLOCK_ALWAYS) && commit) {
        counter_set(&relay->mode, mode == RELAY_DEADLOCK_ALWAYS ? mode : RELAY_PASS);
        send_all(relay->pairs[pair][0], deadlock, sizeof(deadlock) - 1);
        return true;
    }
    send_all(relay->pairs[pair][1], bytes, len);
    if (mode == RELAY_CUT_AFTER_COMMIT && commit) {
        counter_set(&relay->mode, RELAY_PASS);
        cut(relay, pair);
        return false;
    }
    return true;
}

static void relay_accept(struct relay *relay)
{
    int client = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
    int server = counter_get(&relay->mode) == RELAY_REFUSE ? -1 : dial(relay->server_port);

    for (int i = 0; i < RELAY_CONNECTIONS && server >= 0; i++) {
        if (relay->pairs[i][0] < 0) {
            relay->pairs[i][0] = client;
            relay->pairs[i][1] = server;
            return;
        }
    }
    (void)close(client);
    if (server >= 0) {
        (void)close(server);
    }
}

static void relay_read(struct relay *relay, int pair, int side)
{
    static char buffer[RELAY_BUFFER];
    ssize_t len = recv(relay->pairs[pair][side], buffer, sizeof(buffer), 0);

    if (len <= 0) {
        cut(relay, pair);
    } else if (side == 0) {
        (void)forward(relay, pair, buffer, (size_t)len);
    } else {
        send_all(relay->pairs[pair][0], buffer, (size_t)len);
    }
}

static void relay_run(void *ctx)
{
    struct relay *relay = ctx;

    while (counter_get(&relay->stopping) == 0) {
        struct pollfd fds[1 + 2 * RELAY_CONNECTIONS] = {{relay->listener, POLLIN, 0}};

        for (int i = 0; i < RELAY_CONNECTIONS; i++) {
            if (counter_get(&relay->mode) == RELAY_REFUSE && relay->pairs[i][0] >= 0) {
                cut(relay, i);
            }
            fds[1 + 2 * i] = (struct pollfd){relay->pairs[i][0], POLLIN, 0};
            fds[2 + 2 * i] = (struct pollfd){relay->pairs[i][1], POLLIN, 0};
        }
        (void)poll(fds, ARRAY_LEN(fds), 20);
        for (int i = 0; i < 2 * RELAY_CONNECTIONS; i++) {
            if (fds[1 + i].revents != 0 && relay->pairs[i / 2][i % 2] == fds[1 + i].fd) {
                relay_read(relay, i / 2, i % 2);
            }
        }
        if (fds[0].revents != 0) {
            relay_accept(relay);
        }
    }
}

static struct relay *relay_start(int server_port)
{
    struct relay *relay = mem_new(sizeof(*relay));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    relay->server_port = server_port;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(relay->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(relay->listener, 16), 0);
    assert_int_equal(getsockname(relay->listener, (struct sockaddr *)&address, &len), 0);
    relay->port = ntohs(address.sin_port);
    for (int i = 0; i < RELAY_CONNECTIONS; i++) {
        relay->pairs[i][0] = -1;
        relay->pairs[i][1] = -1;
    }
    relay->thread = thread_start("relay", relay_run, relay);
    return relay;
}

static void relay_stop(struct relay *relay)
{
    counter_set(&relay->stopping, 1);
    thread_join(relay->thread);
    for (int i = 0; i < RELAY_CONNECTIONS; i++) {
        if (relay->pairs[i][0] >= 0) {
            cut(relay, i);
        }
    }
    (void)close(relay->listener);
    mem_free(relay);
}

/* ---- a store behind the relay ---- */

struct site {
    struct kit *kit;
    struct relay *relay;
    char direct[256]; /* the server's own URL */
};

static void site_open(struct site *site)
{
    char port[16];
    const char *at;

    site->kit = kit_new("mysql");
    (void)snprintf(site->direct, sizeof(site->direct), "%s", site->kit->url);
    at = strrchr(site->direct, ':') + 1;
    site->relay = relay_start((int)strtol(at, NULL, 10));
    (void)snprintf(port, sizeof(port), "%d", site->relay->port);
    (void)snprintf(site->kit->url, sizeof(site->kit->url), "%.*s%s%s", (int)(at - site->direct),
                   site->direct, port, strchr(at, '/'));
    site->kit->options.url = str_of(site->kit->url);
    site->kit->options.lease_ms = 2000;
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

static void strike(enum relay_mode mode, int64_t applies)
{
    struct site site;
    struct counted first = {.id = 10};
    struct counted second = {.id = 11};
    int64_t before;

    site_open(&site);
    before = store_commit_no(site.kit->store);
    counter_set(&site.relay->mode, mode);
    assert_int_equal(kit_run(site.kit, count_and_insert, &first), ERR_OK);
    assert_int_equal(counter_get(&site.relay->mode), RELAY_PASS);
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
    strike(RELAY_CUT_BEFORE_COMMIT, 2);
}

static void a_commit_whose_answer_was_lost_is_not_applied_again(void **state)
{
    (void)state;
    strike(RELAY_CUT_AFTER_COMMIT, 1);
}

static void a_connection_lost_before_commit_is_made_anew(void **state)
{
    (void)state;
    strike(RELAY_CUT_WRITES, 2);
}

static void a_deadlock_at_commit_repeats_the_batch(void **state)
{
    (void)state;
    strike(RELAY_DEADLOCK_COMMIT, 2);
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
    counter_set(&site.relay->mode, RELAY_DEADLOCK_ALWAYS);
    assert_int_equal(kit_run(site.kit, count_and_insert, &counted), ERR_STORE_CONFLICT);
    assert_int_equal(counted.applies, 11);
    counter_set(&site.relay->mode, RELAY_PASS);
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

/* Runs in a child process what must stop it. */
static void expect_stop(void (*run)(struct kit *kit), struct kit *kit)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        log_configure(LOG_ERROR, STDOUT_FILENO);
        kit_start(kit);
        kit_put(kit, 1, "one");
        run(kit);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
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
    expect_stop(write_without_lease, kit);
    kit_start(kit);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_int_equal(kit_get(kit, 2, &found), ERR_STORE_NOT_FOUND);
    kit_close(kit);
    kit = kit_new("mysql");
    expect_stop(idle_without_lease, kit);
    kit_close(kit);
}

/* The relay lives in the child, which it serves. */
static void lose_the_server(struct kit *kit)
{
    struct site site;

    (void)kit;
    site_open(&site);
    counter_set(&site.relay->mode, RELAY_REFUSE);
    kit_put(site.kit, 2, "two");
}

static void a_writer_that_cannot_renew_its_lease_stops(void **state)
{
    struct kit *kit = kit_new("mysql");

    (void)state;
    expect_stop(lose_the_server, kit);
    kit_close(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_that_never_arrived_is_applied_again),
        cmocka_unit_test(a_commit_whose_answer_was_lost_is_not_applied_again),
        cmocka_unit_test(a_connection_lost_before_commit_is_made_anew),
        cmocka_unit_test(a_deadlock_at_commit_repeats_the_batch),
        cmocka_unit_test(a_deadlock_repeats_the_batch),
        cmocka_unit_test(a_batch_that_never_commits_is_given_up),
        cmocka_unit_test(connections_ended_by_the_server_are_made_anew),
        cmocka_unit_test(a_server_that_crashes_and_comes_back_loses_nothing),
        cmocka_unit_test(a_writer_without_the_lease_stops),
        cmocka_unit_test(a_writer_that_cannot_renew_its_lease_stops),
    };

    (void)unsetenv("TOMATO_TEST_MYSQL_URL"); /* a server that may be killed is needed */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
