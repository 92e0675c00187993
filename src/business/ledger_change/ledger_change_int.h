/* Shared inside business/ledger_change. */
#ifndef BUSINESS_LEDGER_CHANGE_LEDGER_CHANGE_INT_H
#define BUSINESS_LEDGER_CHANGE_LEDGER_CHANGE_INT_H

#include "business/ledger_change/ledger_change.h"
#include "business/review/review.h"
#include "money/ledger/ledger_voucher.h"
#include "platform/store/store_reply.h"

/* Who asks, and why. */
struct ledger_change_ask {
    int64_t operator_id;
    struct str reason;
    struct str evidence;
};

struct ledger_change_voucher {
    enum ledger_event event;
    enum ledger_fund_mode mode;
    int64_t valid_from;
    struct field_list legs; /* struct ledger_template_leg */
    struct ledger_change_ask ask;
};

struct ledger_change_code {
    int64_t code;
    int64_t valid_from;
    enum ledger_side side;
    struct str name;
    struct str name_zh;
    bool has_floor;
    struct field_list currencies; /* enum currency */
    struct ledger_change_ask ask;
};

/* The end of a code. */
struct ledger_change_end {
    struct ledger_chart_close close;
    struct ledger_change_ask ask;
};

/* The bodies; without their last two fields, reason and evidence, they are what is reviewed. */
extern const struct field_set ledger_change__voucher_set, ledger_change__code_set;

struct ledger_change_result {
    struct ledger_versioned versioned; /* exists: there is nothing to review */
    int64_t closed_on;                 /* of a code that is closed already, else 0 */
    struct review_item review;
};
/* args: the structs above; result ledger_change_result */
extern const struct command_kind ledger_change__voucher_kind, ledger_change__code_kind,
    ledger_change__end_kind;
extern const struct review_kind ledger_change__voucher_review, ledger_change__code_review,
    ledger_change__end_review;
extern const struct route ledger_change__routes[];

#endif
