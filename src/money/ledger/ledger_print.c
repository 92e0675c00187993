/* Text for the operator's terminal. */
#include "base/encode.h"
#include "base/time.h"
#include "money/ledger/ledger_day_int.h"

enum err ledger_print_proof(struct store *store, int32_t date,
                            const struct ledger_progress *progress, struct buf *out, bool *right)
{
    const struct ledger_progress none = {NULL, NULL};
    struct ledger_proof proof;

    progress = progress == NULL ? &none : progress;
    if (date == 0) {
        TRY(ledger_prove(store, progress->tell, progress->ctx, &proof));
    } else {
        TRY(ledger_prove_day(store, date, progress->tell, progress->ctx, &proof));
    }
    *right = proof.holds_true;
    buf_printf(out, "journals %lld  legs %lld  accounts %lld\n", (long long)proof.journals,
               (long long)proof.legs, (long long)proof.accounts);
    if (!proof.holds_true) {
        buf_printf(out, "WRONG: %s\n", proof.wrong);
    } else if (date == 0) {
        buf_add(out, STR("the books are right\n"));
    } else {
        buf_printf(out, "%lld is right\n", (long long)date);
    }
    return ERR_OK;
}

/* ---- days ---- */

struct days_query {
    struct arena *arena;
    size_t limit;
    struct ledger_day *days;
    size_t count;
    enum err err;
};

static void read_days(void *ctx, struct reader *reader)
{
    struct days_query *query = ctx;

    query->err =
        ledger_read_days(reader, 0, query->limit, query->arena, &query->days, &query->count);
}

static void print_day(struct buf *out, const struct ledger_day *day)
{
    int64_t rows = day->status == LEDGER_DAY_OPEN ? 0 : day->last_row - day->first_row + 1;

    buf_printf(out, "%lld  %-7s %11lld %11lld %11lld  ", (long long)day->id,
               enum_name_of(ledger__day_status_names, (int)day->status), (long long)rows,
               (long long)day->journals, (long long)day->legs);
    hex_encode(out, day->hash);
    buf_add_char(out, '\n');
    if (day->wrong.len > 0) {
        buf_printf(out, "  WRONG: " STR_FMT "\n", STR_ARG(day->wrong));
    }
}

enum err ledger_print_days(struct store *store, size_t limit, struct buf *out, bool *right)
{
    struct days_query query = {.arena = arena_new(), .limit = limit};
    enum err err = store_read(store, read_days, &query);

    err = err == ERR_OK ? query.err : err;
    if (err == ERR_OK) {
        *right = true;
        buf_printf(out, "%-8s  %-7s %11s %11s %11s  %s\n", "date", "status", "rows", "journals",
                   "legs", "hash");
    }
    for (size_t i = 0; err == ERR_OK && i < query.count; i++) {
        print_day(out, &query.days[i]);
        *right = *right && query.days[i].wrong.len == 0;
    }
    arena_free(query.arena);
    return err;
}

/* ---- trial balance ---- */

struct trial_query {
    struct arena *arena;
    int32_t date;
    struct ledger_trial_balance trial;
    enum err err;
};

static void read_trial(void *ctx, struct reader *reader)
{
    struct trial_query *query = ctx;

    query->err = ledger_read_trial_balance(reader, query->date, query->arena, &query->trial);
}

static void print_amount(struct buf *out, struct arena *arena, struct amount amount,
                         enum currency currency)
{
    struct buf text;
    enum { WIDTH = 20, TEXT_MAX = 64 };

    buf_init_arena(&text, arena, TEXT_MAX);
    amount_print(&text, amount, currency);
    buf_printf(out, "%*s" STR_FMT, text.len < WIDTH ? (int)(WIDTH - text.len) : 1, "",
               STR_ARG(buf_str(&text)));
}

static void print_trial_row(struct buf *out, struct arena *arena,
                            const struct ledger_trial_row *row)
{
    buf_printf(out, "%-10lld  " STR_FMT "  %s", (long long)row->code,
               STR_ARG(currency_code(row->currency)), row->side == LEDGER_DEBIT ? "D" : "C");
    print_amount(out, arena, row->opening, row->currency);
    print_amount(out, arena, row->debits, row->currency);
    print_amount(out, arena, row->credits, row->currency);
    print_amount(out, arena, row->closing, row->currency);
    buf_printf(out, "  " STR_FMT "\n", STR_ARG(row->name));
}

static enum err print_trial(struct store *store, struct trial_query *query, struct buf *out,
                            bool *right)
{
    TRY(store_read(store, read_trial, query));
    TRY(query->err);
    buf_printf(out, "business date %lld\n", (long long)query->trial.date);
    buf_printf(out, "%-10s  %-3s  %s%20s%20s%20s%20s  %s\n", "code", "cur", " ", "opening",
               "debits", "credits", "closing", "name");
    for (size_t i = 0; i < query->trial.row_count; i++) {
        print_trial_row(out, query->arena, &query->trial.rows[i]);
    }
    *right = query->trial.balanced;
    if (*right) {
        buf_add(out, STR("debits = credits in every currency\n"));
    } else {
        buf_printf(out, "WRONG: debits and credits differ in " STR_FMT "\n",
                   STR_ARG(currency_code(query->trial.wrong_currency)));
    }
    return ERR_OK;
}

enum err ledger_print_trial_balance(struct store *store, int32_t date, struct buf *out, bool *right)
{
    struct trial_query query = {.arena = arena_new(), .date = date};
    enum err err = print_trial(store, &query, out, right);

    arena_free(query.arena);
    return err;
}

/* ---- statement ---- */

struct statement_query {
    struct arena *arena;
    struct ledger_statement_page page;
    struct ledger_statement statement;
    enum err err;
};

static void read_statement(void *ctx, struct reader *reader)
{
    struct statement_query *query = ctx;

    query->err = ledger_read_statement(reader, &query->page, query->arena, &query->statement);
}

static void print_entry(struct buf *out, struct arena *arena, const struct ledger_entry *entry,
                        enum currency currency)
{
    buf_printf(out, "%8lld  ", (long long)entry->sequence);
    time_print(out, entry->created_at_ms);
    buf_printf(out, "  %s", entry->side == LEDGER_DEBIT ? "D" : "C");
    print_amount(out, arena, entry->amount, currency);
    print_amount(out, arena, entry->balance, currency);
    buf_add(out, STR("  "));
    id_print(out, LEDGER_JOURNAL_PREFIX, entry->journal_id);
    buf_add_char(out, '\n');
}

static enum err print_statement(struct store *store, struct statement_query *query, size_t limit,
                                struct buf *out)
{
    do {
        enum currency currency;

        query->page.limit = limit < LEDGER_STATEMENT_MAX ? limit : LEDGER_STATEMENT_MAX;
        TRY(store_read(store, read_statement, query));
        TRY(query->err);
        currency = query->statement.account.currency;
        for (size_t i = 0; i < query->statement.entry_count; i++) {
            print_entry(out, query->arena, &query->statement.entries[i], currency);
        }
        limit -= query->statement.entry_count;
        query->page.cursor = query->statement.next_cursor;
        arena_reset(query->arena);
    } while (limit > 0 && query->page.cursor != 0);
    return ERR_OK;
}

enum err ledger_print_statement(struct store *store, int64_t account_id, size_t limit,
                                struct buf *out)
{
    struct statement_query query = {.arena = arena_new(), .page = {.account_id = account_id}};
    enum err err = limit == 0 ? ERR_FIELD_RANGE : print_statement(store, &query, limit, out);

    arena_free(query.arena);
    return err;
}
