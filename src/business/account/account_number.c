#include "base/time.h"
#include "business/account/account_int.h"

enum { SERIAL_DIGITS = 8, SHARD_DIGITS = 2, DATE_DIGITS = 8, PREFIX_DIGITS = 2 };

/* The time in an id changes most from owner to owner: its low bits stand above node and sequence.
 */
int account_shard_of(int64_t owner_id)
{
    return (int)((owner_id >> 22) % ACCOUNT_SHARDS);
}

/* ISO 7064 MOD 11,10: the digit that makes the whole number right. */
static char check_digit(struct str digits)
{
    int p = 10;

    for (size_t i = 0; i < digits.len; i++) {
        int sum = (p + (digits.ptr[i] - '0')) % 10;

        p = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (char)('0' + (11 - p) % 10);
}

void account_number_print(struct buf *buf, const struct account_number *number)
{
    size_t start = buf->len;

    CHECK(number->serial > 0 && number->shard >= 0 && number->shard < ACCOUNT_SHARDS);
    buf_printf(buf, "10%08d%08lld%02d", number->opened_on, (long long)number->serial,
               number->shard);
    buf_add_char(buf, check_digit(str_slice(buf_str(buf), start, buf->len)));
}

enum err account_number_parse(struct str text, struct account_number *out)
{
    const size_t least = PREFIX_DIGITS + DATE_DIGITS + SERIAL_DIGITS + SHARD_DIGITS + 1;
    size_t serial = PREFIX_DIGITS + DATE_DIGITS, shard;
    int64_t date, shard_no;

    if (text.len < least || text.len > ACCOUNT_NUMBER_MAX - 1 || !str_is_digits(text) ||
        !str_starts(text, STR("10"))) {
        return ERR_FIELD_FORMAT;
    }
    shard = text.len - 1 - SHARD_DIGITS;
    if (check_digit(str_slice(text, 0, text.len - 1)) != text.ptr[text.len - 1] ||
        (shard - serial > SERIAL_DIGITS && text.ptr[serial] == '0') ||
        str_parse_int(str_slice(text, PREFIX_DIGITS, serial), &date) != ERR_OK ||
        str_parse_int(str_slice(text, serial, shard), &out->serial) != ERR_OK ||
        str_parse_int(str_slice(text, shard, text.len - 1), &shard_no) != ERR_OK ||
        out->serial <= 0 || shard_no >= ACCOUNT_SHARDS || !time_date_is_valid((int32_t)date)) {
        return ERR_FIELD_FORMAT;
    }
    out->opened_on = (int32_t)date;
    out->shard = (int)shard_no;
    return ERR_OK;
}

struct str account_number_of(const struct ledger_account *account, int64_t serial,
                             struct arena *arena)
{
    const struct account_number parts = {
        .opened_on = time_business_date(account->created_at_ms),
        .serial = serial,
        .shard = account_shard_of(account->owner_id),
    };
    struct buf text;

    buf_init_arena(&text, arena, ACCOUNT_NUMBER_MAX);
    account_number_print(&text, &parts);
    return buf_str(&text);
}

enum err account_number_read(struct reader *reader, const struct ledger_account *account,
                             struct arena *arena, struct str *number)
{
    int64_t serial;

    TRY(ledger_read_serial(reader, account->id, arena, &serial));
    *number = account_number_of(account, serial, arena);
    return ERR_OK;
}
