/* A client over a bare socket: sends exactly the bytes it is told to, and reads answers one by one.
 * For tests of the servers; blocking, with a time limit on everything. */
#ifndef TEST_LIB_RAW_CLIENT_H
#define TEST_LIB_RAW_CLIENT_H

#include "base/str.h"

enum { RAW_BUFFER = 1024 * 1024, RAW_TIMEOUT_MS = 5000 };

struct raw_client {
    int fd;
    size_t len;    /* bytes in buffer */
    size_t answer; /* of which the last answer, thrown away by the next read */
    char buffer[RAW_BUFFER];
};

struct raw_answer {
    int status; /* 0: the connection ended without an answer */
    struct str head;
    struct str body; /* chunks joined; in the client's buffer until the next read */
    bool interim;    /* a 1xx; the answer follows */
};

struct raw_client *raw_open(uint16_t port);
void raw_close(struct raw_client *client);
void raw_send(struct raw_client *client, struct str bytes);
void raw_printf(struct raw_client *client, const char *format, ...) PRINTF_LIKE(2, 3);
struct raw_answer raw_read(struct raw_client *client);
struct raw_answer raw_read_no_body(struct raw_client *client); /* of HEAD */
/* One request, one answer, one connection. The answer's memory lives in the arena. */
struct raw_answer raw_call(struct arena *arena, uint16_t port, struct str bytes);
struct str raw_header(const struct raw_answer *answer, const char *name); /* empty: not there */
/* Waits for more bytes of an answer without end, and gives all that came; empty on its end. */
struct str raw_wait(struct raw_client *client, struct str needle);
/* The peer closes within the time, whatever it still sends. */
bool raw_is_closed_within(struct raw_client *client, int timeout_ms);

#endif
