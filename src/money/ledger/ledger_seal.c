/* What a seal is made of: the hash of a row, the chain over a day's pages, the hash of the day.
 *
 * Everything that is hashed is written as numbered values: a byte that names the value and its
 * eight bytes, the lowest first; a value that is zero is left out. So a column that is added to the
 * journal later, with a new number and zero in the rows there are, changes no seal. */
#include "money/ledger/ledger_day_int.h"

enum { VALUE_BYTES = 9, ROW_VALUES_MAX = 24 };

static unsigned char *put(unsigned char *at, unsigned char number, int64_t value)
{
    uint64_t bits = (uint64_t)value;

    if (value == 0) {
        return at;
    }
    *at++ = number;
    for (unsigned i = 0; i < sizeof(bits); i++) {
        *at++ = (unsigned char)(bits >> (8 * i));
    }
    return at;
}

static unsigned char *put_slot(unsigned char *at, unsigned char number,
                               const struct ledger_slot *slot)
{
    at = put(at, number, slot->account_id);
    at = put(at, (unsigned char)(number + 1), slot->amount.minor);
    at = put(at, (unsigned char)(number + 2), slot->sequence);
    at = put(at, (unsigned char)(number + 3), slot->balance.minor);
    at = put(at, (unsigned char)(number + 4), slot->previous);
    return put(at, (unsigned char)(number + 5), slot->matures_on);
}

static struct str bytes_between(const unsigned char *from, const unsigned char *to)
{
    return (struct str){(const char *)from, (size_t)(to - from)};
}

/* Numbers once given are never given to another value. */
void ledger__row_hash(const struct ledger_journal *row, unsigned char out[LEDGER_HASH])
{
    unsigned char bytes[ROW_VALUES_MAX * VALUE_BYTES];
    unsigned char *at = bytes;

    at = put(at, 1, row->id);
    at = put(at, 2, row->business_no);
    at = put(at, 3, (int64_t)row->source);
    at = put(at, 4, (int64_t)row->operation);
    at = put(at, 5, row->part);
    at = put(at, 6, row->leg_count);
    at = put(at, 7, row->hold_id);
    at = put(at, 8, row->created_at_ms);
    at = put(at, 9, row->business_date);
    at = put(at, 10, row->voucher);
    at = put_slot(at, 32, &row->slots[0]);
    at = put_slot(at, 64, &row->slots[1]);
    CHECK((size_t)(at - bytes) <= sizeof(bytes));
    crypto_sha256(bytes_between(bytes, at), out);
}

/* ---- pages ---- */

void ledger__hasher_begin(struct ledger_hasher *hasher)
{
    memset(hasher->chain, 0, sizeof(hasher->chain));
    hasher->count = 0;
}

const unsigned char *ledger__hasher_add(struct ledger_hasher *hasher,
                                        const struct ledger_journal *row)
{
    unsigned char *hash = hasher->rows + hasher->count * LEDGER_HASH;

    CHECK(hasher->count < LEDGER_SEAL_ROWS);
    if (hasher->count == 0) {
        hasher->first_row = row->id;
    }
    ledger__row_hash(row, hash);
    hasher->count++;
    return hash;
}

struct ledger_seal_page ledger__hasher_end_page(struct ledger_hasher *hasher, struct arena *arena)
{
    size_t size = hasher->count * LEDGER_HASH;
    unsigned char *all = arena_alloc(arena, LEDGER_HASH + size);
    char *hashes = arena_alloc(arena, hasher->count * LEDGER_SEAL_SHORT);
    struct ledger_seal_page page = {
        .id = hasher->first_row,
        .last_row = hasher->first_row + (int64_t)hasher->count - 1,
        .hashes = {hashes, hasher->count * LEDGER_SEAL_SHORT},
    };

    memcpy(all, hasher->chain, LEDGER_HASH);
    memcpy(all + LEDGER_HASH, hasher->rows, size);
    crypto_sha256(bytes_between(all, all + LEDGER_HASH + size), hasher->chain);
    for (size_t i = 0; i < hasher->count; i++) {
        memcpy(hashes + i * LEDGER_SEAL_SHORT, hasher->rows + i * LEDGER_HASH, LEDGER_SEAL_SHORT);
    }
    page.chain = str_dup(arena, bytes_between(hasher->chain, hasher->chain + LEDGER_HASH));
    hasher->count = 0;
    return page;
}

/* ---- the day ---- */

void ledger__add_value(struct buf *buf, unsigned char number, int64_t value)
{
    unsigned char bytes[VALUE_BYTES];

    buf_add(buf, bytes_between(bytes, put(bytes, number, value)));
}

static void add_sums(struct buf *buf, unsigned char number, const struct ledger_total_sums *sums)
{
    ledger__add_value(buf, number, sums->debits.minor);
    ledger__add_value(buf, (unsigned char)(number + 1), sums->credits.minor);
    ledger__add_value(buf, (unsigned char)(number + 2), sums->legs);
}

void ledger__day_hash(const struct ledger_day *day, const struct ledger_total_at *totals,
                      size_t total_count, unsigned char out[LEDGER_HASH])
{
    struct buf buf;

    buf_init(&buf, (4 + total_count) * ROW_VALUES_MAX * VALUE_BYTES);
    ledger__add_value(&buf, 1, day->id);
    ledger__add_value(&buf, 2, day->previous_id);
    ledger__add_value(&buf, 3, day->opened_at_ms);
    ledger__add_value(&buf, 4, day->cut_at_ms);
    ledger__add_value(&buf, 5, day->closed_at_ms);
    ledger__add_value(&buf, 6, day->first_row);
    ledger__add_value(&buf, 7, day->last_row);
    ledger__add_value(&buf, 8, day->journals);
    ledger__add_value(&buf, 9, day->legs);
    for (size_t i = 0; i < total_count; i++) {
        if (totals[i].closing.legs > 0) {
            ledger__add_value(&buf, 32,
                              ledger__total_id(totals[i].total.code, totals[i].total.currency));
            add_sums(&buf, 33, &totals[i].opening);
            add_sums(&buf, 36, &totals[i].closing);
        }
    }
    buf_add(&buf, day->rows_hash);
    buf_add(&buf, day->previous_hash);
    buf_add(&buf, day->records);
    CHECK(buf_ok(&buf));
    crypto_sha256(buf_str(&buf), out);
    buf_free(&buf);
}
