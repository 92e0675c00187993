#include "business/channel/channel_int.h"

static const struct conf_row conf_rows[] = {
    {"channel.connect_deadline", CONF_DURATION, "3s", 10, 60000,
     "How long connecting to a channel may take."},
    {"channel.total_deadline", CONF_DURATION, "10s", 50, 120000,
     "How long a channel may take to answer in full; after that the outcome is unknown."},
    {"channel.refresh_pause", CONF_DURATION, "10s", 0, 3600000,
     "Least time between two downloads of a channel's keys for one account."},
    {"channel.cache_time", CONF_DURATION, "60s", 0, 86400000,
     "How long opened accounts are used before their rows are read again."},
    {"channel.cache_accounts", CONF_INT, "4096", 1, 1000000,
     "Opened accounts kept in memory, about 20 KB each."},
    {"channel.plain_http", CONF_BOOL, "false", 0, 0,
     "Allow channel accounts whose base_url is http:// on other machines; for test networks."},
};

static const char *const refresh_labels[] = {"fetched", "failed", NULL};

struct metric channel_refreshes_metric = {
    .name = "tomato_channel_key_refreshes_total",
    .type = METRIC_COUNTER,
    .help = "Downloads of channels' keys by outcome.",
    .label_name = "outcome",
    .labels = refresh_labels,
};

static struct metric *const metrics[] = {
    &channel_calls_metric,
    &channel_call_seconds_metric,
    &channel_callbacks_metric,
    &channel_refreshes_metric,
};

struct channel_state *channel__state(const struct app *app)
{
    return app_state(app, &channel_module);
}

static enum err start(struct app *app, void **state_out)
{
    struct channel_state *state = mem_new(sizeof(*state));

    state->cache = channel__cache_new(app);
    *state_out = state;
    return ERR_OK;
}

static void stop(struct app *app, void *state_ptr)
{
    struct channel_state *state = state_ptr;

    (void)app;
    channel__cache_free(state->cache);
    mem_free(state);
}

const struct module channel_module = {
    .name = "channel",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &channel__store_part,
    .routes = channel__routes,
    .metrics = metrics,
    .metric_count = ARRAY_LEN(metrics),
    .start = start,
    .stop = stop,
};
