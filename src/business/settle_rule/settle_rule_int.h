/* Shared inside business/settle_rule. */
#ifndef BUSINESS_SETTLE_RULE_SETTLE_RULE_INT_H
#define BUSINESS_SETTLE_RULE_SETTLE_RULE_INT_H

#include "business/review/review.h"
#include "business/settle_rule/settle_rule.h"

enum { SETTLE_RULE_TEXT_MAX = 1000, SETTLE_RULE_REASON_MAX = 200 };

/* What an operator may set. */
struct settle_rule_change {
    int64_t account_id;
    enum settle_cycle cycle;
    struct str cycle_days;
    int64_t reserve_days;
    struct amount minimum;
    struct amount maximum;
    enum settle_mode mode;
    int64_t card_id;
    int64_t operator_id; /* who asks for it */
    struct str reason;
};

/* A change that was made: append-only. */
struct settle_rule_history {
    int64_t id;
    int64_t account_id;
    int64_t version;   /* of the rule, after it */
    int64_t review_id; /* that approved it; 0: none was needed */
    int64_t operator_id;
    struct str reason;
    struct str before; /* JSON */
    struct str after;
    int64_t created_at_ms;
};
extern const struct table settle_rule__history_table;

/* The defaults, for an account. */
struct settle_rule settle_rule__default(const struct ledger_account *account);
/* Changes the rule and writes its history. The first that applies: ERR_SETTLE_RULE_DAYS
 * cycle_days, ERR_SETTLE_RULE_LIMITS maximum, ERR_SETTLE_RULE_ACCOUNT, ERR_LEDGER_ACCOUNT_CLOSED
 * account, ERR_ACCOUNT_CARD card (there is none, it is another merchant's, or was removed). The
 * same is refused when it is asked for. */
MUST_USE enum err settle_rule__apply(struct tx *tx, const struct settle_rule_change *change,
                                     int64_t review_id);

/* The line for the checkers, in both languages: the rule before and after. */
MUST_USE enum err settle_rule__words(struct tx *tx, const struct settle_rule_change *change,
                                     struct review_ask *ask);

/* Newest first. */
struct settle_rule_page {
    int64_t account_id;
    int64_t before_id; /* exclusive */
    int64_t limit;
};
MUST_USE enum err settle_rule__read_history(struct reader *reader,
                                            const struct settle_rule_page *page,
                                            struct arena *arena, struct settle_rule_history **out,
                                            size_t *count);

/* Follows the opening of an account: it has a rule from then on. */
MUST_USE enum err settle_rule__opened(struct tx *tx, int64_t account_id);

extern const struct field_set settle_rule__set;
/* Asks for the change: arg the change, result struct review_item. */
extern const struct command_kind settle_rule__put_kind;
extern const struct review_kind settle_rule__review;
extern const struct field_set settle_rule__change_set;
extern const struct migration settle_rule__migrations[6];
extern const struct route settle_rule__routes[];

#endif
