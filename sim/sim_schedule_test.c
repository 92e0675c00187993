#include "sim/sim_schedule.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS = 200, TIMEOUT_FAR = 3600 * 1000 };

static struct {
    struct loop *loop;
    struct sim_schedule *schedule;
    struct sim_event events[EVENTS];
    int64_t order[EVENTS]; /* the due times, as they fired */
    size_t fired;
    size_t stop_at;
} world;

static void note(struct sim_event *event)
{
    world.order[world.fired++] = event->due;
    if (world.fired == world.stop_at) {
        loop_stop(world.loop);
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.loop = loop_new("test", 0, NULL);
    world.schedule = sim_schedule_new(world.loop, 1);
    for (size_t i = 0; i < EVENTS; i++) {
        world.events[i].fire = note;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_schedule_free(world.schedule);
    loop_free(world.loop);
    return 0;
}

static void events_fire_in_the_order_they_are_due(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENTS; i++) {
        sim_schedule_in(world.schedule, &world.events[i], (int64_t)(i * 7919 % 101));
    }
    world.stop_at = EVENTS;
    loop_run(world.loop);
    for (size_t i = 1; i < EVENTS; i++) {
        assert_true(world.order[i - 1] <= world.order[i]);
    }
    assert_int_equal(sim_schedule_waiting(world.schedule), 0);
}

static void cancelled_events_do_not_fire(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENTS; i++) {
        sim_schedule_in(world.schedule, &world.events[i], (int64_t)(i * 31 % 50));
    }
    for (size_t i = 0; i < EVENTS; i += 2) {
        sim_schedule_cancel(world.schedule, &world.events[i]);
        sim_schedule_cancel(world.schedule, &world.events[i]); /* once is enough, twice no harm */
    }
    world.stop_at = EVENTS / 2;
    loop_run(world.loop);
    assert_int_equal(world.fired, EVENTS / 2);
    for (size_t i = 0; i < EVENTS; i++) {
        assert_int_equal(world.events[i].place, 0);
    }
}

static void an_event_moves_when_it_is_set_again(void **state)
{
    (void)state;
    sim_schedule_in(world.schedule, &world.events[0], TIMEOUT_FAR);
    sim_schedule_in(world.schedule, &world.events[1], 20);
    sim_schedule_in(world.schedule, &world.events[0], 0);
    assert_int_equal(sim_schedule_waiting(world.schedule), 2);
    world.stop_at = 2;
    loop_run(world.loop);
    assert_true(world.order[0] < world.order[1]);
}

static void a_faster_clock_shortens_what_already_waits(void **state)
{
    int64_t began = loop_monotonic_ms(world.loop);

    (void)state;
    sim_schedule_in(world.schedule, &world.events[0], TIMEOUT_FAR);
    sim_schedule_set_speed(world.schedule, 100000);
    world.stop_at = 1;
    loop_run(world.loop);
    assert_true(loop_monotonic_ms(world.loop) - began < 5000);
    assert_int_equal(sim_schedule_speed(world.schedule), 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_fire_in_the_order_they_are_due, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelled_events_do_not_fire, setup, teardown),
        cmocka_unit_test_setup_teardown(an_event_moves_when_it_is_set_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_faster_clock_shortens_what_already_waits, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
