/* Books under load, in process: accounts, and two-leg transfers as fast as the writer takes them.
 * For the benchmarks of the ledger. */
#ifndef TEST_LIB_LEDGER_LOAD_H
#define TEST_LIB_LEDGER_LOAD_H

#include "money/ledger/ledger.h"
#include "test/lib/figure.h"

enum load_shape {
    LOAD_ONE_HOT = 1, /* one account takes part in half of all transfers, the rest is uniform */
    LOAD_TWO_HOT,     /* two accounts take part in all */
    LOAD_UNIFORM,
    LOAD_EACH, /* one account after the other, so that none is left out */
};

struct ledger_load {
    enum load_shape shape;
    size_t batch;
    size_t account_count;
    char folder[64], url[300], path[128]; /* path: of an SQLite file, else empty */
    struct store *store;
    struct counter ahead_ms; /* of the store's clock before the real one */
    struct clock clock;
    int64_t *accounts;
    int64_t next_no;
    uint64_t random;
    struct transfer *transfers; /* a ring of those on their way */
    int64_t refused;            /* of the last run */
    struct samples batch_us;    /* time the writer took for each batch of the last run */
};

/* New books. url: "sqlite" for a file in a folder of its own, else a URL of an empty database. */
void load_open(struct ledger_load *load, const char *url, size_t batch, size_t account_count);
/* The books as they are in the folder, opened again; the transfers go on. */
void load_close(struct ledger_load *load);
void load_reopen(struct ledger_load *load);
void load_remove(struct ledger_load *load); /* closes, and removes the files */

/* Posts so many transfers, with up to four batches waiting at any time. */
struct usage load_run(struct ledger_load *load, int64_t transfers);
/* Transfers a second, the median of so many runs; *cpu_ns (may be NULL): of a transfer. */
int64_t load_rate(struct ledger_load *load, int64_t transfers, size_t runs, int64_t *cpu_ns);

/* Stops the program unless the books are right and have all transfers. */
void load_prove(struct ledger_load *load);
int64_t load_file_size(const struct ledger_load *load);
uint64_t load_chance(struct ledger_load *load);

#endif
