#include "base/json_int.h"

#include <stdio.h>

/* A path, or as much of it as fits, cut between characters. */
struct path {
    char *text; /* JSON_PARAM_MAX bytes, always NUL-terminated */
    size_t len;
};

static void path_add(struct path *path, struct str s)
{
    size_t room = JSON_PARAM_MAX - 1 - path->len;
    size_t len = s.len < room ? s.len : room;

    while (len > 0 && len < s.len && ((unsigned char)s.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    if (len > 0) {
        memcpy(path->text + path->len, s.ptr, len);
    }
    path->len += len;
    path->text[path->len] = '\0';
}

static void path_add_key(struct path *path, struct str key)
{
    if (path->len > 0) {
        path_add(path, STR("."));
    }
    path_add(path, key);
}

static void path_add_index(struct path *path, size_t index)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "[%zu]", index);

    CHECK(len > 0 && (size_t)len < sizeof(text));
    path_add(path, (struct str){text, (size_t)len});
}

static void path_of_place(struct path *path, const struct json_place *place)
{
    const struct json_place *way[2 * JSON_MAX_DEPTH];
    size_t count = 0;

    for (; place != NULL && count < ARRAY_LEN(way); place = place->up) {
        way[count++] = place;
    }
    while (count > 0) {
        count--;
        if (way[count]->key == NULL) {
            path_add_index(path, way[count]->index);
        } else {
            path_add_key(path, str_of(way[count]->key));
        }
    }
}

static enum err refuse(struct json_refusal *refusal, enum err err, const char *format, va_list args)
    PRINTF_LIKE(3, 0);
static enum err refuse(struct json_refusal *refusal, enum err err, const char *format, va_list args)
{
    refusal->err = err;
    refusal->param[0] = '\0';
    (void)vsnprintf(refusal->detail, sizeof(refusal->detail), format, args);
    return err;
}

enum err json__refuse(struct json_refusal *refusal, const struct json_place *place, enum err err,
                      const char *format, ...)
{
    struct path path = {refusal->param, 0};
    va_list args;

    va_start(args, format);
    (void)refuse(refusal, err, format, args);
    va_end(args);
    path_of_place(&path, place);
    return err;
}

/* ---- the path at a byte of a text ---- */

struct level {
    bool is_list;
    struct str key; /* as written, escapes and all */
    size_t index;
};

struct scan {
    struct str text;
    size_t at;
    struct level levels[JSON_MAX_DEPTH];
    size_t depth;
    bool wants_key;
};

/* At an opening quote; leaves at the closing one. */
static struct str scan_string(struct scan *scan, size_t end)
{
    size_t from = ++scan->at;

    while (scan->at < end && scan->text.ptr[scan->at] != '"') {
        scan->at += scan->text.ptr[scan->at] == '\\' ? 2 : 1;
    }
    scan->at = scan->at < end ? scan->at : end;
    return str_slice(scan->text, from, scan->at);
}

static void scan_open(struct scan *scan, bool is_list)
{
    if (scan->depth < ARRAY_LEN(scan->levels)) {
        scan->levels[scan->depth] = (struct level){.is_list = is_list};
        scan->depth++;
    }
    scan->wants_key = !is_list;
}

static void scan_comma(struct scan *scan)
{
    struct level *level = scan->depth > 0 ? &scan->levels[scan->depth - 1] : NULL;

    if (level != NULL && level->is_list) {
        level->index++;
    } else if (level != NULL) {
        level->key = (struct str){"", 0};
        scan->wants_key = true;
    }
}

static void scan_to(struct scan *scan, size_t end)
{
    for (; scan->at < end; scan->at++) {
        char c = scan->text.ptr[scan->at];

        if (c == '"') {
            struct str text = scan_string(scan, end);

            if (scan->wants_key && scan->depth > 0) {
                scan->levels[scan->depth - 1].key = text;
                scan->wants_key = false;
            }
        } else if (c == '{' || c == '[') {
            scan_open(scan, c == '[');
        } else if ((c == '}' || c == ']') && scan->depth > 0) {
            scan->depth--;
        } else if (c == ',') {
            scan_comma(scan);
        }
    }
}

enum err json__refuse_at(struct json_refusal *refusal, struct str text, size_t at, enum err err,
                         const char *format, ...)
{
    struct path path = {refusal->param, 0};
    struct scan scan = {.text = text};
    va_list args;

    va_start(args, format);
    (void)refuse(refusal, err, format, args);
    va_end(args);
    scan_to(&scan, at < text.len ? at : text.len);
    for (size_t i = 0; i < scan.depth; i++) {
        if (scan.levels[i].is_list) {
            path_add_index(&path, scan.levels[i].index);
        } else {
            path_add_key(&path, scan.levels[i].key);
        }
    }
    return err;
}
