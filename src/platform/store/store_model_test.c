/* Random commands against a model: what every call answers inside the transaction, what is refused,
 * and what is in the database afterwards must be what plain arrays say, with batches that fail and
 * stores that are opened anew in between. STORE_MODEL_SEED=n repeats a run. */
#include "test/lib/store_kit_test.h"

#include <stdlib.h>

enum {
    ITEMS = 24,
    OWNERS = 16,
    REFERENCES = 10,
    KEEPERS = 3 * KIT_KEEP,
    BATCHES = 120,
    COMMANDS_MAX = 12,
    OPS_MAX = 7,
};

struct model_item {
    bool live;
    int owner;
    int reference; /* 0: none */
    int64_t amount;
    int name;
};

struct model {
    struct model_item items[ITEMS + 1];
    int64_t keepers[KEEPERS + 1]; /* total; 0: no row */
    int64_t notes;
};

static uint64_t seed;

static int random_below(int n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)(seed % (uint64_t)n);
}

enum op_kind {
    OP_INSERT = 1,
    OP_DELETE,
    OP_AMOUNT,
    OP_NAME,
    OP_REFERENCE,
    OP_SWAP_REFERENCES,
    OP_GET,
    OP_FIND_OWNER,
    OP_FIND_REFERENCE,
    OP_KEEPER,
    OP_KEEPER_DELETE,
    OP_NOTE,
    OP_KINDS = OP_NOTE,
};

struct op {
    enum op_kind kind;
    int a, b, c;
};

struct model_command {
    struct command command;
    struct op ops[OPS_MAX];
    int op_count;
    bool refuse;   /* at its end */
    bool prefetch; /* names its rows */
    bool first;    /* of its batch */
    struct model *committed;
    struct model *batch; /* with what the batch has done so far */
    enum err expected;
};

/* ---- text of a number ---- */

static struct str text_of(struct arena *arena, const char *kind, int number)
{
    return number == 0 ? STR("") : str_printf(arena, "%s %d", kind, number);
}

/* ---- one step, in the transaction and in the model ---- */

static int owner_of(const struct model *model, int owner)
{
    for (int id = 1; id <= ITEMS; id++) {
        if (model->items[id].live && model->items[id].owner == owner) {
            return id;
        }
    }
    return 0;
}

static int reference_of(const struct model *model, int reference)
{
    for (int id = 1; id <= ITEMS && reference != 0; id++) {
        if (model->items[id].live && model->items[id].reference == reference) {
            return id;
        }
    }
    return 0;
}

/* A call may also meet the fault that is injected: then the command is over. */
static enum err look(enum err err, enum err expected)
{
    CHECK(err == expected || err == ERR_STORE_DATABASE);
    return err == ERR_STORE_DATABASE ? err : ERR_OK;
}

static enum err step_insert(struct tx *tx, struct model *m, const struct op *op)
{
    const struct item item = {
        .id = op->a,
        .owner = op->b,
        .name = text_of(tx_arena(tx), "name", 1),
        .reference = text_of(tx_arena(tx), "reference", op->c),
        .kind = ITEM_SMALL,
    };
    bool taken = m->items[op->a].live || owner_of(m, op->b) != 0 || reference_of(m, op->c) != 0;

    TRY(look(tx_insert(tx, &item_table, &item), taken ? ERR_STORE_DUPLICATE : ERR_OK));
    if (!taken) {
        m->items[op->a] = (struct model_item){true, op->b, op->c, 0, 1};
    }
    return ERR_OK;
}

static enum err step_delete(struct tx *tx, struct model *m, const struct op *op)
{
    TRY(look(tx_delete(tx, &item_table, op->a),
             m->items[op->a].live ? ERR_OK : ERR_STORE_NOT_FOUND));
    m->items[op->a].live = false;
    return ERR_OK;
}

/* Amount, name or reference. A reference that is taken refuses the command, here or at its end. */
static enum err step_edit(struct tx *tx, struct model *m, const struct op *op)
{
    struct model_item *expected = &m->items[op->a];
    struct item *item;

    if (!expected->live) {
        return look(kit_edit(tx, op->a, &item), ERR_STORE_NOT_FOUND);
    }
    TRY(look(kit_edit(tx, op->a, &item), ERR_OK));
    CHECK(item->amount.minor == expected->amount);
    if (op->kind == OP_AMOUNT) {
        expected->amount += op->b - OWNERS / 2;
        item->amount = AMOUNT(expected->amount);
    } else if (op->kind == OP_NAME) {
        expected->name = op->b;
        item->name = text_of(tx_arena(tx), "name", op->b);
    } else {
        int holder = reference_of(m, op->c);

        item->reference = text_of(tx_arena(tx), "reference", op->c);
        if (holder != 0 && holder != op->a) {
            return ERR_STORE_DUPLICATE;
        }
        expected->reference = op->c;
    }
    return ERR_OK;
}

static enum err step_swap(struct tx *tx, struct model *m, const struct op *op)
{
    int second = 1 + (op->a + op->b) % ITEMS;
    int kept = m->items[op->a].reference;
    struct item *a;
    struct item *b;

    if (!m->items[op->a].live || !m->items[second].live) {
        return ERR_OK;
    }
    TRY(look(kit_edit(tx, op->a, &a), ERR_OK));
    TRY(look(kit_edit(tx, second, &b), ERR_OK));
    m->items[op->a].reference = m->items[second].reference;
    m->items[second].reference = kept;
    a->reference = text_of(tx_arena(tx), "reference", m->items[op->a].reference);
    b->reference = text_of(tx_arena(tx), "reference", kept);
    return ERR_OK;
}

static enum err step_look(struct tx *tx, struct model *m, const struct op *op)
{
    const struct item key = {.owner = op->b,
                             .reference = text_of(tx_arena(tx), "reference", op->c)};
    const void *row = NULL;
    int expected;
    enum err err;

    if (op->kind == OP_GET) {
        expected = m->items[op->a].live ? op->a : 0;
        err = tx_get(tx, &item_table, op->a, &row);
    } else if (op->kind == OP_FIND_OWNER) {
        expected = owner_of(m, op->b);
        err = tx_find(tx, &item_table, 0, &key, &row);
    } else {
        expected = reference_of(m, op->c);
        err = tx_find(tx, &item_table, 1, &key, &row);
    }
    TRY(look(err, expected == 0 ? ERR_STORE_NOT_FOUND : ERR_OK));
    if (expected != 0) {
        const struct item *item = row;

        CHECK(item->id == expected);
        CHECK(item->amount.minor == m->items[expected].amount);
        CHECK(str_eq(item->name, text_of(tx_arena(tx), "name", m->items[expected].name)));
    }
    return ERR_OK;
}

static enum err step_keeper(struct tx *tx, struct model *m, const struct op *op)
{
    int id = 1 + (op->a * OWNERS + op->b) % KEEPERS;
    const struct keeper fresh = {.id = id, .total = 1, .note = STR("fresh")};
    struct keeper *keeper;
    void *row;

    if (op->kind == OP_KEEPER_DELETE) {
        TRY(look(tx_delete(tx, &keeper_table, id),
                 m->keepers[id] == 0 ? ERR_STORE_NOT_FOUND : ERR_OK));
        m->keepers[id] = 0;
    } else if (m->keepers[id] == 0) {
        TRY(look(tx_edit(tx, &keeper_table, id, &row), ERR_STORE_NOT_FOUND));
        TRY(look(tx_insert(tx, &keeper_table, &fresh), ERR_OK));
        m->keepers[id] = 1;
    } else {
        TRY(look(tx_edit(tx, &keeper_table, id, &row), ERR_OK));
        keeper = row;
        CHECK(keeper->total == m->keepers[id]);
        keeper->total = ++m->keepers[id];
        keeper->note = text_of(tx_arena(tx), "total", (int)keeper->total);
    }
    return ERR_OK;
}

static enum err step(struct tx *tx, struct model *m, const struct op *op)
{
    switch (op->kind) {
    case OP_INSERT:
        return step_insert(tx, m, op);
    case OP_DELETE:
        return step_delete(tx, m, op);
    case OP_AMOUNT:
    case OP_NAME:
    case OP_REFERENCE:
        return step_edit(tx, m, op);
    case OP_SWAP_REFERENCES:
        return step_swap(tx, m, op);
    case OP_GET:
    case OP_FIND_OWNER:
    case OP_FIND_REFERENCE:
        return step_look(tx, m, op);
    case OP_KEEPER:
    case OP_KEEPER_DELETE:
        return step_keeper(tx, m, op);
    case OP_NOTE:
        kit_note(tx, "model");
        m->notes++;
        return ERR_OK;
    }
    return ERR_OK;
}

/* ---- commands ---- */

static enum err model_apply(struct tx *tx, const void *arg, void *result)
{
    struct model_command *c = (struct model_command *)(uintptr_t)arg;
    struct model scratch;

    (void)result;
    if (c->first) {
        *c->batch = *c->committed;
    }
    scratch = *c->batch;
    for (int i = 0; i < c->op_count; i++) {
        enum err err = step(tx, &scratch, &c->ops[i]);

        if (err == ERR_STORE_DUPLICATE) {
            c->expected = err;
            return ERR_OK; /* the store finds it when it settles the command */
        }
        TRY(err);
    }
    if (c->refuse) {
        c->expected = ERR_FIELD_VALUE;
        return tx_refuse(tx, ERR_FIELD_VALUE, "model");
    }
    c->expected = ERR_OK;
    *c->batch = scratch;
    return ERR_OK;
}

static void model_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct model_command *c = arg;

    for (int i = 0; c->prefetch && round == 0 && i < c->op_count; i++) {
        const struct item key = {.owner = c->ops[i].b};

        prefetch_id(pre, &item_table, c->ops[i].a);
        prefetch_unique(pre, &item_table, 0, &key);
    }
}

static const struct command_kind model_kind = {
    .name = "model.run", .prefetch = model_prefetch, .apply = model_apply};

static void make_command(struct model_command *c, struct model *committed, struct model *batch,
                         bool first)
{
    *c = (struct model_command){
        .op_count = 1 + random_below(OPS_MAX),
        .refuse = random_below(4) == 0,
        .prefetch = random_below(2) == 0,
        .first = first,
        .committed = committed,
        .batch = batch,
    };
    for (int i = 0; i < c->op_count; i++) {
        c->ops[i] = (struct op){
            .kind = (enum op_kind)(1 + random_below(OP_KINDS)),
            .a = 1 + random_below(ITEMS),
            .b = 1 + random_below(OWNERS),
            .c = random_below(REFERENCES),
        };
    }
}

/* ---- comparing ---- */

static void check_item(struct kit *kit, const struct model *model, int id)
{
    const struct model_item *expected = &model->items[id];
    struct item found;

    if (!expected->live) {
        assert_int_equal(kit_get(kit, id, &found), ERR_STORE_NOT_FOUND);
        return;
    }
    assert_int_equal(kit_get(kit, id, &found), ERR_OK);
    assert_int_equal(found.owner, expected->owner);
    assert_int_equal(found.amount.minor, expected->amount);
    assert_str(found.name, text_of(kit->arena, "name", expected->name));
    assert_str(found.reference, text_of(kit->arena, "reference", expected->reference));
}

static void check_database(struct kit *kit, const struct model *model)
{
    struct keeper keeper;
    struct note note;

    for (int id = 1; id <= ITEMS; id++) {
        check_item(kit, model, id);
    }
    for (int id = 1; id <= KEEPERS; id++) {
        enum err err = kit_keeper_get(kit, id, &keeper);

        assert_int_equal(err, model->keepers[id] == 0 ? ERR_STORE_NOT_FOUND : ERR_OK);
        assert_true(err != ERR_OK || keeper.total == model->keepers[id]);
    }
    assert_int_equal(kit_note_get(kit, model->notes + 1, &note), ERR_STORE_NOT_FOUND);
    if (model->notes > 0) {
        assert_int_equal(kit_note_get(kit, model->notes, &note), ERR_OK);
    }
    arena_reset(kit->arena);
}

static void run_batch_of(struct kit *kit, struct model *committed, int64_t fault)
{
    static struct model batch;
    struct model_command commands[COMMANDS_MAX];
    struct command *pointers[COMMANDS_MAX];
    size_t count = 1 + (size_t)random_below(COMMANDS_MAX);

    for (size_t i = 0; i < count; i++) {
        make_command(&commands[i], committed, &batch, i == 0);
        commands[i].command =
            (struct command){.kind = &model_kind, .arg = &commands[i], .arena = kit->arena};
        pointers[i] = &commands[i].command;
    }
    kit_batch_of(kit, pointers, count);
    if (fault > 0 && store_fault_calls() >= fault) {
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(commands[i].command.err, ERR_STORE_DATABASE);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(commands[i].command.err, commands[i].expected);
    }
    *committed = batch;
}

/* The begin of the batch or one of the two calls after it: a look-up, the lease, a table. */
static int64_t maybe_fault(void)
{
    int64_t nth = random_below(5) == 0 ? 1 + random_below(3) : 0;

    store_fault_at(nth);
    return nth;
}

static void random_commands_do_what_the_model_says(void **state)
{
    const char *given = getenv("STORE_MODEL_SEED");
    struct kit *kit = kit_open(*state);
    struct model committed = {0};

    seed = given != NULL ? strtoull(given, NULL, 10) : uv_hrtime() | 1;
    print_message("STORE_MODEL_SEED=%llu\n", (unsigned long long)seed);
    for (int i = 0; i < BATCHES; i++) {
        run_batch_of(kit, &committed, maybe_fault());
        store_fault_at(0);
        if (random_below(10) == 0) {
            check_database(kit, &committed);
        }
        if (random_below(30) == 0) {
            kit_reopen(kit);
        }
    }
    check_database(kit, &committed);
    kit_close(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_commands_do_what_the_model_says),
    };

    return kit_run_on_every_database(tests, ARRAY_LEN(tests));
}
