/* One libcurl handle: what never changes is set when it is made, the rest for each call. */
#include "platform/http/client_int.h"

#define SET(easy, option, value) CHECK(curl_easy_setopt((easy), (option), (value)) == CURLE_OK)

/* ---- the answer comes in ---- */

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;

    buf_add(&transfer->answer, (struct str){data, size * count});
    return buf_ok(&transfer->answer) ? size * count : 0;
}

static void keep_header(struct http_call *call, struct str line)
{
    struct str name;

    if (call->answer_headers == NULL) {
        call->answer_headers =
            ARENA_ARRAY(call->arena, struct http_header, CLIENT_ANSWER_HEADERS_MAX);
    }
    line = str_dup(call->arena, line);
    if (str_cut(&line, ':', &name)) {
        call->answer_headers[call->answer_header_count++] =
            (struct http_header){str_trim(name), str_trim(line)};
    }
}

/* Each answer begins with a status line; an interim one is forgotten when the next begins. */
static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    struct str line = {data, size * count};

    transfer->header_bytes += line.len;
    if (str_starts(line, STR("HTTP/"))) {
        transfer->call->answer_header_count = 0;
        return line.len;
    }
    if (transfer->header_bytes > CLIENT_ANSWER_HEADER_BYTES ||
        transfer->call->answer_header_count == CLIENT_ANSWER_HEADERS_MAX) {
        return 0;
    }
    keep_header(transfer->call, line);
    return line.len;
}

/* A connection is ready and the request about to go out. A second time means that libcurl would
 * send it again because a kept connection broke: only what changes nothing may be repeated. */
static int on_connection(void *ctx, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    struct transfer *transfer = ctx;
    struct str method = transfer->call->method;
    curl_socket_t fd = CURL_SOCKET_BAD;

    (void)own_ip;
    (void)peer_port;
    (void)own_port;
    if (!address__text_is_allowed(peer_ip, transfer->call->addresses)) {
        transfer->refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (transfer->sent && !str_eq(method, STR("GET")) && !str_eq(method, STR("HEAD"))) {
        return CURL_PREREQFUNC_ABORT;
    }
    CHECK(curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK);
    if (fd != CURL_SOCKET_BAD) {
        client__keep_socket(transfer->client, fd);
    }
    transfer->sent = true;
    return CURL_PREREQFUNC_OK;
}

/* ---- making ---- */

struct transfer *transfer__new(struct http_client *client)
{
    struct transfer *transfer = mem_new(sizeof(*transfer));
    CURL *easy = curl_easy_init();

    CHECK(easy != NULL);
    transfer->client = client;
    transfer->easy = easy;
    client->open_handles++; /* the timer */
    SET(easy, CURLOPT_PRIVATE, transfer);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(easy, CURLOPT_PATH_AS_IS, 1L);
    SET(easy, CURLOPT_USERAGENT, "Tomato");
    SET(easy, CURLOPT_ERRORBUFFER, transfer->error_text);
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, transfer);
    SET(easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, CURLOPT_HEADERDATA, transfer);
    SET(easy, CURLOPT_PREREQFUNCTION, on_connection);
    SET(easy, CURLOPT_PREREQDATA, transfer);
    SET(easy, CURLOPT_OPENSOCKETFUNCTION, client__open_socket);
    SET(easy, CURLOPT_OPENSOCKETDATA, transfer);
    SET(easy, CURLOPT_CLOSESOCKETFUNCTION, client__close_socket);
    SET(easy, CURLOPT_CLOSESOCKETDATA, client); /* kept connections outlive the transfer */
    return transfer;
}

static void timer_closed(struct loop_timer *timer)
{
    struct transfer *transfer =
        (struct transfer *)(void *)((char *)timer - offsetof(struct transfer, deadline));
    struct http_client *client = transfer->client;

    mem_free(transfer);
    client->open_handles--;
    client__release(client);
}

void transfer__free(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    loop_timer_close(&transfer->deadline, timer_closed);
}

/* ---- preparing ---- */

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return true;
        }
    }
    return false;
}

static struct curl_slist *header_line(struct arena *arena, char *line, struct curl_slist *next)
{
    struct curl_slist *item = ARENA_NEW(arena, struct curl_slist);

    item->data = line;
    item->next = next;
    return item;
}

/* libcurl reads the list only, so it may stand in the arena. An empty value is written "name;";
 * "name:" leaves out a header libcurl would add by itself. */
static enum err header_lines(const struct http_call *call, struct curl_slist **out)
{
    static char no_expect[] = "Expect:";
    static char no_type[] = "Content-Type:";
    struct curl_slist *lines = header_line(call->arena, no_expect, NULL);
    bool has_type = false;

    for (size_t i = call->header_count; i-- > 0;) {
        const struct http_header *header = &call->headers[i];
        char *line;

        if (has_control(header->name) || has_control(header->value)) {
            return ERR_HTTP_MALFORMED;
        }
        line = str_cstr(call->arena,
                        str_printf(call->arena, STR_FMT "%s" STR_FMT, STR_ARG(header->name),
                                   header->value.len == 0 ? ";" : ": ", STR_ARG(header->value)));
        lines = header_line(call->arena, line, lines);
        has_type = has_type || str_eq_nocase(header->name, STR("Content-Type"));
    }
    *out = has_type ? lines : header_line(call->arena, no_type, lines);
    return ERR_OK;
}

static void set_method(CURL *easy, const struct http_call *call)
{
    struct str method = call->method;
    bool takes_body = str_eq(method, STR("POST")) || str_eq(method, STR("PUT")) ||
                      str_eq(method, STR("PATCH")) || call->body.len > 0;

    SET(easy, CURLOPT_HTTPGET, 1L);
    SET(easy, CURLOPT_CUSTOMREQUEST, NULL);
    if (str_eq(method, STR("HEAD"))) {
        SET(easy, CURLOPT_NOBODY, 1L);
    } else if (takes_body) {
        SET(easy, CURLOPT_POST, 1L);
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        SET(easy, CURLOPT_POSTFIELDS, call->body.len > 0 ? call->body.ptr : "");
    }
    if (!str_eq(method, STR("GET")) && !str_eq(method, STR("HEAD")) &&
        !str_eq(method, STR("POST"))) {
        SET(easy, CURLOPT_CUSTOMREQUEST, str_cstr(call->arena, method));
    }
}

enum err transfer__prepare(struct transfer *transfer)
{
    struct http_call *call = transfer->call;
    CURL *easy = transfer->easy;
    struct curl_slist *lines;
    int64_t used_ms = (loop_monotonic_us(transfer->client->loop) - transfer->started_us) / 1000;
    int64_t left_ms = call->total_deadline_ms - used_ms;

    TRY(header_lines(call, &lines));
    SET(easy, CURLOPT_URL, str_cstr(call->arena, call->url));
    SET(easy, CURLOPT_HTTPHEADER, lines);
    set_method(easy, call);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_deadline_ms);
    SET(easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 0 ? left_ms : 1));
    if (call->ca_file.len > 0) {
        SET(easy, CURLOPT_CAINFO, str_cstr(call->arena, call->ca_file));
        SET(easy, CURLOPT_CAPATH, NULL);
    }
    buf_init_arena(&transfer->answer, call->arena, call->answer_max);
    transfer->error_text[0] = '\0';
    return ERR_OK;
}
