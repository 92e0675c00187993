/* The holiday calendar (节假日): which days are workdays, as a table that operators load.
 *
 * Without an entry Monday to Friday are workdays. An entry says otherwise for its date: a holiday
 * by law, a make-up workday (调休) on a weekend. Dates are int32_t yyyymmdd in Asia/Shanghai. The
 * arithmetic is base/time.h's; here are the rows it works on.
 *
 * A load replaces the entries of a range of dates within one year, in one batch. What is past stays
 * as it was: money has matured by it.
 *
 * T+N: the money of a date matures on the N-th workday after it; with N = 0 on the date itself, or
 * on the next workday when it is none. So T+1 of a Friday, a Saturday and a Sunday is the Monday
 * after, and T+0 of a Saturday is that Monday too. A date of maturity is stamped on the entry when
 * it is booked; a calendar loaded later does not move it. */
#ifndef MONEY_CALENDAR_CALENDAR_H
#define MONEY_CALENDAR_CALENDAR_H

#include "base/time.h"
#include "platform/module/module.h"

enum { CALENDAR_ADD_MAX = 366, CALENDAR_NAME_MAX = 64, CALENDAR_SOURCE_MAX = 200 };
enum { CALENDAR_YEAR_MIN = 2020, CALENDAR_YEAR_MAX = 2199 };

/* ---- in commands; nothing is read from the database when the years are warm ---- */

/* The entries of days dates from `from` on, valid until apply returns: for the pure functions of
 * base/time.h, as long as they stay within these days. */
MUST_USE enum err calendar_load(struct tx *tx, int32_t from, int days, struct calendar *out);
MUST_USE enum err calendar_workday(struct tx *tx, int32_t date, bool *workday);
/* The n-th workday after date, 0 <= n <= CALENDAR_ADD_MAX: T+N, see the top of this file. */
MUST_USE enum err calendar_workdays_after(struct tx *tx, int32_t date, int n, int32_t *out);

/* ---- loading ---- */

struct calendar_entry {
    int64_t id; /* yyyymmdd */
    enum day_kind kind;
    struct str name;   /* "国庆节" */
    struct str source; /* which notice says so */
    int64_t created_at_ms;
};
extern const struct table calendar_entry_table;

struct calendar_replace {
    int32_t from, to; /* both within one year */
    const struct calendar_entry *entries;
    size_t count; /* within the range, rising by date */
};
/* Refusals, the first that applies: ERR_CALENDAR_RANGE (from, to: no dates, not in order, or of two
 * years), ERR_CALENDAR_ENTRY (days[i].date: outside the range, or not rising), ERR_CALENDAR_PAST
 * (days[i].date, or from: a date before today would become another kind). The same load again
 * changes nothing. */
extern const struct command_kind calendar_replace_kind;

/* ---- reading ---- */

/* The entries of a year by date. */
MUST_USE enum err calendar_read_year(struct reader *reader, int64_t year, struct arena *arena,
                                     struct calendar_entry **out, size_t *count);

extern const struct store_part calendar_part;
extern const struct module calendar_module;

#endif
