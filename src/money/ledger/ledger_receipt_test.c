/* Receipts: both parties, the amount in figures and numerals, and a code that stays. */
#include "money/ledger/ledger_statement.h"

#include "test/lib/ledger_kit_test.h"

struct receipt_query {
    struct ledger_receipt_ask ask;
    struct ledger_receipt receipt;
    struct str pdf;
    enum err err;
};

static enum err read_both(struct reader *reader, struct arena *arena, struct receipt_query *query)
{
    TRY(ledger_read_receipt(reader, &query->ask, arena, &query->receipt));
    return ledger_receipt_pdf(&query->receipt, arena, &query->pdf);
}

static void receipt_run(struct books *books, struct reader *reader, void *ctx)
{
    struct receipt_query *query = ctx;

    query->err = read_both(reader, books->arena, query);
}

static struct receipt_query read_receipt(struct books *books, int64_t journal_id,
                                         enum ledger_language language)
{
    struct receipt_query query = {.ask = {.journal_id = journal_id, .language = language}};

    books_read(books, receipt_run, &query);
    return query;
}

static const char *text(struct books *books, struct str text)
{
    return str_cstr(books->arena, text);
}

static void a_receipt_names_both_parties_and_the_amount(void **state)
{
    struct books *books = books_open(*state);
    int64_t bank = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_CNY);
    int64_t merchant = books_account(books, 7, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    struct receipt_query zh, en;

    assert_ok(books_transfer(books, bank, merchant, 10700053));
    zh = read_receipt(books, 1, LEDGER_CHINESE);
    en = read_receipt(books, 1, LEDGER_ENGLISH);
    assert_ok(zh.err);
    assert_int_equal(zh.receipt.leg_count, 2);
    assert_int_equal(zh.receipt.legs[0].account.id, bank);
    assert_int_equal(zh.receipt.legs[0].entry.side, LEDGER_DEBIT);
    assert_int_equal(zh.receipt.legs[1].account.id, merchant);
    assert_string_equal(text(books, zh.receipt.legs[0].name), "备付金存款");
    assert_string_equal(text(books, zh.receipt.legs[1].name), "应付商户待结算");
    assert_int_equal(zh.receipt.amount.minor, 10700053);
    assert_int_equal(zh.receipt.currency, CURRENCY_CNY);
    assert_string_equal(text(books, zh.receipt.in_chinese), "人民币壹拾万柒仟元零伍角叁分");
    assert_int_equal(zh.receipt.code.len, 19);
    assert_ok(en.err);
    assert_string_equal(text(books, en.receipt.code), text(books, zh.receipt.code));
    assert_false(str_eq(en.receipt.legs[0].name, zh.receipt.legs[0].name));
    assert_true(str_starts(zh.pdf, STR("%PDF-1.")));
    assert_true(str_eq(read_receipt(books, 1, LEDGER_CHINESE).pdf, zh.pdf));
    books_close(books);
}

static struct receipt_query read_of(struct books *books, int64_t account_id)
{
    struct receipt_query query = {
        .ask = {.journal_id = 1, .language = LEDGER_CHINESE, .account_id = account_id}};

    books_read(books, receipt_run, &query);
    return query;
}

static void an_owner_sees_his_own_legs_alone(void **state)
{
    struct books *books = books_open(*state);
    int64_t channel = books_account(books, 3, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);
    int64_t cost = books_account(books, LEDGER_PLATFORM, 6421, CURRENCY_CNY);
    int64_t merchant = books_account(books, 7, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    int64_t deposit = books_account(books, 7, LEDGER_CODE_DEPOSIT, CURRENCY_CNY);
    int64_t other = books_account(books, 8, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    int64_t stranger = books_account(books, 9, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    const struct ledger_leg legs[] = {debit(channel, 9980),   debit(cost, 20),
                                      credit(merchant, 7000), debit(merchant, 500),
                                      credit(deposit, 500),   credit(other, 3000)};
    struct receipt_query own, theirs, whole;

    assert_ok(books_post(books, 0, legs, ARRAY_LEN(legs), NULL));
    own = read_of(books, merchant);
    assert_ok(own.err);
    assert_int_equal(own.receipt.leg_count, 3);
    for (size_t i = 0; i < own.receipt.leg_count; i++) {
        assert_int_equal(own.receipt.legs[i].account.owner_id, 7);
    }
    assert_int_equal(own.receipt.amount.minor, 7500);
    assert_string_equal(text(books, own.receipt.in_chinese), "人民币柒拾伍元整");
    theirs = read_of(books, other);
    assert_ok(theirs.err);
    assert_int_equal(theirs.receipt.leg_count, 1);
    assert_int_equal(theirs.receipt.amount.minor, 3000);
    assert_int_equal(read_of(books, stranger).err, ERR_LEDGER_JOURNAL);
    whole = read_of(books, 0);
    assert_ok(whole.err);
    assert_int_equal(whole.receipt.leg_count, ARRAY_LEN(legs));
    assert_int_equal(whole.receipt.amount.minor, 10500);
    /* A code over amounts that are not shown could be searched for them. */
    assert_false(str_eq(own.receipt.code, whole.receipt.code));
    assert_string_equal(text(books, read_of(books, deposit).receipt.code),
                        text(books, own.receipt.code));
    books_close(books);
}

static void an_exchange_is_told_in_the_currency_of_the_account(void **state)
{
    struct books *books = books_open(*state);
    int64_t yuan = books_account(books, 7, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    int64_t dollars = books_account(books, 7, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_USD);
    int64_t short_of = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_CNY);
    int64_t long_of = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_USD);
    const struct ledger_leg legs[] = {debit(short_of, 720), credit(yuan, 720), debit(long_of, 100),
                                      credit(dollars, 100)};
    struct receipt_query query;

    assert_ok(books_post(books, 0, legs, ARRAY_LEN(legs), NULL));
    query = read_of(books, dollars);
    assert_ok(query.err);
    assert_int_equal(query.receipt.currency, CURRENCY_USD);
    assert_int_equal(query.receipt.amount.minor, 100);
    assert_true(query.receipt.several);
    assert_int_equal(read_of(books, yuan).receipt.amount.minor, 720);
    books_close(books);
}

static void every_movement_has_a_code_of_its_own(void **state)
{
    struct books *books = books_open(*state);
    int64_t bank = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_CNY);
    int64_t merchant = books_account(books, 7, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);

    assert_ok(books_transfer(books, bank, merchant, 100));
    assert_ok(books_transfer(books, bank, merchant, 100));
    assert_false(str_eq(read_receipt(books, 1, LEDGER_CHINESE).receipt.code,
                        read_receipt(books, 2, LEDGER_CHINESE).receipt.code));
    assert_int_equal(read_receipt(books, 3, LEDGER_CHINESE).err, ERR_LEDGER_JOURNAL);
    books_close(books);
}

static void a_receipt_of_many_legs_and_currencies_is_one_page(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_leg legs[LEDGER_LEGS_MAX];
    struct receipt_query query;

    for (size_t i = 0; i < LEDGER_LEGS_MAX; i += 2) {
        enum currency currency = i < 4 ? CURRENCY_JPY : CURRENCY_USD;

        legs[i] = debit(books_account(books, LEDGER_PLATFORM, LEDGER_CODE_BANK, currency), 5);
        legs[i + 1] = credit(books_account(books, 7, LEDGER_CODE_MERCHANT_PAYABLE, currency), 5);
    }
    assert_ok(books_post(books, 0, legs, LEDGER_LEGS_MAX, NULL));
    query = read_receipt(books, 1, LEDGER_ENGLISH);
    assert_ok(query.err);
    assert_int_equal(query.receipt.leg_count, LEDGER_LEGS_MAX);
    assert_int_equal(query.receipt.amount.minor, 10);
    assert_int_equal(query.receipt.currency, CURRENCY_JPY);
    assert_true(query.receipt.several);
    assert_int_equal(query.receipt.in_chinese.len, 0);
    books_close(books);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_names_both_parties_and_the_amount),
        cmocka_unit_test(an_owner_sees_his_own_legs_alone),
        cmocka_unit_test(an_exchange_is_told_in_the_currency_of_the_account),
        cmocka_unit_test(every_movement_has_a_code_of_its_own),
        cmocka_unit_test(a_receipt_of_many_legs_and_currencies_is_one_page),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
