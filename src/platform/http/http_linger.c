#include "platform/http/http_int.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct lingerer {
    struct http_server *server;
    struct lingerer *prev;
    struct lingerer *next;
    int fd;
    uv_poll_t poll;
    struct loop_timer timer;
};

static void freed(uv_handle_t *handle)
{
    struct lingerer *linger = handle->data;
    struct http_server *server = linger->server;

    (void)close(linger->fd);
    mem_free(linger);
    server->open_handles--;
    server_release(server);
}

static void timer_closed(struct loop_timer *timer)
{
    struct lingerer *linger =
        (struct lingerer *)(void *)((char *)timer - offsetof(struct lingerer, timer));

    uv_close((uv_handle_t *)&linger->poll, freed);
}

static void linger_end(struct lingerer *linger)
{
    struct http_server *server = linger->server;

    if (linger->prev == NULL) {
        server->lingers = linger->next;
    } else {
        linger->prev->next = linger->next;
    }
    if (linger->next != NULL) {
        linger->next->prev = linger->prev;
    }
    server->linger_count--;
    (void)uv_poll_stop(&linger->poll);
    loop_timer_close(&linger->timer, timer_closed);
}

static void timed_out(struct loop_timer *timer)
{
    linger_end((struct lingerer *)(void *)((char *)timer - offsetof(struct lingerer, timer)));
}

static void readable(uv_poll_t *poll, int status, int events)
{
    struct lingerer *linger = poll->data;
    char waste[8192];
    ssize_t got = -1;

    (void)events;
    for (int i = 0; i < 8 && status == 0; i++) {
        got = recv(linger->fd, waste, sizeof(waste), MSG_DONTWAIT);
        if (got <= 0) {
            break;
        }
    }
    if (status != 0 || got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        linger_end(linger);
    }
}

void linger_begin(struct http_server *server, int fd)
{
    struct lingerer *linger;
    int copy;

    if (server->linger_count == HTTP_LINGERING_MAX || server->stopped) {
        return;
    }
    copy = dup(fd);
    if (copy < 0) {
        return;
    }
    (void)shutdown(copy, SHUT_WR);
    linger = mem_new(sizeof(*linger));
    linger->server = server;
    linger->fd = copy;
    linger->next = server->lingers;
    if (linger->next != NULL) {
        linger->next->prev = linger;
    }
    server->lingers = linger;
    server->linger_count++;
    server->open_handles++;
    CHECK(uv_poll_init(loop_uv(server->loop), &linger->poll, copy) == 0);
    linger->poll.data = linger;
    loop_timer_init(server->loop, &linger->timer, timed_out);
    loop_timer_set(&linger->timer, HTTP_LINGER_MS);
    CHECK(uv_poll_start(&linger->poll, UV_READABLE, readable) == 0);
}

void linger_end_all(struct http_server *server)
{
    while (server->lingers != NULL) {
        linger_end(server->lingers);
    }
}
