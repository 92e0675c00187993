#include "base/crypto.h"

#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void hex_of_a_digest_is_lower_case(void **state)
{
    struct arena *arena = arena_new();
    struct str hex = crypto_sha256_hex(arena, STR("abc"));

    (void)state;
    assert_int_equal(hex.len, 64);
    assert_memory_equal(hex.ptr, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                        64);
    arena_free(arena);
}

static void assert_hex(const unsigned char *bytes, size_t len, const char *expected)
{
    struct buf hex;

    buf_init(&hex, 256);
    hex_encode(&hex, (struct str){(const char *)bytes, len});
    assert_true(str_eq(buf_str(&hex), str_of(expected)));
    buf_free(&hex);
}

static void check_sha256(struct str data, const char *expected)
{
    unsigned char out[CRYPTO_SHA256_LEN];

    crypto_sha256(data, out);
    assert_hex(out, sizeof(out), expected);
}

static void check_sm3(struct str data, const char *expected)
{
    unsigned char out[CRYPTO_SM3_LEN];

    crypto_sm3(data, out);
    assert_hex(out, sizeof(out), expected);
}

static void sha256_gives_the_vectors_of_nist(void **state)
{
    struct arena *arena = arena_new();
    char *million = arena_alloc(arena, 1000000);

    (void)state;
    check_sha256(STR(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_sha256(STR("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', 1000000);
    check_sha256((struct str){million, 1000000},
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    arena_free(arena);
}

static void sm3_gives_the_vectors_of_gbt_32905(void **state)
{
    (void)state;
    check_sm3(STR("abc"), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    check_sm3(STR("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd"),
              "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

static void sha1_gives_the_vectors_of_nist(void **state)
{
    unsigned char out[CRYPTO_SHA1_LEN];

    (void)state;
    crypto_sha1(STR("abc"), out);
    assert_hex(out, sizeof(out), "a9993e364706816aba3e25717850c26c9cd0d89d");
    crypto_sha1(STR(""), out);
    assert_hex(out, sizeof(out), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static struct str repeated(struct arena *arena, char c, size_t count)
{
    return (struct str){memset(arena_alloc(arena, count), c, count), count};
}

static void check_hmac(struct arena *arena, struct str key_bytes, struct str data,
                       const char *expected)
{
    struct secret key = secret_of(arena, key_bytes);
    unsigned char out[CRYPTO_SHA256_LEN];

    crypto_hmac_sha256(&key, data, out);
    assert_hex(out, strlen(expected) / 2, expected);
}

static void hmac_sha256_gives_the_vectors_of_rfc_4231(void **state)
{
    struct arena *arena = arena_new();
    char counting[25];

    (void)state;
    for (size_t i = 0; i < sizeof(counting); i++) {
        counting[i] = (char)(i + 1);
    }
    check_hmac(arena, repeated(arena, 0x0B, 20), STR("Hi There"),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_hmac(arena, STR("Jefe"), STR("what do ya want for nothing?"),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    check_hmac(arena, repeated(arena, (char)0xAA, 20), repeated(arena, (char)0xDD, 50),
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    check_hmac(arena, (struct str){counting, sizeof(counting)}, repeated(arena, (char)0xCD, 50),
               "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    check_hmac(arena, repeated(arena, 0x0C, 20), STR("Test With Truncation"),
               "a3b6167473100ee06e0c796c2955552b");
    check_hmac(arena, repeated(arena, (char)0xAA, 131),
               STR("Test Using Larger Than Block-Size Key - Hash Key First"),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    check_hmac(arena, repeated(arena, (char)0xAA, 131),
               STR("This is a test using a larger than block-size key and a larger than "
                   "block-size data. The key needs to be hashed before being used by the HMAC "
                   "algorithm."),
               "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    arena_free(arena);
}

static void an_empty_hmac_key_is_not_the_key_of_the_call_before(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    check_hmac(arena, STR("Jefe"), STR("what do ya want for nothing?"),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    check_hmac(arena, (struct str){NULL, 0}, (struct str){NULL, 0},
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    arena_free(arena);
}

static void equality_looks_at_every_byte(void **state)
{
    (void)state;
    assert_true(crypto_equal(STR(""), (struct str){NULL, 0}));
    assert_true(crypto_equal(STR("secret"), STR("secret")));
    assert_false(crypto_equal(STR("secret"), STR("secreT")));
    assert_false(crypto_equal(STR("Secret"), STR("secret")));
    assert_false(crypto_equal(STR("secret"), STR("secret ")));
    assert_false(crypto_equal(STR("a\0b"), STR("a\0c")));
}

static void random_bytes_differ_from_call_to_call(void **state)
{
    unsigned char a[32], b[32];

    (void)state;
    crypto_random(a, sizeof(a));
    crypto_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    crypto_random(a, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_of_a_digest_is_lower_case),
        cmocka_unit_test(sha256_gives_the_vectors_of_nist),
        cmocka_unit_test(sm3_gives_the_vectors_of_gbt_32905),
        cmocka_unit_test(sha1_gives_the_vectors_of_nist),
        cmocka_unit_test(hmac_sha256_gives_the_vectors_of_rfc_4231),
        cmocka_unit_test(an_empty_hmac_key_is_not_the_key_of_the_call_before),
        cmocka_unit_test(equality_looks_at_every_byte),
        cmocka_unit_test(random_bytes_differ_from_call_to_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
