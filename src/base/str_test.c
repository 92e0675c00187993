#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void empty_strings_are_equal_wherever_they_point(void **state)
{
    const struct str none = {NULL, 0};

    (void)state;
    assert_true(str_eq(none, STR("")));
    assert_true(str_eq(str_of(NULL), none));
    assert_true(str_eq_nocase(none, STR("")));
    assert_int_equal(str_cmp(none, STR("")), 0);
    assert_true(str_eq(str_slice(none, 0, 0), none));
    assert_true(str_starts(none, none));
    assert_true(str_ends(STR("a"), none));
    assert_true(str_is_utf8(none));
    assert_true(str_eq(str_trim(none), none));
}

static void strings_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("ab"), STR("abc")));
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("b"), STR("a")) > 0);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("ab"), STR("a")) > 0);
    assert_true(str_cmp(STR("\xFF"), STR("a")) > 0);
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("a"), STR("b")));
    assert_false(str_eq_nocase(STR("\xC3\xA9"), STR("\xC3\x89")));
}

static void parts_of_a_string_are_found(void **state)
{
    size_t at = 7;

    (void)state;
    assert_true(str_starts(STR("wechat.pay"), STR("wechat")));
    assert_false(str_starts(STR("we"), STR("wechat")));
    assert_true(str_ends(STR("a.json"), STR(".json")));
    assert_false(str_ends(STR("json"), STR(".json")));
    assert_false(str_find(STR("abc"), STR("x"), &at));
    assert_false(str_find((struct str){NULL, 0}, STR("x"), &at));
    assert_int_equal(at, 7);
    assert_true(str_find(STR("a\0bc"), STR("bc"), &at));
    assert_int_equal(at, 2);
    assert_true(str_find(STR("abc"), STR(""), &at));
    assert_int_equal(at, 0);
    assert_true(str_eq(str_slice(STR("abcdef"), 2, 4), STR("cd")));
    assert_true(str_eq(str_trim(STR(" \t\r\na b\n ")), STR("a b")));
    assert_true(str_eq(str_trim(STR("  ")), STR("")));
}

static void a_string_is_cut_at_each_separator(void **state)
{
    struct str rest = STR("a,,b");
    struct str head;

    (void)state;
    assert_true(str_cut(&rest, ',', &head));
    assert_true(str_eq(head, STR("a")));
    assert_true(str_cut(&rest, ',', &head));
    assert_int_equal(head.len, 0);
    assert_false(str_cut(&rest, ',', &head));
    assert_true(str_eq(head, STR("b")));
    assert_false(str_cut(&rest, ',', &head));
    assert_int_equal(head.len, 0);
    rest = STR("end,");
    assert_true(str_cut(&rest, ',', &head));
    assert_true(str_eq(head, STR("end")));
    assert_int_equal(rest.len, 0);
}

static void copies_live_in_the_arena(void **state)
{
    struct arena *arena = arena_new();
    char text[] = "abc";
    struct str copy = str_dup(arena, str_of(text));
    char *cstr = str_cstr(arena, (struct str){text, 2});

    (void)state;
    text[0] = 'x';
    assert_true(str_eq(copy, STR("abc")));
    assert_string_equal(cstr, "ab");
    assert_string_equal(str_cstr(arena, (struct str){NULL, 0}), "");
    assert_int_equal(str_dup(arena, STR("")).len, 0);
    assert_true(str_eq(str_printf(arena, "%d-" STR_FMT, 7, STR_ARG(copy)), STR("7-abc")));
    assert_int_equal(str_printf(arena, "%05000d", 1).len, 5000);
    arena_free(arena);
}

static void check_int(const char *text, int64_t expected)
{
    int64_t value = 7;

    assert_int_equal(str_parse_int(str_of(text), &value), ERR_OK);
    assert_true(value == expected);
}

static void integers_parse_over_the_whole_range(void **state)
{
    static const char *const malformed[] = {"",   "-",   "+1", " 1", "1 ", "1.0", "0x1", "--1",
                                            "1-", "1e3", "١",  "a",  "-a", "1,0", "1_0"};
    static const char *const outside[] = {"9223372036854775808", "-9223372036854775809",
                                          "99999999999999999999999"};
    int64_t value = 7;

    (void)state;
    check_int("0", 0);
    check_int("-0", 0);
    check_int("007", 7);
    check_int("-42", -42);
    check_int("9223372036854775807", INT64_MAX);
    check_int("-9223372036854775808", INT64_MIN);
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
        assert_int_equal(str_parse_int(str_of(malformed[i]), &value), ERR_FIELD_FORMAT);
    }
    for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
        assert_int_equal(str_parse_int(str_of(outside[i]), &value), ERR_FIELD_RANGE);
    }
    assert_int_equal(value, 7);
}

static void utf8_is_well_formed_without_surrogates_and_nul(void **state)
{
    static const char *const good[] = {"a",
                                       "é",
                                       "商户",
                                       "😀",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xC0\x80",         /* overlong NUL */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xED\xBF\xBF",     /* surrogate */
        "\xF4\x90\x80\x80", /* beyond U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFF",
        "\xFE",
        "\xE5\x95", /* cut off */
        "\xF0\x9F\x98",
        "a\xC3",
        "\xC3(", /* no continuation */
        "\xE5\x95(",
        "\xF0\x9F\x98(",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(str_is_utf8(str_of(good[i])));
        assert_int_equal(str_utf8_count(str_of(good[i])), i == 2 ? 2 : 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(str_is_utf8(str_of(bad[i])));
    }
    assert_false(str_is_utf8(STR("a\0b")));
}

static void digits_are_told(void **state)
{
    (void)state;
    assert_true(str_is_digits(STR("0123456789")) && str_is_digits(STR("")));
    assert_false(str_is_digits(STR("12/")) || str_is_digits(STR(":1")) || str_is_digits(STR("-1")));
}

static void hashes_spread_and_depend_on_every_byte(void **state)
{
    char text[40] = {0};
    uint64_t plain = str_hash((struct str){text, sizeof(text)});

    (void)state;
    assert_true(plain == str_hash((struct str){text, sizeof(text)}));
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = 1;
        assert_true(plain != str_hash((struct str){text, sizeof(text)}));
        text[i] = 0;
        assert_true(plain != str_hash((struct str){text, i}));
    }
}

static void a_buffer_takes_up_to_its_cap_and_drops_the_rest_whole(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 8);
    buf_add(&buf, STR("12345"));
    assert_true(buf_ok(&buf));
    buf_add(&buf, STR("6789"));
    assert_false(buf_ok(&buf));
    assert_true(str_eq(buf_str(&buf), STR("12345")));
    buf_add_char(&buf, 'x'); /* a full buffer stays as it was, though this would fit */
    assert_true(str_eq(buf_str(&buf), STR("12345")));
    buf_reset(&buf);
    assert_true(buf_ok(&buf));
    buf_add(&buf, STR("12345678"));
    assert_true(buf_ok(&buf));
    buf_add(&buf, STR(""));
    assert_true(buf_ok(&buf));
    assert_null(buf_extend(&buf, 0));
    assert_true(buf_ok(&buf));
    assert_null(buf_extend(&buf, 1));
    assert_false(buf_ok(&buf));
    buf_free(&buf);
}

static void an_unused_buffer_is_the_empty_string(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 8);
    assert_int_equal(buf_str(&buf).len, 0);
    assert_non_null(buf_str(&buf).ptr);
    buf_free(&buf);
    buf_init(&buf, 0);
    buf_add_char(&buf, 'x');
    assert_false(buf_ok(&buf));
    buf_free(&buf);
}

static void check_growth(struct buf *buf)
{
    for (int i = 0; i < 5000; i++) {
        buf_add_int(buf, i % 10);
    }
    assert_true(buf_ok(buf));
    assert_int_equal(buf->len, 5000);
    for (size_t i = 0; i < 5000; i++) {
        assert_int_equal(buf->ptr[i], '0' + (int)(i % 10));
    }
    assert_true(buf->size <= buf->cap);
}

static void a_buffer_grows_on_the_heap_and_in_an_arena(void **state)
{
    struct arena *arena = arena_new();
    struct buf buf;

    (void)state;
    buf_init(&buf, 5001);
    check_growth(&buf);
    buf_free(&buf);
    buf_init_arena(&buf, arena, 5001);
    check_growth(&buf);
    buf_free(&buf);
    arena_free(arena);
}

static void integers_and_formats_are_appended(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 100000);
    buf_add_int(&buf, INT64_MIN);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, INT64_MAX);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, 0);
    buf_printf(&buf, " %s=%d", "n", -5);
    assert_true(str_eq(buf_str(&buf), STR("-9223372036854775808 9223372036854775807 0 n=-5")));
    buf_reset(&buf);
    buf_printf(&buf, "%0511d", 1);
    assert_int_equal(buf.len, 511);
    buf_printf(&buf, "%0512d", 1);
    assert_int_equal(buf.len, 1023);
    buf_printf(&buf, "%090000d|", 1);
    assert_int_equal(buf.len, 91024);
    assert_int_equal(buf.ptr[91023], '|');
    buf_free(&buf);
}

static void extended_bytes_are_the_callers_to_write(void **state)
{
    struct buf buf;
    char *at;

    (void)state;
    buf_init(&buf, 16);
    buf_add(&buf, STR("ab"));
    at = buf_extend(&buf, 2);
    assert_non_null(at);
    memcpy(at, "cd", 2);
    assert_true(str_eq(buf_str(&buf), STR("abcd")));
    buf_free(&buf);
}

static void a_wiped_secret_leaves_nothing(void **state)
{
    struct arena *arena = arena_new();
    struct secret secret = secret_of(arena, STR("sk_live_1"));
    struct str bytes = secret_bytes(&secret);

    (void)state;
    assert_true(secret_is_set(&secret));
    assert_true(str_eq(bytes, STR("sk_live_1")));
    secret_wipe(&secret);
    assert_false(secret_is_set(&secret));
    assert_true(str_eq(bytes, STR("\0\0\0\0\0\0\0\0\0")));
    secret_wipe(&secret);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_strings_are_equal_wherever_they_point),
        cmocka_unit_test(strings_compare_by_bytes),
        cmocka_unit_test(parts_of_a_string_are_found),
        cmocka_unit_test(a_string_is_cut_at_each_separator),
        cmocka_unit_test(copies_live_in_the_arena),
        cmocka_unit_test(integers_parse_over_the_whole_range),
        cmocka_unit_test(utf8_is_well_formed_without_surrogates_and_nul),
        cmocka_unit_test(digits_are_told),
        cmocka_unit_test(hashes_spread_and_depend_on_every_byte),
        cmocka_unit_test(a_buffer_takes_up_to_its_cap_and_drops_the_rest_whole),
        cmocka_unit_test(an_unused_buffer_is_the_empty_string),
        cmocka_unit_test(a_buffer_grows_on_the_heap_and_in_an_arena),
        cmocka_unit_test(integers_and_formats_are_appended),
        cmocka_unit_test(extended_bytes_are_the_callers_to_write),
        cmocka_unit_test(a_wiped_secret_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
