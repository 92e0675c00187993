/* The rewriting of MySQL's DDL for SQLite, word by word; that SQLite takes the outcome is shown
 * wherever a store is opened. */
#include "test/lib/store_kit_test.h"

#include "platform/store/store_driver.h"

static void check(const char *mysql, const char *sqlite)
{
    struct buf buf;

    buf_init(&buf, 65536);
    ddl__for_sqlite(&buf, str_of(mysql));
    buf_add_char(&buf, '\0');
    assert_true(buf_ok(&buf));
    assert_string_equal(buf.ptr, sqlite);
    buf_free(&buf);
}

static void types_become_those_of_strict_tables(void **state)
{
    (void)state;
    check("CREATE TABLE t (id BIGINT NOT NULL, n int, PRIMARY KEY (id))",
          "CREATE TABLE t (id INTEGER NOT NULL, n INTEGER, PRIMARY KEY (id)) STRICT");
    check("CREATE TABLE t (a VARCHAR(64) NOT NULL, b varbinary (9), c BLOB)",
          "CREATE TABLE t (a TEXT CHECK (length(a) <= 64) NOT NULL, b BLOB CHECK (length(b) <= 9), "
          "c BLOB CHECK (length(c) <= 65535)) STRICT");
}

static void comments_go_and_quoted_text_stays(void **state)
{
    (void)state;
    check("CREATE TABLE t (a BIGINT COMMENT 'an INT, it''s (9)', b VARCHAR(3) DEFAULT 'INT')",
          "CREATE TABLE t (a INTEGER , b TEXT CHECK (length(b) <= 3) DEFAULT 'INT') STRICT");
}

static void quoted_names_are_names(void **state)
{
    (void)state;
    check("CREATE TABLE `int` (`blob` VARCHAR(3))",
          "CREATE TABLE `int` (`blob` TEXT CHECK (length(`blob`) <= 3)) STRICT");
}

static void added_columns_are_rewritten(void **state)
{
    (void)state;
    check("ALTER TABLE t ADD COLUMN a VARCHAR(8) NOT NULL DEFAULT '' COMMENT 'x'",
          "ALTER TABLE t ADD COLUMN a TEXT CHECK (length(a) <= 8) NOT NULL DEFAULT '' ");
}

static void a_wider_column_needs_nothing(void **state)
{
    (void)state;
    check("ALTER TABLE t MODIFY a BIGINT NOT NULL COMMENT 'x'", "SELECT 1");
    check("ALTER TABLE modify ADD COLUMN a INT", "ALTER TABLE modify ADD COLUMN a INTEGER");
}

static void other_statements_stay_as_they_are(void **state)
{
    (void)state;
    check("CREATE UNIQUE INDEX i ON t (a, b)", "CREATE UNIQUE INDEX i ON t (a, b)");
    check("UPDATE t SET a = 'BIGINT' WHERE b = 1", "UPDATE t SET a = 'BIGINT' WHERE b = 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_become_those_of_strict_tables),
        cmocka_unit_test(comments_go_and_quoted_text_stays),
        cmocka_unit_test(quoted_names_are_names),
        cmocka_unit_test(added_columns_are_rewritten),
        cmocka_unit_test(a_wider_column_needs_nothing),
        cmocka_unit_test(other_statements_stay_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
