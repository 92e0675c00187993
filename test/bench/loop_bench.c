/* What handing work between threads costs: pushes into a queue by two producers, taken in batches
 * as the store's writer does, and tasks posted to a loop one by one and as chains. */
#include "platform/loop/loop.h"

#include "base/arena.h"

#include <stdio.h>
#include <time.h>

enum { COUNT = 2000000, PRODUCERS = 2, CHAIN = 256 };

static int64_t now_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void print_rate(const char *name, int64_t count, int64_t before_us)
{
    printf("figure %s %lld operations/s\n", name,
           (long long)(count * 1000000 / (now_us() - before_us + 1)));
}

struct producer {
    struct queue *queue;
    struct queue_node *nodes;
};

static void produce(void *ctx)
{
    struct producer *producer = ctx;

    for (size_t i = 0; i < COUNT; i++) {
        while (queue_push(producer->queue, &producer->nodes[i]) != ERR_OK) {
            const struct timespec pause = {.tv_nsec = 50000};

            (void)nanosleep(&pause, NULL);
        }
    }
}

static void bench_queue(void)
{
    struct queue *queue = queue_new(65536);
    struct producer producers[PRODUCERS];
    struct thread *threads[PRODUCERS];
    int64_t before = now_us();
    int64_t taken = 0;

    for (size_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){queue, mem_new(COUNT * sizeof(struct queue_node))};
        threads[i] = thread_start("producer", produce, &producers[i]);
    }
    while (taken < (int64_t)PRODUCERS * COUNT) {
        struct queue_node *chain;

        taken += (int64_t)queue_take(queue, &chain, 512, -1);
    }
    print_rate("loop.queue", taken, before);
    for (size_t i = 0; i < PRODUCERS; i++) {
        thread_join(threads[i]);
        mem_free(producers[i].nodes);
    }
    queue_free(queue);
}

static void nothing(struct task *task)
{
    (void)task;
}

static void finished(void *ctx)
{
    (void)ctx;
}

static void bench_posts(size_t chain)
{
    struct loop *loop = loop_new("bench", 0, NULL);
    struct task *tasks = mem_new(COUNT * sizeof(struct task));
    int64_t before = now_us();

    loop_start(loop);
    for (size_t i = 0; i + chain <= COUNT; i += chain) {
        for (size_t j = i; j < i + chain; j++) {
            tasks[j].run = nothing;
            tasks[j].node.next = j + 1 < i + chain ? &tasks[j + 1].node : NULL;
        }
        loop_post_chain(loop, &tasks[i]);
    }
    loop_call(loop, finished, NULL);
    print_rate(chain == 1 ? "loop.post" : "loop.post.chained", COUNT, before);
    loop_free(loop);
    mem_free(tasks);
}

struct bounce {
    struct task task;
    struct loop *other;
    int64_t left;
    struct signal *done;
};

static void bounce(struct task *task)
{
    struct bounce *ball = (struct bounce *)task;
    struct loop *here = loop_current();

    if (--ball->left == 0) {
        signal_set(ball->done);
        return;
    }
    loop_post(ball->other, task);
    ball->other = here;
}

static void bench_round_trip(void)
{
    struct loop *a = loop_new("a", 0, NULL);
    struct loop *b = loop_new("b", 1, NULL);
    struct bounce ball = {.task.run = bounce, .other = b, .left = 200000, .done = signal_new()};
    int64_t before = now_us();

    loop_start(a);
    loop_start(b);
    loop_post(a, &ball.task);
    CHECK(signal_wait(ball.done, -1));
    print_rate("loop.handover", 200000, before);
    loop_free(a);
    loop_free(b);
    signal_free(ball.done);
}

int main(void)
{
    bench_queue();
    bench_posts(1);
    bench_posts(CHAIN);
    bench_round_trip();
    return 0;
}
