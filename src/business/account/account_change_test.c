/* Cancelling, reopening and the credit line, each with its row of history. */
#include "base/time.h"
#include "business/account/account_int.h"
#include "business/auth/auth.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 77, HISTORY_MAX = 10 };

struct site {
    struct books *books;
    int64_t account;
    int64_t channel;
};

static struct site site_open(void **state)
{
    const struct store_part *const parts[] = {&account_part, &review_part, &event_part,
                                              auth_module.store};
    struct site s = {.books = books_open_with(*state, parts, ARRAY_LEN(parts))};

    s.account = books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    s.channel = books_account(s.books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);
    return s;
}

static void finish(struct site *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

static enum err make(struct tx *tx, void *ctx)
{
    return account__change(tx, ctx);
}

static enum err change(struct site *s, enum account_action action)
{
    struct account_change arg = {.account_id = s->account,
                                 .action = action,
                                 .operator_id = 1,
                                 .review_id = 2,
                                 .reason = STR("a test")};

    return books_run(s->books, make, &arg);
}

struct look {
    const struct site *s;
    struct arena *arena;
    struct account_history *rows;
    size_t count;
};

static void read_history(struct books *books, struct reader *reader, void *ctx)
{
    struct look *look = ctx;
    const struct account_page page = {.id = look->s->account, .limit = HISTORY_MAX};

    (void)books;
    assert_ok(account__read_history(reader, &page, look->arena, &look->rows, &look->count));
}

/* The changes of the account since its opening, newest first, are these. */
static void assert_changes(const struct site *s, const enum account_action *actions, size_t count)
{
    struct look look = {.s = s, .arena = arena_new()};

    books_read(s->books, read_history, &look);
    assert_int_equal(look.count, count == 0 ? 0 : count + 1);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(look.rows[i].action, actions[i]);
        assert_int_equal(look.rows[i].number, (int64_t)(count - i) + 1);
        assert_int_equal(look.rows[i].review_id, 2);
    }
    if (count > 0) {
        assert_int_equal(look.rows[count].action, ACCOUNT_OPENED);
    }
    arena_free(look.arena);
}

/* A payment of 30: it happened, so it is not refused by a closed account. */
static void pay_maturing(struct site *s, int32_t matures_on)
{
    const struct ledger_leg legs[] = {
        {.account_id = s->channel, .side = LEDGER_DEBIT, .amount = AMOUNT(30)},
        {.account_id = s->account,
         .side = LEDGER_CREDIT,
         .amount = AMOUNT(30),
         .matures_on = matures_on},
    };
    const struct ledger_post post = {
        .reference = books_reference(s->books, LEDGER_OPERATION_SUCCEEDED),
        .legs = legs,
        .leg_count = ARRAY_LEN(legs),
        .fact = true,
    };
    struct ledger_posted posted;

    assert_ok(books_command(s->books, &ledger_transfer_kind, &post, &posted));
}

static void pay(struct site *s)
{
    pay_maturing(s, 0);
}

static void assert_account(const struct site *s, enum ledger_account_status status, int64_t posted,
                           int64_t pending)
{
    struct ledger_account account = books_get(s->books, s->account);

    assert_int_equal(account.status, status);
    assert_int_equal(account.posted.minor, posted);
    assert_int_equal(account.pending, pending);
}

static void what_waits_for_a_cancelled_account_is_booked_when_it_is_reopened(void **state)
{
    static const enum account_action changes[] = {ACCOUNT_REOPENED, ACCOUNT_CANCELLED};
    struct site s = site_open(state);

    assert_ok(change(&s, ACCOUNT_CANCELLED));
    pay(&s);
    assert_account(&s, LEDGER_ACCOUNT_CLOSED, 0, 1);
    assert_ok(change(&s, ACCOUNT_REOPENED));
    assert_account(&s, LEDGER_ACCOUNT_OPEN, 0, 1);
    assert_ok(books_command(s.books, &ledger_pending_kind, &s.account, NULL));
    assert_account(&s, LEDGER_ACCOUNT_OPEN, 30, 0);
    assert_changes(&s, changes, ARRAY_LEN(changes));
    finish(&s);
}

struct sight {
    const struct site *s;
    int64_t now_ms;
    struct arena *arena;
    struct account_view view;
};

static void read_view(struct books *books, struct reader *reader, void *ctx)
{
    struct sight *sight = ctx;

    (void)books;
    assert_ok(account__read(reader, sight->s->account, sight->now_ms, sight->arena, &sight->view));
}

/* The books are of 2025-11-22, also for who looks at them two days later and before the cut. */
static void what_has_matured_is_shown_by_the_date_of_the_books(void **state)
{
    struct site s = site_open(state);
    struct sight sight = {
        .s = &s, .now_ms = BOOKS_START_MS + 2 * TIME_DAY_MS, .arena = arena_new()};

    pay_maturing(&s, 20251124);
    books_read(s.books, read_view, &sight);
    assert_int_equal(sight.view.immature.minor, 30);
    assert_int_equal(sight.view.available.minor, 0);
    counter_add(&s.books->now_ms, 2 * TIME_DAY_MS);
    pay(&s);
    books_read(s.books, read_view, &sight);
    assert_int_equal(sight.view.immature.minor, 0);
    assert_int_equal(sight.view.available.minor, 60);
    arena_free(sight.arena);
    finish(&s);
}

static void an_open_account_is_not_reopened(void **state)
{
    static const enum account_action changes[] = {ACCOUNT_CANCELLED, ACCOUNT_REOPENED,
                                                  ACCOUNT_CANCELLED};
    struct site s = site_open(state);

    assert_refused(s.books, change(&s, ACCOUNT_REOPENED), ERR_ACCOUNT_NOT_CANCELLED, "account");
    assert_changes(&s, NULL, 0);
    assert_ok(change(&s, ACCOUNT_CANCELLED));
    assert_ok(change(&s, ACCOUNT_REOPENED));
    assert_refused(s.books, change(&s, ACCOUNT_REOPENED), ERR_ACCOUNT_NOT_CANCELLED, "account");
    assert_ok(change(&s, ACCOUNT_CANCELLED));
    assert_changes(&s, changes, ARRAY_LEN(changes));
    finish(&s);
}

/* The second time changes nothing, and leaves no row. */
static void a_cancelled_account_is_cancelled_once(void **state)
{
    static const enum account_action changes[] = {ACCOUNT_CANCELLED};
    struct site s = site_open(state);

    assert_ok(change(&s, ACCOUNT_CANCELLED));
    assert_ok(change(&s, ACCOUNT_CANCELLED));
    assert_changes(&s, changes, ARRAY_LEN(changes));
    finish(&s);
}

/* ---- the opening of accounts that came into being by themselves ---- */

static struct account_history first_note(const struct site *s, int64_t account_id)
{
    const struct site other = {.books = s->books, .account = account_id};
    struct look look = {.s = &other, .arena = s->books->arena};

    books_read(s->books, read_history, &look);
    assert_true(look.count > 0);
    return look.rows[look.count - 1];
}

/* An upgrade writes what is else written with the first change. */
static void an_account_of_old_books_begins_its_history_with_its_opening(void **state)
{
    struct site s = site_open(state);
    int64_t changed = s.account;
    struct account_history note, due;

    assert_ok(change(&s, ACCOUNT_CANCELLED));
    s.account = books_account(s.books, MERCHANT, LEDGER_CODE_DEPOSIT, CURRENCY_CNY);
    books_sql(s.books, "DELETE FROM store_migration WHERE name >= 'account.007' "
                       "AND name < 'account.010'");
    books_reopen(s.books);
    due = first_note(&s, changed);
    note = first_note(&s, s.account);
    assert_int_equal(note.number, 1);
    assert_int_equal(note.action, ACCOUNT_OPENED);
    assert_true(str_eq(note.before, due.before));
    assert_true(str_eq(note.after, due.after));
    assert_int_equal(note.created_at_ms, books_get(s.books, s.account).created_at_ms);
    assert_ok(change(&s, ACCOUNT_CANCELLED));
    assert_int_equal(first_note(&s, s.account).number, 1);
    finish(&s);
}

/* A server keeps no transaction over a migration and its record: one that was cut off in between is
 * run again. */
static void an_opening_is_written_once_when_an_upgrade_is_cut_off(void **state)
{
    static const enum account_action changes[] = {ACCOUNT_CANCELLED};
    static const char before[] = "DELETE FROM store_migration WHERE name >= 'account.008' "
                                 "AND name < 'account.010'";
    static const char after_009[] = "DELETE FROM store_migration "
                                    "WHERE name = 'account.009_opened_account'";
    struct site s = site_open(state);

    books_sql(s.books, before);
    books_reopen(s.books);
    books_sql(s.books, before); /* cut off after 008: it is written, and 009 has not begun */
    books_sql(s.books, "DELETE FROM account");
    books_reopen(s.books);
    books_sql(s.books, after_009);
    books_reopen(s.books);
    assert_int_equal(first_note(&s, s.account).number, 1);
    assert_ok(change(&s, ACCOUNT_CANCELLED));
    assert_changes(&s, changes, ARRAY_LEN(changes));
    finish(&s);
}

/* ---- reviews ---- */

static enum err ask(struct site *s, struct account_change arg)
{
    struct account_result result;

    arg.account_id = s->account;
    arg.operator_id = 1;
    arg.reason = STR("a test");
    return books_command(s->books, &account__change_kind, &arg, &result);
}

/* The maker is told at once, and by the same names as at the approval. */
static void a_credit_line_below_its_use_is_not_reviewed(void **state)
{
    struct site s = site_open(state);
    struct account_change line = {.account_id = s.account,
                                  .action = ACCOUNT_CREDIT_LINE,
                                  .amount = AMOUNT(500),
                                  .operator_id = 1,
                                  .reason = STR("a test")};

    assert_ok(books_run(s.books, make, &line));
    assert_ok(books_transfer(s.books, s.account, s.channel, 200));
    line.amount = AMOUNT(199);
    assert_refused(s.books, ask(&s, line), ERR_LEDGER_INSUFFICIENT, "credit_line");
    assert_refused(s.books, books_run(s.books, make, &line), ERR_LEDGER_INSUFFICIENT,
                   "credit_line");
    line.amount = AMOUNT(200);
    assert_ok(ask(&s, line));
    finish(&s);
}

static void reopening_an_open_account_is_not_reviewed(void **state)
{
    struct site s = site_open(state);
    const struct account_change reopening = {.action = ACCOUNT_REOPENED};

    assert_refused(s.books, ask(&s, reopening), ERR_ACCOUNT_NOT_CANCELLED, "account");
    assert_ok(change(&s, ACCOUNT_CANCELLED));
    assert_ok(ask(&s, reopening));
    finish(&s);
}

static void a_cancelled_account_is_not_changed(void **state)
{
    static const enum account_action actions[] = {ACCOUNT_CREDIT_LINE, ACCOUNT_DEFERRED,
                                                  ACCOUNT_REMARKED};
    struct site s = site_open(state);

    assert_ok(change(&s, ACCOUNT_CANCELLED));
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        const struct account_change arg = {.action = actions[i]};

        assert_refused(s.books, change(&s, actions[i]), ERR_LEDGER_ACCOUNT_CLOSED, "account");
        assert_refused(s.books, ask(&s, arg), ERR_LEDGER_ACCOUNT_CLOSED, "account");
    }
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_for_a_cancelled_account_is_booked_when_it_is_reopened),
        cmocka_unit_test(what_has_matured_is_shown_by_the_date_of_the_books),
        cmocka_unit_test(an_open_account_is_not_reopened),
        cmocka_unit_test(a_cancelled_account_is_cancelled_once),
        cmocka_unit_test(an_account_of_old_books_begins_its_history_with_its_opening),
        cmocka_unit_test(an_opening_is_written_once_when_an_upgrade_is_cut_off),
        cmocka_unit_test(a_credit_line_below_its_use_is_not_reviewed),
        cmocka_unit_test(reopening_an_open_account_is_not_reviewed),
        cmocka_unit_test(a_cancelled_account_is_not_changed),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
