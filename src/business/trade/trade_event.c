/* The events that are booked by hand, and which fields of an adjustment each takes. */
#include "business/trade/trade_int.h"

/* Those that nothing else books: what a state machine books is a step of it. */
const struct enum_name trade__event_names[] = {
    {LEDGER_EVENT_CHANNEL_COST_ACCRUED, "channel_cost_accrued"},
    {LEDGER_EVENT_CHANNEL_SETTLED, "channel_settled"},
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
    {0, NULL},
};

static const struct {
    enum ledger_amount_name name;
    const char *field;
} amounts[] = {
    {LEDGER_AMOUNT_GROSS, "amount"},
    {LEDGER_AMOUNT_FEE, "fee"},
    {LEDGER_AMOUNT_COST, "cost"},
    {LEDGER_AMOUNT_SHORT, "short"},
    {LEDGER_AMOUNT_DIFFERENCE, "difference"},
    {LEDGER_AMOUNT_SOLD, "sold"},
    {LEDGER_AMOUNT_BOUGHT, "bought"},
    {LEDGER_AMOUNT_ROUNDING, "rounding"},
};
_Static_assert(TRADE_EVENT_OWNERS + ARRAY_LEN(amounts) == TRADE_EVENT_FIELDS,
               "the fields of an event");

static bool tells(const struct ledger_event_row *event, enum ledger_owner owner)
{
    return (event->owners & 1U << owner) != 0;
}

static struct trade_event_field needed(const char *name, bool taken)
{
    return (struct trade_event_field){.name = name, .taken = taken, .required = taken};
}

/* In which currency an amount of an exchange is; what rounding gains is in the one that the
 * template books it in. */
static bool is_of_other_currency(enum ledger_event event, enum ledger_amount_name name)
{
    return name == LEDGER_AMOUNT_BOUGHT ||
           (name == LEDGER_AMOUNT_ROUNDING && event == LEDGER_EVENT_CURRENCY_SOLD);
}

static struct trade_event_field amount_of(enum ledger_event event,
                                          const struct ledger_event_row *row, size_t i)
{
    const struct ledger_event_amount *limits = ledger_event_amount(row, amounts[i].name);
    struct trade_event_field field = {.name = amounts[i].field, .amount = amounts[i].name};

    if (limits != NULL) {
        field.taken = true;
        field.required =
            limits->rule == LEDGER_RULE_POSITIVE || limits->rule == LEDGER_RULE_NOT_ZERO;
        field.may_be_negative =
            limits->rule == LEDGER_RULE_NOT_ZERO || limits->rule == LEDGER_RULE_ANY;
        field.other_currency = is_of_other_currency(event, amounts[i].name);
    }
    return field;
}

void trade__event_fields(enum ledger_event event, struct trade_event_field out[TRADE_EVENT_FIELDS])
{
    static const struct ledger_event_row none;
    const struct ledger_event_row *row = event == 0 ? &none : ledger_event_row(event);

    CHECK(row != NULL);
    out[0] = needed("mode", row->by_mode);
    out[1] = needed("merchant_id", tells(row, LEDGER_OWNER_MERCHANT));
    out[2] = needed("channel_account_id", tells(row, LEDGER_OWNER_CHANNEL_ACCOUNT));
    out[3] = needed("receiver_id", tells(row, LEDGER_OWNER_RECEIVER));
    out[4] = needed("currency", event != 0);
    out[5] = needed("other_currency", row->exchange);
    for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
        out[TRADE_EVENT_OWNERS + i] = amount_of(event, row, i);
    }
}

/* ---- over HTTP ---- */

struct field_view {
    struct str name;
    bool required;
    bool may_be_negative;
    struct str currency;
};
static const struct field field_fields[] = {
    FIELD(struct field_view, name, FIELD_TEXT, .max = 32, .required = true,
          .help = "Of the body of an adjustment", .example = "amount"),
    FIELD(struct field_view, required, FIELD_BOOL, .always = true),
    FIELD(struct field_view, may_be_negative, FIELD_BOOL, .help = "Of an amount"),
    FIELD(struct field_view, currency, FIELD_TEXT, .max = 32,
          .help = "Of an amount: the field that says its currency", .example = "currency"),
};

struct event_view {
    enum ledger_event event;
    struct field_list fields; /* of struct field_view */
};
static const struct field event_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "adjustment_event", .always = true},
    FIELD(struct event_view, event, FIELD_ENUM, .names = trade__event_names, .required = true),
    FIELD(struct event_view, fields, FIELD_LIST, .max = TRADE_EVENT_FIELDS, .sub = field_fields,
          .sub_count = ARRAY_LEN(field_fields), .sub_size = sizeof(struct field_view),
          .required = true, .help = "Those it takes, in the order in which they are looked at"),
};
static const struct field_set event_set = FIELD_SET("adjustment_event", event_fields);

static struct event_view view_of(struct arena *arena, enum ledger_event event)
{
    struct field_view *views = ARENA_ARRAY(arena, struct field_view, TRADE_EVENT_FIELDS);
    struct trade_event_field fields[TRADE_EVENT_FIELDS];
    size_t count = 0;

    trade__event_fields(event, fields);
    for (size_t i = 0; i < TRADE_EVENT_FIELDS; i++) {
        const struct trade_event_field *field = &fields[i];

        if (field->taken) {
            views[count++] = (struct field_view){
                .name = str_of(field->name),
                .required = field->required,
                .may_be_negative = field->may_be_negative,
                .currency = field->amount == 0
                                ? STR("")
                                : str_of(field->other_currency ? "other_currency" : "currency"),
            };
        }
    }
    return (struct event_view){event, {views, count}};
}

static struct reply *list_handler(struct request *req)
{
    struct event_view views[ARRAY_LEN(trade__event_names) - 1];

    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        views[i] = view_of(req->arena, (enum ledger_event)trade__event_names[i].value);
    }
    return reply_list(req, &event_set, views, ARRAY_LEN(views), sizeof(*views), STR(""));
}

const struct route trade__event_routes[] = {
    {.method = "GET",
     .path = "/v1/adjustment-events",
     .handler = list_handler,
     .auth = HTTP_AUTH_OPERATOR,
     .permission = "trade:adjust",
     .reply = &event_set,
     .reply_is_list = true,
     .summary = "List the events that are booked by hand, and what each has to be told",
     ROUTE_HERE},
    {.method = NULL},
};
