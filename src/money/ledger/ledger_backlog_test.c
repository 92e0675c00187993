/* The gauges of entries that wait. */
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, OTHER = 12, CHANNEL = 22, SECOND_MS = 1000 };

struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
    int64_t other;
};

static enum err defer(struct tx *tx, void *ctx)
{
    return ledger_account_set_deferred(tx, *(const int64_t *)ctx, true);
}

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .other = books_account(books, OTHER, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
    };

    assert_ok(books_run(books, defer, &s.merchant));
    assert_ok(books_run(books, defer, &s.other));
    return s;
}

static void finish(struct shop *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

static void pay_in_at(struct shop *s, int64_t account_id, int64_t second)
{
    counter_set(&s->books->now_ms, BOOKS_START_MS + second * SECOND_MS);
    assert_ok(books_transfer(s->books, s->channel, account_id, 10));
}

struct measuring {
    int64_t second;
    enum err err;
};

static void measure_run(struct books *books, struct reader *reader, void *ctx)
{
    struct measuring *measuring = ctx;

    (void)books;
    measuring->err =
        ledger__measure_backlog(reader, BOOKS_START_MS + measuring->second * SECOND_MS);
}

static enum err measure(struct shop *s, int64_t second)
{
    struct measuring measuring = {.second = second};

    books_read(s->books, measure_run, &measuring);
    return measuring.err;
}

static void assert_gauges(int64_t waiting, int64_t parked, int64_t oldest_seconds)
{
    assert_int_equal(counter_get(&ledger_pending_metric.series[0].value), waiting);
    assert_int_equal(counter_get(&ledger_pending_metric.series[1].value), parked);
    assert_int_equal(counter_get(&ledger_pending_oldest_metric.series[0].value), oldest_seconds);
}

static void block_credits(struct shop *s, int64_t account_id)
{
    const struct ledger_hold_place arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = account_id,
        .kind = LEDGER_HOLD_RISK,
        .effect = LEDGER_HOLD_CREDIT_BLOCK,
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_place_kind, &arg, &held));
}

static void the_oldest_entry_of_all_accounts_is_told_while_it_waits(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(measure(&s, 5));
    assert_gauges(0, 0, 0);
    pay_in_at(&s, s.merchant, 10);
    pay_in_at(&s, s.other, 40);
    pay_in_at(&s, s.other, 50);
    assert_ok(measure(&s, 100));
    assert_gauges(3, 0, 90);
    assert_ok(measure(&s, 130)); /* nothing was committed, and it has waited longer */
    assert_gauges(3, 0, 120);
    assert_ok(books_command(s.books, &ledger_pending_kind, &s.merchant, NULL));
    assert_ok(measure(&s, 140));
    assert_gauges(2, 0, 100);
    assert_ok(measure(&s, 39)); /* the clock was set back */
    assert_gauges(2, 0, 0);
    finish(&s);
}

static void a_parked_entry_is_told_apart_and_has_no_age(void **state)
{
    struct shop s = shop_open(state);

    pay_in_at(&s, s.merchant, 10);
    pay_in_at(&s, s.other, 40);
    block_credits(&s, s.merchant);
    assert_ok(books_command(s.books, &ledger_pending_kind, &s.merchant, NULL));
    assert_ok(measure(&s, 100));
    assert_gauges(1, 1, 60);
    assert_ok(books_command(s.books, &ledger_pending_kind, &s.other, NULL));
    assert_ok(measure(&s, 100));
    assert_gauges(0, 1, 0);
    finish(&s);
}

static void gauges_that_cannot_be_read_stay_as_they_are(void **state)
{
    struct shop s = shop_open(state);
    int64_t failures = counter_get(&ledger_backlog_failures_metric.series[0].value);

    pay_in_at(&s, s.merchant, 10);
    assert_ok(measure(&s, 100));
    books_sql(s.books, "ALTER TABLE ledger_pending RENAME TO ledger_pending_lost");
    assert_int_equal(measure(&s, 200), ERR_STORE_DATABASE);
    assert_gauges(1, 0, 90);
    assert_int_equal(counter_get(&ledger_backlog_failures_metric.series[0].value), failures + 1);
    books_sql(s.books, "ALTER TABLE ledger_pending_lost RENAME TO ledger_pending");
    assert_ok(measure(&s, 200));
    assert_gauges(1, 0, 190);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_entry_of_all_accounts_is_told_while_it_waits),
        cmocka_unit_test(a_parked_entry_is_told_apart_and_has_no_age),
        cmocka_unit_test(gauges_that_cannot_be_read_stay_as_they_are),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
