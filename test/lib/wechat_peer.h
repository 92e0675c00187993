/* WeChat Pay's side for tests of the adapter: keys, signed answers, callbacks, certificates. */
#ifndef TEST_LIB_WECHAT_PEER_H
#define TEST_LIB_WECHAT_PEER_H

#include "business/channel/channel_int.h"
#include "test/lib/certificate.h"

#define WECHAT_PEER_NOW_MS INT64_C(1790000000000)
#define WECHAT_PEER_MCHID "1900000109"
#define WECHAT_PEER_APPID "wxd678efh567hg6787"
#define WECHAT_PEER_APIV3_KEY "0123456789abcdefghijklmnopqrstuv"
#define WECHAT_PEER_PUB_KEY_ID "PUB_KEY_ID_0119000001092026"

enum { WECHAT_PEER_HEADERS = 4 };

struct wechat_peer {
    struct arena *arena;
    struct test_certificate merchant;
    struct test_certificate platform;   /* serves as certificate */
    struct test_certificate public_key; /* its public_pem serves as PUB_KEY_ID_… */
};

struct wechat_peer wechat_peer(struct arena *arena);

/* The account's row and settings, as an operator would give them. mode: "certificate" or
 * "public_key". */
struct channel_account wechat_peer_account(const struct wechat_peer *peer, const char *mode);
struct str wechat_peer_credentials(const struct wechat_peer *peer);
/* The account opened, knowing the platform certificate unless bare. */
void *wechat_peer_open(const struct wechat_peer *peer, const char *mode, bool bare);

/* Four headers that sign the body at an instant by a key. */
struct http_header *wechat_peer_sign(const struct wechat_peer *peer,
                                     const struct test_certificate *by, struct str serial,
                                     int64_t at_ms, struct str body);
/* A signed answer, as the client would hand it over. */
struct http_call wechat_peer_answer(const struct wechat_peer *peer, int status, struct str body);
/* {algorithm, nonce, associated_data, ciphertext[, original_type]} */
struct str wechat_peer_encrypt(const struct wechat_peer *peer, const char *aad,
                               const char *original_type, struct str plain);
struct str wechat_peer_transaction(const struct wechat_peer *peer, const char *trade_state);
/* A callback's body around a resource. */
struct str wechat_peer_event(const struct wechat_peer *peer, const char *event_type,
                             struct str resource);
/* The body of GET /v3/certificates. */
struct str wechat_peer_certificates(const struct wechat_peer *peer,
                                    const struct test_certificate *certificates, size_t count);

#endif
