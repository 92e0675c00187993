/* What a request costs: the server answering at once, and handed to another thread in batches and
 * resumed; the client calling such a server. Server, clients and writer share the machine's cores,
 * so the loop's own CPU time per request is printed beside the rate. */
#include "platform/http/client.h"
#include "test/lib/http_fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RUN_MS = 2000, BODY_LEN = 350, CLIENT_IN_FLIGHT = 64 };

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    CHECK(clock_gettime(clock, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the server ---- */

static struct queue *to_writer;

struct handed_over {
    struct task task; /* its node is what the writer takes */
    struct request *req;
};

static void answer(struct task *task)
{
    struct request *req = ((struct handed_over *)task)->req;

    request_reply(req, reply_json(req, 200, req->body));
}

/* Stands for the store: takes batches and releases their answers together. */
static void writer(void *ctx)
{
    struct loop *loop = ctx;
    struct queue_node *chain;

    while (queue_take(to_writer, &chain, 512, -1) > 0) {
        loop_post_chain(loop, (struct task *)chain);
    }
}

static struct reply *handed_over_handler(struct request *req)
{
    struct handed_over *handed_over = ARENA_NEW(req->arena, struct handed_over);

    handed_over->task.run = answer;
    handed_over->req = req;
    if (queue_push(to_writer, &handed_over->task.node) != ERR_OK) {
        return reply_error(req, ERR_QUEUE_FULL);
    }
    return reply_later(req);
}

static struct reply *hello_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain", STR("hello"));
}

struct order {
    struct str merchant_order_no, subject, notify_url;
    struct amount amount;
    enum currency currency;
};
static const struct field order_fields[] = {
    FIELD(struct order, merchant_order_no, FIELD_TEXT, .required = true, .min = 1, .max = 64),
    FIELD(struct order, amount, FIELD_AMOUNT, .required = true, .min = 1, .max = 100000000),
    FIELD(struct order, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct order, subject, FIELD_TEXT, .max = 256),
    FIELD(struct order, notify_url, FIELD_TEXT, .max = 256, .charset = FIELD_URL),
};
static const struct field_set order_set = FIELD_SET("order", order_fields);

static struct reply *json_handler(struct request *req)
{
    struct order order = {.currency = CURRENCY_NONE};

    return request_body(req, &order_set, &order) != ERR_OK
               ? reply_refusal(req)
               : reply_fields(req, 200, &order_set, &order);
}

static const struct route routes[] = {
    {.method = "GET", .path = "/hello", .handler = hello_handler},
    {.method = "POST", .path = "/v1/orders", .handler = json_handler},
    {.method = "POST", .path = "/v1/orders/{id}/later", .handler = handed_over_handler},
    {.method = NULL},
};

/* ---- a load of keep-alive connections, one request at a time each ---- */

struct load_connection {
    int fd;
    size_t received;
    size_t expected; /* bytes of an answer; all are alike */
    char buffer[2048];
};

struct load {
    uint16_t port;
    struct str request;
    int epoll_fd;
    unsigned count;
    struct load_connection *connections;
    int64_t answers;
};

static void load_send(const struct load *load, const struct load_connection *connection)
{
    CHECK(send(connection->fd, load->request.ptr, load->request.len, MSG_NOSIGNAL) ==
          (ssize_t)load->request.len);
}

static void load_open(struct load *load, struct load_connection *connection)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(load->port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connection->fd >= 0);
    CHECK(connect(connection->fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
    CHECK(epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) == 0);
}

/* The length of a whole answer from its head; 0 while the head is incomplete. */
static size_t answer_len(const struct load_connection *connection)
{
    struct str text = {connection->buffer, connection->received};
    size_t end;
    size_t at;

    CHECK(str_starts(text, STR("HTTP/1.1 200")) || text.len < 12);
    if (!str_find(text, STR("\r\n\r\n"), &end) || !str_find(text, STR("Content-Length: "), &at)) {
        return 0;
    }
    return end + 4 + strtoul(text.ptr + at + 16, NULL, 10);
}

static void load_receive(struct load *load, struct load_connection *connection)
{
    ssize_t got = recv(connection->fd, connection->buffer + connection->received,
                       sizeof(connection->buffer) - connection->received, MSG_DONTWAIT);

    CHECK(got > 0);
    connection->received += (size_t)got;
    if (connection->expected == 0) {
        connection->expected = answer_len(connection);
    }
    if (connection->expected > 0 && connection->received >= connection->expected) {
        connection->received = 0;
        connection->expected = 0;
        load->answers++;
        load_send(load, connection);
    }
}

static void load_run(struct load *load, int64_t run_ms)
{
    int64_t until = clock_us(CLOCK_MONOTONIC) + run_ms * 1000;
    struct epoll_event events[256];

    while (clock_us(CLOCK_MONOTONIC) < until) {
        int count = epoll_wait(load->epoll_fd, events, 256, 100);

        for (int i = 0; i < count; i++) {
            load_receive(load, events[i].data.ptr);
        }
    }
}

static void read_cpu(void *ctx)
{
    *(int64_t *)ctx = clock_us(CLOCK_THREAD_CPUTIME_ID);
}

static void bench_server(struct http_fixture *fixture, const char *name, struct str request,
                         unsigned connections)
{
    struct load load = {.port = fixture->port, .request = request, .count = connections};
    int64_t cpu_before;
    int64_t cpu_after;
    int64_t before;
    int64_t rate;

    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load.connections = mem_new(connections * sizeof(struct load_connection));
    for (unsigned i = 0; i < connections; i++) {
        load_open(&load, &load.connections[i]);
        load_send(&load, &load.connections[i]);
    }
    load_run(&load, 200);
    load.answers = 0;
    loop_call(fixture->loop, read_cpu, &cpu_before);
    before = clock_us(CLOCK_MONOTONIC);
    load_run(&load, RUN_MS);
    rate = load.answers * 1000000 / (clock_us(CLOCK_MONOTONIC) - before);
    loop_call(fixture->loop, read_cpu, &cpu_after);
    printf("figure http.server.%s.c%u %lld requests/s\n", name, connections, (long long)rate);
    printf("figure http.server.%s.c%u.cpu %lld ns/request\n", name, connections,
           (long long)((cpu_after - cpu_before) * 1000 / (load.answers + 1)));
    for (unsigned i = 0; i < connections; i++) {
        (void)close(load.connections[i].fd);
    }
    (void)close(load.epoll_fd);
    mem_free(load.connections);
}

/* ---- the client ---- */

struct caller {
    struct http_call call;
    struct client_bench *bench;
};

struct client_bench {
    struct loop *loop;
    struct http_client *client;
    struct str url;
    struct str body;
    struct counter answers;
    bool stopping; /* on the loop's thread */
    struct caller callers[CLIENT_IN_FLIGHT];
};

static void call_done(struct http_call *call);

static void call_again(struct caller *caller)
{
    struct arena *arena = caller->call.arena;

    arena_reset(arena);
    caller->call = (struct http_call){
        .arena = arena,
        .method = STR("POST"),
        .url = caller->bench->url,
        .body = caller->bench->body,
        .addresses = HTTP_ADDRESS_ANY,
        .done = call_done,
        .ctx = caller,
    };
    http_call_header(&caller->call, STR("Content-Type"), STR("application/json"));
    http_call_header(&caller->call, STR("Authorization"), STR("TOMATO-HMAC-SHA256 key_id=\"x\""));
    http_call_start(caller->bench->client, &caller->call);
}

static void call_done(struct http_call *call)
{
    struct caller *caller = call->ctx;

    if (!caller->bench->stopping) {
        CHECK(call->err == ERR_OK && call->status == 200);
        counter_add(&caller->bench->answers, 1);
        call_again(caller);
    }
}

static void start_calls(void *ctx)
{
    struct client_bench *bench = ctx;

    bench->client = http_client_new(bench->loop, NULL);
    for (size_t i = 0; i < CLIENT_IN_FLIGHT; i++) {
        bench->callers[i].call.arena = arena_new();
        bench->callers[i].bench = bench;
        call_again(&bench->callers[i]);
    }
}

static void stop_calls(void *ctx)
{
    struct client_bench *bench = ctx;

    bench->stopping = true;
    http_client_free(bench->client);
    for (size_t i = 0; i < CLIENT_IN_FLIGHT; i++) {
        arena_free(bench->callers[i].call.arena);
    }
}

static void bench_client(struct http_fixture *fixture, struct str body)
{
    struct client_bench *bench = mem_new(sizeof(*bench));
    struct timespec run = {.tv_sec = RUN_MS / 1000};
    struct arena *arena = arena_new();
    int64_t cpu_before;
    int64_t cpu_after;
    int64_t count;

    bench->loop = loop_new("caller", 1, NULL);
    bench->url = str_printf(arena, "http://127.0.0.1:%u/v1/orders/1/later", fixture->port);
    bench->body = body;
    loop_start(bench->loop);
    loop_call(bench->loop, start_calls, bench);
    (void)usleep(200000);
    loop_call(bench->loop, read_cpu, &cpu_before);
    counter_set(&bench->answers, 0);
    (void)nanosleep(&run, NULL);
    count = counter_get(&bench->answers);
    loop_call(bench->loop, read_cpu, &cpu_after);
    printf("figure http.client.rate %lld calls/s\n", (long long)(count * 1000 / RUN_MS));
    printf("figure http.client.cpu %lld ns/call\n",
           (long long)((cpu_after - cpu_before) * 1000 / (count + 1)));
    loop_call(bench->loop, stop_calls, bench);
    loop_free(bench->loop);
    arena_free(arena);
    mem_free(bench);
}

/* ---- */

static struct str post(struct arena *arena, const char *path, struct str body)
{
    return str_printf(
        arena,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Authorization: TOMATO-HMAC-SHA256 key_id=\"k\",timestamp=\"1\",nonce=\"n\","
        "signature=\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
        "\r\nUser-Agent: bench\r\nAccept: */*\r\nContent-Length: %zu\r\n\r\n" STR_FMT,
        path, body.len, STR_ARG(body));
}

static struct str json_body(struct arena *arena)
{
    char subject[BODY_LEN];

    memset(subject, 's', sizeof(subject));
    return str_printf(arena,
                      "{\"merchant_order_no\":\"20261122-000000001\",\"amount\":12345,"
                      "\"currency\":\"CNY\",\"subject\":\"%.*s\","
                      "\"notify_url\":\"https://merchant.example/notify/payment\"}",
                      180, subject);
}

int main(void)
{
    static const unsigned connections[] = {64, 512, 5000};
    struct arena *arena = arena_new();
    struct http_fixture fixture;
    struct http_server_options options = {.connections_max = 6000};
    struct rlimit files = {16000, 16000};
    struct thread *thread;
    struct str body = json_body(arena);

    (void)setrlimit(RLIMIT_NOFILE, &files);
    to_writer = queue_new(10000);
    http_fixture_start(&fixture, &options, routes);
    thread = thread_start("writer", writer, fixture.loop);
    for (size_t i = 0; i < ARRAY_LEN(connections); i++) {
        bench_server(&fixture, "hello", STR("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
                     connections[i]);
        bench_server(&fixture, "json", post(arena, "/v1/orders", body), connections[i]);
        bench_server(&fixture, "resumed", post(arena, "/v1/orders/1/later", body), connections[i]);
    }
    bench_client(&fixture, body);
    http_fixture_stop(&fixture);
    queue_close(to_writer);
    thread_join(thread);
    queue_free(to_writer);
    arena_free(arena);
    return 0;
}
