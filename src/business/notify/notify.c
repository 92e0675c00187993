#include "business/notify/notify_int.h"

static const struct conf_row conf_rows[] = {
    {.key = "notify.allow_loopback",
     .type = CONF_BOOL,
     .value = "false",
     .help = "Webhooks may go to this machine itself; for demonstrations and tests"},
    {.key = "notify.in_flight_per_endpoint",
     .type = CONF_INT,
     .value = "32",
     .min = 1,
     .max = 10000,
     .help = "Webhooks on their way to one endpoint at once"},
    {.key = "notify.deadline",
     .type = CONF_DURATION,
     .value = "15s",
     .min = 100,
     .max = 120000,
     .help = "Time a receiver has to answer"},
};

static unsigned loop_of(const struct app *app, int64_t lane)
{
    uint64_t hash = (uint64_t)lane * UINT64_C(0x9E3779B97F4A7C15);

    return (unsigned)((hash >> 32) % app->loop_count);
}

enum { NOTIFY_CHUNK = 256 };

/* Hands rows to the senders of their lanes, a few tasks for many rows. */
struct notify_sorter {
    struct notify_state *state;
    struct notify_pending rows[APP_LOOPS_MAX][NOTIFY_CHUNK];
    size_t counts[APP_LOOPS_MAX];
};

static struct notify_sorter *sorter_new(struct notify_state *state)
{
    struct notify_sorter *sorter = mem_new(sizeof(*sorter));

    sorter->state = state;
    return sorter;
}

static void flush(struct notify_sorter *sorter, unsigned loop)
{
    if (sorter->counts[loop] > 0) {
        notify__sender_add(sorter->state->senders[loop], sorter->rows[loop], sorter->counts[loop]);
        sorter->counts[loop] = 0;
    }
}

static void sort_in(struct notify_sorter *sorter, const struct notify_pending *row)
{
    unsigned loop = loop_of(sorter->state->app, row->lane);

    sorter->rows[loop][sorter->counts[loop]++] = *row;
    if (sorter->counts[loop] == NOTIFY_CHUNK) {
        flush(sorter, loop);
    }
}

static void sort_end(struct notify_sorter *sorter)
{
    for (unsigned i = 0; i < sorter->state->app->loop_count; i++) {
        flush(sorter, i);
    }
}

static void on_pending(void *ctx, const struct store_change *changes, size_t count)
{
    struct notify_state *state = ctx;

    for (size_t i = 0; i < count; i++) {
        if (changes[i].kind != STORE_DELETED) {
            sort_in(state->sorter, changes[i].row);
        }
    }
    sort_end(state->sorter);
}

static void on_endpoint(void *ctx, const struct store_change *changes, size_t count)
{
    struct notify_state *state = ctx;

    for (size_t i = 0; i < count; i++) {
        for (unsigned j = 0; j < state->app->loop_count; j++) {
            notify__sender_forget(state->senders[j], changes[i].id);
        }
    }
}

/* ---- what was pending at the start ---- */

struct page {
    struct arena *arena;
    int64_t after_id;
    struct notify_pending *rows;
    size_t count;
    enum err err;
};

static void read_page(void *ctx, struct reader *reader)
{
    struct page *page = ctx;

    page->err = notify__read_pending(reader, page->after_id, NOTIFY_CHUNK, page->arena, &page->rows,
                                     &page->count);
}

/* Beside the running program: a delivery that is both found here and told by the watcher is sent
 * once, because the second item finds its row gone or moved. */
static void load_pending(void *ctx)
{
    struct notify_state *state = ctx;
    struct notify_sorter *sorter = sorter_new(state);
    struct page page = {.arena = arena_new(), .count = NOTIFY_CHUNK};
    int64_t total = 0;

    while (page.count == NOTIFY_CHUNK) {
        arena_reset(page.arena);
        if (store_read(state->app->store, read_page, &page) != ERR_OK || page.err != ERR_OK) {
            log_error("notify", "notify.load_failed", NULL, LOG_ERR(page.err), LOG_END);
            break;
        }
        for (size_t i = 0; i < page.count; i++) {
            sort_in(sorter, &page.rows[i]);
            page.after_id = page.rows[i].id;
        }
        total += (int64_t)page.count;
    }
    sort_end(sorter);
    if (total > 0) {
        log_info("notify", "notify.resumed", NULL, LOG_INT("deliveries", total), LOG_END);
    }
    arena_free(page.arena);
    mem_free(sorter);
}

static enum err start(struct app *app, void **state_out)
{
    struct notify_state *state;

    if (app->events == NULL) {
        return ERR_OK; /* a tool beside the server: it sends nothing */
    }
    state = mem_new(sizeof(*state));
    state->app = app;
    state->sorter = sorter_new(state);
    for (unsigned i = 0; i < app->loop_count; i++) {
        state->senders[i] = notify__sender_new(app, i);
    }
    store_watch(app->store, &notify__pending_table, on_pending, state);
    store_watch(app->store, &merchant_endpoint_table, on_endpoint, state);
    state->loader = thread_start("notify-load", load_pending, state);
    *state_out = state;
    return ERR_OK;
}

static void stop(struct app *app, void *state_ptr)
{
    struct notify_state *state = state_ptr;

    thread_join(state->loader);
    for (unsigned i = 0; i < app->loop_count; i++) {
        notify__sender_free(state->senders[i]);
    }
    mem_free(state->sorter);
    mem_free(state);
}

static const struct subscriber *const subscribers[] = {&notify__subscriber};
static struct metric *const metrics[] = {&notify__attempts_metric, &notify__pending_metric};

const struct module notify_module = {
    .name = "notify",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &notify__store,
    .routes = notify__routes,
    .subscribers = subscribers,
    .subscriber_count = ARRAY_LEN(subscribers),
    .metrics = metrics,
    .metric_count = ARRAY_LEN(metrics),
    .start = start,
    .stop = stop,
};
