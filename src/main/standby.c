/* A server that waits for another one's place. */
#include "main/program.h"

#include <signal.h>
#include <time.h>

enum { WAIT_MS = 1000, PAUSE_NS = 200000000 };

struct standby {
    struct app *app;
    struct loop *loop;
    struct http_server *server; /* NULL: the port is taken, by the writer on this machine */
};

static struct reply *health_handler(struct request *req)
{
    return reply_json(req, 200, STR("{\"status\":\"standby\"}"));
}

static struct reply *ready_handler(struct request *req)
{
    return reply_json(req, 503, STR("{\"status\":\"standby\"}"));
}

static const struct route routes[] = {
    {.method = "GET",
     .path = "/healthz",
     .handler = health_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "The process is alive",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/readyz",
     .handler = ready_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "Requests are not welcome",
     ROUTE_HERE},
    {.method = NULL},
};

/* Everything else is the writer's to answer: to be sent again, to it or later. */
static struct reply *dispatch(struct request *req)
{
    return req->route != NULL ? req->route->handler(req) : reply_error(req, ERR_STORE_FENCED);
}

static void listen_meanwhile(struct standby *standby)
{
    static const struct route *const sets[] = {routes};
    const struct conf *conf = standby->app->conf;
    const struct http_server_options options = {
        .address = conf_text(conf, "http.address"),
        .port = (uint16_t)conf_int(conf, "http.port"),
        .tls_certificate_file = conf_text(conf, "http.tls_certificate"),
        .tls_key_file = conf_text(conf, "http.tls_key"),
        .tls_client_ca_file = conf_text(conf, "http.tls_client_ca"),
        .routes = sets,
        .route_sets = ARRAY_LEN(sets),
        .dispatch = dispatch,
        .app = standby->app,
    };

    standby->loop = loop_new("standby", 0, standby->app->clock);
    if (http_server_start(standby->loop, &options, &standby->server) != ERR_OK) {
        standby->server = NULL;
    }
    loop_start(standby->loop);
    log_warn("main", "main.standby", NULL, LOG_INT("answers", standby->server != NULL), LOG_END);
}

static void free_server(void *server)
{
    http_server_free(server);
}

static void stop_listening(struct standby *standby)
{
    if (standby->server != NULL) {
        loop_call(standby->loop, free_server, standby->server);
    }
    loop_stop(standby->loop);
    loop_free(standby->loop);
}

bool standby_stop_asked(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/* A standby outlives the database's troubles, which are why it is there. */
enum err standby_open(struct app *app, const struct store_options *options, char detail[256])
{
    const struct timespec pause = {0, PAUSE_NS};
    struct store_options patient = *options;
    struct standby standby = {.app = app};
    enum err err;

    if (str_starts(options->url, STR("sqlite:"))) {
        return store_open(options, &app->store, detail);
    }
    patient.wait_ms = WAIT_MS;
    err = store_open(&patient, &app->store, detail);
    if (err != ERR_STORE_FENCED) {
        return err;
    }
    listen_meanwhile(&standby);
    while (err == ERR_STORE_FENCED || err == ERR_STORE_DATABASE) {
        if (standby_stop_asked()) {
            err = ERR_STOPPING;
            break;
        }
        if (err == ERR_STORE_DATABASE) {
            (void)nanosleep(&pause, NULL);
        }
        err = store_open(&patient, &app->store, detail);
    }
    stop_listening(&standby);
    if (err == ERR_OK) {
        log_warn("main", "main.took_over", NULL, LOG_END);
    }
    return err;
}
