/* Who is asking: merchants' signed requests, operators' bearer keys, and the platform's own
 * signature on its answers.
 *
 *     Authorization: TOMATO-<ALG> key_id="…",timestamp="…",nonce="…",signature="…"
 *     ALG: HMAC-SHA256 | RSA-SHA256 | ED25519 | SM2-SM3; signature in base64 over
 *     METHOD\nPATH?QUERY\nTIMESTAMP\nNONCE\nHEX(SHA256(body))\n      (SM3(body) with SM2-SM3)
 *
 * over the exact bytes received. The four fields stand in any order, without blanks. The timestamp
 * (Unix seconds) may be off by auth.window, a nonce (16 to 64 of A-Z a-z 0-9 _ -) is taken once per
 * key. What was signed at a time whose nonces this process does not know, because it was not
 * running or had to forget them, is refused with AUTH_RESTARTED (retryable: sign again).
 *
 * The first check that fails is the answer: AUTH_MISSING, AUTH_MALFORMED, AUTH_TIMESTAMP,
 * AUTH_SIGNATURE, AUTH_KEY_REVOKED, AUTH_KEY_EXPIRED, AUTH_KEY_NOT_BEFORE, AUTH_RESTARTED,
 * AUTH_REPLAYED, AUTH_PERMISSION. An unknown key is AUTH_SIGNATURE and takes as long; what became
 * of a key is told only to who has signed with it.
 *
 *     key: active ──rotate──► expiring (until expires_at) ──► expired
 *             └──revoke──► revoked
 *
 * Secrets are sealed with the vault and shown once, when made. */
#ifndef BUSINESS_AUTH_AUTH_H
#define BUSINESS_AUTH_AUTH_H

#include "platform/module/module.h"

extern const struct module auth_module;

enum auth_algorithm {
    AUTH_HMAC_SHA256 = 1,
    AUTH_RSA_SHA256,
    AUTH_ED25519,
    AUTH_SM2_SM3,
    AUTH_BEARER, /* operator keys */
};
extern const struct enum_name auth_algorithm_names[]; /* "HMAC-SHA256", … */

enum auth_key_status { AUTH_KEY_ACTIVE = 1, AUTH_KEY_REVOKED };

struct auth_key {
    int64_t id;          /* printed "key_…": the key_id of the header */
    int64_t merchant_id; /* 0: an operator's */
    int64_t app_id;
    enum auth_algorithm algorithm;
    struct str name;        /* for people */
    struct str permissions; /* blank-separated: "payment:create payment:read", "payment:*", "*" */
    struct str secret;      /* sealed: HMAC secret; a bearer key's SHA-256 in hex */
    struct str public_key;  /* PEM: RSA, Ed25519, SM2 */
    enum auth_key_status status;
    int64_t not_before_ms; /* 0: at once */
    int64_t expires_at_ms; /* 0: never */
    int64_t created_at_ms;
    int64_t version;
};
extern const struct table auth_key_table;

/* ---- checking a request ---- */

enum auth_step { AUTH_DONE = 1, AUTH_WAITS };
/* Verifies the request by route->auth and fills req->principal. AUTH_DONE: *err says how it ended.
 * AUTH_WAITS: the key has to be read; then(req, err) is called later on the same loop. */
enum auth_step auth_authenticate(struct request *req,
                                 void (*then)(struct request *req, enum err err), enum err *err);
/* Whether the blank-separated permissions cover what is needed: "payment:*" and "*" do. */
bool auth_permits(struct str permissions, const char *needed);
/* Of blank-separated permissions the first that grants nothing: no route that merchants, or
 * operators, may call has it. Empty: each grants something. */
struct str auth_vain_permission(const struct app *app, enum http_auth caller,
                                struct str permissions);
/* Whether they cover each of the others, so that who has them may give those. */
bool auth_covers(struct str permissions, struct str others);

/* Adds the header Tomato-Signature: key_id="…",timestamp="…",nonce="…",signature="…" with the
 * platform's Ed25519 key over STATUS\nTIMESTAMP\nNONCE\nHEX(SHA256(body))\n, unless
 * auth.sign_answers is off. The public keys are at GET /v1/platform-keys. The nonce is the
 * request's, so that an answer belongs to one request; a random one when the request was not
 * signed. */
void auth_sign_response(const struct request *req, struct reply *reply);

/* ---- commands ---- */

/* What the caller makes before the command, so that apply stays deterministic: id, sealed secret.
 * On the calling thread; plain gets what is shown once. For algorithms with a key pair the caller
 * gives the public key and plain stays empty. ERR_CRYPTO_KEY: public_key;
 * ERR_FIELD_FORMAT: permissions must be "*", "word:*" or "word:word". */
struct auth_key_ask {
    int64_t merchant_id;
    int64_t app_id;
    enum auth_algorithm algorithm;
    struct str name;
    struct str permissions;
    struct str public_key;
    int64_t not_before_ms;
    int64_t expires_at_ms;
};
MUST_USE enum err auth_key_prepare(struct app *app, struct arena *arena,
                                   const struct auth_key_ask *ask, struct auth_key *key,
                                   struct secret *plain);
extern const struct command_kind auth_key_insert_kind; /* arg: struct auth_key, no result */

struct auth_key_rotate {
    int64_t key_id;
    int64_t merchant_id;  /* 0: any; otherwise it must be the key's */
    struct auth_key next; /* prepared with the old one's algorithm and permissions; it expires when
                             the old one would have */
    int64_t overlap_ms;   /* how long the old one stays valid */
    bool operators;       /* an operator's key, and no merchant's */
};
extern const struct command_kind auth_key_rotate_kind; /* result: struct auth_key, the old one */

struct auth_key_revoke {
    int64_t key_id;
    int64_t merchant_id; /* 0: any */
    bool operators;      /* an operator's key, and no merchant's */
};
extern const struct command_kind auth_key_revoke_kind; /* result: struct auth_key */

/* Whether the database holds what only the master key opens: then a missing key file must not be
 * made anew. The platform's key is sealed at the first start, before anything else. */
MUST_USE enum err auth_is_sealed(struct store *store, bool *sealed);

/* ---- reading ---- */

/* When this process last took a request of the key; 0: not known. In memory only. */
int64_t auth_key_last_used_ms(const struct app *app, int64_t key_id);

MUST_USE enum err auth_key_read(struct reader *reader, int64_t id, struct arena *arena,
                                struct auth_key *out);
MUST_USE enum err auth_keys_read(struct reader *reader, int64_t merchant_id, struct arena *arena,
                                 struct auth_key **out, size_t *count);
/* Those with a lower id, newest first. */
MUST_USE enum err auth_operator_keys_read(struct reader *reader, int64_t before_id, int64_t limit,
                                          struct arena *arena, struct auth_key **out,
                                          size_t *count);

extern struct metric auth_checks_metric;

#endif
