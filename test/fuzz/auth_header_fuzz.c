/* Any bytes as an Authorization header: what is taken is printed and read back as the same. */
#include "business/auth/auth_int.h"

static void check_header(struct arena *arena, struct str text)
{
    struct auth_header header, again;
    struct buf print;

    if (auth__parse_header(arena, text, &header) != ERR_OK) {
        return;
    }
    CHECK(header.algorithm != AUTH_BEARER && header.key_id > 0 && header.timestamp_s > 0);
    CHECK(header.nonce.len >= AUTH_NONCE_MIN && header.nonce.len <= AUTH_NONCE_MAX);
    buf_init_arena(&print, arena, 4096);
    buf_printf(&print, "TOMATO-%s key_id=\"",
               enum_name_of(auth_algorithm_names, (int)header.algorithm));
    id_print(&print, "key", header.key_id);
    buf_printf(&print, "\",timestamp=\"%lld\",nonce=\"" STR_FMT "\",signature=\"",
               (long long)header.timestamp_s, STR_ARG(header.nonce));
    base64_encode(&print, header.signature);
    buf_add_char(&print, '"');
    CHECK(buf_ok(&print) && print.len == text.len);
    CHECK(auth__parse_header(arena, buf_str(&print), &again) == ERR_OK);
    CHECK(again.algorithm == header.algorithm && again.key_id == header.key_id);
    CHECK(again.timestamp_s == header.timestamp_s && str_eq(again.nonce, header.nonce));
    CHECK(str_eq(again.signature, header.signature));
}

static void check_bearer(struct arena *arena, struct str text)
{
    struct str secret;
    int64_t id;

    if (auth__parse_bearer(text, &id, &secret) == ERR_OK) {
        CHECK(secret.len > 0);
        CHECK(str_eq(text, str_printf(arena, "Bearer " STR_FMT "_" STR_FMT,
                                      STR_ARG(id_str(arena, "op", id)), STR_ARG(secret))) ||
              memchr(secret.ptr, 0, secret.len) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str text = {(const char *)data, size};
    struct arena *arena = arena_new();

    check_header(arena, text);
    check_bearer(arena, text);
    arena_free(arena);
    return 0;
}
