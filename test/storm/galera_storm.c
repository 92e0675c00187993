/* The books on a Galera cluster of three nodes under load: the node of the writer is killed, with
 * the writer and without it, the writer is frozen, and whole nodes are frozen, the writer's and
 * another. A writer goes on at another node; a standby takes over within ten seconds; a thawed node
 * comes back. After it the audit of test/lib/ledger_writers. */
#include "test/lib/galera.h"
#include "test/lib/ledger_writers.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOME = 200, START_MS = 30000, TAKE_OVER_MS = 10000 };

static void expect(bool right, const char *what)
{
    if (!right) {
        (void)fprintf(stderr, "galera_storm: %s\n", what);
        abort();
    }
}

/* A node that comes back makes the cluster form its groups anew, which may stand still meanwhile
 * for longer than the lease. That ends the writer; the service manager starts it again. */
static int settle(struct writers *writers, int writer, int node)
{
    if (writers_await(writers, writer, SOME, START_MS) < 0) {
        const char *text = writers_ended(writers, writer, 0);

        expect(text != NULL, "the writer does not go on");
        expect(strstr(text, "cannot be reached to renew the lease") != NULL, text);
        writer = writers_start(writers, galera_url_from(node));
        expect(writers_await(writers, writer, SOME, START_MS) >= 0,
               "the next writer does not go on");
    }
    return writer;
}

/* The writer keeps its lease and goes on at the next node. */
static void lose_the_node(struct writers *writers, int writer, int node)
{
    int64_t took;

    galera_kill(node);
    took = writers_await(writers, writer, SOME, TAKE_OVER_MS);
    expect(took >= 0, "the writer has not gone on at another node within 10 s");
    printf("node %d killed: the writer went on within %lld ms\n", node + 1, (long long)took);
    galera_restart(node);
}

/* A machine is lost: the node and the writer beside it. */
static int lose_the_machine(struct writers *writers, int writer, int node)
{
    int standby = writers_start(writers, galera_url_from((node + 1) % GALERA_NODES));
    int64_t took;

    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "the writer does not go on");
    expect(writers_answered(writers, standby) == 0, "the standby writes beside the writer");
    galera_kill(node);
    writers_kill(writers, writer);
    took = writers_await(writers, standby, 1, TAKE_OVER_MS);
    expect(took >= 0, "the standby has not taken over within 10 s");
    printf("node %d killed with its writer: the standby wrote after %lld ms\n", node + 1,
           (long long)took);
    galera_restart(node);
    return standby;
}

/* A writer that is frozen while another takes the lease at another node is told so by the cluster.
 */
static int freeze_the_writer(struct writers *writers, int writer, int node)
{
    int standby = writers_start(writers, galera_url_from((node + 1) % GALERA_NODES));
    const char *text;

    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "the writer does not go on");
    writers_freeze(writers, writer);
    expect(writers_await(writers, standby, 1, TAKE_OVER_MS) >= 0,
           "the standby has not taken over within 10 s");
    writers_thaw(writers, writer);
    text = writers_ended(writers, writer, TAKE_OVER_MS);
    expect(text != NULL, "a fenced writer has not ended");
    expect(strstr(text, "another writer holds the lease") != NULL, text);
    return standby;
}

/* A machine hangs: nothing is refused or closed, it only answers no more. The others leave its node
 * out and the load goes on at theirs. */
static void freeze_another_node(struct writers *writers, int writer, int node)
{
    int64_t took;

    galera_freeze(node);
    took = writers_await(writers, writer, SOME, TAKE_OVER_MS);
    expect(took >= 0, "the writer has not gone on beside a frozen node within 10 s");
    printf("node %d frozen: the writer at another one went on within %lld ms\n", node + 1,
           (long long)took);
    galera_thaw(node);
}

/* The writer waits for an answer that does not come, until its lease is over. */
static int freeze_the_node_of_the_writer(struct writers *writers, int writer, int node)
{
    int standby = writers_start(writers, galera_url_from((node + 1) % GALERA_NODES));
    int64_t took;

    expect(writers_await(writers, writer, SOME, START_MS) >= 0, "the writer does not go on");
    expect(writers_answered(writers, standby) == 0, "the standby writes beside the writer");
    galera_freeze(node);
    took = writers_await(writers, standby, 1, TAKE_OVER_MS);
    expect(took >= 0, "the standby has not taken over from a frozen node within 10 s");
    printf("node %d frozen under its writer: the standby wrote after %lld ms\n", node + 1,
           (long long)took);
    expect(writers_await(writers, standby, SOME, START_MS) >= 0, "the standby does not go on");
    galera_thaw(node);
    expect(writers_ended(writers, writer, TAKE_OVER_MS) != NULL, "a fenced writer has not ended");
    return standby;
}

int main(void)
{
    const char *url = galera_start();
    struct writers *writers = writers_new(0);
    int writer = settle(writers, writers_start(writers, url), 0);

    lose_the_node(writers, writer, 0);
    writer = settle(writers, writer, 1);
    writer = lose_the_machine(writers, writer, 1);
    writer = settle(writers, writer, 2);
    writer = freeze_the_writer(writers, writer, 2);
    writer = settle(writers, writer, 0);
    freeze_another_node(writers, writer, 1);
    writer = settle(writers, writer, 0);
    writer = freeze_the_node_of_the_writer(writers, writer, 0);
    (void)settle(writers, writer, 1);
    printf("%lld transfers, each once\n", (long long)writers_audit(writers, url));
    writers_free(writers);
    return 0;
}
