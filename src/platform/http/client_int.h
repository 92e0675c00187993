/* Shared inside the HTTP client: transfers, peers, and the sockets libcurl opens.
 *
 *     http_call_start ──► launched ───────────────► finished ──► done()
 *                    └──► waiting in the peer's line ─┘
 *
 * done() is never called from inside http_call_start. */
#ifndef PLATFORM_HTTP_CLIENT_INT_H
#define PLATFORM_HTTP_CLIENT_INT_H

#include "platform/http/client.h"

#include <curl/curl.h>
#include <sys/socket.h>

enum {
    CLIENT_IN_FLIGHT_DEFAULT = 64,
    CLIENT_WAITING_DEFAULT = 10 * 1000,
    CLIENT_CONNECT_DEFAULT_MS = 3 * 1000,
    CLIENT_TOTAL_DEFAULT_MS = 10 * 1000,
    CLIENT_ANSWER_DEFAULT = 1 << 20,
    CLIENT_ANSWER_HEADERS_MAX = 64,
    CLIENT_ANSWER_HEADER_BYTES = 32 * 1024,
    CLIENT_URL_MAX = 4096,
    CLIENT_CONNECTIONS_KEPT = 1024,
    CLIENT_TRANSFERS_KEPT = 256,
    CLIENT_PEER_BUCKETS = 1024, /* a power of two */
};

struct transfer_list {
    struct transfer *first;
    struct transfer *last;
};

/* Scheme and authority of the URL. Exists while it has calls. */
struct peer {
    struct peer *next; /* in its bucket */
    struct str name;   /* lower case; stands behind the struct */
    unsigned in_flight;
    size_t waiting;
    struct transfer_list line;
};

struct transfer {
    struct http_client *client;
    struct http_call *call;
    struct peer *peer;
    struct transfer *prev; /* in the peer's line, the launched or the failed */
    struct transfer *next; /* … or the free */
    CURL *easy;
    struct loop_timer deadline; /* while waiting */
    int64_t started_us;
    struct buf answer;
    size_t header_bytes;
    bool sent;    /* a connection was ready: bytes may have gone out */
    bool refused; /* by the address policy */
    enum err err; /* of a call that failed without libcurl */
    char error_text[CURL_ERROR_SIZE];
};

struct http_client {
    struct loop *loop;
    unsigned in_flight_per_peer;
    size_t waiting_per_peer;
    CURLM *multi;
    struct loop_timer timeout;  /* libcurl's */
    struct loop_timer failures; /* calls in failed are told in the next turn */
    struct peer *peers[CLIENT_PEER_BUCKETS];
    struct transfer_list launched;
    struct transfer_list failed;
    struct transfer *free;
    size_t free_count;
    struct watch **watches; /* by descriptor */
    size_t watches_size;
    unsigned open_handles;
    bool stopping;
};

/* client.c */
void client__finish(struct transfer *transfer, CURLcode code);
void client__release(struct http_client *client); /* frees it when its handles are closed */

/* client_socket.c: libcurl's sockets and timer on the loop */
void client__sockets_start(struct http_client *client);
void client__sockets_stop(struct http_client *client);
curl_socket_t client__open_socket(void *transfer, curlsocktype purpose,
                                  struct curl_sockaddr *address);
/* It is a connection now, which may be kept. */
void client__keep_socket(struct http_client *client, curl_socket_t fd);
int client__close_socket(void *client, curl_socket_t fd);

/* client_transfer.c: one libcurl handle */
struct transfer *transfer__new(struct http_client *client);
void transfer__free(struct transfer *transfer);
MUST_USE enum err transfer__prepare(struct transfer *transfer); /* options from the call */

/* client_address.c */
bool address__is_allowed(const struct sockaddr *address, enum http_addresses policy);
bool address__text_is_allowed(const char *text, enum http_addresses policy);

#endif
