#include "platform/event/event.h"
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

static char folder[64];
static char url[128];
static struct store *store;
static struct events *events;

/* What the subscribers saw; written on the writer's thread, read after waiting. */
static struct counter seen_all, seen_paid, watched, failures_left;
static int64_t last_id;

static enum err on_all(struct tx *tx, const struct event *event)
{
    (void)tx;
    if (counter_get(&failures_left) > 0) {
        counter_add(&failures_left, -1);
        return ERR_STORE_DATABASE;
    }
    assert_int_equal(event->id, last_id + 1);
    last_id = event->id;
    counter_add(&seen_all, 1);
    return ERR_OK;
}

static enum err on_paid(struct tx *tx, const struct event *event)
{
    (void)tx;
    assert_true(str_starts(event->type, STR("paid.")));
    counter_add(&seen_paid, 1);
    return ERR_OK;
}

static const struct subscriber all = {.name = "all", .type_prefix = "", .on_event = on_all};
static const struct subscriber paid = {.name = "paid", .type_prefix = "paid.", .on_event = on_paid};
static const struct subscriber *const subscribers[] = {&all, &paid};

static void on_watch(void *ctx, const struct event *event)
{
    (void)ctx;
    (void)event;
    counter_add(&watched, 1);
}

static void open_all(void)
{
    const struct store_options options = {
        .url = str_of(url), .parts = &event_part, .part_count = 1, .migrate = true};
    char detail[256];

    assert_err(store_open(&options, &store, detail), ERR_OK);
    events = events_start(store, subscribers, ARRAY_LEN(subscribers), NULL);
    events_watch(events, on_watch, NULL);
}

static void close_all(void)
{
    events_stop(events);
    store_close(store);
}

static int set_up(void **state)
{
    (void)state;
    test_folder(folder, sizeof(folder), "event");
    (void)snprintf(url, sizeof(url), "sqlite:%s/event.db", folder);
    counter_set(&seen_all, 0);
    counter_set(&seen_paid, 0);
    counter_set(&watched, 0);
    counter_set(&failures_left, 0);
    last_id = 0;
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

struct write {
    int count;
    const char *type;
    bool refuse;
};

static enum err write_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct write *arg = arg_ptr;

    (void)result;
    for (int i = 0; i < arg->count; i++) {
        event_write(
            tx, &(struct event){
                    .object_id = i, .sequence = 1, .type = str_of(arg->type), .data = STR("{}")});
    }
    return arg->refuse ? ERR_FIELD_VALUE : ERR_OK;
}

static const struct command_kind write_kind = {.name = "test.write", .apply = write_apply};

static enum err write_events(int count, const char *type, bool refuse)
{
    const struct write arg = {count, type, refuse};

    return store_run(store, &write_kind, &arg, NULL, NULL);
}

static void wait_for(struct counter *counter, int64_t wanted)
{
    for (int i = 0; i < 500 && counter_get(counter) < wanted; i++) {
        (void)usleep(10000);
    }
    assert_int_equal(counter_get(counter), wanted);
}

static void every_event_reaches_its_subscribers_once(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_err(write_events(3, i % 2 == 0 ? "paid.full" : "made.new", false), ERR_OK);
    }
    wait_for(&seen_all, 150);
    wait_for(&seen_paid, 75);
    wait_for(&watched, 150);
}

static void refused_commands_tell_nothing(void **state)
{
    (void)state;
    assert_err(write_events(3, "paid.full", true), ERR_FIELD_VALUE);
    assert_err(write_events(1, "paid.full", false), ERR_OK);
    wait_for(&seen_all, 1);
    assert_int_equal(last_id, 1);
}

static void a_restart_goes_on_at_the_cursor(void **state)
{
    (void)state;
    assert_err(write_events(5, "made.new", false), ERR_OK);
    wait_for(&seen_all, 5);
    close_all();
    open_all();
    assert_err(write_events(2, "made.new", false), ERR_OK);
    wait_for(&seen_all, 7);
}

static void events_written_without_subscribers_are_caught_up(void **state)
{
    (void)state;
    events_stop(events);
    assert_err(write_events(700, "made.new", false), ERR_OK);
    events = events_start(store, subscribers, ARRAY_LEN(subscribers), NULL);
    wait_for(&seen_all, 700);
    assert_err(write_events(1, "made.new", false), ERR_OK);
    wait_for(&seen_all, 701);
}

static void a_failing_subscriber_is_retried_and_stops_nobody(void **state)
{
    (void)state;
    counter_set(&failures_left, 2);
    assert_err(write_events(3, "paid.full", false), ERR_OK);
    wait_for(&seen_paid, 3);
    wait_for(&seen_all, 3);
    assert_int_equal(last_id, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_event_reaches_its_subscribers_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refused_commands_tell_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restart_goes_on_at_the_cursor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(events_written_without_subscribers_are_caught_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failing_subscriber_is_retried_and_stops_nobody, set_up,
                                        tear_down),
    };

    log_configure(LOG_ERROR, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
