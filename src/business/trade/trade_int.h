/* Shared inside business/trade. */
#ifndef BUSINESS_TRADE_TRADE_INT_H
#define BUSINESS_TRADE_TRADE_INT_H

#include "base/time.h"
#include "business/rate/rate.h"
#include "business/trade/trade.h"
#include "money/ledger/ledger_voucher.h"
#include "platform/store/store_reply.h"

extern const struct table trade__refunded_table;
extern const struct migration trade__migrations[5];
extern const struct route trade__cash_routes[];
extern const struct route trade__refund_routes[];
extern const struct field_set trade__cash_set;
extern const struct field_set trade__refund_set;

/* Refuses with the fields of the set in which the first object and the repeated one differ. */
MUST_USE enum err trade__same(struct tx *tx, const struct field_set *set, const void *first,
                              const void *again);
/* Tells what became of the object: an event with it as data. */
struct trade_news {
    const char *type; /* "cash_out.succeeded" */
    const struct field_set *set;
    const void *object;
    int64_t id;
    int64_t merchant_id;
    int64_t version;
};
void trade__announce(struct tx *tx, const struct trade_news *news);

/* ---- commands ---- */

struct trade_cash_create {
    int64_t merchant_id; /* 0: an operator asks, for the account's owner */
    int64_t app_id;
    int64_t account;
    struct amount amount;
    struct str merchant_order_no;
    int64_t card; /* 0: the default one */
};
extern const struct command_kind trade__cash_kind;   /* result: struct trade_cash_out */
extern const struct command_kind trade__refund_kind; /* arg trade_refund_ask; trade_refund */

/* An operator's word on a refund that was made by hand. Result: struct trade_refund. */
struct trade_refund_end {
    int64_t id;
    bool succeeded;
    struct str reason;
};
extern const struct command_kind trade__refund_end_kind;

/* ---- reading ---- */

struct trade_filter {
    int64_t merchant_id; /* 0: any */
    int64_t payment_id;  /* of refunds; 0: any */
    int64_t before_id;   /* 0: the newest first */
    int64_t limit;
};
MUST_USE enum err trade__read_cash(struct reader *reader, int64_t id, struct arena *arena,
                                   struct trade_cash_out *out);
MUST_USE enum err trade__read_cash_list(struct reader *reader, const struct trade_filter *filter,
                                        struct arena *arena, struct trade_cash_out **out,
                                        size_t *count);
MUST_USE enum err trade__read_refund(struct reader *reader, int64_t id, struct arena *arena,
                                     struct trade_refund *out);
MUST_USE enum err trade__read_refund_list(struct reader *reader, const struct trade_filter *filter,
                                          struct arena *arena, struct trade_refund **out,
                                          size_t *count);

#endif
