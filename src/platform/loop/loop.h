/* Event loops: one thread each, over libuv.
 *
 * A loop owns its timers, its HTTP server and client, and everything its callbacks touch. Other
 * threads reach it through loop_post() only. now_ms is the one clock of the program. */
#ifndef PLATFORM_LOOP_LOOP_H
#define PLATFORM_LOOP_LOOP_H

#include "platform/loop/thread.h"

#include <uv.h>

struct loop;

/* The clock. The default reads CLOCK_REALTIME; tests and accelerated runs set another. */
typedef int64_t (*clock_fn)(void *ctx);
struct clock {
    clock_fn now_ms;
    void *ctx;
};
int64_t clock_now_ms(const struct clock *clock); /* NULL: the system's real time */

struct loop *loop_new(const char *name, unsigned index, const struct clock *clock);
/* Stops and joins, runs the tasks that still wait, and closes. Timers and other handles must be
 * closed by now. */
void loop_free(struct loop *loop);
void loop_run(struct loop *loop);   /* in the calling thread, until loop_stop */
void loop_start(struct loop *loop); /* in a thread of its own */
void loop_stop(struct loop *loop);  /* from any thread; the thread is joined by loop_free */
/* Stops, and returns when its thread has ended: what it owns may be closed by the caller then. */
void loop_join(struct loop *loop);
/* Runs call(ctx) as the loop's thread and returns when it has: on a started loop it is posted and
 * waited for, otherwise the calling thread stands in. For start-up and shut-down. */
void loop_call(struct loop *loop, void (*call)(void *ctx), void *ctx);
uv_loop_t *loop_uv(struct loop *loop);
unsigned loop_index(const struct loop *loop);
bool loop_is_current(const struct loop *loop);
struct loop *loop_current(void); /* of the calling thread, or NULL */

int64_t loop_now_ms(const struct loop *loop);       /* Unix ms, by the loop's clock */
int64_t loop_monotonic_ms(const struct loop *loop); /* for deadlines */
int64_t loop_monotonic_us(const struct loop *loop); /* for durations */

/* Runs a task on the loop's thread. The task belongs to the loop until it runs; posting never
 * blocks and never fails: what is posted is bounded by the queues the work came from. */
struct task {
    struct queue_node node;
    void (*run)(struct task *task);
};
void loop_post(struct loop *loop, struct task *task);
/* Posts a chain (through node.next) with one wake-up. */
void loop_post_chain(struct loop *loop, struct task *first);

/* One-shot timers on the loop's own thread; the struct is the caller's. */
struct loop_timer {
    uv_timer_t uv;
    struct loop *loop;
    void (*fire)(struct loop_timer *timer);
    void (*closed)(struct loop_timer *timer);
    bool active;
};
void loop_timer_init(struct loop *loop, struct loop_timer *timer,
                     void (*fire)(struct loop_timer *timer));
void loop_timer_set(struct loop_timer *timer, int64_t after_ms);
void loop_timer_cancel(struct loop_timer *timer);
/* The memory may be freed in or after closed(), which may be NULL. */
void loop_timer_close(struct loop_timer *timer, void (*closed)(struct loop_timer *timer));

/* A small pool for blocking or heavy work; done runs on the loop that asked. */
struct work {
    struct queue_node node;
    void (*run)(struct work *work);
    void (*done)(struct work *work);
    struct loop *loop;
    struct task task;
};
struct workers;
struct workers *workers_new(unsigned threads, size_t queue_max);
/* Ends what has been submitted and refuses what comes later: ERR_STOPPING. */
void workers_stop(struct workers *workers);
void workers_free(struct workers *workers); /* finishes what is queued; the loops must live */
/* ERR_QUEUE_FULL or ERR_STOPPING: then neither run nor done is called. */
MUST_USE enum err workers_submit(struct workers *workers, struct work *work);

#endif
