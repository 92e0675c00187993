/* What the store alone can do: commands a second, durable, by batch size, on both databases.
 *
 *     update     one small row of 100,000, loaded and written back
 *     insert     one row of 40 columns with a unique text key
 *     transfer   one appended row with a unique key of three integers, two edits of kept rows
 *     payment    two commands, 12 rows: what creating and completing a payment writes
 *
 * Usage: store_bench [sqlite|mysql] [update|insert|transfer|payment] [BATCH] [COMMANDS] */
#include "test/lib/mariadb.h"

#include "platform/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SMALL_ROWS = 100000, ACCOUNTS = 10000, WIDE_COLUMNS = 40 };

/* ---- schema ---- */

struct small {
    int64_t id;
    int64_t counter;
    struct str name;
};

struct account {
    int64_t id;
    int64_t balance, debits, credits, sequence, last_position;
    int64_t fixed[6];
};

struct journal {
    int64_t id;
    int64_t source, business_no, operation;
    int64_t legs[14];
};

struct wide {
    int64_t id;
    int64_t merchant_id;
    struct str order_no;
    struct str channel_no; /* set at completion */
    int64_t status;
    int64_t numbers[25];
    struct str texts[10];
};

struct event {
    int64_t id;
    int64_t object_id;
    struct str type;
    struct str data;
};

struct timer {
    int64_t id;
    int64_t object_id;
    int64_t due_at_ms;
};

static const struct column small_columns[] = {
    COLUMN(struct small, id, COL_ID),
    COLUMN(struct small, counter, COL_INT),
    COLUMN(struct small, name, COL_TEXT, .size = 32, .fixed = true),
};
static const struct table small_table = {
    .name = "small",
    .row_size = sizeof(struct small),
    .columns = small_columns,
    .column_count = ARRAY_LEN(small_columns),
};

#define NUMBER(type_, array_, n_)                                                                  \
    {                                                                                              \
        .name = #array_ #n_, .offset = offsetof(type_, array_[n_]), .type = COL_INT                \
    }
#define FIXED(type_, array_, n_)                                                                   \
    {                                                                                              \
        .name = #array_ #n_, .offset = offsetof(type_, array_[n_]), .type = COL_INT, .fixed = true \
    }
#define TEXT(type_, array_, n_)                                                                    \
    {                                                                                              \
        .name = #array_ #n_, .offset = offsetof(type_, array_[n_]), .type = COL_TEXT, .size = 64,  \
        .fixed = true                                                                              \
    }

static const struct column account_columns[] = {
    COLUMN(struct account, id, COL_ID),        COLUMN(struct account, balance, COL_INT),
    COLUMN(struct account, debits, COL_INT),   COLUMN(struct account, credits, COL_INT),
    COLUMN(struct account, sequence, COL_INT), COLUMN(struct account, last_position, COL_INT),
    FIXED(struct account, fixed, 0),           FIXED(struct account, fixed, 1),
    FIXED(struct account, fixed, 2),           FIXED(struct account, fixed, 3),
    FIXED(struct account, fixed, 4),           FIXED(struct account, fixed, 5),
};
static const struct table account_table = {
    .name = "account",
    .row_size = sizeof(struct account),
    .columns = account_columns,
    .column_count = ARRAY_LEN(account_columns),
    .keep = 65536,
};

static const struct column journal_columns[] = {
    COLUMN(struct journal, id, COL_ID),
    COLUMN(struct journal, source, COL_INT, .fixed = true),
    COLUMN(struct journal, business_no, COL_ID, .fixed = true),
    COLUMN(struct journal, operation, COL_INT, .fixed = true),
    FIXED(struct journal, legs, 0),
    FIXED(struct journal, legs, 1),
    FIXED(struct journal, legs, 2),
    FIXED(struct journal, legs, 3),
    FIXED(struct journal, legs, 4),
    FIXED(struct journal, legs, 5),
    FIXED(struct journal, legs, 6),
    FIXED(struct journal, legs, 7),
    FIXED(struct journal, legs, 8),
    FIXED(struct journal, legs, 9),
    FIXED(struct journal, legs, 10),
    FIXED(struct journal, legs, 11),
    FIXED(struct journal, legs, 12),
    FIXED(struct journal, legs, 13),
};
static const struct table journal_table = {
    .name = "journal",
    .row_size = sizeof(struct journal),
    .columns = journal_columns,
    .column_count = ARRAY_LEN(journal_columns),
    .uniques = {{.name = "journal_business_no",
                 .columns = {"business_no", "source", "operation"},
                 .rising = true}},
    .unique_count = 1,
    .append_only = true,
};

static const struct column wide_columns[] = {
    COLUMN(struct wide, id, COL_ID),
    COLUMN(struct wide, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct wide, order_no, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct wide, channel_no, COL_TEXT, .size = 64, .optional = true),
    COLUMN(struct wide, status, COL_INT),
    NUMBER(struct wide, numbers, 0),
    NUMBER(struct wide, numbers, 1),
    NUMBER(struct wide, numbers, 2),
    NUMBER(struct wide, numbers, 3),
    NUMBER(struct wide, numbers, 4),
    FIXED(struct wide, numbers, 5),
    FIXED(struct wide, numbers, 6),
    FIXED(struct wide, numbers, 7),
    FIXED(struct wide, numbers, 8),
    FIXED(struct wide, numbers, 9),
    FIXED(struct wide, numbers, 10),
    FIXED(struct wide, numbers, 11),
    FIXED(struct wide, numbers, 12),
    FIXED(struct wide, numbers, 13),
    FIXED(struct wide, numbers, 14),
    FIXED(struct wide, numbers, 15),
    FIXED(struct wide, numbers, 16),
    FIXED(struct wide, numbers, 17),
    FIXED(struct wide, numbers, 18),
    FIXED(struct wide, numbers, 19),
    FIXED(struct wide, numbers, 20),
    FIXED(struct wide, numbers, 21),
    FIXED(struct wide, numbers, 22),
    FIXED(struct wide, numbers, 23),
    FIXED(struct wide, numbers, 24),
    TEXT(struct wide, texts, 0),
    TEXT(struct wide, texts, 1),
    TEXT(struct wide, texts, 2),
    TEXT(struct wide, texts, 3),
    TEXT(struct wide, texts, 4),
    TEXT(struct wide, texts, 5),
    TEXT(struct wide, texts, 6),
    TEXT(struct wide, texts, 7),
    TEXT(struct wide, texts, 8),
    TEXT(struct wide, texts, 9),
};
static const struct table wide_table = {
    .name = "wide",
    .row_size = sizeof(struct wide),
    .columns = wide_columns,
    .column_count = ARRAY_LEN(wide_columns),
    .uniques = {{.name = "wide_order_no", .columns = {"merchant_id", "order_no"}}},
    .unique_count = 1,
    .keep = 65536,
};

static const struct column event_columns[] = {
    COLUMN(struct event, id, COL_ID),
    COLUMN(struct event, object_id, COL_ID, .fixed = true),
    COLUMN(struct event, type, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct event, data, COL_TEXT, .size = 4000, .fixed = true),
};
static const struct table event_table = {
    .name = "event",
    .row_size = sizeof(struct event),
    .columns = event_columns,
    .column_count = ARRAY_LEN(event_columns),
    .append_only = true,
};

static const struct column timer_columns[] = {
    COLUMN(struct timer, id, COL_ID),
    COLUMN(struct timer, object_id, COL_ID, .fixed = true),
    COLUMN(struct timer, due_at_ms, COL_TIME),
};
static const struct table timer_table = {
    .name = "timer",
    .row_size = sizeof(struct timer),
    .columns = timer_columns,
    .column_count = ARRAY_LEN(timer_columns),
    .uniques = {{.name = "timer_object", .columns = {"object_id"}, .rising = true}},
    .unique_count = 1,
};

static const struct sequence journal_sequence = {"journal", &journal_table};
static const struct sequence event_sequence = {"event", &event_table};

static const struct table *const tables[] = {&small_table, &account_table, &journal_table,
                                             &wide_table,  &event_table,   &timer_table};
static const struct sequence *const sequences[] = {&journal_sequence, &event_sequence};

/* CREATE TABLE from the column table; modules write theirs by hand. */
static char *create_table(struct arena *arena, const struct table *table, const char *uniques)
{
    struct buf buf;

    buf_init_arena(&buf, arena, 16384);
    buf_printf(&buf, "CREATE TABLE %s (", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];

        if (column->type == COL_TEXT) {
            buf_printf(&buf, "%s VARCHAR(%u)", column->name, column->size);
        } else {
            buf_printf(&buf, "%s BIGINT", column->name);
        }
        buf_printf(&buf, "%s, ", column->optional ? "" : " NOT NULL");
    }
    buf_printf(&buf, "PRIMARY KEY (id)%s)", uniques);
    CHECK(buf_ok(&buf));
    return str_cstr(arena, buf_str(&buf));
}

/* ---- commands ---- */

struct job {
    struct command command;
    int64_t n;
};

static struct counter finished, refused;

static void job_done(struct command *command)
{
    if (command->err != ERR_OK) {
        counter_add(&refused, 1);
    }
    counter_add(&finished, 1);
}

static int64_t spread(int64_t n, int64_t range)
{
    return 1 + (int64_t)((uint64_t)n * UINT64_C(0x9E3779B97F4A7C15) >> 20) % range;
}

static void update_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct job *job = arg;

    if (round == 0) {
        prefetch_id(pre, &small_table, spread(job->n, SMALL_ROWS));
    }
}

static enum err update_apply(struct tx *tx, const void *arg, void *result)
{
    const struct job *job = arg;
    void *row;

    (void)result;
    TRY(tx_edit(tx, &small_table, spread(job->n, SMALL_ROWS), &row));
    ((struct small *)row)->counter++;
    return ERR_OK;
}

static void fill_wide(struct wide *wide, int64_t n, char order_no[32])
{
    int len = snprintf(order_no, 32, "order-%016llx", (unsigned long long)spread(n, INT64_MAX / 4));

    *wide = (struct wide){.id = 1000000 + n, .merchant_id = spread(n, 50)};
    wide->order_no = (struct str){order_no, (size_t)len};
    for (size_t i = 0; i < ARRAY_LEN(wide->numbers); i++) {
        wide->numbers[i] = i % 3 == 0 ? n * 1000003 : (int64_t)i;
    }
    for (size_t i = 0; i < ARRAY_LEN(wide->texts); i++) {
        wide->texts[i] = i % 2 == 0 ? STR("a subject of a payment") : STR("");
    }
}

static void wide_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct job *job = arg;
    struct wide wide;
    char order_no[32];

    if (round == 0) {
        fill_wide(&wide, job->n, order_no);
        prefetch_unique(pre, &wide_table, 0, &wide);
    }
}

static enum err insert_apply(struct tx *tx, const void *arg, void *result)
{
    const struct job *job = arg;
    struct wide wide;
    char order_no[32];

    (void)result;
    fill_wide(&wide, job->n, order_no);
    return tx_insert(tx, &wide_table, &wide);
}

static enum err leg(struct tx *tx, int64_t account_id, int64_t amount, int64_t *out)
{
    struct account *account;
    void *row;

    TRY(tx_edit(tx, &account_table, account_id, &row));
    account = row;
    account->balance += amount;
    account->debits += amount > 0 ? amount : 0;
    account->credits -= amount < 0 ? amount : 0;
    account->sequence++;
    out[0] = account_id;
    out[1] = amount;
    out[2] = account->balance;
    out[3] = account->sequence;
    out[4] = account->last_position;
    account->last_position++;
    return ERR_OK;
}

static enum err post(struct tx *tx, int64_t n, int64_t operation)
{
    struct journal journal = {.source = 1, .business_no = n, .operation = operation};
    const void *found;

    if (tx_find(tx, &journal_table, 0, &journal, &found) != ERR_STORE_NOT_FOUND) {
        return ERR_STORE_DUPLICATE;
    }
    journal.id = tx_sequence(tx, &journal_sequence);
    TRY(leg(tx, spread(n, ACCOUNTS), 100, &journal.legs[0]));
    TRY(leg(tx, n % 2 == 0 ? 1 : spread(n + 7, ACCOUNTS), -100, &journal.legs[5]));
    tx_append(tx, &journal_table, &journal);
    return ERR_OK;
}

static enum err transfer_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return post(tx, ((const struct job *)arg)->n, 1);
}

static void add_event(struct tx *tx, int64_t object_id, struct str type)
{
    const struct event event = {
        .id = tx_sequence(tx, &event_sequence),
        .object_id = object_id,
        .type = type,
        .data = STR("{\"id\":\"pay_0DQ4C5T3K8Z2M\",\"object\":\"payment\",\"amount\":12345,"
                    "\"currency\":\"CNY\",\"status\":\"succeeded\",\"merchant_order_no\":"
                    "\"order-0123456789abcdef\",\"channel\":\"wechat\",\"method\":\"native\","
                    "\"created_at\":\"2026-11-22T10:00:00.123Z\"}"),
    };

    tx_append(tx, &event_table, &event);
}

/* The payment's row, an event, a timer. */
static enum err create_apply(struct tx *tx, const void *arg, void *result)
{
    const struct job *job = arg;
    int64_t n = job->n / 2;
    const struct timer timer = {.id = 1000000 + n, .object_id = 1000000 + n, .due_at_ms = n};
    struct wide wide;
    char order_no[32];

    (void)result;
    fill_wide(&wide, n, order_no);
    TRY(tx_insert(tx, &wide_table, &wide));
    TRY(tx_insert(tx, &timer_table, &timer));
    add_event(tx, wide.id, STR("payment.created"));
    return ERR_OK;
}

/* The payment's row, an event, the timer, two journals of two accounts each. */
static enum err complete_apply(struct tx *tx, const void *arg, void *result)
{
    const struct job *job = arg;
    int64_t n = job->n / 2;
    struct wide *wide;
    void *row;

    (void)result;
    TRY(tx_edit(tx, &wide_table, 1000000 + n, &row));
    wide = row;
    CHECK(wide->status == 0);
    wide->status = 2;
    wide->channel_no = STR("4200001234202611221234567890");
    wide->numbers[0] = n;
    TRY(tx_delete(tx, &timer_table, 1000000 + n));
    TRY(post(tx, n, 1));
    TRY(post(tx, n, 2));
    add_event(tx, wide->id, STR("payment.succeeded"));
    return ERR_OK;
}

/* Even jobs create payment n / 2, odd ones complete the payment created two windows ago. */
static enum err payment_apply(struct tx *tx, const void *arg, void *result)
{
    const struct job *job = arg;

    return job->n % 2 == 0 ? create_apply(tx, arg, result) : complete_apply(tx, arg, result);
}

static void payment_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct job *job = arg;
    const struct job create = {.n = job->n / 2};

    if (job->n % 2 == 0) {
        wide_prefetch(pre, &create, round);
    } else if (round == 0) {
        prefetch_id(pre, &wide_table, 1000000 + job->n / 2);
        prefetch_id(pre, &timer_table, 1000000 + job->n / 2);
    }
}

struct scenario {
    const char *name;
    struct command_kind kind;
    unsigned commands_each; /* per thing counted */
};

static const struct scenario scenarios[] = {
    {"update", {.name = "bench.update", .prefetch = update_prefetch, .apply = update_apply}, 1},
    {"insert", {.name = "bench.insert", .prefetch = wide_prefetch, .apply = insert_apply}, 1},
    {"transfer", {.name = "bench.transfer", .apply = transfer_apply}, 1},
    {"payment", {.name = "bench.payment", .prefetch = payment_prefetch, .apply = payment_apply}, 2},
};

/* ---- running ---- */

static enum err fill_apply(struct tx *tx, const void *arg, void *result)
{
    (void)arg;
    (void)result;
    for (int64_t id = 1; id <= SMALL_ROWS; id++) {
        const struct small small = {.id = id, .name = STR("a name of a row")};

        TRY(tx_insert(tx, &small_table, &small));
    }
    for (int64_t id = 1; id <= ACCOUNTS; id++) {
        const struct account account = {.id = id};

        TRY(tx_insert(tx, &account_table, &account));
    }
    return ERR_OK;
}

static void submit(struct store *store, struct job *job)
{
    while (store_submit(store, &job->command) == ERR_STORE_BUSY) {
        usleep(200);
    }
}

/* Every second job follows its partner at a distance, so that they are not in one batch. */
static int64_t number_of(const struct scenario *scenario, size_t i, size_t distance)
{
    size_t block = i / distance;

    if (scenario->commands_each == 1) {
        return (int64_t)i + 1;
    }
    return (int64_t)(2 * (block / 2 * distance + i % distance + 1) + block % 2);
}

static int64_t run(struct store *store, const struct scenario *scenario, size_t count, size_t batch)
{
    struct job *jobs = mem_new(count * sizeof(*jobs));
    uint64_t begun = uv_hrtime();
    int64_t rate;

    counter_set(&finished, 0);
    counter_set(&refused, 0);
    for (size_t i = 0; i < count; i++) {
        jobs[i].n = number_of(scenario, i, batch);
        jobs[i].command =
            (struct command){.kind = &scenario->kind, .arg = &jobs[i], .done = job_done};
        submit(store, &jobs[i]);
    }
    while (counter_get(&finished) < (int64_t)count) {
        usleep(100);
    }
    rate =
        (int64_t)((uint64_t)count * 1000000000 / (uv_hrtime() - begun)) / scenario->commands_each;
    CHECK(counter_get(&refused) == 0);
    mem_free(jobs);
    return rate;
}

static struct store *open_store(const char *url, size_t batch)
{
    struct arena *arena = arena_new();
    const struct migration migrations[] = {
        {"bench.small", create_table(arena, &small_table, "")},
        {"bench.account", create_table(arena, &account_table, "")},
        {"bench.journal",
         create_table(arena, &journal_table, ", UNIQUE (business_no, source, operation)")},
        {"bench.wide", create_table(arena, &wide_table, ", UNIQUE (merchant_id, order_no)")},
        {"bench.event", create_table(arena, &event_table, "")},
        {"bench.timer", create_table(arena, &timer_table, ", UNIQUE (object_id)")},
    };
    const struct store_part part = {
        .tables = tables,
        .table_count = ARRAY_LEN(tables),
        .migrations = migrations,
        .migration_count = ARRAY_LEN(migrations),
        .sequences = sequences,
        .sequence_count = ARRAY_LEN(sequences),
    };
    const struct store_options options = {
        .url = str_of(url),
        .batch_max = batch,
        .queue_max = 4 * batch,
        .parts = &part,
        .part_count = 1,
        .migrate = true,
    };
    static const struct command_kind fill_kind = {.name = "bench.fill", .apply = fill_apply};
    struct store *store;
    char detail[256];

    if (store_open(&options, &store, detail) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", detail);
        exit(1);
    }
    CHECK(store_run(store, &fill_kind, NULL, NULL, NULL) == ERR_OK);
    arena_free(arena);
    return store;
}

static void bench(const char *scheme, const struct scenario *scenario, size_t batch, size_t count)
{
    char folder[] = "/tmp/store_bench.XXXXXX";
    char url[300];
    struct store *store;
    int64_t rate;

    CHECK(mkdtemp(folder) != NULL);
    if (strcmp(scheme, "mysql") == 0) {
        (void)snprintf(url, sizeof(url), "%s", test_mariadb_fresh_url());
    } else {
        (void)snprintf(url, sizeof(url), "sqlite:%s/bench.db", folder);
    }
    store = open_store(url, batch);
    rate = run(store, scenario, count / (2 * batch) * (2 * batch), batch);
    store_close(store);
    (void)printf("figure store.%s.%s.b%zu %lld /s\n", scenario->name,
                 strcmp(scheme, "mysql") == 0 ? "mariadb" : "sqlite", batch, (long long)rate);
    (void)fflush(stdout);
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", ".lock", NULL};
         *end != NULL; end++) {
        (void)snprintf(url, sizeof(url), "%s/bench.db%s", folder, *end);
        (void)unlink(url);
    }
    (void)rmdir(folder);
}

int main(int argc, char **argv)
{
    static const char *const schemes[] = {"sqlite", "mysql"};
    static const size_t batches[] = {1, 64, 512};
    static const size_t counts[] = {4000, 60000, 200000};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        for (size_t j = 0; j < ARRAY_LEN(scenarios); j++) {
            for (size_t k = 0; k < ARRAY_LEN(batches); k++) {
                size_t count = argc > 4 ? strtoul(argv[4], NULL, 10) : counts[k];

                if ((argc <= 1 || strcmp(argv[1], schemes[i]) == 0) &&
                    (argc <= 2 || strcmp(argv[2], scenarios[j].name) == 0) &&
                    (argc <= 3 || strtoul(argv[3], NULL, 10) == batches[k])) {
                    bench(schemes[i], &scenarios[j], batches[k], count);
                }
            }
        }
    }
    return 0;
}
