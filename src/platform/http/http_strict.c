/* What a front door must refuse and libmicrohttpd lets through: ambiguous framing (request
 * smuggling), ambiguous host or credentials, and bytes that other servers read differently. */
#include "platform/http/http_int.h"

struct seen {
    unsigned content_length;
    unsigned transfer_encoding;
    unsigned host;
    unsigned authorization;
    unsigned content_type;
    bool chunked;
    bool broken; /* a name or value with bytes that have no place there */
    struct str length;
};

static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c <= ' ' || c >= 0x7F || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_value(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}

static void note_header(struct seen *seen, struct str name, struct str value)
{
    seen->host += str_eq_nocase(name, STR("Host"));
    seen->content_type += str_eq_nocase(name, STR("Content-Type"));
    seen->authorization += str_eq_nocase(name, STR("Authorization"));
    if (str_eq_nocase(name, STR("Content-Length"))) {
        seen->content_length++;
        seen->length = value;
    }
    if (str_eq_nocase(name, STR("Transfer-Encoding"))) {
        seen->transfer_encoding++;
        seen->chunked = str_eq_nocase(value, STR("chunked"));
    }
}

static enum MHD_Result each_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct seen *seen = ctx;
    struct str name_str = {name, name_len};
    struct str value_str = {value == NULL ? "" : value, value_len};

    (void)kind;
    seen->broken = seen->broken || !is_token(name_str) || !is_value(value_str);
    note_header(seen, name_str, value_str);
    return MHD_YES;
}

/* Printable ASCII from the first slash on: no absolute form, no "*", no fragment. */
static bool is_target(struct str target)
{
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.ptr[i];

        if (c <= ' ' || c >= 0x7F || c == '#') {
            return false;
        }
    }
    return target.len > 0 && target.ptr[0] == '/';
}

static const char *complaint(const struct exchange *exchange, const struct seen *seen,
                             bool is_http_1_0)
{
    if (!is_token(exchange->req.method)) {
        return "the method is not a word";
    }
    if (!is_target(exchange->req.target)) {
        return "the request target is not a path";
    }
    if (seen->broken) {
        return "a header has bytes that are not allowed";
    }
    if (seen->content_length + seen->transfer_encoding > 1) {
        return "Content-Length and Transfer-Encoding must not be repeated or combined";
    }
    if (seen->transfer_encoding == 1 && (!seen->chunked || is_http_1_0)) {
        return "the only transfer coding is chunked";
    }
    if (seen->host > 1 || (seen->host == 0 && !is_http_1_0)) {
        return "Host must be given once";
    }
    if (seen->authorization > 1 || seen->content_type > 1) {
        return "Authorization and Content-Type must not be repeated";
    }
    return NULL;
}

enum err strict_check(struct exchange *exchange, const char *version, const char **detail)
{
    struct seen seen = {.chunked = false};
    int64_t length = 0;

    (void)MHD_get_connection_values_n(exchange->mhd, MHD_HEADER_KIND, each_header, &seen);
    *detail = complaint(exchange, &seen, strcmp(version, "HTTP/1.1") != 0);
    if (*detail != NULL) {
        return ERR_HTTP_MALFORMED;
    }
    if (seen.content_length == 1 && (str_parse_int(seen.length, &length) != ERR_OK || length < 0)) {
        *detail = "Content-Length is not a number";
        return ERR_HTTP_MALFORMED;
    }
    exchange->content_length = seen.chunked ? SIZE_MAX : (size_t)length;
    return ERR_OK;
}
