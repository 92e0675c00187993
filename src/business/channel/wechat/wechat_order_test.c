#include "test/lib/wechat_peer.h"

#include "base/encode.h"
#include "business/channel/wechat/wechat_int.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW WECHAT_PEER_NOW_MS

/* Keys take time to make: one peer serves all tests. */
static struct arena *arena;
static struct wechat_peer peer;
static void *certificate_mode, *public_key_mode;
static void *bare; /* knows no certificate yet */

static const struct channel_order order = {
    .order_no = STR_INIT("T202611220001"),
    .amount = {1288},
    .currency = CURRENCY_CNY,
    .subject = STR_INIT("Tomato \"soup\" 番茄汤"),
    .method = STR_INIT("wechat_native"),
    .notify_url = STR_INIT("https://pay.example.com/notify/wechat/cha_0DQ4C5T3K8Z2M"),
    .created_at_ms = NOW,
    .expires_at_ms = NOW + 7200999,
    .payer_ip = STR_INIT("203.0.113.7"),
};

static struct channel_ask ask_for(enum channel_op op)
{
    return (struct channel_ask){
        .op = op,
        .order = &order,
        .now_ms = NOW + 999,
        .nonce = STR("593BEC0C930BF1AFEB40B4A08C8FB242"),
    };
}

static void assert_str(struct str got, const char *want)
{
    assert_string_equal(str_cstr(arena, got), want);
}

static struct str sent_header(const struct http_call *call, const char *name)
{
    return channel_header(call->headers, call->header_count, name);
}

/* ---- requests ---- */

/* The call's text may point into the opened account. */
static struct http_call requested(enum channel_op op, const void *opened)
{
    struct channel_ask ask = ask_for(op);
    struct http_call call = {.arena = arena};

    channel_wechat_adapter.request(arena, opened, &ask, &call);
    return call;
}

static void create_is_a_native_prepay_with_exact_text(void **state)
{
    struct http_call call = requested(CHANNEL_OP_CREATE, certificate_mode);

    (void)state;
    assert_str(call.method, "POST");
    assert_str(call.url, "https://api.mch.weixin.qq.com/v3/pay/transactions/native");
    assert_str(call.body,
               "{\"appid\":\"wxd678efh567hg6787\",\"mchid\":\"1900000109\","
               "\"description\":\"Tomato \\\"soup\\\" 番茄汤\",\"out_trade_no\":\"T202611220001\","
               "\"time_expire\":\"2026-09-22T00:13:20+08:00\","
               "\"notify_url\":\"https://pay.example.com/notify/wechat/cha_0DQ4C5T3K8Z2M\","
               "\"amount\":{\"total\":1288,\"currency\":\"CNY\"},"
               "\"scene_info\":{\"payer_client_ip\":\"203.0.113.7\"}}");
    assert_str(sent_header(&call, "Accept"), "application/json");
    assert_str(sent_header(&call, "Content-Type"), "application/json");
    assert_true(sent_header(&call, "User-Agent").len > 0);
    assert_int_equal(sent_header(&call, "Wechatpay-Serial").len, 0);
}

static void query_and_close_name_the_order_in_the_path(void **state)
{
    struct http_call query = requested(CHANNEL_OP_QUERY, certificate_mode);
    struct http_call close = requested(CHANNEL_OP_CLOSE, certificate_mode);

    (void)state;
    assert_str(query.method, "GET");
    assert_str(query.url, "https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/"
                          "T202611220001?mchid=1900000109");
    assert_int_equal(query.body.len, 0);
    assert_int_equal(sent_header(&query, "Content-Type").len, 0);
    assert_str(close.method, "POST");
    assert_str(close.url, "https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/"
                          "T202611220001/close");
    assert_str(close.body, "{\"mchid\":\"1900000109\"}");
}

/* The header is taken apart as WeChat Pay would, and its signature verified with the merchant's
 * public key over the text the documentation prescribes. */
static void verify_authorization(const struct http_call *call, const char *path)
{
    struct str header = sent_header(call, "Authorization");
    struct str prefix =
        str_printf(arena,
                   "WECHATPAY2-SHA256-RSA2048 "
                   "mchid=\"1900000109\",nonce_str=\"593BEC0C930BF1AFEB40B4A08C8FB242"
                   "\",timestamp=\"1790000000\",serial_no=\"" STR_FMT "\",signature=\"",
                   STR_ARG(peer.merchant.serial));
    struct str text = str_printf(
        arena, STR_FMT "\n%s\n1790000000\n593BEC0C930BF1AFEB40B4A08C8FB242\n" STR_FMT "\n",
        STR_ARG(call->method), path, STR_ARG(call->body));
    struct crypto_key *key;
    struct str signature;

    assert_true(str_starts(header, prefix));
    assert_true(str_ends(header, STR("\"")));
    assert_int_equal(
        base64_decode(arena, str_slice(header, prefix.len, header.len - 1), &signature), ERR_OK);
    assert_int_equal(crypto_public_key(CRYPTO_RSA_SHA256, peer.merchant.public_pem, &key), ERR_OK);
    assert_int_equal(crypto_verify(key, text, signature), ERR_OK);
    crypto_key_free(key);
}

static void authorization_signs_method_path_query_and_body(void **state)
{
    struct http_call create = requested(CHANNEL_OP_CREATE, certificate_mode);
    struct http_call query = requested(CHANNEL_OP_QUERY, certificate_mode);

    (void)state;
    verify_authorization(&create, "/v3/pay/transactions/native");
    verify_authorization(&query,
                         "/v3/pay/transactions/out-trade-no/T202611220001?mchid=1900000109");
}

static void the_prefix_of_the_base_url_is_sent_and_signed(void **state)
{
    struct channel_account account = wechat_peer_account(&peer, "certificate");
    struct channel_ask ask = ask_for(CHANNEL_OP_QUERY);
    struct http_call call = {.arena = arena};
    struct json_refusal refusal;
    void *opened;

    (void)state;
    account.base_url = STR("http://127.0.0.1:8080/wechat/");
    assert_int_equal(
        channel_account_open(&account, wechat_peer_credentials(&peer), STR(""), &opened, &refusal),
        ERR_OK);
    channel_wechat_adapter.request(arena, opened, &ask, &call);
    assert_str(call.url, "http://127.0.0.1:8080/wechat/v3/pay/transactions/out-trade-no/"
                         "T202611220001?mchid=1900000109");
    verify_authorization(&call, "/wechat/v3/pay/transactions/out-trade-no/"
                                "T202611220001?mchid=1900000109");
    channel_wechat_adapter.close(opened);
}

static void public_key_mode_asks_for_its_key(void **state)
{
    struct http_call call = requested(CHANNEL_OP_QUERY, public_key_mode);

    (void)state;
    assert_str(sent_header(&call, "Wechatpay-Serial"), WECHAT_PEER_PUB_KEY_ID);
}

/* ---- answers ---- */

static enum channel_trust judged(enum channel_op op, const struct http_call *answer,
                                 const void *opened, struct channel_result *result)
{
    struct channel_ask ask = ask_for(op);

    *result = (struct channel_result){.outcome = 0};
    return channel_wechat_adapter.answer(arena, opened, &ask, answer, result);
}

static void a_signed_code_url_is_pending_with_qr(void **state)
{
    struct http_call answer = wechat_peer_answer(
        &peer, 200, STR("{\"code_url\":\"weixin://wxpay/bizpayurl?pr=p4lpSuKzz\"}"));
    struct channel_result result;

    (void)state;
    assert_int_equal(judged(CHANNEL_OP_CREATE, &answer, certificate_mode, &result),
                     CHANNEL_TRUSTED);
    assert_int_equal(result.outcome, CHANNEL_PENDING);
    assert_str(result.qr, "weixin://wxpay/bizpayurl?pr=p4lpSuKzz");
    assert_int_equal(result.evidence.len, CHANNEL_EVIDENCE_LEN);
}

static void a_paid_query_tells_everything(void **state)
{
    struct http_call answer =
        wechat_peer_answer(&peer, 200, wechat_peer_transaction(&peer, "SUCCESS"));
    struct channel_result result;
    int64_t paid_at_ms;

    (void)state;
    assert_int_equal(time_parse(STR("2026-09-21T13:33:20Z"), &paid_at_ms), ERR_OK);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result), CHANNEL_TRUSTED);
    assert_int_equal(result.outcome, CHANNEL_SUCCEEDED);
    assert_str(result.order_no, "T202611220001");
    assert_str(result.transaction_no, "4200001234202611220123456789");
    assert_str(result.account_no, WECHAT_PEER_MCHID);
    assert_str(result.payer_id, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    assert_str(result.bank_type, "CMC");
    assert_int_equal(result.amount.minor, 1288);
    assert_int_equal(result.currency, CURRENCY_CNY);
    assert_int_equal(result.paid_at_ms, paid_at_ms);
    assert_int_equal(result.decline, DECLINE_NONE);
}

static void trade_states_map_to_outcomes(void **state)
{
    static const struct {
        const char *trade_state;
        enum channel_outcome outcome;
        enum channel_decline decline;
    } rows[] = {
        {"SUCCESS", CHANNEL_SUCCEEDED, DECLINE_NONE},
        {"REFUND", CHANNEL_SUCCEEDED, DECLINE_NONE},
        {"NOTPAY", CHANNEL_PENDING, DECLINE_NONE},
        {"USERPAYING", CHANNEL_PENDING, DECLINE_PAYER_PROCESSING},
        {"PAYERROR", CHANNEL_PENDING, DECLINE_BANK_DECLINED},
        {"CLOSED", CHANNEL_CLOSED, DECLINE_ORDER_CLOSED},
        {"REVOKED", CHANNEL_CLOSED, DECLINE_ORDER_CLOSED},
        {"ACCEPT", CHANNEL_UNKNOWN, DECLINE_NONE},
        {"", CHANNEL_UNKNOWN, DECLINE_NONE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_call answer =
            wechat_peer_answer(&peer, 200, wechat_peer_transaction(&peer, rows[i].trade_state));
        struct channel_result result;

        assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result),
                         CHANNEL_TRUSTED);
        assert_int_equal(result.outcome, rows[i].outcome);
        assert_int_equal(result.decline, rows[i].decline);
    }
}

static void a_signed_204_closes(void **state)
{
    struct http_call answer = wechat_peer_answer(&peer, 204, STR(""));
    struct channel_result result;

    (void)state;
    assert_int_equal(judged(CHANNEL_OP_CLOSE, &answer, certificate_mode, &result), CHANNEL_TRUSTED);
    assert_int_equal(result.outcome, CHANNEL_CLOSED);
    answer.answer_header_count = 0;
    assert_int_equal(judged(CHANNEL_OP_CLOSE, &answer, certificate_mode, &result),
                     CHANNEL_UNTRUSTED);
}

static void a_tampered_stale_or_unsigned_answer_is_not_believed(void **state)
{
    static const struct {
        int64_t skew_ms;
        enum channel_trust trust;
    } skews[] = {
        {-300999, CHANNEL_UNTRUSTED}, {-300000, CHANNEL_UNTRUSTED}, {-299000, CHANNEL_TRUSTED},
        {299000, CHANNEL_TRUSTED},    {300000, CHANNEL_UNTRUSTED},
    };
    struct str body = wechat_peer_transaction(&peer, "SUCCESS");
    struct http_call answer = wechat_peer_answer(&peer, 200, body);
    char *tampered = str_cstr(arena, body);
    struct channel_result result;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(skews); i++) {
        struct http_call skewed = answer;

        skewed.answer_headers = wechat_peer_sign(&peer, &peer.platform, peer.platform.serial,
                                                 NOW + skews[i].skew_ms, body);
        assert_int_equal(judged(CHANNEL_OP_QUERY, &skewed, certificate_mode, &result),
                         skews[i].trust);
    }
    *strstr(tampered, "1288") = '9';
    answer.answer = str_of(tampered);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result),
                     CHANNEL_UNTRUSTED);
    answer = wechat_peer_answer(&peer, 200, body);
    answer.answer_header_count = 0;
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result),
                     CHANNEL_UNTRUSTED);
    answer = wechat_peer_answer(&peer, 200, body);
    answer.answer_header_count = 3; /* all but the signature */
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result),
                     CHANNEL_UNTRUSTED);
}

static void another_signature_type_is_not_believed(void **state)
{
    struct str body = wechat_peer_transaction(&peer, "SUCCESS");
    struct http_call answer = wechat_peer_answer(&peer, 200, body);
    struct http_header headers[WECHAT_PEER_HEADERS + 1];
    struct channel_result result;

    (void)state;
    memcpy(headers, answer.answer_headers, sizeof(*headers) * WECHAT_PEER_HEADERS);
    headers[WECHAT_PEER_HEADERS] =
        (struct http_header){STR("Wechatpay-Signature-Type"), STR("WECHATPAY2-SHA256-RSA2048")};
    answer.answer_headers = headers;
    answer.answer_header_count = ARRAY_LEN(headers);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result), CHANNEL_TRUSTED);
    headers[WECHAT_PEER_HEADERS].value = STR("WECHATPAY2-SM2-WITH-SM3");
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result),
                     CHANNEL_UNTRUSTED);
}

static void an_unknown_certificate_asks_for_a_refresh_an_unknown_public_key_does_not(void **state)
{
    struct str body = wechat_peer_transaction(&peer, "SUCCESS");
    struct http_call answer = wechat_peer_answer(&peer, 200, body);
    struct channel_result result;

    (void)state;
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, bare, &result), CHANNEL_KEY_UNKNOWN);
    answer.answer_headers =
        wechat_peer_sign(&peer, &peer.public_key, STR("PUB_KEY_ID_OTHER"), NOW, body);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, bare, &result), CHANNEL_UNTRUSTED);
}

static void in_a_migration_both_keys_are_taken_in_both_modes(void **state)
{
    struct str body = wechat_peer_transaction(&peer, "SUCCESS");
    struct http_call by_certificate = wechat_peer_answer(&peer, 200, body);
    struct http_call by_public_key = by_certificate;
    struct channel_result result;

    (void)state;
    by_public_key.answer_headers =
        wechat_peer_sign(&peer, &peer.public_key, STR(WECHAT_PEER_PUB_KEY_ID), NOW, body);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &by_certificate, certificate_mode, &result),
                     CHANNEL_TRUSTED);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &by_public_key, certificate_mode, &result),
                     CHANNEL_TRUSTED);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &by_certificate, public_key_mode, &result),
                     CHANNEL_TRUSTED);
    assert_int_equal(judged(CHANNEL_OP_QUERY, &by_public_key, public_key_mode, &result),
                     CHANNEL_TRUSTED);
}

static void an_expired_certificate_is_unknown(void **state)
{
    struct wechat_peer old = peer;
    struct http_call answer;
    struct channel_result result = {.outcome = 0};
    struct channel_ask ask = ask_for(CHANNEL_OP_QUERY);
    void *opened;

    (void)state;
    old.platform = test_certificate(arena, NOW - TIME_DAY_MS, NOW - TIME_SECOND_MS);
    answer = wechat_peer_answer(&old, 200, wechat_peer_transaction(&old, "SUCCESS"));
    opened = wechat_peer_open(&old, "certificate", false);
    assert_int_equal(channel_wechat_adapter.answer(arena, opened, &ask, &answer, &result),
                     CHANNEL_KEY_UNKNOWN);
    channel_wechat_adapter.close(opened);
}

static void replace(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);

    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

static void an_incomplete_or_foreign_success_is_not_believed(void **state)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"\"transaction_id\"", "\"transaction_ix\""},
        {"\"total\"", "\"totax\""},
        {"\"success_time\"", "\"success_timx\""},
        {"\"currency\":\"CNY\"", "\"currency\":\"XXY\""},
        {"\"out_trade_no\"", "\"out_trade_nx\""},
        {"\"mchid\"", "\"mchix\""},
        {"wxd678efh567hg6787", "wxd678efh567hg6788"},
        {"1288", "-288"},
        {"{\"appid\"", "[\"appid\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *body = str_cstr(arena, wechat_peer_transaction(&peer, "SUCCESS"));
        struct channel_result result;
        struct http_call answer;

        replace(body, rows[i].from, rows[i].to);
        answer = wechat_peer_answer(&peer, 200, str_of(body));
        assert_int_equal(judged(CHANNEL_OP_QUERY, &answer, certificate_mode, &result),
                         CHANNEL_UNTRUSTED);
        assert_true(result.detail.len > 0);
    }
}

/* ---- refusals, row by row of the reference ---- */

#define C CHANNEL_OP_CREATE
#define Q CHANNEL_OP_QUERY
#define X CHANNEL_OP_CLOSE
static const struct refusal {
    int status;
    const char *code;
    enum channel_op op;
    enum channel_outcome outcome;
    enum channel_decline decline;
} refusals[] = {
    {400, "PARAM_ERROR", C, CHANNEL_FAILED, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "PARAM_ERROR", Q, CHANNEL_UNKNOWN, DECLINE_UNMAPPED},
    {400, "INVALID_REQUEST", C, CHANNEL_UNKNOWN, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "APPID_MCHID_NOT_MATCH", C, CHANNEL_FAILED, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "MCH_NOT_EXISTS", C, CHANNEL_FAILED, DECLINE_CHANNEL_CONFIG_ERROR},
    {400, "MCH_NOT_EXISTS", Q, CHANNEL_UNKNOWN, DECLINE_UNMAPPED},
    {400, "ORDER_CLOSED", C, CHANNEL_CLOSED, DECLINE_ORDER_CLOSED},
    {400, "ORDER_CLOSED", X, CHANNEL_CLOSED, DECLINE_ORDER_CLOSED},
    {400, "ORDER_PAID", C, CHANNEL_UNKNOWN, DECLINE_ORDER_PAID},
    {400, "ORDER_PAID", X, CHANNEL_UNKNOWN, DECLINE_ORDER_PAID},
    {401, "SIGN_ERROR", C, CHANNEL_FAILED, DECLINE_CHANNEL_SIGNATURE_ERROR},
    {401, "SIGN_ERROR", Q, CHANNEL_UNKNOWN, DECLINE_CHANNEL_SIGNATURE_ERROR},
    {403, "NO_AUTH", C, CHANNEL_FAILED, DECLINE_MERCHANT_NOT_PERMITTED},
    {403, "RULE_LIMIT", C, CHANNEL_FAILED, DECLINE_LIMIT_EXCEEDED_CHANNEL},
    {403, "OUT_TRADE_NO_USED", C, CHANNEL_UNKNOWN, DECLINE_DUPLICATE_ORDER},
    {403, "TRADE_ERROR", C, CHANNEL_UNKNOWN, DECLINE_UNMAPPED},
    {403, "ACCOUNT_ERROR", C, CHANNEL_FAILED, DECLINE_PAYER_ACCOUNT_RESTRICTED},
    {403, "NOT_ENOUGH", C, CHANNEL_FAILED, DECLINE_INSUFFICIENT_FUNDS},
    {403, "USER_ACCOUNT_ABNORMAL", C, CHANNEL_FAILED, DECLINE_PAYER_ACCOUNT_RESTRICTED},
    {404, "ORDER_NOT_EXIST", Q, CHANNEL_NOT_FOUND, DECLINE_ORDER_NOT_FOUND},
    {404, "ORDER_NOT_EXIST", X, CHANNEL_NOT_FOUND, DECLINE_ORDER_NOT_FOUND},
    {404, "ORDER_NOT_EXIST", C, CHANNEL_UNKNOWN, DECLINE_UNMAPPED},
    {404, "RESOURCE_NOT_EXISTS", Q, CHANNEL_NOT_FOUND, DECLINE_ORDER_NOT_FOUND},
    {400, "ORDER_NOT_EXIST", Q, CHANNEL_UNKNOWN, DECLINE_UNMAPPED}, /* not with this status */
    {400, "SOMETHING_NEW", C, CHANNEL_UNKNOWN, DECLINE_UNMAPPED},
    {400, "", C, CHANNEL_UNKNOWN, DECLINE_UNMAPPED},
};
#undef C
#undef Q
#undef X

static void refusals_map_to_outcomes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct str body = str_printf(arena, "{\"code\":\"%s\",\"message\":\"why\"}", row->code);
        struct http_call answer = wechat_peer_answer(&peer, row->status, body);
        struct channel_result result;

        assert_int_equal(judged(row->op, &answer, certificate_mode, &result), CHANNEL_TRUSTED);
        assert_int_equal(result.outcome, row->outcome);
        assert_int_equal(result.decline, row->decline);
        assert_str(result.code, row->code);
        assert_str(result.message, "why");
    }
}

static void an_unsigned_refusal_fails_a_create_and_settles_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct http_call answer = {
            .status = row->status,
            .answer = str_printf(arena, "{\"code\":\"%s\",\"message\":\"why\"}", row->code),
        };
        struct channel_result result;

        assert_int_equal(judged(row->op, &answer, certificate_mode, &result),
                         row->outcome == CHANNEL_FAILED ? CHANNEL_TRUSTED : CHANNEL_UNTRUSTED);
    }
}

static void a_refusal_with_a_wrong_signature_settles_nothing(void **state)
{
    struct http_call answer = wechat_peer_answer(&peer, 400, STR("{\"code\":\"PARAM_ERROR\"}"));
    struct channel_result result;

    (void)state;
    answer.answer = STR("{\"code\":\"NO_AUTH\"}");
    assert_int_equal(judged(CHANNEL_OP_CREATE, &answer, certificate_mode, &result),
                     CHANNEL_UNTRUSTED);
}

static void what_is_no_answer_of_the_protocol_is_not_believed(void **state)
{
    static const struct {
        enum channel_op op;
        int status;
        const char *body;
    } rows[] = {
        {CHANNEL_OP_CREATE, 200, "{}"},      {CHANNEL_OP_CREATE, 200, "{\"code_url\":7}"},
        {CHANNEL_OP_CREATE, 200, ""},        {CHANNEL_OP_CREATE, 204, ""},
        {CHANNEL_OP_QUERY, 200, "not json"}, {CHANNEL_OP_QUERY, 200, "[]"},
        {CHANNEL_OP_CLOSE, 200, "{}"},       {CHANNEL_OP_QUERY, 404, "<html>"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_call answer = wechat_peer_answer(&peer, rows[i].status, str_of(rows[i].body));
        struct channel_result result;

        assert_int_equal(judged(rows[i].op, &answer, certificate_mode, &result), CHANNEL_UNTRUSTED);
    }
}

/* ---- settings ---- */

static void wrong_settings_are_refused_by_name(void **state)
{
    struct channel_account account = wechat_peer_account(&peer, "certificate");
    struct str credentials = wechat_peer_credentials(&peer);
    const struct {
        struct str config, credentials;
        enum err err;
        const char *param;
    } rows[] = {
        {account.config, STR("{}"), ERR_FIELD_REQUIRED, "credentials.private_key"},
        {STR("{\"appid\":\"wx1\"}"), credentials, ERR_FIELD_REQUIRED, "config.merchant_serial"},
        {STR("{\"appid\":\"wx1\",\"merchant_serial\":\"0011223344\",\"nonsense\":1}"), credentials,
         ERR_FIELD_UNKNOWN, "config.nonsense"},
        {STR("{\"appid\":\"wx1\",\"merchant_serial\":\"0011223344\",\"mode\":\"public_key\"}"),
         credentials, ERR_FIELD_REQUIRED, "config.public_key_id"},
        {STR("{\"appid\":\"wx1\",\"merchant_serial\":\"0011223344\",\"public_key_id\":"
             "\"WRONG_KEY_ID_1\"}"),
         credentials, ERR_FIELD_FORMAT, "config.public_key_id"},
        {STR("{\"appid\":\"wx1\",\"merchant_serial\":\"0011223344\",\"public_key_id\":"
             "\"PUB_KEY_ID_1\"}"),
         credentials, ERR_CRYPTO_KEY, "config.public_key"},
        {account.config,
         STR("{\"private_key\":\"-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkqhkiG9w0BAQE"
             "FAASCBKcwggSjAgEAAoIBAQ-----END\",\"apiv3_key\":\"" WECHAT_PEER_APIV3_KEY "\"}"),
         ERR_CRYPTO_KEY, "credentials.private_key"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json_refusal refusal;
        void *opened;

        account.config = rows[i].config;
        assert_int_equal(
            channel_account_open(&account, rows[i].credentials, STR(""), &opened, &refusal),
            rows[i].err);
        assert_string_equal(refusal.param, rows[i].param);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_is_a_native_prepay_with_exact_text),
        cmocka_unit_test(query_and_close_name_the_order_in_the_path),
        cmocka_unit_test(authorization_signs_method_path_query_and_body),
        cmocka_unit_test(the_prefix_of_the_base_url_is_sent_and_signed),
        cmocka_unit_test(public_key_mode_asks_for_its_key),
        cmocka_unit_test(a_signed_code_url_is_pending_with_qr),
        cmocka_unit_test(a_paid_query_tells_everything),
        cmocka_unit_test(trade_states_map_to_outcomes),
        cmocka_unit_test(a_signed_204_closes),
        cmocka_unit_test(a_tampered_stale_or_unsigned_answer_is_not_believed),
        cmocka_unit_test(another_signature_type_is_not_believed),
        cmocka_unit_test(an_unknown_certificate_asks_for_a_refresh_an_unknown_public_key_does_not),
        cmocka_unit_test(in_a_migration_both_keys_are_taken_in_both_modes),
        cmocka_unit_test(an_expired_certificate_is_unknown),
        cmocka_unit_test(an_incomplete_or_foreign_success_is_not_believed),
        cmocka_unit_test(refusals_map_to_outcomes),
        cmocka_unit_test(an_unsigned_refusal_fails_a_create_and_settles_nothing_else),
        cmocka_unit_test(a_refusal_with_a_wrong_signature_settles_nothing),
        cmocka_unit_test(what_is_no_answer_of_the_protocol_is_not_believed),
        cmocka_unit_test(wrong_settings_are_refused_by_name),
    };
    int failed;

    arena = arena_new();
    peer = wechat_peer(arena);
    certificate_mode = wechat_peer_open(&peer, "certificate", false);
    public_key_mode = wechat_peer_open(&peer, "public_key", false);
    bare = wechat_peer_open(&peer, "certificate", true);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    channel_wechat_adapter.close(bare);
    channel_wechat_adapter.close(public_key_mode);
    channel_wechat_adapter.close(certificate_mode);
    arena_free(arena);
    return failed;
}
