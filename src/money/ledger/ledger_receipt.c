/* Receipts (回单): one journal, as the platform may file it, or as the owner of one of its accounts
 * may, who is told nothing of the other parties: what a channel costs is not a merchant's to know.
 */
#include "money/ledger/ledger_statement_int.h"

#include "base/crypto.h"

enum { TEXT_MAX = 16384, CODE_DIGITS = 16, GROUP = 4 };

/* What the code covers: what is shown, in a form of its own that no language changes. It covers
 * nothing else, or an amount that is not shown could be found by trying all. */
static struct str content_of(struct arena *arena, const struct ledger_receipt *receipt)
{
    const struct ledger_journal_view *journal = &receipt->journal;
    struct buf text;

    buf_init_arena(&text, arena, TEXT_MAX);
    buf_printf(&text, "receipt 1\n%lld %d %d %lld\n%d %lld\n", (long long)journal->id,
               (int)journal->reference.source, (int)journal->reference.operation,
               (long long)journal->reference.business_no, (int)journal->business_date,
               (long long)journal->created_at_ms);
    for (size_t i = 0; i < receipt->leg_count; i++) {
        const struct ledger_receipt_leg *leg = &receipt->legs[i];

        buf_printf(&text, "%d %lld %d %lld\n", (int)leg->entry.side, (long long)leg->account.id,
                   (int)leg->account.currency, (long long)leg->entry.amount.minor);
    }
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

static struct str code_of(struct arena *arena, const struct ledger_receipt *receipt)
{
    struct str hash = crypto_sha256_hex(arena, content_of(arena, receipt));
    struct buf code;

    buf_init_arena(&code, arena, CODE_DIGITS * 2);
    for (size_t at = 0; at < CODE_DIGITS; at += GROUP) {
        if (at > 0) {
            buf_add_char(&code, '-');
        }
        buf_add(&code, str_slice(hash, at, at + GROUP));
    }
    return buf_str(&code);
}

/* Those of the owner's accounts, or all. */
static enum err read_legs(struct reader *reader, struct ledger_receipt *receipt, int64_t owner_id,
                          struct arena *arena)
{
    const struct ledger_journal_view *journal = &receipt->journal;
    struct ledger_chart chart;

    TRY(ledger_read_chart(reader, journal->business_date, arena, &chart));
    receipt->legs = ARENA_ARRAY(arena, struct ledger_receipt_leg, journal->entry_count);
    for (size_t i = 0; i < journal->entry_count; i++) {
        struct ledger_receipt_leg *leg = &receipt->legs[receipt->leg_count];

        leg->entry = journal->entries[i];
        TRY(ledger_read_account(reader, leg->entry.account_id, arena, &leg->account));
        if (owner_id != LEDGER_ANY_OWNER && leg->account.owner_id != owner_id) {
            continue;
        }
        TRY(ledger__label(reader, receipt->ask.directory, &leg->account, arena, &leg->label));
        leg->name =
            ledger__name_of(ledger_chart_entry(&chart, leg->account.code), receipt->ask.language);
        receipt->leg_count++;
    }
    return ERR_OK;
}

static bool has_leg_on(const struct ledger_journal_view *journal, int64_t account_id)
{
    for (size_t i = 0; i < journal->entry_count; i++) {
        if (journal->entries[i].account_id == account_id) {
            return true;
        }
    }
    return false;
}

/* What is shown to who asks, and in which currency it is told. */
static enum err read_parties(struct reader *reader, struct ledger_receipt *receipt,
                             struct arena *arena)
{
    struct ledger_account account;

    if (receipt->ask.account_id == 0) {
        TRY(read_legs(reader, receipt, LEDGER_ANY_OWNER, arena));
        receipt->currency = receipt->legs[0].account.currency;
        return ERR_OK;
    }
    if (!has_leg_on(&receipt->journal, receipt->ask.account_id)) {
        return ERR_LEDGER_JOURNAL;
    }
    TRY(ledger_read_account(reader, receipt->ask.account_id, arena, &account));
    receipt->currency = account.currency;
    return read_legs(reader, receipt, account.owner_id, arena);
}

static void add_up(struct ledger_receipt *receipt)
{
    struct amount debits = AMOUNT(0), credits = AMOUNT(0);

    for (size_t i = 0; i < receipt->leg_count; i++) {
        const struct ledger_receipt_leg *leg = &receipt->legs[i];
        struct amount *sum = leg->entry.side == LEDGER_DEBIT ? &debits : &credits;

        if (leg->account.currency != receipt->currency) {
            receipt->several = true;
        } else {
            CHECK(amount_add(*sum, leg->entry.amount, sum) == ERR_OK);
        }
    }
    receipt->amount = amount_cmp(debits, credits) > 0 ? debits : credits;
}

enum err ledger_read_receipt(struct reader *reader, const struct ledger_receipt_ask *ask,
                             struct arena *arena, struct ledger_receipt *out)
{
    struct ledger_receipt receipt = {.ask = *ask};

    TRY(ledger_read_journal(reader, ask->journal_id, arena, &receipt.journal));
    TRY(ledger__name_journals(reader, ask->directory, &receipt.journal, 1, arena));
    receipt.reference = receipt.journal.origin.journal_id != 0 ? receipt.journal.origin.reference
                                                               : receipt.journal.reference;
    if (receipt.journal.origin.journal_id != 0) {
        TRY(ledger__read_memo(reader, receipt.journal.origin.journal_id, arena,
                              &receipt.journal.memo));
    }
    TRY(read_parties(reader, &receipt, arena));
    add_up(&receipt);
    if (receipt.currency == CURRENCY_CNY) {
        struct buf text;

        buf_init_arena(&text, arena, TEXT_MAX);
        amount_in_chinese(&text, receipt.amount);
        receipt.in_chinese = buf_str(&text);
    }
    receipt.code = code_of(arena, &receipt);
    *out = receipt;
    return ERR_OK;
}
