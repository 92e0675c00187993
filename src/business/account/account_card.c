/* Bank cards: numbers and names sealed, shown masked, found by a blind index. */
#include "base/encode.h"
#include "business/account/account_int.h"

enum {
    DIGITS_MIN = 12,
    DIGITS_MAX = 30,
    SHOWN_FIRST = 6,
    SHOWN_LAST = 4,
    LIST_LIMIT = 20,
    LIST_LIMIT_MAX = 200,
};

/* ---- numbers ---- */

static bool is_digits(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

/* Luhn, ISO/IEC 7812: cards have a check digit; the accounts of companies have none. */
static bool check_digit_is_right(struct str number)
{
    int sum = 0;

    for (size_t i = 0; i < number.len; i++) {
        int digit = number.ptr[number.len - 1 - i] - '0';

        digit = i % 2 == 1 ? 2 * digit : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static struct str masked(struct arena *arena, struct str number)
{
    struct buf text;

    buf_init_arena(&text, arena, number.len);
    for (size_t i = 0; i < number.len; i++) {
        bool shown = i < SHOWN_FIRST || i + SHOWN_LAST >= number.len;

        buf_add_char(&text, shown ? number.ptr[i] : '*');
    }
    return buf_str(&text);
}

static struct str blind_index(const struct app *app, struct arena *arena, struct str number)
{
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct secret key;
    struct buf text;

    vault_derive(app->vault, STR("account_card.blind"), arena, &key);
    crypto_hmac_sha256(&key, number, mac);
    secret_wipe(&key);
    buf_init_arena(&text, arena, 2 * sizeof(mac));
    hex_encode(&text, (struct str){(const char *)mac, sizeof(mac)});
    return buf_str(&text);
}

static struct str label(struct arena *arena, const char *column, int64_t card_id)
{
    return str_printf(arena, "account_card.%s:%lld", column, (long long)card_id);
}

enum err account_card_open(const struct app *app, struct arena *arena,
                           const struct account_card *card, struct secret *number,
                           struct secret *holder)
{
    TRY(vault_unseal(app->vault, arena, label(arena, "number", card->id), card->number, number));
    return vault_unseal(app->vault, arena, label(arena, "holder", card->id), card->holder, holder);
}

/* ---- commands ---- */

enum err account_card_get(struct tx *tx, int64_t merchant_id, int64_t card_id,
                          const struct account_card **card)
{
    const void *row;
    enum err err = tx_get(tx, &account_card_table, card_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_ACCOUNT_CARD : err;
    }
    *card = row;
    return (*card)->merchant_id == merchant_id && (*card)->status == ACCOUNT_CARD_ACTIVE
               ? ERR_OK
               : ERR_ACCOUNT_CARD;
}

enum err account_card_default(struct tx *tx, int64_t merchant_id, const struct account_card **card)
{
    const struct account_card like = {.default_of = merchant_id};
    const void *row;
    enum err err = tx_find(tx, &account_card_table, 1, &like, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_ACCOUNT_CARD : err;
    }
    *card = row;
    return ERR_OK;
}

enum err account_card_or_default(struct tx *tx, int64_t merchant_id, int64_t card_id,
                                 const struct account_card **card)
{
    enum err err =
        card_id == 0 ? ERR_ACCOUNT_CARD : account_card_get(tx, merchant_id, card_id, card);

    return err == ERR_ACCOUNT_CARD ? account_card_default(tx, merchant_id, card) : err;
}

void account_card_prefetch(struct prefetch *pre, int64_t merchant_id, int64_t card_id)
{
    const struct account_card like = {.default_of = merchant_id};

    prefetch_unique(pre, &account_card_table, 1, &like);
    if (card_id != 0) {
        prefetch_id(pre, &account_card_table, card_id);
    }
}

static void touch(struct tx *tx, struct account_card *card)
{
    card->updated_at_ms = tx_now_ms(tx);
    card->version++;
}

/* The merchant's default card is so no longer. */
static enum err end_default(struct tx *tx, int64_t merchant_id)
{
    const struct account_card *found;
    struct account_card *card;
    void *row;
    enum err err = account_card_default(tx, merchant_id, &found);

    if (err == ERR_ACCOUNT_CARD) {
        return ERR_OK;
    }
    TRY(err);
    TRY(tx_edit(tx, &account_card_table, found->id, &row));
    card = row;
    card->is_default = false;
    card->default_of = 0;
    touch(tx, card);
    return ERR_OK;
}

/* The first card is the default, and any that is added as such. */
static enum err add_apply(struct tx *tx, const void *arg, void *result)
{
    struct account_card card = *(const struct account_card *)arg;
    const struct account_card *other;
    const void *row;
    enum err err;

    TRY(merchant_check_active(tx, card.merchant_id, 0));
    err = tx_find(tx, &account_card_table, 0, &card, &row);
    if (err == ERR_OK) {
        return tx_refuse(tx, ERR_ACCOUNT_CARD_EXISTS, "number");
    }
    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    err = account_card_default(tx, card.merchant_id, &other);
    if (err != ERR_OK && err != ERR_ACCOUNT_CARD) {
        return err;
    }
    card.is_default = card.is_default || err == ERR_ACCOUNT_CARD;
    if (card.is_default) {
        TRY(end_default(tx, card.merchant_id));
        card.default_of = card.merchant_id;
    }
    card.created_at_ms = card.updated_at_ms = tx_now_ms(tx);
    TRY(tx_insert(tx, &account_card_table, &card));
    tx_result_row(tx, &account_card_table, &card, result);
    return ERR_OK;
}

const struct command_kind account__card_add_kind = {
    .name = "account.card_add",
    .apply = add_apply,
    .result_size = sizeof(struct account_card),
};

static enum err card_change_apply(struct tx *tx, const void *arg, void *result)
{
    const struct account_card_change *change = arg;
    const struct account_card *found;
    struct account_card *card;
    void *row;

    TRY(account_card_get(tx, change->merchant_id, change->card_id, &found));
    if (change->remove && found->is_default) {
        return tx_refuse(tx, ERR_ACCOUNT_CARD_DEFAULT, "id");
    }
    if (!change->remove && !found->is_default) {
        TRY(end_default(tx, change->merchant_id));
    }
    TRY(tx_edit(tx, &account_card_table, change->card_id, &row));
    card = row;
    if (change->remove) {
        card->status = ACCOUNT_CARD_REMOVED;
        card->blind = STR(""); /* the number may be added again */
    } else {
        card->is_default = true;
        card->default_of = change->merchant_id;
    }
    touch(tx, card);
    tx_result_row(tx, &account_card_table, card, result);
    return ERR_OK;
}

const struct command_kind account__card_change_kind = {
    .name = "account.card_change",
    .apply = card_change_apply,
    .result_size = sizeof(struct account_card),
};

/* ---- API ---- */

static const struct enum_name kind_names[] = {
    {ACCOUNT_CARD_PRIVATE, "private"}, {ACCOUNT_CARD_CORPORATE, "corporate"}, {0, NULL}};

static const struct field view_fields[] = {
    FIELD(struct account_card, id, FIELD_ID, .prefix = "crd", .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "bank_card", .always = true},
    FIELD(struct account_card, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct account_card, kind, FIELD_ENUM, .names = kind_names, .required = true),
    FIELD(struct account_card, bank_code, FIELD_TEXT, .max = 16, .always = true),
    FIELD(struct account_card, bank_name, FIELD_TEXT, .max = 64, .always = true),
    FIELD(struct account_card, branch, FIELD_TEXT, .max = 128),
    {.name = "number",
     .type = FIELD_TEXT,
     .offset = offsetof(struct account_card, masked),
     .max = 32,
     .always = true,
     .example = "622202******1234",
     .help = "First 6 and last 4 digits."},
    FIELD(struct account_card, is_default, FIELD_BOOL, .always = true),
    {.name = "created_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct account_card, created_at_ms),
     .required = true},
};
static const struct field_set view_set = FIELD_SET("bank_card", view_fields);

struct card_body {
    int64_t merchant_id;
    enum account_card_kind kind;
    struct str bank_code;
    struct str bank_name;
    struct str branch;
    struct str number;
    struct str holder;
    bool is_default;
};

static const struct field body_fields[] = {
    FIELD(struct card_body, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct card_body, kind, FIELD_ENUM, .names = kind_names, .required = true,
          .help = "Of a person (对私) or of a company (对公)."),
    FIELD(struct card_body, bank_code, FIELD_TEXT, .required = true, .min = 2, .max = 16,
          .charset = FIELD_ALNUM, .example = "ICBC"),
    FIELD(struct card_body, bank_name, FIELD_TEXT, .required = true, .min = 2, .max = 64,
          .example = "中国工商银行"),
    FIELD(struct card_body, branch, FIELD_TEXT, .max = 128),
    FIELD(struct card_body, number, FIELD_TEXT, .required = true, .min = DIGITS_MIN,
          .max = DIGITS_MAX, .charset = FIELD_ALNUM, .example = "6222021234567890128",
          .help = "Digits alone; kept encrypted, never shown again."),
    FIELD(struct card_body, holder, FIELD_TEXT, .required = true, .min = 2, .max = 100,
          .help = "Name of the account; kept encrypted."),
    FIELD(struct card_body, is_default, FIELD_BOOL, .help = "Settlements go there."),
};
static const struct field_set body_set = FIELD_SET("bank_card_create", body_fields);

static struct str seal(struct request *req, const char *column, int64_t card_id, struct str text)
{
    struct secret plain = secret_of(req->arena, text);
    struct str sealed =
        vault_seal(req->app->vault, req->arena, label(req->arena, column, card_id), &plain);

    secret_wipe(&plain);
    return sealed;
}

static struct reply *changed(struct request *req, struct command *command)
{
    return reply_fields(req, 200, &view_set, command->result);
}

static struct reply *add_handler(struct request *req)
{
    struct account_card *card = ARENA_NEW(req->arena, struct account_card);
    struct card_body body = {0};

    if (request_body(req, &body_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    if (!is_digits(body.number) ||
        (body.kind == ACCOUNT_CARD_PRIVATE && !check_digit_is_right(body.number))) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "number",
                              "must be digits; a card's last one is its check digit");
    }
    *card = (struct account_card){
        .id = store_new_id(req->app->store, req->received_ms),
        .merchant_id = body.merchant_id,
        .kind = body.kind,
        .bank_code = body.bank_code,
        .bank_name = body.bank_name,
        .branch = body.branch,
        .masked = masked(req->arena, body.number),
        .blind = blind_index(req->app, req->arena, body.number),
        .is_default = body.is_default,
        .status = ACCOUNT_CARD_ACTIVE,
        .version = 1,
    };
    card->number = seal(req, "number", card->id, body.number);
    card->holder = seal(req, "holder", card->id, body.holder);
    return reply_command(req, &account__card_add_kind, card, changed);
}

struct list_query {
    int64_t merchant_id;
    int64_t starting_after;
    int64_t limit;
};

static const struct field list_fields[] = {
    FIELD(struct list_query, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = "crd",
          .help = "The next_cursor of the page before."),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set list_set = FIELD_SET("bank_card_list", list_fields);

static enum err list_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    struct account_card *rows;
    const struct account_page ask = {
        .id = query->merchant_id,
        .before_id = query->starting_after,
        .limit = query->limit + 1,
    };

    page->limit = (size_t)query->limit;
    TRY(account__read_cards(reader, &ask, req->arena, &rows, &page->count));
    page->rows = rows;
    return ERR_OK;
}

static const struct list_shape page_shape = {&view_set, sizeof(struct account_card), "crd"};

static struct reply *listed(struct request *req, void *result)
{
    return reply_page(req, result, &page_shape);
}

static struct reply *list_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &list_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct list_page), list_run, listed);
}

struct change_body {
    int64_t merchant_id;
};

static const struct field change_fields[] = {
    FIELD(struct change_body, merchant_id, FIELD_ID, .prefix = "mer", .required = true,
          .help = "Whose card it is."),
};
static const struct field_set change_set = FIELD_SET("bank_card_change", change_fields);

static struct reply *change(struct request *req, bool remove)
{
    struct account_card_change *arg = ARENA_NEW(req->arena, struct account_card_change);
    struct change_body body = {0};

    if (request_id_param(req, 0, "crd", &arg->card_id) != ERR_OK) {
        return reply_error(req, ERR_ACCOUNT_CARD);
    }
    if (request_body(req, &change_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    arg->merchant_id = body.merchant_id;
    arg->remove = remove;
    return reply_command(req, &account__card_change_kind, arg, changed);
}

static struct reply *remove_handler(struct request *req)
{
    return change(req, true);
}

static struct reply *default_handler(struct request *req)
{
    return change(req, false);
}

static const enum err add_errors[] = {ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_SUSPENDED,
                                      ERR_MERCHANT_CLOSED, ERR_ACCOUNT_CARD_EXISTS, ERR_OK};
static const enum err change_errors[] = {ERR_ACCOUNT_CARD, ERR_ACCOUNT_CARD_DEFAULT, ERR_OK};

#define OPERATOR_CHANGES                                                                           \
    .method = "POST", .auth = HTTP_AUTH_OPERATOR, .permission = "account:card",                    \
    .idempotent = true, .reply = &view_set, ROUTE_HERE

const struct route account__card_routes[] = {
    {
        OPERATOR_CHANGES,
        .path = "/v1/bank-cards",
        .handler = add_handler,
        .body = &body_set,
        .errors = add_errors,
        .summary = "Add a bank card of a merchant",
    },
    {
        .method = "GET",
        .path = "/v1/bank-cards",
        .handler = list_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "account:read",
        .query = &list_set,
        .reply = &view_set,
        .reply_is_list = true,
        .summary = "List the bank cards of a merchant, masked",
        ROUTE_HERE,
    },
    {
        OPERATOR_CHANGES,
        .path = "/v1/bank-cards/{id}/default",
        .handler = default_handler,
        .body = &change_set,
        .errors = change_errors,
        .summary = "Make a card the one settlements go to",
    },
    {
        OPERATOR_CHANGES,
        .path = "/v1/bank-cards/{id}/remove",
        .handler = remove_handler,
        .body = &change_set,
        .errors = change_errors,
        .summary = "Remove a card",
    },
    {.method = NULL},
};
