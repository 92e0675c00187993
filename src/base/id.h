/* Ids: 63-bit, time-ordered, made by us.
 *
 * Bits, high to low: 41 milliseconds since 2023-01-01T00:00:00Z, 10 node or shard, 12 sequence.
 * Printed as a prefix and 13 characters of Crockford base32 ("pay_0DQ4C5T3K8Z2M"), which sort like
 * the numbers. A client never sees the number. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/str.h"

enum { ID_NODE_MAX = 1023, ID_TEXT_LEN = 13, ID_PREFIX_MAX = 8 };
#define ID_EPOCH_MS INT64_C(1672531200000)

/* Owned by one thread. Ids of one maker are strictly increasing, also when the clock steps back
 * or one millisecond needs more than 4096 of them (it then runs ahead of the clock). A maker knows
 * nothing of the one before a restart: it is told by id_maker_raise. */
struct id_maker {
    int64_t last_ms;
    uint32_t sequence;
    uint32_t node;
};

void id_maker_init(struct id_maker *maker, uint32_t node);
/* What it makes from now on is above this id, of whichever maker. */
void id_maker_raise(struct id_maker *maker, int64_t id);
int64_t id_make(struct id_maker *maker, int64_t now_ms);
int64_t id_time_ms(int64_t id); /* when it was made, Unix milliseconds */

/* prefix without the underscore: id_print(buf, "pay", id) appends "pay_…". 0 is no id: it is never
 * made, printed (CHECK) or parsed. */
void id_print(struct buf *buf, const char *prefix, int64_t id);
struct str id_str(struct arena *arena, const char *prefix, int64_t id);
/* Exactly the printed form: right prefix, upper case, 13 characters; else ERR_FIELD_FORMAT. */
MUST_USE enum err id_parse(struct str text, const char *prefix, int64_t *out);

#endif
