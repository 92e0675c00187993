/* Periods, documents and daily summaries: what they open and close with, and that they agree. */
#include "money/ledger/ledger_statement.h"

#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22, FIRST_DAY = 20251122, LEGS_A_DAY = 41 };

/* A merchant whose account has LEGS_A_DAY legs on each of three business dates, with a date without
 * any between the second and the third: credits of n, and every fourth a debit of 1. */
struct shop {
    struct books *books;
    int64_t channel;
    int64_t merchant;
};

static const int32_t dates[] = {20251122, 20251123, 20251124, 20251125};
static const bool has_legs[] = {true, true, false, true};

static void book(struct shop *s, int n)
{
    const struct ledger_leg in[] = {debit(s->channel, n), credit(s->merchant, n)};
    const struct ledger_leg out[] = {debit(s->merchant, 1), credit(s->channel, 1)};
    const struct ledger_post post = {
        .reference = {n % 4 == 0 ? LEDGER_SOURCE_CASH : LEDGER_SOURCE_SETTLEMENT,
                      LEDGER_OPERATION_TRANSFER, ++s->books->next_no},
        .legs = n % 4 == 0 ? out : in,
        .leg_count = 2,
    };
    struct ledger_posted posted;

    assert_ok(books_command(s->books, &ledger_transfer_kind, &post, &posted));
}

static struct shop shop_open(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
    };

    for (size_t day = 0; day < ARRAY_LEN(dates); day++) {
        for (int n = 1; has_legs[day] && n <= LEGS_A_DAY; n++) {
            counter_set(&books->now_ms, time_business_date_start_ms(dates[day]) + n * 1000);
            book(&s, n);
        }
    }
    return s;
}

/* Of one day: credits 1 + 2 + 3 + 5 + … + 41, ten debits of 1. */
enum {
    DAY_CREDITS = LEGS_A_DAY * (LEGS_A_DAY + 1) / 2 - 4 * 55,
    DAY_DEBITS = 10,
    DAY_NET = DAY_CREDITS - DAY_DEBITS
};

/* ---- walks ---- */

struct walk_query {
    struct ledger_ask ask;
    struct ledger_walk walk;
    int64_t entries;
    enum err err;
};

static enum err walk_all(struct reader *reader, struct arena *arena, struct walk_query *query)
{
    struct ledger_entry *entries;
    size_t count;

    TRY(ledger_walk_begin(reader, &query->ask, arena, &query->walk));
    do {
        TRY(ledger_walk_next(reader, &query->walk, arena, &entries, &count));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(entries[i].sequence, query->walk.first + query->entries++);
        }
    } while (count > 0);
    return ERR_OK;
}

static void walk_run(struct books *books, struct reader *reader, void *ctx)
{
    struct walk_query *query = ctx;

    query->err = walk_all(reader, books->arena, query);
}

static struct walk_query walk(struct shop *s, int64_t owner_id, struct ledger_period period)
{
    struct walk_query query = {
        .ask = {.account_id = s->merchant, .owner_id = owner_id, .period = period}};

    books_read(s->books, walk_run, &query);
    return query;
}

static void assert_walk(const struct walk_query *query, int64_t opening, int64_t closing,
                        int64_t entries)
{
    assert_ok(query->err);
    assert_int_equal(query->walk.opening.minor, opening);
    assert_int_equal(query->walk.closing.minor, closing);
    assert_int_equal(query->entries, entries);
    assert_int_equal(query->walk.last - query->walk.first + 1, entries);
    assert_int_equal(query->walk.sums.debit_count + query->walk.sums.credit_count, entries);
}

static void a_day_opens_with_the_closing_of_the_day_before(void **state)
{
    struct shop s = shop_open(state);
    int64_t closing = 0;

    for (size_t day = 0; day < ARRAY_LEN(dates); day++) {
        struct walk_query query =
            walk(&s, LEDGER_ANY_OWNER, ledger_period_of(dates[day], dates[day]));
        int64_t legs = has_legs[day] ? LEGS_A_DAY : 0;

        assert_walk(&query, closing, closing + (legs > 0 ? DAY_NET : 0), legs);
        assert_int_equal(query.walk.sums.credits.minor, legs > 0 ? DAY_CREDITS : 0);
        assert_int_equal(query.walk.sums.debits.minor, legs > 0 ? DAY_DEBITS : 0);
        closing = query.walk.closing.minor;
    }
    books_close(s.books);
}

static void a_period_may_lie_anywhere(void **state)
{
    struct shop s = shop_open(state);
    int64_t second = time_business_date_start_ms(20251123);
    struct walk_query query;

    query = walk(&s, LEDGER_ANY_OWNER, ledger_period_of(20251001, 20251121));
    assert_walk(&query, 0, 0, 0);
    query = walk(&s, LEDGER_ANY_OWNER, ledger_period_of(20251226, 20260131));
    assert_walk(&query, 3 * DAY_NET, 3 * DAY_NET, 0);
    query = walk(&s, LEDGER_ANY_OWNER, ledger_period_of(20200101, 20301231));
    assert_walk(&query, 0, 3 * DAY_NET, 3 * LEGS_A_DAY);
    /* instants: from the first leg of the second day, the second one not included */
    query = walk(&s, MERCHANT,
                 (struct ledger_period){{.at_ms = second + 1000}, {.at_ms = second + 2000}});
    assert_walk(&query, DAY_NET, DAY_NET + 1, 1);
    query = walk(&s, MERCHANT,
                 (struct ledger_period){{.at_ms = second + 1001}, {.at_ms = second + 2000}});
    assert_walk(&query, DAY_NET + 1, DAY_NET + 1, 0);
    books_close(s.books);
}

static void anothers_account_is_not_there(void **state)
{
    struct shop s = shop_open(state);

    assert_int_equal(walk(&s, CHANNEL, ledger_period_of(FIRST_DAY, FIRST_DAY)).err,
                     ERR_LEDGER_ACCOUNT);
    assert_ok(walk(&s, MERCHANT, ledger_period_of(FIRST_DAY, FIRST_DAY)).err);
    s.merchant = 404;
    assert_int_equal(walk(&s, LEDGER_ANY_OWNER, ledger_period_of(FIRST_DAY, FIRST_DAY)).err,
                     ERR_LEDGER_ACCOUNT);
    books_close(s.books);
}

/* ---- pages of a period ---- */

struct page_query {
    struct ledger_statement_page page;
    struct ledger_statement statement;
    enum err err;
};

static void page_run(struct books *books, struct reader *reader, void *ctx)
{
    struct page_query *query = ctx;

    query->err = ledger_read_statement(reader, &query->page, books->arena, &query->statement);
}

static void walk_pages(struct shop *s, const struct ledger_period *period, bool forward,
                       size_t limit, struct ledger_range due)
{
    struct page_query query = {
        .page = {.account_id = s->merchant, .forward = forward, .limit = limit, .period = period}};
    int64_t next = forward ? due.first : due.last;

    do {
        books_read(s->books, page_run, &query);
        assert_ok(query.err);
        for (size_t i = 0; i < query.statement.entry_count; i++) {
            assert_int_equal(query.statement.entries[i].sequence, next);
            next += forward ? 1 : -1;
        }
        query.page.cursor = query.statement.next_cursor;
        assert_true(query.page.cursor == 0 || query.statement.entry_count == limit);
    } while (query.page.cursor != 0);
    assert_int_equal(next, forward ? due.last + 1 : due.first - 1);
}

static void pages_end_where_the_period_ends(void **state)
{
    static const size_t limits[] = {1, 7, 40, 41, 42, LEDGER_STATEMENT_MAX};
    struct shop s = shop_open(state);
    const struct ledger_period second = ledger_period_of(20251123, 20251124);
    const struct ledger_period empty = ledger_period_of(20251124, 20251124);

    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        const struct ledger_range due = {LEGS_A_DAY + 1, 2 * LEGS_A_DAY};
        const struct ledger_range none = {2 * LEGS_A_DAY + 1, 2 * LEGS_A_DAY};

        walk_pages(&s, &second, true, limits[i], due);
        walk_pages(&s, &second, false, limits[i], due);
        walk_pages(&s, &empty, true, limits[i], none);
        walk_pages(&s, &empty, false, limits[i], none);
    }
    books_close(s.books);
}

/* ---- documents ---- */

struct document_query {
    struct ledger_document document;
    enum err err;
};

static void document_run(struct books *books, struct reader *reader, void *ctx)
{
    struct document_query *query = ctx;
    bool done = false;

    (void)books;
    while (!done && query->err == ERR_OK) {
        query->err = ledger_document_step(reader, &query->document, &done);
    }
}

static struct str document(struct shop *s, enum ledger_document_kind kind,
                           enum ledger_language language, struct ledger_period period)
{
    const struct ledger_document_ask ask = {
        .of = {.account_id = s->merchant, .owner_id = MERCHANT, .period = period},
        .kind = kind,
        .language = language,
    };
    struct document_query query = {0};

    ledger_document_init(&query.document, s->books->arena, &ask);
    books_read(s->books, document_run, &query);
    assert_ok(query.err);
    return query.document.content;
}

static struct str line_of(struct str *csv)
{
    struct str line;

    (void)str_cut(csv, '\n', &line);
    assert_true(str_ends(line, STR("\r")));
    return str_slice(line, 0, line.len - 1);
}

static size_t fields_of(struct str line)
{
    size_t fields = 1;

    for (size_t i = 0; i < line.len; i++) {
        fields += line.ptr[i] == ',';
    }
    return fields;
}

#define assert_str(actual, due) assert_string_equal(str_cstr(s.books->arena, (actual)), (due))

static void a_csv_has_head_entries_and_sums(void **state)
{
    struct shop s = shop_open(state);
    struct str csv =
        document(&s, LEDGER_DOCUMENT_CSV, LEDGER_ENGLISH, ledger_period_of(20251123, 20251123));
    struct str rest = csv, last = STR("");
    size_t lines = 0;

    assert_true(str_starts(line_of(&rest), STR("Account,acc_")));
    assert_true(str_starts(line_of(&rest), STR("Holder,mer_")));
    assert_true(str_starts(line_of(&rest), STR("Code,2241,")));
    assert_str(line_of(&rest), "Currency,CNY,,,,,,,,,");
    assert_str(line_of(&rest), "Period,2025-11-23 – 2025-11-23,,,,,,,,,");
    assert_str(line_of(&rest), "Opening balance,6.31,,,,,,,,,");
    assert_str(line_of(&rest), "Business date,Time,No.,Journal,Source,Operation,Business no.,Debit,"
                               "Credit,Balance,Memo");
    assert_str(line_of(&rest),
               str_cstr(s.books->arena,
                        str_printf(s.books->arena,
                                   "2025-11-23,2025-11-23 00:00:01,42," STR_FMT
                                   ",settlement,transfer,43,,0.01,6.32,",
                                   STR_ARG(id_str(s.books->arena, LEDGER_JOURNAL_PREFIX, 42)))));
    for (rest = csv; rest.len > 0; lines++) {
        last = line_of(&rest);
        assert_int_equal(fields_of(last), 11);
    }
    assert_int_equal(lines, 7 + LEGS_A_DAY + 3);
    assert_str(last, "Closing balance,12.62,,,,,,,,,");
    books_close(s.books);
}

static void a_text_is_quoted_and_never_a_formula(void **state)
{
    static const struct {
        const char *name;
        const char *due;
    } rows[] = {
        {"plain", "plain"},    {"a, b", "\"a, b\""}, {"a \"b\"", "\"a \"\"b\"\"\""},
        {"=1+1", "\"'=1+1\""}, {"-1", "\"'-1\""},    {"@sum, x", "\"'@sum, x\""},
    };
    struct shop s = shop_open(state);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str csv, due;

        books_sql(s.books,
                  str_cstr(s.books->arena, str_printf(s.books->arena,
                                                      "UPDATE ledger_chart_version SET name = '%s' "
                                                      "WHERE id BETWEEN 2241000 AND 2241999",
                                                      rows[i].name)));
        csv =
            document(&s, LEDGER_DOCUMENT_CSV, LEDGER_ENGLISH, ledger_period_of(20251124, 20251124));
        due = str_printf(s.books->arena, "\r\nCode,2241,%s,", rows[i].due);
        assert_true(str_find(csv, due, &(size_t){0}));
    }
    books_close(s.books);
}

static void a_document_of_a_day_stays_the_same(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_period day = ledger_period_of(20251123, 20251123);
    struct str csv = document(&s, LEDGER_DOCUMENT_CSV, LEDGER_CHINESE, day);
    struct str pdf = document(&s, LEDGER_DOCUMENT_PDF, LEDGER_CHINESE, day);

    assert_true(str_starts(pdf, STR("%PDF-1.")));
    assert_true(str_ends(str_trim(pdf), STR("%%EOF")));
    book(&s, 1);
    assert_true(str_eq(document(&s, LEDGER_DOCUMENT_CSV, LEDGER_CHINESE, day), csv));
    assert_true(str_eq(document(&s, LEDGER_DOCUMENT_PDF, LEDGER_CHINESE, day), pdf));
    books_close(s.books);
}

/* ---- daily summaries ---- */

struct daily_query {
    struct ledger_daily daily;
    enum err err;
};

static void daily_run(struct books *books, struct reader *reader, void *ctx)
{
    struct daily_query *query = ctx;
    bool done = false;

    (void)books;
    while (!done && query->err == ERR_OK) {
        query->err = ledger_daily_step(reader, &query->daily, &done);
    }
}

static void a_summary_tells_each_day_by_source(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_ask ask = {.account_id = s.merchant,
                                   .owner_id = LEDGER_ANY_OWNER,
                                   .period = ledger_period_of(20251121, 20251126)};
    static const int64_t legs[] = {0, LEGS_A_DAY, LEGS_A_DAY, 0, LEGS_A_DAY, 0};
    struct daily_query query = {0};
    int64_t balance = 0;

    ledger_daily_init(&query.daily, s.books->arena, &ask);
    books_read(s.books, daily_run, &query);
    assert_ok(query.err);
    assert_int_equal(query.daily.day_count, ARRAY_LEN(legs));
    for (size_t i = 0; i < ARRAY_LEN(legs); i++) {
        const struct ledger_day_sums *day = &query.daily.days[i];
        const struct ledger_sums *cash = &day->by_source[LEDGER_SOURCE_CASH];
        const struct ledger_sums *settled = &day->by_source[LEDGER_SOURCE_SETTLEMENT];

        assert_int_equal(day->date, time_date_add_days(20251121, (int)i));
        assert_int_equal(day->opening.minor, balance);
        balance += legs[i] > 0 ? DAY_NET : 0;
        assert_int_equal(day->closing.minor, balance);
        assert_int_equal(day->sums.debit_count + day->sums.credit_count, legs[i]);
        assert_int_equal(cash->debit_count, legs[i] > 0 ? 10 : 0);
        assert_int_equal(cash->debits.minor, legs[i] > 0 ? DAY_DEBITS : 0);
        assert_int_equal(cash->credit_count, 0);
        assert_int_equal(settled->credit_count, legs[i] > 0 ? LEGS_A_DAY - 10 : 0);
        assert_int_equal(settled->credits.minor, legs[i] > 0 ? DAY_CREDITS : 0);
    }
    books_close(s.books);
}

static void assert_summed(const struct daily_query *query, size_t day_count, int64_t closing)
{
    assert_ok(query->err);
    assert_int_equal(query->daily.day_count, day_count);
    assert_int_equal(query->daily.days[day_count - 1].closing.minor, closing);
}

/* The pages of a hot account are of few dates, but of whole ones. */
static void a_summary_ends_after_the_date_on_which_it_has_seen_enough(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_ask ask = {.account_id = s.merchant,
                                   .owner_id = LEDGER_ANY_OWNER,
                                   .period = ledger_period_of(20251121, 20251126)};
    static const struct {
        int64_t entry_max;
        size_t day_count;
        int64_t closing;
    } cases[] = {
        {1, 2, DAY_NET},
        {LEGS_A_DAY, 2, DAY_NET},
        {LEGS_A_DAY + 1, 4, 2 * DAY_NET},
        {2 * LEGS_A_DAY + 1, 6, 3 * DAY_NET},
        {3 * LEGS_A_DAY, 6, 3 * DAY_NET},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct daily_query query = {0};

        ledger_daily_init(&query.daily, s.books->arena, &ask);
        query.daily.entry_max = cases[i].entry_max;
        books_read(s.books, daily_run, &query);
        assert_summed(&query, cases[i].day_count, cases[i].closing);
    }
    books_close(s.books);
}

enum {
    MARKS = 160, /* so many times LEDGER_MARK_EVERY legs are booked */
    FAR = LEDGER_SUMS_MAX / LEDGER_MARK_EVERY + 1,
};

static void move_mark(struct shop *s, int64_t from, int64_t to)
{
    struct arena *arena = s->books->arena;

    books_sql(s->books,
              str_cstr(arena, str_printf(arena,
                                         "UPDATE ledger_mark SET sequence = %lld "
                                         "WHERE account_id = %lld AND sequence = %lld",
                                         (long long)to * LEDGER_MARK_EVERY, (long long)s->merchant,
                                         (long long)from * LEDGER_MARK_EVERY)));
}

/* A merchant's account that has MARKS * LEDGER_MARK_EVERY legs of one date, and whose last leg says
 * that it is the one of number FAR * LEDGER_MARK_EVERY: with a mark wherever the search for the
 * ends of a period looks. */
static struct shop shop_open_hot(void **state)
{
    struct books *books = books_open(*state);
    struct shop s = {
        .books = books,
        .channel = books_account(books, CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY),
        .merchant = books_account(books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY),
    };
    struct ledger_leg legs[LEDGER_MARK_EVERY + 1];
    struct arena *arena = books->arena;
    int64_t spare = MARKS - 1, position;

    for (size_t i = 0; i < LEDGER_MARK_EVERY; i++) {
        legs[i] = credit(s.merchant, 1);
    }
    legs[LEDGER_MARK_EVERY] = debit(s.channel, LEDGER_MARK_EVERY);
    for (int i = 0; i < MARKS; i++) {
        assert_ok(books_post(books, 0, legs, LEDGER_MARK_EVERY + 1, NULL));
    }
    position = books_get(books, s.merchant).last_position;
    books_sql(books, str_cstr(arena, str_printf(arena,
                                                "UPDATE ledger_journal SET sequence_%c = %lld "
                                                "WHERE id = %lld",
                                                ledger__position_slot(position) == 0 ? 'a' : 'b',
                                                (long long)FAR * LEDGER_MARK_EVERY,
                                                (long long)ledger__position_row(position))));
    books_sql(books, str_cstr(arena, str_printf(arena,
                                                "UPDATE ledger_account SET sequence = %lld "
                                                "WHERE id = %lld",
                                                (long long)FAR * LEDGER_MARK_EVERY,
                                                (long long)s.merchant)));
    move_mark(&s, MARKS, FAR);
    for (int64_t low = 0; low < FAR - 1; low += (FAR - low + 1) / 2) {
        move_mark(&s, spare--, low + (FAR - low + 1) / 2);
    }
    for (int64_t high = (FAR + 1) / 2 - 1; (high + 1) / 2 >= MARKS; high = (high + 1) / 2 - 1) {
        move_mark(&s, spare--, (high + 1) / 2);
    }
    return s;
}

static void step_run(struct books *books, struct reader *reader, void *ctx)
{
    struct daily_query *query = ctx;
    bool done;

    (void)books;
    query->err = ledger_daily_step(reader, &query->daily, &done);
    assert_false(done);
}

static void a_day_has_a_summary_however_many_entries_it_has(void **state)
{
    struct shop s = shop_open_hot(state);
    const struct ledger_document_ask ask = {
        .of = {.account_id = s.merchant,
               .owner_id = MERCHANT,
               .period = ledger_period_of(FIRST_DAY, FIRST_DAY)},
        .kind = LEDGER_DOCUMENT_SUMS,
    };
    struct document_query sums = {0};
    struct daily_query query = {0};

    ledger_document_init(&sums.document, s.books->arena, &ask);
    books_read(s.books, document_run, &sums);
    assert_int_equal(sums.err, ERR_LEDGER_STATEMENT_LONG);
    ledger_daily_init(&query.daily, s.books->arena, &ask.of);
    books_read(s.books, step_run, &query);
    assert_ok(query.err);
    assert_true(query.daily.walk.last - query.daily.walk.first + 1 > LEDGER_SUMS_MAX);
    assert_int_equal(query.daily.days[0].sums.credit_count, query.daily.walk.next - 1);
    assert_true(query.daily.walk.next > 1);
    books_close(s.books);
}

/* ---- account numbers and names ---- */

/* A directory with one account in it. */
static int64_t known_account;

static enum err known_find(struct reader *reader, struct str number, struct arena *arena,
                           int64_t *account_id)
{
    (void)reader;
    (void)arena;
    *account_id = known_account;
    return str_eq(number, STR("102025112200000001012")) ? ERR_OK : ERR_LEDGER_ACCOUNT;
}

static enum err known_label(struct reader *reader, const struct ledger_account *account,
                            struct arena *arena, struct ledger_label *out)
{
    (void)reader;
    (void)arena;
    assert_true(account->id == known_account);
    *out = (struct ledger_label){STR("102025112200000001012"), STR("=Tomato \"Kitchen\"")};
    return ERR_OK;
}

static enum err known_name(struct reader *reader, struct ledger_entry *entries, size_t count,
                           struct arena *arena)
{
    (void)reader;
    (void)arena;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].reference.source == LEDGER_SOURCE_SETTLEMENT) {
            entries[i].about.prefix = "sto";
        }
    }
    return ERR_OK;
}

static const struct ledger_directory known = {
    .find = known_find,
    .label = known_label,
    .name = known_name,
};

static bool holds(struct str text, struct str part)
{
    size_t at;

    return str_find(text, part, &at);
}

static void papers_show_number_name_and_the_ids_of_business(void **state)
{
    struct shop s = shop_open(state);
    const struct ledger_document_ask ask = {
        .of = {.directory = &known,
               .account_number = STR("102025112200000001012"),
               .owner_id = MERCHANT,
               .period = ledger_period_of(20251122, 20251122)},
        .kind = LEDGER_DOCUMENT_CSV,
        .language = LEDGER_ENGLISH,
    };
    struct document_query query = {0};
    struct str rest, order = id_str(s.books->arena, "sto", 2);

    known_account = s.merchant;
    ledger_document_init(&query.document, s.books->arena, &ask);
    books_read(s.books, document_run, &query);
    assert_ok(query.err);
    rest = query.document.content;
    /* a spreadsheet would round a number of so many digits, but for the tab after it */
    assert_str(line_of(&rest), "Account no.,102025112200000001012\t,,,,,,,,,");
    assert_true(str_starts(line_of(&rest), STR("Account,acc_")));
    assert_true(str_ends(line_of(&rest), STR(",\"'=Tomato \"\"Kitchen\"\"\",,,,,,,,")));
    assert_true(holds(
        rest, str_printf(s.books->arena, ",settlement,transfer," STR_FMT ",", STR_ARG(order))));
    assert_true(holds(rest, STR(",cash-out,transfer,5,")));
    books_close(s.books);
}

static void a_number_nobody_has_is_no_account(void **state)
{
    struct shop s = shop_open(state);
    struct walk_query query = {.ask = {.directory = &known,
                                       .account_number = STR("102025112200000001013"),
                                       .owner_id = LEDGER_ANY_OWNER,
                                       .period = ledger_period_of(20251122, 20251122)}};

    books_read(s.books, walk_run, &query);
    assert_int_equal(query.err, ERR_LEDGER_ACCOUNT);
    query.ask.directory = NULL; /* numbers are not known */
    books_read(s.books, walk_run, &query);
    assert_int_equal(query.err, ERR_LEDGER_ACCOUNT);
    books_close(s.books);
}

static void the_tool_prints_an_account_and_its_newest_entries(void **state)
{
    struct shop s = shop_open(state);
    struct ledger_ask ask = {
        .directory = &known, .account_id = s.merchant, .owner_id = LEDGER_ANY_OWNER};
    struct buf out;
    struct ledger_print print = {.store = s.books->store, .language = LEDGER_CHINESE, .out = &out};
    struct str text;
    size_t lines = 0;

    known_account = s.merchant;
    buf_init(&out, 1 << 20);
    assert_ok(ledger_print_statement(&print, &ask, 2));
    text = buf_str(&out);
    assert_true(str_starts(text, STR("账号        102025112200000001012\n账户        acc_")));
    assert_true(holds(text, STR("余额        CNY 18.93\n")));
    assert_true(holds(text, STR("\n     123  2025-11-25 00:00:41")));
    assert_false(holds(text, STR("\n     121  ")));
    buf_reset(&out);
    print.language = LEDGER_ENGLISH;
    assert_ok(ledger_print_statement(&print, &ask, 100000));
    for (size_t i = 0; i < out.len; i++) {
        lines += out.ptr[i] == '\n';
    }
    assert_int_equal(lines, 5 + 2 + 3 * LEGS_A_DAY);
    ask.account_id = 404;
    assert_int_equal(ledger_print_statement(&print, &ask, 2), ERR_LEDGER_ACCOUNT);
    assert_int_equal(ledger_print_statement(&print, &ask, 0), ERR_FIELD_RANGE);
    buf_free(&out);
    books_close(s.books);
}

/* ---- balances by date ---- */

struct balance_query {
    struct ledger_as_of as_of;
    struct ledger_balance balance;
    enum err err;
};

static void balance_run(struct books *books, struct reader *reader, void *ctx)
{
    struct balance_query *query = ctx;

    query->err = ledger_read_balance(reader, &query->as_of, books->arena, &query->balance);
}

static void a_balance_of_a_date_is_its_closing(void **state)
{
    static const struct {
        int32_t date;
        int64_t days;
    } rows[] = {{20251121, 0}, {20251122, 1}, {20251123, 2},
                {20251124, 2}, {20251125, 3}, {20251126, 3}};
    struct shop s = shop_open(state);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct balance_query query = {.as_of = {.account_id = s.merchant, .date = rows[i].date}};

        books_read(s.books, balance_run, &query);
        assert_ok(query.err);
        assert_int_equal(query.balance.posted.minor, rows[i].days * DAY_NET);
        assert_int_equal(query.balance.sequence, rows[i].days * LEGS_A_DAY);
    }
    books_close(s.books);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_opens_with_the_closing_of_the_day_before),
        cmocka_unit_test(a_period_may_lie_anywhere),
        cmocka_unit_test(anothers_account_is_not_there),
        cmocka_unit_test(pages_end_where_the_period_ends),
        cmocka_unit_test(a_csv_has_head_entries_and_sums),
        cmocka_unit_test(a_text_is_quoted_and_never_a_formula),
        cmocka_unit_test(a_document_of_a_day_stays_the_same),
        cmocka_unit_test(a_summary_tells_each_day_by_source),
        cmocka_unit_test(a_summary_ends_after_the_date_on_which_it_has_seen_enough),
        cmocka_unit_test(a_day_has_a_summary_however_many_entries_it_has),
        cmocka_unit_test(papers_show_number_name_and_the_ids_of_business),
        cmocka_unit_test(a_number_nobody_has_is_no_account),
        cmocka_unit_test(the_tool_prints_an_account_and_its_newest_entries),
        cmocka_unit_test(a_balance_of_a_date_is_its_closing),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
