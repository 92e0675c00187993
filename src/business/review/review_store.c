#include "business/review/review_int.h"

enum { NAME_MAX_CHARS = 64, REMARK_MAX = 200 };

/* The columns of a decision under one prefix. */
#define DECISION_COLUMNS(prefix_, member_)                                                         \
    {.name = prefix_ "_key_id",                                                                    \
     .type = COL_ID,                                                                               \
     .offset = offsetof(struct review_item, member_.key_id)},                                      \
        {.name = prefix_ "_name",                                                                  \
         .type = COL_TEXT,                                                                         \
         .offset = offsetof(struct review_item, member_.name),                                     \
         .size = NAME_MAX_CHARS},                                                                  \
        {.name = prefix_ "_at_ms",                                                                 \
         .type = COL_TIME,                                                                         \
         .offset = offsetof(struct review_item, member_.at_ms)},                                   \
    {                                                                                              \
        .name = prefix_ "_remark", .type = COL_TEXT,                                               \
        .offset = offsetof(struct review_item, member_.remark), .size = REMARK_MAX                 \
    }

static const struct column columns[] = {
    COLUMN(struct review_item, id, COL_ID),
    COLUMN(struct review_item, kind, COL_TEXT, .size = 48, .fixed = true),
    COLUMN(struct review_item, subject, COL_TEXT, .size = 32, .fixed = true),
    COLUMN(struct review_item, subject_id, COL_ID, .fixed = true),
    {.name = "change_text",
     .type = COL_TEXT,
     .offset = offsetof(struct review_item, change),
     .size = REVIEW_CHANGE_MAX,
     .fixed = true},
    COLUMN(struct review_item, summary, COL_TEXT, .size = REVIEW_SUMMARY_MAX, .fixed = true),
    COLUMN(struct review_item, summary_zh, COL_TEXT, .size = REVIEW_SUMMARY_MAX, .fixed = true),
    COLUMN(struct review_item, amount, COL_AMOUNT, .fixed = true),
    COLUMN(struct review_item, currency, COL_CURRENCY, .fixed = true),
    COLUMN(struct review_item, maker_key_id, COL_ID, .fixed = true),
    COLUMN(struct review_item, maker_name, COL_TEXT, .size = NAME_MAX_CHARS, .fixed = true),
    COLUMN(struct review_item, reason, COL_TEXT, .size = REVIEW_REASON_MAX, .fixed = true),
    COLUMN(struct review_item, evidence, COL_TEXT, .size = REVIEW_EVIDENCE_MAX, .fixed = true),
    COLUMN(struct review_item, needed, COL_INT, .fixed = true),
    COLUMN(struct review_item, approved, COL_INT),
    DECISION_COLUMNS("first", approvals[0]),
    DECISION_COLUMNS("second", approvals[1]),
    DECISION_COLUMNS("closed", closed),
    COLUMN(struct review_item, status, COL_ENUM),
    COLUMN(struct review_item, error_code, COL_TEXT, .size = 64),
    COLUMN(struct review_item, error_param, COL_TEXT, .size = JSON_PARAM_MAX),
    COLUMN(struct review_item, open_key, COL_TEXT, .size = 64, .optional = true),
    COLUMN(struct review_item, expires_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct review_item, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct review_item, updated_at_ms, COL_TIME),
    COLUMN(struct review_item, version, COL_INT),
};

const struct table review_table = {
    .name = "review",
    .row_size = sizeof(struct review_item),
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .uniques = {{.name = "review_open_key", .columns = {"open_key"}}},
    .unique_count = 1,
};

static const struct statement reviews_before = {
    .name = "reviews_before",
    .sql = "SELECT :row FROM review WHERE id < ? AND status BETWEEN ? AND ? "
           "AND (? = '' OR kind = ?) ORDER BY id DESC LIMIT ?",
    .row = &review_table,
};

static const struct table *const tables[] = {&review_table};
static const struct statement *const statements[] = {&reviews_before};

const struct store_part review_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = review__migrations,
    .migration_count = REVIEW__MIGRATIONS,
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

enum err review_read(struct reader *reader, int64_t id, struct arena *arena,
                     struct review_item *out)
{
    enum err err = reader_get(reader, &review_table, id, arena, out);

    return err == ERR_STORE_NOT_FOUND ? ERR_REVIEW_NOT_FOUND : err;
}

enum err review__read_list(struct reader *reader, const struct review_filter *filter,
                           struct arena *arena, struct review_item **rows, size_t *count)
{
    const struct value values[] = {
        VALUE_INT(filter->before_id == 0 ? INT64_MAX : filter->before_id),
        VALUE_INT(filter->status),
        VALUE_INT(filter->status == 0 ? INT32_MAX : (int64_t)filter->status),
        VALUE_TEXT(filter->kind),
        VALUE_TEXT(filter->kind),
        VALUE_INT(filter->limit),
    };
    void *found;

    TRY(reader_rows(reader, &reviews_before, values, ARRAY_LEN(values), arena, &found, count));
    *rows = found;
    return ERR_OK;
}
