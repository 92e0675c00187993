/* The simulator's own books: every order of every personality, and what became of it.
 *
 *     pending ──pay──► succeeded
 *        └────close──► closed
 *
 * A payer's refusal leaves an order pending, as it does at the channels: another try may follow.
 * Orders stay in memory, bounded by sim_ledger_options.orders_max; each change is appended to a
 * journal of JSON lines, from which the books are read again at the next start. */
#ifndef SIM_SIM_LEDGER_H
#define SIM_SIM_LEDGER_H

#include "sim/sim_merchant.h"
#include "sim/sim_schedule.h"

enum sim_status { SIM_PENDING = 1, SIM_SUCCEEDED, SIM_CLOSED };
extern const struct enum_name sim_status_names[];

enum { SIM_CONTENT_LEN = 16, SIM_TOKEN_LEN = 12, SIM_TRANSACTION_MAX = 29 };

struct sim_order {
    struct sim_event event; /* first: the payment that comes by itself, then the next callback */
    struct sim *sim;
    struct sim_merchant *merchant;
    uint64_t number; /* 1, 2, 3 … of all orders of this simulator */
    enum sim_status status;
    enum currency currency;
    struct amount amount;
    struct str order_no;
    struct str subject;
    struct str notify_url;
    struct str attach;
    int64_t created_ms;
    int64_t expires_ms; /* 0: never */
    int64_t paid_ms;
    int64_t closed_ms;
    unsigned char content[SIM_CONTENT_LEN]; /* digest of what was ordered, told apart by it */

    /* the callback */
    int64_t acknowledged_ms;
    uint32_t sent;
    uint32_t attempt; /* rows of the redelivery table used up */
    uint32_t declined;
    uint16_t in_flight;
    uint16_t to_send; /* waiting for a free delivery */
    uint16_t last_status;
    bool never_notified; /* by a fault */
    struct sim_order *next_waiting;

    struct sim_order *next_of_no; /* hash chain */
};

struct sim_order_create {
    struct sim_merchant *merchant;
    struct str order_no;
    struct amount amount;
    enum currency currency;
    struct str subject;
    struct str notify_url;
    struct str attach;
    int64_t expires_ms;
    int64_t now_ms;
    unsigned char content[SIM_CONTENT_LEN];
};

struct sim_ledger;
struct sim_ledger_options {
    struct sim *sim;
    struct str directory; /* holds journal.jsonl; made when missing */
    size_t orders_max;
    struct sim_merchants *merchants; /* those of the journal are set up again */
};
/* Reads the journal. problem tells what is wrong with the directory or the file. */
MUST_USE enum err sim_ledger_open(const struct sim_ledger_options *options, char problem[256],
                                  struct sim_ledger **out);
void sim_ledger_free(struct sim_ledger *ledger);

void sim_ledger_keep_merchant(struct sim_ledger *ledger, const struct sim_merchant *merchant);
/* The caller has looked for the order number; ERR_QUEUE_FULL when the books are full. */
MUST_USE enum err sim_order_create(struct sim_ledger *ledger, const struct sim_order_create *create,
                                   struct sim_order **out);
void sim_order_paid(struct sim_ledger *ledger, struct sim_order *order, int64_t now_ms);
void sim_order_closed(struct sim_ledger *ledger, struct sim_order *order, int64_t now_ms);
void sim_order_acknowledged(struct sim_ledger *ledger, struct sim_order *order, int64_t now_ms);

struct sim_order *sim_order_find(const struct sim_ledger *ledger,
                                 const struct sim_merchant *merchant, struct str order_no);
struct sim_order *sim_order_by_token(const struct sim_ledger *ledger, struct str token);
struct sim_order *sim_order_by_transaction(const struct sim_ledger *ledger, struct str text);
uint64_t sim_ledger_count(const struct sim_ledger *ledger);
struct sim_order *sim_ledger_order(const struct sim_ledger *ledger,
                                   uint64_t number); /* 1 … count */

/* What payers and merchants call the order by; both contain its number. */
void sim_order_token(const struct sim_order *order, char out[SIM_TOKEN_LEN + 1]);
void sim_order_transaction(const struct sim_order *order, char out[SIM_TRANSACTION_MAX]);

#endif
