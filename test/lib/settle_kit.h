/* Books with settlement rules, and short ways to earn money and to settle it. */
#ifndef TEST_LIB_SETTLE_KIT_H
#define TEST_LIB_SETTLE_KIT_H

#include "business/settle/settle_int.h"
#include "business/settle_rule/settle_rule_int.h"
#include "test/lib/ledger_kit.h"

enum { SETTLE_KIT_CHANNEL = 77 };

struct books *settle_kit_open(const char *scheme);
/* The clock stands at 09:00 in Shanghai of the date. */
void settle_kit_day(struct books *books, int32_t date);
/* The date, which is not past, is a holiday. */
void settle_kit_holiday(struct books *books, int32_t date);
/* A new merchant; its id. */
int64_t settle_kit_merchant(struct books *books, const char *merchant_no);
/* The merchant's payable account in CNY, which has a rule from then on. */
int64_t settle_kit_account(struct books *books, int64_t merchant_id);
struct settle_rule settle_kit_rule(struct books *books, int64_t account_id);
/* Money for the merchant, which matures by its rule. */
void settle_kit_earn(struct books *books, int64_t merchant_id, int64_t amount);
/* Changes the rule as an approved review does. cycle_days NULL: those of the rule. */
enum err settle_kit_change(struct books *books, const struct settle_rule_change *change);
/* The merchant's rate of kind settlement in CNY, from now on. */
void settle_kit_rate(struct books *books, int64_t merchant_id, const struct rate *terms);
/* A flat fee of every settlement. */
void settle_kit_fee(struct books *books, int64_t merchant_id, int64_t flat);

struct settle_run settle_kit_run_open(struct books *books);
enum settle_outcome_kind settle_kit_turn(struct books *books, int64_t account_id, int64_t date);
/* The whole run of the present date, in pages of so many accounts, as the job does it. */
struct settle_run settle_kit_run(struct books *books, int64_t page);
struct settle_run settle_kit_run_row(struct books *books, int64_t date);

/* The newest settlement of an account; id 0: it has none. */
struct settle_order settle_kit_order(struct books *books, int64_t account_id);
/* The newest record of a run about an account; id 0: there is none. */
struct settle_outcome settle_kit_outcome(struct books *books, int64_t date, int64_t account_id);

enum settle_kit_step { SETTLE_KIT_PAY = 1, SETTLE_KIT_RETURN, SETTLE_KIT_CANCEL };
enum err settle_kit_step(struct books *books, enum settle_kit_step step, int64_t settle_id);
/* What has matured and is free. */
int64_t settle_kit_matured(struct books *books, int64_t account_id, int32_t date);

#endif
