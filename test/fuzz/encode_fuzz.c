/* Text encodings: every byte string survives a round trip, and a text that decodes is the one the
 * encoder writes, but for the freedoms a standard gives (case of hex, what is percent-encoded). */
#include "base/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct encoding {
    void (*encode)(struct buf *buf, struct str bytes);
    enum err (*decode)(struct arena *arena, struct str text, struct str *out);
    bool (*same)(struct str a, struct str b); /* NULL: several texts mean the same bytes */
};

static const struct encoding encodings[] = {
    {hex_encode, hex_decode, str_eq_nocase},
    {base64_encode, base64_decode, str_eq},
    {base64url_encode, base64url_decode, str_eq},
    {base32_encode, base32_decode, str_eq},
    {url_encode, url_decode, NULL},
};

static struct str encoded(struct arena *arena, const struct encoding *encoding, struct str bytes)
{
    struct buf buf;

    buf_init_arena(&buf, arena, bytes.len * 4 + 16);
    encoding->encode(&buf, bytes);
    CHECK(buf_ok(&buf));
    return buf_str(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct arena *arena = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        const struct encoding *encoding = &encodings[i];
        struct str bytes, back;

        CHECK(encoding->decode(arena, encoded(arena, encoding, input), &back) == ERR_OK);
        CHECK(str_eq(back, input));
        if (encoding->decode(arena, input, &bytes) == ERR_OK) {
            struct str text = encoded(arena, encoding, bytes);

            CHECK(encoding->same == NULL || encoding->same(text, input));
            CHECK(encoding->decode(arena, text, &back) == ERR_OK && str_eq(back, bytes));
        }
    }
    arena_free(arena);
    return 0;
}
