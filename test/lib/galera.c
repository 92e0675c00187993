#include "test/lib/galera.h"

#include "base/check.h"
#include "test/lib/folder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <mysql.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 60000, PORTS = 4, ARGUMENTS_MAX = 40, ARGUMENT_SIZE = 512, URL_SIZE = 256 };

/* Of a node: for clients, for the cluster, for the transfers of missing transactions and of all. */
enum { PORT_SQL = 0, PORT_GROUP, PORT_IST, PORT_SST };

static struct {
    char folder[64];
    const struct passwd *user; /* who runs the servers */
    int ports[GALERA_NODES][PORTS];
    pid_t nodes[GALERA_NODES];
    pid_t owner;
    char urls[GALERA_NODES][URL_SIZE];
} cluster;

NORETURN static void give_up(const char *what)
{
    (void)fprintf(stderr, "galera: %s (see %s)\n", what, cluster.folder);
    cluster.folder[0] = '\0'; /* the logs are kept */
    abort();
}

static void sleep_ms(int ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* ---- processes ---- */

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

struct arguments {
    char texts[ARGUMENTS_MAX][ARGUMENT_SIZE];
    char *list[ARGUMENTS_MAX + 1];
    int count;
};

__attribute__((format(printf, 2, 3))) static void add(struct arguments *arguments,
                                                      const char *format, ...)
{
    va_list list;

    CHECK(arguments->count < ARGUMENTS_MAX);
    va_start(list, format);
    (void)vsnprintf(arguments->texts[arguments->count], ARGUMENT_SIZE, format, list);
    va_end(list);
    arguments->list[arguments->count] = arguments->texts[arguments->count];
    arguments->list[++arguments->count] = NULL;
}

/* A root's rsync would give its rights away: the servers run as the user of Debian's package. */
static bool become_user(void)
{
    const struct passwd *user = cluster.user;

    return geteuid() != 0 || (initgroups(user->pw_name, user->pw_gid) == 0 &&
                              setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0);
}

static pid_t start(const struct arguments *arguments, const char *log)
{
    char name[128];
    pid_t parent = getpid();
    pid_t pid;

    (void)snprintf(name, sizeof(name), "%s/%s", cluster.folder, log);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);

        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
        /* a change of user would forget the signal */
        if (become_user() && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) {
            (void)execvp(arguments->list[0], arguments->list);
        }
        _exit(127);
    }
    return pid;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void clean_up(void)
{
    if (getpid() != cluster.owner) {
        return;
    }
    for (int i = 0; i < GALERA_NODES; i++) {
        if (cluster.nodes[i] > 0) {
            galera_kill(i);
        }
    }
    if (cluster.folder[0] != '\0') {
        (void)nftw(cluster.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

/* ---- nodes ---- */

/* Losing a node is noticed within about a second: the defaults are made for wide networks. */
static void add_cluster(struct arguments *a, int node)
{
    const int *ports = cluster.ports[node];

    add(a, "--wsrep-on=ON");
    add(a, "--wsrep-provider=/usr/lib/galera/libgalera_smm.so");
    add(a, "--wsrep-cluster-name=tomato");
    add(a, "--wsrep-cluster-address=gcomm://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d",
        cluster.ports[0][PORT_GROUP], cluster.ports[1][PORT_GROUP], cluster.ports[2][PORT_GROUP]);
    add(a, "--wsrep-node-name=node%d", node + 1);
    add(a, "--wsrep-node-address=127.0.0.1:%d", ports[PORT_GROUP]);
    add(a,
        "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:%d;"
        "ist.recv_addr=127.0.0.1:%d;gcache.size=32M;evs.suspect_timeout=PT1S;"
        "evs.inactive_timeout=PT3S;evs.inactive_check_period=PT0.25S;"
        "evs.keepalive_period=PT0.25S;gmcast.peer_timeout=PT1S;evs.install_timeout=PT3S",
        ports[PORT_GROUP], ports[PORT_IST]);
    add(a, "--wsrep-sst-method=rsync");
    add(a, "--wsrep-sst-receive-address=127.0.0.1:%d", ports[PORT_SST]);
}

static void start_node(int node, bool first)
{
    static struct arguments a;
    char log[16];

    a.count = 0;
    add(&a, "mariadbd");
    add(&a, "--no-defaults");
    add(&a, "--datadir=%s/node%d", cluster.folder, node + 1);
    add(&a, "--tmpdir=%s/scratch%d", cluster.folder, node + 1);
    add(&a, "--socket=%s/socket%d", cluster.folder, node + 1);
    add(&a, "--port=%d", cluster.ports[node][PORT_SQL]);
    add(&a, "--pid-file=%s/pid%d", cluster.folder, node + 1);
    add(&a, "--bind-address=127.0.0.1");
    add(&a, "--skip-name-resolve");
    add(&a, "--binlog-format=ROW");
    add(&a, "--innodb-autoinc-lock-mode=2");
    add(&a, "--innodb-buffer-pool-size=128M");
    add(&a, "--innodb-log-file-size=64M");
    add(&a, "--innodb-flush-log-at-trx-commit=1");
    add(&a, "--performance-schema=OFF");
    add_cluster(&a, node);
    if (first) {
        add(&a, "--wsrep-new-cluster");
        add(&a, "--init-file=%s/init.sql", cluster.folder);
    }
    (void)snprintf(log, sizeof(log), "log%d", node + 1);
    cluster.nodes[node] = start(&a, log);
}

/* What the node says of itself; false when it does not answer. */
static bool status_is(int node, const char *name, const char *value)
{
    MYSQL *handle = mysql_init(NULL);
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    char query[96];
    bool is = false;

    CHECK(handle != NULL);
    (void)snprintf(query, sizeof(query), "SHOW STATUS LIKE '%s'", name);
    if (mysql_real_connect(handle, "127.0.0.1", "tomato", "tomato", "tomato",
                           (unsigned)cluster.ports[node][PORT_SQL], NULL, 0) != NULL &&
        mysql_query(handle, query) == 0 && (result = mysql_store_result(handle)) != NULL) {
        row = mysql_fetch_row(result);
        is = row != NULL && strcmp(row[1], value) == 0;
        mysql_free_result(result);
    }
    mysql_close(handle);
    return is;
}

static bool is_ready(int node)
{
    return status_is(node, "wsrep_ready", "ON");
}

static void await_node(int node)
{
    for (int waited = 0; waited < START_MS && !is_ready(node); waited += 100) {
        if (waitpid(cluster.nodes[node], NULL, WNOHANG) != 0) {
            cluster.nodes[node] = 0;
            give_up("a node ended at once; are mariadb-server, galera-4 and rsync installed?");
        }
        sleep_ms(100);
    }
    if (!is_ready(node)) {
        give_up("a node is not ready");
    }
}

static void install(void)
{
    static struct arguments a;
    char path[96];
    int status;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/init.sql", cluster.folder);
    file = fopen(path, "w");
    CHECK(file != NULL);
    (void)fprintf(file, "CREATE DATABASE IF NOT EXISTS tomato;\n"
                        "CREATE USER IF NOT EXISTS 'tomato'@'%%' IDENTIFIED BY 'tomato';\n"
                        "GRANT ALL ON *.* TO 'tomato'@'%%';\n");
    CHECK(fclose(file) == 0 && chmod(path, 0644) == 0);
    a.count = 0;
    add(&a, "mariadb-install-db");
    add(&a, "--no-defaults");
    add(&a, "--datadir=%s/node1", cluster.folder);
    add(&a, "--tmpdir=%s/scratch1", cluster.folder);
    add(&a, "--auth-root-authentication-method=normal");
    add(&a, "--skip-test-db");
    CHECK(waitpid(start(&a, "log"), &status, 0) > 0);
    if (status != 0) {
        give_up("mariadb-install-db failed; is mariadb-server installed?");
    }
}

static void make_subfolder(const char *name, int number, uid_t user)
{
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/%s%d", cluster.folder, name, number);
    CHECK(mkdir(path, 0700) == 0 && chown(path, user, (gid_t)-1) == 0);
}

static void make_folder(void)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam("mysql") : getpwuid(geteuid());

    CHECK(user != NULL);
    cluster.user = user;
    test_folder(cluster.folder, sizeof(cluster.folder), "tomato_galera");
    CHECK(chmod(cluster.folder, 0755) == 0 && chown(cluster.folder, user->pw_uid, (gid_t)-1) == 0);
    for (int i = 1; i <= GALERA_NODES; i++) {
        make_subfolder("scratch", i, user->pw_uid); /* a starting server empties its tmpdir */
        if (i > 1) {
            make_subfolder("node", i, user->pw_uid);
        }
    }
}

const char *galera_start(void)
{
    CHECK(cluster.owner == 0);
    cluster.owner = getpid();
    CHECK(atexit(clean_up) == 0);
    make_folder();
    for (int i = 0; i < GALERA_NODES; i++) {
        for (int j = 0; j < PORTS; j++) {
            cluster.ports[i][j] = free_port();
        }
    }
    install();
    for (int i = 0; i < GALERA_NODES; i++) {
        start_node(i, i == 0);
        await_node(i);
    }
    return galera_url_from(0);
}

const char *galera_url_from(int first)
{
    char *url = cluster.urls[first];
    int ports[GALERA_NODES];

    for (int i = 0; i < GALERA_NODES; i++) {
        ports[i] = cluster.ports[(first + i) % GALERA_NODES][PORT_SQL];
    }
    (void)snprintf(url, URL_SIZE,
                   "mysql://tomato:tomato@127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/tomato", ports[0],
                   ports[1], ports[2]);
    return url;
}

void galera_kill(int node)
{
    CHECK(cluster.nodes[node] > 0);
    (void)kill(cluster.nodes[node], SIGKILL);
    (void)waitpid(cluster.nodes[node], NULL, 0);
    cluster.nodes[node] = 0;
}

void galera_restart(int node)
{
    CHECK(cluster.nodes[node] == 0);
    start_node(node, false);
    await_node(node);
}

void galera_freeze(int node)
{
    CHECK(cluster.nodes[node] > 0 && kill(cluster.nodes[node], SIGSTOP) == 0);
}

/* A node that was left out does not know it at first: another one is asked who is there. */
void galera_thaw(int node)
{
    int other = (node + 1) % GALERA_NODES;
    bool back = false;

    CHECK(cluster.nodes[node] > 0 && status_is(other, "wsrep_cluster_size", "2"));
    CHECK(kill(cluster.nodes[node], SIGCONT) == 0);
    for (int waited = 0; waited < START_MS && !back; waited += 100) {
        sleep_ms(100);
        back = status_is(other, "wsrep_cluster_size", "3") &&
               status_is(node, "wsrep_cluster_size", "3") && is_ready(node);
    }
    if (!back) {
        give_up("a node that was frozen has not come back");
    }
}
