/* cmocka: a program's tests once on each database. */
#ifndef TEST_LIB_EACH_DATABASE_H
#define TEST_LIB_EACH_DATABASE_H

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

/* What set_up, or a test that has none, finds in *state is the database's scheme. Both functions
 * may be NULL. Returns the number of tests that failed. */
static inline int run_on_each_database(const struct CMUnitTest *tests, size_t count,
                                       CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
    static char schemes[][8] = {"sqlite", "mysql"};
    struct CMUnitTest copies[64];
    int failed = 0;

    assert_true(count <= ARRAY_LEN(copies));
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        for (size_t j = 0; j < count; j++) {
            copies[j] = tests[j];
            copies[j].setup_func = set_up;
            copies[j].teardown_func = tear_down;
            copies[j].initial_state = schemes[i];
        }
        failed += _cmocka_run_group_tests(schemes[i], copies, count, NULL, NULL);
    }
    return failed;
}

#endif
