/* Shared inside platform/store: the writer's view of the rows, the transaction, the store. */
#ifndef PLATFORM_STORE_STORE_INT_H
#define PLATFORM_STORE_STORE_INT_H

#include "platform/store/store_driver.h"

/* ---- the row map ---- */

/* What the writer knows about a row (table, id) while a batch runs.
 *
 *     UNKNOWN ──load──► CLEAN ──edit──► DIRTY ──delete──► DELETED ──insert──► REPLACED
 *        └──────load──► ABSENT ──insert──► NEW ──delete──► UNKNOWN
 *
 * A key entry (is_key) stands for a unique key instead: UNKNOWN until looked up, then ABSENT; a
 * row that has the key takes its place. */
enum entry_state {
    ENTRY_UNKNOWN = 1,
    ENTRY_ABSENT,
    ENTRY_CLEAN,
    ENTRY_DIRTY,    /* stored, changed: to be updated */
    ENTRY_NEW,      /* to be inserted */
    ENTRY_DELETED,  /* stored, to be deleted; the row is as it was */
    ENTRY_REPLACED, /* stored, to be deleted and inserted anew */
};

struct entry {
    int64_t id;
    void *row;          /* as it is now; for key entries a row with the key's columns */
    struct entry *next; /* of those this batch made, newest first */
    uint64_t key_hash[UNIQUES_MAX];
    uint64_t edited;  /* the apply that keeps the row's image in its undo log */
    uint32_t has_key; /* bit u: in the map of unique u under key_hash[u] */
    enum entry_state state;
    bool is_key;
    bool wanted;   /* in the list of what is to be loaded */
    bool changed;  /* in the list of what may have to be written */
    bool kept;     /* came from the kept rows as it is */
    bool gave_key; /* changed a unique key it is stored with: see sort_out() */
    size_t place;  /* where among the kept rows it was found, if it was */
};

static inline bool entry_is_live(const struct entry *entry)
{
    return entry->state == ENTRY_CLEAN || entry->state == ENTRY_DIRTY ||
           entry->state == ENTRY_NEW || entry->state == ENTRY_REPLACED;
}

/* Open addressing; several entries may have one hash. */
struct map {
    struct map_slot {
        uint64_t hash;
        struct entry *entry; /* NULL: free */
    } * slots;
    size_t size; /* power of two, or 0 */
    size_t count;
};

void map__put(struct map *map, uint64_t hash, struct entry *entry);
/* The next entry with this hash; *at is 0 for the first and counts on. */
struct entry *map__next(const struct map *map, uint64_t hash, size_t *at);
void map__remove(struct map *map, uint64_t hash, const struct entry *entry);
void map__replace(struct map *map, uint64_t hash, const struct entry *old, struct entry *entry);
void map__clear(struct map *map);
void map__free(struct map *map);

/* A growing array of pointers. */
struct list {
    void **items;
    size_t count;
    size_t size;
};
void list__add(struct list *list, void *item);
void list__free(struct list *list);

enum { STORE_WATCHERS_MAX = 16 };

/* ---- rows kept between batches, packed ---- */

struct kept_row;
struct kept_index {
    struct kept_slot {
        uint32_t tag;   /* of the hash */
        uint32_t place; /* + 1; 0: free */
    } * slots;
    size_t size; /* power of two, or 0 */
    size_t count;
};

struct kept {
    const struct table_info *info;
    struct kept_row **rows; /* the clock's face: up to table->keep places */
    size_t count;
    size_t room;
    size_t hand;
    struct kept_index ids;
    struct kept_index keys[UNIQUES_MAX];
    unsigned char *scratch; /* a row being packed */
    size_t scratch_size;
    struct arena *arena; /* of a row being looked at */
};

void kept__init(struct kept *kept, const struct table_info *info);
void kept__free(struct kept *kept);
void kept__clear(struct kept *kept);
/* Copies in the arena, and the place they have; NULL: it is not kept. */
void *kept__get(struct kept *kept, struct arena *arena, int64_t id, size_t *place);
void *kept__find(struct kept *kept, struct arena *arena, unsigned unique, const void *key,
                 size_t *place);
/* A committed row, new or in the place of what was kept of it; may drop another. place: where it
 * was found, if it was; others may have moved since. */
void kept__put(struct kept *kept, const void *row, size_t place);
void kept__remove(struct kept *kept, int64_t id);

/* The writer's state of one table. */
struct tx_table {
    const struct table_info *info;
    struct map rows;
    struct map keys[UNIQUES_MAX];
    struct entry *made;  /* the entries of this batch, newest first */
    struct list changed; /* entries that may have to be written */
    struct list wanted;  /* entries to be loaded */
    struct list wanted_keys[UNIQUES_MAX];
    struct kept kept;
    int64_t greatest_id;           /* of the committed rows */
    int64_t greatest_id_new;       /* with those of this batch */
    int64_t greatest[UNIQUES_MAX]; /* the same for rising keys */
    int64_t greatest_new[UNIQUES_MAX];
};

/* A bijection, so that equal hashes are equal ids. */
uint64_t row__id_hash(int64_t id);
/* The entry of an id, of a kept row too; NULL: nothing is known. */
struct entry *row__find(struct tx *tx, struct tx_table *table, int64_t id);
/* The entry of an id, made UNKNOWN when there is none. */
struct entry *row__entry(struct tx *tx, struct tx_table *table, int64_t id);
/* The entry (of a row or of the key itself) that has key's value; NULL: nothing is known. */
struct entry *row__find_key(struct tx *tx, struct tx_table *table, unsigned unique,
                            const void *key);
/* The same; made as an UNKNOWN key entry when nothing is known. */
struct entry *row__key_entry(struct tx *tx, struct tx_table *table, unsigned unique,
                             const void *key);
/* Enters a live row under all its keys; the key must be free or held by a key entry. */
void row__add_keys(struct tx_table *table, struct entry *entry);
void row__drop_keys(struct tx_table *table, struct entry *entry);
/* A row came from the database. What the batch has made of it already stands. */
void row__loaded(struct tx *tx, struct tx_table *table, void *row);
/* The batch is applied: kept tables keep its rows, packed; everything else goes. */
void row__end_batch(struct tx_table *table);
/* The batch was rolled back: nothing is known any more. */
void row__forget(struct tx_table *table);
void row__free(struct tx_table *table);

/* ---- the transaction ---- */

/* What a step of an apply puts back when the command is refused. */
struct undo {
    struct tx_table *table;
    struct entry *entry;
    void *row;
    enum entry_state state;
    bool edit;    /* the row's bytes are kept: */
    size_t image; /* their offset in tx.images */
};

struct tx_sequence {
    const struct sequence *sequence;
    int64_t next;    /* as it is now */
    int64_t command; /* when the apply began */
    bool used;       /* by this apply */
};

/* What a batch has changed in one table. */
struct flush {
    int64_t *removes;
    void **updates;
    void **inserts;
    size_t remove_count;
    size_t update_count;
    size_t insert_count;
    struct entry **changed; /* those that may have to be written, for the watchers */
    size_t changed_count;
};

/* Commands that become durable together and, in the arena, what they have made of the rows. */
struct batch {
    struct command **commands;
    size_t count;
    struct arena *arena;
    int64_t *sequences;    /* where they stood when it began */
    struct flush *flushes; /* by table; NULL: nothing is to be written */
};

struct prefetch {
    struct tx *tx;
    bool asked; /* in this round, if only for what is in memory */
};

struct tx {
    struct store *store;
    const struct catalog *catalog;
    struct db *db;
    struct batch *batch;
    struct arena *arena; /* the batch's */
    struct tx_table *tables;
    struct tx_sequence *sequences;
    struct prefetch prefetch;
    enum db_status status; /* other than DB_OK: the attempt is over */
    int64_t now_ms;
    struct command *command;
    uint64_t apply_no;
    struct undo *undos;
    size_t undo_count, undo_size;
    size_t key_edits; /* of them, edits that may change a unique key */
    unsigned char *images;
    size_t images_used, images_size;
};

MUST_USE enum db_status tx__init(struct tx *tx, struct store *store, struct db *db);
/* Where sequences go on and rising keys stand: at the start, with nothing in memory. */
MUST_USE enum db_status tx__read_maxima(struct tx *tx);
void tx__free(struct tx *tx);
void tx__begin(struct tx *tx, struct batch *batch, int64_t now_ms);
/* Applies one command; its err is what apply returned. tx->status tells whether to go on. */
void tx__apply(struct tx *tx, struct command *command);
/* All is applied: the batch gets what it writes, memory goes on as if that was durable. */
void tx__end(struct tx *tx);
MUST_USE enum db_status tx__flush(const struct tx *tx, const struct batch *batch);
/* The batch, and with it any begun since, will not be durable. */
void tx__forget(struct tx *tx, const struct batch *batch);
struct tx_table *tx__table(struct tx *tx, const struct table *table);

/* Rounds of prefetching for a batch of commands. */
void prefetch__run(struct tx *tx, struct command *const *commands, size_t count);
/* Loads everything that is wanted. */
void prefetch__load(struct tx *tx);
void prefetch__want(struct tx *tx, struct tx_table *table, int64_t id);
void prefetch__want_key(struct tx *tx, struct tx_table *table, unsigned unique, const void *key);

/* ---- the store ---- */

struct watcher {
    const struct tx_table *table;
    void (*seen)(void *ctx, const struct store_change *changes, size_t count);
    void *ctx;
};

struct reader {
    struct store *store;
    struct db *db;
    struct reader *next; /* free ones */
};

struct reader_pool {
    struct store *store;
    struct workers *workers;
    struct mutex *mutex; /* guards free */
    struct signal *returned;
    struct reader *free;
    struct reader *readers;
    unsigned count;
    bool separate; /* on another server than the writer's */
};

/* The batch that the second thread makes durable while the writer applies the next one. */
struct flight {
    struct thread *thread;
    struct signal *go;
    struct signal *landed;
    struct batch *batch;   /* NULL: none, or with go: the end */
    bool known;            /* the writer has seen the outcome */
    enum db_status status; /* the outcome */
};

struct store {
    struct store_options options;
    struct arena *arena;
    struct catalog catalog;
    struct db *db; /* the writer's */
    struct queue *queue;
    struct thread *writer;
    struct tx tx;
    bool begun; /* a transaction on db */
    struct batch batches[2];
    struct flight flight;
    struct counter commit_no;
    struct mutex *ids_mutex;
    struct id_maker ids;
    struct mutex *watch_mutex; /* guards the watchers; held while they are told */
    struct watcher watchers[STORE_WATCHERS_MAX];
    size_t watcher_count;
    struct reader_pool readers;
};

void writer__init(struct store *store);
void writer__free(struct store *store);
void writer__run(void *store); /* the writer's thread */
/* Begins the batch's transaction if it has not begun, once the batch before is durable. With any
 * other status than DB_OK, one of the two has failed. */
MUST_USE enum db_status writer__begin(struct store *store);
void store__tell_watchers(struct store *store, const struct batch *batch);

MUST_USE enum err schema__migrate(struct store *store, char detail[256]);

MUST_USE enum err query__open_readers(struct store *store, char detail[256]);
void query__close_readers(struct store *store);

/* Counts a call of the database; true when it is the one to fail. */
bool fault__hit(void);

#endif
