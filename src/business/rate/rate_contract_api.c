/* The operator's API of merchants' contracts. */
#include "business/rate/rate_int.h"
#include "platform/store/store_reply.h"

/* ---- a contract as it is answered ---- */

static const struct enum_name statuses[] = {
    {RATE_CONTRACT_ACTIVE, "active"},
    {RATE_CONTRACT_SUPERSEDED, "superseded"},
    {0, NULL},
};

void rate__contract_view(const struct rate_contract *contract, struct rate_contract_view *view)
{
    *view =
        (struct rate_contract_view){.contract = *contract, .terms = rate_terms_of(&contract->rate)};
    view->status = contract->superseded ? RATE_CONTRACT_SUPERSEDED : RATE_CONTRACT_ACTIVE;
    view->tiers = (struct field_list){view->terms.tiers, view->terms.tier_count};
}

#define OF_CONTRACT(member_, name_, ...)                                                           \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct rate_contract_view, contract.contract.member_), \
        .type = __VA_ARGS__                                                                        \
    }
#define OF_RATE(member_, name_, ...)                                                               \
    {                                                                                              \
        .name = (name_), .offset = offsetof(struct rate_contract_view, contract.rate.member_),     \
        .type = __VA_ARGS__                                                                        \
    }
static const struct field view_fields[] = {
    OF_CONTRACT(id, "id", FIELD_ID, .prefix = "con", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "contract"},
    OF_CONTRACT(merchant_id, "merchant_id", FIELD_ID, .prefix = "mer", .always = true),
    OF_CONTRACT(method, "method", FIELD_TEXT, .max = 32),
    OF_CONTRACT(currency, "currency", FIELD_CURRENCY, .always = true),
    FIELD(struct rate_contract_view, status, FIELD_ENUM, .names = statuses, .always = true,
          .help = "superseded: no payment is charged by it, another has taken its place"),
    {.name = "superseded_by",
     .type = FIELD_ID,
     .offset = offsetof(struct rate_contract_view, contract.superseded_by),
     .prefix = "con"},
    OF_RATE(id, "rate", FIELD_ID, .prefix = RATE_PREFIX, .always = true,
            .help = "In effect, or the next to be; null: no fee has been approved yet"),
    OF_RATE(rate_millionths, "rate_millionths", FIELD_INT, .always = true),
    OF_RATE(flat, "flat", FIELD_AMOUNT),
    OF_RATE(fee_min, "fee_min", FIELD_AMOUNT, .always = true),
    OF_RATE(fee_max, "fee_max", FIELD_AMOUNT, .help = "Absent: no maximum"),
    OF_RATE(tier_mode, "tier_mode", FIELD_ENUM, .names = rate__tier_modes),
    FIELD(struct rate_contract_view, tiers, FIELD_LIST, .max = RATE_TIERS_MAX,
          .sub = rate__tier_fields, .sub_count = ARRAY_LEN(rate__tier_fields),
          .sub_size = sizeof(struct rate_tier)),
    OF_RATE(effective_from_ms, "effective_from", FIELD_TIME),
    OF_CONTRACT(created_at_ms, "created_at", FIELD_TIME, .always = true),
};
const struct field_set rate__contract_set = FIELD_SET("contract", view_fields);

/* ---- opening one, or asking for another fee ---- */

static struct reply *created(struct request *req, struct command *command)
{
    const struct rate_contract_outcome *outcome = command->result;
    struct rate_contract_view *view = ARENA_NEW(req->arena, struct rate_contract_view);

    if (outcome->review.id != 0) {
        return review_reply(req, &outcome->review);
    }
    rate__contract_view(&outcome->contract, view);
    return reply_fields(req, 200, &rate__contract_set, view);
}

static struct reply *create_handler(struct request *req)
{
    struct rate_contract_create *create = ARENA_NEW(req->arena, struct rate_contract_create);

    create->set.change.rate_millionths = RATE_NOT_SAID;
    create->set.maker_key_id = req->principal.key_id;
    if (request_id_param(req, 0, "mer", &create->merchant_id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_NOT_FOUND);
    }
    if (request_body(req, &rate__contract_create_set, create) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_command(req, &rate__contract_kind, create, created);
}

/* ---- the list ---- */

struct page {
    struct rate_contract *rows;
    size_t count;
};

static enum err read_list(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct page *page = result;

    return rate__read_contracts(reader, arg, req->arena, &page->rows, &page->count);
}

static struct reply *listed(struct request *req, void *result)
{
    const struct page *page = result;
    struct rate_contract_view *views =
        ARENA_ARRAY(req->arena, struct rate_contract_view, page->count);

    for (size_t i = 0; i < page->count; i++) {
        rate__contract_view(&page->rows[i], &views[i]);
    }
    return reply_list(req, &rate__contract_set, views, page->count, sizeof(views[0]),
                      (struct str){"", 0});
}

static struct reply *list_handler(struct request *req)
{
    struct rate_contract_ask *ask = ARENA_NEW(req->arena, struct rate_contract_ask);

    ask->at_ms = req->received_ms;
    if (request_id_param(req, 0, "mer", &ask->merchant_id) != ERR_OK) {
        return reply_error(req, ERR_MERCHANT_NOT_FOUND);
    }
    return reply_query(req, ask, sizeof(struct page), read_list, listed);
}

static const enum err create_errors[] = {ERR_MERCHANT_CONTRACT_PAST, ERR_MERCHANT_NOT_FOUND,
                                         ERR_MERCHANT_TOO_MANY,      ERR_RATE_TIERS,
                                         ERR_REVIEW_PENDING,         ERR_OK};

const struct route rate__contract_routes[] = {
    {.method = "POST",
     .path = "/v1/merchants/{id}/contracts",
     .handler = create_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "merchant:write",
     .idempotent = true,
     .body = &rate__contract_create_set,
     .reply = &rate__contract_set,
     .errors = create_errors,
     .summary = "Set the fee of payments from an instant on; all but the first that covers them is "
                "reviewed (202 with the review)",
     ROUTE_HERE},
    {.method = "GET",
     .path = "/v1/merchants/{id}/contracts",
     .handler = list_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "merchant:read",
     .reply = &rate__contract_set,
     .reply_is_list = true,
     .summary = "List a merchant's contracts with their fees",
     ROUTE_HERE},
    {.method = NULL},
};
