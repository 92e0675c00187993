#include "base/amount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The first eight are the examples of the rules (支付结算办法, annex 1) and of the brief. */
static void amounts_read_as_on_a_cheque(void **state)
{
    static const struct {
        int64_t fen;
        const char *text;
    } rows[] = {
        {140950, "人民币壹仟肆佰零玖元伍角整"},
        {600714, "人民币陆仟零柒元壹角肆分"},
        {168032, "人民币壹仟陆佰捌拾元零叁角贰分"},
        {10700053, "人民币壹拾万柒仟元零伍角叁分"},
        {1640902, "人民币壹万陆仟肆佰零玖元零贰分"},
        {32504, "人民币叁佰贰拾伍元零肆分"},
        {1, "人民币壹分"},
        {1000, "人民币壹拾元整"},
        {1001000, "人民币壹万零壹拾元整"},
        {1001001, "人民币壹万零壹拾元零壹分"},
        {INT64_C(10000000000), "人民币壹亿元整"},
        {50, "人民币伍角整"},
        {0, "人民币零元整"},
        {100, "人民币壹元整"},
        {101, "人民币壹元零壹分"},
        {110, "人民币壹元壹角整"},
        {1010, "人民币壹拾元零壹角整"},
        {10000, "人民币壹佰元整"},
        {10100, "人民币壹佰零壹元整"},
        {100000000, "人民币壹佰万元整"},
        {100000100, "人民币壹佰万零壹元整"},
        {100010000, "人民币壹佰万零壹佰元整"},
        {INT64_C(10000700000), "人民币壹亿零柒仟元整"},
        {INT64_C(10001000000), "人民币壹亿零壹万元整"},
        {INT64_C(12345678999), "人民币壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元玖角玖分"},
        {INT64_C(100000000000000), "人民币壹万亿元整"},
        {INT64_C(100000001000000), "人民币壹万亿零壹万元整"},
        {INT64_C(100010000000000), "人民币壹万零壹亿元整"},
        {INT64_C(1000000000000000000), "人民币壹亿亿元整"},
        {-1234, "人民币负壹拾贰元叁角肆分"},
        {INT64_MAX,
         "人民币玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分"},
        {INT64_MIN, "人民币负玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零"
                    "捌分"},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf buf;

        buf_init_arena(&buf, arena, 400);
        amount_in_chinese(&buf, AMOUNT(rows[i].fen));
        assert_string_equal(str_cstr(arena, buf_str(&buf)), rows[i].text);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_read_as_on_a_cheque),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
