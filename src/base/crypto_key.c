#include "base/crypto_int.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

enum {
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192,        /* beyond, one verification costs milliseconds */
    RSA_EXPONENT_BITS_MAX = 64, /* the same */
};

/* The user id of GB/T 35276 that signer and verifier assume when they agreed on none. */
static const char sm2_user_id[] = "1234567812345678";

static const char *const key_types[] = {
    [CRYPTO_RSA_SHA256] = "RSA",
    [CRYPTO_ECDSA_SHA256] = "EC",
    [CRYPTO_ED25519] = "ED25519",
    [CRYPTO_SM2_SM3] = "SM2",
};

static const EVP_MD *key_digest(enum crypto_algorithm algorithm)
{
    switch (algorithm) {
    case CRYPTO_RSA_SHA256:
    case CRYPTO_ECDSA_SHA256:
        return crypto__methods()->sha256;
    case CRYPTO_SM2_SM3:
        return crypto__methods()->sm3;
    case CRYPTO_ED25519:
        break; /* brings its own */
    }
    return NULL;
}

/* ---- opening ---- */

static bool rsa_is_acceptable(const EVP_PKEY *pkey)
{
    BIGNUM *exponent = NULL;
    int bits = EVP_PKEY_get_bits(pkey);
    bool ok = bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX &&
              EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
              BN_num_bits(exponent) <= RSA_EXPONENT_BITS_MAX;

    BN_free(exponent);
    return ok;
}

static bool curve_is_p256(const EVP_PKEY *pkey)
{
    char name[32];
    size_t len;

    return EVP_PKEY_get_group_name(pkey, name, sizeof(name), &len) == 1 &&
           strcmp(name, SN_X9_62_prime256v1) == 0;
}

static bool is_acceptable(enum crypto_algorithm algorithm, const EVP_PKEY *pkey)
{
    CHECK(algorithm > 0 && (size_t)algorithm < ARRAY_LEN(key_types));
    if (EVP_PKEY_is_a(pkey, key_types[algorithm]) != 1) {
        return false;
    }
    switch (algorithm) {
    case CRYPTO_RSA_SHA256:
        return rsa_is_acceptable(pkey);
    case CRYPTO_ECDSA_SHA256:
        return curve_is_p256(pkey);
    case CRYPTO_ED25519:
    case CRYPTO_SM2_SM3:
        return true; /* the type fixes the curve */
    }
    return false;
}

/* Takes the pkey over, NULL included. */
static enum err key_open(enum crypto_algorithm algorithm, EVP_PKEY *pkey, bool has_private,
                         struct crypto_key **out)
{
    struct crypto_key *key;

    /* A decoder that tried several forms may leave errors also when it succeeded. */
    (void)crypto__failed(ERR_OK);
    if (pkey == NULL || !is_acceptable(algorithm, pkey)) {
        EVP_PKEY_free(pkey);
        return crypto__failed(ERR_CRYPTO_KEY);
    }
    key = mem_new(sizeof(*key));
    *key = (struct crypto_key){algorithm, has_private, pkey};
    *out = key;
    return ERR_OK;
}

enum err crypto_private_key(enum crypto_algorithm algorithm, const struct secret *pem,
                            struct crypto_key **out)
{
    struct str text = secret_bytes(pem);
    EVP_PKEY *pkey = NULL;
    size_t at;
    BIO *bio;

    /* OpenSSL would also open a public key here. */
    bio = str_find(text, STR("PRIVATE KEY-----"), &at) ? crypto__pem_reader(text) : NULL;
    if (bio != NULL) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, crypto__no_password, NULL);
        BIO_free(bio);
    }
    return key_open(algorithm, pkey, true, out);
}

enum err crypto_public_key(enum crypto_algorithm algorithm, struct str pem, struct crypto_key **out)
{
    EVP_PKEY *pkey = NULL;
    X509 *certificate = NULL;
    BIO *bio = NULL;
    size_t at;

    if (str_find(pem, STR("-----BEGIN PUBLIC KEY-----"), &at)) {
        bio = crypto__pem_reader(pem);
        pkey = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, crypto__no_password, NULL);
    } else {
        certificate = crypto__certificate(pem);
        pkey = certificate == NULL ? NULL : X509_get_pubkey(certificate);
    }
    X509_free(certificate);
    BIO_free(bio);
    return key_open(algorithm, pkey, false, out);
}

enum err crypto_key_make(enum crypto_algorithm algorithm, struct crypto_key **out)
{
    EVP_PKEY *pkey = NULL;

    switch (algorithm) {
    case CRYPTO_RSA_SHA256:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS_MIN);
        break;
    case CRYPTO_ECDSA_SHA256:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
        break;
    case CRYPTO_ED25519:
    case CRYPTO_SM2_SM3:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, key_types[algorithm]);
        break;
    }
    return key_open(algorithm, pkey, true, out);
}

void crypto_key_free(struct crypto_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        mem_free(key);
    }
}

enum crypto_algorithm crypto_key_algorithm(const struct crypto_key *key)
{
    return key->algorithm;
}

/* ---- PEM out ---- */

enum err crypto_key_private_pem(struct arena *arena, const struct crypto_key *key,
                                struct secret *out)
{
    BIO *bio;
    char *text;
    long len;

    if (!key->has_private) {
        return ERR_CRYPTO_KEY;
    }
    bio = BIO_new(BIO_s_mem());
    CHECK(bio != NULL);
    CHECK(PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1);
    len = BIO_get_mem_data(bio, &text);
    CHECK(len > 0);
    *out = secret_of(arena, (struct str){text, (size_t)len});
    BIO_free(bio); /* wipes what it held */
    return ERR_OK;
}

struct str crypto_key_public_pem(struct arena *arena, const struct crypto_key *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct str pem;
    char *text;
    long len;

    CHECK(bio != NULL && PEM_write_bio_PUBKEY(bio, key->pkey) == 1);
    len = BIO_get_mem_data(bio, &text);
    CHECK(len > 0);
    pem = str_dup(arena, (struct str){text, (size_t)len});
    BIO_free(bio);
    return pem;
}

/* ---- signatures ---- */

typedef int (*sign_init)(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pkey_ctx, const EVP_MD *md, ENGINE *engine,
                         EVP_PKEY *pkey);

/* A context that is ready to sign or to verify, or NULL. */
static EVP_MD_CTX *signature_context(const struct crypto_key *key, sign_init init)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL;

    CHECK(ctx != NULL);
    if (init(ctx, &pkey_ctx, key_digest(key->algorithm), NULL, key->pkey) != 1 ||
        (key->algorithm == CRYPTO_SM2_SM3 &&
         EVP_PKEY_CTX_set1_id(pkey_ctx, sm2_user_id, sizeof(sm2_user_id) - 1) != 1)) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

enum err crypto_sign(struct arena *arena, const struct crypto_key *key, struct str data,
                     struct str *signature)
{
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    unsigned char *bytes;
    EVP_MD_CTX *ctx;
    bool ok;

    if (!key->has_private) {
        return ERR_CRYPTO_KEY;
    }
    bytes = arena_alloc(arena, len);
    ctx = signature_context(key, EVP_DigestSignInit);
    ok = ctx != NULL &&
         EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)data.ptr, data.len) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        return crypto__failed(ERR_CRYPTO_KEY);
    }
    *signature = (struct str){(const char *)bytes, len};
    return ERR_OK;
}

enum err crypto_verify(const struct crypto_key *key, struct str data, struct str signature)
{
    EVP_MD_CTX *ctx = signature_context(key, EVP_DigestVerifyInit);
    bool ok =
        ctx != NULL && EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
                                        (const unsigned char *)data.ptr, data.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok ? ERR_OK : crypto__failed(ERR_CRYPTO_SIGNATURE);
}
