/* Queries: balances, statements, journals. A leg is found by its position; an account's legs are
 * walked backwards from the nearest mark. */
#include "base/time.h"
#include "money/ledger/ledger_int.h"

#include <stdlib.h>

/* ---- legs ---- */

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

static int compare_row(const void *id, const void *row)
{
    int64_t left = *(const int64_t *)id, right = ((const struct ledger_journal *)row)->id;

    return (left > right) - (left < right);
}

/* Rows in the order of their ids: all those that legs of interest stand in, and the first rows of
 * their journals. */
struct chain {
    struct ledger_journal *rows;
    size_t count;
};

static const struct ledger_journal *chain_row(const struct chain *chain, int64_t id)
{
    const struct ledger_journal *row =
        bsearch(&id, chain->rows, chain->count, sizeof(*chain->rows), compare_row);

    CHECK(row != NULL);
    return row;
}

/* The entry at a position, with the reference of its journal. */
static struct ledger_entry chain_entry(const struct chain *chain, int64_t position)
{
    const struct ledger_journal *row = chain_row(chain, ledger__position_row(position));
    struct ledger_entry entry = entry_of(row, ledger__position_slot(position));

    if (row->part > 0) {
        const struct ledger_journal *first = chain_row(chain, entry.journal_id);

        entry.reference =
            (struct ledger_reference){first->source, first->operation, first->business_no};
    }
    return entry;
}

/* A leg of an account: which one it is, and where it stands. */
struct place {
    int64_t sequence;
    int64_t position;
};

/* The account's leg at or a little after the sequence, from which the chain leads to it. */
static enum err seek(struct reader *reader, const struct ledger_account *account, int64_t sequence,
                     struct place *place)
{
    int64_t mark = (sequence + LEDGER_MARK_EVERY - 1) / LEDGER_MARK_EVERY * LEDGER_MARK_EVERY;

    if (mark > account->sequence) {
        *place = (struct place){account->sequence, account->last_position};
        return ERR_OK;
    }
    place->sequence = mark;
    return ledger__read_mark(reader, account->id, mark, &place->position);
}

/* An account that takes part in much of what is posted has its legs close together: the rows
 * between them are read along, which is several times cheaper than to follow the chain from leg to
 * leg. */
enum { ROWS_A_LEG = 4, ROWS_A_JOURNAL = LEDGER_LEGS_MAX / 2 };

/* The row before the first one that the legs of the range, and the journals they are of, may stand
 * in. Before the account's first mark that is 0: they may stand anywhere. */
static enum err row_before(struct reader *reader, const struct ledger_account *account,
                           int64_t sequence, int64_t *row)
{
    int64_t mark = sequence / LEDGER_MARK_EVERY * LEDGER_MARK_EVERY;
    int64_t position = 0;

    if (mark > 0) {
        TRY(ledger__read_mark(reader, account->id, mark, &position));
    }
    *row = ledger__position_row(position) - ROWS_A_JOURNAL;
    *row = *row < 0 ? 0 : *row;
    return ERR_OK;
}

/* The rows of the legs from the place down to the sequence, and perhaps others between them. */
static enum err read_rows(struct reader *reader, const struct ledger_account *account,
                          struct place place, int64_t sequence, struct arena *arena,
                          struct chain *chain)
{
    int64_t legs = place.sequence - sequence + 1;
    int64_t before, rows;

    if (legs >= LEDGER_MARK_EVERY) {
        TRY(row_before(reader, account, sequence, &before));
        rows = ledger__position_row(place.position) - before;
        if (rows <= ROWS_A_LEG * legs) {
            return ledger__read_rows_after(reader, before, (size_t)rows, arena, &chain->rows,
                                           &chain->count);
        }
    }
    return ledger__read_chain(reader, place.position, legs, arena, &chain->rows, &chain->count);
}

enum err ledger__read_entries(struct reader *reader, const struct ledger_account *account,
                              struct ledger_range range, struct arena *arena,
                              struct ledger_entry *out)
{
    struct place place;
    struct chain chain;

    CHECK(range.first >= 1 && range.first <= range.last && range.last <= account->sequence);
    TRY(seek(reader, account, range.last, &place));
    TRY(read_rows(reader, account, place, range.first, arena, &chain));
    for (int64_t sequence = place.sequence; sequence >= range.first; sequence--) {
        struct ledger_entry entry = chain_entry(&chain, place.position);

        CHECK(entry.account_id == account->id && entry.sequence == sequence);
        if (sequence <= range.last) {
            out[sequence - range.first] = entry;
        }
        place.position = entry.previous_position;
    }
    return ERR_OK;
}

/* ---- balance as of ---- */

bool ledger__is_before(const struct ledger_entry *entry, struct ledger_moment moment)
{
    return moment.date != 0 ? entry->business_date < moment.date
                            : entry->created_at_ms < moment.at_ms;
}

/* The greatest multiple of 32 whose leg stands before the moment; 0: none. The account's legs are
 * in the order of time and of business dates, so the marks are bisected. */
static enum err last_mark_before(struct reader *reader, const struct ledger_account *account,
                                 struct ledger_moment moment, struct arena *arena,
                                 int64_t *sequence)
{
    int64_t low = 0, high = account->sequence / LEDGER_MARK_EVERY;

    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        struct ledger_journal row;
        struct ledger_entry entry;
        int64_t position;

        TRY(ledger__read_mark(reader, account->id, middle * LEDGER_MARK_EVERY, &position));
        TRY(ledger__read_row(reader, ledger__position_row(position), arena, &row));
        entry = entry_of(&row, ledger__position_slot(position));
        if (ledger__is_before(&entry, moment)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    *sequence = low * LEDGER_MARK_EVERY;
    return ERR_OK;
}

enum err ledger__read_before(struct reader *reader, const struct ledger_account *account,
                             struct ledger_moment moment, struct arena *arena,
                             struct ledger_entry *out)
{
    struct ledger_entry entries[LEDGER_MARK_EVERY];
    struct ledger_range range;

    *out = (struct ledger_entry){.account_id = account->id};
    if (account->sequence == 0) {
        return ERR_OK;
    }
    TRY(last_mark_before(reader, account, moment, arena, &range.first));
    range.last = range.first + LEDGER_MARK_EVERY - 1;
    range.first = range.first == 0 ? 1 : range.first;
    range.last = range.last < account->sequence ? range.last : account->sequence;
    TRY(ledger__read_entries(reader, account, range, arena, entries));
    for (int64_t i = range.last - range.first; i >= 0; i--) {
        if (ledger__is_before(&entries[i], moment)) {
            *out = entries[i];
            return ERR_OK;
        }
    }
    return ERR_OK;
}

/* The account's last leg that is not later than asked; sequence 0: none. */
static enum err read_as_of(struct reader *reader, const struct ledger_account *account,
                           const struct ledger_as_of *as_of, struct arena *arena,
                           struct ledger_entry *entry)
{
    struct ledger_moment moment = {0};

    if (as_of->sequence > 0) {
        int64_t sequence =
            as_of->sequence < account->sequence ? as_of->sequence : account->sequence;
        const struct ledger_range range = {sequence, sequence};

        *entry = (struct ledger_entry){.account_id = account->id};
        return sequence == 0 ? ERR_OK : ledger__read_entries(reader, account, range, arena, entry);
    }
    if (as_of->date != 0) {
        moment.date = time_date_add_days(as_of->date, 1);
    } else {
        moment.at_ms = as_of->at_ms < INT64_MAX ? as_of->at_ms + 1 : as_of->at_ms;
    }
    return ledger__read_before(reader, account, moment, arena, entry);
}

enum err ledger_read_balance(struct reader *reader, const struct ledger_as_of *as_of,
                             struct arena *arena, struct ledger_balance *out)
{
    struct ledger_account account;
    struct ledger_entry entry;

    TRY(ledger_read_account(reader, as_of->account_id, arena, &account));
    TRY(read_as_of(reader, &account, as_of, arena, &entry));
    *out = (struct ledger_balance){
        .account_id = account.id,
        .currency = account.currency,
        .posted = entry.balance,
        .sequence = entry.sequence,
        .position = entry.position,
        .at_ms = entry.created_at_ms,
    };
    return ERR_OK;
}

/* ---- statements ---- */

/* One leg more than asked for, when there is one: it tells whether there is a further page. */
static struct ledger_range page_range(const struct ledger_statement_page *page, int64_t cursor,
                                      int64_t newest)
{
    int64_t limit = (int64_t)page->limit;
    struct ledger_range range;

    if (page->forward) {
        range.first = (cursor < newest ? cursor : newest) + 1;
        range.last = newest - cursor > limit ? cursor + limit + 1 : newest;
        return range;
    }
    range.last = cursor > newest ? newest : cursor - 1;
    range.first = range.last > limit ? range.last - limit : 1;
    return range;
}

/* Where the page begins: after this sequence, or before it. */
static enum err page_cursor(struct reader *reader, const struct ledger_statement_page *page,
                            const struct ledger_account *account, struct arena *arena,
                            int64_t *cursor)
{
    struct ledger_entry entry;

    *cursor = page->cursor;
    if (page->cursor != 0) {
        return ERR_OK;
    }
    if (page->period == NULL) {
        *cursor = page->forward ? 0 : account->sequence + 1;
        return ERR_OK;
    }
    TRY(ledger__read_before(
        reader, account, page->forward ? page->period->begin : page->period->end, arena, &entry));
    *cursor = page->forward ? entry.sequence : entry.sequence + 1;
    return ERR_OK;
}

static bool is_in(const struct ledger_entry *entry, const struct ledger_period *period)
{
    return period == NULL ||
           (!ledger__is_before(entry, period->begin) && ledger__is_before(entry, period->end));
}

static void turn_around(struct ledger_entry *entries, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct ledger_entry entry = entries[i];

        entries[i] = entries[count - 1 - i];
        entries[count - 1 - i] = entry;
    }
}

static enum err read_range(struct reader *reader, const struct ledger_statement_page *page,
                           struct ledger_range range, struct arena *arena,
                           struct ledger_statement *out)
{
    size_t count = (size_t)(range.last - range.first + 1), inside = 0;

    out->entries = ARENA_ARRAY(arena, struct ledger_entry, count);
    TRY(ledger__read_entries(reader, &out->account, range, arena, out->entries));
    TRY(ledger__trace_entries(reader, out->entries, count, arena));
    if (!page->forward) {
        turn_around(out->entries, count);
    }
    while (inside < count && is_in(&out->entries[inside], page->period)) {
        inside++;
    }
    out->entry_count = inside < page->limit ? inside : page->limit;
    out->next_cursor = inside > page->limit ? out->entries[page->limit - 1].sequence : 0;
    return ERR_OK;
}

enum err ledger_read_statement(struct reader *reader, const struct ledger_statement_page *page,
                               struct arena *arena, struct ledger_statement *out)
{
    struct ledger_statement statement = {0};
    struct ledger_range range;
    int64_t cursor;

    CHECK(page->limit >= 1 && page->limit <= LEDGER_STATEMENT_MAX && page->cursor >= 0);
    TRY(ledger_read_account(reader, page->account_id, arena, &statement.account));
    TRY(page_cursor(reader, page, &statement.account, arena, &cursor));
    range = page_range(page, cursor, statement.account.sequence);
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
        .voucher = rows->voucher,
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

/* Where the journal's legs had to wait, and where what it applied was booked first. */
static enum err read_links(struct reader *reader, struct arena *arena,
                           struct ledger_journal_view *view)
{
    struct ledger_entry entry = view->entries[0];

    TRY(ledger__trace_entries(reader, &entry, 1, arena));
    if (entry.origin_id != 0) {
        view->origin = (struct ledger_origin){entry.origin_id, entry.reference};
    }
    return ledger__read_pending_of(reader, arena, view);
}

enum err ledger_read_journal(struct reader *reader, int64_t journal_id, struct arena *arena,
                             struct ledger_journal_view *out)
{
    struct ledger_journal_view view;
    struct ledger_journal *rows;
    size_t count;

    TRY(ledger__read_rows_after(reader, journal_id - 1, LEDGER_LEGS_MAX / LEDGER_SLOTS, arena,
                                &rows, &count));
    if (count == 0 || rows->id != journal_id || rows->part != 0) {
        return ERR_LEDGER_JOURNAL;
    }
    CHECK((int64_t)count >= ledger__row_count(rows->leg_count));
    view = view_of(arena, rows);
    TRY(read_links(reader, arena, &view));
    TRY(ledger__read_memo(reader, journal_id, arena, &view.memo));
    *out = view;
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
