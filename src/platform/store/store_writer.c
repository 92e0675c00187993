/* The writer: takes what waits, makes it durable as one batch, and only then releases the answers.
 *
 * What a failure of the database means is decided here and nowhere else:
 *
 *     REFUSED   a row broke a constraint of the schema: again in halves, until the command that
 *               cannot be stored is alone and answers ERR_STORE_DATABASE
 *     CONFLICT  again, up to ten times with growing pauses; then ERR_STORE_CONFLICT for all
 *     LOST      a new connection, and again
 *     UNKNOWN   a new connection tells by commit_no whether the batch is durable
 *     FAILED    nothing happened: ERR_STORE_DATABASE for all
 *     FULL      the same; it goes on when there is space again
 *     FAULT     injected, at begin, load or flush: the same as FAILED
 *     FENCED, FATAL (and a fault injected at commit): the process stops, nobody is answered */
#include "platform/store/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CONFLICTS_MAX = 10,
    PAUSE_FIRST_US = 1000,
    PAUSE_MAX_US = 100000,
    FULL_PAUSE_US = 1000000,
    RELEASE_LOOPS_MAX = 64,
};

/* Durations of the writer's own, which has no loop. */
static int64_t monotonic_us(void)
{
    /* clock: how long a commit took is no business time */
    return (int64_t)(uv_hrtime() / 1000);
}

NORETURN static void stop_process(const struct store *store, const char *why)
{
    log_error("store", "store.stopped", NULL, LOG_TEXT("why", str_of(why)),
              LOG_TEXT("database", str_of(store->db->problem)), LOG_END);
    abort();
}

NORETURN static void stop_fenced(const struct store *store)
{
    stop_process(store, "another writer holds the lease");
}

/* Half of the time for certain, half by chance, so that two writers do not keep in step. */
static void pause_us(int64_t us)
{
    /* clock: a source of chance */
    int64_t jitter = (int64_t)(uv_hrtime() % (uint64_t)(us / 2 + 1));
    struct timespec pause = {0, (us / 2 + jitter) * 1000};

    (void)nanosleep(&pause, NULL);
}

/* ---- the batch on its way ---- */

/* Waits for it; DB_OK when there is none. Any other outcome stays until it is dealt with. */
static enum db_status flight_outcome(struct flight *flight)
{
    if (flight->batch != NULL && !flight->known) {
        CHECK(signal_wait(flight->landed, -1));
        flight->known = true;
        flight->batch = flight->status == DB_OK ? NULL : flight->batch;
    }
    return flight->batch == NULL ? DB_OK : flight->status;
}

static void fly(struct flight *flight, struct batch *batch)
{
    CHECK(flight->batch == NULL);
    flight->batch = batch;
    flight->known = false;
    signal_set(flight->go);
}

/* ---- one attempt ---- */

static enum db_status begin(struct store *store)
{
    enum db_status status = DB_OK;

    if (!store->begun) {
        status = fault__hit() ? DB_FAULT : store->db->driver->begin(store->db);
        store->begun = status == DB_OK;
    }
    return status;
}

enum db_status writer__begin(struct store *store)
{
    enum db_status status = flight_outcome(&store->flight);

    return status == DB_OK ? begin(store) : status;
}

/* Applies the commands in memory. */
static enum db_status apply(struct store *store, struct batch *batch)
{
    struct tx *tx = &store->tx;

    tx__begin(tx, batch, clock_now_ms(store->options.clock));
    prefetch__run(tx, batch->commands, batch->count);
    for (size_t i = 0; i < batch->count && tx->status == DB_OK; i++) {
        tx__apply(tx, batch->commands[i]);
    }
    if (tx->status == DB_OK) {
        tx__end(tx);
    }
    return tx->status;
}

static void durable(struct store *store, const struct batch *batch)
{
    counter_set(&store->commit_no, counter_get(&store->commit_no) + 1);
    store__tell_watchers(store, batch);
}

/* Makes durable what a batch has made of the rows. With any status other than DB_OK and DB_UNKNOWN
 * nothing is. */
static enum db_status write_out(struct store *store, const struct batch *batch)
{
    const struct driver *driver = store->db->driver;
    int64_t commit_no = counter_get(&store->commit_no) + 1;
    int64_t begun_us;
    enum db_status status = begin(store);

    if (status == DB_OK) {
        status = fault__hit() ? DB_FAULT : driver->lease_renew(store->db, commit_no);
    }
    if (status == DB_OK) {
        status = tx__flush(&store->tx, batch);
    }
    if (status != DB_OK) {
        return status;
    }
    begun_us = monotonic_us();
    status = fault__hit() ? DB_FATAL : driver->commit(store->db);
    metric_observe_us(&store_commit_metric, 0, monotonic_us() - begun_us);
    if (status == DB_OK || status == DB_UNKNOWN) {
        store->begun = false;
    }
    if (status == DB_OK) {
        durable(store, batch);
    }
    return status;
}

static void roll_back(struct store *store)
{
    if (store->begun) {
        store->db->driver->rollback(store->db);
        store->begun = false;
    }
}

static enum db_status attempt(struct store *store, struct batch *batch)
{
    enum db_status status = apply(store, batch);

    return status == DB_OK && batch->flushes != NULL ? write_out(store, batch) : status;
}

/* ---- what to do about failures ---- */

static void reconnect(struct store *store)
{
    int64_t since_us = monotonic_us();
    int64_t pause = PAUSE_FIRST_US;
    enum db_status status;

    log_warn("store", "store.reconnect", NULL, LOG_TEXT("database", str_of(store->db->problem)),
             LOG_END);
    while ((status = store->db->driver->reconnect(store->db)) != DB_OK) {
        if (status == DB_FENCED) {
            stop_fenced(store);
        }
        if (monotonic_us() - since_us > store->options.lease_ms * 1000) {
            stop_process(store, "the database cannot be reached to renew the lease");
        }
        pause_us(pause);
        pause = pause < PAUSE_MAX_US ? pause * 2 : pause;
    }
}

/* The connection broke in COMMIT. DB_OK: the batch is durable; DB_CONFLICT: it is not. */
static enum db_status resolve(struct store *store, const struct batch *batch)
{
    bool is_durable = false;
    enum db_status status;

    do {
        reconnect(store);
        status = store->db->driver->committed(store->db, counter_get(&store->commit_no) + 1,
                                              &is_durable);
    } while (status == DB_LOST || status == DB_CONFLICT);
    if (status == DB_FENCED) {
        stop_fenced(store);
    }
    if (status != DB_OK) {
        stop_process(store, "the outcome of a commit cannot be learned");
    }
    log_warn("store", "store.commit_resolved", NULL, LOG_INT("durable", is_durable), LOG_END);
    if (is_durable) {
        durable(store, batch);
    }
    return is_durable ? DB_OK : DB_CONFLICT;
}

/* What an attempt that failed comes to; DB_CONFLICT: to be repeated. */
static enum db_status judge(struct store *store, const struct batch *batch, enum db_status status,
                            int64_t *pause)
{
    switch (status) {
    case DB_UNKNOWN:
        return resolve(store, batch);
    case DB_LOST:
        reconnect(store);
        return DB_CONFLICT;
    case DB_FENCED:
        stop_fenced(store);
    case DB_FATAL:
        stop_process(store, "the database failed; what was not answered may be lost");
    case DB_CONFLICT:
        log_info("store", "store.batch_repeated", NULL,
                 LOG_TEXT("database", str_of(store->db->problem)), LOG_END);
        pause_us(*pause);
        *pause = *pause < PAUSE_MAX_US ? *pause * 2 : *pause;
        return DB_CONFLICT;
    case DB_OK:
    case DB_REFUSED:
    case DB_FAILED:
    case DB_FULL:
    case DB_EXISTS:
    case DB_FAULT:
        break;
    }
    return status;
}

/* From the status of a first attempt: attempts until the database says yes or a no that repeating
 * will not change. With no, memory holds nothing of the batch. */
static enum db_status persist(struct store *store, struct batch *batch, enum db_status status)
{
    int64_t pause = PAUSE_FIRST_US;

    for (unsigned conflicts = 0; status != DB_OK; conflicts++) {
        roll_back(store);
        status = judge(store, batch, status, &pause);
        if (status != DB_OK) {
            tx__forget(&store->tx, batch);
        }
        if (status != DB_CONFLICT || conflicts == CONFLICTS_MAX) {
            break;
        }
        status = attempt(store, batch);
    }
    return status;
}

/* ---- releasing ---- */

struct release_chain {
    struct loop *loop;
    struct task *first;
    struct task *last;
};

static void deliver(struct task *task)
{
    struct command *command =
        (struct command *)(void *)((unsigned char *)task - offsetof(struct command, task));

    command->done(command);
}

static void post_chains(struct release_chain *chains, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        loop_post_chain(chains[i].loop, chains[i].first);
    }
    *count = 0;
}

static void chain_add(struct release_chain *chains, size_t *count, struct command *command)
{
    size_t at = 0;

    command->task = (struct task){.run = deliver};
    while (at < *count && chains[at].loop != command->loop) {
        at++;
    }
    if (at < *count) {
        chains[at].last->node.next = &command->task.node;
        chains[at].last = &command->task;
        return;
    }
    if (*count == RELEASE_LOOPS_MAX) {
        post_chains(chains, count);
    }
    chains[(*count)++] = (struct release_chain){command->loop, &command->task, &command->task};
}

/* A command belongs to its submitter again as soon as it is posted or done is called. */
static void release(struct command **commands, size_t count)
{
    struct release_chain chains[RELEASE_LOOPS_MAX];
    size_t chain_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (commands[i]->loop != NULL) {
            chain_add(chains, &chain_count, commands[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (commands[i]->loop == NULL) {
            commands[i]->done(commands[i]);
            commands[i] = NULL;
        }
    }
    post_chains(chains, &chain_count);
}

static void answer(struct store *store, const struct batch *batch, enum err err)
{
    int64_t commit_no = counter_get(&store->commit_no);

    for (size_t i = 0; i < batch->count; i++) {
        struct command *command = batch->commands[i];

        if (err != ERR_OK) {
            command->err = err;
            command->param[0] = '\0';
        }
        command->commit_no = command->err == ERR_OK ? commit_no : 0;
    }
    metric_add(&store_batches_metric, 0, 1);
    metric_add(&store_commands_metric, 0, (int64_t)batch->count);
    metric_set(&store_batch_size_metric, 0, (int64_t)batch->count);
    release(batch->commands, batch->count);
}

static void log_refused(const struct store *store, const struct command *command)
{
    log_error("store", "store.command_refused", command->trace,
              LOG_TEXT("command", str_of(command->kind->name)),
              LOG_TEXT("database", str_of(store->db->problem)), LOG_END);
}

static void finish(struct store *store, struct batch *batch, enum db_status status);

static void try_part(struct store *store, struct batch *batch, size_t from, size_t count)
{
    struct batch part = *batch;

    part.commands += from;
    part.count = count;
    finish(store, &part, attempt(store, &part));
}

/* From the status of a first attempt to the answers. Halving is at most log2(batch_max) deep. */
static void finish(struct store *store, struct batch *batch, enum db_status status)
{
    status = persist(store, batch, status);
    roll_back(store); /* of a batch that writes nothing */
    if (status == DB_REFUSED && batch->count > 1) {
        size_t half = batch->count / 2;

        try_part(store, batch, 0, half);
        try_part(store, batch, half, batch->count - half);
        return;
    }
    if (status == DB_REFUSED) {
        log_refused(store, batch->commands[0]);
    } else if (status != DB_OK) {
        log_error("store", "store.batch_failed", NULL, LOG_INT("commands", (int64_t)batch->count),
                  LOG_TEXT("database",
                           status == DB_FAULT ? STR("injected fault") : str_of(store->db->problem)),
                  LOG_END);
    }
    answer(store, batch,
           status == DB_OK         ? ERR_OK
           : status == DB_CONFLICT ? ERR_STORE_CONFLICT
                                   : ERR_STORE_DATABASE);
}

/* The batch before failed: what has been applied on top of it is worth nothing. */
static enum db_status begin_again(struct store *store, struct batch *batch)
{
    struct batch *before = store->flight.batch;

    tx__forget(&store->tx, batch);
    store->flight.batch = NULL;
    finish(store, before, store->flight.status);
    return attempt(store, batch);
}

/* A small batch would wait longer for the second thread than for the disk; and where one has had to
 * load rows, so will the next, which would wait for it. */
static bool is_worth_a_flight(const struct store *store, const struct batch *batch)
{
    return batch->count >= store->options.flight_min && !store->begun &&
           queue_len(store->queue) > 0;
}

/* With more waiting, the second thread makes a batch durable while the next one is applied. */
static void run_batch(struct store *store, struct batch *batch)
{
    enum db_status status = apply(store, batch);

    if (flight_outcome(&store->flight) != DB_OK) {
        status = begin_again(store, batch);
    } else if (status == DB_OK && batch->flushes != NULL) {
        if (is_worth_a_flight(store, batch)) {
            fly(&store->flight, batch);
            return;
        }
        status = write_out(store, batch);
    }
    finish(store, batch, status);
}

/* ---- the loop ---- */

static size_t take(struct store *store, struct batch *batch, int64_t wait_us)
{
    struct queue_node *chain = NULL;
    size_t taken =
        queue_take(store->queue, &chain, store->options.batch_max - batch->count, wait_us);

    for (; chain != NULL; chain = chain->next) {
        batch->commands[batch->count++] =
            (struct command *)(void *)chain; /* node is its first member */
    }
    return taken;
}

static void take_batch(struct store *store, struct batch *batch, int64_t wait_us)
{
    int64_t until_us, left_us;

    batch->count = 0;
    (void)take(store, batch, wait_us);
    until_us = monotonic_us() + store->options.linger_us;
    while (batch->count > 0 && batch->count < store->options.batch_max &&
           store->options.linger_us > 0 && !queue_is_closed(store->queue) &&
           (left_us = until_us - monotonic_us()) > 0) {
        (void)take(store, batch, left_us);
    }
}

static int64_t maintain(struct store *store, bool idle)
{
    int64_t wait_us = -1;
    enum db_status status = store->db->driver->maintain(store->db, idle, &wait_us);

    switch (status) {
    case DB_OK:
    case DB_CONFLICT: /* it comes again */
        return status == DB_OK ? wait_us : PAUSE_MAX_US;
    case DB_LOST:
    case DB_UNKNOWN: /* of a renewal: nothing hangs on it */
        reconnect(store);
        return PAUSE_MAX_US;
    case DB_FULL:
        log_error("store", "store.full", NULL, LOG_TEXT("database", str_of(store->db->problem)),
                  LOG_END);
        return FULL_PAUSE_US;
    case DB_FENCED:
        stop_fenced(store);
    case DB_REFUSED:
    case DB_FAILED:
    case DB_FATAL:
    case DB_EXISTS:
    case DB_FAULT:
        break;
    }
    stop_process(store, "the database failed between batches");
}

/* The second thread. */
static void run_flights(void *ctx)
{
    struct store *store = ctx;
    struct flight *flight = &store->flight;

    while (signal_wait(flight->go, -1) && flight->batch != NULL) {
        flight->status = write_out(store, flight->batch);
        if (flight->status == DB_OK) {
            answer(store, flight->batch, ERR_OK);
            (void)maintain(store, false);
        }
        signal_set(flight->landed);
    }
}

void writer__run(void *ctx)
{
    struct store *store = ctx;
    struct flight *flight = &store->flight;
    bool idle = false;

    flight->thread = thread_start("store-commit", run_flights, store);
    for (;;) {
        /* One on its way has left others waiting: the next take finds them. */
        int64_t wait_us = flight->batch == NULL ? maintain(store, idle) : 0;
        struct batch *batch = &store->batches[flight->batch == &store->batches[0] ? 1 : 0];

        take_batch(store, batch, wait_us);
        metric_set(&store_queue_metric, 0, (int64_t)queue_len(store->queue));
        idle = batch->count == 0;
        if (!idle) {
            run_batch(store, batch);
        } else if (queue_is_closed(store->queue) && queue_len(store->queue) == 0) {
            break;
        }
    }
    CHECK(flight->batch == NULL);
    signal_set(flight->go);
    thread_join(flight->thread);
}

void writer__init(struct store *store)
{
    for (size_t i = 0; i < ARRAY_LEN(store->batches); i++) {
        store->batches[i] = (struct batch){
            .commands = mem_new(store->options.batch_max * sizeof(struct command *)),
            .sequences = mem_new(store->catalog.sequence_count * sizeof(int64_t)),
            .arena = arena_new(),
        };
    }
    store->flight.go = signal_new();
    store->flight.landed = signal_new();
}

void writer__free(struct store *store)
{
    if (store->flight.go == NULL) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(store->batches); i++) {
        mem_free(store->batches[i].commands);
        mem_free(store->batches[i].sequences);
        arena_free(store->batches[i].arena);
    }
    signal_free(store->flight.go);
    signal_free(store->flight.landed);
}
