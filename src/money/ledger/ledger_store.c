#include "money/ledger/ledger_day_int.h"
#include "money/ledger/ledger_voucher_int.h"

enum { MATURITIES_MAX = 2000, PENDING_REFUSAL_MAX = 40 };
enum { LEDGER_ACCOUNTS_KEPT = 1 << 20 }; /* hot accounts live in the writer's memory */

/* Also of the rows that begin with an account. */
#define ACCOUNT_COLUMNS                                                                            \
    COLUMN(struct ledger_account, id, COL_ID),                                                     \
        COLUMN(struct ledger_account, owner_id, COL_ID, .fixed = true),                            \
        COLUMN(struct ledger_account, code, COL_INT, .fixed = true,                                \
               .help = "a leaf of the chart"),                                                     \
        COLUMN(struct ledger_account, currency, COL_CURRENCY, .fixed = true),                      \
        COLUMN(struct ledger_account, side, COL_ENUM, .fixed = true, .help = "the normal side"),   \
        COLUMN(struct ledger_account, has_floor, COL_BOOL),                                        \
        COLUMN(struct ledger_account, floor, COL_AMOUNT),                                          \
        COLUMN(struct ledger_account, posted, COL_AMOUNT, .help = "positive on the normal side"),  \
        COLUMN(struct ledger_account, held, COL_AMOUNT, .help = "what open holds have left"),      \
        COLUMN(struct ledger_account, debits, COL_AMOUNT, .help = "of all time"),                  \
        COLUMN(struct ledger_account, credits, COL_AMOUNT, .help = "of all time"),                 \
        COLUMN(struct ledger_account, sequence, COL_INT, .help = "of the last leg"),               \
        COLUMN(struct ledger_account, last_position, COL_INT, .help = "of the last leg"),          \
        COLUMN(struct ledger_account, created_at_ms, COL_TIME, .fixed = true),                     \
        COLUMN(struct ledger_account, status, COL_ENUM),                                           \
        COLUMN(struct ledger_account, deferred, COL_BOOL),                                         \
        COLUMN(struct ledger_account, credit_blocks, COL_INT),                                     \
        COLUMN(struct ledger_account, debit_blocks, COL_INT),                                      \
        COLUMN(struct ledger_account, holds, COL_INT),                                             \
        COLUMN(struct ledger_account, pending, COL_INT),                                           \
        COLUMN(struct ledger_account, maturities, COL_TEXT, .size = MATURITIES_MAX),               \
        COLUMN(struct ledger_account, awaited, COL_AMOUNT, .help = "by holds that wait for money")

static const struct column account_columns[] = {ACCOUNT_COLUMNS};

const struct table ledger__account_table = {
    .name = "ledger_account",
    .row_size = sizeof(struct ledger_account),
    .columns = account_columns,
    .column_count = ARRAY_LEN(account_columns),
    .uniques = {{.name = "ledger_account_key", .columns = {"owner_id", "code", "currency"}}},
    .unique_count = 1,
    .keep = LEDGER_ACCOUNTS_KEPT,
};

static const struct column reserved_columns[] = {
    ACCOUNT_COLUMNS,
    COLUMN(struct ledger_reserved, matures_on, COL_INT, .optional = true),
    COLUMN(struct ledger_reserved, reserved, COL_AMOUNT, .optional = true),
};

static const struct table reserved_shape = {
    .name = "ledger_reserved",
    .row_size = sizeof(struct ledger_reserved),
    .columns = reserved_columns,
    .column_count = ARRAY_LEN(reserved_columns),
};

static const struct column serial_columns[] = {
    COLUMN(struct ledger_serial, serial, COL_ID),
    COLUMN(struct ledger_serial, account_id, COL_ID, .fixed = true),
};

const struct table ledger__serial_table = {
    .name = "ledger_serial",
    .row_size = sizeof(struct ledger_serial),
    .columns = serial_columns,
    .column_count = ARRAY_LEN(serial_columns),
    .uniques = {{.name = "ledger_serial_account", .columns = {"account_id"}, .rising = true}},
    .unique_count = 1,
};

const struct sequence ledger__serial_sequence = {
    .name = "ledger_serial",
    .table = &ledger__serial_table,
};

static const struct column terms_columns[] = {
    COLUMN(struct ledger_terms, id, COL_ID),
    COLUMN(struct ledger_terms, account_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_terms, owner_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_terms, code, COL_INT, .fixed = true),
    COLUMN(struct ledger_terms, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct ledger_terms, side, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_terms, opened_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_terms, status, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_terms, deferred, COL_BOOL, .fixed = true),
    COLUMN(struct ledger_terms, has_floor, COL_BOOL, .fixed = true),
    COLUMN(struct ledger_terms, floor, COL_AMOUNT, .fixed = true),
    COLUMN(struct ledger_terms, date, COL_INT, .fixed = true),
    COLUMN(struct ledger_terms, created_at_ms, COL_TIME, .fixed = true),
};

const struct table ledger__terms_table = {
    .name = "ledger_terms",
    .row_size = sizeof(struct ledger_terms),
    .columns = terms_columns,
    .column_count = ARRAY_LEN(terms_columns),
    .append_only = true,
};

const struct sequence ledger__terms_sequence = {
    .name = "ledger_terms",
    .table = &ledger__terms_table,
};

/* A member of slots[number], under a column name with the slot's letter. */
#define SLOT_COLUMN(column_, number_, member_, type_)                                              \
    {                                                                                              \
        .name = (column_), .type = (type_), .fixed = true,                                         \
        .offset = offsetof(struct ledger_journal, slots[number_].member_)                          \
    }

static const struct column journal_columns[] = {
    COLUMN(struct ledger_journal, id, COL_ID),
    COLUMN(struct ledger_journal, business_no, COL_ID, .fixed = true, .optional = true),
    COLUMN(struct ledger_journal, source, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_journal, operation, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_journal, part, COL_INT, .fixed = true),
    COLUMN(struct ledger_journal, leg_count, COL_INT, .fixed = true),
    COLUMN(struct ledger_journal, hold_id, COL_ID, .fixed = true, .optional = true),
    COLUMN(struct ledger_journal, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_journal, business_date, COL_INT, .fixed = true),
    SLOT_COLUMN("account_a", 0, account_id, COL_ID),
    SLOT_COLUMN("amount_a", 0, amount, COL_AMOUNT),
    SLOT_COLUMN("sequence_a", 0, sequence, COL_INT),
    SLOT_COLUMN("balance_a", 0, balance, COL_AMOUNT),
    SLOT_COLUMN("previous_a", 0, previous, COL_INT),
    SLOT_COLUMN("account_b", 1, account_id, COL_ID),
    SLOT_COLUMN("amount_b", 1, amount, COL_AMOUNT),
    SLOT_COLUMN("sequence_b", 1, sequence, COL_INT),
    SLOT_COLUMN("balance_b", 1, balance, COL_AMOUNT),
    SLOT_COLUMN("previous_b", 1, previous, COL_INT),
    SLOT_COLUMN("matures_a", 0, matures_on, COL_INT),
    SLOT_COLUMN("matures_b", 1, matures_on, COL_INT),
    COLUMN(struct ledger_journal, voucher, COL_INT, .fixed = true, .optional = true),
};

const struct table ledger__journal_table = {
    .name = "ledger_journal",
    .row_size = sizeof(struct ledger_journal),
    .columns = journal_columns,
    .column_count = ARRAY_LEN(journal_columns),
    .uniques = {{.name = "ledger_journal_reference",
                 .columns = {"business_no", "operation", "source"},
                 .rising = true}},
    .unique_count = 1,
};

const struct sequence ledger__journal_sequence = {
    .name = "ledger_journal",
    .table = &ledger__journal_table,
};

static const struct column mark_columns[] = {
    COLUMN(struct ledger_mark, position, COL_ID),
    COLUMN(struct ledger_mark, account_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_mark, sequence, COL_INT, .fixed = true),
};

const struct table ledger__mark_table = {
    .name = "ledger_mark",
    .row_size = sizeof(struct ledger_mark),
    .columns = mark_columns,
    .column_count = ARRAY_LEN(mark_columns),
    .append_only = true,
};

static const struct column hold_columns[] = {
    COLUMN(struct ledger_hold, id, COL_ID),
    COLUMN(struct ledger_hold, account_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_hold, kind, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_hold, status, COL_ENUM),
    COLUMN(struct ledger_hold, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct ledger_hold, captured, COL_AMOUNT),
    COLUMN(struct ledger_hold, released, COL_AMOUNT),
    COLUMN(struct ledger_hold, expires_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_hold, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_hold, updated_at_ms, COL_TIME),
    COLUMN(struct ledger_hold, effect, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_hold, matures_on, COL_INT, .fixed = true),
    /* "rank" is a reserved word of MySQL */
    {.name = "turn", .type = COL_INT, .offset = offsetof(struct ledger_hold, rank), .fixed = true},
    COLUMN(struct ledger_hold, operator_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_hold, reason, COL_TEXT, .size = LEDGER_HOLD_REASON_MAX, .fixed = true),
    COLUMN(struct ledger_hold, document_no, COL_TEXT, .size = LEDGER_HOLD_DOCUMENT_MAX,
           .fixed = true),
    COLUMN(struct ledger_hold, starts_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_hold, source, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_hold, shortage, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_hold, awaits, COL_BOOL),
};

const struct table ledger__hold_table = {
    .name = "ledger_hold",
    .row_size = sizeof(struct ledger_hold),
    .columns = hold_columns,
    .column_count = ARRAY_LEN(hold_columns),
};

static const struct column hold_step_columns[] = {
    COLUMN(struct ledger_hold_step, id, COL_ID),
    COLUMN(struct ledger_hold_step, hold_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_hold_step, step, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_hold_step, whole, COL_BOOL, .fixed = true),
    COLUMN(struct ledger_hold_step, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct ledger_hold_step, released, COL_AMOUNT, .fixed = true),
    COLUMN(struct ledger_hold_step, source, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_hold_step, operation, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_hold_step, business_no, COL_ID, .fixed = true, .optional = true),
    COLUMN(struct ledger_hold_step, journal_id, COL_ID, .fixed = true, .optional = true),
    COLUMN(struct ledger_hold_step, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_hold_step, date, COL_INT, .fixed = true),
};

const struct table ledger__hold_step_table = {
    .name = "ledger_hold_step",
    .row_size = sizeof(struct ledger_hold_step),
    .columns = hold_step_columns,
    .column_count = ARRAY_LEN(hold_step_columns),
    .uniques = {{.name = "ledger_hold_step_reference",
                 .columns = {"business_no", "operation", "source"},
                 .rising = true}},
    .unique_count = 1,
};

static const struct column pending_columns[] = {
    COLUMN(struct ledger_pending, id, COL_ID),
    COLUMN(struct ledger_pending, account_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_pending, number, COL_INT, .fixed = true),
    COLUMN(struct ledger_pending, side, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_pending, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct ledger_pending, matures_on, COL_INT, .fixed = true),
    COLUMN(struct ledger_pending, status, COL_ENUM),
    COLUMN(struct ledger_pending, position, COL_ID, .fixed = true),
    COLUMN(struct ledger_pending, hold_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_pending, journal_id, COL_ID),
    COLUMN(struct ledger_pending, refusal, COL_TEXT, .size = PENDING_REFUSAL_MAX),
    COLUMN(struct ledger_pending, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct ledger_pending, updated_at_ms, COL_TIME),
};

const struct table ledger__pending_table = {
    .name = "ledger_pending",
    .row_size = sizeof(struct ledger_pending),
    .columns = pending_columns,
    .column_count = ARRAY_LEN(pending_columns),
    .uniques = {{.name = "ledger_pending_number", .columns = {"account_id", "number"}},
                {.name = "ledger_pending_position", .columns = {"position"}, .rising = true}},
    .unique_count = 2,
};

const struct sequence ledger__pending_sequence = {
    .name = "ledger_pending",
    .table = &ledger__pending_table,
};

static const struct column queue_columns[] = {
    COLUMN(struct ledger_queue, account_id, COL_ID),
    COLUMN(struct ledger_queue, seen, COL_INT),
    COLUMN(struct ledger_queue, oldest, COL_INT),
    COLUMN(struct ledger_queue, last, COL_INT),
};

const struct table ledger__queue_table = {
    .name = "ledger_queue",
    .row_size = sizeof(struct ledger_queue),
    .columns = queue_columns,
    .column_count = ARRAY_LEN(queue_columns),
};

/* ---- statements ---- */

static const struct statement rows_after = {
    .name = "ledger_rows_after",
    .sql = "SELECT :row FROM ledger_journal WHERE id > ? ORDER BY id LIMIT ?",
    .row = &ledger__journal_table,
};

static const struct statement last_row = {
    .name = "ledger_last_row",
    .sql = "SELECT MAX(id) FROM ledger_journal",
};

static const struct statement business_rows = {
    .name = "ledger_business_rows",
    .sql = "SELECT :row FROM ledger_journal WHERE business_no = ? AND source = ? ORDER BY id",
    .row = &ledger__journal_table,
};

static const struct statement mark_of = {
    .name = "ledger_mark_of",
    .sql = "SELECT position FROM ledger_mark WHERE account_id = ? AND sequence = ?",
};

/* Follows the chain inside the database: one round trip, however many legs. */
static const struct statement chain_rows = {
    .name = "ledger_chain_rows",
    .sql = "SELECT :row FROM ("
           "WITH RECURSIVE chain (id, first_id, previous, number) AS ("
           "SELECT id, id - part, CASE WHEN ? = 0 THEN previous_a ELSE previous_b END, 1 "
           "FROM ledger_journal WHERE id = ? "
           "UNION ALL "
           "SELECT j.id, j.id - j.part, "
           "CASE WHEN chain.previous % 2 = 0 THEN j.previous_a ELSE j.previous_b END, "
           "chain.number + 1 "
           "FROM chain JOIN ledger_journal j ON j.id = chain.previous >> 1 "
           "WHERE chain.number < ?) "
           "SELECT id FROM chain UNION SELECT first_id FROM chain) legs "
           "JOIN ledger_journal USING (id) ORDER BY id",
    .row = &ledger__journal_table,
};

static const struct statement marks_after = {
    .name = "ledger_marks_after",
    .sql = "SELECT :row FROM ledger_mark WHERE position > ? ORDER BY position LIMIT ?",
    .row = &ledger__mark_table,
};

static const struct statement accounts_after = {
    .name = "ledger_accounts_after",
    .sql = "SELECT :row FROM ledger_account WHERE id > ? ORDER BY id LIMIT ?",
    .row = &ledger__account_table,
};

static const struct statement reserved_of = {
    .name = "ledger_reserved_of",
    .sql = "SELECT :row FROM ledger_account LEFT JOIN (SELECT account_id, matures_on, "
           "CAST(SUM(amount - captured - released) AS SIGNED) AS reserved FROM ledger_hold "
           "WHERE account_id > ? AND account_id <= ? AND status = 1 AND effect = 1 "
           "AND matures_on <> 0 GROUP BY account_id, matures_on) h ON h.account_id = id "
           "WHERE id > ? AND id <= ? ORDER BY id",
    .row = &reserved_shape,
};

static const struct statement owner_accounts = {
    .name = "ledger_owner_accounts",
    .sql = "SELECT :row FROM ledger_account WHERE owner_id = ? AND id > ? ORDER BY id LIMIT ?",
    .row = &ledger__account_table,
};

static const struct statement waiting_holds = {
    .name = "ledger_waiting_holds",
    .sql = "SELECT :row FROM ledger_hold WHERE account_id = ? AND status = 4 AND starts_at_ms <= ? "
           "ORDER BY turn, id LIMIT 100",
    .row = &ledger__hold_table,
};

static const struct statement pending_after = {
    .name = "ledger_pending_after",
    .sql = "SELECT :row FROM ledger_pending WHERE status = ? AND id > ? ORDER BY id LIMIT ?",
    .row = &ledger__pending_table,
};

/* Walks the account's entries from a number on. */
static const struct statement account_pending_after = {
    .name = "ledger_account_pending_after",
    .sql = "SELECT :row FROM ledger_pending WHERE account_id = ? AND number >= ? AND status = ? "
           "AND id > ? ORDER BY number LIMIT ?",
    .row = &ledger__pending_table,
};

static const struct statement backlog = {
    .name = "ledger_backlog",
    .sql = "SELECT (SELECT COUNT(*) FROM ledger_pending WHERE status = 1), "
           "(SELECT COUNT(*) FROM ledger_pending WHERE status = 3), "
           "(SELECT created_at_ms FROM ledger_pending WHERE status = 1 ORDER BY id LIMIT 1)",
};

static const struct statement account_holds = {
    .name = "ledger_account_holds",
    .sql = "SELECT :row FROM ledger_hold WHERE account_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
    .row = &ledger__hold_table,
};

static const struct statement code_accounts = {
    .name = "ledger_code_accounts",
    .sql = "SELECT :row FROM ledger_account WHERE code IN (?, ?) AND id > ? ORDER BY id LIMIT ?",
    .row = &ledger__account_table,
};

static const struct statement owner_code_accounts = {
    .name = "ledger_owner_code_accounts",
    .sql = "SELECT :row FROM ledger_account WHERE owner_id = ? AND code IN (?, ?) AND id > ? "
           "ORDER BY id LIMIT ?",
    .row = &ledger__account_table,
};

const struct statement ledger__terms_of_date = {
    .name = "ledger_terms_of_date",
    .sql = "SELECT :row FROM ledger_terms WHERE date = ? AND id > ? ORDER BY id LIMIT ?",
    .row = &ledger__terms_table,
};

const struct statement ledger__steps_of_date = {
    .name = "ledger_steps_of_date",
    .sql = "SELECT :row FROM ledger_hold_step WHERE date = ? AND id > ? ORDER BY id LIMIT ?",
    .row = &ledger__hold_step_table,
};

const struct statement ledger__pending_between = {
    .name = "ledger_pending_between",
    .sql = "SELECT :row FROM ledger_pending WHERE position > ? AND position <= ? "
           "ORDER BY position LIMIT ?",
    .row = &ledger__pending_table,
};

const struct statement ledger__memos_between = {
    .name = "ledger_memos_between",
    .sql = "SELECT :row FROM ledger_memo WHERE journal_id > ? AND journal_id <= ? "
           "ORDER BY journal_id LIMIT ?",
    .row = &ledger__memo_table,
};

static const struct table *const tables[] = {
    &ledger__account_table,  &ledger__serial_table,        &ledger__journal_table,
    &ledger__mark_table,     &ledger__hold_table,          &ledger__hold_step_table,
    &ledger__pending_table,  &ledger__queue_table,         &ledger__clock_table,
    &ledger__day_table,      &ledger__total_table,         &ledger__total_day_table,
    &ledger__chart_table,    &ledger__chart_version_table, &ledger__seal_page_table,
    &ledger__template_table, &ledger__template_leg_table,  &ledger__memo_table,
    &ledger__terms_table,
};
static const struct table *const shapes[] = {&reserved_shape, &ledger__tally_row_shape};
static const struct statement *const statements[] = {
    &rows_after,
    &last_row,
    &business_rows,
    &mark_of,
    &chain_rows,
    &marks_after,
    &accounts_after,
    &reserved_of,
    &owner_accounts,
    &waiting_holds,
    &account_holds,
    &pending_after,
    &account_pending_after,
    &backlog,
    &code_accounts,
    &owner_code_accounts,
    &ledger__total_rows,
    &ledger__total_day_rows,
    &ledger__account_sums,
    &ledger__total_sums,
    &ledger__moved_sums,
    &ledger__chart_codes,
    &ledger__chart_versions,
    &ledger__code_versions,
    &ledger__accounts_of_code,
    &ledger__page_ends[LEDGER_PAGED_ACCOUNTS],
    &ledger__page_ends[LEDGER_PAGED_HOLDS],
    &ledger__page_ends[LEDGER_PAGED_STEPS],
    &ledger__page_ends[LEDGER_PAGED_PENDING],
    &ledger__page_ends[LEDGER_PAGED_QUEUES],
    &ledger__page_ends[LEDGER_PAGED_TERMS],
    &ledger__page_ends[LEDGER_PAGED_SERIALS],
    &ledger__page_ends[LEDGER_PAGED_JOURNAL],
    &ledger__rules[0].broken_by,
    &ledger__rules[1].broken_by,
    &ledger__rules[2].broken_by,
    &ledger__rules[3].broken_by,
    &ledger__rules[4].broken_by,
    &ledger__rules[5].broken_by,
    &ledger__rules[6].broken_by,
    &ledger__rules[7].broken_by,
    &ledger__rules[8].broken_by,
    &ledger__rules[9].broken_by,
    &ledger__rules[10].broken_by,
    &ledger__rules[11].broken_by,
    &ledger__rules[12].broken_by,
    &ledger__rules[13].broken_by,
    &ledger__rules[14].broken_by,
    &ledger__rules[15].broken_by,
    &ledger__rules[16].broken_by,
    &ledger__rules[17].broken_by,
    &ledger__rules[18].broken_by,
    &ledger__rules[19].broken_by,
    &ledger__rules[20].broken_by,
    &ledger__rules[21].broken_by,
    &ledger__rules[22].broken_by,
    &ledger__rules[23].broken_by,
    &ledger__rules[24].broken_by,
    &ledger__rules[25].broken_by,
    &ledger__rules[26].broken_by,
    &ledger__stray_capture.broken_by,
    &ledger__terms_of_date,
    &ledger__steps_of_date,
    &ledger__pending_between,
    &ledger__memos_between,
    &ledger__captures_until,
    &ledger__seal_pages,
    &ledger__oldest_closing,
    &ledger__days_before,
    &ledger__days_after,
    &ledger__templates_between,
    &ledger__template_legs_between,
};
static const struct sequence *const sequences[] = {
    &ledger__journal_sequence,
    &ledger__serial_sequence,
    &ledger__terms_sequence,
    &ledger__pending_sequence,
};

const struct store_part ledger_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .shapes = shapes,
    .shape_count = ARRAY_LEN(shapes),
    .migrations = ledger__migrations,
    .migration_count = LEDGER__MIGRATIONS,
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
    .sequences = sequences,
    .sequence_count = ARRAY_LEN(sequences),
};

/* ---- reading ---- */

static enum err not_found_as(enum err err, enum err what)
{
    return err == ERR_STORE_NOT_FOUND ? what : err;
}

enum err ledger_read_account(struct reader *reader, int64_t account_id, struct arena *arena,
                             struct ledger_account *out)
{
    return not_found_as(reader_get(reader, &ledger__account_table, account_id, arena, out),
                        ERR_LEDGER_ACCOUNT);
}

enum err ledger_read_account_key(struct reader *reader, const struct ledger_account_key *key,
                                 struct arena *arena, struct ledger_account *out)
{
    const struct ledger_account row = {
        .owner_id = key->owner_id, .code = key->code, .currency = key->currency};

    return not_found_as(reader_find(reader, &ledger__account_table, 0, &row, arena, out),
                        ERR_LEDGER_ACCOUNT);
}

enum err ledger_read_hold(struct reader *reader, int64_t hold_id, struct arena *arena,
                          struct ledger_hold *out)
{
    return not_found_as(reader_get(reader, &ledger__hold_table, hold_id, arena, out),
                        ERR_LEDGER_HOLD_NOT_FOUND);
}

enum err ledger__read_row(struct reader *reader, int64_t row, struct arena *arena,
                          struct ledger_journal *out)
{
    return not_found_as(reader_get(reader, &ledger__journal_table, row, arena, out),
                        ERR_LEDGER_JOURNAL);
}

enum err ledger__read_rows_after(struct reader *reader, int64_t after, size_t limit,
                                 struct arena *arena, struct ledger_journal **rows, size_t *count)
{
    const struct value values[] = {VALUE_INT(after), VALUE_INT((int64_t)limit)};
    void *found;

    TRY(reader_rows(reader, &rows_after, values, ARRAY_LEN(values), arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_last_row(struct reader *reader, int64_t *row)
{
    return reader_ints(reader, &last_row, NULL, 0, row, 1);
}

enum err ledger__read_business_rows(struct reader *reader, int64_t business_no,
                                    enum ledger_source source, struct arena *arena,
                                    struct ledger_journal **rows, size_t *count)
{
    const struct value values[] = {VALUE_INT(business_no), VALUE_INT(source)};
    void *found;

    TRY(reader_rows(reader, &business_rows, values, ARRAY_LEN(values), arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_mark(struct reader *reader, int64_t account_id, int64_t sequence,
                           int64_t *position)
{
    const struct value values[] = {VALUE_INT(account_id), VALUE_INT(sequence)};

    return reader_ints(reader, &mark_of, values, ARRAY_LEN(values), position, 1);
}

enum err ledger__read_chain(struct reader *reader, int64_t position, int64_t count,
                            struct arena *arena, struct ledger_journal **rows, size_t *row_count)
{
    const struct value values[] = {VALUE_INT((int64_t)ledger__position_slot(position)),
                                   VALUE_INT(ledger__position_row(position)), VALUE_INT(count)};
    void *found;

    CHECK(count >= 1 && count < LEDGER__CHAIN_MAX);
    TRY(reader_rows(reader, &chain_rows, values, ARRAY_LEN(values), arena, &found, row_count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_marks_after(struct reader *reader, int64_t position, size_t limit,
                                  struct arena *arena, struct ledger_mark **marks, size_t *count)
{
    const struct value values[] = {VALUE_INT(position), VALUE_INT((int64_t)limit)};
    void *found;

    TRY(reader_rows(reader, &marks_after, values, ARRAY_LEN(values), arena, &found, count));
    *marks = found;
    return ERR_OK;
}

enum err ledger_read_accounts(struct reader *reader, const struct ledger_account_filter *filter,
                              struct arena *arena, struct ledger_account **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(filter->owner_id), VALUE_INT(filter->after_id),
                                   VALUE_INT((int64_t)filter->limit)};
    void *found;

    if (filter->has_owner) {
        TRY(reader_rows(reader, &owner_accounts, values, 3, arena, &found, count));
    } else {
        TRY(reader_rows(reader, &accounts_after, values + 1, 2, arena, &found, count));
    }
    *out = found;
    return ERR_OK;
}

enum err ledger__read_reserved(struct reader *reader, int64_t after, int64_t last,
                               struct arena *arena, struct ledger_reserved **rows, size_t *count)
{
    const struct value values[] = {VALUE_INT(after), VALUE_INT(last), VALUE_INT(after),
                                   VALUE_INT(last)};
    void *found;

    TRY(reader_rows(reader, &reserved_of, values, ARRAY_LEN(values), arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err ledger__read_waiting_holds(struct reader *reader, int64_t account_id, int64_t now_ms,
                                    struct arena *arena, struct ledger_hold **holds, size_t *count)
{
    const struct value values[] = {VALUE_INT(account_id), VALUE_INT(now_ms)};
    void *found;

    TRY(reader_rows(reader, &waiting_holds, values, ARRAY_LEN(values), arena, &found, count));
    *holds = found;
    return ERR_OK;
}

enum err ledger_read_holds(struct reader *reader, const struct ledger_hold_filter *filter,
                           struct arena *arena, struct ledger_hold **out, size_t *count)
{
    const struct value values[] = {
        VALUE_INT(filter->account_id),
        VALUE_INT(filter->before_id == 0 ? INT64_MAX : filter->before_id),
        VALUE_INT((int64_t)filter->limit),
    };
    void *found;

    TRY(reader_rows(reader, &account_holds, values, ARRAY_LEN(values), arena, &found, count));
    *out = found;
    return ERR_OK;
}

enum err ledger_read_code_accounts(struct reader *reader, const struct ledger_code_filter *filter,
                                   struct arena *arena, struct ledger_account **out, size_t *count)
{
    const struct value values[] = {
        VALUE_INT(filter->owner_id), VALUE_INT(filter->codes[0]),       VALUE_INT(filter->codes[1]),
        VALUE_INT(filter->after_id), VALUE_INT((int64_t)filter->limit),
    };
    void *found;

    if (filter->owner_id != 0) {
        TRY(reader_rows(reader, &owner_code_accounts, values, 5, arena, &found, count));
    } else {
        TRY(reader_rows(reader, &code_accounts, values + 1, 4, arena, &found, count));
    }
    *out = found;
    return ERR_OK;
}

enum err ledger_read_serial(struct reader *reader, int64_t account_id, struct arena *arena,
                            int64_t *serial)
{
    const struct ledger_serial like = {.account_id = account_id};
    struct ledger_serial row = {0};

    TRY(not_found_as(reader_find(reader, &ledger__serial_table, 0, &like, arena, &row),
                     ERR_LEDGER_ACCOUNT));
    *serial = row.serial;
    return ERR_OK;
}

enum err ledger_read_serials(struct reader *reader, const struct ledger_account *accounts,
                             size_t count, struct arena *arena, int64_t *serials)
{
    struct ledger_serial *likes = ARENA_ARRAY(arena, struct ledger_serial, count);
    const void **keys = ARENA_ARRAY(arena, const void *, count);
    const void **rows = ARENA_ARRAY(arena, const void *, count);
    const struct reader_keys wanted = {
        .table = &ledger__serial_table, .keys = keys, .count = count};

    for (size_t i = 0; i < count; i++) {
        likes[i].account_id = accounts[i].id;
        keys[i] = &likes[i];
    }
    TRY(reader_find_each(reader, &wanted, arena, rows));
    for (size_t i = 0; i < count; i++) {
        if (rows[i] == NULL) {
            return ERR_LEDGER_ACCOUNT;
        }
        serials[i] = ((const struct ledger_serial *)rows[i])->serial;
    }
    return ERR_OK;
}

enum err ledger_read_by_serial(struct reader *reader, int64_t serial, struct arena *arena,
                               int64_t *account_id)
{
    struct ledger_serial row = {0};

    TRY(not_found_as(reader_get(reader, &ledger__serial_table, serial, arena, &row),
                     ERR_LEDGER_ACCOUNT));
    *account_id = row.account_id;
    return ERR_OK;
}

static enum err read_account_pending(struct reader *reader,
                                     const struct ledger_pending_filter *filter,
                                     struct arena *arena, void **found, size_t *count)
{
    struct ledger_queue queue = {0};
    enum err err = reader_get(reader, &ledger__queue_table, filter->account_id, arena, &queue);
    bool applied = filter->status == LEDGER_PENDING_APPLIED;
    const struct value values[] = {VALUE_INT(filter->account_id),
                                   VALUE_INT(applied ? 0 : queue.oldest), VALUE_INT(filter->status),
                                   VALUE_INT(filter->after_id), VALUE_INT((int64_t)filter->limit)};

    TRY(err == ERR_STORE_NOT_FOUND ? ERR_OK : err);
    return reader_rows(reader, &account_pending_after, values, ARRAY_LEN(values), arena, found,
                       count);
}

enum err ledger_read_pending(struct reader *reader, const struct ledger_pending_filter *filter,
                             struct arena *arena, struct ledger_pending **out, size_t *count)
{
    const struct value values[] = {VALUE_INT(filter->status), VALUE_INT(filter->after_id),
                                   VALUE_INT((int64_t)filter->limit)};
    void *found;

    TRY(filter->account_id != 0
            ? read_account_pending(reader, filter, arena, &found, count)
            : reader_rows(reader, &pending_after, values, ARRAY_LEN(values), arena, &found, count));
    *out = found;
    return ERR_OK;
}

enum err ledger__read_pending_of(struct reader *reader, struct arena *arena,
                                 struct ledger_journal_view *view)
{
    const int64_t before = ledger__position(view->id, 0) - 1;
    const int64_t legs = (int64_t)view->entry_count;
    const struct value values[] = {VALUE_INT(before), VALUE_INT(before + legs), VALUE_INT(legs)};
    void *found;

    TRY(reader_rows(reader, &ledger__pending_between, values, ARRAY_LEN(values), arena, &found,
                    &view->pending_count));
    view->pending = found;
    return ERR_OK;
}

enum err ledger__read_backlog(struct reader *reader, struct ledger_backlog *out)
{
    int64_t found[3];

    TRY(reader_ints(reader, &backlog, NULL, 0, found, ARRAY_LEN(found)));
    *out =
        (struct ledger_backlog){.waiting = found[0], .parked = found[1], .oldest_at_ms = found[2]};
    return ERR_OK;
}
