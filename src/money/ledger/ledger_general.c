/* The general ledger (总账): the trial balance rolled up over the tree of codes. */
#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_int.h"

#include <stdlib.h>

/* By place in the chart, then by currency. */
static int in_order(const void *a, const void *b)
{
    const struct ledger_general_row *x = a, *y = b;

    if (x->entry != y->entry) {
        return x->entry < y->entry ? -1 : 1;
    }
    return x->currency == y->currency ? 0 : x->currency < y->currency ? -1 : 1;
}

static struct ledger_general_row *row_of(struct ledger_general *general,
                                         const struct ledger_chart_entry *entry,
                                         enum currency currency)
{
    struct ledger_general_row *row = general->rows;

    for (; row < general->rows + general->row_count; row++) {
        if (row->entry == entry && row->currency == currency) {
            return row;
        }
    }
    *row = (struct ledger_general_row){.entry = entry, .currency = currency};
    general->row_count++;
    return row;
}

static enum err add(struct amount *sum, struct amount amount, bool subtract)
{
    enum err err = subtract ? amount_sub(*sum, amount, sum) : amount_add(*sum, amount, sum);

    return err == ERR_AMOUNT_OVERFLOW ? ERR_LEDGER_OVERFLOW : err;
}

/* Adds a leaf's sums to it and to every code above. */
static enum err add_leaf(struct ledger_general *general, const struct ledger_chart *chart,
                         const struct ledger_trial_row *leaf)
{
    for (int64_t code = leaf->code; code != 0; code = ledger_code_parent(code)) {
        const struct ledger_chart_entry *entry = ledger_chart_entry(chart, code);
        struct ledger_general_row *row;
        bool other_side;

        CHECK(entry != NULL);
        other_side = entry->side != leaf->side;
        row = row_of(general, entry, leaf->currency);
        TRY(add(&row->opening, leaf->opening, other_side));
        TRY(add(&row->closing, leaf->closing, other_side));
        TRY(add(&row->debits, leaf->debits, false));
        TRY(add(&row->credits, leaf->credits, false));
    }
    return ERR_OK;
}

/* Debits minus credits of a currency over the classes, at the close of the day. */
static ledger_wide class_sum(const struct ledger_general *general, enum currency currency)
{
    ledger_wide sum = 0;

    for (size_t i = 0; i < general->row_count; i++) {
        const struct ledger_general_row *row = &general->rows[i];

        if (row->entry->parent == 0 && row->currency == currency) {
            sum += row->entry->side == LEDGER_DEBIT ? row->closing.minor : -row->closing.minor;
        }
    }
    return sum;
}

enum err ledger_read_general(struct reader *reader, int32_t date, struct arena *arena,
                             struct ledger_general *out)
{
    struct ledger_trial_balance trial;
    struct ledger_chart *chart = ARENA_NEW(arena, struct ledger_chart);
    size_t levels = (size_t)ledger_code_level(INT64_C(9999999999));

    TRY(ledger_read_trial_balance(reader, date, arena, &trial));
    TRY(ledger_read_chart(reader, INT32_MAX, arena, chart));
    *out = (struct ledger_general){
        .date = trial.date,
        .rows = ARENA_ARRAY(arena, struct ledger_general_row, trial.row_count * levels),
        .balanced = true,
    };
    for (size_t i = 0; i < trial.row_count; i++) {
        TRY(add_leaf(out, chart, &trial.rows[i]));
    }
    qsort(out->rows, out->row_count, sizeof(*out->rows), in_order);
    for (size_t i = 0; i < out->row_count && out->balanced; i++) {
        if (class_sum(out, out->rows[i].currency) != 0) {
            out->balanced = false;
            out->wrong_currency = out->rows[i].currency;
        }
    }
    return ERR_OK;
}
