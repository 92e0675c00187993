/* Shared inside business/channel. */
#ifndef BUSINESS_CHANNEL_CHANNEL_INT_H
#define BUSINESS_CHANNEL_CHANNEL_INT_H

#include "business/channel/channel.h"

enum {
    CHANNEL_ROUTE_ACCOUNTS_MAX = 32,  /* accounts of one owner for one method and currency */
    CHANNEL_SETTINGS_MAX = 16 * 1024, /* config or credentials of an account, JSON */
    CHANNEL_LEARNED_MAX = 32 * 1024,  /* keys fetched from the channel */
    CHANNEL_URL_MAX = 256,
};

/* ---- adapters ---- */

extern const struct channel_adapter *const channel__adapters[];  /* NULL-ended */
const struct channel_adapter *channel__adapter(struct str name); /* NULL: there is none */
const struct channel_method *channel__method(const struct channel_adapter *adapter,
                                             struct str name); /* NULL: not its */
bool channel__takes_currency(const struct channel_adapter *adapter, enum currency currency);
bool channel__takes_amount(const struct channel_adapter *adapter, struct amount amount);

/* ---- rows ---- */

/* Which enabled accounts an owner has for a method and currency, in the order they are tried. It is
 * kept by the commands that change accounts, because a transaction finds rows by unique keys only.
 */
struct channel_route {
    int64_t id;
    int64_t merchant_id; /* 0: shared */
    struct str method;
    enum currency currency;
    struct str accounts; /* ids in decimal, blank-separated */
};

/* Keys fetched from the channel, in the adapter's words; public, so not sealed. */
struct channel_learned {
    int64_t id; /* of the account */
    struct str learned;
    int64_t updated_at_ms;
};

extern const struct table channel_account_table, channel_route_table, channel_learned_table;
extern const struct migration channel__migrations[3];
extern const struct store_part channel__store_part;

struct channel_page {
    int64_t merchant_id; /* 0: of all, the platform's included */
    int64_t after_id;
    int64_t limit;
};
MUST_USE enum err channel__read_accounts(struct reader *reader, struct arena *arena,
                                         const struct channel_page *page,
                                         struct channel_account **rows, size_t *count);

/* Brings the owner's routes up to date with an account that was made or changed its status. */
MUST_USE enum err channel__route(struct tx *tx, const struct channel_account *account);

/* ---- creating accounts ---- */

/* The body of POST /v1/channel-accounts, and the file of `tomato channel create`. */
struct channel_create {
    struct str channel;
    struct str name;
    int64_t merchant_id;
    struct str account_no;
    struct field_list methods; /* of struct str */
    int fund_mode;
    enum currency currency;
    int64_t priority;
    struct str base_url;
    struct str config;
    struct str credentials; /* plain; wiped by channel__prepare */
};
extern const struct field_set channel__create_set;

/* Checks everything that needs no transaction: the adapter's fields, the keys, the licence; seals
 * the credentials and makes the row to insert. A refusal names the field. */
MUST_USE enum err channel__prepare(struct app *app, struct arena *arena,
                                   const struct channel_create *body, struct channel_account *row,
                                   struct json_refusal *refusal);

struct str channel__seal_label(struct arena *arena, int64_t account_id);

struct channel_set_status {
    int64_t account_id;
    enum channel_status status;
};
struct channel_learn {
    int64_t account_id;
    struct str learned;
};
extern const struct command_kind channel__create_kind; /* arg and result struct channel_account */
extern const struct command_kind channel__set_status_kind; /* result struct channel_account */
extern const struct command_kind channel__learn_kind;

/* The account as the API shows it. */
struct channel_view {
    int64_t id;
    int64_t merchant_id;
    struct str channel;
    struct str name;
    struct str account_no;
    int status;
    struct field_list methods;
    int fund_mode;
    enum currency currency;
    int64_t priority;
    struct str base_url;
    struct str config;
    struct str notify_url;
    int64_t version;
    int64_t created_at;
    int64_t updated_at;
};
extern const struct field_set channel__view_set;
extern const struct route channel__routes[];
void channel__view(const struct app *app, struct arena *arena, const struct channel_account *row,
                   struct channel_view *out);
struct str channel__notify_url(const struct app *app, struct arena *arena, struct str channel,
                               int64_t account_id);

/* What became of asking the channel for an order that does not exist. */
struct channel_trial {
    int64_t id;
    bool ok;
    int outcome; /* enum channel_outcome */
    struct str error;
    struct str channel_code;
    struct str channel_message;
    struct str detail;
};
extern const struct field_set channel__trial_set;
/* account_id, arena, then and trace of the call are the caller's; as channel_call(). */
void channel__try(struct app *app, struct channel_call *call);
void channel__trial(const struct channel_call *call, struct channel_trial *out);

/* ---- opened accounts ---- */

/* An account with its keys opened: read-only, used by many calls at once, counted by the cache. */
struct channel_keys {
    int64_t account_id;
    const struct channel_adapter *adapter;
    void *opened;
    int64_t opened_at_ms;
    int64_t references; /* guarded by the cache's mutex */
};

struct channel_cache;
struct channel_cache *channel__cache_new(struct app *app);
void channel__cache_free(struct channel_cache *cache);
size_t channel__cache_count(struct channel_cache *cache);

/* A call's wish for the keys of an account. The caller owns it until then() has run, on the loop
 * that asked; keys (ERR_OK) are the caller's until channel__keys_release(). */
struct channel_keys_wait {
    struct app *app;
    int64_t account_id;
    void (*then)(struct channel_keys_wait *wait);
    void *ctx;

    struct channel_keys *keys;
    enum err err;

    struct channel_keys_wait *next; /* the rest is the cache's */
    struct loop *loop;
    struct task task;
};
/* then() runs before it returns when the keys are in the cache. */
void channel__keys_get(struct channel_keys_wait *wait);
/* Fetches the channel's keys anew and gives what the account opens to then; seen are the keys that
 * did not do. When it was tried a moment ago, or the channel does not answer, it gives the keys as
 * they are. wait may be NULL: in the background. */
void channel__keys_refresh(struct app *app, struct channel_keys *seen,
                           struct channel_keys_wait *wait);
void channel__keys_release(struct app *app, struct channel_keys *keys);

/* ---- calls ---- */

struct str channel__nonce(struct arena *arena);
/* Sets the deadlines and what else is the same for every call to a channel. */
void channel__call_defaults(const struct app *app, struct arena *arena, struct http_call *http);

/* POST /notify/{channel}/{account}. */
struct reply *channel__notify_handler(struct request *req);

extern struct metric channel_calls_metric, channel_call_seconds_metric, channel_callbacks_metric,
    channel_refreshes_metric;

struct channel_state {
    struct channel_cache *cache;
    void (*sink)(void *ctx, struct channel_notice *notice);
    void *sink_ctx;
};
struct channel_state *channel__state(const struct app *app);

#endif
