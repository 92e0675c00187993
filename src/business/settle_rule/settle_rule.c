/* Finding, making and changing rules. */
#include "business/account/account.h"
#include "business/settle_rule/settle_rule_int.h"

struct settle_rule settle_rule__default(const struct ledger_account *account)
{
    return (struct settle_rule){
        .id = account->id,
        .merchant_id = account->owner_id,
        .currency = account->currency,
        .cycle = SETTLE_WEEK_WORK,
        .cycle_days = STR("1,2,3,4,5"),
        .reserve_days = SETTLE_RESERVE_DEFAULT,
        .mode = SETTLE_AUTOMATIC,
    };
}

enum err settle_rule_next_date(struct tx *tx, const struct settle_rule *rule, int32_t today,
                               int32_t *date)
{
    struct settle_when when = {.cycle = rule->cycle, .today = today, .lead_days = 1};
    struct calendar calendar;

    CHECK(settle_days_parse(rule->cycle, rule->cycle_days, &when.days) == ERR_OK);
    TRY(calendar_load(tx, today, SETTLE_HORIZON_DAYS, &calendar));
    *date = settle_next_date(&calendar, &when);
    return ERR_OK;
}

enum err settle_rule_open_date(struct tx *tx, const struct settle_rule *rule, int32_t date,
                               int32_t *open)
{
    struct calendar calendar;

    TRY(calendar_load(tx, date, SETTLE_HORIZON_DAYS, &calendar));
    *open = settle_open_date(&calendar, rule->cycle, date);
    return ERR_OK;
}

/* With the first date after the given one. */
static enum err make_on(struct tx *tx, int64_t account_id, int32_t date)
{
    const struct ledger_account *account;
    struct settle_rule rule;
    int32_t next;

    TRY(ledger_account_get(tx, account_id, &account));
    TRY(account_note_opened(tx, account_id));
    rule = settle_rule__default(account);
    rule.created_at_ms = rule.updated_at_ms = tx_now_ms(tx);
    rule.version = 1;
    TRY(settle_rule_next_date(tx, &rule, date, &next));
    rule.next_date = next;
    return tx_insert(tx, &settle_rule_table, &rule);
}

static enum err make(struct tx *tx, int64_t account_id)
{
    int32_t today;

    TRY(ledger_today(tx, &today));
    return make_on(tx, account_id, today);
}

enum err settle_rule_of(struct tx *tx, int64_t merchant_id, enum currency currency,
                        const struct settle_rule **rule)
{
    const struct ledger_account_key account = {merchant_id, LEDGER_CODE_MERCHANT_PAYABLE, currency};
    const struct settle_rule key = {.merchant_id = merchant_id, .currency = currency};
    int64_t account_id;
    const void *row;
    enum err err = tx_find(tx, &settle_rule_table, 0, &key, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        TRY(ledger_account_open_fact(tx, &account, &account_id));
        TRY(make(tx, account_id));
        err = tx_find(tx, &settle_rule_table, 0, &key, &row);
    }
    TRY(err);
    *rule = row;
    return ERR_OK;
}

enum err settle_rule_edit(struct tx *tx, int64_t account_id, struct settle_rule **rule)
{
    const struct ledger_account *account;
    void *row;
    enum err err = tx_edit(tx, &settle_rule_table, account_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        err = ledger_account_get(tx, account_id, &account);
        if (err == ERR_LEDGER_ACCOUNT ||
            (err == ERR_OK && account->code != LEDGER_CODE_MERCHANT_PAYABLE)) {
            return ERR_SETTLE_RULE_ACCOUNT;
        }
        TRY(err);
        TRY(make(tx, account_id));
        err = tx_edit(tx, &settle_rule_table, account_id, &row);
    }
    TRY(err);
    *rule = row;
    return ERR_OK;
}

enum err settle_rule_ensure(struct tx *tx, int64_t account_id, int32_t date)
{
    const struct ledger_account *account;
    const void *row;
    enum err err = tx_get(tx, &settle_rule_table, account_id, &row);

    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    TRY(ledger_account_get(tx, account_id, &account));
    return account->code == LEDGER_CODE_MERCHANT_PAYABLE ? make_on(tx, account_id, date) : ERR_OK;
}

enum err settle_rule__opened(struct tx *tx, int64_t account_id)
{
    int32_t today;

    TRY(ledger_today(tx, &today));
    return settle_rule_ensure(tx, account_id, today);
}

enum err settle_rule_matures_on(struct tx *tx, int64_t merchant_id, enum currency currency,
                                int32_t *matures_on)
{
    const struct settle_rule *rule;
    int32_t today;

    TRY(settle_rule_of(tx, merchant_id, currency, &rule));
    TRY(ledger_today(tx, &today));
    return calendar_workdays_after(tx, today, (int)rule->reserve_days, matures_on);
}

void settle_rule_prefetch(struct prefetch *pre, int64_t merchant_id, enum currency currency,
                          unsigned round)
{
    const struct settle_rule key = {.merchant_id = merchant_id, .currency = currency};

    if (round == 0) {
        prefetch_unique(pre, &settle_rule_table, 0, &key);
    }
}

/* ---- changing ---- */

static enum err check_card(struct tx *tx, int64_t merchant_id, int64_t card_id)
{
    const struct account_card *card;
    enum err err = card_id == 0 ? ERR_OK : account_card_get(tx, merchant_id, card_id, &card);

    return err == ERR_ACCOUNT_CARD ? tx_refuse(tx, err, "card") : err;
}

static enum err check_open(struct tx *tx, int64_t account_id)
{
    const struct ledger_account *account;

    TRY(ledger_account_get(tx, account_id, &account));
    return account->status == LEDGER_ACCOUNT_OPEN
               ? ERR_OK
               : tx_refuse(tx, ERR_LEDGER_ACCOUNT_CLOSED, "account");
}

/* The rule as it is, and the days of the change in their one form. */
static enum err check(struct tx *tx, const struct settle_rule_change *change,
                      struct settle_rule **rule, struct str *cycle_days)
{
    uint32_t days;

    if (settle_days_parse(change->cycle, change->cycle_days, &days) != ERR_OK) {
        return tx_refuse(tx, ERR_SETTLE_RULE_DAYS, "cycle_days");
    }
    if (change->maximum.minor != 0 && amount_cmp(change->maximum, change->minimum) < 0) {
        return tx_refuse(tx, ERR_SETTLE_RULE_LIMITS, "maximum");
    }
    *cycle_days = settle_days_print(tx_arena(tx), days);
    TRY(settle_rule_edit(tx, change->account_id, rule));
    TRY(check_open(tx, change->account_id));
    return check_card(tx, (*rule)->merchant_id, change->card_id);
}

static struct str print(struct tx *tx, const struct settle_rule *rule)
{
    struct buf text;

    buf_init_arena(&text, tx_arena(tx), SETTLE_RULE_TEXT_MAX);
    json_print_fields(&text, &settle_rule__set, rule);
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

/* Whether a settlement is due that was not made yet: on a date that has come, or one that rest days
 * have put off, which the rule would not plan again. Nothing is due of a rule that is not
 * automatic: its date stands still. */
static enum err is_due(struct tx *tx, const struct settle_rule *rule, int32_t today, bool *due)
{
    int32_t next;

    TRY(settle_rule_next_date(tx, rule, today, &next));
    *due = rule->mode == SETTLE_AUTOMATIC && (rule->next_date <= today || rule->next_date < next);
    return ERR_OK;
}

/* What is due stays due; otherwise the new cycle counts from today. */
static enum err plan(struct tx *tx, struct settle_rule *rule, bool due, int32_t today)
{
    int32_t next;

    if (!due) {
        TRY(settle_rule_next_date(tx, rule, today, &next));
        rule->next_date = next;
    }
    return ERR_OK;
}

/* The rule has been changed from history->before: another version of it, noted with the account's
 * changes as well. */
static enum err note(struct tx *tx, struct settle_rule *rule, struct settle_rule_history *history)
{
    rule->version++;
    rule->updated_at_ms = tx_now_ms(tx);
    history->id = tx_id(tx);
    history->account_id = rule->id;
    history->version = rule->version;
    history->after = print(tx, rule);
    history->created_at_ms = tx_now_ms(tx);
    TRY(tx_insert(tx, &settle_rule__history_table, history));
    return account_note(tx, &(struct account_note){.account_id = rule->id,
                                                   .action = ACCOUNT_SETTLEMENT_RULE,
                                                   .before = history->before,
                                                   .after = history->after,
                                                   .operator_id = history->operator_id,
                                                   .review_id = history->review_id,
                                                   .reason = history->reason});
}

enum err settle_rule_automate(struct tx *tx, struct settle_rule *rule, struct str reason)
{
    struct settle_rule_history history = {.reason = reason, .before = print(tx, rule)};

    CHECK(rule->mode == SETTLE_SELF_SERVICE);
    rule->mode = SETTLE_AUTOMATIC;
    return note(tx, rule, &history);
}

enum err settle_rule__apply(struct tx *tx, const struct settle_rule_change *change,
                            int64_t review_id)
{
    struct settle_rule_history history = {
        .review_id = review_id,
        .operator_id = change->operator_id,
        .reason = change->reason,
    };
    struct settle_rule *rule;
    struct str cycle_days;
    int32_t today;
    bool due;

    TRY(check(tx, change, &rule, &cycle_days));
    history.before = print(tx, rule);
    TRY(ledger_today(tx, &today));
    TRY(is_due(tx, rule, today, &due));
    rule->cycle = change->cycle;
    rule->cycle_days = cycle_days;
    rule->reserve_days = change->reserve_days;
    rule->minimum = change->minimum;
    rule->maximum = change->maximum;
    rule->mode = change->mode;
    rule->card_id = change->card_id;
    TRY(plan(tx, rule, due, today));
    return note(tx, rule, &history);
}

/* ---- asking for a change, which another operator approves ---- */

static enum err read_change(struct tx *tx, const struct review_item *item,
                            struct settle_rule_change *change)
{
    TRY(review_change_read(tx, item, &settle_rule__change_set, sizeof(*change), change));
    change->account_id = item->subject_id;
    change->operator_id = item->maker_key_id;
    change->reason = item->reason;
    return ERR_OK;
}

static enum err check_reviewed(struct tx *tx, const struct review_item *item)
{
    struct settle_rule_change change;
    struct settle_rule *rule;
    struct str cycle_days;

    TRY(read_change(tx, item, &change));
    return check(tx, &change, &rule, &cycle_days);
}

static enum err apply_reviewed(struct tx *tx, const struct review_item *item)
{
    struct settle_rule_change change;

    TRY(read_change(tx, item, &change));
    return settle_rule__apply(tx, &change, item->id);
}

const struct review_kind settle_rule__review = {
    .name = "settle_rule.change",
    .check_permission = "settle:write",
    .check = check_reviewed,
    .apply = apply_reviewed,
};

static enum err put_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct settle_rule_change *arg = arg_ptr;
    struct review_ask ask = {
        .kind = &settle_rule__review,
        .maker_key_id = arg->operator_id,
        .subject_prefix = LEDGER_ACCOUNT_PREFIX,
        .subject_id = arg->account_id,
        .name = id_str(tx_arena(tx), LEDGER_ACCOUNT_PREFIX, arg->account_id),
        .change = review_change_print(tx_arena(tx), &settle_rule__change_set, arg),
        .reason = arg->reason,
    };
    const struct review_item *item;

    TRY(settle_rule__words(tx, arg, &ask));
    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, result);
    return ERR_OK;
}

const struct command_kind settle_rule__put_kind = {
    .name = "settle_rule.put",
    .apply = put_apply,
    .result_size = sizeof(struct review_item),
};
