/* Arenas: memory with one owner and one end of life.
 *
 * A request, a batch, a job has an arena; what it allocates lives until the arena is reset or
 * freed as a whole. Memory is zeroed. Out of memory aborts. An arena is used by one thread at a
 * time; handing an object to another thread hands its arena over with it. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/check.h"

#include <stdint.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);  /* NULL is allowed */
void arena_reset(struct arena *arena); /* keeps the first block for reuse */

/* Zeroed memory aligned for any type; size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
size_t arena_used(const struct arena *arena); /* bytes handed out since the last reset */

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), sizeof(type), (count)))
void *arena_array(struct arena *arena, size_t size, size_t count); /* checks the product */

/* The only allocator outside arenas, for long-lived module objects (x_new / x_free). Zeroed;
 * aborts when there is no memory. */
void *mem_new(size_t size);
void *mem_grow(void *ptr, size_t old_size, size_t new_size); /* the new part is zeroed */
void mem_free(void *ptr);

#endif
