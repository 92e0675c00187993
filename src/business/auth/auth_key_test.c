#include "test/lib/auth_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

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

static enum err prepare(struct auth_rig *rig, const struct auth_key_ask *ask, struct auth_key *key)
{
    struct secret plain;

    return auth_key_prepare(&rig->app, rig->arena, ask, key, &plain);
}

static void a_permission_covers_what_its_star_says(void **state)
{
    (void)state;
    assert_true(auth_permits(STR("payment:create"), "payment:create"));
    assert_true(auth_permits(STR("payment:read payment:create"), "payment:create"));
    assert_true(auth_permits(STR("payment:*"), "payment:create"));
    assert_true(auth_permits(STR("refund:read *"), "payment:create"));
    assert_false(auth_permits(STR("payment:read"), "payment:create"));
    assert_false(auth_permits(STR("payment:creat"), "payment:create"));
    assert_false(auth_permits(STR("pay*"), "payment:create"));
    assert_false(auth_permits(STR("payments:*"), "payment:create"));
    assert_false(auth_permits(STR(""), "payment:create"));
}

static void permissions_have_one_form(void **state)
{
    static const char *const wrong[] = {
        "",         " *",           "* ",          "payment", "payment:", ":read",
        "a:b  c:d", "Payment:read", "payment:re*", "a:b,c:d", "**"};
    struct auth_rig *rig = *state;
    struct auth_key_ask ask = {.merchant_id = 1, .app_id = 2, .algorithm = AUTH_HMAC_SHA256};
    struct auth_key key;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        ask.permissions = str_of(wrong[i]);
        assert_int_equal(prepare(rig, &ask, &key), ERR_FIELD_FORMAT);
    }
    ask.permissions = STR("payment:create webhook:* *");
    assert_int_equal(prepare(rig, &ask, &key), ERR_OK);
}

static void a_secret_is_sealed_and_opens_for_its_row_alone(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    struct auth_key row = key->row;
    struct auth_open_key *opened;
    struct app other = rig->app;
    size_t at;

    assert_int_equal(secret_bytes(&key->plain).len, 43);
    assert_false(str_find(row.secret, secret_bytes(&key->plain), &at));
    assert_int_equal(auth__open(&rig->app, &row, &opened), ERR_OK);
    assert_true(str_eq(secret_bytes(&opened->secret), secret_bytes(&key->plain)));
    auth__open_free(opened);
    row.id++;
    assert_int_equal(auth__open(&rig->app, &row, &opened), ERR_CRYPTO_DECRYPT);
    row.id--;
    assert_int_equal(
        vault_open(str_printf(rig->arena, "%s/other.key", rig->dir), true, &other.vault), ERR_OK);
    assert_int_equal(auth__open(&other, &row, &opened), ERR_CRYPTO_DECRYPT);
    vault_free(other.vault);
}

static void of_a_bearer_key_only_the_digest_is_kept(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_BEARER, "*");
    struct str token = secret_bytes(&key->plain), secret;
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf hex;
    int64_t id;

    assert_int_equal(
        auth__parse_bearer(str_printf(rig->arena, "Bearer " STR_FMT, STR_ARG(token)), &id, &secret),
        ERR_OK);
    assert_int_equal(id, key->row.id);
    crypto_sha256(secret, digest);
    buf_init_arena(&hex, rig->arena, 64);
    hex_encode(&hex, (struct str){(const char *)digest, sizeof(digest)});
    assert_true(str_eq(key->row.secret, buf_str(&hex)));
}

static void a_public_key_must_be_one_of_its_algorithm(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *ed25519 = auth_rig_key(rig, AUTH_ED25519, "*");
    struct auth_key_ask ask = {.merchant_id = 1, .app_id = 2, .permissions = STR("*")};
    struct auth_key key;

    for (int i = AUTH_RSA_SHA256; i <= AUTH_SM2_SM3; i++) {
        ask.algorithm = (enum auth_algorithm)i;
        ask.public_key = ed25519->row.public_key;
        assert_int_equal(prepare(rig, &ask, &key), i == AUTH_ED25519 ? ERR_OK : ERR_CRYPTO_KEY);
        ask.public_key = STR("no key");
        assert_int_equal(prepare(rig, &ask, &key), ERR_CRYPTO_KEY);
        ask.public_key = STR("");
        assert_int_equal(prepare(rig, &ask, &key), ERR_CRYPTO_KEY);
    }
}

static void a_revoked_key_is_not_rotated(void **state)
{
    struct auth_rig *rig = *state;
    struct auth_rig_key *key = auth_rig_key(rig, AUTH_HMAC_SHA256, "*");
    const struct auth_key_revoke revoke = {.key_id = key->row.id};
    struct auth_key_rotate rotate = {.key_id = key->row.id, .next = key->row};
    struct auth_key out;

    rotate.next.id = key->row.id + 1;
    assert_int_equal(store_run(rig->app.store, &auth_key_revoke_kind, &revoke, &out, rig->arena),
                     ERR_OK);
    assert_int_equal(store_run(rig->app.store, &auth_key_rotate_kind, &rotate, &out, rig->arena),
                     ERR_AUTH_KEY_REVOKED);
    rotate.key_id++;
    assert_int_equal(store_run(rig->app.store, &auth_key_rotate_kind, &rotate, &out, rig->arena),
                     ERR_AUTH_KEY_NOT_FOUND);
}

static void rotating_never_lengthens_a_keys_life(void **state)
{
    struct auth_rig *rig = *state;
    const struct auth_key_ask ask = {
        .merchant_id = 1,
        .app_id = 2,
        .algorithm = AUTH_HMAC_SHA256,
        .permissions = STR("*"),
        .expires_at_ms = AUTH_RIG_START_MS + 1000,
    };
    struct auth_rig_key *key = auth_rig_key_like(rig, &ask);
    struct auth_key_rotate rotate = {
        .key_id = key->row.id, .next = key->row, .overlap_ms = 3600000};
    struct auth_key old;

    rotate.next.id = key->row.id + 1;
    rotate.next.expires_at_ms = 0;
    assert_int_equal(store_run(rig->app.store, &auth_key_rotate_kind, &rotate, &old, rig->arena),
                     ERR_OK);
    assert_int_equal(old.expires_at_ms, AUTH_RIG_START_MS + 1000);
    rotate.key_id = rotate.next.id++; /* and the new one has what was left */
    assert_int_equal(store_run(rig->app.store, &auth_key_rotate_kind, &rotate, &old, rig->arena),
                     ERR_OK);
    assert_int_equal(old.expires_at_ms, AUTH_RIG_START_MS + 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_permission_covers_what_its_star_says),
        TEST(permissions_have_one_form),
        TEST(a_secret_is_sealed_and_opens_for_its_row_alone),
        TEST(of_a_bearer_key_only_the_digest_is_kept),
        TEST(a_public_key_must_be_one_of_its_algorithm),
        TEST(a_revoked_key_is_not_rotated),
        TEST(rotating_never_lengthens_a_keys_life),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
