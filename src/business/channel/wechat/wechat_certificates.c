/* Platform certificates: downloaded, decrypted with the APIv3 key, kept with the ones before.
 *
 * The first download has no key to be verified with: only WeChat Pay knows the APIv3 key, so what
 * it decrypts is theirs, and must include the certificate the answer is signed with. */
#include "business/channel/wechat/wechat_int.h"

enum { REFRESH_MS = 12 * 3600 * 1000, CERTIFICATE_MAX = 8192 };

/* What is stored between refreshes. */
struct certificate {
    struct str serial;
    struct str pem;
};

struct learned {
    int64_t fetched_at_ms;
    struct field_list certificates; /* of struct certificate, newest first */
};

static const struct field certificate_fields[] = {
    FIELD(struct certificate, serial, FIELD_TEXT, .required = true, .min = 1,
          .max = WECHAT_SERIAL_MAX),
    FIELD(struct certificate, pem, FIELD_TEXT, .required = true, .min = 1, .max = CERTIFICATE_MAX),
};

static const struct field learned_fields[] = {
    FIELD(struct learned, fetched_at_ms, FIELD_INT, .min = 0, .max = INT64_MAX),
    FIELD(struct learned, certificates, FIELD_LIST, .max = WECHAT_PLATFORM_KEYS_MAX,
          .sub = certificate_fields, .sub_count = ARRAY_LEN(certificate_fields),
          .sub_size = sizeof(struct certificate)),
};
static const struct field_set learned_set = FIELD_SET("wechat_learned", learned_fields);

/* Adds a certificate to the keys unless its serial is there; pem and serial live as long. */
static enum err add_certificate(struct wechat_keys *keys, struct str serial, struct str pem)
{
    struct wechat_platform_key *key = &keys->platform[keys->platform_count];
    struct str read_serial;

    for (size_t i = 0; i < keys->platform_count; i++) {
        if (str_eq(keys->platform[i].serial, serial)) {
            return ERR_OK;
        }
    }
    if (keys->platform_count == WECHAT_PLATFORM_KEYS_MAX) {
        return ERR_OK; /* the oldest come last, and are left out */
    }
    *key = (struct wechat_platform_key){.serial = serial, .pem = pem};
    TRY(crypto_certificate_read(keys->arena, pem, &read_serial, &key->not_before_ms,
                                &key->expires_at_ms));
    if (!str_eq(read_serial, serial)) {
        return ERR_CRYPTO_KEY;
    }
    TRY(crypto_public_key(CRYPTO_RSA_SHA256, pem, &key->key));
    keys->platform_count++;
    return ERR_OK;
}

void wechat__learn(struct wechat_keys *keys, struct str text)
{
    struct learned learned = {.fetched_at_ms = 0};
    struct json_refusal refusal;
    const struct certificate *certificates;

    if (text.len == 0 ||
        json_parse_fields(keys->arena, text, &learned_set, &learned, &refusal) != ERR_OK) {
        return;
    }
    certificates = learned.certificates.items;
    for (size_t i = 0; i < learned.certificates.count; i++) {
        if (add_certificate(keys, certificates[i].serial, certificates[i].pem) != ERR_OK) {
            return;
        }
    }
    keys->fetched_at_ms = learned.fetched_at_ms;
}

/* A merchant in public-key mode may not be allowed to download certificates at all: there it is
 * only tried when a certificate's signature turns up. */
bool wechat__refresh_due(const void *opened, int64_t now_ms)
{
    const struct wechat_keys *keys = opened;

    return keys->mode == WECHAT_CERTIFICATE && keys->fetched_at_ms != 0 &&
           now_ms - keys->fetched_at_ms >= REFRESH_MS;
}

void wechat__refresh_request(struct arena *arena, const void *opened, const struct channel_ask *ask,
                             struct http_call *out)
{
    out->method = STR("GET");
    wechat__sign_request(arena, opened, ask, STR("/v3/certificates"), out);
}

/* Decrypts the answer's certificates into a keys object of its own. */
static enum err read_certificates(struct arena *arena, const struct wechat_keys *keys,
                                  const json_t *body, struct wechat_keys *fetched)
{
    const json_t *data = json_object_get(body, "data");

    if (json_array_size(data) == 0 || json_array_size(data) > WECHAT_PLATFORM_KEYS_MAX) {
        return ERR_CRYPTO_KEY;
    }
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *item = json_array_get(data, i);
        struct str pem;

        TRY(wechat__decrypt(arena, keys, json_object_get(item, "encrypt_certificate"), &pem));
        TRY(add_certificate(fetched, channel_json_text(arena, item, "serial_no"), pem));
    }
    return ERR_OK;
}

/* Fetched ones first, then those known before which are still valid: what was signed a moment ago
 * must stay verifiable. */
static struct str print_learned(struct arena *arena, const struct wechat_keys *keys,
                                const struct wechat_keys *fetched, int64_t now_ms)
{
    struct certificate certificates[WECHAT_PLATFORM_KEYS_MAX];
    struct learned learned = {.fetched_at_ms = now_ms, .certificates = {certificates, 0}};
    size_t count = 0;

    for (size_t i = 0; i < fetched->platform_count; i++) {
        certificates[count++] =
            (struct certificate){fetched->platform[i].serial, fetched->platform[i].pem};
    }
    for (size_t i = 0; i < keys->platform_count && count < WECHAT_PLATFORM_KEYS_MAX; i++) {
        const struct wechat_platform_key *key = &keys->platform[i];
        bool known = key->pem.len == 0 || key->expires_at_ms <= now_ms;

        for (size_t k = 0; k < fetched->platform_count; k++) {
            known = known || str_eq(key->serial, fetched->platform[k].serial);
        }
        if (!known) {
            certificates[count++] = (struct certificate){key->serial, key->pem};
        }
    }
    learned.certificates.count = count;
    struct buf buf;

    buf_init_arena(&buf, arena, (size_t)WECHAT_PLATFORM_KEYS_MAX * (CERTIFICATE_MAX + 256));
    json_print_fields(&buf, &learned_set, &learned);
    CHECK(buf_ok(&buf));
    return buf_str(&buf);
}

enum err wechat__refresh_answer(struct arena *arena, const void *opened,
                                const struct channel_ask *ask, const struct http_call *in,
                                struct str *learned)
{
    const struct wechat_keys *keys = opened;
    const struct wechat_signed answer = {in->answer_headers, in->answer_header_count, in->answer,
                                         ask->now_ms};
    struct wechat_keys *fetched = ARENA_NEW(arena, struct wechat_keys);
    struct channel_result ignored = {.outcome = CHANNEL_UNKNOWN};
    struct json_refusal refusal;
    json_t *body;
    enum err err;

    if (in->status != 200) {
        return ERR_CHANNEL_UNAVAILABLE;
    }
    TRY(json_parse(in->answer, &body, &refusal));
    fetched->arena = arena;
    err = read_certificates(arena, keys, body, fetched);
    json_decref(body);
    if (err == ERR_OK && wechat__verify(arena, fetched, &answer, &ignored) != CHANNEL_TRUSTED &&
        wechat__verify(arena, keys, &answer, &ignored) != CHANNEL_TRUSTED) {
        err = ERR_CHANNEL_UNVERIFIED;
    }
    if (err == ERR_OK) {
        *learned = print_learned(arena, keys, fetched, ask->now_ms);
    }
    for (size_t i = 0; i < fetched->platform_count; i++) {
        crypto_key_free(fetched->platform[i].key);
    }
    return err;
}
