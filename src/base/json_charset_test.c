#include "base/json_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <regex.h>

/* The pattern that the API document shows must accept exactly what the check accepts. */
static void assert_charset(enum field_charset charset, const char *text, bool expected)
{
    const char *pattern = json__charset_pattern(charset);
    regex_t regex;
    bool matches;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    matches = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    if (matches != expected || json__charset_accepts(charset, str_of(text)) != expected) {
        fail_msg("%s: %s", text, matches == expected ? "check" : pattern);
    }
}

static void every_character_is_accepted_by_check_and_pattern_alike(void **state)
{
    static const struct {
        enum field_charset charset;
        const char *others;
    } rows[] = {
        {FIELD_ORDER_NO, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-|*@."},
        {FIELD_ALNUM, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
        {FIELD_CODE, "abcdefghijklmnopqrstuvwxyz_.:-"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (char c = 1; c < 127; c++) {
            char text[3] = {'0', c, '\0'};
            bool digit = c >= '0' && c <= '9';

            assert_charset(rows[i].charset, text, digit || strchr(rows[i].others, c) != NULL);
        }
        assert_charset(rows[i].charset, "", true);
        assert_charset(rows[i].charset, "é", false);
    }
}

static void urls_have_a_plain_host_and_no_user(void **state)
{
    static const char *const good[] = {
        "https://example.com",        "http://a",
        "https://example.com:8443/x", "https://[::1]:80/?a=b#c",
        "http://1.2.3.4?x",           "https://a_b.example.com/@user:x[]",
        "https://[fe80::1.2.3.4]",    "https://example.com#x",
    };
    static const char *const bad[] = {
        "",
        "https://",
        "https:///x",
        "ftp://example.com",
        "HTTPS://example.com",
        "https://user@example.com",
        "https://user:x@example.com/",
        "https://example.com\\@evil.com",
        "https://example.com:",
        "https://example.com:123456",
        "https://example.com:8a",
        "https://a b.com",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://例子.cn",
        "https://[::1",
        "https://[]",
        "https://[::1]x",
        "https://[::g]",
        "https://a:1:2",
        "https://[::1]:",
        "https://%61.com",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_charset(FIELD_URL, good[i], true);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_charset(FIELD_URL, bad[i], false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_accepted_by_check_and_pattern_alike),
        cmocka_unit_test(urls_have_a_plain_host_and_no_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
