/* The timer service: the near timers in memory, in a heap by due instant.
 *
 * Everything here runs on the service's loop but on_committed, which runs on the store's thread
 * and posts copies of the changes. Timers due after horizon_ms stay in the database; beyond_ms is
 * the earliest of them, and the wake-up that moves the horizon is set by it, so that with no timer
 * near nothing runs at all. */
#include "platform/timer/timer_int.h"

#include <stdalign.h>

enum {
    TIMER_HORIZON_MS = 10 * 60 * 1000, /* how far ahead timers are kept in memory */
    TIMER_AHEAD_MS = 30 * 1000,        /* the horizon moves this long before it is reached */
    TIMER_LOAD_MAX = 100000,           /* rows per look into the database */
    TIMER_LOAD_RETRY_MS = 1000,
    TIMER_COMMAND_RETRY_MS = 1000,
};

struct metric timer_waiting_metric = {
    .name = "tomato_timer_waiting",
    .type = METRIC_GAUGE,
    .help = "Timers kept in memory",
};
struct metric timer_fired_metric = {
    .name = "tomato_timer_fired_total",
    .type = METRIC_COUNTER,
    .help = "Timers fired",
};

struct entry {
    int64_t object_id;
    const struct timer_kind *kind;
    int64_t due_at_ms; /* when it fires next; retries move it, the row stays */
    size_t heap_at;    /* 1-based position in the heap; 0 = not in it */
    bool firing;
    bool gone;          /* cancelled while firing */
    struct entry *next; /* in its hash bucket, or in the list of free entries */
};

struct change {
    struct timer timer;
    bool deleted;
};

struct timers {
    struct app *app;
    struct store *store;
    struct loop *loop;
    const struct timer_kind *const *kinds;
    size_t kind_count;
    unsigned *in_flight; /* per kind */
    struct entry **heap;
    size_t heap_len, heap_size;
    struct entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t entry_count;
    struct entry *free_entries;
    int64_t horizon_ms;
    int64_t beyond_ms; /* earliest due after the horizon; INT64_MAX = none */
    bool loading;
    bool stopping;
    struct loop_timer wake;
    struct query query; /* of the load in progress */
    struct timer *loaded;
    size_t loaded_count;
    int64_t load_until_ms, load_next_ms;
    struct change *touched; /* made while a load runs: the load's view of them is old */
    size_t touched_count, touched_size;
    struct task start, stop; /* on the loop */
    struct signal *stopped;
};

/* ---- heap by due_at_ms ---- */

static void heap_place(struct timers *t, size_t at, struct entry *entry)
{
    t->heap[at - 1] = entry;
    entry->heap_at = at;
}

static void heap_up(struct timers *t, struct entry *entry, size_t at)
{
    while (at > 1 && t->heap[at / 2 - 1]->due_at_ms > entry->due_at_ms) {
        heap_place(t, at, t->heap[at / 2 - 1]);
        at /= 2;
    }
    heap_place(t, at, entry);
}

static void heap_down(struct timers *t, struct entry *entry, size_t at)
{
    size_t child;

    while ((child = at * 2) <= t->heap_len) {
        if (child < t->heap_len && t->heap[child]->due_at_ms < t->heap[child - 1]->due_at_ms) {
            child++;
        }
        if (t->heap[child - 1]->due_at_ms >= entry->due_at_ms) {
            break;
        }
        heap_place(t, at, t->heap[child - 1]);
        at = child;
    }
    heap_place(t, at, entry);
}

static void heap_add(struct timers *t, struct entry *entry)
{
    CHECK(entry->heap_at == 0);
    if (t->heap_len == t->heap_size) {
        size_t size = t->heap_size == 0 ? 1024 : t->heap_size * 2;

        t->heap = mem_grow(t->heap, t->heap_size * sizeof(*t->heap), size * sizeof(*t->heap));
        t->heap_size = size;
    }
    t->heap_len++;
    heap_up(t, entry, t->heap_len);
}

static void heap_remove(struct timers *t, struct entry *entry)
{
    size_t at = entry->heap_at;
    struct entry *last;

    if (at == 0) {
        return;
    }
    last = t->heap[t->heap_len - 1];
    t->heap_len--;
    entry->heap_at = 0;
    if (last != entry) {
        heap_up(t, last, at);
        heap_down(t, last, last->heap_at);
    }
}

/* ---- entries by (object, kind) ---- */

static struct entry **bucket_of(struct timers *t, int64_t object_id)
{
    uint64_t hash = (uint64_t)object_id * UINT64_C(0x9E3779B97F4A7C15);

    return &t->buckets[(hash >> 32) & (t->bucket_count - 1)];
}

static struct entry *entry_find(struct timers *t, int64_t object_id, const struct timer_kind *kind)
{
    struct entry *entry = *bucket_of(t, object_id);

    while (entry != NULL && (entry->object_id != object_id || entry->kind != kind)) {
        entry = entry->next;
    }
    return entry;
}

static void buckets_double(struct timers *t)
{
    struct entry **old = t->buckets;
    size_t old_count = t->bucket_count;

    t->bucket_count = old_count * 2;
    t->buckets = mem_new(t->bucket_count * sizeof(*t->buckets));
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            struct entry *entry = old[i];
            struct entry **bucket = bucket_of(t, entry->object_id);

            old[i] = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    mem_free(old);
}

static struct entry *entry_add(struct timers *t, int64_t object_id, const struct timer_kind *kind)
{
    struct entry *entry = t->free_entries;
    struct entry **bucket;

    if (t->entry_count >= t->bucket_count) {
        buckets_double(t);
    }
    if (entry == NULL) {
        entry = mem_new(sizeof(*entry));
    } else {
        t->free_entries = entry->next;
    }
    bucket = bucket_of(t, object_id);
    *entry = (struct entry){.object_id = object_id, .kind = kind, .next = *bucket};
    *bucket = entry;
    t->entry_count++;
    return entry;
}

static void entry_drop(struct timers *t, struct entry *entry)
{
    struct entry **at = bucket_of(t, entry->object_id);

    heap_remove(t, entry);
    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    entry->next = t->free_entries;
    t->free_entries = entry;
    t->entry_count--;
}

/* ---- what changed ---- */

static size_t kind_index(const struct timers *t, int64_t number)
{
    size_t i = 0;

    while (i < t->kind_count && t->kinds[i]->number != number) {
        i++;
    }
    CHECK(i < t->kind_count);
    return i;
}

static void schedule(struct timers *t, const struct timer *timer)
{
    const struct timer_kind *kind = t->kinds[kind_index(t, timer->kind)];
    struct entry *entry = entry_find(t, timer->object_id, kind);

    if (timer->due_at_ms > t->horizon_ms) {
        t->beyond_ms = timer->due_at_ms < t->beyond_ms ? timer->due_at_ms : t->beyond_ms;
        if (entry == NULL) {
            return;
        }
    }
    if (entry == NULL) {
        entry = entry_add(t, timer->object_id, kind);
    }
    heap_remove(t, entry);
    entry->due_at_ms = timer->due_at_ms;
    entry->gone = false;
    if (!entry->firing) {
        heap_add(t, entry);
    }
}

static void unschedule(struct timers *t, const struct timer *timer)
{
    const struct timer_kind *kind = t->kinds[kind_index(t, timer->kind)];
    struct entry *entry = entry_find(t, timer->object_id, kind);

    if (entry != NULL && entry->firing) {
        entry->gone = true;
    } else if (entry != NULL) {
        entry_drop(t, entry);
    }
}

static void apply_change(struct timers *t, const struct change *change)
{
    if (change->deleted) {
        unschedule(t, &change->timer);
    } else {
        schedule(t, &change->timer);
    }
}

static void remember_touched(struct timers *t, const struct change *change)
{
    if (!t->loading) {
        return;
    }
    if (t->touched_count == t->touched_size) {
        size_t size = t->touched_size == 0 ? 256 : t->touched_size * 2;

        t->touched =
            mem_grow(t->touched, t->touched_size * sizeof(*t->touched), size * sizeof(*t->touched));
        t->touched_size = size;
    }
    t->touched[t->touched_count++] = *change;
}

static bool was_touched(const struct timers *t, const struct timer *timer)
{
    for (size_t i = 0; i < t->touched_count; i++) {
        if (t->touched[i].timer.id == timer->id) {
            return true;
        }
    }
    return false;
}

static void run_due(struct timers *t);

struct changes {
    struct task task;
    struct timers *timers;
    size_t count;
    struct change items[];
};

static void apply_changes(struct task *task)
{
    struct changes *changes = (struct changes *)task;
    struct timers *t = changes->timers;

    for (size_t i = 0; i < changes->count; i++) {
        remember_touched(t, &changes->items[i]);
        apply_change(t, &changes->items[i]);
    }
    mem_free(changes);
    run_due(t);
}

static void on_committed(void *ctx, const struct store_change *rows, size_t count)
{
    struct timers *t = ctx;
    struct changes *changes = mem_new(sizeof(*changes) + count * sizeof(changes->items[0]));

    changes->task.run = apply_changes;
    changes->timers = t;
    changes->count = count;
    for (size_t i = 0; i < count; i++) {
        changes->items[i].timer = *(const struct timer *)rows[i].row;
        changes->items[i].deleted = rows[i].kind == STORE_DELETED;
    }
    loop_post(t->loop, &changes->task);
}

/* ---- loading what comes near ---- */

static void load_run(struct query *query, struct reader *reader)
{
    struct timers *t = query->ctx;
    const struct timer_range range = {t->horizon_ms, t->load_until_ms, TIMER_LOAD_MAX};

    query->err = timer__read_due(reader, query->arena, &range, &t->loaded, &t->loaded_count);
    if (query->err == ERR_OK && t->loaded_count == TIMER_LOAD_MAX) {
        /* More than one look holds: the horizon moves up to the last whole instant of this one. */
        t->load_until_ms = t->loaded[t->loaded_count - 1].due_at_ms - 1;
        if (t->load_until_ms <= t->horizon_ms) {
            t->load_until_ms = t->loaded[t->loaded_count - 1].due_at_ms;
        }
    }
    if (query->err == ERR_OK) {
        query->err = timer__read_next(reader, t->load_until_ms, &t->load_next_ms);
    }
}

static void load_done(struct query *query)
{
    struct timers *t = query->ctx;

    t->loading = false;
    if (query->err != ERR_OK) {
        log_warn("timer", "timer.load_failed", NULL, LOG_ERR(query->err), LOG_END);
        loop_timer_set(&t->wake, TIMER_LOAD_RETRY_MS);
        return;
    }
    t->horizon_ms = t->load_until_ms;
    t->beyond_ms = t->load_next_ms == 0 ? INT64_MAX : t->load_next_ms;
    for (size_t i = 0; i < t->loaded_count; i++) {
        const struct timer *timer = &t->loaded[i];

        if (timer->due_at_ms <= t->horizon_ms && !was_touched(t, timer)) {
            schedule(t, timer);
        }
    }
    /* What was set meanwhile may lie between the old horizon and this one: say it again. */
    for (size_t i = 0; i < t->touched_count; i++) {
        apply_change(t, &t->touched[i]);
    }
    t->touched_count = 0;
    arena_reset(query->arena);
    run_due(t);
}

static void load(struct timers *t, int64_t until_ms)
{
    struct arena *arena = t->query.arena;

    if (t->loading || t->stopping) {
        return;
    }
    t->loading = true;
    t->load_until_ms = until_ms;
    t->query = (struct query){
        .run = load_run, .done = load_done, .loop = t->loop, .arena = arena, .ctx = t};
    if (store_query(t->store, &t->query) != ERR_OK) {
        t->loading = false;
        loop_timer_set(&t->wake, TIMER_LOAD_RETRY_MS);
    }
}

/* ---- firing ---- */

static void set_wake(struct timers *t, int64_t now_ms)
{
    int64_t at_ms = t->beyond_ms == INT64_MAX ? INT64_MAX : t->beyond_ms - TIMER_AHEAD_MS;

    if (t->heap_len > 0 && t->heap[0]->due_at_ms < at_ms) {
        at_ms = t->heap[0]->due_at_ms;
    }
    if (at_ms == INT64_MAX || t->stopping) {
        loop_timer_cancel(&t->wake);
    } else {
        loop_timer_set(&t->wake, at_ms > now_ms ? at_ms - now_ms : 0);
    }
}

/* A kind's command on its way. */
struct firing {
    struct command command;
    struct timers *timers;
    const struct timer_kind *kind;
    int64_t object_id;
    alignas(max_align_t) unsigned char result[];
};

static void firing_end(struct firing *firing, enum err err)
{
    if (err != ERR_OK) {
        log_warn("timer", "timer.command_failed", NULL,
                 LOG_TEXT("timer", str_of(firing->kind->name)),
                 LOG_INT("object", firing->object_id), LOG_ERR(err), LOG_END);
    }
    timer_done(firing->timers, firing->kind, firing->object_id,
               err == ERR_OK ? 0 : TIMER_COMMAND_RETRY_MS);
    mem_free(firing);
}

static void command_done(struct command *command)
{
    firing_end(command->ctx, command->err);
}

static void run_command(struct timers *t, const struct timer_kind *kind, int64_t object_id)
{
    struct firing *firing = mem_new(sizeof(*firing) + kind->command->result_size);
    enum err err;

    firing->timers = t;
    firing->kind = kind;
    firing->object_id = object_id;
    firing->command = (struct command){
        .kind = kind->command,
        .arg = &firing->object_id,
        .result = kind->command->result_size == 0 ? NULL : firing->result,
        .done = command_done,
        .ctx = firing,
    };
    err = store_submit(t->store, &firing->command);
    if (err != ERR_OK) {
        firing_end(firing, err);
    }
}

/* Fires an entry, or defers it when enough of its kind are in flight: they come back to the heap
 * when one of those is done. */
static bool fire(struct timers *t, struct entry *entry)
{
    size_t kind = kind_index(t, entry->kind->number);
    unsigned max = entry->kind->in_flight_max == 0 ? 1000 : entry->kind->in_flight_max;
    int64_t due_at_ms = entry->due_at_ms;

    if (t->in_flight[kind] >= max) {
        return false;
    }
    heap_remove(t, entry);
    t->in_flight[kind]++;
    entry->firing = true;
    metric_add(&timer_fired_metric, 0, 1);
    if (entry->kind->command != NULL) {
        run_command(t, entry->kind, entry->object_id);
    } else {
        entry->kind->fire(t->app, entry->object_id, due_at_ms);
    }
    return true;
}

enum { TIMER_DEFER_MS = 20 };

static void run_due(struct timers *t)
{
    int64_t now_ms = loop_now_ms(t->loop);

    while (t->heap_len > 0 && t->heap[0]->due_at_ms <= now_ms && !t->stopping) {
        struct entry *entry = t->heap[0];

        if (!fire(t, entry)) {
            heap_remove(t, entry);
            entry->due_at_ms = now_ms + TIMER_DEFER_MS;
            heap_add(t, entry);
        }
    }
    if (t->beyond_ms != INT64_MAX && t->beyond_ms - TIMER_AHEAD_MS <= now_ms) {
        load(t, now_ms + TIMER_HORIZON_MS);
    }
    metric_set(&timer_waiting_metric, 0, (int64_t)t->entry_count);
    if (!t->loading) {
        set_wake(t, now_ms);
    }
}

static void on_wake(struct loop_timer *timer)
{
    run_due((struct timers *)(void *)((char *)timer - offsetof(struct timers, wake)));
}

struct finished {
    struct task task;
    struct timers *timers;
    const struct timer_kind *kind;
    int64_t object_id;
    int64_t retry_ms;
};

static void apply_finished(struct task *task)
{
    struct finished *finished = (struct finished *)task;
    struct timers *t = finished->timers;
    struct entry *entry = entry_find(t, finished->object_id, finished->kind);
    int64_t retry_at_ms = loop_now_ms(t->loop) + finished->retry_ms;

    CHECK(entry != NULL && entry->firing);
    t->in_flight[kind_index(t, finished->kind->number)]--;
    entry->firing = false;
    if (entry->gone) {
        entry_drop(t, entry);
    } else {
        /* Still set: as the row says, or, when that has passed already, after the retry time. */
        entry->due_at_ms = entry->due_at_ms < retry_at_ms ? retry_at_ms : entry->due_at_ms;
        heap_add(t, entry);
    }
    mem_free(finished);
    run_due(t);
}

void timer_done(struct timers *timers, const struct timer_kind *kind, int64_t object_id,
                int64_t retry_ms)
{
    struct finished *finished = mem_new(sizeof(*finished));

    *finished = (struct finished){.task.run = apply_finished,
                                  .timers = timers,
                                  .kind = kind,
                                  .object_id = object_id,
                                  .retry_ms = retry_ms};
    loop_post(timers->loop, &finished->task);
}

static void start_on_loop(struct task *task)
{
    struct timers *t = (struct timers *)(void *)((char *)task - offsetof(struct timers, start));

    loop_timer_init(t->loop, &t->wake, on_wake);
    load(t, loop_now_ms(t->loop) + TIMER_HORIZON_MS);
}

struct timers *timers_start(struct app *app, struct store *store, struct loop *loop,
                            const struct timer_kind *const *kinds, size_t count)
{
    struct timers *t = mem_new(sizeof(*t));

    t->app = app;
    t->store = store;
    t->loop = loop;
    t->kinds = kinds;
    t->kind_count = count;
    t->in_flight = mem_new((count + 1) * sizeof(*t->in_flight));
    t->bucket_count = 1024;
    t->buckets = mem_new(t->bucket_count * sizeof(*t->buckets));
    t->beyond_ms = INT64_MAX;
    t->query.arena = arena_new();
    t->stopped = signal_new();
    store_watch(store, &timer_table, on_committed, t);
    t->start.run = start_on_loop;
    loop_post(loop, &t->start);
    return t;
}

static void closed(struct loop_timer *timer)
{
    signal_set(((struct timers *)(void *)((char *)timer - offsetof(struct timers, wake)))->stopped);
}

static void stop_on_loop(struct task *task)
{
    struct timers *t = (struct timers *)(void *)((char *)task - offsetof(struct timers, stop));

    t->stopping = true;
    if (t->loading) {
        loop_post(t->loop, task); /* until the query has come back */
    } else {
        loop_timer_close(&t->wake, closed);
    }
}

bool timers_are_stopping(const struct timers *timers)
{
    return timers->stopping;
}

void timers_stop(struct timers *timers)
{
    timers->stop.run = stop_on_loop;
    loop_post(timers->loop, &timers->stop);
    (void)signal_wait(timers->stopped, -1);
}

void timers_free(struct timers *timers)
{
    struct timers *t = timers;

    for (size_t i = 0; i < t->bucket_count; i++) {
        while (t->buckets[i] != NULL) {
            struct entry *entry = t->buckets[i];

            t->buckets[i] = entry->next;
            mem_free(entry);
        }
    }
    while (t->free_entries != NULL) {
        struct entry *entry = t->free_entries;

        t->free_entries = entry->next;
        mem_free(entry);
    }
    signal_free(t->stopped);
    arena_free(t->query.arena);
    mem_free(t->touched);
    mem_free(t->heap);
    mem_free(t->buckets);
    mem_free(t->in_flight);
    mem_free(t);
}
