#include "platform/trace/trace.h"

/* Upper bounds: from a fast commit to a request nobody waits for any more. */
static const struct bucket {
    int64_t us;
    const char *seconds;
} buckets[METRIC_BUCKETS] = {
    {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},
    {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"},
    {100000, "0.1"},  {500000, "0.5"},  {2500000, "2.5"}, {10000000, "10"},
};

static size_t series_count(const struct metric *metric)
{
    size_t count = 0;

    if (metric->label_name == NULL) {
        return 1;
    }
    while (metric->labels[count] != NULL) {
        count++;
    }
    CHECK(count <= METRIC_SERIES);
    return count;
}

static struct metric_series *series_of(struct metric *metric, size_t series)
{
    CHECK(series < series_count(metric));
    return &metric->series[series];
}

void metric_add(struct metric *metric, size_t series, int64_t n)
{
    CHECK(metric->type == METRIC_GAUGE || (metric->type == METRIC_COUNTER && n >= 0));
    counter_add(&series_of(metric, series)->value, n);
}

void metric_set(struct metric *metric, size_t series, int64_t value)
{
    CHECK(metric->type == METRIC_GAUGE);
    counter_set(&series_of(metric, series)->value, value);
}

void metric_observe_us(struct metric *metric, size_t series, int64_t duration_us)
{
    struct metric_series *at = series_of(metric, series);
    size_t bucket = 0;

    CHECK(metric->type == METRIC_HISTOGRAM);
    while (bucket < METRIC_BUCKETS && duration_us > buckets[bucket].us) {
        bucket++;
    }
    counter_add(bucket < METRIC_BUCKETS ? &at->buckets[bucket] : &at->value, 1);
    counter_add(&at->sum_us, duration_us > 0 ? duration_us : 0);
}

static void print_escaped(struct buf *buf, const char *text, bool quotes)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            buf_add(buf, STR("\\n"));
        } else {
            if (*text == '\\' || (quotes && *text == '"')) {
                buf_add_char(buf, '\\');
            }
            buf_add_char(buf, *text);
        }
    }
}

/* One line up to its value: name_suffix{label="value",le="bound"} and a blank. */
static void print_name(struct buf *buf, const struct metric *metric, const char *suffix,
                       size_t series, const char *bound)
{
    bool labelled = metric->label_name != NULL;

    buf_printf(buf, "%s%s", metric->name, suffix);
    if (labelled) {
        buf_printf(buf, "{%s=\"", metric->label_name);
        print_escaped(buf, metric->labels[series], true);
        buf_add_char(buf, '"');
    }
    if (bound != NULL) {
        buf_printf(buf, "%sle=\"%s\"", labelled ? "," : "{", bound);
    }
    buf_add(buf, labelled || bound != NULL ? STR("} ") : STR(" "));
}

/* The count is the sum of the buckets as read here, so that a scrape never contradicts itself
 * while other threads observe. */
static void print_histogram(struct buf *buf, const struct metric *metric, size_t series)
{
    const struct metric_series *at = &metric->series[series];
    int64_t sum_us = counter_get(&at->sum_us);
    int64_t count = 0;

    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        count += counter_get(&at->buckets[i]);
        print_name(buf, metric, "_bucket", series, buckets[i].seconds);
        buf_printf(buf, "%lld\n", (long long)count);
    }
    count += counter_get(&at->value);
    print_name(buf, metric, "_bucket", series, "+Inf");
    buf_printf(buf, "%lld\n", (long long)count);
    print_name(buf, metric, "_sum", series, NULL);
    buf_printf(buf, "%lld.%06lld\n", (long long)(sum_us / 1000000), (long long)(sum_us % 1000000));
    print_name(buf, metric, "_count", series, NULL);
    buf_printf(buf, "%lld\n", (long long)count);
}

static const char *type_name(enum metric_type type)
{
    switch (type) {
    case METRIC_COUNTER:
        return "counter";
    case METRIC_GAUGE:
        return "gauge";
    case METRIC_HISTOGRAM:
        break;
    }
    CHECK(type == METRIC_HISTOGRAM);
    return "histogram";
}

static void print_metric(struct buf *buf, const struct metric *metric)
{
    buf_printf(buf, "# HELP %s ", metric->name);
    print_escaped(buf, metric->help, false);
    buf_printf(buf, "\n# TYPE %s %s\n", metric->name, type_name(metric->type));
    for (size_t i = 0; i < series_count(metric); i++) {
        if (metric->type == METRIC_HISTOGRAM) {
            print_histogram(buf, metric, i);
        } else {
            print_name(buf, metric, "", i, NULL);
            buf_printf(buf, "%lld\n", (long long)counter_get(&metric->series[i].value));
        }
    }
}

void metric_print(struct buf *buf, struct metric *const *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_metric(buf, metrics[i]);
    }
}
