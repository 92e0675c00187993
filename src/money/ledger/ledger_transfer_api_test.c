/* Transfers over HTTP: what is booked, answered and refused, one by one and in batches. */
#include "test/lib/ledger_door_test.h"

#include "money/ledger/ledger_api_int.h"

enum { SMALL_QUEUE = 16, BODY_MAX = 2 << 20 };

/* The result at a place: NULL code for a booked one. */
static void assert_result(struct door *door, size_t place, const char *code, const char *param)
{
    json_t *result = json_array_get(json_object_get(door->body, "results"), place);
    json_t *error = json_object_get(result, "error");

    if (code == NULL) {
        assert_null(error);
        assert_non_null(json_object_get(result, "journal_id"));
        return;
    }
    assert_null(json_object_get(result, "journal_id"));
    assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    assert_string_equal(json_string_value(json_object_get(error, "param")), param);
}

/* ---- one ---- */

static void a_transfer_is_booked_once(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    struct str body = transfer(door, 1, door->bank, door->payable, 100);
    const char *journal;

    assert_int_equal(post(door, "transfers", body), 200);
    assert_text(door, "object", "ledger_transfer");
    assert_true(json_is_false(at(door, "exists")));
    journal = str_cstr(door->books->arena, str_of(json_string_value(at(door, "journal_id"))));
    assert_int_equal(post(door, "transfers", body), 200);
    assert_true(json_is_true(at(door, "exists")));
    assert_text(door, "journal_id", journal);
    assert_int_equal(books_get(door->books, door->payable).posted.minor, 100);
    (void)post(door, "transfers", transfer(door, 1, door->bank, door->payable, 101));
    assert_error(door, 409, "ledger_conflict", "legs[0].amount");
    door_close(door);
}

static void money_may_mature_later(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    struct str body = str_printf(door->books->arena,
                                 "{\"business_no\":1,\"legs\":["
                                 "{\"account\":\"%s\",\"side\":\"debit\",\"amount\":100},"
                                 "{\"account\":\"%s\",\"side\":\"credit\",\"amount\":100,"
                                 "\"matures_on\":20251125}]}",
                                 account(door, door->bank), account(door, door->payable));

    assert_int_equal(post(door, "transfers", body), 200);
    assert_int_equal(post(door, "transfers", transfer(door, 2, door->payable, door->bank, 1)), 409);
    assert_error(door, 409, "ledger_insufficient", "legs[0].account");
    (void)post(door, "transfers", transfer(door, 1, door->bank, door->payable, 100));
    assert_error(door, 409, "ledger_conflict", "legs[1].matures_on");
    door_close(door);
}

static void a_memo_is_kept_and_part_of_the_content(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    struct str plain = transfer(door, 1, door->bank, door->payable, 100);
    struct str with_memo = str_printf(door->books->arena, "{\"memo\":\"\u6458\u8981 one\"," STR_FMT,
                                      STR_ARG(str_slice(plain, 1, plain.len)));

    assert_int_equal(post(door, "transfers", with_memo), 200);
    assert_int_equal(post(door, "transfers", with_memo), 200);
    assert_true(json_is_true(at(door, "exists")));
    (void)post(door, "transfers", plain);
    assert_error(door, 409, "ledger_conflict", "memo");
    assert_int_equal(get(door, "transfers/1"), 200);
    assert_text(door, "data.0.memo", "\u6458\u8981 one");
    assert_int_equal(post(door, "transfers", transfer(door, 2, door->bank, door->payable, 1)), 200);
    assert_int_equal(get(door, "transfers/2"), 200);
    assert_null(at(door, "data.0.memo"));
    door_close(door);
}

static void the_same_number_may_have_another_operation(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    struct str body = transfer(door, 1, door->bank, door->payable, 100);
    struct str other = str_printf(door->books->arena, "{\"operation\":\"conflicted\"," STR_FMT,
                                  STR_ARG(str_slice(body, 1, body.len)));

    assert_int_equal(post(door, "transfers", body), 200);
    assert_int_equal(post(door, "transfers", other), 200);
    assert_true(json_is_false(at(door, "exists")));
    assert_int_equal(get(door, "transfers/1"), 200);
    assert_int_equal(json_array_size(at(door, "data")), 2);
    assert_text(door, "data.0.operation", "transfer");
    assert_text(door, "data.1.operation", "conflicted");
    assert_text(door, "data.0.source", "api");
    assert_int_equal(json_integer_value(at(door, "data.0.business_no")), 1);
    assert_int_equal(json_array_size(at(door, "data.0.entries")), 2);
    door_close(door);
}

/* They name an original, and another operator approves them: not here. */
static void a_reversal_or_correction_is_no_transfer(void **state)
{
    static const char *const operations[] = {"reversed", "corrected"};
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    struct str plain = transfer(door, 1, door->bank, door->payable, 100);

    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        struct str body = str_printf(door->books->arena, "{\"operation\":\"%s\"," STR_FMT,
                                     operations[i], STR_ARG(str_slice(plain, 1, plain.len)));

        (void)post(door, "transfers", body);
        assert_error(door, 409, "ledger_adjustment", "operation");
        body = str_printf(door->books->arena, "{\"transfers\":[" STR_FMT "," STR_FMT "]}",
                          STR_ARG(body),
                          STR_ARG(transfer(door, (int64_t)i + 2, door->bank, door->payable, 1)));
        assert_int_equal(post(door, "transfers/batch", body), 200);
        assert_text(door, "results.0.error.code", "ledger_adjustment");
        assert_text(door, "results.0.error.param", "operation");
        assert_null(at(door, "results.1.error"));
    }
    assert_int_equal(books_get(door->books, door->payable).posted.minor, 2);
    door_close(door);
}

/* The books' own rules answer, with the books' own codes. */
static void a_transfer_is_refused_by_the_books(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    struct arena *arena = door->books->arena;
    const char *bank = account(door, door->bank);

    (void)post(door, "transfers", transfer(door, 0, door->bank, door->payable, 1));
    assert_error(door, 400, "ledger_reference", "business_no");
    (void)post(door, "transfers", transfer(door, -1, door->bank, door->payable, 0));
    assert_error(door, 400, "ledger_reference", "business_no");
    (void)post(door, "transfers", str_of("{\"business_no\":1,\"legs\":[]}"));
    assert_error(door, 400, "ledger_legs", "legs");
    (void)post(door, "transfers", transfer(door, 1, door->bank, door->payable, -5));
    assert_error(door, 400, "ledger_amount", "legs[0].amount");
    (void)post(door, "transfers", transfer(door, 1, door->bank, 12345, 5));
    assert_error(door, 404, "ledger_account", "legs[1].account");
    (void)post(door, "transfers",
               str_printf(arena,
                          "{\"business_no\":1,\"legs\":["
                          "{\"account\":\"%s\",\"side\":\"debit\",\"amount\":2},"
                          "{\"account\":\"%s\",\"side\":\"credit\",\"amount\":1}]}",
                          bank, bank));
    assert_error(door, 400, "ledger_unbalanced", "CNY");
    (void)post(door, "transfers", transfer(door, 1, door->payable, door->bank, 1));
    assert_error(door, 409, "ledger_insufficient", "legs[0].account");
    assert_int_equal(get(door, "transfers/1"), 404);
    assert_error(door, 404, "ledger_journal", NULL);
    (void)get(door, "transfers/x");
    assert_error(door, 404, "ledger_journal", NULL);
    door_close(door);
}

static void more_than_64_legs_are_refused_by_the_books(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    struct buf body;

    buf_init_arena(&body, door->books->arena, BODY_MAX);
    buf_add(&body, STR("{\"business_no\":1,\"legs\":["));
    for (int i = 0; i < 66; i++) {
        buf_printf(&body, "%s{\"account\":\"%s\",\"side\":\"%s\",\"amount\":1}", i == 0 ? "" : ",",
                   account(door, door->bank), i % 2 == 0 ? "debit" : "credit");
    }
    buf_add(&body, STR("]}"));
    (void)post(door, "transfers", buf_str(&body));
    assert_error(door, 400, "ledger_legs", "legs");
    door_close(door);
}

static void what_is_no_transfer_is_refused_with_its_field(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);

    (void)post(door, "transfers", STR("{\"business_no\":\"1\",\"legs\":[]}"));
    assert_error(door, 400, "field_type", "business_no");
    (void)post(door, "transfers", STR("{\"legs\":[]}"));
    assert_error(door, 400, "field_required", "business_no");
    (void)post(door, "transfers", STR("{\"business_no\":1,\"operation\":\"capture\",\"legs\":[]}"));
    assert_error(door, 400, "field_value", "operation");
    (void)post(door, "transfers",
               STR("{\"business_no\":1,\"legs\":[{\"account\":\"acc_1\",\"side\":\"debit\","
                   "\"amount\":1}]}"));
    assert_error(door, 400, "field_format", "legs[0].account");
    (void)post(door, "transfers/batch", STR("{\"transfers\":[]}"));
    assert_error(door, 400, "field_length", "transfers");
    door_close(door);
}

/* ---- batches ---- */

static struct str batch(struct door *door, const struct str *transfers, size_t count)
{
    struct buf body;

    buf_init_arena(&body, door->books->arena, BODY_MAX);
    buf_add(&body, STR("{\"transfers\":["));
    for (size_t i = 0; i < count; i++) {
        buf_add(&body, i == 0 ? STR("") : STR(","));
        buf_add(&body, transfers[i]);
    }
    buf_add(&body, STR("]}"));
    assert_true(buf_ok(&body));
    return buf_str(&body);
}

static void each_transfer_of_a_batch_is_answered_at_its_place(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    const struct str transfers[] = {
        transfer(door, 1, door->bank, door->payable, 100),
        transfer(door, 2, door->payable, door->bank, 101), /* one too much */
        transfer(door, 1, door->bank, door->payable, 100), /* the first again */
        transfer(door, 1, door->payable, door->bank, 100), /* with other content */
        transfer(door, 3, door->payable, door->bank, 60),  /* from what the first brought */
        transfer(door, 4, door->payable, door->bank, 60),
        transfer(door, 0, door->bank, door->payable, 1),
        transfer(door, 5, door->payable, door->bank, 40),
    };

    assert_int_equal(post(door, "transfers/batch", batch(door, transfers, ARRAY_LEN(transfers))),
                     200);
    assert_text(door, "object", "ledger_transfer_batch");
    assert_int_equal(json_array_size(at(door, "results")), ARRAY_LEN(transfers));
    assert_int_equal(json_integer_value(at(door, "refused")), 4);
    assert_result(door, 0, NULL, NULL);
    assert_true(json_is_false(at(door, "results.0.exists")));
    assert_result(door, 1, "ledger_insufficient", "legs[0].account");
    assert_result(door, 2, NULL, NULL);
    assert_true(json_is_true(at(door, "results.2.exists")));
    assert_true(json_equal(at(door, "results.0.journal_id"), at(door, "results.2.journal_id")));
    assert_result(door, 3, "ledger_conflict", "legs[0].account");
    assert_result(door, 4, NULL, NULL);
    assert_result(door, 5, "ledger_insufficient", "legs[0].account");
    assert_result(door, 6, "ledger_reference", "business_no");
    assert_result(door, 7, NULL, NULL);
    assert_int_equal(books_get(door->books, door->payable).posted.minor, 0);
    door_close(door);
}

static void a_malformed_transfer_refuses_the_whole_batch(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);
    const struct str transfers[] = {
        transfer(door, 1, door->bank, door->payable, 100),
        STR("{\"business_no\":2,\"legs\":[{\"account\":\"acc_\",\"side\":\"debit\"}]}"),
    };

    (void)post(door, "transfers/batch", batch(door, transfers, 2));
    assert_error(door, 400, "field_format", "transfers[1].legs[0].account");
    assert_int_equal(get(door, "transfers/1"), 404);
    door_close(door);
}

static struct str many(struct door *door, size_t count)
{
    struct str *transfers = ARENA_ARRAY(door->books->arena, struct str, count);

    for (size_t i = 0; i < count; i++) {
        transfers[i] = transfer(door, (int64_t)i + 1, door->bank, door->payable, 1);
    }
    return batch(door, transfers, count);
}

static void a_batch_has_at_most_8192_transfers(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, 0);

    (void)post(door, "transfers/batch", many(door, 8193));
    assert_error(door, 400, "field_length", "transfers");
    assert_int_equal(post(door, "transfers/batch", many(door, 8192)), 200);
    assert_int_equal(json_array_size(at(door, "results")), 8192);
    assert_int_equal(json_integer_value(at(door, "refused")), 0);
    assert_int_equal(books_get(door->books, door->payable).posted.minor, 8192);
    door_close(door);
}

/* ---- a full queue ---- */

struct hold_up {
    struct signal *begun;
    struct signal *go_on;
};

static enum err hold_up_apply(struct tx *tx, const void *arg, void *result)
{
    const struct hold_up *hold_up = arg;

    (void)tx;
    (void)result;
    signal_set(hold_up->begun);
    (void)signal_wait(hold_up->go_on, -1);
    return ERR_OK;
}

static enum err nothing_apply(struct tx *tx, const void *arg, void *result)
{
    (void)tx;
    (void)arg;
    (void)result;
    return ERR_OK;
}

static struct counter left;

static void filler_done(struct command *command)
{
    assert_ok(command->err);
    counter_add(&left, -1);
}

static void a_batch_larger_than_the_queue_is_booked_whole(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, SMALL_QUEUE);

    assert_int_equal(post(door, "transfers/batch", many(door, 1000)), 200);
    assert_int_equal(json_integer_value(at(door, "refused")), 0);
    assert_int_equal(books_get(door->books, door->payable).posted.minor, 1000);
    door_close(door);
}

static void a_full_queue_is_answered_503_and_nothing_has_happened(void **state)
{
    static const struct command_kind hold_up_kind = {.name = "test.hold_up",
                                                     .apply = hold_up_apply};
    static const struct command_kind nothing_kind = {.name = "test.nothing",
                                                     .apply = nothing_apply};
    struct door *door = door_open(state, ledger__transfer_routes, SMALL_QUEUE);
    const struct hold_up hold_up = {signal_new(), signal_new()};
    struct command commands[1 + SMALL_QUEUE] = {
        {.kind = &hold_up_kind, .arg = &hold_up, .done = filler_done}};

    counter_set(&left, 1 + SMALL_QUEUE);
    assert_ok(store_submit(door->books->store, &commands[0]));
    (void)signal_wait(hold_up.begun, -1);
    for (size_t i = 1; i <= SMALL_QUEUE; i++) {
        commands[i] = (struct command){.kind = &nothing_kind, .done = filler_done};
        assert_ok(store_submit(door->books->store, &commands[i]));
    }
    (void)post(door, "transfers/batch", many(door, 10));
    assert_error(door, 503, "store_busy", NULL);
    assert_true(str_eq(door->retry_after, STR("1")));
    (void)post(door, "transfers", transfer(door, 1, door->bank, door->payable, 1));
    assert_error(door, 503, "store_busy", NULL);
    signal_set(hold_up.go_on);
    while (counter_get(&left) > 0) {
        uv_sleep(1);
    }
    assert_int_equal(get(door, "transfers/1"), 404);
    assert_int_equal(post(door, "transfers/batch", many(door, 10)), 200);
    assert_int_equal(json_integer_value(at(door, "refused")), 0);
    signal_free(hold_up.begun);
    signal_free(hold_up.go_on);
    door_close(door);
}

/* ---- many at once ---- */

enum { CALLERS = 6, BATCHES = 8, EACH = 50 };

struct caller {
    struct door *door;
    struct thread *thread;
    int64_t first;  /* business number */
    int64_t booked; /* by the answers */
};

/* What was refused is sent again with the rest: what is there already says so. */
static void call_until_booked(struct caller *caller, struct arena *arena, int64_t first)
{
    struct raw_client *client = raw_open(caller->door->fixture.port);
    struct door view = {.books = &(struct books){.arena = arena}, .client = client};
    struct str transfers[EACH];
    size_t refused = 1;

    view.bank = caller->door->bank;
    view.payable = caller->door->payable;
    for (size_t i = 0; i < EACH; i++) {
        transfers[i] = transfer(&view, first + (int64_t)i, view.bank, view.payable, 1);
    }
    while (refused > 0) {
        int status = post(&view, "transfers/batch", batch(&view, transfers, EACH));

        CHECK(status == 200 || status == 503);
        refused = status == 503 ? EACH : 0;
        for (size_t i = 0; i < EACH && status == 200; i++) {
            json_t *result = json_array_get(at(&view, "results"), i);

            if (json_object_get(result, "error") != NULL) {
                refused++;
            } else if (json_is_false(json_object_get(result, "exists"))) {
                caller->booked++;
            }
        }
    }
    json_decref(view.body);
    raw_close(client);
}

static void caller_run(void *ctx)
{
    struct caller *caller = ctx;
    struct arena *arena = arena_new();

    for (int64_t i = 0; i < BATCHES; i++) {
        call_until_booked(caller, arena, caller->first + i * EACH);
        arena_reset(arena);
    }
    arena_free(arena);
}

static void every_answer_is_true_when_many_callers_fight_for_a_small_queue(void **state)
{
    struct door *door = door_open(state, ledger__transfer_routes, SMALL_QUEUE);
    struct caller callers[CALLERS];

    for (size_t i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.door = door, .first = 1 + (int64_t)i * BATCHES * EACH};
        callers[i].thread = thread_start("caller", caller_run, &callers[i]);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        thread_join(callers[i].thread);
        assert_int_equal(callers[i].booked, BATCHES * EACH);
    }
    assert_int_equal(books_get(door->books, door->payable).posted.minor, CALLERS * BATCHES * EACH);
    door_close(door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_is_booked_once),
        cmocka_unit_test(money_may_mature_later),
        cmocka_unit_test(a_memo_is_kept_and_part_of_the_content),
        cmocka_unit_test(a_reversal_or_correction_is_no_transfer),
        cmocka_unit_test(the_same_number_may_have_another_operation),
        cmocka_unit_test(a_transfer_is_refused_by_the_books),
        cmocka_unit_test(more_than_64_legs_are_refused_by_the_books),
        cmocka_unit_test(what_is_no_transfer_is_refused_with_its_field),
        cmocka_unit_test(each_transfer_of_a_batch_is_answered_at_its_place),
        cmocka_unit_test(a_malformed_transfer_refuses_the_whole_batch),
        cmocka_unit_test(a_batch_has_at_most_8192_transfers),
        cmocka_unit_test(a_batch_larger_than_the_queue_is_booked_whole),
        cmocka_unit_test(a_full_queue_is_answered_503_and_nothing_has_happened),
        cmocka_unit_test(every_answer_is_true_when_many_callers_fight_for_a_small_queue),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
