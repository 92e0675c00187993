/* What a day's journal rows say of each code and currency, against the totals. */
#include "money/ledger/ledger_day_int.h"

void ledger__fold_begin_day(struct ledger_fold *fold)
{
    for (size_t i = 0; i < fold->count; i++) {
        fold->sums[i] = (struct ledger_code_sum){.total_id = fold->sums[i].total_id};
    }
}

void ledger__fold_free(struct ledger_fold *fold)
{
    mem_free(fold->sums);
}

size_t ledger__fold_place(struct ledger_fold *fold, int64_t total_id)
{
    size_t at = 0;

    while (at < fold->count && fold->sums[at].total_id != total_id) {
        at++;
    }
    if (at == fold->size) {
        size_t size = at == 0 ? 64 : 2 * at;

        fold->sums = mem_grow(fold->sums, at * sizeof(*fold->sums), size * sizeof(*fold->sums));
        fold->size = size;
    }
    if (at == fold->count) {
        fold->sums[fold->count++] = (struct ledger_code_sum){.total_id = total_id};
    }
    return at;
}

void ledger__fold_leg(struct ledger_fold *fold, size_t place, struct amount amount)
{
    struct ledger_code_sum *sum = &fold->sums[place];

    if (amount.minor > 0) {
        sum->debits += amount.minor;
    } else {
        sum->credits -= amount.minor;
    }
    sum->legs++;
}

/* ---- comparing ---- */

static void compare_sum(const struct ledger_code_sum *sum, int64_t date,
                        const struct ledger_total_at *at, struct buf *wrong)
{
    const struct {
        const char *what;
        ledger_wide total;
        ledger_wide rows;
    } values[] = {
        {"debits", (ledger_wide)at->closing.debits.minor - at->opening.debits.minor, sum->debits},
        {"credits", (ledger_wide)at->closing.credits.minor - at->opening.credits.minor,
         sum->credits},
        {"legs", (ledger_wide)at->closing.legs - at->opening.legs, sum->legs},
    };

    for (size_t i = 0; i < ARRAY_LEN(values) && wrong->len == 0; i++) {
        if (values[i].total != values[i].rows) {
            buf_printf(wrong,
                       "the total of %lld " STR_FMT
                       ": %s of %lld are %lld, its journal rows give %lld",
                       (long long)at->total.code, STR_ARG(currency_code(at->total.currency)),
                       values[i].what, (long long)date, (long long)values[i].total,
                       (long long)values[i].rows);
        }
    }
}

static void compare_stray(const struct ledger_code_sum *sum, const struct ledger_total_at *totals,
                          size_t count, struct buf *wrong)
{
    for (size_t i = 0; i < count; i++) {
        if (totals[i].total.id == sum->total_id) {
            return;
        }
    }
    buf_printf(wrong, "ledger_total row %lld is missing", (long long)sum->total_id);
}

static void compare_currency(const struct ledger_fold *fold, int64_t date, int64_t currency,
                             struct buf *wrong)
{
    ledger_wide net = 0;

    for (size_t i = 0; i < fold->count; i++) {
        if (fold->sums[i].total_id % LEDGER_CURRENCY_RADIX == currency) {
            net += fold->sums[i].debits - fold->sums[i].credits;
        }
    }
    if (net != 0) {
        buf_printf(wrong, "debits and credits in " STR_FMT " differ on %lld",
                   STR_ARG(currency_code((enum currency)currency)), (long long)date);
    }
}

void ledger__fold_compare(struct ledger_fold *fold, int64_t date,
                          const struct ledger_total_at *totals, size_t count, struct buf *wrong)
{
    for (size_t i = 0; i < count && wrong->len == 0; i++) {
        size_t place = ledger__fold_place(
            fold, ledger__total_id(totals[i].total.code, totals[i].total.currency));

        compare_sum(&fold->sums[place], date, &totals[i], wrong);
    }
    for (size_t i = 0; i < fold->count && wrong->len == 0; i++) {
        if (fold->sums[i].legs > 0) {
            compare_stray(&fold->sums[i], totals, count, wrong);
        }
        if (wrong->len == 0) {
            compare_currency(fold, date, fold->sums[i].total_id % LEDGER_CURRENCY_RADIX, wrong);
        }
    }
}
