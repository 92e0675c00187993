/* Channels: the accounts at payment channels, which one takes a payment, and the calls both ways.
 *
 * A channel account is a merchant number at a channel with its keys. It belongs to one merchant, or
 * to the platform (merchant_id 0, shared by all). Credentials are sealed with the vault when the
 * account is created and never shown again.
 *
 *     enabled ⇄ disabled      a disabled account takes no new orders; what is open is still
 *                             queried, closed and called back
 *
 * An order goes out by channel_call() and its outcome comes back as a struct channel_result: a
 * verified statement of the channel, or CHANNEL_UNKNOWN. Callbacks arrive at
 * POST /notify/{channel}/{account}, are verified by the adapter, and go to the one sink. Channel
 * knows nothing of payments. */
#ifndef BUSINESS_CHANNEL_CHANNEL_H
#define BUSINESS_CHANNEL_CHANNEL_H

#include "business/channel/channel_adapter.h"
#include "platform/module/module.h"

extern const struct module channel_module;

enum { CHANNEL_NAME_MAX = 16, CHANNEL_ACCOUNT_NO_MAX = 64, CHANNEL_METHOD_MAX = 32 };

/* ---- accounts ---- */

enum channel_status { CHANNEL_ENABLED = 1, CHANNEL_DISABLED };
/* Whose money the channel settles: to the merchant, or to us (needs the licence). */
enum channel_fund_mode { CHANNEL_FUND_DIRECT = 1, CHANNEL_FUND_COLLECT };

struct channel_account {
    int64_t id;
    int64_t merchant_id; /* 0: the platform's own, shared by every merchant */
    struct str channel;  /* the adapter's name */
    struct str name;     /* for people */
    struct str account_no;
    enum channel_status status;
    struct str methods; /* blank-separated */
    enum channel_fund_mode fund_mode;
    enum currency currency;
    int64_t priority; /* lower is tried first */
    struct str base_url;
    struct str config;      /* JSON, public */
    struct str credentials; /* sealed JSON */
    int64_t version;
    int64_t created_at_ms;
    int64_t updated_at_ms;
};

/* The account's settings, parsed by the tables of its adapter and opened: the adapter's close()
 * ends what was opened. A refusal names the field as "config.…" or "credentials.…". */
MUST_USE enum err channel_account_open(const struct channel_account *account,
                                       struct str credentials_json, struct str learned,
                                       void **opened, struct json_refusal *refusal);

/* ---- in commands ---- */

/* The account that takes a new order: the merchant's enabled accounts for the method and currency
 * by priority, then the shared ones; the first whose channel takes the amount. The same rows give
 * the same account. ERR_CHANNEL_NONE when there is none. */
MUST_USE enum err channel_pick(struct tx *tx, int64_t merchant_id, struct str method,
                               enum currency currency, struct amount amount, int64_t *account_id);
/* Names the rows channel_pick wants; to be called in every round of the command's prefetch. */
void channel_pick_prefetch(struct prefetch *pre, int64_t merchant_id, struct str method,
                           enum currency currency, unsigned round);
MUST_USE enum err channel_account_get(struct tx *tx, int64_t account_id,
                                      const struct channel_account **out);
void channel_account_prefetch(struct prefetch *pre, int64_t account_id);

/* Facts about a method, from the table of the channel that has it. ERR_CHANNEL_METHOD: none has. */
struct channel_limits {
    struct amount amount_min, amount_max;
    int64_t expiry_max_ms;
    const char *next_action;
};
MUST_USE enum err channel_limits(struct str method, struct channel_limits *out);

/* ---- outside of commands ---- */

/* ERR_CHANNEL_NOT_FOUND. */
MUST_USE enum err channel_account_read(struct reader *reader, int64_t account_id,
                                       struct arena *arena, struct channel_account *out);

/* ---- calls ---- */

/* One call to a channel. The caller owns the struct, the order and the arena until then() has run,
 * once, on the loop channel_call() was called on; it may run before channel_call() returns. */
struct channel_call {
    int64_t account_id;
    enum channel_op op;
    struct channel_order
        order;           /* QUERY and CLOSE want order_no alone; notify_url is the engine's */
    struct arena *arena; /* for the result */
    const struct trace_context *trace; /* may be NULL */
    void (*then)(struct channel_call *call);
    void *ctx;

    struct channel_result result;
};
/* On a loop's thread. */
void channel_call(struct app *app, struct channel_call *call);

/* ---- callbacks ---- */

/* A verified callback. Lives until channel_notice_done(). */
struct channel_notice {
    struct app *app;
    int64_t account_id;
    const struct channel_result *result; /* order_no names the order; outcome is a statement */
    struct arena *arena;                 /* the request's */
    const struct trace_context *trace;
};
/* The one sink; set by a module's start. It ends each notice by channel_notice_done() on the loop
 * it was called on, at once or later: with ERR_OK only when what the notice means is durable. */
void channel_on_notice(struct app *app, void (*sink)(void *ctx, struct channel_notice *notice),
                       void *ctx);
/* Answers the channel in its own form: success, or failure so that it delivers again. */
void channel_notice_done(struct channel_notice *notice, enum err err);

/* ---- the program ---- */

/* `tomato channel create FILE|list|show ID|enable ID|disable ID|test ID`. FILE holds the body of
 * POST /v1/channel-accounts ("-": standard input). test wants loop 0 to run in its thread. Returns
 * the exit status. */
int channel_cli(struct app *app, int argc, char **argv);

#endif
