#include "main/demo.h"
#include "base/encode.h"
#include "edge/cashier/cashier.h"
#include "edge/web/web.h"
#include "main/demo_int.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 10, SVG_MAX = 256 << 10 };

/* ---- the pages that look on ---- */

struct demo_stream {
    struct demo *demo;
    struct demo_stream *next;
    struct sse *sse;
};

struct demo *demo__of(const struct request *req)
{
    return (struct demo *)(void *)req->app;
}

void demo__tell(struct demo *demo, const char *event, struct str json)
{
    for (struct demo_stream *s = demo->streams; s != NULL; s = s->next) {
        sse_send(s->sse, event, json);
    }
}

static void stream_closed(struct sse *sse, void *ctx)
{
    struct demo_stream *stream = ctx;
    struct demo_stream **at = &stream->demo->streams;

    (void)sse;
    while (*at != stream) {
        at = &(*at)->next;
    }
    *at = stream->next;
    stream->demo->stream_count--;
    mem_free(stream);
}

static struct reply *events_handler(struct request *req)
{
    struct demo *demo = demo__of(req);
    struct demo_stream *stream;
    struct reply *reply;

    if (demo->stream_count >= DEMO_STREAMS_MAX) {
        return reply_error(req, ERR_QUEUE_FULL);
    }
    stream = mem_new(sizeof(*stream));
    *stream = (struct demo_stream){.demo = demo, .next = demo->streams};
    reply = reply_sse(req, stream_closed, stream, &stream->sse);
    demo->streams = stream;
    demo->stream_count++;
    sse_send(stream->sse, "hello", STR("{}"));
    return reply;
}

/* ---- what the page asks for ---- */

static struct reply *page_handler(struct request *req)
{
    return web_reply(req, STR("demo/demo.html"));
}

static const struct field about_fields[] = {
    FIELD(struct demo_settings, base_url, FIELD_TEXT, .max = 256),
    FIELD(struct demo_settings, sim_url, FIELD_TEXT, .max = 256),
    FIELD(struct demo_settings, merchant_id, FIELD_TEXT, .max = 64),
    FIELD(struct demo_settings, key_id, FIELD_TEXT, .max = 64),
};
static const struct field_set about_set = FIELD_SET("about", about_fields);

static struct reply *about_handler(struct request *req)
{
    return reply_fields(req, 200, &about_set, &demo__of(req)->settings);
}

static const struct field payment_fields_[] = {
    FIELD(struct demo_payment, amount, FIELD_INT, .required = true, .max = 100000000000),
    FIELD(struct demo_payment, subject, FIELD_TEXT, .required = true, .max = 256),
    FIELD(struct demo_payment, method, FIELD_TEXT, .required = true, .max = 64),
};
static const struct field_set payment_set = FIELD_SET("demo_payment", payment_fields_);

/* Limits are the platform's: what it refuses can be watched as well. */
static struct reply *pay_handler(struct request *req)
{
    struct demo_payment payment = {0};
    int64_t number;
    enum err err;

    if (request_body(req, &payment_set, &payment) != ERR_OK) {
        return reply_refusal(req);
    }
    err = demo__run_start(demo__of(req), &payment, &number);
    return err == ERR_OK
               ? reply_json(req, 202, str_printf(req->arena, "{\"run\":%lld}", (long long)number))
               : reply_error(req, err);
}

struct payer_body {
    struct str code_url;
    bool decline;
    int64_t run;
};
static const struct field payer_fields[] = {
    FIELD(struct payer_body, code_url, FIELD_TEXT, .required = true, .max = 512),
    FIELD(struct payer_body, decline, FIELD_BOOL),
    FIELD(struct payer_body, run, FIELD_INT, .required = true),
};
static const struct field_set payer_set = FIELD_SET("demo_payer", payer_fields);

/* The payer's hand: the simulator is told what a finger on a phone would do. */
static struct reply *payer_handler(struct request *req)
{
    struct demo *demo = demo__of(req);
    struct payer_body payer = {.run = 0};
    struct buf body;

    if (request_body(req, &payer_set, &payer) != ERR_OK) {
        return reply_refusal(req);
    }
    buf_init_arena(&body, req->arena, DEMO_BODY_MAX);
    buf_add(&body, STR("{\"code_url\":"));
    json_print_text(&body, payer.code_url);
    buf_add_char(&body, '}');
    demo__call(demo, &(struct demo_ask){.method = "POST",
                                        .base = demo->settings.sim_url,
                                        .target = payer.decline ? STR("/payer/decline")
                                                                : STR("/payer/pay"),
                                        .body = buf_str(&body),
                                        .signer = DEMO_NOBODY,
                                        .run = payer.run,
                                        .event = "payer"});
    return reply_json(req, 202, STR("{}"));
}

struct qr_query {
    struct str text;
};
static const struct field qr_fields[] = {
    FIELD(struct qr_query, text, FIELD_TEXT, .required = true, .max = 512),
};
static const struct field_set qr_set = FIELD_SET("demo_qr", qr_fields);

static struct reply *qr_handler(struct request *req)
{
    struct qr_query query = {{"", 0}};
    struct reply *reply;
    struct buf svg;

    if (request_query(req, &qr_set, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    buf_init_arena(&svg, req->arena, SVG_MAX);
    if (!cashier_qr_svg(&svg, query.text)) {
        return reply_error_at(req, ERR_FIELD_VALUE, "text", "no QR code is that large");
    }
    reply = reply_text(req, 200, "image/svg+xml", buf_str(&svg));
    web_secure(reply);
    return reply;
}

#define PUBLIC .auth = HTTP_AUTH_NONE, ROUTE_HERE
static const struct route routes[] = {
    {.method = "GET", .path = "/", .handler = page_handler, PUBLIC},
    {.method = "GET", .path = "/assets/{folder}/{file}", .handler = web_asset_handler, PUBLIC},
    {.method = "GET", .path = "/demo/about", .handler = about_handler, PUBLIC},
    {.method = "GET", .path = "/demo/events", .handler = events_handler, PUBLIC},
    {.method = "GET", .path = "/demo/qr.svg", .handler = qr_handler, .query = &qr_set, PUBLIC},
    {.method = "POST", .path = "/demo/payments", .handler = pay_handler, PUBLIC},
    {.method = "POST", .path = "/demo/payer", .handler = payer_handler, PUBLIC},
    {.method = "POST",
     .path = "/webhooks",
     .handler = demo__webhook_handler,
     .body_max = 128 << 10,
     PUBLIC},
    {.method = NULL},
};

/* ---- options, settings ---- */

static const char help_text[] =
    "tomato demo: a small merchant, to make a payment and watch it\n"
    "tomato demo：一个小商户，用来发起并观察一笔支付\n"
    "\n"
    "usage: tomato demo --file FILE [--port N] [--address A] [--log FILE]\n"
    "\n"
    "  --file FILE   who the merchant is, its keys (script/run writes var/demo.json)   商户与密钥\n"
    "  --port N      9997 when absent; 0: any free one                                 监听端口\n"
    "  --address A   127.0.0.1 when absent: the page acts for the merchant             监听地址\n"
    "  --log FILE    log lines; standard error when absent                             日志文件\n";

struct options {
    const char *file;
    const char *log;
    const char *address;
    int64_t port;
};

static bool read_options(int argc, char **argv, struct options *options)
{
    const char *port = "9997";
    const struct {
        const char *name;
        const char **value;
    } rows[] = {{"--file", &options->file},
                {"--log", &options->log},
                {"--address", &options->address},
                {"--port", &port}};

    for (int i = 1; i < argc; i += 2) {
        size_t row = 0;

        while (row < ARRAY_LEN(rows) && strcmp(rows[row].name, argv[i]) != 0) {
            row++;
        }
        if (row == ARRAY_LEN(rows) || i + 1 == argc) {
            (void)fprintf(stderr, "tomato demo: %s: %s; see --help\n", argv[i],
                          row == ARRAY_LEN(rows) ? "is no option" : "needs a value");
            return false;
        }
        *rows[row].value = argv[i + 1];
    }
    if (str_parse_int(str_of(port), &options->port) != ERR_OK || options->port < 0 ||
        options->port > 65535) {
        (void)fputs("tomato demo: --port: must be 0 to 65535\n", stderr);
        return false;
    }
    if (options->file == NULL) {
        (void)fputs("tomato demo: --file is missing; see --help\n", stderr);
        return false;
    }
    return true;
}

#define SETTING(member)                                                                            \
    FIELD(struct demo_settings, member, FIELD_TEXT, .required = true, .max = 4000)
static const struct field settings_fields[] = {
    SETTING(base_url),
    SETTING(sim_url),
    SETTING(demo_url),
    SETTING(merchant_id),
    SETTING(app_id),
    SETTING(key_id),
    SETTING(secret),
    SETTING(operator_key),
    SETTING(webhook_log),
    SETTING(webhook_secret),
    FIELD(struct demo_settings, checker_key, FIELD_TEXT, .max = 4000),
};
static const struct field_set settings_set = FIELD_SET("demo", settings_fields);

static enum err read_file(struct arena *arena, const char *path, struct str *out)
{
    char *text = arena_alloc(arena, FILE_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, FILE_MAX);

    if (fd >= 0) {
        (void)close(fd);
    }
    if (len < 0) {
        return ERR_HTTP_NOT_FOUND;
    }
    *out = (struct str){text, (size_t)len};
    return ERR_OK;
}

static bool read_settings(struct demo *demo, const char *path)
{
    const struct str prefix = STR("whsec_");
    struct json_refusal refusal = {.err = ERR_OK};
    struct demo_settings *settings = &demo->settings;
    struct str text;
    struct str key;

    if (read_file(demo->arena, path, &text) != ERR_OK) {
        (void)fprintf(stderr, "tomato demo: %s cannot be read\n", path);
        return false;
    }
    if (json_parse_fields(demo->arena, text, &settings_set, settings, &refusal) != ERR_OK) {
        (void)fprintf(stderr, "tomato demo: %s: %s: %s\n", path, refusal.param, refusal.detail);
        return false;
    }
    if (!str_starts(settings->webhook_secret, prefix) ||
        base64_decode(demo->arena,
                      str_slice(settings->webhook_secret, prefix.len, settings->webhook_secret.len),
                      &key) != ERR_OK) {
        (void)fprintf(stderr, "tomato demo: %s: webhook_secret: must be whsec_ and base64\n", path);
        return false;
    }
    demo->webhook_key = secret_of(demo->arena, key);
    return true;
}

static bool open_files(struct demo *demo, const struct options *options)
{
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    const char *deliveries = str_cstr(demo->arena, demo->settings.webhook_log);
    int log_fd = options->log == NULL ? STDERR_FILENO : open(options->log, flags, 0644);

    demo->webhook_fd = open(deliveries, flags, 0644);
    if (log_fd < 0 || demo->webhook_fd < 0) {
        (void)fprintf(stderr, "tomato demo: %s cannot be written\n",
                      log_fd < 0 ? options->log : deliveries);
        return false;
    }
    log_configure(LOG_INFO, log_fd);
    return true;
}

/* ---- the server ---- */

struct stopper {
    uv_signal_t signals[2];
    struct loop *loop;
};

static void stop_asked(uv_signal_t *signal, int number)
{
    const struct stopper *stopper = signal->data;

    (void)number;
    loop_stop(stopper->loop);
}

static void watch_signals(struct stopper *stopper, struct loop *loop)
{
    const int numbers[] = {SIGINT, SIGTERM};

    stopper->loop = loop;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        CHECK(uv_signal_init(loop_uv(loop), &stopper->signals[i]) == 0);
        stopper->signals[i].data = stopper;
        CHECK(uv_signal_start(&stopper->signals[i], stop_asked, numbers[i]) == 0);
    }
    (void)signal(SIGPIPE, SIG_IGN);
}

static bool listen_at(struct demo *demo, const struct options *options)
{
    static const struct route *const sets[] = {routes};
    const struct http_server_options server = {
        .address = str_of(options->address),
        .port = (uint16_t)options->port,
        .routes = sets,
        .route_sets = ARRAY_LEN(sets),
        .app = (struct app *)(void *)demo,
    };

    if (http_server_start(demo->loop, &server, &demo->server) != ERR_OK) {
        (void)fprintf(stderr, "tomato demo: cannot listen on %s port %d\n", options->address,
                      (int)options->port);
        return false;
    }
    (void)printf("tomato demo listening on http://127.0.0.1:%d\n",
                 (int)http_server_port(demo->server));
    (void)fflush(stdout);
    return true;
}

static int serve(struct demo *demo, const struct options *options)
{
    struct stopper stopper;
    bool ok;

    demo->loop = loop_new("demo", 0, NULL);
    watch_signals(&stopper, demo->loop);
    demo->client = http_client_new(demo->loop, &(struct http_client_options){0});
    ok = listen_at(demo, options);
    if (ok) {
        loop_run(demo->loop);
        http_server_free(demo->server);
    }
    http_client_free(demo->client); /* calls in flight end their runs */
    demo__runs_stop(demo);
    for (size_t i = 0; i < ARRAY_LEN(stopper.signals); i++) {
        uv_close((uv_handle_t *)&stopper.signals[i], NULL);
    }
    loop_free(demo->loop);
    return ok ? 0 : 1;
}

int demo_main(int argc, char **argv)
{
    struct options options = {.address = "127.0.0.1"};
    struct demo demo = {.arena = NULL};
    int status = 1;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(help_text, stdout);
        return 0;
    }
    if (!read_options(argc, argv, &options)) {
        return 2;
    }
    demo.arena = arena_new();
    if (read_settings(&demo, options.file) && open_files(&demo, &options)) {
        status = serve(&demo, &options);
    }
    secret_wipe(&demo.webhook_key);
    arena_free(demo.arena);
    return status;
}
