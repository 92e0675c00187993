/* Figures of the benchmarks: measured several times, told as medians, one line each. */
#ifndef TEST_LIB_FIGURE_H
#define TEST_LIB_FIGURE_H

#include "base/str.h"

struct usage {
    int64_t wall_us;
    int64_t cpu_us; /* of this process, all threads */
};
struct usage usage_now(void);
struct usage usage_since(struct usage begun);

int64_t figure_rss(void); /* resident memory of this process, bytes */

/* Both sort. percent of 0 … 100; 0 when there are no values. */
int64_t figure_median(int64_t *values, size_t count);
int64_t figure_percentile(int64_t *values, size_t count, unsigned percent);

/* Prints "figure NAME VALUE UNIT". */
void figure_print(const char *name, int64_t value, const char *unit);

/* A number given as an argument, else otherwise. */
int64_t figure_argument(int argc, char **argv, int at, int64_t otherwise);

/* Values as they come, for percentiles; what is beyond the room is not kept. */
struct samples {
    int64_t *values;
    size_t count;
    size_t room;
};
void samples_init(struct samples *samples, size_t room);
void samples_free(struct samples *samples);
void samples_add(struct samples *samples, int64_t value);

#endif
