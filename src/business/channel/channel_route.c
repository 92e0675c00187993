/* Which account takes a payment. Rows of channel_route list an owner's enabled accounts in the
 * order they are tried; the commands that change accounts keep them. */
#include "business/channel/channel_int.h"

struct id_list {
    int64_t ids[CHANNEL_ROUTE_ACCOUNTS_MAX];
    size_t count;
};

static void parse_ids(struct str text, struct id_list *out)
{
    struct str word;

    out->count = 0;
    while (text.len > 0) {
        str_cut(&text, ' ', &word);
        CHECK(out->count < CHANNEL_ROUTE_ACCOUNTS_MAX);
        CHECK(str_parse_int(word, &out->ids[out->count]) == ERR_OK);
        out->count++;
    }
}

static struct str print_ids(struct arena *arena, const struct id_list *list)
{
    struct buf buf;

    buf_init_arena(&buf, arena, 1024);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) {
            buf_add_char(&buf, ' ');
        }
        buf_add_int(&buf, list->ids[i]);
    }
    CHECK(buf_ok(&buf));
    return buf_str(&buf);
}

static void remove_id(struct id_list *list, int64_t id)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->ids[i] != id) {
            list->ids[kept++] = list->ids[i];
        }
    }
    list->count = kept;
}

/* Before the first account of a greater (priority, id). */
static enum err insert_id(struct tx *tx, struct id_list *list,
                          const struct channel_account *account)
{
    size_t at = 0;

    if (list->count == CHANNEL_ROUTE_ACCOUNTS_MAX) {
        return tx_refuse(tx, ERR_CHANNEL_ROUTE_FULL, "methods");
    }
    for (; at < list->count; at++) {
        const struct channel_account *other;

        TRY(channel_account_get(tx, list->ids[at], &other));
        if (other->priority > account->priority ||
            (other->priority == account->priority && other->id > account->id)) {
            break;
        }
    }
    for (size_t i = list->count; i > at; i--) {
        list->ids[i] = list->ids[i - 1];
    }
    list->ids[at] = account->id;
    list->count++;
    return ERR_OK;
}

static enum err route_method(struct tx *tx, const struct channel_account *account,
                             struct str method)
{
    const struct channel_route key = {
        .merchant_id = account->merchant_id, .method = method, .currency = account->currency};
    struct id_list list = {.count = 0};
    const void *found;
    void *row;
    enum err err = tx_find(tx, &channel_route_table, 0, &key, &found);

    if (err != ERR_OK && err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    if (err == ERR_OK) {
        parse_ids(((const struct channel_route *)found)->accounts, &list);
        remove_id(&list, account->id);
    }
    if (account->status == CHANNEL_ENABLED) {
        TRY(insert_id(tx, &list, account));
    }
    if (err == ERR_STORE_NOT_FOUND) {
        struct channel_route route = key;

        route.id = tx_id(tx);
        route.accounts = print_ids(tx_arena(tx), &list);
        return tx_insert(tx, &channel_route_table, &route);
    }
    TRY(tx_edit(tx, &channel_route_table, ((const struct channel_route *)found)->id, &row));
    ((struct channel_route *)row)->accounts = print_ids(tx_arena(tx), &list);
    return ERR_OK;
}

enum err channel__route(struct tx *tx, const struct channel_account *account)
{
    struct str methods = account->methods, method;
    bool more = true;

    while (more) {
        more = str_cut(&methods, ' ', &method);
        TRY(route_method(tx, account, method));
    }
    return ERR_OK;
}

/* ---- picking ---- */

static enum err pick_of(struct tx *tx, const struct channel_route *key, struct amount amount,
                        int64_t *account_id)
{
    struct id_list list;
    const void *found;
    enum err err = tx_find(tx, &channel_route_table, 0, key, &found);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_CHANNEL_NONE;
    }
    TRY(err);
    parse_ids(((const struct channel_route *)found)->accounts, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct channel_account *account;

        TRY(channel_account_get(tx, list.ids[i], &account));
        const struct channel_adapter *adapter = channel__adapter(account->channel);

        if (adapter != NULL && channel__takes_amount(adapter, amount)) {
            *account_id = account->id;
            return ERR_OK;
        }
    }
    return ERR_CHANNEL_NONE;
}

enum err channel_pick(struct tx *tx, int64_t merchant_id, struct str method, enum currency currency,
                      struct amount amount, int64_t *account_id)
{
    struct channel_route key = {.merchant_id = merchant_id, .method = method, .currency = currency};
    enum err err = pick_of(tx, &key, amount, account_id);

    if (err == ERR_CHANNEL_NONE) {
        key.merchant_id = 0;
        err = pick_of(tx, &key, amount, account_id);
    }
    return err;
}

static void prefetch_accounts(struct prefetch *pre, const struct channel_route *key)
{
    const struct channel_route *route = prefetch_peek_unique(pre, &channel_route_table, 0, key);
    struct id_list list;

    if (route == NULL) {
        return;
    }
    parse_ids(route->accounts, &list);
    for (size_t i = 0; i < list.count; i++) {
        channel_account_prefetch(pre, list.ids[i]);
    }
}

void channel_pick_prefetch(struct prefetch *pre, int64_t merchant_id, struct str method,
                           enum currency currency, unsigned round)
{
    const struct channel_route own = {
        .merchant_id = merchant_id, .method = method, .currency = currency};
    const struct channel_route shared = {.method = method, .currency = currency};

    if (round == 0) {
        prefetch_unique(pre, &channel_route_table, 0, &own);
        prefetch_unique(pre, &channel_route_table, 0, &shared);
    } else if (round == 1) {
        prefetch_accounts(pre, &own);
        prefetch_accounts(pre, &shared);
    }
}
