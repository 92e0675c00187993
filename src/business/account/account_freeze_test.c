/* Freezes to their end: a forced deduction of each type of account. */
#include "business/account/account_int.h"
#include "money/ledger/ledger_voucher.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, REVIEW = 2 };
#define DOCUMENT "(2026)沪01执1号"

struct site {
    struct books *books;
    int64_t account;
    int64_t bank;
};

/* An account of the type with 1,000 on it. */
static struct site site_open(void **state, enum account_type type)
{
    static const struct store_part *const parts[] = {&account_part};
    struct site s = {.books = books_open_with(*state, parts, ARRAY_LEN(parts))};

    s.account = books_account(s.books, MERCHANT, account__code_of(type), CURRENCY_CNY);
    s.bank = books_account(s.books, LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_CNY);
    assert_ok(books_transfer(s.books, s.bank, s.account, 1000));
    return s;
}

static void finish(struct site *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

static int64_t freeze(struct site *s, struct account_freeze arg)
{
    struct account_result result;

    arg.account_id = s->account;
    arg.kind = arg.kind == 0 ? LEDGER_HOLD_JUDICIAL : arg.kind;
    arg.reason = STR("a test");
    arg.operator_id = 1;
    assert_ok(books_command(s->books, &account__freeze_kind, &arg, &result));
    return result.id;
}

static enum err release_run(struct tx *tx, void *ctx)
{
    return account__release(tx, ctx);
}

static enum err deduct(struct site *s, int64_t hold_id, int64_t amount)
{
    struct account_release arg = {.hold_id = hold_id,
                                  .deduct = true,
                                  .amount = AMOUNT(amount),
                                  .reason = STR("the court takes it"),
                                  .review_id = REVIEW};

    return books_run(s->books, release_run, &arg);
}

/* ---- forced deductions ---- */

static void read_deduction(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_journal_view *out = ctx, *views;
    size_t count;

    assert_ok(
        ledger_read_business(reader, LEDGER_SOURCE_OPERATOR, REVIEW, books->arena, &views, &count));
    assert_int_equal(count, 1);
    assert_ok(ledger_read_journal(reader, views[0].id, books->arena, out));
}

static void assert_deduction(struct site *s, enum ledger_event event, int64_t amount)
{
    struct ledger_journal_view view;

    books_read(s->books, read_deduction, &view);
    assert_int_equal(view.reference.operation, LEDGER_OPERATION_DEDUCTED);
    assert_int_equal(ledger_template_event(view.voucher), event);
    assert_int_equal(view.entry_count, 2);
    assert_int_equal(view.entries[0].account_id, s->account);
    assert_int_equal(view.entries[0].side, LEDGER_DEBIT);
    assert_int_equal(view.entries[0].amount.minor, amount);
    assert_int_equal(view.entries[1].account_id, s->bank);
    assert_int_equal(view.entries[1].side, LEDGER_CREDIT);
    assert_true(str_eq(view.memo, STR(DOCUMENT)));
}

/* Out of the held account, through its block, to the bank at once: nothing is left in transit. */
static void is_deducted(void **state, enum account_type type, enum ledger_event event)
{
    struct site s = site_open(state, type);
    int64_t hold = freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_AMOUNT,
                                                      .amount = AMOUNT(400),
                                                      .document_no = STR(DOCUMENT)});

    (void)freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_FULL_BLOCK});
    assert_ok(deduct(&s, hold, 300));
    assert_deduction(&s, event, 300);
    assert_int_equal(books_get(s.books, s.account).posted.minor, 700);
    assert_int_equal(books_get(s.books, s.account).held.minor, 100);
    assert_int_equal(books_get(s.books, s.bank).posted.minor, 700);
    finish(&s);
}

static void a_settlement_account_is_deducted_to_the_bank(void **state)
{
    is_deducted(state, ACCOUNT_SETTLEMENT, LEDGER_EVENT_BALANCE_DEDUCTED);
}

static void a_deposit_is_deducted_to_the_bank(void **state)
{
    is_deducted(state, ACCOUNT_DEPOSIT, LEDGER_EVENT_DEPOSIT_DEDUCTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settlement_account_is_deducted_to_the_bank),
        cmocka_unit_test(a_deposit_is_deducted_to_the_bank),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
