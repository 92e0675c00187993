/* The whole on one machine: a merchant's signed creates over HTTP, the channel (the simulator,
 * where every order pays itself and calls back), the books, and the webhook, which is when a
 * payment counts. One thread with raw sockets is the merchant and the receiver of webhooks: it
 * shares the cores with both programs and must cost little.
 *
 * At most OPEN_MAX payments are on their way, so that creates cannot run ahead of what completes.
 */
#include "base/encode.h"
#include "test/lib/platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 64,
    OPEN_MAX = 2048,
    WINDOWS = 5,
    WINDOW_MS = 3000,
    WARM_UP_MS = 2000,
    DRAIN_MS = 30000,
    STARTS = 5,
    SAMPLES_MAX = 1 << 18,
    ORDERS_MAX = 1 << 16, /* a ring: far more than OPEN_MAX */
    MESSAGE_MAX = 1 << 15,
};

static int64_t now_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- samples ---- */

struct samples {
    int32_t *us;
    size_t count;
};

static void sample(struct samples *samples, int64_t us)
{
    if (samples->count < SAMPLES_MAX) {
        samples->us[samples->count++] = us > INT32_MAX ? INT32_MAX : (int32_t)us;
    }
}

static int by_time(const void *a, const void *b)
{
    const int32_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* Sorts. */
static int64_t percentile(struct samples *samples, size_t percent)
{
    if (samples->count == 0) {
        return 0;
    }
    qsort(samples->us, samples->count, sizeof(samples->us[0]), by_time);
    return samples->us[(samples->count - 1) * percent / 100];
}

/* ---- the load ---- */

enum peer_kind { PEER_LISTENER = 1, PEER_MERCHANT, PEER_RECEIVER };

struct peer {
    enum peer_kind kind;
    int fd;
    bool idle; /* merchant: no create on its way */
    int64_t sent_at_us;
    size_t len;
    char in[MESSAGE_MAX];
};

struct load {
    struct platform *platform;
    const char *method;
    unsigned endpoints;
    struct arena *arena; /* of one request */
    int epoll_fd;
    struct peer listener;
    struct peer *merchants;
    bool stopping;
    int64_t next_order;
    int64_t open;  /* payments on their way */
    unsigned told; /* webhooks since one payment less was open */
    int64_t hooks, answers, refused;
    int64_t begun_us[ORDERS_MAX];
    struct samples create, whole;
};

static void watch(struct load *load, struct peer *peer)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};

    CHECK(epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, peer->fd, &event) == 0);
}

static int listen_anywhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address, size) == 0);
    CHECK(listen(fd, 512) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
    return fd;
}

static struct str signature(struct load *load, struct str body, long long timestamp,
                            const char *nonce)
{
    unsigned char hash[CRYPTO_SHA256_LEN];
    struct buf hex, out;
    struct str text;

    crypto_sha256(body, hash);
    buf_init_arena(&hex, load->arena, 2 * sizeof(hash));
    hex_encode(&hex, (struct str){(const char *)hash, sizeof(hash)});
    text = str_printf(load->arena, "POST\n/v1/payments\n%lld\n%s\n" STR_FMT "\n", timestamp, nonce,
                      STR_ARG(buf_str(&hex)));
    crypto_hmac_sha256(&load->platform->key, text, hash);
    buf_init_arena(&out, load->arena, 64);
    base64_encode(&out, (struct str){(const char *)hash, sizeof(hash)});
    return buf_str(&out);
}

static void create(struct load *load, struct peer *peer)
{
    const int64_t number = load->next_order++;
    const long long timestamp = (long long)time(NULL);
    char nonce[40];
    struct str body, request;

    arena_reset(load->arena);
    (void)snprintf(nonce, sizeof(nonce), "bench-%d-%020lld", (int)getpid(), (long long)number);
    body = str_printf(load->arena,
                      "{\"merchant_order_no\":\"L%d-%012lld\",\"amount\":1288,\"currency\":\"CNY\","
                      "\"method\":\"%s\",\"subject\":\"Tomato soup, two bowls\"}",
                      (int)getpid(), (long long)number, load->method);
    request = str_printf(load->arena,
                         "POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         "Content-Type: application/json\r\n"
                         "Authorization: TOMATO-HMAC-SHA256 key_id=\"%s\",timestamp=\"%lld\","
                         "nonce=\"%s\",signature=\"" STR_FMT "\"\r\n"
                         "Content-Length: %zu\r\n\r\n" STR_FMT,
                         load->platform->key_id, timestamp, nonce,
                         STR_ARG(signature(load, body, timestamp, nonce)), body.len, STR_ARG(body));
    load->open++;
    peer->idle = false;
    peer->sent_at_us = now_us();
    load->begun_us[number % ORDERS_MAX] = peer->sent_at_us;
    CHECK(write(peer->fd, request.ptr, request.len) == (ssize_t)request.len);
}

static void keep_busy(struct load *load)
{
    for (size_t i = 0; i < CONNECTIONS && !load->stopping && load->open < OPEN_MAX; i++) {
        if (load->merchants[i].idle) {
            create(load, &load->merchants[i]);
        }
    }
}

static void answered(struct load *load, struct peer *peer)
{
    peer->idle = true;
    load->answers++;
    sample(&load->create, now_us() - peer->sent_at_us);
    if (strncmp(peer->in + strlen("HTTP/1.1 "), "20", 2) != 0) {
        if (load->refused++ == 0) {
            (void)fprintf(stderr, "%s\n", peer->in);
        }
        load->open--;
    }
}

static void notified(struct load *load, struct peer *peer)
{
    static const char member[] = "\"merchant_order_no\":\"L";
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const char *at = strstr(peer->in, member);
    int64_t number;

    CHECK(at != NULL && (at = strchr(at + sizeof(member) - 1, '-')) != NULL);
    number = strtoll(at + 1, NULL, 10);
    load->hooks++;
    if (++load->told == load->endpoints) {
        load->told = 0;
        load->open--;
    }
    sample(&load->whole, now_us() - load->begun_us[number % ORDERS_MAX]);
    CHECK(write(peer->fd, reply, sizeof(reply) - 1) == (ssize_t)(sizeof(reply) - 1));
}

/* One whole message, with a Content-Length, in the buffer; the next one begins an empty buffer:
 * neither side sends ahead. */
static bool whole(const struct peer *peer)
{
    const char *end = strstr(peer->in, "\r\n\r\n");
    const char *length;

    if (end == NULL) {
        return false;
    }
    length = strcasestr(peer->in, "\r\ncontent-length:");
    CHECK(length != NULL && length < end);
    return peer->len >= (size_t)(end + 4 - peer->in) +
                            (size_t)strtoll(length + strlen("\r\ncontent-length:"), NULL, 10);
}

static void readable(struct load *load, struct peer *peer)
{
    ssize_t got = read(peer->fd, peer->in + peer->len, MESSAGE_MAX - 1 - peer->len);

    if (got <= 0) {
        CHECK(peer->kind == PEER_RECEIVER); /* the server keeps the merchant's connections */
        (void)close(peer->fd);
        mem_free(peer);
        return;
    }
    peer->len += (size_t)got;
    peer->in[peer->len] = '\0';
    if (whole(peer)) {
        if (peer->kind == PEER_MERCHANT) {
            answered(load, peer);
        } else {
            notified(load, peer);
        }
        peer->len = 0;
    }
}

static void accept_all(struct load *load)
{
    int fd;

    while ((fd = accept4(load->listener.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = mem_new(sizeof(*peer));
        int on = 1;

        CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
        peer->kind = PEER_RECEIVER;
        peer->fd = fd;
        watch(load, peer);
    }
}

static void turn(struct load *load)
{
    struct epoll_event events[128];
    int count = epoll_wait(load->epoll_fd, events, ARRAY_LEN(events), 100);

    CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; i++) {
        struct peer *peer = events[i].data.ptr;

        if (peer->kind == PEER_LISTENER) {
            accept_all(load);
        } else {
            readable(load, peer);
        }
    }
    keep_busy(load);
}

static void run_for(struct load *load, int64_t ms)
{
    const int64_t until_us = now_us() + ms * 1000;

    while (now_us() < until_us) {
        turn(load);
    }
}

static void drain(struct load *load)
{
    const int64_t until_us = now_us() + DRAIN_MS * 1000LL;

    load->stopping = true;
    while (load->open > 0 && now_us() < until_us) {
        turn(load);
    }
    if (load->open > 0) {
        printf("%lld payments without their webhook after %d s\n", (long long)load->open,
               DRAIN_MS / 1000);
    }
    load->stopping = false;
}

static struct load *load_new(unsigned endpoints)
{
    struct load *load = mem_new(sizeof(*load));
    int port;

    load->arena = arena_new();
    load->endpoints = endpoints;
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load->create.us = mem_new(SAMPLES_MAX * sizeof(int32_t));
    load->whole.us = mem_new(SAMPLES_MAX * sizeof(int32_t));
    load->merchants = mem_new(CONNECTIONS * sizeof(*load->merchants));
    load->listener = (struct peer){.kind = PEER_LISTENER, .fd = listen_anywhere(&port)};
    watch(load, &load->listener);
    load->platform = platform_new(port, endpoints);
    return load;
}

static void load_connect(struct load *load)
{
    /* A server that has just started cannot tell a replay of what it took before, and says so. */
    (void)usleep(2000000);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct peer *peer = &load->merchants[i];

        peer->kind = PEER_MERCHANT;
        peer->idle = true;
        peer->fd = connect_to(load->platform->port);
        watch(load, peer);
    }
}

static void load_free(struct load *load)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        (void)close(load->merchants[i].fd);
    }
    platform_free(load->platform);
    (void)close(load->listener.fd);
    (void)close(load->epoll_fd);
    arena_free(load->arena);
    mem_free(load->create.us);
    mem_free(load->whole.us);
    mem_free(load->merchants);
    mem_free(load);
}

/* ---- figures ---- */

static void figure(const char *name, int64_t value, const char *unit)
{
    printf("figure %s %lld %s\n", name, (long long)value, unit);
    (void)fflush(stdout);
}

static int by_size(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static int64_t median(int64_t *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), by_size);
    return values[count / 2];
}

enum column { RATE, CREATE_P50, CREATE_P99, WHOLE_P50, WHOLE_P99, SERVER_CPU, SIM_CPU, COLUMNS };

/* Medians over the windows of one continuous load. */
static void measure(struct load *load, const char *method, int64_t medians[COLUMNS])
{
    int64_t values[COLUMNS][WINDOWS];

    load->method = method;
    keep_busy(load);
    run_for(load, WARM_UP_MS);
    for (size_t i = 0; i < WINDOWS; i++) {
        const int64_t before_us = now_us();
        const int64_t server_us = platform_cpu_us(load->platform->serve);
        const int64_t sim_us = platform_cpu_us(load->platform->sim);

        load->hooks = 0;
        load->create.count = 0;
        load->whole.count = 0;
        run_for(load, WINDOW_MS);
        values[RATE][i] = load->hooks * 1000000 / (now_us() - before_us);
        values[CREATE_P50][i] = percentile(&load->create, 50);
        values[CREATE_P99][i] = percentile(&load->create, 99);
        values[WHOLE_P50][i] = percentile(&load->whole, 50);
        values[WHOLE_P99][i] = percentile(&load->whole, 99);
        values[SERVER_CPU][i] =
            (platform_cpu_us(load->platform->serve) - server_us) / (load->hooks + 1);
        values[SIM_CPU][i] = (platform_cpu_us(load->platform->sim) - sim_us) / (load->hooks + 1);
    }
    drain(load);
    for (size_t i = 0; i < COLUMNS; i++) {
        medians[i] = median(values[i], WINDOWS);
    }
    printf("%-14s %8lld %10lld %10lld %10lld %10lld %8lld %8lld\n", method, (long long)medians[0],
           (long long)medians[1], (long long)medians[2], (long long)medians[3],
           (long long)medians[4], (long long)medians[5], (long long)medians[6]);
    if (load->refused > 0) {
        printf("%lld creates were refused\n", (long long)load->refused);
        load->refused = 0;
    }
}

static int64_t start_time(struct platform *platform)
{
    int64_t times[STARTS];

    for (size_t i = 0; i < STARTS; i++) {
        times[i] = platform_serve(platform);
        platform_stop(platform);
    }
    return median(times, STARTS);
}

static void table_head(void)
{
    printf("%-14s %8s %10s %10s %10s %10s %8s %8s\n", "", "a second", "create p50", "p99 us",
           "webhook p50", "p99 us", "CPU us", "sim us");
}

static void bench_payments(void)
{
    struct load *load = load_new(1);
    int64_t mock[COLUMNS], wechat[COLUMNS];
    int64_t idle;

    figure("binary.size", platform_binary_size(load->platform), "bytes");
    figure("start.ready", start_time(load->platform), "us");
    (void)platform_serve(load->platform);
    load_connect(load);
    idle = platform_rss(load->platform);
    printf("payments from the signed create to the webhook, %d connections, CPU per payment\n",
           CONNECTIONS);
    table_head();
    measure(load, "mock_qr", mock);
    measure(load, "wechat_native", wechat);
    figure("payments.http.rate", mock[RATE], "per_second");
    figure("payments.http.p50", mock[CREATE_P50], "us");
    figure("payments.http.p99", mock[CREATE_P99], "us");
    figure("payments.http.wechat.rate", wechat[RATE], "per_second");
    figure("payments.http.wechat.p99", wechat[CREATE_P99], "us");
    figure("rss.idle", idle, "bytes");
    figure("rss.loaded", platform_rss(load->platform), "bytes");
    load_free(load);
}

/* Each payment is told to several endpoints: most of the work is webhooks. */
static void bench_webhooks(void)
{
    struct load *load = load_new(PLATFORM_ENDPOINTS_MAX);
    int64_t medians[COLUMNS];

    (void)platform_serve(load->platform);
    load_connect(load);
    printf("webhooks, %d of each payment; CPU per webhook\n", PLATFORM_ENDPOINTS_MAX);
    table_head();
    measure(load, "mock_qr", medians);
    figure("webhooks.rate", medians[RATE], "per_second");
    load_free(load);
}

int main(void)
{
    bench_payments();
    bench_webhooks();
    return 0;
}
