/* Writers of the books in processes of their own, which may be killed, frozen and fenced, and the
 * audit afterwards: every transfer that was answered is there, none is there twice.
 *
 * A writer transfers 1 from one account to another as fast as it is answered, under numbers of its
 * own. What it sent and what was answered stands in memory the processes share. */
#ifndef TEST_LIB_LEDGER_WRITERS_H
#define TEST_LIB_LEDGER_WRITERS_H

#include "platform/loop/thread.h"

#include <sys/types.h>

enum { WRITERS_MAX = 24 };

struct writers;
struct writers *writers_new(int64_t lease_ms); /* of the writers; 0: the store's own */
void writers_free(struct writers *writers);    /* kills what runs */

/* A writer; it waits until it may write. Returns its number, 0 … WRITERS_MAX - 1. */
int writers_start(struct writers *writers, const char *url);
void writers_freeze(struct writers *writers, int writer); /* SIGSTOP */
void writers_thaw(struct writers *writers, int writer);
void writers_kill(struct writers *writers, int writer); /* SIGKILL, and waits */
/* Waits for a writer to end by itself and returns what it has logged as errors; it must have
 * aborted, and may be asked again. NULL: it has not within this time. */
const char *writers_ended(struct writers *writers, int writer, int64_t within_ms);

int64_t writers_answered(const struct writers *writers, int writer); /* transfers */
/* Milliseconds until the writer has been answered `more` transfers from now on; -1, with what it
 * logged on stderr: not within, or it has ended. */
int64_t writers_await(struct writers *writers, int writer, int64_t more, int64_t within_ms);

/* Ends the writers, opens the books at the URL, proves them, sends everything once more, and ends
 * the program with a message when something is lost or doubled. Returns the number of transfers. */
int64_t writers_audit(struct writers *writers, const char *url);

#endif
