/* Shared by the files of the demo merchant. One loop, one thread. */
#ifndef MAIN_DEMO_INT_H
#define MAIN_DEMO_INT_H

#include "platform/http/client.h"
#include "platform/http/http.h"

enum {
    DEMO_STREAMS_MAX = 64,
    DEMO_RUNS_MAX = 64,
    DEMO_NEWS_MAX = 48 << 10, /* one event for the pages */
    DEMO_BODY_MAX = 16 << 10,
    DEMO_AUTHORIZATION_MAX = 512,
};

/* The file script/run writes; every field is a text. */
struct demo_settings {
    struct str base_url; /* the platform */
    struct str sim_url;  /* the channel simulator */
    struct str demo_url;
    struct str merchant_id;
    struct str app_id;
    struct str key_id;
    struct str secret;
    struct str operator_key;
    struct str checker_key; /* of another operator; files of earlier versions lack it */
    struct str webhook_secret;
    struct str webhook_log;
};

struct demo_stream;
struct demo_run;
struct demo_call;

struct demo {
    struct arena *arena;
    struct loop *loop;
    struct http_client *client;
    struct http_server *server;
    struct demo_settings settings;
    struct secret webhook_key;
    struct demo_stream *streams;
    struct demo_run *runs; /* payments that are being watched */
    struct demo_call *calls;
    size_t stream_count;
    size_t run_count;
    int64_t last_run;
    int webhook_fd;
};

struct demo *demo__of(const struct request *req);
/* To every page that is open; json is one object. */
void demo__tell(struct demo *demo, const char *event, struct str json);

/* ---- calls: one to the platform or the simulator, told to the pages when it is answered ---- */

enum demo_signer { DEMO_NOBODY = 1, DEMO_MERCHANT, DEMO_OPERATOR };

struct demo_call {
    struct http_call http; /* first */
    struct demo *demo;
    struct demo_call *next;
    struct arena *arena; /* freed after then() */
    int64_t run;
    const char *event; /* NULL: not told */
    void (*then)(struct demo_call *call);
    void *ctx;
};

struct demo_ask {
    const char *method;
    struct str base;
    struct str target; /* path?query */
    struct str body;
    enum demo_signer signer;
    int64_t run;
    const char *event;
    const char *event_before; /* told before it is sent; NULL: not */
    void (*then)(struct demo_call *call);
    void *ctx;
};
void demo__call(struct demo *demo, const struct demo_ask *ask);
void demo__call_tell(const struct demo_call *call, const char *event, bool answered);

/* ---- runs: one payment, watched until it is settled ---- */

struct demo_payment {
    int64_t amount;
    struct str subject;
    struct str method;
};
/* ERR_QUEUE_FULL when too many are watched already. */
MUST_USE enum err demo__run_start(struct demo *demo, const struct demo_payment *payment,
                                  int64_t *number);
void demo__runs_stop(struct demo *demo);

/* ---- webhooks ---- */

struct demo_webhook {
    struct str id;
    struct str timestamp;
    struct str signature;
    struct str body;
};
/* ERR_CRYPTO_SIGNATURE, also for a stamp more than five minutes off. */
MUST_USE enum err demo__webhook_verify(struct arena *arena, const struct secret *key,
                                       const struct demo_webhook *webhook, int64_t now_ms);
struct reply *demo__webhook_handler(struct request *req);

#endif
