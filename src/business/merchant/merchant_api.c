/* The operator's API of merchants, and the merchants' own API of their webhook endpoints. */
#include "business/merchant/merchant_int.h"

enum { MERCHANT_OVERLAP_S = 86400, MERCHANT_OVERLAP_MAX_S = 30 * 86400 };

/* ---- merchants ---- */

static struct reply *made(struct request *req, struct command *command)
{
    return reply_fields(req, 200, &merchant__set, command->result);
}

static struct reply *create_handler(struct request *req)
{
    struct merchant_create *create = ARENA_NEW(req->arena, struct merchant_create);

    if (request_body(req, &merchant__create_set, create) != ERR_OK) {
        return reply_refusal(req);
    }
    create->collect_allowed = merchant_collect_allowed(req->app);
    return reply_command(req, &merchant__create_kind, create, made);
}

static struct reply *set_status(struct request *req, enum merchant_status status)
{
    struct merchant_set_status *arg = ARENA_NEW(req->arena, struct merchant_set_status);

    arg->status = status;
    if (request_id_param(req, 0, "mer", &arg->merchant_id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_NOT_FOUND);
    }
    return reply_command(req, &merchant__status_kind, arg, made);
}

static struct reply *suspend_handler(struct request *req)
{
    return set_status(req, MERCHANT_SUSPENDED);
}

static struct reply *activate_handler(struct request *req)
{
    return set_status(req, MERCHANT_ACTIVE);
}

static struct reply *close_handler(struct request *req)
{
    return set_status(req, MERCHANT_CLOSED);
}

static enum err read_one(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return merchant_read(reader, *(const int64_t *)arg, req->arena, result);
}

static struct reply *got_one(struct request *req, void *result)
{
    return reply_fields(req, 200, &merchant__set, result);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    if (request_id_param(req, 0, "mer", id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_NOT_FOUND);
    }
    return reply_query(req, id, sizeof(struct merchant), read_one, got_one);
}

struct list_query {
    int64_t limit;
    int64_t starting_after;
};
static const struct field list_fields[] = {
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = 200, .help = "20 when absent"),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = "mer",
          .help = "next_cursor of the page before"),
};
static const struct field_set list_set = FIELD_SET("merchant_list_query", list_fields);

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    int64_t limit = query->limit == 0 ? 20 : query->limit;
    struct merchant *rows;

    TRY(merchant__read_list(reader, query->starting_after, limit + 1, req->arena, &rows,
                            &page->count));
    page->rows = rows;
    page->limit = (size_t)limit;
    return ERR_OK;
}

static const struct list_shape page_shape = {&merchant__set, sizeof(struct merchant), "mer"};

static struct reply *listed(struct request *req, void *result)
{
    return reply_page(req, result, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &list_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct list_page), read_list, listed);
}

/* ---- what belongs to a merchant: apps, endpoints, keys ---- */

/* The merchant of the path for operators; the caller itself for merchants. */
static enum err owner(struct request *req, int64_t *merchant_id)
{
    if (req->principal.kind == HTTP_AUTH_MERCHANT) {
        *merchant_id = req->principal.merchant_id;
        return ERR_OK;
    }
    return request_id_param(req, 0, "mer", merchant_id) == ERR_OK ? ERR_OK : ERR_MERCHANT_NOT_FOUND;
}

/* All rows of one kind that belong to a merchant. */
struct page {
    void *rows;
    size_t count;
};

static struct reply *list_owned(struct request *req,
                                enum err (*run)(struct reader *reader, struct request *req,
                                                const void *arg, void *result),
                                struct reply *(*then)(struct request *req, void *result))
{
    int64_t *merchant_id = ARENA_NEW(req->arena, int64_t);
    enum err err = owner(req, merchant_id);

    return err == ERR_OK ? reply_query(req, merchant_id, sizeof(struct page), run, then)
                         : reply_error(req, err);
}

static struct reply *app_made(struct request *req, struct command *command)
{
    return reply_fields(req, 200, &merchant__app_set, command->result);
}

static struct reply *app_create_handler(struct request *req)
{
    struct merchant_app_create *create = ARENA_NEW(req->arena, struct merchant_app_create);

    if (owner(req, &create->merchant_id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_NOT_FOUND);
    }
    if (request_body(req, &merchant__app_create_set, create) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_command(req, &merchant__app_kind, create, app_made);
}

static enum err read_apps(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct page *page = result;
    struct merchant_app *rows;

    TRY(merchant__read_apps(reader, *(const int64_t *)arg, req->arena, &rows, &page->count));
    page->rows = rows;
    return ERR_OK;
}

static struct reply *got_apps(struct request *req, void *result)
{
    const struct page *page = result;

    return reply_list(req, &merchant__app_set, page->rows, page->count, sizeof(struct merchant_app),
                      (struct str){"", 0});
}

static struct reply *app_list_handler(struct request *req)
{
    return list_owned(req, read_apps, got_apps);
}

/* ---- webhook endpoints: the secret is in the answer that makes it, and never again ---- */

static struct reply *reply_endpoint(struct request *req, const struct merchant_endpoint *row,
                                    const struct secret *secret)
{
    struct buf body;
    struct str fields;

    buf_init_arena(&body, req->arena, 8192);
    json_print_fields(&body, &merchant__endpoint_set, row);
    if (secret != NULL) {
        fields = buf_str(&body);
        CHECK(fields.len > 2 && fields.ptr[fields.len - 1] == '}');
        body.len--;
        buf_add(&body, STR(",\"secret\":"));
        json_print_text(&body, secret_bytes(secret));
        buf_add_char(&body, '}');
    }
    CHECK(buf_ok(&body));
    return reply_json(req, 200, buf_str(&body));
}

struct endpoint_errand {
    struct merchant_endpoint_create create;
    struct merchant_endpoint_rotate rotate;
    struct merchant_endpoint_set_status status;
    struct secret plain;
};

/* The errand of the command, which its argument is a part of. */
static struct reply *endpoint_made(struct request *req, struct command *command)
{
    const struct endpoint_errand *errand =
        (const struct endpoint_errand *)(const void *)((const char *)command->arg -
                                                       offsetof(struct endpoint_errand, create));

    return reply_endpoint(req, command->result, &errand->plain);
}

static struct reply *endpoint_create_handler(struct request *req)
{
    struct endpoint_errand *errand = ARENA_NEW(req->arena, struct endpoint_errand);
    struct merchant_endpoint_create *create = &errand->create;

    if (owner(req, &create->merchant_id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_NOT_FOUND);
    }
    if (request_body(req, &merchant__endpoint_create_set, create) != ERR_OK) {
        return reply_refusal(req);
    }
    create->id = store_new_id(req->app->store, req->received_ms);
    merchant__endpoint_secret_make(req->app, req->arena, create->id, &errand->plain,
                                   &create->secret);
    return reply_command(req, &merchant__endpoint_kind, create, endpoint_made);
}

static enum err read_endpoints(struct reader *reader, struct request *req, const void *arg,
                               void *result)
{
    struct page *page = result;
    struct merchant_endpoint *rows;

    TRY(merchant__read_endpoints(reader, *(const int64_t *)arg, req->arena, &rows, &page->count));
    page->rows = rows;
    return ERR_OK;
}

static struct reply *got_endpoints(struct request *req, void *result)
{
    const struct page *page = result;

    return reply_list(req, &merchant__endpoint_set, page->rows, page->count,
                      sizeof(struct merchant_endpoint), (struct str){"", 0});
}

static struct reply *endpoint_list_handler(struct request *req)
{
    return list_owned(req, read_endpoints, got_endpoints);
}

static struct reply *endpoint_rotated(struct request *req, struct command *command)
{
    const struct endpoint_errand *errand =
        (const struct endpoint_errand *)(const void *)((const char *)command->arg -
                                                       offsetof(struct endpoint_errand, rotate));

    return reply_endpoint(req, command->result, &errand->plain);
}

static struct reply *endpoint_rotate_handler(struct request *req)
{
    struct endpoint_errand *errand = ARENA_NEW(req->arena, struct endpoint_errand);
    struct merchant_endpoint_rotate *rotate = &errand->rotate;

    if (request_id_param(req, 0, "whe", &rotate->endpoint_id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_ENDPOINT_NOT_FOUND);
    }
    rotate->merchant_id = req->principal.merchant_id;
    rotate->overlap_ms = MERCHANT_OVERLAP_S * TIME_SECOND_MS;
    merchant__endpoint_secret_make(req->app, req->arena, rotate->endpoint_id, &errand->plain,
                                   &rotate->secret);
    return reply_command(req, &merchant__endpoint_rotate_kind, rotate, endpoint_rotated);
}

static struct reply *endpoint_changed(struct request *req, struct command *command)
{
    return reply_endpoint(req, command->result, NULL);
}

static struct reply *endpoint_set(struct request *req, enum merchant_endpoint_status status)
{
    struct endpoint_errand *errand = ARENA_NEW(req->arena, struct endpoint_errand);

    errand->status = (struct merchant_endpoint_set_status){
        .merchant_id = req->principal.merchant_id, .status = status};
    if (request_id_param(req, 0, "whe", &errand->status.endpoint_id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_ENDPOINT_NOT_FOUND);
    }
    return reply_command(req, &merchant__endpoint_status_kind, &errand->status, endpoint_changed);
}

static struct reply *endpoint_enable_handler(struct request *req)
{
    return endpoint_set(req, MERCHANT_ENDPOINT_ENABLED);
}

static struct reply *endpoint_disable_handler(struct request *req)
{
    return endpoint_set(req, MERCHANT_ENDPOINT_DISABLED);
}

/* ---- keys ---- */

static const struct enum_name key_statuses[] = {
    {AUTH_KEY_ACTIVE, "active"},
    {AUTH_KEY_REVOKED, "revoked"},
    {0, NULL},
};

struct key_view {
    int64_t id;
    int64_t app;
    struct str name;
    enum auth_algorithm algorithm;
    struct str permissions;
    enum auth_key_status status;
    int64_t not_before;
    int64_t expires_at;
    int64_t last_used_at;
    int64_t created_at;
    struct str public_key;
    struct str secret;
};
static const struct field key_fields[] = {
    FIELD(struct key_view, id, FIELD_ID, .prefix = "key", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "api_key"},
    FIELD(struct key_view, app, FIELD_ID, .prefix = "app"),
    FIELD(struct key_view, name, FIELD_TEXT, .max = 64),
    FIELD(struct key_view, algorithm, FIELD_ENUM, .names = auth_algorithm_names, .always = true),
    FIELD(struct key_view, permissions, FIELD_TEXT, .max = 512, .always = true),
    FIELD(struct key_view, status, FIELD_ENUM, .names = key_statuses, .always = true),
    FIELD(struct key_view, not_before, FIELD_TIME),
    FIELD(struct key_view, expires_at, FIELD_TIME),
    FIELD(struct key_view, last_used_at, FIELD_TIME,
          .help = "In the list, as far as is known since the server started"),
    FIELD(struct key_view, created_at, FIELD_TIME, .always = true),
    FIELD(struct key_view, public_key, FIELD_TEXT, .max = 2048, .help = "PEM"),
    FIELD(struct key_view, secret, FIELD_TEXT, .max = 128,
          .help = "Only in the answer that makes the key: keep it"),
};
static const struct field_set key_set = FIELD_SET("api_key", key_fields);

static struct key_view key_view_of(const struct auth_key *key)
{
    return (struct key_view){
        .id = key->id,
        .app = key->app_id,
        .name = key->name,
        .algorithm = key->algorithm,
        .permissions = key->permissions,
        .status = key->status,
        .not_before = key->not_before_ms,
        .expires_at = key->expires_at_ms,
        .created_at = key->created_at_ms,
        .public_key = key->public_key,
    };
}

struct key_create {
    int64_t app;
    struct str name;
    enum auth_algorithm algorithm;
    struct str permissions;
    struct str public_key;
    int64_t not_before;
    int64_t expires_at;
};
static const struct field key_create_fields[] = {
    FIELD(struct key_create, app, FIELD_ID, .prefix = "app", .required = true),
    FIELD(struct key_create, name, FIELD_TEXT, .max = 64),
    FIELD(struct key_create, algorithm, FIELD_ENUM, .names = auth_algorithm_names,
          .help = "HMAC-SHA256 when absent"),
    FIELD(struct key_create, permissions, FIELD_TEXT, .max = 512,
          .help = "Blank-separated; all of a merchant's when absent",
          .example = "payment:create payment:read"),
    FIELD(struct key_create, public_key, FIELD_TEXT, .max = 2048,
          .help = "PEM; required but for HMAC-SHA256"),
    FIELD(struct key_create, not_before, FIELD_TIME, .help = "Absent: valid at once"),
    FIELD(struct key_create, expires_at, FIELD_TIME),
};
static const struct field_set key_create_set = FIELD_SET("api_key_create", key_create_fields);

struct key_errand {
    struct auth_key key;
    struct auth_key_rotate rotate;
    struct secret plain;
    struct query query;
    struct request *req;
    struct key_create create;
    int64_t merchant_id;
};

static struct reply *reply_key(struct request *req, const struct auth_key *key,
                               const struct secret *plain)
{
    struct key_view view = key_view_of(key);

    if (plain != NULL) {
        view.secret = secret_bytes(plain);
    }
    return reply_fields(req, 200, &key_set, &view);
}

static struct reply *key_made(struct request *req, struct command *command)
{
    const struct key_errand *errand = (const struct key_errand *)command->arg;

    _Static_assert(offsetof(struct key_errand, key) == 0, "the command's argument is the key");
    return reply_key(req, &errand->key, &errand->plain);
}

/* The app must be the merchant's before a key is made for it. */
static enum err check_app(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct key_errand *errand = arg;
    struct merchant_app app;
    enum err err = reader_get(reader, &merchant_app_table, errand->create.app, req->arena, &app);

    (void)result;
    if (err == ERR_STORE_NOT_FOUND || (err == ERR_OK && app.merchant_id != errand->merchant_id)) {
        return ERR_MERCHANT_APP_DISABLED;
    }
    return err;
}

static void key_inserted(struct command *command)
{
    struct request *req = command->ctx;

    request_reply(req,
                  command->err == ERR_OK ? key_made(req, command) : reply_error(req, command->err));
}

/* Second half: the app is the merchant's, so the key is made and inserted. */
static void app_checked(struct query *query)
{
    struct key_errand *errand = query->ctx;
    struct request *req = errand->req;
    struct command *command = ARENA_NEW(req->arena, struct command);
    const struct auth_key_ask ask = {
        .merchant_id = errand->merchant_id,
        .app_id = errand->create.app,
        .algorithm = errand->create.algorithm == 0 ? AUTH_HMAC_SHA256 : errand->create.algorithm,
        .name = errand->create.name,
        .permissions = errand->create.permissions.len == 0 ? STR("payment:* webhook:* account:read")
                                                           : errand->create.permissions,
        .public_key = errand->create.public_key,
        .not_before_ms = errand->create.not_before,
        .expires_at_ms = errand->create.expires_at,
    };
    enum err err = query->err;

    if (err == ERR_OK) {
        err = auth_key_prepare(req->app, req->arena, &ask, &errand->key, &errand->plain);
    }
    if (err == ERR_OK) {
        *command = (struct command){.kind = &auth_key_insert_kind,
                                    .arg = errand,
                                    .done = key_inserted,
                                    .loop = req->loop,
                                    .trace = &req->trace,
                                    .ctx = req};
        err = store_submit(req->app->store, command);
    }
    if (err != ERR_OK) {
        request_reply(req, reply_error_at(req, err,
                                          err == ERR_CRYPTO_KEY              ? "public_key"
                                          : err == ERR_FIELD_FORMAT          ? "permissions"
                                          : err == ERR_MERCHANT_APP_DISABLED ? "app"
                                                                             : NULL,
                                          NULL));
    }
}

static void check_app_run(struct query *query, struct reader *reader)
{
    struct key_errand *errand = query->ctx;

    query->err = check_app(reader, errand->req, errand, NULL);
}

static struct reply *key_create_handler(struct request *req)
{
    struct key_errand *errand = ARENA_NEW(req->arena, struct key_errand);
    enum err err = owner(req, &errand->merchant_id);
    struct str vain;

    errand->req = req;
    if (err != ERR_OK) {
        return reply_error(req, err);
    }
    if (request_body(req, &key_create_set, &errand->create) != ERR_OK) {
        return reply_refusal(req);
    }
    vain = auth_vain_permission(req->app, HTTP_AUTH_MERCHANT, errand->create.permissions);
    if (errand->create.permissions.len > 0 && vain.len > 0) {
        return reply_error_at(
            req, ERR_FIELD_VALUE, "permissions",
            str_cstr(req->arena,
                     str_printf(req->arena, STR_FMT " permits nothing", STR_ARG(vain))));
    }
    if (errand->create.algorithm == AUTH_BEARER) {
        return reply_error_at(req, ERR_FIELD_VALUE, "algorithm", "BEARER is for operators");
    }
    errand->query = (struct query){.run = check_app_run,
                                   .done = app_checked,
                                   .loop = req->loop,
                                   .arena = req->arena,
                                   .ctx = errand};
    err = store_query(req->app->store, &errand->query);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

static enum err read_keys(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct page *page = result;
    struct auth_key *rows;
    struct key_view *views;

    TRY(auth_keys_read(reader, *(const int64_t *)arg, req->arena, &rows, &page->count));
    views = ARENA_ARRAY(req->arena, struct key_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        views[i] = key_view_of(&rows[i]);
        views[i].last_used_at = auth_key_last_used_ms(req->app, rows[i].id);
    }
    page->rows = views;
    return ERR_OK;
}

static struct reply *got_keys(struct request *req, void *result)
{
    const struct page *page = result;

    return reply_list(req, &key_set, page->rows, page->count, sizeof(struct key_view),
                      (struct str){"", 0});
}

static struct reply *key_list_handler(struct request *req)
{
    return list_owned(req, read_keys, got_keys);
}

struct rotate_body {
    int64_t overlap;
    struct str public_key;
};
static const struct field rotate_fields[] = {
    FIELD(struct rotate_body, overlap, FIELD_INT, .min = 0, .max = MERCHANT_OVERLAP_MAX_S,
          .help = "Seconds the old key stays valid; a day when absent"),
    FIELD(struct rotate_body, public_key, FIELD_TEXT, .max = 2048,
          .help = "PEM; required but for HMAC-SHA256"),
};
static const struct field_set rotate_set = FIELD_SET("api_key_rotate", rotate_fields);

static void rotated(struct command *command)
{
    struct key_errand *errand = command->ctx;
    struct request *req = errand->req;

    request_reply(req, command->err == ERR_OK ? reply_key(req, &errand->rotate.next, &errand->plain)
                                              : reply_error(req, command->err));
}

/* Second half of a rotation: the old key is known, the new one is made like it. */
static void old_key_read(struct query *query)
{
    struct key_errand *errand = query->ctx;
    struct request *req = errand->req;
    struct command *command = ARENA_NEW(req->arena, struct command);
    const struct auth_key_ask ask = {
        .merchant_id = errand->key.merchant_id,
        .app_id = errand->key.app_id,
        .algorithm = errand->key.algorithm,
        .name = errand->key.name,
        .permissions = errand->key.permissions,
        .public_key = errand->create.public_key,
    };
    enum err err = query->err;

    if (err == ERR_OK) {
        err = auth_key_prepare(req->app, req->arena, &ask, &errand->rotate.next, &errand->plain);
    }
    if (err == ERR_OK) {
        *command = (struct command){.kind = &auth_key_rotate_kind,
                                    .arg = &errand->rotate,
                                    .result = ARENA_NEW(req->arena, struct auth_key),
                                    .arena = req->arena,
                                    .done = rotated,
                                    .loop = req->loop,
                                    .ctx = errand};
        err = store_submit(req->app->store, command);
    }
    if (err != ERR_OK) {
        request_reply(req,
                      reply_error_at(req, err, err == ERR_CRYPTO_KEY ? "public_key" : NULL, NULL));
    }
}

static void read_old_key(struct query *query, struct reader *reader)
{
    struct key_errand *errand = query->ctx;

    query->err = auth_key_read(reader, errand->rotate.key_id, query->arena, &errand->key);
    if (query->err == ERR_OK && errand->key.algorithm == AUTH_BEARER) {
        query->err = ERR_AUTH_KEY_NOT_FOUND; /* operators' keys are not merchants' business */
    }
}

static struct reply *key_rotate_handler(struct request *req)
{
    struct key_errand *errand = ARENA_NEW(req->arena, struct key_errand);
    struct rotate_body body = {.overlap = MERCHANT_OVERLAP_S};
    enum err err;

    errand->req = req;
    if (request_id_param(req, 0, "key", &errand->rotate.key_id) != ERR_OK) {
        return reply_error(req, ERR_AUTH_KEY_NOT_FOUND);
    }
    if (req->body.len > 0 && request_body(req, &rotate_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    errand->rotate.overlap_ms = body.overlap * TIME_SECOND_MS;
    errand->create.public_key = body.public_key;
    errand->query = (struct query){.run = read_old_key,
                                   .done = old_key_read,
                                   .loop = req->loop,
                                   .arena = req->arena,
                                   .ctx = errand};
    err = store_query(req->app->store, &errand->query);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

static struct reply *key_changed(struct request *req, struct command *command)
{
    return reply_key(req, command->result, NULL);
}

static struct reply *key_revoke_handler(struct request *req)
{
    struct auth_key_revoke *revoke = ARENA_NEW(req->arena, struct auth_key_revoke);

    if (request_id_param(req, 0, "key", &revoke->key_id) != ERR_OK) {
        return reply_error(req, ERR_AUTH_KEY_NOT_FOUND);
    }
    return reply_command(req, &auth_key_revoke_kind, revoke, key_changed);
}

/* ---- routes ---- */

static const enum err create_errors[] = {ERR_MERCHANT_NO_CONFLICT, ERR_MERCHANT_COLLECT_LICENCE,
                                         ERR_OK};
static const enum err id_errors[] = {ERR_MERCHANT_NOT_FOUND, ERR_OK};
static const enum err status_errors[] = {ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_CLOSED, ERR_OK};
static const enum err endpoint_errors[] = {ERR_MERCHANT_ENDPOINT_NOT_FOUND, ERR_OK};
static const enum err key_errors[] = {ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_APP_DISABLED,
                                      ERR_CRYPTO_KEY, ERR_OK};
static const enum err key_id_errors[] = {ERR_AUTH_KEY_NOT_FOUND, ERR_AUTH_KEY_REVOKED, ERR_OK};

#define OPERATOR_WRITE                                                                             \
    .auth = HTTP_AUTH_OPERATOR, .permission = "merchant:write", .idempotent = true, ROUTE_HERE
#define OPERATOR_READ .auth = HTTP_AUTH_OPERATOR, .permission = "merchant:read", ROUTE_HERE
#define MERCHANT_WRITE                                                                             \
    .auth = HTTP_AUTH_MERCHANT, .permission = "webhook:write", .idempotent = true, ROUTE_HERE
#define MERCHANT_READ .auth = HTTP_AUTH_MERCHANT, .permission = "webhook:read", ROUTE_HERE

const struct route merchant__routes[] = {
    {.method = "POST",
     .path = "/v1/merchants",
     .handler = create_handler,
     .body = &merchant__create_set,
     .reply = &merchant__set,
     .errors = create_errors,
     .summary = "Create a merchant; the same number gives the first one",
     OPERATOR_WRITE},
    {.method = "GET",
     .path = "/v1/merchants",
     .handler = list_handler,
     .query = &list_set,
     .reply = &merchant__set,
     .reply_is_list = true,
     .summary = "List merchants",
     OPERATOR_READ},
    {.method = "GET",
     .path = "/v1/merchants/{id}",
     .handler = get_handler,
     .reply = &merchant__set,
     .errors = id_errors,
     .summary = "Get a merchant",
     OPERATOR_READ},
    {.method = "POST",
     .path = "/v1/merchants/{id}/suspend",
     .handler = suspend_handler,
     .reply = &merchant__set,
     .errors = status_errors,
     .summary = "Suspend a merchant: no new payments",
     OPERATOR_WRITE},
    {.method = "POST",
     .path = "/v1/merchants/{id}/activate",
     .handler = activate_handler,
     .reply = &merchant__set,
     .errors = status_errors,
     .summary = "Activate a merchant again",
     OPERATOR_WRITE},
    {.method = "POST",
     .path = "/v1/merchants/{id}/close",
     .handler = close_handler,
     .reply = &merchant__set,
     .errors = id_errors,
     .summary = "Close a merchant for ever",
     OPERATOR_WRITE},
    {.method = "POST",
     .path = "/v1/merchants/{id}/apps",
     .handler = app_create_handler,
     .body = &merchant__app_create_set,
     .reply = &merchant__app_set,
     .errors = id_errors,
     .summary = "Create an app; the same name gives the first one",
     OPERATOR_WRITE},
    {.method = "GET",
     .path = "/v1/merchants/{id}/apps",
     .handler = app_list_handler,
     .reply = &merchant__app_set,
     .reply_is_list = true,
     .summary = "List a merchant's apps",
     OPERATOR_READ},
    {.method = "POST",
     .path = "/v1/merchants/{id}/keys",
     .handler = key_create_handler,
     .body = &key_create_set,
     .reply = &key_set,
     .errors = key_errors,
     .summary = "Create a key; its secret is shown once",
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "merchant:write",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/merchants/{id}/keys",
     .handler = key_list_handler,
     .reply = &key_set,
     .reply_is_list = true,
     .summary = "List a merchant's keys",
     OPERATOR_READ},
    {.method = "POST",
     .path = "/v1/keys/{id}/rotate",
     .handler = key_rotate_handler,
     .body = &rotate_set,
     .reply = &key_set,
     .errors = key_id_errors,
     .summary = "Make a new key like this one, which stays valid for the overlap",
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "merchant:write",
     ROUTE_HERE},
    {.method = "POST",
     .path = "/v1/keys/{id}/revoke",
     .handler = key_revoke_handler,
     .reply = &key_set,
     .errors = key_id_errors,
     .summary = "Revoke a key at once",
     OPERATOR_WRITE},
    {.method = "POST",
     .path = "/v1/merchants/{id}/webhook-endpoints",
     .handler = endpoint_create_handler,
     .body = &merchant__endpoint_create_set,
     .reply = &merchant__endpoint_set,
     .errors = id_errors,
     .summary = "Create a webhook endpoint; its secret is shown once",
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "merchant:write",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/merchants/{id}/webhook-endpoints",
     .handler = endpoint_list_handler,
     .reply = &merchant__endpoint_set,
     .reply_is_list = true,
     .summary = "List a merchant's webhook endpoints",
     OPERATOR_READ},
    {.method = "POST",
     .path = "/v1/webhook-endpoints",
     .handler = endpoint_create_handler,
     .body = &merchant__endpoint_create_set,
     .reply = &merchant__endpoint_set,
     .summary = "Create a webhook endpoint; its secret is shown once",
     .auth = HTTP_AUTH_MERCHANT,
     .permission = "webhook:write",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/webhook-endpoints",
     .handler = endpoint_list_handler,
     .reply = &merchant__endpoint_set,
     .reply_is_list = true,
     .summary = "List your webhook endpoints",
     MERCHANT_READ},
    {.method = "POST",
     .path = "/v1/webhook-endpoints/{id}/rotate",
     .handler = endpoint_rotate_handler,
     .reply = &merchant__endpoint_set,
     .errors = endpoint_errors,
     .summary = "Make a new secret; for a day webhooks are signed with both",
     .auth = HTTP_AUTH_MERCHANT,
     .permission = "webhook:write",
     ROUTE_HERE},
    {.method = "POST",
     .path = "/v1/webhook-endpoints/{id}/enable",
     .handler = endpoint_enable_handler,
     .reply = &merchant__endpoint_set,
     .errors = endpoint_errors,
     .summary = "Enable a webhook endpoint",
     MERCHANT_WRITE},
    {.method = "POST",
     .path = "/v1/webhook-endpoints/{id}/disable",
     .handler = endpoint_disable_handler,
     .reply = &merchant__endpoint_set,
     .errors = endpoint_errors,
     .summary = "Disable a webhook endpoint",
     MERCHANT_WRITE},
    {.method = NULL},
};
