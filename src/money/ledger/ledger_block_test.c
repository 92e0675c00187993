/* The rules of blocks (冻结), of holds that wait, and of closed accounts. */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22 };

struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
};

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
    };

    assert_ok(books_transfer(books, s.channel, s.merchant, 1000));
    return s;
}

static void finish(struct shop *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

static struct ledger_hold_place placing(struct shop *s, enum ledger_hold_effect effect,
                                        int64_t amount)
{
    return (struct ledger_hold_place){
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = s->merchant,
        .kind = LEDGER_HOLD_JUDICIAL,
        .effect = effect,
        .amount = AMOUNT(amount),
        .operator_id = 99,
        .reason = STR("court order"),
        .document_no = STR("(2025)沪01执1号"),
    };
}

static enum err place(struct shop *s, const struct ledger_hold_place *arg, int64_t *hold_id)
{
    struct ledger_held held = {0};
    enum err err = books_command(s->books, &ledger_place_kind, arg, &held);

    *hold_id = held.hold_id;
    return err;
}

static int64_t placed(struct shop *s, enum ledger_hold_effect effect, int64_t amount)
{
    const struct ledger_hold_place arg = placing(s, effect, amount);
    int64_t hold_id;

    assert_ok(place(s, &arg, &hold_id));
    return hold_id;
}

static enum err release(struct shop *s, int64_t hold_id)
{
    const struct ledger_hold_release arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_RELEASE),
        .hold_id = hold_id,
        .whole = true,
    };
    struct ledger_held held;

    return books_command(s->books, &ledger_release_kind, &arg, &held);
}

static enum err capture(struct shop *s, int64_t hold_id, int64_t amount)
{
    const struct ledger_leg legs[] = {debit(s->merchant, amount), credit(s->channel, amount)};
    const struct ledger_hold_capture arg = {
        .hold_id = hold_id,
        .post = {.reference = books_reference(s->books, LEDGER_OPERATION_CAPTURE),
                 .legs = legs,
                 .leg_count = 2},
    };
    struct ledger_held held;

    return books_command(s->books, &ledger_capture_kind, &arg, &held);
}

static void get_hold_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_hold *hold = ctx;

    assert_ok(ledger_read_hold(reader, hold->id, books->arena, hold));
}

static struct ledger_hold get_hold(struct shop *s, int64_t id)
{
    struct ledger_hold hold = {.id = id};

    books_read(s->books, get_hold_run, &hold);
    return hold;
}

static enum err pay_in(struct shop *s)
{
    return books_transfer(s->books, s->channel, s->merchant, 10);
}

static enum err pay_out(struct shop *s)
{
    return books_transfer(s->books, s->merchant, s->channel, 10);
}

static void assert_in_out(struct shop *s, enum err in, enum err out)
{
    assert_refused(s->books, pay_in(s), in, in == ERR_OK ? "" : "legs[1].account");
    assert_refused(s->books, pay_out(s), out, out == ERR_OK ? "" : "legs[0].account");
}

static void a_block_stops_one_side_or_both(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, LEDGER_HOLD_CREDIT_BLOCK, 0);

    assert_in_out(&s, ERR_LEDGER_CREDIT_BLOCKED, ERR_OK);
    assert_ok(release(&s, id));
    id = placed(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    assert_in_out(&s, ERR_OK, ERR_LEDGER_DEBIT_BLOCKED);
    assert_ok(release(&s, id));
    id = placed(&s, LEDGER_HOLD_FULL_BLOCK, 0);
    assert_in_out(&s, ERR_LEDGER_CREDIT_BLOCKED, ERR_LEDGER_DEBIT_BLOCKED);
    assert_ok(release(&s, id));
    assert_in_out(&s, ERR_OK, ERR_OK);
    assert_int_equal(books_get(s.books, s.merchant).holds, 0);
    finish(&s);
}

/* The seed's four freezes overwrote one status, and any unfreeze ended them all. */
static void blocks_overlap_and_each_ends_by_its_own_release(void **state)
{
    struct shop s = shop_open(state);
    int64_t credits = placed(&s, LEDGER_HOLD_CREDIT_BLOCK, 0);
    int64_t debits = placed(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    int64_t both = placed(&s, LEDGER_HOLD_FULL_BLOCK, 0);

    assert_ok(release(&s, both));
    assert_in_out(&s, ERR_LEDGER_CREDIT_BLOCKED, ERR_LEDGER_DEBIT_BLOCKED);
    assert_ok(release(&s, credits));
    assert_in_out(&s, ERR_OK, ERR_LEDGER_DEBIT_BLOCKED);
    assert_refused(s.books, release(&s, credits), ERR_LEDGER_HOLD_CLOSED, "hold");
    assert_ok(release(&s, debits));
    assert_in_out(&s, ERR_OK, ERR_OK);
    finish(&s);
}

static void a_block_holds_no_money(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_FULL_BLOCK, 1);
    int64_t id;

    assert_refused(s.books, place(&s, &arg, &id), ERR_LEDGER_BLOCK_AMOUNT, "amount");
    arg.amount = AMOUNT_ZERO;
    arg.matures_on = 20251125;
    assert_refused(s.books, place(&s, &arg, &id), ERR_LEDGER_MATURITY, "matures_on");
    id = placed(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    assert_int_equal(ledger_available(&(struct ledger_account){0}, 0).minor, 0);
    assert_int_equal(books_get(s.books, s.merchant).held.minor, 0);
    assert_refused(s.books, capture(&s, id, 1), ERR_LEDGER_HOLD_BLOCK, "hold");
    finish(&s);
}

static void who_asked_and_why_is_kept(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold hold = get_hold(&s, placed(&s, LEDGER_HOLD_DEBIT_BLOCK, 0));

    assert_int_equal(hold.operator_id, 99);
    assert_true(str_eq(hold.reason, STR("court order")));
    assert_true(str_eq(hold.document_no, STR("(2025)沪01执1号")));
    finish(&s);
}

/* The seed's debits subtracted what was frozen from the balance, and it was gone. */
static void a3_a_debit_leaves_what_is_frozen_alone(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold = placed(&s, LEDGER_HOLD_AMOUNT, 300);

    for (int i = 1; i <= 3; i++) {
        assert_ok(pay_out(&s));
        assert_int_equal(books_get(s.books, s.merchant).posted.minor, 1000 - 10 * i);
        assert_int_equal(books_get(s.books, s.merchant).held.minor, 300);
    }
    assert_refused(s.books, books_transfer(s.books, s.merchant, s.channel, 671),
                   ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(release(&s, hold));
    assert_ok(books_transfer(s.books, s.merchant, s.channel, 970));
    finish(&s);
}

/* The seed moved money by single-sided updates, so that nothing could be proved. Here every
 * movement has another side, and all accounts together come to nothing at any moment. */
static void a20_no_money_moves_without_its_other_side(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg one[] = {credit(s.merchant, 10)};
    const struct ledger_leg uneven[] = {debit(s.channel, 10), credit(s.merchant, 9)};
    struct ledger_account merchant, channel;

    assert_refused(s.books, books_post(s.books, 0, one, 1, NULL), ERR_LEDGER_LEGS, "legs");
    assert_refused(s.books, books_post(s.books, 0, uneven, 2, NULL), ERR_LEDGER_UNBALANCED, "CNY");
    assert_ok(pay_in(&s));
    merchant = books_get(s.books, s.merchant);
    channel = books_get(s.books, s.channel);
    assert_int_equal(merchant.debits.minor + channel.debits.minor,
                     merchant.credits.minor + channel.credits.minor);
    finish(&s);
}

static void a_forced_deduction_goes_through_a_debit_block(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold = placed(&s, LEDGER_HOLD_AMOUNT, 300);

    (void)placed(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    assert_refused(s.books, pay_out(&s), ERR_LEDGER_DEBIT_BLOCKED, "legs[0].account");
    assert_ok(capture(&s, hold, 300));
    assert_int_equal(books_get(s.books, s.merchant).posted.minor, 700);
    finish(&s);
}

static void a_block_ends_at_its_time(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    int64_t id;

    arg.expires_at_ms = BOOKS_START_MS + 1000;
    assert_ok(place(&s, &arg, &id));
    counter_set(&s.books->now_ms, arg.expires_at_ms);
    assert_ok(books_command(s.books, &ledger_expire_kind, &id, NULL));
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_EXPIRED);
    assert_ok(pay_out(&s));
    finish(&s);
}

/* ---- holds that wait ---- */

static void a_hold_may_begin_later(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_AMOUNT, 400);
    int64_t id;

    arg.starts_at_ms = BOOKS_START_MS + 1000;
    assert_ok(place(&s, &arg, &id));
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_WAITING);
    assert_int_equal(books_get(s.books, s.merchant).held.minor, 0);
    assert_int_equal(books_get(s.books, s.merchant).holds, 1);
    assert_refused(s.books, capture(&s, id, 1), ERR_LEDGER_HOLD_WAITING, "hold");
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL)); /* too early */
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_WAITING);
    counter_set(&s.books->now_ms, arg.starts_at_ms);
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_int_equal(books_get(s.books, s.merchant).held.minor, 400);
    assert_ok(capture(&s, id, 400));
    finish(&s);
}

static void a_hold_may_wait_for_the_money(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_AMOUNT, 1500);
    int64_t id;

    assert_refused(s.books, place(&s, &arg, &id), ERR_LEDGER_INSUFFICIENT, "account");
    arg.may_wait = true;
    arg.rank = 2;
    assert_ok(place(&s, &arg, &id));
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_WAITING);
    assert_ok(books_transfer(s.books, s.channel, s.merchant, 500));
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_OPEN);
    assert_refused(s.books, pay_out(&s), ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    finish(&s);
}

static enum err move(struct shop *s, int64_t from, int64_t to, int64_t amount)
{
    return books_transfer(s->books, from, to, amount);
}

/* 轮候: whatever comes until the money is there is kept, however little it is. */
static void what_comes_is_kept_for_a_hold_that_waits(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_AMOUNT, 1500);
    struct ledger_hold_place other = placing(&s, LEDGER_HOLD_AMOUNT, 101);
    struct ledger_account account;
    int64_t id, other_id;

    arg.may_wait = true;
    assert_ok(place(&s, &arg, &id));
    account = books_get(s.books, s.merchant);
    assert_int_equal(account.awaited.minor, 1500);
    assert_int_equal(ledger_available(&account, 20251122).minor, 0);
    assert_refused(s.books, move(&s, s.merchant, s.channel, 1), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_ok(move(&s, s.channel, s.merchant, 600));
    assert_refused(s.books, place(&s, &other, &other_id), ERR_LEDGER_INSUFFICIENT, "account");
    assert_refused(s.books, move(&s, s.merchant, s.channel, 101), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_ok(move(&s, s.merchant, s.channel, 100));
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    account = books_get(s.books, s.merchant);
    assert_int_equal(account.awaited.minor, 0);
    assert_int_equal(account.held.minor, 1500);
    assert_int_equal(account.posted.minor, 1500);
    finish(&s);
}

/* What was held already goes on, and what is released in part is free again. */
static void a_hold_that_waits_keeps_no_more_than_it_has_left(void **state)
{
    struct shop s = shop_open(state);
    int64_t held = placed(&s, LEDGER_HOLD_AMOUNT, 300), id;
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_AMOUNT, 800);

    arg.may_wait = true;
    assert_ok(place(&s, &arg, &id));
    assert_ok(capture(&s, held, 300));
    assert_refused(s.books, move(&s, s.merchant, s.channel, 1), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_ok(release(&s, id));
    assert_int_equal(books_get(s.books, s.merchant).awaited.minor, 0);
    assert_ok(move(&s, s.merchant, s.channel, 700));
    finish(&s);
}

/* Nothing is kept before its time; from then on, once it has found too little. */
static void a_hold_that_begins_later_keeps_nothing_before(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_AMOUNT, 1500);
    int64_t id;

    arg.starts_at_ms = BOOKS_START_MS + 1000;
    assert_ok(place(&s, &arg, &id));
    assert_ok(move(&s, s.merchant, s.channel, 400));
    counter_set(&s.books->now_ms, arg.starts_at_ms);
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_int_equal(books_get(s.books, s.merchant).awaited.minor, 1500);
    assert_refused(s.books, move(&s, s.merchant, s.channel, 1), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    books_reopen(s.books);
    assert_ok(move(&s, s.channel, s.merchant, 900));
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_int_equal(books_get(s.books, s.merchant).held.minor, 1500);
    finish(&s);
}

/* A debit that waits itself reserves its money at once. */
static enum err defer(struct tx *tx, void *ctx)
{
    return ledger_account_set_deferred(tx, *(const int64_t *)ctx, true);
}

static void money_that_matures_and_entries_that_wait_are_kept_as_well(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 500), credit(s.merchant, 500)};
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_AMOUNT, 1500);
    int64_t id;

    legs[1].matures_on = 20251123;
    assert_ok(books_post(s.books, 0, legs, 2, NULL));
    arg.may_wait = true;
    assert_ok(place(&s, &arg, &id));
    counter_add(&s.books->now_ms, TIME_DAY_MS);
    assert_refused(s.books, move(&s, s.merchant, s.channel, 1), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_ok(books_run(s.books, defer, &s.merchant));
    assert_refused(s.books, move(&s, s.merchant, s.channel, 1), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_ok(move(&s, s.channel, s.merchant, 20));
    assert_refused(s.books, move(&s, s.merchant, s.channel, 20), ERR_LEDGER_INSUFFICIENT,
                   "legs[0].account");
    assert_ok(books_command(s.books, &ledger_pending_kind, &s.merchant, NULL));
    assert_ok(move(&s, s.merchant, s.channel, 20));
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_OPEN);
    finish(&s);
}

static void a_hold_that_waits_can_be_released(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_FULL_BLOCK, 0);
    int64_t id;

    arg.starts_at_ms = BOOKS_START_MS + 1000;
    assert_ok(place(&s, &arg, &id));
    assert_ok(release(&s, id));
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_CLOSED);
    counter_set(&s.books->now_ms, arg.starts_at_ms);
    assert_ok(books_command(s.books, &ledger_start_kind, &id, NULL));
    assert_in_out(&s, ERR_OK, ERR_OK);
    finish(&s);
}

static void a_hold_ends_after_it_begins(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_AMOUNT, 1);
    int64_t id;

    arg.starts_at_ms = BOOKS_START_MS + 1000;
    arg.expires_at_ms = BOOKS_START_MS + 1000;
    assert_refused(s.books, place(&s, &arg, &id), ERR_LEDGER_HOLD_TIMES, "starts_at");
    arg.expires_at_ms = BOOKS_START_MS;
    assert_refused(s.books, place(&s, &arg, &id), ERR_LEDGER_HOLD_EXPIRED, "expires_at");
    finish(&s);
}

/* ---- closed accounts ---- */

struct account_call {
    enum err (*call)(struct tx *tx, int64_t account_id);
    int64_t account_id;
};

static enum err call_account(struct tx *tx, void *ctx)
{
    const struct account_call *call = ctx;

    return call->call(tx, call->account_id);
}

static enum err close_account(struct shop *s, int64_t account_id)
{
    return books_run(s->books, call_account,
                     &(struct account_call){ledger_account_close, account_id});
}

static void each_blocker_of_closing_has_its_code(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold;

    assert_refused(s.books, close_account(&s, 404), ERR_LEDGER_ACCOUNT, "account");
    hold = placed(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    assert_refused(s.books, close_account(&s, s.merchant), ERR_LEDGER_ACCOUNT_BALANCE, "account");
    assert_ok(release(&s, hold));
    assert_ok(books_transfer(s.books, s.merchant, s.channel, 1000));
    hold = placed(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    assert_refused(s.books, close_account(&s, s.merchant), ERR_LEDGER_ACCOUNT_HELD, "account");
    assert_ok(release(&s, hold));
    assert_ok(close_account(&s, s.merchant));
    assert_ok(close_account(&s, s.merchant));
    finish(&s);
}

static void a_closed_account_takes_no_entry_and_no_hold(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_hold_place arg = placing(&s, LEDGER_HOLD_DEBIT_BLOCK, 0);
    int64_t id;

    assert_ok(books_transfer(s.books, s.merchant, s.channel, 1000));
    assert_ok(close_account(&s, s.merchant));
    assert_refused(s.books, pay_in(&s), ERR_LEDGER_ACCOUNT_CLOSED, "legs[1].account");
    assert_refused(s.books, place(&s, &arg, &id), ERR_LEDGER_ACCOUNT_CLOSED, "account");
    assert_ok(books_run(s.books, call_account,
                        &(struct account_call){ledger_account_reopen, s.merchant}));
    assert_ok(pay_in(&s));
    finish(&s);
}

/* ---- serial numbers ---- */

struct serials {
    int64_t accounts[2];
    int64_t serials[2];
    int64_t back;
    enum err unknown, none;
};

static enum err read_serials(struct tx *tx, void *ctx)
{
    struct serials *serials = ctx;
    int64_t ignored;

    for (int i = 0; i < 2; i++) {
        TRY(ledger_account_serial(tx, serials->accounts[i], &serials->serials[i]));
    }
    TRY(ledger_account_by_serial(tx, serials->serials[1], &serials->back));
    serials->unknown = ledger_account_serial(tx, 404, &ignored);
    serials->none = ledger_account_by_serial(tx, 404, &ignored);
    return ERR_OK;
}

static void accounts_are_numbered_without_gaps(void **state)
{
    struct shop s = shop_open(state);
    struct serials serials = {.accounts = {s.channel, s.merchant}};

    (void)books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    assert_ok(books_run(s.books, read_serials, &serials));
    assert_int_equal(serials.serials[0], 1);
    assert_int_equal(serials.serials[1], 2);
    assert_int_equal(serials.back, s.merchant);
    assert_int_equal(serials.unknown, ERR_LEDGER_ACCOUNT);
    assert_int_equal(serials.none, ERR_LEDGER_ACCOUNT);
    serials.accounts[0] =
        books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_USD);
    assert_ok(books_run(s.books, read_serials, &serials));
    assert_int_equal(serials.serials[0], 3);
    finish(&s);
}

/* MySQL may stop between a migration and the record of it: then it is run again. */
static void what_a_migration_fills_in_is_filled_in_once(void **state)
{
    struct shop s = shop_open(state);
    struct serials serials = {.accounts = {s.channel, s.merchant}};

    assert_ok(pay_in(&s));
    if (strcmp(*state, "mysql") == 0) {
        books_sql(s.books, "UPDATE store_migration SET applied_at_ms = 0 "
                           "WHERE name LIKE 'ledger.%'");
        books_reopen(s.books);
    }
    assert_ok(books_run(s.books, read_serials, &serials));
    assert_int_equal(serials.serials[0], 1);
    assert_int_equal(serials.serials[1], 2);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_stops_one_side_or_both),
        cmocka_unit_test(blocks_overlap_and_each_ends_by_its_own_release),
        cmocka_unit_test(a_block_holds_no_money),
        cmocka_unit_test(who_asked_and_why_is_kept),
        cmocka_unit_test(a3_a_debit_leaves_what_is_frozen_alone),
        cmocka_unit_test(a20_no_money_moves_without_its_other_side),
        cmocka_unit_test(a_forced_deduction_goes_through_a_debit_block),
        cmocka_unit_test(a_block_ends_at_its_time),
        cmocka_unit_test(a_hold_may_begin_later),
        cmocka_unit_test(a_hold_may_wait_for_the_money),
        cmocka_unit_test(what_comes_is_kept_for_a_hold_that_waits),
        cmocka_unit_test(a_hold_that_waits_keeps_no_more_than_it_has_left),
        cmocka_unit_test(a_hold_that_begins_later_keeps_nothing_before),
        cmocka_unit_test(money_that_matures_and_entries_that_wait_are_kept_as_well),
        cmocka_unit_test(a_hold_that_waits_can_be_released),
        cmocka_unit_test(a_hold_ends_after_it_begins),
        cmocka_unit_test(each_blocker_of_closing_has_its_code),
        cmocka_unit_test(a_closed_account_takes_no_entry_and_no_hold),
        cmocka_unit_test(accounts_are_numbered_without_gaps),
        cmocka_unit_test(what_a_migration_fills_in_is_filled_in_once),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
