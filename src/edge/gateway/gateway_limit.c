/* Requests per second and address. A fixed table of buckets: what a flood of addresses displaces
 * are the buckets that were idle longest, so memory is bounded whatever a client does. */
#include "edge/gateway/gateway_int.h"

enum { GATEWAY_BUCKETS = 8192, GATEWAY_WAYS = 8 };

struct bucket {
    uint64_t address; /* hash; 0: free */
    int64_t tokens;   /* thousandths */
    int64_t at_ms;
};

struct gateway_limiter {
    int64_t rate_per_s;
    int64_t burst;
    struct bucket buckets[GATEWAY_BUCKETS];
};

struct gateway_limiter *gateway__limiter_new(int64_t rate_per_s, int64_t burst)
{
    struct gateway_limiter *limiter = mem_new(sizeof(*limiter));

    limiter->rate_per_s = rate_per_s;
    limiter->burst = burst;
    return limiter;
}

void gateway__limiter_free(struct gateway_limiter *limiter)
{
    mem_free(limiter);
}

static struct bucket *bucket_of(struct gateway_limiter *limiter, uint64_t hash, int64_t now_ms)
{
    struct bucket *set =
        &limiter->buckets[(hash % (GATEWAY_BUCKETS / GATEWAY_WAYS)) * GATEWAY_WAYS];
    struct bucket *oldest = set;

    for (size_t i = 0; i < GATEWAY_WAYS; i++) {
        if (set[i].address == hash) {
            return &set[i];
        }
        if (set[i].at_ms < oldest->at_ms) {
            oldest = &set[i];
        }
    }
    *oldest = (struct bucket){hash, limiter->burst * 1000, now_ms};
    return oldest;
}

bool gateway__limiter_take(struct gateway_limiter *limiter, struct str address, int64_t now_ms)
{
    struct bucket *bucket;
    int64_t elapsed_ms;

    if (limiter->rate_per_s == 0) {
        return true;
    }
    bucket = bucket_of(limiter, str_hash(address) | 1, now_ms);
    elapsed_ms = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
    elapsed_ms = elapsed_ms < 60000 ? elapsed_ms : 60000;
    bucket->at_ms = now_ms;
    bucket->tokens += elapsed_ms * limiter->rate_per_s;
    if (bucket->tokens > limiter->burst * 1000) {
        bucket->tokens = limiter->burst * 1000;
    }
    if (bucket->tokens < 1000) {
        return false;
    }
    bucket->tokens -= 1000;
    return true;
}
