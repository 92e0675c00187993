/* Freezes to their end: forced deductions, what a review of their end is refused for, and the notes
 * of what they do by themselves. */
#include "business/account/account_int.h"
#include "business/auth/auth.h"
#include "money/ledger/ledger_voucher.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, REVIEW = 2, MAKER = 1, CHECKER = 2 };
#define DOCUMENT "(2026)沪01执1号"

struct site {
    struct books *books;
    int64_t account;
    int64_t bank;
};

/* An account of the type with 1,000 on it. */
static struct site site_open(void **state, enum account_type type)
{
    const struct store_part *const parts[] = {&account_part, &review_part, &event_part,
                                              auth_module.store};
    struct site s = {.books = books_open_with(*state, parts, ARRAY_LEN(parts))};

    s.account = books_account(s.books, MERCHANT, account__code_of(type), CURRENCY_CNY);
    s.bank = books_account(s.books, LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_CNY);
    assert_ok(books_transfer(s.books, s.bank, s.account, 1000));
    return s;
}

static void finish(struct site *s)
{
    books_assert_right(s->books);
    books_close(s->books);
}

static int64_t freeze(struct site *s, struct account_freeze arg)
{
    struct account_result result;

    arg.account_id = s->account;
    arg.kind = arg.kind == 0 ? LEDGER_HOLD_JUDICIAL : arg.kind;
    arg.reason = STR("a test");
    arg.operator_id = MAKER;
    assert_ok(books_command(s->books, &account__freeze_kind, &arg, &result));
    return result.id;
}

static enum err release_run(struct tx *tx, void *ctx)
{
    return account__release(tx, ctx);
}

static enum err deduct(struct site *s, int64_t hold_id, int64_t amount)
{
    struct account_release arg = {.hold_id = hold_id,
                                  .deduct = true,
                                  .amount = AMOUNT(amount),
                                  .reason = STR("the court takes it"),
                                  .review_id = REVIEW};

    return books_run(s->books, release_run, &arg);
}

/* ---- forced deductions ---- */

static void read_deduction(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_journal_view *out = ctx, *views;
    size_t count;

    assert_ok(
        ledger_read_business(reader, LEDGER_SOURCE_OPERATOR, REVIEW, books->arena, &views, &count));
    assert_int_equal(count, 1);
    assert_ok(ledger_read_journal(reader, views[0].id, books->arena, out));
}

static void assert_deduction(struct site *s, enum ledger_event event, int64_t amount)
{
    struct ledger_journal_view view;

    books_read(s->books, read_deduction, &view);
    assert_int_equal(view.reference.operation, LEDGER_OPERATION_DEDUCTED);
    assert_int_equal(ledger_template_event(view.voucher), event);
    assert_int_equal(view.entry_count, 2);
    assert_int_equal(view.entries[0].account_id, s->account);
    assert_int_equal(view.entries[0].side, LEDGER_DEBIT);
    assert_int_equal(view.entries[0].amount.minor, amount);
    assert_int_equal(view.entries[1].account_id, s->bank);
    assert_int_equal(view.entries[1].side, LEDGER_CREDIT);
    assert_true(str_eq(view.memo, STR(DOCUMENT)));
}

/* Out of the held account, through its block, to the bank at once: nothing is left in transit. */
static void is_deducted(void **state, enum account_type type, enum ledger_event event)
{
    struct site s = site_open(state, type);
    int64_t hold = freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_AMOUNT,
                                                      .amount = AMOUNT(400),
                                                      .document_no = STR(DOCUMENT)});

    (void)freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_FULL_BLOCK});
    assert_ok(deduct(&s, hold, 300));
    assert_deduction(&s, event, 300);
    assert_int_equal(books_get(s.books, s.account).posted.minor, 700);
    assert_int_equal(books_get(s.books, s.account).held.minor, 100);
    assert_int_equal(books_get(s.books, s.bank).posted.minor, 700);
    finish(&s);
}

static void a_settlement_account_is_deducted_to_the_bank(void **state)
{
    is_deducted(state, ACCOUNT_SETTLEMENT, LEDGER_EVENT_BALANCE_DEDUCTED);
}

static void a_deposit_is_deducted_to_the_bank(void **state)
{
    is_deducted(state, ACCOUNT_DEPOSIT, LEDGER_EVENT_DEPOSIT_DEDUCTED);
}

/* ---- reviews ---- */

/* What the API does: a review where one is needed. */
static enum err ask(struct site *s, struct account_release arg, struct account_result *result)
{
    arg.reason = STR("a test");
    arg.operator_id = MAKER;
    return books_command(s->books, &account__release_kind, &arg, result);
}

static enum err approve(struct site *s, int64_t review_id)
{
    struct review_kinds kinds = {.count = 0};
    const struct review_decide decide = {.kinds = &kinds,
                                         .review_id = review_id,
                                         .key_id = CHECKER,
                                         .permissions = STR("account:freeze")};
    struct review_item item;

    review_kinds_add(&kinds, &account__release_review);
    return books_command(s->books, &review_approve_kind, &decide, &item);
}

/* The maker is told at once what could not be done anyway. */
static void the_end_of_a_freeze_is_checked_before_it_is_reviewed(void **state)
{
    struct site s = site_open(state, ACCOUNT_SETTLEMENT);
    const int64_t later = counter_get(&s.books->now_ms) + 1000;
    const int64_t hold =
        freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_AMOUNT, .amount = AMOUNT(400)});
    const int64_t block = freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_DEBIT_BLOCK});
    const int64_t waiting =
        freeze(&s, (struct account_freeze){
                       .effect = LEDGER_HOLD_AMOUNT, .amount = AMOUNT(1), .starts_at = later});
    const int64_t short_one =
        freeze(&s, (struct account_freeze){
                       .effect = LEDGER_HOLD_AMOUNT, .amount = AMOUNT(1), .expires_at = later});
    const int64_t closed =
        freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_AMOUNT, .amount = AMOUNT(50)});
    struct account_release all_of_it = {.hold_id = closed};
    struct account_result result;

    assert_ok(books_run(s.books, release_run, &all_of_it));
    const struct {
        struct account_release arg;
        enum err err;
        const char *param;
    } refused[] = {
        {{.hold_id = 1, .deduct = true}, ERR_LEDGER_HOLD_NOT_FOUND, "hold"},
        {{.hold_id = closed, .deduct = true}, ERR_LEDGER_HOLD_CLOSED, "hold"},
        {{.hold_id = closed}, ERR_LEDGER_HOLD_CLOSED, "hold"},
        {{.hold_id = waiting, .deduct = true}, ERR_LEDGER_HOLD_WAITING, "hold"},
        {{.hold_id = block, .deduct = true}, ERR_LEDGER_HOLD_BLOCK, "hold"},
        {{.hold_id = block, .amount = AMOUNT(1)}, ERR_LEDGER_HOLD_EXCEEDED, "amount"},
        {{.hold_id = hold, .deduct = true, .amount = AMOUNT(401)},
         ERR_LEDGER_HOLD_EXCEEDED,
         "amount"},
        {{.hold_id = hold, .amount = AMOUNT(401)}, ERR_LEDGER_HOLD_EXCEEDED, "amount"},
    };

    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        assert_refused(s.books, ask(&s, refused[i].arg, &result), refused[i].err, refused[i].param);
    }
    counter_set(&s.books->now_ms, later);
    assert_refused(s.books,
                   ask(&s, (struct account_release){.hold_id = short_one, .deduct = true}, &result),
                   ERR_LEDGER_HOLD_EXPIRED, "hold");
    assert_refused(s.books, ask(&s, (struct account_release){.hold_id = short_one}, &result),
                   ERR_LEDGER_HOLD_EXPIRED, "hold");
    assert_ok(ask(&s, (struct account_release){.hold_id = block}, &result));
    assert_ok(approve(&s, result.review.id));
    assert_int_equal(books_get(s.books, s.account).debit_blocks, 0);
    finish(&s);
}

static void what_was_taken_meanwhile_is_refused_when_it_is_approved(void **state)
{
    struct site s = site_open(state, ACCOUNT_SETTLEMENT);
    const int64_t hold =
        freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_AMOUNT, .amount = AMOUNT(400)});
    struct account_release take = {.hold_id = hold, .deduct = true, .amount = AMOUNT(400)};
    struct account_result first, second;

    assert_ok(ask(&s, take, &first));
    take.amount = AMOUNT(1);
    assert_ok(ask(&s, take, &second));
    assert_ok(approve(&s, first.review.id));
    assert_refused(s.books, approve(&s, second.review.id), ERR_LEDGER_HOLD_CLOSED, "hold");
    assert_int_equal(books_get(s.books, s.account).posted.minor, 600);
    finish(&s);
}

/* ---- by themselves ---- */

struct turning {
    int64_t hold_id;
    ledger_hold_step_cb step;
};

static enum err turn_run(struct tx *tx, void *ctx)
{
    const struct turning *turning = ctx;

    return account__hold_turn(tx, turning->hold_id, turning->step);
}

static enum err turn(struct site *s, int64_t hold_id, ledger_hold_step_cb step)
{
    struct turning turning = {hold_id, step};

    return books_run(s->books, turn_run, &turning);
}

struct look {
    int64_t account_id;
    struct account_history *rows;
    size_t count;
};

static void read_history(struct books *books, struct reader *reader, void *ctx)
{
    struct look *look = ctx;
    const struct account_page page = {.id = look->account_id, .limit = 10};

    assert_ok(account__read_history(reader, &page, books->arena, &look->rows, &look->count));
}

static struct look history(const struct site *s)
{
    struct look look = {.account_id = s->account};

    books_read(s->books, read_history, &look);
    return look;
}

static bool says(struct str state, const char *what)
{
    char text[512] = "";

    CHECK(state.len < sizeof(text));
    memcpy(text, state.ptr, state.len);
    return strstr(text, what) != NULL;
}

static void a_freeze_that_begins_and_ends_by_its_time_is_noted(void **state)
{
    struct site s = site_open(state, ACCOUNT_SETTLEMENT);
    const int64_t hold = freeze(&s, (struct account_freeze){.effect = LEDGER_HOLD_CREDIT_BLOCK,
                                                            .starts_at = BOOKS_START_MS + 1000,
                                                            .expires_at = BOOKS_START_MS + 2000});
    struct look look;

    assert_ok(turn(&s, hold, ledger_hold_start)); /* too early */
    assert_int_equal(history(&s).count, 2);
    counter_set(&s.books->now_ms, BOOKS_START_MS + 1000);
    assert_ok(turn(&s, hold, ledger_hold_start));
    assert_ok(turn(&s, hold, ledger_hold_start));
    counter_set(&s.books->now_ms, BOOKS_START_MS + 2000);
    assert_ok(turn(&s, hold, ledger_hold_expire));
    assert_ok(turn(&s, hold, ledger_hold_expire));
    look = history(&s);
    assert_int_equal(look.count, 4);
    assert_int_equal(look.rows[0].action, ACCOUNT_FREEZE_EXPIRED);
    assert_true(says(look.rows[0].before, "\"credit_blocks\":1"));
    assert_true(says(look.rows[0].after, "\"credit_blocks\":0"));
    assert_true(str_eq(look.rows[0].reason, STR("a test")));
    assert_int_equal(look.rows[0].operator_id, 0);
    assert_int_equal(look.rows[1].action, ACCOUNT_FREEZE_STARTED);
    assert_true(says(look.rows[1].before, "\"credit_blocks\":0"));
    assert_true(says(look.rows[1].after, "\"credit_blocks\":1"));
    assert_int_equal(look.rows[2].action, ACCOUNT_FROZEN);
    assert_true(says(look.rows[2].hold_step, "\"effect\":\"credit_block\",\"kind\":\"judicial\","
                                             "\"status\":\"waiting\""));
    assert_int_equal(look.rows[3].action, ACCOUNT_OPENED);
    assert_int_equal(look.rows[3].hold_step.len, 0);
    finish(&s);
}

/* ---- holds that are no freezes ---- */

static int64_t hold_of(struct site *s, enum ledger_source source)
{
    const struct ledger_hold_place place = {
        .reference = {source, LEDGER_OPERATION_HOLD, 1},
        .account_id = s->account,
        .kind = LEDGER_HOLD_DISPUTE,
        .amount = AMOUNT(10),
        .reason = STR("a test"),
        .expires_at_ms = BOOKS_START_MS + 1000,
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_place_kind, &place, &held));
    return held.hold_id;
}

static void a_hold_that_an_operator_placed_is_noted_when_it_ends_by_its_time(void **state)
{
    struct site s = site_open(state, ACCOUNT_SETTLEMENT);
    const int64_t hold = hold_of(&s, LEDGER_SOURCE_API);
    struct look look;

    counter_set(&s.books->now_ms, BOOKS_START_MS + 1000);
    assert_ok(turn(&s, hold, ledger_hold_expire));
    look = history(&s);
    assert_int_equal(look.count, 2);
    assert_int_equal(look.rows[0].action, ACCOUNT_HOLD_EXPIRED);
    assert_int_equal(look.rows[0].operator_id, 0);
    assert_true(str_eq(look.rows[0].reason, STR("a test")));
    assert_true(says(look.rows[0].hold_step, "\"status\":\"expired\",\"amount\":10,\"left\":0"));
    assert_true(says(look.rows[0].before, "\"held\":10"));
    assert_true(says(look.rows[0].after, "\"held\":0"));
    finish(&s);
}

/* Its cash-out, refund or settlement tells of it. */
static void a_hold_of_the_platforms_own_is_not_noted(void **state)
{
    static const enum ledger_source own[] = {LEDGER_SOURCE_CASH, LEDGER_SOURCE_REFUND,
                                             LEDGER_SOURCE_SETTLEMENT};
    struct site s = site_open(state, ACCOUNT_SETTLEMENT);
    int64_t holds[ARRAY_LEN(own)];

    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        holds[i] = hold_of(&s, own[i]);
    }
    counter_set(&s.books->now_ms, BOOKS_START_MS + 1000);
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        assert_ok(turn(&s, holds[i], ledger_hold_expire));
    }
    assert_int_equal(books_get(s.books, s.account).held.minor, 0);
    assert_int_equal(history(&s).count, 0);
    finish(&s);
}

struct manual {
    struct ledger_manual_step step;
    struct ledger_held held;
};

static enum err manual_run(struct tx *tx, void *ctx)
{
    struct manual *manual = ctx;

    return account__hold_manual(tx, &manual->step, &manual->held);
}

static void a_step_that_was_taken_before_is_noted_once(void **state)
{
    struct site s = site_open(state, ACCOUNT_SETTLEMENT);
    const struct ledger_hold_place place = {
        .reference = {LEDGER_SOURCE_API, LEDGER_OPERATION_HOLD, 1},
        .account_id = s.account,
        .kind = LEDGER_HOLD_DISPUTE,
        .amount = AMOUNT(10)};
    struct manual manual = {.step = {.operation = LEDGER_OPERATION_HOLD,
                                     .account_id = s.account,
                                     .operator_id = 9,
                                     .reason = STR("complaint 7"),
                                     .kind = &ledger_place_kind,
                                     .arg = &place}};
    struct look look;

    assert_ok(books_run(s.books, manual_run, &manual));
    assert_ok(books_run(s.books, manual_run, &manual));
    assert_true(manual.held.exists);
    look = history(&s);
    assert_int_equal(look.count, 2);
    assert_int_equal(look.rows[0].action, ACCOUNT_HOLD_PLACED);
    assert_int_equal(look.rows[0].operator_id, 9);
    assert_true(str_eq(look.rows[0].reason, STR("complaint 7")));
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settlement_account_is_deducted_to_the_bank),
        cmocka_unit_test(a_deposit_is_deducted_to_the_bank),
        cmocka_unit_test(the_end_of_a_freeze_is_checked_before_it_is_reviewed),
        cmocka_unit_test(what_was_taken_meanwhile_is_refused_when_it_is_approved),
        cmocka_unit_test(a_freeze_that_begins_and_ends_by_its_time_is_noted),
        cmocka_unit_test(a_hold_that_an_operator_placed_is_noted_when_it_ends_by_its_time),
        cmocka_unit_test(a_hold_of_the_platforms_own_is_not_noted),
        cmocka_unit_test(a_step_that_was_taken_before_is_noted_once),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
