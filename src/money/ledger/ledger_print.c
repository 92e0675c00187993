/* Text for the operator's terminal. */
#include "base/encode.h"
#include "base/time.h"
#include "money/ledger/ledger_day_int.h"
#include "money/ledger/ledger_print_int.h"

/* ---- words and columns ---- */

struct str ledger__print_word(const struct ledger_print *print, const char *zh, const char *en)
{
    return str_of(print->language == LEDGER_CHINESE ? zh : en);
}

/* Places on the screen: two for a letter of three bytes or more, which here are Chinese. */
static size_t width_of(struct str text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        width += byte >= 0xe0 ? 2 : (byte & 0xc0) != 0x80;
    }
    return width;
}

static void pad(struct buf *out, struct str text, size_t width)
{
    for (size_t i = width_of(text); i < width; i++) {
        buf_add_char(out, ' ');
    }
}

void ledger__print_left(struct buf *out, struct str text, size_t width)
{
    buf_add(out, text);
    pad(out, text, width);
}

void ledger__print_right(struct buf *out, struct str text, size_t width)
{
    pad(out, text, width);
    buf_add(out, text);
}

void ledger__print_amount(struct buf *out, struct amount amount, enum currency currency)
{
    struct buf text;
    enum { TEXT_MAX = 64 };

    buf_init(&text, TEXT_MAX);
    amount_print(&text, amount, currency);
    buf_add_char(out, ' ');
    ledger__print_right(out, buf_str(&text), LEDGER__AMOUNT_WIDTH - 1);
    buf_free(&text);
}

static void print_count(struct buf *out, int64_t count)
{
    buf_printf(out, " %11lld", (long long)count);
}

/* ---- proof ---- */

static enum err prove(const struct ledger_print *print, int32_t date,
                      const struct ledger_progress *progress, struct ledger_proof *proof)
{
    const struct ledger_progress none = {0};

    progress = progress == NULL ? &none : progress;
    return date == 0 ? ledger_prove(print->store, progress->tell, progress->ctx, proof)
                     : ledger_prove_day(print->store, date, progress->tell, progress->ctx, proof);
}

/* Damage that is in no row the proof reads: an index that lacks a row, a page that is none. */
static enum err check_file(struct ledger_print *print, const struct ledger_progress *progress,
                           bool *sound)
{
    struct store_check check = {.tell = progress == NULL ? NULL : progress->tell_table,
                                .ctx = progress == NULL ? NULL : progress->ctx};

    TRY(store_check(print->store, &check));
    *sound = check.wrong[0] == '\0';
    if (!*sound) {
        print->wrong = true;
        buf_printf(print->out, STR_FMT "%s\n",
                   STR_ARG(ledger__print_word(
                       print, "错误:数据文件已损坏:", "WRONG: the data file is damaged: ")),
                   check.wrong);
    } else if (check.checked) {
        buf_add(print->out,
                ledger__print_word(print, "数据文件完好\n", "the data file is sound\n"));
    }
    return ERR_OK;
}

enum err ledger_print_proof(struct ledger_print *print, int32_t date,
                            const struct ledger_progress *progress)
{
    struct buf *out = print->out;
    struct ledger_proof proof;
    bool sound = true;

    if (date == 0) {
        TRY(check_file(print, progress, &sound));
    }
    if (!sound) {
        return ERR_OK; /* what a damaged file says is no proof of anything */
    }
    TRY(prove(print, date, progress, &proof));
    print->wrong = !proof.holds_true;
    buf_printf(out, STR_FMT " %lld  " STR_FMT " %lld  " STR_FMT " %lld\n",
               STR_ARG(ledger__print_word(print, "凭证", "journals")), (long long)proof.journals,
               STR_ARG(ledger__print_word(print, "分录", "legs")), (long long)proof.legs,
               STR_ARG(ledger__print_word(print, "账户", "accounts")), (long long)proof.accounts);
    if (!proof.holds_true) {
        buf_printf(out, STR_FMT "%s\n", STR_ARG(ledger__print_word(print, "错误:", "WRONG: ")),
                   proof.wrong);
    } else if (date == 0) {
        buf_add(out, ledger__print_word(print, "账目正确\n", "the books are right\n"));
    } else {
        buf_printf(out, "%lld" STR_FMT "\n", (long long)date,
                   STR_ARG(ledger__print_word(print, " 账目正确", " is right")));
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

static struct str status_word(const struct ledger_print *print, enum ledger_day_status status)
{
    switch (status) {
    case LEDGER_DAY_OPEN:
        return ledger__print_word(print, "记账中", "open");
    case LEDGER_DAY_CLOSING:
        return ledger__print_word(print, "封账中", "closing");
    case LEDGER_DAY_CLOSED:
        break;
    }
    return ledger__print_word(print, "已封账", "closed");
}

enum { STATUS_WIDTH = 7, COUNT_WIDTH = 11 };

/* The day that is open has not been counted yet. */
static void print_day(const struct ledger_print *print, const struct ledger_day *day)
{
    struct buf *out = print->out;

    buf_printf(out, "%lld  ", (long long)day->id);
    if (day->status == LEDGER_DAY_OPEN) {
        buf_add(out, status_word(print, day->status));
    } else {
        ledger__print_left(out, status_word(print, day->status), STATUS_WIDTH);
        print_count(out, day->last_row - day->first_row + 1);
    }
    if (day->status == LEDGER_DAY_CLOSED) {
        print_count(out, day->journals);
        print_count(out, day->legs);
        buf_add(out, STR("  "));
        hex_encode(out, day->hash);
    }
    buf_add_char(out, '\n');
    if (day->wrong.len > 0) {
        buf_printf(out, "  " STR_FMT STR_FMT "\n",
                   STR_ARG(ledger__print_word(print, "错误:", "WRONG: ")), STR_ARG(day->wrong));
    }
}

static void print_days_head(const struct ledger_print *print)
{
    const struct str counts[] = {
        ledger__print_word(print, "行数", "rows"),
        ledger__print_word(print, "凭证", "journals"),
        ledger__print_word(print, "分录", "legs"),
    };

    ledger__print_left(print->out, ledger__print_word(print, "日期", "date"), 10);
    ledger__print_left(print->out, ledger__print_word(print, "状态", "status"), STATUS_WIDTH);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        buf_add_char(print->out, ' ');
        ledger__print_right(print->out, counts[i], COUNT_WIDTH);
    }
    buf_printf(print->out, "  " STR_FMT "\n", STR_ARG(ledger__print_word(print, "哈希", "hash")));
}

enum err ledger_print_days(struct ledger_print *print, size_t limit)
{
    struct days_query query = {.arena = arena_new(), .limit = limit};
    enum err err = store_read(print->store, read_days, &query);

    err = err == ERR_OK ? query.err : err;
    if (err == ERR_OK) {
        print_days_head(print);
    }
    for (size_t i = 0; err == ERR_OK && i < query.count; i++) {
        print_day(print, &query.days[i]);
        print->wrong = print->wrong || query.days[i].wrong.len > 0;
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

/* The date of the books decides what has come, not the clock. */
static enum err read_come(struct reader *reader, struct trial_query *query)
{
    int32_t today;

    TRY(ledger_read_today(reader, clock_now_ms(NULL), query->arena, &today));
    return query->date <= today
               ? ledger_read_trial_balance(reader, query->date, query->arena, &query->trial)
               : ERR_FIELD_RANGE;
}

static void read_trial(void *ctx, struct reader *reader)
{
    struct trial_query *query = ctx;

    query->err = read_come(reader, query);
}

enum { CODE_WIDTH = 10, CURRENCY_WIDTH = 4, SIDE_WIDTH = 4 };

static void print_trial_head(const struct ledger_print *print)
{
    const struct str amounts[] = {
        ledger__print_word(print, "期初余额", "opening"),
        ledger__print_word(print, "借方发生额", "debits"),
        ledger__print_word(print, "贷方发生额", "credits"),
        ledger__print_word(print, "期末余额", "closing"),
    };
    struct buf *out = print->out;

    ledger__print_left(out, ledger__print_word(print, "科目", "code"), CODE_WIDTH);
    ledger__print_left(out, ledger__print_word(print, "币种", "cur"), CURRENCY_WIDTH + 1);
    ledger__print_left(out, ledger__print_word(print, "方向", "side"), SIDE_WIDTH);
    for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
        ledger__print_right(out, amounts[i], LEDGER__AMOUNT_WIDTH);
    }
    buf_printf(out, "  " STR_FMT "\n", STR_ARG(ledger__print_word(print, "名称", "name")));
}

static void print_trial_row(const struct ledger_print *print, const struct ledger_trial_row *row)
{
    bool is_debit = row->side == LEDGER_DEBIT;
    bool in_chinese = print->language == LEDGER_CHINESE && row->name_zh.len > 0;
    struct buf *out = print->out;

    buf_printf(out, "%-10lld" STR_FMT "  ", (long long)row->code,
               STR_ARG(currency_code(row->currency)));
    ledger__print_left(
        out, is_debit ? ledger__print_word(print, "借", "D") : ledger__print_word(print, "贷", "C"),
        SIDE_WIDTH);
    ledger__print_amount(out, row->opening, row->currency);
    ledger__print_amount(out, row->debits, row->currency);
    ledger__print_amount(out, row->credits, row->currency);
    ledger__print_amount(out, row->closing, row->currency);
    buf_printf(out, "  " STR_FMT "\n", STR_ARG(in_chinese ? row->name_zh : row->name));
}

/* Of the day, then of all time, in each currency. */
static enum err print_trial(struct ledger_print *print, struct trial_query *query)
{
    const struct ledger_trial_balance *trial = &query->trial;
    struct buf *out = print->out;

    TRY(store_read(print->store, read_trial, query));
    TRY(query->err);
    if (trial->row_count == 0) {
        buf_add(out, ledger__print_word(print, "尚无分录\n", "nothing has been booked yet\n"));
        return ERR_OK;
    }
    buf_printf(out, STR_FMT " %lld\n",
               STR_ARG(ledger__print_word(print, "账务日期", "business date")),
               (long long)trial->date);
    print_trial_head(print);
    for (size_t i = 0; i < trial->row_count; i++) {
        print_trial_row(print, &trial->rows[i]);
    }
    print->wrong = !trial->balanced;
    if (trial->balanced) {
        buf_add(out, ledger__print_word(print, "各币种借贷平衡\n",
                                        "debits = credits in every currency\n"));
    } else {
        buf_printf(out, STR_FMT STR_FMT "\n",
                   STR_ARG(ledger__print_word(print, "错误:借贷不平,币种 ",
                                              "WRONG: debits and credits differ in ")),
                   STR_ARG(currency_code(trial->wrong_currency)));
    }
    return ERR_OK;
}

enum err ledger_print_trial_balance(struct ledger_print *print, int32_t date)
{
    struct trial_query query = {.arena = arena_new(), .date = date};
    enum err err = print_trial(print, &query);

    arena_free(query.arena);
    return err;
}
