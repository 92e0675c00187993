/* Where money that had to wait was booked first. It is booked twice: with the business event it is
 * of, on 2299, and by the journal that applies it. The second is booked under the pending entry's
 * own number; people know the first. */
#include "money/ledger/ledger_int.h"

#include <stdlib.h>

static int compare_id(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

enum err ledger__rows_load(struct reader *reader, const struct table *table, int64_t *ids,
                           size_t count, struct arena *arena, struct ledger__rows *out)
{
    struct ledger__rows rows = {.ids = ids, .rows = ARENA_ARRAY(arena, const void *, count)};

    qsort(ids, count, sizeof(*ids), compare_id);
    for (size_t i = 0; i < count; i++) {
        if (rows.count == 0 || ids[rows.count - 1] != ids[i]) {
            ids[rows.count++] = ids[i];
        }
    }
    *out = rows;
    return reader_get_each(reader, table, ids, rows.count, arena, rows.rows);
}

const void *ledger__rows_find(const struct ledger__rows *rows, int64_t id)
{
    const int64_t *at = bsearch(&id, rows->ids, rows->count, sizeof(*rows->ids), compare_id);

    CHECK(at != NULL);
    return rows->rows[at - rows->ids];
}

/* Journal rows, which are never deleted: in books that were tampered with, one may be missing. */
static enum err load(struct reader *reader, int64_t *ids, size_t count, struct arena *arena,
                     struct ledger__rows *out)
{
    TRY(ledger__rows_load(reader, &ledger__journal_table, ids, count, arena, out));
    for (size_t i = 0; i < out->count; i++) {
        if (out->rows[i] == NULL) {
            return ERR_STORE_NOT_FOUND;
        }
    }
    return ERR_OK;
}

static struct ledger_reference reference_of(const struct ledger_journal *first)
{
    return (struct ledger_reference){first->source, first->operation, first->business_no};
}

/* Of legs that stand in further rows of their journals: the first rows have the references. */
static enum err read_firsts(struct reader *reader, size_t count, struct arena *arena,
                            struct ledger_origin *out)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
    struct ledger__rows firsts;
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (out[i].reference.source == 0) {
            ids[found++] = out[i].journal_id;
        }
    }
    if (found == 0) {
        return ERR_OK;
    }
    TRY(load(reader, ids, found, arena, &firsts));
    for (size_t i = 0; i < count; i++) {
        if (out[i].reference.source == 0) {
            out[i].reference = reference_of(ledger__rows_find(&firsts, out[i].journal_id));
        }
    }
    return ERR_OK;
}

enum err ledger__read_origins(struct reader *reader, const struct ledger_pending *const *pending,
                              size_t count, struct arena *arena, struct ledger_origin *out)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
    struct ledger__rows legs;

    for (size_t i = 0; i < count; i++) {
        ids[i] = ledger__position_row(pending[i]->position);
    }
    TRY(load(reader, ids, count, arena, &legs));
    for (size_t i = 0; i < count; i++) {
        const struct ledger_journal *row =
            ledger__rows_find(&legs, ledger__position_row(pending[i]->position));

        out[i].journal_id = row->id - row->part;
        out[i].reference = row->part == 0 ? reference_of(row) : (struct ledger_reference){0};
    }
    return read_firsts(reader, count, arena, out);
}

static enum err read_pending(struct reader *reader, const int64_t *ids, size_t count,
                             struct arena *arena, const struct ledger_pending **out)
{
    const void **rows = ARENA_ARRAY(arena, const void *, count);

    TRY(reader_get_each(reader, &ledger__pending_table, ids, count, arena, rows));
    for (size_t i = 0; i < count; i++) {
        out[i] = rows[i];
        if (out[i] == NULL) {
            return ERR_STORE_NOT_FOUND;
        }
    }
    return ERR_OK;
}

enum err ledger__trace_entries(struct reader *reader, struct ledger_entry *entries, size_t count,
                               struct arena *arena)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
    size_t *places = ARENA_ARRAY(arena, size_t, count);
    const struct ledger_pending **pending =
        ARENA_ARRAY(arena, const struct ledger_pending *, count);
    struct ledger_origin *origins = ARENA_ARRAY(arena, struct ledger_origin, count);
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (entries[i].reference.source == LEDGER_SOURCE_PENDING) {
            ids[found] = entries[i].reference.business_no;
            places[found++] = i;
        }
    }
    if (found == 0) {
        return ERR_OK;
    }
    TRY(read_pending(reader, ids, found, arena, pending));
    TRY(ledger__read_origins(reader, pending, found, arena, origins));
    for (size_t i = 0; i < found; i++) {
        entries[places[i]].origin_id = origins[i].journal_id;
        entries[places[i]].reference = origins[i].reference;
    }
    return ERR_OK;
}
