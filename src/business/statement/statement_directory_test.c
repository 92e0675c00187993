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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settlement_is_called_by_its_id),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
