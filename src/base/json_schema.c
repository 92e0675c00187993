#include "base/json_int.h"

/* An object that is being written: the separator before its next member. */
struct object {
    struct buf *buf;
    bool begun;
};

static void key(struct object *object, const char *name)
{
    buf_add_char(object->buf, object->begun ? ',' : '{');
    object->begun = true;
    json_print_text(object->buf, str_of(name));
    buf_add_char(object->buf, ':');
}

static void text(struct object *object, const char *name, const char *value)
{
    key(object, name);
    json_print_text(object->buf, str_of(value));
}

static void number(struct object *object, const char *name, int64_t value)
{
    key(object, name);
    buf_add_int(object->buf, value);
}

static void end(struct object *object)
{
    buf_add(object->buf, object->begun ? STR("}") : STR("{}"));
}

static const char *type_name(enum field_type type)
{
    switch (type) {
    case FIELD_INT:
    case FIELD_AMOUNT:
        return "integer";
    case FIELD_BOOL:
        return "boolean";
    case FIELD_OBJECT:
    case FIELD_JSON:
        return "object";
    case FIELD_LIST:
        return "array";
    case FIELD_TEXT:
    case FIELD_CURRENCY:
    case FIELD_ENUM:
    case FIELD_TIME:
    case FIELD_ID:
    case FIELD_CONST:
        break;
    }
    return "string";
}

/* These have no zero of their own: an absent one that is printed all the same is null. */
static bool is_nullable(const struct field *field)
{
    return field->always && !field->required &&
           (field->type == FIELD_CURRENCY || field->type == FIELD_ENUM ||
            field->type == FIELD_TIME || field->type == FIELD_ID);
}

static void print_type(struct object *schema, const struct field *field)
{
    if (is_nullable(field)) {
        key(schema, "type");
        buf_printf(schema->buf, "[\"%s\",\"null\"]", type_name(field->type));
    } else {
        text(schema, "type", type_name(field->type));
    }
}

/* Texts are quoted; what is written as JSON stands as it is. */
static void print_example(struct object *schema, const struct field *field)
{
    bool quoted = strcmp(type_name(field->type), "string") == 0;

    key(schema, "examples");
    buf_add_char(schema->buf, '[');
    if (quoted) {
        json_print_text(schema->buf, str_of(field->example));
    } else {
        buf_add(schema->buf, str_of(field->example));
    }
    buf_add_char(schema->buf, ']');
}

static void print_number_limits(struct object *schema, const struct field *field)
{
    text(schema, "format", "int64");
    if (field->min != INT64_MIN && !field->read_only) {
        number(schema, "minimum", field->min);
    }
    if (field->max != 0 && !field->read_only) {
        number(schema, "maximum", field->max);
    }
}

static void print_text_limits(struct object *schema, const struct field *field)
{
    const char *pattern = json__charset_pattern(field->charset);

    if (field->min > 0) {
        number(schema, "minLength", field->min);
    }
    if (field->max > 0) {
        number(schema, "maxLength", field->max);
    }
    if (field->charset == FIELD_URL) {
        text(schema, "format", "uri");
    }
    if (pattern != NULL) {
        text(schema, "pattern", pattern);
    }
}

static void print_names(struct object *schema, const struct field *field)
{
    key(schema, "enum");
    for (const struct enum_name *name = field->names; name->name != NULL; name++) {
        buf_add_char(schema->buf, name == field->names ? '[' : ',');
        json_print_text(schema->buf, str_of(name->name));
    }
    buf_add(schema->buf, is_nullable(field) ? STR(",null]") : STR("]"));
}

static void print_id_pattern(struct object *schema, const struct field *field)
{
    key(schema, "pattern");
    buf_printf(schema->buf, "\"^%s_[0-7][0-9A-HJKMNP-TV-Z]{%d}$\"", field->prefix, ID_TEXT_LEN - 1);
}

static void print_members(struct object *schema, const struct field *fields, size_t count);
static void print_field(struct buf *buf, const struct field *field);

static void print_list_limits(struct object *schema, const struct field *field)
{
    if (field->min > 0) {
        number(schema, "minItems", field->min);
    }
    if (field->max > 0) {
        number(schema, "maxItems", field->max);
    }
    key(schema, "items");
    if (json__is_scalar_list(field)) {
        print_field(schema->buf, &field->sub[0]);
    } else {
        struct object item = {schema->buf, false};

        text(&item, "type", "object");
        print_members(&item, field->sub, field->sub_count);
        end(&item);
    }
}

static void print_rules(struct object *schema, const struct field *field)
{
    switch (field->type) {
    case FIELD_TEXT:
        print_text_limits(schema, field);
        break;
    case FIELD_INT:
    case FIELD_AMOUNT:
        print_number_limits(schema, field);
        break;
    case FIELD_CURRENCY:
        text(schema, "pattern", "^[A-Z]{3}$");
        break;
    case FIELD_ENUM:
        print_names(schema, field);
        break;
    case FIELD_TIME:
        text(schema, "format", "date-time");
        break;
    case FIELD_ID:
        print_id_pattern(schema, field);
        break;
    case FIELD_OBJECT:
        print_members(schema, field->sub, field->sub_count);
        break;
    case FIELD_LIST:
        print_list_limits(schema, field);
        break;
    case FIELD_CONST:
        text(schema, "const", field->text);
        break;
    case FIELD_JSON:
        number(schema, "x-max-bytes", field->max);
        break;
    case FIELD_BOOL:
        break;
    }
}

static void print_field(struct buf *buf, const struct field *field)
{
    struct object schema = {buf, false};

    print_type(&schema, field);
    if (field->help != NULL) {
        text(&schema, "description", field->help);
    }
    print_rules(&schema, field);
    if (field->read_only || field->type == FIELD_CONST) {
        key(&schema, "readOnly");
        buf_add(buf, STR("true"));
    }
    if (field->example != NULL) {
        print_example(&schema, field);
    }
    end(&schema);
}

/* Read-only members count for answers alone, as OpenAPI reads them. */
static bool is_required(const struct field *field)
{
    return field->required || field->type == FIELD_CONST || (field->always && field->read_only);
}

static void print_members(struct object *schema, const struct field *fields, size_t count)
{
    struct object properties = {schema->buf, false};
    char separator = '[';

    key(schema, "properties");
    for (size_t i = 0; i < count; i++) {
        key(&properties, fields[i].name);
        print_field(schema->buf, &fields[i]);
    }
    end(&properties);
    for (size_t i = 0; i < count; i++) {
        if (is_required(&fields[i])) {
            if (separator == '[') {
                key(schema, "required");
            }
            buf_add_char(schema->buf, separator);
            json_print_text(schema->buf, str_of(fields[i].name));
            separator = ',';
        }
    }
    if (separator == ',') {
        buf_add_char(schema->buf, ']');
    }
    key(schema, "additionalProperties");
    buf_add(schema->buf, STR("false"));
}

void json_print_schema(struct buf *buf, const struct field_set *set)
{
    struct object schema = {buf, false};

    text(&schema, "type", "object");
    print_members(&schema, set->fields, set->count);
    end(&schema);
}
