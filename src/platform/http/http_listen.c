/* The listening socket. Loops share a port by SO_REUSEPORT, which would also let a second program
 * of the same user in: the first server of a program looks whether the port is free. */
#include "platform/http/http_int.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 1024 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static enum err address_parse(struct str text, uint16_t port, union address *address,
                              socklen_t *len)
{
    char copy[HTTP_PEER_SIZE] = {0};

    if (text.len >= sizeof(copy)) {
        return ERR_HTTP_LISTEN;
    }
    memcpy(copy, text.ptr, text.len);
    *address = (union address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
    *len = sizeof(address->v6);
    if (inet_pton(AF_INET6, copy, &address->v6.sin6_addr) == 1) {
        return ERR_OK;
    }
    *address = (union address){.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
    *len = sizeof(address->v4);
    return inet_pton(AF_INET, copy, &address->v4.sin_addr) == 1 ? ERR_OK : ERR_HTTP_LISTEN;
}

static int open_bound(const union address *address, socklen_t len, bool share)
{
    const int on = 1;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (share && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
        bind(fd, &address->any, len) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static enum err check_free(const union address *address, socklen_t len)
{
    int fd = open_bound(address, len, false);

    if (fd < 0) {
        return ERR_HTTP_LISTEN;
    }
    (void)close(fd);
    return ERR_OK;
}

enum err listen_open(struct str address, uint16_t port, bool share_port, int *out,
                     uint16_t *bound_port)
{
    union address wanted;
    union address bound;
    socklen_t len;
    socklen_t bound_len = sizeof(bound);
    int fd;

    TRY(address_parse(address, port, &wanted, &len));
    if (port != 0 && !share_port) {
        TRY(check_free(&wanted, len));
    }
    fd = open_bound(&wanted, len, true);
    if (fd < 0) {
        return ERR_HTTP_LISTEN;
    }
    if (listen(fd, LISTEN_BACKLOG) != 0 || getsockname(fd, &bound.any, &bound_len) != 0) {
        (void)close(fd);
        return ERR_HTTP_LISTEN;
    }
    *out = fd;
    *bound_port = ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
    return ERR_OK;
}
