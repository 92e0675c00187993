/* Callbacks: sent when an order is paid, and again until they are acknowledged.
 *
 * The table of WeChat Pay serves every personality: 15 s, 15 s, 30 s, 3 min … 6 h, 15 redeliveries
 * in a little more than a day of the schedule's clock. A receiver has five real seconds. */
#ifndef SIM_SIM_DELIVER_H
#define SIM_SIM_DELIVER_H

#include "base/check.h"

#include <stdbool.h>
#include <stdint.h>

struct sim;
struct sim_order;

struct sim_deliveries;
struct sim_deliveries *sim_deliveries_new(struct sim *sim);
void sim_deliveries_free(struct sim_deliveries *deliveries);

/* The order has been paid: plans its callback, as faults allow. */
void sim_deliver_plan(struct sim *sim, struct sim_order *order);
/* The planned time has come. */
void sim_deliver_now(struct sim *sim, struct sim_order *order);
/* Once more, whatever was acknowledged before. */
void sim_deliver_again(struct sim *sim, struct sim_order *order);
/* After a restart: goes on where it was for every order that was not acknowledged. */
void sim_deliver_resume(struct sim *sim);
size_t sim_deliveries_busy(const struct sim_deliveries *deliveries); /* waiting or in flight */

#endif
