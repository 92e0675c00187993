/* Shared inside edge/gateway. */
#ifndef EDGE_GATEWAY_GATEWAY_INT_H
#define EDGE_GATEWAY_GATEWAY_INT_H

#include "edge/gateway/gateway.h"
#include "platform/store/store_reply.h"

enum gateway_step {
    GATEWAY_NEXT = 1, /* go on with the next step */
    GATEWAY_WAIT,     /* gateway__resume or gateway__answer will be called */
    GATEWAY_ANSWER,   /* chain->reply is the answer */
};

/* One request on its way down the chain; in the request's arena. */
struct gateway_chain {
    struct request *req;
    enum gateway_step (*const *steps)(struct gateway_chain *chain);
    size_t at;
    bool suspended;
    struct reply *reply;
    /* idempotency */
    struct str scope; /* empty: the request carries no key */
    struct str fingerprint;
    struct command command;
};
void gateway__resume(struct gateway_chain *chain); /* a suspended step is over: the next one */
void gateway__answer(struct gateway_chain *chain, struct reply *reply);

/* ---- limits by address: a token bucket each, kept per loop ---- */
struct gateway_limiter;
struct gateway_limiter *gateway__limiter_new(int64_t rate_per_s, int64_t burst);
void gateway__limiter_free(struct gateway_limiter *limiter);
/* Takes one token of the address. */
bool gateway__limiter_take(struct gateway_limiter *limiter, struct str address, int64_t now_ms);

/* ---- idempotency keys ---- */
extern const struct store_part gateway__store;
extern const struct migration gateway__migrations[2];
enum gateway_step gateway__idempotency(struct gateway_chain *chain);
/* Records the answer of a request that carries a key. Called before it is sent, so that whoever
 * repeats it afterwards finds it: the writer takes commands in order. */
void gateway__idempotency_record(struct gateway_chain *chain, struct reply *reply);
/* Deletes records older than the retention; called now and then. */
void gateway__idempotency_purge(struct app *app);

struct gateway_state {
    struct app *app;
    struct gateway_limiter *limiters[APP_LOOPS_MAX];
    bool access_log;
    bool ready;
    struct str metrics_token;
    int64_t purged_at_ms; /* of loop 0 */
};
extern const struct route gateway__routes[];

#endif
