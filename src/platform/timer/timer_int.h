/* Shared inside platform/timer. */
#ifndef PLATFORM_TIMER_TIMER_INT_H
#define PLATFORM_TIMER_TIMER_INT_H

#include "platform/timer/timer.h"

struct timer {
    int64_t id;
    int64_t object_id;
    int64_t kind;
    int64_t due_at_ms;
};

extern const struct migration timer__migrations[2];

struct timer_range { /* due in (after_ms, until_ms], earliest first */
    int64_t after_ms;
    int64_t until_ms;
    int64_t limit;
};
MUST_USE enum err timer__read_due(struct reader *reader, struct arena *arena,
                                  const struct timer_range *range, struct timer **timers,
                                  size_t *count);
/* The earliest due instant after after_ms; 0 when there is none. */
MUST_USE enum err timer__read_next(struct reader *reader, int64_t after_ms, int64_t *due_at_ms);

#endif
