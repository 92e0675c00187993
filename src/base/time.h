/* Time and calendar types. No clock here: the present comes from platform/loop or a test.
 *
 * Instants are Unix milliseconds (int64_t, …_ms). Business dates are int32_t yyyymmdd in
 * Asia/Shanghai (UTC+8 all year). */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/str.h"

#define TIME_SECOND_MS INT64_C(1000)
#define TIME_MINUTE_MS (60 * TIME_SECOND_MS)
#define TIME_HOUR_MS (60 * TIME_MINUTE_MS)
#define TIME_DAY_MS (24 * TIME_HOUR_MS)

/* The last instant of the year 9999 in Asia/Shanghai: the greatest one that can be parsed, so that
 * whatever was parsed can be printed in both zones and has a business date. */
#define TIME_MAX_MS INT64_C(253402271999999)

/* "2026-11-22T10:00:00.123Z". */
void time_print(struct buf *buf, int64_t at_ms);
/* RFC 3339 with Z or an offset, 0–9 fraction digits (cut to ms). ERR_FIELD_FORMAT for text that is
 * no such instant (leap seconds are none: Unix time has no number for them), ERR_FIELD_RANGE before
 * 1970-01-01T00:00:00Z and after TIME_MAX_MS. */
MUST_USE enum err time_parse(struct str text, int64_t *at_ms);
/* "2026-11-22T18:00:00+08:00", the form of Chinese channels. */
void time_print_shanghai(struct buf *buf, int64_t at_ms);

int32_t time_business_date(int64_t at_ms);         /* yyyymmdd in Asia/Shanghai */
int64_t time_business_date_start_ms(int32_t date); /* its 00:00 in Asia/Shanghai */
bool time_date_is_valid(int32_t date);
int32_t time_date_add_days(int32_t date, int days);
int time_date_weekday(int32_t date); /* 1 Monday … 7 Sunday */

/* The kinds of the holiday calendar; stored. */
enum day_kind { DAY_WORK = 1, DAY_MAKEUP_WORK, DAY_WEEKEND, DAY_HOLIDAY };

/* Exceptions to "Monday to Friday are workdays", sorted by date. */
struct calendar_day {
    int32_t date;
    enum day_kind kind;
};
struct calendar {
    const struct calendar_day *days;
    size_t count;
};

bool calendar_names(const struct calendar *calendar, int32_t date); /* it has an entry of its own */
enum day_kind calendar_kind(const struct calendar *calendar, int32_t date);
bool calendar_is_workday(const struct calendar *calendar, int32_t date);
/* The n-th workday after date (n ≥ 0; n = 0 gives date itself when it is a workday, else the next).
 */
int32_t calendar_add_workdays(const struct calendar *calendar, int32_t date, int n);

#endif
