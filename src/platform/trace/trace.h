/* Logs, trace contexts and metrics.
 *
 * A log line is one JSON object: time, level, module, event, then request and trace id when there
 * is a context, then the given fields. Fields are typed; there is no field type for struct secret,
 * so a secret cannot be logged. Lines go to stderr or a file in one write each.
 *
 *     log_info("payment", "payment.succeeded", ctx, LOG_ID("payment", "pay", id),
 *              LOG_INT("ms", ms), LOG_END);
 */
#ifndef PLATFORM_TRACE_TRACE_H
#define PLATFORM_TRACE_TRACE_H

#include "base/json.h"
#include "platform/loop/loop.h"

enum log_level { LOG_DEBUG = 1, LOG_INFO, LOG_WARN, LOG_ERROR };

/* W3C trace context of one request or job: what its log lines and its outgoing calls carry. Ids are
 * lower-case hex, NUL-terminated. */
struct trace_context {
    char trace_id[33];
    char span_id[17];
    char request_id[32]; /* "req_…" */
    bool sampled;
};

void trace_context_make(struct trace_context *ctx); /* new trace, span and request id, sampled */
/* Continues a traceparent header with a new span and request id; an invalid header is ignored, as
 * the specification asks, and a new trace begins. */
void trace_context_from(struct trace_context *ctx, struct str traceparent);
void trace_context_print(struct buf *buf, const struct trace_context *ctx); /* a child's header */

enum log_type { LOG_TYPE_INT = 1, LOG_TYPE_TEXT, LOG_TYPE_ID, LOG_TYPE_ERR, LOG_TYPE_BOOL };
struct log_field {
    const char *name; /* NULL ends the list */
    enum log_type type;
    int64_t number;
    struct str text;
    const char *prefix;
};
#define LOG_INT(name_, value_)                                                                     \
    ((struct log_field){(name_), LOG_TYPE_INT, (value_), {NULL, 0}, NULL})
#define LOG_TEXT(name_, str_) ((struct log_field){(name_), LOG_TYPE_TEXT, 0, (str_), NULL})
#define LOG_ID(name_, prefix_, id_)                                                                \
    ((struct log_field){(name_), LOG_TYPE_ID, (id_), {NULL, 0}, (prefix_)})
#define LOG_BOOL(name_, value_)                                                                    \
    ((struct log_field){(name_), LOG_TYPE_BOOL, (value_), {NULL, 0}, NULL})
#define LOG_ERR(err_) ((struct log_field){"error", LOG_TYPE_ERR, (err_), {NULL, 0}, NULL})
#define LOG_END ((struct log_field){NULL, 0, 0, {NULL, 0}, NULL})

/* A text beyond 2 KiB is cut; fields beyond 8 KiB are left out and `truncated` is true. */
void log_write(enum log_level level, const char *module, const char *event,
               const struct trace_context *ctx, const struct log_field *fields);
/* Each call ends with LOG_END. */
#define LOG_AT_(level, module, event, ctx, ...)                                                    \
    log_write((level), (module), (event), (ctx), (const struct log_field[]){__VA_ARGS__})
#define log_debug(module, event, ctx, ...) LOG_AT_(LOG_DEBUG, module, event, ctx, __VA_ARGS__)
#define log_info(module, event, ctx, ...) LOG_AT_(LOG_INFO, module, event, ctx, __VA_ARGS__)
#define log_warn(module, event, ctx, ...) LOG_AT_(LOG_WARN, module, event, ctx, __VA_ARGS__)
#define log_error(module, event, ctx, ...) LOG_AT_(LOG_ERROR, module, event, ctx, __VA_ARGS__)

void log_configure(enum log_level least, int fd); /* before the threads start */

/* Metrics are static objects in the module that owns them; listed by its struct module.
 * Names follow Prometheus: tomato_payment_created_total, tomato_http_request_seconds. */
enum metric_type { METRIC_COUNTER = 1, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_BUCKETS = 12, METRIC_SERIES = 32 };

struct metric_series {    /* series[i] is that of labels[i] */
    struct counter value; /* of a histogram: what is above the last bucket */
    struct counter buckets[METRIC_BUCKETS];
    struct counter sum_us;
};
struct metric {
    const char *name;
    enum metric_type type;
    const char *help;
    const char *label_name;    /* NULL: one series without a label */
    const char *const *labels; /* all values it may take, NULL-ended, at most METRIC_SERIES */
    struct metric_series series[METRIC_SERIES];
};

void metric_add(struct metric *metric, size_t series, int64_t n);     /* counters only grow */
void metric_set(struct metric *metric, size_t series, int64_t value); /* gauges */
void metric_observe_us(struct metric *metric, size_t series, int64_t duration_us);
/* Prometheus text format 0.0.4; histogram buckets in seconds. */
void metric_print(struct buf *buf, struct metric *const *metrics, size_t count);

extern struct metric log_lines_metric;

#endif
