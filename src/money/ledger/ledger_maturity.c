/* What of an account's money matures when: a short list in the account's row, as text that people
 * can read too. Dates that have passed stay until the list is written again; they count nothing. A
 * date of which all has been taken stays until it has passed, so that what a hold took of it always
 * finds its place again. */
#include "base/time.h"
#include "money/ledger/ledger_int.h"

enum { MATURITY_TEXT_MAX = 30 };

struct maturity {
    int32_t date;
    int64_t minor;
};

/* Takes the first item off the list; false: there is none. */
static bool take_first(struct str *rest, struct maturity *out)
{
    struct str item = *rest;
    int64_t date;
    size_t end = 0, equals = 0;

    if (rest->len == 0) {
        return false;
    }
    while (end < item.len && item.ptr[end] != ',') {
        equals = item.ptr[end] == '=' ? end : equals;
        end++;
    }
    CHECK(str_parse_int(str_slice(item, 0, equals), &date) == ERR_OK &&
          str_parse_int(str_slice(item, equals + 1, end), &out->minor) == ERR_OK);
    CHECK(time_date_is_valid((int32_t)date) && out->minor >= 0);
    out->date = (int32_t)date;
    *rest = str_slice(item, end < item.len ? end + 1 : end, item.len);
    return true;
}

struct amount ledger_immature(const struct ledger_account *account, int32_t date)
{
    struct str rest = account->maturities;
    struct maturity item;
    int64_t sum = 0;

    while (take_first(&rest, &item)) {
        sum += item.date > date ? item.minor : 0;
    }
    return AMOUNT(sum);
}

size_t ledger_maturities(const struct ledger_account *account, int32_t date,
                         struct ledger_maturity out[LEDGER_MATURITIES_MAX])
{
    struct str rest = account->maturities;
    struct maturity item;
    size_t count = 0;

    while (take_first(&rest, &item)) {
        if (item.date > date && item.minor > 0) {
            CHECK(count < LEDGER_MATURITIES_MAX);
            out[count++] = (struct ledger_maturity){item.date, AMOUNT(item.minor)};
        }
    }
    return count;
}

struct amount ledger__maturing_on(const struct ledger_account *account, int64_t date)
{
    struct str rest = account->maturities;
    struct maturity item;

    while (take_first(&rest, &item)) {
        if (item.date == date) {
            return AMOUNT(item.minor);
        }
    }
    return AMOUNT_ZERO;
}

/* The list's items after today with the change made; one more may be among them than is allowed. */
static enum err change(const struct ledger_account *account, const struct ledger_maturing *maturing,
                       struct maturity items[LEDGER_MATURITIES_MAX + 1], size_t *count)
{
    struct str rest = account->maturities;
    struct maturity item;
    ledger_wide sum = maturing->minor;
    size_t n = 0, at = 0;

    while (take_first(&rest, &item)) {
        if (item.date == maturing->date) {
            sum += item.minor;
        } else if (item.date > maturing->today) {
            items[n++] = item;
        }
    }
    if (sum < 0) {
        return ERR_LEDGER_INSUFFICIENT;
    }
    if (sum > INT64_MAX) {
        return ERR_LEDGER_OVERFLOW;
    }
    for (at = n; at > 0 && items[at - 1].date > maturing->date; at--) {
        items[at] = items[at - 1];
    }
    items[at] = (struct maturity){(int32_t)maturing->date, (int64_t)sum};
    *count = n + 1;
    return ERR_OK;
}

enum err ledger__mature(struct arena *arena, struct ledger_account *account,
                        const struct ledger_maturing *maturing)
{
    struct maturity items[LEDGER_MATURITIES_MAX + 1];
    struct buf text;
    ledger_wide all = 0;
    size_t count;

    if (maturing->date <= maturing->today) {
        return ERR_OK;
    }
    TRY(change(account, maturing, items, &count));
    buf_init_arena(&text, arena, count * MATURITY_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        all += items[i].minor;
        buf_printf(&text, "%s%d=%lld", i > 0 ? "," : "", items[i].date, (long long)items[i].minor);
    }
    if (all > INT64_MAX) {
        return ERR_LEDGER_OVERFLOW;
    }
    if (count > LEDGER_MATURITIES_MAX) {
        return ERR_LEDGER_MATURITY;
    }
    account->maturities = buf_str(&text);
    return ERR_OK;
}
