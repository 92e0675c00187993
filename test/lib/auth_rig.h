/* Auth in one process: store, vault, a clock that stands still, and a server on a loop that checks
 * every request as the gateway does and answers who asked. */
#ifndef TEST_LIB_AUTH_RIG_H
#define TEST_LIB_AUTH_RIG_H

#include "business/auth/auth_int.h"
#include "test/lib/raw_client.h"

/* The process starts a second earlier, so that what is signed now was signed since. */
#define AUTH_RIG_START_MS INT64_C(1790000000000)

struct auth_rig {
    struct app app;
    struct arena *arena;
    struct clock clock;
    struct counter now_ms; /* what the clock says */
    char dir[64];
    struct http_server *server;
    uint16_t port;
    int64_t next_nonce;
    struct crypto_key *pairs[16];
    size_t pair_count;
};

/* conf: lines of configuration, NULL for none. */
struct auth_rig *auth_rig_new(const char *conf);
void auth_rig_free(struct auth_rig *rig);
/* The process dies and starts again, at the present of the clock, on the same database. */
void auth_rig_restart(struct auth_rig *rig);
void auth_rig_pass(struct auth_rig *rig, int64_t ms);

/* A key with what signs for it. Lives as long as the rig. */
struct auth_rig_key {
    struct auth_key row;
    struct secret plain;
    struct crypto_key *pair;
};
struct auth_rig_key *auth_rig_key(struct auth_rig *rig, enum auth_algorithm algorithm,
                                  const char *permissions);
struct auth_rig_key *auth_rig_key_like(struct auth_rig *rig, const struct auth_key_ask *ask);

/* What is sent, and what is signed when that differs. Zero members: the usual. */
struct auth_rig_ask {
    const char *method; /* "POST" */
    const char *target; /* "/v1/echo?a=1" */
    const char *body;   /* "{}" */
    const char *signed_target, *signed_body;
    const char *nonce;         /* a new one each time */
    int64_t timestamp_s;       /* the present */
    int64_t key_id;            /* in the header; the key's */
    const char *algorithm;     /* in the header; the key's */
    const char *authorization; /* the whole header; "" none */
};
/* The code of the answer's error; "ok" for 200. */
const char *auth_rig_ask(struct auth_rig *rig, const struct auth_rig_key *key,
                         const struct auth_rig_ask *ask);
/* The same with the whole answer. */
struct raw_answer auth_rig_answer(struct auth_rig *rig, const struct auth_rig_key *key,
                                  const struct auth_rig_ask *ask);

#endif
