#include "base/crypto_int.h"

#include <openssl/rsa.h>

/* OAEP spends two SHA-1 digests and two bytes of the modulus. */
enum { OAEP_OVERHEAD = 2 * CRYPTO_SHA1_LEN + 2 };

enum err crypto_rsa_oaep_encrypt(struct arena *arena, const struct crypto_key *key,
                                 struct str plain, struct str *out)
{
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    unsigned char *bytes;
    EVP_PKEY_CTX *ctx;
    bool ok;

    if (key->algorithm != CRYPTO_RSA_SHA256) {
        return ERR_CRYPTO_KEY;
    }
    if (plain.len > len - OAEP_OVERHEAD) {
        return ERR_FIELD_LENGTH;
    }
    bytes = arena_alloc(arena, len);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    CHECK(ctx != NULL);
    ok = EVP_PKEY_encrypt_init(ctx) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(ctx, crypto__methods()->sha1) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, crypto__methods()->sha1) == 1 &&
         EVP_PKEY_encrypt(ctx, bytes, &len, (const unsigned char *)plain.ptr, plain.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!ok) {
        return crypto__failed(ERR_CRYPTO_KEY);
    }
    *out = (struct str){(const char *)bytes, len};
    return ERR_OK;
}
