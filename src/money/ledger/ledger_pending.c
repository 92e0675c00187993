/* Pending entries: legs that wait on 2299 until their account takes them. */
#include "money/ledger/ledger_int.h"

enum { PENDING_DELAY_MS = 1000 };

enum err ledger__pending_at(struct tx *tx, int64_t position, const struct ledger_pending **pending)
{
    const struct ledger_pending like = {.position = position};
    const void *row;

    TRY(tx_find(tx, &ledger__pending_table, 1, &like, &row));
    *pending = row;
    return ERR_OK;
}

enum err ledger__pending_untried(struct tx *tx, int64_t account_id, bool *untried)
{
    const struct ledger_queue *queue;
    const void *row;

    TRY(tx_get(tx, &ledger__queue_table, account_id, &row));
    queue = row;
    *untried = queue->seen < queue->last;
    return ERR_OK;
}

/* ---- waiting ---- */

/* The account's queue, made with its first entry. */
static enum err edit_queue(struct tx *tx, int64_t account_id, struct ledger_queue **queue)
{
    const struct ledger_queue fresh = {.account_id = account_id, .oldest = 1};
    void *row;
    enum err err = tx_edit(tx, &ledger__queue_table, account_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        TRY(tx_insert(tx, &ledger__queue_table, &fresh));
        err = tx_edit(tx, &ledger__queue_table, account_id, &row);
    }
    TRY(err);
    *queue = row;
    return ERR_OK;
}

/* The hold of a debit that waits; the account has been lowered by it already. */
static enum err hold_debit(struct tx *tx, const struct ledger_waiting *waiting, int64_t pending_id,
                           int64_t *hold_id)
{
    const struct ledger_hold_place place = {
        .reference = {LEDGER_SOURCE_PENDING, LEDGER_OPERATION_HOLD, pending_id},
        .account_id = waiting->account->id,
        .kind = LEDGER_HOLD_PENDING,
        .amount = waiting->leg->amount,
        .matures_on = waiting->leg->matures_on,
    };

    return ledger__hold_insert(tx, &place, LEDGER_HOLD_OPEN, hold_id);
}

enum err ledger__pending_insert(struct tx *tx, const struct ledger_waiting *waiting)
{
    struct ledger_queue *queue;
    struct ledger_pending pending = {
        .id = tx_sequence(tx, &ledger__pending_sequence),
        .account_id = waiting->account->id,
        .side = waiting->leg->side,
        .amount = waiting->leg->amount,
        .matures_on = waiting->leg->matures_on,
        .status = LEDGER_PENDING_WAITING,
        .position = waiting->position,
        .created_at_ms = tx_now_ms(tx),
        .updated_at_ms = tx_now_ms(tx),
    };

    if (pending.side != waiting->account->side) {
        TRY(hold_debit(tx, waiting, pending.id, &pending.hold_id));
    }
    TRY(edit_queue(tx, pending.account_id, &queue));
    if (queue->seen == queue->last) { /* nothing waited: the timer is not set */
        TRY(timer_set(tx, &ledger__pending_timer, pending.account_id,
                      tx_now_ms(tx) + PENDING_DELAY_MS));
    }
    pending.number = ++queue->last;
    return tx_insert(tx, &ledger__pending_table, &pending);
}

enum err ledger_pending_retry(struct tx *tx, int64_t account_id)
{
    const struct ledger_account *account;
    struct ledger_queue *queue;
    enum err err = ledger_account_get(tx, account_id, &account);

    if (err == ERR_LEDGER_ACCOUNT) {
        return ledger__refuse(tx, err, "account");
    }
    TRY(err);
    if (account->pending == 0) {
        return ERR_OK;
    }
    TRY(edit_queue(tx, account_id, &queue));
    queue->seen = queue->oldest - 1;
    return timer_set(tx, &ledger__pending_timer, account_id, tx_now_ms(tx));
}

/* ---- applying ---- */

/* The journal that moves the entry from 2299 to its account. */
static enum err apply_journal(struct tx *tx, const struct ledger_pending *pending,
                              int64_t *journal_id)
{
    const struct ledger_journal *journal;
    struct ledger_posting posting; /* large: only what is used is filled in */
    struct ledger_held held;
    const void *row;
    struct ledger_leg legs[2];
    struct ledger_hold_capture capture = {
        .hold_id = pending->hold_id,
        .post = {.reference = {LEDGER_SOURCE_PENDING, LEDGER_OPERATION_APPLIED, pending->id},
                 .legs = legs,
                 .leg_count = ARRAY_LEN(legs)},
        .direct = true,
    };

    TRY(tx_get(tx, &ledger__journal_table, ledger__position_row(pending->position), &row));
    journal = row;
    legs[0] = (struct ledger_leg){pending->account_id, pending->side, pending->amount,
                                  (int32_t)pending->matures_on};
    legs[1] = (struct ledger_leg){
        .account_id = journal->slots[ledger__position_slot(pending->position)].account_id,
        .side = pending->side == LEDGER_DEBIT ? LEDGER_CREDIT : LEDGER_DEBIT,
        .amount = pending->amount,
    };
    if (pending->hold_id != 0) {
        TRY(ledger_hold_capture(tx, &capture, &held));
        *journal_id = held.journal_id;
        return ERR_OK;
    }
    ledger__posting_begin(&posting, tx, &capture.post);
    posting.direct = true;
    return ledger__posting_run(&posting, journal_id);
}

/* Whether the error is the books' own: anything else is the database's, and ends the command. */
static bool is_refusal(enum err err)
{
    return err >= ERR_LEDGER_REFERENCE && err <= ERR_LEDGER_STATEMENT_LONG; /* the block */
}

static enum err finish(struct tx *tx, int64_t pending_id, int64_t journal_id, enum err refusal)
{
    struct ledger_pending *pending;
    struct ledger_account account;
    void *row;

    TRY(tx_edit(tx, &ledger__pending_table, pending_id, &row));
    pending = row;
    pending->status = refusal == ERR_OK ? LEDGER_PENDING_APPLIED : LEDGER_PENDING_PARKED;
    pending->journal_id = journal_id;
    pending->refusal = refusal == ERR_OK ? STR("") : str_of(err_code(refusal));
    pending->updated_at_ms = tx_now_ms(tx);
    if (refusal != ERR_OK) {
        return ERR_OK;
    }
    TRY(ledger__account_copy(tx, pending->account_id, &account));
    account.pending--;
    return ledger__account_put(tx, &account);
}

/* Tries the account's entry of that number, unless it has been applied. */
static enum err try_entry(struct tx *tx, int64_t account_id, int64_t number, bool *applied)
{
    const struct ledger_pending like = {.account_id = account_id, .number = number};
    const struct ledger_pending *found;
    struct ledger_pending pending;
    const void *row;
    int64_t journal_id = 0;
    enum err err;

    TRY(tx_find(tx, &ledger__pending_table, 0, &like, &row));
    found = row;
    *applied = found->status == LEDGER_PENDING_APPLIED;
    if (*applied) {
        return ERR_OK;
    }
    pending = *found;
    err = apply_journal(tx, &pending, &journal_id);
    if (err != ERR_OK && !is_refusal(err)) {
        return err;
    }
    *applied = err == ERR_OK;
    return finish(tx, pending.id, journal_id, err);
}

static enum err pending_apply(struct tx *tx, const void *arg, void *result)
{
    int64_t account_id = *(const int64_t *)arg;
    struct ledger_queue *queue;

    (void)result;
    TRY(edit_queue(tx, account_id, &queue));
    for (int i = 0; i < LEDGER_PENDING_BATCH && queue->seen < queue->last; i++) {
        bool applied;

        TRY(try_entry(tx, account_id, queue->seen + 1, &applied));
        queue->seen++;
        if (applied && queue->oldest == queue->seen) {
            queue->oldest++;
        }
    }
    return queue->seen < queue->last
               ? timer_set(tx, &ledger__pending_timer, account_id, tx_now_ms(tx))
               : timer_cancel(tx, &ledger__pending_timer, account_id);
}

static void pending_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    int64_t account_id = *(const int64_t *)arg;
    const struct ledger_queue *queue;

    if (round == 0) {
        prefetch_id(pre, &ledger__queue_table, account_id);
        prefetch_id(pre, &ledger__account_table, account_id);
        timer_prefetch(pre, &ledger__pending_timer, account_id);
    }
    queue = round == 1 ? prefetch_peek(pre, &ledger__queue_table, account_id) : NULL;
    for (int i = 1; queue != NULL && i <= LEDGER_PENDING_BATCH && queue->seen + i <= queue->last;
         i++) {
        const struct ledger_pending key = {.account_id = account_id, .number = queue->seen + i};

        prefetch_unique(pre, &ledger__pending_table, 0, &key);
    }
}

const struct command_kind ledger_pending_kind = {
    .name = "ledger.pending",
    .prefetch = pending_prefetch,
    .apply = pending_apply,
};

static enum err retry_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return ledger_pending_retry(tx, *(const int64_t *)arg);
}

const struct command_kind ledger_pending_retry_kind = {
    .name = "ledger.pending_retry",
    .apply = retry_apply,
};
