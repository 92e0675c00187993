/* The walk over a period, and documents as jobs of steps. */
#include "money/ledger/ledger_statement_int.h"

#include "base/time.h"
#include "money/ledger/ledger_chart.h"

/* Read at once: whole stretches between marks. A step of a job reads several of them. */
enum { STRETCH = LEDGER_STATEMENT_MAX / LEDGER_MARK_EVERY * LEDGER_MARK_EVERY, STEP = 8 };

struct ledger_period ledger_period_of(int32_t from, int32_t to)
{
    return (struct ledger_period){.begin = {.date = from},
                                  .end = {.date = time_date_add_days(to, 1)}};
}

void ledger__sums_add(struct ledger_sums *sums, const struct ledger_entry *entry)
{
    bool is_debit = entry->side == LEDGER_DEBIT;
    struct amount *sum = is_debit ? &sums->debits : &sums->credits;

    CHECK(amount_add(*sum, entry->amount, sum) == ERR_OK);
    *(is_debit ? &sums->debit_count : &sums->credit_count) += 1;
}

enum err ledger__owner_check(const struct ledger_account *account, int64_t owner_id)
{
    return owner_id == LEDGER_ANY_OWNER || account->owner_id == owner_id ? ERR_OK
                                                                         : ERR_LEDGER_ACCOUNT;
}

enum err ledger_ask_account(struct reader *reader, const struct ledger_ask *ask,
                            struct arena *arena, int64_t *account_id)
{
    *account_id = ask->account_id;
    if (ask->account_id != 0) {
        return ERR_OK;
    }
    return ask->directory == NULL
               ? ERR_LEDGER_ACCOUNT
               : ask->directory->find(reader, ask->account_number, arena, account_id);
}

enum err ledger__label(struct reader *reader, const struct ledger_directory *directory,
                       const struct ledger_account *account, struct arena *arena,
                       struct ledger_label *out)
{
    *out = (struct ledger_label){.number = STR(""), .owner = STR("")};
    return directory == NULL ? ERR_OK : directory->label(reader, account, arena, out);
}

enum err ledger__name_entries(struct reader *reader, const struct ledger_directory *directory,
                              struct ledger_entry *entries, size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        const struct ledger_reference *reference = &entries[i].reference;

        entries[i].about = (struct ledger_about){
            reference->source == LEDGER_SOURCE_PAYMENT ? "pay" : NULL, reference->business_no};
    }
    return directory == NULL || directory->name == NULL
               ? ERR_OK
               : directory->name(reader, entries, count, arena);
}

enum err ledger__caption_entries(struct reader *reader, const struct ledger_directory *directory,
                                 struct ledger_entry *entries, size_t count, struct arena *arena)
{
    TRY(ledger__name_entries(reader, directory, entries, count, arena));
    return ledger__read_memos(reader, entries, count, arena);
}

enum err ledger__name_journals(struct reader *reader, const struct ledger_directory *directory,
                               struct ledger_journal_view *journals, size_t count,
                               struct arena *arena)
{
    struct ledger_entry *firsts = ARENA_ARRAY(arena, struct ledger_entry, count);

    for (size_t i = 0; i < count; i++) {
        const struct ledger_origin *origin = &journals[i].origin;

        firsts[i] = journals[i].entries[0];
        if (origin->journal_id != 0) {
            firsts[i].origin_id = origin->journal_id;
            firsts[i].reference = origin->reference;
        }
    }
    TRY(ledger__name_entries(reader, directory, firsts, count, arena));
    for (size_t i = 0; i < count; i++) {
        journals[i].about = firsts[i].about;
    }
    return ERR_OK;
}

/* ---- the walk ---- */

enum err ledger_walk_begin(struct reader *reader, const struct ledger_ask *ask, struct arena *arena,
                           struct ledger_walk *out)
{
    struct ledger_walk walk = {.period = ask->period};
    struct ledger_entry before, last;
    int64_t account_id;

    TRY(ledger_ask_account(reader, ask, arena, &account_id));
    TRY(ledger_read_account(reader, account_id, arena, &walk.account));
    TRY(ledger__owner_check(&walk.account, ask->owner_id));
    TRY(ledger__label(reader, ask->directory, &walk.account, arena, &walk.label));
    TRY(ledger__read_before(reader, &walk.account, ask->period.begin, arena, &before));
    TRY(ledger__read_before(reader, &walk.account, ask->period.end, arena, &last));
    walk.first = before.sequence + 1;
    walk.last = last.sequence > before.sequence ? last.sequence : before.sequence;
    walk.opening = before.balance;
    walk.closing = last.sequence > before.sequence ? last.balance : before.balance;
    walk.next = walk.first;
    *out = walk;
    return ERR_OK;
}

/* At the end the balances must agree with what has been walked. */
static void check_end(const struct ledger_walk *walk)
{
    int64_t net = walk->account.side == LEDGER_DEBIT
                      ? walk->sums.debits.minor - walk->sums.credits.minor
                      : walk->sums.credits.minor - walk->sums.debits.minor;

    CHECK(walk->opening.minor + net == walk->closing.minor);
}

enum err ledger_walk_next(struct reader *reader, struct ledger_walk *walk, struct arena *arena,
                          struct ledger_entry **entries, size_t *count)
{
    struct ledger_range range = {
        .first = walk->next,
        .last = (walk->next + STRETCH - 1) / LEDGER_MARK_EVERY * LEDGER_MARK_EVERY,
    };

    *count = 0;
    if (walk->next > walk->last) {
        check_end(walk);
        return ERR_OK;
    }
    range.last = range.last < walk->last ? range.last : walk->last;
    *count = (size_t)(range.last - range.first + 1);
    *entries = ARENA_ARRAY(arena, struct ledger_entry, *count);
    TRY(ledger__read_entries(reader, &walk->account, range, arena, *entries));
    TRY(ledger__trace_entries(reader, *entries, *count, arena));
    for (size_t i = 0; i < *count; i++) {
        ledger__sums_add(&walk->sums, &(*entries)[i]);
    }
    walk->next = range.last + 1;
    return ERR_OK;
}

/* ---- documents ---- */

int64_t ledger_document_max(enum ledger_document_kind kind)
{
    switch (kind) {
    case LEDGER_DOCUMENT_CSV:
        return LEDGER_CSV_MAX;
    case LEDGER_DOCUMENT_PDF:
        return LEDGER_PDF_MAX;
    case LEDGER_DOCUMENT_SUMS:
        break;
    }
    return LEDGER_SUMS_MAX;
}

void ledger_document_init(struct ledger_document *document, struct arena *arena,
                          const struct ledger_document_ask *ask)
{
    *document = (struct ledger_document){.ask = *ask, .arena = arena};
}

struct str ledger__name_of(const struct ledger_chart_entry *entry, enum ledger_language language)
{
    if (entry == NULL) {
        return STR("");
    }
    return language == LEDGER_CHINESE && entry->name_zh.len > 0 ? entry->name_zh : entry->name;
}

/* Names are those of the end of the period, so that what has been printed once stays as it is. */
static int32_t last_date(const struct ledger_period *period)
{
    return period->end.date != 0 ? time_date_add_days(period->end.date, -1)
                                 : time_business_date(period->end.at_ms - 1);
}

static enum err begin(struct reader *reader, struct ledger_document *document)
{
    struct ledger_walk *walk = &document->walk;
    struct ledger_chart chart;

    TRY(ledger_walk_begin(reader, &document->ask.of, document->arena, walk));
    if (walk->last - walk->first + 1 > ledger_document_max(document->ask.kind)) {
        return ERR_LEDGER_STATEMENT_LONG;
    }
    TRY(ledger_read_chart(reader, last_date(&walk->period), document->arena, &chart));
    document->account_name =
        ledger__name_of(ledger_chart_entry(&chart, walk->account.code), document->ask.language);
    if (document->ask.kind == LEDGER_DOCUMENT_PDF) {
        document->entries = ARENA_ARRAY(document->arena, struct ledger_entry,
                                        (size_t)(walk->last - walk->first + 1));
    }
    if (document->ask.kind != LEDGER_DOCUMENT_SUMS) {
        ledger__csv_begin(document);
    }
    return ERR_OK;
}

/* A PDF shows the hash of the CSV of the same statement: both say the same. */
static enum err add(struct reader *reader, struct ledger_document *document,
                    struct ledger_entry *entries, size_t count, struct arena *arena)
{
    if (document->ask.kind == LEDGER_DOCUMENT_SUMS) {
        return ERR_OK;
    }
    TRY(ledger__caption_entries(reader, document->ask.of.directory, entries, count, arena));
    ledger__csv_add(document, entries, count, arena);
    if (document->ask.kind == LEDGER_DOCUMENT_PDF) {
        for (size_t i = 0; i < count; i++) {
            entries[i].memo = str_dup(document->arena, entries[i].memo);
            document->entries[document->entry_count++] = entries[i];
        }
    }
    return ERR_OK;
}

static enum err end(struct ledger_document *document)
{
    if (document->ask.kind == LEDGER_DOCUMENT_SUMS) {
        return ERR_OK;
    }
    ledger__csv_end(document);
    if (!buf_ok(&document->csv)) {
        return ERR_LEDGER_STATEMENT_LONG;
    }
    document->content = buf_str(&document->csv);
    return document->ask.kind == LEDGER_DOCUMENT_PDF ? ledger__statement_pdf(document) : ERR_OK;
}

static enum err step(struct reader *reader, struct ledger_document *document, struct arena *scratch,
                     bool *done)
{
    if (!document->begun) {
        TRY(begin(reader, document));
        document->begun = true;
    }
    for (unsigned i = 0; i < STEP && !*done; i++) {
        struct ledger_entry *entries = NULL;
        size_t count;

        arena_reset(scratch);
        TRY(ledger_walk_next(reader, &document->walk, scratch, &entries, &count));
        *done = count == 0;
        if (count > 0) {
            TRY(add(reader, document, entries, count, scratch));
        }
    }
    return *done ? end(document) : ERR_OK;
}

enum err ledger_document_step(struct reader *reader, struct ledger_document *document, bool *done)
{
    struct arena *scratch = arena_new();
    enum err err;

    *done = false;
    err = step(reader, document, scratch, done);
    arena_free(scratch);
    return err;
}
