#include "platform/conf/conf_int.h"

static const char mask[] = "****";

/* Where the password of a URL like mysql://user:password@host stands; false: there is none. */
static bool find_password(struct str text, size_t *from, size_t *to)
{
    size_t at;

    if (!str_find(text, STR("://"), &at)) {
        return false;
    }
    *from = 0;
    for (size_t i = at + 3; i < text.len && strchr("/?#", text.ptr[i]) == NULL; i++) {
        if (text.ptr[i] == ':' && *from == 0) {
            *from = i + 1;
        }
        if (text.ptr[i] == '@' && *from > 0) {
            *to = i;
            return true;
        }
    }
    return false;
}

/* True when the value could not be printed as it is. */
static bool is_masked(const struct conf_entry *entry)
{
    size_t from;
    size_t to;

    return secret_is_set(&entry->secret) ||
           (entry->row->type == CONF_TEXT && find_password(entry->text, &from, &to));
}

static void print_value(struct buf *buf, const struct conf_entry *entry)
{
    size_t from;
    size_t to;

    if (entry->row->type == CONF_SECRET) {
        buf_add(buf, secret_is_set(&entry->secret) ? str_of(mask) : STR(""));
    } else if (entry->row->type == CONF_BOOL) {
        buf_add(buf, entry->number != 0 ? STR("true") : STR("false"));
    } else if (entry->row->type != CONF_TEXT) {
        conf__print_number(buf, entry->row->type, entry->number);
    } else if (find_password(entry->text, &from, &to)) {
        buf_add(buf, str_slice(entry->text, 0, from));
        buf_add(buf, str_of(mask));
        buf_add(buf, str_slice(entry->text, to, entry->text.len));
    } else {
        buf_add(buf, entry->text);
    }
}

static void print_source(struct buf *buf, const struct conf *conf, const struct conf_entry *entry)
{
    char env[CONF_ENV_MAX];

    conf__env_name(entry->row->key, env);
    switch (entry->source) {
    case CONF_UNSET:
    case CONF_DEFAULT:
        buf_add(buf, STR("# Set: by default.\n"));
        break;
    case CONF_FROM_FILE:
        buf_printf(buf, "# Set: " STR_FMT ":%d.\n", STR_ARG(conf->file), entry->line);
        break;
    case CONF_FROM_ENVIRONMENT:
        buf_printf(buf, "# Set: environment, %s.\n", env);
        break;
    }
}

static void print_entry(struct buf *buf, const struct conf *conf, const struct conf_entry *entry)
{
    const char *value = entry->row->value;

    buf_printf(buf, "# %s\n# Value: ", entry->row->help);
    conf__print_rule(buf, entry->row);
    if (value == NULL) {
        buf_add(buf, STR("; must be set.\n"));
    } else if (value[0] == '\0') {
        buf_add(buf, STR("; empty by default.\n"));
    } else {
        buf_printf(buf, "; default %s.\n", entry->row->type == CONF_SECRET ? mask : value);
    }
    print_source(buf, conf, entry);
    /* A mask must never be read back as a value. */
    buf_printf(buf, "%s%s = ", is_masked(entry) ? "# " : "", entry->row->key);
    print_value(buf, entry);
    buf_add_char(buf, '\n');
}

void conf_print(struct buf *buf, const struct conf *conf)
{
    for (size_t i = 0; i < conf->count; i++) {
        if (i > 0) {
            buf_add_char(buf, '\n');
        }
        print_entry(buf, conf, &conf->entries[i]);
    }
}
