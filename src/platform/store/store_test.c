/* The store's rules, each on every database. */
#include "test/lib/store_kit_test.h"

/* ---- rows ---- */

static enum err insert_full(struct tx *tx, void *ctx)
{
    const struct item *item = ctx;

    return tx_insert(tx, &item_table, item);
}

static void every_column_type_round_trips(void **state)
{
    struct kit *kit = kit_open(*state);
    const struct item item = {
        .id = INT64_MAX,
        .owner = INT64_MIN,
        .name = STR("番茄 🍅 ‘quotes’ \"' \\ %_"),
        .amount = {INT64_MIN},
        .at_ms = INT64_MAX,
        .kind = ITEM_BIG,
        .flag = true,
        .currency = CURRENCY_CNY,
        .data = {"\0\x01'\\\xff\x80\n", 8},
        .reference = STR("ref"),
    };
    struct item found;

    assert_int_equal(kit_run(kit, insert_full, &item), ERR_OK);
    assert_int_equal(kit_get(kit, item.id, &found), ERR_OK);
    assert_int_equal(found.owner, item.owner);
    assert_str(found.name, item.name);
    assert_int_equal(found.amount.minor, item.amount.minor);
    assert_int_equal(found.at_ms, item.at_ms);
    assert_int_equal(found.kind, ITEM_BIG);
    assert_true(found.flag);
    assert_int_equal(found.currency, CURRENCY_CNY);
    assert_str(found.data, item.data);
    assert_str(found.reference, item.reference);
    kit_close(kit);
}

static enum err edit_all(struct tx *tx, void *ctx)
{
    char name[] = "changed on the stack";
    struct item *item;

    (void)ctx;
    TRY(kit_edit(tx, 1, &item));
    item->name = str_of(name);
    item->amount = AMOUNT(-7);
    item->flag = false;
    item->data = STR("");
    item->reference = STR("");
    memset(name, 'x', sizeof(name) - 1);
    item->name = STR("second");
    return ERR_OK;
}

static void an_edit_is_written(void **state)
{
    struct kit *kit = kit_open(*state);
    struct item found;

    kit_put(kit, 1, "first");
    assert_int_equal(kit_run(kit, edit_all, NULL), ERR_OK);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_str(found.name, STR("second"));
    assert_int_equal(found.amount.minor, -7);
    assert_int_equal(found.reference.len, 0);
    assert_int_equal(found.data.len, 0);
    kit_close(kit);
}

static enum err touch(struct tx *tx, void *ctx)
{
    struct item *item;

    (void)ctx;
    TRY(kit_edit(tx, 1, &item));
    item->amount.minor++;
    item->amount.minor--;
    return ERR_OK;
}

static void an_edit_that_changes_nothing_makes_no_commit(void **state)
{
    struct kit *kit = kit_open(*state);
    int64_t before;

    kit_put(kit, 1, "first");
    before = store_commit_no(kit->store);
    assert_int_equal(kit_run(kit, touch, NULL), ERR_OK);
    assert_int_equal(store_commit_no(kit->store), before);
    kit_close(kit);
}

static enum err get_missing(struct tx *tx, void *ctx)
{
    const void *row;
    void *edited;

    (void)ctx;
    CHECK(tx_get(tx, &item_table, 99, &row) == ERR_STORE_NOT_FOUND);
    CHECK(tx_edit(tx, &item_table, 99, &edited) == ERR_STORE_NOT_FOUND);
    CHECK(tx_delete(tx, &item_table, 99) == ERR_STORE_NOT_FOUND);
    return ERR_OK;
}

static void a_missing_row_is_not_found(void **state)
{
    struct kit *kit = kit_open(*state);

    assert_int_equal(kit_run(kit, get_missing, NULL), ERR_OK);
    kit_close(kit);
}

/* ---- one batch, many commands ---- */

static enum err insert_twice(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(kit_insert(tx, 1, 10, "a"));
    CHECK(kit_insert(tx, 1, 11, "b") == ERR_STORE_DUPLICATE);
    CHECK(kit_insert(tx, 2, 10, "c") == ERR_STORE_DUPLICATE);
    return kit_insert(tx, 2, 11, "d");
}

static void duplicates_are_refused_within_a_batch(void **state)
{
    struct kit *kit = kit_open(*state);

    assert_int_equal(kit_run(kit, insert_twice, NULL), ERR_OK);
    assert_int_equal(kit_count(kit), 2);
    kit_close(kit);
}

static enum err insert_1_10(struct tx *tx, void *ctx)
{
    (void)ctx;
    return kit_insert(tx, 1, 10, "late");
}

static enum err insert_2_10(struct tx *tx, void *ctx)
{
    (void)ctx;
    return kit_insert(tx, 2, 10, "late");
}

static void duplicates_of_stored_rows_are_refused(void **state)
{
    struct kit *kit = kit_open(*state);

    kit_put(kit, 1, "first");                                               /* owner 1 */
    assert_int_equal(kit_run(kit, insert_1_10, NULL), ERR_STORE_DUPLICATE); /* the id */
    assert_int_equal(kit_run(kit, insert_2_10, NULL), ERR_OK);
    kit_reopen(kit);
    assert_int_equal(kit_run(kit, insert_2_10, NULL), ERR_STORE_DUPLICATE); /* the key */
    assert_int_equal(kit_count(kit), 2);
    kit_close(kit);
}

static enum err change_much_and_refuse(struct tx *tx, void *ctx)
{
    struct item *item;
    struct keeper *keeper;
    void *row;

    (void)ctx;
    TRY(kit_edit(tx, 1, &item));
    item->name = STR("wrong");
    item->reference = STR("wrong");
    TRY(kit_edit(tx, 1, &item));
    item->amount = AMOUNT(666);
    TRY(tx_edit(tx, &keeper_table, 1, &row));
    keeper = row;
    keeper->total = 666;
    keeper->note = STR("wrong");
    TRY(kit_insert(tx, 2, 20, "wrong"));
    TRY(kit_edit(tx, 2, &item));
    item->name = STR("more wrong");
    TRY(tx_delete(tx, &item_table, 1));
    TRY(kit_insert(tx, 1, 21, "reborn"));
    TRY(kit_edit(tx, 1, &item));
    item->name = STR("reborn wrong");
    TRY(tx_delete(tx, &item_table, 2));
    kit_note(tx, "wrong");
    return tx_refuse(tx, ERR_FIELD_VALUE, "amount");
}

static enum err check_untouched(struct tx *tx, void *ctx)
{
    const struct item *item;
    const struct keeper *keeper;
    const void *row;

    (void)ctx;
    TRY(tx_get(tx, &item_table, 1, &row));
    item = row;
    CHECK(str_eq(item->name, STR("first")));
    CHECK(item->amount.minor == 100);
    CHECK(item->reference.len == 0);
    TRY(tx_get(tx, &keeper_table, 1, &row));
    keeper = row;
    CHECK(keeper->total == 5);
    CHECK(str_eq(keeper->note, STR("five")));
    CHECK(tx_get(tx, &item_table, 2, &row) == ERR_STORE_NOT_FOUND);
    CHECK(kit_find(tx, 1, &item) == ERR_OK);
    CHECK(kit_find(tx, 20, &item) == ERR_STORE_NOT_FOUND);
    CHECK(kit_find(tx, 21, &item) == ERR_STORE_NOT_FOUND);
    CHECK(kit_find_reference(tx, "wrong", &item) == ERR_STORE_NOT_FOUND);
    kit_note(tx, "right");
    return ERR_OK;
}

static enum err put_keeper(struct tx *tx, void *ctx)
{
    const struct keeper keeper = {.id = 1, .total = 5, .note = STR("five")};

    (void)ctx;
    return tx_insert(tx, &keeper_table, &keeper);
}

static void a_refused_command_leaves_no_trace(void **state)
{
    struct kit *kit = kit_open(*state);
    struct kit_command commands[] = {
        {.run = check_untouched},        {.run = change_much_and_refuse}, {.run = check_untouched},
        {.run = change_much_and_refuse}, {.run = check_untouched},
    };
    struct note note;

    kit_put(kit, 1, "first");
    assert_int_equal(kit_run(kit, put_keeper, NULL), ERR_OK);
    kit_batch(kit, commands, ARRAY_LEN(commands));
    assert_int_equal(commands[0].command.err, ERR_OK);
    assert_int_equal(commands[1].command.err, ERR_FIELD_VALUE);
    assert_string_equal(commands[1].command.param, "amount");
    assert_int_equal(commands[1].command.commit_no, 0);
    assert_int_equal(commands[2].command.err, ERR_OK);
    assert_int_equal(commands[4].command.err, ERR_OK);
    assert_true(commands[4].command.commit_no > 0);
    /* the sequence has no gap */
    assert_int_equal(kit_note_get(kit, 3, &note), ERR_OK);
    assert_str(note.text, STR("right"));
    assert_int_equal(kit_note_get(kit, 4, &note), ERR_STORE_NOT_FOUND);
    assert_int_equal(kit_run(kit, check_untouched, NULL), ERR_OK);
    kit_close(kit);
}

/* The same text, from the batch's own memory. */
static enum err write_the_same(struct tx *tx, void *ctx)
{
    void *row;

    (void)ctx;
    TRY(tx_edit(tx, &keeper_table, 1, &row));
    ((struct keeper *)row)->note = str_printf(tx_arena(tx), "%s", "five");
    kit_note(tx, "a batch that commits");
    return ERR_OK;
}

static enum err use_memory_and_look(struct tx *tx, void *ctx)
{
    enum { MEMORY = 4000 };
    const void *row;

    (void)ctx;
    memset(arena_alloc(tx_arena(tx), MEMORY), 'x', MEMORY);
    TRY(tx_get(tx, &keeper_table, 1, &row));
    CHECK(str_eq(((const struct keeper *)row)->note, STR("five")));
    return ERR_OK;
}

static void a_kept_row_set_to_what_it_was_keeps_its_own_text(void **state)
{
    struct kit *kit = kit_open(*state);

    assert_int_equal(kit_run(kit, put_keeper, NULL), ERR_OK);
    assert_int_equal(kit_run(kit, write_the_same, NULL), ERR_OK);
    assert_int_equal(kit_run(kit, use_memory_and_look, NULL), ERR_OK);
    kit_close(kit);
}

static enum err insert_then_find(struct tx *tx, void *ctx)
{
    const struct item *found;

    (void)ctx;
    CHECK(kit_find(tx, 7, &found) == ERR_STORE_NOT_FOUND);
    TRY(kit_insert(tx, 70, 7, "seven"));
    TRY(kit_find(tx, 7, &found));
    CHECK(found->id == 70);
    TRY(tx_delete(tx, &item_table, 70));
    CHECK(kit_find(tx, 7, &found) == ERR_STORE_NOT_FOUND);
    TRY(kit_insert(tx, 71, 7, "again"));
    TRY(kit_find(tx, 7, &found));
    CHECK(found->id == 71);
    return ERR_OK;
}

static void a_transaction_reads_its_own_writes(void **state)
{
    struct kit *kit = kit_open(*state);

    assert_int_equal(kit_run(kit, insert_then_find, NULL), ERR_OK);
    assert_int_equal(kit_count(kit), 1);
    kit_close(kit);
}

/* ---- unique keys that change ---- */

static enum err swap_references(struct tx *tx, void *ctx)
{
    struct item *a;
    struct item *b;
    const struct item *found;

    (void)ctx;
    TRY(kit_edit(tx, 1, &a));
    TRY(kit_edit(tx, 2, &b));
    a->reference = STR("");
    b->reference = STR("one");
    TRY(kit_find_reference(tx, "one", &found));
    CHECK(found->id == 2);
    CHECK(kit_find_reference(tx, "two", &found) == ERR_STORE_NOT_FOUND);
    return ERR_OK;
}

static enum err set_reference(struct tx *tx, void *ctx)
{
    const struct item *wanted = ctx;
    struct item *item;

    TRY(kit_edit(tx, wanted->id, &item));
    item->reference = wanted->reference;
    return ERR_OK;
}

static void an_optional_key_may_be_empty_and_may_move(void **state)
{
    struct kit *kit = kit_open(*state);
    struct item one = {.id = 1, .reference = STR("one")};
    struct item two = {.id = 2, .reference = STR("two")};
    struct item taken = {.id = 3, .reference = STR("one")};
    struct kit_command commands[] = {
        {.run = set_reference, .ctx = &one},
        {.run = set_reference, .ctx = &taken},
        {.run = set_reference, .ctx = &two},
        {.run = swap_references},
    };

    kit_put(kit, 1, "a");
    kit_put(kit, 2, "b"); /* both without a reference */
    kit_put(kit, 3, "c");
    kit_batch(kit, commands, ARRAY_LEN(commands));
    assert_int_equal(commands[0].command.err, ERR_OK);
    assert_int_equal(commands[1].command.err, ERR_STORE_DUPLICATE);
    assert_int_equal(commands[2].command.err, ERR_OK);
    assert_int_equal(commands[3].command.err, ERR_OK);
    assert_int_equal(kit_run(kit, set_reference, &taken), ERR_STORE_DUPLICATE);
    kit_close(kit);
}

static enum err find_empty(struct tx *tx, void *ctx)
{
    const struct item *found;

    (void)ctx;
    CHECK(kit_find_reference(tx, "", &found) == ERR_STORE_NOT_FOUND);
    return ERR_OK;
}

static void an_empty_key_finds_nothing(void **state)
{
    struct kit *kit = kit_open(*state);

    kit_put(kit, 1, "a");
    assert_int_equal(kit_run(kit, find_empty, NULL), ERR_OK);
    kit_close(kit);
}

static enum err hand_on_key(struct tx *tx, void *ctx)
{
    struct item *one;
    struct item *two;

    (void)ctx;
    TRY(kit_edit(tx, 2, &two));
    TRY(kit_edit(tx, 1, &one));
    two->reference = one->reference;
    one->reference = STR("fresh");
    return ERR_OK;
}

static enum err exchange_keys(struct tx *tx, void *ctx)
{
    struct item *one;
    struct item *two;
    struct str kept;

    (void)ctx;
    TRY(kit_edit(tx, 1, &one));
    TRY(kit_edit(tx, 2, &two));
    kept = one->reference;
    one->reference = two->reference;
    two->reference = kept;
    return ERR_OK;
}

static void a_key_given_up_may_be_taken_in_the_same_batch(void **state)
{
    struct kit *kit = kit_open(*state);
    struct item one = {.id = 1, .reference = STR("one")};
    struct item free_it = {.id = 2, .reference = STR("")};
    struct item take_it = {.id = 1, .reference = STR("one")};
    struct kit_command commands[] = {
        {.run = set_reference, .ctx = &take_it},
        {.run = set_reference, .ctx = &free_it},
        {.run = set_reference, .ctx = &take_it},
    };
    struct item found;

    kit_put(kit, 1, "a");
    kit_put(kit, 2, "b");
    assert_int_equal(kit_run(kit, set_reference, &one), ERR_OK);
    assert_int_equal(kit_run(kit, hand_on_key, NULL), ERR_OK);
    assert_int_equal(kit_get(kit, 2, &found), ERR_OK);
    assert_str(found.reference, STR("one"));
    assert_int_equal(kit_run(kit, exchange_keys, NULL), ERR_OK);
    assert_int_equal(kit_get(kit, 2, &found), ERR_OK);
    assert_str(found.reference, STR("fresh"));
    assert_int_equal(kit_run(kit, exchange_keys, NULL), ERR_OK);
    kit_batch(kit, commands, ARRAY_LEN(commands));
    assert_int_equal(commands[0].command.err, ERR_STORE_DUPLICATE);
    assert_int_equal(commands[2].command.err, ERR_OK);
    assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
    assert_str(found.reference, STR("one"));
    kit_close(kit);
}

/* ---- append-only tables and rising keys ---- */

static enum err append_keyed(struct tx *tx, void *ctx)
{
    const struct note *note = ctx;
    const void *row;
    enum err err = tx_find(tx, &note_table, 0, note, &row);

    if (err == ERR_OK) {
        return ERR_STORE_DUPLICATE;
    }
    CHECK(err == ERR_STORE_NOT_FOUND);
    kit_note_keyed(tx, note);
    return tx_find(tx, &note_table, 0, note, &row);
}

static void rising_keys_are_found_in_the_batch_and_after_a_restart(void **state)
{
    struct kit *kit = kit_open(*state);
    struct note a = {.source = 10, .step = 1, .text = STR("a")};
    struct note b = {.source = 10, .step = 2, .text = STR("b")};
    struct note low = {.source = 5, .step = 2, .text = STR("low")};
    struct kit_command commands[] = {
        {.run = append_keyed, .ctx = &a},
        {.run = append_keyed, .ctx = &a},
        {.run = append_keyed, .ctx = &b},
        {.run = append_keyed, .ctx = &low},
    };

    kit_batch(kit, commands, ARRAY_LEN(commands));
    assert_int_equal(commands[0].command.err, ERR_OK);
    assert_int_equal(commands[1].command.err, ERR_STORE_DUPLICATE);
    assert_int_equal(commands[2].command.err, ERR_OK);
    assert_int_equal(commands[3].command.err, ERR_OK);
    assert_int_equal(kit_run(kit, append_keyed, &low), ERR_STORE_DUPLICATE);
    kit_reopen(kit);
    assert_int_equal(kit_run(kit, append_keyed, &low), ERR_STORE_DUPLICATE);
    assert_int_equal(kit_run(kit, append_keyed, &a), ERR_STORE_DUPLICATE);
    kit_close(kit);
}

static enum err note_once(struct tx *tx, void *ctx)
{
    (void)ctx;
    kit_note(tx, "n");
    return ERR_OK;
}

static void a_sequence_goes_on_after_a_restart(void **state)
{
    struct kit *kit = kit_open(*state);
    struct note note;

    assert_int_equal(kit_run(kit, note_once, NULL), ERR_OK);
    assert_int_equal(kit_run(kit, note_once, NULL), ERR_OK);
    kit_reopen(kit);
    assert_int_equal(kit_run(kit, note_once, NULL), ERR_OK);
    assert_int_equal(kit_note_get(kit, 3, &note), ERR_OK);
    assert_int_equal(kit_note_get(kit, 4, &note), ERR_STORE_NOT_FOUND);
    kit_close(kit);
}

/* ---- many rows ---- */

enum { MANY = 700, MANY_BYTES = 9000 };

/* Every other row has a reference; the data of all of them fills several packets. */
static enum err insert_many(struct tx *tx, void *ctx)
{
    char bytes[MANY_BYTES];
    char reference[32];

    (void)ctx;
    for (int64_t id = 1; id <= MANY; id++) {
        int len = snprintf(reference, sizeof(reference), "'reference' %d", (int)id);
        struct item item = {.id = id, .owner = -id, .name = STR("many"), .kind = ITEM_BIG};

        memset(bytes, (int)id, sizeof(bytes));
        item.data = (struct str){bytes, (size_t)id % 5 == 0 ? 0 : sizeof(bytes) - (size_t)id};
        item.reference = (struct str){reference, id % 2 == 0 ? (size_t)len : 0};
        TRY(tx_insert(tx, &item_table, &item));
        kit_note(tx, "many");
    }
    return ERR_OK;
}

static enum err change_many(struct tx *tx, void *ctx)
{
    char name[32];
    struct item *item;

    (void)ctx;
    for (int64_t id = 1; id <= MANY; id++) {
        int len = snprintf(name, sizeof(name), "many \\ %d", (int)id);

        if (id % 10 == 0) {
            TRY(tx_delete(tx, &item_table, id));
            continue;
        }
        TRY(kit_edit(tx, id, &item));
        item->name = str_dup(tx_arena(tx), (struct str){name, (size_t)len});
        item->amount = AMOUNT(INT64_MIN + id);
        if (id % 4 == 0) {
            item->reference = STR("");
        }
    }
    return ERR_OK;
}

static void check_many(struct kit *kit, int64_t id)
{
    char text[32];
    struct item found;

    if (id % 10 == 0) {
        assert_int_equal(kit_get(kit, id, &found), ERR_STORE_NOT_FOUND);
        return;
    }
    assert_int_equal(kit_get(kit, id, &found), ERR_OK);
    assert_int_equal(found.amount.minor, INT64_MIN + id);
    (void)snprintf(text, sizeof(text), "many \\ %d", (int)id);
    assert_str(found.name, str_of(text));
    (void)snprintf(text, sizeof(text), "'reference' %d", (int)id);
    assert_str(found.reference, id % 2 == 0 && id % 4 != 0 ? str_of(text) : STR(""));
    assert_int_equal(found.data.len, id % 5 == 0 ? 0 : MANY_BYTES - id);
    if (found.data.len > 0) {
        assert_int_equal((unsigned char)found.data.ptr[found.data.len - 1], id & 0xff);
    }
}

static void many_rows_of_one_batch_are_written_in_parts(void **state)
{
    struct kit *kit = kit_open(*state);
    struct note note;

    assert_int_equal(kit_run(kit, insert_many, NULL), ERR_OK);
    assert_int_equal(kit_count(kit), MANY);
    assert_int_equal(kit_run(kit, change_many, NULL), ERR_OK);
    for (int64_t id = 1; id <= MANY; id++) {
        check_many(kit, id);
    }
    assert_int_equal(kit_note_get(kit, MANY, &note), ERR_OK);
    assert_int_equal(kit_run(kit, insert_many, NULL), ERR_STORE_DUPLICATE);
    kit_close(kit);
}

/* ---- kept rows ---- */

static enum err keeper_add(struct tx *tx, void *ctx)
{
    int64_t id = *(const int64_t *)ctx;
    struct keeper *keeper;
    void *row;
    enum err err = tx_edit(tx, &keeper_table, id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        const struct keeper fresh = {.id = id, .total = 1, .note = STR("fresh")};

        return tx_insert(tx, &keeper_table, &fresh);
    }
    TRY(err);
    keeper = row;
    keeper->total++;
    keeper->note =
        str_printf(tx_arena(tx), "%lld of %lld", (long long)keeper->total, (long long)id);
    return ERR_OK;
}

/* More rows than are kept, in an order that evicts and comes back. */
static void kept_rows_survive_eviction_and_restart(void **state)
{
    struct kit *kit = kit_open(*state);
    int64_t ids[200];
    struct kit_command commands[ARRAY_LEN(ids)];
    struct keeper found;

    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        ids[i] = 1 + (int64_t)(i * 7 % 20); /* keeper_table keeps 8 */
        commands[i] = (struct kit_command){.run = keeper_add, .ctx = &ids[i]};
    }
    for (size_t i = 0; i < ARRAY_LEN(ids); i += 10) {
        kit_batch(kit, commands + i, 10);
    }
    kit_reopen(kit);
    for (int64_t id = 1; id <= 20; id++) {
        assert_int_equal(kit_keeper_get(kit, id, &found), ERR_OK);
        assert_int_equal(found.total, 10);
        assert_str(found.note, str_printf(kit->arena, "10 of %lld", (long long)id));
    }
    kit_close(kit);
}

static enum err keeper_delete(struct tx *tx, void *ctx)
{
    return tx_delete(tx, &keeper_table, *(const int64_t *)ctx);
}

static void kept_rows_may_be_deleted(void **state)
{
    struct kit *kit = kit_open(*state);
    int64_t one = 1;
    int64_t two = 2;
    struct keeper found;

    assert_int_equal(kit_run(kit, keeper_add, &one), ERR_OK);
    assert_int_equal(kit_run(kit, keeper_add, &two), ERR_OK);
    assert_int_equal(kit_run(kit, keeper_delete, &one), ERR_OK);
    assert_int_equal(kit_run(kit, keeper_delete, &one), ERR_STORE_NOT_FOUND);
    assert_int_equal(kit_keeper_get(kit, 1, &found), ERR_STORE_NOT_FOUND);
    assert_int_equal(kit_run(kit, keeper_add, &one), ERR_OK);
    assert_int_equal(kit_keeper_get(kit, 1, &found), ERR_OK);
    assert_int_equal(found.total, 1);
    kit_close(kit);
}

/* ---- prefetch ---- */

static void named_rows_are_loaded_before_apply(void **state)
{
    struct kit *kit = kit_open(*state);
    struct kit_command commands[10];
    int64_t ids[ARRAY_LEN(commands)];

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        kit_put(kit, (int64_t)i + 1, "row");
        ids[i] = (int64_t)i + 1;
        commands[i] = (struct kit_command){
            .run = kit_bump, .ctx = &ids[i], .prefetch_id = ids[i], .prefetch_owner = ids[i]};
    }
    kit_reopen(kit);
    store_fault_at(0);
    kit_batch(kit, commands, ARRAY_LEN(commands));
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        assert_int_equal(commands[i].command.err, ERR_OK);
    }
    /* begin, one load by id, one by key, the lease, one update, commit */
    assert_int_equal(store_fault_calls(), 6);
    kit_close(kit);
}

struct two_steps {
    int64_t keeper_id;
    unsigned rounds;
};

/* The keeper tells which item is wanted; it is in memory from the second time on. */
static void two_steps_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct two_steps *steps = arg;
    const struct keeper *keeper;

    ((struct two_steps *)(uintptr_t)steps)->rounds++;
    prefetch_id(pre, &keeper_table, steps->keeper_id);
    keeper = prefetch_peek(pre, &keeper_table, steps->keeper_id);
    if (round > 0) {
        CHECK(keeper != NULL);
        prefetch_id(pre, &item_table, keeper->total);
    }
}

static enum err two_steps_apply(struct tx *tx, const void *arg, void *result)
{
    const struct two_steps *steps = arg;
    int64_t calls = store_fault_calls();
    const void *row;
    struct item *item;

    (void)result;
    TRY(tx_get(tx, &keeper_table, steps->keeper_id, &row));
    TRY(kit_edit(tx, ((const struct keeper *)row)->total, &item));
    CHECK(store_fault_calls() == calls); /* nothing was loaded here */
    return ERR_OK;
}

static void later_rounds_follow_rows_that_are_in_memory(void **state)
{
    static const struct command_kind kind = {
        .name = "kit.two_steps", .prefetch = two_steps_prefetch, .apply = two_steps_apply};
    struct kit *kit = kit_open(*state);
    struct two_steps steps = {.keeper_id = 1};

    kit_put(kit, 5, "five");
    assert_int_equal(kit_run(kit, put_keeper, NULL), ERR_OK);
    kit_reopen(kit);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(store_run(kit->store, &kind, &steps, NULL, NULL), ERR_OK);
        assert_int_equal(steps.rounds, 3 * i);
    }
    kit_close(kit);
}

/* ---- isolation of what the database refuses ---- */

static enum err insert_too_long(struct tx *tx, void *ctx)
{
    char name[100];

    (void)ctx;
    memset(name, 'n', sizeof(name));
    return kit_insert_named(tx, 50, 50, (struct str){name, sizeof(name)});
}

static void a_row_the_database_refuses_fails_its_command_alone(void **state)
{
    struct kit *kit = kit_open(*state);
    struct kit_command commands[] = {
        {.run = insert_1_10},
        {.run = insert_too_long},
        {.run = note_once},
        {.run = note_once},
    };

    kit_batch(kit, commands, ARRAY_LEN(commands));
    assert_int_equal(commands[0].command.err, ERR_OK);
    assert_int_equal(commands[1].command.err, ERR_STORE_DATABASE);
    assert_int_equal(commands[2].command.err, ERR_OK);
    assert_int_equal(commands[3].command.err, ERR_OK);
    assert_int_equal(kit_count(kit), 1);
    kit_close(kit);
}

/* ---- queries ---- */

static void queries_run_on_a_loop_and_see_the_commit(void **state)
{
    struct kit *kit = kit_open(*state);
    struct item *rows;
    size_t count;

    kit_put(kit, 3, "c");
    kit_put(kit, 1, "a");
    kit_put(kit, 2, "b");
    assert_int_equal(kit_query(kit, store_commit_no(kit->store), 2, &rows, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].id, 2);
    assert_str(rows[1].name, STR("c"));
    assert_int_equal(kit_query(kit, store_commit_no(kit->store) + 1, 2, &rows, &count),
                     ERR_STORE_STALE);
    kit_close(kit);
}

static void finding_by_key_on_a_reader(void **state)
{
    struct kit *kit = kit_open(*state);
    struct item found;

    kit_put(kit, 1, "a");
    assert_int_equal(kit_read_owner(kit, 1, &found), ERR_OK);
    assert_str(found.name, STR("a"));
    assert_int_equal(kit_read_owner(kit, 2, &found), ERR_STORE_NOT_FOUND);
    kit_close(kit);
}

static void assert_items(const void *const *items, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i] == NULL ? 0 : ((const struct item *)items[i])->id, ids[i]);
    }
}

static void several_rows_come_where_they_were_asked_for(void **state)
{
    static const int64_t asked[] = {3, 404, 1, 2}, found[] = {3, 0, 1, 2};
    struct kit *kit = kit_open(*state);
    const void *items[ARRAY_LEN(asked)];

    kit_put(kit, 1, "a");
    kit_put(kit, 2, "b");
    kit_put(kit, 3, "c");
    assert_int_equal(kit_get_each(kit, asked, ARRAY_LEN(asked), items), ERR_OK);
    assert_items(items, found, ARRAY_LEN(found));
    assert_str(((const struct item *)items[3])->name, STR("b"));
    assert_int_equal(kit_find_each(kit, asked, ARRAY_LEN(asked), items), ERR_OK);
    assert_items(items, found, ARRAY_LEN(found));
    assert_int_equal(kit_get_each(kit, asked, 0, items), ERR_OK);
    assert_int_equal(kit_find_each(kit, asked + 1, 1, items), ERR_OK);
    assert_null(items[0]);
    kit_close(kit);
}

/* ---- watchers ---- */

struct seen {
    size_t inserted, updated, deleted;
    int64_t last_id;
};

static void on_seen(void *ctx, const struct store_change *changes, size_t count)
{
    struct seen *seen = ctx;

    for (size_t i = 0; i < count; i++) {
        seen->last_id = changes[i].id;
        switch (changes[i].kind) {
        case STORE_INSERTED:
            seen->inserted++;
            break;
        case STORE_UPDATED:
            seen->updated++;
            break;
        case STORE_DELETED:
            seen->deleted++;
            assert_true(((const struct item *)changes[i].row)->name.len > 0);
            break;
        }
    }
}

static enum err delete_1(struct tx *tx, void *ctx)
{
    (void)ctx;
    return tx_delete(tx, &item_table, 1);
}

static void watchers_see_what_a_batch_did(void **state)
{
    struct kit *kit = kit_open(*state);
    struct seen seen = {0};
    int64_t one = 1;

    store_watch(kit->store, &item_table, on_seen, &seen);
    kit_put(kit, 1, "a");
    assert_int_equal(kit_run(kit, kit_bump, &one), ERR_OK);
    assert_int_equal(kit_run(kit, change_much_and_refuse, NULL), ERR_STORE_NOT_FOUND);
    assert_int_equal(kit_run(kit, delete_1, NULL), ERR_OK);
    store_watch(kit->store, &item_table, NULL, &seen);
    kit_put(kit, 2, "b");
    assert_int_equal(seen.inserted, 1);
    assert_int_equal(seen.updated, 1);
    assert_int_equal(seen.deleted, 1);
    assert_int_equal(seen.last_id, 1);
    kit_close(kit);
}

/* ---- limits and faults ---- */

static void a_full_queue_refuses(void **state)
{
    struct kit *kit = kit_open(*state);
    struct kit_command commands[KIT_QUEUE_MAX + 1] = {0};
    size_t refused;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        commands[i] = (struct kit_command){.run = note_once};
    }
    refused = kit_flood(kit, commands, ARRAY_LEN(commands));
    assert_int_equal(refused, 1); /* one is with the writer, KIT_QUEUE_MAX wait */
    kit_close(kit);
}

static enum err all_kinds(struct tx *tx, void *ctx)
{
    struct item *item;

    (void)ctx;
    TRY(kit_edit(tx, 1, &item));
    item->amount.minor++;
    TRY(tx_delete(tx, &item_table, 2));
    TRY(kit_insert(tx, 3, 30, "new"));
    kit_note(tx, "fault");
    return ERR_OK;
}

static enum err undo_all_kinds(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(tx_delete(tx, &item_table, 3));
    return kit_insert(tx, 2, 2, "b");
}

/* The last call is the commit, which stops the process: see store_crash_test. */
static void a_fault_before_the_commit_changes_nothing(void **state)
{
    struct kit *kit = kit_open(*state);
    struct item found;
    struct note note;
    int64_t calls;

    kit_put(kit, 1, "a");
    kit_put(kit, 2, "b");
    store_fault_at(0);
    assert_int_equal(kit_run(kit, all_kinds, NULL), ERR_OK);
    calls = store_fault_calls();
    assert_int_equal(kit_run(kit, undo_all_kinds, NULL), ERR_OK);
    for (int64_t nth = 1; nth < calls; nth++) {
        store_fault_at(nth);
        assert_int_equal(kit_run(kit, all_kinds, NULL), ERR_STORE_DATABASE);
        store_fault_at(0);
        assert_int_equal(kit_get(kit, 1, &found), ERR_OK);
        assert_int_equal(found.amount.minor, 101);
        assert_int_equal(kit_get(kit, 2, &found), ERR_OK);
        assert_int_equal(kit_get(kit, 3, &found), ERR_STORE_NOT_FOUND);
        assert_int_equal(kit_note_get(kit, 2, &note), ERR_STORE_NOT_FOUND);
    }
    assert_int_equal(kit_run(kit, all_kinds, NULL), ERR_OK);
    assert_int_equal(kit_note_get(kit, 2, &note), ERR_OK); /* no gap */
    kit_close(kit);
}

struct late {
    struct kit *kit;
    struct kit_command second;
};

/* Half a linger after the first command the second one comes. */
static void submit_late(void *ctx)
{
    struct late *late = ctx;

    uv_sleep(100);
    kit_submit(late->kit, &late->second, 1);
}

static void a_short_queue_lingers_for_company(void **state)
{
    struct kit *kit = kit_new(*state);
    struct late late = {.kit = kit, .second = {.run = note_once}};
    struct kit_command first = {.run = note_once};
    struct thread *thread;

    kit->options.linger_us = 400000;
    kit->options.batch_max = 2;
    kit_start(kit);
    thread = thread_start("late", submit_late, &late);
    kit_submit(kit, &first, 1);
    thread_join(thread);
    kit_reopen(kit); /* both are answered */
    assert_int_equal(first.command.err, ERR_OK);
    assert_int_equal(first.command.commit_no, late.second.command.commit_no);
    kit_close(kit);
}

/* ---- many threads ---- */

enum { THREADS = 4, ROUNDS = 60 };

struct crowd {
    struct kit *kit;
    struct thread *thread;
    int64_t first;
};

static void crowd_run(void *ctx)
{
    struct crowd *crowd = ctx;
    int64_t last = 0;

    for (int64_t i = 0; i < ROUNDS; i++) {
        int64_t count;

        kit_put(crowd->kit, crowd->first + i, "crowd");
        CHECK(store_new_id(crowd->kit->store, 0) > last);
        count = kit_count(crowd->kit);
        CHECK(count > i); /* its own rows at least */
        last = store_new_id(crowd->kit->store, 0);
    }
}

static void count_seen(void *ctx, const struct store_change *changes, size_t count)
{
    (void)changes;
    counter_add(ctx, (int64_t)count);
}

static void many_threads_write_read_and_watch(void **state)
{
    struct kit *kit = kit_open(*state);
    struct crowd crowd[THREADS];
    struct counter seen = {0};

    store_watch(kit->store, &item_table, count_seen, &seen);
    for (int i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){.kit = kit, .first = 1 + i * 1000};
        crowd[i].thread = thread_start("crowd", crowd_run, &crowd[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(crowd[i].thread);
    }
    store_watch(kit->store, &item_table, NULL, &seen);
    assert_int_equal(kit_count(kit), THREADS * ROUNDS);
    assert_int_equal(counter_get(&seen), THREADS * ROUNDS);
    kit_close(kit);
}

static void closing_commits_what_waits(void **state)
{
    struct kit *kit = kit_open(*state);
    struct kit_command commands[20];
    struct note note;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        commands[i] = (struct kit_command){.run = note_once};
    }
    kit_submit(kit, commands, ARRAY_LEN(commands));
    kit_reopen(kit);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        assert_int_equal(commands[i].command.err, ERR_OK);
    }
    assert_int_equal(kit_note_get(kit, 20, &note), ERR_OK);
    kit_close(kit);
}

static enum err nothing_apply(struct tx *tx, const void *arg, void *result)
{
    (void)tx;
    (void)arg;
    (void)result;
    return ERR_OK;
}

/* The loops run on until their work has been told: they may ask once more. */
static void what_is_asked_after_the_stop_is_refused(void **state)
{
    static const struct command_kind nothing = {.name = "test.nothing", .apply = nothing_apply};
    struct kit *kit = kit_open(*state);
    struct loop *loop = loop_new("asking", 0, NULL);
    struct command command = {.kind = &nothing, .loop = loop};
    struct query query = {.loop = loop};

    loop_start(loop);
    store_stop(kit->store);
    assert_int_equal(store_submit(kit->store, &command), ERR_STOPPING);
    assert_int_equal(store_query(kit->store, &query), ERR_STOPPING);
    loop_stop(loop);
    loop_free(loop);
    kit_close(kit);
}

static enum err make_result(struct tx *tx, void *ctx)
{
    const void *row;

    TRY(tx_get(tx, &item_table, 1, &row));
    tx_result_row(tx, &item_table, row, ctx);
    CHECK(tx_now_ms(tx) > 0);
    CHECK(tx_id(tx) < tx_id(tx));
    CHECK(tx_trace(tx) == NULL);
    return ERR_OK;
}

static void a_result_row_outlives_the_batch(void **state)
{
    struct kit *kit = kit_open(*state);
    struct item copy = {0};
    int64_t one = 1;

    kit_put(kit, 1, "first");
    assert_int_equal(kit_run(kit, make_result, &copy), ERR_OK);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(kit_run(kit, kit_bump, &one), ERR_OK);
    }
    assert_str(copy.name, STR("first"));
    kit_close(kit);
}

/* The clock may have been set back while the program was away, or have stood still. */
static void new_ids_are_above_all_that_are_stored_after_a_restart(void **state)
{
    static const int64_t clocks[] = {INT64_C(1795341600123), INT64_C(1795341600123),
                                     INT64_C(1795341600123) - 3600 * 1000, 0};
    struct kit *kit = kit_open(*state);
    int64_t last = 0;

    for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
        for (int64_t j = 0; j < 3; j++) {
            int64_t id = store_new_id(kit->store, clocks[i]);

            assert_true(id > last);
            last = id;
        }
        kit_put(kit, last, "stored");
        kit_reopen(kit);
    }
    kit_close(kit);
}

int main(void)
{
#define EACH(test) cmocka_unit_test(test)
    const struct CMUnitTest tests[] = {
        EACH(every_column_type_round_trips),
        EACH(an_edit_is_written),
        EACH(an_edit_that_changes_nothing_makes_no_commit),
        EACH(a_missing_row_is_not_found),
        EACH(duplicates_are_refused_within_a_batch),
        EACH(duplicates_of_stored_rows_are_refused),
        EACH(a_refused_command_leaves_no_trace),
        EACH(a_kept_row_set_to_what_it_was_keeps_its_own_text),
        EACH(a_transaction_reads_its_own_writes),
        EACH(an_optional_key_may_be_empty_and_may_move),
        EACH(an_empty_key_finds_nothing),
        EACH(a_key_given_up_may_be_taken_in_the_same_batch),
        EACH(rising_keys_are_found_in_the_batch_and_after_a_restart),
        EACH(a_sequence_goes_on_after_a_restart),
        EACH(many_rows_of_one_batch_are_written_in_parts),
        EACH(kept_rows_survive_eviction_and_restart),
        EACH(kept_rows_may_be_deleted),
        EACH(named_rows_are_loaded_before_apply),
        EACH(later_rounds_follow_rows_that_are_in_memory),
        EACH(a_row_the_database_refuses_fails_its_command_alone),
        EACH(queries_run_on_a_loop_and_see_the_commit),
        EACH(several_rows_come_where_they_were_asked_for),
        EACH(finding_by_key_on_a_reader),
        EACH(watchers_see_what_a_batch_did),
        EACH(a_full_queue_refuses),
        EACH(a_fault_before_the_commit_changes_nothing),
        EACH(a_short_queue_lingers_for_company),
        EACH(many_threads_write_read_and_watch),
        EACH(closing_commits_what_waits),
        EACH(what_is_asked_after_the_stop_is_refused),
        EACH(a_result_row_outlives_the_batch),
        EACH(new_ids_are_above_all_that_are_stored_after_a_restart),
    };
#undef EACH

    return kit_run_on_every_database(tests, ARRAY_LEN(tests));
}
