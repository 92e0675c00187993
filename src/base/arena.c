#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_FIRST_BLOCK = 4096, ARENA_MAX_BLOCK = 1 << 20 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *head; /* newest first; the oldest is kept over a reset */
    size_t used;
};

void *mem_new(size_t size)
{
    void *ptr = calloc(1, size == 0 ? 1 : size);

    CHECK(ptr != NULL);
    return ptr;
}

void *mem_grow(void *ptr, size_t old_size, size_t new_size)
{
    unsigned char *grown;

    CHECK(new_size >= old_size && new_size > 0);
    grown = realloc(ptr, new_size);
    CHECK(grown != NULL);
    memset(grown + old_size, 0, new_size - old_size);
    return grown;
}

void mem_free(void *ptr)
{
    free(ptr);
}

static struct block *block_new(size_t size, struct block *next)
{
    struct block *block = malloc(sizeof(*block) + size);

    CHECK(block != NULL);
    block->next = next;
    block->size = size;
    block->used = 0;
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = mem_new(sizeof(*arena));

    arena->head = block_new(ARENA_FIRST_BLOCK, NULL);
    return arena;
}

void arena_reset(struct arena *arena)
{
    while (arena->head->next != NULL) {
        struct block *block = arena->head;

        arena->head = block->next;
        free(block);
    }
    arena->head->used = 0;
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    if (arena != NULL) {
        arena_reset(arena);
        free(arena->head);
        free(arena);
    }
}

static size_t next_block_size(const struct block *head, size_t wanted)
{
    size_t size = head->size < ARENA_MAX_BLOCK ? head->size * 2 : ARENA_MAX_BLOCK;

    return wanted > size ? wanted : size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *block = arena->head;
    size_t rounded;
    void *ptr;

    CHECK(size <= SIZE_MAX / 2);
    rounded = (size + align - 1) & ~(align - 1);
    if (rounded > block->size - block->used) {
        block = block_new(next_block_size(block, rounded), block);
        arena->head = block;
    }
    ptr = block->data + block->used;
    block->used += rounded;
    arena->used += rounded;
    memset(ptr, 0, size);
    return ptr;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *ptr = arena_alloc(arena, size);

    if (size > 0) {
        memcpy(ptr, data, size);
    }
    return ptr;
}

void *arena_array(struct arena *arena, size_t size, size_t count)
{
    size_t total;

    CHECK(!__builtin_mul_overflow(size, count, &total));
    return arena_alloc(arena, total);
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
