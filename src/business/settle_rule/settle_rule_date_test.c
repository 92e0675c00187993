/* The dates of settlements: the vectors of the reference, and what they do not cover. */
#include "business/settle_rule/settle_rule_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

/* 2026-10-01 … 07 are holidays; Saturday 2026-10-10 is a workday. */
static const struct calendar_day october[] = {
    {20261001, DAY_HOLIDAY}, {20261002, DAY_HOLIDAY},     {20261003, DAY_HOLIDAY},
    {20261004, DAY_HOLIDAY}, {20261005, DAY_HOLIDAY},     {20261006, DAY_HOLIDAY},
    {20261007, DAY_HOLIDAY}, {20261010, DAY_MAKEUP_WORK},
};
static const struct calendar calendar = {october, ARRAY_LEN(october)};

struct vector {
    enum settle_cycle cycle;
    const char *days;
    int32_t today;
    int lead_days;
    int32_t next;
};

static void run_vectors(const struct vector *vectors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct settle_when when = {
            .cycle = vectors[i].cycle,
            .today = vectors[i].today,
            .lead_days = vectors[i].lead_days,
        };

        assert_int_equal(settle_days_parse(when.cycle, str_of(vectors[i].days), &when.days),
                         ERR_OK);
        assert_int_equal(settle_next_date(&calendar, &when), vectors[i].next);
    }
}

static void every_date_vector_of_the_reference_holds(void **state)
{
    static const struct vector vectors[] = {
        {SETTLE_WEEK, "1,2,3,4,5,6,7", 20260601, 1, 20260602},
        {SETTLE_WEEK, "1,2,3,4,5,6,7", 20260601, 2, 20260603},
        {SETTLE_WEEK, "1,2,3,4,5,6,7", 20260601, 3, 20260604},
        {SETTLE_WEEK_WORK, "1,2,3,4,5", 20260605, 1, 20260608},
        {SETTLE_WEEK_WORK, "6", 20260601, 1, 20260608},
        {SETTLE_WEEK, "1", 20260607, 2, 20260615},
        {SETTLE_WEEK, "1,4", 20260602, 3, 20260608},
        {SETTLE_MONTH, "1,15", 20260614, 1, 20260615},
        {SETTLE_MONTH, "1,15", 20260614, 2, 20260701},
        {SETTLE_MONTH, "30", 20270130, 1, 20270228},
        {SETTLE_MONTH, "31", 20260402, 1, 20260430},
        {SETTLE_MONTH_WORK, "15", 20260801, 1, 20260817},
        {SETTLE_WEEK_WORK, "1,2,3,4,5", 20260930, 1, 20261008},
        {SETTLE_WEEK, "4", 20260925, 1, 20261008},
        {SETTLE_WEEK_WORK, "6", 20261008, 1, 20261010},
    };

    (void)state;
    run_vectors(vectors, ARRAY_LEN(vectors));
}

/* The same rules asked as the run does, with a lead of 1: the cycle alone decides when. */
static void the_cycle_decides_when_and_not_the_reserve(void **state)
{
    static const struct vector vectors[] = {
        {SETTLE_WEEK, "1,2,3,4,5,6,7", 20260602, 1, 20260603},
        {SETTLE_WEEK, "1,4", 20260602, 1, 20260604},
        {SETTLE_WEEK, "1", 20260607, 1, 20260608},
        {SETTLE_WEEK, "1", 20260607, 0, 20260608},
    };

    (void)state;
    run_vectors(vectors, ARRAY_LEN(vectors));
}

/* A10 of the reference: days were sorted as text, and day 31 of a short month threw. */
static void a10_cycle_days_are_numbers_and_clamped_to_the_month(void **state)
{
    static const struct vector vectors[] = {
        {SETTLE_MONTH, "15,2,1", 20260601, 1, 20260602},
        {SETTLE_MONTH, "15,2,1", 20260602, 1, 20260615},
        {SETTLE_MONTH, "29,30,31", 20260201, 1, 20260228},
        {SETTLE_MONTH, "29,30,31", 20280201, 1, 20280229},
        {SETTLE_MONTH, "29,30,31", 20260228, 1, 20260329},
        {SETTLE_MONTH, "31", 20260430, 1, 20260531},
        {SETTLE_MONTH, "31", 20261231, 1, 20270131},
    };
    struct arena *arena = arena_new();
    uint32_t days;

    (void)state;
    run_vectors(vectors, ARRAY_LEN(vectors));
    assert_int_equal(settle_days_parse(SETTLE_MONTH, STR("15,2,1,2,31"), &days), ERR_OK);
    assert_true(str_eq(settle_days_print(arena, days), STR("1,2,15,31")));
    arena_free(arena);
}

static void a_date_planned_before_is_not_planned_again(void **state)
{
    const struct settle_when when = {.cycle = SETTLE_MONTH,
                                     .days = 1u << 15,
                                     .today = 20260601,
                                     .previous = 20260615,
                                     .lead_days = 1};

    (void)state;
    assert_int_equal(settle_next_date(&calendar, &when), 20260715);
}

static void what_is_no_day_of_the_cycle_is_refused(void **state)
{
    static const char *const wrong[] = {"",    "0",     "8",   "1,",  ",1", "1,,2",
                                        "1;2", " 1",    "-1",  "1.5", "x",  "4294967297",
                                        "1 2", "99999", "1,0", "01x"};
    uint32_t days;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(settle_days_parse(SETTLE_WEEK, str_of(wrong[i]), &days),
                         ERR_SETTLE_RULE_DAYS);
    }
    assert_int_equal(settle_days_parse(SETTLE_MONTH, STR("32"), &days), ERR_SETTLE_RULE_DAYS);
    assert_int_equal(settle_days_parse(SETTLE_MONTH, STR("31"), &days), ERR_OK);
    assert_int_equal(settle_days_parse(SETTLE_WEEK_WORK, STR("7"), &days), ERR_OK);
}

/* Whatever the cycle: after today, on no rest day, and never passing over a cycle day. */
static void the_next_date_is_the_first_that_fits(void **state)
{
    int32_t today = 20260101;

    (void)state;
    for (int i = 0; i < 400; i++, today = time_date_add_days(today, 1)) {
        const struct settle_when when = {
            .cycle = SETTLE_WEEK_WORK, .days = 0x3E, .today = today, .lead_days = 1};
        int32_t next = settle_next_date(&calendar, &when);
        bool made_up = next == 20261010;

        assert_true(next > today);
        assert_true(calendar_is_workday(&calendar, next) && !made_up);
        for (int32_t day = time_date_add_days(today, 1); day < next;
             day = time_date_add_days(day, 1)) {
            assert_true(!calendar_is_workday(&calendar, day) || day == 20261010);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_date_vector_of_the_reference_holds),
        cmocka_unit_test(the_cycle_decides_when_and_not_the_reserve),
        cmocka_unit_test(a10_cycle_days_are_numbers_and_clamped_to_the_month),
        cmocka_unit_test(a_date_planned_before_is_not_planned_again),
        cmocka_unit_test(what_is_no_day_of_the_cycle_is_refused),
        cmocka_unit_test(the_next_date_is_the_first_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
