/* What payments are charged: contracts, their fees, who may change them, and what a payment keeps.
 * On both databases. */
#include "base/time.h"
#include "business/rate/rate_int.h"
#include "test/lib/each_database.h"
#include "test/lib/payment_kit.h"

#define NOW TILL_START_MS
#define MIDNIGHT INT64_C(1763827200000) /* 2025-11-23T00:00:00+08:00 */

enum { MAKER = 11, CHECKER = 12 };

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

/* ---- the steps of a fee ---- */

static struct rate_contract_create terms(struct till *till, const char *method, int64_t millionths)
{
    return (struct rate_contract_create){
        .set = {.change = {.currency = CURRENCY_CNY, .rate_millionths = millionths},
                .reason = STR("a test"),
                .maker_key_id = MAKER},
        .merchant_id = till->merchant_id,
        .method = str_of(method),
    };
}

static enum err try(struct till *till, const struct rate_contract_create *create,
                    struct rate_contract_outcome *outcome)
{
    return till_run(till, &rate__contract_kind, create, outcome);
}

static struct rate_contract_outcome ask(struct till *till,
                                        const struct rate_contract_create *create)
{
    struct rate_contract_outcome outcome;

    assert_string_equal(err_code(try(till, create, &outcome)), err_code(ERR_OK));
    return outcome;
}

static enum err approve(struct till *till, int64_t review_id, int64_t key_id)
{
    struct review_kinds kinds = {.count = 0};
    const struct review_decide decide = {
        .kinds = &kinds, .review_id = review_id, .key_id = key_id, .permissions = STR("*")};
    struct review_item item;

    review_kinds_add(&kinds, &rate__review);
    return till_run(till, &review_approve_kind, &decide, &item);
}

/* A fee that another operator has approved. */
static void agree(struct till *till, const struct rate_contract_create *create)
{
    struct rate_contract_outcome outcome = ask(till, create);

    assert_true(outcome.review.id != 0);
    assert_int_equal(approve(till, outcome.review.id, CHECKER), ERR_OK);
}

static struct payment pay(struct till *till, const char *method, int64_t amount)
{
    struct payment_create order = till_order(till);
    struct payment_change change;

    order.method = str_of(method);
    order.amount = AMOUNT(amount);
    assert_string_equal(err_code(till_create(till, &order, &change)), err_code(ERR_OK));
    return change.payment;
}

static void assert_charged(struct till *till, int64_t amount, int64_t fee, int64_t millionths)
{
    struct payment payment = pay(till, "mock_qr", amount);
    struct payment stored = till_payment(till, payment.id);

    assert_int_equal(stored.fee.minor, fee);
    assert_int_equal(stored.fee_rate_millionths, millionths);
}

struct look {
    struct till *till;
    int64_t rate_id;
    struct rate rate;
    struct rate_contract *contracts;
    size_t count;
    enum err err;
};

static void look_rate(void *ctx, struct reader *reader)
{
    struct look *look = ctx;

    look->err = rate__read(reader, look->rate_id, look->till->arena, &look->rate);
}

static struct rate rate_of(struct till *till, int64_t rate_id)
{
    struct look look = {.till = till, .rate_id = rate_id};

    assert_int_equal(store_read(till->store, look_rate, &look), ERR_OK);
    assert_int_equal(look.err, ERR_OK);
    return look.rate;
}

static void look_contracts(void *ctx, struct reader *reader)
{
    struct look *look = ctx;
    const struct rate_contract_ask ask_all = {look->till->merchant_id,
                                              counter_get(&look->till->now_ms)};

    look->err =
        rate__read_contracts(reader, &ask_all, look->till->arena, &look->contracts, &look->count);
}

static struct look contracts_of(struct till *till)
{
    struct look look = {.till = till};

    assert_int_equal(store_read(till->store, look_contracts, &look), ERR_OK);
    assert_int_equal(look.err, ERR_OK);
    return look;
}

/* ---- who may change a fee ---- */

static void the_first_fee_is_set_at_once_and_names_who_did_it(void **state)
{
    struct till *till = *state;
    struct rate_contract_create usd = terms(till, "", 6000);
    struct rate_contract_outcome outcome;

    usd.set.change.currency = CURRENCY_USD;
    usd.set.reason = STR("");
    outcome = ask(till, &usd);
    assert_int_equal(outcome.review.id, 0);
    assert_int_equal(outcome.contract.rate.owner_id, outcome.contract.contract.id);
    assert_int_equal(outcome.contract.rate.operator_id, MAKER);
    assert_int_equal(outcome.contract.rate.review_id, 0);
}

static void a_change_is_made_when_another_operator_has_approved_it(void **state)
{
    struct till *till = *state;
    const struct rate_contract_create change = terms(till, "", 5000);
    struct rate_contract_outcome outcome = ask(till, &change);
    struct rate rate;

    assert_true(outcome.review.id != 0);
    assert_int_equal(outcome.contract.contract.id, till->contract_id);
    assert_int_equal(outcome.contract.rate.rate_millionths, 6000);
    assert_charged(till, 10000, 60, 6000);
    assert_int_equal(approve(till, outcome.review.id, MAKER), ERR_REVIEW_SELF);
    assert_charged(till, 10000, 60, 6000);
    assert_int_equal(approve(till, outcome.review.id, CHECKER), ERR_OK);
    assert_charged(till, 10000, 50, 5000);
    rate = rate_of(till, pay(till, "mock_qr", 10000).rate_id);
    assert_int_equal(rate.operator_id, MAKER);
    assert_int_equal(rate.review_id, outcome.review.id);
    assert_int_equal(rate_of(till, rate.previous_id).rate_millionths, 6000);
}

static void a_change_without_a_reason_is_refused(void **state)
{
    struct till *till = *state;
    struct rate_contract_create change = terms(till, "", 5000);
    struct rate_contract_outcome outcome;

    change.set.reason = STR("");
    assert_int_equal(try(till, &change, &outcome), ERR_FIELD_REQUIRED);
    assert_string_equal(till->param, "reason");
}

/* A method's first contract takes its payments from the general one: that is a change. The general
 * one takes nothing from the methods that have their own. */
static void a_contract_beside_others_is_reviewed_when_it_takes_over_their_payments(void **state)
{
    struct till *till = *state;
    struct rate_contract_create usd = terms(till, "mock_qr", 100);
    const struct rate_contract_create own = terms(till, "mock_qr", 100);
    struct rate_contract_outcome outcome = ask(till, &own);

    assert_true(outcome.review.id != 0);
    assert_int_equal(outcome.contract.rate.id, 0);
    assert_charged(till, 10000, 60, 6000);
    assert_int_equal(approve(till, outcome.review.id, CHECKER), ERR_OK);
    assert_charged(till, 10000, 1, 100);
    usd.set.change.currency = CURRENCY_USD;
    assert_int_equal(ask(till, &usd).review.id, 0);
    usd.method = STR("");
    assert_int_equal(ask(till, &usd).review.id, 0);
    usd.set.change.rate_millionths = 200;
    assert_true(ask(till, &usd).review.id != 0);
}

static void a_fee_that_begins_later_is_a_price_to_be_reviewed_too(void **state)
{
    struct till *till = *state;
    struct rate_contract_create usd = terms(till, "", 6000);

    usd.set.change.currency = CURRENCY_USD;
    usd.set.change.effective_from = NOW + 1000;
    assert_int_equal(ask(till, &usd).review.id, 0);
    usd.set.change.effective_from = NOW;
    assert_true(ask(till, &usd).review.id != 0);
}

static void a_review_names_whose_payments_it_is_about(void **state)
{
    struct till *till = *state;
    const struct rate_contract_create general = terms(till, "", 5000);
    const struct rate_contract_create own = terms(till, "mock_qr", 4000);
    struct arena *arena = till->arena;
    struct str merchant = id_str(arena, "mer", till->merchant_id);
    struct rate_contract_outcome outcome = ask(till, &general);
    struct str contract = id_str(arena, "con", till->contract_id);
    struct str own_contract;

    assert_string_equal(
        str_cstr(arena, outcome.review.summary),
        str_cstr(arena,
                 str_printf(arena,
                            STR_FMT " " STR_FMT " trade CNY: 0.60 %%, at least 0.01 → 0.50 %%",
                            STR_ARG(merchant), STR_ARG(contract))));
    outcome = ask(till, &own);
    own_contract = id_str(arena, "con", outcome.contract.contract.id);
    assert_string_equal(
        str_cstr(arena, outcome.review.summary),
        str_cstr(arena, str_printf(arena,
                                   STR_FMT " " STR_FMT " mock_qr trade CNY: " STR_FMT
                                           "'s 0.60 %%, at least 0.01 → 0.40 %%",
                                   STR_ARG(merchant), STR_ARG(own_contract), STR_ARG(contract))));
}

/* ---- the same again ---- */

static void the_fee_that_is_in_effect_anyway_changes_nothing(void **state)
{
    struct till *till = *state;
    struct rate_contract_create same = terms(till, "", 6000);
    struct rate_contract_outcome outcome;

    same.set.change.fee_min = AMOUNT(1);
    same.set.reason = STR("");
    for (int i = 0; i < 2; i++) {
        outcome = ask(till, &same);
        assert_int_equal(outcome.review.id, 0);
        assert_int_equal(outcome.contract.contract.id, till->contract_id);
        assert_int_equal(outcome.contract.rate.id, 1);
        same.set.change.effective_from = NOW + 1000;
    }
    same.set.reason = STR("a test");
    same.set.change.fee_min = AMOUNT(0);
    assert_true(ask(till, &same).review.id != 0);
}

static void a_change_asked_for_again_is_one_review_and_one_rate(void **state)
{
    struct till *till = *state;
    const struct rate_contract_create change = terms(till, "", 5000);
    int64_t review_id = ask(till, &change).review.id;
    int64_t rate_id;

    assert_int_equal(ask(till, &change).review.id, review_id);
    assert_int_equal(approve(till, review_id, CHECKER), ERR_OK);
    assert_int_equal(approve(till, review_id, CHECKER), ERR_OK);
    rate_id = pay(till, "mock_qr", 10000).rate_id;
    assert_int_equal(rate_of(till, rate_id).previous_id, 1);
    assert_int_equal(ask(till, &change).contract.rate.id, rate_id);
}

/* Of the time when a price made a contract, a merchant may have several of a method. */
struct old_contract {
    int64_t merchant_id;
    bool linked; /* those that had been superseded were not, to make room */
};

static enum err link_contract(struct tx *tx, const struct merchant_contract *contract)
{
    struct merchant_links *links;
    void *row;

    TRY(tx_edit(tx, &merchant__links_table, contract->merchant_id, &row));
    links = row;
    links->contracts = str_printf(tx_arena(tx), STR_FMT " %lld", STR_ARG(links->contracts),
                                  (long long)contract->id);
    return ERR_OK;
}

static enum err add_general(struct tx *tx, const void *arg, void *result)
{
    const struct old_contract *old = arg;
    const struct merchant_contract general = {.id = tx_id(tx),
                                              .merchant_id = old->merchant_id,
                                              .currency = CURRENCY_CNY,
                                              .created_at_ms = tx_now_ms(tx)};

    if (old->linked) {
        TRY(link_contract(tx, &general));
    }
    *(int64_t *)result = general.id;
    return tx_insert(tx, &merchant_contract_table, &general);
}

static int64_t general_contract(struct till *till, bool linked)
{
    static const struct command_kind kind = {
        .name = "test.general", .apply = add_general, .result_size = sizeof(int64_t)};
    const struct old_contract old = {till->merchant_id, linked};
    int64_t id;

    assert_int_equal(till_run(till, &kind, &old, &id), ERR_OK);
    return id;
}

static void the_fee_of_a_contract_that_charges_nothing_is_no_fee_in_effect(void **state)
{
    struct till *till = *state;
    const struct rate_contract_create same = terms(till, "", 5000);
    struct rate_set older = same.set;
    struct rate_outcome outcome;

    older.change.owner = id_str(till->arena, "con", till->contract_id);
    older.change.kind = RATE_TRADE;
    older.change.rate_millionths = 4000;
    (void)general_contract(till, true);
    agree(till, &same);
    assert_int_equal(ask(till, &same).review.id, 0);
    counter_add(&till->now_ms, 1000);
    assert_int_equal(till_run(till, &rate__set_kind, &older, &outcome), ERR_OK);
    assert_int_equal(approve(till, outcome.review.id, CHECKER), ERR_OK);
    assert_charged(till, 10000, 40, 4000); /* by the older contract, as its rate began last */
    counter_add(&till->now_ms, 1000);
    agree(till, &same);
    assert_charged(till, 10000, 50, 5000);
}

struct owner_reading {
    struct till *till;
    struct rate_ask ask;
    const char *param;
    enum err err;
};

static void read_owner(void *ctx, struct reader *reader)
{
    struct owner_reading *reading = ctx;

    reading->err = rate__read_owner(reader, &reading->ask, reading->till->arena, &reading->param);
}

static void a_contract_that_no_payment_is_charged_by_takes_no_rate_and_is_not_quoted(void **state)
{
    struct till *till = *state;
    int64_t id = general_contract(till, false);
    struct rate_set set = terms(till, "", 5000).set;
    struct owner_reading reading = {.till = till, .ask = {id, RATE_TRADE, CURRENCY_USD, {1}, NOW}};
    struct rate_outcome outcome;

    set.change.owner = id_str(till->arena, "con", id);
    set.change.currency = CURRENCY_USD; /* of the wrong currency and, first, kind too */
    set.change.kind = RATE_CASH;
    assert_int_equal(till_run(till, &rate__set_kind, &set, &outcome), ERR_RATE_OWNER);
    set.change.kind = RATE_TRADE;
    assert_string_equal(err_code(till_run(till, &rate__set_kind, &set, &outcome)),
                        "rate_contract_superseded");
    assert_string_equal(till->param, "owner");
    assert_int_equal(store_read(till->store, read_owner, &reading), ERR_OK);
    assert_string_equal(err_code(reading.err), "rate_contract_superseded");
    assert_string_equal(reading.param, "owner");
}

struct listing {
    struct till *till;
    struct rate_contract *rows;
    size_t count;
};

static void read_listing(void *ctx, struct reader *reader)
{
    struct listing *listing = ctx;
    const struct rate_contract_ask asked = {listing->till->merchant_id,
                                            counter_get(&listing->till->now_ms)};

    assert_int_equal(
        rate__read_contracts(reader, &asked, listing->till->arena, &listing->rows, &listing->count),
        ERR_OK);
}

static struct rate_contract listed(struct till *till, int64_t contract_id)
{
    struct listing listing = {.till = till};

    assert_int_equal(store_read(till->store, read_listing, &listing), ERR_OK);
    for (size_t i = 0; i < listing.count; i++) {
        if (listing.rows[i].contract.id == contract_id) {
            return listing.rows[i];
        }
    }
    check_failed("the contract is not in the list", __FILE__, __LINE__);
}

static void the_list_tells_which_contract_has_taken_the_place_of_which(void **state)
{
    struct till *till = *state;
    int64_t unlinked = general_contract(till, false), newer = general_contract(till, true);
    struct rate_contract_create change;

    assert_int_equal(listed(till, unlinked).superseded_by, till->contract_id);
    assert_int_equal(listed(till, till->contract_id).superseded_by, 0);
    assert_int_equal(listed(till, newer).superseded_by, 0); /* its fee is to come */
    change = terms(till, "", 5000);
    agree(till, &change);
    assert_true(listed(till, unlinked).superseded);
    assert_int_equal(listed(till, unlinked).superseded_by, newer);
    assert_true(listed(till, till->contract_id).superseded);
    assert_int_equal(listed(till, till->contract_id).superseded_by, newer);
    assert_false(listed(till, newer).superseded);
    change = terms(till, "mock_qr", 4000);
    agree(till, &change);
    assert_false(listed(till, newer).superseded); /* other methods are charged by it */
}

/* ---- which fee a payment is charged ---- */

static void a_fee_changes_at_its_instant_and_payments_keep_theirs(void **state)
{
    struct till *till = *state;
    struct rate_contract_create change = terms(till, "", 5000);
    struct payment before, after;

    change.set.change.effective_from = MIDNIGHT;
    agree(till, &change);
    counter_set(&till->now_ms, MIDNIGHT - 1);
    before = pay(till, "mock_qr", 10000);
    counter_set(&till->now_ms, MIDNIGHT);
    after = pay(till, "mock_qr", 10000);
    before = till_payment(till, before.id);
    assert_int_equal(before.fee.minor, 60);
    assert_int_equal(before.fee_rate_millionths, 6000);
    assert_int_equal(rate_of(till, before.rate_id).rate_millionths, 6000);
    assert_int_equal(after.fee.minor, 50);
    assert_int_equal(after.fee_rate_millionths, 5000);
    assert_int_equal(rate_of(till, after.rate_id).effective_from_ms, MIDNIGHT);
    assert_int_equal(after.contract_id, before.contract_id);
}

static void the_fee_that_began_last_is_in_effect(void **state)
{
    struct till *till = *state;
    static const int64_t from[] = {3000, 1000, 2000};

    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        struct rate_contract_create change = terms(till, "", from[i]);

        change.set.change.effective_from = NOW + from[i];
        agree(till, &change);
    }
    for (int64_t at = 0; at <= 3000; at += 500) {
        counter_set(&till->now_ms, NOW + at);
        assert_charged(till, 1000000, at < 1000 ? 6000 : at / 1000 * 1000,
                       at < 1000 ? 6000 : at / 1000 * 1000);
    }
    till_reopen(till);
    counter_set(&till->now_ms, NOW + 3001); /* ids are made of the time */
    assert_charged(till, 1000000, 3000, 3000);
}

static void a_methods_own_contract_goes_before_the_general_one(void **state)
{
    struct till *till = *state;
    struct rate_contract_create own = terms(till, "mock_qr", 3800);
    struct rate_contract_create general = terms(till, "", 5000);

    own.set.change.effective_from = NOW + 1000;
    agree(till, &own);
    assert_charged(till, 10000, 60, 6000); /* until it begins */
    counter_set(&till->now_ms, NOW + 2000);
    agree(till, &general); /* began later, and is still the general one */
    assert_charged(till, 10000, 38, 3800);
}

static enum err ask_trade(struct tx *tx, const void *arg, void *result)
{
    return rate_trade(tx, arg, result);
}

static const struct command_kind trade_kind = {
    .name = "test.trade", .apply = ask_trade, .result_size = sizeof(struct rate_trade)};

static void without_a_fee_in_effect_there_is_no_price(void **state)
{
    struct till *till = *state;
    struct rate_contract_create usd = terms(till, "", 6000);
    struct rate_trade_ask price = {till->merchant_id, STR("mock_qr"), CURRENCY_USD, AMOUNT(10000),
                                   NOW + 999};
    struct rate_trade trade;

    usd.set.change.currency = CURRENCY_USD;
    assert_int_equal(till_run(till, &trade_kind, &price, &trade), ERR_MERCHANT_CONTRACT);
    usd.set.change.effective_from = NOW + 1000;
    (void)ask(till, &usd);
    assert_int_equal(till_run(till, &trade_kind, &price, &trade), ERR_MERCHANT_CONTRACT);
    price.at_ms = NOW + 1000;
    assert_int_equal(till_run(till, &trade_kind, &price, &trade), ERR_OK);
    assert_int_equal(trade.fee.minor, 60);
}

static void a_price_is_never_above_the_amount(void **state)
{
    struct till *till = *state;
    struct rate_contract_create usd = terms(till, "", 6000);
    struct rate_trade_ask price = {till->merchant_id, STR("mock_qr"), CURRENCY_USD, AMOUNT(99),
                                   NOW};
    struct rate_trade trade;

    usd.set.change.currency = CURRENCY_USD;
    usd.set.change.fee_min = AMOUNT(100);
    (void)ask(till, &usd);
    for (; price.amount.minor <= 101; price.amount.minor++) {
        assert_int_equal(till_run(till, &trade_kind, &price, &trade), ERR_OK);
        assert_int_equal(trade.fee.minor, price.amount.minor < 100 ? price.amount.minor : 100);
    }
}

/* ---- what a fee may be ---- */

static void a_fee_in_whole_tiers_is_that_of_the_last_one_reached(void **state)
{
    struct till *till = *state;
    struct rate_tier tiers[] = {{AMOUNT(0), 6000, AMOUNT(0)}, {AMOUNT(100000), 3800, AMOUNT(0)}};
    struct rate_contract_create change = terms(till, "", RATE_NOT_SAID);

    change.set.change.tier_mode = RATE_TIERS_WHOLE;
    change.set.change.tiers = (struct field_list){tiers, 2};
    agree(till, &change);
    assert_charged(till, 99999, 600, 6000);
    assert_charged(till, 100000, 380, 3800);
    assert_charged(till, 200000, 760, 3800);
}

static void a_fee_in_marginal_tiers_is_the_sum_of_their_parts(void **state)
{
    struct till *till = *state;
    struct rate_tier tiers[] = {{AMOUNT(0), 6000, AMOUNT(0)}, {AMOUNT(100000), 3800, AMOUNT(0)}};
    struct rate_contract_create change = terms(till, "", RATE_NOT_SAID);

    change.set.change.tier_mode = RATE_TIERS_MARGINAL;
    change.set.change.tiers = (struct field_list){tiers, 2};
    agree(till, &change);
    assert_charged(till, 99999, 600, 6000);
    assert_charged(till, 100000, 600, 3800);
    assert_charged(till, 200000, 980, 3800);
}

static void a_fee_is_rounded_half_up_within_its_limits(void **state)
{
    struct till *till = *state;
    struct rate_contract_create change = terms(till, "", 6000);

    agree(till, &change);               /* without the minimum */
    assert_charged(till, 83, 0, 6000);  /* 0.498 */
    assert_charged(till, 84, 1, 6000);  /* 0.504 */
    assert_charged(till, 250, 2, 6000); /* 1.5 */
    change.set.change.fee_min = AMOUNT(100);
    change.set.change.fee_max = AMOUNT(500);
    agree(till, &change);
    assert_charged(till, 16666, 100, 6000); /* 99.996 */
    assert_charged(till, 16751, 101, 6000); /* 100.506 */
    assert_charged(till, 83333, 500, 6000); /* 499.998 */
    assert_charged(till, 1000000, 500, 6000);
    assert_charged(till, 70, 70, 6000); /* a minimum never takes more than was paid */
}

static void a_contract_without_a_rate_or_tiers_is_refused(void **state)
{
    struct till *till = *state;
    const struct rate_contract_create nothing = terms(till, "", RATE_NOT_SAID);
    struct rate_contract_outcome outcome;

    assert_int_equal(try(till, &nothing, &outcome), ERR_FIELD_REQUIRED);
    assert_string_equal(till->param, "rate_millionths");
}

/* All is wrong at once; each step mends the first thing. */
static void the_refusals_of_a_contract_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct rate_contract_create change = terms(till, "", RATE_NOT_SAID);
    struct rate_contract_outcome outcome;

    change.set.change.effective_from = NOW - 1;
    change.set.change.fee_min = AMOUNT(2);
    change.set.change.fee_max = AMOUNT(1);
    change.set.reason = STR("");
    change.merchant_id = 12345;
    assert_int_equal(try(till, &change, &outcome), ERR_MERCHANT_CONTRACT_PAST);
    assert_string_equal(till->param, "effective_from");
    change.set.change.effective_from = NOW;
    assert_int_equal(try(till, &change, &outcome), ERR_FIELD_REQUIRED);
    change.set.change.rate_millionths = 1;
    assert_int_equal(try(till, &change, &outcome), ERR_MERCHANT_NOT_FOUND);
    change.merchant_id = till->merchant_id;
    assert_int_equal(try(till, &change, &outcome), ERR_FIELD_RANGE);
    assert_string_equal(till->param, "fee_max");
    change.set.change.fee_max = AMOUNT(2);
    assert_int_equal(try(till, &change, &outcome), ERR_FIELD_REQUIRED);
    assert_string_equal(till->param, "reason");
    change.set.reason = STR("a test");
    assert_int_equal(try(till, &change, &outcome), ERR_OK);
}

/* ---- reading ---- */

static void a_contract_shows_the_fee_in_effect_else_the_next_one(void **state)
{
    struct till *till = *state;
    struct rate_contract_create later = terms(till, "", 5000);
    struct rate_contract_create usd = terms(till, "", 4000);
    struct look look;

    later.set.change.effective_from = NOW + 1000;
    agree(till, &later);
    usd.set.change.currency = CURRENCY_USD;
    usd.set.change.effective_from = NOW + 1000;
    (void)ask(till, &usd);
    look = contracts_of(till);
    assert_int_equal(look.count, 2);
    assert_int_equal(look.contracts[0].contract.id, till->contract_id);
    assert_int_equal(look.contracts[0].rate.rate_millionths, 6000);
    assert_int_equal(look.contracts[1].rate.rate_millionths, 4000);
    counter_set(&till->now_ms, NOW + 1000);
    assert_int_equal(contracts_of(till).contracts[0].rate.rate_millionths, 5000);
}

/* ---- what it costs the writer ---- */

static int64_t calls_of_a_payment(struct till *till)
{
    (void)pay(till, "mock_qr", 1000);
    store_fault_at(0);
    (void)pay(till, "mock_qr", 1000);
    return store_fault_calls();
}

static void contracts_in_memory_cost_a_payment_no_question_to_the_database(void **state)
{
    struct till *till = *state;
    int64_t with_one = calls_of_a_payment(till);
    struct rate_contract_create usd = terms(till, "", 6000);
    const struct rate_contract_create own = terms(till, "mock_qr", 3800);
    const struct rate_contract_create other = terms(till, "wechat_native", 3800);

    agree(till, &own);
    agree(till, &other);
    usd.set.change.currency = CURRENCY_USD;
    (void)ask(till, &usd);
    assert_int_equal(calls_of_a_payment(till), with_one);
}

static int64_t calls_of_a_first_payment(struct till *till)
{
    till_reopen(till);
    counter_add(&till->now_ms, 1000); /* ids are made of the time */
    store_fault_at(0);
    (void)pay(till, "mock_qr", 1000);
    return store_fault_calls();
}

static void what_was_charged_before_costs_a_payment_no_question_to_the_database(void **state)
{
    struct till *till = *state;
    const struct rate_contract_create change = terms(till, "", 5000);
    int64_t with_one = calls_of_a_first_payment(till);

    agree(till, &change);
    assert_int_equal(calls_of_a_first_payment(till), with_one);
    assert_charged(till, 10000, 50, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_fee_is_set_at_once_and_names_who_did_it),
        cmocka_unit_test(a_change_is_made_when_another_operator_has_approved_it),
        cmocka_unit_test(a_change_without_a_reason_is_refused),
        cmocka_unit_test(a_contract_beside_others_is_reviewed_when_it_takes_over_their_payments),
        cmocka_unit_test(a_fee_that_begins_later_is_a_price_to_be_reviewed_too),
        cmocka_unit_test(a_review_names_whose_payments_it_is_about),
        cmocka_unit_test(the_fee_that_is_in_effect_anyway_changes_nothing),
        cmocka_unit_test(a_change_asked_for_again_is_one_review_and_one_rate),
        cmocka_unit_test(the_fee_of_a_contract_that_charges_nothing_is_no_fee_in_effect),
        cmocka_unit_test(a_contract_that_no_payment_is_charged_by_takes_no_rate_and_is_not_quoted),
        cmocka_unit_test(the_list_tells_which_contract_has_taken_the_place_of_which),
        cmocka_unit_test(a_fee_changes_at_its_instant_and_payments_keep_theirs),
        cmocka_unit_test(the_fee_that_began_last_is_in_effect),
        cmocka_unit_test(a_methods_own_contract_goes_before_the_general_one),
        cmocka_unit_test(without_a_fee_in_effect_there_is_no_price),
        cmocka_unit_test(a_price_is_never_above_the_amount),
        cmocka_unit_test(a_fee_in_whole_tiers_is_that_of_the_last_one_reached),
        cmocka_unit_test(a_fee_in_marginal_tiers_is_the_sum_of_their_parts),
        cmocka_unit_test(a_fee_is_rounded_half_up_within_its_limits),
        cmocka_unit_test(a_contract_without_a_rate_or_tiers_is_refused),
        cmocka_unit_test(the_refusals_of_a_contract_come_in_the_documented_order),
        cmocka_unit_test(a_contract_shows_the_fee_in_effect_else_the_next_one),
        cmocka_unit_test(contracts_in_memory_cost_a_payment_no_question_to_the_database),
        cmocka_unit_test(what_was_charged_before_costs_a_payment_no_question_to_the_database),
    };

    return run_on_each_database(tests, ARRAY_LEN(tests), set_up, tear_down);
}
