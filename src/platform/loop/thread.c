#include "platform/loop/thread_int.h"

#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

enum { NAME_SIZE = 16 }; /* the kernel's limit, with the NUL */

struct thread {
    pthread_t id;
    void (*run)(void *ctx);
    void *ctx;
    char name[NAME_SIZE];
};

struct mutex {
    pthread_mutex_t lock;
};

struct signal {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set;
};

static _Thread_local char current_name[NAME_SIZE] = "main";

static void *thread_main(void *ctx)
{
    struct thread *thread = ctx;

    memcpy(current_name, thread->name, NAME_SIZE);
    (void)pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->ctx);
    return NULL;
}

/* Signals belong to the main thread alone, so that a handler never interrupts a batch. */
struct thread *thread_start(const char *name, void (*run)(void *ctx), void *ctx)
{
    struct thread *thread = mem_new(sizeof(*thread));
    size_t len = strlen(name);
    sigset_t all;
    sigset_t before;

    CHECK(len < NAME_SIZE);
    memcpy(thread->name, name, len);
    thread->run = run;
    thread->ctx = ctx;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    CHECK(pthread_create(&thread->id, NULL, thread_main, thread) == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    return thread;
}

void thread_join(struct thread *thread)
{
    CHECK(pthread_join(thread->id, NULL) == 0);
    mem_free(thread);
}

const char *thread_name(void)
{
    return current_name;
}

struct mutex *mutex_new(void)
{
    struct mutex *mutex = mem_new(sizeof(*mutex));

    CHECK(pthread_mutex_init(&mutex->lock, NULL) == 0);
    return mutex;
}

void mutex_free(struct mutex *mutex)
{
    CHECK(pthread_mutex_destroy(&mutex->lock) == 0);
    mem_free(mutex);
}

void mutex_lock(struct mutex *mutex)
{
    CHECK(pthread_mutex_lock(&mutex->lock) == 0);
}

void mutex_unlock(struct mutex *mutex)
{
    CHECK(pthread_mutex_unlock(&mutex->lock) == 0);
}

void counter_add(struct counter *counter, int64_t n)
{
    (void)atomic_fetch_add_explicit(&counter->value, n, memory_order_relaxed);
}

void counter_set(struct counter *counter, int64_t n)
{
    atomic_store_explicit(&counter->value, n, memory_order_relaxed);
}

int64_t counter_get(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

void thread__cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    CHECK(pthread_condattr_init(&attr) == 0);
    CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(cond, &attr) == 0);
    CHECK(pthread_condattr_destroy(&attr) == 0);
}

struct timespec thread__deadline(int64_t after_us)
{
    const int64_t second_us = 1000000;
    struct timespec at;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
    at.tv_sec += after_us / second_us;
    at.tv_nsec += after_us % second_us * 1000;
    if (at.tv_nsec >= second_us * 1000) {
        at.tv_sec++;
        at.tv_nsec -= second_us * 1000;
    }
    return at;
}

struct signal *signal_new(void)
{
    struct signal *signal = mem_new(sizeof(*signal));

    CHECK(pthread_mutex_init(&signal->lock, NULL) == 0);
    thread__cond_init(&signal->changed);
    return signal;
}

void signal_free(struct signal *signal)
{
    CHECK(pthread_cond_destroy(&signal->changed) == 0);
    CHECK(pthread_mutex_destroy(&signal->lock) == 0);
    mem_free(signal);
}

/* Wakes under the lock: the waiter may free the signal as soon as it sees it set. */
void signal_set(struct signal *signal)
{
    CHECK(pthread_mutex_lock(&signal->lock) == 0);
    signal->set = true;
    CHECK(pthread_cond_signal(&signal->changed) == 0);
    CHECK(pthread_mutex_unlock(&signal->lock) == 0);
}

bool signal_wait(struct signal *signal, int64_t timeout_ms)
{
    struct timespec until = thread__deadline(timeout_ms < 0 ? 0 : timeout_ms * 1000);
    int status = 0;
    bool was_set;

    CHECK(pthread_mutex_lock(&signal->lock) == 0);
    while (!signal->set && status != ETIMEDOUT) {
        status = timeout_ms < 0 ? pthread_cond_wait(&signal->changed, &signal->lock)
                                : pthread_cond_timedwait(&signal->changed, &signal->lock, &until);
        CHECK(status == 0 || status == ETIMEDOUT);
    }
    was_set = signal->set;
    signal->set = false;
    CHECK(pthread_mutex_unlock(&signal->lock) == 0);
    return was_set;
}
