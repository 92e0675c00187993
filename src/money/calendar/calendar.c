/* Looking days up, and replacing them. */
#include "money/calendar/calendar_int.h"

#define NO_MONTH "0000000000000000000000000000000" /* 31 days without an entry */
static const char no_year[] = NO_MONTH NO_MONTH NO_MONTH NO_MONTH NO_MONTH NO_MONTH NO_MONTH
    NO_MONTH NO_MONTH NO_MONTH NO_MONTH NO_MONTH;

static size_t slot_of(int32_t date)
{
    return (size_t)((date / 100 % 100 - 1) * 31 + date % 100 - 1);
}

static enum day_kind entry_kind(struct str kinds, int32_t date)
{
    return (enum day_kind)(kinds.ptr[slot_of(date)] - '0');
}

/* ---- looking up ---- */

enum err calendar__year(struct tx *tx, int64_t year, const struct calendar_year **out)
{
    const struct calendar_year none = {.id = year, .kinds = STR(no_year)};
    const void *row;
    enum err err = tx_get(tx, &calendar__year_table, year, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        TRY(tx_insert(tx, &calendar__year_table, &none));
        err = tx_get(tx, &calendar__year_table, year, &row);
    }
    TRY(err);
    *out = row;
    CHECK((*out)->kinds.len == CALENDAR_SLOTS);
    return ERR_OK;
}

enum err calendar_load(struct tx *tx, int32_t from, int days, struct calendar *out)
{
    struct calendar_day *found = ARENA_ARRAY(tx_arena(tx), struct calendar_day, (size_t)days);
    const struct calendar_year *year = NULL;
    int32_t date = from;

    *out = (struct calendar){.days = found};
    for (int i = 0; i < days; i++, date = time_date_add_days(date, 1)) {
        enum day_kind kind;

        if (year == NULL || year->id != date / 10000) {
            TRY(calendar__year(tx, date / 10000, &year));
        }
        kind = entry_kind(year->kinds, date);
        if (kind != 0) {
            found[out->count++] = (struct calendar_day){date, kind};
        }
    }
    return ERR_OK;
}

enum err calendar_workday(struct tx *tx, int32_t date, bool *workday)
{
    struct calendar calendar;

    TRY(calendar_load(tx, date, 1, &calendar));
    *workday = calendar_is_workday(&calendar, date);
    return ERR_OK;
}

/* The days looked at are doubled until the answer lies within them: two weeks of holidays are
 * possible, a year of them is not. */
enum err calendar_workdays_after(struct tx *tx, int32_t date, int n, int32_t *out)
{
    struct calendar calendar;
    int32_t found;

    CHECK(n >= 0 && n <= CALENDAR_ADD_MAX);
    for (int days = 12 + 2 * n;; days *= 2) {
        TRY(calendar_load(tx, date, days, &calendar));
        found = calendar_add_workdays(&calendar, date, n);
        if (found < time_date_add_days(date, days)) {
            *out = found;
            return ERR_OK;
        }
    }
}

/* ---- replacing ---- */

static bool range_is_right(const struct calendar_replace *arg)
{
    return time_date_is_valid(arg->from) && time_date_is_valid(arg->to) && arg->from <= arg->to &&
           arg->from / 10000 == arg->to / 10000 && arg->from / 10000 >= CALENDAR_YEAR_MIN &&
           arg->from / 10000 <= CALENDAR_YEAR_MAX;
}

static enum err refuse_day(struct tx *tx, enum err err, size_t number)
{
    return tx_refuse(tx, err, str_printf(tx_arena(tx), "days[%zu].date", number).ptr);
}

static enum err check_entries(struct tx *tx, const struct calendar_replace *arg)
{
    int64_t previous = 0;

    for (size_t i = 0; i < arg->count; i++) {
        int64_t date = arg->entries[i].id;

        if (date < arg->from || date > arg->to || !time_date_is_valid((int32_t)date) ||
            date <= previous) {
            return refuse_day(tx, ERR_CALENDAR_ENTRY, i);
        }
        previous = date;
    }
    return ERR_OK;
}

/* Before today every day of the range keeps its kind: one with an entry has the same one again. */
static enum err check_past(struct tx *tx, const struct calendar_replace *arg, struct str kinds)
{
    int32_t today = time_business_date(tx_now_ms(tx));
    int32_t date = arg->from;
    size_t i = 0;

    for (; date <= arg->to && date < today; date = time_date_add_days(date, 1)) {
        bool given = i < arg->count && arg->entries[i].id == date;
        enum day_kind kind = given ? arg->entries[i].kind : 0;

        if (kind != entry_kind(kinds, date)) {
            return given ? refuse_day(tx, ERR_CALENDAR_PAST, i)
                         : tx_refuse(tx, ERR_CALENDAR_PAST, "from");
        }
        i += given;
    }
    return ERR_OK;
}

static enum err remove_entries(struct tx *tx, const struct calendar_replace *arg, char *kinds)
{
    struct str all = {kinds, CALENDAR_SLOTS};
    int32_t date = arg->from;

    for (; date <= arg->to; date = time_date_add_days(date, 1)) {
        if (entry_kind(all, date) != 0) {
            TRY(tx_delete(tx, &calendar_entry_table, date));
            kinds[slot_of(date)] = '0';
        }
    }
    return ERR_OK;
}

static enum err replace_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct calendar_replace *arg = arg_ptr;
    const struct calendar_year *old;
    struct calendar_year *year;
    char *kinds = arena_alloc(tx_arena(tx), CALENDAR_SLOTS);
    void *row;

    (void)result;
    if (!range_is_right(arg)) {
        return tx_refuse(tx, ERR_CALENDAR_RANGE, "from");
    }
    TRY(check_entries(tx, arg));
    TRY(calendar__year(tx, arg->from / 10000, &old));
    TRY(check_past(tx, arg, old->kinds));
    memcpy(kinds, old->kinds.ptr, CALENDAR_SLOTS);
    TRY(remove_entries(tx, arg, kinds));
    for (size_t i = 0; i < arg->count; i++) {
        struct calendar_entry entry = arg->entries[i];

        entry.created_at_ms = tx_now_ms(tx);
        TRY(tx_insert(tx, &calendar_entry_table, &entry));
        kinds[slot_of((int32_t)entry.id)] = (char)('0' + entry.kind);
    }
    TRY(tx_edit(tx, &calendar__year_table, arg->from / 10000, &row));
    year = row;
    year->kinds = (struct str){kinds, CALENDAR_SLOTS};
    return ERR_OK;
}

const struct command_kind calendar_replace_kind = {
    .name = "calendar.replace",
    .apply = replace_apply,
};

const struct module calendar_module = {
    .name = "calendar",
    .store = &calendar_part,
    .routes = calendar__routes,
};
