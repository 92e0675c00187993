/* libcurl's sockets on the loop. libcurl gives up a socket after each transfer and asks for it
 * again with the next one; of a connection that is kept we go on watching it in between, which
 * saves two system calls a request. Sockets that never became a connection, and those of libcurl's
 * resolver, are closed without telling us: they are watched only while libcurl wants it. */
#include "platform/http/client_int.h"

#include <unistd.h>

struct watch {
    struct http_client *client;
    int fd;
    uv_poll_t poll;
    int events; /* watched for */
    int wanted; /* by libcurl */
    bool kept;  /* a connection: client__close_socket will be called */
};

/* ---- what is finished ---- */

static void collect(struct http_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        char *transfer = NULL;

        CHECK(message->msg == CURLMSG_DONE);
        CHECK(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) == CURLE_OK);
        client__finish((struct transfer *)(void *)transfer, code);
    }
}

static void act(struct http_client *client, curl_socket_t fd, int events)
{
    int running;

    (void)curl_multi_socket_action(client->multi, fd, events, &running);
    collect(client);
}

/* ---- sockets ---- */

static void ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    if (watch->wanted == 0) {
        /* The peer closed an idle connection; libcurl finds out when it would use it again. */
        CHECK(uv_poll_stop(&watch->poll) == 0);
        watch->events = 0;
        return;
    }
    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    act(watch->client, watch->fd, flags);
}

static void watch_freed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct http_client *client = watch->client;

    mem_free(watch);
    client->open_handles--;
    client__release(client);
}

static struct watch *watch_new(struct http_client *client, int fd)
{
    struct watch *watch = mem_new(sizeof(*watch));
    size_t index = (size_t)fd;

    if (index >= client->watches_size) {
        size_t size = client->watches_size;

        client->watches_size = index + 64;
        client->watches = mem_grow(client->watches, size * sizeof(struct watch *),
                                   client->watches_size * sizeof(struct watch *));
    }
    CHECK(client->watches[index] == NULL);
    client->watches[index] = watch;
    watch->client = client;
    watch->fd = fd;
    CHECK(uv_poll_init(loop_uv(client->loop), &watch->poll, fd) == 0);
    watch->poll.data = watch;
    client->open_handles++;
    return watch;
}

static struct watch *watch_of(struct http_client *client, int fd)
{
    return (size_t)fd < client->watches_size ? client->watches[fd] : NULL;
}

static void watch_close(struct watch *watch)
{
    CHECK(uv_poll_stop(&watch->poll) == 0);
    watch->client->watches[watch->fd] = NULL;
    uv_close((uv_handle_t *)&watch->poll, watch_freed);
}

static void watch_for(struct watch *watch, int wanted)
{
    watch->wanted = wanted;
    if (!watch->kept || watch->events != wanted) {
        watch->events = wanted;
        CHECK(uv_poll_start(&watch->poll, wanted, ready) == 0);
    }
}

/* Called by libcurl when its interest in a socket changes. */
static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
    struct http_client *client = ctx;
    struct watch *watch = watch_of(client, fd);

    (void)easy;
    (void)assigned;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL && watch->kept) {
            watch->wanted = 0;
        } else if (watch != NULL) {
            watch_close(watch);
        }
        return 0;
    }
    if (watch == NULL) {
        watch = watch_new(client, fd);
    }
    watch_for(watch, ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                         ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0));
    return 0;
}

curl_socket_t client__open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = ctx;

    (void)purpose;
    if (!address__is_allowed(&address->addr, transfer->call->addresses)) {
        transfer->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

void client__keep_socket(struct http_client *client, curl_socket_t fd)
{
    struct watch *watch = watch_of(client, fd);

    if (watch != NULL) {
        watch->kept = true;
    }
}

int client__close_socket(void *ctx, curl_socket_t fd)
{
    struct watch *watch = watch_of(ctx, fd);

    if (watch != NULL) {
        watch_close(watch);
    }
    return close(fd);
}

/* ---- the timer ---- */

static void timed_out(struct loop_timer *timer)
{
    act((struct http_client *)(void *)((char *)timer - offsetof(struct http_client, timeout)),
        CURL_SOCKET_TIMEOUT, 0);
}

static int timer_changed(CURLM *multi, long timeout_ms, void *ctx)
{
    struct http_client *client = ctx;

    (void)multi;
    if (timeout_ms < 0) {
        loop_timer_cancel(&client->timeout);
    } else {
        loop_timer_set(&client->timeout, timeout_ms);
    }
    return 0;
}

void client__sockets_start(struct http_client *client)
{
    CURLM *multi = curl_multi_init();

    CHECK(multi != NULL);
    client->multi = multi;
    loop_timer_init(client->loop, &client->timeout, timed_out);
    client->open_handles++;
    CHECK(curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed) == CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed) == CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client) == CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CLIENT_CONNECTIONS_KEPT) ==
          CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                            (long)client->in_flight_per_peer) == CURLM_OK);
}

static void timeout_closed(struct loop_timer *timer)
{
    struct http_client *client =
        (struct http_client *)(void *)((char *)timer - offsetof(struct http_client, timeout));

    client->open_handles--;
    client__release(client);
}

void client__sockets_stop(struct http_client *client)
{
    CHECK(curl_multi_cleanup(client->multi) == CURLM_OK);
    for (size_t fd = 0; fd < client->watches_size; fd++) {
        if (client->watches[fd] != NULL) {
            watch_close(client->watches[fd]);
        }
    }
    loop_timer_close(&client->timeout, timeout_closed);
}
