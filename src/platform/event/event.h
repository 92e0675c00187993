/* Events: what happened, written in the same batch as what made it happen.
 *
 * An event row is append-only, with a gap-free id. Subscribers run in the writer: after a batch
 * with events, a command of this module hands them to each subscriber's on_event (which changes
 * rows through the same tx) and moves the subscriber's cursor in the same batch. After a kill the
 * subscriber goes on at its cursor: each event has its effect in the database exactly once. */
#ifndef PLATFORM_EVENT_EVENT_H
#define PLATFORM_EVENT_EVENT_H

#include "platform/store/store.h"

struct event {
    int64_t id; /* gap-free, from 1 */
    int64_t created_at_ms;
    int64_t merchant_id; /* 0: of the platform */
    int64_t object_id;
    int64_t sequence;    /* version of the object */
    struct str type;     /* "payment.succeeded" */
    struct str data;     /* JSON of the object as it was then */
    struct str trace_id; /* 32 hex characters or empty */
};

extern const struct table event_table;
extern const struct store_part event_part;

/* Fills id, created_at_ms and trace_id. */
void event_write(struct tx *tx, const struct event *event);

struct subscriber {
    const char *name;        /* stored with the cursor; never changed */
    const char *type_prefix; /* "payment."; "" = all */
    /* An error stops this subscriber at this event (logged, retried); others go on. */
    enum err (*on_event)(struct tx *tx, const struct event *event);
    unsigned batch_max; /* events handed over per batch; 0 = 512 */
};

struct events;
struct events *events_start(struct store *store, const struct subscriber *const *subscribers,
                            size_t count, const struct clock *clock);
void events_stop(struct events *events); /* before store_close */
/* Called on the store's thread with each committed event: live views (cashier, demo). Must only
 * hand over, never block. */
void events_watch(struct events *events, void (*seen)(void *ctx, const struct event *event),
                  void *ctx);
/* How far a subscriber is behind: events not yet consumed, for /metrics. */
extern struct metric event_lag_metric, event_written_metric;

#endif
