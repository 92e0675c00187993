/* The platform's key: made at the first start, signs answers, its public half for everybody. */
#include "business/auth/auth_int.h"

static struct str label_of(struct arena *arena, int64_t id)
{
    return str_printf(arena, "auth_platform_key.private_key:%lld", (long long)id);
}

/* ---- the key ---- */

static enum err insert_apply(struct tx *tx, const void *arg, void *result)
{
    struct auth_platform_key row = *(const struct auth_platform_key *)arg;

    (void)result;
    row.created_at_ms = tx_now_ms(tx);
    return tx_insert(tx, &auth__platform_key_table, &row);
}

static const struct command_kind insert_kind = {
    .name = "auth.platform_key",
    .apply = insert_apply,
};

static enum err make_key(struct app *app, struct arena *arena)
{
    struct auth_platform_key row = {
        .id = store_new_id(app->store, clock_now_ms(app->clock)),
    };
    struct crypto_key *key;
    struct secret pem;
    enum err err;

    TRY(crypto_key_make(CRYPTO_ED25519, &key));
    row.public_key = crypto_key_public_pem(arena, key);
    err = crypto_key_private_pem(arena, key, &pem);
    crypto_key_free(key);
    TRY(err);
    row.private_key = vault_seal(app->vault, arena, label_of(arena, row.id), &pem);
    secret_wipe(&pem);
    return store_run(app->store, &insert_kind, &row, NULL, NULL);
}

struct read {
    struct auth_platform *platform;
    enum err err;
};

static void read_run(void *ctx, struct reader *reader)
{
    struct read *read = ctx;

    read->err = auth__read_platform_keys(reader, read->platform->arena, &read->platform->keys,
                                         &read->platform->count);
}

static enum err read_keys(struct store *store, struct auth_platform *platform)
{
    struct read read = {.platform = platform};

    TRY(store_read(store, read_run, &read));
    return read.err;
}

enum err auth_is_sealed(struct store *store, bool *sealed)
{
    struct auth_platform platform = {.arena = arena_new()};
    enum err err = read_keys(store, &platform);

    *sealed = platform.count > 0;
    arena_free(platform.arena);
    return err;
}

static enum err open_keys(struct app *app, struct auth_platform *platform)
{
    struct secret pem;
    enum err err;

    TRY(read_keys(app->store, platform));
    if (platform->count == 0) {
        TRY(make_key(app, platform->arena));
        TRY(read_keys(app->store, platform));
    }
    TRY(vault_unseal(app->vault, platform->arena, label_of(platform->arena, platform->keys[0].id),
                     platform->keys[0].private_key, &pem));
    err = crypto_private_key(CRYPTO_ED25519, &pem, &platform->signer);
    secret_wipe(&pem);
    return err;
}

enum err auth__platform_open(struct app *app, struct auth_platform *platform)
{
    enum err err;

    *platform = (struct auth_platform){.arena = arena_new()};
    err = open_keys(app, platform);
    if (err != ERR_OK) {
        auth__platform_close(platform);
    }
    return err;
}

void auth__platform_close(struct auth_platform *platform)
{
    crypto_key_free(platform->signer);
    arena_free(platform->arena);
}

/* ---- signing ---- */

/* The request's own nonce when it has one. */
static struct str nonce_of(const struct request *req)
{
    struct auth_header header;
    unsigned char random[16];
    struct buf hex;

    if (auth__parse_header(req->arena, request_header(req, "Authorization"), &header) == ERR_OK) {
        return header.nonce;
    }
    crypto_random(random, sizeof(random));
    buf_init_arena(&hex, req->arena, 2 * sizeof(random));
    hex_encode(&hex, (struct str){(const char *)random, sizeof(random)});
    return buf_str(&hex);
}

void auth_sign_response(const struct request *req, struct reply *reply)
{
    const struct auth_state *state = auth__state(req->app);
    const int64_t now_s = loop_now_ms(req->loop) / TIME_SECOND_MS;
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf text, header;
    struct str nonce, signature;

    if (!state->sign_answers) {
        return;
    }
    nonce = nonce_of(req);
    crypto_sha256(reply_body(reply), digest);
    buf_init_arena(&text, req->arena, 256);
    buf_printf(&text, "%d\n%lld\n" STR_FMT "\n", reply_status(reply), (long long)now_s,
               STR_ARG(nonce));
    hex_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
    buf_add_char(&text, '\n');
    CHECK(buf_ok(&text));
    CHECK(crypto_sign(req->arena, state->platform.signer, buf_str(&text), &signature) == ERR_OK);
    buf_init_arena(&header, req->arena, 512);
    buf_add(&header, STR("key_id=\""));
    id_print(&header, "plk", state->platform.keys[0].id);
    buf_printf(&header, "\",timestamp=\"%lld\",nonce=\"" STR_FMT "\",signature=\"",
               (long long)now_s, STR_ARG(nonce));
    base64_encode(&header, signature);
    buf_add_char(&header, '"');
    CHECK(buf_ok(&header));
    reply_header(reply, "Tomato-Signature", buf_str(&header));
}

/* ---- GET /v1/platform-keys ---- */

static const struct field key_fields[] = {
    FIELD(struct auth_platform_key, id, FIELD_ID, .prefix = "plk", .required = true,
          .help = "The key_id of Tomato-Signature."),
    {.name = "object", .type = FIELD_CONST, .text = "platform_key", .always = true},
    {.name = "algorithm", .type = FIELD_CONST, .text = "ED25519", .always = true},
    FIELD(struct auth_platform_key, public_key, FIELD_TEXT, .required = true, .max = 1024,
          .help = "PEM."),
    {.name = "created_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct auth_platform_key, created_at_ms),
     .required = true},
};
static const struct field_set key_set = FIELD_SET("platform_key", key_fields);

static struct reply *list_handler(struct request *req)
{
    const struct auth_platform *platform = &auth__state(req->app)->platform;

    return reply_list(req, &key_set, platform->keys, platform->count, sizeof(*platform->keys),
                      STR(""));
}

const struct route auth__routes[] = {
    {
        .method = "GET",
        .path = "/v1/platform-keys",
        .handler = list_handler,
        .auth = HTTP_AUTH_NONE,
        .reply = &key_set,
        .reply_is_list = true,
        .summary = "List the keys the platform signs its answers with, the newest first",
        ROUTE_HERE,
    },
    {.method = NULL},
};
