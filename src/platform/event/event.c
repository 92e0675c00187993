/* Hands committed events to their subscribers.
 *
 * A subscriber is live or behind. Live: the watcher of the event table, on the store's thread,
 * queues copies of new events and submits a deliver command with all that wait. Behind (at the
 * start, after an error, when too much waits): the service's own thread reads events after the
 * cursor and runs the same command, until nothing is left; then the subscriber is live again. The
 * deliver command skips what the cursor has passed and insists on the next id, so an overlap of
 * the two can neither repeat nor lose an event. */
#include "platform/event/event_int.h"

enum { EVENT_BATCH = 512, EVENT_WAITING_MAX = 65536, EVENT_RETRY_MS = 1000 };

struct metric event_lag_metric = {
    .name = "tomato_event_lag",
    .type = METRIC_GAUGE,
    .help = "Events the slowest subscriber has not consumed yet",
};
struct metric event_written_metric = {
    .name = "tomato_event_written_total",
    .type = METRIC_COUNTER,
    .help = "Events committed",
};

struct waiting {
    struct waiting *next;
    struct event event;
};

struct delivery {
    struct events *events;
    const struct subscriber *subscriber;
    const struct waiting *first; /* a chain, in order of id */
};

struct subscription {
    const struct subscriber *subscriber;
    bool behind;
    bool in_flight;   /* a live deliver command has been submitted */
    bool failed;      /* the last delivery was refused: go on event by event */
    int64_t position; /* as committed */
    int64_t retry_at_ms;
    struct arena *filling; /* holds the chain below */
    struct waiting *first;
    struct waiting **tail;
    size_t waiting;
    struct arena *sending;
    struct delivery delivery;
    struct command command;
};

struct watcher {
    void (*seen)(void *ctx, const struct event *event);
    void *ctx;
};

enum { EVENT_WATCHERS_MAX = 8, EVENT_SUBSCRIBERS_MAX = 16 };

struct events {
    struct store *store;
    const struct clock *clock;
    struct mutex *mutex; /* guards everything below */
    struct signal *signal;
    struct thread *thread;
    bool stopping;
    int64_t last_id; /* of the newest committed event */
    struct subscription subscriptions[EVENT_SUBSCRIBERS_MAX];
    size_t count;
    struct watcher watchers[EVENT_WATCHERS_MAX];
    size_t watcher_count;
};

static enum err cursor_edit(struct tx *tx, struct str name, struct event_cursor **out)
{
    struct event_cursor key = {.name = name};
    const void *found;
    void *row;
    enum err err = tx_find(tx, &event__cursor_table, 0, &key, &found);

    if (err == ERR_STORE_NOT_FOUND) {
        key.id = tx_id(tx);
        TRY(tx_insert(tx, &event__cursor_table, &key));
        TRY(tx_edit(tx, &event__cursor_table, key.id, &row));
    } else {
        TRY(err);
        TRY(tx_edit(tx, &event__cursor_table, ((const struct event_cursor *)found)->id, &row));
    }
    *out = row;
    return ERR_OK;
}

static enum err deliver_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct delivery *delivery = arg_ptr;
    const struct subscriber *subscriber = delivery->subscriber;
    struct event_cursor *cursor;

    (void)result;
    TRY(cursor_edit(tx, str_of(subscriber->name), &cursor));
    for (const struct waiting *w = delivery->first; w != NULL; w = w->next) {
        if (w->event.id <= cursor->position) {
            continue;
        }
        CHECK(w->event.id == cursor->position + 1);
        if (str_starts(w->event.type, str_of(subscriber->type_prefix))) {
            TRY(subscriber->on_event(tx, &w->event));
        }
        cursor->position = w->event.id;
    }
    return ERR_OK;
}

static const struct command_kind deliver_kind = {
    .name = "event.deliver",
    .apply = deliver_apply,
};

static void update_lag(struct events *events)
{
    int64_t slowest = events->last_id;

    for (size_t i = 0; i < events->count; i++) {
        if (events->subscriptions[i].position < slowest) {
            slowest = events->subscriptions[i].position;
        }
    }
    metric_set(&event_lag_metric, 0, events->last_id - slowest);
}

static void drop_waiting(struct subscription *s)
{
    arena_reset(s->filling);
    s->first = NULL;
    s->tail = &s->first;
    s->waiting = 0;
}

static void fall_behind(struct events *events, struct subscription *s, int64_t retry_at_ms)
{
    s->behind = true;
    s->retry_at_ms = retry_at_ms;
    drop_waiting(s);
    signal_set(events->signal);
}

static void deliver_done(struct command *command);

/* Submits what waits. Called with the mutex held, on the store's thread. */
static void submit_live(struct events *events, struct subscription *s)
{
    struct arena *full = s->filling;

    if (s->in_flight || s->behind || s->first == NULL || events->stopping) {
        return;
    }
    s->delivery = (struct delivery){events, s->subscriber, s->first};
    s->command = (struct command){
        .kind = &deliver_kind, .arg = &s->delivery, .done = deliver_done, .ctx = s};
    s->filling = s->sending;
    s->sending = full;
    drop_waiting(s);
    s->in_flight = true;
    if (store_submit(events->store, &s->command) != ERR_OK) {
        s->in_flight = false;
        fall_behind(events, s, 0);
    }
}

static void deliver_done(struct command *command)
{
    struct subscription *s = command->ctx;
    struct events *events = s->delivery.events;

    mutex_lock(events->mutex);
    s->in_flight = false;
    if (command->err == ERR_OK) {
        for (const struct waiting *w = s->delivery.first; w != NULL; w = w->next) {
            s->position = w->event.id > s->position ? w->event.id : s->position;
        }
        submit_live(events, s);
    } else {
        s->failed = true;
        log_warn("event", "event.delivery_failed", NULL,
                 LOG_TEXT("subscriber", str_of(s->subscriber->name)), LOG_ERR(command->err),
                 LOG_END);
        fall_behind(events, s, 0);
    }
    update_lag(events);
    mutex_unlock(events->mutex);
}

static void enqueue(struct subscription *s, const struct event *event)
{
    struct waiting *w = ARENA_NEW(s->filling, struct waiting);

    w->event = *event;
    w->event.type = str_dup(s->filling, event->type);
    w->event.data = str_dup(s->filling, event->data);
    w->event.trace_id = str_dup(s->filling, event->trace_id);
    *s->tail = w;
    s->tail = &w->next;
    s->waiting++;
}

static void on_committed(void *ctx, const struct store_change *changes, size_t count)
{
    struct events *events = ctx;

    mutex_lock(events->mutex);
    for (size_t i = 0; i < count; i++) {
        const struct event *event = changes[i].row;

        CHECK(changes[i].kind == STORE_INSERTED);
        events->last_id = event->id;
        for (size_t j = 0; j < events->watcher_count; j++) {
            events->watchers[j].seen(events->watchers[j].ctx, event);
        }
        for (size_t j = 0; j < events->count; j++) {
            if (!events->subscriptions[j].behind) {
                enqueue(&events->subscriptions[j], event);
            }
        }
    }
    for (size_t j = 0; j < events->count; j++) {
        if (events->subscriptions[j].waiting > EVENT_WAITING_MAX) {
            fall_behind(events, &events->subscriptions[j], 0);
        }
        submit_live(events, &events->subscriptions[j]);
    }
    metric_add(&event_written_metric, 0, (int64_t)count);
    update_lag(events);
    mutex_unlock(events->mutex);
}

struct catch_up {
    struct subscription *subscription;
    struct arena *arena;
    int64_t limit;
    int64_t position;
    struct event *events;
    size_t count;
    enum err err;
};

static enum err read_next(struct catch_up *c, struct reader *reader)
{
    TRY(event__read_cursor(reader, c->arena, str_of(c->subscription->subscriber->name),
                           &c->position));
    return event__read_after(reader, c->arena, c->position, c->limit, &c->events, &c->count);
}

static void catch_up_read(void *ctx, struct reader *reader)
{
    struct catch_up *c = ctx;

    c->err = read_next(c, reader);
}

/* One step of a subscriber that is behind: deliver the next events, or go live. */
static enum err catch_up_step(struct events *events, struct subscription *s, struct arena *arena)
{
    struct catch_up c = {.subscription = s, .arena = arena};
    struct delivery delivery = {events, s->subscriber, NULL};
    struct waiting *chain;
    unsigned batch = s->subscriber->batch_max == 0 ? EVENT_BATCH : s->subscriber->batch_max;

    c.limit = s->failed ? 1 : batch;
    TRY(store_read(events->store, catch_up_read, &c));
    TRY(c.err);
    if (c.count > 0) {
        chain = ARENA_ARRAY(arena, struct waiting, c.count);
        for (size_t i = 0; i < c.count; i++) {
            chain[i].event = c.events[i];
            chain[i].next = i + 1 < c.count ? &chain[i + 1] : NULL;
        }
        delivery.first = chain;
        TRY(store_run(events->store, &deliver_kind, &delivery, NULL, NULL));
        c.position = c.events[c.count - 1].id;
    }
    mutex_lock(events->mutex);
    s->failed = false;
    s->position = c.position;
    if (c.position >= events->last_id) {
        events->last_id = c.position;
        s->behind = false;
    }
    update_lag(events);
    mutex_unlock(events->mutex);
    return ERR_OK;
}

/* Milliseconds until the next subscriber may be served: 0 = now, -1 = none is behind. */
static int64_t next_behind(struct events *events, struct subscription **out)
{
    int64_t now_ms = clock_now_ms(events->clock);
    int64_t wait_ms = -1;

    mutex_lock(events->mutex);
    for (size_t i = 0; i < events->count; i++) {
        struct subscription *s = &events->subscriptions[i];
        int64_t left = s->retry_at_ms - now_ms;

        if (!s->behind || s->in_flight) {
            continue;
        }
        left = left < 0 ? 0 : left > EVENT_RETRY_MS ? EVENT_RETRY_MS : left;
        if (wait_ms < 0 || left < wait_ms) {
            wait_ms = left;
            *out = s;
        }
    }
    if (events->stopping) {
        wait_ms = -2;
    }
    mutex_unlock(events->mutex);
    return wait_ms;
}

static void catch_up_thread(void *ctx)
{
    struct events *events = ctx;
    struct arena *arena = arena_new();
    struct subscription *s = NULL;
    int64_t wait_ms;

    while ((wait_ms = next_behind(events, &s)) != -2) {
        enum err err;

        if (wait_ms != 0) {
            (void)signal_wait(events->signal, wait_ms);
            continue;
        }
        err = catch_up_step(events, s, arena);
        arena_reset(arena);
        if (err != ERR_OK) {
            log_error("event", "event.subscriber_stuck", NULL,
                      LOG_TEXT("subscriber", str_of(s->subscriber->name)),
                      LOG_INT("position", s->position), LOG_ERR(err), LOG_END);
            mutex_lock(events->mutex);
            s->failed = true;
            s->retry_at_ms = clock_now_ms(events->clock) + EVENT_RETRY_MS;
            mutex_unlock(events->mutex);
        }
    }
    arena_free(arena);
}

struct start_read {
    int64_t last;
    enum err err;
};

static void read_start(void *ctx, struct reader *reader)
{
    struct start_read *start = ctx;

    start->err = event__read_last(reader, &start->last);
}

struct events *events_start(struct store *store, const struct subscriber *const *subscribers,
                            size_t count, const struct clock *clock)
{
    struct events *events = mem_new(sizeof(*events));
    struct start_read start = {0};

    CHECK(count <= EVENT_SUBSCRIBERS_MAX);
    events->store = store;
    events->clock = clock;
    events->mutex = mutex_new();
    events->signal = signal_new();
    CHECK(store_read(store, read_start, &start) == ERR_OK && start.err == ERR_OK);
    events->last_id = start.last;
    events->count = count;
    for (size_t i = 0; i < count; i++) {
        struct subscription *s = &events->subscriptions[i];

        s->subscriber = subscribers[i];
        s->behind = true;
        s->filling = arena_new();
        s->sending = arena_new();
        s->tail = &s->first;
    }
    store_watch(store, &event_table, on_committed, events);
    events->thread = thread_start("events", catch_up_thread, events);
    return events;
}

void events_stop(struct events *events)
{
    bool busy = true;

    mutex_lock(events->mutex);
    events->stopping = true;
    mutex_unlock(events->mutex);
    signal_set(events->signal);
    thread_join(events->thread);
    while (busy) {
        busy = false;
        mutex_lock(events->mutex);
        for (size_t i = 0; i < events->count; i++) {
            busy = busy || events->subscriptions[i].in_flight;
        }
        mutex_unlock(events->mutex);
        if (busy) {
            (void)signal_wait(events->signal, 1);
        }
    }
    store_watch(events->store, &event_table, NULL, events);
    for (size_t i = 0; i < events->count; i++) {
        arena_free(events->subscriptions[i].filling);
        arena_free(events->subscriptions[i].sending);
    }
    signal_free(events->signal);
    mutex_free(events->mutex);
    mem_free(events);
}

void events_watch(struct events *events, void (*seen)(void *ctx, const struct event *event),
                  void *ctx)
{
    mutex_lock(events->mutex);
    CHECK(events->watcher_count < EVENT_WATCHERS_MAX);
    events->watchers[events->watcher_count++] = (struct watcher){seen, ctx};
    mutex_unlock(events->mutex);
}
