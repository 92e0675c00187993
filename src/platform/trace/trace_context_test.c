#include "platform/trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static void assert_hex(const char *text, size_t len)
{
    assert_int_equal(strlen(text), len);
    assert_int_equal(strspn(text, "0123456789abcdef"), len);
    assert_true(strspn(text, "0") < len);
}

static void assert_well_formed(const struct trace_context *ctx)
{
    int64_t id;

    assert_hex(ctx->trace_id, 32);
    assert_hex(ctx->span_id, 16);
    assert_int_equal(id_parse(str_of(ctx->request_id), "req", &id), ERR_OK);
}

static void a_new_context_has_new_ids(void **state)
{
    struct trace_context a;
    struct trace_context b;

    (void)state;
    trace_context_make(&a);
    trace_context_make(&b);
    assert_well_formed(&a);
    assert_well_formed(&b);
    assert_true(a.sampled);
    assert_string_not_equal(a.trace_id, b.trace_id);
    assert_string_not_equal(a.span_id, b.span_id);
    assert_string_not_equal(a.request_id, b.request_id);
}

static void a_valid_header_is_continued_with_a_new_span(void **state)
{
    static const struct {
        const char *header;
        bool sampled;
    } rows[] = {
        {"00-" TRACE "-" SPAN "-01", true},
        {"00-" TRACE "-" SPAN "-00", false},
        {"00-" TRACE "-" SPAN "-03", true},
        {"00-" TRACE "-" SPAN "-fe", false},
        {"cc-" TRACE "-" SPAN "-01", true},
        {"cc-" TRACE "-" SPAN "-01-what-the-future-will-be", true},
        {"fe-" TRACE "-" SPAN "-00-", false},
        {"00-00000000000000000000000000000001-" SPAN "-01", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct trace_context ctx;

        trace_context_from(&ctx, str_of(rows[i].header));
        assert_well_formed(&ctx);
        assert_memory_equal(ctx.trace_id, rows[i].header + 3, 32);
        assert_string_not_equal(ctx.span_id, SPAN);
        assert_int_equal(ctx.sampled, rows[i].sampled);
    }
}

static void an_invalid_header_begins_a_new_trace(void **state)
{
    static const char *const headers[] = {
        "",
        "00",
        "00-" TRACE "-" SPAN,
        "00-" TRACE "-" SPAN "-",
        "00-" TRACE "-" SPAN "-1",
        "00-" TRACE "-" SPAN "-01 ",
        "00-" TRACE "-" SPAN "-01-extra",
        "00-" TRACE "-" SPAN "-0x",
        "cc-" TRACE "-" SPAN "-01.what",
        "cc-" TRACE "-" SPAN "-0",
        "ff-" TRACE "-" SPAN "-01",
        "0x-" TRACE "-" SPAN "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",
        "00-" TRACE "-00F067AA0BA902B7-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-" SPAN "-01x",
        "00_" TRACE "-" SPAN "-01",
        "00-" TRACE "_" SPAN "-01",
        "00-" TRACE "-" SPAN "_01",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        struct trace_context ctx;

        trace_context_from(&ctx, str_of(headers[i]));
        assert_well_formed(&ctx);
        assert_string_not_equal(ctx.trace_id, TRACE);
        assert_true(ctx.sampled);
    }
}

static void what_is_printed_is_continued(void **state)
{
    struct trace_context ctx;
    struct trace_context next;
    char text[80];
    struct buf buf = {.ptr = text, .size = sizeof(text), .cap = sizeof(text)};

    (void)state;
    trace_context_from(&ctx, STR("00-" TRACE "-" SPAN "-00"));
    trace_context_print(&buf, &ctx);
    assert_int_equal(buf.len, 55);
    assert_memory_equal(buf.ptr, "00-" TRACE "-", 36);
    assert_memory_equal(buf.ptr + 36, ctx.span_id, 16);
    assert_memory_equal(buf.ptr + 52, "-00", 3);
    trace_context_from(&next, buf_str(&buf));
    assert_string_equal(next.trace_id, TRACE);
    assert_false(next.sampled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_context_has_new_ids),
        cmocka_unit_test(a_valid_header_is_continued_with_a_new_span),
        cmocka_unit_test(an_invalid_header_begins_a_new_trace),
        cmocka_unit_test(what_is_printed_is_continued),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
