/* Holds over HTTP: placed, captured, released, looked at and refused. */
#include "test/lib/ledger_door_test.h"

#include "money/ledger/ledger_api_int.h"

/* The payable account has 100.00 to hold. */
static struct door *open_with_money(void **state)
{
    struct door *door = door_open(state, ledger__hold_routes, 0);

    assert_ok(books_transfer(door->books, door->bank, door->payable, 10000));
    return door;
}

static int place(struct door *door, int64_t number, const char *more)
{
    return post(door, "holds",
                str_printf(door->books->arena,
                           "{\"business_no\":%lld,\"account\":\"%s\",\"kind\":\"withdrawal\"%s%s}",
                           (long long)number, account(door, door->payable),
                           strstr(more, "\"reason\"") == NULL ? ",\"reason\":\"a hold\"" : "",
                           more));
}

/* Places a hold of 50.00 and gives its path. */
static const char *placed(struct door *door)
{
    assert_int_equal(place(door, 1, ",\"amount\":5000"), 200);
    return str_cstr(door->books->arena, str_printf(door->books->arena, "holds/%s",
                                                   json_string_value(at(door, "hold_id"))));
}

static int step(struct door *door, const char *hold, const char *what, struct str body)
{
    const char *path =
        str_cstr(door->books->arena, str_printf(door->books->arena, "%s/%s", hold, what));

    return post(door, path, body);
}

static struct str capture_body(struct door *door, int64_t number, int64_t amount, const char *more)
{
    struct str legs = transfer(door, number, door->payable, door->bank, amount);

    return str_printf(door->books->arena, STR_FMT ",\"reason\":\"a step\"%s}",
                      STR_ARG(str_slice(legs, 0, legs.len - 1)), more);
}

static void a_hold_is_placed_once_and_shown(void **state)
{
    struct door *door = open_with_money(state);
    const char *hold = placed(door);

    assert_text(door, "object", "ledger_hold_step");
    assert_true(json_is_false(at(door, "exists")));
    assert_int_equal(place(door, 1, ",\"amount\":5000"), 200);
    assert_true(json_is_true(at(door, "exists")));
    (void)place(door, 1, ",\"amount\":5001");
    assert_error(door, 409, "ledger_conflict", "amount");
    (void)place(door, 1, ",\"amount\":5000,\"reason\":\"another\"");
    assert_error(door, 409, "ledger_conflict", "reason");
    assert_int_equal(get(door, hold), 200);
    assert_text(door, "kind", "withdrawal");
    assert_text(door, "effect", "amount");
    assert_text(door, "status", "open");
    assert_text(door, "account_id", account(door, door->payable));
    assert_int_equal(json_integer_value(at(door, "amount")), 5000);
    assert_int_equal(json_integer_value(at(door, "captured")), 0);
    assert_int_equal(books_get(door->books, door->payable).held.minor, 5000);
    door_close(door);
}

static void a_hold_is_captured_in_part_and_its_rest_released(void **state)
{
    struct door *door = open_with_money(state);
    const char *hold = placed(door);

    assert_int_equal(step(door, hold, "capture", capture_body(door, 2, 3000, "")), 200);
    assert_non_null(at(door, "journal_id"));
    assert_true(json_is_false(at(door, "exists")));
    assert_int_equal(step(door, hold, "release",
                          STR("{\"business_no\":3,\"amount\":500,\"reason\":\"a step\"}")),
                     200);
    assert_null(at(door, "journal_id"));
    (void)step(door, hold, "release",
               STR("{\"business_no\":4,\"amount\":1501,\"reason\":\"a step\"}"));
    assert_error(door, 409, "ledger_hold_exceeded", "amount");
    assert_int_equal(step(door, hold, "release",
                          STR("{\"business_no\":5,\"whole\":true,\"reason\":\"a step\"}")),
                     200);
    assert_int_equal(get(door, hold), 200);
    assert_text(door, "status", "closed");
    assert_int_equal(json_integer_value(at(door, "captured")), 3000);
    assert_int_equal(json_integer_value(at(door, "released")), 2000);
    (void)step(door, hold, "capture", capture_body(door, 6, 1, ""));
    assert_error(door, 409, "ledger_hold_closed", "hold");
    assert_int_equal(books_get(door->books, door->payable).posted.minor, 7000);
    assert_int_equal(books_get(door->books, door->payable).held.minor, 0);
    door_close(door);
}

static void a_capture_may_give_back_the_rest(void **state)
{
    struct door *door = open_with_money(state);
    const char *hold = placed(door);

    assert_int_equal(step(door, hold, "capture", capture_body(door, 2, 3000, ",\"whole\":true")),
                     200);
    assert_int_equal(get(door, hold), 200);
    assert_text(door, "status", "closed");
    assert_int_equal(json_integer_value(at(door, "released")), 2000);
    door_close(door);
}

/* It would be in nobody's history. */
static void a_block_is_placed_as_a_freeze(void **state)
{
    static const char *const effects[] = {"credit_block", "debit_block", "full_block"};
    struct door *door = open_with_money(state);

    for (size_t i = 0; i < ARRAY_LEN(effects); i++) {
        struct str more = str_printf(door->books->arena, ",\"effect\":\"%s\"", effects[i]);

        (void)place(door, 1, str_cstr(door->books->arena, more));
        assert_error(door, 400, "field_value", "effect");
        assert_text(door, "error.message",
                    "the field is none of the allowed values: "
                    "a block is a freeze: POST /v1/accounts/{id}/freezes");
    }
    assert_int_equal(books_get(door->books, door->payable).holds, 0);
    door_close(door);
}

static void who_asked_and_why_is_kept(void **state)
{
    struct door *door = open_with_money(state);

    assert_int_equal(place(door, 1,
                           ",\"amount\":100,\"effect\":\"amount\",\"reason\":\"a dispute\","
                           "\"document_no\":\"(2026) 17\""),
                     200);
    assert_int_equal(
        get(door, str_cstr(door->books->arena, str_printf(door->books->arena, "holds/%s",
                                                          json_string_value(at(door, "hold_id"))))),
        200);
    assert_text(door, "effect", "amount");
    assert_text(door, "reason", "a dispute");
    assert_text(door, "document_no", "(2026) 17");
    door_close(door);
}

static void what_cannot_be_held_is_refused(void **state)
{
    struct door *door = open_with_money(state);
    const char *unknown =
        str_cstr(door->books->arena,
                 str_printf(door->books->arena, "holds/" STR_FMT,
                            STR_ARG(id_str(door->books->arena, LEDGER_HOLD_PREFIX, 4711))));

    (void)place(door, 0, ",\"amount\":1");
    assert_error(door, 400, "ledger_reference", "business_no");
    (void)place(door, 1, ",\"amount\":0");
    assert_error(door, 400, "ledger_amount", "amount");
    (void)place(door, 1, ",\"amount\":10001");
    assert_error(door, 409, "ledger_insufficient", "account");
    (void)place(door, 1, ",\"amount\":1,\"expires_at\":\"2020-01-01T00:00:00Z\"");
    assert_error(door, 409, "ledger_hold_expired", "expires_at");
    (void)get(door, unknown);
    assert_error(door, 404, "ledger_hold_not_found", NULL);
    (void)get(door, "holds/x");
    assert_error(door, 404, "ledger_hold_not_found", NULL);
    (void)step(door, unknown, "capture", capture_body(door, 2, 1, ""));
    assert_error(door, 404, "ledger_hold_not_found", "hold");
    (void)step(door, unknown, "release",
               STR("{\"business_no\":2,\"whole\":true,\"reason\":\"a step\"}"));
    assert_error(door, 404, "ledger_hold_not_found", "hold");
    (void)step(door, unknown, "release",
               STR("{\"business_no\":2,\"whole\":true,\"amount\":1,\"reason\":\"a step\"}"));
    assert_error(door, 400, "field_value", "amount");
    door_close(door);
}

static void freezes_are_not_placed_here(void **state)
{
    static const char *const kinds[] = {"judicial", "risk", "pending"};
    struct door *door = open_with_money(state);

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        (void)post(door, "holds",
                   str_printf(door->books->arena,
                              "{\"business_no\":1,\"account\":\"%s\",\"kind\":\"%s\","
                              "\"amount\":1,\"reason\":\"a hold\"}",
                              account(door, door->payable), kinds[i]));
        assert_error(door, 400, "field_value", "kind");
    }
    door_close(door);
}

static void holds_of_others_are_shown_and_not_ended_here(void **state)
{
    static const enum ledger_source others[] = {LEDGER_SOURCE_OPERATOR, LEDGER_SOURCE_SETTLEMENT,
                                                LEDGER_SOURCE_CASH, LEDGER_SOURCE_REFUND};
    static const char *const names[] = {"operator", "settlement", "cash", "refund"};
    struct door *door = open_with_money(state);

    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        const struct ledger_hold_place arg = {
            .reference = {others[i], LEDGER_OPERATION_HOLD, 77},
            .account_id = door->payable,
            .kind = LEDGER_HOLD_JUDICIAL,
            .amount = AMOUNT(100),
        };
        struct ledger_held held;
        const char *hold;

        assert_ok(books_command(door->books, &ledger_place_kind, &arg, &held));
        hold = str_cstr(
            door->books->arena,
            str_printf(door->books->arena, "holds/" STR_FMT,
                       STR_ARG(id_str(door->books->arena, LEDGER_HOLD_PREFIX, held.hold_id))));
        assert_int_equal(get(door, hold), 200);
        assert_text(door, "source", names[i]);
        (void)step(door, hold, "capture", capture_body(door, 1, 1, ""));
        assert_error(door, 409, "ledger_hold_foreign", "hold");
        (void)step(door, hold, "release",
                   STR("{\"business_no\":1,\"whole\":true,\"reason\":\"a step\"}"));
        assert_error(door, 409, "ledger_hold_foreign", "hold");
    }
    assert_int_equal(books_get(door->books, door->payable).held.minor, 400);
    door_close(door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_is_placed_once_and_shown),
        cmocka_unit_test(a_hold_is_captured_in_part_and_its_rest_released),
        cmocka_unit_test(a_capture_may_give_back_the_rest),
        cmocka_unit_test(a_block_is_placed_as_a_freeze),
        cmocka_unit_test(who_asked_and_why_is_kept),
        cmocka_unit_test(what_cannot_be_held_is_refused),
        cmocka_unit_test(freezes_are_not_placed_here),
        cmocka_unit_test(holds_of_others_are_shown_and_not_ended_here),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
