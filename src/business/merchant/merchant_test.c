/* The rules of merchants, contracts and endpoints, through their commands. */
#include "test/lib/payment_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW TILL_START_MS

static int set_up(void **state)
{
    *state = till_open("sqlite", CHANNEL_FUND_DIRECT);
    return 0;
}

static int tear_down(void **state)
{
    till_close(*state);
    return 0;
}

/* A question asked within a command. */
struct question {
    enum err (*ask)(struct tx *tx, struct question *question);
    int64_t merchant_id;
    int64_t app_id;
    struct str text;
    enum currency currency;
    int64_t id;
    int64_t ids[MERCHANT_ENDPOINTS_MAX];
    size_t count;
};

static enum err question_apply(struct tx *tx, const void *arg, void *result)
{
    struct question *question = *(struct question *const *)arg;

    (void)result;
    return question->ask(tx, question);
}

static const struct command_kind question_kind = {.name = "test.ask", .apply = question_apply};

static enum err ask(struct till *till, struct question *question)
{
    return till_run(till, &question_kind, &question, NULL);
}

static enum err ask_active(struct tx *tx, struct question *q)
{
    return merchant_check_active(tx, q->merchant_id, q->app_id);
}

static enum err ask_open(struct tx *tx, struct question *q)
{
    const struct merchant_contract *contract;

    TRY(merchant_contract_open(
        tx, &(struct merchant_contract_key){q->merchant_id, q->text, q->currency}, &contract));
    q->id = contract->id;
    return ERR_OK;
}

static enum err ask_covering(struct tx *tx, struct question *q)
{
    struct merchant_contracts covering;

    TRY(merchant_contracts_for(
        tx, &(struct merchant_contract_key){q->merchant_id, q->text, q->currency}, &covering));
    q->count = covering.count;
    for (size_t i = 0; i < covering.count; i++) {
        q->ids[i] = covering.all[i]->id;
    }
    return ERR_OK;
}

static enum err ask_endpoints(struct tx *tx, struct question *q)
{
    return merchant_endpoints_for(tx, q->merchant_id, q->text, q->ids, &q->count);
}

static enum err ask_disable(struct tx *tx, struct question *q)
{
    return merchant_endpoint_disable(tx, q->id, STR("answered 410 Gone"));
}

static enum err active(struct till *till, int64_t merchant_id, int64_t app_id)
{
    struct question q = {.ask = ask_active, .merchant_id = merchant_id, .app_id = app_id};

    return ask(till, &q);
}

static enum err create(struct till *till, const char *no, const char *name,
                       enum merchant_fund_mode mode, bool allowed, struct merchant *out)
{
    const struct merchant_create arg = {.merchant_no = str_of(no),
                                        .name = str_of(name),
                                        .fund_mode = mode,
                                        .collect_allowed = allowed};

    return till_run(till, &merchant__create_kind, &arg, out);
}

/* ---- merchants ---- */

static void the_same_number_and_content_give_the_first_merchant(void **state)
{
    struct till *till = *state;
    struct merchant first, again;

    assert_int_equal(create(till, "N1", "One", 0, false, &first), ERR_OK);
    assert_int_equal(first.fund_mode, MERCHANT_FUND_DIRECT);
    assert_int_equal(create(till, "N1", "One", 0, false, &again), ERR_OK);
    assert_int_equal(again.id, first.id);
    assert_int_equal(create(till, "N1", "Two", 0, false, &again), ERR_MERCHANT_NO_CONFLICT);
}

static void collect_needs_the_licence_when_it_is_set_up(void **state)
{
    struct till *till = *state;
    struct merchant merchant;

    assert_int_equal(create(till, "N1", "One", MERCHANT_FUND_COLLECT, false, &merchant),
                     ERR_MERCHANT_COLLECT_LICENCE);
    assert_int_equal(create(till, "N1", "One", MERCHANT_FUND_COLLECT, true, &merchant), ERR_OK);
}

static void collect_needs_the_licence_at_run_time(void **state)
{
    struct till *till = till_open("sqlite", CHANNEL_FUND_COLLECT);
    struct payment_create order = till_order(till);
    struct payment_change change;

    (void)state;
    order.collect_allowed = false;
    assert_int_equal(till_create(till, &order, &change), ERR_MERCHANT_COLLECT_LICENCE);
    order.collect_allowed = true;
    assert_int_equal(till_create(till, &order, &change), ERR_OK);
    till_close(till);
}

static void set_status(struct till *till, enum merchant_status status, enum err expected)
{
    const struct merchant_set_status arg = {till->merchant_id, status};
    struct merchant merchant;

    assert_int_equal(till_run(till, &merchant__status_kind, &arg, &merchant), expected);
}

static void a_merchant_is_suspended_activated_and_closed_for_ever(void **state)
{
    struct till *till = *state;

    assert_int_equal(active(till, till->merchant_id, till->app_id), ERR_OK);
    set_status(till, MERCHANT_SUSPENDED, ERR_OK);
    assert_int_equal(active(till, till->merchant_id, till->app_id), ERR_MERCHANT_SUSPENDED);
    set_status(till, MERCHANT_ACTIVE, ERR_OK);
    assert_int_equal(active(till, till->merchant_id, 0), ERR_OK);
    set_status(till, MERCHANT_CLOSED, ERR_OK);
    assert_int_equal(active(till, till->merchant_id, till->app_id), ERR_MERCHANT_CLOSED);
    set_status(till, MERCHANT_ACTIVE, ERR_MERCHANT_CLOSED);
    assert_int_equal(active(till, 12345, 0), ERR_MERCHANT_NOT_FOUND);
}

static void an_app_is_its_merchants_alone(void **state)
{
    struct till *till = *state;
    struct merchant other;

    assert_int_equal(create(till, "N1", "One", 0, false, &other), ERR_OK);
    assert_int_equal(active(till, other.id, till->app_id), ERR_MERCHANT_APP_DISABLED);
    assert_int_equal(active(till, other.id, 12345), ERR_MERCHANT_APP_DISABLED);
}

static void the_same_name_gives_the_first_app(void **state)
{
    struct till *till = *state;
    struct merchant_app_create arg = {till->merchant_id, STR("shop")};
    struct merchant_app first, again;

    assert_int_equal(till_run(till, &merchant__app_kind, &arg, &first), ERR_OK);
    assert_int_equal(till_run(till, &merchant__app_kind, &arg, &again), ERR_OK);
    assert_int_equal(again.id, first.id);
    arg.merchant_id = 12345;
    assert_int_equal(till_run(till, &merchant__app_kind, &arg, &again), ERR_MERCHANT_NOT_FOUND);
}

/* ---- contracts ---- */

static struct question contract_question(struct till *till, const char *method,
                                         enum currency currency)
{
    return (struct question){
        .merchant_id = till->merchant_id, .text = str_of(method), .currency = currency};
}

static int64_t open_contract(struct till *till, const char *method, enum currency currency)
{
    struct question q = contract_question(till, method, currency);

    q.ask = ask_open;
    assert_int_equal(ask(till, &q), ERR_OK);
    return q.id;
}

static void there_is_one_contract_of_a_method_and_currency(void **state)
{
    struct till *till = *state;
    int64_t wechat = open_contract(till, "wechat_native", CURRENCY_CNY);

    assert_int_equal(open_contract(till, "", CURRENCY_CNY), till->contract_id);
    assert_int_equal(open_contract(till, "wechat_native", CURRENCY_CNY), wechat);
    assert_true(wechat != till->contract_id);
    assert_true(open_contract(till, "", CURRENCY_USD) != till->contract_id);
}

static void a_payment_is_covered_by_its_methods_contracts_and_the_general_ones(void **state)
{
    struct till *till = *state;
    int64_t wechat = open_contract(till, "wechat_native", CURRENCY_CNY);
    struct question q = contract_question(till, "wechat_native", CURRENCY_CNY);

    (void)open_contract(till, "", CURRENCY_USD);
    q.ask = ask_covering;
    assert_int_equal(ask(till, &q), ERR_OK);
    assert_int_equal(q.count, 2);
    assert_int_equal(q.ids[0], till->contract_id);
    assert_int_equal(q.ids[1], wechat);
    q.text = STR("");
    assert_int_equal(ask(till, &q), ERR_OK);
    assert_int_equal(q.count, 1);
    assert_int_equal(q.ids[0], till->contract_id);
}

static void a_merchant_has_as_many_contracts_as_it_may_have(void **state)
{
    struct till *till = *state;
    struct question q = contract_question(till, "one_more", CURRENCY_CNY);

    for (int i = 1; i < MERCHANT_CONTRACTS_MAX; i++) {
        (void)open_contract(till, str_cstr(till->arena, str_printf(till->arena, "m%d", i)),
                            CURRENCY_CNY);
    }
    q.ask = ask_open;
    assert_int_equal(ask(till, &q), ERR_MERCHANT_TOO_MANY);
    q.text = STR("m1");
    assert_int_equal(ask(till, &q), ERR_OK);
    q.merchant_id = 12345;
    assert_int_equal(ask(till, &q), ERR_MERCHANT_NOT_FOUND);
}

/* ---- endpoints ---- */

static enum err make_endpoint(struct till *till, int64_t id, const char *events)
{
    const struct merchant_endpoint_create arg = {
        .id = id,
        .merchant_id = till->merchant_id,
        .url = STR("https://shop.example/hook"),
        .events = str_of(events),
        .secret = STR("sealed"),
    };
    struct merchant_endpoint endpoint;

    return till_run(till, &merchant__endpoint_kind, &arg, &endpoint);
}

static size_t wanting(struct till *till, const char *type, int64_t ids[MERCHANT_ENDPOINTS_MAX])
{
    struct question q = {
        .ask = ask_endpoints, .merchant_id = till->merchant_id, .text = str_of(type)};

    assert_int_equal(ask(till, &q), ERR_OK);
    memcpy(ids, q.ids, sizeof(q.ids));
    return q.count;
}

static void endpoints_get_the_events_they_want(void **state)
{
    struct till *till = *state;
    int64_t ids[MERCHANT_ENDPOINTS_MAX];

    assert_int_equal(make_endpoint(till, 1001, ""), ERR_OK);
    assert_int_equal(make_endpoint(till, 1002, "payment.*"), ERR_OK);
    assert_int_equal(make_endpoint(till, 1003, "payment.closed refund.succeeded"), ERR_OK);
    assert_int_equal(wanting(till, "payment.closed", ids), 3);
    assert_int_equal(wanting(till, "payment.succeeded", ids), 2);
    assert_int_equal(ids[0], 1001);
    assert_int_equal(ids[1], 1002);
    assert_int_equal(wanting(till, "refund.succeeded", ids), 2);
    assert_int_equal(wanting(till, "payments.closed", ids), 1);
    assert_int_equal(wanting(till, "", ids), 3);
}

static enum err endpoint_status(struct till *till, int64_t id, int64_t merchant_id,
                                enum merchant_endpoint_status status)
{
    const struct merchant_endpoint_set_status arg = {id, merchant_id, status};
    struct merchant_endpoint endpoint;

    return till_run(till, &merchant__endpoint_status_kind, &arg, &endpoint);
}

static void only_enabled_endpoints_count(void **state)
{
    struct till *till = *state;
    struct question q = {.ask = ask_disable, .id = 1000};
    int64_t ids[MERCHANT_ENDPOINTS_MAX];

    for (int i = 0; i < MERCHANT_ENDPOINTS_MAX; i++) {
        assert_int_equal(make_endpoint(till, 1000 + i, ""), ERR_OK);
    }
    assert_int_equal(make_endpoint(till, 2000, ""), ERR_MERCHANT_TOO_MANY);
    assert_int_equal(ask(till, &q), ERR_OK);
    assert_int_equal(wanting(till, "", ids), MERCHANT_ENDPOINTS_MAX - 1);
    assert_int_equal(ids[0], 1001);
    assert_int_equal(make_endpoint(till, 2000, ""), ERR_OK);
    assert_int_equal(endpoint_status(till, 1000, 0, MERCHANT_ENDPOINT_ENABLED),
                     ERR_MERCHANT_TOO_MANY);
    assert_int_equal(endpoint_status(till, 2000, 0, MERCHANT_ENDPOINT_DISABLED), ERR_OK);
    assert_int_equal(endpoint_status(till, 1000, 0, MERCHANT_ENDPOINT_ENABLED), ERR_OK);
    assert_int_equal(wanting(till, "", ids), MERCHANT_ENDPOINTS_MAX);
}

static void a_foreign_endpoint_is_not_found(void **state)
{
    struct till *till = *state;

    assert_int_equal(make_endpoint(till, 1001, ""), ERR_OK);
    assert_int_equal(endpoint_status(till, 1001, 12345, MERCHANT_ENDPOINT_DISABLED),
                     ERR_MERCHANT_ENDPOINT_NOT_FOUND);
    assert_int_equal(endpoint_status(till, 1002, 0, MERCHANT_ENDPOINT_DISABLED),
                     ERR_MERCHANT_ENDPOINT_NOT_FOUND);
}

static void an_endpoints_secrets_are_sealed_and_overlap(void **state)
{
    struct till *till = *state;
    char path[] = "/tmp/merchant_test.XXXXXX";
    struct merchant_endpoint row = {.id = 1001};
    struct app app = {.clock = &till->clock};
    struct secret first, second, keys[2];
    struct str sealed;
    size_t count, at;

    assert_non_null(mkdtemp(path));
    assert_int_equal(vault_open(str_printf(till->arena, "%s/key", path), true, &app.vault), ERR_OK);
    merchant__endpoint_secret_make(&app, till->arena, row.id, &first, &sealed);
    row.previous_secret = sealed;
    row.previous_until_ms = NOW + 1000;
    merchant__endpoint_secret_make(&app, till->arena, row.id, &second, &row.secret);
    assert_true(str_starts(secret_bytes(&first), STR("whsec_")));
    assert_false(str_find(sealed, secret_bytes(&first), &at));
    assert_int_equal(merchant_endpoint_secrets(&app, till->arena, &row, NOW + 999, keys, &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(secret_bytes(&keys[0]).len, 32);
    assert_int_equal(merchant_endpoint_secrets(&app, till->arena, &row, NOW + 1000, keys, &count),
                     ERR_OK);
    assert_int_equal(count, 1);
    row.id++; /* sealed for one row, it opens for no other */
    assert_int_equal(merchant_endpoint_secrets(&app, till->arena, &row, NOW, keys, &count),
                     ERR_CRYPTO_DECRYPT);
    vault_free(app.vault);
    (void)unlink(str_cstr(till->arena, str_printf(till->arena, "%s/key", path)));
    (void)rmdir(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_number_and_content_give_the_first_merchant),
        TEST(collect_needs_the_licence_when_it_is_set_up),
        cmocka_unit_test(collect_needs_the_licence_at_run_time),
        TEST(a_merchant_is_suspended_activated_and_closed_for_ever),
        TEST(an_app_is_its_merchants_alone),
        TEST(the_same_name_gives_the_first_app),
        TEST(there_is_one_contract_of_a_method_and_currency),
        TEST(a_payment_is_covered_by_its_methods_contracts_and_the_general_ones),
        TEST(a_merchant_has_as_many_contracts_as_it_may_have),
        TEST(endpoints_get_the_events_they_want),
        TEST(only_enabled_endpoints_count),
        TEST(a_foreign_endpoint_is_not_found),
        TEST(an_endpoints_secrets_are_sealed_and_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
