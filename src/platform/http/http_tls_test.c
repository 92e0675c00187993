#include "platform/http/client.h"
#include "test/lib/certificate.h"
#include "test/lib/http_fixture.h"
#include "test/lib/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct reply *plain_handler(struct request *req)
{
    return reply_text(req, 200, "text/plain", str_dup(req->arena, req->body));
}

static const struct route routes[] = {
    {.method = "GET", .path = "/", .handler = plain_handler},
    {.method = "POST", .path = "/", .handler = plain_handler, .body_max = 1 << 20},
    {.method = NULL},
};

/* ---- files ---- */

static struct {
    struct arena *arena;
    char folder[64];
    struct str server_certificate, server_key; /* paths */
    struct str client_certificate, client_key;
    struct str other_certificate, other_key;
    struct str missing;
} files;

static struct str write_file(const char *name, struct str text)
{
    struct str path = str_printf(files.arena, "%s/%s", files.folder, name);
    FILE *file = fopen(str_cstr(files.arena, path), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void write_pair(const char *name, struct str *certificate, struct str *key)
{
    int64_t now_ms = clock_now_ms(NULL);
    struct test_certificate made =
        test_certificate_of(files.arena, "localhost", now_ms - 60000, now_ms + 3600000);

    *certificate =
        write_file(str_cstr(files.arena, str_printf(files.arena, "%s.pem", name)), made.pem);
    *key = write_file(str_cstr(files.arena, str_printf(files.arena, "%s.key", name)),
                      made.private_pem);
}

static int make_files(void **state)
{
    (void)state;
    files.arena = arena_new();
    (void)snprintf(files.folder, sizeof(files.folder), "/tmp/http_tls_test.XXXXXX");
    assert_non_null(mkdtemp(files.folder));
    write_pair("server", &files.server_certificate, &files.server_key);
    write_pair("client", &files.client_certificate, &files.client_key);
    write_pair("other", &files.other_certificate, &files.other_key);
    files.missing = str_printf(files.arena, "%s/missing", files.folder);
    return 0;
}

static int remove_files(void **state)
{
    struct str paths[] = {files.server_certificate, files.server_key,        files.client_key,
                          files.client_certificate, files.other_certificate, files.other_key};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        (void)unlink(str_cstr(files.arena, paths[i]));
    }
    (void)rmdir(files.folder);
    arena_free(files.arena);
    return 0;
}

/* ---- a TLS client that may show a certificate ---- */

static struct str call_with(uint16_t port, struct str certificate, struct str key)
{
    static char answer[4096];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct str out = {answer, 0};
    SSL *ssl;
    int got;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    if (certificate.len > 0) {
        assert_int_equal(SSL_CTX_use_certificate_file(context, str_cstr(files.arena, certificate),
                                                      SSL_FILETYPE_PEM),
                         1);
        assert_int_equal(
            SSL_CTX_use_PrivateKey_file(context, str_cstr(files.arena, key), SSL_FILETYPE_PEM), 1);
    }
    ssl = SSL_new(context);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    if (SSL_connect(ssl) == 1 &&
        SSL_write(ssl, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 46) == 46) {
        while (out.len < sizeof(answer) &&
               (got = SSL_read(ssl, answer + out.len, (int)(sizeof(answer) - out.len))) > 0) {
            out.len += (size_t)got;
        }
    }
    ERR_clear_error();
    SSL_free(ssl);
    SSL_CTX_free(context);
    (void)close(fd);
    return out;
}

/* ---- the tests ---- */

struct start {
    struct loop *loop;
    struct http_server_options options;
    struct http_server *server;
    enum err err;
};

static void start(void *ctx)
{
    struct start *start = ctx;

    start->err = http_server_start(start->loop, &start->options, &start->server);
}

static enum err start_with(struct str certificate, struct str key, struct str client_ca)
{
    struct start ctx = {.loop = loop_new("tls", 0, NULL)};

    ctx.options.address = STR("127.0.0.1");
    ctx.options.tls_certificate_file = certificate;
    ctx.options.tls_key_file = key;
    ctx.options.tls_client_ca_file = client_ca;
    loop_call(ctx.loop, start, &ctx);
    assert_int_not_equal(ctx.err, ERR_OK);
    loop_free(ctx.loop);
    return ctx.err;
}

static void files_that_cannot_be_used_refuse_the_start(void **state)
{
    struct str none = {"", 0};

    (void)state;
    assert_int_equal(start_with(files.missing, files.server_key, none), ERR_HTTP_TLS);
    assert_int_equal(start_with(files.server_certificate, files.missing, none), ERR_HTTP_TLS);
    assert_int_equal(start_with(files.server_certificate, none, none), ERR_HTTP_TLS);
    assert_int_equal(start_with(files.server_certificate, files.other_key, none), ERR_HTTP_TLS);
    assert_int_equal(start_with(files.server_key, files.server_certificate, none), ERR_HTTP_TLS);
    assert_int_equal(start_with(files.server_certificate, files.server_key, files.missing),
                     ERR_HTTP_TLS);
}

struct tls_call {
    struct http_call call;
    struct http_client *client;
    struct loop *loop;
    struct signal *done;
};

static void tls_call_done(struct http_call *call)
{
    signal_set(((struct tls_call *)call)->done);
}

static void tls_call_start(void *ctx)
{
    struct tls_call *call = ctx;

    if (call->client == NULL) {
        call->client = http_client_new(call->loop, NULL);
    }
    http_call_start(call->client, &call->call);
}

static void tls_client_free(void *ctx)
{
    http_client_free(((struct tls_call *)ctx)->client);
}

static void run_call(struct tls_call *call, struct str url, struct str ca_file, struct str body)
{
    struct arena *arena = call->call.arena;

    call->call = (struct http_call){
        .arena = arena,
        .method = STR("POST"),
        .url = url,
        .body = body,
        .ca_file = ca_file,
        .addresses = HTTP_ADDRESS_ANY,
        .done = tls_call_done,
    };
    loop_call(call->loop, tls_call_start, call);
    assert_true(signal_wait(call->done, 10000));
}

static void a_server_with_a_certificate_is_called_by_tls(void **state)
{
    struct http_server_options options = {.tls_certificate_file = files.server_certificate,
                                          .tls_key_file = files.server_key};
    struct tls_call call = {.loop = loop_new("caller", 0, NULL), .done = signal_new()};
    struct http_fixture fixture;
    struct str body = {arena_alloc(files.arena, 300000), 300000};
    struct str url;

    (void)state;
    http_fixture_start(&fixture, &options, routes);
    loop_start(call.loop);
    call.call.arena = arena_new();
    url = str_printf(files.arena, "https://localhost:%u/", fixture.port);

    for (int i = 0; i < 3; i++) {
        run_call(&call, url, files.server_certificate, body);
        assert_int_equal(call.call.err, ERR_OK);
        assert_int_equal(call.call.status, 200);
        assert_int_equal(call.call.answer.len, body.len);
    }
    /* Nobody vouches for it, or somebody else does. */
    run_call(&call, url, (struct str){"", 0}, body);
    assert_int_equal(call.call.err, ERR_HTTP_CONNECT);
    assert_true(call.call.not_sent);
    run_call(&call, url, files.other_certificate, body);
    assert_int_equal(call.call.err, ERR_HTTP_CONNECT);
    assert_true(call.call.not_sent);
    /* The name is another. */
    run_call(&call, str_printf(files.arena, "https://127.0.0.1:%u/", fixture.port),
             files.server_certificate, body);
    assert_int_equal(call.call.err, ERR_HTTP_CONNECT);
    assert_true(call.call.not_sent);

    loop_call(call.loop, tls_client_free, &call);
    loop_free(call.loop);
    signal_free(call.done);
    arena_free(call.call.arena);
    http_fixture_stop(&fixture);
}

static void clients_must_show_a_certificate_when_it_is_asked(void **state)
{
    struct http_server_options options = {.tls_certificate_file = files.server_certificate,
                                          .tls_key_file = files.server_key,
                                          .tls_client_ca_file = files.client_certificate};
    struct http_fixture fixture;
    struct str none = {"", 0};
    struct str answer;
    size_t at;

    (void)state;
    http_fixture_start(&fixture, &options, routes);
    answer = call_with(fixture.port, files.client_certificate, files.client_key);
    assert_true(str_starts(answer, STR("HTTP/1.1 200 OK\r\n")));
    answer = call_with(fixture.port, none, none);
    assert_true(str_starts(answer, STR("HTTP/1.1 401 ")));
    assert_true(str_find(answer, STR("\"code\":\"http_certificate\""), &at));
    answer = call_with(fixture.port, files.other_certificate, files.other_key);
    assert_true(str_starts(answer, STR("HTTP/1.1 401 ")));
    http_fixture_stop(&fixture);
}

static void what_is_no_tls_is_closed(void **state)
{
    struct http_server_options options = {.tls_certificate_file = files.server_certificate,
                                          .tls_key_file = files.server_key,
                                          .header_deadline_ms = 300};
    struct http_fixture fixture;
    struct raw_client *client;

    (void)state;
    http_fixture_start(&fixture, &options, routes);
    client = raw_open(fixture.port);
    raw_send(client, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(raw_is_closed_within(client, 2000));
    raw_close(client);
    client = raw_open(fixture.port); /* and who never finishes the handshake */
    raw_send(client, STR("\x16\x03\x01"));
    assert_true(raw_is_closed_within(client, 2000));
    raw_close(client);
    http_fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_cannot_be_used_refuse_the_start),
        cmocka_unit_test(a_server_with_a_certificate_is_called_by_tls),
        cmocka_unit_test(clients_must_show_a_certificate_when_it_is_asked),
        cmocka_unit_test(what_is_no_tls_is_closed),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
