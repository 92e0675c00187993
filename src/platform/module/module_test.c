#include "platform/module/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct module first_module = {.name = "first"};
static const struct module second_module = {.name = "second"};
static const struct module stranger_module = {.name = "stranger"};
static const struct module *const modules[] = {&first_module, &second_module};

static void the_state_is_that_of_the_module(void **state)
{
    int states[2];
    struct app app = {.modules = modules, .module_count = 2, .states = {&states[0], &states[1]}};

    (void)state;
    assert_ptr_equal(app_state(&app, &first_module), &states[0]);
    assert_ptr_equal(app_state(&app, &second_module), &states[1]);
}

static void the_routes_of_a_module_may_stand_in_several_files(void **state)
{
    static const struct route one[] = {{.method = NULL}};
    static const struct route two[] = {{.method = NULL}};
    static const struct route three[] = {{.method = NULL}};
    static const struct route *const more[] = {two, NULL};
    static const struct module with_more = {.name = "more", .routes = one, .more_routes = more};
    static const struct module with_one = {.name = "one", .routes = three};
    static const struct module *const all[] = {&with_more, &first_module, &with_one};
    const struct route *sets[APP_ROUTE_SETS_MAX];

    (void)state;
    assert_int_equal(module_route_sets(all, 3, sets), 3);
    assert_ptr_equal(sets[0], one);
    assert_ptr_equal(sets[1], two);
    assert_ptr_equal(sets[2], three);
}

/* Whether asking for it stops the process. */
static bool stops(void *(*ask)(const struct app *app), const struct app *app)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        (void)ask(app);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void *ask_stranger(const struct app *app)
{
    return app_state(app, &stranger_module);
}

static void *ask_first(const struct app *app)
{
    return app_state(app, &first_module);
}

static void *ask_client(const struct app *app)
{
    return app_client(app);
}

static void a_module_that_is_not_listed_stops_the_process(void **state)
{
    struct app app = {.modules = modules, .module_count = 2};

    (void)state;
    assert_false(stops(ask_first, &app));
    assert_true(stops(ask_stranger, &app));
}

static struct app client_app;
static struct http_client *seen_client;

static void look(struct task *task)
{
    (void)task;
    seen_client = app_client(&client_app);
    loop_stop(loop_current());
}

static void the_client_is_that_of_the_current_loop(void **state)
{
    struct loop *other = loop_new("other", 0, NULL);
    struct loop *current = loop_new("current", 1, NULL);
    struct task task = {.run = look};
    char clients[2];

    (void)state;
    client_app = (struct app){
        .loops = {other, current},
        .clients = {(void *)&clients[0], (void *)&clients[1]},
        .loop_count = 2,
    };
    loop_post(current, &task);
    loop_run(current);
    assert_ptr_equal(seen_client, &clients[1]);
    loop_free(current);
    loop_free(other);
}

static void a_client_without_a_loop_stops_the_process(void **state)
{
    struct app app = {.loop_count = 0};

    (void)state;
    assert_true(stops(ask_client, &app));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_is_that_of_the_module),
        cmocka_unit_test(the_routes_of_a_module_may_stand_in_several_files),
        cmocka_unit_test(a_module_that_is_not_listed_stops_the_process),
        cmocka_unit_test(the_client_is_that_of_the_current_loop),
        cmocka_unit_test(a_client_without_a_loop_stops_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
