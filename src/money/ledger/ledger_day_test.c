/* Business days: when they begin, what a cut leaves alone, and the trial balance of each. */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

#include "money/ledger/ledger_day_int.h"

enum { MERCHANT = 11, CHANNEL = 22, DAY_1 = 20251122, DAY_2 = 20251123, DAY_3 = 20251124 };

/* 2025-11-23T00:00:00+08:00 */
#define MIDNIGHT_MS (BOOKS_START_MS + 15 * TIME_HOUR_MS)

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

static void pay(struct shop *s, int64_t amount)
{
    assert_ok(books_transfer(s->books, s->channel, s->merchant, amount));
}

static void at(struct shop *s, int64_t now_ms)
{
    counter_set(&s->books->now_ms, now_ms);
}

static int64_t today(struct shop *s)
{
    int64_t date = 0;

    assert_ok(books_command(s->books, &ledger_day_cut_kind, NULL, &date));
    return date;
}

static void day_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_day *day = ctx;

    assert_ok(ledger_read_day(reader, (int32_t)day->id, books->arena, day));
}

static struct ledger_day day_of(struct shop *s, int64_t date)
{
    struct ledger_day day = {.id = date};

    books_read(s->books, day_run, &day);
    return day;
}

static void no_day_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_day day;

    assert_int_equal(ledger_read_day(reader, *(const int32_t *)ctx, books->arena, &day),
                     ERR_LEDGER_DAY);
}

static void assert_no_day(struct shop *s, int32_t date)
{
    books_read(s->books, no_day_run, &date);
}

static void trial_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_trial_balance *trial = ctx;

    assert_ok(ledger_read_trial_balance(reader, trial->date, books->arena, trial));
}

static struct ledger_trial_balance trial_of(struct shop *s, int32_t date)
{
    struct ledger_trial_balance trial = {.date = date};

    books_read(s->books, trial_run, &trial);
    assert_true(trial.balanced);
    return trial;
}

/* The payable of the merchant, which moves in every test. */
static void assert_payable(struct shop *s, int32_t date, int64_t opening, int64_t credits)
{
    struct ledger_trial_balance trial = trial_of(s, date);

    assert_int_equal(trial.row_count, 2);
    assert_int_equal(trial.rows[1].code, LEDGER_CODE_MERCHANT_PAYABLE);
    assert_int_equal(trial.rows[1].opening.minor, opening);
    assert_int_equal(trial.rows[1].credits.minor, credits);
    assert_int_equal(trial.rows[1].closing.minor, opening + credits);
    assert_int_equal(trial.rows[0].debits.minor, credits);
}

/* ---- when a day begins ---- */

static void a_day_ends_with_its_last_millisecond(void **state)
{
    struct shop s = shop_open(state);

    at(&s, MIDNIGHT_MS - 1);
    pay(&s, 100);
    assert_int_equal(today(&s), DAY_1);
    at(&s, MIDNIGHT_MS);
    pay(&s, 30);
    pay(&s, 3);
    assert_int_equal(today(&s), DAY_2);
    assert_int_equal(day_of(&s, DAY_1).status, LEDGER_DAY_CLOSING);
    assert_int_equal(day_of(&s, DAY_1).cut_at_ms, MIDNIGHT_MS);
    assert_int_equal(day_of(&s, DAY_1).first_row, 1);
    assert_int_equal(day_of(&s, DAY_1).last_row, 1);
    assert_int_equal(day_of(&s, DAY_2).status, LEDGER_DAY_OPEN);
    assert_int_equal(day_of(&s, DAY_2).previous_id, DAY_1);
    assert_int_equal(day_of(&s, DAY_2).first_row, 2);
    assert_payable(&s, DAY_1, 0, 100);
    assert_payable(&s, DAY_2, 100, 33);
    assert_payable(&s, 0, 100, 33);
    books_assert_right(s.books);
    books_close(s.books);
}

static void the_date_never_goes_back(void **state)
{
    struct shop s = shop_open(state);

    at(&s, MIDNIGHT_MS);
    pay(&s, 100);
    at(&s, MIDNIGHT_MS - 1);
    pay(&s, 30);
    assert_int_equal(today(&s), DAY_2);
    books_reopen(s.books);
    assert_int_equal(today(&s), DAY_2);
    pay(&s, 3);
    at(&s, MIDNIGHT_MS + TIME_DAY_MS - 1);
    assert_int_equal(today(&s), DAY_2);
    at(&s, MIDNIGHT_MS + TIME_DAY_MS);
    assert_int_equal(today(&s), DAY_3);
    assert_no_day(&s, DAY_1);
    assert_payable(&s, DAY_2, 0, 133);
    assert_payable(&s, DAY_3, 133, 0);
    books_assert_right(s.books);
    books_close(s.books);
}

static void days_without_the_program_are_left_out(void **state)
{
    struct shop s = shop_open(state);

    pay(&s, 100);
    at(&s, MIDNIGHT_MS + 5 * TIME_DAY_MS);
    pay(&s, 30);
    assert_no_day(&s, DAY_2);
    assert_int_equal(day_of(&s, 20251128).previous_id, DAY_1);
    assert_payable(&s, DAY_1, 0, 100);
    assert_payable(&s, DAY_2, 100, 0); /* it may be asked for all the same */
    assert_payable(&s, 20251127, 100, 0);
    assert_payable(&s, 20251128, 100, 30);
    assert_payable(&s, 20991231, 130, 0);
    assert_int_equal(trial_of(&s, 20251121).row_count, 0);
    books_assert_right(s.books);
    books_close(s.books);
}

static void a_day_without_entries_has_no_rows(void **state)
{
    struct shop s = shop_open(state);

    pay(&s, 100);
    at(&s, MIDNIGHT_MS);
    assert_int_equal(today(&s), DAY_2);
    at(&s, MIDNIGHT_MS + TIME_DAY_MS);
    pay(&s, 30);
    assert_int_equal(day_of(&s, DAY_2).first_row, 2);
    assert_int_equal(day_of(&s, DAY_2).last_row, 1);
    assert_int_equal(day_of(&s, DAY_3).first_row, 2);
    assert_payable(&s, DAY_2, 100, 0);
    assert_payable(&s, DAY_3, 100, 30);
    books_close(s.books);
}

static enum err cut_and_refuse(struct tx *tx, void *ctx)
{
    int32_t date;

    (void)ctx;
    TRY(ledger_today(tx, &date));
    assert_int_equal(date, DAY_2);
    return ERR_LEDGER_LEGS;
}

static void a_refused_command_cuts_no_day(void **state)
{
    struct shop s = shop_open(state);

    pay(&s, 100);
    at(&s, MIDNIGHT_MS);
    assert_int_equal(books_run(s.books, cut_and_refuse, NULL), ERR_LEDGER_LEGS);
    assert_int_equal(day_of(&s, DAY_1).status, LEDGER_DAY_OPEN);
    assert_no_day(&s, DAY_2);
    pay(&s, 30);
    assert_int_equal(day_of(&s, DAY_1).status, LEDGER_DAY_CLOSING);
    books_assert_right(s.books);
    books_close(s.books);
}

/* ---- the timer ---- */

static void a_day_is_cut_at_midnight_when_nothing_is_posted(void **state)
{
    enum { WAIT_MS = 5000 };
    struct shop s = shop_open(state);
    struct app app = {.store = s.books->store};
    struct loop *loop = loop_new("timers", 0, &s.books->clock);
    struct ledger_trial_balance trial = {0};

    at(&s, MIDNIGHT_MS - 20);
    pay(&s, 100);
    loop_start(loop);
    app.timers =
        timers_start(&app, s.books->store, loop, ledger_module.timers, ledger_module.timer_count);
    at(&s, MIDNIGHT_MS);
    for (int waited = 0; trial.date != DAY_2; waited += 5) {
        assert_true(waited < WAIT_MS);
        uv_sleep(5);
        trial = trial_of(&s, 0);
    }
    timers_stop(app.timers);
    store_close(s.books->store);
    s.books->store = NULL;
    loop_stop(loop);
    loop_free(loop);
    timers_free(app.timers);
    books_close(s.books);
}

/* ---- totals ---- */

static void a_total_that_would_leave_63_bits_refuses_the_posting(void **state)
{
    struct shop s = shop_open(state);
    int64_t second =
        books_account(s.books, CHANNEL + 1, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);
    int64_t fees = books_account(s.books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY);
    const struct ledger_leg legs[] = {credit(fees, 11), debit(second, 1), debit(second, 10)};

    assert_ok(books_transfer(s.books, s.channel, s.merchant, INT64_MAX - 10));
    assert_refused(s.books, books_post(s.books, 0, legs, 3, NULL), ERR_LEDGER_OVERFLOW,
                   "legs[2].amount");
    assert_ok(books_transfer(s.books, second, fees, 10));
    assert_refused(s.books, books_transfer(s.books, second, fees, 1), ERR_LEDGER_OVERFLOW,
                   "legs[0].amount");
    books_assert_right(s.books);
    books_close(s.books);
}

/* ---- books kept before there were days ---- */

static void books_without_days_get_theirs_from_the_journal(void **state)
{
    static const char *const old[] = {
        "DELETE FROM ledger_clock", "DELETE FROM ledger_day", "DELETE FROM ledger_total",
        "DELETE FROM ledger_total_day",
        "DELETE FROM store_migration WHERE name >= 'ledger.105' AND name < 'ledger.11'"};
    struct shop s = shop_open(state);
    int64_t refunds = books_account(s.books, MERCHANT, LEDGER_CODE_SUSPENSE, CURRENCY_CNY);
    struct ledger_day before[3], after[3];

    pay(&s, 100);
    at(&s, MIDNIGHT_MS);
    assert_ok(books_transfer(s.books, s.merchant, refunds, 7));
    at(&s, MIDNIGHT_MS + TIME_DAY_MS);
    pay(&s, 30);
    pay(&s, 3);
    for (int i = 0; i < 3; i++) {
        before[i] = day_of(&s, DAY_1 + i);
    }
    for (size_t i = 0; i < ARRAY_LEN(old); i++) {
        books_sql(s.books, old[i]);
    }
    books_reopen(s.books);
    for (int i = 0; i < 3; i++) {
        after[i] = day_of(&s, DAY_1 + i);
        assert_int_equal(after[i].status, before[i].status);
        assert_int_equal(after[i].previous_id, before[i].previous_id);
        assert_int_equal(after[i].first_row, before[i].first_row);
        assert_int_equal(after[i].last_row, before[i].last_row);
    }
    assert_int_equal(today(&s), DAY_3);
    pay(&s, 5);
    assert_int_equal(trial_of(&s, DAY_1).row_count, 2);
    assert_int_equal(trial_of(&s, DAY_2).rows[1].closing.minor, 93);
    assert_int_equal(trial_of(&s, DAY_2).rows[1].debits.minor, 7);
    assert_int_equal(trial_of(&s, DAY_3).rows[1].opening.minor, 93);
    assert_int_equal(trial_of(&s, DAY_3).rows[1].credits.minor, 38);
    assert_int_equal(trial_of(&s, DAY_3).rows[2].opening.minor, 7);
    at(&s, MIDNIGHT_MS + 2 * TIME_DAY_MS);
    assert_int_equal(today(&s), 20251125);
    books_assert_right(s.books);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_ends_with_its_last_millisecond),
        cmocka_unit_test(the_date_never_goes_back),
        cmocka_unit_test(days_without_the_program_are_left_out),
        cmocka_unit_test(a_day_without_entries_has_no_rows),
        cmocka_unit_test(a_refused_command_cuts_no_day),
        cmocka_unit_test(a_day_is_cut_at_midnight_when_nothing_is_posted),
        cmocka_unit_test(a_total_that_would_leave_63_bits_refuses_the_posting),
        cmocka_unit_test(books_without_days_get_theirs_from_the_journal),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
