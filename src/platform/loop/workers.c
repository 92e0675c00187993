#include "platform/loop/loop.h"
#include "platform/loop/thread_int.h"

#include "base/arena.h"

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct queue_node *head;
    struct queue_node *tail;
    size_t len;
    size_t max;
    bool stopping;
    unsigned thread_count;
    struct thread **threads;
};

static void work_done(struct task *task)
{
    struct work *work = (struct work *)(void *)((char *)task - offsetof(struct work, task));

    work->done(work);
}

/* The next work, waiting for it; NULL when stopping and nothing is left. */
static struct work *next_work(struct workers *workers)
{
    struct queue_node *node;

    CHECK(pthread_mutex_lock(&workers->lock) == 0);
    while (workers->head == NULL && !workers->stopping) {
        CHECK(pthread_cond_wait(&workers->changed, &workers->lock) == 0);
    }
    node = workers->head;
    if (node != NULL) {
        workers->head = node->next;
        workers->len--;
    }
    CHECK(pthread_mutex_unlock(&workers->lock) == 0);
    return (struct work *)node; /* node is its first member */
}

static void worker_run(void *ctx)
{
    struct workers *workers = ctx;
    struct work *work;

    while ((work = next_work(workers)) != NULL) {
        work->run(work);
        loop_post(work->loop, &work->task);
    }
}

struct workers *workers_new(unsigned threads, size_t queue_max)
{
    struct workers *workers = mem_new(sizeof(*workers));

    CHECK(threads > 0 && queue_max > 0);
    CHECK(pthread_mutex_init(&workers->lock, NULL) == 0);
    thread__cond_init(&workers->changed);
    workers->max = queue_max;
    workers->thread_count = threads;
    workers->threads = mem_new(threads * sizeof(struct thread *));
    for (unsigned i = 0; i < threads; i++) {
        workers->threads[i] = thread_start("worker", worker_run, workers);
    }
    return workers;
}

void workers_stop(struct workers *workers)
{
    CHECK(pthread_mutex_lock(&workers->lock) == 0);
    workers->stopping = true;
    CHECK(pthread_cond_broadcast(&workers->changed) == 0);
    CHECK(pthread_mutex_unlock(&workers->lock) == 0);
    for (unsigned i = 0; i < workers->thread_count; i++) {
        thread_join(workers->threads[i]);
    }
    workers->thread_count = 0;
}

void workers_free(struct workers *workers)
{
    workers_stop(workers);
    CHECK(pthread_cond_destroy(&workers->changed) == 0);
    CHECK(pthread_mutex_destroy(&workers->lock) == 0);
    mem_free(workers->threads);
    mem_free(workers);
}

static enum err submit_locked(struct workers *workers, struct work *work)
{
    if (workers->stopping) {
        return ERR_STOPPING;
    }
    if (workers->len >= workers->max) {
        return ERR_QUEUE_FULL;
    }
    work->task.run = work_done;
    work->node.next = NULL;
    if (workers->head == NULL) {
        workers->head = &work->node;
    } else {
        workers->tail->next = &work->node;
    }
    workers->tail = &work->node;
    workers->len++;
    CHECK(pthread_cond_signal(&workers->changed) == 0);
    return ERR_OK;
}

enum err workers_submit(struct workers *workers, struct work *work)
{
    enum err err;

    CHECK(pthread_mutex_lock(&workers->lock) == 0);
    err = submit_locked(workers, work);
    CHECK(pthread_mutex_unlock(&workers->lock) == 0);
    return err;
}
