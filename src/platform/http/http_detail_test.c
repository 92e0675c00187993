/* Details of refusals in Chinese. */
#include "platform/http/http_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_detail_keeps_its_values_in_chinese(void **state)
{
    static const struct {
        const char *en, *zh;
    } rows[] = {
        {"must be an integer from 0 to 100", "须为 0 至 100 的整数"},
        {"must have 1 to 64 characters", "须为 1 至 64 个字符"},
        {"must have at most 8 items", "最多 8 项"},
        {"must be one of debit, credit", "须为其中之一：debit, credit"},
        {"must be an id: acc_ and 13 characters of 0-9 A-Z", "须为编号：acc_ 加 13 位 0-9、A-Z"},
        {"must be a time like 2026-01-31T08:00:00.000Z (RFC 3339)",
         "须为时间，格式如 2026-01-31T08:00:00.000Z (RFC 3339)"},
        {"must consist of 0-9 A-Z a-z", "只能包含 0-9 A-Z a-z"},
        {"must be text, not null; leave an absent field out",
         "须为文本，不能为 null；没有的字段请省略"},
        {"the text ends too early at line 1, column 7", "内容不完整，止于第 1 行第 7 列"},
        {"20261101 – 20261130 has 250001 entries, at most 250000",
         "20261101 – 20261130 共有 250001 条分录，最多 250000 条"},
        {"ledger:raed permits nothing", "ledger:raed 不对应任何接口"},
        {"must be given", "必须填写"},
        {"must be given an answer", "must be given an answer"},
        {"must be an integer from 0", "must be an integer from 0"},
        {"", ""},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(str_cstr(arena, http__detail_zh(arena, str_of(rows[i].en))),
                            rows[i].zh);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_detail_keeps_its_values_in_chinese),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
