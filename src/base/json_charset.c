#include "base/json_int.h"

#define DIGITS "0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"

struct charset {
    const char *accepted; /* NULL: a rule of its own */
    const char *words;
    const char *pattern;
};

static const struct charset charsets[] = {
    [FIELD_ANY] = {.words = "must not contain control characters other than \\n and \\t"},
    [FIELD_ORDER_NO] = {.accepted = DIGITS UPPER LOWER "_-|*@.",
                        .words = "must consist of 0-9 A-Z a-z _ - | * @ .",
                        .pattern = "^[0-9A-Za-z_|*@.-]*$"},
    [FIELD_ALNUM] = {.accepted = DIGITS UPPER LOWER,
                     .words = "must consist of 0-9 A-Z a-z",
                     .pattern = "^[0-9A-Za-z]*$"},
    [FIELD_URL] = {.words = "must be an http:// or https:// URL in ASCII without a user name",
                   .pattern = "^https?://([0-9A-Za-z._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?"
                              "([/?#][!-~]*)?$"},
    [FIELD_CODE] = {.accepted = DIGITS LOWER "_.:-",
                    .words = "must consist of 0-9 a-z _ . : -",
                    .pattern = "^[0-9a-z_.:-]*$"},
};

static const struct charset *charset_of(enum field_charset charset)
{
    CHECK((size_t)charset < ARRAY_LEN(charsets));
    return &charsets[charset];
}

/* C0, DEL and C1; the last are two bytes in UTF-8, C2 80 … C2 9F. */
bool json__text_is_clean(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned char next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;

        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
            return false;
        }
        if (c == 0xC2 && next >= 0x80 && next <= 0x9F) {
            return false;
        }
    }
    return true;
}

static size_t span(struct str text, const char *accepted)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] != '\0' && strchr(accepted, text.ptr[len]) != NULL) {
        len++;
    }
    return len;
}

/* A name, an IPv4 address or an IPv6 address in brackets, and a port. A user name or anything
 * unusual here makes two parsers disagree about which host is meant. */
static bool is_authority(struct str text)
{
    struct str host;
    bool has_port;

    if (str_starts(text, STR("["))) {
        text = str_slice(text, 1, text.len);
        if (!str_cut(&text, ']', &host) || (text.len > 0 && text.ptr[0] != ':')) {
            return false;
        }
        has_port = text.len > 0;
        text = str_slice(text, has_port ? 1 : 0, text.len);
        if (span(host, DIGITS "abcdefABCDEF:.") != host.len) {
            return false;
        }
    } else {
        has_port = str_cut(&text, ':', &host);
        if (span(host, DIGITS UPPER LOWER "._-") != host.len) {
            return false;
        }
    }
    return host.len > 0 && span(text, DIGITS) == text.len && text.len <= 5 &&
           has_port == (text.len > 0);
}

static bool is_url(struct str text)
{
    size_t host_len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    if (!str_starts(text, STR("https://")) && !str_starts(text, STR("http://"))) {
        return false;
    }
    text = str_slice(text, str_starts(text, STR("https://")) ? 8 : 7, text.len);
    while (host_len < text.len && strchr("/?#", text.ptr[host_len]) == NULL) {
        host_len++;
    }
    return is_authority(str_slice(text, 0, host_len));
}

bool json__charset_accepts(enum field_charset charset, struct str text)
{
    const struct charset *row = charset_of(charset);

    if (charset == FIELD_ANY) {
        return json__text_is_clean(text);
    }
    if (charset == FIELD_URL) {
        return is_url(text);
    }
    return span(text, row->accepted) == text.len;
}

const char *json__charset_words(enum field_charset charset)
{
    return charset_of(charset)->words;
}

const char *json__charset_pattern(enum field_charset charset)
{
    return charset_of(charset)->pattern;
}
