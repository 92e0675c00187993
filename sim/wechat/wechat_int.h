/* Shared by the files of the WeChat personality.
 *
 * Written from the published rules of WeChat Pay APIv3 (and what its servers were seen to answer),
 * not from the adapter, so that both cannot share a mistake. */
#ifndef SIM_WECHAT_WECHAT_INT_H
#define SIM_WECHAT_WECHAT_INT_H

#include "sim/sim.h"
#include "sim/wechat/wechat_keys.h"

enum { WECHAT_ANSWER_MAX = 64 * 1024, WECHAT_SIGNED_MAX = 256 * 1024 };

/* One request while it is handled. */
struct wechat_call {
    struct sim *sim;
    struct request *req;
    struct sim_merchant *merchant;
    enum sim_operation operation;
    struct sim_fault fault;
};

typedef struct reply *(*wechat_operation)(const struct wechat_call *call);

/* Authenticates, lets faults strike, runs the operation and signs its answer. */
struct reply *wechat__run(struct request *req, enum sim_operation operation,
                          wechat_operation handle);

/* NULL when the Authorization is good (the call's merchant is set then), else the message of the
 * 401 SIGN_ERROR. */
const char *wechat__authenticate(struct wechat_call *call);

struct wechat_signature {
    struct str timestamp;
    struct str nonce;
    struct str value;
    struct str serial;
};
/* Signs body as answers and callbacks are signed; a fault may spoil it. */
struct wechat_signature wechat__sign(struct arena *arena, const struct wechat_key *key,
                                     int64_t now_ms, struct str body,
                                     const struct sim_fault *fault);
/* The key a merchant expects: asked is its Wechatpay-Serial header, or empty. */
const struct wechat_key *wechat__key(const struct sim *sim, const struct sim_merchant *merchant,
                                     struct str asked);

/* {code, message} and the status. */
struct reply *wechat__error(const struct wechat_call *call, int status, const char *code,
                            const char *message);
/* 400 PARAM_ERROR with detail {field, location, issue}; field is a JSON pointer in a body. */
struct reply *wechat__bad_field(const struct wechat_call *call, const char *location,
                                const struct json_refusal *why);
/* True when query names the mchid that signed; otherwise *reply says why not. */
bool wechat__query_mchid(const struct wechat_call *call, struct reply **reply);
struct reply *wechat__order_not_exist(const struct wechat_call *call);

/* The transaction as queries and callbacks tell it; spoiled by the wrong_… faults. */
struct str wechat__transaction(struct arena *arena, const struct sim_order *order,
                               const struct sim_fault *fault);

struct str wechat__openid(struct arena *arena, const struct sim_order *order); /* the payer */

struct reply *wechat__native(const struct wechat_call *call);
struct reply *wechat__query_no(const struct wechat_call *call);
struct reply *wechat__query_id(const struct wechat_call *call);
struct reply *wechat__close(const struct wechat_call *call);
struct reply *wechat__certificates(const struct wechat_call *call);
struct reply *wechat__tradebill(const struct wechat_call *call);
struct reply *wechat__download(const struct wechat_call *call);

void wechat__notify(struct sim *sim, struct sim_order *order, const struct sim_fault *fault,
                    struct http_call *call);

#endif
