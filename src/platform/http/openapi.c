/* The OpenAPI 3.1 document, from the rows that route, parse and print. */
#include "platform/http/http_int.h"

#include <stdio.h>

struct out {
    struct buf *buf;
    bool comma; /* before the next member or item */
};

static void separate(struct out *out)
{
    if (out->comma) {
        buf_add_char(out->buf, ',');
    }
    out->comma = true;
}

static void key(struct out *out, const char *name)
{
    separate(out);
    json_print_text(out->buf, str_of(name));
    buf_add_char(out->buf, ':');
    out->comma = false;
}

static void begin(struct out *out, char bracket)
{
    separate(out);
    buf_add_char(out->buf, bracket);
    out->comma = false;
}

static void end(struct out *out, char bracket)
{
    buf_add_char(out->buf, bracket);
    out->comma = true;
}

static void begin_in(struct out *out, const char *name, char bracket)
{
    key(out, name);
    begin(out, bracket);
}

static void value(struct out *out, struct str text)
{
    separate(out);
    json_print_text(out->buf, text);
}

static void text(struct out *out, const char *name, const char *content)
{
    key(out, name);
    value(out, str_of(content));
}

/* JSON as it stands. */
static void raw(struct out *out, const char *name, const char *json)
{
    key(out, name);
    buf_add(out->buf, str_of(json));
    out->comma = true;
}

/* ---- schemas ---- */

static void schema_ref(struct out *out, const char *name)
{
    key(out, "schema");
    buf_printf(out->buf, "{\"$ref\":\"#/components/schemas/%s\"}", name);
    out->comma = true;
}

static void begin_json_content(struct out *out)
{
    begin_in(out, "content", '{');
    begin_in(out, "application/json", '{');
}

static void end_json_content(struct out *out)
{
    end(out, '}');
    end(out, '}');
}

static void list_schema(struct out *out, const char *name)
{
    key(out, "schema");
    buf_printf(out->buf,
               "{\"type\":\"object\",\"properties\":{\"object\":{\"type\":\"string\",\"const\":"
               "\"list\"},\"data\":{\"type\":\"array\",\"items\":{\"$ref\":"
               "\"#/components/schemas/%s\"}},\"has_more\":{\"type\":\"boolean\"},"
               "\"next_cursor\":{\"type\":\"string\",\"description\":"
               "\"Give it as the parameter cursor to get the next page\"}},"
               "\"required\":[\"object\",\"data\",\"has_more\"]}",
               name);
    out->comma = true;
}

static const char error_schema[] =
    "{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\",\"properties\":{"
    "\"type\":{\"type\":\"string\",\"enum\":[\"invalid_request\",\"authentication\",\"permission\","
    "\"not_found\",\"conflict\",\"rate_limit\",\"channel\",\"api\"]},"
    "\"code\":{\"type\":\"string\",\"description\":\"The refusal; stable\"},"
    "\"message\":{\"type\":\"string\"},\"message_zh\":{\"type\":\"string\"},"
    "\"param\":{\"type\":\"string\",\"description\":\"The field that was refused\"},"
    "\"request_id\":{\"type\":\"string\"},\"doc_url\":{\"type\":\"string\"},"
    "\"retryable\":{\"type\":\"boolean\","
    "\"description\":\"Whether the same request, sent again, may succeed\"},"
    "\"advice\":{\"type\":\"string\"}},"
    "\"required\":[\"type\",\"code\",\"message\",\"message_zh\",\"request_id\",\"doc_url\","
    "\"retryable\",\"advice\"]}},\"required\":[\"error\"]}";

static const char security_schemes[] =
    "{\"tomatoSignature\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"Authorization\","
    "\"description\":\"TOMATO-<ALG> key_id=\\\"…\\\",timestamp=\\\"…\\\",nonce=\\\"…\\\","
    "signature=\\\"…\\\" over METHOD, PATH?QUERY, TIMESTAMP, NONCE and HEX(SHA256(body)), one a "
    "line; ALG is HMAC-SHA256, RSA-SHA256, ED25519 or SM2-SM3\"},"
    "\"operatorKey\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
    "\"metricsToken\":{\"type\":\"http\",\"scheme\":\"bearer\","
    "\"description\":\"Not needed from the machine itself\"}}";

static const char idempotency_parameter[] =
    "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"description\":"
    "\"The same key with the same request gives the first answer again\","
    "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}}";

/* ---- one operation ---- */

/* "/v1/payments/{id}" is tagged payments, "/cashier/{token}" cashier. */
static struct str tag_of(const struct route *route)
{
    struct str path = str_of(route->path);
    struct str tag;

    if (str_starts(path, STR("/v1/"))) {
        path = str_slice(path, 3, path.len);
    }
    path = str_slice(path, 1, path.len);
    (void)str_cut(&path, '/', &tag);
    return tag;
}

static char to_word(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
}

/* "post_v1_payments_id_close" */
static void operation_id(struct out *out, const struct route *route)
{
    struct str parts[] = {str_of(route->method), str_of(route->path)};
    bool pending = false; /* one underscore for whatever stands between words */

    key(out, "operationId");
    buf_add_char(out->buf, '"');
    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        for (size_t i = 0; i < parts[p].len; i++) {
            char c = to_word(parts[p].ptr[i]);

            if (c == '_') {
                pending = true;
                continue;
            }
            if (pending) {
                buf_add_char(out->buf, '_');
                pending = false;
            }
            buf_add_char(out->buf, c);
        }
    }
    buf_add_char(out->buf, '"');
    out->comma = true;
}

static void path_parameters(struct out *out, const char *path)
{
    struct str rest = str_of(path);
    struct str segment;
    bool more;

    do {
        more = str_cut(&rest, '/', &segment);
        if (segment.len > 2 && segment.ptr[0] == '{') {
            begin(out, '{');
            key(out, "name");
            value(out, str_slice(segment, 1, segment.len - 1));
            raw(out, "in", "\"path\"");
            raw(out, "required", "true");
            raw(out, "schema", "{\"type\":\"string\"}");
            end(out, '}');
        }
    } while (more);
}

/* The schemas of the members stand in the schema of the set. */
static void query_parameters(struct out *out, const struct field_set *set)
{
    struct json_refusal refusal;
    json_t *schema = NULL;
    struct buf printed;

    buf_init(&printed, HTTP_REPLY_MAX);
    json_print_schema(&printed, set);
    CHECK(json_parse(buf_str(&printed), &schema, &refusal) == ERR_OK);
    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        json_t *member = json_object_get(json_object_get(schema, "properties"), field->name);
        char *member_text;

        if (field->read_only || field->type == FIELD_CONST) {
            continue;
        }
        begin(out, '{');
        text(out, "name", field->name);
        raw(out, "in", "\"query\"");
        raw(out, "required", field->required ? "true" : "false");
        if (field->help != NULL) {
            text(out, "description", field->help);
        }
        member_text = json_dumps(member, JSON_COMPACT);
        CHECK(member_text != NULL);
        raw(out, "schema", member_text);
        mem_free(member_text);
        end(out, '}');
    }
    json_decref(schema);
    buf_free(&printed);
}

static void parameters(struct out *out, const struct route *route)
{
    begin_in(out, "parameters", '[');
    path_parameters(out, route->path);
    if (route->query != NULL) {
        query_parameters(out, route->query);
    }
    if (route->idempotent) {
        separate(out);
        buf_add(out->buf, STR("{\"$ref\":\"#/components/parameters/idempotency_key\"}"));
    }
    end(out, ']');
}

static void security(struct out *out, const struct route *route)
{
    switch (route->auth) {
    case HTTP_AUTH_MERCHANT:
        raw(out, "security", "[{\"tomatoSignature\":[]}]");
        break;
    case HTTP_AUTH_OPERATOR:
        raw(out, "security", "[{\"operatorKey\":[]}]");
        break;
    case HTTP_AUTH_EITHER:
        raw(out, "security", "[{\"tomatoSignature\":[]},{\"operatorKey\":[]}]");
        break;
    case HTTP_AUTH_METRICS:
        raw(out, "security", "[{},{\"metricsToken\":[]}]");
        break;
    case HTTP_AUTH_NONE:
    case HTTP_AUTH_CHANNEL:
        raw(out, "security", "[]");
        break;
    }
}

static void request_body_of(struct out *out, const struct route *route)
{
    if (route->body == NULL) {
        return;
    }
    begin_in(out, "requestBody", '{');
    raw(out, "required", "true");
    begin_json_content(out);
    schema_ref(out, route->body->name);
    end_json_content(out);
    end(out, '}');
}

static void begin_status(struct out *out, int status)
{
    char name[8];

    (void)snprintf(name, sizeof(name), "%03d", status);
    begin_in(out, name, '{');
}

static void success(struct out *out, const struct route *route)
{
    begin_status(out, route->reply_status == 0 ? 200 : route->reply_status);
    text(out, "description", route->summary);
    if (route->reply != NULL) {
        begin_json_content(out);
        if (route->reply_is_list) {
            list_schema(out, route->reply->name);
        } else {
            schema_ref(out, route->reply->name);
        }
        end_json_content(out);
    }
    end(out, '}');
}

static const enum err *errors_of(const struct route *route)
{
    static const enum err none[] = {ERR_OK};

    return route->errors == NULL ? none : route->errors;
}

/* All refusals with one status share its answer: "code: text" of each, one a line. */
static void refusals_of_status(struct out *out, const enum err *errors, int status)
{
    struct buf words;

    buf_init(&words, HTTP_REPLY_MAX);
    for (const enum err *err = errors; *err != ERR_OK; err++) {
        if (err_status(*err) == status) {
            buf_printf(&words, "%s%s: %s", words.len > 0 ? "\n" : "", err_code(*err),
                       err_text(*err));
        }
    }
    begin_status(out, status);
    key(out, "description");
    value(out, buf_str(&words));
    begin_json_content(out);
    schema_ref(out, "error");
    end_json_content(out);
    end(out, '}');
    buf_free(&words);
}

static void responses(struct out *out, const struct route *route)
{
    const enum err *errors = errors_of(route);

    begin_in(out, "responses", '{');
    success(out, route);
    for (const enum err *err = errors; *err != ERR_OK; err++) {
        bool is_first = true;

        for (const enum err *before = errors; before < err; before++) {
            is_first = is_first && err_status(*before) != err_status(*err);
        }
        if (is_first) {
            refusals_of_status(out, errors, err_status(*err));
        }
    }
    raw(out, "4XX", "{\"$ref\":\"#/components/responses/refusal\"}");
    raw(out, "5XX", "{\"$ref\":\"#/components/responses/refusal\"}");
    end(out, '}');
}

static void operation(struct out *out, const struct route *route)
{
    char method[16] = {0};

    for (size_t i = 0; route->method[i] != '\0'; i++) {
        CHECK(i + 1 < sizeof(method));
        method[i] = to_word(route->method[i]);
    }
    begin_in(out, method, '{');
    operation_id(out, route);
    begin_in(out, "tags", '[');
    value(out, tag_of(route));
    end(out, ']');
    text(out, "summary", route->summary);
    if (route->permission != NULL) {
        text(out, "x-permission", route->permission);
    }
    security(out, route);
    parameters(out, route);
    request_body_of(out, route);
    responses(out, route);
    end(out, '}');
}

/* ---- the document ---- */

/* The documented rows, one after the other. */
struct walk {
    const struct route *const *sets;
    size_t count;
    size_t set;
    const struct route *at;
};

static struct walk walk_all(const struct route *const *sets, size_t count)
{
    return (struct walk){sets, count, 0, count > 0 ? sets[0] : NULL};
}

static const struct route *walk_next(struct walk *walk)
{
    while (walk->set < walk->count) {
        const struct route *route = walk->at;

        if (route->method == NULL) {
            walk->set++;
            walk->at = walk->set < walk->count ? walk->sets[walk->set] : NULL;
            continue;
        }
        walk->at++;
        if (route->summary != NULL) {
            return route;
        }
    }
    return NULL;
}

/* Whether a row before this one, in the order of the walk, is alike. */
static bool came_before(struct walk walk, const struct route *route,
                        bool (*alike)(const struct route *a, const struct route *b))
{
    const struct route *other;

    while ((other = walk_next(&walk)) != NULL && other != route) {
        if (alike(other, route)) {
            return true;
        }
    }
    return false;
}

static bool same_path(const struct route *a, const struct route *b)
{
    return strcmp(a->path, b->path) == 0;
}

static bool same_tag(const struct route *a, const struct route *b)
{
    return str_eq(tag_of(a), tag_of(b));
}

static void tags(struct out *out, struct walk all)
{
    struct walk walk = all;
    const struct route *route;

    begin_in(out, "tags", '[');
    while ((route = walk_next(&walk)) != NULL) {
        if (!came_before(all, route, same_tag)) {
            begin(out, '{');
            key(out, "name");
            value(out, tag_of(route));
            end(out, '}');
        }
    }
    end(out, ']');
}

static void paths(struct out *out, struct walk all)
{
    struct walk walk = all;
    const struct route *route;

    begin_in(out, "paths", '{');
    while ((route = walk_next(&walk)) != NULL) {
        struct walk again = all;
        const struct route *other;

        if (came_before(all, route, same_path)) {
            continue;
        }
        begin_in(out, route->path, '{');
        while ((other = walk_next(&again)) != NULL) {
            if (same_path(other, route)) {
                operation(out, other);
            }
        }
        end(out, '}');
    }
    end(out, '}');
}

enum { SCHEMAS_MAX = 512 };

/* Sets of one name are one schema, and must be. */
static void schema_once(struct out *out, const struct field_set *set, const struct field_set **seen,
                        size_t *count)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(seen[i]->name, set->name) == 0) {
            CHECK(seen[i]->fields == set->fields);
            return;
        }
    }
    CHECK(*count < SCHEMAS_MAX && strcmp(set->name, "error") != 0);
    seen[(*count)++] = set;
    key(out, set->name);
    json_print_schema(out->buf, set);
    out->comma = true;
}

static void schemas(struct out *out, struct walk walk)
{
    const struct field_set **seen = mem_new(SCHEMAS_MAX * sizeof(struct field_set *));
    const struct route *route;
    size_t count = 0;

    begin_in(out, "schemas", '{');
    raw(out, "error", error_schema);
    while ((route = walk_next(&walk)) != NULL) {
        schema_once(out, route->body, seen, &count);
        schema_once(out, route->reply, seen, &count);
    }
    end(out, '}');
    mem_free(seen);
}

static void components(struct out *out, struct walk all)
{
    begin_in(out, "components", '{');
    schemas(out, all);
    raw(out, "responses",
        "{\"refusal\":{\"description\":\"Any other refusal\",\"content\":{\"application/json\":"
        "{\"schema\":{\"$ref\":\"#/components/schemas/error\"}}}}}");
    begin_in(out, "parameters", '{');
    raw(out, "idempotency_key", idempotency_parameter);
    end(out, '}');
    raw(out, "securitySchemes", security_schemes);
    end(out, '}');
}

void openapi_print(struct buf *buf, const struct route *const *routes, size_t route_sets)
{
    struct walk all = walk_all(routes, route_sets);
    struct out out = {buf, false};

    begin(&out, '{');
    raw(&out, "openapi", "\"3.1.0\"");
    raw(&out, "info",
        "{\"title\":\"Tomato\",\"version\":\"1.0.0\",\"description\":\"Aggregate payment "
        "platform. Amounts are integers of minor units, times RFC 3339.\",\"license\":{\"name\":"
        "\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}}");
    raw(&out, "servers", "[{\"url\":\"/\"}]");
    tags(&out, all);
    paths(&out, all);
    components(&out, all);
    end(&out, '}');
}
