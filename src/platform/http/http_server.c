/* The server of one loop: libmicrohttpd's epoll descriptor watched by the loop. */
#include "platform/http/http_int.h"

#include "base/crypto.h"

#include <unistd.h>

enum {
    CONNECTION_MEMORY = 16 * 1024,
    CONNECTIONS_MAX_DEFAULT = 4096,
    HEADER_DEADLINE_DEFAULT_MS = 10 * 1000,
    BODY_DEADLINE_DEFAULT_MS = 30 * 1000,
    SEND_DEADLINE_DEFAULT_MS = 60 * 1000,
    IDLE_DEFAULT_MS = 75 * 1000,
    RUNS_IN_A_ROW = 4,
};

struct metric http_connections_metric = {
    .name = "tomato_http_connections",
    .type = METRIC_GAUGE,
    .help = "Open connections of clients",
};

/* ---- running ---- */

/* What is left after a few runs waits for the next turn of the loop. */
static void run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;

    for (int i = 0; i < RUNS_IN_A_ROW; i++) {
        (void)MHD_run(server->daemon);
        if (MHD_get_timeout(server->daemon, &wait_ms) != MHD_YES || wait_ms > 0) {
            return;
        }
    }
    server_run_soon(server);
}

static void epoll_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void run_again(struct loop_timer *timer)
{
    run((struct http_server *)(void *)((char *)timer - offsetof(struct http_server, again)));
}

void server_run_soon(struct http_server *server)
{
    if (!server->again.active && !server->stopped) {
        loop_timer_set(&server->again, 0);
    }
}

/* ---- start ---- */

static void default_to(int64_t *value, int64_t otherwise)
{
    *value = *value == 0 ? otherwise : *value;
}

static void copy_options(struct http_server *server, const struct http_server_options *options)
{
    struct http_server_options *own = &server->options;

    *own = *options;
    own->address = str_dup(server->arena, options->address);
    own->tls_certificate_file = str_dup(server->arena, options->tls_certificate_file);
    own->tls_key_file = str_dup(server->arena, options->tls_key_file);
    own->tls_client_ca_file = str_dup(server->arena, options->tls_client_ca_file);
    default_to(&own->header_deadline_ms, HEADER_DEADLINE_DEFAULT_MS);
    default_to(&own->body_deadline_ms, BODY_DEADLINE_DEFAULT_MS);
    default_to(&own->send_deadline_ms, SEND_DEADLINE_DEFAULT_MS);
    default_to(&own->idle_ms, IDLE_DEFAULT_MS);
    if (own->connections_max == 0) {
        own->connections_max = CONNECTIONS_MAX_DEFAULT;
    }
    if (own->dispatch == NULL) {
        own->dispatch = http_dispatch_plain;
    }
}

struct daemon_options {
    struct MHD_OptionItem items[16];
    size_t count;
};

static void add_option(struct daemon_options *options, enum MHD_OPTION option, intptr_t value,
                       const void *ptr)
{
    CHECK(options->count + 1 < ARRAY_LEN(options->items));
    options->items[options->count++] =
        (struct MHD_OptionItem){option, value, (void *)(uintptr_t)ptr};
    options->items[options->count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

static void add_tls_options(struct daemon_options *options, const struct tls_files *files)
{
    add_option(options, MHD_OPTION_HTTPS_PRIORITIES, 0,
               "NORMAL:-VERS-TLS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
    add_option(options, MHD_OPTION_HTTPS_MEM_CERT, 0, files->certificate.ptr);
    add_option(options, MHD_OPTION_HTTPS_MEM_KEY, 0, secret_bytes(&files->key).ptr);
    if (files->client_ca.len > 0) {
        add_option(options, MHD_OPTION_HTTPS_MEM_TRUST, 0, files->client_ca.ptr);
    }
}

static enum err start_daemon(struct http_server *server, int listen_fd)
{
    const struct http_server_options *own = &server->options;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    struct daemon_options options = {.count = 0};
    struct tls_files files = {.key.hidden_ = {"", 0}};

    add_option(&options, MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_LIMIT, (intptr_t)own->connections_max, NULL);
    add_option(&options, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
               (intptr_t)own->connections_per_address_max, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL);
    add_option(&options, MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)exchange_begin, server);
    add_option(&options, MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_completed, server);
    add_option(&options, MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_notify, server);
    if (tls_is_on(server)) {
        TRY(tls_load(server, &files));
        add_tls_options(&options, &files);
        flags |= MHD_USE_TLS;
    }
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_receive, server,
                                      MHD_OPTION_ARRAY, options.items, MHD_OPTION_END);
    secret_wipe(&files.key); /* GnuTLS has its own copy */
    if (server->daemon == NULL) {
        return tls_is_on(server) ? ERR_HTTP_TLS : ERR_HTTP_LISTEN;
    }
    return ERR_OK;
}

static void watch(struct http_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    CHECK(uv_poll_init(loop_uv(server->loop), &server->poll, info->epoll_fd) == 0);
    server->poll.data = server;
    CHECK(uv_poll_start(&server->poll, UV_READABLE, epoll_readable) == 0);
    loop_timer_init(server->loop, &server->again, run_again);
    loop_timer_init(server->loop, &server->heartbeat, sse_heartbeat);
    connection_sweep_init(server);
    server_run_soon(server); /* it begins to accept in its first run */
}

static void server_free_memory(struct http_server *server)
{
    struct exchange *exchange;

    while ((exchange = server->free_exchanges) != NULL) {
        server->free_exchanges = exchange->next_free;
        exchange_free(exchange);
    }
    if (server->router != NULL) {
        router_free(server->router);
    }
    arena_free(server->arena);
    mem_free(server);
}

enum err http_server_start(struct loop *loop, const struct http_server_options *options,
                           struct http_server **out)
{
    struct http_server *server = mem_new(sizeof(*server));
    int listen_fd = -1;
    enum err err;

    server->loop = loop;
    server->arena = arena_new();
    copy_options(server, options);
    crypto_random(&server->id_random, sizeof(server->id_random));
    server->router = router_new(options->routes, options->route_sets);
    err = listen_open(options->address, options->port, options->share_port, &listen_fd,
                      &server->port);
    if (err == ERR_OK) {
        err = start_daemon(server, listen_fd);
    }
    if (err != ERR_OK) {
        if (listen_fd >= 0) {
            (void)close(listen_fd);
        }
        server_free_memory(server);
        return err;
    }
    watch(server);
    *out = server;
    return ERR_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

size_t http_server_in_flight(const struct http_server *server)
{
    return server->in_flight;
}

/* ---- stop ---- */

void http_server_drain(struct http_server *server)
{
    MHD_socket listen_fd;

    CHECK(loop_is_current(server->loop) || loop_current() == NULL);
    if (server->draining) {
        return;
    }
    server->draining = true;
    listen_fd = MHD_quiesce_daemon(server->daemon);
    if (listen_fd != MHD_INVALID_SOCKET) {
        (void)close(listen_fd);
    }
    connection_cut_idle(server);
    sse_end_all(server);
}

void server_release(struct http_server *server)
{
    if (server->stopped && server->open_handles == 0 && server->orphans == 0) {
        server_free_memory(server);
    }
}

static void handle_closed(struct http_server *server)
{
    server->open_handles--;
    server_release(server);
}

static void poll_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void again_closed(struct loop_timer *timer)
{
    handle_closed(
        (struct http_server *)(void *)((char *)timer - offsetof(struct http_server, again)));
}

static void sweep_closed(struct loop_timer *timer)
{
    handle_closed(
        (struct http_server *)(void *)((char *)timer - offsetof(struct http_server, sweep)));
}

static void heartbeat_closed(struct loop_timer *timer)
{
    handle_closed(
        (struct http_server *)(void *)((char *)timer - offsetof(struct http_server, heartbeat)));
}

/* libmicrohttpd stops only without suspended connections: those that still wait are resumed, find
 * no reply and become orphans, which end with their late reply. */
static void resume_waiting(struct http_server *server)
{
    struct connection *connection = server->phases[PHASE_BUSY].first;

    for (; connection != NULL; connection = connection->next) {
        if (connection->exchange != NULL && connection->exchange->state == EXCHANGE_SUSPENDED) {
            MHD_resume_connection(connection->exchange->mhd);
        }
    }
}

void http_server_free(struct http_server *server)
{
    http_server_drain(server);
    sse_end_all(server);
    resume_waiting(server);
    CHECK(uv_poll_stop(&server->poll) == 0);
    MHD_stop_daemon(server->daemon);
    linger_end_all(server);
    server->stopped = true;
    server->open_handles += 4;
    uv_close((uv_handle_t *)&server->poll, poll_closed);
    loop_timer_close(&server->again, again_closed);
    loop_timer_close(&server->sweep, sweep_closed);
    loop_timer_close(&server->heartbeat, heartbeat_closed);
}
