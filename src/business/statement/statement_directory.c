/* What papers say of accounts: by which number people know one, and who its owner is. */
#include "business/account/account.h"
#include "business/channel/channel.h"
#include "business/merchant/merchant.h"
#include "business/review/review.h"
#include "business/settle/settle.h"
#include "business/statement/statement.h"
#include "business/trade/trade.h"

/* A number is right as a whole: the day and the shard in it as well. */
static enum err find(struct reader *reader, struct str number, struct arena *arena,
                     int64_t *account_id)
{
    struct account_number parts;
    struct ledger_account account;
    struct str due;

    if (account_number_parse(number, &parts) != ERR_OK) {
        return ERR_LEDGER_ACCOUNT;
    }
    TRY(ledger_read_by_serial(reader, parts.serial, arena, account_id));
    TRY(ledger_read_account(reader, *account_id, arena, &account));
    TRY(account_number_read(reader, &account, arena, &due));
    return str_eq(due, number) ? ERR_OK : ERR_LEDGER_ACCOUNT;
}

/* A merchant, or else a channel account; of neither there is no name. */
static enum err name_owner(struct reader *reader, int64_t owner_id, struct arena *arena,
                           struct str *name)
{
    struct merchant merchant;
    struct channel_account channel;
    enum err err = merchant_read(reader, owner_id, arena, &merchant);

    if (err == ERR_OK) {
        *name = merchant.name;
        return ERR_OK;
    }
    if (err != ERR_MERCHANT_NOT_FOUND) {
        return err;
    }
    err = channel_account_read(reader, owner_id, arena, &channel);
    if (err == ERR_OK) {
        *name = channel.name;
    }
    return err == ERR_CHANNEL_NOT_FOUND ? ERR_OK : err;
}

static enum err label(struct reader *reader, const struct ledger_account *account,
                      struct arena *arena, struct ledger_label *out)
{
    out->owner = STR("");
    if (account->owner_id != LEDGER_PLATFORM) {
        TRY(name_owner(reader, account->owner_id, arena, &out->owner));
    }
    return account_number_read(reader, account, arena, &out->number);
}

/* ---- what entries are about ---- */

/* The ids that business numbers are, by source; NULL: it is a plain number. */
static const char *prefix_of(const struct ledger_reference *reference)
{
    switch (reference->source) {
    case LEDGER_SOURCE_PAYMENT:
        return "pay";
    case LEDGER_SOURCE_REFUND:
    case LEDGER_SOURCE_FEE: /* a refund's */
        return TRADE_REFUND_PREFIX;
    case LEDGER_SOURCE_SETTLEMENT:
        return SETTLE_PREFIX;
    case LEDGER_SOURCE_CASH:
        return TRADE_CASH_OUT_PREFIX;
    case LEDGER_SOURCE_ADJUSTMENT:
        return TRADE_ADJUSTMENT_PREFIX;
    case LEDGER_SOURCE_OPERATOR:
        return reference->operation == LEDGER_OPERATION_DEDUCTED ? REVIEW_PREFIX : NULL;
    case LEDGER_SOURCE_PENDING:
    case LEDGER_SOURCE_CHANNEL:
    case LEDGER_SOURCE_REMITTANCE:
    case LEDGER_SOURCE_API:
    case LEDGER_SOURCE_SHARE:
    case LEDGER_SOURCE_DISPUTE:
    case LEDGER_SOURCE_DIFFERENCE:
    case LEDGER_SOURCE_TOP_UP:
    case LEDGER_SOURCE_DEPOSIT:
    case LEDGER_SOURCE_EXCHANGE:
    case LEDGER_SOURCE_INTEREST:
        return NULL;
    }
    check_failed("ledger source", __FILE__, __LINE__);
}

/* What is booked under a number that is not its own id: which entries, by which number it is found,
 * and how. */
struct renamed {
    bool (*is)(const struct ledger_entry *entry);
    int64_t (*number)(const struct ledger_entry *entry);
    enum err (*read)(struct reader *reader, const int64_t *numbers, size_t count,
                     struct arena *arena, int64_t *ids);
};

static bool is_refund(const struct ledger_entry *entry)
{
    return entry->reference.source == LEDGER_SOURCE_REFUND;
}

static int64_t business_no(const struct ledger_entry *entry)
{
    return entry->reference.business_no;
}

static bool is_of_original(const struct ledger_entry *entry)
{
    return entry->reference.source == LEDGER_SOURCE_ADJUSTMENT &&
           (entry->reference.operation == LEDGER_OPERATION_REVERSED ||
            entry->reference.operation == LEDGER_OPERATION_CORRECTED);
}

static int64_t journal_of(const struct ledger_entry *entry)
{
    return entry->origin_id != 0 ? entry->origin_id : entry->journal_id;
}

static const struct renamed all_renamed[] = {
    {is_refund, business_no, trade_read_refunds_of},
    {is_of_original, journal_of, trade_read_adjustments_of},
};

static enum err rename_entries(struct reader *reader, const struct renamed *renamed,
                               struct ledger_entry *entries, size_t count, struct arena *arena)
{
    int64_t *numbers = ARENA_ARRAY(arena, int64_t, count);
    int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
    size_t *places = ARENA_ARRAY(arena, size_t, count);
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (renamed->is(&entries[i])) {
            numbers[found] = renamed->number(&entries[i]);
            places[found++] = i;
        }
    }
    TRY(renamed->read(reader, numbers, found, arena, ids));
    for (size_t i = 0; i < found; i++) {
        struct ledger_about *about = &entries[places[i]].about;

        about->number = ids[i] != 0 ? ids[i] : about->number;
    }
    return ERR_OK;
}

static enum err name(struct reader *reader, struct ledger_entry *entries, size_t count,
                     struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        entries[i].about.prefix = prefix_of(&entries[i].reference);
    }
    for (size_t i = 0; i < ARRAY_LEN(all_renamed); i++) {
        TRY(rename_entries(reader, &all_renamed[i], entries, count, arena));
    }
    return ERR_OK;
}

const struct ledger_directory statement_directory = {.find = find, .label = label, .name = name};
