/* An account's newest entries for the operator's terminal. */
#include "base/time.h"
#include "money/ledger/ledger_print_int.h"
#include "money/ledger/ledger_statement_int.h"

struct statement_query {
    const struct ledger_ask *ask;
    enum ledger_language language;
    struct arena *arena; /* of a page */
    struct ledger_statement_page page;
    struct ledger_statement statement;
    struct ledger_label label;
    struct str code_name;
    enum err err;
};

/* Whose account it is, and under which code. */
static enum err read_head(struct statement_query *query, struct reader *reader)
{
    const struct ledger_account *account = &query->statement.account;
    struct ledger_chart chart;
    int32_t date = query->statement.entry_count > 0 ? query->statement.entries[0].business_date
                                                    : time_business_date(account->created_at_ms);

    TRY(ledger__owner_check(account, query->ask->owner_id));
    TRY(ledger__label(reader, query->ask->directory, account, query->arena, &query->label));
    TRY(ledger_read_chart(reader, date, query->arena, &chart));
    query->code_name = ledger__name_of(ledger_chart_entry(&chart, account->code), query->language);
    return ERR_OK;
}

static enum err read_entries(struct statement_query *query, struct reader *reader)
{
    TRY(ledger_read_statement(reader, &query->page, query->arena, &query->statement));
    return ledger__caption_entries(reader, query->ask->directory, query->statement.entries,
                                   query->statement.entry_count, query->arena);
}

static enum err read_first(struct statement_query *query, struct reader *reader)
{
    TRY(ledger_ask_account(reader, query->ask, query->arena, &query->page.account_id));
    TRY(read_entries(query, reader));
    return read_head(query, reader);
}

static void read_page(void *ctx, struct reader *reader)
{
    struct statement_query *query = ctx;

    query->err = query->page.cursor == 0 ? read_first(query, reader) : read_entries(query, reader);
}

enum {
    NAME_WIDTH = 12,
    NUMBER_WIDTH = 8,
    TIME_WIDTH = 19,
    KIND_WIDTH = 26,
    BUSINESS_WIDTH = 20,
};

static void print_pair(const struct ledger_print *print, struct str name, struct str value)
{
    ledger__print_left(print->out, name, NAME_WIDTH);
    buf_add(print->out, value);
    buf_add_char(print->out, '\n');
}

static void print_head(const struct ledger_print *print, const struct statement_query *query)
{
    const struct ledger_account *account = &query->statement.account;
    struct arena *arena = query->arena;
    struct buf *out = print->out;

    if (query->label.number.len > 0) {
        print_pair(print, ledger__print_word(print, "账号", "account no."), query->label.number);
    }
    print_pair(print, ledger__print_word(print, "账户", "account"),
               id_str(arena, LEDGER_ACCOUNT_PREFIX, account->id));
    print_pair(print, ledger__print_word(print, "户名", "holder"),
               str_printf(arena, STR_FMT "%s" STR_FMT,
                          STR_ARG(ledger__owner_text(arena, account, print->language)),
                          query->label.owner.len > 0 ? "  " : "", STR_ARG(query->label.owner)));
    print_pair(
        print, ledger__print_word(print, "科目", "code"),
        str_printf(arena, "%lld " STR_FMT, (long long)account->code, STR_ARG(query->code_name)));
    print_pair(print, ledger__print_word(print, "余额", "balance"),
               str_printf(arena, STR_FMT " " STR_FMT, STR_ARG(currency_code(account->currency)),
                          STR_ARG(ledger__amount_text(arena, account->posted, account->currency))));
    if (account->sequence == 0) {
        buf_add(out, ledger__print_word(print, "\n尚无分录\n", "\nno entries yet\n"));
        return;
    }
    buf_add_char(out, '\n');
    ledger__print_right(out, ledger__print_word(print, "序号", "no."), NUMBER_WIDTH);
    buf_add(out, STR("  "));
    ledger__print_left(out, ledger__print_word(print, "时间", "time"), TIME_WIDTH);
    ledger__print_right(out, ledger__print_word(print, "借方金额", "debit"), LEDGER__AMOUNT_WIDTH);
    ledger__print_right(out, ledger__print_word(print, "贷方金额", "credit"), LEDGER__AMOUNT_WIDTH);
    ledger__print_right(out, ledger__print_word(print, "余额", "balance"), LEDGER__AMOUNT_WIDTH);
    buf_add(out, STR("  "));
    ledger__print_left(out, ledger__print_word(print, "摘要", "what"), KIND_WIDTH);
    ledger__print_left(out, ledger__print_word(print, "业务单号", "business no."), BUSINESS_WIDTH);
    buf_printf(out, STR_FMT "\n", STR_ARG(ledger__print_word(print, "分录号", "journal")));
}

static void print_entry(const struct ledger_print *print, const struct statement_query *query,
                        const struct ledger_entry *entry)
{
    enum currency currency = query->statement.account.currency;
    struct str source = ledger__source_word(entry->reference.source, print->language);
    struct str operation = ledger__operation_word(entry->reference.operation, print->language);
    struct buf *out = print->out;

    buf_printf(out, "%8lld  ", (long long)entry->sequence);
    buf_add(out, ledger__time_text(query->arena, entry->created_at_ms));
    if (entry->side == LEDGER_CREDIT) {
        ledger__print_right(out, STR(""), LEDGER__AMOUNT_WIDTH);
    }
    ledger__print_amount(out, entry->amount, currency);
    if (entry->side == LEDGER_DEBIT) {
        ledger__print_right(out, STR(""), LEDGER__AMOUNT_WIDTH);
    }
    ledger__print_amount(out, entry->balance, currency);
    buf_add(out, STR("  "));
    ledger__print_left(
        out, str_printf(query->arena, STR_FMT " · " STR_FMT, STR_ARG(source), STR_ARG(operation)),
        KIND_WIDTH);
    ledger__print_left(out, ledger__about_text(query->arena, &entry->about), BUSINESS_WIDTH);
    id_print(out, LEDGER_JOURNAL_PREFIX, entry->journal_id);
    buf_printf(out, "%s" STR_FMT "\n", entry->memo.len > 0 ? "  " : "", STR_ARG(entry->memo));
}

static enum err print_pages(const struct ledger_print *print, struct statement_query *query,
                            size_t limit)
{
    do {
        bool first = query->page.cursor == 0;

        query->page.limit = limit < LEDGER_STATEMENT_MAX ? limit : LEDGER_STATEMENT_MAX;
        TRY(store_read(print->store, read_page, query));
        TRY(query->err);
        if (first) {
            print_head(print, query);
        }
        for (size_t i = 0; i < query->statement.entry_count; i++) {
            print_entry(print, query, &query->statement.entries[i]);
        }
        limit -= query->statement.entry_count;
        query->page.cursor = query->statement.next_cursor;
        arena_reset(query->arena);
    } while (limit > 0 && query->page.cursor != 0);
    return ERR_OK;
}

enum err ledger_print_statement(struct ledger_print *print, const struct ledger_ask *ask,
                                size_t limit)
{
    struct statement_query query = {.ask = ask, .language = print->language, .arena = arena_new()};
    enum err err = limit == 0 ? ERR_FIELD_RANGE : print_pages(print, &query, limit);

    arena_free(query.arena);
    return err;
}
