/* What an adapter is: the translation between our orders and one payment channel's protocol.
 *
 * An adapter is a table of facts (what the channel can do) and pure functions: they build the text
 * of a request, judge the text of an answer or of a callback, and read no clock, draw no random
 * number and do no I/O. The engine (channel_call.c, channel_callback.c) does all that. An adapter
 * never sees a payment.
 *
 * To add a channel, copy mock/, which explains each part, and list the adapter below and in
 * channel_adapters.c. docs/channels.md is the guide. */
#ifndef BUSINESS_CHANNEL_CHANNEL_ADAPTER_H
#define BUSINESS_CHANNEL_CHANNEL_ADAPTER_H

#include "base/crypto.h"
#include "base/json.h"
#include "platform/http/client.h"

/* The adapters there are; each is defined in the folder of its name. */
extern const struct channel_adapter channel_mock_adapter;
extern const struct channel_adapter channel_wechat_adapter;

enum {
    CHANNEL_ORDER_NO_MAX = 32,    /* letters and digits only: every channel takes them */
    CHANNEL_NONCE_LEN = 32,       /* upper-case hex of the engine's random bytes */
    CHANNEL_EVIDENCE_LEN = 64,    /* hex SHA-256 */
    CHANNEL_BODY_MAX = 16 * 1024, /* a request's body; the largest of our fields is the subject */
};

/* What is asked of a channel. Bits, so that tables can name sets of them. */
enum channel_op {
    CHANNEL_OP_CREATE = 1, /* place the order; gives the QR code. Sent again, identical, it gives
                              the same order */
    CHANNEL_OP_QUERY = 2,
    CHANNEL_OP_CLOSE = 4,
};

/* One order at a channel; everything a channel may want to know of it. */
struct channel_order {
    struct str order_no; /* ours, 8 … 32 letters and digits, unique for ever */
    struct amount amount;
    enum currency currency;
    struct str subject;    /* 1 … 127 characters */
    struct str method;     /* "wechat_native" */
    struct str notify_url; /* set by the engine; no query string */
    int64_t created_at_ms;
    int64_t expires_at_ms; /* the channel takes no money after it */
    struct str payer_ip;   /* may be empty */
};

/* What a channel's answer means for the order. Only the first five are statements of the channel,
 * verified by its signature. */
enum channel_outcome {
    CHANNEL_PENDING = 1, /* the order is there and not paid; after CREATE with its QR code */
    CHANNEL_SUCCEEDED,   /* paid */
    CHANNEL_CLOSED,      /* closed unpaid: no money can move under this order number any more */
    CHANNEL_FAILED,      /* CREATE only: refused for good, no money can move under this number */
    CHANNEL_NOT_FOUND,   /* the channel knows no such order (it may yet, while a CREATE is on its
                            way) */
    CHANNEL_UNKNOWN,     /* no answer, or none that can be believed: anything may have happened */
    CHANNEL_NOT_SENT,    /* certainly nothing reached the channel */
};

/* Why an order was declined, in our words: stable, the same for all channels. The first column is
 * stored and never renumbered; the name is the public code. */
#define CHANNEL_DECLINES(X)                                                                        \
    X(1, INSUFFICIENT_FUNDS, "insufficient_funds", "contact_payer")                                \
    X(2, PAYER_PROCESSING, "payer_processing", "retry_later")                                      \
    X(3, PAYER_ACCOUNT_RESTRICTED, "payer_account_restricted", "contact_payer")                    \
    X(4, BANK_DECLINED, "bank_declined", "change_method")                                          \
    X(5, LIMIT_EXCEEDED_CHANNEL, "limit_exceeded_channel", "contact_channel")                      \
    X(6, ORDER_PAID, "order_paid", "do_not_retry")                                                 \
    X(7, ORDER_CLOSED, "order_closed", "do_not_retry")                                             \
    X(8, ORDER_NOT_FOUND, "order_not_found", "do_not_retry")                                       \
    X(9, DUPLICATE_ORDER, "duplicate_order", "do_not_retry")                                       \
    X(10, MERCHANT_NOT_PERMITTED, "merchant_not_permitted", "contact_channel")                     \
    X(11, CHANNEL_CONFIG_ERROR, "channel_config_error", "contact_channel")                         \
    X(12, CHANNEL_SIGNATURE_ERROR, "channel_signature_error", "contact_channel")                   \
    X(13, CHANNEL_UNAVAILABLE, "channel_unavailable", "retry_later")                               \
    X(14, CHANNEL_TIMEOUT, "channel_timeout", "retry_later")                                       \
    X(15, CHANNEL_RATE_LIMITED, "channel_rate_limited", "retry_later")                             \
    X(16, UNMAPPED, "unmapped", "contact_channel")

enum channel_decline {
    DECLINE_NONE = 0,
#define CHANNEL_DECLINE_ENUM(number, name, code, advice) DECLINE_##name = (number),
    CHANNEL_DECLINES(CHANNEL_DECLINE_ENUM)
#undef CHANNEL_DECLINE_ENUM
};
const char *channel_decline_code(enum channel_decline decline);   /* NULL for DECLINE_NONE */
const char *channel_decline_advice(enum channel_decline decline); /* of the error object */

/* What the channel said, or why nothing can be concluded. Strings live in the call's arena. */
struct channel_result {
    enum channel_outcome outcome;
    struct str order_no;       /* the channel's word for it; checked against the one asked */
    struct str qr;             /* PENDING after CREATE: the text of the QR code */
    struct str transaction_no; /* the channel's number, once paid */
    struct amount amount;      /* what the payer was asked for, as the channel says; 0: not said */
    enum currency currency;
    struct str account_no; /* the merchant number the channel names; empty: not said */
    int64_t paid_at_ms;
    struct str payer_id; /* the payer as the channel names them */
    struct str bank_type;
    struct str code;    /* the channel's own code and message of a refusal */
    struct str message; /* may come from an unverified answer: for people, never for decisions */
    enum channel_decline decline;
    struct str evidence; /* hex SHA-256 of the signed text; empty when nothing was verified */
    int status;          /* HTTP; 0 when there was no answer */
    enum err err;        /* UNKNOWN or NOT_SENT: ours, why */
    struct str detail;   /* a sentence for the log */
};

/* Whether a text that came in may be believed. */
enum channel_trust {
    CHANNEL_TRUSTED = 1, /* verified; the result is filled in */
    CHANNEL_UNTRUSTED,   /* broken, stale, unsigned or wrongly signed; result.detail says why */
    CHANNEL_KEY_UNKNOWN, /* signed with a key we do not have: refresh and judge again */
};

/* What an adapter opens into a keys object. Nothing here outlives open(). */
struct channel_open {
    struct str account_no;
    struct str base_url;
    const void *config;      /* struct of adapter->config */
    const void *credentials; /* struct of adapter->credentials; wiped after open() */
    struct str learned;      /* what refresh_answer() last gave; empty at first */
};

/* One request to be built, or whose answer is judged. */
struct channel_ask {
    enum channel_op op;
    const struct channel_order *order;
    int64_t now_ms;   /* of sending, or of judging */
    struct str nonce; /* CHANNEL_NONCE_LEN random characters */
};

/* A callback as it came in. headers: those of adapter->callback_headers, in that order. */
struct channel_callback {
    const struct http_header *headers;
    size_t header_count;
    struct str target; /* path?query as received */
    struct str body;   /* byte-exact */
    int64_t now_ms;
};

/* What the channel is told about its callback. */
struct channel_callback_reply {
    int status;
    const char *content_type; /* NULL with an empty body */
    struct str body;
};

struct channel_method {
    const char *name;        /* NULL ends the list */
    const char *next_action; /* what the payer does next: "qr_code" */
};

struct channel_adapter {
    const char *name; /* one word: the account's channel, the URL's /notify/{name}/… */

    /* Capabilities. */
    const struct channel_method *methods;
    unsigned operations;             /* set of enum channel_op */
    const enum currency *currencies; /* ended by CURRENCY_NONE */
    struct amount amount_min, amount_max;
    size_t order_no_min, order_no_max;
    int64_t expiry_max_ms;          /* the longest an order may stay open */
    const char *base_url;           /* the default; NULL: an account must give one */
    const struct field_set *config; /* public part of an account */
    size_t config_size;
    const struct field_set *credentials; /* secret part */
    size_t credentials_size;
    const char *const *callback_headers; /* NULL-ended */

    /* Makes the keys object (read-only from then on, used by many threads). A refusal names the
     * field as "config.…" or "credentials.…". */
    enum err (*open)(const struct channel_open *in, void **opened, struct json_refusal *refusal);
    void (*close)(void *opened);

    /* Fills method, url, headers and body of the call. They may point into the order, the ask and
     * what was opened: all three stay until the answer is judged. */
    void (*request)(struct arena *arena, const void *opened, const struct channel_ask *ask,
                    struct http_call *out);
    /* Judges a complete answer, whatever its status. TRUSTED: the outcome is set, UNKNOWN
     * included. A 5xx or 429 is the engine's: it is never passed in. */
    enum channel_trust (*answer)(struct arena *arena, const void *opened,
                                 const struct channel_ask *ask, const struct http_call *in,
                                 struct channel_result *out);
    enum channel_trust (*callback)(struct arena *arena, const void *opened,
                                   const struct channel_callback *in, struct channel_result *out);
    /* err ERR_OK: taken in and durable. Otherwise the channel shall deliver again. */
    void (*callback_reply)(struct arena *arena, enum err err, struct channel_callback_reply *out);

    /* Keys fetched from the channel; all three NULL when there are none. What refresh_answer gives
     * is stored and handed to open() from then on. */
    bool (*refresh_due)(const void *opened, int64_t now_ms);
    void (*refresh_request)(struct arena *arena, const void *opened, const struct channel_ask *ask,
                            struct http_call *out);
    enum err (*refresh_answer)(struct arena *arena, const void *opened,
                               const struct channel_ask *ask, const struct http_call *in,
                               struct str *learned);
};

/* ---- helpers for adapters ---- */

/* Fills the refusal and returns err: return channel_refuse(refusal, ERR_CRYPTO_KEY, "config.x",
 * ""). */
enum err channel_refuse(struct json_refusal *refusal, enum err err, const char *param,
                        const char *detail);

/* Value of a header, names compared without case; empty when absent. */
struct str channel_header(const struct http_header *headers, size_t count, const char *name);
struct str channel_evidence(struct arena *arena, struct str signed_text); /* hex SHA-256 */
/* base URL + path, and the path as it is sent (after scheme and authority), for signing. */
struct str channel_url(struct arena *arena, struct str base_url, struct str path,
                       struct str *sent_path);
struct str channel_url_part(struct arena *arena, struct str text); /* percent-encoded */
/* A member of an answer: empty or 0 when it is missing or of another type. Answers are read by
 * name, not by a field set: a channel may add members at any time. */
struct str channel_json_text(struct arena *arena, const json_t *object, const char *name);
int64_t channel_json_int(const json_t *object, const char *name);
/* A request's body, printed by its field set. */
struct str channel_fields_text(struct arena *arena, const struct field_set *set, const void *value);

#endif
