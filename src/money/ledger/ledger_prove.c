/* The proof: the journal is folded from its first row and compared with all that was derived from
 * it: account rows, marks, and holds with their steps.
 *
 * It runs beside the writer. Account rows are read first, then the journal at least up to the last
 * leg any of them names; each account is compared at the leg that was its last when its row was
 * read. Rows come in pages, each a short read, so that no snapshot is held open for long. */
#include "money/ledger/ledger_day_int.h"

enum { PROVE_PAGE = 2048, PROVE_ACCOUNTS_MIN = 1024, PROVE_ENDS_MIN = 64 };

/* An account as its row said when it was read, and as the journal says so far. */
struct proved {
    int64_t id;
    enum currency currency;
    enum ledger_side side;
    bool compared;  /* the leg the row calls its last has been folded */
    bool has_floor; /* of the row, as are the next two */
    int64_t spare;  /* posted - held - floor */
    struct str maturities;
    uint32_t maturing; /* number in maturing plus 1 of its first item; 0: none */
    uint32_t reserved; /* the same of what its holds had reserved when its row was read */
    size_t place;      /* of its code's sum in the proof of days */
    struct totals {
        int64_t sequence;
        int64_t position;
        int64_t posted;
        int64_t debits;
        int64_t credits;
    } row, fold;
};

/* What matures on a date. */
struct maturing {
    int64_t date;
    int64_t sum;
    uint32_t next; /* as proved.maturing */
};

struct currency_sum {
    enum currency currency;
    ledger_wide sum;
};

/* The last ids of a table's full pages, as far as any step has gone over it. */
struct page_ends {
    int64_t *ids;
    size_t count, size;
};

struct prover {
    struct reader *reader; /* during one page */
    struct arena *arena;   /* the page's */
    struct ledger_proof *proof;
    enum err err;
    bool more; /* the step has further pages */
    size_t page_rows;

    struct proved *accounts;
    size_t account_count, account_size;
    uint32_t *index; /* open addressing by id: number in accounts plus 1; 0 = free */
    size_t index_size;

    int32_t today;      /* not before any account row was read: what has matured is not looked at */
    struct arena *kept; /* for the whole proof */
    struct maturing *maturing;
    size_t maturing_count, maturing_size;

    struct ledger_day_proof *days;
    struct ledger_tally tally;
    int64_t only;       /* the one day that is proved; 0: the whole journal */
    int64_t first_row;  /* of what is proved */
    int64_t target_row; /* the journal reaches at least so far */
    int64_t last_row;   /* folded so far */

    struct ledger_journal head; /* the journal being folded */
    int64_t legs_due;           /* of it; 0: the next row begins a journal */
    int64_t captures;           /* journals that captured from a hold */
    int64_t capture_steps;      /* steps of holds that did, up to last_row */
    struct currency_sum sums[LEDGER_LEGS_MAX];
    size_t sum_count;

    struct ledger_mark *marks;
    size_t mark_count, mark_at;
    int64_t last_mark; /* position of the last one compared */

    struct page_ends ends[LEDGER_PAGED_TABLES];
    struct ledger_page page;        /* the step is at */
    size_t page_number;             /* of the next one in its table, from 0 */
    size_t table, rule;             /* whose pages these are */
    int64_t rows_due, rows_checked; /* by the rules, each for itself */
};

/* Notes the first thing found wrong and ends the proof: what follows from it is not reported. */
static void wrong(struct prover *p, const char *format, ...) PRINTF_LIKE(2, 3);
static void wrong(struct prover *p, const char *format, ...)
{
    struct buf text;
    va_list args;

    p->more = false;
    if (!p->proof->holds_true) {
        return;
    }
    p->proof->holds_true = false;
    buf_init_arena(&text, p->arena, sizeof(p->proof->wrong) - 1);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    CHECK(buf_ok(&text));
    memcpy(p->proof->wrong, text.ptr, text.len);
    p->proof->wrong[text.len] = '\0';
}

static void compare(struct prover *p, const char *table, int64_t id, const char *column,
                    const int64_t found_due[2])
{
    if (found_due[0] != found_due[1]) {
        wrong(p, "%s row %lld: %s is %lld, must be %lld", table, (long long)id, column,
              (long long)found_due[0], (long long)found_due[1]);
    }
}
#define COMPARE(p, table, id, column, found, due)                                                  \
    compare((p), (table), (id), (column), (const int64_t[2]){(found), (due)})

/* ---- pages of a table ---- */

/* The first page is the one after none. */
static void begin_pages(struct prover *p)
{
    p->page = (struct ledger_page){.last = INT64_MIN};
    p->page_number = 0;
}

static void keep_end(struct page_ends *ends, int64_t id)
{
    if (ends->count == ends->size) {
        size_t size = ends->size == 0 ? PROVE_ENDS_MIN : 2 * ends->size;

        ends->ids = mem_grow(ends->ids, ends->size * sizeof(*ends->ids), size * sizeof(*ends->ids));
        ends->size = size;
    }
    ends->ids[ends->count++] = id;
}

/* Where a full page ends is found once. A row that comes later is in one of them or after all. */
static enum err find_page(struct prover *p, enum ledger_paged table)
{
    struct page_ends *ends = &p->ends[table];

    if (p->page_number < ends->count) {
        p->page.after = p->page.last;
        p->page.last = ends->ids[p->page_number];
        p->page.count = p->page_rows;
        return ERR_OK;
    }
    TRY(ledger__next_page(p->reader, table, p->page_rows, &p->page));
    if (p->page.count == p->page_rows) {
        keep_end(ends, p->page.last);
    }
    return ERR_OK;
}

/* False: it failed, or the table has no further rows. */
static bool next_page(struct prover *p, enum ledger_paged table)
{
    p->err = find_page(p, table);
    p->page_number++;
    p->more = p->err == ERR_OK && p->page.count == p->page_rows;
    return p->err == ERR_OK && p->page.count > 0;
}

/* ---- accounts by id ---- */

static uint32_t *index_at(const struct prover *p, int64_t id)
{
    size_t at = (size_t)(((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15)) >> 20);

    for (;; at++) {
        uint32_t *slot = &p->index[at & (p->index_size - 1)];

        if (*slot == 0 || p->accounts[*slot - 1].id == id) {
            return slot;
        }
    }
}

static void accounts_grow(struct prover *p)
{
    size_t size = p->account_size == 0 ? PROVE_ACCOUNTS_MIN : p->account_size * 2;

    CHECK(size < UINT32_MAX / 2);
    p->accounts =
        mem_grow(p->accounts, p->account_size * sizeof(*p->accounts), size * sizeof(*p->accounts));
    p->account_size = size;
    mem_free(p->index);
    p->index_size = size * 2;
    p->index = mem_new(p->index_size * sizeof(*p->index));
    for (size_t i = 0; i < p->account_count; i++) {
        *index_at(p, p->accounts[i].id) = (uint32_t)(i + 1);
    }
}

static struct totals totals_of(const struct ledger_account *row)
{
    return (struct totals){
        .sequence = row->sequence,
        .position = row->last_position,
        .posted = row->posted.minor,
        .debits = row->debits.minor,
        .credits = row->credits.minor,
    };
}

/* ---- what matures on a date: the items of a list that begins at *head ---- */

static struct maturing *find_item(const struct prover *p, uint32_t head, int64_t date)
{
    for (uint32_t at = head; at != 0; at = p->maturing[at - 1].next) {
        if (p->maturing[at - 1].date == date) {
            return &p->maturing[at - 1];
        }
    }
    return NULL;
}

static int64_t sum_on(const struct prover *p, uint32_t head, int64_t date)
{
    const struct maturing *item = find_item(p, head, date);

    return item == NULL ? 0 : item->sum;
}

static int64_t sum_after(const struct prover *p, uint32_t head, int64_t date)
{
    int64_t sum = 0;

    for (uint32_t at = head; at != 0; at = p->maturing[at - 1].next) {
        sum += p->maturing[at - 1].date > date ? p->maturing[at - 1].sum : 0;
    }
    return sum;
}

static struct maturing *add_item(struct prover *p, uint32_t *head, int64_t date)
{
    if (p->maturing_count == p->maturing_size) {
        size_t size = p->maturing_size == 0 ? PROVE_ACCOUNTS_MIN : 2 * p->maturing_size;

        p->maturing = mem_grow(p->maturing, p->maturing_size * sizeof(*p->maturing),
                               size * sizeof(*p->maturing));
        p->maturing_size = size;
    }
    p->maturing[p->maturing_count] = (struct maturing){.date = date, .next = *head};
    *head = (uint32_t)++p->maturing_count;
    return &p->maturing[p->maturing_count - 1];
}

/* ---- account rows ---- */

/* The rows are all of one account: each adds a date on which its holds have reserved some. */
static void take_row(struct prover *p, struct proved *account, const struct ledger_reserved *rows,
                     size_t count)
{
    account->row = totals_of(&rows->account);
    account->has_floor = rows->account.has_floor;
    account->spare = ledger__free(&rows->account, LEDGER_NO_DATE).minor;
    account->maturities =
        rows->account.maturities.len == 0 ? STR("") : str_dup(p->kept, rows->account.maturities);
    account->reserved = 0;
    for (size_t i = 0; i < count && rows[i].matures_on != 0; i++) {
        add_item(p, &account->reserved, rows[i].matures_on)->sum = rows[i].reserved.minor;
    }
}

static struct proved *account_add(struct prover *p, const struct ledger_reserved *rows,
                                  size_t count)
{
    const struct ledger_account *row = &rows->account;
    struct proved *account;

    if (p->account_count == p->account_size) {
        accounts_grow(p);
    }
    account = &p->accounts[p->account_count++];
    *account = (struct proved){
        .id = row->id,
        .currency = row->currency,
        .side = row->side,
        .place = ledger__day_proof_place(p->days, row),
    };
    take_row(p, account, rows, count);
    *index_at(p, row->id) = (uint32_t)p->account_count;
    return account;
}

static size_t same_account(const struct ledger_reserved *rows, size_t count)
{
    size_t same = 1;

    while (same < count && rows[same].account.id == rows->account.id) {
        same++;
    }
    return same;
}

static void add_accounts(struct prover *p, const struct ledger_reserved *rows, size_t count)
{
    for (size_t i = 0; i < count;) {
        const struct ledger_account *account = &rows[i].account;
        size_t same = same_account(rows + i, count - i);
        int64_t row = ledger__position_row(account->last_position);

        (void)account_add(p, &rows[i], same);
        p->target_row = row > p->target_row ? row : p->target_row;
        if (!ledger__account_covers(account, LEDGER_NO_DATE)) {
            wrong(p, "ledger_account row %lld: posted - held is below floor",
                  (long long)account->id);
        }
        i += same;
    }
}

static void load_accounts(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;
    struct ledger_reserved *rows;
    size_t count;

    p->reader = reader;
    if (!next_page(p, LEDGER_PAGED_ACCOUNTS)) {
        return;
    }
    p->err = ledger__read_reserved(reader, p->page.after, p->page.last, p->arena, &rows, &count);
    if (p->err == ERR_OK) {
        add_accounts(p, rows, count);
    }
}

/* An account that was opened after the account rows were read: nothing to compare it with yet. */
static struct proved *load_account(struct prover *p, int64_t id)
{
    struct ledger_reserved row = {0};
    struct proved *account;

    p->err = ledger_read_account(p->reader, id, p->arena, &row.account);
    if (p->err != ERR_OK) {
        p->more = false;
        return NULL;
    }
    account = account_add(p, &row, 1);
    account->row = (struct totals){0};
    account->compared = true;
    return account;
}

static struct proved *find_account(struct prover *p, int64_t id)
{
    uint32_t number = p->index_size == 0 ? 0 : *index_at(p, id);

    return number != 0 ? &p->accounts[number - 1] : load_account(p, id);
}

/* ---- marks ---- */

/* The mark after the last one compared, or NULL. */
static const struct ledger_mark *next_mark(struct prover *p)
{
    if (p->mark_at == p->mark_count) {
        p->err = ledger__read_marks_after(p->reader, p->last_mark, p->page_rows, p->arena,
                                          &p->marks, &p->mark_count);
        p->mark_at = 0;
        if (p->err != ERR_OK) {
            p->mark_count = 0;
            p->more = false;
        }
    }
    return p->mark_at < p->mark_count ? &p->marks[p->mark_at] : NULL;
}

static void stray_mark(struct prover *p, int64_t position)
{
    wrong(p, "ledger_mark row %lld: marks no %dnd leg", (long long)position, LEDGER_MARK_EVERY);
}

static void fold_mark(struct prover *p, const struct ledger_slot *leg, int64_t position)
{
    const struct ledger_mark *mark = next_mark(p);

    if (p->err != ERR_OK) {
        return;
    }
    if (mark == NULL || mark->position > position) {
        wrong(p, "ledger_mark row %lld is missing", (long long)position);
        return;
    }
    if (mark->position < position) {
        stray_mark(p, mark->position);
        return;
    }
    COMPARE(p, "ledger_mark", position, "account_id", mark->account_id, leg->account_id);
    COMPARE(p, "ledger_mark", position, "sequence", mark->sequence, leg->sequence);
    p->last_mark = position;
    p->mark_at++;
}

/* ---- maturities ---- */

static void fold_maturity(struct prover *p, struct proved *account, const struct ledger_slot *leg)
{
    struct maturing *item;

    if (leg->matures_on <= p->today) {
        return;
    }
    item = find_item(p, account->maturing, leg->matures_on);
    if (item == NULL) {
        item = add_item(p, &account->maturing, leg->matures_on);
    }
    item->sum += account->side == LEDGER_DEBIT ? leg->amount.minor : -leg->amount.minor;
}

/* The row's list is the journal's, less what open holds have reserved of it. */
static void compare_maturities(struct prover *p, struct proved *account)
{
    const struct ledger_account row = {.maturities = account->maturities};
    int64_t listed = ledger_immature(&row, p->today).minor;
    int64_t all =
        sum_after(p, account->maturing, p->today) - sum_after(p, account->reserved, p->today);

    for (uint32_t at = account->maturing; at != 0; at = p->maturing[at - 1].next) {
        int64_t date = p->maturing[at - 1].date;
        int64_t found = ledger__maturing_on(&row, date).minor;
        int64_t due = p->maturing[at - 1].sum - sum_on(p, account->reserved, date);

        if (date > p->today && found != due) {
            wrong(p, "ledger_account row %lld: maturities has %lld on %lld, must be %lld",
                  (long long)account->id, (long long)found, (long long)date, (long long)due);
        }
    }
    if (listed != all) {
        wrong(p, "ledger_account row %lld: maturities has %lld in all, must be %lld",
              (long long)account->id, (long long)listed, (long long)all);
    }
    if (account->has_floor && account->spare < listed) {
        wrong(p, "ledger_account row %lld: posted - held - what matures later is below floor",
              (long long)account->id);
    }
}

/* ---- the fold ---- */

static void compare_account(struct prover *p, struct proved *account)
{
    const struct totals *row = &account->row, *fold = &account->fold;

    COMPARE(p, "ledger_account", account->id, "sequence", row->sequence, fold->sequence);
    COMPARE(p, "ledger_account", account->id, "posted", row->posted, fold->posted);
    COMPARE(p, "ledger_account", account->id, "debits", row->debits, fold->debits);
    COMPARE(p, "ledger_account", account->id, "credits", row->credits, fold->credits);
    compare_maturities(p, account);
    account->compared = true;
}

static void add_to_currency(struct prover *p, enum currency currency, int64_t amount)
{
    size_t at = 0;

    while (at < p->sum_count && p->sums[at].currency != currency) {
        at++;
    }
    if (at == p->sum_count) {
        p->sums[p->sum_count++] = (struct currency_sum){.currency = currency};
    }
    p->sums[at].sum += amount;
}

/* Adds the amount to what the journal says of the account; false when it does not fit. */
static bool fold_amount(struct proved *account, int64_t amount)
{
    struct totals *fold = &account->fold;
    int64_t *total = amount > 0 ? &fold->debits : &fold->credits;
    int64_t gain = account->side == LEDGER_DEBIT ? amount : -amount;

    return amount != INT64_MIN &&
           !__builtin_add_overflow(*total, amount > 0 ? amount : -amount, total) &&
           !__builtin_add_overflow(fold->posted, gain, &fold->posted);
}

/* The account's first leg of the one day that is proved: what it goes on from must be what the leg
 * before it says. The days before are proved by their seals. */
static void begin_account(struct prover *p, struct proved *account,
                          const struct ledger_journal *row, size_t slot)
{
    const struct ledger_slot *leg = &row->slots[slot], *before;
    struct ledger_journal previous = {0};

    if (leg->previous == 0) {
        return;
    }
    p->err = ledger__read_row(p->reader, ledger__position_row(leg->previous), p->arena, &previous);
    if (p->err == ERR_LEDGER_JOURNAL) {
        p->err = ERR_OK;
    }
    before = &previous.slots[ledger__position_slot(leg->previous)];
    if (p->err == ERR_OK && (before->account_id != leg->account_id || previous.id >= row->id)) {
        wrong(p, "ledger_journal row %lld: %s is %lld, which is no leg of the account before it",
              (long long)row->id, slot == 0 ? "previous_a" : "previous_b",
              (long long)leg->previous);
    }
    account->fold.sequence = before->sequence;
    account->fold.position = leg->previous;
    account->fold.posted = before->balance.minor;
}

static const char *const slot_columns[LEDGER_SLOTS][4] = {
    {"sequence_a", "previous_a", "balance_a", "amount_a"},
    {"sequence_b", "previous_b", "balance_b", "amount_b"},
};

static void fold_leg(struct prover *p, const struct ledger_journal *row, size_t slot)
{
    const char *const *columns = slot_columns[slot];
    const struct ledger_slot *leg = &row->slots[slot];
    struct proved *account = find_account(p, leg->account_id);

    if (account == NULL) {
        if (p->err == ERR_LEDGER_ACCOUNT) {
            p->err = ERR_OK;
            wrong(p, "ledger_journal row %lld: there is no account %lld", (long long)row->id,
                  (long long)leg->account_id);
        }
        return;
    }
    if (p->only != 0 && account->fold.sequence == 0) {
        begin_account(p, account, row, slot);
    }
    if (leg->amount.minor == 0 || !fold_amount(account, leg->amount.minor)) {
        wrong(p, "ledger_journal row %lld: %s is out of range", (long long)row->id, columns[3]);
        return;
    }
    ledger__day_proof_leg(p->days, account->place, leg->amount);
    account->fold.sequence++;
    COMPARE(p, "ledger_journal", row->id, columns[0], leg->sequence, account->fold.sequence);
    COMPARE(p, "ledger_journal", row->id, columns[1], leg->previous, account->fold.position);
    COMPARE(p, "ledger_journal", row->id, columns[2], leg->balance.minor, account->fold.posted);
    account->fold.position = ledger__position(row->id, slot);
    fold_maturity(p, account, leg);
    add_to_currency(p, account->currency, leg->amount.minor);
    if (account->fold.sequence % LEDGER_MARK_EVERY == 0) {
        fold_mark(p, leg, account->fold.position);
    }
    if (account->fold.position == account->row.position) {
        compare_account(p, account);
    }
    p->proof->legs++;
}

static void begin_journal(struct prover *p, const struct ledger_journal *row)
{
    p->head = *row;
    p->legs_due = row->leg_count;
    p->sum_count = 0;
    COMPARE(p, "ledger_journal", row->id, "part", row->part, 0);
    if (row->leg_count < LEDGER_LEGS_MIN || row->leg_count > LEDGER_LEGS_MAX) {
        wrong(p, "ledger_journal row %lld: leg_count is %lld", (long long)row->id,
              (long long)row->leg_count);
    }
    if (row->business_no <= 0) {
        wrong(p, "ledger_journal row %lld: business_no is missing", (long long)row->id);
    }
    if (row->source <= 0 || row->operation <= 0) {
        wrong(p, "ledger_journal row %lld: source or operation is missing", (long long)row->id);
    }
    p->captures += row->hold_id != 0 ? 1 : 0;
}

static void go_on_journal(struct prover *p, const struct ledger_journal *row)
{
    COMPARE(p, "ledger_journal", row->id, "part", row->part, row->id - p->head.id);
    COMPARE(p, "ledger_journal", row->id, "leg_count", row->leg_count, 0);
    COMPARE(p, "ledger_journal", row->id, "business_no", row->business_no, 0);
    COMPARE(p, "ledger_journal", row->id, "source", (int64_t)row->source, 0);
    COMPARE(p, "ledger_journal", row->id, "operation", (int64_t)row->operation, 0);
    COMPARE(p, "ledger_journal", row->id, "hold_id", row->hold_id, 0);
    COMPARE(p, "ledger_journal", row->id, "voucher", row->voucher, 0);
    COMPARE(p, "ledger_journal", row->id, "created_at_ms", row->created_at_ms,
            p->head.created_at_ms);
}

static void end_journal(struct prover *p)
{
    for (size_t i = 0; i < p->sum_count; i++) {
        if (p->sums[i].sum != 0) {
            wrong(p, "ledger_journal row %lld: debits and credits in " STR_FMT " differ",
                  (long long)p->head.id, STR_ARG(currency_code(p->sums[i].currency)));
        }
    }
    p->proof->journals++;
}

static bool is_empty(const struct ledger_slot *slot)
{
    return (slot->account_id | slot->amount.minor | slot->sequence | slot->balance.minor |
            slot->previous | slot->matures_on) == 0;
}

static void fold_row(struct prover *p, const struct ledger_journal *row)
{
    if (row->id != p->last_row + 1) {
        wrong(p, "ledger_journal row %lld is missing", (long long)p->last_row + 1);
        return;
    }
    p->last_row = row->id;
    if (p->legs_due == 0) {
        begin_journal(p, row);
    } else {
        go_on_journal(p, row);
    }
    for (size_t slot = 0; slot < LEDGER_SLOTS && p->proof->holds_true && p->err == ERR_OK; slot++) {
        if (p->legs_due > 0) {
            p->legs_due--;
            fold_leg(p, row, slot);
        } else if (!is_empty(&row->slots[slot])) {
            wrong(p, "ledger_journal row %lld: has more legs than leg_count", (long long)row->id);
        }
    }
    if (p->legs_due == 0 && p->proof->holds_true && p->err == ERR_OK) {
        end_journal(p);
    }
}

/* Rows of one day, after their date and their seal have been looked at. */
static enum err read_rows(struct prover *p, struct ledger_journal **rows, size_t *count)
{
    size_t limit;

    ledger__day_proof_page(p->days, p->reader, p->arena);
    TRY(ledger__day_proof_limit(p->days, p->last_row, &limit));
    TRY(ledger__read_rows_after(p->reader, p->last_row, limit, p->arena, rows, count));
    if (*count == 0) {
        wrong(p, "ledger_journal row %lld is missing", (long long)p->last_row + 1);
        return ERR_OK;
    }
    return ledger__day_proof_rows(p->days, *rows, count);
}

static void note_days(struct prover *p)
{
    if (ledger__day_proof_wrong(p->days)[0] != '\0') {
        wrong(p, "%s", ledger__day_proof_wrong(p->days));
    }
}

static void fold_page(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;
    struct ledger_journal *rows;
    size_t count = 0;

    p->reader = reader;
    p->mark_at = p->mark_count = 0;
    p->more = true;
    p->err = read_rows(p, &rows, &count);
    note_days(p);
    p->more = p->more && p->err == ERR_OK;
    for (size_t i = 0; i < count && p->more; i++) {
        fold_row(p, &rows[i]);
    }
    p->more = p->more && (p->last_row < p->target_row || p->legs_due > 0);
}

/* The rows of the one day, as far as they go now. */
static void find_day(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;
    struct ledger_day day;

    p->more = false;
    p->today = LEDGER_NO_DATE; /* what matures is compared by the whole proof */
    p->err = ledger_read_day(reader, (int32_t)p->only, p->arena, &day);
    if (p->err != ERR_OK) {
        return;
    }
    p->first_row = day.first_row;
    p->last_row = day.first_row - 1;
    p->last_mark = ledger__position(day.first_row, 0) - 1;
    p->target_row = day.last_row;
    if (day.status == LEDGER_DAY_OPEN) {
        p->err = ledger__read_last_row(reader, &p->target_row);
    }
}

/* The date of the books, after the rows that were read before. */
static enum err read_today(struct prover *p)
{
    struct ledger_clock clock = {0};
    enum err err = ledger__read_clock(p->reader, p->arena, &clock);

    if (err != ERR_STORE_NOT_FOUND) {
        TRY(err);
    }
    p->today = (int32_t)clock.date;
    return ERR_OK;
}

static void find_target(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;
    int64_t last = 0;

    p->reader = reader;
    p->err = read_today(p);
    if (p->err == ERR_OK) {
        p->err = ledger__read_last_row(reader, &last);
    }
    p->target_row = last > p->target_row ? last : p->target_row;
    p->more = false;
}

/* ---- what is left when the journal has been folded ---- */

/* Legs that came after the account's row had been read: its row must know them by now. */
static void compare_later(struct prover *p, struct proved *account)
{
    struct ledger_reserved *rows;
    size_t count;

    p->err =
        ledger__read_reserved(p->reader, account->id - 1, account->id, p->arena, &rows, &count);
    if (p->err == ERR_OK) {
        p->err = count > 0 ? read_today(p) : ERR_LEDGER_ACCOUNT;
    }
    if (p->err != ERR_OK || rows->account.sequence > account->fold.sequence) {
        return;
    }
    take_row(p, account, rows, count);
    compare_account(p, account);
    COMPARE(p, "ledger_account", account->id, "last_position", account->row.position,
            account->fold.position);
}

static void compare_rest(struct prover *p)
{
    for (size_t i = 0; i < p->account_count && p->proof->holds_true && p->err == ERR_OK; i++) {
        struct proved *account = &p->accounts[i];
        struct proved none = {.id = account->id,
                              .row = account->row,
                              .has_floor = account->has_floor,
                              .spare = account->spare,
                              .maturities = account->maturities,
                              .reserved = account->reserved};

        if (!account->compared && account->row.position == 0) {
            compare_account(p, &none); /* it had no leg when its row was read */
        } else if (!account->compared) {
            wrong(p, "ledger_account row %lld: last_position %lld is not its last leg",
                  (long long)account->id, (long long)account->row.position);
        }
        if (account->fold.sequence != account->row.sequence) {
            compare_later(p, account);
        }
    }
}

static void no_stray_mark(struct prover *p)
{
    const struct ledger_mark *mark;

    p->mark_at = p->mark_count = 0;
    mark = next_mark(p);
    if (mark != NULL && ledger__position_row(mark->position) <= p->last_row) {
        stray_mark(p, mark->position);
    }
}

static void prove_rest(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;

    p->reader = reader;
    p->more = false;
    if (p->only == 0) {
        compare_rest(p);
    }
    if (p->proof->holds_true && p->err == ERR_OK) {
        no_stray_mark(p);
    }
}

/* ---- the rules ---- */

/* After the last page of a table or rule, the next one. */
static void go_on(struct prover *p, size_t *number, size_t count)
{
    if (p->err == ERR_OK && p->proof->holds_true && !p->more) {
        begin_pages(p);
        p->more = ++*number < count;
    }
}

/* For the progress. The totals are compared with the accounts too. */
static void count_rows(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;

    p->reader = reader;
    if (next_page(p, (enum ledger_paged)p->table)) {
        for (size_t i = 0; i < LEDGER__RULES; i++) {
            p->rows_due += ledger__rules[i].pages == p->table ? (int64_t)p->page.count : 0;
        }
        p->rows_due += p->table == LEDGER_PAGED_ACCOUNTS ? (int64_t)p->page.count : 0;
    }
    go_on(p, &p->table, LEDGER_PAGED_JOURNAL);
}

static void prove_page(struct prover *p, const struct ledger_rule *rule)
{
    int64_t id = 0;

    if (!next_page(p, rule->pages)) {
        return;
    }
    p->err = ledger__read_rule(p->reader, rule, &p->page, &id);
    if (p->err == ERR_OK) {
        wrong(p, "%s row %lld: %s", rule->table, (long long)id, rule->text);
    } else if (p->err == ERR_STORE_NOT_FOUND) {
        p->err = ERR_OK;
    }
}

static void prove_rules(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;

    p->reader = reader;
    prove_page(p, &ledger__rules[p->rule]);
    p->rows_checked += (int64_t)p->page.count;
    go_on(p, &p->rule, LEDGER__RULES);
}

static void count_captures(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;
    int64_t count = 0;

    p->reader = reader;
    if (next_page(p, LEDGER_PAGED_STEPS)) {
        p->err = ledger__count_captures(reader, &p->page, p->last_row, &count);
        p->capture_steps += count;
    }
}

static void find_stray_capture(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;

    p->reader = reader;
    prove_page(p, &ledger__stray_capture);
}

/* ---- the end of the days ---- */

static void prove_days(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;

    p->more = false;
    ledger__day_proof_page(p->days, reader, p->arena);
    p->err = ledger__day_proof_end(p->days, p->last_row);
    note_days(p);
}

/* ---- the totals ---- */

static void prove_totals(void *ctx, struct reader *reader)
{
    struct prover *p = ctx;
    struct buf text;

    p->err = ledger__tally_step(&p->tally, reader, p->arena);
    p->rows_checked += (int64_t)p->tally.page_count;
    p->more = p->err == ERR_OK && !ledger__tally_is_done(&p->tally);
    if (p->err != ERR_OK || p->more) {
        return;
    }
    buf_init_arena(&text, p->arena, LEDGER_WRONG_MAX);
    ledger__tally_compare(&p->tally, &text);
    if (text.len > 0) {
        wrong(p, STR_FMT, STR_ARG(buf_str(&text)));
    }
}

/* ---- the run ---- */

struct proving {
    int64_t only;
    size_t page_rows;
    void (*progress)(void *ctx, int64_t done, int64_t all);
    void *ctx;
};

static void tell(const struct prover *p, const struct proving *proving)
{
    int64_t done = p->last_row - p->first_row + 1 + p->rows_checked;
    int64_t all = p->target_row - p->first_row + 1 + p->rows_due;

    if (proving->progress != NULL) {
        proving->progress(proving->ctx, done, all > done ? all : done);
    }
}

static enum err run_step(struct store *store, struct prover *p,
                         void (*page)(void *ctx, struct reader *reader),
                         const struct proving *proving)
{
    if (!p->proof->holds_true) {
        return ERR_OK;
    }
    begin_pages(p);
    do {
        p->err = ERR_OK;
        TRY(store_read(store, page, p));
        TRY(p->err);
        arena_reset(p->arena);
        tell(p, proving);
    } while (p->more);
    return ERR_OK;
}

static enum err run_rules(struct store *store, struct prover *p, const struct proving *proving)
{
    TRY(run_step(store, p, prove_rules, proving));
    TRY(run_step(store, p, count_captures, proving));
    return p->capture_steps == p->captures ? ERR_OK
                                           : run_step(store, p, find_stray_capture, proving);
}

static enum err run_steps(struct store *store, struct prover *p, const struct proving *proving)
{
    if (p->only != 0) {
        TRY(run_step(store, p, find_day, proving));
    } else {
        TRY(run_step(store, p, load_accounts, proving));
        TRY(run_step(store, p, find_target, proving));
        TRY(run_step(store, p, count_rows, proving));
    }
    if (p->target_row > p->last_row) {
        TRY(run_step(store, p, fold_page, proving));
    }
    TRY(run_step(store, p, prove_rest, proving));
    if (p->only == 0) {
        TRY(run_rules(store, p, proving));
    }
    TRY(run_step(store, p, prove_days, proving));
    return p->only == 0 ? run_step(store, p, prove_totals, proving) : ERR_OK;
}

static enum err prove(struct store *store, const struct proving *proving, struct ledger_proof *out)
{
    struct ledger_proof proof = {.holds_true = true};
    struct prover *p = mem_new(sizeof(*p));
    enum err err;

    p->proof = &proof;
    p->only = proving->only;
    p->page_rows = proving->page_rows;
    p->first_row = 1;
    p->arena = arena_new();
    p->kept = arena_new();
    p->days = ledger__day_proof_new(p->only);
    ledger__tally_begin(&p->tally, p->page_rows);
    err = run_steps(store, p, proving);
    proof.accounts = (int64_t)p->account_count;
    ledger__day_proof_free(p->days);
    ledger__tally_free(&p->tally);
    arena_free(p->arena);
    arena_free(p->kept);
    mem_free(p->maturing);
    mem_free(p->accounts);
    mem_free(p->index);
    for (size_t i = 0; i < LEDGER_PAGED_TABLES; i++) {
        mem_free(p->ends[i].ids);
    }
    mem_free(p);
    if (err == ERR_OK) {
        *out = proof;
    }
    return err;
}

enum err ledger__prove_in_pages(struct store *store, size_t page_rows, struct ledger_proof *out)
{
    const struct proving proving = {.page_rows = page_rows};

    return prove(store, &proving, out);
}

enum err ledger_prove(struct store *store, void (*progress)(void *ctx, int64_t done, int64_t all),
                      void *ctx, struct ledger_proof *out)
{
    const struct proving proving = {.page_rows = PROVE_PAGE, .progress = progress, .ctx = ctx};

    return prove(store, &proving, out);
}

enum err ledger_prove_day(struct store *store, int32_t date,
                          void (*progress)(void *ctx, int64_t done, int64_t all), void *ctx,
                          struct ledger_proof *out)
{
    const struct proving proving = {
        .only = date, .page_rows = PROVE_PAGE, .progress = progress, .ctx = ctx};

    CHECK(date > 0);
    return prove(store, &proving, out);
}
