#include "test/lib/figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct usage usage_now(void)
{
    struct rusage used;
    struct timespec now;

    CHECK(getrusage(RUSAGE_SELF, &used) == 0);
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (struct usage){
        .wall_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000,
        .cpu_us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) +
                  used.ru_utime.tv_usec + used.ru_stime.tv_usec,
    };
}

struct usage usage_since(struct usage begun)
{
    struct usage now = usage_now();

    return (struct usage){now.wall_us - begun.wall_us, now.cpu_us - begun.cpu_us};
}

int64_t figure_rss(void)
{
    char line[256];
    long long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    CHECK(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            kib = strtoll(line + 6, NULL, 10);
        }
    }
    (void)fclose(file);
    return (int64_t)kib * 1024;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

int64_t figure_percentile(int64_t *values, size_t count, unsigned percent)
{
    if (count == 0) {
        return 0;
    }
    qsort(values, count, sizeof(values[0]), by_value);
    return values[(count - 1) * percent / 100];
}

int64_t figure_median(int64_t *values, size_t count)
{
    return figure_percentile(values, count, 50);
}

void figure_print(const char *name, int64_t value, const char *unit)
{
    (void)printf("figure %s %lld %s\n", name, (long long)value, unit);
    (void)fflush(stdout);
}

int64_t figure_argument(int argc, char **argv, int at, int64_t otherwise)
{
    int64_t value;

    return argc > at && str_parse_int(str_of(argv[at]), &value) == ERR_OK && value > 0 ? value
                                                                                       : otherwise;
}

void samples_init(struct samples *samples, size_t room)
{
    *samples = (struct samples){.values = mem_new(room * sizeof(int64_t)), .room = room};
}

void samples_free(struct samples *samples)
{
    mem_free(samples->values);
    *samples = (struct samples){0};
}

void samples_add(struct samples *samples, int64_t value)
{
    if (samples->count < samples->room) {
        samples->values[samples->count++] = value;
    }
}
