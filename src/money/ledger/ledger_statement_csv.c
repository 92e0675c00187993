/* A statement as CSV (RFC 4180): UTF-8, lines end in CR LF, each line has the same number of
 * fields. A text that a spreadsheet would take for a formula begins with an apostrophe; a number of
 * more than 15 digits, such as an account's, ends in a tab, or it would be shown rounded. */
#include "money/ledger/ledger_statement_int.h"

#include "base/time.h"

enum { COLUMNS = 11, VALUE_MAX = 64 };

/* ---- words and values ---- */

struct str ledger__word(enum ledger_language language, const char *zh, const char *en)
{
    return str_of(language == LEDGER_CHINESE ? zh : en);
}

/* Chinese, English; an enum's value is its place. */
struct words {
    const char *zh;
    const char *en;
};

static const struct words sources[] = {
    [LEDGER_SOURCE_PAYMENT] = {"支付", "payment"},
    [LEDGER_SOURCE_OPERATOR] = {"人工", "operator"},
    [LEDGER_SOURCE_REFUND] = {"退款", "refund"},
    [LEDGER_SOURCE_SETTLEMENT] = {"结算", "settlement"},
    [LEDGER_SOURCE_CASH] = {"提现", "cash-out"},
    [LEDGER_SOURCE_ADJUSTMENT] = {"调账", "adjustment"},
    [LEDGER_SOURCE_PENDING] = {"待入账", "pending entry"},
    [LEDGER_SOURCE_CHANNEL] = {"渠道", "channel"},
    [LEDGER_SOURCE_REMITTANCE] = {"汇款", "remittance"},
    [LEDGER_SOURCE_API] = {"接口", "API"},
    [LEDGER_SOURCE_SHARE] = {"分账", "share"},
    [LEDGER_SOURCE_DISPUTE] = {"争议", "dispute"},
    [LEDGER_SOURCE_DIFFERENCE] = {"对账差异", "difference"},
    [LEDGER_SOURCE_TOP_UP] = {"充值", "top-up"},
    [LEDGER_SOURCE_DEPOSIT] = {"保证金", "deposit"},
    [LEDGER_SOURCE_EXCHANGE] = {"结售汇", "exchange"},
    [LEDGER_SOURCE_INTEREST] = {"利息", "interest"},
    [LEDGER_SOURCE_FEE] = {"手续费", "fee"},
};
_Static_assert(ARRAY_LEN(sources) <= LEDGER_SOURCES_MAX, "a daily summary has room for each");

static const struct words operations[] = {
    [LEDGER_OPERATION_SUCCEEDED] = {"成功", "succeeded"},
    [LEDGER_OPERATION_CONFLICTED] = {"不符", "conflicted"},
    [LEDGER_OPERATION_TRANSFER] = {"转账", "transfer"},
    [LEDGER_OPERATION_HOLD] = {"冻结", "hold"},
    [LEDGER_OPERATION_CAPTURE] = {"扣划", "capture"},
    [LEDGER_OPERATION_RELEASE] = {"解冻", "release"},
    [LEDGER_OPERATION_APPLIED] = {"入账", "applied"},
    [LEDGER_OPERATION_RETURNED] = {"退回", "returned"},
    [LEDGER_OPERATION_REVERSED] = {"红冲", "reversed"},
    [LEDGER_OPERATION_CORRECTED] = {"蓝补", "corrected"},
    [LEDGER_OPERATION_COST] = {"成本", "cost"},
    [LEDGER_OPERATION_SETTLED] = {"到账", "settled"},
    [LEDGER_OPERATION_SENT] = {"汇出", "sent"},
    [LEDGER_OPERATION_PAID] = {"付讫", "paid"},
    [LEDGER_OPERATION_LOST] = {"败诉", "lost"},
    [LEDGER_OPERATION_FOUND] = {"发现", "found"},
    [LEDGER_OPERATION_RESOLVED] = {"处理", "resolved"},
    [LEDGER_OPERATION_REFUNDED] = {"退还", "refunded"},
    [LEDGER_OPERATION_RECEIVED] = {"收到", "received"},
    [LEDGER_OPERATION_WRITTEN_OFF] = {"核销", "written off"},
    [LEDGER_OPERATION_CHARGED] = {"收取", "charged"},
    [LEDGER_OPERATION_DEDUCTED] = {"强制扣划", "deducted"},
};

/* A value the table does not have yet is shown as "?": the journal itself has it. */
static struct str word_at(const struct words *table, size_t count, int value,
                          enum ledger_language language)
{
    if (value <= 0 || (size_t)value >= count || table[value].zh == NULL) {
        return STR("?");
    }
    return ledger__word(language, table[value].zh, table[value].en);
}

struct str ledger__source_word(enum ledger_source source, enum ledger_language language)
{
    return word_at(sources, ARRAY_LEN(sources), (int)source, language);
}

struct str ledger__operation_word(enum ledger_operation operation, enum ledger_language language)
{
    return word_at(operations, ARRAY_LEN(operations), (int)operation, language);
}

struct str ledger__date_text(struct arena *arena, int32_t date)
{
    return str_printf(arena, "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
}

struct str ledger__time_text(struct arena *arena, int64_t at_ms)
{
    struct buf buf;
    enum { DATE_LEN = 10, SECONDS_LEN = 19 };

    buf_init_arena(&buf, arena, VALUE_MAX);
    time_print_shanghai(&buf, at_ms);
    CHECK(buf.len > SECONDS_LEN);
    buf.ptr[DATE_LEN] = ' ';
    return str_slice(buf_str(&buf), 0, SECONDS_LEN);
}

struct str ledger__period_text(struct arena *arena, const struct ledger_period *period)
{
    struct str from, to;

    if (period->begin.date != 0) {
        from = ledger__date_text(arena, period->begin.date);
        to = ledger__date_text(arena, time_date_add_days(period->end.date, -1));
    } else {
        from = ledger__time_text(arena, period->begin.at_ms);
        to = ledger__time_text(arena, period->end.at_ms);
    }
    return str_printf(arena, STR_FMT " – " STR_FMT, STR_ARG(from), STR_ARG(to));
}

struct str ledger__about_text(struct arena *arena, const struct ledger_about *about)
{
    return about->prefix != NULL ? id_str(arena, about->prefix, about->number)
                                 : str_printf(arena, "%lld", (long long)about->number);
}

struct str ledger__owner_text(struct arena *arena, const struct ledger_account *account,
                              enum ledger_language language)
{
    bool of_channel = account->code == LEDGER_CODE_CHANNEL_RECEIVABLE ||
                      account->code == LEDGER_CODE_CHANNEL_FEE_PAYABLE;

    if (account->owner_id == LEDGER_PLATFORM) {
        return ledger__word(language, "平台", "the platform");
    }
    return id_str(arena, of_channel ? "cha" : "mer", account->owner_id);
}

struct str ledger__holder_text(struct arena *arena, const struct ledger_account *account,
                               const struct ledger_label *label, enum ledger_language language)
{
    return label->owner.len > 0 ? label->owner : ledger__owner_text(arena, account, language);
}

struct str ledger__account_text(struct arena *arena, const struct ledger_account *account,
                                const struct ledger_label *label)
{
    return label->number.len > 0 ? label->number
                                 : id_str(arena, LEDGER_ACCOUNT_PREFIX, account->id);
}

struct str ledger__amount_text(struct arena *arena, struct amount amount, enum currency currency)
{
    enum { GROUP = 3 };
    struct buf plain, out;
    struct str text, whole;

    buf_init_arena(&plain, arena, VALUE_MAX);
    buf_init_arena(&out, arena, VALUE_MAX);
    amount_print(&plain, amount, currency);
    text = buf_str(&plain);
    if (str_starts(text, STR("-"))) {
        buf_add_char(&out, '-');
        text = str_slice(text, 1, text.len);
    }
    whole = text;
    if (str_find(text, STR("."), &whole.len)) {
        text = str_slice(text, whole.len, text.len);
    } else {
        text = STR("");
    }
    for (size_t i = 0; i < whole.len; i++) {
        if (i > 0 && (whole.len - i) % GROUP == 0) {
            buf_add_char(&out, ',');
        }
        buf_add_char(&out, whole.ptr[i]);
    }
    buf_add(&out, text);
    CHECK(buf_ok(&out));
    return buf_str(&out);
}

/* ---- lines ---- */

static bool is_formula(struct str text)
{
    return text.len > 0 && strchr("=+-@\t\r", text.ptr[0]) != NULL;
}

/* A number with more digits than a spreadsheet's numbers have: it would be shown rounded. */
static bool is_long_number(struct str text)
{
    enum { DIGITS = 15 };
    size_t i = 0;

    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9') {
        i++;
    }
    return i == text.len && i > DIGITS;
}

/* A field that is no number to reckon with. */
static void add_text(struct buf *buf, struct str text)
{
    bool quoted = is_formula(text);

    for (size_t i = 0; i < text.len && !quoted; i++) {
        quoted = strchr(",\"\r\n", text.ptr[i]) != NULL;
    }
    if (!quoted) {
        buf_add(buf, text);
        if (is_long_number(text)) {
            buf_add_char(buf, '\t');
        }
        return;
    }
    buf_add(buf, is_formula(text) ? STR("\"'") : STR("\""));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            buf_add_char(buf, '"');
        }
        buf_add_char(buf, text.ptr[i]);
    }
    buf_add_char(buf, '"');
}

static void end_line(struct buf *buf, unsigned fields)
{
    for (; fields < COLUMNS; fields++) {
        buf_add_char(buf, ',');
    }
    buf_add(buf, STR("\r\n"));
}

static void add_line(struct buf *buf, struct str name, struct str value)
{
    add_text(buf, name);
    buf_add_char(buf, ',');
    add_text(buf, value);
    end_line(buf, 2);
}

/* Amounts stand as numbers: a negative one is no formula. */
static void add_amount(struct buf *buf, struct amount amount, enum currency currency)
{
    amount_print(buf, amount, currency);
}

/* ---- the document ---- */

static void add_head(struct ledger_document *document)
{
    static const char *const zh[COLUMNS] = {"记账日期", "时间", "序号",     "分录号",
                                            "来源",     "操作", "业务单号", "借方金额",
                                            "贷方金额", "余额", "附言"};
    static const char *const en[COLUMNS] = {"Business date", "Time",      "No.",          "Journal",
                                            "Source",        "Operation", "Business no.", "Debit",
                                            "Credit",        "Balance",   "Memo"};
    enum ledger_language language = document->ask.language;

    for (unsigned i = 0; i < COLUMNS; i++) {
        if (i > 0) {
            buf_add_char(&document->csv, ',');
        }
        add_text(&document->csv, ledger__word(language, zh[i], en[i]));
    }
    end_line(&document->csv, COLUMNS);
}

static void add_balance(struct ledger_document *document, struct str name, struct amount balance)
{
    add_text(&document->csv, name);
    buf_add_char(&document->csv, ',');
    add_amount(&document->csv, balance, document->walk.account.currency);
    end_line(&document->csv, 2);
}

void ledger__csv_begin(struct ledger_document *document)
{
    const struct ledger_account *account = &document->walk.account;
    const struct ledger_label *label = &document->walk.label;
    enum ledger_language language = document->ask.language;
    struct arena *arena = document->arena;
    struct buf *csv = &document->csv;

    buf_init_arena(csv, arena, LEDGER__CSV_BYTES_MAX);
    if (document->ask.bom) {
        buf_add(csv, STR("\xEF\xBB\xBF"));
    }
    if (label->number.len > 0) {
        add_line(csv, ledger__word(language, "账号", "Account no."), label->number);
    }
    add_line(csv, ledger__word(language, "账户", "Account"),
             id_str(arena, LEDGER_ACCOUNT_PREFIX, account->id));
    add_text(csv, ledger__word(language, "户名", "Holder"));
    buf_add_char(csv, ',');
    add_text(csv, ledger__owner_text(arena, account, language));
    buf_add_char(csv, ',');
    add_text(csv, label->owner);
    end_line(csv, 3);
    add_text(csv, ledger__word(language, "科目", "Code"));
    buf_printf(csv, ",%lld,", (long long)account->code);
    add_text(csv, document->account_name);
    end_line(csv, 3);
    add_line(csv, ledger__word(language, "币种", "Currency"), currency_code(account->currency));
    add_line(csv, ledger__word(language, "期间", "Period"),
             ledger__period_text(arena, &document->walk.period));
    add_balance(document, ledger__word(language, "期初余额", "Opening balance"),
                document->walk.opening);
    add_head(document);
}

static void add_entry(struct ledger_document *document, const struct ledger_entry *entry,
                      struct arena *arena)
{
    enum ledger_language language = document->ask.language;
    enum currency currency = document->walk.account.currency;
    struct buf *csv = &document->csv;

    buf_add(csv, ledger__date_text(arena, entry->business_date));
    buf_add_char(csv, ',');
    buf_add(csv, ledger__time_text(arena, entry->created_at_ms));
    buf_printf(csv, ",%lld,", (long long)entry->sequence);
    buf_add(csv, id_str(arena, LEDGER_JOURNAL_PREFIX, entry->journal_id));
    buf_add_char(csv, ',');
    add_text(csv, ledger__source_word(entry->reference.source, language));
    buf_add_char(csv, ',');
    add_text(csv, ledger__operation_word(entry->reference.operation, language));
    buf_add_char(csv, ',');
    add_text(csv, ledger__about_text(arena, &entry->about));
    buf_add_char(csv, ',');
    if (entry->side == LEDGER_DEBIT) {
        add_amount(csv, entry->amount, currency);
    }
    buf_add_char(csv, ',');
    if (entry->side == LEDGER_CREDIT) {
        add_amount(csv, entry->amount, currency);
    }
    buf_add_char(csv, ',');
    add_amount(csv, entry->balance, currency);
    buf_add_char(csv, ',');
    add_text(csv, entry->memo);
    end_line(csv, COLUMNS);
}

void ledger__csv_add(struct ledger_document *document, const struct ledger_entry *entries,
                     size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        add_entry(document, &entries[i], arena);
    }
}

/* Name, count, sum. */
static void add_sum(struct ledger_document *document, struct str name, int64_t count,
                    struct amount sum)
{
    add_text(&document->csv, name);
    buf_printf(&document->csv, ",%lld,", (long long)count);
    add_amount(&document->csv, sum, document->walk.account.currency);
    end_line(&document->csv, 3);
}

void ledger__csv_end(struct ledger_document *document)
{
    const struct ledger_sums *sums = &document->walk.sums;
    enum ledger_language language = document->ask.language;

    add_sum(document, ledger__word(language, "借方合计", "Debits"), sums->debit_count,
            sums->debits);
    add_sum(document, ledger__word(language, "贷方合计", "Credits"), sums->credit_count,
            sums->credits);
    add_balance(document, ledger__word(language, "期末余额", "Closing balance"),
                document->walk.closing);
}
