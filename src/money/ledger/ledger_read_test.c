/* The chain of each account with its marks, and the queries that walk it. */
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22, LEGS_MOST = 101 };

/* A merchant whose n-th leg has amount n and stands at START + n * 1000 ms; every third journal
 * has three legs, the merchant's the last of them. */
struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
    int64_t fees;
    int others; /* journals without the merchant before each of its legs */
};

static struct shop shop_open_among(void **state, int legs, int others)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .fees = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY),
        .others = others,
    };

    for (int i = 1; i <= legs; i++) {
        const struct ledger_leg three[] = {debit(s.channel, i + 1), credit(s.fees, 1),
                                           credit(s.merchant, i)};
        const struct ledger_leg two[] = {debit(s.channel, i), credit(s.merchant, i)};

        counter_set(&books->now_ms, BOOKS_START_MS + i * 1000);
        for (int other = 0; other < others; other++) {
            assert_ok(books_transfer(books, s.channel, s.fees, 1));
        }
        assert_ok(i % 3 == 0 ? books_post(books, 0, three, 3, NULL)
                             : books_post(books, 0, two, 2, NULL));
    }
    return s;
}

static struct shop shop_open(void **state, int legs)
{
    return shop_open_among(state, legs, 0);
}

static int64_t balance_after(int64_t legs)
{
    return legs * (legs + 1) / 2;
}

/* ---- statements ---- */

struct page_query {
    struct ledger_statement_page page;
    struct ledger_statement statement;
    enum err err;
};

static void page_run(struct books *books, struct reader *reader, void *ctx)
{
    struct page_query *query = ctx;

    query->err = ledger_read_statement(reader, &query->page, books->arena, &query->statement);
}

static struct ledger_statement read_page(struct shop *s, bool forward, int64_t cursor, size_t limit)
{
    struct page_query query = {
        .page = {.account_id = s->merchant, .forward = forward, .cursor = cursor, .limit = limit}};

    books_read(s->books, page_run, &query);
    assert_ok(query.err);
    return query.statement;
}

static void assert_entry(const struct shop *s, const struct ledger_entry *entry, int64_t sequence)
{
    assert_int_equal(entry->sequence, sequence);
    assert_int_equal(entry->account_id, s->merchant);
    assert_int_equal(entry->side, LEDGER_CREDIT);
    assert_int_equal(entry->amount.minor, sequence);
    assert_int_equal(entry->balance.minor, balance_after(sequence));
    assert_int_equal(entry->created_at_ms, BOOKS_START_MS + sequence * 1000);
    assert_int_equal(entry->business_date, 20251122);
    assert_int_equal(entry->reference.source, LEDGER_SOURCE_OPERATOR);
    assert_int_equal(entry->reference.operation, LEDGER_OPERATION_TRANSFER);
    assert_int_equal(entry->reference.business_no, sequence * (s->others + 1));
}

/* Walks the whole statement in pages of a size, one way. */
static void walk(struct shop *s, int legs, bool forward, size_t limit)
{
    int64_t cursor = 0, next = forward ? 1 : legs;
    size_t pages = 0;

    do {
        struct ledger_statement page = read_page(s, forward, cursor, limit);

        assert_int_equal(page.account.id, s->merchant);
        for (size_t i = 0; i < page.entry_count; i++) {
            assert_entry(s, &page.entries[i], next);
            next += forward ? 1 : -1;
        }
        cursor = page.next_cursor;
        assert_true(cursor == 0 || page.entry_count == limit);
        assert_true(++pages <= (size_t)legs + 1);
    } while (cursor != 0);
    assert_int_equal(next, forward ? legs + 1 : 0);
}

static void assert_pages(void **state, int others)
{
    static const int lengths[] = {0, 1, 2, 31, 32, 33, 63, 64, 65, LEGS_MOST};
    static const size_t limits[] = {1, 7, 32, 33, LEDGER_STATEMENT_MAX};

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct shop s = shop_open_among(state, lengths[i], others);

        for (size_t j = 0; j < ARRAY_LEN(limits); j++) {
            walk(&s, lengths[i], false, limits[j]);
            walk(&s, lengths[i], true, limits[j]);
        }
        books_assert_right(s.books);
        books_close(s.books);
    }
}

static void every_page_of_a_statement_is_right(void **state)
{
    assert_pages(state, 0);
}

/* Its legs stand too far from each other for the rows between them to be read along. */
static void every_page_of_an_account_that_moves_seldom_is_right(void **state)
{
    assert_pages(state, 12);
}

/* The first leg of the page is in the last row of the longest journal there may be. */
static void a_page_begins_in_the_last_row_of_a_long_journal(void **state)
{
    struct shop s = shop_open(state, LEDGER_MARK_EVERY - 1);
    struct ledger_leg legs[LEDGER_LEGS_MAX];
    struct ledger_statement page;

    for (size_t i = 0; i < LEDGER_LEGS_MAX - 1; i++) {
        legs[i] =
            i == 0 ? debit(s.channel, LEDGER_LEGS_MAX - 2 + LEDGER_MARK_EVERY) : credit(s.fees, 1);
    }
    legs[LEDGER_LEGS_MAX - 1] = credit(s.merchant, LEDGER_MARK_EVERY);
    assert_ok(books_post(s.books, 0, legs, LEDGER_LEGS_MAX, NULL));
    for (int i = 1; i <= 2 * LEDGER_MARK_EVERY; i++) {
        assert_ok(books_transfer(s.books, s.channel, s.merchant, i));
    }
    page = read_page(&s, true, LEDGER_MARK_EVERY - 1, LEDGER_STATEMENT_MAX);
    assert_int_equal(page.entry_count, 2 * LEDGER_MARK_EVERY + 1);
    assert_int_equal(page.entries[0].amount.minor, LEDGER_MARK_EVERY);
    assert_int_equal(page.entries[0].reference.business_no,
                     page.entries[1].reference.business_no - 1);
    books_assert_right(s.books);
    books_close(s.books);
}

static void a_cursor_beyond_the_end_is_the_end(void **state)
{
    struct shop s = shop_open(state, 5);

    assert_int_equal(read_page(&s, true, 5, 10).entry_count, 0);
    assert_int_equal(read_page(&s, true, 99, 10).entry_count, 0);
    assert_int_equal(read_page(&s, true, INT64_MAX, 10).entry_count, 0);
    assert_int_equal(read_page(&s, false, 1, 10).entry_count, 0);
    assert_int_equal(read_page(&s, false, 99, 10).entry_count, 5);
    assert_int_equal(read_page(&s, false, INT64_MAX, 10).entry_count, 5);
    books_close(s.books);
}

static void a_statement_of_no_account_is_refused(void **state)
{
    struct books *books = books_open(*state);
    struct page_query query = {.page = {.account_id = 404, .limit = 10}};

    books_read(books, page_run, &query);
    assert_int_equal(query.err, ERR_LEDGER_ACCOUNT);
    books_close(books);
}

static void a_page_while_the_writer_goes_on_stays_the_same(void **state)
{
    struct shop s = shop_open(state, 40);
    struct ledger_statement first = read_page(&s, false, 0, 10), second;

    assert_ok(books_transfer(s.books, s.channel, s.merchant, 41));
    second = read_page(&s, false, first.next_cursor, 10);
    assert_int_equal(first.entries[9].sequence, 31);
    assert_entry(&s, &second.entries[0], 30);
    books_close(s.books);
}

/* ---- marks ---- */

struct marks_query {
    struct ledger_mark *marks;
    size_t count;
};

static void marks_run(struct books *books, struct reader *reader, void *ctx)
{
    struct marks_query *query = ctx;

    assert_ok(
        ledger__read_marks_after(reader, 0, 1000, books->arena, &query->marks, &query->count));
}

static void every_32nd_leg_of_an_account_leaves_a_mark(void **state)
{
    static const struct {
        int legs;
        size_t marks;
    } cases[] = {{1, 0}, {31, 0}, {32, 1}, {33, 1}, {64, 2}, {65, 2}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct shop s = shop_open(state, cases[i].legs);
        struct marks_query query;
        size_t of_merchant = 0;

        books_read(s.books, marks_run, &query);
        for (size_t j = 0; j < query.count; j++) {
            if (query.marks[j].account_id == s.merchant) {
                of_merchant++;
                assert_int_equal(query.marks[j].sequence, 32 * of_merchant);
            }
        }
        assert_int_equal(of_merchant, cases[i].marks);
        assert_int_equal(query.count, 2 * cases[i].marks); /* the channel has as many legs */
        books_close(s.books);
    }
}

/* ---- balances ---- */

struct balance_query {
    struct ledger_as_of as_of;
    struct ledger_balance balance;
    enum err err;
};

static void balance_run(struct books *books, struct reader *reader, void *ctx)
{
    struct balance_query *query = ctx;

    query->err = ledger_read_balance(reader, &query->as_of, books->arena, &query->balance);
}

static void assert_balance(struct shop *s, int64_t sequence, int64_t at_ms, int64_t legs)
{
    struct balance_query query = {
        .as_of = {.account_id = s->merchant, .sequence = sequence, .at_ms = at_ms}};

    books_read(s->books, balance_run, &query);
    assert_ok(query.err);
    assert_int_equal(query.balance.account_id, s->merchant);
    assert_int_equal(query.balance.currency, CURRENCY_CNY);
    assert_int_equal(query.balance.sequence, legs);
    assert_int_equal(query.balance.posted.minor, balance_after(legs));
    assert_int_equal(query.balance.at_ms, legs == 0 ? 0 : BOOKS_START_MS + legs * 1000);
}

static void a_balance_is_known_as_of_every_leg_and_instant(void **state)
{
    struct shop s = shop_open(state, LEGS_MOST);

    for (int64_t i = 1; i <= LEGS_MOST; i++) {
        assert_balance(&s, i, 0, i);
        assert_balance(&s, 0, BOOKS_START_MS + i * 1000, i);
        assert_balance(&s, 0, BOOKS_START_MS + i * 1000 + 999, i);
        assert_balance(&s, 0, BOOKS_START_MS + i * 1000 - 1, i - 1);
    }
    assert_balance(&s, LEGS_MOST + 1, 0, LEGS_MOST);
    assert_balance(&s, 0, INT64_MAX, LEGS_MOST);
    assert_balance(&s, 0, 0, 0);
    books_close(s.books);
}

static void as_of_an_instant_is_after_all_legs_of_it(void **state)
{
    struct shop s = shop_open(state, 30);
    struct balance_query query = {
        .as_of = {.account_id = s.merchant, .at_ms = BOOKS_START_MS + 30 * 1000}};

    for (int i = 0; i < 70; i++) { /* all at the instant of the 30th, across two marks */
        assert_ok(books_transfer(s.books, s.channel, s.merchant, 1));
    }
    books_read(s.books, balance_run, &query);
    assert_int_equal(query.balance.sequence, 100);
    query.as_of.at_ms--;
    books_read(s.books, balance_run, &query);
    assert_int_equal(query.balance.sequence, 29);
    query.as_of.account_id = 404;
    books_read(s.books, balance_run, &query);
    assert_int_equal(query.err, ERR_LEDGER_ACCOUNT);
    books_close(s.books);
}

/* ---- journals ---- */

struct journal_query {
    int64_t id;
    struct ledger_journal_view view;
    enum err err;
};

static void journal_run(struct books *books, struct reader *reader, void *ctx)
{
    struct journal_query *query = ctx;

    query->err = ledger_read_journal(reader, query->id, books->arena, &query->view);
}

static void a_journal_shows_its_legs(void **state)
{
    struct shop s = shop_open(state, 4);
    struct journal_query query = {.id = 3}; /* three legs, in rows 3 and 4 */
    const struct ledger_entry *entries;

    books_read(s.books, journal_run, &query);
    assert_ok(query.err);
    assert_int_equal(query.view.id, 3);
    assert_int_equal(query.view.reference.business_no, 3);
    assert_int_equal(query.view.created_at_ms, BOOKS_START_MS + 3000);
    assert_int_equal(query.view.business_date, 20251122);
    assert_int_equal(query.view.entry_count, 3);
    entries = query.view.entries;
    assert_int_equal(entries[0].account_id, s.channel);
    assert_int_equal(entries[0].side, LEDGER_DEBIT);
    assert_int_equal(entries[0].amount.minor, 4);
    assert_int_equal(entries[0].position, 6);
    assert_int_equal(entries[0].previous_position, 4);
    assert_int_equal(entries[1].account_id, s.fees);
    assert_int_equal(entries[1].sequence, 1);
    assert_int_equal(entries[1].previous_position, 0);
    assert_int_equal(entries[2].journal_id, 3);
    assert_int_equal(entries[2].position, 8);
    assert_entry(&s, &entries[2], 3);
    books_close(s.books);
}

static void a_row_that_begins_no_journal_is_none(void **state)
{
    static const int64_t none[] = {-1, 0, 4, 6, 1000};
    struct shop s = shop_open(state, 4);

    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        struct journal_query query = {.id = none[i]};

        books_read(s.books, journal_run, &query);
        assert_int_equal(query.err, ERR_LEDGER_JOURNAL);
    }
    books_close(s.books);
}

static void other_business_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_journal_view *views;
    size_t *count = ctx;

    assert_ok(ledger_read_business(reader, LEDGER_SOURCE_OPERATOR, 3, books->arena, &views, count));
    assert_int_equal(views[0].id, 3);
    assert_ok(ledger_read_business(reader, LEDGER_SOURCE_PAYMENT, 3, books->arena, &views, count));
}

static void journals_are_found_by_business_number(void **state)
{
    struct shop s = shop_open(state, 4);
    size_t count = 99;

    books_read(s.books, other_business_run, &count);
    assert_int_equal(count, 0); /* another source */
    books_close(s.books);
}

/* ---- accounts ---- */

static void accounts_run(struct books *books, struct reader *reader, void *ctx)
{
    const struct shop *s = ctx;
    struct ledger_account_filter filter = {.limit = 2};
    const struct ledger_account_key key = {MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY};
    struct ledger_account_key no_key = key;
    struct ledger_account *rows, account;
    size_t count;

    assert_ok(ledger_read_accounts(reader, &filter, books->arena, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].id, s->channel);
    filter.after_id = rows[1].id;
    assert_ok(ledger_read_accounts(reader, &filter, books->arena, &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].id, s->fees);
    filter = (struct ledger_account_filter){.limit = 9, .has_owner = true, .owner_id = MERCHANT};
    assert_ok(ledger_read_accounts(reader, &filter, books->arena, &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].id, s->merchant);
    assert_ok(ledger_read_account_key(reader, &key, books->arena, &account));
    assert_int_equal(account.id, s->merchant);
    no_key.currency = CURRENCY_USD;
    assert_int_equal(ledger_read_account_key(reader, &no_key, books->arena, &account),
                     ERR_LEDGER_ACCOUNT);
    assert_int_equal(ledger_read_account(reader, 404, books->arena, &account), ERR_LEDGER_ACCOUNT);
}

static void accounts_are_listed_by_owner_and_in_pages(void **state)
{
    struct shop s = shop_open(state, 0);

    books_read(s.books, accounts_run, &s);
    books_close(s.books);
}

/* ---- trial balance ---- */

static void trial_run(struct books *books, struct reader *reader, void *ctx)
{
    assert_ok(ledger_read_trial_balance(reader, 0, books->arena, ctx));
}

static void the_trial_balance_sums_by_code_and_currency(void **state)
{
    struct shop s = shop_open(state, 6);
    int64_t second =
        books_account(s.books, MERCHANT + 1, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    int64_t usd_channel =
        books_account(s.books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_USD);
    int64_t usd_fees =
        books_account(s.books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_USD);
    struct ledger_trial_balance trial;

    assert_ok(books_transfer(s.books, s.channel, second, 1000));
    assert_ok(books_transfer(s.books, second, s.channel, 400));
    assert_ok(books_transfer(s.books, usd_channel, usd_fees, 5));
    books_read(s.books, trial_run, &trial);
    assert_true(trial.balanced);
    assert_int_equal(trial.row_count, 5);
    assert_int_equal(trial.rows[0].code, LEDGER_CODE_CHANNEL_RECEIVABLE);
    assert_int_equal(trial.rows[0].currency, CURRENCY_CNY);
    assert_int_equal(trial.rows[0].side, LEDGER_DEBIT);
    assert_int_equal(trial.rows[0].debits.minor, 21 + 2 + 1000);
    assert_int_equal(trial.rows[0].credits.minor, 400);
    assert_int_equal(trial.rows[0].closing.minor, 623);
    assert_int_equal(trial.rows[1].currency, CURRENCY_USD);
    assert_int_equal(trial.rows[2].code, LEDGER_CODE_MERCHANT_PAYABLE);
    assert_int_equal(trial.rows[2].closing.minor, 621);
    assert_int_equal(trial.rows[3].closing.minor, 2);
    assert_int_equal(trial.rows[4].closing.minor, 5);
    books_sql(s.books, "UPDATE ledger_total SET credits = credits + 1 "
                       "WHERE currency = 840 AND code = 6021");
    books_read(s.books, trial_run, &trial);
    assert_false(trial.balanced);
    assert_int_equal(trial.wrong_currency, CURRENCY_USD);
    books_close(s.books);
}

static void the_trial_balance_of_empty_books_is_empty(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_trial_balance trial;

    books_read(books, trial_run, &trial);
    assert_true(trial.balanced);
    assert_int_equal(trial.row_count, 0);
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_of_a_statement_is_right),
        cmocka_unit_test(every_page_of_an_account_that_moves_seldom_is_right),
        cmocka_unit_test(a_page_begins_in_the_last_row_of_a_long_journal),
        cmocka_unit_test(a_cursor_beyond_the_end_is_the_end),
        cmocka_unit_test(a_statement_of_no_account_is_refused),
        cmocka_unit_test(a_page_while_the_writer_goes_on_stays_the_same),
        cmocka_unit_test(every_32nd_leg_of_an_account_leaves_a_mark),
        cmocka_unit_test(a_balance_is_known_as_of_every_leg_and_instant),
        cmocka_unit_test(as_of_an_instant_is_after_all_legs_of_it),
        cmocka_unit_test(a_journal_shows_its_legs),
        cmocka_unit_test(a_row_that_begins_no_journal_is_none),
        cmocka_unit_test(journals_are_found_by_business_number),
        cmocka_unit_test(accounts_are_listed_by_owner_and_in_pages),
        cmocka_unit_test(the_trial_balance_sums_by_code_and_currency),
        cmocka_unit_test(the_trial_balance_of_empty_books_is_empty),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
