#include "test/lib/auth_rig.h"
#include "test/lib/folder.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the server: authenticate, authorise, answer ---- */

static struct reply *checked(struct request *req, enum err err)
{
    if (err != ERR_OK) {
        return reply_error(req, err);
    }
    if (!auth_permits(req->principal.permissions, req->route->permission)) {
        return reply_error(req, ERR_AUTH_PERMISSION);
    }
    return req->route->handler(req);
}

static void checked_later(struct request *req, enum err err)
{
    request_reply(req, checked(req, err));
}

static struct reply *dispatch(struct request *req)
{
    enum err err = ERR_OK;

    CHECK(req->route != NULL);
    if (req->route->auth == HTTP_AUTH_NONE) {
        return req->route->handler(req);
    }
    return auth_authenticate(req, checked_later, &err) == AUTH_WAITS ? reply_later(req)
                                                                     : checked(req, err);
}

static struct reply *echo_handler(struct request *req)
{
    struct str body =
        str_printf(req->arena, "{\"merchant\":%lld,\"app\":%lld,\"key\":%lld}",
                   (long long)req->principal.merchant_id, (long long)req->principal.app_id,
                   (long long)req->principal.key_id);
    struct reply *reply = reply_json(req, 200, body);

    auth_sign_response(req, reply);
    return reply;
}

static const struct route routes[] = {
    {
        .method = "POST",
        .path = "/v1/echo",
        .handler = echo_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "echo:write",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/echo",
        .handler = echo_handler,
        .auth = HTTP_AUTH_MERCHANT,
        .permission = "echo:read",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/operator",
        .handler = echo_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "merchant:write",
        ROUTE_HERE,
    },
    {.method = NULL},
};

/* ---- the program around it ---- */

static const struct module *const modules[] = {&auth_module};

static int64_t rig_now(void *ctx)
{
    return counter_get(&((struct auth_rig *)ctx)->now_ms);
}

static void load_conf(struct auth_rig *rig, const char *text)
{
    struct conf_problem problem;
    struct str path = str_printf(rig->arena, "%s/rig.conf", rig->dir);
    FILE *file = fopen(str_cstr(rig->arena, path), "w");

    CHECK(file != NULL && fputs(text == NULL ? "" : text, file) >= 0 && fclose(file) == 0);
    CHECK(conf_load(&auth_module.conf, 1, path, &rig->app.conf, &problem) == ERR_OK);
}

static void start_server(void *ctx)
{
    struct auth_rig *rig = ctx;
    static const struct route *sets[] = {routes, NULL};
    struct http_server_options options = {
        .address = STR("127.0.0.1"),
        .routes = sets,
        .route_sets = ARRAY_LEN(sets),
        .dispatch = dispatch,
        .app = &rig->app,
    };

    sets[1] = auth_module.routes;
    CHECK(http_server_start(rig->app.loops[0], &options, &rig->server) == ERR_OK);
    rig->port = http_server_port(rig->server);
}

static void stop_server(void *ctx)
{
    http_server_free(((struct auth_rig *)ctx)->server);
}

static void start(struct auth_rig *rig)
{
    struct app *app = &rig->app;
    const struct store_part parts[] = {*auth_module.store};
    const struct store_options options = {
        .url = str_printf(rig->arena, "sqlite:%s/rig.db", rig->dir),
        .clock = &rig->clock,
        .parts = parts,
        .part_count = ARRAY_LEN(parts),
        .migrate = true,
    };
    char detail[256] = "";

    CHECK(vault_open(str_printf(rig->arena, "%s/master.key", rig->dir), true, &app->vault) ==
          ERR_OK);
    if (store_open(&options, &app->store, detail) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", detail);
        abort();
    }
    app->loop_count = 1;
    app->loops[0] = loop_new("rig", 0, &rig->clock);
    CHECK(auth_module.start(app, &app->states[0]) == ERR_OK);
    loop_start(app->loops[0]);
    loop_call(app->loops[0], start_server, rig);
}

static void stop(struct auth_rig *rig)
{
    struct app *app = &rig->app;

    loop_call(app->loops[0], stop_server, rig);
    store_close(app->store);
    loop_free(app->loops[0]);
    auth_module.stop(app, app->states[0]);
    vault_free(app->vault);
}

struct auth_rig *auth_rig_new(const char *conf)
{
    struct auth_rig *rig = mem_new(sizeof(*rig));

    rig->arena = arena_new();
    counter_set(&rig->now_ms, AUTH_RIG_START_MS - TIME_SECOND_MS);
    rig->clock = (struct clock){rig_now, rig};
    test_folder(rig->dir, sizeof(rig->dir), "auth_rig");
    rig->app.clock = &rig->clock;
    rig->app.modules = modules;
    rig->app.module_count = ARRAY_LEN(modules);
    load_conf(rig, conf);
    start(rig);
    counter_set(&rig->now_ms, AUTH_RIG_START_MS);
    return rig;
}

void auth_rig_restart(struct auth_rig *rig)
{
    stop(rig);
    start(rig);
}

void auth_rig_free(struct auth_rig *rig)
{
    struct str command = str_printf(rig->arena, "rm -r '%s'", rig->dir);

    stop(rig);
    for (size_t i = 0; i < rig->pair_count; i++) {
        crypto_key_free(rig->pairs[i]);
    }
    conf_free(rig->app.conf);
    CHECK(system(str_cstr(rig->arena, command)) == 0);
    arena_free(rig->arena);
    mem_free(rig);
}

void auth_rig_pass(struct auth_rig *rig, int64_t ms)
{
    counter_add(&rig->now_ms, ms);
}

/* ---- keys and signatures ---- */

static const enum crypto_algorithm pairs[AUTH_BEARER + 1] = {
    [AUTH_RSA_SHA256] = CRYPTO_RSA_SHA256,
    [AUTH_ED25519] = CRYPTO_ED25519,
    [AUTH_SM2_SM3] = CRYPTO_SM2_SM3,
};

struct auth_rig_key *auth_rig_key_like(struct auth_rig *rig, const struct auth_key_ask *ask)
{
    struct auth_rig_key *key = ARENA_NEW(rig->arena, struct auth_rig_key);
    struct auth_key_ask with_key = *ask;

    if (pairs[ask->algorithm] != 0) {
        CHECK(rig->pair_count < ARRAY_LEN(rig->pairs));
        CHECK(crypto_key_make(pairs[ask->algorithm], &key->pair) == ERR_OK);
        rig->pairs[rig->pair_count++] = key->pair;
        with_key.public_key = crypto_key_public_pem(rig->arena, key->pair);
    }
    CHECK(auth_key_prepare(&rig->app, rig->arena, &with_key, &key->row, &key->plain) == ERR_OK);
    CHECK(store_run(rig->app.store, &auth_key_insert_kind, &key->row, NULL, NULL) == ERR_OK);
    return key;
}

struct auth_rig_key *auth_rig_key(struct auth_rig *rig, enum auth_algorithm algorithm,
                                  const char *permissions)
{
    const struct auth_key_ask ask = {
        .merchant_id = algorithm == AUTH_BEARER ? 0 : 77,
        .app_id = algorithm == AUTH_BEARER ? 0 : 78,
        .algorithm = algorithm,
        .name = STR("test"),
        .permissions = str_of(permissions),
    };

    return auth_rig_key_like(rig, &ask);
}

static const char * or (const char *text, const char *otherwise)
{
    return text == NULL ? otherwise : text;
}

static struct str signature_of(struct auth_rig *rig, const struct auth_rig_key *key,
                               struct str text)
{
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct str raw;
    struct buf base64;

    if (key->row.algorithm == AUTH_HMAC_SHA256) {
        crypto_hmac_sha256(&key->plain, text, mac);
        raw = (struct str){(const char *)mac, sizeof(mac)};
    } else {
        CHECK(crypto_sign(rig->arena, key->pair, text, &raw) == ERR_OK);
    }
    buf_init_arena(&base64, rig->arena, 2048);
    base64_encode(&base64, raw);
    return buf_str(&base64);
}

static struct str sign(struct auth_rig *rig, const struct auth_rig_key *key,
                       const struct auth_rig_ask *ask)
{
    const char *target = or (ask->signed_target, or (ask->target, "/v1/echo?a=1"));
    const char *body = or (ask->signed_body, or (ask->body, "{}"));
    const char *algorithm =
        or (ask->algorithm, enum_name_of(auth_algorithm_names, (int)key->row.algorithm));
    int64_t at_s = ask->timestamp_s != 0 ? ask->timestamp_s : rig_now(rig) / 1000;
    struct str nonce = ask->nonce != NULL
                           ? str_of(ask->nonce)
                           : str_printf(rig->arena, "nonce-%012lld", (long long)++rig->next_nonce);
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf text;

    if (key->row.algorithm == AUTH_SM2_SM3) {
        crypto_sm3(str_of(body), digest);
    } else {
        crypto_sha256(str_of(body), digest);
    }
    buf_init_arena(&text, rig->arena, 4096);
    buf_printf(&text, "%s\n%s\n%lld\n" STR_FMT "\n", or (ask->method, "POST"), target,
               (long long)at_s, STR_ARG(nonce));
    hex_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
    buf_add_char(&text, '\n');
    return str_printf(
        rig->arena,
        "TOMATO-%s key_id=\"" STR_FMT "\",timestamp=\"%lld\",nonce=\"" STR_FMT
        "\",signature=\"" STR_FMT "\"",
        algorithm, STR_ARG(id_str(rig->arena, "key", ask->key_id != 0 ? ask->key_id : key->row.id)),
        (long long)at_s, STR_ARG(nonce), STR_ARG(signature_of(rig, key, buf_str(&text))));
}

/* ---- asking ---- */

static struct str authorization_of(struct auth_rig *rig, const struct auth_rig_key *key,
                                   const struct auth_rig_ask *ask)
{
    if (ask->authorization != NULL) {
        return str_of(ask->authorization);
    }
    if (key->row.algorithm == AUTH_BEARER) {
        return str_printf(rig->arena, "Bearer " STR_FMT, STR_ARG(secret_bytes(&key->plain)));
    }
    return sign(rig, key, ask);
}

struct raw_answer auth_rig_answer(struct auth_rig *rig, const struct auth_rig_key *key,
                                  const struct auth_rig_ask *ask)
{
    struct str authorization = authorization_of(rig, key, ask);
    const char *body = or (ask->body, "{}");
    const char *method = or (ask->method, "POST");
    struct buf bytes;

    buf_init_arena(&bytes, rig->arena, 16384);
    buf_printf(&bytes, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", method,
               or (ask->target, "/v1/echo?a=1"));
    if (authorization.len > 0) {
        buf_printf(&bytes, "Authorization: " STR_FMT "\r\n", STR_ARG(authorization));
    }
    if (strcmp(method, "POST") == 0) {
        buf_printf(&bytes, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen(body), body);
    } else {
        buf_add(&bytes, STR("\r\n"));
    }
    CHECK(buf_ok(&bytes));
    return raw_call(rig->arena, rig->port, buf_str(&bytes));
}

const char *auth_rig_ask(struct auth_rig *rig, const struct auth_rig_key *key,
                         const struct auth_rig_ask *ask)
{
    struct raw_answer answer = auth_rig_answer(rig, key, ask);
    const struct str mark = STR("\"code\":\"");
    struct str code;
    size_t at;

    if (answer.status == 200) {
        return "ok";
    }
    CHECK(str_find(answer.body, mark, &at));
    answer.body = str_slice(answer.body, at + mark.len, answer.body.len);
    (void)str_cut(&answer.body, '"', &code);
    return str_cstr(rig->arena, code);
}
