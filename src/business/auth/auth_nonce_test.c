#include "business/auth/auth_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <stdio.h>

enum { WINDOW_MS = 300000 };
#define NOW_MS INT64_C(1790000000000)

static enum err take(struct auth_nonces *nonces, int64_t number, int64_t stamp_ms, int64_t now_ms)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "nonce-%016lld", (long long)number);
    return auth__nonces_take(nonces,
                             &(struct auth_header){.key_id = 7,
                                                   .timestamp_s = stamp_ms / TIME_SECOND_MS,
                                                   .nonce = str_of(text)},
                             now_ms);
}

static void a_nonce_is_known_for_twice_the_window(void **state)
{
    struct auth_nonces *nonces = auth__nonces_new(WINDOW_MS, 1000000);

    (void)state;
    assert_int_equal(take(nonces, 1, NOW_MS, NOW_MS), ERR_OK);
    for (int64_t at = NOW_MS; at <= NOW_MS + 2 * WINDOW_MS; at += 10000) {
        assert_int_equal(take(nonces, 1, at, at), ERR_AUTH_REPLAYED);
    }
    auth__nonces_free(nonces);
}

static void nonces_are_forgotten_in_the_end(void **state)
{
    struct auth_nonces *nonces = auth__nonces_new(WINDOW_MS, 1000000);
    int64_t later = NOW_MS + 4 * WINDOW_MS;

    (void)state;
    assert_int_equal(take(nonces, 1, NOW_MS, NOW_MS), ERR_OK);
    assert_int_equal(take(nonces, 1, later, later), ERR_OK);
    auth__nonces_free(nonces);
}

static void a_stamp_ahead_is_known_as_long_as_it_could_be_repeated(void **state)
{
    struct auth_nonces *nonces = auth__nonces_new(WINDOW_MS, 1000000);
    int64_t stamp = NOW_MS + WINDOW_MS;

    (void)state;
    assert_int_equal(take(nonces, 1, stamp, NOW_MS), ERR_OK);
    for (int64_t at = NOW_MS; at <= stamp + WINDOW_MS; at += 7000) {
        assert_int_equal(take(nonces, 1, stamp, at), ERR_AUTH_REPLAYED);
    }
    auth__nonces_free(nonces);
}

static void what_had_to_be_forgotten_is_refused(void **state)
{
    enum { SECONDS = 100, PER_SECOND = 100 };
    static bool taken[SECONDS * PER_SECOND];
    struct auth_nonces *nonces = auth__nonces_new(WINDOW_MS, 1600);
    const int64_t after = NOW_MS + SECONDS * TIME_SECOND_MS;
    int count = 0;

    (void)state;
    for (int i = 0; i < SECONDS * PER_SECOND; i++) {
        int64_t at = NOW_MS + i / PER_SECOND * TIME_SECOND_MS;
        enum err err = take(nonces, i, at, at);

        assert_true(err == ERR_OK || err == ERR_AUTH_RESTARTED);
        taken[i] = err == ERR_OK;
        count += err == ERR_OK ? 1 : 0;
    }
    assert_in_range(count, SECONDS * PER_SECOND * 8 / 10, SECONDS * PER_SECOND);
    for (int i = 0; i < SECONDS * PER_SECOND; i++) {
        if (taken[i]) {
            assert_int_not_equal(take(nonces, i, NOW_MS + i / PER_SECOND * TIME_SECOND_MS, after),
                                 ERR_OK);
        }
    }
    for (int i = 0; i < PER_SECOND; i++) {
        assert_int_equal(take(nonces, 1000000 + i, after, after), ERR_OK);
    }
    auth__nonces_free(nonces);
}

static void keys_do_not_share_nonces(void **state)
{
    struct auth_nonces *nonces = auth__nonces_new(WINDOW_MS, 1000000);
    struct auth_header header = {
        .key_id = 1, .timestamp_s = NOW_MS / TIME_SECOND_MS, .nonce = STR("0123456789abcdef")};

    (void)state;
    assert_int_equal(auth__nonces_take(nonces, &header, NOW_MS), ERR_OK);
    assert_int_equal(auth__nonces_take(nonces, &header, NOW_MS), ERR_AUTH_REPLAYED);
    header.key_id = 2;
    assert_int_equal(auth__nonces_take(nonces, &header, NOW_MS), ERR_OK);
    auth__nonces_free(nonces);
}

static void a_clock_that_steps_back_lets_no_replay_through(void **state)
{
    struct auth_nonces *nonces = auth__nonces_new(WINDOW_MS, 1000000);
    const int64_t back = NOW_MS - 4 * WINDOW_MS;

    (void)state;
    for (int i = 0; i < 500; i++) {
        assert_int_equal(take(nonces, i, NOW_MS, NOW_MS), ERR_OK);
    }
    for (int i = 0; i < 500; i++) {
        assert_int_equal(take(nonces, 1000 + i, back, back), ERR_AUTH_RESTARTED);
    }
    for (int i = 0; i < 500; i++) {
        assert_int_not_equal(take(nonces, i, NOW_MS, NOW_MS), ERR_OK);
    }
    auth__nonces_free(nonces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nonce_is_known_for_twice_the_window),
        cmocka_unit_test(nonces_are_forgotten_in_the_end),
        cmocka_unit_test(a_stamp_ahead_is_known_as_long_as_it_could_be_repeated),
        cmocka_unit_test(what_had_to_be_forgotten_is_refused),
        cmocka_unit_test(keys_do_not_share_nonces),
        cmocka_unit_test(a_clock_that_steps_back_lets_no_replay_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
