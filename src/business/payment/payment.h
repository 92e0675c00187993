/* Payments: what a merchant asks for, and what really happened at the channel.
 *
 * A payment is one merchant order; an attempt is one order at a channel for it. A payment is paid
 * only by a verified statement of the channel (answer, callback, query); a timeout, a 5xx, an
 * answer that cannot be believed is the state unknown, never failed.
 *
 *     processing ─► requires_action ─► succeeded        the payer paid
 *        │  ▲             │
 *        ▼  │             ├─► closing ─► closed         asked, or its time was over
 *      unknown ───────────┤
 *        └────────────────┴─► failed                    the channel refused for good
 *     any of them ─► conflicted                         paid, but another amount, currency or
 * merchant closed | failed ─► late success                   an event and the policy
 * payment.late_success: refund (stays closed, money to suspense) or accept (─► succeeded)
 *
 *     attempt: submitted ─► pending ─► succeeded | failed | closed, submitted | pending ⇄ unknown
 *
 * A change of state, the journal and the event row are in one batch. Every payment that is not
 * final has a durable timer, so that a kill at any instant is followed by the right next step. */
#ifndef BUSINESS_PAYMENT_PAYMENT_H
#define BUSINESS_PAYMENT_PAYMENT_H

#include "base/time.h"
#include "business/channel/channel.h"
#include "money/ledger/ledger.h"
#include "platform/module/module.h"

extern const struct module payment_module;

/* Stored; never renumbered. */
enum payment_status {
    PAYMENT_PROCESSING = 1,  /* on its way to the channel */
    PAYMENT_REQUIRES_ACTION, /* the payer's turn: the QR code is there */
    PAYMENT_UNKNOWN,         /* the channel's answer is missing; being asked */
    PAYMENT_CLOSING,         /* no longer wanted; the channel has not confirmed yet */
    PAYMENT_SUCCEEDED,
    PAYMENT_CLOSED,
    PAYMENT_FAILED,
    PAYMENT_CONFLICTED, /* paid, but not as asked; an operator decides */
};

enum payment_attempt_status {
    PAYMENT_ATTEMPT_SUBMITTED = 1,
    PAYMENT_ATTEMPT_PENDING,
    PAYMENT_ATTEMPT_UNKNOWN,
    PAYMENT_ATTEMPT_SUCCEEDED,
    PAYMENT_ATTEMPT_FAILED,
    PAYMENT_ATTEMPT_CLOSED,
};

enum payment_closed_reason { PAYMENT_CLOSED_BY_MERCHANT = 1, PAYMENT_CLOSED_EXPIRED };

enum { PAYMENT_CASHIER_SECRET_LEN = 20 };

struct payment {
    int64_t id;
    int64_t merchant_id;
    int64_t app_id;
    struct str merchant_order_no; /* unique per merchant, for ever */
    struct amount amount;
    enum currency currency;
    struct str method;
    struct str subject;
    struct str body;
    struct str attach;
    struct str metadata; /* JSON object, or empty */
    struct str notify_url;
    struct str return_url;
    struct str payer_ip;
    int64_t expires_in_s;      /* as asked; part of what a repeated create is compared with */
    struct str cashier_secret; /* second half of the cashier's token */
    int64_t channel_account_id;
    enum ledger_fund_mode fund_mode;
    int64_t contract_id;
    int64_t rate_id; /* of kind trade, that charged the fee; 0: the contract's first one did */
    int64_t fee_rate_millionths;
    struct amount fee;
    int64_t attempt_id; /* the latest */
    int64_t created_at_ms;
    int64_t expires_at_ms;
    /* What follows changes. */
    enum payment_status status;
    int64_t version; /* one more with each change; the sequence of its events */
    int64_t updated_at_ms;
    struct amount amount_received;
    struct str qr;
    struct str transaction_no; /* the channel's */
    struct str payer_id;
    struct str bank_type;
    int64_t succeeded_at_ms;    /* as the channel says */
    int64_t late_success_at_ms; /* paid after it was closed or failed */
    enum payment_closed_reason closed_reason;
    struct str error_code; /* decline code or what is in conflict */
    struct str error_message;
};

struct payment_attempt {
    int64_t id;
    int64_t payment_id;
    int64_t number; /* 1, 2, … of its payment */
    int64_t channel_account_id;
    int64_t created_at_ms;
    enum payment_attempt_status status;
    int64_t updated_at_ms;
    int64_t asked;           /* how often the channel was asked since the last news */
    struct str channel_code; /* the channel's own words */
    struct str channel_message;
    struct str evidence; /* hex SHA-256 of the signed text that decided */
};

extern const struct table payment_table;
extern const struct table payment_attempt_table;
extern const struct field_set payment_fields; /* prints struct payment_view */

/* The public form of a payment, made by payment_view_make and printed by payment_fields. */
struct payment_view {
    int64_t id;
    int64_t app_id;
    struct str merchant_order_no;
    struct amount amount;
    enum currency currency;
    struct str method;
    struct str subject;
    struct str body;
    struct str attach;
    struct str metadata;
    struct str notify_url;
    struct str return_url;
    enum payment_status status;
    struct amount amount_received;
    struct payment_view_fee {
        struct amount amount;
        int64_t rate_millionths;
        int64_t contract;
        int64_t rate;
    } fee;
    struct payment_view_channel {
        int64_t account;
        struct str transaction_id;
        struct str payer_id;
        struct str bank_type;
    } channel;
    struct payment_view_action {
        struct str type;
        struct str qr_code;
        struct str cashier_path;
        int64_t expires_at;
    } next_action;
    struct payment_view_error {
        struct str code;
        struct str message;
        struct str advice;
    } last_error;
    enum payment_closed_reason closed_reason;
    int64_t latest_attempt;
    int64_t created_at;
    int64_t updated_at;
    int64_t expires_at;
    int64_t succeeded_at;
    int64_t late_success_at;
    int64_t version;
};
void payment_view_make(struct arena *arena, const struct payment *payment,
                       struct payment_view *view);

const char *payment_status_name(enum payment_status status);
bool payment_is_final(enum payment_status status); /* conflicted included: only an operator acts */

/* The payment of a cashier's token, "<13 characters of the id><secret>". Compares in constant time:
 * ERR_PAYMENT_NOT_FOUND. */
MUST_USE enum err payment_read_by_token(struct reader *reader, struct str token,
                                        struct arena *arena, struct payment *out);
MUST_USE enum err payment_read(struct reader *reader, int64_t id, struct arena *arena,
                               struct payment *out);

/* ---- commands ---- */

/* Creates the payment and its first attempt, ready to be sent. The same order number with the same
 * content gives the first payment and existing; with other content ERR_PAYMENT_ORDER_CONFLICT and
 * the names of the fields. */
struct payment_create {
    int64_t merchant_id;
    int64_t app_id;
    struct str merchant_order_no;
    struct amount amount;
    enum currency currency;
    struct str method;
    struct str subject;
    struct str body;
    struct str attach;
    struct str metadata;
    struct str notify_url;
    struct str return_url;
    int64_t expires_in; /* seconds */
    struct payment_create_payer {
        struct str ip;
    } payer;
    struct str cashier_secret; /* made by the caller: random */
    bool collect_allowed;      /* merchant_collect_allowed() */
};
struct payment_change { /* result of every payment command */
    struct payment payment;
    bool existing; /* create: it was there before */
    bool resend;   /* the channel does not know the order: send it again */
    bool close;    /* close: the channel has still to confirm it */
};
extern const struct command_kind payment_create_kind;

/* A verified statement of the channel about an attempt, or the lack of one. Any number of them, in
 * any order, leads to the same books. */
enum payment_source {
    PAYMENT_SOURCE_SUBMIT = 1,
    PAYMENT_SOURCE_QUERY,
    PAYMENT_SOURCE_CALLBACK,
    PAYMENT_SOURCE_CLOSE
};
struct payment_evidence {
    int64_t attempt_id;
    int64_t account_id; /* whose statement it is: must be the attempt's */
    enum payment_source source;
    const struct channel_result *result;
    bool accept_late; /* the policy: payment.late_success = accept */
};
extern const struct command_kind payment_evidence_kind;

/* Wants it closed. Already final: ERR_PAYMENT_STATE, but for closed, which is ERR_OK. */
struct payment_close {
    int64_t payment_id;
    int64_t merchant_id; /* 0: any (expiry) */
    enum payment_closed_reason reason;
};
extern const struct command_kind payment_close_kind;

#endif
