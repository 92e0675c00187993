#include "platform/trace/trace.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

static int pipe_ends[2];
static char line[65536];

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
    log_configure(LOG_INFO, pipe_ends[1]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_configure(LOG_INFO, STDERR_FILENO);
    assert_int_equal(close(pipe_ends[0]), 0);
    assert_int_equal(close(pipe_ends[1]), 0);
    return 0;
}

/* What was logged, as one JSON object; NULL when nothing was. */
static json_t *read_line(void)
{
    ssize_t len = read(pipe_ends[0], line, sizeof(line));
    struct json_refusal refusal;
    json_t *value;

    if (len < 0) {
        return NULL;
    }
    assert_int_equal(line[len - 1], '\n');
    assert_null(memchr(line, '\n', (size_t)len - 1));
    assert_int_equal(json_parse((struct str){line, (size_t)len}, &value, &refusal), ERR_OK);
    return value;
}

static const char *text_of(const json_t *value, const char *name)
{
    const char *text = json_string_value(json_object_get(value, name));

    return text == NULL ? "(none)" : text;
}

static void a_line_tells_when_who_what_and_for_whom(void **state)
{
    struct trace_context ctx;
    json_t *value;
    int64_t at_ms;

    (void)state;
    trace_context_make(&ctx);
    log_warn("payment", "payment.late", &ctx, LOG_ID("payment", "pay", 33), LOG_INT("ms", -5),
             LOG_TEXT("reason", STR("slow \"bank\"\n")), LOG_BOOL("again", true),
             LOG_ERR(ERR_FIELD_RANGE), LOG_END);
    value = read_line();
    assert_int_equal(time_parse(str_of(text_of(value, "time")), &at_ms), ERR_OK);
    assert_in_range(clock_now_ms(NULL) - at_ms, 0, 60000);
    assert_string_equal(text_of(value, "level"), "warn");
    assert_string_equal(text_of(value, "module"), "payment");
    assert_string_equal(text_of(value, "event"), "payment.late");
    assert_string_equal(text_of(value, "request_id"), ctx.request_id);
    assert_string_equal(text_of(value, "trace_id"), ctx.trace_id);
    assert_string_equal(text_of(value, "thread"), thread_name());
    assert_string_equal(text_of(value, "payment"), "pay_0000000000011");
    assert_int_equal(json_integer_value(json_object_get(value, "ms")), -5);
    assert_string_equal(text_of(value, "reason"), "slow \"bank\"\n");
    assert_true(json_is_true(json_object_get(value, "again")));
    assert_string_equal(text_of(value, "error"), "field_range");
    json_decref(value);
}

static void without_a_context_there_are_no_ids(void **state)
{
    struct trace_context empty = {.trace_id = ""};
    json_t *value;

    (void)state;
    log_info("http", "http.listening", NULL, LOG_END);
    value = read_line();
    assert_null(json_object_get(value, "request_id"));
    assert_null(json_object_get(value, "trace_id"));
    json_decref(value);
    log_error("http", "http.broken", &empty, LOG_END);
    value = read_line();
    assert_string_equal(text_of(value, "level"), "error");
    assert_null(json_object_get(value, "request_id"));
    assert_null(json_object_get(value, "trace_id"));
    json_decref(value);
}

static void lines_below_the_level_are_not_written(void **state)
{
    json_t *value;

    (void)state;
    log_debug("http", "http.detail", NULL, LOG_END);
    assert_null(read_line());
    log_configure(LOG_DEBUG, pipe_ends[1]);
    log_debug("http", "http.detail", NULL, LOG_END);
    value = read_line();
    assert_string_equal(text_of(value, "level"), "debug");
    json_decref(value);
}

static void bytes_from_outside_cannot_break_a_line(void **state)
{
    json_t *value;

    (void)state;
    log_info("http", "http.x", NULL, LOG_TEXT("target", STR("/\xFF\0\"},{\n")), LOG_END);
    value = read_line();
    assert_string_equal(text_of(value, "target"), "/\xEF\xBF\xBD\xEF\xBF\xBD\"},{\n");
    json_decref(value);
}

static void long_texts_are_cut_between_characters(void **state)
{
    struct arena *arena = arena_new();
    char *text = arena_alloc(arena, 9001);
    json_t *value;

    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        memcpy(text + 3 * i, "柿", 3);
    }
    log_info("http", "http.x", NULL, LOG_TEXT("a", str_of(text)), LOG_INT("b", 1), LOG_END);
    value = read_line();
    assert_int_equal(strlen(text_of(value, "a")), 2046);
    assert_int_equal(json_integer_value(json_object_get(value, "b")), 1);
    json_decref(value);
    arena_free(arena);
}

static void fields_that_do_not_fit_are_left_out_and_told(void **state)
{
    struct arena *arena = arena_new();
    char *text = arena_alloc(arena, 2000);
    struct str quotes = {text, 2000};
    json_t *value;

    (void)state;
    memset(text, '"', 2000);
    log_info("http", "http.x", NULL, LOG_TEXT("a", quotes), LOG_TEXT("b", quotes), LOG_INT("c", 1),
             LOG_END);
    value = read_line();
    assert_int_equal(strlen(text_of(value, "a")), 2000);
    assert_non_null(json_object_get(value, "c"));
    json_decref(value);
    log_info("http", "http.x", NULL, LOG_TEXT("a", quotes), LOG_TEXT("b", quotes),
             LOG_TEXT("c", quotes), LOG_INT("d", 1), LOG_END);
    value = read_line();
    assert_non_null(json_object_get(value, "a"));
    assert_null(json_object_get(value, "c"));
    assert_null(json_object_get(value, "d"));
    assert_true(json_is_true(json_object_get(value, "truncated")));
    json_decref(value);
    arena_free(arena);
}

static void lines_are_counted_by_level(void **state)
{
    int64_t before = counter_get(&log_lines_metric.series[LOG_ERROR - 1].value);

    (void)state;
    log_error("http", "http.x", NULL, LOG_END);
    log_debug("http", "http.x", NULL, LOG_END);
    assert_int_equal(counter_get(&log_lines_metric.series[LOG_ERROR - 1].value), before + 1);
    json_decref(read_line());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_tells_when_who_what_and_for_whom, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_context_there_are_no_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_below_the_level_are_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_from_outside_cannot_break_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_texts_are_cut_between_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_that_do_not_fit_are_left_out_and_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lines_are_counted_by_level, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
