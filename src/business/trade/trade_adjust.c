/* Adjustments, reversals and corrections: from the change that is asked for to the journal.
 *
 *     kind         legs                          booked under
 *     legs         as given                      adjustment / transfer / its id
 *     event        of the voucher's template     adjustment / succeeded / its id
 *     reversal     the original's, turned over   adjustment / reversed / the original
 *     correction   as given                      adjustment / corrected / the original
 *
 * The last two are booked under the original's number, so that the books themselves allow one of
 * each. */
#include "base/crypto.h"
#include "business/channel/channel.h"
#include "business/merchant/merchant.h"
#include "business/trade/trade_int.h"

/* ---- the legs ---- */

struct adjusting {
    struct ledger_post post;
    struct ledger_leg legs[LEDGER_LEGS_MAX];
    struct ledger_recorded original;
};

static struct ledger_reference reference_of(enum ledger_operation operation, int64_t business_no)
{
    return (struct ledger_reference){LEDGER_SOURCE_ADJUSTMENT, operation, business_no};
}

/* Whether something was booked about the original before. */
static enum err booked(struct tx *tx, const struct trade_change *change,
                       enum ledger_operation operation, bool *is)
{
    const struct ledger_reference reference = reference_of(operation, change->original);
    int64_t journal_id;
    enum err err = ledger_journal_find(tx, &reference, &journal_id);

    *is = err == ERR_OK;
    return err == ERR_LEDGER_JOURNAL ? ERR_OK : err;
}

static enum err find_original(struct tx *tx, const struct trade_change *change,
                              struct adjusting *adjusting)
{
    enum err err = ledger_journal_get(tx, change->original, &adjusting->original);

    return err == ERR_LEDGER_JOURNAL ? tx_refuse(tx, err, "original") : err;
}

/* What has been or is being refunded of a payment was taken from its journal, so that stays. */
static enum err check_refunds(struct tx *tx, const struct ledger_reference *original)
{
    struct trade_refunded refunded;

    if (original->operation != LEDGER_OPERATION_SUCCEEDED) {
        return ERR_OK;
    }
    TRY(trade_refunded(tx, original->business_no, &refunded));
    return refunded.reserved.minor + refunded.refunded.minor == 0
               ? ERR_OK
               : tx_refuse(tx, ERR_TRADE_REFUNDED, "original");
}

/* What is a step of a state machine is taken back by a step of it: reversed by itself, the journal
 * would say one thing and the machine another. */
static enum err check_reversible(struct tx *tx, const struct ledger_reference *original)
{
    switch (original->source) {
    case LEDGER_SOURCE_PAYMENT:
        return check_refunds(tx, original);
    case LEDGER_SOURCE_ADJUSTMENT:
        return original->operation == LEDGER_OPERATION_REVERSED
                   ? tx_refuse(tx, ERR_TRADE_REVERSAL, "original")
                   : ERR_OK;
    case LEDGER_SOURCE_REFUND:
    case LEDGER_SOURCE_FEE: /* a refund's */
        return tx_refuse(tx, ERR_TRADE_REVERSAL_REFUND, "original");
    case LEDGER_SOURCE_CASH:
        return tx_refuse(tx, ERR_TRADE_REVERSAL_CASH, "original");
    case LEDGER_SOURCE_SETTLEMENT:
        return tx_refuse(tx, ERR_TRADE_REVERSAL_SETTLEMENT, "original");
    case LEDGER_SOURCE_REMITTANCE:
    case LEDGER_SOURCE_SHARE:
    case LEDGER_SOURCE_DISPUTE:
    case LEDGER_SOURCE_DIFFERENCE:
        return tx_refuse(tx, ERR_TRADE_REVERSAL_OWNED, "original");
    case LEDGER_SOURCE_OPERATOR:
    case LEDGER_SOURCE_PENDING: /* refused for its leg on 2299 */
    case LEDGER_SOURCE_CHANNEL:
    case LEDGER_SOURCE_API:
    case LEDGER_SOURCE_TOP_UP:
    case LEDGER_SOURCE_DEPOSIT:
    case LEDGER_SOURCE_EXCHANGE:
    case LEDGER_SOURCE_INTEREST:
        return ERR_OK;
    }
    check_failed("ledger source", __FILE__, __LINE__);
}

static enum err reverse(struct tx *tx, const struct trade_change *change,
                        struct adjusting *adjusting)
{
    const struct ledger_recorded *original = &adjusting->original;
    bool reversed;

    TRY(booked(tx, change, LEDGER_OPERATION_REVERSED, &reversed));
    if (reversed) {
        return tx_refuse(tx, ERR_TRADE_REVERSED, "original");
    }
    TRY(check_reversible(tx, &original->reference));
    for (size_t i = 0; i < original->leg_count; i++) {
        adjusting->legs[i] = original->legs[i];
        adjusting->legs[i].side =
            original->legs[i].side == LEDGER_DEBIT ? LEDGER_CREDIT : LEDGER_DEBIT;
    }
    adjusting->post.leg_count = original->leg_count;
    return ERR_OK;
}

static enum err correct(struct tx *tx, const struct trade_change *change)
{
    bool reversed, corrected;

    TRY(booked(tx, change, LEDGER_OPERATION_REVERSED, &reversed));
    TRY(booked(tx, change, LEDGER_OPERATION_CORRECTED, &corrected));
    if (!reversed) {
        return tx_refuse(tx, ERR_TRADE_NOT_REVERSED, "original");
    }
    return corrected ? tx_refuse(tx, ERR_TRADE_CORRECTED, "original") : ERR_OK;
}

static void take_legs(const struct trade_change *change, struct adjusting *adjusting)
{
    const struct trade_leg *legs = change->legs.items;

    CHECK(change->legs.count <= LEDGER_LEGS_MAX);
    for (size_t i = 0; i < change->legs.count; i++) {
        adjusting->legs[i] = (struct ledger_leg){.account_id = legs[i].account,
                                                 .side = legs[i].side,
                                                 .amount = legs[i].amount,
                                                 .matures_on = (int32_t)legs[i].matures_on};
    }
    adjusting->post.leg_count = change->legs.count;
}

static enum err leg_refused(struct tx *tx, enum err err, size_t leg, const char *name)
{
    const struct str param = str_printf(tx_arena(tx), "legs[%zu].%s", leg, name);

    return tx_refuse(tx, err, str_cstr(tx_arena(tx), param));
}

static enum err check_dates(struct tx *tx, const struct field_list *list)
{
    const struct trade_leg *legs = list->items;

    for (size_t i = 0; i < list->count; i++) {
        if (legs[i].matures_on != 0 && !time_date_is_valid((int32_t)legs[i].matures_on)) {
            return leg_refused(tx, ERR_LEDGER_MATURITY, i, "matures_on");
        }
    }
    return ERR_OK;
}

/* A field that a kind needs, may have, or does not take. */
struct form {
    bool needed, allowed, given;
    const char *name;
};

static enum err check_fields(struct tx *tx, const struct form *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].needed && !fields[i].given) {
            return tx_refuse(tx, ERR_FIELD_REQUIRED, fields[i].name);
        }
        if (!fields[i].allowed && fields[i].given) {
            return tx_refuse(tx, ERR_FIELD_VALUE, fields[i].name);
        }
    }
    return ERR_OK;
}

static enum err check_event_fields(struct tx *tx, const struct trade_change *change)
{
    const bool owners[TRADE_EVENT_OWNERS] = {
        change->mode != 0,        change->merchant_id != 0, change->channel_account_id != 0,
        change->receiver_id != 0, change->currency != 0,    change->other_currency != 0};
    struct trade_event_field fields[TRADE_EVENT_FIELDS];
    struct form forms[TRADE_EVENT_FIELDS];

    trade__event_fields(change->event, fields);
    for (size_t i = 0; i < TRADE_EVENT_FIELDS; i++) {
        bool given =
            fields[i].amount == 0 ? owners[i] : change->amounts[fields[i].amount].minor != 0;

        forms[i] = (struct form){fields[i].required, fields[i].taken, given, fields[i].name};
    }
    return check_fields(tx, forms, ARRAY_LEN(forms));
}

/* Which fields a kind takes, beside those that all have. */
static enum err check_form(struct tx *tx, const struct trade_change *change)
{
    bool by_event = change->kind == TRADE_ADJUSTMENT_EVENT;
    bool by_legs =
        change->kind == TRADE_ADJUSTMENT_LEGS || change->kind == TRADE_ADJUSTMENT_CORRECTION;
    bool of_original =
        change->kind == TRADE_ADJUSTMENT_REVERSAL || change->kind == TRADE_ADJUSTMENT_CORRECTION;
    const struct form fields[] = {
        {of_original, true, change->original != 0, "original"},
        {by_legs, by_legs, change->legs.count > 0, "legs"},
        {by_event, by_event, change->event != 0, "event"},
    };

    TRY(check_fields(tx, fields, ARRAY_LEN(fields)));
    TRY(check_event_fields(tx, change));
    return check_dates(tx, &change->legs);
}

/* ---- the event ---- */

static struct ledger_voucher voucher_of(const struct trade_change *change, int64_t id)
{
    struct ledger_voucher voucher = {
        .event = change->event,
        .mode = change->mode,
        .manual = true,
        .business_no = id,
        .merchant_id = change->merchant_id,
        .channel_account_id = change->channel_account_id,
        .receiver_id = change->receiver_id,
        .currency = change->currency,
        .other_currency = change->other_currency,
    };

    memcpy(voucher.amounts, change->amounts, sizeof(voucher.amounts));
    return voucher;
}

static enum err find_merchant(struct tx *tx, int64_t merchant_id, const char *field)
{
    const struct merchant *merchant;
    enum err err = merchant_id == 0 ? ERR_OK : merchant_get(tx, merchant_id, &merchant);

    return err == ERR_MERCHANT_NOT_FOUND ? tx_refuse(tx, err, field) : err;
}

static enum err find_channel(struct tx *tx, int64_t account_id)
{
    const struct channel_account *account;
    enum err err = account_id == 0 ? ERR_OK : channel_account_get(tx, account_id, &account);

    return err == ERR_CHANNEL_NOT_FOUND ? tx_refuse(tx, err, "channel_account_id") : err;
}

/* An exchange is of two currencies, a share of two merchants. */
static enum err check_event(struct tx *tx, const struct trade_change *change)
{
    const struct ledger_voucher voucher = voucher_of(change, 0);

    TRY(find_merchant(tx, change->merchant_id, "merchant_id"));
    TRY(find_channel(tx, change->channel_account_id));
    TRY(find_merchant(tx, change->receiver_id, "receiver_id"));
    if (change->receiver_id != 0 && change->receiver_id == change->merchant_id) {
        return tx_refuse(tx, ERR_FIELD_VALUE, "receiver_id");
    }
    if (change->other_currency == change->currency) {
        return tx_refuse(tx, ERR_FIELD_VALUE, "other_currency");
    }
    return ledger_voucher_check_amounts(tx, &voucher);
}

/* All but the journal itself: what is posted, and that it may be. */
static enum err prepare(struct tx *tx, const struct trade_change *change,
                        struct adjusting *adjusting)
{
    TRY(check_form(tx, change));
    *adjusting = (struct adjusting){.post = {.legs = adjusting->legs}};
    if (change->original != 0) {
        TRY(find_original(tx, change, adjusting));
    }
    switch (change->kind) {
    case TRADE_ADJUSTMENT_LEGS:
        take_legs(change, adjusting);
        return ERR_OK;
    case TRADE_ADJUSTMENT_EVENT:
        return check_event(tx, change);
    case TRADE_ADJUSTMENT_REVERSAL:
        return reverse(tx, change, adjusting);
    case TRADE_ADJUSTMENT_CORRECTION:
        take_legs(change, adjusting);
        return correct(tx, change);
    }
    check_failed("adjustment kind", __FILE__, __LINE__);
}

/* ---- what the reviewers see ---- */

/* The amount that moves, when all legs are of one currency. */
struct volume {
    struct amount amount;
    enum currency currency; /* 0: of several, or more than fits */
};

/* The largest of the event's amounts; of an exchange there are two currencies. */
static struct volume volume_of_event(const struct trade_change *change)
{
    struct volume volume = {.currency = change->other_currency == 0 ? change->currency : 0};

    for (int name = LEDGER_AMOUNT_GROSS; name < LEDGER_AMOUNT_END; name++) {
        int64_t minor = change->amounts[name].minor;
        const struct amount size = AMOUNT(minor < 0 ? -minor : minor);

        if (amount_cmp(size, volume.amount) > 0) {
            volume.amount = size;
        }
    }
    return volume;
}

/* Debits less credits of the legs in a currency: 0, or they could never be booked. */
static enum err check_balance(struct tx *tx, const struct adjusting *adjusting,
                              const enum currency currencies[LEDGER_LEGS_MAX])
{
    for (size_t i = 0; i < adjusting->post.leg_count; i++) {
        struct amount net = AMOUNT_ZERO;

        for (size_t j = 0; j < adjusting->post.leg_count; j++) {
            const struct ledger_leg *leg = &adjusting->legs[j];

            if (currencies[j] == currencies[i] &&
                (leg->side == LEDGER_DEBIT ? amount_add(net, leg->amount, &net)
                                           : amount_sub(net, leg->amount, &net)) != ERR_OK) {
                return leg_refused(tx, ERR_LEDGER_OVERFLOW, j, "amount");
            }
        }
        if (net.minor != 0) {
            return tx_refuse(tx, ERR_LEDGER_UNBALANCED,
                             str_cstr(tx_arena(tx), currency_code(currencies[i])));
        }
    }
    return ERR_OK;
}

static enum err measure(struct tx *tx, const struct trade_change *change,
                        const struct adjusting *adjusting, struct volume *volume)
{
    enum currency currencies[LEDGER_LEGS_MAX];

    *volume = volume_of_event(change);
    if (change->kind == TRADE_ADJUSTMENT_EVENT) {
        return ERR_OK;
    }
    if (adjusting->post.leg_count < LEDGER_LEGS_MIN) {
        return tx_refuse(tx, ERR_LEDGER_LEGS, "legs");
    }
    for (size_t i = 0; i < adjusting->post.leg_count; i++) {
        const struct ledger_leg *leg = &adjusting->legs[i];
        const struct ledger_account *account;
        enum err err = ledger_account_get(tx, leg->account_id, &account);

        if (err != ERR_OK) {
            return err == ERR_LEDGER_ACCOUNT ? leg_refused(tx, err, i, "account") : err;
        }
        if (account->code == LEDGER_CODE_WAITING) {
            return leg_refused(tx, ERR_LEDGER_CODE_OWN, i, "account");
        }
        currencies[i] = account->currency;
        if (leg->side == LEDGER_DEBIT &&
            amount_add(volume->amount, leg->amount, &volume->amount) != ERR_OK) {
            return leg_refused(tx, ERR_LEDGER_OVERFLOW, i, "amount");
        }
    }
    volume->currency = currencies[0];
    for (size_t i = 1; i < adjusting->post.leg_count; i++) {
        volume->currency = currencies[i] == currencies[0] ? volume->currency : 0;
    }
    return check_balance(tx, adjusting, currencies);
}

/* ---- booking ---- */

/* Of all kinds but the event, whose voucher names its journal. */
static struct ledger_reference name_of(const struct trade_change *change, int64_t id)
{
    switch (change->kind) {
    case TRADE_ADJUSTMENT_EVENT:
    case TRADE_ADJUSTMENT_LEGS:
        break;
    case TRADE_ADJUSTMENT_REVERSAL:
        return reference_of(LEDGER_OPERATION_REVERSED, change->original);
    case TRADE_ADJUSTMENT_CORRECTION:
        return reference_of(LEDGER_OPERATION_CORRECTED, change->original);
    }
    return reference_of(LEDGER_OPERATION_TRANSFER, id);
}

static enum err post(struct tx *tx, const struct trade_change *change, int64_t id,
                     struct adjusting *adjusting, struct ledger_posted *posted)
{
    const struct ledger_voucher voucher = voucher_of(change, id);

    if (change->kind == TRADE_ADJUSTMENT_EVENT) {
        return ledger_voucher_post(tx, &voucher, posted);
    }
    adjusting->post.reference = name_of(change, id);
    return ledger_post(tx, &adjusting->post, posted);
}

static enum err check_post(struct tx *tx, const struct trade_change *change, int64_t id,
                           struct adjusting *adjusting)
{
    const struct ledger_voucher voucher = voucher_of(change, id);

    if (change->kind == TRADE_ADJUSTMENT_EVENT) {
        return ledger_voucher_check(tx, &voucher);
    }
    adjusting->post.reference = name_of(change, id);
    return ledger_post_check(tx, &adjusting->post);
}

/* Who heard of an adjustment already, or is nobody to be told. */
struct heard {
    int64_t owners[LEDGER_LEGS_MAX + 1];
    size_t count;
};

static bool is_new(struct heard *heard, int64_t owner_id)
{
    for (size_t i = 0; i < heard->count; i++) {
        if (heard->owners[i] == owner_id) {
            return false;
        }
    }
    heard->owners[heard->count++] = owner_id;
    return true;
}

/* The owner, if it is a merchant: other accounts are the platform's and the channels'. */
static enum err tell(struct tx *tx, int64_t owner_id, const struct trade_adjustment *adjustment)
{
    const struct merchant *merchant;
    enum err err = merchant_get(tx, owner_id, &merchant);

    if (err == ERR_OK) {
        trade__announce(tx, &(struct trade_news){.type = "adjustment.posted",
                                                 .set = &trade__adjustment_set,
                                                 .object = adjustment,
                                                 .id = adjustment->id,
                                                 .merchant_id = owner_id,
                                                 .version = 1});
    }
    return err == ERR_MERCHANT_NOT_FOUND ? ERR_OK : err;
}

/* Each merchant with an account among the legs is told, once. */
static enum err announce(struct tx *tx, const struct trade_adjustment *adjustment)
{
    struct ledger_recorded *journal = ARENA_NEW(tx_arena(tx), struct ledger_recorded);
    struct heard heard = {.owners = {LEDGER_PLATFORM}, .count = 1};

    if (adjustment->journal_id == 0) {
        return ERR_OK;
    }
    TRY(ledger_journal_get(tx, adjustment->journal_id, journal));
    for (size_t i = 0; i < journal->leg_count; i++) {
        const struct ledger_account *account;

        TRY(ledger_account_get(tx, journal->legs[i].account_id, &account));
        if (is_new(&heard, account->owner_id)) {
            TRY(tell(tx, account->owner_id, adjustment));
        }
    }
    return ERR_OK;
}

static struct str content_of(struct tx *tx, struct str change)
{
    return crypto_sha256_hex(tx_arena(tx), change);
}

static enum err find_adjustment(struct tx *tx, struct str adjustment_no,
                                const struct trade_adjustment **out)
{
    const struct trade_adjustment key = {.adjustment_no = adjustment_no};
    const void *row;
    enum err err = tx_find(tx, &trade_adjustment_table, 0, &key, &row);

    *out = err == ERR_OK ? row : NULL;
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

static enum err review_apply(struct tx *tx, const struct review_item *item)
{
    struct adjusting *adjusting = ARENA_NEW(tx_arena(tx), struct adjusting);
    const struct trade_adjustment *first;
    struct trade_adjustment adjustment;
    struct ledger_posted posted;
    struct trade_change change;

    TRY(review_change_read(tx, item, &trade__change_set, sizeof(change), &change));
    TRY(find_adjustment(tx, change.adjustment_no, &first));
    if (first != NULL) {
        return tx_refuse(tx, ERR_TRADE_ORDER_CONFLICT, "adjustment_no");
    }
    TRY(prepare(tx, &change, adjusting));
    adjustment = (struct trade_adjustment){
        .id = tx_sequence(tx, &trade__adjustment_sequence),
        .adjustment_no = change.adjustment_no,
        .kind = change.kind,
        .original_id = change.original,
        .reason_code = change.reason_code,
        .content = content_of(tx, item->change),
        .review_id = item->id,
        .created_at_ms = tx_now_ms(tx),
    };
    TRY(post(tx, &change, adjustment.id, adjusting, &posted));
    adjustment.journal_id = posted.journal_id;
    tx_append(tx, &trade_adjustment_table, &adjustment);
    return announce(tx, &adjustment);
}

static enum err review_check(struct tx *tx, const struct review_item *item)
{
    struct adjusting *adjusting = ARENA_NEW(tx_arena(tx), struct adjusting);
    struct trade_change change;

    TRY(review_change_read(tx, item, &trade__change_set, sizeof(change), &change));
    TRY(prepare(tx, &change, adjusting));
    return check_post(tx, &change, item->id, adjusting);
}

const struct review_kind trade__review = {
    .name = "trade.adjust",
    .check_permission = "trade:adjust",
    .check = review_check,
    .apply = review_apply,
};

/* ---- the command ---- */

/* What a checker reads first: "A1: reversal of jnl_…". */
static struct str summary_of(struct arena *arena, const struct trade_change *change, bool zh)
{
    struct str original =
        change->original == 0 ? STR("") : id_str(arena, LEDGER_JOURNAL_PREFIX, change->original);
    size_t legs = change->legs.count;
    struct str what = STR("");

    switch (change->kind) {
    case TRADE_ADJUSTMENT_EVENT:
        what = str_printf(arena, zh ? "手工凭证 %s" : "%s",
                          enum_name_of(ledger_event_names, (int)change->event));
        break;
    case TRADE_ADJUSTMENT_LEGS:
        what = str_printf(arena, zh ? "%zu 条分录" : "%zu legs", legs);
        break;
    case TRADE_ADJUSTMENT_REVERSAL:
        what = str_printf(arena, zh ? "红冲 " STR_FMT : "reversal of " STR_FMT, STR_ARG(original));
        break;
    case TRADE_ADJUSTMENT_CORRECTION:
        what = str_printf(
            arena, zh ? "蓝补 " STR_FMT "，%zu 条分录" : "correction of " STR_FMT ": %zu legs",
            STR_ARG(original), legs);
        break;
    }
    return str_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(change->adjustment_no), zh ? "：" : ": ",
                      STR_ARG(what));
}

static enum err submit(struct tx *tx, const struct trade_adjust *adjust, struct str text,
                       struct review_item *out)
{
    struct adjusting *adjusting = ARENA_NEW(tx_arena(tx), struct adjusting);
    struct review_ask ask = {
        .kind = &trade__review,
        .maker_key_id = adjust->maker_key_id,
        .subject_prefix = LEDGER_JOURNAL_PREFIX,
        .subject_id = adjust->change.original,
        .name = adjust->change.adjustment_no,
        .change = text,
        .summary = summary_of(tx_arena(tx), &adjust->change, false),
        .summary_zh = summary_of(tx_arena(tx), &adjust->change, true),
        .reason = adjust->reason,
        .evidence = adjust->evidence,
    };
    const struct review_item *item;
    struct volume volume;

    TRY(prepare(tx, &adjust->change, adjusting));
    TRY(measure(tx, &adjust->change, adjusting, &volume));
    ask.currency = volume.currency;
    ask.amount = volume.currency == 0 ? AMOUNT_ZERO : volume.amount;
    ask.needed = volume.currency == 0 || amount_cmp(volume.amount, adjust->limit) > 0 ? 2 : 1;
    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, out);
    return ERR_OK;
}

/* A number is pending with one content. */
static enum err check_number(struct tx *tx, struct str adjustment_no, struct str text)
{
    const struct str *pending;

    TRY(review_pending_change(tx, &trade__review, adjustment_no, &pending));
    return pending == NULL || str_eq(*pending, text)
               ? ERR_OK
               : tx_refuse(tx, ERR_TRADE_ORDER_CONFLICT, "adjustment_no");
}

static enum err adjust_apply(struct tx *tx, const void *arg, void *result)
{
    const struct trade_adjust *adjust = arg;
    const struct str text = review_change_print(tx_arena(tx), &trade__change_set, &adjust->change);
    const struct trade_adjustment *first;
    struct trade_adjusted *adjusted = result;

    TRY(check_number(tx, adjust->change.adjustment_no, text));
    TRY(find_adjustment(tx, adjust->change.adjustment_no, &first));
    if (first == NULL) {
        return submit(tx, adjust, text, &adjusted->review);
    }
    if (!str_eq(first->content, content_of(tx, text))) {
        return tx_refuse(tx, ERR_TRADE_ORDER_CONFLICT, "adjustment_no");
    }
    tx_result_row(tx, &trade_adjustment_table, first, &adjusted->adjustment);
    return ERR_OK;
}

const struct command_kind trade__adjust_kind = {
    .name = "trade.adjust",
    .apply = adjust_apply,
    .result_size = sizeof(struct trade_adjusted),
};
