/* Books on a database of their own, and short ways to keep them: for the tests of money/ledger. */
#ifndef TEST_LIB_LEDGER_KIT_H
#define TEST_LIB_LEDGER_KIT_H

#include "money/ledger/ledger_int.h"

#define BOOKS_START_MS INT64_C(1763773200000) /* 2025-11-22T01:00:00Z, 09:00 in Shanghai */

struct books {
    struct arena *arena; /* what queries return */
    char url[256];
    struct counter now_ms; /* the store's clock */
    struct clock clock;
    struct store_options options;
    struct store_part parts[12];
    struct store *store;
    char param[JSON_PARAM_MAX]; /* of the last refusal */
    int64_t next_no;            /* business numbers */
};

/* scheme: "sqlite" or "mysql"; new, empty books. */
struct books *books_open(const char *scheme);
/* The same with the tables of further modules. */
struct books *books_open_with(const char *scheme, const struct store_part *const *more,
                              size_t count);
void books_close(struct books *books);
void books_reopen(struct books *books);
void books_sql(struct books *books, const char *sql); /* behind the ledger's back */

/* Runs a command and waits; the refusal's param is left in books->param. */
enum err books_command(struct books *books, const struct command_kind *kind, const void *arg,
                       void *result);
enum err books_run(struct books *books, enum err (*run)(struct tx *tx, void *ctx), void *ctx);

/* Opens an account; a merchant's payable (2241) has a floor of zero, the others have none. */
int64_t books_account(struct books *books, int64_t owner_id, int64_t code, enum currency currency);
/* The account as stored. */
struct ledger_account books_get(struct books *books, int64_t account_id);

struct ledger_leg debit(int64_t account_id, int64_t amount);
struct ledger_leg credit(int64_t account_id, int64_t amount);
/* Posts under a business number (0: a new one). */
enum err books_post(struct books *books, int64_t business_no, const struct ledger_leg *legs,
                    size_t leg_count, struct ledger_posted *posted);
/* Two legs, under a new business number. */
enum err books_transfer(struct books *books, int64_t debit_id, int64_t credit_id, int64_t amount);

struct ledger_reference books_reference(struct books *books, enum ledger_operation operation);

/* Queries, each with a reader of its own. */
void books_read(struct books *books,
                void (*run)(struct books *books, struct reader *reader, void *ctx), void *ctx);
struct ledger_proof books_prove(struct books *books);
void books_assert_right(struct books *books); /* proof and trial balance */

#endif
