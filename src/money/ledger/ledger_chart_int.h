/* The rows of the chart, shared inside money/ledger. */
#ifndef MONEY_LEDGER_LEDGER_CHART_INT_H
#define MONEY_LEDGER_LEDGER_CHART_INT_H

#include "money/ledger/ledger_chart.h"

/* A code: what is the same in all its versions, and its state. */
struct ledger_code_row {
    int64_t code;
    enum ledger_side side;
    int64_t owners; /* 1 << enum ledger_owner of those it is kept for; 0: anybody */
    bool leaf;
    int64_t accounts;  /* opened under it, of all time */
    int64_t children;  /* codes right below it that are not closed */
    int64_t version;   /* the last one */
    int64_t opened_on; /* yyyymmdd, the first date it is open on */
    int64_t closed_on; /* yyyymmdd, the first date it is no longer open on; 0: not closed */
    int64_t closing_operator_id; /* of a closed one, see struct ledger_chart_closing */
    int64_t closing_reviewer_id;
    struct str closing_reason;
};

struct ledger_code_version {
    int64_t id; /* ledger__code_version_id */
    int64_t valid_from;
    struct str name;
    struct str name_zh;
    bool has_floor;
    struct str currencies; /* "CNY,USD"; empty: any */
    int64_t operator_id;   /* who asked for it: an operator's key; 0: shipped */
    int64_t reviewer_id;   /* who approved it; 0: nobody had to */
    struct str reason;
    int64_t created_at_ms;
};

extern const struct table ledger__chart_table;
extern const struct table ledger__chart_version_table;
extern const struct statement ledger__chart_codes, ledger__chart_versions;
extern const struct statement ledger__code_versions, ledger__accounts_of_code;
extern const struct route ledger__chart_routes[], ledger__voucher_routes[];

static inline int64_t ledger__code_version_id(int64_t code, int64_t version)
{
    return code * (LEDGER_VERSIONS_MAX + 1) + version;
}

static inline int64_t ledger__code_of_version(int64_t id)
{
    return id / (LEDGER_VERSIONS_MAX + 1);
}

/* The migrations' texts. */
extern const char ledger__chart_sql[], ledger__chart_version_sql[];
extern const char ledger__chart_codes_sql[], ledger__chart_names_sql[];
extern const char ledger__chart_costs_sql[], ledger__chart_costs_name_sql[];
extern const char ledger__chart_owners_sql[];

/* ---- in apply: no I/O once the code has been looked at ---- */

/* ERR_LEDGER_CODE: the chart does not have it. A view that is valid until apply returns. */
MUST_USE enum err ledger__chart_get(struct tx *tx, int64_t code,
                                    const struct ledger_code_row **row);
/* May something be posted under the code on the date? ERR_LEDGER_CODE, ERR_LEDGER_CODE_CLOSED. */
MUST_USE enum err ledger__chart_open_on(struct tx *tx, int64_t code, int32_t date);

/* The version that is valid on a date on which the code is open. */
MUST_USE enum err ledger__chart_version_on(struct tx *tx, const struct ledger_code_row *code,
                                           int32_t date,
                                           const struct ledger_code_version **version);

/* What a new account of the key gets. */
struct ledger_code_terms {
    enum ledger_side side;
    bool has_floor;
};
/* Checks that an account may be opened on the date: ERR_LEDGER_CODE, _CODE_NOT_LEAF, _CODE_CLOSED
 * with param code; ERR_CURRENCY_UNKNOWN, ERR_LEDGER_CODE_CURRENCY with currency, the latter
 * not for a fact: what really happened is booked in whatever currency it came. */
MUST_USE enum err ledger__chart_terms(struct tx *tx, const struct ledger_account_key *key,
                                      int32_t date, bool fact, struct ledger_code_terms *terms);
/* The same, and counts it. */
MUST_USE enum err ledger__chart_add_account(struct tx *tx, const struct ledger_account_key *key,
                                            int32_t date, bool fact,
                                            struct ledger_code_terms *terms);
/* Whether it takes any currency on the date and on all later ones, by the versions there are. */
MUST_USE enum err ledger__chart_takes_any(struct tx *tx, const struct ledger_code_row *code,
                                          int64_t date, bool *takes);
/* "CNY,USD" has it; an empty list has all. */
bool ledger__chart_takes(struct str currencies, enum currency currency);
void ledger__chart_prefetch(struct prefetch *pre, int64_t code);

#endif
