/* The commands: from an event to its deliveries, and from an attempt to what comes next. */
#include "business/notify/notify_int.h"
#include "business/payment/payment.h"

/* Delays after the first, second, … attempt that failed. */
static const int64_t schedule_ms[] = {
    5 * TIME_SECOND_MS,  15 * TIME_SECOND_MS, TIME_MINUTE_MS,    5 * TIME_MINUTE_MS,
    15 * TIME_MINUTE_MS, TIME_HOUR_MS,        3 * TIME_HOUR_MS,  6 * TIME_HOUR_MS,
    12 * TIME_HOUR_MS,   24 * TIME_HOUR_MS,   48 * TIME_HOUR_MS, 72 * TIME_HOUR_MS,
};
#define NOTIFY_RETRY_AFTER_MAX_MS (24 * TIME_HOUR_MS)

static enum err add(struct tx *tx, const struct event *event, int64_t endpoint_id, struct str url)
{
    const struct notify_delivery delivery = {
        .id = tx_id(tx),
        .event_id = event->id,
        .merchant_id = event->merchant_id,
        .endpoint_id = endpoint_id,
        .url = url,
        .type = event->type,
        .status = NOTIFY_PENDING,
        .created_at_ms = tx_now_ms(tx),
        .updated_at_ms = tx_now_ms(tx),
    };
    const struct notify_pending pending = {
        .id = delivery.id,
        .lane = url.len == 0 ? endpoint_id : (int64_t)(str_hash(url) >> 1),
        .endpoint_id = endpoint_id,
        .event_id = event->id,
        .due_at_ms = tx_now_ms(tx),
    };

    TRY(tx_insert(tx, &notify__delivery_table, &delivery));
    return tx_insert(tx, &notify__pending_table, &pending);
}

/* A payment's own URL is signed with the secret of the merchant's first endpoint. */
static enum err add_own_url(struct tx *tx, const struct event *event)
{
    int64_t ids[MERCHANT_ENDPOINTS_MAX];
    size_t count;
    const void *row;

    TRY(tx_get(tx, &payment_table, event->object_id, &row));
    if (((const struct payment *)row)->notify_url.len == 0) {
        return ERR_OK;
    }
    TRY(merchant_endpoints_for(tx, event->merchant_id, STR(""), ids, &count));
    return count == 0 ? ERR_OK : add(tx, event, ids[0], ((const struct payment *)row)->notify_url);
}

static enum err on_event(struct tx *tx, const struct event *event)
{
    int64_t ids[MERCHANT_ENDPOINTS_MAX];
    size_t count = 0;

    if (event->merchant_id == 0 || str_eq(event->type, STR("payment.closing"))) {
        return ERR_OK;
    }
    TRY(merchant_endpoints_for(tx, event->merchant_id, event->type, ids, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(add(tx, event, ids[i], (struct str){"", 0}));
    }
    return str_starts(event->type, STR("payment.")) ? add_own_url(tx, event) : ERR_OK;
}

const struct subscriber notify__subscriber = {
    .name = "notify",
    .type_prefix = "",
    .on_event = on_event,
};

/* ---- after an attempt ---- */

static enum notify_status verdict(const struct notify_result *result, int64_t attempts)
{
    if (result->err == ERR_OK && result->status >= 200 && result->status <= 299) {
        return NOTIFY_DELIVERED;
    }
    if (result->err == ERR_OK && result->status == 410) {
        return NOTIFY_SUPPRESSED;
    }
    if (result->err == ERR_MERCHANT_ENDPOINT_DISABLED) {
        return NOTIFY_SUPPRESSED;
    }
    if (result->err == ERR_HTTP_ADDRESS_REFUSED || attempts > (int64_t)ARRAY_LEN(schedule_ms)) {
        return NOTIFY_DEAD;
    }
    return NOTIFY_PENDING;
}

static int64_t next_due_ms(const struct tx *tx, const struct notify_result *result,
                           int64_t attempts)
{
    int64_t wait_ms = schedule_ms[attempts - 1];
    int64_t asked_ms = result->retry_after_ms < NOTIFY_RETRY_AFTER_MAX_MS
                           ? result->retry_after_ms
                           : NOTIFY_RETRY_AFTER_MAX_MS;

    wait_ms += wait_ms / 5 * result->jitter / 1000000;
    return tx_now_ms(tx) + (asked_ms > wait_ms ? asked_ms : wait_ms);
}

static void record_attempt(struct tx *tx, const struct notify_delivery *delivery,
                           const struct notify_result *result)
{
    tx_append(tx, &notify__attempt_table,
              &(struct notify_attempt){
                  .id = tx_id(tx),
                  .delivery_id = delivery->id,
                  .number = delivery->attempts,
                  .created_at_ms = tx_now_ms(tx),
                  .status = result->status,
                  .error = delivery->last_error,
                  .duration_us = result->duration_us,
                  .response = result->response,
              });
}

static enum err result_apply(struct tx *tx, const void *arg_ptr, void *out)
{
    const struct notify_result *arg = arg_ptr;
    struct notify_delivery *delivery;
    struct notify_pending *pending;
    void *row;
    enum err err;

    (void)out;
    TRY(tx_edit(tx, &notify__delivery_table, arg->delivery_id, &row));
    delivery = row;
    delivery->attempts++;
    delivery->updated_at_ms = tx_now_ms(tx);
    delivery->last_status = arg->status;
    delivery->last_error = arg->err == ERR_OK ? (struct str){"", 0}
                                              : str_dup(tx_arena(tx), str_of(err_code(arg->err)));
    delivery->status = verdict(arg, delivery->attempts);
    record_attempt(tx, delivery, arg);
    if (arg->err == ERR_OK && arg->status == 410) {
        TRY(merchant_endpoint_disable(tx, delivery->endpoint_id, STR("answered 410 Gone")));
    }
    if (delivery->status != NOTIFY_PENDING) {
        err = tx_delete(tx, &notify__pending_table, delivery->id);
        return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
    }
    TRY(tx_edit(tx, &notify__pending_table, delivery->id, &row));
    pending = row;
    pending->attempts = delivery->attempts;
    pending->due_at_ms = next_due_ms(tx, arg, delivery->attempts);
    return ERR_OK;
}

static void result_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct notify_result *arg = arg_ptr;

    if (round == 0) {
        prefetch_id(pre, &notify__delivery_table, arg->delivery_id);
        prefetch_id(pre, &notify__pending_table, arg->delivery_id);
    }
}

const struct command_kind notify__result_kind = {
    .name = "notify.result",
    .prefetch = result_prefetch,
    .apply = result_apply,
};

/* ---- manual resend: a new series under the same webhook-id ---- */

static enum err resend_apply(struct tx *tx, const void *arg_ptr, void *out)
{
    const struct notify_resend *arg = arg_ptr;
    struct notify_delivery *delivery;
    void *row;
    enum err err = tx_edit(tx, &notify__delivery_table, arg->delivery_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_NOTIFY_NOT_FOUND;
    }
    TRY(err);
    delivery = row;
    if (delivery->merchant_id != arg->merchant_id) {
        return ERR_NOTIFY_NOT_FOUND;
    }
    if (delivery->status != NOTIFY_PENDING) {
        const struct notify_pending pending = {
            .id = delivery->id,
            .lane = delivery->url.len == 0 ? delivery->endpoint_id
                                           : (int64_t)(str_hash(delivery->url) >> 1),
            .endpoint_id = delivery->endpoint_id,
            .event_id = delivery->event_id,
            .attempts = delivery->attempts,
            .due_at_ms = tx_now_ms(tx),
        };

        delivery->status = NOTIFY_PENDING;
        TRY(tx_insert(tx, &notify__pending_table, &pending));
    } else {
        TRY(tx_edit(tx, &notify__pending_table, delivery->id, &row));
        ((struct notify_pending *)row)->due_at_ms = tx_now_ms(tx);
    }
    delivery->updated_at_ms = tx_now_ms(tx);
    tx_result_row(tx, &notify__delivery_table, delivery, out);
    return ERR_OK;
}

const struct command_kind notify__resend_kind = {
    .name = "notify.resend",
    .apply = resend_apply,
    .result_size = sizeof(struct notify_delivery),
};
