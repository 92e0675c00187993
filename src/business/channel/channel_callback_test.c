#include "test/lib/channel_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct str paid =
    STR_INIT("{\"order_no\":\"T202611220001\",\"merchant_no\":\"M1\",\"transaction_no\":\"X1\","
             "\"status\":\"succeeded\",\"amount\":1288,\"currency\":\"CNY\","
             "\"paid_at\":\"2026-09-21T14:13:20.000Z\",\"notification_id\":\"N1\"}");

static struct rig *rig;
static int64_t account;

static int set_up(void **state)
{
    (void)state;
    rig = rig_new(NULL);
    account = rig_mock_account(rig, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_free(rig);
    return 0;
}

static struct rig_reply notify(const char *channel, int64_t id, const struct http_header *headers,
                               struct str body)
{
    return rig_request(rig, "POST", rig_notify_path(rig, channel, id), headers, body);
}

static void a_believed_callback_reaches_the_sink_and_is_answered_in_its_form(void **state)
{
    struct rig_reply reply = notify("mock", account, rig_mock_headers(rig, paid), paid);

    (void)state;
    assert_int_equal(reply.status, 204);
    assert_int_equal(reply.body.len, 0);
    assert_int_equal(rig_notices(rig), 1);
    assert_int_equal(rig->last_notice.outcome, CHANNEL_SUCCEEDED);
    assert_int_equal(rig->last_notice.amount.minor, 1288);
    assert_true(str_eq(rig->last_notice.order_no, STR("T202611220001")));
}

static void a_repeated_callback_reaches_the_sink_again(void **state)
{
    const struct http_header *headers = rig_mock_headers(rig, paid);

    (void)state;
    assert_int_equal(notify("mock", account, headers, paid).status, 204);
    assert_int_equal(notify("mock", account, headers, paid).status, 204);
    assert_int_equal(rig_notices(rig), 2);
}

static void what_the_sink_could_not_keep_is_asked_for_again(void **state)
{
    (void)state;
    rig->sink_err = ERR_STORE_BUSY;
    assert_int_equal(notify("mock", account, rig_mock_headers(rig, paid), paid).status, 503);
    assert_int_equal(rig_notices(rig), 1);
}

static void what_is_not_believed_is_refused_and_changes_nothing(void **state)
{
    const struct http_header *headers = rig_mock_headers(rig, paid);

    (void)state;
    assert_int_equal(notify("mock", account, NULL, paid).status, 401);
    assert_int_equal(notify("mock", account, headers, STR("{}")).status, 401);
    assert_int_equal(notify("mock", account, headers, STR("")).status, 401);
    rig->now_ms += 300000;
    assert_int_equal(notify("mock", account, headers, paid).status, 401);
    assert_int_equal(rig_notices(rig), 0);
}

static void a_statement_without_meaning_for_us_is_not_handed_on(void **state)
{
    const struct str odd = STR("{\"order_no\":\"T202611220001\",\"status\":\"new\"}");

    (void)state;
    assert_int_equal(notify("mock", account, rig_mock_headers(rig, odd), odd).status, 422);
    assert_int_equal(rig_notices(rig), 0);
}

static void an_account_or_channel_that_is_not_there_is_404(void **state)
{
    const struct http_header *headers = rig_mock_headers(rig, paid);

    (void)state;
    assert_int_equal(notify("mock", account + 1, headers, paid).status, 404);
    assert_int_equal(notify("wechat", account, headers, paid).status, 404);
    assert_int_equal(notify("nobody", account, headers, paid).status, 404);
    assert_int_equal(rig_request(rig, "POST", STR("/notify/mock/pay_1"), headers, paid).status,
                     404);
    assert_int_equal(rig_notices(rig), 0);
}

/* ---- WeChat Pay, whose certificate is not known yet ---- */

static struct wechat_peer peer;

static int set_up_wechat(void **state)
{
    (void)state;
    rig = rig_new(NULL);
    peer = wechat_peer(rig->arena);
    account = rig_wechat_account(rig, &peer);
    rig->certificates = rig_wechat_answer(rig, &peer, &peer.platform,
                                          wechat_peer_certificates(&peer, &peer.platform, 1));
    return 0;
}

static struct str wechat_event(void)
{
    return wechat_peer_event(&peer, "TRANSACTION.SUCCESS",
                             wechat_peer_encrypt(&peer, "transaction", "transaction",
                                                 wechat_peer_transaction(&peer, "SUCCESS")));
}

static void a_callback_of_an_unknown_certificate_fetches_it_and_is_judged_again(void **state)
{
    struct str body = wechat_event();
    const struct http_header *headers = rig_wechat_headers(rig, &peer, &peer.platform, body);

    (void)state;
    assert_int_equal(notify("wechat", account, headers, body).status, 204);
    assert_int_equal(notify("wechat", account, headers, body).status, 204);
    assert_int_equal(rig_notices(rig), 2);
    assert_int_equal(rig->certificate_requests, 1);
    assert_int_equal(rig->last_notice.amount.minor, 1288);
}

static void forged_callbacks_do_not_fetch_each_time(void **state)
{
    struct str body = wechat_event();
    const struct http_header *headers = rig_wechat_headers(rig, &peer, &peer.merchant, body);

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct rig_reply reply = notify("wechat", account, headers, body);

        assert_int_equal(reply.status, 401);
        assert_true(str_starts(reply.body, STR("{\"code\":\"FAIL\",")));
    }
    assert_int_equal(rig->certificate_requests, 1);
    assert_int_equal(rig_notices(rig), 0);
}

#define WITH_WECHAT(test) cmocka_unit_test_setup_teardown(test, set_up_wechat, tear_down)
#define WITH_MOCK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MOCK(a_believed_callback_reaches_the_sink_and_is_answered_in_its_form),
        WITH_MOCK(a_repeated_callback_reaches_the_sink_again),
        WITH_MOCK(what_the_sink_could_not_keep_is_asked_for_again),
        WITH_MOCK(what_is_not_believed_is_refused_and_changes_nothing),
        WITH_MOCK(a_statement_without_meaning_for_us_is_not_handed_on),
        WITH_MOCK(an_account_or_channel_that_is_not_there_is_404),
        WITH_WECHAT(a_callback_of_an_unknown_certificate_fetches_it_and_is_judged_again),
        WITH_WECHAT(forged_callbacks_do_not_fetch_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
