#include "business/rate/rate_int.h"

enum err rate__line_find(struct tx *tx, const struct rate *key, const struct rate_line **line)
{
    const struct rate_line want = {
        .owner_id = key->owner_id, .kind = key->kind, .currency = key->currency};
    const void *row;
    enum err err = tx_find(tx, &rate__line_table, 0, &want, &row);

    *line = err == ERR_OK ? row : NULL;
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

/* Whether a, made after b, is the one in effect of two that have both begun. */
static bool supersedes(const struct rate *a, const struct rate *b)
{
    return a->effective_from_ms >= b->effective_from_ms;
}

/* Walks the line from its last row back. A row and those made earlier all begin by its horizon, so
 * the walk ends where none can begin later than the best one found: mostly at the first row. */
enum err rate__line_at(struct tx *tx, const struct rate *key, int64_t at_ms,
                       const struct rate **out)
{
    const struct rate *best = NULL;
    const struct rate_line *line;
    int64_t id;

    TRY(rate__line_find(tx, key, &line));
    id = line == NULL ? 0 : line->last_id;
    while (id != 0) {
        const struct rate *rate;
        const void *row;

        TRY(tx_get(tx, &rate_table, id, &row));
        rate = row;
        if (rate->effective_from_ms <= at_ms && (best == NULL || !supersedes(best, rate))) {
            best = rate;
        }
        if (best != NULL && rate->horizon_ms <= best->effective_from_ms) {
            break;
        }
        id = rate->previous_id;
    }
    *out = best;
    return ERR_OK;
}

enum err rate__quote_of(struct arena *arena, const struct rate *rate, struct amount amount,
                        struct rate_quote *out)
{
    struct rate_terms terms;

    *out = (struct rate_quote){.refund_policy = RATE_REFUND_KEEP};
    if (rate != NULL) {
        terms = rate_terms_of(rate);
        TRY(rate__fee(rate->kind, &terms, amount, &out->fee));
        out->rate_id = rate->id;
        out->rate_millionths = rate_millionths_of(&terms, amount);
        out->refund_policy = rate->refund_policy == 0 ? RATE_REFUND_KEEP : rate->refund_policy;
    }
    out->snapshot = rate__snapshot(arena, rate);
    return ERR_OK;
}

static struct rate key_of(const struct rate_ask *ask, int64_t owner_id)
{
    return (struct rate){.owner_id = owner_id, .kind = ask->kind, .currency = ask->currency};
}

enum err rate_quote(struct tx *tx, const struct rate_ask *ask, struct rate_quote *out)
{
    const struct rate own = key_of(ask, ask->owner_id);
    const struct rate everybodys = key_of(ask, 0);
    const struct rate *rate;
    enum err err;

    if (ask->kind == RATE_TRADE) {
        return tx_refuse(tx, ERR_RATE_TRADE, "kind");
    }
    TRY(rate__line_at(tx, &own, ask->at_ms, &rate));
    if (rate == NULL && ask->owner_id != 0) {
        TRY(rate__line_at(tx, &everybodys, ask->at_ms, &rate));
    }
    err = rate__quote_of(tx_arena(tx), rate, ask->amount, out);
    return err == ERR_OK ? ERR_OK : tx_refuse(tx, err, "amount");
}

static void prefetch_line(struct prefetch *pre, const struct rate *key, unsigned round)
{
    const struct rate_line want = {
        .owner_id = key->owner_id, .kind = key->kind, .currency = key->currency};
    const struct rate_line *line;

    if (round == 0) {
        prefetch_unique(pre, &rate__line_table, 0, &want);
    } else if (round == 1) {
        line = prefetch_peek_unique(pre, &rate__line_table, 0, &want);
        if (line != NULL) {
            prefetch_id(pre, &rate_table, line->last_id);
        }
    }
}

void rate_prefetch(struct prefetch *pre, const struct rate_ask *ask, unsigned round)
{
    const struct rate own = key_of(ask, ask->owner_id);
    const struct rate everybodys = key_of(ask, 0);

    prefetch_line(pre, &own, round);
    if (ask->owner_id != 0) {
        prefetch_line(pre, &everybodys, round);
    }
}

static enum err start(struct app *app, void **state)
{
    *state = NULL;
    review_register(app, &rate__review);
    return ERR_OK;
}

static const struct route *const more_routes[] = {rate__contract_routes, NULL};

const struct module rate_module = {
    .name = "rate",
    .store = &rate_part,
    .routes = rate__routes,
    .more_routes = more_routes,
    .start = start,
};
