#include "test/lib/payment_kit.h"

#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#define assert_err(expr, expected) assert_string_equal(err_code(expr), err_code(expected))

static struct till *till;

static int set_up(void **state)
{
    (void)state;
    till = till_open("sqlite", CHANNEL_FUND_DIRECT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    till_close(till);
    return 0;
}

static int64_t endpoint(int64_t id, const char *events)
{
    struct merchant_endpoint made;

    assert_err(till_run(till, &merchant__endpoint_kind,
                        &(struct merchant_endpoint_create){.id = id,
                                                           .merchant_id = till->merchant_id,
                                                           .url = STR("https://shop.example/hook"),
                                                           .events = str_of(events),
                                                           .secret = STR("sealed")},
                        &made),
               ERR_OK);
    return made.id;
}

/* ---- events in, deliveries out ---- */

static enum err tell_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return notify__subscriber.on_event(tx, arg);
}

static const struct command_kind tell_kind = {.name = "test.tell", .apply = tell_apply};

static void tell(int64_t event_id, const char *type, int64_t object_id)
{
    const struct event event = {.id = event_id,
                                .merchant_id = till->merchant_id,
                                .object_id = object_id,
                                .sequence = 1,
                                .type = str_of(type),
                                .data = STR("{}")};

    assert_err(till_run(till, &tell_kind, &event, NULL), ERR_OK);
}

struct look {
    struct notify_pending *pending;
    size_t pending_count;
    struct notify_delivery *deliveries;
    size_t delivery_count;
    struct notify_attempt *attempts;
    size_t attempt_count;
    int64_t delivery_id;
    struct merchant_endpoint endpoint;
    int64_t endpoint_id;
    enum err err;
};

static void look_run(void *ctx, struct reader *reader)
{
    struct look *look = ctx;
    const struct notify_filter all = {till->merchant_id, INT64_MAX, 100};

    assert_err(
        notify__read_pending(reader, 0, 100, till->arena, &look->pending, &look->pending_count),
        ERR_OK);
    assert_err(notify__read_deliveries(reader, &all, till->arena, &look->deliveries,
                                       &look->delivery_count),
               ERR_OK);
    assert_err(notify__read_attempts(reader, look->delivery_id, till->arena, &look->attempts,
                                     &look->attempt_count),
               ERR_OK);
    if (look->endpoint_id != 0) {
        assert_err(merchant_endpoint_read(reader, look->endpoint_id, till->arena, &look->endpoint),
                   ERR_OK);
    }
}

static struct look look_at(int64_t delivery_id, int64_t endpoint_id)
{
    struct look look = {.delivery_id = delivery_id, .endpoint_id = endpoint_id};

    assert_err(store_read(till->store, look_run, &look), ERR_OK);
    return look;
}

static int64_t told_payment; /* of the last delivery() */

/* A payment with an event told; returns the delivery made for the one endpoint. */
static int64_t delivery(void)
{
    struct payment_create order = till_order(till);
    struct payment_change change;

    assert_err(till_create(till, &order, &change), ERR_OK);
    told_payment = change.payment.id;
    tell(1, "payment.succeeded", told_payment);
    return look_at(0, 0).deliveries[0].id;
}

static enum err result(int64_t delivery_id, struct notify_result result)
{
    result.delivery_id = delivery_id;
    return till_run(till, &notify__result_kind, &result, NULL);
}

static void an_event_makes_a_delivery_for_each_endpoint_that_wants_it(void **state)
{
    struct payment_create order = till_order(till);
    struct payment_change change;
    struct look look;

    (void)state;
    (void)endpoint(11, "payment.succeeded");
    (void)endpoint(12, "payment.*");
    (void)endpoint(13, "refund.*");
    order.notify_url = STR("https://shop.example/own");
    assert_err(till_create(till, &order, &change), ERR_OK);
    tell(1, "payment.succeeded", change.payment.id);
    look = look_at(0, 0);
    assert_int_equal(look.delivery_count, 3); /* 11, 12, and the payment's own URL */
    assert_int_equal(look.deliveries[0].endpoint_id, 11);
    assert_int_equal(look.deliveries[0].url.len, order.notify_url.len);
    tell(2, "payment.closing", change.payment.id);
    assert_int_equal(look_at(0, 0).delivery_count, 3);
    tell(3, "payment.closed", change.payment.id);
    assert_int_equal(look_at(0, 0).delivery_count, 5);
}

static void an_answer_2xx_is_delivered(void **state)
{
    int64_t id;
    struct look look;

    (void)state;
    (void)endpoint(11, "*");
    id = delivery();
    assert_err(result(id, (struct notify_result){.status = 204, .duration_us = 1200}), ERR_OK);
    look = look_at(id, 0);
    assert_int_equal(look.pending_count, 0);
    assert_int_equal(look.deliveries[0].status, NOTIFY_DELIVERED);
    assert_int_equal(look.attempt_count, 1);
    assert_int_equal(look.attempts[0].status, 204);
    assert_int_equal(look.attempts[0].number, 1);
}

static void a_refusal_is_repeated_on_schedule_and_ends_dead(void **state)
{
    static const int64_t waits_s[] = {5,     15,    60,    300,   900,    3600,
                                      10800, 21600, 43200, 86400, 172800, 259200};
    struct look look;
    int64_t id;

    (void)state;
    (void)endpoint(11, "*");
    id = delivery();
    for (size_t i = 0; i < ARRAY_LEN(waits_s); i++) {
        int64_t wait_ms;

        assert_err(result(id, (struct notify_result){.status = 500, .jitter = 999999}), ERR_OK);
        look = look_at(id, 0);
        assert_int_equal(look.pending_count, 1);
        wait_ms = look.pending[0].due_at_ms - counter_get(&till->now_ms);
        assert_true(wait_ms >= waits_s[i] * 1000); /* never early, at most a fifth late */
        assert_true(wait_ms <= waits_s[i] * 1200);
    }
    assert_err(result(id, (struct notify_result){.err = ERR_HTTP_NO_ANSWER}), ERR_OK);
    look = look_at(id, 0);
    assert_int_equal(look.pending_count, 0);
    assert_int_equal(look.deliveries[0].status, NOTIFY_DEAD);
    assert_int_equal(look.attempt_count, 13);
    assert_int_equal(look.deliveries[0].last_error.len, strlen("http_no_answer"));
}

static void retry_after_is_honoured_up_to_a_day(void **state)
{
    struct look look;
    int64_t id;

    (void)state;
    (void)endpoint(11, "*");
    id = delivery();
    assert_err(result(id, (struct notify_result){.status = 429, .retry_after_ms = 120000}), ERR_OK);
    look = look_at(id, 0);
    assert_int_equal(look.pending[0].due_at_ms - counter_get(&till->now_ms), 120000);
    assert_err(
        result(id, (struct notify_result){.status = 503, .retry_after_ms = INT64_C(9) * 86400000}),
        ERR_OK);
    look = look_at(id, 0);
    assert_int_equal(look.pending[0].due_at_ms - counter_get(&till->now_ms), 86400000);
}

static void gone_disables_the_endpoint(void **state)
{
    struct look look;
    int64_t id;

    (void)state;
    (void)endpoint(11, "*");
    id = delivery();
    assert_err(result(id, (struct notify_result){.status = 410}), ERR_OK);
    look = look_at(id, 11);
    assert_int_equal(look.deliveries[0].status, NOTIFY_SUPPRESSED);
    assert_int_equal(look.endpoint.status, MERCHANT_ENDPOINT_DISABLED);
    tell(2, "payment.closed", told_payment);
    assert_int_equal(look_at(0, 0).delivery_count, 1);
}

static void a_refused_address_is_dead_at_once(void **state)
{
    int64_t id;

    (void)state;
    (void)endpoint(11, "*");
    id = delivery();
    assert_err(result(id, (struct notify_result){.err = ERR_HTTP_ADDRESS_REFUSED}), ERR_OK);
    assert_int_equal(look_at(id, 0).deliveries[0].status, NOTIFY_DEAD);
}

static void a_resend_is_due_at_once_and_the_owners_alone(void **state)
{
    struct notify_delivery resent;
    struct look look;
    int64_t id;

    (void)state;
    (void)endpoint(11, "*");
    id = delivery();
    assert_err(result(id, (struct notify_result){.status = 200}), ERR_OK);
    assert_err(till_run(till, &notify__resend_kind,
                        &(struct notify_resend){id, till->merchant_id + 1}, &resent),
               ERR_NOTIFY_NOT_FOUND);
    assert_err(till_run(till, &notify__resend_kind,
                        &(struct notify_resend){id + 1, till->merchant_id}, &resent),
               ERR_NOTIFY_NOT_FOUND);
    assert_err(till_run(till, &notify__resend_kind, &(struct notify_resend){id, till->merchant_id},
                        &resent),
               ERR_OK);
    look = look_at(id, 0);
    assert_int_equal(look.pending_count, 1);
    assert_int_equal(look.pending[0].due_at_ms, counter_get(&till->now_ms));
    assert_int_equal(look.deliveries[0].status, NOTIFY_PENDING);
}

/* The example of the Standard Webhooks specification's libraries. */
static void the_signature_is_that_of_the_specification(void **state)
{
    struct secret key;
    struct str raw;

    (void)state;
    assert_err(base64_decode(till->arena, STR("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &raw), ERR_OK);
    key = secret_of(till->arena, raw);
    assert_string_equal(
        str_cstr(till->arena, notify_signature(till->arena, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"),
                                               1614265330, STR("{\"test\": 2432232314}"), &key, 1)),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(an_event_makes_a_delivery_for_each_endpoint_that_wants_it),
        RULE(an_answer_2xx_is_delivered),
        RULE(a_refusal_is_repeated_on_schedule_and_ends_dead),
        RULE(retry_after_is_honoured_up_to_a_day),
        RULE(gone_disables_the_endpoint),
        RULE(a_refused_address_is_dead_at_once),
        RULE(a_resend_is_due_at_once_and_the_owners_alone),
        RULE(the_signature_is_that_of_the_specification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
