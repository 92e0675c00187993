/* Opening a store: migrations, statements, and who may write. */
#include "test/lib/store_kit_test.h"

#include "test/lib/mariadb.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static enum err open_with(struct kit *kit, const struct store_part *parts, size_t count,
                          char detail[256])
{
    struct store_options options = kit->options;
    enum err err;

    options.parts = parts;
    options.part_count = count;
    err = store_open(&options, &kit->store, detail);
    if (err == ERR_OK) {
        store_close(kit->store);
    }
    kit->store = NULL;
    return err;
}

#define assert_says(detail_, words_) assert_non_null(strstr((detail_), (words_)))

/* ---- migrations ---- */

static const struct migration two[] = {
    {.name = "two.001", .sql = "CREATE TABLE one_table (id BIGINT NOT NULL, PRIMARY KEY (id))"},
    {.name = "two.002", .sql = "CREATE TABLE two_table (id BIGINT NOT NULL PRIMARY)"},
};
static const struct migration two_mended[] = {
    {.name = "two.001", .sql = "CREATE TABLE one_table (id BIGINT NOT NULL, PRIMARY KEY (id))"},
    {.name = "two.002", .sql = "CREATE TABLE two_table (id BIGINT NOT NULL, PRIMARY KEY (id))"},
};

static void an_upgrade_goes_on_where_it_stopped(void **state)
{
    struct kit *kit = kit_new(*state);
    const struct store_part bad = {.migrations = two, .migration_count = 2};
    const struct store_part good = {.migrations = two_mended, .migration_count = 2};
    char detail[256];

    assert_int_equal(open_with(kit, &bad, 1, detail), ERR_STORE_MIGRATION);
    assert_says(detail, "two.002");
    assert_int_equal(open_with(kit, &good, 1, detail), ERR_OK);
    assert_int_equal(open_with(kit, &good, 1, detail), ERR_OK);
    kit_close(kit);
}

static void an_old_database_is_refused_without_migrate(void **state)
{
    struct kit *kit = kit_new(*state);
    char detail[256];

    kit->options.migrate = false;
    assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_STORE_MIGRATION);
    assert_says(detail, "kit.001_item has not been applied");
    kit->options.migrate = true;
    assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_OK);
    kit->options.migrate = false;
    assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_OK);
    kit_close(kit);
}

/* MySQL commits DDL by itself: the process may end between it and its record. */
static void begun_ddl_is_completed(void **state)
{
    struct kit *kit = kit_new(*state);
    char detail[256];

    if (strcmp(*state, "mysql") == 0) {
        assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_OK);
        (void)test_mariadb_sql(kit->url, "UPDATE store_migration SET applied_at_ms = 0");
        assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_OK);
        assert_int_equal(
            test_mariadb_sql(kit->url,
                             "SELECT COUNT(*) FROM store_migration WHERE applied_at_ms = 0"),
            0);
        /* but what others have made is not taken for ours */
        (void)test_mariadb_sql(kit->url, "DELETE FROM store_migration WHERE name = 'kit.005_note'");
        assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_STORE_MIGRATION);
        assert_says(detail, "kit.005_note");
    }
    kit_close(kit);
}

static void tables_of_mysql_compare_text_by_bytes(void **state)
{
    struct kit *kit = kit_open(*state);

    if (strcmp(*state, "mysql") == 0) {
        assert_int_equal(test_mariadb_sql(kit->url,
                                          "SELECT COUNT(*) FROM information_schema.TABLES WHERE "
                                          "TABLE_SCHEMA = DATABASE() AND TABLE_COLLATION <> "
                                          "'utf8mb4_nopad_bin'"),
                         0);
        assert_int_equal(test_mariadb_sql(kit->url,
                                          "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE "
                                          "TABLE_SCHEMA = DATABASE() AND COLUMN_COMMENT = ''"),
                         0);
    }
    kit_close(kit);
}

/* ---- the catalog against the schema ---- */

static void a_typo_in_a_statement_refuses_the_start(void **state)
{
    struct kit *kit = kit_new(*state);
    static const struct statement typo = {.name = "kit_typo", .sql = "SELECT nmae FROM item"};
    static const struct statement *const statements[] = {&typo};
    const struct store_part parts[] = {kit_part, {.statements = statements, .statement_count = 1}};
    char detail[256];

    assert_int_equal(open_with(kit, parts, 2, detail), ERR_STORE_MIGRATION);
    assert_says(detail, "kit_typo");
    assert_says(detail, "nmae");
    kit_close(kit);
}

static void a_result_of_another_shape_refuses_the_start(void **state)
{
    struct kit *kit = kit_new(*state);
    static const struct statement narrow = {
        .name = "kit_narrow", .sql = "SELECT id FROM item", .row = &item_table};
    static const struct statement *const statements[] = {&narrow};
    const struct store_part parts[] = {kit_part, {.statements = statements, .statement_count = 1}};
    char detail[256];

    assert_int_equal(open_with(kit, parts, 2, detail), ERR_STORE_MIGRATION);
    assert_says(detail, "kit_narrow");
    kit_close(kit);
}

struct lost {
    int64_t id;
    int64_t lost;
};
static const struct column lost_columns[] = {
    COLUMN(struct lost, id, COL_ID),
    COLUMN(struct lost, lost, COL_INT),
};
static const struct table lost_table = {
    .name = "one_table",
    .row_size = sizeof(struct lost),
    .columns = lost_columns,
    .column_count = ARRAY_LEN(lost_columns),
};

static void a_column_the_schema_lacks_refuses_the_start(void **state)
{
    struct kit *kit = kit_new(*state);
    static const struct table *const tables[] = {&lost_table};
    const struct store_part part = {
        .migrations = two_mended, .migration_count = 2, .tables = tables, .table_count = 1};
    char detail[256];

    assert_int_equal(open_with(kit, &part, 1, detail), ERR_STORE_MIGRATION);
    assert_says(detail, "table one_table");
    assert_says(detail, "lost");
    kit_close(kit);
}

static void a_unique_key_of_unknown_or_changing_columns_is_refused(void **state)
{
    struct kit *kit = kit_new(*state);
    struct table table = lost_table;
    const struct table *const tables[] = {&table};
    const struct store_part part = {.tables = tables, .table_count = 1};
    char detail[256];

    table.unique_count = 1;
    table.uniques[0] = (struct unique){.name = "k", .columns = {"nothing"}};
    assert_int_equal(open_with(kit, &part, 1, detail), ERR_STORE_MIGRATION);
    assert_says(detail, "no column nothing");
    table.uniques[0] = (struct unique){.name = "k", .columns = {"lost"}};
    assert_int_equal(open_with(kit, &part, 1, detail), ERR_STORE_MIGRATION);
    assert_says(detail, "fixed or optional");
    kit_close(kit);
}

static void unknown_urls_are_refused(void **state)
{
    static const char *const urls[] = {
        "postgres://x",          "mysql://nobody",           "mysql://u:p@h:x/d",
        "mysql://u:p@h:70000/d", "mysql://u@127.0.0.1:1/db", "sqlite:/nowhere/at/all.db",
    };
    struct kit *kit = kit_new(*state);
    char detail[256];

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        kit->options.url = str_of(urls[i]);
        assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_STORE_DATABASE);
        assert_true(detail[0] != '\0');
    }
    kit_close(kit);
}

static void readers_may_have_a_url_of_their_own(void **state)
{
    struct kit *kit = kit_new(*state);
    char other[260];
    struct item *rows;
    size_t count;

    /* the same database by another name: a character of it percent-encoded, a slash doubled */
    if (strcmp(*state, "mysql") == 0) {
        (void)snprintf(other, sizeof(other), "mysql://%%74%s", kit->url + strlen("mysql://t"));
    } else {
        (void)snprintf(other, sizeof(other), "sqlite:/%s", kit->url + strlen("sqlite:"));
    }
    kit->options.reader_url = str_of(other);
    kit_start(kit);
    kit_put(kit, 1, "a");
    assert_int_equal(kit_query(kit, store_commit_no(kit->store), 1, &rows, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(kit_query(kit, store_commit_no(kit->store) + 1, 1, &rows, &count),
                     ERR_STORE_STALE);
    kit_close(kit);
}

/* ---- one writer ---- */

/* Opens the store in a child process; *ready tells when it has. Returns the child. */
static pid_t open_in_child(struct kit *kit, int *ready)
{
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char detail[256];
        char answer = store_open(&kit->options, &kit->store, detail) == ERR_OK ? 'y' : 'n';

        if (write(ends[1], &answer, 1) != 1) {
            _exit(1);
        }
        for (;;) {
            (void)pause();
        }
    }
    (void)close(ends[1]);
    *ready = ends[0];
    return pid;
}

static char answer_of(int ready)
{
    char answer = '?';

    assert_int_equal(read(ready, &answer, 1), 1);
    (void)close(ready);
    return answer;
}

static void end_child(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_second_writer_is_refused(void **state)
{
    struct kit *kit = kit_new(*state);
    char detail[256];
    int ready;
    pid_t pid = open_in_child(kit, &ready);

    assert_int_equal(answer_of(ready), 'y');
    assert_int_equal(open_with(kit, &kit_part, 1, detail), ERR_STORE_FENCED);
    assert_says(detail, strcmp(*state, "mysql") == 0 ? "holds the lease" : "in use by another");
    end_child(pid);
    kit_close(kit);
}

static void a_standby_takes_over_when_the_writer_dies(void **state)
{
    struct kit *kit = kit_new(*state);
    struct item found;
    int ready;
    pid_t writer = open_in_child(kit, &ready);
    pid_t standby;

    assert_int_equal(answer_of(ready), 'y');
    standby = open_in_child(kit, &ready);
    (void)usleep(100 * 1000);
    end_child(writer);
    assert_int_equal(answer_of(ready), 'y');
    end_child(standby);
    kit_start(kit);
    kit_put(kit, 1, "after both");
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    kit_close(kit);
}

static void the_commit_number_goes_on_after_a_restart(void **state)
{
    struct kit *kit = kit_open(*state);
    int64_t before;

    kit_put(kit, 1, "a");
    before = store_commit_no(kit->store);
    assert_true(before > 0);
    kit_reopen(kit);
    assert_int_equal(store_commit_no(kit->store), before);
    kit_put(kit, 2, "b");
    assert_int_equal(store_commit_no(kit->store), before + 1);
    kit_close(kit);
}

enum { FILL_ITEMS = 200, FILL_ROUNDS = 25, FILL_BYTES = 20000 };

/* Changes 4 MB of blobs. */
static enum err fill(struct tx *tx, void *ctx)
{
    char *data = arena_alloc(tx_arena(tx), FILL_BYTES);

    memset(data, 'a' + (int)(*(const int64_t *)ctx % 26), FILL_BYTES);
    for (int64_t id = 1; id <= FILL_ITEMS; id++) {
        struct item *item;

        TRY(kit_edit(tx, id, &item));
        item->data = (struct str){data, FILL_BYTES};
    }
    return ERR_OK;
}

/* 100 MB of changes without a moment of rest. */
static void the_log_of_a_busy_file_stays_small(void **state)
{
    struct kit *kit = kit_new(*state);
    struct stat file;
    char name[300];

    kit->options.checkpoint_pages = 4096; /* 8 MiB */
    kit_start(kit);
    for (int64_t id = 1; id <= FILL_ITEMS; id++) {
        kit_put(kit, id, "filled");
    }
    for (int64_t i = 0; i < FILL_ROUNDS; i++) {
        assert_int_equal(kit_run(kit, fill, &i), ERR_OK);
    }
    if (strcmp(*state, "sqlite") == 0) {
        (void)snprintf(name, sizeof(name), "%s-wal", kit->url + strlen("sqlite:"));
        assert_int_equal(stat(name, &file), 0);
        assert_true(file.st_size < 48 << 20);
    }
    kit_close(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upgrade_goes_on_where_it_stopped),
        cmocka_unit_test(an_old_database_is_refused_without_migrate),
        cmocka_unit_test(begun_ddl_is_completed),
        cmocka_unit_test(tables_of_mysql_compare_text_by_bytes),
        cmocka_unit_test(a_typo_in_a_statement_refuses_the_start),
        cmocka_unit_test(a_result_of_another_shape_refuses_the_start),
        cmocka_unit_test(a_column_the_schema_lacks_refuses_the_start),
        cmocka_unit_test(a_unique_key_of_unknown_or_changing_columns_is_refused),
        cmocka_unit_test(unknown_urls_are_refused),
        cmocka_unit_test(readers_may_have_a_url_of_their_own),
        cmocka_unit_test(a_second_writer_is_refused),
        cmocka_unit_test(a_standby_takes_over_when_the_writer_dies),
        cmocka_unit_test(the_commit_number_goes_on_after_a_restart),
        cmocka_unit_test(the_log_of_a_busy_file_stays_small),
    };

    return kit_run_on_every_database(tests, ARRAY_LEN(tests));
}
