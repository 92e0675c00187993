/* Rows the writer keeps in memory between batches: packed, each in a heap block of its own, found
 * by id and by unique key. A row that a batch asks for is unpacked into the batch's memory, as if
 * it had been loaded; what the batch has made of it is packed again once it is durable.
 *
 * A packed row is its columns in order: integers as variable-length numbers (zigzag, 7 bits a
 * byte), texts as their length and bytes. An account of the books takes about a third of its
 * struct, so that a million of them stay resident. */
#include "platform/store/store_int.h"

#include <stdalign.h>

enum { KEPT_FIRST_SIZE = 64, VARINT_MAX = 10 };

struct kept_row {
    uint32_t size; /* of the block's data */
    bool referenced;
    unsigned char data[];
};

/* ---- packing ---- */

static unsigned char *put_number(unsigned char *at, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

    while (rest >= 0x80) {
        *at++ = (unsigned char)(rest | 0x80);
        rest >>= 7;
    }
    *at++ = (unsigned char)rest;
    return at;
}

static const unsigned char *get_number(const unsigned char *at, int64_t *value)
{
    uint64_t rest = *at & 0x7F;

    for (unsigned shift = 7; (*at++ & 0x80) != 0; shift += 7) {
        rest |= (uint64_t)(*at & 0x7F) << shift;
    }
    *value = (int64_t)(rest >> 1) ^ -(int64_t)(rest & 1);
    return at;
}

/* Packs into kept->scratch; returns the size. */
static size_t pack(struct kept *kept, const void *row)
{
    const struct table *table = kept->info->table;
    size_t room = table->column_count * VARINT_MAX;
    unsigned char *at;

    for (size_t i = 0; i < kept->info->text_count; i++) {
        room +=
            ((const struct str *)(const void *)((const unsigned char *)row + kept->info->texts[i]))
                ->len;
    }
    if (room > kept->scratch_size) {
        kept->scratch = mem_grow(kept->scratch, kept->scratch_size, room);
        kept->scratch_size = room;
    }
    at = kept->scratch;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];

        if (column_is_text(column)) {
            struct str text = row__text(column, row);

            at = put_number(at, (int64_t)text.len);
            if (text.len > 0) {
                memcpy(at, text.ptr, text.len);
                at += text.len;
            }
        } else {
            at = put_number(at, row__int(column, row));
        }
    }
    return (size_t)(at - kept->scratch);
}

static void *unpack(const struct kept *kept, struct arena *arena, const struct kept_row *packed)
{
    const struct table *table = kept->info->table;
    void *row = arena_alloc(arena, table->row_size);
    const unsigned char *at = packed->data;

    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        int64_t value;

        at = get_number(at, &value);
        if (column_is_text(column)) {
            struct str text = {"", (size_t)value};

            if (value > 0) {
                text.ptr = arena_copy(arena, at, text.len);
                at += text.len;
            }
            row__set_text(column, row, text);
        } else if (value != 0) {
            row__set_int(column, row, value);
        }
    }
    return row;
}

static int64_t packed_id(const struct kept_row *packed)
{
    int64_t id;

    (void)get_number(packed->data, &id);
    return id;
}

/* ---- indexes: open addressing over places ---- */

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static void index_put(struct kept_index *index, uint64_t hash, size_t place);

/* Slots are chosen by the tag alone: 32 bits, more than enough for what is ever kept. */
static size_t first_slot(const struct kept_index *index, uint64_t hash)
{
    return tag_of(hash) & (index->size - 1);
}

static void index_resize(struct kept_index *index, size_t size)
{
    struct kept_index old = *index;

    index->slots = mem_new(size * sizeof(*index->slots));
    index->size = size;
    index->count = 0;
    for (size_t i = 0; i < old.size; i++) {
        if (old.slots[i].place != 0) {
            index_put(index, (uint64_t)old.slots[i].tag << 32, old.slots[i].place - 1);
        }
    }
    mem_free(old.slots);
}

static void index_put(struct kept_index *index, uint64_t hash, size_t place)
{
    size_t at;

    if (index->count >= index->size - index->size / 4) {
        index_resize(index, index->size == 0 ? KEPT_FIRST_SIZE : index->size * 2);
    }
    at = first_slot(index, hash);
    while (index->slots[at].place != 0) {
        at = (at + 1) & (index->size - 1);
    }
    index->slots[at] = (struct kept_slot){tag_of(hash), (uint32_t)place + 1};
    index->count++;
}

/* What follows moves back when the hole lies between its place of birth and its place. */
static void index_remove(struct kept_index *index, uint64_t hash, size_t place)
{
    size_t mask = index->size - 1;
    size_t hole = first_slot(index, hash);

    while (index->slots[hole].place != place + 1) {
        CHECK(index->slots[hole].place != 0);
        hole = (hole + 1) & mask;
    }
    for (size_t at = (hole + 1) & mask; index->slots[at].place != 0; at = (at + 1) & mask) {
        if (((at - index->slots[at].tag) & mask) >= ((at - hole) & mask)) {
            index->slots[hole] = index->slots[at];
            hole = at;
        }
    }
    index->slots[hole].place = 0;
    index->count--;
}

/* The next place with this tag; *at is 0 for the first and counts on. False: no more. */
static bool index_next(const struct kept_index *index, uint64_t hash, size_t *at, size_t *place)
{
    while (index->size > 0) {
        const struct kept_slot *slot =
            &index->slots[(first_slot(index, hash) + *at) & (index->size - 1)];

        ++*at;
        if (slot->place == 0) {
            return false;
        }
        if (slot->tag == tag_of(hash)) {
            *place = slot->place - 1;
            return true;
        }
    }
    return false;
}

/* ---- finding ---- */

static bool find_place(const struct kept *kept, int64_t id, size_t *place)
{
    size_t at = 0;

    while (index_next(&kept->ids, row__id_hash(id), &at, place)) {
        if (packed_id(kept->rows[*place]) == id) {
            return true;
        }
    }
    return false;
}

void *kept__get(struct kept *kept, struct arena *arena, int64_t id, size_t *place)
{
    if (kept->count == 0 || !find_place(kept, id, place)) {
        return NULL;
    }
    kept->rows[*place]->referenced = true;
    return unpack(kept, arena, kept->rows[*place]);
}

void *kept__find(struct kept *kept, struct arena *arena, unsigned unique, const void *key,
                 size_t *place)
{
    uint64_t hash;
    size_t at = 0;

    if (kept->count == 0) {
        return NULL;
    }
    hash = row__key_hash(kept->info, unique, key);
    while (index_next(&kept->keys[unique], hash, &at, place)) {
        void *row = unpack(kept, arena, kept->rows[*place]);

        if (row__has_key(kept->info, unique, row) && row__key_equal(kept->info, unique, row, key)) {
            kept->rows[*place]->referenced = true;
            return row;
        }
    }
    return NULL;
}

/* ---- changing ---- */

static void add_key(struct kept *kept, unsigned unique, const void *row, size_t place)
{
    if (row__has_key(kept->info, unique, row)) {
        index_put(&kept->keys[unique], row__key_hash(kept->info, unique, row), place);
    }
}

static void drop_key(struct kept *kept, unsigned unique, const void *row, size_t place)
{
    if (row__has_key(kept->info, unique, row)) {
        index_remove(&kept->keys[unique], row__key_hash(kept->info, unique, row), place);
    }
}

/* Takes the row of a place out of the indexes and the memory; the place is empty then. */
static void empty_place(struct kept *kept, size_t place)
{
    struct kept_row *packed = kept->rows[place];
    unsigned unique_count = (unsigned)kept->info->table->unique_count;

    if (unique_count > 0) {
        const void *row = unpack(kept, kept->arena, packed);

        for (unsigned i = 0; i < unique_count; i++) {
            drop_key(kept, i, row, place);
        }
        arena_reset(kept->arena);
    }
    index_remove(&kept->ids, row__id_hash(packed_id(packed)), place);
    mem_free(packed);
    kept->rows[place] = NULL;
}

/* A place on the clock's face: a free one, or that of a row not used since the hand came by. */
static size_t take_place(struct kept *kept)
{
    size_t place;

    if (kept->count < kept->info->table->keep) {
        if (kept->count == kept->room) {
            size_t room = kept->room == 0 ? KEPT_FIRST_SIZE : kept->room * 2;

            kept->rows =
                mem_grow(kept->rows, kept->room * sizeof(*kept->rows), room * sizeof(*kept->rows));
            kept->room = room;
        }
        return kept->count++;
    }
    while (kept->rows[kept->hand]->referenced) {
        kept->rows[kept->hand]->referenced = false;
        kept->hand = (kept->hand + 1) % kept->count;
    }
    place = kept->hand;
    empty_place(kept, place);
    kept->hand = (place + 1) % kept->count;
    return place;
}

static size_t block_size(size_t size)
{
    const size_t align = alignof(max_align_t);

    return (size + offsetof(struct kept_row, data) + align - 1) & ~(align - 1);
}

static struct kept_row *row_block(struct kept *kept, struct kept_row *old, size_t size)
{
    struct kept_row *packed = old;

    if (old == NULL || block_size(old->size) != block_size(size)) {
        packed = mem_new(block_size(size));
        packed->referenced = old != NULL && old->referenced;
        mem_free(old);
    }
    packed->size = (uint32_t)size;
    memcpy(packed->data, kept->scratch, size);
    return packed;
}

static void replace(struct kept *kept, size_t place, const void *row, size_t size)
{
    const struct table_info *info = kept->info;
    const void *old = info->any_changeable ? unpack(kept, kept->arena, kept->rows[place]) : NULL;

    for (unsigned i = 0; old != NULL && i < info->table->unique_count; i++) {
        if (info->uniques[i].changeable) {
            drop_key(kept, i, old, place);
            add_key(kept, i, row, place);
        }
    }
    if (old != NULL) {
        arena_reset(kept->arena);
    }
    kept->rows[place] = row_block(kept, kept->rows[place], size);
}

void kept__put(struct kept *kept, const void *row, size_t place)
{
    int64_t id = row__int(&kept->info->table->columns[0], row);
    size_t size = pack(kept, row);

    if ((place < kept->count && packed_id(kept->rows[place]) == id) ||
        find_place(kept, id, &place)) {
        replace(kept, place, row, size);
        return;
    }
    place = take_place(kept);
    kept->rows[place] = row_block(kept, NULL, size);
    index_put(&kept->ids, row__id_hash(id), place);
    for (unsigned i = 0; i < kept->info->table->unique_count; i++) {
        add_key(kept, i, row, place);
    }
}

/* The last one takes the empty place. */
void kept__remove(struct kept *kept, int64_t id)
{
    const struct table_info *info = kept->info;
    size_t place, last;
    const void *row;

    if (!find_place(kept, id, &place)) {
        return;
    }
    empty_place(kept, place);
    last = --kept->count;
    kept->hand = 0;
    if (place == last) {
        return;
    }
    row = unpack(kept, kept->arena, kept->rows[last]);
    kept->rows[place] = kept->rows[last];
    index_remove(&kept->ids, row__id_hash(packed_id(kept->rows[place])), last);
    index_put(&kept->ids, row__id_hash(packed_id(kept->rows[place])), place);
    for (unsigned i = 0; i < info->table->unique_count; i++) {
        drop_key(kept, i, row, last);
        add_key(kept, i, row, place);
    }
    arena_reset(kept->arena);
}

/* ---- beginning and end ---- */

void kept__init(struct kept *kept, const struct table_info *info)
{
    *kept = (struct kept){.info = info, .arena = arena_new()};
    CHECK(info->table->keep < UINT32_MAX);
}

static void index_free(struct kept_index *index)
{
    mem_free(index->slots);
    *index = (struct kept_index){0};
}

void kept__clear(struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        mem_free(kept->rows[i]);
    }
    kept->count = 0;
    kept->hand = 0;
    index_free(&kept->ids);
    for (size_t i = 0; i < UNIQUES_MAX; i++) {
        index_free(&kept->keys[i]);
    }
}

void kept__free(struct kept *kept)
{
    kept__clear(kept);
    mem_free(kept->rows);
    mem_free(kept->scratch);
    arena_free(kept->arena);
}
