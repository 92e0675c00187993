/* Events, expressions and the rows of templates, shared inside money/ledger. */
#ifndef MONEY_LEDGER_LEDGER_VOUCHER_INT_H
#define MONEY_LEDGER_LEDGER_VOUCHER_INT_H

#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_int.h"
#include "money/ledger/ledger_voucher.h"

/* ---- events ---- */

const char *ledger__amount_name(enum ledger_amount_name name);

/* "gross - fee": how often each amount is counted. */
struct ledger_expression {
    int8_t counts[LEDGER_AMOUNT_END];
};
/* False: it is no sum of amounts, each named once. */
bool ledger__expression_parse(struct str text, struct ledger_expression *out);
ledger_wide ledger__expression_value(const struct ledger_expression *expression,
                                     const struct amount amounts[LEDGER_AMOUNT_END]);

/* ---- templates ---- */

struct ledger_template_row {
    int64_t id; /* ledger__template_id */
    int64_t valid_from;
    int64_t valid_until; /* 0: no later version yet */
    int64_t leg_count;
    int64_t operator_id;
    int64_t reviewer_id;
    struct str reason;
    int64_t created_at_ms;
};

extern const struct table ledger__template_table;
extern const struct table ledger__template_leg_table;
extern const struct statement ledger__templates_between, ledger__template_legs_between;
extern const char ledger__template_sql[], ledger__template_leg_sql[];
extern const char ledger__templates_sql[], ledger__template_legs_1_sql[];
extern const char ledger__template_legs_2_sql[];
extern const char ledger__deducted_templates_sql[], ledger__deducted_template_legs_sql[];

extern const char ledger__refund_from_fee_sql[], ledger__refund_from_fee_legs_sql[];

static inline int64_t ledger__template_id(enum ledger_event event, enum ledger_fund_mode mode,
                                          int64_t version)
{
    return ((int64_t)event * 10 + (int64_t)mode) * (LEDGER_VERSIONS_MAX + 1) + version;
}

/* number from 1 */
static inline int64_t ledger__template_leg_id(int64_t template_id, int64_t number)
{
    return template_id * 100 + number;
}

/* The template that is valid on the date; ERR_LEDGER_VOUCHER. */
MUST_USE enum err ledger__template_on(struct tx *tx, const struct ledger_voucher *voucher,
                                      int32_t date, const struct ledger_template_row **row);
MUST_USE enum err ledger__template_get(struct tx *tx, int64_t id,
                                       const struct ledger_template_row **row);
MUST_USE enum err ledger__template_get_leg(struct tx *tx, int64_t template_id, int64_t number,
                                           const struct ledger_template_leg **leg);
/* Whether a template that is or will be valid on or after the date names the code. */
MUST_USE enum err ledger__template_names(struct tx *tx, int64_t code, int32_t date, bool *names);

#endif
