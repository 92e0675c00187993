/* Keys and signatures: published vectors, and the openssl program as the other side. */
#include "base/crypto.h"

#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const enum crypto_algorithm algorithms[] = {CRYPTO_RSA_SHA256, CRYPTO_ECDSA_SHA256,
                                                   CRYPTO_ED25519, CRYPTO_SM2_SM3};

static const struct str message = STR_INIT("POST\n/v1/payments\n1795341600\nnonce\nbody\n");

/* ---- a folder to exchange files with the openssl program ---- */

static char folder[] = "/tmp/crypto_key_test.XXXXXX";

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    return chdir(folder);
}

static void run(const char *command)
{
    if (system(command) != 0) {
        fail_msg("failed: %s", command);
    }
}

static int tear_down(void **state)
{
    (void)state;
    run("rm -f *.pem *.sig *.bin *.txt");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static void file_write(const char *name, struct str bytes)
{
    FILE *file = fopen(name, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static struct str file_read(struct arena *arena, const char *name)
{
    char *bytes = arena_alloc(arena, 16384);
    FILE *file = fopen(name, "rb");
    size_t len;

    assert_non_null(file);
    len = fread(bytes, 1, 16384, file);
    assert_int_equal(fclose(file), 0);
    return (struct str){bytes, len};
}

/* ---- helpers ---- */

static struct str from_hex(struct arena *arena, const char *hex)
{
    struct str bytes;

    assert_int_equal(hex_decode(arena, str_of(hex), &bytes), ERR_OK);
    return bytes;
}

static struct str pem_of(struct arena *arena, const char *label, const char *der_hex)
{
    struct buf buf;

    buf_init_arena(&buf, arena, 4096);
    buf_printf(&buf, "-----BEGIN %s-----\n", label);
    base64_encode(&buf, from_hex(arena, der_hex));
    buf_printf(&buf, "\n-----END %s-----\n", label);
    return buf_str(&buf);
}

static struct crypto_key *open_private(struct arena *arena, enum crypto_algorithm algorithm,
                                       struct str pem)
{
    struct secret secret = secret_of(arena, pem);
    struct crypto_key *key = NULL;

    assert_int_equal(crypto_private_key(algorithm, &secret, &key), ERR_OK);
    assert_int_equal(crypto_key_algorithm(key), algorithm);
    return key;
}

static struct crypto_key *open_public(enum crypto_algorithm algorithm, struct str pem)
{
    struct crypto_key *key = NULL;

    assert_int_equal(crypto_public_key(algorithm, pem, &key), ERR_OK);
    assert_int_equal(crypto_key_algorithm(key), algorithm);
    return key;
}

static struct str sign(struct arena *arena, const struct crypto_key *key, struct str data)
{
    struct str signature;

    assert_int_equal(crypto_sign(arena, key, data, &signature), ERR_OK);
    return signature;
}

static struct str private_pem(struct arena *arena, const struct crypto_key *key)
{
    struct secret pem;

    assert_int_equal(crypto_key_private_pem(arena, key, &pem), ERR_OK);
    return secret_bytes(&pem);
}

static struct crypto_key *make(enum crypto_algorithm algorithm)
{
    struct crypto_key *key;

    assert_int_equal(crypto_key_make(algorithm, &key), ERR_OK);
    return key;
}

static void refuse_private(enum crypto_algorithm algorithm, struct str pem)
{
    struct secret secret = {pem};
    struct crypto_key *key = NULL;

    assert_int_equal(crypto_private_key(algorithm, &secret, &key), ERR_CRYPTO_KEY);
    assert_null(key);
    assert_int_equal(ERR_peek_error(), 0);
}

static void refuse_public(enum crypto_algorithm algorithm, struct str pem)
{
    struct crypto_key *key = NULL;

    assert_int_equal(crypto_public_key(algorithm, pem, &key), ERR_CRYPTO_KEY);
    assert_null(key);
    assert_int_equal(ERR_peek_error(), 0);
}

/* ---- rules of every algorithm ---- */

static void a_made_key_signs_and_its_public_half_verifies(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        struct crypto_key *made = make(algorithms[i]);
        struct crypto_key *private = open_private(arena, algorithms[i], private_pem(arena, made));
        struct crypto_key *public = open_public(algorithms[i], crypto_key_public_pem(arena, made));

        assert_int_equal(crypto_verify(public, message, sign(arena, private, message)), ERR_OK);
        assert_int_equal(crypto_verify(private, message, sign(arena, made, message)), ERR_OK);
        assert_int_equal(crypto_verify(public, STR(""), sign(arena, private, STR(""))), ERR_OK);
        crypto_key_free(made);
        crypto_key_free(private);
        crypto_key_free(public);
    }
    crypto_key_free(NULL);
    arena_free(arena);
}

static void a_signature_of_anything_else_does_not_match(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        struct crypto_key *key = make(algorithms[i]);
        struct crypto_key *other = make(algorithms[i]);
        struct str signature = sign(arena, key, message);
        char *changed = arena_copy(arena, signature.ptr, signature.len);

        assert_int_equal(crypto_verify(key, STR("other"), signature), ERR_CRYPTO_SIGNATURE);
        assert_int_equal(crypto_verify(other, message, signature), ERR_CRYPTO_SIGNATURE);
        changed[signature.len - 1] ^= 1;
        assert_int_equal(crypto_verify(key, message, (struct str){changed, signature.len}),
                         ERR_CRYPTO_SIGNATURE);
        for (size_t len = 0; len < signature.len; len += 13) {
            assert_int_equal(crypto_verify(key, message, str_slice(signature, 0, len)),
                             ERR_CRYPTO_SIGNATURE);
        }
        assert_int_equal(crypto_verify(key, message, (struct str){NULL, 0}), ERR_CRYPTO_SIGNATURE);
        assert_int_equal(crypto_verify(key, message, str_printf(arena, "%0500d", 7)),
                         ERR_CRYPTO_SIGNATURE);
        assert_int_equal(ERR_peek_error(), 0);
        assert_int_equal(crypto_verify(key, message, signature), ERR_OK);
        crypto_key_free(key);
        crypto_key_free(other);
    }
    arena_free(arena);
}

static void a_public_key_neither_signs_nor_shows_a_private_half(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        struct crypto_key *key = make(algorithms[i]);
        struct str pem = crypto_key_public_pem(arena, key);
        struct crypto_key *public = open_public(algorithms[i], pem);
        struct str signature = STR("kept");
        struct secret secret = {STR("kept")};

        assert_int_equal(crypto_sign(arena, public, message, &signature), ERR_CRYPTO_KEY);
        assert_int_equal(crypto_key_private_pem(arena, public, &secret), ERR_CRYPTO_KEY);
        assert_true(str_eq(signature, STR("kept")));
        assert_true(str_eq(crypto_key_public_pem(arena, public), pem));
        refuse_private(algorithms[i], pem);
        refuse_public(algorithms[i], private_pem(arena, key));
        crypto_key_free(key);
        crypto_key_free(public);
    }
    arena_free(arena);
}

static void a_key_of_another_kind_is_refused(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        struct crypto_key *key = make(algorithms[i]);

        for (size_t j = 0; j < ARRAY_LEN(algorithms); j++) {
            if (j != i) {
                refuse_private(algorithms[j], private_pem(arena, key));
                refuse_public(algorithms[j], crypto_key_public_pem(arena, key));
            }
        }
        crypto_key_free(key);
    }
    arena_free(arena);
}

static void what_is_no_key_is_refused(void **state)
{
    static const struct str texts[] = {
        STR_INIT(""),
        STR_INIT("hello"),
        STR_INIT("-----BEGIN PUBLIC KEY-----"),
        STR_INIT("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        STR_INIT("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        STR_INIT("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n"),
        STR_INIT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    };
    struct arena *arena = arena_new();
    struct str huge = {arena_alloc(arena, 100000), 100000};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        for (size_t j = 0; j < ARRAY_LEN(texts); j++) {
            refuse_private(algorithms[i], texts[j]);
            refuse_public(algorithms[i], texts[j]);
        }
        refuse_public(algorithms[i], (struct str){NULL, 0});
        refuse_public(algorithms[i], huge);
    }
    arena_free(arena);
}

static void keys_too_weak_or_too_large_are_refused(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    run("openssl genrsa -out weak.pem 1024 2>errors.txt");
    refuse_private(CRYPTO_RSA_SHA256, file_read(arena, "weak.pem"));
    run("openssl rsa -in weak.pem -pubout -out weak_public.pem 2>errors.txt");
    refuse_public(CRYPTO_RSA_SHA256, file_read(arena, "weak_public.pem"));
    run("openssl ecparam -genkey -name secp384r1 -out p384.pem 2>errors.txt");
    refuse_private(CRYPTO_ECDSA_SHA256, file_read(arena, "p384.pem"));
    run("openssl ecparam -genkey -name secp256k1 -out k1.pem 2>errors.txt");
    refuse_private(CRYPTO_ECDSA_SHA256, file_read(arena, "k1.pem"));
    refuse_private(CRYPTO_SM2_SM3, file_read(arena, "k1.pem"));
    arena_free(arena);
}

/* SubjectPublicKeyInfo of 9,000 bits and of 2,048 bits with an exponent of 2,047. */
static void rsa_keys_made_to_cost_time_are_refused(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    run("printf 'asn1=SEQUENCE:spki\\n[spki]\\nalg=SEQUENCE:alg\\nkey=BITWRAP,SEQUENCE:key\\n"
        "[alg]\\noid=OID:rsaEncryption\\nnull=NULL\\n[key]\\n' >head.txt");
    run("(cat head.txt; printf 'n=INTEGER:0x80%s01\\ne=INTEGER:65537\\n' "
        "$(head -c 2246 /dev/zero | tr '\\0' 7)) >large.txt");
    run("(cat head.txt; printf 'n=INTEGER:0x80%s01\\ne=INTEGER:0x7f%s01\\n' "
        "$(head -c 508 /dev/zero | tr '\\0' 7) $(head -c 508 /dev/zero | tr '\\0' 5)) >slow.txt");
    run("(cat head.txt; printf 'n=INTEGER:0x80%s01\\ne=INTEGER:65537\\n' "
        "$(head -c 508 /dev/zero | tr '\\0' 7)) >plain.txt");
    run("for k in large slow plain; do openssl asn1parse -genconf $k.txt -noout -out $k.bin && "
        "openssl rsa -pubin -inform DER -in $k.bin -pubout -out $k.pem 2>errors.txt || exit 1; "
        "done");
    refuse_public(CRYPTO_RSA_SHA256, file_read(arena, "large.pem"));
    refuse_public(CRYPTO_RSA_SHA256, file_read(arena, "slow.pem"));
    crypto_key_free(open_public(CRYPTO_RSA_SHA256, file_read(arena, "plain.pem")));
    arena_free(arena);
}

static void an_encrypted_key_is_refused_without_asking(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    run("openssl genpkey -algorithm ED25519 -aes-256-cbc -pass pass:x -out locked.pem");
    refuse_private(CRYPTO_ED25519, file_read(arena, "locked.pem"));
    run("openssl ecparam -genkey -name prime256v1 -noout | "
        "openssl ec -aes256 -passout pass:x -out locked2.pem 2>errors.txt");
    refuse_private(CRYPTO_ECDSA_SHA256, file_read(arena, "locked2.pem"));
    arena_free(arena);
}

/* ---- published vectors ---- */

/* RFC 8032 section 7.1: tests 1, 2, 3 and SHA(abc). */
static void ed25519_gives_the_vectors_of_rfc_8032(void **state)
{
    static const struct {
        const char *secret, *public, *message, *signature;
    } vectors[] = {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e"
            "39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f"
            "3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67"
            "f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        },
        {
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba"
            "3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfb"
            "c7c66431e0303dca179c138ac17ad9bef1177331a704",
        },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct str secret =
            str_printf(arena, "302e020100300506032b657004220420%s", vectors[i].secret);
        struct str public = str_printf(arena, "302a300506032b6570032100%s", vectors[i].public);
        struct crypto_key *signer = open_private(
            arena, CRYPTO_ED25519, pem_of(arena, "PRIVATE KEY", str_cstr(arena, secret)));
        struct crypto_key *verifier =
            open_public(CRYPTO_ED25519, pem_of(arena, "PUBLIC KEY", str_cstr(arena, public)));
        struct str data = from_hex(arena, vectors[i].message);
        struct str signature = from_hex(arena, vectors[i].signature);

        assert_true(str_eq(sign(arena, signer, data), signature));
        assert_int_equal(crypto_verify(verifier, data, signature), ERR_OK);
        assert_true(
            str_eq(crypto_key_public_pem(arena, signer), crypto_key_public_pem(arena, verifier)));
        crypto_key_free(signer);
        crypto_key_free(verifier);
    }
    arena_free(arena);
}

/* The signature example over the recommended curve in GM/T 0003.5 (GB/T 32918.5), annex A. */
static void sm2_verifies_the_example_of_the_standard(void **state)
{
    struct arena *arena = arena_new();
    struct crypto_key *key = open_public(
        CRYPTO_SM2_SM3, pem_of(arena, "PUBLIC KEY",
                               "3059301306072a8648ce3d020106082a811ccf5501822d03420004"
                               "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                               "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"));
    struct str signature =
        from_hex(arena, "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
                        "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");

    (void)state;
    assert_int_equal(crypto_verify(key, STR("message digest"), signature), ERR_OK);
    assert_int_equal(crypto_verify(key, STR("message digesu"), signature), ERR_CRYPTO_SIGNATURE);
    crypto_key_free(key);
    arena_free(arena);
}

/* ---- the openssl program as the other side ---- */

struct peer {
    enum crypto_algorithm algorithm;
    const char *make;   /* private.pem, as the program writes it */
    const char *sign;   /* message.bin → their.sig */
    const char *verify; /* our.sig, message.bin */
};

static const struct peer peers[] = {
    {
        CRYPTO_RSA_SHA256,
        "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private.pem "
        "2>errors.txt",
        "openssl dgst -sha256 -sign private.pem -out their.sig message.bin",
        "openssl dgst -sha256 -verify public.pem -signature our.sig message.bin >out.txt",
    },
    {
        CRYPTO_RSA_SHA256,
        "openssl genrsa -traditional -out private.pem 3072 2>errors.txt",
        "openssl dgst -sha256 -sign private.pem -out their.sig message.bin",
        "openssl dgst -sha256 -verify public.pem -signature our.sig message.bin >out.txt",
    },
    {
        CRYPTO_ECDSA_SHA256,
        "openssl ecparam -genkey -name prime256v1 -out private.pem",
        "openssl dgst -sha256 -sign private.pem -out their.sig message.bin",
        "openssl dgst -sha256 -verify public.pem -signature our.sig message.bin >out.txt",
    },
    {
        CRYPTO_ED25519,
        "openssl genpkey -algorithm ED25519 -out private.pem",
        "openssl pkeyutl -sign -rawin -inkey private.pem -in message.bin -out their.sig",
        "openssl pkeyutl -verify -rawin -pubin -inkey public.pem -in message.bin -sigfile our.sig "
        ">out.txt",
    },
    {
        CRYPTO_SM2_SM3,
        "openssl ecparam -genkey -name SM2 -out private.pem",
        "openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678 "
        "-inkey private.pem -in message.bin -out their.sig",
        "openssl pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 "
        "-pubin -inkey public.pem -in message.bin -sigfile our.sig >out.txt",
    },
    {
        CRYPTO_SM2_SM3,
        "openssl genpkey -algorithm SM2 -out private.pem",
        "openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678 "
        "-inkey private.pem -in message.bin -out their.sig",
        "openssl pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 "
        "-pubin -inkey public.pem -in message.bin -sigfile our.sig >out.txt",
    },
};

static void we_and_the_openssl_program_verify_each_other(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    file_write("message.bin", message);
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        struct crypto_key *private, *public;

        run(peers[i].make);
        run("openssl pkey -in private.pem -pubout -out public.pem");
        private = open_private(arena, peers[i].algorithm, file_read(arena, "private.pem"));
        public = open_public(peers[i].algorithm, file_read(arena, "public.pem"));
        run(peers[i].sign);
        assert_int_equal(crypto_verify(public, message, file_read(arena, "their.sig")), ERR_OK);
        file_write("our.sig", sign(arena, private, message));
        run(peers[i].verify);
        crypto_key_free(private);
        crypto_key_free(public);
    }
    arena_free(arena);
}

static void the_openssl_program_reads_the_keys_we_make(void **state)
{
    static const size_t with[] = {0, 2, 3, 4}; /* one peer of each algorithm */
    struct arena *arena = arena_new();

    (void)state;
    file_write("message.bin", message);
    for (size_t i = 0; i < ARRAY_LEN(with); i++) {
        struct crypto_key *key = make(peers[with[i]].algorithm);

        file_write("private.pem", private_pem(arena, key));
        file_write("public.pem", crypto_key_public_pem(arena, key));
        run(peers[with[i]].sign);
        assert_int_equal(crypto_verify(key, message, file_read(arena, "their.sig")), ERR_OK);
        file_write("our.sig", sign(arena, key, message));
        run(peers[with[i]].verify);
        crypto_key_free(key);
    }
    arena_free(arena);
}

static void the_key_of_a_certificate_verifies(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        struct crypto_key *private, *public;

        run(peers[i].make);
        run("openssl req -x509 -new -key private.pem -subj /CN=test -days 1 -out certificate.pem");
        private = open_private(arena, peers[i].algorithm, file_read(arena, "private.pem"));
        public = open_public(peers[i].algorithm, file_read(arena, "certificate.pem"));
        assert_int_equal(crypto_verify(public, message, sign(arena, private, message)), ERR_OK);
        crypto_key_free(private);
        crypto_key_free(public);
    }
    arena_free(arena);
}

static void the_openssl_program_decrypts_what_we_encrypt_with_oaep(void **state)
{
    struct arena *arena = arena_new();
    struct crypto_key *key = make(CRYPTO_RSA_SHA256);
    struct str plain = STR("张三");
    struct str cipher;

    (void)state;
    assert_int_equal(crypto_rsa_oaep_encrypt(arena, key, plain, &cipher), ERR_OK);
    assert_int_equal(cipher.len, 256);
    file_write("cipher.bin", cipher);
    file_write("private.pem", private_pem(arena, key));
    run("openssl pkeyutl -decrypt -inkey private.pem -pkeyopt rsa_padding_mode:oaep "
        "-pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1 -in cipher.bin -out plain.bin");
    assert_true(str_eq(file_read(arena, "plain.bin"), plain));
    crypto_key_free(key);
    arena_free(arena);
}

static void oaep_refuses_what_does_not_fit(void **state)
{
    struct arena *arena = arena_new();
    struct crypto_key *key = make(CRYPTO_RSA_SHA256);
    struct crypto_key *other = make(CRYPTO_ED25519);
    struct str most = str_printf(arena, "%0214d", 7);
    struct str more = str_printf(arena, "%0215d", 7);
    struct str cipher;

    (void)state;
    assert_int_equal(crypto_rsa_oaep_encrypt(arena, key, most, &cipher), ERR_OK);
    assert_int_equal(crypto_rsa_oaep_encrypt(arena, key, more, &cipher), ERR_FIELD_LENGTH);
    assert_int_equal(crypto_rsa_oaep_encrypt(arena, other, most, &cipher), ERR_CRYPTO_KEY);
    crypto_key_free(key);
    crypto_key_free(other);
    arena_free(arena);
}

static void a_certificate_tells_its_serial_and_validity(void **state)
{
    struct arena *arena = arena_new();
    struct str serial = STR("kept");
    int64_t from_ms, to_ms;

    (void)state;
    run("openssl ecparam -genkey -name prime256v1 -out private.pem");
    run("openssl req -x509 -new -key private.pem -subj /CN=test -days 3 "
        "-set_serial 0x0A5F2C3344AABBCCDDEEFF00112233445566778F -out certificate.pem");
    assert_int_equal(crypto_certificate_read(arena, file_read(arena, "certificate.pem"), &serial,
                                             &from_ms, &to_ms),
                     ERR_OK);
    assert_true(str_eq(serial, STR("0A5F2C3344AABBCCDDEEFF00112233445566778F")));
    assert_int_equal(to_ms - from_ms, INT64_C(3) * 86400000);
    assert_int_equal(crypto_certificate_read(arena, STR("-----BEGIN CERTIFICATE-----\nAA\n"),
                                             &serial, &from_ms, &to_ms),
                     ERR_CRYPTO_KEY);
    assert_int_equal(
        crypto_certificate_read(arena, file_read(arena, "private.pem"), &serial, &from_ms, &to_ms),
        ERR_CRYPTO_KEY);
    assert_int_equal(ERR_peek_error(), 0);
    arena_free(arena);
}

/* ---- threads ---- */

struct job {
    const struct crypto_key *keys[ARRAY_LEN(algorithms)];
    int failures;
};

static void *sign_and_verify(void *ctx)
{
    struct job *job = ctx;
    struct arena *arena = arena_new();
    struct secret hmac_key = {STR("Jefe")};
    unsigned char mac[CRYPTO_SHA256_LEN];

    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
            struct str signature;

            job->failures +=
                crypto_sign(arena, job->keys[i], message, &signature) != ERR_OK ||
                crypto_verify(job->keys[i], message, signature) != ERR_OK ||
                crypto_verify(job->keys[i], STR("other"), signature) != ERR_CRYPTO_SIGNATURE;
        }
        crypto_hmac_sha256(&hmac_key, STR("what do ya want for nothing?"), mac);
        job->failures += mac[0] != 0x5B || mac[31] != 0x43;
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

static void threads_share_keys(void **state)
{
    struct crypto_key *keys[ARRAY_LEN(algorithms)];
    struct job jobs[4] = {0};
    pthread_t threads[ARRAY_LEN(jobs)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        keys[i] = make(algorithms[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        memcpy(jobs[i].keys, keys, sizeof(keys));
        assert_int_equal(pthread_create(&threads[i], NULL, sign_and_verify, &jobs[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(jobs[i].failures, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        crypto_key_free(keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_key_signs_and_its_public_half_verifies),
        cmocka_unit_test(a_signature_of_anything_else_does_not_match),
        cmocka_unit_test(a_public_key_neither_signs_nor_shows_a_private_half),
        cmocka_unit_test(a_key_of_another_kind_is_refused),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(keys_too_weak_or_too_large_are_refused),
        cmocka_unit_test(rsa_keys_made_to_cost_time_are_refused),
        cmocka_unit_test(an_encrypted_key_is_refused_without_asking),
        cmocka_unit_test(ed25519_gives_the_vectors_of_rfc_8032),
        cmocka_unit_test(sm2_verifies_the_example_of_the_standard),
        cmocka_unit_test(we_and_the_openssl_program_verify_each_other),
        cmocka_unit_test(the_openssl_program_reads_the_keys_we_make),
        cmocka_unit_test(the_key_of_a_certificate_verifies),
        cmocka_unit_test(the_openssl_program_decrypts_what_we_encrypt_with_oaep),
        cmocka_unit_test(oaep_refuses_what_does_not_fit),
        cmocka_unit_test(a_certificate_tells_its_serial_and_validity),
        cmocka_unit_test(threads_share_keys),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
