/* Shared by the files of the MySQL-protocol driver: the connection, its text protocol, its errors.
 *
 * Statements are sent as text with exact literals, one way for single and many rows: prepared
 * statements with thousands of parameters were measured to be no faster. What a batch writes is
 * collected and sent as few large packets of several statements, whose outcomes are then checked
 * one by one. Inserts of many rows go by MariaDB's bulk execution where the server has it, which
 * costs it half. */
#ifndef PLATFORM_STORE_DRIVER_MYSQL_H
#define PLATFORM_STORE_DRIVER_MYSQL_H

#include "platform/store/store_driver.h"

#include <mysql.h>

/* Bytes sent at once; servers take 4 MiB and more. */
enum { DRIVER_MYSQL_PACKET_MAX = 1 << 20 };

/* One of the servers of the URL. */
struct mysql_server {
    char *host;
    unsigned port;
};
enum { DRIVER_MYSQL_SERVERS_MAX = 9 };

/* What a collected statement must have done. */
enum mysql_effect {
    MYSQL_EFFECT_ROWS = 1, /* so many rows found or inserted */
    MYSQL_EFFECT_LEASE,    /* one row, else DB_FENCED */
};

struct mysql_expected {
    enum mysql_effect effect;
    size_t rows;
};

struct mysql_db {
    struct db db;
    struct arena *arena; /* the parts of the URL */
    char *user, *password, *database;
    struct mysql_server servers[DRIVER_MYSQL_SERVERS_MAX];
    size_t server_count;
    size_t server; /* the one in use, or to be tried first */
    bool writer;
    bool timed;         /* answers are waited for no longer than the lease lasts */
    MYSQL *handle;      /* NULL: not connected */
    struct buf sql;     /* the statement being written */
    struct buf pending; /* collected statements */
    struct mysql_expected *expected;
    size_t expected_count, expected_size;
    bool in_transaction;
    bool fencing;           /* sql begins with the lock of the lease */
    bool mariadb;           /* it executes arrays of parameters and has VALUES as a query */
    MYSQL_STMT **inserts;   /* with arrays, by number of the table; NULL: not yet prepared */
    struct arena *scratch;  /* the arrays */
    char table_options[96]; /* of CREATE TABLE */
    int64_t lease_ms;
    int64_t epoch;
    int64_t commit_no;  /* of the last batch known to be durable */
    int64_t renewing;   /* the number the open transaction writes */
    int64_t renewed_us; /* monotonic */
};

static inline struct mysql_db *driver_mysql_of(struct db *db)
{
    return (struct mysql_db *)(void *)db;
}

/* ---- driver_mysql_connect.c ---- */

MUST_USE enum db_status driver_mysql__open(const struct db_options *options, struct db **out,
                                           char detail[256]);
void driver_mysql__close(struct db *db);
MUST_USE enum db_status driver_mysql__reconnect(struct db *db);
/* The class of the connection's last error, kept in db.problem. */
enum db_status driver_mysql__status(struct mysql_db *mysql);
/* The class of an error number. */
enum db_status driver_mysql__class(unsigned code);
/* Sends mysql->sql and empties it; a result, if any, is the caller's. */
MUST_USE enum db_status driver_mysql__send(struct mysql_db *mysql);
/* The same for a statement without a result. */
enum db_status driver_mysql__execute(struct db *db, const char *sql);
MUST_USE enum db_status driver_mysql__select_int(struct db *db, const char *sql, int64_t *out,
                                                 bool *found);
/* Microseconds on a clock of the driver's own, for the age of the lease. */
int64_t driver_mysql__now_us(void);

/* ---- driver_mysql_lease.c ---- */

MUST_USE enum db_status driver_mysql__lease_take(struct db *db, int64_t *commit_no);
/* Puts the lock of the lease before the first statement of a transaction, and reads its outcome:
 * from then on no other writer can take the lease, and what is loaded is no other writer's. */
void driver_mysql__lease_lock(struct mysql_db *mysql);
MUST_USE enum db_status driver_mysql__lease_locked(struct mysql_db *mysql);
MUST_USE enum db_status driver_mysql__lease_renew(struct db *db, int64_t commit_no);
void driver_mysql__lease_release(struct db *db);
MUST_USE enum db_status driver_mysql__committed(struct db *db, int64_t commit_no, bool *durable);
MUST_USE enum db_status driver_mysql__maintain(struct db *db, bool idle, int64_t *wait_us);

/* ---- driver_mysql_text.c ---- */

void driver_mysql__add_text(struct buf *sql, struct str text);
void driver_mysql__add_column(struct buf *sql, const struct column *column, const void *row);
/* A statement with its ?s replaced; those in quotes stay. */
void driver_mysql__add_values(struct buf *sql, const char *text, const struct value *values,
                              size_t count);
/* A result row, with its strings in the arena. */
void *driver_mysql__read_row(MYSQL_ROW fields, const unsigned long *lengths,
                             const struct table_info *info, struct arena *arena);
int64_t driver_mysql__read_int(const char *field, unsigned long length);

/* ---- driver_mysql_bulk.c ---- */

MUST_USE enum db_status driver_mysql__bulk_insert(struct mysql_db *mysql,
                                                  const struct table_info *info, void *const *rows,
                                                  size_t count);
void driver_mysql__bulk_close(struct mysql_db *mysql); /* before the connection is closed */

/* ---- driver_mysql.c ---- */

/* The lease is no longer this writer's: DB_FENCED. */
enum db_status driver_mysql__fenced(struct mysql_db *mysql);
/* Ends the statement in mysql->sql and collects it. */
MUST_USE enum db_status driver_mysql__collect(struct mysql_db *mysql, enum mysql_effect effect,
                                              size_t rows);

#endif
