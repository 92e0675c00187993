#include "test/lib/ledger_kit.h"
#include "test/lib/folder.h"
#include "test/lib/mariadb.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- opening ---- */

static int64_t books_now(void *ctx)
{
    return counter_get(&((struct books *)ctx)->now_ms);
}

static void start(struct books *books)
{
    char detail[256];

    if (store_open(&books->options, &books->store, detail) != ERR_OK) {
        (void)fprintf(stderr, "store_open: %s\n", detail);
        abort();
    }
    ledger_watch(books->store);
}

struct books *books_open(const char *scheme)
{
    return books_open_with(scheme, NULL, 0);
}

struct books *books_open_with(const char *scheme, const struct store_part *const *more,
                              size_t count)
{
    struct books *books = mem_new(sizeof(*books));
    char folder[200];

    if (strcmp(scheme, "mysql") == 0) {
        (void)snprintf(books->url, sizeof(books->url), "%s", test_mariadb_fresh_url());
    } else {
        test_folder(folder, sizeof(folder), "books");
        (void)snprintf(books->url, sizeof(books->url), "sqlite:%s/tomato.db", folder);
    }
    CHECK(count + 2 <= ARRAY_LEN(books->parts));
    books->parts[0] = ledger_part;
    books->parts[1] = timer_part;
    for (size_t i = 0; i < count; i++) {
        books->parts[i + 2] = *more[i];
    }
    books->arena = arena_new();
    books->next_no = 1;
    counter_set(&books->now_ms, BOOKS_START_MS);
    books->clock = (struct clock){.now_ms = books_now, .ctx = books};
    books->options = (struct store_options){
        .url = str_of(books->url),
        .clock = &books->clock,
        .parts = books->parts,
        .part_count = count + 2,
        .migrate = true,
    };
    start(books);
    return books;
}

void books_reopen(struct books *books)
{
    store_close(books->store);
    start(books);
}

static void remove_files(const char *url)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    const char *path = url + strlen("sqlite:");
    char name[300];

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(strrchr(path, '/') - path), path);
    (void)rmdir(name);
}

static bool is_sqlite(const struct books *books)
{
    return strncmp(books->url, "sqlite:", strlen("sqlite:")) == 0;
}

void books_close(struct books *books)
{
    if (books->store != NULL) {
        store_close(books->store);
    }
    if (is_sqlite(books)) {
        remove_files(books->url);
    }
    arena_free(books->arena);
    mem_free(books);
}

static void sqlite_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *problem = NULL;

    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_busy_timeout(db, 5000) == SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK) {
        (void)fprintf(stderr, "%s: %s\n", sql, problem);
        abort();
    }
    CHECK(sqlite3_changes(db) > 0 || str_starts(str_of(sql), STR("ALTER ")));
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

void books_sql(struct books *books, const char *sql)
{
    if (is_sqlite(books)) {
        sqlite_sql(books->url + strlen("sqlite:"), sql);
    } else {
        (void)test_mariadb_sql(books->url, sql);
    }
}

/* ---- commands ---- */

static void command_done(struct command *command)
{
    signal_set(command->ctx);
}

enum err books_command(struct books *books, const struct command_kind *kind, const void *arg,
                       void *result)
{
    struct command command = {
        .kind = kind,
        .arg = arg,
        .result = result,
        .arena = books->arena,
        .done = command_done,
        .ctx = signal_new(),
    };

    CHECK(store_submit(books->store, &command) == ERR_OK);
    (void)signal_wait(command.ctx, -1);
    signal_free(command.ctx);
    memcpy(books->param, command.param, sizeof(books->param));
    return command.err;
}

struct books_function {
    enum err (*run)(struct tx *tx, void *ctx);
    void *ctx;
};

static enum err function_apply(struct tx *tx, const void *arg, void *result)
{
    const struct books_function *function = arg;

    (void)result;
    return function->run(tx, function->ctx);
}

enum err books_run(struct books *books, enum err (*run)(struct tx *tx, void *ctx), void *ctx)
{
    static const struct command_kind kind = {.name = "books.run", .apply = function_apply};
    const struct books_function function = {run, ctx};

    return books_command(books, &kind, &function, NULL);
}

int64_t books_account(struct books *books, int64_t owner_id, int64_t code, enum currency currency)
{
    const struct ledger_account_key key = {owner_id, code, currency};
    int64_t id = 0;

    CHECK(books_command(books, &ledger_account_kind, &key, &id) == ERR_OK);
    CHECK(id > 0);
    return id;
}

struct ledger_leg debit(int64_t account_id, int64_t amount)
{
    return (struct ledger_leg){
        .account_id = account_id, .side = LEDGER_DEBIT, .amount = AMOUNT(amount)};
}

struct ledger_leg credit(int64_t account_id, int64_t amount)
{
    return (struct ledger_leg){
        .account_id = account_id, .side = LEDGER_CREDIT, .amount = AMOUNT(amount)};
}

struct ledger_reference books_reference(struct books *books, enum ledger_operation operation)
{
    return (struct ledger_reference){LEDGER_SOURCE_OPERATOR, operation, books->next_no++};
}

enum err books_post(struct books *books, int64_t business_no, const struct ledger_leg *legs,
                    size_t leg_count, struct ledger_posted *posted)
{
    const struct ledger_post post = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER,
                      business_no == 0 ? books->next_no++ : business_no},
        .legs = legs,
        .leg_count = leg_count,
    };
    struct ledger_posted ignored;

    return books_command(books, &ledger_transfer_kind, &post, posted == NULL ? &ignored : posted);
}

enum err books_transfer(struct books *books, int64_t debit_id, int64_t credit_id, int64_t amount)
{
    const struct ledger_leg legs[] = {debit(debit_id, amount), credit(credit_id, amount)};

    return books_post(books, 0, legs, 2, NULL);
}

/* ---- queries ---- */

struct books_query {
    struct books *books;
    void (*run)(struct books *books, struct reader *reader, void *ctx);
    void *ctx;
};

static void query_run(void *ctx, struct reader *reader)
{
    const struct books_query *query = ctx;

    query->run(query->books, reader, query->ctx);
}

void books_read(struct books *books,
                void (*run)(struct books *books, struct reader *reader, void *ctx), void *ctx)
{
    struct books_query query = {books, run, ctx};

    CHECK(store_read(books->store, query_run, &query) == ERR_OK);
}

static void get_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_account *account = ctx;

    CHECK(ledger_read_account(reader, account->id, books->arena, account) == ERR_OK);
}

struct ledger_account books_get(struct books *books, int64_t account_id)
{
    struct ledger_account account = {.id = account_id};

    books_read(books, get_run, &account);
    return account;
}

struct ledger_proof books_prove(struct books *books)
{
    struct ledger_proof proof;

    CHECK(ledger_prove(books->store, NULL, NULL, &proof) == ERR_OK);
    return proof;
}

static void trial_run(struct books *books, struct reader *reader, void *ctx)
{
    CHECK(ledger_read_trial_balance(reader, 0, books->arena, ctx) == ERR_OK);
}

void books_assert_right(struct books *books)
{
    struct ledger_proof proof = books_prove(books);
    struct ledger_trial_balance trial;

    if (!proof.holds_true) {
        (void)fprintf(stderr, "%s\n", proof.wrong);
        abort();
    }
    books_read(books, trial_run, &trial);
    CHECK(trial.balanced);
}
