/* Shared inside money/calendar. */
#ifndef MONEY_CALENDAR_CALENDAR_INT_H
#define MONEY_CALENDAR_CALENDAR_INT_H

#include "money/calendar/calendar.h"

enum { CALENDAR_SLOTS = 12 * 31 };

/* A year as the writer keeps it: one character for each day, so that a look-up of any date is one
 * row in memory, whether the date has an entry or not. The slot of a day is
 * (month - 1) * 31 + day - 1; '0' is a day without an entry, else '0' + enum day_kind. */
struct calendar_year {
    int64_t id; /* the year */
    struct str kinds;
};

extern const struct table calendar__year_table;
extern const struct migration calendar__migrations[2];
extern const struct route calendar__routes[];

/* The year's row, made when it is not there: the look-ups to come then find one. */
MUST_USE enum err calendar__year(struct tx *tx, int64_t year, const struct calendar_year **out);

#endif
