/* Account numbers: derived, checked, unique because the serial is. */
#include "business/account/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static struct str print(struct arena *arena, int32_t date, int64_t serial, int shard)
{
    const struct account_number number = {date, serial, shard};
    struct buf buf;

    buf_init_arena(&buf, arena, ACCOUNT_NUMBER_MAX);
    account_number_print(&buf, &number);
    return buf_str(&buf);
}

static void a_number_is_made_of_date_serial_and_shard(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    /* check digits worked by hand with ISO 7064 MOD 11,10 */
    assert_true(str_starts(print(arena, 20261123, 1, 7), STR("10202611230000000107")));
    assert_int_equal(print(arena, 20261123, 1, 7).len, 21);
    assert_int_equal(print(arena, 20261123, 123456789, 63).len, 22);
    arena_free(arena);
}

static void what_was_printed_is_parsed(void **state)
{
    static const int64_t serials[] = {1, 99999999, 100000000, 4503599627370496};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(serials); i++) {
        struct account_number number;

        assert_int_equal(
            account_number_parse(print(arena, 20261123, serials[i], (int)i * 20), &number), ERR_OK);
        assert_int_equal(number.serial, serials[i]);
        assert_int_equal(number.shard, (int)i * 20);
        assert_int_equal(number.opened_on, 20261123);
    }
    arena_free(arena);
}

/* The check digit finds every single wrong digit, and neighbours that have changed places. */
static void a_wrong_digit_is_found(void **state)
{
    struct arena *arena = arena_new();
    struct str number = print(arena, 20261123, 4711, 12);
    char text[ACCOUNT_NUMBER_MAX];
    struct account_number parsed;
    size_t swapped = 0, missed = 0;

    (void)state;
    memcpy(text, number.ptr, number.len);
    for (size_t i = 0; i < number.len; i++) {
        for (char c = '0'; c <= '9'; c++) {
            text[i] = c;
            assert_int_equal(account_number_parse((struct str){text, number.len}, &parsed),
                             c == number.ptr[i] ? ERR_OK : ERR_FIELD_FORMAT);
        }
        text[i] = number.ptr[i];
    }
    for (size_t i = 0; i + 1 < number.len; i++) {
        if (text[i] != text[i + 1]) {
            text[i] = number.ptr[i + 1];
            text[i + 1] = number.ptr[i];
            swapped++;
            missed += account_number_parse((struct str){text, number.len}, &parsed) == ERR_OK;
            text[i] = number.ptr[i];
            text[i + 1] = number.ptr[i + 1];
        }
    }
    assert_true(swapped > 8 && missed <= 1);
    arena_free(arena);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "10",
        "1020261123000000010",
        "20202611230000000107X",
        "102026112300000001071000000000000",
        "10 2026112300000001071",
    };
    struct account_number parsed;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(account_number_parse(str_of(wrong[i]), &parsed), ERR_FIELD_FORMAT);
    }
}

static void owners_spread_over_the_shards(void **state)
{
    int seen[ACCOUNT_SHARDS] = {0};

    (void)state;
    for (int64_t ms = 0; ms < 640; ms++) {
        seen[account_shard_of((INT64_C(123456789) + ms) << 22)]++;
    }
    for (int i = 0; i < ACCOUNT_SHARDS; i++) {
        assert_int_equal(seen[i], 10);
    }
    assert_int_equal(account_shard_of(LEDGER_PLATFORM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_made_of_date_serial_and_shard),
        cmocka_unit_test(what_was_printed_is_parsed),
        cmocka_unit_test(a_wrong_digit_is_found),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(owners_spread_over_the_shards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
