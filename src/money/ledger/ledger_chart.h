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
    LEDGER_REASON_MAX = 200,   /* characters */
    LEDGER_CODE_CURRENCIES_MAX = 16,
};

/* The code above; 0 for a class. */
int64_t ledger_code_parent(int64_t code);
/* 1 for a class, 2 for four digits, up to 5. */
int ledger_code_level(int64_t code);

/* ---- reading, on reader connections ---- */

/* Who ended a code, and why; nobody: it was closed before this was kept. */
struct ledger_chart_closing {
    int64_t operator_id; /* who asked for it */
    int64_t reviewer_id; /* who approved it */
    struct str reason;
};

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
    bool replaced;         /* ledger_read_code: a later version took its place before it began */
    int64_t operator_id;   /* who asked for the version; 0: shipped */
    int64_t reviewer_id;   /* who approved it; 0: nobody had to */
    struct str reason;
    struct ledger_chart_closing closing; /* of a closed one */
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

/* All versions of a code, the first one first. ERR_LEDGER_CODE_NOT_FOUND. */
MUST_USE enum err ledger_read_code(struct reader *reader, int64_t code, struct arena *arena,
                                   struct ledger_chart *out);

/* ---- changing the chart ---- */

struct ledger_versioned {
    int64_t version;
    bool exists; /* it was there before, with the same content */
};

/* A new code from a date on, or a new version of one that is there. A version that has not begun by
 * the new one's date is replaced: it never begins. Sent again it answers with the same version and
 * `exists`. Refusals, the first that applies: ERR_LEDGER_CODE_FORM (code: not 4,
 * 6, 8 or 10 digits, or the code above is not there), ERR_LEDGER_CODE_CLOSED (code: it, or the code
 * above), ERR_LEDGER_CODE_SIDE (side: not the one it has), ERR_LEDGER_VERSION_DATE (valid_from: in
 * the past, or not later than the version in force), ERR_LEDGER_CODE_IN_USE (code: the code above
 * has accounts, or vouchers name it), ERR_LEDGER_CODE_CURRENCY (currencies: too many),
 * ERR_LEDGER_CODE_NEEDED (currencies: one would be taken no more while a template in force or to
 * come names the code, or there is a balance in it). */
struct ledger_chart_put {
    int64_t code;
    int64_t valid_from; /* yyyymmdd */
    enum ledger_side side;
    struct str name;
    struct str name_zh;
    bool has_floor;
    const enum currency *currencies; /* known ones; none: any */
    size_t currency_count;
    int64_t operator_id; /* who asks for it */
    int64_t reviewer_id; /* who approved it */
    struct str reason;
};
/* Whether it can be put; changes nothing. */
MUST_USE enum err ledger_chart_check(struct tx *tx, const struct ledger_chart_put *put,
                                     struct ledger_versioned *out);
MUST_USE enum err ledger_chart_put(struct tx *tx, const struct ledger_chart_put *put,
                                   struct ledger_versioned *out);
extern const struct command_kind ledger_chart_put_kind; /* result ledger_versioned */

/* Closes a code from the business date on: nothing is opened or posted under it any more. A closed
 * one is left alone. The accounts of a leaf are read beforehand (ledger_read_chart_close) and
 * looked at once more. Refusals, the first that applies: ERR_LEDGER_CODE_NOT_FOUND;
 * ERR_LEDGER_CODE_IN_USE (codes below it are open, vouchers name it, or it has more accounts than
 * LEDGER_CLOSE_ACCOUNTS_MAX); ERR_LEDGER_CODE_CHANGED (an account was opened meanwhile: read and
 * try again); ERR_LEDGER_CODE_BALANCE (an account has a balance, a hold or a pending entry); all
 * with param code. */
enum { LEDGER_CLOSE_ACCOUNTS_MAX = 50000 };
struct ledger_chart_close {
    int64_t code;
    const int64_t *account_ids;
    size_t account_count;
    struct ledger_chart_closing by;
};
MUST_USE enum err ledger_read_chart_close(struct reader *reader, int64_t code, struct arena *arena,
                                          struct ledger_chart_close *out);
/* For the prefetch of command kinds that will close it. */
void ledger_chart_close_prefetch(struct prefetch *pre, const struct ledger_chart_close *close,
                                 unsigned round);
/* Whether it can be closed; changes nothing. *closed_on: 0, or since when it is. */
MUST_USE enum err ledger_chart_close_check(struct tx *tx, const struct ledger_chart_close *close,
                                           int64_t *closed_on);
MUST_USE enum err ledger_chart_close(struct tx *tx, const struct ledger_chart_close *close);

/* ---- the general ledger (总账) ---- */

/* The trial balance rolled up over the tree: for each code and currency the sum of all leaves below
 * it, in the order of the tree. Opening and closing are on the code's own normal side. That the
 * totals of the leaves agree with their accounts (总分核对) each seal and each proof tell. */
struct ledger_general_row {
    const struct ledger_chart_entry *entry;
    enum currency currency;
    struct amount opening;
    struct amount debits; /* of the day */
    struct amount credits;
    struct amount closing;
};
struct ledger_general {
    int32_t date;
    struct ledger_general_row *rows;
    size_t row_count;
    bool balanced;                /* over the classes debits equal credits in each currency */
    enum currency wrong_currency; /* the first one in which they do not */
};
/* date 0: now. ERR_LEDGER_OVERFLOW: a sum leaves 63 bits. */
MUST_USE enum err ledger_read_general(struct reader *reader, int32_t date, struct arena *arena,
                                      struct ledger_general *out);

#endif
