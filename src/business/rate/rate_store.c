#include "business/rate/rate_int.h"

static const struct column rate_columns[] = {
    COLUMN(struct rate, id, COL_ID, .help = "gap-free, from 1"),
    COLUMN(struct rate, owner_kind, COL_ENUM, .fixed = true),
    COLUMN(struct rate, owner_id, COL_ID, .fixed = true, .help = "0: the platform"),
    COLUMN(struct rate, kind, COL_ENUM, .fixed = true),
    COLUMN(struct rate, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct rate, rate_millionths, COL_INT, .fixed = true),
    COLUMN(struct rate, flat, COL_AMOUNT, .fixed = true),
    COLUMN(struct rate, fee_min, COL_AMOUNT, .fixed = true),
    COLUMN(struct rate, fee_max, COL_AMOUNT, .fixed = true),
    COLUMN(struct rate, tier_mode, COL_ENUM, .fixed = true),
    COLUMN(struct rate, tiers, COL_TEXT, .size = RATE_TIERS_TEXT_MAX, .fixed = true),
    COLUMN(struct rate, refund_policy, COL_ENUM, .fixed = true),
    COLUMN(struct rate, effective_from_ms, COL_TIME, .fixed = true),
    COLUMN(struct rate, horizon_ms, COL_TIME, .fixed = true),
    COLUMN(struct rate, previous_id, COL_ID, .fixed = true),
    COLUMN(struct rate, review_id, COL_ID, .fixed = true),
    COLUMN(struct rate, operator_id, COL_ID, .fixed = true),
    COLUMN(struct rate, created_at_ms, COL_TIME, .fixed = true),
};

const struct table rate_table = {
    .name = "rate",
    .row_size = sizeof(struct rate),
    .columns = rate_columns,
    .column_count = ARRAY_LEN(rate_columns),
    .append_only = true,
    .keep = 20000,
};

const struct sequence rate__sequence = {.name = "rate", .table = &rate_table};

static const struct column line_columns[] = {
    COLUMN(struct rate_line, id, COL_ID),
    COLUMN(struct rate_line, owner_id, COL_ID, .fixed = true),
    COLUMN(struct rate_line, kind, COL_ENUM, .fixed = true),
    COLUMN(struct rate_line, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct rate_line, last_id, COL_ID, .help = "the row that was made last"),
};

const struct table rate__line_table = {
    .name = "rate_line",
    .row_size = sizeof(struct rate_line),
    .columns = line_columns,
    .column_count = ARRAY_LEN(line_columns),
    .uniques = {{.name = "rate_line_of", .columns = {"owner_id", "kind", "currency"}}},
    .unique_count = 1,
    .keep = 20000,
};

static const struct statement rates_before = {
    .name = "rates_before",
    .sql = "SELECT :row FROM rate WHERE id < ? AND owner_id >= ? AND owner_id <= ?"
           " AND kind >= ? AND kind <= ? AND currency >= ? AND currency <= ?"
           " ORDER BY id DESC LIMIT ?",
    .row = &rate_table,
};
static const struct statement rate_at = {
    .name = "rate_at",
    .sql = "SELECT :row FROM rate WHERE owner_id = ? AND kind = ? AND currency = ?"
           " AND effective_from_ms <= ? ORDER BY effective_from_ms DESC, id DESC LIMIT 1",
    .row = &rate_table,
};

static const struct table *const tables[] = {&rate_table, &rate__line_table};
static const struct statement *const statements[] = {&rates_before, &rate_at};
static const struct sequence *const sequences[] = {&rate__sequence};

const struct store_part rate_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = rate__migrations,
    .migration_count = ARRAY_LEN(rate__migrations),
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
    .sequences = sequences,
    .sequence_count = ARRAY_LEN(sequences),
};

enum err rate__read_list(struct reader *reader, const struct rate_filter *filter,
                         struct arena *arena, struct rate **out, size_t *count)
{
    const struct value values[] = {
        VALUE_INT(filter->before_id == 0 ? INT64_MAX : filter->before_id),
        VALUE_INT(filter->has_owner ? filter->owner_id : 0),
        VALUE_INT(filter->has_owner ? filter->owner_id : INT64_MAX),
        VALUE_INT((int64_t)filter->kind),
        VALUE_INT(filter->kind == 0 ? INT32_MAX : (int64_t)filter->kind),
        VALUE_INT((int64_t)filter->currency),
        VALUE_INT(filter->currency == 0 ? INT32_MAX : (int64_t)filter->currency),
        VALUE_INT(filter->limit),
    };
    void *rows;

    TRY(reader_rows(reader, &rates_before, values, ARRAY_LEN(values), arena, &rows, count));
    *out = rows;
    return ERR_OK;
}

enum err rate__read(struct reader *reader, int64_t id, struct arena *arena, struct rate *out)
{
    enum err err = reader_get(reader, &rate_table, id, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_RATE_NOT_FOUND : err;
}

enum err rate__read_at(struct reader *reader, const struct rate_ask *ask, int64_t owner_id,
                       struct arena *arena, const struct rate **out)
{
    const struct value values[] = {VALUE_INT(owner_id), VALUE_INT((int64_t)ask->kind),
                                   VALUE_INT((int64_t)ask->currency), VALUE_INT(ask->at_ms)};
    void *rows;
    size_t count;

    TRY(reader_rows(reader, &rate_at, values, ARRAY_LEN(values), arena, &rows, &count));
    *out = count == 0 ? NULL : rows;
    return ERR_OK;
}

static enum err refuse(const char **param, const char *field, enum err err)
{
    *param = field;
    return err;
}

static enum err read_merchant(struct reader *reader, int64_t id, struct arena *arena,
                              const char **param)
{
    struct merchant merchant;
    enum err err = merchant_read(reader, id, arena, &merchant);

    return err == ERR_MERCHANT_NOT_FOUND ? refuse(param, "owner", err) : err;
}

static enum err read_contract(struct reader *reader, const struct rate_ask *ask,
                              struct arena *arena, const char **param)
{
    struct merchant_contract contract;
    enum err err = reader_get(reader, &merchant_contract_table, ask->owner_id, arena, &contract);
    bool charges;

    if (err == ERR_STORE_NOT_FOUND) {
        return refuse(param, "owner", ERR_MERCHANT_CONTRACT_NOT_FOUND);
    }
    TRY(err);
    TRY(merchant_contract_read_charges(reader, &contract, arena, &charges));
    if (!charges) {
        return refuse(param, "owner", ERR_RATE_CONTRACT_SUPERSEDED);
    }
    return contract.currency == ask->currency ? ERR_OK : refuse(param, "currency", ERR_FIELD_VALUE);
}

enum err rate__read_owner(struct reader *reader, const struct rate_ask *ask, struct arena *arena,
                          const char **param)
{
    *param = NULL;
    if (ask->kind == RATE_TRADE) {
        return read_contract(reader, ask, arena, param);
    }
    return ask->owner_id == 0 ? ERR_OK : read_merchant(reader, ask->owner_id, arena, param);
}

enum err rate__read_quote(struct reader *reader, const struct rate_ask *ask, struct arena *arena,
                          struct rate_quote *out)
{
    const struct rate *rate;

    TRY(rate__read_at(reader, ask, ask->owner_id, arena, &rate));
    if (rate == NULL && ask->owner_id != 0 && ask->kind != RATE_TRADE) {
        TRY(rate__read_at(reader, ask, 0, arena, &rate));
    }
    return rate__quote_of(arena, rate, ask->amount, out);
}

/* The rate the contract shows: in effect, else the one that was set last; id 0: there is none. */
static enum err read_contract_rate(struct reader *reader, const struct merchant_contract *contract,
                                   int64_t at_ms, struct arena *arena, struct rate *out)
{
    const struct rate_ask ask = {
        .kind = RATE_TRADE, .currency = contract->currency, .at_ms = at_ms};
    const struct rate_filter last = {
        .has_owner = true, .owner_id = contract->id, .kind = RATE_TRADE, .limit = 1};
    const struct rate *rate;
    struct rate *rows;
    size_t count;

    TRY(rate__read_at(reader, &ask, contract->id, arena, &rate));
    if (rate == NULL) {
        TRY(rate__read_list(reader, &last, arena, &rows, &count));
        rate = count == 0 ? NULL : rows;
    }
    *out = rate == NULL ? (struct rate){.id = 0} : *rate;
    return ERR_OK;
}

static bool in_effect(const struct rate_contract *row, int64_t at_ms)
{
    return row->rate.id != 0 && row->rate.effective_from_ms <= at_ms;
}

/* The one of the same method and currency that payments are charged by, as rate__choose finds it;
 * NULL: none. rows that are superseded already are left aside. */
static const struct rate_contract *charging(const struct rate_contract *rows, size_t count,
                                            const struct merchant_contract *like, int64_t at_ms)
{
    const struct rate_contract *best = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct rate_contract *row = &rows[i];

        if (!row->superseded && in_effect(row, at_ms) && row->contract.currency == like->currency &&
            str_eq(row->contract.method, like->method) &&
            (best == NULL || row->rate.effective_from_ms >= best->rate.effective_from_ms)) {
            best = row;
        }
    }
    return best;
}

static void mark_superseded(struct rate_contract *rows, size_t count, int64_t at_ms)
{
    for (size_t i = 0; i < count; i++) {
        const struct rate_contract *best = charging(rows, count, &rows[i].contract, at_ms);

        if (best == NULL || best == &rows[i]) {
            continue;
        }
        rows[i].superseded = rows[i].superseded || in_effect(&rows[i], at_ms);
        rows[i].superseded_by = rows[i].superseded ? best->contract.id : 0;
    }
}

enum err rate__read_contracts(struct reader *reader, const struct rate_contract_ask *ask,
                              struct arena *arena, struct rate_contract **out, size_t *count)
{
    struct merchant_contract *contracts;

    TRY(merchant_contracts_read(reader, ask->merchant_id, arena, &contracts, count));
    *out = ARENA_ARRAY(arena, struct rate_contract, *count);
    for (size_t i = 0; i < *count; i++) {
        struct rate_contract *row = &(*out)[i];
        bool charges;

        *row = (struct rate_contract){.contract = contracts[i]};
        TRY(read_contract_rate(reader, &contracts[i], ask->at_ms, arena, &row->rate));
        TRY(merchant_contract_read_charges(reader, &contracts[i], arena, &charges));
        row->superseded = !charges;
    }
    mark_superseded(*out, *count, ask->at_ms);
    return ERR_OK;
}
