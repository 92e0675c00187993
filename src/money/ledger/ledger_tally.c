/* The totals against the sums over all accounts, in bounded steps beside the writer.
 *
 * Each step sees one commit, and the last row of the journal tells which. The sums are always as of
 * one such row:
 *
 *     a page of accounts is read, as of row R
 *     the legs up to R of the accounts read before it are added: all of them are as of R
 *     … the next page, until there is none
 *     the totals are read, as of row R'
 *     all legs up to R' are added: both are as of R'
 *
 * An account that is opened meanwhile has no leg before: it is in a page to come, or each of its
 * legs is added. */
#include "money/ledger/ledger_day_int.h"

void ledger__tally_begin(struct ledger_tally *tally, size_t page_rows)
{
    ledger__tally_free(tally);
    *tally = (struct ledger_tally){.page_rows = page_rows, .read = INT64_MIN, .settled = INT64_MIN};
}

void ledger__tally_free(struct ledger_tally *tally)
{
    ledger__fold_free(&tally->accounts);
    ledger__fold_free(&tally->totals);
}

/* ---- steps ---- */

static void add(struct ledger_fold *fold, const struct ledger_tally_row *sums, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t place = ledger__fold_place(fold, ledger__total_id(sums[i].code, sums[i].currency));

        fold->sums[place].debits += sums[i].debits.minor;
        fold->sums[place].credits += sums[i].credits.minor;
    }
}

static enum err set_target(struct ledger_tally *tally, int64_t last_row)
{
    if (last_row < tally->target) {
        return ERR_STORE_STALE;
    }
    tally->target = last_row;
    return ERR_OK;
}

static enum err read_accounts(struct ledger_tally *tally, struct reader *reader,
                              struct arena *arena)
{
    struct ledger_tally_row *sums;
    size_t count;

    TRY(ledger__read_account_sums(reader, tally->read, tally->page_rows, arena, &sums, &count));
    tally->accounts_read = count < tally->page_rows;
    if (count == 0) {
        return ERR_OK;
    }
    TRY(set_target(tally, sums->last_row));
    if (tally->read == INT64_MIN) {
        tally->row = tally->target; /* there are none before them */
    }
    add(&tally->accounts, sums, count);
    tally->settled = tally->read;
    tally->read = sums[count - 1].id;
    tally->page = sums;
    tally->page_count = count;
    return ERR_OK;
}

static enum err read_totals(struct ledger_tally *tally, struct reader *reader, struct arena *arena)
{
    struct ledger_tally_row *sums;
    size_t count;

    TRY(ledger__read_total_sums(reader, arena, &sums, &count));
    if (count > 0) {
        TRY(set_target(tally, sums->last_row));
    }
    add(&tally->totals, sums, count);
    tally->settled = INT64_MAX;
    tally->totals_read = true;
    return ERR_OK;
}

static enum err add_moved(struct ledger_tally *tally, struct reader *reader, struct arena *arena)
{
    int64_t left = tally->target - tally->row, rows = (int64_t)tally->page_rows, last_row;
    int64_t row = tally->row + (left < rows ? left : rows);
    struct ledger_tally_row *sums;
    size_t count;

    TRY(ledger__read_last_row(reader, &last_row));
    if (last_row < row) {
        return ERR_STORE_STALE;
    }
    TRY(ledger__read_moved_sums(reader, &(struct ledger_moved){tally->row, row, tally->settled},
                                arena, &sums, &count));
    add(&tally->accounts, sums, count);
    tally->row = row;
    return ERR_OK;
}

enum err ledger__tally_step(struct ledger_tally *tally, struct reader *reader, struct arena *arena)
{
    CHECK(!ledger__tally_is_done(tally));
    tally->page_count = 0;
    if (tally->row < tally->target) {
        return add_moved(tally, reader, arena);
    }
    return tally->accounts_read ? read_totals(tally, reader, arena)
                                : read_accounts(tally, reader, arena);
}

bool ledger__tally_is_done(const struct ledger_tally *tally)
{
    return tally->totals_read && tally->row == tally->target;
}

/* ---- the comparison ---- */

static const struct ledger_code_sum *sum_of(struct ledger_fold *fold, int64_t total_id)
{
    size_t place = ledger__fold_place(fold, total_id); /* makes one: sums may move */

    return &fold->sums[place];
}

static bool differs(struct ledger_tally *tally, int64_t total_id)
{
    const struct ledger_code_sum *accounts = sum_of(&tally->accounts, total_id);
    const struct ledger_code_sum *totals = sum_of(&tally->totals, total_id);

    return accounts->debits != totals->debits || accounts->credits != totals->credits;
}

/* Of what the fold has: the first in the order of code and currency that differs and is before
 * `first`, or `first`. */
static int64_t first_of(struct ledger_tally *tally, const struct ledger_fold *fold, int64_t first)
{
    for (size_t i = 0; i < fold->count; i++) {
        int64_t total_id = fold->sums[i].total_id;

        if (total_id < first && differs(tally, total_id)) {
            first = total_id;
        }
    }
    return first;
}

void ledger__tally_compare(struct ledger_tally *tally, struct buf *wrong)
{
    int64_t first = first_of(tally, &tally->totals, INT64_MAX);

    first = first_of(tally, &tally->accounts, first);
    if (first != INT64_MAX) {
        const struct ledger_code_sum *accounts = sum_of(&tally->accounts, first);
        const struct ledger_code_sum *totals = sum_of(&tally->totals, first);

        buf_printf(wrong,
                   "the total of %lld " STR_FMT " is %lld - %lld, its accounts give %lld - %lld",
                   (long long)(first / LEDGER_CURRENCY_RADIX),
                   STR_ARG(currency_code((enum currency)(first % LEDGER_CURRENCY_RADIX))),
                   (long long)totals->debits, (long long)totals->credits,
                   (long long)accounts->debits, (long long)accounts->credits);
    }
}
