/* Vouchers: which legs a business event has. Code asks for an event; only this table spells legs.
 */
#include "money/ledger/ledger_int.h"

enum owner { OWNER_PLATFORM = 1, OWNER_MERCHANT, OWNER_CHANNEL_ACCOUNT };
enum expression { AMOUNT_GROSS = 1, AMOUNT_FEE, AMOUNT_NET };

enum { TEMPLATE_LEGS_MAX = 4 };

struct template_leg {
    enum ledger_side side; /* 0 ends the list */
    enum ledger_code code;
    enum owner owner;
    enum expression amount;
};

struct template
{
    enum ledger_event event;
    enum ledger_fund_mode mode;
    enum ledger_source source;
    enum ledger_operation operation;
    struct template_leg legs[TEMPLATE_LEGS_MAX];
};

static const struct template templates[] = {
    {
        .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
        .mode = LEDGER_FUND_DIRECT,
        .source = LEDGER_SOURCE_PAYMENT,
        .operation = LEDGER_OPERATION_SUCCEEDED,
        .legs =
            {
                {LEDGER_DEBIT, LEDGER_CODE_FEE_RECEIVABLE, OWNER_MERCHANT, AMOUNT_FEE},
                {LEDGER_CREDIT, LEDGER_CODE_FEE_INCOME, OWNER_PLATFORM, AMOUNT_FEE},
            },
    },
    {
        .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
        .mode = LEDGER_FUND_COLLECT,
        .source = LEDGER_SOURCE_PAYMENT,
        .operation = LEDGER_OPERATION_SUCCEEDED,
        .legs =
            {
                {LEDGER_DEBIT, LEDGER_CODE_CHANNEL_RECEIVABLE, OWNER_CHANNEL_ACCOUNT, AMOUNT_GROSS},
                {LEDGER_CREDIT, LEDGER_CODE_MERCHANT_PAYABLE, OWNER_MERCHANT, AMOUNT_NET},
                {LEDGER_CREDIT, LEDGER_CODE_FEE_INCOME, OWNER_PLATFORM, AMOUNT_FEE},
            },
    },
    {
        /* The money went to the merchant's own account at the channel: nothing of ours moved. */
        .event = LEDGER_EVENT_PAYMENT_CONFLICTED,
        .mode = LEDGER_FUND_DIRECT,
        .source = LEDGER_SOURCE_PAYMENT,
        .operation = LEDGER_OPERATION_CONFLICTED,
    },
    {
        .event = LEDGER_EVENT_PAYMENT_CONFLICTED,
        .mode = LEDGER_FUND_COLLECT,
        .source = LEDGER_SOURCE_PAYMENT,
        .operation = LEDGER_OPERATION_CONFLICTED,
        .legs =
            {
                {LEDGER_DEBIT, LEDGER_CODE_CHANNEL_RECEIVABLE, OWNER_CHANNEL_ACCOUNT, AMOUNT_GROSS},
                {LEDGER_CREDIT, LEDGER_CODE_SUSPENSE, OWNER_PLATFORM, AMOUNT_GROSS},
            },
    },
};

static const struct template *find_template(const struct ledger_voucher *voucher)
{
    for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
        if (templates[i].event == voucher->event && templates[i].mode == voucher->mode) {
            return &templates[i];
        }
    }
    check_failed("voucher without a template", __FILE__, __LINE__);
}

static int64_t owner_id(const struct ledger_voucher *voucher, enum owner owner)
{
    switch (owner) {
    case OWNER_PLATFORM:
        return LEDGER_PLATFORM;
    case OWNER_MERCHANT:
        return voucher->merchant_id;
    case OWNER_CHANNEL_ACCOUNT:
        return voucher->channel_account_id;
    }
    check_failed("owner", __FILE__, __LINE__);
}

static struct amount amount_of(const struct ledger_voucher *voucher, enum expression expression)
{
    switch (expression) {
    case AMOUNT_GROSS:
        return voucher->gross;
    case AMOUNT_FEE:
        return voucher->fee;
    case AMOUNT_NET:
        return AMOUNT(voucher->gross.minor - voucher->fee.minor);
    }
    check_failed("amount expression", __FILE__, __LINE__);
}

static struct ledger_account_key key_of(const struct ledger_voucher *voucher,
                                        const struct template_leg *leg)
{
    struct ledger_account_key key = {
        .owner_id = owner_id(voucher, leg->owner),
        .code = leg->code,
        .currency = voucher->currency,
    };

    CHECK((key.owner_id == LEDGER_PLATFORM) == (leg->owner == OWNER_PLATFORM));
    return key;
}

static enum err check_amounts(struct tx *tx, const struct ledger_voucher *voucher)
{
    if (voucher->gross.minor <= 0) {
        return ledger__refuse(tx, ERR_LEDGER_AMOUNT, "gross");
    }
    if (voucher->fee.minor < 0 || voucher->fee.minor > voucher->gross.minor) {
        return ledger__refuse(tx, ERR_LEDGER_AMOUNT, "fee");
    }
    return ERR_OK;
}

/* The legs of the voucher but those of amount zero. */
static enum err make_legs(struct tx *tx, const struct ledger_voucher *voucher,
                          const struct template *template, struct ledger_leg *legs, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < TEMPLATE_LEGS_MAX && template->legs[i].side != 0; i++) {
        const struct template_leg *from = &template->legs[i];
        struct ledger_account_key key = key_of(voucher, from);
        struct ledger_leg *leg = &legs[*count];

        *leg = (struct ledger_leg){.side = from->side, .amount = amount_of(voucher, from->amount)};
        if (leg->amount.minor != 0) {
            TRY(ledger_account_open(tx, &key, &leg->account_id));
            (*count)++;
        }
    }
    return ERR_OK;
}

static struct ledger_reference reference_of(const struct ledger_voucher *voucher,
                                            const struct template *template)
{
    return (struct ledger_reference){
        .source = template->source,
        .operation = template->operation,
        .business_no = voucher->business_no,
    };
}

enum err ledger_voucher_post(struct tx *tx, const struct ledger_voucher *voucher,
                             struct ledger_posted *posted)
{
    const struct template *template = find_template(voucher);
    struct ledger_leg legs[TEMPLATE_LEGS_MAX];
    struct ledger_post post = {.reference = reference_of(voucher, template), .legs = legs};

    TRY(ledger__reference_check(tx, &post.reference));
    TRY(check_amounts(tx, voucher));
    TRY(make_legs(tx, voucher, template, legs, &post.leg_count));
    if (post.leg_count == 0) {
        if (posted != NULL) {
            *posted = (struct ledger_posted){0};
        }
        return ERR_OK;
    }
    return ledger_post(tx, &post, posted);
}

void ledger_prefetch_voucher(struct prefetch *pre, const struct ledger_voucher *voucher,
                             unsigned round)
{
    const struct template *template = find_template(voucher);
    const struct ledger_post post = {.reference = reference_of(voucher, template)};

    if (template->legs[0].side == 0) {
        return;
    }
    ledger_prefetch_post(pre, &post, round);
    for (size_t i = 0; round == 0 && i < TEMPLATE_LEGS_MAX && template->legs[i].side != 0; i++) {
        struct ledger_account_key key = key_of(voucher, &template->legs[i]);
        const struct ledger_account row = {
            .owner_id = key.owner_id, .code = key.code, .currency = key.currency};

        prefetch_unique(pre, &ledger__account_table, 0, &row);
    }
}
