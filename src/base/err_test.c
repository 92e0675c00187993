#include "base/err.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EACH_ERR(err)                                                                              \
    enum err err = (enum err)1;                                                                    \
    err < ERR_COUNT;                                                                               \
    err++

static void every_code_is_lower_case_and_unique(void **state)
{
    (void)state;
    for (EACH_ERR(err)) {
        const char *code = err_code(err);

        assert_true(strlen(code) > 2);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(code));
        for (enum err other = (enum err)1; other < err; other++) {
            assert_string_not_equal(code, err_code(other));
        }
    }
}

static void every_row_has_a_sentence_in_both_languages(void **state)
{
    (void)state;
    for (EACH_ERR(err)) {
        struct str text = str_of(err_text(err));
        struct str text_zh = str_of(err_text_zh(err));

        assert_true(text.len > 0 && str_eq(text, str_trim(text)));
        assert_false(str_ends(text, STR(".")));
        assert_int_equal(str_utf8_count(text), text.len); /* ASCII */
        assert_true(str_is_utf8(text_zh) && str_utf8_count(text_zh) < text_zh.len);
        assert_false(str_ends(text_zh, STR("。")));
    }
}

static void every_advice_is_one_of_the_documented_set(void **state)
{
    static const char *const set[] = {"retry_now",     "retry_later",   "new_auth_code",
                                      "change_method", "contact_payer", "contact_channel",
                                      "do_not_retry"};

    (void)state;
    for (EACH_ERR(err)) {
        bool found = false;

        for (size_t i = 0; i < ARRAY_LEN(set); i++) {
            found = found || strcmp(err_advice(err), set[i]) == 0;
        }
        if (!found) {
            fail_msg("%s: %s", err_code(err), err_advice(err));
        }
    }
}

static void advice_to_repeat_goes_with_retryable(void **state)
{
    (void)state;
    for (EACH_ERR(err)) {
        bool advised = strcmp(err_advice(err), "retry_now") == 0 ||
                       strcmp(err_advice(err), "retry_later") == 0;

        if (err_retryable(err) != advised) {
            fail_msg("%s: %s", err_code(err), err_advice(err));
        }
    }
}

static void every_status_is_an_http_error(void **state)
{
    (void)state;
    for (EACH_ERR(err)) {
        assert_in_range(err_status(err), 400, 504);
    }
    assert_int_equal(err_status(ERR_OK), 200);
}

static void the_type_follows_from_the_status(void **state)
{
    static const struct {
        int status;
        const char *type;
    } types[] = {
        {401, "authentication"}, {402, "channel"},  {403, "permission"},
        {404, "not_found"},      {409, "conflict"}, {422, "conflict"},
        {429, "rate_limit"},     {502, "channel"},  {504, "channel"},
    };

    (void)state;
    for (EACH_ERR(err)) {
        const char *expected = err_status(err) < 500 ? "invalid_request" : "api";

        for (size_t i = 0; i < ARRAY_LEN(types); i++) {
            expected = err_status(err) == types[i].status ? types[i].type : expected;
        }
        assert_string_equal(err_type(err), expected);
    }
}

static void a_row_is_found_by_its_name(void **state)
{
    (void)state;
    assert_string_equal(err_code(ERR_FIELD_REQUIRED), "field_required");
    assert_int_equal(err_status(ERR_CRYPTO_SIGNATURE), 401);
    assert_true(err_retryable(ERR_STORE_BUSY));
    assert_string_equal(err_advice(ERR_STORE_BUSY), "retry_later");
    assert_string_equal(err_text(ERR_JSON_DUPLICATE_KEY), "the same key occurs twice");
    assert_string_equal(err_text_zh(ERR_QUEUE_FULL), "服务器繁忙");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_lower_case_and_unique),
        cmocka_unit_test(every_row_has_a_sentence_in_both_languages),
        cmocka_unit_test(every_advice_is_one_of_the_documented_set),
        cmocka_unit_test(advice_to_repeat_goes_with_retryable),
        cmocka_unit_test(every_status_is_an_http_error),
        cmocka_unit_test(the_type_follows_from_the_status),
        cmocka_unit_test(a_row_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
