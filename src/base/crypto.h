/* Cryptography over OpenSSL 3: digests, MACs, signatures, sealing, random bytes.
 *
 * Key objects are opened once and used by any thread. Signatures are raw bytes (encode.h makes
 * text of them); ECDSA and SM2 signatures are DER. Verification answers ERR_OK or
 * ERR_CRYPTO_SIGNATURE, nothing else, in constant time where a secret is involved. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/str.h"

enum { CRYPTO_SHA256_LEN = 32, CRYPTO_SM3_LEN = 32, CRYPTO_SHA1_LEN = 20, CRYPTO_KEY_LEN = 32 };

void crypto_sha256(struct str data, unsigned char out[CRYPTO_SHA256_LEN]);
struct str crypto_sha256_hex(struct arena *arena, struct str data); /* lower case */
void crypto_sm3(struct str data, unsigned char out[CRYPTO_SM3_LEN]);
void crypto_sha1(struct str data, unsigned char out[CRYPTO_SHA1_LEN]); /* WeChat bills only */
void crypto_hmac_sha256(const struct secret *key, struct str data,
                        unsigned char out[CRYPTO_SHA256_LEN]);
bool crypto_equal(struct str a, struct str b); /* constant time; lengths are not secret */
void crypto_random(void *out, size_t len);     /* aborts when the system has none */

enum crypto_algorithm {
    CRYPTO_RSA_SHA256 = 1, /* RSASSA-PKCS1-v1_5, 2048 bits and more */
    CRYPTO_ECDSA_SHA256,   /* P-256 */
    CRYPTO_ED25519,
    CRYPTO_SM2_SM3, /* default user id 1234567812345678 */
};

struct crypto_key; /* a private key with its public half, or a public key alone */

/* PEM: PKCS#8 or traditional private key; SubjectPublicKeyInfo or X.509 certificate for public. */
MUST_USE enum err crypto_private_key(enum crypto_algorithm algorithm, const struct secret *pem,
                                     struct crypto_key **out);
MUST_USE enum err crypto_public_key(enum crypto_algorithm algorithm, struct str pem,
                                    struct crypto_key **out);
MUST_USE enum err crypto_key_make(enum crypto_algorithm algorithm, struct crypto_key **out);
void crypto_key_free(struct crypto_key *key); /* NULL is allowed */
enum crypto_algorithm crypto_key_algorithm(const struct crypto_key *key);
/* PEM of the halves, for key creation. The private PEM fails on a public key. */
MUST_USE enum err crypto_key_private_pem(struct arena *arena, const struct crypto_key *key,
                                         struct secret *out);
struct str crypto_key_public_pem(struct arena *arena, const struct crypto_key *key);

MUST_USE enum err crypto_sign(struct arena *arena, const struct crypto_key *key, struct str data,
                              struct str *signature);
MUST_USE enum err crypto_verify(const struct crypto_key *key, struct str data,
                                struct str signature);

/* AES-256-GCM, 16-byte tag at the end of the ciphertext, 12-byte nonce. */
MUST_USE enum err crypto_gcm_encrypt(struct arena *arena, const struct secret *key,
                                     struct str nonce, struct str aad, struct str plain,
                                     struct str *out);
MUST_USE enum err crypto_gcm_decrypt(struct arena *arena, const struct secret *key,
                                     struct str nonce, struct str aad, struct str cipher,
                                     struct str *plain);

/* Sealing for storage: version byte, random nonce, AES-256-GCM. The label
 * ("merchant_key.secret:42") is authenticated, so that a sealed value cannot be moved to another
 * row. */
struct str crypto_seal(struct arena *arena, const struct secret *key, struct str label,
                       const struct secret *plain);
MUST_USE enum err crypto_unseal(struct arena *arena, const struct secret *key, struct str label,
                                struct str sealed, struct secret *plain);

/* RSA-OAEP with SHA-1 and MGF1-SHA-1, the form WeChat Pay asks for sensitive fields. */
MUST_USE enum err crypto_rsa_oaep_encrypt(struct arena *arena, const struct crypto_key *key,
                                          struct str plain, struct str *out);
/* The serial number of an X.509 certificate in PEM, upper-case hex, and its validity. */
MUST_USE enum err crypto_certificate_read(struct arena *arena, struct str pem, struct str *serial,
                                          int64_t *not_before_ms, int64_t *not_after_ms);

#endif
