#include "business/account/account_int.h"

enum { STATE_MAX = 4000, HOLD_STEP_MAX = 1000, REASON_MAX = 200 };

static const struct column columns[] = {
    COLUMN(struct account_row, id, COL_ID),
    COLUMN(struct account_row, remark, COL_TEXT, .size = ACCOUNT_REMARK_MAX),
    COLUMN(struct account_row, changes, COL_INT),
    COLUMN(struct account_row, opened_by_hand, COL_BOOL),
    COLUMN(struct account_row, opening_remark, COL_TEXT, .size = ACCOUNT_REMARK_MAX),
};

const struct table account__table = {
    .name = "account",
    .row_size = sizeof(struct account_row),
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
};

static const struct column history_columns[] = {
    COLUMN(struct account_history, id, COL_ID),
    COLUMN(struct account_history, account_id, COL_ID, .fixed = true),
    COLUMN(struct account_history, number, COL_INT, .fixed = true),
    COLUMN(struct account_history, action, COL_ENUM, .fixed = true),
    {.name = "state_before",
     .type = COL_TEXT,
     .offset = offsetof(struct account_history, before),
     .size = STATE_MAX,
     .fixed = true},
    {.name = "state_after",
     .type = COL_TEXT,
     .offset = offsetof(struct account_history, after),
     .size = STATE_MAX,
     .fixed = true},
    COLUMN(struct account_history, operator_id, COL_ID, .fixed = true),
    COLUMN(struct account_history, review_id, COL_ID, .fixed = true),
    COLUMN(struct account_history, hold_id, COL_ID, .fixed = true),
    COLUMN(struct account_history, hold_step, COL_TEXT, .size = HOLD_STEP_MAX, .fixed = true),
    COLUMN(struct account_history, reason, COL_TEXT, .size = REASON_MAX, .fixed = true),
    COLUMN(struct account_history, created_at_ms, COL_TIME, .fixed = true),
};

const struct table account__history_table = {
    .name = "account_history",
    .row_size = sizeof(struct account_history),
    .columns = history_columns,
    .column_count = ARRAY_LEN(history_columns),
    .uniques = {{.name = "account_history_number", .columns = {"account_id", "number"}}},
    .unique_count = 1,
};

static const struct column card_columns[] = {
    COLUMN(struct account_card, id, COL_ID),
    COLUMN(struct account_card, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct account_card, kind, COL_ENUM, .fixed = true),
    COLUMN(struct account_card, bank_code, COL_TEXT, .size = 16, .fixed = true),
    COLUMN(struct account_card, bank_name, COL_TEXT, .size = 64, .fixed = true),
    COLUMN(struct account_card, branch, COL_TEXT, .size = 128, .fixed = true),
    COLUMN(struct account_card, masked, COL_TEXT, .size = 32, .fixed = true),
    COLUMN(struct account_card, number, COL_BLOB, .size = 256),
    COLUMN(struct account_card, holder, COL_BLOB, .size = 512),
    COLUMN(struct account_card, blind, COL_TEXT, .size = 64, .optional = true),
    COLUMN(struct account_card, is_default, COL_BOOL),
    COLUMN(struct account_card, default_of, COL_ID, .optional = true),
    COLUMN(struct account_card, status, COL_ENUM),
    COLUMN(struct account_card, review_id, COL_ID, .optional = true, .fixed = true),
    COLUMN(struct account_card, created_at_ms, COL_TIME, .fixed = true),
    COLUMN(struct account_card, updated_at_ms, COL_TIME),
    COLUMN(struct account_card, version, COL_INT),
};

const struct table account_card_table = {
    .name = "account_card",
    .row_size = sizeof(struct account_card),
    .columns = card_columns,
    .column_count = ARRAY_LEN(card_columns),
    .uniques = {{.name = "account_card_blind", .columns = {"merchant_id", "blind"}},
                {.name = "account_card_default", .columns = {"default_of"}},
                {.name = "account_card_review", .columns = {"review_id"}}},
    .unique_count = 3,
};

static const struct column card_note_columns[] = {
    COLUMN(struct account_card_note, id, COL_ID),
    COLUMN(struct account_card_note, merchant_id, COL_ID, .fixed = true),
    COLUMN(struct account_card_note, card_id, COL_ID, .fixed = true),
    COLUMN(struct account_card_note, action, COL_ENUM, .fixed = true),
    {.name = "state_before",
     .type = COL_TEXT,
     .offset = offsetof(struct account_card_note, before),
     .size = ACCOUNT__CARD_STATE_MAX,
     .fixed = true},
    {.name = "state_after",
     .type = COL_TEXT,
     .offset = offsetof(struct account_card_note, after),
     .size = ACCOUNT__CARD_STATE_MAX,
     .fixed = true},
    COLUMN(struct account_card_note, operator_id, COL_ID, .fixed = true),
    COLUMN(struct account_card_note, reviewer_id, COL_ID, .fixed = true),
    COLUMN(struct account_card_note, review_id, COL_ID, .fixed = true),
    COLUMN(struct account_card_note, reason, COL_TEXT, .size = REASON_MAX, .fixed = true),
    COLUMN(struct account_card_note, created_at_ms, COL_TIME, .fixed = true),
};

const struct table account__card_note_table = {
    .name = "account_card_note",
    .row_size = sizeof(struct account_card_note),
    .columns = card_note_columns,
    .column_count = ARRAY_LEN(card_note_columns),
};

static const struct statement history_before = {
    .name = "account_history_before",
    .sql = "SELECT :row FROM account_history WHERE account_id = ? AND number < ? "
           "ORDER BY number DESC LIMIT ?",
    .row = &account__history_table,
};

static const struct statement cards_before = {
    .name = "account_cards_before",
    .sql = "SELECT :row FROM account_card WHERE merchant_id = ? AND id < ? AND status = 1 "
           "ORDER BY id DESC LIMIT ?",
    .row = &account_card_table,
};

static const struct statement card_notes_before = {
    .name = "account_card_notes_before",
    .sql = "SELECT :row FROM account_card_note WHERE merchant_id = ? AND id < ? "
           "ORDER BY id DESC LIMIT ?",
    .row = &account__card_note_table,
};

static const struct table *const tables[] = {
    &account__table,
    &account__history_table,
    &account_card_table,
    &account__card_note_table,
};
static const struct statement *const statements[] = {&history_before, &cards_before,
                                                     &card_notes_before};

const struct store_part account_part = {
    .tables = tables,
    .table_count = ARRAY_LEN(tables),
    .migrations = account__migrations,
    .migration_count = ACCOUNT__MIGRATIONS,
    .statements = statements,
    .statement_count = ARRAY_LEN(statements),
};

/* Newest first. */
static enum err read_page(struct reader *reader, const struct statement *statement,
                          const struct account_page *page, struct arena *arena, void **rows,
                          size_t *count)
{
    const struct value values[] = {
        VALUE_INT(page->id),
        VALUE_INT(page->before_id == 0 ? INT64_MAX : page->before_id),
        VALUE_INT(page->limit),
    };

    return reader_rows(reader, statement, values, ARRAY_LEN(values), arena, rows, count);
}

enum err account__read_history(struct reader *reader, const struct account_page *page,
                               struct arena *arena, struct account_history **rows, size_t *count)
{
    void *found;

    TRY(read_page(reader, &history_before, page, arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err account__read_cards(struct reader *reader, const struct account_page *page,
                             struct arena *arena, struct account_card **rows, size_t *count)
{
    void *found;

    TRY(read_page(reader, &cards_before, page, arena, &found, count));
    *rows = found;
    return ERR_OK;
}

enum err account__read_card_notes(struct reader *reader, const struct account_page *page,
                                  struct arena *arena, struct account_card_note **rows,
                                  size_t *count)
{
    void *found;

    TRY(read_page(reader, &card_notes_before, page, arena, &found, count));
    *rows = found;
    return ERR_OK;
}
