/* Fees and fee returns as arithmetic, against slow and independent ways to find the same. */
#include "business/rate/rate_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static int64_t fee_of(const struct rate_terms *terms, int64_t amount)
{
    struct amount fee = AMOUNT(-1);

    assert_int_equal(rate_fee(terms, AMOUNT(amount), &fee), ERR_OK);
    return fee.minor;
}

/* A7: 0.38 % is 3800 millionths, and nothing of it is lost. */
static void a7_a_rate_of_0_38_percent_is_exact(void **state)
{
    const struct rate_terms terms = {.rate_millionths = 3800};

    (void)state;
    assert_int_equal(fee_of(&terms, 10000), 38);
    assert_int_equal(fee_of(&terms, 1000000000000), 3800000000);
    assert_int_equal(fee_of(&terms, 131), 0); /* 0.4978 */
    assert_int_equal(fee_of(&terms, 132), 1); /* 0.5016 */
}

static void halves_are_rounded_up(void **state)
{
    const struct rate_terms terms = {.rate_millionths = 5000};

    (void)state;
    assert_int_equal(fee_of(&terms, 99), 0);
    assert_int_equal(fee_of(&terms, 100), 1); /* 0.5 */
    assert_int_equal(fee_of(&terms, 299), 1); /* 1.495 */
    assert_int_equal(fee_of(&terms, 300), 2); /* 1.5 */
}

static void flat_minimum_and_maximum(void **state)
{
    const struct rate_terms terms = {.rate_millionths = 10000,
                                     .flat = AMOUNT(30),
                                     .fee_min = AMOUNT(100),
                                     .fee_max = AMOUNT(500)};

    (void)state;
    assert_int_equal(fee_of(&terms, 0), 100);
    assert_int_equal(fee_of(&terms, 7000), 100);
    assert_int_equal(fee_of(&terms, 7050), 101);
    assert_int_equal(fee_of(&terms, 47000), 500);
    assert_int_equal(fee_of(&terms, 10000000), 500);
}

static void the_largest_amount_has_a_fee(void **state)
{
    const struct rate_terms all = {.rate_millionths = 1000000};
    const struct rate_terms more = {.rate_millionths = 1000000, .flat = AMOUNT(1)};
    const struct rate_terms capped = {
        .rate_millionths = 1000000, .flat = AMOUNT(1), .fee_max = AMOUNT(7)};
    struct amount fee = AMOUNT(-1);

    (void)state;
    assert_int_equal(fee_of(&all, INT64_MAX), INT64_MAX);
    assert_int_equal(fee_of(&capped, INT64_MAX), 7);
    assert_int_equal(rate_fee(&more, AMOUNT(INT64_MAX), &fee), ERR_AMOUNT_OVERFLOW);
    assert_int_equal(fee.minor, -1);
}

/* To 1,000.00 at 0.60 %, to 5,000.00 at 0.38 % and 1.00 more, above at 0.20 %. */
static const struct rate_terms three_tiers = {
    .tiers = {{{0}, 6000, {0}}, {{100000}, 3800, {100}}, {{500000}, 2000, {0}}},
    .tier_count = 3,
};

static void whole_tiers_price_the_whole_amount(void **state)
{
    struct rate_terms terms = three_tiers;

    (void)state;
    terms.tier_mode = RATE_TIERS_WHOLE;
    assert_int_equal(fee_of(&terms, 99999), 600);
    assert_int_equal(fee_of(&terms, 100000), 480);
    assert_int_equal(fee_of(&terms, 499999), 2000);
    assert_int_equal(fee_of(&terms, 500000), 1000);
    assert_int_equal(rate_millionths_of(&terms, AMOUNT(100000)), 3800);
}

static void marginal_tiers_price_each_part(void **state)
{
    struct rate_terms terms = three_tiers;

    (void)state;
    terms.tier_mode = RATE_TIERS_MARGINAL;
    assert_int_equal(fee_of(&terms, 99999), 600);
    assert_int_equal(fee_of(&terms, 100000), 700); /* the flat of the tier just reached */
    assert_int_equal(fee_of(&terms, 200000), 600 + 380 + 100);
    assert_int_equal(fee_of(&terms, 600000), 600 + 1520 + 100 + 200);
}

/* Small random numbers that are the same in every run. */
static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void random_tiers(uint64_t *seed, struct rate_terms *terms)
{
    int64_t from = 0;

    *terms = (struct rate_terms){.tier_mode = RATE_TIERS_MARGINAL,
                                 .tier_count = 1 + next(seed) % RATE_TIERS_MAX};
    for (size_t i = 0; i < terms->tier_count; i++) {
        terms->tiers[i] = (struct rate_tier){AMOUNT(from), (int64_t)(next(seed) % 20000),
                                             AMOUNT((int64_t)(next(seed) % 9))};
        from += 1 + (int64_t)(next(seed) % 300);
    }
}

/* The marginal fee found by pricing each unit of the amount by itself. */
static void marginal_fees_agree_with_a_count_of_units(void **state)
{
    uint64_t seed = 7;
    struct rate_terms terms;

    (void)state;
    for (int run = 0; run < 300; run++) {
        int64_t amount = (int64_t)(next(&seed) % 2000), millionths = 0;

        random_tiers(&seed, &terms);
        for (size_t i = 0; i < terms.tier_count; i++) {
            millionths +=
                terms.tiers[i].from.minor <= amount ? terms.tiers[i].flat.minor * 1000000 : 0;
        }
        for (int64_t unit = 0; unit < amount; unit++) {
            millionths += rate_millionths_of(&terms, AMOUNT(unit));
        }
        assert_int_equal(fee_of(&terms, amount), (millionths + 500000) / 1000000);
    }
}

/* Without a flat, a larger amount never has a smaller fee, and no fee is above its amount. */
static void marginal_fees_rise_with_the_amount(void **state)
{
    uint64_t seed = 11;
    struct rate_terms terms;

    (void)state;
    for (int run = 0; run < 100; run++) {
        int64_t last = 0;

        random_tiers(&seed, &terms);
        for (size_t i = 0; i < terms.tier_count; i++) {
            terms.tiers[i].flat = AMOUNT_ZERO;
        }
        for (int64_t amount = 0; amount < 3000; amount += 7) {
            int64_t fee = fee_of(&terms, amount);

            assert_true(fee >= last && fee <= amount);
            last = fee;
        }
    }
}

static void tiers_are_read_back_as_they_were_printed(void **state)
{
    struct arena *arena = arena_new();
    uint64_t seed = 3;
    struct rate_terms terms, again;

    (void)state;
    for (int run = 0; run < 100; run++) {
        struct rate rate = {.tier_mode = RATE_TIERS_MARGINAL};

        random_tiers(&seed, &terms);
        rate.tiers = rate__tiers_print(arena, terms.tiers, terms.tier_count);
        again = rate_terms_of(&rate);
        assert_int_equal(again.tier_count, terms.tier_count);
        assert_memory_equal(again.tiers, terms.tiers, sizeof(terms.tiers[0]) * terms.tier_count);
    }
    arena_free(arena);
}

/* ---- what comes back of the trade fee ---- */

static int64_t come_back(int64_t paid, int64_t fee, int64_t before, int64_t now,
                         enum rate_refund_policy policy)
{
    const struct rate_refund refund = {AMOUNT(paid), AMOUNT(fee), AMOUNT(before), AMOUNT(now),
                                       policy};

    return rate_refund_fee_return(&refund).minor;
}

static void a_kept_fee_does_not_come_back(void **state)
{
    (void)state;
    assert_int_equal(come_back(10000, 60, 0, 10000, RATE_REFUND_KEEP), 0);
    assert_int_equal(come_back(10000, 60, 5000, 5000, RATE_REFUND_KEEP), 0);
}

static void a_fee_comes_back_with_the_refund_that_completes_the_amount(void **state)
{
    (void)state;
    assert_int_equal(come_back(10000, 60, 0, 10000, RATE_REFUND_FULL), 60);
    assert_int_equal(come_back(10000, 60, 0, 9999, RATE_REFUND_FULL), 0);
    assert_int_equal(come_back(10000, 60, 9999, 1, RATE_REFUND_FULL), 60);
}

static void a_fee_comes_back_in_proportion(void **state)
{
    (void)state;
    assert_int_equal(come_back(10000, 60, 0, 3000, RATE_REFUND_PROPORTIONAL), 18);
    assert_int_equal(come_back(10000, 60, 3000, 7000, RATE_REFUND_PROPORTIONAL), 42);
    /* Thirds of 1: 0.33, 0.67, 1. */
    assert_int_equal(come_back(300, 1, 0, 100, RATE_REFUND_PROPORTIONAL), 0);
    assert_int_equal(come_back(300, 1, 100, 100, RATE_REFUND_PROPORTIONAL), 1);
    assert_int_equal(come_back(300, 1, 200, 100, RATE_REFUND_PROPORTIONAL), 0);
    assert_int_equal(come_back(INT64_MAX, INT64_MAX, 0, INT64_MAX, RATE_REFUND_PROPORTIONAL),
                     INT64_MAX);
}

static void refund_in_pieces(uint64_t *seed, int64_t paid, int64_t fee,
                             enum rate_refund_policy policy)
{
    int64_t refunded = 0, returned = 0;

    while (refunded < paid) {
        int64_t now = 1 + (int64_t)(next(seed) % (uint64_t)(paid - refunded));
        int64_t back = come_back(paid, fee, refunded, now, policy);

        assert_true(back >= 0);
        assert_true(policy == RATE_REFUND_FULL || back <= now);
        refunded += now;
        returned += back;
        assert_true(returned <= fee);
    }
    assert_int_equal(returned, policy == RATE_REFUND_KEEP ? 0 : fee);
}

static void what_comes_back_adds_up_to_the_fee_over_any_refunds(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (int run = 0; run < 3000; run++) {
        int64_t paid = 1 + (int64_t)(next(&seed) % 100000);
        int64_t fee = (int64_t)(next(&seed) % (uint64_t)(paid + 1));

        refund_in_pieces(&seed, paid, fee, RATE_REFUND_KEEP);
        refund_in_pieces(&seed, paid, fee, RATE_REFUND_PROPORTIONAL);
        refund_in_pieces(&seed, paid, fee, RATE_REFUND_FULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a7_a_rate_of_0_38_percent_is_exact),
        cmocka_unit_test(halves_are_rounded_up),
        cmocka_unit_test(flat_minimum_and_maximum),
        cmocka_unit_test(the_largest_amount_has_a_fee),
        cmocka_unit_test(whole_tiers_price_the_whole_amount),
        cmocka_unit_test(marginal_tiers_price_each_part),
        cmocka_unit_test(marginal_fees_agree_with_a_count_of_units),
        cmocka_unit_test(marginal_fees_rise_with_the_amount),
        cmocka_unit_test(tiers_are_read_back_as_they_were_printed),
        cmocka_unit_test(a_kept_fee_does_not_come_back),
        cmocka_unit_test(a_fee_comes_back_with_the_refund_that_completes_the_amount),
        cmocka_unit_test(a_fee_comes_back_in_proportion),
        cmocka_unit_test(what_comes_back_adds_up_to_the_fee_over_any_refunds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
