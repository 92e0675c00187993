/* The chart of accounts: what is shipped, where accounts may be opened, versions by date. */
#include "money/ledger/ledger_chart_int.h"
#include "test/lib/ledger_kit_test.h"

enum { TODAY = 20251122, MERCHANT = 11 }; /* the kit's date */

struct chart_read {
    int32_t date;
    struct ledger_chart chart;
};

static void chart_run(struct books *books, struct reader *reader, void *ctx)
{
    struct chart_read *read = ctx;

    assert_ok(ledger_read_chart(reader, read->date, books->arena, &read->chart));
}

static struct ledger_chart chart_on(struct books *books, int32_t date)
{
    struct chart_read read = {.date = date};

    books_read(books, chart_run, &read);
    return read.chart;
}

static const struct ledger_chart_entry *entry_on(struct books *books, int32_t date, int64_t code)
{
    struct ledger_chart chart = chart_on(books, date);

    return ledger_chart_entry(&chart, code);
}

static void assert_text(struct str text, const char *due)
{
    assert_int_equal(text.len, strlen(due));
    assert_memory_equal(text.ptr, due, text.len);
}

static enum err open_account(struct books *books, int64_t code, enum currency currency)
{
    const struct ledger_account_key key = {MERCHANT, code, currency};
    int64_t id;

    return books_command(books, &ledger_account_kind, &key, &id);
}

/* ---- the tree ---- */

static void the_code_above_is_part_of_the_code(void **state)
{
    (void)state;
    assert_int_equal(ledger_code_parent(2), 0);
    assert_int_equal(ledger_code_parent(2241), 2);
    assert_int_equal(ledger_code_parent(224101), 2241);
    assert_int_equal(ledger_code_parent(22410102), 224101);
    assert_int_equal(ledger_code_parent(INT64_C(2241010203)), 22410102);
    assert_int_equal(ledger_code_level(2), 1);
    assert_int_equal(ledger_code_level(2241), 2);
    assert_int_equal(ledger_code_level(INT64_C(2241010203)), 5);
}

static void the_shipped_chart_has_its_classes_and_codes(void **state)
{
    /* code, side, leaf, floor; in the order of the tree */
    static const struct {
        int64_t code;
        enum ledger_side side;
        bool leaf, has_floor;
    } due[] = {
        {1, LEDGER_DEBIT, false, false},    {1002, LEDGER_DEBIT, true, false},
        {1012, LEDGER_DEBIT, true, false},  {1122, LEDGER_DEBIT, true, false},
        {1131, LEDGER_DEBIT, true, false},  {1221, LEDGER_DEBIT, true, false},
        {1291, LEDGER_DEBIT, true, false},  {1321, LEDGER_DEBIT, true, false},
        {2, LEDGER_CREDIT, false, false},   {2241, LEDGER_CREDIT, true, true},
        {2242, LEDGER_CREDIT, true, false}, {2245, LEDGER_CREDIT, true, true},
        {2251, LEDGER_CREDIT, true, false}, {2261, LEDGER_CREDIT, true, false},
        {2291, LEDGER_CREDIT, true, false}, {2299, LEDGER_CREDIT, true, false},
        {3, LEDGER_DEBIT, false, false},    {3001, LEDGER_DEBIT, true, false},
        {4, LEDGER_CREDIT, false, false},   {4001, LEDGER_CREDIT, true, false},
        {4103, LEDGER_CREDIT, true, false}, {4104, LEDGER_CREDIT, true, false},
        {6, LEDGER_CREDIT, false, false},   {6021, LEDGER_CREDIT, true, false},
        {6061, LEDGER_CREDIT, true, false}, {6301, LEDGER_CREDIT, true, false},
        {6411, LEDGER_DEBIT, true, false},  {6421, LEDGER_DEBIT, true, false},
        {6711, LEDGER_DEBIT, true, false},
    };
    struct books *books = books_open(*state);
    struct ledger_chart chart = chart_on(books, TODAY);

    assert_int_equal(chart.count, ARRAY_LEN(due));
    for (size_t i = 0; i < ARRAY_LEN(due); i++) {
        const struct ledger_chart_entry *entry = &chart.entries[i];

        assert_int_equal(entry->code, due[i].code);
        assert_int_equal(entry->side, due[i].side);
        assert_int_equal(entry->leaf, due[i].leaf);
        assert_int_equal(entry->has_floor, due[i].has_floor);
        assert_int_equal(entry->parent, ledger_code_parent(entry->code));
        assert_int_equal(entry->version, 1);
        assert_true(entry->name.len > 0 && entry->name_zh.len > 0);
        assert_true(entry->parent == 0 || ledger_chart_entry(&chart, entry->parent) != NULL);
    }
    assert_text(ledger_chart_name(&chart, 2241), "Payable to merchant");
    assert_text(ledger_chart_entry(&chart, 2241)->name_zh, "应付商户待结算");
    assert_text(ledger_chart_name(&chart, 9999), "");
    assert_null(ledger_chart_entry(&chart, 0));
    books_close(books);
}

/* ---- opening accounts ---- */

static void accounts_are_opened_under_leaves_and_counted(void **state)
{
    struct books *books = books_open(*state);

    assert_refused(books, open_account(books, 2, CURRENCY_CNY), ERR_LEDGER_CODE_NOT_LEAF, "code");
    assert_refused(books, open_account(books, 9999, CURRENCY_CNY), ERR_LEDGER_CODE, "code");
    assert_ok(open_account(books, 2241, CURRENCY_CNY));
    assert_ok(open_account(books, 2241, CURRENCY_CNY)); /* it is there already */
    assert_ok(open_account(books, 2241, CURRENCY_USD));
    assert_int_equal(entry_on(books, TODAY, 2241)->accounts, 2);
    books_reopen(books);
    counter_add(&books->now_ms, 1); /* ids begin anew with the store */
    assert_ok(open_account(books, 2241, CURRENCY_JPY));
    assert_int_equal(entry_on(books, TODAY, 2241)->accounts, 3);
    assert_int_equal(entry_on(books, TODAY, 2242)->accounts, 0);
    books_close(books);
}

struct open_on {
    int64_t code;
    int32_t date;
};

static enum err open_on_run(struct tx *tx, void *ctx)
{
    const struct open_on *ask = ctx;

    return ledger__chart_open_on(tx, ask->code, ask->date);
}

static void a_code_is_open_from_a_date_until_it_is_closed(void **state)
{
    struct books *books = books_open(*state);
    struct open_on ask = {2245, 19700101};

    assert_ok(books_run(books, open_on_run, &ask));
    ask.date = 19691231;
    assert_string_equal(err_code(books_run(books, open_on_run, &ask)), "ledger_code_closed");
    ask.code = 9999;
    assert_string_equal(err_code(books_run(books, open_on_run, &ask)), "ledger_code");
    store_close(books->store);
    books_sql(books, "UPDATE ledger_chart SET closed_on = 20251122 WHERE code = 2245");
    CHECK(store_open(&books->options, &books->store, (char[256]){0}) == ERR_OK);
    ask = (struct open_on){2245, 20251121};
    assert_ok(books_run(books, open_on_run, &ask));
    ask.date = 20251122;
    assert_string_equal(err_code(books_run(books, open_on_run, &ask)), "ledger_code_closed");
    assert_refused(books, open_account(books, 2245, CURRENCY_CNY), ERR_LEDGER_CODE_CLOSED, "code");
    books_close(books);
}

static void a_code_may_be_bound_to_currencies(void **state)
{
    struct books *books = books_open(*state);

    store_close(books->store);
    books_sql(books, "UPDATE ledger_chart_version SET currencies = 'CNY,USD' WHERE id = 2245001");
    CHECK(store_open(&books->options, &books->store, (char[256]){0}) == ERR_OK);
    assert_ok(open_account(books, 2245, CURRENCY_CNY));
    assert_ok(open_account(books, 2245, CURRENCY_USD));
    assert_refused(books, open_account(books, 2245, CURRENCY_JPY), ERR_LEDGER_CODE_CURRENCY,
                   "currency");
    assert_refused(books, open_account(books, 2245, CURRENCY_NONE), ERR_CURRENCY_UNKNOWN,
                   "currency");
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_code_above_is_part_of_the_code),
        cmocka_unit_test(the_shipped_chart_has_its_classes_and_codes),
        cmocka_unit_test(accounts_are_opened_under_leaves_and_counted),
        cmocka_unit_test(a_code_is_open_from_a_date_until_it_is_closed),
        cmocka_unit_test(a_code_may_be_bound_to_currencies),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
