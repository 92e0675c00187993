#include "platform/loop/loop.h"

#include "base/str.h"

#include <stdatomic.h>
#include <time.h>

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    const struct clock *clock;
    char name[16];
    unsigned index;
    struct thread *thread; /* of loop_start */
    struct mutex *lock;    /* guards first and last */
    struct queue_node *first;
    struct queue_node *last;
    _Atomic bool stopping;
};

static _Thread_local struct loop *current;

int64_t clock_now_ms(const struct clock *clock)
{
    struct timespec now;

    if (clock != NULL) {
        return clock->now_ms(clock->ctx);
    }
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct queue_node *take_posted(struct loop *loop)
{
    struct queue_node *chain;

    mutex_lock(loop->lock);
    chain = loop->first;
    loop->first = NULL;
    loop->last = NULL;
    mutex_unlock(loop->lock);
    return chain;
}

/* Tasks posted by these tasks wait for the next turn, so that input and timers get theirs. */
static bool run_posted(struct loop *loop)
{
    struct queue_node *node = take_posted(loop);
    bool any = node != NULL;

    while (node != NULL) {
        struct task *task = (struct task *)node; /* node is its first member */

        node = node->next;
        task->run(task);
    }
    return any;
}

static void woken(uv_async_t *wake)
{
    struct loop *loop = wake->data;

    (void)run_posted(loop);
    if (atomic_load(&loop->stopping)) {
        uv_stop(&loop->uv);
    }
}

struct loop *loop_new(const char *name, unsigned index, const struct clock *clock)
{
    struct loop *loop = mem_new(sizeof(*loop));
    size_t len = strlen(name);

    CHECK(len < sizeof(loop->name));
    memcpy(loop->name, name, len);
    loop->index = index;
    loop->clock = clock;
    loop->lock = mutex_new();
    CHECK(uv_loop_init(&loop->uv) == 0);
    CHECK(uv_async_init(&loop->uv, &loop->wake, woken) == 0);
    loop->wake.data = loop;
    return loop;
}

void loop_run(struct loop *loop)
{
    struct loop *outer = current;

    current = loop;
    if (!atomic_load(&loop->stopping)) {
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    current = outer;
}

static void thread_run(void *ctx)
{
    loop_run(ctx);
}

void loop_start(struct loop *loop)
{
    CHECK(loop->thread == NULL);
    loop->thread = thread_start(loop->name, thread_run, loop);
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    CHECK(uv_async_send(&loop->wake) == 0);
}

void loop_join(struct loop *loop)
{
    CHECK(current != loop);
    loop_stop(loop);
    if (loop->thread != NULL) {
        thread_join(loop->thread);
        loop->thread = NULL;
    }
}

/* The calling thread stands in for the stopped one, so that what is closed now can finish. */
void loop_free(struct loop *loop)
{
    struct loop *outer = current;

    loop_join(loop);
    current = loop;
    while (run_posted(loop)) {
    }
    uv_close((uv_handle_t *)&loop->wake, NULL);
    for (int turn = 0; turn < 100 && uv_run(&loop->uv, UV_RUN_NOWAIT) != 0; turn++) {
    }
    CHECK(uv_loop_close(&loop->uv) == 0); /* a handle was left open */
    current = outer;
    mutex_free(loop->lock);
    mem_free(loop);
}

struct waited_call {
    struct task task;
    void (*call)(void *ctx);
    void *ctx;
    struct signal *finished;
};

static void run_waited_call(struct task *task)
{
    struct waited_call *waited = (struct waited_call *)task;

    waited->call(waited->ctx);
    signal_set(waited->finished);
}

void loop_call(struct loop *loop, void (*call)(void *ctx), void *ctx)
{
    struct waited_call waited = {.task.run = run_waited_call, .call = call, .ctx = ctx};
    struct loop *outer = current;

    if (loop->thread == NULL || loop == current) {
        current = loop;
        call(ctx);
        current = outer;
        return;
    }
    waited.finished = signal_new();
    loop_post(loop, &waited.task);
    CHECK(signal_wait(waited.finished, -1));
    signal_free(waited.finished);
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

unsigned loop_index(const struct loop *loop)
{
    return loop->index;
}

bool loop_is_current(const struct loop *loop)
{
    return current == loop;
}

struct loop *loop_current(void)
{
    return current;
}

int64_t loop_now_ms(const struct loop *loop)
{
    return clock_now_ms(loop->clock);
}

int64_t loop_monotonic_us(const struct loop *loop)
{
    (void)loop;
    return (int64_t)(uv_hrtime() / 1000);
}

int64_t loop_monotonic_ms(const struct loop *loop)
{
    return loop_monotonic_us(loop) / 1000;
}

/* Only the post that finds the list empty wakes the loop: the wake-up takes the whole list. */
static void post(struct loop *loop, struct queue_node *first, struct queue_node *last)
{
    bool was_empty;

    mutex_lock(loop->lock);
    was_empty = loop->first == NULL;
    if (was_empty) {
        loop->first = first;
    } else {
        loop->last->next = first;
    }
    loop->last = last;
    if (was_empty) {
        CHECK(uv_async_send(&loop->wake) == 0);
    }
    mutex_unlock(loop->lock);
}

void loop_post(struct loop *loop, struct task *task)
{
    task->node.next = NULL;
    post(loop, &task->node, &task->node);
}

void loop_post_chain(struct loop *loop, struct task *first)
{
    struct queue_node *last = &first->node;

    while (last->next != NULL) {
        last = last->next;
    }
    post(loop, &first->node, last);
}

static void timer_fired(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;

    timer->active = false;
    timer->fire(timer);
}

void loop_timer_init(struct loop *loop, struct loop_timer *timer,
                     void (*fire)(struct loop_timer *timer))
{
    *timer = (struct loop_timer){.loop = loop, .fire = fire};
    CHECK(uv_timer_init(&loop->uv, &timer->uv) == 0);
    timer->uv.data = timer;
}

/* libuv counts from the start of the turn, which may be long ago. */
void loop_timer_set(struct loop_timer *timer, int64_t after_ms)
{
    CHECK(timer->fire != NULL);
    uv_update_time(&timer->loop->uv);
    CHECK(uv_timer_start(&timer->uv, timer_fired, after_ms > 0 ? (uint64_t)after_ms : 0, 0) == 0);
    timer->active = true;
}

void loop_timer_cancel(struct loop_timer *timer)
{
    CHECK(uv_timer_stop(&timer->uv) == 0);
    timer->active = false;
}

static void timer_closed(uv_handle_t *uv)
{
    struct loop_timer *timer = uv->data;

    if (timer->closed != NULL) {
        timer->closed(timer);
    }
}

void loop_timer_close(struct loop_timer *timer, void (*closed)(struct loop_timer *timer))
{
    timer->active = false;
    timer->closed = closed;
    uv_close((uv_handle_t *)&timer->uv, timer_closed);
}
