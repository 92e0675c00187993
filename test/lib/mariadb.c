#include "test/lib/mariadb.h"

#include "base/check.h"
#include "base/str.h"
#include "test/lib/folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 60000, DATABASES_MAX = 512, URL_SIZE = 256 };

static struct {
    char folder[64]; /* empty: somebody else's server */
    char user[64], password[64], host[64];
    int port;
    pid_t server;
    pid_t owner; /* the process that cleans up; its children do not */
    char urls[DATABASES_MAX][URL_SIZE];
    size_t count;
} mariadb;

NORETURN static void give_up(const char *what)
{
    (void)fprintf(stderr, "test server: %s\n", what);
    abort();
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void sleep_ms(int ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* ---- statements ---- */

static MYSQL *connect_to(const char *database)
{
    MYSQL *handle = mysql_init(NULL);

    CHECK(handle != NULL);
    if (mysql_real_connect(handle, mariadb.host, mariadb.user, mariadb.password, database,
                           (unsigned)mariadb.port, NULL, 0) == NULL) {
        mysql_close(handle);
        return NULL;
    }
    return handle;
}

static long long run(MYSQL *handle, const char *sql)
{
    MYSQL_RES *result;
    MYSQL_ROW row;
    long long number = 0;

    if (mysql_query(handle, sql) != 0) {
        (void)fprintf(stderr, "%s\n", sql);
        give_up(mysql_error(handle));
    }
    result = mysql_store_result(handle);
    if (result != NULL) {
        row = mysql_fetch_row(result);
        if (row != NULL && row[0] != NULL) {
            number = strtoll(row[0], NULL, 10);
        }
        mysql_free_result(result);
    }
    return number;
}

long long test_mariadb_sql(const char *url, const char *sql)
{
    MYSQL *handle = connect_to(strrchr(url, '/') + 1);
    long long number;

    if (handle == NULL) {
        give_up("no connection");
    }
    number = run(handle, sql);
    mysql_close(handle);
    return number;
}

/* ---- the server ---- */

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

/* Starts a program whose output goes to a file in the folder; it dies with this process. */
static pid_t start(const char *const *arguments)
{
    char log[128];
    pid_t parent = getpid();
    pid_t pid;

    (void)snprintf(log, sizeof(log), "%s/log", mariadb.folder);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) {
            (void)execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        }
        _exit(127);
    }
    return pid;
}

static void end_server(void)
{
    if (mariadb.server > 0) {
        (void)kill(mariadb.server, SIGKILL);
        (void)waitpid(mariadb.server, NULL, 0);
        mariadb.server = 0;
    }
}

static void clean_up(void)
{
    if (getpid() != mariadb.owner) {
        return;
    }
    if (mariadb.folder[0] == '\0') {
        MYSQL *handle = connect_to(NULL);

        for (size_t i = 0; handle != NULL && i < mariadb.count; i++) {
            char sql[128];

            (void)snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s",
                           strrchr(mariadb.urls[i], '/') + 1);
            (void)run(handle, sql);
        }
        mysql_close(handle);
        return;
    }
    end_server();
    (void)nftw(mariadb.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void start_server(void)
{
    char data[96], scratch[96], socket_path[96], port[32], pid_file[96], init_file[96];
    const char *const arguments[] = {"mariadbd",
                                     "--no-defaults",
                                     "--user=root",
                                     data,
                                     scratch,
                                     socket_path,
                                     port,
                                     pid_file,
                                     init_file,
                                     "--bind-address=127.0.0.1",
                                     "--skip-name-resolve",
                                     "--innodb-buffer-pool-size=128M",
                                     "--innodb-log-file-size=64M",
                                     "--innodb-flush-log-at-trx-commit=1",
                                     "--innodb-flush-method=fsync",
                                     "--performance-schema=OFF",
                                     NULL};
    MYSQL *handle = NULL;

    (void)snprintf(data, sizeof(data), "--datadir=%s/data", mariadb.folder);
    (void)snprintf(scratch, sizeof(scratch), "--tmpdir=%s", mariadb.folder);
    (void)snprintf(socket_path, sizeof(socket_path), "--socket=%s/socket", mariadb.folder);
    (void)snprintf(port, sizeof(port), "--port=%d", mariadb.port);
    (void)snprintf(pid_file, sizeof(pid_file), "--pid-file=%s/pid", mariadb.folder);
    (void)snprintf(init_file, sizeof(init_file), "--init-file=%s/init.sql", mariadb.folder);
    mariadb.server = start(arguments);
    for (int waited = 0; waited < START_MS && handle == NULL; waited += 50) {
        sleep_ms(50);
        if (waitpid(mariadb.server, NULL, WNOHANG) != 0) {
            mariadb.server = 0;
            give_up("mariadbd ended at once; is it installed?");
        }
        handle = connect_to(NULL);
    }
    if (handle == NULL) {
        give_up("mariadbd did not answer");
    }
    mysql_close(handle);
}

/* A server that starts removes the temporary tables it finds in its tmpdir: in a folder that
 * several share they are those of another, which then aborts. */
static void install(void)
{
    char data[96], scratch[96], init[96];
    const char *const arguments[] = {"mariadb-install-db",
                                     "--no-defaults",
                                     "--user=root",
                                     data,
                                     scratch,
                                     "--auth-root-authentication-method=normal",
                                     "--skip-test-db",
                                     NULL};
    FILE *file;
    int status;

    test_folder(mariadb.folder, sizeof(mariadb.folder), "tomato_mariadb");
    (void)snprintf(data, sizeof(data), "--datadir=%s/data", mariadb.folder);
    (void)snprintf(scratch, sizeof(scratch), "--tmpdir=%s", mariadb.folder);
    CHECK(waitpid(start(arguments), &status, 0) > 0);
    if (status != 0) {
        give_up("mariadb-install-db failed; is mariadb-server installed?");
    }
    (void)snprintf(init, sizeof(init), "%s/init.sql", mariadb.folder);
    file = fopen(init, "w");
    CHECK(file != NULL);
    (void)fprintf(file,
                  "CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s';\n"
                  "GRANT ALL ON *.* TO '%s'@'%%' WITH GRANT OPTION;\n",
                  mariadb.user, mariadb.password, mariadb.user);
    CHECK(fclose(file) == 0);
    mariadb.port = free_port();
}

static bool cut(char *out, size_t size, const char **rest, char end)
{
    const char *at = strchr(*rest, end);

    if (at == NULL || (size_t)(at - *rest) >= size) {
        return false;
    }
    memcpy(out, *rest, (size_t)(at - *rest));
    out[at - *rest] = '\0';
    *rest = at + 1;
    return true;
}

static void use_server(const char *url)
{
    const char *rest = url + strlen("mysql://");
    char port[16];

    if (strncmp(url, "mysql://", 8) != 0 || !cut(mariadb.user, 64, &rest, ':') ||
        !cut(mariadb.password, 64, &rest, '@') || !cut(mariadb.host, 64, &rest, ':') ||
        !cut(port, sizeof(port), &rest, '/')) {
        give_up("TOMATO_TEST_MYSQL_URL must be mysql://user:password@host:port/");
    }
    mariadb.port = (int)strtol(port, NULL, 10);
}

static void need_server(void)
{
    const char *given = getenv("TOMATO_TEST_MYSQL_URL");

    if (mariadb.owner != 0) {
        return;
    }
    mariadb.owner = getpid();
    if (given != NULL && given[0] != '\0') {
        use_server(given);
    } else {
        (void)snprintf(mariadb.user, sizeof(mariadb.user), "%s", "tomato");
        (void)snprintf(mariadb.password, sizeof(mariadb.password), "%s", "p@ss:w/rd%");
        (void)snprintf(mariadb.host, sizeof(mariadb.host), "%s", "127.0.0.1");
        install();
        start_server();
    }
    CHECK(atexit(clean_up) == 0);
}

static void add_encoded(char *url, size_t size, const char *part)
{
    for (; *part != '\0'; part++) {
        size_t used = strlen(url);

        (void)snprintf(url + used, size - used, "%%%02X", (unsigned char)*part);
    }
}

const char *test_mariadb_fresh_url(void)
{
    char *url;
    char sql[128];
    char name[64];
    MYSQL *handle;
    size_t used;

    need_server();
    CHECK(mariadb.count < DATABASES_MAX);
    url = mariadb.urls[mariadb.count++];
    (void)snprintf(name, sizeof(name), "tomato_test_%ld_%zu", (long)getpid(), mariadb.count);
    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    handle = connect_to(NULL);
    if (handle == NULL) {
        give_up("no connection");
    }
    (void)run(handle, sql);
    mysql_close(handle);
    (void)snprintf(url, URL_SIZE, "mysql://%s:", mariadb.user);
    add_encoded(url, URL_SIZE, mariadb.password);
    used = strlen(url);
    (void)snprintf(url + used, URL_SIZE - used, "@%s:%d/%s", mariadb.host, mariadb.port, name);
    return url;
}

void test_mariadb_kill(void)
{
    CHECK(mariadb.server > 0);
    end_server();
}

void test_mariadb_freeze(void)
{
    CHECK(mariadb.server > 0 && kill(mariadb.server, SIGSTOP) == 0);
}

void test_mariadb_thaw(void)
{
    CHECK(mariadb.server > 0 && kill(mariadb.server, SIGCONT) == 0);
}

void test_mariadb_restart(void)
{
    CHECK(mariadb.folder[0] != '\0' && mariadb.server == 0);
    start_server();
}
