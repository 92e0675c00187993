/* The run: every due account once, whatever happens in between. */
#include "business/merchant/merchant_int.h"
#include "test/lib/ledger_kit_test.h"
#include "test/lib/settle_kit.h"

enum { MANY = 7, WAIT_MS = 20000 };
enum { MONDAY = 20251124, TUESDAY, WEDNESDAY };

/* Merchants 1 … MANY each earn 100 on Monday, which has matured on Tuesday. */
static void earn_on_monday(struct books *books, int64_t accounts[MANY + 1])
{
    settle_kit_day(books, MONDAY);
    for (int64_t merchant = 1; merchant <= MANY; merchant++) {
        settle_kit_earn(books, merchant, 100);
        accounts[merchant] = settle_kit_account(books, merchant);
    }
    settle_kit_day(books, TUESDAY);
}

/* A11 of the reference: pages moved on by one account, so each was dealt with many times. */
static void a11_every_account_is_dealt_with_once_whatever_the_page(void **state)
{
    for (int64_t page = 1; page <= MANY + 1; page += 3) {
        struct books *books = settle_kit_open(*state);
        int64_t accounts[MANY + 1];
        struct settle_run run;

        earn_on_monday(books, accounts);
        run = settle_kit_run(books, page);
        assert_int_equal(run.status, SETTLE_RUN_DONE);
        assert_int_equal(run.settled, MANY);
        assert_int_equal(run.skipped + run.failed, 0);
        for (int64_t i = 1; i <= MANY; i++) {
            assert_int_equal(settle_kit_turn(books, accounts[i], TUESDAY), SETTLE_OUTCOME_NONE);
            assert_int_equal(books_get(books, accounts[i]).held.minor, 100);
        }
        books_assert_right(books);
        books_close(books);
    }
}

static void a_run_that_is_repeated_changes_nothing(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_run run;

    earn_on_monday(books, accounts);
    (void)settle_kit_run(books, 100);
    run = settle_kit_run(books, 100);
    assert_int_equal(run.settled, MANY);
    assert_int_equal(settle_kit_turn(books, accounts[1], TUESDAY), SETTLE_OUTCOME_NONE);
    assert_int_equal(books_get(books, accounts[1]).held.minor, 100);
    books_close(books);
}

/* Its job was under way when the day was cut. */
static void a_run_of_a_day_that_is_over_settles_nothing_more(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    const int64_t tuesday = TUESDAY;
    struct settle_run run;
    bool done;

    earn_on_monday(books, accounts);
    (void)settle_kit_run_open(books);
    settle_kit_day(books, WEDNESDAY);
    assert_int_equal(settle_kit_turn(books, accounts[1], TUESDAY), SETTLE_OUTCOME_NONE);
    assert_int_equal(books_get(books, accounts[1]).held.minor, 0);
    assert_ok(books_command(books, &settle__end_kind, &tuesday, &done));
    assert_false(done);
    assert_int_equal(settle_kit_run_row(books, TUESDAY).status, SETTLE_RUN_RUNNING);
    run = settle_kit_run(books, 100);
    assert_int_equal(run.id, WEDNESDAY);
    assert_int_equal(run.settled, MANY);
    assert_int_equal(settle_kit_run_row(books, TUESDAY).status, SETTLE_RUN_SUPERSEDED);
    books_close(books);
}

static void there_is_one_settlement_per_account_and_date(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];

    earn_on_monday(books, accounts);
    (void)settle_kit_run(books, 100);
    assert_ok(settle_kit_step(books, SETTLE_KIT_CANCEL, settle_kit_order(books, accounts[1]).id));
    books_sql(books, "UPDATE settle_rule SET next_date = 20251124, handled_on = 0");
    books_reopen(books);
    assert_int_equal(settle_kit_turn(books, accounts[1], TUESDAY), SETTLE_OUTCOME_SKIPPED);
    assert_true(
        str_eq(settle_kit_outcome(books, TUESDAY, accounts[1]).reason, STR("settle_exists")));
    assert_int_equal(books_get(books, accounts[1]).held.minor, 0);
    books_close(books);
}

static void a_run_that_was_killed_goes_on_where_it_stopped(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_run run;

    earn_on_monday(books, accounts);
    run = settle_kit_run_open(books);
    assert_int_equal(settle_kit_turn(books, accounts[3], run.id), SETTLE_OUTCOME_SETTLED);
    books_reopen(books);
    assert_int_equal(settle_kit_run_row(books, TUESDAY).status, SETTLE_RUN_RUNNING);
    assert_int_equal(settle_kit_run_row(books, TUESDAY).settled, 1);
    run = settle_kit_run(books, 2);
    assert_int_equal(run.settled, MANY);
    books_close(books);
}

static void a_run_the_next_day_overtakes_is_superseded(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_run run;

    earn_on_monday(books, accounts);
    run = settle_kit_run_open(books);
    assert_int_equal(settle_kit_turn(books, accounts[1], run.id), SETTLE_OUTCOME_SETTLED);
    settle_kit_day(books, WEDNESDAY);
    run = settle_kit_run(books, 100);
    assert_int_equal(run.id, WEDNESDAY);
    assert_int_equal(run.settled, MANY - 1);
    assert_int_equal(run.skipped, 1); /* settled the day before: nothing has matured */
    assert_int_equal(settle_kit_run_row(books, TUESDAY).status, SETTLE_RUN_SUPERSEDED);
    books_close(books);
}

/* The run of a date begins in the batch that cut its day, and not before. */
static void a_run_follows_the_day_of_the_books(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];

    earn_on_monday(books, accounts);
    counter_set(&books->now_ms, time_business_date_start_ms(TUESDAY) - 1);
    assert_int_equal(settle_kit_run(books, 100).id, MONDAY);
    assert_int_equal(settle_kit_run_row(books, MONDAY).settled, 0);
    counter_set(&books->now_ms, time_business_date_start_ms(TUESDAY));
    assert_int_equal(settle_kit_run(books, 100).id, TUESDAY);
    assert_int_equal(settle_kit_run_row(books, TUESDAY).settled, MANY);
    counter_set(&books->now_ms, time_business_date_start_ms(MONDAY)); /* the clock is set back */
    assert_int_equal(settle_kit_run_open(books).id, TUESDAY);
    books_close(books);
}

static struct settle_rule_change rule_with(int64_t account, int64_t minimum, int64_t maximum)
{
    return (struct settle_rule_change){
        .account_id = account,
        .cycle = SETTLE_WEEK,
        .cycle_days = STR("1,2,3,4,5,6,7"),
        .reserve_days = 1,
        .minimum = AMOUNT(minimum),
        .maximum = AMOUNT(maximum),
        .mode = SETTLE_AUTOMATIC,
    };
}

static void below_the_minimum_is_skipped_with_a_record(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_rule_change change;
    struct settle_outcome outcome;
    struct settle_run run;

    earn_on_monday(books, accounts);
    settle_kit_day(books, MONDAY);
    change = rule_with(accounts[2], 101, 0);
    assert_ok(settle_kit_change(books, &change));
    settle_kit_day(books, TUESDAY);
    run = settle_kit_run(books, 100);
    assert_int_equal(run.settled, MANY - 1);
    assert_int_equal(run.skipped, 1);
    outcome = settle_kit_outcome(books, TUESDAY, accounts[2]);
    assert_int_equal(outcome.kind, SETTLE_OUTCOME_SKIPPED);
    assert_true(str_eq(outcome.reason, STR("settle_minimum")));
    assert_int_equal(outcome.matured.minor, 100);
    assert_int_equal(settle_kit_rule(books, accounts[2]).next_date, WEDNESDAY);
    books_close(books);
}

static void a_maximum_caps_a_settlement_and_leaves_the_rest_for_the_next(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_rule_change change;

    earn_on_monday(books, accounts);
    change = rule_with(accounts[2], 0, 60);
    assert_ok(settle_kit_change(books, &change));
    (void)settle_kit_run(books, 100);
    assert_int_equal(settle_kit_order(books, accounts[2]).amount.minor, 60);
    settle_kit_day(books, WEDNESDAY);
    (void)settle_kit_run(books, 100);
    assert_int_equal(settle_kit_order(books, accounts[2]).amount.minor, 40);
    books_close(books);
}

static void a_fee_that_takes_everything_skips_the_account(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];

    earn_on_monday(books, accounts);
    settle_kit_fee(books, 4, 100);
    assert_int_equal(settle_kit_run(books, 100).skipped, 1);
    assert_true(str_eq(settle_kit_outcome(books, TUESDAY, accounts[4]).reason, STR("settle_fee")));
    assert_int_equal(books_get(books, accounts[4]).held.minor, 0);
    books_close(books);
}

static enum err block(struct tx *tx, void *ctx)
{
    const struct ledger_hold_place place = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, 9000},
        .account_id = *(const int64_t *)ctx,
        .kind = LEDGER_HOLD_JUDICIAL,
        .effect = LEDGER_HOLD_DEBIT_BLOCK,
        .reason = STR("court"),
    };

    return ledger_hold_place(tx, &place, NULL);
}

static enum err unblock(struct tx *tx, void *ctx)
{
    const struct ledger_hold_release release = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_RELEASE, 9000},
        .hold_id = *(const int64_t *)ctx,
        .whole = true,
    };

    return ledger_hold_release(tx, &release, NULL);
}

static void a_blocked_account_stops_no_other_and_is_tried_the_next_day(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_outcome outcome;
    struct ledger_held held;
    struct settle_run run;
    const struct ledger_hold_place again = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, 9000},
        .kind = LEDGER_HOLD_JUDICIAL,
        .effect = LEDGER_HOLD_DEBIT_BLOCK,
        .reason = STR("court"),
    };
    struct ledger_hold_place same = again;

    earn_on_monday(books, accounts);
    assert_ok(books_run(books, block, &accounts[3]));
    run = settle_kit_run(books, 2);
    assert_int_equal(run.status, SETTLE_RUN_DONE);
    assert_int_equal(run.settled, MANY - 1);
    assert_int_equal(run.failed, 1);
    outcome = settle_kit_outcome(books, TUESDAY, accounts[3]);
    assert_int_equal(outcome.kind, SETTLE_OUTCOME_FAILED);
    assert_true(str_eq(outcome.reason, STR("ledger_debit_blocked")));
    assert_int_equal(settle_kit_rule(books, accounts[3]).next_date, TUESDAY);
    same.account_id = accounts[3];
    assert_ok(books_command(books, &ledger_place_kind, &same, &held));
    assert_ok(books_run(books, unblock, &held.hold_id));
    settle_kit_day(books, WEDNESDAY);
    run = settle_kit_run(books, 2);
    assert_int_equal(settle_kit_order(books, accounts[3]).settle_date, WEDNESDAY);
    books_close(books);
}

static enum err empty_and_close(struct tx *tx, void *ctx)
{
    const struct ledger_account_key income = {0, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY};
    int64_t account = *(const int64_t *)ctx;
    struct ledger_leg legs[] = {{account, LEDGER_DEBIT, AMOUNT(100), 0},
                                {0, LEDGER_CREDIT, AMOUNT(100), 0}};
    const struct ledger_post post = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, tx_id(tx)},
        .legs = legs,
        .leg_count = ARRAY_LEN(legs),
    };

    TRY(ledger_account_open(tx, &income, &legs[1].account_id));
    TRY(ledger_post(tx, &post, NULL));
    return ledger_account_close(tx, account);
}

/* It would have failed again each day, with a record each time. */
static void a_closed_account_has_its_turn_and_leaves_no_record(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_run run;

    earn_on_monday(books, accounts);
    assert_ok(books_run(books, empty_and_close, &accounts[3]));
    run = settle_kit_run(books, 2);
    assert_int_equal(run.settled, MANY - 1);
    assert_int_equal(run.skipped, 1);
    assert_int_equal(run.failed, 0);
    assert_int_equal(settle_kit_outcome(books, TUESDAY, accounts[3]).id, 0);
    assert_int_equal(settle_kit_rule(books, accounts[3]).next_date, WEDNESDAY);
    books_close(books);
}

static void set_status(struct books *books, int64_t merchant_id, enum merchant_status status)
{
    const struct merchant_set_status set = {.merchant_id = merchant_id, .status = status};
    struct merchant merchant;

    assert_ok(books_command(books, &merchant__status_kind, &set, &merchant));
}

static void a_suspended_merchant_is_settled_when_it_is_active_again(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant = settle_kit_merchant(books, "M1"), account;
    struct settle_run run;

    settle_kit_day(books, MONDAY);
    settle_kit_earn(books, merchant, 100);
    account = settle_kit_account(books, merchant);
    set_status(books, merchant, MERCHANT_SUSPENDED);
    settle_kit_day(books, TUESDAY);
    run = settle_kit_run(books, 2);
    assert_int_equal(run.failed, 1);
    assert_true(
        str_eq(settle_kit_outcome(books, TUESDAY, account).reason, STR("merchant_suspended")));
    assert_int_equal(books_get(books, account).held.minor, 0);
    set_status(books, merchant, MERCHANT_ACTIVE);
    settle_kit_day(books, WEDNESDAY);
    assert_int_equal(settle_kit_run(books, 2).settled, 1);
    books_close(books);
}

/* An account's turn on Tuesday again, whatever came of it before. */
static enum settle_outcome_kind turn_again(struct books *books, int64_t account)
{
    books_sql(books, "UPDATE settle_rule SET next_date = 20251125, handled_on = 0");
    books_reopen(books);
    return settle_kit_turn(books, account, TUESDAY);
}

/* reason NULL: it is counted, and leaves no record. */
static void assert_turn(struct books *books, int64_t account, enum settle_outcome_kind kind,
                        const char *reason)
{
    struct settle_outcome outcome;

    assert_int_equal(turn_again(books, account), kind);
    outcome = settle_kit_outcome(books, TUESDAY, account);
    if (reason == NULL) {
        assert_int_equal(outcome.id, 0);
        return;
    }
    assert_int_equal(outcome.kind, kind);
    assert_true(str_eq(outcome.reason, str_of(reason)));
    books_sql(books, "DELETE FROM settle_outcome"); /* there is one of an account and date */
}

static void move_money(struct books *books, int64_t from, int64_t to)
{
    assert_ok(books_transfer(books, from, to, 100));
}

/* All is wrong at once; each step mends the first thing. The account has been settled on the date
 * and the settlement given up; its merchant is suspended, debits are blocked, all money has gone,
 * and were it there it would be below the minimum and less than the fee. */
static void the_refusals_of_a_turn_come_in_the_documented_order(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant = settle_kit_merchant(books, "M1"), account;
    int64_t income = books_account(books, 0, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY);
    const struct ledger_hold_place court = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, 9000},
        .kind = LEDGER_HOLD_JUDICIAL,
        .effect = LEDGER_HOLD_DEBIT_BLOCK,
    };
    struct ledger_hold_place blocking = court;
    struct settle_rule_change change;
    struct ledger_held held;

    settle_kit_day(books, MONDAY);
    settle_kit_earn(books, merchant, 100);
    account = settle_kit_account(books, merchant);
    settle_kit_day(books, TUESDAY);
    assert_int_equal(settle_kit_run(books, 100).settled, 1);
    assert_ok(settle_kit_step(books, SETTLE_KIT_CANCEL, settle_kit_order(books, account).id));
    move_money(books, account, income);
    change = rule_with(account, 101, 0);
    assert_ok(settle_kit_change(books, &change));
    settle_kit_fee(books, merchant, 100);
    blocking.account_id = account;
    assert_ok(books_command(books, &ledger_place_kind, &blocking, &held));
    set_status(books, merchant, MERCHANT_SUSPENDED);

    assert_turn(books, account, SETTLE_OUTCOME_FAILED, "merchant_suspended");
    set_status(books, merchant, MERCHANT_ACTIVE);
    assert_turn(books, account, SETTLE_OUTCOME_FAILED, "ledger_debit_blocked");
    assert_ok(books_run(books, unblock, &held.hold_id));
    assert_turn(books, account, SETTLE_OUTCOME_SKIPPED, "settle_exists");
    books_sql(books, "UPDATE settle_order SET settle_date = 20251120");
    assert_turn(books, account, SETTLE_OUTCOME_SKIPPED, NULL); /* settle_nothing */
    move_money(books, income, account);
    assert_turn(books, account, SETTLE_OUTCOME_SKIPPED, "settle_minimum");
    change.minimum = AMOUNT(0);
    assert_ok(settle_kit_change(books, &change));
    assert_turn(books, account, SETTLE_OUTCOME_SKIPPED, "settle_fee");
    settle_kit_fee(books, merchant, 99);
    assert_turn(books, account, SETTLE_OUTCOME_SETTLED, NULL);
    books_close(books);
}

/* A closed account cannot be blocked, and has no money: only its merchant comes before it. */
static void a_suspended_merchant_is_told_before_its_closed_account(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant = settle_kit_merchant(books, "M1"), account;

    settle_kit_day(books, MONDAY);
    settle_kit_earn(books, merchant, 100);
    account = settle_kit_account(books, merchant);
    settle_kit_day(books, TUESDAY);
    (void)settle_kit_run_open(books);
    assert_ok(books_run(books, empty_and_close, &account));
    set_status(books, merchant, MERCHANT_SUSPENDED);
    assert_turn(books, account, SETTLE_OUTCOME_FAILED, "merchant_suspended");
    set_status(books, merchant, MERCHANT_ACTIVE);
    assert_turn(books, account, SETTLE_OUTCOME_SKIPPED, NULL);
    books_close(books);
}

static void what_is_owed_to_a_closed_merchant_is_settled(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant = settle_kit_merchant(books, "M1");

    settle_kit_day(books, MONDAY);
    settle_kit_earn(books, merchant, 100);
    set_status(books, merchant, MERCHANT_CLOSED);
    settle_kit_day(books, TUESDAY);
    assert_int_equal(settle_kit_run(books, 2).settled, 1);
    books_close(books);
}

/* Nobody asks for it any more: what the merchant settled by itself becomes automatic. */
static void what_a_closed_merchant_settled_by_itself_is_settled(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchants[3], accounts[3];
    struct settle_rule rule;

    settle_kit_day(books, MONDAY);
    for (int i = 0; i < 3; i++) {
        static const char *const numbers[] = {"M1", "M2", "M3"};

        merchants[i] = settle_kit_merchant(books, numbers[i]);
        settle_kit_earn(books, merchants[i], 100);
        accounts[i] = settle_kit_account(books, merchants[i]);
        assert_ok(
            settle_kit_change(books, &(struct settle_rule_change){.account_id = accounts[i],
                                                                  .cycle = SETTLE_WEEK_WORK,
                                                                  .cycle_days = STR("1,2,3,4,5"),
                                                                  .reserve_days = 1,
                                                                  .mode = SETTLE_SELF_SERVICE,
                                                                  .reason = STR("a contract")}));
    }
    set_status(books, merchants[1], MERCHANT_SUSPENDED);
    set_status(books, merchants[2], MERCHANT_CLOSED);
    settle_kit_day(books, TUESDAY);
    assert_int_equal(settle_kit_run(books, 1).settled, 1);
    assert_int_equal(settle_kit_order(books, accounts[0]).id, 0);
    assert_int_equal(settle_kit_order(books, accounts[1]).id, 0);
    assert_int_equal(settle_kit_order(books, accounts[2]).amount.minor, 100);
    rule = settle_kit_rule(books, accounts[2]);
    assert_int_equal(rule.mode, SETTLE_AUTOMATIC);
    assert_int_equal(rule.version, 3);
    assert_int_equal(rule.next_date, WEDNESDAY);
    assert_int_equal(settle_kit_rule(books, accounts[0]).mode, SETTLE_SELF_SERVICE);
    books_close(books);
}

/* By an adjustment or a top-up, say: only payments make a rule. */
static void money_that_came_by_no_payment_is_settled(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t first = settle_kit_merchant(books, "M1"), second = settle_kit_merchant(books, "M2");
    int64_t channel, account, nobodys;

    settle_kit_day(books, MONDAY);
    channel =
        books_account(books, SETTLE_KIT_CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);
    for (int64_t owner = 1; owner <= 2 * SETTLE_RULES_BATCH; owner++) {
        (void)books_account(books, owner, LEDGER_CODE_SUSPENSE, CURRENCY_CNY);
    }
    nobodys = books_account(books, 1, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    account = books_account(books, first, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    assert_ok(books_transfer(books, channel, account, 100));
    assert_ok(books_transfer(books, channel, nobodys, 100));
    settle_kit_day(books, TUESDAY);
    assert_int_equal(settle_kit_run(books, 100).settled, 1);
    assert_int_equal(settle_kit_order(books, account).amount.minor, 100);
    account = books_account(books, second, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_USD);
    channel =
        books_account(books, SETTLE_KIT_CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_USD);
    assert_ok(books_transfer(books, channel, account, 40));
    settle_kit_day(books, WEDNESDAY);
    assert_int_equal(settle_kit_run(books, 100).settled, 1);
    assert_int_equal(settle_kit_order(books, account).amount.minor, 40);
    books_assert_right(books);
    books_close(books);
}

/* Holidays are announced late: the date was planned before the calendar was loaded. */
static void a_day_that_has_become_a_holiday_settles_nothing(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct settle_run run;

    earn_on_monday(books, accounts);
    settle_kit_holiday(books, TUESDAY);
    run = settle_kit_run(books, 2);
    assert_int_equal(run.settled + run.skipped + run.failed, 0);
    assert_int_equal(settle_kit_rule(books, accounts[1]).next_date, WEDNESDAY);
    settle_kit_day(books, WEDNESDAY);
    assert_int_equal(settle_kit_run(books, 2).settled, MANY);
    books_close(books);
}

static void a_credit_line_is_not_paid_out(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t accounts[MANY + 1];
    struct ledger_account account;

    earn_on_monday(books, accounts);
    account = books_get(books, accounts[1]);
    account.floor = AMOUNT(-1000);
    assert_int_equal(ledger_available(&account, TUESDAY).minor, 1100);
    assert_int_equal(settle__matured(&account, TUESDAY).minor, 100);
    account.floor = AMOUNT(-INT64_MAX);
    assert_int_equal(settle__matured(&account, TUESDAY).minor, 100);
    account.floor = AMOUNT(30);
    assert_int_equal(settle__matured(&account, TUESDAY).minor, 70);
    books_close(books);
}

/* ---- the durable timer ---- */

struct service {
    struct app app;
    struct loop *loop;
    const struct timer_kind *kinds[16]; /* the books cut their days with one of their own */
};

static void service_start(struct service *s, struct books *books)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger_module.timer_count; i++) {
        s->kinds[count++] = ledger_module.timers[i];
    }
    s->kinds[count++] = &settle__timer;
    s->loop = loop_new("timers", 0, &books->clock);
    loop_start(s->loop);
    s->app.store = books->store;
    s->app.timers = timers_start(&s->app, books->store, s->loop, s->kinds, count);
}

static void service_close(struct service *s, struct books *books)
{
    timers_stop(s->app.timers);
    store_close(books->store);
    books->store = NULL;
    loop_stop(s->loop);
    loop_free(s->loop);
    timers_free(s->app.timers);
    books_close(books);
}

static void clock_row(struct books *books, struct reader *reader, void *ctx)
{
    struct settle_clock clock;

    CHECK(reader_get(reader, &settle__clock_table, SETTLE_CLOCK_ID, books->arena, &clock) ==
          ERR_OK);
    *(int64_t *)ctx = clock.date;
}

static void wait_for_run(struct books *books, int64_t date)
{
    int64_t newest = 0;
    int waited = 0;

    for (;; waited += 5) {
        books_read(books, clock_row, &newest);
        if (newest == date && settle_kit_run_row(books, date).status == SETTLE_RUN_DONE) {
            return;
        }
        assert_true(waited < WAIT_MS);
        uv_sleep(5);
    }
}

static void the_timer_runs_day_after_day(void **state)
{
    struct books *books = settle_kit_open(*state);
    struct service s = {0};
    int64_t accounts[MANY + 1];

    earn_on_monday(books, accounts);
    counter_set(&books->now_ms, time_business_date_start_ms(WEDNESDAY) - 100);
    (void)settle_kit_run_open(books); /* as the module's start does */
    service_start(&s, books);
    wait_for_run(books, TUESDAY);
    assert_int_equal(settle_kit_run_row(books, TUESDAY).settled, MANY);
    settle_kit_earn(books, 5, 40);
    counter_set(&books->now_ms, time_business_date_start_ms(WEDNESDAY));
    wait_for_run(books, WEDNESDAY);
    assert_int_equal(settle_kit_run_row(books, WEDNESDAY).settled, 1);
    assert_int_equal(settle_kit_run_row(books, WEDNESDAY).skipped, MANY - 1);
    assert_int_equal(settle_kit_order(books, accounts[5]).amount.minor, 40);
    books_assert_right(books);
    service_close(&s, books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a11_every_account_is_dealt_with_once_whatever_the_page),
        cmocka_unit_test(a_run_that_is_repeated_changes_nothing),
        cmocka_unit_test(a_run_of_a_day_that_is_over_settles_nothing_more),
        cmocka_unit_test(there_is_one_settlement_per_account_and_date),
        cmocka_unit_test(a_run_that_was_killed_goes_on_where_it_stopped),
        cmocka_unit_test(a_run_the_next_day_overtakes_is_superseded),
        cmocka_unit_test(a_run_follows_the_day_of_the_books),
        cmocka_unit_test(below_the_minimum_is_skipped_with_a_record),
        cmocka_unit_test(a_maximum_caps_a_settlement_and_leaves_the_rest_for_the_next),
        cmocka_unit_test(a_fee_that_takes_everything_skips_the_account),
        cmocka_unit_test(a_blocked_account_stops_no_other_and_is_tried_the_next_day),
        cmocka_unit_test(a_closed_account_has_its_turn_and_leaves_no_record),
        cmocka_unit_test(a_suspended_merchant_is_settled_when_it_is_active_again),
        cmocka_unit_test(the_refusals_of_a_turn_come_in_the_documented_order),
        cmocka_unit_test(a_suspended_merchant_is_told_before_its_closed_account),
        cmocka_unit_test(what_is_owed_to_a_closed_merchant_is_settled),
        cmocka_unit_test(what_a_closed_merchant_settled_by_itself_is_settled),
        cmocka_unit_test(money_that_came_by_no_payment_is_settled),
        cmocka_unit_test(a_day_that_has_become_a_holiday_settles_nothing),
        cmocka_unit_test(a_credit_line_is_not_paid_out),
        cmocka_unit_test(the_timer_runs_day_after_day),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
