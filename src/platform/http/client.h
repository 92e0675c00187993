/* The HTTP client: libcurl's multi interface inside a loop.
 *
 * One client per loop. Connections are pooled; each peer (scheme, host, port) has an in-flight cap,
 * what exceeds it waits in order, bounded. No redirects, no retries, TLS always verified. The
 * address policy is checked on the address actually connected to, after name resolution, so that
 * DNS rebinding does not pass it. */
#ifndef PLATFORM_HTTP_CLIENT_H
#define PLATFORM_HTTP_CLIENT_H

#include "platform/trace/trace.h"

struct http_client;
struct http_client_options {
    unsigned in_flight_per_peer; /* 0 = 64 */
    size_t waiting_per_peer;     /* 0 = 10,000; beyond it a call ends ERR_QUEUE_FULL, not sent */
};
struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options);
/* Calls in flight end with ERR_STOPPING before it returns, and so do new ones later, at the latest
 * when the client is freed. On the loop's thread. */
void http_client_stop(struct http_client *client);
void http_client_free(struct http_client *client); /* calls in flight end with ERR_STOPPING */

enum http_addresses {
    HTTP_ADDRESS_ANY = 1, /* configured peers: channels, databases of the operator */
    HTTP_ADDRESS_PUBLIC,  /* addresses merchants gave us: no private, loopback, link-local … */
    HTTP_ADDRESS_PUBLIC_LOOPBACK /* the demo: public, and loopback */
};

enum { HTTP_CALL_HEADERS_MAX = 12 };
struct http_header {
    struct str name;
    struct str value;
};

/* One call. The caller owns the struct and all it points to until done() has been called, once, on
 * the loop's thread. */
struct http_call {
    /* asked */
    struct arena *arena; /* the answer is stored here */
    struct str method;
    struct str url;
    struct http_header headers[HTTP_CALL_HEADERS_MAX];
    size_t header_count;
    struct str body;
    int64_t connect_deadline_ms; /* 0 = 3 s */
    int64_t total_deadline_ms;   /* 0 = 10 s, from http_call_start, waiting included */
    size_t answer_max;           /* bytes of body; 0 = 1 MiB */
    enum http_addresses addresses;
    struct str ca_file; /* empty: the system's */
    void (*done)(struct http_call *call);
    void *ctx;

    /* answered */
    enum err err;  /* ERR_OK: a complete answer, whatever its status */
    bool not_sent; /* with an error: certainly nothing reached the peer (refused, unresolved,
                      address policy, queue full); otherwise the outcome is unknown */
    int status;
    struct http_header *answer_headers;
    size_t answer_header_count;
    struct str answer;
    int64_t duration_us;
    struct str peer_address;
    char error_text[128];
};

void http_call_header(struct http_call *call, struct str name, struct str value);
void http_call_start(struct http_client *client, struct http_call *call);
struct str http_call_answer_header(const struct http_call *call, const char *name);

/* Whether an address in text form is public unicast (IPv4 and IPv6, mapped forms included). */
bool http_address_is_public(struct str address);

#endif
