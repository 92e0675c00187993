#include "test/lib/http_fixture.h"

struct start {
    struct http_fixture *fixture;
    const struct http_server_options *options;
};

static void start(void *ctx)
{
    const struct start *start = ctx;
    struct http_fixture *fixture = start->fixture;

    CHECK(http_server_start(fixture->loop, start->options, &fixture->server) == ERR_OK);
    fixture->port = http_server_port(fixture->server);
}

static void drain(void *ctx)
{
    http_server_drain(((struct http_fixture *)ctx)->server);
}

static void free_server(void *ctx)
{
    http_server_free(((struct http_fixture *)ctx)->server);
}

struct count {
    struct http_fixture *fixture;
    size_t in_flight;
};

static void count_in_flight(void *ctx)
{
    struct count *count = ctx;

    count->in_flight = http_server_in_flight(count->fixture->server);
}

void http_fixture_start(struct http_fixture *fixture, const struct http_server_options *options,
                        const struct route *routes)
{
    struct http_server_options own = {.port = 0};
    struct start ctx = {fixture, &own};

    if (options != NULL) {
        own = *options;
    }
    own.address = STR("127.0.0.1");
    own.routes = &routes;
    own.route_sets = 1;
    *fixture = (struct http_fixture){.loop = loop_new("fixture", 0, NULL)};
    loop_start(fixture->loop);
    loop_call(fixture->loop, start, &ctx);
}

void http_fixture_drain(struct http_fixture *fixture)
{
    loop_call(fixture->loop, drain, fixture);
}

size_t http_fixture_in_flight(struct http_fixture *fixture)
{
    struct count count = {fixture, 0};

    loop_call(fixture->loop, count_in_flight, &count);
    return count.in_flight;
}

void http_fixture_free_server(struct http_fixture *fixture)
{
    loop_call(fixture->loop, free_server, fixture);
    fixture->server = NULL;
}

void http_fixture_stop(struct http_fixture *fixture)
{
    if (fixture->server != NULL) {
        http_fixture_free_server(fixture);
    }
    loop_free(fixture->loop);
}
