/* Events: under which reference each is booked, which amounts and owners it tells, and within which
 * limits. And the sums of amounts that templates are made of. */
#include "money/ledger/ledger_voucher_int.h"

#define GROSS                                                                                      \
    {                                                                                              \
        LEDGER_AMOUNT_GROSS, LEDGER_RULE_POSITIVE, 0                                               \
    }
#define NET                                                                                        \
    {                                                                                              \
        LEDGER_AMOUNT_NET, LEDGER_RULE_POSITIVE, 0                                                 \
    }
#define PART(name_, of_)                                                                           \
    {                                                                                              \
        LEDGER_AMOUNT_##name_, LEDGER_RULE_NOT_NEGATIVE, LEDGER_AMOUNT_##of_                       \
    }
#define FEE_BACK                                                                                   \
    {                                                                                              \
        LEDGER_AMOUNT_FEE, LEDGER_RULE_NOT_NEGATIVE, 0                                             \
    }
#define EXCHANGE                                                                                   \
    {LEDGER_AMOUNT_SOLD, LEDGER_RULE_POSITIVE, 0},                                                 \
        {LEDGER_AMOUNT_BOUGHT, LEDGER_RULE_POSITIVE, 0},                                           \
    {                                                                                              \
        LEDGER_AMOUNT_ROUNDING, LEDGER_RULE_ANY, 0                                                 \
    }

#define MERCHANT (1U << LEDGER_OWNER_MERCHANT)
#define CHANNEL (1U << LEDGER_OWNER_CHANNEL_ACCOUNT)
#define RECEIVER (1U << LEDGER_OWNER_RECEIVER)

#define BOOKED(source_, operation_)                                                                \
    .source = LEDGER_SOURCE_##source_, .operation = LEDGER_OPERATION_##operation_

static const struct ledger_event_row events[LEDGER_EVENT_END] = {
    [LEDGER_EVENT_PAYMENT_SUCCEEDED] = {BOOKED(PAYMENT, SUCCEEDED), .by_mode = true, .fact = true,
                                        .owners = MERCHANT | CHANNEL,
                                        .amounts = {GROSS, PART(FEE, GROSS)}},
    [LEDGER_EVENT_PAYMENT_CONFLICTED] = {BOOKED(PAYMENT, CONFLICTED), .by_mode = true, .fact = true,
                                         .owners = MERCHANT | CHANNEL, .amounts = {GROSS}},
    [LEDGER_EVENT_CHANNEL_COST_ACCRUED] = {BOOKED(PAYMENT, COST), .fact = true, .owners = CHANNEL,
                                           .amounts = {{LEDGER_AMOUNT_COST, LEDGER_RULE_POSITIVE,
                                                        0}}},
    [LEDGER_EVENT_CHANNEL_SETTLED] = {BOOKED(CHANNEL, SETTLED), .fact = true, .owners = CHANNEL,
                                      .amounts = {GROSS, PART(COST, GROSS)}},
    [LEDGER_EVENT_REFUND_SUCCEEDED] = {BOOKED(REFUND, SUCCEEDED), .by_mode = true, .fact = true,
                                       .owners = MERCHANT | CHANNEL,
                                       .amounts = {GROSS, PART(FEE, GROSS)}},
    [LEDGER_EVENT_SETTLEMENT_SENT] = {BOOKED(SETTLEMENT, SENT), .fact = true, .owners = MERCHANT,
                                      .amounts = {GROSS, PART(FEE, GROSS)}},
    [LEDGER_EVENT_SETTLEMENT_PAID] = {BOOKED(SETTLEMENT, PAID), .fact = true, .owners = MERCHANT,
                                      .amounts = {NET}},
    [LEDGER_EVENT_SETTLEMENT_RETURNED] = {BOOKED(SETTLEMENT, RETURNED), .fact = true,
                                          .owners = MERCHANT,
                                          .amounts = {NET, PART(PAID, NET), FEE_BACK}},
    [LEDGER_EVENT_CASH_SENT] = {BOOKED(CASH, SENT), .owners = MERCHANT,
                                .amounts = {GROSS, PART(FEE, GROSS)}},
    [LEDGER_EVENT_CASH_PAID] = {BOOKED(CASH, PAID), .fact = true, .owners = MERCHANT,
                                .amounts = {NET}},
    [LEDGER_EVENT_CASH_RETURNED] = {BOOKED(CASH, RETURNED), .fact = true, .owners = MERCHANT,
                                    .amounts = {NET, PART(PAID, NET), FEE_BACK}},
    [LEDGER_EVENT_PROFIT_SHARED] = {BOOKED(SHARE, SUCCEEDED), .owners = MERCHANT | RECEIVER,
                                    .amounts = {GROSS}},
    [LEDGER_EVENT_CHARGEBACK_LOST] = {BOOKED(DISPUTE, LOST), .fact = true,
                                      .owners = MERCHANT | CHANNEL,
                                      .amounts = {GROSS, PART(SHORT, GROSS)}},
    [LEDGER_EVENT_SURPLUS_FOUND] = {BOOKED(DIFFERENCE, FOUND), .fact = true, .owners = CHANNEL,
                                    .amounts = {GROSS}},
    [LEDGER_EVENT_SURPLUS_RESOLVED] = {BOOKED(DIFFERENCE, RESOLVED), .fact = true,
                                       .owners = MERCHANT, .amounts = {GROSS, PART(FEE, GROSS)}},
    [LEDGER_EVENT_SURPLUS_REFUNDED] = {BOOKED(DIFFERENCE, REFUNDED), .fact = true,
                                       .owners = CHANNEL, .amounts = {GROSS}},
    [LEDGER_EVENT_SHORTAGE_FOUND] = {BOOKED(DIFFERENCE, FOUND), .fact = true, .owners = CHANNEL,
                                     .amounts = {GROSS}},
    [LEDGER_EVENT_SHORTAGE_RECEIVED] = {BOOKED(DIFFERENCE, RECEIVED), .fact = true,
                                        .owners = CHANNEL, .amounts = {GROSS}},
    [LEDGER_EVENT_SHORTAGE_WRITTEN_OFF] = {BOOKED(DIFFERENCE, WRITTEN_OFF), .owners = CHANNEL,
                                           .amounts = {GROSS}},
    [LEDGER_EVENT_CHANNEL_FEE_DIFFERED] = {BOOKED(DIFFERENCE, CHARGED), .fact = true,
                                           .owners = CHANNEL,
                                           .amounts = {{LEDGER_AMOUNT_DIFFERENCE,
                                                        LEDGER_RULE_NOT_ZERO, 0}}},
    [LEDGER_EVENT_MERCHANT_TOPPED_UP] = {BOOKED(TOP_UP, SUCCEEDED), .fact = true,
                                         .owners = MERCHANT, .amounts = {GROSS, PART(FEE, GROSS)}},
    [LEDGER_EVENT_DEPOSIT_PAID_IN] = {BOOKED(DEPOSIT, PAID), .fact = true, .owners = MERCHANT,
                                      .amounts = {GROSS}},
    [LEDGER_EVENT_DEPOSIT_TAKEN] = {BOOKED(DEPOSIT, CHARGED), .owners = MERCHANT,
                                    .amounts = {GROSS}},
    [LEDGER_EVENT_DEPOSIT_RETURNED] = {BOOKED(DEPOSIT, RETURNED), .owners = MERCHANT,
                                       .amounts = {GROSS}},
    [LEDGER_EVENT_CURRENCY_SOLD] = {BOOKED(EXCHANGE, SUCCEEDED), .exchange = true,
                                    .owners = MERCHANT, .amounts = {EXCHANGE}},
    [LEDGER_EVENT_CURRENCY_BOUGHT] = {BOOKED(EXCHANGE, SUCCEEDED), .exchange = true,
                                      .owners = MERCHANT, .amounts = {EXCHANGE}},
    [LEDGER_EVENT_INTEREST_PAID] = {BOOKED(INTEREST, SUCCEEDED), .owners = MERCHANT,
                                    .amounts = {GROSS}},
    [LEDGER_EVENT_PLATFORM_FEE_CHARGED] = {BOOKED(FEE, CHARGED), .by_mode = true,
                                           .owners = MERCHANT,
                                           .amounts = {{LEDGER_AMOUNT_FEE, LEDGER_RULE_POSITIVE,
                                                        0}}},
    [LEDGER_EVENT_ADJUSTMENT_CREDITED] = {BOOKED(ADJUSTMENT, SUCCEEDED), .owners = MERCHANT,
                                          .amounts = {GROSS}},
    [LEDGER_EVENT_ADJUSTMENT_DEBITED] = {BOOKED(ADJUSTMENT, SUCCEEDED), .owners = MERCHANT,
                                         .amounts = {GROSS}},
    [LEDGER_EVENT_BALANCE_DEDUCTED] = {BOOKED(OPERATOR, DEDUCTED), .owners = MERCHANT,
                                       .amounts = {GROSS}},
    [LEDGER_EVENT_DEPOSIT_DEDUCTED] = {BOOKED(OPERATOR, DEDUCTED), .owners = MERCHANT,
                                       .amounts = {GROSS}},
    [LEDGER_EVENT_REFUND_FROM_FEE] = {BOOKED(REFUND, SUCCEEDED), .fact = true, .owners = CHANNEL,
                                      .amounts = {{LEDGER_AMOUNT_FEE, LEDGER_RULE_POSITIVE, 0}}},
};

const struct enum_name ledger_event_names[] = {
    {LEDGER_EVENT_PAYMENT_SUCCEEDED, "payment_succeeded"},
    {LEDGER_EVENT_PAYMENT_CONFLICTED, "payment_conflicted"},
    {LEDGER_EVENT_CHANNEL_COST_ACCRUED, "channel_cost_accrued"},
    {LEDGER_EVENT_CHANNEL_SETTLED, "channel_settled"},
    {LEDGER_EVENT_REFUND_SUCCEEDED, "refund_succeeded"},
    {LEDGER_EVENT_SETTLEMENT_SENT, "settlement_sent"},
    {LEDGER_EVENT_SETTLEMENT_PAID, "settlement_paid"},
    {LEDGER_EVENT_SETTLEMENT_RETURNED, "settlement_returned"},
    {LEDGER_EVENT_CASH_SENT, "cash_sent"},
    {LEDGER_EVENT_CASH_PAID, "cash_paid"},
    {LEDGER_EVENT_CASH_RETURNED, "cash_returned"},
    {LEDGER_EVENT_PROFIT_SHARED, "profit_shared"},
    {LEDGER_EVENT_CHARGEBACK_LOST, "chargeback_lost"},
    {LEDGER_EVENT_SURPLUS_FOUND, "surplus_found"},
    {LEDGER_EVENT_SURPLUS_RESOLVED, "surplus_resolved"},
    {LEDGER_EVENT_SURPLUS_REFUNDED, "surplus_refunded"},
    {LEDGER_EVENT_SHORTAGE_FOUND, "shortage_found"},
    {LEDGER_EVENT_SHORTAGE_RECEIVED, "shortage_received"},
    {LEDGER_EVENT_SHORTAGE_WRITTEN_OFF, "shortage_written_off"},
    {LEDGER_EVENT_CHANNEL_FEE_DIFFERED, "channel_fee_differed"},
    {LEDGER_EVENT_MERCHANT_TOPPED_UP, "merchant_topped_up"},
    {LEDGER_EVENT_DEPOSIT_PAID_IN, "deposit_paid_in"},
    {LEDGER_EVENT_DEPOSIT_TAKEN, "deposit_taken"},
    {LEDGER_EVENT_DEPOSIT_RETURNED, "deposit_returned"},
    {LEDGER_EVENT_CURRENCY_SOLD, "currency_sold"},
    {LEDGER_EVENT_CURRENCY_BOUGHT, "currency_bought"},
    {LEDGER_EVENT_INTEREST_PAID, "interest_paid"},
    {LEDGER_EVENT_PLATFORM_FEE_CHARGED, "platform_fee_charged"},
    {LEDGER_EVENT_ADJUSTMENT_CREDITED, "adjustment_credited"},
    {LEDGER_EVENT_ADJUSTMENT_DEBITED, "adjustment_debited"},
    {LEDGER_EVENT_BALANCE_DEDUCTED, "balance_deducted"},
    {LEDGER_EVENT_DEPOSIT_DEDUCTED, "deposit_deducted"},
    {LEDGER_EVENT_REFUND_FROM_FEE, "refund_from_fee"},
    {0, NULL},
};

const struct enum_name ledger_owner_names[] = {
    {LEDGER_OWNER_PLATFORM, "platform"},
    {LEDGER_OWNER_MERCHANT, "merchant"},
    {LEDGER_OWNER_CHANNEL_ACCOUNT, "channel_account"},
    {LEDGER_OWNER_RECEIVER, "receiver"},
    {0, NULL},
};

static const struct str amount_names[LEDGER_AMOUNT_END] = {
    [LEDGER_AMOUNT_GROSS] = STR_INIT("gross"),
    [LEDGER_AMOUNT_FEE] = STR_INIT("fee"),
    [LEDGER_AMOUNT_COST] = STR_INIT("cost"),
    [LEDGER_AMOUNT_NET] = STR_INIT("net"),
    [LEDGER_AMOUNT_PAID] = STR_INIT("paid"),
    [LEDGER_AMOUNT_SHORT] = STR_INIT("short"),
    [LEDGER_AMOUNT_DIFFERENCE] = STR_INIT("difference"),
    [LEDGER_AMOUNT_SOLD] = STR_INIT("sold"),
    [LEDGER_AMOUNT_BOUGHT] = STR_INIT("bought"),
    [LEDGER_AMOUNT_ROUNDING] = STR_INIT("rounding"),
};

const struct ledger_event_row *ledger_event_row(enum ledger_event event)
{
    return event > 0 && event < LEDGER_EVENT_END ? &events[event] : NULL;
}

const struct ledger_event_amount *ledger_event_amount(const struct ledger_event_row *event,
                                                      enum ledger_amount_name name)
{
    for (size_t i = 0; i < LEDGER_EVENT_AMOUNTS_MAX && event->amounts[i].name != 0; i++) {
        if (event->amounts[i].name == name) {
            return &event->amounts[i];
        }
    }
    return NULL;
}

const char *ledger__amount_name(enum ledger_amount_name name)
{
    return amount_names[name].ptr;
}

/* ---- sums of amounts ---- */

static enum ledger_amount_name find_name(struct str text)
{
    int name = LEDGER_AMOUNT_GROSS;

    while (name < LEDGER_AMOUNT_END && !str_eq(text, amount_names[name])) {
        name++;
    }
    return (enum ledger_amount_name)name;
}

bool ledger__expression_parse(struct str text, struct ledger_expression *out)
{
    int8_t sign = 1;
    bool more = true;

    *out = (struct ledger_expression){{0}};
    while (more) {
        enum ledger_amount_name name;
        struct str word;

        more = str_cut(&text, ' ', &word);
        name = find_name(word);
        if (name == LEDGER_AMOUNT_END || out->counts[name] != 0) {
            return false;
        }
        out->counts[name] = sign;
        if (more) {
            more = str_cut(&text, ' ', &word);
            if (!more || word.len != 1 || (word.ptr[0] != '+' && word.ptr[0] != '-')) {
                return false;
            }
            sign = word.ptr[0] == '+' ? 1 : -1;
        }
    }
    return true;
}

ledger_wide ledger__expression_value(const struct ledger_expression *expression,
                                     const struct amount amounts[LEDGER_AMOUNT_END])
{
    ledger_wide value = 0;

    for (int name = LEDGER_AMOUNT_GROSS; name < LEDGER_AMOUNT_END; name++) {
        value += (ledger_wide)expression->counts[name] * amounts[name].minor;
    }
    return value;
}
