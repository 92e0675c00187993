#include "test/lib/wechat_peer.h"

#include "business/channel/wechat/wechat_int.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW WECHAT_PEER_NOW_MS

static struct arena *arena;
static struct wechat_peer peer;

static enum channel_trust called_back(const struct http_header *headers, struct str body, bool bare,
                                      struct channel_result *result)
{
    const struct channel_callback callback = {
        .headers = headers,
        .header_count = WECHAT_PEER_HEADERS,
        .target = STR("/notify/wechat/cha_0DQ4C5T3K8Z2M"),
        .body = body,
        .now_ms = NOW,
    };
    void *opened = wechat_peer_open(&peer, "certificate", bare);
    enum channel_trust trust;

    *result = (struct channel_result){.outcome = 0};
    trust = channel_wechat_adapter.callback(arena, opened, &callback, result);
    channel_wechat_adapter.close(opened);
    return trust;
}

static struct str paid_event(void)
{
    return wechat_peer_event(&peer, "TRANSACTION.SUCCESS",
                             wechat_peer_encrypt(&peer, "transaction", "transaction",
                                                 wechat_peer_transaction(&peer, "SUCCESS")));
}

static struct http_header *by_platform(struct str body)
{
    return wechat_peer_sign(&peer, &peer.platform, peer.platform.serial, NOW, body);
}

static void a_signed_callback_tells_who_paid_what(void **state)
{
    struct str body = paid_event();
    struct http_header *headers = by_platform(body);
    struct channel_result result, again;

    (void)state;
    assert_int_equal(called_back(headers, body, false, &result), CHANNEL_TRUSTED);
    assert_int_equal(result.outcome, CHANNEL_SUCCEEDED);
    assert_string_equal(str_cstr(arena, result.order_no), "T202611220001");
    assert_string_equal(str_cstr(arena, result.account_no), WECHAT_PEER_MCHID);
    assert_int_equal(result.amount.minor, 1288);
    assert_int_equal(result.evidence.len, CHANNEL_EVIDENCE_LEN);
    /* Delivered again it says the same: the payment's idempotency makes it harmless. */
    assert_int_equal(called_back(headers, body, false, &again), CHANNEL_TRUSTED);
    assert_true(str_eq(again.evidence, result.evidence));
}

static void a_callback_by_the_public_key_is_taken(void **state)
{
    struct str body = paid_event();
    struct http_header *headers =
        wechat_peer_sign(&peer, &peer.public_key, STR(WECHAT_PEER_PUB_KEY_ID), NOW, body);
    struct channel_result result;

    (void)state;
    assert_int_equal(called_back(headers, body, false, &result), CHANNEL_TRUSTED);
    assert_int_equal(result.outcome, CHANNEL_SUCCEEDED);
}

static void one_changed_byte_is_refused(void **state)
{
    struct str body = paid_event();
    struct http_header *headers = by_platform(body);
    struct channel_result result;

    (void)state;
    for (size_t at = 0; at < body.len; at += body.len / 16) {
        char *changed = str_cstr(arena, body);

        changed[at] = (char)(changed[at] ^ 1);
        assert_int_equal(called_back(headers, (struct str){changed, body.len}, false, &result),
                         CHANNEL_UNTRUSTED);
        assert_int_equal(result.evidence.len, 0);
    }
    assert_int_equal(
        called_back(headers, str_printf(arena, STR_FMT "\n", STR_ARG(body)), false, &result),
        CHANNEL_UNTRUSTED);
}

static void each_missing_header_is_refused(void **state)
{
    struct str body = paid_event();
    struct channel_result result;

    (void)state;
    for (size_t i = 0; i < WECHAT_PEER_HEADERS; i++) {
        struct http_header *headers = by_platform(body);

        headers[i].value = STR("");
        assert_int_equal(called_back(headers, body, false, &result), CHANNEL_UNTRUSTED);
    }
}

static void a_signature_of_another_key_is_refused(void **state)
{
    struct str body = paid_event();
    struct http_header *headers =
        wechat_peer_sign(&peer, &peer.merchant, peer.platform.serial, NOW, body);
    struct channel_result result;

    (void)state;
    assert_int_equal(called_back(headers, body, false, &result), CHANNEL_UNTRUSTED);
}

static void the_signature_probe_is_refused(void **state)
{
    struct str body = paid_event();
    struct http_header *headers = by_platform(body);
    struct channel_result result;

    (void)state;
    headers[3].value = str_printf(arena, "WECHATPAY/SIGNTEST/" STR_FMT, STR_ARG(headers[3].value));
    assert_int_equal(called_back(headers, body, false, &result), CHANNEL_UNTRUSTED);
    assert_string_equal(str_cstr(arena, result.detail), "it is WeChat Pay's signature probe");
}

static void a_stale_callback_is_refused(void **state)
{
    struct str body = paid_event();
    struct channel_result result;

    (void)state;
    assert_int_equal(called_back(wechat_peer_sign(&peer, &peer.platform, peer.platform.serial,
                                                  NOW - 300000, body),
                                 body, false, &result),
                     CHANNEL_UNTRUSTED);
    assert_int_equal(called_back(wechat_peer_sign(&peer, &peer.platform, peer.platform.serial,
                                                  NOW + 300000, body),
                                 body, false, &result),
                     CHANNEL_UNTRUSTED);
}

static void an_unknown_serial_asks_for_a_refresh(void **state)
{
    struct str body = paid_event();
    struct channel_result result;

    (void)state;
    assert_int_equal(called_back(by_platform(body), body, true, &result), CHANNEL_KEY_UNKNOWN);
}

static void a_resource_sealed_otherwise_is_refused(void **state)
{
    struct str plain = wechat_peer_transaction(&peer, "SUCCESS");
    char *wrong_aad =
        str_cstr(arena, wechat_peer_encrypt(&peer, "transaction", "transaction", plain));
    char *wrong_algorithm = str_cstr(arena, str_of(wrong_aad));
    struct str bodies[3];
    struct channel_result result;

    (void)state;
    memcpy(strstr(wrong_aad, "\"transaction\""), "\"transactiom\"", 13);
    memcpy(strstr(wrong_algorithm, "AEAD_AES_256_GCM"), "AEAD_AES_128_GCM", 16);
    bodies[0] = wechat_peer_event(&peer, "TRANSACTION.SUCCESS", str_of(wrong_aad));
    bodies[1] = wechat_peer_event(&peer, "TRANSACTION.SUCCESS", str_of(wrong_algorithm));
    bodies[2] = wechat_peer_event(
        &peer, "TRANSACTION.SUCCESS",
        wechat_peer_encrypt(&peer, "transaction", "transaction", STR("not json")));
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_int_equal(called_back(by_platform(bodies[i]), bodies[i], false, &result),
                         CHANNEL_UNTRUSTED);
    }
}

static void an_event_of_another_kind_is_believed_and_says_nothing(void **state)
{
    struct str plain = wechat_peer_transaction(&peer, "SUCCESS");
    const struct str bodies[] = {
        wechat_peer_event(&peer, "REFUND.SUCCESS",
                          wechat_peer_encrypt(&peer, "refund", "refund", plain)),
        wechat_peer_event(&peer, "TRANSACTION.SUCCESS",
                          wechat_peer_encrypt(&peer, "profitsharing", "profitsharing", plain)),
        STR("{}"),
        STR("[]"),
    };
    struct channel_result result;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_int_equal(called_back(by_platform(bodies[i]), bodies[i], false, &result),
                         CHANNEL_TRUSTED);
        assert_int_equal(result.outcome, CHANNEL_UNKNOWN);
    }
}

static void replies_are_in_the_channels_form(void **state)
{
    struct channel_callback_reply reply = {.status = 0};

    (void)state;
    channel_wechat_adapter.callback_reply(arena, ERR_OK, &reply);
    assert_int_equal(reply.status, 204);
    assert_int_equal(reply.body.len, 0);
    reply = (struct channel_callback_reply){.status = 0};
    channel_wechat_adapter.callback_reply(arena, ERR_CHANNEL_UNVERIFIED, &reply);
    assert_int_equal(reply.status, 401);
    assert_string_equal(str_cstr(arena, reply.body),
                        "{\"code\":\"FAIL\",\"message\":\"the channel's signature could not be "
                        "verified\"}");
    channel_wechat_adapter.callback_reply(arena, ERR_STORE_BUSY, &reply);
    assert_int_equal(reply.status, 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_callback_tells_who_paid_what),
        cmocka_unit_test(a_callback_by_the_public_key_is_taken),
        cmocka_unit_test(one_changed_byte_is_refused),
        cmocka_unit_test(each_missing_header_is_refused),
        cmocka_unit_test(a_signature_of_another_key_is_refused),
        cmocka_unit_test(the_signature_probe_is_refused),
        cmocka_unit_test(a_stale_callback_is_refused),
        cmocka_unit_test(an_unknown_serial_asks_for_a_refresh),
        cmocka_unit_test(a_resource_sealed_otherwise_is_refused),
        cmocka_unit_test(an_event_of_another_kind_is_believed_and_says_nothing),
        cmocka_unit_test(replies_are_in_the_channels_form),
    };
    int failed;

    arena = arena_new();
    peer = wechat_peer(arena);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
