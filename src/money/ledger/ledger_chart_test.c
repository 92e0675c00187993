/* The chart of accounts: what is shipped, where accounts may be opened, versions by date. */
#include "base/time.h"
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
        {5, LEDGER_DEBIT, false, false},    {6, LEDGER_CREDIT, false, false},
        {6021, LEDGER_CREDIT, true, false}, {6061, LEDGER_CREDIT, true, false},
        {6301, LEDGER_CREDIT, true, false}, {6411, LEDGER_DEBIT, true, false},
        {6421, LEDGER_DEBIT, true, false},  {6711, LEDGER_DEBIT, true, false},
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
    assert_text(ledger_chart_entry(&chart, 5)->name_zh, "成本");
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

static void nothing_is_posted_under_a_closed_code(void **state)
{
    struct books *books = books_open(*state);
    int64_t channel = books_account(books, 2, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);
    int64_t deposit = books_account(books, 1, LEDGER_CODE_DEPOSIT, CURRENCY_CNY);

    assert_ok(books_transfer(books, channel, deposit, 1));
    store_close(books->store);
    books_sql(books, "UPDATE ledger_chart SET closed_on = 20251123 WHERE code = 2245");
    CHECK(store_open(&books->options, &books->store, (char[256]){0}) == ERR_OK);
    assert_ok(books_transfer(books, channel, deposit, 1));
    counter_add(&books->now_ms, TIME_DAY_MS);
    assert_refused(books, books_transfer(books, channel, deposit, 1), ERR_LEDGER_CODE_CLOSED,
                   "legs[1].account");
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

/* ---- changing the chart ---- */

static const struct ledger_chart_put below = {
    .code = 223101,
    .valid_from = TODAY,
    .side = LEDGER_CREDIT,
    .name = STR_INIT("Interest payable to merchants"),
    .name_zh = STR_INIT("应付利息-商户"),
    .operator_id = 9,
};

static enum err put(struct books *books, const struct ledger_chart_put *arg,
                    struct ledger_versioned *out)
{
    return books_command(books, &ledger_chart_put_kind, arg, out);
}

static void close_read(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_chart_close *close = ctx;

    assert_ok(ledger_read_chart_close(reader, close->code, books->arena, close));
}

static enum err close_apply(struct tx *tx, const void *arg, void *closed_on)
{
    TRY(ledger_chart_close(tx, arg));
    return ledger_chart_close_check(tx, arg, closed_on);
}

static void close_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger_chart_close_prefetch(pre, arg, round);
}

static const struct command_kind close_kind = {
    .name = "test.chart_close",
    .prefetch = close_prefetch,
    .apply = close_apply,
    .result_size = sizeof(int64_t),
};

static enum err close_code(struct books *books, int64_t code, int64_t *closed_on)
{
    struct ledger_chart_close close = {.code = code};

    books_read(books, close_read, &close);
    close.by = (struct ledger_chart_closing){9, 10, STR("no longer used")};
    return books_command(books, &close_kind, &close, closed_on);
}

static void codes_are_added_below_codes_without_accounts(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put four = below, deep = below;
    struct ledger_versioned out;

    assert_refused(books, put(books, &below, &out), ERR_LEDGER_CODE_FORM, "code");
    four.code = 2231;
    assert_ok(put(books, &four, &out));
    assert_int_equal(out.version, 1);
    assert_true(entry_on(books, TODAY, 2231)->leaf);
    assert_ok(put(books, &below, &out));
    assert_false(entry_on(books, TODAY, 2231)->leaf);
    assert_true(entry_on(books, TODAY, 223101)->leaf);
    assert_ok(open_account(books, 223101, CURRENCY_CNY));
    assert_refused(books, open_account(books, 2231, CURRENCY_CNY), ERR_LEDGER_CODE_NOT_LEAF,
                   "code");
    deep.code = 22310101;
    assert_refused(books, put(books, &deep, &out), ERR_LEDGER_CODE_IN_USE, "code");
    deep.code = 223102;
    assert_ok(put(books, &deep, &out));
    deep.code = 22310201;
    assert_ok(put(books, &deep, &out));
    deep.code = INT64_C(2231020101);
    assert_ok(put(books, &deep, &out));
    assert_ok(open_account(books, INT64_C(2231020101), CURRENCY_CNY));
    books_reopen(books);
    assert_int_equal(entry_on(books, TODAY, INT64_C(2231020101))->accounts, 1);
    books_close(books);
}

static void codes_that_vouchers_name_get_none_below_them(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put child = below;
    struct ledger_versioned out;
    int64_t closed_on;

    child.code = 224501;
    assert_refused(books, put(books, &child, &out), ERR_LEDGER_CODE_IN_USE, "code");
    child.code = 229901; /* entries waiting: code posts there by itself */
    assert_refused(books, put(books, &child, &out), ERR_LEDGER_CODE_IN_USE, "code");
    assert_refused(books, close_code(books, 2245, &closed_on), ERR_LEDGER_CODE_IN_USE, "code");
    assert_refused(books, close_code(books, 2299, &closed_on), ERR_LEDGER_CODE_IN_USE, "code");
    assert_refused(books, close_code(books, 2, &closed_on), ERR_LEDGER_CODE_IN_USE, "code");
    assert_refused(books, close_code(books, 9999, &closed_on), ERR_LEDGER_CODE_NOT_FOUND, "code");
    child.code = 224201; /* 2242 has no accounts, and no shipped voucher names it */
    assert_ok(put(books, &child, &out));
    books_close(books);
}

static void a_code_has_4_6_8_or_10_digits_and_one_above(void **state)
{
    static const int64_t wrong[] = {
        1, 22, 224, 22410, 2241011, 224101011, 7001, 123456, INT64_C(10000000000)};
    struct books *books = books_open(*state);
    struct ledger_versioned out;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct ledger_chart_put bad = below;

        bad.code = wrong[i];
        assert_refused(books, put(books, &bad, &out), ERR_LEDGER_CODE_FORM, "code");
    }
    books_close(books);
}

static void a_version_is_valid_from_its_date_on(void **state)
{
    static const enum currency yuan[] = {CURRENCY_CNY};
    struct books *books = books_open(*state);
    struct ledger_chart_put next = {.code = 2242,
                                    .valid_from = TODAY + 1,
                                    .side = LEDGER_CREDIT,
                                    .name = STR("Fees on hold"),
                                    .name_zh = STR("待结手续费"),
                                    .has_floor = true,
                                    .currencies = yuan,
                                    .currency_count = 1};
    struct ledger_versioned out;

    assert_ok(put(books, &next, &out));
    assert_int_equal(out.version, 2);
    assert_false(out.exists);
    assert_ok(put(books, &next, &out));
    assert_int_equal(out.version, 2);
    assert_true(out.exists);
    assert_text(entry_on(books, TODAY, 2242)->name, "Fees to be confirmed");
    assert_text(entry_on(books, TODAY + 1, 2242)->name, "Fees on hold");
    assert_ok(open_account(books, 2242, CURRENCY_USD));
    counter_add(&books->now_ms, INT64_C(86400000));
    assert_refused(books, open_account(books, 2242, CURRENCY_JPY), ERR_LEDGER_CODE_CURRENCY,
                   "currency");
    assert_true(books_get(books, books_account(books, MERCHANT, 2242, CURRENCY_CNY)).has_floor);
    assert_false(books_get(books, books_account(books, MERCHANT, 2242, CURRENCY_USD)).has_floor);
    next.name = STR("Again"); /* it has begun by now */
    assert_refused(books, put(books, &next, &out), ERR_LEDGER_VERSION_DATE, "valid_from");
    next.valid_from = TODAY;
    assert_refused(books, put(books, &next, &out), ERR_LEDGER_VERSION_DATE, "valid_from");
    next.side = LEDGER_DEBIT;
    assert_refused(books, put(books, &next, &out), ERR_LEDGER_CODE_SIDE, "side");
    books_close(books);
}

static void a_currency_that_is_needed_stays(void **state)
{
    static const enum currency yuan[] = {CURRENCY_CNY};
    struct books *books = books_open(*state);
    struct ledger_chart_put next = {.code = 2241,
                                    .valid_from = TODAY + 1,
                                    .side = LEDGER_CREDIT,
                                    .name = STR("Narrow"),
                                    .name_zh = STR("窄"),
                                    .currencies = yuan,
                                    .currency_count = 1};
    struct ledger_versioned out;
    int64_t dollars, others;

    assert_refused(books, put(books, &next, &out), ERR_LEDGER_CODE_NEEDED, "currencies");
    next.code = 2242; /* no template names it */
    dollars = books_account(books, MERCHANT, 2242, CURRENCY_USD);
    others = books_account(books, MERCHANT, 1131, CURRENCY_USD);
    assert_ok(books_transfer(books, others, dollars, 5));
    assert_refused(books, put(books, &next, &out), ERR_LEDGER_CODE_NEEDED, "currencies");
    assert_ok(books_transfer(books, dollars, others, 5));
    assert_ok(put(books, &next, &out));
    books_close(books);
}

static void code_run(struct books *books, struct reader *reader, void *ctx)
{
    assert_ok(ledger_read_code(reader, 2242, books->arena, ctx));
}

static void a_version_that_has_not_begun_is_replaced(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put next = {.code = 2242,
                                    .valid_from = TODAY + 5,
                                    .side = LEDGER_CREDIT,
                                    .name = STR("Wrong"),
                                    .name_zh = STR("错"),
                                    .operator_id = 9};
    struct ledger_versioned out;
    struct ledger_chart versions;

    assert_ok(put(books, &next, &out));
    next.name = STR("Right");
    next.valid_from = TODAY + 1;
    next.reviewer_id = 10;
    next.reason = STR("a slip");
    assert_ok(put(books, &next, &out));
    assert_int_equal(out.version, 3);
    assert_text(entry_on(books, TODAY, 2242)->name, "Fees to be confirmed");
    assert_text(entry_on(books, TODAY + 1, 2242)->name, "Right");
    assert_text(entry_on(books, TODAY + 5, 2242)->name, "Right");
    books_read(books, code_run, &versions);
    assert_int_equal(versions.count, 3);
    assert_false(versions.entries[0].replaced);
    assert_true(versions.entries[1].replaced);
    assert_false(versions.entries[2].replaced);
    assert_int_equal(versions.entries[2].operator_id, 9);
    assert_int_equal(versions.entries[2].reviewer_id, 10);
    assert_text(versions.entries[2].reason, "a slip");
    books_close(books);
}

static void a_code_that_is_not_open_yet_may_be_named_anew(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put code = below;
    struct ledger_versioned out;

    code.code = 2231;
    code.valid_from = TODAY + 2;
    assert_ok(put(books, &code, &out));
    code.name = STR("Another name");
    assert_ok(put(books, &code, &out));
    assert_int_equal(out.version, 2);
    assert_text(entry_on(books, TODAY + 2, 2231)->name, "Another name");
    code.valid_from = TODAY + 1; /* it is opened on the day after */
    assert_refused(books, put(books, &code, &out), ERR_LEDGER_VERSION_DATE, "valid_from");
    books_close(books);
}

static void a_code_from_a_later_date_on_is_not_open_yet(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put later = below;
    struct ledger_versioned out;

    later.code = 2231;
    later.valid_from = TODAY - 1;
    assert_refused(books, put(books, &later, &out), ERR_LEDGER_VERSION_DATE, "valid_from");
    later.valid_from = TODAY + 1;
    assert_ok(put(books, &later, &out));
    assert_null(entry_on(books, TODAY, 2231));
    assert_refused(books, open_account(books, 2231, CURRENCY_CNY), ERR_LEDGER_CODE_CLOSED, "code");
    counter_add(&books->now_ms, INT64_C(86400000));
    assert_ok(open_account(books, 2231, CURRENCY_CNY));
    books_close(books);
}

static void a_code_is_closed_when_all_its_accounts_are_empty(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_close stale = {.code = 2261};
    int64_t closed_on = 0, other, account;
    struct ledger_versioned out;
    struct ledger_chart_put again = below;

    account = books_account(books, MERCHANT, 2261, CURRENCY_CNY);
    other = books_account(books, MERCHANT + 1, 2261, CURRENCY_CNY);
    assert_refused(books, books_command(books, &close_kind, &stale, &closed_on),
                   ERR_LEDGER_CODE_CHANGED, "code");
    assert_ok(books_transfer(books, account, other, 5)); /* the sum of the code is zero */
    assert_refused(books, close_code(books, 2261, &closed_on), ERR_LEDGER_CODE_BALANCE, "code");
    assert_ok(books_transfer(books, other, account, 5));
    assert_ok(close_code(books, 2261, &closed_on));
    assert_int_equal(closed_on, TODAY);
    counter_add(&books->now_ms, INT64_C(86400000));
    assert_ok(close_code(books, 2261, &closed_on)); /* closed already */
    assert_int_equal(closed_on, TODAY);
    assert_refused(books, open_account(books, 2261, CURRENCY_USD), ERR_LEDGER_CODE_CLOSED, "code");
    again.code = 2261;
    assert_refused(books, put(books, &again, &out), ERR_LEDGER_CODE_CLOSED, "code");
    again.code = 226101;
    again.valid_from = TODAY + 1;
    assert_refused(books, put(books, &again, &out), ERR_LEDGER_CODE_CLOSED, "code");
    assert_int_equal(entry_on(books, TODAY, 2261)->closed_on, TODAY);
    assert_int_equal(entry_on(books, TODAY, 2261)->closing.operator_id, 9);
    assert_int_equal(entry_on(books, TODAY, 2261)->closing.reviewer_id, 10);
    assert_text(entry_on(books, TODAY, 2261)->closing.reason, "no longer used");
    books_close(books);
}

static void a_code_is_closed_after_those_below_it(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put code = below;
    struct ledger_versioned out;
    int64_t closed_on;

    code.code = 2231;
    assert_ok(put(books, &code, &out));
    assert_ok(put(books, &below, &out));
    assert_refused(books, close_code(books, 2231, &closed_on), ERR_LEDGER_CODE_IN_USE, "code");
    assert_ok(close_code(books, 223101, &closed_on));
    assert_ok(close_code(books, 2231, &closed_on));
    books_close(books);
}

/* ---- the general ledger ---- */

static void general_run(struct books *books, struct reader *reader, void *ctx)
{
    assert_ok(ledger_read_general(reader, 0, books->arena, ctx));
}

static void assert_general(const struct ledger_general *general, size_t number, int64_t code,
                           const int64_t due[4])
{
    const struct ledger_general_row *row = &general->rows[number];

    assert_int_equal(row->entry->code, code);
    assert_int_equal(row->currency, CURRENCY_CNY);
    assert_int_equal(row->opening.minor, due[0]);
    assert_int_equal(row->debits.minor, due[1]);
    assert_int_equal(row->credits.minor, due[2]);
    assert_int_equal(row->closing.minor, due[3]);
}

/* Yesterday 100.00 in, 99.40 owed, 0.60 earned; today 0.20 of cost. */
static void the_general_ledger_is_the_sum_over_the_tree(void **state)
{
    struct books *books = books_open(*state);
    int64_t channel = books_account(books, MERCHANT, 1131, CURRENCY_CNY);
    int64_t payable = books_account(books, MERCHANT, 2241, CURRENCY_CNY);
    int64_t income = books_account(books, LEDGER_PLATFORM, 6021, CURRENCY_CNY);
    int64_t expense = books_account(books, LEDGER_PLATFORM, 6421, CURRENCY_CNY);
    int64_t cost = books_account(books, MERCHANT, 2251, CURRENCY_CNY);
    const struct ledger_leg legs[] = {debit(channel, 10000), credit(payable, 9940),
                                      credit(income, 60)};
    struct ledger_general general;

    assert_ok(books_post(books, 0, legs, ARRAY_LEN(legs), NULL));
    counter_add(&books->now_ms, INT64_C(86400000));
    assert_ok(books_transfer(books, expense, cost, 20));
    books_read(books, general_run, &general);
    assert_int_equal(general.date, TODAY + 1);
    assert_int_equal(general.row_count, 8);
    assert_true(general.balanced);
    assert_general(&general, 0, 1, (const int64_t[]){10000, 0, 0, 10000});
    assert_general(&general, 1, 1131, (const int64_t[]){10000, 0, 0, 10000});
    assert_general(&general, 2, 2, (const int64_t[]){9940, 0, 20, 9960});
    assert_general(&general, 3, 2241, (const int64_t[]){9940, 0, 0, 9940});
    assert_general(&general, 4, 2251, (const int64_t[]){0, 0, 20, 20});
    assert_general(&general, 5, 6, (const int64_t[]){60, 20, 0, 40});
    assert_general(&general, 6, 6021, (const int64_t[]){60, 0, 0, 60});
    assert_general(&general, 7, 6421, (const int64_t[]){0, 20, 0, 20});
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_code_above_is_part_of_the_code),
        cmocka_unit_test(the_shipped_chart_has_its_classes_and_codes),
        cmocka_unit_test(accounts_are_opened_under_leaves_and_counted),
        cmocka_unit_test(a_code_is_open_from_a_date_until_it_is_closed),
        cmocka_unit_test(nothing_is_posted_under_a_closed_code),
        cmocka_unit_test(a_code_may_be_bound_to_currencies),
        cmocka_unit_test(codes_are_added_below_codes_without_accounts),
        cmocka_unit_test(codes_that_vouchers_name_get_none_below_them),
        cmocka_unit_test(a_code_has_4_6_8_or_10_digits_and_one_above),
        cmocka_unit_test(a_version_is_valid_from_its_date_on),
        cmocka_unit_test(a_currency_that_is_needed_stays),
        cmocka_unit_test(a_version_that_has_not_begun_is_replaced),
        cmocka_unit_test(a_code_that_is_not_open_yet_may_be_named_anew),
        cmocka_unit_test(a_code_from_a_later_date_on_is_not_open_yet),
        cmocka_unit_test(a_code_is_closed_when_all_its_accounts_are_empty),
        cmocka_unit_test(a_code_is_closed_after_those_below_it),
        cmocka_unit_test(the_general_ledger_is_the_sum_over_the_tree),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
