/* Files damaged behind the store's back: what no query notices is found and named. */
#include "test/lib/store_kit_test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

enum { ITEMS = 500 };

static const char *path_of(const struct kit *kit)
{
    assert_memory_equal(kit->url, "sqlite:", 7);
    return kit->url + 7;
}

/* A store with some pages of rows, closed, so that all of it is in the file. */
static struct kit *filled(void)
{
    struct kit *kit = kit_open("sqlite");
    sqlite3 *db;

    for (int64_t i = 1; i <= ITEMS; i++) {
        kit_put(kit, i, str_cstr(kit->arena, str_printf(kit->arena, "item %d", (int)i)));
    }
    store_close(kit->store);
    assert_int_equal(sqlite3_open(path_of(kit), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return kit;
}

static int64_t number_of(struct kit *kit, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t number;

    assert_int_equal(sqlite3_open(path_of(kit), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

/* The first page of the index of the items' kinds. */
static off_t index_page(struct kit *kit)
{
    int64_t page = number_of(kit, "SELECT rootpage FROM sqlite_schema WHERE name = 'item_kind'");

    return (off_t)((page - 1) * number_of(kit, "PRAGMA page_size"));
}

static struct store_check check(struct kit *kit)
{
    struct store_check found = {0};

    kit_start(kit);
    assert_int_equal(store_check(kit->store, &found), ERR_OK);
    return found;
}

static void a_sound_file_is_sound(void **state)
{
    struct kit *kit = filled();
    struct store_check found = check(kit);

    (void)state;
    assert_true(found.checked);
    assert_string_equal(found.wrong, "");
    kit_close(kit);
}

static void flip(struct kit *kit, off_t at)
{
    int file = open(path_of(kit), O_RDWR | O_CLOEXEC);
    unsigned char byte;

    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    assert_int_equal(close(file), 0);
}

static void a_flipped_byte_in_a_page_of_an_index_is_found(void **state)
{
    /* the kind of page, the number of its cells, where a cell stands */
    static const off_t places[] = {0, 4, 12};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct kit *kit = filled();
        struct store_check found;

        flip(kit, index_page(kit) + places[i]);
        found = check(kit);
        assert_true(str_starts(str_of(found.wrong), STR("table item: ")));
        kit_close(kit);
    }
}

/* An index without one of its entries: the row is there, and whoever looks it up by its key would
 * not find it. */
static void a_dropped_entry_of_an_index_is_found(void **state)
{
    struct kit *kit = filled();
    struct store_check found;
    sqlite3 *db;

    (void)state;
    assert_int_equal(sqlite3_open(path_of(kit), &db), SQLITE_OK);
    /* the index is kept as another one, of fewer rows, and then called by its old name */
    assert_int_equal(
        sqlite3_exec(db,
                     "CREATE INDEX item_less ON item (kind) WHERE id <> 250;"
                     "PRAGMA writable_schema = 1;"
                     "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
                     "  WHERE name = 'item_less') WHERE name = 'item_kind';"
                     "DELETE FROM sqlite_schema WHERE name = 'item_less';"
                     "PRAGMA writable_schema = RESET",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    found = check(kit);
    assert_string_equal(found.wrong, "table item: row 250 missing from index item_kind");
    kit_close(kit);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_file_is_sound),
        cmocka_unit_test(a_flipped_byte_in_a_page_of_an_index_is_found),
        cmocka_unit_test(a_dropped_entry_of_an_index_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
