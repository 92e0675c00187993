/* The lease: one row that names the writer. Its epoch grows whenever the lease changes hands, and
 * every batch of a writer updates the row under its own epoch, so that of two who believe to be the
 * writer at most one can commit. The row also has the number of the last batch, and a batch can
 * only be committed upon the one before it: never twice, whatever was believed of the first time.
 * Times are the server's, so that clocks need not agree. */
#include "platform/store/driver_mysql.h"

#include <stdio.h>
#include <unistd.h>

#define SERVER_NOW_MS "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"

static enum db_status rollback_with(struct db *db, enum db_status status)
{
    db->driver->rollback(db);
    return status;
}

static enum db_status make_table(struct db *db)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status;
    int64_t count;
    bool found;

    status = driver_mysql__select_int(db,
                                      "SELECT COUNT(*) FROM information_schema.TABLES WHERE "
                                      "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'store_lease'",
                                      &count, &found);
    if (status == DB_OK && count == 0) {
        buf_printf(&mysql->sql,
                   "CREATE TABLE IF NOT EXISTS store_lease ("
                   "shard INT NOT NULL COMMENT '0', "
                   "epoch BIGINT NOT NULL COMMENT 'grows with every new holder', "
                   "holder VARCHAR(128) NOT NULL COMMENT 'host and process', "
                   "expires_at BIGINT NOT NULL COMMENT 'ms of the server; 0: released', "
                   "commit_no BIGINT NOT NULL COMMENT 'of the last batch', "
                   "PRIMARY KEY (shard))%s",
                   mysql->table_options);
        status = driver_mysql__send(mysql);
    }
    if (status == DB_OK) {
        status = driver_mysql__select_int(db, "SELECT COUNT(*) FROM store_lease", &count, &found);
    }
    if (status == DB_OK && count == 0) {
        status = driver_mysql__execute(db, "INSERT INTO store_lease VALUES (0, 0, '', 0, 0)");
        status = status == DB_REFUSED ? DB_OK : status; /* another one was as fast */
    }
    return status == DB_OK ? db->driver->commit(db) : rollback_with(db, status);
}

static enum db_status write_holder(struct mysql_db *mysql)
{
    char host[64] = "";

    (void)gethostname(host, sizeof(host) - 1);
    buf_printf(&mysql->sql,
               "UPDATE store_lease SET epoch = %lld, expires_at = " SERVER_NOW_MS " + %lld, "
               "holder = ",
               (long long)mysql->epoch, (long long)mysql->lease_ms);
    driver_mysql__add_text(&mysql->sql, str_printf(mysql->arena, "%s:%ld", host, (long)getpid()));
    buf_add(&mysql->sql, STR(" WHERE shard = 0"));
    return driver_mysql__send(mysql);
}

/* How long the lease is still held. */
static enum db_status look(struct db *db, const char *lock, int64_t *left_ms)
{
    char sql[160];
    bool found;

    (void)snprintf(sql, sizeof(sql),
                   "SELECT expires_at - " SERVER_NOW_MS " FROM store_lease WHERE shard = 0%s",
                   lock);
    return driver_mysql__select_int(db, sql, left_ms, &found);
}

/* One that waits looks without a lock, so as not to be in the writer's way. */
enum db_status driver_mysql__lease_take(struct db *db, int64_t *commit_no)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    int64_t left_ms = 0;
    bool found;
    enum db_status status = make_table(db);

    if (status == DB_OK) {
        status = look(db, "", &left_ms);
    }
    if (status == DB_OK && left_ms <= 0) {
        status = look(db, " FOR UPDATE", &left_ms);
    }
    if (status == DB_OK && left_ms > 0) {
        (void)snprintf(db->problem, sizeof(db->problem), "for another %lld ms", (long long)left_ms);
        return rollback_with(db, DB_FENCED);
    }
    if (status == DB_OK) {
        status = driver_mysql__select_int(db, "SELECT epoch + 1 FROM store_lease", &mysql->epoch,
                                          &found);
    }
    if (status == DB_OK) {
        status =
            driver_mysql__select_int(db, "SELECT commit_no FROM store_lease", commit_no, &found);
    }
    if (status == DB_OK) {
        status = write_holder(mysql);
    }
    if (status == DB_OK) {
        mysql->renewing = *commit_no;
        status = db->driver->commit(db);
        mysql->renewed_us = driver_mysql__now_us();
    }
    return status == DB_OK ? DB_OK : rollback_with(db, status);
}

static void add_renewal(struct mysql_db *mysql)
{
    buf_printf(&mysql->sql, "UPDATE store_lease SET expires_at = " SERVER_NOW_MS " + %lld",
               (long long)mysql->lease_ms);
}

static void add_condition(struct mysql_db *mysql)
{
    buf_printf(&mysql->sql, " WHERE shard = 0 AND epoch = %lld AND commit_no = %lld",
               (long long)mysql->epoch, (long long)mysql->commit_no);
}

void driver_mysql__lease_lock(struct mysql_db *mysql)
{
    buf_reset(&mysql->sql);
    buf_add(&mysql->sql, STR("SELECT 1 FROM store_lease"));
    add_condition(mysql);
    buf_add(&mysql->sql, STR(" FOR UPDATE;"));
    mysql->fencing = true;
}

enum db_status driver_mysql__lease_locked(struct mysql_db *mysql)
{
    MYSQL_RES *result = mysql_store_result(mysql->handle);
    bool held;

    if (result == NULL) {
        return driver_mysql__status(mysql);
    }
    held = mysql_num_rows(result) == 1;
    mysql_free_result(result);
    if (mysql_next_result(mysql->handle) > 0) {
        return driver_mysql__status(mysql);
    }
    if (!held) {
        mysql_free_result(mysql_store_result(mysql->handle));
        return driver_mysql__fenced(mysql);
    }
    return DB_OK;
}

enum db_status driver_mysql__lease_renew(struct db *db, int64_t commit_no)
{
    struct mysql_db *mysql = driver_mysql_of(db);

    if (mysql->fencing) { /* nothing was loaded */
        mysql->fencing = false;
        buf_reset(&mysql->sql);
    }
    add_renewal(mysql);
    buf_printf(&mysql->sql, ", commit_no = %lld", (long long)commit_no);
    add_condition(mysql);
    mysql->renewing = commit_no;
    mysql->renewed_us = driver_mysql__now_us();
    return driver_mysql__collect(mysql, MYSQL_EFFECT_LEASE, 1);
}

enum db_status driver_mysql__maintain(struct db *db, bool idle, int64_t *wait_us)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    int64_t every_us = mysql->lease_ms * 1000 / 3;
    int64_t age_us = driver_mysql__now_us() - mysql->renewed_us;
    enum db_status status;

    (void)idle;
    *wait_us = every_us - age_us;
    if (*wait_us > 0) {
        return DB_OK;
    }
    *wait_us = every_us;
    mysql->renewing = mysql->commit_no;
    mysql->renewed_us = driver_mysql__now_us();
    add_renewal(mysql);
    add_condition(mysql);
    status = driver_mysql__collect(mysql, MYSQL_EFFECT_LEASE, 1);
    if (status == DB_OK) {
        status = db->driver->commit(db);
    }
    return status == DB_OK ? DB_OK : rollback_with(db, status);
}

void driver_mysql__lease_release(struct db *db)
{
    struct mysql_db *mysql = driver_mysql_of(db);

    if (mysql->epoch == 0) {
        return;
    }
    buf_add(&mysql->sql, STR("UPDATE store_lease SET expires_at = 0"));
    add_condition(mysql);
    if (driver_mysql__send(mysql) == DB_OK) {
        (void)db->driver->commit(db); /* else it expires */
    }
}

/* The row is locked: a COMMIT that is still on its way is waited for. */
enum db_status driver_mysql__committed(struct db *db, int64_t commit_no, bool *durable)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    int64_t epoch = 0;
    int64_t last = 0;
    bool found;
    enum db_status status = driver_mysql__select_int(
        db, "SELECT epoch FROM store_lease WHERE shard = 0 FOR UPDATE", &epoch, &found);

    if (status == DB_OK) {
        status = driver_mysql__select_int(db, "SELECT commit_no FROM store_lease", &last, &found);
    }
    db->driver->rollback(db);
    if (status == DB_OK && epoch != mysql->epoch) {
        return driver_mysql__fenced(mysql);
    }
    CHECK(status != DB_OK || last == commit_no || last == commit_no - 1);
    *durable = last == commit_no;
    if (status == DB_OK) {
        mysql->commit_no = last;
    }
    return status;
}
