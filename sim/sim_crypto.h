/* The simulator's own cryptography, straight over OpenSSL.
 *
 * It shares nothing with base/crypto, so that the platform and its counterpart cannot make the same
 * mistake. Keys are parsed once and kept. Nothing here is thread-safe: the simulator has one loop.
 */
#ifndef SIM_SIM_CRYPTO_H
#define SIM_SIM_CRYPTO_H

#include "base/str.h"

enum {
    SIM_SHA1_LEN = 20,
    SIM_SHA256_LEN = 32,
    SIM_GCM_KEY_LEN = 32,
    SIM_GCM_NONCE_LEN = 12,
    SIM_SERIAL_LEN = 40 /* hex digits of a certificate's serial number */
};

void sim_random(void *out, size_t len);
/* count random hex digits, upper case, and a NUL; count is even. */
void sim_random_hex(char *out, size_t count);
void sim_sha1(struct str data, unsigned char out[SIM_SHA1_LEN]);
void sim_sha256(struct str data, unsigned char out[SIM_SHA256_LEN]);
bool sim_equal(struct str a, struct str b); /* constant time for equal lengths */

struct sim_mac; /* HMAC-SHA256 with its key */
struct sim_mac *sim_mac_new(struct str key);
void sim_mac_free(struct sim_mac *mac); /* NULL is allowed */
struct str sim_mac_hex(struct arena *arena, struct sim_mac *mac, struct str data); /* lower case */

struct sim_key; /* RSA, a private key or a public one */
/* PEM of a public key or of an X.509 certificate; ERR_CRYPTO_KEY when it is none, not RSA, or
 * shorter than 2048 bits. */
MUST_USE enum err sim_key_public(struct str pem, struct sim_key **out);
MUST_USE enum err sim_key_private(struct str pem, struct sim_key **out);
struct sim_key *sim_key_make(void);     /* RSA-2048 */
void sim_key_free(struct sim_key *key); /* NULL is allowed */
struct str sim_key_public_pem(struct arena *arena, const struct sim_key *key);
struct str sim_key_private_pem(struct arena *arena, const struct sim_key *key);

/* RSASSA-PKCS1-v1_5 with SHA-256; signatures are base64. */
struct str sim_sign(struct arena *arena, const struct sim_key *key, struct str data);
bool sim_verify(struct arena *arena, const struct sim_key *key, struct str data,
                struct str signature);

/* AES-256-GCM: base64 of ciphertext and 16-byte tag. */
struct sim_seal {
    struct str key;   /* 32 bytes */
    struct str nonce; /* 12 bytes */
    struct str aad;
};
struct str sim_seal(struct arena *arena, const struct sim_seal *seal, struct str plain);

/* A certificate signed by its own key, valid from from_ms for five years. serial: 40 hex digits. */
struct str sim_certificate_make(struct arena *arena, const struct sim_key *key, const char *serial,
                                int64_t from_ms);

#endif
