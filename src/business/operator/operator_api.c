/* The operators' API of their keys. */
#include "base/time.h"
#include "business/operator/operator_int.h"
#include "platform/store/store_reply.h"

enum {
    OVERLAP_S = 86400,
    OVERLAP_MAX_S = 30 * 86400,
    LIST_LIMIT = 20,
    LIST_LIMIT_MAX = 200,
};

/* ---- the key ---- */

enum key_status { KEY_ACTIVE = 1, KEY_REVOKED, KEY_PENDING };

static const struct enum_name key_statuses[] = {
    {KEY_ACTIVE, "active"},
    {KEY_REVOKED, "revoked"},
    {KEY_PENDING, "pending"},
    {0, NULL},
};

struct key_view {
    int64_t id;
    struct str name;
    struct str permissions;
    enum key_status status;
    int64_t not_before;
    int64_t expires_at;
    int64_t last_used_at;
    int64_t created_at;
    int64_t review;
    struct str secret;
};
static const struct field key_fields[] = {
    FIELD(struct key_view, id, FIELD_ID, .prefix = OPERATOR_PREFIX, .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "operator_key", .always = true},
    FIELD(struct key_view, name, FIELD_TEXT, .max = OPERATOR_NAME_MAX,
          .help = "Of the operator: keys of one name are one operator's"),
    FIELD(struct key_view, permissions, FIELD_TEXT, .max = OPERATOR_PERMISSIONS_MAX,
          .always = true),
    FIELD(struct key_view, status, FIELD_ENUM, .names = key_statuses, .always = true,
          .help = "pending: not a key before its review is approved"),
    FIELD(struct key_view, not_before, FIELD_TIME),
    FIELD(struct key_view, expires_at, FIELD_TIME),
    FIELD(struct key_view, last_used_at, FIELD_TIME,
          .help = "In the list, as far as is known since the server started"),
    FIELD(struct key_view, created_at, FIELD_TIME),
    FIELD(struct key_view, review, FIELD_ID, .prefix = REVIEW_PREFIX,
          .help = "That makes the key once it is approved"),
    FIELD(struct key_view, secret, FIELD_TEXT, .max = 128,
          .help = "Only in the answer to who asks or rotates: keep it"),
};
static const struct field_set key_set = FIELD_SET("operator_key", key_fields);

static struct key_view view_of(const struct auth_key *key)
{
    return (struct key_view){
        .id = key->id,
        .name = key->name,
        .permissions = key->permissions,
        .status = key->status == AUTH_KEY_ACTIVE ? KEY_ACTIVE : KEY_REVOKED,
        .not_before = key->not_before_ms,
        .expires_at = key->expires_at_ms,
        .created_at = key->created_at_ms,
    };
}

/* ---- making ---- */

struct key_create {
    struct str name;
    struct str permissions;
    int64_t not_before;
    int64_t expires_at;
    struct str reason;
};
static const struct field create_fields[] = {
    FIELD(struct key_create, name, FIELD_TEXT, .required = true, .min = 1, .max = OPERATOR_NAME_MAX,
          .help = "Of the operator: keys of one name are one operator's", .example = "Li"),
    FIELD(struct key_create, permissions, FIELD_TEXT, .required = true, .min = 1,
          .max = OPERATOR_PERMISSIONS_MAX,
          .help =
              "Blank-separated, of those of your own key; each of a route, or \"word:*\", \"*\"",
          .example = "ledger:read review:read"),
    FIELD(struct key_create, not_before, FIELD_TIME, .help = "Absent: valid once approved"),
    FIELD(struct key_create, expires_at, FIELD_TIME, .help = "Absent: never"),
    FIELD(struct key_create, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = REVIEW_REASON_MAX, .help = "For the reviewers"),
};
static const struct field_set create_set = FIELD_SET("operator_key_create", create_fields);

struct making {
    struct operator_ask ask; /* first: the command's argument */
    struct secret plain;
};

static struct reply *asked(struct request *req, struct command *command)
{
    const struct making *making = command->arg;
    struct key_view view = view_of(&making->ask.key);

    _Static_assert(offsetof(struct making, ask) == 0, "the command's argument begins it");
    view.status = KEY_PENDING;
    view.review = ((const struct review_item *)command->result)->id;
    view.secret = secret_bytes(&making->plain);
    return reply_fields(req, 202, &key_set, &view);
}

static struct reply *refused(struct request *req, enum err err, struct str permissions)
{
    struct str vain = auth_vain_permission(req->app, HTTP_AUTH_OPERATOR, permissions);

    return err != ERR_OK
               ? reply_error_at(req, err, err == ERR_FIELD_FORMAT ? "permissions" : NULL, NULL)
               : reply_error_at(
                     req, ERR_FIELD_VALUE, "permissions",
                     str_cstr(req->arena,
                              str_printf(req->arena, STR_FMT " permits nothing", STR_ARG(vain))));
}

static struct reply *create_handler(struct request *req)
{
    struct making *making = ARENA_NEW(req->arena, struct making);
    struct key_create body = {0};
    enum err err;

    if (request_body(req, &create_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    making->ask.operator_id = req->principal.key_id;
    making->ask.reason = body.reason;
    err = auth_key_prepare(req->app, req->arena,
                           &(struct auth_key_ask){.algorithm = AUTH_BEARER,
                                                  .name = body.name,
                                                  .permissions = body.permissions,
                                                  .not_before_ms = body.not_before,
                                                  .expires_at_ms = body.expires_at},
                           &making->ask.key, &making->plain);
    return err == ERR_OK &&
                   auth_vain_permission(req->app, HTTP_AUTH_OPERATOR, body.permissions).len == 0
               ? reply_command(req, &operator__ask_kind, making, asked)
               : refused(req, err, body.permissions);
}

/* ---- rotating ---- */

struct rotate_body {
    int64_t overlap;
};
static const struct field rotate_fields[] = {
    FIELD(struct rotate_body, overlap, FIELD_INT, .min = 0, .max = OVERLAP_MAX_S,
          .help = "Seconds the old key stays valid; a day when absent"),
};
static const struct field_set rotate_set = FIELD_SET("operator_key_rotate", rotate_fields);

struct rotating {
    struct operator_rotate rotate; /* first: the command's argument */
    struct secret plain;
};

static struct reply *rotated(struct request *req, struct command *command)
{
    const struct rotating *rotating = command->arg;
    struct key_view view = view_of(command->result);

    _Static_assert(offsetof(struct rotating, rotate) == 0, "the command's argument begins it");
    view.secret = secret_bytes(&rotating->plain);
    return reply_fields(req, 200, &key_set, &view);
}

static struct reply *rotate_handler(struct request *req)
{
    struct rotating *rotating = ARENA_NEW(req->arena, struct rotating);
    struct operator_rotate *arg = &rotating->rotate;
    struct rotate_body body = {.overlap = OVERLAP_S};
    enum err err;

    if (request_id_param(req, 0, OPERATOR_PREFIX, &arg->rotate.key_id) != ERR_OK) {
        return reply_error(req, ERR_AUTH_KEY_NOT_FOUND);
    }
    if (req->body.len > 0 && request_body(req, &rotate_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    arg->operator_id = req->principal.key_id;
    arg->permissions = req->principal.permissions;
    arg->rotate.operators = true;
    arg->rotate.overlap_ms = body.overlap * TIME_SECOND_MS;
    err = auth_key_prepare(
        req->app, req->arena,
        &(struct auth_key_ask){.algorithm = AUTH_BEARER, .permissions = req->principal.permissions},
        &arg->rotate.next, &rotating->plain);
    return err == ERR_OK ? reply_command(req, &operator__rotate_kind, arg, rotated)
                         : reply_error(req, err);
}

/* ---- revoking ---- */

static const struct field revoke_fields[] = {
    FIELD(struct operator_revoke, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = REVIEW_REASON_MAX, .example = "has left"),
};
static const struct field_set revoke_set = FIELD_SET("operator_key_revoke", revoke_fields);

static struct reply *revoked(struct request *req, struct command *command)
{
    struct key_view view = view_of(command->result);

    return reply_fields(req, 200, &key_set, &view);
}

static struct reply *revoke_handler(struct request *req)
{
    struct operator_revoke *revoke = ARENA_NEW(req->arena, struct operator_revoke);

    if (request_id_param(req, 0, OPERATOR_PREFIX, &revoke->key_id) != ERR_OK) {
        return reply_error(req, ERR_AUTH_KEY_NOT_FOUND);
    }
    if (request_body(req, &revoke_set, revoke) != ERR_OK) {
        return reply_refusal(req);
    }
    revoke->operator_id = req->principal.key_id;
    return reply_command(req, &operator_revoke_kind, revoke, revoked);
}

/* ---- reading ---- */

struct key_query {
    int64_t limit;
    int64_t starting_after;
};
static const struct field key_query_fields[] = {
    FIELD(struct key_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent"),
    FIELD(struct key_query, starting_after, FIELD_ID, .prefix = OPERATOR_PREFIX,
          .help = "next_cursor of the page before"),
};
static const struct field_set key_query_set = FIELD_SET("operator_key_list", key_query_fields);

static enum err read_keys(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct key_query *query = arg;
    struct list_page *page = result;
    int64_t limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    int64_t before = query->starting_after == 0 ? INT64_MAX : query->starting_after;
    struct key_view *views;
    struct auth_key *rows;

    TRY(auth_operator_keys_read(reader, before, limit + 1, req->arena, &rows, &page->count));
    views = ARENA_ARRAY(req->arena, struct key_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        views[i] = view_of(&rows[i]);
        views[i].last_used_at = auth_key_last_used_ms(req->app, rows[i].id);
    }
    page->rows = views;
    page->limit = (size_t)limit;
    return ERR_OK;
}

static const struct list_shape keys_shape = {&key_set, sizeof(struct key_view), OPERATOR_PREFIX};

static struct reply *got_keys(struct request *req, void *result)
{
    return reply_page(req, result, &keys_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct key_query *query = ARENA_NEW(req->arena, struct key_query);

    if (request_query(req, &key_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct list_page), read_keys, got_keys);
}

static const struct enum_name actions[] = {
    {OPERATOR_MADE, "made"},
    {OPERATOR_ROTATED, "rotated"},
    {OPERATOR_REVOKED, "revoked"},
    {0, NULL},
};

#define CHANGE_FIELD(member_, name_, ...)                                                          \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct operator_change, member_), .type = __VA_ARGS__  \
    }
static const struct field change_fields[] = {
    FIELD(struct operator_change, id, FIELD_ID, .prefix = OPERATOR_CHANGE_PREFIX, .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "operator_key_change", .always = true},
    FIELD(struct operator_change, action, FIELD_ENUM, .names = actions, .always = true),
    CHANGE_FIELD(key_id, "key", FIELD_ID, .prefix = OPERATOR_PREFIX, .always = true),
    CHANGE_FIELD(next_key_id, "next_key", FIELD_ID, .prefix = OPERATOR_PREFIX,
                 .help = "Of a rotation: the key that follows"),
    FIELD(struct operator_change, name, FIELD_TEXT, .max = OPERATOR_NAME_MAX),
    FIELD(struct operator_change, permissions, FIELD_TEXT, .max = OPERATOR_PERMISSIONS_MAX,
          .always = true),
    FIELD(struct operator_change, operator_id, FIELD_ID, .prefix = OPERATOR_PREFIX,
          .help = "Who did it; absent: the tool on the server's machine"),
    CHANGE_FIELD(review_id, "review", FIELD_ID, .prefix = REVIEW_PREFIX),
    FIELD(struct operator_change, reason, FIELD_TEXT, .max = REVIEW_REASON_MAX),
    CHANGE_FIELD(created_at_ms, "created_at", FIELD_TIME, .always = true),
};
static const struct field_set change_set = FIELD_SET("operator_key_change", change_fields);

struct change_query {
    int64_t key;
    int64_t limit;
    int64_t starting_after;
};
static const struct field change_query_fields[] = {
    FIELD(struct change_query, key, FIELD_ID, .prefix = OPERATOR_PREFIX, .help = "Of this key"),
    FIELD(struct change_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent"),
    FIELD(struct change_query, starting_after, FIELD_ID, .prefix = OPERATOR_CHANGE_PREFIX,
          .help = "next_cursor of the page before"),
};
static const struct field_set change_query_set =
    FIELD_SET("operator_key_change_list", change_query_fields);

static enum err read_changes(struct reader *reader, struct request *req, const void *arg,
                             void *result)
{
    const struct change_query *query = arg;
    struct list_page *page = result;
    struct operator_change *rows;
    int64_t limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    const struct operator_change_page ask = {
        .key_id = query->key,
        .before_id = query->starting_after == 0 ? INT64_MAX : query->starting_after,
        .limit = limit + 1,
    };

    TRY(operator__read_changes(reader, &ask, req->arena, &rows, &page->count));
    page->rows = rows;
    page->limit = (size_t)limit;
    return ERR_OK;
}

static const struct list_shape changes_shape = {&change_set, sizeof(struct operator_change),
                                                OPERATOR_CHANGE_PREFIX};

static struct reply *got_changes(struct request *req, void *result)
{
    return reply_page(req, result, &changes_shape);
}

static struct reply *changes_handler(struct request *req)
{
    struct change_query *query = ARENA_NEW(req->arena, struct change_query);

    if (request_query(req, &change_query_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct list_page), read_changes, got_changes);
}

/* ---- routes ---- */

static const enum err create_errors[] = {ERR_FIELD_FORMAT, ERR_FIELD_VALUE, ERR_AUTH_PERMISSION,
                                         ERR_OK};
static const enum err rotate_errors[] = {ERR_AUTH_KEY_NOT_FOUND, ERR_OPERATOR_NOT_OWN,
                                         ERR_AUTH_PERMISSION, ERR_AUTH_KEY_REVOKED, ERR_OK};
static const enum err revoke_errors[] = {ERR_AUTH_KEY_NOT_FOUND, ERR_OK};

const struct route operator__routes[] = {
    {
        .method = "POST",
        .path = "/v1/operator-keys",
        .handler = create_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "operator:write",
        .body = &create_set,
        .reply = &key_set,
        .reply_status = 202,
        .errors = create_errors,
        .summary = "Ask for an operator's key; it is one after a review, its secret is shown now",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/operator-keys",
        .handler = list_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "operator:read",
        .query = &key_query_set,
        .reply = &key_set,
        .reply_is_list = true,
        .summary = "List the operators' keys, newest first",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/operator-keys/{id}/rotate",
        .handler = rotate_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .body = &rotate_set,
        .reply = &key_set,
        .errors = rotate_errors,
        .summary = "Make a new key like your own one, which stays valid for the overlap",
        ROUTE_HERE,
    },
    {
        .method = "POST",
        .path = "/v1/operator-keys/{id}/revoke",
        .handler = revoke_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "operator:write",
        .idempotent = true,
        .body = &revoke_set,
        .reply = &key_set,
        .errors = revoke_errors,
        .summary = "Revoke an operator's key at once",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/operator-key-changes",
        .handler = changes_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "operator:read",
        .query = &change_query_set,
        .reply = &change_set,
        .reply_is_list = true,
        .summary = "List which operators' keys were made, rotated and revoked, newest first",
        ROUTE_HERE,
    },
    {.method = NULL},
};
