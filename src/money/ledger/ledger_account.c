#include "money/ledger/ledger_int.h"

static ledger_wide wide_available(const struct ledger_account *account)
{
    return (ledger_wide)account->posted.minor - account->held.minor -
           (account->has_floor ? account->floor.minor : 0);
}

struct amount ledger_available(const struct ledger_account *account)
{
    ledger_wide available = wide_available(account);

    if (available > INT64_MAX) {
        return AMOUNT(INT64_MAX);
    }
    return available < INT64_MIN ? AMOUNT(INT64_MIN) : AMOUNT((int64_t)available);
}

bool ledger__account_covers(const struct ledger_account *account)
{
    return !account->has_floor || wide_available(account) >= 0;
}

void ledger__account_check(const struct ledger_account *account)
{
    ledger_wide net = (ledger_wide)account->debits.minor - account->credits.minor;

    CHECK(account->side == LEDGER_DEBIT || account->side == LEDGER_CREDIT);
    CHECK(account->posted.minor == (account->side == LEDGER_DEBIT ? net : -net));
    CHECK(account->debits.minor >= 0 && account->credits.minor >= 0 && account->held.minor >= 0);
    CHECK((account->sequence == 0) == (account->last_position == 0));
    CHECK(ledger__account_covers(account));
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

enum err ledger_account_open(struct tx *tx, const struct ledger_account_key *key,
                             int64_t *account_id)
{
    const struct ledger_chart_row *chart = ledger_chart_find(key->code);
    struct ledger_account account;
    enum err err;

    if (chart == NULL) {
        return ledger__refuse(tx, ERR_LEDGER_CODE, "code");
    }
    if (!currency_is_known(key->currency)) {
        return ledger__refuse(tx, ERR_CURRENCY_UNKNOWN, "currency");
    }
    err = find(tx, key, account_id);
    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    account = (struct ledger_account){
        .id = tx_id(tx),
        .owner_id = key->owner_id,
        .code = key->code,
        .currency = key->currency,
        .side = chart->side,
        .has_floor = chart->has_floor,
        .created_at_ms = tx_now_ms(tx),
    };
    TRY(tx_insert(tx, &ledger__account_table, &account));
    *account_id = account.id;
    return ERR_OK;
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

enum err ledger_account_set_floor(struct tx *tx, int64_t account_id, bool has_floor,
                                  struct amount floor)
{
    const struct ledger_account *account;
    struct ledger_account next;
    void *row;
    enum err err = ledger_account_get(tx, account_id, &account);

    if (err == ERR_LEDGER_ACCOUNT) {
        return ledger__refuse(tx, err, "account");
    }
    TRY(err);
    next = *account;
    next.has_floor = has_floor;
    next.floor = has_floor ? floor : AMOUNT_ZERO;
    if (!ledger__account_covers(&next)) {
        return ledger__refuse(tx, ERR_LEDGER_INSUFFICIENT, "floor");
    }
    TRY(tx_edit(tx, &ledger__account_table, account_id, &row));
    *(struct ledger_account *)row = next;
    return ERR_OK;
}
