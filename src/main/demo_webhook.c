/* The merchant's receiver: Standard Webhooks 1.0.0, verified before anything is believed. */
#include "base/crypto.h"
#include "base/encode.h"
#include "base/time.h"
#include "main/demo_int.h"

#include <unistd.h>

enum { WEBHOOK_TOLERANCE_S = 300, WEBHOOK_LINE_MAX = 256 << 10 };

static struct str signature_of(struct arena *arena, const struct secret *key,
                               const struct demo_webhook *webhook)
{
    struct str text = str_printf(arena, STR_FMT "." STR_FMT "." STR_FMT, STR_ARG(webhook->id),
                                 STR_ARG(webhook->timestamp), STR_ARG(webhook->body));
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct buf out;

    crypto_hmac_sha256(key, text, mac);
    buf_init_arena(&out, arena, 64);
    buf_add(&out, STR("v1,"));
    base64_encode(&out, (struct str){(const char *)mac, sizeof(mac)});
    return buf_str(&out);
}

enum err demo__webhook_verify(struct arena *arena, const struct secret *key,
                              const struct demo_webhook *webhook, int64_t now_ms)
{
    struct str expected = signature_of(arena, key, webhook);
    struct str rest = webhook->signature;
    struct str one;
    int64_t stamp_s;
    bool more = true;

    if (webhook->id.len == 0 || str_parse_int(webhook->timestamp, &stamp_s) != ERR_OK ||
        stamp_s < now_ms / 1000 - WEBHOOK_TOLERANCE_S ||
        stamp_s > now_ms / 1000 + WEBHOOK_TOLERANCE_S) {
        return ERR_CRYPTO_SIGNATURE;
    }
    while (more) {
        more = str_cut(&rest, ' ', &one);
        if (crypto_equal(one, expected)) {
            return ERR_OK;
        }
    }
    return ERR_CRYPTO_SIGNATURE;
}

/* One line: outside of strings a line break in JSON means no more than a blank, and inside of them
 * it cannot stand. */
static struct str on_one_line(struct arena *arena, struct str json)
{
    char *copy = arena_copy(arena, json.ptr, json.len);

    for (size_t i = 0; i < json.len; i++) {
        if (copy[i] == '\n' || copy[i] == '\r') {
            copy[i] = ' ';
        }
    }
    return (struct str){copy, json.len};
}

struct received {
    struct demo_webhook webhook;
    struct str type;
    struct str payment_id;
};

static struct str text_at(json_t *object, const char *name)
{
    return str_of(json_string_value(json_object_get(object, name)));
}

static enum err read_event(struct arena *arena, struct received *received)
{
    struct json_refusal refusal;
    json_t *root;

    TRY(json_parse(received->webhook.body, &root, &refusal));
    received->type = str_dup(arena, text_at(root, "type"));
    received->payment_id =
        str_dup(arena, text_at(json_object_get(json_object_get(root, "data"), "object"), "id"));
    json_decref(root);
    return ERR_OK;
}

static bool append(struct request *req, const struct received *received)
{
    const struct demo *demo = demo__of(req);
    struct buf line;

    buf_init_arena(&line, req->arena, WEBHOOK_LINE_MAX);
    buf_add(&line, STR("{\"received_at\":\""));
    time_print(&line, req->received_ms);
    buf_add(&line, STR("\",\"webhook_id\":"));
    json_print_text(&line, received->webhook.id);
    buf_printf(&line, ",\"timestamp\":" STR_FMT ",\"type\":", STR_ARG(received->webhook.timestamp));
    json_print_text(&line, received->type);
    buf_add(&line, STR(",\"body\":"));
    buf_add(&line, on_one_line(req->arena, received->webhook.body));
    buf_add(&line, STR("}\n"));
    return buf_ok(&line) && write(demo->webhook_fd, line.ptr, line.len) == (ssize_t)line.len;
}

static void tell(struct request *req, const struct received *received)
{
    struct buf news;

    buf_init_arena(&news, req->arena, DEMO_NEWS_MAX);
    buf_add(&news, STR("{\"payment\":"));
    json_print_text(&news, received->payment_id);
    buf_add(&news, STR(",\"type\":"));
    json_print_text(&news, received->type);
    buf_add(&news, STR(",\"headers\":[[\"webhook-id\","));
    json_print_text(&news, received->webhook.id);
    buf_add(&news, STR("],[\"webhook-timestamp\","));
    json_print_text(&news, received->webhook.timestamp);
    buf_add(&news, STR("],[\"webhook-signature\","));
    json_print_text(&news, received->webhook.signature);
    buf_add(&news, STR("]],\"body\":"));
    json_print_text(&news, received->webhook.body);
    buf_add_char(&news, '}');
    if (buf_ok(&news)) {
        demo__tell(demo__of(req), "webhook", buf_str(&news));
    }
}

struct reply *demo__webhook_handler(struct request *req)
{
    struct received received = {
        .webhook = {.id = request_header(req, "webhook-id"),
                    .timestamp = request_header(req, "webhook-timestamp"),
                    .signature = request_header(req, "webhook-signature"),
                    .body = req->body},
    };

    if (demo__webhook_verify(req->arena, &demo__of(req)->webhook_key, &received.webhook,
                             req->received_ms) != ERR_OK) {
        log_warn("demo", "demo.webhook_refused", &req->trace, LOG_END);
        return reply_json(req, 401, STR("{\"error\":\"the signature does not fit\"}"));
    }
    if (read_event(req->arena, &received) != ERR_OK) {
        return reply_json(req, 400, STR("{\"error\":\"the body is not JSON\"}"));
    }
    if (!append(req, &received)) {
        log_error("demo", "demo.webhook_not_written", &req->trace, LOG_END);
        return reply_json(req, 500, STR("{\"error\":\"it could not be written down\"}"));
    }
    tell(req, &received);
    return reply_empty(req, 204);
}
