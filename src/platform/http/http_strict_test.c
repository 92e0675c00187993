/* What arrives is written byte for byte; the reference for the refusals is nginx. */
#include "test/lib/http_fixture.h"
#include "test/lib/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct counter dispatched;

static struct reply *body_handler(struct request *req)
{
    counter_add(&dispatched, 1);
    return reply_text(req, 200, "text/plain", req->body);
}

static const struct route routes[] = {
    {.method = "GET", .path = "/", .handler = body_handler},
    {.method = "POST", .path = "/", .handler = body_handler},
    {.method = "POST", .path = "/small", .handler = body_handler, .body_max = 10},
    {.method = "POST", .path = "/large", .handler = body_handler, .body_max = 1 << 20},
    {.method = NULL},
};

struct world {
    struct http_fixture fixture;
    struct arena *arena;
};

static int set_up(void **state)
{
    struct world *world = mem_new(sizeof(*world));

    world->arena = arena_new();
    counter_set(&dispatched, 0);
    http_fixture_start(&world->fixture, NULL, routes);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    http_fixture_stop(&world->fixture);
    arena_free(world->arena);
    mem_free(world);
    return 0;
}

static bool contains(struct str text, const char *part)
{
    size_t at;

    return str_find(text, str_of(part), &at);
}

/* Refused with our JSON, closed, and nothing of what follows is taken for a request. */
static void assert_refused(struct world *world, const char *bytes, int status, const char *code)
{
    struct raw_client *client = raw_open(world->fixture.port);
    struct raw_answer answer;

    raw_send(client, str_of(bytes));
    raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    answer = raw_read(client);
    if (answer.status != status || !contains(answer.body, code)) {
        fail_msg("%s\nwas answered %d " STR_FMT, bytes, answer.status, STR_ARG(answer.body));
    }
    assert_true(str_eq(raw_header(&answer, "Connection"), STR("close")));
    assert_true(raw_header(&answer, "Request-Id").len > 0);
    assert_true(raw_is_closed_within(client, 4000));
    assert_int_equal(counter_get(&dispatched), 0);
    raw_close(client);
}

static void ambiguous_or_broken_requests_are_refused(void **state)
{
    static const char *const requests[] = {
        /* framing */
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "Transfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\ntransfer-encoding: x\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent\tLength: 3\r\n\r\n",
        /* who is meant, and who asks */
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: b\r\nAuthorization: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
        "Content-Type: application/json\r\n\r\n",
        /* the method and the target */
        "\x16\x03\x01 / HTTP/1.1\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\xC3\xA4 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        /* bytes that have no place in a header */
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01z\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7Fz\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        assert_refused(*state, requests[i], 400, "\"code\":\"http_malformed\"");
    }
}

/* These libmicrohttpd refuses itself, with a page of its own or none. */
static void what_is_no_http_ends_the_connection(void **state)
{
    static const char *const requests[] = {
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / HTTX/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    };
    struct world *world = *state;

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct raw_client *client = raw_open(world->fixture.port);
        struct raw_answer answer;

        raw_send(client, str_of(requests[i]));
        raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        answer = raw_read(client);
        if (answer.status != 0 && (answer.status < 400 || answer.status > 505)) {
            fail_msg("%s\nwas answered %d", requests[i], answer.status);
        }
        if (!raw_is_closed_within(client, 4000)) {
            fail_msg("%s\nleft the connection open", requests[i]);
        }
        assert_int_equal(counter_get(&dispatched), 0);
        raw_close(client);
    }
}

static void plain_requests_are_not_refused(void **state)
{
    static const char *const requests[] = {
        "GET / HTTP/1.0\r\n\r\n",
        "GET /?a=b&c=%20(;,'!*)[]{}|\\^`\"<> HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Text: \xE4\xBD\xA0\xE5\xA5\xBD \t \"q\"\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nAccept: a\r\nAccept: b\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    struct world *world = *state;

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct raw_answer answer = raw_call(world->arena, world->fixture.port, str_of(requests[i]));

        if (answer.status != 200) {
            fail_msg("%s\nwas answered %d " STR_FMT, requests[i], answer.status,
                     STR_ARG(answer.body));
        }
    }
}

static void a_body_announced_too_large_is_refused_before_it_comes(void **state)
{
    assert_refused(*state, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413,
                   "\"code\":\"http_body_too_large\"");
    assert_refused(*state, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", 413,
                   "\"code\":\"http_body_too_large\"");
    assert_refused(*state, "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n",
                   413, "\"code\":\"http_body_too_large\"");
    assert_refused(*state,
                   "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n", 413,
                   "\"code\":\"http_body_too_large\"");
    assert_refused(*state, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 413,
                   "\"code\":\"http_body_too_large\"");
    assert_refused(*state,
                   "POST /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   "Content-Length: 11\r\n\r\n",
                   413, "\"code\":\"http_body_too_large\"");
}

static void a_body_that_grows_too_large_is_refused_while_it_comes(void **state)
{
    assert_refused(*state,
                   "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "a\r\n0123456789\r\n1\r\nx\r\n",
                   413, "\"code\":\"http_body_too_large\"");
    assert_refused(*state,
                   "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "fffffff\r\n0123456789x",
                   413, "\"code\":\"http_body_too_large\"");
}

static void a_body_of_just_the_limit_is_taken(void **state)
{
    struct world *world = *state;
    struct raw_answer answer =
        raw_call(world->arena, world->fixture.port,
                 STR("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"));

    assert_int_equal(answer.status, 200);
    answer = raw_call(world->arena, world->fixture.port,
                      STR("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "a\r\n0123456789\r\n0\r\n\r\n"));
    assert_int_equal(answer.status, 200);
}

/* A client that sends on reads the refusal all the same. */
static void the_refusal_reaches_a_client_that_is_still_sending(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);
    char *waste = arena_alloc(world->arena, 100000);
    struct raw_answer answer;

    raw_printf(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    for (int i = 0; i < 100; i++) {
        raw_send(client, (struct str){waste, 100000});
    }
    answer = raw_read(client);
    assert_int_equal(answer.status, 413);
    assert_true(raw_is_closed_within(client, 4000));
    raw_close(client);
}

/* The answer, whoever gives it, to headers of about this size. */
static int status_of_headers(struct world *world, size_t size)
{
    struct raw_client *client = raw_open(world->fixture.port);
    char *value = arena_alloc(world->arena, size + 1);
    int status;

    memset(value, 'x', size);
    raw_printf(client, "GET / HTTP/1.1\r\nHost: a\r\nX-Long: %s\r\n\r\n", value);
    status = raw_read(client).status;
    raw_close(client);
    return status;
}

static void headers_are_limited(void **state)
{
    struct world *world = *state;

    assert_int_equal(status_of_headers(world, 100), 200);
    assert_int_equal(status_of_headers(world, 8000), 200);
    for (size_t size = 8200; size < 20000; size += 100) {
        int status = status_of_headers(world, size);

        /* Just below libmicrohttpd's own limit it has no room left to answer. */
        assert_true(status == 431 || (status == 0 && size > 16000 && size < 16384));
    }
    assert_int_equal(status_of_headers(world, 200000), 431);
}

static void many_small_headers_are_limited_too(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);
    struct buf buf;
    struct raw_answer answer;

    buf_init_arena(&buf, world->arena, 1 << 20);
    buf_add(&buf, STR("GET / HTTP/1.1\r\nHost: a\r\n"));
    for (int i = 0; i < 5000; i++) {
        buf_printf(&buf, "X: y\r\n");
    }
    buf_add(&buf, STR("\r\n"));
    raw_send(client, buf_str(&buf));
    answer = raw_read(client);
    assert_int_equal(answer.status, 431);
    raw_close(client);
}

static void a_target_is_limited(void **state)
{
    struct world *world = *state;
    char *path = arena_alloc(world->arena, 200001);

    memset(path, 'x', 200000);
    for (size_t len = 9000; len <= 200000; len += 38200) {
        struct raw_client *client = raw_open(world->fixture.port);
        int status;

        raw_printf(client, "GET /%.*s HTTP/1.1\r\nHost: a\r\n\r\n", (int)len, path);
        status = raw_read(client).status;
        assert_true(status == 414 || status == 431);
        raw_close(client);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ambiguous_or_broken_requests_are_refused),
        TEST(what_is_no_http_ends_the_connection),
        TEST(plain_requests_are_not_refused),
        TEST(a_body_announced_too_large_is_refused_before_it_comes),
        TEST(a_body_that_grows_too_large_is_refused_while_it_comes),
        TEST(a_body_of_just_the_limit_is_taken),
        TEST(the_refusal_reaches_a_client_that_is_still_sending),
        TEST(headers_are_limited),
        TEST(many_small_headers_are_limited_too),
        TEST(a_target_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
