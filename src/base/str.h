/* Strings: a view for reading, a capped buffer for writing, a wrapper for secrets.
 *
 * struct str is passed by value, is not NUL-terminated and owns nothing: it lives as long as
 * what it points into (an arena, a literal, a buffer). struct buf never grows beyond its cap;
 * a full buffer remembers it, and buf_ok() tells, so that a run of appends is checked once. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/arena.h"
#include "base/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    } /* for static initialisers */
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).ptr

struct str str_of(const char *text); /* a C string; NULL gives the empty str */
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII */
int str_cmp(struct str a, struct str b);        /* byte order, like strcmp */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_find(struct str s, struct str needle, size_t *at);
struct str str_slice(struct str s, size_t from, size_t to); /* from ≤ to ≤ len */
struct str str_trim(struct str s);                          /* ASCII blanks on both ends */

/* Cuts s at the first separator: *head is what stands before, s what stands after. False, with
 * the whole of s in *head, when there is no separator. */
bool str_cut(struct str *s, char separator, struct str *head);

struct str str_dup(struct arena *arena, struct str s);
char *str_cstr(struct arena *arena, struct str s); /* NUL-terminated copy */
struct str str_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whole-string decimal integers: optional '-', no blanks, no '+'. */
MUST_USE enum err str_parse_int(struct str s, int64_t *out);
bool str_is_digits(struct str s);    /* decimal ones alone; also of an empty one */
bool str_is_utf8(struct str s);      /* well-formed, no surrogates, no NUL */
size_t str_utf8_count(struct str s); /* characters of a well-formed string */
uint64_t str_hash(struct str s);     /* for hash tables in memory, never stored */

struct buf {
    char *ptr;
    size_t len;
    size_t size;         /* allocated */
    size_t cap;          /* never larger than this */
    struct arena *arena; /* NULL: heap memory, ended by buf_free */
    bool full;
};

void buf_init(struct buf *buf, size_t cap);                            /* on the heap */
void buf_init_arena(struct buf *buf, struct arena *arena, size_t cap); /* in an arena */
void buf_free(struct buf *buf);
void buf_reset(struct buf *buf);
bool buf_ok(const struct buf *buf); /* false when an append did not fit; it was dropped whole */
struct str buf_str(const struct buf *buf);
void buf_add(struct buf *buf, struct str s);
void buf_add_char(struct buf *buf, char c);
/* Adds len bytes for the caller to write, or NULL when they do not fit or are none. */
char *buf_extend(struct buf *buf, size_t len);
void buf_add_int(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* A secret has no printer: nothing that formats or logs takes one. Its bytes are reached through
 * secret_bytes() only, which is easy to look for. Memory is wiped by secret_wipe(). */
struct secret {
    struct str hidden_;
};

struct secret secret_of(struct arena *arena, struct str bytes); /* copies */
struct str secret_bytes(const struct secret *secret);
void secret_wipe(struct secret *secret);
bool secret_is_set(const struct secret *secret);

#endif
