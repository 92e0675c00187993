#include "money/ledger/ledger_chart_int.h"
#include "money/ledger/ledger_int.h"

#include <stdlib.h>

enum { CODES_KEPT = 4096 }; /* more codes than a chart ever has */

static const struct column code_columns[] = {
    COLUMN(struct ledger_code_row, code, COL_ID),
    COLUMN(struct ledger_code_row, side, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_code_row, owners, COL_INT, .fixed = true),
    COLUMN(struct ledger_code_row, leaf, COL_BOOL),
    COLUMN(struct ledger_code_row, accounts, COL_INT),
    COLUMN(struct ledger_code_row, children, COL_INT),
    COLUMN(struct ledger_code_row, version, COL_INT),
    COLUMN(struct ledger_code_row, opened_on, COL_INT, .fixed = true),
    COLUMN(struct ledger_code_row, closed_on, COL_INT),
    COLUMN(struct ledger_code_row, closing_operator_id, COL_ID),
    COLUMN(struct ledger_code_row, closing_reviewer_id, COL_ID),
    COLUMN(struct ledger_code_row, closing_reason, COL_TEXT, .size = LEDGER_REASON_MAX),
};

const struct table ledger__chart_table = {
    .name = "ledger_chart",
    .row_size = sizeof(struct ledger_code_row),
    .columns = code_columns,
    .column_count = ARRAY_LEN(code_columns),
    .keep = CODES_KEPT,
};

static const struct column version_columns[] = {
    COLUMN(struct ledger_code_version, id, COL_ID),
    COLUMN(struct ledger_code_version, valid_from, COL_INT, .fixed = true),
    COLUMN(struct ledger_code_version, name, COL_TEXT, .size = LEDGER_CODE_NAME_MAX, .fixed = true),
    COLUMN(struct ledger_code_version, name_zh, COL_TEXT, .size = LEDGER_CODE_NAME_MAX,
           .fixed = true),
    COLUMN(struct ledger_code_version, has_floor, COL_BOOL, .fixed = true),
    COLUMN(struct ledger_code_version, currencies, COL_TEXT, .size = 4 * LEDGER_CODE_CURRENCIES_MAX,
           .fixed = true),
    COLUMN(struct ledger_code_version, operator_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_code_version, reviewer_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_code_version, reason, COL_TEXT, .size = LEDGER_REASON_MAX, .fixed = true),
    COLUMN(struct ledger_code_version, created_at_ms, COL_TIME, .fixed = true),
};

const struct table ledger__chart_version_table = {
    .name = "ledger_chart_version",
    .row_size = sizeof(struct ledger_code_version),
    .columns = version_columns,
    .column_count = ARRAY_LEN(version_columns),
    .keep = CODES_KEPT,
};

const struct statement ledger__chart_codes = {
    .name = "ledger_chart_codes",
    .sql = "SELECT :row FROM ledger_chart ORDER BY code",
    .row = &ledger__chart_table,
};

const struct statement ledger__chart_versions = {
    .name = "ledger_chart_versions",
    .sql = "SELECT :row FROM ledger_chart_version ORDER BY id",
    .row = &ledger__chart_version_table,
};

const struct statement ledger__code_versions = {
    .name = "ledger_code_versions",
    .sql = "SELECT :row FROM ledger_chart_version WHERE id > ? AND id <= ? ORDER BY id",
    .row = &ledger__chart_version_table,
};

const struct statement ledger__accounts_of_code = {
    .name = "ledger_accounts_of_code",
    .sql = "SELECT :row FROM ledger_account WHERE code = ? ORDER BY id LIMIT ?",
    .row = &ledger__account_table,
};

/* ---- reading ---- */

/* The code with its digits to the left of ten: codes so filled up stand in the order of the tree.
 */
static int64_t filled(int64_t code)
{
    while (code < INT64_C(1000000000)) {
        code *= 10;
    }
    return code;
}

static int in_tree(const void *a, const void *b)
{
    int64_t x = ((const struct ledger_chart_entry *)a)->code;
    int64_t y = ((const struct ledger_chart_entry *)b)->code;

    if (filled(x) != filled(y)) {
        return filled(x) < filled(y) ? -1 : 1;
    }
    return x == y ? 0 : x < y ? -1 : 1;
}

static void fill_entry(struct ledger_chart_entry *entry, const struct ledger_code_row *code,
                       const struct ledger_code_version *version)
{
    *entry = (struct ledger_chart_entry){
        .code = code->code,
        .parent = ledger_code_parent(code->code),
        .side = code->side,
        .leaf = code->leaf,
        .accounts = code->accounts,
        .opened_on = code->opened_on,
        .closed_on = code->closed_on,
        .version = version->id - ledger__code_version_id(code->code, 0),
        .valid_from = version->valid_from,
        .name = version->name,
        .name_zh = version->name_zh,
        .has_floor = version->has_floor,
        .currencies = version->currencies,
        .operator_id = version->operator_id,
        .reviewer_id = version->reviewer_id,
        .reason = version->reason,
        .closing = {code->closing_operator_id, code->closing_reviewer_id, code->closing_reason},
    };
}

enum err ledger_read_chart(struct reader *reader, int32_t date, struct arena *arena,
                           struct ledger_chart *out)
{
    const struct ledger_code_row *codes;
    const struct ledger_code_version *versions;
    size_t code_count, version_count, at = 0;
    void *rows;

    TRY(reader_rows(reader, &ledger__chart_codes, NULL, 0, arena, &rows, &code_count));
    codes = rows;
    TRY(reader_rows(reader, &ledger__chart_versions, NULL, 0, arena, &rows, &version_count));
    versions = rows;
    *out = (struct ledger_chart){ARENA_ARRAY(arena, struct ledger_chart_entry, code_count), 0};
    for (size_t i = 0; i < code_count; i++) {
        struct ledger_chart_entry *entry = &out->entries[out->count];

        while (at < version_count && ledger__code_of_version(versions[at].id) < codes[i].code) {
            at++;
        }
        entry->code = 0;
        for (; at < version_count && ledger__code_of_version(versions[at].id) == codes[i].code;
             at++) {
            if (versions[at].valid_from <= date) {
                fill_entry(entry, &codes[i], &versions[at]);
            }
        }
        out->count += entry->code != 0 ? 1 : 0;
    }
    qsort(out->entries, out->count, sizeof(*out->entries), in_tree);
    return ERR_OK;
}

const struct ledger_chart_entry *ledger_chart_entry(const struct ledger_chart *chart, int64_t code)
{
    const struct ledger_chart_entry like = {.code = code};

    if (code <= 0 || chart->count == 0) {
        return NULL;
    }
    return bsearch(&like, chart->entries, chart->count, sizeof(like), in_tree);
}

struct str ledger_chart_name(const struct ledger_chart *chart, int64_t code)
{
    const struct ledger_chart_entry *entry = ledger_chart_entry(chart, code);

    return entry == NULL ? STR("") : entry->name;
}

enum err ledger_read_code(struct reader *reader, int64_t code, struct arena *arena,
                          struct ledger_chart *out)
{
    const struct value ids[] = {VALUE_INT(ledger__code_version_id(code, 0)),
                                VALUE_INT(ledger__code_version_id(code, LEDGER_VERSIONS_MAX))};
    const struct ledger_code_version *versions;
    int64_t next_from = INT64_MAX; /* from when on a later version is valid */
    struct ledger_code_row row;
    void *rows;
    enum err err = reader_get(reader, &ledger__chart_table, code, arena, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_LEDGER_CODE_NOT_FOUND;
    }
    TRY(err);
    TRY(reader_rows(reader, &ledger__code_versions, ids, 2, arena, &rows, &out->count));
    versions = rows;
    out->entries = ARENA_ARRAY(arena, struct ledger_chart_entry, out->count);
    for (size_t i = out->count; i-- > 0;) {
        fill_entry(&out->entries[i], &row, &versions[i]);
        out->entries[i].replaced = next_from <= versions[i].valid_from;
        next_from = next_from < versions[i].valid_from ? next_from : versions[i].valid_from;
    }
    return ERR_OK;
}

enum err ledger_read_chart_close(struct reader *reader, int64_t code, struct arena *arena,
                                 struct ledger_chart_close *out)
{
    const struct value values[] = {VALUE_INT(code), VALUE_INT(LEDGER_CLOSE_ACCOUNTS_MAX + 1)};
    const struct ledger_account *accounts;
    size_t count;
    int64_t *ids;
    void *rows;

    TRY(reader_rows(reader, &ledger__accounts_of_code, values, 2, arena, &rows, &count));
    accounts = rows;
    ids = ARENA_ARRAY(arena, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        ids[i] = accounts[i].id;
    }
    *out = (struct ledger_chart_close){.code = code, .account_ids = ids, .account_count = count};
    return ERR_OK;
}
