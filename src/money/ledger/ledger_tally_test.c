/* The totals against the accounts: a difference is found, and none where there is none, in pages of
 * any size and whatever is committed between two steps. */
#include "test/lib/ledger_kit_test.h"

#include "money/ledger/ledger_day_int.h"

enum { ACCOUNTS = 5, FIRST_OWNER = 11, FIRST_IDLE = 31, FIRST_OPENED = 1000 };

static const size_t sizes[] = {1, 2, 3, 1000};

struct shop {
    struct books *books;
    int64_t accounts[ACCOUNTS]; /* in the order of their ids */
    int64_t opened;             /* others */
    int step;                   /* of the comparison: so many have been made */
    int after;                  /* this one a payment is made, */
    int64_t from, to;
};

static int64_t open_fees(struct books *books, int64_t owner_id)
{
    return books_account(books, owner_id, LEDGER_CODE_FEE_INCOME, CURRENCY_CNY);
}

/* Before, between and after the accounts is one that never moves. */
static struct shop shop_open(void **state)
{
    static const int64_t codes[ACCOUNTS] = {
        LEDGER_CODE_CHANNEL_RECEIVABLE, LEDGER_CODE_MERCHANT_PAYABLE, LEDGER_CODE_FEE_INCOME,
        LEDGER_CODE_MERCHANT_PAYABLE, LEDGER_CODE_CHANNEL_RECEIVABLE};
    struct shop s = {.books = books_open(*state)};

    (void)open_fees(s.books, FIRST_IDLE);
    for (int i = 0; i < ACCOUNTS; i++) {
        if (i == ACCOUNTS / 2) {
            (void)open_fees(s.books, FIRST_IDLE + 1);
        }
        s.accounts[i] = books_account(s.books, FIRST_OWNER + i, codes[i], CURRENCY_CNY);
        assert_true(i == 0 || s.accounts[i - 1] < s.accounts[i]);
    }
    (void)open_fees(s.books, FIRST_IDLE + 2);
    for (int i = 1; i < ACCOUNTS; i++) {
        assert_ok(books_transfer(s.books, s.accounts[0], s.accounts[i], 100000));
    }
    return s;
}

/* ---- what happens between two steps ---- */

static void nothing(struct shop *s)
{
    (void)s;
}

static void one_pays_another(struct shop *s)
{
    if (s->step == s->after) {
        assert_ok(books_transfer(s->books, s->from, s->to, 7));
    }
}

static enum err move_all(struct tx *tx, void *ctx)
{
    struct shop *s = ctx;

    for (int i = 0; i < ACCOUNTS; i++) {
        const struct ledger_leg legs[] = {debit(s->accounts[i], 1 << i),
                                          credit(s->accounts[(i + 1) % ACCOUNTS], 1 << i)};
        const struct ledger_post post = {
            .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, s->books->next_no++},
            .legs = legs,
            .leg_count = 2,
        };

        TRY(ledger_post(tx, &post, NULL));
    }
    return ERR_OK;
}

/* A batch in which each account takes part, and one in which a new one does; not for ever, as the
 * new ones have to be read too. */
static void all_move(struct shop *s)
{
    enum { STEPS = 25 };

    if (s->step <= STEPS) {
        int64_t opened = books_account(s->books, FIRST_OPENED + s->opened++,
                                       LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);

        assert_ok(books_run(s->books, move_all, s));
        assert_ok(books_transfer(s->books, opened, s->accounts[2], 3));
    }
}

/* ---- a comparison ---- */

struct look {
    struct ledger_tally tally;
    enum err err;
};

static void step_run(struct books *books, struct reader *reader, void *ctx)
{
    struct look *look = ctx;

    look->err = ledger__tally_step(&look->tally, reader, books->arena);
}

static const char *difference(struct shop *s, size_t page_rows, void (*between)(struct shop *s))
{
    struct look look = {0};
    struct buf wrong;

    ledger__tally_begin(&look.tally, page_rows);
    for (s->step = 1; !ledger__tally_is_done(&look.tally); s->step++) {
        books_read(s->books, step_run, &look);
        assert_ok(look.err);
        between(s);
    }
    buf_init_arena(&wrong, s->books->arena, LEDGER_WRONG_MAX);
    ledger__tally_compare(&look.tally, &wrong);
    ledger__tally_free(&look.tally);
    return str_cstr(s->books->arena, buf_str(&wrong));
}

static void assert_agree(struct shop *s, void (*between)(struct shop *s))
{
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        assert_string_equal(difference(s, sizes[i], between), "");
    }
}

/* ---- books that are right ---- */

static void right_books_agree(void **state)
{
    struct shop s = shop_open(state);

    assert_agree(&s, nothing);
    assert_agree(&s, all_move);
    books_assert_right(s.books);
    books_close(s.books);
}

static void empty_books_agree(void **state)
{
    struct shop s = {.books = books_open(*state)};

    assert_agree(&s, nothing);
    (void)open_fees(s.books, FIRST_OWNER);
    assert_agree(&s, nothing);
    books_close(s.books);
}

/* Each of them is in a page before, in the last one read, or in one to come. */
static void any_two_accounts_may_move_after_any_step(void **state)
{
    enum { STEPS = ACCOUNTS + 5 };
    struct shop s = shop_open(state);

    for (int pair = 0; pair < ACCOUNTS * ACCOUNTS; pair++) {
        s.from = s.accounts[pair / ACCOUNTS];
        s.to = s.accounts[pair % ACCOUNTS];
        for (s.after = 1; s.after <= STEPS && s.from != s.to; s.after++) {
            assert_string_equal(difference(&s, 1 + (size_t)s.after % 3, one_pays_another), "");
        }
    }
    books_close(s.books);
}

struct busy {
    struct shop *shop;
    struct counter left; /* moves; negative: it shall end */
};

static void keep_moving(void *ctx)
{
    struct busy *busy = ctx;

    while (counter_get(&busy->left) >= 0) {
        if (counter_get(&busy->left) == 0) {
            (void)usleep(1000);
            continue;
        }
        busy->shop->step = 0;
        all_move(busy->shop);
        counter_add(&busy->left, -1);
    }
}

static void they_agree_beside_the_writer(void **state)
{
    /* Not more: pages as small as these do not catch up with a writer that goes on. */
    enum { LOOKS = 30, MOVES = 20 };
    struct shop s = shop_open(state), moving = s;
    struct busy busy = {.shop = &moving};
    struct thread *thread = thread_start("busy", keep_moving, &busy);

    for (size_t i = 0; i < LOOKS; i++) {
        counter_set(&busy.left, MOVES);
        assert_string_equal(difference(&s, 1 + i % 3, nothing), "");
        while (counter_get(&busy.left) > 0) {
            (void)usleep(1000);
        }
    }
    counter_set(&busy.left, -1);
    thread_join(thread);
    books_assert_right(s.books);
    books_close(s.books);
}

/* ---- books that are wrong ---- */

struct mistake {
    const char *sql;
    const char *wrong; /* when nothing moves */
};

static const struct mistake mistakes[] = {
    {"UPDATE ledger_total SET credits = credits + 1 WHERE code = 6021",
     "the total of 6021 CNY is 0 - 100001, its accounts give 0 - 100000"},
    {"UPDATE ledger_total SET debits = debits - 1 WHERE code = 1131",
     "the total of 1131 CNY is 399999 - 100000, its accounts give 400000 - 100000"},
    {"UPDATE ledger_total SET currency = 840 WHERE code = 1131",
     "the total of 1131 CNY is 0 - 0, its accounts give 400000 - 100000"},
    {"DELETE FROM ledger_total WHERE code = 2241",
     "the total of 2241 CNY is 0 - 0, its accounts give 0 - 200000"},
    {"DELETE FROM ledger_total",
     "the total of 1131 CNY is 0 - 0, its accounts give 400000 - 100000"},
    {"INSERT INTO ledger_total (id, code, currency, side, date, debits, credits, legs) "
     "VALUES (1002156, 1002, 156, 1, 20251122, 0, 5, 1)",
     "the total of 1002 CNY is 0 - 5, its accounts give 0 - 0"},
    {"UPDATE ledger_account SET debits = debits + 5 WHERE owner_id = 11",
     "the total of 1131 CNY is 400000 - 100000, its accounts give 400005 - 100000"},
    {"UPDATE ledger_account SET credits = credits + 5 WHERE owner_id = 14",
     "the total of 2241 CNY is 0 - 200000, its accounts give 0 - 200005"},
    {"UPDATE ledger_account SET debits = debits + 5, credits = credits + 5 WHERE owner_id = 12",
     "the total of 2241 CNY is 0 - 200000, its accounts give 5 - 200005"},
    {"UPDATE ledger_account SET credits = credits + 1, code = 2245 WHERE owner_id = 12",
     "the total of 2241 CNY is 0 - 200000, its accounts give 0 - 100000"},
    {"UPDATE ledger_account SET credits = 9223372036854775807 WHERE owner_id = 15",
     "the total of 1131 CNY is 400000 - 100000, its accounts give 400000 - 9223372036854775807"},
    {"DELETE FROM ledger_account WHERE owner_id = 15",
     "the total of 1131 CNY is 400000 - 100000, its accounts give 400000 - 0"},
};

static void each_difference_is_found(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        struct shop s = shop_open(state);

        books_sql(s.books, mistakes[i].sql);
        for (size_t j = 0; j < ARRAY_LEN(sizes); j++) {
            assert_string_equal(difference(&s, sizes[j], nothing), mistakes[i].wrong);
        }
        books_close(s.books);
    }
}

/* In rows that do not move: the writer writes the others again from its memory. */
static void a_difference_is_found_while_all_others_move(void **state)
{
    static const struct mistake idle[] = {
        {"UPDATE ledger_account SET credits = 1 WHERE owner_id = 31", "the total of 6021 CNY is "},
        {"UPDATE ledger_account SET credits = 1 WHERE owner_id = 32", "the total of 6021 CNY is "},
        {"UPDATE ledger_account SET credits = 1 WHERE owner_id = 33", "the total of 6021 CNY is "},
        {"INSERT INTO ledger_total (id, code, currency, side, date, debits, credits, legs) "
         "VALUES (1002156, 1002, 156, 1, 20251122, 0, 5, 1)",
         "the total of 1002 CNY is 0 - 5, its accounts give 0 - 0"},
    };

    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        struct shop s = shop_open(state);

        books_sql(s.books, idle[i].sql);
        for (size_t j = 0; j < ARRAY_LEN(sizes); j++) {
            const char *found = difference(&s, sizes[j], all_move);

            assert_int_equal(strncmp(found, idle[i].wrong, strlen(idle[i].wrong)), 0);
        }
        books_close(s.books);
    }
}

/* ---- servers that are behind ---- */

static void a_server_that_is_behind_is_not_believed(void **state)
{
    struct shop s = shop_open(state);
    struct look look = {0};

    ledger__tally_begin(&look.tally, 2);
    look.tally.row = look.tally.target = ACCOUNTS; /* the journal has one row less */
    books_read(s.books, step_run, &look);
    assert_int_equal(look.err, ERR_STORE_STALE);
    look.tally.accounts_read = true;
    books_read(s.books, step_run, &look);
    assert_int_equal(look.err, ERR_STORE_STALE);
    look.tally.row = ACCOUNTS - 1;
    books_read(s.books, step_run, &look);
    assert_int_equal(look.err, ERR_STORE_STALE);
    ledger__tally_free(&look.tally);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_books_agree),
        cmocka_unit_test(empty_books_agree),
        cmocka_unit_test(any_two_accounts_may_move_after_any_step),
        cmocka_unit_test(they_agree_beside_the_writer),
        cmocka_unit_test(each_difference_is_found),
        cmocka_unit_test(a_difference_is_found_while_all_others_move),
        cmocka_unit_test(a_server_that_is_behind_is_not_believed),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
