/* Accounts under any code of the chart, for what is booked by transfers and vouchers of one's own.
 * Those that merchants see, and that people manage, are opened by account_api.c. */
#include "business/account/account_int.h"
#include "money/ledger/ledger_voucher.h"

struct opening {
    int64_t code;
    enum currency currency;
    int64_t merchant_id;
};

static enum err check_owner(struct tx *tx, const struct opening *opening)
{
    const bool merchants = opening->merchant_id != 0;
    bool kept;

    if (merchants) {
        TRY(account__check_merchant(tx, opening->merchant_id));
    }
    if (opening->code == LEDGER_CODE_WAITING) {
        return tx_refuse(tx, ERR_LEDGER_CODE_OWN, "code");
    }
    if (merchants && account__type_of(opening->code) != 0) {
        return tx_refuse(tx, ERR_FIELD_VALUE, "code");
    }
    TRY(ledger_code_is_kept_for(tx, opening->code,
                                merchants ? LEDGER_OWNER_MERCHANT : LEDGER_OWNER_PLATFORM, &kept));
    return kept ? ERR_OK : tx_refuse(tx, ERR_LEDGER_CODE_OWNER, "merchant_id");
}

static enum err open_apply(struct tx *tx, const void *arg, void *result)
{
    const struct opening *opening = arg;
    const struct ledger_account_key key = {
        .owner_id = opening->merchant_id == 0 ? LEDGER_PLATFORM : opening->merchant_id,
        .code = opening->code,
        .currency = opening->currency,
    };
    enum err err;

    TRY(check_owner(tx, opening));
    err = ledger_account_open(tx, &key, result);
    return err == ERR_OK
               ? ERR_OK
               : tx_refuse(tx, err, err == ERR_LEDGER_CODE_CURRENCY ? "currency" : "code");
}

static const struct command_kind open_kind = {
    .name = "account.open_ledger",
    .apply = open_apply,
    .result_size = sizeof(int64_t),
};

/* ---- the API ---- */

static const struct field opening_fields[] = {
    FIELD(struct opening, code, FIELD_INT, .required = true, .min = 1, .example = "1012",
          .help = "A leaf of the chart; a merchant's 2241 and 2245 are opened at /v1/accounts."),
    FIELD(struct opening, currency, FIELD_CURRENCY, .required = true, .example = "CNY"),
    FIELD(struct opening, merchant_id, FIELD_ID, .prefix = "mer",
          .help = "Whom it is kept for; absent: the platform."),
};
static const struct field_set opening_set = FIELD_SET("ledger_account_create", opening_fields);

struct opened_view {
    int64_t id;
    int64_t code;
    enum currency currency;
    int64_t merchant_id;
};
static const struct field opened_fields[] = {
    FIELD(struct opened_view, id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_account", .always = true},
    FIELD(struct opened_view, code, FIELD_INT, .required = true),
    FIELD(struct opened_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct opened_view, merchant_id, FIELD_ID, .prefix = "mer"),
};
static const struct field_set opened_set = FIELD_SET("ledger_account_opened", opened_fields);

static struct reply *opened(struct request *req, struct command *command)
{
    const struct opening *opening = command->arg;
    const struct opened_view view = {*(const int64_t *)command->result, opening->code,
                                     opening->currency, opening->merchant_id};

    return reply_fields(req, 200, &opened_set, &view);
}

static struct reply *open_handler(struct request *req)
{
    struct opening *opening = ARENA_NEW(req->arena, struct opening);

    return request_body(req, &opening_set, opening) == ERR_OK
               ? reply_command(req, &open_kind, opening, opened)
               : reply_refusal(req);
}

static const enum err open_errors[] = {ERR_MERCHANT_NOT_FOUND,   ERR_MERCHANT_SUSPENDED,
                                       ERR_MERCHANT_CLOSED,      ERR_LEDGER_CODE_OWN,
                                       ERR_LEDGER_CODE_OWNER,    ERR_LEDGER_CODE,
                                       ERR_LEDGER_CODE_NOT_LEAF, ERR_LEDGER_CODE_CLOSED,
                                       ERR_LEDGER_CODE_CURRENCY, ERR_OK};

const struct route account__ledger_routes[] = {
    {
        .method = "POST",
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "account:write",
        .idempotent = true,
        ROUTE_HERE,
        .path = "/v1/ledger/accounts",
        .handler = open_handler,
        .body = &opening_set,
        .reply = &opened_set,
        .errors = open_errors,
        .summary = "Open an account under a code of the chart; an existing one is answered",
    },
    {.method = NULL},
};
