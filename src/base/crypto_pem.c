#include "base/crypto_int.h"

#include "base/time.h"

#include <openssl/pem.h>

enum { PEM_MAX = 65536 };

BIO *crypto__pem_reader(struct str pem)
{
    BIO *bio;

    if (pem.len > PEM_MAX) {
        return NULL;
    }
    bio = BIO_new_mem_buf(pem.len == 0 ? "" : pem.ptr, (int)pem.len);
    CHECK(bio != NULL);
    return bio;
}

int crypto__no_password(char *password, int size, int writing, void *ctx)
{
    (void)password;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

X509 *crypto__certificate(struct str pem)
{
    BIO *bio = crypto__pem_reader(pem);
    X509 *certificate =
        bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, crypto__no_password, NULL);

    BIO_free(bio);
    return certificate;
}

/* Counts from 1970 rather than through struct tm, so that no time zone can come in. */
static bool read_time(const ASN1_TIME *time, int64_t *at_ms)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    bool ok;

    CHECK(epoch != NULL);
    ok = ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    *at_ms = days * TIME_DAY_MS + seconds * TIME_SECOND_MS;
    return ok;
}

static struct str read_serial(struct arena *arena, const X509 *certificate)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hex = number == NULL ? NULL : BN_bn2hex(number);
    struct str serial;

    CHECK(hex != NULL);
    serial = str_dup(arena, str_of(hex));
    OPENSSL_free(hex);
    BN_free(number);
    return serial;
}

enum err crypto_certificate_read(struct arena *arena, struct str pem, struct str *serial,
                                 int64_t *not_before_ms, int64_t *not_after_ms)
{
    X509 *certificate = crypto__certificate(pem);
    int64_t from_ms, to_ms;
    bool ok = certificate != NULL && read_time(X509_get0_notBefore(certificate), &from_ms) &&
              read_time(X509_get0_notAfter(certificate), &to_ms);

    if (ok) {
        *serial = read_serial(arena, certificate);
        *not_before_ms = from_ms;
        *not_after_ms = to_ms;
    }
    X509_free(certificate);
    return ok ? ERR_OK : crypto__failed(ERR_CRYPTO_KEY);
}
