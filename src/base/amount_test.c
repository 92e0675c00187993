#include "base/amount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void sums_that_do_not_fit_are_refused_and_write_nothing(void **state)
{
    struct amount out = AMOUNT(7);

    (void)state;
    assert_int_equal(amount_add(AMOUNT(INT64_MAX), AMOUNT(1), &out), ERR_AMOUNT_OVERFLOW);
    assert_int_equal(amount_sub(AMOUNT(INT64_MIN), AMOUNT(1), &out), ERR_AMOUNT_OVERFLOW);
    assert_int_equal(amount_negate(AMOUNT(INT64_MIN), &out), ERR_AMOUNT_OVERFLOW);
    assert_int_equal(out.minor, 7);
    assert_int_equal(amount_add(AMOUNT(INT64_MAX - 1), AMOUNT(1), &out), ERR_OK);
    assert_true(out.minor == INT64_MAX);
    assert_int_equal(amount_sub(AMOUNT(-1), AMOUNT(INT64_MAX), &out), ERR_OK);
    assert_true(out.minor == INT64_MIN);
    assert_int_equal(amount_negate(AMOUNT(5), &out), ERR_OK);
    assert_int_equal(out.minor, -5);
}

static void amounts_compare_over_the_whole_range(void **state)
{
    (void)state;
    assert_int_equal(amount_cmp(AMOUNT(INT64_MIN), AMOUNT(INT64_MAX)), -1);
    assert_int_equal(amount_cmp(AMOUNT(INT64_MAX), AMOUNT(INT64_MIN)), 1);
    assert_int_equal(amount_cmp(AMOUNT(3), AMOUNT(3)), 0);
}

static int64_t fee_of(int64_t amount, int64_t rate, int64_t min, int64_t max)
{
    struct amount_rate terms = {rate, AMOUNT(min), AMOUNT(max)};
    struct amount out;

    assert_int_equal(amount_fee(AMOUNT(amount), &terms, &out), ERR_OK);
    return out.minor;
}

static void a_fee_is_rounded_half_up(void **state)
{
    (void)state;
    assert_int_equal(fee_of(10000, 6000, 0, 0), 60);
    assert_int_equal(fee_of(83, 6000, 0, 0), 0);  /* 0.498 */
    assert_int_equal(fee_of(84, 6000, 0, 0), 1);  /* 0.504 */
    assert_int_equal(fee_of(250, 6000, 0, 0), 2); /* 1.5 */
    assert_int_equal(fee_of(1, 500000, 0, 0), 1); /* 0.5 */
    assert_int_equal(fee_of(1, 499999, 0, 0), 0);
    assert_int_equal(fee_of(0, 6000, 0, 0), 0);
    assert_int_equal(fee_of(12345, 0, 0, 0), 0);
    assert_int_equal(fee_of(12345, 1000000, 0, 0), 12345);
}

static void a_fee_keeps_its_limits_and_the_maximum_wins(void **state)
{
    (void)state;
    assert_int_equal(fee_of(100, 6000, 10, 0), 10);
    assert_int_equal(fee_of(1000000, 6000, 10, 500), 500);
    assert_int_equal(fee_of(50000, 6000, 10, 500), 300);
    assert_int_equal(fee_of(100, 6000, 10, 5), 5);
    assert_int_equal(fee_of(0, 6000, 10, 500), 10);
}

static void a_fee_of_the_greatest_amount_is_exact(void **state)
{
    (void)state;
    assert_true(fee_of(INT64_MAX, 1000000, 0, 0) == INT64_MAX);
    /* 9223372036854775807 × 0.006 = 55340232221128654.842 */
    assert_true(fee_of(INT64_MAX, 6000, 0, 0) == INT64_C(55340232221128655));
    assert_true(fee_of(INT64_MAX, 999999, 0, INT64_MAX) == INT64_C(9223362813482738952));
}

static void currencies_are_those_of_iso_4217(void **state)
{
    static const struct {
        const char *code;
        int number;
        unsigned exponent;
    } known[] = {
        {"CNY", 156, 2}, {"USD", 840, 2}, {"EUR", 978, 2}, {"JPY", 392, 0}, {"KRW", 410, 0},
        {"BHD", 48, 3},  {"ALL", 8, 2},   {"HKD", 344, 2}, {"CLF", 990, 4}, {"UYW", 927, 4},
        {"MGA", 969, 2}, {"ISK", 352, 0}, {"ZWG", 924, 2}, {"XCG", 532, 2}, {"VND", 704, 0},
        {"AED", 784, 2}, {"TND", 788, 3}, {"MRU", 929, 2}, {"SLE", 925, 2}, {"IQD", 368, 3},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        enum currency currency = CURRENCY_NONE;

        assert_int_equal(currency_parse(str_of(known[i].code), &currency), ERR_OK);
        assert_int_equal(currency, known[i].number);
        assert_int_equal(currency_exponent(currency), known[i].exponent);
        assert_true(str_eq(currency_code(currency), str_of(known[i].code)));
    }
}

static void every_currency_is_found_by_its_code(void **state)
{
    size_t count = 0;

    (void)state;
    for (unsigned number = 1; number < 1200; number++) {
        enum currency currency = (enum currency)number;
        enum currency found = CURRENCY_NONE;

        if (!currency_is_known(currency)) {
            continue;
        }
        count++;
        assert_int_equal(currency_parse(currency_code(currency), &found), ERR_OK);
        assert_int_equal(found, currency);
        assert_true(currency_exponent(currency) <= 4);
    }
    assert_int_equal(count, 165);
}

static void what_is_no_currency_is_refused(void **state)
{
    static const char *const codes[] = {"",    "cny", "CN",  "CNYX", "XXX", "XAU",
                                        "XTS", "DEM", "BGN", "AAA",  "ZZZ", "C\xC3\x9F"};
    enum currency out = CURRENCY_USD;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        assert_int_equal(currency_parse(str_of(codes[i]), &out), ERR_CURRENCY_UNKNOWN);
    }
    assert_int_equal(out, CURRENCY_USD);
    assert_false(currency_is_known(CURRENCY_NONE));
    assert_false(currency_is_known((enum currency)1156));
    assert_false(currency_is_known((enum currency) - 1));
    assert_int_equal(currency_code(CURRENCY_NONE).len, 0);
}

static void check_text(enum currency currency, int64_t minor, const char *text)
{
    struct amount out;
    struct buf buf;

    buf_init(&buf, 64);
    amount_print(&buf, AMOUNT(minor), currency);
    assert_true(str_eq(buf_str(&buf), str_of(text)));
    buf_free(&buf);
    assert_int_equal(amount_parse(str_of(text), currency, &out), ERR_OK);
    assert_true(out.minor == minor);
}

static void printed_amounts_have_the_currencys_digits_and_parse_back(void **state)
{
    (void)state;
    check_text(CURRENCY_CNY, 12345, "123.45");
    check_text(CURRENCY_CNY, 5, "0.05");
    check_text(CURRENCY_CNY, 50, "0.50");
    check_text(CURRENCY_CNY, 0, "0.00");
    check_text(CURRENCY_CNY, -1, "-0.01");
    check_text(CURRENCY_CNY, -12345, "-123.45");
    check_text(CURRENCY_JPY, 0, "0");
    check_text(CURRENCY_JPY, 500, "500");
    check_text(CURRENCY_BHD, 1, "0.001");
    check_text(CURRENCY_CLF, 10001, "1.0001");
    check_text(CURRENCY_CNY, INT64_MAX, "92233720368547758.07");
    check_text(CURRENCY_CNY, INT64_MIN, "-92233720368547758.08");
    check_text(CURRENCY_JPY, INT64_MIN, "-9223372036854775808");
}

static void fewer_digits_than_the_currency_has_are_filled_up(void **state)
{
    struct amount out;

    (void)state;
    assert_int_equal(amount_parse(STR("123"), CURRENCY_CNY, &out), ERR_OK);
    assert_int_equal(out.minor, 12300);
    assert_int_equal(amount_parse(STR("123.4"), CURRENCY_CNY, &out), ERR_OK);
    assert_int_equal(out.minor, 12340);
    assert_int_equal(amount_parse(STR("-0007.5"), CURRENCY_BHD, &out), ERR_OK);
    assert_int_equal(out.minor, -7500);
}

static void malformed_amounts_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        ".",
        "1.",
        ".5",
        "1.234",
        "+1",
        " 1",
        "1 ",
        "1,00",
        "1e2",
        "--1",
        "-.5",
        "1.-5",
        "1..2",
        "1.2.3",
        "0x1",
        "1.5 ",
        "abc",
        "1.2a",
        "\xEF\xBC\x91",
        "99999999999999999999999x",
    };
    struct amount out = AMOUNT(7);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(amount_parse(str_of(texts[i]), CURRENCY_CNY, &out), ERR_FIELD_FORMAT);
    }
    assert_int_equal(amount_parse(STR("1.0"), CURRENCY_JPY, &out), ERR_FIELD_FORMAT);
    assert_int_equal(amount_parse(STR("1"), CURRENCY_NONE, &out), ERR_CURRENCY_UNKNOWN);
    assert_int_equal(out.minor, 7);
}

static void amounts_too_large_to_hold_are_refused(void **state)
{
    static const char *const texts[] = {"92233720368547758.08", "-92233720368547758.09",
                                        "92233720368547759", "100000000000000000000"};
    struct amount out = AMOUNT(7);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(amount_parse(str_of(texts[i]), CURRENCY_CNY, &out), ERR_AMOUNT_OVERFLOW);
    }
    assert_int_equal(out.minor, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_that_do_not_fit_are_refused_and_write_nothing),
        cmocka_unit_test(amounts_compare_over_the_whole_range),
        cmocka_unit_test(a_fee_is_rounded_half_up),
        cmocka_unit_test(a_fee_keeps_its_limits_and_the_maximum_wins),
        cmocka_unit_test(a_fee_of_the_greatest_amount_is_exact),
        cmocka_unit_test(currencies_are_those_of_iso_4217),
        cmocka_unit_test(every_currency_is_found_by_its_code),
        cmocka_unit_test(what_is_no_currency_is_refused),
        cmocka_unit_test(printed_amounts_have_the_currencys_digits_and_parse_back),
        cmocka_unit_test(fewer_digits_than_the_currency_has_are_filled_up),
        cmocka_unit_test(malformed_amounts_are_refused),
        cmocka_unit_test(amounts_too_large_to_hold_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
