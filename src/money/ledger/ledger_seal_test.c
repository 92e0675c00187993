/* Seals: what they say, that a kill at any step changes nothing of it, and that a day that is wrong
 * is not closed. */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

#include "money/ledger/ledger_sealing.h"

enum { MERCHANT = 11, CHANNEL = 22, DAY_1 = 20251122, DAY_2 = 20251123, ROWS = 1300 };

/* 2025-11-23T00:00:00+08:00 */
#define MIDNIGHT_MS (BOOKS_START_MS + 15 * TIME_HOUR_MS)

struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
    int64_t fees;
};

static enum err fill(struct tx *tx, void *ctx)
{
    const struct shop *s = ctx;

    for (int i = 1; i <= ROWS - 2; i++) {
        const struct ledger_leg legs[] = {debit(s->channel, i), credit(s->merchant, i)};
        const struct ledger_leg three[] = {debit(s->channel, 200), credit(s->merchant, 140),
                                           credit(s->fees, 60)};
        const struct ledger_post post = {
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, s->books->next_no++},
            .legs = i == 600 ? three : legs,
            .leg_count = i == 600 ? 3 : 2,
        };

        TRY(ledger_post(tx, &post, NULL));
    }
    return ERR_OK;
}

/* Day 1 has 1,299 rows, which are three pages; it has been cut. Day 2 has one row. */
static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .fees = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY),
    };

    assert_ok(books_run(books, fill, &s));
    counter_set(&books->now_ms, MIDNIGHT_MS);
    assert_ok(books_transfer(books, s.merchant, s.fees, 7));
    return s;
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

static bool seal(struct shop *s)
{
    bool right = false;

    assert_ok(ledger_seal_days(s->books->store, &right));
    return right;
}

static void assert_same(struct str a, struct str b)
{
    assert_int_equal(a.len, LEDGER_HASH);
    assert_true(str_eq(a, b));
}

static void next_day(struct shop *s, int days)
{
    int64_t date;

    counter_set(&s->books->now_ms, MIDNIGHT_MS + days * TIME_DAY_MS);
    assert_ok(books_command(s->books, &ledger_day_cut_kind, NULL, &date));
}

/* ---- what a seal says ---- */

static void a_cut_day_is_sealed_and_closed(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_day day;

    assert_true(seal(&s));
    day = day_of(&s, DAY_1);
    assert_int_equal(day.status, LEDGER_DAY_CLOSED);
    assert_int_equal(day.closed_at_ms, MIDNIGHT_MS);
    assert_int_equal(day.first_row, 1);
    assert_int_equal(day.last_row, ROWS - 1);
    assert_int_equal(day.journals, ROWS - 2);
    assert_int_equal(day.legs, 2 * (ROWS - 2) + 1);
    assert_int_equal(day.hash.len, LEDGER_HASH);
    assert_int_equal(day.previous_hash.len, 0);
    assert_int_equal(day_of(&s, DAY_2).status, LEDGER_DAY_OPEN);
    assert_true(seal(&s)); /* there is nothing to do */
    assert_same(day_of(&s, DAY_1).hash, day.hash);
    books_assert_right(s.books);
    books_close(s.books);
}

static void the_hash_of_a_day_goes_into_the_next(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_day day;

    next_day(&s, 1);
    next_day(&s, 5); /* a day without rows, and four without a day */
    assert_true(seal(&s));
    assert_same(day_of(&s, DAY_2).previous_hash, day_of(&s, DAY_1).hash);
    day = day_of(&s, 20251124);
    assert_int_equal(day.status, LEDGER_DAY_CLOSED);
    assert_int_equal(day.journals, 0);
    assert_int_equal(day.legs, 0);
    assert_same(day.previous_hash, day_of(&s, DAY_2).hash);
    assert_int_equal(day_of(&s, 20251128).status, LEDGER_DAY_OPEN);
    books_assert_right(s.books);
    books_close(s.books);
}

/* ---- every column of a journal row counts ---- */

static void every_column_of_a_row_changes_its_hash(void **state)
{
    const struct table *table = &ledger__journal_table;
    const struct ledger_journal row = {.id = 1};
    unsigned char plain[LEDGER_HASH], changed[LEDGER_HASH];

    (void)state;
    ledger__row_hash(&row, plain);
    for (size_t i = 0; i < table->column_count; i++) {
        struct ledger_journal other = row;

        ((unsigned char *)&other)[table->columns[i].offset] ^= 2;
        ledger__row_hash(&other, changed);
        if (memcmp(plain, changed, LEDGER_HASH) == 0) {
            fail_msg("%s is not in the hash of a row", table->columns[i].name);
        }
    }
}

/* ---- kills ---- */

struct some_step {
    struct ledger_sealing *sealing;
};

static void step_run(struct books *books, struct reader *reader, void *ctx)
{
    (void)books;
    assert_ok(ledger__sealing_step(((struct some_step *)ctx)->sealing, reader));
}

/* Runs so many halves of steps: a look into the database, then its command. True: it is done. */
static bool seal_in_part(struct shop *s, int halves)
{
    struct some_step step = {ledger__sealing_new()};
    bool done = false;

    while (halves > 0 && !done) {
        struct ledger_sealing_command command;

        books_read(s->books, step_run, &step);
        halves--;
        command = ledger__sealing_command(step.sealing);
        if (command.kind != NULL && halves > 0) {
            assert_ok(books_command(s->books, command.kind, command.arg, command.result));
            halves--;
        }
        done = ledger__sealing_is_done(step.sealing);
    }
    ledger__sealing_free(step.sealing);
    return done;
}

static void a_kill_at_any_step_changes_nothing(void **state)
{
    struct shop whole = shop_open(state);
    struct ledger_day due;
    bool done = false;

    assert_true(seal(&whole));
    due = day_of(&whole, DAY_1);
    for (int halves = 1; !done; halves++) {
        struct shop s = shop_open(state);

        assert_true(halves < 20);
        done = seal_in_part(&s, halves);
        books_reopen(s.books);
        assert_true(seal(&s));
        assert_same(day_of(&s, DAY_1).rows_hash, due.rows_hash);
        assert_same(day_of(&s, DAY_1).hash, due.hash);
        books_assert_right(s.books);
        books_close(s.books);
    }
    books_close(whole.books);
}

/* ---- days that are wrong ---- */

struct mistake {
    const char *make;
    const char *mend;
    const char *wrong;
};

static const struct mistake mistakes[] = {
    {"UPDATE ledger_total_day SET debits = debits + 1 WHERE code = 2241",
     "UPDATE ledger_total_day SET debits = debits - 1 WHERE code = 2241",
     "the total of 2241 CNY: debits of 20251122 are 1, its journal rows give 0"},
    {"UPDATE ledger_total SET credits = credits + 1 WHERE code = 1131",
     "UPDATE ledger_total SET credits = credits - 1 WHERE code = 1131",
     "the total of 1131 CNY: credits of 20251122 are 1, its journal rows give 0"},
    {"UPDATE ledger_total SET legs = legs + 1 WHERE code = 1131",
     "UPDATE ledger_total SET legs = legs - 1 WHERE code = 1131",
     "the total of 1131 CNY: legs of 20251122 are 1299, its journal rows give 1298"},
    {"UPDATE ledger_total SET id = 9999156, code = 9999 WHERE code = 1131",
     "UPDATE ledger_total SET id = 1131156, code = 1131 WHERE code = 9999",
     "the total of 9999 CNY: debits of 20251122 are 842651, its journal rows give 0"},
    {"UPDATE ledger_journal SET amount_a = amount_a + 1 WHERE id = 5",
     "UPDATE ledger_journal SET amount_a = amount_a - 1 WHERE id = 5",
     "the total of 1131 CNY: debits of 20251122 are 842651, its journal rows give 842652"},
    {"UPDATE ledger_journal SET id = 99999 WHERE id = 5",
     "UPDATE ledger_journal SET id = 5 WHERE id = 99999", "ledger_journal row 5 is missing"},
    {"UPDATE ledger_journal SET business_date = 20251121 WHERE id = 5",
     "UPDATE ledger_journal SET business_date = 20251122 WHERE id = 5",
     "ledger_journal row 5: business_date is 20251121, must be 20251122"},
    {"UPDATE ledger_account SET debits = debits + 1, credits = credits + 1 WHERE code = 6021",
     "UPDATE ledger_account SET debits = debits - 1, credits = credits - 1 WHERE code = 6021",
     "the total of 6021 CNY is 0 - 67, its accounts give 1 - 68"},
};

static void a_day_that_is_wrong_is_not_closed(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        struct shop s = shop_open(state);

        books_sql(s.books, mistakes[i].make);
        assert_false(seal(&s));
        assert_int_equal(day_of(&s, DAY_1).status, LEDGER_DAY_CLOSING);
        assert_string_equal(str_cstr(s.books->arena, day_of(&s, DAY_1).wrong), mistakes[i].wrong);
        assert_int_equal(day_of(&s, DAY_1).hash.len, 0);
        assert_int_equal(counter_get(&ledger_day_wrong_metric.series[0].value), DAY_1);
        books_sql(s.books, mistakes[i].mend);
        assert_true(seal(&s));
        assert_int_equal(day_of(&s, DAY_1).status, LEDGER_DAY_CLOSED);
        assert_int_equal(day_of(&s, DAY_1).wrong.len, 0);
        assert_int_equal(counter_get(&ledger_day_wrong_metric.series[0].value), 0);
        books_close(s.books);
    }
}

static void a_page_that_was_changed_before_the_close_is_found(void **state)
{
    struct shop s = shop_open(state);

    assert_false(seal_in_part(&s, 6)); /* the pages are written */
    books_sql(s.books, "UPDATE ledger_seal_page SET last_row = last_row + 1 WHERE id = 513");
    assert_false(seal(&s));
    assert_string_equal(str_cstr(s.books->arena, day_of(&s, DAY_1).wrong),
                        "ledger_seal_page row 513: it is not what its journal rows give");
    assert_false(seal(&s)); /* it stays wrong until it is mended */
    books_sql(s.books, "UPDATE ledger_seal_page SET last_row = last_row - 1 WHERE id = 513");
    assert_true(seal(&s));
    books_close(s.books);
}

/* ---- the timer ---- */

static void the_timer_of_the_cut_makes_the_seals(void **state)
{
    enum { WAIT_MS = 10000 };
    struct shop s = shop_open(state);
    struct app app = {.store = s.books->store};
    struct loop *loop = loop_new("timers", 0, &s.books->clock);
    struct ledger_day day = day_of(&s, DAY_1);

    loop_start(loop);
    app.timers =
        timers_start(&app, s.books->store, loop, ledger_module.timers, ledger_module.timer_count);
    for (int waited = 0; day.status != LEDGER_DAY_CLOSED; waited += 5) {
        assert_true(waited < WAIT_MS);
        uv_sleep(5);
        day = day_of(&s, DAY_1);
    }
    next_day(&s, 1);
    for (int waited = 0; day_of(&s, DAY_2).status != LEDGER_DAY_CLOSED; waited += 5) {
        assert_true(waited < WAIT_MS);
        uv_sleep(5);
    }
    timers_stop(app.timers);
    store_close(s.books->store);
    s.books->store = NULL;
    loop_stop(loop);
    loop_free(loop);
    timers_free(app.timers);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_day_is_sealed_and_closed),
        cmocka_unit_test(the_hash_of_a_day_goes_into_the_next),
        cmocka_unit_test(every_column_of_a_row_changes_its_hash),
        cmocka_unit_test(a_kill_at_any_step_changes_nothing),
        cmocka_unit_test(a_day_that_is_wrong_is_not_closed),
        cmocka_unit_test(a_page_that_was_changed_before_the_close_is_found),
        cmocka_unit_test(the_timer_of_the_cut_makes_the_seals),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
