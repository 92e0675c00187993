/* Connections: in which phase each one is, until when it may be, and how it ends. libmicrohttpd's
 * own timeout is not used: every byte resets it, so a client that drips would stay for ever. */
#include "platform/http/http_int.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- phases and deadlines ---- */

static int64_t phase_ms(const struct http_server *server, enum phase phase)
{
    switch (phase) {
    case PHASE_HEADERS:
        return server->options.header_deadline_ms;
    case PHASE_BODY:
        return server->options.body_deadline_ms;
    case PHASE_IDLE:
        return server->options.idle_ms;
    case PHASE_SENDING:
        return server->options.send_deadline_ms;
    case PHASE_BUSY:
    case PHASE_CUT:
    case PHASE_COUNT:
        break;
    }
    return 0;
}

static void unlink_phase(struct connection *connection)
{
    struct phase_list *list = &connection->server->phases[connection->phase];

    if (connection->prev == NULL) {
        list->first = connection->next;
    } else {
        connection->prev->next = connection->next;
    }
    if (connection->next == NULL) {
        list->last = connection->prev;
    } else {
        connection->next->prev = connection->prev;
    }
}

static void append_phase(struct connection *connection, enum phase phase)
{
    struct phase_list *list = &connection->server->phases[phase];

    connection->phase = phase;
    connection->prev = list->last;
    connection->next = NULL;
    if (list->last == NULL) {
        list->first = connection;
    } else {
        list->last->next = connection;
    }
    list->last = connection;
}

/* Within a phase all have the same time, so each list is in the order of its deadlines. */
static void set_deadline(struct connection *connection)
{
    struct http_server *server = connection->server;
    int64_t after_ms = phase_ms(server, connection->phase);
    int64_t now_ms;

    connection->deadline_ms = 0;
    if (after_ms == 0) {
        return;
    }
    now_ms = loop_monotonic_ms(server->loop);
    connection->deadline_ms = now_ms + after_ms;
    if (server->sweep_at_ms == 0 || connection->deadline_ms < server->sweep_at_ms) {
        server->sweep_at_ms = connection->deadline_ms;
        loop_timer_set(&server->sweep, after_ms);
    }
}

void connection_phase(struct connection *connection, enum phase phase)
{
    if (connection->phase != PHASE_CUT) {
        unlink_phase(connection);
        append_phase(connection, phase);
        set_deadline(connection);
    }
}

void connection_cut(struct connection *connection)
{
    connection_phase(connection, PHASE_CUT);
    (void)shutdown(connection->fd, SHUT_RDWR);
}

static void expire(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;

    if (exchange != NULL && !exchange->refused && connection->phase != PHASE_SENDING) {
        exchange_refuse_raw(exchange, ERR_HTTP_TIMEOUT);
    }
    connection_cut(connection);
}

/* Cuts what is late and finds the next deadline. */
static void sweep(struct loop_timer *timer)
{
    struct http_server *server =
        (struct http_server *)(void *)((char *)timer - offsetof(struct http_server, sweep));
    int64_t now_ms = loop_monotonic_ms(server->loop);
    int64_t next_ms = 0;

    for (int phase = PHASE_HEADERS; phase < PHASE_CUT; phase++) {
        struct connection *first;

        while ((first = server->phases[phase].first) != NULL && first->deadline_ms <= now_ms) {
            expire(first);
        }
        if (first != NULL && (next_ms == 0 || first->deadline_ms < next_ms)) {
            next_ms = first->deadline_ms;
        }
    }
    server->sweep_at_ms = next_ms;
    if (next_ms != 0) {
        loop_timer_set(&server->sweep, next_ms - now_ms);
    }
}

void connection_sweep_init(struct http_server *server)
{
    loop_timer_init(server->loop, &server->sweep, sweep);
}

void connection_cut_idle(struct http_server *server)
{
    struct connection *connection;

    while ((connection = server->phases[PHASE_IDLE].first) != NULL) {
        connection_cut(connection);
    }
    for (connection = server->phases[PHASE_HEADERS].first; connection != NULL;) {
        struct connection *next = connection->next;

        if (connection->exchange == NULL) {
            connection_cut(connection);
        }
        connection = next;
    }
}

/* ---- begin and end ---- */

struct connection *connection_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void print_address(const struct sockaddr *address, char text[HTTP_PEER_SIZE])
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;

    if (address->sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &v4->sin_addr, text, HTTP_PEER_SIZE);
    } else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        (void)inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, HTTP_PEER_SIZE);
    } else if (address->sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, text, HTTP_PEER_SIZE);
    }
}

static struct connection *connection_new(struct http_server *server, struct MHD_Connection *mhd)
{
    struct connection *connection = mem_new(sizeof(*connection));

    connection->server = server;
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    print_address(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
                  connection->peer);
    append_phase(connection, PHASE_HEADERS);
    set_deadline(connection);
    server->connections++;
    metric_add(&http_connections_metric, 0, 1);
    return connection;
}

/* The descriptor is still open. */
static void connection_free(struct connection *connection)
{
    struct http_server *server = connection->server;

    if (connection->linger) {
        linger_begin(server, connection->fd);
    }
    /* At its limit libmicrohttpd does not listen, and begins again only in its next run. */
    if (server->connections == server->options.connections_max) {
        server_run_soon(server);
    }
    server->connections--;
    metric_add(&http_connections_metric, 0, -1);
    unlink_phase(connection);
    mem_free(connection);
}

void connection_notify(void *server, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = connection_new(server, mhd);
    } else if (*context != NULL) {
        connection_free(*context);
        *context = NULL;
    }
}
