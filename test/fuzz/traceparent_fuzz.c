/* Any bytes as a traceparent header: the context is well-formed, and its own header continues it.
 */
#include "platform/trace/trace.h"

static bool is_id(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len &&
           strspn(text, "0") < len;
}

static void check_context(const struct trace_context *ctx)
{
    int64_t id;

    CHECK(is_id(ctx->trace_id, 32) && is_id(ctx->span_id, 16));
    CHECK(id_parse(str_of(ctx->request_id), "req", &id) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_context ctx;
    struct trace_context next;
    struct buf buf;

    buf_init(&buf, 256);
    trace_context_from(&ctx, (struct str){(const char *)data, size});
    check_context(&ctx);
    trace_context_print(&buf, &ctx);
    trace_context_from(&next, buf_str(&buf));
    check_context(&next);
    CHECK(strcmp(ctx.trace_id, next.trace_id) == 0 && ctx.sampled == next.sampled);
    buf_free(&buf);
    return 0;
}
