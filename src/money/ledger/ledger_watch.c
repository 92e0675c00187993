/* The watch over every committed batch: a second look, apart from the code that posts. */
#include "money/ledger/ledger_int.h"

struct metric ledger_journals_metric = {
    .name = "tomato_ledger_journals_total",
    .type = METRIC_COUNTER,
    .help = "Journals committed",
};
struct metric ledger_legs_metric = {
    .name = "tomato_ledger_legs_total",
    .type = METRIC_COUNTER,
    .help = "Legs committed",
};

struct metric ledger_pending_wait_metric = {
    .name = "tomato_ledger_pending_wait_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "How long an entry waited until it was applied",
};

static void seen_pending(void *ctx, const struct store_change *changes, size_t count)
{
    (void)ctx;
    for (size_t i = 0; i < count; i++) {
        const struct ledger_pending *row = changes[i].row;

        if (row->status == LEDGER_PENDING_APPLIED) {
            metric_observe_us(&ledger_pending_wait_metric, 0,
                              (row->updated_at_ms - row->created_at_ms) * 1000);
        }
    }
}

static void seen_journals(void *ctx, const struct store_change *changes, size_t count)
{
    ledger_wide sum = 0;
    int64_t journals = 0, legs = 0;

    (void)ctx;
    for (size_t i = 0; i < count; i++) {
        const struct ledger_journal *row = changes[i].row;

        CHECK(changes[i].kind == STORE_INSERTED);
        journals += row->part == 0 ? 1 : 0;
        legs += row->leg_count;
        for (size_t slot = 0; slot < LEDGER_SLOTS; slot++) {
            sum += row->slots[slot].amount.minor;
        }
    }
    CHECK(sum == 0);
    metric_add(&ledger_journals_metric, 0, journals);
    metric_add(&ledger_legs_metric, 0, legs);
}

static void seen_accounts(void *ctx, const struct store_change *changes, size_t count)
{
    (void)ctx;
    for (size_t i = 0; i < count; i++) {
        CHECK(changes[i].kind != STORE_DELETED);
        ledger__account_check(changes[i].row, LEDGER_NO_DATE);
    }
}

void ledger_watch(struct store *store)
{
    store_watch(store, &ledger__journal_table, seen_journals, NULL);
    store_watch(store, &ledger__account_table, seen_accounts, NULL);
    store_watch(store, &ledger__pending_table, seen_pending, NULL);
}
