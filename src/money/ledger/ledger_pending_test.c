/* The rules of pending entries (异步入账). */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, OTHER = 12, CHANNEL = 22, TOMORROW = 20251123 };

struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant; /* its entries are deferred */
    int64_t other;
    int64_t waiting; /* 2299 of the merchant */
};

struct deferring {
    int64_t account_id;
    bool deferred;
};

static enum err defer(struct tx *tx, void *ctx)
{
    const struct deferring *arg = ctx;

    return ledger_account_set_deferred(tx, arg->account_id, arg->deferred);
}

static void set_deferred(struct shop *s, bool deferred)
{
    assert_ok(books_run(s->books, defer, &(struct deferring){s->merchant, deferred}));
}

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .other = books_account(books, OTHER, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .waiting = books_account(books, MERCHANT, LEDGER_CODE_WAITING, CURRENCY_CNY),
    };

    set_deferred(&s, true);
    return s;
}

static void finish(struct shop *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

static enum err apply(struct shop *s)
{
    return books_command(s->books, &ledger_pending_kind, &s->merchant, NULL);
}

static enum err pay_in(struct shop *s, int64_t amount)
{
    return books_transfer(s->books, s->channel, s->merchant, amount);
}

static enum err pay_out(struct shop *s, int64_t amount)
{
    return books_transfer(s->books, s->merchant, s->channel, amount);
}

static void assert_account(struct shop *s, int64_t posted, int64_t held, int64_t pending)
{
    struct ledger_account account = books_get(s->books, s->merchant);

    assert_int_equal(account.posted.minor, posted);
    assert_int_equal(account.held.minor, held);
    assert_int_equal(account.pending, pending);
}

static void a_credit_waits_until_it_is_applied(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(pay_in(&s, 100));
    assert_ok(pay_in(&s, 50));
    assert_account(&s, 0, 0, 2);
    assert_int_equal(books_get(s.books, s.waiting).posted.minor, 150);
    books_assert_right(s.books);
    assert_ok(apply(&s));
    assert_account(&s, 150, 0, 0);
    assert_int_equal(books_get(s.books, s.waiting).posted.minor, 0);
    assert_ok(apply(&s)); /* nothing waits */
    assert_account(&s, 150, 0, 0);
    finish(&s);
}

static void statement_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_statement *statement = ctx;
    const struct ledger_statement_page page = {
        .account_id = statement->account.id, .forward = true, .limit = 100};

    assert_ok(ledger_read_statement(reader, &page, books->arena, statement));
}

/* The seed gave all rows of a batch one balance. */
static void a2_a17_each_entry_has_a_journal_and_a_balance_of_its_own(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_statement statement = {.account = {.id = s.merchant}};

    for (int i = 1; i <= 5; i++) {
        assert_ok(pay_in(&s, i));
    }
    assert_ok(apply(&s));
    books_read(s.books, statement_run, &statement);
    assert_int_equal(statement.entry_count, 5);
    for (int i = 0, sum = 0; i < 5; i++) {
        sum += i + 1;
        assert_int_equal(statement.entries[i].amount.minor, i + 1);
        assert_int_equal(statement.entries[i].balance.minor, sum);
        assert_int_equal(statement.entries[i].sequence, i + 1);
        assert_int_equal(statement.entries[i].reference.source, LEDGER_SOURCE_OPERATOR);
        assert_int_equal(statement.entries[i].reference.business_no, i + 1);
        assert_true(statement.entries[i].origin_id < statement.entries[i].journal_id);
    }
    finish(&s);
}

static void journal_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_journal_view *view = ctx;

    assert_ok(ledger_read_journal(reader, view->id, books->arena, view));
}

static struct ledger_journal_view journal_of(struct shop *s, int64_t id)
{
    struct ledger_journal_view view = {.id = id};

    books_read(s->books, journal_run, &view);
    return view;
}

/* Two legs of one journal wait, in rows after its first; and one of another journal. */
static void an_applied_entry_is_known_by_what_was_posted(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_statement statement = {.account = {.id = s.merchant}};
    const struct ledger_leg legs[] = {debit(s.channel, 7), credit(s.other, 1), debit(s.channel, 3),
                                      credit(s.merchant, 4), credit(s.merchant, 5)};
    const struct ledger_leg more[] = {debit(s.channel, 6), credit(s.merchant, 6)};
    struct ledger_posted posted;
    struct ledger_journal_view view;

    assert_ok(books_post(s.books, 77, legs, ARRAY_LEN(legs), &posted));
    assert_ok(books_post(s.books, 78, more, ARRAY_LEN(more), NULL));
    assert_int_equal(journal_of(&s, posted.journal_id).pending_count, 2);
    assert_int_equal(journal_of(&s, posted.journal_id).pending[0].journal_id, 0);
    assert_ok(apply(&s));
    books_read(s.books, statement_run, &statement);
    assert_int_equal(statement.entry_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct ledger_entry *entry = &statement.entries[i];

        assert_int_equal(entry->amount.minor, 4 + i);
        assert_int_equal(entry->reference.source, LEDGER_SOURCE_OPERATOR);
        assert_int_equal(entry->reference.operation, LEDGER_OPERATION_TRANSFER);
        assert_int_equal(entry->reference.business_no, i < 2 ? 77 : 78);
        view = journal_of(&s, entry->origin_id);
        assert_int_equal(view.reference.business_no, entry->reference.business_no);
        assert_int_equal(view.origin.journal_id, 0);
        assert_int_equal(view.pending[i % 2].journal_id, entry->journal_id);
        view = journal_of(&s, entry->journal_id);
        assert_int_equal(view.reference.source, LEDGER_SOURCE_PENDING);
        assert_int_equal(view.origin.journal_id, entry->origin_id);
        assert_int_equal(view.origin.reference.business_no, entry->reference.business_no);
        assert_int_equal(view.pending_count, 0);
    }
    finish(&s);
}

static enum err turn_over(struct tx *tx, void *ctx)
{
    struct ledger_recorded journal;
    struct ledger_post post = {
        .reference = {LEDGER_SOURCE_ADJUSTMENT, LEDGER_OPERATION_REVERSED, *(const int64_t *)ctx}};

    TRY(ledger_journal_get(tx, *(const int64_t *)ctx, &journal));
    for (size_t i = 0; i < journal.leg_count; i++) {
        journal.legs[i].side = journal.legs[i].side == LEDGER_DEBIT ? LEDGER_CREDIT : LEDGER_DEBIT;
    }
    post.legs = journal.legs;
    post.leg_count = journal.leg_count;
    return ledger_post(tx, &post, NULL);
}

/* What stands on 2299 is what waits: anything else could never be applied nor proved. */
static void only_the_books_post_entries_that_wait(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_statement statement = {.account = {.id = s.merchant}};

    assert_ok(pay_in(&s, 100));
    assert_refused(s.books, books_transfer(s.books, s.channel, s.waiting, 5), ERR_LEDGER_CODE_OWN,
                   "legs[1].account");
    assert_ok(apply(&s));
    books_read(s.books, statement_run, &statement);
    assert_refused(s.books, books_run(s.books, turn_over, &statement.entries[0].journal_id),
                   ERR_LEDGER_CODE_OWN, "legs[1].account");
    assert_account(&s, 100, 0, 0);
    finish(&s);
}

static enum err give_floor(struct tx *tx, void *ctx)
{
    return ledger_account_set_floor(tx, *(const int64_t *)ctx, true, AMOUNT_ZERO);
}

static enum err close_waiting(struct tx *tx, void *ctx)
{
    return ledger_account_close(tx, *(const int64_t *)ctx);
}

/* Entries that wait would find it closed, or could never leave it. */
static void an_account_for_entries_that_wait_is_left_alone(void **state)
{
    struct shop s = shop_open(state);
    struct deferring deferring = {s.waiting, true};
    const struct ledger_hold_place place = {
        .reference = books_reference(s.books, LEDGER_OPERATION_HOLD),
        .account_id = s.waiting,
        .kind = LEDGER_HOLD_RISK,
        .effect = LEDGER_HOLD_FULL_BLOCK,
    };
    struct ledger_held held;

    assert_refused(s.books, books_run(s.books, give_floor, &s.waiting), ERR_LEDGER_CODE_OWN,
                   "account");
    assert_refused(s.books, books_run(s.books, close_waiting, &s.waiting), ERR_LEDGER_CODE_OWN,
                   "account");
    assert_refused(s.books, books_run(s.books, defer, &deferring), ERR_LEDGER_CODE_OWN, "account");
    assert_refused(s.books, books_command(s.books, &ledger_place_kind, &place, &held),
                   ERR_LEDGER_CODE_OWN, "account");
    assert_ok(pay_in(&s, 100));
    assert_ok(apply(&s));
    assert_account(&s, 100, 0, 0);
    finish(&s);
}

/* It asked for the merchant's account, not for the one its leg stands on. */
static void a_posting_that_waits_is_not_one_on_2299(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 5), credit(s.merchant, 5)};

    assert_ok(books_post(s.books, 778, legs, 2, NULL));
    legs[1].account_id = s.waiting;
    assert_refused(s.books, books_post(s.books, 778, legs, 2, NULL), ERR_LEDGER_CONFLICT,
                   "legs[1].account");
    finish(&s);
}

static void a_debit_reserves_at_once(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(pay_in(&s, 100));
    assert_refused(s.books, pay_out(&s, 1), ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(apply(&s));
    assert_ok(pay_out(&s, 70));
    assert_account(&s, 100, 70, 1);
    assert_refused(s.books, pay_out(&s, 31), ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(apply(&s));
    assert_account(&s, 30, 0, 0);
    finish(&s);
}

/* The seed's batches stalled for ever, or were credited twice, from a certain size on. */
static void a1_many_entries_are_applied_in_bounded_batches_each_once(void **state)
{
    struct shop s = shop_open(state);

    for (int i = 0; i < 3 * LEDGER_PENDING_BATCH + 7; i++) {
        assert_ok(pay_in(&s, 1));
    }
    for (int i = 1; i <= 3; i++) {
        assert_ok(apply(&s));
        assert_account(&s, (int64_t)i * LEDGER_PENDING_BATCH, 0,
                       (3 - i) * LEDGER_PENDING_BATCH + 7);
        books_reopen(s.books);
    }
    assert_ok(apply(&s));
    assert_account(&s, 3 * LEDGER_PENDING_BATCH + 7, 0, 0);
    finish(&s);
}

static int64_t block(struct shop *s, enum ledger_hold_effect effect)
{
    const struct ledger_hold_place arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = s->merchant,
        .kind = LEDGER_HOLD_RISK,
        .effect = effect,
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_place_kind, &arg, &held));
    return held.hold_id;
}

static void unblock(struct shop *s, int64_t hold_id)
{
    const struct ledger_hold_release arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_RELEASE),
        .hold_id = hold_id,
        .whole = true,
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_release_kind, &arg, &held));
}

/* One bad row stopped the seed's account for ever. */
static void a2_an_entry_that_is_refused_holds_up_no_other(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold;

    assert_ok(pay_in(&s, 500));
    assert_ok(apply(&s));
    assert_ok(pay_in(&s, 100));
    assert_ok(pay_out(&s, 40));
    hold = block(&s, LEDGER_HOLD_CREDIT_BLOCK);
    assert_ok(apply(&s));
    assert_account(&s, 460, 0, 1); /* the credit is parked, the debit went through */
    assert_ok(apply(&s));
    assert_account(&s, 460, 0, 1);
    unblock(&s, hold); /* tries again by itself */
    assert_ok(apply(&s));
    assert_account(&s, 560, 0, 0);
    finish(&s);
}

/* A batch that summed to nothing stopped the seed's account for ever. */
static void a2_a_batch_that_sums_to_nothing_is_applied(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(pay_in(&s, 100));
    assert_ok(apply(&s));
    assert_ok(pay_in(&s, 40));
    assert_ok(pay_out(&s, 40));
    assert_account(&s, 100, 40, 2);
    assert_ok(apply(&s));
    assert_account(&s, 100, 0, 0);
    assert_int_equal(books_get(s.books, s.merchant).sequence, 3);
    finish(&s);
}

/* The seed looked at accounts that were still deferred, and at rows of the last three days. */
static void a2_an_entry_is_applied_although_deferring_ended_days_ago(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(pay_in(&s, 10));
    set_deferred(&s, false);
    counter_add(&s.books->now_ms, 5 * TIME_DAY_MS);
    assert_ok(apply(&s));
    assert_account(&s, 10, 0, 0);
    finish(&s);
}

static enum err retry(struct shop *s, int64_t account_id)
{
    return books_command(s->books, &ledger_pending_retry_kind, &account_id, NULL);
}

/* Fills all dates on which the account's money may mature, from tomorrow on. */
static void mature_on_all_dates(struct shop *s)
{
    for (int i = 0; i < LEDGER_MATURITIES_MAX; i++) {
        struct ledger_leg legs[] = {debit(s->channel, 1), credit(s->merchant, 1)};

        legs[1].matures_on = time_date_add_days(TOMORROW, i);
        assert_ok(books_post(s->books, 0, legs, 2, NULL));
    }
}

/* One that no block keeps out: nothing but the question tries it again. */
static void a_parked_entry_is_tried_again_when_asked(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 10), credit(s.merchant, 10)};
    const int64_t nobody = 404;

    set_deferred(&s, false);
    mature_on_all_dates(&s);
    set_deferred(&s, true);
    legs[1].matures_on = time_date_add_days(TOMORROW, LEDGER_MATURITIES_MAX);
    assert_ok(books_post(s.books, 0, legs, 2, NULL));
    assert_ok(apply(&s));
    assert_account(&s, LEDGER_MATURITIES_MAX, 0, 1);
    assert_ok(retry(&s, s.merchant));
    assert_ok(apply(&s)); /* there is no date left for it still */
    assert_account(&s, LEDGER_MATURITIES_MAX, 0, 1);
    counter_add(&s.books->now_ms, 2 * TIME_DAY_MS);
    assert_ok(apply(&s)); /* nobody has asked */
    assert_account(&s, LEDGER_MATURITIES_MAX, 0, 1);
    assert_ok(retry(&s, s.merchant));
    assert_ok(apply(&s));
    assert_account(&s, LEDGER_MATURITIES_MAX + 10, 0, 0);
    assert_refused(s.books, retry(&s, nobody), ERR_LEDGER_ACCOUNT, "account");
    finish(&s);
}

static void entries_mature_as_they_were_posted(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 100), credit(s.merchant, 100)};
    struct ledger_account account;

    legs[1].matures_on = TOMORROW;
    assert_ok(books_post(s.books, 0, legs, 2, NULL));
    assert_ok(apply(&s));
    account = books_get(s.books, s.merchant);
    assert_int_equal(ledger_immature(&account, 20251122).minor, 100);
    assert_int_equal(ledger_available(&account, TOMORROW).minor, 100);
    finish(&s);
}

static void the_same_posting_is_known_whether_it_waits_or_not(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_leg legs[] = {debit(s.channel, 5), credit(s.merchant, 5)};
    struct ledger_posted first, again;

    legs[1].matures_on = TOMORROW;
    assert_ok(books_post(s.books, 777, legs, 2, &first));
    assert_ok(books_post(s.books, 777, legs, 2, &again));
    assert_true(again.exists && again.journal_id == first.journal_id);
    set_deferred(&s, false);
    assert_ok(apply(&s));
    assert_ok(books_post(s.books, 777, legs, 2, &again));
    assert_true(again.exists && again.journal_id == first.journal_id);
    legs[1].account_id = s.other;
    assert_refused(s.books, books_post(s.books, 777, legs, 2, NULL), ERR_LEDGER_CONFLICT,
                   "legs[1].account");
    legs[1] = credit(s.merchant, 5);
    assert_refused(s.books, books_post(s.books, 777, legs, 2, NULL), ERR_LEDGER_CONFLICT,
                   "legs[1].matures_on");
    finish(&s);
}

/* The entries in the order in which they were booked: each with the next number and its own balance
 * after it. */
static void assert_booked(struct shop *s, const int64_t *changes, size_t count)
{
    struct ledger_statement statement = {.account = {.id = s->merchant}};
    int64_t balance = 0;

    books_read(s->books, statement_run, &statement);
    assert_int_equal(statement.entry_count, count);
    for (size_t i = 0; i < count; i++) {
        balance += changes[i];
        assert_int_equal(statement.entries[i].balance.minor, balance);
        assert_int_equal(statement.entries[i].sequence, i + 1);
    }
}

/* The seed numbered entries and took their balances in two ways, at once and deferred. */
static void a17_at_once_deferred_and_at_once_again_are_one_chain(void **state)
{
    struct shop s = shop_open(state);

    set_deferred(&s, false);
    assert_ok(pay_in(&s, 30)); /* at once */
    assert_account(&s, 30, 0, 0);
    set_deferred(&s, true);
    assert_ok(pay_in(&s, 100));
    set_deferred(&s, false);
    assert_ok(pay_in(&s, 7)); /* behind the 100 */
    assert_account(&s, 30, 0, 2);
    assert_refused(s.books, pay_out(&s, 31), ERR_LEDGER_INSUFFICIENT, "legs[0].account");
    assert_ok(pay_out(&s, 20));
    assert_account(&s, 30, 20, 3);
    assert_ok(apply(&s));
    assert_account(&s, 117, 0, 0);
    assert_ok(pay_in(&s, 5)); /* nothing waits: at once */
    assert_booked(&s, (const int64_t[]){30, 100, 7, -20, 5}, 5);
    finish(&s);
}

/* One entry that can never be applied does not hold up the account. */
static void only_a_parked_entry_is_overtaken(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold;

    assert_ok(pay_in(&s, 50));
    assert_ok(apply(&s));
    assert_ok(pay_in(&s, 100));
    hold = block(&s, LEDGER_HOLD_CREDIT_BLOCK);
    assert_ok(apply(&s));
    set_deferred(&s, false);
    books_reopen(s.books);
    assert_ok(pay_out(&s, 20)); /* at once */
    assert_account(&s, 30, 0, 1);
    unblock(&s, hold); /* the parked entry waits again, and is booked before later ones */
    assert_ok(pay_in(&s, 7));
    assert_account(&s, 30, 0, 2);
    assert_ok(apply(&s));
    assert_booked(&s, (const int64_t[]){50, -20, 100, 7}, 4);
    finish(&s);
}

/* ---- facts ---- */

static enum err pay_in_fact(struct shop *s, int64_t account_id)
{
    const struct ledger_leg legs[] = {debit(s->channel, 30), credit(account_id, 30)};
    const struct ledger_post post = {
        .reference = books_reference(s->books, LEDGER_OPERATION_SUCCEEDED),
        .legs = legs,
        .leg_count = 2,
        .fact = true,
    };
    struct ledger_posted posted;

    return books_command(s->books, &ledger_transfer_kind, &post, &posted);
}

static void a_fact_is_not_refused_by_a_block(void **state)
{
    struct shop s = shop_open(state);
    int64_t hold;

    set_deferred(&s, false);
    hold = block(&s, LEDGER_HOLD_FULL_BLOCK);
    assert_refused(s.books, pay_in(&s, 30), ERR_LEDGER_CREDIT_BLOCKED, "legs[1].account");
    assert_ok(pay_in_fact(&s, s.merchant));
    assert_account(&s, 0, 0, 1);
    assert_ok(apply(&s));
    assert_account(&s, 0, 0, 1);
    assert_int_equal(books_get(s.books, s.waiting).posted.minor, 30);
    unblock(&s, hold);
    assert_ok(apply(&s));
    assert_account(&s, 30, 0, 0);
    finish(&s);
}

static enum err close_account(struct tx *tx, void *ctx)
{
    return ledger_account_close(tx, *(const int64_t *)ctx);
}

static enum err reopen_account(struct tx *tx, void *ctx)
{
    return ledger_account_reopen(tx, *(const int64_t *)ctx);
}

static void a_fact_waits_for_a_closed_account(void **state)
{
    struct shop s = shop_open(state);

    set_deferred(&s, false);
    assert_ok(books_run(s.books, close_account, &s.merchant));
    assert_ok(pay_in_fact(&s, s.merchant));
    assert_ok(apply(&s));
    assert_account(&s, 0, 0, 1);
    assert_ok(books_run(s.books, reopen_account, &s.merchant));
    assert_ok(apply(&s));
    assert_account(&s, 30, 0, 0);
    finish(&s);
}

static void an_account_with_waiting_entries_is_not_closed(void **state)
{
    struct shop s = shop_open(state);

    assert_ok(pay_in(&s, 100));
    assert_refused(s.books, books_run(s.books, close_account, &s.merchant),
                   ERR_LEDGER_ACCOUNT_PENDING, "account");
    finish(&s);
}

/* ---- by itself ---- */

static void the_timer_applies_what_waits(void **state)
{
    struct shop s = shop_open(state);
    struct app app = {.store = s.books->store, .clock = &s.books->clock};
    struct loop *loop = loop_new("timers", 0, &s.books->clock);

    for (int i = 0; i < 2 * LEDGER_PENDING_BATCH + 1; i++) {
        assert_ok(pay_in(&s, 1));
    }
    loop_start(loop);
    app.timers =
        timers_start(&app, app.store, loop, ledger_module.timers, ledger_module.timer_count);
    counter_add(&s.books->now_ms, 2000);
    for (int i = 0; books_get(s.books, s.merchant).pending > 0; i++) {
        assert_true(i < 12000);
        uv_sleep(5);
    }
    assert_account(&s, 2 * LEDGER_PENDING_BATCH + 1, 0, 0);
    books_assert_right(s.books);
    timers_stop(app.timers);
    store_close(s.books->store);
    s.books->store = NULL;
    loop_stop(loop);
    loop_free(loop);
    timers_free(app.timers);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credit_waits_until_it_is_applied),
        cmocka_unit_test(a2_a17_each_entry_has_a_journal_and_a_balance_of_its_own),
        cmocka_unit_test(an_applied_entry_is_known_by_what_was_posted),
        cmocka_unit_test(only_the_books_post_entries_that_wait),
        cmocka_unit_test(an_account_for_entries_that_wait_is_left_alone),
        cmocka_unit_test(a_posting_that_waits_is_not_one_on_2299),
        cmocka_unit_test(a_debit_reserves_at_once),
        cmocka_unit_test(a1_many_entries_are_applied_in_bounded_batches_each_once),
        cmocka_unit_test(a2_an_entry_that_is_refused_holds_up_no_other),
        cmocka_unit_test(a2_a_batch_that_sums_to_nothing_is_applied),
        cmocka_unit_test(a2_an_entry_is_applied_although_deferring_ended_days_ago),
        cmocka_unit_test(a_parked_entry_is_tried_again_when_asked),
        cmocka_unit_test(entries_mature_as_they_were_posted),
        cmocka_unit_test(the_same_posting_is_known_whether_it_waits_or_not),
        cmocka_unit_test(a17_at_once_deferred_and_at_once_again_are_one_chain),
        cmocka_unit_test(only_a_parked_entry_is_overtaken),
        cmocka_unit_test(a_fact_is_not_refused_by_a_block),
        cmocka_unit_test(a_fact_waits_for_a_closed_account),
        cmocka_unit_test(an_account_with_waiting_entries_is_not_closed),
        cmocka_unit_test(the_timer_applies_what_waits),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
