#include "base/crypto.h"

#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>

static struct str from_hex(struct arena *arena, const char *hex)
{
    struct str bytes;

    assert_int_equal(hex_decode(arena, str_of(hex), &bytes), ERR_OK);
    return bytes;
}

struct gcm_vector {
    const char *key, *nonce, *aad, *plain, *cipher; /* the tag at the cipher's end */
};

/* The 256-bit test cases (13 to 16) of the GCM specification submitted to NIST. */
static const struct gcm_vector gcm_vectors[] = {
    {
        .key = "0000000000000000000000000000000000000000000000000000000000000000",
        .nonce = "000000000000000000000000",
        .aad = "",
        .plain = "",
        .cipher = "530f8afbc74536b9a963b4f1c4cb738b",
    },
    {
        .key = "0000000000000000000000000000000000000000000000000000000000000000",
        .nonce = "000000000000000000000000",
        .aad = "",
        .plain = "00000000000000000000000000000000",
        .cipher = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
    },
    {
        .key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        .nonce = "cafebabefacedbaddecaf888",
        .aad = "",
        .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        .cipher = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
                  "b094dac5d93471bdec1a502270e3cc6c",
    },
    {
        .key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        .nonce = "cafebabefacedbaddecaf888",
        .aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        .cipher = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                  "76fc6ece0f4e1768cddf8853bb2d551b",
    },
};

static void gcm_gives_the_vectors_of_nist(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(gcm_vectors); i++) {
        const struct gcm_vector *v = &gcm_vectors[i];
        struct secret key = secret_of(arena, from_hex(arena, v->key));
        struct str nonce = from_hex(arena, v->nonce);
        struct str aad = from_hex(arena, v->aad);
        struct str cipher, plain;

        assert_int_equal(
            crypto_gcm_encrypt(arena, &key, nonce, aad, from_hex(arena, v->plain), &cipher),
            ERR_OK);
        assert_true(str_eq(cipher, from_hex(arena, v->cipher)));
        assert_int_equal(crypto_gcm_decrypt(arena, &key, nonce, aad, cipher, &plain), ERR_OK);
        assert_true(str_eq(plain, from_hex(arena, v->plain)));
    }
    arena_free(arena);
}

static void a_changed_ciphertext_is_not_opened(void **state)
{
    const struct gcm_vector *v = &gcm_vectors[3];
    struct arena *arena = arena_new();
    struct secret key = secret_of(arena, from_hex(arena, v->key));
    struct str nonce = from_hex(arena, v->nonce);
    struct str aad = from_hex(arena, v->aad);
    struct str cipher = from_hex(arena, v->cipher);
    struct str plain = STR("kept");

    (void)state;
    for (size_t i = 0; i < cipher.len; i++) {
        char *changed = arena_copy(arena, cipher.ptr, cipher.len);

        changed[i] ^= 1;
        assert_int_equal(
            crypto_gcm_decrypt(arena, &key, nonce, aad, (struct str){changed, cipher.len}, &plain),
            ERR_CRYPTO_DECRYPT);
    }
    for (size_t len = 0; len < cipher.len; len++) {
        assert_int_equal(
            crypto_gcm_decrypt(arena, &key, nonce, aad, str_slice(cipher, 0, len), &plain),
            ERR_CRYPTO_DECRYPT);
    }
    assert_int_equal(crypto_gcm_decrypt(arena, &key, nonce, STR("other"), cipher, &plain),
                     ERR_CRYPTO_DECRYPT);
    assert_int_equal(crypto_gcm_decrypt(arena, &key, from_hex(arena, "cafebabefacedbaddecaf889"),
                                        aad, cipher, &plain),
                     ERR_CRYPTO_DECRYPT);
    assert_int_equal(crypto_gcm_decrypt(arena, &key, STR("short"), aad, cipher, &plain),
                     ERR_CRYPTO_DECRYPT);
    assert_true(str_eq(plain, STR("kept")));
    assert_int_equal(ERR_peek_error(), 0);
    arena_free(arena);
}

static void a_key_of_another_length_is_refused(void **state)
{
    struct arena *arena = arena_new();
    struct secret key = secret_of(arena, STR("0123456789abcdef"));
    struct str nonce = STR("123456789012");
    struct str out;

    (void)state;
    assert_int_equal(crypto_gcm_encrypt(arena, &key, nonce, STR(""), STR("x"), &out),
                     ERR_CRYPTO_KEY);
    assert_int_equal(
        crypto_gcm_decrypt(arena, &key, nonce, STR(""), STR("0123456789abcdef0"), &out),
        ERR_CRYPTO_KEY);
    arena_free(arena);
}

static struct secret test_key(struct arena *arena, char first)
{
    char bytes[CRYPTO_KEY_LEN] = {first};

    return secret_of(arena, (struct str){bytes, sizeof(bytes)});
}

static void a_sealed_secret_opens_with_its_key_and_label_only(void **state)
{
    struct arena *arena = arena_new();
    struct secret key = test_key(arena, 1);
    struct secret other = test_key(arena, 2);
    struct secret plain = secret_of(arena, STR("sk_live_1"));
    struct secret opened = {STR("kept")};
    struct str label = STR("merchant_key.secret:42");
    struct str sealed = crypto_seal(arena, &key, label, &plain);
    struct str again = crypto_seal(arena, &key, label, &plain);

    (void)state;
    assert_false(str_eq(sealed, again)); /* a new nonce each time */
    assert_int_equal(crypto_unseal(arena, &key, STR("merchant_key.secret:43"), sealed, &opened),
                     ERR_CRYPTO_DECRYPT);
    assert_int_equal(crypto_unseal(arena, &other, label, sealed, &opened), ERR_CRYPTO_DECRYPT);
    assert_true(str_eq(secret_bytes(&opened), STR("kept")));
    assert_int_equal(crypto_unseal(arena, &key, label, sealed, &opened), ERR_OK);
    assert_true(str_eq(secret_bytes(&opened), STR("sk_live_1")));
    arena_free(arena);
}

static void an_empty_secret_can_be_sealed(void **state)
{
    struct arena *arena = arena_new();
    struct secret key = test_key(arena, 1);
    struct secret plain = secret_of(arena, STR(""));
    struct secret opened = {STR("x")};

    (void)state;
    assert_int_equal(
        crypto_unseal(arena, &key, STR("l"), crypto_seal(arena, &key, STR("l"), &plain), &opened),
        ERR_OK);
    assert_int_equal(secret_bytes(&opened).len, 0);
    arena_free(arena);
}

static void a_damaged_seal_is_not_opened(void **state)
{
    struct arena *arena = arena_new();
    struct secret key = test_key(arena, 1);
    struct secret plain = secret_of(arena, STR("sk_live_1"));
    struct secret opened;
    struct str sealed = crypto_seal(arena, &key, STR("l"), &plain);

    (void)state;
    for (size_t i = 0; i < sealed.len; i++) {
        char *changed = arena_copy(arena, sealed.ptr, sealed.len);

        changed[i] ^= 2;
        assert_int_equal(
            crypto_unseal(arena, &key, STR("l"), (struct str){changed, sealed.len}, &opened),
            ERR_CRYPTO_DECRYPT);
        assert_int_equal(crypto_unseal(arena, &key, STR("l"), str_slice(sealed, 0, i), &opened),
                         ERR_CRYPTO_DECRYPT);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gcm_gives_the_vectors_of_nist),
        cmocka_unit_test(a_changed_ciphertext_is_not_opened),
        cmocka_unit_test(a_key_of_another_length_is_refused),
        cmocka_unit_test(a_sealed_secret_opens_with_its_key_and_label_only),
        cmocka_unit_test(an_empty_secret_can_be_sealed),
        cmocka_unit_test(a_damaged_seal_is_not_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
