#include "sim/sim_crypto.h"

#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory for the files the openssl program reads, and an arena. */
struct fixture {
    struct arena *arena;
    char directory[32];
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture.arena = arena_new();
    (void)snprintf(fixture.directory, sizeof(fixture.directory), "/tmp/sim-crypto-XXXXXX");
    assert_non_null(mkdtemp(fixture.directory));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char *command =
        str_cstr(fixture->arena, str_printf(fixture->arena, "rm -r %s", fixture->directory));

    assert_int_equal(system(command), 0);
    arena_free(fixture->arena);
    return 0;
}

static void put(const struct fixture *fixture, const char *name, struct str text)
{
    char path[64];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

/* What a shell command run in the directory prints. */
static struct str output_of(const struct fixture *fixture, const char *command)
{
    char *line = str_cstr(fixture->arena,
                          str_printf(fixture->arena, "cd %s && %s", fixture->directory, command));
    char *text = arena_alloc(fixture->arena, 8192);
    FILE *pipe = popen(line, "r");
    size_t len;

    assert_non_null(pipe);
    len = fread(text, 1, 8192, pipe);
    assert_int_equal(pclose(pipe), 0);
    return (struct str){text, len};
}

static void assert_text(struct str got, const char *expected)
{
    if (!str_eq(got, str_of(expected))) {
        fail_msg("%.*s is not %s", STR_ARG(got), expected);
    }
}

static const struct str message = STR_INIT("POST\n/v3/pay\n1554208460\nnonce\n{\"a\":\"值\"}\n");

static void signature_verifies_with_openssl(void **state)
{
    struct fixture *fixture = *state;
    struct sim_key *key = sim_key_make();
    struct str raw;

    assert_int_equal(base64_decode(fixture->arena, sim_sign(fixture->arena, key, message), &raw),
                     ERR_OK);
    put(fixture, "signature", raw);
    put(fixture, "message", message);
    put(fixture, "public.pem", sim_key_public_pem(fixture->arena, key));
    assert_text(output_of(fixture, "openssl dgst -sha256 -verify public.pem -signature signature "
                                   "message"),
                "Verified OK\n");
    sim_key_free(key);
}

static void signature_of_openssl_verifies_and_only_over_its_message(void **state)
{
    struct fixture *fixture = *state;
    struct sim_key *key;
    struct str signature;

    put(fixture, "message", message);
    signature = output_of(fixture, "openssl genrsa -out key.pem 2048 2>/dev/null && "
                                   "openssl dgst -sha256 -sign key.pem message | base64 -w0");
    assert_int_equal(
        sim_key_public(output_of(fixture, "openssl rsa -in key.pem -pubout 2>/dev/null"), &key),
        ERR_OK);
    assert_true(sim_verify(fixture->arena, key, message, signature));
    assert_false(sim_verify(fixture->arena, key, STR("another"), signature));
    assert_false(sim_verify(fixture->arena, key, message, STR("not base64!")));
    assert_false(sim_verify(fixture->arena, key, message, STR("")));
    sim_key_free(key);
}

static void short_keys_and_other_keys_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct sim_key *key;

    assert_int_equal(
        sim_key_public(output_of(fixture, "openssl genrsa 1024 2>/dev/null | openssl rsa -pubout "
                                          "2>/dev/null"),
                       &key),
        ERR_CRYPTO_KEY);
    assert_int_equal(
        sim_key_public(output_of(fixture, "openssl genpkey -algorithm ed25519 | openssl pkey "
                                          "-pubout"),
                       &key),
        ERR_CRYPTO_KEY);
    assert_int_equal(sim_key_public(STR("-----BEGIN CERTIFICATE-----"), &key), ERR_CRYPTO_KEY);
    assert_int_equal(sim_key_private(STR("no key"), &key), ERR_CRYPTO_KEY);
}

static void certificate_reads_back_in_openssl(void **state)
{
    struct fixture *fixture = *state;
    struct sim_key *key = sim_key_make();
    struct sim_key *public_key;
    struct str pem =
        sim_certificate_make(fixture->arena, key, "5A5B6C7D8E9F00112233445566778899AABBCCDD",
                             INT64_C(1767225600000)); /* 2026-01-01 */

    put(fixture, "certificate.pem", pem);
    assert_text(output_of(fixture, "openssl x509 -in certificate.pem -noout -serial -startdate"),
                "serial=5A5B6C7D8E9F00112233445566778899AABBCCDD\n"
                "notBefore=Jan  1 00:00:00 2026 GMT\n");
    assert_text(output_of(fixture, "openssl verify -CAfile certificate.pem certificate.pem"),
                "certificate.pem: OK\n");
    assert_int_equal(sim_key_public(pem, &public_key), ERR_OK);
    assert_true(
        sim_verify(fixture->arena, public_key, message, sim_sign(fixture->arena, key, message)));
    sim_key_free(public_key);
    sim_key_free(key);
}

static void private_key_reads_back(void **state)
{
    struct fixture *fixture = *state;
    struct sim_key *key = sim_key_make();
    struct sim_key *again;

    assert_int_equal(sim_key_private(sim_key_private_pem(fixture->arena, key), &again), ERR_OK);
    assert_true(sim_verify(fixture->arena, key, message, sim_sign(fixture->arena, again, message)));
    sim_key_free(again);
    sim_key_free(key);
}

static void mac_and_digests_are_those_of_openssl(void **state)
{
    struct fixture *fixture = *state;
    struct sim_mac *mac = sim_mac_new(STR("a secret key"));
    unsigned char sha1[SIM_SHA1_LEN];
    unsigned char sha256[SIM_SHA256_LEN];
    struct buf hex;

    put(fixture, "message", message);
    for (int i = 0; i < 2; i++) { /* the context keeps its key */
        struct str text = sim_mac_hex(fixture->arena, mac, message);

        assert_true(str_eq(output_of(fixture,
                                     "openssl dgst -sha256 -mac HMAC -macopt 'key:a secret key' -r "
                                     "message | cut -d' ' -f1 | tr -d '\\n'"),
                           text));
    }
    sim_mac_free(mac);
    sim_sha1(message, sha1);
    sim_sha256(message, sha256);
    buf_init_arena(&hex, fixture->arena, 128);
    hex_encode(&hex, (struct str){(const char *)sha1, sizeof(sha1)});
    hex_encode(&hex, (struct str){(const char *)sha256, sizeof(sha256)});
    assert_true(str_eq(output_of(fixture, "for d in sha1 sha256; do openssl dgst -$d -r message | "
                                          "cut -d' ' -f1 | tr -d '\\n'; done"),
                       buf_str(&hex)));
}

/* NIST SP 800-38D, test case 16 of the GCM specification: 256-bit key, with additional data. */
static void seal_matches_the_published_vector(void **state)
{
    struct fixture *fixture = *state;
    struct sim_seal seal;
    struct str plain;
    struct str sealed;
    struct buf hex;

    assert_int_equal(hex_decode(fixture->arena,
                                STR("feffe9928665731c6d6a8f9467308308"
                                    "feffe9928665731c6d6a8f9467308308"),
                                &seal.key),
                     ERR_OK);
    assert_int_equal(hex_decode(fixture->arena, STR("cafebabefacedbaddecaf888"), &seal.nonce),
                     ERR_OK);
    assert_int_equal(
        hex_decode(fixture->arena, STR("feedfacedeadbeeffeedfacedeadbeefabaddad2"), &seal.aad),
        ERR_OK);
    assert_int_equal(hex_decode(fixture->arena,
                                STR("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31"
                                    "8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
                                &plain),
                     ERR_OK);
    assert_int_equal(base64_decode(fixture->arena, sim_seal(fixture->arena, &seal, plain), &sealed),
                     ERR_OK);
    buf_init_arena(&hex, fixture->arena, 256);
    hex_encode(&hex, sealed);
    assert_text(buf_str(&hex),
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb0"
                "8e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                "76fc6ece0f4e1768cddf8853bb2d551b");
}

static void random_text_differs(void **state)
{
    char a[33];
    char b[33];

    (void)state;
    sim_random_hex(a, 32);
    sim_random_hex(b, 32);
    assert_int_equal(strlen(a), 32);
    assert_string_not_equal(a, b);
}

static void equal_is_equal(void **state)
{
    (void)state;
    assert_true(sim_equal(STR("abc"), STR("abc")));
    assert_false(sim_equal(STR("abc"), STR("abd")));
    assert_false(sim_equal(STR("abc"), STR("ab")));
    assert_true(sim_equal(STR(""), (struct str){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_verifies_with_openssl),
        cmocka_unit_test(signature_of_openssl_verifies_and_only_over_its_message),
        cmocka_unit_test(short_keys_and_other_keys_are_refused),
        cmocka_unit_test(certificate_reads_back_in_openssl),
        cmocka_unit_test(private_key_reads_back),
        cmocka_unit_test(mac_and_digests_are_those_of_openssl),
        cmocka_unit_test(seal_matches_the_published_vector),
        cmocka_unit_test(random_text_differs),
        cmocka_unit_test(equal_is_equal),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
