/* Shared inside business/auth. */
#ifndef BUSINESS_AUTH_AUTH_INT_H
#define BUSINESS_AUTH_AUTH_INT_H

#include "base/crypto.h"
#include "base/time.h"
#include "business/auth/auth.h"
#include "platform/store/store_reply.h"

/* ---- the Authorization header ---- */

struct auth_header {
    enum auth_algorithm algorithm;
    int64_t key_id;
    int64_t timestamp_s;
    struct str nonce;     /* 16 … 64 of A-Z a-z 0-9 _ - */
    struct str signature; /* base64 */
};
/* ERR_AUTH_MISSING (empty), ERR_AUTH_MALFORMED: anything but the one form, fields in any order. */
MUST_USE enum err auth__parse_header(struct str text, struct auth_header *out);
/* "Bearer op_<id>_<secret>". */
MUST_USE enum err auth__parse_bearer(struct str text, int64_t *key_id, struct str *secret);

/* ---- nonces ---- */

/* Remembers each (key, nonce) for at least keep_ms, and at most twice as long; shared by the loops.
 */
struct auth_nonces;
struct auth_nonces *auth__nonces_new(int64_t keep_ms);
void auth__nonces_free(struct auth_nonces *nonces);
/* False when it was taken before. */
bool auth__nonces_take(struct auth_nonces *nonces, int64_t key_id, struct str nonce,
                       int64_t now_ms);

/* ---- keys in memory, per loop ---- */

struct auth_open_key {
    struct auth_open_key *next;
    struct arena *arena;
    struct auth_key row;
    struct secret secret;          /* HMAC */
    struct crypto_key *public_key; /* the others */
};
/* Opens a row for use; the result owns its arena. */
MUST_USE enum err auth__open(struct app *app, const struct auth_key *row,
                             struct auth_open_key **out);
void auth__open_free(struct auth_open_key *key);

enum { AUTH_CACHE_BUCKETS = 1024, AUTH_CACHE_MAX = 20000 };
struct auth_cache {
    struct auth_open_key *buckets[AUTH_CACHE_BUCKETS];
    size_t count;
};
struct auth_open_key *auth__cache_find(struct auth_cache *cache, int64_t id);
void auth__cache_add(struct auth_cache *cache, struct auth_open_key *key);
void auth__cache_drop(struct auth_cache *cache, int64_t id); /* 0: all */

struct auth_state {
    struct app *app;
    struct auth_nonces *nonces;
    int64_t window_ms;
    int64_t started_at_ms;
    struct auth_cache caches[APP_LOOPS_MAX];
    bool sign_answers;
    int64_t platform_key_id;
    struct crypto_key *platform_key;
    struct str platform_public_pem;
    struct arena *arena;
};

/* ---- rows ---- */

struct auth_platform_key {
    int64_t id;
    struct str private_key; /* sealed PEM */
    struct str public_key;  /* PEM */
    int64_t created_at_ms;
};
extern const struct table auth__platform_key_table;
extern const struct command_kind auth__platform_key_kind;
extern const struct store_part auth__store;
extern const struct migration auth__migrations[3];
extern const struct route auth__routes[];
MUST_USE enum err auth__read_platform_keys(struct reader *reader, struct arena *arena,
                                           struct auth_platform_key **out, size_t *count);
/* Verifies a signed request with an opened key; the clock is req->received_ms. */
MUST_USE enum err auth__verify(struct auth_state *state, struct request *req,
                               const struct auth_header *header, const struct auth_open_key *key);

#endif
