/* Posting: form, idempotency, accounts, balance, totals, floors, then the rows.
 *
 * Everything is decided on copies; the transaction is changed by posting_write alone, so that a
 * caller may go on after a refusal. */
#include "base/time.h"
#include "money/ledger/ledger_int.h"

#include <stdio.h>

enum err ledger__refuse_leg(struct tx *tx, enum err err, size_t leg, const char *name)
{
    char param[40];

    (void)snprintf(param, sizeof(param), "legs[%zu].%s", leg, name);
    return ledger__refuse(tx, err, param);
}

/* ---- form ---- */

enum err ledger__reference_check(struct tx *tx, const struct ledger_reference *reference)
{
    if (reference->source == 0) {
        return ledger__refuse(tx, ERR_LEDGER_REFERENCE, "source");
    }
    if (reference->business_no <= 0) {
        return ledger__refuse(tx, ERR_LEDGER_REFERENCE, "business_no");
    }
    if (reference->operation == 0) {
        return ledger__refuse(tx, ERR_LEDGER_REFERENCE, "operation");
    }
    return ERR_OK;
}

enum err ledger__posting_form(struct tx *tx, const struct ledger_post *post)
{
    TRY(ledger__reference_check(tx, &post->reference));
    if (post->leg_count < LEDGER_LEGS_MIN || post->leg_count > LEDGER_LEGS_MAX) {
        return ledger__refuse(tx, ERR_LEDGER_LEGS, "legs");
    }
    for (size_t i = 0; i < post->leg_count; i++) {
        CHECK(post->legs[i].side == LEDGER_DEBIT || post->legs[i].side == LEDGER_CREDIT);
        if (post->legs[i].amount.minor <= 0) {
            return ledger__refuse_leg(tx, ERR_LEDGER_AMOUNT, i, "amount");
        }
    }
    return ERR_OK;
}

/* ---- idempotency ---- */

static enum err same_leg(struct tx *tx, const struct ledger_leg *leg,
                         const struct ledger_slot *slot, size_t number)
{
    struct amount amount = ledger__signed(leg->side, leg->amount);

    if (slot->account_id != leg->account_id) {
        return ledger__refuse_leg(tx, ERR_LEDGER_CONFLICT, number, "account");
    }
    if ((slot->amount.minor > 0) != (amount.minor > 0)) {
        return ledger__refuse_leg(tx, ERR_LEDGER_CONFLICT, number, "side");
    }
    if (slot->amount.minor != amount.minor) {
        return ledger__refuse_leg(tx, ERR_LEDGER_CONFLICT, number, "amount");
    }
    return ERR_OK;
}

static enum err same_legs(struct tx *tx, const struct ledger_post *post,
                          const struct ledger_journal *first)
{
    const struct ledger_journal *journal = first;

    for (size_t i = 0; i < post->leg_count; i++) {
        if (i > 0 && i % LEDGER_SLOTS == 0) {
            const void *row;
            enum err err =
                tx_get(tx, &ledger__journal_table, first->id + (int64_t)(i / LEDGER_SLOTS), &row);

            CHECK(err != ERR_STORE_NOT_FOUND);
            TRY(err);
            journal = row;
        }
        TRY(same_leg(tx, &post->legs[i], &journal->slots[i % LEDGER_SLOTS], i));
    }
    return ERR_OK;
}

enum err ledger__posting_find(struct tx *tx, const struct ledger_post *post, int64_t hold_id,
                              int64_t *journal_id)
{
    const struct ledger_journal key = {
        .business_no = post->reference.business_no,
        .source = post->reference.source,
        .operation = post->reference.operation,
    };
    const struct ledger_journal *journal;
    const void *row;
    enum err err = tx_find(tx, &ledger__journal_table, 0, &key, &row);

    *journal_id = 0;
    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    journal = row;
    if (journal->hold_id != hold_id) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "hold");
    }
    if (journal->leg_count != (int64_t)post->leg_count) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "legs");
    }
    TRY(same_legs(tx, post, journal));
    *journal_id = journal->id;
    return ERR_OK;
}

/* ---- accounts and balance ---- */

static bool find_touched(const struct ledger_posting *posting, int64_t account_id, size_t *number)
{
    for (size_t i = 0; i < posting->account_count; i++) {
        if (posting->accounts[i].next.id == account_id) {
            *number = i;
            return true;
        }
    }
    return false;
}

enum err ledger__posting_load(struct ledger_posting *posting)
{
    posting->account_count = 0;
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        const struct ledger_account *account;
        enum err err;

        if (find_touched(posting, posting->post->legs[i].account_id, &posting->legs[i].account)) {
            continue;
        }
        err = ledger_account_get(posting->tx, posting->post->legs[i].account_id, &account);
        if (err == ERR_LEDGER_ACCOUNT) {
            return ledger__refuse_leg(posting->tx, err, i, "account");
        }
        TRY(err);
        ledger__account_check(account);
        posting->legs[i].account = posting->account_count;
        posting->accounts[posting->account_count].next = *account;
        posting->accounts[posting->account_count].first_leg = i;
        posting->account_count++;
    }
    return ERR_OK;
}

static enum currency leg_currency(const struct ledger_posting *posting, size_t leg)
{
    return posting->accounts[posting->legs[leg].account].next.currency;
}

/* Debits minus credits of the legs in one currency. */
static ledger_wide currency_sum(const struct ledger_posting *posting, enum currency currency)
{
    ledger_wide sum = 0;

    for (size_t i = 0; i < posting->post->leg_count; i++) {
        const struct ledger_leg *leg = &posting->post->legs[i];

        if (leg_currency(posting, i) == currency) {
            sum += ledger__signed(leg->side, leg->amount).minor;
        }
    }
    return sum;
}

enum err ledger__posting_balanced(struct ledger_posting *posting)
{
    enum currency last = CURRENCY_NONE;

    for (size_t i = 0; i < posting->account_count; i++) {
        enum currency currency = posting->accounts[i].next.currency;

        if (currency != last && currency_sum(posting, currency) != 0) {
            struct str code = currency_code(currency);

            return ledger__refuse(posting->tx, ERR_LEDGER_UNBALANCED,
                                  str_cstr(tx_arena(posting->tx), code));
        }
        last = currency;
    }
    return ERR_OK;
}

/* ---- new balances ---- */

static bool add_leg(struct ledger_account *account, const struct ledger_leg *leg)
{
    struct amount *total = leg->side == LEDGER_DEBIT ? &account->debits : &account->credits;
    enum err err = leg->side == account->side
                       ? amount_add(account->posted, leg->amount, &account->posted)
                       : amount_sub(account->posted, leg->amount, &account->posted);

    return err == ERR_OK && amount_add(*total, leg->amount, total) == ERR_OK;
}

enum err ledger__posting_add(struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        struct ledger_account *next = &posting->accounts[posting->legs[i].account].next;

        if (!add_leg(next, &posting->post->legs[i])) {
            return ledger__refuse_leg(posting->tx, ERR_LEDGER_OVERFLOW, i, "amount");
        }
        next->sequence++;
        posting->legs[i].sequence = next->sequence;
        posting->legs[i].balance = next->posted;
    }
    return ERR_OK;
}

enum err ledger__posting_covered(struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->account_count; i++) {
        if (!ledger__account_covers(&posting->accounts[i].next)) {
            return ledger__refuse_leg(posting->tx, ERR_LEDGER_INSUFFICIENT,
                                      posting->accounts[i].first_leg, "account");
        }
    }
    return ERR_OK;
}

ledger_wide ledger__posting_taken(const struct ledger_posting *posting, int64_t account_id)
{
    ledger_wide taken = 0;
    size_t number;

    if (!find_touched(posting, account_id, &number)) {
        return 0;
    }
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        const struct ledger_leg *leg = &posting->post->legs[i];

        if (posting->legs[i].account == number) {
            taken += leg->side == posting->accounts[number].next.side ? -leg->amount.minor
                                                                      : leg->amount.minor;
        }
    }
    return taken;
}

/* ---- rows ---- */

static void append_mark(struct ledger_posting *posting, size_t leg, int64_t position)
{
    const struct ledger_mark mark = {
        .position = position,
        .account_id = posting->post->legs[leg].account_id,
        .sequence = posting->legs[leg].sequence,
    };

    if (mark.sequence % LEDGER_MARK_EVERY == 0) {
        tx_append(posting->tx, &ledger__mark_table, &mark);
    }
}

/* Puts the leg into its slot and moves the account's chain to it. */
static void fill_slot(struct ledger_posting *posting, size_t leg, struct ledger_journal *row)
{
    struct ledger_account *account = &posting->accounts[posting->legs[leg].account].next;
    int64_t position = ledger__position(row->id, leg % LEDGER_SLOTS);

    CHECK(position > account->last_position);
    row->slots[leg % LEDGER_SLOTS] = (struct ledger_slot){
        .account_id = account->id,
        .amount = ledger__signed(posting->post->legs[leg].side, posting->post->legs[leg].amount),
        .sequence = posting->legs[leg].sequence,
        .balance = posting->legs[leg].balance,
        .previous = account->last_position,
    };
    account->last_position = position;
    append_mark(posting, leg, position);
}

static enum err write_journal(struct ledger_posting *posting, int64_t *journal_id)
{
    const struct ledger_post *post = posting->post;
    struct ledger_journal row = {
        .business_no = post->reference.business_no,
        .source = post->reference.source,
        .operation = post->reference.operation,
        .leg_count = (int64_t)post->leg_count,
        .hold_id = posting->hold_id,
        .created_at_ms = tx_now_ms(posting->tx),
    };
    size_t leg = 0;

    row.business_date = time_business_date(row.created_at_ms);
    while (leg < post->leg_count) {
        row.id = tx_sequence(posting->tx, &ledger__journal_sequence);
        if (leg == 0) {
            *journal_id = row.id;
        }
        CHECK(row.id == *journal_id + row.part);
        memset(row.slots, 0, sizeof(row.slots));
        for (size_t i = 0; i < LEDGER_SLOTS && leg < post->leg_count; i++, leg++) {
            fill_slot(posting, leg, &row);
        }
        TRY(tx_insert(posting->tx, &ledger__journal_table, &row));
        row = (struct ledger_journal){
            .part = row.part + 1,
            .created_at_ms = row.created_at_ms,
            .business_date = row.business_date,
        };
    }
    return ERR_OK;
}

enum err ledger__posting_write(struct ledger_posting *posting, int64_t *journal_id)
{
    TRY(write_journal(posting, journal_id));
    for (size_t i = 0; i < posting->account_count; i++) {
        const struct ledger_account *next = &posting->accounts[i].next;
        void *row;

        CHECK(currency_sum(posting, next->currency) == 0);
        ledger__account_check(next);
        TRY(tx_edit(posting->tx, &ledger__account_table, next->id, &row));
        *(struct ledger_account *)row = *next;
    }
    return ERR_OK;
}

static enum err post_new(struct tx *tx, const struct ledger_post *post, int64_t *journal_id)
{
    struct ledger_posting posting; /* large: only what is used is filled in */

    posting.tx = tx;
    posting.post = post;
    posting.hold_id = 0;
    TRY(ledger__posting_load(&posting));
    TRY(ledger__posting_balanced(&posting));
    TRY(ledger__posting_add(&posting));
    TRY(ledger__posting_covered(&posting));
    return ledger__posting_write(&posting, journal_id);
}

enum err ledger_post(struct tx *tx, const struct ledger_post *post, struct ledger_posted *posted)
{
    int64_t journal_id;
    bool exists;

    TRY(ledger__posting_form(tx, post));
    TRY(ledger__posting_find(tx, post, 0, &journal_id));
    exists = journal_id != 0;
    if (!exists) {
        TRY(post_new(tx, post, &journal_id));
    }
    if (posted != NULL) {
        *posted = (struct ledger_posted){.journal_id = journal_id, .exists = exists};
    }
    return ERR_OK;
}

/* ---- prefetch ---- */

static void prefetch_rest(struct prefetch *pre, const struct ledger_journal *key)
{
    const struct ledger_journal *first = prefetch_peek_unique(pre, &ledger__journal_table, 0, key);

    for (int64_t i = 1; first != NULL && i < ledger__row_count(first->leg_count); i++) {
        prefetch_id(pre, &ledger__journal_table, first->id + i);
    }
}

void ledger_prefetch_post(struct prefetch *pre, const struct ledger_post *post, unsigned round)
{
    const struct ledger_journal key = {
        .business_no = post->reference.business_no,
        .source = post->reference.source,
        .operation = post->reference.operation,
    };

    if (round == 1) {
        prefetch_rest(pre, &key);
    }
    if (round != 0 || post->reference.business_no <= 0) {
        return;
    }
    prefetch_unique(pre, &ledger__journal_table, 0, &key);
    for (size_t i = 0; i < post->leg_count && i < LEDGER_LEGS_MAX; i++) {
        prefetch_id(pre, &ledger__account_table, post->legs[i].account_id);
    }
}
