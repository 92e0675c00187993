/* The command that creates a payment. */
#include "business/merchant/merchant.h"
#include "business/payment/payment_int.h"
#include "business/rate/rate.h"

/* What a repeated create is compared by, field by field. */
static const struct field compared_fields[] = {
    FIELD(struct payment, amount, FIELD_AMOUNT),
    FIELD(struct payment, currency, FIELD_CURRENCY),
    FIELD(struct payment, method, FIELD_TEXT, .max = 32),
    FIELD(struct payment, subject, FIELD_TEXT, .max = 127),
    FIELD(struct payment, body, FIELD_TEXT, .max = 256),
    FIELD(struct payment, attach, FIELD_TEXT, .max = 256),
    FIELD(struct payment, metadata, FIELD_JSON, .max = 4096),
    FIELD(struct payment, notify_url, FIELD_TEXT, .max = 512),
    FIELD(struct payment, return_url, FIELD_TEXT, .max = 512),
    {.name = "expires_in", .type = FIELD_INT, .offset = offsetof(struct payment, expires_in_s)},
    {.name = "payer.ip",
     .type = FIELD_TEXT,
     .offset = offsetof(struct payment, payer_ip),
     .max = 45},
    FIELD(struct payment, app_id, FIELD_ID, .prefix = "app"),
};
static const struct field_set compared = FIELD_SET("payment_compared", compared_fields);

static struct payment from_create(const struct payment_create *arg)
{
    return (struct payment){
        .merchant_id = arg->merchant_id,
        .app_id = arg->app_id,
        .merchant_order_no = arg->merchant_order_no,
        .amount = arg->amount,
        .currency = arg->currency,
        .method = arg->method,
        .subject = arg->subject,
        .body = arg->body,
        .attach = arg->attach,
        .metadata = arg->metadata,
        .notify_url = arg->notify_url,
        .return_url = arg->return_url,
        .payer_ip = arg->payer.ip,
        .expires_in_s = arg->expires_in,
        .cashier_secret = arg->cashier_secret,
    };
}

static enum err repeat(struct tx *tx, const struct payment *first, const struct payment *again,
                       struct payment_change *change)
{
    struct buf difference;

    buf_init_arena(&difference, tx_arena(tx), JSON_PARAM_MAX - 1);
    json_print_difference(&difference, &compared, first, again);
    if (difference.len > 0 || !buf_ok(&difference)) {
        return tx_refuse(tx, ERR_PAYMENT_ORDER_CONFLICT,
                         str_cstr(tx_arena(tx), buf_str(&difference)));
    }
    change->existing = true;
    tx_result_row(tx, &payment_table, first, &change->payment);
    return ERR_OK;
}

/* Whose money the channel settles. An account that settles to the platform needs a merchant who
 * agreed to it: otherwise the money would end up with us while the books say it is theirs. */
static enum err choose_fund_mode(struct tx *tx, struct payment *payment, bool collect_allowed)
{
    const struct merchant *merchant;
    const struct channel_account *account;

    TRY(merchant_get(tx, payment->merchant_id, &merchant));
    TRY(channel_account_get(tx, payment->channel_account_id, &account));
    if (account->fund_mode == CHANNEL_FUND_DIRECT) {
        payment->fund_mode = LEDGER_FUND_DIRECT;
        return ERR_OK;
    }
    if (merchant->fund_mode != MERCHANT_FUND_COLLECT) {
        return ERR_PAYMENT_FUND_MODE;
    }
    payment->fund_mode = LEDGER_FUND_COLLECT;
    return merchant_fund_mode_allowed(merchant->fund_mode, collect_allowed);
}

/* What goes to the payment's own URL is signed with the secret of the merchant's first endpoint. */
static enum err check_notify_url(struct tx *tx, const struct payment *payment)
{
    int64_t ids[MERCHANT_ENDPOINTS_MAX];
    size_t count;

    if (payment->notify_url.len == 0) {
        return ERR_OK;
    }
    TRY(merchant_endpoints_for(tx, payment->merchant_id, STR(""), ids, &count));
    return count > 0 ? ERR_OK : tx_refuse(tx, ERR_PAYMENT_NOTIFY_URL, "notify_url");
}

static enum err price(struct tx *tx, struct payment *payment)
{
    const struct rate_trade_ask ask = {.merchant_id = payment->merchant_id,
                                       .method = payment->method,
                                       .currency = payment->currency,
                                       .amount = payment->amount,
                                       .at_ms = tx_now_ms(tx)};
    struct rate_trade rate;

    TRY(rate_trade(tx, &ask, &rate));
    payment->contract_id = rate.contract_id;
    payment->rate_id = rate.rate_id;
    payment->fee_rate_millionths = rate.rate_millionths;
    payment->fee = rate.fee;
    return ERR_OK;
}

static enum err insert(struct tx *tx, struct payment *payment)
{
    struct payment_attempt attempt = {
        .id = tx_id(tx),
        .number = 1,
        .channel_account_id = payment->channel_account_id,
        .created_at_ms = tx_now_ms(tx),
        .status = PAYMENT_ATTEMPT_SUBMITTED,
        .updated_at_ms = tx_now_ms(tx),
    };

    payment->id = tx_id(tx);
    payment->attempt_id = attempt.id;
    payment->status = PAYMENT_PROCESSING;
    payment->created_at_ms = tx_now_ms(tx);
    payment->updated_at_ms = payment->created_at_ms;
    payment->expires_at_ms = payment->created_at_ms + payment->expires_in_s * TIME_SECOND_MS;
    payment->version = 1;
    attempt.payment_id = payment->id;
    TRY(tx_insert(tx, &payment_table, payment));
    TRY(tx_insert(tx, &payment_attempt_table, &attempt));
    return timer_set(tx, &payment__timer, payment->id,
                     tx_now_ms(tx) + payment__ask_after_ms(PAYMENT_PROCESSING, 0));
}

static enum err create_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct payment_create *arg = arg_ptr;
    struct payment payment = from_create(arg);
    struct payment_change *change = result;
    const void *first;
    enum err err = tx_find(tx, &payment_table, 0, &payment, &first);

    if (err == ERR_OK) {
        return repeat(tx, first, &payment, change);
    }
    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    TRY(merchant_check_active(tx, payment.merchant_id, payment.app_id));
    TRY(check_notify_url(tx, &payment));
    TRY(channel_pick(tx, payment.merchant_id, payment.method, payment.currency, payment.amount,
                     &payment.channel_account_id));
    TRY(choose_fund_mode(tx, &payment, arg->collect_allowed));
    TRY(price(tx, &payment));
    TRY(insert(tx, &payment));
    tx_result_row(tx, &payment_table, &payment, &change->payment);
    return ERR_OK;
}

static void create_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct payment_create *arg = arg_ptr;
    const struct payment key = from_create(arg);

    if (round == 0) {
        prefetch_unique(pre, &payment_table, 0, &key);
    }
    merchant_prefetch(pre, arg->merchant_id, arg->app_id, round);
    rate_trade_prefetch(pre, arg->merchant_id, round);
    channel_pick_prefetch(pre, arg->merchant_id, arg->method, arg->currency, round);
}

const struct command_kind payment_create_kind = {
    .name = "payment.create",
    .prefetch = create_prefetch,
    .apply = create_apply,
    .result_size = sizeof(struct payment_change),
};
