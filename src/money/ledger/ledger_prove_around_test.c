/* The proof of what stands around the journal: maturities, holds and their steps, entries that
 * wait, the terms of accounts. The books have seen every kind of operation and are right; each
 * change to them is found, named, and taken back. */
#include "base/encode.h"
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

#include "money/ledger/ledger_day_int.h"

#include <stdio.h>

enum { SPENDER = 11, SAVER = 12, WAITER = 13, LEAVER = 14, NEWCOMER = 15, CHANNEL = 22 };
enum { TODAY = 20251122, TOMORROW = 20251123, LATER = 20251125 };

/* What a finding may name. */
enum named {
    NONE = 0,
    SPENDER_ACCOUNT, /* holds of every kind */
    SAVER_ACCOUNT,   /* money that matures */
    WAITER_ACCOUNT,  /* its entries are deferred */
    LEAVER_ACCOUNT,  /* closed */
    NEW_ACCOUNT,     /* without an entry */
    CHANNEL_ACCOUNT,
    WAITING_ACCOUNT, /* 2299 of the waiter */
    RESERVING,       /* a hold of what matures, captured and released in part */
    RISK,            /* captured in part */
    WITHDRAWAL,      /* captured, and the rest released */
    AUTHORISATION,   /* expired */
    FREEZE,          /* begins later */
    STARTED,         /* has begun */
    BLOCK,           /* of debits, open */
    ENDED_BLOCK,
    NAMED_END
};

struct town {
    struct books *books;
    int64_t ids[NAMED_END];
    int told; /* how often the proof has told its progress */
};

static int64_t open_account(struct town *t, int64_t owner, int64_t code)
{
    return books_account(t->books, owner, code, CURRENCY_CNY);
}

/* As a fact: a block does not refuse it. */
static void pay_in(struct town *t, enum named to, int64_t amount, int32_t matures_on)
{
    struct ledger_leg legs[] = {debit(t->ids[CHANNEL_ACCOUNT], amount), credit(t->ids[to], amount)};
    const struct ledger_post post = {
        .reference = books_reference(t->books, LEDGER_OPERATION_TRANSFER),
        .legs = legs,
        .leg_count = ARRAY_LEN(legs),
        .fact = true,
    };
    struct ledger_posted posted;

    legs[1].matures_on = matures_on;
    assert_ok(books_command(t->books, &ledger_transfer_kind, &post, &posted));
}

static void pay_out(struct town *t, enum named from, int64_t amount, int32_t matures_on)
{
    struct ledger_leg legs[] = {debit(t->ids[from], amount),
                                credit(t->ids[CHANNEL_ACCOUNT], amount)};

    legs[0].matures_on = matures_on;
    assert_ok(books_post(t->books, 0, legs, 2, NULL));
}

static void place(struct town *t, enum named account, enum named hold,
                  struct ledger_hold_place place)
{
    struct ledger_held held;

    place.reference = books_reference(t->books, LEDGER_OPERATION_HOLD);
    place.account_id = t->ids[account];
    assert_ok(books_command(t->books, &ledger_place_kind, &place, &held));
    t->ids[hold] = held.hold_id;
}

static void capture(struct town *t, enum named from, const struct ledger_hold_capture *capture,
                    int64_t amount)
{
    struct ledger_leg legs[] = {debit(t->ids[from], amount),
                                credit(t->ids[CHANNEL_ACCOUNT], amount)};
    struct ledger_hold_capture arg = *capture;
    struct ledger_held held;

    legs[0].matures_on = from == SAVER_ACCOUNT ? LATER : 0;
    arg.post.reference = books_reference(t->books, LEDGER_OPERATION_CAPTURE);
    arg.post.legs = legs;
    arg.post.leg_count = ARRAY_LEN(legs);
    assert_ok(books_command(t->books, &ledger_capture_kind, &arg, &held));
}

static void release(struct town *t, enum named hold, int64_t amount)
{
    const struct ledger_hold_release arg = {
        .reference = books_reference(t->books, LEDGER_OPERATION_RELEASE),
        .hold_id = t->ids[hold],
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
    pay_in(t, SAVER_ACCOUNT, 500, TOMORROW);
    pay_in(t, SAVER_ACCOUNT, 300, LATER);
    place(t, SAVER_ACCOUNT, NONE,
          (struct ledger_hold_place){
              .kind = LEDGER_HOLD_DISPUTE, .amount = AMOUNT(500), .matures_on = TOMORROW});
    release(t, NONE, 0);
    place(t, SAVER_ACCOUNT, RESERVING,
          (struct ledger_hold_place){
              .kind = LEDGER_HOLD_REFUND, .amount = AMOUNT(120), .matures_on = LATER});
    capture(t, SAVER_ACCOUNT, &(struct ledger_hold_capture){.hold_id = t->ids[RESERVING]}, 40);
    release(t, RESERVING, 30);
}

static enum err lend(struct tx *tx, void *ctx)
{
    return ledger_account_set_floor(tx, *(const int64_t *)ctx, true, AMOUNT(-100));
}

static void fill_amounts(struct town *t)
{
    pay_in(t, SPENDER_ACCOUNT, 1000, 0);
    assert_ok(books_run(t->books, lend, &t->ids[SPENDER_ACCOUNT]));
    place(t, SPENDER_ACCOUNT, RISK,
          (struct ledger_hold_place){.kind = LEDGER_HOLD_RISK, .amount = AMOUNT(100)});
    place(t, SPENDER_ACCOUNT, WITHDRAWAL,
          (struct ledger_hold_place){.kind = LEDGER_HOLD_WITHDRAWAL, .amount = AMOUNT(80)});
    place(t, SPENDER_ACCOUNT, AUTHORISATION,
          (struct ledger_hold_place){.kind = LEDGER_HOLD_PREAUTHORISATION,
                                     .amount = AMOUNT(20),
                                     .expires_at_ms = BOOKS_START_MS + 1000});
    place(t, SPENDER_ACCOUNT, STARTED,
          (struct ledger_hold_place){.kind = LEDGER_HOLD_DEPOSIT,
                                     .amount = AMOUNT(7),
                                     .starts_at_ms = BOOKS_START_MS + 1000});
    place(t, SPENDER_ACCOUNT, FREEZE,
          (struct ledger_hold_place){.kind = LEDGER_HOLD_JUDICIAL,
                                     .amount = AMOUNT(5),
                                     .reason = STR("court order"),
                                     .document_no = STR("2025-17"),
                                     .rank = 3,
                                     .operator_id = 9,
                                     .starts_at_ms = BOOKS_START_MS + TIME_DAY_MS});
    capture(t, SPENDER_ACCOUNT, &(struct ledger_hold_capture){.hold_id = t->ids[RISK]}, 30);
    counter_add(&t->books->now_ms, 1000);
    assert_ok(books_command(t->books, &ledger_expire_kind, &t->ids[AUTHORISATION], NULL));
    assert_ok(books_command(t->books, &ledger_start_kind, &t->ids[STARTED], NULL));
    capture(t, SPENDER_ACCOUNT,
            &(struct ledger_hold_capture){.hold_id = t->ids[WITHDRAWAL], .whole = true}, 60);
}

static void fill_blocks(struct town *t)
{
    place(t, SPENDER_ACCOUNT, NONE,
          (struct ledger_hold_place){.kind = LEDGER_HOLD_DEPOSIT,
                                     .effect = LEDGER_HOLD_CREDIT_BLOCK});
    place(
        t, SPENDER_ACCOUNT, BLOCK,
        (struct ledger_hold_place){.kind = LEDGER_HOLD_DEPOSIT, .effect = LEDGER_HOLD_DEBIT_BLOCK});
    place(
        t, SPENDER_ACCOUNT, ENDED_BLOCK,
        (struct ledger_hold_place){.kind = LEDGER_HOLD_DEPOSIT, .effect = LEDGER_HOLD_FULL_BLOCK});
    counter_add(&t->books->now_ms, 1);
    release(t, ENDED_BLOCK, 0);
}

static enum err defer(struct tx *tx, void *ctx)
{
    return ledger_account_set_deferred(tx, *(const int64_t *)ctx, true);
}

static void apply(struct town *t)
{
    counter_add(&t->books->now_ms, 1);
    assert_ok(books_command(t->books, &ledger_pending_kind, &t->ids[WAITER_ACCOUNT], NULL));
}

/* Entries 1 to 3 have been applied, 4 is parked, 5 to 7 wait; 2, 3 and 6 are debits. */
static void fill_pending(struct town *t)
{
    assert_ok(books_run(t->books, defer, &t->ids[WAITER_ACCOUNT]));
    pay_in(t, WAITER_ACCOUNT, 70, LATER);
    apply(t);
    pay_out(t, WAITER_ACCOUNT, 20, LATER);
    pay_out(t, WAITER_ACCOUNT, 1, LATER);
    apply(t);
    place(t, WAITER_ACCOUNT, NONE,
          (struct ledger_hold_place){.kind = LEDGER_HOLD_DISPUTE,
                                     .effect = LEDGER_HOLD_CREDIT_BLOCK});
    pay_in(t, WAITER_ACCOUNT, 9, 0);
    apply(t);
    pay_in(t, WAITER_ACCOUNT, 4, LATER);
    pay_out(t, WAITER_ACCOUNT, 6, LATER);
    pay_in(t, WAITER_ACCOUNT, 3, 0);
    t->ids[WAITING_ACCOUNT] = open_account(t, WAITER, LEDGER_CODE_WAITING);
}

static enum err leave(struct tx *tx, void *ctx)
{
    return ledger_account_close(tx, *(const int64_t *)ctx);
}

static void fill_closed(struct town *t)
{
    pay_in(t, LEAVER_ACCOUNT, 10, 0);
    pay_out(t, LEAVER_ACCOUNT, 10, 0);
    assert_ok(books_run(t->books, leave, &t->ids[LEAVER_ACCOUNT]));
}

/* Journals 1 and 2. */
static void fill_memos(struct town *t)
{
    struct ledger_leg legs[] = {debit(t->ids[CHANNEL_ACCOUNT], 1),
                                credit(t->ids[SAVER_ACCOUNT], 1)};
    struct ledger_memo_post arg = {.post = {.legs = legs, .leg_count = ARRAY_LEN(legs)}};
    struct ledger_posted posted;

    for (int i = 0; i < 2; i++) {
        arg.post.reference = books_reference(t->books, LEDGER_OPERATION_TRANSFER);
        arg.memo = i == 0 ? STR("rent") : STR("");
        assert_ok(books_command(t->books, &ledger_memo_transfer_kind, &arg, &posted));
    }
}

static struct town town_open(void **state)
{
    struct town t = {.books = books_open(*state)};

    t.ids[CHANNEL_ACCOUNT] = open_account(&t, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE);
    t.ids[SPENDER_ACCOUNT] = open_account(&t, SPENDER, LEDGER_CODE_MERCHANT_PAYABLE);
    t.ids[SAVER_ACCOUNT] = open_account(&t, SAVER, LEDGER_CODE_MERCHANT_PAYABLE);
    t.ids[WAITER_ACCOUNT] = open_account(&t, WAITER, LEDGER_CODE_MERCHANT_PAYABLE);
    t.ids[LEAVER_ACCOUNT] = open_account(&t, LEAVER, LEDGER_CODE_MERCHANT_PAYABLE);
    t.ids[NEW_ACCOUNT] = open_account(&t, NEWCOMER, LEDGER_CODE_MERCHANT_PAYABLE);
    fill_memos(&t);
    fill_maturities(&t);
    fill_amounts(&t);
    fill_blocks(&t);
    fill_pending(&t);
    fill_closed(&t);
    return t;
}

/* ---- tampering ---- */

/* In what is found, '@' stands for the id of what is named and '*' for any number. */
struct change {
    const char *make, *mend;
    enum named named;
    const char *wrong;
};

#define SET(table_, column_, bad_, good_, where_)                                                  \
    "UPDATE " table_ " SET " column_ " = " bad_ " WHERE " where_,                                  \
        "UPDATE " table_ " SET " column_ " = " good_ " WHERE " where_

#define NOT_ITS_TERMS "ledger_account row @: is not what its last terms say"
#define NOT_ITS_STATUS "ledger_hold row @: its status is not what its steps have made of it"
#define NOT_ITS_PLACING "ledger_hold row @: its source or times are not those of its steps"
#define NOT_ITS_JOURNAL "ledger_hold_step row *: is not what its journal captured"
#define NOT_ITS_REFERENCE "ledger_hold_step row *: its reference is not that of such a step"
#define NOT_ITS_LEG(n_) "ledger_pending row " n_ ": is not its leg on 2299"
#define NOT_APPLIED(n_) "ledger_pending row " n_ ": is not what its journal applied"
#define NOT_RESERVED(n_) "ledger_pending row " n_ ": a debit is not what its hold holds"
#define NOT_QUEUED(n_) "ledger_pending row " n_ ": its account's queue does not know it"
#define NOT_COUNTED "ledger_account row @: holds or blocks are not as many as there are"
#define THE_SAVER "owner_id = 12 AND code = 2241"
#define SAVED "'20251123=500,20251125=210'"

static const struct change changes[] = {
    /* what matures: legs of 260 later, of which a hold has 50 left */
    {SET("ledger_account", "maturities", "'20251123=500,20251125=209'", SAVED, THE_SAVER),
     SAVER_ACCOUNT, "ledger_account row @: maturities has 209 on 20251125, must be 210"},
    {SET("ledger_account", "maturities", "'20251123=500,20251125=211'", SAVED, THE_SAVER),
     SAVER_ACCOUNT, "ledger_account row @: maturities has 211 on 20251125, must be 210"},
    {SET("ledger_account", "maturities", "'20251125=210'", SAVED, THE_SAVER), SAVER_ACCOUNT,
     "ledger_account row @: maturities has 0 on 20251123, must be 500"},
    {SET("ledger_account", "maturities", "'20251123=500,20251125=210,20251130=1'", SAVED,
         THE_SAVER),
     SAVER_ACCOUNT, "ledger_account row @: maturities has 711 in all, must be 710"},
    {SET("ledger_hold", "matures_on", "20251123", "20251125", "kind = 5"), SAVER_ACCOUNT,
     "ledger_account row @: maturities has 210 on 20251125, must be 260"},
    {SET("ledger_hold", "matures_on", "20251201", "20251125", "kind = 5"), SAVER_ACCOUNT,
     "ledger_account row @: maturities has 210 on 20251125, must be 260"},
    {SET("ledger_hold", "matures_on", "0", "20251125", "kind = 8 AND status = 1"), WAITER_ACCOUNT,
     "ledger_account row @: maturities has 43 on 20251125, must be 49"},
    /* the counts of an account */
    {SET("ledger_account", "credit_blocks", "0", "1", "owner_id = 11"), SPENDER_ACCOUNT,
     NOT_COUNTED},
    {SET("ledger_account", "debit_blocks", "2", "1", "owner_id = 11"), SPENDER_ACCOUNT,
     NOT_COUNTED},
    {SET("ledger_account", "holds", "6", "5", "owner_id = 11"), SPENDER_ACCOUNT, NOT_COUNTED},
    /* a closed account, its side */
    {SET("ledger_account", "status", "2", "1", THE_SAVER), SAVER_ACCOUNT,
     "ledger_account row @: is closed and not empty"},
    {SET("ledger_account", "status", "3", "1", THE_SAVER), SAVER_ACCOUNT,
     "ledger_account row @: is closed and not empty"},
    /* what an account is */
    {SET("ledger_account", "floor", "-50", "0", "owner_id = 15"), NEW_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_account", "floor", "-90", "-100", "owner_id = 11"), SPENDER_ACCOUNT,
     NOT_ITS_TERMS},
    {SET("ledger_account", "has_floor", "0", "1", "owner_id = 11"), SPENDER_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_account", "deferred", "0", "1", "owner_id = 13 AND code = 2241"), WAITER_ACCOUNT,
     NOT_ITS_TERMS},
    {SET("ledger_account", "status", "1", "2", "owner_id = 14"), LEAVER_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_account", "status", "2", "1", "owner_id = 15"), NEW_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_account", "owner_id", "16", "15", "owner_id IN (15, 16)"), NEW_ACCOUNT,
     NOT_ITS_TERMS},
    {SET("ledger_account", "code", "2245", "2241", "owner_id = 15"), NEW_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_account", "currency", "840", "156", "owner_id = 15"), NEW_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_account", "side", "1", "2", "owner_id = 15"), NEW_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_account", "created_at_ms", "created_at_ms + 1", "created_at_ms - 1",
         "owner_id = 15"),
     NEW_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_terms", "floor", "-90", "-100", "floor <> 0"), SPENDER_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_terms", "id", "999", "2", "id IN (2, 999)"), SPENDER_ACCOUNT, NOT_ITS_TERMS},
    {SET("ledger_terms", "id", "-1", "2", "id IN (-1, 2)"), NONE,
     "ledger_terms row -1: is of another account, or one before it is missing"},
    {SET("ledger_terms", "id", "0", "2", "id IN (0, 2)"), NONE,
     "ledger_terms row 0: is of another account, or one before it is missing"},
    {SET("ledger_terms", "owner_id", "77", "11",
         "account_id = (SELECT id FROM ledger_account "
         "WHERE owner_id = 11) AND floor = 0"),
     NONE, "ledger_terms row 2: is of another account, or one before it is missing"},
    {SET("ledger_chart", "side", "1", "2", "code = 2241"), SPENDER_ACCOUNT,
     "ledger_account row @: its side is not that of its code"},
    {"INSERT INTO ledger_serial (serial, account_id) VALUES (98, 99)",
     "DELETE FROM ledger_serial WHERE serial = 98", NONE,
     "ledger_serial row 98: there is no such account"},
    /* a hold and its steps */
    {SET("ledger_hold", "status", "4", "2", "kind = 7 AND effect = 4"), SPENDER_ACCOUNT,
     NOT_COUNTED},
    {SET("ledger_hold", "status", "3", "2", "kind = 7 AND effect = 4"), ENDED_BLOCK,
     NOT_ITS_STATUS},
    {SET("ledger_hold", "status", "2", "3", "kind = 6"), AUTHORISATION, NOT_ITS_STATUS},
    {SET("ledger_account", "awaited", "1", "0", "owner_id = 11"), SPENDER_ACCOUNT,
     "ledger_account row @: awaited is not what its holds that wait for money have left"},
    {SET("ledger_hold", "status", "3", "2", "kind = 4"), WITHDRAWAL, NOT_ITS_STATUS},
    {SET("ledger_hold", "effect", "1", "4",
         "kind = 7 AND effect <> 2 AND effect <> 3 AND "
         "amount = 0"),
     ENDED_BLOCK, NOT_ITS_STATUS},
    {SET("ledger_hold", "source", "4", "2", "kind = 4"), WITHDRAWAL, NOT_ITS_PLACING},
    {SET("ledger_hold", "created_at_ms", "created_at_ms + 1", "created_at_ms - 1", "kind = 4"),
     WITHDRAWAL, NOT_ITS_PLACING},
    {SET("ledger_hold", "updated_at_ms", "updated_at_ms + 1", "updated_at_ms - 1", "kind = 4"),
     WITHDRAWAL, NOT_ITS_PLACING},
    {SET("ledger_hold_step", "hold_id", "hold_id + 1", "hold_id - 1", "step = 5"), STARTED,
     NOT_ITS_PLACING},
    {"INSERT INTO ledger_hold_step (id, hold_id, step, whole, amount, released, source, operation, "
     "created_at_ms) VALUES (7, 8, 5, 0, 1, 0, 0, 0, 0)",
     "DELETE FROM ledger_hold_step WHERE id = 7", NONE,
     "ledger_hold_step row 7: there is no such hold"},
    {SET("ledger_hold_step", "business_no", "777", "NULL", "step = 5"), NONE, NOT_ITS_REFERENCE},
    {SET("ledger_hold_step", "source", "2", "0", "step = 4"), NONE, NOT_ITS_REFERENCE},
    {SET("ledger_hold_step", "operation", "6", "0", "step = 4"), NONE, NOT_ITS_REFERENCE},
    {SET("ledger_hold_step", "journal_id", "1", "NULL", "step = 4"), NONE, NOT_ITS_REFERENCE},
    {SET("ledger_hold_step", "step", "6", "5", "step = 5 OR step = 6"), NONE, NOT_ITS_REFERENCE},
    {SET("ledger_hold_step", "journal_id", "journal_id + 1", "journal_id - 1",
         "step = 2 AND amount = 60"),
     NONE, NOT_ITS_JOURNAL},
    {SET("ledger_hold_step", "journal_id", "NULL", "8", "step = 2 AND amount = 60"), NONE,
     NOT_ITS_JOURNAL},
    {SET("ledger_hold_step", "business_no", "business_no + 500", "business_no - 500",
         "step = 2 AND amount = 60"),
     NONE, NOT_ITS_JOURNAL},
    {SET("ledger_hold_step", "source", "4", "2", "step = 2 AND amount = 60"), NONE,
     NOT_ITS_JOURNAL},
    {SET("ledger_hold_step", "operation", "7", "5", "step = 2 AND amount = 60"), NONE,
     NOT_ITS_JOURNAL},
    {SET("ledger_hold_step", "created_at_ms", "created_at_ms - 1000", "created_at_ms + 1000",
         "step = 2 AND amount = 30"),
     NONE, NOT_ITS_JOURNAL},
    {SET("ledger_hold_step", "date", "20250101", "20251122", "step = 4"), NONE, NOT_ITS_REFERENCE},
    {SET("ledger_hold_step", "date", "20250101", "20251122", "step = 2 AND amount = 60"), NONE,
     NOT_ITS_REFERENCE},
    {SET("ledger_journal", "hold_id", "7", "NULL", "id = 1"), NONE,
     "ledger_journal row 1: it captured from a hold, which has no such step"},
    {SET("ledger_journal", "source", "0", "2", "id = 1"), NONE,
     "ledger_journal row 1: source or operation is missing"},
    /* entries that wait */
    {SET("ledger_pending", "amount", "5", "4", "id = 5"), WAITING_ACCOUNT,
     "ledger_account row @: posted on 2299 is not what the entries that wait sum up to"},
    {SET("ledger_pending", "account_id", "(SELECT id FROM ledger_account WHERE owner_id = 12)",
         "(SELECT id FROM ledger_account WHERE owner_id = 13 AND code = 2241)", "id = 1"),
     NONE, NOT_ITS_LEG("1")},
    {SET("ledger_pending", "amount", "71", "70", "id = 1"), NONE, NOT_ITS_LEG("1")},
    {SET("ledger_pending", "side", "1", "2", "id = 1"), NONE, NOT_ITS_LEG("1")},
    {SET("ledger_pending", "position", "position + 1", "position - 1", "id = 7"), NONE,
     NOT_ITS_LEG("7")},
    {SET("ledger_pending", "position", "position + 99", "position - 99", "id = 7"), NONE,
     NOT_ITS_LEG("7")},
    {SET("ledger_pending", "created_at_ms", "created_at_ms + 1", "created_at_ms - 1", "id = 7"),
     NONE, NOT_ITS_LEG("7")},
    {SET("ledger_pending", "matures_on", "20251126", "20251125", "id = 1"), NONE, NOT_APPLIED("1")},
    {SET("ledger_pending", "journal_id", "1", "0", "id = 7"), NONE, NOT_APPLIED("7")},
    {SET("ledger_pending", "refusal", "''", "'ledger_credit_blocked'", "id = 4"), NONE,
     NOT_APPLIED("4")},
    {SET("ledger_pending", "refusal", "'no'", "''", "id = 1"), NONE, NOT_APPLIED("1")},
    {SET("ledger_pending", "hold_id", "hold_id + 1", "hold_id - 1", "id = 2"), NONE,
     NOT_APPLIED("2")},
    {SET("ledger_pending", "hold_id", "hold_id + 1", "hold_id - 1", "id = 6"), NONE,
     NOT_RESERVED("6")},
    {SET("ledger_pending", "hold_id", "5", "0", "id = 7"), NONE, NOT_RESERVED("7")},
    {SET("ledger_pending", "matures_on", "20251126", "20251125", "id = 6"), NONE,
     NOT_RESERVED("6")},
    {SET("ledger_hold", "kind", "2", "8", "kind IN (2, 8) AND amount = 6"), NONE,
     NOT_RESERVED("6")},
    {SET("ledger_hold", "expires_at_ms", "99", "0", "kind = 8 AND amount = 6"), NONE,
     NOT_RESERVED("6")},
    {SET("ledger_hold_step", "business_no", "business_no + 50", "business_no - 50",
         "source = 7 AND step = 1 AND amount = 6"),
     NONE, NOT_RESERVED("6")},
    {SET("ledger_hold", "kind", "8", "4", "kind IN (4, 8) AND amount = 80"), WITHDRAWAL,
     "ledger_hold row @: is of no entry that waits"},
    {SET("ledger_pending", "status", "1", "3", "id = 4"), NONE, NOT_APPLIED("4")},
    {SET("ledger_pending", "number", "8", "7", "id = 7"), NONE, NOT_QUEUED("7")},
    {SET("ledger_queue", "seen", "5", "4", "seen > 0"), NONE, NOT_QUEUED("5")},
    {SET("ledger_queue", "oldest", "5", "4", "seen > 0"), NONE, NOT_QUEUED("4")},
    {SET("ledger_queue", "last", "8", "7", "seen > 0"), WAITER_ACCOUNT,
     "ledger_queue row @: is not as long as its account has entries"},
    {SET("ledger_queue", "seen", "2", "4", "seen > 0"), WAITER_ACCOUNT,
     "ledger_queue row @: is not as long as its account has entries"},
};

/* Whether the text is the pattern, which has '*' where the text has a number. */
static bool is_like(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '*') {
            if (*text++ != *pattern) {
                return false;
            }
            continue;
        }
        text += strspn(text, "0123456789");
    }
    return *text == '\0';
}

static bool is_found_in_pages(const struct town *t, const struct change *change, size_t page_rows)
{
    struct ledger_proof proof;
    const char *at = strchr(change->wrong, '@');
    char due[240];

    assert_ok(ledger__prove_in_pages(t->books->store, page_rows, &proof));
    if (at == NULL) {
        (void)snprintf(due, sizeof(due), "%s", change->wrong);
    } else {
        (void)snprintf(due, sizeof(due), "%.*s%lld%s", (int)(at - change->wrong), change->wrong,
                       (long long)t->ids[change->named], at + 1);
    }
    if (proof.holds_true || !is_like(proof.wrong, due)) {
        print_error("%s in pages of %zu: \"%s\", must be \"%s\"\n", change->make, page_rows,
                    proof.wrong, due);
        return false;
    }
    return true;
}

/* Each row is the first and the last of its page, or either, or neither. */
static bool is_found(const struct town *t, const struct change *change)
{
    static const size_t sizes[] = {1, 2, 3, 1000};
    size_t found = 0;

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        found += is_found_in_pages(t, change, sizes[i]) ? 1 : 0;
    }
    return found == ARRAY_LEN(sizes);
}

static void every_change_is_found_and_named(void **state)
{
    struct town t = town_open(state);
    int missed = 0;

    books_assert_right(t.books);
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        books_sql(t.books, changes[i].make);
        missed += is_found(&t, &changes[i]) ? 0 : 1;
        books_sql(t.books, changes[i].mend);
    }
    assert_int_equal(missed, 0);
    books_assert_right(t.books);
    books_close(t.books);
}

/* ---- after the day has been closed ---- */

#define SEALED(table_) table_ ": a row of 20251122 is not as it was when the day was closed"
#define A_HOLD(column_, bad_, good_)                                                               \
    {                                                                                              \
        SET("ledger_hold", column_, bad_, good_, "document_no = '2025-17' OR document_no = 'x'"),  \
            NONE, SEALED("ledger_hold")                                                            \
    }

static const struct change sealed_changes[] = {
    A_HOLD("kind", "3", "1"),
    A_HOLD("reason", "'court order '", "'court order'"),
    A_HOLD("document_no", "'x'", "'2025-17'"),
    A_HOLD("turn", "4", "3"),
    A_HOLD("operator_id", "8", "9"),
    A_HOLD("shortage", "2", "1"),
    A_HOLD("starts_at_ms", "starts_at_ms + 1", "starts_at_ms - 1"),
    A_HOLD("expires_at_ms", "expires_at_ms + 1", "expires_at_ms - 1"),
    A_HOLD("matures_on", "20251125", "0"),
    {SET("ledger_hold_step", "business_no", "business_no + 500", "business_no - 500",
         "step = 3 AND amount = 30"),
     NONE, SEALED("ledger_hold_step")},
    {SET("ledger_hold_step", "whole", "1", "0", "step = 3 AND amount = 30"), NONE,
     SEALED("ledger_hold_step")},
    {SET("ledger_hold_step", "date", "0", "20251122", "step = 3 AND amount = 30"), NONE,
     SEALED("ledger_hold_step")},
    {SET("ledger_hold_step", "date", "20251123", "20251122", "step = 3 AND amount = 30"), NONE,
     SEALED("ledger_hold_step")},
    {SET("ledger_pending", "matures_on", "20251126", "20251125", "id = 5"), NONE,
     SEALED("ledger_pending")},
    {SET("ledger_memo", "text", "'loan'", "'rent'", "journal_id = 1"), NONE, SEALED("ledger_memo")},
    {"INSERT INTO ledger_memo (journal_id, text) VALUES (2, 'loan')",
     "DELETE FROM ledger_memo WHERE journal_id = 2", NONE, SEALED("ledger_memo")},
    {"DELETE FROM ledger_memo WHERE journal_id = 1",
     "INSERT INTO ledger_memo (journal_id, text) VALUES (1, 'rent')", NONE, SEALED("ledger_memo")},
    {SET("ledger_terms", "created_at_ms", "created_at_ms + 1", "created_at_ms - 1", "id = 2"), NONE,
     SEALED("ledger_terms")},
};

static void close_day(struct town *t)
{
    bool right = false;

    counter_add(&t->books->now_ms, TIME_DAY_MS);
    pay_in(t, SAVER_ACCOUNT, 1, 0);
    assert_ok(ledger_seal_days(t->books->store, &right));
    assert_true(right);
}

static void what_a_closed_day_has_seen_is_sealed(void **state)
{
    struct town t = town_open(state);
    int missed = 0;

    close_day(&t);
    close_day(&t);
    books_assert_right(t.books);
    for (size_t i = 0; i < ARRAY_LEN(sealed_changes); i++) {
        struct ledger_proof day;

        books_sql(t.books, sealed_changes[i].make);
        missed += is_found(&t, &sealed_changes[i]) ? 0 : 1;
        assert_ok(ledger_prove_day(t.books->store, TODAY, NULL, NULL, &day));
        assert_string_equal(day.wrong, sealed_changes[i].wrong);
        books_sql(t.books, sealed_changes[i].mend);
    }
    assert_int_equal(missed, 0);
    books_assert_right(t.books);
    books_sql(t.books, "UPDATE ledger_day SET records = NULL WHERE id = 20251122");
    assert_string_equal(books_prove(t.books).wrong,
                        "ledger_day row 20251122: hash is not that of what it says");
    books_close(t.books);
}

/* The day as it would have been closed before there were records in a seal. */
static void forget_records(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_total_at *totals;
    unsigned char hash[LEDGER_HASH];
    struct ledger_day day;
    struct buf *sql = ctx;
    size_t count;

    assert_ok(ledger_read_day(reader, TODAY, books->arena, &day));
    assert_ok(ledger__read_totals_at(reader, TODAY, books->arena, &totals, &count));
    day.records = STR("");
    ledger__day_hash(&day, totals, count, hash);
    buf_add(sql, STR("UPDATE ledger_day SET records = NULL, hash = x'"));
    hex_encode(sql, (struct str){(const char *)hash, LEDGER_HASH});
    buf_printf(sql, "' WHERE id = %d", TODAY);
}

static void the_first_seal_of_records_covers_what_was_before(void **state)
{
    static const struct change before[] = {
        {SET("ledger_memo", "text", "'loan'", "'rent'", "journal_id = 1"), NONE,
         "ledger_memo: a row of 20251123 is not as it was when the day was closed"},
        {SET("ledger_hold", "reason", "'no'", "'court order'", "kind = 1"), NONE,
         "ledger_hold: a row of 20251123 is not as it was when the day was closed"},
        {SET("ledger_terms", "created_at_ms", "created_at_ms + 1", "created_at_ms - 1", "id = 2"),
         NONE, "ledger_terms: a row of 20251123 is not as it was when the day was closed"},
    };
    struct town t = town_open(state);
    struct buf sql;

    close_day(&t);
    buf_init(&sql, 1000);
    books_read(t.books, forget_records, &sql);
    books_sql(t.books, str_cstr(t.books->arena, buf_str(&sql)));
    buf_free(&sql);
    books_sql(t.books, "UPDATE ledger_hold_step SET date = 0");
    books_sql(t.books, "UPDATE ledger_terms SET date = 0");
    books_assert_right(t.books);
    close_day(&t);
    books_assert_right(t.books);
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        books_sql(t.books, before[i].make);
        assert_true(is_found(&t, &before[i]));
        books_sql(t.books, before[i].mend);
    }
    books_assert_right(t.books);
    books_close(t.books);
}

/* Whoever raises the floor, and the terms with it, has not looked at what matures. */
static void what_has_not_matured_is_not_available(void **state)
{
    struct town t = town_open(state);
    const struct change raised = {
        "floor", "floor", SAVER_ACCOUNT,
        "ledger_account row @: posted - held - what matures later is below floor"};

    books_sql(t.books, "UPDATE ledger_account SET floor = 2 WHERE " THE_SAVER);
    books_sql(t.books, "UPDATE ledger_terms SET floor = 2 WHERE owner_id = 12");
    books_assert_right(t.books);
    books_sql(t.books, "UPDATE ledger_account SET floor = 3 WHERE " THE_SAVER);
    books_sql(t.books, "UPDATE ledger_terms SET floor = 3 WHERE owner_id = 12");
    assert_true(is_found(&t, &raised));
    books_close(t.books);
}

static void an_entry_that_was_taken_away_is_missed(void **state)
{
    struct town t = town_open(state);
    const struct change gap = {"entry 1 is gone", "", WAITER_ACCOUNT,
                               "ledger_queue row @: is not as long as its account has entries"};
    const struct change closed_up = {
        "those after it have moved up", "", WAITING_ACCOUNT,
        "ledger_account row @: legs on 2299 are not as many as its entries have made"};

    books_sql(t.books, "DELETE FROM ledger_pending WHERE id = 1");
    assert_true(is_found(&t, &gap));
    for (int i = 2; i <= 7; i++) {
        char sql[80];

        (void)snprintf(sql, sizeof(sql), "UPDATE ledger_pending SET number = %d WHERE id = %d",
                       i - 1, i);
        books_sql(t.books, sql);
    }
    books_sql(t.books, "UPDATE ledger_queue SET seen = seen - 1, oldest = oldest - 1, "
                       "last = last - 1 WHERE seen > 0");
    assert_true(is_found(&t, &closed_up));
    books_close(t.books);
}

static void accounts_of_before_get_terms_as_they_are(void **state)
{
    struct town t = town_open(state);

    books_sql(t.books, "DELETE FROM ledger_terms");
    books_sql(t.books, "DELETE FROM store_migration WHERE name = 'ledger.131_terms_of_old'");
    assert_false(books_prove(t.books).holds_true);
    books_reopen(t.books);
    books_assert_right(t.books);
    (void)open_account(&t, NEWCOMER + 1, LEDGER_CODE_MERCHANT_PAYABLE);
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
        place(t, SAVER_ACCOUNT, NONE,
              (struct ledger_hold_place){
                  .kind = LEDGER_HOLD_REFUND, .amount = AMOUNT(8), .matures_on = LATER});
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
        cmocka_unit_test(what_a_closed_day_has_seen_is_sealed),
        cmocka_unit_test(the_first_seal_of_records_covers_what_was_before),
        cmocka_unit_test(what_has_not_matured_is_not_available),
        cmocka_unit_test(an_entry_that_was_taken_away_is_missed),
        cmocka_unit_test(accounts_of_before_get_terms_as_they_are),
        cmocka_unit_test(what_matures_is_proved_while_a_day_begins),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
