/* Shared by the ledger and its journal. */
#ifndef SIM_SIM_LEDGER_INT_H
#define SIM_SIM_LEDGER_INT_H

#include "sim/sim_ledger.h"

struct sim_ledger {
    struct sim *sim;
    struct sim_merchants *merchants;
    struct sim_order **orders; /* by number - 1 */
    size_t count;
    size_t size;
    size_t orders_max;
    struct sim_order **table; /* by merchant and order number */
    size_t table_size;        /* a power of two */
    int journal;              /* file descriptor */
    struct buf line;
};

struct sim_order *sim_ledger__insert(struct sim_ledger *ledger,
                                     const struct sim_order_create *create);

MUST_USE enum err sim_journal__open(struct sim_ledger *ledger, struct str directory,
                                    char problem[256]);
void sim_journal__close(struct sim_ledger *ledger);
void sim_journal__merchant(struct sim_ledger *ledger, const struct sim_merchant *merchant);
void sim_journal__order(struct sim_ledger *ledger, const struct sim_order *order);
/* what: "paid", "closed", "acknowledged". */
void sim_journal__change(struct sim_ledger *ledger, const char *what, const struct sim_order *order,
                         int64_t at_ms);

#endif
