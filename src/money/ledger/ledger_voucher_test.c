/* The vouchers of a payment in both fund modes, worked in debits and credits. */
#include "money/ledger/ledger_voucher.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22, PAYMENT = 1001 };

static const struct ledger_voucher success = {
    .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
    .mode = LEDGER_FUND_COLLECT,
    .business_no = PAYMENT,
    .merchant_id = MERCHANT,
    .channel_account_id = CHANNEL,
    .currency = CURRENCY_CNY,
    .amounts = {[LEDGER_AMOUNT_GROSS] = {10000}, [LEDGER_AMOUNT_FEE] = {60}},
};

struct attempt {
    struct ledger_voucher voucher;
    struct ledger_posted posted;
};

static void voucher_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger_prefetch_voucher(pre, &((const struct attempt *)arg)->voucher, round);
}

static enum err voucher_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_voucher_post(tx, &((const struct attempt *)arg)->voucher, result);
}

static enum err post(struct books *books, const struct ledger_voucher *voucher,
                     struct ledger_posted *posted)
{
    static const struct command_kind kind = {
        .name = "test.voucher",
        .prefetch = voucher_prefetch,
        .apply = voucher_apply,
        .result_size = sizeof(struct ledger_posted),
    };
    const struct attempt attempt = {.voucher = *voucher};

    return books_command(books, &kind, &attempt, posted);
}

static void business_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_journal_view *out = ctx, *views;
    size_t count;

    assert_ok(
        ledger_read_business(reader, LEDGER_SOURCE_PAYMENT, PAYMENT, books->arena, &views, &count));
    assert_int_equal(count, 1);
    *out = views[0];
}

static struct ledger_journal_view journal_of_payment(struct books *books)
{
    struct ledger_journal_view view;

    books_read(books, business_run, &view);
    return view;
}

struct due {
    enum ledger_side side;
    enum ledger_code code;
    int64_t owner_id;
    int64_t amount;
};

static void assert_legs(struct books *books, const struct due *due, size_t count)
{
    struct ledger_journal_view view = journal_of_payment(books);

    assert_int_equal(view.entry_count, count);
    for (size_t i = 0; i < count; i++) {
        struct ledger_account account = books_get(books, view.entries[i].account_id);

        assert_int_equal(view.entries[i].side, due[i].side);
        assert_int_equal(view.entries[i].amount.minor, due[i].amount);
        assert_int_equal(account.code, due[i].code);
        assert_int_equal(account.owner_id, due[i].owner_id);
        assert_int_equal(account.currency, CURRENCY_CNY);
    }
    books_assert_right(books);
}

static void collected_money_is_owed_to_the_merchant_less_the_fee(void **state)
{
    struct books *books = books_open(*state);
    const struct due due[] = {
        {LEDGER_DEBIT, LEDGER_CODE_CHANNEL_RECEIVABLE, CHANNEL, 10000},
        {LEDGER_CREDIT, LEDGER_CODE_MERCHANT_PAYABLE, MERCHANT, 9940},
        {LEDGER_CREDIT, LEDGER_CODE_FEE_INCOME, LEDGER_PLATFORM, 60},
    };
    struct ledger_posted posted;

    assert_ok(post(books, &success, &posted));
    assert_int_equal(posted.journal_id, 1);
    assert_legs(books, due, ARRAY_LEN(due));
    assert_int_equal(journal_of_payment(books).reference.operation, LEDGER_OPERATION_SUCCEEDED);
    books_close(books);
}

static void money_that_went_to_the_merchant_leaves_us_the_fee(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = success;
    const struct due due[] = {
        {LEDGER_DEBIT, LEDGER_CODE_FEE_RECEIVABLE, MERCHANT, 60},
        {LEDGER_CREDIT, LEDGER_CODE_FEE_INCOME, LEDGER_PLATFORM, 60},
    };
    struct ledger_posted posted;

    voucher.mode = LEDGER_FUND_DIRECT;
    assert_ok(post(books, &voucher, &posted));
    assert_legs(books, due, ARRAY_LEN(due));
    books_close(books);
}

static void nothing_to_book_makes_no_journal(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = success;
    struct ledger_posted posted = {.journal_id = 7, .exists = true};

    voucher.mode = LEDGER_FUND_DIRECT;
    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT_ZERO;
    assert_ok(post(books, &voucher, &posted));
    assert_int_equal(posted.journal_id, 0);
    assert_false(posted.exists);
    voucher.event = LEDGER_EVENT_PAYMENT_CONFLICTED;
    assert_ok(post(books, &voucher, &posted));
    assert_int_equal(posted.journal_id, 0);
    assert_int_equal(books_prove(books).accounts, 0);
    books_close(books);
}

static void legs_of_zero_are_left_out(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = success;
    const struct due due[] = {
        {LEDGER_DEBIT, LEDGER_CODE_CHANNEL_RECEIVABLE, CHANNEL, 10000},
        {LEDGER_CREDIT, LEDGER_CODE_MERCHANT_PAYABLE, MERCHANT, 10000},
    };
    struct ledger_posted posted;

    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT_ZERO;
    assert_ok(post(books, &voucher, &posted));
    assert_legs(books, due, ARRAY_LEN(due));
    books_close(books);
}

static void a_fee_of_all_leaves_the_merchant_nothing(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = success;
    const struct due due[] = {
        {LEDGER_DEBIT, LEDGER_CODE_CHANNEL_RECEIVABLE, CHANNEL, 10000},
        {LEDGER_CREDIT, LEDGER_CODE_FEE_INCOME, LEDGER_PLATFORM, 10000},
    };
    struct ledger_posted posted;

    voucher.amounts[LEDGER_AMOUNT_FEE] = voucher.amounts[LEDGER_AMOUNT_GROSS];
    assert_ok(post(books, &voucher, &posted));
    assert_legs(books, due, ARRAY_LEN(due));
    books_close(books);
}

static void money_that_does_not_fit_goes_to_suspense(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = success;
    const struct due due[] = {
        {LEDGER_DEBIT, LEDGER_CODE_CHANNEL_RECEIVABLE, CHANNEL, 9999},
        {LEDGER_CREDIT, LEDGER_CODE_SUSPENSE, LEDGER_PLATFORM, 9999},
    };
    struct ledger_posted posted;

    voucher.event = LEDGER_EVENT_PAYMENT_CONFLICTED;
    voucher.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT(9999);
    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT_ZERO;
    assert_ok(post(books, &voucher, &posted));
    assert_legs(books, due, ARRAY_LEN(due));
    assert_int_equal(journal_of_payment(books).reference.operation, LEDGER_OPERATION_CONFLICTED);
    books_close(books);
}

static void a_payment_is_booked_once(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = success;
    struct ledger_posted first, again;

    assert_ok(post(books, &success, &first));
    assert_ok(post(books, &success, &again));
    assert_true(again.exists);
    assert_int_equal(again.journal_id, first.journal_id);
    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT(61);
    assert_refused(books, post(books, &voucher, &again), ERR_LEDGER_CONFLICT, "legs[1].amount");
    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT_ZERO;
    assert_refused(books, post(books, &voucher, &again), ERR_LEDGER_CONFLICT, "legs");
    voucher = success;
    voucher.mode = LEDGER_FUND_DIRECT;
    assert_refused(books, post(books, &voucher, &again), ERR_LEDGER_CONFLICT, "legs");
    voucher = success;
    voucher.merchant_id = MERCHANT + 1;
    assert_refused(books, post(books, &voucher, &again), ERR_LEDGER_CONFLICT, "legs[1].account");
    assert_int_equal(books_prove(books).accounts, 3); /* the refused one's account is gone too */
    books_assert_right(books);
    books_close(books);
}

static void refusals_of_vouchers_come_in_order(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = success;
    struct ledger_posted posted;

    voucher.business_no = 0;
    voucher.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT(0);
    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT(-1);
    voucher.currency = CURRENCY_NONE;
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_REFERENCE, "business_no");
    voucher.business_no = PAYMENT;
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_AMOUNT, "gross");
    voucher.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT(100);
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_AMOUNT, "fee");
    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT(101);
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_AMOUNT, "fee");
    voucher.amounts[LEDGER_AMOUNT_FEE] = AMOUNT(100);
    assert_refused(books, post(books, &voucher, &posted), ERR_CURRENCY_UNKNOWN, "currency");
    voucher.currency = CURRENCY_CNY;
    assert_ok(post(books, &voucher, &posted));
    books_close(books);
}

static void accounts_of_many_payments_are_shared(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_posted posted;

    for (int i = 0; i < 50; i++) {
        struct ledger_voucher voucher = success;

        voucher.business_no = PAYMENT + i;
        voucher.mode = i % 2 == 0 ? LEDGER_FUND_DIRECT : LEDGER_FUND_COLLECT;
        assert_ok(post(books, &voucher, &posted));
    }
    books_reopen(books);
    assert_int_equal(books_prove(books).accounts, 4);
    assert_int_equal(books_get(books, books_account(books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME,
                                                    CURRENCY_CNY))
                         .posted.minor,
                     50 * 60);
    books_assert_right(books);
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(collected_money_is_owed_to_the_merchant_less_the_fee),
        cmocka_unit_test(money_that_went_to_the_merchant_leaves_us_the_fee),
        cmocka_unit_test(nothing_to_book_makes_no_journal),
        cmocka_unit_test(legs_of_zero_are_left_out),
        cmocka_unit_test(a_fee_of_all_leaves_the_merchant_nothing),
        cmocka_unit_test(money_that_does_not_fit_goes_to_suspense),
        cmocka_unit_test(a_payment_is_booked_once),
        cmocka_unit_test(refusals_of_vouchers_come_in_order),
        cmocka_unit_test(accounts_of_many_payments_are_shared),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
