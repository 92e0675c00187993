/* Configuration: rows with type, default, limits and help; one commented file; environment
 * overrides.
 *
 * The file has lines `key = value` and lines that begin with # as comments; a value reaches to the
 * end of its line. A key is "module.name". The environment variable TOMATO_MODULE_NAME overrides
 * it. An unknown key (also of a variable that begins with a module's name), a key that is set
 * twice, a value of the wrong type or outside its limits refuses the start and names file and line
 * (or the variable), never the value. */
#ifndef PLATFORM_CONF_CONF_H
#define PLATFORM_CONF_CONF_H

#include "base/str.h"

enum conf_type {
    CONF_INT = 1,
    CONF_BOOL, /* true, false */
    CONF_TEXT,
    CONF_SECRET,
    CONF_DURATION, /* ms: 500ms, 5s, 2m, 1h */
    CONF_SIZE,     /* bytes: 512, 64k, 16m, 1g (of 1,024) */
};

struct conf_row {
    const char *key;
    enum conf_type type;
    const char *value; /* the default, in the file's notation; NULL: must be set */
    int64_t min, max;  /* numbers (ms, bytes), or characters of text; max 0 = no limit */
    const char *help;  /* one sentence */
};

struct conf_rows {
    const struct conf_row *rows;
    size_t count;
};

struct conf;

struct conf_problem {
    char text[256]; /* "tomato.conf:12: http.port: must be an integer from 0 to 65535" */
};

/* file may be empty (defaults and environment only). sets: the rows of every module. */
MUST_USE enum err conf_load(const struct conf_rows *sets, size_t set_count, struct str file,
                            struct conf **out, struct conf_problem *problem);
void conf_free(struct conf *conf);

/* The key must be a row of the right type (CHECK). */
int64_t conf_int(const struct conf *conf, const char *key); /* also durations (ms) and sizes */
bool conf_bool(const struct conf *conf, const char *key);
struct str conf_text(const struct conf *conf, const char *key);
struct secret conf_secret(const struct conf *conf, const char *key);

/* The effective configuration as a file: help, limits, default and where each value came from as
 * comments; secrets and the passwords of URLs masked, and those lines commented out. Read back, it
 * gives the same configuration. */
void conf_print(struct buf *buf, const struct conf *conf);

#endif
