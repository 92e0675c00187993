/* cmocka over test/lib/store_kit: every test runs once on each database. What runs on the writer's
 * thread checks with CHECK; cmocka's assertions are for the test's own thread. */
#ifndef TEST_LIB_STORE_KIT_TEST_H
#define TEST_LIB_STORE_KIT_TEST_H

#include "test/lib/store_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <stdio.h>

static inline void assert_str(struct str actual, struct str expected)
{
    assert_int_equal(actual.len, expected.len);
    if (expected.len > 0) {
        assert_memory_equal(actual.ptr, expected.ptr, expected.len);
    }
}

/* The tests' *state is the database's scheme. */
static inline int kit_run_on_every_database(const struct CMUnitTest *tests, size_t count)
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
