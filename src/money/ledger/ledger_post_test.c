/* The rules of posting: form, precedence, idempotency, floors, the chain of each account. */
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22 };

/* Books with a channel receivable (no floor), a merchant's payable (floor 0) and fee income. */
struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
    int64_t fees;
};

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);

    return (struct shop){
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .fees = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY),
    };
}

/* ---- accounts ---- */

static void an_account_is_found_or_made(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_account account = books_get(s.books, s.merchant);

    assert_int_equal(books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
                     s.merchant);
    assert_int_not_equal(
        books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_USD), s.merchant);
    assert_int_not_equal(
        books_account(s.books, MERCHANT + 1, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        s.merchant);
    assert_int_equal(account.owner_id, MERCHANT);
    assert_int_equal(account.code, LEDGER_CODE_MERCHANT_PAYABLE);
    assert_int_equal(account.side, LEDGER_CREDIT);
    assert_true(account.has_floor);
    assert_int_equal(account.floor.minor, 0);
    assert_int_equal(account.created_at_ms, BOOKS_START_MS);
    assert_int_equal(books_get(s.books, s.channel).side, LEDGER_DEBIT);
    assert_false(books_get(s.books, s.channel).has_floor);
    books_close(s.books);
}

static void an_account_of_no_code_or_currency_is_refused(void **state)
{
    struct books *books = books_open(*state);
    const struct ledger_account_key no_code = {MERCHANT, 9999, CURRENCY_NONE};
    const struct ledger_account_key no_currency = {MERCHANT, LEDGER_CODE_SUSPENSE, CURRENCY_NONE};
    int64_t id;

    assert_refused(books, books_command(books, &ledger_account_kind, &no_code, &id),
                   ERR_LEDGER_CODE, "code");
    assert_refused(books, books_command(books, &ledger_account_kind, &no_currency, &id),
                   ERR_CURRENCY_UNKNOWN, "currency");
    books_close(books);
}

static enum err look_up(struct tx *tx, void *ctx)
{
    const struct shop *s = ctx;
    const struct ledger_account_key known = {MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY};
    const struct ledger_account_key unknown = {MERCHANT, LEDGER_CODE_SUSPENSE, CURRENCY_CNY};
    const struct ledger_account *account;
    int64_t id = 0;

    TRY(ledger_account_id(tx, &known, &id));
    assert_int_equal(id, s->merchant);
    assert_int_equal(ledger_account_id(tx, &unknown, &id), ERR_LEDGER_ACCOUNT);
    TRY(ledger_account_get(tx, id, &account));
    assert_int_equal(account->owner_id, MERCHANT);
    assert_int_equal(ledger_account_get(tx, 404, &account), ERR_LEDGER_ACCOUNT);
    return ERR_OK;
}

static void accounts_are_looked_up_without_being_made(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(books_run(s.books, look_up, &s));
    books_close(s.books);
}

/* ---- a posting ---- */

static void a_posting_moves_each_account_on_its_side(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg legs[] = {debit(s.channel, 10000), credit(s.merchant, 9940),
                                      credit(s.fees, 60)};
    struct ledger_posted posted;
    struct ledger_account channel, merchant;

    assert_ok(books_post(s.books, 0, legs, 3, &posted));
    assert_int_equal(posted.journal_id, 1);
    assert_false(posted.exists);
    channel = books_get(s.books, s.channel);
    merchant = books_get(s.books, s.merchant);
    assert_int_equal(channel.posted.minor, 10000);
    assert_int_equal(channel.debits.minor, 10000);
    assert_int_equal(channel.credits.minor, 0);
    assert_int_equal(channel.sequence, 1);
    assert_int_equal(channel.last_position, 2);
    assert_int_equal(merchant.posted.minor, 9940);
    assert_int_equal(merchant.credits.minor, 9940);
    assert_int_equal(merchant.last_position, 3);
    assert_int_equal(books_get(s.books, s.fees).last_position, 4);
    assert_ok(books_transfer(s.books, s.merchant, s.channel, 1000));
    assert_int_equal(books_get(s.books, s.merchant).posted.minor, 8940);
    assert_int_equal(books_get(s.books, s.merchant).last_position,
                     6); /* three legs took two rows */
    assert_int_equal(books_get(s.books, s.channel).posted.minor, 9000);
    assert_int_equal(books_get(s.books, s.channel).credits.minor, 1000);
    books_assert_right(s.books);
    books_close(s.books);
}

static void one_account_may_stand_on_many_legs(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[LEDGER_LEGS_MAX];
    struct ledger_account merchant;

    legs[0] = debit(s.channel, 630);
    for (size_t i = 1; i < LEDGER_LEGS_MAX; i++) {
        legs[i] = credit(s.merchant, 10);
    }
    assert_ok(books_post(s.books, 0, legs, LEDGER_LEGS_MAX, NULL));
    merchant = books_get(s.books, s.merchant);
    assert_int_equal(merchant.posted.minor, 630);
    assert_int_equal(merchant.sequence, 63);
    assert_int_equal(merchant.last_position, 65);
    assert_int_equal(books_get(s.books, s.channel).sequence, 1);
    books_assert_right(s.books);
    books_close(s.books);
}

static void each_currency_balances_by_itself(void **state)
{
    struct shop s = shop_open(state);
    int64_t usd_channel =
        books_account(s.books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_USD);
    int64_t usd_merchant =
        books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_USD);
    const struct ledger_leg right[] = {debit(s.channel, 700), debit(usd_channel, 100),
                                       credit(usd_merchant, 100), credit(s.merchant, 700)};
    const struct ledger_leg crossed[] = {debit(s.channel, 700), credit(usd_merchant, 700)};
    const struct ledger_leg second[] = {debit(s.channel, 700), credit(s.merchant, 700),
                                        debit(usd_channel, 5), credit(usd_merchant, 4)};

    assert_ok(books_post(s.books, 0, right, 4, NULL));
    assert_refused(s.books, books_post(s.books, 0, crossed, 2, NULL), ERR_LEDGER_UNBALANCED, "CNY");
    assert_refused(s.books, books_post(s.books, 0, second, 4, NULL), ERR_LEDGER_UNBALANCED, "USD");
    books_assert_right(s.books);
    books_close(s.books);
}

/* ---- refusals ---- */

static enum err post_as(struct shop *s, struct ledger_reference reference,
                        const struct ledger_leg *legs, size_t count)
{
    const struct ledger_post post = {.reference = reference, .legs = legs, .leg_count = count};
    struct ledger_posted posted;

    return books_command(s->books, &ledger_transfer_kind, &post, &posted);
}

/* Each step mends the first thing wrong, so the next reason in the order shows. */
static void refusals_come_in_the_documented_order(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_reference reference = {0};
    struct ledger_leg legs[LEDGER_LEGS_MAX + 1];
    size_t count = LEDGER_LEGS_MAX + 1;

    for (size_t i = 0; i < count; i++) {
        legs[i] = debit(404, 0);
    }
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_REFERENCE, "source");
    reference.source = LEDGER_SOURCE_PAYMENT;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_REFERENCE,
                   "business_no");
    reference.business_no = -1;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_REFERENCE,
                   "business_no");
    reference.business_no = 7;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_REFERENCE, "operation");
    reference.operation = LEDGER_OPERATION_TRANSFER;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_LEGS, "legs");
    assert_refused(s.books, post_as(&s, reference, legs, 1), ERR_LEDGER_LEGS, "legs");
    assert_refused(s.books, post_as(&s, reference, legs, 0), ERR_LEDGER_LEGS, "legs");
    count = 2;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_AMOUNT,
                   "legs[0].amount");
    legs[0].amount = AMOUNT(INT64_MAX);
    legs[1].amount = AMOUNT(-5);
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_AMOUNT,
                   "legs[1].amount");
    legs[1].amount = AMOUNT(INT64_MAX);
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_ACCOUNT,
                   "legs[0].account");
    legs[0].account_id = s.merchant;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_ACCOUNT,
                   "legs[1].account");
    legs[1].account_id = s.channel;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_UNBALANCED, "CNY");
    legs[0] = credit(s.merchant, INT64_MAX);
    assert_ok(post_as(&s, reference, legs, count));
    reference.business_no = 8;
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_OVERFLOW,
                   "legs[0].amount");
    legs[0] = debit(s.merchant, INT64_MAX);
    legs[1] = credit(s.fees, INT64_MAX);
    assert_ok(post_as(&s, reference, legs, count));
    reference.business_no = 9;
    legs[0] = debit(s.merchant, 1);
    legs[1] = credit(s.channel, 1);
    assert_refused(s.books, post_as(&s, reference, legs, count), ERR_LEDGER_OVERFLOW,
                   "legs[0].amount"); /* the total of all debits, not the balance */
    books_assert_right(s.books);
    books_close(s.books);
}

struct status {
    int64_t account_id;
    bool closed;
};

static enum err set_closed(struct tx *tx, void *ctx)
{
    const struct status *status = ctx;

    return status->closed ? ledger_account_close(tx, status->account_id)
                          : ledger_account_reopen(tx, status->account_id);
}

static enum err capture(struct shop *s, int64_t hold_id, int64_t business_no,
                        const struct ledger_leg *legs)
{
    const struct ledger_hold_capture capture = {
        .hold_id = hold_id,
        .post = {.reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_CAPTURE, business_no},
                 .legs = legs,
                 .leg_count = 2}};
    struct ledger_held held;

    return books_command(s->books, &ledger_capture_kind, &capture, &held);
}

static int64_t place(struct shop *s, int64_t business_no)
{
    const struct ledger_hold_place place = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_HOLD, business_no},
        .account_id = s->merchant,
        .kind = LEDGER_HOLD_RISK,
        .amount = AMOUNT(5),
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_place_kind, &place, &held));
    return held.hold_id;
}

/* The code of the fees is closed: a capture that is unbalanced, too, from a hold that is not there,
 * on an account that is closed. */
static void a_closed_code_stands_after_the_account_and_before_the_balance(void **state)
{
    struct shop s = shop_open(state);
    struct status status = {s.channel, true};
    int64_t owed = books_account(s.books, MERCHANT, LEDGER_CODE_SUSPENSE, CURRENCY_CNY), hold;
    struct ledger_leg legs[] = {debit(s.fees, 9), credit(404, 7)};

    assert_ok(books_transfer(s.books, owed, s.merchant, 5));
    hold = place(&s, 800);
    assert_ok(books_run(s.books, set_closed, &status));
    store_close(s.books->store);
    books_sql(s.books, "UPDATE ledger_chart SET closed_on = 20251122 WHERE code = 6021");
    CHECK(store_open(&s.books->options, &s.books->store, (char[256]){0}) == ERR_OK);
    assert_refused(s.books, capture(&s, 404, 801, legs), ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    assert_refused(s.books, capture(&s, hold, 801, legs), ERR_LEDGER_ACCOUNT, "legs[1].account");
    legs[1].account_id = s.channel;
    assert_refused(s.books, capture(&s, hold, 801, legs), ERR_LEDGER_ACCOUNT_CLOSED,
                   "legs[1].account");
    status.closed = false;
    assert_ok(books_run(s.books, set_closed, &status));
    assert_refused(s.books, capture(&s, hold, 801, legs), ERR_LEDGER_CODE_CLOSED,
                   "legs[0].account");
    legs[0].account_id = owed;
    assert_refused(s.books, capture(&s, hold, 801, legs), ERR_LEDGER_UNBALANCED, "CNY");
    legs[0].amount = AMOUNT(7);
    assert_refused(s.books, capture(&s, hold, 801, legs), ERR_LEDGER_HOLD_MISMATCH, "legs");
    legs[0] = debit(s.merchant, 7);
    assert_refused(s.books, capture(&s, hold, 801, legs), ERR_LEDGER_HOLD_EXCEEDED, "amount");
    legs[0].amount = legs[1].amount = AMOUNT(5);
    assert_ok(capture(&s, hold, 801, legs));
    books_assert_right(s.books);
    books_close(s.books);
}

static void conflict_stands_before_what_the_accounts_say(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 5), credit(s.merchant, 5)};

    assert_ok(books_post(s.books, 900, legs, 2, NULL));
    legs[0] = debit(404, 6); /* no such account, and unbalanced */
    assert_refused(s.books, books_post(s.books, 900, legs, 2, NULL), ERR_LEDGER_CONFLICT,
                   "legs[0].account");
    legs[1].amount = AMOUNT(0);
    assert_refused(s.books, books_post(s.books, 900, legs, 2, NULL), ERR_LEDGER_AMOUNT,
                   "legs[1].amount");
    books_close(s.books);
}

static void overflow_stands_before_the_floor(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg fill[] = {debit(s.channel, INT64_MAX), credit(s.fees, INT64_MAX)};
    /* The merchant has nothing to give, and the channel's balance cannot take more. */
    const struct ledger_leg both[] = {debit(s.merchant, 1), debit(s.channel, 1), credit(s.fees, 2)};

    assert_ok(books_post(s.books, 0, fill, 2, NULL));
    assert_refused(s.books, books_post(s.books, 0, both, 3, NULL), ERR_LEDGER_OVERFLOW,
                   "legs[1].amount");
    books_close(s.books);
}

/* ---- floors ---- */

static void a_floor_binds_the_balance_after_the_whole_journal(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg through[] = {debit(s.merchant, 100), credit(s.merchant, 100)};

    assert_refused(s.books, books_transfer(s.books, s.merchant, s.channel, 1),
                   ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(books_post(s.books, 0, through, 2, NULL));
    assert_ok(books_transfer(s.books, s.channel, s.merchant, 100));
    assert_refused(s.books, books_transfer(s.books, s.merchant, s.channel, 101),
                   ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(books_transfer(s.books, s.merchant, s.channel, 100));
    assert_ok(books_transfer(s.books, s.fees, s.channel, 5)); /* no floor: it may be overdrawn */
    assert_int_equal(books_get(s.books, s.fees).posted.minor, -5);
    books_assert_right(s.books);
    books_close(s.books);
}

struct floor_change {
    int64_t account_id;
    bool has_floor;
    int64_t floor;
};

static enum err set_floor(struct tx *tx, void *ctx)
{
    const struct floor_change *change = ctx;

    return ledger_account_set_floor(tx, change->account_id, change->has_floor,
                                    AMOUNT(change->floor));
}

static void a_negative_floor_is_a_credit_line(void **state)
{
    struct shop s = shop_open(state);
    struct floor_change change = {s.merchant, true, -50};
    struct ledger_account account;

    assert_ok(books_run(s.books, set_floor, &change));
    assert_refused(s.books, books_transfer(s.books, s.merchant, s.channel, 51),
                   ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(books_transfer(s.books, s.merchant, s.channel, 20));
    account = books_get(s.books, s.merchant);
    assert_int_equal(account.posted.minor, -20);
    assert_int_equal(ledger_available(&account, LEDGER_NO_DATE).minor, 30);
    change.floor = -19;
    assert_refused(s.books, books_run(s.books, set_floor, &change), ERR_LEDGER_INSUFFICIENT,
                   "floor");
    change.account_id = 404;
    assert_refused(s.books, books_run(s.books, set_floor, &change), ERR_LEDGER_ACCOUNT, "account");
    change = (struct floor_change){s.merchant, false, 77};
    assert_ok(books_run(s.books, set_floor, &change));
    assert_int_equal(books_get(s.books, s.merchant).floor.minor, 0);
    assert_ok(books_transfer(s.books, s.merchant, s.channel, 1000));
    books_assert_right(s.books);
    books_close(s.books);
}

static void available_does_not_overflow(void **state)
{
    const struct ledger_account low = {
        .has_floor = true, .floor = {INT64_MIN}, .posted = {INT64_MAX}};
    const struct ledger_account high = {
        .has_floor = true, .floor = {INT64_MAX}, .posted = {INT64_MIN}, .held = {1}};

    (void)state;
    assert_int_equal(ledger_available(&low, LEDGER_NO_DATE).minor, INT64_MAX);
    assert_int_equal(ledger_available(&high, LEDGER_NO_DATE).minor, INT64_MIN);
}

/* ---- idempotency ---- */

static void the_same_posting_is_booked_once(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[5] = {debit(s.channel, 100), credit(s.merchant, 40),
                                 credit(s.merchant, 30), credit(s.fees, 29), credit(s.fees, 1)};
    struct ledger_posted first, again;

    assert_ok(books_post(s.books, 500, legs, 5, &first));
    assert_ok(books_post(s.books, 500, legs, 5, &again));
    assert_true(again.exists);
    assert_int_equal(again.journal_id, first.journal_id);
    books_reopen(s.books);
    assert_ok(books_post(s.books, 500, legs, 5, &again));
    assert_true(again.exists);
    assert_int_equal(again.journal_id, first.journal_id);
    assert_int_equal(books_get(s.books, s.channel).posted.minor, 100);
    books_close(s.books);
}

static void other_content_is_a_conflict_that_names_the_field(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 100), credit(s.merchant, 40),
                                credit(s.merchant, 60)};

    assert_ok(books_post(s.books, 500, legs, 3, NULL));
    assert_refused(s.books, books_post(s.books, 500, legs, 2, NULL), ERR_LEDGER_CONFLICT, "legs");
    legs[2].account_id = s.fees;
    assert_refused(s.books, books_post(s.books, 500, legs, 3, NULL), ERR_LEDGER_CONFLICT,
                   "legs[2].account");
    legs[2] = debit(s.merchant, 60);
    assert_refused(s.books, books_post(s.books, 500, legs, 3, NULL), ERR_LEDGER_CONFLICT,
                   "legs[2].side");
    legs[2] = credit(s.merchant, 61);
    assert_refused(s.books, books_post(s.books, 500, legs, 3, NULL), ERR_LEDGER_CONFLICT,
                   "legs[2].amount");
    legs[1].amount = AMOUNT(39); /* the first difference is told */
    assert_refused(s.books, books_post(s.books, 500, legs, 3, NULL), ERR_LEDGER_CONFLICT,
                   "legs[1].amount");
    books_reopen(s.books);
    assert_refused(s.books, books_post(s.books, 500, legs, 3, NULL), ERR_LEDGER_CONFLICT,
                   "legs[1].amount");
    assert_int_equal(books_get(s.books, s.channel).posted.minor, 100);
    books_close(s.books);
}

static void each_part_of_the_reference_makes_another_journal(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg legs[] = {debit(s.channel, 5), credit(s.merchant, 5)};
    struct ledger_reference reference = {LEDGER_SOURCE_PAYMENT, LEDGER_OPERATION_TRANSFER, 3};

    assert_ok(post_as(&s, reference, legs, 2));
    reference.operation = LEDGER_OPERATION_SUCCEEDED;
    assert_ok(post_as(&s, reference, legs, 2));
    reference.source = LEDGER_SOURCE_OPERATOR;
    assert_ok(post_as(&s, reference, legs, 2));
    reference.business_no = 2;
    assert_ok(post_as(&s, reference, legs, 2));
    assert_int_equal(books_get(s.books, s.channel).posted.minor, 20);
    books_assert_right(s.books);
    books_close(s.books);
}

/* ---- no trace ---- */

struct attempts {
    struct shop *shop;
    enum err first;
};

/* A refused posting in the middle of a command that goes on. */
static enum err refused_then_right(struct tx *tx, void *ctx)
{
    struct attempts *attempts = ctx;
    struct shop *s = attempts->shop;
    struct ledger_leg legs[] = {debit(s->channel, 10), debit(s->merchant, 10), credit(s->fees, 20)};
    const struct ledger_post wrong = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, 700},
        .legs = legs,
        .leg_count = 3,
    };
    const struct ledger_leg right_legs[] = {debit(s->channel, 3), credit(s->merchant, 3)};
    struct ledger_post right = wrong;
    struct ledger_posted posted;

    attempts->first = ledger_post(tx, &wrong, NULL);
    right.legs = right_legs;
    right.leg_count = 2;
    TRY(ledger_post(tx, &right, &posted));
    assert_int_equal(posted.journal_id, 1);
    assert_false(posted.exists);
    return ERR_OK;
}

static void a_refused_posting_leaves_no_trace_in_its_command(void **state)
{
    struct shop s = shop_open(state);
    struct attempts attempts = {.shop = &s};

    assert_ok(books_run(s.books, refused_then_right, &attempts));
    assert_int_equal(attempts.first, ERR_LEDGER_INSUFFICIENT);
    assert_int_equal(books_get(s.books, s.channel).posted.minor, 3);
    assert_int_equal(books_get(s.books, s.fees).sequence, 0);
    books_assert_right(s.books);
    books_close(s.books);
}

static enum err post_then_refuse(struct tx *tx, void *ctx)
{
    struct shop *s = ctx;
    const struct ledger_leg legs[] = {debit(s->channel, 3), credit(s->merchant, 3)};
    const struct ledger_post post = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, 700},
        .legs = legs,
        .leg_count = 2,
    };

    TRY(ledger_post(tx, &post, NULL));
    return tx_refuse(tx, ERR_FIELD_VALUE, "later");
}

static void a_command_refused_after_posting_leaves_no_trace(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg legs[] = {debit(s.channel, 4), credit(s.merchant, 4)};
    struct ledger_posted posted;

    assert_refused(s.books, books_run(s.books, post_then_refuse, &s), ERR_FIELD_VALUE, "later");
    assert_int_equal(books_get(s.books, s.channel).sequence, 0);
    assert_ok(books_post(s.books, 700, legs, 2, &posted)); /* the reference is free */
    assert_int_equal(posted.journal_id, 1);                /* and the row number */
    books_assert_right(s.books);
    books_close(s.books);
}

static void committed_journals_and_legs_are_counted(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg legs[] = {debit(s.channel, 10), credit(s.merchant, 9),
                                      credit(s.fees, 1)};
    int64_t journals = counter_get(&ledger_journals_metric.series[0].value);
    int64_t legs_before = counter_get(&ledger_legs_metric.series[0].value);

    assert_ok(books_post(s.books, 700, legs, 3, NULL));
    assert_ok(books_post(s.books, 700, legs, 3, NULL)); /* once */
    assert_int_equal(books_transfer(s.books, s.merchant, s.fees, 10), ERR_LEDGER_INSUFFICIENT);
    assert_ok(books_transfer(s.books, s.merchant, s.fees, 9));
    assert_int_equal(counter_get(&ledger_journals_metric.series[0].value), journals + 2);
    assert_int_equal(counter_get(&ledger_legs_metric.series[0].value), legs_before + 5);
    books_close(s.books);
}

static void books_go_on_after_a_restart(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_account account;

    for (int i = 0; i < 40; i++) {
        assert_ok(books_transfer(s.books, s.channel, s.merchant, 1 + i));
    }
    books_reopen(s.books);
    assert_ok(books_transfer(s.books, s.channel, s.merchant, 1000));
    account = books_get(s.books, s.merchant);
    assert_int_equal(account.posted.minor, 820 + 1000);
    assert_int_equal(account.sequence, 41);
    books_assert_right(s.books);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_found_or_made),
        cmocka_unit_test(an_account_of_no_code_or_currency_is_refused),
        cmocka_unit_test(accounts_are_looked_up_without_being_made),
        cmocka_unit_test(a_posting_moves_each_account_on_its_side),
        cmocka_unit_test(one_account_may_stand_on_many_legs),
        cmocka_unit_test(each_currency_balances_by_itself),
        cmocka_unit_test(refusals_come_in_the_documented_order),
        cmocka_unit_test(a_closed_code_stands_after_the_account_and_before_the_balance),
        cmocka_unit_test(conflict_stands_before_what_the_accounts_say),
        cmocka_unit_test(overflow_stands_before_the_floor),
        cmocka_unit_test(a_floor_binds_the_balance_after_the_whole_journal),
        cmocka_unit_test(a_negative_floor_is_a_credit_line),
        cmocka_unit_test(available_does_not_overflow),
        cmocka_unit_test(the_same_posting_is_booked_once),
        cmocka_unit_test(other_content_is_a_conflict_that_names_the_field),
        cmocka_unit_test(each_part_of_the_reference_makes_another_journal),
        cmocka_unit_test(a_refused_posting_leaves_no_trace_in_its_command),
        cmocka_unit_test(a_command_refused_after_posting_leaves_no_trace),
        cmocka_unit_test(committed_journals_and_legs_are_counted),
        cmocka_unit_test(books_go_on_after_a_restart),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
