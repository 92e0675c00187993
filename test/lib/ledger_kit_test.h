/* cmocka over test/lib/ledger_kit: every test runs once on each database. */
#ifndef TEST_LIB_LEDGER_KIT_TEST_H
#define TEST_LIB_LEDGER_KIT_TEST_H

#include "test/lib/each_database.h"
#include "test/lib/ledger_kit.h"

#define assert_ok(expr) assert_string_equal(err_code(expr), err_code(ERR_OK))
#define assert_refused(books, expr, err_, param_)                                                  \
    do {                                                                                           \
        assert_string_equal(err_code(expr), err_code(err_));                                       \
        assert_string_equal((books)->param, (param_));                                             \
    } while (0)

/* The tests' *state is the database's scheme. */
static inline int books_run_tests(const struct CMUnitTest *tests, size_t count)
{
    return run_on_each_database(tests, count, NULL, NULL);
}

#endif
