/* What other modules' commands ask of a merchant: its state, its contracts, its endpoints. */
#include "business/merchant/merchant_int.h"

bool merchant__next_id(struct str *list, int64_t *id)
{
    struct str word;

    if (list->len == 0) {
        return false;
    }
    (void)str_cut(list, ' ', &word);
    CHECK(str_parse_int(word, id) == ERR_OK);
    return true;
}

bool merchant__has_id(struct str list, int64_t id)
{
    int64_t other;

    while (merchant__next_id(&list, &other)) {
        if (other == id) {
            return true;
        }
    }
    return false;
}

enum err merchant__links_edit(struct tx *tx, int64_t merchant_id, struct merchant_links **out)
{
    void *row;
    enum err err = tx_edit(tx, &merchant__links_table, merchant_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_MERCHANT_NOT_FOUND : err;
    }
    *out = row;
    return ERR_OK;
}

enum err merchant__add_id(struct tx *tx, struct str *list, int64_t id, size_t max)
{
    struct str rest = *list;
    size_t count = 0;
    int64_t other;

    while (merchant__next_id(&rest, &other)) {
        if (other == id) {
            return ERR_OK;
        }
        count++;
    }
    if (count >= max) {
        return ERR_MERCHANT_TOO_MANY;
    }
    *list = str_printf(tx_arena(tx), STR_FMT "%s%lld", STR_ARG(*list), count == 0 ? "" : " ",
                       (long long)id);
    return ERR_OK;
}

static void remove_id(struct tx *tx, struct str *list, int64_t id)
{
    struct str rest = *list;
    struct buf kept;
    int64_t other;

    buf_init_arena(&kept, tx_arena(tx), list->len);
    while (merchant__next_id(&rest, &other)) {
        if (other != id) {
            buf_printf(&kept, "%s%lld", kept.len == 0 ? "" : " ", (long long)other);
        }
    }
    CHECK(buf_ok(&kept));
    *list = buf_str(&kept);
}

static void prefetch_list(struct prefetch *pre, const struct table *table, struct str list)
{
    int64_t id;

    while (merchant__next_id(&list, &id)) {
        prefetch_id(pre, table, id);
    }
}

void merchant_prefetch(struct prefetch *pre, int64_t merchant_id, int64_t app_id, unsigned round)
{
    const struct merchant_links *links;

    if (round == 0) {
        prefetch_id(pre, &merchant_table, merchant_id);
        prefetch_id(pre, &merchant__links_table, merchant_id);
        if (app_id != 0) {
            prefetch_id(pre, &merchant_app_table, app_id);
        }
    } else if (round == 1) {
        links = prefetch_peek(pre, &merchant__links_table, merchant_id);
        if (links != NULL) {
            prefetch_list(pre, &merchant_contract_table, links->contracts);
            prefetch_list(pre, &merchant_endpoint_table, links->endpoints);
        }
    }
}

enum err merchant_get(struct tx *tx, int64_t merchant_id, const struct merchant **out)
{
    const void *row;
    enum err err = tx_get(tx, &merchant_table, merchant_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_MERCHANT_NOT_FOUND : err;
    }
    *out = row;
    return ERR_OK;
}

enum err merchant_check_active(struct tx *tx, int64_t merchant_id, int64_t app_id)
{
    const struct merchant *merchant;
    const struct merchant_app *app;
    const void *row;
    enum err err;

    TRY(merchant_get(tx, merchant_id, &merchant));
    switch (merchant->status) {
    case MERCHANT_ACTIVE:
        break;
    case MERCHANT_SUSPENDED:
        return ERR_MERCHANT_SUSPENDED;
    case MERCHANT_CLOSED:
        return ERR_MERCHANT_CLOSED;
    }
    if (app_id == 0) {
        return ERR_OK;
    }
    err = tx_get(tx, &merchant_app_table, app_id, &row);
    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_MERCHANT_APP_DISABLED : err;
    }
    app = row;
    return app->merchant_id == merchant_id && app->status == MERCHANT_APP_ACTIVE
               ? ERR_OK
               : ERR_MERCHANT_APP_DISABLED;
}

static enum err links_of(struct tx *tx, int64_t merchant_id, const struct merchant_links **out)
{
    static const struct merchant_links none;
    const void *row;
    enum err err = tx_get(tx, &merchant__links_table, merchant_id, &row);

    if (err != ERR_OK && err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    *out = err == ERR_OK ? row : &none;
    return ERR_OK;
}

enum err merchant_fund_mode_allowed(enum merchant_fund_mode mode, bool collect_allowed)
{
    return mode == MERCHANT_FUND_DIRECT || collect_allowed ? ERR_OK : ERR_MERCHANT_COLLECT_LICENCE;
}

enum err merchant_contract_get(struct tx *tx, int64_t contract_id,
                               const struct merchant_contract **out)
{
    const void *row;
    enum err err = tx_get(tx, &merchant_contract_table, contract_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_MERCHANT_CONTRACT_NOT_FOUND : err;
    }
    *out = row;
    return ERR_OK;
}

enum err merchant_contracts_for(struct tx *tx, const struct merchant_contract_key *key,
                                struct merchant_contracts *out)
{
    const struct merchant_links *links;
    struct str list;
    int64_t id;

    out->count = 0;
    TRY(links_of(tx, key->merchant_id, &links));
    list = links->contracts;
    while (merchant__next_id(&list, &id)) {
        const struct merchant_contract *contract;

        TRY(merchant_contract_get(tx, id, &contract));
        if (contract->currency == key->currency &&
            (contract->method.len == 0 || str_eq(contract->method, key->method))) {
            out->all[out->count++] = contract;
        }
    }
    return ERR_OK;
}

enum err merchant_contract_charges(struct tx *tx, const struct merchant_contract *contract,
                                   bool *charges)
{
    const struct merchant_links *links;

    TRY(links_of(tx, contract->merchant_id, &links));
    *charges = merchant__has_id(links->contracts, contract->id);
    return ERR_OK;
}

static enum err make_contract(struct tx *tx, const struct merchant_contract_key *key,
                              const struct merchant_contract **out)
{
    const struct merchant_contract contract = {
        .id = tx_id(tx),
        .merchant_id = key->merchant_id,
        .method = key->method,
        .currency = key->currency,
        .created_at_ms = tx_now_ms(tx),
    };
    struct merchant_links *links;

    TRY(merchant__links_edit(tx, key->merchant_id, &links));
    TRY(merchant__add_id(tx, &links->contracts, contract.id, MERCHANT_CONTRACTS_MAX));
    TRY(tx_insert(tx, &merchant_contract_table, &contract));
    return merchant_contract_get(tx, contract.id, out);
}

enum err merchant_contract_open(struct tx *tx, const struct merchant_contract_key *key,
                                const struct merchant_contract **out)
{
    struct merchant_contracts covering;

    TRY(merchant_contracts_for(tx, key, &covering));
    for (size_t i = covering.count; i > 0; i--) {
        if (str_eq(covering.all[i - 1]->method, key->method)) {
            *out = covering.all[i - 1];
            return ERR_OK;
        }
    }
    return make_contract(tx, key, out);
}

size_t merchant_contracts_peek(struct prefetch *pre, int64_t merchant_id,
                               int64_t ids[MERCHANT_CONTRACTS_MAX])
{
    const struct merchant_links *links = prefetch_peek(pre, &merchant__links_table, merchant_id);
    struct str list = links == NULL ? STR("") : links->contracts;
    size_t count = 0;

    while (count < MERCHANT_CONTRACTS_MAX && merchant__next_id(&list, &ids[count])) {
        count++;
    }
    return count;
}

static bool wants(struct str events, struct str type)
{
    struct str word;

    if (type.len == 0) {
        return true;
    }
    while (events.len > 0) {
        (void)str_cut(&events, ' ', &word);
        if (str_eq(word, STR("*")) || str_eq(word, type) ||
            (str_ends(word, STR(".*")) && str_starts(type, str_slice(word, 0, word.len - 1)))) {
            return true;
        }
    }
    return false;
}

enum err merchant_endpoints_for(struct tx *tx, int64_t merchant_id, struct str event_type,
                                int64_t ids[MERCHANT_ENDPOINTS_MAX], size_t *count)
{
    const struct merchant_links *links;
    struct str list;
    int64_t id;

    *count = 0;
    TRY(links_of(tx, merchant_id, &links));
    list = links->endpoints;
    while (merchant__next_id(&list, &id) && *count < MERCHANT_ENDPOINTS_MAX) {
        const struct merchant_endpoint *endpoint;
        const void *row;

        TRY(tx_get(tx, &merchant_endpoint_table, id, &row));
        endpoint = row;
        if (endpoint->status == MERCHANT_ENDPOINT_ENABLED && wants(endpoint->events, event_type)) {
            ids[(*count)++] = id;
        }
    }
    return ERR_OK;
}

enum err merchant__endpoint_move(struct tx *tx, struct merchant_endpoint *endpoint,
                                 enum merchant_endpoint_status status, struct str reason)
{
    struct merchant_links *links;

    TRY(merchant__links_edit(tx, endpoint->merchant_id, &links));
    if (status == MERCHANT_ENDPOINT_ENABLED) {
        TRY(merchant__add_id(tx, &links->endpoints, endpoint->id, MERCHANT_ENDPOINTS_MAX));
    } else {
        remove_id(tx, &links->endpoints, endpoint->id);
    }
    endpoint->status = status;
    endpoint->disabled_reason = str_dup(tx_arena(tx), reason);
    endpoint->updated_at_ms = tx_now_ms(tx);
    endpoint->version++;
    return ERR_OK;
}

enum err merchant_endpoint_disable(struct tx *tx, int64_t endpoint_id, struct str reason)
{
    struct merchant_endpoint *endpoint;
    void *row;

    TRY(tx_edit(tx, &merchant_endpoint_table, endpoint_id, &row));
    endpoint = row;
    if (endpoint->status == MERCHANT_ENDPOINT_DISABLED) {
        return ERR_OK;
    }
    TRY(merchant__endpoint_move(tx, endpoint, MERCHANT_ENDPOINT_DISABLED, reason));
    event_write(tx, &(struct event){.merchant_id = endpoint->merchant_id,
                                    .object_id = endpoint->id,
                                    .sequence = endpoint->version,
                                    .type = STR("endpoint.disabled"),
                                    .data = str_printf(
                                        tx_arena(tx),
                                        "{\"object\":\"webhook_endpoint\",\"id\":\"" STR_FMT "\"}",
                                        STR_ARG(id_str(tx_arena(tx), "whe", endpoint->id)))});
    return ERR_OK;
}
