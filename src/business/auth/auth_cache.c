/* Opened keys in memory, shared by the loops, in shards with a lock each. A changed key stays where
 * it is and is read anew by the next request, so that what is known of its use is kept. */
#include "business/auth/auth_int.h"

enum { AUTH_CACHE_SHARDS = 16, AUTH_CACHE_BUCKETS = 256, AUTH_CACHE_UNKNOWN = 256 };

/* An id there is no key of: remembered, so that asking again costs no query. */
struct unknown {
    int64_t id;
    int64_t until_ms;
};

struct shard {
    struct mutex *mutex;
    struct auth_open_key *buckets[AUTH_CACHE_BUCKETS];
    struct unknown unknown[AUTH_CACHE_UNKNOWN]; /* at hash % AUTH_CACHE_UNKNOWN */
    size_t count;
    size_t hand;       /* bucket the next victim is looked for in */
    int64_t forgotten; /* counts auth__cache_forget: what was read before it is not kept */
};

struct auth_cache {
    int64_t keep_ms;
    size_t shard_max;
    struct shard shards[AUTH_CACHE_SHARDS];
};

struct auth_cache *auth__cache_new(int64_t keep_ms, int64_t max)
{
    struct auth_cache *cache = mem_new(sizeof(*cache));

    CHECK(max >= AUTH_CACHE_SHARDS);
    cache->keep_ms = keep_ms;
    cache->shard_max = (size_t)max / AUTH_CACHE_SHARDS;
    for (size_t i = 0; i < AUTH_CACHE_SHARDS; i++) {
        cache->shards[i].mutex = mutex_new();
    }
    return cache;
}

static uint64_t hash_of(int64_t id)
{
    return ((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15)) >> 32;
}

static struct shard *shard_of(struct auth_cache *cache, int64_t id)
{
    return &cache->shards[hash_of(id) % AUTH_CACHE_SHARDS];
}

static struct auth_open_key **bucket_of(struct shard *shard, int64_t id)
{
    return &shard->buckets[hash_of(id) / AUTH_CACHE_SHARDS % AUTH_CACHE_BUCKETS];
}

static struct unknown *unknown_of(struct shard *shard, int64_t id)
{
    return &shard->unknown[hash_of(id) / AUTH_CACHE_SHARDS % AUTH_CACHE_UNKNOWN];
}

static struct auth_open_key *find(struct shard *shard, int64_t id)
{
    struct auth_open_key *key = *bucket_of(shard, id);

    while (key != NULL && key->row.id != id) {
        key = key->next;
    }
    return key;
}

/* One reference less; the last one frees. The cache itself holds one while a key is in it. */
static void let_go(struct auth_open_key *key)
{
    key->references--;
    if (key->references == 0) {
        auth__open_free(key);
    }
}

static void take_out(struct shard *shard, struct auth_open_key **at)
{
    struct auth_open_key *key = *at;

    *at = key->next;
    shard->count--;
    let_go(key);
}

void auth__cache_free(struct auth_cache *cache)
{
    for (size_t i = 0; i < AUTH_CACHE_SHARDS; i++) {
        struct shard *shard = &cache->shards[i];

        for (size_t j = 0; j < AUTH_CACHE_BUCKETS; j++) {
            while (shard->buckets[j] != NULL) {
                take_out(shard, &shard->buckets[j]);
            }
        }
        mutex_free(shard->mutex);
    }
    mem_free(cache);
}

static enum auth_cached get(struct shard *shard, int64_t id, int64_t now_ms,
                            struct auth_open_key **key)
{
    struct auth_open_key *found = find(shard, id);

    if (found != NULL && now_ms < found->fresh_until_ms) {
        found->references++;
        *key = found;
        return AUTH_CACHED;
    }
    if (unknown_of(shard, id)->id == id && now_ms < unknown_of(shard, id)->until_ms) {
        return AUTH_CACHED_UNKNOWN;
    }
    return AUTH_NOT_CACHED;
}

enum auth_cached auth__cache_get(struct auth_cache *cache, int64_t id, int64_t now_ms,
                                 struct auth_open_key **key, int64_t *ticket)
{
    struct shard *shard = shard_of(cache, id);
    enum auth_cached cached;

    mutex_lock(shard->mutex);
    cached = get(shard, id, now_ms, key);
    *ticket = shard->forgotten;
    mutex_unlock(shard->mutex);
    return cached;
}

static void put(struct auth_cache *cache, struct shard *shard, struct auth_open_key *key)
{
    struct auth_open_key **at = bucket_of(shard, key->row.id);

    while (*at != NULL && (*at)->row.id != key->row.id) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        key->last_used_ms = (*at)->last_used_ms;
        take_out(shard, at);
    }
    while (shard->count >= cache->shard_max) {
        if (shard->buckets[shard->hand] != NULL) {
            take_out(shard, &shard->buckets[shard->hand]);
        }
        shard->hand = (shard->hand + 1) % AUTH_CACHE_BUCKETS;
    }
    at = bucket_of(shard, key->row.id);
    key->next = *at;
    *at = key;
    shard->count++;
    key->references++;
}

void auth__cache_put(struct auth_cache *cache, struct auth_open_key *key, int64_t now_ms,
                     int64_t ticket)
{
    struct shard *shard = shard_of(cache, key->row.id);

    mutex_lock(shard->mutex);
    key->references = 1;
    key->fresh_until_ms = now_ms + cache->keep_ms;
    if (shard->forgotten == ticket) {
        put(cache, shard, key);
    }
    mutex_unlock(shard->mutex);
}

void auth__cache_put_unknown(struct auth_cache *cache, int64_t id, int64_t now_ms, int64_t ticket)
{
    struct shard *shard = shard_of(cache, id);

    mutex_lock(shard->mutex);
    if (shard->forgotten == ticket) {
        *unknown_of(shard, id) = (struct unknown){id, now_ms + cache->keep_ms};
    }
    mutex_unlock(shard->mutex);
}

void auth__cache_release(struct auth_cache *cache, struct auth_open_key *key)
{
    struct shard *shard = shard_of(cache, key->row.id);

    mutex_lock(shard->mutex);
    let_go(key);
    mutex_unlock(shard->mutex);
}

void auth__cache_used(struct auth_cache *cache, struct auth_open_key *key, int64_t now_ms)
{
    struct shard *shard = shard_of(cache, key->row.id);

    mutex_lock(shard->mutex);
    key->last_used_ms = now_ms;
    mutex_unlock(shard->mutex);
}

void auth__cache_forget(struct auth_cache *cache, int64_t id)
{
    struct shard *shard = shard_of(cache, id);
    struct auth_open_key *key;

    mutex_lock(shard->mutex);
    key = find(shard, id);
    if (key != NULL) {
        key->fresh_until_ms = 0;
    }
    if (unknown_of(shard, id)->id == id) {
        unknown_of(shard, id)->id = 0;
    }
    shard->forgotten++;
    mutex_unlock(shard->mutex);
}

int64_t auth__cache_last_used_ms(struct auth_cache *cache, int64_t id)
{
    struct shard *shard = shard_of(cache, id);
    const struct auth_open_key *key;
    int64_t at_ms;

    mutex_lock(shard->mutex);
    key = find(shard, id);
    at_ms = key == NULL ? 0 : key->last_used_ms;
    mutex_unlock(shard->mutex);
    return at_ms;
}
