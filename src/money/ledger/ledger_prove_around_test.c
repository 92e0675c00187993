/* The proof of what stands around the journal: maturities, holds and their steps, entries that
 * wait, the terms of accounts. The books have seen every kind of operation and are right; each
 * change to them is found, named, and taken back. */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

#include <stdio.h>

enum { SPENDER = 11, SAVER = 12, WAITER = 13, LEAVER = 14, CHANNEL = 22 };
enum { TODAY = 20251122, TOMORROW = 20251123, LATER = 20251125 };

/* What a finding may name. */
enum named {
    NONE = 0,
    SPENDER_ACCOUNT, /* holds of every kind */
    SAVER_ACCOUNT,   /* money that matures */
    WAITER_ACCOUNT,  /* its entries are deferred */
    LEAVER_ACCOUNT,  /* closed */
    CHANNEL_ACCOUNT,
    WAITING_ACCOUNT, /* 2299 of the waiter */
    RESERVING,       /* a hold of what matures, captured and released in part */
    RISK,            /* captured in part */
    BLOCK,           /* open, of debits */
    LAST_STEP,
    NAMED_END
};

struct town {
    struct books *books;
    int64_t ids[NAMED_END];
    int told; /* how often the proof has told its progress */
};

static int64_t account(struct town *t, int64_t owner)
{
    return books_account(t->books, owner, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
}

static void pay_in(struct town *t, enum named to, int64_t amount, int32_t matures_on)
{
    struct ledger_leg legs[] = {debit(t->ids[CHANNEL_ACCOUNT], amount), credit(t->ids[to], amount)};

    legs[1].matures_on = matures_on;
    assert_ok(books_post(t->books, 0, legs, 2, NULL));
}

static int64_t place(struct town *t, struct ledger_hold_place place)
{
    struct ledger_held held;

    place.reference = books_reference(t->books, LEDGER_OPERATION_HOLD);
    assert_ok(books_command(t->books, &ledger_place_kind, &place, &held));
    return held.hold_id;
}

static void capture(struct town *t, enum named from, int64_t hold_id, int64_t amount,
                    int32_t matures_on)
{
    struct ledger_leg legs[] = {debit(t->ids[from], amount),
                                credit(t->ids[CHANNEL_ACCOUNT], amount)};
    const struct ledger_hold_capture arg = {
        .hold_id = hold_id,
        .post = {books_reference(t->books, LEDGER_OPERATION_CAPTURE), legs, 2},
    };
    struct ledger_held held;

    legs[0].matures_on = matures_on;
    assert_ok(books_command(t->books, &ledger_capture_kind, &arg, &held));
}

static void release(struct town *t, int64_t hold_id, int64_t amount)
{
    const struct ledger_hold_release arg = {
        .reference = books_reference(t->books, LEDGER_OPERATION_RELEASE),
        .hold_id = hold_id,
        .whole = amount == 0,
        .amount = AMOUNT(amount),
    };
    struct ledger_held held;

    assert_ok(books_command(t->books, &ledger_release_kind, &arg, &held));
}

/* 500 matures tomorrow and 300 later, of which 120 are reserved: 40 have been taken, 30 given back.
 */
static void fill_maturities(struct town *t)
{
    int64_t whole;

    pay_in(t, SAVER_ACCOUNT, 500, TOMORROW);
    pay_in(t, SAVER_ACCOUNT, 300, LATER);
    t->ids[RESERVING] = place(t, (struct ledger_hold_place){.account_id = t->ids[SAVER_ACCOUNT],
                                                            .kind = LEDGER_HOLD_REFUND,
                                                            .amount = AMOUNT(120),
                                                            .matures_on = LATER});
    capture(t, SAVER_ACCOUNT, t->ids[RESERVING], 40, LATER);
    release(t, t->ids[RESERVING], 30);
    whole = place(t, (struct ledger_hold_place){.account_id = t->ids[SAVER_ACCOUNT],
                                                .kind = LEDGER_HOLD_DISPUTE,
                                                .amount = AMOUNT(500),
                                                .matures_on = TOMORROW});
    release(t, whole, 0);
}

static struct town town_open(void **state)
{
    struct books *books = books_open(*state);
    struct town t = {.books = books};

    t.ids[CHANNEL_ACCOUNT] =
        books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);
    t.ids[SPENDER_ACCOUNT] = account(&t, SPENDER);
    t.ids[SAVER_ACCOUNT] = account(&t, SAVER);
    t.ids[WAITER_ACCOUNT] = account(&t, WAITER);
    t.ids[LEAVER_ACCOUNT] = account(&t, LEAVER);
    fill_maturities(&t);
    return t;
}

/* ---- tampering ---- */

struct change {
    const char *make, *mend;
    const char *table; /* of the row that is named */
    enum named named;
    const char *wrong;
};

static const struct change changes[] = {
    /* what matures: legs of 260 later, of which a hold has 50 left */
    {"UPDATE ledger_account SET maturities = '20251123=500,20251125=209' WHERE owner_id = 12",
     "UPDATE ledger_account SET maturities = '20251123=500,20251125=210' WHERE owner_id = 12",
     "ledger_account", SAVER_ACCOUNT, "maturities has 209 on 20251125, must be 210"},
    {"UPDATE ledger_account SET maturities = '20251123=500,20251125=211' WHERE owner_id = 12",
     "UPDATE ledger_account SET maturities = '20251123=500,20251125=210' WHERE owner_id = 12",
     "ledger_account", SAVER_ACCOUNT, "maturities has 211 on 20251125, must be 210"},
    {"UPDATE ledger_account SET maturities = '20251125=210' WHERE owner_id = 12",
     "UPDATE ledger_account SET maturities = '20251123=500,20251125=210' WHERE owner_id = 12",
     "ledger_account", SAVER_ACCOUNT, "maturities has 0 on 20251123, must be 500"},
    {"UPDATE ledger_account SET maturities = '20251123=500,20251125=210,20251130=1' "
     "WHERE owner_id = 12",
     "UPDATE ledger_account SET maturities = '20251123=500,20251125=210' WHERE owner_id = 12",
     "ledger_account", SAVER_ACCOUNT, "maturities has 711 in all, must be 710"},
    {"UPDATE ledger_hold SET matures_on = 20251123 WHERE kind = 5",
     "UPDATE ledger_hold SET matures_on = 20251125 WHERE kind = 5", "ledger_account", SAVER_ACCOUNT,
     "maturities has 210 on 20251125, must be 260"},
    {"UPDATE ledger_hold SET matures_on = 20251201 WHERE kind = 5",
     "UPDATE ledger_hold SET matures_on = 20251125 WHERE kind = 5", "ledger_account", SAVER_ACCOUNT,
     "maturities has 210 on 20251125, must be 260"},
};

static void assert_named(const struct town *t, const struct change *change)
{
    struct ledger_proof proof = books_prove(t->books);
    char due[240];

    (void)snprintf(due, sizeof(due), "%s row %lld: %s", change->table,
                   (long long)t->ids[change->named], change->wrong);
    if (proof.holds_true || strcmp(proof.wrong, due) != 0) {
        fail_msg("%s: \"%s\", must be \"%s\"", change->make, proof.wrong, due);
    }
}

static void every_change_is_found_and_named(void **state)
{
    struct town t = town_open(state);

    books_assert_right(t.books);
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        books_sql(t.books, changes[i].make);
        assert_named(&t, &changes[i]);
        books_sql(t.books, changes[i].mend);
    }
    books_assert_right(t.books);
    books_close(t.books);
}

/* ---- beside the writer ---- */

/* The rows of the accounts have been read, and what day it is, but not the journal: money that
 * matures comes in, and a day begins on which the list of what matures is written again. */
static void a_day_passes(void *ctx, int64_t done, int64_t all)
{
    struct town *t = ctx;

    assert_true(done >= 0 && all > 0);
    if (++t->told == 3) {
        assert_int_equal(done, 0);
        pay_in(t, SAVER_ACCOUNT, 7, TOMORROW);
        counter_add(&t->books->now_ms, TIME_DAY_MS);
        (void)place(t, (struct ledger_hold_place){.account_id = t->ids[SAVER_ACCOUNT],
                                                  .kind = LEDGER_HOLD_REFUND,
                                                  .amount = AMOUNT(8),
                                                  .matures_on = LATER});
    }
}

static void what_matures_is_proved_while_a_day_begins(void **state)
{
    struct town t = town_open(state);
    struct ledger_proof proof;

    assert_ok(ledger_prove(t.books->store, a_day_passes, &t, &proof));
    assert_true(t.told > 3);
    assert_string_equal(proof.wrong, "");
    books_assert_right(t.books);
    books_close(t.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_is_found_and_named),
        cmocka_unit_test(what_matures_is_proved_while_a_day_begins),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
