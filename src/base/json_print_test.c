#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum state { STATE_OPEN = 1, STATE_CLOSED };

static const struct enum_name states[] = {
    {STATE_OPEN, "open"},
    {STATE_CLOSED, "closed"},
    {0, NULL},
};

struct owner {
    struct str name;
    int64_t level;
};

struct box {
    int64_t id;
    struct str label;
    struct amount price;
    enum currency currency;
    int64_t weight;
    bool sealed;
    enum state state;
    int64_t opened_at;
    struct owner owner;
    struct field_list parts;
    struct field_list tags;
    struct str extra;
};

static const struct field owner_fields[] = {
    FIELD(struct owner, name, FIELD_TEXT, .max = 10),
    FIELD(struct owner, level, FIELD_INT),
};

static const struct field tag_fields[] = {{.name = "", .type = FIELD_INT}};

static const struct field box_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "box"},
    FIELD(struct box, id, FIELD_ID, .prefix = "box", .required = true),
    FIELD(struct box, label, FIELD_TEXT, .max = 100, .required = true),
    FIELD(struct box, price, FIELD_AMOUNT, .always = true),
    FIELD(struct box, currency, FIELD_CURRENCY),
    FIELD(struct box, weight, FIELD_INT, .min = INT64_MIN),
    FIELD(struct box, sealed, FIELD_BOOL),
    FIELD(struct box, state, FIELD_ENUM, .names = states),
    FIELD(struct box, opened_at, FIELD_TIME, .always = true),
    FIELD(struct box, owner, FIELD_OBJECT, .sub = owner_fields,
          .sub_count = ARRAY_LEN(owner_fields)),
    FIELD(struct box, parts, FIELD_LIST, .max = 9, .sub = owner_fields,
          .sub_count = ARRAY_LEN(owner_fields), .sub_size = sizeof(struct owner)),
    FIELD(struct box, tags, FIELD_LIST, .max = 9, .sub = tag_fields, .sub_count = 1,
          .sub_size = sizeof(int64_t)),
    FIELD(struct box, extra, FIELD_JSON, .max = 100),
};

static const struct field_set box_set = FIELD_SET("box", box_fields);

static struct owner two_parts[] = {
    {STR_INIT("bolt"), 1},
    {STR_INIT(""), 0},
};
static int64_t three_tags[] = {1, 0, INT64_MIN};

static struct box full_box(void)
{
    return (struct box){
        .id = 33,
        .label = STR("a \"b\" \\ /\n\t\r\x01 西"),
        .price = AMOUNT(-5),
        .currency = CURRENCY_CNY,
        .weight = INT64_MIN,
        .sealed = true,
        .state = STATE_CLOSED,
        .opened_at = INT64_C(1769817600500),
        .owner = {STR(""), 3},
        .parts = {two_parts, 2},
        .tags = {three_tags, 3},
        .extra = STR("{\"k\":[1]}"),
    };
}

static void assert_prints(const struct box *box, const char *expected)
{
    struct buf buf;

    buf_init(&buf, 4096);
    json_print_fields(&buf, &box_set, box);
    assert_true(buf_ok(&buf));
    buf_add_char(&buf, '\0');
    assert_string_equal(buf.ptr, expected);
    buf_free(&buf);
}

static void every_type_is_printed_in_the_order_of_the_table(void **state)
{
    struct box box = full_box();

    (void)state;
    assert_prints(&box, "{\"object\":\"box\",\"id\":\"box_0000000000011\","
                        "\"label\":\"a \\\"b\\\" \\\\ /\\n\\t\\r\\u0001 西\",\"price\":-5,"
                        "\"currency\":\"CNY\",\"weight\":-9223372036854775808,\"sealed\":true,"
                        "\"state\":\"closed\",\"opened_at\":\"2026-01-31T00:00:00.500Z\","
                        "\"owner\":{\"level\":3},\"parts\":[{\"name\":\"bolt\",\"level\":1},{}],"
                        "\"tags\":[1,0,-9223372036854775808],\"extra\":{\"k\":[1]}}");
}

static void zero_is_printed_only_when_required_or_always(void **state)
{
    struct box box = {0};

    (void)state;
    assert_prints(&box,
                  "{\"object\":\"box\",\"id\":null,\"label\":\"\",\"price\":0,\"opened_at\":null}");
}

static void a_full_buffer_is_told(void **state)
{
    struct box box = full_box();
    struct buf buf;

    (void)state;
    buf_init(&buf, 60);
    json_print_fields(&buf, &box_set, &box);
    assert_false(buf_ok(&buf));
    buf_free(&buf);
}

static void assert_text(struct str text, const char *expected)
{
    struct buf buf;

    buf_init(&buf, 4096);
    json_print_text(&buf, text);
    buf_add_char(&buf, '\0');
    assert_string_equal(buf.ptr, expected);
    buf_free(&buf);
}

static void text_that_is_no_utf8_is_repaired(void **state)
{
    (void)state;
    assert_text(STR("\xE8\xA5\xBF"), "\"\xE8\xA5\xBF\"");
    assert_text(STR("a\xFF\xE8\xA5\xBF\xE8\xA5\"\n"),
                "\"a\xEF\xBF\xBD\xE8\xA5\xBF\xEF\xBF\xBD\xEF\xBF\xBD\\\"\\n\"");
    assert_text(STR("\0x"), "\"\xEF\xBF\xBDx\"");
    assert_text(STR("\0\xFF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_text((struct str){NULL, 0}, "\"\"");
}

static void assert_difference(const struct box *a, const struct box *b, const char *expected)
{
    struct buf buf;

    buf_init(&buf, 4096);
    json_print_difference(&buf, &box_set, a, b);
    buf_add_char(&buf, '\0');
    assert_string_equal(buf.ptr, expected);
    buf_free(&buf);
}

static void a_difference_names_the_fields(void **state)
{
    struct box a = full_box();
    struct box b = full_box();
    struct box zero = {0};
    struct owner other_parts[] = {two_parts[0], {STR(""), 7}};

    (void)state;
    assert_difference(&a, &b, "");
    b.price = AMOUNT(6);
    assert_difference(&a, &b, "price");
    b.owner.name = STR("x");
    b.parts.items = other_parts;
    assert_difference(&a, &b, "price,owner,parts");
    b = full_box();
    b.tags.count = 2;
    assert_difference(&a, &b, "tags");
    assert_difference(&a, &zero,
                      "id,label,price,currency,weight,sealed,state,opened_at,owner,parts,tags,"
                      "extra");
}

static void enum_names_are_found(void **state)
{
    (void)state;
    assert_string_equal(enum_name_of(states, STATE_OPEN), "open");
    assert_null(enum_name_of(states, 0));
    assert_null(enum_name_of(states, 3));
}

static void what_is_printed_parses_to_the_same(void **state)
{
    static const struct field_set input_set = {"box", box_fields + 1, ARRAY_LEN(box_fields) - 1};
    struct arena *arena = arena_new();
    struct json_refusal refusal;
    struct box box = full_box();
    struct box again = {0};
    struct buf buf;

    (void)state;
    box.label = STR("\n\t\"\\ 西红柿 \xF0\x9F\x98\x80");
    box.price = AMOUNT(5);
    box.tags.count = 2;
    buf_init_arena(&buf, arena, 4096);
    json_print_fields(&buf, &input_set, &box);
    assert_int_equal(json_parse_fields(arena, buf_str(&buf), &input_set, &again, &refusal), ERR_OK);
    assert_difference(&box, &again, "");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_printed_in_the_order_of_the_table),
        cmocka_unit_test(zero_is_printed_only_when_required_or_always),
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(text_that_is_no_utf8_is_repaired),
        cmocka_unit_test(a_difference_names_the_fields),
        cmocka_unit_test(enum_names_are_found),
        cmocka_unit_test(what_is_printed_parses_to_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
