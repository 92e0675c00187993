/* Decimal amounts and currency codes: what parses prints and parses back to the same amount, and
 * so does every amount. The first two bytes choose the currency. */
#include "base/amount.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_amount(struct amount amount, enum currency currency)
{
    struct amount back = AMOUNT(~amount.minor);
    struct buf buf;

    buf_init(&buf, 64);
    amount_print(&buf, amount, currency);
    CHECK(buf_ok(&buf) && amount_parse(buf_str(&buf), currency, &back) == ERR_OK);
    CHECK(amount_cmp(amount, back) == 0);
    buf_free(&buf);
}

static void check_fee(int64_t minor, int64_t rate_millionths)
{
    struct amount_rate rate = {.rate_millionths = rate_millionths};
    struct amount fee;

    CHECK(amount_fee(AMOUNT(minor), &rate, &fee) == ERR_OK);
    CHECK(fee.minor >= 0 && fee.minor <= minor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum currency currency;
    struct amount amount;
    struct str text;
    uint64_t number = 0;

    if (size < 2) {
        return 0;
    }
    currency = (enum currency)((data[0] | data[1] << 8) % 1000);
    text = (struct str){(const char *)data + 2, size - 2};
    memcpy(&number, text.ptr, text.len < sizeof(number) ? text.len : sizeof(number));
    if (currency_is_known(currency)) {
        check_amount(AMOUNT((int64_t)number), currency);
        if (amount_parse(text, currency, &amount) == ERR_OK) {
            check_amount(amount, currency);
        }
    } else {
        CHECK(amount_parse(text, currency, &amount) == ERR_CURRENCY_UNKNOWN);
    }
    if (currency_parse(text, &currency) == ERR_OK) {
        CHECK(str_eq(currency_code(currency), text));
    }
    check_fee((int64_t)(number >> 1), (int64_t)(number % 1000001));
    return 0;
}
