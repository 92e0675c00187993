/* Queries: balances, statements, journals. A leg is found by its position; an account's legs are
 * walked backwards from the nearest mark. */
#include "money/ledger/ledger_int.h"

/* ---- legs ---- */

static enum err read_leg(struct reader *reader, int64_t position, struct arena *arena,
                         struct ledger_journal *row, struct ledger_slot *slot)
{
    TRY(ledger__read_row(reader, ledger__position_row(position), arena, row));
    *slot = row->slots[ledger__position_slot(position)];
    return ERR_OK;
}

static struct ledger_entry entry_of(const struct ledger_journal *row, size_t slot)
{
    const struct ledger_slot *leg = &row->slots[slot];

    return (struct ledger_entry){
        .journal_id = row->id - row->part,
        .position = ledger__position(row->id, slot),
        .account_id = leg->account_id,
        .side = leg->amount.minor > 0 ? LEDGER_DEBIT : LEDGER_CREDIT,
        .amount = leg->amount.minor > 0 ? leg->amount : AMOUNT(-leg->amount.minor),
        .sequence = leg->sequence,
        .balance = leg->balance,
        .previous_position = leg->previous,
        .reference = {row->source, row->operation, row->business_no},
        .created_at_ms = row->created_at_ms,
        .business_date = (int32_t)row->business_date,
    };
}

/* The entry at a position, with the reference of its journal. */
static enum err read_entry(struct reader *reader, int64_t position, struct arena *arena,
                           struct ledger_entry *out)
{
    struct ledger_journal row, first;

    TRY(ledger__read_row(reader, ledger__position_row(position), arena, &row));
    *out = entry_of(&row, ledger__position_slot(position));
    if (row.part > 0) {
        TRY(ledger__read_row(reader, out->journal_id, arena, &first));
        out->reference =
            (struct ledger_reference){first.source, first.operation, first.business_no};
    }
    return ERR_OK;
}

/* A leg of the account at or a little after the sequence, from which the chain leads to it. */
static enum err seek(struct reader *reader, const struct ledger_account *account, int64_t sequence,
                     int64_t *position)
{
    int64_t mark = (sequence + LEDGER_MARK_EVERY - 1) / LEDGER_MARK_EVERY * LEDGER_MARK_EVERY;

    if (mark > account->sequence) {
        *position = account->last_position;
        return ERR_OK;
    }
    return ledger__read_mark(reader, account->id, mark, position);
}

/* The position of the account's leg with this sequence (1 … account->sequence). */
static enum err find_sequence(struct reader *reader, const struct ledger_account *account,
                              int64_t sequence, struct arena *arena, int64_t *position)
{
    struct ledger_journal row;
    struct ledger_slot slot;

    TRY(seek(reader, account, sequence, position));
    for (unsigned i = 0; i < LEDGER_MARK_EVERY; i++) {
        TRY(read_leg(reader, *position, arena, &row, &slot));
        if (slot.sequence == sequence) {
            return ERR_OK;
        }
        *position = slot.previous;
    }
    check_failed("a leg is within 32 of a mark", __FILE__, __LINE__);
}

/* ---- balance as of ---- */

/* The greatest multiple of 32 whose leg is not later than at_ms; 0: none. The account's legs are in
 * the order of time, so the marks are bisected. */
static enum err last_mark_until(struct reader *reader, const struct ledger_account *account,
                                int64_t at_ms, struct arena *arena, int64_t *sequence)
{
    int64_t low = 0, high = account->sequence / LEDGER_MARK_EVERY;

    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        struct ledger_journal row;
        struct ledger_slot slot;
        int64_t position;

        TRY(ledger__read_mark(reader, account->id, middle * LEDGER_MARK_EVERY, &position));
        TRY(read_leg(reader, position, arena, &row, &slot));
        if (row.created_at_ms <= at_ms) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    *sequence = low * LEDGER_MARK_EVERY;
    return ERR_OK;
}

/* The position of the account's last leg that is not later than at_ms; 0: none. */
static enum err find_time(struct reader *reader, const struct ledger_account *account,
                          int64_t at_ms, struct arena *arena, int64_t *position)
{
    int64_t sequence;

    TRY(last_mark_until(reader, account, at_ms, arena, &sequence));
    *position = account->last_position;
    if (sequence + LEDGER_MARK_EVERY <= account->sequence) {
        TRY(ledger__read_mark(reader, account->id, sequence + LEDGER_MARK_EVERY, position));
    }
    while (*position != 0) {
        struct ledger_journal row;
        struct ledger_slot slot;

        TRY(read_leg(reader, *position, arena, &row, &slot));
        if (row.created_at_ms <= at_ms) {
            return ERR_OK;
        }
        *position = slot.previous;
    }
    return ERR_OK;
}

static enum err find_as_of(struct reader *reader, const struct ledger_account *account,
                           const struct ledger_as_of *as_of, struct arena *arena, int64_t *position)
{
    if (as_of->sequence <= 0) {
        return find_time(reader, account, as_of->at_ms, arena, position);
    }
    if (as_of->sequence >= account->sequence) {
        *position = account->last_position;
        return ERR_OK;
    }
    return find_sequence(reader, account, as_of->sequence, arena, position);
}

enum err ledger_read_balance(struct reader *reader, const struct ledger_as_of *as_of,
                             struct arena *arena, struct ledger_balance *out)
{
    struct ledger_account account;
    struct ledger_journal row;
    struct ledger_slot slot;
    int64_t position;

    TRY(ledger_read_account(reader, as_of->account_id, arena, &account));
    TRY(find_as_of(reader, &account, as_of, arena, &position));
    if (position == 0) {
        *out = (struct ledger_balance){.account_id = account.id, .currency = account.currency};
        return ERR_OK;
    }
    TRY(read_leg(reader, position, arena, &row, &slot));
    *out = (struct ledger_balance){
        .account_id = account.id,
        .currency = account.currency,
        .posted = slot.balance,
        .sequence = slot.sequence,
        .position = position,
        .at_ms = row.created_at_ms,
    };
    return ERR_OK;
}

/* ---- statements ---- */

/* The sequences of a page; empty when first > last. */
struct range {
    int64_t first;
    int64_t last;
};

static struct range page_range(const struct ledger_statement_page *page, int64_t newest)
{
    int64_t limit = (int64_t)page->limit;
    struct range range;

    if (page->forward) {
        range.first = page->cursor + 1;
        range.last = newest - page->cursor > limit ? page->cursor + limit : newest;
        return range;
    }
    range.last = page->cursor == 0 || page->cursor > newest ? newest : page->cursor - 1;
    range.first = range.last > limit ? range.last - limit + 1 : 1;
    return range;
}

static enum err read_range(struct reader *reader, const struct ledger_statement_page *page,
                           struct range range, struct arena *arena, struct ledger_statement *out)
{
    int64_t position;

    out->entry_count = (size_t)(range.last - range.first + 1);
    out->entries = ARENA_ARRAY(arena, struct ledger_entry, out->entry_count);
    TRY(find_sequence(reader, &out->account, range.last, arena, &position));
    for (size_t i = 0; i < out->entry_count; i++) {
        struct ledger_entry *entry = &out->entries[page->forward ? out->entry_count - 1 - i : i];

        TRY(read_entry(reader, position, arena, entry));
        CHECK(entry->account_id == out->account.id);
        CHECK(entry->sequence == range.last - (int64_t)i);
        position = entry->previous_position;
    }
    if (page->forward) {
        out->next_cursor = range.last < out->account.sequence ? range.last : 0;
    } else {
        out->next_cursor = range.first > 1 ? range.first : 0;
    }
    return ERR_OK;
}

enum err ledger_read_statement(struct reader *reader, const struct ledger_statement_page *page,
                               struct arena *arena, struct ledger_statement *out)
{
    struct ledger_statement statement = {0};
    struct range range;

    CHECK(page->limit >= 1 && page->limit <= LEDGER_STATEMENT_MAX && page->cursor >= 0);
    TRY(ledger_read_account(reader, page->account_id, arena, &statement.account));
    range = page_range(page, statement.account.sequence);
    if (range.first <= range.last) {
        TRY(read_range(reader, page, range, arena, &statement));
    }
    *out = statement;
    return ERR_OK;
}

/* ---- journals ---- */

/* rows: all of one journal, in order. */
static struct ledger_journal_view view_of(struct arena *arena, const struct ledger_journal *rows)
{
    struct ledger_journal_view view = {
        .id = rows->id,
        .reference = {rows->source, rows->operation, rows->business_no},
        .created_at_ms = rows->created_at_ms,
        .business_date = (int32_t)rows->business_date,
        .entry_count = (size_t)rows->leg_count,
    };

    view.entries = ARENA_ARRAY(arena, struct ledger_entry, view.entry_count);
    for (size_t i = 0; i < view.entry_count; i++) {
        view.entries[i] = entry_of(&rows[i / LEDGER_SLOTS], i % LEDGER_SLOTS);
        view.entries[i].reference = view.reference;
    }
    return view;
}

enum err ledger_read_journal(struct reader *reader, int64_t journal_id, struct arena *arena,
                             struct ledger_journal_view *out)
{
    struct ledger_journal *rows;
    size_t count;

    TRY(ledger__read_rows_after(reader, journal_id - 1, LEDGER_LEGS_MAX / LEDGER_SLOTS, arena,
                                &rows, &count));
    if (count == 0 || rows->id != journal_id || rows->part != 0) {
        return ERR_LEDGER_JOURNAL;
    }
    CHECK((int64_t)count >= ledger__row_count(rows->leg_count));
    *out = view_of(arena, rows);
    return ERR_OK;
}

enum err ledger_read_business(struct reader *reader, enum ledger_source source, int64_t business_no,
                              struct arena *arena, struct ledger_journal_view **out, size_t *count)
{
    struct ledger_journal *rows;
    struct ledger_journal_view *views;
    size_t found;

    TRY(ledger__read_business_rows(reader, business_no, source, arena, &rows, &found));
    views = ARENA_ARRAY(arena, struct ledger_journal_view, found);
    for (size_t i = 0; i < found; i++) {
        TRY(ledger_read_journal(reader, rows[i].id, arena, &views[i]));
    }
    *out = views;
    *count = found;
    return ERR_OK;
}
