#include "platform/timer/timer.h"
#include "test/lib/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define assert_err(expr, expected) assert_string_equal(err_code(expr), err_code(expected))

enum { OBJECTS = 64 };

static char folder[64];
static char url[128];
static struct store *store;
static struct loop *loop;
static struct timers *timers;
static struct counter fired[OBJECTS];
static struct counter retry_ms;
static struct counter cancel_when_fired;

static void fire(struct app *app, int64_t object_id, int64_t due_at_ms);

static const struct timer_kind kind = {.number = 1, .name = "test.one", .fire = fire};

enum { RUNS_TO_FAIL = 1, RUNS_TO_LEAVE_DUE = 20 };
static enum err work_apply(struct tx *tx, const void *arg, void *result);
static const struct command_kind work_kind = {
    .name = "test.work", .apply = work_apply, .result_size = sizeof(int64_t)};
static const struct timer_kind command_kind = {
    .number = 2, .name = "test.two", .command = &work_kind};
static const struct timer_kind *const kinds[] = {&kind, &command_kind};

/* Fails once, leaves its timer due for some runs, then cancels it. */
static enum err work_apply(struct tx *tx, const void *arg, void *result)
{
    int64_t object_id = *(const int64_t *)arg;

    counter_add(&fired[object_id], 1);
    *(int64_t *)result = object_id;
    if (counter_get(&fired[object_id]) <= RUNS_TO_FAIL) {
        return ERR_INTERNAL;
    }
    return counter_get(&fired[object_id]) <= RUNS_TO_LEAVE_DUE
               ? ERR_OK
               : timer_cancel(tx, &command_kind, object_id);
}

static enum err begin_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return timer_set(tx, &command_kind, *(const int64_t *)arg, tx_now_ms(tx));
}

static const struct command_kind begin_kind = {.name = "test.begin", .apply = begin_apply};

struct change {
    int64_t object_id;
    int64_t due_at_ms; /* 0: cancel */
};

static enum err change_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct change *arg = arg_ptr;

    (void)result;
    return arg->due_at_ms == 0 ? timer_cancel(tx, &kind, arg->object_id)
                               : timer_set(tx, &kind, arg->object_id, arg->due_at_ms);
}

static const struct command_kind change_kind = {.name = "test.change", .apply = change_apply};

struct fired_change {
    struct change change;
    struct command command;
};

static void cancelled(struct command *command)
{
    struct fired_change *f = command->ctx;

    timer_done(timers, &kind, f->change.object_id, counter_get(&retry_ms));
    mem_free(f);
}

static void fire(struct app *app, int64_t object_id, int64_t due_at_ms)
{
    (void)app;
    (void)due_at_ms;
    counter_add(&fired[object_id], 1);
    if (counter_get(&cancel_when_fired) == 0) {
        timer_done(timers, &kind, object_id, counter_get(&retry_ms));
    } else {
        struct fired_change *f = mem_new(sizeof(*f));

        f->change.object_id = object_id;
        f->command = (struct command){
            .kind = &change_kind, .arg = &f->change, .done = cancelled, .loop = loop, .ctx = f};
        assert_err(store_submit(store, &f->command), ERR_OK);
    }
}

static void open_all(void)
{
    const struct store_options options = {
        .url = str_of(url), .parts = &timer_part, .part_count = 1, .migrate = true};
    char detail[256];

    assert_err(store_open(&options, &store, detail), ERR_OK);
    loop = loop_new("timers", 0, NULL);
    timers = timers_start(NULL, store, loop, kinds, ARRAY_LEN(kinds));
    loop_start(loop);
}

static void close_all(void)
{
    timers_stop(timers);
    store_close(store);
    loop_free(loop);
    timers_free(timers);
}

static int set_up(void **state)
{
    (void)state;
    test_folder(folder, sizeof(folder), "timer");
    (void)snprintf(url, sizeof(url), "sqlite:%s/timer.db", folder);
    for (size_t i = 0; i < OBJECTS; i++) {
        counter_set(&fired[i], 0);
    }
    counter_set(&retry_ms, 50);
    counter_set(&cancel_when_fired, 1);
    open_all();
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    close_all();
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void change(int64_t object_id, int64_t in_ms)
{
    const struct change arg = {object_id, in_ms == 0 ? 0 : clock_now_ms(NULL) + in_ms};

    assert_err(store_run(store, &change_kind, &arg, NULL, NULL), ERR_OK);
}

static void wait_fired(int64_t object_id, int64_t wanted)
{
    for (int i = 0; i < 3000 && counter_get(&fired[object_id]) < wanted; i++) {
        (void)usleep(10000);
    }
    assert_true(counter_get(&fired[object_id]) >= wanted);
}

static void a_due_timer_fires_once_when_its_work_cancels_it(void **state)
{
    (void)state;
    for (int64_t i = 0; i < OBJECTS; i++) {
        change(i, 1 + i % 7);
    }
    for (int64_t i = 0; i < OBJECTS; i++) {
        wait_fired(i, 1);
    }
    (void)usleep(200000);
    for (int64_t i = 0; i < OBJECTS; i++) {
        assert_int_equal(counter_get(&fired[i]), 1);
    }
}

static void a_cancelled_or_moved_timer_does_not_fire_at_its_old_time(void **state)
{
    (void)state;
    change(1, 150);
    change(2, 150);
    change(1, 0);
    change(2, 3600000);
    (void)usleep(400000);
    assert_int_equal(counter_get(&fired[1]), 0);
    assert_int_equal(counter_get(&fired[2]), 0);
    change(2, 1);
    wait_fired(2, 1);
}

static void what_is_not_cancelled_fires_again(void **state)
{
    (void)state;
    counter_set(&cancel_when_fired, 0);
    change(3, 1);
    wait_fired(3, 3);
}

static void a_timer_survives_a_restart(void **state)
{
    (void)state;
    change(4, 500);
    close_all();
    open_all();
    wait_fired(4, 1);
}

/* The first load of the service runs while the timer is being set. */
static void a_timer_set_while_others_are_loaded_fires(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 30; i++) {
        close_all();
        open_all();
        change(6 + i % 20, 20);
        wait_fired(6 + i % 20, i < 20 ? 1 : 2);
    }
}

static void a_timer_beyond_the_horizon_comes_near_by_a_restart(void **state)
{
    (void)state;
    change(5, 3600000);
    (void)usleep(50000);
    assert_int_equal(counter_get(&fired[5]), 0);
    change(5, 30);
    wait_fired(5, 1);
}

static void a_kinds_command_is_run_until_it_cancels_the_timer(void **state)
{
    const int64_t object_id = 7;

    (void)state;
    assert_err(store_run(store, &begin_kind, &object_id, NULL, NULL), ERR_OK);
    wait_fired(object_id, RUNS_TO_LEAVE_DUE + 1);
    (void)usleep(100000);
    assert_int_equal(counter_get(&fired[object_id]), RUNS_TO_LEAVE_DUE + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_due_timer_fires_once_when_its_work_cancels_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_or_moved_timer_does_not_fire_at_its_old_time,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_cancelled_fires_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kinds_command_is_run_until_it_cancels_the_timer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_timer_survives_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_timer_set_while_others_are_loaded_fires, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_timer_beyond_the_horizon_comes_near_by_a_restart, set_up,
                                        tear_down),
    };

    log_configure(LOG_ERROR, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
