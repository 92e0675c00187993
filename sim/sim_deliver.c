#include "sim/sim_deliver.h"

#include "base/time.h"
#include "sim/sim.h"

enum { IN_FLIGHT_MAX = 256, DEADLINE_MS = 5000 };

static const int64_t redelivery_ms[] = {
    15 * TIME_SECOND_MS, 15 * TIME_SECOND_MS, 30 * TIME_SECOND_MS, 3 * TIME_MINUTE_MS,
    10 * TIME_MINUTE_MS, 20 * TIME_MINUTE_MS, 30 * TIME_MINUTE_MS, 30 * TIME_MINUTE_MS,
    30 * TIME_MINUTE_MS, 60 * TIME_MINUTE_MS, 3 * TIME_HOUR_MS,    3 * TIME_HOUR_MS,
    3 * TIME_HOUR_MS,    6 * TIME_HOUR_MS,    6 * TIME_HOUR_MS,
};

struct delivery {
    struct http_call call; /* first: the client hands it back */
    struct arena *arena;
    struct sim *sim;
    struct sim_order *order;
    struct delivery *next_free;
};

struct sim_deliveries {
    struct sim *sim;
    struct delivery slots[IN_FLIGHT_MAX];
    struct delivery *free;
    size_t in_flight;
    struct sim_order *first_waiting; /* orders with to_send > 0, in the order they came due */
    struct sim_order *last_waiting;
    size_t waiting;
    struct sim_order *parked; /* by the fault out_of_order */
    bool stopping;
};

struct sim_deliveries *sim_deliveries_new(struct sim *sim)
{
    struct sim_deliveries *deliveries = mem_new(sizeof(*deliveries));

    deliveries->sim = sim;
    for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
        struct delivery *slot = &deliveries->slots[i];

        slot->arena = arena_new();
        slot->sim = sim;
        slot->next_free = deliveries->free;
        deliveries->free = slot;
    }
    return deliveries;
}

void sim_deliveries_free(struct sim_deliveries *deliveries)
{
    if (deliveries == NULL) {
        return;
    }
    CHECK(deliveries->in_flight == 0);
    for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
        arena_free(deliveries->slots[i].arena);
    }
    mem_free(deliveries);
}

size_t sim_deliveries_busy(const struct sim_deliveries *deliveries)
{
    return deliveries->in_flight + deliveries->waiting;
}

static void pump(struct sim_deliveries *deliveries);

static void plan_next(struct sim *sim, struct sim_order *order)
{
    if (order->attempt < ARRAY_LEN(redelivery_ms)) {
        sim_schedule_in(sim->schedule, &order->event, redelivery_ms[order->attempt]);
        order->attempt++;
    }
}

static void delivered(struct http_call *call)
{
    struct delivery *delivery = (struct delivery *)call;
    struct sim *sim = delivery->sim;
    struct sim_deliveries *deliveries = sim->deliveries;
    struct sim_order *order = delivery->order;
    const struct sim_personality_row *row = sim_personality(order->merchant->personality);

    deliveries->in_flight--;
    delivery->next_free = deliveries->free;
    deliveries->free = delivery;
    order->in_flight--;
    order->last_status = (uint16_t)(call->err == ERR_OK ? call->status : 0);
    if (call->err == ERR_OK && row->acknowledges(call->status)) {
        if (order->acknowledged_ms == 0) {
            sim_order_acknowledged(sim->ledger, order, loop_now_ms(sim->loop));
            sim_schedule_cancel(sim->schedule, &order->event);
        }
    } else if (call->err == ERR_STOPPING) {
        deliveries->stopping = true;
    }
    if (deliveries->stopping) {
        return;
    }
    if (order->acknowledged_ms == 0 && order->in_flight == 0 && order->to_send == 0) {
        plan_next(sim, order);
    }
    pump(deliveries);
}

static void release_parked(struct sim_deliveries *deliveries, const struct sim_order *other)
{
    struct sim_order *parked = deliveries->parked;

    if (parked != NULL && parked != other) {
        deliveries->parked = NULL;
        sim_schedule_in(deliveries->sim->schedule, &parked->event, 0);
    }
}

static void start(struct sim_deliveries *deliveries, struct sim_order *order)
{
    struct delivery *delivery = deliveries->free;
    struct sim *sim = deliveries->sim;
    struct sim_fault fault =
        sim_fault_take(sim->faults, order->merchant, SIM_CALLBACK,
                       SIM_FAULTS_ALL & ~SIM_FAULTS_OF_PLAN & ~SIM_FAULT_BIT(SIM_FAULT_DUPLICATE));

    deliveries->free = delivery->next_free;
    deliveries->in_flight++;
    arena_reset(delivery->arena);
    delivery->order = order;
    delivery->call = (struct http_call){
        .arena = delivery->arena,
        .method = STR("POST"),
        .url = order->notify_url,
        .total_deadline_ms = DEADLINE_MS,
        .addresses = HTTP_ADDRESS_ANY,
        .answer_max = 4096,
        .done = delivered,
    };
    http_call_header(&delivery->call, STR("Content-Type"), STR("application/json"));
    sim_personality(order->merchant->personality)->notify(sim, order, &fault, &delivery->call);
    order->sent++;
    order->in_flight++;
    release_parked(deliveries, order);
    http_call_start(sim->client, &delivery->call);
}

static void pump(struct sim_deliveries *deliveries)
{
    while (deliveries->free != NULL && deliveries->first_waiting != NULL) {
        struct sim_order *order = deliveries->first_waiting;

        order->to_send--;
        if (order->to_send == 0) {
            deliveries->first_waiting = order->next_waiting;
            order->next_waiting = NULL;
            deliveries->waiting--;
        }
        start(deliveries, order);
    }
}

static void enqueue(struct sim_deliveries *deliveries, struct sim_order *order, uint16_t times)
{
    if (order->to_send == 0) {
        if (deliveries->first_waiting == NULL) {
            deliveries->first_waiting = order;
        } else {
            deliveries->last_waiting->next_waiting = order;
        }
        deliveries->last_waiting = order;
        deliveries->waiting++;
    }
    order->to_send = (uint16_t)(order->to_send + times);
    pump(deliveries);
}

void sim_deliver_now(struct sim *sim, struct sim_order *order)
{
    struct sim_fault fault = sim_fault_take(sim->faults, order->merchant, SIM_CALLBACK,
                                            SIM_FAULT_BIT(SIM_FAULT_DUPLICATE));

    if (sim->deliveries->parked == order) {
        sim->deliveries->parked = NULL;
    }
    enqueue(sim->deliveries, order, fault.kind == SIM_FAULT_DUPLICATE ? 2 : 1);
}

void sim_deliver_again(struct sim *sim, struct sim_order *order)
{
    sim_schedule_cancel(sim->schedule, &order->event);
    sim_deliver_now(sim, order);
}

void sim_deliver_plan(struct sim *sim, struct sim_order *order)
{
    struct sim_fault fault;

    if (order->notify_url.len == 0) {
        return;
    }
    fault = sim_fault_take(sim->faults, order->merchant, SIM_CALLBACK, SIM_FAULTS_OF_PLAN);
    if (fault.kind == SIM_FAULT_NEVER) {
        order->never_notified = true;
        return;
    }
    if (fault.kind == SIM_FAULT_OUT_OF_ORDER) {
        release_parked(sim->deliveries, order);
        sim->deliveries->parked = order;
    }
    sim_schedule_in(sim->schedule, &order->event, fault.kind == 0 ? 0 : fault.delay_ms);
}

void sim_deliver_resume(struct sim *sim)
{
    for (uint64_t number = 1; number <= sim_ledger_count(sim->ledger); number++) {
        struct sim_order *order = sim_ledger_order(sim->ledger, number);

        if (order->status == SIM_SUCCEEDED && order->acknowledged_ms == 0 &&
            order->notify_url.len > 0) {
            plan_next(sim, order);
        }
    }
}
