/* Durable timers: (kind, object) is due at an instant, stored in the batch that decided it.
 *
 * At most one timer per kind and object. The service keeps the nearest ones in memory and one loop
 * timer for the first, so an idle program does not poll. When a timer is due its kind's command
 * runs, or its fire() on the loop, whose work must end in a command. The command cancels the timer
 * or sets it again in the same batch as its effect. After a kill, what was not cancelled fires
 * again. */
#ifndef PLATFORM_TIMER_TIMER_H
#define PLATFORM_TIMER_TIMER_H

#include "platform/store/store.h"

struct app; /* platform/module */

extern const struct table timer_table;
extern const struct store_part timer_part;

struct timer_kind {
    int number;       /* stored; never changed; 1 … 99 payment, 100 … notify: see modules */
    const char *name; /* "payment.query" */
    /* One of the two. The command's argument is the object's id (const int64_t *); its result, if
     * it has one, is dropped. One that fails is run again after a second; one that leaves its
     * timer due has more to do, and is run again at once. */
    const struct command_kind *command;
    /* Runs on the service's loop; finished by timer_done(). */
    void (*fire)(struct app *app, int64_t object_id, int64_t due_at_ms);
    /* At most so many run at once. */
    unsigned in_flight_max; /* 0 = 1,000 */
};

/* Sets or moves the timer. */
MUST_USE enum err timer_set(struct tx *tx, const struct timer_kind *kind, int64_t object_id,
                            int64_t due_at_ms);
/* Nothing happens when it is not set. */
MUST_USE enum err timer_cancel(struct tx *tx, const struct timer_kind *kind, int64_t object_id);
/* For the prefetch of a command that will set or cancel it. */
void timer_prefetch(struct prefetch *pre, const struct timer_kind *kind, int64_t object_id);

struct timers;
struct timers *timers_start(struct app *app, struct store *store, struct loop *loop,
                            const struct timer_kind *const *kinds, size_t count);
/* Nothing fires any more; returns when the loop knows. Not on the loop's own thread. */
void timers_stop(struct timers *timers);
/* On their loop: work of many steps ends here, before the store does. */
bool timers_are_stopping(const struct timers *timers);
void timers_free(struct timers *timers); /* after the loops and the store have stopped */
/* The work of one firing is over (its command committed or was given up). When the timer is still
 * due it fires again after retry_ms. Any thread. */
void timer_done(struct timers *timers, const struct timer_kind *kind, int64_t object_id,
                int64_t retry_ms);

extern struct metric timer_waiting_metric, timer_fired_metric;

#endif
