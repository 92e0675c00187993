#include "business/auth/auth_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#define KEY "key_id=\"key_0E9PPNNRR0000\""
#define TIME "timestamp=\"1790000000\""
#define NONCE "nonce=\"0123456789abcdef\""
#define SIGNATURE "signature=\"AAEC\""

static enum err parse(const char *text, struct auth_header *out)
{
    struct arena *arena = arena_new();
    enum err err = auth__parse_header(arena, str_of(text), out);

    arena_free(arena);
    return err;
}

static void the_four_fields_are_read_in_any_order(void **state)
{
    static const char *const texts[] = {
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE "," SIGNATURE,
        "TOMATO-RSA-SHA256 " SIGNATURE "," NONCE "," TIME "," KEY,
        "TOMATO-ED25519 " TIME "," KEY "," SIGNATURE "," NONCE,
        "TOMATO-SM2-SM3 " NONCE "," SIGNATURE "," KEY "," TIME,
    };
    int64_t id;

    (void)state;
    assert_int_equal(id_parse(STR("key_0E9PPNNRR0000"), "key", &id), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct arena *arena = arena_new();
        struct auth_header header;

        assert_int_equal(auth__parse_header(arena, str_of(texts[i]), &header), ERR_OK);
        assert_int_equal(header.algorithm, AUTH_HMAC_SHA256 + (int)i);
        assert_int_equal(header.key_id, id);
        assert_int_equal(header.timestamp_s, 1790000000);
        assert_true(str_eq(header.nonce, STR("0123456789abcdef")));
        assert_int_equal(header.signature.len, 3);
        assert_memory_equal(header.signature.ptr, "\0\1\2", 3);
        arena_free(arena);
    }
}

static void anything_else_is_malformed(void **state)
{
    static const char *const texts[] = {
        "x",
        "TOMATO-HMAC-SHA256",
        "TOMATO-HMAC-SHA256 ",
        "TOMATO-HMAC-SHA512 " KEY "," TIME "," NONCE "," SIGNATURE,
        "TOMATO-BEARER " KEY "," TIME "," NONCE "," SIGNATURE,
        "tomato-hmac-sha256 " KEY "," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256  " KEY "," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY ", " TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE "," SIGNATURE ",",
        "TOMATO-HMAC-SHA256 ," KEY "," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," KEY "," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE "," SIGNATURE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE "," SIGNATURE ",more=\"1\"",
        "TOMATO-HMAC-SHA256 key_id=\"op_0E9PPNNRR0000\"," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 key_id=key_0E9PPNNRR0000," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 key_id=\"," TIME "," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY ",timestamp=\"01790000000\"," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY ",timestamp=\"-1790000000\"," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY ",timestamp=\"1790000000.5\"," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY ",timestamp=\"179000000000\"," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY ",timestamp=\"\"," NONCE "," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME ",nonce=\"0123456789abcde\"," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME ",nonce=\"0123456789abcde+\"," SIGNATURE,
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE ",signature=\"\"",
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE ",signature=\"AAE\"",
        "TOMATO-HMAC-SHA256 " KEY "," TIME "," NONCE ",signature=\"AAE-\"",
    };
    struct auth_header header;

    (void)state;
    assert_int_equal(parse("", &header), ERR_AUTH_MISSING);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (parse(texts[i], &header) != ERR_AUTH_MALFORMED) {
            fail_msg("taken: %s", texts[i]);
        }
    }
}

static void a_nonce_has_16_to_64_characters(void **state)
{
    struct auth_header header;
    struct arena *arena = arena_new();
    char nonce[66] = "";

    (void)state;
    for (size_t len = 1; len <= 65; len++) {
        bool fits = len >= 16 && len <= 64;

        nonce[len - 1] = 'a';
        assert_int_equal(
            auth__parse_header(
                arena,
                str_printf(arena, "TOMATO-ED25519 " KEY "," TIME ",nonce=\"%s\"," SIGNATURE, nonce),
                &header),
            fits ? ERR_OK : ERR_AUTH_MALFORMED);
    }
    arena_free(arena);
}

static void a_bearer_key_is_an_id_and_a_secret(void **state)
{
    struct str secret;
    int64_t id, expected;

    (void)state;
    assert_int_equal(id_parse(STR("op_0E9PPNNRR0000"), "op", &expected), ERR_OK);
    assert_int_equal(auth__parse_bearer(STR("Bearer op_0E9PPNNRR0000_a_b-c"), &id, &secret),
                     ERR_OK);
    assert_int_equal(id, expected);
    assert_true(str_eq(secret, STR("a_b-c")));
    assert_int_equal(auth__parse_bearer(STR(""), &id, &secret), ERR_AUTH_MISSING);
    assert_int_equal(auth__parse_bearer(STR("Bearer"), &id, &secret), ERR_AUTH_MALFORMED);
    assert_int_equal(auth__parse_bearer(STR("bearer op_0E9PPNNRR0000_a"), &id, &secret),
                     ERR_AUTH_MALFORMED);
    assert_int_equal(auth__parse_bearer(STR("Bearer op_0E9PPNNRR0000_"), &id, &secret),
                     ERR_AUTH_MALFORMED);
    assert_int_equal(auth__parse_bearer(STR("Bearer op_0E9PPNNRR0000"), &id, &secret),
                     ERR_AUTH_MALFORMED);
    assert_int_equal(auth__parse_bearer(STR("Bearer key_0E9PPNNRR0000_a"), &id, &secret),
                     ERR_AUTH_MALFORMED);
    assert_int_equal(auth__parse_bearer(STR("Bearer op_0e9ppnnrr0000_a"), &id, &secret),
                     ERR_AUTH_MALFORMED);
}

static void the_signed_text_is_the_documented_one(void **state)
{
    struct arena *arena = arena_new();
    const struct request req = {
        .method = STR("POST"), .target = STR("/v1/payments?a=%20"), .body = STR("abc")};
    struct auth_header header = {
        .algorithm = AUTH_ED25519, .timestamp_s = 1790000000, .nonce = STR("0123456789abcdef")};

    (void)state;
    /* The digests of "abc" are those of FIPS 180-4 and GB/T 32905. */
    assert_true(str_eq(auth__signed_text(arena, &req, &header),
                       STR("POST\n/v1/payments?a=%20\n1790000000\n0123456789abcdef\n"
                           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n")));
    header.algorithm = AUTH_SM2_SM3;
    assert_true(str_eq(auth__signed_text(arena, &req, &header),
                       STR("POST\n/v1/payments?a=%20\n1790000000\n0123456789abcdef\n"
                           "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\n")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_fields_are_read_in_any_order),
        cmocka_unit_test(anything_else_is_malformed),
        cmocka_unit_test(a_nonce_has_16_to_64_characters),
        cmocka_unit_test(a_bearer_key_is_an_id_and_a_secret),
        cmocka_unit_test(the_signed_text_is_the_documented_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
