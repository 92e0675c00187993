#include "base/time.h"

#define SHANGHAI_MS (8 * TIME_HOUR_MS)

enum { YEAR_MIN = 1970, YEAR_MAX = 9999 };

/* Days of the proleptic Gregorian calendar. Years are counted from March, so that the leap day is
 * the last of its year; 400 years ("era") always have 146,097 days. */
enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH_SHIFT = 719468 /* 0000-03-01 to 1970-01-01 */ };

struct date {
    int year, month, day;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t days_of(struct date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = floor_div(year, ERA_YEARS);
    int64_t year_of_era = year - era * ERA_YEARS;
    int64_t month_from_march = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

static struct date date_of(int64_t days)
{
    int64_t shifted = days + EPOCH_SHIFT;
    int64_t era = floor_div(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

    return (struct date){
        .year = (int)(year_of_era + era * ERA_YEARS + (month <= 2)),
        .month = (int)month,
        .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
    };
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool date_is_valid(struct date date)
{
    return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
           date.day <= days_in_month(date.year, date.month);
}

static struct date date_unpack(int32_t date)
{
    return (struct date){date / 10000, date / 100 % 100, date % 100};
}

static int32_t date_pack(struct date date)
{
    return date.year * 10000 + date.month * 100 + date.day;
}

/* ---- printing ---- */

static char *put_digits(char *at, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + count;
}

static char *put_number(char *at, int value, int count, char after)
{
    at = put_digits(at, value, count);
    *at = after;
    return at + 1;
}

/* "2026-11-22T10:00:00" of a local instant. */
static char *put_seconds(char *at, int64_t local_ms)
{
    int64_t days = floor_div(local_ms, TIME_DAY_MS);
    int seconds = (int)((local_ms - days * TIME_DAY_MS) / TIME_SECOND_MS);
    struct date date = date_of(days);

    CHECK(date.year >= 0 && date.year <= YEAR_MAX);
    at = put_number(at, date.year, 4, '-');
    at = put_number(at, date.month, 2, '-');
    at = put_number(at, date.day, 2, 'T');
    at = put_number(at, seconds / 3600, 2, ':');
    at = put_number(at, seconds / 60 % 60, 2, ':');
    return put_digits(at, seconds % 60, 2);
}

void time_print(struct buf *buf, int64_t at_ms)
{
    char text[sizeof("2026-11-22T10:00:00.123Z")];
    int ms = (int)(at_ms - floor_div(at_ms, TIME_SECOND_MS) * TIME_SECOND_MS);
    char *at = put_seconds(text, at_ms);

    *at++ = '.';
    at = put_number(at, ms, 3, 'Z');
    buf_add(buf, (struct str){text, (size_t)(at - text)});
}

void time_print_shanghai(struct buf *buf, int64_t at_ms)
{
    static const char offset[] = "+08:00";
    char text[sizeof("2026-11-22T18:00:00+08:00")];
    char *at = put_seconds(text, at_ms + SHANGHAI_MS);

    memcpy(at, offset, sizeof(offset) - 1);
    at += sizeof(offset) - 1;
    buf_add(buf, (struct str){text, (size_t)(at - text)});
}

/* ---- parsing ---- */

/* Takes count digits and then the character after ('\0': none). */
static bool take_number(struct str *text, size_t count, char after, int *out)
{
    size_t len = count + (after != '\0');
    int value = 0;

    if (text->len < len || (after != '\0' && text->ptr[count] != after)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (text->ptr[i] - '0');
    }
    *text = str_slice(*text, len, text->len);
    *out = value;
    return true;
}

/* ".123456": cut to milliseconds; none at all is 0. */
static bool take_fraction(struct str *text, int64_t *ms)
{
    int64_t weight = 100;
    size_t len = 1;

    *ms = 0;
    if (!str_starts(*text, STR("."))) {
        return true;
    }
    for (; len < text->len && text->ptr[len] >= '0' && text->ptr[len] <= '9'; len++) {
        *ms += weight * (text->ptr[len] - '0');
        weight /= 10;
    }
    *text = str_slice(*text, len, text->len);
    return len >= 2 && len <= 10;
}

/* "Z" or "+08:00", and nothing after it. */
static bool take_offset(struct str text, int64_t *offset_ms)
{
    int sign, hours, minutes;

    *offset_ms = 0;
    if (str_eq(text, STR("Z")) || str_eq(text, STR("z"))) {
        return true;
    }
    if (!str_starts(text, STR("+")) && !str_starts(text, STR("-"))) {
        return false;
    }
    sign = text.ptr[0] == '-' ? -1 : 1;
    text = str_slice(text, 1, text.len);
    if (!take_number(&text, 2, ':', &hours) || !take_number(&text, 2, '\0', &minutes)) {
        return false;
    }
    *offset_ms = sign * (hours * TIME_HOUR_MS + minutes * TIME_MINUTE_MS);
    return text.len == 0 && hours <= 23 && minutes <= 59;
}

enum err time_parse(struct str text, int64_t *at_ms)
{
    struct date date;
    int hours, minutes, seconds;
    int64_t ms, offset_ms, result;
    bool read = take_number(&text, 4, '-', &date.year) && take_number(&text, 2, '-', &date.month) &&
                take_number(&text, 2, '\0', &date.day);

    if (!read || !(str_starts(text, STR("T")) || str_starts(text, STR("t")))) {
        return ERR_FIELD_FORMAT;
    }
    text = str_slice(text, 1, text.len);
    read = take_number(&text, 2, ':', &hours) && take_number(&text, 2, ':', &minutes) &&
           take_number(&text, 2, '\0', &seconds) && take_fraction(&text, &ms) &&
           take_offset(text, &offset_ms);
    if (!read || !date_is_valid(date) || hours > 23 || minutes > 59 || seconds > 59) {
        return ERR_FIELD_FORMAT;
    }
    result = days_of(date) * TIME_DAY_MS + hours * TIME_HOUR_MS + minutes * TIME_MINUTE_MS +
             seconds * TIME_SECOND_MS + ms - offset_ms;
    if (result < 0 || result > TIME_MAX_MS) {
        return ERR_FIELD_RANGE;
    }
    *at_ms = result;
    return ERR_OK;
}

/* ---- business dates ---- */

int32_t time_business_date(int64_t at_ms)
{
    struct date date = date_of(floor_div(at_ms + SHANGHAI_MS, TIME_DAY_MS));

    CHECK(date.year >= YEAR_MIN && date.year <= YEAR_MAX);
    return date_pack(date);
}

int64_t time_business_date_start_ms(int32_t date)
{
    CHECK(time_date_is_valid(date));
    return days_of(date_unpack(date)) * TIME_DAY_MS - SHANGHAI_MS;
}

bool time_date_is_valid(int32_t date)
{
    struct date parts = date_unpack(date);

    return parts.year >= YEAR_MIN && parts.year <= YEAR_MAX && date_is_valid(parts);
}

int32_t time_date_add_days(int32_t date, int days)
{
    int32_t sum;

    CHECK(time_date_is_valid(date));
    sum = date_pack(date_of(days_of(date_unpack(date)) + days));
    CHECK(time_date_is_valid(sum));
    return sum;
}

int time_date_weekday(int32_t date)
{
    CHECK(time_date_is_valid(date));
    return (int)((days_of(date_unpack(date)) + 3) % 7) + 1; /* 1970-01-01 was a Thursday */
}

/* ---- calendar ---- */

/* The entry of the date, or NULL. */
static const struct calendar_day *entry_of(const struct calendar *calendar, int32_t date)
{
    size_t low = 0;
    size_t high = calendar->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (calendar->days[middle].date < date) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < calendar->count && calendar->days[low].date == date ? &calendar->days[low] : NULL;
}

bool calendar_names(const struct calendar *calendar, int32_t date)
{
    return entry_of(calendar, date) != NULL;
}

enum day_kind calendar_kind(const struct calendar *calendar, int32_t date)
{
    const struct calendar_day *entry = entry_of(calendar, date);

    if (entry != NULL) {
        return entry->kind;
    }
    return time_date_weekday(date) <= 5 ? DAY_WORK : DAY_WEEKEND;
}

bool calendar_is_workday(const struct calendar *calendar, int32_t date)
{
    enum day_kind kind = calendar_kind(calendar, date);

    return kind == DAY_WORK || kind == DAY_MAKEUP_WORK;
}

int32_t calendar_add_workdays(const struct calendar *calendar, int32_t date, int n)
{
    CHECK(n >= 0);
    if (n == 0 && calendar_is_workday(calendar, date)) {
        return date;
    }
    for (int left = n == 0 ? 1 : n; left > 0;) {
        date = time_date_add_days(date, 1);
        left -= calendar_is_workday(calendar, date);
    }
    return date;
}
