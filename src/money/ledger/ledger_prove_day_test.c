/* The proof of days: whatever was changed in a closed day is found, and the row is named, by the
 * whole proof and by that of the day alone. */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

#include "money/ledger/ledger_day_int.h"

#include <stdio.h>

enum { MERCHANT = 11, CHANNEL = 22, DAY_1 = 20251122, DAY_2 = 20251123, DAY_3 = 20251124 };
enum { FIRST_ROWS = 1100, SECOND_ROWS = 700, TAMPERED = 700 };

/* 2025-11-23T00:00:00+08:00 */
#define MIDNIGHT_MS (BOOKS_START_MS + 15 * TIME_HOUR_MS)

struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
    int rows;
};

static enum err fill(struct tx *tx, void *ctx)
{
    const struct shop *s = ctx;

    for (int i = 1; i <= s->rows; i++) {
        const struct ledger_leg legs[] = {debit(s->channel, i), credit(s->merchant, i)};
        const struct ledger_post post = {
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, s->books->next_no++},
            .legs = legs,
            .leg_count = 2,
        };

        TRY(ledger_post(tx, &post, NULL));
    }
    return ERR_OK;
}

static void day_of_rows(struct shop *s, int rows)
{
    s->rows = rows;
    assert_ok(books_run(s->books, fill, s));
}

/* Two closed days of 1,100 and 700 rows, and an open one with ten. */
static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
    };
    bool right = false;

    day_of_rows(&s, FIRST_ROWS);
    counter_set(&books->now_ms, MIDNIGHT_MS);
    day_of_rows(&s, SECOND_ROWS);
    counter_set(&books->now_ms, MIDNIGHT_MS + TIME_DAY_MS);
    day_of_rows(&s, 10);
    assert_ok(ledger_seal_days(books->store, &right));
    assert_true(right);
    return s;
}

static struct ledger_proof prove_day(struct shop *s, int32_t date)
{
    struct ledger_proof proof;

    assert_ok(ledger_prove_day(s->books->store, date, NULL, NULL, &proof));
    return proof;
}

static void assert_all_right(struct shop *s)
{
    books_assert_right(s->books);
    for (int32_t date = DAY_1; date <= DAY_3; date++) {
        assert_string_equal(prove_day(s, date).wrong, "");
    }
}

static void assert_wrong(const struct ledger_proof *proof, const char *wrong, const char *made)
{
    if (proof->holds_true || strcmp(proof->wrong, wrong) != 0) {
        fail_msg("%s: \"%s\", must be \"%s\"", made, proof->wrong, wrong);
    }
}

/* ---- right books ---- */

static void a_day_is_proved_alone(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_proof proof = prove_day(&s, DAY_2);

    assert_true(proof.holds_true);
    assert_int_equal(proof.journals, SECOND_ROWS);
    assert_int_equal(proof.legs, 2 * SECOND_ROWS);
    assert_int_equal(proof.accounts, 2);
    assert_int_equal(prove_day(&s, DAY_3).journals, 10);
    assert_int_equal(ledger_prove_day(s.books->store, 20251125, NULL, NULL, &proof),
                     ERR_LEDGER_DAY);
    assert_all_right(&s);
    books_close(s.books);
}

static void days_without_rows_are_proved(void **state)
{
    struct shop s = shop_open(state);
    bool right = false;
    int64_t date;

    for (int i = 2; i <= 4; i++) {
        counter_set(&s.books->now_ms, MIDNIGHT_MS + i * TIME_DAY_MS);
        assert_ok(books_command(s.books, &ledger_day_cut_kind, NULL, &date));
    }
    assert_all_right(&s); /* closing */
    assert_ok(ledger_seal_days(s.books->store, &right));
    assert_true(right);
    assert_all_right(&s);
    assert_true(prove_day(&s, 20251125).holds_true);
    assert_true(prove_day(&s, 20251127).holds_true);
    books_close(s.books);
}

/* ---- rows of the journal ---- */

static void set_column(struct shop *s, const char *column, const char *value)
{
    char sql[200];

    (void)snprintf(sql, sizeof(sql), "UPDATE ledger_journal SET %s = %s WHERE id = %d", column,
                   value, TAMPERED);
    books_sql(s->books, sql);
}

static void every_column_of_a_closed_row_is_guarded(void **state)
{
    static const char wrong[] = "ledger_journal row 700 is not as it was when 20251122 was closed";
    const struct table *table = &ledger__journal_table;
    struct shop s = shop_open(state);

    for (size_t i = 1; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        struct ledger_proof proof;
        bool is_null = strcmp(column->name, "hold_id") == 0 || strcmp(column->name, "voucher") == 0;
        char changed[60], original[60];

        (void)snprintf(changed, sizeof(changed), "%s + 77777777", column->name);
        (void)snprintf(original, sizeof(original), "%s - 77777777", column->name);
        set_column(&s, column->name, is_null ? "5" : changed);
        proof = books_prove(s.books);
        assert_wrong(&proof, wrong, column->name);
        proof = prove_day(&s, DAY_1);
        assert_wrong(&proof, wrong, column->name);
        assert_true(prove_day(&s, DAY_2).holds_true);
        set_column(&s, column->name, is_null ? "NULL" : original);
    }
    assert_all_right(&s);
    books_close(s.books);
}

static void a_consistent_forgery_is_named_at_its_first_row(void **state)
{
    static const char *const forgery[] = {
        "UPDATE ledger_journal SET amount_a = amount_a + 50, amount_b = amount_b - 50 WHERE id = "
        "700",
        "UPDATE ledger_journal SET balance_a = balance_a + 50, balance_b = balance_b + 50 "
        "WHERE id >= 700",
        "UPDATE ledger_account SET posted = posted + 50, debits = debits + 50 WHERE code = 1131",
        "UPDATE ledger_account SET posted = posted + 50, credits = credits + 50 WHERE code = 2241",
        "UPDATE ledger_total SET debits = debits + 50 WHERE code = 1131",
        "UPDATE ledger_total SET credits = credits + 50 WHERE code = 2241",
        "UPDATE ledger_total_day SET debits = debits + 50 WHERE code = 1131",
        "UPDATE ledger_total_day SET credits = credits + 50 WHERE code = 2241",
    };
    struct shop s = shop_open(state);
    struct ledger_proof proof;

    for (size_t i = 0; i < ARRAY_LEN(forgery); i++) {
        books_sql(s.books, forgery[i]);
    }
    proof = books_prove(s.books);
    assert_wrong(&proof, "ledger_journal row 700 is not as it was when 20251122 was closed", "all");
    proof = prove_day(&s, DAY_2);
    assert_wrong(&proof, "ledger_journal row 1101 is not as it was when 20251123 was closed",
                 "all");
    books_close(s.books);
}

/* ---- everything else of a day ---- */

struct change {
    const char *make, *mend;
    int32_t day; /* whose proof finds it; 0: the whole proof alone */
    const char *wrong;
};

static const struct change changes[] = {
    {"UPDATE ledger_journal SET id = 99999 WHERE id = 700",
     "UPDATE ledger_journal SET id = 700 WHERE id = 99999", DAY_1,
     "ledger_journal row 700 is missing"},
    {"UPDATE ledger_journal SET id = 99999 WHERE id = 1100",
     "UPDATE ledger_journal SET id = 1100 WHERE id = 99999", DAY_1,
     "ledger_journal row 1100 is missing"},
    {"UPDATE ledger_journal SET business_date = 20251123 WHERE id = 1803",
     "UPDATE ledger_journal SET business_date = 20251124 WHERE id = 1803", DAY_3,
     "ledger_journal row 1803: business_date is 20251123, must be 20251124"},
    {"UPDATE ledger_journal SET balance_a = balance_a + 1, balance_b = balance_b + 1 WHERE id = "
     "1801",
     "UPDATE ledger_journal SET balance_a = balance_a - 1, balance_b = balance_b - 1 WHERE id = "
     "1801",
     DAY_3, "ledger_journal row 1801: balance_a is 850902, must be 850901"},
    {"UPDATE ledger_journal SET previous_b = previous_b - 2 WHERE id = 1801",
     "UPDATE ledger_journal SET previous_b = previous_b + 2 WHERE id = 1801", 0,
     "ledger_journal row 1801: previous_b is 3599, must be 3601"},
    {"UPDATE ledger_seal_page SET id = 99999 WHERE id = 513",
     "UPDATE ledger_seal_page SET id = 513 WHERE id = 99999", DAY_1,
     "ledger_seal_page row 513 is missing"},
    {"UPDATE ledger_seal_page SET last_row = 1025 WHERE id = 513",
     "UPDATE ledger_seal_page SET last_row = 1024 WHERE id = 513", DAY_1,
     "ledger_seal_page row 513: it is not what its journal rows give"},
    {"UPDATE ledger_day SET previous_id = 20251121 WHERE id = 20251123",
     "UPDATE ledger_day SET previous_id = 20251122 WHERE id = 20251123", 0,
     "ledger_day row 20251123: previous_id is 20251121, must be 20251122"},
    {"UPDATE ledger_day SET opened_at_ms = opened_at_ms + 1 WHERE id = 20251123",
     "UPDATE ledger_day SET opened_at_ms = opened_at_ms - 1 WHERE id = 20251123", DAY_2,
     "ledger_day row 20251123: hash is not that of what it says"},
    {"UPDATE ledger_day SET cut_at_ms = cut_at_ms + 1 WHERE id = 20251123",
     "UPDATE ledger_day SET cut_at_ms = cut_at_ms - 1 WHERE id = 20251123", DAY_2,
     "ledger_day row 20251123: hash is not that of what it says"},
    {"UPDATE ledger_day SET closed_at_ms = closed_at_ms + 1 WHERE id = 20251123",
     "UPDATE ledger_day SET closed_at_ms = closed_at_ms - 1 WHERE id = 20251123", DAY_2,
     "ledger_day row 20251123: hash is not that of what it says"},
    {"UPDATE ledger_day SET first_row = 1102 WHERE id = 20251123",
     "UPDATE ledger_day SET first_row = 1101 WHERE id = 20251123", DAY_2,
     "ledger_day row 20251123: first_row is 1102, must be 1101"},
    {"UPDATE ledger_day SET journals = 701 WHERE id = 20251123",
     "UPDATE ledger_day SET journals = 700 WHERE id = 20251123", DAY_2,
     "ledger_day row 20251123: journals is 701, must be 700"},
    {"UPDATE ledger_day SET legs = 1401 WHERE id = 20251123",
     "UPDATE ledger_day SET legs = 1400 WHERE id = 20251123", DAY_2,
     "ledger_day row 20251123: legs is 1401, must be 1400"},
    {"UPDATE ledger_total_day SET debits = debits + 1 WHERE code = 1131 AND date = 20251122",
     "UPDATE ledger_total_day SET debits = debits - 1 WHERE code = 1131 AND date = 20251122", DAY_1,
     "the total of 1131 CNY: debits of 20251122 are 605551, its journal rows give 605550"},
    {"UPDATE ledger_total_day SET next_date = 20251125 WHERE code = 1131 AND date = 20251122",
     "UPDATE ledger_total_day SET next_date = 20251123 WHERE code = 1131 AND date = 20251122",
     DAY_2, ""},
    {"UPDATE ledger_total SET credits = credits + 1 WHERE code = 2241",
     "UPDATE ledger_total SET credits = credits - 1 WHERE code = 2241", 0,
     "the total of 2241 CNY is 0 - 850956, its accounts give 0 - 850955"},
    {"UPDATE ledger_clock SET date = 20251123", "UPDATE ledger_clock SET date = 20251124", 0,
     "ledger_clock row 1: 20251123 is not the open day"},
};

static void every_change_to_a_day_is_found(void **state)
{
    struct shop s = shop_open(state);

    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct ledger_proof proof;

        books_sql(s.books, changes[i].make);
        proof = books_prove(s.books);
        assert_false(proof.holds_true);
        if (changes[i].wrong[0] != '\0') {
            assert_wrong(&proof, changes[i].wrong, changes[i].make);
        }
        if (changes[i].day != 0) {
            proof = prove_day(&s, changes[i].day);
            assert_false(proof.holds_true);
        }
        if (changes[i].day != 0 && changes[i].wrong[0] != '\0') {
            assert_wrong(&proof, changes[i].wrong, changes[i].make);
        }
        books_sql(s.books, changes[i].mend);
    }
    assert_all_right(&s);
    books_close(s.books);
}

/* Bytes are changed for others of the same length: both databases know x'..'. */
#define X8 "x'0102030405060708'"
#define X32 "x'0000000000000000000000000000000000000000000000000000000000000000'"

static void every_hash_is_guarded(void **state)
{
    static const struct {
        const char *sql;
        const char *wrong;
    } hashes[] = {
        {"UPDATE ledger_day SET rows_hash = " X32 " WHERE id = 20251122",
         "ledger_day row 20251122: rows_hash is not that of its pages"},
        {"UPDATE ledger_day SET previous_hash = " X32 " WHERE id = 20251123",
         "ledger_day row 20251123: previous_hash is not the hash of 20251122"},
        {"UPDATE ledger_day SET hash = " X32 " WHERE id = 20251122",
         "ledger_day row 20251122: hash is not that of what it says"},
        {"UPDATE ledger_seal_page SET chain = " X32 " WHERE id = 513",
         "ledger_seal_page row 513: it is not what its journal rows give"},
        {"UPDATE ledger_seal_page SET hashes = " X8 " WHERE id = 513",
         "ledger_seal_page row 513: hashes has another one for row 513"},
    };

    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        struct shop s = shop_open(state);
        struct ledger_proof proof;

        books_sql(s.books, hashes[i].sql);
        proof = books_prove(s.books);
        assert_wrong(&proof, hashes[i].wrong, hashes[i].sql);
        books_close(s.books);
    }
}

/* ---- beside the writer ---- */

enum { PROOFS = 20, HALF_DAYS = 20, HALF_DAYS_MAX = 60 };

struct keeper {
    struct shop *shop;
    struct counter stop;
    struct counter days;
};

static void keep_books(void *ctx)
{
    struct keeper *keeper = ctx;
    int64_t now_ms = counter_get(&keeper->shop->books->now_ms);

    while (counter_get(&keeper->stop) == 0 && counter_get(&keeper->days) < HALF_DAYS_MAX) {
        bool right = false;

        day_of_rows(keeper->shop, 100);
        now_ms += TIME_DAY_MS / 2;
        counter_set(&keeper->shop->books->now_ms, now_ms);
        CHECK(ledger_seal_days(keeper->shop->books->store, &right) == ERR_OK && right);
        counter_add(&keeper->days, 1);
    }
}

static void days_are_proved_while_they_are_cut_and_closed(void **state)
{
    struct shop s = shop_open(state);
    struct keeper keeper = {.shop = &s};
    struct thread *thread = thread_start("keeper", keep_books, &keeper);

    for (int i = 0; i < PROOFS || counter_get(&keeper.days) < HALF_DAYS; i++) {
        struct ledger_proof proof = books_prove(s.books);

        assert_string_equal(proof.wrong, "");
        assert_string_equal(prove_day(&s, DAY_3).wrong, "");
    }
    counter_set(&keeper.stop, 1);
    thread_join(thread);
    assert_all_right(&s);
    books_close(s.books);
}

static void note_progress(void *ctx, int64_t done, int64_t all)
{
    int64_t *seen = ctx;

    assert_true(done >= seen[0] && done <= all);
    seen[0] = done;
    seen[1] = all;
}

static void progress_is_told(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_proof proof;
    int64_t seen[2] = {0};

    assert_ok(ledger_prove_day(s.books->store, DAY_2, note_progress, seen, &proof));
    assert_int_equal(seen[0], SECOND_ROWS);
    assert_int_equal(seen[1], SECOND_ROWS);
    seen[0] = 0;
    assert_ok(ledger_prove(s.books->store, note_progress, seen, &proof));
    /* The rules look at each of the two accounts as well. */
    assert_true(seen[0] > FIRST_ROWS + SECOND_ROWS + 10 && seen[0] % 2 == 0);
    assert_int_equal(seen[1], seen[0]);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_proved_alone),
        cmocka_unit_test(days_without_rows_are_proved),
        cmocka_unit_test(every_column_of_a_closed_row_is_guarded),
        cmocka_unit_test(a_consistent_forgery_is_named_at_its_first_row),
        cmocka_unit_test(every_change_to_a_day_is_found),
        cmocka_unit_test(every_hash_is_guarded),
        cmocka_unit_test(days_are_proved_while_they_are_cut_and_closed),
        cmocka_unit_test(progress_is_told),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
