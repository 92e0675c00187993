/* Merchants: who takes money through the platform, with which apps, at which price, and where they
 * want to be told.
 *
 *     merchant: active ⇄ suspended ──► closed
 *
 * A merchant has apps (one per shop or system; keys belong to an app), fee contracts (one is in
 * effect at any instant, by method and currency) and webhook endpoints. fund_mode collect (the
 * channel settles to us) needs the licence flag merchant.collect_licence; it is refused when it is
 * set up, and again at run time. */
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

/* The fee of payments by a method (empty: every method without a contract of its own). */
struct merchant_contract {
    int64_t id; /* "con_…" */
    int64_t merchant_id;
    struct str method;
    enum currency currency;
    int64_t rate_millionths;
    struct amount fee_min;
    struct amount fee_max; /* 0: no maximum */
    int64_t effective_from_ms;
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
    MERCHANT_CONTRACTS_MAX = 64, /* of a merchant that are, will be or lately were in effect */
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
/* The contract in effect: of the method before the general one, the latest that has begun.
 * ERR_MERCHANT_CONTRACT: there is none. */
struct merchant_price_ask {
    int64_t merchant_id;
    struct str method;
    enum currency currency;
    int64_t at_ms;
};
MUST_USE enum err merchant_contract_at(struct tx *tx, const struct merchant_price_ask *ask,
                                       struct amount_rate *rate, int64_t *contract_id);
/* The enabled endpoints that want events of this type, oldest first; an empty type: all. */
MUST_USE enum err merchant_endpoints_for(struct tx *tx, int64_t merchant_id, struct str event_type,
                                         int64_t ids[MERCHANT_ENDPOINTS_MAX], size_t *count);
/* Disables an endpoint, as after an answer 410; told by the event endpoint.disabled. */
MUST_USE enum err merchant_endpoint_disable(struct tx *tx, int64_t endpoint_id, struct str reason);

/* ---- outside of commands ---- */

bool merchant_collect_allowed(const struct app *app); /* the licence flag */
MUST_USE enum err merchant_read(struct reader *reader, int64_t id, struct arena *arena,
                                struct merchant *out);
MUST_USE enum err merchant_endpoint_read(struct reader *reader, int64_t id, struct arena *arena,
                                         struct merchant_endpoint *out);
/* The raw signing keys of an endpoint at an instant: the current one, then, during a rotation, the
 * previous one. Opened with the vault; wipe them after use. */
MUST_USE enum err merchant_endpoint_secrets(struct app *app, struct arena *arena,
                                            const struct merchant_endpoint *endpoint, int64_t at_ms,
                                            struct secret keys[2], size_t *count);

#endif
