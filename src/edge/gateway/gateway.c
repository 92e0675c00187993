#include "base/crypto.h"
#include "business/auth/auth.h"
#include "edge/gateway/gateway_int.h"

/* ---- the steps ---- */

static struct gateway_state *state_of(const struct request *req)
{
    return app_state(req->app, &gateway_module);
}

static enum gateway_step limit(struct gateway_chain *chain)
{
    struct request *req = chain->req;
    struct gateway_limiter *limiter = state_of(req)->limiters[loop_index(req->loop)];

    if (gateway__limiter_take(limiter, req->peer, req->received_ms)) {
        return GATEWAY_NEXT;
    }
    chain->reply = reply_error(req, ERR_GATEWAY_RATE_LIMITED);
    return GATEWAY_ANSWER;
}

static void authenticated(struct request *req, enum err err)
{
    struct gateway_chain *chain = req->gateway;

    if (err != ERR_OK) {
        gateway__answer(chain, reply_error(req, err));
    } else {
        gateway__resume(chain);
    }
}

static enum gateway_step authenticate(struct gateway_chain *chain)
{
    enum err err = ERR_OK;

    switch (auth_authenticate(chain->req, authenticated, &err)) {
    case AUTH_DONE:
        break;
    case AUTH_WAITS:
        return GATEWAY_WAIT;
    }
    if (err != ERR_OK) {
        chain->reply = reply_error(chain->req, err);
        return GATEWAY_ANSWER;
    }
    return GATEWAY_NEXT;
}

static enum gateway_step authorise(struct gateway_chain *chain)
{
    struct request *req = chain->req;

    if (req->route->permission == NULL ||
        auth_permits(req->principal.permissions, req->route->permission)) {
        return GATEWAY_NEXT;
    }
    chain->reply = reply_error_at(req, ERR_AUTH_PERMISSION, NULL, req->route->permission);
    return GATEWAY_ANSWER;
}

/* Metrics are for the machine itself, or for who has the token. */
static enum gateway_step metrics_token(struct gateway_chain *chain)
{
    struct request *req = chain->req;
    struct str token = state_of(req)->metrics_token;
    struct str given = request_header(req, "Authorization");

    if (token.len == 0 ? str_eq(req->peer, STR("127.0.0.1")) || str_eq(req->peer, STR("::1"))
                       : str_starts(given, STR("Bearer ")) &&
                             crypto_equal(str_slice(given, 7, given.len), token)) {
        return GATEWAY_NEXT;
    }
    chain->reply = reply_error(req, ERR_AUTH_PERMISSION);
    return GATEWAY_ANSWER;
}

static enum gateway_step dispatch(struct gateway_chain *chain)
{
    chain->reply = chain->req->route->handler(chain->req);
    return GATEWAY_ANSWER;
}

typedef enum gateway_step (*step_fn)(struct gateway_chain *chain);

/* Who goes through what: the whole gateway in one table. */
static const step_fn public_chain[] = {limit, dispatch, NULL};
static const step_fn signed_chain[] = {limit,    authenticate, authorise, gateway__idempotency,
                                       dispatch, NULL};
static const step_fn channel_chain[] = {dispatch, NULL};
static const step_fn metrics_chain[] = {metrics_token, dispatch, NULL};

static const step_fn *const chains[] = {
    [HTTP_AUTH_NONE] = public_chain,     [HTTP_AUTH_MERCHANT] = signed_chain,
    [HTTP_AUTH_OPERATOR] = signed_chain, [HTTP_AUTH_CHANNEL] = channel_chain,
    [HTTP_AUTH_METRICS] = metrics_chain, [HTTP_AUTH_EITHER] = signed_chain,
};

/* ---- running them ---- */

enum { GATEWAY_PURGE_MS = 10 * 60 * 1000 };

static enum gateway_step run(struct gateway_chain *chain)
{
    while (chain->steps[chain->at] != NULL) {
        enum gateway_step step = chain->steps[chain->at](chain);

        if (step != GATEWAY_NEXT) {
            return step;
        }
        chain->at++;
    }
    CHECK(false && "a chain ends with dispatch");
    return GATEWAY_ANSWER;
}

void gateway__answer(struct gateway_chain *chain, struct reply *reply)
{
    CHECK(chain->suspended);
    request_reply(chain->req, reply);
}

void gateway__resume(struct gateway_chain *chain)
{
    CHECK(chain->suspended);
    chain->at++;
    if (run(chain) == GATEWAY_ANSWER && !reply_is_later(chain->reply)) {
        request_reply(chain->req, chain->reply);
    }
}

/* Old idempotency records go when requests come: an idle program does nothing. */
static void purge_now_and_then(struct gateway_state *state, const struct request *req)
{
    if (loop_index(req->loop) == 0 && req->received_ms - state->purged_at_ms > GATEWAY_PURGE_MS) {
        state->purged_at_ms = req->received_ms;
        gateway__idempotency_purge(state->app);
    }
}

static void before_send(struct request *req, struct reply *reply)
{
    struct gateway_chain *chain = req->gateway;
    struct gateway_state *state = state_of(req);
    int status = reply_status(reply);

    if (chain != NULL) {
        gateway__idempotency_record(chain, reply);
        if (req->principal.kind == HTTP_AUTH_MERCHANT || req->route->auth == HTTP_AUTH_MERCHANT) {
            auth_sign_response(req, reply);
        }
    }
    purge_now_and_then(state, req);
    if (state->access_log || status >= 500) {
        log_info("gateway", "gateway.request", &req->trace, LOG_TEXT("method", req->method),
                 LOG_TEXT("path", req->path), LOG_INT("status", status),
                 LOG_TEXT("peer", req->peer),
                 LOG_INT("us", loop_monotonic_ms(req->loop) * 1000 - req->received_monotonic_us),
                 LOG_END);
    }
}

struct reply *gateway_dispatch(struct request *req)
{
    struct gateway_chain *chain;

    request_on_reply(req, before_send);
    if (req->route == NULL) {
        return reply_error(req, http_no_route(req));
    }
    chain = ARENA_NEW(req->arena, struct gateway_chain);
    chain->req = req;
    chain->steps = chains[req->route->auth];
    req->gateway = chain;
    if (run(chain) == GATEWAY_WAIT) {
        chain->suspended = true;
        return reply_later(req);
    }
    return chain->reply;
}

/* ---- the module ---- */

static const struct conf_row conf_rows[] = {
    {.key = "gateway.address_rate",
     .type = CONF_INT,
     .value = "2000",
     .min = 0,
     .max = 10000000,
     .help = "Requests per second one address may make; 0 = no limit"},
    {.key = "gateway.address_burst",
     .type = CONF_INT,
     .value = "4000",
     .min = 1,
     .max = 10000000,
     .help = "Requests one address may make at once"},
    {.key = "gateway.access_log",
     .type = CONF_BOOL,
     .value = "false",
     .help = "A log line for every request, not only for failures"},
    {.key = "gateway.metrics_token",
     .type = CONF_SECRET,
     .value = "",
     .help = "Bearer token of /metrics; empty: only this machine may read it"},
};

static enum err start(struct app *app, void **state_out)
{
    struct gateway_state *state = mem_new(sizeof(*state));
    struct secret token = conf_secret(app->conf, "gateway.metrics_token");

    state->app = app;
    state->access_log = conf_bool(app->conf, "gateway.access_log");
    state->metrics_token = secret_bytes(&token);
    for (unsigned i = 0; i < app->loop_count; i++) {
        state->limiters[i] = gateway__limiter_new(conf_int(app->conf, "gateway.address_rate"),
                                                  conf_int(app->conf, "gateway.address_burst"));
    }
    *state_out = state;
    return ERR_OK;
}

static void stop(struct app *app, void *state_ptr)
{
    struct gateway_state *state = state_ptr;

    for (unsigned i = 0; i < app->loop_count; i++) {
        gateway__limiter_free(state->limiters[i]);
    }
    mem_free(state);
}

void gateway_set_ready(struct app *app, bool ready)
{
    ((struct gateway_state *)app_state(app, &gateway_module))->ready = ready;
}

const struct module gateway_module = {
    .name = "gateway",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &gateway__store,
    .routes = gateway__routes,
    .start = start,
    .stop = stop,
};
