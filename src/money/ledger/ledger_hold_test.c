/* The rules of holds. */
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22 };

/* A merchant's payable with 1,000 on it. */
struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
    int64_t fees;
};

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .fees = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY),
    };

    assert_ok(books_transfer(books, s.channel, s.merchant, 1000));
    return s;
}

static struct ledger_hold_place placing(struct shop *s, int64_t amount)
{
    return (struct ledger_hold_place){
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = s->merchant,
        .kind = LEDGER_HOLD_WITHDRAWAL,
        .amount = AMOUNT(amount),
    };
}

static enum err place(struct shop *s, const struct ledger_hold_place *arg, struct ledger_held *held)
{
    return books_command(s->books, &ledger_place_kind, arg, held);
}

static int64_t placed(struct shop *s, int64_t amount)
{
    const struct ledger_hold_place arg = placing(s, amount);
    struct ledger_held held;

    assert_ok(place(s, &arg, &held));
    assert_false(held.exists);
    return held.hold_id;
}

static enum err capture(struct shop *s, const struct ledger_hold_capture *arg,
                        struct ledger_held *held)
{
    return books_command(s->books, &ledger_capture_kind, arg, held);
}

static enum err capture_amount(struct shop *s, int64_t hold_id, int64_t amount, bool whole)
{
    const struct ledger_leg legs[] = {debit(s->merchant, amount), credit(s->channel, amount)};
    const struct ledger_hold_capture arg = {
        .hold_id = hold_id,
        .whole = whole,
        .post = {books_reference(s->books, LEDGER_OPERATION_CAPTURE), legs, 2},
    };
    struct ledger_held held;

    return capture(s, &arg, &held);
}

static enum err release(struct shop *s, const struct ledger_hold_release *arg,
                        struct ledger_held *held)
{
    return books_command(s->books, &ledger_release_kind, arg, held);
}

static enum err release_amount(struct shop *s, int64_t hold_id, int64_t amount, bool whole)
{
    const struct ledger_hold_release arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_RELEASE),
        .hold_id = hold_id,
        .whole = whole,
        .amount = AMOUNT(amount),
    };
    struct ledger_held held;

    return release(s, &arg, &held);
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

static void assert_account(struct shop *s, int64_t posted, int64_t held)
{
    struct ledger_account account = books_get(s->books, s->merchant);

    assert_int_equal(account.posted.minor, posted);
    assert_int_equal(account.held.minor, held);
    assert_int_equal(ledger_available(&account, LEDGER_NO_DATE).minor, posted - held);
}

static void finish(struct shop *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

/* ---- placing ---- */

static void a_hold_takes_from_available(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);
    struct ledger_hold hold = get_hold(&s, id);
    const struct ledger_hold_place too_much = placing(&s, 301);
    struct ledger_held held;

    assert_int_equal(hold.account_id, s.merchant);
    assert_int_equal(hold.kind, LEDGER_HOLD_WITHDRAWAL);
    assert_int_equal(hold.status, LEDGER_HOLD_OPEN);
    assert_int_equal(hold.amount.minor, 700);
    assert_account(&s, 1000, 700);
    assert_refused(s.books, books_transfer(s.books, s.merchant, s.channel, 301),
                   ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(books_transfer(s.books, s.merchant, s.channel, 300));
    assert_refused(s.books, place(&s, &too_much, &held), ERR_LEDGER_INSUFFICIENT, "account");
    assert_account(&s, 700, 700);
    finish(&s);
}

static void refusals_of_placing_come_in_order(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 0);
    const struct ledger_leg fill[] = {credit(s.fees, INT64_MAX), debit(s.channel, INT64_MAX)};
    struct ledger_held held;

    assert_int_equal(books_post(s.books, 0, fill, 2, NULL), ERR_LEDGER_OVERFLOW);
    arg.reference.source = 0;
    arg.account_id = 404;
    arg.expires_at_ms = BOOKS_START_MS;
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_REFERENCE, "source");
    arg.reference.source = LEDGER_SOURCE_OPERATOR;
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_AMOUNT, "amount");
    arg.amount = AMOUNT(INT64_MAX);
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_HOLD_EXPIRED, "expires_at");
    arg.expires_at_ms = 0;
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_ACCOUNT, "account");
    arg.account_id = s.merchant;
    (void)placed(&s, 1);
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_OVERFLOW, "amount");
    arg.amount = AMOUNT(1000);
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_INSUFFICIENT, "account");
    arg.amount = AMOUNT(999);
    assert_ok(place(&s, &arg, &held));
    finish(&s);
}

static void the_same_hold_is_placed_once(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 600);
    struct ledger_held first, again;

    arg.rank = 2;
    arg.reason = STR("court order");
    arg.document_no = STR("(2025) 17");
    assert_ok(place(&s, &arg, &first));
    assert_ok(place(&s, &arg, &again));
    assert_true(again.exists);
    assert_int_equal(again.hold_id, first.hold_id);
    assert_account(&s, 1000, 600);
    arg.operator_id = 7; /* who asks is not part of what is asked */
    assert_ok(place(&s, &arg, &again));
    arg.document_no = STR("(2025) 18");
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "document_no");
    arg.reason = STR("");
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "reason");
    arg.rank = 3;
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "rank");
    arg.may_wait = true;
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "may_wait");
    arg.matures_on = 20251130;
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "matures_on");
    arg.expires_at_ms = BOOKS_START_MS - 1;
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "expires_at");
    arg.starts_at_ms = BOOKS_START_MS + 1;
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "starts_at");
    arg.amount = AMOUNT(601);
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "amount");
    arg.kind = LEDGER_HOLD_RISK;
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "kind");
    arg.account_id = s.fees;
    assert_refused(s.books, place(&s, &arg, &again), ERR_LEDGER_CONFLICT, "account");
    finish(&s);
}

/* Who may not wait must not take a hold that waits for one that has its money. */
static void a_hold_that_waits_is_no_answer_to_who_may_not_wait(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 1001);
    struct ledger_held held;

    arg.may_wait = true;
    assert_ok(place(&s, &arg, &held));
    assert_int_equal(get_hold(&s, held.hold_id).status, LEDGER_HOLD_WAITING);
    books_reopen(s.books);
    arg.may_wait = false;
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_CONFLICT, "may_wait");
    arg.may_wait = true;
    assert_ok(place(&s, &arg, &held));
    assert_true(held.exists);
    finish(&s);
}

/* Holds placed before it was kept whether they may wait. */
static void a_hold_of_old_books_is_placed_once_whether_or_not_it_may_wait(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 600);
    struct ledger_held held;

    assert_ok(place(&s, &arg, &held));
    books_sql(s.books, "UPDATE ledger_hold SET shortage = 0");
    books_reopen(s.books);
    for (int may_wait = 0; may_wait < 2; may_wait++) {
        arg.may_wait = may_wait != 0;
        assert_ok(place(&s, &arg, &held));
        assert_true(held.exists);
    }
    finish(&s);
}

static void a_reference_names_one_step(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 600);
    struct ledger_held held;
    struct ledger_hold_release give = {.reference = arg.reference, .whole = true};

    assert_ok(place(&s, &arg, &held));
    give.hold_id = held.hold_id;
    assert_refused(s.books, release(&s, &give, &held), ERR_LEDGER_CONFLICT, "hold");
    give.reference = books_reference(s.books, LEDGER_OPERATION_RELEASE);
    assert_ok(release(&s, &give, &held));
    arg.reference = give.reference;
    assert_refused(s.books, place(&s, &arg, &held), ERR_LEDGER_CONFLICT, "hold");
    finish(&s);
}

/* ---- capturing ---- */

static void a_capture_takes_from_the_hold_and_posts(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);
    struct ledger_hold hold;

    assert_ok(capture_amount(&s, id, 200, false));
    assert_account(&s, 800, 500);
    assert_ok(capture_amount(&s, id, 500, false));
    assert_account(&s, 300, 0);
    hold = get_hold(&s, id);
    assert_int_equal(hold.status, LEDGER_HOLD_CLOSED);
    assert_int_equal(hold.captured.minor, 700);
    assert_refused(s.books, capture_amount(&s, id, 1, false), ERR_LEDGER_HOLD_CLOSED, "hold");
    finish(&s);
}

static void a_whole_capture_gives_the_rest_back(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);
    struct ledger_hold hold;

    assert_ok(capture_amount(&s, id, 250, true));
    assert_account(&s, 750, 0);
    hold = get_hold(&s, id);
    assert_int_equal(hold.status, LEDGER_HOLD_CLOSED);
    assert_int_equal(hold.captured.minor, 250);
    assert_int_equal(hold.released.minor, 450);
    finish(&s);
}

static void a_capture_may_take_from_and_give_to_the_account(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);
    const struct ledger_leg legs[] = {debit(s.merchant, 800), credit(s.channel, 700),
                                      credit(s.merchant, 100)};
    const struct ledger_hold_capture arg = {
        .hold_id = id,
        .post = {books_reference(s.books, LEDGER_OPERATION_CAPTURE), legs, 3},
    };
    struct ledger_held held;

    assert_ok(capture(&s, &arg, &held));
    assert_account(&s, 300, 0);
    finish(&s);
}

static void refusals_of_capturing_come_in_order(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);
    struct ledger_leg legs[] = {debit(404, 0), credit(s.channel, 701)};
    struct ledger_hold_capture arg = {.hold_id = 405, .post = {{0}, legs, 1}};
    struct ledger_held held;

    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_REFERENCE, "source");
    arg.post.reference = books_reference(s.books, LEDGER_OPERATION_CAPTURE);
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_LEGS, "legs");
    arg.post.leg_count = 2;
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_AMOUNT, "legs[0].amount");
    legs[0].amount = AMOUNT(INT64_MAX);
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    arg.hold_id = id;
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_ACCOUNT, "legs[0].account");
    legs[0].account_id = s.fees;
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_UNBALANCED, "CNY");
    legs[1].amount = AMOUNT(INT64_MAX);
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_HOLD_MISMATCH, "legs");
    legs[0] = credit(s.merchant, 5); /* gives to the held account */
    legs[1] = debit(s.channel, 5);
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_HOLD_MISMATCH, "legs");
    legs[0] = debit(s.merchant, 701);
    legs[1] = credit(s.channel, 701);
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_HOLD_EXCEEDED, "amount");
    assert_account(&s, 1000, 700);
    finish(&s);
}

static void overflow_and_floors_bind_captures_too(void **state)
{
    struct shop s = shop_open(state);
    int64_t other =
        books_account(s.books, MERCHANT + 1, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    struct ledger_leg legs[] = {debit(s.merchant, 700), debit(other, 301), credit(s.fees, 1001)};
    const struct ledger_hold_capture arg = {
        .hold_id = placed(&s, 700),
        .post = {books_reference(s.books, LEDGER_OPERATION_CAPTURE), legs, 3},
    };
    struct ledger_held held;

    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_INSUFFICIENT, "legs[1].account");
    assert_ok(books_transfer(s.books, s.channel, s.fees, INT64_MAX - 1000));
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_OVERFLOW, "legs[2].amount");
    assert_account(&s, 1000, 700);
    finish(&s);
}

static void the_same_capture_is_booked_once(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700), second = placed(&s, 100);
    struct ledger_leg legs[] = {debit(s.merchant, 100), credit(s.channel, 100)};
    struct ledger_hold_capture arg = {
        .hold_id = id,
        .post = {books_reference(s.books, LEDGER_OPERATION_CAPTURE), legs, 2},
    };
    struct ledger_held first, again;

    assert_ok(capture(&s, &arg, &first));
    assert_true(first.journal_id > 0);
    books_reopen(s.books);
    assert_ok(capture(&s, &arg, &again));
    assert_true(again.exists);
    assert_int_equal(again.journal_id, first.journal_id);
    assert_account(&s, 900, 700);
    legs[0].amount = legs[1].amount = AMOUNT(101);
    assert_refused(s.books, capture(&s, &arg, &again), ERR_LEDGER_CONFLICT, "legs[0].amount");
    arg.whole = true;
    assert_refused(s.books, capture(&s, &arg, &again), ERR_LEDGER_CONFLICT, "whole");
    arg.hold_id = second;
    assert_refused(s.books, capture(&s, &arg, &again), ERR_LEDGER_CONFLICT, "hold");
    finish(&s);
}

static void a_capture_and_a_plain_posting_do_not_share_a_reference(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);
    const struct ledger_leg legs[] = {debit(s.merchant, 100), credit(s.channel, 100)};
    struct ledger_hold_capture arg = {
        .hold_id = id,
        .post = {books_reference(s.books, LEDGER_OPERATION_CAPTURE), legs, 2},
    };
    struct ledger_held held;
    struct ledger_posted posted;

    assert_ok(capture(&s, &arg, &held));
    assert_refused(s.books, books_command(s.books, &ledger_transfer_kind, &arg.post, &posted),
                   ERR_LEDGER_CONFLICT, "hold");
    arg.post.reference = books_reference(s.books, LEDGER_OPERATION_CAPTURE);
    assert_ok(books_command(s.books, &ledger_transfer_kind, &arg.post, &posted));
    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_CONFLICT, "hold");
    finish(&s);
}

/* ---- releasing ---- */

static void a_release_gives_back(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);

    assert_ok(release_amount(&s, id, 200, false));
    assert_account(&s, 1000, 500);
    assert_refused(s.books, release_amount(&s, id, 501, false), ERR_LEDGER_HOLD_EXCEEDED, "amount");
    assert_ok(release_amount(&s, id, 0, true));
    assert_account(&s, 1000, 0);
    assert_int_equal(get_hold(&s, id).status, LEDGER_HOLD_CLOSED);
    assert_int_equal(get_hold(&s, id).released.minor, 700);
    assert_refused(s.books, release_amount(&s, id, 0, true), ERR_LEDGER_HOLD_CLOSED, "hold");
    finish(&s);
}

static void refusals_of_releasing_come_in_order(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_release arg = {.hold_id = 404};
    struct ledger_held held;

    assert_refused(s.books, release(&s, &arg, &held), ERR_LEDGER_REFERENCE, "source");
    arg.reference = books_reference(s.books, LEDGER_OPERATION_RELEASE);
    assert_refused(s.books, release(&s, &arg, &held), ERR_LEDGER_AMOUNT, "amount");
    arg.amount = AMOUNT(701);
    assert_refused(s.books, release(&s, &arg, &held), ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    arg.hold_id = placed(&s, 700);
    assert_refused(s.books, release(&s, &arg, &held), ERR_LEDGER_HOLD_EXCEEDED, "amount");
    finish(&s);
}

static void the_same_release_is_done_once(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_release arg = {
        .reference = books_reference(s.books, LEDGER_OPERATION_RELEASE),
        .hold_id = placed(&s, 700),
        .amount = AMOUNT(200),
    };
    int64_t other = placed(&s, 100);
    struct ledger_held held;

    assert_ok(release(&s, &arg, &held));
    assert_false(held.exists);
    assert_ok(release(&s, &arg, &held));
    assert_true(held.exists);
    assert_account(&s, 1000, 600);
    arg.amount = AMOUNT(201);
    assert_refused(s.books, release(&s, &arg, &held), ERR_LEDGER_CONFLICT, "amount");
    arg.whole = true;
    assert_refused(s.books, release(&s, &arg, &held), ERR_LEDGER_CONFLICT, "whole");
    arg.hold_id = other;
    assert_refused(s.books, release(&s, &arg, &held), ERR_LEDGER_CONFLICT, "hold");
    arg = (struct ledger_hold_release){
        .reference = books_reference(s.books, LEDGER_OPERATION_RELEASE),
        .hold_id = other,
        .whole = true,
    };
    assert_ok(release(&s, &arg, &held));
    arg.amount = AMOUNT(7); /* ignored */
    assert_ok(release(&s, &arg, &held));
    assert_true(held.exists);
    finish(&s);
}

/* ---- whose hold it is ---- */

/* Every source but the placer's is refused, before anything about the hold's state is said. */
static void a_hold_is_ended_only_by_who_placed_it(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 700);
    struct ledger_leg legs[] = {debit(s.merchant, 100), credit(s.channel, 100)};
    struct ledger_hold_capture taking = {.post = {.legs = legs, .leg_count = 2}};
    struct ledger_hold_release giving = {.amount = AMOUNT(100)};
    struct ledger_held held;

    arg.reference.source = LEDGER_SOURCE_SETTLEMENT;
    assert_ok(place(&s, &arg, &held));
    assert_int_equal(get_hold(&s, held.hold_id).source, LEDGER_SOURCE_SETTLEMENT);
    taking.hold_id = giving.hold_id = held.hold_id;
    for (int source = LEDGER_SOURCE_PAYMENT; source <= (int)LEDGER_SOURCE_FEE; source++) {
        taking.post.reference = books_reference(s.books, LEDGER_OPERATION_CAPTURE);
        taking.post.reference.source = (enum ledger_source)source;
        giving.reference = books_reference(s.books, LEDGER_OPERATION_RELEASE);
        giving.reference.source = (enum ledger_source)source;
        if (source != LEDGER_SOURCE_SETTLEMENT) {
            assert_refused(s.books, capture(&s, &taking, &held), ERR_LEDGER_HOLD_FOREIGN, "hold");
            assert_refused(s.books, release(&s, &giving, &held), ERR_LEDGER_HOLD_FOREIGN, "hold");
        }
    }
    assert_account(&s, 1000, 700);
    giving.reference.source = taking.post.reference.source = LEDGER_SOURCE_SETTLEMENT;
    assert_ok(capture(&s, &taking, &held));
    assert_ok(release(&s, &giving, &held));
    assert_account(&s, 900, 500);
    giving.reference.business_no++;
    giving.whole = true;
    assert_ok(release(&s, &giving, &held));
    giving.reference = books_reference(s.books, LEDGER_OPERATION_RELEASE);
    assert_refused(s.books, release(&s, &giving, &held), ERR_LEDGER_HOLD_FOREIGN, "hold");
    finish(&s);
}

/* A voucher books under the source of its event, which need not be the placer's. */
static void a_capture_may_name_its_placer(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_leg legs[] = {debit(s.merchant, 100), credit(s.channel, 100)};
    struct ledger_hold_capture arg = {
        .hold_id = placed(&s, 700),
        .post = {books_reference(s.books, LEDGER_OPERATION_CAPTURE), legs, 2},
        .placer = LEDGER_SOURCE_CASH,
    };
    struct ledger_held held;

    assert_refused(s.books, capture(&s, &arg, &held), ERR_LEDGER_HOLD_FOREIGN, "hold");
    arg.placer = LEDGER_SOURCE_OPERATOR;
    arg.post.reference.source = LEDGER_SOURCE_CASH;
    assert_ok(capture(&s, &arg, &held));
    assert_account(&s, 900, 600);
    finish(&s);
}

/* Holds kept before a hold said who placed it: their first step says it. */
static void holds_of_old_books_belong_to_who_placed_them(void **state)
{
    static const char *const old[] = {
        "UPDATE ledger_hold SET source = 0",
        "DELETE FROM store_migration WHERE name >= 'ledger.122' AND name < 'ledger.124'",
        "DELETE FROM store_migration WHERE name = 'ledger.129_block_freezes'"};
    static const struct {
        enum ledger_source placed, becomes;
        enum ledger_hold_kind kind;
        enum ledger_hold_effect effect;
    } cases[] = {
        {LEDGER_SOURCE_OPERATOR, LEDGER_SOURCE_OPERATOR, LEDGER_HOLD_JUDICIAL, 0},
        {LEDGER_SOURCE_CASH, LEDGER_SOURCE_CASH, LEDGER_HOLD_WITHDRAWAL, 0},
        {LEDGER_SOURCE_API, LEDGER_SOURCE_API, LEDGER_HOLD_DISPUTE, 0},
        /* These are freezes now. */
        {LEDGER_SOURCE_API, LEDGER_SOURCE_OPERATOR, LEDGER_HOLD_JUDICIAL, 0},
        {LEDGER_SOURCE_API, LEDGER_SOURCE_OPERATOR, LEDGER_HOLD_RISK, 0},
        {LEDGER_SOURCE_API, LEDGER_SOURCE_OPERATOR, LEDGER_HOLD_DISPUTE, LEDGER_HOLD_FULL_BLOCK},
    };
    struct shop s = shop_open(state);
    int64_t ids[ARRAY_LEN(cases)];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ledger_hold_place arg = placing(&s, cases[i].effect == 0 ? 10 : 0);
        struct ledger_held held;

        arg.reference.source = cases[i].placed;
        arg.kind = cases[i].kind;
        arg.effect = cases[i].effect;
        assert_ok(place(&s, &arg, &held));
        ids[i] = held.hold_id;
    }
    for (size_t i = 0; i < ARRAY_LEN(old); i++) {
        books_sql(s.books, old[i]);
    }
    books_reopen(s.books);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(get_hold(&s, ids[i]).source, cases[i].becomes);
    }
    assert_ok(release_amount(&s, ids[0], 0, true));
    assert_refused(s.books, release_amount(&s, ids[1], 0, true), ERR_LEDGER_HOLD_FOREIGN, "hold");
    finish(&s);
}

/* ---- expiring ---- */

static enum err expire(struct shop *s, int64_t id)
{
    return books_command(s->books, &ledger_expire_kind, &id, NULL);
}

static void a_hold_expires_when_its_time_is_over(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 700);
    struct ledger_held held;
    struct ledger_hold hold;

    arg.expires_at_ms = BOOKS_START_MS + 1000;
    assert_ok(place(&s, &arg, &held));
    assert_ok(capture_amount(&s, held.hold_id, 100, false));
    counter_set(&s.books->now_ms, BOOKS_START_MS + 999);
    assert_refused(s.books, expire(&s, held.hold_id), ERR_LEDGER_HOLD_NOT_DUE, "hold");
    counter_set(&s.books->now_ms, BOOKS_START_MS + 1000);
    assert_refused(s.books, capture_amount(&s, held.hold_id, 1, false), ERR_LEDGER_HOLD_EXPIRED,
                   "hold");
    assert_refused(s.books, release_amount(&s, held.hold_id, 1, false), ERR_LEDGER_HOLD_EXPIRED,
                   "hold");
    assert_account(&s, 900, 600);
    assert_ok(expire(&s, held.hold_id));
    assert_account(&s, 900, 0);
    hold = get_hold(&s, held.hold_id);
    assert_int_equal(hold.status, LEDGER_HOLD_EXPIRED);
    assert_int_equal(hold.released.minor, 600);
    assert_int_equal(hold.updated_at_ms, BOOKS_START_MS + 1000);
    assert_ok(expire(&s, held.hold_id)); /* again: nothing happens */
    assert_refused(s.books, release_amount(&s, held.hold_id, 1, false), ERR_LEDGER_HOLD_EXPIRED,
                   "hold");
    assert_ok(place(&s, &arg, &held)); /* the answer of the first time */
    assert_true(held.exists);
    finish(&s);
}

static void a_hold_without_an_end_does_not_expire(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);

    counter_set(&s.books->now_ms, INT64_MAX / 4096 / 4096);
    assert_refused(s.books, expire(&s, id), ERR_LEDGER_HOLD_NOT_DUE, "hold");
    assert_refused(s.books, expire(&s, 404), ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    finish(&s);
}

static void expiring_what_is_closed_changes_nothing(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_hold_place arg = placing(&s, 700);
    struct ledger_held held;

    arg.expires_at_ms = BOOKS_START_MS + 1000;
    assert_ok(place(&s, &arg, &held));
    assert_ok(release_amount(&s, held.hold_id, 0, true));
    counter_set(&s.books->now_ms, BOOKS_START_MS + 5000);
    assert_ok(expire(&s, held.hold_id));
    assert_int_equal(get_hold(&s, held.hold_id).status, LEDGER_HOLD_CLOSED);
    finish(&s);
}

static void a_refused_step_leaves_no_trace(void **state)
{
    struct shop s = shop_open(state);
    int64_t id = placed(&s, 700);
    struct ledger_hold before = get_hold(&s, id), after;

    assert_int_equal(capture_amount(&s, id, 701, true), ERR_LEDGER_HOLD_EXCEEDED);
    assert_int_equal(release_amount(&s, id, 701, false), ERR_LEDGER_HOLD_EXCEEDED);
    after = get_hold(&s, id);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_account(&s, 1000, 700);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_takes_from_available),
        cmocka_unit_test(refusals_of_placing_come_in_order),
        cmocka_unit_test(the_same_hold_is_placed_once),
        cmocka_unit_test(a_hold_that_waits_is_no_answer_to_who_may_not_wait),
        cmocka_unit_test(a_hold_of_old_books_is_placed_once_whether_or_not_it_may_wait),
        cmocka_unit_test(a_reference_names_one_step),
        cmocka_unit_test(a_capture_takes_from_the_hold_and_posts),
        cmocka_unit_test(a_whole_capture_gives_the_rest_back),
        cmocka_unit_test(a_capture_may_take_from_and_give_to_the_account),
        cmocka_unit_test(refusals_of_capturing_come_in_order),
        cmocka_unit_test(overflow_and_floors_bind_captures_too),
        cmocka_unit_test(the_same_capture_is_booked_once),
        cmocka_unit_test(a_capture_and_a_plain_posting_do_not_share_a_reference),
        cmocka_unit_test(a_release_gives_back),
        cmocka_unit_test(refusals_of_releasing_come_in_order),
        cmocka_unit_test(the_same_release_is_done_once),
        cmocka_unit_test(a_hold_is_ended_only_by_who_placed_it),
        cmocka_unit_test(a_capture_may_name_its_placer),
        cmocka_unit_test(holds_of_old_books_belong_to_who_placed_them),
        cmocka_unit_test(a_hold_expires_when_its_time_is_over),
        cmocka_unit_test(a_hold_without_an_end_does_not_expire),
        cmocka_unit_test(expiring_what_is_closed_changes_nothing),
        cmocka_unit_test(a_refused_step_leaves_no_trace),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
