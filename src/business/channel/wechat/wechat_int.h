/* WeChat Pay APIv3, shared inside the folder. docs/channels.md has the rules of the protocol. */
#ifndef BUSINESS_CHANNEL_WECHAT_WECHAT_INT_H
#define BUSINESS_CHANNEL_WECHAT_WECHAT_INT_H

#include "base/time.h"
#include "business/channel/channel_adapter.h"

enum { WECHAT_PLATFORM_KEYS_MAX = 8, WECHAT_SERIAL_MAX = 64, WECHAT_WINDOW_S = 300 };

/* A key of WeChat Pay: from a downloaded certificate, or the public key given in the settings
 * (serial PUB_KEY_ID_…). During a migration both sign, so that the serial decides. */
struct wechat_platform_key {
    struct str serial;
    struct str pem;
    struct crypto_key *key;
    int64_t not_before_ms;
    int64_t expires_at_ms; /* 0: never */
};

/* Which of its keys WeChat Pay is asked to sign with. */
enum wechat_mode { WECHAT_CERTIFICATE = 1, WECHAT_PUBLIC_KEY };

struct wechat_keys {
    struct arena *arena;
    struct str mchid;
    struct str appid;
    struct str base_url;
    struct str merchant_serial;
    struct crypto_key *merchant_key;
    struct secret apiv3_key;
    enum wechat_mode mode;
    struct str public_key_id; /* empty: none given */
    struct wechat_platform_key platform[WECHAT_PLATFORM_KEYS_MAX];
    size_t platform_count;
    int64_t fetched_at_ms; /* of the certificates; 0: never */
};

/* ---- signing ---- */

/* Signs method, path and body of the call and adds the headers; path begins with /v3/. */
void wechat__sign_request(struct arena *arena, const struct wechat_keys *keys,
                          const struct channel_ask *ask, struct str path, struct http_call *out);

/* A text WeChat Pay has signed: an answer or a callback. */
struct wechat_signed {
    const struct http_header *headers;
    size_t header_count;
    struct str body;
    int64_t now_ms;
};
/* Sets detail or, when trusted, evidence. */
enum channel_trust wechat__verify(struct arena *arena, const struct wechat_keys *keys,
                                  const struct wechat_signed *in, struct channel_result *out);
bool wechat__is_signed(const struct wechat_signed *in);

/* ---- orders ---- */

void wechat__request(struct arena *arena, const void *opened, const struct channel_ask *ask,
                     struct http_call *out);
enum channel_trust wechat__answer(struct arena *arena, const void *opened,
                                  const struct channel_ask *ask, const struct http_call *in,
                                  struct channel_result *out);
/* A transaction object, of a query or in a callback. */
enum channel_trust wechat__read_transaction(struct arena *arena, const struct wechat_keys *keys,
                                            const json_t *body, struct channel_result *out);

/* What a refusal settles. A code that is not listed leaves the outcome unknown. */
struct wechat_code {
    int status;
    const char *code;
    unsigned operations; /* set of enum channel_op the row is for */
    enum channel_outcome outcome;
    enum channel_decline decline;
};
extern const struct wechat_code wechat__codes[];
extern const size_t wechat__code_count;

/* ---- callbacks ---- */

extern const char *const wechat__callback_headers[];
enum channel_trust wechat__callback(struct arena *arena, const void *opened,
                                    const struct channel_callback *in, struct channel_result *out);
void wechat__callback_reply(struct arena *arena, enum err err, struct channel_callback_reply *out);

/* ---- platform certificates ---- */

bool wechat__refresh_due(const void *opened, int64_t now_ms);
void wechat__refresh_request(struct arena *arena, const void *opened, const struct channel_ask *ask,
                             struct http_call *out);
enum err wechat__refresh_answer(struct arena *arena, const void *opened,
                                const struct channel_ask *ask, const struct http_call *in,
                                struct str *learned);
/* Adds the certificates of an earlier refresh_answer to the keys; what cannot be read is left out:
 * it will be fetched again. */
void wechat__learn(struct wechat_keys *keys, struct str learned);
/* Decrypts {algorithm, nonce, associated_data, ciphertext} with the APIv3 key. */
MUST_USE enum err wechat__decrypt(struct arena *arena, const struct wechat_keys *keys,
                                  const json_t *resource, struct str *plain);

#endif
