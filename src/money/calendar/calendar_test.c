/* The calendar: what may be loaded, and when money matures by it. */
#include "money/calendar/calendar_int.h"
#include "test/lib/ledger_kit_test.h"

/* The kit's clock begins on Saturday 2025-11-22. */
static const struct store_part *const parts[] = {&calendar_part};

static struct books *open_books(void **state)
{
    return books_open_with(*state, parts, ARRAY_LEN(parts));
}

/* 2026-10-01 … 07 are holidays, Saturday 2026-10-10 is a workday. */
static const struct calendar_entry october[] = {
    {.id = 20261001, .kind = DAY_HOLIDAY, .name = {"国庆节", 9}, .source = {"notice", 6}},
    {.id = 20261002, .kind = DAY_HOLIDAY},
    {.id = 20261003, .kind = DAY_HOLIDAY},
    {.id = 20261004, .kind = DAY_HOLIDAY},
    {.id = 20261005, .kind = DAY_HOLIDAY},
    {.id = 20261006, .kind = DAY_HOLIDAY},
    {.id = 20261007, .kind = DAY_HOLIDAY},
    {.id = 20261010, .kind = DAY_MAKEUP_WORK},
};

static enum err load(struct books *books, int32_t from, int32_t to,
                     const struct calendar_entry *entries, size_t count)
{
    const struct calendar_replace arg = {from, to, entries, count};

    return books_command(books, &calendar_replace_kind, &arg, NULL);
}

static void load_october(struct books *books)
{
    assert_ok(load(books, 20260101, 20261231, october, ARRAY_LEN(october)));
}

struct question {
    int32_t date;
    int n;
    int32_t answer;
    bool workday;
};

static enum err ask(struct tx *tx, void *ctx)
{
    struct question *question = ctx;

    TRY(calendar_workday(tx, question->date, &question->workday));
    return calendar_workdays_after(tx, question->date, question->n, &question->answer);
}

static int32_t after(struct books *books, int32_t date, int n)
{
    struct question question = {.date = date, .n = n};

    assert_ok(books_run(books, ask, &question));
    return question.answer;
}

static bool is_workday(struct books *books, int32_t date)
{
    struct question question = {.date = date};

    assert_ok(books_run(books, ask, &question));
    return question.workday;
}

static void without_entries_monday_to_friday_are_workdays(void **state)
{
    struct books *books = open_books(state);

    assert_true(is_workday(books, 20261001));  /* Thursday */
    assert_false(is_workday(books, 20261010)); /* Saturday */
    assert_int_equal(after(books, 20260605, 1), 20260608);
    books_close(books);
}

static void t_plus_n_counts_workdays_after_the_date(void **state)
{
    struct books *books = open_books(state);

    load_october(books);
    assert_int_equal(after(books, 20260601, 0), 20260601); /* a Monday, at once */
    assert_int_equal(after(books, 20260601, 1), 20260602);
    assert_int_equal(after(books, 20260605, 1), 20260608); /* Friday */
    assert_int_equal(after(books, 20260606, 0), 20260608); /* Saturday: T+0 and T+1 are Monday */
    assert_int_equal(after(books, 20260606, 1), 20260608);
    assert_int_equal(after(books, 20260606, 2), 20260609);
    assert_int_equal(after(books, 20260930, 1), 20261008); /* over the holidays */
    assert_int_equal(after(books, 20260930, 3), 20261010); /* the make-up Saturday counts */
    assert_int_equal(after(books, 20261231, 1), 20270101); /* over the end of the year */
    books_close(books);
}

static void a_long_row_of_holidays_is_passed_over(void **state)
{
    struct books *books = open_books(state);
    struct calendar_entry days[60];
    int32_t date = 20261203;

    for (size_t i = 0; i < 29; i++, date = time_date_add_days(date, 1)) {
        days[i] = (struct calendar_entry){.id = date, .kind = DAY_HOLIDAY};
    }
    assert_ok(load(books, 20261201, 20261231, days, 29));
    date = 20270101;
    for (size_t i = 0; i < 60; i++, date = time_date_add_days(date, 1)) {
        days[i] = (struct calendar_entry){.id = date, .kind = DAY_HOLIDAY};
    }
    assert_ok(load(books, 20270101, 20270331, days, 60));
    assert_int_equal(after(books, 20261202, 1), 20270302);
    books_close(books);
}

static void a_load_replaces_its_range_and_nothing_else(void **state)
{
    struct books *books = open_books(state);
    const struct calendar_entry one[] = {
        {.id = 20261005, .kind = DAY_HOLIDAY, .name = STR("another name")}};

    load_october(books);
    assert_ok(load(books, 20261003, 20261007, one, 1));
    assert_false(is_workday(books, 20261001));
    assert_false(is_workday(books, 20261005));
    assert_true(is_workday(books, 20261006));
    assert_true(is_workday(books, 20261010));
    load_october(books);
    assert_false(is_workday(books, 20261006));
    books_close(books);
}

static void the_year_kept_in_memory_is_the_one_stored(void **state)
{
    struct books *books = open_books(state);

    load_october(books);
    books_reopen(books);
    assert_int_equal(after(books, 20260930, 1), 20261008);
    books_close(books);
}

static enum err nothing(struct tx *tx, void *ctx)
{
    (void)tx;
    (void)ctx;
    return ERR_OK;
}

static int64_t database_calls(struct books *books, enum err (*run)(struct tx *tx, void *ctx),
                              void *ctx)
{
    store_fault_at(0);
    assert_ok(books_run(books, run, ctx));
    return store_fault_calls();
}

static void a_warm_year_is_not_read_again(void **state)
{
    struct books *books = open_books(state);
    struct question question = {.date = 20261230, .n = 3};

    load_october(books);
    assert_ok(books_run(books, ask, &question));
    assert_int_equal(database_calls(books, ask, &question), database_calls(books, nothing, NULL));
    books_close(books);
}

static void a_range_is_of_one_year_and_in_order(void **state)
{
    struct books *books = open_books(state);

    assert_refused(books, load(books, 20261231, 20270101, NULL, 0), ERR_CALENDAR_RANGE, "from");
    assert_refused(books, load(books, 20261002, 20261001, NULL, 0), ERR_CALENDAR_RANGE, "from");
    assert_refused(books, load(books, 20260229, 20261001, NULL, 0), ERR_CALENDAR_RANGE, "from");
    assert_refused(books, load(books, 20260201, 20260230, NULL, 0), ERR_CALENDAR_RANGE, "from");
    assert_refused(books, load(books, 20190101, 20191231, NULL, 0), ERR_CALENDAR_RANGE, "from");
    books_close(books);
}

static void entries_lie_in_the_range_and_rise(void **state)
{
    struct books *books = open_books(state);
    const struct calendar_entry twice[] = {{.id = 20261001, .kind = DAY_HOLIDAY},
                                           {.id = 20261001, .kind = DAY_WORK}};
    const struct calendar_entry no_date[] = {{.id = 20260431, .kind = DAY_HOLIDAY}};

    assert_refused(books, load(books, 20261001, 20261009, october, ARRAY_LEN(october)),
                   ERR_CALENDAR_ENTRY, "days[7].date");
    assert_refused(books, load(books, 20260101, 20261231, twice, 2), ERR_CALENDAR_ENTRY,
                   "days[1].date");
    assert_refused(books, load(books, 20260101, 20261231, no_date, 1), ERR_CALENDAR_ENTRY,
                   "days[0].date");
    books_close(books);
}

static void what_is_past_keeps_its_kind(void **state)
{
    struct books *books = open_books(state);
    const struct calendar_entry today[] = {{.id = 20251122, .kind = DAY_MAKEUP_WORK}};
    const struct calendar_entry past[] = {{.id = 20251121, .kind = DAY_HOLIDAY},
                                          {.id = 20251122, .kind = DAY_MAKEUP_WORK}};

    assert_refused(books, load(books, 20251101, 20251130, past, 2), ERR_CALENDAR_PAST,
                   "days[0].date");
    assert_ok(load(books, 20251101, 20251130, today, 1));
    counter_set(&books->now_ms, BOOKS_START_MS + TIME_DAY_MS);
    assert_refused(books, load(books, 20251101, 20251130, NULL, 0), ERR_CALENDAR_PAST, "from");
    assert_refused(books, load(books, 20251101, 20251130, past, 2), ERR_CALENDAR_PAST,
                   "days[0].date");
    assert_ok(load(books, 20251101, 20251130, today, 1)); /* the same again */
    assert_true(is_workday(books, 20251122));
    books_close(books);
}

/* All is wrong at once; each step mends the first thing. */
static void the_refusals_of_a_load_come_in_the_documented_order(void **state)
{
    struct books *books = open_books(state);
    struct calendar_entry days[] = {{.id = 20251110, .kind = DAY_HOLIDAY},
                                    {.id = 20251109, .kind = DAY_HOLIDAY}};

    assert_refused(books, load(books, 20251130, 20251101, days, 2), ERR_CALENDAR_RANGE, "from");
    assert_refused(books, load(books, 20251101, 20251130, days, 2), ERR_CALENDAR_ENTRY,
                   "days[1].date");
    days[1].id = 20251201;
    assert_refused(books, load(books, 20251101, 20251130, days, 2), ERR_CALENDAR_ENTRY,
                   "days[1].date");
    days[1].id = 20251130;
    assert_refused(books, load(books, 20251101, 20251130, days, 2), ERR_CALENDAR_PAST,
                   "days[0].date");
    days[0].id = 20251122; /* today */
    assert_ok(load(books, 20251101, 20251130, days, 2));
    books_close(books);
}

static struct calendar_entry *entries;
static size_t entry_count;

static void read_2026(struct books *books, struct reader *reader, void *ctx)
{
    (void)ctx;
    assert_ok(calendar_read_year(reader, 2026, books->arena, &entries, &entry_count));
}

static void a_year_is_listed_by_date(void **state)
{
    struct books *books = open_books(state);

    load_october(books);
    books_read(books, read_2026, NULL);
    assert_int_equal(entry_count, ARRAY_LEN(october));
    for (size_t i = 0; i < entry_count; i++) {
        assert_int_equal(entries[i].id, october[i].id);
        assert_int_equal(entries[i].kind, october[i].kind);
    }
    assert_true(str_eq(entries[0].name, STR("国庆节")));
    assert_true(str_eq(entries[0].source, STR("notice")));
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_entries_monday_to_friday_are_workdays),
        cmocka_unit_test(t_plus_n_counts_workdays_after_the_date),
        cmocka_unit_test(a_long_row_of_holidays_is_passed_over),
        cmocka_unit_test(a_load_replaces_its_range_and_nothing_else),
        cmocka_unit_test(the_year_kept_in_memory_is_the_one_stored),
        cmocka_unit_test(a_warm_year_is_not_read_again),
        cmocka_unit_test(a_range_is_of_one_year_and_in_order),
        cmocka_unit_test(entries_lie_in_the_range_and_rise),
        cmocka_unit_test(the_refusals_of_a_load_come_in_the_documented_order),
        cmocka_unit_test(what_is_past_keeps_its_kind),
        cmocka_unit_test(a_year_is_listed_by_date),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
