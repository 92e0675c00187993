/* Calls: which peer they go to, whether they may go now, and how they end. */
#include "platform/http/client_int.h"

#include <stdio.h>

/* ---- lists ---- */

static void list_append(struct transfer_list *list, struct transfer *transfer)
{
    transfer->next = NULL;
    transfer->prev = list->last;
    if (list->last == NULL) {
        list->first = transfer;
    } else {
        list->last->next = transfer;
    }
    list->last = transfer;
}

static void list_remove(struct transfer_list *list, struct transfer *transfer)
{
    if (transfer->prev == NULL) {
        list->first = transfer->next;
    } else {
        transfer->prev->next = transfer->next;
    }
    if (transfer->next == NULL) {
        list->last = transfer->prev;
    } else {
        transfer->next->prev = transfer->prev;
    }
}

/* ---- peers ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_scheme(struct str url, struct str scheme)
{
    return url.len > scheme.len && str_eq_nocase(str_slice(url, 0, scheme.len), scheme);
}

/* The length of "scheme://authority", or 0 for what is no URL of ours: another scheme, no host,
 * user information, blanks or control characters. */
static size_t peer_name_len(struct str url)
{
    size_t start = is_scheme(url, STR("http://")) ? 7 : is_scheme(url, STR("https://")) ? 8 : 0;
    size_t end = 0;

    if (start == 0 || url.len > CLIENT_URL_MAX) {
        return 0;
    }
    for (size_t i = start; i < url.len; i++) {
        unsigned char c = (unsigned char)url.ptr[i];

        if (c <= ' ' || c >= 0x7F || (c == '@' && end == 0)) {
            return 0;
        }
        if (end == 0 && (c == '/' || c == '?' || c == '#')) {
            end = i;
        }
    }
    end = end == 0 ? url.len : end;
    return end > start ? end : 0;
}

static struct peer **peer_place(struct http_client *client, struct str name)
{
    struct peer **at = &client->peers[str_hash(name) & (CLIENT_PEER_BUCKETS - 1)];

    while (*at != NULL && !str_eq((*at)->name, name)) {
        at = &(*at)->next;
    }
    return at;
}

static struct peer *peer_of(struct http_client *client, struct str url)
{
    char text[CLIENT_URL_MAX];
    struct str name = {text, peer_name_len(url)};
    struct peer **at;

    if (name.len == 0) {
        return NULL;
    }
    for (size_t i = 0; i < name.len; i++) {
        text[i] = lower(url.ptr[i]);
    }
    at = peer_place(client, name);
    if (*at == NULL) {
        struct peer *peer = mem_new(sizeof(*peer) + name.len);

        memcpy(peer + 1, text, name.len);
        peer->name = (struct str){(const char *)(peer + 1), name.len};
        *at = peer;
    }
    return *at;
}

static void peer_forget_if_idle(struct http_client *client, struct peer *peer)
{
    if (peer->in_flight == 0 && peer->line.first == NULL) {
        struct peer **at = peer_place(client, peer->name);

        *at = peer->next;
        mem_free(peer);
    }
}

/* ---- the end of a call ---- */

static void recycle(struct transfer *transfer)
{
    struct http_client *client = transfer->client;

    /* A handle with certificates of its own is not used for others. */
    if (client->free_count == CLIENT_TRANSFERS_KEPT || transfer->call->ca_file.len > 0) {
        transfer__free(transfer);
        return;
    }
    transfer->next = client->free;
    client->free = transfer;
    client->free_count++;
}

static void end_call(struct transfer *transfer, enum err err, bool not_sent)
{
    struct http_call *call = transfer->call;

    call->err = err;
    call->not_sent = err != ERR_OK && not_sent;
    call->duration_us = loop_monotonic_us(transfer->client->loop) - transfer->started_us;
    (void)snprintf(call->error_text, sizeof(call->error_text), "%.*s",
                   (int)sizeof(call->error_text) - 1, err == ERR_OK ? "" : transfer->error_text);
    recycle(transfer);
    call->done(call);
}

static void run_failed(struct loop_timer *timer)
{
    struct http_client *client =
        (struct http_client *)(void *)((char *)timer - offsetof(struct http_client, failures));
    struct transfer_list failed = client->failed;

    client->failed = (struct transfer_list){NULL, NULL};
    while (failed.first != NULL) {
        struct transfer *transfer = failed.first;

        list_remove(&failed, transfer);
        end_call(transfer, transfer->err, !transfer->sent);
    }
}

/* done() is called in the next turn of the loop. */
static void fail_soon(struct transfer *transfer, enum err err, const char *text)
{
    struct http_client *client = transfer->client;

    transfer->err = err;
    (void)snprintf(transfer->error_text, sizeof(transfer->error_text), "%s", text);
    list_append(&client->failed, transfer);
    if (!client->stopping) {
        loop_timer_set(&client->failures, 0);
    }
}

static void launch(struct transfer *transfer)
{
    struct http_client *client = transfer->client;
    enum err err = transfer__prepare(transfer);

    if (err != ERR_OK) {
        fail_soon(transfer, err, "a header has bytes that are not allowed");
        peer_forget_if_idle(client, transfer->peer);
        return;
    }
    transfer->peer->in_flight++;
    list_append(&client->launched, transfer);
    CHECK(curl_multi_add_handle(client->multi, transfer->easy) == CURLM_OK);
}

static void leave_line(struct transfer *transfer)
{
    list_remove(&transfer->peer->line, transfer);
    transfer->peer->waiting--;
    loop_timer_cancel(&transfer->deadline);
}

static void launch_next(struct peer *peer)
{
    struct transfer *next = peer->line.first;

    if (next != NULL && !next->client->stopping) {
        leave_line(next);
        launch(next);
    }
}

static void land(struct transfer *transfer)
{
    struct http_client *client = transfer->client;
    struct peer *peer = transfer->peer;

    CHECK(curl_multi_remove_handle(client->multi, transfer->easy) == CURLM_OK);
    list_remove(&client->launched, transfer);
    peer->in_flight--;
    launch_next(peer);
    peer_forget_if_idle(client, peer);
}

static void read_answer(struct transfer *transfer)
{
    struct http_call *call = transfer->call;
    const char *address = NULL;
    long status = 0;

    CHECK(curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    CHECK(curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK);
    call->status = (int)status;
    call->peer_address = str_dup(call->arena, str_of(address));
    call->answer = buf_str(&transfer->answer);
}

static enum err outcome(struct transfer *transfer, CURLcode code)
{
    if (code == CURLE_OK) {
        return ERR_OK;
    }
    if (transfer->error_text[0] == '\0') {
        (void)snprintf(transfer->error_text, sizeof(transfer->error_text), "%s",
                       curl_easy_strerror(code));
    }
    if (transfer->sent) {
        return ERR_HTTP_NO_ANSWER;
    }
    return transfer->refused ? ERR_HTTP_ADDRESS_REFUSED : ERR_HTTP_CONNECT;
}

void client__finish(struct transfer *transfer, CURLcode code)
{
    read_answer(transfer);
    land(transfer);
    end_call(transfer, outcome(transfer, code), !transfer->sent);
}

/* ---- the begin of a call ---- */

static void waited_too_long(struct loop_timer *timer)
{
    struct transfer *transfer =
        (struct transfer *)(void *)((char *)timer - offsetof(struct transfer, deadline));

    leave_line(transfer);
    peer_forget_if_idle(transfer->client, transfer->peer);
    (void)snprintf(transfer->error_text, sizeof(transfer->error_text),
                   "no connection to the peer became free in time");
    end_call(transfer, ERR_HTTP_CONNECT, true);
}

static struct transfer *transfer_take(struct http_client *client, struct http_call *call)
{
    struct transfer *transfer = client->free;

    if (transfer != NULL) {
        client->free = transfer->next;
        client->free_count--;
    } else {
        transfer = transfer__new(client);
        loop_timer_init(client->loop, &transfer->deadline, waited_too_long);
    }
    transfer->call = call;
    transfer->started_us = loop_monotonic_us(client->loop);
    transfer->header_bytes = 0;
    transfer->sent = false;
    transfer->refused = false;
    return transfer;
}

static void set_defaults(struct http_call *call)
{
    CHECK(call->arena != NULL && call->done != NULL && call->addresses != 0);
    if (call->connect_deadline_ms == 0) {
        call->connect_deadline_ms = CLIENT_CONNECT_DEFAULT_MS;
    }
    if (call->total_deadline_ms == 0) {
        call->total_deadline_ms = CLIENT_TOTAL_DEFAULT_MS;
    }
    if (call->answer_max == 0) {
        call->answer_max = CLIENT_ANSWER_DEFAULT;
    }
    call->status = 0;
    call->answer_headers = NULL;
    call->answer_header_count = 0;
    call->answer = (struct str){"", 0};
    call->peer_address = (struct str){"", 0};
}

void http_call_start(struct http_client *client, struct http_call *call)
{
    struct transfer *transfer;
    struct peer *peer;

    CHECK(loop_is_current(client->loop));
    set_defaults(call);
    transfer = transfer_take(client, call);
    peer = client->stopping ? NULL : peer_of(client, call->url);
    transfer->peer = peer;
    if (client->stopping) {
        fail_soon(transfer, ERR_STOPPING, "the client is stopping");
    } else if (peer == NULL) {
        fail_soon(transfer, ERR_HTTP_CONNECT, "not a URL that can be called");
    } else if (peer->in_flight < client->in_flight_per_peer) {
        launch(transfer);
    } else if (peer->waiting < client->waiting_per_peer) {
        list_append(&peer->line, transfer);
        peer->waiting++;
        loop_timer_set(&transfer->deadline, call->total_deadline_ms);
    } else {
        fail_soon(transfer, ERR_QUEUE_FULL, "too many calls wait for the peer");
    }
}

void http_call_header(struct http_call *call, struct str name, struct str value)
{
    CHECK(call->header_count < HTTP_CALL_HEADERS_MAX);
    call->headers[call->header_count++] = (struct http_header){name, value};
}

struct str http_call_answer_header(const struct http_call *call, const char *name)
{
    for (size_t i = 0; i < call->answer_header_count; i++) {
        if (str_eq_nocase(call->answer_headers[i].name, str_of(name))) {
            return call->answer_headers[i].value;
        }
    }
    return (struct str){"", 0};
}

/* ---- the client ---- */

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options)
{
    struct http_client *client = mem_new(sizeof(*client));

    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    client->loop = loop;
    client->in_flight_per_peer = options != NULL && options->in_flight_per_peer > 0
                                     ? options->in_flight_per_peer
                                     : CLIENT_IN_FLIGHT_DEFAULT;
    client->waiting_per_peer = options != NULL && options->waiting_per_peer > 0
                                   ? options->waiting_per_peer
                                   : CLIENT_WAITING_DEFAULT;
    loop_timer_init(loop, &client->failures, run_failed);
    client->open_handles++;
    client__sockets_start(client);
    return client;
}

static void stop_peer(struct peer *peer)
{
    while (peer->line.first != NULL) {
        struct transfer *transfer = peer->line.first;

        leave_line(transfer);
        fail_soon(transfer, ERR_STOPPING, "the client is stopping");
    }
}

static void failures_closed(struct loop_timer *timer)
{
    struct http_client *client =
        (struct http_client *)(void *)((char *)timer - offsetof(struct http_client, failures));

    client->open_handles--;
    client__release(client);
}

void client__release(struct http_client *client)
{
    if (client->stopping && client->open_handles == 0) {
        mem_free(client->watches);
        mem_free(client);
        curl_global_cleanup();
    }
}

void http_client_stop(struct http_client *client)
{
    client->stopping = true;
    for (size_t i = 0; i < CLIENT_PEER_BUCKETS; i++) {
        for (struct peer *peer = client->peers[i]; peer != NULL; peer = peer->next) {
            stop_peer(peer);
        }
    }
    while (client->launched.first != NULL) {
        struct transfer *transfer = client->launched.first;

        land(transfer);
        fail_soon(transfer, ERR_STOPPING, "the client is stopping");
    }
    /* Now, and not when the client is freed: who called may need what is closed in between. */
    while (client->failed.first != NULL) {
        run_failed(&client->failures);
    }
}

void http_client_free(struct http_client *client)
{
    http_client_stop(client);
    while (client->free != NULL) {
        struct transfer *transfer = client->free;

        client->free = transfer->next;
        transfer__free(transfer);
    }
    client__sockets_stop(client);
    loop_timer_close(&client->failures, failures_closed);
}
