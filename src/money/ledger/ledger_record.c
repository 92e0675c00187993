/* What a seal covers besides the journal: terms of accounts, steps of holds and what each hold was
 * placed as, entries that had to wait, memos. Each table has a chain of its own, so that a change
 * names it; columns that change in the course of things are left out. A migration cannot change the
 * others: seals would no longer be right.
 *
 * The first seal that has chains covers everything from before it, too: terms and steps from before
 * there were dates, or before the books began, have the date 0. */
#include "money/ledger/ledger_day_int.h"

enum { PAGE = 512, BYTES_MAX = 4096 };

/* What is read, in this order; steps come with their holds. */
enum reading { READING_TERMS = 0, READING_STEPS, READING_PENDING, READING_MEMOS, READING_END };

const char *const ledger__record_tables[LEDGER_RECORD_TABLES] = {
    [LEDGER_RECORD_TERMS] = "ledger_terms", [LEDGER_RECORD_STEPS] = "ledger_hold_step",
    [LEDGER_RECORD_HOLDS] = "ledger_hold",  [LEDGER_RECORD_PENDING] = "ledger_pending",
    [LEDGER_RECORD_MEMOS] = "ledger_memo",
};

void ledger__records_begin(struct ledger_records *records, const struct ledger_day *day, bool first)
{
    *records = (struct ledger_records){
        .date = day->id,
        .first_row = first ? 1 : day->first_row,
        .last_row = day->last_row,
        .first = first,
        .undated = first,
    };
}

/* ---- a chain ---- */

static struct buf bytes_begin(const struct ledger_records *records, enum ledger_record_table table,
                              struct arena *arena)
{
    struct buf bytes;

    buf_init_arena(&bytes, arena, BYTES_MAX);
    buf_add(&bytes, (struct str){(const char *)records->chains[table], LEDGER_HASH});
    return bytes;
}

static void bytes_end(struct ledger_records *records, enum ledger_record_table table,
                      struct buf *bytes)
{
    CHECK(buf_ok(bytes));
    crypto_sha256(buf_str(bytes), records->chains[table]);
}

static void add_text(struct buf *bytes, unsigned char number, struct str text)
{
    ledger__add_value(bytes, number, (int64_t)text.len);
    buf_add(bytes, text);
}

/* Numbers once given are never given to another value. */
static void add_terms(struct ledger_records *records, struct arena *arena,
                      const struct ledger_terms *terms)
{
    struct buf bytes = bytes_begin(records, LEDGER_RECORD_TERMS, arena);

    ledger__add_value(&bytes, 1, terms->id);
    ledger__add_value(&bytes, 2, terms->account_id);
    ledger__add_value(&bytes, 3, terms->owner_id);
    ledger__add_value(&bytes, 4, terms->code);
    ledger__add_value(&bytes, 5, (int64_t)terms->currency);
    ledger__add_value(&bytes, 6, (int64_t)terms->side);
    ledger__add_value(&bytes, 7, terms->opened_at_ms);
    ledger__add_value(&bytes, 8, (int64_t)terms->status);
    ledger__add_value(&bytes, 9, terms->deferred ? 1 : 0);
    ledger__add_value(&bytes, 10, terms->has_floor ? 1 : 0);
    ledger__add_value(&bytes, 11, terms->floor.minor);
    ledger__add_value(&bytes, 12, terms->created_at_ms);
    bytes_end(records, LEDGER_RECORD_TERMS, &bytes);
}

static void add_step(struct ledger_records *records, struct arena *arena,
                     const struct ledger_hold_step *step)
{
    struct buf bytes = bytes_begin(records, LEDGER_RECORD_STEPS, arena);

    ledger__add_value(&bytes, 1, step->id);
    ledger__add_value(&bytes, 2, step->hold_id);
    ledger__add_value(&bytes, 3, (int64_t)step->step);
    ledger__add_value(&bytes, 4, step->whole ? 1 : 0);
    ledger__add_value(&bytes, 5, step->amount.minor);
    ledger__add_value(&bytes, 6, step->released.minor);
    ledger__add_value(&bytes, 7, (int64_t)step->source);
    ledger__add_value(&bytes, 8, (int64_t)step->operation);
    ledger__add_value(&bytes, 9, step->business_no);
    ledger__add_value(&bytes, 10, step->journal_id);
    ledger__add_value(&bytes, 11, step->created_at_ms);
    bytes_end(records, LEDGER_RECORD_STEPS, &bytes);
}

static void add_hold(struct ledger_records *records, struct arena *arena,
                     const struct ledger_hold *hold)
{
    struct buf bytes = bytes_begin(records, LEDGER_RECORD_HOLDS, arena);

    ledger__add_value(&bytes, 1, hold->id);
    ledger__add_value(&bytes, 2, hold->account_id);
    ledger__add_value(&bytes, 3, (int64_t)hold->kind);
    ledger__add_value(&bytes, 4, (int64_t)hold->effect);
    ledger__add_value(&bytes, 5, (int64_t)hold->source);
    ledger__add_value(&bytes, 6, hold->amount.minor);
    ledger__add_value(&bytes, 7, hold->matures_on);
    ledger__add_value(&bytes, 8, hold->rank);
    ledger__add_value(&bytes, 9, hold->operator_id);
    add_text(&bytes, 10, hold->reason);
    add_text(&bytes, 11, hold->document_no);
    ledger__add_value(&bytes, 12, hold->starts_at_ms);
    ledger__add_value(&bytes, 13, hold->expires_at_ms);
    ledger__add_value(&bytes, 14, hold->created_at_ms);
    ledger__add_value(&bytes, 15, (int64_t)hold->shortage);
    bytes_end(records, LEDGER_RECORD_HOLDS, &bytes);
}

static void add_pending(struct ledger_records *records, struct arena *arena,
                        const struct ledger_pending *pending)
{
    struct buf bytes = bytes_begin(records, LEDGER_RECORD_PENDING, arena);

    ledger__add_value(&bytes, 1, pending->id);
    ledger__add_value(&bytes, 2, pending->account_id);
    ledger__add_value(&bytes, 3, pending->number);
    ledger__add_value(&bytes, 4, (int64_t)pending->side);
    ledger__add_value(&bytes, 5, pending->amount.minor);
    ledger__add_value(&bytes, 6, pending->matures_on);
    ledger__add_value(&bytes, 7, pending->position);
    ledger__add_value(&bytes, 8, pending->hold_id);
    ledger__add_value(&bytes, 9, pending->created_at_ms);
    bytes_end(records, LEDGER_RECORD_PENDING, &bytes);
}

static void add_memo(struct ledger_records *records, struct arena *arena,
                     const struct ledger_memo *memo)
{
    struct buf bytes = bytes_begin(records, LEDGER_RECORD_MEMOS, arena);

    ledger__add_value(&bytes, 1, memo->journal_id);
    add_text(&bytes, 2, memo->text);
    bytes_end(records, LEDGER_RECORD_MEMOS, &bytes);
}

/* ---- pages ---- */

static enum err read_dated(const struct ledger_records *records, struct reader *reader,
                           const struct statement *statement, struct arena *arena, void **rows,
                           size_t *count)
{
    const struct value values[] = {VALUE_INT(records->undated ? 0 : records->date),
                                   VALUE_INT(records->after), VALUE_INT(PAGE)};

    return reader_rows(reader, statement, values, ARRAY_LEN(values), arena, rows, count);
}

static enum err fold_terms(struct ledger_records *records, struct reader *reader,
                           struct arena *arena, size_t *count)
{
    const struct ledger_terms *terms;
    void *rows;

    TRY(read_dated(records, reader, &ledger__terms_of_date, arena, &rows, count));
    terms = rows;
    for (size_t i = 0; i < *count; i++) {
        add_terms(records, arena, &terms[i]);
        records->after = terms[i].id;
    }
    return ERR_OK;
}

/* Those of the steps that placed a hold, in their order. */
static enum err fold_holds(struct ledger_records *records, struct reader *reader,
                           const struct ledger_hold_step *steps, size_t count, struct arena *arena)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
    const void **holds = ARENA_ARRAY(arena, const void *, count);
    size_t placed = 0;

    for (size_t i = 0; i < count; i++) {
        if (steps[i].step == LEDGER_STEP_PLACE) {
            ids[placed++] = steps[i].hold_id;
        }
    }
    TRY(reader_get_each(reader, &ledger__hold_table, ids, placed, arena, holds));
    for (size_t i = 0; i < placed; i++) {
        if (holds[i] != NULL) {
            add_hold(records, arena, holds[i]);
        }
    }
    return ERR_OK;
}

static enum err fold_steps(struct ledger_records *records, struct reader *reader,
                           struct arena *arena, size_t *count)
{
    const struct ledger_hold_step *steps;
    void *rows;

    TRY(read_dated(records, reader, &ledger__steps_of_date, arena, &rows, count));
    steps = rows;
    for (size_t i = 0; i < *count; i++) {
        add_step(records, arena, &steps[i]);
        records->after = steps[i].id;
    }
    return fold_holds(records, reader, steps, *count, arena);
}

static enum err fold_pending(struct ledger_records *records, struct reader *reader,
                             struct arena *arena, size_t *count)
{
    const struct value values[] = {VALUE_INT(records->after),
                                   VALUE_INT(ledger__position(records->last_row, LEDGER_SLOTS - 1)),
                                   VALUE_INT(PAGE)};
    const struct ledger_pending *pending;
    void *rows;

    TRY(reader_rows(reader, &ledger__pending_between, values, ARRAY_LEN(values), arena, &rows,
                    count));
    pending = rows;
    for (size_t i = 0; i < *count; i++) {
        add_pending(records, arena, &pending[i]);
        records->after = pending[i].position;
    }
    return ERR_OK;
}

static enum err fold_memos(struct ledger_records *records, struct reader *reader,
                           struct arena *arena, size_t *count)
{
    const struct value values[] = {VALUE_INT(records->after), VALUE_INT(records->last_row),
                                   VALUE_INT(PAGE)};
    const struct ledger_memo *memos;
    void *rows;

    TRY(reader_rows(reader, &ledger__memos_between, values, ARRAY_LEN(values), arena, &rows,
                    count));
    memos = rows;
    for (size_t i = 0; i < *count; i++) {
        add_memo(records, arena, &memos[i]);
        records->after = memos[i].journal_id;
    }
    return ERR_OK;
}

static void read_next(struct ledger_records *records)
{
    if (records->undated) {
        records->undated = false;
    } else {
        records->reading++;
        records->undated = records->first && records->reading == READING_STEPS;
    }
    records->after = records->reading == READING_PENDING
                         ? ledger__position(records->first_row, 0) - 1
                     : records->reading == READING_MEMOS ? records->first_row - 1
                                                         : 0;
}

enum err ledger__records_step(struct ledger_records *records, struct reader *reader,
                              struct arena *arena, bool *done)
{
    size_t count = 0;

    switch ((enum reading)records->reading) {
    case READING_TERMS:
        TRY(fold_terms(records, reader, arena, &count));
        break;
    case READING_STEPS:
        TRY(fold_steps(records, reader, arena, &count));
        break;
    case READING_PENDING:
        TRY(fold_pending(records, reader, arena, &count));
        break;
    case READING_MEMOS:
        TRY(fold_memos(records, reader, arena, &count));
        break;
    case READING_END:
        break;
    }
    if (count < PAGE) {
        read_next(records);
    }
    *done = records->reading >= READING_END;
    return ERR_OK;
}

struct str ledger__records_chains(const struct ledger_records *records)
{
    return (struct str){(const char *)records->chains, sizeof(records->chains)};
}
