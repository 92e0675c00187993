/* Reviews through their commands, on both databases: in which order they are refused. */
#include "business/review/review.h"
#include "test/lib/each_database.h"
#include "test/lib/payment_kit.h"

#define assert_ok(expr) assert_string_equal(err_code(expr), err_code(ERR_OK))
#define assert_refused(till, expr, err_, param_)                                                   \
    do {                                                                                           \
        assert_string_equal(err_code(expr), err_code(err_));                                       \
        assert_string_equal((till)->param, (param_));                                              \
    } while (0)

enum { MAKER = 7, FIRST_CHECKER, SECOND_CHECKER };

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

static enum err refused_change(struct tx *tx, const struct review_item *item)
{
    (void)item;
    return tx_refuse(tx, ERR_LEDGER_INSUFFICIENT, "account");
}

static enum err refused_ask(struct tx *tx, const struct review_item *item)
{
    return item->amount.minor == 0 ? ERR_OK : tx_refuse(tx, ERR_LEDGER_HOLD_EXCEEDED, "amount");
}

static const struct review_kind refusing = {.name = "test.change",
                                            .check_permission = "test:check",
                                            .check = refused_ask,
                                            .apply = refused_change};

/* ---- short ways ---- */

static enum err submit_apply(struct tx *tx, const void *arg, void *result)
{
    const struct review_item *item;

    TRY(review_submit(tx, arg, &item));
    tx_result_row(tx, &review_table, item, result);
    return ERR_OK;
}

static const struct command_kind submit_kind = {
    .name = "test.submit", .apply = submit_apply, .result_size = sizeof(struct review_item)};

static struct review_ask ask_of(const char *change)
{
    return (struct review_ask){.kind = &refusing,
                               .maker_key_id = MAKER,
                               .change = str_of(change),
                               .reason = STR("a test"),
                               .needed = 2};
}

static int64_t submitted(struct till *till, const char *change)
{
    const struct review_ask ask = ask_of(change);
    struct review_item item;

    assert_ok(till_run(till, &submit_kind, &ask, &item));
    return item.id;
}

static enum err decide(struct till *till, const struct command_kind *kind,
                       const struct review_decide *arg)
{
    struct review_item item;

    return till_run(till, kind, arg, &item);
}

/* Of a review that is over. */
static int64_t withdrawn(struct till *till)
{
    const struct review_decide arg = {.review_id = submitted(till, "{\"of\":\"another\"}"),
                                      .key_id = MAKER};

    assert_ok(decide(till, &review_withdraw_kind, &arg));
    return arg.review_id;
}

/* ---- the order of refusals: all is wrong at once; each step mends the first thing ---- */

static void the_refusals_of_an_approval_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    const struct review_kinds none = {0};
    struct review_kinds kinds = {0};
    struct review_decide arg = {.kinds = &none, .review_id = 404, .key_id = MAKER};

    review_kinds_add(&kinds, &refusing);
    assert_string_equal(err_code(decide(till, &review_approve_kind, &arg)),
                        err_code(ERR_REVIEW_NOT_FOUND));
    arg.review_id = withdrawn(till);
    assert_refused(till, decide(till, &review_approve_kind, &arg), ERR_REVIEW_STATE, "status");
    arg.review_id = submitted(till, "{}");
    assert_refused(till, decide(till, &review_approve_kind, &arg), ERR_REVIEW_KIND, "kind");
    arg.kinds = &kinds;
    assert_refused(till, decide(till, &review_approve_kind, &arg), ERR_AUTH_PERMISSION,
                   "test:check");
    arg.permissions = STR("test:check");
    assert_refused(till, decide(till, &review_approve_kind, &arg), ERR_REVIEW_SELF, "maker_id");
    arg.key_id = FIRST_CHECKER;
    assert_ok(decide(till, &review_approve_kind, &arg));
    arg.permissions = STR("");
    assert_refused(till, decide(till, &review_approve_kind, &arg), ERR_AUTH_PERMISSION,
                   "test:check");
    arg.permissions = STR("test:check");
    assert_refused(till, decide(till, &review_approve_kind, &arg), ERR_REVIEW_TWICE,
                   "first_approval");
    arg.key_id = SECOND_CHECKER;
    assert_refused(till, decide(till, &review_approve_kind, &arg), ERR_LEDGER_INSUFFICIENT,
                   "account");
}

static void the_refusals_of_a_rejection_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct review_kinds kinds = {0};
    struct review_decide arg = {.kinds = &kinds, .review_id = 404, .key_id = MAKER};

    review_kinds_add(&kinds, &refusing);
    assert_string_equal(err_code(decide(till, &review_reject_kind, &arg)),
                        err_code(ERR_REVIEW_NOT_FOUND));
    arg.review_id = withdrawn(till);
    assert_refused(till, decide(till, &review_reject_kind, &arg), ERR_REVIEW_STATE, "status");
    arg.review_id = submitted(till, "{}");
    assert_refused(till, decide(till, &review_reject_kind, &arg), ERR_AUTH_PERMISSION,
                   "test:check");
    arg.permissions = STR("test:check");
    assert_refused(till, decide(till, &review_reject_kind, &arg), ERR_REVIEW_SELF, "maker_id");
    arg.key_id = FIRST_CHECKER;
    assert_ok(decide(till, &review_reject_kind, &arg));
    assert_ok(decide(till, &review_reject_kind, &arg)); /* said again */
    arg.key_id = SECOND_CHECKER;
    assert_refused(till, decide(till, &review_reject_kind, &arg), ERR_REVIEW_STATE, "status");
}

static void the_refusals_of_a_withdrawal_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct review_decide arg = {.review_id = 404, .key_id = FIRST_CHECKER};

    assert_string_equal(err_code(decide(till, &review_withdraw_kind, &arg)),
                        err_code(ERR_REVIEW_NOT_FOUND));
    arg.review_id = withdrawn(till);
    assert_refused(till, decide(till, &review_withdraw_kind, &arg), ERR_REVIEW_STATE, "status");
    arg.review_id = submitted(till, "{}");
    assert_refused(till, decide(till, &review_withdraw_kind, &arg), ERR_REVIEW_NOT_MAKER,
                   "maker_id");
    arg.key_id = MAKER;
    assert_ok(decide(till, &review_withdraw_kind, &arg));
    assert_ok(decide(till, &review_withdraw_kind, &arg)); /* said again */
}

static struct str many(struct till *till, size_t len)
{
    char *text = arena_alloc(till->arena, len);

    memset(text, 'x', len);
    return (struct str){text, len};
}

static void another_change_of_a_name_waits_until_the_first_is_over(void **state)
{
    struct till *till = *state;
    struct review_ask ask = ask_of("{\"by\":1}");
    struct review_item item, again;

    ask.name = STR("N1");
    assert_ok(till_run(till, &submit_kind, &ask, &item));
    assert_ok(till_run(till, &submit_kind, &ask, &again));
    assert_int_equal(again.id, item.id);
    ask.change = STR("{\"by\":2}");
    assert_refused(till, till_run(till, &submit_kind, &ask, &again), ERR_REVIEW_PENDING, "change");
    assert_ok(decide(till, &review_withdraw_kind,
                     &(struct review_decide){.review_id = item.id, .key_id = MAKER}));
    assert_ok(till_run(till, &submit_kind, &ask, &again));
    assert_true(again.id != item.id);
}

static void the_refusals_of_what_is_submitted_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct review_ask ask = {.kind = &refusing,
                             .maker_key_id = FIRST_CHECKER,
                             .change = many(till, REVIEW_CHANGE_MAX + 1),
                             .summary = many(till, REVIEW_SUMMARY_MAX + 1),
                             .evidence = many(till, REVIEW_EVIDENCE_MAX + 1)};
    struct review_item item;

    (void)submitted(till, "{}");
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_FIELD_REQUIRED, "reason");
    ask.reason = many(till, REVIEW_REASON_MAX + 1);
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_FIELD_LENGTH, "reason");
    ask.reason = STR("another");
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_FIELD_LENGTH, "summary");
    ask.summary = STR("");
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_FIELD_LENGTH, "evidence");
    ask.evidence = STR("D1");
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_FIELD_LENGTH, "change");
    ask.change = STR("{}");
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_REVIEW_PENDING, "maker");
    ask.maker_key_id = MAKER;
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_REVIEW_PENDING, "reason");
    ask.reason = STR("a test");
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_REVIEW_PENDING, "evidence");
    ask.evidence = STR("");
    assert_ok(till_run(till, &submit_kind, &ask, &item));
    ask.amount = AMOUNT(1);
    assert_refused(till, till_run(till, &submit_kind, &ask, &item), ERR_LEDGER_HOLD_EXCEEDED,
                   "amount");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_refusals_of_an_approval_come_in_the_documented_order),
        cmocka_unit_test(the_refusals_of_a_rejection_come_in_the_documented_order),
        cmocka_unit_test(the_refusals_of_a_withdrawal_come_in_the_documented_order),
        cmocka_unit_test(another_change_of_a_name_waits_until_the_first_is_over),
        cmocka_unit_test(the_refusals_of_what_is_submitted_come_in_the_documented_order),
    };

    return run_on_each_database(tests, ARRAY_LEN(tests), set_up, tear_down);
}
