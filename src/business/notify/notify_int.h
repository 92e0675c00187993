/* Shared inside business/notify. */
#ifndef BUSINESS_NOTIFY_NOTIFY_INT_H
#define BUSINESS_NOTIFY_NOTIFY_INT_H

#include "base/time.h"
#include "business/merchant/merchant.h"
#include "business/notify/notify.h"
#include "platform/store/store_reply.h"

struct notify_delivery {
    int64_t id;
    int64_t event_id;
    int64_t merchant_id;
    int64_t endpoint_id; /* whose secret signs it */
    struct str url;      /* instead of the endpoint's; empty: the endpoint's */
    struct str type;
    enum notify_status status;
    int64_t attempts;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t last_status; /* HTTP, 0: no answer */
    struct str last_error;
};

/* A delivery that is still to be made: small rows that come and go, so that finished deliveries
 * cost the search for due ones nothing. */
struct notify_pending {
    int64_t id;   /* the delivery's */
    int64_t lane; /* what shares an in-flight cap: the endpoint, or a hash of the URL */
    int64_t endpoint_id;
    int64_t event_id;
    int64_t attempts;
    int64_t due_at_ms;
};

struct notify_attempt {
    int64_t id;
    int64_t delivery_id;
    int64_t number;
    int64_t created_at_ms;
    int64_t status; /* HTTP, 0: no answer */
    struct str error;
    int64_t duration_us;
    struct str response; /* the beginning of the answer */
};

extern const struct table notify__delivery_table;
extern const struct table notify__pending_table;
extern const struct table notify__attempt_table;
extern const struct store_part notify__store;
extern const struct migration notify__migrations[5];
extern const struct subscriber notify__subscriber;
extern const struct route notify__routes[];
extern struct metric notify__attempts_metric;
extern struct metric notify__pending_metric;

enum { NOTIFY_RESPONSE_MAX = 256, NOTIFY_ERROR_MAX = 64 };

/* What came of one attempt. */
struct notify_result {
    int64_t delivery_id;
    int64_t status;
    enum err err; /* ERR_OK: there was an answer */
    int64_t duration_us;
    int64_t retry_after_ms; /* the receiver's Retry-After, 0: none */
    int64_t jitter;         /* 0 … 999,999 millionths of the 20 % a retry may be late; random */
    struct str response;
};
extern const struct command_kind notify__result_kind;

struct notify_resend {
    int64_t delivery_id;
    int64_t merchant_id;
};
extern const struct command_kind notify__resend_kind; /* result: struct notify_delivery */

/* Reading. Pending rows in the order of their ids, after after_id. */
MUST_USE enum err notify__read_pending(struct reader *reader, int64_t after_id, int64_t limit,
                                       struct arena *arena, struct notify_pending **out,
                                       size_t *count);
struct notify_filter {
    int64_t merchant_id;
    int64_t before_id; /* older ones only */
    int64_t limit;
};
MUST_USE enum err notify__read_deliveries(struct reader *reader, const struct notify_filter *filter,
                                          struct arena *arena, struct notify_delivery **out,
                                          size_t *count);
MUST_USE enum err notify__read_attempts(struct reader *reader, int64_t delivery_id,
                                        struct arena *arena, struct notify_attempt **out,
                                        size_t *count);

struct notify_sender;
struct notify_sender *notify__sender_new(struct app *app, unsigned loop);
void notify__sender_free(struct notify_sender *sender);
/* Hands new or moved pending rows to the sender of their lane; any thread. */
void notify__sender_add(struct notify_sender *sender, const struct notify_pending *rows,
                        size_t count);
/* The endpoint changed: read it again. Any thread. */
void notify__sender_forget(struct notify_sender *sender, int64_t endpoint_id);

struct notify_sorter;
struct notify_state {
    struct app *app;
    struct notify_sorter *sorter; /* of the store's thread */
    struct notify_sender *senders[APP_LOOPS_MAX];
    struct thread *loader; /* reads what was pending at the start */
};

#endif
