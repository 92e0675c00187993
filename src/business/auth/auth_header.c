/* Parsing of what comes from outside first of all. */
#include "business/auth/auth_int.h"

const struct enum_name auth_algorithm_names[] = {
    {AUTH_HMAC_SHA256, "HMAC-SHA256"}, {AUTH_RSA_SHA256, "RSA-SHA256"}, {AUTH_ED25519, "ED25519"},
    {AUTH_SM2_SM3, "SM2-SM3"},         {AUTH_BEARER, "BEARER"},         {0, NULL},
};

static bool take_scheme(struct str *text, enum auth_algorithm *algorithm)
{
    struct str scheme;

    if (!str_cut(text, ' ', &scheme) || !str_starts(scheme, STR("TOMATO-"))) {
        return false;
    }
    scheme = str_slice(scheme, 7, scheme.len);
    for (const struct enum_name *name = auth_algorithm_names; name->value != AUTH_BEARER; name++) {
        if (str_eq(scheme, str_of(name->name))) {
            *algorithm = (enum auth_algorithm)name->value;
            return true;
        }
    }
    return false;
}

static bool is_nonce(struct str nonce)
{
    if (nonce.len < 16 || nonce.len > 64) {
        return false;
    }
    for (size_t i = 0; i < nonce.len; i++) {
        char c = nonce.ptr[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '_' || c == '-')) {
            return false;
        }
    }
    return true;
}

/* One name="value" of the list; each of the four once. */
static bool take_field(struct str item, struct auth_header *out)
{
    struct str name;
    struct str value;

    if (!str_cut(&item, '=', &name) || item.len < 3 || item.ptr[0] != '"' ||
        item.ptr[item.len - 1] != '"') {
        return false;
    }
    value = str_slice(item, 1, item.len - 1);
    if (str_eq(name, STR("key_id"))) {
        return out->key_id == 0 && id_parse(value, "key", &out->key_id) == ERR_OK;
    }
    if (str_eq(name, STR("timestamp"))) {
        return out->timestamp_s == 0 && value.ptr[0] != '-' && value.len <= 12 &&
               str_parse_int(value, &out->timestamp_s) == ERR_OK;
    }
    if (str_eq(name, STR("nonce"))) {
        bool first = out->nonce.len == 0;

        out->nonce = value;
        return first && is_nonce(value);
    }
    if (str_eq(name, STR("signature"))) {
        bool first = out->signature.len == 0;

        out->signature = value;
        return first && value.len <= 1024;
    }
    return false;
}

enum err auth__parse_header(struct str text, struct auth_header *out)
{
    struct auth_header header = {0};
    struct str item;

    if (text.len == 0) {
        return ERR_AUTH_MISSING;
    }
    if (!take_scheme(&text, &header.algorithm)) {
        return ERR_AUTH_MALFORMED;
    }
    while (text.len > 0) {
        bool more = str_cut(&text, ',', &item);

        if (!take_field(item, &header) || (more && text.len == 0)) {
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
    if (text.len == 0) {
        return ERR_AUTH_MISSING;
    }
    if (!str_starts(text, STR("Bearer op_"))) {
        return ERR_AUTH_MALFORMED;
    }
    text = str_slice(text, 7, text.len);
    if (text.len < 3 + ID_TEXT_LEN + 1 + 16 || text.ptr[3 + ID_TEXT_LEN] != '_' ||
        id_parse(str_slice(text, 0, 3 + ID_TEXT_LEN), "op", key_id) != ERR_OK) {
        return ERR_AUTH_MALFORMED;
    }
    *secret = str_slice(text, 3 + ID_TEXT_LEN + 1, text.len);
    return ERR_OK;
}
