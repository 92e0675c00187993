/* What waits to be applied, counted every few seconds for the gauges: the age of the oldest entry
 * rises although nothing is committed, so the watch over the batches cannot tell it. */
#include "money/ledger/ledger_int.h"

enum { COUNT_EVERY_MS = 5000 };

static const char *const pending_labels[] = {"waiting", "parked", NULL};

struct metric ledger_pending_metric = {
    .name = "tomato_ledger_pending_entries",
    .type = METRIC_GAUGE,
    .help = "Entries that wait to be applied, and those that were refused and are parked",
    .label_name = "status",
    .labels = pending_labels,
};
struct metric ledger_pending_oldest_metric = {
    .name = "tomato_ledger_pending_oldest_seconds",
    .type = METRIC_GAUGE,
    .help = "How long the oldest entry that waits to be applied has waited; parked ones left out",
};
struct metric ledger_backlog_failures_metric = {
    .name = "tomato_ledger_backlog_failures_total",
    .type = METRIC_COUNTER,
    .help = "Times the entries that wait could not be counted: their gauges are old",
};

static void tell(const struct ledger_backlog *backlog, int64_t now_ms)
{
    int64_t age_ms = backlog->oldest_at_ms == 0 ? 0 : now_ms - backlog->oldest_at_ms;

    metric_set(&ledger_pending_metric, 0, backlog->waiting);
    metric_set(&ledger_pending_metric, 1, backlog->parked);
    metric_set(&ledger_pending_oldest_metric, 0, age_ms > 0 ? age_ms / 1000 : 0);
}

enum err ledger__measure_backlog(struct reader *reader, int64_t now_ms)
{
    struct ledger_backlog backlog;
    enum err err = ledger__read_backlog(reader, &backlog);

    if (err != ERR_OK) {
        metric_add(&ledger_backlog_failures_metric, 0, 1);
        log_warn("ledger", "ledger.backlog_failed", NULL, LOG_ERR(err), LOG_END);
        return err;
    }
    tell(&backlog, now_ms);
    return ERR_OK;
}

struct ledger_gauges {
    struct app *app;
    struct loop_timer again;
    struct query query;
};

static void measure_run(struct query *query, struct reader *reader)
{
    const struct ledger_gauges *gauges = query->ctx;

    query->err = ledger__measure_backlog(reader, clock_now_ms(gauges->app->clock));
}

static void measure_done(struct query *query)
{
    struct ledger_gauges *gauges = query->ctx;

    loop_timer_set(&gauges->again, COUNT_EVERY_MS);
}

static void measure(struct loop_timer *again)
{
    struct ledger_gauges *gauges =
        (struct ledger_gauges *)(void *)((char *)again - offsetof(struct ledger_gauges, again));

    gauges->query = (struct query){
        .run = measure_run, .done = measure_done, .loop = again->loop, .ctx = gauges};
    if (store_query(gauges->app->store, &gauges->query) != ERR_OK) {
        measure_done(&gauges->query); /* the readers are busy, or the store is stopping */
    }
}

struct ledger_gauges *ledger__gauges_new(struct app *app)
{
    struct ledger_gauges *gauges = mem_new(sizeof(*gauges));

    gauges->app = app;
    loop_timer_init(app->loops[0], &gauges->again, measure);
    loop_timer_set(&gauges->again, 0);
    return gauges;
}

static void gauges_closed(struct loop_timer *again)
{
    mem_free((char *)again - offsetof(struct ledger_gauges, again));
}

void ledger__gauges_free(struct ledger_gauges *gauges)
{
    loop_timer_close(&gauges->again, gauges_closed);
}
