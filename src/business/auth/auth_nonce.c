/* Nonces that were taken, in slices of time. A nonce belongs to the slice of the later of its stamp
 * and the instant it was taken; a slice whose end lies twice the window back is over. A slice that
 * has to go before its time leaves a floor behind: what is stamped up to the greatest stamp it held
 * is refused, because it may be a replay of what is no longer known. */
#include "business/auth/auth_int.h"

enum {
    AUTH_SHARDS = 16,
    AUTH_SLICES = 8, /* of half a window; from two windows back to one ahead they are at most 7 */
    AUTH_SLICE_MIN = 64,
};

struct slice {
    int64_t number;  /* instant / slice_ms */
    uint64_t *marks; /* open addressing; 0: free */
    size_t size;     /* a power of two, at most half full; 0: no memory */
    size_t count;
    int64_t greatest_stamp_ms;
};

struct shard {
    struct mutex *mutex;
    struct slice slices[AUTH_SLICES]; /* at number % AUTH_SLICES */
    size_t count;
    int64_t floor_ms;
};

struct auth_nonces {
    int64_t window_ms;
    int64_t slice_ms;
    size_t shard_max;
    uint64_t salt[2]; /* so that nobody outside can make two nonces meet in one mark */
    struct shard shards[AUTH_SHARDS];
};

struct auth_nonces *auth__nonces_new(int64_t window_ms, int64_t max)
{
    struct auth_nonces *nonces = mem_new(sizeof(*nonces));

    CHECK(window_ms >= 2 && max >= AUTH_SHARDS);
    nonces->window_ms = window_ms;
    nonces->slice_ms = window_ms / 2;
    nonces->shard_max = (size_t)max / AUTH_SHARDS;
    crypto_random(nonces->salt, sizeof(nonces->salt));
    for (size_t i = 0; i < AUTH_SHARDS; i++) {
        nonces->shards[i].mutex = mutex_new();
    }
    return nonces;
}

void auth__nonces_free(struct auth_nonces *nonces)
{
    for (size_t i = 0; i < AUTH_SHARDS; i++) {
        for (size_t j = 0; j < AUTH_SLICES; j++) {
            mem_free(nonces->shards[i].slices[j].marks);
        }
        mutex_free(nonces->shards[i].mutex);
    }
    mem_free(nonces);
}

static uint64_t mark_of(const struct auth_nonces *nonces, int64_t key_id, struct str nonce)
{
    unsigned char text[sizeof(nonces->salt) + sizeof(key_id) + AUTH_NONCE_MAX];
    unsigned char digest[CRYPTO_SHA256_LEN];
    size_t len = 0;
    uint64_t mark;

    CHECK(nonce.len <= AUTH_NONCE_MAX);
    memcpy(text, nonces->salt, sizeof(nonces->salt));
    len += sizeof(nonces->salt);
    memcpy(text + len, &key_id, sizeof(key_id));
    len += sizeof(key_id);
    memcpy(text + len, nonce.ptr, nonce.len);
    len += nonce.len;
    crypto_sha256((struct str){(const char *)text, len}, digest);
    memcpy(&mark, digest, sizeof(mark));
    return mark == 0 ? 1 : mark;
}

/* ---- one slice ---- */

/* The slot that holds the mark, or the free one where it would go. */
static uint64_t *slot_of(const struct slice *slice, uint64_t mark)
{
    size_t at = (size_t)(mark / AUTH_SHARDS) & (slice->size - 1);

    while (slice->marks[at] != 0 && slice->marks[at] != mark) {
        at = (at + 1) & (slice->size - 1);
    }
    return &slice->marks[at];
}

static void grow(struct slice *slice)
{
    struct slice larger = *slice;

    larger.size = slice->size == 0 ? AUTH_SLICE_MIN : slice->size * 2;
    larger.marks = mem_new(larger.size * sizeof(*larger.marks));
    for (size_t i = 0; i < slice->size; i++) {
        if (slice->marks[i] != 0) {
            *slot_of(&larger, slice->marks[i]) = slice->marks[i];
        }
    }
    mem_free(slice->marks);
    *slice = larger;
}

static void add(struct slice *slice, uint64_t mark, int64_t stamp_ms)
{
    if (slice->count * 2 >= slice->size) {
        grow(slice);
    }
    *slot_of(slice, mark) = mark;
    slice->count++;
    if (stamp_ms > slice->greatest_stamp_ms) {
        slice->greatest_stamp_ms = stamp_ms;
    }
}

/* ---- one shard ---- */

static void drop(struct shard *shard, struct slice *slice, int64_t stale_ms)
{
    if (slice->greatest_stamp_ms >= stale_ms && slice->greatest_stamp_ms > shard->floor_ms) {
        shard->floor_ms = slice->greatest_stamp_ms;
    }
    shard->count -= slice->count;
    mem_free(slice->marks);
    *slice = (struct slice){.number = 0};
}

static struct slice *oldest_of(struct shard *shard)
{
    struct slice *oldest = NULL;

    for (size_t i = 0; i < AUTH_SLICES; i++) {
        struct slice *slice = &shard->slices[i];

        if (slice->count > 0 && (oldest == NULL || slice->number < oldest->number)) {
            oldest = slice;
        }
    }
    return oldest;
}

static bool contains(const struct shard *shard, uint64_t mark)
{
    for (size_t i = 0; i < AUTH_SLICES; i++) {
        if (shard->slices[i].count > 0 && *slot_of(&shard->slices[i], mark) == mark) {
            return true;
        }
    }
    return false;
}

static enum err take(const struct auth_nonces *nonces, struct shard *shard, uint64_t mark,
                     int64_t stamp_ms, int64_t now_ms)
{
    const int64_t stale_ms = now_ms - nonces->window_ms; /* a stamp before this is refused anyway */
    const int64_t number = (stamp_ms > now_ms ? stamp_ms : now_ms) / nonces->slice_ms;
    struct slice *slice = &shard->slices[number % AUTH_SLICES];

    for (size_t i = 0; i < AUTH_SLICES; i++) {
        struct slice *old = &shard->slices[i];

        if (old->count > 0 &&
            (old->number + 1) * nonces->slice_ms + 2 * nonces->window_ms <= now_ms) {
            drop(shard, old, stale_ms);
        }
    }
    if (contains(shard, mark)) {
        return ERR_AUTH_REPLAYED;
    }
    if (slice->count > 0 && slice->number != number) {
        drop(shard, slice, stale_ms); /* the clock was set back */
    }
    while (shard->count >= nonces->shard_max) {
        drop(shard, oldest_of(shard), stale_ms);
    }
    if (stamp_ms <= shard->floor_ms) {
        return ERR_AUTH_RESTARTED;
    }
    slice->number = number;
    add(slice, mark, stamp_ms);
    shard->count++;
    return ERR_OK;
}

enum err auth__nonces_take(struct auth_nonces *nonces, const struct auth_header *header,
                           int64_t now_ms)
{
    uint64_t mark = mark_of(nonces, header->key_id, header->nonce);
    struct shard *shard = &nonces->shards[mark % AUTH_SHARDS];
    enum err err;

    mutex_lock(shard->mutex);
    err = take(nonces, shard, mark, header->timestamp_s * TIME_SECOND_MS, now_ms);
    mutex_unlock(shard->mutex);
    return err;
}
