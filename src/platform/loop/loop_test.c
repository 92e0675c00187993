#include "platform/loop/loop.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

static int64_t fixed_now(void *ctx)
{
    return *(int64_t *)ctx;
}

static void the_clock_is_the_one_given(void **state)
{
    int64_t now = 1700000000123;
    struct clock clock = {fixed_now, &now};
    struct loop *loop = loop_new("test", 3, &clock);

    (void)state;
    assert_int_equal(loop_now_ms(loop), now);
    now += 5;
    assert_int_equal(loop_now_ms(loop), now);
    assert_int_equal(clock_now_ms(&clock), now);
    assert_true(clock_now_ms(NULL) > INT64_C(1700000000000));
    assert_int_equal(loop_index(loop), 3);
    loop_free(loop);
}

struct numbered {
    struct task task;
    int number;
    int *next;
    int last;
};

static void run_numbered(struct task *task)
{
    struct numbered *numbered = (struct numbered *)task;
    struct loop *loop = loop_current();

    assert_non_null(loop);
    assert_true(loop_is_current(loop));
    assert_int_equal(numbered->number, *numbered->next);
    (*numbered->next)++;
    if (numbered->number == numbered->last) {
        loop_stop(loop);
    }
}

static void tasks_run_in_order_on_the_loops_thread(void **state)
{
    struct loop *loop = loop_new("test", 0, NULL);
    struct numbered tasks[6];
    int next = 0;

    (void)state;
    for (int i = 0; i < 6; i++) {
        tasks[i] = (struct numbered){{{NULL}, run_numbered}, i, &next, 5};
    }
    loop_post(loop, &tasks[0].task);
    tasks[1].task.node.next = &tasks[2].task.node;
    tasks[2].task.node.next = &tasks[3].task.node;
    loop_post_chain(loop, &tasks[1].task);
    loop_post(loop, &tasks[4].task);
    loop_post(loop, &tasks[5].task);
    assert_null(loop_current());
    loop_run(loop);
    assert_null(loop_current());
    assert_int_equal(next, 6);
    loop_free(loop);
}

static void tasks_left_at_the_end_still_run(void **state)
{
    struct loop *loop = loop_new("test", 0, NULL);
    int next = 0;
    struct numbered task = {{{NULL}, run_numbered}, 0, &next, 1};

    (void)state;
    loop_stop(loop);
    loop_run(loop);
    loop_post(loop, &task.task);
    loop_free(loop);
    assert_int_equal(next, 1);
}

struct poster {
    struct loop *loop;
    struct numbered *tasks;
    int count;
};

static void post_all(void *ctx)
{
    struct poster *poster = ctx;

    for (int i = 0; i < poster->count; i++) {
        loop_post(poster->loop, &poster->tasks[i].task);
    }
}

static void posts_from_many_threads_all_run(void **state)
{
    enum { THREADS = 3, COUNT = 5000 };
    struct loop *loop = loop_new("test", 0, NULL);
    struct poster posters[THREADS];
    struct thread *threads[THREADS];
    int next[THREADS] = {0};

    (void)state;
    loop_start(loop);
    for (int p = 0; p < THREADS; p++) {
        posters[p] = (struct poster){loop, mem_new(COUNT * sizeof(struct numbered)), COUNT};
        for (int i = 0; i < COUNT; i++) {
            posters[p].tasks[i] = (struct numbered){{{NULL}, run_numbered}, i, &next[p], COUNT};
        }
        threads[p] = thread_start("poster", post_all, &posters[p]);
    }
    for (int p = 0; p < THREADS; p++) {
        thread_join(threads[p]);
    }
    loop_free(loop);
    for (int p = 0; p < THREADS; p++) {
        assert_int_equal(next[p], COUNT);
        mem_free(posters[p].tasks);
    }
}

struct called {
    struct loop *loop;
    struct loop *current;
};

static void note_current(void *ctx)
{
    struct called *called = ctx;

    called->current = loop_current();
}

static void a_call_runs_as_the_loop_and_is_waited_for(void **state)
{
    struct loop *loop = loop_new("test", 0, NULL);
    struct called called = {loop, NULL};

    (void)state;
    loop_call(loop, note_current, &called);
    assert_ptr_equal(called.current, loop);
    loop_start(loop);
    called.current = NULL;
    loop_call(loop, note_current, &called);
    assert_ptr_equal(called.current, loop);
    loop_free(loop);
}

struct timed {
    struct loop_timer timer;
    int64_t set_at_ms;
    int fired;
    bool closed;
};

static void timed_closed(struct loop_timer *timer)
{
    ((struct timed *)timer)->closed = true;
}

static void timed_fire(struct loop_timer *timer)
{
    struct timed *timed = (struct timed *)timer;

    timed->fired++;
    assert_false(timer->active);
    assert_true(loop_monotonic_ms(timer->loop) - timed->set_at_ms >= 29);
    loop_stop(timer->loop);
}

static void a_timer_fires_once_after_its_time(void **state)
{
    struct loop *loop = loop_new("test", 0, NULL);
    struct timed timed = {.fired = 0};
    struct timed cancelled = {.fired = 0};

    (void)state;
    loop_timer_init(loop, &timed.timer, timed_fire);
    loop_timer_init(loop, &cancelled.timer, timed_fire);
    (void)usleep(20000); /* the loop's idea of the present is old now */
    timed.set_at_ms = loop_monotonic_ms(loop);
    loop_timer_set(&cancelled.timer, 1);
    loop_timer_set(&timed.timer, 5000);
    loop_timer_set(&timed.timer, 30);
    assert_true(timed.timer.active);
    loop_timer_cancel(&cancelled.timer);
    assert_false(cancelled.timer.active);
    loop_run(loop);
    assert_int_equal(timed.fired, 1);
    assert_int_equal(cancelled.fired, 0);
    loop_timer_close(&timed.timer, timed_closed);
    loop_timer_close(&cancelled.timer, NULL);
    loop_free(loop);
    assert_true(timed.closed);
}

struct job {
    struct work work;
    const char *ran_on;
    struct loop *done_on;
    int64_t *left;
    struct signal *gate;
};

static void job_run(struct work *work)
{
    struct job *job = (struct job *)work;

    if (job->gate != NULL) {
        (void)signal_wait(job->gate, -1);
    }
    job->ran_on = thread_name();
}

static void job_done(struct work *work)
{
    struct job *job = (struct job *)work;

    assert_string_equal(job->ran_on, "worker");
    job->done_on = loop_current();
    if (--*job->left == 0) {
        loop_stop(work->loop);
    }
}

static void work_runs_on_a_worker_and_ends_on_its_loop(void **state)
{
    struct loop *loop = loop_new("test", 0, NULL);
    struct workers *workers = workers_new(2, 100);
    struct job jobs[50] = {0};
    int64_t left = 50;

    (void)state;
    for (size_t i = 0; i < 50; i++) {
        jobs[i] =
            (struct job){.work = {.run = job_run, .done = job_done, .loop = loop}, .left = &left};
        assert_int_equal(workers_submit(workers, &jobs[i].work), ERR_OK);
    }
    loop_run(loop);
    assert_int_equal(left, 0);
    for (size_t i = 0; i < 50; i++) {
        assert_ptr_equal(jobs[i].done_on, loop);
    }
    workers_free(workers);
    loop_free(loop);
}

static void a_full_pool_refuses_and_a_stopped_one_finishes_its_queue(void **state)
{
    struct loop *loop = loop_new("test", 0, NULL);
    struct workers *workers = workers_new(1, 2);
    struct signal *gate = signal_new();
    struct job jobs[4] = {0};
    int64_t left = 3;
    enum err err;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        jobs[i] =
            (struct job){.work = {.run = job_run, .done = job_done, .loop = loop}, .left = &left};
    }
    jobs[0].gate = gate;
    assert_int_equal(workers_submit(workers, &jobs[0].work), ERR_OK);
    do { /* until the only worker has taken the first, which waits at the gate */
        err = workers_submit(workers, &jobs[1].work);
    } while (err == ERR_QUEUE_FULL);
    assert_int_equal(err, ERR_OK);
    do {
        err = workers_submit(workers, &jobs[2].work);
    } while (err == ERR_QUEUE_FULL);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(workers_submit(workers, &jobs[3].work), ERR_QUEUE_FULL);
    signal_set(gate);
    workers_free(workers);
    loop_free(loop);
    assert_int_equal(left, 0);
    signal_free(gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_is_the_one_given),
        cmocka_unit_test(tasks_run_in_order_on_the_loops_thread),
        cmocka_unit_test(tasks_left_at_the_end_still_run),
        cmocka_unit_test(posts_from_many_threads_all_run),
        cmocka_unit_test(a_call_runs_as_the_loop_and_is_waited_for),
        cmocka_unit_test(a_timer_fires_once_after_its_time),
        cmocka_unit_test(work_runs_on_a_worker_and_ends_on_its_loop),
        cmocka_unit_test(a_full_pool_refuses_and_a_stopped_one_finishes_its_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
