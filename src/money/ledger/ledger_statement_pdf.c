/* A statement as a PDF: A4 across, one line an entry, page numbers, sums, and the hash of the CSV
 * of the same statement. */
#include "money/ledger/ledger_paper.h"
#include "money/ledger/ledger_statement_int.h"

#include "base/crypto.h"
#include "base/time.h"

enum {
    WIDTH = 8420,
    HEIGHT = 5950,
    LEFT = 400,
    INNER = WIDTH - 2 * LEFT,
    LINE = 165,
    TOP = 480,
    TABLE_FIRST = 1400, /* of the table's head, on the first page */
    TABLE_NEXT = 560,   /* on the others */
    BOTTOM = 5500,      /* of the table */
    FOOT = 5680,
    SIZE = 85,
    TITLE_SIZE = 200,
    PAD = 40,
};
/* Entries of a page: besides them it has the head of the table, a line of what it begins with, and
 * one of what it ends with, or the sums. */
enum {
    ROWS_FIRST = (BOTTOM - TABLE_FIRST) / LINE - 3,
    ROWS_NEXT = (BOTTOM - TABLE_NEXT) / LINE - 3,
    ROWS_OF_SUMS = 5,
};

struct table_column {
    const char *zh;
    const char *en;
    int width;
    enum ledger__paper_align align;
};
enum { TIME, NUMBER, JOURNAL, KIND, BUSINESS, DEBIT, CREDIT, BALANCE, COLUMNS };
static const struct table_column columns[COLUMNS] = {
    [TIME] = {"时间", "Time", 1000, LEDGER__LEFT},
    [NUMBER] = {"序号", "No.", 560, LEDGER__RIGHT},
    [JOURNAL] = {"分录号", "Journal", 1060, LEDGER__LEFT},
    [KIND] = {"摘要", "What", 1200, LEDGER__LEFT},
    [BUSINESS] = {"业务单号", "Business no.", 1100, LEDGER__LEFT},
    [DEBIT] = {"借方金额", "Debit", 860, LEDGER__RIGHT},
    [CREDIT] = {"贷方金额", "Credit", 860, LEDGER__RIGHT},
    [BALANCE] = {"余额", "Balance", 980, LEDGER__RIGHT},
};

struct sheet {
    struct ledger_paper *paper;
    struct ledger_document *document;
    struct arena *arena; /* for texts, emptied page by page */
    enum ledger_language language;
    size_t page, pages;
    int y;
    struct ledger_sums sums; /* of the entries so far */
    struct amount balance;   /* after them */
};

static const struct ledger__paper_style plain = {SIZE, LEDGER__INK, LEDGER__LEFT, false};
static const struct ledger__paper_style faint = {SIZE, LEDGER__GREY, LEDGER__LEFT, false};

static struct str word(const struct sheet *sheet, const char *zh, const char *en)
{
    return ledger__word(sheet->language, zh, en);
}

static void put(struct sheet *sheet, struct ledger__paper_box box, struct ledger__paper_style style,
                struct str text)
{
    ledger__paper_text(sheet->paper, box, style, text);
}

/* ---- the table ---- */

static void put_cells(struct sheet *sheet, const struct str cells[COLUMNS],
                      struct ledger__paper_style style)
{
    int x = LEFT;

    for (unsigned i = 0; i < COLUMNS; i++) {
        struct ledger__paper_box box = {x + PAD, sheet->y - 50, columns[i].width - 2 * PAD};

        style.align = columns[i].align;
        if (cells[i].len > 0) {
            put(sheet, box, style, cells[i]);
        }
        x += columns[i].width;
    }
}

static void put_table_head(struct sheet *sheet)
{
    struct str cells[COLUMNS];

    for (unsigned i = 0; i < COLUMNS; i++) {
        cells[i] = word(sheet, columns[i].zh, columns[i].en);
    }
    ledger__paper_band(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER}, LINE,
                       LEDGER__BAND);
    sheet->y += LINE;
    put_cells(sheet, cells, (struct ledger__paper_style){SIZE, LEDGER__INK, LEDGER__LEFT, true});
    ledger__paper_rule(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER},
                       LEDGER__GREY);
}

static void put_entry(struct sheet *sheet, const struct ledger_entry *entry)
{
    enum currency currency = sheet->document->walk.account.currency;
    struct str amount = ledger__amount_text(sheet->arena, entry->amount, currency);
    struct str source = ledger__source_word(entry->reference.source, sheet->language);
    struct str operation = ledger__operation_word(entry->reference.operation, sheet->language);
    struct str cells[COLUMNS] = {
        [TIME] = ledger__time_text(sheet->arena, entry->created_at_ms),
        [NUMBER] = str_printf(sheet->arena, "%lld", (long long)entry->sequence),
        [JOURNAL] = id_str(sheet->arena, LEDGER_JOURNAL_PREFIX, entry->journal_id),
        [KIND] =
            str_printf(sheet->arena, STR_FMT " · " STR_FMT "%s" STR_FMT, STR_ARG(source),
                       STR_ARG(operation), entry->memo.len > 0 ? " · " : "", STR_ARG(entry->memo)),
        [BUSINESS] = ledger__about_text(sheet->arena, &entry->about),
        [BALANCE] = ledger__amount_text(sheet->arena, entry->balance, currency),
    };

    cells[entry->side == LEDGER_DEBIT ? DEBIT : CREDIT] = amount;
    ledger__sums_add(&sheet->sums, entry);
    sheet->balance = entry->balance;
    sheet->y += LINE;
    put_cells(sheet, cells, plain);
    ledger__paper_rule(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER},
                       LEDGER__RULE);
}

/* What a page begins or ends with: the sums so far and the balance. */
static void put_carried(struct sheet *sheet, struct str name, bool with_sums)
{
    enum currency currency = sheet->document->walk.account.currency;
    struct str cells[COLUMNS] = {
        [TIME] = name,
        [BALANCE] = ledger__amount_text(sheet->arena, sheet->balance, currency),
    };

    if (with_sums) {
        cells[DEBIT] = ledger__amount_text(sheet->arena, sheet->sums.debits, currency);
        cells[CREDIT] = ledger__amount_text(sheet->arena, sheet->sums.credits, currency);
    }
    sheet->y += LINE;
    put_cells(sheet, cells, (struct ledger__paper_style){SIZE, LEDGER__INK, LEDGER__LEFT, true});
    ledger__paper_rule(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER},
                       LEDGER__RULE);
}

/* ---- head and foot ---- */

static void put_pair(struct sheet *sheet, int x, struct str name, struct str value)
{
    enum { NAME = 900, VALUE = 2700 };

    put(sheet, (struct ledger__paper_box){x, sheet->y, NAME}, faint, name);
    put(sheet, (struct ledger__paper_box){x + NAME, sheet->y, VALUE}, plain, value);
}

static void put_head(struct sheet *sheet)
{
    const struct ledger_walk *walk = &sheet->document->walk;
    const struct ledger_account *account = &walk->account;
    enum { SECOND = LEFT + INNER / 2, GAP = 170 };

    sheet->y = TOP + 100;
    put(sheet, (struct ledger__paper_box){LEFT, sheet->y, INNER},
        (struct ledger__paper_style){TITLE_SIZE, LEDGER__ACCENT, LEDGER__LEFT, true},
        word(sheet, "账户对账单", "Account statement"));
    put(sheet, (struct ledger__paper_box){LEFT, sheet->y, INNER},
        (struct ledger__paper_style){SIZE + 15, LEDGER__GREY, LEDGER__RIGHT, false},
        ledger__period_text(sheet->arena, &walk->period));
    sheet->y += 110;
    ledger__paper_band(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER}, 15,
                       LEDGER__ACCENT);
    sheet->y += 200;
    put_pair(sheet, LEFT, word(sheet, "账号", "Account no."),
             ledger__account_text(sheet->arena, account, &walk->label));
    put_pair(sheet, SECOND, word(sheet, "户名", "Holder"),
             ledger__holder_text(sheet->arena, account, &walk->label, sheet->language));
    sheet->y += GAP;
    put_pair(sheet, LEFT, word(sheet, "科目", "Code"),
             str_printf(sheet->arena, "%lld " STR_FMT, (long long)account->code,
                        STR_ARG(sheet->document->account_name)));
    put_pair(sheet, SECOND, word(sheet, "币种", "Currency"), currency_code(account->currency));
    sheet->y += GAP;
    put_pair(sheet, LEFT, word(sheet, "期初余额", "Opening balance"),
             ledger__amount_text(sheet->arena, walk->opening, account->currency));
    put_pair(sheet, SECOND, word(sheet, "期末余额", "Closing balance"),
             ledger__amount_text(sheet->arena, walk->closing, account->currency));
}

static void put_foot(struct sheet *sheet)
{
    const struct ledger_account *account = &sheet->document->walk.account;
    struct ledger__paper_box box = {LEFT, FOOT, INNER};
    struct ledger__paper_style style = {SIZE - 10, LEDGER__GREY, LEDGER__RIGHT, false};

    put(sheet, box, style,
        sheet->language == LEDGER_CHINESE
            ? str_printf(sheet->arena, "第 %zu 页 共 %zu 页", sheet->page, sheet->pages)
            : str_printf(sheet->arena, "Page %zu of %zu", sheet->page, sheet->pages));
    style.align = LEDGER__LEFT;
    put(sheet, box, style,
        str_printf(sheet->arena, STR_FMT " · " STR_FMT,
                   STR_ARG(id_str(sheet->arena, LEDGER_ACCOUNT_PREFIX, account->id)),
                   STR_ARG(ledger__owner_text(sheet->arena, account, sheet->language))));
}

/* Says on each further page what it is a part of. */
static void put_head_again(struct sheet *sheet)
{
    const struct ledger_walk *walk = &sheet->document->walk;
    struct ledger__paper_box box = {LEFT, TABLE_NEXT - 60, INNER * 3 / 4};
    struct ledger__paper_style right = faint;

    put(sheet, box, faint,
        str_printf(sheet->arena, STR_FMT " · " STR_FMT " · " STR_FMT,
                   STR_ARG(word(sheet, "账户对账单(续)", "Account statement, continued")),
                   STR_ARG(ledger__account_text(sheet->arena, &walk->account, &walk->label)),
                   STR_ARG(ledger__holder_text(sheet->arena, &walk->account, &walk->label,
                                               sheet->language))));
    right.align = LEDGER__RIGHT;
    put(sheet, (struct ledger__paper_box){LEFT, TABLE_NEXT - 60, INNER}, right,
        ledger__period_text(sheet->arena, &walk->period));
}

static void put_sum(struct sheet *sheet, struct str name, int64_t count, unsigned column,
                    struct amount amount)
{
    struct str cells[COLUMNS] = {
        [TIME] = name,
        [NUMBER] = str_printf(sheet->arena, "%lld", (long long)count),
    };

    cells[column] =
        ledger__amount_text(sheet->arena, amount, sheet->document->walk.account.currency);
    sheet->y += LINE;
    put_cells(sheet, cells, (struct ledger__paper_style){SIZE, LEDGER__INK, LEDGER__LEFT, true});
}

static void put_sums(struct sheet *sheet)
{
    const struct ledger_walk *walk = &sheet->document->walk;

    ledger__paper_rule(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER},
                       LEDGER__GREY);
    put_sum(sheet, word(sheet, "借方合计", "Debits"), walk->sums.debit_count, DEBIT,
            walk->sums.debits);
    put_sum(sheet, word(sheet, "贷方合计", "Credits"), walk->sums.credit_count, CREDIT,
            walk->sums.credits);
    put_sum(sheet, word(sheet, "期末余额", "Closing balance"), walk->last - walk->first + 1,
            BALANCE, walk->closing);
    sheet->y += 2 * LINE;
    put(sheet, (struct ledger__paper_box){LEFT + PAD, sheet->y, INNER},
        (struct ledger__paper_style){SIZE - 10, LEDGER__GREY, LEDGER__LEFT, false},
        str_printf(sheet->arena, STR_FMT " SHA-256 " STR_FMT,
                   STR_ARG(word(sheet, "本对账单 CSV 文件的", "The CSV of this statement has")),
                   STR_ARG(crypto_sha256_hex(sheet->arena, buf_str(&sheet->document->csv)))));
}

/* ---- pages ---- */

static size_t rows_of(size_t page)
{
    return page == 1 ? ROWS_FIRST : ROWS_NEXT;
}

/* The sums need a page of their own when the last page is too full for them. */
static size_t page_count(size_t entries)
{
    size_t page = 1, room = rows_of(1);

    while (entries + ROWS_OF_SUMS > room) {
        room += rows_of(++page);
    }
    return page;
}

static void put_page(struct sheet *sheet, size_t *at)
{
    const struct ledger_document *document = sheet->document;
    size_t rows = document->entry_count - *at;

    rows = rows < rows_of(sheet->page) ? rows : rows_of(sheet->page);
    if (sheet->page == 1) {
        put_head(sheet);
        sheet->y = TABLE_FIRST;
    } else {
        put_head_again(sheet);
        sheet->y = TABLE_NEXT;
    }
    put_table_head(sheet);
    put_carried(sheet,
                sheet->page == 1 ? word(sheet, "期初余额", "Opening balance")
                                 : word(sheet, "承前页", "Brought forward"),
                sheet->page > 1);
    for (size_t i = 0; i < rows; i++) {
        put_entry(sheet, &document->entries[(*at)++]);
    }
    if (sheet->page == sheet->pages) {
        put_sums(sheet);
    } else {
        put_carried(sheet, word(sheet, "过次页", "Carried forward"), true);
    }
    put_foot(sheet);
}

/* When the document is dated: the end of its period, so that it stays the same. */
static int64_t made_at(const struct ledger_period *period)
{
    return period->end.date != 0 ? time_business_date_start_ms(period->end.date)
                                 : period->end.at_ms;
}

enum err ledger__statement_pdf(struct ledger_document *document)
{
    struct sheet sheet = {
        .document = document,
        .arena = arena_new(),
        .language = document->ask.language,
        .pages = page_count(document->entry_count),
        .balance = document->walk.opening,
    };
    size_t at = 0;
    enum err err;

    sheet.paper = ledger__paper_begin(&(struct ledger__paper_options){
        .arena = document->arena,
        .width = WIDTH,
        .height = HEIGHT,
        .title = word(&sheet, "账户对账单", "Account statement"),
        .at_ms = made_at(&document->walk.period),
    });
    for (sheet.page = 1; sheet.page <= sheet.pages; sheet.page++) {
        if (sheet.page > 1) {
            ledger__paper_next_page(sheet.paper);
        }
        arena_reset(sheet.arena);
        put_page(&sheet, &at);
    }
    err = ledger__paper_end(sheet.paper, &document->content);
    arena_free(sheet.arena);
    return err;
}
