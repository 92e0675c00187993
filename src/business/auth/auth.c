#include "business/auth/auth_int.h"

static const struct conf_row conf_rows[] = {
    {.key = "auth.window",
     .type = CONF_DURATION,
     .value = "300s",
     .min = 1000,
     .max = 3600000,
     .help = "How far the timestamp of a signed request may be off"},
    {.key = "auth.sign_answers",
     .type = CONF_BOOL,
     .value = "true",
     .help = "Sign answers to merchants with the platform's Ed25519 key"},
};

/* ---- the platform's key ---- */

static struct str platform_label(struct arena *arena, int64_t id)
{
    return str_printf(arena, "auth_platform_key.private_key:%lld", (long long)id);
}

static enum err platform_key_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return tx_insert(tx, &auth__platform_key_table, arg);
}

const struct command_kind auth__platform_key_kind = {
    .name = "auth.platform_key",
    .apply = platform_key_apply,
};

static enum err platform_key_make(struct auth_state *state, struct auth_platform_key *row)
{
    struct app *app = state->app;
    struct crypto_key *key;
    struct secret pem;

    row->id = store_new_id(app->store, clock_now_ms(app->clock));
    row->created_at_ms = clock_now_ms(app->clock);
    TRY(crypto_key_make(CRYPTO_ED25519, &key));
    row->public_key = crypto_key_public_pem(state->arena, key);
    TRY(crypto_key_private_pem(state->arena, key, &pem));
    row->private_key =
        vault_seal(app->vault, state->arena, platform_label(state->arena, row->id), &pem);
    secret_wipe(&pem);
    crypto_key_free(key);
    return store_run(app->store, &auth__platform_key_kind, row, NULL, NULL);
}

struct key_read {
    struct arena *arena;
    struct auth_platform_key *rows;
    size_t count;
    enum err err;
};

static void read_keys(void *ctx, struct reader *reader)
{
    struct key_read *read = ctx;

    read->err = auth__read_platform_keys(reader, read->arena, &read->rows, &read->count);
}

enum err auth_is_sealed(struct store *store, bool *sealed)
{
    struct key_read read = {.arena = arena_new()};
    enum err err = store_read(store, read_keys, &read);

    *sealed = read.count > 0;
    arena_free(read.arena);
    return err == ERR_OK ? read.err : err;
}

static enum err platform_key_open(struct auth_state *state)
{
    struct key_read read = {.arena = state->arena};
    struct auth_platform_key row = {0};
    struct secret pem;
    enum err err;

    TRY(store_read(state->app->store, read_keys, &read));
    TRY(read.err);
    if (read.count > 0) {
        row = read.rows[0];
    } else {
        TRY(platform_key_make(state, &row));
    }
    TRY(vault_unseal(state->app->vault, state->arena, platform_label(state->arena, row.id),
                     row.private_key, &pem));
    err = crypto_private_key(CRYPTO_ED25519, &pem, &state->platform_key);
    secret_wipe(&pem);
    state->platform_key_id = row.id;
    state->platform_public_pem = row.public_key;
    return err;
}

/* ---- a key changed: every loop forgets its copy ---- */

struct forget {
    struct task task;
    struct auth_cache *cache;
    int64_t id;
};

static void forget_run(struct task *task)
{
    struct forget *forget = (struct forget *)task;

    auth__cache_drop(forget->cache, forget->id);
    mem_free(forget);
}

static void on_key_changed(void *ctx, const struct store_change *changes, size_t count)
{
    struct auth_state *state = ctx;

    for (size_t i = 0; i < count; i++) {
        for (unsigned j = 0; j < state->app->loop_count && changes[i].kind != STORE_INSERTED; j++) {
            struct forget *forget = mem_new(sizeof(*forget));

            *forget = (struct forget){{.run = forget_run}, &state->caches[j], changes[i].id};
            loop_post(state->app->loops[j], &forget->task);
        }
    }
}

/* ---- GET /v1/platform-keys ---- */

struct public_key_view {
    int64_t id;
    struct str algorithm;
    struct str public_key;
};
static const struct field public_key_fields[] = {
    FIELD(struct public_key_view, id, FIELD_ID, .prefix = "plk", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "platform_key"},
    FIELD(struct public_key_view, algorithm, FIELD_TEXT, .max = 16, .always = true),
    FIELD(struct public_key_view, public_key, FIELD_TEXT, .max = 2048, .always = true,
          .help = "PEM"),
};
static const struct field_set public_key_set = FIELD_SET("platform_key", public_key_fields);

static struct reply *platform_keys_handler(struct request *req)
{
    const struct auth_state *state = app_state(req->app, &auth_module);
    const struct public_key_view view = {state->platform_key_id, STR_INIT("ED25519"),
                                         state->platform_public_pem};

    return reply_list(req, &public_key_set, &view, 1, sizeof(view), (struct str){"", 0});
}

const struct route auth__routes[] = {
    {
        .method = "GET",
        .path = "/v1/platform-keys",
        .handler = platform_keys_handler,
        .auth = HTTP_AUTH_NONE,
        .reply = &public_key_set,
        .reply_is_list = true,
        .summary = "The keys the platform signs its answers with",
        ROUTE_HERE,
    },
    {.method = NULL},
};

static enum err start(struct app *app, void **state_out)
{
    struct auth_state *state = mem_new(sizeof(*state));

    state->app = app;
    state->arena = arena_new();
    state->window_ms = conf_int(app->conf, "auth.window");
    state->sign_answers = conf_bool(app->conf, "auth.sign_answers");
    state->started_at_ms = clock_now_ms(app->clock);
    state->nonces = auth__nonces_new(2 * state->window_ms);
    *state_out = state;
    TRY(platform_key_open(state));
    store_watch(app->store, &auth_key_table, on_key_changed, state);
    return ERR_OK;
}

static void stop(struct app *app, void *state_ptr)
{
    struct auth_state *state = state_ptr;

    for (unsigned i = 0; i < app->loop_count; i++) {
        auth__cache_drop(&state->caches[i], 0);
    }
    auth__nonces_free(state->nonces);
    crypto_key_free(state->platform_key);
    arena_free(state->arena);
    mem_free(state);
}

const struct module auth_module = {
    .name = "auth",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &auth__store,
    .routes = auth__routes,
    .start = start,
    .stop = stop,
};
