#include "base/encode.h"
#include "main/demo_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the published libraries of the standard test themselves with. */
static const char secret[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const struct demo_webhook good = {
    .id = STR_INIT("msg_p5jXN8AQM9LWM0D4loKWxJek"),
    .timestamp = STR_INIT("1614265330"),
    .signature = STR_INIT("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    .body = STR_INIT("{\"test\": 2432232314}"),
};
enum { NOW_S = 1614265330 };

static enum err verify(const struct demo_webhook *webhook, int64_t now_s)
{
    struct arena *arena = arena_new();
    struct str raw;
    struct secret key;
    enum err err;

    assert_int_equal(base64_decode(arena, str_of(secret), &raw), ERR_OK);
    key = secret_of(arena, raw);
    err = demo__webhook_verify(arena, &key, webhook, now_s * 1000);
    arena_free(arena);
    return err;
}

static void published_vector_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(verify(&good, NOW_S), ERR_OK);
}

static void one_of_several_signatures_is_enough(void **state)
{
    struct demo_webhook webhook = good;

    (void)state;
    webhook.signature = STR("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,xyz "
                            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_int_equal(verify(&webhook, NOW_S), ERR_OK);
}

static void another_body_id_time_or_signature_is_refused(void **state)
{
    struct demo_webhook webhooks[] = {good, good, good, good, good};

    (void)state;
    webhooks[0].body = STR("{\"test\": 2432232315}");
    webhooks[1].id = STR("msg_p5jXN8AQM9LWM0D4loKWxJel");
    webhooks[2].timestamp = STR("1614265331");
    webhooks[3].signature = STR("");
    webhooks[4].id = STR("");
    for (size_t i = 0; i < ARRAY_LEN(webhooks); i++) {
        assert_int_equal(verify(&webhooks[i], NOW_S), ERR_CRYPTO_SIGNATURE);
    }
}

static void stamp_more_than_five_minutes_off_is_refused(void **state)
{
    (void)state;
    assert_int_equal(verify(&good, NOW_S + 300), ERR_OK);
    assert_int_equal(verify(&good, NOW_S - 300), ERR_OK);
    assert_int_equal(verify(&good, NOW_S + 301), ERR_CRYPTO_SIGNATURE);
    assert_int_equal(verify(&good, NOW_S - 301), ERR_CRYPTO_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vector_is_accepted),
        cmocka_unit_test(one_of_several_signatures_is_enough),
        cmocka_unit_test(another_body_id_time_or_signature_is_refused),
        cmocka_unit_test(stamp_more_than_five_minutes_off_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
