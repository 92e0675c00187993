#include "business/auth/auth_int.h"

static const struct conf_row conf_rows[] = {
    {"auth.window", CONF_DURATION, "300s", 1000, 3600000,
     "How far the timestamp of a signed request may be off."},
    {"auth.nonces_max", CONF_INT, "1000000", 1000, 100000000,
     "Nonces remembered, up to 32 bytes each; beyond it the oldest go, and what was signed at "
     "their "
     "time is refused."},
    {"auth.cache_time", CONF_DURATION, "60s", 0, 3600000,
     "How long keys are used from memory; a change by this process is seen at once."},
    {"auth.cache_keys", CONF_INT, "20000", 16, 10000000, "Keys kept in memory, about 2 KB each."},
    {"auth.sign_answers", CONF_BOOL, "true", 0, 0,
     "Sign the answers to merchants with the platform's Ed25519 key."},
};

static struct metric *const metrics[] = {&auth_checks_metric};

struct auth_state *auth__state(const struct app *app)
{
    return app_state(app, &auth_module);
}

int64_t auth_key_last_used_ms(const struct app *app, int64_t key_id)
{
    return auth__cache_last_used_ms(auth__state(app)->cache, key_id);
}

/* On the store's thread, once the change is durable. */
static void on_key_changed(void *ctx, const struct store_change *changes, size_t count)
{
    struct auth_state *state = ctx;

    for (size_t i = 0; i < count; i++) {
        auth__cache_forget(state->cache, changes[i].id);
    }
}

static void stop(struct app *app, void *state_ptr)
{
    struct auth_state *state = state_ptr;

    (void)app;
    auth__decoys_free(&state->decoys);
    auth__platform_close(&state->platform);
    auth__cache_free(state->cache);
    auth__nonces_free(state->nonces);
    mem_free(state);
}

static enum err start(struct app *app, void **state_out)
{
    struct auth_platform platform;
    struct auth_decoys decoys;
    struct auth_state *state;
    enum err err;

    TRY(auth__platform_open(app, &platform));
    err = auth__decoys_make(&decoys);
    if (err != ERR_OK) {
        auth__platform_close(&platform);
        return err;
    }
    state = mem_new(sizeof(*state));
    *state = (struct auth_state){
        .window_ms = conf_int(app->conf, "auth.window"),
        .started_at_ms = clock_now_ms(app->clock),
        .process = store_new_id(app->store, clock_now_ms(app->clock)),
        .sign_answers = conf_bool(app->conf, "auth.sign_answers"),
        .platform = platform,
        .decoys = decoys,
    };
    state->nonces = auth__nonces_new(state->window_ms, conf_int(app->conf, "auth.nonces_max"));
    state->cache = auth__cache_new(conf_int(app->conf, "auth.cache_time"),
                                   conf_int(app->conf, "auth.cache_keys"));
    store_watch(app->store, &auth_key_table, on_key_changed, state);
    *state_out = state;
    return ERR_OK;
}

const struct module auth_module = {
    .name = "auth",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &auth__store,
    .routes = auth__routes,
    .metrics = metrics,
    .metric_count = ARRAY_LEN(metrics),
    .start = start,
    .stop = stop,
};
