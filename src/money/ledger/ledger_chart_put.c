/* The commands that change the chart: a new code, a new version of one, and its end. */
#include "base/time.h"
#include "money/ledger/ledger_day_int.h"
#include "money/ledger/ledger_voucher_int.h"

enum { CURRENCY_NUMBERS = 1000 }; /* ISO 4217 numeric */

static enum err edit_code(struct tx *tx, int64_t code, struct ledger_code_row **row)
{
    void *edited;

    TRY(tx_edit(tx, &ledger__chart_table, code, &edited));
    *row = edited;
    return ERR_OK;
}

/* What the books need as it is: a template names it, or code posts under it by itself. */
static enum err is_needed(struct tx *tx, int64_t code, bool *needed)
{
    int32_t today;

    TRY(ledger_today(tx, &today));
    TRY(ledger__template_names(tx, code, today, needed));
    *needed = *needed || code == LEDGER_CODE_WAITING;
    return ERR_OK;
}

/* ---- a new code or version ---- */

static bool has_form(int64_t code)
{
    static const struct {
        int64_t from, until;
    } forms[] = {
        {1000, 9999},
        {100000, 999999},
        {10000000, 99999999},
        {INT64_C(1000000000), INT64_C(9999999999)},
    };

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (code >= forms[i].from && code <= forms[i].until) {
            return true;
        }
    }
    return false;
}

static struct str join_currencies(struct arena *arena, const struct ledger_chart_put *put)
{
    struct buf text;

    buf_init_arena(&text, arena, LEDGER_CODE_CURRENCIES_MAX * 4);
    for (size_t i = 0; i < put->currency_count; i++) {
        if (i > 0) {
            buf_add_char(&text, ',');
        }
        buf_add(&text, currency_code(put->currencies[i]));
    }
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

static enum err last_version(struct tx *tx, const struct ledger_code_row *code,
                             const struct ledger_code_version **version)
{
    const void *row;
    enum err err = tx_get(tx, &ledger__chart_version_table,
                          ledger__code_version_id(code->code, code->version), &row);

    CHECK(err != ERR_STORE_NOT_FOUND);
    TRY(err);
    *version = row;
    return ERR_OK;
}

static bool same_version(const struct ledger_code_version *a, const struct ledger_code_version *b)
{
    return a->valid_from == b->valid_from && str_eq(a->name, b->name) &&
           str_eq(a->name_zh, b->name_zh) && a->has_floor == b->has_floor &&
           str_eq(a->currencies, b->currencies);
}

/* Not in the past, and later than the version in force. */
static enum err check_date(struct tx *tx, const struct ledger_code_row *code, int64_t valid_from)
{
    const struct ledger_code_version *in_force;
    int64_t first = 0;
    int32_t today;

    TRY(ledger_today(tx, &today));
    if (code != NULL && code->opened_on > today) {
        first = code->opened_on;
    } else if (code != NULL) {
        TRY(ledger__chart_version_on(tx, code, today, &in_force));
        first = in_force->valid_from + 1;
    }
    if (!time_date_is_valid((int32_t)valid_from) || valid_from < today || valid_from < first) {
        return ledger__refuse(tx, ERR_LEDGER_VERSION_DATE, "valid_from");
    }
    return ERR_OK;
}

/* The code above, which gets one more below it and is no leaf from then on. */
static enum err check_parent(struct tx *tx, int64_t parent_code)
{
    const struct ledger_code_row *parent;
    enum err err = ledger__chart_get(tx, parent_code, &parent);
    bool needed = false;

    if (err == ERR_LEDGER_CODE) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_FORM, "code");
    }
    TRY(err);
    if (parent->closed_on != 0) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_CLOSED, "code");
    }
    if (parent->leaf) {
        TRY(is_needed(tx, parent_code, &needed));
    }
    return parent->accounts > 0 || needed ? ledger__refuse(tx, ERR_LEDGER_CODE_IN_USE, "code")
                                          : ERR_OK;
}

static struct ledger_code_version version_of(struct tx *tx, const struct ledger_chart_put *put,
                                             int64_t number)
{
    return (struct ledger_code_version){
        .id = ledger__code_version_id(put->code, number),
        .valid_from = put->valid_from,
        .name = put->name,
        .name_zh = put->name_zh,
        .has_floor = put->has_floor,
        .currencies = join_currencies(tx_arena(tx), put),
        .operator_id = put->operator_id,
        .reviewer_id = put->reviewer_id,
        .reason = put->reason,
        .created_at_ms = tx_now_ms(tx),
    };
}

/* Whether more was debited than credited, or less, in the currency under the code. */
static enum err has_balance(struct tx *tx, int64_t code, enum currency currency, bool *has)
{
    const struct ledger_total *total;
    const void *row;
    enum err err = tx_get(tx, &ledger__total_table, ledger__total_id(code, currency), &row);

    *has = false;
    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    total = row;
    *has = total->sums.debits.minor != total->sums.credits.minor;
    return ERR_OK;
}

/* A currency that the code takes and would take no more is needed by nobody. */
static enum err check_currencies(struct tx *tx, const struct ledger_code_version *before,
                                 const struct ledger_code_version *version)
{
    int64_t code = ledger__code_of_version(version->id);
    bool needed;

    TRY(is_needed(tx, code, &needed));
    for (int number = 1; number < CURRENCY_NUMBERS; number++) {
        enum currency currency = (enum currency)number;
        bool balance = false;

        if (!currency_is_known(currency) || !ledger__chart_takes(before->currencies, currency) ||
            ledger__chart_takes(version->currencies, currency)) {
            continue;
        }
        if (!needed) {
            TRY(has_balance(tx, code, currency, &balance));
        }
        if (needed || balance) {
            return ledger__refuse(tx, ERR_LEDGER_CODE_NEEDED, "currencies");
        }
    }
    return ERR_OK;
}

static enum err check_new(struct tx *tx, const struct ledger_chart_put *put)
{
    TRY(check_date(tx, NULL, put->valid_from));
    return check_parent(tx, ledger_code_parent(put->code));
}

static enum err check_next(struct tx *tx, const struct ledger_chart_put *put,
                           const struct ledger_code_row *code, struct ledger_versioned *out)
{
    const struct ledger_code_version version = version_of(tx, put, code->version + 1);
    const struct ledger_code_version *last;

    if (code->closed_on != 0) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_CLOSED, "code");
    }
    if (code->side != put->side) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_SIDE, "side");
    }
    TRY(last_version(tx, code, &last));
    out->exists = same_version(last, &version);
    out->version = code->version + (out->exists ? 0 : 1);
    if (out->exists) {
        return ERR_OK;
    }
    TRY(check_date(tx, code, put->valid_from));
    TRY(check_currencies(tx, last, &version));
    return out->version <= LEDGER_VERSIONS_MAX
               ? ERR_OK
               : ledger__refuse(tx, ERR_LEDGER_VERSION_DATE, "valid_from");
}

enum err ledger_chart_check(struct tx *tx, const struct ledger_chart_put *put,
                            struct ledger_versioned *out)
{
    const struct ledger_code_row *code;
    enum err err;

    *out = (struct ledger_versioned){.version = 1};
    if (!has_form(put->code)) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_FORM, "code");
    }
    if (put->currency_count > LEDGER_CODE_CURRENCIES_MAX) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_CURRENCY, "currencies");
    }
    err = ledger__chart_get(tx, put->code, &code);
    if (err == ERR_LEDGER_CODE) {
        return check_new(tx, put);
    }
    TRY(err);
    return check_next(tx, put, code, out);
}

static enum err insert_code(struct tx *tx, const struct ledger_chart_put *put)
{
    const struct ledger_code_row row = {
        .code = put->code,
        .side = put->side,
        .leaf = true,
        .version = 1,
        .opened_on = put->valid_from,
    };
    struct ledger_code_row *parent;

    TRY(edit_code(tx, ledger_code_parent(put->code), &parent));
    parent->leaf = false;
    parent->children++;
    return tx_insert(tx, &ledger__chart_table, &row);
}

enum err ledger_chart_put(struct tx *tx, const struct ledger_chart_put *put,
                          struct ledger_versioned *out)
{
    struct ledger_code_version version;
    struct ledger_code_row *row;

    TRY(ledger_chart_check(tx, put, out));
    if (out->exists) {
        return ERR_OK;
    }
    if (out->version == 1) {
        TRY(insert_code(tx, put));
    } else {
        TRY(edit_code(tx, put->code, &row));
        row->version++;
    }
    version = version_of(tx, put, out->version);
    return tx_insert(tx, &ledger__chart_version_table, &version);
}

static enum err put_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_chart_put(tx, arg, result);
}

const struct command_kind ledger_chart_put_kind = {
    .name = "ledger.chart_put",
    .apply = put_apply,
    .result_size = sizeof(struct ledger_versioned),
};

/* ---- the end of a code ---- */

/* All accounts that were ever opened under the code are among those given: their number says so. */
static enum err check_accounts(struct tx *tx, const struct ledger_chart_close *close)
{
    for (size_t i = 0; i < close->account_count; i++) {
        const struct ledger_account *account;

        TRY(ledger_account_get(tx, close->account_ids[i], &account));
        CHECK(account->code == close->code);
        if (account->posted.minor != 0 || account->holds > 0 || account->pending > 0) {
            return ledger__refuse(tx, ERR_LEDGER_CODE_BALANCE, "code");
        }
    }
    return ERR_OK;
}

static enum err check_unused(struct tx *tx, const struct ledger_chart_close *close,
                             const struct ledger_code_row *code)
{
    bool needed;

    TRY(is_needed(tx, close->code, &needed));
    if (code->children > 0 || needed || close->account_count > LEDGER_CLOSE_ACCOUNTS_MAX) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_IN_USE, "code");
    }
    if (code->accounts != (int64_t)close->account_count) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_CHANGED, "code");
    }
    return check_accounts(tx, close);
}

enum err ledger_chart_close_check(struct tx *tx, const struct ledger_chart_close *close,
                                  int64_t *closed_on)
{
    const struct ledger_code_row *code;
    enum err err = ledger__chart_get(tx, close->code, &code);

    if (err == ERR_LEDGER_CODE) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_NOT_FOUND, "code");
    }
    TRY(err);
    *closed_on = code->closed_on;
    return code->closed_on != 0 ? ERR_OK : check_unused(tx, close, code);
}

enum err ledger_chart_close(struct tx *tx, const struct ledger_chart_close *close)
{
    int64_t parent = ledger_code_parent(close->code);
    struct ledger_code_row *row;
    int64_t closed_on;
    int32_t today;

    TRY(ledger_chart_close_check(tx, close, &closed_on));
    if (closed_on != 0) {
        return ERR_OK;
    }
    TRY(ledger_today(tx, &today));
    TRY(edit_code(tx, close->code, &row));
    row->closed_on = today;
    row->closing_operator_id = close->by.operator_id;
    row->closing_reviewer_id = close->by.reviewer_id;
    row->closing_reason = close->by.reason;
    if (parent != 0) {
        TRY(edit_code(tx, parent, &row));
        row->children--;
    }
    return ERR_OK;
}

void ledger_chart_close_prefetch(struct prefetch *pre, const struct ledger_chart_close *close,
                                 unsigned round)
{
    for (size_t i = 0; round == 0 && i < close->account_count; i++) {
        prefetch_id(pre, &ledger__account_table, close->account_ids[i]);
    }
}
