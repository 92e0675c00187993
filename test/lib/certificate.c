#include "test/lib/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static struct str text_of(struct arena *arena, BIO *bio)
{
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    struct str copy = str_dup(arena, (struct str){text, (size_t)len});

    BIO_free(bio);
    return copy;
}

struct test_certificate test_certificate(struct arena *arena, int64_t not_before_ms,
                                         int64_t not_after_ms)
{
    return test_certificate_of(arena, "test", not_before_ms, not_after_ms);
}

struct test_certificate test_certificate_of(struct arena *arena, const char *common_name,
                                            int64_t not_before_ms, int64_t not_after_ms)
{
    struct test_certificate made;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = X509_new();
    X509_NAME *name = X509_NAME_new();
    BIGNUM *serial = BN_new();
    BIO *bio;
    char *hex;

    CHECK(key != NULL && certificate != NULL && name != NULL && serial != NULL);
    CHECK(BN_rand(serial, 159, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    CHECK(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL);
    hex = BN_bn2hex(serial);
    made.serial = str_dup(arena, str_of(hex));
    CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name,
                                     -1, -1, 0) == 1);
    CHECK(X509_set_version(certificate, 2) == 1);
    CHECK(X509_set_subject_name(certificate, name) == 1);
    CHECK(X509_set_issuer_name(certificate, name) == 1);
    CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate), not_before_ms / 1000) != NULL);
    CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate), not_after_ms / 1000) != NULL);
    CHECK(X509_set_pubkey(certificate, key) == 1);
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);

    bio = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_X509(bio, certificate) == 1);
    made.pem = text_of(arena, bio);
    bio = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PUBKEY(bio, key) == 1);
    made.public_pem = text_of(arena, bio);
    bio = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
    made.private_pem = text_of(arena, bio);

    OPENSSL_free(hex);
    BN_free(serial);
    X509_NAME_free(name);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return made;
}
