/* What belongs to no module: health, readiness, metrics, the API document and the pages. */
#include "edge/gateway/gateway_int.h"
#include "edge/web/web.h"

enum { GATEWAY_TEXT_MAX = 4 << 20 };

static struct reply *health_handler(struct request *req)
{
    return reply_json(req, 200, STR("{\"status\":\"ok\"}"));
}

static enum err read_nothing(struct reader *reader, struct request *req, const void *arg,
                             void *result)
{
    (void)reader;
    (void)req;
    (void)arg;
    (void)result;
    return ERR_OK;
}

static struct reply *database_answers(struct request *req, void *result)
{
    (void)result;
    return reply_json(req, 200, STR("{\"status\":\"ready\"}"));
}

/* Ready: started, not stopping, and the reader pool answers. */
static struct reply *ready_handler(struct request *req)
{
    const struct gateway_state *state = app_state(req->app, &gateway_module);

    if (!state->ready) {
        return reply_error(req, ERR_STOPPING);
    }
    return reply_query(req, NULL, 1, read_nothing, database_answers);
}

static struct reply *metrics_handler(struct request *req)
{
    static struct metric *const platform[] = {
        &http_requests_metric,    &http_connections_metric, &store_batches_metric,
        &store_commands_metric,   &store_queue_metric,      &store_commit_metric,
        &store_batch_size_metric, &event_lag_metric,        &event_written_metric,
        &timer_waiting_metric,    &timer_fired_metric,      &log_lines_metric,
    };
    struct buf text;

    buf_init_arena(&text, req->arena, GATEWAY_TEXT_MAX);
    metric_print(&text, platform, ARRAY_LEN(platform));
    for (size_t i = 0; i < req->app->module_count; i++) {
        const struct module *module = req->app->modules[i];

        metric_print(&text, module->metrics, module->metric_count);
    }
    return reply_text(req, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text));
}

static struct reply *openapi_handler(struct request *req)
{
    const struct route *sets[APP_ROUTE_SETS_MAX];
    size_t count = module_route_sets(req->app->modules, req->app->module_count, sets);
    struct buf text;

    buf_init_arena(&text, req->arena, GATEWAY_TEXT_MAX);
    openapi_print(&text, sets, count);
    CHECK(buf_ok(&text));
    return reply_json(req, 200, buf_str(&text));
}

static struct reply *docs_handler(struct request *req)
{
    return web_reply(req, STR("docs/docs.html"));
}

static struct reply *docs_errors_handler(struct request *req)
{
    return web_reply(req, STR("docs/errors.html"));
}

static struct reply *console_handler(struct request *req)
{
    return web_reply(req, STR("console/console.html"));
}

static struct reply *errors_handler(struct request *req)
{
    struct buf text;

    buf_init_arena(&text, req->arena, GATEWAY_TEXT_MAX);
    buf_add(&text, STR("{\"object\":\"list\",\"data\":["));
    for (int i = 1; i < ERR_COUNT; i++) {
        enum err err = (enum err)i;

        buf_printf(&text, "%s{\"code\":\"%s\",\"type\":\"%s\",\"status\":%d,\"retryable\":%s,",
                   i == 1 ? "" : ",", err_code(err), err_type(err), err_status(err),
                   err_retryable(err) ? "true" : "false");
        buf_printf(&text, "\"advice\":\"%s\",\"message\":", err_advice(err));
        json_print_text(&text, str_of(err_text(err)));
        buf_add(&text, STR(",\"message_zh\":"));
        json_print_text(&text, str_of(err_text_zh(err)));
        buf_add_char(&text, '}');
    }
    buf_add(&text, STR("],\"has_more\":false}"));
    return reply_json(req, 200, buf_str(&text));
}

const struct route gateway__routes[] = {
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
     .summary = "Requests are welcome",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/metrics",
     .handler = metrics_handler,
     .auth = HTTP_AUTH_METRICS,
     .summary = "Metrics in the Prometheus text format",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/openapi.json",
     .handler = openapi_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "This document",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/docs",
     .handler = docs_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "This document as a page",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/docs/errors",
     .handler = docs_errors_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "Every error code as a page",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/console",
     .handler = console_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "The operator's console: a page that asks this API with the operator's key",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/errors",
     .handler = errors_handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "Every error code with its meaning",
     ROUTE_HERE},
    {.method = NULL},
};
