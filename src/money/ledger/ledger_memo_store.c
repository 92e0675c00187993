/* Memos (摘要): a remark that was posted with a journal, for people to read. */
#include "money/ledger/ledger_int.h"

static const struct column columns[] = {
    COLUMN(struct ledger_memo, journal_id, COL_ID),
    COLUMN(struct ledger_memo, text, COL_TEXT, .size = LEDGER_MEMO_MAX, .fixed = true),
};

const struct table ledger__memo_table = {
    .name = "ledger_memo",
    .row_size = sizeof(struct ledger_memo),
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .append_only = true,
};

/* Of a journal that was there before: whether it was posted with this memo. */
static enum err same_memo(struct tx *tx, int64_t journal_id, struct str memo)
{
    struct str first = {"", 0};
    const void *row;
    enum err err = tx_get(tx, &ledger__memo_table, journal_id, &row);

    if (err == ERR_OK) {
        first = ((const struct ledger_memo *)row)->text;
    } else if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    return str_eq(first, memo) ? ERR_OK : ledger__refuse(tx, ERR_LEDGER_CONFLICT, "memo");
}

enum err ledger__memo_keep(struct tx *tx, const struct ledger_posted *posted, struct str memo)
{
    if (posted->exists) {
        return same_memo(tx, posted->journal_id, memo);
    }
    if (memo.len > 0) {
        const struct ledger_memo row = {.journal_id = posted->journal_id, .text = memo};

        tx_append(tx, &ledger__memo_table, &row);
    }
    return ERR_OK;
}

enum err ledger_post_memo(struct tx *tx, const struct ledger_memo_post *arg,
                          struct ledger_posted *posted)
{
    TRY(ledger_post(tx, &arg->post, posted));
    return ledger__memo_keep(tx, posted, arg->memo);
}

static void memo_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger_prefetch_post(pre, &((const struct ledger_memo_post *)arg)->post, round);
}

/* 红冲, 蓝补: they stand for an original and need a second operator, so no caller books one. */
static bool is_adjustment(const struct ledger_reference *reference)
{
    return reference->operation == LEDGER_OPERATION_REVERSED ||
           reference->operation == LEDGER_OPERATION_CORRECTED;
}

static enum err memo_apply(struct tx *tx, const void *arg, void *result)
{
    const struct ledger_memo_post *post = arg;

    return is_adjustment(&post->post.reference)
               ? ledger__refuse(tx, ERR_LEDGER_ADJUSTMENT, "operation")
               : ledger_post_memo(tx, post, result);
}

const struct command_kind ledger_memo_transfer_kind = {
    .name = "ledger.memo_transfer",
    .prefetch = memo_prefetch,
    .apply = memo_apply,
    .result_size = sizeof(struct ledger_posted),
};

enum err ledger__read_memo(struct reader *reader, int64_t journal_id, struct arena *arena,
                           struct str *text)
{
    struct ledger_memo memo;
    enum err err = reader_get(reader, &ledger__memo_table, journal_id, arena, &memo);

    *text = err == ERR_OK ? memo.text : (struct str){"", 0};
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

static int64_t booked_first(const struct ledger_entry *entry)
{
    return entry->origin_id != 0 ? entry->origin_id : entry->journal_id;
}

enum err ledger__read_memos(struct reader *reader, struct ledger_entry *entries, size_t count,
                            struct arena *arena)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
    struct ledger__rows memos;

    for (size_t i = 0; i < count; i++) {
        ids[i] = booked_first(&entries[i]);
    }
    TRY(ledger__rows_load(reader, &ledger__memo_table, ids, count, arena, &memos));
    for (size_t i = 0; i < count; i++) {
        const struct ledger_memo *memo = ledger__rows_find(&memos, booked_first(&entries[i]));

        entries[i].memo = memo == NULL ? (struct str){"", 0} : memo->text;
    }
    return ERR_OK;
}
