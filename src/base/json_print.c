#include "base/json_int.h"
#include "base/time.h"

/* ---- text ---- */

static void print_escape(struct buf *buf, unsigned char c)
{
    switch (c) {
    case '"':
        buf_add(buf, STR("\\\""));
        break;
    case '\\':
        buf_add(buf, STR("\\\\"));
        break;
    case '\n':
        buf_add(buf, STR("\\n"));
        break;
    case '\t':
        buf_add(buf, STR("\\t"));
        break;
    case '\r':
        buf_add(buf, STR("\\r"));
        break;
    default: /* characters, not an enum */
        buf_printf(buf, "\\u%04x", c);
        break;
    }
}

/* Whatever the bytes are, the result is JSON: what is not UTF-8 becomes U+FFFD. */
static void print_repaired(struct buf *buf, struct str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = 1;

        while (len < 4 && i + len < text.len && !str_is_utf8(str_slice(text, i, i + len))) {
            len++;
        }
        if (!str_is_utf8(str_slice(text, i, i + len))) {
            buf_add(buf, STR("\xEF\xBF\xBD"));
            i++;
        } else {
            unsigned char c = (unsigned char)text.ptr[i];

            if (c < 0x20 || c == '"' || c == '\\') {
                print_escape(buf, c);
            } else {
                buf_add(buf, str_slice(text, i, i + len));
            }
            i += len;
        }
    }
}

void json_print_text(struct buf *buf, struct str text)
{
    size_t from = 0;
    bool ascii = true;

    buf_add_char(buf, '"');
    for (size_t i = 0; i < text.len && ascii; i++) {
        ascii = text.ptr[i] > 0;
    }
    if (!ascii && !str_is_utf8(text)) {
        print_repaired(buf, text);
        buf_add_char(buf, '"');
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x20 || c == '"' || c == '\\') {
            buf_add(buf, str_slice(text, from, i));
            print_escape(buf, c);
            from = i + 1;
        }
    }
    buf_add(buf, str_slice(text, from, text.len));
    buf_add_char(buf, '"');
}

const char *enum_name_of(const struct enum_name *names, int value)
{
    for (; names->name != NULL; names++) {
        if (names->value == value) {
            return names->name;
        }
    }
    return NULL;
}

/* ---- fields ---- */

static bool is_set(const struct field *field, const void *object)
{
    const void *member = json__member(field, object);

    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_JSON:
        return ((const struct str *)member)->len > 0;
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_ID:
        return *(const int64_t *)member != 0;
    case FIELD_AMOUNT:
        return ((const struct amount *)member)->minor != 0;
    case FIELD_CURRENCY:
        return *(const enum currency *)member != CURRENCY_NONE;
    case FIELD_BOOL:
        return *(const bool *)member;
    case FIELD_ENUM:
        return *(const int *)member != 0;
    case FIELD_LIST:
        return ((const struct field_list *)member)->count > 0;
    case FIELD_OBJECT:
        for (size_t i = 0; i < field->sub_count; i++) {
            if (is_set(&field->sub[i], member)) {
                return true;
            }
        }
        return false;
    case FIELD_CONST:
        return false; /* says nothing about the struct, see is_printed */
    }
    CHECK(field->type == 0);
    return false;
}

static bool is_printed(const struct field *field, const void *object)
{
    return field->required || field->always || field->type == FIELD_CONST || is_set(field, object);
}

/* Text that is made of ASCII without quotes: times, ids, names. */
static void print_quoted(struct buf *buf, struct str text)
{
    buf_add_char(buf, '"');
    buf_add(buf, text);
    buf_add_char(buf, '"');
}

static void print_enum(struct buf *buf, const struct field *field, int value)
{
    const char *name = enum_name_of(field->names, value);

    CHECK(name != NULL || value == 0);
    if (name == NULL) {
        buf_add(buf, STR("null"));
    } else {
        print_quoted(buf, str_of(name));
    }
}

static void print_time(struct buf *buf, int64_t at_ms)
{
    if (at_ms == 0) {
        buf_add(buf, STR("null"));
        return;
    }
    buf_add_char(buf, '"');
    time_print(buf, at_ms);
    buf_add_char(buf, '"');
}

static void print_id(struct buf *buf, const struct field *field, int64_t id)
{
    if (id == 0) {
        buf_add(buf, STR("null"));
        return;
    }
    buf_add_char(buf, '"');
    id_print(buf, field->prefix, id);
    buf_add_char(buf, '"');
}

static void print_currency(struct buf *buf, enum currency currency)
{
    if (currency == CURRENCY_NONE) {
        buf_add(buf, STR("null"));
    } else {
        print_quoted(buf, currency_code(currency));
    }
}

static void print_value(struct buf *buf, const struct field *field, const void *object);

static void print_list(struct buf *buf, const struct field *field, const struct field_list *list)
{
    struct field_set set = {.fields = field->sub, .count = field->sub_count};

    buf_add_char(buf, '[');
    for (size_t i = 0; i < list->count; i++) {
        const void *item = (const char *)list->items + i * field->sub_size;

        if (i > 0) {
            buf_add_char(buf, ',');
        }
        if (json__is_scalar_list(field)) {
            print_value(buf, &field->sub[0], item);
        } else {
            json_print_fields(buf, &set, item);
        }
    }
    buf_add_char(buf, ']');
}

static void print_value(struct buf *buf, const struct field *field, const void *object)
{
    struct field_set set = {.fields = field->sub, .count = field->sub_count};
    const void *member = json__member(field, object);

    switch (field->type) {
    case FIELD_TEXT:
        json_print_text(buf, *(const struct str *)member);
        break;
    case FIELD_INT:
        buf_add_int(buf, *(const int64_t *)member);
        break;
    case FIELD_AMOUNT:
        buf_add_int(buf, ((const struct amount *)member)->minor);
        break;
    case FIELD_CURRENCY:
        print_currency(buf, *(const enum currency *)member);
        break;
    case FIELD_BOOL:
        buf_add(buf, *(const bool *)member ? STR("true") : STR("false"));
        break;
    case FIELD_ENUM:
        print_enum(buf, field, *(const int *)member);
        break;
    case FIELD_TIME:
        print_time(buf, *(const int64_t *)member);
        break;
    case FIELD_ID:
        print_id(buf, field, *(const int64_t *)member);
        break;
    case FIELD_OBJECT:
        json_print_fields(buf, &set, member);
        break;
    case FIELD_LIST:
        print_list(buf, field, member);
        break;
    case FIELD_JSON:
        buf_add(buf, is_set(field, object) ? *(const struct str *)member : STR("{}"));
        break;
    case FIELD_CONST:
        json_print_text(buf, str_of(field->text));
        break;
    }
}

/* The key with what stands around it, in one append: most of the calls of a printed object. */
static void print_key(struct buf *buf, char separator, const char *name)
{
    char key[80];
    size_t len = strlen(name);

    CHECK(len + 4 <= sizeof(key));
    key[0] = separator;
    key[1] = '"';
    memcpy(key + 2, name, len);
    key[len + 2] = '"';
    key[len + 3] = ':';
    buf_add(buf, (struct str){key, len + 4});
}

void json_print_fields(struct buf *buf, const struct field_set *set, const void *value)
{
    char separator = '{';

    for (size_t i = 0; i < set->count; i++) {
        if (is_printed(&set->fields[i], value)) {
            print_key(buf, separator, set->fields[i].name);
            print_value(buf, &set->fields[i], value);
            separator = ',';
        }
    }
    buf_add(buf, separator == '{' ? STR("{}") : STR("}"));
}

/* ---- difference ---- */

static bool set_differs(const struct field *fields, size_t count, const void *a, const void *b);

static bool list_differs(const struct field *field, const struct field_list *a,
                         const struct field_list *b)
{
    if (a->count != b->count) {
        return true;
    }
    for (size_t i = 0; i < a->count; i++) {
        const char *left = (const char *)a->items + i * field->sub_size;
        const char *right = (const char *)b->items + i * field->sub_size;

        if (set_differs(field->sub, field->sub_count, left, right)) {
            return true;
        }
    }
    return false;
}

static bool differs(const struct field *field, const void *a, const void *b)
{
    const void *left = json__member(field, a);
    const void *right = json__member(field, b);

    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_JSON:
        return !str_eq(*(const struct str *)left, *(const struct str *)right);
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_ID:
        return *(const int64_t *)left != *(const int64_t *)right;
    case FIELD_AMOUNT:
        return ((const struct amount *)left)->minor != ((const struct amount *)right)->minor;
    case FIELD_CURRENCY:
        return *(const enum currency *)left != *(const enum currency *)right;
    case FIELD_BOOL:
        return *(const bool *)left != *(const bool *)right;
    case FIELD_ENUM:
        return *(const int *)left != *(const int *)right;
    case FIELD_OBJECT:
        return set_differs(field->sub, field->sub_count, left, right);
    case FIELD_LIST:
        return list_differs(field, left, right);
    case FIELD_CONST:
        return false;
    }
    CHECK(field->type == 0);
    return false;
}

static bool set_differs(const struct field *fields, size_t count, const void *a, const void *b)
{
    for (size_t i = 0; i < count; i++) {
        if (differs(&fields[i], a, b)) {
            return true;
        }
    }
    return false;
}

void json_print_difference(struct buf *buf, const struct field_set *set, const void *a,
                           const void *b)
{
    bool first = true;

    for (size_t i = 0; i < set->count; i++) {
        if (differs(&set->fields[i], a, b)) {
            buf_printf(buf, "%s%s", first ? "" : ",", set->fields[i].name);
            first = false;
        }
    }
}
