/* The run: which accounts it settles, one command each. */
#include "business/merchant/merchant.h"
#include "business/settle/settle_int.h"

enum { SERVER_ERRORS = 500 }; /* HTTP statuses from there on are failures of ours */

static enum err get_clock(struct tx *tx, struct settle_clock **out)
{
    const struct settle_clock none = {.id = SETTLE_CLOCK_ID};
    void *row;
    enum err err = tx_edit(tx, &settle__clock_table, SETTLE_CLOCK_ID, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        TRY(tx_insert(tx, &settle__clock_table, &none));
        err = tx_edit(tx, &settle__clock_table, SETTLE_CLOCK_ID, &row);
    }
    TRY(err);
    *out = row;
    return ERR_OK;
}

static enum err edit_run(struct tx *tx, int64_t date, struct settle_run **out)
{
    void *row;

    TRY(tx_edit(tx, &settle__run_table, date, &row));
    *out = row;
    return ERR_OK;
}

/* ---- beginning and end ---- */

/* A run that another day has overtaken ends here: what it had left is due in the new one. */
static enum err supersede(struct tx *tx, int64_t date)
{
    struct settle_run *run;

    if (date == 0) {
        return ERR_OK;
    }
    TRY(edit_run(tx, date, &run));
    if (run->status == SETTLE_RUN_RUNNING) {
        run->status = SETTLE_RUN_SUPERSEDED;
        run->ended_at_ms = tx_now_ms(tx);
    }
    return ERR_OK;
}

static enum err begin(struct tx *tx, struct settle_clock *clock, int32_t today)
{
    const struct settle_run run = {
        .id = today, .status = SETTLE_RUN_RUNNING, .started_at_ms = tx_now_ms(tx)};

    TRY(supersede(tx, clock->date));
    clock->date = today;
    return tx_insert(tx, &settle__run_table, &run);
}

static enum err set_timer(struct tx *tx, const struct settle_run *run)
{
    int32_t tomorrow = time_date_add_days((int32_t)run->id, 1);
    int64_t at_ms =
        run->status == SETTLE_RUN_RUNNING ? tx_now_ms(tx) : time_business_date_start_ms(tomorrow);

    return timer_set(tx, &settle__timer, SETTLE_CLOCK_ID, at_ms);
}

/* Asking the books for today cuts the day when it is over: the run of a date cannot begin before
 * its day has. */
static enum err open_apply(struct tx *tx, const void *arg, void *result)
{
    struct settle_clock *clock;
    struct settle_run *run;
    int32_t today;

    (void)arg;
    TRY(ledger_today(tx, &today));
    TRY(get_clock(tx, &clock));
    if (today > clock->date) {
        TRY(begin(tx, clock, today));
    }
    TRY(edit_run(tx, clock->date, &run));
    *(struct settle_run *)result = *run;
    return set_timer(tx, run);
}

const struct command_kind settle__open_kind = {
    .name = "settle.open",
    .apply = open_apply,
    .result_size = sizeof(struct settle_run),
};

static enum err give_rule(struct tx *tx, int64_t account_id, int32_t date)
{
    const struct ledger_account *account;
    const struct merchant *merchant;
    enum err err;

    TRY(ledger_account_get(tx, account_id, &account));
    err = merchant_get(tx, account->owner_id, &merchant);
    if (err == ERR_MERCHANT_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    return settle_rule_ensure(tx, account_id, date);
}

/* As if they had been made on the day before the run: what was opened then is due in it. */
static enum err rules_apply(struct tx *tx, const void *arg, void *result)
{
    int32_t before = time_date_add_days((int32_t) * (const int64_t *)arg, -1);
    struct settle_clock *clock;

    TRY(get_clock(tx, &clock));
    for (int i = 0; i < SETTLE_RULES_BATCH; i++) {
        int64_t account_id;
        enum err err = ledger_account_by_serial(tx, clock->seen_serial + 1, &account_id);

        if (err == ERR_LEDGER_ACCOUNT) {
            return ERR_OK;
        }
        TRY(err);
        TRY(give_rule(tx, account_id, before));
        clock->seen_serial++;
    }
    *(bool *)result = true;
    return ERR_OK;
}

const struct command_kind settle__rules_kind = {
    .name = "settle.rules",
    .apply = rules_apply,
    .result_size = sizeof(bool),
};

/* A run whose day is over is left to the next one, which supersedes it. */
static enum err end_apply(struct tx *tx, const void *arg, void *result)
{
    struct settle_run *run;
    int32_t today;

    TRY(edit_run(tx, *(const int64_t *)arg, &run));
    TRY(ledger_today(tx, &today));
    if (run->status != SETTLE_RUN_RUNNING || run->id != today) {
        return ERR_OK;
    }
    run->status = SETTLE_RUN_DONE;
    run->ended_at_ms = tx_now_ms(tx);
    *(bool *)result = true;
    return set_timer(tx, run);
}

const struct command_kind settle__end_kind = {
    .name = "settle.end",
    .apply = end_apply,
    .result_size = sizeof(bool),
};

/* ---- which accounts ---- */

static enum err keep_closed(struct reader *reader, struct arena *arena, struct settle_page *page)
{
    size_t kept = 0;

    for (size_t i = 0; i < page->count; i++) {
        struct merchant merchant;
        enum err err = merchant_read(reader, page->rules[i].merchant_id, arena, &merchant);

        TRY(err == ERR_MERCHANT_NOT_FOUND ? ERR_OK : err);
        if (err == ERR_OK && merchant.status == MERCHANT_CLOSED) {
            page->rules[kept++] = page->rules[i];
        }
    }
    page->count = kept;
    return ERR_OK;
}

enum err settle__read_page(struct reader *reader, struct arena *arena, struct settle_page *page)
{
    const struct settle_due due = {
        .date = page->date,
        .mode = page->closed ? SETTLE_SELF_SERVICE : SETTLE_AUTOMATIC,
        .after_id = page->after_id,
        .limit = page->limit,
    };

    TRY(settle_rule_read_due(reader, &due, arena, &page->rules, &page->count));
    if (page->count == 0) {
        page->over = page->closed;
        page->closed = true;
        page->after_id = 0;
        return ERR_OK;
    }
    page->after_id = page->rules[page->count - 1].id;
    return page->closed ? keep_closed(reader, arena, page) : ERR_OK;
}

/* ---- an account's turn ---- */

/* What a refusal means for the account; NONE: it is no refusal but a failure of ours, and tried
 * again. */
static enum settle_outcome_kind outcome_of(enum err err)
{
    static const enum err skipped[] = {ERR_LEDGER_ACCOUNT_CLOSED, ERR_SETTLE_NOTHING,
                                       ERR_SETTLE_MINIMUM, ERR_SETTLE_FEE, ERR_SETTLE_EXISTS};

    if (err == ERR_OK) {
        return SETTLE_OUTCOME_SETTLED;
    }
    for (size_t i = 0; i < ARRAY_LEN(skipped); i++) {
        if (err == skipped[i]) {
            return SETTLE_OUTCOME_SKIPPED;
        }
    }
    if (err == ERR_STORE_NOT_FOUND || err == ERR_STORE_DUPLICATE ||
        err_status(err) >= SERVER_ERRORS) {
        return SETTLE_OUTCOME_NONE;
    }
    return SETTLE_OUTCOME_FAILED;
}

/* An account on which nothing has matured is counted; a record of it would say nothing. A closed
 * one is empty. */
static enum err record(struct tx *tx, const struct settle_rule *rule, int64_t date, enum err why)
{
    struct settle_outcome outcome = {
        .id = tx_id(tx),
        .run_date = date,
        .account_id = rule->id,
        .merchant_id = rule->merchant_id,
        .currency = rule->currency,
        .kind = outcome_of(why),
        .reason = str_of(err_code(why)),
        .created_at_ms = tx_now_ms(tx),
    };
    const struct ledger_account *account;

    if (why == ERR_SETTLE_NOTHING || why == ERR_LEDGER_ACCOUNT_CLOSED) {
        return ERR_OK;
    }
    TRY(ledger_account_get(tx, rule->id, &account));
    outcome.matured = settle__matured(account, (int32_t)date);
    return tx_insert(tx, &settle__outcome_table, &outcome);
}

static enum err count(struct tx *tx, int64_t date, enum settle_outcome_kind kind)
{
    struct settle_run *run;

    TRY(edit_run(tx, date, &run));
    run->settled += kind == SETTLE_OUTCOME_SETTLED;
    run->skipped += kind == SETTLE_OUTCOME_SKIPPED;
    run->failed += kind == SETTLE_OUTCOME_FAILED;
    return ERR_OK;
}

/* Nobody asks for the settlements of a merchant that has closed. */
static enum err take_over(struct tx *tx, struct settle_rule *rule)
{
    const struct merchant *merchant;
    enum err err = ERR_MERCHANT_NOT_FOUND;

    if (rule->mode == SETTLE_SELF_SERVICE) {
        err = merchant_get(tx, rule->merchant_id, &merchant);
    }
    if (err != ERR_OK) {
        return err == ERR_MERCHANT_NOT_FOUND ? ERR_OK : err;
    }
    return merchant->status == MERCHANT_CLOSED
               ? settle_rule_automate(tx, rule, STR("the merchant has closed"))
               : ERR_OK;
}

static bool is_due(const struct settle_rule *rule, int64_t date)
{
    return rule->mode == SETTLE_AUTOMATIC && rule->next_date <= date && rule->handled_on < date;
}

static enum err turn_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct settle_turn *arg = arg_ptr;
    const struct settle_make make = {.date = arg->date, .mode = SETTLE_AUTOMATIC};
    enum settle_outcome_kind *kind = result;
    struct settle_rule *rule;
    int32_t next, today;
    enum err err;

    TRY(settle_rule_edit(tx, arg->account_id, &rule));
    TRY(ledger_today(tx, &today));
    if (today != arg->date) { /* the run of the new day takes it */
        return ERR_OK;
    }
    TRY(take_over(tx, rule));
    if (!is_due(rule, arg->date)) {
        return ERR_OK;
    }
    TRY(settle_rule_open_date(tx, rule, (int32_t)arg->date, &next));
    if (next != arg->date) {
        rule->next_date = next;
        return ERR_OK;
    }
    err = settle__make(tx, rule, &make, NULL);
    *kind = outcome_of(err);
    if (*kind == SETTLE_OUTCOME_NONE) {
        return err;
    }
    if (*kind != SETTLE_OUTCOME_SETTLED) {
        TRY(record(tx, rule, arg->date, err));
    }
    if (*kind != SETTLE_OUTCOME_FAILED) {
        TRY(settle_rule_next_date(tx, rule, (int32_t)arg->date, &next));
        rule->next_date = next;
    }
    rule->handled_on = arg->date;
    return count(tx, arg->date, *kind);
}

static void turn_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct settle_turn *arg = arg_ptr;
    const struct settle_order key = {.account_id = arg->account_id, .settle_date = arg->date};
    const struct settle_rule *rule;

    if (round == 0) {
        prefetch_id(pre, &settle_rule_table, arg->account_id);
        prefetch_id(pre, &settle__run_table, arg->date);
        prefetch_unique(pre, &settle_order_table, 0, &key);
        return;
    }
    rule = prefetch_peek(pre, &settle_rule_table, arg->account_id);
    if (rule != NULL) {
        const struct rate_ask price = {
            .owner_id = rule->merchant_id, .kind = RATE_SETTLEMENT, .currency = rule->currency};

        if (round == 1) {
            account_card_prefetch(pre, rule->merchant_id, rule->card_id);
        }
        merchant_prefetch(pre, rule->merchant_id, 0, round - 1);
        rate_prefetch(pre, &price, round - 1);
    }
}

const struct command_kind settle__turn_kind = {
    .name = "settle.turn",
    .prefetch = turn_prefetch,
    .apply = turn_apply,
    .result_size = sizeof(enum settle_outcome_kind),
};
