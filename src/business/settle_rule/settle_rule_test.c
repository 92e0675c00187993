/* Rules: their defaults, their changes, and when money matures by them. */
#include "test/lib/ledger_kit_test.h"
#include "test/lib/settle_kit.h"

static struct settle_rule_change weekly(int64_t account_id)
{
    return (struct settle_rule_change){
        .account_id = account_id,
        .cycle = SETTLE_WEEK,
        .cycle_days = STR("5,1,5"),
        .reserve_days = 3,
        .minimum = AMOUNT(100),
        .maximum = AMOUNT(1000),
        .mode = SETTLE_SELF_SERVICE,
    };
}

static void an_account_begins_with_the_default_rule(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = settle_kit_account(books, 11);
    struct settle_rule rule = settle_kit_rule(books, account);

    assert_int_equal(rule.cycle, SETTLE_WEEK_WORK);
    assert_true(str_eq(rule.cycle_days, STR("1,2,3,4,5")));
    assert_int_equal(rule.reserve_days, 1);
    assert_int_equal(rule.mode, SETTLE_AUTOMATIC);
    assert_int_equal(rule.next_date, 20251124); /* the Monday after Saturday 2025-11-22 */
    assert_int_equal(rule.version, 1);
    assert_int_equal(settle_kit_account(books, 11), account);
    books_close(books);
}

static enum err open_over_the_api(struct tx *tx, void *ctx)
{
    return settle_rule__opened(tx, *(const int64_t *)ctx);
}

static void an_account_opened_over_the_api_begins_as_one_that_was_paid_to(void **state)
{
    struct books *books = settle_kit_open(*state);
    struct settle_rule paid = settle_kit_rule(books, settle_kit_account(books, 11)), opened;
    int64_t account = books_account(books, 12, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    int64_t deposit = books_account(books, 12, LEDGER_CODE_DEPOSIT, CURRENCY_CNY);

    assert_ok(books_run(books, open_over_the_api, &account));
    assert_ok(books_run(books, open_over_the_api, &account)); /* again */
    assert_ok(books_run(books, open_over_the_api, &deposit)); /* has no rule */
    opened = settle_kit_rule(books, account);
    assert_int_equal(opened.version, 1);
    assert_int_equal(opened.cycle, paid.cycle);
    assert_true(str_eq(opened.cycle_days, paid.cycle_days));
    assert_int_equal(opened.reserve_days, paid.reserve_days);
    assert_int_equal(opened.mode, paid.mode);
    assert_int_equal(opened.next_date, paid.next_date);
    assert_int_equal(settle_kit_account(books, 12), account);
    assert_int_equal(settle_kit_rule(books, account).version, 1);
    books_close(books);
}

static void an_account_without_a_rule_shows_the_defaults(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = books_account(books, 12, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    struct settle_rule rule = settle_kit_rule(books, account);

    assert_int_equal(rule.version, 0);
    assert_int_equal(rule.cycle, SETTLE_WEEK_WORK);
    books_close(books);
}

/* A8 of the reference: updating a rule always failed. */
static void a8_a_rule_is_changed_and_leaves_its_before_and_after(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = settle_kit_account(books, 11);
    struct settle_rule_change change = weekly(account);
    struct settle_rule rule;

    assert_ok(settle_kit_change(books, &change));
    rule = settle_kit_rule(books, account);
    assert_int_equal(rule.cycle, SETTLE_WEEK);
    assert_true(str_eq(rule.cycle_days, STR("1,5")));
    assert_int_equal(rule.reserve_days, 3);
    assert_int_equal(rule.minimum.minor, 100);
    assert_int_equal(rule.maximum.minor, 1000);
    assert_int_equal(rule.version, 2);
    change.cycle_days = STR("3");
    assert_ok(settle_kit_change(books, &change));
    assert_int_equal(settle_kit_rule(books, account).next_date, 20251126);
    books_close(books);
}

/* A9 of the reference: a self-service account had no next date, and could not be made. */
static void a9_a_self_service_account_can_be_made(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = books_account(books, 12, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    struct settle_rule_change change = weekly(account);

    assert_ok(settle_kit_change(books, &change));
    assert_int_equal(settle_kit_rule(books, account).mode, SETTLE_SELF_SERVICE);
    assert_int_equal(settle_kit_rule(books, account).next_date, 20251124);
    books_close(books);
}

static void what_cannot_be_a_rule_is_refused(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = settle_kit_account(books, 11);
    int64_t income = books_account(books, 0, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY);
    struct settle_rule_change change = weekly(account);

    change.cycle_days = STR("8");
    assert_refused(books, settle_kit_change(books, &change), ERR_SETTLE_RULE_DAYS, "cycle_days");
    change = weekly(account);
    change.maximum = AMOUNT(99);
    assert_refused(books, settle_kit_change(books, &change), ERR_SETTLE_RULE_LIMITS, "maximum");
    change = weekly(income);
    assert_refused(books, settle_kit_change(books, &change), ERR_SETTLE_RULE_ACCOUNT, "");
    change = weekly(12345);
    assert_refused(books, settle_kit_change(books, &change), ERR_SETTLE_RULE_ACCOUNT, "");
    assert_int_equal(settle_kit_rule(books, account).version, 1);
    books_close(books);
}

static enum err close_account(struct tx *tx, void *ctx)
{
    return ledger_account_close(tx, *(const int64_t *)ctx);
}

static enum err reopen_account(struct tx *tx, void *ctx)
{
    return ledger_account_reopen(tx, *(const int64_t *)ctx);
}

/* All is wrong at once; each step mends the first thing. */
static void the_refusals_of_a_rule_come_in_the_documented_order(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = settle_kit_account(books, 11);
    struct settle_rule_change change = weekly(12345);

    change.cycle_days = STR("8");
    change.minimum = AMOUNT(100);
    change.maximum = AMOUNT(99);
    change.card_id = 404;
    assert_refused(books, settle_kit_change(books, &change), ERR_SETTLE_RULE_DAYS, "cycle_days");
    change.cycle_days = STR("1");
    assert_refused(books, settle_kit_change(books, &change), ERR_SETTLE_RULE_LIMITS, "maximum");
    change.maximum = AMOUNT(100);
    assert_refused(books, settle_kit_change(books, &change), ERR_SETTLE_RULE_ACCOUNT, "");
    change.account_id = account;
    assert_ok(books_run(books, close_account, &account));
    assert_refused(books, settle_kit_change(books, &change), ERR_LEDGER_ACCOUNT_CLOSED, "account");
    assert_ok(books_run(books, reopen_account, &account));
    assert_refused(books, settle_kit_change(books, &change), ERR_ACCOUNT_CARD, "card");
    change.card_id = 0;
    assert_ok(settle_kit_change(books, &change));
    books_close(books);
}

static void a_settlement_that_is_due_stays_due_when_the_rule_changes(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = settle_kit_account(books, 11);
    struct settle_rule_change change = weekly(account);

    settle_kit_day(books, 20251124);
    assert_ok(settle_kit_change(books, &change));
    assert_int_equal(settle_kit_rule(books, account).next_date, 20251124);
    books_close(books);
}

/* It would have been planned for the month after. */
static void a_settlement_that_holidays_put_off_stays_due_when_the_rule_changes(void **state)
{
    struct books *books = settle_kit_open(*state);
    struct settle_rule_change change;
    int64_t account;

    settle_kit_day(books, 20251222);
    account = settle_kit_account(books, 11);
    change = weekly(account);
    for (int32_t day = 20260101; day <= 20260104; day++) {
        settle_kit_holiday(books, day);
    }
    change.mode = SETTLE_AUTOMATIC;
    change.cycle = SETTLE_MONTH;
    change.cycle_days = STR("1");
    assert_ok(settle_kit_change(books, &change));
    assert_int_equal(settle_kit_rule(books, account).next_date, 20260105);
    settle_kit_day(books, 20260103);
    change.minimum = AMOUNT(7);
    assert_ok(settle_kit_change(books, &change));
    assert_int_equal(settle_kit_rule(books, account).next_date, 20260105);
    settle_kit_day(books, 20260105);
    assert_ok(settle_kit_change(books, &change));
    assert_int_equal(settle_kit_rule(books, account).next_date, 20260105);
    books_close(books);
}

/* The date of a self-service rule stood still: it is no settlement that was left undone. */
static void an_account_that_becomes_automatic_waits_for_its_cycle(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = settle_kit_account(books, 11);
    struct settle_rule_change change = weekly(account);

    assert_ok(settle_kit_change(books, &change));
    settle_kit_day(books, 20251217);
    change.mode = SETTLE_AUTOMATIC;
    change.cycle = SETTLE_MONTH;
    change.cycle_days = STR("1");
    assert_ok(settle_kit_change(books, &change));
    assert_int_equal(settle_kit_rule(books, account).next_date, 20260101);
    books_close(books);
}

struct maturity {
    int64_t merchant_id;
    int32_t date;
};

static enum err ask(struct tx *tx, void *ctx)
{
    struct maturity *maturity = ctx;

    return settle_rule_matures_on(tx, maturity->merchant_id, CURRENCY_CNY, &maturity->date);
}

static void money_matures_by_the_reserve_of_its_rule(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = settle_kit_account(books, 11);
    struct settle_rule_change change = weekly(account);
    struct maturity maturity = {.merchant_id = 11};
    static const struct {
        int64_t reserve;
        int32_t on, matures;
    } rows[] = {
        {0, 20251124, 20251124},  {1, 20251124, 20251125}, {3, 20251124, 20251127},
        {1, 20251128, 20251201},  {1, 20251129, 20251201}, {0, 20251129, 20251201},
        {30, 20251201, 20260112},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        change.reserve_days = rows[i].reserve;
        assert_ok(settle_kit_change(books, &change));
        settle_kit_day(books, rows[i].on);
        assert_ok(books_run(books, ask, &maturity));
        assert_int_equal(maturity.date, rows[i].matures);
    }
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_begins_with_the_default_rule),
        cmocka_unit_test(an_account_opened_over_the_api_begins_as_one_that_was_paid_to),
        cmocka_unit_test(an_account_without_a_rule_shows_the_defaults),
        cmocka_unit_test(a8_a_rule_is_changed_and_leaves_its_before_and_after),
        cmocka_unit_test(a9_a_self_service_account_can_be_made),
        cmocka_unit_test(what_cannot_be_a_rule_is_refused),
        cmocka_unit_test(the_refusals_of_a_rule_come_in_the_documented_order),
        cmocka_unit_test(a_settlement_that_is_due_stays_due_when_the_rule_changes),
        cmocka_unit_test(a_settlement_that_holidays_put_off_stays_due_when_the_rule_changes),
        cmocka_unit_test(an_account_that_becomes_automatic_waits_for_its_cycle),
        cmocka_unit_test(money_matures_by_the_reserve_of_its_rule),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
