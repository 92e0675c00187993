/* Queries: worker threads and whoever calls store_read() share a small pool of read-only
 * connections. */
#include "platform/store/store_int.h"

#include <stdio.h>

enum { STALE_WAIT_MS = 1000, STALE_POLL_MS = 2, FIRST_ROWS = 16 };

static void readers_link(struct reader_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++) {
        pool->readers[i].next = pool->free;
        pool->free = &pool->readers[i];
    }
}

static enum err reader_connect(struct store *store, const struct db_options *options,
                               struct reader *reader, char detail[256])
{
    const struct driver *driver = store__driver_of(options->url);

    reader->store = store;
    if (driver == NULL) {
        (void)snprintf(detail, 256, "the reader URL must begin with sqlite: or mysql://");
        return ERR_STORE_DATABASE;
    }
    if (driver->open(options, &reader->db, detail) != DB_OK) {
        return ERR_STORE_DATABASE;
    }
    if (driver->prepare(reader->db) != DB_OK) {
        (void)snprintf(detail, 256, "%s", reader->db->problem);
        return ERR_STORE_MIGRATION;
    }
    return ERR_OK;
}

enum err query__open_readers(struct store *store, char detail[256])
{
    struct reader_pool *pool = &store->readers;
    bool separate =
        store->options.reader_url.len > 0 && !str_eq(store->options.reader_url, store->options.url);
    const struct db_options options = {
        .url = separate ? store->options.reader_url : store->options.url,
        .lease_ms = store->options.lease_ms,
        .catalog = &store->catalog,
    };

    pool->store = store;
    pool->separate = separate;
    pool->mutex = mutex_new();
    pool->returned = signal_new();
    pool->readers = mem_new(store->options.readers * sizeof(struct reader));
    for (; pool->count < store->options.readers; pool->count++) {
        enum err err = reader_connect(store, &options, &pool->readers[pool->count], detail);

        if (err != ERR_OK) {
            pool->count++; /* what has been opened of it is closed with the others */
            return err;
        }
    }
    readers_link(pool);
    pool->workers = workers_new(store->options.readers, store->options.queue_max);
    return ERR_OK;
}

void query__close_readers(struct store *store)
{
    struct reader_pool *pool = &store->readers;

    if (pool->workers != NULL) {
        workers_free(pool->workers);
    }
    for (unsigned i = 0; i < pool->count; i++) {
        if (pool->readers[i].db != NULL) {
            pool->readers[i].db->driver->close(pool->readers[i].db);
        }
    }
    if (pool->mutex != NULL) {
        mutex_free(pool->mutex);
        signal_free(pool->returned);
    }
    mem_free(pool->readers);
}

/* The signal wakes one waiter: who takes a reader and sees another passes the signal on. */
static struct reader *take_reader(struct reader_pool *pool)
{
    for (;;) {
        struct reader *reader;
        bool more;

        mutex_lock(pool->mutex);
        reader = pool->free;
        if (reader != NULL) {
            pool->free = reader->next;
        }
        more = pool->free != NULL;
        mutex_unlock(pool->mutex);
        if (reader != NULL) {
            if (more) {
                signal_set(pool->returned);
            }
            return reader;
        }
        (void)signal_wait(pool->returned, -1);
    }
}

static void give_back(struct reader_pool *pool, struct reader *reader)
{
    mutex_lock(pool->mutex);
    reader->next = pool->free;
    pool->free = reader;
    mutex_unlock(pool->mutex);
    signal_set(pool->returned);
}

/* What the server behind this reader has. */
static int64_t seen_commit_no(struct reader *reader)
{
    int64_t commit_no = 0;
    bool found;

    if (!reader->store->readers.separate) {
        return counter_get(&reader->store->commit_no);
    }
    if (reader->db->driver->select_int(reader->db,
                                       "SELECT commit_no FROM store_lease WHERE shard = 0",
                                       &commit_no, &found) != DB_OK) {
        return 0;
    }
    return commit_no;
}

static enum err wait_for_commit(struct reader *reader, int64_t min_commit_no)
{
    for (int waited_ms = 0; min_commit_no > 0; waited_ms += STALE_POLL_MS) {
        if (seen_commit_no(reader) >= min_commit_no) {
            return ERR_OK;
        }
        if (waited_ms >= STALE_WAIT_MS) {
            return ERR_STORE_STALE;
        }
        uv_sleep(STALE_POLL_MS);
    }
    return ERR_OK;
}

static struct query *query_of(struct work *work)
{
    return (struct query *)(void *)work; /* work_ is its first member */
}

static void query_run(struct work *work)
{
    struct query *query = query_of(work);
    struct reader_pool *pool = query->pool_;
    struct reader *reader = take_reader(pool);

    query->err = wait_for_commit(reader, query->min_commit_no);
    if (query->err == ERR_OK) {
        query->run(query, reader);
    }
    give_back(pool, reader);
}

static void query_done(struct work *work)
{
    struct query *query = query_of(work);

    query->done(query);
}

enum err store_query(struct store *store, struct query *query)
{
    enum err err;

    CHECK(query->loop != NULL);
    query->pool_ = &store->readers;
    query->work_ = (struct work){.run = query_run, .done = query_done, .loop = query->loop};
    err = workers_submit(store->readers.workers, &query->work_);
    return err == ERR_QUEUE_FULL ? ERR_STORE_BUSY : err;
}

enum err store_read(struct store *store, void (*run)(void *ctx, struct reader *reader), void *ctx)
{
    struct reader *reader = take_reader(&store->readers);

    run(ctx, reader);
    give_back(&store->readers, reader);
    return ERR_OK;
}

/* ---- what a query may ask ---- */

/* Reading does no harm twice: after a lost connection it is tried once more over a new one. */
static bool try_again(struct reader *reader, enum db_status status, unsigned *tries)
{
    return (status == DB_LOST || status == DB_UNKNOWN) && (*tries)++ == 0 &&
           reader->db->driver->reconnect(reader->db) == DB_OK;
}

static enum err checked(struct reader *reader, enum db_status status)
{
    if (status == DB_OK) {
        return ERR_OK;
    }
    log_error("store", "store.query_failed", NULL,
              LOG_TEXT("database", str_of(reader->db->problem)), LOG_END);
    return ERR_STORE_DATABASE;
}

struct one_sink {
    struct row_sink sink;
    void *row;
};

static void add_one(struct row_sink *sink, void *row)
{
    ((struct one_sink *)(void *)sink)->row = row;
}

static enum err take_one(const struct table_info *info, const struct one_sink *one, void *row)
{
    if (one->row == NULL) {
        return ERR_STORE_NOT_FOUND;
    }
    memcpy(row, one->row, info->table->row_size);
    return ERR_OK;
}

enum err reader_get(struct reader *reader, const struct table *table, int64_t id,
                    struct arena *arena, void *row)
{
    const struct table_info *info = catalog__table(&reader->store->catalog, table);
    struct one_sink one = {{arena, add_one}, NULL};
    unsigned tries = 0;
    enum db_status status;

    do {
        status = reader->db->driver->load_ids(reader->db, info, &id, 1, &one.sink);
    } while (try_again(reader, status, &tries));
    TRY(checked(reader, status));
    return take_one(info, &one, row);
}

enum err reader_find(struct reader *reader, const struct table *table, unsigned unique,
                     const void *key, struct arena *arena, void *row)
{
    const struct table_info *info = catalog__table(&reader->store->catalog, table);
    struct one_sink one = {{arena, add_one}, NULL};
    unsigned tries = 0;
    enum db_status status;

    CHECK(unique < table->unique_count);
    if (!row__has_key(info, unique, key)) {
        return ERR_STORE_NOT_FOUND;
    }
    do {
        status = reader->db->driver->load_keys(reader->db, info, unique, &key, 1, &one.sink);
    } while (try_again(reader, status, &tries));
    TRY(checked(reader, status));
    return take_one(info, &one, row);
}

/* Puts each row where its id or key was asked for. They mostly come in that order. */
struct each_sink {
    struct row_sink sink;
    const struct table_info *info;
    const int64_t *ids; /* NULL: by keys */
    const struct reader_keys *keys;
    const void **rows;
    size_t count;
    size_t next;
};

static bool is_asked(const struct each_sink *each, size_t at, const void *row)
{
    const struct table *table = each->info->table;

    if (each->ids == NULL) {
        return row__key_equal(each->info, each->keys->unique, each->keys->keys[at], row);
    }
    return each->ids[at] ==
           *(const int64_t *)(const void *)((const char *)row + table->columns[0].offset);
}

static void add_each(struct row_sink *sink, void *row)
{
    struct each_sink *each = (struct each_sink *)(void *)sink;

    for (size_t i = 0; i < each->count; i++) {
        size_t at = (each->next + i) % each->count;

        if (is_asked(each, at, row)) {
            each->rows[at] = row;
            each->next = at + 1;
            return;
        }
    }
}

static enum err read_each(struct reader *reader, struct each_sink *each)
{
    const struct driver *driver = reader->db->driver;
    unsigned tries = 0;
    enum db_status status;

    memset(each->rows, 0, each->count * sizeof(*each->rows));
    do {
        status = each->ids != NULL
                     ? driver->load_ids(reader->db, each->info, each->ids, each->count, &each->sink)
                     : driver->load_keys(reader->db, each->info, each->keys->unique,
                                         each->keys->keys, each->count, &each->sink);
    } while (try_again(reader, status, &tries));
    return checked(reader, status);
}

enum err reader_get_each(struct reader *reader, const struct table *table, const int64_t *ids,
                         size_t count, struct arena *arena, const void **rows)
{
    struct each_sink each = {
        .sink = {arena, add_each},
        .info = catalog__table(&reader->store->catalog, table),
        .ids = ids,
        .rows = rows,
        .count = count,
    };

    return count == 0 ? ERR_OK : read_each(reader, &each);
}

enum err reader_find_each(struct reader *reader, const struct reader_keys *keys,
                          struct arena *arena, const void **rows)
{
    struct each_sink each = {
        .sink = {arena, add_each},
        .info = catalog__table(&reader->store->catalog, keys->table),
        .keys = keys,
        .rows = rows,
        .count = keys->count,
    };

    CHECK(keys->unique < keys->table->unique_count);
    return keys->count == 0 ? ERR_OK : read_each(reader, &each);
}

struct rows_sink {
    struct row_sink sink;
    size_t row_size;
    unsigned char *rows;
    size_t count;
    size_t size;
};

static void add_to_rows(struct row_sink *sink, void *row)
{
    struct rows_sink *rows = (struct rows_sink *)(void *)sink;

    if (rows->count == rows->size) {
        size_t size = rows->size == 0 ? FIRST_ROWS : rows->size * 2;
        unsigned char *grown = arena_array(sink->arena, rows->row_size, size);

        if (rows->count > 0) {
            memcpy(grown, rows->rows, rows->count * rows->row_size);
        }
        rows->rows = grown;
        rows->size = size;
    }
    memcpy(rows->rows + rows->count * rows->row_size, row, rows->row_size);
    rows->count++;
}

/* parameters: the form every *_store.c calls; two of them are one array. */
enum err reader_rows(struct reader *reader, const struct statement *statement,
                     const struct value *values, size_t value_count, struct arena *arena,
                     void **rows, size_t *count)
{
    size_t number = catalog__statement(&reader->store->catalog, statement);
    struct rows_sink out = {{arena, add_to_rows}, 0, NULL, 0, 0};
    unsigned tries = 0;
    enum db_status status;

    CHECK(statement->row != NULL);
    out.row_size = statement->row->row_size;
    do {
        status = reader->db->driver->query_rows(reader->db, number, values, value_count, &out.sink);
    } while (try_again(reader, status, &tries));
    TRY(checked(reader, status));
    *rows = out.rows;
    *count = out.count;
    return ERR_OK;
}

enum err reader_ints(struct reader *reader, const struct statement *statement,
                     const struct value *values, size_t value_count, int64_t *out, size_t out_count)
{
    size_t number = catalog__statement(&reader->store->catalog, statement);
    struct int_row row = {.values = out, .count = out_count};
    unsigned tries = 0;
    enum db_status status;

    CHECK(statement->row == NULL);
    do {
        status = reader->db->driver->query_ints(reader->db, number, values, value_count, &row);
    } while (try_again(reader, status, &tries));
    TRY(checked(reader, status));
    return row.found ? ERR_OK : ERR_STORE_NOT_FOUND;
}
