/* Posting: form, idempotency, accounts, balance, blocks, totals, maturities, floors, then the rows.
 *
 * Everything is decided on copies; the transaction is changed by posting_write alone, so that a
 * caller may go on after a refusal (but for an account 2299 that posting_divert may have opened).
 */
#include "base/time.h"
#include "money/ledger/ledger_chart_int.h"
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
    for (size_t i = 0; i < post->leg_count; i++) {
        if (post->legs[i].matures_on != 0 && !time_date_is_valid(post->legs[i].matures_on)) {
            return ledger__refuse_leg(tx, ERR_LEDGER_MATURITY, i, "matures_on");
        }
    }
    return ERR_OK;
}

/* ---- idempotency ---- */

/* The leg as it was asked for: a pending entry knows the account 2299 stands for. */
static enum err asked_leg(struct tx *tx, int64_t position, struct ledger_slot *slot)
{
    const struct ledger_account *account;
    const struct ledger_pending *pending;
    enum err err;

    TRY(ledger_account_get(tx, slot->account_id, &account));
    if (account->code != LEDGER_CODE_WAITING) {
        return ERR_OK;
    }
    err = ledger__pending_at(tx, position, &pending);
    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    slot->account_id = pending->account_id;
    slot->matures_on = pending->matures_on;
    return ERR_OK;
}

static enum err same_leg(struct tx *tx, const struct ledger_leg *leg,
                         const struct ledger_slot *stored, int64_t position, size_t number)
{
    struct amount amount = ledger__signed(leg->side, leg->amount);
    struct ledger_slot asked = *stored, *slot = &asked;

    TRY(asked_leg(tx, position, slot));
    if (slot->account_id != leg->account_id) {
        return ledger__refuse_leg(tx, ERR_LEDGER_CONFLICT, number, "account");
    }
    if ((slot->amount.minor > 0) != (amount.minor > 0)) {
        return ledger__refuse_leg(tx, ERR_LEDGER_CONFLICT, number, "side");
    }
    if (slot->amount.minor != amount.minor) {
        return ledger__refuse_leg(tx, ERR_LEDGER_CONFLICT, number, "amount");
    }
    return slot->matures_on == leg->matures_on
               ? ERR_OK
               : ledger__refuse_leg(tx, ERR_LEDGER_CONFLICT, number, "matures_on");
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
        TRY(same_leg(tx, &post->legs[i], &journal->slots[i % LEDGER_SLOTS],
                     ledger__position(journal->id, i % LEDGER_SLOTS), i));
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

/* The number of the account in the posting, which has a copy of it from then on. */
static enum err touch(struct ledger_posting *posting, int64_t account_id, size_t leg,
                      size_t *number)
{
    const struct ledger_account *account;

    if (find_touched(posting, account_id, number)) {
        return ERR_OK;
    }
    TRY(ledger_account_get(posting->tx, account_id, &account));
    ledger__account_check(account, posting->today);
    *number = posting->account_count++;
    posting->accounts[*number] = (struct ledger_touched){.next = *account, .first_leg = leg};
    return ERR_OK;
}

static const struct ledger_account *leg_account(const struct ledger_posting *posting, size_t leg)
{
    return &posting->accounts[posting->legs[leg].account].next;
}

static bool is_credit(const struct ledger_posting *posting, size_t leg)
{
    return posting->post->legs[leg].side == leg_account(posting, leg)->side;
}

static enum err open_accounts(struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        bool waits = posting->post->fact && is_credit(posting, i);

        if (leg_account(posting, i)->status == LEDGER_ACCOUNT_CLOSED && !waits) {
            return ledger__refuse_leg(posting->tx, ERR_LEDGER_ACCOUNT_CLOSED, i, "account");
        }
    }
    for (size_t i = 0; i < posting->account_count; i++) {
        const struct ledger_touched *touched = &posting->accounts[i];
        enum err err = ledger__chart_open_on(posting->tx, touched->next.code, posting->today);

        if (touched->next.code == LEDGER_CODE_WAITING && !posting->direct) {
            err = ERR_LEDGER_CODE_OWN;
        }
        if (err == ERR_LEDGER_CODE_OWN || err == ERR_LEDGER_CODE_CLOSED) {
            return ledger__refuse_leg(posting->tx, err, touched->first_leg, "account");
        }
        TRY(err);
    }
    return ERR_OK;
}

enum err ledger__posting_load(struct ledger_posting *posting)
{
    TRY(ledger_today(posting->tx, &posting->today));
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        enum err err =
            touch(posting, posting->post->legs[i].account_id, i, &posting->legs[i].account);

        if (err == ERR_LEDGER_ACCOUNT) {
            return ledger__refuse_leg(posting->tx, err, i, "account");
        }
        TRY(err);
        posting->legs[i].waits = 0;
    }
    return open_accounts(posting);
}

static enum currency leg_currency(const struct ledger_posting *posting, size_t leg)
{
    return leg_account(posting, leg)->currency;
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

/* ---- blocks, and entries that wait ---- */

/* Whether the leg becomes a pending entry: also behind one that is still to be tried, for entries
 * of an account keep their order. */
static enum err has_to_wait(const struct ledger_posting *posting, size_t leg, bool *waits)
{
    const struct ledger_account *account = leg_account(posting, leg);
    bool refused = posting->post->fact && is_credit(posting, leg) &&
                   (account->credit_blocks > 0 || account->status == LEDGER_ACCOUNT_CLOSED);

    if (posting->direct || account->id == posting->held_account_id) {
        *waits = false;
        return ERR_OK;
    }
    if (account->deferred || refused || account->pending == 0) {
        *waits = account->deferred || refused;
        return ERR_OK;
    }
    return ledger__pending_untried(posting->tx, account->id, waits);
}

enum err ledger__posting_unblocked(struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        const struct ledger_account *account = leg_account(posting, i);
        bool credit = is_credit(posting, i);

        if (credit && account->credit_blocks > 0 && (posting->direct || !posting->post->fact)) {
            return ledger__refuse_leg(posting->tx, ERR_LEDGER_CREDIT_BLOCKED, i, "account");
        }
        if (!credit && account->debit_blocks > 0 && account->id != posting->held_account_id) {
            return ledger__refuse_leg(posting->tx, ERR_LEDGER_DEBIT_BLOCKED, i, "account");
        }
    }
    return ERR_OK;
}

/* A debit that waits reserves its amount at once; posting_covered takes it from what matures. */
static enum err reserve(struct ledger_posting *posting, struct ledger_account *account, size_t leg)
{
    account->holds++;
    return amount_add(account->held, posting->post->legs[leg].amount, &account->held) == ERR_OK
               ? ERR_OK
               : ledger__refuse_leg(posting->tx, ERR_LEDGER_OVERFLOW, leg, "amount");
}

enum err ledger__posting_divert(struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        struct ledger_account *real = &posting->accounts[posting->legs[i].account].next;
        const struct ledger_account_key key = {real->owner_id, LEDGER_CODE_WAITING, real->currency};
        int64_t waiting_id;
        bool waits;

        TRY(has_to_wait(posting, i, &waits));
        if (!waits) {
            continue;
        }
        real->pending++;
        if (!is_credit(posting, i)) {
            TRY(reserve(posting, real, i));
        }
        TRY(ledger_account_open_fact(posting->tx, &key, &waiting_id));
        posting->legs[i].waits = posting->legs[i].account + 1;
        TRY(touch(posting, waiting_id, i, &posting->legs[i].account));
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
    return ledger__totals_fit(posting);
}

/* The account whose maturities the leg changes; NULL: none. An account 2299 has no maturities: the
 * pending entry knows, and a debit that waits has reserved of its own account. */
static struct ledger_account *maturing_account(struct ledger_posting *posting, size_t leg)
{
    const struct ledger_leg *asked = &posting->post->legs[leg];
    size_t waits = posting->legs[leg].waits;
    struct ledger_account *account =
        &posting->accounts[waits != 0 ? waits - 1 : posting->legs[leg].account].next;

    return asked->matures_on <= posting->today || (waits != 0 && asked->side == account->side)
               ? NULL
               : account;
}

static enum err mature(struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        const struct ledger_leg *leg = &posting->post->legs[i];
        struct ledger_account *account = maturing_account(posting, i);
        struct ledger_maturing maturing = {.today = posting->today, .date = leg->matures_on};
        enum err err = ERR_OK;

        if (account != NULL) {
            maturing.minor = leg->side == account->side ? leg->amount.minor : -leg->amount.minor;
            err = ledger__mature(tx_arena(posting->tx), account, &maturing);
        }
        if (err != ERR_OK) {
            return ledger__refuse_leg(posting->tx, err, i, "matures_on");
        }
    }
    return ERR_OK;
}

/* Also without what is kept for holds that wait. */
static enum err is_covered(const struct ledger_posting *posting, const struct ledger_account *next,
                           bool *covered)
{
    const struct ledger_account *before;

    *covered = ledger__account_covers(next, posting->today);
    if (*covered && next->awaited.minor > 0) {
        TRY(ledger_account_get(posting->tx, next->id, &before));
        *covered = ledger__account_keeps(next, before, posting->today);
    }
    return ERR_OK;
}

enum err ledger__posting_covered(struct ledger_posting *posting)
{
    bool covered;

    TRY(mature(posting));
    for (size_t i = 0; i < posting->account_count; i++) {
        TRY(is_covered(posting, &posting->accounts[i].next, &covered));
        if (!covered) {
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
        .account_id = leg_account(posting, leg)->id,
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
        .matures_on = posting->legs[leg].waits != 0 ? 0 : posting->post->legs[leg].matures_on,
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
        .voucher = post->voucher,
        .created_at_ms = tx_now_ms(posting->tx),
    };
    size_t leg = 0;

    row.business_date = posting->today;
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
    return ledger__totals_add(posting);
}

static enum err write_accounts(struct ledger_posting *posting)
{
    for (size_t i = 0; i < posting->account_count; i++) {
        const struct ledger_account *next = &posting->accounts[i].next;

        CHECK(currency_sum(posting, next->currency) == 0);
        ledger__account_check(next, posting->today);
        TRY(ledger__account_put(posting->tx, next));
    }
    return ERR_OK;
}

static enum err write_pending(struct ledger_posting *posting, int64_t journal_id)
{
    for (size_t i = 0; i < posting->post->leg_count; i++) {
        if (posting->legs[i].waits != 0) {
            const struct ledger_waiting waiting = {
                .account = &posting->accounts[posting->legs[i].waits - 1].next,
                .leg = &posting->post->legs[i],
                .position =
                    ledger__position(journal_id + (int64_t)(i / LEDGER_SLOTS), i % LEDGER_SLOTS),
            };

            TRY(ledger__pending_insert(posting->tx, &waiting));
        }
    }
    return ERR_OK;
}

enum err ledger__posting_write(struct ledger_posting *posting, int64_t *journal_id)
{
    TRY(write_journal(posting, journal_id));
    TRY(write_accounts(posting));
    return write_pending(posting, *journal_id);
}

void ledger__posting_begin(struct ledger_posting *posting, struct tx *tx,
                           const struct ledger_post *post)
{
    posting->tx = tx;
    posting->post = post;
    posting->hold_id = 0;
    posting->held_account_id = 0;
    posting->direct = false;
    posting->account_count = 0;
}

enum err ledger__posting_run(struct ledger_posting *posting, int64_t *journal_id)
{
    TRY(ledger__posting_load(posting));
    TRY(ledger__posting_balanced(posting));
    TRY(ledger__posting_unblocked(posting));
    TRY(ledger__posting_divert(posting));
    TRY(ledger__posting_add(posting));
    TRY(ledger__posting_covered(posting));
    return ledger__posting_write(posting, journal_id);
}

static enum err post_new(struct tx *tx, const struct ledger_post *post, int64_t *journal_id)
{
    struct ledger_posting posting; /* large: only what is used is filled in */

    ledger__posting_begin(&posting, tx, post);
    return ledger__posting_run(&posting, journal_id);
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

/* What would wait is tried on its own account: a debit has to be covered there either way. */
static enum err try(struct ledger_posting *posting)
{
    TRY(ledger__posting_unblocked(posting));
    TRY(ledger__posting_add(posting));
    return ledger__posting_covered(posting);
}

enum err ledger__posting_bearable(struct tx *tx, const struct ledger_post *post)
{
    struct ledger_posting posting;

    ledger__posting_begin(&posting, tx, post);
    TRY(ledger__posting_load(&posting));
    return try(&posting);
}

enum err ledger_post_check(struct tx *tx, const struct ledger_post *post)
{
    struct ledger_posting posting;

    TRY(ledger__posting_form(tx, post));
    ledger__posting_begin(&posting, tx, post);
    TRY(ledger__posting_load(&posting));
    TRY(ledger__posting_balanced(&posting));
    return try(&posting);
}

/* ---- prefetch ---- */

static void prefetch_rest(struct prefetch *pre, const struct ledger_journal *key)
{
    const struct ledger_journal *first = prefetch_peek_unique(pre, &ledger__journal_table, 0, key);

    for (int64_t i = 1; first != NULL && i < ledger__row_count(first->leg_count); i++) {
        prefetch_id(pre, &ledger__journal_table, first->id + i);
    }
}

/* Only accounts with pending entries have one that is asked for. */
static void prefetch_queues(struct prefetch *pre, const struct ledger_post *post)
{
    for (size_t i = 0; i < post->leg_count && i < LEDGER_LEGS_MAX; i++) {
        int64_t account_id = post->legs[i].account_id;
        const struct ledger_account *account =
            prefetch_peek(pre, &ledger__account_table, account_id);

        if (account != NULL && account->pending > 0) {
            prefetch_id(pre, &ledger__queue_table, account_id);
        }
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
        prefetch_queues(pre, post);
    }
    if (round != 0 || post->reference.business_no <= 0) {
        return;
    }
    prefetch_unique(pre, &ledger__journal_table, 0, &key);
    for (size_t i = 0; i < post->leg_count && i < LEDGER_LEGS_MAX; i++) {
        prefetch_id(pre, &ledger__account_table, post->legs[i].account_id);
    }
}
