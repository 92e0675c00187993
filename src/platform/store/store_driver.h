/* What the store asks of a database: one connection, used by one thread at a time.
 *
 * A driver speaks the database's language and classifies its errors; what to do about them is
 * decided once, in store_writer.c and query.c. */
#ifndef PLATFORM_STORE_STORE_DRIVER_H
#define PLATFORM_STORE_STORE_DRIVER_H

#include "platform/store/catalog.h"

enum db_status {
    DB_OK = 0,
    DB_REFUSED,  /* the rows break a constraint of the schema; nothing is committed */
    DB_CONFLICT, /* the database asks to repeat the transaction; nothing is committed */
    DB_LOST,     /* the connection is gone, before COMMIT was sent; nothing is committed */
    DB_UNKNOWN,  /* the connection broke in COMMIT: see committed() */
    DB_FENCED,   /* another writer holds the lease */
    DB_FAILED,   /* the statement failed otherwise; nothing is committed */
    DB_FULL,     /* there is no space left; nothing is committed */
    DB_FATAL,    /* what was written may be lost or damaged: the process must stop */
    DB_EXISTS,   /* DDL: the object is there already */
    DB_FAULT,    /* injected by store_fault_at */
};

struct db {
    const struct driver *driver;
    const struct catalog *catalog;
    char problem[256]; /* the database's words about the last status other than DB_OK */
};

struct db_options {
    struct str url;
    bool writer; /* takes the file's lock, or may take the lease */
    int64_t lease_ms;
    int64_t wait_ms;           /* for a lock */
    unsigned checkpoint_pages; /* of the WAL */
    const struct catalog *catalog;
};

/* Receives rows; they and their strings live in the arena. */
struct row_sink {
    struct arena *arena;
    void (*add)(struct row_sink *sink, void *row);
};

struct int_row {
    int64_t *values;
    size_t count;
    bool found;
};

struct driver {
    const char *scheme; /* "sqlite:" */
    bool transactional_ddl;

    enum db_status (*open)(const struct db_options *options, struct db **out, char detail[256]);
    void (*close)(struct db *db);
    /* After DB_LOST and DB_UNKNOWN: a new connection, prepared; what the old one had begun is
     * ended. */
    enum db_status (*reconnect)(struct db *db);

    /* Plain SQL of the store itself. */
    enum db_status (*execute)(struct db *db, const char *sql);
    enum db_status (*select_int)(struct db *db, const char *sql, int64_t *out, bool *found);
    void (*rewrite_ddl)(struct buf *buf, struct str sql);
    /* Prepares every generated and named statement; problem names the first that fails. */
    enum db_status (*prepare)(struct db *db);

    enum db_status (*begin)(struct db *db);
    enum db_status (*commit)(struct db *db);
    void (*rollback)(struct db *db);

    enum db_status (*load_ids)(struct db *db, const struct table_info *info, const int64_t *ids,
                               size_t count, struct row_sink *sink);
    /* keys are rows with the unique's columns filled in. */
    enum db_status (*load_keys)(struct db *db, const struct table_info *info, unsigned unique,
                                const void *const *keys, size_t count, struct row_sink *sink);
    enum db_status (*insert)(struct db *db, const struct table_info *info, void *const *rows,
                             size_t count);
    enum db_status (*update)(struct db *db, const struct table_info *info, void *const *rows,
                             size_t count);
    enum db_status (*remove)(struct db *db, const struct table_info *info, const int64_t *ids,
                             size_t count);

    /* Takes the lease when it is free, else DB_FENCED. commit_no is the last one written. */
    enum db_status (*lease_take)(struct db *db, int64_t *commit_no);
    /* Inside the batch's transaction: writes commit_no and prolongs; DB_FENCED. */
    enum db_status (*lease_renew)(struct db *db, int64_t commit_no);
    void (*lease_release)(struct db *db);
    /* After reconnect from DB_UNKNOWN: whether the batch of this number is durable. */
    enum db_status (*committed)(struct db *db, int64_t commit_no, bool *durable);
    /* Between batches; idle: nothing waits. *wait_us: when to come again if nothing happens until
     * then; <0 = no need. */
    enum db_status (*maintain)(struct db *db, bool idle, int64_t *wait_us);

    enum db_status (*query_rows)(struct db *db, size_t statement, const struct value *values,
                                 size_t value_count, struct row_sink *sink);
    /* The first row's integers, NULL as 0. */
    enum db_status (*query_ints)(struct db *db, size_t statement, const struct value *values,
                                 size_t value_count, struct int_row *out);
    /* A table's pages and indexes; wrong: what is, or empty. NULL: the database does so itself. */
    enum db_status (*check)(struct db *db, const char *table, char wrong[STORE_WRONG_MAX]);
};

extern const struct driver db_sqlite_driver, db_mysql_driver;

/* The driver of a URL, or NULL. */
const struct driver *store__driver_of(struct str url);

/* ---- ddl.c ---- */

/* MySQL's CREATE TABLE and ALTER TABLE for SQLite: BIGINT and INT become INTEGER, VARCHAR(n) TEXT
 * and VARBINARY(n) or BLOB BLOB with a check of the length, COMMENTs go, CREATE TABLE ends in
 * STRICT. Everything else is left as it is. */
void ddl__for_sqlite(struct buf *buf, struct str sql);

#endif
