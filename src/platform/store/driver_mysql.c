#include "platform/store/driver_mysql.h"

#include <mysqld_error.h>
#include <stdio.h>

enum {
    ROWS_MAX = 1024,   /* in one statement */
    BULK_ROWS_MIN = 8, /* from which a round trip of its own pays */
    PENDING_MAX = DRIVER_MYSQL_PACKET_MAX,
};

/* ---- preparing ---- */

static void rewrite_ddl(struct buf *buf, struct str sql)
{
    buf_add(buf, sql); /* the options of CREATE TABLE are added when it runs */
}

/* DDL is the one thing this gets that is not the store's own. */
static enum db_status execute(struct db *db, const char *sql)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status;

    buf_add(&mysql->sql, str_of(sql));
    if (str_starts(str_of(sql), STR("CREATE TABLE"))) {
        buf_add(&mysql->sql, str_of(mysql->table_options));
    }
    status = driver_mysql__send(mysql);
    return status == DB_OK ? db->driver->commit(db) : status;
}

/* Has the server read the text in mysql->sql, as a statement with so many result columns. */
static enum db_status check(struct mysql_db *mysql, const char *kind, const char *name,
                            size_t columns)
{
    MYSQL_STMT *statement = mysql_stmt_init(mysql->handle);
    enum db_status status = DB_OK;

    CHECK(statement != NULL && buf_ok(&mysql->sql));
    if (mysql_stmt_prepare(statement, mysql->sql.ptr, mysql->sql.len) != 0) {
        (void)snprintf(mysql->db.problem, sizeof(mysql->db.problem), "%s %s: %.180s", kind, name,
                       mysql_stmt_error(statement));
        status = DB_FAILED;
    } else if (columns > 0 && mysql_stmt_field_count(statement) != columns) {
        (void)snprintf(mysql->db.problem, sizeof(mysql->db.problem),
                       "%s %s: the result has %u columns, the row %zu", kind, name,
                       mysql_stmt_field_count(statement), columns);
        status = DB_FAILED;
    }
    (void)mysql_stmt_close(statement);
    buf_reset(&mysql->sql);
    return status;
}

static enum db_status check_table(struct mysql_db *mysql, const struct table_info *info)
{
    const char *name = info->table->name;
    enum db_status status;

    sql__select(&mysql->sql, info);
    buf_printf(&mysql->sql, " WHERE `%s` = ?", info->table->columns[0].name);
    status = check(mysql, "table", name, info->table->column_count);
    for (unsigned i = 0; i < info->table->unique_count && status == DB_OK; i++) {
        sql__select(&mysql->sql, info);
        sql__where_key(&mysql->sql, info, i);
        status = check(mysql, "table", name, info->table->column_count);
    }
    return status;
}

/* A writer's connection gets its timeouts only now: a migration may take long. */
static enum db_status prepare(struct db *db)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    const struct catalog *catalog = db->catalog;
    enum db_status status;

    mysql->timed = true;
    status = driver_mysql__reconnect(db);
    for (size_t i = 0; i < catalog->table_count && status == DB_OK; i++) {
        status = check_table(mysql, &catalog->tables[i]);
    }
    for (size_t i = 0; i < catalog->statement_count && status == DB_OK; i++) {
        const struct statement_info *info = &catalog->statements[i];

        buf_add(&mysql->sql, str_of(info->sql));
        status = check(mysql, "statement", info->statement->name,
                       info->row == NULL ? 0 : info->row->table->column_count);
    }
    return status;
}

/* ---- transactions ---- */

static enum db_status begin(struct db *db)
{
    driver_mysql__lease_lock(driver_mysql_of(db)); /* autocommit is off: that begins it */
    return DB_OK;
}

enum db_status driver_mysql__fenced(struct mysql_db *mysql)
{
    (void)snprintf(mysql->db.problem, sizeof(mysql->db.problem),
                   "epoch %lld is over, or the batch after %lld was committed before",
                   (long long)mysql->epoch, (long long)mysql->commit_no);
    return DB_FENCED;
}

static enum db_status check_effect(struct mysql_db *mysql, const struct mysql_expected *expected)
{
    unsigned long long rows = mysql_affected_rows(mysql->handle);

    switch (expected->effect) {
    case MYSQL_EFFECT_ROWS:
        CHECK(rows == expected->rows);
        return DB_OK;
    case MYSQL_EFFECT_LEASE:
        if (rows == 1) {
            return DB_OK;
        }
        return driver_mysql__fenced(mysql);
    }
    return DB_FAILED;
}

/* Sends what has been collected and looks at every outcome. */
static enum db_status send_pending(struct mysql_db *mysql)
{
    enum db_status status = mysql->handle == NULL ? DB_LOST : DB_OK;
    size_t at = 0;

    if (mysql->expected_count == 0 || status != DB_OK) {
        return status;
    }
    CHECK(buf_ok(&mysql->pending));
    mysql->in_transaction = true;
    (void)mysql_real_query(mysql->handle, mysql->pending.ptr, mysql->pending.len);
    status = driver_mysql__status(mysql);
    while (status == DB_OK) {
        CHECK(at < mysql->expected_count);
        status = check_effect(mysql, &mysql->expected[at++]);
        if (status != DB_OK) {
            break;
        }
        if (!mysql_more_results(mysql->handle)) {
            CHECK(at == mysql->expected_count);
            break;
        }
        if (mysql_next_result(mysql->handle) > 0) {
            status = driver_mysql__status(mysql);
        }
    }
    while (mysql_more_results(mysql->handle) && mysql_next_result(mysql->handle) == 0) {
        /* what came after a failure is of no interest */
    }
    buf_reset(&mysql->pending);
    mysql->expected_count = 0;
    return status;
}

enum db_status driver_mysql__collect(struct mysql_db *mysql, enum mysql_effect effect, size_t rows)
{
    if (mysql->expected_count == mysql->expected_size) {
        size_t size = mysql->expected_size == 0 ? 64 : mysql->expected_size * 2;

        mysql->expected = mem_grow(mysql->expected, mysql->expected_size * sizeof(*mysql->expected),
                                   size * sizeof(*mysql->expected));
        mysql->expected_size = size;
    }
    mysql->expected[mysql->expected_count++] = (struct mysql_expected){effect, rows};
    CHECK(buf_ok(&mysql->sql));
    if (mysql->pending.len > 0) {
        buf_add_char(&mysql->pending, ';');
    }
    buf_add(&mysql->pending, buf_str(&mysql->sql));
    buf_reset(&mysql->sql);
    return mysql->pending.len < PENDING_MAX ? DB_OK : send_pending(mysql);
}

/* A deadlock (Galera's way to say that another node was first) is the one failure of COMMIT that
 * surely left nothing behind. */
static enum db_status commit(struct db *db)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status = send_pending(mysql);

    if (status != DB_OK) {
        return status;
    }
    buf_add(&mysql->sql, STR("COMMIT"));
    status = driver_mysql__send(mysql);
    if (status == DB_OK) {
        mysql->in_transaction = false;
        mysql->commit_no = mysql->renewing;
        return DB_OK;
    }
    return mysql->handle != NULL && mysql_errno(mysql->handle) == ER_LOCK_DEADLOCK ? DB_CONFLICT
                                                                                   : DB_UNKNOWN;
}

static void rollback(struct db *db)
{
    struct mysql_db *mysql = driver_mysql_of(db);

    mysql->expected_count = 0;
    mysql->fencing = false;
    buf_reset(&mysql->pending);
    buf_reset(&mysql->sql);
    if (mysql->in_transaction && mysql->handle != NULL) {
        char problem[sizeof(db->problem)];

        memcpy(problem, db->problem, sizeof(problem));
        if (driver_mysql__execute(db, "ROLLBACK") == DB_OK) {
            mysql->in_transaction = false;
        }
        memcpy(db->problem, problem, sizeof(problem));
    }
}

/* ---- loading ---- */

static enum db_status fetch(struct mysql_db *mysql, const struct table_info *info,
                            struct row_sink *sink)
{
    bool fencing = mysql->fencing;
    enum db_status status = driver_mysql__send(mysql);
    MYSQL_RES *result;
    MYSQL_ROW row;

    if (status == DB_OK && fencing) {
        status = driver_mysql__lease_locked(mysql);
    }
    if (status != DB_OK) {
        return status;
    }
    result = mysql_store_result(mysql->handle);
    if (result == NULL) {
        return driver_mysql__status(mysql);
    }
    while ((row = mysql_fetch_row(result)) != NULL) {
        sink->add(sink,
                  driver_mysql__read_row(row, mysql_fetch_lengths(result), info, sink->arena));
    }
    mysql_free_result(result);
    return DB_OK;
}

static size_t at_most(size_t count)
{
    return count < ROWS_MAX ? count : ROWS_MAX;
}

static void add_ids(struct mysql_db *mysql, const struct table_info *info, const int64_t *ids,
                    size_t count)
{
    buf_printf(&mysql->sql, " WHERE `%s` IN ", info->table->columns[0].name);
    for (size_t i = 0; i < count; i++) {
        buf_add_char(&mysql->sql, i == 0 ? '(' : ',');
        buf_add_int(&mysql->sql, ids[i]);
    }
    buf_add_char(&mysql->sql, ')');
}

static enum db_status load_ids(struct db *db, const struct table_info *info, const int64_t *ids,
                               size_t count, struct row_sink *sink)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status = DB_OK;

    for (size_t done = 0; done < count && status == DB_OK; done += at_most(count - done)) {
        sql__select(&mysql->sql, info);
        add_ids(mysql, info, ids + done, at_most(count - done));
        status = fetch(mysql, info, sink);
    }
    return status;
}

/* (a, b) IN ((1, 'x'), (2, 'y')) */
static void add_keys(struct mysql_db *mysql, const struct table_info *info, unsigned unique,
                     const void *const *keys, size_t count)
{
    const struct unique_info *key = &info->uniques[unique];

    for (size_t i = 0; i < key->column_count; i++) {
        buf_printf(&mysql->sql, "%s`%s`", i == 0 ? " WHERE (" : ",",
                   info->table->columns[key->columns[i]].name);
    }
    for (size_t i = 0; i < count; i++) {
        buf_add(&mysql->sql, i == 0 ? STR(") IN (") : STR(","));
        for (size_t j = 0; j < key->column_count; j++) {
            buf_add_char(&mysql->sql, j == 0 ? '(' : ',');
            driver_mysql__add_column(&mysql->sql, &info->table->columns[key->columns[j]], keys[i]);
        }
        buf_add_char(&mysql->sql, ')');
    }
    buf_add_char(&mysql->sql, ')');
}

static enum db_status load_keys(struct db *db, const struct table_info *info, unsigned unique,
                                const void *const *keys, size_t count, struct row_sink *sink)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status = DB_OK;

    for (size_t done = 0; done < count && status == DB_OK; done += at_most(count - done)) {
        sql__select(&mysql->sql, info);
        add_keys(mysql, info, unique, keys + done, at_most(count - done));
        status = fetch(mysql, info, sink);
    }
    return status;
}

/* ---- writing ---- */

/* INSERT … VALUES of as many rows as one statement should carry; returns how many. */
static size_t add_rows(struct mysql_db *mysql, const struct table_info *info, void *const *rows,
                       size_t count)
{
    size_t done = 0;

    sql__insert(&mysql->sql, info);
    for (; done < at_most(count) && mysql->sql.len < PENDING_MAX; done++) {
        buf_add(&mysql->sql, done == 0 ? STR("(") : STR(",("));
        for (size_t i = 0; i < info->table->column_count; i++) {
            if (i > 0) {
                buf_add_char(&mysql->sql, ',');
            }
            driver_mysql__add_column(&mysql->sql, &info->table->columns[i], rows[done]);
        }
        buf_add_char(&mysql->sql, ')');
    }
    return done;
}

static enum db_status insert(struct db *db, const struct table_info *info, void *const *rows,
                             size_t count)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status = DB_OK;
    size_t now;

    if (mysql->mariadb && count >= BULK_ROWS_MIN) {
        status = send_pending(mysql);
        return status == DB_OK ? driver_mysql__bulk_insert(mysql, info, rows, count) : status;
    }
    for (size_t done = 0; done < count && status == DB_OK; done += now) {
        now = add_rows(mysql, info, rows + done, count - done);
        status = driver_mysql__collect(mysql, MYSQL_EFFECT_ROWS, now);
    }
    return status;
}

/* By column: whether it may change and is not the same in all rows. */
static bool *differing(struct mysql_db *mysql, const struct table *table, void *const *rows,
                       size_t count)
{
    bool *differs;

    arena_reset(mysql->scratch);
    differs = ARENA_ARRAY(mysql->scratch, bool, table->column_count);
    for (size_t i = 1; i < table->column_count; i++) {
        for (size_t j = 1; j < count && !table->columns[i].fixed && !differs[i]; j++) {
            differs[i] = !row__column_equal(&table->columns[i], rows[0], rows[j]);
        }
    }
    return differs;
}

/* The id and what differs, without the names but for the first row. */
static void add_change(struct buf *sql, const struct table *table, const bool *differs,
                       const void *row, bool names)
{
    driver_mysql__add_column(sql, &table->columns[0], row);
    buf_add(sql, names ? STR(" AS id") : STR(""));
    for (size_t i = 1; i < table->column_count; i++) {
        if (differs[i]) {
            buf_add_char(sql, ',');
            driver_mysql__add_column(sql, &table->columns[i], row);
            if (names) {
                buf_printf(sql, " AS c%zu", i);
            }
        }
    }
}

/* SELECT 7 AS id, 1 AS c1, 'x' AS c2 UNION ALL VALUES (8, 2, 'y'), …, which only MariaDB knows;
 * others get UNION ALL SELECT 8, 2, 'y' …, each a query to plan. Returns how many rows. */
static size_t add_changes(struct mysql_db *mysql, const struct table *table, const bool *differs,
                          void *const *rows, size_t count)
{
    size_t done = 0;

    for (; done < at_most(count) && mysql->sql.len < PENDING_MAX; done++) {
        bool listed = mysql->mariadb && done > 0;

        buf_add(&mysql->sql, done == 0   ? STR("SELECT ")
                             : !listed   ? STR(" UNION ALL SELECT ")
                             : done == 1 ? STR(" UNION ALL VALUES (")
                                         : STR(",("));
        add_change(&mysql->sql, table, differs, rows[done], done == 0);
        buf_add(&mysql->sql, listed ? STR(")") : STR(""));
    }
    return done;
}

/* What is the same in all rows is said once. */
static void add_sets(struct buf *sql, const struct table *table, const bool *differs,
                     const void *row)
{
    const char *comma = " SET ";

    for (size_t i = 1; i < table->column_count; i++) {
        if (table->columns[i].fixed) {
            continue;
        }
        buf_printf(sql, "%st.`%s` = ", comma, table->columns[i].name);
        comma = ", ";
        if (differs[i]) {
            buf_printf(sql, "v.c%zu", i);
        } else {
            driver_mysql__add_column(sql, &table->columns[i], row);
        }
    }
}

/* A join with the new values: faster than INSERT … ON DUPLICATE KEY UPDATE, which has to parse the
 * fixed columns as well, and the count of matches is exact. */
static enum db_status update(struct db *db, const struct table_info *info, void *const *rows,
                             size_t count)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    const bool *differs = differing(mysql, info->table, rows, count);
    enum db_status status = DB_OK;
    size_t now;

    for (size_t done = 0; done < count && status == DB_OK; done += now) {
        buf_add(&mysql->sql, STR("UPDATE ("));
        now = add_changes(mysql, info->table, differs, rows + done, count - done);
        buf_printf(&mysql->sql, ") v STRAIGHT_JOIN " STR_FMT " t ON t.`%s` = v.id",
                   STR_ARG(info->name), info->table->columns[0].name);
        add_sets(&mysql->sql, info->table, differs, rows[0]);
        status = driver_mysql__collect(mysql, MYSQL_EFFECT_ROWS, now);
    }
    return status;
}

static enum db_status remove_rows(struct db *db, const struct table_info *info, const int64_t *ids,
                                  size_t count)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status = DB_OK;

    for (size_t done = 0; done < count && status == DB_OK; done += at_most(count - done)) {
        buf_printf(&mysql->sql, "DELETE FROM " STR_FMT, STR_ARG(info->name));
        add_ids(mysql, info, ids + done, at_most(count - done));
        status = driver_mysql__collect(mysql, MYSQL_EFFECT_ROWS, at_most(count - done));
    }
    return status;
}

/* ---- queries ---- */

static enum db_status query_rows(struct db *db, size_t statement, const struct value *values,
                                 size_t value_count, struct row_sink *sink)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    const struct statement_info *info = &db->catalog->statements[statement];

    driver_mysql__add_values(&mysql->sql, info->sql, values, value_count);
    return fetch(mysql, info->row, sink);
}

static enum db_status query_ints(struct db *db, size_t statement, const struct value *values,
                                 size_t value_count, struct int_row *out)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status;
    MYSQL_RES *result;
    MYSQL_ROW row;

    driver_mysql__add_values(&mysql->sql, db->catalog->statements[statement].sql, values,
                             value_count);
    status = driver_mysql__send(mysql);
    if (status != DB_OK) {
        return status;
    }
    result = mysql_store_result(mysql->handle);
    if (result == NULL) {
        return driver_mysql__status(mysql);
    }
    CHECK(mysql_num_fields(result) == out->count);
    row = mysql_fetch_row(result);
    out->found = row != NULL;
    for (size_t i = 0; row != NULL && i < out->count; i++) {
        out->values[i] =
            row[i] == NULL ? 0 : driver_mysql__read_int(row[i], mysql_fetch_lengths(result)[i]);
    }
    mysql_free_result(result);
    return DB_OK;
}

const struct driver db_mysql_driver = {
    .scheme = "mysql://",
    .open = driver_mysql__open,
    .close = driver_mysql__close,
    .reconnect = driver_mysql__reconnect,
    .execute = execute,
    .select_int = driver_mysql__select_int,
    .rewrite_ddl = rewrite_ddl,
    .prepare = prepare,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .load_ids = load_ids,
    .load_keys = load_keys,
    .insert = insert,
    .update = update,
    .remove = remove_rows,
    .lease_take = driver_mysql__lease_take,
    .lease_renew = driver_mysql__lease_renew,
    .lease_release = driver_mysql__lease_release,
    .committed = driver_mysql__committed,
    .maintain = driver_mysql__maintain,
    .query_rows = query_rows,
    .query_ints = query_ints,
};
