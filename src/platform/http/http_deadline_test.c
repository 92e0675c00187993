/* Slow clients, and too many of them. */
#include "test/lib/http_fixture.h"
#include "test/lib/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 300, LATE_MS = 1500, CONNECTIONS = 6, PER_ADDRESS = 5, LARGE = 8 << 20 };

static struct reply *body_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain", req->body);
}

static struct reply *large_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain", (struct str){arena_alloc(req->arena, LARGE), LARGE});
}

struct pause {
    struct loop_timer timer;
    struct request *req;
};

static void pause_over(struct loop_timer *timer)
{
    struct pause *pause = (struct pause *)timer;

    request_reply(pause->req, reply_text(pause->req, 200, "text/plain", STR("late")));
    loop_timer_close(timer, NULL);
}

static struct pause slow;

static struct reply *slow_handler(struct request *req)
{
    slow.req = req;
    loop_timer_init(req->loop, &slow.timer, pause_over);
    loop_timer_set(&slow.timer, 3L * DEADLINE_MS);
    return reply_later(req);
}

static const struct route routes[] = {
    {.method = "GET", .path = "/", .handler = body_handler},
    {.method = "POST", .path = "/", .handler = body_handler},
    {.method = "GET", .path = "/large", .handler = large_handler},
    {.method = "GET", .path = "/slow", .handler = slow_handler},
    {.method = NULL},
};

static int start(void **state, unsigned connections, unsigned per_address)
{
    struct http_fixture *fixture = mem_new(sizeof(*fixture));
    struct http_server_options options = {
        .connections_max = connections,
        .connections_per_address_max = per_address,
        .header_deadline_ms = DEADLINE_MS,
        .body_deadline_ms = DEADLINE_MS,
        .send_deadline_ms = DEADLINE_MS,
        .idle_ms = DEADLINE_MS,
    };

    http_fixture_start(fixture, &options, routes);
    *state = fixture;
    return 0;
}

static int set_up(void **state)
{
    return start(state, 0, 0);
}

static int set_up_few(void **state)
{
    return start(state, CONNECTIONS, 0);
}

static int set_up_few_per_address(void **state)
{
    return start(state, 0, PER_ADDRESS);
}

static int tear_down(void **state)
{
    http_fixture_stop(*state);
    mem_free(*state);
    return 0;
}

static struct raw_client *open_client(void **state)
{
    return raw_open(((struct http_fixture *)*state)->port);
}

static int64_t now_ms(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sends a byte now and then for longer than any deadline. */
static void drip(struct raw_client *client, const char *bytes)
{
    int64_t until = now_ms() + LATE_MS;

    for (size_t i = 0; now_ms() < until; i++) {
        raw_send(client, (struct str){bytes + i % strlen(bytes), 1});
        (void)usleep(20000);
    }
}

static void assert_timeout(struct raw_client *client)
{
    struct raw_answer answer = raw_read(client);
    size_t at;

    assert_int_equal(answer.status, 408);
    assert_true(str_find(answer.body, STR("\"code\":\"http_timeout\""), &at));
    assert_true(raw_header(&answer, "Request-Id").len > 0);
    assert_true(str_eq(raw_header(&answer, "Connection"), STR("close")));
    assert_true(raw_is_closed_within(client, 100));
}

static void a_silent_connection_is_closed(void **state)
{
    struct raw_client *client = open_client(state);
    int64_t before = now_ms();

    assert_true(raw_is_closed_within(client, LATE_MS));
    assert_in_range(now_ms() - before, DEADLINE_MS - 20, LATE_MS);
    raw_close(client);
}

static void a_dripping_request_line_is_cut(void **state)
{
    struct raw_client *client = open_client(state);

    raw_send(client, STR("GET /"));
    drip(client, "x");
    assert_int_equal(raw_read(client).status, 0);
    raw_close(client);
}

static void dripping_headers_are_cut_with_408(void **state)
{
    struct raw_client *client = open_client(state);

    raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n"));
    drip(client, "X: y\r\n");
    assert_timeout(client);
    raw_close(client);
}

static void a_dripping_body_is_cut_with_408(void **state)
{
    struct raw_client *client = open_client(state);

    raw_send(client, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n"));
    drip(client, "x");
    assert_timeout(client);
    raw_close(client);

    client = open_client(state);
    raw_send(client, STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    drip(client, "1\r\nx\r\n");
    assert_timeout(client);
    raw_close(client);
}

static void a_body_that_stops_coming_is_cut_with_408(void **state)
{
    struct raw_client *client = open_client(state);

    raw_send(client, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345"));
    assert_timeout(client);
    raw_close(client);
}

static void an_idle_connection_is_kept_for_a_while_and_closed(void **state)
{
    struct raw_client *client = open_client(state);
    int64_t before;

    for (int i = 0; i < 5; i++) { /* together longer than the deadline */
        raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_int_equal(raw_read(client).status, 200);
        (void)usleep(DEADLINE_MS * 1000 / 3);
    }
    raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(raw_read(client).status, 200);
    before = now_ms();
    assert_true(raw_is_closed_within(client, LATE_MS));
    assert_in_range(now_ms() - before, DEADLINE_MS - 20, LATE_MS);
    raw_close(client);
}

static void a_later_request_that_drips_is_cut(void **state)
{
    struct raw_client *client = open_client(state);

    raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(raw_read(client).status, 200);
    raw_send(client, STR("GET / HTTP/1.1\r\n"));
    drip(client, "X: y\r\n");
    assert_timeout(client);
    raw_close(client);
}

static void a_handler_may_take_longer_than_a_client(void **state)
{
    struct raw_client *client = open_client(state);
    struct raw_answer answer;

    raw_send(client, STR("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
    answer = raw_read(client);
    assert_int_equal(answer.status, 200);
    assert_true(str_eq(answer.body, STR("late")));
    raw_close(client);
}

static void a_client_that_does_not_read_is_cut(void **state)
{
    struct http_fixture *fixture = *state;
    struct raw_client *client = open_client(state);
    int64_t until = now_ms() + 5000;

    raw_send(client, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
    (void)usleep(50000);
    assert_int_equal(http_fixture_in_flight(fixture), 1);
    while (http_fixture_in_flight(fixture) > 0 && now_ms() < until) {
        (void)usleep(20000);
    }
    assert_int_equal(http_fixture_in_flight(fixture), 0);
    raw_close(client);
}

static void beyond_the_limit_connections_wait_until_others_end(void **state)
{
    struct raw_client *clients[CONNECTIONS];
    struct raw_client *next = open_client(state);
    struct raw_answer answer;

    raw_send(next, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(raw_read(next).status, 200);
    raw_close(next);
    for (int i = 0; i < CONNECTIONS; i++) {
        clients[i] = open_client(state);
    }
    next = open_client(state);
    raw_send(next, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    answer = raw_read(next); /* once the silent ones have been cut */
    assert_int_equal(answer.status, 200);
    for (int i = 0; i < CONNECTIONS; i++) {
        raw_close(clients[i]);
    }
    raw_close(next);
}

static void an_address_has_its_share_of_connections(void **state)
{
    struct raw_client *clients[PER_ADDRESS];
    struct raw_client *next;

    for (int i = 0; i < PER_ADDRESS; i++) {
        clients[i] = open_client(state);
        raw_send(clients[i], STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_int_equal(raw_read(clients[i]).status, 200);
    }
    next = open_client(state);
    assert_true(raw_is_closed_within(next, 100));
    raw_close(next);
    for (int i = 0; i < PER_ADDRESS; i++) {
        raw_close(clients[i]);
    }
    (void)usleep(50000);
    next = open_client(state);
    raw_send(next, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(raw_read(next).status, 200);
    raw_close(next);
}

#define TEST(name, up) cmocka_unit_test_setup_teardown(name, up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_silent_connection_is_closed, set_up),
        TEST(a_dripping_request_line_is_cut, set_up),
        TEST(dripping_headers_are_cut_with_408, set_up),
        TEST(a_dripping_body_is_cut_with_408, set_up),
        TEST(a_body_that_stops_coming_is_cut_with_408, set_up),
        TEST(an_idle_connection_is_kept_for_a_while_and_closed, set_up),
        TEST(a_later_request_that_drips_is_cut, set_up),
        TEST(a_handler_may_take_longer_than_a_client, set_up),
        TEST(a_client_that_does_not_read_is_cut, set_up),
        TEST(beyond_the_limit_connections_wait_until_others_end, set_up_few),
        TEST(an_address_has_its_share_of_connections, set_up_few_per_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
