/* Shared inside business/rate. */
#ifndef BUSINESS_RATE_RATE_INT_H
#define BUSINESS_RATE_RATE_INT_H

#include "base/time.h"
#include "business/merchant/merchant.h"
#include "business/rate/rate.h"
#include "business/review/review.h"

enum { RATE_TIERS_TEXT_MAX = 400 };

/* Where a line's history ends: found by its key, so that a quote needs no search. The line of a
 * contract has its id, so that a payment can name it beforehand. */
struct rate_line {
    int64_t id;
    int64_t owner_id;
    enum rate_kind kind;
    enum currency currency;
    int64_t last_id; /* of the row of `rate` that was made last */
};

extern const struct table rate__line_table;
extern const struct sequence rate__sequence;
extern const struct migration rate__migrations[10];
extern const struct route rate__routes[];

extern const struct enum_name rate__kinds[];
extern const struct enum_name rate__tier_modes[];
extern const struct enum_name rate__refund_policies[];
extern const struct field rate__tier_fields[3];

/* ---- who ---- */

struct rate_owner {
    enum rate_owner_kind kind;
    int64_t id;
};
/* "platform", "mer_…", "con_…" or "agt_…", which nobody can be yet (ERR_RATE_OWNER);
 * ERR_FIELD_FORMAT. */
MUST_USE enum err rate__owner_parse(struct str text, struct rate_owner *out);
struct str rate__owner_print(struct arena *arena, enum rate_owner_kind kind, int64_t id);

/* ---- a change, as it is asked for and reviewed ---- */

enum { RATE_NOT_SAID = -1 };
struct rate_change {
    struct str owner;
    enum rate_kind kind;
    enum currency currency;
    int64_t rate_millionths; /* RATE_NOT_SAID before rate__complete */
    struct amount flat;
    struct amount fee_min;
    struct amount fee_max;
    enum rate_tier_mode tier_mode;
    struct field_list tiers; /* of struct rate_tier */
    enum rate_refund_policy refund_policy;
    int64_t effective_from; /* Unix ms; 0: when it is put into the line */
};
extern const struct field_set rate__change_set;

/* Nothing said of the price is not free: ERR_FIELD_REQUIRED (rate_millionths) unless there is a
 * rate, a flat fee, tiers or, which need no price, the terms of a refund. */
MUST_USE enum err rate__complete(struct tx *tx, struct rate_change *change);
/* The row a change asks for, without id and times. The field is refused by tx_refuse: the tables'
 * limits have been checked before. The first that applies:
 *
 *     ERR_FIELD_FORMAT, ERR_RATE_OWNER,
 *     ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_CONTRACT_NOT_FOUND    owner
 *     ERR_RATE_TRADE        kind: trade, and the owner is no contract
 *     ERR_RATE_OWNER        owner: a contract, and the kind is another
 *     ERR_RATE_CONTRACT_SUPERSEDED    owner: no payment is charged by the contract
 *     ERR_FIELD_VALUE       currency: another than the contract's
 *     ERR_FIELD_RANGE       fee_max: below fee_min
 *     ERR_FIELD_VALUE       refund_policy: of another kind than refund
 *     ERR_RATE_PAST         effective_from
 *     ERR_FIELD_REQUIRED    tiers, tier_mode: one without the other
 *     ERR_RATE_TIERS        rate_millionths, flat, tiers[i].from */
MUST_USE enum err rate__row_of(struct tx *tx, const struct rate_change *change, struct rate *row);
/* Appends it to its line, in effect from its effective_from_ms on (0: now). ERR_RATE_PAST. */
MUST_USE enum err rate__put(struct tx *tx, struct rate *row);
/* The rate of exactly this line in effect at an instant; *out NULL: there is none. */
MUST_USE enum err rate__line_at(struct tx *tx, const struct rate *key, int64_t at_ms,
                                const struct rate **out);
/* *line NULL: the line has no row yet. */
MUST_USE enum err rate__line_find(struct tx *tx, const struct rate *key,
                                  const struct rate_line **line);

struct rate_set {
    struct rate_change change;
    struct str reason; /* of a change that is reviewed */
    struct str evidence;
    int64_t maker_key_id;
};
struct rate_outcome {
    struct rate rate;          /* id 0: it is reviewed first */
    struct review_item review; /* id 0: it was put into the line at once */
};
extern const struct field_set rate__set_set;
/* The line for the checkers, in both languages: whose price it is, what it would be without the
 * row, and with it. */
MUST_USE enum err rate__words(struct tx *tx, const struct rate *row, struct review_ask *ask);
/* Puts the rate into its line, or asks for the review. Refuses as rate__row_of and review_submit.
 */
MUST_USE enum err rate__set(struct tx *tx, const struct rate_set *set,
                            struct rate_outcome *outcome);
/* arg rate_set, result rate_outcome; rate__complete, then rate__set */
extern const struct command_kind rate__set_kind;
extern const struct review_kind rate__review;

/* ---- contracts ---- */

/* Opens the contract and sets its rate. The fee that would be in effect anyway changes nothing.
 *
 *     ERR_MERCHANT_CONTRACT_PAST   effective_from
 *     ERR_FIELD_REQUIRED           rate_millionths, as rate__complete
 *     ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_TOO_MANY
 *     then as rate__set */
struct rate_contract_create {
    struct rate_set set; /* its owner and kind are the contract's; rate_millionths may be
                            RATE_NOT_SAID */
    int64_t merchant_id;
    struct str method;
};
struct rate_contract {
    struct merchant_contract contract;
    struct rate rate;      /* in effect, or the next to be; id 0: none has been approved yet */
    bool superseded;       /* in the list: no payment is charged by it */
    int64_t superseded_by; /* then: the contract they are charged by, if there is one */
};
struct rate_contract_outcome {
    struct rate_contract contract;
    struct review_item review; /* id 0: it was put into the line at once, or nothing was to do */
};
/* The contract of the method that a payment is charged by, and its rate; *out NULL, NULL: there is
 * none. The amount is of no account. */
struct rate_choice {
    const struct merchant_contract *contract;
    const struct rate *rate;
};
MUST_USE enum err rate__choose(struct tx *tx, const struct rate_trade_ask *ask,
                               struct rate_choice *out);
extern const struct field_set rate__contract_create_set;
extern const struct command_kind rate__contract_kind; /* arg and result: the two above */
/* A merchant's contracts with their rates at an instant, oldest first. */
struct rate_contract_ask {
    int64_t merchant_id;
    int64_t at_ms;
};
MUST_USE enum err rate__read_contracts(struct reader *reader, const struct rate_contract_ask *ask,
                                       struct arena *arena, struct rate_contract **out,
                                       size_t *count);

/* A contract as it is answered. */
enum rate_contract_status { RATE_CONTRACT_ACTIVE = 1, RATE_CONTRACT_SUPERSEDED };
struct rate_contract_view {
    struct rate_contract contract;
    enum rate_contract_status status;
    struct rate_terms terms;
    struct field_list tiers;
};
void rate__contract_view(const struct rate_contract *contract, struct rate_contract_view *view);
extern const struct field_set rate__contract_set;
extern const struct route rate__contract_routes[];

/* ---- fees ---- */

/* rate_fee; of kind trade never above the amount, as it is taken out of what was paid. */
MUST_USE enum err rate__fee(enum rate_kind kind, const struct rate_terms *terms,
                            struct amount amount, struct amount *fee);

/* ---- terms as text ---- */

struct str rate__tiers_print(struct arena *arena, const struct rate_tier *tiers, size_t count);
/* The JSON that an entry keeps of its price; rate NULL: none is configured. */
struct str rate__snapshot(struct arena *arena, const struct rate *rate);

/* ---- reading ---- */

struct rate_filter {
    bool has_owner;
    int64_t owner_id;
    enum rate_kind kind;    /* 0: any */
    enum currency currency; /* 0: any */
    int64_t before_id;      /* rows made before this one; 0: the newest first */
    int64_t limit;
};
MUST_USE enum err rate__read_list(struct reader *reader, const struct rate_filter *filter,
                                  struct arena *arena, struct rate **out, size_t *count);
/* ERR_RATE_NOT_FOUND. */
MUST_USE enum err rate__read(struct reader *reader, int64_t id, struct arena *arena,
                             struct rate *out);
/* The rate of exactly this owner in effect at ask->at_ms; *out NULL: there is none. */
MUST_USE enum err rate__read_at(struct reader *reader, const struct rate_ask *ask, int64_t owner_id,
                                struct arena *arena, const struct rate **out);
/* Refuses a quote of the owner as rate__row_of a rate; *param names the field, and is NULL when it
 * could not be read.
 *
 *     ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_CONTRACT_NOT_FOUND, ERR_RATE_CONTRACT_SUPERSEDED   owner
 *     ERR_FIELD_VALUE       currency: another than the contract's */
MUST_USE enum err rate__read_owner(struct reader *reader, const struct rate_ask *ask,
                                   struct arena *arena, const char **param);
/* rate_quote, on a reader connection, and of a contract (kind trade); the snapshot is the
 * arena's. */
MUST_USE enum err rate__read_quote(struct reader *reader, const struct rate_ask *ask,
                                   struct arena *arena, struct rate_quote *out);
/* The quote of a rate; NULL: none is configured. */
MUST_USE enum err rate__quote_of(struct arena *arena, const struct rate *rate, struct amount amount,
                                 struct rate_quote *out);

#endif
