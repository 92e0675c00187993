#include "base/crypto_int.h"

#include "base/encode.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <limits.h>

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static struct crypto_methods methods;
/* An HMAC context prepared for SHA-256 costs more than a short HMAC; each thread keeps one. */
static EVP_MAC *hmac;
static CRYPTO_THREAD_LOCAL hmac_contexts;

static void free_hmac_context(void *ctx)
{
    EVP_MAC_CTX_free(ctx);
}

static void fetch_methods(void)
{
    methods.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    methods.sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
    methods.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    methods.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    CHECK(methods.sha256 != NULL && methods.sm3 != NULL && methods.sha1 != NULL);
    CHECK(methods.aes_256_gcm != NULL && hmac != NULL);
    CHECK(CRYPTO_THREAD_init_local(&hmac_contexts, free_hmac_context) == 1);
}

const struct crypto_methods *crypto__methods(void)
{
    CHECK(CRYPTO_THREAD_run_once(&once, fetch_methods) == 1);
    return &methods;
}

enum err crypto__failed(enum err err)
{
    ERR_clear_error();
    return err;
}

static void digest(const EVP_MD *md, struct str data, unsigned char *out)
{
    CHECK(EVP_Digest(data.ptr, data.len, out, NULL, md, NULL) == 1);
}

void crypto_sha256(struct str data, unsigned char out[CRYPTO_SHA256_LEN])
{
    digest(crypto__methods()->sha256, data, out);
}

struct str crypto_sha256_hex(struct arena *arena, struct str data)
{
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf hex;

    crypto_sha256(data, digest);
    buf_init_arena(&hex, arena, 2 * CRYPTO_SHA256_LEN);
    hex_encode(&hex, (struct str){(const char *)digest, sizeof(digest)});
    return buf_str(&hex);
}

void crypto_sm3(struct str data, unsigned char out[CRYPTO_SM3_LEN])
{
    digest(crypto__methods()->sm3, data, out);
}

void crypto_sha1(struct str data, unsigned char out[CRYPTO_SHA1_LEN])
{
    digest(crypto__methods()->sha1, data, out);
}

/* The calling thread's HMAC context, with the digest set once. */
static EVP_MAC_CTX *hmac_context(void)
{
    char name[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *ctx;

    (void)crypto__methods();
    ctx = CRYPTO_THREAD_get_local(&hmac_contexts);
    if (ctx == NULL) {
        ctx = EVP_MAC_CTX_new(hmac);
        CHECK(ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) == 1);
        CHECK(CRYPTO_THREAD_set_local(&hmac_contexts, ctx) == 1);
    }
    return ctx;
}

void crypto_hmac_sha256(const struct secret *key, struct str data,
                        unsigned char out[CRYPTO_SHA256_LEN])
{
    EVP_MAC_CTX *ctx = hmac_context();
    struct str bytes = secret_bytes(key);
    /* A NULL key would mean the one of the call before. */
    const void *key_ptr = bytes.len == 0 ? "" : bytes.ptr;
    size_t len;

    CHECK(EVP_MAC_init(ctx, key_ptr, bytes.len, NULL) == 1);
    CHECK(EVP_MAC_update(ctx, (const unsigned char *)data.ptr, data.len) == 1);
    CHECK(EVP_MAC_final(ctx, out, &len, CRYPTO_SHA256_LEN) == 1 && len == CRYPTO_SHA256_LEN);
}

bool crypto_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

void crypto_random(void *out, size_t len)
{
    CHECK(len <= INT_MAX && RAND_bytes(out, (int)len) == 1);
}
