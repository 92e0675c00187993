/* Cash-outs and refunds through their commands, on both databases; the books are proved after each
 * test. */
#include "business/trade/trade_int.h"
#include "test/lib/each_database.h"
#include "test/lib/payment_kit.h"

#define assert_ok(expr) assert_string_equal(err_code(expr), err_code(ERR_OK))
#define assert_refused(till, expr, err_, param_)                                                   \
    do {                                                                                           \
        assert_string_equal(err_code(expr), err_code(err_));                                       \
        assert_string_equal((till)->param, (param_));                                              \
    } while (0)

enum { TODAY = 20251122, TOMORROW = 20251123 };

static int set_up(void **state)
{
    struct till *till = till_open(*state, CHANNEL_FUND_COLLECT);

    (void)till_card(till);
    *state = till;
    return 0;
}

/* ---- short ways ---- */

/* Something done within a command. */
struct step {
    enum err (*run)(struct tx *tx, struct step *step);
    struct till *till;
    int64_t id;
    int64_t amount;
    int64_t fee;
    int32_t matures_on;
    bool flag;
    enum ledger_fund_mode mode;
    enum ledger_hold_effect effect;
    struct ledger_reference reference;
    const struct ledger_voucher *voucher;
    const struct review_item *review;
};

static enum err step_apply(struct tx *tx, const void *arg, void *result)
{
    struct step *step = *(struct step *const *)arg;

    (void)result;
    return step->run(tx, step);
}

static const struct command_kind step_kind = {.name = "test.step", .apply = step_apply};

static enum err run(struct till *till, struct step step)
{
    struct step *at = &step;

    step.till = till;
    return till_run(till, &step_kind, &at, NULL);
}

static int64_t balance(struct till *till, int64_t code)
{
    return till_balance(till, LEDGER_PLATFORM, (enum ledger_code)code);
}

static enum err read_account_id(struct tx *tx, struct step *step)
{
    const struct ledger_account_key key = {step->till->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE,
                                           CURRENCY_CNY};

    TRY(ledger_account_open(tx, &key, &step->id));
    return ERR_OK;
}

static int64_t account_of(struct till *till)
{
    struct step step = {.run = read_account_id, .till = till};
    struct step *at = &step;

    assert_ok(till_run(till, &step_kind, &at, NULL));
    return step.id;
}

struct looking {
    int64_t id;
    struct arena *arena;
    struct ledger_account account;
};

static void look(void *ctx, struct reader *reader)
{
    struct looking *looking = ctx;

    CHECK(ledger_read_account(reader, looking->id, looking->arena, &looking->account) == ERR_OK);
}

static struct ledger_account account(struct till *till)
{
    struct looking looking = {.id = account_of(till), .arena = till->arena};

    CHECK(store_read(till->store, look, &looking) == ERR_OK);
    return looking.account;
}

static int64_t available(struct till *till)
{
    const struct ledger_account now = account(till);

    return ledger_available(&now, TODAY).minor;
}

static int64_t posted(struct till *till)
{
    return account(till).posted.minor;
}

static int64_t held(struct till *till)
{
    return account(till).held.minor;
}

static int64_t immature(struct till *till)
{
    const struct ledger_account now = account(till);

    return ledger_immature(&now, TODAY).minor;
}

static int tear_down(void **state)
{
    struct till *till = *state;
    struct ledger_proof proof;

    assert_ok(ledger_prove(till->store, NULL, NULL, &proof));
    assert_string_equal(proof.wrong, "");
    till_close(till);
    return 0;
}

/* A payment that has succeeded, whose money matures on a date. */
static enum err insert_payment(struct tx *tx, struct step *step)
{
    struct payment payment = {
        .id = tx_id(tx),
        .merchant_id = step->till->merchant_id,
        .app_id = step->till->app_id,
        .amount = AMOUNT(step->amount),
        .amount_received = AMOUNT(step->amount),
        .fee = AMOUNT(step->fee),
        .currency = CURRENCY_CNY,
        .channel_account_id = step->till->account_id,
        .fund_mode = step->mode,
        .status = PAYMENT_SUCCEEDED,
        .version = 1,
    };
    struct ledger_voucher voucher = {
        .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
        .mode = step->mode,
        .business_no = payment.id,
        .merchant_id = payment.merchant_id,
        .channel_account_id = payment.channel_account_id,
        .currency = CURRENCY_CNY,
        .matures_on = step->matures_on,
        .amounts = {[LEDGER_AMOUNT_GROSS] = {step->amount}, [LEDGER_AMOUNT_FEE] = {step->fee}},
    };

    step->id = payment.id;
    payment.merchant_order_no = str_printf(tx_arena(tx), "P%lld", (long long)step->till->next_no++);
    payment.attempt_id = payment.id;
    TRY(tx_insert(tx, &payment_table, &payment));
    return ledger_voucher_post(tx, &voucher, NULL);
}

static int64_t pay_in(struct till *till, enum ledger_fund_mode mode, int64_t amount, int64_t fee,
                      int32_t matures_on)
{
    struct step step = {.run = insert_payment,
                        .till = till,
                        .mode = mode,
                        .amount = amount,
                        .fee = fee,
                        .matures_on = matures_on};
    struct step *at = &step;

    assert_ok(till_run(till, &step_kind, &at, NULL));
    return step.id;
}

static int64_t collect(struct till *till, int64_t amount, int64_t fee, int32_t matures_on)
{
    return pay_in(till, LEDGER_FUND_COLLECT, amount, fee, matures_on);
}

/* ---- cash-outs ---- */

static struct trade_cash_create cash_of(struct till *till, const char *no, int64_t amount)
{
    return (struct trade_cash_create){.merchant_id = till->merchant_id,
                                      .app_id = till->app_id,
                                      .account = account_of(till),
                                      .amount = AMOUNT(amount),
                                      .merchant_order_no = str_of(no)};
}

static enum err cash_out(struct till *till, const struct trade_cash_create *create,
                         struct trade_cash_out *out)
{
    return till_run(till, &trade__cash_kind, create, out);
}

static enum err step_send(struct tx *tx, struct step *step)
{
    return trade_cash_send(tx, step->id);
}

static enum err step_complete(struct tx *tx, struct step *step)
{
    return trade_cash_complete(tx, step->id);
}

static enum err step_fail(struct tx *tx, struct step *step)
{
    return trade_cash_fail(tx, step->id, STR("refused by the bank"));
}

static enum err step_return(struct tx *tx, struct step *step)
{
    return trade_cash_return(tx, &(struct trade_cash_return){.id = step->id,
                                                             .with_fee = step->flag,
                                                             .reason = STR("account closed")});
}

typedef enum err (*step_run)(struct tx *tx, struct step *step);

static enum err cash_step(struct till *till, step_run how, int64_t id)
{
    return run(till, (struct step){.run = how, .id = id});
}

/* 1,000.00 in the account, and a cash-out of 500.00 with a fee of 2.00. */
static struct trade_cash_out half(struct till *till)
{
    const struct trade_cash_create create = cash_of(till, "W1", 50000);
    struct trade_cash_out cash;

    (void)collect(till, 100000, 0, 0);
    till_rate(till, RATE_CASH, 200, 0);
    assert_ok(cash_out(till, &create, &cash));
    return cash;
}

static void a_cash_out_holds_its_amount_and_fee_at_once(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_int_equal(cash.status, TRADE_CASH_WAITING);
    assert_int_equal(cash.fee.minor, 200);
    assert_int_equal(cash.rate_id, 2); /* after the contract's */
    assert_int_equal(posted(till), 100000);
    assert_int_equal(held(till), 50200);
    assert_int_equal(available(till), 49800);
    assert_true(str_eq(till_events(till, cash.id), STR("cash_out.waiting_remittance")));
}

/* A5, A15: a repeated request is the first one, and withdraws once. */
static void a5_a_repeated_cash_out_withdraws_once(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out first = half(till);
    const struct trade_cash_create create = cash_of(till, "W1", 50000);
    struct trade_cash_out again;

    for (int i = 0; i < 3; i++) {
        assert_ok(cash_out(till, &create, &again));
        assert_int_equal(again.id, first.id);
    }
    assert_int_equal(held(till), 50200);
    assert_ok(cash_step(till, step_complete, first.id));
    assert_ok(cash_out(till, &create, &again));
    assert_int_equal(again.id, first.id);
    assert_int_equal(again.status, TRADE_CASH_SUCCEEDED);
    assert_int_equal(posted(till), 49800);
}

static void another_cash_out_under_the_same_number_names_what_differs(void **state)
{
    struct till *till = *state;
    struct trade_cash_create create;
    struct trade_cash_out cash;

    (void)half(till);
    create = cash_of(till, "W1", 50001);
    create.card = 7;
    assert_refused(till, cash_out(till, &create, &cash), ERR_TRADE_ORDER_CONFLICT, "amount,card");
}

/* A5: the card that is named is the one that is paid, and must be the merchant's. */
static void a5_the_card_is_the_merchants_own(void **state)
{
    struct till *till = *state;
    struct trade_cash_create create = cash_of(till, "W1", 1000);
    struct trade_cash_out first, again;

    (void)collect(till, 100000, 0, 0);
    create.card = 4711;
    assert_refused(till, cash_out(till, &create, &first), ERR_ACCOUNT_CARD, "card");
    create.card = 0;
    assert_ok(cash_out(till, &create, &first));
    assert_int_not_equal(first.card_id, 0);
    create.card = first.card_id;
    assert_ok(cash_out(till, &create, &again));
    assert_int_equal(again.id, first.id);
}

/* A5: without a rate for cash-outs there is no fee. */
static void a5_a_cash_out_without_a_rate_is_free(void **state)
{
    struct till *till = *state;
    const struct trade_cash_create create = cash_of(till, "W1", 100000);
    struct trade_cash_out cash;

    (void)collect(till, 100000, 0, 0);
    assert_ok(cash_out(till, &create, &cash));
    assert_int_equal(cash.fee.minor, 0);
    assert_int_equal(cash.rate_id, 0);
    assert_int_equal(available(till), 0);
}

static void the_fee_must_be_there_too(void **state)
{
    struct till *till = *state;
    struct trade_cash_create create = cash_of(till, "W1", 99801);
    struct trade_cash_out cash;

    (void)collect(till, 100000, 0, 0);
    till_rate(till, RATE_CASH, 200, 0);
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_INSUFFICIENT, "account");
    create.amount = AMOUNT(99800);
    assert_ok(cash_out(till, &create, &cash));
}

static void money_that_has_not_matured_cannot_be_taken_out(void **state)
{
    struct till *till = *state;
    struct trade_cash_create create = cash_of(till, "W1", 30001);
    struct trade_cash_out cash;

    (void)collect(till, 30000, 0, 0);
    (void)collect(till, 70000, 0, TOMORROW);
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_INSUFFICIENT, "account");
    create.amount = AMOUNT(30000);
    assert_ok(cash_out(till, &create, &cash));
}

static enum err open_other_account(struct tx *tx, struct step *step)
{
    const struct ledger_account_key foreign = {4711, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY};
    const struct ledger_account_key receivable = {step->till->merchant_id,
                                                  LEDGER_CODE_FEE_RECEIVABLE, CURRENCY_CNY};

    return ledger_account_open(tx, step->flag ? &foreign : &receivable, &step->id);
}

static int64_t other_account(struct till *till, bool foreign)
{
    struct step step = {.run = open_other_account, .till = till, .flag = foreign};
    struct step *at = &step;

    assert_ok(till_run(till, &step_kind, &at, NULL));
    return step.id;
}

/* A13: what is moved, and in which direction, is not the caller's to say. */
static void a13_only_a_merchants_own_payable_account_pays_out(void **state)
{
    struct till *till = *state;
    struct trade_cash_create create = cash_of(till, "W1", 1);
    struct trade_cash_out cash;

    create.account = other_account(till, true);
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_ACCOUNT, "account");
    create.account = other_account(till, false);
    assert_refused(till, cash_out(till, &create, &cash), ERR_TRADE_ACCOUNT, "account");
    create.account = 4711;
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_ACCOUNT, "account");
}

static enum err place_block(struct tx *tx, struct step *step)
{
    const struct ledger_hold_place block = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, step->till->next_no++},
        .account_id = step->id,
        .kind = LEDGER_HOLD_JUDICIAL,
        .effect = step->effect,
        .reason = STR("court order"),
    };
    struct ledger_held held;

    TRY(ledger_hold_place(tx, &block, &held));
    step->id = held.hold_id;
    return ERR_OK;
}

/* The id of the hold. */
static int64_t block_with(struct till *till, enum ledger_hold_effect effect)
{
    struct step step = {.run = place_block, .till = till, .id = account_of(till), .effect = effect};
    struct step *at = &step;

    assert_ok(till_run(till, &step_kind, &at, NULL));
    return step.id;
}

static void block(struct till *till)
{
    (void)block_with(till, LEDGER_HOLD_DEBIT_BLOCK);
}

static void an_account_whose_debits_are_blocked_pays_nothing_out(void **state)
{
    struct till *till = *state;
    const struct trade_cash_create create = cash_of(till, "W1", 1);
    struct trade_cash_out cash;

    (void)collect(till, 100000, 0, 0);
    block(till);
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_DEBIT_BLOCKED, "account");
}

static void what_was_held_before_a_block_is_paid(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    block(till);
    assert_ok(cash_step(till, step_complete, cash.id));
    assert_int_equal(posted(till), 49800);
}

static void a_cash_out_that_is_paid_goes_over_payments_in_transit(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_ok(cash_step(till, step_send, cash.id));
    assert_int_equal(posted(till), 49800);
    assert_int_equal(held(till), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 200);
    assert_int_equal(balance(till, 1012), -50000);
    assert_ok(cash_step(till, step_complete, cash.id));
    assert_int_equal(balance(till, 1012), 0);
    assert_int_equal(balance(till, LEDGER_CODE_BANK), -50000);
    assert_true(str_eq(till_events(till, cash.id),
                       STR("cash_out.waiting_remittance cash_out.sent cash_out.succeeded")));
}

static void a_cash_out_that_fails_gives_everything_back(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_ok(cash_step(till, step_fail, cash.id));
    assert_int_equal(available(till), 100000);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 0);
}

static void a_cash_out_that_fails_on_its_way_gives_everything_back(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_ok(cash_step(till, step_send, cash.id));
    assert_ok(cash_step(till, step_fail, cash.id));
    assert_int_equal(available(till), 100000);
    assert_int_equal(balance(till, 1012), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 0);
}

/* A6: money that comes back from the bank is credited, and has matured. */
static void a6_a_returned_cash_out_is_credited_and_may_be_spent(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_ok(cash_step(till, step_complete, cash.id));
    assert_ok(cash_step(till, step_return, cash.id));
    assert_int_equal(available(till), 99800); /* the fee is kept */
    assert_int_equal(balance(till, LEDGER_CODE_BANK), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 200);
}

static void a6_a_returned_cash_out_may_bring_its_fee_back(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_ok(cash_step(till, step_complete, cash.id));
    assert_ok(run(till, (struct step){.run = step_return, .id = cash.id, .flag = true}));
    assert_int_equal(available(till), 100000);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 0);
}

static enum err cancel(struct till *till, int64_t id, int64_t merchant_id)
{
    const struct trade_cash_cancel arg = {id, merchant_id, merchant_id == 0 ? 7 : 0,
                                          STR("no longer wanted")};
    struct trade_cash_out cash;

    TRY(till_run(till, &trade__cash_cancel_kind, &arg, &cash));
    assert_int_equal(cash.status, TRADE_CASH_CANCELLED);
    assert_int_equal(cash.cancelled_by, 0); /* the merchant was first */
    assert_true(str_eq(cash.reason, STR("no longer wanted")));
    assert_int_equal(cash.version, 2);
    return ERR_OK;
}

static void a_cancelled_cash_out_gives_amount_and_fee_back(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_int_equal(available(till), 49800);
    assert_ok(cancel(till, cash.id, till->merchant_id));
    assert_int_equal(available(till), 100000);
    assert_int_equal(held(till), 0);
    assert_ok(cancel(till, cash.id, 0)); /* again */
    assert_int_equal(available(till), 100000);
    assert_refused(till, cash_step(till, step_send, cash.id), ERR_TRADE_STATE, "status");
    assert_refused(till, cash_step(till, step_fail, cash.id), ERR_TRADE_STATE, "status");
    assert_refused(till, cash_step(till, step_complete, cash.id), ERR_TRADE_STATE, "status");
    assert_refused(till, cash_step(till, step_return, cash.id), ERR_TRADE_STATE, "status");
}

static void only_ones_own_cash_out_is_cancelled_and_only_while_it_waits(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    assert_refused(till, cancel(till, 4711, 0), ERR_TRADE_NOT_FOUND, "");
    assert_ok(cash_step(till, step_send, cash.id));
    assert_refused(till, cancel(till, cash.id, 4711), ERR_TRADE_NOT_FOUND, "");
    assert_refused(till, cancel(till, cash.id, till->merchant_id), ERR_TRADE_STATE, "status");
    assert_ok(cash_step(till, step_complete, cash.id));
    assert_refused(till, cancel(till, cash.id, 0), ERR_TRADE_STATE, "status");
}

static enum err say(struct till *till, int64_t id, enum trade_cash_status outcome,
                    struct trade_cash_claimed *claimed)
{
    const struct trade_cash_claim arg = {.outcome = {outcome, outcome == TRADE_CASH_RETURNED, 0},
                                         .reason = STR("told by the bank"),
                                         .id = id,
                                         .maker_key_id = 7,
                                         .limit = AMOUNT(50000)};

    return till_run(till, &trade__cash_claim_kind, &arg, claimed);
}

static enum err apply_outcome(struct tx *tx, struct step *step)
{
    return trade__cash_review.apply(tx, step->review);
}

static enum err confirm(struct till *till, const struct review_item *review)
{
    return run(till, (struct step){.run = apply_outcome, .review = review});
}

static void what_the_bank_has_done_is_booked_when_it_is_approved(void **state)
{
    static const struct {
        enum trade_cash_status outcome;
        int64_t posted, held;
    } steps[] = {
        {TRADE_CASH_SENT, 49800, 0},
        {TRADE_CASH_SUCCEEDED, 49800, 0},
        {TRADE_CASH_RETURNED, 100000, 0}, /* with its fee */
    };
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const int64_t before = posted(till), kept = held(till);
        struct trade_cash_claimed claimed;

        assert_ok(say(till, cash.id, steps[i].outcome, &claimed));
        assert_int_equal(claimed.cash.id, 0);
        assert_int_equal(claimed.review.needed, 1);
        assert_int_equal(claimed.review.amount.minor, 50000);
        assert_int_equal(posted(till), before);
        assert_int_equal(held(till), kept);
        assert_ok(confirm(till, &claimed.review));
        assert_int_equal(posted(till), steps[i].posted);
        assert_int_equal(held(till), steps[i].held);
        assert_ok(say(till, cash.id, steps[i].outcome, &claimed)); /* it is there already */
        assert_int_equal(claimed.cash.status, steps[i].outcome);
    }
}

/* Failed was said of one that waits: once it has been sent, that is another thing to say. */
static void an_outcome_that_was_overtaken_is_refused(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);
    struct trade_cash_claimed failed, sent;

    assert_ok(say(till, cash.id, TRADE_CASH_FAILED, &failed));
    assert_ok(say(till, cash.id, TRADE_CASH_SENT, &sent));
    assert_ok(confirm(till, &sent.review));
    assert_refused(till, confirm(till, &failed.review), ERR_TRADE_STATE, "status");
    assert_int_equal(posted(till), 49800);
    assert_ok(say(till, cash.id, TRADE_CASH_FAILED, &failed));
    assert_ok(confirm(till, &failed.review));
    assert_int_equal(posted(till), 100000);
}

static void a_large_outcome_needs_two_checkers(void **state)
{
    struct till *till = *state;
    const struct trade_cash_create create = cash_of(till, "W1", 50001);
    struct trade_cash_claimed claimed;
    struct trade_cash_out cash;

    (void)collect(till, 100000, 0, 0);
    assert_ok(cash_out(till, &create, &cash));
    assert_ok(say(till, cash.id, TRADE_CASH_FAILED, &claimed));
    assert_int_equal(claimed.review.needed, 2);
}

static void the_refusals_of_an_outcome_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);
    struct trade_cash_claim arg = {
        .outcome = {TRADE_CASH_SUCCEEDED, true, 0}, .reason = STR("by hand"), .id = 4711};
    struct trade_cash_claimed claimed, late;

    assert_refused(till, till_run(till, &trade__cash_claim_kind, &arg, &claimed), ERR_FIELD_VALUE,
                   "with_fee");
    assert_refused(till, say(till, 4711, TRADE_CASH_SUCCEEDED, &claimed), ERR_TRADE_NOT_FOUND, "");
    /* Not before it was sent: until then the merchant may cancel it. */
    assert_refused(till, say(till, cash.id, TRADE_CASH_SUCCEEDED, &claimed), ERR_TRADE_STATE,
                   "status");
    assert_refused(till, say(till, cash.id, TRADE_CASH_RETURNED, &claimed), ERR_TRADE_STATE,
                   "status");
    assert_ok(say(till, cash.id, TRADE_CASH_SENT, &late));
    arg = (struct trade_cash_claim){.outcome = {TRADE_CASH_SENT, false, 0},
                                    .reason = STR("by hand"),
                                    .id = cash.id,
                                    .maker_key_id = 7};
    assert_refused(till, till_run(till, &trade__cash_claim_kind, &arg, &claimed),
                   ERR_REVIEW_PENDING, "reason");
    assert_ok(cancel(till, cash.id, till->merchant_id));
    assert_refused(till, confirm(till, &late.review), ERR_TRADE_STATE, "status");
    assert_int_equal(available(till), 100000);
    assert_refused(till, say(till, cash.id, TRADE_CASH_SENT, &claimed), ERR_TRADE_STATE, "status");
}

/* Every step from every state: done, done before, or refused. */
static void a_cash_out_moves_only_as_its_states_allow(void **state)
{
    struct till *till = *state;
    static const struct {
        step_run way[2]; /* to the state */
        step_run allowed[3];
        step_run refused[3];
    } cases[] = {
        {{NULL}, {NULL}, {step_return}},
        {{step_send}, {step_send}, {step_return}},
        {{step_complete}, {step_complete}, {step_send, step_fail}},
        {{step_fail}, {step_fail}, {step_send, step_complete, step_return}},
        {{step_complete, step_return}, {step_return}, {step_send, step_complete, step_fail}},
    };

    (void)collect(till, 100000, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct trade_cash_create create =
            cash_of(till, str_cstr(till->arena, str_printf(till->arena, "W%zu", i)), 1000);
        struct trade_cash_out cash;

        assert_ok(cash_out(till, &create, &cash));
        for (size_t j = 0; j < 2 && cases[i].way[j] != NULL; j++) {
            assert_ok(cash_step(till, cases[i].way[j], cash.id));
        }
        for (size_t j = 0; j < 3 && cases[i].refused[j] != NULL; j++) {
            assert_refused(till, cash_step(till, cases[i].refused[j], cash.id), ERR_TRADE_STATE,
                           "status");
        }
        for (size_t j = 0; j < 3 && cases[i].allowed[j] != NULL; j++) {
            int64_t before = posted(till);

            assert_ok(cash_step(till, cases[i].allowed[j], cash.id));
            assert_int_equal(posted(till), before);
        }
    }
    assert_refused(till, cash_step(till, step_send, 4711), ERR_TRADE_NOT_FOUND, "");
}

/* A14: what happens at the same time is put in order, and refused for want of money alone. */
static void a14_cash_outs_at_the_same_time_do_not_disturb_each_other(void **state)
{
    enum { MANY = 40 };
    struct till *till = *state;
    struct trade_cash_create creates[MANY];
    struct trade_cash_out outs[MANY];
    struct command commands[MANY];
    struct signal *signals[MANY];
    int taken = 0;

    (void)collect(till, 30000, 0, 0);
    for (int i = 0; i < MANY; i++) {
        creates[i] = cash_of(till, str_cstr(till->arena, str_printf(till->arena, "W%d", i)), 1000);
    }
    for (int i = 0; i < MANY; i++) {
        signals[i] = signal_new();
        commands[i] = (struct command){.kind = &trade__cash_kind,
                                       .arg = &creates[i],
                                       .result = &outs[i],
                                       .arena = arena_new(),
                                       .done = till_ran,
                                       .ctx = signals[i]};
        assert_ok(store_submit(till->store, &commands[i]));
    }
    for (int i = 0; i < MANY; i++) {
        (void)signal_wait(signals[i], -1);
        signal_free(signals[i]);
        arena_free(commands[i].arena);
        taken += commands[i].err == ERR_OK ? 1 : 0;
        assert_true(commands[i].err == ERR_OK || commands[i].err == ERR_LEDGER_INSUFFICIENT);
    }
    assert_int_equal(taken, 30);
    assert_int_equal(available(till), 0);
}

/* ---- refunds ---- */

static enum err reserve(struct till *till, int64_t payment_id, const char *no, int64_t amount,
                        struct trade_refund *out)
{
    const struct trade_refund_ask ask = {
        .payment_id = payment_id, .merchant_refund_no = str_of(no), .amount = AMOUNT(amount)};

    return till_run(till, &trade__refund_kind, &ask, out);
}

static enum err step_refunded(struct tx *tx, struct step *step)
{
    return trade_refund_complete(tx, step->id);
}

static enum err claim(struct till *till, const struct trade_refund_claim *arg,
                      struct trade_refund_claimed *out)
{
    return till_run(till, &trade__refund_claim_kind, arg, out);
}

static enum err claim_by(struct till *till, const struct trade_refund_claim *who, int64_t id)
{
    struct trade_refund_claim arg = *who;
    struct trade_refund_claimed claimed;

    arg.id = id;
    return claim(till, &arg, &claimed);
}

/* As what approves it does, or by the operator's word that it was not made. */
static enum err finish(struct till *till, int64_t id, bool succeeded, struct trade_refund *out)
{
    const struct trade_refund_failure failure = {id, 7, STR("no")};
    struct trade_refund_claimed claimed;

    if (!succeeded) {
        return till_run(till, &trade__refund_fail_kind, &failure, out);
    }
    TRY(run(till, (struct step){.run = step_refunded, .id = id}));
    TRY(claim(till, &(struct trade_refund_claim){.id = id}, &claimed));
    *out = claimed.refund;
    return ERR_OK;
}

/* Reserves and completes. */
static struct trade_refund refund(struct till *till, int64_t payment_id, const char *no,
                                  int64_t amount)
{
    struct trade_refund out;

    assert_ok(reserve(till, payment_id, no, amount, &out));
    assert_ok(finish(till, out.id, true, &out));
    return out;
}

static void a_refund_is_held_and_then_taken_from_the_merchant(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 60, 0);
    struct trade_refund out;

    (void)collect(till, 10000, 0, 0);
    assert_ok(reserve(till, payment_id, "R1", 3000, &out));
    assert_int_equal(out.status, TRADE_REFUND_RESERVED);
    assert_int_equal(held(till), 3000);
    assert_int_equal(posted(till), 19940);
    assert_ok(finish(till, out.id, true, &out));
    assert_int_equal(out.status, TRADE_REFUND_SUCCEEDED);
    assert_int_equal(held(till), 0);
    assert_int_equal(posted(till), 16940);
    assert_int_equal(till_balance(till, till->account_id, LEDGER_CODE_CHANNEL_RECEIVABLE), 17000);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 60);
    assert_true(str_eq(till_events(till, out.id), STR("refund.reserved refund.succeeded")));
}

static void a_refund_that_fails_gives_back_what_it_reserved(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0);
    struct trade_refund out;

    assert_ok(reserve(till, payment_id, "R1", 10000, &out));
    assert_int_equal(available(till), 0);
    assert_ok(finish(till, out.id, false, &out));
    assert_int_equal(available(till), 10000);
    (void)refund(till, payment_id, "R2", 10000);
    assert_int_equal(posted(till), 0);
}

static void a_refund_made_by_hand_is_reviewed(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0);
    struct trade_refund_claim arg = {
        .reason = STR("paid at the counter"), .maker_key_id = 7, .limit = AMOUNT(3000)};
    struct trade_refund_claimed claimed;
    struct trade_refund small, large;

    assert_ok(reserve(till, payment_id, "R1", 3000, &small));
    assert_ok(reserve(till, payment_id, "R2", 3001, &large));
    arg.id = small.id;
    assert_ok(claim(till, &arg, &claimed));
    assert_int_equal(claimed.refund.id, 0);
    assert_int_equal(claimed.review.status, REVIEW_PENDING);
    assert_int_equal(claimed.review.subject_id, small.id);
    assert_int_equal(claimed.review.amount.minor, 3000);
    assert_int_equal(claimed.review.needed, 1);
    assert_int_equal(posted(till), 10000); /* nothing is booked yet */
    assert_int_equal(held(till), 6001);
    arg.maker_key_id = 8;
    assert_refused(till, claim(till, &arg, &claimed), ERR_REVIEW_PENDING, "maker");
    arg.id = large.id;
    assert_ok(claim(till, &arg, &claimed));
    assert_int_equal(claimed.review.needed, 2);
    assert_ok(finish(till, small.id, true, &small));
    arg.id = small.id;
    assert_ok(claim(till, &arg, &claimed)); /* said again: it is there already */
    assert_int_equal(claimed.refund.status, TRADE_REFUND_SUCCEEDED);
    assert_ok(finish(till, large.id, false, &large));
    arg.id = large.id;
    assert_refused(till, claim(till, &arg, &claimed), ERR_TRADE_STATE, "status");
    arg.id = 404;
    assert_string_equal(err_code(claim(till, &arg, &claimed)), err_code(ERR_TRADE_NOT_FOUND));
}

/* A16: a payment has as many refunds as fit into it, each booked by itself. */
static void a16_refunds_of_a_payment_never_exceed_what_was_paid(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0);
    struct trade_refund first, second, out;

    (void)collect(till, 10000, 0, 0);
    first = refund(till, payment_id, "R1", 4000);
    assert_ok(reserve(till, payment_id, "R2", 4000, &second));
    assert_refused(till, reserve(till, payment_id, "R3", 2001, &out), ERR_TRADE_REFUND_EXCEEDED,
                   "amount");
    assert_ok(reserve(till, payment_id, "R3", 2000, &out));
    assert_refused(till, reserve(till, payment_id, "R4", 1, &out), ERR_TRADE_REFUND_EXCEEDED,
                   "amount");
    assert_ok(finish(till, second.id, false, &second));
    assert_ok(reserve(till, payment_id, "R4", 4000, &out));
    assert_int_equal(first.status, TRADE_REFUND_SUCCEEDED);
}

/* A15 */
static void a15_a_repeated_refund_is_the_first_one(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0);
    const struct trade_refund first = refund(till, payment_id, "R1", 4000);
    struct trade_refund again;

    assert_ok(reserve(till, payment_id, "R1", 4000, &again));
    assert_int_equal(again.id, first.id);
    assert_ok(finish(till, first.id, true, &again));
    assert_int_equal(posted(till), 6000);
    assert_refused(till, reserve(till, payment_id, "R1", 4001, &again), ERR_TRADE_ORDER_CONFLICT,
                   "amount");
    assert_refused(till, finish(till, first.id, false, &again), ERR_TRADE_STATE, "status");
}

static void a_refund_needs_a_payment_that_has_succeeded(void **state)
{
    struct till *till = *state;
    const struct payment_create order = till_order(till);
    struct payment_change change;
    struct trade_refund out;

    assert_ok(till_create(till, &order, &change));
    assert_refused(till, reserve(till, change.payment.id, "R1", 1, &out), ERR_TRADE_UNPAID,
                   "payment_id");
    assert_refused(till, reserve(till, 4711, "R1", 1, &out), ERR_PAYMENT_NOT_FOUND, "payment_id");
}

static enum err find_journal(struct tx *tx, struct step *step)
{
    return ledger_journal_find(tx, &step->reference, &step->id);
}

static int64_t journal_of(struct till *till, enum ledger_source source,
                          enum ledger_operation operation, int64_t business_no)
{
    struct step step = {
        .run = find_journal, .till = till, .reference = {source, operation, business_no}};
    struct step *at = &step;

    assert_ok(till_run(till, &step_kind, &at, NULL));
    return step.id;
}

static int64_t paid_journal(struct till *till, int64_t payment_id)
{
    return journal_of(till, LEDGER_SOURCE_PAYMENT, LEDGER_OPERATION_SUCCEEDED, payment_id);
}

static enum err adjust(struct till *till, const struct trade_change *change,
                       struct review_item *review)
{
    struct trade_adjust arg = {.change = *change,
                               .reason = STR("booked twice"),
                               .maker_key_id = 7,
                               .limit = AMOUNT(100000)};
    struct trade_adjusted adjusted;

    arg.change.reason_code = STR("wrong_amount");
    if (change->adjustment_no.len == 0) {
        arg.change.adjustment_no = str_printf(till->arena, "T%lld", (long long)till->next_no++);
    }
    TRY(till_run(till, &trade__adjust_kind, &arg, &adjusted));
    *review = adjusted.review;
    return ERR_OK;
}

static enum err ask_reversal(struct till *till, int64_t journal_id, struct review_item *review)
{
    return adjust(till,
                  &(struct trade_change){.kind = TRADE_ADJUSTMENT_REVERSAL, .original = journal_id},
                  review);
}

static enum err apply_review(struct tx *tx, struct step *step)
{
    return trade__review.apply(tx, step->review);
}

/* What the last approval does. */
static enum err approve(struct till *till, const struct review_item *review)
{
    return run(till, (struct step){.run = apply_review, .review = review});
}

static void a_reversed_payment_is_not_refunded_nor_is_a_corrected_one(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0), journal_id = paid_journal(till, payment_id);
    struct trade_leg legs[] = {
        {.account = other_account(till, false), .side = LEDGER_DEBIT, .amount = AMOUNT(9000)},
        {.account = account_of(till), .side = LEDGER_CREDIT, .amount = AMOUNT(9000)}};
    const struct trade_change correction = {.kind = TRADE_ADJUSTMENT_CORRECTION,
                                            .original = journal_id,
                                            .legs = {legs, ARRAY_LEN(legs)}};
    struct review_item review;
    struct trade_refund out;

    (void)collect(till, 20000, 0, 0);
    assert_ok(ask_reversal(till, journal_id, &review));
    assert_ok(approve(till, &review));
    assert_int_equal(posted(till), 20000);
    assert_refused(till, reserve(till, payment_id, "R1", 4000, &out), ERR_TRADE_REVERSED,
                   "payment_id");
    assert_ok(adjust(till, &correction, &review));
    assert_ok(approve(till, &review));
    assert_int_equal(posted(till), 29000);
    assert_refused(till, reserve(till, payment_id, "R1", 4000, &out), ERR_TRADE_REVERSED,
                   "payment_id");
}

static void a_refunded_payment_is_not_reversed(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0), journal_id = paid_journal(till, payment_id);
    struct review_item review, again;
    struct trade_refund out;

    assert_ok(ask_reversal(till, journal_id, &review));
    assert_ok(reserve(till, payment_id, "R1", 6000, &out));
    assert_refused(till, approve(till, &review), ERR_TRADE_REFUNDED, "original");
    assert_ok(finish(till, out.id, false, &out));
    assert_ok(reserve(till, payment_id, "R2", 6000, &out));
    assert_refused(till, ask_reversal(till, journal_id, &again), ERR_TRADE_REFUNDED, "original");
    assert_ok(finish(till, out.id, true, &out));
    assert_refused(till, approve(till, &review), ERR_TRADE_REFUNDED, "original");
}

static void a_payment_whose_refund_failed_is_reversed(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 60, TOMORROW);
    struct review_item review;
    struct trade_refund out;

    assert_ok(reserve(till, payment_id, "R1", 6000, &out));
    assert_ok(finish(till, out.id, false, &out));
    assert_ok(ask_reversal(till, paid_journal(till, payment_id), &review));
    assert_ok(approve(till, &review));
    assert_int_equal(posted(till), 0);
    assert_int_equal(immature(till), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 0);
}

static enum err book(struct tx *tx, struct step *step)
{
    return ledger_voucher_post(tx, step->voucher, NULL);
}

/* A journal that business books which has no part in the till. */
static int64_t booked(struct till *till, enum ledger_event event, enum ledger_amount_name name)
{
    struct ledger_voucher voucher = {.event = event,
                                     .business_no = 4000 + till->next_no++,
                                     .merchant_id = till->merchant_id,
                                     .channel_account_id = till->account_id,
                                     .receiver_id = 4711,
                                     .currency = CURRENCY_CNY};
    struct ledger_reference reference;

    voucher.amounts[name] = AMOUNT(100);
    assert_ok(run(till, (struct step){.run = book, .voucher = &voucher}));
    assert_ok(ledger_voucher_reference(&voucher, &reference));
    return journal_of(till, reference.source, reference.operation, reference.business_no);
}

static struct trade_refund refund_in_three_journals(struct till *till)
{
    int64_t payment_id = collect(till, 10000, 60, TOMORROW);
    struct trade_refund out;

    till_rate(till, RATE_REFUND, 5, RATE_REFUND_PROPORTIONAL);
    out = refund(till, payment_id, "R1", 10000);
    assert_int_not_equal(out.immature_id, 0);
    return out;
}

/* Each is told by its code what to do instead. */
static void what_belongs_to_a_state_machine_is_not_reversed(void **state)
{
    struct till *till = *state;
    const struct trade_cash_out cash = half(till);
    const struct trade_refund out = refund_in_three_journals(till);
    const struct {
        enum err err;
        int64_t journal_id;
    } journals[] = {
        {ERR_TRADE_REVERSAL_REFUND,
         journal_of(till, LEDGER_SOURCE_REFUND, LEDGER_OPERATION_SUCCEEDED, out.id)},
        {ERR_TRADE_REVERSAL_REFUND,
         journal_of(till, LEDGER_SOURCE_REFUND, LEDGER_OPERATION_SUCCEEDED, out.immature_id)},
        {ERR_TRADE_REVERSAL_REFUND,
         journal_of(till, LEDGER_SOURCE_FEE, LEDGER_OPERATION_CHARGED, out.id)},
        {ERR_TRADE_REVERSAL_SETTLEMENT,
         booked(till, LEDGER_EVENT_SETTLEMENT_SENT, LEDGER_AMOUNT_GROSS)},
        {ERR_TRADE_REVERSAL_SETTLEMENT,
         booked(till, LEDGER_EVENT_SETTLEMENT_PAID, LEDGER_AMOUNT_NET)},
        {ERR_TRADE_REVERSAL_SETTLEMENT,
         booked(till, LEDGER_EVENT_SETTLEMENT_RETURNED, LEDGER_AMOUNT_NET)},
        {ERR_TRADE_REVERSAL_OWNED, booked(till, LEDGER_EVENT_PROFIT_SHARED, LEDGER_AMOUNT_GROSS)},
        {ERR_TRADE_REVERSAL_OWNED, booked(till, LEDGER_EVENT_SHORTAGE_FOUND, LEDGER_AMOUNT_GROSS)},
        {ERR_TRADE_REVERSAL_OWNED, booked(till, LEDGER_EVENT_CHARGEBACK_LOST, LEDGER_AMOUNT_GROSS)},
    };
    static const enum ledger_operation cash_steps[] = {LEDGER_OPERATION_SENT, LEDGER_OPERATION_PAID,
                                                       LEDGER_OPERATION_RETURNED};
    struct review_item review;

    for (size_t i = 0; i < ARRAY_LEN(journals); i++) {
        assert_refused(till, ask_reversal(till, journals[i].journal_id, &review), journals[i].err,
                       "original");
    }
    assert_ok(cash_step(till, step_complete, cash.id));
    assert_ok(cash_step(till, step_return, cash.id));
    for (size_t i = 0; i < ARRAY_LEN(cash_steps); i++) {
        int64_t journal_id = journal_of(till, LEDGER_SOURCE_CASH, cash_steps[i], cash.id);

        assert_refused(till, ask_reversal(till, journal_id, &review), ERR_TRADE_REVERSAL_CASH,
                       "original");
    }
    assert_ok(
        ask_reversal(till, booked(till, LEDGER_EVENT_DEPOSIT_TAKEN, LEDGER_AMOUNT_GROSS), &review));
    assert_ok(approve(till, &review));
}

static void a_refund_needs_the_merchants_money(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 60, 0);
    struct trade_refund out;

    assert_refused(till, reserve(till, payment_id, "R1", 10000, &out), ERR_LEDGER_INSUFFICIENT,
                   "account");
    block(till);
    assert_refused(till, reserve(till, payment_id, "R1", 1, &out), ERR_LEDGER_DEBIT_BLOCKED,
                   "account");
}

static void what_was_reserved_before_a_block_is_refunded(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0);
    struct trade_refund out;

    (void)collect(till, 300, 0, 0);
    till_rate(till, RATE_REFUND, 300, RATE_REFUND_KEEP);
    assert_ok(reserve(till, payment_id, "R1", 10000, &out));
    block(till);
    assert_ok(finish(till, out.id, true, &out));
    assert_int_equal(posted(till), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 300);
}

/* What may come over the merchant's account between the reserving and the end of a refund. */
enum obstacle { DEBIT_BLOCK = 1, CREDIT_BLOCK, FULL_BLOCK, DEFERRED, OBSTACLES };

static enum err defer(struct tx *tx, struct step *step)
{
    return ledger_account_set_deferred(tx, step->id, step->flag);
}

static enum err release_block(struct tx *tx, struct step *step)
{
    const struct ledger_hold_release all = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_RELEASE, step->till->next_no++},
        .hold_id = step->id,
        .whole = true,
    };

    return ledger_hold_release(tx, &all, NULL);
}

/* The id that lift_obstacle takes. */
static int64_t put_obstacle(struct till *till, enum obstacle obstacle)
{
    static const enum ledger_hold_effect effects[OBSTACLES] = {
        [DEBIT_BLOCK] = LEDGER_HOLD_DEBIT_BLOCK,
        [CREDIT_BLOCK] = LEDGER_HOLD_CREDIT_BLOCK,
        [FULL_BLOCK] = LEDGER_HOLD_FULL_BLOCK,
    };
    int64_t id = account_of(till);

    if (obstacle != DEFERRED) {
        return block_with(till, effects[obstacle]);
    }
    assert_ok(run(till, (struct step){.run = defer, .id = id, .flag = true}));
    return id;
}

static void lift_obstacle(struct till *till, enum obstacle obstacle, int64_t id)
{
    assert_ok(run(till, obstacle == DEFERRED ? (struct step){.run = defer, .id = id}
                                             : (struct step){.run = release_block, .id = id}));
}

struct obstructed {
    enum obstacle obstacle;
    enum rate_refund_policy policy;
    int64_t fee; /* of a payment of 100.00 that is refunded whole, for a fee of 0.05 */
    int32_t matures_on;
};

/* The merchant has what the refund takes and not a unit more. */
static void refund_obstructed(struct till *till, const struct obstructed *given)
{
    int64_t income = balance(till, LEDGER_CODE_FEE_INCOME), obstacle_id;
    int64_t owed = till_balance(till, till->account_id, LEDGER_CODE_CHANNEL_RECEIVABLE);
    int64_t kept = given->policy == RATE_REFUND_KEEP ? given->fee : 0;
    int64_t payment_id = collect(till, 10000, given->fee, given->matures_on);
    const char *no =
        str_cstr(till->arena, str_printf(till->arena, "R%lld", (long long)till->next_no++));
    struct trade_refund out;

    (void)collect(till, kept + 5, 0, 0);
    till_rate(till, RATE_REFUND, 5, given->policy);
    assert_ok(reserve(till, payment_id, no, 10000, &out));
    assert_int_equal(out.immature.minor, given->matures_on == 0 ? 0 : 10000 - given->fee);
    obstacle_id = put_obstacle(till, given->obstacle);
    assert_ok(finish(till, out.id, true, &out));
    assert_int_equal(out.status, TRADE_REFUND_SUCCEEDED);
    assert_int_equal(posted(till), 0);
    assert_int_equal(held(till), 0);
    assert_int_equal(immature(till), 0);
    assert_int_equal(account(till).pending, 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), income + kept + 5);
    assert_int_equal(till_balance(till, till->account_id, LEDGER_CODE_CHANNEL_RECEIVABLE),
                     owed + kept + 5);
    lift_obstacle(till, given->obstacle, obstacle_id);
}

/* The payer has the money: nothing that is done to the account may keep that out of the books. */
static void a_refund_that_was_reserved_is_booked_whatever_comes_over_the_account(void **state)
{
    static const int64_t fees[] = {0, 60, 10000};
    struct till *till = *state;
    struct obstructed given;

    for (int i = DEBIT_BLOCK; i < OBSTACLES; i++) {
        for (int j = RATE_REFUND_KEEP; j <= RATE_REFUND_FULL; j++) {
            for (size_t k = 0; k < ARRAY_LEN(fees); k++) {
                given = (struct obstructed){(enum obstacle)i, (enum rate_refund_policy)j, fees[k],
                                            TOMORROW};
                refund_obstructed(till, &given);
                given.matures_on = 0;
                refund_obstructed(till, &given);
            }
        }
    }
}

static void a_full_refund_with_its_fee_leaves_nothing(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 60, 0);
    struct trade_refund out;

    till_rate(till, RATE_REFUND, 0, RATE_REFUND_FULL);
    out = refund(till, payment_id, "R1", 10000);
    assert_int_equal(out.fee_returned.minor, 60);
    assert_int_equal(posted(till), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 0);
    assert_int_equal(till_balance(till, till->account_id, LEDGER_CODE_CHANNEL_RECEIVABLE), 0);
}

/* Refunds that bear nothing, because all that was paid was a fee. */
static void a_fee_that_took_everything_comes_back_whole(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 3, 3, 0);

    till_rate(till, RATE_REFUND, 0, RATE_REFUND_PROPORTIONAL);
    (void)refund(till, payment_id, "R1", 1);
    (void)refund(till, payment_id, "R2", 2);
    assert_int_equal(posted(till), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 0);
}

static void many_refunds_bring_the_fee_back_to_the_last_unit(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 1000, 7, 0);
    int64_t amounts[] = {333, 1, 332, 100, 34, 200};
    char no[] = "R0";

    till_rate(till, RATE_REFUND, 0, RATE_REFUND_PROPORTIONAL);
    for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
        no[1] = (char)('1' + i);
        (void)refund(till, payment_id, no, amounts[i]);
    }
    assert_int_equal(posted(till), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 0);
}

static void apply_pending(struct till *till)
{
    int64_t account_id = account_of(till);

    assert_ok(till_run(till, &ledger_pending_kind, &account_id, NULL));
    assert_int_equal(account(till).pending, 0);
}

/* What waits on 2299 is not on the account yet, whenever it matures. */
static void money_that_waits_is_refunded_when_it_has_been_booked(void **state)
{
    static const enum obstacle obstacles[] = {CREDIT_BLOCK, DEFERRED};
    static const int32_t maturities[] = {0, TOMORROW};
    struct till *till = *state;
    char no[] = "R0";

    for (size_t i = 0; i < 4; i++) {
        enum obstacle obstacle = obstacles[i % 2];
        int64_t obstacle_id = put_obstacle(till, obstacle);
        int64_t payment_id = collect(till, 10000, 0, maturities[i / 2]);
        struct trade_refund out;

        no[1] = (char)('1' + i);
        assert_refused(till, reserve(till, payment_id, no, 4000, &out), ERR_TRADE_PENDING,
                       "payment_id");
        lift_obstacle(till, obstacle, obstacle_id);
        assert_refused(till, reserve(till, payment_id, no, 4000, &out), ERR_TRADE_PENDING,
                       "payment_id");
        apply_pending(till);
        assert_refused(till, reserve(till, payment_id, no, 10001, &out), ERR_TRADE_REFUND_EXCEEDED,
                       "amount");
        out = refund(till, payment_id, no, 10000);
        assert_int_equal(out.immature.minor, maturities[i / 2] == 0 ? 0 : 10000);
        assert_int_equal(posted(till), 0);
    }
}

/* Refused when it is asked for, as the posting would refuse it. */
static void what_waits_is_reversed_when_it_has_been_booked(void **state)
{
    static const struct {
        enum obstacle obstacle;
        int32_t matures_on;
        enum err err;
        const char *param;
    } cases[] = {
        {CREDIT_BLOCK, 0, ERR_LEDGER_INSUFFICIENT, "legs[1].account"},
        {DEFERRED, 0, ERR_LEDGER_INSUFFICIENT, "legs[1].account"},
        {DEFERRED, TOMORROW, ERR_LEDGER_INSUFFICIENT, "legs[1].matures_on"},
        {FULL_BLOCK, 0, ERR_LEDGER_DEBIT_BLOCKED, "legs[1].account"},
    };
    struct till *till = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t obstacle_id = put_obstacle(till, cases[i].obstacle);
        int64_t journal_id = paid_journal(till, collect(till, 10000, 60, cases[i].matures_on));
        struct review_item review;

        assert_refused(till, ask_reversal(till, journal_id, &review), cases[i].err, cases[i].param);
        lift_obstacle(till, cases[i].obstacle, obstacle_id);
        apply_pending(till);
        assert_ok(ask_reversal(till, journal_id, &review));
        assert_ok(approve(till, &review));
        assert_int_equal(posted(till), 0);
    }
}

static void what_waits_is_reversed_out_of_other_money(void **state)
{
    struct till *till = *state;
    struct review_item review;
    int64_t block_id, journal_id;

    (void)collect(till, 9940, 0, 0);
    block_id = put_obstacle(till, CREDIT_BLOCK);
    journal_id = paid_journal(till, collect(till, 10000, 60, 0));
    assert_ok(ask_reversal(till, journal_id, &review));
    assert_ok(approve(till, &review));
    lift_obstacle(till, CREDIT_BLOCK, block_id);
    apply_pending(till);
    assert_int_equal(posted(till), 9940);
}

static void while_money_waits_its_refund_is_taken_from_other_money(void **state)
{
    struct till *till = *state;
    int64_t payment_id, block_id;
    struct trade_refund out;

    (void)collect(till, 5000, 0, 0);
    block_id = block_with(till, LEDGER_HOLD_CREDIT_BLOCK);
    payment_id = collect(till, 10000, 60, TOMORROW);
    assert_refused(till, reserve(till, payment_id, "R1", 5001, &out), ERR_TRADE_PENDING,
                   "payment_id");
    out = refund(till, payment_id, "R1", 4000);
    assert_int_equal(out.immature.minor, 0);
    lift_obstacle(till, CREDIT_BLOCK, block_id);
    apply_pending(till);
    assert_int_equal(available(till), 1000);
    assert_int_equal(immature(till), 9940);
    out = refund(till, payment_id, "R2", 6000);
    assert_int_equal(out.immature.minor, 6000);
    assert_int_equal(immature(till), 3940);
}

/* Money of the payment that has not matured is refunded out of its own maturity. */
static void immature_money_is_refunded_from_its_own_maturity(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, TOMORROW);
    struct trade_refund out;

    (void)collect(till, 500, 0, 0);
    assert_ok(reserve(till, payment_id, "R1", 3000, &out));
    assert_int_equal(out.immature.minor, 3000);
    assert_int_equal(available(till), 500);
    assert_int_equal(immature(till), 7000);
    assert_ok(finish(till, out.id, true, &out));
    assert_int_equal(available(till), 500);
    assert_int_equal(immature(till), 7000);
    assert_int_equal(posted(till), 7500);
}

static void a_failed_refund_gives_immature_money_back_as_immature(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, TOMORROW);
    struct trade_refund out;

    assert_ok(reserve(till, payment_id, "R1", 10000, &out));
    assert_ok(finish(till, out.id, false, &out));
    assert_int_equal(available(till), 0);
    assert_int_equal(immature(till), 10000);
    (void)refund(till, payment_id, "R2", 10000);
    assert_int_equal(posted(till), 0);
}

/* A kept fee is what the maturity lacks: it comes from what is available. */
static void a_refund_above_what_matures_takes_the_rest_from_what_is_available(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 60, TOMORROW);
    struct trade_refund out;

    (void)collect(till, 50000, 0, TOMORROW); /* another payment's money is not touched */
    assert_refused(till, reserve(till, payment_id, "R1", 10000, &out), ERR_LEDGER_INSUFFICIENT,
                   "account");
    (void)collect(till, 100, 0, 0);
    assert_ok(reserve(till, payment_id, "R1", 10000, &out));
    assert_int_equal(out.immature.minor, 9940);
    assert_int_equal(available(till), 40);
    assert_ok(finish(till, out.id, true, &out));
    assert_int_equal(posted(till), 50040);
    assert_int_equal(available(till), 40);
    assert_int_equal(immature(till), 50000);
}

static void immature_money_and_a_returned_fee_make_a_full_refund(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 60, TOMORROW);
    struct trade_refund out;

    (void)collect(till, 30, 0, 0);
    till_rate(till, RATE_REFUND, 30, RATE_REFUND_FULL);
    out = refund(till, payment_id, "R1", 10000);
    assert_int_equal(out.immature.minor, 9940);
    assert_int_equal(out.fee.minor, 30);
    assert_int_equal(posted(till), 0);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 30);
}

static void in_direct_mode_only_fees_are_booked(void **state)
{
    struct till *till = *state;
    int64_t payment_id = pay_in(till, LEDGER_FUND_DIRECT, 10000, 60, 0);
    struct trade_refund out;

    till_rate(till, RATE_REFUND, 5, RATE_REFUND_PROPORTIONAL);
    out = refund(till, payment_id, "R1", 5000);
    assert_int_equal(out.hold_id, 0);
    assert_int_equal(till_balance(till, till->merchant_id, LEDGER_CODE_FEE_RECEIVABLE), 35);
    assert_int_equal(balance(till, LEDGER_CODE_FEE_INCOME), 35);
    assert_refused(till, reserve(till, payment_id, "R2", 5001, &out), ERR_TRADE_REFUND_EXCEEDED,
                   "amount");
}

/* ---- the order of refusals, as docs/accounts.md tells it ----
 *
 * All is wrong at once; each step mends the first thing. */

static void set_merchant(struct till *till, enum merchant_status status)
{
    const struct merchant_set_status arg = {till->merchant_id, status};
    struct merchant merchant;

    assert_ok(till_run(till, &merchant__status_kind, &arg, &merchant));
}

static void the_refusals_of_a_cash_out_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct trade_cash_create create = cash_of(till, "W1", 1000);
    int64_t own = create.account, block_id;
    struct trade_cash_out cash;

    (void)collect(till, 100000, 0, 0);
    assert_ok(cash_out(till, &create, &cash));
    block_id = block_with(till, LEDGER_HOLD_DEBIT_BLOCK);
    set_merchant(till, MERCHANT_SUSPENDED);
    create.account = other_account(till, true);
    create.amount = AMOUNT(100000);
    create.app_id = create.card = 404;
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_ACCOUNT, "account");
    create.account = other_account(till, false);
    assert_refused(till, cash_out(till, &create, &cash), ERR_TRADE_ORDER_CONFLICT,
                   "account,amount,card");
    create.merchant_order_no = STR("W2");
    assert_refused(till, cash_out(till, &create, &cash), ERR_TRADE_ACCOUNT, "account");
    create.account = own;
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_DEBIT_BLOCKED, "account");
    lift_obstacle(till, DEBIT_BLOCK, block_id);
    assert_refused(till, cash_out(till, &create, &cash), ERR_MERCHANT_SUSPENDED, "");
    set_merchant(till, MERCHANT_ACTIVE);
    assert_refused(till, cash_out(till, &create, &cash), ERR_MERCHANT_APP_DISABLED, "");
    create.app_id = till->app_id;
    assert_refused(till, cash_out(till, &create, &cash), ERR_ACCOUNT_CARD, "card");
    create.card = 0;
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_INSUFFICIENT, "account");
    create.amount = AMOUNT(99000);
    assert_ok(cash_out(till, &create, &cash));
}

static enum err close_account(struct tx *tx, struct step *step)
{
    return ledger_account_close(tx, step->id);
}

static void of_a_closed_account_that_is_told_before_its_balance(void **state)
{
    struct till *till = *state;
    const struct trade_cash_create create = cash_of(till, "W1", 1000);
    struct trade_cash_out cash;
    struct trade_refund out;
    int64_t payment_id;

    assert_ok(run(till, (struct step){.run = close_account, .id = account_of(till)}));
    payment_id = collect(till, 10000, 0, TOMORROW); /* waits on 2299 */
    assert_refused(till, cash_out(till, &create, &cash), ERR_LEDGER_ACCOUNT_CLOSED, "account");
    assert_refused(till, reserve(till, payment_id, "R1", 1, &out), ERR_LEDGER_ACCOUNT_CLOSED,
                   "account");
}

static int64_t unpaid(struct till *till)
{
    const struct payment_create order = till_order(till);
    struct payment_change change;

    assert_ok(till_create(till, &order, &change));
    return change.payment.id;
}

static void the_refusals_of_a_refund_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    int64_t reversed = collect(till, 10000, 0, 0), waiting, debit_block, credit_block;
    struct review_item review;
    struct trade_refund out;

    assert_ok(ask_reversal(till, paid_journal(till, reversed), &review));
    assert_ok(approve(till, &review));
    (void)refund(till, collect(till, 50, 0, 0), "R1", 50);
    credit_block = block_with(till, LEDGER_HOLD_CREDIT_BLOCK);
    waiting = collect(till, 10000, 60, 0);
    debit_block = block_with(till, LEDGER_HOLD_DEBIT_BLOCK);
    assert_refused(till, reserve(till, 404, "R1", 10001, &out), ERR_PAYMENT_NOT_FOUND,
                   "payment_id");
    assert_refused(till, reserve(till, unpaid(till), "R1", 10001, &out), ERR_TRADE_ORDER_CONFLICT,
                   "payment_id,amount");
    assert_refused(till, reserve(till, unpaid(till), "R2", 10001, &out), ERR_TRADE_UNPAID,
                   "payment_id");
    assert_refused(till, reserve(till, reversed, "R2", 10001, &out), ERR_TRADE_REFUND_EXCEEDED,
                   "amount");
    assert_refused(till, reserve(till, reversed, "R2", 10000, &out), ERR_TRADE_REVERSED,
                   "payment_id");
    assert_refused(till, reserve(till, waiting, "R2", 10000, &out), ERR_LEDGER_DEBIT_BLOCKED,
                   "account");
    lift_obstacle(till, DEBIT_BLOCK, debit_block);
    assert_refused(till, reserve(till, waiting, "R2", 10000, &out), ERR_TRADE_PENDING,
                   "payment_id");
    lift_obstacle(till, CREDIT_BLOCK, credit_block);
    apply_pending(till);
    assert_refused(till, reserve(till, waiting, "R2", 10000, &out), ERR_LEDGER_INSUFFICIENT,
                   "account");
    assert_ok(reserve(till, waiting, "R2", 9940, &out));
}

/* All is wrong at once; each step mends the first thing. */
static void the_refusals_of_a_completed_refund_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0);
    const struct trade_refund_claim others = {.reason = STR("by another"), .maker_key_id = 8};
    struct trade_refund_claim arg = {.id = 404, .maker_key_id = 7};
    struct trade_refund_claimed claimed;
    struct trade_refund failed, open;

    assert_ok(reserve(till, payment_id, "R1", 4000, &failed));
    assert_ok(reserve(till, payment_id, "R2", 4000, &open));
    assert_ok(claim_by(till, &others, failed.id));
    assert_ok(claim_by(till, &others, open.id));
    assert_ok(finish(till, failed.id, false, &failed));
    assert_refused(till, claim(till, &arg, &claimed), ERR_TRADE_NOT_FOUND, "");
    arg.id = failed.id;
    assert_refused(till, claim(till, &arg, &claimed), ERR_TRADE_STATE, "status");
    arg.id = open.id;
    assert_refused(till, claim(till, &arg, &claimed), ERR_FIELD_REQUIRED, "reason");
    arg.reason = STR("by me");
    arg.evidence = STR("B1");
    assert_refused(till, claim(till, &arg, &claimed), ERR_REVIEW_PENDING, "maker");
    arg.maker_key_id = others.maker_key_id;
    assert_refused(till, claim(till, &arg, &claimed), ERR_REVIEW_PENDING, "reason");
    arg.reason = others.reason;
    assert_refused(till, claim(till, &arg, &claimed), ERR_REVIEW_PENDING, "evidence");
    arg.evidence = others.evidence;
    assert_ok(claim(till, &arg, &claimed));
    assert_ok(finish(till, open.id, true, &open));
    arg.reason = STR(""); /* nothing is left to be asked */
    assert_ok(claim(till, &arg, &claimed));
    assert_int_equal(claimed.refund.status, TRADE_REFUND_SUCCEEDED);
}

static void the_refusals_of_a_failed_refund_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    int64_t payment_id = collect(till, 10000, 0, 0);
    const struct trade_refund succeeded = refund(till, payment_id, "R1", 4000);
    struct trade_refund open, out;
    int64_t held_before;

    assert_ok(reserve(till, payment_id, "R2", 4000, &open));
    assert_refused(till, finish(till, 404, false, &out), ERR_TRADE_NOT_FOUND, "");
    assert_refused(till, finish(till, succeeded.id, false, &out), ERR_TRADE_STATE, "status");
    assert_ok(finish(till, open.id, false, &out));
    held_before = held(till);
    assert_ok(finish(till, open.id, false, &out)); /* said again */
    assert_int_equal(out.status, TRADE_REFUND_FAILED);
    assert_int_equal(out.version, 2);
    assert_int_equal(held(till), held_before);
    assert_refused(till, run(till, (struct step){.run = step_refunded, .id = open.id}),
                   ERR_TRADE_STATE, "status");
}

static enum err open_waiting(struct tx *tx, struct step *step)
{
    const struct ledger_account_key key = {step->till->merchant_id, LEDGER_CODE_WAITING,
                                           CURRENCY_CNY};

    return ledger_account_open(tx, &key, &step->id);
}

static int64_t waiting_account(struct till *till)
{
    struct step step = {.run = open_waiting, .till = till};
    struct step *at = &step;

    assert_ok(till_run(till, &step_kind, &at, NULL));
    return step.id;
}

static void a_number_is_pending_with_one_content(void **state)
{
    struct till *till = *state;
    struct trade_change change = {.adjustment_no = STR("A1"),
                                  .kind = TRADE_ADJUSTMENT_EVENT,
                                  .event = LEDGER_EVENT_ADJUSTMENT_CREDITED,
                                  .merchant_id = till->merchant_id,
                                  .currency = CURRENCY_CNY,
                                  .amounts = {[LEDGER_AMOUNT_GROSS] = {1}}};
    struct review_item first, again;

    assert_ok(adjust(till, &change, &first));
    assert_ok(adjust(till, &change, &again));
    assert_int_equal(again.id, first.id);
    change.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT(2);
    assert_refused(till, adjust(till, &change, &again), ERR_TRADE_ORDER_CONFLICT, "adjustment_no");
    change.kind = TRADE_ADJUSTMENT_LEGS; /* told before the form */
    assert_refused(till, adjust(till, &change, &again), ERR_TRADE_ORDER_CONFLICT, "adjustment_no");
    assert_ok(till_run(till, &review_withdraw_kind,
                       &(struct review_decide){.review_id = first.id, .key_id = 7}, &again));
    change.kind = TRADE_ADJUSTMENT_EVENT;
    assert_ok(adjust(till, &change, &again));
    assert_true(again.id != first.id);
}

/* And again when it is approved. */
static void what_the_balance_cannot_bear_is_refused_when_it_is_asked_for(void **state)
{
    struct till *till = *state;
    struct trade_leg legs[] = {
        {.account = account_of(till), .side = LEDGER_DEBIT, .amount = AMOUNT(101)},
        {.account = other_account(till, false), .side = LEDGER_CREDIT, .amount = AMOUNT(101)}};
    struct trade_change by_legs = {.kind = TRADE_ADJUSTMENT_LEGS, .legs = {legs, ARRAY_LEN(legs)}};
    struct trade_change by_event = {.kind = TRADE_ADJUSTMENT_EVENT,
                                    .event = LEDGER_EVENT_ADJUSTMENT_DEBITED,
                                    .merchant_id = till->merchant_id,
                                    .currency = CURRENCY_USD,
                                    .amounts = {[LEDGER_AMOUNT_GROSS] = {101}}};
    struct review_item first, second;
    int64_t before;

    (void)collect(till, 100, 0, 0);
    before = posted(till);
    assert_refused(till, adjust(till, &by_legs, &first), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_refused(till, adjust(till, &by_event, &first), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    by_event.currency = CURRENCY_CNY;
    assert_refused(till, adjust(till, &by_event, &first), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_int_equal(posted(till), before);
    by_event.amounts[LEDGER_AMOUNT_GROSS] = legs[0].amount = legs[1].amount = AMOUNT(60);
    assert_ok(adjust(till, &by_event, &first));
    assert_ok(adjust(till, &by_legs, &second));
    assert_ok(approve(till, &first));
    assert_refused(till, approve(till, &second), ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_int_equal(posted(till), before - 60);
}

/* What each kind takes is told before anything is looked up. */
static void the_form_of_an_adjustment_is_told_first(void **state)
{
    struct till *till = *state;
    struct trade_leg leg = {.side = LEDGER_DEBIT, .amount = AMOUNT(1), .matures_on = 20261350};
    struct trade_change change = {.kind = TRADE_ADJUSTMENT_REVERSAL,
                                  .legs = {&leg, 1},
                                  .event = LEDGER_EVENT_ADJUSTMENT_CREDITED,
                                  .merchant_id = 404,
                                  .currency = CURRENCY_CNY,
                                  .amounts = {[LEDGER_AMOUNT_GROSS] = {1}}};
    struct review_item review;

    assert_ok(adjust(till,
                     &(struct trade_change){.adjustment_no = STR("A1"),
                                            .kind = TRADE_ADJUSTMENT_EVENT,
                                            .event = LEDGER_EVENT_ADJUSTMENT_CREDITED,
                                            .merchant_id = till->merchant_id,
                                            .currency = CURRENCY_CNY,
                                            .amounts = {[LEDGER_AMOUNT_GROSS] = {1}}},
                     &review));
    assert_ok(approve(till, &review));
    change.adjustment_no = STR("A1");
    assert_refused(till, adjust(till, &change, &review), ERR_TRADE_ORDER_CONFLICT, "adjustment_no");
    change.adjustment_no = STR("A2");
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "original");
    change.original = 404;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "legs");
    change.kind = TRADE_ADJUSTMENT_CORRECTION;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "event");
    change.event = 0;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "merchant_id");
    change.merchant_id = 0;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "currency");
    change.currency = 0;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "amount");
    change.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT_ZERO;
    assert_refused(till, adjust(till, &change, &review), ERR_LEDGER_MATURITY, "legs[0].matures_on");
    leg.matures_on = 0;
    assert_refused(till, adjust(till, &change, &review), ERR_LEDGER_JOURNAL, "original");
}

/* ---- manual vouchers ---- */

struct by_hand {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    bool merchant, channel, exchange;
    struct amount amounts[LEDGER_AMOUNT_END];
    int64_t payable; /* what it adds to 2241 of the merchant in CNY */
};

#define IS_GROSS(minor_) .amounts = {[LEDGER_AMOUNT_GROSS] = {minor_}}
#define IS_GROSS_AND(name_)                                                                        \
    .amounts = {[LEDGER_AMOUNT_GROSS] = {1000}, [LEDGER_AMOUNT_##name_] = {10}}
#define IS_EXCHANGE                                                                                \
    .amounts = {[LEDGER_AMOUNT_SOLD] = {700},                                                      \
                [LEDGER_AMOUNT_BOUGHT] = {100},                                                    \
                [LEDGER_AMOUNT_ROUNDING] = {-1}}

static const struct by_hand manual[] = {
    {LEDGER_EVENT_CHANNEL_COST_ACCRUED, .channel = true, .amounts = {[LEDGER_AMOUNT_COST] = {10}}},
    {LEDGER_EVENT_CHANNEL_SETTLED, .channel = true, IS_GROSS_AND(COST)},
    {LEDGER_EVENT_SURPLUS_FOUND, .channel = true, IS_GROSS(2000)},
    {LEDGER_EVENT_SURPLUS_RESOLVED, .merchant = true, IS_GROSS_AND(FEE), .payable = 990},
    {LEDGER_EVENT_SURPLUS_REFUNDED, .channel = true, IS_GROSS(1000)},
    {LEDGER_EVENT_SHORTAGE_FOUND, .channel = true, IS_GROSS(2000)},
    {LEDGER_EVENT_SHORTAGE_RECEIVED, .channel = true, IS_GROSS(1000)},
    {LEDGER_EVENT_SHORTAGE_WRITTEN_OFF, .channel = true, IS_GROSS(1000)},
    {LEDGER_EVENT_CHANNEL_FEE_DIFFERED, .channel = true,
     .amounts = {[LEDGER_AMOUNT_DIFFERENCE] = {-5}}},
    {LEDGER_EVENT_MERCHANT_TOPPED_UP, .merchant = true, IS_GROSS_AND(FEE), .payable = 990},
    {LEDGER_EVENT_DEPOSIT_PAID_IN, .merchant = true, IS_GROSS(1000)},
    {LEDGER_EVENT_DEPOSIT_TAKEN, .merchant = true, IS_GROSS(500), .payable = -500},
    {LEDGER_EVENT_DEPOSIT_RETURNED, .merchant = true, IS_GROSS(1500), .payable = 1500},
    {LEDGER_EVENT_CURRENCY_SOLD, .merchant = true, .exchange = true, IS_EXCHANGE, .payable = -700},
    {LEDGER_EVENT_CURRENCY_BOUGHT, .merchant = true, .exchange = true, IS_EXCHANGE,
     .payable = -700},
    {LEDGER_EVENT_INTEREST_PAID, .merchant = true, IS_GROSS(3), .payable = 3},
    {LEDGER_EVENT_PLATFORM_FEE_CHARGED, LEDGER_FUND_COLLECT, .merchant = true,
     .amounts = {[LEDGER_AMOUNT_FEE] = {7}}, .payable = -7},
    {LEDGER_EVENT_PLATFORM_FEE_CHARGED, LEDGER_FUND_DIRECT, .merchant = true,
     .amounts = {[LEDGER_AMOUNT_FEE] = {7}}},
    {LEDGER_EVENT_CHARGEBACK_LOST, .merchant = true, .channel = true, IS_GROSS_AND(SHORT),
     .payable = -990},
    {LEDGER_EVENT_ADJUSTMENT_CREDITED, .merchant = true, IS_GROSS(5), .payable = 5},
    {LEDGER_EVENT_ADJUSTMENT_DEBITED, .merchant = true, IS_GROSS(5), .payable = -5},
};

static struct trade_change change_of(struct till *till, const struct by_hand *by_hand)
{
    struct trade_change change = {
        .kind = TRADE_ADJUSTMENT_EVENT,
        .event = by_hand->event,
        .mode = by_hand->mode,
        .merchant_id = by_hand->merchant ? till->merchant_id : 0,
        .channel_account_id = by_hand->channel ? till->account_id : 0,
        .currency = CURRENCY_CNY,
        .other_currency = by_hand->exchange ? CURRENCY_USD : 0,
    };

    memcpy(change.amounts, by_hand->amounts, sizeof(change.amounts));
    return change;
}

static int64_t limit_of(struct till *till, const struct by_hand *by_hand)
{
    const struct trade_change change = change_of(till, by_hand);
    struct review_item review;

    assert_ok(adjust(till, &change, &review));
    assert_ok(approve(till, &review));
    return review.needed;
}

enum { FOUND = 70 }; /* more than one question asks for */

struct finding {
    struct arena *arena;
    int64_t journals[FOUND];
    int64_t ids[FOUND];
};

static void find_adjustments(void *ctx, struct reader *reader)
{
    struct finding *finding = ctx;

    CHECK(trade_read_adjustments_of(reader, finding->journals, FOUND, finding->arena,
                                    finding->ids) == ERR_OK);
}

static void adjustments_are_found_by_their_journals(void **state)
{
    struct till *till = *state;
    const struct by_hand credited = {LEDGER_EVENT_ADJUSTMENT_CREDITED, .merchant = true,
                                     IS_GROSS(5)};
    struct finding finding = {.arena = till->arena, .journals = {[FOUND - 1] = 404}};

    for (int64_t i = 0; i < FOUND - 1; i++) {
        (void)limit_of(till, &credited);
        finding.journals[i] =
            journal_of(till, LEDGER_SOURCE_ADJUSTMENT, LEDGER_OPERATION_SUCCEEDED, i + 1);
    }
    assert_ok(store_read(till->store, find_adjustments, &finding));
    for (int64_t i = 0; i < FOUND - 1; i++) {
        assert_int_equal(finding.ids[i], i + 1);
    }
    assert_int_equal(finding.ids[FOUND - 1], 0);
}

/* Each is booked under its adjustment, and reversed as one. */
static void what_nothing_else_books_is_booked_by_hand(void **state)
{
    struct till *till = *state;

    (void)collect(till, 100000, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(manual); i++) {
        int64_t before = posted(till), journal_id;
        struct review_item review;

        assert_int_equal(limit_of(till, &manual[i]), manual[i].exchange ? 2 : 1);
        assert_int_equal(posted(till) - before, manual[i].payable);
        journal_id =
            journal_of(till, LEDGER_SOURCE_ADJUSTMENT, LEDGER_OPERATION_SUCCEEDED, (int64_t)i + 1);
        assert_ok(ask_reversal(till, journal_id, &review));
    }
}

static void a_manual_voucher_is_reversed_as_an_adjustment(void **state)
{
    struct till *till = *state;
    const struct by_hand deposit = {LEDGER_EVENT_DEPOSIT_TAKEN, .merchant = true, IS_GROSS(500)};
    struct review_item review;

    (void)collect(till, 1000, 0, 0);
    (void)limit_of(till, &deposit);
    assert_int_equal(posted(till), 500);
    assert_ok(ask_reversal(
        till, journal_of(till, LEDGER_SOURCE_ADJUSTMENT, LEDGER_OPERATION_SUCCEEDED, 1), &review));
    assert_ok(approve(till, &review));
    assert_int_equal(posted(till), 1000);
}

static void the_largest_amount_of_a_manual_voucher_is_what_the_limit_is_for(void **state)
{
    struct till *till = *state;
    struct by_hand differed = {LEDGER_EVENT_CHANNEL_FEE_DIFFERED, .channel = true,
                               .amounts = {[LEDGER_AMOUNT_DIFFERENCE] = {-100000}}};

    assert_int_equal(limit_of(till, &differed), 1);
    differed.amounts[LEDGER_AMOUNT_DIFFERENCE] = AMOUNT(-100001);
    assert_int_equal(limit_of(till, &differed), 2);
}

static void the_refusals_of_a_manual_voucher_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct trade_change change = {.kind = TRADE_ADJUSTMENT_EVENT, .receiver_id = 404};
    struct review_item review;

    change.amounts[LEDGER_AMOUNT_FEE] = AMOUNT(1);
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "event");
    change.event = LEDGER_EVENT_PLATFORM_FEE_CHARGED;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "mode");
    change.event = LEDGER_EVENT_CHARGEBACK_LOST;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "merchant_id");
    change.merchant_id = 404;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "channel_account_id");
    change.channel_account_id = 404;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "receiver_id");
    change.receiver_id = 0;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "currency");
    change.currency = change.other_currency = CURRENCY_CNY;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "other_currency");
    change.other_currency = 0;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "amount");
    change.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT(10);
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "fee");
    change.amounts[LEDGER_AMOUNT_FEE] = AMOUNT_ZERO;
    change.amounts[LEDGER_AMOUNT_SHORT] = AMOUNT(11);
    assert_refused(till, adjust(till, &change, &review), ERR_MERCHANT_NOT_FOUND, "merchant_id");
    change.merchant_id = till->merchant_id;
    assert_refused(till, adjust(till, &change, &review), ERR_CHANNEL_NOT_FOUND,
                   "channel_account_id");
    change.channel_account_id = till->account_id;
    assert_refused(till, adjust(till, &change, &review), ERR_LEDGER_AMOUNT, "short");
    change.amounts[LEDGER_AMOUNT_SHORT] = AMOUNT(10);
    assert_ok(adjust(till, &change, &review));
    assert_ok(approve(till, &review));
}

static void an_exchange_is_of_two_currencies_and_a_share_of_two_merchants(void **state)
{
    struct till *till = *state;
    struct trade_change change = {.kind = TRADE_ADJUSTMENT_EVENT,
                                  .event = LEDGER_EVENT_CURRENCY_SOLD,
                                  .merchant_id = till->merchant_id,
                                  .currency = CURRENCY_CNY};
    struct review_item review;

    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "other_currency");
    change.other_currency = CURRENCY_CNY;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "sold");
    change.amounts[LEDGER_AMOUNT_SOLD] = AMOUNT(7);
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "bought");
    change.amounts[LEDGER_AMOUNT_BOUGHT] = AMOUNT(1);
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "other_currency");
    change.other_currency = 0;
    change.event = LEDGER_EVENT_PROFIT_SHARED;
    memset(change.amounts, 0, sizeof(change.amounts));
    change.amounts[LEDGER_AMOUNT_GROSS] = AMOUNT(1);
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_REQUIRED, "receiver_id");
    change.receiver_id = 404;
    assert_refused(till, adjust(till, &change, &review), ERR_MERCHANT_NOT_FOUND, "receiver_id");
    change.receiver_id = change.merchant_id;
    assert_refused(till, adjust(till, &change, &review), ERR_FIELD_VALUE, "receiver_id");
}

static void the_refusals_of_a_correction_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct trade_leg legs[] = {
        {.account = 404, .side = LEDGER_DEBIT, .amount = AMOUNT(INT64_MAX)},
        {.account = waiting_account(till), .side = LEDGER_DEBIT, .amount = AMOUNT(1)},
        {.account = account_of(till), .side = LEDGER_CREDIT, .amount = AMOUNT(2)}};
    struct trade_change change = {.kind = TRADE_ADJUSTMENT_CORRECTION,
                                  .original = paid_journal(till, collect(till, 1000, 0, 0)),
                                  .legs = {legs, ARRAY_LEN(legs)}};
    struct review_item review;

    assert_refused(till, adjust(till, &change, &review), ERR_TRADE_NOT_REVERSED, "original");
    assert_ok(ask_reversal(till, change.original, &review));
    assert_ok(approve(till, &review));
    assert_refused(till, adjust(till, &change, &review), ERR_LEDGER_ACCOUNT, "legs[0].account");
    legs[0].account = other_account(till, false);
    assert_refused(till, adjust(till, &change, &review), ERR_LEDGER_CODE_OWN, "legs[1].account");
    legs[1].account = legs[0].account;
    assert_refused(till, adjust(till, &change, &review), ERR_LEDGER_OVERFLOW, "legs[1].amount");
    legs[0].amount = AMOUNT(2);
    assert_refused(till, adjust(till, &change, &review), ERR_LEDGER_UNBALANCED, "CNY");
    legs[0].amount = AMOUNT(1);
    assert_ok(adjust(till, &change, &review));
    assert_ok(approve(till, &review));
    assert_refused(till, adjust(till, &change, &review), ERR_TRADE_CORRECTED, "original");
}

/* What is booked, and the price it was booked at, is appended: the store has no way to change it
 * (tx_edit and tx_delete stop the process for such a table). */
static void nothing_that_was_booked_can_be_changed(void **state)
{
    const struct table *const tables[] = {&trade_adjustment_table, &rate_table};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        assert_true(tables[i]->append_only);
        for (size_t j = 1; j < tables[i]->column_count; j++) {
            assert_true(tables[i]->columns[j].fixed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cash_out_holds_its_amount_and_fee_at_once),
        cmocka_unit_test(a5_a_repeated_cash_out_withdraws_once),
        cmocka_unit_test(another_cash_out_under_the_same_number_names_what_differs),
        cmocka_unit_test(a5_a_cash_out_without_a_rate_is_free),
        cmocka_unit_test(a5_the_card_is_the_merchants_own),
        cmocka_unit_test(the_fee_must_be_there_too),
        cmocka_unit_test(money_that_has_not_matured_cannot_be_taken_out),
        cmocka_unit_test(a13_only_a_merchants_own_payable_account_pays_out),
        cmocka_unit_test(an_account_whose_debits_are_blocked_pays_nothing_out),
        cmocka_unit_test(what_was_held_before_a_block_is_paid),
        cmocka_unit_test(a_cash_out_that_is_paid_goes_over_payments_in_transit),
        cmocka_unit_test(a_cash_out_that_fails_gives_everything_back),
        cmocka_unit_test(a_cash_out_that_fails_on_its_way_gives_everything_back),
        cmocka_unit_test(a6_a_returned_cash_out_is_credited_and_may_be_spent),
        cmocka_unit_test(a6_a_returned_cash_out_may_bring_its_fee_back),
        cmocka_unit_test(a_cancelled_cash_out_gives_amount_and_fee_back),
        cmocka_unit_test(only_ones_own_cash_out_is_cancelled_and_only_while_it_waits),
        cmocka_unit_test(what_the_bank_has_done_is_booked_when_it_is_approved),
        cmocka_unit_test(an_outcome_that_was_overtaken_is_refused),
        cmocka_unit_test(a_large_outcome_needs_two_checkers),
        cmocka_unit_test(the_refusals_of_an_outcome_come_in_the_documented_order),
        cmocka_unit_test(a_cash_out_moves_only_as_its_states_allow),
        cmocka_unit_test(a14_cash_outs_at_the_same_time_do_not_disturb_each_other),
        cmocka_unit_test(a_refund_is_held_and_then_taken_from_the_merchant),
        cmocka_unit_test(a_refund_that_fails_gives_back_what_it_reserved),
        cmocka_unit_test(a_refund_made_by_hand_is_reviewed),
        cmocka_unit_test(a16_refunds_of_a_payment_never_exceed_what_was_paid),
        cmocka_unit_test(a15_a_repeated_refund_is_the_first_one),
        cmocka_unit_test(a_refund_needs_a_payment_that_has_succeeded),
        cmocka_unit_test(a_reversed_payment_is_not_refunded_nor_is_a_corrected_one),
        cmocka_unit_test(a_refunded_payment_is_not_reversed),
        cmocka_unit_test(a_payment_whose_refund_failed_is_reversed),
        cmocka_unit_test(what_belongs_to_a_state_machine_is_not_reversed),
        cmocka_unit_test(a_refund_needs_the_merchants_money),
        cmocka_unit_test(what_was_reserved_before_a_block_is_refunded),
        cmocka_unit_test(a_refund_that_was_reserved_is_booked_whatever_comes_over_the_account),
        cmocka_unit_test(a_full_refund_with_its_fee_leaves_nothing),
        cmocka_unit_test(a_fee_that_took_everything_comes_back_whole),
        cmocka_unit_test(many_refunds_bring_the_fee_back_to_the_last_unit),
        cmocka_unit_test(money_that_waits_is_refunded_when_it_has_been_booked),
        cmocka_unit_test(what_waits_is_reversed_when_it_has_been_booked),
        cmocka_unit_test(what_waits_is_reversed_out_of_other_money),
        cmocka_unit_test(while_money_waits_its_refund_is_taken_from_other_money),
        cmocka_unit_test(immature_money_is_refunded_from_its_own_maturity),
        cmocka_unit_test(a_failed_refund_gives_immature_money_back_as_immature),
        cmocka_unit_test(a_refund_above_what_matures_takes_the_rest_from_what_is_available),
        cmocka_unit_test(immature_money_and_a_returned_fee_make_a_full_refund),
        cmocka_unit_test(in_direct_mode_only_fees_are_booked),
        cmocka_unit_test(the_refusals_of_a_cash_out_come_in_the_documented_order),
        cmocka_unit_test(of_a_closed_account_that_is_told_before_its_balance),
        cmocka_unit_test(the_refusals_of_a_refund_come_in_the_documented_order),
        cmocka_unit_test(the_refusals_of_a_completed_refund_come_in_the_documented_order),
        cmocka_unit_test(the_refusals_of_a_failed_refund_come_in_the_documented_order),
        cmocka_unit_test(a_number_is_pending_with_one_content),
        cmocka_unit_test(what_the_balance_cannot_bear_is_refused_when_it_is_asked_for),
        cmocka_unit_test(the_form_of_an_adjustment_is_told_first),
        cmocka_unit_test(adjustments_are_found_by_their_journals),
        cmocka_unit_test(what_nothing_else_books_is_booked_by_hand),
        cmocka_unit_test(a_manual_voucher_is_reversed_as_an_adjustment),
        cmocka_unit_test(the_largest_amount_of_a_manual_voucher_is_what_the_limit_is_for),
        cmocka_unit_test(the_refusals_of_a_manual_voucher_come_in_the_documented_order),
        cmocka_unit_test(an_exchange_is_of_two_currencies_and_a_share_of_two_merchants),
        cmocka_unit_test(the_refusals_of_a_correction_come_in_the_documented_order),
        cmocka_unit_test(nothing_that_was_booked_can_be_changed),
    };

    return run_on_each_database(tests, ARRAY_LEN(tests), set_up, tear_down);
}
