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

static struct str digest_hex(struct arena *arena, struct str text)
{
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf hex;

    crypto_sha256(text, digest);
    buf_init_arena(&hex, arena, 2 * CRYPTO_SHA256_LEN);
    hex_encode(&hex, (struct str){(const char *)digest, sizeof(digest)});
    return buf_str(&hex);
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
        .expires_at_ms = ask->expires_at_ms,
        .created_at_ms = clock_now_ms(app->clock),
        .version = 1,
    };

    *plain = (struct secret){{"", 0}};
    if (ask->algorithm == AUTH_HMAC_SHA256) {
        *plain = secret_of(arena, random_text(arena));
        made.secret = vault_seal(app->vault, arena, label_of(arena, made.id), plain);
    } else if (ask->algorithm == AUTH_BEARER) {
        struct str secret = random_text(arena);

        made.secret = digest_hex(arena, secret);
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

enum err auth__open(struct app *app, const struct auth_key *row, struct auth_open_key **out)
{
    struct arena *arena = arena_new();
    struct auth_open_key *key = ARENA_NEW(arena, struct auth_open_key);
    enum crypto_algorithm algorithm;
    enum err err = ERR_OK;

    key->arena = arena;
    key->row = *row;
    key->row.permissions = str_dup(arena, row->permissions);
    key->row.secret = str_dup(arena, row->secret);
    key->row.name = (struct str){"", 0};
    key->row.public_key = (struct str){"", 0};
    if (row->algorithm == AUTH_HMAC_SHA256) {
        err = vault_unseal(app->vault, arena, label_of(arena, row->id), row->secret, &key->secret);
    } else if (row->algorithm != AUTH_BEARER) {
        err = crypto_algorithm_of(row->algorithm, &algorithm);
        if (err == ERR_OK) {
            err = crypto_public_key(algorithm, row->public_key, &key->public_key);
        }
    }
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

static struct auth_open_key **bucket_of(struct auth_cache *cache, int64_t id)
{
    return &cache
                ->buckets[((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) >> 32) % AUTH_CACHE_BUCKETS];
}

struct auth_open_key *auth__cache_find(struct auth_cache *cache, int64_t id)
{
    struct auth_open_key *key = *bucket_of(cache, id);

    while (key != NULL && key->row.id != id) {
        key = key->next;
    }
    return key;
}

void auth__cache_drop(struct auth_cache *cache, int64_t id)
{
    for (size_t i = 0; i < AUTH_CACHE_BUCKETS; i++) {
        struct auth_open_key **at = id == 0 ? &cache->buckets[i] : bucket_of(cache, id);

        while (*at != NULL) {
            struct auth_open_key *key = *at;

            if (id != 0 && key->row.id != id) {
                at = &key->next;
                continue;
            }
            *at = key->next;
            auth__open_free(key);
            cache->count--;
        }
        if (id != 0) {
            return;
        }
    }
}

void auth__cache_add(struct auth_cache *cache, struct auth_open_key *key)
{
    struct auth_open_key **bucket = bucket_of(cache, key->row.id);

    auth__cache_drop(cache, key->row.id);
    if (cache->count >= AUTH_CACHE_MAX) {
        auth__cache_drop(cache, 0);
    }
    key->next = *bucket;
    *bucket = key;
    cache->count++;
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

static enum err edit(struct tx *tx, int64_t id, int64_t merchant_id, struct auth_key **out)
{
    void *row;
    enum err err = tx_edit(tx, &auth_key_table, id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_AUTH_KEY_NOT_FOUND;
    }
    TRY(err);
    *out = row;
    return merchant_id == 0 || (*out)->merchant_id == merchant_id ? ERR_OK : ERR_AUTH_KEY_NOT_FOUND;
}

static enum err rotate_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct auth_key_rotate *arg = arg_ptr;
    struct auth_key *old;
    int64_t until_ms = tx_now_ms(tx) + arg->overlap_ms;

    TRY(edit(tx, arg->key_id, arg->merchant_id, &old));
    if (old->status != AUTH_KEY_ACTIVE) {
        return ERR_AUTH_KEY_REVOKED;
    }
    if (old->expires_at_ms == 0 || old->expires_at_ms > until_ms) {
        old->expires_at_ms = until_ms;
    }
    old->version++;
    TRY(tx_insert(tx, &auth_key_table, &arg->next));
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

    TRY(edit(tx, arg->key_id, arg->merchant_id, &key));
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
