/* The public form of a payment: one field table for answers, events, webhooks and the API document.
 */
#include "base/crypto.h"
#include "business/payment/payment_int.h"

static const struct enum_name closed_reasons[] = {
    {PAYMENT_CLOSED_BY_MERCHANT, "merchant"},
    {PAYMENT_CLOSED_EXPIRED, "expired"},
    {0, NULL},
};

static const struct field fee_fields[] = {
    FIELD(struct payment_view_fee, amount, FIELD_AMOUNT, .always = true,
          .help = "What the merchant owes the platform for this payment"),
    FIELD(struct payment_view_fee, rate_millionths, FIELD_INT, .always = true,
          .help =
              "Rate of the contract when the payment was created; of the last tier reached when "
              "it has tiers"),
    FIELD(struct payment_view_fee, contract, FIELD_ID, .prefix = "con"),
    FIELD(struct payment_view_fee, rate, FIELD_ID, .prefix = "rat",
          .help = "That charged the fee; its terms never change"),
};

static const struct field channel_fields[] = {
    FIELD(struct payment_view_channel, account, FIELD_ID, .prefix = "cha"),
    FIELD(struct payment_view_channel, transaction_id, FIELD_TEXT, .max = 64,
          .help = "The channel's number of the paid order"),
    FIELD(struct payment_view_channel, payer_id, FIELD_TEXT, .max = 128),
    FIELD(struct payment_view_channel, bank_type, FIELD_TEXT, .max = 32),
};

static const struct field action_fields[] = {
    FIELD(struct payment_view_action, type, FIELD_TEXT, .max = 32, .help = "qr_code"),
    FIELD(struct payment_view_action, qr_code, FIELD_TEXT, .max = 512,
          .help = "Text to show as a QR code"),
    FIELD(struct payment_view_action, cashier_path, FIELD_TEXT, .max = 64,
          .help = "Path of a ready page for the payer, on this server"),
    FIELD(struct payment_view_action, expires_at, FIELD_TIME),
};

static const struct field error_fields[] = {
    FIELD(struct payment_view_error, code, FIELD_TEXT, .max = 48),
    FIELD(struct payment_view_error, message, FIELD_TEXT, .max = 256),
    FIELD(struct payment_view_error, advice, FIELD_TEXT, .max = 32),
};

static const struct field view_fields[] = {
    FIELD(struct payment_view, id, FIELD_ID, .prefix = "pay", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "payment"},
    FIELD(struct payment_view, status, FIELD_ENUM, .names = payment__status_names, .always = true),
    FIELD(struct payment_view, app_id, FIELD_ID, .prefix = "app"),
    FIELD(struct payment_view, merchant_order_no, FIELD_TEXT, .max = 64, .always = true),
    FIELD(struct payment_view, amount, FIELD_AMOUNT, .always = true),
    FIELD(struct payment_view, currency, FIELD_CURRENCY, .always = true),
    FIELD(struct payment_view, method, FIELD_TEXT, .max = 32, .always = true),
    FIELD(struct payment_view, subject, FIELD_TEXT, .max = 127, .always = true),
    FIELD(struct payment_view, body, FIELD_TEXT, .max = 256),
    FIELD(struct payment_view, attach, FIELD_TEXT, .max = 256),
    FIELD(struct payment_view, metadata, FIELD_JSON, .max = 4096),
    FIELD(struct payment_view, notify_url, FIELD_TEXT, .max = 512),
    FIELD(struct payment_view, return_url, FIELD_TEXT, .max = 512),
    FIELD(struct payment_view, amount_received, FIELD_AMOUNT, .always = true),
    FIELD(struct payment_view, fee, FIELD_OBJECT, .sub = fee_fields,
          .sub_count = ARRAY_LEN(fee_fields)),
    FIELD(struct payment_view, channel, FIELD_OBJECT, .sub = channel_fields,
          .sub_count = ARRAY_LEN(channel_fields)),
    FIELD(struct payment_view, next_action, FIELD_OBJECT, .sub = action_fields,
          .sub_count = ARRAY_LEN(action_fields), .help = "What the payer does next"),
    FIELD(struct payment_view, last_error, FIELD_OBJECT, .sub = error_fields,
          .sub_count = ARRAY_LEN(error_fields)),
    FIELD(struct payment_view, closed_reason, FIELD_ENUM, .names = closed_reasons),
    FIELD(struct payment_view, latest_attempt, FIELD_ID, .prefix = "att"),
    FIELD(struct payment_view, created_at, FIELD_TIME, .always = true),
    FIELD(struct payment_view, updated_at, FIELD_TIME, .always = true),
    FIELD(struct payment_view, expires_at, FIELD_TIME, .always = true),
    FIELD(struct payment_view, succeeded_at, FIELD_TIME),
    FIELD(struct payment_view, late_success_at, FIELD_TIME,
          .help = "The payer paid after the payment was closed or had failed"),
    FIELD(struct payment_view, version, FIELD_INT, .always = true,
          .help = "One more with each change; the sequence of its webhooks"),
};

const struct field_set payment_fields = FIELD_SET("payment", view_fields);

static const char *advice_of(const struct payment *payment)
{
    if (payment->error_code.len == 0) {
        return "";
    }
    for (int decline = 1; channel_decline_code((enum channel_decline)decline) != NULL; decline++) {
        if (str_eq(payment->error_code,
                   str_of(channel_decline_code((enum channel_decline)decline)))) {
            return channel_decline_advice((enum channel_decline)decline);
        }
    }
    return "do_not_retry";
}

static struct str cashier_token(struct arena *arena, const struct payment *payment)
{
    struct str id = id_str(arena, "c", payment->id); /* "c_" and the 13 characters */

    return str_printf(arena, STR_FMT STR_FMT, STR_ARG(str_slice(id, 2, id.len)),
                      STR_ARG(payment->cashier_secret));
}

static void view_action(struct arena *arena, const struct payment *payment,
                        struct payment_view_action *action)
{
    if (payment_is_final(payment->status)) {
        return;
    }
    action->cashier_path =
        str_printf(arena, "/cashier/" STR_FMT, STR_ARG(cashier_token(arena, payment)));
    if (payment->status == PAYMENT_REQUIRES_ACTION && payment->qr.len > 0) {
        action->type = STR("qr_code");
        action->qr_code = payment->qr;
    } else {
        action->type = STR("await_channel");
    }
    action->expires_at = payment->expires_at_ms;
}

void payment_view_make(struct arena *arena, const struct payment *payment,
                       struct payment_view *view)
{
    *view = (struct payment_view){
        .id = payment->id,
        .app_id = payment->app_id,
        .merchant_order_no = payment->merchant_order_no,
        .amount = payment->amount,
        .currency = payment->currency,
        .method = payment->method,
        .subject = payment->subject,
        .body = payment->body,
        .attach = payment->attach,
        .metadata = payment->metadata,
        .notify_url = payment->notify_url,
        .return_url = payment->return_url,
        .status = payment->status,
        .amount_received = payment->amount_received,
        .fee = {payment->fee, payment->fee_rate_millionths, payment->contract_id, payment->rate_id},
        .channel = {payment->channel_account_id, payment->transaction_no, payment->payer_id,
                    payment->bank_type},
        .last_error = {payment->error_code, payment->error_message, str_of(advice_of(payment))},
        .closed_reason = payment->closed_reason,
        .latest_attempt = payment->attempt_id,
        .created_at = payment->created_at_ms,
        .updated_at = payment->updated_at_ms,
        .expires_at = payment->expires_at_ms,
        .succeeded_at = payment->succeeded_at_ms,
        .late_success_at = payment->late_success_at_ms,
        .version = payment->version,
    };
    view_action(arena, payment, &view->next_action);
}

enum err payment_read_by_token(struct reader *reader, struct str token, struct arena *arena,
                               struct payment *out)
{
    int64_t id;

    if (token.len != ID_TEXT_LEN + PAYMENT_CASHIER_SECRET_LEN) {
        return ERR_PAYMENT_NOT_FOUND;
    }
    if (id_parse(str_printf(arena, "c_" STR_FMT, STR_ARG(str_slice(token, 0, ID_TEXT_LEN))), "c",
                 &id) != ERR_OK) {
        return ERR_PAYMENT_NOT_FOUND;
    }
    TRY(payment_read(reader, id, arena, out));
    if (!crypto_equal(out->cashier_secret, str_slice(token, ID_TEXT_LEN, token.len))) {
        return ERR_PAYMENT_NOT_FOUND;
    }
    return ERR_OK;
}

struct str payment__order_no(struct arena *arena, int64_t attempt_id)
{
    struct str id = id_str(arena, "T", attempt_id);

    return str_printf(arena, "T" STR_FMT, STR_ARG(str_slice(id, 2, id.len)));
}

enum err payment__parse_order_no(struct str order_no, int64_t *attempt_id)
{
    char text[PAYMENT_ORDER_NO_LEN + 1];

    if (order_no.len != PAYMENT_ORDER_NO_LEN || order_no.ptr[0] != 'T') {
        return ERR_PAYMENT_ATTEMPT_UNKNOWN;
    }
    text[0] = 'T';
    text[1] = '_';
    memcpy(text + 2, order_no.ptr + 1, ID_TEXT_LEN);
    return id_parse((struct str){text, sizeof(text)}, "T", attempt_id) == ERR_OK
               ? ERR_OK
               : ERR_PAYMENT_ATTEMPT_UNKNOWN;
}
