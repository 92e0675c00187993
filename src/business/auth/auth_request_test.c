/* Every way a request can be refused, and the ways it is taken. */
#include "test/lib/auth_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#define NOW_S (AUTH_RIG_START_MS / 1000)

static int set_up(void **state)
{
    *state = auth_rig_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    auth_rig_free(*state);
    return 0;
}

static const struct auth_rig_ask usual = {.method = NULL};

#define ASSERT_ASK(rig, key, code, ...)                                                            \
    assert_string_equal(auth_rig_ask((rig), (key), &(const struct auth_rig_ask){__VA_ARGS__}),     \
                        (code))

static void every_algorithm_is_taken(void **state)
{
    struct auth_rig *rig = *state;

    for (int i = AUTH_HMAC_SHA256; i <= AUTH_SM2_SM3; i++) {
        struct auth_rig_key *key = auth_rig_key(rig, (enum auth_algorithm)i, "echo:*");

        assert_string_equal(auth_rig_ask(rig, key, &usual), "ok");
        assert_string_equal(auth_rig_ask(rig, key, &usual), "ok"); /* from memory */
        ASSERT_ASK(rig, key, "auth_signature", .signed_body = "{ }");
        ASSERT_ASK(rig, key, "ok", .method = "GET", .body = "");
    }
}

static void the_principal_is_the_keys_owner(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    struct raw_answer answer = auth_rig_answer(rig, key, &usual);
    struct str expected =
        str_printf(rig->arena, "{\"merchant\":77,\"app\":78,\"key\":%lld}", (long long)key->row.id);

    assert_true(str_eq(answer.body, expected));
}

static void every_signed_byte_counts(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");

    ASSERT_ASK(rig, key, "auth_signature", .signed_body = "[]");
    ASSERT_ASK(rig, key, "auth_signature", .signed_target = "/v1/echo?a=2");
    ASSERT_ASK(rig, key, "auth_signature", .signed_target = "/v1/echo");
    ASSERT_ASK(rig, key, "auth_signature", .target = "/v1/echo?a=%31",
               .signed_target = "/v1/echo?a=1");
    ASSERT_ASK(rig, key, "auth_signature", .algorithm = "ED25519");
    ASSERT_ASK(rig, key, "auth_signature", .algorithm = "RSA-SHA256");
    ASSERT_ASK(rig, key, "auth_signature", .algorithm = "SM2-SM3");
}

static void a_missing_or_malformed_header_is_refused(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");

    ASSERT_ASK(rig, key, "auth_missing", .authorization = "");
    ASSERT_ASK(rig, key, "auth_malformed", .authorization = "Basic YTpi");
    ASSERT_ASK(rig, key, "auth_malformed", .authorization = "Bearer op_0000000000001_secret");
    ASSERT_ASK(rig, key, "auth_malformed", .nonce = "short");
    ASSERT_ASK(rig, key, "auth_malformed", .target = "/v1/operator");
    ASSERT_ASK(rig, key, "auth_missing", .target = "/v1/operator", .authorization = "");
}

static void an_unknown_key_looks_like_a_wrong_signature(void **state)
{
    struct auth_rig *rig = *state;

    for (int i = AUTH_HMAC_SHA256; i <= AUTH_SM2_SM3; i++) {
        struct auth_rig_key *key = auth_rig_key(rig, (enum auth_algorithm)i, "*");

        ASSERT_ASK(rig, key, "auth_signature", .key_id = key->row.id + 1000);
        ASSERT_ASK(rig, key, "auth_signature", .key_id = key->row.id + 1000); /* remembered */
    }
}

static void a_key_is_known_at_once_when_it_is_made(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    struct auth_key later = key->row;

    later.id += 1000;
    ASSERT_ASK(rig, key, "auth_signature", .key_id = later.id);
    /* The same secret under another id: sealed for one id, it opens for no other. */
    assert_int_equal(store_run(rig->app.store, &auth_key_insert_kind, &later, NULL, NULL), ERR_OK);
    ASSERT_ASK(rig, key, "crypto_decrypt", .key_id = later.id);
}

static void the_timestamp_may_be_off_by_the_window(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    ASSERT_ASK(rig, key, "ok", .timestamp_s = NOW_S - 300);
    ASSERT_ASK(rig, key, "ok", .timestamp_s = NOW_S + 300);
    ASSERT_ASK(rig, key, "auth_timestamp", .timestamp_s = NOW_S - 301);
    ASSERT_ASK(rig, key, "auth_timestamp", .timestamp_s = NOW_S + 301);
}

static void a_nonce_is_taken_once_per_key(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key, *other;

    key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    other = auth_rig_key(rig, AUTH_ED25519, "*");
    ASSERT_ASK(rig, key, "ok", .nonce = "0123456789abcdef");
    ASSERT_ASK(rig, key, "auth_replayed", .nonce = "0123456789abcdef");
    auth_rig_pass(rig, 10000);
    ASSERT_ASK(rig, key, "auth_replayed", .nonce = "0123456789abcdef");
    ASSERT_ASK(rig, other, "ok", .nonce = "0123456789abcdef");
    /* A request that was refused has not used its nonce. */
    ASSERT_ASK(rig, key, "auth_signature", .nonce = "fedcba9876543210", .signed_body = "x");
    ASSERT_ASK(rig, key, "ok", .nonce = "fedcba9876543210");
}

static void what_was_signed_before_the_start_is_refused(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    ASSERT_ASK(rig, key, "ok", .nonce = "0123456789abcdef");
    auth_rig_pass(rig, 500);
    auth_rig_restart(rig);
    ASSERT_ASK(rig, key, "auth_restarted", .nonce = "0123456789abcdef");
    ASSERT_ASK(rig, key, "auth_restarted", .timestamp_s = NOW_S);
    auth_rig_pass(rig, 500);
    ASSERT_ASK(rig, key, "auth_restarted", .timestamp_s = NOW_S);
    ASSERT_ASK(rig, key, "ok", .timestamp_s = NOW_S + 1);
    assert_true(err_retryable(ERR_AUTH_RESTARTED));
}

static void a_stamp_ahead_of_the_clock_is_no_replay_after_a_restart(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key, *punctual;

    key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    punctual = auth_rig_key(rig, AUTH_ED25519, "*");
    ASSERT_ASK(rig, key, "ok", .timestamp_s = NOW_S + 100, .nonce = "0123456789abcdef");
    ASSERT_ASK(rig, key, "auth_replayed", .timestamp_s = NOW_S + 100, .nonce = "0123456789abcdef");
    ASSERT_ASK(rig, key, "ok", .timestamp_s = NOW_S + 90);
    auth_rig_restart(rig);
    auth_rig_pass(rig, 50000);
    ASSERT_ASK(rig, key, "auth_restarted", .timestamp_s = NOW_S + 100, .nonce = "0123456789abcdef");
    ASSERT_ASK(rig, key, "auth_restarted", .timestamp_s = NOW_S + 60);
    ASSERT_ASK(rig, punctual, "ok", .timestamp_s = NOW_S + 50);
    /* The next process keeps what the one before it has learned. */
    ASSERT_ASK(rig, key, "ok", .timestamp_s = NOW_S + 101);
    auth_rig_restart(rig);
    auth_rig_pass(rig, 1000);
    ASSERT_ASK(rig, key, "auth_restarted", .timestamp_s = NOW_S + 101);
    ASSERT_ASK(rig, key, "ok", .timestamp_s = NOW_S + 102);
}

static void rotate(struct auth_rig *rig, struct auth_rig_key *key, int64_t overlap_ms,
                   struct auth_rig_key *next)
{
    const struct auth_key_ask ask = {
        .merchant_id = key->row.merchant_id,
        .app_id = key->row.app_id,
        .algorithm = key->row.algorithm,
        .permissions = key->row.permissions,
    };
    struct auth_key_rotate arg = {.key_id = key->row.id, .overlap_ms = overlap_ms};
    struct auth_key old;

    *next = (struct auth_rig_key){.pair = NULL};
    assert_int_equal(auth_key_prepare(&rig->app, rig->arena, &ask, &arg.next, &next->plain),
                     ERR_OK);
    next->row = arg.next;
    assert_int_equal(store_run(rig->app.store, &auth_key_rotate_kind, &arg, &old, rig->arena),
                     ERR_OK);
    assert_int_equal(old.id, key->row.id);
    assert_int_equal(old.version, 2);
}

static void a_rotated_key_is_valid_for_the_overlap(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key, next;

    key = auth_rig_key(rig, AUTH_HMAC_SHA256, "echo:write");
    ASSERT_ASK(rig, key, "ok", .nonce = NULL);
    rotate(rig, key, 5000, &next);
    ASSERT_ASK(rig, key, "ok", .nonce = NULL);
    ASSERT_ASK(rig, &next, "ok", .nonce = NULL);
    auth_rig_pass(rig, 4999);
    ASSERT_ASK(rig, key, "ok", .nonce = NULL);
    auth_rig_pass(rig, 1);
    ASSERT_ASK(rig, key, "auth_key_expired", .nonce = NULL);
    ASSERT_ASK(rig, &next, "ok", .nonce = NULL);
    /* What became of it is told only to who has its secret. */
    ASSERT_ASK(rig, key, "auth_signature", .signed_body = "x");
}

static void a_revoked_key_is_refused_at_once(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key;
    struct auth_key_revoke arg;
    struct auth_key revoked;

    key = auth_rig_key(rig, AUTH_SM2_SM3, "*");
    ASSERT_ASK(rig, key, "ok", .nonce = NULL);
    arg = (struct auth_key_revoke){.key_id = key->row.id};
    assert_int_equal(store_run(rig->app.store, &auth_key_revoke_kind, &arg, &revoked, rig->arena),
                     ERR_OK);
    assert_int_equal(revoked.status, AUTH_KEY_REVOKED);
    ASSERT_ASK(rig, key, "auth_key_revoked", .nonce = NULL);
    ASSERT_ASK(rig, key, "auth_signature", .signed_body = "x");
}

static void a_key_has_a_first_and_a_last_instant(void **state)
{
    struct auth_rig *rig = *state;
    const struct auth_key_ask ask = {
        .merchant_id = 77,
        .app_id = 78,
        .algorithm = AUTH_HMAC_SHA256,
        .permissions = STR("*"),
        .not_before_ms = AUTH_RIG_START_MS + 5000,
        .expires_at_ms = AUTH_RIG_START_MS + 9000,
    };
    struct auth_rig_key *key = auth_rig_key_like(rig, &ask);
    ASSERT_ASK(rig, key, "auth_key_not_before", .nonce = NULL);
    auth_rig_pass(rig, 5000);
    ASSERT_ASK(rig, key, "ok", .nonce = NULL);
    auth_rig_pass(rig, 4000);
    ASSERT_ASK(rig, key, "auth_key_expired", .nonce = NULL);
}

static void a_key_does_what_it_may(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "echo:read payment:*");

    ASSERT_ASK(rig, key, "ok", .method = "GET", .body = "");
    ASSERT_ASK(rig, key, "auth_permission", .method = "POST");
}

static void an_operators_key_opens_the_operators_door_alone(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *operator= auth_rig_key(rig, AUTH_BEARER, "merchant:*");
    struct auth_rig_key *merchant = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    struct str token = secret_bytes(&operator->plain);
    const char *longer =
        str_cstr(rig->arena, str_printf(rig->arena, "Bearer " STR_FMT "x", STR_ARG(token)));
    struct str stranger = str_printf(rig->arena, "Bearer op_0000000000001" STR_FMT,
                                     STR_ARG(str_slice(token, 16, token.len)));

    ASSERT_ASK(rig, operator, "ok", .target = "/v1/operator");
    ASSERT_ASK(rig, operator, "auth_signature", .target = "/v1/operator", .authorization = longer);
    ASSERT_ASK(rig, operator, "auth_signature", .target = "/v1/operator",
               .authorization = str_cstr(rig->arena, stranger));
    ASSERT_ASK(rig, operator, "auth_malformed", .target = "/v1/echo");
    ASSERT_ASK(rig, merchant, "auth_malformed", .target = "/v1/operator");
    /* Its number as a merchant's key id fits nothing. */
    ASSERT_ASK(rig, merchant, "auth_signature", .key_id = operator->row.id);
}

static void merchants_commands_do_not_reach_operators_keys(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *operator= auth_rig_key(rig, AUTH_BEARER, "*");
    struct auth_rig_key *merchant = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    struct auth_key_revoke revoke = {.key_id = operator->row.id };
    struct auth_key_rotate rotate_arg = {.key_id = operator->row.id, .next = operator->row };
    struct auth_key out;

    assert_int_equal(store_run(rig->app.store, &auth_key_revoke_kind, &revoke, &out, rig->arena),
                     ERR_AUTH_KEY_NOT_FOUND);
    assert_int_equal(
        store_run(rig->app.store, &auth_key_rotate_kind, &rotate_arg, &out, rig->arena),
        ERR_AUTH_KEY_NOT_FOUND);
    revoke = (struct auth_key_revoke){.key_id = merchant->row.id, .operators = true};
    assert_int_equal(store_run(rig->app.store, &auth_key_revoke_kind, &revoke, &out, rig->arena),
                     ERR_AUTH_KEY_NOT_FOUND);
    revoke = (struct auth_key_revoke){.key_id = merchant->row.id, .merchant_id = 76};
    assert_int_equal(store_run(rig->app.store, &auth_key_revoke_kind, &revoke, &out, rig->arena),
                     ERR_AUTH_KEY_NOT_FOUND);
    revoke = (struct auth_key_revoke){.key_id = operator->row.id, .operators = true};
    assert_int_equal(store_run(rig->app.store, &auth_key_revoke_kind, &revoke, &out, rig->arena),
                     ERR_OK);
    ASSERT_ASK(rig, operator, "auth_key_revoked", .target = "/v1/operator");
}

static void the_last_use_is_known(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");

    assert_int_equal(auth_key_last_used_ms(&rig->app, key->row.id), 0);
    auth_rig_pass(rig, 2345);
    ASSERT_ASK(rig, key, "ok", .nonce = NULL);
    assert_int_equal(auth_key_last_used_ms(&rig->app, key->row.id), AUTH_RIG_START_MS + 2345);
    auth_rig_pass(rig, 1000);
    ASSERT_ASK(rig, key, "auth_signature", .signed_body = "x");
    assert_int_equal(auth_key_last_used_ms(&rig->app, key->row.id), AUTH_RIG_START_MS + 2345);
}

static struct str member(struct str header, struct str name)
{
    struct str value;
    size_t at;

    assert_true(str_find(header, name, &at));
    header = str_slice(header, at + name.len, header.len);
    assert_true(str_cut(&header, '"', &value));
    return value;
}

static void answers_are_signed_with_the_nonce_of_the_request(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    struct raw_answer answer =
        auth_rig_answer(rig, key, &(struct auth_rig_ask){.nonce = "nonce-of-request"});
    struct raw_answer keys = raw_call(rig->arena, rig->port,
                                      STR("GET /v1/platform-keys HTTP/1.1\r\nHost: x\r\n"
                                          "Connection: close\r\n\r\n"));
    struct str header = raw_header(&answer, "Tomato-Signature"), signature, pem;
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct crypto_key *public_key;
    struct json_refusal refusal;
    struct buf text;
    json_t *list, *first;

    assert_int_equal(answer.status, 200);
    assert_true(str_eq(member(header, STR("nonce=\"")), STR("nonce-of-request")));
    assert_int_equal(json_parse(keys.body, &list, &refusal), ERR_OK);
    first = json_array_get(json_object_get(list, "data"), 0);
    assert_true(str_eq(member(header, STR("key_id=\"")),
                       str_of(json_string_value(json_object_get(first, "id")))));
    pem = str_of(json_string_value(json_object_get(first, "public_key")));
    assert_int_equal(crypto_public_key(CRYPTO_ED25519, pem, &public_key), ERR_OK);
    crypto_sha256(answer.body, digest);
    buf_init_arena(&text, rig->arena, 512);
    buf_printf(&text, "200\n%lld\nnonce-of-request\n", (long long)NOW_S);
    hex_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
    buf_add_char(&text, '\n');
    assert_int_equal(base64_decode(rig->arena, member(header, STR("signature=\"")), &signature),
                     ERR_OK);
    assert_int_equal(crypto_verify(public_key, buf_str(&text), signature), ERR_OK);
    crypto_key_free(public_key);
    json_decref(list);
}

static void the_platforms_key_survives_a_restart(void **state)
{
    struct auth_rig *rig = *state;
    const struct auth_state *auth = auth__state(&rig->app);
    int64_t id = auth->platform.keys[0].id;

    auth_rig_restart(rig);
    assert_int_equal(auth__state(&rig->app)->platform.keys[0].id, id);
    assert_int_equal(auth__state(&rig->app)->platform.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_algorithm_is_taken),
        TEST(the_principal_is_the_keys_owner),
        TEST(every_signed_byte_counts),
        TEST(a_missing_or_malformed_header_is_refused),
        TEST(an_unknown_key_looks_like_a_wrong_signature),
        TEST(a_key_is_known_at_once_when_it_is_made),
        TEST(the_timestamp_may_be_off_by_the_window),
        TEST(a_nonce_is_taken_once_per_key),
        TEST(what_was_signed_before_the_start_is_refused),
        TEST(a_stamp_ahead_of_the_clock_is_no_replay_after_a_restart),
        TEST(a_rotated_key_is_valid_for_the_overlap),
        TEST(a_revoked_key_is_refused_at_once),
        TEST(a_key_has_a_first_and_a_last_instant),
        TEST(a_key_does_what_it_may),
        TEST(an_operators_key_opens_the_operators_door_alone),
        TEST(merchants_commands_do_not_reach_operators_keys),
        TEST(the_last_use_is_known),
        TEST(answers_are_signed_with_the_nonce_of_the_request),
        TEST(the_platforms_key_survives_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
