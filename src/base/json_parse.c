#include "base/json_int.h"
#include "base/time.h"

/* Seen fields are marked in one word. */
enum { FIELDS_MAX = 64 };

struct reader {
    struct arena *arena;
    struct json_refusal *refusal;
};

const void *json__member(const struct field *field, const void *object)
{
    return (const char *)object + field->offset;
}

static void *member_out(const struct field *field, void *object)
{
    return (char *)object + field->offset;
}

bool json__is_scalar_list(const struct field *field)
{
    return field->sub_count == 1 && field->sub[0].name[0] == '\0';
}

/* A max of 0 is none. */
static int64_t int_max(const struct field *field)
{
    return field->max == 0 ? INT64_MAX : field->max;
}

/* ---- text to value ---- */

/* The byte of the first bracket that opens a level too many; text.len when there is none. */
static size_t find_too_deep(struct str text)
{
    size_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '"') {
            for (i++; i < text.len && text.ptr[i] != '"'; i++) {
                i += text.ptr[i] == '\\';
            }
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_MAX_DEPTH) {
                return i;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return text.len;
}

static const char *syntax_words(enum json_error_code code)
{
    if (code == json_error_premature_end_of_input) {
        return "the text ends too early";
    }
    if (code == json_error_end_of_input_expected) {
        return "more text follows the JSON value";
    }
    if (code == json_error_null_character || code == json_error_null_byte_in_key) {
        return "\\u0000 is not allowed";
    }
    return "unexpected text";
}

static enum err refuse_syntax(struct str text, const json_error_t *error,
                              struct json_refusal *refusal)
{
    enum json_error_code code = json_error_code(error);
    size_t at = error->position < 0 ? 0 : (size_t)error->position;

    if (code == json_error_duplicate_key) {
        return json__refuse_at(refusal, text, at, ERR_JSON_DUPLICATE_KEY,
                               "the key occurs twice in its object");
    }
    if (code == json_error_numeric_overflow) {
        (void)json__refuse_at(refusal, text, at, ERR_FIELD_RANGE,
                              "the number is larger than 64 bits can hold");
        refusal->err = refusal->param[0] == '\0' ? ERR_JSON_SYNTAX : ERR_FIELD_RANGE;
        return refusal->err;
    }
    return json__refuse(refusal, NULL, ERR_JSON_SYNTAX, "%s at line %d, column %d",
                        syntax_words(code), error->line, error->column);
}

enum err json_parse(struct str text, json_t **out, struct json_refusal *refusal)
{
    json_error_t error;
    json_t *value;
    size_t deep;

    *refusal = (struct json_refusal){0};
    if (!str_is_utf8(text)) {
        return json__refuse(refusal, NULL, ERR_JSON_UTF8, "must be well-formed UTF-8 without NUL");
    }
    deep = find_too_deep(text);
    if (deep < text.len) {
        return json__refuse(refusal, NULL, ERR_JSON_DEPTH,
                            "must not be nested more than %d levels deep", JSON_MAX_DEPTH);
    }
    value = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL) {
        return refuse_syntax(text, &error, refusal);
    }
    *out = value;
    return ERR_OK;
}

/* ---- scalars ---- */

static struct str text_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static enum err refuse_length(struct reader *reader, const struct json_place *place,
                              const struct field *field, const char *unit)
{
    if (field->min == 0) {
        return json__refuse(reader->refusal, place, ERR_FIELD_LENGTH, "must have at most %lld %s",
                            (long long)field->max, unit);
    }
    if (field->min == field->max) {
        return json__refuse(reader->refusal, place, ERR_FIELD_LENGTH, "must have exactly %lld %s",
                            (long long)field->max, unit);
    }
    return json__refuse(reader->refusal, place, ERR_FIELD_LENGTH, "must have %lld to %lld %s",
                        (long long)field->min, (long long)field->max, unit);
}

static enum err read_text(struct reader *reader, const struct json_place *place,
                          const struct field *field, const json_t *value, struct str *out)
{
    struct str text = text_of(value);
    int64_t count = (int64_t)str_utf8_count(text);

    CHECK(field->max > 0);
    if (count < field->min || count > field->max) {
        return refuse_length(reader, place, field, "characters");
    }
    if (!json__charset_accepts(field->charset, text)) {
        return json__refuse(reader->refusal, place, ERR_FIELD_FORMAT, "%s",
                            json__charset_words(field->charset));
    }
    *out = str_dup(reader->arena, text);
    return ERR_OK;
}

static enum err read_int(struct reader *reader, const struct json_place *place,
                         const struct field *field, const json_t *value, int64_t *out)
{
    int64_t max = int_max(field);
    int64_t number;

    if (!json_is_integer(value)) {
        return json__refuse(reader->refusal, place, ERR_FIELD_TYPE,
                            "must be an integer, without fraction or exponent");
    }
    number = json_integer_value(value);
    if (number < field->min || number > max) {
        return json__refuse(reader->refusal, place, ERR_FIELD_RANGE,
                            "must be an integer from %lld to %lld", (long long)field->min,
                            (long long)max);
    }
    *out = number;
    return ERR_OK;
}

static enum err read_enum(struct reader *reader, const struct json_place *place,
                          const struct field *field, const json_t *value, int *out)
{
    struct buf words;
    enum err err;

    for (const struct enum_name *name = field->names; name->name != NULL; name++) {
        if (str_eq(str_of(name->name), text_of(value))) {
            *out = name->value;
            return ERR_OK;
        }
    }
    buf_init(&words, sizeof(reader->refusal->detail));
    for (const struct enum_name *name = field->names; name->name != NULL; name++) {
        buf_printf(&words, "%s%s", name == field->names ? "" : ", ", name->name);
    }
    err = json__refuse(reader->refusal, place, ERR_FIELD_VALUE, "must be one of " STR_FMT,
                       STR_ARG(buf_str(&words)));
    buf_free(&words);
    return err;
}

static enum err read_id(struct reader *reader, const struct json_place *place,
                        const struct field *field, const json_t *value, int64_t *out)
{
    int64_t id;

    if (id_parse(text_of(value), field->prefix, &id) != ERR_OK || id == 0) {
        return json__refuse(reader->refusal, place, ERR_FIELD_FORMAT,
                            "must be an id: %s_ and %d characters of 0-9 A-Z", field->prefix,
                            ID_TEXT_LEN);
    }
    *out = id;
    return ERR_OK;
}

static enum err read_time(struct reader *reader, const struct json_place *place,
                          const json_t *value, int64_t *out)
{
    int64_t at_ms;

    if (time_parse(text_of(value), &at_ms) != ERR_OK) {
        return json__refuse(reader->refusal, place, ERR_FIELD_FORMAT,
                            "must be a time like 2026-01-31T08:00:00.000Z (RFC 3339)");
    }
    if (at_ms <= 0) {
        return json__refuse(reader->refusal, place, ERR_FIELD_RANGE,
                            "must be a time after 1970-01-01T00:00:00.000Z");
    }
    *out = at_ms;
    return ERR_OK;
}

static enum err read_currency(struct reader *reader, const struct json_place *place,
                              const json_t *value, enum currency *out)
{
    if (currency_parse(text_of(value), out) != ERR_OK) {
        return json__refuse(reader->refusal, place, ERR_CURRENCY_UNKNOWN,
                            "must be an ISO 4217 code in upper case, like CNY");
    }
    return ERR_OK;
}

/* ---- any JSON, for FIELD_JSON ---- */

static enum err copy_text(struct reader *reader, const struct json_place *place, struct str text,
                          struct buf *buf)
{
    if (!json__text_is_clean(text)) {
        return json__refuse(reader->refusal, place, ERR_FIELD_FORMAT, "%s",
                            json__charset_words(FIELD_ANY));
    }
    json_print_text(buf, text);
    return ERR_OK;
}

static enum err copy_any(struct reader *reader, const struct json_place *place, json_t *value,
                         unsigned depth, struct buf *buf);

static enum err copy_object(struct reader *reader, const struct json_place *place, json_t *value,
                            unsigned depth, struct buf *buf)
{
    char separator = '{';

    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at)) {
        struct json_place inner = {place, json_object_iter_key(at), 0};

        buf_add_char(buf, separator);
        separator = ',';
        TRY(copy_text(reader, &inner, str_of(inner.key), buf));
        buf_add_char(buf, ':');
        TRY(copy_any(reader, &inner, json_object_iter_value(at), depth + 1, buf));
    }
    buf_add(buf, separator == '{' ? STR("{}") : STR("}"));
    return ERR_OK;
}

static enum err copy_list(struct reader *reader, const struct json_place *place,
                          const json_t *value, unsigned depth, struct buf *buf)
{
    buf_add_char(buf, '[');
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct json_place inner = {place, NULL, i};

        if (i > 0) {
            buf_add_char(buf, ',');
        }
        TRY(copy_any(reader, &inner, json_array_get(value, i), depth + 1, buf));
    }
    buf_add_char(buf, ']');
    return ERR_OK;
}

/* Recursion is bounded by depth, which json_parse has checked already. */
static enum err copy_any(struct reader *reader, const struct json_place *place, json_t *value,
                         unsigned depth, struct buf *buf)
{
    if (depth > JSON_MAX_DEPTH) {
        return json__refuse(reader->refusal, place, ERR_JSON_DEPTH,
                            "must not be nested more than %d levels deep", JSON_MAX_DEPTH);
    }
    if (json_is_object(value)) {
        return copy_object(reader, place, value, depth, buf);
    }
    if (json_is_array(value)) {
        return copy_list(reader, place, value, depth, buf);
    }
    if (json_is_string(value)) {
        return copy_text(reader, place, text_of(value), buf);
    }
    if (json_is_real(value)) {
        return json__refuse(reader->refusal, place, ERR_FIELD_TYPE,
                            "must be an integer; write other numbers as text");
    }
    if (json_is_integer(value)) {
        buf_add_int(buf, json_integer_value(value));
    } else {
        buf_add(buf, json_is_null(value)   ? STR("null")
                     : json_is_true(value) ? STR("true")
                                           : STR("false"));
    }
    return ERR_OK;
}

static enum err read_json(struct reader *reader, const struct json_place *place,
                          const struct field *field, json_t *value, struct str *out)
{
    struct buf buf;

    CHECK(field->max > 0);
    buf_init_arena(&buf, reader->arena, (size_t)field->max);
    TRY(copy_object(reader, place, value, 1, &buf));
    if (!buf_ok(&buf)) {
        return json__refuse(reader->refusal, place, ERR_FIELD_LENGTH,
                            "must have at most %lld bytes as compact JSON", (long long)field->max);
    }
    *out = buf_str(&buf);
    return ERR_OK;
}

/* ---- fields ---- */

static enum err read_object(struct reader *reader, const struct json_place *place, json_t *value,
                            const struct field_set *set, void *out);

static enum err read_field(struct reader *reader, const struct json_place *place,
                           const struct field *field, json_t *value, void *out);

static enum err read_list(struct reader *reader, const struct json_place *place,
                          const struct field *field, const json_t *value, struct field_list *out)
{
    struct field_set set = {.fields = field->sub, .count = field->sub_count};
    size_t count = json_array_size(value);
    char *items;

    CHECK(field->max > 0 && field->sub_size > 0);
    if ((int64_t)count < field->min || (int64_t)count > field->max) {
        return refuse_length(reader, place, field, "items");
    }
    items = arena_array(reader->arena, field->sub_size, count);
    for (size_t i = 0; i < count; i++) {
        struct json_place inner = {place, NULL, i};
        json_t *item = json_array_get(value, i);
        void *item_out = items + i * field->sub_size;

        if (json__is_scalar_list(field)) {
            TRY(read_field(reader, &inner, &field->sub[0], item, item_out));
        } else {
            TRY(read_object(reader, &inner, item, &set, item_out));
        }
    }
    *out = (struct field_list){items, count};
    return ERR_OK;
}

static enum err check_type(struct reader *reader, const struct json_place *place,
                           const struct field *field, const json_t *value)
{
    static const struct {
        json_type type;
        const char *words;
    } wanted[] = {
        [FIELD_TEXT] = {JSON_STRING, "must be text"},
        [FIELD_INT] = {JSON_INTEGER, "must be an integer, without fraction or exponent"},
        [FIELD_AMOUNT] = {JSON_INTEGER, "must be an integer of minor units, without fraction"},
        [FIELD_CURRENCY] = {JSON_STRING, "must be text"},
        [FIELD_BOOL] = {JSON_TRUE, "must be true or false"},
        [FIELD_ENUM] = {JSON_STRING, "must be text"},
        [FIELD_TIME] = {JSON_STRING, "must be text"},
        [FIELD_ID] = {JSON_STRING, "must be text"},
        [FIELD_OBJECT] = {JSON_OBJECT, "must be an object"},
        [FIELD_LIST] = {JSON_ARRAY, "must be an array"},
        [FIELD_JSON] = {JSON_OBJECT, "must be an object"},
    };
    json_type type = json_is_boolean(value) ? JSON_TRUE : json_typeof(value);

    CHECK(field->type > 0 && field->type < FIELD_CONST);
    if (type == JSON_NULL) {
        return json__refuse(reader->refusal, place, ERR_FIELD_TYPE,
                            "%s, not null; leave an absent field out", wanted[field->type].words);
    }
    if (type != wanted[field->type].type) {
        return json__refuse(reader->refusal, place, ERR_FIELD_TYPE, "%s",
                            wanted[field->type].words);
    }
    return ERR_OK;
}

static enum err read_field(struct reader *reader, const struct json_place *place,
                           const struct field *field, json_t *value, void *out)
{
    struct field_set set = {.fields = field->sub, .count = field->sub_count};
    void *member = member_out(field, out);

    TRY(check_type(reader, place, field, value));
    switch (field->type) {
    case FIELD_TEXT:
        return read_text(reader, place, field, value, member);
    case FIELD_INT:
        return read_int(reader, place, field, value, member);
    case FIELD_AMOUNT:
        return read_int(reader, place, field, value, &((struct amount *)member)->minor);
    case FIELD_CURRENCY:
        return read_currency(reader, place, value, member);
    case FIELD_BOOL:
        *(bool *)member = json_is_true(value);
        return ERR_OK;
    case FIELD_ENUM:
        return read_enum(reader, place, field, value, member);
    case FIELD_TIME:
        return read_time(reader, place, value, member);
    case FIELD_ID:
        return read_id(reader, place, field, value, member);
    case FIELD_OBJECT:
        return read_object(reader, place, value, &set, member);
    case FIELD_LIST:
        return read_list(reader, place, field, value, member);
    case FIELD_JSON:
        return read_json(reader, place, field, value, member);
    case FIELD_CONST:
        break;
    }
    CHECK(field->type != FIELD_CONST);
    return ERR_OK;
}

/* Clients mostly write the fields in the order of the table: the search begins at `from`. */
static size_t find_field(const struct field_set *set, const char *key, size_t from)
{
    for (size_t i = 0; i < set->count; i++) {
        size_t at = from + i < set->count ? from + i : from + i - set->count;

        if (strcmp(set->fields[at].name, key) == 0) {
            return at;
        }
    }
    return set->count;
}

static enum err check_required(struct reader *reader, const struct json_place *place,
                               const struct field_set *set, uint64_t seen)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        struct json_place inner = {place, field->name, 0};

        if (field->required && !field->read_only && field->type != FIELD_CONST &&
            (seen >> i & 1) == 0) {
            return json__refuse(reader->refusal, &inner, ERR_FIELD_REQUIRED, "must be given");
        }
    }
    return ERR_OK;
}

static enum err read_object(struct reader *reader, const struct json_place *place, json_t *value,
                            const struct field_set *set, void *out)
{
    uint64_t seen = 0;
    size_t next = 0;

    CHECK(set->count <= FIELDS_MAX);
    if (!json_is_object(value)) {
        return json__refuse(reader->refusal, place, ERR_FIELD_TYPE, "must be an object");
    }
    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at)) {
        struct json_place inner = {place, json_object_iter_key(at), 0};
        size_t i = find_field(set, inner.key, next);

        if (i == set->count) {
            return json__refuse(reader->refusal, &inner, ERR_FIELD_UNKNOWN,
                                "there is no such field here");
        }
        if (set->fields[i].read_only || set->fields[i].type == FIELD_CONST) {
            return json__refuse(reader->refusal, &inner, ERR_FIELD_UNKNOWN,
                                "is set by the server and cannot be given");
        }
        TRY(read_field(reader, &inner, &set->fields[i], json_object_iter_value(at), out));
        seen |= UINT64_C(1) << i;
        next = i + 1;
    }
    return check_required(reader, place, set, seen);
}

enum err json_read_fields(struct arena *arena, json_t *value, const struct field_set *set,
                          void *out, struct json_refusal *refusal)
{
    struct reader reader = {arena, refusal};

    *refusal = (struct json_refusal){0};
    return read_object(&reader, NULL, value, set, out);
}

enum err json_parse_fields(struct arena *arena, struct str text, const struct field_set *set,
                           void *out, struct json_refusal *refusal)
{
    json_t *value;
    enum err err;

    TRY(json_parse(text, &value, refusal));
    err = json_read_fields(arena, value, set, out, refusal);
    json_decref(value);
    return err;
}
