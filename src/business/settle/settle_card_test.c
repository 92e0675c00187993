/* The card a settlement goes to: the rule's while it is there, else the merchant's default one. */
#include "business/account/account.h"
#include "test/lib/ledger_kit_test.h"
#include "test/lib/settle_kit.h"

enum { MONDAY = 20251124, TUESDAY };

struct site {
    struct books *books;
    int64_t merchant;
    int64_t account;
    int64_t next_card;
};

/* 90 have matured on Tuesday. */
static struct site site_open(void **state)
{
    struct site s = {.books = settle_kit_open(*state)};

    s.merchant = settle_kit_merchant(s.books, "M1");
    settle_kit_day(s.books, MONDAY);
    settle_kit_earn(s.books, s.merchant, 90);
    s.account = settle_kit_account(s.books, s.merchant);
    settle_kit_day(s.books, TUESDAY);
    return s;
}

static enum err put_card(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return tx_insert(tx, &account_card_table, arg);
}

static int64_t add_card(struct site *s, int64_t merchant_id, bool is_default)
{
    static const struct command_kind put = {.name = "test.card", .apply = put_card};
    const struct account_card card = {
        .id = ++s->next_card,
        .merchant_id = merchant_id,
        .kind = ACCOUNT_CARD_CORPORATE,
        .bank_code = STR("ICBC"),
        .bank_name = STR("ICBC"),
        .masked = STR("110907******0001"),
        .number = STR("sealed"),
        .holder = STR("sealed"),
        .is_default = is_default,
        .default_of = is_default ? merchant_id : 0,
        .status = ACCOUNT_CARD_ACTIVE,
        .version = 1,
    };

    assert_ok(books_command(s->books, &put, &card, NULL));
    return card.id;
}

static enum err take_card(struct tx *tx, const void *arg, void *result)
{
    void *card;

    (void)result;
    TRY(tx_edit(tx, &account_card_table, *(const int64_t *)arg, &card));
    ((struct account_card *)card)->status = ACCOUNT_CARD_REMOVED;
    return ERR_OK;
}

static void remove_card(struct site *s, int64_t card_id)
{
    static const struct command_kind removal = {.name = "test.removal", .apply = take_card};

    assert_ok(books_command(s->books, &removal, &card_id, NULL));
}

static enum err set_card(struct site *s, int64_t card_id)
{
    const struct settle_rule_change change = {
        .account_id = s->account,
        .cycle = SETTLE_WEEK_WORK,
        .cycle_days = STR("1,2,3,4,5"),
        .reserve_days = 1,
        .mode = SETTLE_AUTOMATIC,
        .card_id = card_id,
    };

    return settle_kit_change(s->books, &change);
}

static int64_t card_of_the_settlement(struct site *s)
{
    (void)settle_kit_run(s->books, 100);
    assert_int_equal(settle_kit_order(s->books, s->account).status, SETTLE_WAITING);
    return settle_kit_order(s->books, s->account).card_id;
}

static void without_a_card_of_its_own_a_rule_means_the_default_one(void **state)
{
    struct site s = site_open(state);
    int64_t first = add_card(&s, s.merchant, false), second = add_card(&s, s.merchant, true);

    assert_int_not_equal(first, second);
    assert_int_equal(card_of_the_settlement(&s), second);
    books_close(s.books);
}

static void a_settlement_goes_to_the_card_of_its_rule(void **state)
{
    struct site s = site_open(state);
    int64_t card;

    (void)add_card(&s, s.merchant, true);
    card = add_card(&s, s.merchant, false);
    assert_ok(set_card(&s, card));
    assert_int_equal(card_of_the_settlement(&s), card);
    books_close(s.books);
}

static void the_default_card_takes_the_place_of_one_that_was_removed(void **state)
{
    struct site s = site_open(state);
    int64_t by_default = add_card(&s, s.merchant, true), card = add_card(&s, s.merchant, false);

    assert_ok(set_card(&s, card));
    remove_card(&s, card);
    assert_int_equal(settle_kit_rule(s.books, s.account).card_id, card);
    assert_int_equal(card_of_the_settlement(&s), by_default);
    books_close(s.books);
}

static void a_merchant_without_cards_is_settled_all_the_same(void **state)
{
    struct site s = site_open(state);

    assert_int_equal(card_of_the_settlement(&s), 0);
    books_close(s.books);
}

static void a_card_that_is_none_of_the_merchants_is_refused(void **state)
{
    struct site s = site_open(state);
    int64_t other = settle_kit_merchant(s.books, "M2");
    int64_t theirs = add_card(&s, other, true), removed;

    (void)add_card(&s, s.merchant, true);
    removed = add_card(&s, s.merchant, false);
    remove_card(&s, removed);
    assert_refused(s.books, set_card(&s, theirs), ERR_ACCOUNT_CARD, "card");
    assert_refused(s.books, set_card(&s, removed), ERR_ACCOUNT_CARD, "card");
    assert_refused(s.books, set_card(&s, 404), ERR_ACCOUNT_CARD, "card");
    assert_int_equal(settle_kit_rule(s.books, s.account).version, 1);
    books_close(s.books);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_card_of_its_own_a_rule_means_the_default_one),
        cmocka_unit_test(a_settlement_goes_to_the_card_of_its_rule),
        cmocka_unit_test(the_default_card_takes_the_place_of_one_that_was_removed),
        cmocka_unit_test(a_merchant_without_cards_is_settled_all_the_same),
        cmocka_unit_test(a_card_that_is_none_of_the_merchants_is_refused),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
