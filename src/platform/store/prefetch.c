/* Loading rows in few statements: what the commands of a batch name is gathered, each row once, and
 * loaded table by table. The same way serves a single row that apply finds missing. */
#include "platform/store/store_int.h"

enum { PREFETCH_ROUNDS = 3 };

void prefetch__want(struct tx *tx, struct tx_table *table, int64_t id)
{
    struct entry *entry = row__entry(tx, table, id);

    if (entry->state == ENTRY_UNKNOWN && !entry->wanted) {
        entry->wanted = true;
        list__add(&table->wanted, entry);
    }
}

void prefetch__want_key(struct tx *tx, struct tx_table *table, unsigned unique, const void *key)
{
    const struct unique_info *info = &table->info->uniques[unique];
    struct entry *entry = row__key_entry(tx, table, unique, key);

    if (entry->state != ENTRY_UNKNOWN || entry->wanted) {
        return;
    }
    if (info->rising &&
        row__int(&table->info->table->columns[info->columns[0]], key) > table->greatest[unique]) {
        entry->state = ENTRY_ABSENT;
        return;
    }
    entry->wanted = true;
    list__add(&table->wanted_keys[unique], entry);
}

struct load_sink {
    struct row_sink sink;
    struct tx *tx;
    struct tx_table *table;
};

static void add_loaded(struct row_sink *sink, void *row)
{
    struct load_sink *load = (struct load_sink *)(void *)sink;

    row__loaded(load->tx, load->table, row);
}

static void load_ids(struct tx *tx, struct tx_table *table)
{
    struct load_sink load = {{tx->arena, add_loaded}, tx, table};
    struct list *wanted = &table->wanted;
    int64_t *ids = ARENA_ARRAY(tx->arena, int64_t, wanted->count);

    for (size_t i = 0; i < wanted->count; i++) {
        ids[i] = ((const struct entry *)wanted->items[i])->id;
    }
    tx->status = writer__begin(tx->store);
    if (tx->status == DB_OK) {
        tx->status = fault__hit() ? DB_FAULT
                                  : tx->db->driver->load_ids(tx->db, table->info, ids,
                                                             wanted->count, &load.sink);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        struct entry *entry = wanted->items[i];

        entry->wanted = false;
        if (entry->state == ENTRY_UNKNOWN) {
            entry->state = ENTRY_ABSENT;
        }
    }
    wanted->count = 0;
}

static void load_keys(struct tx *tx, struct tx_table *table, unsigned unique)
{
    struct load_sink load = {{tx->arena, add_loaded}, tx, table};
    struct list *wanted = &table->wanted_keys[unique];
    const void **keys = ARENA_ARRAY(tx->arena, const void *, wanted->count);

    for (size_t i = 0; i < wanted->count; i++) {
        keys[i] = ((const struct entry *)wanted->items[i])->row;
    }
    tx->status = writer__begin(tx->store);
    if (tx->status == DB_OK) {
        tx->status = fault__hit() ? DB_FAULT
                                  : tx->db->driver->load_keys(tx->db, table->info, unique, keys,
                                                              wanted->count, &load.sink);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        struct entry *entry = wanted->items[i];

        entry->wanted = false;
        entry->state = ENTRY_ABSENT; /* unless a row has taken its place in the map */
    }
    wanted->count = 0;
}

void prefetch__load(struct tx *tx)
{
    for (size_t i = 0; i < tx->catalog->table_count; i++) {
        struct tx_table *table = &tx->tables[i];

        if (table->wanted.count > 0 && tx->status == DB_OK) {
            load_ids(tx, table);
        }
        for (unsigned j = 0; j < table->info->table->unique_count; j++) {
            if (table->wanted_keys[j].count > 0 && tx->status == DB_OK) {
                load_keys(tx, table, j);
            }
        }
    }
}

void prefetch__run(struct tx *tx, struct command *const *commands, size_t count)
{
    for (unsigned round = 0; round < PREFETCH_ROUNDS && tx->status == DB_OK; round++) {
        tx->prefetch.asked = false;
        for (size_t i = 0; i < count; i++) {
            if (commands[i]->kind->prefetch != NULL) {
                commands[i]->kind->prefetch(&tx->prefetch, commands[i]->arg, round);
            }
        }
        if (!tx->prefetch.asked) {
            return;
        }
        prefetch__load(tx);
    }
}

void prefetch_id(struct prefetch *pre, const struct table *table, int64_t id)
{
    pre->asked = true;
    prefetch__want(pre->tx, tx__table(pre->tx, table), id);
}

void prefetch_unique(struct prefetch *pre, const struct table *table, unsigned unique,
                     const void *key)
{
    struct tx_table *t = tx__table(pre->tx, table);

    CHECK(unique < table->unique_count);
    pre->asked = true;
    if (row__has_key(t->info, unique, key)) {
        prefetch__want_key(pre->tx, t, unique, key);
    }
}

const void *prefetch_peek(struct prefetch *pre, const struct table *table, int64_t id)
{
    const struct entry *entry = row__find(pre->tx, tx__table(pre->tx, table), id);

    return entry != NULL && entry_is_live(entry) ? entry->row : NULL;
}

const void *prefetch_peek_unique(struct prefetch *pre, const struct table *table, unsigned unique,
                                 const void *key)
{
    const struct entry *entry = row__find_key(pre->tx, tx__table(pre->tx, table), unique, key);

    CHECK(unique < table->unique_count);
    return entry != NULL && entry_is_live(entry) ? entry->row : NULL;
}
