/* A second ledger, written from the rules of ledger.h alone: plain arrays, 128-bit sums, no index,
 * nothing clever. The real one must give the same answer to every request, and end in the same
 * state. Accounts and holds are known by their number here, not by id. */
#ifndef TEST_LIB_LEDGER_MODEL_H
#define TEST_LIB_LEDGER_MODEL_H

#include "money/ledger/ledger.h"

__extension__ typedef __int128 model_int;

enum { MODEL_DATES = 48 };
enum { MODEL_LEGS = LEDGER_LEGS_MAX + 1, MODEL_PARAM = 32 };
enum { MODEL_NOBODY = -1 }; /* an account or hold that does not exist */

enum model_op {
    MODEL_OPEN = 1,
    MODEL_FLOOR,
    MODEL_POST,
    MODEL_PLACE,
    MODEL_CAPTURE,
    MODEL_RELEASE,
    MODEL_EXPIRE,
    MODEL_START,
    MODEL_CLOSE,
    MODEL_REOPEN,
    MODEL_DEFER,
    MODEL_APPLY,
    MODEL_RETRY
};

struct model_leg {
    int account;
    bool is_debit;
    int64_t amount;
    int32_t matures_on;
};

/* One request of any kind; each uses the members it needs. */
struct model_request {
    enum model_op op;
    struct ledger_reference reference;
    struct model_leg legs[MODEL_LEGS];
    int leg_count;
    int account;
    int hold;
    bool whole;
    int kind;
    int effect;
    int64_t amount;
    int32_t matures_on;
    bool may_wait;
    int64_t rank;
    struct str reason, document_no; /* literals */
    int64_t starts_at_ms;
    int64_t expires_at_ms;
    int64_t owner_id;
    int code;
    int currency;
    bool has_floor;
    bool fact;
    bool deferred;
};

struct model_reply {
    enum err err;
    char param[MODEL_PARAM];
    int account;     /* opened */
    int hold;        /* placed, captured, released */
    int64_t journal; /* row number */
    bool exists;
};

struct model_entry {
    int account;
    int asked; /* the account that was asked for, where this is the 2299 that stands for it */
    int64_t journal;
    int64_t at_ms;
    bool is_debit;
    int64_t amount;
    int64_t balance;
    int64_t sequence;
    int32_t matures_on;
};

struct model_account {
    int64_t owner_id;
    int code;
    int currency;
    bool is_debit;
    bool has_floor;
    int64_t floor;
    model_int debits;
    model_int credits;
    model_int held;
    model_int awaited;
    int64_t sequence;
    bool closed;
    bool deferred;
    int credit_blocks, debit_blocks, holds;
    int pending;        /* entries that have not been applied */
    int64_t last, seen; /* number of its last entry, and of the last one that was tried */
    /* what matures when; dates in no order */
    struct {
        int32_t date;
        model_int sum;
    } maturing[MODEL_DATES];
    int date_count;
};

struct model_hold {
    int account;
    int kind;
    int effect;
    enum ledger_hold_status status;
    enum ledger_source source;
    int64_t amount;
    int64_t captured;
    int64_t released;
    int32_t matures_on;
    bool may_wait;
    bool awaits; /* counts in its account's awaited */
    int64_t rank;
    struct str reason, document_no;
    int64_t starts_at_ms;
    int64_t expires_at_ms;
};

struct model_journal {
    struct ledger_reference reference;
    int64_t id;
    int hold;       /* MODEL_NOBODY: not a capture */
    size_t entries; /* number of the first one in model.entries */
    int leg_count;
};

struct model_pending {
    int account;
    int waiting_account; /* 2299 */
    int64_t number;      /* of the account's, from 1 */
    bool is_debit;
    int64_t amount;
    int32_t matures_on;
    enum ledger_pending_status status;
    int hold;        /* of a debit, or MODEL_NOBODY */
    int64_t journal; /* that applied it */
    enum err refusal;
};

struct model_step {
    enum model_op op;
    struct ledger_reference reference;
    int hold;
    bool whole;
    int64_t amount;
    int64_t journal;
};

struct model {
    int64_t now_ms;
    int32_t today; /* of now_ms */
    int64_t next_row;
    struct model_account *accounts;
    size_t account_count, account_size;
    struct model_hold *holds;
    size_t hold_count, hold_size;
    struct model_journal *journals;
    size_t journal_count, journal_size;
    struct model_step *steps;
    size_t step_count, step_size;
    struct model_entry *entries;
    size_t entry_count, entry_size;
    struct model_pending *pendings; /* the id of each is its index + 1 */
    size_t pending_count, pending_size;
};

struct model *model_new(void);
void model_free(struct model *model);
struct model_reply model_apply(struct model *model, const struct model_request *request);
model_int model_posted(const struct model_account *account);
model_int model_immature(const struct model_account *account, int32_t today);

#endif
