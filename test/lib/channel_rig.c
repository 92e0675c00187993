#include "test/lib/channel_rig.h"

#include "base/encode.h"
#include "business/merchant/merchant.h"
#include "test/lib/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct rig *current; /* of the peer's handlers; tests run one rig at a time */

/* ---- the peer ---- */

static struct str hex_mac(struct arena *arena, struct str text)
{
    const struct secret key = secret_of(arena, STR(RIG_MOCK_KEY));
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct buf hex;

    crypto_hmac_sha256(&key, text, mac);
    buf_init_arena(&hex, arena, 2 * sizeof(mac));
    hex_encode(&hex, (struct str){(const char *)mac, sizeof(mac)});
    return buf_str(&hex);
}

static void sign(struct arena *arena, int64_t now_ms, struct str body, struct http_header out[4])
{
    struct str at = str_printf(arena, "%lld", (long long)(now_ms / 1000));

    out[0] = (struct http_header){STR("Mock-Timestamp"), at};
    out[1] = (struct http_header){STR("Mock-Nonce"), STR("nonce1")};
    out[2] = (struct http_header){
        STR("Mock-Signature"), hex_mac(arena, str_printf(arena, STR_FMT "\nnonce1\n" STR_FMT "\n",
                                                         STR_ARG(at), STR_ARG(body)))};
    out[3] = (struct http_header){STR(""), STR("")};
}

static void add_headers(struct reply *reply, const struct http_header *headers, struct arena *arena)
{
    for (; headers != NULL && headers->name.len > 0; headers++) {
        reply_header(reply, str_cstr(arena, headers->name), headers->value);
    }
}

static struct reply *peer_reply(struct request *req, const struct rig_answer *answer)
{
    struct http_header headers[4];
    struct reply *reply;

    if (answer->never) {
        CHECK(current->unanswered_count < RIG_UNANSWERED_MAX);
        current->unanswered[current->unanswered_count++] = req;
        return reply_later(req); /* the caller's deadline ends it */
    }
    reply = answer->status == 204
                ? reply_empty(req, 204)
                : reply_text(req, answer->status, "application/json", str_of(answer->body));
    if (answer->signed_) {
        sign(req->arena, current->now_ms, str_of(answer->body), headers);
        add_headers(reply, headers, req->arena);
    }
    add_headers(reply, answer->headers, req->arena);
    return reply;
}

static struct reply *order_handler(struct request *req)
{
    current->order_requests++;
    current->last_body = str_dup(current->arena, req->body);
    return peer_reply(req, &current->answer);
}

static struct reply *certificates_handler(struct request *req)
{
    current->certificate_requests++;
    return peer_reply(req, &current->certificates);
}

struct peer_query {
    struct str mchid;
    struct str merchant_no;
};
static const struct field query_fields[] = {
    FIELD(struct peer_query, mchid, FIELD_TEXT, .max = 64),
    FIELD(struct peer_query, merchant_no, FIELD_TEXT, .max = 64),
};
static const struct field_set query_set = FIELD_SET("peer_query", query_fields);

#define PEER(method_, path_, handler_)                                                             \
    {                                                                                              \
        .method = (method_), .path = (path_), .handler = (handler_), .auth = HTTP_AUTH_NONE,       \
        .query = &query_set, ROUTE_HERE                                                            \
    }
static const struct route peer_routes[] = {
    PEER("POST", "/mock/v1/orders", order_handler),
    PEER("GET", "/mock/v1/orders/{order_no}", order_handler),
    PEER("POST", "/mock/v1/orders/{order_no}/close", order_handler),
    PEER("POST", "/v3/pay/transactions/native", order_handler),
    PEER("GET", "/v3/pay/transactions/out-trade-no/{order_no}", order_handler),
    PEER("GET", "/v3/certificates", certificates_handler),
    {.method = NULL},
};

/* ---- the program around the engine ---- */

static const struct conf_row rows[] = {
    {.key = "http.public_url", .type = CONF_TEXT, .value = "", .help = "As in the program."},
    {.key = "http.port", .type = CONF_INT, .value = "9999", .max = 65535, .help = "As there."},
};

static const struct module *const modules[] = {&merchant_module, &channel_module};

static int64_t rig_now(void *ctx)
{
    return ((const struct rig *)ctx)->now_ms;
}

static void take_notice(void *ctx, struct channel_notice *notice)
{
    struct rig *rig = ctx;

    mutex_lock(rig->mutex);
    rig->notices++;
    rig->last_notice = *notice->result;
    rig->last_notice.order_no = str_dup(rig->notice_arena, notice->result->order_no);
    rig->last_notice.transaction_no = str_dup(rig->notice_arena, notice->result->transaction_no);
    mutex_unlock(rig->mutex);
    channel_notice_done(notice, rig->sink_err);
}

int rig_notices(struct rig *rig)
{
    int notices;

    mutex_lock(rig->mutex);
    notices = rig->notices;
    mutex_unlock(rig->mutex);
    return notices;
}

bool rig_wait_notices(struct rig *rig, int wanted)
{
    for (int i = 0; i < 500 && rig_notices(rig) < wanted; i++) {
        (void)usleep(10000);
    }
    return rig_notices(rig) == wanted;
}

static void load_conf(struct rig *rig, const char *text)
{
    const struct conf_rows sets[] = {
        {rows, ARRAY_LEN(rows)}, merchant_module.conf, channel_module.conf};
    struct conf_problem problem;
    struct str path = str_printf(rig->arena, "%s/rig.conf", rig->dir);
    FILE *file = fopen(str_cstr(rig->arena, path), "w");

    CHECK(file != NULL);
    CHECK(fputs("channel.total_deadline = 500ms\n", file) >= 0);
    CHECK(fprintf(file, "http.public_url = " STR_FMT "\n", STR_ARG(rig->base_url)) > 0);
    CHECK(text == NULL || fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
    if (conf_load(sets, ARRAY_LEN(sets), path, &rig->app.conf, &problem) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", problem.text);
        abort();
    }
}

static void open_store(struct rig *rig)
{
    const struct store_part parts[] = {*merchant_module.store, *channel_module.store};
    const struct store_options options = {
        .url = str_printf(rig->arena, "sqlite:%s/rig.db", rig->dir),
        .clock = &rig->clock,
        .parts = parts,
        .part_count = ARRAY_LEN(parts),
        .migrate = true,
    };
    char detail[256] = "";

    if (store_open(&options, &rig->app.store, detail) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", detail);
        abort();
    }
}

static void start_server(void *ctx)
{
    struct rig *rig = ctx;
    static const struct route *sets[] = {peer_routes, NULL};
    struct http_server_options options = {
        .address = STR("127.0.0.1"),
        .routes = sets,
        .route_sets = ARRAY_LEN(sets),
        .dispatch = http_dispatch_plain,
        .app = &rig->app,
    };

    sets[1] = channel_module.routes;
    CHECK(http_server_start(rig->app.loops[0], &options, &rig->server) == ERR_OK);
    rig->base_url =
        str_printf(rig->arena, "http://127.0.0.1:%d", (int)http_server_port(rig->server));
}

struct rig *rig_new(const char *conf)
{
    struct rig *rig = mem_new(sizeof(*rig));
    struct app *app = &rig->app;

    current = rig;
    rig->arena = arena_new();
    rig->notice_arena = arena_new();
    rig->mutex = mutex_new();
    rig->now_ms = INT64_C(1790000000000);
    rig->clock = (struct clock){rig_now, rig};
    test_folder(rig->dir, sizeof(rig->dir), "channel_rig");
    app->clock = &rig->clock;
    app->modules = modules;
    app->module_count = ARRAY_LEN(modules);
    app->loop_count = RIG_LOOPS;
    for (unsigned i = 0; i < app->loop_count; i++) {
        app->loops[i] = loop_new("rig", i, &rig->clock);
        app->clients[i] = http_client_new(app->loops[i], &(struct http_client_options){0});
    }
    loop_call(app->loops[0], start_server, rig);
    load_conf(rig, conf);
    CHECK(vault_open(str_printf(rig->arena, "%s/master.key", rig->dir), true, &app->vault) ==
          ERR_OK);
    open_store(rig);
    for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
        if (modules[i]->start != NULL) {
            CHECK(modules[i]->start(app, &app->states[i]) == ERR_OK);
        }
    }
    channel_on_notice(app, take_notice, rig);
    for (unsigned i = 0; i < app->loop_count; i++) {
        loop_start(app->loops[i]);
    }
    return rig;
}

static void stop_server(void *ctx)
{
    struct rig *rig = ctx;

    http_server_free(rig->server);
    for (size_t i = 0; i < rig->unanswered_count; i++) {
        request_reply(rig->unanswered[i], reply_empty(rig->unanswered[i], 204));
    }
}

static void free_client(void *ctx)
{
    http_client_free(ctx);
}

void rig_free(struct rig *rig)
{
    struct app *app = &rig->app;
    struct str command = str_printf(rig->arena, "rm -r '%s'", rig->dir);

    loop_call(app->loops[0], stop_server, rig);
    for (unsigned i = 0; i < app->loop_count; i++) {
        loop_call(app->loops[i], free_client, app->clients[i]);
    }
    store_close(app->store);
    for (unsigned i = 0; i < app->loop_count; i++) {
        loop_free(app->loops[i]);
    }
    for (size_t i = ARRAY_LEN(modules); i > 0; i--) {
        if (modules[i - 1]->stop != NULL) {
            modules[i - 1]->stop(app, app->states[i - 1]);
        }
    }
    vault_free(app->vault);
    conf_free(app->conf);
    CHECK(system(str_cstr(rig->arena, command)) == 0);
    mutex_free(rig->mutex);
    arena_free(rig->notice_arena);
    arena_free(rig->arena);
    mem_free(rig);
    current = NULL;
}

/* ---- doing things ---- */

enum err rig_create(struct rig *rig, const struct channel_create *body,
                    struct channel_account *created, struct json_refusal *refusal)
{
    struct channel_create copy = *body;
    struct channel_account row;

    copy.credentials = str_dup(rig->arena, body->credentials); /* it is wiped */
    TRY(channel__prepare(&rig->app, rig->arena, &copy, &row, refusal));
    return store_run(rig->app.store, &channel__create_kind, &row, created, rig->arena);
}

int64_t rig_mock_account(struct rig *rig, int64_t merchant_id, int64_t priority)
{
    struct str method = STR("mock_qr");
    const struct channel_create body = {
        .channel = STR("mock"),
        .name = STR("rig"),
        .merchant_id = merchant_id,
        .account_no = STR("M1"),
        .methods = {&method, 1},
        .priority = priority,
        .base_url = rig->base_url,
        .credentials = STR("{\"key\":\"" RIG_MOCK_KEY "\"}"),
    };
    struct channel_account created;
    struct json_refusal refusal;

    CHECK(rig_create(rig, &body, &created, &refusal) == ERR_OK);
    return created.id;
}

int64_t rig_wechat_account(struct rig *rig, const struct wechat_peer *peer)
{
    struct str method = STR("wechat_native");
    const struct channel_account shape = wechat_peer_account(peer, "certificate");
    const struct channel_create body = {
        .channel = STR("wechat"),
        .name = STR("rig"),
        .account_no = shape.account_no,
        .methods = {&method, 1},
        .base_url = rig->base_url,
        .config = shape.config,
        .credentials = wechat_peer_credentials(peer),
    };
    struct channel_account created;
    struct json_refusal refusal;

    CHECK(rig_create(rig, &body, &created, &refusal) == ERR_OK);
    return created.id;
}

const struct http_header *rig_wechat_headers(struct rig *rig, const struct wechat_peer *peer,
                                             const struct test_certificate *by, struct str body)
{
    struct http_header *headers =
        ARENA_ARRAY(rig->arena, struct http_header, WECHAT_PEER_HEADERS + 1);

    memcpy(headers, wechat_peer_sign(peer, by, by->serial, rig->now_ms, body),
           WECHAT_PEER_HEADERS * sizeof(*headers));
    headers[WECHAT_PEER_HEADERS] = (struct http_header){STR(""), STR("")};
    return headers;
}

struct rig_answer rig_wechat_answer(struct rig *rig, const struct wechat_peer *peer,
                                    const struct test_certificate *by, struct str body)
{
    return (struct rig_answer){
        .status = 200,
        .body = str_cstr(rig->arena, body),
        .headers = rig_wechat_headers(rig, peer, by, body),
    };
}

struct waited {
    struct rig *rig;
    struct signal *done;
    struct task task;
    struct channel_call call;
    struct http_call http;
};

static void call_ended(struct channel_call *call)
{
    signal_set(((struct waited *)call->ctx)->done);
}

static struct waited *waited_of(struct task *task)
{
    return (struct waited *)(void *)((char *)task - offsetof(struct waited, task));
}

static void call_on_loop(struct task *task)
{
    struct waited *waited = waited_of(task);

    channel_call(&waited->rig->app, &waited->call);
}

static void post(struct rig *rig, struct waited *waited, unsigned loop,
                 void (*run)(struct task *task))
{
    waited->rig = rig;
    waited->task = (struct task){.run = run};
    waited->done = signal_new();
    loop_post(rig->app.loops[loop], &waited->task);
}

static void wait_for(struct waited *waited)
{
    CHECK(signal_wait(waited->done, 20000));
    signal_free(waited->done);
}

static struct waited *call_new(struct rig *rig, int64_t account_id, enum channel_op op,
                               const char *order_no)
{
    struct waited *waited = ARENA_NEW(rig->arena, struct waited);

    waited->call = (struct channel_call){
        .account_id = account_id,
        .op = op,
        .order = {.order_no = str_of(order_no),
                  .amount = {1288},
                  .currency = CURRENCY_CNY,
                  .subject = STR("Tomato soup"),
                  .method = STR("mock_qr"),
                  .created_at_ms = rig->now_ms,
                  .expires_at_ms = rig->now_ms + 7200000},
        .arena = arena_new(), /* used on the loop while ours is used here */
        .then = call_ended,
        .ctx = waited,
    };
    return waited;
}

struct channel_result rig_call(struct rig *rig, int64_t account_id, enum channel_op op,
                               const char *order_no)
{
    struct waited *waited = call_new(rig, account_id, op, order_no);
    struct channel_result result;

    post(rig, waited, 0, call_on_loop);
    wait_for(waited);
    result = waited->call.result;
    result.qr = str_dup(rig->arena, result.qr);
    result.account_no = str_dup(rig->arena, result.account_no);
    result.code = str_dup(rig->arena, result.code);
    result.detail = str_dup(rig->arena, result.detail);
    result.order_no = str_dup(rig->arena, result.order_no);
    result.transaction_no = str_dup(rig->arena, result.transaction_no);
    arena_free(waited->call.arena);
    return result;
}

size_t rig_calls(struct rig *rig, int64_t account_id, size_t count, enum channel_outcome outcome)
{
    struct waited **all = ARENA_ARRAY(rig->arena, struct waited *, count);
    size_t as_expected = 0;

    for (size_t i = 0; i < count; i++) {
        all[i] = call_new(rig, account_id, CHANNEL_OP_QUERY, "T202611220001");
        post(rig, all[i], (unsigned)(i % RIG_LOOPS), call_on_loop);
    }
    for (size_t i = 0; i < count; i++) {
        wait_for(all[i]);
        as_expected += all[i]->call.result.outcome == outcome;
        arena_free(all[i]->call.arena);
    }
    return as_expected;
}

static void http_ended(struct http_call *http)
{
    signal_set(((struct waited *)http->ctx)->done);
}

static void http_on_loop(struct task *task)
{
    struct waited *waited = waited_of(task);

    http_call_start(waited->rig->app.clients[0], &waited->http);
}

struct rig_reply rig_request(struct rig *rig, const char *method, struct str path,
                             const struct http_header *headers, struct str body)
{
    struct waited *waited = ARENA_NEW(rig->arena, struct waited);
    struct arena *arena = arena_new();
    struct rig_reply reply;

    waited->http = (struct http_call){
        .arena = arena,
        .method = str_of(method),
        .url = str_starts(path, STR("http"))
                   ? path
                   : str_printf(rig->arena, STR_FMT STR_FMT, STR_ARG(rig->base_url), STR_ARG(path)),
        .body = body,
        .total_deadline_ms = 10000,
        .addresses = HTTP_ADDRESS_ANY,
        .done = http_ended,
        .ctx = waited,
    };
    if (body.len > 0) {
        http_call_header(&waited->http, STR("Content-Type"), STR("application/json"));
    }
    for (; headers != NULL && headers->name.len > 0; headers++) {
        http_call_header(&waited->http, headers->name, headers->value);
    }
    post(rig, waited, 0, http_on_loop);
    wait_for(waited);
    CHECK(waited->http.err == ERR_OK);
    reply = (struct rig_reply){waited->http.status, str_dup(rig->arena, waited->http.answer)};
    arena_free(arena);
    return reply;
}

const struct http_header *rig_mock_headers(struct rig *rig, struct str body)
{
    struct http_header *headers = ARENA_ARRAY(rig->arena, struct http_header, 4);

    sign(rig->arena, rig->now_ms, body, headers);
    return headers;
}

struct str rig_notify_path(struct rig *rig, const char *channel, int64_t account_id)
{
    return str_printf(rig->arena, "/notify/%s/" STR_FMT, channel,
                      STR_ARG(id_str(rig->arena, "cha", account_id)));
}
