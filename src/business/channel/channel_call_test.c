#include "test/lib/channel_rig.h"
#include "test/lib/wechat_peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ORDER "T202611220001"
#define PENDING "{\"order_no\":\"" ORDER "\",\"qr\":\"mock://pay/1\",\"status\":\"pending\"}"
#define PAID                                                                                       \
    "{\"order_no\":\"" ORDER "\",\"merchant_no\":\"M1\",\"transaction_no\":\"X1\","                \
    "\"status\":\"succeeded\",\"amount\":1288,\"currency\":\"CNY\","                               \
    "\"paid_at\":\"2026-09-21T14:13:20.000Z\"}"

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

static void a_believed_answer_is_the_outcome(void **state)
{
    struct channel_result result;

    (void)state;
    rig->answer = (struct rig_answer){.status = 200, .body = PENDING, .signed_ = true};
    result = rig_call(rig, account, CHANNEL_OP_CREATE, ORDER);
    assert_int_equal(result.outcome, CHANNEL_PENDING);
    assert_int_equal(result.err, ERR_OK);
    assert_int_equal(result.status, 200);
    assert_true(str_eq(result.qr, STR("mock://pay/1")));
    rig->answer = (struct rig_answer){.status = 200, .body = PAID, .signed_ = true};
    result = rig_call(rig, account, CHANNEL_OP_QUERY, ORDER);
    assert_int_equal(result.outcome, CHANNEL_SUCCEEDED);
    assert_true(str_eq(result.transaction_no, STR("X1")));
    assert_true(str_eq(result.order_no, STR(ORDER)));
}

static void the_callback_url_of_the_account_goes_out(void **state)
{
    struct str url =
        str_printf(rig->arena, "\"notify_url\":\"" STR_FMT STR_FMT "\"", STR_ARG(rig->base_url),
                   STR_ARG(rig_notify_path(rig, "mock", account)));

    (void)state;
    rig->answer = (struct rig_answer){.status = 200, .body = PENDING, .signed_ = true};
    (void)rig_call(rig, account, CHANNEL_OP_CREATE, ORDER);
    assert_true(str_find(rig->last_body, url, &(size_t){0}));
}

static void what_cannot_be_believed_is_unknown(void **state)
{
    static const struct {
        struct rig_answer answer;
        enum err err;
        enum channel_decline decline;
    } rows[] = {
        {{.status = 200, .body = PAID}, ERR_CHANNEL_UNVERIFIED, DECLINE_CHANNEL_SIGNATURE_ERROR},
        {{.status = 200,
          .body = "{\"order_no\":\"T999\",\"merchant_no\":\"M1\",\"status\":\"closed\"}",
          .signed_ = true},
         ERR_CHANNEL_UNVERIFIED,
         DECLINE_CHANNEL_SIGNATURE_ERROR},
        {{.status = 200, .body = "half an ans", .signed_ = true},
         ERR_CHANNEL_UNVERIFIED,
         DECLINE_CHANNEL_SIGNATURE_ERROR},
        {{.status = 302, .body = "moved"}, ERR_CHANNEL_UNVERIFIED, DECLINE_CHANNEL_SIGNATURE_ERROR},
        {{.status = 404, .body = "<html>"},
         ERR_CHANNEL_UNVERIFIED,
         DECLINE_CHANNEL_SIGNATURE_ERROR},
        {{.status = 429, .body = "{}", .signed_ = true},
         ERR_CHANNEL_UNAVAILABLE,
         DECLINE_CHANNEL_RATE_LIMITED},
        {{.status = 500, .body = PAID, .signed_ = true},
         ERR_CHANNEL_UNAVAILABLE,
         DECLINE_CHANNEL_UNAVAILABLE},
        {{.status = 503, .body = ""}, ERR_CHANNEL_UNAVAILABLE, DECLINE_CHANNEL_UNAVAILABLE},
        {{.never = true}, ERR_HTTP_NO_ANSWER, DECLINE_CHANNEL_TIMEOUT},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct channel_result result;

        rig->answer = rows[i].answer;
        result = rig_call(rig, account, CHANNEL_OP_QUERY, ORDER);
        assert_int_equal(result.outcome, CHANNEL_UNKNOWN);
        assert_int_equal(result.err, rows[i].err);
        assert_int_equal(result.decline, rows[i].decline);
        assert_int_equal(result.evidence.len, 0);
        assert_int_equal(result.amount.minor, 0);
    }
}

static void a_refused_connection_is_not_sent(void **state)
{
    struct str method = STR("mock_qr");
    const struct channel_create body = {
        .channel = STR("mock"),
        .name = STR("nobody there"),
        .account_no = STR("M1"),
        .methods = {&method, 1},
        .base_url = STR("http://127.0.0.1:1"),
        .credentials = STR("{\"key\":\"" RIG_MOCK_KEY "\"}"),
    };
    struct channel_account created;
    struct json_refusal refusal;
    struct channel_result result;

    (void)state;
    assert_int_equal(rig_create(rig, &body, &created, &refusal), ERR_OK);
    result = rig_call(rig, created.id, CHANNEL_OP_CREATE, ORDER);
    assert_int_equal(result.outcome, CHANNEL_NOT_SENT);
    assert_int_equal(result.err, ERR_HTTP_CONNECT);
}

static void an_account_that_is_not_there_is_not_sent(void **state)
{
    struct channel_result result = rig_call(rig, account + 1, CHANNEL_OP_CREATE, ORDER);

    (void)state;
    assert_int_equal(result.outcome, CHANNEL_NOT_SENT);
    assert_int_equal(result.err, ERR_CHANNEL_NOT_FOUND);
    assert_int_equal(rig->order_requests, 0);
}

static void a_disabled_account_is_still_queried(void **state)
{
    const struct channel_set_status arg = {account, CHANNEL_DISABLED};
    struct channel_account changed;

    (void)state;
    assert_int_equal(
        store_run(rig->app.store, &channel__set_status_kind, &arg, &changed, rig->arena), ERR_OK);
    rig->answer = (struct rig_answer){.status = 200, .body = PAID, .signed_ = true};
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_SUCCEEDED);
}

/* ---- WeChat Pay's certificates, through the engine ---- */

static struct wechat_peer peer;

static int set_up_wechat(void **state)
{
    (void)state;
    rig = rig_new("channel.refresh_pause = 10s\n");
    peer = wechat_peer(rig->arena);
    account = rig_wechat_account(rig, &peer);
    rig->certificates = rig_wechat_answer(rig, &peer, &peer.platform,
                                          wechat_peer_certificates(&peer, &peer.platform, 1));
    rig->answer =
        rig_wechat_answer(rig, &peer, &peer.platform, wechat_peer_transaction(&peer, "SUCCESS"));
    return 0;
}

static void an_unknown_serial_fetches_the_certificates_once_and_judges_again(void **state)
{
    (void)state;
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_SUCCEEDED);
    assert_int_equal(rig->certificate_requests, 1);
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_SUCCEEDED);
    assert_int_equal(rig->certificate_requests, 1);
    assert_int_equal(rig->order_requests, 2);
}

static void a_new_certificate_is_fetched_and_the_old_one_kept(void **state)
{
    struct test_certificate fresh = test_certificate(rig->arena, WECHAT_PEER_NOW_MS - 1000,
                                                     WECHAT_PEER_NOW_MS + INT64_C(86400000));

    (void)state;
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_SUCCEEDED);
    rig->now_ms += 10000;
    rig->certificates =
        rig_wechat_answer(rig, &peer, &fresh, wechat_peer_certificates(&peer, &fresh, 1));
    rig->answer = rig_wechat_answer(rig, &peer, &fresh, wechat_peer_transaction(&peer, "SUCCESS"));
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_SUCCEEDED);
    rig->answer =
        rig_wechat_answer(rig, &peer, &peer.platform, wechat_peer_transaction(&peer, "SUCCESS"));
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_SUCCEEDED);
    assert_int_equal(rig->certificate_requests, 2);
}

static void unknown_serials_do_not_fetch_each_time(void **state)
{
    struct test_certificate stranger = test_certificate(rig->arena, WECHAT_PEER_NOW_MS - 1000,
                                                        WECHAT_PEER_NOW_MS + INT64_C(86400000));

    (void)state;
    rig->answer =
        rig_wechat_answer(rig, &peer, &stranger, wechat_peer_transaction(&peer, "SUCCESS"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_UNKNOWN);
    }
    assert_int_equal(rig->certificate_requests, 1);
    rig->now_ms += 10000;
    rig->answer =
        rig_wechat_answer(rig, &peer, &stranger, wechat_peer_transaction(&peer, "SUCCESS"));
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_UNKNOWN);
    assert_int_equal(rig->certificate_requests, 2);
}

static void certificates_that_cannot_be_fetched_leave_the_outcome_unknown(void **state)
{
    (void)state;
    rig->certificates = (struct rig_answer){.status = 500, .body = "{}"};
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_UNKNOWN);
    rig->certificates = (struct rig_answer){.never = true};
    rig->now_ms += 10000;
    rig->answer =
        rig_wechat_answer(rig, &peer, &peer.platform, wechat_peer_transaction(&peer, "SUCCESS"));
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_UNKNOWN);
    assert_int_equal(rig->certificate_requests, 2);
}

static void certificates_are_fetched_again_by_the_clock_beside_the_calls(void **state)
{
    (void)state;
    assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome, CHANNEL_SUCCEEDED);
    rig->now_ms += INT64_C(12) * 3600 * 1000;
    rig->certificates = rig_wechat_answer(rig, &peer, &peer.platform,
                                          wechat_peer_certificates(&peer, &peer.platform, 1));
    rig->answer =
        rig_wechat_answer(rig, &peer, &peer.platform, wechat_peer_transaction(&peer, "SUCCESS"));
    for (int i = 0; i < 50 && rig->certificate_requests < 2; i++) {
        assert_int_equal(rig_call(rig, account, CHANNEL_OP_QUERY, ORDER).outcome,
                         CHANNEL_SUCCEEDED);
    }
    assert_int_equal(rig->certificate_requests, 2);
}

static void calls_of_all_loops_wait_for_one_fetch(void **state)
{
    (void)state;
    assert_int_equal(rig_calls(rig, account, 40, CHANNEL_SUCCEEDED), 40);
    assert_int_equal(rig->certificate_requests, 1);
}

static void calls_go_on_while_the_account_changes(void **state)
{
    (void)state;
    rig->answer = (struct rig_answer){.status = 200, .body = PAID, .signed_ = true};
    for (int i = 0; i < 10; i++) {
        const struct channel_set_status arg = {account,
                                               i % 2 == 0 ? CHANNEL_DISABLED : CHANNEL_ENABLED};
        struct channel_account changed;

        assert_int_equal(
            store_run(rig->app.store, &channel__set_status_kind, &arg, &changed, rig->arena),
            ERR_OK);
        assert_int_equal(rig_calls(rig, account, 20, CHANNEL_SUCCEEDED), 20);
    }
}

static void the_cache_holds_no_more_accounts_than_it_may(void **state)
{
    int64_t accounts[5];

    (void)state;
    tear_down(NULL);
    rig = rig_new("channel.cache_accounts = 2\n");
    rig->answer = (struct rig_answer){.status = 200, .body = PAID, .signed_ = true};
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        accounts[i] = rig_mock_account(rig, 0, (int64_t)i);
    }
    for (size_t i = 0; i < 3 * ARRAY_LEN(accounts); i++) {
        assert_int_equal(rig_calls(rig, accounts[i % ARRAY_LEN(accounts)], 2, CHANNEL_SUCCEEDED),
                         2);
    }
    assert_true(channel__cache_count(channel__state(&rig->app)->cache) <= 2);
}

#define WITH_MOCK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_WECHAT(test) cmocka_unit_test_setup_teardown(test, set_up_wechat, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MOCK(a_believed_answer_is_the_outcome),
        WITH_MOCK(the_callback_url_of_the_account_goes_out),
        WITH_MOCK(what_cannot_be_believed_is_unknown),
        WITH_MOCK(a_refused_connection_is_not_sent),
        WITH_MOCK(an_account_that_is_not_there_is_not_sent),
        WITH_MOCK(a_disabled_account_is_still_queried),
        WITH_MOCK(calls_go_on_while_the_account_changes),
        WITH_MOCK(the_cache_holds_no_more_accounts_than_it_may),
        WITH_WECHAT(an_unknown_serial_fetches_the_certificates_once_and_judges_again),
        WITH_WECHAT(calls_of_all_loops_wait_for_one_fetch),
        WITH_WECHAT(a_new_certificate_is_fetched_and_the_old_one_kept),
        WITH_WECHAT(unknown_serials_do_not_fetch_each_time),
        WITH_WECHAT(certificates_that_cannot_be_fetched_leave_the_outcome_unknown),
        WITH_WECHAT(certificates_are_fetched_again_by_the_clock_beside_the_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
