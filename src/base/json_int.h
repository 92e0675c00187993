/* Shared by the files of base/json: members of described structs, text rules, refusals. */
#ifndef BASE_JSON_INT_H
#define BASE_JSON_INT_H

#include "base/json.h"

/* One step of the way from the body to the value being read; a chain on the stack, so that a path
 * is spelled out only for a refusal. */
struct json_place {
    const struct json_place *up;
    const char *key; /* NULL: an item of a list */
    size_t index;
};

const void *json__member(const struct field *field, const void *object);
/* A FIELD_LIST of one scalar: its items have no names. */
bool json__is_scalar_list(const struct field *field);

/* Text rules (json_charset.c): one row per charset, for the check, the refusal and the schema. */
bool json__text_is_clean(struct str text); /* no control characters but \n \t */
bool json__charset_accepts(enum field_charset charset, struct str text);
const char *json__charset_words(enum field_charset charset);   /* "must be …" */
const char *json__charset_pattern(enum field_charset charset); /* ECMA-262; NULL: none */

/* Refusals (json_refusal.c). Returns err, so that a check can `return json__refuse(…)`. */
enum err json__refuse(struct json_refusal *refusal, const struct json_place *place, enum err err,
                      const char *format, ...) PRINTF_LIKE(4, 5);
/* The same for a place in a text that was not parsed to its end: the path at byte `at`. */
enum err json__refuse_at(struct json_refusal *refusal, struct str text, size_t at, enum err err,
                         const char *format, ...) PRINTF_LIKE(5, 6);

#endif
