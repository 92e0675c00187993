#include "base/crypto_int.h"

#include <openssl/crypto.h>

#include <limits.h>

enum { NONCE_LEN = 12, TAG_LEN = 16, SEAL_VERSION = 1, SEAL_HEAD_LEN = 1 + NONCE_LEN };

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)s.ptr;
}

/* ---- AES-256-GCM ---- */

enum err crypto_gcm_encrypt(struct arena *arena, const struct secret *key, struct str nonce,
                            struct str aad, struct str plain, struct str *out)
{
    EVP_CIPHER_CTX *ctx;
    unsigned char *cipher;
    int len;

    CHECK(nonce.len == NONCE_LEN && aad.len <= INT_MAX && plain.len <= INT_MAX);
    if (secret_bytes(key).len != CRYPTO_KEY_LEN) {
        return ERR_CRYPTO_KEY;
    }
    cipher = arena_alloc(arena, plain.len + TAG_LEN);
    ctx = EVP_CIPHER_CTX_new();
    CHECK(ctx != NULL);
    CHECK(EVP_EncryptInit_ex2(ctx, crypto__methods()->aes_256_gcm, bytes_of(secret_bytes(key)),
                              bytes_of(nonce), NULL) == 1);
    CHECK(aad.len == 0 || EVP_EncryptUpdate(ctx, NULL, &len, bytes_of(aad), (int)aad.len) == 1);
    CHECK(plain.len == 0 ||
          EVP_EncryptUpdate(ctx, cipher, &len, bytes_of(plain), (int)plain.len) == 1);
    CHECK(EVP_EncryptFinal_ex(ctx, cipher + plain.len, &len) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, cipher + plain.len) == 1);
    EVP_CIPHER_CTX_free(ctx);
    *out = (struct str){(const char *)cipher, plain.len + TAG_LEN};
    return ERR_OK;
}

enum err crypto_gcm_decrypt(struct arena *arena, const struct secret *key, struct str nonce,
                            struct str aad, struct str cipher, struct str *plain)
{
    unsigned char tag[TAG_LEN];
    EVP_CIPHER_CTX *ctx;
    unsigned char *bytes;
    size_t size;
    int len;
    bool ok;

    if (secret_bytes(key).len != CRYPTO_KEY_LEN) {
        return ERR_CRYPTO_KEY;
    }
    if (nonce.len != NONCE_LEN || cipher.len < TAG_LEN || cipher.len > INT_MAX ||
        aad.len > INT_MAX) {
        return ERR_CRYPTO_DECRYPT;
    }
    size = cipher.len - TAG_LEN;
    memcpy(tag, cipher.ptr + size, TAG_LEN);
    bytes = arena_alloc(arena, size);
    ctx = EVP_CIPHER_CTX_new();
    CHECK(ctx != NULL);
    ok = EVP_DecryptInit_ex2(ctx, crypto__methods()->aes_256_gcm, bytes_of(secret_bytes(key)),
                             bytes_of(nonce), NULL) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
         (aad.len == 0 || EVP_DecryptUpdate(ctx, NULL, &len, bytes_of(aad), (int)aad.len) == 1) &&
         (size == 0 || EVP_DecryptUpdate(ctx, bytes, &len, bytes_of(cipher), (int)size) == 1) &&
         EVP_DecryptFinal_ex(ctx, bytes + size, &len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        OPENSSL_cleanse(bytes, size); /* nobody vouches for it */
        return crypto__failed(ERR_CRYPTO_DECRYPT);
    }
    *plain = (struct str){(const char *)bytes, size};
    return ERR_OK;
}

/* ---- sealing ---- */

struct str crypto_seal(struct arena *arena, const struct secret *key, struct str label,
                       const struct secret *plain)
{
    char head[SEAL_HEAD_LEN] = {SEAL_VERSION};
    struct str cipher;
    struct buf buf;

    crypto_random(head + 1, NONCE_LEN);
    CHECK(crypto_gcm_encrypt(arena, key, (struct str){head + 1, NONCE_LEN}, label,
                             secret_bytes(plain), &cipher) == ERR_OK);
    buf_init_arena(&buf, arena, SEAL_HEAD_LEN + cipher.len);
    buf_add(&buf, (struct str){head, SEAL_HEAD_LEN});
    buf_add(&buf, cipher);
    return buf_str(&buf);
}

enum err crypto_unseal(struct arena *arena, const struct secret *key, struct str label,
                       struct str sealed, struct secret *plain)
{
    struct str bytes;

    if (sealed.len < SEAL_HEAD_LEN || sealed.ptr[0] != SEAL_VERSION) {
        return ERR_CRYPTO_DECRYPT;
    }
    TRY(crypto_gcm_decrypt(arena, key, str_slice(sealed, 1, SEAL_HEAD_LEN), label,
                           str_slice(sealed, SEAL_HEAD_LEN, sealed.len), &bytes));
    *plain = secret_of(arena, bytes);
    OPENSSL_cleanse((void *)(uintptr_t)bytes.ptr, bytes.len);
    return ERR_OK;
}
