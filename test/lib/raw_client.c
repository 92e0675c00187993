#include "test/lib/raw_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct raw_client *raw_open(uint16_t port)
{
    struct raw_client *client = mem_new(sizeof(*client));
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(client->fd >= 0);
    CHECK(connect(client->fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
    return client;
}

void raw_close(struct raw_client *client)
{
    (void)close(client->fd);
    mem_free(client);
}

/* A peer that closed already shows when the answer is read. */
void raw_send(struct raw_client *client, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(client->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

        if (sent <= 0) {
            return;
        }
        bytes = str_slice(bytes, (size_t)sent, bytes.len);
    }
}

void raw_printf(struct raw_client *client, const char *format, ...)
{
    struct buf buf;
    va_list args;

    buf_init(&buf, RAW_BUFFER);
    va_start(args, format);
    buf_vprintf(&buf, format, args);
    va_end(args);
    CHECK(buf_ok(&buf));
    raw_send(client, buf_str(&buf));
    buf_free(&buf);
}

/* False at the end of the connection or when nothing comes in time. */
static bool receive(struct raw_client *client, int timeout_ms)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    ssize_t got;

    CHECK(client->len < RAW_BUFFER);
    if (poll(&wait, 1, timeout_ms) != 1) {
        return false;
    }
    got = recv(client->fd, client->buffer + client->len, RAW_BUFFER - client->len, 0);
    if (got <= 0) {
        return false;
    }
    client->len += (size_t)got;
    return true;
}

static void drop(struct raw_client *client, size_t len)
{
    client->len -= len;
    memmove(client->buffer, client->buffer + len, client->len);
    client->answer = 0;
}

static struct str view(const struct raw_client *client, size_t from, size_t to)
{
    return (struct str){client->buffer + from, to - from};
}

/* The position after the needle, reading until it is there; 0 when it never comes. */
static size_t find_after(struct raw_client *client, size_t from, struct str needle)
{
    size_t at;

    while (client->len < from || !str_find(view(client, from, client->len), needle, &at)) {
        if (!receive(client, RAW_TIMEOUT_MS)) {
            return 0;
        }
    }
    return from + at + needle.len;
}

static bool have(struct raw_client *client, size_t len)
{
    while (client->len < len) {
        if (!receive(client, RAW_TIMEOUT_MS)) {
            return false;
        }
    }
    return true;
}

/* Joins the chunks behind the headers; returns where the answer ends, 0 when it breaks off. */
static size_t join_chunks(struct raw_client *client, size_t from, struct str *body)
{
    size_t to = from;
    size_t at = from;

    for (;;) {
        size_t line = at;
        size_t size;

        at = find_after(client, at, STR("\r\n"));
        if (at == 0) {
            return 0;
        }
        size = strtoul(client->buffer + line, NULL, 16);
        if (!have(client, at + size + 2)) {
            return 0;
        }
        memmove(client->buffer + to, client->buffer + at, size);
        to += size;
        at += size + 2;
        if (size == 0) {
            *body = view(client, from, to);
            return at;
        }
    }
}

static size_t read_body(struct raw_client *client, size_t from, struct raw_answer *answer)
{
    struct str length = raw_header(answer, "Content-Length");
    int64_t len = 0;

    if (str_eq(raw_header(answer, "Transfer-Encoding"), STR("chunked"))) {
        return join_chunks(client, from, &answer->body);
    }
    if (str_parse_int(length, &len) != ERR_OK || !have(client, from + (size_t)len)) {
        return length.len == 0 ? from : 0;
    }
    answer->body = view(client, from, from + (size_t)len);
    return from + (size_t)len;
}

static struct raw_answer read_answer(struct raw_client *client, bool body)
{
    struct raw_answer answer = {.status = 0};
    size_t end;
    int64_t status;

    drop(client, client->answer);
    end = find_after(client, 0, STR("\r\n\r\n"));
    if (end == 0) {
        return answer;
    }
    answer.head = view(client, 0, end);
    CHECK(str_starts(answer.head, STR("HTTP/1.1 ")));
    CHECK(str_parse_int(str_slice(answer.head, 9, 12), &status) == ERR_OK);
    answer.interim = status < 200;
    client->answer = end;
    if (body && status >= 200 && status != 204 && status != 304) {
        client->answer = read_body(client, end, &answer);
        if (client->answer == 0) {
            return (struct raw_answer){.status = 0};
        }
    }
    answer.status = (int)status;
    return answer;
}

struct raw_answer raw_read(struct raw_client *client)
{
    return read_answer(client, true);
}

struct raw_answer raw_read_no_body(struct raw_client *client)
{
    return read_answer(client, false);
}

struct raw_answer raw_call(struct arena *arena, uint16_t port, struct str bytes)
{
    struct raw_client *client = raw_open(port);
    struct raw_answer answer;

    raw_send(client, bytes);
    answer = raw_read(client);
    answer.head = str_dup(arena, answer.head);
    answer.body = str_dup(arena, answer.body);
    raw_close(client);
    return answer;
}

struct str raw_header(const struct raw_answer *answer, const char *name)
{
    struct str rest = answer->head;
    struct str line;
    struct str key;
    bool more;

    do {
        more = str_cut(&rest, '\n', &line);
        if (str_cut(&line, ':', &key) && str_eq_nocase(key, str_of(name))) {
            return str_trim(line);
        }
    } while (more);
    return (struct str){"", 0};
}

struct str raw_wait(struct raw_client *client, struct str needle)
{
    if (find_after(client, 0, needle) == 0) {
        return (struct str){"", 0};
    }
    return view(client, 0, client->len);
}

static int64_t now_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool raw_is_closed_within(struct raw_client *client, int timeout_ms)
{
    int64_t until = now_ms() + timeout_ms;
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};

    for (;;) {
        char waste[4096];
        int64_t left = until - now_ms();

        if (left <= 0 || poll(&wait, 1, (int)left) != 1) {
            return false;
        }
        if (recv(client->fd, waste, sizeof(waste), 0) <= 0) {
            return true;
        }
    }
}
