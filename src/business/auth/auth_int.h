/* Shared inside business/auth. */
#ifndef BUSINESS_AUTH_AUTH_INT_H
#define BUSINESS_AUTH_AUTH_INT_H

#include "base/crypto.h"
#include "base/encode.h"
#include "base/time.h"
#include "business/auth/auth.h"
#include "platform/store/store_reply.h"

/* ---- the Authorization header ---- */

enum { AUTH_NONCE_MIN = 16, AUTH_NONCE_MAX = 64, AUTH_SIGNATURE_MAX = 1024 };

struct auth_header {
    enum auth_algorithm algorithm;
    int64_t key_id;
    int64_t timestamp_s;
    struct str nonce;
    struct str signature; /* decoded */
};
/* ERR_AUTH_MISSING (empty), ERR_AUTH_MALFORMED: anything but the one form. Of what it gives, the
 * nonce lives in text and the signature in the arena. */
MUST_USE enum err auth__parse_header(struct arena *arena, struct str text, struct auth_header *out);
/* "Bearer op_<id>_<secret>". */
MUST_USE enum err auth__parse_bearer(struct str text, int64_t *key_id, struct str *secret);
/* METHOD\nTARGET\nTIMESTAMP\nNONCE\nHEX(digest of the body)\n. */
struct str auth__signed_text(struct arena *arena, const struct request *req,
                             const struct auth_header *header);

/* ---- nonces ---- */

/* Remembers each (key, nonce) for twice the window; shared by the loops. Bounded: when it is full
 * the oldest are forgotten, and then what was signed up to their time is refused. */
struct auth_nonces;
struct auth_nonces *auth__nonces_new(int64_t window_ms, int64_t max);
void auth__nonces_free(struct auth_nonces *nonces);
/* ERR_AUTH_REPLAYED: taken before. ERR_AUTH_RESTARTED: it may have been taken and forgotten. */
MUST_USE enum err auth__nonces_take(struct auth_nonces *nonces, const struct auth_header *header,
                                    int64_t now_ms);

/* ---- rows ---- */

/* A key whose holder's clock is ahead: how far ahead of our own time we have taken its requests.
 * Written before the first of them is taken, so that the next process knows what may be a replay.
 */
struct auth_ahead {
    int64_t id;       /* of the key */
    int64_t process;  /* that wrote until_ms */
    int64_t floor_ms; /* until_ms of the processes before it */
    int64_t until_ms; /* stamps taken are not later than this */
};

struct auth_platform_key {
    int64_t id;             /* "plk_…" */
    struct str private_key; /* sealed PEM */
    struct str public_key;  /* PEM */
    int64_t created_at_ms;
};

extern const struct table auth__ahead_table, auth__platform_key_table;
extern const struct store_part auth__store;
extern const struct migration auth__migrations[5];
MUST_USE enum err auth__read_platform_keys(struct reader *reader, struct arena *arena,
                                           struct auth_platform_key **out, size_t *count);

struct auth_ahead_raise {
    int64_t key_id;
    int64_t process;
    int64_t until_ms;
};
extern const struct command_kind auth__ahead_kind; /* arg: struct auth_ahead_raise; no result */

/* ---- opened keys in memory, shared by the loops ---- */

/* Read-only but for the members marked; counted by the cache. */
struct auth_open_key {
    struct arena *arena;
    struct auth_key row;                     /* without name, secret and public_key */
    struct secret secret;                    /* HMAC */
    struct crypto_key *public_key;           /* the algorithms with a key pair */
    unsigned char digest[CRYPTO_SHA256_LEN]; /* bearer */
    int64_t floor_ms; /* what is stamped up to here may have been taken by an earlier process */
    struct counter ahead_until_ms; /* what this process may take */

    struct auth_open_key *next; /* the rest is guarded by the cache */
    int64_t references;
    int64_t fresh_until_ms;
    int64_t last_used_ms;
};
MUST_USE enum err auth__open(struct app *app, const struct auth_key *row,
                             struct auth_open_key **out);
void auth__open_free(struct auth_open_key *key);

struct auth_cache;
struct auth_cache *auth__cache_new(int64_t keep_ms, int64_t max);
void auth__cache_free(struct auth_cache *cache);

enum auth_cached { AUTH_CACHED = 1, AUTH_CACHED_UNKNOWN, AUTH_NOT_CACHED };
/* AUTH_CACHED: *key is the caller's until released. AUTH_CACHED_UNKNOWN: there is no such key.
 * AUTH_NOT_CACHED: read it; *ticket goes back with what was read. */
enum auth_cached auth__cache_get(struct auth_cache *cache, int64_t id, int64_t now_ms,
                                 struct auth_open_key **key, int64_t *ticket);
/* Keeps what was read, unless the key has changed since the ticket was given. The caller holds the
 * key as after auth__cache_get. */
void auth__cache_put(struct auth_cache *cache, struct auth_open_key *key, int64_t now_ms,
                     int64_t ticket);
void auth__cache_put_unknown(struct auth_cache *cache, int64_t id, int64_t now_ms, int64_t ticket);
void auth__cache_release(struct auth_cache *cache, struct auth_open_key *key);
void auth__cache_used(struct auth_cache *cache, struct auth_open_key *key, int64_t now_ms);
void auth__cache_forget(struct auth_cache *cache, int64_t id); /* it is read anew */
int64_t auth__cache_last_used_ms(struct auth_cache *cache, int64_t id);

/* ---- keys that fit nobody ---- */

/* What a request of an unknown key is verified with, and refused: so that the time it takes does
 * not tell that the key is unknown. */
struct auth_decoys {
    struct arena *arena;
    struct auth_open_key keys[AUTH_BEARER + 1]; /* by enum auth_algorithm */
};
MUST_USE enum err auth__decoys_make(struct auth_decoys *decoys);
void auth__decoys_free(struct auth_decoys *decoys);

/* ---- the platform's key ---- */

struct auth_platform {
    struct arena *arena;
    struct auth_platform_key *keys; /* the newest first; it signs */
    size_t count;
    struct crypto_key *signer;
};
/* Opens the newest key, made when there is none. */
MUST_USE enum err auth__platform_open(struct app *app, struct auth_platform *platform);
void auth__platform_close(struct auth_platform *platform);
extern const struct route auth__routes[];

/* ---- the module ---- */

struct auth_state {
    int64_t window_ms;
    int64_t started_at_ms;
    int64_t process; /* a number no other process has */
    bool sign_answers;
    struct auth_nonces *nonces;
    struct auth_cache *cache;
    struct auth_platform platform;
    struct auth_decoys decoys;
};
struct auth_state *auth__state(const struct app *app);

#endif
