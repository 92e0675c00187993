#include "test/lib/mysql_relay.h"

#include "base/arena.h"
#include "base/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 16, BUFFER = 1 << 16, LATE_MAX = 4096, ERROR_MAX = 64 };

struct pair {
    int fds[2]; /* client, server; -1 */
    /* What is held back on its way to fds[to], until then. */
    unsigned char late[LATE_MAX];
    size_t late_len;
    int late_to;
    int64_t late_until_ms;
    bool hold_answer; /* the next answer of the server is */
};

struct relay {
    int listener;
    int port, server_port;
    struct counter mode, error, delay_ms, struck, stopping;
    struct thread *thread;
    struct pair pairs[CONNECTIONS];
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(fd >= 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void cut(struct pair *pair)
{
    (void)close(pair->fds[0]);
    (void)close(pair->fds[1]);
    *pair = (struct pair){.fds = {-1, -1}};
}

static void send_all(int fd, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

        if (sent <= 0) {
            return; /* its end is seen when it is read */
        }
        at += sent;
        len -= (size_t)sent;
    }
}

/* ---- what is done to a packet ---- */

static void send_error(struct pair *pair, unsigned error)
{
    static const char text[] = "#HY000says the relay";
    unsigned char packet[ERROR_MAX] = {sizeof(text) - 1 + 3, 0, 0, 1, 0xff};

    packet[5] = (unsigned char)error;
    packet[6] = (unsigned char)(error >> 8);
    memcpy(packet + 7, text, sizeof(text) - 1);
    send_all(pair->fds[0], packet, 7 + sizeof(text) - 1);
}

static void hold_back(struct pair *pair, int to, const void *bytes, size_t len, int64_t delay_ms)
{
    CHECK(len <= LATE_MAX && pair->late_len == 0);
    memcpy(pair->late, bytes, len);
    pair->late_len = len;
    pair->late_to = to;
    pair->late_until_ms = now_ms() + delay_ms;
}

/* One whole packet, so that it may be answered in the server's place. */
static bool is_whole(const unsigned char *bytes, size_t len)
{
    return len >= 5 &&
           len == 4 + ((size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16);
}

static bool strikes(enum relay_mode mode, const unsigned char *bytes, size_t len)
{
    static const char change[] = ", commit_no =";
    bool commit = len == 11 && memcmp(bytes + 4, "\3COMMIT", 7) == 0;

    switch (mode) {
    case RELAY_PASS:
    case RELAY_REFUSE:
        return false;
    case RELAY_CUT_WRITES:
    case RELAY_FAIL_WRITES:
        return is_whole(bytes, len) && memmem(bytes, len, change, sizeof(change) - 1) != NULL;
    case RELAY_CUT_BEFORE_COMMIT:
    case RELAY_CUT_AFTER_COMMIT:
    case RELAY_FAIL_COMMIT:
    case RELAY_FAIL_APPLIED:
    case RELAY_FAIL_ALWAYS:
    case RELAY_DELAY_COMMIT:
    case RELAY_DELAY_ANSWER:
        return commit;
    }
    return false;
}

/* The answer is waited for, so that what is said to be applied is. */
static void apply_unseen(struct pair *pair, const unsigned char *bytes, size_t len)
{
    unsigned char answer[BUFFER];

    send_all(pair->fds[1], bytes, len);
    (void)recv(pair->fds[1], answer, sizeof(answer), 0);
}

static void strike(struct relay *relay, struct pair *pair, const unsigned char *bytes, size_t len)
{
    enum relay_mode mode = (enum relay_mode)counter_get(&relay->mode);
    unsigned error = (unsigned)counter_get(&relay->error);

    if (mode != RELAY_FAIL_ALWAYS) {
        counter_set(&relay->mode, RELAY_PASS);
    }
    counter_set(&relay->struck, 1);
    switch (mode) {
    case RELAY_PASS:
    case RELAY_REFUSE:
        break;
    case RELAY_CUT_BEFORE_COMMIT:
    case RELAY_CUT_WRITES:
        cut(pair);
        break;
    case RELAY_CUT_AFTER_COMMIT:
        apply_unseen(pair, bytes, len);
        cut(pair);
        break;
    case RELAY_FAIL_WRITES:
    case RELAY_FAIL_COMMIT:
    case RELAY_FAIL_ALWAYS:
        send_error(pair, error);
        break;
    case RELAY_FAIL_APPLIED:
        apply_unseen(pair, bytes, len);
        send_error(pair, error);
        break;
    case RELAY_DELAY_COMMIT:
        hold_back(pair, 1, bytes, len, counter_get(&relay->delay_ms));
        break;
    case RELAY_DELAY_ANSWER:
        pair->hold_answer = true;
        send_all(pair->fds[1], bytes, len);
        break;
    }
}

static void forward(struct relay *relay, struct pair *pair, int side)
{
    static unsigned char buffer[BUFFER];
    ssize_t len = recv(pair->fds[side], buffer, sizeof(buffer), 0);

    if (len <= 0) {
        /* a packet that is held back outlives its sender, as one on the wire does */
        if (pair->late_len > 0 && pair->late_to == 1) {
            send_all(pair->fds[1], pair->late, pair->late_len);
        }
        cut(pair);
    } else if (side == 0 &&
               strikes((enum relay_mode)counter_get(&relay->mode), buffer, (size_t)len)) {
        strike(relay, pair, buffer, (size_t)len);
    } else if (side == 1 && pair->hold_answer) {
        pair->hold_answer = false;
        hold_back(pair, 0, buffer, (size_t)len, counter_get(&relay->delay_ms));
    } else {
        send_all(pair->fds[1 - side], buffer, (size_t)len);
    }
}

/* ---- the thread ---- */

static void relay_accept(struct relay *relay)
{
    int client = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
    int server = counter_get(&relay->mode) == RELAY_REFUSE ? -1 : dial(relay->server_port);

    for (int i = 0; i < CONNECTIONS && server >= 0; i++) {
        if (relay->pairs[i].fds[0] < 0) {
            relay->pairs[i] = (struct pair){.fds = {client, server}};
            return;
        }
    }
    (void)close(client);
    if (server >= 0) {
        (void)close(server);
    }
}

static void look_after(struct relay *relay, struct pair *pair)
{
    if (pair->fds[0] >= 0 && counter_get(&relay->mode) == RELAY_REFUSE) {
        cut(pair);
    }
    if (pair->late_len > 0 && now_ms() >= pair->late_until_ms) {
        send_all(pair->fds[pair->late_to], pair->late, pair->late_len);
        pair->late_len = 0;
    }
}

static void relay_run(void *ctx)
{
    struct relay *relay = ctx;

    while (counter_get(&relay->stopping) == 0) {
        struct pollfd fds[1 + 2 * CONNECTIONS] = {{relay->listener, POLLIN, 0}};

        for (int i = 0; i < CONNECTIONS; i++) {
            look_after(relay, &relay->pairs[i]);
            fds[1 + 2 * i] = (struct pollfd){relay->pairs[i].fds[0], POLLIN, 0};
            fds[2 + 2 * i] = (struct pollfd){relay->pairs[i].fds[1], POLLIN, 0};
        }
        (void)poll(fds, ARRAY_LEN(fds), 20);
        for (int i = 0; i < 2 * CONNECTIONS; i++) {
            if (fds[1 + i].revents != 0 && relay->pairs[i / 2].fds[i % 2] == fds[1 + i].fd) {
                forward(relay, &relay->pairs[i / 2], i % 2);
            }
        }
        if (fds[0].revents != 0) {
            relay_accept(relay);
        }
    }
}

struct relay *relay_start(int server_port)
{
    struct relay *relay = mem_new(sizeof(*relay));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    relay->server_port = server_port;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(relay->listener, (struct sockaddr *)&address, len) == 0);
    CHECK(listen(relay->listener, 16) == 0);
    CHECK(getsockname(relay->listener, (struct sockaddr *)&address, &len) == 0);
    relay->port = ntohs(address.sin_port);
    for (int i = 0; i < CONNECTIONS; i++) {
        relay->pairs[i].fds[0] = -1;
        relay->pairs[i].fds[1] = -1;
    }
    relay->thread = thread_start("relay", relay_run, relay);
    return relay;
}

void relay_stop(struct relay *relay)
{
    counter_set(&relay->stopping, 1);
    thread_join(relay->thread);
    for (int i = 0; i < CONNECTIONS; i++) {
        if (relay->pairs[i].fds[0] >= 0) {
            cut(&relay->pairs[i]);
        }
    }
    (void)close(relay->listener);
    mem_free(relay);
}

int relay_port(const struct relay *relay)
{
    return relay->port;
}

void relay_set(struct relay *relay, enum relay_mode mode, unsigned error, int64_t delay_ms)
{
    counter_set(&relay->error, error);
    counter_set(&relay->delay_ms, delay_ms);
    counter_set(&relay->struck, 0);
    counter_set(&relay->mode, mode);
}

bool relay_has_struck(const struct relay *relay)
{
    return counter_get(&relay->struck) != 0;
}

void relay_url(const char *url, int port, char out[256])
{
    const char *at = strrchr(url, ':') + 1;

    (void)snprintf(out, 256, "%.*s%d%s", (int)(at - url), url, port, strchr(at, '/'));
}

int relay_url_port(const char *url)
{
    return (int)strtol(strrchr(url, ':') + 1, NULL, 10);
}
