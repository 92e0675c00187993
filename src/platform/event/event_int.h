/* Shared inside platform/event. */
#ifndef PLATFORM_EVENT_EVENT_INT_H
#define PLATFORM_EVENT_EVENT_INT_H

#include "platform/event/event.h"

struct event_cursor {
    int64_t id;
    struct str name;
    int64_t position; /* id of the last event consumed; 0 = none yet */
};

extern const struct table event__cursor_table;
extern const struct migration event__migrations[2];

MUST_USE enum err event__read_cursor(struct reader *reader, struct arena *arena, struct str name,
                                     int64_t *position);
MUST_USE enum err event__read_last(struct reader *reader, int64_t *last);
MUST_USE enum err event__read_after(struct reader *reader, struct arena *arena, int64_t position,
                                    int64_t limit, struct event **events, size_t *count);

#endif
