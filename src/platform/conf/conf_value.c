#include "platform/conf/conf_int.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Greatest first; the name of the last one is what a bare number means, where it may be bare. */
static const struct unit duration_units[] = {
    {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};
static const struct unit size_units[] = {
    {"g", 1 << 30}, {"m", 1 << 20}, {"k", 1 << 10}, {"", 1}, {NULL, 0},
};
static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum conf_type type)
{
    return type == CONF_DURATION ? duration_units : type == CONF_SIZE ? size_units : plain_units;
}

static bool is_text(enum conf_type type)
{
    return type == CONF_TEXT || type == CONF_SECRET;
}

void conf__print_number(struct buf *buf, enum conf_type type, int64_t number)
{
    const struct unit *unit = units_of(type);

    while (unit[1].name != NULL && (number == 0 || number % unit->factor != 0)) {
        unit++;
    }
    buf_add_int(buf, number / unit->factor);
    buf_add(buf, str_of(unit->name));
}

static const char *type_words(enum conf_type type)
{
    switch (type) {
    case CONF_INT:
        return "an integer";
    case CONF_BOOL:
        return "true or false";
    case CONF_TEXT:
        return "text";
    case CONF_SECRET:
        return "a secret";
    case CONF_DURATION:
        return "a duration (500ms, 5s, 2m, 1h)";
    case CONF_SIZE:
        return "a size in bytes (512, 64k, 16m, 1g)";
    }
    CHECK(type == 0);
    return "";
}

void conf__print_rule(struct buf *buf, const struct conf_row *row)
{
    enum conf_type unit = is_text(row->type) ? CONF_INT : row->type;

    buf_add(buf, str_of(type_words(row->type)));
    if (row->type == CONF_BOOL || (is_text(row->type) && row->min == 0 && row->max == 0)) {
        return;
    }
    if (row->max == 0) {
        buf_add(buf, STR(" of at least "));
    } else {
        buf_add(buf, is_text(row->type) ? STR(" of ") : STR(" from "));
    }
    conf__print_number(buf, unit, row->min);
    if (row->max != 0) {
        buf_add(buf, STR(" to "));
        conf__print_number(buf, unit, row->max);
    }
    buf_add(buf, is_text(row->type) ? STR(" characters") : STR(""));
}

void conf__env_name(const char *key, char name[CONF_ENV_MAX])
{
    static const char prefix[] = "TOMATO_";
    size_t len = sizeof(prefix) - 1;

    memcpy(name, prefix, len);
    for (; *key != '\0'; key++) {
        CHECK(len + 1 < CONF_ENV_MAX);
        name[len++] = *key >= 'a' && *key <= 'z' ? (char)(*key - 'a' + 'A')
                      : *key == '.'              ? '_'
                                                 : *key;
    }
    name[len] = '\0';
}

static bool read_number(enum conf_type type, struct str text, int64_t *out)
{
    const struct unit *units = units_of(type);

    for (const struct unit *unit = units; unit->name != NULL; unit++) {
        struct str name = str_of(unit->name);
        int64_t number;

        if (str_ends(text, name) &&
            str_parse_int(str_slice(text, 0, text.len - name.len), &number) == ERR_OK) {
            return !__builtin_mul_overflow(number, unit->factor, out);
        }
    }
    return false;
}

static bool is_clean(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x20 || c == 0x7F) {
            return false;
        }
    }
    return str_is_utf8(text);
}

static bool in_limits(const struct conf_row *row, int64_t number)
{
    return number >= row->min && (row->max == 0 || number <= row->max);
}

enum err conf__read_value(struct conf *conf, struct conf_entry *entry, struct str text,
                          struct buf *why)
{
    const struct conf_row *row = entry->row;
    bool good = is_clean(text);

    if (good && row->type == CONF_BOOL) {
        entry->number = str_eq(text, STR("true"));
        good = entry->number != 0 || str_eq(text, STR("false"));
    } else if (good && is_text(row->type)) {
        good = in_limits(row, (int64_t)str_utf8_count(text));
    } else if (good) {
        good = read_number(row->type, text, &entry->number) && in_limits(row, entry->number);
    }
    if (!good) {
        buf_add(why, STR("must be "));
        conf__print_rule(why, row);
        return ERR_CONF_VALUE;
    }
    if (row->type == CONF_SECRET) {
        secret_wipe(&entry->secret);
        entry->secret = secret_of(conf->arena, text);
    } else {
        entry->text = str_dup(conf->arena, text);
    }
    return ERR_OK;
}
