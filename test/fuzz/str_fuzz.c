/* Strings: integers come back, cutting and joining gives the same text, searches find what they
 * say, and buffers hold what was added. */
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_int(struct str text)
{
    int64_t value, back;
    struct buf buf;

    if (str_parse_int(text, &value) == ERR_OK) {
        buf_init(&buf, 32);
        buf_add_int(&buf, value);
        CHECK(buf_ok(&buf) && str_parse_int(buf_str(&buf), &back) == ERR_OK && back == value);
        buf_free(&buf);
    }
}

static void check_cut(struct str text)
{
    struct str rest = text;
    struct str head;
    struct buf buf;

    buf_init(&buf, text.len);
    while (str_cut(&rest, ',', &head)) {
        buf_add(&buf, head);
        buf_add_char(&buf, ',');
    }
    buf_add(&buf, head);
    CHECK(buf_ok(&buf) && str_eq(buf_str(&buf), text));
    buf_free(&buf);
}

static void check_search(struct str text, struct str needle)
{
    struct str trimmed = str_trim(text);
    size_t at;

    if (str_find(text, needle, &at)) {
        CHECK(str_eq(str_slice(text, at, at + needle.len), needle));
    } else {
        CHECK(!str_starts(text, needle) && !str_ends(text, needle));
    }
    CHECK(str_find(text, trimmed, &at) && str_eq(str_trim(trimmed), trimmed));
    CHECK(str_eq(text, needle) == (str_cmp(text, needle) == 0));
    CHECK(!str_eq(text, needle) || str_hash(text) == str_hash(needle));
}

static void check_utf8(struct str text)
{
    if (str_is_utf8(text)) {
        CHECK(str_utf8_count(text) <= text.len);
        CHECK(text.len == 0 || memchr(text.ptr, 0, text.len) == NULL);
        CHECK(text.len == 0 || ((unsigned char)text.ptr[0] & 0xC0) != 0x80);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    size_t needle_len = size == 0 ? 0 : data[0] % size;

    check_int(text);
    check_cut(text);
    check_search(text, str_slice(text, size - needle_len, size));
    check_search(str_slice(text, needle_len, size), str_slice(text, 0, needle_len));
    check_utf8(text);
    return 0;
}
