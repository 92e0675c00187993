/* tomato-sim: the other side of the payment channels, in one process.
 *
 * Personalities (mock, WeChat Pay APIv3) speak their own protocol over one ledger of orders. What
 * a payer does, and what goes wrong, comes from pages and an admin API. One loop, one thread.
 *
 *     merchant ──order──► personality ──► ledger ◄── payer (page, script, auto_pay)
 *        ▲                                  │
 *        └───── callback, redelivered ◄─────┘ */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "platform/http/client.h"
#include "platform/http/http.h"
#include "sim/sim_deliver.h"
#include "sim/sim_fault.h"
#include "sim/sim_ledger.h"

struct sim_options {
    struct str address;
    uint16_t port;
    struct str data;           /* directory */
    struct str merchants_file; /* empty: none */
    int64_t speed;
    int64_t seed; /* of random faults */
    int64_t orders_max;
};

struct sim {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct sim_merchants merchants;
    struct sim_ledger *ledger;
    struct sim_schedule *schedule;
    struct sim_deliveries *deliveries;
    struct sim_faults *faults;
    struct wechat_keys *wechat_keys;
    struct sim_held *held; /* answers that are on purpose slow */
    size_t held_count;
};

/* What a personality adds. */
struct sim_personality_row {
    const struct route *routes;
    /* Fills url, headers and body of the callback about a paid order. */
    void (*notify)(struct sim *sim, struct sim_order *order, const struct sim_fault *fault,
                   struct http_call *call);
    bool (*acknowledges)(int status);
};
extern const struct sim_personality_row mock_personality;
extern const struct sim_personality_row wechat_personality;

const struct sim_personality_row *sim_personality(enum sim_personality personality);
struct sim *sim_of(const struct request *req);

MUST_USE enum err sim_start(struct loop *loop, const struct sim_options *options, char problem[256],
                            struct sim **out);
/* Ends what is in flight; the loop has stopped or runs no more. loop_free finishes it. */
void sim_stop(struct sim *sim);
/* After loop_free; also when sim_start failed. */
void sim_free(struct sim *sim);

/* A new order, ready to be paid; pays it later when the merchant has auto_pay. */
MUST_USE enum err sim_create(struct sim *sim, const struct sim_order_create *create,
                             struct sim_order **out);
enum sim_pay_outcome { SIM_PAY_DONE = 1, SIM_PAY_ALREADY, SIM_PAY_CLOSED, SIM_PAY_EXPIRED };
enum sim_pay_outcome sim_pay(struct sim *sim, struct sim_order *order);
void sim_close(struct sim *sim, struct sim_order *order);
bool sim_is_expired(const struct sim *sim, const struct sim_order *order);

/* The one fault of this request; kind 0: none. */
struct sim_fault sim_fault_of(struct sim *sim, const struct sim_merchant *merchant,
                              enum sim_operation operation);
/* Answers now, or as late as the fault says. */
struct reply *sim_answer(struct request *req, const struct sim_fault *fault, struct reply *reply);

extern const struct route sim_admin_routes[];
extern const struct route sim_payer_routes[];

#endif
