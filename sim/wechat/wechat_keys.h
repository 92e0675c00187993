/* The platform's own keys of the WeChat personality: certificates, of which the newest signs and
 * the older ones stay listed, and one public key with its id. Made at the first start, kept in the
 * data directory. */
#ifndef SIM_WECHAT_WECHAT_KEYS_H
#define SIM_WECHAT_WECHAT_KEYS_H

#include "sim/sim_crypto.h"

enum { WECHAT_CERTIFICATES_MAX = 8, WECHAT_KEY_NAME_MAX = 64 };

struct wechat_key {
    char name[WECHAT_KEY_NAME_MAX]; /* serial number, or PUB_KEY_ID_… */
    struct sim_key *key;
    struct str certificate_pem; /* empty for the public key */
    int64_t from_ms;
};

struct wechat_keys {
    struct arena *arena;
    struct str directory;
    struct wechat_key certificates[WECHAT_CERTIFICATES_MAX]; /* oldest first */
    size_t certificate_count;
    struct wechat_key public_key;
};

MUST_USE enum err wechat_keys_open(struct str directory, int64_t now_ms, char problem[256],
                                   struct wechat_keys **out);
void wechat_keys_free(struct wechat_keys *keys); /* NULL is allowed */
/* A new certificate signs from now on; the oldest is forgotten beyond WECHAT_CERTIFICATES_MAX. */
MUST_USE enum err wechat_keys_rotate(struct wechat_keys *keys, int64_t now_ms);
const struct wechat_key *wechat_keys_signing(const struct wechat_keys *keys);

#endif
