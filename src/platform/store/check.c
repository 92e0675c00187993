/* The database's own structures: what no query would notice. */
#include "platform/store/store_int.h"

struct check {
    struct store_check *asked;
    const char *table;
    enum db_status status;
};

static void check_run(void *ctx, struct reader *reader)
{
    struct check *check = ctx;

    check->status = reader->db->driver->check(reader->db, check->table, check->asked->wrong);
    if (check->status != DB_OK) {
        log_error("store", "store.check_failed", NULL,
                  LOG_TEXT("database", str_of(reader->db->problem)), LOG_END);
    }
}

/* Table by table, each a query of its own: no snapshot is held longer than one of them takes. */
enum err store_check(struct store *store, struct store_check *asked)
{
    const struct catalog *catalog = &store->catalog;
    struct check check = {.asked = asked, .status = DB_OK};

    asked->wrong[0] = '\0';
    asked->checked = store->readers.readers[0].db->driver->check != NULL;
    for (size_t i = 0; asked->checked && i < catalog->table_count; i++) {
        check.table = catalog->tables[i].table->name;
        if (asked->tell != NULL) {
            asked->tell(asked->ctx, check.table, i, catalog->table_count);
        }
        TRY(store_read(store, check_run, &check));
        if (check.status != DB_OK || asked->wrong[0] != '\0') {
            break;
        }
    }
    return check.status == DB_OK ? ERR_OK : ERR_STORE_DATABASE;
}
