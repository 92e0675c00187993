#include "money/ledger/ledger_sealing.h"

#include "base/encode.h"

enum {
    STEP_PAGES = 8,
    STEP_ROWS = STEP_PAGES * LEDGER_SEAL_ROWS,
    STEP_ACCOUNTS = 4096,
    INDEX_MIN = 4096,
};

struct metric ledger_days_closed_metric = {
    .name = "tomato_ledger_seals_total",
    .type = METRIC_COUNTER,
    .help = "Business days sealed and closed",
};
struct metric ledger_day_wrong_metric = {
    .name = "tomato_ledger_day_wrong",
    .type = METRIC_GAUGE,
    .help =
        "The business date (yyyymmdd) that cannot be closed because the books are wrong; 0: none",
};

/* How a day's wrong begins when rows were changed after their page was made. */
#define PAGE_WRONG "ledger_seal_page"

enum phase { PHASE_FIND = 1, PHASE_ACCOUNTS, PHASE_ROWS, PHASE_RECORDS, PHASE_TOTALS };

/* Which sum an account belongs to. */
struct account_sum {
    int64_t account_id; /* 0: free */
    size_t place;       /* in the fold */
};

/* The arguments of the commands. */
struct pages_arg {
    struct ledger_seal_page pages[STEP_PAGES];
    size_t count;
};
struct close_arg {
    struct ledger_day seal; /* id, counts and hashes */
    const struct ledger_total_at *totals;
    size_t total_count;
};
struct wrong_arg {
    int64_t date;
    struct str wrong;
};

struct ledger_sealing {
    struct arena *arena; /* of a step and its command */
    struct reader *reader;
    enum phase phase;
    bool done;
    bool wrong;
    char text[LEDGER_WRONG_MAX];

    struct ledger_day day;
    bool replace; /* an attempt failed: the rows may have been mended since its pages were made */
    unsigned char previous_hash[LEDGER_HASH];
    int64_t next_row;
    struct ledger_hasher hasher;
    struct ledger_records records;

    struct ledger_fold fold;
    struct account_sum *index; /* open addressing */
    size_t account_count, index_size;
    struct ledger_tally tally;

    const struct command_kind *kind;
    struct pages_arg pages;
    struct close_arg close;
    struct wrong_arg wrong_arg;
    unsigned char hash[LEDGER_HASH]; /* of the day that was closed */
};

struct ledger_sealing *ledger__sealing_new(void)
{
    struct ledger_sealing *s = mem_new(sizeof(*s));

    s->arena = arena_new();
    s->phase = PHASE_FIND;
    return s;
}

void ledger__sealing_free(struct ledger_sealing *s)
{
    arena_free(s->arena);
    ledger__fold_free(&s->fold);
    ledger__tally_free(&s->tally);
    mem_free(s->index);
    mem_free(s);
}

/* ---- commands ---- */

static enum err put_page(struct tx *tx, const struct ledger_seal_page *page)
{
    void *row;
    enum err err = tx_edit(tx, &ledger__seal_page_table, page->id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return tx_insert(tx, &ledger__seal_page_table, page);
    }
    TRY(err);
    *(struct ledger_seal_page *)row = *page;
    return ERR_OK;
}

static enum err pages_apply(struct tx *tx, const void *arg, void *result)
{
    const struct pages_arg *pages = arg;

    (void)result;
    for (size_t i = 0; i < pages->count; i++) {
        TRY(put_page(tx, &pages->pages[i]));
    }
    return ERR_OK;
}

static const struct command_kind pages_kind = {.name = "ledger.seal_pages", .apply = pages_apply};

/* The timer's work is over when the day before the open one is closed. */
static enum err cancel_when_last(struct tx *tx, int64_t date)
{
    const struct ledger_clock *clock;
    const void *row;

    TRY(tx_get(tx, &ledger__clock_table, LEDGER_CLOCK_ID, &row));
    clock = row;
    TRY(tx_get(tx, &ledger__day_table, clock->date, &row));
    return ((const struct ledger_day *)row)->previous_id == date
               ? timer_cancel(tx, &ledger__seal_timer, LEDGER_CLOCK_ID)
               : ERR_OK;
}

static enum err close_apply(struct tx *tx, const void *arg, void *result)
{
    const struct close_arg *close = arg;
    unsigned char *hash = arena_alloc(tx_arena(tx), LEDGER_HASH);
    struct ledger_day *day;
    void *row;

    TRY(tx_edit(tx, &ledger__day_table, close->seal.id, &row));
    day = row;
    if (day->status != LEDGER_DAY_CLOSING) {
        return ERR_OK;
    }
    day->status = LEDGER_DAY_CLOSED;
    day->closed_at_ms = tx_now_ms(tx);
    day->journals = close->seal.journals;
    day->legs = close->seal.legs;
    day->rows_hash = close->seal.rows_hash;
    day->previous_hash = close->seal.previous_hash;
    day->records = close->seal.records;
    day->wrong = STR("");
    ledger__day_hash(day, close->totals, close->total_count, hash);
    day->hash = (struct str){(const char *)hash, LEDGER_HASH};
    memcpy(result, hash, LEDGER_HASH);
    return cancel_when_last(tx, day->id);
}

static const struct command_kind close_kind = {
    .name = "ledger.day_close",
    .apply = close_apply,
    .result_size = LEDGER_HASH,
};

static enum err wrong_apply(struct tx *tx, const void *arg, void *result)
{
    const struct wrong_arg *wrong = arg;
    void *row;

    (void)result;
    TRY(tx_edit(tx, &ledger__day_table, wrong->date, &row));
    ((struct ledger_day *)row)->wrong = wrong->wrong;
    return ERR_OK;
}

static const struct command_kind wrong_kind = {.name = "ledger.day_wrong", .apply = wrong_apply};

/* ---- what is wrong ---- */

static void wrong(struct ledger_sealing *s, const char *format, ...) PRINTF_LIKE(2, 3);
static void wrong(struct ledger_sealing *s, const char *format, ...)
{
    struct buf text;
    va_list args;

    if (s->wrong) {
        return;
    }
    buf_init_arena(&text, s->arena, sizeof(s->text));
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    CHECK(buf_ok(&text));
    memcpy(s->text, text.ptr, text.len);
    s->wrong = true;
    s->done = true;
    s->kind = &wrong_kind;
    s->wrong_arg = (struct wrong_arg){s->day.id, {s->text, text.len}};
}

/* ---- accounts ---- */

static struct account_sum *index_at(const struct ledger_sealing *s, int64_t account_id)
{
    size_t at = (size_t)(((uint64_t)account_id * UINT64_C(0x9E3779B97F4A7C15)) >> 20);

    for (;; at++) {
        struct account_sum *place = &s->index[at & (s->index_size - 1)];

        if (place->account_id == 0 || place->account_id == account_id) {
            return place;
        }
    }
}

static void index_grow(struct ledger_sealing *s)
{
    struct account_sum *old = s->index;
    size_t size = s->index_size;

    s->index_size = size == 0 ? INDEX_MIN : 2 * size;
    s->index = mem_new(s->index_size * sizeof(*s->index));
    for (size_t i = 0; i < size; i++) {
        if (old[i].account_id != 0) {
            *index_at(s, old[i].account_id) = old[i];
        }
    }
    mem_free(old);
}

static void add_account(struct ledger_sealing *s, int64_t account_id, int64_t total_id)
{
    struct account_sum *place;

    if (2 * s->account_count >= s->index_size) {
        index_grow(s);
    }
    place = index_at(s, account_id);
    s->account_count += place->account_id == 0 ? 1 : 0;
    *place = (struct account_sum){account_id, ledger__fold_place(&s->fold, total_id)};
}

/* Compares them with the totals along the way. */
static enum err read_accounts(struct ledger_sealing *s)
{
    TRY(ledger__tally_step(&s->tally, s->reader, s->arena));
    for (size_t i = 0; i < s->tally.page_count; i++) {
        const struct ledger_tally_row *account = &s->tally.page[i];

        add_account(s, account->id, ledger__total_id(account->code, account->currency));
    }
    s->phase = ledger__tally_is_done(&s->tally) ? PHASE_ROWS : PHASE_ACCOUNTS;
    return ERR_OK;
}

/* ---- the day ---- */

static enum err begin_day(struct ledger_sealing *s)
{
    struct ledger_day previous = {0};
    int64_t date;
    enum err err;

    TRY(ledger__read_oldest_closing(s->reader, &date));
    if (date == 0) {
        s->done = true;
        return ERR_OK;
    }
    TRY(ledger_read_day(s->reader, (int32_t)date, s->arena, &s->day));
    s->replace = s->day.wrong.len > 0 && !str_starts(s->day.wrong, STR(PAGE_WRONG));
    s->day.rows_hash = s->day.previous_hash = s->day.hash = s->day.records = s->day.wrong = STR("");
    s->day.journals = s->day.legs = 0;
    if (s->day.previous_id != 0) {
        err = ledger_read_day(s->reader, (int32_t)s->day.previous_id, s->arena, &previous);
        if (err != ERR_LEDGER_DAY) {
            TRY(err);
        }
        if (err == ERR_LEDGER_DAY || previous.status != LEDGER_DAY_CLOSED ||
            previous.hash.len != LEDGER_HASH) {
            wrong(s, "ledger_day row %lld: it must be there and closed",
                  (long long)s->day.previous_id);
            return ERR_OK;
        }
        memcpy(s->previous_hash, previous.hash.ptr, LEDGER_HASH);
        s->day.previous_hash = (struct str){(const char *)s->previous_hash, LEDGER_HASH};
    }
    ledger__fold_begin_day(&s->fold);
    s->next_row = s->day.first_row;
    ledger__hasher_begin(&s->hasher);
    ledger__records_begin(&s->records, &s->day, previous.records.len == 0);
    ledger__tally_begin(&s->tally, STEP_ACCOUNTS);
    s->phase = PHASE_ACCOUNTS;
    return ERR_OK;
}

static enum err fold_leg(struct ledger_sealing *s, const struct ledger_journal *row, size_t slot)
{
    const struct ledger_slot *leg = &row->slots[slot];
    struct account_sum *place;

    if (leg->account_id == 0) {
        return ERR_OK;
    }
    place = s->index_size == 0 ? NULL : index_at(s, leg->account_id);
    if (place == NULL || place->account_id == 0) {
        struct ledger_account account;
        enum err err = ledger_read_account(s->reader, leg->account_id, s->arena, &account);

        if (err == ERR_LEDGER_ACCOUNT) {
            wrong(s, "ledger_journal row %lld: there is no account %lld", (long long)row->id,
                  (long long)leg->account_id);
            return ERR_OK;
        }
        TRY(err);
        add_account(s, account.id, ledger__total_id(account.code, account.currency));
        place = index_at(s, leg->account_id);
    }
    ledger__fold_leg(&s->fold, place->place, leg->amount);
    s->day.legs++;
    return ERR_OK;
}

static enum err fold_row(struct ledger_sealing *s, const struct ledger_journal *row)
{
    if (row->id != s->next_row) {
        wrong(s, "ledger_journal row %lld is missing", (long long)s->next_row);
        return ERR_OK;
    }
    if (row->business_date != s->day.id) {
        wrong(s, "ledger_journal row %lld: business_date is %lld, must be %lld", (long long)row->id,
              (long long)row->business_date, (long long)s->day.id);
        return ERR_OK;
    }
    s->next_row++;
    s->day.journals += row->part == 0 ? 1 : 0;
    for (size_t slot = 0; slot < LEDGER_SLOTS && !s->wrong; slot++) {
        TRY(fold_leg(s, row, slot));
    }
    (void)ledger__hasher_add(&s->hasher, row);
    return ERR_OK;
}

/* A page that was written before a kill must say the same; any other is to be written. */
static void end_page(struct ledger_sealing *s, const struct ledger_seal_page *there, size_t count)
{
    struct ledger_seal_page page = ledger__hasher_end_page(&s->hasher, s->arena);

    for (size_t i = 0; i < count && !s->replace; i++) {
        if (there[i].id == page.id) {
            if (!str_eq(there[i].chain, page.chain) || !str_eq(there[i].hashes, page.hashes) ||
                there[i].last_row != page.last_row) {
                wrong(s, PAGE_WRONG " row %lld: it is not what its journal rows give",
                      (long long)page.id);
            }
            return;
        }
    }
    s->pages.pages[s->pages.count++] = page;
}

static enum err fold_rows(struct ledger_sealing *s)
{
    int64_t left = s->day.last_row - s->next_row + 1;
    struct ledger_seal_page *there;
    struct ledger_journal *rows;
    size_t count, there_count;

    if (left <= 0) {
        s->phase = PHASE_RECORDS;
        return ERR_OK;
    }
    TRY(ledger__read_rows_after(s->reader, s->next_row - 1,
                                (size_t)(left < STEP_ROWS ? left : STEP_ROWS), s->arena, &rows,
                                &count));
    TRY(ledger__read_seal_pages(s->reader, s->next_row - (int64_t)s->hasher.count, STEP_PAGES,
                                s->arena, &there, &there_count));
    s->pages.count = 0;
    for (size_t i = 0; i < count && !s->wrong; i++) {
        TRY(fold_row(s, &rows[i]));
        if (!s->wrong && (s->hasher.count == LEDGER_SEAL_ROWS || rows[i].id == s->day.last_row)) {
            end_page(s, there, there_count);
        }
    }
    if (count == 0) {
        wrong(s, "ledger_journal row %lld is missing", (long long)s->next_row);
    }
    if (!s->wrong && s->pages.count > 0) {
        s->kind = &pages_kind;
    }
    return ERR_OK;
}

/* ---- the records ---- */

/* A reader of a server that is behind may not know of the cut yet: then it has not all of them. */
static enum err fold_records(struct ledger_sealing *s)
{
    struct ledger_day day;
    bool done;

    TRY(ledger_read_day(s->reader, (int32_t)s->day.id, s->arena, &day));
    if (day.status == LEDGER_DAY_OPEN) {
        return ERR_OK;
    }
    TRY(ledger__records_step(&s->records, s->reader, s->arena, &done));
    s->phase = done ? PHASE_TOTALS : PHASE_RECORDS;
    return ERR_OK;
}

/* ---- the sums ---- */

static enum err check_totals(struct ledger_sealing *s)
{
    struct ledger_total_at *totals;
    struct buf text;
    size_t count;

    buf_init_arena(&text, s->arena, sizeof(s->text));
    TRY(ledger__read_totals_at(s->reader, (int32_t)s->day.id, s->arena, &totals, &count));
    ledger__fold_compare(&s->fold, s->day.id, totals, count, &text);
    if (text.len == 0) {
        ledger__tally_compare(&s->tally, &text);
    }
    if (text.len > 0) {
        wrong(s, STR_FMT, STR_ARG(buf_str(&text)));
    } else {
        s->day.rows_hash = (struct str){(const char *)s->hasher.chain, LEDGER_HASH};
        s->day.records = ledger__records_chains(&s->records);
        s->close = (struct close_arg){s->day, totals, count};
        s->kind = &close_kind;
        s->phase = PHASE_FIND;
    }
    return ERR_OK;
}

/* ---- steps ---- */

enum err ledger__sealing_step(struct ledger_sealing *s, struct reader *reader)
{
    CHECK(!s->done);
    arena_reset(s->arena);
    s->reader = reader;
    s->kind = NULL;
    switch (s->phase) {
    case PHASE_FIND:
        return begin_day(s);
    case PHASE_ACCOUNTS:
        return read_accounts(s);
    case PHASE_ROWS:
        return fold_rows(s);
    case PHASE_RECORDS:
        return fold_records(s);
    case PHASE_TOTALS:
        return check_totals(s);
    }
    return ERR_OK;
}

struct ledger_sealing_command ledger__sealing_command(struct ledger_sealing *s)
{
    if (s->kind == &pages_kind) {
        return (struct ledger_sealing_command){s->kind, &s->pages, NULL};
    }
    if (s->kind == &close_kind) {
        return (struct ledger_sealing_command){s->kind, &s->close, s->hash};
    }
    return (struct ledger_sealing_command){s->kind, &s->wrong_arg, NULL};
}

static void tell_closed(struct ledger_sealing *s)
{
    struct str hash = {(const char *)s->hash, LEDGER_HASH};
    struct buf hex;

    metric_add(&ledger_days_closed_metric, 0, 1);
    metric_set(&ledger_day_wrong_metric, 0, 0);
    buf_init(&hex, 2 * LEDGER_HASH);
    hex_encode(&hex, hash);
    log_info("ledger", "ledger.day_closed", NULL, LOG_INT("date", s->day.id),
             LOG_INT("journals", s->day.journals), LOG_INT("legs", s->day.legs),
             LOG_TEXT("hash", buf_str(&hex)), LOG_END);
    buf_free(&hex);
}

void ledger__sealing_committed(struct ledger_sealing *s)
{
    if (s->kind == &close_kind) {
        tell_closed(s);
    } else if (s->kind == &wrong_kind) {
        metric_set(&ledger_day_wrong_metric, 0, s->day.id);
        log_error("ledger", "ledger.day_wrong", NULL, LOG_INT("date", s->day.id),
                  LOG_TEXT("wrong", s->wrong_arg.wrong), LOG_END);
    }
}

bool ledger__sealing_is_done(const struct ledger_sealing *s)
{
    return s->done;
}

bool ledger__sealing_is_right(const struct ledger_sealing *s)
{
    return !s->wrong;
}

/* ---- all at once ---- */

struct step {
    struct ledger_sealing *sealing;
    enum err err;
};

static void run_step(void *ctx, struct reader *reader)
{
    struct step *step = ctx;

    step->err = ledger__sealing_step(step->sealing, reader);
}

static enum err run_all(struct store *store, struct ledger_sealing *s)
{
    struct step step = {.sealing = s};

    while (!s->done) {
        struct ledger_sealing_command command;

        TRY(store_read(store, run_step, &step));
        TRY(step.err);
        command = ledger__sealing_command(s);
        if (command.kind != NULL) {
            TRY(store_run(store, command.kind, command.arg, command.result, NULL));
            ledger__sealing_committed(s);
        }
    }
    return ERR_OK;
}

enum err ledger_seal_days(struct store *store, bool *right)
{
    struct ledger_sealing *s = ledger__sealing_new();
    enum err err = run_all(store, s);

    if (err == ERR_OK) {
        *right = !s->wrong;
    }
    ledger__sealing_free(s);
    return err;
}
