#include "sim/sim_schedule.h"

#include "base/arena.h"

/* Bounds one turn of the loop, so that requests are served between bursts of due events. */
enum { FIRES_PER_TURN = 64, TIMER_MAX_MS = 3600 * 1000 };

struct sim_schedule {
    struct loop_timer timer; /* first, so that its callbacks find the rest */
    struct loop *loop;
    int64_t speed;
    int64_t real_base_ms; /* monotonic */
    int64_t base_ms;      /* the schedule's time at real_base_ms */
    struct sim_event **heap;
    size_t count;
    size_t size;
    bool firing;
};

static int64_t now_of(const struct sim_schedule *schedule)
{
    int64_t elapsed = loop_monotonic_ms(schedule->loop) - schedule->real_base_ms;

    return schedule->base_ms + elapsed * schedule->speed;
}

static void put(struct sim_schedule *schedule, size_t place, struct sim_event *event)
{
    schedule->heap[place - 1] = event;
    event->place = place;
}

static struct sim_event *at(const struct sim_schedule *schedule, size_t place)
{
    return schedule->heap[place - 1];
}

static void sift_up(struct sim_schedule *schedule, size_t place, struct sim_event *event)
{
    while (place > 1 && at(schedule, place / 2)->due > event->due) {
        put(schedule, place, at(schedule, place / 2));
        place /= 2;
    }
    put(schedule, place, event);
}

static void sift_down(struct sim_schedule *schedule, size_t place, struct sim_event *event)
{
    for (;;) {
        size_t child = place * 2;

        if (child < schedule->count && at(schedule, child + 1)->due < at(schedule, child)->due) {
            child++;
        }
        if (child > schedule->count || at(schedule, child)->due >= event->due) {
            break;
        }
        put(schedule, place, at(schedule, child));
        place = child;
    }
    put(schedule, place, event);
}

static void take_out(struct sim_schedule *schedule, struct sim_event *event)
{
    size_t place = event->place;
    struct sim_event *last = at(schedule, schedule->count);

    schedule->count--;
    event->place = 0;
    if (last != event) {
        sift_up(schedule, place, last);
        sift_down(schedule, last->place, last);
    }
}

static void arm(struct sim_schedule *schedule)
{
    int64_t wait;

    if (schedule->firing) {
        return; /* fire() arms when it is through */
    }
    if (schedule->count == 0) {
        loop_timer_cancel(&schedule->timer);
        return;
    }
    wait = at(schedule, 1)->due - now_of(schedule);
    wait = wait <= 0 ? 0 : (wait + schedule->speed - 1) / schedule->speed;
    loop_timer_set(&schedule->timer, wait < TIMER_MAX_MS ? wait : TIMER_MAX_MS);
}

static void fire(struct loop_timer *timer)
{
    struct sim_schedule *schedule = (struct sim_schedule *)timer;
    int64_t now = now_of(schedule);

    schedule->firing = true;
    for (int i = 0; i < FIRES_PER_TURN && schedule->count > 0; i++) {
        struct sim_event *event = at(schedule, 1);

        if (event->due > now) {
            break;
        }
        take_out(schedule, event);
        event->fire(event);
    }
    schedule->firing = false;
    arm(schedule);
}

struct sim_schedule *sim_schedule_new(struct loop *loop, int64_t speed)
{
    struct sim_schedule *schedule = mem_new(sizeof(*schedule));

    CHECK(speed >= 1 && speed <= SIM_SPEED_MAX);
    schedule->loop = loop;
    schedule->speed = speed;
    schedule->real_base_ms = loop_monotonic_ms(loop);
    loop_timer_init(loop, &schedule->timer, fire);
    return schedule;
}

static void closed(struct loop_timer *timer)
{
    struct sim_schedule *schedule = (struct sim_schedule *)timer;

    mem_free(schedule->heap);
    mem_free(schedule);
}

void sim_schedule_free(struct sim_schedule *schedule)
{
    loop_timer_close(&schedule->timer, closed);
}

void sim_schedule_set_speed(struct sim_schedule *schedule, int64_t speed)
{
    CHECK(speed >= 1 && speed <= SIM_SPEED_MAX);
    schedule->base_ms = now_of(schedule);
    schedule->real_base_ms = loop_monotonic_ms(schedule->loop);
    schedule->speed = speed;
    arm(schedule);
}

int64_t sim_schedule_speed(const struct sim_schedule *schedule)
{
    return schedule->speed;
}

void sim_schedule_in(struct sim_schedule *schedule, struct sim_event *event, int64_t after_ms)
{
    if (event->place != 0) {
        take_out(schedule, event);
    }
    if (schedule->count == schedule->size) {
        size_t size = schedule->size == 0 ? 256 : schedule->size * 2;

        schedule->heap = mem_grow(schedule->heap, schedule->size * sizeof(struct sim_event *),
                                  size * sizeof(struct sim_event *));
        schedule->size = size;
    }
    event->due = now_of(schedule) + after_ms;
    schedule->count++;
    sift_up(schedule, schedule->count, event);
    if (event->place == 1) {
        arm(schedule);
    }
}

void sim_schedule_cancel(struct sim_schedule *schedule, struct sim_event *event)
{
    if (event->place != 0) {
        take_out(schedule, event);
        arm(schedule);
    }
}

size_t sim_schedule_waiting(const struct sim_schedule *schedule)
{
    return schedule->count;
}
