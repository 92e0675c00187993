#include "test/lib/http_fixture.h"
#include "test/lib/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

/* The one stream of the test; touched on the loop's thread. */
static struct {
    struct sse *sse;
    struct signal *opened;
    struct signal *closed;
} stream;

static void on_closed(struct sse *sse, void *ctx)
{
    assert_ptr_equal(sse, stream.sse);
    assert_ptr_equal(ctx, &stream);
    stream.sse = NULL;
    signal_set(stream.closed);
}

static struct reply *events_handler(struct request *req)
{
    struct reply *reply = reply_sse(req, on_closed, &stream, &stream.sse);

    sse_send(stream.sse, "hello", STR("{\"n\":0}"));
    signal_set(stream.opened);
    return reply;
}

static struct reply *plain_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain", STR("plain"));
}

static const struct route routes[] = {
    {.method = "GET", .path = "/events", .handler = events_handler},
    {.method = "GET", .path = "/", .handler = plain_handler},
    {.method = NULL},
};

static int set_up(void **state)
{
    struct http_fixture *fixture = mem_new(sizeof(*fixture));

    stream.opened = signal_new();
    stream.closed = signal_new();
    http_fixture_start(fixture, NULL, routes);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    http_fixture_stop(*state);
    signal_free(stream.opened);
    signal_free(stream.closed);
    mem_free(*state);
    return 0;
}

static struct raw_client *open_stream(void **state)
{
    struct raw_client *client = raw_open(((struct http_fixture *)*state)->port);

    raw_send(client, STR("GET /events HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(signal_wait(stream.opened, 5000));
    return client;
}

static void send_text(void *ctx)
{
    sse_send(stream.sse, "state", str_of(ctx));
}

static void send_much(void *ctx)
{
    struct str *text = ctx;

    for (int i = 0; i < 100 && stream.sse != NULL; i++) {
        sse_send(stream.sse, "state", *text);
    }
}

static void end_stream(void *ctx)
{
    (void)ctx;
    sse_end(stream.sse);
}

static bool contains(struct str text, const char *part)
{
    size_t at;

    return str_find(text, str_of(part), &at);
}

static void events_arrive_as_they_are_sent(void **state)
{
    struct http_fixture *fixture = *state;
    struct raw_client *client = open_stream(state);
    struct str seen = raw_wait(client, STR("event: hello\ndata: {\"n\":0}\n\n"));
    char one[] = "one";
    char lines[] = "two\nlines";

    assert_true(contains(seen, "Content-Type: text/event-stream\r\n"));
    assert_true(contains(seen, "Cache-Control: no-store\r\n"));
    loop_call(fixture->loop, send_text, one);
    assert_true(raw_wait(client, STR("event: state\ndata: one\n\n")).len > 0);
    loop_call(fixture->loop, send_text, lines);
    assert_true(raw_wait(client, STR("event: state\ndata: two\ndata: lines\n\n")).len > 0);
    assert_int_equal(http_fixture_in_flight(fixture), 1);
    raw_close(client);
}

static void the_end_of_a_stream_leaves_the_connection_usable(void **state)
{
    struct http_fixture *fixture = *state;
    struct raw_client *client = open_stream(state);
    struct raw_answer answer;

    loop_call(fixture->loop, end_stream, NULL);
    answer = raw_read(client);
    assert_int_equal(answer.status, 200);
    assert_true(str_eq(answer.body, STR("event: hello\ndata: {\"n\":0}\n\n")));
    assert_true(signal_wait(stream.closed, 5000));
    raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(raw_read(client).status, 200);
    raw_close(client);
}

static void a_client_that_left_is_noticed_when_something_is_sent(void **state)
{
    struct http_fixture *fixture = *state;
    struct raw_client *client = open_stream(state);
    char text[] = "anybody there";
    bool closed = false;

    assert_true(raw_wait(client, STR("event: hello")).len > 0);
    raw_close(client);
    for (int i = 0; i < 100 && !closed; i++) { /* the first one only brings the reset */
        struct str one = str_of(text);

        loop_call(fixture->loop, send_much, &one);
        closed = signal_wait(stream.closed, 20);
    }
    assert_true(closed);
    assert_int_equal(http_fixture_in_flight(fixture), 0);
}

static void a_client_that_does_not_read_is_cut(void **state)
{
    struct http_fixture *fixture = *state;
    struct raw_client *client = open_stream(state);
    char text[1000];
    struct str much = {text, sizeof(text)};
    bool closed = false;

    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 2000 && !closed; i++) { /* beyond what the sockets take */
        loop_call(fixture->loop, send_much, &much);
        closed = signal_wait(stream.closed, 0);
    }
    assert_true(closed || signal_wait(stream.closed, 5000));
    raw_close(client);
}

static void draining_ends_the_streams(void **state)
{
    struct http_fixture *fixture = *state;
    struct raw_client *client = open_stream(state);

    http_fixture_drain(fixture);
    assert_int_equal(raw_read(client).status, 200);
    assert_true(signal_wait(stream.closed, 5000));
    assert_true(raw_is_closed_within(client, 2000));
    raw_close(client);
}

static void the_end_of_the_server_closes_the_streams(void **state)
{
    struct http_fixture *fixture = *state;
    struct raw_client *client = open_stream(state);

    http_fixture_free_server(fixture);
    assert_true(signal_wait(stream.closed, 0));
    assert_true(raw_is_closed_within(client, 2000));
    raw_close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_arrive_as_they_are_sent),
        TEST(the_end_of_a_stream_leaves_the_connection_usable),
        TEST(a_client_that_left_is_noticed_when_something_is_sent),
        TEST(a_client_that_does_not_read_is_cut),
        TEST(draining_ends_the_streams),
        TEST(the_end_of_the_server_closes_the_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
