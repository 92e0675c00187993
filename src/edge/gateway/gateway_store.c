/* Idempotency keys: the first request with a key is carried out, its answer recorded and given to
 * every repetition. */
#include "base/crypto.h"
#include "base/time.h"
#include "edge/gateway/gateway_int.h"

enum {
    GATEWAY_KEY_MAX = 64,
    GATEWAY_BODY_MAX = 16000,
    GATEWAY_STALE_MS = 60 * 1000, /* in progress for longer: its request died with a process */
    GATEWAY_PURGE_MAX = 500,
};
#define GATEWAY_RETENTION_MS (8 * TIME_DAY_MS)

struct idempotency {
    int64_t id;
    struct str scope;
    struct str fingerprint;
    int64_t created_at_ms;
    int64_t status;
    struct str body;
};

static const struct column columns[] = {
    COLUMN(struct idempotency, id, COL_ID),
    COLUMN(struct idempotency, scope, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct idempotency, fingerprint, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct idempotency, created_at_ms, COL_TIME),
    COLUMN(struct idempotency, status, COL_INT, .help = "of the answer; 0: in progress"),
    COLUMN(struct idempotency, body, COL_TEXT, .size = GATEWAY_BODY_MAX),
};

static const struct table table = {
    .name = "gateway_idempotency",
    .row_size = sizeof(struct idempotency),
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .uniques = {{.name = "gateway_idempotency_scope", .columns = {"scope"}}},
    .unique_count = 1,
};

static const struct statement old_records = {
    .name = "gateway_idempotency_old",
    .sql = "SELECT :row FROM gateway_idempotency WHERE created_at_ms < ? "
           "ORDER BY created_at_ms LIMIT ?",
    .row = &table,
};

static const struct table *const tables[] = {&table};
static const struct statement *const statements[] = {&old_records};

const struct store_part gateway__store = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = gateway__migrations,
    .migration_count = ARRAY_LEN(gateway__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

/* ---- begin ---- */

struct begin {
    struct str scope;
    struct str fingerprint;
};
struct begun {
    int64_t status; /* 0: carry it out; else the recorded answer */
    struct str body;
};

static enum err begin_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct begin *arg = arg_ptr;
    struct begun *begun = result;
    const struct idempotency key = {.id = tx_id(tx),
                                    .scope = arg->scope,
                                    .fingerprint = arg->fingerprint,
                                    .created_at_ms = tx_now_ms(tx)};
    const void *found;
    void *row;
    enum err err = tx_find(tx, &table, 0, &key, &found);
    const struct idempotency *first = found;

    if (err == ERR_STORE_NOT_FOUND) {
        return tx_insert(tx, &table, &key);
    }
    TRY(err);
    if (!str_eq(first->fingerprint, arg->fingerprint)) {
        return ERR_GATEWAY_IDEMPOTENCY_MISMATCH;
    }
    if (first->status != 0) {
        begun->status = first->status;
        begun->body = tx_keep(tx, first->body);
        return ERR_OK;
    }
    if (tx_now_ms(tx) - first->created_at_ms < GATEWAY_STALE_MS) {
        return ERR_GATEWAY_IDEMPOTENCY_IN_PROGRESS;
    }
    TRY(tx_edit(tx, &table, first->id, &row));
    ((struct idempotency *)row)->created_at_ms = tx_now_ms(tx);
    return ERR_OK;
}

static void begin_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct idempotency key = {.scope = ((const struct begin *)arg_ptr)->scope};

    if (round == 0) {
        prefetch_unique(pre, &table, 0, &key);
    }
}

static const struct command_kind begin_kind = {
    .name = "gateway.idempotency_begin",
    .prefetch = begin_prefetch,
    .apply = begin_apply,
    .result_size = sizeof(struct begun),
};

static void begun_done(struct command *command)
{
    struct gateway_chain *chain = command->ctx;
    const struct begun *begun = command->result;
    struct reply *reply;

    if (command->err != ERR_OK) {
        chain->scope.len = 0; /* not ours to record */
        gateway__answer(chain, reply_error_at(chain->req, command->err, "Idempotency-Key", NULL));
    } else if (begun->status != 0) {
        chain->scope.len = 0;
        reply = reply_json(chain->req, (int)begun->status, begun->body);
        reply_header(reply, "Idempotent-Replayed", STR("true"));
        gateway__answer(chain, reply);
    } else {
        gateway__resume(chain);
    }
}

enum gateway_step gateway__idempotency(struct gateway_chain *chain)
{
    struct request *req = chain->req;
    struct str key = request_header(req, "Idempotency-Key");
    struct begin *begin = ARENA_NEW(req->arena, struct begin);
    enum err err;

    if (!req->route->idempotent || key.len == 0) {
        return GATEWAY_NEXT;
    }
    if (key.len > GATEWAY_KEY_MAX) {
        chain->reply =
            reply_error_at(req, ERR_FIELD_LENGTH, "Idempotency-Key", "must be 1 to 64 characters");
        return GATEWAY_ANSWER;
    }
    chain->scope = crypto_sha256_hex(
        req->arena, str_printf(req->arena, "%d %lld %lld\n" STR_FMT " " STR_FMT "\n" STR_FMT,
                               (int)req->principal.kind, (long long)req->principal.merchant_id,
                               (long long)req->principal.app_id, STR_ARG(req->method),
                               STR_ARG(req->path), STR_ARG(key)));
    chain->fingerprint =
        crypto_sha256_hex(req->arena, str_printf(req->arena, STR_FMT "\n" STR_FMT,
                                                 STR_ARG(req->target), STR_ARG(req->body)));
    *begin = (struct begin){chain->scope, chain->fingerprint};
    chain->command = (struct command){.kind = &begin_kind,
                                      .arg = begin,
                                      .result = ARENA_NEW(req->arena, struct begun),
                                      .arena = req->arena,
                                      .trace = &req->trace,
                                      .done = begun_done,
                                      .loop = req->loop,
                                      .ctx = chain};
    err = store_submit(req->app->store, &chain->command);
    if (err != ERR_OK) {
        chain->scope.len = 0;
        chain->reply = reply_error(req, err);
        return GATEWAY_ANSWER;
    }
    return GATEWAY_WAIT;
}

/* ---- record ---- */

struct record {
    struct arena *arena;
    struct command command;
    struct str scope;
    int64_t status; /* 0: forget it, the request may be carried out again */
    struct str body;
};

static enum err record_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct record *arg = arg_ptr;
    const struct idempotency key = {.scope = arg->scope};
    const void *found;
    void *row;

    (void)result;
    TRY(tx_find(tx, &table, 0, &key, &found));
    if (arg->status == 0) {
        return tx_delete(tx, &table, ((const struct idempotency *)found)->id);
    }
    TRY(tx_edit(tx, &table, ((const struct idempotency *)found)->id, &row));
    ((struct idempotency *)row)->status = arg->status;
    ((struct idempotency *)row)->body = arg->body;
    return ERR_OK;
}

static const struct command_kind record_kind = {
    .name = "gateway.idempotency_record",
    .apply = record_apply,
};

static void recorded(struct command *command)
{
    arena_free(((struct record *)command->ctx)->arena);
}

void gateway__idempotency_record(struct gateway_chain *chain, struct reply *reply)
{
    struct arena *arena;
    struct record *record;
    int status = reply_status(reply);
    struct str body = reply_body(reply);
    bool keep = status < 500 && status != 429 && body.len <= GATEWAY_BODY_MAX;

    if (chain->scope.len == 0) {
        return;
    }
    arena = arena_new();
    record = ARENA_NEW(arena, struct record);
    record->arena = arena;
    record->scope = str_dup(arena, chain->scope);
    record->status = keep ? status : 0;
    record->body = keep ? str_dup(arena, body) : (struct str){"", 0};
    record->command =
        (struct command){.kind = &record_kind, .arg = record, .done = recorded, .ctx = record};
    if (store_submit(chain->req->app->store, &record->command) != ERR_OK) {
        arena_free(arena); /* it goes stale, and may then be carried out again */
    }
}

/* ---- purge ---- */

struct purge {
    struct app *app;
    struct arena *arena;
    struct query query;
    struct command command;
    struct idempotency *rows;
    size_t count;
};

static enum err purge_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct purge *purge = arg_ptr;

    (void)result;
    for (size_t i = 0; i < purge->count; i++) {
        enum err err = tx_delete(tx, &table, purge->rows[i].id);

        if (err != ERR_OK && err != ERR_STORE_NOT_FOUND) {
            return err;
        }
    }
    return ERR_OK;
}

static const struct command_kind purge_kind = {
    .name = "gateway.idempotency_purge",
    .apply = purge_apply,
};

static void purged(struct command *command)
{
    arena_free(((struct purge *)command->ctx)->arena);
}

static void purge_read(struct query *query, struct reader *reader)
{
    struct purge *purge = query->ctx;
    int64_t before_ms = clock_now_ms(purge->app->clock) - GATEWAY_RETENTION_MS;
    const struct value values[] = {VALUE_INT(before_ms), VALUE_INT(GATEWAY_PURGE_MAX)};
    void *rows = NULL;

    query->err = reader_rows(reader, &old_records, values, ARRAY_LEN(values), purge->arena, &rows,
                             &purge->count);
    purge->rows = rows;
}

static void purge_known(struct query *query)
{
    struct purge *purge = query->ctx;

    purge->command =
        (struct command){.kind = &purge_kind, .arg = purge, .done = purged, .ctx = purge};
    if (query->err != ERR_OK || purge->count == 0 ||
        store_submit(purge->app->store, &purge->command) != ERR_OK) {
        arena_free(purge->arena);
    }
}

void gateway__idempotency_purge(struct app *app)
{
    struct arena *arena = arena_new();
    struct purge *purge = ARENA_NEW(arena, struct purge);

    purge->app = app;
    purge->arena = arena;
    purge->query = (struct query){.run = purge_read,
                                  .done = purge_known,
                                  .loop = loop_current(),
                                  .arena = arena,
                                  .ctx = purge};
    if (store_query(app->store, &purge->query) != ERR_OK) {
        arena_free(arena);
    }
}
