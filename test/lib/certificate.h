/* Keys and certificates made at test time. */
#ifndef TEST_LIB_CERTIFICATE_H
#define TEST_LIB_CERTIFICATE_H

#include "base/crypto.h"

struct test_certificate {
    struct str serial; /* upper-case hex */
    struct str pem;
    struct str public_pem; /* SubjectPublicKeyInfo */
    struct str private_pem;
};

/* RSA-2048, self-signed. */
struct test_certificate test_certificate(struct arena *arena, int64_t not_before_ms,
                                         int64_t not_after_ms);
struct test_certificate test_certificate_of(struct arena *arena, const char *common_name,
                                            int64_t not_before_ms, int64_t not_after_ms);

#endif
