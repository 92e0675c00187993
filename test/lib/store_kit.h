/* A small schema, one store on a database of its own, and short ways to drive both: for the tests
 * of platform/store. */
#ifndef TEST_LIB_STORE_KIT_H
#define TEST_LIB_STORE_KIT_H

#include "platform/store/store.h"

enum { KIT_QUEUE_MAX = 64, KIT_KEEP = 8 };

enum item_kind { ITEM_SMALL = 1, ITEM_BIG };

/* A row with a column of every type. */
struct item {
    int64_t id;
    int64_t owner;        /* unique */
    struct str name;      /* at most 60 characters */
    struct amount amount; /* 100 in kit_put */
    int64_t at_ms;
    enum item_kind kind;
    bool flag;
    enum currency currency;
    struct str data;
    struct str reference; /* unique unless empty; may change */
};

/* A row that stays in memory. */
struct keeper {
    int64_t id;
    int64_t total;
    struct str note;
};

/* Appended with a gap-free id; (source, step) is unique and rising. */
struct note {
    int64_t id;
    int64_t source;
    int64_t step;
    struct str text;
};

extern const struct table item_table, keeper_table, note_table;
extern const struct store_part kit_part;

struct kit {
    struct arena *arena; /* what kit_get and the like return */
    char url[256];
    struct store_options options;
    struct store *store;
    struct loop *loop;
    struct app *app;
};

/* scheme: "sqlite" or "mysql"; a new, empty database. */
struct kit *kit_open(const char *scheme);
/* The same without opening the store: for tests that open it in their own way. */
struct kit *kit_new(const char *scheme);
void kit_close(struct kit *kit);
void kit_reopen(struct kit *kit); /* closes the store and opens it again */
void kit_start(struct kit *kit);  /* opens the store */

/* A program that has this store and nothing else; kit_close frees it. */
struct app *kit_app(struct kit *kit);

/* A command made of a function. */
struct kit_command {
    struct command command;
    enum err (*run)(struct tx *tx, void *ctx);
    void *ctx;
    int64_t prefetch_id; /* 0: none */
    int64_t prefetch_owner;
    struct kit_batch *batch;
};
enum err kit_run(struct kit *kit, enum err (*run)(struct tx *tx, void *ctx), const void *ctx);
/* Runs them in one batch, in order, and waits. */
void kit_batch(struct kit *kit, struct kit_command *commands, size_t count);
/* The same for commands of any kind; done and ctx are set here. */
void kit_batch_of(struct kit *kit, struct command *const *commands, size_t count);
/* Submits them and does not wait. */
void kit_submit(struct kit *kit, struct kit_command *commands, size_t count);
/* Submits them while the writer is held up; returns how many were refused with ERR_STORE_BUSY. */
size_t kit_flood(struct kit *kit, struct kit_command *commands, size_t count);

void kit_put(struct kit *kit, int64_t id, const char *name); /* owner = id */
enum err kit_get(struct kit *kit, int64_t id, struct item *item);
enum err kit_read_owner(struct kit *kit, int64_t owner, struct item *item);
enum err kit_keeper_get(struct kit *kit, int64_t id, struct keeper *keeper);
enum err kit_note_get(struct kit *kit, int64_t id, struct note *note);
int64_t kit_count(struct kit *kit); /* of items */
/* Several items by one question: by ids, or by owners. items[i] is NULL when there is none. */
enum err kit_get_each(struct kit *kit, const int64_t *ids, size_t count, const void **items);
enum err kit_find_each(struct kit *kit, const int64_t *owners, size_t count, const void **items);
/* Items with id >= from, by a query on a loop. */
enum err kit_query(struct kit *kit, int64_t min_commit_no, int64_t from, struct item **items,
                   size_t *count);

/* Inside a command. */
enum err kit_insert(struct tx *tx, int64_t id, int64_t owner, const char *name);
enum err kit_insert_named(struct tx *tx, int64_t id, int64_t owner, struct str name);
enum err kit_edit(struct tx *tx, int64_t id, struct item **item);
enum err kit_find(struct tx *tx, int64_t owner, const struct item **item);
enum err kit_find_reference(struct tx *tx, const char *reference, const struct item **item);
enum err kit_bump(struct tx *tx, void *ctx); /* amount + 1 of the item *(int64_t *)ctx */
void kit_note(struct tx *tx, const char *text);
void kit_note_keyed(struct tx *tx, const struct note *note);

#endif
