/* Transfers over HTTP, by the program as it is served: an operator's key, 64 keep-alive connections
 * with one transfer at a time each, then 8 with 512 transfers in a request. One thread with raw
 * sockets is the client, on the same cores. At the end the books are proved to have what was
 * answered, each once.
 *
 * Usage: ledger_http_bench [BATCH] */
#include "test/lib/ledger_load.h"
#include "test/lib/platform.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCOUNTS = 10000,
    SINGLE_CONNECTIONS = 64,
    BATCH_CONNECTIONS = 8,
    BATCH = 512,
    WINDOWS = 5,
    WINDOW_MS = 3000,
    WARM_UP_MS = 1500,
    SAMPLES_MAX = 1 << 18,
    MESSAGE_MAX = 1 << 21,
};

struct peer {
    int fd;
    int64_t sent_at_us;
    size_t len; /* of what has come of the answer */
    char *in;
};

struct client {
    struct platform *platform;
    struct ledger_load *books;
    size_t batch; /* transfers in a request; 0: the route for one */
    int epoll_fd;
    struct peer peers[SINGLE_CONNECTIONS];
    size_t peer_count;
    size_t open; /* requests without an answer */
    bool stopping;
    int64_t booked;
    struct samples us;
    struct buf body, request;
    char (*accounts)[ID_TEXT_LEN + sizeof(LEDGER_ACCOUNT_PREFIX) + 1];
};

/* ---- requests ---- */

static void add_leg(struct client *client, size_t account, const char *side, int64_t amount)
{
    buf_add(&client->body, STR("{\"account\":\""));
    buf_add(&client->body, str_of(client->accounts[account]));
    buf_add(&client->body, STR("\",\"side\":\""));
    buf_add(&client->body, str_of(side));
    buf_add(&client->body, STR("\",\"amount\":"));
    buf_add_int(&client->body, amount);
    buf_add_char(&client->body, '}');
}

static void add_transfer(struct client *client)
{
    size_t from = load_chance(client->books) % ACCOUNTS;
    size_t to = (from + 1 + load_chance(client->books) % (ACCOUNTS - 1)) % ACCOUNTS;
    int64_t amount = 1 + (int64_t)(load_chance(client->books) % 100000);

    buf_add(&client->body, STR("{\"business_no\":"));
    buf_add_int(&client->body, client->books->next_no++);
    buf_add(&client->body, STR(",\"legs\":["));
    add_leg(client, from, "debit", amount);
    buf_add_char(&client->body, ',');
    add_leg(client, to, "credit", amount);
    buf_add(&client->body, STR("]}"));
}

static void make_body(struct client *client)
{
    buf_reset(&client->body);
    if (client->batch == 0) {
        add_transfer(client);
        return;
    }
    buf_add(&client->body, STR("{\"transfers\":["));
    for (size_t i = 0; i < client->batch; i++) {
        buf_add(&client->body, i == 0 ? STR("") : STR(","));
        add_transfer(client);
    }
    buf_add(&client->body, STR("]}"));
}

static void send_request(struct client *client, struct peer *peer)
{
    struct str rest;

    make_body(client);
    buf_reset(&client->request);
    buf_printf(&client->request,
               "POST /v1/ledger/transfers%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
               "Content-Type: application/json\r\nAuthorization: Bearer %s\r\n"
               "Content-Length: %zu\r\n\r\n",
               client->batch == 0 ? "" : "/batch", client->platform->operator_key,
               client->body.len);
    buf_add(&client->request, buf_str(&client->body));
    CHECK(buf_ok(&client->body) && buf_ok(&client->request));
    rest = buf_str(&client->request);
    peer->sent_at_us = usage_now().wall_us;
    client->open++;
    while (rest.len > 0) {
        ssize_t sent = write(peer->fd, rest.ptr, rest.len);

        CHECK(sent > 0);
        rest = str_slice(rest, (size_t)sent, rest.len);
    }
}

/* ---- answers ---- */

/* The bytes of the whole answer; 0: its head is not whole yet. */
static size_t answer_len(const struct peer *peer)
{
    const char *end = strstr(peer->in, "\r\n\r\n");
    const char *length = end == NULL ? NULL : strcasestr(peer->in, "\r\ncontent-length:");

    if (end == NULL) {
        return 0;
    }
    CHECK(length != NULL && length < end);
    return (size_t)(end + 4 - peer->in) +
           (size_t)strtoll(length + strlen("\r\ncontent-length:"), NULL, 10);
}

static void answered(struct client *client, struct peer *peer)
{
    bool right = strncmp(peer->in, "HTTP/1.1 200", 12) == 0 &&
                 (client->batch == 0 || strstr(peer->in, "\"refused\":0,") != NULL);

    if (!right) {
        (void)fprintf(stderr, "%.1000s\n", peer->in);
        exit(1);
    }
    samples_add(&client->us, usage_now().wall_us - peer->sent_at_us);
    client->booked += client->batch == 0 ? 1 : (int64_t)client->batch;
    client->open--;
    peer->len = 0;
    if (!client->stopping) {
        send_request(client, peer);
    }
}

static void readable(struct client *client, struct peer *peer)
{
    ssize_t got = read(peer->fd, peer->in + peer->len, MESSAGE_MAX - 1 - peer->len);
    size_t whole;

    CHECK(got > 0);
    peer->len += (size_t)got;
    peer->in[peer->len] = '\0';
    whole = answer_len(peer);
    if (whole > 0 && peer->len >= whole) {
        CHECK(peer->len == whole);
        answered(client, peer);
    }
}

static void turn(struct client *client)
{
    struct epoll_event events[SINGLE_CONNECTIONS];
    int count = epoll_wait(client->epoll_fd, events, ARRAY_LEN(events), 100);

    for (int i = 0; i < count; i++) {
        readable(client, events[i].data.ptr);
    }
}

static void run_for(struct client *client, int64_t ms)
{
    int64_t until_us = usage_now().wall_us + ms * 1000;

    while (usage_now().wall_us < until_us) {
        turn(client);
    }
}

static void connect_peer(struct client *client, struct peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)client->platform->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    int on = 1, room = 1 << 20;

    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer->in = mem_new(MESSAGE_MAX);
    CHECK(peer->fd >= 0);
    CHECK(setsockopt(peer->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0);
    CHECK(connect(peer->fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
    CHECK(epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, peer->fd, &event) == 0);
}

/* ---- figures ---- */

static void measure(struct client *client, size_t connections, size_t batch, const char *figure)
{
    int64_t rates[WINDOWS], p99[WINDOWS], server_us[WINDOWS];
    char name[80];

    client->batch = batch;
    client->stopping = false;
    client->peer_count = connections;
    for (size_t i = 0; i < connections; i++) {
        connect_peer(client, &client->peers[i]);
        send_request(client, &client->peers[i]);
    }
    run_for(client, WARM_UP_MS);
    for (size_t i = 0; i < WINDOWS; i++) {
        int64_t before_us = usage_now().wall_us, before = client->booked;
        int64_t cpu_us = platform_cpu_us(client->platform->serve);

        client->us.count = 0;
        run_for(client, WINDOW_MS);
        rates[i] = (client->booked - before) * 1000000 / (usage_now().wall_us - before_us);
        server_us[i] = (platform_cpu_us(client->platform->serve) - cpu_us) * 1000 /
                       (client->booked - before + 1);
        p99[i] = figure_percentile(client->us.values, client->us.count, 99);
    }
    client->stopping = true;
    while (client->open > 0) {
        turn(client);
    }
    for (size_t i = 0; i < connections; i++) {
        (void)close(client->peers[i].fd);
        mem_free(client->peers[i].in);
    }
    figure_print(figure, figure_median(rates, WINDOWS), "per_second");
    (void)snprintf(name, sizeof(name), "%s.p99", figure);
    figure_print(name, figure_median(p99, WINDOWS), "us");
    (void)snprintf(name, sizeof(name), "%s.cpu", figure);
    figure_print(name, figure_median(server_us, WINDOWS), "ns");
}

static void name_accounts(struct client *client)
{
    struct buf text;

    client->accounts = mem_new(ACCOUNTS * sizeof(*client->accounts));
    buf_init(&text, sizeof(*client->accounts));
    for (size_t i = 0; i < ACCOUNTS; i++) {
        buf_reset(&text);
        id_print(&text, LEDGER_ACCOUNT_PREFIX, client->books->accounts[i]);
        memcpy(client->accounts[i], text.ptr, text.len);
    }
    buf_free(&text);
}

int main(int argc, char **argv)
{
    static struct client client;
    struct ledger_load books;
    char url[128];

    client.platform = platform_new_operator("ledger:*");
    (void)snprintf(url, sizeof(url), "sqlite:%s/tomato.db", client.platform->folder);
    load_open(&books, url, BATCH, ACCOUNTS);
    load_close(&books);
    client.books = &books;
    client.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    buf_init(&client.body, MESSAGE_MAX);
    buf_init(&client.request, MESSAGE_MAX);
    samples_init(&client.us, SAMPLES_MAX);
    name_accounts(&client);
    (void)platform_serve(client.platform);
    measure(&client, SINGLE_CONNECTIONS, 0, "ledger.http.single");
    measure(&client, BATCH_CONNECTIONS, (size_t)figure_argument(argc, argv, 1, BATCH),
            "ledger.http.batch");
    platform_stop(client.platform);
    load_reopen(&books);
    CHECK(client.booked == books.next_no - 1);
    load_prove(&books); /* as many journals as were answered */
    load_remove(&books);
    platform_free(client.platform);
    return 0;
}
