/* The rows of a batch, in its arena, found by id and by unique key. What a table with `keep` has
 * from earlier batches (kept.c) comes in when it is asked for. */
#include "platform/store/store_int.h"

uint64_t row__id_hash(int64_t id)
{
    uint64_t x = (uint64_t)id;

    x = (x ^ (x >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    return x ^ (x >> 32);
}

static struct entry *entry_new(struct tx *tx, struct tx_table *table)
{
    struct entry *entry = ARENA_NEW(tx->arena, struct entry);

    entry->state = ENTRY_UNKNOWN;
    entry->next = table->made;
    table->made = entry;
    return entry;
}

static struct entry *find(const struct tx_table *table, int64_t id)
{
    size_t at = 0;

    return map__next(&table->rows, row__id_hash(id), &at);
}

static struct entry *add(struct tx *tx, struct tx_table *table, int64_t id)
{
    struct entry *entry = entry_new(tx, table);

    entry->id = id;
    map__put(&table->rows, row__id_hash(id), entry);
    return entry;
}

static struct entry *come_in(struct tx *tx, struct tx_table *table, void *row, size_t place)
{
    struct entry *entry = add(tx, table, row__int(&table->info->table->columns[0], row));

    entry->state = ENTRY_CLEAN;
    entry->kept = true;
    entry->place = place;
    entry->row = row;
    row__add_keys(table, entry);
    return entry;
}

struct entry *row__find(struct tx *tx, struct tx_table *table, int64_t id)
{
    struct entry *entry = find(table, id);
    size_t place;
    void *row = entry == NULL ? kept__get(&table->kept, tx->arena, id, &place) : NULL;

    return row == NULL ? entry : come_in(tx, table, row, place);
}

struct entry *row__entry(struct tx *tx, struct tx_table *table, int64_t id)
{
    struct entry *entry = row__find(tx, table, id);

    return entry == NULL ? add(tx, table, id) : entry;
}

static struct entry *find_key(const struct tx_table *table, unsigned unique, const void *key,
                              uint64_t hash)
{
    struct entry *entry;
    size_t at = 0;

    while ((entry = map__next(&table->keys[unique], hash, &at)) != NULL) {
        if (row__key_equal(table->info, unique, entry->row, key)) {
            return entry;
        }
    }
    return NULL;
}

/* A kept row that the batch has looked at already may have another key by now: then the database is
 * asked, which tells the same as of any row. */
struct entry *row__find_key(struct tx *tx, struct tx_table *table, unsigned unique, const void *key)
{
    struct entry *entry = find_key(table, unique, key, row__key_hash(table->info, unique, key));
    size_t place;
    void *row = entry == NULL ? kept__find(&table->kept, tx->arena, unique, key, &place) : NULL;

    if (row == NULL || find(table, row__int(&table->info->table->columns[0], row)) != NULL) {
        return entry;
    }
    return come_in(tx, table, row, place);
}

struct entry *row__key_entry(struct tx *tx, struct tx_table *table, unsigned unique,
                             const void *key)
{
    struct entry *entry = row__find_key(tx, table, unique, key);

    if (entry == NULL) {
        uint64_t hash = row__key_hash(table->info, unique, key);

        entry = entry_new(tx, table);
        entry->is_key = true;
        entry->row = arena_alloc(tx->arena, table->info->table->row_size);
        row__copy(tx->arena, table->info, entry->row, key);
        entry->has_key = 1U << unique;
        entry->key_hash[unique] = hash;
        map__put(&table->keys[unique], hash, entry);
    }
    return entry;
}

static void add_key(struct tx_table *table, struct entry *entry, unsigned unique)
{
    uint64_t hash = row__key_hash(table->info, unique, entry->row);
    struct entry *other = find_key(table, unique, entry->row, hash);

    if (other != NULL && !other->is_key) {
        return; /* the database will refuse the row */
    }
    if (other != NULL) {
        map__replace(&table->keys[unique], hash, other, entry);
        other->has_key = 0;
    } else {
        map__put(&table->keys[unique], hash, entry);
    }
    entry->key_hash[unique] = hash;
    entry->has_key |= 1U << unique;
}

void row__add_keys(struct tx_table *table, struct entry *entry)
{
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        if ((entry->has_key & 1U << i) == 0 && row__has_key(table->info, i, entry->row)) {
            add_key(table, entry, i);
        }
    }
}

void row__drop_keys(struct tx_table *table, struct entry *entry)
{
    for (unsigned i = 0; entry->has_key != 0; i++) {
        if ((entry->has_key & 1U << i) != 0) {
            map__remove(&table->keys[i], entry->key_hash[i], entry);
            entry->has_key &= ~(1U << i);
        }
    }
}

void row__loaded(struct tx *tx, struct tx_table *table, void *row)
{
    int64_t id = row__int(&table->info->table->columns[0], row);
    struct entry *entry = row__entry(tx, table, id);

    if (entry->state == ENTRY_UNKNOWN) {
        entry->state = ENTRY_CLEAN;
        entry->row = row;
        row__add_keys(table, entry);
    }
}

/* ---- the end of a batch ---- */

/* What is not live any more was kept only if it came from there, or was loaded: then it has been
 * deleted. */
static void keep_made(struct tx_table *table)
{
    for (const struct entry *entry = table->made; entry != NULL; entry = entry->next) {
        if (entry->is_key) {
            continue;
        }
        if (!entry_is_live(entry)) {
            kept__remove(&table->kept, entry->id);
        } else if (!entry->kept || entry->state != ENTRY_CLEAN) {
            kept__put(&table->kept, entry->row, entry->kept ? entry->place : SIZE_MAX);
        }
    }
}

static void clear_maps(struct tx_table *table)
{
    map__clear(&table->rows);
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        map__clear(&table->keys[i]);
    }
    table->made = NULL;
    table->changed.count = 0;
    table->wanted.count = 0;
}

void row__end_batch(struct tx_table *table)
{
    table->greatest_id = table->greatest_id_new;
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        table->greatest[i] = table->greatest_new[i];
    }
    if (table->info->table->keep > 0) {
        keep_made(table);
    }
    clear_maps(table);
}

void row__forget(struct tx_table *table)
{
    kept__clear(&table->kept);
    table->greatest_id_new = table->greatest_id;
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        table->wanted_keys[i].count = 0;
        table->greatest_new[i] = table->greatest[i];
    }
    clear_maps(table);
}

void row__free(struct tx_table *table)
{
    row__forget(table);
    map__free(&table->rows);
    list__free(&table->changed);
    list__free(&table->wanted);
    for (unsigned i = 0; i < UNIQUES_MAX; i++) {
        map__free(&table->keys[i]);
        list__free(&table->wanted_keys[i]);
    }
    kept__free(&table->kept);
}
