/* Settlements: how much, what becomes of them, and the merchant's own. */
#include "test/lib/ledger_kit_test.h"
#include "test/lib/settle_kit.h"

#include "business/merchant/merchant_int.h"

enum { MERCHANT = 11 };
/* Monday to Friday; the kit's clock begins on the Saturday before. */
enum { MONDAY = 20251124, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY };

/* 100 with a fee of 10, on each of four days. */
static int64_t trade_for_four_days(struct books *books)
{
    for (int32_t day = MONDAY; day <= THURSDAY; day++) {
        settle_kit_day(books, day);
        settle_kit_earn(books, MERCHANT, 90);
    }
    return settle_kit_account(books, MERCHANT);
}

static void the_worked_example_of_maturity_holds(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    int64_t bank = books_account(books, 0, LEDGER_CODE_BANK, CURRENCY_CNY);
    int64_t income = books_account(books, 0, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY);
    const struct ledger_leg cash_out[] = {debit(account, 140), credit(bank, 100),
                                          credit(income, 40)};

    assert_int_equal(books_get(books, account).posted.minor, 360);
    assert_int_equal(settle_kit_matured(books, account, THURSDAY), 270);
    assert_ok(books_post(books, 0, cash_out, ARRAY_LEN(cash_out), NULL));
    assert_int_equal(books_get(books, account).posted.minor, 220);
    assert_int_equal(settle_kit_matured(books, account, THURSDAY), 130);
    assert_int_equal(settle_kit_matured(books, account, FRIDAY), 220);
    books_assert_right(books);
    books_close(books);
}

static void only_what_has_matured_is_settled(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    struct settle_order order;

    (void)settle_kit_run_open(books);
    assert_int_equal(settle_kit_turn(books, account, THURSDAY), SETTLE_OUTCOME_SETTLED);
    order = settle_kit_order(books, account);
    assert_int_equal(order.amount.minor, 270);
    assert_int_equal(order.fee.minor, 0);
    assert_int_equal(order.settle_date, THURSDAY);
    assert_int_equal(settle_kit_rule(books, account).next_date, FRIDAY);
    books_close(books);
}

/* The reference marked a settlement SUCCESS before any money had left. */
static void a_settlement_waits_with_its_money_held_until_it_is_paid(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    struct settle_order order;

    (void)settle_kit_run(books, 100);
    order = settle_kit_order(books, account);
    assert_int_equal(order.status, SETTLE_WAITING);
    assert_int_equal(order.journal_id, 0);
    assert_int_equal(books_get(books, account).posted.minor, 360);
    assert_int_equal(books_get(books, account).held.minor, 270);
    assert_int_equal(settle_kit_matured(books, account, THURSDAY), 0);
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, order.id));
    order = settle_kit_order(books, account);
    assert_int_equal(order.status, SETTLE_PAID);
    assert_true(order.journal_id > 0);
    assert_int_equal(books_get(books, account).posted.minor, 90);
    assert_int_equal(books_get(books, account).held.minor, 0);
    books_assert_right(books);
    books_close(books);
}

/* A4 of the reference: the fee was added twice and on top, so that any rate failed for ever. */
static void a4_the_fee_is_inside_the_amount_and_taken_once(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    int64_t bank = books_account(books, 0, LEDGER_CODE_BANK, CURRENCY_CNY);
    int64_t income = books_account(books, 0, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY);
    struct settle_order order;

    settle_kit_fee(books, MERCHANT, 7);
    (void)settle_kit_run(books, 100);
    order = settle_kit_order(books, account);
    assert_int_equal(order.amount.minor, 270);
    assert_int_equal(order.fee.minor, 7);
    assert_int_equal(settle_payout(&order).minor, 263);
    assert_true(order.rate_id > 0 && order.rate.len > 0);
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, order.id));
    assert_int_equal(books_get(books, account).posted.minor, 90);
    assert_int_equal(books_get(books, bank).posted.minor, -263);
    assert_int_equal(books_get(books, income).posted.minor, 7);
    books_assert_right(books);
    books_close(books);
}

static void a_settlement_keeps_what_priced_it(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    struct settle_order order;

    settle_kit_rate(
        books, MERCHANT,
        &(struct rate){.tier_mode = RATE_TIERS_WHOLE, .tiers = STR("0:90000:0 270:50000:0")});
    (void)settle_kit_run(books, 100);
    order = settle_kit_order(books, account);
    assert_int_equal(order.amount.minor, 270);
    assert_int_equal(order.fee.minor, 14); /* 5 % of it, rounded half up */
    assert_int_equal(order.rate_millionths, 50000);
    books_close(books);
}

/* A6 of the reference: a settlement that came back could not be booked. */
static void a6_what_comes_back_is_there_at_once_with_its_fee(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    int64_t bank = books_account(books, 0, LEDGER_CODE_BANK, CURRENCY_CNY);
    struct settle_order order;

    settle_kit_fee(books, MERCHANT, 7);
    (void)settle_kit_run(books, 100);
    order = settle_kit_order(books, account);
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, order.id));
    assert_int_equal(settle_kit_matured(books, account, THURSDAY), 0);
    assert_ok(settle_kit_step(books, SETTLE_KIT_RETURN, order.id));
    assert_ok(settle_kit_step(books, SETTLE_KIT_RETURN, order.id));
    order = settle_kit_order(books, account);
    assert_int_equal(order.status, SETTLE_RETURNED);
    assert_true(order.return_journal_id > order.journal_id);
    assert_true(str_eq(order.reason, STR("wrong card")));
    assert_int_equal(books_get(books, account).posted.minor, 360);
    assert_int_equal(settle_kit_matured(books, account, THURSDAY), 270);
    assert_int_equal(books_get(books, bank).posted.minor, 0);
    books_assert_right(books);
    books_close(books);
}

static void a_cancelled_settlement_gives_its_money_free(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    struct settle_order order;

    (void)settle_kit_run(books, 100);
    order = settle_kit_order(books, account);
    assert_ok(settle_kit_step(books, SETTLE_KIT_CANCEL, order.id));
    assert_ok(settle_kit_step(books, SETTLE_KIT_CANCEL, order.id));
    assert_int_equal(settle_kit_order(books, account).status, SETTLE_CANCELLED);
    assert_int_equal(books_get(books, account).held.minor, 0);
    assert_int_equal(settle_kit_matured(books, account, THURSDAY), 270);
    books_close(books);
}

static void a_step_out_of_turn_is_refused(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    int64_t id;

    (void)settle_kit_run(books, 100);
    id = settle_kit_order(books, account).id;
    assert_refused(books, settle_kit_step(books, SETTLE_KIT_PAY, id + 1), ERR_SETTLE_NOT_FOUND, "");
    assert_refused(books, settle_kit_step(books, SETTLE_KIT_RETURN, id), ERR_SETTLE_STATE,
                   "status");
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, id));
    assert_refused(books, settle_kit_step(books, SETTLE_KIT_CANCEL, id), ERR_SETTLE_STATE,
                   "status");
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, id));
    assert_ok(settle_kit_step(books, SETTLE_KIT_RETURN, id));
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, id)); /* told late: it stays returned */
    assert_int_equal(settle_kit_order(books, account).status, SETTLE_RETURNED);
    books_assert_right(books);
    books_close(books);
}

static void a_cancelled_settlement_is_not_paid(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    int64_t id;

    (void)settle_kit_run(books, 100);
    id = settle_kit_order(books, account).id;
    assert_ok(settle_kit_step(books, SETTLE_KIT_CANCEL, id));
    assert_refused(books, settle_kit_step(books, SETTLE_KIT_PAY, id), ERR_SETTLE_STATE, "status");
    assert_refused(books, settle_kit_step(books, SETTLE_KIT_RETURN, id), ERR_SETTLE_STATE,
                   "status");
    books_close(books);
}

/* ---- paid out by hand ---- */

static enum err say(struct books *books, int64_t id, enum settle_status outcome,
                    struct settle_claimed *claimed)
{
    const struct settle_claim arg = {.outcome = outcome,
                                     .reason = STR("wrong card"),
                                     .id = id,
                                     .maker_key_id = 7,
                                     .limit = AMOUNT(269)};

    return books_command(books, &settle__claim_kind, &arg, claimed);
}

static enum err apply_review(struct tx *tx, void *ctx)
{
    return settle__review.apply(tx, ctx);
}

static void what_the_bank_has_done_is_booked_when_it_is_approved(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    struct settle_claimed claimed;
    int64_t id;

    (void)settle_kit_run(books, 100);
    id = settle_kit_order(books, account).id;
    assert_ok(say(books, id, SETTLE_PAID, &claimed));
    assert_int_equal(claimed.order.id, 0);
    assert_int_equal(claimed.review.needed, 2); /* 270 is above the limit */
    assert_int_equal(settle_kit_order(books, account).status, SETTLE_WAITING);
    assert_ok(books_run(books, apply_review, &claimed.review));
    assert_int_equal(books_get(books, account).posted.minor, 90);
    assert_ok(say(books, id, SETTLE_PAID, &claimed)); /* it is there already */
    assert_int_equal(claimed.order.status, SETTLE_PAID);
    assert_ok(say(books, id, SETTLE_RETURNED, &claimed));
    assert_ok(books_run(books, apply_review, &claimed.review));
    assert_int_equal(books_get(books, account).posted.minor, 360);
    assert_true(str_eq(settle_kit_order(books, account).reason, STR("wrong card")));
    books_assert_right(books);
    books_close(books);
}

static void the_refusals_of_an_outcome_come_in_the_documented_order(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t account = trade_for_four_days(books);
    struct settle_claimed claimed, late;
    int64_t id;

    (void)settle_kit_run(books, 100);
    id = settle_kit_order(books, account).id;
    assert_refused(books, say(books, id + 1, SETTLE_PAID, &claimed), ERR_SETTLE_NOT_FOUND, "");
    assert_refused(books, say(books, id, SETTLE_RETURNED, &claimed), ERR_SETTLE_STATE, "status");
    assert_ok(say(books, id, SETTLE_PAID, &late));
    assert_ok(say(books, id, SETTLE_PAID, &claimed)); /* the same word, again */
    assert_int_equal(claimed.review.id, late.review.id);
    assert_ok(settle_kit_step(books, SETTLE_KIT_CANCEL, id));
    assert_refused(books, books_run(books, apply_review, &late.review), ERR_SETTLE_STATE, "status");
    assert_refused(books, say(books, id, SETTLE_PAID, &claimed), ERR_SETTLE_STATE, "status");
    books_close(books);
}

/* ---- self-service ---- */

static struct settle_rule_change self_service(int64_t account_id)
{
    return (struct settle_rule_change){
        .account_id = account_id,
        .cycle = SETTLE_WEEK,
        .cycle_days = STR("1"),
        .reserve_days = 1,
        .minimum = AMOUNT(50),
        .maximum = AMOUNT(200),
        .mode = SETTLE_SELF_SERVICE,
    };
}

static enum err ask_for(struct books *books, int64_t merchant_id, const char *settlement_no,
                        int64_t amount)
{
    const struct settle_self self = {.merchant_id = merchant_id,
                                     .currency = CURRENCY_CNY,
                                     .settlement_no = str_of(settlement_no),
                                     .amount = AMOUNT(amount)};
    struct settle_order order;

    return books_command(books, &settle__self_kind, &self, &order);
}

static void a_merchant_settles_by_itself_when_its_rule_says_so(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant = settle_kit_merchant(books, "M1");
    int64_t account = settle_kit_account(books, merchant);
    struct settle_rule_change change = self_service(account);
    struct settle_order order;

    settle_kit_earn(books, merchant, 300);
    settle_kit_day(books, MONDAY);
    assert_refused(books, ask_for(books, merchant, "S1", 100), ERR_SETTLE_AUTOMATIC, "account");
    assert_ok(settle_kit_change(books, &change));
    assert_refused(books, ask_for(books, merchant, "S1", 201), ERR_SETTLE_MAXIMUM, "amount");
    assert_refused(books, ask_for(books, merchant, "S1", 49), ERR_SETTLE_MINIMUM, "amount");
    assert_refused(books,
                   books_command(books, &settle__self_kind,
                                 &(struct settle_self){.merchant_id = merchant,
                                                       .app_id = 1, /* not the merchant's */
                                                       .currency = CURRENCY_CNY,
                                                       .settlement_no = STR("S1")},
                                 &order),
                   ERR_MERCHANT_APP_DISABLED, "");
    assert_ok(ask_for(books, merchant, "S1", 120));
    assert_int_equal(settle_kit_order(books, account).amount.minor, 120);
    assert_ok(ask_for(books, merchant, "S1", 120));
    assert_ok(ask_for(books, merchant, "S1", 0));
    assert_refused(books, ask_for(books, merchant, "S1", 121), ERR_SETTLE_CONFLICT, "amount");
    assert_refused(books, ask_for(books, merchant, "S2", 60), ERR_SETTLE_EXISTS, "account");
    assert_int_equal(books_get(books, account).held.minor, 120);
    settle_kit_day(books, TUESDAY);
    assert_refused(books, ask_for(books, merchant, "S2", 181), ERR_LEDGER_INSUFFICIENT, "amount");
    assert_ok(ask_for(books, merchant, "S2", 0));
    assert_int_equal(settle_kit_order(books, account).amount.minor, 180);
    settle_kit_day(books, WEDNESDAY);
    assert_refused(books, ask_for(books, merchant, "S3", 0), ERR_SETTLE_NOTHING, "account");
    books_close(books);
}

static void set_merchant(struct books *books, int64_t merchant_id, enum merchant_status status)
{
    const struct merchant_set_status set = {.merchant_id = merchant_id, .status = status};
    struct merchant merchant;

    assert_ok(books_command(books, &merchant__status_kind, &set, &merchant));
}

static enum err close_account(struct tx *tx, void *ctx)
{
    return ledger_account_close(tx, *(const int64_t *)ctx);
}

static enum err reopen_account(struct tx *tx, void *ctx)
{
    return ledger_account_reopen(tx, *(const int64_t *)ctx);
}

static int64_t block_debits(struct books *books, int64_t account_id)
{
    const struct ledger_hold_place place = {
        .reference = books_reference(books, LEDGER_OPERATION_HOLD),
        .account_id = account_id,
        .kind = LEDGER_HOLD_RISK,
        .effect = LEDGER_HOLD_DEBIT_BLOCK,
    };
    struct ledger_held held;

    assert_ok(books_command(books, &ledger_place_kind, &place, &held));
    return held.hold_id;
}

static void unblock(struct books *books, int64_t hold_id)
{
    const struct ledger_hold_release release = {
        .reference = books_reference(books, LEDGER_OPERATION_RELEASE),
        .hold_id = hold_id,
        .whole = true,
    };
    struct ledger_held held;

    assert_ok(books_command(books, &ledger_release_kind, &release, &held));
}

static void set_limits(struct books *books, int64_t account_id, int64_t minimum, int64_t maximum)
{
    struct settle_rule_change change = self_service(account_id);

    change.minimum = AMOUNT(minimum);
    change.maximum = AMOUNT(maximum);
    assert_ok(settle_kit_change(books, &change));
}

/* All is wrong at once, as far as it can be; each step mends the first thing. The account is empty
 * when it is closed, so that its money comes later. */
static void the_refusals_of_self_service_come_in_the_documented_order(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant = settle_kit_merchant(books, "M1");
    int64_t account = settle_kit_account(books, merchant), block;
    struct settle_rule_change automatic = self_service(account);
    struct settle_self self = {merchant, 1, CURRENCY_USD, STR("S1"),
                               AMOUNT(500)}; /* app 1 is not the merchant's */
    struct settle_order order;

    settle_kit_earn(books, merchant, 100);
    settle_kit_day(books, MONDAY);
    set_limits(books, account, 50, 200);
    assert_ok(ask_for(books, merchant, "S1", 100));
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, settle_kit_order(books, account).id));
    settle_kit_fee(books, merchant, 1000);
    automatic.mode = SETTLE_AUTOMATIC;
    assert_ok(settle_kit_change(books, &automatic));
    assert_ok(books_run(books, close_account, &account));
    set_merchant(books, merchant, MERCHANT_SUSPENDED);

#define ASK() books_command(books, &settle__self_kind, &self, &order)
    assert_refused(books, ASK(), ERR_SETTLE_CONFLICT, "currency");
    self.currency = CURRENCY_CNY;
    assert_refused(books, ASK(), ERR_SETTLE_CONFLICT, "amount");
    self.settlement_no = STR("S2");
    assert_refused(books, ASK(), ERR_MERCHANT_SUSPENDED, "");
    set_merchant(books, merchant, MERCHANT_ACTIVE);
    assert_refused(books, ASK(), ERR_MERCHANT_APP_DISABLED, "");
    self.app_id = 0;
    self.currency = CURRENCY_USD;
    assert_refused(books, ASK(), ERR_LEDGER_ACCOUNT, "currency");
    self.currency = CURRENCY_CNY;
    assert_refused(books, ASK(), ERR_SETTLE_AUTOMATIC, "account");
    assert_ok(books_run(books, reopen_account, &account));
    set_limits(books, account, 450, 450);
    assert_ok(books_run(books, close_account, &account));
    assert_refused(books, ASK(), ERR_LEDGER_ACCOUNT_CLOSED, "account");
    assert_ok(books_run(books, reopen_account, &account));
    block = block_debits(books, account);
    assert_refused(books, ASK(), ERR_LEDGER_DEBIT_BLOCKED, "account");
    unblock(books, block);
    assert_refused(books, ASK(), ERR_SETTLE_EXISTS, "account");
    settle_kit_day(books, TUESDAY);
    assert_refused(books, ASK(), ERR_SETTLE_NOTHING, "account");
    settle_kit_earn(books, merchant, 300);
    settle_kit_day(books, WEDNESDAY);
    assert_refused(books, ASK(), ERR_SETTLE_MAXIMUM, "amount");
    set_limits(books, account, 600, 0);
    assert_refused(books, ASK(), ERR_LEDGER_INSUFFICIENT, "amount");
    settle_kit_earn(books, merchant, 300);
    settle_kit_day(books, THURSDAY);
    assert_refused(books, ASK(), ERR_SETTLE_MINIMUM, "amount");
    set_limits(books, account, 50, 0);
    assert_refused(books, ASK(), ERR_SETTLE_FEE, "amount");
    settle_kit_fee(books, merchant, 7);
    assert_ok(ASK());
    assert_int_equal(order.amount.minor, 500);
    set_merchant(books, merchant, MERCHANT_CLOSED); /* for ever */
    assert_ok(ASK());
    self.settlement_no = STR("S3");
    self.app_id = 1;
    assert_refused(books, ASK(), ERR_MERCHANT_CLOSED, "");
#undef ASK
    books_assert_right(books);
    books_close(books);
}

static void a_self_service_account_is_left_alone_by_the_run(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant = settle_kit_merchant(books, "M1");
    int64_t account = settle_kit_account(books, merchant);
    struct settle_rule_change change = self_service(account);
    struct settle_run run;

    assert_ok(settle_kit_change(books, &change));
    settle_kit_earn(books, merchant, 300);
    settle_kit_day(books, TUESDAY);
    run = settle_kit_run(books, 100);
    assert_int_equal(run.settled + run.skipped + run.failed, 0);
    assert_int_equal(settle_kit_order(books, account).id, 0);
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_of_maturity_holds),
        cmocka_unit_test(only_what_has_matured_is_settled),
        cmocka_unit_test(a_settlement_waits_with_its_money_held_until_it_is_paid),
        cmocka_unit_test(a4_the_fee_is_inside_the_amount_and_taken_once),
        cmocka_unit_test(a_settlement_keeps_what_priced_it),
        cmocka_unit_test(a6_what_comes_back_is_there_at_once_with_its_fee),
        cmocka_unit_test(a_cancelled_settlement_gives_its_money_free),
        cmocka_unit_test(a_step_out_of_turn_is_refused),
        cmocka_unit_test(a_cancelled_settlement_is_not_paid),
        cmocka_unit_test(what_the_bank_has_done_is_booked_when_it_is_approved),
        cmocka_unit_test(the_refusals_of_an_outcome_come_in_the_documented_order),
        cmocka_unit_test(a_merchant_settles_by_itself_when_its_rule_says_so),
        cmocka_unit_test(the_refusals_of_self_service_come_in_the_documented_order),
        cmocka_unit_test(a_self_service_account_is_left_alone_by_the_run),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
