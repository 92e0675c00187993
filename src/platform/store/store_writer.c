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

/* ---- one attempt ---- */

static enum db_status write_out(struct store *store)
{
    const struct driver *driver = store->db->driver;
    int64_t commit_no = counter_get(&store->commit_no) + 1;
    int64_t begun_us;
    enum db_status status = fault__hit() ? DB_FAULT : driver->lease_renew(store->db, commit_no);

    if (status == DB_OK) {
        status = tx__flush(&store->tx);
    }
    if (status != DB_OK) {
        return status;
    }
    begun_us = monotonic_us();
    status = fault__hit() ? DB_FATAL : driver->commit(store->db);
    metric_observe_us(&store_commit_metric, 0, monotonic_us() - begun_us);
    return status;
}

static void committed(struct store *store)
{
    counter_set(&store->commit_no, counter_get(&store->commit_no) + 1);
    store__tell_watchers(store);
    tx__end(&store->tx);
}

/* Applies the commands as one transaction. With any status other than DB_OK nothing is durable and
 * nothing is remembered, but for DB_UNKNOWN, which leaves the batch standing in memory. */
static enum db_status attempt(struct store *store, struct command **commands, size_t count)
{
    const struct driver *driver = store->db->driver;
    struct tx *tx = &store->tx;
    enum db_status status = fault__hit() ? DB_FAULT : driver->begin(store->db);

    tx__begin(tx, clock_now_ms(store->options.clock));
    if (status == DB_OK) {
        prefetch__run(tx, commands, count);
        status = tx->status;
    }
    for (size_t i = 0; i < count && status == DB_OK; i++) {
        tx__apply(tx, commands[i]);
        status = tx->status;
    }
    if (status == DB_OK && !tx__is_dirty(tx)) {
        driver->rollback(store->db);
        tx__end(tx);
        return DB_OK;
    }
    if (status == DB_OK) {
        status = write_out(store);
    }
    if (status == DB_OK) {
        committed(store);
    } else if (status != DB_UNKNOWN) {
        driver->rollback(store->db);
        tx__forget(tx);
    }
    return status;
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
static enum db_status resolve(struct store *store)
{
    bool durable = false;
    enum db_status status;

    do {
        reconnect(store);
        status =
            store->db->driver->committed(store->db, counter_get(&store->commit_no) + 1, &durable);
    } while (status == DB_LOST || status == DB_CONFLICT);
    if (status == DB_FENCED) {
        stop_fenced(store);
    }
    if (status != DB_OK) {
        stop_process(store, "the outcome of a commit cannot be learned");
    }
    log_warn("store", "store.commit_resolved", NULL, LOG_INT("durable", durable), LOG_END);
    if (durable) {
        committed(store);
        return DB_OK;
    }
    tx__forget(&store->tx);
    return DB_CONFLICT;
}

/* Attempts until the database says yes or a no that repeating will not change. */
static enum db_status persist(struct store *store, struct command **commands, size_t count)
{
    int64_t pause = PAUSE_FIRST_US;
    enum db_status status = DB_OK;

    for (unsigned conflicts = 0; conflicts <= CONFLICTS_MAX; conflicts++) {
        status = attempt(store, commands, count);
        if (status == DB_UNKNOWN) {
            status = resolve(store);
        } else if (status == DB_LOST) {
            reconnect(store);
            status = DB_CONFLICT;
        } else if (status == DB_FENCED) {
            stop_fenced(store);
        } else if (status == DB_FATAL) {
            stop_process(store, "the database failed; what was not answered may be lost");
        } else if (status == DB_CONFLICT) {
            log_info("store", "store.batch_repeated", NULL,
                     LOG_TEXT("database", str_of(store->db->problem)), LOG_END);
            pause_us(pause);
            pause = pause < PAUSE_MAX_US ? pause * 2 : pause;
        }
        if (status != DB_CONFLICT) {
            break;
        }
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

static void answer(struct store *store, struct command **commands, size_t count, enum err err)
{
    int64_t commit_no = counter_get(&store->commit_no);

    for (size_t i = 0; i < count; i++) {
        if (err != ERR_OK) {
            commands[i]->err = err;
            commands[i]->param[0] = '\0';
        }
        commands[i]->commit_no = commands[i]->err == ERR_OK ? commit_no : 0;
    }
    metric_add(&store_batches_metric, 0, 1);
    metric_add(&store_commands_metric, 0, (int64_t)count);
    metric_set(&store_batch_size_metric, 0, (int64_t)count);
    release(commands, count);
}

static void log_refused(const struct store *store, const struct command *command)
{
    log_error("store", "store.command_refused", command->trace,
              LOG_TEXT("command", str_of(command->kind->name)),
              LOG_TEXT("database", str_of(store->db->problem)), LOG_END);
}

/* Halving is at most log2(batch_max) deep. */
static void run_batch(struct store *store, struct command **commands, size_t count)
{
    enum db_status status = persist(store, commands, count);

    if (status == DB_REFUSED && count > 1) {
        run_batch(store, commands, count / 2);
        run_batch(store, commands + count / 2, count - count / 2);
        return;
    }
    if (status == DB_REFUSED) {
        log_refused(store, commands[0]);
    } else if (status != DB_OK) {
        log_error("store", "store.batch_failed", NULL, LOG_INT("commands", (int64_t)count),
                  LOG_TEXT("database",
                           status == DB_FAULT ? STR("injected fault") : str_of(store->db->problem)),
                  LOG_END);
    }
    answer(store, commands, count,
           status == DB_OK         ? ERR_OK
           : status == DB_CONFLICT ? ERR_STORE_CONFLICT
                                   : ERR_STORE_DATABASE);
}

/* ---- the loop ---- */

static size_t take(struct store *store, size_t count, int64_t wait_us)
{
    struct queue_node *chain = NULL;
    size_t taken = queue_take(store->queue, &chain, store->options.batch_max - count, wait_us);

    for (; chain != NULL; chain = chain->next) {
        store->batch[count++] = (struct command *)(void *)chain; /* node is its first member */
    }
    return taken;
}

static size_t take_batch(struct store *store, int64_t wait_us)
{
    size_t count = take(store, 0, wait_us);
    int64_t until_us = monotonic_us() + store->options.linger_us;
    int64_t left_us;

    while (count > 0 && count < store->options.batch_max && store->options.linger_us > 0 &&
           !queue_is_closed(store->queue) && (left_us = until_us - monotonic_us()) > 0) {
        count += take(store, count, left_us);
    }
    return count;
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

void writer__run(void *ctx)
{
    struct store *store = ctx;
    bool idle = false;

    for (;;) {
        int64_t wait_us = maintain(store, idle);
        size_t count = take_batch(store, wait_us);

        metric_set(&store_queue_metric, 0, (int64_t)queue_len(store->queue));
        idle = count == 0;
        if (count > 0) {
            run_batch(store, store->batch, count);
        } else if (queue_is_closed(store->queue) && queue_len(store->queue) == 0) {
            return;
        }
    }
}
