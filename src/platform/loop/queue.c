/* The lock guards the producers' chain alone. The consumer takes that chain whole and hands it out
 * from a private one, so that a long queue costs producers one short lock and no waiting. */
#include "platform/loop/thread_int.h"

#include "base/arena.h"

#include <errno.h>
#include <stdatomic.h>

struct queue {
    size_t max;
    _Atomic size_t len; /* of both chains; pushes count under the lock, takes without */

    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct queue_node *head;
    struct queue_node *tail;
    bool waiting;        /* the consumer sleeps */
    _Atomic bool closed; /* written under the lock */

    struct queue_node *taken; /* the consumer's own */
};

struct queue *queue_new(size_t max)
{
    struct queue *queue = mem_new(sizeof(*queue));

    CHECK(max > 0);
    queue->max = max;
    CHECK(pthread_mutex_init(&queue->lock, NULL) == 0);
    thread__cond_init(&queue->filled);
    return queue;
}

void queue_free(struct queue *queue)
{
    CHECK(queue_len(queue) == 0);
    CHECK(pthread_cond_destroy(&queue->filled) == 0);
    CHECK(pthread_mutex_destroy(&queue->lock) == 0);
    mem_free(queue);
}

static enum err push_locked(struct queue *queue, struct queue_node *node)
{
    if (queue->closed) {
        return ERR_STOPPING;
    }
    if (atomic_load_explicit(&queue->len, memory_order_relaxed) >= queue->max) {
        return ERR_QUEUE_FULL;
    }
    (void)atomic_fetch_add_explicit(&queue->len, 1, memory_order_relaxed);
    node->next = NULL;
    if (queue->head == NULL) {
        queue->head = node;
    } else {
        queue->tail->next = node;
    }
    queue->tail = node;
    if (queue->waiting) {
        queue->waiting = false;
        CHECK(pthread_cond_signal(&queue->filled) == 0);
    }
    return ERR_OK;
}

enum err queue_push(struct queue *queue, struct queue_node *node)
{
    enum err err;

    CHECK(pthread_mutex_lock(&queue->lock) == 0);
    err = push_locked(queue, node);
    CHECK(pthread_mutex_unlock(&queue->lock) == 0);
    return err;
}

/* Moves the producers' chain to the consumer, waiting for one when wait_us asks for it. */
static void refill(struct queue *queue, int64_t wait_us)
{
    struct timespec until = {0};
    int status = 0;

    if (wait_us > 0) {
        until = thread__deadline(wait_us);
    }
    CHECK(pthread_mutex_lock(&queue->lock) == 0);
    while (queue->head == NULL && !queue->closed && wait_us != 0 && status != ETIMEDOUT) {
        queue->waiting = true;
        status = wait_us < 0 ? pthread_cond_wait(&queue->filled, &queue->lock)
                             : pthread_cond_timedwait(&queue->filled, &queue->lock, &until);
        CHECK(status == 0 || status == ETIMEDOUT);
    }
    queue->waiting = false;
    queue->taken = queue->head;
    queue->head = NULL;
    queue->tail = NULL;
    CHECK(pthread_mutex_unlock(&queue->lock) == 0);
}

size_t queue_take(struct queue *queue, struct queue_node **chain, size_t max, int64_t wait_us)
{
    struct queue_node **end = chain;
    size_t count = 0;

    if (queue->taken == NULL) {
        refill(queue, wait_us);
    }
    while (count < max) {
        if (queue->taken == NULL) {
            refill(queue, 0);
            if (queue->taken == NULL) {
                break;
            }
        }
        *end = queue->taken;
        end = &queue->taken->next;
        queue->taken = queue->taken->next;
        count++;
    }
    *end = NULL;
    (void)atomic_fetch_sub_explicit(&queue->len, count, memory_order_relaxed);
    return count;
}

void queue_close(struct queue *queue)
{
    CHECK(pthread_mutex_lock(&queue->lock) == 0);
    queue->closed = true;
    CHECK(pthread_cond_signal(&queue->filled) == 0);
    CHECK(pthread_mutex_unlock(&queue->lock) == 0);
}

bool queue_is_closed(const struct queue *queue)
{
    return atomic_load_explicit(&queue->closed, memory_order_relaxed);
}

size_t queue_len(const struct queue *queue)
{
    return atomic_load_explicit(&queue->len, memory_order_relaxed);
}
