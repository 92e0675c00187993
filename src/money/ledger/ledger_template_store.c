#include "money/ledger/ledger_voucher_int.h"

enum { TEMPLATES_KEPT = 4096, LEGS_KEPT = 16384 };

static const struct column template_columns[] = {
    COLUMN(struct ledger_template_row, id, COL_ID),
    COLUMN(struct ledger_template_row, valid_from, COL_INT, .fixed = true),
    COLUMN(struct ledger_template_row, valid_until, COL_INT),
    COLUMN(struct ledger_template_row, leg_count, COL_INT, .fixed = true),
    COLUMN(struct ledger_template_row, operator_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_template_row, reviewer_id, COL_ID, .fixed = true),
    COLUMN(struct ledger_template_row, reason, COL_TEXT, .size = LEDGER_REASON_MAX, .fixed = true),
    COLUMN(struct ledger_template_row, created_at_ms, COL_TIME, .fixed = true),
};

const struct table ledger__template_table = {
    .name = "ledger_template",
    .row_size = sizeof(struct ledger_template_row),
    .columns = template_columns,
    .column_count = ARRAY_LEN(template_columns),
    .keep = TEMPLATES_KEPT,
};

static const struct column leg_columns[] = {
    COLUMN(struct ledger_template_leg, id, COL_ID),
    COLUMN(struct ledger_template_leg, side, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_template_leg, code, COL_INT, .fixed = true),
    COLUMN(struct ledger_template_leg, owner, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_template_leg, currency, COL_ENUM, .fixed = true),
    COLUMN(struct ledger_template_leg, amount, COL_TEXT, .size = LEDGER_EXPRESSION_MAX,
           .fixed = true),
    COLUMN(struct ledger_template_leg, matures, COL_BOOL, .fixed = true),
    COLUMN(struct ledger_template_leg, memo, COL_TEXT, .size = LEDGER_TEMPLATE_MEMO_MAX,
           .fixed = true),
};

const struct table ledger__template_leg_table = {
    .name = "ledger_template_leg",
    .row_size = sizeof(struct ledger_template_leg),
    .columns = leg_columns,
    .column_count = ARRAY_LEN(leg_columns),
    .keep = LEGS_KEPT,
};

const struct statement ledger__templates_between = {
    .name = "ledger_templates_between",
    .sql = "SELECT :row FROM ledger_template WHERE id >= ? AND id < ? ORDER BY id",
    .row = &ledger__template_table,
};

const struct statement ledger__template_legs_between = {
    .name = "ledger_template_legs_between",
    .sql = "SELECT :row FROM ledger_template_leg WHERE id >= ? AND id < ? ORDER BY id",
    .row = &ledger__template_leg_table,
};

enum err ledger_read_templates(struct reader *reader, enum ledger_event event, struct arena *arena,
                               struct ledger_template **out, size_t *count)
{
    int64_t first = ledger__template_id(event, 0, 0);
    int64_t end = ledger__template_id(event == 0 ? LEDGER_EVENT_END : event + 1, 0, 0);
    const struct value ids[] = {VALUE_INT(first), VALUE_INT(end)};
    const struct value leg_ids[] = {VALUE_INT(ledger__template_leg_id(first, 0)),
                                    VALUE_INT(ledger__template_leg_id(end, 0))};
    struct ledger_template_leg *legs;
    size_t leg_count, at = 0;
    void *rows, *leg_rows;

    /* Templates first: legs are inserted with their template, so those of each are there. */
    TRY(reader_rows(reader, &ledger__templates_between, ids, 2, arena, &rows, count));
    TRY(reader_rows(reader, &ledger__template_legs_between, leg_ids, 2, arena, &leg_rows,
                    &leg_count));
    legs = leg_rows;
    *out = ARENA_ARRAY(arena, struct ledger_template, *count);
    for (size_t i = 0; i < *count; i++) {
        const struct ledger_template_row *row = (const struct ledger_template_row *)rows + i;

        while (at < leg_count && legs[at].id < ledger__template_leg_id(row->id, 0)) {
            at++;
        }
        (*out)[i] = (struct ledger_template){
            .id = row->id,
            .event = ledger_template_event(row->id),
            .mode = ledger_template_mode(row->id),
            .version = ledger_template_version(row->id),
            .valid_from = row->valid_from,
            .valid_until = row->valid_until,
            .operator_id = row->operator_id,
            .reviewer_id = row->reviewer_id,
            .reason = row->reason,
            .created_at_ms = row->created_at_ms,
            .legs = legs + at,
            .leg_count = (size_t)row->leg_count,
        };
        CHECK(at + (*out)[i].leg_count <= leg_count);
    }
    return ERR_OK;
}
