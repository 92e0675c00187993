/* The general ledger: totals per code and currency, kept up with every posting, and what they were
 * at the close of each day. */
#include "base/time.h"
#include "money/ledger/ledger_chart.h"
#include "money/ledger/ledger_day_int.h"

static const struct ledger_account *leg_account(const struct ledger_posting *posting, size_t leg)
{
    return &posting->accounts[posting->legs[leg].account].next;
}

static bool add_leg(struct ledger_total_sums *sums, const struct ledger_leg *leg)
{
    struct amount *side = leg->side == LEDGER_DEBIT ? &sums->debits : &sums->credits;

    sums->legs++;
    return amount_add(*side, leg->amount, side) == ERR_OK;
}

/* A total that the posting moves, with the sums it will have. */
struct moved {
    int64_t id;
    struct ledger_total_sums sums;
};

static enum err find_moved(struct tx *tx, struct moved moved[], size_t *count, int64_t id,
                           struct moved **out)
{
    const void *row;
    enum err err;

    for (size_t i = 0; i < *count; i++) {
        if (moved[i].id == id) {
            *out = &moved[i];
            return ERR_OK;
        }
    }
    *out = &moved[*count];
    **out = (struct moved){.id = id};
    err = tx_get(tx, &ledger__total_table, id, &row);
    if (err == ERR_OK) {
        (*out)->sums = ((const struct ledger_total *)row)->sums;
    } else if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    (*count)++;
    return ERR_OK;
}

enum err ledger__totals_fit(const struct ledger_posting *posting)
{
    struct moved moved[LEDGER_LEGS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < posting->post->leg_count; i++) {
        const struct ledger_account *account = leg_account(posting, i);
        struct moved *total;

        TRY(find_moved(posting->tx, moved, &count,
                       ledger__total_id(account->code, account->currency), &total));
        if (!add_leg(&total->sums, &posting->post->legs[i])) {
            return ledger__refuse_leg(posting->tx, ERR_LEDGER_OVERFLOW, i, "amount");
        }
    }
    return ERR_OK;
}

static enum err open_total(struct tx *tx, const struct ledger_account *account, int64_t date,
                           struct ledger_total **out)
{
    const struct ledger_total total = {
        .id = ledger__total_id(account->code, account->currency),
        .code = account->code,
        .currency = account->currency,
        .side = account->side,
        .date = date,
    };
    void *row;

    CHECK((int)account->currency < LEDGER_CURRENCY_RADIX);
    TRY(tx_insert(tx, &ledger__total_table, &total));
    TRY(tx_edit(tx, &ledger__total_table, total.id, &row));
    *out = row;
    return ERR_OK;
}

/* The day's first movement: the sums until now are those of all days before it. */
static enum err keep_close(struct tx *tx, struct ledger_total *total, int64_t date)
{
    const struct ledger_total_day close = {
        .id = tx_id(tx),
        .code = total->code,
        .currency = total->currency,
        .date = total->date,
        .next_date = date,
        .sums = total->sums,
    };

    CHECK(total->date < date);
    total->date = date;
    return tx_insert(tx, &ledger__total_day_table, &close);
}

static enum err edit_total(struct tx *tx, const struct ledger_account *account, int64_t date,
                           struct ledger_total **out)
{
    void *row;
    enum err err =
        tx_edit(tx, &ledger__total_table, ledger__total_id(account->code, account->currency), &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return open_total(tx, account, date, out);
    }
    TRY(err);
    *out = row;
    CHECK((*out)->code == account->code && (*out)->side == account->side);
    return (*out)->date == date ? ERR_OK : keep_close(tx, *out, date);
}

enum err ledger__totals_add(const struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        struct ledger_total *total;

        TRY(edit_total(posting->tx, leg_account(posting, i), posting->today, &total));
        CHECK(add_leg(&total->sums, &posting->post->legs[i]));
    }
    return ERR_OK;
}

/* ---- as of a date ---- */

/* The kept sums of a total, or zero: it had not moved by then. Both lists are in the order of code
 * and currency; *at goes on. */
static struct ledger_total_sums kept_sums(const struct ledger_total_day *days, size_t count,
                                          size_t *at, const struct ledger_total *total)
{
    int64_t id = ledger__total_id(total->code, total->currency);

    while (*at < count && ledger__total_id(days[*at].code, days[*at].currency) < id) {
        (*at)++;
    }
    if (*at < count && ledger__total_id(days[*at].code, days[*at].currency) == id) {
        return days[*at].sums;
    }
    return (struct ledger_total_sums){0};
}

/* The totals were read before the kept sums: what they have left behind by then is there and does
 * not change. */
static enum err read_close(struct reader *reader, int32_t date, struct arena *arena,
                           struct ledger_total_at *rows, size_t count, bool opening)
{
    struct ledger_total_day *days;
    size_t day_count, at = 0;

    TRY(ledger__read_total_days(reader, date, arena, &days, &day_count));
    for (size_t i = 0; i < count; i++) {
        struct ledger_total_sums *sums = opening ? &rows[i].opening : &rows[i].closing;

        *sums = rows[i].total.date <= date ? rows[i].total.sums
                                           : kept_sums(days, day_count, &at, &rows[i].total);
    }
    return ERR_OK;
}

enum err ledger__read_totals_at(struct reader *reader, int32_t date, struct arena *arena,
                                struct ledger_total_at **rows, size_t *count)
{
    struct ledger_total *totals;

    TRY(ledger__read_total_rows(reader, arena, &totals, count));
    *rows = ARENA_ARRAY(arena, struct ledger_total_at, *count);
    for (size_t i = 0; i < *count; i++) {
        (*rows)[i] = (struct ledger_total_at){.total = totals[i]};
    }
    /* What is before the date is enough: the number need not be a date. */
    TRY(read_close(reader, date - 1, arena, *rows, *count, true));
    return read_close(reader, date, arena, *rows, *count, false);
}

/* ---- trial balance ---- */

static struct amount balance(enum ledger_side side, const struct ledger_total_sums *sums)
{
    int64_t net = sums->debits.minor - sums->credits.minor;

    return AMOUNT(side == LEDGER_DEBIT ? net : -net);
}

static struct ledger_trial_row trial_row(const struct ledger_total_at *at)
{
    return (struct ledger_trial_row){
        .code = at->total.code,
        .currency = at->total.currency,
        .side = at->total.side,
        .opening = balance(at->total.side, &at->opening),
        .debits = AMOUNT(at->closing.debits.minor - at->opening.debits.minor),
        .credits = AMOUNT(at->closing.credits.minor - at->opening.credits.minor),
        .closing = balance(at->total.side, &at->closing),
        .total_debits = at->closing.debits,
        .total_credits = at->closing.credits,
        .legs = at->closing.legs - at->opening.legs,
    };
}

static bool currency_balances(const struct ledger_trial_balance *trial, enum currency currency)
{
    ledger_wide day = 0, all = 0;

    for (size_t i = 0; i < trial->row_count; i++) {
        const struct ledger_trial_row *row = &trial->rows[i];

        if (row->currency == currency) {
            day += (ledger_wide)row->debits.minor - row->credits.minor;
            all += (ledger_wide)row->total_debits.minor - row->total_credits.minor;
        }
    }
    return day == 0 && all == 0;
}

static enum err read_trial(struct reader *reader, struct arena *arena,
                           struct ledger_trial_balance *trial)
{
    struct ledger_total_at *totals;
    size_t count;

    TRY(ledger__read_totals_at(reader, trial->date, arena, &totals, &count));
    trial->rows = ARENA_ARRAY(arena, struct ledger_trial_row, count);
    for (size_t i = 0; i < count; i++) {
        if (totals[i].closing.legs > 0) {
            trial->rows[trial->row_count++] = trial_row(&totals[i]);
        }
    }
    for (size_t i = 0; i < trial->row_count && trial->balanced; i++) {
        trial->balanced = currency_balances(trial, trial->rows[i].currency);
        trial->wrong_currency = trial->balanced ? CURRENCY_NONE : trial->rows[i].currency;
    }
    return ERR_OK;
}

static enum err name_rows(struct reader *reader, struct arena *arena,
                          struct ledger_trial_balance *trial)
{
    struct ledger_chart chart;

    TRY(ledger_read_chart(reader, trial->date, arena, &chart));
    for (size_t i = 0; i < trial->row_count; i++) {
        const struct ledger_chart_entry *entry = ledger_chart_entry(&chart, trial->rows[i].code);

        trial->rows[i].name = entry == NULL ? STR("") : entry->name;
        trial->rows[i].name_zh = entry == NULL ? STR("") : entry->name_zh;
    }
    return ERR_OK;
}

enum err ledger_read_trial_balance(struct reader *reader, int32_t date, struct arena *arena,
                                   struct ledger_trial_balance *out)
{
    struct ledger_trial_balance trial = {.date = date, .balanced = true};
    struct ledger_clock clock;

    CHECK(date == 0 || time_date_is_valid(date));
    if (date == 0) {
        enum err err = ledger__read_clock(reader, arena, &clock);

        if (err == ERR_STORE_NOT_FOUND) {
            *out = trial;
            return ERR_OK;
        }
        TRY(err);
        trial.date = (int32_t)clock.date;
    }
    TRY(read_trial(reader, arena, &trial));
    TRY(name_rows(reader, arena, &trial));
    *out = trial;
    return ERR_OK;
}
