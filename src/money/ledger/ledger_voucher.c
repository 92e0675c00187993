/* Booking vouchers: the template of the event, its amounts and accounts, the posting. */
#include "base/time.h"
#include "money/ledger/ledger_voucher_int.h"

enum ledger_event ledger_template_event(int64_t id)
{
    return (enum ledger_event)(id / (LEDGER_VERSIONS_MAX + 1) / 10);
}

enum ledger_fund_mode ledger_template_mode(int64_t id)
{
    return (enum ledger_fund_mode)(id / (LEDGER_VERSIONS_MAX + 1) % 10);
}

int64_t ledger_template_version(int64_t id)
{
    return id % (LEDGER_VERSIONS_MAX + 1);
}

static enum ledger_fund_mode mode_of(const struct ledger_voucher *voucher)
{
    return ledger_event_row(voucher->event)->by_mode ? voucher->mode : 0;
}

enum err ledger_voucher_reference(const struct ledger_voucher *voucher,
                                  struct ledger_reference *out)
{
    const struct ledger_event_row *event = ledger_event_row(voucher->event);

    if (event == NULL) {
        return ERR_LEDGER_VOUCHER;
    }
    *out = voucher->manual
               ? (struct ledger_reference){LEDGER_SOURCE_ADJUSTMENT, LEDGER_OPERATION_SUCCEEDED,
                                           voucher->business_no}
               : (struct ledger_reference){event->source, event->operation, voucher->business_no};
    return ERR_OK;
}

/* ---- the template ---- */

enum err ledger__template_get(struct tx *tx, int64_t id, const struct ledger_template_row **row)
{
    const void *found;
    enum err err = tx_get(tx, &ledger__template_table, id, &found);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_VOUCHER;
    }
    TRY(err);
    *row = found;
    return ERR_OK;
}

enum err ledger__template_get_leg(struct tx *tx, int64_t template_id, int64_t number,
                                  const struct ledger_template_leg **leg)
{
    const void *row;
    enum err err =
        tx_get(tx, &ledger__template_leg_table, ledger__template_leg_id(template_id, number), &row);

    CHECK(err != ERR_STORE_NOT_FOUND);
    TRY(err);
    *leg = row;
    return ERR_OK;
}

enum err ledger__template_on(struct tx *tx, const struct ledger_voucher *voucher, int32_t date,
                             const struct ledger_template_row **row)
{
    int64_t id = ledger__template_id(voucher->event, mode_of(voucher), 1);

    TRY(ledger__template_get(tx, id, row));
    while ((*row)->valid_until != 0 && (*row)->valid_until <= date) {
        id++;
        TRY(ledger__template_get(tx, id, row));
    }
    return (*row)->valid_from <= date ? ERR_OK : ERR_LEDGER_VOUCHER;
}

/* The template that spelled the journal of this voucher, when it was booked before; otherwise the
 * one that is valid today. */
static enum err find_template(struct tx *tx, const struct ledger_voucher *voucher,
                              const struct ledger_reference *reference,
                              const struct ledger_template_row **row)
{
    const struct ledger_journal key = {.business_no = reference->business_no,
                                       .source = reference->source,
                                       .operation = reference->operation};
    const void *journal;
    int32_t today;
    enum err err = tx_find(tx, &ledger__journal_table, 0, &key, &journal);

    if (err == ERR_OK) {
        int64_t id = ((const struct ledger_journal *)journal)->voucher;

        if (id != 0 && ledger_template_event(id) == voucher->event &&
            ledger_template_mode(id) == mode_of(voucher)) {
            return ledger__template_get(tx, id, row);
        }
    } else if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    TRY(ledger_today(tx, &today));
    return ledger__template_on(tx, voucher, today, row);
}

/* ---- amounts ---- */

static bool is_within(const struct ledger_event_amount *limits, const struct amount *amounts)
{
    int64_t minor = amounts[limits->name].minor;

    if (limits->at_most != 0 && minor > amounts[limits->at_most].minor) {
        return false;
    }
    switch (limits->rule) {
    case LEDGER_RULE_POSITIVE:
        return minor > 0;
    case LEDGER_RULE_NOT_NEGATIVE:
        return minor >= 0;
    case LEDGER_RULE_NOT_ZERO:
        return minor != 0;
    case LEDGER_RULE_ANY:
        return true;
    }
    check_failed("amount rule", __FILE__, __LINE__);
}

/* In the order of the event's amounts; then those it does not have. */
enum err ledger_voucher_check_amounts(struct tx *tx, const struct ledger_voucher *voucher)
{
    const struct ledger_event_row *event = ledger_event_row(voucher->event);

    for (size_t i = 0; i < LEDGER_EVENT_AMOUNTS_MAX && event->amounts[i].name != 0; i++) {
        if (!is_within(&event->amounts[i], voucher->amounts)) {
            return ledger__refuse(tx, ERR_LEDGER_AMOUNT,
                                  ledger__amount_name(event->amounts[i].name));
        }
    }
    for (int name = LEDGER_AMOUNT_GROSS; name < LEDGER_AMOUNT_END; name++) {
        if (voucher->amounts[name].minor != 0 &&
            ledger_event_amount(event, (enum ledger_amount_name)name) == NULL) {
            return ledger__refuse(tx, ERR_LEDGER_AMOUNT,
                                  ledger__amount_name((enum ledger_amount_name)name));
        }
    }
    return ERR_OK;
}

/* What makes a sum negative: nothing when one of its amounts may be, then the leg changes sides;
 * else the first amount that is taken away, which is too large. */
static enum ledger_amount_name too_large(const struct ledger_event_row *event,
                                         const struct ledger_expression *expression)
{
    enum ledger_amount_name first = LEDGER_AMOUNT_END;

    for (int name = LEDGER_AMOUNT_END - 1; name >= LEDGER_AMOUNT_GROSS; name--) {
        if (expression->counts[name] != 0 &&
            ledger_event_amount(event, (enum ledger_amount_name)name)->rule >=
                LEDGER_RULE_NOT_ZERO) {
            return LEDGER_AMOUNT_END;
        }
        if (expression->counts[name] < 0) {
            first = (enum ledger_amount_name)name;
        }
    }
    return first;
}

/* The side and amount of a leg. */
static enum err fill_amount(struct tx *tx, const struct ledger_voucher *voucher,
                            const struct ledger_template_leg *from, struct ledger_leg *leg)
{
    struct ledger_expression expression;
    ledger_wide value;

    CHECK(ledger__expression_parse(from->amount, &expression));
    value = ledger__expression_value(&expression, voucher->amounts);
    leg->side = from->side;
    if (value < 0) {
        enum ledger_amount_name name = too_large(ledger_event_row(voucher->event), &expression);

        if (name != LEDGER_AMOUNT_END) {
            return ledger__refuse(tx, ERR_LEDGER_AMOUNT, ledger__amount_name(name));
        }
        leg->side = from->side == LEDGER_DEBIT ? LEDGER_CREDIT : LEDGER_DEBIT;
        value = -value;
    }
    if (value > INT64_MAX) {
        return ledger__refuse(tx, ERR_LEDGER_OVERFLOW, "amount");
    }
    leg->amount = AMOUNT((int64_t)value);
    return ERR_OK;
}

/* ---- accounts ---- */

static int64_t owner_id(const struct ledger_voucher *voucher, enum ledger_owner owner)
{
    switch (owner) {
    case LEDGER_OWNER_PLATFORM:
        return LEDGER_PLATFORM;
    case LEDGER_OWNER_MERCHANT:
        return voucher->merchant_id;
    case LEDGER_OWNER_CHANNEL_ACCOUNT:
        return voucher->channel_account_id;
    case LEDGER_OWNER_RECEIVER:
        return voucher->receiver_id;
    case LEDGER_OWNER_END:
        break;
    }
    check_failed("owner", __FILE__, __LINE__);
}

static struct ledger_account_key key_of(const struct ledger_voucher *voucher,
                                        const struct ledger_template_leg *leg)
{
    struct ledger_account_key key = {
        .owner_id = owner_id(voucher, leg->owner),
        .code = leg->code,
        .currency =
            leg->currency == LEDGER_CURRENCY_OTHER ? voucher->other_currency : voucher->currency,
    };

    CHECK((key.owner_id == LEDGER_PLATFORM) == (leg->owner == LEDGER_OWNER_PLATFORM));
    return key;
}

/* The legs of the voucher but those of amount zero. */
static enum err make_legs(struct tx *tx, const struct ledger_voucher *voucher,
                          const struct ledger_template_row *row, struct ledger_leg *legs,
                          size_t *count)
{
    *count = 0;
    CHECK(row->leg_count <= LEDGER_TEMPLATE_LEGS_MAX);
    for (int64_t number = 1; number <= row->leg_count; number++) {
        const struct ledger_template_leg *from;
        struct ledger_leg *leg = &legs[*count];

        TRY(ledger__template_get_leg(tx, row->id, number, &from));
        TRY(fill_amount(tx, voucher, from, leg));
        if (leg->amount.minor != 0) {
            struct ledger_account_key key = key_of(voucher, from);

            leg->matures_on = from->matures ? voucher->matures_on : 0;
            TRY(ledger__account_open(tx, &key, ledger_event_row(voucher->event)->fact,
                                     &leg->account_id));
            (*count)++;
        }
    }
    return ERR_OK;
}

/* ---- posting ---- */

/* The posting of a voucher without its legs, and the template that has them. */
static enum err begin_post(struct tx *tx, const struct ledger_voucher *voucher,
                           struct ledger_post *post, const struct ledger_template_row **row)
{
    enum err err;

    *post = (struct ledger_post){.legs = NULL};
    err = ledger_voucher_reference(voucher, &post->reference);
    if (err == ERR_OK) {
        TRY(ledger__reference_check(tx, &post->reference));
        err = find_template(tx, voucher, &post->reference, row);
    }
    if (err == ERR_LEDGER_VOUCHER) {
        return ledger__refuse(tx, err, "event");
    }
    TRY(err);
    post->voucher = (*row)->id;
    post->fact = ledger_event_row(voucher->event)->fact;
    return ledger_voucher_check_amounts(tx, voucher);
}

/* Its legs are written to the given array. */
static enum err make_post(struct tx *tx, const struct ledger_voucher *voucher,
                          struct ledger_leg legs[LEDGER_TEMPLATE_LEGS_MAX],
                          struct ledger_post *post)
{
    const struct ledger_template_row *row;

    TRY(begin_post(tx, voucher, post, &row));
    post->legs = legs;
    return make_legs(tx, voucher, row, legs, &post->leg_count);
}

enum err ledger_voucher_post(struct tx *tx, const struct ledger_voucher *voucher,
                             struct ledger_posted *posted)
{
    struct ledger_leg legs[LEDGER_TEMPLATE_LEGS_MAX];
    struct ledger_post post;

    TRY(make_post(tx, voucher, legs, &post));
    if (post.leg_count == 0) {
        if (posted != NULL) {
            *posted = (struct ledger_posted){0};
        }
        return ERR_OK;
    }
    return ledger_post(tx, &post, posted);
}

/* The account of a leg; 0: an owner's that is not there, which has nothing that could be taken. */
static enum err find_account(struct tx *tx, const struct ledger_account_key *key, bool fact,
                             const struct ledger_leg *leg, size_t at, int64_t *account_id)
{
    struct ledger_code_terms terms;
    enum err err = key->owner_id == LEDGER_PLATFORM
                       ? ledger__account_open(tx, key, fact, account_id)
                       : ledger_account_id(tx, key, account_id);

    if (err != ERR_LEDGER_ACCOUNT) {
        return err;
    }
    *account_id = 0;
    TRY(ledger__chart_terms(tx, key, time_business_date(tx_now_ms(tx)), fact, &terms));
    return terms.has_floor && leg->side != terms.side
               ? ledger__refuse_leg(tx, ERR_LEDGER_INSUFFICIENT, at, "account")
               : ERR_OK;
}

/* The legs on accounts that are there. */
static enum err find_legs(struct tx *tx, const struct ledger_voucher *voucher,
                          const struct ledger_template_row *row, struct ledger_leg *legs,
                          size_t *count)
{
    size_t at = 0;

    *count = 0;
    for (int64_t number = 1; number <= row->leg_count; number++) {
        const struct ledger_template_leg *from;
        struct ledger_leg *leg = &legs[*count];

        TRY(ledger__template_get_leg(tx, row->id, number, &from));
        TRY(fill_amount(tx, voucher, from, leg));
        if (leg->amount.minor != 0) {
            struct ledger_account_key key = key_of(voucher, from);

            leg->matures_on = from->matures ? voucher->matures_on : 0;
            TRY(find_account(tx, &key, ledger_event_row(voucher->event)->fact, leg, at++,
                             &leg->account_id));
            *count += leg->account_id != 0;
        }
    }
    return ERR_OK;
}

enum err ledger_voucher_check(struct tx *tx, const struct ledger_voucher *voucher)
{
    struct ledger_leg legs[LEDGER_TEMPLATE_LEGS_MAX];
    const struct ledger_template_row *row;
    struct ledger_post post;

    TRY(begin_post(tx, voucher, &post, &row));
    CHECK(row->leg_count <= LEDGER_TEMPLATE_LEGS_MAX);
    post.legs = legs;
    TRY(find_legs(tx, voucher, row, legs, &post.leg_count));
    return ledger__posting_bearable(tx, &post);
}

enum err ledger_voucher_capture(struct tx *tx, const struct ledger_voucher_capture *capture,
                                struct ledger_held *held)
{
    struct ledger_leg legs[LEDGER_TEMPLATE_LEGS_MAX];
    struct ledger_hold_capture posting = {
        .hold_id = capture->hold_id, .whole = capture->whole, .placer = capture->placer};

    struct ledger_held result;

    TRY(make_post(tx, &capture->voucher, legs, &posting.post));
    TRY(ledger_hold_capture(tx, &posting, &result));
    TRY(ledger__memo_keep(tx, &(struct ledger_posted){result.journal_id, result.exists},
                          capture->memo));
    if (held != NULL) {
        *held = result;
    }
    return ERR_OK;
}

/* ---- prefetch ---- */

/* The version that is valid last: nearly always the one that is valid today. NULL: not in memory
 * yet, and asked for. */
static const struct ledger_template_row *peek_template(struct prefetch *pre,
                                                       const struct ledger_voucher *voucher)
{
    int64_t id = ledger__template_id(voucher->event, mode_of(voucher), 1);
    const struct ledger_template_row *row;

    while ((row = prefetch_peek(pre, &ledger__template_table, id)) != NULL &&
           row->valid_until != 0) {
        id++;
    }
    if (row == NULL) {
        prefetch_id(pre, &ledger__template_table, id);
    }
    return row;
}

static void prefetch_leg(struct prefetch *pre, const struct ledger_voucher *voucher, int64_t leg_id)
{
    const struct ledger_template_leg *leg = prefetch_peek(pre, &ledger__template_leg_table, leg_id);

    if (leg == NULL) {
        prefetch_id(pre, &ledger__template_leg_table, leg_id);
    } else {
        struct ledger_account_key key = key_of(voucher, leg);
        const struct ledger_account row = {
            .owner_id = key.owner_id, .code = key.code, .currency = key.currency};

        prefetch_unique(pre, &ledger__account_table, 0, &row);
    }
}

/* Templates are kept in memory: but for the first time, one round is enough. */
static void prefetch_accounts(struct prefetch *pre, const struct ledger_voucher *voucher)
{
    const struct ledger_template_row *row = peek_template(pre, voucher);

    for (int64_t number = 1; row != NULL && number <= row->leg_count; number++) {
        prefetch_leg(pre, voucher, ledger__template_leg_id(row->id, number));
    }
}

void ledger_prefetch_voucher(struct prefetch *pre, const struct ledger_voucher *voucher,
                             unsigned round)
{
    struct ledger_post post = {.leg_count = 0};

    if (ledger_voucher_reference(voucher, &post.reference) != ERR_OK) {
        return;
    }
    ledger_prefetch_post(pre, &post, round);
    if (round == 0) {
        prefetch_accounts(pre, voucher);
    }
}

void ledger_prefetch_voucher_capture(struct prefetch *pre,
                                     const struct ledger_voucher_capture *capture, unsigned round)
{
    struct ledger_hold_capture posting = {.hold_id = capture->hold_id};

    if (ledger_voucher_reference(&capture->voucher, &posting.post.reference) != ERR_OK) {
        return;
    }
    ledger__prefetch_capture(pre, &posting, round);
    if (round == 0) {
        prefetch_accounts(pre, &capture->voucher);
    }
}
