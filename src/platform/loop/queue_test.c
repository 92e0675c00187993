#include "platform/loop/thread.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

struct item {
    struct queue_node node;
    int producer;
    int number;
};

static int64_t monotonic_ms(clockid_t clock)
{
    struct timespec now;

    assert_int_equal(clock_gettime(clock, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nodes_come_out_in_the_order_they_went_in(void **state)
{
    struct queue *queue = queue_new(10);
    struct item items[5] = {0};
    struct queue_node *chain;

    (void)state;
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        assert_int_equal(queue_push(queue, &items[i].node), ERR_OK);
    }
    assert_int_equal(queue_len(queue), 5);
    assert_int_equal(queue_take(queue, &chain, 2, 0), 2);
    assert_ptr_equal(chain, &items[0].node);
    assert_ptr_equal(chain->next, &items[1].node);
    assert_null(chain->next->next);
    assert_int_equal(queue_len(queue), 3);

    /* A node pushed after a partial take follows the ones left. */
    assert_int_equal(queue_push(queue, &items[0].node), ERR_OK);
    assert_int_equal(queue_take(queue, &chain, 10, -1), 4);
    assert_ptr_equal(chain, &items[2].node);
    assert_ptr_equal(chain->next->next->next, &items[0].node);
    assert_null(chain->next->next->next->next);
    assert_int_equal(queue_take(queue, &chain, 10, 0), 0);
    assert_null(chain);
    queue_free(queue);
}

static void a_full_queue_refuses_until_something_is_taken(void **state)
{
    struct queue *queue = queue_new(2);
    struct item items[3] = {0};
    struct queue_node *chain;

    (void)state;
    assert_int_equal(queue_push(queue, &items[0].node), ERR_OK);
    assert_int_equal(queue_push(queue, &items[1].node), ERR_OK);
    assert_int_equal(queue_push(queue, &items[2].node), ERR_QUEUE_FULL);
    assert_int_equal(queue_take(queue, &chain, 1, 0), 1);
    assert_int_equal(queue_push(queue, &items[2].node), ERR_OK);
    assert_int_equal(queue_push(queue, &items[0].node), ERR_QUEUE_FULL);
    assert_int_equal(queue_take(queue, &chain, 5, 0), 2);
    queue_free(queue);
}

static void a_closed_queue_refuses_pushes_and_gives_what_it_has(void **state)
{
    struct queue *queue = queue_new(2);
    struct item items[2] = {0};
    struct queue_node *chain;

    (void)state;
    assert_int_equal(queue_push(queue, &items[0].node), ERR_OK);
    assert_false(queue_is_closed(queue));
    queue_close(queue);
    assert_true(queue_is_closed(queue));
    assert_int_equal(queue_push(queue, &items[1].node), ERR_STOPPING);
    assert_int_equal(queue_take(queue, &chain, 5, -1), 1);
    assert_int_equal(queue_take(queue, &chain, 5, -1), 0);
    queue_free(queue);
}

static void close_later(void *ctx)
{
    const struct timespec pause = {.tv_nsec = 150 * 1000000};

    assert_int_equal(nanosleep(&pause, NULL), 0);
    queue_close(ctx);
}

static void a_waiting_consumer_sleeps_until_it_is_woken(void **state)
{
    struct queue *queue = queue_new(2);
    struct queue_node *chain;
    struct thread *thread;
    int64_t before = monotonic_ms(CLOCK_MONOTONIC);
    int64_t cpu_before;

    (void)state;
    assert_int_equal(queue_take(queue, &chain, 1, 20000), 0);
    assert_true(monotonic_ms(CLOCK_MONOTONIC) - before >= 19);

    thread = thread_start("closer", close_later, queue);
    cpu_before = monotonic_ms(CLOCK_THREAD_CPUTIME_ID);
    assert_int_equal(queue_take(queue, &chain, 1, -1), 0);
    assert_true(monotonic_ms(CLOCK_THREAD_CPUTIME_ID) - cpu_before <= 5);
    thread_join(thread);
    queue_free(queue);
}

enum { PRODUCERS = 3, PER_PRODUCER = 20000 };
struct producer {
    struct queue *queue;
    struct item *items;
    int64_t refused;
};

static void produce(void *ctx)
{
    struct producer *producer = ctx;

    for (int i = 0; i < PER_PRODUCER; i++) {
        while (queue_push(producer->queue, &producer->items[i].node) != ERR_OK) {
            const struct timespec pause = {.tv_nsec = 10000};

            producer->refused++;
            (void)nanosleep(&pause, NULL);
        }
    }
}

static void many_producers_keep_their_order_and_lose_nothing(void **state)
{
    struct queue *queue = queue_new(1000);
    struct producer producers[PRODUCERS];
    struct thread *threads[PRODUCERS];
    int next[PRODUCERS] = {0};
    int taken = 0;

    (void)state;
    for (int p = 0; p < PRODUCERS; p++) {
        producers[p] = (struct producer){queue, mem_new(PER_PRODUCER * sizeof(struct item)), 0};
        for (int i = 0; i < PER_PRODUCER; i++) {
            producers[p].items[i] = (struct item){.producer = p, .number = i};
        }
        threads[p] = thread_start("producer", produce, &producers[p]);
    }
    while (taken < PRODUCERS * PER_PRODUCER) {
        struct queue_node *chain;
        size_t count = queue_take(queue, &chain, 64, -1);

        assert_in_range(count, 1, 64);
        for (; chain != NULL; chain = chain->next) {
            struct item *item = (struct item *)chain;

            assert_int_equal(item->number, next[item->producer]);
            next[item->producer]++;
            taken++;
            count--;
        }
        assert_int_equal(count, 0);
    }
    for (int p = 0; p < PRODUCERS; p++) {
        thread_join(threads[p]);
        assert_int_equal(next[p], PER_PRODUCER);
        mem_free(producers[p].items);
    }
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_come_out_in_the_order_they_went_in),
        cmocka_unit_test(a_full_queue_refuses_until_something_is_taken),
        cmocka_unit_test(a_closed_queue_refuses_pushes_and_gives_what_it_has),
        cmocka_unit_test(a_waiting_consumer_sleeps_until_it_is_woken),
        cmocka_unit_test(many_producers_keep_their_order_and_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
