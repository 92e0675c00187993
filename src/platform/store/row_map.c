/* The rows the writer has in memory: those of the batch in its arena, those of tables with `keep`
 * each in a heap block of its own (entry, row, strings), found by id and by unique key. */
#include "platform/store/store_int.h"

#include <stdalign.h>

/* A bijection, so that equal hashes are equal ids. */
static uint64_t id_hash(int64_t id)
{
    uint64_t x = (uint64_t)id;

    x = (x ^ (x >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    return x ^ (x >> 32);
}

struct entry *row__find(const struct tx_table *table, int64_t id)
{
    size_t at = 0;
    struct entry *entry = map__next(&table->rows, id_hash(id), &at);

    if (entry != NULL) {
        entry->referenced = true;
    }
    return entry;
}

static struct entry *entry_new(struct tx *tx, struct tx_table *table)
{
    struct entry *entry = ARENA_NEW(tx->arena, struct entry);

    entry->state = ENTRY_UNKNOWN;
    entry->next = table->made;
    table->made = entry;
    return entry;
}

struct entry *row__entry(struct tx *tx, struct tx_table *table, int64_t id)
{
    struct entry *entry = row__find(table, id);

    if (entry == NULL) {
        entry = entry_new(tx, table);
        entry->id = id;
        map__put(&table->rows, id_hash(id), entry);
    }
    return entry;
}

static struct entry *find_key(const struct tx_table *table, unsigned unique, const void *key,
                              uint64_t hash)
{
    struct entry *entry;
    size_t at = 0;

    while ((entry = map__next(&table->keys[unique], hash, &at)) != NULL) {
        if (row__key_equal(table->info, unique, entry->row, key)) {
            entry->referenced = true;
            return entry;
        }
    }
    return NULL;
}

struct entry *row__find_key(const struct tx_table *table, unsigned unique, const void *key)
{
    return find_key(table, unique, key, row__key_hash(table->info, unique, key));
}

struct entry *row__key_entry(struct tx *tx, struct tx_table *table, unsigned unique,
                             const void *key)
{
    uint64_t hash = row__key_hash(table->info, unique, key);
    struct entry *entry = find_key(table, unique, key, hash);

    if (entry == NULL) {
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

/* ---- kept rows ---- */

static size_t rounded(size_t size)
{
    const size_t align = alignof(max_align_t);

    return (size + align - 1) & ~(align - 1);
}

/* A heap copy of the entry with its row and strings in one block. */
static struct entry *kept_copy(const struct table_info *info, const struct entry *entry)
{
    size_t row_at = rounded(sizeof(*entry));
    size_t size = row_at + info->table->row_size;
    struct entry *copy;
    unsigned char *at;

    for (size_t i = 0; i < info->text_count; i++) {
        size +=
            ((const struct str *)(const void *)((const unsigned char *)entry->row + info->texts[i]))
                ->len;
    }
    copy = mem_new(size);
    at = (unsigned char *)copy + row_at;
    *copy = *entry;
    copy->row = at;
    copy->kept = true;
    copy->moved = false;
    memcpy(at, entry->row, info->table->row_size);
    at += info->table->row_size;
    for (size_t i = 0; i < info->text_count; i++) {
        struct str *text = (struct str *)(void *)((unsigned char *)copy->row + info->texts[i]);

        if (text->len > 0) {
            memcpy(at, text->ptr, text->len);
        }
        text->ptr = text->len == 0 ? "" : (const char *)at;
        at += text->len;
    }
    return copy;
}

static void drop(struct tx_table *table, struct entry *entry)
{
    row__drop_keys(table, entry);
    if (!entry->is_key) {
        map__remove(&table->rows, id_hash(entry->id), entry);
    }
}

/* A place on the clock's face: a free one, or that of a row not used since the hand came by. */
static size_t take_place(struct tx_table *table)
{
    struct entry *victim;
    size_t place;

    if (table->kept_count < table->info->table->keep) {
        return table->kept_count++;
    }
    while (table->kept[table->hand]->referenced) {
        table->kept[table->hand]->referenced = false;
        table->hand = (table->hand + 1) % table->kept_count;
    }
    place = table->hand;
    victim = table->kept[place];
    drop(table, victim);
    mem_free(victim);
    table->hand = (place + 1) % table->kept_count;
    return place;
}

/* Moves a live entry to memory of its own. */
static void keep(struct tx_table *table, struct entry *entry)
{
    struct entry *copy = kept_copy(table->info, entry);

    map__replace(&table->rows, id_hash(entry->id), entry, copy);
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        if ((entry->has_key & 1U << i) != 0) {
            map__replace(&table->keys[i], entry->key_hash[i], entry, copy);
        }
    }
    if (entry->kept) {
        mem_free(entry);
    } else {
        copy->next = NULL;
        copy->referenced = false;
        copy->place = take_place(table);
    }
    table->kept[copy->place] = copy;
}

static void unkeep(struct tx_table *table, struct entry *entry)
{
    struct entry *last = table->kept[--table->kept_count];

    table->kept[entry->place] = last;
    last->place = entry->place;
    table->hand = 0;
    drop(table, entry);
    mem_free(entry);
}

/* Kept rows the batch has changed or deleted. */
static void settle_kept(struct tx_table *table)
{
    for (size_t i = 0; i < table->changed.count; i++) {
        struct entry *entry = table->changed.items[i];

        if (!entry->kept) {
            continue;
        }
        entry->changed = false;
        if (!entry_is_live(entry)) {
            unkeep(table, entry);
            continue;
        }
        entry->state = ENTRY_CLEAN;
        entry->gave_key = false;
        if (entry->moved) {
            keep(table, entry);
        }
    }
}

static void keep_made(struct tx_table *table)
{
    struct entry *next;

    for (struct entry *entry = table->made; entry != NULL; entry = next) {
        next = entry->next;
        if (!entry->is_key && entry_is_live(entry)) {
            entry->state = ENTRY_CLEAN;
            entry->changed = false;
            entry->gave_key = false;
            keep(table, entry);
        } else {
            drop(table, entry);
        }
    }
}

void row__end_batch(struct tx_table *table)
{
    table->greatest_id = table->greatest_id_new;
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        table->greatest[i] = table->greatest_new[i];
    }
    if (table->info->table->keep > 0) {
        settle_kept(table);
        keep_made(table);
    } else {
        map__clear(&table->rows);
        for (unsigned i = 0; i < table->info->table->unique_count; i++) {
            map__clear(&table->keys[i]);
        }
    }
    table->made = NULL;
    table->changed.count = 0;
    table->wanted.count = 0;
}

void row__forget(struct tx_table *table)
{
    for (size_t i = 0; i < table->kept_count; i++) {
        mem_free(table->kept[i]);
    }
    table->kept_count = 0;
    table->hand = 0;
    table->greatest_id_new = table->greatest_id;
    map__clear(&table->rows);
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        map__clear(&table->keys[i]);
        table->wanted_keys[i].count = 0;
        table->greatest_new[i] = table->greatest[i];
    }
    table->made = NULL;
    table->changed.count = 0;
    table->wanted.count = 0;
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
    mem_free(table->kept);
}
