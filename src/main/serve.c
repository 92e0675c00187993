/* tomato serve: the server, from start to a clean stop. */
#include "edge/gateway/gateway.h"
#include "main/program.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct servers {
    struct http_server *items[APP_LOOPS_MAX];
    unsigned count;
};

static bool listen_all(struct app *app, struct servers *servers)
{
    const struct route *sets[APP_ROUTE_SETS_MAX];
    size_t set_count = module_route_sets(app->modules, app->module_count, sets);
    uint16_t port = (uint16_t)conf_int(app->conf, "http.port");

    for (unsigned i = 0; i < app->loop_count; i++) {
        const struct http_server_options options = {
            .address = conf_text(app->conf, "http.address"),
            .port = port,
            .share_port = i > 0,
            .connections_max =
                (unsigned)conf_int(app->conf, "http.connections_max") / app->loop_count + 1,
            .connections_per_address_max =
                (unsigned)conf_int(app->conf, "http.connections_per_address_max"),
            .header_deadline_ms = conf_int(app->conf, "http.header_deadline"),
            .body_deadline_ms = conf_int(app->conf, "http.body_deadline"),
            .idle_ms = conf_int(app->conf, "http.idle"),
            .tls_certificate_file = conf_text(app->conf, "http.tls_certificate"),
            .tls_key_file = conf_text(app->conf, "http.tls_key"),
            .tls_client_ca_file = conf_text(app->conf, "http.tls_client_ca"),
            .routes = sets,
            .route_sets = set_count,
            .dispatch = gateway_dispatch,
            .app = app,
        };

        if (http_server_start(app->loops[i], &options, &servers->items[i]) != ERR_OK) {
            (void)fprintf(stderr, "tomato: cannot listen on " STR_FMT " port %d\n",
                          STR_ARG(options.address), (int)port);
            return false;
        }
        servers->count = i + 1;
        port = http_server_port(servers->items[i]);
    }
    (void)printf("tomato listening on http%s://127.0.0.1:%d\n",
                 conf_text(app->conf, "http.tls_certificate").len > 0 ? "s" : "", (int)port);
    (void)fflush(stdout);
    return true;
}

/* A server belongs to its loop's thread. */
static void drain_server(void *server)
{
    http_server_drain(server);
}

static void free_server(void *server)
{
    http_server_free(server);
}

struct count {
    const struct http_server *server;
    size_t in_flight;
};

static void count_in_flight(void *ctx)
{
    struct count *count = ctx;

    count->in_flight = http_server_in_flight(count->server);
}

static size_t in_flight(const struct app *app, const struct servers *servers)
{
    size_t sum = 0;

    for (unsigned i = 0; i < servers->count; i++) {
        struct count count = {servers->items[i], 0};

        loop_call(app->loops[i], count_in_flight, &count);
        sum += count.in_flight;
    }
    return sum;
}

/* Stop accepting, finish what is in flight within the deadline, commit, exit 0. */
static void drain(struct app *app, struct servers *servers)
{
    int64_t left_ms = conf_int(app->conf, "http.stop_deadline");

    gateway_set_ready(app, false);
    for (unsigned i = 0; i < servers->count; i++) {
        loop_call(app->loops[i], drain_server, servers->items[i]);
    }
    while (in_flight(app, servers) > 0 && left_ms > 0) {
        (void)usleep(10000);
        left_ms -= 10;
    }
    for (unsigned i = 0; i < servers->count; i++) {
        loop_call(app->loops[i], free_server, servers->items[i]);
    }
}

/* Channels and payers are told where to call: that must be known before the port is. */
static bool knows_its_address(const struct conf *conf)
{
    if (conf_int(conf, "http.port") != 0 || conf_text(conf, "http.public_url").len > 0) {
        return true;
    }
    (void)fprintf(stderr, "tomato: http.public_url: must be set when http.port is 0\n");
    return false;
}

int program_serve(struct conf *conf)
{
    struct app *app;
    struct servers servers = {0};
    sigset_t signals;
    int signal_no = 0;
    bool ok;

    if (!knows_its_address(conf)) {
        return 1;
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL); /* before any thread is started */
    (void)signal(SIGPIPE, SIG_IGN);
    ok = program_open(conf, true, &app) && listen_all(app, &servers);
    if (ok) {
        gateway_set_ready(app, true);
        for (unsigned i = 0; i < app->loop_count; i++) {
            loop_start(app->loops[i]);
        }
        (void)sigwait(&signals, &signal_no);
        log_info("main", "main.stopping", NULL, LOG_INT("signal", signal_no), LOG_END);
        drain(app, &servers);
        program_close(app);
    }
    return ok || standby_stop_asked() ? 0 : 1;
}
