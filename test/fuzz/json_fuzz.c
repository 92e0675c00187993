/* Any bytes, read by a table with a field of every type: a refusal is complete, and what was
 * accepted prints to a text that parses to the same. */
#include "base/json.h"

enum shade { SHADE_LIGHT = 1, SHADE_DARK };

static const struct enum_name shades[] = {{SHADE_LIGHT, "light"}, {SHADE_DARK, "dark"}, {0, NULL}};

struct inner {
    struct str t;
    int64_t i;
    struct amount a;
};

struct thing {
    struct str any;
    struct str no;
    struct str url;
    struct str code;
    int64_t i;
    struct amount a;
    enum currency c;
    bool b;
    enum shade e;
    int64_t at;
    int64_t id;
    struct inner o;
    struct field_list l;
    struct field_list s;
    struct str j;
};

static const struct field inner_fields[] = {
    FIELD(struct inner, t, FIELD_TEXT, .max = 8),
    FIELD(struct inner, i, FIELD_INT, .required = true, .min = INT64_MIN),
    FIELD(struct inner, a, FIELD_AMOUNT, .min = -5, .max = 5),
};

static const struct field item_fields[] = {{.name = "", .type = FIELD_TEXT, .max = 8}};

static const struct field thing_fields[] = {
    FIELD(struct thing, any, FIELD_TEXT, .max = 16),
    FIELD(struct thing, no, FIELD_TEXT, .min = 1, .max = 16, .charset = FIELD_ORDER_NO),
    FIELD(struct thing, url, FIELD_TEXT, .max = 64, .charset = FIELD_URL),
    FIELD(struct thing, code, FIELD_TEXT, .max = 16, .charset = FIELD_CODE),
    FIELD(struct thing, i, FIELD_INT, .min = INT64_MIN),
    FIELD(struct thing, a, FIELD_AMOUNT),
    FIELD(struct thing, c, FIELD_CURRENCY),
    FIELD(struct thing, b, FIELD_BOOL),
    FIELD(struct thing, e, FIELD_ENUM, .names = shades),
    FIELD(struct thing, at, FIELD_TIME),
    FIELD(struct thing, id, FIELD_ID, .prefix = "thg"),
    FIELD(struct thing, o, FIELD_OBJECT, .sub = inner_fields, .sub_count = ARRAY_LEN(inner_fields)),
    FIELD(struct thing, l, FIELD_LIST, .max = 4, .sub = inner_fields,
          .sub_count = ARRAY_LEN(inner_fields), .sub_size = sizeof(struct inner)),
    FIELD(struct thing, s, FIELD_LIST, .max = 4, .sub = item_fields, .sub_count = 1,
          .sub_size = sizeof(struct str)),
    FIELD(struct thing, j, FIELD_JSON, .max = 256),
};

static const struct field_set thing_set = FIELD_SET("thing", thing_fields);

static void check_refusal(const struct json_refusal *refusal)
{
    CHECK(refusal->err != ERR_OK && refusal->detail[0] != '\0');
    CHECK(memchr(refusal->param, '\0', sizeof(refusal->param)) != NULL);
    CHECK(memchr(refusal->detail, '\0', sizeof(refusal->detail)) != NULL);
    CHECK(str_is_utf8(str_of(refusal->param)) && str_is_utf8(str_of(refusal->detail)));
}

static void check_reprint(struct arena *arena, const struct thing *thing)
{
    struct thing again = {0};
    struct json_refusal refusal;
    struct buf first;
    struct buf second;
    struct buf names;

    buf_init_arena(&first, arena, 1 << 20);
    buf_init_arena(&second, arena, 1 << 20);
    buf_init_arena(&names, arena, 1 << 20);
    json_print_fields(&first, &thing_set, thing);
    CHECK(json_parse_fields(arena, buf_str(&first), &thing_set, &again, &refusal) == ERR_OK);
    json_print_difference(&names, &thing_set, thing, &again);
    CHECK(names.len == 0);
    json_print_fields(&second, &thing_set, &again);
    CHECK(str_eq(buf_str(&first), buf_str(&second)));
}

/* Text of any bytes, once printed, is JSON; well-formed text comes back as it was. */
static void check_text(struct arena *arena, struct str bytes)
{
    json_t *value;
    struct json_refusal refusal;
    struct buf buf;

    buf_init_arena(&buf, arena, 1 << 20);
    json_print_text(&buf, bytes);
    CHECK(json_parse(buf_str(&buf), &value, &refusal) == ERR_OK);
    if (str_is_utf8(bytes)) {
        struct str back = {json_string_value(value), json_string_length(value)};

        CHECK(str_eq(back, bytes));
    }
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = {(const char *)data, size};
    struct thing thing = {0};
    struct json_refusal refusal;

    check_text(arena, text);
    if (json_parse_fields(arena, text, &thing_set, &thing, &refusal) == ERR_OK) {
        check_reprint(arena, &thing);
    } else {
        check_refusal(&refusal);
    }
    arena_free(arena);
    return 0;
}
