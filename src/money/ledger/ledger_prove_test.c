/* The proof finds every kind of tampering and names the row. */
#include "test/lib/ledger_kit_test.h"

#include <stdio.h>

enum { MERCHANT = 11, CHANNEL = 22 };

/* Rows 1 to 40: channel to merchant, amount = row; 41 and 42: three legs; 43: a capture of 30 from
 * an open hold of 100. A second hold is closed. */
struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
    int64_t fees;
    int64_t hold;
    int64_t closed_hold;
};

static int64_t place(struct shop *s, int64_t amount)
{
    const struct ledger_hold_place arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = s->merchant,
        .kind = LEDGER_HOLD_RISK,
        .amount = AMOUNT(amount),
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_place_kind, &arg, &held));
    return held.hold_id;
}

static void fill_holds(struct shop *s)
{
    const struct ledger_leg legs[] = {debit(s->merchant, 30), credit(s->channel, 30)};
    struct ledger_hold_capture capture;
    struct ledger_hold_release release;
    struct ledger_held held;

    s->hold = place(s, 100);
    s->closed_hold = place(s, 50);
    capture = (struct ledger_hold_capture){
        .hold_id = s->hold,
        .post = {books_reference(s->books, LEDGER_OPERATION_CAPTURE), legs, 2},
    };
    assert_ok(books_command(s->books, &ledger_capture_kind, &capture, &held));
    assert_int_equal(held.journal_id, 43);
    release = (struct ledger_hold_release){
        .reference = books_reference(s->books, LEDGER_OPERATION_RELEASE),
        .hold_id = s->closed_hold,
        .whole = true,
    };
    assert_ok(books_command(s->books, &ledger_release_kind, &release, &held));
}

static enum err fill_journal(struct tx *tx, void *ctx)
{
    const struct shop *s = ctx;

    for (int i = 1; i <= 41; i++) {
        const struct ledger_leg legs[] = {debit(s->channel, i), credit(s->merchant, i)};
        const struct ledger_leg three[] = {debit(s->channel, 200), credit(s->merchant, 140),
                                           credit(s->fees, 60)};
        const struct ledger_post post = {
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, s->books->next_no++},
            .legs = i == 41 ? three : legs,
            .leg_count = i == 41 ? 3 : 2,
        };

        TRY(ledger_post(tx, &post, NULL));
    }
    return ERR_OK;
}

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
        .fees = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY),
    };

    assert_ok(books_run(books, fill_journal, &s));
    fill_holds(&s);
    return s;
}

static void right_books_are_proved(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_proof proof = books_prove(s.books);

    assert_true(proof.holds_true);
    assert_string_equal(proof.wrong, "");
    assert_int_equal(proof.journals, 42);
    assert_int_equal(proof.legs, 40 * 2 + 3 + 2);
    assert_int_equal(proof.accounts, 3);
    books_close(s.books);
}

static void empty_books_are_proved(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_proof proof = books_prove(books);

    assert_true(proof.holds_true);
    assert_int_equal(proof.journals, 0);
    books_close(books);
}

/* ---- tampering ---- */

enum named { ROW = 0, THE_MERCHANT, THE_CHANNEL, THE_HOLD, THE_CLOSED_HOLD };

struct tampering {
    const char *sql;
    enum named named; /* ROW: the text is whole; else table and id stand before it */
    const char *wrong;
};

static const struct tampering tamperings[] = {
    /* legs */
    {"UPDATE ledger_journal SET balance_b = balance_b + 1 WHERE id = 5", ROW,
     "ledger_journal row 5: balance_b is 16, must be 15"},
    {"UPDATE ledger_journal SET amount_a = amount_a + 1 WHERE id = 5", ROW,
     "ledger_journal row 5: balance_a is 15, must be 16"},
    {"UPDATE ledger_journal SET amount_a = amount_a + 1, balance_a = balance_a + 1 WHERE id = 5",
     ROW, "ledger_journal row 5: debits and credits in CNY differ"},
    {"UPDATE ledger_journal SET amount_b = 0 WHERE id = 5", ROW,
     "ledger_journal row 5: amount_b is out of range"},
    {"UPDATE ledger_journal SET amount_a = -9223372036854775807 - 1 WHERE id = 5", ROW,
     "ledger_journal row 5: amount_a is out of range"},
    {"UPDATE ledger_journal SET sequence_a = 6 WHERE id = 5", ROW,
     "ledger_journal row 5: sequence_a is 6, must be 5"},
    {"UPDATE ledger_journal SET previous_b = 7 WHERE id = 5", ROW,
     "ledger_journal row 5: previous_b is 7, must be 9"},
    {"UPDATE ledger_journal SET account_b = 77 WHERE id = 5", ROW,
     "ledger_journal row 5: there is no account 77"},
    /* journals */
    {"DELETE FROM ledger_journal WHERE id = 7", ROW, "ledger_journal row 7 is missing"},
    {"DELETE FROM ledger_journal WHERE id = 43", ROW, "ledger_journal row 43 is missing"},
    {"DELETE FROM ledger_journal WHERE id = 42", ROW, "ledger_journal row 42 is missing"},
    {"UPDATE ledger_journal SET leg_count = 5 WHERE id = 5", ROW,
     "ledger_journal row 6: part is 0, must be 1"},
    {"UPDATE ledger_journal SET leg_count = 1 WHERE id = 5", ROW,
     "ledger_journal row 5: leg_count is 1"},
    {"UPDATE ledger_journal SET leg_count = 65 WHERE id = 5", ROW,
     "ledger_journal row 5: leg_count is 65"},
    {"UPDATE ledger_journal SET part = 1 WHERE id = 5", ROW,
     "ledger_journal row 5: part is 1, must be 0"},
    {"UPDATE ledger_journal SET business_no = NULL WHERE id = 5", ROW,
     "ledger_journal row 5: business_no is missing"},
    {"UPDATE ledger_journal SET business_no = 900 WHERE id = 42", ROW,
     "ledger_journal row 42: business_no is 900, must be 0"},
    {"UPDATE ledger_journal SET leg_count = 2 WHERE id = 42", ROW,
     "ledger_journal row 42: leg_count is 2, must be 0"},
    {"UPDATE ledger_journal SET created_at_ms = 5 WHERE id = 42", ROW,
     "ledger_journal row 42: created_at_ms is 5, must be 1763773200000"},
    {"UPDATE ledger_journal SET account_b = 5 WHERE id = 42", ROW,
     "ledger_journal row 42: has more legs than leg_count"},
    {"UPDATE ledger_journal SET matures_b = 20251130 WHERE id = 42", ROW,
     "ledger_journal row 42: has more legs than leg_count"},
    {"UPDATE ledger_journal SET source = 2 WHERE id = 42", ROW,
     "ledger_journal row 42: source is 2, must be 0"},
    {"UPDATE ledger_journal SET operation = 3 WHERE id = 42", ROW,
     "ledger_journal row 42: operation is 3, must be 0"},
    {"UPDATE ledger_journal SET hold_id = 9 WHERE id = 42", ROW,
     "ledger_journal row 42: hold_id is 9, must be 0"},
    {"UPDATE ledger_journal SET voucher = 9 WHERE id = 42", ROW,
     "ledger_journal row 42: voucher is 9, must be 0"},
    {"UPDATE ledger_journal SET operation = 0 WHERE id = 5", ROW,
     "ledger_journal row 5: source or operation is missing"},
    /* accounts */
    {"UPDATE ledger_account SET posted = posted + 1 WHERE code = 2241", THE_MERCHANT,
     "posted is 931, must be 930"},
    {"UPDATE ledger_account SET debits = debits + 1 WHERE code = 2241", THE_MERCHANT,
     "debits is 31, must be 30"},
    {"UPDATE ledger_account SET credits = credits + 1 WHERE code = 2241", THE_MERCHANT,
     "credits is 961, must be 960"},
    {"UPDATE ledger_account SET sequence = 9 WHERE code = 2241", THE_MERCHANT,
     "sequence is 9, must be 42"},
    {"UPDATE ledger_account SET last_position = 9 WHERE code = 2241", THE_MERCHANT,
     "sequence is 42, must be 4"},
    {"UPDATE ledger_account SET last_position = 8 WHERE code = 2241", THE_MERCHANT,
     "last_position 8 is not its last leg"},
    {"UPDATE ledger_account SET last_position = 0 WHERE code = 2241", THE_MERCHANT,
     "sequence is 42, must be 0"},
    {"UPDATE ledger_account SET sequence = 0, last_position = 0, posted = 0, debits = 0, "
     "credits = 0, held = 0 WHERE code = 2241",
     THE_MERCHANT, "sequence is 0, must be 42"},
    {"UPDATE ledger_account SET floor = 861 WHERE code = 2241", THE_MERCHANT,
     "posted - held is below floor"},
    {"DELETE FROM ledger_account WHERE code = 6021", ROW, NULL},
    /* marks */
    {"DELETE FROM ledger_mark WHERE position = 65", ROW, "ledger_mark row 65 is missing"},
    {"UPDATE ledger_mark SET sequence = 31 WHERE position = 65", ROW,
     "ledger_mark row 65: sequence is 31, must be 32"},
    {"UPDATE ledger_mark SET account_id = 7 WHERE position = 65", ROW,
     "ledger_mark row 65: account_id is 7, must be MERCHANT"},
    {"INSERT INTO ledger_mark (position, account_id, sequence) VALUES (20, 7, 32)", ROW,
     "ledger_mark row 20: marks no 32nd leg"},
    {"INSERT INTO ledger_mark (position, account_id, sequence) VALUES (70, 7, 32)", ROW,
     "ledger_mark row 70: marks no 32nd leg"},
    /* holds */
    {"UPDATE ledger_account SET held = held - 1 WHERE code = 2241", THE_MERCHANT,
     "held is not what its holds have left"},
    {"UPDATE ledger_hold SET captured = captured + 1, released = -1 WHERE status = 1", THE_HOLD,
     "differs from its steps"},
    {"UPDATE ledger_hold SET captured = 1 WHERE status = 2", THE_CLOSED_HOLD,
     "differs from its steps"},
    {"UPDATE ledger_hold SET status = 3 WHERE status = 1", THE_MERCHANT,
     "held is not what its holds have left"},
    {"DELETE FROM ledger_hold_step WHERE step = 2", THE_HOLD, "differs from its steps"},
    {"UPDATE ledger_hold SET account_id = 77 WHERE status = 2", THE_CLOSED_HOLD,
     "there is no such account"},
    {"UPDATE ledger_account SET holds = 0 WHERE code = 2241", THE_MERCHANT,
     "holds or blocks are not as many as there are"},
    {"UPDATE ledger_account SET debit_blocks = 1 WHERE code = 2241", THE_MERCHANT,
     "holds or blocks are not as many as there are"},
    /* maturities */
    {"UPDATE ledger_account SET maturities = '20991231=1' WHERE code = 2241", THE_MERCHANT,
     "maturities has 1 in all, must be 0"},
    {"UPDATE ledger_journal SET matures_a = 20991231 WHERE id = 3", THE_CHANNEL,
     "maturities has 0 on 20991231, must be 3"},
    /* pending entries, serial numbers */
    {"UPDATE ledger_account SET pending = 1 WHERE code = 2241", THE_MERCHANT,
     "pending is not the number of entries that wait"},
    {"DELETE FROM ledger_serial WHERE serial = 2", THE_MERCHANT, "has no serial number"},
};

static struct str due_text(const struct shop *s, const struct tampering *t)
{
    struct arena *arena = s->books->arena;

    switch (t->named) {
    case ROW:
        break;
    case THE_MERCHANT:
        return str_printf(arena, "ledger_account row %lld: %s", (long long)s->merchant, t->wrong);
    case THE_CHANNEL:
        return str_printf(arena, "ledger_account row %lld: %s", (long long)s->channel, t->wrong);
    case THE_HOLD:
    case THE_CLOSED_HOLD:
        return str_printf(arena, "ledger_hold row %lld: %s",
                          (long long)(t->named == THE_HOLD ? s->hold : s->closed_hold), t->wrong);
    }
    if (t->wrong == NULL) {
        return str_printf(arena, "ledger_journal row 42: there is no account %lld",
                          (long long)s->fees);
    }
    if (str_ends(str_of(t->wrong), STR("MERCHANT"))) {
        return str_printf(arena, "ledger_mark row 65: account_id is 7, must be %lld",
                          (long long)s->merchant);
    }
    return str_of(t->wrong);
}

static void every_tampering_is_found_and_named(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(tamperings); i++) {
        struct shop s = shop_open(state);
        struct ledger_proof proof;

        books_sql(s.books, tamperings[i].sql);
        proof = books_prove(s.books);
        if (!str_eq(str_of(proof.wrong), due_text(&s, &tamperings[i]))) {
            print_error("%s\nfound: %s\n", tamperings[i].sql, proof.wrong);
        }
        assert_true(str_eq(str_of(proof.wrong), due_text(&s, &tamperings[i])));
        assert_false(proof.holds_true);
        books_close(s.books);
    }
}

/* A journal that is right in itself, but that no account knows of. */
static void a_journal_slipped_in_at_the_end_is_found(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_account channel = books_get(s.books, s.channel);
    struct ledger_account fees = books_get(s.books, s.fees);
    struct ledger_proof proof;
    char sql[512], due[96];

    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO ledger_journal (id, business_no, source, operation, part, "
                   "leg_count, created_at_ms, business_date, account_a, amount_a, sequence_a, "
                   "balance_a, previous_a, account_b, amount_b, sequence_b, balance_b, "
                   "previous_b) VALUES (44, 999, 2, 3, 0, 2, 1763773200000, 20251122, "
                   "%lld, 5, %lld, %lld, %lld, %lld, -5, %lld, %lld, %lld)",
                   (long long)s.channel, (long long)channel.sequence + 1,
                   (long long)channel.posted.minor + 5, (long long)channel.last_position,
                   (long long)s.fees, (long long)fees.sequence + 1,
                   (long long)fees.posted.minor + 5, (long long)fees.last_position);
    books_sql(s.books, sql);
    proof = books_prove(s.books);
    (void)snprintf(due, sizeof(due), "ledger_account row %lld: sequence is 42, must be 43",
                   (long long)s.channel);
    assert_string_equal(proof.wrong, due);
    books_close(s.books);
}

/* ---- many pages ---- */

static enum err open_many(struct tx *tx, void *ctx)
{
    int64_t *ids = ctx;

    for (int i = 0; i < 2500; i++) {
        const struct ledger_account_key key = {1000 + i, LEDGER_CODE_FEE_RECEIVABLE, CURRENCY_CNY};

        TRY(ledger_account_open(tx, &key, &ids[i]));
    }
    return ERR_OK;
}

static enum err post_many(struct tx *tx, void *ctx)
{
    const int64_t *ids = ctx;
    struct ledger_leg legs[LEDGER_LEGS_MAX];

    for (int i = 0; i < 100; i++) { /* 3,200 rows */
        const struct ledger_post post = {
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, 1 + i},
            .legs = legs,
            .leg_count = LEDGER_LEGS_MAX,
        };

        for (int j = 0; j < LEDGER_LEGS_MAX; j++) {
            legs[j] = j % 2 == 0 ? debit(ids[i * 23 + j % 7], 10 + j) : credit(ids[j], 9 + j);
        }
        TRY(ledger_post(tx, &post, NULL));
    }
    return ERR_OK;
}

static void books_of_many_pages_are_proved(void **state)
{
    struct books *books = books_open(*state);
    int64_t *ids = ARENA_ARRAY(books->arena, int64_t, 2500);
    struct ledger_proof proof;

    assert_ok(books_run(books, open_many, ids));
    assert_ok(books_run(books, post_many, ids));
    proof = books_prove(books);
    assert_string_equal(proof.wrong, "");
    assert_int_equal(proof.accounts, 2500);
    assert_int_equal(proof.journals, 100);
    assert_int_equal(proof.legs, 6400);
    books_sql(books, "UPDATE ledger_journal SET balance_b = 0 WHERE id = 3100");
    proof = books_prove(books);
    assert_int_equal(strncmp(proof.wrong, "ledger_journal row 3100: balance_b is 0, must be ",
                             strlen("ledger_journal row 3100: balance_b is 0, must be ")),
                     0);
    books_close(books);
}

/* ---- beside the writer ---- */

struct busy {
    struct shop *shop;
    struct counter stop;
    struct counter posted;
};

static void keep_posting(void *ctx)
{
    struct busy *busy = ctx;
    struct shop *s = busy->shop;

    while (counter_get(&busy->stop) == 0) {
        int64_t id = books_account(s->books, 5000 + counter_get(&busy->posted),
                                   LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);

        CHECK(books_transfer(s->books, s->channel, id, 10) == ERR_OK);
        CHECK(books_transfer(s->books, s->channel, s->merchant, 3) == ERR_OK);
        counter_add(&busy->posted, 1);
    }
}

static void books_are_proved_while_they_are_kept(void **state)
{
    struct shop s = shop_open(state);
    struct busy busy = {.shop = &s};
    struct thread *thread = thread_start("busy", keep_posting, &busy);

    /* At least so many proofs, and until something was posted beside them. */
    for (int i = 0; i < 40 || counter_get(&busy.posted) == 0; i++) {
        struct ledger_proof proof = books_prove(s.books);

        if (!proof.holds_true) {
            print_error("%s\n", proof.wrong);
        }
        assert_true(proof.holds_true);
    }
    counter_set(&busy.stop, 1);
    thread_join(thread);
    books_assert_right(s.books);
    books_close(s.books);
}

/* ---- printing ---- */

static void the_tools_print_what_is_right_and_what_is_wrong(void **state)
{
    struct shop s = shop_open(state);
    struct buf out;
    struct ledger_print print = {.store = s.books->store, .language = LEDGER_ENGLISH, .out = &out};

    buf_init(&out, 1 << 20);
    assert_ok(ledger_print_proof(&print, 0, NULL));
    assert_false(print.wrong);
    assert_true(str_ends(buf_str(&out), STR("the books are right\n")));
    buf_reset(&out);
    assert_ok(ledger_print_trial_balance(&print, 0));
    assert_false(print.wrong);
    assert_true(str_ends(buf_str(&out), STR("debits = credits in every currency\n")));
    assert_ok(ledger_print_trial_balance(&print, 20251122));
    assert_int_equal(ledger_print_trial_balance(&print, 20251123), ERR_FIELD_RANGE);
    books_sql(s.books, "UPDATE ledger_total SET debits = debits + 1 WHERE code = 1131");
    buf_reset(&out);
    assert_ok(ledger_print_trial_balance(&print, 0));
    assert_true(print.wrong);
    assert_true(str_ends(buf_str(&out), STR("WRONG: debits and credits differ in CNY\n")));
    buf_reset(&out);
    books_sql(s.books, "UPDATE ledger_account SET debits = debits + 1 WHERE code = 1131");
    assert_ok(ledger_print_proof(&print, 0, NULL));
    assert_true(print.wrong);
    assert_true(str_ends(buf_str(&out), STR("debits is 1021, must be 1020\n")));
    buf_free(&out);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_books_are_proved),
        cmocka_unit_test(empty_books_are_proved),
        cmocka_unit_test(every_tampering_is_found_and_named),
        cmocka_unit_test(a_journal_slipped_in_at_the_end_is_found),
        cmocka_unit_test(books_of_many_pages_are_proved),
        cmocka_unit_test(books_are_proved_while_they_are_kept),
        cmocka_unit_test(the_tools_print_what_is_right_and_what_is_wrong),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
