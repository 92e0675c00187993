/* Names, and the account as people see it. */
#include "business/account/account_int.h"

const struct enum_name account__type_names[] = {
    {ACCOUNT_SETTLEMENT, "settlement"}, {ACCOUNT_DEPOSIT, "deposit"}, {0, NULL}};
const struct enum_name account__effect_names[] = {
    {LEDGER_HOLD_AMOUNT, "amount"},
    {LEDGER_HOLD_CREDIT_BLOCK, "credit_block"},
    {LEDGER_HOLD_DEBIT_BLOCK, "debit_block"},
    {LEDGER_HOLD_FULL_BLOCK, "full_block"},
    {0, NULL},
};
const struct enum_name account__kind_names[] = {
    {LEDGER_HOLD_JUDICIAL, "judicial"},
    {LEDGER_HOLD_RISK, "risk"},
    {LEDGER_HOLD_DISPUTE, "dispute"},
    {LEDGER_HOLD_WITHDRAWAL, "withdrawal"},
    {LEDGER_HOLD_REFUND, "refund"},
    {LEDGER_HOLD_PREAUTHORISATION, "preauthorisation"},
    {LEDGER_HOLD_DEPOSIT, "deposit"},
    {LEDGER_HOLD_PENDING, "pending"},
    {0, NULL},
};
const struct enum_name account__hold_status_names[] = {
    {LEDGER_HOLD_OPEN, "open"},
    {LEDGER_HOLD_CLOSED, "closed"},
    {LEDGER_HOLD_EXPIRED, "expired"},
    {LEDGER_HOLD_WAITING, "waiting"},
    {0, NULL},
};
const struct enum_name account__action_names[] = {
    {ACCOUNT_OPENED, "opened"},
    {ACCOUNT_CANCELLED, "cancelled"},
    {ACCOUNT_FROZEN, "frozen"},
    {ACCOUNT_RELEASED, "released"},
    {ACCOUNT_DEDUCTED, "deducted"},
    {ACCOUNT_CREDIT_LINE, "credit_line"},
    {ACCOUNT_DEFERRED, "deferred"},
    {ACCOUNT_REMARKED, "remarked"},
    {ACCOUNT_SETTLEMENT_RULE, "settlement_rule"},
    {ACCOUNT_REOPENED, "reopened"},
    {ACCOUNT_FREEZE_STARTED, "freeze_started"},
    {ACCOUNT_FREEZE_EXPIRED, "freeze_expired"},
    {ACCOUNT_HOLD_PLACED, "hold_placed"},
    {ACCOUNT_HOLD_CAPTURED, "hold_captured"},
    {ACCOUNT_HOLD_RELEASED, "hold_released"},
    {ACCOUNT_HOLD_STARTED, "hold_started"},
    {ACCOUNT_HOLD_EXPIRED, "hold_expired"},
    {0, NULL},
};

static const struct enum_name status_names[] = {
    {LEDGER_ACCOUNT_OPEN, "open"}, {LEDGER_ACCOUNT_CLOSED, "cancelled"}, {0, NULL}};

/* Amounts that may be negative. */
#define SIGNED_AMOUNT FIELD_AMOUNT, .min = INT64_MIN, .always = true

static const struct field view_fields[] = {
    FIELD(struct account_view, id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "account", .always = true},
    FIELD(struct account_view, number, FIELD_TEXT, .max = ACCOUNT_NUMBER_MAX, .required = true,
          .example = "102026112300000001079",
          .help = "Day of opening, serial number, shard, check digit."),
    FIELD(struct account_view, merchant_id, FIELD_ID, .prefix = "mer", .required = true),
    FIELD(struct account_view, type, FIELD_ENUM, .names = account__type_names, .required = true),
    FIELD(struct account_view, code, FIELD_INT, .required = true,
          .help = "In the chart of accounts."),
    FIELD(struct account_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct account_view, status, FIELD_ENUM, .names = status_names, .required = true),
    FIELD(struct account_view, credit_blocked, FIELD_BOOL, .always = true,
          .help = "A freeze blocks its credits (冻结止收)."),
    FIELD(struct account_view, debit_blocked, FIELD_BOOL, .always = true,
          .help = "A freeze blocks its debits (冻结止付)."),
    FIELD(struct account_view, balance, SIGNED_AMOUNT),
    FIELD(struct account_view, held, FIELD_AMOUNT, .always = true,
          .help = "What freezes and orders under way hold of it."),
    FIELD(struct account_view, immature, FIELD_AMOUNT, .always = true,
          .help = "What matures after the books' date."),
    FIELD(struct account_view, available, SIGNED_AMOUNT,
          .help = "balance - held - immature + credit_line, less what is kept for freezes "
                  "that wait."),
    FIELD(struct account_view, awaited, FIELD_AMOUNT, .always = true,
          .help = "What freezes that wait for money (轮候) have left; what comes is kept for "
                  "them."),
    FIELD(struct account_view, credit_line, FIELD_AMOUNT, .always = true),
    FIELD(struct account_view, deferred, FIELD_BOOL, .always = true,
          .help = "Whether its entries are applied later."),
    FIELD(struct account_view, holds, FIELD_INT, .always = true),
    FIELD(struct account_view, pending, FIELD_INT, .always = true,
          .help = "Entries that wait to be applied."),
    FIELD(struct account_view, remark, FIELD_TEXT, .max = ACCOUNT_REMARK_MAX),
    FIELD(struct account_view, created_at, FIELD_TIME, .required = true),
};
const struct field_set account__view_set = FIELD_SET("account", view_fields);

enum ledger_code account__code_of(enum account_type type)
{
    switch (type) {
    case ACCOUNT_SETTLEMENT:
        return LEDGER_CODE_MERCHANT_PAYABLE;
    case ACCOUNT_DEPOSIT:
        return LEDGER_CODE_DEPOSIT;
    }
    check_failed("account type", __FILE__, __LINE__);
}

enum account_type account__type_of(int64_t code)
{
    for (const struct enum_name *type = account__type_names; type->name != NULL; type++) {
        if ((int64_t)account__code_of((enum account_type)type->value) == code) {
            return (enum account_type)type->value;
        }
    }
    return 0;
}

static struct account_view view_of(const struct ledger_account *account, int32_t today)
{
    return (struct account_view){
        .id = account->id,
        .merchant_id = account->owner_id,
        .type = account__type_of(account->code),
        .code = account->code,
        .currency = account->currency,
        .status = account->status,
        .credit_blocked = account->credit_blocks > 0,
        .debit_blocked = account->debit_blocks > 0,
        .balance = account->posted,
        .held = account->held,
        .immature = ledger_immature(account, today),
        .available = ledger_available(account, today),
        .awaited = account->awaited,
        .credit_line = AMOUNT(-account->floor.minor),
        .deferred = account->deferred,
        .holds = account->holds,
        .pending = account->pending,
        .created_at = account->created_at_ms,
    };
}

/* Three questions, however many accounts there are: the date, their serials and their remarks. */
enum err account__views(struct reader *reader, const struct account_shown *page,
                        struct arena *arena, struct account_view *out)
{
    int64_t *serials = ARENA_ARRAY(arena, int64_t, page->count);
    int64_t *ids = ARENA_ARRAY(arena, int64_t, page->count);
    const void **rows = ARENA_ARRAY(arena, const void *, page->count);
    int32_t today;

    for (size_t i = 0; i < page->count; i++) {
        ids[i] = page->accounts[i].id;
    }
    TRY(ledger_read_today(reader, page->now_ms, arena, &today));
    TRY(ledger_read_serials(reader, page->accounts, page->count, arena, serials));
    TRY(reader_get_each(reader, &account__table, ids, page->count, arena, rows));
    for (size_t i = 0; i < page->count; i++) {
        const struct account_row *row = rows[i];

        out[i] = view_of(&page->accounts[i], today);
        out[i].number = account_number_of(&page->accounts[i], serials[i], arena);
        out[i].remark = row == NULL ? STR("") : row->remark;
    }
    return ERR_OK;
}

enum err account__read(struct reader *reader, int64_t account_id, int64_t now_ms,
                       struct arena *arena, struct account_view *out)
{
    struct ledger_account account;
    const struct account_shown page = {.accounts = &account, .count = 1, .now_ms = now_ms};

    TRY(ledger_read_account(reader, account_id, arena, &account));
    return account__type_of(account.code) == 0 ? ERR_LEDGER_ACCOUNT
                                               : account__views(reader, &page, arena, out);
}

enum err account__read_list(struct reader *reader, const struct account_filter *filter,
                            struct arena *arena, struct ledger_account **rows, size_t *count)
{
    const struct ledger_code_filter codes = {
        .codes = {account__code_of(ACCOUNT_SETTLEMENT), account__code_of(ACCOUNT_DEPOSIT)},
        .owner_id = filter->merchant_id,
        .after_id = filter->after_id,
        .limit = (size_t)filter->limit,
    };

    return ledger_read_code_accounts(reader, &codes, arena, rows, count);
}
