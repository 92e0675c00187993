/* One payment, from the click to the journal:
 *
 *     create ──► watch ──final──► attempts ──► the channel's view ──► accounts, journal ──► over
 *       └─refused────────────────────────────────────────────────────────────────────────► */
#include "base/crypto.h"
#include "main/demo_int.h"

enum {
    POLL_MS = 200,
    WATCH_MS = 15 * 60 * 1000, /* a little longer than the payment's own time */
    EXPIRES_IN_S = 10 * 60,
};

struct demo_run {
    struct demo *demo;
    struct demo_run *next;
    struct arena *arena;
    int64_t number;
    int64_t until_ms; /* monotonic */
    struct str payment_id;
    int64_t version;
    struct loop_timer timer;
};

static void freed(struct loop_timer *timer)
{
    struct demo_run *run =
        (struct demo_run *)(void *)((char *)timer - offsetof(struct demo_run, timer));

    arena_free(run->arena);
}

static void end(struct demo_run *run)
{
    struct demo_run **at = &run->demo->runs;

    while (*at != run) {
        at = &(*at)->next;
    }
    *at = run->next;
    run->demo->run_count--;
    loop_timer_close(&run->timer, freed);
}

static void get(struct demo_run *run, struct str target, const char *event,
                void (*then)(struct demo_call *call))
{
    demo__call(run->demo, &(struct demo_ask){.method = "GET",
                                             .base = run->demo->settings.base_url,
                                             .target = target,
                                             .signer = DEMO_MERCHANT,
                                             .run = run->number,
                                             .event = event,
                                             .then = then,
                                             .ctx = run});
}

/* ---- after the end: what happened, from three sides ---- */

static void got_journal(struct demo_call *call)
{
    end(call->ctx);
}

static void get_as_operator(struct demo_call *call, struct str target, const char *event,
                            void (*then)(struct demo_call *call))
{
    struct demo_run *run = call->ctx;

    if (call->http.err == ERR_STOPPING) {
        end(run);
        return;
    }
    demo__call(run->demo, &(struct demo_ask){.method = "GET",
                                             .base = run->demo->settings.base_url,
                                             .target = target,
                                             .signer = DEMO_OPERATOR,
                                             .run = run->number,
                                             .event = event,
                                             .then = then,
                                             .ctx = run});
}

static void get_journal(struct demo_call *call)
{
    const struct demo_run *run = call->ctx;

    get_as_operator(call,
                    str_printf(call->arena, "/v1/ledger/journals?payment_id=" STR_FMT,
                               STR_ARG(run->payment_id)),
                    "journal", got_journal);
}

/* The names of the accounts the journal's entries speak of. */
static void get_accounts(struct demo_call *call)
{
    get_as_operator(call, STR("/v1/ledger/accounts?limit=50"), "accounts", get_journal);
}

/* The order's number at the channel is T and the id of the attempt. */
static struct str channel_order_no(struct arena *arena, struct str attempt_id)
{
    struct str id = attempt_id;
    struct str prefix;

    return str_cut(&id, '_', &prefix) ? str_printf(arena, "T" STR_FMT, STR_ARG(id)) : id;
}

static struct str first_attempt(struct arena *arena, struct str answer)
{
    struct json_refusal refusal;
    struct str id = STR("");
    json_t *root;
    json_t *attempt;

    if (json_parse(answer, &root, &refusal) == ERR_OK) {
        attempt = json_array_get(json_object_get(root, "data"), 0);
        id = str_dup(arena, str_of(json_string_value(json_object_get(attempt, "id"))));
        json_decref(root);
    }
    return id;
}

static void get_channel_view(struct demo_call *call)
{
    struct demo_run *run = call->ctx;
    struct str order_no =
        channel_order_no(call->arena, first_attempt(call->arena, call->http.answer));

    if (call->http.err == ERR_STOPPING) {
        end(run);
        return;
    }
    demo__call(run->demo, &(struct demo_ask){.method = "GET",
                                             .base = run->demo->settings.sim_url,
                                             .target = str_printf(call->arena,
                                                                  "/admin/orders?order_no=" STR_FMT,
                                                                  STR_ARG(order_no)),
                                             .signer = DEMO_NOBODY,
                                             .run = run->number,
                                             .event = "channel",
                                             .then = get_accounts,
                                             .ctx = run});
}

/* ---- watching ---- */

struct seen {
    bool ok;
    struct str id;
    struct str status;
    int64_t version;
};

static struct seen read_payment(const struct demo_call *call)
{
    struct seen seen = {.ok = false};
    struct json_refusal refusal;
    json_t *root;

    if (call->http.err != ERR_OK || call->http.status > 299 ||
        json_parse(call->http.answer, &root, &refusal) != ERR_OK) {
        return seen;
    }
    seen.id = str_dup(call->arena, str_of(json_string_value(json_object_get(root, "id"))));
    seen.status = str_dup(call->arena, str_of(json_string_value(json_object_get(root, "status"))));
    seen.version = json_integer_value(json_object_get(root, "version"));
    seen.ok = seen.id.len > 0;
    json_decref(root);
    return seen;
}

static bool is_final(struct str status)
{
    return str_eq(status, STR("succeeded")) || str_eq(status, STR("closed")) ||
           str_eq(status, STR("failed")) || str_eq(status, STR("conflicted"));
}

/* A payment the channel never heard of, or an answer that does not come, is asked for again. */
static void got_payment(struct demo_call *call)
{
    struct demo_run *run = call->ctx;
    struct seen seen = read_payment(call);

    if (call->http.err == ERR_STOPPING || loop_monotonic_ms(run->demo->loop) > run->until_ms) {
        end(run);
        return;
    }
    if (seen.ok && seen.version != run->version) {
        run->version = seen.version;
        demo__call_tell(call, "payment", true);
    }
    if (seen.ok && is_final(seen.status)) {
        get(run,
            str_printf(call->arena, "/v1/payments/" STR_FMT "/attempts", STR_ARG(run->payment_id)),
            "attempts", get_channel_view);
        return;
    }
    loop_timer_set(&run->timer, POLL_MS);
}

static void poll(struct loop_timer *timer)
{
    struct demo_run *run =
        (struct demo_run *)(void *)((char *)timer - offsetof(struct demo_run, timer));
    struct str target = str_printf(run->arena, "/v1/payments/" STR_FMT, STR_ARG(run->payment_id));

    get(run, target, NULL, got_payment);
}

static void created(struct demo_call *call)
{
    struct demo_run *run = call->ctx;
    struct seen seen = read_payment(call);

    if (!seen.ok) {
        end(run);
        return;
    }
    run->payment_id = str_dup(run->arena, seen.id);
    loop_timer_set(&run->timer, POLL_MS);
}

/* ---- beginning ---- */

static struct str body_of(struct demo_run *run, const struct demo_payment *payment)
{
    unsigned char random[4];
    struct buf body;

    crypto_random(random, sizeof(random));
    buf_init_arena(&body, run->arena, DEMO_BODY_MAX);
    buf_printf(&body, "{\"merchant_order_no\":\"DEMO-%lld-%02x%02x%02x%02x\",\"amount\":%lld,",
               (long long)loop_now_ms(run->demo->loop), random[0], random[1], random[2], random[3],
               (long long)payment->amount);
    buf_add(&body, STR("\"currency\":\"CNY\",\"method\":"));
    json_print_text(&body, payment->method);
    buf_add(&body, STR(",\"subject\":"));
    json_print_text(&body, payment->subject);
    buf_printf(&body, ",\"expires_in\":%d}", EXPIRES_IN_S);
    CHECK(buf_ok(&body));
    return buf_str(&body);
}

enum err demo__run_start(struct demo *demo, const struct demo_payment *payment, int64_t *number)
{
    struct arena *arena;
    struct demo_run *run;

    if (demo->run_count >= DEMO_RUNS_MAX) {
        return ERR_QUEUE_FULL;
    }
    arena = arena_new();
    run = ARENA_NEW(arena, struct demo_run);
    *run = (struct demo_run){.demo = demo,
                             .next = demo->runs,
                             .arena = arena,
                             .number = ++demo->last_run,
                             .until_ms = loop_monotonic_ms(demo->loop) + WATCH_MS};
    demo->runs = run;
    demo->run_count++;
    loop_timer_init(demo->loop, &run->timer, poll);
    demo__call(demo, &(struct demo_ask){.method = "POST",
                                        .base = demo->settings.base_url,
                                        .target = STR("/v1/payments"),
                                        .body = body_of(run, payment),
                                        .signer = DEMO_MERCHANT,
                                        .run = run->number,
                                        .event_before = "request",
                                        .event = "answer",
                                        .then = created,
                                        .ctx = run});
    *number = run->number;
    return ERR_OK;
}

/* After the client's calls have ended: what is left waits for its timer. */
void demo__runs_stop(struct demo *demo)
{
    while (demo->runs != NULL) {
        end(demo->runs);
    }
}
