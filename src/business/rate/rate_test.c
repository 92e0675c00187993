/* The lines of rates: which one is in effect, and what a change may be. On both databases. */
#include "business/rate/rate_int.h"
#include "test/lib/each_database.h"
#include "test/lib/payment_kit.h"

#define NOW TILL_START_MS
#define MIDNIGHT INT64_C(1763827200000) /* 2025-11-23T00:00:00+08:00 */

static int set_up(void **state)
{
    *state = till_open(*state, CHANNEL_FUND_COLLECT);
    return 0;
}

static int tear_down(void **state)
{
    till_close(*state);
    return 0;
}

/* ---- questions asked within a command ---- */

struct question {
    enum err (*ask)(struct tx *tx, struct question *question);
    struct rate_change change;
    struct rate row;
    struct rate_ask price;
    struct rate_quote quote;
    struct till *till;
};

static enum err question_apply(struct tx *tx, const void *arg, void *result)
{
    struct question *question = *(struct question *const *)arg;

    (void)result;
    return question->ask(tx, question);
}

static void question_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    struct question *question = *(struct question *const *)arg;

    rate_prefetch(pre, &question->price, round);
}

static const struct command_kind question_kind = {
    .name = "test.ask", .prefetch = question_prefetch, .apply = question_apply};

static enum err ask(struct till *till, struct question *question)
{
    return till_run(till, &question_kind, &question, NULL);
}

static enum err ask_put(struct tx *tx, struct question *q)
{
    TRY(rate__row_of(tx, &q->change, &q->row));
    return rate__put(tx, &q->row);
}

static enum err ask_quote(struct tx *tx, struct question *q)
{
    TRY(rate_quote(tx, &q->price, &q->quote));
    q->quote.snapshot = str_dup(q->till->arena, q->quote.snapshot);
    return ERR_OK;
}

static enum err put(struct till *till, const struct rate_change *change, struct rate *row)
{
    struct question q = {.ask = ask_put, .change = *change};
    enum err err = ask(till, &q);

    if (row != NULL) {
        *row = q.row;
    }
    return err;
}

static struct rate_change cash(struct str owner, int64_t millionths, int64_t from_ms)
{
    return (struct rate_change){.owner = owner,
                                .kind = RATE_CASH,
                                .currency = CURRENCY_CNY,
                                .rate_millionths = millionths,
                                .effective_from = from_ms};
}

static struct str merchant_of(struct till *till)
{
    return id_str(till->arena, "mer", till->merchant_id);
}

static void set_cash(struct till *till, struct str owner, int64_t millionths, int64_t from_ms)
{
    const struct rate_change change = cash(owner, millionths, from_ms);

    assert_int_equal(put(till, &change, NULL), ERR_OK);
}

static struct rate_quote quote_at(struct till *till, int64_t owner_id, int64_t amount,
                                  int64_t at_ms)
{
    struct question q = {
        .ask = ask_quote,
        .till = till,
        .price = {owner_id, RATE_CASH, CURRENCY_CNY, AMOUNT(amount), at_ms},
    };

    assert_int_equal(ask(till, &q), ERR_OK);
    return q.quote;
}

static int64_t fee_at(struct till *till, int64_t at_ms)
{
    return quote_at(till, till->merchant_id, 1000000, at_ms).fee.minor;
}

/* The same question on a reader connection. */
struct reading {
    struct till *till;
    struct rate_ask ask;
    struct rate_quote quote;
};

static enum err read_quote(struct reading *reading, struct reader *reader)
{
    return rate__read_quote(reader, &reading->ask, reading->till->arena, &reading->quote);
}

static void run_reading(void *ctx, struct reader *reader)
{
    CHECK(read_quote(ctx, reader) == ERR_OK);
}

static int64_t read_fee_at(struct till *till, int64_t at_ms)
{
    struct reading reading = {
        .till = till,
        .ask = {till->merchant_id, RATE_CASH, CURRENCY_CNY, AMOUNT(1000000), at_ms},
    };

    assert_int_equal(store_read(till->store, run_reading, &reading), ERR_OK);
    return reading.quote.fee.minor;
}

/* ---- what is in effect ---- */

/* A5: a kind without a rate is free, and the quote says so. */
static void a5_a_missing_rate_is_no_fee_and_the_quote_says_so(void **state)
{
    struct till *till = *state;
    struct rate_quote quote = quote_at(till, till->merchant_id, 10000, NOW);

    assert_int_equal(quote.fee.minor, 0);
    assert_int_equal(quote.rate_id, 0);
    assert_int_equal(quote.refund_policy, RATE_REFUND_KEEP);
    assert_true(
        str_eq(quote.snapshot, STR("{\"id\":null,\"note\":\"no rate is configured: no fee\"}")));
}

/* A4: the trade fee has one source, the merchant's contract. */
static void a4_a_trade_fee_belongs_to_a_contract_alone(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(merchant_of(till), 6000, 0);
    struct question q = {
        .ask = ask_quote, .till = till, .price = {.kind = RATE_TRADE, .currency = CURRENCY_CNY}};

    change.kind = RATE_TRADE;
    assert_int_equal(put(till, &change, NULL), ERR_RATE_TRADE);
    assert_string_equal(till->param, "kind");
    assert_int_equal(ask(till, &q), ERR_RATE_TRADE);
    assert_string_equal(till->param, "kind");
}

/* A4: a payment with a fee books it once, whatever rates there are. */
static void a4_a_payment_books_its_fee_once(void **state)
{
    struct till *till = *state;
    const struct payment_create order = till_order(till);
    struct payment_change change;
    struct channel_result paid;

    for (enum rate_kind kind = RATE_SETTLEMENT; kind <= RATE_REFUND; kind++) {
        struct rate_change rate = cash(merchant_of(till), 50000, 0);

        rate.kind = kind;
        assert_int_equal(put(till, &rate, NULL), ERR_OK);
    }
    assert_int_equal(till_create(till, &order, &change), ERR_OK);
    paid = till_paid(till, &change.payment);
    assert_int_equal(till_say(till, &change.payment, PAYMENT_SOURCE_CALLBACK, &paid, &change),
                     ERR_OK);
    assert_int_equal(till_balance(till, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME), 6);
    assert_int_equal(till_balance(till, till->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE), 994);
}

static void an_owner_without_a_rate_pays_the_platforms(void **state)
{
    struct till *till = *state;

    set_cash(till, STR("platform"), 1000, 0);
    assert_int_equal(fee_at(till, NOW), 1000);
    set_cash(till, merchant_of(till), 3800, NOW + 1000);
    assert_int_equal(fee_at(till, NOW), 1000);
    assert_int_equal(fee_at(till, NOW + 999), 1000);
    assert_int_equal(fee_at(till, NOW + 1000), 3800);
    assert_int_equal(quote_at(till, 0, 1000000, NOW + 1000).fee.minor, 1000);
}

static void the_rate_that_began_last_is_in_effect(void **state)
{
    struct till *till = *state;

    set_cash(till, merchant_of(till), 1000, 0);
    set_cash(till, merchant_of(till), 3000, NOW + 3000);
    set_cash(till, merchant_of(till), 2000, NOW + 2000); /* made later, begins earlier */
    set_cash(till, merchant_of(till), 2500, NOW + 2000); /* takes the place of the one before */
    assert_int_equal(fee_at(till, NOW - 1), 0);
    assert_int_equal(fee_at(till, NOW), 1000);
    assert_int_equal(fee_at(till, NOW + 1999), 1000);
    assert_int_equal(fee_at(till, NOW + 2000), 2500);
    assert_int_equal(fee_at(till, NOW + 3000), 3000);
    till_reopen(till);
    assert_int_equal(fee_at(till, NOW + 2000), 2500);
}

static void a_rate_keeps_its_kind_and_currency_apart(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(merchant_of(till), 1000, 0);

    change.currency = CURRENCY_USD;
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    change.currency = CURRENCY_CNY;
    change.kind = RATE_SETTLEMENT;
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    assert_int_equal(fee_at(till, NOW), 0);
}

/* The walk along a line gives what a search of its rows gives. */
static void any_history_is_read_the_same_in_commands_and_queries(void **state)
{
    struct till *till = *state;
    uint64_t seed = 17;

    for (int i = 0; i < 24; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        set_cash(till, i % 5 == 0 ? STR("platform") : merchant_of(till), 1000 + i,
                 counter_get(&till->now_ms) + (int64_t)((seed >> 33) % 12));
        counter_add(&till->now_ms, (int64_t)((seed >> 40) % 4));
    }
    for (int64_t at = NOW - 2; at < counter_get(&till->now_ms) + 14; at++) {
        assert_int_equal(fee_at(till, at), read_fee_at(till, at));
    }
}

static void a_quote_keeps_the_terms_it_was_made_of(void **state)
{
    struct till *till = *state;
    struct rate_tier tiers[] = {{AMOUNT(0), 3800, AMOUNT(0)}, {AMOUNT(5000), 2000, AMOUNT(7)}};
    struct rate_change change = cash(STR("platform"), 0, 0);
    struct rate_quote quote;

    change.tier_mode = RATE_TIERS_WHOLE;
    change.tiers = (struct field_list){tiers, 2};
    change.fee_max = AMOUNT(900);
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    quote = quote_at(till, till->merchant_id, 10000, NOW);
    assert_int_equal(quote.fee.minor, 27);
    assert_int_equal(quote.rate_id, 2);
    assert_int_equal(quote.rate_millionths, 2000);
    assert_true(
        str_eq(quote.snapshot,
               STR("{\"id\":\"rat_0000000000002\",\"owner\":\"platform\",\"fee_max\":900,"
                   "\"tier_mode\":\"whole\",\"tiers\":[{\"from\":0,\"rate_millionths\":3800,"
                   "\"flat\":0},{\"from\":5000,\"rate_millionths\":2000,\"flat\":7}]}")));
}

static void a_policy_on_refunds_is_part_of_the_rate(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(merchant_of(till), 0, 0);
    struct question q = {
        .ask = ask_quote,
        .till = till,
        .price = {till->merchant_id, RATE_REFUND, CURRENCY_CNY, AMOUNT(100), NOW},
    };

    change.kind = RATE_REFUND;
    change.refund_policy = RATE_REFUND_PROPORTIONAL;
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    assert_int_equal(ask(till, &q), ERR_OK);
    assert_int_equal(q.quote.refund_policy, RATE_REFUND_PROPORTIONAL);
    assert_int_equal(q.quote.fee.minor, 0);
}

/* ---- what is reviewed ---- */

static struct rate_outcome set(struct till *till, const struct rate_change *change)
{
    const struct rate_set ask = {.change = *change, .reason = STR("a test"), .maker_key_id = 1};
    struct rate_outcome outcome;

    assert_string_equal(err_code(till_run(till, &rate__set_kind, &ask, &outcome)),
                        err_code(ERR_OK));
    assert_true((outcome.rate.id == 0) != (outcome.review.id == 0));
    return outcome;
}

static void a_first_default_of_zero_is_set_at_once(void **state)
{
    struct till *till = *state;
    const struct rate_change change = cash(STR("platform"), 0, 0);

    assert_true(set(till, &change).rate.id != 0);
    assert_true(set(till, &change).review.id != 0);
}

/* It exempts the merchant from every default to come. */
static void a_merchants_zero_is_reviewed_while_there_is_no_default(void **state)
{
    struct till *till = *state;
    const struct rate_change change = cash(merchant_of(till), 0, 0);

    assert_true(set(till, &change).review.id != 0);
    set_cash(till, STR("platform"), 1000, 0);
    assert_int_equal(fee_at(till, NOW), 1000);
}

static void a_merchants_zero_is_reviewed_beside_a_default(void **state)
{
    struct till *till = *state;
    const struct rate_change change = cash(merchant_of(till), 0, 0);

    set_cash(till, STR("platform"), 1000, 0);
    assert_true(set(till, &change).review.id != 0);
    assert_int_equal(fee_at(till, NOW), 1000);
}

/* ---- what its checker reads ---- */

static void assert_summary(struct till *till, const struct rate_change *change, const char *words)
{
    const struct rate_outcome outcome = set(till, change);
    struct str summary = outcome.review.summary;
    struct str subject;

    assert_true(str_cut(&summary, ' ', &subject));
    assert_true(str_eq(subject, change->owner));
    assert_string_equal(str_cstr(till->arena, summary), words);
}

static void a_checker_reads_what_is_charged_before_and_after(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(merchant_of(till), 3805, 0);

    change.flat = AMOUNT(10);
    change.fee_min = AMOUNT(100);
    change.fee_max = AMOUNT(123456);
    assert_summary(till, &change,
                   "cash CNY: none → 0.3805 % + 0.10, at least 1.00, at most 1234.56");
    set_cash(till, STR("platform"), 1000, 0);
    change.fee_max = AMOUNT(654321);
    assert_summary(till, &change,
                   "cash CNY: platform's 0.10 % → 0.3805 % + 0.10, at least 1.00, at most 6543.21");
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    change = cash(merchant_of(till), 0, MIDNIGHT);
    assert_summary(till, &change,
                   "cash CNY: 0.3805 % + 0.10, at least 1.00, at most 6543.21 → 0.00 %, "
                   "from 2025-11-23T00:00:00+08:00");
}

static void a_checker_reads_what_begins_before_the_change_does(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(STR("platform"), 2000, MIDNIGHT + 1000);

    set_cash(till, STR("platform"), 1000, MIDNIGHT);
    assert_summary(till, &change, "cash CNY: 0.10 % → 0.20 %, from 2025-11-23T00:00:01+08:00");
}

static void a_checker_reads_every_tier(void **state)
{
    struct till *till = *state;
    struct rate_tier tiers[] = {{AMOUNT(0), 6000, AMOUNT(0)}, {AMOUNT(100000), 3800, AMOUNT(1)}};
    struct rate_change change = cash(STR("platform"), 0, 0);

    change.currency = CURRENCY_JPY;
    change.tier_mode = RATE_TIERS_WHOLE;
    change.tiers = (struct field_list){tiers, 2};
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    change.tier_mode = RATE_TIERS_MARGINAL;
    assert_summary(till, &change,
                   "cash JPY: the whole by the tier reached: from 0 0.60 %; from 100000 0.38 % + 1 "
                   "→ each part by its tier: from 0 0.60 %; from 100000 0.38 % + 1");
}

/* The longest there are, twice. */
static void as_many_tiers_as_there_may_be_fit_the_summary(void **state)
{
    struct till *till = *state;
    struct rate_tier tiers[RATE_TIERS_MAX];
    struct rate_change change = cash(merchant_of(till), 0, 0);
    struct str summary;

    for (int i = 0; i < RATE_TIERS_MAX; i++) {
        tiers[i] = (struct rate_tier){AMOUNT(i == 0 ? 0 : INT64_C(9999999990) + i), 999999,
                                      AMOUNT(100000000)};
    }
    change.kind = RATE_REFUND;
    change.fee_min = change.fee_max = AMOUNT(100000000);
    change.refund_policy = RATE_REFUND_FULL;
    change.tier_mode = RATE_TIERS_WHOLE;
    change.tiers = (struct field_list){tiers, RATE_TIERS_MAX};
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    change.effective_from = MIDNIGHT;
    summary = set(till, &change).review.summary;
    assert_true(str_utf8_count(summary) > 700);
}

static void a_checker_reads_what_becomes_of_the_fee_on_refunds(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(STR("platform"), RATE_NOT_SAID, 0);

    change.kind = RATE_REFUND;
    change.refund_policy = RATE_REFUND_PROPORTIONAL;
    assert_summary(till, &change,
                   "refund CNY: none → 0.00 %, the trade fee comes back in proportion");
    change.rate_millionths = 0;
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    change.refund_policy = RATE_REFUND_KEEP;
    assert_summary(till, &change,
                   "refund CNY: 0.00 %, the trade fee comes back in proportion → 0.00 %, the trade "
                   "fee is kept");
}

/* ---- what a change may be ---- */

static void a_rate_without_a_price_is_refused(void **state)
{
    struct till *till = *state;
    struct rate_set nothing = {.change = cash(merchant_of(till), RATE_NOT_SAID, 0),
                               .reason = STR("a test"),
                               .maker_key_id = 1};
    struct rate_outcome outcome;

    nothing.change.fee_max = AMOUNT(1);
    assert_int_equal(till_run(till, &rate__set_kind, &nothing, &outcome), ERR_FIELD_REQUIRED);
    assert_string_equal(till->param, "rate_millionths");
    nothing.change.flat = AMOUNT(1);
    assert_int_equal(till_run(till, &rate__set_kind, &nothing, &outcome), ERR_OK);
}

static void assert_refused(struct till *till, const struct rate_change *change, enum err err,
                           const char *param)
{
    assert_string_equal(err_code(put(till, change, NULL)), err_code(err));
    assert_string_equal(till->param, param);
}

static void a_rate_never_begins_in_the_past(void **state)
{
    struct till *till = *state;
    const struct rate_change past = cash(merchant_of(till), 1000, NOW - 1);
    const struct rate_change present = cash(merchant_of(till), 1000, NOW);

    assert_refused(till, &past, ERR_RATE_PAST, "effective_from");
    assert_int_equal(put(till, &present, NULL), ERR_OK);
}

static void the_owner_is_the_platform_or_one_that_is_there(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(STR("nobody"), 1000, 0);

    assert_refused(till, &change, ERR_FIELD_FORMAT, "owner");
    change.owner = STR("mer_0000000000001");
    assert_refused(till, &change, ERR_MERCHANT_NOT_FOUND, "owner");
    change.owner = STR("agt_0000000000001"); /* there are no agents yet */
    assert_refused(till, &change, ERR_RATE_OWNER, "owner");
    change.owner = STR("con_0000000000001");
    assert_refused(till, &change, ERR_MERCHANT_CONTRACT_NOT_FOUND, "owner");
    change.owner = id_str(till->arena, "con", till->contract_id);
    assert_refused(till, &change, ERR_RATE_OWNER, "owner"); /* it has a trade fee, and no other */
    change.kind = RATE_TRADE;
    change.currency = CURRENCY_USD;
    assert_refused(till, &change, ERR_FIELD_VALUE, "currency");
    change.currency = CURRENCY_CNY;
    assert_int_equal(put(till, &change, NULL), ERR_OK);
    change.kind = RATE_CASH;
    change.owner = STR("platform");
    assert_int_equal(put(till, &change, NULL), ERR_OK);
}

static void a_maximum_is_not_below_the_minimum(void **state)
{
    struct till *till = *state;
    struct rate_change change = cash(merchant_of(till), 1000, 0);

    change.fee_min = AMOUNT(2);
    change.fee_max = AMOUNT(1);
    assert_refused(till, &change, ERR_FIELD_RANGE, "fee_max");
    change.fee_max = AMOUNT(2);
    assert_int_equal(put(till, &change, NULL), ERR_OK);
}

static void a_policy_belongs_to_kind_refund(void **state)
{
    struct rate_change change = cash(STR("platform"), 1000, 0);

    change.refund_policy = RATE_REFUND_FULL;
    assert_refused(*state, &change, ERR_FIELD_VALUE, "refund_policy");
}

static void tiers_begin_at_zero_and_rise(void **state)
{
    struct till *till = *state;
    struct rate_tier tiers[] = {
        {AMOUNT(1), 3800, AMOUNT(0)}, {AMOUNT(5), 2000, AMOUNT(0)}, {AMOUNT(5), 1, AMOUNT(0)}};
    struct rate_change change = cash(STR("platform"), 0, 0);

    change.tier_mode = RATE_TIERS_MARGINAL;
    assert_refused(till, &change, ERR_FIELD_REQUIRED, "tiers");
    change.tiers = (struct field_list){tiers, 3};
    change.tier_mode = 0;
    assert_refused(till, &change, ERR_FIELD_REQUIRED, "tier_mode");
    change.tier_mode = RATE_TIERS_MARGINAL;
    change.rate_millionths = 1;
    assert_refused(till, &change, ERR_RATE_TIERS, "rate_millionths");
    change.rate_millionths = 0;
    change.flat = AMOUNT(1);
    assert_refused(till, &change, ERR_RATE_TIERS, "flat");
    change.flat = AMOUNT(0);
    assert_refused(till, &change, ERR_RATE_TIERS, "tiers[0].from");
    tiers[0].from = AMOUNT(0);
    assert_refused(till, &change, ERR_RATE_TIERS, "tiers[2].from");
    tiers[2].from = AMOUNT(6);
    assert_int_equal(put(till, &change, NULL), ERR_OK);
}

/* All is wrong at once; each step mends the first thing. */
static void the_refusals_of_a_rate_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct rate_tier tier = {AMOUNT(1), 3800, AMOUNT(0)};
    struct rate_change change = cash(STR("nobody"), 1, NOW - 1);

    change.kind = RATE_TRADE;
    change.fee_min = AMOUNT(2);
    change.fee_max = AMOUNT(1);
    change.refund_policy = RATE_REFUND_FULL;
    change.tiers = (struct field_list){&tier, 1};
    assert_refused(till, &change, ERR_FIELD_FORMAT, "owner");
    change.owner = STR("platform");
    assert_refused(till, &change, ERR_RATE_TRADE, "kind");
    change.kind = RATE_CASH;
    assert_refused(till, &change, ERR_FIELD_RANGE, "fee_max");
    change.fee_max = AMOUNT(2);
    assert_refused(till, &change, ERR_FIELD_VALUE, "refund_policy");
    change.refund_policy = 0;
    assert_refused(till, &change, ERR_RATE_PAST, "effective_from");
    change.effective_from = NOW;
    assert_refused(till, &change, ERR_FIELD_REQUIRED, "tier_mode");
    change.tier_mode = RATE_TIERS_MARGINAL;
    assert_refused(till, &change, ERR_RATE_TIERS, "rate_millionths");
    change.rate_millionths = 0;
    assert_refused(till, &change, ERR_RATE_TIERS, "tiers[0].from");
    tier.from = AMOUNT(0);
    assert_int_equal(put(till, &change, NULL), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a5_a_missing_rate_is_no_fee_and_the_quote_says_so),
        cmocka_unit_test(a4_a_trade_fee_belongs_to_a_contract_alone),
        cmocka_unit_test(a4_a_payment_books_its_fee_once),
        cmocka_unit_test(an_owner_without_a_rate_pays_the_platforms),
        cmocka_unit_test(the_rate_that_began_last_is_in_effect),
        cmocka_unit_test(a_rate_keeps_its_kind_and_currency_apart),
        cmocka_unit_test(any_history_is_read_the_same_in_commands_and_queries),
        cmocka_unit_test(a_quote_keeps_the_terms_it_was_made_of),
        cmocka_unit_test(a_policy_on_refunds_is_part_of_the_rate),
        cmocka_unit_test(a_first_default_of_zero_is_set_at_once),
        cmocka_unit_test(a_merchants_zero_is_reviewed_while_there_is_no_default),
        cmocka_unit_test(a_merchants_zero_is_reviewed_beside_a_default),
        cmocka_unit_test(a_checker_reads_what_is_charged_before_and_after),
        cmocka_unit_test(a_checker_reads_what_begins_before_the_change_does),
        cmocka_unit_test(a_checker_reads_every_tier),
        cmocka_unit_test(as_many_tiers_as_there_may_be_fit_the_summary),
        cmocka_unit_test(a_checker_reads_what_becomes_of_the_fee_on_refunds),
        cmocka_unit_test(a_rate_without_a_price_is_refused),
        cmocka_unit_test(a_rate_never_begins_in_the_past),
        cmocka_unit_test(the_owner_is_the_platform_or_one_that_is_there),
        cmocka_unit_test(a_maximum_is_not_below_the_minimum),
        cmocka_unit_test(a_policy_belongs_to_kind_refund),
        cmocka_unit_test(tiers_begin_at_zero_and_rise),
        cmocka_unit_test(the_refusals_of_a_rate_come_in_the_documented_order),
    };

    return run_on_each_database(tests, ARRAY_LEN(tests), set_up, tear_down);
}
