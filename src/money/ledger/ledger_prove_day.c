/* The proof of days: which day each row is of, that no row was changed since its day was sealed,
 * and that each day's counts, sums and hash are those of its rows. */
#include "money/ledger/ledger_day_int.h"

enum { PROVE_ROWS = 4 * LEDGER_SEAL_ROWS };

struct ledger_day_proof {
    struct reader *reader; /* during one page */
    struct arena *arena;   /* the page's */
    char wrong[LEDGER_WRONG_MAX + 1];
    int64_t only; /* the one day that is proved; 0: all */

    struct ledger_day day; /* the day being folded; id 0: none yet. Its hashes are in here: */
    unsigned char rows_hash[LEDGER_HASH], previous_hash[LEDGER_HASH], hash[LEDGER_HASH];
    unsigned char records[LEDGER_RECORD_TABLES * LEDGER_HASH];
    unsigned char last_hash[LEDGER_HASH]; /* of the day before it */
    size_t last_hash_len;
    bool last_records; /* it has sealed records */
    bool ended;        /* the day has been compared */
    int64_t next_row;
    size_t limit; /* of the rows that are read next */

    struct ledger_hasher hasher;
    struct ledger_fold fold;
    int64_t journals;
    int64_t legs;
};

struct ledger_day_proof *ledger__day_proof_new(int64_t date)
{
    struct ledger_day_proof *p = mem_new(sizeof(*p));

    p->only = date;
    p->ended = true;
    return p;
}

void ledger__day_proof_free(struct ledger_day_proof *p)
{
    ledger__fold_free(&p->fold);
    mem_free(p);
}

const char *ledger__day_proof_wrong(const struct ledger_day_proof *p)
{
    return p->wrong;
}

void ledger__day_proof_page(struct ledger_day_proof *p, struct reader *reader, struct arena *arena)
{
    p->reader = reader;
    p->arena = arena;
}

static void wrong(struct ledger_day_proof *p, const char *format, ...) PRINTF_LIKE(2, 3);
static void wrong(struct ledger_day_proof *p, const char *format, ...)
{
    struct buf text;
    va_list args;

    if (p->wrong[0] != '\0') {
        return;
    }
    buf_init_arena(&text, p->arena, LEDGER_WRONG_MAX);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    CHECK(buf_ok(&text));
    memcpy(p->wrong, text.ptr, text.len);
    p->wrong[text.len] = '\0';
}

static void compare(struct ledger_day_proof *p, const char *column, int64_t found, int64_t due)
{
    if (found != due) {
        wrong(p, "ledger_day row %lld: %s is %lld, must be %lld", (long long)p->day.id, column,
              (long long)found, (long long)due);
    }
}

static struct str hash_str(const unsigned char *hash)
{
    return (struct str){(const char *)hash, LEDGER_HASH};
}

/* ---- from day to day ---- */

static struct str keep_hash(unsigned char out[LEDGER_HASH], struct str hash)
{
    size_t len = hash.len < LEDGER_HASH ? hash.len : LEDGER_HASH;

    memcpy(out, len == 0 ? "" : hash.ptr, len);
    return (struct str){(const char *)out, len};
}

static void take_day(struct ledger_day_proof *p, const struct ledger_day *day)
{
    p->day = *day;
    p->day.rows_hash = keep_hash(p->rows_hash, day->rows_hash);
    p->day.previous_hash = keep_hash(p->previous_hash, day->previous_hash);
    p->day.hash = keep_hash(p->hash, day->hash);
    p->day.records.len =
        day->records.len < sizeof(p->records) ? day->records.len : sizeof(p->records);
    memcpy(p->records, p->day.records.len == 0 ? "" : day->records.ptr, p->day.records.len);
    p->day.records.ptr = (const char *)p->records;
    p->day.wrong = STR("");
}

static enum err first_day(struct ledger_day_proof *p, struct ledger_day *day)
{
    return p->only == 0 ? ledger__read_day_after(p->reader, 0, p->arena, day)
                        : ledger_read_day(p->reader, (int32_t)p->only, p->arena, day);
}

static void compare_order(struct ledger_day_proof *p, const struct ledger_day *before)
{
    compare(p, "first_row", p->day.first_row, before->id == 0 ? 1 : before->last_row + 1);
    if (before->id != 0 &&
        (before->status == LEDGER_DAY_OPEN ||
         (before->status == LEDGER_DAY_CLOSING && p->day.status == LEDGER_DAY_CLOSED))) {
        wrong(p, "ledger_day row %lld: it must be closed", (long long)before->id);
    }
}

/* The day before p->day as it is now: it may have been closed since it was folded. */
static enum err take_before(struct ledger_day_proof *p)
{
    struct ledger_day before = {0};
    enum err err = ERR_OK;

    if (p->day.previous_id != 0) {
        err = ledger_read_day(p->reader, (int32_t)p->day.previous_id, p->arena, &before);
    }
    if (err == ERR_LEDGER_DAY) {
        wrong(p, "ledger_day row %lld is missing", (long long)p->day.previous_id);
        return ERR_OK;
    }
    TRY(err);
    p->last_hash_len = keep_hash(p->last_hash, before.hash).len;
    p->last_records = before.records.len > 0;
    compare_order(p, &before);
    return ERR_OK;
}

/* Takes the day after the one that has ended. ERR_LEDGER_DAY: there is none. */
static enum err next_day(struct ledger_day_proof *p)
{
    int64_t before = p->day.id;
    struct ledger_day day;

    if (before == 0) {
        TRY(first_day(p, &day));
    } else {
        TRY(ledger__read_day_after(p->reader, before, p->arena, &day));
    }
    take_day(p, &day);
    if (p->only == 0) {
        compare(p, "previous_id", p->day.previous_id, before);
    }
    TRY(take_before(p));
    p->ended = false;
    p->journals = p->legs = 0;
    ledger__hasher_begin(&p->hasher);
    ledger__fold_begin_day(&p->fold);
    return ERR_OK;
}

static void compare_seal(struct ledger_day_proof *p, const struct ledger_total_at *totals,
                         size_t count)
{
    unsigned char hash[LEDGER_HASH];

    compare(p, "journals", p->day.journals, p->journals);
    compare(p, "legs", p->day.legs, p->legs);
    if (!str_eq(p->day.rows_hash, hash_str(p->hasher.chain))) {
        wrong(p, "ledger_day row %lld: rows_hash is not that of its pages", (long long)p->day.id);
    }
    if (!str_eq(p->day.previous_hash, (struct str){(const char *)p->last_hash, p->last_hash_len})) {
        wrong(p, "ledger_day row %lld: previous_hash is not the hash of %lld", (long long)p->day.id,
              (long long)p->day.previous_id);
    }
    ledger__day_hash(&p->day, totals, count, hash);
    if (!str_eq(p->day.hash, hash_str(hash))) {
        wrong(p, "ledger_day row %lld: hash is not that of what it says", (long long)p->day.id);
    }
}

static enum err fold_records(struct ledger_day_proof *p, struct ledger_records *records)
{
    struct arena *arena = arena_new();
    enum err err = ERR_OK;
    bool done = false;

    ledger__records_begin(records, &p->day, !p->last_records);
    while (err == ERR_OK && !done) {
        err = ledger__records_step(records, p->reader, arena, &done);
        arena_reset(arena);
    }
    arena_free(arena);
    return err;
}

static enum err compare_records(struct ledger_day_proof *p)
{
    struct ledger_records records;

    if (p->day.records.len == 0 && !p->last_records) {
        return ERR_OK; /* closed before records were sealed */
    }
    if (p->day.records.len != sizeof(p->records)) {
        wrong(p, "ledger_day row %lld: records is missing", (long long)p->day.id);
        return ERR_OK;
    }
    TRY(fold_records(p, &records));
    for (size_t i = 0; i < LEDGER_RECORD_TABLES; i++) {
        struct str found = str_slice(p->day.records, i * LEDGER_HASH, (i + 1) * LEDGER_HASH);

        if (!str_eq(found, hash_str(records.chains[i]))) {
            wrong(p, "%s: a row of %lld is not as it was when the day was closed",
                  ledger__record_tables[i], (long long)p->day.id);
        }
    }
    return ERR_OK;
}

static enum err end_day(struct ledger_day_proof *p)
{
    struct ledger_total_at *totals;
    struct buf text;
    size_t count;

    p->ended = true;
    TRY(ledger__read_totals_at(p->reader, (int32_t)p->day.id, p->arena, &totals, &count));
    buf_init_arena(&text, p->arena, LEDGER_WRONG_MAX);
    ledger__fold_compare(&p->fold, p->day.id, totals, count, &text);
    if (text.len > 0) {
        wrong(p, STR_FMT, STR_ARG(buf_str(&text)));
    }
    if (p->day.status == LEDGER_DAY_CLOSED) {
        compare_seal(p, totals, count);
        TRY(compare_records(p));
    }
    return ERR_OK;
}

static bool is_cut(const struct ledger_day *day)
{
    return day->status != LEDGER_DAY_OPEN;
}

enum err ledger__day_proof_limit(struct ledger_day_proof *p, int64_t last_row, size_t *limit)
{
    int64_t left = PROVE_ROWS;

    while (p->wrong[0] == '\0' && (p->ended || (is_cut(&p->day) && p->day.last_row <= last_row))) {
        enum err err;

        if (!p->ended) {
            TRY(end_day(p));
        }
        err = next_day(p);
        if (err == ERR_LEDGER_DAY) {
            wrong(p, "ledger_journal row %lld: there is no day for it", (long long)last_row + 1);
        } else {
            TRY(err);
        }
    }
    if (is_cut(&p->day) && p->day.last_row - last_row < left) {
        left = p->day.last_row - last_row;
    }
    p->next_row = last_row + 1;
    p->limit = *limit = left > 0 ? (size_t)left : 1;
    return ERR_OK;
}

/* ---- rows ---- */

/* Whose fault it is when a row has not the hash its page says: the page's, if its chain is that of
 * the rows. */
static enum err name_changed(struct ledger_day_proof *p, const struct ledger_seal_page *page,
                             int64_t row_id)
{
    struct ledger_hasher *again = arena_alloc(p->arena, sizeof(*again));
    struct ledger_journal *rows;
    size_t count;

    TRY(ledger__read_rows_after(p->reader, page->id - 1, LEDGER_SEAL_ROWS, p->arena, &rows,
                                &count));
    memcpy(again->chain, p->hasher.chain, LEDGER_HASH);
    again->count = 0;
    for (size_t i = 0; i < count && rows[i].id <= page->last_row; i++) {
        (void)ledger__hasher_add(again, &rows[i]);
    }
    if (str_eq(ledger__hasher_end_page(again, p->arena).chain, page->chain)) {
        wrong(p, "ledger_seal_page row %lld: hashes has another one for row %lld",
              (long long)page->id, (long long)row_id);
    } else {
        wrong(p, "ledger_journal row %lld is not as it was when %lld was closed", (long long)row_id,
              (long long)p->day.id);
    }
    return ERR_OK;
}

static enum err check_sealed(struct ledger_day_proof *p, const struct ledger_journal *row,
                             const struct ledger_seal_page *page)
{
    const unsigned char *hash = ledger__hasher_add(&p->hasher, row);
    size_t at = (p->hasher.count - 1) * LEDGER_SEAL_SHORT;
    bool last = p->hasher.count == LEDGER_SEAL_ROWS || row->id == p->day.last_row;

    if (page == NULL || page->id != p->hasher.first_row) {
        wrong(p, "ledger_seal_page row %lld is missing", (long long)p->hasher.first_row);
        return ERR_OK;
    }
    if (at + LEDGER_SEAL_SHORT > page->hashes.len ||
        memcmp(page->hashes.ptr + at, hash, LEDGER_SEAL_SHORT) != 0) {
        return name_changed(p, page, row->id);
    }
    if (last) {
        struct ledger_seal_page again = ledger__hasher_end_page(&p->hasher, p->arena);

        if (again.last_row != page->last_row || again.hashes.len != page->hashes.len ||
            !str_eq(again.chain, page->chain)) {
            wrong(p, "ledger_seal_page row %lld: it is not what its journal rows give",
                  (long long)page->id);
        }
    }
    return ERR_OK;
}

static enum err check_seals(struct ledger_day_proof *p, const struct ledger_journal *rows,
                            size_t count)
{
    struct ledger_seal_page *pages;
    size_t page_count;

    TRY(ledger__read_seal_pages(p->reader, rows[0].id, PROVE_ROWS / LEDGER_SEAL_ROWS, p->arena,
                                &pages, &page_count));
    for (size_t i = 0; i < count && p->wrong[0] == '\0'; i++) {
        size_t page = i / LEDGER_SEAL_ROWS;

        TRY(check_sealed(p, &rows[i], page < page_count ? &pages[page] : NULL));
    }
    return ERR_OK;
}

/* The writer has cut the day since it was read. */
static enum err read_again(struct ledger_day_proof *p)
{
    struct ledger_day day;
    enum err err = ledger_read_day(p->reader, (int32_t)p->day.id, p->arena, &day);

    if (err == ERR_LEDGER_DAY) {
        wrong(p, "ledger_day row %lld is missing", (long long)p->day.id);
        return ERR_OK;
    }
    TRY(err);
    day.status = is_cut(&day) ? LEDGER_DAY_CLOSING : day.status; /* its rows were not hashed */
    take_day(p, &day);
    return ERR_OK;
}

enum err ledger__day_proof_rows(struct ledger_day_proof *p, const struct ledger_journal *rows,
                                size_t *count)
{
    bool all = *count == p->limit || !is_cut(&p->day);
    size_t i = 0;

    while (i < *count && p->wrong[0] == '\0') {
        if (rows[i].id != p->next_row + (int64_t)i) {
            wrong(p, "ledger_journal row %lld is missing", (long long)p->next_row + (int64_t)i);
            break;
        }
        if (rows[i].business_date != p->day.id && !is_cut(&p->day)) {
            TRY(read_again(p));
        }
        if (is_cut(&p->day) && rows[i].id > p->day.last_row) {
            *count = i;
            break;
        }
        if (rows[i].business_date != p->day.id && p->day.status != LEDGER_DAY_CLOSED) {
            wrong(p, "ledger_journal row %lld: business_date is %lld, must be %lld",
                  (long long)rows[i].id, (long long)rows[i].business_date, (long long)p->day.id);
        }
        p->journals += rows[i].part == 0 ? 1 : 0;
        i++;
    }
    if (!all) {
        wrong(p, "ledger_journal row %lld is missing", (long long)p->next_row + (int64_t)*count);
    }
    if (p->wrong[0] == '\0' && p->day.status == LEDGER_DAY_CLOSED) {
        TRY(check_seals(p, rows, *count));
    }
    return ERR_OK;
}

size_t ledger__day_proof_place(struct ledger_day_proof *p, const struct ledger_account *row)
{
    return ledger__fold_place(&p->fold, ledger__total_id(row->code, row->currency));
}

void ledger__day_proof_leg(struct ledger_day_proof *p, size_t place, struct amount amount)
{
    ledger__fold_leg(&p->fold, place, amount);
    p->legs++;
}

/* ---- the end ---- */

/* Days after the last row have none. */
static enum err compare_last_days(struct ledger_day_proof *p, int64_t last_row)
{
    while (p->wrong[0] == '\0' && (p->ended || (is_cut(&p->day) && p->day.last_row <= last_row))) {
        enum err err;

        if (!p->ended) {
            TRY(end_day(p));
        }
        err = next_day(p);
        if (err == ERR_LEDGER_DAY) {
            break;
        }
        TRY(err);
    }
    return ERR_OK;
}

/* The date it tells is that of the open day. The writer may cut between two looks, but not twice.
 */
static enum err compare_clock(struct ledger_day_proof *p)
{
    int64_t seen = 0;

    for (unsigned tries = 0; tries < 2; tries++) {
        struct ledger_clock clock;
        struct ledger_day day;
        enum err err = ledger__read_clock(p->reader, p->arena, &clock);

        if (err == ERR_STORE_NOT_FOUND && p->day.id == 0) {
            return ERR_OK;
        }
        if (err == ERR_STORE_NOT_FOUND) {
            wrong(p, "ledger_clock row %d is missing", LEDGER_CLOCK_ID);
            return ERR_OK;
        }
        TRY(err);
        err = ledger_read_day(p->reader, (int32_t)clock.date, p->arena, &day);
        if (err == ERR_OK && day.status == LEDGER_DAY_OPEN) {
            return ERR_OK;
        }
        if (err != ERR_LEDGER_DAY) {
            TRY(err);
        }
        seen = clock.date;
    }
    wrong(p, "ledger_clock row %d: %lld is not the open day", LEDGER_CLOCK_ID, (long long)seen);
    return ERR_OK;
}

enum err ledger__day_proof_end(struct ledger_day_proof *p, int64_t last_row)
{
    if (p->only == 0) {
        TRY(compare_last_days(p, last_row));
        return compare_clock(p);
    }
    if (p->day.id == 0) {
        TRY(next_day(p));
    }
    return is_cut(&p->day) && p->wrong[0] == '\0' ? end_day(p) : ERR_OK;
}
