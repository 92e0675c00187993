/* Opened accounts, shared by all loops.
 *
 * Parsing an RSA key costs more than a signature, so an account is opened once, on a reader's
 * thread, and used until its row changes, the time to live is over, or room is needed. One job at a
 * time works for an account (a load, or a refresh that ends with a load); who asks meanwhile waits
 * for it:
 *
 *     empty ──load──► opened ──row changed, too old──► stale ──load──► opened
 *                       └────────refresh───────────────────────────────►
 *
 * Everything in the cache is guarded by its mutex; an opened object itself is read-only. */
#include "business/channel/channel_int.h"

enum { BUCKETS = 1024 };

struct slot {
    struct slot *next; /* in the bucket */
    int64_t account_id;
    struct channel_keys *keys; /* NULL: none yet */
    bool stale;                /* the row has changed since, or while it was being read */
    bool working;
    int64_t refreshed_at_ms;
    int64_t used_at_ms;
    struct channel_keys_wait *waiting;
};

struct channel_cache {
    struct app *app;
    struct mutex *mutex;
    struct slot *buckets[BUCKETS];
    size_t count;
};

/* A job for one account; made for it and freed with its arena. */
struct job {
    struct app *app;
    struct arena *arena;
    int64_t account_id;
    struct query query;
    struct channel_keys *loaded;
    struct channel_keys *seen; /* of a refresh */
    struct http_call http;
    struct channel_ask ask;
    struct command command;
    struct channel_learn learn;
};

static struct slot **find(struct channel_cache *cache, int64_t account_id)
{
    /* Ids are time-ordered: the low bits are a sequence that is mostly zero. */
    struct slot **at = &cache->buckets[(uint64_t)account_id * UINT64_C(0x9E3779B97F4A7C15) >> 54];

    while (*at != NULL && (*at)->account_id != account_id) {
        at = &(*at)->next;
    }
    return at;
}

static void put(struct channel_keys *keys)
{
    if (keys != NULL && --keys->references == 0) {
        keys->adapter->close(keys->opened);
        mem_free(keys);
    }
}

static void remove_slot(struct channel_cache *cache, struct slot **at)
{
    struct slot *slot = *at;

    *at = slot->next;
    put(slot->keys);
    mem_free(slot);
    cache->count--;
}

/* Removes the account that was not asked for longest. */
static void make_room(struct channel_cache *cache)
{
    struct slot **oldest = NULL;

    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct slot **at = &cache->buckets[i]; *at != NULL; at = &(*at)->next) {
            if (!(*at)->working && (oldest == NULL || (*at)->used_at_ms < (*oldest)->used_at_ms)) {
                oldest = at;
            }
        }
    }
    if (oldest != NULL) {
        remove_slot(cache, oldest);
    }
}

static struct slot *find_or_add(struct channel_cache *cache, int64_t account_id)
{
    struct slot **at = find(cache, account_id);

    if (*at == NULL) {
        if (cache->count >= (size_t)conf_int(cache->app->conf, "channel.cache_accounts")) {
            make_room(cache);
            at = find(cache, account_id);
        }
        *at = mem_new(sizeof(struct slot));
        (*at)->account_id = account_id;
        cache->count++;
    }
    return *at;
}

static void seen_change(void *ctx, const struct store_change *changes, size_t count)
{
    struct channel_cache *cache = ctx;

    mutex_lock(cache->mutex);
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = *find(cache, changes[i].id);

        if (slot != NULL) {
            slot->stale = true;
        }
    }
    mutex_unlock(cache->mutex);
}

struct channel_cache *channel__cache_new(struct app *app)
{
    struct channel_cache *cache = mem_new(sizeof(*cache));

    cache->app = app;
    cache->mutex = mutex_new();
    store_watch(app->store, &channel_account_table, seen_change, cache);
    store_watch(app->store, &channel_learned_table, seen_change, cache);
    return cache;
}

void channel__cache_free(struct channel_cache *cache)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (cache->buckets[i] != NULL) {
            remove_slot(cache, &cache->buckets[i]);
        }
    }
    mutex_free(cache->mutex);
    mem_free(cache);
}

size_t channel__cache_count(struct channel_cache *cache)
{
    size_t count;

    mutex_lock(cache->mutex);
    count = cache->count;
    mutex_unlock(cache->mutex);
    return count;
}

void channel__keys_release(struct app *app, struct channel_keys *keys)
{
    struct channel_cache *cache = channel__state(app)->cache;

    mutex_lock(cache->mutex);
    put(keys);
    mutex_unlock(cache->mutex);
}

/* ---- loading ---- */

static enum err open_loaded(struct job *job, struct reader *reader)
{
    struct channel_account account;
    struct channel_learned learned = {.learned = STR("")};
    struct secret plain;
    struct json_refusal refusal;
    void *opened = NULL;
    enum err err;

    err = reader_get(reader, &channel_account_table, job->account_id, job->arena, &account);
    if (err == ERR_STORE_NOT_FOUND ||
        (err == ERR_OK && channel__adapter(account.channel) == NULL)) {
        return ERR_CHANNEL_NOT_FOUND;
    }
    TRY(err);
    err = reader_get(reader, &channel_learned_table, job->account_id, job->arena, &learned);
    if (err != ERR_STORE_NOT_FOUND) {
        TRY(err);
    }
    TRY(vault_unseal(job->app->vault, job->arena, channel__seal_label(job->arena, account.id),
                     account.credentials, &plain));
    err = channel_account_open(&account, secret_bytes(&plain), learned.learned, &opened, &refusal);
    secret_wipe(&plain);
    TRY(err);
    job->loaded = mem_new(sizeof(*job->loaded));
    *job->loaded = (struct channel_keys){
        .account_id = account.id,
        .adapter = channel__adapter(account.channel),
        .opened = opened,
        .opened_at_ms = clock_now_ms(job->app->clock),
        .references = 1,
    };
    return ERR_OK;
}

static void load_run(struct query *query, struct reader *reader)
{
    query->err = open_loaded(query->ctx, reader);
}

static void serve(struct task *task)
{
    struct channel_keys_wait *wait =
        (struct channel_keys_wait *)(void *)((char *)task -
                                             offsetof(struct channel_keys_wait, task));

    wait->then(wait);
}

/* Gives everyone who waits what the job found, each on their own loop, and frees the job. */
static void finish(struct job *job, enum err err)
{
    struct channel_cache *cache = channel__state(job->app)->cache;
    struct channel_keys_wait *waiting;
    struct slot **at, *slot;

    mutex_lock(cache->mutex);
    at = find(cache, job->account_id);
    slot = *at;
    CHECK(slot != NULL); /* a slot that is worked for stays */
    waiting = slot->waiting;
    slot->waiting = NULL;
    slot->working = false;
    if (err == ERR_OK) {
        put(slot->keys);
        slot->keys = job->loaded;
    }
    put(job->seen);
    for (struct channel_keys_wait *wait = waiting; wait != NULL; wait = wait->next) {
        wait->err = err;
        wait->keys = err == ERR_OK ? slot->keys : NULL;
        if (wait->keys != NULL) {
            wait->keys->references++;
        }
    }
    if (slot->keys == NULL) {
        remove_slot(cache, at); /* no such account: keep no trace */
    }
    mutex_unlock(cache->mutex);
    while (waiting != NULL) {
        struct channel_keys_wait *wait = waiting;

        waiting = wait->next;
        loop_post(wait->loop, &wait->task);
    }
    arena_free(job->arena);
}

static void load_done(struct query *query)
{
    finish(query->ctx, query->err);
}

static void load(struct job *job)
{
    struct channel_cache *cache = channel__state(job->app)->cache;
    struct slot *slot;
    enum err err;

    mutex_lock(cache->mutex);
    slot = *find(cache, job->account_id);
    CHECK(slot != NULL);
    slot->stale = false; /* a change from now on makes it stale again */
    mutex_unlock(cache->mutex);
    job->query = (struct query){
        .run = load_run,
        .done = load_done,
        .loop = loop_current(),
        .arena = job->arena,
        .ctx = job,
    };
    err = store_query(job->app->store, &job->query);
    if (err != ERR_OK) {
        finish(job, err);
    }
}

static struct job *job_new(struct app *app, int64_t account_id)
{
    struct arena *arena = arena_new();
    struct job *job = ARENA_NEW(arena, struct job);

    job->app = app;
    job->arena = arena;
    job->account_id = account_id;
    return job;
}

static void enlist(struct slot *slot, struct channel_keys_wait *wait)
{
    wait->loop = loop_current();
    wait->task = (struct task){.run = serve};
    wait->next = slot->waiting;
    slot->waiting = wait;
}

void channel__keys_get(struct channel_keys_wait *wait)
{
    struct app *app = wait->app;
    struct channel_cache *cache = channel__state(app)->cache;
    int64_t now_ms = clock_now_ms(app->clock);
    int64_t live_ms = conf_int(app->conf, "channel.cache_time");
    int64_t account_id = wait->account_id;
    bool start = false, hit = false;
    struct slot *slot;

    mutex_lock(cache->mutex);
    slot = find_or_add(cache, account_id);
    slot->used_at_ms = now_ms;
    if (slot->keys != NULL && !slot->stale && now_ms - slot->keys->opened_at_ms < live_ms) {
        hit = true;
        wait->err = ERR_OK;
        wait->keys = slot->keys;
        wait->keys->references++;
    } else {
        enlist(slot, wait);
        start = !slot->working;
        slot->working = true;
    }
    mutex_unlock(cache->mutex);
    /* Once it is on the list another loop may serve it: it is not touched here any more. */
    if (hit) {
        wait->then(wait);
    } else if (start) {
        load(job_new(app, account_id));
    }
}

/* ---- refreshing ---- */

static void learned(struct command *command)
{
    struct job *job = command->ctx;

    if (command->err != ERR_OK) {
        log_warn("channel", "channel.keys_not_stored", NULL,
                 LOG_ID("account", "cha", job->account_id), LOG_ERR(command->err), LOG_END);
    }
    load(job);
}

static void refresh_answered(struct http_call *http)
{
    struct job *job = http->ctx;
    enum err err = http->err;

    job->ask.now_ms = clock_now_ms(job->app->clock);
    if (err == ERR_OK) {
        err = job->seen->adapter->refresh_answer(job->arena, job->seen->opened, &job->ask, http,
                                                 &job->learn.learned);
    }
    metric_add(&channel_refreshes_metric, err == ERR_OK ? 0 : 1, 1);
    if (err != ERR_OK) {
        log_warn("channel", "channel.keys_not_fetched", NULL,
                 LOG_ID("account", "cha", job->account_id), LOG_INT("status", http->status),
                 LOG_ERR(err), LOG_TEXT("detail", str_of(http->error_text)), LOG_END);
        load(job);
        return;
    }
    log_info("channel", "channel.keys_fetched", NULL, LOG_ID("account", "cha", job->account_id),
             LOG_INT("ms", http->duration_us / 1000), LOG_END);
    job->learn.account_id = job->account_id;
    job->command = (struct command){
        .kind = &channel__learn_kind,
        .arg = &job->learn,
        .arena = job->arena,
        .done = learned,
        .loop = loop_current(),
        .ctx = job,
    };
    if (store_submit(job->app->store, &job->command) != ERR_OK) {
        load(job);
    }
}

static void refresh(struct job *job)
{
    job->ask = (struct channel_ask){
        .now_ms = clock_now_ms(job->app->clock),
        .nonce = channel__nonce(job->arena),
    };
    channel__call_defaults(job->app, job->arena, &job->http);
    job->http.done = refresh_answered;
    job->http.ctx = job;
    job->seen->adapter->refresh_request(job->arena, job->seen->opened, &job->ask, &job->http);
    http_call_start(app_client(job->app), &job->http);
}

void channel__keys_refresh(struct app *app, struct channel_keys *seen,
                           struct channel_keys_wait *wait)
{
    struct channel_cache *cache = channel__state(app)->cache;
    int64_t now_ms = clock_now_ms(app->clock);
    int64_t pause_ms = conf_int(app->conf, "channel.refresh_pause");
    struct channel_keys *have = NULL;
    struct job *job = NULL;
    struct slot *slot;

    mutex_lock(cache->mutex);
    slot = find_or_add(cache, seen->account_id);
    if (slot->keys != NULL && slot->keys != seen && !slot->stale) {
        have = slot->keys;
    } else if (!slot->working && now_ms - slot->refreshed_at_ms < pause_ms) {
        have = seen; /* forged callbacks must not make us ask the channel each time */
    } else if (wait != NULL) {
        enlist(slot, wait);
    }
    if (have != NULL && wait != NULL) {
        have->references++;
        wait->err = ERR_OK;
        wait->keys = have;
    }
    if (have == NULL && !slot->working) {
        slot->working = true;
        slot->refreshed_at_ms = now_ms;
        seen->references++;
        job = job_new(app, seen->account_id);
        job->seen = seen;
    }
    mutex_unlock(cache->mutex);
    if (have != NULL && wait != NULL) {
        wait->then(wait);
    } else if (job != NULL) {
        refresh(job);
    }
}
