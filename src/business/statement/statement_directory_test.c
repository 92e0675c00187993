/* What papers call things: by the ids under which people ask for them. */
#include "business/settle/settle.h"
#include "business/statement/statement.h"
#include "test/lib/ledger_kit_test.h"
#include "test/lib/settle_kit.h"

enum { MONDAY = 20251124, TUESDAY = 20251125 };

struct paper {
    struct ledger_document document;
    enum err err;
};

static void build(struct books *books, struct reader *reader, void *ctx)
{
    struct paper *paper = ctx;
    bool done = false;

    (void)books;
    while (!done && paper->err == ERR_OK) {
        paper->err = ledger_document_step(reader, &paper->document, &done);
    }
}

static struct str csv_of(struct books *books, int64_t account_id)
{
    const struct ledger_document_ask ask = {
        .of = {.directory = &statement_directory,
               .account_id = account_id,
               .owner_id = LEDGER_ANY_OWNER,
               .period = ledger_period_of(MONDAY, TUESDAY)},
        .kind = LEDGER_DOCUMENT_CSV,
        .language = LEDGER_ENGLISH,
    };
    struct paper paper = {.err = ERR_OK};

    ledger_document_init(&paper.document, books->arena, &ask);
    books_read(books, build, &paper);
    assert_ok(paper.err);
    return paper.document.content;
}

static void a_settlement_is_called_by_its_id(void **state)
{
    struct books *books = settle_kit_open(*state);
    int64_t merchant, account;
    struct settle_order order;

    settle_kit_day(books, MONDAY);
    merchant = settle_kit_merchant(books, "M1");
    settle_kit_earn(books, merchant, 100);
    account = settle_kit_account(books, merchant);
    settle_kit_day(books, TUESDAY);
    (void)settle_kit_run(books, 100);
    order = settle_kit_order(books, account);
    assert_ok(settle_kit_step(books, SETTLE_KIT_PAY, order.id));
    assert_true(str_find(csv_of(books, account), id_str(books->arena, SETTLE_PREFIX, order.id),
                         &(size_t){0}));
    books_close(books);
}

static void a_number_is_printed_as_the_id_it_is(void **state)
{
    static const struct {
        enum ledger_source source;
        enum ledger_operation operation;
        const char *prefix;
    } rows[] = {
        {LEDGER_SOURCE_PAYMENT, LEDGER_OPERATION_SUCCEEDED, "pay"},
        {LEDGER_SOURCE_CASH, LEDGER_OPERATION_SENT, "cas"},
        {LEDGER_SOURCE_FEE, LEDGER_OPERATION_CHARGED, "ref"},
        {LEDGER_SOURCE_ADJUSTMENT, LEDGER_OPERATION_SUCCEEDED, "adj"},
        {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_DEDUCTED, "rev"},
    };
    struct books *books = settle_kit_open(*state);
    int64_t merchant, account, bank;

    settle_kit_day(books, MONDAY);
    merchant = settle_kit_merchant(books, "M1");
    account = settle_kit_account(books, merchant);
    bank = books_account(books, LEDGER_PLATFORM, LEDGER_CODE_BANK, CURRENCY_CNY);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct ledger_leg legs[] = {debit(bank, 100), credit(account, 100)};
        const struct ledger_post post = {
            .reference = {rows[i].source, rows[i].operation, 1000 + (int64_t)i},
            .legs = legs,
            .leg_count = ARRAY_LEN(legs),
        };
        struct ledger_posted posted;

        assert_ok(books_command(books, &ledger_transfer_kind, &post, &posted));
        assert_true(str_find(csv_of(books, account),
                             id_str(books->arena, rows[i].prefix, 1000 + (int64_t)i),
                             &(size_t){0}));
    }
    books_close(books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settlement_is_called_by_its_id),
        cmocka_unit_test(a_number_is_printed_as_the_id_it_is),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
