/* Business days, totals and seals: shared inside money/ledger. */
#ifndef MONEY_LEDGER_LEDGER_DAY_INT_H
#define MONEY_LEDGER_LEDGER_DAY_INT_H

#include "money/ledger/ledger_int.h"

/* The one row that tells what day it is, so that a posting looks nothing up. */
struct ledger_clock {
    int64_t id; /* 1 */
    int64_t date;
    int64_t ends_at_ms; /* the first instant of the next calendar day */
};

/* Of a code and currency, of all time. */
struct ledger_sums {
    struct amount debits;
    struct amount credits;
    int64_t legs;
};

/* The general ledger: what all accounts of a code and currency have moved. Kept in memory, written
 * once per batch. */
struct ledger_total {
    int64_t id; /* ledger__total_id */
    int64_t code;
    enum currency currency;
    enum ledger_side side;
    int64_t date; /* of the last movement */
    struct ledger_sums sums;
};

/* The sums at the close of a date, kept when a later day moves the total for the first time. They
 * hold for each date from `date` until before `next_date`. */
struct ledger_total_day {
    int64_t id;
    int64_t code;
    enum currency currency;
    int64_t date;
    int64_t next_date;
    struct ledger_sums sums;
};

extern const struct table ledger__clock_table;
extern const struct table ledger__day_table;
extern const struct table ledger__total_table;
extern const struct table ledger__total_day_table;
extern const struct statement ledger__total_rows, ledger__total_day_rows, ledger__difference;
extern const struct timer_kind ledger__cut_timer;
extern const struct route ledger__day_routes[];

enum { LEDGER_CLOCK_ID = 1, LEDGER_CODES_MAX = 10000, LEDGER_CURRENCY_RADIX = 1000 };
enum { LEDGER_DATE_MIN = 19700101, LEDGER_DATE_MAX = 99991231 }; /* that may be asked for */

static inline int64_t ledger__total_id(int64_t code, enum currency currency)
{
    return code * LEDGER_CURRENCY_RADIX + (int64_t)currency;
}

/* ERR_STORE_NOT_FOUND: nothing has been posted yet. */
MUST_USE enum err ledger__read_clock(struct reader *reader, struct arena *arena,
                                     struct ledger_clock *clock);
/* All totals in the order of code and currency, in one snapshot. */
MUST_USE enum err ledger__read_total_rows(struct reader *reader, struct arena *arena,
                                          struct ledger_total **rows, size_t *count);
/* Those kept sums that hold for the date, in the order of code and currency. */
MUST_USE enum err ledger__read_total_days(struct reader *reader, int64_t date, struct arena *arena,
                                          struct ledger_total_day **rows, size_t *count);

/* ---- as of a date ---- */

/* A total with its sums when the date began and when it ended (or now). */
struct ledger_total_at {
    struct ledger_total total;
    struct ledger_sums opening;
    struct ledger_sums closing;
};
MUST_USE enum err ledger__read_totals_at(struct reader *reader, int32_t date, struct arena *arena,
                                         struct ledger_total_at **rows, size_t *count);

#endif
