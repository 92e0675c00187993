/* The rules of maturity (风险预存期): what is there, and when it may be spent. */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22, TODAY = 20251122, TOMORROW = 20251123, LATER = 20251125 };

struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
};

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);

    return (struct shop){
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
    };
}

static void finish(struct shop *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

/* The merchant's leg has the maturity. */
static enum err move(struct shop *s, int64_t amount, int32_t matures_on)
{
    struct ledger_leg legs[] = {debit(s->channel, amount), credit(s->merchant, amount)};

    if (amount < 0) {
        legs[0] = credit(s->channel, -amount);
        legs[1] = debit(s->merchant, -amount);
    }
    legs[1].matures_on = matures_on;
    return books_post(s->books, 0, legs, 2, NULL);
}

static void assert_available(struct shop *s, int32_t date, int64_t available)
{
    struct ledger_account account = books_get(s->books, s->merchant);

    assert_int_equal(ledger_available(&account, date).minor, available);
    assert_int_equal(ledger_available(&account, date).minor,
                     account.posted.minor - account.held.minor -
                         ledger_immature(&account, date).minor - account.floor.minor);
}

static void a_day_passes(struct shop *s, int days)
{
    counter_add(&s->books->now_ms, days * TIME_DAY_MS);
}

static void money_may_be_spent_from_its_date_on(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(move(&s, 100, TOMORROW));
    assert_ok(move(&s, 50, LATER));
    assert_ok(move(&s, 7, 0));
    assert_int_equal(books_get(s.books, s.merchant).posted.minor, 157);
    assert_available(&s, TODAY, 7);
    assert_available(&s, TOMORROW, 107);
    assert_available(&s, 20251124, 107);
    assert_available(&s, LATER, 157);
    assert_refused(s.books, move(&s, -8, 0), ERR_LEDGER_INSUFFICIENT, "legs[1].account");
    a_day_passes(&s, 1);
    assert_refused(s.books, move(&s, -108, 0), ERR_LEDGER_INSUFFICIENT, "legs[1].account");
    assert_ok(move(&s, -107, 0));
    assert_available(&s, TOMORROW, 0);
    a_day_passes(&s, 2);
    assert_ok(move(&s, -50, 0));
    finish(&s);
}

static void a_change_of_the_day_touches_no_row(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_account before, after;

    assert_ok(move(&s, 100, TOMORROW));
    before = books_get(s.books, s.merchant);
    a_day_passes(&s, 10);
    assert_ok(books_transfer(s.books, s.channel,
                             books_account(s.books, CHANNEL, LEDGER_CODE_SUSPENSE, CURRENCY_CNY),
                             1)); /* the day is cut */
    after = books_get(s.books, s.merchant);
    assert_true(str_eq(before.maturities, after.maturities));
    assert_available(&s, 20251202, 100);
    finish(&s);
}

static void a_date_that_has_come_counts_as_none(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(move(&s, 100, TODAY));
    assert_ok(move(&s, 100, 20200101));
    assert_available(&s, TODAY, 200);
    assert_ok(move(&s, -150, TODAY));
    assert_available(&s, TODAY, 50);
    finish(&s);
}

static void a_refund_takes_from_what_has_not_matured(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(move(&s, 100, LATER));
    assert_ok(move(&s, 30, TOMORROW));
    assert_refused(s.books, move(&s, -40, TOMORROW), ERR_LEDGER_INSUFFICIENT, "legs[1].matures_on");
    assert_refused(s.books, move(&s, -1, 20251124), ERR_LEDGER_INSUFFICIENT, "legs[1].matures_on");
    assert_ok(move(&s, -40, LATER));
    assert_available(&s, TODAY, 0);
    assert_available(&s, TOMORROW, 30);
    assert_available(&s, LATER, 90);
    finish(&s);
}

static enum err place(struct shop *s, int64_t amount, int32_t matures_on, int64_t *hold_id)
{
    const struct ledger_hold_place arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = s->merchant,
        .kind = LEDGER_HOLD_REFUND,
        .amount = AMOUNT(amount),
        .matures_on = matures_on,
    };
    struct ledger_held held = {0};
    enum err err = books_command(s->books, &ledger_place_kind, &arg, &held);

    *hold_id = held.hold_id;
    return err;
}

static void a_hold_reserves_what_has_not_matured(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {credit(s.channel, 60), debit(s.merchant, 60)};
    struct ledger_hold_capture capture = {.post = {.legs = legs, .leg_count = 2}};
    struct ledger_held held;
    int64_t hold_id, other;

    assert_ok(move(&s, 100, LATER));
    assert_refused(s.books, place(&s, 10, 0, &hold_id), ERR_LEDGER_INSUFFICIENT, "account");
    assert_refused(s.books, place(&s, 101, LATER, &hold_id), ERR_LEDGER_INSUFFICIENT, "matures_on");
    assert_ok(place(&s, 60, LATER, &hold_id));
    assert_ok(place(&s, 40, LATER, &other));
    assert_available(&s, TODAY, 0);
    assert_available(&s, LATER, 0);
    capture.hold_id = hold_id;
    capture.post.reference = books_reference(s.books, LEDGER_OPERATION_CAPTURE);
    legs[1].matures_on = LATER;
    assert_ok(books_command(s.books, &ledger_capture_kind, &capture, &held));
    assert_ok(books_command(s.books, &ledger_release_kind,
                            &(struct ledger_hold_release){
                                .reference = books_reference(s.books, LEDGER_OPERATION_RELEASE),
                                .hold_id = other,
                                .whole = true},
                            &held));
    assert_available(&s, TODAY, 0);
    assert_available(&s, LATER, 40);
    finish(&s);
}

static void what_a_hold_gives_back_after_the_date_is_mature(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_held held;
    int64_t hold_id;

    assert_ok(move(&s, 100, TOMORROW));
    assert_ok(place(&s, 100, TOMORROW, &hold_id));
    a_day_passes(&s, 3);
    assert_ok(books_command(s.books, &ledger_release_kind,
                            &(struct ledger_hold_release){
                                .reference = books_reference(s.books, LEDGER_OPERATION_RELEASE),
                                .hold_id = hold_id,
                                .whole = true},
                            &held));
    assert_available(&s, LATER, 100);
    assert_ok(move(&s, -100, 0));
    finish(&s);
}

static void a_maturity_is_a_date(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold_id;

    assert_refused(s.books, move(&s, 1, 20251301), ERR_LEDGER_MATURITY, "legs[1].matures_on");
    assert_refused(s.books, move(&s, 1, -1), ERR_LEDGER_MATURITY, "legs[1].matures_on");
    assert_refused(s.books, place(&s, 1, 1, &hold_id), ERR_LEDGER_MATURITY, "matures_on");
    finish(&s);
}

static void an_account_matures_on_a_bounded_number_of_dates(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold_id;

    for (int i = 1; i <= LEDGER_MATURITIES_MAX; i++) {
        assert_ok(move(&s, i, time_date_add_days(TODAY, i)));
    }
    assert_refused(s.books, move(&s, 1, time_date_add_days(TODAY, LEDGER_MATURITIES_MAX + 1)),
                   ERR_LEDGER_MATURITY, "legs[1].matures_on");
    assert_ok(move(&s, 1, TOMORROW));
    /* All of a date is held: its place in the list stays, so that it can come back. */
    assert_ok(place(&s, 2, TOMORROW, &hold_id));
    assert_refused(s.books, move(&s, 1, time_date_add_days(TODAY, LEDGER_MATURITIES_MAX + 1)),
                   ERR_LEDGER_MATURITY, "legs[1].matures_on");
    a_day_passes(&s, 1);
    assert_ok(move(&s, 1, time_date_add_days(TODAY, LEDGER_MATURITIES_MAX + 1)));
    finish(&s);
}

static void the_same_posting_has_the_same_maturity(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 5), credit(s.merchant, 5)};
    struct ledger_posted posted;

    legs[1].matures_on = LATER;
    assert_ok(books_post(s.books, 777, legs, 2, NULL));
    assert_ok(books_post(s.books, 777, legs, 2, &posted));
    assert_true(posted.exists);
    legs[1].matures_on = TOMORROW;
    assert_refused(s.books, books_post(s.books, 777, legs, 2, NULL), ERR_LEDGER_CONFLICT,
                   "legs[1].matures_on");
    finish(&s);
}

/* Four payments of 100 with a fee of 10 on four days, each maturing a day later; then 100 is paid
 * out with a fee of 40 on top. */
static void the_worked_example_holds(void **state)
{
    struct shop s = shop_open(state);
    int32_t date = TODAY;

    for (int day = 0; day < 4; day++) {
        date = time_date_add_days(TODAY, day);
        assert_ok(move(&s, 90, time_date_add_days(date, 1)));
        a_day_passes(&s, day < 3 ? 1 : 0);
    }
    assert_int_equal(books_get(s.books, s.merchant).posted.minor, 360);
    assert_available(&s, date, 270);
    assert_ok(move(&s, -140, 0));
    assert_int_equal(books_get(s.books, s.merchant).posted.minor, 220);
    assert_available(&s, date, 130);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_may_be_spent_from_its_date_on),
        cmocka_unit_test(a_change_of_the_day_touches_no_row),
        cmocka_unit_test(a_date_that_has_come_counts_as_none),
        cmocka_unit_test(a_refund_takes_from_what_has_not_matured),
        cmocka_unit_test(a_hold_reserves_what_has_not_matured),
        cmocka_unit_test(what_a_hold_gives_back_after_the_date_is_mature),
        cmocka_unit_test(a_maturity_is_a_date),
        cmocka_unit_test(an_account_matures_on_a_bounded_number_of_dates),
        cmocka_unit_test(the_same_posting_has_the_same_maturity),
        cmocka_unit_test(the_worked_example_holds),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
