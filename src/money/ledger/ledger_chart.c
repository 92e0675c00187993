#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_int.h"
#include "money/ledger/ledger_voucher.h"

/* ---- the tree ---- */

static const int64_t class_max = 9;

int64_t ledger_code_parent(int64_t code)
{
    if (code <= class_max) {
        return 0;
    }
    return code <= 9999 ? code / 1000 : code / 100;
}

int ledger_code_level(int64_t code)
{
    int level = 1;

    while ((code = ledger_code_parent(code)) != 0) {
        level++;
    }
    return level;
}

/* ---- in apply ---- */

enum err ledger__chart_get(struct tx *tx, int64_t code, const struct ledger_code_row **row)
{
    const void *found;
    enum err err = tx_get(tx, &ledger__chart_table, code, &found);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_CODE;
    }
    TRY(err);
    *row = found;
    return ERR_OK;
}

enum err ledger_code_is_kept_for(struct tx *tx, int64_t code, enum ledger_owner owner, bool *kept)
{
    const struct ledger_code_row *row;
    enum err err = ledger__chart_get(tx, code, &row);

    *kept = true;
    if (err == ERR_LEDGER_CODE) {
        return ERR_OK;
    }
    TRY(err);
    *kept = row->owners == 0 || (row->owners & INT64_C(1) << owner) != 0;
    return ERR_OK;
}

static bool is_open_on(const struct ledger_code_row *row, int32_t date)
{
    return row->opened_on <= date && (row->closed_on == 0 || date < row->closed_on);
}

enum err ledger__chart_open_on(struct tx *tx, int64_t code, int32_t date)
{
    const struct ledger_code_row *row;

    TRY(ledger__chart_get(tx, code, &row));
    return is_open_on(row, date) ? ERR_OK : ERR_LEDGER_CODE_CLOSED;
}

static enum err get_version(struct tx *tx, const struct ledger_code_row *code, int64_t number,
                            const struct ledger_code_version **version)
{
    const void *row;
    enum err err =
        tx_get(tx, &ledger__chart_version_table, ledger__code_version_id(code->code, number), &row);

    CHECK(err != ERR_STORE_NOT_FOUND);
    TRY(err);
    *version = row;
    return ERR_OK;
}

enum err ledger__chart_version_on(struct tx *tx, const struct ledger_code_row *code, int32_t date,
                                  const struct ledger_code_version **version)
{
    for (int64_t number = code->version; number > 0; number--) {
        TRY(get_version(tx, code, number, version));
        if ((*version)->valid_from <= date) {
            return ERR_OK;
        }
    }
    check_failed("a code without a version on the date", __FILE__, __LINE__);
}

enum err ledger__chart_takes_any(struct tx *tx, const struct ledger_code_row *code, int64_t date,
                                 bool *takes)
{
    int64_t next_from = INT64_MAX; /* what begins no earlier was replaced */

    *takes = true;
    for (int64_t number = code->version; number > 0 && next_from > date; number--) {
        const struct ledger_code_version *version;

        TRY(get_version(tx, code, number, &version));
        if (version->valid_from < next_from) {
            *takes = *takes && version->currencies.len == 0;
            next_from = version->valid_from;
        }
    }
    return ERR_OK;
}

bool ledger__chart_takes(struct str currencies, enum currency currency)
{
    struct str head;
    bool more = currencies.len > 0, found = !more;

    while (more && !found) {
        more = str_cut(&currencies, ',', &head);
        found = str_eq(head, currency_code(currency));
    }
    return found;
}

enum err ledger__chart_terms(struct tx *tx, const struct ledger_account_key *key, int32_t date,
                             bool fact, struct ledger_code_terms *terms)
{
    const struct ledger_code_version *version;
    const struct ledger_code_row *code;
    enum err err = ledger__chart_get(tx, key->code, &code);

    if (err == ERR_LEDGER_CODE) {
        return ledger__refuse(tx, err, "code");
    }
    TRY(err);
    if (!code->leaf) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_NOT_LEAF, "code");
    }
    if (!is_open_on(code, date)) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_CLOSED, "code");
    }
    if (!currency_is_known(key->currency)) {
        return ledger__refuse(tx, ERR_CURRENCY_UNKNOWN, "currency");
    }
    TRY(ledger__chart_version_on(tx, code, date, &version));
    if (!fact && !ledger__chart_takes(version->currencies, key->currency)) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_CURRENCY, "currency");
    }
    *terms = (struct ledger_code_terms){.side = code->side, .has_floor = version->has_floor};
    return ERR_OK;
}

enum err ledger__chart_add_account(struct tx *tx, const struct ledger_account_key *key,
                                   int32_t date, bool fact, struct ledger_code_terms *terms)
{
    void *row;

    TRY(ledger__chart_terms(tx, key, date, fact, terms));
    TRY(tx_edit(tx, &ledger__chart_table, key->code, &row));
    ((struct ledger_code_row *)row)->accounts++;
    return ERR_OK;
}

void ledger__chart_prefetch(struct prefetch *pre, int64_t code)
{
    const struct ledger_code_row *row = prefetch_peek(pre, &ledger__chart_table, code);

    prefetch_id(pre, &ledger__chart_table, code);
    if (row != NULL) {
        prefetch_id(pre, &ledger__chart_version_table, ledger__code_version_id(code, row->version));
    }
}
