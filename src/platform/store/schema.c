/* Migrations: one statement each, recorded one by one.
 *
 * On SQLite the statement and its record commit together. MySQL commits DDL by itself, so there
 * the record is written before (applied_at_ms 0: begun) and completed after; an interrupted one is
 * run again, and what it finds there already is its own work. */
#include "platform/store/store_int.h"

#include <stdio.h>

enum { SQL_MAX = 65536, HOLD_MS = 600000 };

struct migrator {
    struct store *store;
    struct db *db;
    struct buf sql;
    char *detail;
    bool held; /* the lease is prolonged */
};

static enum err refuse(struct migrator *m, const char *name)
{
    (void)snprintf(m->detail, 256, "migration %s: %.180s", name, m->db->problem);
    return ERR_STORE_MIGRATION;
}

static enum db_status execute(struct migrator *m)
{
    enum db_status status;

    buf_add_char(&m->sql, '\0');
    CHECK(buf_ok(&m->sql));
    status = m->db->driver->execute(m->db, m->sql.ptr);
    buf_reset(&m->sql);
    return status;
}

static enum db_status execute_ddl(struct migrator *m, const char *sql)
{
    m->db->driver->rewrite_ddl(&m->sql, str_of(sql));
    return execute(m);
}

enum migration_state { MIGRATION_NEW = 1, MIGRATION_BEGUN, MIGRATION_DONE };

static enum db_status read_state(struct migrator *m, const char *name, enum migration_state *state)
{
    enum db_status status;
    int64_t applied_at_ms;
    bool found;

    buf_printf(&m->sql, "SELECT applied_at_ms FROM store_migration WHERE name = '%s'", name);
    buf_add_char(&m->sql, '\0');
    CHECK(buf_ok(&m->sql));
    status = m->db->driver->select_int(m->db, m->sql.ptr, &applied_at_ms, &found);
    buf_reset(&m->sql);
    if (status == DB_OK) {
        *state = !found ? MIGRATION_NEW : applied_at_ms == 0 ? MIGRATION_BEGUN : MIGRATION_DONE;
    }
    return status;
}

static enum db_status record(struct migrator *m, const char *name, int64_t applied_at_ms)
{
    buf_printf(&m->sql, "INSERT INTO store_migration (name, applied_at_ms) VALUES ('%s', %lld)",
               name, (long long)applied_at_ms);
    return execute(m);
}

static enum db_status complete(struct migrator *m, const char *name, int64_t applied_at_ms)
{
    buf_printf(&m->sql, "UPDATE store_migration SET applied_at_ms = %lld WHERE name = '%s'",
               (long long)applied_at_ms, name);
    return execute(m);
}

static enum db_status apply_in_one(struct migrator *m, const struct migration *migration,
                                   int64_t now_ms)
{
    enum db_status status = m->db->driver->execute(m->db, "BEGIN");

    if (status == DB_OK) {
        status = execute_ddl(m, migration->sql);
    }
    if (status == DB_OK) {
        status = record(m, migration->name, now_ms);
    }
    if (status == DB_OK) {
        status = m->db->driver->execute(m->db, "COMMIT");
    } else {
        char problem[sizeof(m->db->problem)];

        memcpy(problem, m->db->problem, sizeof(problem));
        (void)m->db->driver->execute(m->db, "ROLLBACK");
        memcpy(m->db->problem, problem, sizeof(problem));
    }
    return status;
}

static enum db_status apply_in_steps(struct migrator *m, const struct migration *migration,
                                     enum migration_state state, int64_t now_ms)
{
    enum db_status status = DB_OK;

    if (state == MIGRATION_NEW) {
        status = record(m, migration->name, 0);
    }
    if (status == DB_OK) {
        status = execute_ddl(m, migration->sql);
    }
    if (status == DB_EXISTS && state == MIGRATION_BEGUN) {
        status = DB_OK;
    }
    return status == DB_OK ? complete(m, migration->name, now_ms) : status;
}

/* A migration may take longer than the lease lasts, and nobody renews it meanwhile. It gets its
 * usual length again when the store has been opened. */
static enum db_status hold_lease(struct migrator *m)
{
    if (m->held) {
        return DB_OK;
    }
    m->held = true;
    buf_printf(&m->sql, "UPDATE store_lease SET expires_at = expires_at + %d", HOLD_MS);
    return execute(m);
}

static enum err migrate_one(struct migrator *m, const struct migration *migration)
{
    int64_t now_ms = clock_now_ms(m->store->options.clock);
    enum migration_state state;
    enum db_status status;

    if (read_state(m, migration->name, &state) != DB_OK) {
        return refuse(m, migration->name);
    }
    if (state == MIGRATION_DONE) {
        return ERR_OK;
    }
    if (!m->store->options.migrate) {
        (void)snprintf(m->detail, 256,
                       "the database is older than the program: migration %s has "
                       "not been applied",
                       migration->name);
        return ERR_STORE_MIGRATION;
    }
    status = hold_lease(m);
    if (status != DB_OK) {
        return refuse(m, migration->name);
    }
    status = m->db->driver->transactional_ddl ? apply_in_one(m, migration, now_ms)
                                              : apply_in_steps(m, migration, state, now_ms);
    return status == DB_OK ? ERR_OK : refuse(m, migration->name);
}

enum err schema__migrate(struct store *store, char detail[256])
{
    struct migrator m = {.store = store, .db = store->db, .detail = detail};
    enum err err = ERR_OK;

    buf_init(&m.sql, SQL_MAX);
    if (execute_ddl(&m, "CREATE TABLE IF NOT EXISTS store_migration (\n"
                        "  name VARCHAR(128) NOT NULL COMMENT 'module.number_what',\n"
                        "  applied_at_ms BIGINT NOT NULL COMMENT '0: begun',\n"
                        "  PRIMARY KEY (name)\n"
                        ")") != DB_OK) {
        err = refuse(&m, "store_migration");
    }
    for (size_t i = 0; i < store->options.part_count && err == ERR_OK; i++) {
        const struct store_part *part = &store->options.parts[i];

        for (size_t j = 0; j < part->migration_count && err == ERR_OK; j++) {
            err = migrate_one(&m, &part->migrations[j]);
        }
    }
    buf_free(&m.sql);
    return err;
}
