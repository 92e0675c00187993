/* A token at a time: names, quoted text and numbers are copied, types are replaced. */
#include "platform/store/store_driver.h"

#include <ctype.h>

struct scan {
    struct buf *out;
    struct str rest;
    struct str name; /* the token before the type: the column's name */
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The length of the token at the start of a text that is not empty. */
static size_t token_len(struct str s)
{
    char c = s.ptr[0];
    size_t len = 1;

    if (c == '\'' || c == '`' || c == '"') {
        while (len < s.len && s.ptr[len] != c) {
            len++;
        }
        return len < s.len ? len + 1 : len;
    }
    if (isspace((unsigned char)c)) {
        while (len < s.len && isspace((unsigned char)s.ptr[len])) {
            len++;
        }
    } else if (is_word(c)) {
        while (len < s.len && is_word(s.ptr[len])) {
            len++;
        }
    }
    return len;
}

static struct str take(struct scan *scan)
{
    size_t len = scan->rest.len == 0 ? 0 : token_len(scan->rest);
    struct str token = str_slice(scan->rest, 0, len);

    scan->rest = str_slice(scan->rest, len, scan->rest.len);
    return token;
}

/* The number of a "(n)" that follows, which is consumed; without one, the given default. */
static int64_t take_size(struct scan *scan, int64_t without)
{
    struct scan ahead = *scan;
    int64_t size;

    if (ahead.rest.len > 0 && ahead.rest.ptr[0] == ' ') {
        (void)take(&ahead);
    }
    if (str_eq(take(&ahead), STR("(")) && str_parse_int(take(&ahead), &size) == ERR_OK &&
        str_eq(take(&ahead), STR(")"))) {
        scan->rest = ahead.rest;
        return size;
    }
    return without;
}

/* After the word COMMENT: the blanks and the quoted text, in which '' is a quote. */
static void skip_comment(struct scan *scan)
{
    (void)take(scan);
    do {
        (void)take(scan);
    } while (scan->rest.len > 0 && scan->rest.ptr[0] == '\'');
}

static void sized(struct scan *scan, const char *type, int64_t without)
{
    int64_t size = take_size(scan, without);

    buf_printf(scan->out, "%s CHECK (length(" STR_FMT ") <= %lld)", type, STR_ARG(scan->name),
               (long long)size);
}

static void translate(struct scan *scan, struct str token)
{
    const int64_t blob_max = 65535; /* MySQL's limit for BLOB */

    if (str_eq_nocase(token, STR("BIGINT")) || str_eq_nocase(token, STR("INT"))) {
        buf_add(scan->out, STR("INTEGER"));
    } else if (str_eq_nocase(token, STR("VARCHAR"))) {
        sized(scan, "TEXT", blob_max);
    } else if (str_eq_nocase(token, STR("VARBINARY")) || str_eq_nocase(token, STR("BLOB"))) {
        sized(scan, "BLOB", blob_max);
    } else if (str_eq_nocase(token, STR("COMMENT"))) {
        skip_comment(scan);
    } else {
        buf_add(scan->out, token);
        if (is_word(token.ptr[0]) || token.ptr[0] == '`') {
            scan->name = token;
        }
    }
}

/* " t MODIFY a BIGINT …": SQLite's integers have one width, so there is nothing to do. */
static bool widens(struct str rest)
{
    struct scan scan = {.rest = str_trim(rest)};

    (void)take(&scan); /* the table */
    (void)take(&scan);
    return str_eq_nocase(take(&scan), STR("MODIFY"));
}

void ddl__for_sqlite(struct buf *buf, struct str sql)
{
    struct scan scan = {.out = buf, .rest = str_trim(sql)};
    struct str verb = take(&scan);
    struct str blank = take(&scan);
    struct str object = take(&scan);
    bool create = str_eq_nocase(verb, STR("CREATE"));

    if (!str_eq_nocase(object, STR("TABLE")) || !(create || str_eq_nocase(verb, STR("ALTER")))) {
        buf_add(buf, sql);
        return;
    }
    if (!create && widens(scan.rest)) {
        buf_add(buf, STR("SELECT 1"));
        return;
    }
    buf_add(buf, verb);
    buf_add(buf, blank);
    buf_add(buf, object);
    while (scan.rest.len > 0) {
        translate(&scan, take(&scan));
    }
    if (create) {
        buf_add(buf, STR(" STRICT"));
    }
}
