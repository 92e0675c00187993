#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_parse(const char *text, int64_t expected)
{
    int64_t at_ms = -1;

    assert_int_equal(time_parse(str_of(text), &at_ms), ERR_OK);
    assert_int_equal(at_ms, expected);
}

static void check_refused(const char *text, enum err expected)
{
    int64_t at_ms = -7;

    assert_int_equal(time_parse(str_of(text), &at_ms), expected);
    assert_int_equal(at_ms, -7);
}

static void check_print(int64_t at_ms, const char *utc, const char *shanghai)
{
    struct buf buf;

    buf_init(&buf, 64);
    time_print(&buf, at_ms);
    assert_true(str_eq(buf_str(&buf), str_of(utc)));
    buf_reset(&buf);
    time_print_shanghai(&buf, at_ms);
    assert_true(str_eq(buf_str(&buf), str_of(shanghai)));
    buf_free(&buf);
}

static void instants_print_in_utc_and_in_shanghai(void **state)
{
    (void)state;
    check_print(0, "1970-01-01T00:00:00.000Z", "1970-01-01T08:00:00+08:00");
    check_print(INT64_C(1795341600123), "2026-11-22T10:00:00.123Z", "2026-11-22T18:00:00+08:00");
    check_print(INT64_C(951782400000), "2000-02-29T00:00:00.000Z", "2000-02-29T08:00:00+08:00");
    check_print(INT64_C(1767196799999), "2025-12-31T15:59:59.999Z", "2025-12-31T23:59:59+08:00");
    check_print(INT64_C(1767196800000), "2025-12-31T16:00:00.000Z", "2026-01-01T00:00:00+08:00");
    check_print(TIME_MAX_MS, "9999-12-31T15:59:59.999Z", "9999-12-31T23:59:59+08:00");
    check_print(-1, "1969-12-31T23:59:59.999Z", "1970-01-01T07:59:59+08:00");
}

static void the_examples_of_rfc_3339_parse(void **state)
{
    (void)state;
    check_parse("1985-04-12T23:20:50.52Z", INT64_C(482196050520));
    check_parse("1996-12-19T16:39:57-08:00", INT64_C(851042397000));
    check_parse("1996-12-20T00:39:57Z", INT64_C(851042397000));
    check_refused("1990-12-31T23:59:60Z", ERR_FIELD_FORMAT); /* a leap second */
    check_refused("1937-01-01T12:00:27.87+00:20", ERR_FIELD_RANGE);
}

static void offsets_and_fractions_parse(void **state)
{
    const int64_t at_ms = INT64_C(1795341600000);

    (void)state;
    check_parse("2026-11-22T10:00:00Z", at_ms);
    check_parse("2026-11-22t10:00:00z", at_ms);
    check_parse("2026-11-22T18:00:00+08:00", at_ms);
    check_parse("2026-11-22T10:00:00-00:00", at_ms);
    check_parse("2026-11-23T09:59:00+23:59", at_ms);
    check_parse("2026-11-21T10:01:00-23:59", at_ms);
    check_parse("2026-11-22T10:00:00.1Z", at_ms + 100);
    check_parse("2026-11-22T10:00:00.001Z", at_ms + 1);
    check_parse("2026-11-22T10:00:00.0009Z", at_ms);
    check_parse("2026-11-22T10:00:00.123456789+00:00", at_ms + 123);
}

static void leap_years_follow_the_gregorian_rule(void **state)
{
    (void)state;
    check_parse("2024-02-29T00:00:00Z", INT64_C(1709164800000));
    check_parse("2000-02-29T00:00:00Z", INT64_C(951782400000));
    check_refused("2023-02-29T00:00:00Z", ERR_FIELD_FORMAT);
    check_refused("2100-02-29T00:00:00Z", ERR_FIELD_FORMAT);
}

static void malformed_times_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T10:00Z",
        "2026-11-22T10:00:00",
        "2026-11-22 10:00:00Z",
        "2026-11-22T10:00:00.Z",
        "2026-11-22T10:00:00.1234567890Z",
        "2026-11-22T10:00:00,5Z",
        "2026-11-22T10:00:00 Z",
        "2026-11-22T10:00:00Z ",
        " 2026-11-22T10:00:00Z",
        "2026-11-22T10:00:00ZZ",
        "2026-11-22T10:00:00+08",
        "2026-11-22T10:00:00+0800",
        "2026-11-22T10:00:00+08:0",
        "2026-11-22T10:00:00+24:00",
        "2026-11-22T10:00:00+08:60",
        "2026-11-22T10:00:00+08:00:00",
        "2026-11-22T10:00:00+-8:00",
        "2026-1-22T10:00:00Z",
        "2026-11-22T1:00:00Z",
        "26-11-22T10:00:00Z",
        "+2026-11-22T10:00:00Z",
        "2026/11/22T10:00:00Z",
        "20261122T100000Z",
        "2026-00-22T10:00:00Z",
        "2026-13-22T10:00:00Z",
        "2026-11-00T10:00:00Z",
        "2026-11-31T10:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T10:00:61Z",
        "2026-11-22T-1:00:00Z",
        "2O26-11-22T10:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        check_refused(texts[i], ERR_FIELD_FORMAT);
    }
}

static void times_outside_the_years_we_keep_are_refused(void **state)
{
    (void)state;
    check_parse("1970-01-01T00:00:00Z", 0);
    check_parse("1969-12-31T23:59:59-00:01", 59 * TIME_SECOND_MS);
    check_refused("1970-01-01T00:00:00+00:01", ERR_FIELD_RANGE);
    check_refused("1969-12-31T23:59:59Z", ERR_FIELD_RANGE);
    check_refused("0000-01-01T00:00:00Z", ERR_FIELD_RANGE);
    check_parse("9999-12-31T23:59:59.999+08:00", TIME_MAX_MS);
    check_refused("9999-12-31T16:00:00Z", ERR_FIELD_RANGE);
}

static void every_day_of_eight_thousand_years_comes_back(void **state)
{
    int32_t date = 19700101;
    int64_t days = 0;

    (void)state;
    for (; date != 99991231; days++) {
        int64_t start_ms = time_business_date_start_ms(date);

        assert_int_equal(start_ms, days * TIME_DAY_MS - 8 * TIME_HOUR_MS);
        assert_int_equal(time_business_date(start_ms), date);
        assert_int_equal(time_business_date(start_ms + TIME_DAY_MS - 1), date);
        assert_int_equal(time_date_weekday(date), (days + 3) % 7 + 1);
        date = time_date_add_days(date, 1);
    }
    assert_int_equal(days, 2932896);
}

static void a_business_day_begins_at_midnight_in_shanghai(void **state)
{
    (void)state;
    assert_int_equal(time_business_date(INT64_C(1767196799999)), 20251231);
    assert_int_equal(time_business_date(INT64_C(1767196800000)), 20260101);
    assert_int_equal(time_business_date_start_ms(20260101), INT64_C(1767196800000));
}

static void dates_are_valid_only_when_they_exist(void **state)
{
    static const int32_t bad[] = {0,         -1,        20260229, 20261301, 20260001,
                                  20260100,  20260431,  19691231, 21000229, 260101,
                                  INT32_MAX, INT32_MIN, 100000101};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(time_date_is_valid(bad[i]));
    }
    assert_true(time_date_is_valid(20240229));
    assert_true(time_date_is_valid(19700101));
    assert_true(time_date_is_valid(99991231));
}

static void days_are_added_over_months_and_years(void **state)
{
    (void)state;
    assert_int_equal(time_date_add_days(20251231, 1), 20260101);
    assert_int_equal(time_date_add_days(20260101, -1), 20251231);
    assert_int_equal(time_date_add_days(20240228, 1), 20240229);
    assert_int_equal(time_date_add_days(20230228, 1), 20230301);
    assert_int_equal(time_date_add_days(20240229, 365), 20250228);
    assert_int_equal(time_date_add_days(20260101, 0), 20260101);
}

static void weekdays_are_counted_from_monday(void **state)
{
    (void)state;
    assert_int_equal(time_date_weekday(19700101), 4);
    assert_int_equal(time_date_weekday(20240229), 4);
    assert_int_equal(time_date_weekday(20261122), 7);
    assert_int_equal(time_date_weekday(20261123), 1);
}

/* The National Day week of 2025 as the State Council set it: eight days off from 1 October
 * (Wednesday); Sunday 28 September and Saturday 11 October are worked. */
static const struct calendar_day days_2025[] = {
    {20250928, DAY_MAKEUP_WORK}, {20251001, DAY_HOLIDAY}, {20251002, DAY_HOLIDAY},
    {20251003, DAY_HOLIDAY},     {20251004, DAY_HOLIDAY}, {20251005, DAY_HOLIDAY},
    {20251006, DAY_HOLIDAY},     {20251007, DAY_HOLIDAY}, {20251008, DAY_HOLIDAY},
    {20251011, DAY_MAKEUP_WORK},
};
static const struct calendar calendar_2025 = {days_2025, ARRAY_LEN(days_2025)};

static void the_calendar_knows_four_kinds_of_day(void **state)
{
    (void)state;
    assert_int_equal(calendar_kind(&calendar_2025, 20250926), DAY_WORK);
    assert_int_equal(calendar_kind(&calendar_2025, 20250927), DAY_WEEKEND);
    assert_int_equal(calendar_kind(&calendar_2025, 20250928), DAY_MAKEUP_WORK);
    assert_int_equal(calendar_kind(&calendar_2025, 20251001), DAY_HOLIDAY);
    assert_int_equal(calendar_kind(&calendar_2025, 20251008), DAY_HOLIDAY);
    assert_int_equal(calendar_kind(&calendar_2025, 20251009), DAY_WORK);
    assert_int_equal(calendar_kind(&calendar_2025, 20251011), DAY_MAKEUP_WORK);
    assert_int_equal(calendar_kind(&calendar_2025, 20251012), DAY_WEEKEND);
    assert_true(calendar_is_workday(&calendar_2025, 20250928));
    assert_false(calendar_is_workday(&calendar_2025, 20251003));
}

static void workdays_skip_rest_days_and_count_makeup_days(void **state)
{
    (void)state;
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20250926, 0), 20250926);
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20250927, 0), 20250928);
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20250926, 1), 20250928);
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20250930, 1), 20251009);
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20251001, 0), 20251009);
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20251001, 1), 20251009);
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20250930, 3), 20251011);
    assert_int_equal(calendar_add_workdays(&calendar_2025, 20250930, 4), 20251013);
}

static void without_exceptions_monday_to_friday_are_worked(void **state)
{
    static const struct calendar plain = {NULL, 0};

    (void)state;
    assert_int_equal(calendar_add_workdays(&plain, 20261120, 1), 20261123);
    assert_int_equal(calendar_add_workdays(&plain, 20261121, 0), 20261123);
    assert_int_equal(calendar_add_workdays(&plain, 20261121, 1), 20261123);
    assert_int_equal(calendar_add_workdays(&plain, 20261123, 10), 20261207);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_print_in_utc_and_in_shanghai),
        cmocka_unit_test(the_examples_of_rfc_3339_parse),
        cmocka_unit_test(offsets_and_fractions_parse),
        cmocka_unit_test(leap_years_follow_the_gregorian_rule),
        cmocka_unit_test(malformed_times_are_refused),
        cmocka_unit_test(times_outside_the_years_we_keep_are_refused),
        cmocka_unit_test(every_day_of_eight_thousand_years_comes_back),
        cmocka_unit_test(a_business_day_begins_at_midnight_in_shanghai),
        cmocka_unit_test(dates_are_valid_only_when_they_exist),
        cmocka_unit_test(days_are_added_over_months_and_years),
        cmocka_unit_test(weekdays_are_counted_from_monday),
        cmocka_unit_test(the_calendar_knows_four_kinds_of_day),
        cmocka_unit_test(workdays_skip_rest_days_and_count_makeup_days),
        cmocka_unit_test(without_exceptions_monday_to_friday_are_worked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
