#include "business/trade/trade_int.h"

enum { TRADE_EVENT_MAX = 8000 };

enum err trade__same(struct tx *tx, const struct field_set *set, const void *first,
                     const void *again)
{
    struct buf difference;

    buf_init_arena(&difference, tx_arena(tx), JSON_PARAM_MAX - 1);
    json_print_difference(&difference, set, first, again);
    return difference.len == 0 ? ERR_OK
                               : tx_refuse(tx, ERR_TRADE_ORDER_CONFLICT,
                                           str_cstr(tx_arena(tx), buf_str(&difference)));
}

void trade__announce(struct tx *tx, const struct trade_news *news)
{
    struct buf data;

    buf_init_arena(&data, tx_arena(tx), TRADE_EVENT_MAX);
    json_print_fields(&data, news->set, news->object);
    CHECK(buf_ok(&data));
    event_write(tx, &(struct event){.merchant_id = news->merchant_id,
                                    .object_id = news->id,
                                    .sequence = news->version,
                                    .type = str_of(news->type),
                                    .data = buf_str(&data)});
}

static const struct route *const more_routes[] = {trade__refund_routes, trade__adjustment_routes,
                                                  trade__event_routes, NULL};

static const struct conf_row conf_rows[] = {
    {
        .key = "trade.adjustment_limit",
        .type = CONF_INT,
        .value = "1000000",
        .min = 0,
        .max = INT64_MAX,
        .help = "Adjustments, and refunds and cash-outs made by hand, above this many minor units, "
                "and adjustments of several currencies, need two checkers",
    },
};

static enum err start(struct app *app, void **state)
{
    *state = NULL;
    review_register(app, &trade__review);
    review_register(app, &trade__refund_review);
    review_register(app, &trade__cash_review);
    account_register_blocker(app, &trade__cash_blocker);
    account_register_blocker(app, &trade__refund_blocker);
    return ERR_OK;
}

const struct module trade_module = {
    .name = "trade",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &trade_part,
    .routes = trade__cash_routes,
    .more_routes = more_routes,
    .start = start,
};
