/* Notification: tells merchants what happened, by signed webhooks (Standard Webhooks 1.0.0).
 *
 * A subscriber of the events writes, in one batch with its cursor, a delivery for each endpoint
 * that wants the event, and for the payment's own notify_url. A sender per loop posts what is due:
 *
 *     pending ──2xx──► delivered
 *        │ ▲
 *        ▼ │ other answers, timeouts: again after 5 s, 15 s, 1 min … 72 h, up to 20 % later
 *     (waiting) ──schedule over, address refused──► dead
 *        └──410, endpoint disabled──► suppressed
 *
 * Every attempt is recorded with its result in one batch. After a kill what was pending is sent
 * again: a receiver sees an event at least once, always under the same webhook-id. */
#ifndef BUSINESS_NOTIFY_NOTIFY_H
#define BUSINESS_NOTIFY_NOTIFY_H

#include "platform/module/module.h"

extern const struct module notify_module;

/* Stored; never renumbered. */
enum notify_status { NOTIFY_PENDING = 1, NOTIFY_DELIVERED, NOTIFY_DEAD, NOTIFY_SUPPRESSED };

/* The three headers of Standard Webhooks over a body: webhook-id, webhook-timestamp,
 * webhook-signature with one "v1,…" per key. Exported for tests and the demo. */
struct str notify_signature(struct arena *arena, struct str id, int64_t timestamp_s,
                            struct str body, const struct secret *keys, size_t key_count);

#endif
