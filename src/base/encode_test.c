#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef void (*encoder)(struct buf *buf, struct str bytes);
typedef enum err (*decoder)(struct arena *arena, struct str text, struct str *out);

struct pair {
    const char *plain;
    const char *text;
};

static void check_pairs(encoder encode, decoder decode, const struct pair *pairs, size_t count)
{
    struct arena *arena = arena_new();

    for (size_t i = 0; i < count; i++) {
        struct buf buf;
        struct str back = STR("?");

        buf_init_arena(&buf, arena, 1024);
        encode(&buf, str_of(pairs[i].plain));
        assert_true(buf_ok(&buf));
        assert_true(str_eq(buf_str(&buf), str_of(pairs[i].text)));
        assert_int_equal(decode(arena, str_of(pairs[i].text), &back), ERR_OK);
        assert_true(str_eq(back, str_of(pairs[i].plain)));
    }
    arena_free(arena);
}

static void check_refused(decoder decode, const char *const *texts, size_t count)
{
    struct arena *arena = arena_new();
    struct str out = STR("kept");

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(decode(arena, str_of(texts[i]), &out), ERR_ENCODING);
    }
    assert_true(str_eq(out, STR("kept")));
    arena_free(arena);
}

/* Every byte value at every length up to 40 survives. */
static void check_round_trips(encoder encode, decoder decode)
{
    struct arena *arena = arena_new();
    char bytes[40];

    for (size_t len = 0; len <= sizeof(bytes); len++) {
        for (unsigned first = 0; first < 256; first += 5) {
            struct buf buf;
            struct str back;

            for (size_t i = 0; i < len; i++) {
                bytes[i] = (char)(first + i * 7);
            }
            buf_init_arena(&buf, arena, 256);
            encode(&buf, (struct str){bytes, len});
            assert_int_equal(decode(arena, buf_str(&buf), &back), ERR_OK);
            assert_true(str_eq(back, (struct str){bytes, len}));
        }
    }
    arena_free(arena);
}

static void the_vectors_of_rfc_4648_hold(void **state)
{
    static const struct pair base64[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF", "+/8="},
    };
    static const struct pair base64url[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF", "-_8"},
    };
    static const struct pair base32[] = {
        {"", ""},
        {"f", "MY======"},
        {"fo", "MZXQ===="},
        {"foo", "MZXW6==="},
        {"foob", "MZXW6YQ="},
        {"fooba", "MZXW6YTB"},
        {"foobar", "MZXW6YTBOI======"},
    };
    static const struct pair hex[] = {{"", ""}, {"foobar", "666f6f626172"}, {"\xFF\x0A", "ff0a"}};

    (void)state;
    check_pairs(base64_encode, base64_decode, base64, ARRAY_LEN(base64));
    check_pairs(base64url_encode, base64url_decode, base64url, ARRAY_LEN(base64url));
    check_pairs(base32_encode, base32_decode, base32, ARRAY_LEN(base32));
    check_pairs(hex_encode, hex_decode, hex, ARRAY_LEN(hex));
}

static void all_bytes_survive_a_round_trip(void **state)
{
    (void)state;
    check_round_trips(hex_encode, hex_decode);
    check_round_trips(base64_encode, base64_decode);
    check_round_trips(base64url_encode, base64url_decode);
    check_round_trips(base32_encode, base32_decode);
    check_round_trips(url_encode, url_decode);
}

static void hex_is_read_in_both_cases_and_refused_when_broken(void **state)
{
    static const char *const bad[] = {"0", "0g", "g0", "0x12", " 00", "00 ", "0\xC3\xA9"};
    struct arena *arena = arena_new();
    struct str out;

    (void)state;
    assert_int_equal(hex_decode(arena, STR("DeadBeef"), &out), ERR_OK);
    assert_true(str_eq(out, STR("\xDE\xAD\xBE\xEF")));
    check_refused(hex_decode, bad, ARRAY_LEN(bad));
    arena_free(arena);
}

static void base64_takes_the_canonical_form_only(void **state)
{
    static const char *const bad[] = {
        "Z",    "Zg",       "Zg=",    "Zg===",    "=",    "====", "Zm9v====", "Zh==", "Zm9=",
        "Zg=a", "Zg==Zg==", "Zm9v\n", "Zm 9v===", "Zm9-", "Zm9_", "Z===",     "=Zg=", "Zm9vZ",
    };

    (void)state;
    check_refused(base64_decode, bad, ARRAY_LEN(bad));
}

static void base64url_takes_the_canonical_form_only(void **state)
{
    static const char *const bad[] = {"Z", "Zg==", "Zh", "Zm9", "Zm9vZ", "+_8", "-/8", "Zm9v "};

    (void)state;
    check_refused(base64url_decode, bad, ARRAY_LEN(bad));
}

static void base32_takes_the_canonical_form_only(void **state)
{
    static const char *const bad[] = {
        "MY",       "my======", "MY=====",          "MY=======", "M=======",
        "MZX=====", "MZXW6Y==", "========",         "MZ======",  "MY====== ",
        "M1======", "MY0=====", "MZXW6YTB========",
    };

    (void)state;
    check_refused(base32_decode, bad, ARRAY_LEN(bad));
}

static void percent_encoding_leaves_the_unreserved_alone(void **state)
{
    static const struct pair pairs[] = {
        {"", ""},
        {"AZaz09-._~", "AZaz09-._~"},
        {"a b&c=d/e+f%", "a%20b%26c%3Dd%2Fe%2Bf%25"},
        {"\xE5\x95\x86\xE6\x88\xB7", "%E5%95%86%E6%88%B7"},
    };

    (void)state;
    check_pairs(url_encode, url_decode, pairs, ARRAY_LEN(pairs));
}

static void percent_decoding_follows_rfc_3986(void **state)
{
    static const char *const bad[] = {"%",    "%4",  "%4g",  "%g4",  "a%", "a%2",
                                      " ",    "a b", "\x7F", "a\"b", "<",  "\xE5\x95\x86",
                                      "a\nb", "#",   "[",    "%%41"};
    struct arena *arena = arena_new();
    struct str out;

    (void)state;
    assert_int_equal(url_decode(arena, STR("a+b%2b/:@?!$&'()*,;=%e5"), &out), ERR_OK);
    assert_true(str_eq(out, STR("a+b+/:@?!$&'()*,;=\xE5")));
    assert_int_equal(url_decode(arena, STR("%00"), &out), ERR_OK);
    assert_true(str_eq(out, (struct str){"", 1}));
    assert_int_equal(url_decode(arena, (struct str){"a\0b", 3}, &out), ERR_ENCODING);
    check_refused(url_decode, bad, ARRAY_LEN(bad));
    arena_free(arena);
}

static void what_does_not_fit_into_the_buffer_is_dropped_whole(void **state)
{
    static const encoder encoders[] = {hex_encode, base64_encode, base64url_encode, base32_encode,
                                       url_encode};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(encoders); i++) {
        struct buf buf;

        buf_init(&buf, 5);
        encoders[i](&buf, STR("////"));
        assert_false(buf_ok(&buf));
        assert_int_equal(buf_str(&buf).len, 0);
        buf_free(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_hold),
        cmocka_unit_test(all_bytes_survive_a_round_trip),
        cmocka_unit_test(hex_is_read_in_both_cases_and_refused_when_broken),
        cmocka_unit_test(base64_takes_the_canonical_form_only),
        cmocka_unit_test(base64url_takes_the_canonical_form_only),
        cmocka_unit_test(base32_takes_the_canonical_form_only),
        cmocka_unit_test(percent_encoding_leaves_the_unreserved_alone),
        cmocka_unit_test(percent_decoding_follows_rfc_3986),
        cmocka_unit_test(what_does_not_fit_into_the_buffer_is_dropped_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
