/* The commands of merchants, apps and endpoints. */
#include "business/merchant/merchant_int.h"

static enum err create_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct merchant_create *arg = arg_ptr;
    struct merchant merchant = {
        .merchant_no = arg->merchant_no,
        .name = arg->name,
        .status = MERCHANT_ACTIVE,
        .fund_mode = arg->fund_mode == 0 ? MERCHANT_FUND_DIRECT : arg->fund_mode,
        .created_at_ms = tx_now_ms(tx),
        .updated_at_ms = tx_now_ms(tx),
        .version = 1,
    };
    const void *found;
    enum err err = tx_find(tx, &merchant_table, 0, &merchant, &found);
    const struct merchant *first = found;

    if (err == ERR_OK) {
        if (!str_eq(first->name, merchant.name)) {
            return tx_refuse(tx, ERR_MERCHANT_NO_CONFLICT, "name");
        }
        if (first->fund_mode != merchant.fund_mode) {
            return tx_refuse(tx, ERR_MERCHANT_NO_CONFLICT, "fund_mode");
        }
        tx_result_row(tx, &merchant_table, first, result);
        return ERR_OK;
    }
    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    if (merchant.fund_mode == MERCHANT_FUND_COLLECT && !arg->collect_allowed) {
        return tx_refuse(tx, ERR_MERCHANT_COLLECT_LICENCE, "fund_mode");
    }
    merchant.id = tx_id(tx);
    TRY(tx_insert(tx, &merchant_table, &merchant));
    TRY(tx_insert(tx, &merchant__links_table, &(struct merchant_links){.id = merchant.id}));
    tx_result_row(tx, &merchant_table, &merchant, result);
    return ERR_OK;
}

const struct command_kind merchant__create_kind = {
    .name = "merchant.create",
    .apply = create_apply,
    .result_size = sizeof(struct merchant),
};

static enum err status_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct merchant_set_status *arg = arg_ptr;
    struct merchant *merchant;
    void *row;
    enum err err = tx_edit(tx, &merchant_table, arg->merchant_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_MERCHANT_NOT_FOUND : err;
    }
    merchant = row;
    if (merchant->status == MERCHANT_CLOSED && arg->status != MERCHANT_CLOSED) {
        return ERR_MERCHANT_CLOSED;
    }
    if (merchant->status != arg->status) {
        merchant->status = arg->status;
        merchant->updated_at_ms = tx_now_ms(tx);
        merchant->version++;
    }
    tx_result_row(tx, &merchant_table, merchant, result);
    return ERR_OK;
}

const struct command_kind merchant__status_kind = {
    .name = "merchant.status",
    .apply = status_apply,
    .result_size = sizeof(struct merchant),
};

static enum err app_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct merchant_app_create *arg = arg_ptr;
    struct merchant_app app = {
        .merchant_id = arg->merchant_id,
        .name = arg->name,
        .status = MERCHANT_APP_ACTIVE,
        .created_at_ms = tx_now_ms(tx),
        .version = 1,
    };
    const struct merchant *merchant;
    const void *found;
    enum err err;

    TRY(merchant_get(tx, arg->merchant_id, &merchant));
    err = tx_find(tx, &merchant_app_table, 0, &app, &found);
    if (err == ERR_OK) {
        tx_result_row(tx, &merchant_app_table, found, result);
        return ERR_OK;
    }
    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    app.id = tx_id(tx);
    TRY(tx_insert(tx, &merchant_app_table, &app));
    tx_result_row(tx, &merchant_app_table, &app, result);
    return ERR_OK;
}

const struct command_kind merchant__app_kind = {
    .name = "merchant.app",
    .apply = app_apply,
    .result_size = sizeof(struct merchant_app),
};

static enum err endpoint_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct merchant_endpoint_create *arg = arg_ptr;
    struct merchant_endpoint endpoint = {
        .id = arg->id,
        .merchant_id = arg->merchant_id,
        .url = arg->url,
        .events = arg->events.len == 0 ? STR("*") : arg->events,
        .status = MERCHANT_ENDPOINT_ENABLED,
        .secret = arg->secret,
        .created_at_ms = tx_now_ms(tx),
        .updated_at_ms = tx_now_ms(tx),
        .version = 1,
    };
    struct merchant_links *links;

    TRY(merchant__links_edit(tx, arg->merchant_id, &links));
    TRY(merchant__add_id(tx, &links->endpoints, endpoint.id, MERCHANT_ENDPOINTS_MAX));
    TRY(tx_insert(tx, &merchant_endpoint_table, &endpoint));
    tx_result_row(tx, &merchant_endpoint_table, &endpoint, result);
    return ERR_OK;
}

const struct command_kind merchant__endpoint_kind = {
    .name = "merchant.endpoint",
    .apply = endpoint_apply,
    .result_size = sizeof(struct merchant_endpoint),
};

static enum err edit_endpoint(struct tx *tx, int64_t id, int64_t merchant_id,
                              struct merchant_endpoint **out)
{
    void *row;
    enum err err = tx_edit(tx, &merchant_endpoint_table, id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_MERCHANT_ENDPOINT_NOT_FOUND;
    }
    TRY(err);
    *out = row;
    return merchant_id == 0 || (*out)->merchant_id == merchant_id ? ERR_OK
                                                                  : ERR_MERCHANT_ENDPOINT_NOT_FOUND;
}

static enum err endpoint_rotate_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct merchant_endpoint_rotate *arg = arg_ptr;
    struct merchant_endpoint *endpoint;

    TRY(edit_endpoint(tx, arg->endpoint_id, arg->merchant_id, &endpoint));
    endpoint->previous_secret = endpoint->secret;
    endpoint->previous_until_ms = tx_now_ms(tx) + arg->overlap_ms;
    endpoint->secret = arg->secret;
    endpoint->updated_at_ms = tx_now_ms(tx);
    endpoint->version++;
    tx_result_row(tx, &merchant_endpoint_table, endpoint, result);
    return ERR_OK;
}

const struct command_kind merchant__endpoint_rotate_kind = {
    .name = "merchant.endpoint_rotate",
    .apply = endpoint_rotate_apply,
    .result_size = sizeof(struct merchant_endpoint),
};

static enum err endpoint_status_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct merchant_endpoint_set_status *arg = arg_ptr;
    struct merchant_endpoint *endpoint;

    TRY(edit_endpoint(tx, arg->endpoint_id, arg->merchant_id, &endpoint));
    if (endpoint->status != arg->status) {
        TRY(merchant__endpoint_move(tx, endpoint, arg->status, STR("")));
    }
    tx_result_row(tx, &merchant_endpoint_table, endpoint, result);
    return ERR_OK;
}

const struct command_kind merchant__endpoint_status_kind = {
    .name = "merchant.endpoint_status",
    .apply = endpoint_status_apply,
    .result_size = sizeof(struct merchant_endpoint),
};
