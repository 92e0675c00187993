#include "business/auth/auth_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

enum { KEEP_MS = 60000 };

static struct auth_open_key *make(int64_t id)
{
    struct arena *arena = arena_new();
    struct auth_open_key *key = ARENA_NEW(arena, struct auth_open_key);

    key->arena = arena;
    key->row.id = id;
    return key;
}

/* Puts a new copy of a key in, as after reading it. */
static void put(struct auth_cache *cache, int64_t id, int64_t now_ms)
{
    struct auth_open_key *key;
    int64_t ticket;

    assert_int_equal(auth__cache_get(cache, id, now_ms, &key, &ticket), AUTH_NOT_CACHED);
    key = make(id);
    auth__cache_put(cache, key, now_ms, ticket);
    auth__cache_release(cache, key);
}

static enum auth_cached look(struct auth_cache *cache, int64_t id, int64_t now_ms)
{
    struct auth_open_key *key;
    int64_t ticket;
    enum auth_cached cached = auth__cache_get(cache, id, now_ms, &key, &ticket);

    if (cached == AUTH_CACHED) {
        assert_int_equal(key->row.id, id);
        auth__cache_release(cache, key);
    }
    return cached;
}

static void a_key_is_kept_for_a_time(void **state)
{
    struct auth_cache *cache = auth__cache_new(KEEP_MS, 1600);

    (void)state;
    put(cache, 5, 1000);
    assert_int_equal(look(cache, 5, 1000 + KEEP_MS - 1), AUTH_CACHED);
    assert_int_equal(look(cache, 5, 1000 + KEEP_MS), AUTH_NOT_CACHED);
    put(cache, 5, 1000 + KEEP_MS);
    assert_int_equal(look(cache, 5, 1000 + KEEP_MS), AUTH_CACHED);
    auth__cache_free(cache);
}

static void a_changed_key_is_read_anew_and_its_use_is_kept(void **state)
{
    struct auth_cache *cache = auth__cache_new(KEEP_MS, 1600);
    struct auth_open_key *key;
    int64_t ticket;

    (void)state;
    put(cache, 5, 1000);
    assert_int_equal(auth__cache_get(cache, 5, 1000, &key, &ticket), AUTH_CACHED);
    auth__cache_used(cache, key, 1234);
    auth__cache_forget(cache, 5);
    assert_int_equal(look(cache, 5, 1000), AUTH_NOT_CACHED);
    put(cache, 5, 1000);
    assert_int_equal(auth__cache_last_used_ms(cache, 5), 1234);
    assert_int_equal(key->row.id, 5); /* who holds the old one goes on with it */
    auth__cache_release(cache, key);
    auth__cache_free(cache);
}

static void what_changed_while_it_was_read_is_not_kept(void **state)
{
    struct auth_cache *cache = auth__cache_new(KEEP_MS, 1600);
    struct auth_open_key *key;
    int64_t ticket;

    (void)state;
    assert_int_equal(auth__cache_get(cache, 5, 1000, &key, &ticket), AUTH_NOT_CACHED);
    auth__cache_forget(cache, 5);
    key = make(5);
    auth__cache_put(cache, key, 1000, ticket);
    auth__cache_release(cache, key);
    assert_int_equal(look(cache, 5, 1000), AUTH_NOT_CACHED);
    auth__cache_put_unknown(cache, 5, 1000, ticket);
    assert_int_equal(look(cache, 5, 1000), AUTH_NOT_CACHED);
    auth__cache_free(cache);
}

static void an_unknown_id_is_remembered_until_there_is_a_key(void **state)
{
    struct auth_cache *cache = auth__cache_new(KEEP_MS, 1600);
    struct auth_open_key *key;
    int64_t ticket;

    (void)state;
    assert_int_equal(auth__cache_get(cache, 5, 1000, &key, &ticket), AUTH_NOT_CACHED);
    auth__cache_put_unknown(cache, 5, 1000, ticket);
    assert_int_equal(look(cache, 5, 1000), AUTH_CACHED_UNKNOWN);
    assert_int_equal(look(cache, 5, 1000 + KEEP_MS), AUTH_NOT_CACHED);
    auth__cache_put_unknown(cache, 5, 1000, ticket);
    auth__cache_forget(cache, 5);
    assert_int_equal(look(cache, 5, 1000), AUTH_NOT_CACHED);
    put(cache, 5, 1000);
    assert_int_equal(look(cache, 5, 1000), AUTH_CACHED);
    auth__cache_free(cache);
}

static void it_holds_no_more_than_it_may(void **state)
{
    struct auth_cache *cache = auth__cache_new(KEEP_MS, 160);
    int cached = 0;

    (void)state;
    for (int64_t id = 1; id <= 1000; id++) {
        put(cache, id, 1000);
        assert_int_equal(look(cache, id, 1000), AUTH_CACHED);
    }
    for (int64_t id = 1; id <= 1000; id++) {
        cached += look(cache, id, 1000) == AUTH_CACHED ? 1 : 0;
    }
    assert_int_equal(cached, 160);
    auth__cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_kept_for_a_time),
        cmocka_unit_test(a_changed_key_is_read_anew_and_its_use_is_kept),
        cmocka_unit_test(what_changed_while_it_was_read_is_not_kept),
        cmocka_unit_test(an_unknown_id_is_remembered_until_there_is_a_key),
        cmocka_unit_test(it_holds_no_more_than_it_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
