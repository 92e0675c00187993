/* One batch in memory: commands read and change rows here, a refused one is undone, and what is
 * left is written once. */
#include "platform/store/store_int.h"

enum db_status tx__init(struct tx *tx, struct store *store, struct db *db)
{
    const struct catalog *catalog = &store->catalog;

    *tx = (struct tx){.store = store, .catalog = catalog, .db = db};
    tx->prefetch.tx = tx;
    tx->tables = mem_new(catalog->table_count * sizeof(*tx->tables));
    tx->sequences = mem_new(catalog->sequence_count * sizeof(*tx->sequences));
    for (size_t i = 0; i < catalog->table_count; i++) {
        tx->tables[i].info = &catalog->tables[i];
        kept__init(&tx->tables[i].kept, &catalog->tables[i]);
    }
    for (size_t i = 0; i < catalog->sequence_count; i++) {
        tx->sequences[i].sequence = catalog->sequences[i];
    }
    return tx__read_maxima(tx);
}

void tx__free(struct tx *tx)
{
    for (size_t i = 0; i < tx->catalog->table_count; i++) {
        row__free(&tx->tables[i]);
    }
    mem_free(tx->tables);
    mem_free(tx->sequences);
    mem_free(tx->undos);
    mem_free(tx->images);
}

static enum db_status read_max(struct tx *tx, const struct table_info *info,
                               const struct column *column, int64_t *out)
{
    bool found;
    struct buf buf;
    enum db_status status;

    buf_init(&buf, 1024);
    buf_printf(&buf, "SELECT MAX(`%s`) FROM " STR_FMT, column->name, STR_ARG(info->name));
    buf_add_char(&buf, '\0');
    CHECK(buf_ok(&buf));
    status = tx->db->driver->select_int(tx->db, buf.ptr, out, &found);
    buf_free(&buf);
    return status;
}

static enum db_status read_table_maxima(struct tx *tx, struct tx_table *table)
{
    const struct table_info *info = table->info;
    const struct column *columns = info->table->columns;
    enum db_status status = read_max(tx, info, &columns[0], &table->greatest_id);

    table->greatest_id_new = table->greatest_id;
    for (unsigned i = 0; i < info->table->unique_count && status == DB_OK; i++) {
        if (info->uniques[i].rising) {
            status = read_max(tx, info, &columns[info->uniques[i].columns[0]], &table->greatest[i]);
            table->greatest_new[i] = table->greatest[i];
        }
    }
    return status;
}

enum db_status tx__read_maxima(struct tx *tx)
{
    enum db_status status = DB_OK;

    for (size_t i = 0; i < tx->catalog->table_count && status == DB_OK; i++) {
        status = read_table_maxima(tx, &tx->tables[i]);
        id_maker_raise(&tx->store->ids, tx->tables[i].greatest_id);
    }
    for (size_t i = 0; i < tx->catalog->sequence_count; i++) {
        struct tx_sequence *sequence = &tx->sequences[i];

        sequence->next = tx__table(tx, sequence->sequence->table)->greatest_id + 1;
    }
    return status;
}

struct tx_table *tx__table(struct tx *tx, const struct table *table)
{
    return &tx->tables[catalog__table(tx->catalog, table)->number];
}

void tx__begin(struct tx *tx, struct batch *batch, int64_t now_ms)
{
    arena_reset(batch->arena);
    batch->flushes = NULL;
    tx->batch = batch;
    tx->arena = batch->arena;
    tx->status = DB_OK;
    tx->now_ms = now_ms;
    for (size_t i = 0; i < tx->catalog->sequence_count; i++) {
        batch->sequences[i] = tx->sequences[i].next;
    }
}

void tx__forget(struct tx *tx, const struct batch *batch)
{
    for (size_t i = 0; i < tx->catalog->table_count; i++) {
        row__forget(&tx->tables[i]);
    }
    for (size_t i = 0; i < tx->catalog->sequence_count; i++) {
        tx->sequences[i].next = batch->sequences[i];
    }
}

/* ---- undo ---- */

static struct undo *undo_add(struct tx *tx, struct tx_table *table, struct entry *entry)
{
    struct undo *undo;

    if (tx->undo_count == tx->undo_size) {
        size_t size = tx->undo_size == 0 ? 64 : tx->undo_size * 2;

        tx->undos = mem_grow(tx->undos, tx->undo_size * sizeof(*undo), size * sizeof(*undo));
        tx->undo_size = size;
    }
    undo = &tx->undos[tx->undo_count++];
    *undo = (struct undo){.table = table, .entry = entry, .row = entry->row, .state = entry->state};
    return undo;
}

/* Keeps the row's first image of this apply. */
static void undo_add_edit(struct tx *tx, struct tx_table *table, struct entry *entry)
{
    size_t size = table->info->table->row_size;
    struct undo *undo = undo_add(tx, table, entry);

    if (tx->images_size - tx->images_used < size) {
        size_t grown = 2 * tx->images_size + size + 4096;

        tx->images = mem_grow(tx->images, tx->images_size, grown);
        tx->images_size = grown;
    }
    undo->edit = true;
    undo->image = tx->images_used;
    memcpy(tx->images + undo->image, entry->row, size);
    tx->images_used += size;
    tx->key_edits += table->info->any_changeable ? 1 : 0;
    entry->edited = tx->apply_no;
}

static void undo_all(struct tx *tx)
{
    for (size_t i = 0; i < tx->undo_count; i++) {
        row__drop_keys(tx->undos[i].table, tx->undos[i].entry);
    }
    for (size_t i = tx->undo_count; i-- > 0;) {
        struct undo *undo = &tx->undos[i];

        undo->entry->state = undo->state;
        undo->entry->row = undo->row;
        if (undo->edit) {
            memcpy(undo->row, tx->images + undo->image, undo->table->info->table->row_size);
        }
    }
    for (size_t i = 0; i < tx->undo_count; i++) {
        if (entry_is_live(tx->undos[i].entry)) {
            row__add_keys(tx->undos[i].table, tx->undos[i].entry);
        }
    }
    for (size_t i = 0; i < tx->catalog->sequence_count; i++) {
        if (tx->sequences[i].used) {
            tx->sequences[i].next = tx->sequences[i].command;
        }
    }
}

/* ---- finding ---- */

static enum err failed(const struct tx *tx)
{
    return tx->status == DB_OK ? ERR_OK : ERR_STORE_DATABASE;
}

/* The entry of an id, loaded; it may be absent. */
static enum err known_entry(struct tx *tx, struct tx_table *table, int64_t id, struct entry **out)
{
    struct entry *entry = row__find(tx, table, id);

    if (entry == NULL || entry->state == ENTRY_UNKNOWN) {
        TRY(failed(tx));
        prefetch__want(tx, table, id);
        prefetch__load(tx);
        TRY(failed(tx));
        entry = row__find(tx, table, id);
    }
    *out = entry;
    return ERR_OK;
}

static enum err live_entry(struct tx *tx, struct tx_table *table, int64_t id, struct entry **out)
{
    TRY(known_entry(tx, table, id, out));
    return entry_is_live(*out) ? ERR_OK : ERR_STORE_NOT_FOUND;
}

/* The live row that has the key, or NULL; looked up when nothing is known. */
static enum err key_holder(struct tx *tx, struct tx_table *table, unsigned unique, const void *key,
                           struct entry **out)
{
    struct entry *entry = row__find_key(tx, table, unique, key);

    if (entry == NULL || entry->state == ENTRY_UNKNOWN) {
        TRY(failed(tx));
        prefetch__want_key(tx, table, unique, key);
        prefetch__load(tx);
        TRY(failed(tx));
        entry = row__find_key(tx, table, unique, key);
    }
    *out = entry != NULL && entry_is_live(entry) ? entry : NULL;
    return ERR_OK;
}

static bool same_key(const struct tx_table *table, const struct entry *entry, unsigned unique)
{
    bool has_key = row__has_key(table->info, unique, entry->row);

    if (has_key != ((entry->has_key & 1U << unique) != 0)) {
        return false;
    }
    return !has_key || row__key_hash(table->info, unique, entry->row) == entry->key_hash[unique];
}

static void drop_changed_keys(struct tx_table *table, struct entry *entry)
{
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        if (table->info->uniques[i].changeable && (entry->has_key & 1U << i) != 0 &&
            !same_key(table, entry, i)) {
            map__remove(&table->keys[i], entry->key_hash[i], entry);
            entry->has_key &= ~(1U << i);
            entry->gave_key = true;
        }
    }
}

static enum err take_changed_keys(struct tx *tx, struct tx_table *table, struct entry *entry)
{
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        struct entry *other;

        if (table->info->uniques[i].changeable && !same_key(table, entry, i)) {
            TRY(key_holder(tx, table, i, entry->row, &other));
            if (other != NULL) {
                return ERR_STORE_DUPLICATE;
            }
        }
    }
    row__add_keys(table, entry);
    return ERR_OK;
}

/* Brings the key maps up to what this apply has written into rows. All old keys go before any new
 * one is taken, so that rows may hand keys on. */
static enum err settle_keys(struct tx *tx)
{
    if (tx->key_edits == 0) {
        return ERR_OK;
    }
    for (size_t i = 0; i < tx->undo_count; i++) {
        struct undo *undo = &tx->undos[i];

        if (undo->edit && undo->table->info->any_changeable && entry_is_live(undo->entry)) {
            drop_changed_keys(undo->table, undo->entry);
        }
    }
    for (size_t i = 0; i < tx->undo_count; i++) {
        struct undo *undo = &tx->undos[i];

        if (undo->edit && undo->table->info->any_changeable && entry_is_live(undo->entry)) {
            TRY(take_changed_keys(tx, undo->table, undo->entry));
        }
    }
    return ERR_OK;
}

enum err tx_get(struct tx *tx, const struct table *table, int64_t id, const void **row)
{
    struct entry *entry;

    TRY(live_entry(tx, tx__table(tx, table), id, &entry));
    *row = entry->row;
    return ERR_OK;
}

enum err tx_find(struct tx *tx, const struct table *table, unsigned unique, const void *key,
                 const void **row)
{
    struct tx_table *t = tx__table(tx, table);
    struct entry *entry;

    CHECK(unique < table->unique_count);
    if (!row__has_key(t->info, unique, key)) {
        return ERR_STORE_NOT_FOUND;
    }
    if (t->info->uniques[unique].changeable) {
        TRY(settle_keys(tx));
    }
    TRY(key_holder(tx, t, unique, key, &entry));
    if (entry == NULL) {
        return ERR_STORE_NOT_FOUND;
    }
    *row = entry->row;
    return ERR_OK;
}

/* ---- changing ---- */

static void add_changed(struct tx_table *table, struct entry *entry)
{
    if (!entry->changed) {
        entry->changed = true;
        list__add(&table->changed, entry);
    }
}

enum err tx_edit(struct tx *tx, const struct table *table, int64_t id, void **row)
{
    struct tx_table *t = tx__table(tx, table);
    struct entry *entry;

    CHECK(!table->append_only);
    TRY(live_entry(tx, t, id, &entry));
    if (entry->edited != tx->apply_no) {
        undo_add_edit(tx, t, entry);
    }
    *row = entry->row;
    return ERR_OK;
}

static void insert(struct tx *tx, struct tx_table *table, struct entry *entry, const void *row)
{
    void *copy = arena_alloc(tx->arena, table->info->table->row_size);

    row__copy(tx->arena, table->info, copy, row);
    (void)undo_add(tx, table, entry);
    entry->row = copy;
    entry->edited = 0;
    entry->state = entry->state == ENTRY_DELETED ? ENTRY_REPLACED : ENTRY_NEW;
    add_changed(table, entry);
    row__add_keys(table, entry);
    table->greatest_id_new =
        entry->id > table->greatest_id_new ? entry->id : table->greatest_id_new;
    for (unsigned i = 0; i < table->info->table->unique_count; i++) {
        const struct unique_info *unique = &table->info->uniques[i];

        if (unique->rising) {
            int64_t first = row__int(&table->info->table->columns[unique->columns[0]], copy);

            table->greatest_new[i] =
                first > table->greatest_new[i] ? first : table->greatest_new[i];
        }
    }
}

/* The entry of an id that is to be inserted. Ids grow with time: one above all that are stored
 * needs no look-up. */
static enum err free_entry(struct tx *tx, struct tx_table *table, int64_t id, struct entry **out)
{
    if (id > table->greatest_id) {
        *out = row__entry(tx, table, id);
    } else {
        TRY(known_entry(tx, table, id, out));
    }
    return entry_is_live(*out) ? ERR_STORE_DUPLICATE : ERR_OK;
}

enum err tx_insert(struct tx *tx, const struct table *table, const void *row)
{
    struct tx_table *t = tx__table(tx, table);
    int64_t id = row__int(&table->columns[0], row);
    struct entry *entry;
    struct entry *holder;

    CHECK(id > 0);
    TRY(free_entry(tx, t, id, &entry));
    TRY(settle_keys(tx));
    for (unsigned i = 0; i < table->unique_count; i++) {
        if (row__has_key(t->info, i, row)) {
            TRY(key_holder(tx, t, i, row, &holder));
            if (holder != NULL) {
                return ERR_STORE_DUPLICATE;
            }
        }
    }
    insert(tx, t, entry, row);
    return ERR_OK;
}

void tx_append(struct tx *tx, const struct table *table, const void *row)
{
    struct tx_table *t = tx__table(tx, table);
    struct entry *entry = row__entry(tx, t, row__int(&table->columns[0], row));

    CHECK(table->append_only);
    CHECK(entry->id > 0 && !entry_is_live(entry));
    insert(tx, t, entry, row);
}

enum err tx_delete(struct tx *tx, const struct table *table, int64_t id)
{
    struct tx_table *t = tx__table(tx, table);
    struct entry *entry;

    CHECK(!table->append_only);
    TRY(live_entry(tx, t, id, &entry));
    (void)undo_add(tx, t, entry);
    entry->state = entry->state == ENTRY_NEW ? ENTRY_UNKNOWN : ENTRY_DELETED;
    add_changed(t, entry);
    row__drop_keys(t, entry);
    return ERR_OK;
}

int64_t tx_sequence(struct tx *tx, const struct sequence *sequence)
{
    struct tx_sequence *s = &tx->sequences[catalog__sequence(tx->catalog, sequence)];

    if (!s->used) {
        s->used = true;
        s->command = s->next;
    }
    return s->next++;
}

int64_t tx_sequence_next(struct tx *tx, const struct sequence *sequence)
{
    return tx->sequences[catalog__sequence(tx->catalog, sequence)].next;
}

/* ---- the rest of what apply may ask ---- */

int64_t tx_now_ms(const struct tx *tx)
{
    return tx->now_ms;
}

int64_t tx_id(struct tx *tx)
{
    return store_new_id(tx->store, tx->now_ms);
}

struct arena *tx_arena(struct tx *tx)
{
    return tx->arena;
}

struct str tx_keep(struct tx *tx, struct str s)
{
    CHECK(tx->command->arena != NULL);
    return str_dup(tx->command->arena, s);
}

void tx_result_row(struct tx *tx, const struct table *table, const void *row, void *out)
{
    CHECK(tx->command->arena != NULL);
    row__copy(tx->command->arena, tx__table(tx, table)->info, out, row);
}

enum err tx_refuse(struct tx *tx, enum err err, const char *param)
{
    size_t len = strlen(param);

    CHECK(err != ERR_OK);
    len = len < JSON_PARAM_MAX ? len : JSON_PARAM_MAX - 1;
    memcpy(tx->command->param, param, len);
    tx->command->param[len] = '\0';
    return err;
}

const struct trace_context *tx_trace(const struct tx *tx)
{
    return tx->command->trace;
}

/* ---- applying ---- */

/* What an apply has written into a row: strings come to the batch's arena, a real change marks the
 * row for writing. */
static void settle_row(struct tx *tx, const struct undo *undo)
{
    const struct table_info *info = undo->table->info;
    struct entry *entry = undo->entry;
    const unsigned char *image = tx->images + undo->image;
    bool changed = false;

    if (memcmp(image, entry->row, info->table->row_size) == 0) {
        return;
    }
    for (size_t i = 0; i < info->table->column_count; i++) {
        const struct column *column = &info->table->columns[i];

        if (!row__column_equal(column, image, entry->row)) {
            CHECK(!column->fixed && i > 0);
            changed = true;
        }
    }
    if (!changed) {
        /* Written with what it was: new strings need not come to the batch's memory. */
        memcpy(entry->row, image, info->table->row_size);
        return;
    }
    for (size_t i = 0; i < info->text_count; i++) {
        struct str *text = (struct str *)(void *)((unsigned char *)entry->row + info->texts[i]);
        const struct str *old = (const struct str *)(const void *)(image + info->texts[i]);

        if (text->ptr != old->ptr) {
            *text = text->len == 0 ? STR("") : str_dup(tx->arena, *text);
        }
    }
    if (entry->state == ENTRY_CLEAN) {
        entry->state = ENTRY_DIRTY;
        add_changed(undo->table, entry);
    }
}

static enum err settle(struct tx *tx)
{
    TRY(settle_keys(tx));
    for (size_t i = 0; i < tx->undo_count; i++) {
        const struct undo *undo = &tx->undos[i];

        if (undo->edit && entry_is_live(undo->entry) && undo->entry->row == undo->row) {
            settle_row(tx, undo);
        }
    }
    return ERR_OK;
}

void tx__apply(struct tx *tx, struct command *command)
{
    tx->command = command;
    tx->apply_no++;
    tx->undo_count = 0;
    tx->images_used = 0;
    tx->key_edits = 0;
    for (size_t i = 0; i < tx->catalog->sequence_count; i++) {
        tx->sequences[i].used = false;
    }
    if (command->kind->result_size > 0) {
        memset(command->result, 0, command->kind->result_size);
    }
    command->param[0] = '\0';
    command->err = command->kind->apply(tx, command->arg, command->result);
    if (command->err == ERR_OK) {
        command->param[0] = '\0'; /* of a refusal that apply has dealt with */
        command->err = settle(tx);
    }
    if (command->err != ERR_OK) {
        undo_all(tx);
    }
}

/* ---- writing ---- */

static bool is_dirty(const struct tx *tx)
{
    for (size_t i = 0; i < tx->catalog->table_count; i++) {
        const struct list *changed = &tx->tables[i].changed;

        for (size_t j = 0; j < changed->count; j++) {
            enum entry_state state = ((const struct entry *)changed->items[j])->state;

            if (state == ENTRY_DIRTY || state == ENTRY_NEW || state == ENTRY_DELETED ||
                state == ENTRY_REPLACED) {
                return true;
            }
        }
    }
    return false;
}

/* A row that has given up a unique key is deleted and inserted anew: the key may have gone to
 * another row, and rows may have exchanged theirs, so that no order of updates would do. */
static struct flush sort_out(struct tx *tx, const struct list *changed)
{
    struct flush flush = {
        .removes = ARENA_ARRAY(tx->arena, int64_t, changed->count),
        .updates = ARENA_ARRAY(tx->arena, void *, changed->count),
        .inserts = ARENA_ARRAY(tx->arena, void *, changed->count),
        .changed = ARENA_ARRAY(tx->arena, struct entry *, changed->count),
        .changed_count = changed->count,
    };

    for (size_t i = 0; i < changed->count; i++) {
        struct entry *entry = changed->items[i];
        enum entry_state state =
            entry->state == ENTRY_DIRTY && entry->gave_key ? ENTRY_REPLACED : entry->state;

        flush.changed[i] = entry;
        switch (state) {
        case ENTRY_UNKNOWN: /* inserted and deleted, or undone */
        case ENTRY_ABSENT:
        case ENTRY_CLEAN:
            break;
        case ENTRY_DIRTY:
            flush.updates[flush.update_count++] = entry->row;
            break;
        case ENTRY_NEW:
            flush.inserts[flush.insert_count++] = entry->row;
            break;
        case ENTRY_REPLACED:
            flush.inserts[flush.insert_count++] = entry->row;
            flush.removes[flush.remove_count++] = entry->id;
            break;
        case ENTRY_DELETED:
            flush.removes[flush.remove_count++] = entry->id;
            break;
        }
    }
    return flush;
}

void tx__end(struct tx *tx)
{
    size_t count = tx->catalog->table_count;

    if (is_dirty(tx)) {
        tx->batch->flushes = ARENA_ARRAY(tx->arena, struct flush, count);
        for (size_t i = 0; i < count; i++) {
            if (tx->tables[i].changed.count > 0) {
                tx->batch->flushes[i] = sort_out(tx, &tx->tables[i].changed);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        row__end_batch(&tx->tables[i]);
    }
}

static enum db_status remove_and_update(const struct tx *tx, const struct table_info *info,
                                        const struct flush *flush)
{
    const struct driver *driver = tx->db->driver;
    enum db_status status = DB_OK;

    if (flush->remove_count > 0) {
        status = fault__hit() ? DB_FAULT
                              : driver->remove(tx->db, info, flush->removes, flush->remove_count);
    }
    if (status == DB_OK && flush->update_count > 0) {
        status = fault__hit() ? DB_FAULT
                              : driver->update(tx->db, info, flush->updates, flush->update_count);
    }
    return status;
}

/* Deletes and updates go first: they may free the unique keys that inserts take. */
enum db_status tx__flush(const struct tx *tx, const struct batch *batch)
{
    const struct catalog *catalog = tx->catalog;
    enum db_status status = DB_OK;

    for (size_t i = 0; i < catalog->table_count && status == DB_OK; i++) {
        status = remove_and_update(tx, &catalog->tables[i], &batch->flushes[i]);
    }
    for (size_t i = 0; i < catalog->table_count && status == DB_OK; i++) {
        const struct flush *flush = &batch->flushes[i];

        if (flush->insert_count > 0) {
            status = fault__hit() ? DB_FAULT
                                  : tx->db->driver->insert(tx->db, &catalog->tables[i],
                                                           flush->inserts, flush->insert_count);
        }
    }
    return status;
}
