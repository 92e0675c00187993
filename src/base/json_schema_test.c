#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum method { METHOD_CARD = 1, METHOD_QR };

static const struct enum_name methods[] = {
    {METHOD_CARD, "card"},
    {METHOD_QR, "qr"},
    {0, NULL},
};

struct item {
    struct str name;
};

struct thing {
    int64_t id;
    struct str no;
    struct str note;
    struct amount amount;
    struct amount balance;
    enum currency currency;
    bool live;
    enum method method;
    int64_t paid_at;
    struct item item;
    struct field_list items;
    struct field_list codes;
    struct str metadata;
    struct str url;
};

static const struct field item_fields[] = {
    FIELD(struct item, name, FIELD_TEXT, .required = true, .max = 9),
};

static const struct field code_fields[] = {
    {.name = "", .type = FIELD_TEXT, .max = 5, .charset = FIELD_CODE},
};

static const struct field thing_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "thing"},
    FIELD(struct thing, id, FIELD_ID, .prefix = "thg", .read_only = true, .always = true),
    FIELD(struct thing, no, FIELD_TEXT, .required = true, .min = 1, .max = 64,
          .charset = FIELD_ORDER_NO, .help = "unique \"for ever\"", .example = "A-1"),
    FIELD(struct thing, note, FIELD_TEXT, .max = 5),
    FIELD(struct thing, amount, FIELD_AMOUNT, .required = true, .min = 1, .max = 1000,
          .example = "5"),
    FIELD(struct thing, balance, FIELD_AMOUNT, .min = INT64_MIN),
    FIELD(struct thing, currency, FIELD_CURRENCY),
    FIELD(struct thing, live, FIELD_BOOL),
    FIELD(struct thing, method, FIELD_ENUM, .names = methods, .always = true),
    FIELD(struct thing, paid_at, FIELD_TIME),
    FIELD(struct thing, item, FIELD_OBJECT, .sub = item_fields,
          .sub_count = ARRAY_LEN(item_fields)),
    FIELD(struct thing, items, FIELD_LIST, .min = 1, .max = 3, .sub = item_fields,
          .sub_count = ARRAY_LEN(item_fields), .sub_size = sizeof(struct item)),
    FIELD(struct thing, codes, FIELD_LIST, .max = 2, .sub = code_fields, .sub_count = 1,
          .sub_size = sizeof(struct str), .example = "[\"a\"]"),
    FIELD(struct thing, metadata, FIELD_JSON, .max = 512),
    FIELD(struct thing, url, FIELD_TEXT, .max = 90, .charset = FIELD_URL),
};

static const struct field_set thing_set = FIELD_SET("thing", thing_fields);

static json_t *schema;

static int set_up(void **state)
{
    struct buf buf;
    struct json_refusal refusal;
    enum err err;

    (void)state;
    buf_init(&buf, 1 << 16);
    json_print_schema(&buf, &thing_set);
    err = json_parse(buf_str(&buf), &schema, &refusal);
    buf_free(&buf);
    return err == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(schema);
    return 0;
}

static void assert_json(json_t *actual, const char *expected)
{
    json_error_t error;
    json_t *wanted = json_loads(expected, JSON_DECODE_ANY, &error);

    assert_non_null(wanted);
    if (!json_equal(actual, wanted)) {
        char *text = json_dumps(actual, JSON_COMPACT | JSON_ENCODE_ANY);

        fail_msg("%s, not %s", text == NULL ? "nothing" : text, expected);
    }
    json_decref(wanted);
}

static void assert_property(const char *name, const char *expected)
{
    assert_json(json_object_get(json_object_get(schema, "properties"), name), expected);
}

static void the_object_is_closed_and_names_what_is_required(void **state)
{
    (void)state;
    assert_json(json_object_get(schema, "type"), "\"object\"");
    assert_json(json_object_get(schema, "additionalProperties"), "false");
    assert_json(json_object_get(schema, "required"), "[\"object\",\"id\",\"no\",\"amount\"]");
    assert_int_equal(json_object_size(json_object_get(schema, "properties")),
                     ARRAY_LEN(thing_fields));
}

static void text_has_its_limits_pattern_help_and_example(void **state)
{
    (void)state;
    assert_property("no", "{\"type\":\"string\",\"description\":\"unique \\\"for ever\\\"\","
                          "\"minLength\":1,\"maxLength\":64,\"pattern\":\"^[0-9A-Za-z_|*@.-]*$\","
                          "\"examples\":[\"A-1\"]}");
    assert_property("note", "{\"type\":\"string\",\"maxLength\":5}");
    assert_property(
        "url", "{\"type\":\"string\",\"maxLength\":90,\"format\":\"uri\",\"pattern\":"
               "\"^https?://([0-9A-Za-z._-]+|\\\\[[0-9A-Fa-f:.]+\\\\])(:[0-9]{1,5})?([/?#][!-~]*)?"
               "$\"}");
}

static void numbers_have_their_limits(void **state)
{
    (void)state;
    assert_property("amount", "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1,"
                              "\"maximum\":1000,\"examples\":[5]}");
    assert_property("balance", "{\"type\":\"integer\",\"format\":\"int64\"}");
}

static void other_types_have_their_form(void **state)
{
    (void)state;
    assert_property("object", "{\"type\":\"string\",\"const\":\"thing\",\"readOnly\":true}");
    assert_property("id", "{\"type\":[\"string\",\"null\"],\"readOnly\":true,"
                          "\"pattern\":\"^thg_[0-7][0-9A-HJKMNP-TV-Z]{12}$\"}");
    assert_property("currency", "{\"type\":\"string\",\"pattern\":\"^[A-Z]{3}$\"}");
    assert_property("live", "{\"type\":\"boolean\"}");
    assert_property("method", "{\"type\":[\"string\",\"null\"],\"enum\":[\"card\",\"qr\",null]}");
    assert_property("paid_at", "{\"type\":\"string\",\"format\":\"date-time\"}");
    assert_property("metadata", "{\"type\":\"object\",\"x-max-bytes\":512}");
}

static void nested_objects_and_lists_are_described(void **state)
{
    static const char item[] = "\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":9}},"
                               "\"required\":[\"name\"],\"additionalProperties\":false";
    struct arena *arena = arena_new();

    (void)state;
    assert_property("item", str_cstr(arena, str_printf(arena, "{\"type\":\"object\",%s}", item)));
    assert_property("items",
                    str_cstr(arena, str_printf(arena,
                                               "{\"type\":\"array\",\"minItems\":1,\"maxItems\":3,"
                                               "\"items\":{\"type\":\"object\",%s}}",
                                               item)));
    assert_property("codes", "{\"type\":\"array\",\"maxItems\":2,\"items\":{\"type\":\"string\","
                             "\"maxLength\":5,\"pattern\":\"^[0-9a-z_.:-]*$\"},"
                             "\"examples\":[[\"a\"]]}");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_object_is_closed_and_names_what_is_required),
        cmocka_unit_test(text_has_its_limits_pattern_help_and_example),
        cmocka_unit_test(numbers_have_their_limits),
        cmocka_unit_test(other_types_have_their_form),
        cmocka_unit_test(nested_objects_and_lists_are_described),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
