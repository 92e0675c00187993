/* Putting a new version of a template: what it must be, so that it balances whatever the amounts.
 */
#include "base/time.h"
#include "money/ledger/ledger_voucher_int.h"

/* ---- what a template must be ---- */

static enum err check_code(struct tx *tx, const struct ledger_template_put *put, size_t number)
{
    const struct ledger_code_row *code;
    enum err err = ledger__chart_get(tx, put->legs[number].code, &code);
    bool takes_any = true;

    if (err == ERR_OK && !code->leaf) {
        err = ERR_LEDGER_CODE_NOT_LEAF;
    }
    if (err == ERR_OK) {
        err = ledger__chart_open_on(tx, put->legs[number].code, (int32_t)put->valid_from);
    }
    if (err == ERR_OK && code->code == LEDGER_CODE_WAITING) {
        err = ERR_LEDGER_CODE_OWN;
    }
    if (err == ERR_OK) {
        TRY(ledger__chart_takes_any(tx, code, put->valid_from, &takes_any));
        err = takes_any ? ERR_OK : ERR_LEDGER_CODE_CURRENCY;
    }
    if (err == ERR_LEDGER_CODE || err == ERR_LEDGER_CODE_NOT_LEAF ||
        err == ERR_LEDGER_CODE_CLOSED || err == ERR_LEDGER_CODE_OWN ||
        err == ERR_LEDGER_CODE_CURRENCY) {
        return ledger__refuse_leg(tx, err, number, "code");
    }
    return err;
}

/* Adds the leg to the sums of its currency, debits positive. */
static bool add_expression(const struct ledger_event_row *event,
                           const struct ledger_template_leg *leg,
                           int sums[LEDGER_CURRENCY_OTHER + 1][LEDGER_AMOUNT_END])
{
    struct ledger_expression expression;

    if (leg->amount.len > LEDGER_EXPRESSION_MAX ||
        !ledger__expression_parse(leg->amount, &expression)) {
        return false;
    }
    for (int name = LEDGER_AMOUNT_GROSS; name < LEDGER_AMOUNT_END; name++) {
        if (expression.counts[name] != 0 &&
            ledger_event_amount(event, (enum ledger_amount_name)name) == NULL) {
            return false;
        }
        sums[leg->currency][name] +=
            leg->side == LEDGER_DEBIT ? expression.counts[name] : -expression.counts[name];
    }
    return true;
}

static enum err check_leg(struct tx *tx, const struct ledger_template_put *put, size_t number,
                          int sums[LEDGER_CURRENCY_OTHER + 1][LEDGER_AMOUNT_END])
{
    const struct ledger_event_row *event = ledger_event_row(put->event);
    const struct ledger_template_leg *leg = &put->legs[number];
    bool kept;

    CHECK(leg->side == LEDGER_DEBIT || leg->side == LEDGER_CREDIT);
    TRY(check_code(tx, put, number));
    if (leg->owner != LEDGER_OWNER_PLATFORM && (event->owners & 1U << leg->owner) == 0) {
        return ledger__refuse_leg(tx, ERR_LEDGER_OWNER, number, "owner");
    }
    TRY(ledger_code_is_kept_for(tx, leg->code, leg->owner, &kept));
    if (!kept) {
        return ledger__refuse_leg(tx, ERR_LEDGER_CODE_OWNER, number, "owner");
    }
    if (leg->currency != LEDGER_CURRENCY_MAIN && !event->exchange) {
        return ledger__refuse_leg(tx, ERR_LEDGER_EXPRESSION, number, "currency");
    }
    return add_expression(event, leg, sums)
               ? ERR_OK
               : ledger__refuse_leg(tx, ERR_LEDGER_EXPRESSION, number, "amount");
}

/* Sums are linear in the named amounts: they balance for all inputs when each amount is counted as
 * often in the debits as in the credits. */
static enum err check_legs(struct tx *tx, const struct ledger_template_put *put)
{
    int sums[LEDGER_CURRENCY_OTHER + 1][LEDGER_AMOUNT_END] = {{0}};

    if (put->leg_count > LEDGER_TEMPLATE_LEGS_MAX ||
        (put->leg_count > 0 && put->leg_count < LEDGER_LEGS_MIN)) {
        return ledger__refuse(tx, ERR_LEDGER_LEGS, "legs");
    }
    for (size_t i = 0; i < put->leg_count; i++) {
        TRY(check_leg(tx, put, i, sums));
    }
    for (int currency = LEDGER_CURRENCY_MAIN; currency <= LEDGER_CURRENCY_OTHER; currency++) {
        for (int name = LEDGER_AMOUNT_GROSS; name < LEDGER_AMOUNT_END; name++) {
            if (sums[currency][name] != 0) {
                return ledger__refuse(tx, ERR_LEDGER_UNBALANCED, "legs");
            }
        }
    }
    return ERR_OK;
}

static enum err check_event(struct tx *tx, const struct ledger_template_put *put)
{
    const struct ledger_event_row *event = ledger_event_row(put->event);

    if (event == NULL) {
        return ledger__refuse(tx, ERR_LEDGER_VOUCHER, "event");
    }
    return event->by_mode == (put->mode != 0) ? ERR_OK
                                              : ledger__refuse(tx, ERR_LEDGER_VOUCHER, "mode");
}

/* ---- versions ---- */

/* The last version of the template; NULL: it has none. */
static enum err last_version(struct tx *tx, const struct ledger_template_put *put,
                             const struct ledger_template_row **last)
{
    int64_t id = ledger__template_id(put->event, put->mode, 1);
    enum err err = ledger__template_get(tx, id, last);

    if (err == ERR_LEDGER_VOUCHER) {
        *last = NULL;
        return ERR_OK;
    }
    TRY(err);
    while ((*last)->valid_until != 0) {
        id++;
        TRY(ledger__template_get(tx, id, last));
    }
    return ERR_OK;
}

static bool same_leg(const struct ledger_template_leg *a, const struct ledger_template_leg *b)
{
    return a->side == b->side && a->code == b->code && a->owner == b->owner &&
           a->currency == b->currency && str_eq(a->amount, b->amount) && a->matures == b->matures &&
           str_eq(a->memo, b->memo);
}

static enum err is_same(struct tx *tx, const struct ledger_template_put *put,
                        const struct ledger_template_row *last, bool *same)
{
    *same = last != NULL && last->valid_from == put->valid_from &&
            last->leg_count == (int64_t)put->leg_count;
    for (size_t i = 0; *same && i < put->leg_count; i++) {
        const struct ledger_template_leg *leg;

        TRY(ledger__template_get_leg(tx, last->id, (int64_t)i + 1, &leg));
        *same = same_leg(leg, &put->legs[i]);
    }
    return ERR_OK;
}

/* From the new one's date on no version before it is valid: neither the one that is valid now, nor
 * any that has not begun by then. */
static enum err end_versions(struct tx *tx, const struct ledger_template_put *put, int64_t count)
{
    for (int64_t version = 1; version <= count; version++) {
        int64_t id = ledger__template_id(put->event, put->mode, version);
        const struct ledger_template_row *found;
        void *row;

        TRY(ledger__template_get(tx, id, &found));
        if (found->valid_until == 0 || found->valid_until > put->valid_from) {
            TRY(tx_edit(tx, &ledger__template_table, id, &row));
            ((struct ledger_template_row *)row)->valid_until = put->valid_from;
        }
    }
    return ERR_OK;
}

static enum err insert_version(struct tx *tx, const struct ledger_template_put *put, int64_t id)
{
    const struct ledger_template_row row = {
        .id = id,
        .valid_from = put->valid_from,
        .leg_count = (int64_t)put->leg_count,
        .operator_id = put->operator_id,
        .reviewer_id = put->reviewer_id,
        .reason = put->reason,
        .created_at_ms = tx_now_ms(tx),
    };

    TRY(tx_insert(tx, &ledger__template_table, &row));
    for (size_t i = 0; i < put->leg_count; i++) {
        struct ledger_template_leg leg = put->legs[i];

        leg.id = ledger__template_leg_id(id, (int64_t)i + 1);
        TRY(tx_insert(tx, &ledger__template_leg_table, &leg));
    }
    return ERR_OK;
}

enum err ledger_template_check(struct tx *tx, const struct ledger_template_put *put,
                               struct ledger_versioned *out)
{
    const struct ledger_template_row *last;
    int32_t today;

    TRY(check_event(tx, put));
    TRY(last_version(tx, put, &last));
    TRY(is_same(tx, put, last, &out->exists));
    out->version = last == NULL ? 1 : ledger_template_version(last->id);
    if (out->exists) {
        return ERR_OK;
    }
    TRY(ledger_today(tx, &today));
    out->version += last == NULL ? 0 : 1;
    if (!time_date_is_valid((int32_t)put->valid_from) || put->valid_from <= today ||
        out->version > LEDGER_VERSIONS_MAX) {
        return ledger__refuse(tx, ERR_LEDGER_VERSION_DATE, "valid_from");
    }
    return check_legs(tx, put);
}

enum err ledger_template_put(struct tx *tx, const struct ledger_template_put *put,
                             struct ledger_versioned *out)
{
    TRY(ledger_template_check(tx, put, out));
    if (out->exists) {
        return ERR_OK;
    }
    TRY(end_versions(tx, put, out->version - 1));
    return insert_version(tx, put, ledger__template_id(put->event, put->mode, out->version));
}

static enum err put_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_template_put(tx, arg, result);
}

const struct command_kind ledger_template_put_kind = {
    .name = "ledger.template_put",
    .apply = put_apply,
    .result_size = sizeof(struct ledger_versioned),
};

/* ---- which templates name a code ---- */

struct search {
    int64_t code;
    int32_t date;
    bool found;
};

static enum err search_version(struct tx *tx, const struct ledger_template_row *row,
                               struct search *search)
{
    for (int64_t number = 1; number <= row->leg_count && !search->found; number++) {
        const struct ledger_template_leg *leg;

        TRY(ledger__template_get_leg(tx, row->id, number, &leg));
        search->found = leg->code == search->code;
    }
    return ERR_OK;
}

/* All versions from the given one on. */
static enum err search_template(struct tx *tx, int64_t id, struct search *search)
{
    const struct ledger_template_row *row;
    enum err err;

    while ((err = ledger__template_get(tx, id, &row)) == ERR_OK) {
        bool replaced = row->valid_until != 0 && row->valid_until <= row->valid_from;

        if (!replaced && (row->valid_until == 0 || row->valid_until > search->date)) {
            TRY(search_version(tx, row, search));
        }
        if (row->valid_until == 0) {
            return ERR_OK;
        }
        id++;
    }
    return err == ERR_LEDGER_VOUCHER ? ERR_OK : err;
}

enum err ledger__template_names(struct tx *tx, int64_t code, int32_t date, bool *names)
{
    struct search search = {.code = code, .date = date};

    for (int number = 1; number < LEDGER_EVENT_END; number++) {
        enum ledger_event event = (enum ledger_event)number;

        if (ledger_event_row(event)->by_mode) {
            TRY(search_template(tx, ledger__template_id(event, LEDGER_FUND_DIRECT, 1), &search));
            TRY(search_template(tx, ledger__template_id(event, LEDGER_FUND_COLLECT, 1), &search));
        } else {
            TRY(search_template(tx, ledger__template_id(event, 0, 1), &search));
        }
    }
    *names = search.found;
    return ERR_OK;
}
