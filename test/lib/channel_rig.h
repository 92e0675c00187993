/* The channel engine in one process: store, vault, a loop with server and client, and a peer that
 * answers as a test tells it to. */
#ifndef TEST_LIB_CHANNEL_RIG_H
#define TEST_LIB_CHANNEL_RIG_H

#include "test/lib/wechat_peer.h"

#define RIG_MOCK_KEY "mock-secret-key-0123456789"

enum { RIG_UNANSWERED_MAX = 16, RIG_LOOPS = 2 };

/* How the peer answers the next requests. */
struct rig_answer {
    int status;
    const char *body;
    bool signed_;                      /* as the mock channel signs */
    const struct http_header *headers; /* more headers, ended by an empty name; NULL: none */
    bool never;                        /* no answer at all */
};

struct rig {
    struct app app;
    struct arena *arena;
    struct clock clock;
    int64_t now_ms; /* what the clock says */
    char dir[64];
    struct http_server *server;
    struct str base_url; /* of the peer and of ourselves */

    struct rig_answer answer;       /* of the peer, to all that is not below */
    struct rig_answer certificates; /* to GET /v3/certificates */
    int certificate_requests;
    int order_requests;
    struct str last_body; /* the peer saw */
    struct request *unanswered[RIG_UNANSWERED_MAX];
    size_t unanswered_count;

    /* What came to the sink, and what it answers. It may come at any time: guarded. */
    struct mutex *mutex;
    struct arena *notice_arena;
    int notices;
    struct channel_result last_notice;
    enum err sink_err;
};

/* conf: lines added to the configuration, NULL for none. */
struct rig *rig_new(const char *conf);
void rig_free(struct rig *rig);

/* An account of the mock channel at the peer (merchant_id 0: shared). */
int64_t rig_mock_account(struct rig *rig, int64_t merchant_id, int64_t priority);
/* A shared account of WeChat Pay at the peer, and the peer's answer signed as WeChat Pay. */
int64_t rig_wechat_account(struct rig *rig, const struct wechat_peer *peer);
struct rig_answer rig_wechat_answer(struct rig *rig, const struct wechat_peer *peer,
                                    const struct test_certificate *by, struct str body);
enum err rig_create(struct rig *rig, const struct channel_create *body,
                    struct channel_account *created, struct json_refusal *refusal);
/* One call, waited for. The result lives as long as the rig. */
struct channel_result rig_call(struct rig *rig, int64_t account_id, enum channel_op op,
                               const char *order_no);
/* Queries of T202611220001 at once, from all loops; how many had the outcome. */
size_t rig_calls(struct rig *rig, int64_t account_id, size_t count, enum channel_outcome outcome);

int rig_notices(struct rig *rig);
bool rig_wait_notices(struct rig *rig, int wanted); /* exactly so many, within 5 s */

struct rig_reply {
    int status;
    struct str body;
};
/* A request to ourselves, or to a whole URL; headers end with an empty name, NULL: none. */
struct rig_reply rig_request(struct rig *rig, const char *method, struct str path,
                             const struct http_header *headers, struct str body);
/* Headers that sign a body at the rig's time: as the mock channel, as WeChat Pay. */
const struct http_header *rig_mock_headers(struct rig *rig, struct str body);
const struct http_header *rig_wechat_headers(struct rig *rig, const struct wechat_peer *peer,
                                             const struct test_certificate *by, struct str body);
struct str rig_notify_path(struct rig *rig, const char *channel, int64_t account_id);

#endif
