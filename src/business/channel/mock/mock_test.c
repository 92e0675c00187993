#include "business/channel/channel_int.h"

#include "base/encode.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW INT64_C(1790000000000)
#define KEY "mock-secret-key-0123456789"

static struct arena *arena;

static const struct channel_order order = {
    .order_no = STR_INIT("T202611220001"),
    .amount = {1288},
    .currency = CURRENCY_CNY,
    .subject = STR_INIT("Tomato soup"),
    .method = STR_INIT("mock_qr"),
    .notify_url = STR_INIT("http://127.0.0.1:9999/notify/mock/cha_0DQ4C5T3K8Z2M"),
    .expires_at_ms = NOW + 7200000,
};

static struct channel_ask ask_for(enum channel_op op)
{
    return (struct channel_ask){
        .op = op, .order = &order, .now_ms = NOW, .nonce = STR("0123456789ABCDEF0123456789ABCDEF")};
}

static void *opened_account(void)
{
    const struct channel_account account = {
        .id = 1,
        .channel = STR("mock"),
        .account_no = STR("M1"),
        .base_url = STR("http://127.0.0.1:9998"),
        .config = STR("{}"),
    };
    struct json_refusal refusal;
    void *opened = NULL;

    assert_int_equal(
        channel_account_open(&account, STR("{\"key\":\"" KEY "\"}"), STR(""), &opened, &refusal),
        ERR_OK);
    return opened;
}

static struct str mac(const char *key, struct str text)
{
    const struct secret secret = secret_of(arena, str_of(key));
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf hex;

    crypto_hmac_sha256(&secret, text, digest);
    buf_init_arena(&hex, arena, 64);
    hex_encode(&hex, (struct str){(const char *)digest, sizeof(digest)});
    return buf_str(&hex);
}

static struct http_header *signed_by(const char *key, int64_t at_ms, struct str body)
{
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, 3);
    struct str at = str_printf(arena, "%lld", (long long)(at_ms / 1000));

    headers[0] = (struct http_header){STR("Mock-Timestamp"), at};
    headers[1] = (struct http_header){STR("Mock-Nonce"), STR("n1")};
    headers[2] = (struct http_header){
        STR("Mock-Signature"),
        mac(key, str_printf(arena, STR_FMT "\nn1\n" STR_FMT "\n", STR_ARG(at), STR_ARG(body)))};
    return headers;
}

static enum channel_trust judged(enum channel_op op, int status, const char *body,
                                 struct channel_result *result)
{
    struct channel_ask ask = ask_for(op);
    const struct http_call answer = {
        .status = status,
        .answer = str_of(body),
        .answer_headers = signed_by(KEY, NOW, str_of(body)),
        .answer_header_count = 3,
    };
    void *opened = opened_account();
    enum channel_trust trust;

    *result = (struct channel_result){.outcome = 0};
    trust = channel_mock_adapter.answer(arena, opened, &ask, &answer, result);
    channel_mock_adapter.close(opened);
    return trust;
}

static void requests_have_the_documented_text_and_signature(void **state)
{
    static const struct {
        enum channel_op op;
        const char *method, *path, *body;
    } rows[] = {
        {CHANNEL_OP_CREATE, "POST", "/mock/v1/orders",
         "{\"merchant_no\":\"M1\",\"order_no\":\"T202611220001\",\"amount\":1288,"
         "\"currency\":\"CNY\",\"subject\":\"Tomato soup\","
         "\"notify_url\":\"http://127.0.0.1:9999/notify/mock/cha_0DQ4C5T3K8Z2M\","
         "\"expires_at\":\"2026-09-21T16:13:20.000Z\"}"},
        {CHANNEL_OP_QUERY, "GET", "/mock/v1/orders/T202611220001?merchant_no=M1", ""},
        {CHANNEL_OP_CLOSE, "POST", "/mock/v1/orders/T202611220001/close",
         "{\"merchant_no\":\"M1\"}"},
    };
    void *opened = opened_account();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct channel_ask ask = ask_for(rows[i].op);
        struct http_call call = {.arena = arena};
        struct str text;

        channel_mock_adapter.request(arena, opened, &ask, &call);
        assert_string_equal(str_cstr(arena, call.method), rows[i].method);
        assert_string_equal(str_cstr(arena, call.body), rows[i].body);
        assert_string_equal(
            str_cstr(arena, call.url),
            str_cstr(arena, str_printf(arena, "http://127.0.0.1:9998%s", rows[i].path)));
        text = str_printf(arena, "%s\n%s\n1790000000\n0123456789ABCDEF0123456789ABCDEF\n%s\n",
                          rows[i].method, rows[i].path, rows[i].body);
        assert_true(str_eq(channel_header(call.headers, call.header_count, "Mock-Signature"),
                           mac(KEY, text)));
        assert_true(
            str_eq(channel_header(call.headers, call.header_count, "Mock-Merchant"), STR("M1")));
    }
    channel_mock_adapter.close(opened);
}

static void answers_map_to_outcomes(void **state)
{
    static const struct {
        enum channel_op op;
        int status;
        const char *body;
        enum channel_trust trust;
        enum channel_outcome outcome;
    } rows[] = {
        {CHANNEL_OP_CREATE, 200,
         "{\"order_no\":\"T202611220001\",\"qr\":\"mock://1\",\"status\":\"pending\"}",
         CHANNEL_TRUSTED, CHANNEL_PENDING},
        {CHANNEL_OP_CREATE, 200, "{\"order_no\":\"T202611220001\",\"status\":\"pending\"}",
         CHANNEL_UNTRUSTED, 0},
        {CHANNEL_OP_CREATE, 400, "{\"code\":\"PARAM_ERROR\",\"message\":\"m\"}", CHANNEL_TRUSTED,
         CHANNEL_FAILED},
        {CHANNEL_OP_CREATE, 401, "{\"code\":\"SIGN_ERROR\",\"message\":\"m\"}", CHANNEL_TRUSTED,
         CHANNEL_FAILED},
        {CHANNEL_OP_CREATE, 409, "{\"code\":\"ORDER_CONFLICT\",\"message\":\"m\"}", CHANNEL_TRUSTED,
         CHANNEL_UNKNOWN},
        {CHANNEL_OP_QUERY, 200,
         "{\"order_no\":\"T202611220001\",\"merchant_no\":\"M1\",\"transaction_no\":\"X1\","
         "\"status\":\"succeeded\",\"amount\":1288,\"currency\":\"CNY\","
         "\"paid_at\":\"2026-09-21T14:13:20.000Z\"}",
         CHANNEL_TRUSTED, CHANNEL_SUCCEEDED},
        {CHANNEL_OP_QUERY, 200,
         "{\"order_no\":\"T202611220001\",\"merchant_no\":\"M1\",\"status\":\"succeeded\","
         "\"amount\":1288,\"currency\":\"CNY\",\"paid_at\":\"2026-09-21T14:13:20.000Z\"}",
         CHANNEL_UNTRUSTED, 0},
        {CHANNEL_OP_QUERY, 200, "{\"order_no\":\"T202611220001\",\"status\":\"pending\"}",
         CHANNEL_TRUSTED, CHANNEL_PENDING},
        {CHANNEL_OP_QUERY, 200, "{\"order_no\":\"T202611220001\",\"status\":\"closed\"}",
         CHANNEL_TRUSTED, CHANNEL_CLOSED},
        {CHANNEL_OP_QUERY, 200, "{\"order_no\":\"T202611220001\",\"status\":\"new\"}",
         CHANNEL_TRUSTED, CHANNEL_UNKNOWN},
        {CHANNEL_OP_QUERY, 404, "{\"code\":\"ORDER_NOT_FOUND\",\"message\":\"m\"}", CHANNEL_TRUSTED,
         CHANNEL_NOT_FOUND},
        {CHANNEL_OP_QUERY, 400, "{\"code\":\"PARAM_ERROR\",\"message\":\"m\"}", CHANNEL_TRUSTED,
         CHANNEL_UNKNOWN},
        {CHANNEL_OP_CLOSE, 200, "{\"order_no\":\"T202611220001\",\"status\":\"closed\"}",
         CHANNEL_TRUSTED, CHANNEL_CLOSED},
        {CHANNEL_OP_CLOSE, 409, "{\"code\":\"ORDER_PAID\",\"message\":\"m\"}", CHANNEL_TRUSTED,
         CHANNEL_UNKNOWN},
        {CHANNEL_OP_CLOSE, 404, "{\"code\":\"ORDER_NOT_FOUND\",\"message\":\"m\"}", CHANNEL_TRUSTED,
         CHANNEL_NOT_FOUND},
        {CHANNEL_OP_QUERY, 200, "no json", CHANNEL_UNTRUSTED, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct channel_result result;

        assert_int_equal(judged(rows[i].op, rows[i].status, rows[i].body, &result), rows[i].trust);
        if (rows[i].trust == CHANNEL_TRUSTED) {
            assert_int_equal(result.outcome, rows[i].outcome);
        }
    }
}

static void callbacks_are_believed_with_a_fresh_signature_only(void **state)
{
    const struct str body =
        STR("{\"order_no\":\"T202611220001\",\"merchant_no\":\"M1\",\"transaction_no\":\"X1\","
            "\"status\":\"succeeded\",\"amount\":1288,\"currency\":\"CNY\","
            "\"paid_at\":\"2026-09-21T14:13:20.000Z\",\"notification_id\":\"N1\"}");
    const struct {
        const struct http_header *headers;
        struct str body;
        enum channel_trust trust;
    } rows[] = {
        {signed_by(KEY, NOW, body), body, CHANNEL_TRUSTED},
        {signed_by(KEY, NOW - 299000, body), body, CHANNEL_TRUSTED},
        {signed_by(KEY, NOW - 300000, body), body, CHANNEL_UNTRUSTED},
        {signed_by("another-secret-key-0123456", NOW, body), body, CHANNEL_UNTRUSTED},
        {signed_by(KEY, NOW, body), STR("{}"), CHANNEL_UNTRUSTED},
    };
    void *opened = opened_account();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct channel_callback in = {
            .headers = rows[i].headers, .header_count = 3, .body = rows[i].body, .now_ms = NOW};
        struct channel_result result = {.outcome = 0};

        assert_int_equal(channel_mock_adapter.callback(arena, opened, &in, &result), rows[i].trust);
    }
    channel_mock_adapter.close(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_have_the_documented_text_and_signature),
        cmocka_unit_test(answers_map_to_outcomes),
        cmocka_unit_test(callbacks_are_believed_with_a_fresh_signature_only),
    };
    int failed;

    arena = arena_new();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
