/* What papers say of accounts: by which number people know one, and who its owner is. */
#include "business/account/account.h"
#include "business/channel/channel.h"
#include "business/merchant/merchant.h"
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

const struct ledger_directory statement_directory = {
    .find = find,
    .label = label,
    .prefixes =
        {
            [LEDGER_SOURCE_PAYMENT] = "pay",
            [LEDGER_SOURCE_REFUND] = TRADE_REFUND_PREFIX,
            [LEDGER_SOURCE_SETTLEMENT] = SETTLE_PREFIX,
            [LEDGER_SOURCE_CASH] = TRADE_CASH_OUT_PREFIX,
            [LEDGER_SOURCE_ADJUSTMENT] = TRADE_ADJUSTMENT_PREFIX,
        },
};
