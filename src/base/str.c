#include "base/str.h"

#include <ctype.h>
#include <stdio.h>

struct str str_of(const char *text)
{
    return text == NULL ? (struct str){"", 0} : (struct str){text, strlen(text)};
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (tolower((unsigned char)a.ptr[i]) != tolower((unsigned char)b.ptr[i])) {
            return false;
        }
    }
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.ptr, b.ptr, shared);

    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_slice(s, s.len - suffix.len, s.len), suffix);
}

bool str_find(struct str s, struct str needle, size_t *at)
{
    const char *found;

    if (needle.len == 0) {
        *at = 0;
        return true;
    }
    found = s.len == 0 ? NULL : memmem(s.ptr, s.len, needle.ptr, needle.len);
    if (found == NULL) {
        return false;
    }
    *at = (size_t)(found - s.ptr);
    return true;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    CHECK(from <= to && to <= s.len);
    return (struct str){s.len == 0 ? s.ptr : s.ptr + from, to - from};
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && isspace((unsigned char)s.ptr[0])) {
        s = str_slice(s, 1, s.len);
    }
    while (s.len > 0 && isspace((unsigned char)s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool str_cut(struct str *s, char separator, struct str *head)
{
    const char *at = s->len == 0 ? NULL : memchr(s->ptr, separator, s->len);
    size_t len;

    if (at == NULL) {
        *head = *s;
        *s = (struct str){"", 0};
        return false;
    }
    len = (size_t)(at - s->ptr);
    *head = str_slice(*s, 0, len);
    *s = str_slice(*s, len + 1, s->len);
    return true;
}

struct str str_dup(struct arena *arena, struct str s)
{
    return s.len == 0 ? (struct str){"", 0} : (struct str){arena_copy(arena, s.ptr, s.len), s.len};
}

char *str_cstr(struct arena *arena, struct str s)
{
    char *text = arena_alloc(arena, s.len + 1);

    if (s.len > 0) {
        memcpy(text, s.ptr, s.len);
    }
    return text;
}

struct str str_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    int len;
    char *text;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    text = arena_alloc(arena, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (struct str){text, (size_t)len};
}

enum err str_parse_int(struct str s, int64_t *out)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    int64_t value = 0;

    if (s.len == (negative ? 1U : 0U)) {
        return ERR_FIELD_FORMAT;
    }
    for (size_t i = negative ? 1 : 0; i < s.len; i++) {
        int digit = s.ptr[i] - '0';

        if (digit < 0 || digit > 9) {
            return ERR_FIELD_FORMAT;
        }
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return ERR_FIELD_RANGE;
        }
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) {
        return ERR_FIELD_RANGE;
    }
    *out = value;
    return ERR_OK;
}

/* Length of the well-formed UTF-8 sequence at p, or 0. Table 3-7 of the Unicode standard. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t len;

    if (p[0] < 0x80) {
        return p[0] == 0 ? 0 : 1;
    }
    if (p[0] < 0xC2 || p[0] > 0xF4) {
        return 0;
    }
    len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (left < len) {
        return 0;
    }
    low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : low;
    high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : high;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (p[i] < 0x80 || p[i] > 0xBF) {
            return 0;
        }
    }
    return len;
}

bool str_is_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

bool str_is_utf8(struct str s)
{
    for (size_t i = 0; i < s.len;) {
        size_t len = utf8_sequence((const unsigned char *)s.ptr + i, s.len - i);

        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

size_t str_utf8_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++) {
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

uint64_t str_hash(struct str s)
{
    uint64_t hash = UINT64_C(0x9E3779B97F4A7C15) ^ s.len;
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;

        memcpy(&word, s.ptr + i, 8);
        hash = (hash ^ word) * UINT64_C(0xFF51AFD7ED558CCD);
        hash ^= hash >> 32;
    }
    for (; i < s.len; i++) {
        hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001B3);
    }
    hash ^= hash >> 33;
    hash *= UINT64_C(0xC4CEB9FE1A85EC53);
    return hash ^ (hash >> 33);
}

void buf_init(struct buf *buf, size_t cap)
{
    *buf = (struct buf){.cap = cap};
}

void buf_init_arena(struct buf *buf, struct arena *arena, size_t cap)
{
    *buf = (struct buf){.cap = cap, .arena = arena};
}

void buf_free(struct buf *buf)
{
    if (buf->arena == NULL) {
        mem_free(buf->ptr);
    }
    *buf = (struct buf){.cap = buf->cap, .arena = buf->arena};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->full = false;
}

bool buf_ok(const struct buf *buf)
{
    return !buf->full;
}

struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->ptr == NULL ? "" : buf->ptr, buf->len};
}

static bool buf_reserve(struct buf *buf, size_t more)
{
    size_t size = buf->size == 0 ? 256 : buf->size;
    char *grown;

    if (buf->full || more > buf->cap - buf->len) {
        buf->full = true;
        return false;
    }
    if (buf->len + more <= buf->size) {
        return true;
    }
    while (size < buf->len + more) {
        size *= 2;
    }
    size = size < buf->cap ? size : buf->cap;
    if (buf->arena == NULL) {
        buf->ptr = mem_grow(buf->ptr, buf->size, size);
    } else {
        grown = arena_alloc(buf->arena, size);
        if (buf->len > 0) {
            memcpy(grown, buf->ptr, buf->len);
        }
        buf->ptr = grown;
    }
    buf->size = size;
    return true;
}

char *buf_extend(struct buf *buf, size_t len)
{
    if (len == 0 || !buf_reserve(buf, len)) {
        return NULL;
    }
    buf->len += len;
    return buf->ptr + buf->len - len;
}

void buf_add(struct buf *buf, struct str s)
{
    char *to = buf_extend(buf, s.len);

    if (to != NULL) {
        memcpy(to, s.ptr, s.len);
    }
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, (struct str){&c, 1});
}

void buf_add_int(struct buf *buf, int64_t value)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    buf_add(buf, (struct str){digits + at, sizeof(digits) - at});
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    char small[512];
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(small, sizeof(small), format, args);
    CHECK(len >= 0);
    if ((size_t)len < sizeof(small)) {
        buf_add(buf, (struct str){small, (size_t)len});
    } else {
        char *large = mem_new((size_t)len + 1);

        (void)vsnprintf(large, (size_t)len + 1, format, again);
        buf_add(buf, (struct str){large, (size_t)len});
        mem_free(large);
    }
    va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

struct secret secret_of(struct arena *arena, struct str bytes)
{
    return (struct secret){str_dup(arena, bytes)};
}

struct str secret_bytes(const struct secret *secret)
{
    return secret->hidden_;
}

void secret_wipe(struct secret *secret)
{
    if (secret->hidden_.len > 0) {
        explicit_bzero((void *)(uintptr_t)secret->hidden_.ptr, secret->hidden_.len);
    }
    secret->hidden_ = (struct str){"", 0};
}

bool secret_is_set(const struct secret *secret)
{
    return secret->hidden_.len > 0;
}
