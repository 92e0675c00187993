#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

enum colour { COLOUR_RED = 1, COLOUR_GREEN };

static const struct enum_name colours[] = {
    {COLOUR_RED, "red"},
    {COLOUR_GREEN, "green"},
    {0, NULL},
};

struct payer {
    struct str ip;
    int64_t age;
};

struct goods {
    struct str name;
    struct amount price;
};

struct order {
    struct str order_no;
    struct str subject;
    struct amount amount;
    enum currency currency;
    int64_t count;
    int64_t offset;
    bool urgent;
    enum colour colour;
    int64_t due_at;
    int64_t payment_id;
    struct payer payer;
    struct field_list goods;
    struct field_list tags;
    struct str metadata;
    struct str url;
    int64_t created_at;
};

static const struct field payer_fields[] = {
    FIELD(struct payer, ip, FIELD_TEXT, .required = true, .min = 1, .max = 45),
    FIELD(struct payer, age, FIELD_INT, .max = 150),
};

static const struct field goods_fields[] = {
    FIELD(struct goods, name, FIELD_TEXT, .max = 8),
    FIELD(struct goods, price, FIELD_AMOUNT, .required = true, .max = 1000),
};

static const struct field tag_fields[] = {
    {.name = "", .type = FIELD_TEXT, .min = 1, .max = 4, .charset = FIELD_ALNUM},
};

static const struct field order_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "order"},
    FIELD(struct order, order_no, FIELD_TEXT, .required = true, .min = 1, .max = 8,
          .charset = FIELD_ORDER_NO),
    FIELD(struct order, subject, FIELD_TEXT, .max = 4),
    FIELD(struct order, amount, FIELD_AMOUNT, .required = true, .min = 1, .max = 100000),
    FIELD(struct order, currency, FIELD_CURRENCY),
    FIELD(struct order, count, FIELD_INT),
    FIELD(struct order, offset, FIELD_INT, .min = INT64_MIN),
    FIELD(struct order, urgent, FIELD_BOOL),
    FIELD(struct order, colour, FIELD_ENUM, .names = colours),
    FIELD(struct order, due_at, FIELD_TIME),
    FIELD(struct order, payment_id, FIELD_ID, .prefix = "pay"),
    FIELD(struct order, payer, FIELD_OBJECT, .sub = payer_fields,
          .sub_count = ARRAY_LEN(payer_fields)),
    FIELD(struct order, goods, FIELD_LIST, .min = 1, .max = 3, .sub = goods_fields,
          .sub_count = ARRAY_LEN(goods_fields), .sub_size = sizeof(struct goods)),
    FIELD(struct order, tags, FIELD_LIST, .max = 3, .sub = tag_fields, .sub_count = 1,
          .sub_size = sizeof(struct str)),
    FIELD(struct order, metadata, FIELD_JSON, .max = 64),
    FIELD(struct order, url, FIELD_TEXT, .max = 64, .charset = FIELD_URL),
    FIELD(struct order, created_at, FIELD_TIME, .required = true, .read_only = true),
};

static const struct field_set order_set = FIELD_SET("order", order_fields);

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void assert_str(struct str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

static void assert_parses(const char *text, struct order *order)
{
    struct json_refusal refusal;
    enum err err;

    *order = (struct order){0};
    err = json_parse_fields(arena, str_of(text), &order_set, order, &refusal);
    if (err != ERR_OK) {
        fail_msg("%s: %s: %s %s", text, err_code(err), refusal.param, refusal.detail);
    }
    assert_int_equal(refusal.err, ERR_OK);
}

static void assert_refused(struct str text, enum err expected, const char *param,
                           const char *detail)
{
    struct json_refusal refusal;
    struct order order = {0};
    enum err err = json_parse_fields(arena, text, &order_set, &order, &refusal);

    if (err != expected) {
        fail_msg(STR_FMT ": %s, not %s (%s: %s)", STR_ARG(text), err_code(err), err_code(expected),
                 refusal.param, refusal.detail);
    }
    assert_int_equal(refusal.err, expected);
    assert_string_equal(refusal.param, param);
    assert_string_equal(refusal.detail, detail);
}

/* One more member in an otherwise good order. */
static void assert_member_refused(const char *member, enum err expected, const char *param,
                                  const char *detail)
{
    assert_refused(str_printf(arena, "{\"order_no\":\"A1\",\"amount\":5,%s}", member), expected,
                   param, detail);
}

static void every_type_is_read(void **state)
{
    struct order order;
    const struct goods *goods;
    const struct str *tags;

    (void)state;
    assert_parses("{\"order_no\":\"A-1\",\"subject\":\"西红柿\\n\",\"amount\":12345,"
                  "\"currency\":\"CNY\",\"count\":9223372036854775807,"
                  "\"offset\":-9223372036854775808,\"urgent\":true,\"colour\":\"green\","
                  "\"due_at\":\"2026-01-31T08:00:00.5+08:00\","
                  "\"payment_id\":\"pay_0000000000001\",\"payer\":{\"ip\":\"::1\",\"age\":7},"
                  "\"goods\":[{\"name\":\"a\",\"price\":1},{\"price\":0}],\"tags\":[\"x\",\"y\"],"
                  "\"metadata\":{ \"k\" : [1, null, true, {\"a\\n\":\"\\u00e9\"}] },"
                  "\"url\":\"https://example.com/a?b=c\"}",
                  &order);
    assert_str(order.order_no, "A-1");
    assert_str(order.subject, "西红柿\n");
    assert_int_equal(order.amount.minor, 12345);
    assert_int_equal(order.currency, CURRENCY_CNY);
    assert_true(order.count == INT64_MAX);
    assert_true(order.offset == INT64_MIN);
    assert_true(order.urgent);
    assert_int_equal(order.colour, COLOUR_GREEN);
    assert_true(order.due_at == INT64_C(1769817600500));
    assert_int_equal(order.payment_id, 1);
    assert_str(order.payer.ip, "::1");
    assert_int_equal(order.payer.age, 7);
    assert_int_equal(order.goods.count, 2);
    goods = order.goods.items;
    assert_str(goods[0].name, "a");
    assert_int_equal(goods[0].price.minor, 1);
    assert_int_equal(goods[1].name.len, 0);
    assert_int_equal(order.tags.count, 2);
    tags = order.tags.items;
    assert_str(tags[1], "y");
    assert_str(order.metadata, "{\"k\":[1,null,true,{\"a\\n\":\"é\"}]}");
    assert_str(order.url, "https://example.com/a?b=c");
}

static void an_absent_optional_field_is_zero(void **state)
{
    struct order order;
    struct order expected = {0};

    (void)state;
    assert_parses(" {\"amount\":1,\"order_no\":\"x\"} ", &order);
    expected.order_no = order.order_no;
    expected.amount = AMOUNT(1);
    assert_memory_equal(&order, &expected, sizeof(order));
}

static void a_missing_required_field_is_named(void **state)
{
    (void)state;
    assert_refused(STR("{}"), ERR_FIELD_REQUIRED, "order_no", "must be given");
    assert_refused(STR("{\"order_no\":\"a\"}"), ERR_FIELD_REQUIRED, "amount", "must be given");
    assert_member_refused("\"payer\":{}", ERR_FIELD_REQUIRED, "payer.ip", "must be given");
    assert_member_refused("\"goods\":[{\"price\":1},{}]", ERR_FIELD_REQUIRED, "goods[1].price",
                          "must be given");
}

static void unknown_and_server_fields_are_refused_by_name(void **state)
{
    (void)state;
    assert_member_refused("\"amout\":1", ERR_FIELD_UNKNOWN, "amout", "there is no such field here");
    assert_member_refused("\"payer\":{\"ip\":\"1\",\"x\":1}", ERR_FIELD_UNKNOWN, "payer.x",
                          "there is no such field here");
    assert_member_refused("\"object\":\"order\"", ERR_FIELD_UNKNOWN, "object",
                          "is set by the server and cannot be given");
    assert_member_refused("\"created_at\":\"2026-01-31T08:00:00Z\"", ERR_FIELD_UNKNOWN,
                          "created_at", "is set by the server and cannot be given");
}

static void a_long_unknown_name_is_cut_between_characters(void **state)
{
    struct json_refusal refusal;
    struct order order = {0};
    char text[400] = "{\"x";
    size_t at = strlen(text);

    (void)state;
    for (int i = 0; i < 60; i++) {
        memcpy(text + at, "茄", 3);
        at += 3;
    }
    memcpy(text + at, "\":1}", 5);
    assert_int_equal(json_parse_fields(arena, str_of(text), &order_set, &order, &refusal),
                     ERR_FIELD_UNKNOWN);
    assert_int_equal(strlen(refusal.param), 1 + 31 * 3);
    assert_true(str_is_utf8(str_of(refusal.param)));
}

static void a_wrong_type_is_refused(void **state)
{
    (void)state;
    assert_refused(STR("[]"), ERR_FIELD_TYPE, "", "must be an object");
    assert_refused(STR("null"), ERR_FIELD_TYPE, "", "must be an object");
    assert_refused(STR("{\"order_no\":1}"), ERR_FIELD_TYPE, "order_no", "must be text");
    assert_refused(STR("{\"order_no\":null}"), ERR_FIELD_TYPE, "order_no",
                   "must be text, not null; leave an absent field out");
    assert_refused(STR("{\"amount\":\"1\"}"), ERR_FIELD_TYPE, "amount",
                   "must be an integer of minor units, without fraction");
    assert_member_refused("\"urgent\":1", ERR_FIELD_TYPE, "urgent", "must be true or false");
    assert_member_refused("\"colour\":1", ERR_FIELD_TYPE, "colour", "must be text");
    assert_member_refused("\"payer\":[]", ERR_FIELD_TYPE, "payer", "must be an object");
    assert_member_refused("\"goods\":{}", ERR_FIELD_TYPE, "goods", "must be an array");
    assert_member_refused("\"goods\":[1]", ERR_FIELD_TYPE, "goods[0]", "must be an object");
    assert_member_refused("\"tags\":[\"a\",2]", ERR_FIELD_TYPE, "tags[1]", "must be text");
    assert_member_refused("\"metadata\":[]", ERR_FIELD_TYPE, "metadata", "must be an object");
}

static void a_fraction_is_no_integer(void **state)
{
    (void)state;
    assert_refused(STR("{\"amount\":1.0}"), ERR_FIELD_TYPE, "amount",
                   "must be an integer of minor units, without fraction");
    assert_member_refused("\"count\":1e3", ERR_FIELD_TYPE, "count",
                          "must be an integer, without fraction or exponent");
    assert_member_refused("\"metadata\":{\"a\":[0.5]}", ERR_FIELD_TYPE, "metadata.a[0]",
                          "must be an integer; write other numbers as text");
}

static void a_number_outside_its_limits_is_refused(void **state)
{
    (void)state;
    assert_refused(STR("{\"amount\":0}"), ERR_FIELD_RANGE, "amount",
                   "must be an integer from 1 to 100000");
    assert_refused(STR("{\"amount\":-1}"), ERR_FIELD_RANGE, "amount",
                   "must be an integer from 1 to 100000");
    assert_refused(STR("{\"amount\":100001}"), ERR_FIELD_RANGE, "amount",
                   "must be an integer from 1 to 100000");
    assert_member_refused("\"count\":-1", ERR_FIELD_RANGE, "count",
                          "must be an integer from 0 to 9223372036854775807");
    assert_member_refused("\"payer\":{\"age\":151}", ERR_FIELD_RANGE, "payer.age",
                          "must be an integer from 0 to 150");
}

static void a_number_beyond_64_bits_is_refused_with_its_field(void **state)
{
    static const char detail[] = "the number is larger than 64 bits can hold";
    json_t *value;
    struct json_refusal refusal;

    (void)state;
    assert_refused(STR("{\"order_no\":\"a\\\"{[,\",\"amount\":9223372036854775808}"),
                   ERR_FIELD_RANGE, "amount", detail);
    assert_member_refused("\"goods\":[{\"name\":\"}]\"},{\"name\":\"b\",\"price\":"
                          "-9223372036854775809}]",
                          ERR_FIELD_RANGE, "goods[1].price", detail);
    assert_member_refused("\"metadata\":{\"a\":[[],{},1e999]}", ERR_FIELD_RANGE, "metadata.a[2]",
                          detail);
    assert_int_equal(json_parse(STR("9223372036854775808"), &value, &refusal), ERR_JSON_SYNTAX);
    assert_string_equal(refusal.param, "");
    assert_string_equal(refusal.detail, detail);
}

static void text_keeps_to_its_length_in_characters(void **state)
{
    struct order order;

    (void)state;
    assert_parses("{\"order_no\":\"12345678\",\"amount\":1,\"subject\":\"西红柿😀\"}", &order);
    assert_refused(STR("{\"order_no\":\"\"}"), ERR_FIELD_LENGTH, "order_no",
                   "must have 1 to 8 characters");
    assert_refused(STR("{\"order_no\":\"123456789\"}"), ERR_FIELD_LENGTH, "order_no",
                   "must have 1 to 8 characters");
    assert_member_refused("\"subject\":\"西红柿😀!\"", ERR_FIELD_LENGTH, "subject",
                          "must have at most 4 characters");
}

static void text_has_no_control_characters(void **state)
{
    static const char *const bad[] = {"\\r", "\\u0001", "\\u001f", "\\u007f", "\\u0085", "\\b"};
    static const char detail[] = "must not contain control characters other than \\n and \\t";
    struct order order;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str member = str_printf(arena, "\"subject\":\"a%s\"", bad[i]);

        assert_member_refused(str_cstr(arena, member), ERR_FIELD_FORMAT, "subject", detail);
    }
    assert_member_refused("\"metadata\":{\"a\":{\"b\":\"\\r\"}}", ERR_FIELD_FORMAT, "metadata.a.b",
                          detail);
    assert_member_refused("\"metadata\":{\"\\u007f\":1}", ERR_FIELD_FORMAT, "metadata.\x7f",
                          detail);
    assert_parses("{\"order_no\":\"1\",\"amount\":1,\"subject\":\"\\n\\t\\u00a0\"}", &order);
}

static void charsets_are_kept(void **state)
{
    struct order order;

    (void)state;
    assert_parses("{\"order_no\":\"aZ_-|*@.\",\"amount\":1}", &order);
    assert_refused(STR("{\"order_no\":\"a b\"}"), ERR_FIELD_FORMAT, "order_no",
                   "must consist of 0-9 A-Z a-z _ - | * @ .");
    assert_member_refused("\"tags\":[\"a\",\"b-\"]", ERR_FIELD_FORMAT, "tags[1]",
                          "must consist of 0-9 A-Z a-z");
    assert_member_refused("\"url\":\"https://user@example.com/\"", ERR_FIELD_FORMAT, "url",
                          "must be an http:// or https:// URL in ASCII without a user name");
}

static void values_of_closed_sets_are_refused_with_the_choice(void **state)
{
    (void)state;
    assert_member_refused("\"colour\":\"blue\"", ERR_FIELD_VALUE, "colour",
                          "must be one of red, green");
    assert_member_refused("\"currency\":\"cny\"", ERR_CURRENCY_UNKNOWN, "currency",
                          "must be an ISO 4217 code in upper case, like CNY");
    assert_member_refused("\"due_at\":\"tomorrow\"", ERR_FIELD_FORMAT, "due_at",
                          "must be a time like 2026-01-31T08:00:00.000Z (RFC 3339)");
    assert_member_refused("\"due_at\":\"1970-01-01T00:00:00Z\"", ERR_FIELD_RANGE, "due_at",
                          "must be a time after 1970-01-01T00:00:00.000Z");
    assert_member_refused("\"payment_id\":\"ref_0000000000001\"", ERR_FIELD_FORMAT, "payment_id",
                          "must be an id: pay_ and 13 characters of 0-9 A-Z");
    assert_member_refused("\"payment_id\":\"pay_0000000000000\"", ERR_FIELD_FORMAT, "payment_id",
                          "must be an id: pay_ and 13 characters of 0-9 A-Z");
}

static void lists_and_objects_keep_to_their_size(void **state)
{
    (void)state;
    assert_member_refused("\"goods\":[]", ERR_FIELD_LENGTH, "goods", "must have 1 to 3 items");
    assert_member_refused("\"tags\":[\"a\",\"a\",\"a\",\"a\"]", ERR_FIELD_LENGTH, "tags",
                          "must have at most 3 items");
    assert_member_refused("\"metadata\":{\"0123456789\":\"0123456789012345678901234567890123456789"
                          "01234567\"}",
                          ERR_FIELD_LENGTH, "metadata",
                          "must have at most 64 bytes as compact JSON");
}

static void a_key_that_occurs_twice_is_refused(void **state)
{
    (void)state;
    assert_refused(STR("{\"amount\":1,\"amount\":1}"), ERR_JSON_DUPLICATE_KEY, "amount",
                   "the key occurs twice in its object");
    assert_member_refused("\"payer\":{\"ip\":\"a\",\"ip\":\"b\"}", ERR_JSON_DUPLICATE_KEY,
                          "payer.ip", "the key occurs twice in its object");
    assert_member_refused("\"goods\":[{\"x\":1},{\"price\":1,\"price\":2}]", ERR_JSON_DUPLICATE_KEY,
                          "goods[1].price", "the key occurs twice in its object");
}

static void broken_json_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused(STR(""), ERR_JSON_SYNTAX, "", "the text ends too early at line 1, column 0");
    assert_refused(STR("{\"a\""), ERR_JSON_SYNTAX, "",
                   "the text ends too early at line 1, column 4");
    assert_refused(STR("{\"a\":1,}"), ERR_JSON_SYNTAX, "", "unexpected text at line 1, column 8");
    assert_refused(STR("{\n'a':1}"), ERR_JSON_SYNTAX, "", "unexpected text at line 2, column 1");
    assert_refused(STR("{} x"), ERR_JSON_SYNTAX, "",
                   "more text follows the JSON value at line 1, column 4");
    assert_refused(STR("{\"order_no\":\"\\u0000\"}"), ERR_JSON_SYNTAX, "",
                   "\\u0000 is not allowed at line 1, column 20");
    assert_refused(STR("{\"order_no\":\"\\ud800\"}"), ERR_JSON_SYNTAX, "",
                   "unexpected text at line 1, column 20");
    assert_refused(STR("{\"amount\":01}"), ERR_JSON_SYNTAX, "",
                   "unexpected text at line 1, column 11");
    assert_refused(STR("{\"amount\":NaN}"), ERR_JSON_SYNTAX, "",
                   "unexpected text at line 1, column 13");
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
    static const char detail[] = "must be well-formed UTF-8 without NUL";

    (void)state;
    assert_refused(STR("{\"order_no\":\"\xC0\x80\"}"), ERR_JSON_UTF8, "", detail);
    assert_refused(STR("{\"order_no\":\"\xED\xA0\x80\"}"), ERR_JSON_UTF8, "", detail);
    assert_refused(STR("{\"order_no\":\"a\0\"}"), ERR_JSON_UTF8, "", detail);
}

static struct str nested(unsigned depth)
{
    struct buf buf;

    buf_init_arena(&buf, arena, 4096);
    buf_add(&buf,
            STR("{\"order_no\":\"1\",\"subject\":\"[[\\\"{\",\"amount\":1,\"metadata\":{\"a\":"));
    for (unsigned i = 2; i < depth; i++) {
        buf_add_char(&buf, '[');
    }
    for (unsigned i = 2; i < depth; i++) {
        buf_add_char(&buf, ']');
    }
    buf_add(&buf, STR("}}"));
    return buf_str(&buf);
}

static void nesting_is_limited(void **state)
{
    struct order order;

    (void)state;
    assert_parses(str_cstr(arena, nested(JSON_MAX_DEPTH)), &order);
    assert_refused(nested(JSON_MAX_DEPTH + 1), ERR_JSON_DEPTH, "",
                   "must not be nested more than 16 levels deep");
}

static void a_value_that_was_parsed_elsewhere_keeps_to_the_same_rules(void **state)
{
    struct json_refusal refusal;
    struct order order = {0};
    json_t *deep = json_object();
    json_t *body = json_pack("{s:s,s:i}", "order_no", "a", "amount", 7);

    (void)state;
    assert_int_equal(json_read_fields(arena, body, &order_set, &order, &refusal), ERR_OK);
    assert_int_equal(order.amount.minor, 7);
    for (unsigned i = 0; i < 2 * JSON_MAX_DEPTH; i++) {
        deep = json_pack("{s:o}", "a", deep);
    }
    assert_int_equal(json_object_set_new(body, "metadata", deep), 0);
    assert_int_equal(json_read_fields(arena, body, &order_set, &order, &refusal), ERR_JSON_DEPTH);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(an_absent_optional_field_is_zero),
        cmocka_unit_test(a_missing_required_field_is_named),
        cmocka_unit_test(unknown_and_server_fields_are_refused_by_name),
        cmocka_unit_test(a_long_unknown_name_is_cut_between_characters),
        cmocka_unit_test(a_wrong_type_is_refused),
        cmocka_unit_test(a_fraction_is_no_integer),
        cmocka_unit_test(a_number_outside_its_limits_is_refused),
        cmocka_unit_test(a_number_beyond_64_bits_is_refused_with_its_field),
        cmocka_unit_test(text_keeps_to_its_length_in_characters),
        cmocka_unit_test(text_has_no_control_characters),
        cmocka_unit_test(charsets_are_kept),
        cmocka_unit_test(values_of_closed_sets_are_refused_with_the_choice),
        cmocka_unit_test(lists_and_objects_keep_to_their_size),
        cmocka_unit_test(a_key_that_occurs_twice_is_refused),
        cmocka_unit_test(broken_json_is_refused_with_its_place),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(a_value_that_was_parsed_elsewhere_keeps_to_the_same_rules),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
