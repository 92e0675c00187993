/* The HTTP server: requests in, replies out.
 *
 * libmicrohttpd inside our loops (design: docs/architecture.md). One server per loop, all on one
 * port by SO_REUSEPORT. A request is read whole (bounded by its route), handed to the dispatch
 * function, and answered exactly once:
 *
 *     received ──dispatch──► replied ─────────────► sent, arena freed
 *                    └─────► suspended ─request_reply─┘
 *
 * A handler returns struct reply *, which only reply_…() functions make, so a path without an
 * answer does not compile. reply_later() suspends the connection; request_reply() answers it later,
 * on the same loop. Everything a request needs lives in request->arena until it has been sent. */
#ifndef PLATFORM_HTTP_HTTP_H
#define PLATFORM_HTTP_HTTP_H

#include "platform/trace/trace.h"

struct app; /* platform/module */
struct request;
struct reply; /* opaque; made by reply_…() only */

typedef struct reply *(*request_handler)(struct request *req);

enum http_auth {
    HTTP_AUTH_NONE = 1, /* public: health, documents, cashier pages */
    HTTP_AUTH_MERCHANT, /* signed by a merchant's key */
    HTTP_AUTH_OPERATOR, /* operator key (bearer) */
    HTTP_AUTH_EITHER,   /* an operator's key when it is a bearer's, else a merchant's signature */
    HTTP_AUTH_CHANNEL,  /* a channel's callback; its adapter verifies it */
    HTTP_AUTH_METRICS,  /* loopback, or the metrics token */
};

/* One row per route. path has parameters in braces: "/v1/payments/{id}". The row drives routing,
 * the gateway's chain, `tomato routes` and the OpenAPI document. */
struct route {
    const char *method;
    const char *path;
    request_handler handler;
    enum http_auth auth;
    const char *permission;        /* NULL: none is needed */
    bool idempotent;               /* takes an Idempotency-Key */
    size_t body_max;               /* bytes; 0 = 64 KiB for POST/PUT/PATCH, none for others */
    const struct field_set *query; /* NULL: no query parameters allowed */
    const struct field_set *body;  /* NULL: no JSON body */
    const struct field_set *reply; /* NULL: not JSON */
    int reply_status;              /* 0 = 200 */
    bool reply_is_list;            /* {object:"list", data:[reply…], has_more, next_cursor} */
    const enum err *errors;        /* refusals of its own, ended by ERR_OK, for the document */
    const char *summary;
    const char *file; /* set by ROUTE_HERE */
    int line;
};
#define ROUTE_HERE .file = __FILE__, .line = __LINE__

enum { REQUEST_PARAMS_MAX = 4 };

/* Who is asking; filled by the gateway's authenticate step. */
struct principal {
    enum http_auth kind;
    int64_t merchant_id;
    int64_t app_id;
    int64_t key_id;
    struct str permissions; /* blank-separated */
};

struct request {
    struct arena *arena;
    struct loop *loop;
    struct app *app;
    struct str method;
    struct str target; /* path?query, byte-exact as received: what signatures cover */
    struct str path;
    struct str query;
    struct str body; /* byte-exact */
    struct str peer; /* address of the client as text, without port */
    const struct route *route;
    struct str params[REQUEST_PARAMS_MAX]; /* values of {…} in order, percent-decoded */
    struct principal principal;
    struct trace_context trace;
    int64_t received_ms;           /* Unix */
    int64_t received_monotonic_us; /* for durations */
    struct json_refusal refusal;   /* of the last request_body / request_query */
    void *gateway;                 /* state of the gateway's chain */
};

struct str request_header(const struct request *req, const char *name); /* empty when absent */

/* Parses the JSON body (or the query string) by the set; on refusal reply_refusal() tells it. In a
 * query '+' is a plus sign, and a NULL set allows no parameter. */
MUST_USE enum err request_body(struct request *req, const struct field_set *set, void *out);
MUST_USE enum err request_query(struct request *req, const struct field_set *set, void *out);
/* Path parameter as an id: "pay_…" with prefix "pay"; ERR_HTTP_NOT_FOUND when it is none. */
MUST_USE enum err request_id_param(struct request *req, unsigned index, const char *prefix,
                                   int64_t *out);

struct reply *reply_fields(struct request *req, int status, const struct field_set *set,
                           const void *value);
/* {"object":"list","data":[…],"has_more":…,"next_cursor":…}; an empty cursor: the last page. */
struct reply *reply_list(struct request *req, const struct field_set *set, const void *items,
                         size_t count, size_t item_size, struct str next_cursor);
/* A page of a list: rows that were read with one more than the limit, which says that there is a
 * next page and is not shown. */
struct list_page {
    void *rows;
    size_t count; /* read: at most limit + 1 */
    size_t limit;
};
/* How rows are shown. The cursor is the int64_t each row begins with. */
struct list_shape {
    const struct field_set *set;
    size_t row_size;
    const char *cursor_prefix; /* of the cursor as an id; NULL: it is a number */
};
struct reply *reply_page(struct request *req, const struct list_page *page,
                         const struct list_shape *shape);
struct reply *reply_text(struct request *req, int status, const char *content_type,
                         struct str body); /* body must live in the arena or be static */
struct reply *reply_json(struct request *req, int status, struct str json);
struct reply *reply_empty(struct request *req, int status);
struct reply *reply_error(struct request *req, enum err err);
/* param may be NULL; detail is English, may be NULL. */
struct reply *reply_error_at(struct request *req, enum err err, const char *param,
                             const char *detail);
struct reply *reply_refusal(struct request *req); /* from req->refusal */
/* name is static. A value with control characters, or an empty one, is left out. */
void reply_header(struct reply *reply, const char *name, struct str value);
int reply_status(const struct reply *reply);
struct str reply_body(const struct reply *reply);

/* The request is answered later by request_reply(), exactly once, on req->loop's thread. */
struct reply *reply_later(struct request *req);
bool reply_is_later(const struct reply *reply);
void request_reply(struct request *req, struct reply *reply);

/* Called once for a reply before it is sent, set by the gateway (signing, recording). */
void request_on_reply(struct request *req,
                      void (*before_send)(struct request *req, struct reply *reply));

/* Server-sent events: the reply stays open; the stream is the caller's until closed() was called.
 */
struct sse;
struct reply *reply_sse(struct request *req, void (*closed)(struct sse *sse, void *ctx), void *ctx,
                        struct sse **out);
void sse_send(struct sse *sse, const char *event,
              struct str data); /* bounded; a slow client is cut */
void sse_end(struct sse *sse);

struct http_server;
struct http_server_options {
    struct str address; /* "0.0.0.0", "127.0.0.1", "::" */
    uint16_t port;      /* 0: any free one; http_server_port tells */
    bool share_port;    /* another server of this program, on another loop, has the port already */
    unsigned connections_max;             /* of this server; 0 = 4,096 */
    unsigned connections_per_address_max; /* of this server; 0 = no limit */
    int64_t header_deadline_ms; /* from accept or the request line to the end of the headers;
                                   0 = 10 s */
    int64_t body_deadline_ms;   /* to the end of the body, however slowly it drips; 0 = 30 s */
    int64_t send_deadline_ms;   /* of a whole answer, however slowly it is read; 0 = 60 s */
    int64_t idle_ms;            /* keep-alive, to the next request line; 0 = 75 s */
    struct str tls_certificate_file, tls_key_file, tls_client_ca_file; /* empty: no TLS */
    const struct route *const *routes; /* arrays ended by a row with method NULL */
    size_t route_sets;
    request_handler dispatch; /* gets every request; route is NULL when none matched. NULL:
                                 http_dispatch_plain */
    struct app *app;
};
/* On the loop's thread (loop_call), as drain, in_flight and free. The routes must live as long. */
MUST_USE enum err http_server_start(struct loop *loop, const struct http_server_options *options,
                                    struct http_server **out);
uint16_t http_server_port(const struct http_server *server);
void http_server_drain(struct http_server *server); /* stop accepting; finish what is in flight */
size_t http_server_in_flight(const struct http_server *server);
/* Ends every connection. A request that still waits for request_reply() keeps its arena until then;
 * its answer goes nowhere. */
void http_server_free(struct http_server *server);

/* The default dispatch: what the router found, 404 or 405, without any checks. Used by the
 * simulator and tests; the gateway has its own. */
struct reply *http_dispatch_plain(struct request *req);
/* Why no route matched: ERR_HTTP_NOT_FOUND or ERR_HTTP_METHOD. */
enum err http_no_route(const struct request *req);

/* OpenAPI 3.1 document of the routes (those under a /v1, /cashier or /notify prefix and the like:
 * every row with a summary). */
void openapi_print(struct buf *buf, const struct route *const *routes, size_t route_sets);

extern struct metric http_requests_metric; /* count and time by status class */
extern struct metric http_connections_metric;

#endif
