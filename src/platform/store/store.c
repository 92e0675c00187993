#include "platform/store/store_int.h"

#include <stdio.h>

enum {
    QUEUE_MAX = 65536,
    BATCH_MAX = 512,
    FLIGHT_MIN = 128,
    CHECKPOINT_PAGES = 32768,
    READERS = 2,
    LEASE_MS = 5000,
    LEASE_POLL_MS = 50,
};

struct metric store_batches_metric = {
    .name = "tomato_store_batches_total",
    .type = METRIC_COUNTER,
    .help = "Batches the writer has finished",
};
struct metric store_commands_metric = {
    .name = "tomato_store_commands_total",
    .type = METRIC_COUNTER,
    .help = "Commands the writer has answered",
};
struct metric store_queue_metric = {
    .name = "tomato_store_queue",
    .type = METRIC_GAUGE,
    .help = "Commands waiting for the writer when it took its last batch",
};
struct metric store_commit_metric = {
    .name = "tomato_store_commit_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "Time of a commit",
};
struct metric store_batch_size_metric = {
    .name = "tomato_store_batch_size",
    .type = METRIC_GAUGE,
    .help = "Commands in the last batch",
};

const struct driver *store__driver_of(struct str url)
{
    static const struct driver *const drivers[] = {&db_sqlite_driver, &db_mysql_driver};

    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        if (str_starts(url, str_of(drivers[i]->scheme))) {
            return drivers[i];
        }
    }
    return NULL;
}

static void set_defaults(struct store_options *options)
{
    options->queue_max = options->queue_max == 0 ? QUEUE_MAX : options->queue_max;
    options->batch_max = options->batch_max == 0 ? BATCH_MAX : options->batch_max;
    options->flight_min = options->flight_min == 0 ? FLIGHT_MIN : options->flight_min;
    options->checkpoint_pages =
        options->checkpoint_pages == 0 ? CHECKPOINT_PAGES : options->checkpoint_pages;
    options->readers = options->readers == 0 ? READERS : options->readers;
    options->lease_ms = options->lease_ms == 0 ? LEASE_MS : options->lease_ms;
}

static enum err connect_writer(struct store *store, char detail[256])
{
    const struct driver *driver = store__driver_of(store->options.url);
    const struct db_options options = {
        .url = store->options.url,
        .writer = true,
        .lease_ms = store->options.lease_ms,
        .wait_ms = store->options.wait_ms == 0 ? store->options.lease_ms : store->options.wait_ms,
        .checkpoint_pages = store->options.checkpoint_pages,
        .catalog = &store->catalog,
    };
    enum db_status status;

    if (driver == NULL) {
        (void)snprintf(detail, 256, "the database URL must begin with sqlite: or mysql://");
        return ERR_STORE_DATABASE;
    }
    status = driver->open(&options, &store->db, detail);
    if (status == DB_FENCED) {
        return ERR_STORE_FENCED;
    }
    return status == DB_OK ? ERR_OK : ERR_STORE_DATABASE;
}

/* Waits for the holder to go: one that died keeps the lease for lease_ms. */
static enum err take_lease(struct store *store, char detail[256])
{
    int64_t left_ms =
        store->options.wait_ms == 0 ? 3 * store->options.lease_ms : store->options.wait_ms;
    int64_t commit_no = 0;
    enum db_status status;

    while (((status = store->db->driver->lease_take(store->db, &commit_no)) == DB_FENCED ||
            status == DB_CONFLICT) &&
           left_ms > 0) {
        uv_sleep(LEASE_POLL_MS);
        left_ms -= LEASE_POLL_MS;
    }
    if (status == DB_FENCED) {
        (void)snprintf(detail, 256, "another writer holds the lease: %.180s", store->db->problem);
        return ERR_STORE_FENCED;
    }
    if (status != DB_OK) {
        (void)snprintf(detail, 256, "the lease could not be taken: %.180s", store->db->problem);
        return ERR_STORE_DATABASE;
    }
    counter_set(&store->commit_no, commit_no);
    return ERR_OK;
}

static enum err prepare(struct store *store, char detail[256])
{
    if (store->db->driver->prepare(store->db) != DB_OK ||
        tx__init(&store->tx, store, store->db) != DB_OK) {
        (void)snprintf(detail, 256, "%s", store->db->problem);
        return ERR_STORE_MIGRATION;
    }
    writer__init(store);
    return ERR_OK;
}

static enum err renew_lease(struct store *store, char detail[256])
{
    const struct driver *driver = store->db->driver;
    enum db_status status = driver->begin(store->db);

    if (status == DB_OK) {
        status = driver->lease_renew(store->db, counter_get(&store->commit_no));
    }
    if (status == DB_OK) {
        status = driver->commit(store->db);
    }
    if (status != DB_OK) {
        (void)snprintf(detail, 256, "the lease was lost: %.200s", store->db->problem);
    }
    return status == DB_OK ? ERR_OK : ERR_STORE_FENCED;
}

static enum err open_all(struct store *store, char detail[256])
{
    TRY(catalog__init(&store->catalog, store->options.parts, store->options.part_count, detail));
    if (store->options.read_only) {
        return query__open_readers(store, detail);
    }
    TRY(connect_writer(store, detail));
    TRY(take_lease(store, detail));
    TRY(schema__migrate(store, detail));
    TRY(prepare(store, detail));
    TRY(renew_lease(store, detail));
    return query__open_readers(store, detail);
}

static void close_all(struct store *store)
{
    query__close_readers(store);
    if (store->tx.catalog != NULL) {
        tx__free(&store->tx);
    }
    if (store->db != NULL) {
        store->db->driver->lease_release(store->db);
        store->db->driver->close(store->db);
    }
    catalog__free(&store->catalog);
    queue_free(store->queue);
    mutex_free(store->ids_mutex);
    mutex_free(store->watch_mutex);
    writer__free(store);
    arena_free(store->arena);
    mem_free(store);
}

enum err store_open(const struct store_options *options, struct store **out, char detail[256])
{
    struct store *store = mem_new(sizeof(*store));
    char unseen[256];
    enum err err;

    detail = detail == NULL ? unseen : detail;
    detail[0] = '\0';
    store->arena = arena_new();
    store->options = *options;
    set_defaults(&store->options);
    store->options.url = str_dup(store->arena, options->url);
    store->options.reader_url = str_dup(store->arena, options->reader_url);
    store->queue = queue_new(store->options.queue_max);
    store->ids_mutex = mutex_new();
    store->watch_mutex = mutex_new();
    id_maker_init(&store->ids, options->node);
    err = open_all(store, detail);
    if (err != ERR_OK) {
        close_all(store);
        return err;
    }
    if (!options->read_only) {
        store->writer = thread_start("store-writer", writer__run, store);
    }
    *out = store;
    return ERR_OK;
}

void store_stop(struct store *store)
{
    queue_close(store->queue);
    if (store->writer != NULL) {
        thread_join(store->writer);
        store->writer = NULL;
    }
    workers_stop(store->readers.workers);
}

void store_close(struct store *store)
{
    store_stop(store);
    close_all(store);
}

enum err store_submit(struct store *store, struct command *command)
{
    enum err err;

    CHECK(!store->options.read_only);
    CHECK(command->kind->result_size == 0 || command->result != NULL);
    err = queue_push(store->queue, &command->node);
    return err == ERR_QUEUE_FULL ? ERR_STORE_BUSY : err;
}

static void run_done(struct command *command)
{
    signal_set(command->ctx);
}

enum err store_run(struct store *store, const struct command_kind *kind, const void *arg,
                   void *result, struct arena *arena)
{
    struct command command = {
        .kind = kind, .arg = arg, .result = result, .arena = arena, .done = run_done};
    enum err err;

    command.ctx = signal_new();
    err = store_submit(store, &command);
    if (err == ERR_OK) {
        CHECK(signal_wait(command.ctx, -1));
        err = command.err;
    }
    signal_free(command.ctx);
    return err;
}

int64_t store_commit_no(const struct store *store)
{
    return counter_get(&store->commit_no);
}

int64_t store_new_id(struct store *store, int64_t now_ms)
{
    int64_t id;

    mutex_lock(store->ids_mutex);
    id = id_make(&store->ids, now_ms);
    mutex_unlock(store->ids_mutex);
    return id;
}

/* ---- watchers ---- */

void store_watch(struct store *store, const struct table *table,
                 void (*seen)(void *ctx, const struct store_change *changes, size_t count),
                 void *ctx)
{
    const struct tx_table *t = tx__table(&store->tx, table);

    mutex_lock(store->watch_mutex);
    if (seen != NULL) {
        CHECK(store->watcher_count < STORE_WATCHERS_MAX);
        store->watchers[store->watcher_count++] = (struct watcher){t, seen, ctx};
    }
    for (size_t i = 0; seen == NULL && i < store->watcher_count; i++) {
        if (store->watchers[i].table == t && store->watchers[i].ctx == ctx) {
            store->watchers[i] = store->watchers[--store->watcher_count];
            break;
        }
    }
    mutex_unlock(store->watch_mutex);
}

static bool change_kind(const struct entry *entry, enum store_change_kind *kind)
{
    switch (entry->state) {
    case ENTRY_UNKNOWN:
    case ENTRY_ABSENT:
    case ENTRY_CLEAN:
        return false;
    case ENTRY_DIRTY:
    case ENTRY_REPLACED:
        *kind = STORE_UPDATED;
        return true;
    case ENTRY_NEW:
        *kind = STORE_INSERTED;
        return true;
    case ENTRY_DELETED:
        *kind = STORE_DELETED;
        return true;
    }
    return false;
}

static void tell(const struct watcher *watcher, const struct flush *flush, struct arena *arena)
{
    struct store_change *changes = ARENA_ARRAY(arena, struct store_change, flush->changed_count);
    size_t count = 0;

    for (size_t i = 0; i < flush->changed_count; i++) {
        const struct entry *entry = flush->changed[i];

        if (change_kind(entry, &changes[count].kind)) {
            changes[count].id = entry->id;
            changes[count].row = entry->row;
            count++;
        }
    }
    if (count > 0) {
        watcher->seen(watcher->ctx, changes, count);
    }
}

void store__tell_watchers(struct store *store, const struct batch *batch)
{
    mutex_lock(store->watch_mutex);
    for (size_t i = 0; i < store->watcher_count; i++) {
        const struct watcher *watcher = &store->watchers[i];

        tell(watcher, &batch->flushes[watcher->table->info->number], batch->arena);
    }
    mutex_unlock(store->watch_mutex);
}
