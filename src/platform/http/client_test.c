#include "platform/http/client.h"
#include "test/lib/http_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a peer that answers well ---- */

static struct counter served;

static struct reply *echo_handler(struct request *req)
{
    struct reply *reply =
        reply_text(req, 201, "text/plain",
                   str_printf(req->arena, STR_FMT "|" STR_FMT "|" STR_FMT "|" STR_FMT "|" STR_FMT,
                              STR_ARG(req->method), STR_ARG(req->target),
                              STR_ARG(request_header(req, "X-One")),
                              STR_ARG(request_header(req, "Expect")), STR_ARG(req->body)));

    counter_add(&served, 1);
    reply_header(reply, "X-Answer", STR("yes"));
    return reply;
}

static struct reply *redirect_handler(struct request *req)
{
    struct reply *reply = reply_empty(req, 302);

    reply_header(reply, "Location", STR("/echo"));
    return reply;
}

static struct reply *large_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain",
                      (struct str){arena_alloc(req->arena, 100000), 100000});
}

/* Holds requests until the test releases them all. */
static struct request *held[16];
static struct counter held_count;

static struct reply *hold_handler(struct request *req)
{
    held[counter_get(&held_count)] = req;
    counter_add(&held_count, 1);
    return reply_later(req);
}

static void release_all(void *ctx)
{
    (void)ctx;
    for (int64_t i = 0; i < counter_get(&held_count); i++) {
        request_reply(held[i], reply_text(held[i], 200, "text/plain", held[i]->target));
    }
    counter_set(&held_count, 0);
}

static const struct route routes[] = {
    {.method = "GET", .path = "/echo", .handler = echo_handler},
    {.method = "POST", .path = "/echo", .handler = echo_handler},
    {.method = "PUT", .path = "/echo", .handler = echo_handler},
    {.method = "DELETE", .path = "/echo", .handler = echo_handler},
    {.method = "GET", .path = "/redirect", .handler = redirect_handler},
    {.method = "GET", .path = "/large", .handler = large_handler},
    {.method = "GET", .path = "/hold", .handler = hold_handler},
    {.method = NULL},
};

/* ---- a peer that answers as it is told ---- */

/* One step for each request that arrives, over all connections. */
struct script {
    const char *const *steps; /* what to send; NULL: close the connection; ended by "end" */
    int listen_fd;
    uint16_t port;
    struct thread *thread;
    struct counter requests;
    struct counter connections;
};

static bool read_request(int fd)
{
    char text[4096];
    size_t len = 0;

    while (len < sizeof(text)) {
        ssize_t got = recv(fd, text + len, sizeof(text) - len, 0);

        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        if (memmem(text, len, "\r\n\r\n", 4) != NULL) {
            return true;
        }
    }
    return false;
}

static void play(void *ctx)
{
    struct script *script = ctx;
    const char *const *step = script->steps;

    while (*step == NULL || strcmp(*step, "end") != 0) {
        int fd = accept(script->listen_fd, NULL, NULL);

        if (fd < 0) {
            return;
        }
        counter_add(&script->connections, 1);
        while ((*step == NULL || strcmp(*step, "end") != 0) && read_request(fd)) {
            counter_add(&script->requests, 1);
            if (*step == NULL) {
                step++;
                break;
            }
            (void)send(fd, *step, strlen(*step), MSG_NOSIGNAL);
            step++;
        }
        (void)close(fd);
    }
}

static void listen_at(int *fd, uint16_t *port, int backlog)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(*fd >= 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(*fd, backlog), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
}

static void script_start(struct script *script, const char *const *steps)
{
    *script = (struct script){.steps = steps};
    listen_at(&script->listen_fd, &script->port, 16);
    script->thread = thread_start("script", play, script);
}

static void script_stop(struct script *script)
{
    (void)shutdown(script->listen_fd, SHUT_RDWR);
    thread_join(script->thread);
    (void)close(script->listen_fd);
}

/* ---- the client under test ---- */

struct world {
    struct http_fixture fixture;
    struct loop *loop;
    struct http_client *client;
    struct arena *arena; /* of the test's thread */
};

struct made {
    struct world *world;
    struct http_client_options options;
};

static void make_client(void *ctx)
{
    struct made *made = ctx;

    made->world->client = http_client_new(made->world->loop, &made->options);
}

static void free_client(void *ctx)
{
    struct world *world = ctx;

    http_client_free(world->client);
    world->client = NULL;
}

static void remake_client(struct world *world, unsigned in_flight, size_t waiting)
{
    struct made made = {world, {in_flight, waiting}};

    if (world->client != NULL) {
        loop_call(world->loop, free_client, world);
    }
    loop_call(world->loop, make_client, &made);
}

static int set_up(void **state)
{
    struct world *world = mem_new(sizeof(*world));

    world->arena = arena_new();
    http_fixture_start(&world->fixture, NULL, routes);
    world->loop = loop_new("client", 1, NULL);
    loop_start(world->loop);
    remake_client(world, 0, 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    if (world->client != NULL) {
        loop_call(world->loop, free_client, world);
    }
    loop_free(world->loop);
    http_fixture_stop(&world->fixture);
    arena_free(world->arena);
    mem_free(world);
    return 0;
}

struct asked {
    struct http_call call;
    struct world *world;
    struct signal *done;
    int times;
};

static void asked_done(struct http_call *call)
{
    struct asked *asked = call->ctx;

    asked->times++;
    signal_set(asked->done);
}

static void asked_start(void *ctx)
{
    struct asked *asked = ctx;

    http_call_start(asked->world->client, &asked->call);
    assert_int_equal(asked->times, 0); /* never from inside */
}

static struct asked *ask(struct world *world, const char *method, struct str url)
{
    struct asked *asked = ARENA_NEW(world->arena, struct asked);

    asked->world = world;
    asked->done = signal_new();
    asked->call.arena = arena_new();
    asked->call.method = str_of(method);
    asked->call.url = url;
    asked->call.addresses = HTTP_ADDRESS_ANY;
    asked->call.done = asked_done;
    asked->call.ctx = asked;
    return asked;
}

static void begin(struct asked *asked)
{
    loop_call(asked->world->loop, asked_start, asked);
}

static struct http_call *finish(struct asked *asked)
{
    assert_true(signal_wait(asked->done, 10000));
    assert_int_equal(asked->times, 1);
    return &asked->call;
}

static struct http_call *run(struct asked *asked)
{
    begin(asked);
    return finish(asked);
}

static void asked_free(struct asked *asked)
{
    signal_free(asked->done);
    arena_free(asked->call.arena);
}

static struct str url_at(struct world *world, uint16_t port, const char *path)
{
    return str_printf(world->arena, "http://127.0.0.1:%u%s", port, path);
}

static struct asked *ask_peer(struct world *world, const char *method, const char *path)
{
    return ask(world, method, url_at(world, world->fixture.port, path));
}

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want))) {
        fail_msg("got \"" STR_FMT "\", want \"%s\"", STR_ARG(got), want);
    }
}

static void assert_failed(struct http_call *call, enum err err, bool not_sent)
{
    if (call->err != err || call->not_sent != not_sent) {
        fail_msg("got %s%s (%s), want %s%s", err_code(call->err), call->not_sent ? " not sent" : "",
                 call->error_text, err_code(err), not_sent ? " not sent" : "");
    }
    assert_true(call->error_text[0] != '\0');
}

/* Waits for the connections of the peers to be known as such. */
static void wait_for(const struct counter *counter, int64_t value)
{
    for (int i = 0; i < 500 && counter_get(counter) < value; i++) {
        (void)usleep(10000);
    }
    assert_int_equal(counter_get(counter), value);
}

/* ---- the tests ---- */

static void a_call_brings_the_whole_answer(void **state)
{
    struct world *world = *state;
    struct asked *asked = ask_peer(world, "POST", "/echo?a=1&b=%20");
    struct http_call *call;

    asked->call.body = STR("{\"x\":1}");
    http_call_header(&asked->call, STR("Content-Type"), STR("application/json"));
    http_call_header(&asked->call, STR("X-One"), STR("one: 1;"));
    call = run(asked);
    assert_int_equal(call->err, ERR_OK);
    assert_false(call->not_sent);
    assert_int_equal(call->status, 201);
    assert_str(call->answer, "POST|/echo?a=1&b=%20|one: 1;||{\"x\":1}");
    assert_str(http_call_answer_header(call, "x-answer"), "yes");
    assert_str(http_call_answer_header(call, "X-None"), "");
    assert_str(call->peer_address, "127.0.0.1");
    assert_true(call->duration_us > 0);
    asked_free(asked);
}

static void every_method_is_sent_as_it_is(void **state)
{
    static const struct {
        const char *method, *body, *want;
    } rows[] = {
        {"GET", "", "GET|/echo|||"},       {"POST", "", "POST|/echo|||"},
        {"PUT", "b", "PUT|/echo|||b"},     {"GET", "", "GET|/echo|||"},
        {"DELETE", "", "DELETE|/echo|||"}, {"HEAD", "", ""},
        {"POST", "c", "POST|/echo|||c"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct asked *asked = ask_peer(world, rows[i].method, "/echo");
        struct http_call *call;

        asked->call.body = str_of(rows[i].body);
        call = run(asked);
        assert_int_equal(call->err, ERR_OK);
        assert_int_equal(call->status, 201);
        assert_str(call->answer, rows[i].want);
        asked_free(asked);
    }
}

static void a_refused_connection_is_not_sent(void **state)
{
    struct world *world = *state;
    struct asked *asked;
    uint16_t port;
    int fd;

    listen_at(&fd, &port, 1);
    (void)close(fd);
    asked = ask(world, "POST", url_at(world, port, "/"));
    assert_failed(run(asked), ERR_HTTP_CONNECT, true);
    asked_free(asked);
}

static void an_unknown_host_is_not_sent(void **state)
{
    struct asked *asked = ask(*state, "POST", STR("http://nothing.invalid/"));

    assert_failed(run(asked), ERR_HTTP_CONNECT, true);
    asked_free(asked);
}

static void a_connection_that_never_opens_is_not_sent(void **state)
{
    struct world *world = *state;
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct asked *asked;
    int fill[4];
    uint16_t port;
    int fd;

    listen_at(&fd, &port, 0); /* what its line cannot take is left without an answer */
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fill[i], (struct sockaddr *)&to, sizeof(to));
    }
    asked = ask(world, "POST", url_at(world, port, "/"));
    asked->call.connect_deadline_ms = 200;
    assert_failed(run(asked), ERR_HTTP_CONNECT, true);
    asked_free(asked);
    for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
        (void)close(fill[i]);
    }
    (void)close(fd);
}

static void what_is_no_url_is_not_sent(void **state)
{
    static const char *const urls[] = {
        "",
        "ftp://a/",
        "http://",
        "http:///x",
        "http://user@127.0.0.1/",
        "http://a b/",
        "http://a/\r\nX: y",
        "127.0.0.1:80/",
        "https://[::1",
        "http://a:99999/",
    };

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct asked *asked = ask(*state, "GET", str_of(urls[i]));

        assert_failed(run(asked), ERR_HTTP_CONNECT, true);
        asked_free(asked);
    }
}

static void a_header_cannot_begin_another(void **state)
{
    struct asked *asked = ask_peer(*state, "GET", "/echo");

    http_call_header(&asked->call, STR("X-One"), STR("a\r\nX-Two: b"));
    assert_failed(run(asked), ERR_HTTP_MALFORMED, true);
    asked_free(asked);
}

static void a_redirect_is_an_answer(void **state)
{
    struct asked *asked = ask_peer(*state, "GET", "/redirect");
    int64_t before = counter_get(&served);
    struct http_call *call = run(asked);

    assert_int_equal(call->err, ERR_OK);
    assert_int_equal(call->status, 302);
    assert_int_equal(counter_get(&served), before);
    asked_free(asked);
}

static void an_answer_beyond_its_limit_is_none(void **state)
{
    struct world *world = *state;
    struct asked *asked = ask_peer(world, "GET", "/large");

    asked->call.answer_max = 99999;
    assert_failed(run(asked), ERR_HTTP_NO_ANSWER, false);
    asked_free(asked);
    asked = ask_peer(world, "GET", "/large");
    asked->call.answer_max = 100000;
    assert_int_equal(run(asked)->err, ERR_OK);
    assert_int_equal(asked->call.answer.len, 100000);
    asked_free(asked);
}

static void silence_after_the_request_leaves_the_outcome_open(void **state)
{
    struct world *world = *state;
    struct asked *asked = ask_peer(world, "GET", "/hold");

    asked->call.total_deadline_ms = 200;
    assert_failed(run(asked), ERR_HTTP_NO_ANSWER, false);
    loop_call(world->fixture.loop, release_all, NULL);
    asked_free(asked);
}

static void an_answer_that_breaks_off_leaves_the_outcome_open(void **state)
{
    static const char *const steps[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        NULL,
        NULL,
        "no http at all\r\n\r\n",
        NULL,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf",
        NULL,
        "end",
    };
    struct world *world = *state;
    struct script script;

    script_start(&script, steps);
    for (int i = 0; i < 4; i++) {
        struct asked *asked = ask(world, "POST", url_at(world, script.port, "/"));

        asked->call.total_deadline_ms = 500;
        assert_failed(run(asked), ERR_HTTP_NO_ANSWER, false);
        asked_free(asked);
    }
    script_stop(&script);
}

/* libcurl would repeat it on a new connection. */
static void a_request_lost_on_a_kept_connection_is_not_repeated(void **state)
{
    static const char *const steps[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        NULL,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        "end",
    };
    struct world *world = *state;
    struct script script;
    struct asked *asked;

    script_start(&script, steps);
    asked = ask(world, "POST", url_at(world, script.port, "/"));
    asked->call.body = STR("body");
    assert_int_equal(run(asked)->err, ERR_OK);
    asked_free(asked);
    asked = ask(world, "POST", url_at(world, script.port, "/"));
    asked->call.body = STR("body");
    assert_failed(run(asked), ERR_HTTP_NO_ANSWER, false);
    assert_int_equal(counter_get(&script.requests), 2);
    asked_free(asked);

    /* A query changes nothing and may. */
    asked = ask(world, "GET", url_at(world, script.port, "/"));
    assert_int_equal(run(asked)->err, ERR_OK);
    asked_free(asked);
    script_stop(&script);
}

static void interim_answers_are_passed_over(void **state)
{
    static const char *const steps[] = {
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
        "HTTP/1.1 404 Not Found\r\nX-Late: 2\r\nContent-Length: 0\r\n\r\n",
        "end",
    };
    struct world *world = *state;
    struct script script;
    struct asked *asked;

    script_start(&script, steps);
    asked = ask(world, "GET", url_at(world, script.port, "/"));
    assert_int_equal(run(asked)->err, ERR_OK);
    assert_int_equal(asked->call.status, 404);
    assert_str(http_call_answer_header(&asked->call, "X-Early"), "");
    assert_str(http_call_answer_header(&asked->call, "X-Late"), "2");
    asked_free(asked);
    script_stop(&script);
}

static void headers_beyond_their_limit_are_no_answer(void **state)
{
    struct world *world = *state;
    struct script script;
    struct asked *asked;
    struct buf answer;
    const char *steps[2] = {NULL, "end"};

    buf_init_arena(&answer, world->arena, 100000);
    buf_add(&answer, STR("HTTP/1.1 200 OK\r\n"));
    for (int i = 0; i < 65; i++) {
        buf_printf(&answer, "X-%d: 1\r\n", i);
    }
    buf_add(&answer, STR("Content-Length: 0\r\n\r\n"));
    steps[0] = str_cstr(world->arena, buf_str(&answer));
    script_start(&script, steps);
    asked = ask(world, "GET", url_at(world, script.port, "/"));
    assert_failed(run(asked), ERR_HTTP_NO_ANSWER, false);
    asked_free(asked);
    script_stop(&script);
}

static void connections_are_kept(void **state)
{
    static const char *const steps[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3",
        "end",
    };
    struct world *world = *state;
    struct script script;

    script_start(&script, steps);
    for (int i = 0; i < 3; i++) {
        struct asked *asked = ask(world, "POST", url_at(world, script.port, "/"));

        assert_int_equal(run(asked)->err, ERR_OK);
        asked_free(asked);
    }
    assert_int_equal(counter_get(&script.connections), 1);
    assert_int_equal(counter_get(&script.requests), 3);
    script_stop(&script);
}

static void the_policy_judges_the_address_connected_to(void **state)
{
    struct world *world = *state;
    int64_t before = counter_get(&served);
    struct asked *asked = ask_peer(world, "GET", "/echo");

    asked->call.addresses = HTTP_ADDRESS_PUBLIC;
    assert_failed(run(asked), ERR_HTTP_ADDRESS_REFUSED, true);
    asked_free(asked);

    asked = ask(world, "GET",
                str_printf(world->arena, "http://localhost:%u/echo", world->fixture.port));
    asked->call.addresses = HTTP_ADDRESS_PUBLIC;
    assert_failed(run(asked), ERR_HTTP_ADDRESS_REFUSED, true);
    asked_free(asked);
    assert_int_equal(counter_get(&served), before);

    asked = ask_peer(world, "GET", "/echo");
    asked->call.addresses = HTTP_ADDRESS_PUBLIC_LOOPBACK;
    assert_int_equal(run(asked)->err, ERR_OK);
    asked_free(asked);
}

/* The connection was opened by a call that may go anywhere. */
static void the_policy_holds_on_kept_connections(void **state)
{
    struct world *world = *state;
    struct asked *asked = ask_peer(world, "GET", "/echo");
    int64_t before;

    assert_int_equal(run(asked)->err, ERR_OK);
    asked_free(asked);
    before = counter_get(&served);
    asked = ask_peer(world, "GET", "/echo");
    asked->call.addresses = HTTP_ADDRESS_PUBLIC;
    assert_failed(run(asked), ERR_HTTP_ADDRESS_REFUSED, true);
    asked_free(asked);
    assert_int_equal(counter_get(&served), before);
}

static void a_proxy_of_the_environment_is_not_used(void **state)
{
    struct asked *asked = ask_peer(*state, "GET", "/echo");

    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(run(asked)->err, ERR_OK);
    assert_int_equal(unsetenv("http_proxy"), 0);
    asked_free(asked);
}

static void calls_beyond_the_cap_wait_in_order_and_then_are_refused(void **state)
{
    struct world *world = *state;
    struct asked *asked[5];

    remake_client(world, 2, 2);
    for (int i = 0; i < 5; i++) {
        asked[i] =
            ask_peer(world, "GET", str_cstr(world->arena, str_printf(world->arena, "/hold?%d", i)));
        begin(asked[i]);
    }
    assert_failed(finish(asked[4]), ERR_QUEUE_FULL, true);
    wait_for(&held_count, 2);
    loop_call(world->fixture.loop, release_all, NULL);
    assert_int_equal(finish(asked[0])->err, ERR_OK);
    assert_int_equal(finish(asked[1])->err, ERR_OK);
    wait_for(&held_count, 2);
    loop_call(world->fixture.loop, release_all, NULL);
    assert_str(finish(asked[2])->answer, "/hold?2");
    assert_str(finish(asked[3])->answer, "/hold?3");
    for (int i = 0; i < 5; i++) {
        asked_free(asked[i]);
    }
}

static void peers_do_not_wait_for_each_other(void **state)
{
    struct world *world = *state;
    struct asked *slow;
    struct asked *other;

    remake_client(world, 1, 10);
    slow = ask_peer(world, "GET", "/hold");
    begin(slow);
    wait_for(&held_count, 1);
    other = ask(world, "GET",
                str_printf(world->arena, "http://localhost:%u/echo", world->fixture.port));
    assert_int_equal(run(other)->err, ERR_OK);
    loop_call(world->fixture.loop, release_all, NULL);
    assert_int_equal(finish(slow)->err, ERR_OK);
    asked_free(slow);
    asked_free(other);
}

static void the_deadline_counts_while_waiting(void **state)
{
    struct world *world = *state;
    struct asked *first;
    struct asked *second;

    remake_client(world, 1, 10);
    first = ask_peer(world, "GET", "/hold");
    begin(first);
    second = ask_peer(world, "POST", "/echo");
    second->call.total_deadline_ms = 100;
    assert_failed(run(second), ERR_HTTP_CONNECT, true);
    wait_for(&held_count, 1);
    loop_call(world->fixture.loop, release_all, NULL);
    assert_int_equal(finish(first)->err, ERR_OK);
    asked_free(first);
    asked_free(second);
}

static void the_end_of_the_client_ends_its_calls(void **state)
{
    struct world *world = *state;
    struct asked *flying;
    struct asked *waiting;

    remake_client(world, 1, 10);
    flying = ask_peer(world, "GET", "/hold");
    waiting = ask_peer(world, "GET", "/echo");
    begin(flying);
    begin(waiting);
    wait_for(&held_count, 1);
    loop_call(world->loop, free_client, world);
    assert_failed(finish(flying), ERR_STOPPING, false);
    assert_failed(finish(waiting), ERR_STOPPING, true);
    loop_call(world->fixture.loop, release_all, NULL);
    asked_free(flying);
    asked_free(waiting);
}

static void stop_client(void *ctx)
{
    http_client_stop(((struct world *)ctx)->client);
}

/* Who stops a program closes what the callers need only after they have been told. */
static void a_stopped_client_has_ended_its_calls(void **state)
{
    struct world *world = *state;
    struct asked *flying;

    remake_client(world, 1, 10);
    flying = ask_peer(world, "GET", "/hold");
    begin(flying);
    wait_for(&held_count, 1);
    loop_call(world->loop, stop_client, world);
    assert_true(signal_wait(flying->done, 0));
    assert_int_equal(flying->call.err, ERR_STOPPING);
    loop_call(world->fixture.loop, release_all, NULL);
    asked_free(flying);
}

static const char *const public_addresses[] = {
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2001:200::1",
    "2400:3200::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
};
static const char *const special_addresses[] = {
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.1.1.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:1::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:c0a8:1::1",
    "2620:4f:8000::1",
    "3fff::1",
    "3fff:fff::1",
    "5f00::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
    "1.2.3",
    "01.1.1.1",
    "1.1.1.1:80",
    "[2606::1]",
    "fe80::1%lo",
    "134744072",
    "0x8.8.8.8",
};

static void only_public_unicast_addresses_are_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(public_addresses); i++) {
        if (!http_address_is_public(str_of(public_addresses[i]))) {
            fail_msg("%s is public", public_addresses[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(special_addresses); i++) {
        if (http_address_is_public(str_of(special_addresses[i]))) {
            fail_msg("%s is not public", special_addresses[i]);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_brings_the_whole_answer),
        TEST(every_method_is_sent_as_it_is),
        TEST(a_refused_connection_is_not_sent),
        TEST(an_unknown_host_is_not_sent),
        TEST(a_connection_that_never_opens_is_not_sent),
        TEST(what_is_no_url_is_not_sent),
        TEST(a_header_cannot_begin_another),
        TEST(a_redirect_is_an_answer),
        TEST(an_answer_beyond_its_limit_is_none),
        TEST(silence_after_the_request_leaves_the_outcome_open),
        TEST(an_answer_that_breaks_off_leaves_the_outcome_open),
        TEST(a_request_lost_on_a_kept_connection_is_not_repeated),
        TEST(interim_answers_are_passed_over),
        TEST(headers_beyond_their_limit_are_no_answer),
        TEST(connections_are_kept),
        TEST(the_policy_judges_the_address_connected_to),
        TEST(the_policy_holds_on_kept_connections),
        TEST(a_proxy_of_the_environment_is_not_used),
        TEST(calls_beyond_the_cap_wait_in_order_and_then_are_refused),
        TEST(peers_do_not_wait_for_each_other),
        TEST(the_deadline_counts_while_waiting),
        TEST(the_end_of_the_client_ends_its_calls),
        TEST(a_stopped_client_has_ended_its_calls),
        cmocka_unit_test(only_public_unicast_addresses_are_public),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
