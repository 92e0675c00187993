#include "test/lib/store_kit.h"

#include "platform/module/module.h"
#include "test/lib/folder.h"
#include "test/lib/mariadb.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the schema ---- */

static const struct column item_columns[] = {
    COLUMN(struct item, id, COL_ID),
    COLUMN(struct item, owner, COL_ID, .fixed = true),
    COLUMN(struct item, name, COL_TEXT, .size = 60),
    COLUMN(struct item, amount, COL_AMOUNT),
    COLUMN(struct item, at_ms, COL_TIME),
    COLUMN(struct item, kind, COL_ENUM),
    COLUMN(struct item, flag, COL_BOOL),
    COLUMN(struct item, currency, COL_CURRENCY),
    COLUMN(struct item, data, COL_BLOB, .size = 20000),
    COLUMN(struct item, reference, COL_TEXT, .size = 64, .optional = true),
};

const struct table item_table = {
    .name = "item",
    .row_size = sizeof(struct item),
    .columns = item_columns,
    .column_count = ARRAY_LEN(item_columns),
    .uniques = {{.name = "item_owner", .columns = {"owner"}},
                {.name = "item_reference", .columns = {"reference"}}},
    .unique_count = 2,
};

static const struct column keeper_columns[] = {
    COLUMN(struct keeper, id, COL_ID),
    COLUMN(struct keeper, total, COL_INT),
    COLUMN(struct keeper, note, COL_TEXT, .size = 64),
};

const struct table keeper_table = {
    .name = "keeper",
    .row_size = sizeof(struct keeper),
    .columns = keeper_columns,
    .column_count = ARRAY_LEN(keeper_columns),
    .keep = KIT_KEEP,
};

static const struct column note_columns[] = {
    COLUMN(struct note, id, COL_ID),
    COLUMN(struct note, source, COL_ID, .fixed = true),
    COLUMN(struct note, step, COL_INT, .fixed = true),
    COLUMN(struct note, text, COL_TEXT, .size = 64, .fixed = true),
};

const struct table note_table = {
    .name = "note",
    .row_size = sizeof(struct note),
    .columns = note_columns,
    .column_count = ARRAY_LEN(note_columns),
    .uniques = {{.name = "note_source", .columns = {"source", "step"}, .rising = true}},
    .unique_count = 1,
    .append_only = true,
};

static const struct migration migrations[] = {
    {
        .name = "kit.001_item",
        .sql = "CREATE TABLE item (\n"
               "  id BIGINT NOT NULL COMMENT 'it''s the key',\n"
               "  owner BIGINT NOT NULL COMMENT 'one item each',\n"
               "  name VARCHAR(60) NOT NULL COMMENT 'VARCHAR(60) in a comment stays out of it',\n"
               "  amount BIGINT NOT NULL COMMENT 'minor units',\n"
               "  at_ms BIGINT NOT NULL COMMENT 'an instant',\n"
               "  kind INT NOT NULL COMMENT 'enum item_kind',\n"
               "  flag INT NOT NULL COMMENT '0 or 1',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217',\n"
               "  data VARBINARY(20000) NOT NULL COMMENT 'bytes',\n"
               "  reference VARCHAR(64) COMMENT 'unique, or NULL',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (owner),\n"
               "  UNIQUE (reference)\n"
               ")",
    },
    {
        .name = "kit.002_item_kind",
        .sql = "CREATE INDEX item_kind ON item (kind)",
    },
    {
        .name = "kit.003_keeper",
        .sql = "CREATE TABLE keeper (\n"
               "  id BIGINT NOT NULL COMMENT 'key',\n"
               "  total BIGINT NOT NULL COMMENT 'a number',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "kit.004_keeper_note",
        .sql = "ALTER TABLE keeper ADD COLUMN note VARCHAR(64) NOT NULL DEFAULT '' COMMENT 'text'",
    },
    {
        .name = "kit.005_note",
        .sql = "CREATE TABLE note (\n"
               "  id BIGINT NOT NULL COMMENT 'gap-free',\n"
               "  source BIGINT NOT NULL COMMENT 'rising',\n"
               "  step BIGINT NOT NULL COMMENT 'of the source',\n"
               "  text VARCHAR(64) NOT NULL COMMENT 'text',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (source, step)\n"
               ")",
    },
};

static const struct sequence note_sequence = {.name = "note", .table = &note_table};
static const struct statement items_from = {
    .name = "items_from",
    .sql = "SELECT :row FROM item WHERE id >= ? AND name <> ? ORDER BY id",
    .row = &item_table,
};
static const struct statement item_count = {
    .name = "item_count",
    .sql = "SELECT COUNT(*) FROM item",
};

static const struct table *const tables[] = {&item_table, &keeper_table, &note_table};
static const struct statement *const statements[] = {&items_from, &item_count};
static const struct sequence *const sequences[] = {&note_sequence};

const struct store_part kit_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = migrations,
    .migration_count = ARRAY_LEN(migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
    .sequences = sequences,
    .sequence_count = ARRAY_LEN(sequences),
};

/* ---- opening ---- */

struct kit *kit_new(const char *scheme)
{
    struct kit *kit = mem_new(sizeof(*kit));
    char folder[200];

    if (strcmp(scheme, "mysql") == 0) {
        (void)snprintf(kit->url, sizeof(kit->url), "%s", test_mariadb_fresh_url());
    } else {
        test_folder(folder, sizeof(folder), "store_kit");
        (void)snprintf(kit->url, sizeof(kit->url), "sqlite:%s/tomato.db", folder);
    }
    kit->arena = arena_new();
    kit->options = (struct store_options){
        .url = str_of(kit->url),
        .queue_max = KIT_QUEUE_MAX,
        .lease_ms = 500,
        .parts = &kit_part,
        .part_count = 1,
        .migrate = true,
    };
    return kit;
}

void kit_start(struct kit *kit)
{
    char detail[256];

    if (store_open(&kit->options, &kit->store, detail) != ERR_OK) {
        (void)fprintf(stderr, "store_open: %s\n", detail);
        abort();
    }
}

struct kit *kit_open(const char *scheme)
{
    struct kit *kit = kit_new(scheme);

    kit_start(kit);
    return kit;
}

void kit_reopen(struct kit *kit)
{
    store_close(kit->store);
    kit_start(kit);
}

static void remove_files(const char *url)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    const char *path = url + strlen("sqlite:");
    char name[300];

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(strrchr(path, '/') - path), path);
    (void)rmdir(name);
}

void kit_close(struct kit *kit)
{
    if (kit->store != NULL) {
        store_close(kit->store);
    }
    if (kit->loop != NULL) {
        loop_stop(kit->loop);
        loop_free(kit->loop);
    }
    if (strncmp(kit->url, "sqlite:", 7) == 0) {
        remove_files(kit->url);
    }
    arena_free(kit->arena);
    mem_free(kit->app);
    mem_free(kit);
}

struct app *kit_app(struct kit *kit)
{
    if (kit->app == NULL) {
        kit->app = mem_new(sizeof(*kit->app));
        kit->app->store = kit->store;
    }
    return kit->app;
}

/* ---- commands ---- */

struct kit_batch {
    struct counter left;
    struct signal *done;
    struct signal *entered; /* the writer is in the gate */
    struct signal *go;
};

static enum err kit_apply(struct tx *tx, const void *arg, void *result)
{
    const struct kit_command *c = arg;

    (void)result;
    return c->run(tx, c->ctx);
}

static void kit_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct kit_command *c = arg;
    const struct item key = {.owner = c->prefetch_owner};

    if (c->prefetch_id != 0) {
        prefetch_id(pre, &item_table, c->prefetch_id);
        CHECK((prefetch_peek(pre, &item_table, c->prefetch_id) != NULL) == (round > 0));
    }
    if (c->prefetch_owner != 0) {
        prefetch_unique(pre, &item_table, 0, &key);
        CHECK((prefetch_peek_unique(pre, &item_table, 0, &key) != NULL) == (round > 0));
    }
}

static const struct command_kind kit_kind = {
    .name = "kit.run",
    .prefetch = kit_prefetch,
    .apply = kit_apply,
};

enum err kit_run(struct kit *kit, enum err (*run)(struct tx *tx, void *ctx), const void *ctx)
{
    const struct kit_command c = {.run = run, .ctx = (void *)(uintptr_t)ctx};

    return store_run(kit->store, &kit_kind, &c, NULL, kit->arena);
}

static void one_done(struct command *command)
{
    struct kit_batch *batch = command->ctx;

    if (batch == NULL) {
        return;
    }
    counter_add(&batch->left, -1); /* the writer's thread alone counts down */
    if (counter_get(&batch->left) == 0) {
        signal_set(batch->done);
    }
}

static enum err submit_one(struct kit *kit, struct command *command, struct kit_batch *batch)
{
    command->done = one_done;
    command->ctx = batch;
    return store_submit(kit->store, command);
}

static struct command *command_of(struct kit *kit, struct kit_command *c)
{
    c->command = (struct command){.kind = &kit_kind, .arg = c, .arena = kit->arena};
    return &c->command;
}

void kit_submit(struct kit *kit, struct kit_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK(submit_one(kit, command_of(kit, &commands[i]), NULL) == ERR_OK);
    }
}

/* Holds the writer up, so that what is submitted meanwhile makes one batch. */
static enum err gate(struct tx *tx, void *ctx)
{
    struct kit_batch *batch = ctx;

    (void)tx;
    signal_set(batch->entered);
    (void)signal_wait(batch->go, -1);
    return ERR_OK;
}

static size_t flood(struct kit *kit, struct command *const *commands, size_t count)
{
    struct kit_batch batch = {.done = signal_new(), .entered = signal_new(), .go = signal_new()};
    struct kit_command first = {.run = gate, .ctx = &batch};
    size_t refused = 0;

    counter_set(&batch.left, 1 + (int64_t)count);
    CHECK(submit_one(kit, command_of(kit, &first), &batch) == ERR_OK);
    (void)signal_wait(batch.entered, -1);
    for (size_t i = 0; i < count; i++) {
        enum err err = submit_one(kit, commands[i], &batch);

        CHECK(err == ERR_OK || err == ERR_STORE_BUSY);
        refused += err == ERR_OK ? 0 : 1;
    }
    counter_add(&batch.left, -(int64_t)refused);
    signal_set(batch.go);
    (void)signal_wait(batch.done, -1);
    signal_free(batch.done);
    signal_free(batch.entered);
    signal_free(batch.go);
    return refused;
}

size_t kit_flood(struct kit *kit, struct kit_command *commands, size_t count)
{
    struct command **pointers = mem_new(count * sizeof(struct command *));
    size_t refused;

    for (size_t i = 0; i < count; i++) {
        pointers[i] = command_of(kit, &commands[i]);
    }
    refused = flood(kit, pointers, count);
    mem_free(pointers);
    return refused;
}

void kit_batch_of(struct kit *kit, struct command *const *commands, size_t count)
{
    CHECK(count <= KIT_QUEUE_MAX);
    CHECK(flood(kit, commands, count) == 0);
}

void kit_batch(struct kit *kit, struct kit_command *commands, size_t count)
{
    CHECK(count <= KIT_QUEUE_MAX);
    CHECK(kit_flood(kit, commands, count) == 0);
}

/* ---- reading ---- */

struct kit_read {
    struct kit *kit;
    const struct table *table;
    int64_t id;
    const void *key;
    void *row;
    int64_t number;
    enum err err;
};

static void read_one(void *ctx, struct reader *reader)
{
    struct kit_read *r = ctx;

    r->err = r->key == NULL ? reader_get(reader, r->table, r->id, r->kit->arena, r->row)
                            : reader_find(reader, r->table, 0, r->key, r->kit->arena, r->row);
}

static enum err read_row(struct kit_read *r)
{
    CHECK(store_read(r->kit->store, read_one, r) == ERR_OK);
    return r->err;
}

enum err kit_get(struct kit *kit, int64_t id, struct item *item)
{
    return read_row(&(struct kit_read){.kit = kit, .table = &item_table, .id = id, .row = item});
}

enum err kit_read_owner(struct kit *kit, int64_t owner, struct item *item)
{
    const struct item key = {.owner = owner};

    return read_row(&(struct kit_read){.kit = kit, .table = &item_table, .key = &key, .row = item});
}

enum err kit_keeper_get(struct kit *kit, int64_t id, struct keeper *keeper)
{
    return read_row(
        &(struct kit_read){.kit = kit, .table = &keeper_table, .id = id, .row = keeper});
}

enum err kit_note_get(struct kit *kit, int64_t id, struct note *note)
{
    return read_row(&(struct kit_read){.kit = kit, .table = &note_table, .id = id, .row = note});
}

struct kit_each {
    struct kit *kit;
    const int64_t *asked;
    size_t count;
    const void **items;
    enum err err;
};

static void read_each_id(void *ctx, struct reader *reader)
{
    struct kit_each *e = ctx;

    e->err = reader_get_each(reader, &item_table, e->asked, e->count, e->kit->arena, e->items);
}

static void read_each_owner(void *ctx, struct reader *reader)
{
    struct kit_each *e = ctx;
    struct item *likes = ARENA_ARRAY(e->kit->arena, struct item, e->count);
    const void **keys = ARENA_ARRAY(e->kit->arena, const void *, e->count);
    const struct reader_keys wanted = {.table = &item_table, .keys = keys, .count = e->count};

    for (size_t i = 0; i < e->count; i++) {
        likes[i].owner = e->asked[i];
        keys[i] = &likes[i];
    }
    e->err = reader_find_each(reader, &wanted, e->kit->arena, e->items);
}

enum err kit_get_each(struct kit *kit, const int64_t *ids, size_t count, const void **items)
{
    struct kit_each each = {kit, ids, count, items, ERR_OK};

    CHECK(store_read(kit->store, read_each_id, &each) == ERR_OK);
    return each.err;
}

enum err kit_find_each(struct kit *kit, const int64_t *owners, size_t count, const void **items)
{
    struct kit_each each = {kit, owners, count, items, ERR_OK};

    CHECK(store_read(kit->store, read_each_owner, &each) == ERR_OK);
    return each.err;
}

static void read_count(void *ctx, struct reader *reader)
{
    struct kit_read *r = ctx;

    r->err = reader_ints(reader, &item_count, NULL, 0, &r->number, 1);
}

int64_t kit_count(struct kit *kit)
{
    struct kit_read r = {.kit = kit};

    CHECK(store_read(kit->store, read_count, &r) == ERR_OK && r.err == ERR_OK);
    return r.number;
}

struct kit_query {
    struct query query;
    int64_t from;
    void *rows;
    size_t count;
    struct signal *done;
};

static void query_run(struct query *query, struct reader *reader)
{
    struct kit_query *q = query->ctx;
    const struct value values[] = {VALUE_INT(q->from), VALUE_TEXT(STR("it's ?"))};

    query->err = reader_rows(reader, &items_from, values, ARRAY_LEN(values), query->arena, &q->rows,
                             &q->count);
}

static void query_done(struct query *query)
{
    CHECK(loop_is_current(query->loop));
    signal_set(((struct kit_query *)query->ctx)->done);
}

enum err kit_query(struct kit *kit, int64_t min_commit_no, int64_t from, struct item **items,
                   size_t *count)
{
    struct kit_query q = {.from = from, .done = signal_new()};

    if (kit->loop == NULL) {
        kit->loop = loop_new("kit", 0, NULL);
        loop_start(kit->loop);
    }
    q.query = (struct query){
        .run = query_run,
        .done = query_done,
        .loop = kit->loop,
        .arena = kit->arena,
        .min_commit_no = min_commit_no,
        .ctx = &q,
    };
    CHECK(store_query(kit->store, &q.query) == ERR_OK);
    (void)signal_wait(q.done, -1);
    signal_free(q.done);
    *items = q.rows;
    *count = q.count;
    return q.query.err;
}

/* ---- inside a command ---- */

enum err kit_insert_named(struct tx *tx, int64_t id, int64_t owner, struct str name)
{
    const struct item item = {
        .id = id,
        .owner = owner,
        .name = name,
        .amount = {100},
        .kind = ITEM_SMALL,
        .currency = CURRENCY_CNY,
    };

    return tx_insert(tx, &item_table, &item);
}

enum err kit_insert(struct tx *tx, int64_t id, int64_t owner, const char *name)
{
    return kit_insert_named(tx, id, owner, str_of(name));
}

struct put {
    int64_t id;
    const char *name;
};

static enum err put(struct tx *tx, void *ctx)
{
    const struct put *p = ctx;

    return kit_insert(tx, p->id, p->id, p->name);
}

void kit_put(struct kit *kit, int64_t id, const char *name)
{
    const struct put p = {id, name};

    CHECK(kit_run(kit, put, &p) == ERR_OK);
}

enum err kit_edit(struct tx *tx, int64_t id, struct item **item)
{
    void *row;

    TRY(tx_edit(tx, &item_table, id, &row));
    *item = row;
    return ERR_OK;
}

static enum err find(struct tx *tx, unsigned unique, const struct item *key,
                     const struct item **item)
{
    const void *row;

    TRY(tx_find(tx, &item_table, unique, key, &row));
    *item = row;
    return ERR_OK;
}

enum err kit_find(struct tx *tx, int64_t owner, const struct item **item)
{
    return find(tx, 0, &(struct item){.owner = owner}, item);
}

enum err kit_find_reference(struct tx *tx, const char *reference, const struct item **item)
{
    return find(tx, 1, &(struct item){.reference = str_of(reference)}, item);
}

enum err kit_bump(struct tx *tx, void *ctx)
{
    struct item *item;

    TRY(kit_edit(tx, *(const int64_t *)ctx, &item));
    item->amount.minor++;
    return ERR_OK;
}

void kit_note_keyed(struct tx *tx, const struct note *note)
{
    struct note row = *note;

    row.id = tx_sequence(tx, &note_sequence);
    tx_append(tx, &note_table, &row);
}

void kit_note(struct tx *tx, const char *text)
{
    struct note row = {.text = str_of(text)};

    row.id = tx_sequence(tx, &note_sequence);
    row.source = row.id;
    tx_append(tx, &note_table, &row);
}
