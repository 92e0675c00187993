/* The API of bank cards. */
#include "business/account/account_int.h"

enum {
    DIGITS_MIN = 12,
    DIGITS_MAX = 30,
    LIST_LIMIT = 20,
    LIST_LIMIT_MAX = 200,
};

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

const struct enum_name account__card_kind_names[] = {
    {ACCOUNT_CARD_PRIVATE, "private"}, {ACCOUNT_CARD_CORPORATE, "corporate"}, {0, NULL}};

static const struct field view_fields[] = {
    FIELD(struct account_card, id, FIELD_ID, .prefix = "crd", .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "bank_card", .always = true},
    FIELD(struct account_card, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct account_card, kind, FIELD_ENUM, .names = account__card_kind_names,
          .required = true),
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
    struct str reason;
    struct str evidence;
};

#define REASON_FIELD(type_)                                                                        \
    FIELD(type_, reason, FIELD_TEXT, .min = 1, .max = REVIEW_REASON_MAX, .required = true,         \
          .help = "Kept in the history of the merchant's cards.")
#define EVIDENCE_FIELD(type_)                                                                      \
    FIELD(type_, evidence, FIELD_TEXT, .max = REVIEW_EVIDENCE_MAX,                                 \
          .help = "A document's number, address or hash, for the review.")

static const struct field body_fields[] = {
    FIELD(struct card_body, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct card_body, kind, FIELD_ENUM, .names = account__card_kind_names, .required = true,
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
    FIELD(struct card_body, is_default, FIELD_BOOL,
          .help = "Settlements go there; so they do to a merchant's first card."),
    REASON_FIELD(struct card_body),
    EVIDENCE_FIELD(struct card_body),
};
static const struct field_set body_set = FIELD_SET("bank_card_create", body_fields);

static struct reply *changed(struct request *req, struct command *command)
{
    const struct account_card_result *result = command->result;

    return result->card.id == 0 ? review_reply(req, &result->review)
                                : reply_fields(req, 200, &view_set, &result->card);
}

static struct reply *add_handler(struct request *req)
{
    struct account_card_ask *ask = ARENA_NEW(req->arena, struct account_card_ask);
    struct card_body body = {0};

    if (request_body(req, &body_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    if (!str_is_digits(body.number) ||
        (body.kind == ACCOUNT_CARD_PRIVATE && !check_digit_is_right(body.number))) {
        return reply_error_at(req, ERR_FIELD_FORMAT, "number",
                              "must be digits; a card's last one is its check digit");
    }
    *ask = (struct account_card_ask){
        .asked = {.action = ACCOUNT_CARD_ADDED,
                  .kind = body.kind,
                  .bank_code = body.bank_code,
                  .bank_name = body.bank_name,
                  .branch = body.branch,
                  .is_default = body.is_default},
        .card = {.id = store_new_id(req->app->store, req->received_ms),
                 .merchant_id = body.merchant_id,
                 .kind = body.kind,
                 .bank_code = body.bank_code,
                 .bank_name = body.bank_name,
                 .branch = body.branch},
        .operator_id = req->principal.key_id,
        .reason = body.reason,
        .evidence = body.evidence,
    };
    account__card_seal(req->app, req->arena, &(struct account_card_plain){body.number, body.holder},
                       ask);
    return reply_command(req, &account__card_ask_kind, ask, changed);
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
    struct str reason;
    struct str evidence;
};

#define OWNER_FIELD                                                                                \
    FIELD(struct change_body, merchant_id, FIELD_ID, .prefix = "mer", .required = true,            \
          .help = "Whose card it is.")

static const struct field change_fields[] = {
    OWNER_FIELD,
    REASON_FIELD(struct change_body),
    EVIDENCE_FIELD(struct change_body),
};
static const struct field_set change_set = FIELD_SET("bank_card_ask", change_fields);

static struct reply *change(struct request *req, enum account_card_action action)
{
    struct account_card_ask *ask = ARENA_NEW(req->arena, struct account_card_ask);
    struct change_body body = {0};

    if (request_id_param(req, 0, "crd", &ask->asked.card) != ERR_OK) {
        return reply_error(req, ERR_ACCOUNT_CARD);
    }
    if (request_body(req, &change_set, &body) != ERR_OK) {
        return reply_refusal(req);
    }
    ask->asked.action = action;
    ask->card.merchant_id = body.merchant_id;
    ask->operator_id = req->principal.key_id;
    ask->reason = body.reason;
    ask->evidence = body.evidence;
    return reply_command(req, &account__card_ask_kind, ask, changed);
}

static struct reply *remove_handler(struct request *req)
{
    return change(req, ACCOUNT_CARD_TAKEN_AWAY);
}

static struct reply *default_handler(struct request *req)
{
    return change(req, ACCOUNT_CARD_MADE_DEFAULT);
}

/* ---- history ---- */

static const struct enum_name action_names[] = {{ACCOUNT_CARD_ADDED, "added"},
                                                {ACCOUNT_CARD_MADE_DEFAULT, "made_default"},
                                                {ACCOUNT_CARD_TAKEN_AWAY, "removed"},
                                                {0, NULL}};

static const struct field note_fields[] = {
    FIELD(struct account_card_note, id, FIELD_ID, .prefix = "cdc", .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "bank_card_change", .always = true},
    FIELD(struct account_card_note, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct account_card_note, card_id, FIELD_ID, .prefix = "crd", .required = true),
    FIELD(struct account_card_note, action, FIELD_ENUM, .names = action_names, .required = true),
    FIELD(struct account_card_note, before, FIELD_JSON, .max = ACCOUNT__CARD_STATE_MAX,
          .required = true),
    FIELD(struct account_card_note, after, FIELD_JSON, .max = ACCOUNT__CARD_STATE_MAX,
          .required = true),
    FIELD(struct account_card_note, operator_id, FIELD_ID, .prefix = "op",
          .help = "Who asked for it."),
    FIELD(struct account_card_note, reviewer_id, FIELD_ID, .prefix = "op",
          .help = "Who approved it."),
    FIELD(struct account_card_note, review_id, FIELD_ID, .prefix = REVIEW_PREFIX),
    FIELD(struct account_card_note, reason, FIELD_TEXT, .max = REVIEW_REASON_MAX),
    {.name = "created_at",
     .type = FIELD_TIME,
     .offset = offsetof(struct account_card_note, created_at_ms),
     .required = true},
};
static const struct field_set note_set = FIELD_SET("bank_card_change", note_fields);

static const struct field history_fields[] = {
    FIELD(struct list_query, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct list_query, starting_after, FIELD_ID, .prefix = "cdc",
          .help = "The next_cursor of the page before."),
    FIELD(struct list_query, limit, FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX,
          .help = "20 when absent."),
};
static const struct field_set history_set = FIELD_SET("bank_card_change_list", history_fields);

static enum err history_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    const struct list_query *query = arg;
    struct list_page *page = result;
    struct account_card_note *rows;
    const struct account_page ask = {
        .id = query->merchant_id,
        .before_id = query->starting_after,
        .limit = query->limit + 1,
    };

    page->limit = (size_t)query->limit;
    TRY(account__read_card_notes(reader, &ask, req->arena, &rows, &page->count));
    page->rows = rows;
    return ERR_OK;
}

static const struct list_shape history_shape = {&note_set, sizeof(struct account_card_note), "cdc"};

static struct reply *history_then(struct request *req, void *result)
{
    return reply_page(req, result, &history_shape);
}

static struct reply *history_handler(struct request *req)
{
    struct list_query *query = ARENA_NEW(req->arena, struct list_query);

    if (request_query(req, &history_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    query->limit = query->limit == 0 ? LIST_LIMIT : query->limit;
    return reply_query(req, query, sizeof(struct list_page), history_run, history_then);
}

static const enum err add_errors[] = {ERR_REVIEW_PENDING,      ERR_MERCHANT_NOT_FOUND,
                                      ERR_MERCHANT_SUSPENDED,  ERR_MERCHANT_CLOSED,
                                      ERR_ACCOUNT_CARD_EXISTS, ERR_OK};
static const enum err default_errors[] = {ERR_ACCOUNT_CARD, ERR_REVIEW_PENDING, ERR_OK};
static const enum err remove_errors[] = {ERR_ACCOUNT_CARD, ERR_ACCOUNT_CARD_DEFAULT,
                                         ERR_REVIEW_PENDING, ERR_OK};

#define OPERATOR_READS                                                                             \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "account:read",                     \
    .reply_is_list = true, ROUTE_HERE
#define OPERATOR_CHANGES                                                                           \
    .method = "POST", .auth = HTTP_AUTH_OPERATOR, .permission = "account:card",                    \
    .idempotent = true, ROUTE_HERE

const struct route account__card_routes[] = {
    {
        OPERATOR_CHANGES,
        .path = "/v1/bank-cards",
        .handler = add_handler,
        .body = &body_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = add_errors,
        .summary = "Ask for a bank card of a merchant; another operator approves it",
    },
    {
        OPERATOR_READS,
        .path = "/v1/bank-cards",
        .handler = list_handler,
        .query = &list_set,
        .reply = &view_set,
        .summary = "List the bank cards of a merchant, masked",
    },
    {
        OPERATOR_CHANGES,
        .path = "/v1/bank-cards/{id}/default",
        .handler = default_handler,
        .body = &change_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = default_errors,
        .summary = "Ask that settlements go to a card; another operator approves it",
    },
    {
        OPERATOR_CHANGES,
        .path = "/v1/bank-cards/{id}/remove",
        .handler = remove_handler,
        .body = &change_set,
        .reply = &review_fields,
        .reply_status = 202,
        .errors = remove_errors,
        .summary = "Ask that a card be removed; another operator approves it",
    },
    {
        OPERATOR_READS,
        .path = "/v1/bank-card-changes",
        .handler = history_handler,
        .query = &history_set,
        .reply = &note_set,
        .summary = "List what was changed about a merchant's bank cards, by whom and why",
    },
    {.method = NULL},
};
