#include "base/amount.h"

enum { CURRENCY_NUMBERS = 1000, RATE_ONE = 1000000 };

/* Wide enough for amount × rate. */
__extension__ typedef __int128 int128;

struct currency_row {
    char code[4]; /* "" when the number is no currency */
    uint8_t exponent;
};

static const struct currency_row rows[CURRENCY_NUMBERS] = {
#define CURRENCY(code, number, exponent) [number] = {#code, exponent},
#include "base/currency.def"
#undef CURRENCY
};

static const enum currency by_code[] = {
#define CURRENCY(code, number, exponent) CURRENCY_##code,
#include "base/currency.def"
#undef CURRENCY
};

static const int64_t powers_of_ten[] = {1, 10, 100, 1000, 10000};

enum err amount_add(struct amount a, struct amount b, struct amount *out)
{
    int64_t sum;

    if (__builtin_add_overflow(a.minor, b.minor, &sum)) {
        return ERR_AMOUNT_OVERFLOW;
    }
    out->minor = sum;
    return ERR_OK;
}

enum err amount_sub(struct amount a, struct amount b, struct amount *out)
{
    int64_t difference;

    if (__builtin_sub_overflow(a.minor, b.minor, &difference)) {
        return ERR_AMOUNT_OVERFLOW;
    }
    out->minor = difference;
    return ERR_OK;
}

enum err amount_negate(struct amount a, struct amount *out)
{
    return amount_sub(AMOUNT_ZERO, a, out);
}

int amount_cmp(struct amount a, struct amount b)
{
    return (a.minor > b.minor) - (a.minor < b.minor);
}

enum err amount_fee(struct amount amount, const struct amount_rate *rate, struct amount *out)
{
    int64_t fee;

    CHECK(amount.minor >= 0 && rate->min.minor >= 0 && rate->max.minor >= 0);
    CHECK(rate->rate_millionths >= 0 && rate->rate_millionths <= RATE_ONE);
    fee = (int64_t)(((int128)amount.minor * rate->rate_millionths + RATE_ONE / 2) / RATE_ONE);
    if (fee < rate->min.minor) {
        fee = rate->min.minor;
    }
    if (rate->max.minor > 0 && fee > rate->max.minor) {
        fee = rate->max.minor;
    }
    out->minor = fee;
    return ERR_OK;
}

bool currency_is_known(enum currency currency)
{
    return (unsigned)currency < CURRENCY_NUMBERS && rows[currency].code[0] != '\0';
}

enum err currency_parse(struct str code, enum currency *out)
{
    size_t low = 0;
    size_t high = ARRAY_LEN(by_code);

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(code, currency_code(by_code[middle]));

        if (order == 0) {
            *out = by_code[middle];
            return ERR_OK;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return ERR_CURRENCY_UNKNOWN;
}

struct str currency_code(enum currency currency)
{
    if (currency == CURRENCY_NONE) {
        return STR("");
    }
    CHECK(currency_is_known(currency));
    return (struct str){rows[currency].code, 3};
}

unsigned currency_exponent(enum currency currency)
{
    CHECK(currency_is_known(currency));
    return rows[currency].exponent;
}

/* Appends decimal digits to a negative number: the negative range holds INT64_MIN too. */
static enum err add_digits(struct str digits, int64_t *value)
{
    if (digits.len == 0 || !str_is_digits(digits)) {
        return ERR_FIELD_FORMAT;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_sub_overflow(*value, digits.ptr[i] - '0', value)) {
            return ERR_AMOUNT_OVERFLOW;
        }
    }
    return ERR_OK;
}

enum err amount_parse(struct str text, enum currency currency, struct amount *out)
{
    struct str major, rest = text;
    int64_t value = 0;
    unsigned exponent;
    bool has_fraction, negative = str_starts(text, STR("-"));

    if (!currency_is_known(currency)) {
        return ERR_CURRENCY_UNKNOWN;
    }
    exponent = currency_exponent(currency);
    rest = str_slice(text, negative ? 1 : 0, text.len);
    has_fraction = str_cut(&rest, '.', &major);
    if (has_fraction && (rest.len == 0 || rest.len > exponent)) {
        return ERR_FIELD_FORMAT;
    }
    TRY(add_digits(major, &value));
    if (has_fraction) {
        TRY(add_digits(rest, &value));
    }
    if (__builtin_mul_overflow(value, powers_of_ten[exponent - rest.len], &value)) {
        return ERR_AMOUNT_OVERFLOW;
    }
    if (!negative) {
        return amount_negate(AMOUNT(value), out);
    }
    out->minor = value;
    return ERR_OK;
}

void amount_print(struct buf *buf, struct amount amount, enum currency currency)
{
    unsigned exponent = currency_exponent(currency);
    uint64_t rest =
        amount.minor < 0 ? (uint64_t)0 - (uint64_t)amount.minor : (uint64_t)amount.minor;
    char text[24];
    size_t at = sizeof(text);

    for (unsigned digits = 0; digits <= exponent || rest > 0; digits++) {
        if (exponent > 0 && digits == exponent) {
            text[--at] = '.';
        }
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (amount.minor < 0) {
        text[--at] = '-';
    }
    buf_add(buf, (struct str){text + at, sizeof(text) - at});
}
