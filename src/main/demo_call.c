/* Outgoing calls: signed as docs/integration.md says, and shown to the pages as they were. */
#include "base/crypto.h"
#include "base/encode.h"
#include "main/demo_int.h"

enum { NONCE_BYTES = 16 };

static void add_hex(struct buf *out, const unsigned char *bytes, size_t len)
{
    hex_encode(out, (struct str){(const char *)bytes, len});
}

static struct str random_hex(struct arena *arena)
{
    unsigned char random[NONCE_BYTES];
    struct buf out;

    buf_init_arena(&out, arena, sizeof(random) * 2);
    crypto_random(random, sizeof(random));
    add_hex(&out, random, sizeof(random));
    return buf_str(&out);
}

/* METHOD\nPATH?QUERY\nTIMESTAMP\nNONCE\nHEX(SHA256(body))\n under the merchant's secret. */
static struct str merchant_signature(const struct demo_call *call, struct str target, int64_t now_s,
                                     struct str nonce)
{
    const struct secret key = secret_of(call->arena, call->demo->settings.secret);
    unsigned char digest[CRYPTO_SHA256_LEN];
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct buf text;
    struct buf out;

    buf_init_arena(&text, call->arena, DEMO_BODY_MAX);
    buf_printf(&text, STR_FMT "\n" STR_FMT "\n%lld\n" STR_FMT "\n", STR_ARG(call->http.method),
               STR_ARG(target), (long long)now_s, STR_ARG(nonce));
    crypto_sha256(call->http.body, digest);
    add_hex(&text, digest, sizeof(digest));
    buf_add_char(&text, '\n');
    CHECK(buf_ok(&text));
    crypto_hmac_sha256(&key, buf_str(&text), mac);
    buf_init_arena(&out, call->arena, DEMO_AUTHORIZATION_MAX);
    base64_encode(&out, (struct str){(const char *)mac, sizeof(mac)});
    return buf_str(&out);
}

static void authorize(struct demo_call *call, const struct demo_ask *ask)
{
    const struct demo_settings *settings = &call->demo->settings;
    int64_t now_s = loop_now_ms(call->demo->loop) / 1000;
    struct str nonce = random_hex(call->arena);
    struct str value;

    switch (ask->signer) {
    case DEMO_NOBODY:
        return;
    case DEMO_OPERATOR:
        value = str_printf(call->arena, "Bearer " STR_FMT, STR_ARG(settings->operator_key));
        break;
    case DEMO_MERCHANT:
        value = str_printf(call->arena,
                           "TOMATO-HMAC-SHA256 key_id=\"" STR_FMT
                           "\",timestamp=\"%lld\",nonce=\"" STR_FMT "\",signature=\"" STR_FMT "\"",
                           STR_ARG(settings->key_id), (long long)now_s, STR_ARG(nonce),
                           STR_ARG(merchant_signature(call, ask->target, now_s, nonce)));
        break;
    }
    http_call_header(&call->http, STR("Authorization"), value);
}

/* ---- what the pages see ---- */

static void print_header(struct buf *out, const struct http_header *header, bool first)
{
    bool secret = str_starts(header->value, STR("Bearer "));

    buf_add(out, first ? STR("[") : STR(",["));
    json_print_text(out, header->name);
    buf_add_char(out, ',');
    json_print_text(out, secret ? STR("Bearer op_… (the operator's key)") : header->value);
    buf_add_char(out, ']');
}

static void print_request(struct buf *out, const struct http_call *http)
{
    buf_add(out, STR("{\"method\":"));
    json_print_text(out, http->method);
    buf_add(out, STR(",\"url\":"));
    json_print_text(out, http->url);
    buf_add(out, STR(",\"headers\":["));
    for (size_t i = 0; i < http->header_count; i++) {
        print_header(out, &http->headers[i], i == 0);
    }
    buf_add(out, STR("],\"body\":"));
    json_print_text(out, http->body);
    buf_add_char(out, '}');
}

/* The headers a reader learns something from. */
static bool is_interesting(struct str name)
{
    static const struct str names[] = {STR_INIT("content-type"), STR_INIT("tomato-signature"),
                                       STR_INIT("request-id"), STR_INIT("retry-after")};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq_nocase(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void print_answer(struct buf *out, const struct http_call *http)
{
    bool first = true;

    buf_printf(out, "{\"status\":%d,\"duration_us\":%lld,\"error\":", http->status,
               (long long)http->duration_us);
    json_print_text(out, http->err == ERR_OK ? STR("") : str_of(err_text(http->err)));
    buf_add(out, STR(",\"headers\":["));
    for (size_t i = 0; i < http->answer_header_count; i++) {
        if (is_interesting(http->answer_headers[i].name)) {
            print_header(out, &http->answer_headers[i], first);
            first = false;
        }
    }
    buf_add(out, STR("],\"body\":"));
    json_print_text(out, http->answer);
    buf_add_char(out, '}');
}

void demo__call_tell(const struct demo_call *call, const char *event, bool answered)
{
    struct buf news;

    buf_init_arena(&news, call->arena, DEMO_NEWS_MAX);
    buf_printf(&news, "{\"run\":%lld,\"request\":", (long long)call->run);
    print_request(&news, &call->http);
    if (answered) {
        buf_add(&news, STR(",\"answer\":"));
        print_answer(&news, &call->http);
    }
    buf_add_char(&news, '}');
    if (buf_ok(&news)) {
        demo__tell(call->demo, event, buf_str(&news));
    }
}

/* ---- the call itself ---- */

static void unlink_call(struct demo_call *call)
{
    struct demo_call **at = &call->demo->calls;

    while (*at != call) {
        at = &(*at)->next;
    }
    *at = call->next;
}

static void answered(struct http_call *http)
{
    struct demo_call *call = (struct demo_call *)(void *)http;

    if (call->event != NULL && http->err != ERR_STOPPING) {
        demo__call_tell(call, call->event, true);
    }
    unlink_call(call);
    if (call->then != NULL) {
        call->then(call);
    }
    arena_free(call->arena);
}

void demo__call(struct demo *demo, const struct demo_ask *ask)
{
    struct arena *arena = arena_new();
    struct demo_call *call = ARENA_NEW(arena, struct demo_call);

    *call = (struct demo_call){
        .http = {.arena = arena,
                 .method = str_of(ask->method),
                 .url =
                     str_printf(arena, STR_FMT STR_FMT, STR_ARG(ask->base), STR_ARG(ask->target)),
                 .body = str_dup(arena, ask->body),
                 .addresses = HTTP_ADDRESS_ANY,
                 .done = answered},
        .demo = demo,
        .next = demo->calls,
        .arena = arena,
        .run = ask->run,
        .event = ask->event,
        .then = ask->then,
        .ctx = ask->ctx,
    };
    demo->calls = call;
    if (ask->body.len > 0) {
        http_call_header(&call->http, STR("Content-Type"), STR("application/json"));
    }
    authorize(call, ask);
    if (ask->event_before != NULL) {
        demo__call_tell(call, ask->event_before, false);
    }
    http_call_start(demo->client, &call->http);
}
