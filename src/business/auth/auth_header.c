/* What comes from outside first of all: the Authorization header, read strictly. */
#include "business/auth/auth_int.h"

const struct enum_name auth_algorithm_names[] = {
    {AUTH_HMAC_SHA256, "HMAC-SHA256"}, {AUTH_RSA_SHA256, "RSA-SHA256"}, {AUTH_ED25519, "ED25519"},
    {AUTH_SM2_SM3, "SM2-SM3"},         {AUTH_BEARER, "BEARER"},         {0, NULL},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_nonce(struct str nonce)
{
    if (nonce.len < AUTH_NONCE_MIN || nonce.len > AUTH_NONCE_MAX) {
        return false;
    }
    for (size_t i = 0; i < nonce.len; i++) {
        char c = nonce.ptr[i];

        if (!is_digit(c) && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '_' &&
            c != '-') {
            return false;
        }
    }
    return true;
}

/* Up to 11 digits, the first not 0: what is signed is the number's one form. */
static bool parse_timestamp(struct str text, int64_t *out)
{
    if (text.len == 0 || text.len > 11 || text.ptr[0] == '0' || !is_digit(text.ptr[0])) {
        return false;
    }
    return str_parse_int(text, out) == ERR_OK;
}

static bool take_scheme(struct str *text, enum auth_algorithm *algorithm)
{
    const struct str prefix = STR("TOMATO-");
    struct str scheme;

    if (!str_cut(text, ' ', &scheme) || !str_starts(scheme, prefix)) {
        return false;
    }
    scheme = str_slice(scheme, prefix.len, scheme.len);
    for (const struct enum_name *name = auth_algorithm_names; name->name != NULL; name++) {
        if (name->value != AUTH_BEARER && str_eq(scheme, str_of(name->name))) {
            *algorithm = (enum auth_algorithm)name->value;
            return true;
        }
    }
    return false;
}

/* One name="value" of the list; each of the four comes once. */
static bool take_field(struct arena *arena, struct str item, struct auth_header *out)
{
    struct str name, value;

    if (!str_cut(&item, '=', &name) || item.len < 2 || item.ptr[0] != '"' ||
        item.ptr[item.len - 1] != '"') {
        return false;
    }
    value = str_slice(item, 1, item.len - 1);
    if (str_eq(name, STR("key_id"))) {
        return out->key_id == 0 && id_parse(value, "key", &out->key_id) == ERR_OK;
    }
    if (str_eq(name, STR("timestamp"))) {
        return out->timestamp_s == 0 && parse_timestamp(value, &out->timestamp_s);
    }
    if (str_eq(name, STR("nonce"))) {
        bool first = out->nonce.len == 0;

        out->nonce = value;
        return first && is_nonce(value);
    }
    if (str_eq(name, STR("signature"))) {
        return out->signature.len == 0 && value.len > 0 && value.len <= AUTH_SIGNATURE_MAX &&
               base64_decode(arena, value, &out->signature) == ERR_OK;
    }
    return false;
}

enum err auth__parse_header(struct arena *arena, struct str text, struct auth_header *out)
{
    struct auth_header header = {.key_id = 0};
    struct str item;
    bool more = true;

    if (text.len == 0) {
        return ERR_AUTH_MISSING;
    }
    if (!take_scheme(&text, &header.algorithm)) {
        return ERR_AUTH_MALFORMED;
    }
    while (more) {
        more = str_cut(&text, ',', &item);
        if (!take_field(arena, item, &header)) {
            return ERR_AUTH_MALFORMED;
        }
    }
    if (header.key_id == 0 || header.timestamp_s == 0 || header.nonce.len == 0 ||
        header.signature.len == 0) {
        return ERR_AUTH_MALFORMED;
    }
    *out = header;
    return ERR_OK;
}

enum err auth__parse_bearer(struct str text, int64_t *key_id, struct str *secret)
{
    const struct str scheme = STR("Bearer ");
    const size_t id_len = sizeof("op_") - 1 + ID_TEXT_LEN;

    if (text.len == 0) {
        return ERR_AUTH_MISSING;
    }
    if (!str_starts(text, scheme)) {
        return ERR_AUTH_MALFORMED;
    }
    text = str_slice(text, scheme.len, text.len);
    if (text.len <= id_len + 1 || text.ptr[id_len] != '_' ||
        id_parse(str_slice(text, 0, id_len), "op", key_id) != ERR_OK) {
        return ERR_AUTH_MALFORMED;
    }
    *secret = str_slice(text, id_len + 1, text.len);
    return ERR_OK;
}

struct str auth__signed_text(struct arena *arena, const struct request *req,
                             const struct auth_header *header)
{
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf text;

    _Static_assert(CRYPTO_SM3_LEN == CRYPTO_SHA256_LEN, "one buffer holds both digests");
    if (header->algorithm == AUTH_SM2_SM3) {
        crypto_sm3(req->body, digest);
    } else {
        crypto_sha256(req->body, digest);
    }
    buf_init_arena(&text, arena, req->method.len + req->target.len + 256);
    buf_add(&text, req->method);
    buf_add_char(&text, '\n');
    buf_add(&text, req->target);
    buf_add_char(&text, '\n');
    buf_add_int(&text, header->timestamp_s);
    buf_add_char(&text, '\n');
    buf_add(&text, header->nonce);
    buf_add_char(&text, '\n');
    hex_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
    buf_add_char(&text, '\n');
    CHECK(buf_ok(&text));
    return buf_str(&text);
}
