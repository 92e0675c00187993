#include "platform/trace/trace.h"

#include "base/crypto.h"

/* version-trace_id-span_id-flags (W3C Trace Context, level 1, section 3.2). */
enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, HEADER_LEN = 55 };
enum { FLAG_SAMPLED = 1 };

static void hex(char *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * count] = '\0';
}

/* Ids of nothing but zeros are invalid by the specification. */
static void new_ids(struct trace_context *ctx)
{
    struct {
        unsigned char trace[16];
        unsigned char span[8];
        int64_t request;
    } bytes;
    char request[ID_TEXT_LEN + ID_PREFIX_MAX + 2];
    struct buf buf = {.ptr = request, .size = sizeof(request), .cap = sizeof(request)};

    crypto_random(&bytes, sizeof(bytes));
    bytes.trace[0] |= 1;
    bytes.span[0] |= 1;
    hex(ctx->trace_id, bytes.trace, sizeof(bytes.trace));
    hex(ctx->span_id, bytes.span, sizeof(bytes.span));
    id_print(&buf, "req", bytes.request & INT64_MAX);
    CHECK(buf_ok(&buf) && buf.len < sizeof(ctx->request_id));
    memcpy(ctx->request_id, buf.ptr, buf.len);
    ctx->request_id[buf.len] = '\0';
}

void trace_context_make(struct trace_context *ctx)
{
    *ctx = (struct trace_context){.sampled = true};
    new_ids(ctx);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(struct str text, size_t at, size_t len)
{
    for (size_t i = at; i < at + len; i++) {
        if (hex_digit(text.ptr[i]) < 0) {
            return false;
        }
    }
    return true;
}

static bool is_zero(struct str text, size_t at, size_t len)
{
    for (size_t i = at; i < at + len; i++) {
        if (text.ptr[i] != '0') {
            return false;
        }
    }
    return true;
}

/* A version we do not know may append fields after another dash; ff is never a version. */
static bool is_traceparent(struct str text)
{
    if (text.len < HEADER_LEN || text.ptr[TRACE_AT - 1] != '-' || text.ptr[SPAN_AT - 1] != '-' ||
        text.ptr[FLAGS_AT - 1] != '-') {
        return false;
    }
    if (!is_hex(text, 0, 2) || !is_hex(text, TRACE_AT, 32) || !is_hex(text, SPAN_AT, 16) ||
        !is_hex(text, FLAGS_AT, 2)) {
        return false;
    }
    if (is_zero(text, TRACE_AT, 32) || is_zero(text, SPAN_AT, 16) || str_starts(text, STR("ff"))) {
        return false;
    }
    if (is_zero(text, 0, 2)) {
        return text.len == HEADER_LEN;
    }
    return text.len == HEADER_LEN || text.ptr[HEADER_LEN] == '-';
}

void trace_context_from(struct trace_context *ctx, struct str traceparent)
{
    trace_context_make(ctx);
    if (is_traceparent(traceparent)) {
        memcpy(ctx->trace_id, traceparent.ptr + TRACE_AT, 32);
        ctx->sampled = (hex_digit(traceparent.ptr[FLAGS_AT + 1]) & FLAG_SAMPLED) != 0;
    }
}

void trace_context_print(struct buf *buf, const struct trace_context *ctx)
{
    buf_printf(buf, "00-%s-%s-%02x", ctx->trace_id, ctx->span_id, ctx->sampled ? FLAG_SAMPLED : 0);
}
