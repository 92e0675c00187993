#include "test/lib/platform.h"

#include "base/time.h"
#include "test/lib/certificate.h"
#include "test/lib/folder.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 16, TEXT_MAX = 1 << 16 };

#define MOCK_NO "1900000001"
#define MOCK_KEY "mock-secret-key-0123456789"
#define WECHAT_NO "1900000109"
#define WECHAT_APP "wx8888888888888888"
#define WECHAT_KEY "abcdefghijklmnopqrstuvwxyz012345"

static int64_t now_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void give_up(const char *what, const char *detail)
{
    (void)fprintf(stderr, "platform: %s %s\n", what, detail);
    exit(1);
}

/* One of our programs, with its standard output in `out`. */
static pid_t start(struct platform *p, const char *const *arguments, int out)
{
    const char *path = str_cstr(p->arena, str_printf(p->arena, "%s/%s", p->build, arguments[0]));
    pid_t child = fork();

    CHECK(child >= 0);
    if (child != 0) {
        return child;
    }
    /* Nothing is left behind, however this program ends. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || dup2(out, STDOUT_FILENO) < 0) {
        _exit(126);
    }
    (void)execv(path, (char *const *)(uintptr_t)arguments);
    perror(path);
    _exit(127);
}

/* Runs a command of the program and gives its answer. */
static json_t *tool(struct platform *p, const char *const *arguments)
{
    char *text = arena_alloc(p->arena, TEXT_MAX);
    size_t len = 0;
    ssize_t got;
    int fds[2];
    int status;
    json_t *answer;
    pid_t child;

    CHECK(pipe(fds) == 0);
    child = start(p, arguments, fds[1]);
    (void)close(fds[1]);
    while ((got = read(fds[0], text + len, TEXT_MAX - 1 - len)) > 0) {
        len += (size_t)got;
    }
    (void)close(fds[0]);
    CHECK(waitpid(child, &status, 0) == child);
    answer = json_loads(text, 0, NULL);
    if (status != 0 || answer == NULL) {
        give_up(arguments[1], text);
    }
    return answer;
}

static const char *text_of(struct platform *p, json_t *answer, const char *name)
{
    const char *value = json_string_value(json_object_get(answer, name));

    CHECK(value != NULL);
    value = str_cstr(p->arena, str_of(value));
    json_decref(answer);
    return value;
}

#define TOOL(p, ...) tool((p), (const char *const[]){"tomato", __VA_ARGS__, NULL})

/* ---- HTTP, one request at a time ---- */

static int request(int port, const char *head, const char *body, char *answer, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t len = 0;
    ssize_t got;
    int status = 0;

    CHECK(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        (void)dprintf(fd,
                      "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                      head, strlen(body), body);
        while ((got = read(fd, answer + len, size - 1 - len)) > 0) {
            len += (size_t)got;
        }
    }
    (void)close(fd);
    answer[len] = '\0';
    if (len > 12) {
        status = (int)strtol(answer + 9, NULL, 10);
    }
    return status;
}

static void tell_sim(struct platform *p, json_t *body)
{
    char *answer = arena_alloc(p->arena, TEXT_MAX);
    char *text = json_dumps(body, JSON_COMPACT);
    int status = request(p->sim_port, "POST /admin/merchants", text, answer, TEXT_MAX);

    if (status / 100 != 2) {
        give_up("the simulator refused:", answer);
    }
    (free)(text); /* jansson's */
    json_decref(body);
}

/* ---- setting up ---- */

static int listening_port(int fd)
{
    char line[256];
    size_t len = 0;
    const char *at;

    while (len < sizeof(line) - 1 && read(fd, line + len, 1) == 1 && line[len] != '\n') {
        len++;
    }
    line[len] = '\0';
    at = strrchr(line, ':');
    if (at == NULL) {
        give_up("a program did not start:", line);
    }
    return (int)strtol(at + 1, NULL, 10);
}

static void start_sim(struct platform *p)
{
    const char *data = str_cstr(p->arena, str_printf(p->arena, "%s/sim", p->folder));
    int fds[2];

    CHECK(pipe(fds) == 0);
    p->sim =
        start(p, (const char *const[]){"tomato-sim", "--port", "0", "--data", data, NULL}, fds[1]);
    (void)close(fds[1]);
    p->sim_port = listening_port(fds[0]);
    (void)close(fds[0]);
}

static void make_account(struct platform *p, json_t *body)
{
    const char *file = str_cstr(p->arena, str_printf(p->arena, "%s/account.json", p->folder));
    json_t *answer;

    CHECK(json_dump_file(body, file, 0) == 0);
    answer = tool(p, (const char *const[]){"tomato", "channel", "create", file, NULL});
    CHECK(unlink(file) == 0);
    json_decref(answer);
    json_decref(body);
}

static void make_mock(struct platform *p)
{
    const char *url = str_cstr(p->arena, str_printf(p->arena, "http://127.0.0.1:%d", p->sim_port));

    tell_sim(p, json_pack("{ss ss sb}", "merchant_no", MOCK_NO, "key", MOCK_KEY, "auto_pay", 1));
    make_account(p, json_pack("{ss ss ss s[s] ss ss ss s{} s{ss}}", "channel", "mock", "name",
                              "mock", "account_no", MOCK_NO, "methods", "mock_qr", "fund_mode",
                              "direct", "currency", "CNY", "base_url", url, "config", "credentials",
                              "key", MOCK_KEY));
}

static void make_wechat(struct platform *p)
{
    const char *url =
        str_cstr(p->arena, str_printf(p->arena, "http://127.0.0.1:%d/wechat", p->sim_port));
    const int64_t now_ms = (int64_t)time(NULL) * 1000;
    const struct test_certificate own =
        test_certificate(p->arena, now_ms - TIME_DAY_MS, now_ms + TIME_DAY_MS);
    const char *serial = str_cstr(p->arena, own.serial);

    tell_sim(p, json_pack("{ss ss ss ss ss# ss sb}", "mchid", WECHAT_NO, "appid", WECHAT_APP,
                          "api_v3_key", WECHAT_KEY, "merchant_serial", serial,
                          "merchant_public_key_pem", own.public_pem.ptr, (int)own.public_pem.len,
                          "mode", "certificate", "auto_pay", 1));
    make_account(p, json_pack("{ss ss ss s[s] ss ss ss s{ss ss ss} s{ss# ss}}", "channel", "wechat",
                              "name", "wechat", "account_no", WECHAT_NO, "methods", "wechat_native",
                              "fund_mode", "direct", "currency", "CNY", "base_url", url, "config",
                              "appid", WECHAT_APP, "merchant_serial", serial, "mode", "certificate",
                              "credentials", "private_key", own.private_pem.ptr,
                              (int)own.private_pem.len, "apiv3_key", WECHAT_KEY));
}

static void make_merchant(struct platform *p, unsigned endpoints)
{
    json_t *key;

    p->merchant =
        text_of(p, TOOL(p, "merchant", "create", "--no", "BENCH", "--name", "Tomato bench"), "id");
    p->app =
        text_of(p, TOOL(p, "merchant", "app", "--merchant", p->merchant, "--name", "web"), "id");
    key = TOOL(p, "merchant", "key", "--merchant", p->merchant, "--app", p->app);
    p->key = secret_of(p->arena, str_of(json_string_value(json_object_get(key, "secret"))));
    p->key_id = text_of(p, key, "id");
    json_decref(
        TOOL(p, "merchant", "contract", "--merchant", p->merchant, "--rate", "6000", "--min", "1"));
    for (unsigned i = 0; i < endpoints; i++) {
        const char *url = str_cstr(
            p->arena, str_printf(p->arena, "http://127.0.0.1:%d/webhooks/%u", p->hook_port, i));

        json_decref(TOOL(p, "merchant", "endpoint", "--merchant", p->merchant, "--url", url,
                         "--events", "payment.succeeded"));
    }
}

static const char *free_port(struct arena *arena)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address, size) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    (void)close(fd);
    return str_cstr(arena, str_printf(arena, "%d", ntohs(address.sin_port)));
}

static struct platform *new_folder(void)
{
    struct platform *p = mem_new(sizeof(*p));

    p->arena = arena_new();
    p->build = getenv("TOMATO_BUILD") != NULL ? getenv("TOMATO_BUILD") : "build/release";
    test_folder(p->folder, sizeof(p->folder), "tomato_bench");
    CHECK(setenv("TOMATO_DATA_DIR", p->folder, 1) == 0);
    CHECK(setenv("TOMATO_HTTP_ADDRESS", "127.0.0.1", 1) == 0);
    CHECK(setenv("TOMATO_HTTP_PORT", free_port(p->arena), 1) == 0); /* channels call it back */
    CHECK(setenv("TOMATO_NOTIFY_ALLOW_LOOPBACK", "true", 1) == 0);
    CHECK(setenv("TOMATO_GATEWAY_ADDRESS_RATE", "0", 1) == 0);
    CHECK(setenv("TOMATO_LOG_LEVEL", "warn", 1) == 0);
    return p;
}

struct platform *platform_new_operator(const char *permissions)
{
    struct platform *p = new_folder();

    p->operator_key =
        text_of(p, TOOL(p, "merchant", "operator-key", "--permissions", permissions), "secret");
    return p;
}

struct platform *platform_new(int hook_port, unsigned endpoints)
{
    struct platform *p = new_folder();

    p->hook_port = hook_port;
    start_sim(p);
    make_merchant(p, endpoints);
    make_mock(p);
    make_wechat(p);
    return p;
}

int64_t platform_serve(struct platform *p)
{
    const int64_t before_us = now_us();
    char answer[4096];
    int fds[2];

    CHECK(pipe(fds) == 0);
    p->serve = start(p, (const char *const[]){"tomato", "serve", NULL}, fds[1]);
    (void)close(fds[1]);
    p->port = listening_port(fds[0]);
    (void)close(fds[0]);
    while (request(p->port, "GET /readyz", "", answer, sizeof(answer)) != 200) {
        if (now_us() - before_us > 30000000) {
            give_up("the server does not become ready:", answer);
        }
        (void)usleep(1000);
    }
    return now_us() - before_us;
}

static void end(pid_t *child)
{
    int status = 0;

    if (*child != 0) {
        CHECK(kill(*child, SIGTERM) == 0 && waitpid(*child, &status, 0) == *child);
        if (status != 0) {
            give_up("a program ended badly", "");
        }
        *child = 0;
    }
}

void platform_stop(struct platform *p)
{
    end(&p->serve);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

void platform_free(struct platform *p)
{
    end(&p->serve);
    end(&p->sim);
    (void)nftw(p->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(p->arena);
    mem_free(p);
}

int64_t platform_rss(const struct platform *p)
{
    char path[64];
    char line[256];
    long long kib = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)p->serve);
    file = fopen(path, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            kib = strtoll(line + 6, NULL, 10);
        }
    }
    (void)fclose(file);
    return (int64_t)kib * 1024;
}

int64_t platform_cpu_us(pid_t child)
{
    struct timespec used;
    clockid_t clock;

    CHECK(clock_getcpuclockid(child, &clock) == 0 && clock_gettime(clock, &used) == 0);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

int64_t platform_binary_size(const struct platform *p)
{
    struct stat stat_;

    CHECK(stat(str_cstr(p->arena, str_printf(p->arena, "%s/tomato", p->build)), &stat_) == 0);
    return (int64_t)stat_.st_size;
}
