/* Nonces that were seen, in two generations: a nonce goes into the younger one and is looked for in
 * both; when the younger is keep_ms old it becomes the older and the older is forgotten. */
#include "business/auth/auth_int.h"

enum {
    AUTH_SHARDS = 16,
    AUTH_GENERATION_MIN = 256,
    AUTH_GENERATION_MAX = 1 << 18, /* slots per shard: 4 M nonces in all, half full */
};

struct mark { /* the first half of SHA-256(key id, nonce); all zero: free */
    uint64_t high, low;
};

struct generation {
    struct mark *slots;
    size_t size; /* a power of two */
    size_t count;
};

struct shard {
    struct mutex *mutex;
    struct generation young, old;
    int64_t young_since_ms;
};

struct auth_nonces {
    int64_t keep_ms;
    struct shard shards[AUTH_SHARDS];
};

struct auth_nonces *auth__nonces_new(int64_t keep_ms)
{
    struct auth_nonces *nonces = mem_new(sizeof(*nonces));

    nonces->keep_ms = keep_ms;
    for (size_t i = 0; i < AUTH_SHARDS; i++) {
        nonces->shards[i].mutex = mutex_new();
    }
    return nonces;
}

void auth__nonces_free(struct auth_nonces *nonces)
{
    for (size_t i = 0; i < AUTH_SHARDS; i++) {
        mem_free(nonces->shards[i].young.slots);
        mem_free(nonces->shards[i].old.slots);
        mutex_free(nonces->shards[i].mutex);
    }
    mem_free(nonces);
}

/* The slot that holds the mark, or the free one where it would go. */
static struct mark *slot_of(const struct generation *g, struct mark mark)
{
    size_t at = (size_t)mark.low & (g->size - 1);

    while ((g->slots[at].high | g->slots[at].low) != 0 &&
           (g->slots[at].high != mark.high || g->slots[at].low != mark.low)) {
        at = (at + 1) & (g->size - 1);
    }
    return &g->slots[at];
}

static bool contains(const struct generation *g, struct mark mark)
{
    return g->size > 0 && slot_of(g, mark)->high == mark.high && mark.high != 0;
}

static void grow(struct generation *g)
{
    struct generation larger = {.size = g->size == 0 ? AUTH_GENERATION_MIN : g->size * 2};

    larger.slots = mem_new(larger.size * sizeof(*larger.slots));
    for (size_t i = 0; i < g->size; i++) {
        if ((g->slots[i].high | g->slots[i].low) != 0) {
            *slot_of(&larger, g->slots[i]) = g->slots[i];
        }
    }
    larger.count = g->count;
    mem_free(g->slots);
    *g = larger;
}

static void age(struct shard *shard, int64_t now_ms)
{
    mem_free(shard->old.slots);
    shard->old = shard->young;
    shard->young = (struct generation){0};
    shard->young_since_ms = now_ms;
}

static bool take(struct shard *shard, struct mark mark, int64_t now_ms, int64_t keep_ms)
{
    if (now_ms - shard->young_since_ms > keep_ms || shard->young.count * 2 >= AUTH_GENERATION_MAX) {
        age(shard, now_ms);
    }
    if (contains(&shard->young, mark) || contains(&shard->old, mark)) {
        return false;
    }
    if (shard->young.count * 2 >= shard->young.size) {
        grow(&shard->young);
    }
    *slot_of(&shard->young, mark) = mark;
    shard->young.count++;
    return true;
}

bool auth__nonces_take(struct auth_nonces *nonces, int64_t key_id, struct str nonce, int64_t now_ms)
{
    unsigned char text[8 + 64];
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct mark mark;
    struct shard *shard;
    bool fresh;

    CHECK(nonce.len <= 64);
    memcpy(text, &key_id, 8);
    memcpy(text + 8, nonce.ptr, nonce.len);
    crypto_sha256((struct str){(const char *)text, 8 + nonce.len}, digest);
    memcpy(&mark, digest, sizeof(mark));
    mark.high |= 1;
    shard = &nonces->shards[digest[31] % AUTH_SHARDS];
    mutex_lock(shard->mutex);
    fresh = take(shard, mark, now_ms, nonces->keep_ms);
    mutex_unlock(shard->mutex);
    return fresh;
}
