/* SQLite: one file in WAL mode, one writer at a time over all processes by the lock on path.lock,
 * point statements in a loop (as fast as sets, without their variety). */
#include "platform/store/store_driver.h"
#include "platform/store/wal_checkpoint.h"
#include "platform/store/wal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    SQL_MAX = 65536,
    BUSY_MS = 5000,
    LOCK_POLL_MS = 20,
    IDLE_US = 1000000,
    CHECKPOINT_POLL_US = 10000,
    CHECKPOINT_REST = 8, /* the batches wait for this part of it */
    CHECKPOINT_LATE = 4, /* times the pages */
    CHECKPOINT_ROUNDS = 3,
};

struct table_statements {
    sqlite3_stmt *select_id;
    sqlite3_stmt *select_key[UNIQUES_MAX];
    sqlite3_stmt *insert;
    sqlite3_stmt *update;
    sqlite3_stmt *remove;
};

struct sqlite {
    struct db db;
    sqlite3 *handle;
    bool writer;
    int lock;
    int wal_pages;        /* since the last checkpoint tried */
    int checkpoint_pages; /* of a WAL that has begun anew, until the next one is due */
    int checkpoint_at;    /* pages in the WAL from which it is */
    int rounds;           /* of it, beside the batches, so far */
    struct wal_file *wal;
    struct wal_checkpoint *checkpoint;
    sqlite3_stmt *begin, *commit, *rollback, *renew;
    struct table_statements *tables;
    sqlite3_stmt **statements; /* by number in the catalog */
};

static struct sqlite *sqlite_of(struct db *db)
{
    return (struct sqlite *)(void *)db;
}

static enum db_status class_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return DB_REFUSED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return DB_CONFLICT;
    case SQLITE_ERROR:
        return DB_FAILED;
    case SQLITE_FULL:
        return DB_FULL;
    default: /* the disk, the file, memory: nothing to go on with */
        return DB_FATAL;
    }
}

static enum db_status status_of(struct sqlite *sqlite, int code)
{
    (void)snprintf(sqlite->db.problem, sizeof(sqlite->db.problem), "%s (%d)",
                   sqlite3_errmsg(sqlite->handle), sqlite3_extended_errcode(sqlite->handle));
    return class_of(code);
}

/* Runs a statement without a result. */
static enum db_status run(struct sqlite *sqlite, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    enum db_status status = DB_OK;

    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        status = status_of(sqlite, code);
    }
    (void)sqlite3_reset(statement);
    return status;
}

static enum db_status sqlite_execute(struct db *db, const char *sql)
{
    struct sqlite *sqlite = sqlite_of(db);
    int code = sqlite3_exec(sqlite->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? DB_OK : status_of(sqlite, code);
}

static enum db_status prepare_one(struct sqlite *sqlite, const char *sql, sqlite3_stmt **out)
{
    int code = sqlite3_prepare_v3(sqlite->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

    return code == SQLITE_OK ? DB_OK : status_of(sqlite, code);
}

static enum db_status sqlite_select_int(struct db *db, const char *sql, int64_t *out, bool *found)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement;
    enum db_status status = prepare_one(sqlite, sql, &statement);
    int code;

    if (status != DB_OK) {
        return status;
    }
    code = sqlite3_step(statement);
    *found = code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    *out = *found ? sqlite3_column_int64(statement, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        status = status_of(sqlite, code);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

/* ---- opening ---- */

static int on_wal(void *ctx, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite *sqlite = ctx;

    (void)handle;
    (void)name;
    sqlite->wal_pages = pages;
    return SQLITE_OK;
}

static enum db_status take_file_lock(struct sqlite *sqlite, const char *path, int64_t wait_ms,
                                     char detail[256])
{
    struct buf name;

    buf_init(&name, 4096);
    buf_printf(&name, "%s.lock", path);
    buf_add_char(&name, '\0');
    CHECK(buf_ok(&name));
    sqlite->lock = open(name.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    buf_free(&name);
    if (sqlite->lock < 0) {
        (void)snprintf(detail, 256, "%s.lock: %s", path, strerror(errno));
        return DB_FAILED;
    }
    while (flock(sqlite->lock, LOCK_EX | LOCK_NB) != 0) {
        if (wait_ms <= 0) {
            (void)snprintf(detail, 256, "%s is in use by another process", path);
            return DB_FENCED;
        }
        uv_sleep(LOCK_POLL_MS);
        wait_ms -= LOCK_POLL_MS;
    }
    return DB_OK;
}

static void sqlite_close(struct db *db);

static enum db_status set_up(struct sqlite *sqlite)
{
    enum db_status status;

    (void)sqlite3_busy_timeout(sqlite->handle, BUSY_MS);
    (void)sqlite3_extended_result_codes(sqlite->handle, 1);
    if (!sqlite->writer) {
        return sqlite_execute(&sqlite->db, "PRAGMA query_only = 1; PRAGMA cache_size = -8000;"
                                           "PRAGMA mmap_size = 268435456");
    }
    status = sqlite_execute(&sqlite->db, "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL;"
                                         "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                                         "PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;");
    (void)sqlite3_wal_hook(sqlite->handle, on_wal, sqlite);
    return status;
}

static enum db_status sqlite_open(const struct db_options *options, struct db **out,
                                  char detail[256])
{
    struct sqlite *sqlite = mem_new(sizeof(*sqlite));
    int flags = options->writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    struct arena *arena = arena_new();
    char *path = str_cstr(arena, str_slice(options->url, strlen("sqlite:"), options->url.len));
    enum db_status status = DB_OK;

    /* Counting its memory costs SQLite a lock an allocation. Refused once it runs. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite->db = (struct db){.driver = &db_sqlite_driver, .catalog = options->catalog};
    sqlite->lock = -1;
    sqlite->writer = options->writer;
    sqlite->checkpoint_pages = (int)options->checkpoint_pages;
    if (options->writer) {
        status = take_file_lock(sqlite, path, options->wait_ms, detail);
    }
    if (status == DB_OK) {
        int code = sqlite3_open_v2(path, &sqlite->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);

        status = code == SQLITE_OK ? set_up(sqlite) : status_of(sqlite, code);
        if (status != DB_OK) {
            (void)snprintf(detail, 256, "%s: %.150s", path, sqlite->db.problem);
        }
    }
    arena_free(arena);
    if (status != DB_OK) {
        sqlite_close(&sqlite->db);
        return status;
    }
    *out = &sqlite->db;
    return DB_OK;
}

static void sqlite_close(struct db *db)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement;

    while (sqlite->handle != NULL &&
           (statement = sqlite3_next_stmt(sqlite->handle, NULL)) != NULL) {
        (void)sqlite3_finalize(statement);
    }
    wal_checkpoint__free(sqlite->checkpoint);
    CHECK(sqlite3_close(sqlite->handle) == SQLITE_OK);
    wal_file__free(sqlite->wal);
    if (sqlite->lock >= 0) {
        (void)close(sqlite->lock);
    }
    mem_free(sqlite->tables);
    mem_free(sqlite->statements);
    mem_free(sqlite);
}

static enum db_status sqlite_reconnect(struct db *db)
{
    (void)db; /* a file is never lost in the way a connection is */
    return DB_FATAL;
}

/* ---- preparing ---- */

static enum db_status prepare_buf(struct sqlite *sqlite, struct buf *buf, sqlite3_stmt **out)
{
    enum db_status status;

    buf_add_char(buf, '\0');
    CHECK(buf_ok(buf));
    status = prepare_one(sqlite, buf->ptr, out);
    buf_reset(buf);
    return status;
}

static enum db_status prepare_select(struct sqlite *sqlite, const struct table_info *info,
                                     struct table_statements *out, struct buf *buf)
{
    enum db_status status;

    sql__select(buf, info);
    buf_printf(buf, " WHERE `%s` = ?", info->table->columns[0].name);
    status = prepare_buf(sqlite, buf, &out->select_id);
    for (unsigned i = 0; i < info->table->unique_count && status == DB_OK; i++) {
        sql__select(buf, info);
        sql__where_key(buf, info, i);
        status = prepare_buf(sqlite, buf, &out->select_key[i]);
    }
    return status;
}

static enum db_status prepare_change(struct sqlite *sqlite, const struct table_info *info,
                                     struct table_statements *out, struct buf *buf)
{
    enum db_status status;

    sql__insert(buf, info);
    for (size_t i = 0; i < info->table->column_count; i++) {
        buf_add(buf, i == 0 ? STR("(?") : STR(", ?"));
    }
    buf_add(buf, STR(")"));
    status = prepare_buf(sqlite, buf, &out->insert);
    if (status == DB_OK && sql__changeable_count(info) > 0) {
        sql__update(buf, info);
        status = prepare_buf(sqlite, buf, &out->update);
    }
    if (status == DB_OK) {
        buf_printf(buf, "DELETE FROM " STR_FMT " WHERE `%s` = ?", STR_ARG(info->name),
                   info->table->columns[0].name);
        status = prepare_buf(sqlite, buf, &out->remove);
    }
    return status;
}

/* Puts the name of what failed before the database's words. */
static enum db_status name_problem(struct db *db, const char *kind, const char *name,
                                   enum db_status status)
{
    char words[sizeof(db->problem)];

    if (status != DB_OK) {
        memcpy(words, db->problem, sizeof(words));
        (void)snprintf(db->problem, sizeof(db->problem), "%s %s: %.150s", kind, name, words);
    }
    return status;
}

static enum db_status prepare_tables(struct sqlite *sqlite)
{
    const struct catalog *catalog = sqlite->db.catalog;
    enum db_status status = DB_OK;
    struct buf buf;

    buf_init(&buf, SQL_MAX);
    for (size_t i = 0; i < catalog->table_count && status == DB_OK; i++) {
        const struct table_info *info = &catalog->tables[i];

        status = prepare_select(sqlite, info, &sqlite->tables[i], &buf);
        if (status == DB_OK && sqlite->writer) {
            status = prepare_change(sqlite, info, &sqlite->tables[i], &buf);
        }
        status = name_problem(&sqlite->db, "table", info->table->name, status);
    }
    buf_free(&buf);
    return status;
}

static enum db_status prepare_own(struct sqlite *sqlite)
{
    const struct {
        const char *sql;
        sqlite3_stmt **out;
    } own[] = {
        {"BEGIN IMMEDIATE", &sqlite->begin},
        {"COMMIT", &sqlite->commit},
        {"ROLLBACK", &sqlite->rollback},
        {"UPDATE store_lease SET commit_no = ? WHERE shard = 0", &sqlite->renew},
    };
    enum db_status status = DB_OK;

    for (size_t i = 0; i < ARRAY_LEN(own) && status == DB_OK; i++) {
        status = prepare_one(sqlite, own[i].sql, own[i].out);
    }
    return status;
}

static enum db_status prepare_statement(struct sqlite *sqlite, const struct statement_info *info,
                                        sqlite3_stmt **out)
{
    enum db_status status = prepare_one(sqlite, info->sql, out);

    if (status == DB_OK && info->row != NULL &&
        sqlite3_column_count(*out) != (int)info->row->table->column_count) {
        (void)snprintf(sqlite->db.problem, sizeof(sqlite->db.problem),
                       "the result has %d columns, the row %zu", sqlite3_column_count(*out),
                       info->row->table->column_count);
        status = DB_FAILED;
    }
    return name_problem(&sqlite->db, "statement", info->statement->name, status);
}

static enum db_status open_checkpoint(struct sqlite *sqlite)
{
    int code;

    sqlite->checkpoint = wal_checkpoint__new(sqlite3_db_filename(sqlite->handle, "main"), &code);
    if (code != SQLITE_OK) {
        (void)snprintf(sqlite->db.problem, sizeof(sqlite->db.problem),
                       "a second connection cannot be opened (%d)", code);
        return class_of(code);
    }
    return DB_OK;
}

static enum db_status sqlite_prepare(struct db *db)
{
    struct sqlite *sqlite = sqlite_of(db);
    const struct catalog *catalog = db->catalog;
    enum db_status status = sqlite->writer ? prepare_own(sqlite) : DB_OK;

    sqlite->tables = mem_new(catalog->table_count * sizeof(*sqlite->tables));
    sqlite->statements = mem_new(catalog->statement_count * sizeof(sqlite3_stmt *));
    if (status == DB_OK) {
        status = prepare_tables(sqlite);
    }
    for (size_t i = 0; i < catalog->statement_count && status == DB_OK; i++) {
        status = prepare_statement(sqlite, &catalog->statements[i], &sqlite->statements[i]);
    }
    if (status == DB_OK && sqlite->writer) {
        sqlite->wal = wal_file__take(sqlite->handle);
        status = open_checkpoint(sqlite);
    }
    return status;
}

/* ---- transactions ---- */

static enum db_status sqlite_begin(struct db *db)
{
    return run(sqlite_of(db), sqlite_of(db)->begin);
}

/* A commit that fails may have reached the disk: never go on. But for a disk that is full: then the
 * WAL's last frame, without which the others count for nothing, has not been written whole. */
static enum db_status sqlite_commit(struct db *db)
{
    enum db_status status = run(sqlite_of(db), sqlite_of(db)->commit);

    return status == DB_OK || status == DB_FULL ? status : DB_FATAL;
}

static void sqlite_rollback(struct db *db)
{
    struct sqlite *sqlite = sqlite_of(db);

    if (sqlite3_get_autocommit(sqlite->handle) == 0) {
        CHECK(run(sqlite, sqlite->rollback) == DB_OK);
    }
}

static enum db_status sqlite_lease_take(struct db *db, int64_t *commit_no)
{
    bool found;
    enum db_status status = sqlite_execute(
        db, "CREATE TABLE IF NOT EXISTS store_lease (shard INTEGER NOT NULL PRIMARY KEY,"
            " epoch INTEGER NOT NULL, holder TEXT NOT NULL, expires_at INTEGER NOT NULL,"
            " commit_no INTEGER NOT NULL) STRICT;"
            "INSERT INTO store_lease SELECT 0, 0, '', 0, 0"
            " WHERE NOT EXISTS (SELECT 1 FROM store_lease);"
            "UPDATE store_lease SET epoch = epoch + 1");

    if (status == DB_OK) {
        status = sqlite_select_int(db, "SELECT commit_no FROM store_lease", commit_no, &found);
    }
    return status;
}

static enum db_status sqlite_lease_renew(struct db *db, int64_t commit_no)
{
    struct sqlite *sqlite = sqlite_of(db);

    CHECK(sqlite3_bind_int64(sqlite->renew, 1, commit_no) == SQLITE_OK);
    return run(sqlite, sqlite->renew);
}

static void sqlite_lease_release(struct db *db)
{
    (void)db; /* the file lock ends with the connection */
}

static enum db_status sqlite_committed(struct db *db, int64_t commit_no, bool *durable)
{
    (void)db;
    (void)commit_no;
    (void)durable;
    return DB_FATAL;
}

static enum db_status checkpoint_outcome(struct sqlite *sqlite, int *written_back)
{
    const struct wal_checkpoint_outcome *outcome = wal_checkpoint__outcome(sqlite->checkpoint);
    enum db_status status = DB_OK;

    *written_back = outcome->written_back;
    if (outcome->code != SQLITE_OK) {
        status = class_of(outcome->code);
        (void)snprintf(sqlite->db.problem, sizeof(sqlite->db.problem), "%s", outcome->problem);
    }
    return status;
}

/* The WAL is really large: batches and readers are waited for. */
static bool is_late(const struct sqlite *sqlite)
{
    return sqlite->wal_pages > CHECKPOINT_LATE * sqlite->checkpoint_pages;
}

/* The rest, while no batch is written. A reader that is in the way is let be. */
static enum db_status finish_checkpoint(struct sqlite *sqlite)
{
    int mode = is_late(sqlite) ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int in_wal = 0, written_back = 0;
    int code = sqlite3_wal_checkpoint_v2(sqlite->handle, NULL, mode, &in_wal, &written_back);

    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        return status_of(sqlite, code);
    }
    /* Written back whole, the WAL begins anew; otherwise it goes on behind what a reader holds. */
    sqlite->checkpoint_at =
        (written_back == in_wal ? 0 : sqlite->wal_pages) + sqlite->checkpoint_pages;
    sqlite->wal_pages = 0;
    return DB_OK;
}

/* Writes the WAL back when it has grown or nobody waits. Under load most of it is written beside
 * the batches, in rounds, of which each leaves what has been added meanwhile. */
static enum db_status sqlite_maintain(struct db *db, bool idle, int64_t *wait_us)
{
    struct sqlite *sqlite = sqlite_of(db);
    int written_back = 0;
    enum db_status status = DB_OK;

    *wait_us = -1;
    if (sqlite->wal_pages == 0) {
        return DB_OK;
    }
    if (is_late(sqlite)) {
        wal_checkpoint__wait(sqlite->checkpoint);
    }
    if (wal_checkpoint__runs(sqlite->checkpoint)) {
        *wait_us = CHECKPOINT_POLL_US;
        return DB_OK;
    }
    if (!idle && sqlite->wal_pages < sqlite->checkpoint_at) {
        sqlite->rounds = 0; /* or it has all been written back, and the WAL has begun anew */
        *wait_us = IDLE_US;
        return DB_OK;
    }
    if (sqlite->rounds > 0) {
        status = checkpoint_outcome(sqlite, &written_back);
    }
    if (status == DB_OK && !idle && !is_late(sqlite) && sqlite->rounds < CHECKPOINT_ROUNDS &&
        sqlite->wal_pages - written_back > sqlite->checkpoint_pages / CHECKPOINT_REST) {
        sqlite->rounds++;
        wal_checkpoint__start(sqlite->checkpoint);
        *wait_us = CHECKPOINT_POLL_US;
        return DB_OK;
    }
    sqlite->rounds = 0;
    return status == DB_OK ? finish_checkpoint(sqlite) : status;
}

/* ---- rows ---- */

static void bind_column(sqlite3_stmt *statement, int at, const struct column *column,
                        const void *row)
{
    struct str text;
    int code;

    if (row__is_null(column, row)) {
        code = sqlite3_bind_null(statement, at);
    } else if (!column_is_text(column)) {
        code = sqlite3_bind_int64(statement, at, row__int(column, row));
    } else {
        text = row__text(column, row);
        if (text.len == 0) {
            text.ptr = ""; /* a null pointer would be NULL */
        }
        CHECK(text.len <= INT32_MAX);
        code = column->type == COL_TEXT
                   ? sqlite3_bind_text(statement, at, text.ptr, (int)text.len, SQLITE_STATIC)
                   : sqlite3_bind_blob(statement, at, text.ptr, (int)text.len, SQLITE_STATIC);
    }
    CHECK(code == SQLITE_OK);
}

static struct str text_at(sqlite3_stmt *statement, int at, bool blob, struct arena *arena)
{
    const char *ptr = blob ? sqlite3_column_blob(statement, at)
                           : (const char *)sqlite3_column_text(statement, at);
    int len = sqlite3_column_bytes(statement, at);

    return len == 0 ? STR("") : (struct str){arena_copy(arena, ptr, (size_t)len), (size_t)len};
}

static void *read_row(sqlite3_stmt *statement, const struct table_info *info, struct arena *arena)
{
    void *row = arena_alloc(arena, info->table->row_size);

    for (size_t i = 0; i < info->table->column_count; i++) {
        const struct column *column = &info->table->columns[i];
        int at = (int)i;

        if (column_is_text(column)) {
            row__set_text(column, row, text_at(statement, at, column->type == COL_BLOB, arena));
        } else {
            row__set_int(column, row, sqlite3_column_int64(statement, at));
        }
    }
    return row;
}

/* Steps through a bound statement, hands each row over, and resets it. */
static enum db_status fetch(struct sqlite *sqlite, sqlite3_stmt *statement,
                            const struct table_info *info, struct row_sink *sink)
{
    enum db_status status = DB_OK;
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        sink->add(sink, read_row(statement, info, sink->arena));
    }
    if (code != SQLITE_DONE) {
        status = status_of(sqlite, code);
    }
    (void)sqlite3_reset(statement);
    return status;
}

static enum db_status sqlite_load_ids(struct db *db, const struct table_info *info,
                                      const int64_t *ids, size_t count, struct row_sink *sink)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement = sqlite->tables[info->number].select_id;
    enum db_status status = DB_OK;

    for (size_t i = 0; i < count && status == DB_OK; i++) {
        CHECK(sqlite3_bind_int64(statement, 1, ids[i]) == SQLITE_OK);
        status = fetch(sqlite, statement, info, sink);
    }
    return status;
}

static enum db_status sqlite_load_keys(struct db *db, const struct table_info *info,
                                       unsigned unique, const void *const *keys, size_t count,
                                       struct row_sink *sink)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement = sqlite->tables[info->number].select_key[unique];
    const struct unique_info *key = &info->uniques[unique];
    enum db_status status = DB_OK;

    for (size_t i = 0; i < count && status == DB_OK; i++) {
        for (size_t j = 0; j < key->column_count; j++) {
            bind_column(statement, (int)j + 1, &info->table->columns[key->columns[j]], keys[i]);
        }
        status = fetch(sqlite, statement, info, sink);
    }
    return status;
}

static enum db_status sqlite_insert(struct db *db, const struct table_info *info, void *const *rows,
                                    size_t count)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement = sqlite->tables[info->number].insert;
    enum db_status status = DB_OK;

    for (size_t i = 0; i < count && status == DB_OK; i++) {
        for (size_t j = 0; j < info->table->column_count; j++) {
            bind_column(statement, (int)j + 1, &info->table->columns[j], rows[i]);
        }
        status = run(sqlite, statement);
    }
    return status;
}

static enum db_status sqlite_update(struct db *db, const struct table_info *info, void *const *rows,
                                    size_t count)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement = sqlite->tables[info->number].update;
    const struct table *table = info->table;
    enum db_status status = DB_OK;

    for (size_t i = 0; i < count && status == DB_OK; i++) {
        int at = 1;

        for (size_t j = 1; j < table->column_count; j++) {
            if (!table->columns[j].fixed) {
                bind_column(statement, at++, &table->columns[j], rows[i]);
            }
        }
        bind_column(statement, at, &table->columns[0], rows[i]);
        status = run(sqlite, statement);
        CHECK(status != DB_OK || sqlite3_changes(sqlite->handle) == 1);
    }
    return status;
}

static enum db_status sqlite_remove(struct db *db, const struct table_info *info,
                                    const int64_t *ids, size_t count)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement = sqlite->tables[info->number].remove;
    enum db_status status = DB_OK;

    for (size_t i = 0; i < count && status == DB_OK; i++) {
        CHECK(sqlite3_bind_int64(statement, 1, ids[i]) == SQLITE_OK);
        status = run(sqlite, statement);
    }
    return status;
}

/* ---- queries ---- */

static void bind_values(sqlite3_stmt *statement, const struct value *values, size_t count)
{
    CHECK(sqlite3_bind_parameter_count(statement) == (int)count);
    for (size_t i = 0; i < count; i++) {
        int at = (int)i + 1;
        struct str text = values[i].text;
        int code = values[i].type == VALUE_TYPE_INT
                       ? sqlite3_bind_int64(statement, at, values[i].number)
                       : sqlite3_bind_text(statement, at, text.len == 0 ? "" : text.ptr,
                                           (int)text.len, SQLITE_STATIC);

        CHECK(code == SQLITE_OK);
    }
}

static enum db_status sqlite_query_rows(struct db *db, size_t statement, const struct value *values,
                                        size_t value_count, struct row_sink *sink)
{
    struct sqlite *sqlite = sqlite_of(db);
    const struct statement_info *info = &db->catalog->statements[statement];

    bind_values(sqlite->statements[statement], values, value_count);
    return fetch(sqlite, sqlite->statements[statement], info->row, sink);
}

static enum db_status sqlite_query_ints(struct db *db, size_t number, const struct value *values,
                                        size_t value_count, struct int_row *out)
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement = sqlite->statements[number];
    enum db_status status = DB_OK;
    int code;

    CHECK(sqlite3_column_count(statement) == (int)out->count);
    bind_values(statement, values, value_count);
    code = sqlite3_step(statement);
    out->found = code == SQLITE_ROW;
    for (size_t i = 0; out->found && i < out->count; i++) {
        out->values[i] = sqlite3_column_int64(statement, (int)i);
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        status = status_of(sqlite, code);
    }
    (void)sqlite3_reset(statement);
    return status;
}

/* ---- the file itself ---- */

static bool is_damage(int code)
{
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* "ok", or a line for each fault, after one that names the database. */
static enum db_status take_fault(struct sqlite *sqlite, sqlite3_stmt *statement, const char *table,
                                 char wrong[STORE_WRONG_MAX])
{
    int code = sqlite3_step(statement);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "ok";

    if (is_damage(code)) {
        text = sqlite3_errmsg(sqlite->handle);
    } else if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return status_of(sqlite, code);
    }
    if (text == NULL || strcmp(text, "ok") != 0) {
        const char *line = text == NULL ? "" : strchr(text, '\n');

        text = line != NULL && line[1] != '\0' ? line + 1 : text;
        (void)snprintf(wrong, STORE_WRONG_MAX, "table %s: %.100s", table, text);
        wrong[strcspn(wrong, "\n")] = '\0';
    }
    return DB_OK;
}

static enum db_status sqlite_check(struct db *db, const char *table, char wrong[STORE_WRONG_MAX])
{
    struct sqlite *sqlite = sqlite_of(db);
    sqlite3_stmt *statement;
    enum db_status status;
    char sql[128];
    int code;

    wrong[0] = '\0';
    (void)snprintf(sql, sizeof(sql), "PRAGMA integrity_check('%s')", table);
    code = sqlite3_prepare_v2(sqlite->handle, sql, -1, &statement, NULL);
    if (is_damage(code)) {
        (void)snprintf(wrong, STORE_WRONG_MAX, "table %s: %.100s", table,
                       sqlite3_errmsg(sqlite->handle));
        return DB_OK;
    }
    if (code != SQLITE_OK) {
        return status_of(sqlite, code);
    }
    status = take_fault(sqlite, statement, table, wrong);
    (void)sqlite3_finalize(statement);
    return status;
}

const struct driver db_sqlite_driver = {
    .scheme = "sqlite:",
    .transactional_ddl = true,
    .open = sqlite_open,
    .close = sqlite_close,
    .reconnect = sqlite_reconnect,
    .execute = sqlite_execute,
    .select_int = sqlite_select_int,
    .rewrite_ddl = ddl__for_sqlite,
    .prepare = sqlite_prepare,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .load_ids = sqlite_load_ids,
    .load_keys = sqlite_load_keys,
    .insert = sqlite_insert,
    .update = sqlite_update,
    .remove = sqlite_remove,
    .lease_take = sqlite_lease_take,
    .lease_renew = sqlite_lease_renew,
    .lease_release = sqlite_lease_release,
    .committed = sqlite_committed,
    .maintain = sqlite_maintain,
    .query_rows = sqlite_query_rows,
    .query_ints = sqlite_query_ints,
    .check = sqlite_check,
};
