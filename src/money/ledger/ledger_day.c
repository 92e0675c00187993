/* The books' own date, and the cut from one day to the next. */
#include "base/time.h"
#include "money/ledger/ledger_day_int.h"

static enum err set_clock(struct tx *tx, struct ledger_clock *clock, int32_t date)
{
    clock->date = date;
    clock->ends_at_ms = time_business_date_start_ms(time_date_add_days(date, 1));
    return timer_set(tx, &ledger__cut_timer, LEDGER_CLOCK_ID, clock->ends_at_ms);
}

/* Opens the day of the batch's instant; previous_id is the day before it, 0: there is none. */
static enum err open_day(struct tx *tx, struct ledger_clock *clock, int64_t previous_id)
{
    const struct ledger_day day = {
        .id = time_business_date(tx_now_ms(tx)),
        .status = LEDGER_DAY_OPEN,
        .previous_id = previous_id,
        .opened_at_ms = tx_now_ms(tx),
        .first_row = tx_sequence_next(tx, &ledger__journal_sequence),
    };

    CHECK(day.id > previous_id);
    TRY(tx_insert(tx, &ledger__day_table, &day));
    return set_clock(tx, clock, (int32_t)day.id);
}

static enum err begin(struct tx *tx, int32_t *date)
{
    struct ledger_clock clock = {.id = LEDGER_CLOCK_ID};

    TRY(open_day(tx, &clock, 0));
    TRY(tx_insert(tx, &ledger__clock_table, &clock));
    *date = (int32_t)clock.date;
    return ERR_OK;
}

enum err ledger__date(struct tx *tx, int64_t *date)
{
    const void *row;
    enum err err = tx_get(tx, &ledger__clock_table, LEDGER_CLOCK_ID, &row);

    *date = err == ERR_OK ? ((const struct ledger_clock *)row)->date : 0;
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

/* The old day has all rows there are; its seal is made when the cut is durable. */
static enum err cut(struct tx *tx, struct ledger_clock *clock)
{
    struct ledger_day *old;
    void *row;

    TRY(tx_edit(tx, &ledger__day_table, clock->date, &row));
    old = row;
    CHECK(old->status == LEDGER_DAY_OPEN);
    old->status = LEDGER_DAY_CLOSING;
    old->cut_at_ms = tx_now_ms(tx);
    old->last_row = tx_sequence_next(tx, &ledger__journal_sequence) - 1;
    TRY(timer_set(tx, &ledger__seal_timer, LEDGER_CLOCK_ID, tx_now_ms(tx)));
    return open_day(tx, clock, old->id);
}

/* The clock has run out, or it is that of books kept before there were days: it has a date alone.
 */
static enum err turn(struct tx *tx, int32_t *date)
{
    struct ledger_clock *clock;
    void *row;

    TRY(tx_edit(tx, &ledger__clock_table, LEDGER_CLOCK_ID, &row));
    clock = row;
    if (clock->ends_at_ms == 0) {
        TRY(set_clock(tx, clock, (int32_t)clock->date));
    }
    if (tx_now_ms(tx) >= clock->ends_at_ms) {
        TRY(cut(tx, clock));
    }
    *date = (int32_t)clock->date;
    return ERR_OK;
}

enum err ledger_today(struct tx *tx, int32_t *date)
{
    const struct ledger_clock *clock;
    const void *row;
    enum err err = tx_get(tx, &ledger__clock_table, LEDGER_CLOCK_ID, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return begin(tx, date);
    }
    TRY(err);
    clock = row;
    if (tx_now_ms(tx) >= clock->ends_at_ms) {
        return turn(tx, date);
    }
    *date = (int32_t)clock->date;
    return ERR_OK;
}

enum err ledger_read_today(struct reader *reader, int64_t now_ms, struct arena *arena,
                           int32_t *date)
{
    struct ledger_clock clock;
    enum err err = ledger__read_clock(reader, arena, &clock);

    if (err == ERR_STORE_NOT_FOUND) {
        *date = time_business_date(now_ms);
        return ERR_OK;
    }
    TRY(err);
    *date = (int32_t)clock.date;
    return ERR_OK;
}

static enum err cut_apply(struct tx *tx, const void *arg, void *result)
{
    int32_t date;

    (void)arg;
    TRY(ledger_today(tx, &date));
    *(int64_t *)result = date;
    return ERR_OK;
}

const struct command_kind ledger_day_cut_kind = {
    .name = "ledger.day_cut",
    .apply = cut_apply,
    .result_size = sizeof(int64_t),
};
