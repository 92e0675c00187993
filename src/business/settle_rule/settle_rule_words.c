/* A change of a rule in words: what its checker reads. */
#include "business/settle_rule/settle_rule_int.h"

enum { LINE_MAX_BYTES = 4 * REVIEW_SUMMARY_MAX };

struct words {
    const char *cycles[SETTLE_WEEK_WORK + 1];
    const char *modes[SETTLE_SELF_SERVICE + 1];
    const char *comma, *at_least, *at_most, *card, *none;
};

static const struct words english = {
    .cycles = {[SETTLE_WEEK] = "weekly on ",
               [SETTLE_WEEK_WORK] = "weekly on workdays, on ",
               [SETTLE_MONTH] = "monthly on ",
               [SETTLE_MONTH_WORK] = "monthly on workdays, on "},
    .modes = {[SETTLE_AUTOMATIC] = "automatic", [SETTLE_SELF_SERVICE] = "self-service"},
    .comma = ", ",
    .at_least = ", at least ",
    .at_most = ", at most ",
    .card = ", to ",
    .none = "none",
};
static const struct words chinese = {
    .cycles = {[SETTLE_WEEK] = "每周 ",
               [SETTLE_WEEK_WORK] = "每周（遇休顺延）",
               [SETTLE_MONTH] = "每月 ",
               [SETTLE_MONTH_WORK] = "每月（遇休顺延）"},
    .modes = {[SETTLE_AUTOMATIC] = "自动", [SETTLE_SELF_SERVICE] = "自助"},
    .comma = "，",
    .at_least = "，最低 ",
    .at_most = "，最高 ",
    .card = "，付至 ",
    .none = "无",
};

static void print_rule(struct tx *tx, const struct words *words,
                       const struct settle_rule_change *rule, enum currency currency,
                       struct buf *out)
{
    buf_printf(out, "%s" STR_FMT "%sT+%lld%s%s", words->cycles[rule->cycle],
               STR_ARG(rule->cycle_days), words->comma, (long long)rule->reserve_days, words->comma,
               words->modes[rule->mode]);
    review_print_amount(out, words->at_least, rule->minimum, currency);
    review_print_amount(out, words->at_most, rule->maximum, currency);
    if (rule->card_id != 0) {
        buf_add(out, str_of(words->card));
        buf_add(out, id_str(tx_arena(tx), "crd", rule->card_id));
    }
}

static struct settle_rule_change terms_of(const struct settle_rule *rule)
{
    return (struct settle_rule_change){
        .cycle = rule->cycle,
        .cycle_days = rule->cycle_days,
        .reserve_days = rule->reserve_days,
        .minimum = rule->minimum,
        .maximum = rule->maximum,
        .mode = rule->mode,
        .card_id = rule->card_id,
    };
}

/* before NULL: there is none. */
static struct str print_change(struct tx *tx, const struct words *words,
                               const struct settle_rule *before,
                               const struct settle_rule_change *after, enum currency currency)
{
    struct buf out;

    buf_init_arena(&out, tx_arena(tx), LINE_MAX_BYTES);
    if (before == NULL) {
        buf_add(&out, str_of(words->none));
    } else {
        const struct settle_rule_change terms = terms_of(before);

        print_rule(tx, words, &terms, currency, &out);
    }
    buf_add(&out, STR(" → "));
    print_rule(tx, words, after, currency, &out);
    CHECK(buf_ok(&out));
    return buf_str(&out);
}

enum err settle_rule__words(struct tx *tx, const struct settle_rule_change *change,
                            struct review_ask *ask)
{
    const struct ledger_account *account;
    const void *row = NULL;
    enum err err = ledger_account_get(tx, change->account_id, &account);

    if (err == ERR_LEDGER_ACCOUNT) {
        return ERR_OK; /* refused when it is submitted */
    }
    TRY(err);
    err = tx_get(tx, &settle_rule_table, change->account_id, &row);
    if (err != ERR_STORE_NOT_FOUND) {
        TRY(err);
    }
    ask->summary = print_change(tx, &english, row, change, account->currency);
    ask->summary_zh = print_change(tx, &chinese, row, change, account->currency);
    return ERR_OK;
}
