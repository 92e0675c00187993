#include "platform/store/driver_mysql.h"

#include "base/encode.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>

enum {
    SQL_MAX = 64 << 20,
    DEFAULT_PORT = 3306,
    CONNECT_SECONDS = 5,
    CONNECT_SECONDS_SHORT = 1, /* where there are others to try */
    READER_SECONDS = 60,
};

/* Error numbers of TiDB and OceanBase, which the client's headers do not know. */
enum {
    TIDB_TXN_RETRY = 8002,
    TIDB_WRITE_CONFLICT_OLD = 8022,
    TIDB_SCHEMA_CHANGED = 8028,
    TIDB_WRITE_CONFLICT = 9007,
    OCEANBASE_TIMEOUT = 4012,
    OCEANBASE_NOT_MASTER = 4038,
    OCEANBASE_TRANS_KILLED = 6002,
    OCEANBASE_TRANS_CTX = 6224,
    WSREP_NOT_READY = 1047,
    CHECK_CONSTRAINT_MARIADB = 4025,
    CHECK_CONSTRAINT_MYSQL = 3819,
    IDLE_CLOSED_MYSQL = 4031,
    SERVER_OFFLINE_MYSQL = 3032,
};

int64_t driver_mysql__now_us(void)
{
    /* clock: the age of the lease is no business time */
    return (int64_t)(uv_hrtime() / 1000);
}

enum db_status driver_mysql__class(unsigned code)
{
    switch (code) {
    case 0:
        return DB_OK;
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_CHECKREAD:
    case TIDB_TXN_RETRY:
    case TIDB_WRITE_CONFLICT_OLD:
    case TIDB_SCHEMA_CHANGED:
    case TIDB_WRITE_CONFLICT:
    case OCEANBASE_TIMEOUT:
    case OCEANBASE_NOT_MASTER:
    case OCEANBASE_TRANS_KILLED:
    case OCEANBASE_TRANS_CTX:
        return DB_CONFLICT;
    case ER_DUP_ENTRY:
    case ER_DATA_TOO_LONG:
    case ER_BAD_NULL_ERROR:
    case ER_WARN_DATA_OUT_OF_RANGE:
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
    case ER_INVALID_CHARACTER_STRING:
    case CHECK_CONSTRAINT_MARIADB:
    case CHECK_CONSTRAINT_MYSQL:
        return DB_REFUSED;
    case ER_TABLE_EXISTS_ERROR:
    case ER_DUP_FIELDNAME:
    case ER_DUP_KEYNAME:
    case ER_CANT_DROP_FIELD_OR_KEY: /* an interrupted migration has dropped it */
        return DB_EXISTS;
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
        return DB_FULL;
    case WSREP_NOT_READY: /* cut off from its cluster: another server may be ready */
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_QUERY_INTERRUPTED:
    case ER_OPTION_PREVENTS_STATEMENT: /* read-only: the primary has moved */
    case IDLE_CLOSED_MYSQL:
    case SERVER_OFFLINE_MYSQL:
        return DB_LOST;
    default: /* the numbers are the servers', and new ones are added with every release */
        return code >= CR_MIN_ERROR && code <= CR_MAX_ERROR ? DB_LOST : DB_FAILED;
    }
}

enum db_status driver_mysql__status(struct mysql_db *mysql)
{
    unsigned code = mysql_errno(mysql->handle);

    if (code != 0) {
        (void)snprintf(mysql->db.problem, sizeof(mysql->db.problem), "%.200s (%u)",
                       mysql_error(mysql->handle), code);
    }
    return driver_mysql__class(code);
}

enum db_status driver_mysql__send(struct mysql_db *mysql)
{
    enum db_status status = DB_LOST;

    CHECK(buf_ok(&mysql->sql));
    if (mysql->handle != NULL) {
        (void)mysql_real_query(mysql->handle, mysql->sql.ptr, mysql->sql.len);
        status = driver_mysql__status(mysql);
        mysql->in_transaction = true;
    }
    mysql->fencing = false;
    buf_reset(&mysql->sql);
    return status;
}

enum db_status driver_mysql__execute(struct db *db, const char *sql)
{
    struct mysql_db *mysql = driver_mysql_of(db);

    buf_add(&mysql->sql, str_of(sql));
    return driver_mysql__send(mysql);
}

enum db_status driver_mysql__select_int(struct db *db, const char *sql, int64_t *out, bool *found)
{
    struct mysql_db *mysql = driver_mysql_of(db);
    enum db_status status = driver_mysql__execute(db, sql);
    MYSQL_RES *result;
    MYSQL_ROW row;

    *found = false;
    *out = 0;
    if (status != DB_OK) {
        return status;
    }
    result = mysql_store_result(mysql->handle);
    if (result == NULL) {
        return driver_mysql__status(mysql);
    }
    row = mysql_fetch_row(result);
    *found = row != NULL && row[0] != NULL;
    *out = *found ? driver_mysql__read_int(row[0], mysql_fetch_lengths(result)[0]) : 0;
    mysql_free_result(result);
    return DB_OK;
}

/* ---- the URL ---- */

static bool decode(struct arena *arena, struct str part, char **out)
{
    struct str text;

    if (url_decode(arena, part, &text) != ERR_OK) {
        return false;
    }
    *out = str_cstr(arena, text);
    return true;
}

/* host or host:port, of which the URL has several with commas between them */
static bool read_servers(struct mysql_db *mysql, struct str list)
{
    struct str server, host;

    while (list.len > 0) {
        struct mysql_server *place = &mysql->servers[mysql->server_count];
        int64_t port = DEFAULT_PORT;

        if (!str_cut(&list, ',', &server)) {
            list = STR("");
        }
        if (mysql->server_count == DRIVER_MYSQL_SERVERS_MAX) {
            return false;
        }
        if (str_cut(&server, ':', &host) && str_parse_int(server, &port) != ERR_OK) {
            return false;
        }
        if (port <= 0 || port > 65535 || host.len == 0 ||
            !decode(mysql->arena, host, &place->host)) {
            return false;
        }
        place->port = (unsigned)port;
        mysql->server_count++;
    }
    return mysql->server_count > 0;
}

/* mysql://user:password@host:port,host:port/database; each part percent-encoded where needed. */
static bool read_url(struct mysql_db *mysql, struct str url)
{
    struct arena *arena = mysql->arena;
    struct str rest = str_slice(url, strlen("mysql://"), url.len);
    struct str login, user, servers;

    if (!str_cut(&rest, '@', &login) || !str_cut(&rest, '/', &servers) || rest.len == 0) {
        return false;
    }
    if (!str_cut(&login, ':', &user)) {
        login = STR("");
    }
    return read_servers(mysql, servers) && decode(arena, user, &mysql->user) &&
           decode(arena, login, &mysql->password) && decode(arena, rest, &mysql->database);
}

/* ---- connecting ---- */

static unsigned seconds_of(int64_t ms)
{
    return (unsigned)((ms + 999) / 1000);
}

/* A lock is waited for shorter than an answer, so that the server says what happened.
 * A writer that vanishes in the middle of a transaction must not hold the lease's row for long: the
 * server drops its connection when it has been silent for the length of the lease. */
static enum db_status set_session(struct mysql_db *mysql)
{
    buf_printf(&mysql->sql,
               "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,"
               "NO_ENGINE_SUBSTITUTION', autocommit = %d, innodb_lock_wait_timeout = %u",
               mysql->writer ? 0 : 1, seconds_of(mysql->lease_ms / 2));
    if (mysql->writer && mysql->timed) {
        buf_printf(&mysql->sql, ", wait_timeout = %u", seconds_of(mysql->lease_ms) + 1);
    }
    return driver_mysql__send(mysql);
}

static enum db_status set_isolation(struct mysql_db *mysql)
{
    enum db_status status =
        driver_mysql__execute(&mysql->db, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");

    if (status == DB_OK && !mysql->writer) {
        /* Not every server knows it; readers prepare nothing but what modules wrote as queries. */
        (void)driver_mysql__execute(&mysql->db, "SET SESSION TRANSACTION READ ONLY");
    }
    return status;
}

/* Text compares by bytes and blanks at the end count, as on SQLite; MariaDB and MySQL have
 * different names for that. */
static enum db_status choose_collation(struct mysql_db *mysql)
{
    static const char *const names[] = {"utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        enum db_status status;
        char sql[160];
        int64_t count;
        bool found;

        (void)snprintf(sql, sizeof(sql),
                       "SELECT COUNT(*) FROM information_schema.COLLATIONS "
                       "WHERE COLLATION_NAME = '%s'",
                       names[i]);
        status = driver_mysql__select_int(&mysql->db, sql, &count, &found);
        if (status != DB_OK) {
            return status;
        }
        if (count > 0) {
            (void)snprintf(mysql->table_options, sizeof(mysql->table_options),
                           " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=%s", names[i]);
            break;
        }
    }
    return DB_OK;
}

static void disconnect(struct mysql_db *mysql)
{
    if (mysql->handle != NULL) {
        driver_mysql__bulk_close(mysql);
        mysql_close(mysql->handle);
        mysql->handle = NULL;
    }
    mysql->in_transaction = false;
    mysql->fencing = false;
    mysql->expected_count = 0;
    buf_reset(&mysql->sql);
    buf_reset(&mysql->pending);
}

enum { MARIADB_WITH_VALUES = 100300 };

static bool is_mariadb(struct mysql_db *mysql)
{
    unsigned int capabilities = 0; /* the upper 32 bits */

    return mariadb_get_infov(mysql->handle, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES,
                             &capabilities) == 0 &&
           (capabilities & (unsigned int)(MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0 &&
           mysql_get_server_version(mysql->handle) >= MARIADB_WITH_VALUES;
}

/* The second column of what SHOW answers is this word. */
static enum db_status shows(struct mysql_db *mysql, const char *sql, const char *word, bool *yes)
{
    enum db_status status = driver_mysql__execute(&mysql->db, sql);
    MYSQL_RES *result;
    MYSQL_ROW row;

    *yes = false;
    if (status != DB_OK) {
        return status;
    }
    result = mysql_store_result(mysql->handle);
    if (result == NULL) {
        return driver_mysql__status(mysql);
    }
    row = mysql_fetch_row(result);
    *yes = row != NULL && row[1] != NULL && strcmp(row[1], word) == 0;
    mysql_free_result(result);
    return DB_OK;
}

/* A node of a Galera cluster must be in step with the others; and the first statement of each
 * transaction waits until the node has applied what the others have committed, so that neither the
 * lease nor a batch is looked for too early. */
static enum db_status join_cluster(struct mysql_db *mysql)
{
    bool galera, ready;
    enum db_status status = shows(mysql, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'", "ON", &galera);

    if (status != DB_OK || !galera) {
        return status;
    }
    status = shows(mysql, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'", "ON", &ready);
    if (status == DB_OK && !ready) {
        (void)snprintf(mysql->db.problem, sizeof(mysql->db.problem),
                       "the node is not in step with its cluster");
        return DB_LOST;
    }
    return status == DB_OK ? driver_mysql__execute(&mysql->db, "SET SESSION wsrep_sync_wait = 1")
                           : status;
}

static enum db_status set_up(struct mysql_db *mysql)
{
    enum db_status status = set_session(mysql);

    if (status == DB_OK) {
        status = join_cluster(mysql);
    }
    if (status == DB_OK) {
        status = set_isolation(mysql);
    }
    return status == DB_OK ? choose_collation(mysql) : status;
}

static enum db_status connect_to(struct mysql_db *mysql, const struct mysql_server *server)
{
    const unsigned connect_seconds =
        mysql->server_count > 1 ? CONNECT_SECONDS_SHORT : CONNECT_SECONDS;
    const unsigned answer_seconds = mysql->writer ? seconds_of(mysql->lease_ms) : READER_SECONDS;
    unsigned long flags = CLIENT_FOUND_ROWS | (mysql->writer ? CLIENT_MULTI_STATEMENTS : 0);
    enum db_status status;

    mysql->handle = mysql_init(NULL);
    CHECK(mysql->handle != NULL);
    (void)mysql_options(mysql->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    (void)mysql_options(mysql->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql->timed) {
        (void)mysql_options(mysql->handle, MYSQL_OPT_READ_TIMEOUT, &answer_seconds);
        (void)mysql_options(mysql->handle, MYSQL_OPT_WRITE_TIMEOUT, &answer_seconds);
    }
    status = mysql_real_connect(mysql->handle, server->host, mysql->user, mysql->password,
                                mysql->database, server->port, NULL, flags) == NULL
                 ? driver_mysql__status(mysql)
                 : set_up(mysql);
    if (status != DB_OK) {
        disconnect(mysql);
        return DB_LOST;
    }
    mysql->in_transaction = false;
    mysql->mariadb = mysql->writer && is_mariadb(mysql);
    return DB_OK;
}

/* To the server used last, else to the first of the others that is ready. */
static enum db_status connect_now(struct mysql_db *mysql)
{
    enum db_status status = DB_LOST;

    for (size_t i = 0; i < mysql->server_count && status != DB_OK; i++) {
        status = connect_to(mysql, &mysql->servers[mysql->server]);
        if (status != DB_OK) {
            mysql->server = (mysql->server + 1) % mysql->server_count;
        }
    }
    return status;
}

enum db_status driver_mysql__reconnect(struct db *db)
{
    struct mysql_db *mysql = driver_mysql_of(db);

    disconnect(mysql);
    return connect_now(mysql);
}

enum db_status driver_mysql__open(const struct db_options *options, struct db **out,
                                  char detail[256])
{
    struct mysql_db *mysql = mem_new(sizeof(*mysql));

    mysql->db = (struct db){.driver = &db_mysql_driver, .catalog = options->catalog};
    mysql->arena = arena_new();
    mysql->scratch = arena_new();
    mysql->inserts = mem_new(options->catalog->table_count * sizeof(MYSQL_STMT *));
    mysql->writer = options->writer;
    mysql->lease_ms = options->lease_ms;
    buf_init(&mysql->sql, SQL_MAX);
    buf_init(&mysql->pending, SQL_MAX);
    if (!read_url(mysql, options->url)) {
        (void)snprintf(detail, 256,
                       "the database URL must be mysql://user:password@host:port/database, "
                       "perhaps with more of host:port after commas");
        driver_mysql__close(&mysql->db);
        return DB_FAILED;
    }
    if (connect_now(mysql) != DB_OK) {
        (void)snprintf(detail, 256, "%.60s:%u: %.180s", mysql->servers[mysql->server].host,
                       mysql->servers[mysql->server].port, mysql->db.problem);
        driver_mysql__close(&mysql->db);
        return DB_LOST;
    }
    *out = &mysql->db;
    return DB_OK;
}

void driver_mysql__close(struct db *db)
{
    struct mysql_db *mysql = driver_mysql_of(db);

    disconnect(mysql);
    buf_free(&mysql->sql);
    buf_free(&mysql->pending);
    mem_free(mysql->expected);
    mem_free(mysql->inserts);
    arena_free(mysql->arena);
    arena_free(mysql->scratch);
    mem_free(mysql);
}
