#include "platform/store/store_int.h"

enum { MAP_FIRST_SIZE = 64 };

static void resize(struct map *map, size_t size)
{
    struct map old = *map;

    map->slots = mem_new(size * sizeof(*map->slots));
    map->size = size;
    map->count = 0;
    for (size_t i = 0; i < old.size; i++) {
        if (old.slots[i].entry != NULL) {
            map__put(map, old.slots[i].hash, old.slots[i].entry);
        }
    }
    mem_free(old.slots);
}

void map__put(struct map *map, uint64_t hash, struct entry *entry)
{
    size_t at;

    if (map->count >= map->size / 2) {
        resize(map, map->size == 0 ? MAP_FIRST_SIZE : map->size * 2);
    }
    at = hash & (map->size - 1);
    while (map->slots[at].entry != NULL) {
        at = (at + 1) & (map->size - 1);
    }
    map->slots[at] = (struct map_slot){hash, entry};
    map->count++;
}

struct entry *map__next(const struct map *map, uint64_t hash, size_t *at)
{
    if (map->size == 0) {
        return NULL;
    }
    for (;;) {
        const struct map_slot *slot = &map->slots[(hash + *at) & (map->size - 1)];

        ++*at;
        if (slot->entry == NULL || slot->hash == hash) {
            return slot->entry;
        }
    }
}

static struct map_slot *find(struct map *map, uint64_t hash, const struct entry *entry)
{
    size_t at = hash & (map->size - 1);

    while (map->slots[at].entry != entry) {
        CHECK(map->slots[at].entry != NULL);
        at = (at + 1) & (map->size - 1);
    }
    return &map->slots[at];
}

void map__replace(struct map *map, uint64_t hash, const struct entry *old, struct entry *entry)
{
    find(map, hash, old)->entry = entry;
}

/* What follows moves back when the hole lies between its place of birth and its place. */
void map__remove(struct map *map, uint64_t hash, const struct entry *entry)
{
    size_t mask = map->size - 1;
    size_t hole = (size_t)(find(map, hash, entry) - map->slots);
    size_t at = hole;

    for (;;) {
        at = (at + 1) & mask;
        if (map->slots[at].entry == NULL) {
            break;
        }
        if (((at - map->slots[at].hash) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].entry = NULL;
    map->count--;
}

/* A map that one large batch has made large does not stay so: clearing it costs its size. */
void map__clear(struct map *map)
{
    size_t size = map->size;

    if (map->count == 0) {
        return;
    }
    while (size > MAP_FIRST_SIZE && map->count < size / 16) {
        size /= 2;
    }
    if (size < map->size) {
        mem_free(map->slots);
        *map = (struct map){.slots = mem_new(size * sizeof(*map->slots)), .size = size};
        return;
    }
    memset(map->slots, 0, size * sizeof(*map->slots));
    map->count = 0;
}

void map__free(struct map *map)
{
    mem_free(map->slots);
    *map = (struct map){0};
}
