#include "base/encode.h"

/* ---- hex ---- */

static const char hex_digits[] = "0123456789abcdef";

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of two hex digits, or -1. */
static int hex_byte(const char *pair)
{
    int high = hex_value(pair[0]);
    int low = hex_value(pair[1]);

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void hex_encode(struct buf *buf, struct str bytes)
{
    char *out = buf_extend(buf, bytes.len * 2);

    for (size_t i = 0; out != NULL && i < bytes.len; i++) {
        *out++ = hex_digits[(unsigned char)bytes.ptr[i] >> 4];
        *out++ = hex_digits[(unsigned char)bytes.ptr[i] & 15];
    }
}

enum err hex_decode(struct arena *arena, struct str text, struct str *out)
{
    char *bytes;

    if (text.len % 2 != 0) {
        return ERR_ENCODING;
    }
    bytes = arena_alloc(arena, text.len / 2);
    for (size_t i = 0; i < text.len; i += 2) {
        int value = hex_byte(text.ptr + i);

        if (value < 0) {
            return ERR_ENCODING;
        }
        bytes[i / 2] = (char)value;
    }
    *out = (struct str){bytes, text.len / 2};
    return ERR_OK;
}

/* ---- base64, base64url, base32 ---- */

/* A group of bytes becomes a group of digits of some bits each; a short last group is filled up
 * with '=' where the encoding pads. */
struct encoding {
    const char *digits;
    int (*value)(char digit); /* -1 when it is none */
    unsigned bits;
    unsigned group_bytes;
    unsigned group_digits;
    bool padded;
};

static int base64_common_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    return c >= '0' && c <= '9' ? c - '0' + 52 : -1;
}

static int base64_value(char c)
{
    return c == '+' ? 62 : c == '/' ? 63 : base64_common_value(c);
}

static int base64url_value(char c)
{
    return c == '-' ? 62 : c == '_' ? 63 : base64_common_value(c);
}

static int base32_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static const struct encoding base64 = {
    .digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    .value = base64_value,
    .bits = 6,
    .group_bytes = 3,
    .group_digits = 4,
    .padded = true,
};

static const struct encoding base64url = {
    .digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    .value = base64url_value,
    .bits = 6,
    .group_bytes = 3,
    .group_digits = 4,
};

static const struct encoding base32 = {
    .digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    .value = base32_value,
    .bits = 5,
    .group_bytes = 5,
    .group_digits = 8,
    .padded = true,
};

/* Digits that hold so many bytes, without padding. */
static size_t digits_for(const struct encoding *encoding, size_t bytes)
{
    return (bytes * 8 + encoding->bits - 1) / encoding->bits;
}

static void encode(const struct encoding *encoding, struct buf *buf, struct str bytes)
{
    size_t groups = (bytes.len + encoding->group_bytes - 1) / encoding->group_bytes;
    size_t digits = digits_for(encoding, bytes.len);
    size_t len = encoding->padded ? groups * encoding->group_digits : digits;
    char *out = buf_extend(buf, len);
    uint64_t bits = 0;
    unsigned held = 0; /* low bits of `bits` not written yet */

    if (out == NULL) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        bits = bits << 8 | (unsigned char)bytes.ptr[i];
        held += 8;
        while (held >= encoding->bits) {
            held -= encoding->bits;
            *out++ = encoding->digits[bits >> held & ((1U << encoding->bits) - 1)];
        }
    }
    if (held > 0) {
        *out++ = encoding->digits[bits << (encoding->bits - held) & ((1U << encoding->bits) - 1)];
    }
    memset(out, '=', len - digits);
}

/* Cuts the padding off, which must be what the encoder writes. */
static enum err unpad(const struct encoding *encoding, struct str *text)
{
    size_t len = text->len;

    if (!encoding->padded) {
        return ERR_OK;
    }
    if (len % encoding->group_digits != 0) {
        return ERR_ENCODING;
    }
    while (text->len > 0 && len - text->len < encoding->group_digits &&
           text->ptr[text->len - 1] == '=') {
        text->len--;
    }
    return len - text->len < encoding->group_digits ? ERR_OK : ERR_ENCODING;
}

static enum err decode(const struct encoding *encoding, struct arena *arena, struct str text,
                       struct str *out)
{
    char *bytes;
    size_t len;
    uint64_t bits = 0;
    unsigned held = 0;

    TRY(unpad(encoding, &text));
    len = text.len * encoding->bits / 8;
    if (digits_for(encoding, len) != text.len) {
        return ERR_ENCODING; /* a last digit that holds no whole byte */
    }
    bytes = arena_alloc(arena, len);
    for (size_t i = 0, at = 0; i < text.len; i++) {
        int value = encoding->value(text.ptr[i]);

        if (value < 0) {
            return ERR_ENCODING;
        }
        bits = bits << encoding->bits | (unsigned)value;
        held += encoding->bits;
        if (held >= 8) {
            held -= 8;
            bytes[at++] = (char)(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0) {
        return ERR_ENCODING; /* an encoder leaves the unused bits zero */
    }
    *out = (struct str){bytes, len};
    return ERR_OK;
}

void base64_encode(struct buf *buf, struct str bytes)
{
    encode(&base64, buf, bytes);
}

enum err base64_decode(struct arena *arena, struct str text, struct str *out)
{
    return decode(&base64, arena, text, out);
}

void base64url_encode(struct buf *buf, struct str bytes)
{
    encode(&base64url, buf, bytes);
}

enum err base64url_decode(struct arena *arena, struct str text, struct str *out)
{
    return decode(&base64url, arena, text, out);
}

void base32_encode(struct buf *buf, struct str bytes)
{
    encode(&base32, buf, bytes);
}

enum err base32_decode(struct arena *arena, struct str text, struct str *out)
{
    return decode(&base32, arena, text, out);
}

/* ---- percent-encoding ---- */

static bool is_unreserved(char c)
{
    return base64_common_value(c) >= 0 || c == '-' || c == '.' || c == '_' || c == '~';
}

/* What may stand in a path segment or a query as it is, '%' aside. */
static bool is_url_plain(char c)
{
    return is_unreserved(c) || (c != '\0' && strchr("!$&'()*+,;=:@/?", c) != NULL);
}

void url_encode(struct buf *buf, struct str text)
{
    static const char upper[] = "0123456789ABCDEF";
    size_t len = 0;
    char *out;

    for (size_t i = 0; i < text.len; i++) {
        len += is_unreserved(text.ptr[i]) ? 1 : 3;
    }
    out = buf_extend(buf, len);
    for (size_t i = 0; out != NULL && i < text.len; i++) {
        if (is_unreserved(text.ptr[i])) {
            *out++ = text.ptr[i];
        } else {
            *out++ = '%';
            *out++ = upper[(unsigned char)text.ptr[i] >> 4];
            *out++ = upper[(unsigned char)text.ptr[i] & 15];
        }
    }
}

enum err url_decode(struct arena *arena, struct str text, struct str *out)
{
    char *bytes = arena_alloc(arena, text.len);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%') {
            int value = i + 2 < text.len ? hex_byte(text.ptr + i + 1) : -1;

            if (value < 0) {
                return ERR_ENCODING;
            }
            bytes[len++] = (char)value;
            i += 2;
        } else if (is_url_plain(text.ptr[i])) {
            bytes[len++] = text.ptr[i];
        } else {
            return ERR_ENCODING;
        }
    }
    *out = (struct str){bytes, len};
    return ERR_OK;
}
