/* The store: commands in batches, one writer, many readers; SQLite or a MySQL-protocol server.
 *
 * All changes are commands. The shard's writer thread takes what waits in the queue, loads the rows
 * the commands want (prefetch), applies one command after the other to rows in memory, writes every
 * dirty row once, commits, and only then releases the answers. A command that is refused leaves no
 * trace: the transaction keeps the first image of each row the command touched and puts it back.
 * When more is waiting, a second thread writes and commits while the writer applies what comes
 * next; "the store's thread" is whichever of the two, never both at once.
 *
 *     submitted ──► queued ──► applied ──► flushed ──► committed ──► done(command)
 *                     │           └─ refused (no trace) ────────────────┘
 *                     └ queue full: ERR_STORE_BUSY at once
 *
 * apply() decides and changes rows; it does no I/O, reads no clock, answers nobody, and gives the
 * same result for the same inputs: a batch may be applied again when the database asks for it.
 * Memory of a batch is arena memory: a row pointer is valid until apply returns.
 *
 * Queries run on a small pool of read-only connections and never wait for the writer. */
#ifndef PLATFORM_STORE_STORE_H
#define PLATFORM_STORE_STORE_H

#include "platform/trace/trace.h"

/* ---- rows ---- */

enum column_type {
    COL_ID = 1,   /* int64_t, BIGINT */
    COL_INT,      /* int64_t, BIGINT */
    COL_AMOUNT,   /* struct amount, BIGINT */
    COL_TIME,     /* int64_t Unix ms, BIGINT */
    COL_ENUM,     /* a C enum, INT */
    COL_BOOL,     /* bool, INT 0/1 */
    COL_CURRENCY, /* enum currency, INT */
    COL_TEXT,     /* struct str, VARCHAR(size), UTF-8 */
    COL_BLOB,     /* struct str, VARBINARY(size) or BLOB */
};

struct column {
    const char *name;
    enum column_type type;
    size_t offset;
    uint32_t size; /* TEXT characters, BLOB bytes */
    bool fixed;    /* never changes after the insert: left out of UPDATE */
    bool optional; /* zero or empty is stored as NULL (needed in unique keys that may be empty) */
    const char *help;
};

/* COLUMN(struct payment, id, COL_ID, .help = "payment id"): the type first, then designators. */
#define COLUMN(type_, member_, ...)                                                                \
    {                                                                                              \
        .name = #member_, .offset = offsetof(type_, member_), .type = __VA_ARGS__                  \
    }

enum { UNIQUE_COLUMNS_MAX = 4, UNIQUES_MAX = 4 };

/* A unique key the store keeps in memory while a batch runs; the schema has the same UNIQUE index.
 * A key with an empty optional column takes part in no uniqueness. */
struct unique {
    const char *name;
    const char *columns[UNIQUE_COLUMNS_MAX]; /* NULL-ended; columns must be fixed or optional */
    bool rising; /* the first column, an integer, mostly grows: keys above the greatest one stored
                    are new, and need no look-up */
};

/* The one place that lists a table's columns. The first column is the primary key, a COL_ID. */
struct table {
    const char *name;
    size_t row_size;
    const struct column *columns;
    size_t column_count;
    struct unique uniques[UNIQUES_MAX];
    size_t unique_count;
    bool append_only; /* inserted once by tx_append, never changed or deleted; may be read and
                         found. The primary key must be new by construction: a sequence. */
    size_t keep;      /* rows the writer keeps in memory between batches; 0 = none */
};

/* ---- commands ---- */

struct store;
struct tx;
struct prefetch;

struct command_kind {
    const char *name; /* "payment.create", for logs and metrics */
    /* Optional. Names rows that apply will want; called in rounds 0, 1, 2 until a round
     * names nothing. What earlier rounds have named can be looked at with prefetch_peek. */
    void (*prefetch)(struct prefetch *pre, const void *arg, unsigned round);
    enum err (*apply)(struct tx *tx, const void *arg, void *result);
    size_t result_size; /* zeroed before each apply */
};

/* Owned by the submitter until done(). arg, and all it points to, must live as long. */
struct command {
    struct queue_node node;
    const struct command_kind *kind;
    const void *arg;
    void *result;                      /* result_size bytes, or NULL when that is 0 */
    struct arena *arena;               /* for strings in the result; NULL when it has none */
    const struct trace_context *trace; /* may be NULL */
    /* With a loop, done runs there; without, on the store's thread (and must not block). */
    void (*done)(struct command *command);
    struct loop *loop;
    void *ctx;
    struct task task;

    enum err err;
    int64_t commit_no;          /* of the batch, for read-your-write; 0 when refused */
    char param[JSON_PARAM_MAX]; /* field names of a refusal, see tx_refuse */
};

/* ERR_STORE_BUSY (queue full) or ERR_STOPPING: then done is not called. Besides what apply returns,
 * a command may answer ERR_STORE_DATABASE or ERR_STORE_CONFLICT (the database failed, or asked for
 * one repetition too many): then nothing of it has happened, and it may be sent again. */
MUST_USE enum err store_submit(struct store *store, struct command *command);
/* Submits and waits; for tools and tests, never on a loop or the writer. */
MUST_USE enum err store_run(struct store *store, const struct command_kind *kind, const void *arg,
                            void *result, struct arena *arena);

void prefetch_id(struct prefetch *pre, const struct table *table, int64_t id);
/* key: a row with the unique's columns filled in. */
void prefetch_unique(struct prefetch *pre, const struct table *table, unsigned unique,
                     const void *key);
const void *prefetch_peek(struct prefetch *pre, const struct table *table,
                          int64_t id); /* or NULL */
const void *prefetch_peek_unique(struct prefetch *pre, const struct table *table, unsigned unique,
                                 const void *key);

/* Reading and changing rows in apply. What was not prefetched is loaded on the spot: slower, never
 * wrong. ERR_STORE_NOT_FOUND when there is no such row. Any other error is apply's to return: the
 * database has failed, and the whole batch is repeated or answered ERR_STORE_DATABASE. */
MUST_USE enum err tx_get(struct tx *tx, const struct table *table, int64_t id, const void **row);
MUST_USE enum err tx_find(struct tx *tx, const struct table *table, unsigned unique,
                          const void *key, const void **row);
/* The row, writable: all columns but the fixed ones may be changed in place. New strings need to
 * live until apply returns. A unique key that another row has by then refuses the command with
 * ERR_STORE_DUPLICATE; rows may exchange their keys. What did not change is not written. */
MUST_USE enum err tx_edit(struct tx *tx, const struct table *table, int64_t id, void **row);
/* Copies the row in (strings too). ERR_STORE_DUPLICATE when its id or a unique key exists; ids
 * above all that are stored (tx_id makes them so) need no look-up. A row the schema refuses (too
 * long a text) answers ERR_STORE_DATABASE to its command and leaves the others of the batch alone.
 */
MUST_USE enum err tx_insert(struct tx *tx, const struct table *table, const void *row);
/* For append_only tables; never refused. Look its unique keys up first. */
void tx_append(struct tx *tx, const struct table *table, const void *row);
MUST_USE enum err tx_delete(struct tx *tx, const struct table *table, int64_t id);

int64_t tx_now_ms(const struct tx *tx);          /* one instant per batch */
int64_t tx_id(struct tx *tx);                    /* a new id */
struct arena *tx_arena(struct tx *tx);           /* the batch's; gone after apply */
struct str tx_keep(struct tx *tx, struct str s); /* copy into the command's arena, for results */
/* Copies row into out with its strings in the command's arena. */
void tx_result_row(struct tx *tx, const struct table *table, const void *row, void *out);
/* Next value of a named gap-free sequence kept by the shard, from 1: journal rows, events. Undone
 * with a refused command. Registered by the module as struct sequence. */
struct sequence {
    const char *name;
    const struct table *table; /* starts at MAX(primary key) + 1 */
};
int64_t tx_sequence(struct tx *tx, const struct sequence *sequence);
int64_t tx_sequence_next(struct tx *tx, const struct sequence *sequence); /* without taking it */
/* Sets command.param and returns err: return tx_refuse(tx, ERR_X, "amount"). */
enum err tx_refuse(struct tx *tx, enum err err, const char *param);
/* The trace context of the command, for event rows; may be NULL. */
const struct trace_context *tx_trace(const struct tx *tx);

/* ---- queries ---- */

struct reader; /* a read-only connection, for the time of one query. Every call sees what was
                  committed when it began; two calls may see different commits. */

/* Hand-written SQL of a *_store.c, in the portable subset; prepared at start-up on every
 * connection, so that a typo fails the start. "SELECT * FROM t …" is written with the columns of
 * `row` when the text begins with "SELECT :row FROM". */
struct statement {
    const char *name;
    const char *sql;
    const struct table *row; /* the result's shape; NULL: columns are read by number */
};

enum value_type { VALUE_TYPE_INT = 1, VALUE_TYPE_TEXT };
struct value {
    enum value_type type;
    int64_t number;
    struct str text;
};
#define VALUE_INT(n) ((struct value){VALUE_TYPE_INT, (n), {NULL, 0}})
#define VALUE_TEXT(s) ((struct value){VALUE_TYPE_TEXT, 0, (s)})

struct query {
    struct work work_; /* first, the store's; so is pool_ */
    struct reader_pool *pool_;
    void (*run)(struct query *query, struct reader *reader); /* on a reader's thread; sets err */
    void (*done)(struct query *query);                       /* on the loop */
    struct loop *loop;
    struct arena *arena;   /* results; not touched by the loop until done */
    int64_t min_commit_no; /* read-your-write: 0 = any */
    void *ctx;
    enum err err;
};
MUST_USE enum err store_query(struct store *store, struct query *query);
/* Runs on the calling thread with a reader of the pool; for tools, tests and subscribers. */
MUST_USE enum err store_read(struct store *store, void (*run)(void *ctx, struct reader *reader),
                             void *ctx);

/* Whether the database's own structures are sound: the pages of each table, and that its indexes
 * have its rows and no others. SQLite alone: a server of the MySQL protocol proves its pages by
 * their checksums whenever it reads them. For tools: reads everything once. */
enum { STORE_WRONG_MAX = 160 };
struct store_check {
    /* Optional: before each table. */
    void (*tell)(void *ctx, const char *table, size_t done, size_t all);
    void *ctx;
    bool checked;                /* false: not by us */
    char wrong[STORE_WRONG_MAX]; /* the first thing found wrong, with its table; empty: nothing */
};
MUST_USE enum err store_check(struct store *store, struct store_check *check);

MUST_USE enum err reader_get(struct reader *reader, const struct table *table, int64_t id,
                             struct arena *arena, void *row);
MUST_USE enum err reader_find(struct reader *reader, const struct table *table, unsigned unique,
                              const void *key, struct arena *arena, void *row);
/* Several rows by one question, not one each: rows[i] is that of ids[i] or keys[i], which must
 * differ, or NULL when there is none. */
MUST_USE enum err reader_get_each(struct reader *reader, const struct table *table,
                                  const int64_t *ids, size_t count, struct arena *arena,
                                  const void **rows);
struct reader_keys {
    const struct table *table;
    unsigned unique;
    const void *const *keys; /* rows with the unique's columns filled in, none of them empty */
    size_t count;
};
MUST_USE enum err reader_find_each(struct reader *reader, const struct reader_keys *keys,
                                   struct arena *arena, const void **rows);
/* All result rows of a statement with .row, as an array in the arena. */
MUST_USE enum err reader_rows(struct reader *reader, const struct statement *statement,
                              const struct value *values, size_t value_count, struct arena *arena,
                              void **rows, size_t *count);
/* The first row of a statement without .row: integers (NULL is 0). ERR_STORE_NOT_FOUND: no row. */
MUST_USE enum err reader_ints(struct reader *reader, const struct statement *statement,
                              const struct value *values, size_t value_count, int64_t *out,
                              size_t out_count);

/* ---- opening ---- */

/* Append-only; one statement each, written with MySQL types (rewritten for SQLite, see
 * docs/style.md). Recorded one by one, so an interrupted upgrade goes on where it stopped. */
struct migration {
    const char *name; /* "payment.001_create": unique, never changed */
    const char *sql;
};

/* What a batch did to a table, told on the store's thread once it is durable and before the
 * answers are released: for live subscribers and caches. The rows are the batch's: copy what is
 * kept, hand over, never block. Watch before the first command. */
enum store_change_kind { STORE_INSERTED = 1, STORE_UPDATED, STORE_DELETED };
struct store_change {
    enum store_change_kind kind;
    int64_t id;
    const void *row; /* as it is now; for STORE_DELETED as it was */
};
void store_watch(struct store *store, const struct table *table,
                 void (*seen)(void *ctx, const struct store_change *changes, size_t count),
                 void *ctx);

struct store_part { /* what one module brings */
    const struct table *const *tables;
    size_t table_count;
    const struct table *const *shapes; /* of statements' results that are rows of no table */
    size_t shape_count;
    const struct migration *migrations;
    size_t migration_count;
    const struct statement *const *statements;
    size_t statement_count;
    const struct sequence *const *sequences;
    size_t sequence_count;
};

struct store_options {
    struct str url; /* "sqlite:/path/tomato.db" or "mysql://user:password@host:port/database", the
                       parts percent-encoded; several of host:port with commas between them are the
                       nodes of a cluster: the first that is ready is used */
    struct str reader_url; /* empty: the same */
    size_t queue_max;      /* waiting commands; 0 = 65,536 */
    size_t batch_max;      /* 0 = 512 */
    size_t flight_min;     /* from so many commands on, a batch is worth handing over; 0 = 128 */
    unsigned checkpoint_pages; /* SQLite: the WAL is written back from so many on; 0 = 32,768, which
                                  are 64 MiB */
    int64_t linger_us; /* how long a batch waits for company when the queue is short; 0 = none */
    unsigned readers;  /* 0 = 2 */
    unsigned node;     /* of the ids, 0 … 1023 */
    int64_t lease_ms;  /* MySQL: a writer that cannot renew for so long stops; 0 = 5,000 */
    int64_t wait_ms;   /* for another writer to go; 0: as store_open says */
    const struct clock *clock;
    const struct store_part *parts;
    size_t part_count;
    bool migrate; /* bring the schema up to date first; otherwise an old schema refuses the start */
    bool read_only; /* readers alone, beside whoever writes: takes no lock and no lease, changes
                       nothing; only store_read and store_query may be used */
};

/* Opens, takes the lock or the lease, migrates, prepares every statement, starts the writer. detail
 * (may be NULL) gets a sentence on failure. While another writer holds the file it waits lease_ms,
 * for a lease three times as long (one that died keeps it for lease_ms), then ERR_STORE_FENCED: a
 * standby calls it again, with a wait of its choice. A failed commit that may have lost writes
 * (fsync, lease lost) stops the process: never a retry on the same file. */
MUST_USE enum err store_open(const struct store_options *options, struct store **out,
                             char detail[256]);
/* Refuses new commands and queries with ERR_STOPPING, commits what waits and answers what was
 * asked. For a program whose loops may still ask while they are stopped. */
void store_stop(struct store *store);
void store_close(struct store *store); /* stops and closes; nobody may use it any more */
int64_t store_commit_no(const struct store *store);
/* Above all primary keys there were when the store was opened, also when the clock has been set
 * back. Any thread. */
int64_t store_new_id(struct store *store, int64_t now_ms);

extern struct metric store_batches_metric, store_commands_metric, store_queue_metric,
    store_commit_metric, store_batch_size_metric;

/* ---- fault injection (tests): fails the n-th call of the database ----
 * A fault at begin, load, lease or flush rolls the batch back and answers every command of it
 * ERR_STORE_DATABASE: nothing has happened. A fault at commit stops the process, as a failed fsync
 * does. */
void store_fault_at(int64_t nth); /* 0 = never; counts begin, load, lease, flush, commit calls */
int64_t store_fault_calls(void);  /* calls counted since store_fault_at */

#endif
