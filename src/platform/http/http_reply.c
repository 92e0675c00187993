/* Making replies. They live in the request's arena until they have been sent. */
#include "platform/http/http_int.h"

struct reply *reply_text(struct request *req, int status, const char *content_type, struct str body)
{
    struct reply *reply = ARENA_NEW(req->arena, struct reply);

    CHECK(status >= 200 && status <= 599);
    reply->arena = req->arena;
    reply->status = status;
    reply->content_type = content_type;
    reply->body = body;
    return reply;
}

struct reply *reply_json(struct request *req, int status, struct str json)
{
    return reply_text(req, status, "application/json", json);
}

struct reply *reply_empty(struct request *req, int status)
{
    return reply_text(req, status, NULL, (struct str){"", 0});
}

struct reply *reply_fields(struct request *req, int status, const struct field_set *set,
                           const void *value)
{
    struct buf body;

    buf_init_arena(&body, req->arena, HTTP_REPLY_MAX);
    json_print_fields(&body, set, value);
    if (!buf_ok(&body)) {
        return reply_error(req, ERR_BUF_FULL);
    }
    return reply_json(req, status, buf_str(&body));
}

/* ---- errors ---- */

static void print_member(struct buf *buf, const char *name, struct str text)
{
    buf_add(buf, str_of(name));
    json_print_text(buf, text);
}

static struct str message_of(struct arena *arena, const char *text, const char *detail)
{
    return detail == NULL || detail[0] == '\0' ? str_of(text)
                                               : str_printf(arena, "%s: %s", text, detail);
}

static struct str message_zh_of(struct arena *arena, const char *text, const char *detail)
{
    return detail == NULL || detail[0] == '\0'
               ? str_of(text)
               : str_printf(arena, "%s：" STR_FMT, text,
                            STR_ARG(http__detail_zh(arena, str_of(detail))));
}

void http__print_error(struct buf *buf, const struct request *req, enum err err, const char *param,
                       const char *detail)
{
    print_member(buf, "{\"error\":{\"type\":", str_of(err_type(err)));
    print_member(buf, ",\"code\":", str_of(err_code(err)));
    print_member(buf, ",\"message\":", message_of(req->arena, err_text(err), detail));
    print_member(buf, ",\"message_zh\":", message_zh_of(req->arena, err_text_zh(err), detail));
    if (param != NULL && param[0] != '\0') {
        print_member(buf, ",\"param\":", str_of(param));
    }
    print_member(buf, ",\"request_id\":", str_of(req->trace.request_id));
    buf_printf(buf, ",\"doc_url\":\"/docs/errors#%s\"", err_code(err));
    buf_add(buf, err_retryable(err) ? STR(",\"retryable\":true") : STR(",\"retryable\":false"));
    print_member(buf, ",\"advice\":", str_of(err_advice(err)));
    buf_add(buf, STR("}}"));
}

struct reply *reply_error_at(struct request *req, enum err err, const char *param,
                             const char *detail)
{
    struct buf body;
    struct reply *reply;

    CHECK(err != ERR_OK);
    buf_init_arena(&body, req->arena, HTTP_REPLY_MAX);
    http__print_error(&body, req, err, param, detail);
    reply = reply_json(req, err_status(err), buf_str(&body));
    if (reply->status == 429 || reply->status == 503) {
        reply_header(reply, "Retry-After", STR("1"));
    }
    return reply;
}

struct reply *reply_error(struct request *req, enum err err)
{
    return reply_error_at(req, err, NULL, NULL);
}

struct reply *reply_refusal(struct request *req)
{
    return reply_error_at(req, req->refusal.err, req->refusal.param, req->refusal.detail);
}

/* ---- headers and reading back ---- */

static bool is_header_text(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return value.len > 0;
}

/* A value that could begin another header is left out: what made it is not to be trusted. */
void reply_header(struct reply *reply, const char *name, struct str value)
{
    CHECK(reply->header_count < HTTP_REPLY_HEADERS_MAX);
    if (is_header_text(value)) {
        reply->headers[reply->header_count].name = name;
        reply->headers[reply->header_count].value = str_cstr(reply->arena, value);
        reply->header_count++;
    }
}

int reply_status(const struct reply *reply)
{
    return reply->status;
}

struct str reply_body(const struct reply *reply)
{
    return reply->body;
}
