/* Days and trial balances over HTTP, and the journal as CSV. */
#include "base/time.h"
#include "test/lib/ledger_door_test.h"

#include "money/ledger/ledger_day_int.h"

/* 2025-11-23T00:00:00+08:00 */
#define MIDNIGHT_MS (BOOKS_START_MS + 15 * TIME_HOUR_MS)

static void assert_number(struct door *door, const char *path, int64_t due)
{
    assert_true(json_is_integer(at(door, path)));
    assert_int_equal(json_integer_value(at(door, path)), due);
}

/* Two closed days and an open one: 100.00 on the first, 25.00 back on the third. */
static struct door *shop_open(void **state)
{
    struct door *door = door_open(state, ledger__day_routes, 0);
    bool right = false;
    int64_t date;

    assert_ok(books_transfer(door->books, door->bank, door->payable, 10000));
    counter_set(&door->books->now_ms, MIDNIGHT_MS);
    assert_ok(books_command(door->books, &ledger_day_cut_kind, NULL, &date));
    counter_set(&door->books->now_ms, MIDNIGHT_MS + TIME_DAY_MS);
    assert_ok(books_transfer(door->books, door->payable, door->bank, 2500));
    assert_ok(ledger_seal_days(door->books->store, &right));
    assert_true(right);
    return door;
}

static void days_are_listed_the_newest_first(void **state)
{
    struct door *door = shop_open(state);

    assert_int_equal(get(door, "days?limit=2"), 200);
    assert_int_equal(json_array_size(at(door, "data")), 2);
    assert_number(door, "data.0.date", 20251124);
    assert_text(door, "data.0.status", "open");
    assert_null(at(door, "data.0.hash"));
    assert_number(door, "data.1.date", 20251123);
    assert_text(door, "next_cursor", "20251123");
    assert_int_equal(get(door, "days?limit=2&starting_after=20251123"), 200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_number(door, "data.0.date", 20251122);
    assert_true(json_is_false(at(door, "has_more")));
    (void)get(door, "days?limit=0");
    assert_error(door, 400, "field_range", "limit");
    door_close(door);
}

static void a_day_is_shown_with_its_seal(void **state)
{
    struct door *door = shop_open(state);
    const char *hash;

    assert_int_equal(get(door, "days/20251122"), 200);
    assert_text(door, "object", "ledger_day");
    assert_text(door, "status", "closed");
    assert_text(door, "cut_at", "2025-11-22T16:00:00.000Z");
    assert_number(door, "journals", 1);
    assert_number(door, "entries", 2);
    assert_null(at(door, "previous_hash"));
    hash = str_cstr(door->books->arena, str_of(json_string_value(at(door, "hash"))));
    assert_int_equal(strlen(hash), 2 * LEDGER_HASH);
    assert_int_equal(get(door, "days/20251123"), 200);
    assert_text(door, "previous_hash", hash);
    assert_number(door, "previous_date", 20251122);
    (void)get(door, "days/20251125");
    assert_error(door, 404, "ledger_day", NULL);
    (void)get(door, "days/today");
    assert_error(door, 404, "ledger_day", NULL);
    door_close(door);
}

static void a_day_that_is_wrong_says_so(void **state)
{
    struct door *door = shop_open(state);
    bool right = true;
    int64_t date;

    counter_set(&door->books->now_ms, MIDNIGHT_MS + 2 * TIME_DAY_MS);
    assert_ok(books_command(door->books, &ledger_day_cut_kind, NULL, &date));
    books_sql(door->books, "UPDATE ledger_journal SET business_date = 20251123 WHERE id = 2");
    assert_ok(ledger_seal_days(door->books->store, &right));
    assert_false(right);
    assert_int_equal(get(door, "days/20251124"), 200);
    assert_text(door, "status", "closing");
    assert_text(door, "wrong", "ledger_journal row 2: business_date is 20251123, must be 20251124");
    books_sql(door->books, "UPDATE ledger_journal SET business_date = 20251124 WHERE id = 2");
    door_close(door);
}

static void the_trial_balance_of_any_day_is_shown(void **state)
{
    struct door *door = shop_open(state);

    assert_int_equal(get(door, "trial-balance"), 200);
    assert_number(door, "date", 20251124);
    assert_true(json_is_true(at(door, "balanced")));
    assert_null(at(door, "wrong_currency"));
    assert_int_equal(json_array_size(at(door, "rows")), 2);
    assert_number(door, "rows.1.code", 2241);
    assert_text(door, "rows.1.name", "Payable to merchant");
    assert_text(door, "rows.1.side", "credit");
    assert_number(door, "rows.1.opening", 10000);
    assert_number(door, "rows.1.debits", 2500);
    assert_number(door, "rows.1.closing", 7500);
    assert_number(door, "rows.1.total_credits", 10000);
    assert_int_equal(get(door, "trial-balance?date=20251122"), 200);
    assert_number(door, "rows.1.opening", 0);
    assert_number(door, "rows.1.closing", 10000);
    assert_text(door, "rows.0.name_zh", "备付金存款");
    assert_int_equal(get(door, "trial-balance?date=20251121"), 200);
    assert_int_equal(json_array_size(at(door, "rows")), 0);
    (void)get(door, "trial-balance?date=20251125");
    assert_error(door, 400, "field_range", "date");
    (void)get(door, "trial-balance?date=20251131");
    assert_error(door, 400, "field_format", "date");
    (void)get(door, "trial-balance?date=1");
    assert_error(door, 400, "field_range", "date");
    door_close(door);
}

/* ---- export and the tools' texts ---- */

static bool take(void *ctx, struct str text)
{
    buf_add(ctx, text);
    return true;
}

static bool refuse(void *ctx, struct str text)
{
    (void)ctx;
    (void)text;
    return false;
}

static void days_are_exported_leg_by_leg(void **state)
{
    struct door *door = shop_open(state);
    struct arena *arena = door->books->arena;
    struct ledger_export what = {.first = 20251122, .last = 20251123, .write = take};
    struct str bank = id_str(arena, LEDGER_ACCOUNT_PREFIX, door->bank);
    struct buf text;

    buf_init(&text, 1 << 16);
    what.ctx = &text;
    assert_ok(ledger_export(door->books->store, &what));
    assert_true(str_starts(buf_str(&text), STR("business_date,journal_id,leg,created_at,source,"
                                               "operation,business_no,account_id,code,currency,"
                                               "side,amount,sequence,balance\n")));
    assert_non_null(strstr(
        str_cstr(arena, buf_str(&text)),
        str_cstr(arena, str_printf(arena,
                                   "\n20251122,jnl_0000000000001,0,2025-11-22T01:00:00.000Z,"
                                   "operator,transfer,1," STR_FMT ",1002,CNY,debit,10000,1,10000\n",
                                   STR_ARG(bank)))));
    assert_null(strstr(str_cstr(arena, buf_str(&text)), "\n20251124,"));
    buf_reset(&text);
    what.last = 20301231;
    assert_ok(ledger_export(door->books->store, &what));
    assert_non_null(strstr(str_cstr(arena, buf_str(&text)), ",credit,2500,2,7500\n"));
    what.first = 20251125;
    assert_int_equal(ledger_export(door->books->store, &what), ERR_LEDGER_DAY);
    what = (struct ledger_export){.first = 20251122, .last = 20251122, .write = refuse};
    assert_int_equal(ledger_export(door->books->store, &what), ERR_STOPPING);
    buf_free(&text);
    door_close(door);
}

static void the_tools_print_days(void **state)
{
    struct door *door = shop_open(state);
    struct arena *arena = door->books->arena;
    struct buf text;
    struct ledger_print print = {
        .store = door->books->store, .language = LEDGER_ENGLISH, .out = &text};

    buf_init(&text, 1 << 16);
    assert_ok(ledger_print_days(&print, 10));
    assert_false(print.wrong);
    assert_non_null(strstr(str_cstr(arena, buf_str(&text)), "\n20251122  closed            1"));
    assert_non_null(strstr(str_cstr(arena, buf_str(&text)), "\n20251124  open\n"));
    buf_reset(&text);
    assert_ok(ledger_print_proof(&print, 20251122, NULL));
    assert_false(print.wrong);
    assert_true(str_ends(buf_str(&text), STR("20251122 is right\n")));
    assert_int_equal(ledger_print_proof(&print, 20251121, NULL), ERR_LEDGER_DAY);
    books_sql(door->books, "UPDATE ledger_day SET wrong = 'so' WHERE id = 20251122");
    buf_reset(&text);
    assert_ok(ledger_print_days(&print, 10));
    assert_true(print.wrong);
    assert_true(str_ends(buf_str(&text), STR("  WRONG: so\n")));
    buf_free(&text);
    door_close(door);
}

/* ---- a store that only reads ---- */

static void the_books_are_proved_beside_their_writer(void **state)
{
    struct door *door = shop_open(state);
    struct store_options options = door->books->options;
    struct store *reader;
    struct ledger_proof proof;
    char detail[256];

    options.read_only = true;
    options.migrate = false;
    assert_ok(store_open(&options, &reader, detail));
    assert_ok(books_transfer(door->books, door->bank, door->payable, 1));
    assert_ok(ledger_prove(reader, NULL, NULL, &proof));
    assert_string_equal(proof.wrong, "");
    assert_int_equal(proof.journals, 3);
    store_close(reader);
    store_close(door->books->store);
    assert_ok(store_open(&options, &reader, detail)); /* and when nobody writes */
    assert_ok(ledger_prove(reader, NULL, NULL, &proof));
    assert_true(proof.holds_true);
    store_close(reader);
    assert_ok(store_open(&door->books->options, &door->books->store, detail));
    door->app.store = door->books->store;
    door_close(door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_listed_the_newest_first),
        cmocka_unit_test(a_day_is_shown_with_its_seal),
        cmocka_unit_test(a_day_that_is_wrong_says_so),
        cmocka_unit_test(the_trial_balance_of_any_day_is_shown),
        cmocka_unit_test(days_are_exported_leg_by_leg),
        cmocka_unit_test(the_tools_print_days),
        cmocka_unit_test(the_books_are_proved_beside_their_writer),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
