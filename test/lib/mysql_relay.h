/* A relay between the store and a MariaDB server. It knows the packets that matter, the changes of
 * a batch and its COMMIT, and does to them what the test says. */
#ifndef TEST_LIB_MYSQL_RELAY_H
#define TEST_LIB_MYSQL_RELAY_H

#include "platform/loop/thread.h"

enum relay_mode {
    RELAY_PASS = 0,
    RELAY_CUT_BEFORE_COMMIT, /* the COMMIT never reaches the server */
    RELAY_CUT_AFTER_COMMIT,  /* it does, but its answer is lost */
    RELAY_CUT_WRITES,        /* the packet with the batch's changes is lost */
    RELAY_FAIL_WRITES,       /* that packet is answered with an error: relay.error */
    RELAY_FAIL_COMMIT,       /* the COMMIT is, and never reaches the server */
    RELAY_FAIL_APPLIED,      /* the COMMIT is, but has reached the server */
    RELAY_FAIL_ALWAYS,       /* as RELAY_FAIL_COMMIT, and every other one too */
    RELAY_DELAY_COMMIT,      /* the COMMIT reaches the server after relay.delay_ms */
    RELAY_DELAY_ANSWER,      /* so does its answer the store */
    RELAY_REFUSE,            /* no connection lasts, and none is passed on */
};

struct relay;
struct relay *relay_start(int server_port);
void relay_stop(struct relay *relay);
int relay_port(const struct relay *relay);
/* Any mode but RELAY_FAIL_ALWAYS and RELAY_REFUSE strikes once. error: a server's error number. */
void relay_set(struct relay *relay, enum relay_mode mode, unsigned error, int64_t delay_ms);
bool relay_has_struck(const struct relay *relay); /* since relay_set */

/* The URL of a MariaDB with another port, in `out`. */
void relay_url(const char *url, int port, char out[256]);
int relay_url_port(const char *url);

#endif
