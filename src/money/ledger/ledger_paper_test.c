/* Text on paper: the font, and what does not fit. */
#include "money/ledger/ledger_paper.h"

#include "money/ledger/ledger_statement_int.h"

#include <fontconfig/fontconfig.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static enum err print(struct arena *arena, struct str text, int width)
{
    const struct ledger__paper_options options = {
        .arena = arena, .width = 5950, .height = 4200, .title = STR("test")};
    struct ledger_paper *paper = ledger__paper_begin(&options);
    struct str file = STR("");
    enum err err;

    ledger__paper_text(paper, (struct ledger__paper_box){400, 400, width},
                       (struct ledger__paper_style){90, LEDGER__INK, LEDGER__RIGHT, false}, text);
    err = ledger__paper_end(paper, &file);
    assert_true(err != ERR_OK || str_starts(file, STR("%PDF-1.")));
    return err;
}

static void chinese_is_printed_with_the_fonts_of_the_machine(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_int_equal(print(arena, STR("账户对账单"), 1000), ERR_OK);
    arena_free(arena);
}

static void a_number_is_set_smaller_until_it_fits(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_int_equal(print(arena, STR("-92,233,720,368,547,758.07"), 60), ERR_OK);
    assert_int_equal(print(arena, STR(""), 1), ERR_OK);
    arena_free(arena);
}

/* Boxes instead of letters are no paper: the document is refused. */
static void without_a_chinese_font_chinese_text_is_refused(void **state)
{
    struct arena *arena = arena_new();
    FcConfig *empty = FcConfigCreate();

    (void)state;
    assert_non_null(empty);
    assert_true(FcConfigSetCurrent(empty));
    assert_int_equal(print(arena, STR("账户对账单"), 1000), ERR_LEDGER_FONT);
    assert_int_equal(print(arena, STR("Account statement – 1 · 2 …"), 1000), ERR_OK);
    arena_free(arena);
}

static void amounts_are_grouped_for_people(void **state)
{
    static const struct {
        int64_t minor;
        enum currency currency;
        const char *text;
    } rows[] = {
        {0, CURRENCY_CNY, "0.00"},
        {-5, CURRENCY_CNY, "-0.05"},
        {99999, CURRENCY_CNY, "999.99"},
        {100000, CURRENCY_CNY, "1,000.00"},
        {-12345678, CURRENCY_CNY, "-123,456.78"},
        {1234567, CURRENCY_JPY, "1,234,567"},
        {INT64_MAX, CURRENCY_CNY, "92,233,720,368,547,758.07"},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text =
            ledger__amount_text(arena, (struct amount){rows[i].minor}, rows[i].currency);

        assert_string_equal(str_cstr(arena, text), rows[i].text);
    }
    arena_free(arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_is_printed_with_the_fonts_of_the_machine),
        cmocka_unit_test(a_number_is_set_smaller_until_it_fits),
        cmocka_unit_test(amounts_are_grouped_for_people),
        cmocka_unit_test(without_a_chinese_font_chinese_text_is_refused), /* the last: it stays */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
