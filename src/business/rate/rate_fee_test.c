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

static void the_maximum_wins_over_the_minimum(void **state)
{
    const struct rate_terms terms = {
        .rate_millionths = 6000, .fee_min = AMOUNT(10), .fee_max = AMOUNT(5)};

    (void)state;
    assert_int_equal(fee_of(&terms, 100), 5);
}

static void the_largest_amount_has_a_fee(void **state)
{
    const struct rate_terms all = {.rate_millionths = 1000000};
    const struct rate_terms part = {.rate_millionths = 6000};
    const struct rate_terms more = {.rate_millionths = 1000000, .flat = AMOUNT(1)};
    const struct rate_terms capped = {
        .rate_millionths = 1000000, .flat = AMOUNT(1), .fee_max = AMOUNT(7)};
    struct amount fee = AMOUNT(-1);

    (void)state;
    assert_int_equal(fee_of(&all, INT64_MAX), INT64_MAX);
    /* 9223372036854775807 × 0.006 = 55340232221128654.842 */
    assert_true(fee_of(&part, INT64_MAX) == INT64_C(55340232221128655));
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

static int64_t come_back(const struct rate_refund *refund)
{
    return rate_refund_fee_return(refund).minor;
}

static struct rate_refund refund_of(int64_t paid, int64_t fee, int64_t now,
                                    enum rate_refund_policy policy)
{
    return (struct rate_refund){
        .paid = AMOUNT(paid), .fee = AMOUNT(fee), .refund_now = AMOUNT(now), .policy = policy};
}

static void a_kept_fee_does_not_come_back(void **state)
{
    const struct rate_refund refund = refund_of(10000, 60, 10000, RATE_REFUND_KEEP);

    (void)state;
    assert_int_equal(come_back(&refund), 0);
}

static void a_fee_comes_back_when_the_whole_is_refunded_at_once(void **state)
{
    const struct rate_refund whole = refund_of(10000, 60, 10000, RATE_REFUND_FULL);
    const struct rate_refund part = refund_of(10000, 60, 9999, RATE_REFUND_FULL);
    struct rate_refund last = refund_of(10000, 60, 1, RATE_REFUND_FULL);

    (void)state;
    last.refunded_before = AMOUNT(9999);
    assert_int_equal(come_back(&whole), 60);
    assert_int_equal(come_back(&part), 0);
    assert_int_equal(come_back(&last), 0);
}

static void a_fee_comes_back_in_proportion(void **state)
{
    struct rate_refund refund = refund_of(10000, 60, 3000, RATE_REFUND_PROPORTIONAL);
    const struct rate_refund all =
        refund_of(INT64_MAX, INT64_MAX, INT64_MAX, RATE_REFUND_PROPORTIONAL);

    (void)state;
    assert_int_equal(come_back(&refund), 18);
    refund.refunded_before = AMOUNT(3000);
    refund.returned_before = AMOUNT(18);
    refund.refund_now = AMOUNT(1);
    assert_int_equal(come_back(&refund), 0); /* 18.006 */
    refund.refund_now = AMOUNT(7000);
    assert_int_equal(come_back(&refund), 42);
    assert_int_equal(come_back(&all), INT64_MAX);
}

/* Refunds until nothing is left. One in four fails after others have been made. */
struct refunding {
    struct rate_refund refund;
    int64_t live[64]; /* amounts and what came back, by turns */
    size_t live_count;
};

static void make_one(struct refunding *r, int64_t now)
{
    int64_t back;

    r->refund.refund_now = AMOUNT(now);
    back = come_back(&r->refund);
    assert_true(back >= 0 && back <= now);
    r->refund.refunded_before.minor += now;
    r->refund.returned_before.minor += back;
    assert_true(r->refund.returned_before.minor <= r->refund.fee.minor);
    r->live[r->live_count++] = now;
    r->live[r->live_count++] = back;
}

static void fail_one(struct refunding *r, size_t at)
{
    r->refund.refunded_before.minor -= r->live[at];
    r->refund.returned_before.minor -= r->live[at + 1];
    r->live[at] = r->live[r->live_count - 2];
    r->live[at + 1] = r->live[r->live_count - 1];
    r->live_count -= 2;
}

static int64_t refund_in_pieces(uint64_t *seed, struct rate_refund refund, bool some_fail)
{
    struct refunding r = {.refund = refund};

    for (;;) {
        int64_t left = refund.paid.minor - r.refund.refunded_before.minor;

        if (left == 0) {
            return r.refund.returned_before.minor;
        }
        make_one(&r, r.live_count < 40 ? 1 + (int64_t)(next(seed) % (uint64_t)left) : left);
        if (some_fail && r.live_count < 40 && next(seed) % 4 == 0) {
            fail_one(&r, next(seed) % (r.live_count / 2) * 2);
        }
    }
}

static void what_comes_back_adds_up_to_the_fee_over_any_refunds(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (int run = 0; run < 3000; run++) {
        int64_t paid = 1 + (int64_t)(next(&seed) % 100000);
        int64_t fee = (int64_t)(next(&seed) % (uint64_t)(paid + 1));
        struct rate_refund refund = refund_of(paid, fee, 0, RATE_REFUND_PROPORTIONAL);

        assert_int_equal(refund_in_pieces(&seed, refund, false), fee);
        refund.fee.minor /= 10;
        assert_int_equal(refund_in_pieces(&seed, refund, false), fee / 10);
        (void)refund_in_pieces(&seed, refund, true);
        refund.policy = RATE_REFUND_KEEP;
        assert_int_equal(refund_in_pieces(&seed, refund, true), 0);
        refund.policy = RATE_REFUND_FULL;
        (void)refund_in_pieces(&seed, refund, true);
    }
}

/* What failed leaves a gap that later refunds fill: whatever the fee, and whichever of them failed
 * in between, all of it has come back when all is refunded. */
static void refunds_that_fail_leave_the_sum_right(void **state)
{
    uint64_t seed = 23;

    (void)state;
    for (int run = 0; run < 20000; run++) {
        /* Small amounts too, of which each unit is rounded. */
        int64_t paid = 1 + (int64_t)(next(&seed) % (run % 2 == 0 ? 100 : 100000));
        int64_t fee = (int64_t)(next(&seed) % (uint64_t)(paid + 1));
        struct rate_refund refund = refund_of(paid, fee, 0, RATE_REFUND_PROPORTIONAL);

        assert_int_equal(refund_in_pieces(&seed, refund, true), fee);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a7_a_rate_of_0_38_percent_is_exact),
        cmocka_unit_test(halves_are_rounded_up),
        cmocka_unit_test(flat_minimum_and_maximum),
        cmocka_unit_test(the_maximum_wins_over_the_minimum),
        cmocka_unit_test(the_largest_amount_has_a_fee),
        cmocka_unit_test(whole_tiers_price_the_whole_amount),
        cmocka_unit_test(marginal_tiers_price_each_part),
        cmocka_unit_test(marginal_fees_agree_with_a_count_of_units),
        cmocka_unit_test(marginal_fees_rise_with_the_amount),
        cmocka_unit_test(tiers_are_read_back_as_they_were_printed),
        cmocka_unit_test(a_kept_fee_does_not_come_back),
        cmocka_unit_test(a_fee_comes_back_when_the_whole_is_refunded_at_once),
        cmocka_unit_test(a_fee_comes_back_in_proportion),
        cmocka_unit_test(what_comes_back_adds_up_to_the_fee_over_any_refunds),
        cmocka_unit_test(refunds_that_fail_leave_the_sum_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
