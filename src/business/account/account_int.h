/* Shared inside business/account. */
#ifndef BUSINESS_ACCOUNT_ACCOUNT_INT_H
#define BUSINESS_ACCOUNT_ACCOUNT_INT_H

#include "business/account/account.h"
#include "business/merchant/merchant.h"
#include "business/review/review.h"
#include "platform/store/store_reply.h"

/* What is kept beside a ledger account; made with the first change. */
struct account_row {
    int64_t id; /* of the ledger account */
    struct str remark;
    int64_t changes;           /* rows of history */
    bool opened_by_hand;       /* over the API, sooner or later */
    struct str opening_remark; /* that was asked for then */
};

struct account_history {
    int64_t id;
    int64_t account_id;
    int64_t number; /* of the account's changes, gap-free from 1 */
    enum account_action action;
    struct str before; /* JSON */
    struct str after;
    struct str hold_step; /* JSON; empty: the change was to none */
    int64_t operator_id;
    int64_t review_id;
    int64_t hold_id; /* 0: the change was to none, or is older than this column */
    struct str reason;
    int64_t created_at_ms;
};

extern const struct table account__table;
extern const struct table account__history_table;
enum { ACCOUNT__MIGRATIONS = 15 };
extern const struct migration account__migrations[ACCOUNT__MIGRATIONS];
extern const struct route account__routes[];
extern const struct route account__card_routes[];
extern const struct route account__ledger_routes[];

extern const struct enum_name account__type_names[];
extern const struct enum_name account__effect_names[];
extern const struct enum_name account__kind_names[];
extern const struct enum_name account__hold_status_names[];
extern const struct enum_name account__action_names[];
extern const struct enum_name account__card_kind_names[];

/* ERR_LEDGER_ACCOUNT: a type without a code, or an account that is none of ours. */
enum ledger_code account__code_of(enum account_type type);
enum account_type account__type_of(int64_t code); /* 0: not an account people manage */

/* ---- history ---- */

/* The account, which must be one that people manage: ERR_LEDGER_ACCOUNT at "account". */
MUST_USE enum err account__get(struct tx *tx, int64_t account_id,
                               const struct ledger_account **account);
/* What is kept beside it, to be changed. */
MUST_USE enum err account__edit_row(struct tx *tx, int64_t account_id, struct account_row **row);
/* The account as history keeps it, JSON. */
MUST_USE enum err account__state(struct tx *tx, int64_t account_id, struct str *text);
/* What a step has done to a freeze or another hold, as history keeps it, JSON: what the hold is,
 * what was taken of it since before (all 0: the step has placed it), and what it has left. */
MUST_USE enum err account__hold_step(struct tx *tx, int64_t hold_id,
                                     const struct ledger_hold *before, struct str *text);
/* ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_SUSPENDED, ERR_MERCHANT_CLOSED, all at merchant_id. */
MUST_USE enum err account__check_merchant(struct tx *tx, int64_t merchant_id);
/* Notes what has become of note->before by now. */
MUST_USE enum err account__note_present(struct tx *tx, struct account_note *note);
/* The same, when it has become something else. */
MUST_USE enum err account__note_change(struct tx *tx, struct account_note *note);

/* ---- commands ---- */

/* Of every command: the account or freeze it was about, or the review it has become. */
struct account_result {
    int64_t id;                /* 0: it waits for the review */
    struct review_item review; /* with id 0 */
};

struct account_opening {
    int64_t merchant_id;
    enum account_type type;
    enum currency currency;
    struct str remark;
    int64_t operator_id;
    account_opened_cb opened; /* account_on_opened; may be NULL */
};
extern const struct command_kind account__open_kind;
/* What account_on_opened was given; NULL: nothing. */
account_opened_cb account__opened(const struct app *app);

struct account_change {
    int64_t account_id;
    enum account_action action; /* CANCELLED, CREDIT_LINE, DEFERRED, REMARKED, REOPENED */
    struct amount amount;       /* credit line */
    bool flag;                  /* deferred */
    struct str text;            /* remark */
    int64_t operator_id;
    int64_t review_id;
    struct str reason;
};
/* ERR_ACCOUNT_NOT_CANCELLED (account) of one that is to be reopened, ERR_LEDGER_ACCOUNT_CLOSED
 * (account) of another change of a cancelled one, ERR_LEDGER_INSUFFICIENT (credit_line) of a line
 * below its use, besides the ledger's. */
MUST_USE enum err account__change(struct tx *tx, const struct account_change *change);
/* A credit line, deferred entry and reopening are reviewed. */
extern const struct command_kind account__change_kind;

struct account_freeze {
    int64_t account_id;
    enum ledger_hold_effect effect;
    enum ledger_hold_kind kind;
    struct amount amount;
    struct str reason;
    struct str document_no;
    int64_t rank;
    bool may_wait;
    int64_t starts_at;
    int64_t expires_at;
    int64_t operator_id;
};
extern const struct command_kind account__freeze_kind;

struct account_release {
    int64_t hold_id;
    bool deduct;          /* take it by force (司法扣划) instead of giving it back */
    struct amount amount; /* 0: all of it */
    struct str reason;
    int64_t operator_id;
    int64_t review_id;
};
MUST_USE enum err account__release(struct tx *tx, const struct account_release *release);
/* The end of a judicial freeze, and any deduction, is reviewed. */
extern const struct command_kind account__release_kind;

/* A freeze, or a hold that an operator placed, begins or ends by its time, with its note: see
 * ledger_on_hold_turn. */
MUST_USE enum err account__hold_turn(struct tx *tx, int64_t hold_id, ledger_hold_step_cb step);
/* What an operator does with a hold that is no freeze, with its note: see ledger_on_manual_step. */
MUST_USE enum err account__hold_manual(struct tx *tx, const struct ledger_manual_step *step,
                                       struct ledger_held *held);

extern const struct review_kind account__change_review;
extern const struct review_kind account__release_review;

/* ---- bank cards ---- */

enum { ACCOUNT__CARD_STATE_MAX = 1000 };

/* Stored. */
enum account_card_action {
    ACCOUNT_CARD_ADDED = 1,
    ACCOUNT_CARD_MADE_DEFAULT,
    ACCOUNT_CARD_TAKEN_AWAY,
};

/* What a reviewer sees. The hashes (keyed) tell whether two ask for the same. */
struct account_card_asked {
    enum account_card_action action;
    int64_t card; /* of one there is */
    enum account_card_kind kind;
    struct str bank_code;
    struct str bank_name;
    struct str branch;
    struct str number; /* masked */
    struct str holder; /* masked */
    struct str number_hash;
    struct str holder_hash;
    bool is_default;
};
struct account_card_ask {
    struct account_card_asked asked;
    struct account_card card; /* of a new one the whole, else its merchant_id */
    int64_t operator_id;
    struct str reason;
    struct str evidence;
};
struct account_card_result {
    struct account_card card;  /* id 0: it waits for the review */
    struct review_item review; /* with card.id 0 */
};
extern const struct command_kind account__card_ask_kind; /* result account_card_result */
extern const struct review_kind account__card_review;

struct account_card_plain {
    struct str number;
    struct str holder;
};
/* Seals both into ask->card, which has its id, and masks and hashes them for ask->asked. */
void account__card_seal(const struct app *app, struct arena *arena,
                        const struct account_card_plain *plain, struct account_card_ask *ask);

struct account_card_change {
    enum account_card_action action;
    int64_t card_id;
    struct str blind; /* of an added one, which was asked for */
    bool is_default;
    int64_t operator_id;
    int64_t reviewer_id;
    int64_t review_id;
    struct str reason;
};
/* Makes the change and notes it. The first card is the default, and any that is added as such.
 * ERR_ACCOUNT_CARD_DEFAULT (id): the default card cannot be removed. */
MUST_USE enum err account__card_change(struct tx *tx, const struct account_card_change *change);

/* A row of the cards' history: append-only. */
struct account_card_note {
    int64_t id;
    int64_t merchant_id;
    int64_t card_id;
    enum account_card_action action;
    struct str before; /* JSON */
    struct str after;
    int64_t operator_id; /* who asked for it */
    int64_t reviewer_id; /* who approved it; 0: a removal that needed no review then */
    int64_t review_id;
    struct str reason;
    int64_t created_at_ms;
};
extern const struct table account__card_note_table;

/* ---- reading ---- */

/* An account as people see it. */
struct account_view {
    int64_t id;
    struct str number;
    int64_t merchant_id;
    enum account_type type;
    int64_t code;
    enum currency currency;
    enum ledger_account_status status;
    bool credit_blocked;
    bool debit_blocked;
    struct amount balance;
    struct amount held;
    struct amount immature;
    struct amount available;
    struct amount awaited;
    struct amount credit_line;
    bool deferred;
    int64_t holds;
    int64_t pending;
    struct str remark;
    int64_t created_at;
};
extern const struct field_set account__view_set;

struct account_filter {
    int64_t merchant_id; /* 0: all */
    int64_t after_id;
    int64_t limit;
};
/* As of the books' date, see ledger_read_today. ERR_LEDGER_ACCOUNT. */
MUST_USE enum err account__read(struct reader *reader, int64_t account_id, int64_t now_ms,
                                struct arena *arena, struct account_view *out);
/* *code is ERR_OK, or why the account is not to be cancelled: see struct account_blocker. */
MUST_USE enum err account__read_blocker(struct reader *reader, const struct app *app,
                                        int64_t account_id, struct arena *arena, enum err *code);
MUST_USE enum err account__read_list(struct reader *reader, const struct account_filter *filter,
                                     struct arena *arena, struct ledger_account **rows,
                                     size_t *count);
struct account_shown {
    const struct ledger_account *accounts;
    size_t count;
    int64_t now_ms;
};
/* out[i] is accounts[i] as people see it on the books' date. */
MUST_USE enum err account__views(struct reader *reader, const struct account_shown *page,
                                 struct arena *arena, struct account_view *out);

struct account_page {
    int64_t id; /* of the account, or of the merchant for cards */
    int64_t before_id;
    int64_t limit;
};
MUST_USE enum err account__read_history(struct reader *reader, const struct account_page *page,
                                        struct arena *arena, struct account_history **rows,
                                        size_t *count);
MUST_USE enum err account__read_cards(struct reader *reader, const struct account_page *page,
                                      struct arena *arena, struct account_card **rows,
                                      size_t *count);

MUST_USE enum err account__read_card_notes(struct reader *reader, const struct account_page *page,
                                           struct arena *arena, struct account_card_note **rows,
                                           size_t *count);

#endif
