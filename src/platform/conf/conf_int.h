/* Shared by the files of platform/conf: entries, and the notation of values. */
#ifndef PLATFORM_CONF_CONF_INT_H
#define PLATFORM_CONF_CONF_INT_H

#include "platform/conf/conf.h"

enum { CONF_ENV_MAX = 96 };

enum conf_source { CONF_UNSET = 0, CONF_DEFAULT, CONF_FROM_FILE, CONF_FROM_ENVIRONMENT };

struct conf_entry {
    const struct conf_row *row;
    enum conf_source source;
    int line; /* of the file, when source is CONF_FROM_FILE */
    int64_t number;
    struct str text;
    struct secret secret;
};

struct conf {
    struct arena *arena;
    struct conf_entry *entries; /* in the order of the rows */
    size_t count;
    struct str file;
};

/* Reads a value in the notation of the row's type. A refusal writes a sentence ("must be …") that
 * does not repeat the value: it may be a secret in the wrong place. */
enum err conf__read_value(struct conf *conf, struct conf_entry *entry, struct str text,
                          struct buf *why);
/* "an integer from 0 to 65535": the type and the limits of a row. */
void conf__print_rule(struct buf *buf, const struct conf_row *row);
/* A number in the notation of its type, in the greatest unit that divides it. */
void conf__print_number(struct buf *buf, enum conf_type type, int64_t number);
/* TOMATO_HTTP_PORT for http.port. */
void conf__env_name(const char *key, char name[CONF_ENV_MAX]);

#endif
