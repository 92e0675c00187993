/* A receipt as a PDF of one page: half of an A4 sheet, longer for a journal of many legs. */
#include "money/ledger/ledger_paper.h"
#include "money/ledger/ledger_statement_int.h"

enum {
    WIDTH = 5950,
    LEFT = 400,
    INNER = WIDTH - 2 * LEFT,
    LINE = 190,
    SIZE = 90,
    TITLE_SIZE = 190,
    PAD = 50,
    LEG = 330,        /* two lines: the holder, and the account's number below */
    LEGS_IN_HALF = 4, /* that have room in half a sheet */
    HALF = 4200,
};

enum { SIDE, OWNER, NAME, AMOUNT, COLUMNS };
static const struct {
    const char *zh;
    const char *en;
    int width;
    enum ledger__paper_align align;
} columns[COLUMNS] = {
    [SIDE] = {"借贷", "Side", 400, LEDGER__LEFT},
    [OWNER] = {"户名与账号", "Holder and account no.", 2290, LEDGER__LEFT},
    [NAME] = {"科目", "Code", 1360, LEDGER__LEFT},
    [AMOUNT] = {"金额", "Amount", 1100, LEDGER__RIGHT},
};

struct sheet {
    struct ledger_paper *paper;
    const struct ledger_receipt *receipt;
    struct arena *arena;
    int y;
};

static struct str word(const struct sheet *sheet, const char *zh, const char *en)
{
    return ledger__word(sheet->receipt->ask.language, zh, en);
}

static const struct ledger__paper_style plain = {SIZE, LEDGER__INK, LEDGER__LEFT, false};
static const struct ledger__paper_style faint = {SIZE, LEDGER__GREY, LEDGER__LEFT, false};
static const struct ledger__paper_style strong = {SIZE, LEDGER__INK, LEDGER__LEFT, true};

static void put_pair(const struct sheet *sheet, int x, struct str name, struct str value)
{
    enum { NAME_WIDTH = 750, VALUE_WIDTH = INNER / 2 - NAME_WIDTH };

    ledger__paper_text(sheet->paper, (struct ledger__paper_box){x, sheet->y, NAME_WIDTH - PAD},
                       faint, name);
    ledger__paper_text(sheet->paper,
                       (struct ledger__paper_box){x + NAME_WIDTH, sheet->y, VALUE_WIDTH}, plain,
                       value);
}

static void put_head(struct sheet *sheet)
{
    const struct ledger_journal_view *journal = &sheet->receipt->journal;
    const struct ledger_reference *reference = &sheet->receipt->reference;
    enum ledger_language language = sheet->receipt->ask.language;
    enum { SECOND = LEFT + INNER / 2 };
    struct str source = ledger__source_word(reference->source, language);
    struct str operation = ledger__operation_word(reference->operation, language);

    sheet->y = 580;
    ledger__paper_text(
        sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER},
        (struct ledger__paper_style){TITLE_SIZE, LEDGER__ACCENT, LEDGER__CENTRE, true},
        word(sheet, "电子回单", "Electronic receipt"));
    sheet->y += 110;
    ledger__paper_band(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER}, 15,
                       LEDGER__ACCENT);
    sheet->y += 210;
    put_pair(sheet, LEFT, word(sheet, "回单编号", "Receipt no."),
             id_str(sheet->arena, LEDGER_JOURNAL_PREFIX, journal->id));
    put_pair(sheet, SECOND, word(sheet, "记账日期", "Business date"),
             ledger__date_text(sheet->arena, journal->business_date));
    sheet->y += LINE;
    put_pair(sheet, LEFT, word(sheet, "业务类型", "What"),
             str_printf(sheet->arena, STR_FMT " · " STR_FMT, STR_ARG(source), STR_ARG(operation)));
    put_pair(sheet, SECOND, word(sheet, "记账时间", "Time"),
             ledger__time_text(sheet->arena, journal->created_at_ms));
    sheet->y += LINE;
    put_pair(sheet, LEFT, word(sheet, "业务单号", "Business no."),
             ledger__about_text(sheet->arena, &sheet->receipt->journal.about));
    if (journal->memo.len > 0) {
        put_pair(sheet, SECOND, word(sheet, "附言", "Memo"), journal->memo);
    }
    sheet->y += LINE;
}

static void put_cells(struct sheet *sheet, const struct str cells[COLUMNS],
                      struct ledger__paper_style style)
{
    int x = LEFT;

    for (unsigned i = 0; i < COLUMNS; i++) {
        style.align = columns[i].align;
        if (cells[i].len > 0) {
            ledger__paper_text(
                sheet->paper,
                (struct ledger__paper_box){x + PAD, sheet->y - 60, columns[i].width - 2 * PAD},
                style, cells[i]);
        }
        x += columns[i].width;
    }
}

static void put_leg(struct sheet *sheet, const struct ledger_receipt_leg *leg)
{
    const struct ledger_account *account = &leg->account;
    struct str amount = ledger__amount_text(sheet->arena, leg->entry.amount, account->currency);
    const struct str first[COLUMNS] = {
        [SIDE] = leg->entry.side == LEDGER_DEBIT ? word(sheet, "借方", "Debit")
                                                 : word(sheet, "贷方", "Credit"),
        [OWNER] =
            ledger__holder_text(sheet->arena, account, &leg->label, sheet->receipt->ask.language),
        [NAME] =
            str_printf(sheet->arena, "%lld " STR_FMT, (long long)account->code, STR_ARG(leg->name)),
        [AMOUNT] = str_printf(sheet->arena, STR_FMT " " STR_FMT,
                              STR_ARG(currency_code(account->currency)), STR_ARG(amount)),
    };
    const struct str second[COLUMNS] = {
        [OWNER] = ledger__account_text(sheet->arena, account, &leg->label),
    };

    sheet->y += LINE;
    put_cells(sheet, first, plain);
    sheet->y += LEG - LINE;
    put_cells(sheet, second, faint);
    ledger__paper_rule(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER},
                       LEDGER__RULE);
}

static void put_legs(struct sheet *sheet)
{
    const struct ledger_receipt *receipt = sheet->receipt;
    struct str cells[COLUMNS];

    for (unsigned i = 0; i < COLUMNS; i++) {
        cells[i] = word(sheet, columns[i].zh, columns[i].en);
    }
    ledger__paper_band(sheet->paper, (struct ledger__paper_box){LEFT, sheet->y, INNER}, LINE,
                       LEDGER__BAND);
    sheet->y += LINE;
    put_cells(sheet, cells, strong);
    for (size_t i = 0; i < receipt->leg_count; i++) {
        put_leg(sheet, &receipt->legs[i]);
    }
}

static void put_line(struct sheet *sheet, struct str name, struct str value,
                     struct ledger__paper_style style)
{
    enum { NAME_WIDTH = 1000 };

    ledger__paper_text(sheet->paper,
                       (struct ledger__paper_box){LEFT + PAD, sheet->y, NAME_WIDTH - PAD}, faint,
                       name);
    ledger__paper_text(sheet->paper,
                       (struct ledger__paper_box){LEFT + NAME_WIDTH, sheet->y, INNER - NAME_WIDTH},
                       style, value);
    sheet->y += LINE;
}

static void put_foot(struct sheet *sheet)
{
    const struct ledger_receipt *receipt = sheet->receipt;
    struct str amount = ledger__amount_text(sheet->arena, receipt->amount, receipt->currency);
    struct ledger__paper_style large = strong;

    large.size += 15;
    sheet->y += LINE + 40;
    put_line(sheet, word(sheet, "金额(小写)", "Amount"),
             str_printf(sheet->arena, STR_FMT " " STR_FMT "%s",
                        STR_ARG(currency_code(receipt->currency)), STR_ARG(amount),
                        receipt->several ? " …" : ""),
             large);
    if (receipt->in_chinese.len > 0) {
        put_line(sheet, word(sheet, "金额(大写)", "In numerals"), receipt->in_chinese, large);
    }
    put_line(sheet, word(sheet, "验证码", "Code"), receipt->code, plain);
    sheet->y += 30;
    ledger__paper_text(sheet->paper, (struct ledger__paper_box){LEFT + PAD, sheet->y, INNER - PAD},
                       (struct ledger__paper_style){SIZE - 15, LEDGER__GREY, LEDGER__LEFT, false},
                       word(sheet, "本回单由账务系统生成,重复打印内容不变,请勿重复记账。",
                            "Made by the books. Printed again it is the same receipt: book it "
                            "once only."));
}

enum err ledger_receipt_pdf(const struct ledger_receipt *receipt, struct arena *arena,
                            struct str *out)
{
    int more = receipt->leg_count > LEGS_IN_HALF ? (int)(receipt->leg_count - LEGS_IN_HALF) : 0;
    struct sheet sheet = {.receipt = receipt, .arena = arena};

    sheet.paper = ledger__paper_begin(&(struct ledger__paper_options){
        .arena = arena,
        .width = WIDTH,
        .height = HALF + more * LEG,
        .title = word(&sheet, "电子回单", "Electronic receipt"),
        .at_ms = receipt->journal.created_at_ms,
    });
    put_head(&sheet);
    put_legs(&sheet);
    put_foot(&sheet);
    return ledger__paper_end(sheet.paper, out);
}
