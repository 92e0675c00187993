/* Keys: making, rotating, revoking, and the opened ones in memory. */
#include "base/encode.h"
#include "business/auth/auth_int.h"

static struct str label_of(struct arena *arena, int64_t id)
{
    return str_printf(arena, "auth_key.secret:%lld", (long long)id);
}

static enum err crypto_algorithm_of(enum auth_algorithm algorithm, enum crypto_algorithm *out)
{
    switch (algorithm) {
    case AUTH_RSA_SHA256:
        *out = CRYPTO_RSA_SHA256;
        return ERR_OK;
    case AUTH_ED25519:
        *out = CRYPTO_ED25519;
        return ERR_OK;
    case AUTH_SM2_SM3:
        *out = CRYPTO_SM2_SM3;
        return ERR_OK;
    case AUTH_HMAC_SHA256:
    case AUTH_BEARER:
        return ERR_CRYPTO_KEY;
    }
    return ERR_CRYPTO_KEY;
}

static bool permits(struct str permissions, struct str want)
{
    struct str word;

    while (permissions.len > 0) {
        (void)str_cut(&permissions, ' ', &word);
        if (str_eq(word, STR("*")) || str_eq(word, want) ||
            (str_ends(word, STR(":*")) && str_starts(want, str_slice(word, 0, word.len - 1)))) {
            return true;
        }
    }
    return false;
}

bool auth_permits(struct str permissions, const char *needed)
{
    return permits(permissions, str_of(needed));
}

static bool grants(struct str word, enum http_auth caller, const struct route *routes)
{
    for (const struct route *route = routes; route->method != NULL; route++) {
        if ((route->auth == caller || route->auth == HTTP_AUTH_EITHER) &&
            route->permission != NULL && auth_permits(word, route->permission)) {
            return true;
        }
    }
    return false;
}

struct str auth_vain_permission(const struct app *app, enum http_auth caller,
                                struct str permissions)
{
    const struct route *sets[APP_ROUTE_SETS_MAX];
    size_t count = module_route_sets(app->modules, app->module_count, sets);
    struct str word;
    bool more = true;

    while (more) {
        bool found = false;

        more = str_cut(&permissions, ' ', &word);
        for (size_t i = 0; i < count && !found; i++) {
            found = grants(word, caller, sets[i]);
        }
        if (!found) {
            return word;
        }
    }
    return STR("");
}

bool auth_covers(struct str permissions, struct str others)
{
    struct str word;

    while (others.len > 0) {
        (void)str_cut(&others, ' ', &word);
        if (!permits(permissions, word)) {
            return false;
        }
    }
    return true;
}

static bool is_word(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((word.ptr[i] < 'a' || word.ptr[i] > 'z') && word.ptr[i] != '_') {
            return false;
        }
    }
    return word.len > 0;
}

/* Every word is "*", "word:*" or "word:word". */
static bool are_permissions(struct str rest)
{
    struct str word, noun;
    bool more = true;

    while (more) {
        more = str_cut(&rest, ' ', &word);
        if (str_eq(word, STR("*"))) {
            continue;
        }
        if (!str_cut(&word, ':', &noun) || !is_word(noun) ||
            (!is_word(word) && !str_eq(word, STR("*")))) {
            return false;
        }
    }
    return true;
}

/* 32 random bytes as text: what the merchant signs with, and what an operator sends. */
static struct str random_text(struct arena *arena)
{
    unsigned char random[32];
    struct buf text;

    crypto_random(random, sizeof(random));
    buf_init_arena(&text, arena, 64);
    base64url_encode(&text, (struct str){(const char *)random, sizeof(random)});
    explicit_bzero(random, sizeof(random));
    return buf_str(&text);
}

enum err auth_key_prepare(struct app *app, struct arena *arena, const struct auth_key_ask *ask,
                          struct auth_key *key, struct secret *plain)
{
    enum crypto_algorithm algorithm;
    struct crypto_key *public_key;
    struct auth_key made = {
        .id = store_new_id(app->store, clock_now_ms(app->clock)),
        .merchant_id = ask->merchant_id,
        .app_id = ask->app_id,
        .algorithm = ask->algorithm,
        .name = ask->name,
        .permissions = ask->permissions,
        .status = AUTH_KEY_ACTIVE,
        .not_before_ms = ask->not_before_ms,
        .expires_at_ms = ask->expires_at_ms,
        .created_at_ms = clock_now_ms(app->clock),
        .version = 1,
    };

    if (!are_permissions(ask->permissions)) {
        return ERR_FIELD_FORMAT;
    }
    *plain = (struct secret){{"", 0}};
    if (ask->algorithm == AUTH_HMAC_SHA256) {
        *plain = secret_of(arena, random_text(arena));
        made.secret = vault_seal(app->vault, arena, label_of(arena, made.id), plain);
    } else if (ask->algorithm == AUTH_BEARER) {
        struct str secret = random_text(arena);

        made.secret = crypto_sha256_hex(arena, secret);
        *plain =
            secret_of(arena, str_printf(arena, STR_FMT "_" STR_FMT,
                                        STR_ARG(id_str(arena, "op", made.id)), STR_ARG(secret)));
    } else {
        TRY(crypto_algorithm_of(ask->algorithm, &algorithm));
        TRY(crypto_public_key(algorithm, ask->public_key, &public_key));
        made.public_key = crypto_key_public_pem(arena, public_key);
        crypto_key_free(public_key);
    }
    *key = made;
    return ERR_OK;
}

/* ---- opened keys ---- */

static enum err open_material(struct app *app, const struct auth_key *row,
                              struct auth_open_key *key)
{
    enum crypto_algorithm algorithm;
    struct str digest;

    if (row->algorithm == AUTH_HMAC_SHA256) {
        return vault_unseal(app->vault, key->arena, label_of(key->arena, row->id), row->secret,
                            &key->secret);
    }
    if (row->algorithm != AUTH_BEARER) {
        TRY(crypto_algorithm_of(row->algorithm, &algorithm));
        return crypto_public_key(algorithm, row->public_key, &key->public_key);
    }
    TRY(hex_decode(key->arena, row->secret, &digest));
    CHECK(digest.len == sizeof(key->digest));
    memcpy(key->digest, digest.ptr, digest.len);
    return ERR_OK;
}

enum err auth__open(struct app *app, const struct auth_key *row, struct auth_open_key **out)
{
    struct arena *arena = arena_new();
    struct auth_open_key *key = ARENA_NEW(arena, struct auth_open_key);
    enum err err;

    key->arena = arena;
    key->row = *row;
    key->row.permissions = str_dup(arena, row->permissions);
    key->row.name = STR("");
    key->row.secret = STR("");
    key->row.public_key = STR("");
    err = open_material(app, row, key);
    if (err != ERR_OK) {
        arena_free(arena);
        return err;
    }
    *out = key;
    return ERR_OK;
}

void auth__open_free(struct auth_open_key *key)
{
    secret_wipe(&key->secret);
    crypto_key_free(key->public_key);
    arena_free(key->arena);
}

/* ---- keys that fit nobody ---- */

/* Making an RSA key takes a tenth of a second and more; this one's private half was thrown away. */
static const char decoy_rsa[] = "-----BEGIN PUBLIC KEY-----\n"
                                "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6ZEZlTAWIQtmzw0yK4yn\n"
                                "i4J18I90as2hNIXbYlHDa1WlBbb6U13jOyidqk4Y/PYI5PZkGOcuICZHPax9HtxW\n"
                                "JeZfHkURwR+nuM8/HGB3Cj8vufiU6pkvGD1EyUgL5uKWJ5RAPxKPL+4LhlAB6vU5\n"
                                "k6Rnvl2BFnNDpSH73HYCHNSxLxipzxT181HU983EvwLu9ic9aHfxNTnmfIXrdYes\n"
                                "3C1RHCMRe9McEYmniwrEwEPQ7jS2zoLQJ+d6ZTN0lXwvqhl7dZ8BnUB0CDg4rxOY\n"
                                "jYntO6iyEN8ek4CuNci93X3aIxzHN/0FZoqqJXqu/IytjSitL4NPnqUG3Tuz4AdK\n"
                                "3QIDAQAB\n"
                                "-----END PUBLIC KEY-----\n";

static enum err make_decoy(struct arena *arena, enum crypto_algorithm algorithm,
                           struct auth_open_key *out)
{
    struct crypto_key *made;
    struct str pem;

    TRY(crypto_key_make(algorithm, &made));
    pem = crypto_key_public_pem(arena, made);
    crypto_key_free(made);
    return crypto_public_key(algorithm, pem, &out->public_key);
}

static enum err make_decoys(struct auth_decoys *decoys)
{
    struct auth_open_key *keys = decoys->keys;

    for (int i = AUTH_HMAC_SHA256; i <= AUTH_BEARER; i++) {
        keys[i].row.algorithm = (enum auth_algorithm)i;
    }
    keys[AUTH_HMAC_SHA256].secret = (struct secret){random_text(decoys->arena)};
    crypto_random(keys[AUTH_BEARER].digest, sizeof(keys[AUTH_BEARER].digest));
    TRY(crypto_public_key(CRYPTO_RSA_SHA256, STR(decoy_rsa), &keys[AUTH_RSA_SHA256].public_key));
    TRY(make_decoy(decoys->arena, CRYPTO_ED25519, &keys[AUTH_ED25519]));
    return make_decoy(decoys->arena, CRYPTO_SM2_SM3, &keys[AUTH_SM2_SM3]);
}

enum err auth__decoys_make(struct auth_decoys *decoys)
{
    enum err err;

    *decoys = (struct auth_decoys){.arena = arena_new()};
    err = make_decoys(decoys);
    if (err != ERR_OK) {
        auth__decoys_free(decoys);
    }
    return err;
}

void auth__decoys_free(struct auth_decoys *decoys)
{
    for (int i = AUTH_HMAC_SHA256; i <= AUTH_BEARER; i++) {
        secret_wipe(&decoys->keys[i].secret);
        crypto_key_free(decoys->keys[i].public_key);
    }
    arena_free(decoys->arena);
}

/* ---- commands ---- */

static enum err insert_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return tx_insert(tx, &auth_key_table, arg);
}

const struct command_kind auth_key_insert_kind = {
    .name = "auth.key_insert",
    .apply = insert_apply,
};

/* Merchants' keys and operators' are apart: whoever may change the ones does not reach the others.
 */
static enum err edit(struct tx *tx, int64_t id, int64_t merchant_id, bool operators,
                     struct auth_key **out)
{
    struct auth_key *key;
    void *row;
    enum err err = tx_edit(tx, &auth_key_table, id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_AUTH_KEY_NOT_FOUND;
    }
    TRY(err);
    key = row;
    if (operators != (key->algorithm == AUTH_BEARER) ||
        (merchant_id != 0 && key->merchant_id != merchant_id)) {
        return ERR_AUTH_KEY_NOT_FOUND;
    }
    *out = key;
    return ERR_OK;
}

static enum err rotate_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct auth_key_rotate *arg = arg_ptr;
    struct auth_key *old;
    struct auth_key next = arg->next;
    int64_t until_ms = tx_now_ms(tx) + arg->overlap_ms;

    TRY(edit(tx, arg->key_id, arg->merchant_id, arg->operators, &old));
    CHECK(arg->next.algorithm == old->algorithm && arg->next.merchant_id == old->merchant_id);
    if (old->status != AUTH_KEY_ACTIVE) {
        return ERR_AUTH_KEY_REVOKED;
    }
    next.expires_at_ms = old->expires_at_ms;
    if (old->expires_at_ms == 0 || old->expires_at_ms > until_ms) {
        old->expires_at_ms = until_ms;
    }
    old->version++;
    TRY(tx_insert(tx, &auth_key_table, &next));
    tx_result_row(tx, &auth_key_table, old, result);
    return ERR_OK;
}

const struct command_kind auth_key_rotate_kind = {
    .name = "auth.key_rotate",
    .apply = rotate_apply,
    .result_size = sizeof(struct auth_key),
};

static enum err revoke_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct auth_key_revoke *arg = arg_ptr;
    struct auth_key *key;

    TRY(edit(tx, arg->key_id, arg->merchant_id, arg->operators, &key));
    if (key->status == AUTH_KEY_ACTIVE) {
        key->status = AUTH_KEY_REVOKED;
        key->version++;
    }
    tx_result_row(tx, &auth_key_table, key, result);
    return ERR_OK;
}

const struct command_kind auth_key_revoke_kind = {
    .name = "auth.key_revoke",
    .apply = revoke_apply,
    .result_size = sizeof(struct auth_key),
};
