/* Shared inside platform/http: the server's objects.
 *
 *     server ── connections (one list per phase, each ordered by deadline)
 *        └───── exchanges   (one per request; pooled with their arenas)
 *
 * A connection is in one phase at a time; the phase says what it may take its time for. */
#ifndef PLATFORM_HTTP_HTTP_INT_H
#define PLATFORM_HTTP_HTTP_INT_H

#include "platform/http/http.h"

#include <microhttpd.h>
#include <netinet/in.h>

enum {
    HTTP_BODY_MAX_DEFAULT = 64 * 1024,
    HTTP_HEADERS_MAX = 8 * 1024,
    HTTP_REPLY_MAX = 16 << 20,
    HTTP_REPLY_HEADERS_MAX = 12,
    HTTP_PEER_SIZE = INET6_ADDRSTRLEN,
    HTTP_EXCHANGES_KEPT = 1024, /* pooled beyond those in use */
    HTTP_LINGER_MS = 2 * 1000,
    HTTP_LINGERING_MAX = 256,
};

/* ---- router ---- */

struct router;
struct router_node;
struct router *router_new(const struct route *const *sets, size_t count);
void router_free(struct router *router);
/* The node of the path, or NULL; params are still percent-encoded. */
const struct router_node *router_find(const struct router *router, struct str path,
                                      struct str params[REQUEST_PARAMS_MAX]);
/* The row for the method (GET also serves HEAD), or NULL. */
const struct route *router_method(const struct router_node *node, struct str method);
void router_print_methods(struct buf *buf, const struct router_node *node); /* "GET, POST" */

/* What is wrong, in Chinese; as it is when nobody has translated it. */
struct str http__detail_zh(struct arena *arena, struct str detail);

enum err http__decode(struct arena *arena, struct str text, struct str *out);

/* ---- connections ---- */

enum phase {
    PHASE_BUSY = 1, /* a handler is at work; no deadline of ours */
    PHASE_HEADERS,
    PHASE_BODY,
    PHASE_SENDING,
    PHASE_IDLE,
    PHASE_CUT, /* shut down; waiting for libmicrohttpd to notice */
    PHASE_COUNT
};

struct connection {
    struct http_server *server;
    struct connection *prev; /* in the list of its phase */
    struct connection *next;
    struct exchange *exchange; /* the request being received or answered, or NULL */
    int64_t deadline_ms;
    int fd;
    enum phase phase;
    bool linger;        /* the client may still be sending: read on a little before the close */
    bool peer_verified; /* TLS with client certificates */
    char peer[HTTP_PEER_SIZE];
};

struct connection *connection_of(struct MHD_Connection *mhd);
void connection_notify(void *server, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode what);
void connection_phase(struct connection *connection, enum phase phase);
/* Ends it now, without an answer. */
void connection_cut(struct connection *connection);
void connection_cut_idle(struct http_server *server); /* those without a request */
void connection_sweep_init(struct http_server *server);

/* ---- exchanges: a request and its reply ---- */

enum exchange_state {
    EXCHANGE_HEADERS = 1, /* the request line has been seen */
    EXCHANGE_BODY,
    EXCHANGE_DISPATCHED,
    EXCHANGE_SUSPENDED,
    EXCHANGE_REPLIED,
    EXCHANGE_ORPHAN, /* the server is gone; only the late reply is awaited */
};

struct exchange {
    struct request req; /* first: a struct request * of the server is its exchange */
    struct exchange *next_free;
    struct http_server *server;
    struct connection *connection;
    struct MHD_Connection *mhd;
    enum exchange_state state;
    size_t content_length; /* announced; SIZE_MAX when chunked */
    size_t body_max;
    char *body;
    size_t body_size;
    const struct router_node *node; /* of the path, also when the method did not match */
    struct reply *reply;
    void (*before_send)(struct request *req, struct reply *reply);
    struct sse *sse;
    bool refused; /* an answer was written past libmicrohttpd; what comes is thrown away */
};

void *exchange_begin(void *server, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result exchange_receive(void *server, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **context);
void exchange_completed(void *server, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode how);
/* Writes a whole error answer to the socket, past libmicrohttpd, which takes none at this point. */
void exchange_refuse_raw(struct exchange *exchange, enum err err);
void exchange_free(struct exchange *exchange);

/* What a front door must refuse and libmicrohttpd lets through; ERR_HTTP_MALFORMED and why. */
enum err strict_check(struct exchange *exchange, const char *version, const char **detail);

/* ---- replies ---- */

struct reply_header {
    const char *name;
    const char *value;
};

struct reply {
    struct arena *arena; /* the request's */
    int status;
    const char *content_type; /* NULL: none */
    struct str body;
    struct reply_header headers[HTTP_REPLY_HEADERS_MAX];
    size_t header_count;
    bool close; /* the connection ends with this answer */
    struct sse *sse;
};

void http__print_error(struct buf *buf, const struct request *req, enum err err, const char *param,
                       const char *detail);

struct MHD_Response *sse_response(struct sse *sse);
void sse_closed(struct sse *sse);
void sse_end_all(struct http_server *server);
void sse_heartbeat(struct loop_timer *timer);

/* ---- TLS ---- */

struct tls_files {
    struct str certificate; /* NUL-terminated, as the others */
    struct secret key;
    struct str client_ca; /* empty: clients need no certificate */
};
bool tls_is_on(const struct http_server *server);
MUST_USE enum err tls_load(struct http_server *server, struct tls_files *out);
/* libmicrohttpd asks for a client's certificate and leaves the judgement to us. */
bool tls_client_is_verified(const struct http_server *server, struct connection *connection,
                            struct MHD_Connection *mhd);

/* ---- the server ---- */

struct phase_list {
    struct connection *first;
    struct connection *last;
};

struct http_server {
    struct loop *loop;
    struct http_server_options options;
    struct arena *arena; /* of copies of the options */
    struct router *router;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    struct loop_timer again; /* libmicrohttpd has more to do */
    struct loop_timer sweep; /* the next deadline */
    int64_t sweep_at_ms;     /* 0: not set */
    struct phase_list phases[PHASE_COUNT];
    unsigned connections;
    struct exchange *free_exchanges;
    size_t free_count;
    size_t in_flight;
    size_t orphans;
    struct lingerer *lingers;
    unsigned linger_count;
    struct sse *streams;
    struct loop_timer heartbeat;
    uint64_t id_random;
    uint16_t port;
    bool draining;
    bool stopped; /* no daemon any more; waits for handles and orphans */
    unsigned open_handles;
};

/* libmicrohttpd looks at what was resumed in its next run only. */
void server_run_soon(struct http_server *server);
/* Frees a stopped server as soon as nothing refers to it any more. */
void server_release(struct http_server *server);

MUST_USE enum err listen_open(struct str address, uint16_t port, bool share_port, int *fd,
                              uint16_t *bound_port);

/* Reads on for a moment after an answer that came before the end of the request, so that the
 * client gets the answer and not a reset. Takes a copy of the descriptor. */
void linger_begin(struct http_server *server, int fd);
void linger_end_all(struct http_server *server);

#endif
