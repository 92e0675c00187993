/* Settlements: made, paid, returned, cancelled. */
#include "business/merchant/merchant.h"
#include "business/settle/settle_int.h"
#include "money/ledger/ledger_voucher.h"

struct amount settle_payout(const struct settle_order *order)
{
    return AMOUNT(order->amount.minor - order->fee.minor);
}

void settle__announce(struct tx *tx, struct settle_order *order)
{
    struct buf data;

    order->version++;
    order->updated_at_ms = tx_now_ms(tx);
    buf_init_arena(&data, tx_arena(tx), 4000);
    json_print_fields(&data, &settle__order_set, order);
    CHECK(buf_ok(&data));
    event_write(tx, &(struct event){
                        .merchant_id = order->merchant_id,
                        .object_id = order->id,
                        .sequence = order->version,
                        .type = str_printf(tx_arena(tx), "settlement.%s",
                                           enum_name_of(settle__statuses, (int)order->status)),
                        .data = buf_str(&data),
                    });
}

/* ---- making one ---- */

struct amount settle__matured(const struct ledger_account *account, int32_t date)
{
    struct ledger_account own = *account;

    own.floor.minor = own.floor.minor < 0 ? 0 : own.floor.minor;
    return ledger_available(&own, date);
}

/* What is owed to a merchant that has closed is paid out all the same. */
static enum err check_merchant(struct tx *tx, int64_t merchant_id)
{
    enum err err = merchant_check_active(tx, merchant_id, 0);

    return err == ERR_MERCHANT_CLOSED || err == ERR_MERCHANT_NOT_FOUND ? ERR_OK : err;
}

static enum err check_account(struct tx *tx, const struct settle_rule *rule,
                              const struct settle_make *make, const struct ledger_account *account)
{
    const struct settle_order key = {.account_id = rule->id, .settle_date = make->date};
    const void *found;
    enum err err;

    if (account->status == LEDGER_ACCOUNT_CLOSED) {
        return tx_refuse(tx, ERR_LEDGER_ACCOUNT_CLOSED, "account");
    }
    if (account->debit_blocks > 0) {
        return tx_refuse(tx, ERR_LEDGER_DEBIT_BLOCKED, "account");
    }
    err = tx_find(tx, &settle_order_table, 0, &key, &found);
    if (err == ERR_OK) {
        return tx_refuse(tx, ERR_SETTLE_EXISTS, "account");
    }
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

static enum err decide_amount(struct tx *tx, const struct settle_rule *rule, struct amount asked,
                              struct amount matured, struct amount *amount)
{
    bool capped = rule->maximum.minor != 0;

    if (matured.minor <= 0) {
        return tx_refuse(tx, ERR_SETTLE_NOTHING, "account");
    }
    if (asked.minor > 0) {
        if (capped && amount_cmp(asked, rule->maximum) > 0) {
            return tx_refuse(tx, ERR_SETTLE_MAXIMUM, "amount");
        }
        if (amount_cmp(asked, matured) > 0) {
            return tx_refuse(tx, ERR_LEDGER_INSUFFICIENT, "amount");
        }
        *amount = asked;
    } else {
        *amount = capped && amount_cmp(matured, rule->maximum) > 0 ? rule->maximum : matured;
    }
    return amount_cmp(*amount, rule->minimum) < 0 ? tx_refuse(tx, ERR_SETTLE_MINIMUM, "amount")
                                                  : ERR_OK;
}

/* The fee is inside the amount: what leaves the account is never more than has matured. */
static enum err price(struct tx *tx, struct settle_order *order)
{
    const struct rate_ask ask = {
        .owner_id = order->merchant_id,
        .kind = RATE_SETTLEMENT,
        .currency = order->currency,
        .amount = order->amount,
        .at_ms = tx_now_ms(tx),
    };
    struct rate_quote quote;

    TRY(rate_quote(tx, &ask, &quote));
    if (amount_cmp(quote.fee, order->amount) >= 0) {
        return tx_refuse(tx, ERR_SETTLE_FEE, "amount");
    }
    order->fee = quote.fee;
    order->rate_id = quote.rate_id;
    order->rate_millionths = quote.rate_millionths;
    order->rate = quote.snapshot;
    return ERR_OK;
}

/* The card of the rule while it is there, else the merchant's default one. */
static enum err choose_card(struct tx *tx, const struct settle_rule *rule,
                            struct settle_order *order)
{
    const struct account_card *card;
    enum err err = account_card_or_default(tx, rule->merchant_id, rule->card_id, &card);

    order->card_id = err == ERR_OK ? card->id : 0;
    return err == ERR_ACCOUNT_CARD ? ERR_OK : err;
}

static enum err hold(struct tx *tx, struct settle_order *order)
{
    const struct ledger_hold_place place = {
        .reference = {LEDGER_SOURCE_SETTLEMENT, LEDGER_OPERATION_HOLD, order->id},
        .account_id = order->account_id,
        .kind = LEDGER_HOLD_WITHDRAWAL,
        .amount = order->amount,
        .reason = STR("settlement"),
    };
    struct ledger_held held;

    TRY(ledger_hold_place(tx, &place, &held));
    order->hold_id = held.hold_id;
    return ERR_OK;
}

enum err settle__make(struct tx *tx, const struct settle_rule *rule, const struct settle_make *make,
                      const struct settle_order **order)
{
    struct settle_order row = {
        .id = tx_id(tx),
        .account_id = rule->id,
        .settle_date = make->date,
        .merchant_id = rule->merchant_id,
        .settlement_no = make->settlement_no,
        .currency = rule->currency,
        .mode = make->mode,
        .status = SETTLE_WAITING,
        .created_at_ms = tx_now_ms(tx),
    };
    const struct ledger_account *account;
    const void *stored;

    TRY(check_merchant(tx, rule->merchant_id));
    TRY(ledger_account_get(tx, rule->id, &account));
    TRY(check_account(tx, rule, make, account));
    TRY(decide_amount(tx, rule, make->amount, settle__matured(account, (int32_t)make->date),
                      &row.amount));
    TRY(price(tx, &row));
    TRY(choose_card(tx, rule, &row));
    TRY(hold(tx, &row));
    settle__announce(tx, &row);
    TRY(tx_insert(tx, &settle_order_table, &row));
    TRY(tx_get(tx, &settle_order_table, row.id, &stored));
    if (order != NULL) {
        *order = stored;
    }
    return ERR_OK;
}

/* ---- self-service ---- */

static enum err same_order(struct tx *tx, const struct settle_self *arg,
                           const struct settle_order *first)
{
    if (first->currency != arg->currency) {
        return tx_refuse(tx, ERR_SETTLE_CONFLICT, "currency");
    }
    if (arg->amount.minor != 0 && amount_cmp(first->amount, arg->amount) != 0) {
        return tx_refuse(tx, ERR_SETTLE_CONFLICT, "amount");
    }
    return ERR_OK;
}

/* A settlement opens no account: one that is not there has nothing to settle. */
static enum err check_opened(struct tx *tx, const struct settle_self *arg)
{
    const struct ledger_account_key key = {arg->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE,
                                           arg->currency};
    int64_t account_id;
    enum err err = ledger_account_id(tx, &key, &account_id);

    return err == ERR_LEDGER_ACCOUNT ? tx_refuse(tx, err, "currency") : err;
}

static enum err self_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct settle_self *arg = arg_ptr;
    const struct settle_order key = {.merchant_id = arg->merchant_id,
                                     .settlement_no = arg->settlement_no};
    struct settle_make make = {
        .mode = SETTLE_SELF_SERVICE, .amount = arg->amount, .settlement_no = arg->settlement_no};
    const struct settle_order *order;
    const struct settle_rule *rule;
    const void *found;
    int32_t today;
    enum err err = tx_find(tx, &settle_order_table, 1, &key, &found);

    if (err == ERR_OK) {
        TRY(same_order(tx, arg, found));
        tx_result_row(tx, &settle_order_table, found, result);
        return ERR_OK;
    }
    TRY(err == ERR_STORE_NOT_FOUND ? ERR_OK : err);
    TRY(merchant_check_active(tx, arg->merchant_id, arg->app_id));
    TRY(check_opened(tx, arg));
    TRY(settle_rule_of(tx, arg->merchant_id, arg->currency, &rule));
    if (rule->mode != SETTLE_SELF_SERVICE) {
        return tx_refuse(tx, ERR_SETTLE_AUTOMATIC, "account");
    }
    TRY(ledger_today(tx, &today));
    make.date = today;
    TRY(settle__make(tx, rule, &make, &order));
    tx_result_row(tx, &settle_order_table, order, result);
    return ERR_OK;
}

static void self_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct settle_self *arg = arg_ptr;
    const struct settle_order key = {.merchant_id = arg->merchant_id,
                                     .settlement_no = arg->settlement_no};
    const struct rate_ask price = {
        .owner_id = arg->merchant_id, .kind = RATE_SETTLEMENT, .currency = arg->currency};

    if (round == 0) {
        prefetch_unique(pre, &settle_order_table, 1, &key);
        account_card_prefetch(pre, arg->merchant_id, 0);
    }
    merchant_prefetch(pre, arg->merchant_id, arg->app_id, round);
    settle_rule_prefetch(pre, arg->merchant_id, arg->currency, round);
    rate_prefetch(pre, &price, round);
}

const struct command_kind settle__self_kind = {
    .name = "settle.self",
    .prefetch = self_prefetch,
    .apply = self_apply,
    .result_size = sizeof(struct settle_order),
};

/* ---- what becomes of it ---- */

static enum err edit(struct tx *tx, int64_t settle_id, struct settle_order **order)
{
    void *row;
    enum err err = tx_edit(tx, &settle_order_table, settle_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_SETTLE_NOT_FOUND : err;
    }
    *order = row;
    return ERR_OK;
}

static struct ledger_voucher voucher_of(const struct settle_order *order, enum ledger_event event)
{
    return (struct ledger_voucher){
        .event = event,
        .business_no = order->id,
        .merchant_id = order->merchant_id,
        .currency = order->currency,
    };
}

/* Out of the account and on its way, then out of the bank. */
static enum err book_paid(struct tx *tx, struct settle_order *order)
{
    struct ledger_voucher_capture sent = {
        .voucher = voucher_of(order, LEDGER_EVENT_SETTLEMENT_SENT),
        .hold_id = order->hold_id,
        .whole = true,
    };
    struct ledger_voucher paid = voucher_of(order, LEDGER_EVENT_SETTLEMENT_PAID);
    struct ledger_held held;

    sent.voucher.amounts[LEDGER_AMOUNT_GROSS] = order->amount;
    sent.voucher.amounts[LEDGER_AMOUNT_FEE] = order->fee;
    paid.amounts[LEDGER_AMOUNT_NET] = settle_payout(order);
    TRY(ledger_voucher_capture(tx, &sent, &held));
    order->journal_id = held.journal_id;
    return ledger_voucher_post(tx, &paid, NULL);
}

/* Back from the bank to the account, with the fee, matured. */
static enum err book_returned(struct tx *tx, struct settle_order *order)
{
    struct ledger_voucher voucher = voucher_of(order, LEDGER_EVENT_SETTLEMENT_RETURNED);
    struct ledger_posted posted;

    voucher.amounts[LEDGER_AMOUNT_NET] = settle_payout(order);
    voucher.amounts[LEDGER_AMOUNT_PAID] = settle_payout(order);
    voucher.amounts[LEDGER_AMOUNT_FEE] = order->fee;
    TRY(ledger_voucher_post(tx, &voucher, &posted));
    order->return_journal_id = posted.journal_id;
    return ERR_OK;
}

static void show(struct settle_order *order, const struct settle_order **out)
{
    if (out != NULL) {
        *out = order;
    }
}

static void move(struct tx *tx, struct settle_order *order, enum settle_status to)
{
    order->status = to;
    settle__announce(tx, order);
}

enum err settle_paid(struct tx *tx, int64_t settle_id, const struct settle_order **out)
{
    struct settle_order *order;

    TRY(edit(tx, settle_id, &order));
    show(order, out);
    if (order->status == SETTLE_PAID || order->status == SETTLE_RETURNED) {
        return ERR_OK;
    }
    if (order->status != SETTLE_WAITING) {
        return tx_refuse(tx, ERR_SETTLE_STATE, "status");
    }
    TRY(book_paid(tx, order));
    move(tx, order, SETTLE_PAID);
    return ERR_OK;
}

enum err settle_returned(struct tx *tx, int64_t settle_id, struct str reason,
                         const struct settle_order **out)
{
    struct settle_order *order;

    TRY(edit(tx, settle_id, &order));
    show(order, out);
    if (order->status == SETTLE_RETURNED) {
        return ERR_OK;
    }
    if (order->status != SETTLE_PAID) {
        return tx_refuse(tx, ERR_SETTLE_STATE, "status");
    }
    TRY(book_returned(tx, order));
    order->reason = reason;
    move(tx, order, SETTLE_RETURNED);
    return ERR_OK;
}

enum err settle_cancelled(struct tx *tx, int64_t settle_id, struct str reason, int64_t operator_id,
                          const struct settle_order **out)
{
    struct ledger_hold_release release = {.whole = true};
    struct settle_order *order;

    TRY(edit(tx, settle_id, &order));
    show(order, out);
    if (order->status == SETTLE_CANCELLED) {
        return ERR_OK;
    }
    if (order->status != SETTLE_WAITING) {
        return tx_refuse(tx, ERR_SETTLE_STATE, "status");
    }
    release.hold_id = order->hold_id;
    release.reference =
        (struct ledger_reference){LEDGER_SOURCE_SETTLEMENT, LEDGER_OPERATION_RELEASE, order->id};
    TRY(ledger_hold_release(tx, &release, NULL));
    order->reason = reason;
    order->cancelled_by = operator_id;
    move(tx, order, SETTLE_CANCELLED);
    return ERR_OK;
}

/* ---- the steps as commands ---- */

static enum err cancelled_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct settle_step *arg = arg_ptr;
    const struct settle_order *order;

    TRY(settle_cancelled(tx, arg->settle_id, arg->reason, arg->operator_id, &order));
    tx_result_row(tx, &settle_order_table, order, result);
    return ERR_OK;
}

const struct command_kind settle__cancelled_kind = {
    .name = "settle.cancelled",
    .apply = cancelled_apply,
    .result_size = sizeof(struct settle_order),
};

/* ---- the module ---- */

/* The run of the day goes on where it stopped, or begins when the program did not run at
 * midnight. */
static enum err start(struct app *app, void **state)
{
    struct settle_run run;

    *state = NULL;
    account_register_blocker(app, &settle__blocker);
    review_register(app, &settle__review);
    return store_run(app->store, &settle__open_kind, NULL, &run, NULL);
}

static const struct conf_row conf_rows[] = {
    {
        .key = "settle.outcome_limit",
        .type = CONF_INT,
        .value = "1000000",
        .min = 0,
        .max = INT64_MAX,
        .help = "What the bank did with a settlement above this many minor units, told by an "
                "operator, needs two checkers",
    },
};

static const struct timer_kind *const timers[] = {&settle__timer};
static const struct route *const more_routes[] = {settle__run_routes, NULL};

const struct module settle_module = {
    .name = "settle",
    .conf = {conf_rows, ARRAY_LEN(conf_rows)},
    .store = &settle_part,
    .routes = settle__routes,
    .more_routes = more_routes,
    .timers = timers,
    .timer_count = ARRAY_LEN(timers),
    .start = start,
};
