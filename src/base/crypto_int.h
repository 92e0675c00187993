/* Shared by the crypto_*.c files: the methods fetched from OpenSSL once for the whole process. */
#ifndef BASE_CRYPTO_INT_H
#define BASE_CRYPTO_INT_H

#include "base/crypto.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

struct crypto_methods {
    EVP_MD *sha256;
    EVP_MD *sm3;
    EVP_MD *sha1;
    EVP_CIPHER *aes_256_gcm;
};

/* Fetched at the first call, by any thread; a fetch by name costs more than a short digest. */
const struct crypto_methods *crypto__methods(void);

/* Ends an OpenSSL call that failed: its error queue, which belongs to the thread, is emptied so
 * that no later call trips over it. Returns err. */
enum err crypto__failed(enum err err);

struct crypto_key {
    enum crypto_algorithm algorithm;
    bool has_private;
    EVP_PKEY *pkey; /* never changed after opening */
};

/* A reader of the text without a copy, or NULL when it is longer than any PEM we take. */
BIO *crypto__pem_reader(struct str pem);
/* To be given to every PEM function: without it OpenSSL asks at the terminal for the password of
 * an encrypted PEM. */
pem_password_cb crypto__no_password;
/* The first certificate of the text, or NULL. */
X509 *crypto__certificate(struct str pem);

#endif
