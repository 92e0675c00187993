/* The chart of accounts (科目): data with versions, a tree of codes.
 *
 * A code has 4, 6, 8 or 10 digits; the code above it is the same without its last two digits, and
 * above four digits stands the class, its first digit:
 *
 *     2  负债  ──  2241  应付商户待结算  ──  224101 …        1 资产  2 负债  3 共同  4 权益  6 损益
 *
 * Accounts are kept under leaves only, so a code that has accounts gets no codes below it. A code
 * is open from a date on, until it is closed; it is never deleted. What may change about it (names,
 * floor, currencies) is a version that is valid from a date on; its normal side never changes.
 *
 * The shipped chart is inserted by migrations. Operators add to it, see the commands below. */
#ifndef MONEY_LEDGER_LEDGER_CHART_H
#define MONEY_LEDGER_LEDGER_CHART_H

#include "money/ledger/ledger.h"

enum {
    LEDGER_VERSIONS_MAX = 999, /* of a code or of a template */
    LEDGER_CODE_NAME_MAX = 64, /* characters */
    LEDGER_CODE_CURRENCIES_MAX = 16,
};

/* The code above; 0 for a class. */
int64_t ledger_code_parent(int64_t code);
/* 1 for a class, 2 for four digits, up to 5. */
int ledger_code_level(int64_t code);

/* ---- reading, on reader connections ---- */

/* A code as it stands on a date. */
struct ledger_chart_entry {
    int64_t code;
    int64_t parent; /* 0: it is a class */
    enum ledger_side side;
    bool leaf;
    int64_t accounts;   /* opened under it, of all time */
    int64_t opened_on;  /* yyyymmdd, the first date it is open on */
    int64_t closed_on;  /* yyyymmdd, the first date it is no longer open on; 0: not closed */
    int64_t version;    /* valid on the date */
    int64_t valid_from; /* yyyymmdd, of the version */
    struct str name;
    struct str name_zh;
    bool has_floor;        /* new accounts get a floor of zero */
    struct str currencies; /* "CNY,USD"; empty: any */
};

/* The codes that had been opened by a date, in the order of the tree: a code, then those below. */
struct ledger_chart {
    struct ledger_chart_entry *entries;
    size_t count;
};
MUST_USE enum err ledger_read_chart(struct reader *reader, int32_t date, struct arena *arena,
                                    struct ledger_chart *out);
/* NULL: no such code. */
const struct ledger_chart_entry *ledger_chart_entry(const struct ledger_chart *chart, int64_t code);
/* The English name; empty for a code the chart does not have. */
struct str ledger_chart_name(const struct ledger_chart *chart, int64_t code);

#endif
