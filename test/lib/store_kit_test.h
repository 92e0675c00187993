/* cmocka over test/lib/store_kit: every test runs once on each database. What runs on the writer's
 * thread checks with CHECK; cmocka's assertions are for the test's own thread. */
#ifndef TEST_LIB_STORE_KIT_TEST_H
#define TEST_LIB_STORE_KIT_TEST_H

#include "test/lib/each_database.h"
#include "test/lib/store_kit.h"
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
    return run_on_each_database(tests, count, NULL, NULL);
}

#endif
