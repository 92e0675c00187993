/* Accounts (账户) as people manage them: numbers, opening and cancelling, freezes, the credit line,
 * deferred entry, bank cards, and the history of every change.
 *
 * The account itself, with its balance and holds, is the ledger's (money/ledger): an account here
 * is a ledger account under one of the codes of account_types, known by the same id. What this
 * module keeps beside it is a remark, the history and the owner's cards.
 *
 *     open ──cancel──► cancelled       refused by what is still there, the first that applies:
 *      ▲                   │           ERR_ACCOUNT_OPEN_ORDER, ERR_ACCOUNT_UNSETTLED,
 *      └─reopen (reviewed)─┘           ERR_LEDGER_ACCOUNT_BALANCE, _HELD, _PENDING
 *
 * What came for a cancelled account waits on 2299 and is booked by itself once it is open again.
 *
 * A freeze is a hold of the ledger: it reserves an amount, or blocks credits, debits or both, and
 * ends by its own release, by its time, or by a forced deduction. Nothing else ends it.
 *
 * Every change writes a row of history with the account before and after, in the same batch. */
#ifndef BUSINESS_ACCOUNT_ACCOUNT_H
#define BUSINESS_ACCOUNT_ACCOUNT_H

#include "money/ledger/ledger.h"

extern const struct module account_module;

enum account_type { ACCOUNT_SETTLEMENT = 1, ACCOUNT_DEPOSIT };

enum {
    ACCOUNT_SHARDS = 64, /* virtual shards; a fixed number, mapped onto real ones */
    ACCOUNT_NUMBER_MAX = 32,
    ACCOUNT_REMARK_MAX = 200,
};

/* ---- account numbers (账号) ----
 *
 *     10 yyyymmdd ssssssss gg c        21 digits, more when the serial has more than 8
 *
 * The day it was opened, the ledger's gap-free serial number, the owner's virtual shard (分片基因)
 * and a check digit (ISO 7064 MOD 11,10). Derived, so it is unique because the serial is. */
struct account_number {
    int32_t opened_on; /* yyyymmdd */
    int64_t serial;
    int shard; /* 0 … ACCOUNT_SHARDS - 1 */
};
int account_shard_of(int64_t owner_id);
void account_number_print(struct buf *buf, const struct account_number *number);
/* ERR_FIELD_FORMAT: no account number, or its check digit is wrong. */
MUST_USE enum err account_number_parse(struct str text, struct account_number *out);
struct str account_number_of(const struct ledger_account *account, int64_t serial,
                             struct arena *arena);
MUST_USE enum err account_number_read(struct reader *reader, const struct ledger_account *account,
                                      struct arena *arena, struct str *number);

/* ---- history ---- */

enum account_action {
    ACCOUNT_OPENED = 1,
    ACCOUNT_CANCELLED,
    ACCOUNT_FROZEN,
    ACCOUNT_RELEASED,
    ACCOUNT_DEDUCTED,
    ACCOUNT_CREDIT_LINE,
    ACCOUNT_DEFERRED,
    ACCOUNT_REMARKED,
    ACCOUNT_SETTLEMENT_RULE, /* by business/settle_rule: before and after are the rule's */
    ACCOUNT_REOPENED,
    ACCOUNT_FREEZE_STARTED, /* one that had to wait */
    ACCOUNT_FREEZE_EXPIRED,
    ACCOUNT_HOLD_PLACED, /* by an operator over the API of holds, and what became of it */
    ACCOUNT_HOLD_CAPTURED,
    ACCOUNT_HOLD_RELEASED,
    ACCOUNT_HOLD_STARTED,
    ACCOUNT_HOLD_EXPIRED,
};

/* A change of an account, noted in the batch that makes it. before and after are JSON. */
struct account_note {
    int64_t account_id;
    enum account_action action;
    struct str before;
    struct str after;
    int64_t operator_id;  /* an operator's key; 0: the platform */
    int64_t review_id;    /* that approved it; 0: none */
    int64_t hold_id;      /* that it was done to; 0: to none */
    struct str hold_step; /* what was done to it, JSON; empty: there is none */
    struct str reason;
};
MUST_USE enum err account_note(struct tx *tx, const struct account_note *note);
/* Of an account that came into being by itself, with a payment: its history begins with its
 * opening, by the platform. Nothing when it has begun; any other note does it first. */
MUST_USE enum err account_note_opened(struct tx *tx, int64_t account_id);

/* ---- what stands in the way of cancelling ---- */

/* What the modules above know to be under way for an account, registered in their start. They are
 * asked in that order, with a reader and just before the command: told first, as they explain the
 * balance and the holds that the command refuses. What begins in between is either held, which the
 * command sees, or a payment, whose money then waits on 2299: nothing is lost. */
struct account_blocker {
    enum err code; /* ERR_ACCOUNT_OPEN_ORDER or ERR_ACCOUNT_UNSETTLED */
    /* ERR_OK and the id of one that stands in the way, or ERR_STORE_NOT_FOUND. One seek in an
     * index, however many there are. */
    enum err (*find)(struct reader *reader, const struct ledger_account *account, int64_t *id);
};
enum { ACCOUNT_BLOCKERS_MAX = 8 };
/* For the start of a module behind account_module. */
void account_register_blocker(struct app *app, const struct account_blocker *blocker);

/* ---- what follows an opening ---- */

/* Called in the batch that opens an account over the API, also for one that is there already: it
 * must do its work once. For the start of the one module that has to follow. */
typedef enum err (*account_opened_cb)(struct tx *tx, int64_t account_id);
void account_on_opened(struct app *app, account_opened_cb opened);

/* ---- bank cards (结算银行卡) ----
 *
 *     asked ──approved──► active ──remove──► removed
 *
 * A new card, another default and a removal are reviewed (account.card). Every change is a row of
 * the merchant's card history, with masked numbers. */

enum account_card_kind { ACCOUNT_CARD_PRIVATE = 1, ACCOUNT_CARD_CORPORATE }; /* 对私, 对公 */
enum account_card_status {
    ACCOUNT_CARD_ACTIVE = 1,
    ACCOUNT_CARD_REMOVED,
    ACCOUNT_CARD_ASKED, /* it is under review, or has failed it: nothing is paid to it */
};

struct account_card {
    int64_t id; /* "crd_…" */
    int64_t merchant_id;
    enum account_card_kind kind;
    struct str bank_code;
    struct str bank_name;
    struct str branch;
    struct str masked; /* first 6 and last 4 digits: what is shown */
    struct str number; /* sealed */
    struct str holder; /* sealed */
    struct str blind;  /* HMAC of the number: finds an active card without opening one */
    bool is_default;
    int64_t default_of; /* the merchant of a default card; 0: it is another one */
    enum account_card_status status;
    int64_t review_id; /* that it was asked for with; 0: it is older than reviews */
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t version;
};
extern const struct table account_card_table;

/* ERR_ACCOUNT_CARD: there is none, it belongs to another merchant, or was removed. */
MUST_USE enum err account_card_get(struct tx *tx, int64_t merchant_id, int64_t card_id,
                                   const struct account_card **card);
/* The merchant's default card; ERR_ACCOUNT_CARD: it has none. */
MUST_USE enum err account_card_default(struct tx *tx, int64_t merchant_id,
                                       const struct account_card **card);
/* The card while it is active, else the merchant's default one (which cannot be removed): a card
 * that was chosen once is never paid to after its removal. card_id 0: none was chosen.
 * ERR_ACCOUNT_CARD: the merchant has no default card either. */
MUST_USE enum err account_card_or_default(struct tx *tx, int64_t merchant_id, int64_t card_id,
                                          const struct account_card **card);
/* For the prefetch of command kinds that will ask for it. card_id may be 0. */
void account_card_prefetch(struct prefetch *pre, int64_t merchant_id, int64_t card_id);
/* For whoever pays out: opened with the vault; wipe after use. */
MUST_USE enum err account_card_open(const struct app *app, struct arena *arena,
                                    const struct account_card *card, struct secret *number,
                                    struct secret *holder);

extern const struct store_part account_part;

#endif
