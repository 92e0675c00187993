#include "test/lib/http_fixture.h"
#include "test/lib/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

/* ---- the routes ---- */

struct note {
    struct str text;
    int64_t count;
};
static const struct field note_fields[] = {
    FIELD(struct note, text, FIELD_TEXT, .required = true, .min = 1, .max = 10),
    FIELD(struct note, count, FIELD_INT, .max = 100),
};
static const struct field_set note_set = FIELD_SET("note", note_fields);

static struct reply *note_handler(struct request *req)
{
    struct note note = {.count = 0};

    if (request_body(req, &note_set, &note) != ERR_OK) {
        return reply_refusal(req);
    }
    note.count++;
    return reply_fields(req, 201, &note_set, &note);
}

static struct reply *echo_handler(struct request *req)
{
    return reply_text(req, 200, "application/octet-stream", req->body);
}

static struct reply *facts_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain",
                      str_printf(req->arena,
                                 "%s|" STR_FMT "|" STR_FMT "|" STR_FMT "|" STR_FMT "|" STR_FMT,
                                 req->trace.trace_id, STR_ARG(req->method), STR_ARG(req->target),
                                 STR_ARG(req->path), STR_ARG(req->query), STR_ARG(req->peer)));
}

static struct reply *params_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain",
                      str_printf(req->arena, STR_FMT "|" STR_FMT, STR_ARG(req->params[0]),
                                 STR_ARG(req->params[1])));
}

static struct reply *id_handler(struct request *req)
{
    int64_t id;
    enum err err = request_id_param(req, 0, "pay", &id);

    return err == ERR_OK ? reply_text(req, 200, "text/plain", id_str(req->arena, "pay", id))
                         : reply_error(req, err);
}

static struct reply *busy_handler(struct request *req)
{
    return reply_error_at(req, ERR_QUEUE_FULL, "amount", "try \"later\"");
}

static struct reply *header_handler(struct request *req)
{
    struct reply *reply = reply_empty(req, 204);

    reply_header(reply, "X-Good", STR("yes"));
    reply_header(reply, "X-Bad", STR("a\r\nX-Injected: b"));
    reply_header(reply, "X-Empty", STR(""));
    return reply;
}

/* Answered by another thread through the loop. */
struct answer_later {
    struct task task;
    struct request *req;
    struct thread *thread;
};

static void answer_on_loop(struct task *task)
{
    struct answer_later *later = (struct answer_later *)task;

    thread_join(later->thread);
    request_reply(later->req, reply_text(later->req, 200, "text/plain", later->req->body));
}

static void answer_from_thread(void *ctx)
{
    struct answer_later *later = ctx;

    loop_post(later->req->loop, &later->task);
}

static struct reply *later_handler(struct request *req)
{
    struct answer_later *later = ARENA_NEW(req->arena, struct answer_later);

    later->task.run = answer_on_loop;
    later->req = req;
    later->thread = thread_start("later", answer_from_thread, later);
    return reply_later(req);
}

static struct reply *at_once_handler(struct request *req)
{
    request_reply(req, reply_text(req, 200, "text/plain", STR("at once")));
    return reply_later(req);
}

/* Waits until the test lets it go. */
static struct {
    struct request *req;
    struct signal *arrived;
} held;

static struct reply *hold_handler(struct request *req)
{
    held.req = req;
    signal_set(held.arrived);
    return reply_later(req);
}

static void release_held(void *ctx)
{
    (void)ctx;
    request_reply(held.req, reply_text(held.req, 200, "text/plain", STR("released")));
}

static void stamp(struct request *req, struct reply *reply)
{
    reply_header(reply, "X-Stamp", str_printf(req->arena, "%d", reply_status(reply)));
}

static struct reply *stamped_handler(struct request *req)
{
    request_on_reply(req, stamp);
    return reply_text(req, 200, "text/plain", STR("stamped"));
}

static const struct route routes[] = {
    {.method = "POST", .path = "/notes", .handler = note_handler},
    {.method = "POST", .path = "/echo", .handler = echo_handler, .body_max = 200000},
    {.method = "GET", .path = "/facts", .handler = facts_handler},
    {.method = "GET", .path = "/things/{id}/parts/{part}", .handler = params_handler},
    {.method = "GET", .path = "/payments/{id}", .handler = id_handler},
    {.method = "DELETE", .path = "/payments/{id}", .handler = id_handler},
    {.method = "GET", .path = "/busy", .handler = busy_handler},
    {.method = "GET", .path = "/headers", .handler = header_handler},
    {.method = "POST", .path = "/later", .handler = later_handler},
    {.method = "GET", .path = "/at-once", .handler = at_once_handler},
    {.method = "GET", .path = "/hold", .handler = hold_handler},
    {.method = "GET", .path = "/stamped", .handler = stamped_handler},
    {.method = NULL},
};

/* ---- the tests ---- */

struct world {
    struct http_fixture fixture;
    struct arena *arena;
};

static int set_up(void **state)
{
    struct world *world = mem_new(sizeof(*world));

    world->arena = arena_new();
    held.arrived = signal_new();
    http_fixture_start(&world->fixture, NULL, routes);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    http_fixture_stop(&world->fixture);
    signal_free(held.arrived);
    arena_free(world->arena);
    mem_free(world);
    return 0;
}

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want))) {
        fail_msg("got \"" STR_FMT "\", want \"%s\"", STR_ARG(got), want);
    }
}

static bool contains(struct str text, const char *part)
{
    size_t at;

    return str_find(text, str_of(part), &at);
}

static struct raw_answer post_json(struct world *world, const char *path, const char *body)
{
    return raw_call(world->arena, world->fixture.port,
                    str_printf(world->arena,
                               "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                               "Content-Length: %zu\r\n\r\n%s",
                               path, strlen(body), body));
}

static struct raw_answer get(struct world *world, const char *path)
{
    return raw_call(world->arena, world->fixture.port,
                    str_printf(world->arena, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path));
}

static void a_json_body_is_parsed_and_answered(void **state)
{
    struct world *world = *state;
    struct raw_answer answer = post_json(world, "/notes", "{\"text\":\"hello\",\"count\":41}");
    struct str id = raw_header(&answer, "Request-Id");

    assert_int_equal(answer.status, 201);
    assert_str(answer.body, "{\"text\":\"hello\",\"count\":42}");
    assert_str(raw_header(&answer, "Content-Type"), "application/json");
    assert_int_equal(id.len, 24);
    assert_true(str_starts(id, STR("req_")));
}

static void a_refused_body_names_the_field(void **state)
{
    struct world *world = *state;
    struct raw_answer answer = post_json(world, "/notes", "{\"text\":\"hello\",\"count\":101}");

    assert_int_equal(answer.status, 400);
    assert_true(str_starts(
        answer.body,
        STR("{\"error\":{\"type\":\"invalid_request\",\"code\":\"field_range\","
            "\"message\":\"the field "
            "is outside its limits: must be an integer from 0 to 100\",\"message_zh\":\""
            "字段超出允许范围：须为 0 至 100 的整数\",\"param\":\"count\",\"request_id\":\"req_")));
    assert_true(contains(answer.body,
                         "\"doc_url\":\"/docs/errors#field_range\",\"retryable\":false,"
                         "\"advice\":\"do_not_retry\"}}"));
    assert_true(contains(answer.body, str_cstr(world->arena, raw_header(&answer, "Request-Id"))));
}

static void a_body_of_another_type_is_refused(void **state)
{
    struct world *world = *state;
    struct raw_answer answer =
        raw_call(world->arena, world->fixture.port,
                 STR("POST /notes HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                     "Content-Length: 2\r\n\r\n{}"));

    assert_int_equal(answer.status, 415);
    assert_true(contains(answer.body, "\"code\":\"http_media_type\""));
    answer = raw_call(world->arena, world->fixture.port,
                      STR("POST /notes HTTP/1.1\r\nHost: a\r\n"
                          "Content-Type: Application/JSON; charset=utf-8\r\n"
                          "Content-Length: 12\r\n\r\n{\"text\":\"a\"}"));
    assert_int_equal(answer.status, 201);
}

static void an_unknown_path_is_404_and_a_wrong_method_405(void **state)
{
    struct world *world = *state;
    struct raw_answer answer = get(world, "/nothing");

    assert_int_equal(answer.status, 404);
    assert_true(contains(answer.body, "\"code\":\"http_not_found\""));
    assert_int_equal(get(world, "/notes/").status, 404);
    assert_int_equal(get(world, "//notes").status, 404);
    answer = get(world, "/notes");
    assert_int_equal(answer.status, 405);
    assert_true(contains(answer.body, "\"code\":\"http_method\""));
    assert_str(raw_header(&answer, "Allow"), "POST");
    answer = post_json(world, "/payments/x", "{}");
    assert_int_equal(answer.status, 405);
    assert_str(raw_header(&answer, "Allow"), "GET, HEAD, DELETE");
}

static void target_path_and_query_are_as_received(void **state)
{
    struct world *world = *state;
    struct raw_answer answer = raw_call(
        world->arena, world->fixture.port,
        STR("GET /facts?a=%20b&c=%2F+? HTTP/1.1\r\nHost: a\r\n"
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n"));

    assert_str(answer.body,
               "0af7651916cd43dd8448eb211c80319c|GET|/facts?a=%20b&c=%2F+?|/facts|a=%20b&c=%2F+?|"
               "127.0.0.1");
}

static void path_parameters_are_decoded(void **state)
{
    struct world *world = *state;

    assert_str(get(world, "/things/a%2Fb/parts/%E4%BD%A0").body, "a/b|\xE4\xBD\xA0");
    assert_int_equal(get(world, "/things//parts/x").status, 404);
    assert_int_equal(get(world, "/things/%GG/parts/x").status, 404);
    assert_int_equal(get(world, "/things/%00/parts/x").status, 404);
    assert_int_equal(get(world, "/things/%FF/parts/x").status, 404);
}

static void an_id_parameter_has_its_prefix_or_is_not_found(void **state)
{
    struct world *world = *state;

    assert_str(get(world, "/payments/pay_0DQ4C5T3K8Z2M").body, "pay_0DQ4C5T3K8Z2M");
    assert_int_equal(get(world, "/payments/ref_0DQ4C5T3K8Z2M").status, 404);
    assert_int_equal(get(world, "/payments/pay_0dq4c5t3k8z2m").status, 404);
}

static void a_retryable_refusal_says_when(void **state)
{
    struct world *world = *state;
    struct raw_answer answer = get(world, "/busy");

    assert_int_equal(answer.status, 503);
    assert_str(raw_header(&answer, "Retry-After"), "1");
    assert_true(contains(answer.body, "\"message\":\"the server is busy: try \\\"later\\\"\""));
    assert_true(contains(answer.body, "\"param\":\"amount\""));
    assert_true(contains(answer.body, "\"retryable\":true"));
}

static void a_header_value_cannot_begin_another_header(void **state)
{
    struct world *world = *state;
    struct raw_answer answer = get(world, "/headers");

    assert_int_equal(answer.status, 204);
    assert_str(raw_header(&answer, "X-Good"), "yes");
    assert_str(raw_header(&answer, "X-Bad"), "");
    assert_str(raw_header(&answer, "X-Injected"), "");
}

static void head_is_get_without_the_body(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);
    struct raw_answer answer;

    raw_send(client, STR("HEAD /stamped HTTP/1.1\r\nHost: a\r\n\r\n"
                         "GET /stamped HTTP/1.1\r\nHost: a\r\n\r\n"));
    answer = raw_read_no_body(client);
    assert_int_equal(answer.status, 200);
    assert_str(raw_header(&answer, "Content-Length"), "7");
    answer = raw_read(client);
    assert_str(answer.body, "stamped");
    raw_close(client);
}

static void a_connection_serves_many_requests_also_pipelined(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);

    for (int i = 0; i < 3; i++) {
        raw_printf(client, "GET /things/%d/parts/a HTTP/1.1\r\nHost: a\r\n\r\n", i);
        assert_str(raw_read(client).body,
                   str_cstr(world->arena, str_printf(world->arena, "%d|a", i)));
    }
    for (int i = 0; i < 20; i++) {
        raw_printf(client, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d", i);
    }
    for (int i = 0; i < 20; i++) {
        assert_str(raw_read(client).body,
                   str_cstr(world->arena, str_printf(world->arena, "%02d", i)));
    }
    raw_close(client);
}

static void bodies_are_kept_byte_exact_whole_dripping_or_in_chunks(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);
    char *body = arena_alloc(world->arena, 150000);
    struct raw_answer answer;

    for (size_t i = 0; i < 150000; i++) {
        body[i] = (char)(i * 7 + i / 251);
    }
    raw_printf(client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n");
    raw_send(client, (struct str){body, 150000});
    answer = raw_read(client);
    assert_int_equal(answer.body.len, 150000);
    assert_memory_equal(answer.body.ptr, body, 150000);

    raw_printf(client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n");
    for (size_t i = 0; i < 20; i++) {
        raw_send(client, (struct str){body + i, 1});
        (void)usleep(2000);
    }
    answer = raw_read(client);
    assert_int_equal(answer.body.len, 20);
    assert_memory_equal(answer.body.ptr, body, 20);

    raw_printf(client, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < 1000; i++) {
        raw_printf(client, "%x;ext=1\r\n", 100);
        raw_send(client, (struct str){body + i * 100, 100});
        raw_printf(client, "\r\n");
    }
    raw_printf(client, "0\r\nX-Trailer: 1\r\n\r\n");
    answer = raw_read(client);
    assert_int_equal(answer.body.len, 100000);
    assert_memory_equal(answer.body.ptr, body, 100000);
    raw_close(client);
}

static void expect_100_is_answered_before_the_body(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);
    struct raw_answer answer;

    raw_send(client, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                         "Expect: 100-continue\r\n\r\n"));
    answer = raw_read(client);
    assert_int_equal(answer.status, 100);
    raw_send(client, STR("abc"));
    assert_str(raw_read(client).body, "abc");
    raw_close(client);
}

static void a_reply_may_be_given_before_the_handler_returns(void **state)
{
    struct world *world = *state;

    assert_str(get(world, "/at-once").body, "at once");
}

static void before_send_sees_the_reply_and_may_add_headers(void **state)
{
    struct world *world = *state;
    struct raw_answer answer = get(world, "/stamped");

    assert_str(raw_header(&answer, "X-Stamp"), "200");
}

static void draining_finishes_what_is_in_flight_and_takes_no_more(void **state)
{
    struct world *world = *state;
    struct raw_client *idle = raw_open(world->fixture.port);
    struct raw_client *silent = raw_open(world->fixture.port);
    struct raw_client *busy = raw_open(world->fixture.port);
    struct raw_answer answer;

    raw_send(idle, STR("GET /facts HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(raw_read(idle).status, 200);
    raw_send(busy, STR("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(signal_wait(held.arrived, 5000));
    assert_int_equal(http_fixture_in_flight(&world->fixture), 1);
    http_fixture_drain(&world->fixture);
    assert_true(raw_is_closed_within(idle, 2000));
    assert_true(raw_is_closed_within(silent, 2000));
    assert_int_equal(http_fixture_in_flight(&world->fixture), 1);

    loop_call(world->fixture.loop, release_held, NULL);
    answer = raw_read(busy);
    assert_str(answer.body, "released");
    assert_str(raw_header(&answer, "Connection"), "close");
    assert_true(raw_is_closed_within(busy, 2000));
    assert_int_equal(http_fixture_in_flight(&world->fixture), 0);
    raw_close(idle);
    raw_close(silent);
    raw_close(busy);
}

static void a_reply_after_the_servers_end_goes_nowhere(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);

    raw_send(client, STR("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(signal_wait(held.arrived, 5000));
    http_fixture_free_server(&world->fixture);
    assert_int_equal(raw_read(client).status, 0);
    assert_str(held.req->path, "/hold");
    assert_str(request_header(held.req, "Host"), "");
    loop_call(world->fixture.loop, release_held, NULL);
    raw_close(client);
}

static void reply_and_free(void *ctx)
{
    release_held(NULL);
    http_server_free(((struct http_fixture *)ctx)->server);
}

static void a_reply_just_before_the_servers_end_harms_nobody(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);

    raw_send(client, STR("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(signal_wait(held.arrived, 5000));
    loop_call(world->fixture.loop, reply_and_free, &world->fixture);
    world->fixture.server = NULL;
    assert_true(raw_is_closed_within(client, 2000));
    raw_close(client);
}

static void a_client_that_leaves_while_its_request_waits_harms_nobody(void **state)
{
    struct world *world = *state;
    struct raw_client *client = raw_open(world->fixture.port);

    raw_send(client, STR("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(signal_wait(held.arrived, 5000));
    raw_close(client);
    loop_call(world->fixture.loop, release_held, NULL);
    for (int i = 0; i < 100 && http_fixture_in_flight(&world->fixture) > 0; i++) {
        (void)usleep(10000);
    }
    assert_int_equal(http_fixture_in_flight(&world->fixture), 0);
    assert_int_equal(get(world, "/facts").status, 200);
}

struct second {
    struct loop *loop;
    struct http_server_options options;
    struct http_server *server;
    enum err err;
};

static void start_second(void *ctx)
{
    struct second *second = ctx;

    second->err = http_server_start(second->loop, &second->options, &second->server);
}

static void free_second(void *ctx)
{
    http_server_free(((struct second *)ctx)->server);
}

static void a_port_is_shared_only_when_asked(void **state)
{
    static const struct route *const sets[] = {routes};
    struct world *world = *state;
    struct second second = {.loop = loop_new("second", 1, NULL)};

    second.options = (struct http_server_options){
        .address = STR("127.0.0.1"),
        .port = world->fixture.port,
        .routes = sets,
        .route_sets = 1,
    };
    loop_call(second.loop, start_second, &second);
    assert_int_equal(second.err, ERR_HTTP_LISTEN);
    second.options.address = STR("not an address");
    loop_call(second.loop, start_second, &second);
    assert_int_equal(second.err, ERR_HTTP_LISTEN);

    second.options.address = STR("127.0.0.1");
    second.options.share_port = true;
    loop_call(second.loop, start_second, &second);
    assert_int_equal(second.err, ERR_OK);
    assert_int_equal(http_server_port(second.server), world->fixture.port);
    loop_start(second.loop);
    for (int i = 0; i < 32; i++) {
        assert_int_equal(get(world, "/facts").status, 200);
    }
    loop_call(second.loop, free_second, &second);
    loop_free(second.loop);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(get(world, "/facts").status, 200);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_json_body_is_parsed_and_answered),
        TEST(a_refused_body_names_the_field),
        TEST(a_body_of_another_type_is_refused),
        TEST(an_unknown_path_is_404_and_a_wrong_method_405),
        TEST(target_path_and_query_are_as_received),
        TEST(path_parameters_are_decoded),
        TEST(an_id_parameter_has_its_prefix_or_is_not_found),
        TEST(a_retryable_refusal_says_when),
        TEST(a_header_value_cannot_begin_another_header),
        TEST(head_is_get_without_the_body),
        TEST(a_connection_serves_many_requests_also_pipelined),
        TEST(bodies_are_kept_byte_exact_whole_dripping_or_in_chunks),
        TEST(expect_100_is_answered_before_the_body),
        TEST(a_reply_may_be_given_before_the_handler_returns),
        TEST(before_send_sees_the_reply_and_may_add_headers),
        TEST(draining_finishes_what_is_in_flight_and_takes_no_more),
        TEST(a_reply_after_the_servers_end_goes_nowhere),
        TEST(a_reply_just_before_the_servers_end_harms_nobody),
        TEST(a_client_that_leaves_while_its_request_waits_harms_nobody),
        TEST(a_port_is_shared_only_when_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
