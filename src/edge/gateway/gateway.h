/* The gateway: the one door in. Every request runs down a chain of steps, and each route's kind of
 * authentication says which (gateway.c holds the table):
 *
 *     limit ─► authenticate ─► authorise ─► idempotency ─► dispatch
 *
 * A step lets the request on, answers it, or suspends it and goes on later on the same loop.
 * Channel callbacks run down a short chain of their own: their adapter verifies them. The gateway
 * also answers what belongs to no module: health, metrics, the API document. */
#ifndef EDGE_GATEWAY_GATEWAY_H
#define EDGE_GATEWAY_GATEWAY_H

#include "platform/module/module.h"

extern const struct module gateway_module;

/* The dispatch function of the program's HTTP servers. */
struct reply *gateway_dispatch(struct request *req);

/* While stopping /readyz answers 503, so that a load balancer looks elsewhere. */
void gateway_set_ready(struct app *app, bool ready);

#endif
