/* What a handler reads from a request: path parameters, the query string, the JSON body. */
#include "platform/http/http_int.h"

enum { QUERY_PAIRS_MAX = 64 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoding as RFC 3986 has it: '+' is a plus sign, so that "+08:00" needs no escape. The
 * result is UTF-8 without NUL, or the text is refused. */
enum err http__decode(struct arena *arena, struct str text, struct str *out)
{
    char *to = arena_alloc(arena, text.len);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int high;
        int low;

        if (text.ptr[i] != '%') {
            to[len++] = text.ptr[i];
            continue;
        }
        high = text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
        low = text.len - i > 2 ? hex_digit(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return ERR_ENCODING;
        }
        to[len++] = (char)(high * 16 + low);
        i += 2;
    }
    if (!str_is_utf8((struct str){to, len})) {
        return ERR_ENCODING;
    }
    *out = (struct str){to, len};
    return ERR_OK;
}

/* ---- query ---- */

/* As much of the text as fits, cut between characters. */
static void copy_text(char *out, size_t size, struct str text)
{
    size_t len = text.len < size ? text.len : size - 1;

    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    memcpy(out, text.ptr, len);
    out[len] = '\0';
}

static enum err refuse(struct json_refusal *refusal, enum err err, const char *param,
                       const char *detail)
{
    *refusal = (struct json_refusal){.err = err};
    copy_text(refusal->param, sizeof(refusal->param), str_of(param));
    copy_text(refusal->detail, sizeof(refusal->detail), str_of(detail));
    return err;
}

static const struct field *field_named(const struct field_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->fields[i].name, name) == 0) {
            return &set->fields[i];
        }
    }
    return NULL;
}

/* The JSON value the text stands for in a field of this type. What is no number or truth value
 * stays text, and the field's own check refuses it. */
static enum err value_of(const struct field *field, const char *name, struct str text,
                         struct json_refusal *refusal, json_t **out)
{
    bool is_number = field != NULL && (field->type == FIELD_INT || field->type == FIELD_AMOUNT);
    int64_t number;
    enum err err;

    if (is_number) {
        err = str_parse_int(text, &number);
        if (err == ERR_FIELD_RANGE) {
            return refuse(refusal, err, name, "the number is larger than 64 bits can hold");
        }
        if (err == ERR_OK) {
            *out = json_integer(number);
            return ERR_OK;
        }
    }
    if (field != NULL && field->type == FIELD_BOOL &&
        (str_eq(text, STR("true")) || str_eq(text, STR("false")))) {
        *out = json_boolean(text.len == 4);
        return ERR_OK;
    }
    *out = json_stringn(text.ptr, text.len);
    return ERR_OK;
}

static enum err read_pair(struct request *req, const struct field_set *set, struct str pair,
                          json_t *object)
{
    struct str name;
    struct str text;
    const char *key;
    json_t *value = NULL;

    (void)str_cut(&pair, '=', &name);
    if (http__decode(req->arena, name, &name) != ERR_OK) {
        return refuse(&req->refusal, ERR_ENCODING, "", "a parameter's name is badly encoded");
    }
    key = str_cstr(req->arena, name);
    if (http__decode(req->arena, pair, &text) != ERR_OK) {
        return refuse(&req->refusal, ERR_ENCODING, key, "must be percent-encoded UTF-8");
    }
    if (json_object_get(object, key) != NULL) {
        return refuse(&req->refusal, ERR_HTTP_QUERY_REPEATED, key, "must be given once");
    }
    TRY(value_of(field_named(set, key), key, text, &req->refusal, &value));
    CHECK(json_object_set_new(object, key, value) == 0);
    return ERR_OK;
}

static enum err read_pairs(struct request *req, const struct field_set *set, json_t *object)
{
    struct str rest = req->query;
    struct str pair;
    bool more = rest.len > 0;

    for (int count = 0; more; count++) {
        if (count == QUERY_PAIRS_MAX) {
            return refuse(&req->refusal, ERR_HTTP_MALFORMED, "", "too many query parameters");
        }
        more = str_cut(&rest, '&', &pair);
        TRY(read_pair(req, set, pair, object));
    }
    return ERR_OK;
}

enum err request_query(struct request *req, const struct field_set *set, void *out)
{
    static const struct field_set nothing = {.name = "nothing"};
    json_t *object = json_object();
    enum err err;

    CHECK(object != NULL);
    set = set == NULL ? &nothing : set;
    err = read_pairs(req, set, object);
    if (err == ERR_OK) {
        err = json_read_fields(req->arena, object, set, out, &req->refusal);
    }
    json_decref(object);
    return err;
}

/* ---- body and path ---- */

static bool is_json(struct str content_type)
{
    struct str type;

    (void)str_cut(&content_type, ';', &type);
    return str_eq_nocase(str_trim(type), STR("application/json"));
}

enum err request_body(struct request *req, const struct field_set *set, void *out)
{
    if (!is_json(request_header(req, "Content-Type"))) {
        return refuse(&req->refusal, ERR_HTTP_MEDIA_TYPE, "", "");
    }
    return json_parse_fields(req->arena, req->body, set, out, &req->refusal);
}

enum err request_id_param(struct request *req, unsigned index, const char *prefix, int64_t *out)
{
    CHECK(index < REQUEST_PARAMS_MAX);
    return id_parse(req->params[index], prefix, out) == ERR_OK ? ERR_OK : ERR_HTTP_NOT_FOUND;
}
