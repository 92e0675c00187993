#include "platform/loop/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static int64_t monotonic_ms(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct seen {
    char name[16];
    int blocked; /* whether SIGTERM is */
};

static void look_around(void *ctx)
{
    struct seen *seen = ctx;
    sigset_t mask;

    memcpy(seen->name, thread_name(), sizeof(seen->name));
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen->blocked = sigismember(&mask, SIGTERM);
}

static void a_thread_has_its_name_and_blocks_signals(void **state)
{
    struct seen seen = {.blocked = 0};

    (void)state;
    thread_join(thread_start("writer-0", look_around, &seen));
    assert_string_equal(seen.name, "writer-0");
    assert_int_equal(seen.blocked, 1);
    assert_string_equal(thread_name(), "main");
}

struct shared {
    struct mutex *mutex;
    struct counter counter;
    int64_t guarded;
};

static void add_many(void *ctx)
{
    struct shared *shared = ctx;

    for (int i = 0; i < 10000; i++) {
        counter_add(&shared->counter, 1);
        mutex_lock(shared->mutex);
        shared->guarded++;
        mutex_unlock(shared->mutex);
    }
}

static void counters_and_mutexes_lose_no_addition(void **state)
{
    struct shared shared = {.mutex = mutex_new()};
    struct thread *threads[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        threads[i] = thread_start("adder", add_many, &shared);
    }
    for (size_t i = 0; i < 3; i++) {
        thread_join(threads[i]);
    }
    assert_int_equal(counter_get(&shared.counter), 30000);
    assert_int_equal(shared.guarded, 30000);
    counter_set(&shared.counter, -7);
    assert_int_equal(counter_get(&shared.counter), -7);
    mutex_free(shared.mutex);
}

static void set_signal(void *ctx)
{
    signal_set(ctx);
}

static void a_signal_stays_set_until_it_is_waited_for(void **state)
{
    struct signal *signal = signal_new();
    struct thread *thread;
    int64_t before;

    (void)state;
    signal_set(signal);
    signal_set(signal);
    assert_true(signal_wait(signal, 0));
    assert_false(signal_wait(signal, 0));

    before = monotonic_ms();
    assert_false(signal_wait(signal, 30));
    assert_true(monotonic_ms() - before >= 29);

    thread = thread_start("setter", set_signal, signal);
    assert_true(signal_wait(signal, -1));
    thread_join(thread);
    signal_free(signal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_has_its_name_and_blocks_signals),
        cmocka_unit_test(counters_and_mutexes_lose_no_addition),
        cmocka_unit_test(a_signal_stays_set_until_it_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
