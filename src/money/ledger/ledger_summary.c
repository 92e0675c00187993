/* Daily summaries (每日汇总): the chain of a period, folded by business date and source. */
#include "money/ledger/ledger_statement_int.h"

#include "base/time.h"

enum { STEP = 8 }; /* stretches of the chain in a step */

void ledger_daily_init(struct ledger_daily *daily, struct arena *arena,
                       const struct ledger_ask *ask)
{
    *daily = (struct ledger_daily){.of = *ask, .arena = arena};
    for (int32_t date = ask->period.begin.date; date < ask->period.end.date;
         date = time_date_add_days(date, 1)) {
        daily->day_count++;
    }
    CHECK(daily->day_count >= 1 && daily->day_count <= LEDGER_DAYS_MAX);
    daily->days = ARENA_ARRAY(arena, struct ledger_day_sums, daily->day_count);
    for (size_t i = 0; i < daily->day_count; i++) {
        daily->days[i].date = time_date_add_days(ask->period.begin.date, (int)i);
    }
}

static enum err begin(struct reader *reader, struct ledger_daily *daily)
{
    TRY(ledger_walk_begin(reader, &daily->of, daily->arena, &daily->walk));
    daily->days[0].opening = daily->walk.opening;
    daily->days[0].closing = daily->walk.opening;
    daily->begun = true;
    return ERR_OK;
}

/* Goes on to the date; each day opens with the closing balance of the one before. */
static struct ledger_day_sums *day_of(struct ledger_daily *daily, int32_t date)
{
    while (daily->days[daily->at].date < date) {
        struct amount closing = daily->days[daily->at].closing;

        daily->at++;
        CHECK(daily->at < daily->day_count);
        daily->days[daily->at].opening = closing;
        daily->days[daily->at].closing = closing;
    }
    CHECK(daily->days[daily->at].date == date);
    return &daily->days[daily->at];
}

static void add(struct ledger_daily *daily, const struct ledger_entry *entry)
{
    struct ledger_day_sums *day = day_of(daily, entry->business_date);

    CHECK((unsigned)entry->reference.source < LEDGER_SOURCES_MAX);
    ledger__sums_add(&day->sums, entry);
    ledger__sums_add(&day->by_source[entry->reference.source], entry);
    day->closing = entry->balance;
}

/* Whether the summary ends before the date of the entry. */
static bool is_full(const struct ledger_daily *daily, const struct ledger_entry *entry)
{
    return daily->entry_max != 0 && entry->sequence - daily->walk.first >= daily->entry_max &&
           entry->business_date > daily->days[daily->at].date;
}

/* Goes on to the last date, which is then the last one of the summary. */
static void end(struct ledger_daily *daily, int32_t last)
{
    (void)day_of(daily, last);
    daily->day_count = daily->at + 1;
}

/* Whether there is more to be taken. */
static bool take(struct ledger_daily *daily, const struct ledger_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_full(daily, &entries[i])) {
            end(daily, time_date_add_days(entries[i].business_date, -1));
            return false;
        }
        add(daily, &entries[i]);
    }
    if (count == 0) {
        end(daily, daily->days[daily->day_count - 1].date);
    }
    return count > 0;
}

static enum err step(struct reader *reader, struct ledger_daily *daily, struct arena *scratch,
                     bool *done)
{
    if (!daily->begun) {
        TRY(begin(reader, daily));
    }
    for (unsigned i = 0; i < STEP && !*done; i++) {
        struct ledger_entry *entries = NULL;
        size_t count;

        arena_reset(scratch);
        TRY(ledger_walk_next(reader, &daily->walk, scratch, &entries, &count));
        *done = !take(daily, entries, count);
    }
    return ERR_OK;
}

enum err ledger_daily_step(struct reader *reader, struct ledger_daily *daily, bool *done)
{
    struct arena *scratch = arena_new();
    enum err err;

    *done = false;
    err = step(reader, daily, scratch, done);
    arena_free(scratch);
    return err;
}

/* ---- all accounts of an owner ---- */

/* The date before the books' own, which is that of their newest day. 0: there is none before the
 * first posting ever. */
static enum err yesterday(struct reader *reader, struct arena *arena, int32_t *date)
{
    struct ledger_day *newest;
    size_t count;

    TRY(ledger_read_days(reader, 0, 1, arena, &newest, &count));
    *date = count == 0 ? 0 : time_date_add_days((int32_t)newest->id, -1);
    return ERR_OK;
}

static enum err begin_owner(struct reader *reader, struct ledger_owner_daily *daily)
{
    const struct ledger_account_filter filter = {
        .owner_id = daily->owner_id,
        .has_owner = true,
        .after_id = daily->after_id,
        .limit = daily->limit + 1,
    };

    CHECK(daily->limit >= 1 && daily->limit <= LEDGER_OWNER_ACCOUNTS_MAX);
    if (daily->date == 0) {
        TRY(yesterday(reader, daily->arena, &daily->date));
    }
    if (daily->date == 0) {
        return ERR_OK;
    }
    TRY(ledger_read_accounts(reader, &filter, daily->arena, &daily->accounts,
                             &daily->account_count));
    daily->more = daily->account_count > daily->limit;
    daily->account_count = daily->more ? daily->limit : daily->account_count;
    daily->days = ARENA_ARRAY(daily->arena, struct ledger_day_sums, daily->account_count);
    daily->labels = ARENA_ARRAY(daily->arena, struct ledger_label, daily->account_count);
    return ERR_OK;
}

static void begin_account(struct ledger_owner_daily *daily)
{
    const struct ledger_ask ask = {
        .directory = daily->directory,
        .account_id = daily->accounts[daily->at].id,
        .owner_id = daily->owner_id,
        .period = ledger_period_of(daily->date, daily->date),
    };

    ledger_daily_init(&daily->current, daily->arena, &ask);
}

/* One account, or a part of it. */
enum err ledger_owner_daily_step(struct reader *reader, struct ledger_owner_daily *daily,
                                 bool *done)
{
    bool account_done;

    *done = false;
    if (daily->accounts == NULL) {
        TRY(begin_owner(reader, daily));
    }
    if (daily->at == daily->account_count) {
        *done = true;
        return ERR_OK;
    }
    if (daily->current.days == NULL) {
        begin_account(daily);
    }
    TRY(ledger_daily_step(reader, &daily->current, &account_done));
    if (account_done) {
        daily->labels[daily->at] = daily->current.walk.label;
        daily->days[daily->at++] = daily->current.days[0];
        daily->current.days = NULL;
    }
    *done = daily->at == daily->account_count;
    return ERR_OK;
}
