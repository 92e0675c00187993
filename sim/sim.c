#include "sim/sim.h"

#include "sim/wechat/wechat_keys.h"

#include <errno.h>

enum {
    CONNECTIONS_MAX = 8192,
    HEADER_DEADLINE_MS = 10000,
    BODY_DEADLINE_MS = 10000,
    IDLE_MS = 75000,
    HELD_MAX = 4096,
    SETUP_LINE_MAX = 16 * 1024
};

const struct sim_personality_row *sim_personality(enum sim_personality personality)
{
    switch (personality) {
    case SIM_MOCK:
        return &mock_personality;
    case SIM_WECHAT:
        return &wechat_personality;
    }
    CHECK(false);
}

struct sim *sim_of(const struct request *req)
{
    return (struct sim *)req->app; /* the server hands on what it was started with */
}

/* ---- answers that come late ---- */

struct sim_held {
    struct loop_timer timer; /* first, so that its callbacks find the rest */
    struct sim *sim;
    struct request *req;
    struct reply *reply;
    struct sim_held *next;
    struct sim_held *previous;
};

static void held_closed(struct loop_timer *timer)
{
    mem_free((struct sim_held *)timer);
}

static void held_answer(struct loop_timer *timer)
{
    struct sim_held *held = (struct sim_held *)timer;

    if (held->previous == NULL) {
        held->sim->held = held->next;
    } else {
        held->previous->next = held->next;
    }
    if (held->next != NULL) {
        held->next->previous = held->previous;
    }
    held->sim->held_count--;
    request_reply(held->req, held->reply);
    loop_timer_close(&held->timer, held_closed);
}

static struct reply *hold(struct request *req, struct reply *reply, int64_t delay_ms)
{
    struct sim *sim = sim_of(req);
    struct sim_held *held;

    if (sim->held_count >= HELD_MAX) {
        return reply;
    }
    held = mem_new(sizeof(*held));
    loop_timer_init(sim->loop, &held->timer, held_answer);
    held->sim = sim;
    held->req = req;
    held->reply = reply;
    held->next = sim->held;
    if (held->next != NULL) {
        held->next->previous = held;
    }
    sim->held = held;
    sim->held_count++;
    loop_timer_set(&held->timer, delay_ms);
    return reply_later(req);
}

struct sim_fault sim_fault_of(struct sim *sim, const struct sim_merchant *merchant,
                              enum sim_operation operation)
{
    return sim_fault_take(sim->faults, merchant, operation, SIM_FAULTS_ALL);
}

struct reply *sim_answer(struct request *req, const struct sim_fault *fault, struct reply *reply)
{
    if (fault->kind == SIM_FAULT_SLOW) {
        return hold(req, reply, fault->delay_ms);
    }
    if (fault->kind == SIM_FAULT_ANSWER_LOST) {
        return hold(req, reply_empty(req, 502), fault->delay_ms);
    }
    return reply;
}

/* ---- orders ---- */

bool sim_is_expired(const struct sim *sim, const struct sim_order *order)
{
    return order->expires_ms != 0 && loop_now_ms(sim->loop) >= order->expires_ms;
}

static void order_event(struct sim_event *event)
{
    struct sim_order *order = (struct sim_order *)event;

    switch (order->status) {
    case SIM_PENDING:
        (void)sim_pay(order->sim, order);
        break;
    case SIM_SUCCEEDED:
        sim_deliver_now(order->sim, order);
        break;
    case SIM_CLOSED:
        break;
    }
}

enum err sim_create(struct sim *sim, const struct sim_order_create *create, struct sim_order **out)
{
    struct sim_order *order;

    TRY(sim_order_create(sim->ledger, create, &order));
    order->event.fire = order_event;
    if (create->merchant->auto_pay) {
        sim_schedule_in(sim->schedule, &order->event, create->merchant->auto_pay_after_ms);
    }
    *out = order;
    return ERR_OK;
}

enum sim_pay_outcome sim_pay(struct sim *sim, struct sim_order *order)
{
    if (order->status != SIM_PENDING) {
        return order->status == SIM_CLOSED ? SIM_PAY_CLOSED : SIM_PAY_ALREADY;
    }
    if (sim_is_expired(sim, order)) {
        return SIM_PAY_EXPIRED;
    }
    sim_schedule_cancel(sim->schedule, &order->event);
    sim_order_paid(sim->ledger, order, loop_now_ms(sim->loop));
    sim_deliver_plan(sim, order);
    return SIM_PAY_DONE;
}

void sim_close(struct sim *sim, struct sim_order *order)
{
    sim_schedule_cancel(sim->schedule, &order->event);
    sim_order_closed(sim->ledger, order, loop_now_ms(sim->loop));
}

/* ---- start and stop ---- */

/* Unknown paths and methods are answered with an empty body, as the channels do. */
static struct reply *dispatch(struct request *req)
{
    if (req->route == NULL) {
        return reply_empty(req, err_status(http_no_route(req)));
    }
    return req->route->handler(req);
}

static enum err read_merchants(struct sim *sim, struct str path, char problem[256])
{
    struct arena *arena = arena_new();
    char *line = arena_alloc(arena, SETUP_LINE_MAX);
    FILE *file = fopen(str_cstr(arena, path), "re");
    enum err err = file == NULL ? ERR_CONF_FILE : ERR_OK;

    (void)snprintf(problem, 256, "%.200s: %s", str_cstr(arena, path), strerror(errno));
    for (int number = 1; err == ERR_OK && fgets(line, SETUP_LINE_MAX, file) != NULL; number++) {
        struct sim_merchant_setup *setup = ARENA_NEW(arena, struct sim_merchant_setup);
        struct sim_merchant *merchant;
        struct json_refusal refusal = {0};
        struct str text = str_trim(str_of(line));

        if (text.len == 0 || text.ptr[0] == '#') {
            continue;
        }
        err = json_parse_fields(arena, text, &sim_merchant_setup_set, setup, &refusal);
        if (err == ERR_OK) {
            err = sim_merchant_set(&sim->merchants, setup, &refusal, &merchant);
        }
        if (err == ERR_OK) {
            sim_ledger_keep_merchant(sim->ledger, merchant);
        } else {
            (void)snprintf(problem, 256, "merchants line %d: %s %.120s", number, refusal.param,
                           refusal.detail);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    arena_free(arena);
    return err;
}

static enum err open_parts(struct sim *sim, const struct sim_options *options, char problem[256])
{
    struct sim_ledger_options ledger = {.sim = sim,
                                        .directory = options->data,
                                        .orders_max = (size_t)options->orders_max,
                                        .merchants = &sim->merchants};
    struct http_client_options client = {.in_flight_per_peer = 256};

    TRY(sim_ledger_open(&ledger, problem, &sim->ledger));
    for (uint64_t number = 1; number <= sim_ledger_count(sim->ledger); number++) {
        sim_ledger_order(sim->ledger, number)->event.fire = order_event;
    }
    if (options->merchants_file.len > 0) {
        TRY(read_merchants(sim, options->merchants_file, problem));
    }
    TRY(wechat_keys_open(options->data, loop_now_ms(sim->loop), problem, &sim->wechat_keys));
    sim->client = http_client_new(sim->loop, &client);
    return ERR_OK;
}

enum err sim_start(struct loop *loop, const struct sim_options *options, char problem[256],
                   struct sim **out)
{
    const struct route *routes[] = {mock_personality.routes, wechat_personality.routes,
                                    sim_payer_routes, sim_admin_routes};
    struct sim *sim = mem_new(sizeof(*sim));
    struct http_server_options server = {.address = options->address,
                                         .port = options->port,
                                         .connections_max = CONNECTIONS_MAX,
                                         .connections_per_address_max = CONNECTIONS_MAX,
                                         .header_deadline_ms = HEADER_DEADLINE_MS,
                                         .body_deadline_ms = BODY_DEADLINE_MS,
                                         .idle_ms = IDLE_MS,
                                         .routes = routes,
                                         .route_sets = ARRAY_LEN(routes),
                                         .dispatch = dispatch,
                                         .app = (struct app *)sim};
    enum err err;

    *out = sim;
    sim->loop = loop;
    sim->faults = sim_faults_new((uint64_t)options->seed);
    sim->schedule = sim_schedule_new(loop, options->speed);
    sim->deliveries = sim_deliveries_new(sim);
    TRY(open_parts(sim, options, problem));
    sim_deliver_resume(sim);
    err = http_server_start(loop, &server, &sim->server);
    if (err != ERR_OK) {
        (void)snprintf(problem, 256, "port %u: %s", options->port, err_text(err));
    }
    return err;
}

void sim_stop(struct sim *sim)
{
    if (sim->server != NULL) {
        http_server_free(sim->server);
    }
    while (sim->held != NULL) {
        held_answer(&sim->held->timer); /* nobody hears it, but it ends the request */
    }
    if (sim->client != NULL) {
        http_client_free(sim->client);
    }
    sim_schedule_free(sim->schedule);
}

void sim_free(struct sim *sim)
{
    sim_deliveries_free(sim->deliveries);
    sim_ledger_free(sim->ledger);
    sim_merchants_free(&sim->merchants);
    sim_faults_free(sim->faults);
    wechat_keys_free(sim->wechat_keys);
    mem_free(sim);
}
