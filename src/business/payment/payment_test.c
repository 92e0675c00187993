#include "test/lib/payment_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#define assert_err(expr, expected) assert_string_equal(err_code(expr), err_code(expected))

static void assert_text(struct str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

static struct till *till;
static struct payment_change change;

static int open_direct(void **state)
{
    (void)state;
    till = till_open("sqlite", CHANNEL_FUND_DIRECT);
    return 0;
}

static int open_collect(void **state)
{
    (void)state;
    till = till_open("sqlite", CHANNEL_FUND_COLLECT);
    return 0;
}

static int close_till(void **state)
{
    (void)state;
    till_close(till);
    return 0;
}

/* A payment with its QR code on the table. */
static struct payment waiting_payment(void)
{
    const struct channel_result pending = {.outcome = CHANNEL_PENDING, .qr = STR("mock://qr/1")};
    struct payment_create order = till_order(till);

    assert_err(till_create(till, &order, &change), ERR_OK);
    assert_err(till_say(till, &change.payment, PAYMENT_SOURCE_SUBMIT, &pending, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_REQUIRES_ACTION);
    return change.payment;
}

static void create_prices_and_routes(void **state)
{
    struct payment_create order = till_order(till);
    int64_t due_at_ms;

    (void)state;
    assert_err(till_create(till, &order, &change), ERR_OK);
    assert_false(change.existing);
    assert_int_equal(change.payment.status, PAYMENT_PROCESSING);
    assert_int_equal(change.payment.fee.minor, 6);
    assert_int_equal(change.payment.channel_account_id, till->account_id);
    assert_int_equal(change.payment.expires_at_ms, TILL_START_MS + 7200 * 1000);
    assert_true(till_timer(till, change.payment.id, &due_at_ms));
    assert_int_equal(due_at_ms, TILL_START_MS + 3000);
}

static void same_order_no_with_same_content_gives_the_first(void **state)
{
    struct payment_create order = till_order(till);
    int64_t first;

    (void)state;
    assert_err(till_create(till, &order, &change), ERR_OK);
    first = change.payment.id;
    order.cashier_secret = STR("KJHGFEDCBA9876543210");
    assert_err(till_create(till, &order, &change), ERR_OK);
    assert_true(change.existing);
    assert_int_equal(change.payment.id, first);
}

static void same_order_no_with_other_content_names_the_fields(void **state)
{
    struct payment_create order = till_order(till);

    (void)state;
    assert_err(till_create(till, &order, &change), ERR_OK);
    order.amount = AMOUNT(1001);
    order.subject = STR("Another soup");
    assert_err(till_create(till, &order, &change), ERR_PAYMENT_ORDER_CONFLICT);
    assert_string_equal(till->param, "amount,subject");
}

static void unpriced_currency_and_unknown_method_are_refused(void **state)
{
    struct payment_create order = till_order(till);

    (void)state;
    order.method = STR("nothing");
    assert_err(till_create(till, &order, &change), ERR_CHANNEL_NONE);
    order = till_order(till);
    order.currency = CURRENCY_USD;
    assert_err(till_create(till, &order, &change), ERR_CHANNEL_NONE);
}

static void own_notify_url_needs_an_endpoint_to_sign_it(void **state)
{
    struct payment_create order = till_order(till);
    struct merchant_endpoint endpoint;

    (void)state;
    order.notify_url = STR("https://shop.example/pay");
    assert_err(till_create(till, &order, &change), ERR_PAYMENT_NOTIFY_URL);
    assert_string_equal(till->param, "notify_url");
    assert_err(till_run(till, &merchant__endpoint_kind,
                        &(struct merchant_endpoint_create){.id = 5,
                                                           .merchant_id = till->merchant_id,
                                                           .url = STR("https://shop.example/all"),
                                                           .secret = STR("sealed")},
                        &endpoint),
               ERR_OK);
    assert_err(till_create(till, &order, &change), ERR_OK);
}

static void suspended_merchant_creates_nothing(void **state)
{
    struct payment_create order = till_order(till);
    struct merchant merchant;

    (void)state;
    assert_err(till_run(till, &merchant__status_kind,
                        &(struct merchant_set_status){till->merchant_id, MERCHANT_SUSPENDED},
                        &merchant),
               ERR_OK);
    assert_err(till_create(till, &order, &change), ERR_MERCHANT_SUSPENDED);
}

static void success_posts_one_journal_in_direct_mode(void **state)
{
    struct payment payment = waiting_payment();
    struct channel_result paid = till_paid(till, &payment);
    int64_t due_at_ms;

    (void)state;
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_SUCCEEDED);
    assert_int_equal(change.payment.amount_received.minor, 1000);
    assert_int_equal(till_balance(till, till->merchant_id, LEDGER_CODE_FEE_RECEIVABLE), 6);
    assert_int_equal(till_balance(till, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME), 6);
    assert_int_equal(till_journals(till, payment.id), 1);
    assert_text(till_events(till, payment.id), "payment.requires_action payment.succeeded");
    assert_false(till_timer(till, payment.id, &due_at_ms));
}

static void success_owes_the_merchant_the_net_in_collect_mode(void **state)
{
    struct payment payment = waiting_payment();
    struct channel_result paid = till_paid(till, &payment);

    (void)state;
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    assert_int_equal(till_balance(till, till->account_id, LEDGER_CODE_CHANNEL_RECEIVABLE), 1000);
    assert_int_equal(till_balance(till, till->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE), 994);
    assert_int_equal(till_balance(till, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME), 6);
}

/* T+1 by the default rule: a Saturday's payment matures on the Monday after. */
static void what_is_owed_to_the_merchant_matures_by_its_rule(void **state)
{
    struct payment payment = waiting_payment();
    struct channel_result paid = till_paid(till, &payment);

    (void)state;
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    assert_int_equal(till_immature(till, 20251122), 994);
    assert_int_equal(till_immature(till, 20251123), 994);
    assert_int_equal(till_immature(till, 20251124), 0);
}

static void told_again_changes_nothing(void **state)
{
    struct payment payment = waiting_payment();
    struct channel_result paid = till_paid(till, &payment);
    int64_t version;

    (void)state;
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    version = change.payment.version;
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_QUERY, &paid, &change), ERR_OK);
    assert_int_equal(change.payment.version, version);
    assert_int_equal(till_journals(till, payment.id), 1);
}

static void success_may_come_before_the_qr_code(void **state)
{
    const struct channel_result pending = {.outcome = CHANNEL_PENDING, .qr = STR("mock://qr/1")};
    struct payment_create order = till_order(till);
    struct channel_result paid;

    (void)state;
    assert_err(till_create(till, &order, &change), ERR_OK);
    paid = till_paid(till, &change.payment);
    assert_err(till_say(till, &change.payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    assert_err(till_say(till, &change.payment, PAYMENT_SOURCE_SUBMIT, &pending, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_SUCCEEDED);
}

static void assert_conflict(const struct channel_result *result, const struct payment *payment,
                            const char *why)
{
    assert_err(till_say(till, payment, PAYMENT_SOURCE_CALLBACK, result, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_CONFLICTED);
    assert_text(change.payment.error_code, why);
}

static void another_amount_is_conflicted_and_goes_to_suspense(void **state)
{
    struct payment payment = waiting_payment();
    struct channel_result paid = till_paid(till, &payment);

    (void)state;
    paid.amount = AMOUNT(999);
    assert_conflict(&paid, &payment, "amount_mismatch");
    assert_int_equal(till_balance(till, LEDGER_PLATFORM, LEDGER_CODE_SUSPENSE), 999);
    assert_int_equal(till_balance(till, till->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE), 0);
}

static void another_currency_or_merchant_is_conflicted(void **state)
{
    struct payment payment = waiting_payment();
    struct channel_result paid = till_paid(till, &payment);

    (void)state;
    paid.currency = CURRENCY_USD;
    assert_conflict(&paid, &payment, "currency_mismatch");
    payment = waiting_payment();
    paid = till_paid(till, &payment);
    paid.account_no = STR("1900000002");
    assert_conflict(&paid, &payment, "merchant_mismatch");
}

static void another_accounts_statement_is_refused(void **state)
{
    struct payment payment = waiting_payment();
    const struct channel_result paid = till_paid(till, &payment);
    const struct payment_evidence evidence = {.attempt_id = payment.attempt_id,
                                              .account_id = till->account_id + 1,
                                              .source = PAYMENT_SOURCE_CALLBACK,
                                              .result = &paid};

    (void)state;
    assert_err(till_run(till, &payment_evidence_kind, &evidence, &change),
               ERR_PAYMENT_ATTEMPT_UNKNOWN);
    assert_int_equal(till_payment(till, payment.id).status, PAYMENT_REQUIRES_ACTION);
}

static void unknown_attempt_is_refused(void **state)
{
    struct payment payment = waiting_payment();
    const struct channel_result paid = till_paid(till, &payment);

    (void)state;
    payment.attempt_id++;
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change),
               ERR_PAYMENT_ATTEMPT_UNKNOWN);
}

static void silence_is_unknown_and_asked_on_schedule(void **state)
{
    static const int64_t waits_s[] = {3, 5, 10, 20, 30, 60, 120, 300, 600, 600};
    const struct channel_result silence = {.outcome = CHANNEL_UNKNOWN};
    struct payment_create order = till_order(till);
    int64_t due_at_ms;

    (void)state;
    assert_err(till_create(till, &order, &change), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(waits_s); i++) {
        assert_err(till_say(till, &change.payment, PAYMENT_SOURCE_QUERY, &silence, &change),
                   ERR_OK);
        assert_int_equal(change.payment.status, PAYMENT_UNKNOWN);
        assert_true(till_timer(till, change.payment.id, &due_at_ms));
        /* The first silence moves the attempt to unknown, which starts the count again. */
        assert_int_equal(due_at_ms - counter_get(&till->now_ms), waits_s[i] * 1000);
    }
    assert_text(till_events(till, change.payment.id), "payment.unknown");
}

static void not_found_asks_for_a_resend_until_the_time_is_over(void **state)
{
    const struct channel_result nothing = {.outcome = CHANNEL_NOT_FOUND};
    struct payment_create order = till_order(till);

    (void)state;
    assert_err(till_create(till, &order, &change), ERR_OK);
    assert_err(till_say(till, &change.payment, PAYMENT_SOURCE_QUERY, &nothing, &change), ERR_OK);
    assert_true(change.resend);
    assert_int_equal(change.payment.status, PAYMENT_UNKNOWN);
    counter_add(&till->now_ms, 7200 * 1000);
    assert_err(till_run(till, &payment_close_kind,
                        &(struct payment_close){change.payment.id, 0, PAYMENT_CLOSED_EXPIRED},
                        &change),
               ERR_OK);
    assert_err(till_say(till, &change.payment, PAYMENT_SOURCE_QUERY, &nothing, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_CLOSED);
    assert_int_equal(change.payment.closed_reason, PAYMENT_CLOSED_EXPIRED);
}

static void definite_refusal_fails_with_our_code(void **state)
{
    const struct channel_result refused = {.outcome = CHANNEL_FAILED,
                                           .code = STR("NO_AUTH"),
                                           .message = STR("no"),
                                           .decline = DECLINE_MERCHANT_NOT_PERMITTED};
    struct payment_create order = till_order(till);

    (void)state;
    assert_err(till_create(till, &order, &change), ERR_OK);
    assert_err(till_say(till, &change.payment, PAYMENT_SOURCE_SUBMIT, &refused, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_FAILED);
    assert_text(change.payment.error_code, "merchant_not_permitted");
}

static void close_waits_for_the_channels_word(void **state)
{
    const struct channel_result closed = {.outcome = CHANNEL_CLOSED};
    struct payment payment = waiting_payment();
    const struct payment_close close = {payment.id, till->merchant_id, PAYMENT_CLOSED_BY_MERCHANT};

    (void)state;
    assert_err(till_run(till, &payment_close_kind, &close, &change), ERR_OK);
    assert_true(change.close);
    assert_int_equal(change.payment.status, PAYMENT_CLOSING);
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CLOSE, &closed, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_CLOSED);
    assert_err(till_run(till, &payment_close_kind, &close, &change), ERR_OK);
    assert_false(change.close);
}

static void paid_while_closing_is_paid(void **state)
{
    struct payment payment = waiting_payment();
    const struct channel_result paid = till_paid(till, &payment);

    (void)state;
    assert_err(till_run(till, &payment_close_kind,
                        &(struct payment_close){payment.id, 0, PAYMENT_CLOSED_BY_MERCHANT},
                        &change),
               ERR_OK);
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_QUERY, &paid, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_SUCCEEDED);
    assert_err(till_run(till, &payment_close_kind,
                        &(struct payment_close){payment.id, 0, PAYMENT_CLOSED_BY_MERCHANT},
                        &change),
               ERR_PAYMENT_STATE);
}

static void another_merchants_payment_does_not_exist(void **state)
{
    struct payment payment = waiting_payment();

    (void)state;
    assert_err(till_run(till, &payment_close_kind,
                        &(struct payment_close){payment.id, till->merchant_id + 1,
                                                PAYMENT_CLOSED_BY_MERCHANT},
                        &change),
               ERR_PAYMENT_NOT_FOUND);
}

static struct payment closed_payment(void)
{
    const struct channel_result closed = {.outcome = CHANNEL_CLOSED};
    struct payment payment = waiting_payment();

    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CLOSE, &closed, &change), ERR_OK);
    return payment;
}

static void late_success_stays_closed_with_the_money_in_suspense(void **state)
{
    struct payment payment = closed_payment();
    const struct channel_result paid = till_paid(till, &payment);

    (void)state;
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_CLOSED);
    assert_int_equal(change.payment.late_success_at_ms, TILL_START_MS);
    assert_int_equal(till_balance(till, LEDGER_PLATFORM, LEDGER_CODE_SUSPENSE), 1000);
    assert_text(till_events(till, payment.id),
                "payment.requires_action payment.closed payment.late_success");
}

static void late_success_is_accepted_by_policy(void **state)
{
    struct payment payment = closed_payment();
    const struct channel_result paid = till_paid(till, &payment);
    const struct payment_evidence evidence = {.attempt_id = payment.attempt_id,
                                              .account_id = till->account_id,
                                              .source = PAYMENT_SOURCE_CALLBACK,
                                              .result = &paid,
                                              .accept_late = true};

    (void)state;
    assert_err(till_run(till, &payment_evidence_kind, &evidence, &change), ERR_OK);
    assert_int_equal(change.payment.status, PAYMENT_SUCCEEDED);
    assert_int_equal(till_balance(till, till->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE), 994);
    assert_text(till_events(till, payment.id), "payment.requires_action payment.closed "
                                               "payment.late_success payment.succeeded");
}

static void everything_is_there_after_a_restart(void **state)
{
    struct payment payment = waiting_payment();
    const struct channel_result paid = till_paid(till, &payment);

    (void)state;
    till_reopen(till);
    assert_err(till_say(till, &payment, PAYMENT_SOURCE_CALLBACK, &paid, &change), ERR_OK);
    till_reopen(till);
    assert_int_equal(till_payment(till, payment.id).status, PAYMENT_SUCCEEDED);
    assert_int_equal(till_journals(till, payment.id), 1);
}

static void every_transition_of_a_final_state_is_refused(void **state)
{
    (void)state;
    for (int to = PAYMENT_PROCESSING; to <= PAYMENT_CONFLICTED; to++) {
        assert_false(payment__may_move(PAYMENT_SUCCEEDED, (enum payment_status)to));
        assert_false(payment__may_move(PAYMENT_CONFLICTED, (enum payment_status)to));
        assert_int_equal(payment__may_move(PAYMENT_CLOSED, (enum payment_status)to),
                         to == PAYMENT_SUCCEEDED);
        assert_false(payment__may_move((enum payment_status)to, PAYMENT_PROCESSING));
    }
}

static void order_numbers_are_ours_alone(void **state)
{
    struct arena *arena = arena_new();
    int64_t id = 0;

    (void)state;
    assert_err(payment__parse_order_no(payment__order_no(arena, 123456789), &id), ERR_OK);
    assert_int_equal(id, 123456789);
    assert_err(payment__parse_order_no(STR("X0000000000001"), &id), ERR_PAYMENT_ATTEMPT_UNKNOWN);
    assert_err(payment__parse_order_no(STR("T000000000000U"), &id), ERR_PAYMENT_ATTEMPT_UNKNOWN);
    assert_err(payment__parse_order_no(STR("T1"), &id), ERR_PAYMENT_ATTEMPT_UNKNOWN);
    arena_free(arena);
}

#define DIRECT(test) cmocka_unit_test_setup_teardown(test, open_direct, close_till)
#define COLLECT(test) cmocka_unit_test_setup_teardown(test, open_collect, close_till)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECT(create_prices_and_routes),
        DIRECT(same_order_no_with_same_content_gives_the_first),
        DIRECT(same_order_no_with_other_content_names_the_fields),
        DIRECT(unpriced_currency_and_unknown_method_are_refused),
        DIRECT(own_notify_url_needs_an_endpoint_to_sign_it),
        DIRECT(suspended_merchant_creates_nothing),
        DIRECT(success_posts_one_journal_in_direct_mode),
        COLLECT(success_owes_the_merchant_the_net_in_collect_mode),
        COLLECT(what_is_owed_to_the_merchant_matures_by_its_rule),
        DIRECT(told_again_changes_nothing),
        DIRECT(success_may_come_before_the_qr_code),
        COLLECT(another_amount_is_conflicted_and_goes_to_suspense),
        DIRECT(another_currency_or_merchant_is_conflicted),
        DIRECT(another_accounts_statement_is_refused),
        DIRECT(unknown_attempt_is_refused),
        DIRECT(silence_is_unknown_and_asked_on_schedule),
        DIRECT(not_found_asks_for_a_resend_until_the_time_is_over),
        DIRECT(definite_refusal_fails_with_our_code),
        DIRECT(close_waits_for_the_channels_word),
        DIRECT(paid_while_closing_is_paid),
        DIRECT(another_merchants_payment_does_not_exist),
        COLLECT(late_success_stays_closed_with_the_money_in_suspense),
        COLLECT(late_success_is_accepted_by_policy),
        DIRECT(everything_is_there_after_a_restart),
        cmocka_unit_test(every_transition_of_a_final_state_is_refused),
        cmocka_unit_test(order_numbers_are_ours_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
