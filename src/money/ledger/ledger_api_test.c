/* The read API: what is answered, paged and refused. */
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_statement.h"
#include "money/ledger/ledger_voucher.h"
#include "test/lib/http_fixture.h"
#include "test/lib/ledger_kit_test.h"
#include "test/lib/raw_client.h"

enum { PAYMENT = 1001 };

static int64_t merchant_id, channel_id; /* real ids, as printed with mer_ and cha_ */

struct door {
    struct books *books;
    struct app app;
    struct http_fixture fixture;
    json_t *body; /* of the last answer */
    int64_t payable, receivable;
};

static enum err voucher_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_voucher_post(tx, arg, result);
}

static void book_maturing(struct books *books, int64_t number, int32_t matures_on)
{
    static const struct command_kind kind = {
        .name = "test.voucher",
        .apply = voucher_apply,
        .result_size = sizeof(struct ledger_posted),
    };
    const struct ledger_voucher voucher = {
        .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
        .mode = LEDGER_FUND_COLLECT,
        .business_no = number,
        .merchant_id = merchant_id,
        .channel_account_id = channel_id,
        .currency = CURRENCY_CNY,
        .matures_on = matures_on,
        .amounts = {[LEDGER_AMOUNT_GROSS] = {10000}, [LEDGER_AMOUNT_FEE] = {60}},
    };
    struct ledger_posted posted;

    counter_add(&books->now_ms, 1000);
    assert_ok(books_command(books, &kind, &voucher, &posted));
}

static void book_payment(struct books *books, int64_t number)
{
    book_maturing(books, number, 0);
}

/* ---- routes of papers, as the modules above have them ---- */

static struct reply *page_handler(struct request *req)
{
    return ledger_reply_statement(req, (struct ledger_desk){.owner_id = LEDGER_ANY_OWNER});
}

static struct reply *balance_handler(struct request *req)
{
    return ledger_reply_balance(req, (struct ledger_desk){.owner_id = LEDGER_ANY_OWNER});
}

static struct reply *journal_handler(struct request *req)
{
    return ledger_reply_journal(req, NULL);
}

static struct reply *journals_handler(struct request *req)
{
    return ledger_reply_journals(req, NULL);
}

static struct reply *sums_handler(struct request *req)
{
    return ledger_reply_document(req, (struct ledger_desk){.owner_id = LEDGER_ANY_OWNER},
                                 LEDGER_DOCUMENT_SUMS);
}

static struct reply *csv_handler(struct request *req)
{
    return ledger_reply_document(req, (struct ledger_desk){.owner_id = LEDGER_ANY_OWNER},
                                 LEDGER_DOCUMENT_CSV);
}

static struct reply *pdf_handler(struct request *req)
{
    return ledger_reply_document(req, (struct ledger_desk){.owner_id = LEDGER_ANY_OWNER},
                                 LEDGER_DOCUMENT_PDF);
}

static struct reply *daily_handler(struct request *req)
{
    return ledger_reply_daily(req, (struct ledger_desk){.owner_id = LEDGER_ANY_OWNER});
}

static struct reply *owner_daily_handler(struct request *req)
{
    return ledger_reply_owner_daily(req, NULL);
}

#define PAPER(path_, handler_, query_)                                                             \
    {                                                                                              \
        .method = "GET", .path = "/v1/ledger/" path_, .handler = (handler_), .query = (query_)     \
    }
static const struct route paper_routes[] = {
    PAPER("accounts/{id}/statement", page_handler, &ledger_statement_query),
    PAPER("accounts/{id}/statement/sums", sums_handler, &ledger_document_query),
    PAPER("accounts/{id}/statement.csv", csv_handler, &ledger_document_query),
    PAPER("accounts/{id}/statement.pdf", pdf_handler, &ledger_document_query),
    PAPER("accounts/{id}/balance", balance_handler, &ledger_balance_query),
    PAPER("accounts/{id}/daily", daily_handler, &ledger_daily_query),
    PAPER("daily", owner_daily_handler, &ledger_owner_daily_query),
    PAPER("journals", journals_handler, &ledger_journals_query),
    PAPER("journals/{id}", journal_handler, NULL),
};

/* The routes of the module's first file, of its rules and of its papers, as one set. */
static const struct route *read_routes(void)
{
    const struct route *const sets[] = {ledger_module.routes, ledger__chart_routes,
                                        ledger__voucher_routes};
    static struct route routes[64];
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        for (const struct route *route = sets[i]; route->method != NULL; route++) {
            routes[count++] = *route;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(paper_routes); i++) {
        routes[count++] = paper_routes[i];
    }
    assert_true(count < ARRAY_LEN(routes));
    routes[count] = (struct route){.method = NULL};
    return routes;
}

/* Three payments of 100.00 with a fee of 0.60, one second apart. */
static struct door *door_open(void **state)
{
    struct door *door = mem_new(sizeof(*door));
    struct http_server_options options = {.app = &door->app};

    door->books = books_open(*state);
    merchant_id = store_new_id(door->books->store, BOOKS_START_MS);
    channel_id = store_new_id(door->books->store, BOOKS_START_MS);
    for (int i = 0; i < 3; i++) {
        book_payment(door->books, PAYMENT + i);
    }
    door->payable =
        books_account(door->books, merchant_id, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    door->receivable =
        books_account(door->books, channel_id, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY);
    door->app.store = door->books->store;
    http_fixture_start(&door->fixture, &options, read_routes());
    return door;
}

static void door_close(struct door *door)
{
    json_decref(door->body);
    http_fixture_stop(&door->fixture);
    books_close(door->books);
    mem_free(door);
}

static const char *id(struct door *door, const char *prefix, int64_t number)
{
    return str_cstr(door->books->arena, id_str(door->books->arena, prefix, number));
}

static int get(struct door *door, const char *format, ...) PRINTF_LIKE(2, 3);
static int get(struct door *door, const char *format, ...)
{
    struct arena *arena = door->books->arena;
    struct json_refusal refusal;
    struct raw_answer answer;
    struct buf path;
    va_list args;

    buf_init_arena(&path, arena, 1000);
    va_start(args, format);
    buf_vprintf(&path, format, args);
    va_end(args);
    answer = raw_call(arena, door->fixture.port,
                      str_printf(arena, "GET /v1/ledger/" STR_FMT " HTTP/1.1\r\nHost: a\r\n\r\n",
                                 STR_ARG(buf_str(&path))));
    json_decref(door->body);
    door->body = NULL;
    assert_ok(json_parse(answer.body, &door->body, &refusal));
    return answer.status;
}

/* The value at a path of names and indexes: "data.0.amount". */
static json_t *at(struct door *door, const char *path)
{
    struct str rest = str_of(path), head;
    json_t *value = door->body;
    bool more = true;

    while (more) {
        int64_t index;

        more = str_cut(&rest, '.', &head);
        value = str_parse_int(head, &index) == ERR_OK
                    ? json_array_get(value, (size_t)index)
                    : json_object_get(value, str_cstr(door->books->arena, head));
    }
    return value;
}

static void assert_number(struct door *door, const char *path, int64_t due)
{
    assert_true(json_is_integer(at(door, path)));
    assert_int_equal(json_integer_value(at(door, path)), due);
}

static void assert_text(struct door *door, const char *path, const char *due)
{
    assert_true(json_is_string(at(door, path)));
    assert_string_equal(json_string_value(at(door, path)), due);
}

static void assert_error(struct door *door, int status, int due_status, const char *code,
                         const char *param)
{
    assert_int_equal(status, due_status);
    assert_text(door, "error.code", code);
    if (param != NULL) {
        assert_text(door, "error.param", param);
    }
}

/* ---- accounts ---- */

static void an_account_is_shown_with_its_owner_and_balance(void **state)
{
    struct door *door = door_open(state);

    assert_int_equal(get(door, "accounts/%s", id(door, "acc", door->payable)), 200);
    assert_text(door, "id", id(door, "acc", door->payable));
    assert_text(door, "object", "ledger_account");
    assert_text(door, "merchant_id", id(door, "mer", merchant_id));
    assert_null(at(door, "channel_account_id"));
    assert_number(door, "code", 2241);
    assert_text(door, "name", "Payable to merchant");
    assert_text(door, "currency", "CNY");
    assert_text(door, "side", "credit");
    assert_number(door, "posted", 3 * 9940);
    assert_number(door, "held", 0);
    assert_number(door, "available", 3 * 9940);
    assert_true(json_is_true(at(door, "has_floor")));
    assert_number(door, "entries", 3);
    assert_text(door, "created_at", "2025-11-22T01:00:01.000Z");
    assert_int_equal(get(door, "accounts/%s", id(door, "acc", door->receivable)), 200);
    assert_text(door, "channel_account_id", id(door, "cha", channel_id));
    assert_null(at(door, "merchant_id"));
    door_close(door);
}

static void accounts_are_listed_by_owner_and_page(void **state)
{
    struct door *door = door_open(state);

    assert_int_equal(get(door, "accounts?limit=2"), 200);
    assert_int_equal(json_array_size(at(door, "data")), 2);
    assert_true(json_is_true(at(door, "has_more")));
    assert_int_equal(
        get(door, "accounts?limit=2&starting_after=%s", json_string_value(at(door, "next_cursor"))),
        200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_true(json_is_false(at(door, "has_more")));
    assert_int_equal(get(door, "accounts?merchant_id=%s", id(door, "mer", merchant_id)), 200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_number(door, "data.0.code", 2241);
    assert_int_equal(get(door, "accounts?channel_account_id=%s", id(door, "cha", channel_id)), 200);
    assert_number(door, "data.0.code", 1131);
    assert_int_equal(get(door, "accounts?platform=true"), 200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_number(door, "data.0.code", 6021);
    door_close(door);
}

/* From 2025-11-24 on 2241 has another name, and so has the voucher of a payment another version. */
static void change_rules(struct books *books)
{
    static const struct ledger_template_leg legs[] = {
        {.side = LEDGER_DEBIT,
         .code = LEDGER_CODE_CHANNEL_RECEIVABLE,
         .owner = LEDGER_OWNER_CHANNEL_ACCOUNT,
         .currency = LEDGER_CURRENCY_MAIN,
         .amount = STR_INIT("gross")},
        {.side = LEDGER_CREDIT,
         .code = LEDGER_CODE_MERCHANT_PAYABLE,
         .owner = LEDGER_OWNER_MERCHANT,
         .currency = LEDGER_CURRENCY_MAIN,
         .amount = STR_INIT("gross")},
    };
    const struct ledger_template_put voucher = {
        .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
        .mode = LEDGER_FUND_COLLECT,
        .valid_from = 20251124,
        .legs = legs,
        .leg_count = ARRAY_LEN(legs),
    };
    const struct ledger_chart_put code = {
        .code = LEDGER_CODE_MERCHANT_PAYABLE,
        .valid_from = 20251124,
        .side = LEDGER_CREDIT,
        .name = STR("Owed to merchants"),
        .name_zh = STR("应付商户"),
        .has_floor = true,
    };
    struct ledger_versioned versioned;

    assert_ok(books_command(books, &ledger_template_put_kind, &voucher, &versioned));
    assert_ok(books_command(books, &ledger_chart_put_kind, &code, &versioned));
}

/* The version of code 2241 in the chart that was answered. */
static int64_t payable_version(struct door *door)
{
    json_t *code;
    size_t i;

    json_array_foreach(at(door, "data"), i, code)
    {
        if (json_integer_value(json_object_get(code, "code")) == LEDGER_CODE_MERCHANT_PAYABLE) {
            return json_integer_value(json_object_get(code, "version"));
        }
    }
    return 0;
}

/* The version of a payment's voucher in collect mode in the list that was answered. */
static int64_t payment_version(struct door *door)
{
    json_t *voucher;
    size_t i;

    json_array_foreach(at(door, "data"), i, voucher)
    {
        const char *event = json_string_value(json_object_get(voucher, "event"));
        const char *mode = json_string_value(json_object_get(voucher, "mode"));

        if (strcmp(event, "payment_succeeded") == 0 && strcmp(mode, "collect") == 0) {
            return json_integer_value(json_object_get(voucher, "version"));
        }
    }
    return 0;
}

static void assert_shown(struct door *door, const char *name, int64_t immature, int64_t version)
{
    assert_int_equal(get(door, "accounts/%s", id(door, "acc", door->payable)), 200);
    assert_text(door, "name", name);
    assert_number(door, "immature", immature);
    assert_int_equal(json_array_size(at(door, "maturities")), immature == 0 ? 0 : 1);
    assert_int_equal(get(door, "accounts?merchant_id=%s", id(door, "mer", merchant_id)), 200);
    assert_text(door, "data.0.name", name);
    assert_number(door, "data.0.immature", immature);
    assert_int_equal(get(door, "chart"), 200);
    assert_int_equal(payable_version(door), version);
    assert_int_equal(get(door, "vouchers"), 200);
    assert_int_equal(payment_version(door), version);
}

/* The books are of 2025-11-22 until something is posted later, whatever the clock on the wall says.
 */
static void what_is_read_without_a_date_is_of_the_books_own(void **state)
{
    struct door *door = door_open(state);

    change_rules(door->books);
    book_maturing(door->books, PAYMENT + 3, 20251124);
    assert_shown(door, "Payable to merchant", 9940, 1);
    assert_int_equal(get(door, "accounts/%s", id(door, "acc", door->payable)), 200);
    assert_number(door, "maturities.0.date", 20251124);
    assert_number(door, "maturities.0.amount", 9940);
    counter_add(&door->books->now_ms, 2 * TIME_DAY_MS);
    book_payment(door->books, PAYMENT + 4);
    assert_shown(door, "Owed to merchants", 0, 2);
    door_close(door);
}

/* ---- statements and balances ---- */

static void a_statement_pages_both_ways(void **state)
{
    struct door *door = door_open(state);
    const char *account = id(door, "acc", door->payable);

    assert_int_equal(get(door, "accounts/%s/statement?limit=2", account), 200);
    assert_int_equal(json_array_size(at(door, "data")), 2);
    assert_number(door, "data.0.sequence", 3);
    assert_number(door, "data.0.amount", 9940);
    assert_number(door, "data.0.balance", 3 * 9940);
    assert_text(door, "data.0.side", "credit");
    assert_text(door, "data.0.source", "payment");
    assert_text(door, "data.0.operation", "succeeded");
    assert_text(door, "data.0.payment_id", id(door, "pay", PAYMENT + 2));
    assert_null(at(door, "data.0.business_no"));
    assert_text(door, "data.0.reference", id(door, "pay", PAYMENT + 2));
    assert_number(door, "data.0.business_date", 20251122);
    assert_text(door, "next_cursor", "2");
    assert_int_equal(get(door, "accounts/%s/statement?limit=2&starting_after=2", account), 200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_number(door, "data.0.sequence", 1);
    assert_true(json_is_false(at(door, "has_more")));
    assert_int_equal(get(door, "accounts/%s/statement?order=oldest&limit=1", account), 200);
    assert_number(door, "data.0.sequence", 1);
    assert_text(door, "next_cursor", "1");
    door_close(door);
}

static void a_statement_of_a_period_opens_and_closes_it(void **state)
{
    struct door *door = door_open(state);
    const char *account = id(door, "acc", door->payable);

    assert_int_equal(get(door, "accounts/%s/statement?from=20251122&to=20251122&limit=3", account),
                     200);
    assert_int_equal(json_array_size(at(door, "data")), 3);
    assert_true(json_is_false(at(door, "has_more")));
    assert_int_equal(get(door, "accounts/%s/statement?from=20251123&to=20251130", account), 200);
    assert_int_equal(json_array_size(at(door, "data")), 0);
    assert_int_equal(get(door,
                         "accounts/%s/statement/sums?from_time=2025-11-22T01:00:02Z"
                         "&to_time=2025-11-22T01:00:03Z",
                         account),
                     200);
    assert_number(door, "opening", 9940);
    assert_number(door, "credits", 9940);
    assert_number(door, "credit_count", 1);
    assert_number(door, "debits", 0);
    assert_number(door, "entries", 1);
    assert_number(door, "closing", 2 * 9940);
    assert_int_equal(get(door, "accounts/%s/balance?date=20251121", account), 200);
    assert_number(door, "posted", 0);
    assert_int_equal(get(door, "accounts/%s/balance?date=20251122", account), 200);
    assert_number(door, "posted", 3 * 9940);
    door_close(door);
}

static void daily_summaries_come_in_pages_of_dates(void **state)
{
    struct door *door = door_open(state);
    const char *account = id(door, "acc", door->payable);

    assert_int_equal(get(door, "accounts/%s/daily?from=20251121&to=20251123&limit=2", account),
                     200);
    assert_int_equal(json_array_size(at(door, "data")), 2);
    assert_number(door, "data.0.date", 20251121);
    assert_number(door, "data.0.entries", 0);
    assert_number(door, "data.1.opening", 0);
    assert_number(door, "data.1.closing", 3 * 9940);
    assert_text(door, "data.1.sources.0.source", "payment");
    assert_number(door, "data.1.sources.0.credits", 3 * 9940);
    assert_number(door, "data.1.sources.0.credit_count", 3);
    assert_text(door, "next_cursor", "20251122");
    assert_int_equal(
        get(door, "accounts/%s/daily?from=20251121&to=20251123&starting_after=20251122", account),
        200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_number(door, "data.0.opening", 3 * 9940);
    assert_true(json_is_false(at(door, "has_more")));
    door_close(door);
}

static void the_last_date_there_is_can_be_asked_for(void **state)
{
    struct door *door = door_open(state);
    const char *account = id(door, "acc", door->payable);

    assert_int_equal(get(door, "accounts/%s/daily?from=99991202&to=99991230", account), 200);
    assert_int_equal(json_array_size(at(door, "data")), 29);
    assert_number(door, "data.28.date", 99991230);
    assert_number(door, "data.28.closing", 3 * 9940);
    assert_true(json_is_false(at(door, "has_more")));
    assert_int_equal(
        get(door, "accounts/%s/daily?from=99991202&to=99991230&starting_after=99991229", account),
        200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_int_equal(get(door, "accounts/%s/statement?from=99991230&to=99991230", account), 200);
    assert_error(door, get(door, "accounts/%s/statement/sums?from=99991230&to=99991230", account),
                 400, "field_range", "to"); /* that balance is not known yet */
    assert_error(door, get(door, "accounts/%s/daily?from=99991202&to=99991231", account), 400,
                 "field_format", "to");
    door_close(door);
}

/* The seed: the summary made at 01:00 was of the day that had just begun. The books are of
 * 2025-11-22 until something is posted, whatever the clock on the wall says. */
static void a12_a_merchants_summary_is_of_the_day_before_the_books_own(void **state)
{
    struct door *door = door_open(state);
    const char *merchant = id(door, "mer", merchant_id);

    assert_int_equal(get(door, "daily?merchant_id=%s", merchant), 200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_number(door, "data.0.date", 20251121);
    assert_number(door, "data.0.entries", 0);
    counter_add(&door->books->now_ms, TIME_DAY_MS);
    book_payment(door->books, PAYMENT + 3);
    assert_int_equal(get(door, "daily?merchant_id=%s", merchant), 200);
    assert_number(door, "data.0.date", 20251122);
    assert_number(door, "data.0.opening", 0);
    assert_number(door, "data.0.credits", 3 * 9940);
    assert_number(door, "data.0.closing", 3 * 9940);
    assert_int_equal(get(door, "daily?merchant_id=%s&date=20251123", merchant), 200);
    assert_number(door, "data.0.opening", 3 * 9940);
    assert_number(door, "data.0.closing", 4 * 9940);
    books_sql(door->books, "DELETE FROM ledger_day");
    assert_int_equal(get(door, "daily?merchant_id=%s", merchant), 200);
    assert_int_equal(json_array_size(at(door, "data")), 0);
    door_close(door);
}

static void a_merchants_day_that_has_not_come_is_refused(void **state)
{
    struct door *door = door_open(state);
    const char *merchant = id(door, "mer", merchant_id);

    assert_int_equal(get(door, "daily?merchant_id=%s&date=20251122", merchant), 200);
    assert_error(door, get(door, "daily?merchant_id=%s&date=20251123", merchant), 400,
                 "field_range", "date");
    assert_error(door, get(door, "daily?merchant_id=%s&date=99991230", merchant), 400,
                 "field_range", "date");
    door_close(door);
}

static void wrong_periods_are_refused_by_name(void **state)
{
    static const struct {
        const char *what;
        const char *code;
        const char *param;
    } rows[] = {
        {"statement.csv", "field_required", "from"},
        {"statement.csv?from=20251122", "field_required", "to"},
        {"statement.csv?to=20251122", "field_required", "from"},
        {"statement?from_time=2025-11-22T01:00:00Z", "field_required", "to_time"},
        {"statement.pdf?from=20251322&to=20251401", "field_format", "from"},
        {"statement.pdf?from=20251122&to=20251131", "field_format", "to"},
        {"statement.pdf?from=20251122&to=20251121", "field_range", "to"},
        {"statement/sums?from=20251122&to=20251122&to_time=2025-11-22T01:00:00Z", "field_value",
         "from_time"},
        {"statement?from_time=2025-11-22T01:00:00Z&to_time=2025-11-22T01:00:00Z", "field_range",
         "to_time"},
        {"daily?from=20251122&to=20251121", "field_range", "to"},
        {"daily?from=20251120&to=20251122&starting_after=20251122", "field_range",
         "starting_after"},
    };
    struct door *door = door_open(state);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status = get(door, "accounts/%s/%s", id(door, "acc", door->payable), rows[i].what);

        assert_error(door, status, 400, rows[i].code, rows[i].param);
    }
    assert_error(
        door,
        get(door, "accounts/%s/statement.csv?from=20251122&to=20251122", id(door, "acc", 404)), 404,
        "ledger_account", NULL);
    door_close(door);
}

/* By the books' date, which is that of the last posting: the clock of the test is far beyond. */
static void what_has_not_come_yet_is_refused(void **state)
{
    struct door *door = door_open(state);
    const char *account = id(door, "acc", door->payable);

    assert_int_equal(get(door, "accounts/%s/balance?date=20251122", account), 200);
    assert_error(door, get(door, "accounts/%s/balance?date=20251123", account), 400, "field_range",
                 "date");
    assert_int_equal(get(door, "accounts/%s/balance?sequence=3", account), 200);
    assert_error(door, get(door, "accounts/%s/balance?sequence=4", account), 400, "field_range",
                 "sequence");
    assert_error(door, get(door, "accounts/%s/balance?at=2099-12-01T00:00:00Z", account), 400,
                 "field_range", "at");
    assert_int_equal(get(door, "general-ledger?date=20251122"), 200);
    assert_error(door, get(door, "general-ledger?date=20251123"), 400, "field_range", "date");
    door_close(door);
}

static void a_balance_is_shown_as_of_a_time_or_an_entry(void **state)
{
    struct door *door = door_open(state);
    const char *account = id(door, "acc", door->payable);

    assert_int_equal(get(door, "accounts/%s/balance", account), 200);
    assert_number(door, "posted", 3 * 9940);
    assert_int_equal(get(door, "accounts/%s/balance?sequence=2", account), 200);
    assert_number(door, "posted", 2 * 9940);
    assert_text(door, "created_at", "2025-11-22T01:00:02.000Z");
    assert_int_equal(get(door, "accounts/%s/balance?at=2025-11-22T01:00:01.999Z", account), 200);
    assert_number(door, "posted", 9940);
    assert_number(door, "sequence", 1);
    assert_int_equal(get(door, "accounts/%s/balance?at=2025-11-22T01:00:00Z", account), 200);
    assert_number(door, "posted", 0);
    assert_number(door, "sequence", 0);
    door_close(door);
}

/* ---- journals ---- */

static void the_journals_of_a_payment_are_shown(void **state)
{
    struct door *door = door_open(state);
    const char *journal;

    assert_int_equal(get(door, "journals?payment_id=%s", id(door, "pay", PAYMENT)), 200);
    assert_int_equal(json_array_size(at(door, "data")), 1);
    assert_text(door, "data.0.object", "ledger_journal");
    assert_text(door, "data.0.payment_id", id(door, "pay", PAYMENT));
    assert_text(door, "data.0.reference", id(door, "pay", PAYMENT));
    assert_null(at(door, "data.0.business_no"));
    assert_int_equal(json_array_size(at(door, "data.0.entries")), 3);
    assert_text(door, "data.0.entries.0.side", "debit");
    assert_number(door, "data.0.entries.0.amount", 10000);
    assert_number(door, "data.0.entries.1.amount", 9940);
    assert_number(door, "data.0.entries.2.amount", 60);
    journal = id(door, "jnl", 1);
    assert_text(door, "data.0.id", journal);
    assert_int_equal(get(door, "journals/%s", journal), 200);
    assert_text(door, "id", journal);
    assert_int_equal(get(door, "journals?payment_id=%s", id(door, "pay", 77)), 200);
    assert_int_equal(json_array_size(at(door, "data")), 0);
    door_close(door);
}

/* ---- refusals ---- */

static void what_is_not_there_is_refused(void **state)
{
    struct door *door = door_open(state);
    const char *no_account = id(door, "acc", 404);

    assert_error(door, get(door, "accounts/%s", no_account), 404, "ledger_account", NULL);
    assert_error(door, get(door, "accounts/acc_1"), 404, "ledger_account", NULL);
    assert_error(door, get(door, "accounts/%s/balance", no_account), 404, "ledger_account", NULL);
    assert_error(door, get(door, "accounts/nobody/balance"), 404, "ledger_account", NULL);
    assert_error(door, get(door, "accounts/%s/statement", no_account), 404, "ledger_account", NULL);
    assert_error(door, get(door, "accounts/nobody/statement"), 404, "ledger_account", NULL);
    assert_error(door, get(door, "journals/%s", id(door, "jnl", 2)), 404, "ledger_journal",
                 NULL); /* the second row of the first journal */
    assert_error(door, get(door, "journals/%s", no_account), 404, "ledger_journal", NULL);
    door_close(door);
}

static void wrong_queries_are_refused_by_name(void **state)
{
    struct door *door = door_open(state);
    const char *account = id(door, "acc", door->payable);

    assert_error(door, get(door, "accounts?limit=0"), 400, "field_range", "limit");
    assert_error(door, get(door, "accounts?limit=201"), 400, "field_range", "limit");
    assert_error(door, get(door, "accounts?owner=1"), 400, "field_unknown", "owner");
    assert_error(door, get(door, "accounts?merchant_id=mer_1"), 400, "field_format", "merchant_id");
    assert_error(door,
                 get(door, "accounts?platform=true&merchant_id=%s", id(door, "mer", merchant_id)),
                 400, "field_value", "merchant_id");
    assert_error(door, get(door, "accounts/%s/statement?order=up", account), 400, "field_value",
                 "order");
    assert_error(door, get(door, "accounts/%s/statement?starting_after=-1", account), 400,
                 "field_range", "starting_after");
    assert_error(door, get(door, "accounts/%s/balance?at=yesterday", account), 400, "field_format",
                 "at");
    assert_error(door, get(door, "accounts/%s/balance?sequence=1&at=2025-11-22T01:00:00Z", account),
                 400, "field_value", "sequence");
    assert_error(door, get(door, "journals"), 400, "field_required", "payment_id");
    door_close(door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_shown_with_its_owner_and_balance),
        cmocka_unit_test(accounts_are_listed_by_owner_and_page),
        cmocka_unit_test(what_is_read_without_a_date_is_of_the_books_own),
        cmocka_unit_test(a_statement_pages_both_ways),
        cmocka_unit_test(a_statement_of_a_period_opens_and_closes_it),
        cmocka_unit_test(daily_summaries_come_in_pages_of_dates),
        cmocka_unit_test(the_last_date_there_is_can_be_asked_for),
        cmocka_unit_test(a12_a_merchants_summary_is_of_the_day_before_the_books_own),
        cmocka_unit_test(a_merchants_day_that_has_not_come_is_refused),
        cmocka_unit_test(wrong_periods_are_refused_by_name),
        cmocka_unit_test(what_has_not_come_yet_is_refused),
        cmocka_unit_test(a_balance_is_shown_as_of_a_time_or_an_entry),
        cmocka_unit_test(the_journals_of_a_payment_are_shown),
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(wrong_queries_are_refused_by_name),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
