#include "platform/trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

static const char *const classes[] = {"2xx", "a\\b\"c\n", NULL};

static struct metric requests = {
    .name = "tomato_test_requests_total",
    .type = METRIC_COUNTER,
    .help = "Requests by class\\status\nof the answer",
    .label_name = "class",
    .labels = classes,
};

static struct metric depth = {
    .name = "tomato_test_depth",
    .type = METRIC_GAUGE,
    .help = "Waiting commands",
};

static struct metric seconds = {
    .name = "tomato_test_request_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "Time to answer",
    .label_name = "class",
    .labels = classes,
};

static struct metric plain_seconds = {
    .name = "tomato_test_commit_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "Time of a commit",
};

static void assert_prints(struct metric *metric, const char *expected)
{
    struct buf buf;

    buf_init(&buf, 65536);
    metric_print(&buf, &metric, 1);
    assert_true(buf_ok(&buf));
    buf_add_char(&buf, '\0');
    assert_string_equal(buf.ptr, expected);
    buf_free(&buf);
}

static void a_counter_has_a_line_per_label_with_escapes(void **state)
{
    (void)state;
    metric_add(&requests, 0, 2);
    metric_add(&requests, 0, 3);
    metric_add(&requests, 1, 1);
    assert_prints(&requests,
                  "# HELP tomato_test_requests_total Requests by class\\\\status\\nof the answer\n"
                  "# TYPE tomato_test_requests_total counter\n"
                  "tomato_test_requests_total{class=\"2xx\"} 5\n"
                  "tomato_test_requests_total{class=\"a\\\\b\\\"c\\n\"} 1\n");
}

static void a_gauge_goes_both_ways(void **state)
{
    (void)state;
    metric_set(&depth, 0, 7);
    metric_add(&depth, 0, -9);
    assert_prints(&depth, "# HELP tomato_test_depth Waiting commands\n"
                          "# TYPE tomato_test_depth gauge\n"
                          "tomato_test_depth -2\n");
}

static void a_histogram_counts_up_through_its_buckets(void **state)
{
    (void)state;
    metric_observe_us(&plain_seconds, 0, 100);
    metric_observe_us(&plain_seconds, 0, 101);
    metric_observe_us(&plain_seconds, 0, 1500000);
    metric_observe_us(&plain_seconds, 0, 10000001);
    assert_prints(&plain_seconds, "# HELP tomato_test_commit_seconds Time of a commit\n"
                                  "# TYPE tomato_test_commit_seconds histogram\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.0001\"} 1\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.00025\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.0005\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.001\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.0025\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.005\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.01\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.025\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.1\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"0.5\"} 2\n"
                                  "tomato_test_commit_seconds_bucket{le=\"2.5\"} 3\n"
                                  "tomato_test_commit_seconds_bucket{le=\"10\"} 3\n"
                                  "tomato_test_commit_seconds_bucket{le=\"+Inf\"} 4\n"
                                  "tomato_test_commit_seconds_sum 11.500202\n"
                                  "tomato_test_commit_seconds_count 4\n");
}

static void promtool_accepts_the_page(void **state)
{
    struct metric *all[] = {&requests, &depth, &seconds, &plain_seconds, &log_lines_metric};
    struct buf buf;
    FILE *promtool;

    (void)state;
    metric_observe_us(&seconds, 1, 300);
    buf_init(&buf, 65536);
    metric_print(&buf, all, ARRAY_LEN(all));
    assert_true(buf_ok(&buf));
    promtool = popen("promtool check metrics", "w");
    assert_non_null(promtool);
    assert_int_equal(fwrite(buf.ptr, 1, buf.len, promtool), buf.len);
    assert_int_equal(pclose(promtool), 0);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_has_a_line_per_label_with_escapes),
        cmocka_unit_test(a_gauge_goes_both_ways),
        cmocka_unit_test(a_histogram_counts_up_through_its_buckets),
        cmocka_unit_test(promtool_accepts_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
