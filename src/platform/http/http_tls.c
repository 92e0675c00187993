/* TLS of the server: libmicrohttpd's own, which is GnuTLS. */
#include "platform/http/http_int.h"

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TLS_FILE_MAX = 1 << 20 };

/* The whole file, NUL-terminated, in the arena. */
static enum err read_file(struct arena *arena, struct str path, struct str *out)
{
    int fd = open(str_cstr(arena, path), O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    struct stat about;
    char *text;

    if (fd < 0 || fstat(fd, &about) != 0 || about.st_size <= 0 || about.st_size > TLS_FILE_MAX) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return ERR_HTTP_TLS;
    }
    text = arena_alloc(arena, (size_t)about.st_size + 1);
    while (len < (size_t)about.st_size) {
        ssize_t got = read(fd, text + len, (size_t)about.st_size - len);

        if (got <= 0) {
            break;
        }
        len += (size_t)got;
    }
    (void)close(fd);
    *out = (struct str){text, len};
    return len == (size_t)about.st_size ? ERR_OK : ERR_HTTP_TLS;
}

bool tls_is_on(const struct http_server *server)
{
    return server->options.tls_certificate_file.len > 0;
}

enum err tls_load(struct http_server *server, struct tls_files *out)
{
    const struct http_server_options *options = &server->options;
    struct tls_files files = {.key.hidden_ = {"", 0}};
    struct str key;

    TRY(read_file(server->arena, options->tls_certificate_file, &files.certificate));
    TRY(read_file(server->arena, options->tls_key_file, &key));
    files.key = (struct secret){key};
    if (options->tls_client_ca_file.len > 0) {
        TRY(read_file(server->arena, options->tls_client_ca_file, &files.client_ca));
    }
    *out = files;
    return ERR_OK;
}

bool tls_client_is_verified(const struct http_server *server, struct connection *connection,
                            struct MHD_Connection *mhd)
{
    unsigned status = 0;
    gnutls_session_t session;

    if (server->options.tls_client_ca_file.len == 0 || connection->peer_verified) {
        return true;
    }
    session = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
    connection->peer_verified =
        gnutls_certificate_verify_peers2(session, &status) == GNUTLS_E_SUCCESS && status == 0;
    return connection->peer_verified;
}
