#include "base/time.h"
#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_int.h"

/* What is neither held nor immature, above the floor. */
static ledger_wide wide_free(const struct ledger_account *account, int32_t date)
{
    return (ledger_wide)account->posted.minor - account->held.minor -
           ledger_immature(account, date).minor - (account->has_floor ? account->floor.minor : 0);
}

static struct amount kept_to_64_bits(ledger_wide amount)
{
    if (amount > INT64_MAX) {
        return AMOUNT(INT64_MAX);
    }
    return amount < INT64_MIN ? AMOUNT(INT64_MIN) : AMOUNT((int64_t)amount);
}

/* What of the free money is kept for holds that wait. */
static ledger_wide wide_kept(const struct ledger_account *account, int32_t date)
{
    ledger_wide free = wide_free(account, date);

    if (free <= 0 || !account->has_floor) {
        return 0;
    }
    return free < account->awaited.minor ? free : account->awaited.minor;
}

struct amount ledger_available(const struct ledger_account *account, int32_t date)
{
    return kept_to_64_bits(wide_free(account, date) - wide_kept(account, date));
}

struct amount ledger__free(const struct ledger_account *account, int32_t date)
{
    return kept_to_64_bits(wide_free(account, date));
}

bool ledger__account_keeps(const struct ledger_account *next, const struct ledger_account *before,
                           int32_t date)
{
    return !next->has_floor || wide_free(next, date) >= wide_kept(before, date);
}

bool ledger__account_covers(const struct ledger_account *account, int32_t date)
{
    return !account->has_floor || wide_free(account, date) >= 0;
}

void ledger__account_check(const struct ledger_account *account, int32_t date)
{
    ledger_wide net = (ledger_wide)account->debits.minor - account->credits.minor;

    CHECK(account->side == LEDGER_DEBIT || account->side == LEDGER_CREDIT);
    CHECK(account->posted.minor == (account->side == LEDGER_DEBIT ? net : -net));
    CHECK(account->debits.minor >= 0 && account->credits.minor >= 0);
    CHECK(account->held.minor >= 0 && account->awaited.minor >= 0);
    CHECK((account->sequence == 0) == (account->last_position == 0));
    CHECK(account->credit_blocks >= 0 && account->debit_blocks >= 0 && account->pending >= 0);
    CHECK(account->holds >= account->credit_blocks && account->holds >= account->debit_blocks);
    CHECK(account->status == LEDGER_ACCOUNT_OPEN ||
          (account->posted.minor == 0 && account->holds == 0));
    CHECK(ledger__account_covers(account, date));
}

static enum err find(struct tx *tx, const struct ledger_account_key *key, int64_t *account_id)
{
    const struct ledger_account like = {
        .owner_id = key->owner_id, .code = key->code, .currency = key->currency};
    const void *row;

    TRY(tx_find(tx, &ledger__account_table, 0, &like, &row));
    *account_id = ((const struct ledger_account *)row)->id;
    return ERR_OK;
}

enum err ledger_account_id(struct tx *tx, const struct ledger_account_key *key, int64_t *account_id)
{
    enum err err = find(tx, key, account_id);

    return err == ERR_STORE_NOT_FOUND ? ERR_LEDGER_ACCOUNT : err;
}

static enum err append_terms(struct tx *tx, const struct ledger_account *account)
{
    struct ledger_terms terms = {
        .account_id = account->id,
        .owner_id = account->owner_id,
        .code = account->code,
        .currency = account->currency,
        .side = account->side,
        .opened_at_ms = account->created_at_ms,
        .status = account->status,
        .deferred = account->deferred,
        .has_floor = account->has_floor,
        .floor = account->floor,
        .created_at_ms = tx_now_ms(tx),
    };

    TRY(ledger__date(tx, &terms.date));
    terms.id = tx_sequence(tx, &ledger__terms_sequence);
    tx_append(tx, &ledger__terms_table, &terms);
    return ERR_OK;
}

enum err ledger__account_open(struct tx *tx, const struct ledger_account_key *key, bool fact,
                              int64_t *account_id)
{
    struct ledger_code_terms terms;
    struct ledger_account account;
    enum err err = find(tx, key, account_id);

    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    /* Not ledger_today: an account without a movement begins no business day. */
    TRY(ledger__chart_add_account(tx, key, time_business_date(tx_now_ms(tx)), fact, &terms));
    account = (struct ledger_account){
        .id = tx_id(tx),
        .owner_id = key->owner_id,
        .code = key->code,
        .currency = key->currency,
        .side = terms.side,
        .status = LEDGER_ACCOUNT_OPEN,
        .has_floor = terms.has_floor,
        .created_at_ms = tx_now_ms(tx),
    };
    TRY(tx_insert(tx, &ledger__account_table, &account));
    TRY(append_terms(tx, &account));
    *account_id = account.id;
    return tx_insert(tx, &ledger__serial_table,
                     &(struct ledger_serial){.serial = tx_sequence(tx, &ledger__serial_sequence),
                                             .account_id = account.id});
}

enum err ledger_account_open(struct tx *tx, const struct ledger_account_key *key,
                             int64_t *account_id)
{
    return ledger__account_open(tx, key, false, account_id);
}

enum err ledger_account_open_fact(struct tx *tx, const struct ledger_account_key *key,
                                  int64_t *account_id)
{
    return ledger__account_open(tx, key, true, account_id);
}

const struct ledger_account *ledger_prefetch_account(struct prefetch *pre, int64_t account_id,
                                                     unsigned round)
{
    if (round == 0) {
        prefetch_id(pre, &ledger__account_table, account_id);
        return NULL;
    }
    return prefetch_peek(pre, &ledger__account_table, account_id);
}

enum err ledger_account_get(struct tx *tx, int64_t account_id,
                            const struct ledger_account **account)
{
    const void *row;
    enum err err = tx_get(tx, &ledger__account_table, account_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_ACCOUNT;
    }
    TRY(err);
    *account = row;
    return ERR_OK;
}

enum err ledger__account_open_one(struct tx *tx, int64_t account_id,
                                  const struct ledger_account **account)
{
    enum err err = ledger_account_get(tx, account_id, account);

    if (err == ERR_LEDGER_ACCOUNT) {
        return ledger__refuse(tx, err, "account");
    }
    TRY(err);
    return (*account)->status == LEDGER_ACCOUNT_OPEN
               ? ERR_OK
               : ledger__refuse(tx, ERR_LEDGER_ACCOUNT_CLOSED, "account");
}

enum err ledger__account_copy(struct tx *tx, int64_t account_id, struct ledger_account *copy)
{
    const struct ledger_account *account;
    enum err err = ledger_account_get(tx, account_id, &account);

    if (err == ERR_LEDGER_ACCOUNT) {
        return ledger__refuse(tx, err, "account");
    }
    TRY(err);
    *copy = *account;
    return ERR_OK;
}

/* The same of an account that is not the books' own. */
static enum err copy_foreign(struct tx *tx, int64_t account_id, struct ledger_account *copy)
{
    TRY(ledger__account_copy(tx, account_id, copy));
    return copy->code == LEDGER_CODE_WAITING ? ledger__refuse(tx, ERR_LEDGER_CODE_OWN, "account")
                                             : ERR_OK;
}

enum err ledger__account_put(struct tx *tx, const struct ledger_account *account)
{
    void *row;

    TRY(tx_edit(tx, &ledger__account_table, account->id, &row));
    *(struct ledger_account *)row = *account;
    return ERR_OK;
}

/* The account with terms that may be others than before. */
static enum err put_terms(struct tx *tx, const struct ledger_account *next)
{
    const struct ledger_account *account;

    TRY(ledger_account_get(tx, next->id, &account));
    if (account->status != next->status || account->deferred != next->deferred ||
        account->has_floor != next->has_floor || account->floor.minor != next->floor.minor) {
        TRY(append_terms(tx, next));
    }
    return ledger__account_put(tx, next);
}

enum err ledger_account_set_floor(struct tx *tx, int64_t account_id, bool has_floor,
                                  struct amount floor)
{
    struct ledger_account next;
    int32_t today;

    TRY(ledger_today(tx, &today));
    TRY(copy_foreign(tx, account_id, &next));
    next.has_floor = has_floor;
    next.floor = has_floor ? floor : AMOUNT_ZERO;
    if (!ledger__account_covers(&next, today)) {
        return ledger__refuse(tx, ERR_LEDGER_INSUFFICIENT, "floor");
    }
    return put_terms(tx, &next);
}

enum err ledger_account_set_deferred(struct tx *tx, int64_t account_id, bool deferred)
{
    struct ledger_account next;

    TRY(copy_foreign(tx, account_id, &next));
    next.deferred = deferred;
    return put_terms(tx, &next);
}

enum err ledger_account_close(struct tx *tx, int64_t account_id)
{
    struct ledger_account next;

    TRY(copy_foreign(tx, account_id, &next));
    if (next.status == LEDGER_ACCOUNT_CLOSED) {
        return ERR_OK;
    }
    if (next.posted.minor != 0) {
        return ledger__refuse(tx, ERR_LEDGER_ACCOUNT_BALANCE, "account");
    }
    if (next.holds > 0) {
        return ledger__refuse(tx, ERR_LEDGER_ACCOUNT_HELD, "account");
    }
    if (next.pending > 0) {
        return ledger__refuse(tx, ERR_LEDGER_ACCOUNT_PENDING, "account");
    }
    next.status = LEDGER_ACCOUNT_CLOSED;
    return put_terms(tx, &next);
}

enum err ledger_account_reopen(struct tx *tx, int64_t account_id)
{
    struct ledger_account next;

    TRY(ledger__account_copy(tx, account_id, &next));
    next.status = LEDGER_ACCOUNT_OPEN;
    TRY(put_terms(tx, &next));
    return next.pending > 0 ? ledger_pending_retry(tx, account_id) : ERR_OK;
}

/* ---- serial numbers ---- */

enum err ledger_account_serial(struct tx *tx, int64_t account_id, int64_t *serial)
{
    const struct ledger_serial like = {.account_id = account_id};
    const void *row;
    enum err err = tx_find(tx, &ledger__serial_table, 0, &like, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_ACCOUNT;
    }
    TRY(err);
    *serial = ((const struct ledger_serial *)row)->serial;
    return ERR_OK;
}

enum err ledger_account_by_serial(struct tx *tx, int64_t serial, int64_t *account_id)
{
    const void *row;
    enum err err = tx_get(tx, &ledger__serial_table, serial, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_ACCOUNT;
    }
    TRY(err);
    *account_id = ((const struct ledger_serial *)row)->account_id;
    return ERR_OK;
}
