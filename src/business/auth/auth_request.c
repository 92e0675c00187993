/* Checking a request: parse, find the key, verify, remember the nonce. With the key in memory it is
 * done at once; otherwise it goes on when the key has been read, and once more when a stamp ahead
 * of our clock has been noted. */
#include "business/auth/auth_int.h"

struct check {
    struct request *req;
    struct auth_state *state;
    void (*then)(struct request *req, enum err err);
    int64_t key_id;
    struct auth_header header; /* of a merchant */
    struct str bearer;         /* of an operator */
    int64_t ticket;
    struct auth_open_key *key; /* held while the check goes on */

    struct query query; /* reads the key */
    struct auth_key row;
    struct auth_ahead ahead;
    struct command command; /* notes a stamp ahead */
    struct auth_ahead_raise raise;
    bool is_operator; /* a bearer key is looked at, not a signature */
};

/* ---- what a check says ---- */

static const struct {
    enum err err;
    const char *label;
} outcomes[] = {
    {ERR_OK, "ok"},
    {ERR_AUTH_MISSING, "missing"},
    {ERR_AUTH_MALFORMED, "malformed"},
    {ERR_AUTH_TIMESTAMP, "timestamp"},
    {ERR_AUTH_SIGNATURE, "signature"},
    {ERR_AUTH_KEY_REVOKED, "key_revoked"},
    {ERR_AUTH_KEY_EXPIRED, "key_expired"},
    {ERR_AUTH_KEY_NOT_BEFORE, "key_not_before"},
    {ERR_AUTH_RESTARTED, "restarted"},
    {ERR_AUTH_REPLAYED, "replayed"},
};

static const char *const outcome_labels[] = {
    "ok",          "missing",        "malformed", "timestamp", "signature", "key_revoked",
    "key_expired", "key_not_before", "restarted", "replayed",  "failed",    NULL,
};

struct metric auth_checks_metric = {
    .name = "tomato_auth_checks_total",
    .type = METRIC_COUNTER,
    .help = "Requests by what the check of their signature or bearer key said.",
    .label_name = "outcome",
    .labels = outcome_labels,
};

/* What is not in the table is "failed": the store did not do its part. */
static size_t outcome_of(enum err err)
{
    size_t at = 0;

    while (at < ARRAY_LEN(outcomes) && outcomes[at].err != err) {
        at++;
    }
    return at;
}

static void tell_refusal(const struct check *check, enum err err)
{
    const struct request *req = check->req;
    const char *prefix = check->is_operator ? "op" : "key";
    struct str key = STR("");

    if (check->key_id != 0) {
        key = id_str(req->arena, prefix, check->key_id);
    }
    log_info("auth", "auth.refused", &req->trace, LOG_ERR(err), LOG_TEXT("key", key),
             LOG_TEXT("peer", req->peer), LOG_END);
}

/* Ends a check: counts it, tells the log of a refusal, lets the key go. */
static enum err finish(struct check *check, enum err err)
{
    struct request *req = check->req;
    struct auth_cache *cache = check->state->cache;

    metric_add(&auth_checks_metric, outcome_of(err), 1);
    if (err != ERR_OK) {
        tell_refusal(check, err);
    }
    if (check->key == NULL) {
        return err;
    }
    if (err == ERR_OK) {
        req->principal = (struct principal){
            .kind = check->is_operator ? HTTP_AUTH_OPERATOR : HTTP_AUTH_MERCHANT,
            .merchant_id = check->key->row.merchant_id,
            .app_id = check->key->row.app_id,
            .key_id = check->key_id,
            .permissions = str_dup(req->arena, check->key->row.permissions),
        };
        auth__cache_used(cache, check->key, req->received_ms);
    }
    auth__cache_release(cache, check->key);
    check->key = NULL;
    return err;
}

/* ---- verifying ---- */

static int64_t stamp_ms(const struct check *check)
{
    return check->header.timestamp_s * TIME_SECOND_MS;
}

static enum err check_timestamp(const struct check *check)
{
    int64_t off_ms = stamp_ms(check) - check->req->received_ms;
    int64_t window_ms = check->state->window_ms;

    return off_ms > window_ms || off_ms < -window_ms ? ERR_AUTH_TIMESTAMP : ERR_OK;
}

static bool check_signature(const struct check *check, const struct auth_open_key *key)
{
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct str text = auth__signed_text(check->req->arena, check->req, &check->header);

    if (key->row.algorithm == AUTH_HMAC_SHA256) {
        crypto_hmac_sha256(&key->secret, text, mac);
        return crypto_equal(check->header.signature, (struct str){(const char *)mac, sizeof(mac)});
    }
    return crypto_verify(key->public_key, text, check->header.signature) == ERR_OK;
}

static bool check_bearer(const struct check *check, const struct auth_open_key *key)
{
    unsigned char digest[CRYPTO_SHA256_LEN];

    crypto_sha256(check->bearer, digest);
    return crypto_equal((struct str){(const char *)digest, sizeof(digest)},
                        (struct str){(const char *)key->digest, sizeof(key->digest)});
}

/* The same work for a key that is unknown, or of another kind than the request says. */
static enum err check_proof(const struct check *check)
{
    const bool is_bearer = check->bearer.len > 0;
    const enum auth_algorithm algorithm = is_bearer ? AUTH_BEARER : check->header.algorithm;
    const bool known = check->key != NULL && check->key->row.algorithm == algorithm;
    const struct auth_open_key *key = known ? check->key : &check->state->decoys.keys[algorithm];
    const bool fits = is_bearer ? check_bearer(check, key) : check_signature(check, key);

    return fits && known ? ERR_OK : ERR_AUTH_SIGNATURE;
}

static enum err check_key(const struct auth_key *key, int64_t now_ms)
{
    switch (key->status) {
    case AUTH_KEY_ACTIVE:
        break;
    case AUTH_KEY_REVOKED:
        return ERR_AUTH_KEY_REVOKED;
    }
    if (key->expires_at_ms != 0 && now_ms >= key->expires_at_ms) {
        return ERR_AUTH_KEY_EXPIRED;
    }
    return now_ms < key->not_before_ms ? ERR_AUTH_KEY_NOT_BEFORE : ERR_OK;
}

static enum err take_nonce(struct check *check)
{
    return finish(check,
                  auth__nonces_take(check->state->nonces, &check->header, check->req->received_ms));
}

static void ahead_noted(struct command *command)
{
    struct check *check = command->ctx;

    if (command->err == ERR_OK) {
        counter_set(&check->key->ahead_until_ms, check->raise.until_ms);
        check->then(check->req, take_nonce(check));
    } else {
        check->then(check->req, finish(check, command->err));
    }
}

/* A stamp ahead of our clock is noted in the database first: after a restart it would look as if it
 * had been signed since. */
static enum auth_step note_ahead(struct check *check, enum err *err)
{
    check->raise = (struct auth_ahead_raise){
        .key_id = check->key_id,
        .process = check->state->process,
        .until_ms = stamp_ms(check),
    };
    check->command = (struct command){
        .kind = &auth__ahead_kind,
        .arg = &check->raise,
        .trace = &check->req->trace,
        .done = ahead_noted,
        .loop = check->req->loop,
        .ctx = check,
    };
    *err = store_submit(check->req->app->store, &check->command);
    if (*err == ERR_OK) {
        return AUTH_WAITS;
    }
    *err = finish(check, *err);
    return AUTH_DONE;
}

/* Judges the request by check->key; NULL: there is no such key. */
static enum auth_step judge(struct check *check, enum err *err)
{
    *err = check_proof(check);
    if (*err == ERR_OK) {
        *err = check_key(&check->key->row, check->req->received_ms);
    }
    if (*err == ERR_OK && check->bearer.len == 0 && stamp_ms(check) <= check->key->floor_ms) {
        *err = ERR_AUTH_RESTARTED;
    }
    if (*err != ERR_OK || check->bearer.len > 0) {
        *err = finish(check, *err);
        return AUTH_DONE;
    }
    if (stamp_ms(check) > check->req->received_ms &&
        stamp_ms(check) > counter_get(&check->key->ahead_until_ms)) {
        return note_ahead(check, err);
    }
    *err = take_nonce(check);
    return AUTH_DONE;
}

/* ---- the key: at hand, or read first ---- */

static void read_key(struct query *query, struct reader *reader)
{
    struct check *check = query->ctx;
    enum err err;

    query->err = auth_key_read(reader, check->key_id, query->arena, &check->row);
    if (query->err == ERR_OK) {
        err = reader_get(reader, &auth__ahead_table, check->key_id, query->arena, &check->ahead);
        query->err = err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
    }
}

/* A key made since the start was used by no process before. */
static void set_floor(const struct check *check, struct auth_open_key *key)
{
    const struct auth_ahead *ahead = &check->ahead;
    const bool ours = ahead->process == check->state->process;
    const int64_t started_at_ms = check->state->started_at_ms;
    const int64_t before_ms = ours ? ahead->floor_ms : ahead->until_ms;

    key->floor_ms = check->row.created_at_ms > started_at_ms ? 0 : started_at_ms;
    if (before_ms > key->floor_ms) {
        key->floor_ms = before_ms;
    }
    counter_set(&key->ahead_until_ms, ours ? ahead->until_ms : 0);
}

/* Puts into memory what was read: the key, or that there is none. */
static enum err keep_key(struct check *check)
{
    struct auth_cache *cache = check->state->cache;
    const int64_t now_ms = check->req->received_ms;

    if (check->query.err == ERR_AUTH_KEY_NOT_FOUND) {
        auth__cache_put_unknown(cache, check->key_id, now_ms, check->ticket);
        return ERR_OK;
    }
    TRY(check->query.err);
    TRY(auth__open(check->req->app, &check->row, &check->key));
    set_floor(check, check->key);
    auth__cache_put(cache, check->key, now_ms, check->ticket);
    return ERR_OK;
}

static void key_read(struct query *query)
{
    struct check *check = query->ctx;
    enum err err = keep_key(check);

    if (err != ERR_OK) {
        check->then(check->req, finish(check, err));
    } else if (judge(check, &err) == AUTH_DONE) {
        check->then(check->req, err);
    }
}

static enum auth_step find_key(struct check *check, enum err *err)
{
    struct request *req = check->req;

    switch (auth__cache_get(check->state->cache, check->key_id, req->received_ms, &check->key,
                            &check->ticket)) {
    case AUTH_CACHED:
    case AUTH_CACHED_UNKNOWN:
        return judge(check, err);
    case AUTH_NOT_CACHED:
        break;
    }
    check->query = (struct query){
        .run = read_key,
        .done = key_read,
        .loop = req->loop,
        .arena = req->arena,
        .ctx = check,
    };
    *err = store_query(req->app->store, &check->query);
    if (*err == ERR_OK) {
        return AUTH_WAITS;
    }
    *err = finish(check, *err);
    return AUTH_DONE;
}

enum auth_step auth_authenticate(struct request *req,
                                 void (*then)(struct request *req, enum err err), enum err *err)
{
    struct check *check = ARENA_NEW(req->arena, struct check);
    struct str text = request_header(req, "Authorization");

    check->req = req;
    check->state = auth__state(req->app);
    check->then = then;
    check->is_operator = req->route->auth == HTTP_AUTH_OPERATOR ||
                         (req->route->auth == HTTP_AUTH_EITHER && str_starts(text, STR("Bearer ")));
    if (check->is_operator) {
        *err = auth__parse_bearer(text, &check->key_id, &check->bearer);
    } else {
        CHECK(req->route->auth == HTTP_AUTH_MERCHANT || req->route->auth == HTTP_AUTH_EITHER);
        *err = auth__parse_header(req->arena, text, &check->header);
        check->key_id = check->header.key_id;
    }
    if (*err == ERR_OK && check->bearer.len == 0) {
        *err = check_timestamp(check);
    }
    if (*err != ERR_OK) {
        *err = finish(check, *err);
        return AUTH_DONE;
    }
    return find_key(check, err);
}
