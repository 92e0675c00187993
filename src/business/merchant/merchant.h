/* Merchants: who takes money through the platform, with which apps, at which price, and where they
 * want to be told.
 *
 *     merchant: active ⇄ suspended ──► closed
 *
 * A merchant has apps (one per shop or system; keys belong to an app), contracts (where it may take
 * money, by method and currency; what that costs is business/rate's) and webhook endpoints.
 * fund_mode collect (the channel settles to us) needs the licence flag merchant.collect_licence; it
 * is refused when it is set up, and again at run time. */
#ifndef BUSINESS_MERCHANT_MERCHANT_H
#define BUSINESS_MERCHANT_MERCHANT_H

#include "platform/module/module.h"

extern const struct module merchant_module;

enum merchant_status { MERCHANT_ACTIVE = 1, MERCHANT_SUSPENDED, MERCHANT_CLOSED };
enum merchant_fund_mode { MERCHANT_FUND_DIRECT = 1, MERCHANT_FUND_COLLECT };

struct merchant {
    int64_t id;             /* "mer_…" */
    struct str merchant_no; /* the operator's own number; unique */
    struct str name;
    enum merchant_status status;
    enum merchant_fund_mode fund_mode;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t version;
};

enum merchant_app_status { MERCHANT_APP_ACTIVE = 1, MERCHANT_APP_DISABLED };

struct merchant_app {
    int64_t id; /* "app_…" */
    int64_t merchant_id;
    struct str name; /* unique per merchant */
    enum merchant_app_status status;
    int64_t created_at_ms;
    int64_t version;
};

/* That a merchant takes money by a method (empty: every method without a contract of its own) in a
 * currency. One is opened for each; of the time when every price had a contract of its own there
 * may be more. */
struct merchant_contract {
    int64_t id; /* "con_…" */
    int64_t merchant_id;
    struct str method;
    enum currency currency;
    int64_t created_at_ms;
};

enum merchant_endpoint_status { MERCHANT_ENDPOINT_ENABLED = 1, MERCHANT_ENDPOINT_DISABLED };

/* Where webhooks go. The secret is "whsec_" and base64 of 32 random bytes; while it is rotated the
 * previous one signs as well. */
struct merchant_endpoint {
    int64_t id; /* "whe_…" */
    int64_t merchant_id;
    struct str url;
    struct str
        events; /* blank-separated types: "payment.succeeded payment.closed", "payment.*", "*" */
    enum merchant_endpoint_status status;
    struct str secret;          /* sealed */
    struct str previous_secret; /* sealed, or empty */
    int64_t previous_until_ms;
    struct str disabled_reason;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t version;
};

enum {
    MERCHANT_ENDPOINTS_MAX = 16, /* enabled ones of a merchant */
    MERCHANT_CONTRACTS_MAX = 96, /* of a merchant */
};

extern const struct table merchant_table;
extern const struct table merchant_app_table;
extern const struct table merchant_contract_table;
extern const struct table merchant_endpoint_table;

/* ---- in commands of other modules ---- */

/* Names what the functions below will want of a merchant: the rows themselves, and the lists of its
 * contracts and endpoints. Call it in every round. */
void merchant_prefetch(struct prefetch *pre, int64_t merchant_id, int64_t app_id, unsigned round);

MUST_USE enum err merchant_get(struct tx *tx, int64_t merchant_id, const struct merchant **out);
/* ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_SUSPENDED, ERR_MERCHANT_CLOSED, ERR_MERCHANT_APP_DISABLED.
 */
MUST_USE enum err merchant_check_active(struct tx *tx, int64_t merchant_id, int64_t app_id);
/* ERR_MERCHANT_COLLECT_LICENCE when the mode is collect and there is no licence. A command gets
 * collect_allowed in its argument: merchant_collect_allowed() where it was made. */
MUST_USE enum err merchant_fund_mode_allowed(enum merchant_fund_mode mode, bool collect_allowed);
/* ERR_MERCHANT_CONTRACT_NOT_FOUND. */
MUST_USE enum err merchant_contract_get(struct tx *tx, int64_t contract_id,
                                        const struct merchant_contract **out);
/* Whether payments may be charged by it. Of the time when every price had a contract of its own,
 * those that another had superseded were taken from the merchant's list to make room. */
MUST_USE enum err merchant_contract_charges(struct tx *tx, const struct merchant_contract *contract,
                                            bool *charges);
/* The merchant's newest contract of the method and currency, made when there is none.
 * ERR_MERCHANT_NOT_FOUND, ERR_MERCHANT_TOO_MANY. */
struct merchant_contract_key {
    int64_t merchant_id;
    struct str method;
    enum currency currency;
};
MUST_USE enum err merchant_contract_open(struct tx *tx, const struct merchant_contract_key *key,
                                         const struct merchant_contract **out);
/* The contracts that cover a payment by the method, oldest first: those of the method and the
 * general ones. */
struct merchant_contracts {
    const struct merchant_contract *all[MERCHANT_CONTRACTS_MAX];
    size_t count;
};
MUST_USE enum err merchant_contracts_for(struct tx *tx, const struct merchant_contract_key *key,
                                         struct merchant_contracts *out);
/* All of a merchant's contracts, from the second round on of a prefetch that calls
 * merchant_prefetch. */
size_t merchant_contracts_peek(struct prefetch *pre, int64_t merchant_id,
                               int64_t ids[MERCHANT_CONTRACTS_MAX]);
/* The enabled endpoints that want events of this type, oldest first; an empty type: all. */
MUST_USE enum err merchant_endpoints_for(struct tx *tx, int64_t merchant_id, struct str event_type,
                                         int64_t ids[MERCHANT_ENDPOINTS_MAX], size_t *count);
/* Disables an endpoint, as after an answer 410; told by the event endpoint.disabled. */
MUST_USE enum err merchant_endpoint_disable(struct tx *tx, int64_t endpoint_id, struct str reason);

/* ---- outside of commands ---- */

bool merchant_collect_allowed(const struct app *app); /* the licence flag */
MUST_USE enum err merchant_read(struct reader *reader, int64_t id, struct arena *arena,
                                struct merchant *out);
/* Of the merchant, oldest first. */
MUST_USE enum err merchant_contracts_read(struct reader *reader, int64_t merchant_id,
                                          struct arena *arena, struct merchant_contract **out,
                                          size_t *count);
/* merchant_contract_charges, on a reader connection. */
MUST_USE enum err merchant_contract_read_charges(struct reader *reader,
                                                 const struct merchant_contract *contract,
                                                 struct arena *arena, bool *charges);
MUST_USE enum err merchant_endpoint_read(struct reader *reader, int64_t id, struct arena *arena,
                                         struct merchant_endpoint *out);
/* The raw signing keys of an endpoint at an instant: the current one, then, during a rotation, the
 * previous one. Opened with the vault; wipe them after use. */
MUST_USE enum err merchant_endpoint_secrets(struct app *app, struct arena *arena,
                                            const struct merchant_endpoint *endpoint, int64_t at_ms,
                                            struct secret keys[2], size_t *count);

#endif
