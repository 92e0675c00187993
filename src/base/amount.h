/* Money: integers with overflow checks, ISO 4217 currencies, fees in millionths.
 *
 * struct amount counts minor units of a currency known from the context (fen for CNY). It is a
 * struct so that it cannot be mixed with other integers; arithmetic goes through the checked
 * functions below, which refuse with ERR_AMOUNT_OVERFLOW and write nothing. */
#ifndef BASE_AMOUNT_H
#define BASE_AMOUNT_H

#include "base/str.h"

struct amount {
    int64_t minor;
};

#define AMOUNT(n) ((struct amount){(n)})
#define AMOUNT_ZERO AMOUNT(0)

MUST_USE enum err amount_add(struct amount a, struct amount b, struct amount *out);
MUST_USE enum err amount_sub(struct amount a, struct amount b, struct amount *out);
MUST_USE enum err amount_negate(struct amount a, struct amount *out);
int amount_cmp(struct amount a, struct amount b); /* -1, 0, 1 */

/* fee = half-up(amount × rate / 10^6), at least min, at most max (max 0 = no maximum; max wins over
 * min). rate_millionths is 0 … 1,000,000; amount, min and max are not negative (CHECKed), so the
 * product always fits and only a caller's own sum with the fee can overflow. */
struct amount_rate {
    int64_t rate_millionths;
    struct amount min;
    struct amount max;
};
MUST_USE enum err amount_fee(struct amount amount, const struct amount_rate *rate,
                             struct amount *out);

/* The value is the ISO 4217 numeric code (CURRENCY_CNY = 156); 0 is no currency. Stored as it is.
 */
enum currency {
    CURRENCY_NONE = 0,
#define CURRENCY(code, number, exponent) CURRENCY_##code = (number),
#include "base/currency.def"
#undef CURRENCY
};

MUST_USE enum err currency_parse(struct str code, enum currency *out); /* "CNY", upper case */
struct str currency_code(enum currency currency);                      /* "CNY"; "" for none */
unsigned currency_exponent(enum currency currency);                    /* CNY 2, JPY 0, BHD 3 */
bool currency_is_known(enum currency currency);

/* Decimal major units: 12345 CNY <-> "123.45". Printing gives exactly the currency's digits.
 * Parsing takes fewer ("123.4", "123") but refuses more, signs other than a leading '-', blanks and
 * empty parts with ERR_FIELD_FORMAT, what does not fit with ERR_AMOUNT_OVERFLOW. */
MUST_USE enum err amount_parse(struct str text, enum currency currency, struct amount *out);
void amount_print(struct buf *buf, struct amount amount, enum currency currency);

/* Fen in Chinese capital numerals: 107000.53 is "人民币壹拾万柒仟元零伍角叁分". */
void amount_in_chinese(struct buf *buf, struct amount fen);

#endif
