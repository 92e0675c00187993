#include "platform/trace/trace.h"

#include "base/time.h"

#include <errno.h>
#include <unistd.h>

/* A line never exceeds LINE_MAX, and one text in it never TEXT_MAX, so that a caller's input
 * cannot push the other fields out. */
enum { LOG_LINE_MAX = 8192, LOG_TEXT_MAX = 2048, LOG_END_MAX = 32 };

static enum log_level least_level = LOG_INFO;
static int log_fd = STDERR_FILENO;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

static const char *const level_labels[] = {"debug", "info", "warn", "error", NULL};

struct metric log_lines_metric = {
    .name = "tomato_log_lines_total",
    .type = METRIC_COUNTER,
    .help = "Log lines written, by level",
    .label_name = "level",
    .labels = level_labels,
};

void log_configure(enum log_level least, int fd)
{
    CHECK(least >= LOG_DEBUG && least <= LOG_ERROR);
    least_level = least;
    log_fd = fd;
}

static void print_member(struct buf *buf, const char *name, struct str text)
{
    buf_add(buf, STR(",\""));
    buf_add(buf, str_of(name));
    buf_add(buf, STR("\":"));
    json_print_text(buf, text);
}

/* Cut between characters when it is UTF-8; json_print_text repairs what is none. */
static struct str cut(struct str text)
{
    size_t len = LOG_TEXT_MAX;

    if (text.len <= LOG_TEXT_MAX) {
        return text;
    }
    while (len > LOG_TEXT_MAX - 4 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return str_slice(text, 0, len);
}

static void print_field(struct buf *buf, const struct log_field *field)
{
    if (field->type == LOG_TYPE_TEXT) {
        print_member(buf, field->name, cut(field->text));
        return;
    }
    if (field->type == LOG_TYPE_ERR) {
        print_member(buf, field->name, str_of(err_code((enum err)field->number)));
        return;
    }
    buf_printf(buf, ",\"%s\":", field->name);
    if (field->type == LOG_TYPE_ID) {
        buf_add_char(buf, '"');
        id_print(buf, field->prefix, field->number);
        buf_add_char(buf, '"');
    } else if (field->type == LOG_TYPE_BOOL) {
        buf_add(buf, field->number != 0 ? STR("true") : STR("false"));
    } else {
        buf_add_int(buf, field->number);
    }
}

/* A field that does not fit is left out whole, and the line says so. */
static void print_fields(struct buf *buf, const struct log_field *fields)
{
    buf->cap = LOG_LINE_MAX - LOG_END_MAX;
    for (const struct log_field *field = fields; field->name != NULL; field++) {
        size_t len = buf->len;

        print_field(buf, field);
        if (!buf_ok(buf)) {
            buf->len = len;
            buf->full = false;
            buf->cap = LOG_LINE_MAX;
            buf_add(buf, STR(",\"truncated\":true"));
            return;
        }
    }
    buf->cap = LOG_LINE_MAX;
}

/* A log that cannot be written stops nothing: there is no better place to say so. */
static void write_line(struct str line)
{
    while (line.len > 0) {
        ssize_t written = write(log_fd, line.ptr, line.len);

        if (written < 0 && errno != EINTR) {
            return;
        }
        if (written > 0) {
            line = str_slice(line, (size_t)written, line.len);
        }
    }
}

void log_write(enum log_level level, const char *module, const char *event,
               const struct trace_context *ctx, const struct log_field *fields)
{
    char bytes[LOG_LINE_MAX];
    struct buf buf = {.ptr = bytes, .size = sizeof(bytes), .cap = sizeof(bytes)};

    CHECK(level >= LOG_DEBUG && level <= LOG_ERROR);
    if (level < least_level) {
        return;
    }
    buf_add(&buf, STR("{\"time\":\""));
    time_print(&buf, clock_now_ms(NULL));
    buf_add_char(&buf, '"');
    print_member(&buf, "level", str_of(level_names[level]));
    print_member(&buf, "module", str_of(module));
    print_member(&buf, "event", str_of(event));
    if (ctx != NULL && ctx->request_id[0] != '\0') {
        print_member(&buf, "request_id", str_of(ctx->request_id));
    }
    if (ctx != NULL && ctx->trace_id[0] != '\0') {
        print_member(&buf, "trace_id", str_of(ctx->trace_id));
    }
    print_member(&buf, "thread", str_of(thread_name()));
    print_fields(&buf, fields);
    buf_add(&buf, STR("}\n"));
    CHECK(buf_ok(&buf));
    write_line(buf_str(&buf));
    metric_add(&log_lines_metric, (size_t)level - 1, 1);
}
