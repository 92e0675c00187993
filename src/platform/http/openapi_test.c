#include "platform/http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum color { RED = 1, GREEN };
static const struct enum_name colors[] = {{RED, "red"}, {GREEN, "green"}, {0, NULL}};

struct thing {
    int64_t id;
    struct str name;
    struct amount price;
    enum color color;
};
static const struct field thing_fields[] = {
    FIELD(struct thing, id, FIELD_ID, .prefix = "thg", .read_only = true, .always = true),
    FIELD(struct thing, name, FIELD_TEXT, .required = true, .min = 1, .max = 20,
          .help = "What it is called"),
    FIELD(struct thing, price, FIELD_AMOUNT, .min = 1),
    FIELD(struct thing, color, FIELD_ENUM, .names = colors),
};
static const struct field_set thing_set = FIELD_SET("thing", thing_fields);

struct thing_query {
    int64_t limit;
    enum color color;
};
static const struct field thing_query_fields[] = {
    FIELD(struct thing_query, limit, FIELD_INT, .min = 1, .max = 100, .help = "How many"),
    FIELD(struct thing_query, color, FIELD_ENUM, .names = colors, .required = true),
};
static const struct field_set thing_query_set = FIELD_SET("thing_query", thing_query_fields);

static struct reply *handler(struct request *req)
{
    return reply_empty(req, 204);
}

static const enum err thing_errors[] = {ERR_STORE_DUPLICATE, ERR_FIELD_RANGE, ERR_STORE_STALE,
                                        ERR_FIELD_VALUE, ERR_OK};

static const struct route things[] = {
    {.method = "POST",
     .path = "/v1/things",
     .handler = handler,
     .auth = HTTP_AUTH_MERCHANT,
     .permission = "thing:create",
     .idempotent = true,
     .body = &thing_set,
     .reply = &thing_set,
     .reply_status = 201,
     .errors = thing_errors,
     .summary = "Make a thing"},
    {.method = "GET",
     .path = "/v1/things/{id}",
     .handler = handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "thing:read",
     .reply = &thing_set,
     .summary = "Get a thing"},
    {.method = "GET",
     .path = "/v1/things",
     .handler = handler,
     .auth = HTTP_AUTH_MERCHANT,
     .permission = "thing:read",
     .query = &thing_query_set,
     .reply = &thing_set,
     .reply_is_list = true,
     .summary = "List things"},
    {.method = NULL},
};
static const struct route others[] = {
    {.method = "GET", .path = "/hidden", .handler = handler, .auth = HTTP_AUTH_NONE},
    {.method = "GET",
     .path = "/metrics",
     .handler = handler,
     .auth = HTTP_AUTH_METRICS,
     .summary = "Metrics"},
    {.method = "GET",
     .path = "/cashier/{token}/events/{kind}",
     .handler = handler,
     .auth = HTTP_AUTH_NONE,
     .summary = "Events"},
    {.method = NULL},
};
static const struct route *const sets[] = {things, others};

static json_t *document;

static int print_document(void **state)
{
    struct json_refusal refusal;
    struct buf buf;

    (void)state;
    buf_init(&buf, 1 << 20);
    openapi_print(&buf, sets, ARRAY_LEN(sets));
    assert_true(buf_ok(&buf));
    assert_int_equal(json_parse(buf_str(&buf), &document, &refusal), ERR_OK);
    buf_free(&buf);
    return 0;
}

static int free_document(void **state)
{
    (void)state;
    json_decref(document);
    return 0;
}

/* A member by its way from the top, "a/b/2"; slashes of keys are written '|'. */
static json_t *at(const char *way)
{
    struct arena *arena = arena_new();
    struct str rest = str_of(way);
    json_t *value = document;
    struct str step;
    bool more;

    do {
        char *name;
        int64_t index;

        more = str_cut(&rest, '/', &step);
        name = str_cstr(arena, step);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '|' ? '/' : *c;
        }
        value = json_is_array(value) && str_parse_int(step, &index) == ERR_OK
                    ? json_array_get(value, (size_t)index)
                    : json_object_get(value, name);
    } while (more);
    arena_free(arena);
    return value;
}

static void assert_at(const char *way, const char *want)
{
    char *got = json_dumps(at(way), JSON_COMPACT | JSON_ENCODE_ANY);

    if (got == NULL || strcmp(got, want) != 0) {
        fail_msg("%s is %s, want %s", way, got == NULL ? "nothing" : got, want);
    }
    mem_free(got);
}

static void only_rows_with_a_summary_are_listed(void **state)
{
    (void)state;
    assert_at("openapi", "\"3.1.0\"");
    assert_int_equal(json_object_size(at("paths")), 4);
    assert_null(at("paths/|hidden"));
    assert_int_equal(json_object_size(at("paths/|v1|things")), 2);
    assert_at("tags", "[{\"name\":\"things\"},{\"name\":\"metrics\"},{\"name\":\"cashier\"}]");
}

static void operations_have_an_id_of_method_and_path(void **state)
{
    (void)state;
    assert_at("paths/|v1|things/post/operationId", "\"post_v1_things\"");
    assert_at("paths/|v1|things|{id}/get/operationId", "\"get_v1_things_id\"");
    assert_at("paths/|cashier|{token}|events|{kind}/get/operationId",
              "\"get_cashier_token_events_kind\"");
    assert_at("paths/|v1|things/post/tags", "[\"things\"]");
    assert_at("paths/|v1|things/post/x-permission", "\"thing:create\"");
}

static void parameters_come_from_path_query_and_idempotency(void **state)
{
    (void)state;
    assert_at(
        "paths/|cashier|{token}|events|{kind}/get/parameters",
        "[{\"name\":\"token\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"kind\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}]");
    assert_at("paths/|v1|things/get/parameters/0/name", "\"limit\"");
    assert_at("paths/|v1|things/get/parameters/0/in", "\"query\"");
    assert_at("paths/|v1|things/get/parameters/0/required", "false");
    assert_at("paths/|v1|things/get/parameters/0/schema/maximum", "100");
    assert_at("paths/|v1|things/get/parameters/1/required", "true");
    assert_at("paths/|v1|things/get/parameters/1/schema/enum", "[\"red\",\"green\"]");
    assert_at("paths/|v1|things/post/parameters",
              "[{\"$ref\":\"#/components/parameters/idempotency_key\"}]");
    assert_at("components/parameters/idempotency_key/in", "\"header\"");
}

static void bodies_and_answers_refer_to_schemas(void **state)
{
    (void)state;
    assert_at("paths/|v1|things/post/requestBody",
              "{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
              "\"#/components/schemas/thing\"}}}}");
    assert_at("paths/|v1|things/post/responses/201",
              "{\"description\":\"Make a thing\",\"content\":{\"application/json\":{\"schema\":"
              "{\"$ref\":\"#/components/schemas/thing\"}}}}");
    assert_null(at("paths/|v1|things/get/requestBody"));
    assert_at("paths/|v1|things/get/responses/200/content/application|json/schema/properties/data",
              "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/thing\"}}");
    assert_at("paths/|metrics/get/responses/200", "{\"description\":\"Metrics\"}");
    assert_at("components/schemas/thing/properties/name/maxLength", "20");
    assert_int_equal(json_object_size(at("components/schemas")), 2);
}

static void refusals_are_grouped_by_status(void **state)
{
    (void)state;
    assert_at("paths/|v1|things/post/responses/400/description",
              "\"field_range: the field is outside its limits\\n"
              "field_value: the field is none of the allowed values\"");
    assert_at("paths/|v1|things/post/responses/409/content/application|json/schema",
              "{\"$ref\":\"#/components/schemas/error\"}");
    assert_int_equal(json_object_size(at("paths/|v1|things/post/responses")), 6);
    assert_at("paths/|v1|things/get/responses/4XX",
              "{\"$ref\":\"#/components/responses/refusal\"}");
}

static void security_follows_the_row(void **state)
{
    (void)state;
    assert_at("paths/|v1|things/post/security", "[{\"tomatoSignature\":[]}]");
    assert_at("paths/|v1|things|{id}/get/security", "[{\"operatorKey\":[]}]");
    assert_at("paths/|metrics/get/security", "[{},{\"metricsToken\":[]}]");
    assert_at("paths/|cashier|{token}|events|{kind}/get/security", "[]");
    assert_at("components/securitySchemes/tomatoSignature/type", "\"apiKey\"");
    assert_at("components/securitySchemes/operatorKey",
              "{\"type\":\"http\",\"scheme\":\"bearer\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_rows_with_a_summary_are_listed),
        cmocka_unit_test(operations_have_an_id_of_method_and_path),
        cmocka_unit_test(parameters_come_from_path_query_and_idempotency),
        cmocka_unit_test(bodies_and_answers_refer_to_schemas),
        cmocka_unit_test(refusals_are_grouped_by_status),
        cmocka_unit_test(security_follows_the_row),
    };

    return cmocka_run_group_tests(tests, print_document, free_document);
}
