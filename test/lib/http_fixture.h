/* A server on a loop and thread of its own, on a free port of 127.0.0.1, for tests. */
#ifndef TEST_LIB_HTTP_FIXTURE_H
#define TEST_LIB_HTTP_FIXTURE_H

#include "platform/http/http.h"

struct http_fixture {
    struct loop *loop;
    struct http_server *server;
    uint16_t port;
};

/* options may be NULL; its address is overwritten. routes is ended by a row with method NULL. */
void http_fixture_start(struct http_fixture *fixture, const struct http_server_options *options,
                        const struct route *routes);
void http_fixture_drain(struct http_fixture *fixture);
size_t http_fixture_in_flight(struct http_fixture *fixture);
void http_fixture_free_server(struct http_fixture *fixture); /* the loop goes on */
void http_fixture_stop(struct http_fixture *fixture);

#endif
