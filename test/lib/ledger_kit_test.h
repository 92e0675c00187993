/* cmocka over test/lib/ledger_kit: every test runs once on each database. */
#ifndef TEST_LIB_LEDGER_KIT_TEST_H
#define TEST_LIB_LEDGER_KIT_TEST_H

#include "test/lib/ledger_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#define assert_ok(expr) assert_string_equal(err_code(expr), err_code(ERR_OK))
#define assert_refused(books, expr, err_, param_)                                                  \
    do {                                                                                           \
        assert_string_equal(err_code(expr), err_code(err_));                                       \
        assert_string_equal((books)->param, (param_));                                             \
    } while (0)

/* The tests' *state is the database's scheme. */
static inline int books_run_tests(const struct CMUnitTest *tests, size_t count)
{
    static char schemes[][8] = {"sqlite", "mysql"};
    struct CMUnitTest copies[64];
    int failed = 0;

    assert_true(count <= ARRAY_LEN(copies));
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        for (size_t j = 0; j < count; j++) {
            copies[j] = tests[j];
            copies[j].initial_state = schemes[i];
        }
        failed += _cmocka_run_group_tests(schemes[i], copies, count, NULL, NULL);
    }
    return failed;
}

#endif
