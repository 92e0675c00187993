#include "edge/gateway/gateway_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static void a_burst_is_let_through_and_then_the_rate(void **state)
{
    struct gateway_limiter *limiter = gateway__limiter_new(10, 5);
    int taken = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        taken += gateway__limiter_take(limiter, STR("192.0.2.1"), 1000) ? 1 : 0;
    }
    assert_int_equal(taken, 5);
    assert_false(gateway__limiter_take(limiter, STR("192.0.2.1"), 1099));
    assert_true(gateway__limiter_take(limiter, STR("192.0.2.1"), 1100));
    assert_false(gateway__limiter_take(limiter, STR("192.0.2.1"), 1100));
    for (int i = 0; i < 20; i++) { /* a long rest fills the bucket, and no more than that */
        taken += gateway__limiter_take(limiter, STR("192.0.2.1"), 900000) ? 1 : 0;
    }
    assert_int_equal(taken, 10);
    gateway__limiter_free(limiter);
}

static void addresses_do_not_share_a_bucket(void **state)
{
    struct gateway_limiter *limiter = gateway__limiter_new(1, 1);

    (void)state;
    assert_true(gateway__limiter_take(limiter, STR("192.0.2.1"), 1000));
    assert_false(gateway__limiter_take(limiter, STR("192.0.2.1"), 1000));
    assert_true(gateway__limiter_take(limiter, STR("192.0.2.2"), 1000));
    gateway__limiter_free(limiter);
}

static void a_flood_of_addresses_keeps_the_busy_one_limited(void **state)
{
    struct gateway_limiter *limiter = gateway__limiter_new(1, 1);
    struct arena *arena = arena_new();
    int64_t now_ms = 1000;

    (void)state;
    assert_true(gateway__limiter_take(limiter, STR("192.0.2.1"), now_ms));
    for (int i = 0; i < 5000; i++) {
        (void)gateway__limiter_take(limiter, str_printf(arena, "10.0.%d.%d", i / 256, i % 256),
                                    now_ms);
    }
    assert_false(gateway__limiter_take(limiter, STR("192.0.2.1"), now_ms));
    arena_free(arena);
    gateway__limiter_free(limiter);
}

static void a_clock_that_steps_back_gives_nothing_away(void **state)
{
    struct gateway_limiter *limiter = gateway__limiter_new(10, 1);

    (void)state;
    assert_true(gateway__limiter_take(limiter, STR("192.0.2.1"), 5000));
    assert_false(gateway__limiter_take(limiter, STR("192.0.2.1"), 1000));
    assert_true(gateway__limiter_take(limiter, STR("192.0.2.1"), 1100));
    gateway__limiter_free(limiter);
}

static void rate_zero_limits_nobody(void **state)
{
    struct gateway_limiter *limiter = gateway__limiter_new(0, 1);

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_true(gateway__limiter_take(limiter, STR("192.0.2.1"), 1000));
    }
    gateway__limiter_free(limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_let_through_and_then_the_rate),
        cmocka_unit_test(addresses_do_not_share_a_bucket),
        cmocka_unit_test(a_flood_of_addresses_keeps_the_busy_one_limited),
        cmocka_unit_test(a_clock_that_steps_back_gives_nothing_away),
        cmocka_unit_test(rate_zero_limits_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
