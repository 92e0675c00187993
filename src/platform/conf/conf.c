#include "platform/conf/conf_int.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { CONF_FILE_MAX = 1 << 20 };

struct loading {
    struct conf *conf;
    struct conf_problem *problem;
};

static enum err refuse(struct loading *loading, enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
static enum err refuse(struct loading *loading, enum err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(loading->problem->text, sizeof(loading->problem->text), format, args);
    va_end(args);
    return err;
}

static struct conf_entry *find(const struct conf *conf, struct str key)
{
    for (size_t i = 0; i < conf->count; i++) {
        if (str_eq(str_of(conf->entries[i].row->key), key)) {
            return &conf->entries[i];
        }
    }
    return NULL;
}

static enum err set_value(struct loading *loading, struct conf_entry *entry, struct str value,
                          const char *where)
{
    char text[160];
    struct buf why = {.ptr = text, .size = sizeof(text), .cap = sizeof(text)};

    if (conf__read_value(loading->conf, entry, value, &why) != ERR_OK) {
        return refuse(loading, ERR_CONF_VALUE, "%s: " STR_FMT, where, STR_ARG(buf_str(&why)));
    }
    return ERR_OK;
}

/* ---- defaults ---- */

static enum err read_defaults(struct loading *loading)
{
    for (size_t i = 0; i < loading->conf->count; i++) {
        struct conf_entry *entry = &loading->conf->entries[i];

        CHECK(find(loading->conf, str_of(entry->row->key)) == entry);
        if (entry->row->value != NULL) {
            entry->source = CONF_DEFAULT;
            CHECK(set_value(loading, entry, str_of(entry->row->value), "default") == ERR_OK);
        }
    }
    return ERR_OK;
}

/* ---- the file ---- */

static enum err read_line(struct loading *loading, struct str line, int number)
{
    struct conf_entry *entry;
    struct str value = line;
    struct str key;
    bool assigned = str_cut(&value, '=', &key);
    struct str file = loading->conf->file;
    char where[192];

    line = str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#') {
        return ERR_OK;
    }
    if (!assigned) {
        return refuse(loading, ERR_CONF_FILE, STR_FMT ":%d: must be `key = value` or a comment",
                      STR_ARG(file), number);
    }
    key = str_trim(key);
    key.len = key.len < 64 ? key.len : 64;
    entry = find(loading->conf, key);
    if (entry == NULL) {
        return refuse(loading, ERR_CONF_KEY, STR_FMT ":%d: " STR_FMT ": there is no such key",
                      STR_ARG(file), number, STR_ARG(key));
    }
    if (entry->source == CONF_FROM_FILE) {
        return refuse(loading, ERR_CONF_KEY, STR_FMT ":%d: %s: is set in line %d already",
                      STR_ARG(file), number, entry->row->key, entry->line);
    }
    entry->source = CONF_FROM_FILE;
    entry->line = number;
    (void)snprintf(where, sizeof(where), STR_FMT ":%d: %s", STR_ARG(file), number, entry->row->key);
    return set_value(loading, entry, str_trim(value), where);
}

static enum err read_lines(struct loading *loading, struct str content)
{
    struct str line;
    bool more = true;

    if (!str_is_utf8(content)) {
        return refuse(loading, ERR_CONF_FILE, STR_FMT ": must be UTF-8 text",
                      STR_ARG(loading->conf->file));
    }
    for (int number = 1; more; number++) {
        more = str_cut(&content, '\n', &line);
        TRY(read_line(loading, line, number));
    }
    return ERR_OK;
}

static enum err read_file(struct loading *loading)
{
    struct conf *conf = loading->conf;
    char *path = str_cstr(conf->arena, conf->file);
    FILE *file = fopen(path, "re");
    char *content;
    size_t len;
    enum err err;

    if (file == NULL) {
        return refuse(loading, ERR_CONF_FILE, "%s: %s", path, strerror(errno));
    }
    (void)setvbuf(file, NULL, _IONBF, 0); /* no second copy of the secrets */
    content = mem_new(CONF_FILE_MAX);
    len = fread(content, 1, CONF_FILE_MAX, file);
    if (ferror(file) != 0) {
        err = refuse(loading, ERR_CONF_FILE, "%s: %s", path, strerror(errno));
    } else if (len == CONF_FILE_MAX) {
        err = refuse(loading, ERR_CONF_FILE, "%s: is larger than a configuration can be", path);
    } else {
        err = read_lines(loading, (struct str){content, len});
    }
    (void)fclose(file);
    explicit_bzero(content, len); /* it held secrets */
    mem_free(content);
    return err;
}

/* ---- the environment ---- */

static struct conf_entry *find_variable(const struct conf *conf, struct str name)
{
    for (size_t i = 0; i < conf->count; i++) {
        char env[CONF_ENV_MAX];

        conf__env_name(conf->entries[i].row->key, env);
        if (str_eq(str_of(env), name)) {
            return &conf->entries[i];
        }
    }
    return NULL;
}

/* Whether the variable is spelled like a key of one of the modules: then it is a typing error,
 * while TOMATO_ variables of scripts are none of our business. */
static bool names_a_module(const struct conf *conf, struct str name)
{
    for (size_t i = 0; i < conf->count; i++) {
        char env[CONF_ENV_MAX];
        struct str module;
        struct str key = str_of(conf->entries[i].row->key);

        (void)str_cut(&key, '.', &module);
        conf__env_name(conf->entries[i].row->key, env);
        if (str_starts(name, str_slice(str_of(env), 0, strlen("TOMATO_") + module.len + 1))) {
            return true;
        }
    }
    return false;
}

static enum err read_variable(struct loading *loading, struct str variable)
{
    struct str value = variable;
    struct str name;
    struct conf_entry *entry;
    char where[CONF_ENV_MAX];

    if (!str_starts(variable, STR("TOMATO_")) || !str_cut(&value, '=', &name)) {
        return ERR_OK;
    }
    entry = find_variable(loading->conf, name);
    if (entry == NULL && names_a_module(loading->conf, name)) {
        return refuse(loading, ERR_CONF_KEY, STR_FMT ": there is no such key", STR_ARG(name));
    }
    if (entry == NULL) {
        return ERR_OK;
    }
    entry->source = CONF_FROM_ENVIRONMENT;
    conf__env_name(entry->row->key, where);
    return set_value(loading, entry, str_trim(value), where);
}

static enum err read_environment(struct loading *loading)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        TRY(read_variable(loading, str_of(*variable)));
    }
    return ERR_OK;
}

/* ---- all of it ---- */

static enum err check_all_set(struct loading *loading)
{
    for (size_t i = 0; i < loading->conf->count; i++) {
        const struct conf_entry *entry = &loading->conf->entries[i];
        char env[CONF_ENV_MAX];

        if (entry->source == CONF_UNSET) {
            conf__env_name(entry->row->key, env);
            return refuse(loading, ERR_CONF_VALUE, "%s: must be set, in the file or as %s",
                          entry->row->key, env);
        }
    }
    return ERR_OK;
}

static enum err load(struct loading *loading)
{
    TRY(read_defaults(loading));
    if (loading->conf->file.len > 0) {
        TRY(read_file(loading));
    }
    TRY(read_environment(loading));
    return check_all_set(loading);
}

static struct conf *conf_new(const struct conf_rows *sets, size_t set_count, struct str file)
{
    struct conf *conf = mem_new(sizeof(*conf));
    size_t at = 0;

    conf->arena = arena_new();
    conf->file = str_dup(conf->arena, file);
    for (size_t i = 0; i < set_count; i++) {
        conf->count += sets[i].count;
    }
    conf->entries = ARENA_ARRAY(conf->arena, struct conf_entry, conf->count);
    for (size_t i = 0; i < set_count; i++) {
        for (size_t j = 0; j < sets[i].count; j++) {
            conf->entries[at++].row = &sets[i].rows[j];
        }
    }
    return conf;
}

enum err conf_load(const struct conf_rows *sets, size_t set_count, struct str file,
                   struct conf **out, struct conf_problem *problem)
{
    struct loading loading = {conf_new(sets, set_count, file), problem};
    enum err err = load(&loading);

    if (err == ERR_OK) {
        *out = loading.conf;
    } else {
        conf_free(loading.conf);
    }
    return err;
}

void conf_free(struct conf *conf)
{
    if (conf != NULL) {
        for (size_t i = 0; i < conf->count; i++) {
            secret_wipe(&conf->entries[i].secret);
        }
        arena_free(conf->arena);
        mem_free(conf);
    }
}

static const struct conf_entry *entry_of(const struct conf *conf, const char *key)
{
    const struct conf_entry *entry = find(conf, str_of(key));

    CHECK(entry != NULL);
    return entry;
}

int64_t conf_int(const struct conf *conf, const char *key)
{
    const struct conf_entry *entry = entry_of(conf, key);

    CHECK(entry->row->type == CONF_INT || entry->row->type == CONF_DURATION ||
          entry->row->type == CONF_SIZE);
    return entry->number;
}

bool conf_bool(const struct conf *conf, const char *key)
{
    const struct conf_entry *entry = entry_of(conf, key);

    CHECK(entry->row->type == CONF_BOOL);
    return entry->number != 0;
}

struct str conf_text(const struct conf *conf, const char *key)
{
    const struct conf_entry *entry = entry_of(conf, key);

    CHECK(entry->row->type == CONF_TEXT);
    return entry->text;
}

struct secret conf_secret(const struct conf *conf, const char *key)
{
    const struct conf_entry *entry = entry_of(conf, key);

    CHECK(entry->row->type == CONF_SECRET);
    return entry->secret;
}
