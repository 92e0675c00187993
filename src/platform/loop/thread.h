/* Threads, locks, atomics and bounded queues. Nothing else in the program uses pthread, C11
 * atomics or libuv's thread calls directly. */
#ifndef PLATFORM_LOOP_THREAD_H
#define PLATFORM_LOOP_THREAD_H

#include "base/err.h"

#include <stdint.h>

struct thread;
/* The name (≤ 15 characters) shows in ps and in logs. Signals are blocked in the new thread. */
struct thread *thread_start(const char *name, void (*run)(void *ctx), void *ctx);
void thread_join(struct thread *thread); /* waits and frees */
const char *thread_name(void);           /* of the calling thread */

struct mutex;
struct mutex *mutex_new(void);
void mutex_free(struct mutex *mutex);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

/* A counter any thread may change; relaxed order. */
struct counter {
    _Atomic int64_t value;
};
void counter_add(struct counter *counter, int64_t n);
void counter_set(struct counter *counter, int64_t n);
int64_t counter_get(const struct counter *counter);

/* An event one thread waits for and any thread signals; stays set until waited for. */
struct signal;
struct signal *signal_new(void);
void signal_free(struct signal *signal);
void signal_set(struct signal *signal);
bool signal_wait(struct signal *signal, int64_t timeout_ms); /* false on timeout; <0 for ever */

/* Bounded multi-producer, single-consumer queue of intrusive nodes, first in first out. */
struct queue_node {
    struct queue_node *next;
};
struct queue;
struct queue *queue_new(size_t max);
void queue_free(struct queue *queue); /* must be empty */
/* ERR_QUEUE_FULL when max nodes wait; ERR_STOPPING after queue_close. */
MUST_USE enum err queue_push(struct queue *queue, struct queue_node *node);
/* Takes up to max nodes as a chain (through ->next), waiting up to wait_us (<0 for ever) for the
 * first. Returns the number; 0 on timeout or when closed and empty. */
size_t queue_take(struct queue *queue, struct queue_node **chain, size_t max, int64_t wait_us);
void queue_close(struct queue *queue); /* wakes the consumer; pushes are refused from now on */
bool queue_is_closed(const struct queue *queue);
size_t queue_len(const struct queue *queue);

#endif
