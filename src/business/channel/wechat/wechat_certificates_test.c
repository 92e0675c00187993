#include "test/lib/wechat_peer.h"

#include "base/encode.h"
#include "business/channel/wechat/wechat_int.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW WECHAT_PEER_NOW_MS

static struct arena *arena;
static struct wechat_peer peer;

static const struct channel_ask ask = {
    .now_ms = NOW,
    .nonce = STR_INIT("593BEC0C930BF1AFEB40B4A08C8FB242"),
};

/* Judges an answer to GET /v3/certificates with the account as it is. */
static enum err refreshed(bool bare, const struct http_call *answer, struct str *learned)
{
    void *opened = wechat_peer_open(&peer, "certificate", bare);
    enum err err = channel_wechat_adapter.refresh_answer(arena, opened, &ask, answer, learned);

    channel_wechat_adapter.close(opened);
    return err;
}

static void *open_with(struct str learned)
{
    const struct channel_account account = wechat_peer_account(&peer, "certificate");
    struct json_refusal refusal;
    void *opened = NULL;

    assert_int_equal(
        channel_account_open(&account, wechat_peer_credentials(&peer), learned, &opened, &refusal),
        ERR_OK);
    return opened;
}

static enum channel_trust trusts(void *opened, const struct test_certificate *by)
{
    struct str body = STR("{\"code_url\":\"weixin://wxpay/bizpayurl?pr=1\"}");
    const struct http_call answer = {
        .status = 200,
        .answer = body,
        .answer_headers = wechat_peer_sign(&peer, by, by->serial, NOW, body),
        .answer_header_count = WECHAT_PEER_HEADERS,
    };
    const struct channel_order order = {.order_no = STR("T202611220001")};
    const struct channel_ask create = {.op = CHANNEL_OP_CREATE, .order = &order, .now_ms = NOW};
    struct channel_result result = {.outcome = 0};

    return channel_wechat_adapter.answer(arena, opened, &create, &answer, &result);
}

static void the_download_is_a_signed_get(void **state)
{
    struct http_call call = {.arena = arena};
    void *opened = wechat_peer_open(&peer, "certificate", true);

    (void)state;
    channel_wechat_adapter.refresh_request(arena, opened, &ask, &call);
    assert_string_equal(str_cstr(arena, call.method), "GET");
    assert_string_equal(str_cstr(arena, call.url), "https://api.mch.weixin.qq.com/v3/certificates");
    assert_true(str_starts(channel_header(call.headers, call.header_count, "Authorization"),
                           STR("WECHATPAY2-SHA256-RSA2048 mchid=\"1900000109\"")));
    channel_wechat_adapter.close(opened);
}

static void the_first_download_is_trusted_by_the_apiv3_key(void **state)
{
    struct str body = wechat_peer_certificates(&peer, &peer.platform, 1);
    struct http_call answer = wechat_peer_answer(&peer, 200, body);
    struct str learned;
    void *opened;

    (void)state;
    assert_int_equal(refreshed(true, &answer, &learned), ERR_OK);
    opened = open_with(learned);
    assert_int_equal(trusts(opened, &peer.platform), CHANNEL_TRUSTED);
    assert_false(channel_wechat_adapter.refresh_due(opened, NOW));
    assert_false(channel_wechat_adapter.refresh_due(opened, NOW + 12 * TIME_HOUR_MS - 1));
    assert_true(channel_wechat_adapter.refresh_due(opened, NOW + 12 * TIME_HOUR_MS));
    channel_wechat_adapter.close(opened);
}

static void a_rotation_keeps_the_old_certificate_beside_the_new(void **state)
{
    struct test_certificate fresh = test_certificate(arena, NOW - 1000, NOW + TIME_DAY_MS);
    struct str body = wechat_peer_certificates(&peer, &fresh, 1);
    struct http_call answer = {
        .status = 200,
        .answer = body,
        .answer_headers = wechat_peer_sign(&peer, &fresh, fresh.serial, NOW, body),
        .answer_header_count = WECHAT_PEER_HEADERS,
    };
    struct str learned;
    void *opened;

    (void)state;
    assert_int_equal(refreshed(false, &answer, &learned), ERR_OK);
    opened = open_with(learned);
    assert_int_equal(trusts(opened, &fresh), CHANNEL_TRUSTED);
    assert_int_equal(trusts(opened, &peer.platform), CHANNEL_TRUSTED);
    channel_wechat_adapter.close(opened);
}

static void an_old_certificate_is_dropped_when_it_has_expired(void **state)
{
    struct wechat_peer old = peer;
    struct str learned;
    struct http_call answer =
        wechat_peer_answer(&peer, 200, wechat_peer_certificates(&peer, &peer.platform, 1));
    void *opened;

    (void)state;
    old.platform = test_certificate(arena, NOW - TIME_DAY_MS, NOW - TIME_SECOND_MS);
    opened = wechat_peer_open(&old, "certificate", false);
    assert_int_equal(channel_wechat_adapter.refresh_answer(arena, opened, &ask, &answer, &learned),
                     ERR_OK);
    channel_wechat_adapter.close(opened);
    assert_false(str_find(learned, old.platform.serial, &(size_t){0}));
    assert_true(str_find(learned, peer.platform.serial, &(size_t){0}));
}

static void a_download_signed_by_none_of_its_certificates_is_refused(void **state)
{
    struct str body = wechat_peer_certificates(&peer, &peer.platform, 1);
    struct http_call answer = wechat_peer_answer(&peer, 200, body);
    struct str learned;

    (void)state;
    answer.answer_headers =
        wechat_peer_sign(&peer, &peer.merchant, peer.merchant.serial, NOW, body);
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CHANNEL_UNVERIFIED);
    answer.answer_headers =
        wechat_peer_sign(&peer, &peer.platform, peer.platform.serial, NOW - 300000, body);
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CHANNEL_UNVERIFIED);
    answer.answer_header_count = 0;
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CHANNEL_UNVERIFIED);
}

static void a_download_signed_by_the_known_public_key_is_taken(void **state)
{
    struct str body = wechat_peer_certificates(&peer, &peer.platform, 1);
    struct http_call answer = wechat_peer_answer(&peer, 200, body);
    struct str learned;

    (void)state;
    answer.answer_headers =
        wechat_peer_sign(&peer, &peer.public_key, STR(WECHAT_PEER_PUB_KEY_ID), NOW, body);
    assert_int_equal(refreshed(true, &answer, &learned), ERR_OK);
}

static void what_cannot_be_decrypted_or_read_is_refused(void **state)
{
    struct test_certificate other = peer.platform;
    char *sealed = str_cstr(arena, wechat_peer_certificates(&peer, &peer.platform, 1));
    struct http_call answer;
    struct str learned;

    (void)state;
    memcpy(strstr(sealed, "fdasflkja484"), "fdasflkja485", 12);
    answer = wechat_peer_answer(&peer, 200, str_of(sealed));
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CRYPTO_DECRYPT);
    other.serial = peer.merchant.serial; /* not the serial of the certificate inside */
    answer = wechat_peer_answer(&peer, 200, wechat_peer_certificates(&peer, &other, 1));
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CRYPTO_KEY);
    other.pem = STR("no certificate");
    answer = wechat_peer_answer(&peer, 200, wechat_peer_certificates(&peer, &other, 1));
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CRYPTO_KEY);
    answer = wechat_peer_answer(&peer, 200, STR("{\"data\":[]}"));
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CRYPTO_KEY);
    answer = wechat_peer_answer(&peer, 200, STR("nonsense"));
    assert_int_equal(refreshed(true, &answer, &learned), ERR_JSON_SYNTAX);
    answer = wechat_peer_answer(&peer, 401, STR("{\"code\":\"SIGN_ERROR\"}"));
    assert_int_equal(refreshed(true, &answer, &learned), ERR_CHANNEL_UNAVAILABLE);
}

static void broken_stored_certificates_are_fetched_again(void **state)
{
    void *opened = open_with(STR("{\"fetched_at_ms\":1,\"certificates\":[{\"serial\":\"00\","
                                 "\"pem\":\"broken\"}]}"));

    (void)state;
    assert_int_equal(trusts(opened, &peer.platform), CHANNEL_KEY_UNKNOWN);
    channel_wechat_adapter.close(opened);
}

static void in_public_key_mode_nothing_is_fetched_by_the_clock(void **state)
{
    void *opened = wechat_peer_open(&peer, "public_key", false);

    (void)state;
    assert_false(channel_wechat_adapter.refresh_due(opened, NOW + 365 * TIME_DAY_MS));
    channel_wechat_adapter.close(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_download_is_a_signed_get),
        cmocka_unit_test(the_first_download_is_trusted_by_the_apiv3_key),
        cmocka_unit_test(a_rotation_keeps_the_old_certificate_beside_the_new),
        cmocka_unit_test(an_old_certificate_is_dropped_when_it_has_expired),
        cmocka_unit_test(a_download_signed_by_none_of_its_certificates_is_refused),
        cmocka_unit_test(a_download_signed_by_the_known_public_key_is_taken),
        cmocka_unit_test(what_cannot_be_decrypted_or_read_is_refused),
        cmocka_unit_test(broken_stored_certificates_are_fetched_again),
        cmocka_unit_test(in_public_key_mode_nothing_is_fetched_by_the_clock),
    };
    int failed;

    arena = arena_new();
    peer = wechat_peer(arena);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
