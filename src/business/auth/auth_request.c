/* Checking a request, and signing its answer. */
#include "base/encode.h"
#include "business/auth/auth_int.h"

static struct str signed_text(struct request *req, const struct auth_header *header)
{
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf text;

    _Static_assert(CRYPTO_SM3_LEN == CRYPTO_SHA256_LEN, "one buffer holds both digests");
    if (header->algorithm == AUTH_SM2_SM3) {
        crypto_sm3(req->body, digest);
    } else {
        crypto_sha256(req->body, digest);
    }
    buf_init_arena(&text, req->arena, req->target.len + 256);
    buf_add(&text, req->method);
    buf_add_char(&text, '\n');
    buf_add(&text, req->target);
    buf_add_char(&text, '\n');
    buf_add_int(&text, header->timestamp_s);
    buf_add_char(&text, '\n');
    buf_add(&text, header->nonce);
    buf_add_char(&text, '\n');
    hex_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
    buf_add_char(&text, '\n');
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

static enum err check_signature(struct request *req, const struct auth_header *header,
                                const struct auth_open_key *key)
{
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct str given;

    if (header->algorithm != key->row.algorithm ||
        base64_decode(req->arena, header->signature, &given) != ERR_OK) {
        return ERR_AUTH_SIGNATURE;
    }
    if (key->row.algorithm == AUTH_HMAC_SHA256) {
        crypto_hmac_sha256(&key->secret, signed_text(req, header), mac);
        return crypto_equal(given, (struct str){(const char *)mac, sizeof(mac)})
                   ? ERR_OK
                   : ERR_AUTH_SIGNATURE;
    }
    return crypto_verify(key->public_key, signed_text(req, header), given) == ERR_OK
               ? ERR_OK
               : ERR_AUTH_SIGNATURE;
}

static enum err check_key(const struct auth_key *key, int64_t now_ms)
{
    if (key->status == AUTH_KEY_REVOKED) {
        return ERR_AUTH_KEY_REVOKED;
    }
    return key->expires_at_ms != 0 && now_ms >= key->expires_at_ms ? ERR_AUTH_KEY_EXPIRED : ERR_OK;
}

/* What is told of a key (revoked, expired), of the time and of the nonce is told only to who has
 * signed with it. */
enum err auth__verify(struct auth_state *state, struct request *req,
                      const struct auth_header *header, const struct auth_open_key *key)
{
    int64_t now_ms = req->received_ms;
    int64_t stamped_ms = header->timestamp_s * TIME_SECOND_MS;
    int64_t off_ms = stamped_ms > now_ms ? stamped_ms - now_ms : now_ms - stamped_ms;

    TRY(check_signature(req, header, key));
    TRY(check_key(&key->row, now_ms));
    if (off_ms > state->window_ms) {
        return ERR_AUTH_TIMESTAMP;
    }
    if (stamped_ms + TIME_SECOND_MS <= state->started_at_ms) {
        return ERR_AUTH_RESTARTED;
    }
    if (!auth__nonces_take(state->nonces, key->row.id, header->nonce, now_ms)) {
        return ERR_AUTH_REPLAYED;
    }
    req->principal = (struct principal){
        .kind = HTTP_AUTH_MERCHANT,
        .merchant_id = key->row.merchant_id,
        .app_id = key->row.app_id,
        .key_id = key->row.id,
        .permissions = str_dup(req->arena, key->row.permissions),
    };
    return ERR_OK;
}

static enum err verify_bearer(struct request *req, struct str secret,
                              const struct auth_open_key *key)
{
    unsigned char digest[CRYPTO_SHA256_LEN];
    struct buf hex;

    crypto_sha256(secret, digest);
    buf_init_arena(&hex, req->arena, 2 * CRYPTO_SHA256_LEN);
    hex_encode(&hex, (struct str){(const char *)digest, sizeof(digest)});
    if (key->row.algorithm != AUTH_BEARER || !crypto_equal(buf_str(&hex), key->row.secret)) {
        return ERR_AUTH_SIGNATURE;
    }
    TRY(check_key(&key->row, req->received_ms));
    req->principal = (struct principal){
        .kind = HTTP_AUTH_OPERATOR,
        .key_id = key->row.id,
        .permissions = str_dup(req->arena, key->row.permissions),
    };
    return ERR_OK;
}

/* ---- with the key at hand, or read first ---- */

struct pending {
    struct request *req;
    struct auth_header header;
    struct str bearer;
    int64_t key_id;
    void (*then)(struct request *req, enum err err);
    struct query query;
    struct auth_key row;
};

static enum err judge(struct auth_state *state, struct pending *p, const struct auth_open_key *key)
{
    return p->bearer.len > 0 ? verify_bearer(p->req, p->bearer, key)
                             : auth__verify(state, p->req, &p->header, key);
}

static void read_key(struct query *query, struct reader *reader)
{
    struct pending *p = query->ctx;

    query->err = auth_key_read(reader, p->key_id, query->arena, &p->row);
}

static void key_known(struct query *query)
{
    struct pending *p = query->ctx;
    struct request *req = p->req;
    struct auth_state *state = app_state(req->app, &auth_module);
    struct auth_open_key *key;
    enum err err = query->err;

    if (err == ERR_OK) {
        err = auth__open(req->app, &p->row, &key);
    }
    if (err == ERR_OK) {
        auth__cache_add(&state->caches[loop_index(req->loop)], key);
        err = judge(state, p, key);
    } else if (err == ERR_AUTH_KEY_NOT_FOUND) {
        err = ERR_AUTH_SIGNATURE; /* whether a key exists is nobody's business */
    }
    p->then(req, err);
}

enum auth_step auth_authenticate(struct request *req,
                                 void (*then)(struct request *req, enum err err), enum err *err)
{
    struct auth_state *state = app_state(req->app, &auth_module);
    struct str text = request_header(req, "Authorization");
    struct pending *p = ARENA_NEW(req->arena, struct pending);
    struct auth_open_key *key;

    p->req = req;
    p->then = then;
    if (req->route->auth == HTTP_AUTH_OPERATOR) {
        *err = auth__parse_bearer(text, &p->key_id, &p->bearer);
    } else {
        *err = auth__parse_header(text, &p->header);
        p->key_id = p->header.key_id;
    }
    if (*err != ERR_OK) {
        return AUTH_DONE;
    }
    key = auth__cache_find(&state->caches[loop_index(req->loop)], p->key_id);
    if (key != NULL) {
        *err = judge(state, p, key);
        return AUTH_DONE;
    }
    p->query = (struct query){
        .run = read_key, .done = key_known, .loop = req->loop, .arena = req->arena, .ctx = p};
    *err = store_query(req->app->store, &p->query);
    return *err == ERR_OK ? AUTH_WAITS : AUTH_DONE;
}

bool auth_permits(struct str permissions, const char *needed)
{
    struct str want = str_of(needed);
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

/* ---- the answer ---- */

void auth_sign_response(const struct request *req, struct reply *reply)
{
    const struct auth_state *state = app_state(req->app, &auth_module);
    unsigned char digest[CRYPTO_SHA256_LEN];
    unsigned char random[12];
    int64_t now_s = loop_now_ms(req->loop) / TIME_SECOND_MS;
    struct buf nonce, text, header;
    struct str signature;

    if (!state->sign_answers) {
        return;
    }
    crypto_random(random, sizeof(random));
    crypto_sha256(reply_body(reply), digest);
    buf_init_arena(&nonce, req->arena, 32);
    hex_encode(&nonce, (struct str){(const char *)random, sizeof(random)});
    buf_init_arena(&text, req->arena, 256);
    buf_printf(&text, "%d\n%lld\n" STR_FMT "\n", reply_status(reply), (long long)now_s,
               STR_ARG(buf_str(&nonce)));
    hex_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
    buf_add_char(&text, '\n');
    if (crypto_sign(req->arena, state->platform_key, buf_str(&text), &signature) != ERR_OK) {
        return;
    }
    buf_init_arena(&header, req->arena, 512);
    buf_add(&header, STR("key_id=\""));
    id_print(&header, "plk", state->platform_key_id);
    buf_printf(&header, "\",timestamp=\"%lld\",nonce=\"" STR_FMT "\",signature=\"",
               (long long)now_s, STR_ARG(buf_str(&nonce)));
    base64_encode(&header, signature);
    buf_add_char(&header, '"');
    reply_header(reply, "Tomato-Signature", buf_str(&header));
}
