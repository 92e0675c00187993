/* What a store knows about its tables and statements: fixed once the store is open, read by every
 * thread. */
#ifndef PLATFORM_STORE_CATALOG_H
#define PLATFORM_STORE_CATALOG_H

#include "platform/store/store.h"

struct unique_info {
    size_t columns[UNIQUE_COLUMNS_MAX]; /* by number */
    size_t column_count;
    bool changeable; /* a column is not fixed */
    bool rising;
};

struct table_info {
    const struct table *table;
    size_t number;       /* in catalog.tables */
    const size_t *texts; /* offsets of the struct str members */
    size_t text_count;
    struct unique_info uniques[UNIQUES_MAX];
    bool any_changeable; /* of the uniques */
    struct str name;     /* `payment` */
    struct str columns;  /* `id`, `merchant_id`, … */
};

struct statement_info {
    const struct statement *statement;
    const struct table_info *row; /* NULL: read by number */
    char *sql;                    /* with :row replaced */
};

struct catalog {
    struct arena *arena;
    struct table_info *tables; /* and, after them, shapes */
    size_t table_count;
    size_t shape_count;
    struct statement_info *statements;
    size_t statement_count;
    const struct sequence **sequences;
    size_t sequence_count;
    struct pointer_map {
        struct pointer_slot {
            const void *pointer;
            size_t number;
        } * slots;
        size_t mask;
    } numbers; /* of struct table, statement and sequence, by address */
};

MUST_USE enum err catalog__init(struct catalog *catalog, const struct store_part *parts,
                                size_t part_count, char detail[256]);
void catalog__free(struct catalog *catalog);
/* What these point at must have been given to store_open (CHECK). */
const struct table_info *catalog__table(const struct catalog *catalog, const struct table *table);
size_t catalog__statement(const struct catalog *catalog, const struct statement *statement);
size_t catalog__sequence(const struct catalog *catalog, const struct sequence *sequence);

/* ---- columns and rows ---- */

static inline bool column_is_text(const struct column *column)
{
    return column->type == COL_TEXT || column->type == COL_BLOB;
}

int64_t row__int(const struct column *column, const void *row);
void row__set_int(const struct column *column, void *row, int64_t value);
struct str row__text(const struct column *column, const void *row);
void row__set_text(const struct column *column, void *row, struct str text);
/* An optional column that is zero or empty. */
bool row__is_null(const struct column *column, const void *row);
bool row__column_equal(const struct column *column, const void *a, const void *b);

/* Strings are copied to the arena. */
void row__copy(struct arena *arena, const struct table_info *info, void *out, const void *row);

/* False when an optional column of the key is empty: then the row takes part in no uniqueness. */
bool row__has_key(const struct table_info *info, unsigned unique, const void *row);
bool row__key_equal(const struct table_info *info, unsigned unique, const void *a, const void *b);
uint64_t row__key_hash(const struct table_info *info, unsigned unique, const void *row);

/* ---- generated SQL; the texts end at a '?' list both databases understand ---- */

void sql__select(struct buf *buf, const struct table_info *info); /* SELECT … FROM t */
void sql__where_key(struct buf *buf, const struct table_info *info, unsigned unique);
void sql__insert(struct buf *buf, const struct table_info *info); /* INSERT INTO t (…) VALUES */
/* UPDATE t SET a = ?, … WHERE id = ?: every column that may change. */
void sql__update(struct buf *buf, const struct table_info *info);
size_t sql__changeable_count(const struct table_info *info);

#endif
