/* When a rule settles: pure. */
#include "business/settle_rule/settle_rule_int.h"

static bool is_month(enum settle_cycle cycle)
{
    return cycle == SETTLE_MONTH || cycle == SETTLE_MONTH_WORK;
}

/* ---- the days of a cycle ---- */

enum err settle_days_parse(enum settle_cycle cycle, struct str text, uint32_t *days)
{
    int last = is_month(cycle) ? 31 : 7;
    uint32_t found = 0;
    int day = 0;

    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9') {
            day = day * 10 + (text.ptr[i] - '0');
            if (day > last) {
                return ERR_SETTLE_RULE_DAYS;
            }
            continue;
        }
        if ((i < text.len && text.ptr[i] != ',') || day == 0) {
            return ERR_SETTLE_RULE_DAYS;
        }
        found |= UINT32_C(1) << day;
        day = 0;
    }
    *days = found;
    return ERR_OK;
}

struct str settle_days_print(struct arena *arena, uint32_t days)
{
    struct buf text;

    buf_init_arena(&text, arena, SETTLE_DAYS_MAX);
    for (int day = 1; day <= 31; day++) {
        if ((days >> day & 1) != 0) {
            buf_printf(&text, "%s%d", text.len > 0 ? "," : "", day);
        }
    }
    return buf_str(&text);
}

/* ---- the next date ---- */

/* A month's last day stands for all days it does not have. */
static bool is_cycle_day(const struct settle_when *when, int32_t date)
{
    int day = date % 100;

    if (!is_month(when->cycle)) {
        return (when->days >> time_date_weekday(date) & 1) != 0;
    }
    return (when->days >> day & 1) != 0 ||
           (time_date_add_days(date, 1) % 100 == 1 && when->days >> day > 1);
}

static bool is_rest_day(const struct calendar *calendar, enum settle_cycle cycle, int32_t date)
{
    enum day_kind kind = calendar_kind(calendar, date);
    bool keeps_weekends = cycle == SETTLE_MONTH_WORK || cycle == SETTLE_WEEK_WORK;

    return kind == DAY_HOLIDAY ||
           (kind == DAY_WEEKEND && (keeps_weekends || calendar_names(calendar, date)));
}

int32_t settle_open_date(const struct calendar *calendar, enum settle_cycle cycle, int32_t date)
{
    while (is_rest_day(calendar, cycle, date)) {
        date = time_date_add_days(date, 1);
    }
    return date;
}

int32_t settle_next_date(const struct calendar *calendar, const struct settle_when *when)
{
    int32_t date = when->previous > when->today ? when->previous : when->today;

    CHECK(when->days != 0);
    do {
        date = time_date_add_days(date, 1);
    } while (!is_cycle_day(when, date) || time_date_add_days(date, -when->lead_days) < when->today);
    return settle_open_date(calendar, when->cycle, date);
}
