/* Holds: place, capture, release, expire. Each step appends a row that names what was asked, so
 * that a repeated step is recognised and a hold's history can be read.
 *
 *     from \ to   open                        closed               expired
 *     (none)      place
 *     open        capture, release in part    nothing is left      its time is over
 */
#include "money/ledger/ledger_int.h"

static struct amount hold_left(const struct ledger_hold *hold)
{
    return AMOUNT(hold->amount.minor - hold->captured.minor - hold->released.minor);
}

static enum err get_hold(struct tx *tx, int64_t hold_id, const struct ledger_hold **hold)
{
    const void *row;
    enum err err = tx_get(tx, &ledger__hold_table, hold_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    }
    TRY(err);
    *hold = row;
    return ERR_OK;
}

/* The hold, if something may still be taken from it. */
static enum err get_open(struct tx *tx, int64_t hold_id, const struct ledger_hold **hold)
{
    TRY(get_hold(tx, hold_id, hold));
    switch ((*hold)->status) {
    case LEDGER_HOLD_OPEN:
        break;
    case LEDGER_HOLD_EXPIRED:
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXPIRED, "hold");
    case LEDGER_HOLD_CLOSED:
        return ledger__refuse(tx, ERR_LEDGER_HOLD_CLOSED, "hold");
    }
    if ((*hold)->expires_at_ms != 0 && (*hold)->expires_at_ms <= tx_now_ms(tx)) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXPIRED, "hold");
    }
    CHECK(hold_left(*hold).minor > 0);
    return ERR_OK;
}

/* The step the reference names; *step NULL when it is new. */
static enum err find_step(struct tx *tx, const struct ledger_reference *reference,
                          const struct ledger_hold_step **step)
{
    const struct ledger_hold_step key = {
        .business_no = reference->business_no,
        .source = reference->source,
        .operation = reference->operation,
    };
    const void *row;
    enum err err = tx_find(tx, &ledger__hold_step_table, 0, &key, &row);

    *step = NULL;
    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    *step = row;
    return ERR_OK;
}

static enum err insert_step(struct tx *tx, const struct ledger_reference *reference,
                            struct ledger_hold_step step)
{
    step.id = tx_id(tx);
    step.created_at_ms = tx_now_ms(tx);
    if (reference != NULL) {
        step.source = reference->source;
        step.operation = reference->operation;
        step.business_no = reference->business_no;
    }
    return tx_insert(tx, &ledger__hold_step_table, &step);
}

/* What a step takes from a hold. */
struct taking {
    struct amount captured;
    struct amount released;
    bool expired;
};

/* Takes from the hold and closes it when nothing is left. The account's held is the caller's. */
static enum err take(struct tx *tx, int64_t hold_id, struct taking taking)
{
    struct ledger_hold *hold;
    void *row;

    TRY(tx_edit(tx, &ledger__hold_table, hold_id, &row));
    hold = row;
    hold->captured.minor += taking.captured.minor;
    hold->released.minor += taking.released.minor;
    hold->updated_at_ms = tx_now_ms(tx);
    CHECK(hold_left(hold).minor >= 0);
    if (hold_left(hold).minor > 0) {
        return ERR_OK;
    }
    hold->status = taking.expired ? LEDGER_HOLD_EXPIRED : LEDGER_HOLD_CLOSED;
    return hold->expires_at_ms == 0 ? ERR_OK : timer_cancel(tx, &ledger__expire_timer, hold_id);
}

/* Lowers what the account has held. */
static enum err give_back(struct tx *tx, int64_t account_id, struct amount amount)
{
    struct ledger_account *account;
    void *row;

    TRY(tx_edit(tx, &ledger__account_table, account_id, &row));
    account = row;
    CHECK(account->held.minor >= amount.minor);
    account->held.minor -= amount.minor;
    ledger__account_check(account);
    return ERR_OK;
}

/* ---- place ---- */

static enum err same_place(struct tx *tx, const struct ledger_hold_place *place,
                           const struct ledger_hold_step *step)
{
    const struct ledger_hold *hold;

    if (step->step != LEDGER_STEP_PLACE) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "hold");
    }
    TRY(get_hold(tx, step->hold_id, &hold));
    if (hold->account_id != place->account_id) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "account");
    }
    if (hold->kind != place->kind) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "kind");
    }
    if (hold->amount.minor != place->amount.minor) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "amount");
    }
    if (hold->expires_at_ms != place->expires_at_ms) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "expires_at");
    }
    return ERR_OK;
}

/* The account as it will be with the hold. */
static enum err account_with_hold(struct tx *tx, const struct ledger_hold_place *place,
                                  struct ledger_account *next)
{
    const struct ledger_account *account;
    enum err err = ledger_account_get(tx, place->account_id, &account);
    struct amount free;

    if (err == ERR_LEDGER_ACCOUNT) {
        return ledger__refuse(tx, err, "account");
    }
    TRY(err);
    *next = *account;
    if (amount_add(next->held, place->amount, &next->held) != ERR_OK ||
        amount_sub(next->posted, next->held, &free) != ERR_OK) {
        return ledger__refuse(tx, ERR_LEDGER_OVERFLOW, "amount");
    }
    return ledger__account_covers(next) ? ERR_OK
                                        : ledger__refuse(tx, ERR_LEDGER_INSUFFICIENT, "account");
}

static enum err insert_hold(struct tx *tx, const struct ledger_hold_place *place, int64_t *hold_id)
{
    const struct ledger_hold hold = {
        .id = tx_id(tx),
        .account_id = place->account_id,
        .kind = place->kind,
        .status = LEDGER_HOLD_OPEN,
        .amount = place->amount,
        .expires_at_ms = place->expires_at_ms,
        .created_at_ms = tx_now_ms(tx),
        .updated_at_ms = tx_now_ms(tx),
    };

    *hold_id = hold.id;
    TRY(tx_insert(tx, &ledger__hold_table, &hold));
    if (hold.expires_at_ms != 0) {
        TRY(timer_set(tx, &ledger__expire_timer, hold.id, hold.expires_at_ms));
    }
    return insert_step(tx, &place->reference,
                       (struct ledger_hold_step){
                           .hold_id = hold.id, .step = LEDGER_STEP_PLACE, .amount = place->amount});
}

static enum err place_new(struct tx *tx, const struct ledger_hold_place *place, int64_t *hold_id)
{
    struct ledger_account next;
    void *row;

    if (place->expires_at_ms != 0 && place->expires_at_ms <= tx_now_ms(tx)) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXPIRED, "expires_at");
    }
    TRY(account_with_hold(tx, place, &next));
    TRY(insert_hold(tx, place, hold_id));
    ledger__account_check(&next);
    TRY(tx_edit(tx, &ledger__account_table, next.id, &row));
    *(struct ledger_account *)row = next;
    return ERR_OK;
}

enum err ledger_hold_place(struct tx *tx, const struct ledger_hold_place *place,
                           struct ledger_held *held)
{
    const struct ledger_hold_step *step;
    struct ledger_held result = {0};

    CHECK(place->kind >= LEDGER_HOLD_JUDICIAL && place->kind <= LEDGER_HOLD_DEPOSIT);
    TRY(ledger__reference_check(tx, &place->reference));
    if (place->amount.minor <= 0) {
        return ledger__refuse(tx, ERR_LEDGER_AMOUNT, "amount");
    }
    TRY(find_step(tx, &place->reference, &step));
    if (step != NULL) {
        TRY(same_place(tx, place, step));
        result = (struct ledger_held){.hold_id = step->hold_id, .exists = true};
    } else {
        TRY(place_new(tx, place, &result.hold_id));
    }
    if (held != NULL) {
        *held = result;
    }
    return ERR_OK;
}

/* ---- capture ---- */

static enum err same_capture(struct tx *tx, const struct ledger_hold_capture *capture,
                             const struct ledger_hold_step *step)
{
    int64_t journal_id;

    if (step->step != LEDGER_STEP_CAPTURE || step->hold_id != capture->hold_id) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "hold");
    }
    if (step->whole != capture->whole) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "whole");
    }
    TRY(ledger__posting_find(tx, &capture->post, capture->hold_id, &journal_id));
    CHECK(journal_id == step->journal_id);
    return ERR_OK;
}

/* What the capture takes from the hold; lowers held in the posting's copy of the account. */
static enum err capture_taking(struct ledger_posting *posting,
                               const struct ledger_hold_capture *capture,
                               const struct ledger_hold *hold, struct taking *taking)
{
    ledger_wide taken = ledger__posting_taken(posting, hold->account_id);
    struct amount left = hold_left(hold);

    if (taken <= 0) {
        return ledger__refuse(posting->tx, ERR_LEDGER_HOLD_MISMATCH, "legs");
    }
    if (taken > left.minor) {
        return ledger__refuse(posting->tx, ERR_LEDGER_HOLD_EXCEEDED, "amount");
    }
    *taking = (struct taking){.captured = AMOUNT((int64_t)taken)};
    if (capture->whole) {
        taking->released = AMOUNT(left.minor - (int64_t)taken);
    }
    for (size_t i = 0; i < posting->account_count; i++) {
        struct ledger_account *next = &posting->accounts[i].next;

        if (next->id == hold->account_id) {
            next->held.minor -= taking->captured.minor + taking->released.minor;
            CHECK(next->held.minor >= 0);
        }
    }
    return ERR_OK;
}

static enum err capture_new(struct tx *tx, const struct ledger_hold_capture *capture,
                            int64_t *journal_id)
{
    struct ledger_posting posting; /* large: only what is used is filled in */
    const struct ledger_hold *hold;
    struct taking taking;

    posting.tx = tx;
    posting.post = &capture->post;
    posting.hold_id = capture->hold_id;
    TRY(get_open(tx, capture->hold_id, &hold));
    TRY(ledger__posting_load(&posting));
    TRY(ledger__posting_balanced(&posting));
    TRY(capture_taking(&posting, capture, hold, &taking));
    TRY(ledger__posting_add(&posting));
    TRY(ledger__posting_covered(&posting));
    TRY(ledger__posting_write(&posting, journal_id));
    TRY(take(tx, capture->hold_id, taking));
    return insert_step(tx, &capture->post.reference,
                       (struct ledger_hold_step){.hold_id = capture->hold_id,
                                                 .step = LEDGER_STEP_CAPTURE,
                                                 .whole = capture->whole,
                                                 .amount = taking.captured,
                                                 .released = taking.released,
                                                 .journal_id = *journal_id});
}

enum err ledger_hold_capture(struct tx *tx, const struct ledger_hold_capture *capture,
                             struct ledger_held *held)
{
    const struct ledger_hold_step *step;
    struct ledger_held result = {.hold_id = capture->hold_id};

    TRY(ledger__posting_form(tx, &capture->post));
    TRY(find_step(tx, &capture->post.reference, &step));
    if (step != NULL) {
        TRY(same_capture(tx, capture, step));
        result.journal_id = step->journal_id;
        result.exists = true;
    } else {
        /* A journal under this reference that is no step of a hold is a conflict. */
        TRY(ledger__posting_find(tx, &capture->post, capture->hold_id, &result.journal_id));
        CHECK(result.journal_id == 0);
        TRY(capture_new(tx, capture, &result.journal_id));
    }
    if (held != NULL) {
        *held = result;
    }
    return ERR_OK;
}

/* ---- release and expiry ---- */

static enum err same_release(struct tx *tx, const struct ledger_hold_release *release,
                             const struct ledger_hold_step *step)
{
    if (step->step != LEDGER_STEP_RELEASE || step->hold_id != release->hold_id) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "hold");
    }
    if (!release->whole && !step->whole && step->amount.minor != release->amount.minor) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "amount");
    }
    return step->whole == release->whole ? ERR_OK
                                         : ledger__refuse(tx, ERR_LEDGER_CONFLICT, "whole");
}

static enum err release_new(struct tx *tx, const struct ledger_hold_release *release)
{
    const struct ledger_hold *hold;
    struct amount amount;

    TRY(get_open(tx, release->hold_id, &hold));
    amount = release->whole ? hold_left(hold) : release->amount;
    if (amount.minor > hold_left(hold).minor) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXCEEDED, "amount");
    }
    TRY(give_back(tx, hold->account_id, amount));
    TRY(take(tx, release->hold_id, (struct taking){.released = amount}));
    return insert_step(tx, &release->reference,
                       (struct ledger_hold_step){.hold_id = release->hold_id,
                                                 .step = LEDGER_STEP_RELEASE,
                                                 .whole = release->whole,
                                                 .amount = amount});
}

enum err ledger_hold_release(struct tx *tx, const struct ledger_hold_release *release,
                             struct ledger_held *held)
{
    const struct ledger_hold_step *step;

    TRY(ledger__reference_check(tx, &release->reference));
    if (!release->whole && release->amount.minor <= 0) {
        return ledger__refuse(tx, ERR_LEDGER_AMOUNT, "amount");
    }
    TRY(find_step(tx, &release->reference, &step));
    if (step != NULL) {
        TRY(same_release(tx, release, step));
    } else {
        TRY(release_new(tx, release));
    }
    if (held != NULL) {
        *held = (struct ledger_held){.hold_id = release->hold_id, .exists = step != NULL};
    }
    return ERR_OK;
}

enum err ledger_hold_expire(struct tx *tx, int64_t hold_id)
{
    const struct ledger_hold *hold;
    struct amount amount;

    TRY(get_hold(tx, hold_id, &hold));
    if (hold->status != LEDGER_HOLD_OPEN) {
        return ERR_OK;
    }
    if (hold->expires_at_ms == 0 || hold->expires_at_ms > tx_now_ms(tx)) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_NOT_DUE, "hold");
    }
    amount = hold_left(hold);
    TRY(give_back(tx, hold->account_id, amount));
    TRY(take(tx, hold_id, (struct taking){.released = amount, .expired = true}));
    return insert_step(
        tx, NULL,
        (struct ledger_hold_step){
            .hold_id = hold_id, .step = LEDGER_STEP_EXPIRE, .whole = true, .amount = amount});
}

/* ---- prefetch ---- */

static void prefetch_step(struct prefetch *pre, const struct ledger_reference *reference)
{
    const struct ledger_hold_step key = {
        .business_no = reference->business_no,
        .source = reference->source,
        .operation = reference->operation,
    };

    if (reference->business_no > 0) {
        prefetch_unique(pre, &ledger__hold_step_table, 0, &key);
    }
}

void ledger__prefetch_hold(struct prefetch *pre, int64_t hold_id, unsigned round)
{
    if (round == 0) {
        prefetch_id(pre, &ledger__hold_table, hold_id);
    } else if (round == 1) {
        const struct ledger_hold *hold = prefetch_peek(pre, &ledger__hold_table, hold_id);

        if (hold != NULL) {
            prefetch_id(pre, &ledger__account_table, hold->account_id);
        }
        if (hold != NULL && hold->expires_at_ms != 0) {
            timer_prefetch(pre, &ledger__expire_timer, hold_id);
        }
    }
}

void ledger__prefetch_place(struct prefetch *pre, const struct ledger_hold_place *place,
                            unsigned round)
{
    if (round == 0) {
        prefetch_step(pre, &place->reference);
        prefetch_id(pre, &ledger__account_table, place->account_id);
    }
}

void ledger__prefetch_capture(struct prefetch *pre, const struct ledger_hold_capture *capture,
                              unsigned round)
{
    if (round == 0) {
        prefetch_step(pre, &capture->post.reference);
    }
    ledger__prefetch_hold(pre, capture->hold_id, round);
    ledger_prefetch_post(pre, &capture->post, round);
}

void ledger__prefetch_release(struct prefetch *pre, const struct ledger_hold_release *release,
                              unsigned round)
{
    if (round == 0) {
        prefetch_step(pre, &release->reference);
    }
    ledger__prefetch_hold(pre, release->hold_id, round);
}
