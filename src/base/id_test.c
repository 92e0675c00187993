#include "base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t now_ms = INT64_C(1795341600123);

static void an_id_tells_when_and_where_it_was_made(void **state)
{
    struct id_maker maker;
    int64_t id;

    (void)state;
    id_maker_init(&maker, 1023);
    id = id_make(&maker, now_ms);
    assert_true(id > 0);
    assert_int_equal(id_time_ms(id), now_ms);
    assert_int_equal(id >> 12 & 1023, 1023);
    assert_int_equal(id & 4095, 0);
    assert_int_equal(id_make(&maker, now_ms), id + 1);
}

static void ids_rise_when_the_clock_steps_back(void **state)
{
    struct id_maker maker;
    int64_t last = 0;

    (void)state;
    id_maker_init(&maker, 5);
    for (int64_t step = 0; step < 100000; step++) {
        int64_t id = id_make(&maker, now_ms - step);

        assert_true(id > last);
        last = id;
    }
    assert_true(id_make(&maker, now_ms + 1000) > last);
}

static void ids_rise_when_a_millisecond_needs_more_than_4096(void **state)
{
    struct id_maker maker;
    int64_t last = 0;

    (void)state;
    id_maker_init(&maker, 0);
    for (int i = 0; i < 4096 * 3; i++) {
        int64_t id = id_make(&maker, now_ms);

        assert_true(id > last);
        assert_int_equal(id >> 12 & 1023, 0);
        last = id;
    }
    assert_int_equal(id_time_ms(last), now_ms + 2);
    /* The clock arrives where the maker already is: no id comes twice. */
    assert_true(id_make(&maker, now_ms + 2) > last);
}

static void ids_rise_above_one_of_another_maker(void **state)
{
    struct id_maker before, maker;
    int64_t last;

    (void)state;
    id_maker_init(&before, 1023);
    id_maker_init(&maker, 0);
    last = id_make(&before, now_ms);
    id_maker_raise(&maker, last);
    assert_true(id_make(&maker, now_ms) > last);
    assert_true(id_make(&maker, now_ms - 1000) > last);
    id_maker_raise(&maker, 7); /* long ago: nothing changes */
    assert_int_equal(id_time_ms(id_make(&maker, now_ms)), now_ms + 1);
    assert_int_equal(id_time_ms(id_make(&maker, now_ms + 5)), now_ms + 5);
}

static void a_clock_before_the_epoch_still_gives_ids(void **state)
{
    struct id_maker maker;
    int64_t first;

    (void)state;
    id_maker_init(&maker, 0);
    first = id_make(&maker, 0);
    assert_true(first > 0);
    assert_true(id_make(&maker, -5) > first);
}

static void check_round_trip(int64_t id)
{
    struct arena *arena = arena_new();
    struct str text = id_str(arena, "pay", id);
    int64_t back = 0;

    assert_int_equal(text.len, 3 + 1 + ID_TEXT_LEN);
    assert_int_equal(id_parse(text, "pay", &back), ERR_OK);
    assert_true(back == id);
    arena_free(arena);
}

static void what_is_printed_parses_back(void **state)
{
    (void)state;
    check_round_trip(1);
    check_round_trip(31);
    check_round_trip(32);
    check_round_trip(INT64_MAX);
    for (int shift = 0; shift < 63; shift++) {
        check_round_trip(INT64_C(1) << shift);
    }
}

static void the_printed_form_is_fixed(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_true(str_eq(id_str(arena, "pay", 1), STR("pay_0000000000001")));
    assert_true(str_eq(id_str(arena, "pay", INT64_MAX), STR("pay_7ZZZZZZZZZZZZ")));
    assert_true(str_eq(id_str(arena, "evidence", 32), STR("evidence_0000000000010")));
    assert_true(str_eq(id_str(arena, "c", INT64_C(0x0123456789ABCDEF)), STR("c_028T5CY4TQKFF")));
    arena_free(arena);
}

static void printed_ids_sort_like_their_numbers(void **state)
{
    struct arena *arena = arena_new();
    struct str last = STR("");
    uint64_t step = 1;

    (void)state;
    for (int64_t id = 1; id < INT64_MAX / 3; id += (int64_t)step) {
        struct str text = id_str(arena, "a", id);

        assert_true(str_cmp(last, text) < 0);
        last = text;
        step = step * 3 / 2 + 1;
    }
    arena_free(arena);
}

static void what_we_did_not_print_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "pay",
        "pay_",
        "pay_000000000001",   /* 12 characters */
        "pay_00000000000001", /* 14 */
        "ref_0000000000001",  /* another prefix */
        "PAY_0000000000001",
        "pay-0000000000001",
        "pay0000000000001",
        "pay_000000000000a", /* lower case */
        "pay_000000000000I", /* look-alikes */
        "pay_000000000000L",
        "pay_000000000000O",
        "pay_000000000000U",
        "pay_8000000000000", /* beyond 63 bits */
        "pay_Z000000000000",
        "pay_-000000000001",
        "pay_ 000000000001",
        " pay_000000000001",
        "pay_0000000000000", /* 0 is no id */
        "pay_00000000000\xC3\xA9",
    };
    static const char with_nul[] = "pay_000000000000\0";
    int64_t out = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(id_parse(str_of(texts[i]), "pay", &out), ERR_FIELD_FORMAT);
    }
    assert_int_equal(id_parse((struct str){with_nul, 17}, "pay", &out), ERR_FIELD_FORMAT);
    assert_int_equal(id_parse((struct str){NULL, 0}, "pay", &out), ERR_FIELD_FORMAT);
    assert_int_equal(out, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_tells_when_and_where_it_was_made),
        cmocka_unit_test(ids_rise_when_the_clock_steps_back),
        cmocka_unit_test(ids_rise_when_a_millisecond_needs_more_than_4096),
        cmocka_unit_test(ids_rise_above_one_of_another_maker),
        cmocka_unit_test(a_clock_before_the_epoch_still_gives_ids),
        cmocka_unit_test(what_is_printed_parses_back),
        cmocka_unit_test(the_printed_form_is_fixed),
        cmocka_unit_test(printed_ids_sort_like_their_numbers),
        cmocka_unit_test(what_we_did_not_print_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
