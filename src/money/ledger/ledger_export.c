/* The journal as CSV, a line per leg. */
#include "base/time.h"
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_day_int.h"

enum { EXPORT_ROWS = 1024, EXPORT_LINE_MAX = 400, EXPORT_KNOWN = 1 << 14 };

/* Accounts looked at lately, by a hash of their id: most legs are of a few. */
struct known {
    int64_t id;
    int64_t code;
    enum currency currency;
};

struct exporting {
    const struct ledger_export *what;
    struct arena *arena;
    struct reader *reader;
    struct known *known;
    int64_t first_row, last_row, next_row;
    struct ledger_journal head; /* the row the journal begins with */
    struct buf text;
    enum err err;
};

static enum err find_rows(struct exporting *e)
{
    struct ledger_day first, *last;
    size_t count;

    TRY(ledger__read_day_after(e->reader, e->what->first - 1, e->arena, &first));
    TRY(ledger_read_days(e->reader, e->what->last + 1, 1, e->arena, &last, &count));
    if (count == 0 || last->id < first.id) {
        return ERR_LEDGER_DAY;
    }
    e->first_row = e->next_row = first.first_row;
    e->last_row = last->last_row;
    return last->status == LEDGER_DAY_OPEN ? ledger__read_last_row(e->reader, &e->last_row)
                                           : ERR_OK;
}

static void find_run(void *ctx, struct reader *reader)
{
    struct exporting *e = ctx;

    e->reader = reader;
    e->err = find_rows(e);
}

static enum err find_account(struct exporting *e, int64_t id, const struct known **out)
{
    struct known *place =
        &e->known[(((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (EXPORT_KNOWN - 1)];
    struct ledger_account account;

    if (place->id != id) {
        TRY(ledger_read_account(e->reader, id, e->arena, &account));
        *place = (struct known){id, account.code, account.currency};
    }
    *out = place;
    return ERR_OK;
}

/* An enum by its name, or by its number when it has none here. */
static void add_name(struct buf *out, const struct enum_name *names, int value)
{
    const char *name = enum_name_of(names, value);

    if (name == NULL) {
        buf_printf(out, "%d,", value);
    } else {
        buf_printf(out, "%s,", name);
    }
}

static enum err add_leg(struct exporting *e, const struct ledger_journal *row, size_t slot)
{
    const struct ledger_slot *leg = &row->slots[slot];
    const struct known *account;
    bool is_debit = leg->amount.minor > 0;

    TRY(find_account(e, leg->account_id, &account));
    buf_printf(&e->text, "%lld,", (long long)row->business_date);
    id_print(&e->text, LEDGER_JOURNAL_PREFIX, e->head.id);
    buf_printf(&e->text, ",%lld,", (long long)(row->part * LEDGER_SLOTS) + (long long)slot);
    time_print(&e->text, row->created_at_ms);
    buf_add_char(&e->text, ',');
    add_name(&e->text, ledger__source_names, (int)e->head.source);
    add_name(&e->text, ledger__operation_names, (int)e->head.operation);
    buf_printf(&e->text, "%lld,", (long long)e->head.business_no);
    id_print(&e->text, LEDGER_ACCOUNT_PREFIX, leg->account_id);
    buf_printf(&e->text, ",%lld," STR_FMT ",%s,%lld,%lld,%lld\n", (long long)account->code,
               STR_ARG(currency_code(account->currency)), is_debit ? "debit" : "credit",
               (long long)(is_debit ? leg->amount.minor : -leg->amount.minor),
               (long long)leg->sequence, (long long)leg->balance.minor);
    return ERR_OK;
}

static enum err add_rows(struct exporting *e)
{
    int64_t left = e->last_row - e->next_row + 1;
    struct ledger_journal *rows;
    size_t count;

    TRY(ledger__read_rows_after(e->reader, e->next_row - 1,
                                (size_t)(left < EXPORT_ROWS ? left : EXPORT_ROWS), e->arena, &rows,
                                &count));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].part == 0) {
            e->head = rows[i];
        }
        for (size_t slot = 0; slot < LEDGER_SLOTS && rows[i].slots[slot].account_id != 0; slot++) {
            TRY(add_leg(e, &rows[i], slot));
        }
        e->next_row = rows[i].id + 1;
    }
    return count > 0 ? ERR_OK : ERR_LEDGER_JOURNAL;
}

static void rows_run(void *ctx, struct reader *reader)
{
    struct exporting *e = ctx;

    e->reader = reader;
    e->err = add_rows(e);
}

static enum err hand_over(struct exporting *e)
{
    CHECK(buf_ok(&e->text));
    if (!e->what->write(e->what->ctx, buf_str(&e->text))) {
        return ERR_STOPPING;
    }
    buf_reset(&e->text);
    arena_reset(e->arena);
    return ERR_OK;
}

static enum err run_export(struct store *store, struct exporting *e)
{
    const struct ledger_progress *progress = &e->what->progress;

    TRY(store_read(store, find_run, e));
    TRY(e->err);
    buf_add(&e->text, STR("business_date,journal_id,leg,created_at,source,operation,business_no,"
                          "account_id,code,currency,side,amount,sequence,balance\n"));
    TRY(hand_over(e));
    while (e->next_row <= e->last_row) {
        TRY(store_read(store, rows_run, e));
        TRY(e->err);
        TRY(hand_over(e));
        if (progress->tell != NULL) {
            progress->tell(progress->ctx, e->next_row - e->first_row,
                           e->last_row - e->first_row + 1);
        }
    }
    return ERR_OK;
}

enum err ledger_export(struct store *store, const struct ledger_export *export)
{
    struct exporting e = {.what = export, .arena = arena_new()};
    enum err err;

    e.known = mem_new(EXPORT_KNOWN * sizeof(*e.known));
    buf_init(&e.text, EXPORT_ROWS * LEDGER_SLOTS * EXPORT_LINE_MAX);
    err = run_export(store, &e);
    buf_free(&e.text);
    mem_free(e.known);
    arena_free(e.arena);
    return err;
}
