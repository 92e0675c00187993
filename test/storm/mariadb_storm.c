/* The books on MariaDB under writers, while the way to the server fails, the server is killed and
 * frozen, and two writers fight for the lease. After each the audit of test/lib/ledger_writers:
 * what was answered is there, nothing is there twice, every batch is of one writer.
 *
 *     mariadb_storm [SEED] */
#include "test/lib/ledger_writers.h"
#include "test/lib/mariadb.h"
#include "test/lib/mysql_relay.h"

#include "base/arena.h"
#include "base/check.h"

#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LEASE_MS = 2000,
    BLOWS = 60,
    KILLS = 3,
    FIGHTS = 3,
    SOME = 200, /* transfers */
    NOT_READY = 1047,
    START_MS = 20000,
    TAKE_OVER_MS = 10000,
};

static void expect(bool right, const char *what)
{
    if (!right) {
        (void)fprintf(stderr, "mariadb_storm: %s\n", what);
        abort();
    }
}

static void report(const char *what, struct writers *writers, const char *url)
{
    printf("%s: %lld transfers, each once\n", what, (long long)writers_audit(writers, url));
    (void)fflush(stdout);
    writers_free(writers);
}

/* ---- the way to the server ---- */

static void faults(uint64_t seed)
{
    static const enum relay_mode modes[] = {
        RELAY_CUT_BEFORE_COMMIT, RELAY_CUT_AFTER_COMMIT, RELAY_CUT_WRITES,   RELAY_FAIL_WRITES,
        RELAY_FAIL_COMMIT,       RELAY_FAIL_APPLIED,     RELAY_DELAY_COMMIT, RELAY_DELAY_ANSWER,
    };
    static const unsigned errors[] = {ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT, NOT_READY};
    const char *direct = test_mariadb_fresh_url();
    struct relay *relay = relay_start(relay_url_port(direct));
    struct writers *writers = writers_new(LEASE_MS);
    char url[256];
    int writer;

    relay_url(direct, relay_port(relay), url);
    writer = writers_start(writers, url);
    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "no start");
    for (uint64_t i = 0; i < BLOWS; i++) {
        enum relay_mode mode = modes[(seed + i) % ARRAY_LEN(modes)];
        unsigned error = errors[(seed + i / ARRAY_LEN(modes)) % ARRAY_LEN(errors)];

        /* no server says "deadlock" of a COMMIT it has applied */
        if (mode == RELAY_FAIL_APPLIED && error == ER_LOCK_DEADLOCK) {
            error = ER_UNKNOWN_ERROR;
        }
        relay_set(relay, mode, error, 50 + (int64_t)(i % 3) * 100);
        for (int waited = 0; !relay_has_struck(relay) && waited < 5000; waited++) {
            (void)usleep(1000);
        }
        expect(relay_has_struck(relay), "no batch came by");
        expect(writers_await(writers, writer, SOME, START_MS) >= 0, "the writer does not go on");
    }
    report("faults on the way", writers, direct);
    relay_stop(relay);
}

/* ---- the server ---- */

static void kills(void)
{
    const char *url = test_mariadb_fresh_url();
    struct writers *writers = writers_new(START_MS);
    int writer = writers_start(writers, url);

    for (int i = 0; i < KILLS; i++) {
        expect(writers_await(writers, writer, SOME, START_MS) >= 0, "the writer does not go on");
        test_mariadb_kill();
        test_mariadb_restart();
    }
    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "the writer does not go on");
    report("server killed", writers, url);
}

static void freezes(void)
{
    const char *url = test_mariadb_fresh_url();
    struct writers *writers = writers_new(LEASE_MS);
    int writer = writers_start(writers, url);
    const char *text;

    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "no start");
    test_mariadb_freeze(); /* shorter than the lease: nothing happens but the waiting */
    (void)usleep(LEASE_MS / 2 * 1000);
    test_mariadb_thaw();
    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "the writer does not go on");
    test_mariadb_freeze();
    text = writers_ended(writers, writer, 10 * LEASE_MS);
    test_mariadb_thaw();
    expect(text != NULL, "a writer without its server has not ended");
    expect(strstr(text, "the database cannot be reached to renew the lease") != NULL, text);
    writer = writers_start(writers, url);
    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "no writer after it");
    report("server frozen", writers, url);
}

/* ---- the lease ---- */

static void fights(void)
{
    const char *url = test_mariadb_fresh_url();
    struct writers *writers = writers_new(LEASE_MS);
    int64_t epoch = 0;
    int64_t slowest = 0;
    int active = writers_start(writers, url);

    expect(writers_await(writers, active, SOME, START_MS) >= 0, "no start");
    for (int i = 0; i < FIGHTS; i++) {
        int standby = writers_start(writers, url);
        const char *text;
        int64_t took;

        (void)usleep(300 * 1000);
        expect(writers_answered(writers, standby) == 0, "the standby writes beside the writer");
        writers_freeze(writers, active);
        took = writers_await(writers, standby, 1, TAKE_OVER_MS);
        expect(took >= 0, "the standby has not taken over");
        slowest = took > slowest ? took : slowest;
        writers_thaw(writers, active);
        text = writers_ended(writers, active, TAKE_OVER_MS);
        expect(text != NULL, "a fenced writer has not ended");
        expect(strstr(text, "another writer holds the lease") != NULL, text);
        expect(writers_await(writers, standby, SOME, START_MS) >= 0, "the standby does not go on");
        expect(test_mariadb_sql(url, "SELECT epoch FROM store_lease") > epoch, "no new epoch");
        epoch = test_mariadb_sql(url, "SELECT epoch FROM store_lease");
        active = standby;
    }
    printf("slowest take-over: %lld ms with a lease of %d ms\n", (long long)slowest, LEASE_MS);
    report("writers frozen", writers, url);
}

static void killed_writers(void)
{
    const char *url = test_mariadb_fresh_url();
    struct writers *writers = writers_new(0);
    int active = writers_start(writers, url);
    int standby = writers_start(writers, url);
    int64_t took;

    while (writers_answered(writers, active) + writers_answered(writers, standby) < SOME) {
        (void)usleep(10000);
    }
    if (writers_answered(writers, active) == 0) {
        int other = active;

        active = standby;
        standby = other;
    }
    writers_kill(writers, active);
    took = writers_await(writers, standby, 1, TAKE_OVER_MS);
    expect(took >= 0, "the standby has not taken over within 10 s");
    printf("take-over from a killed writer: %lld ms\n", (long long)took);
    report("writer killed", writers, url);
}

int main(int argc, char **argv)
{
    (void)unsetenv("TOMATO_TEST_MYSQL_URL"); /* the server is killed and frozen */
    faults(argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    kills();
    freezes();
    fights();
    killed_writers();
    return 0;
}
