/* Holds: place, start, capture, release, expire. Each step appends a row that names what was asked,
 * so that a repeated step is recognised and a hold's history can be read.
 *
 *     from \ to   waiting            open                       closed            expired
 *     (none)      starts later,      place
 *                 no money yet
 *     waiting     release in part    start                      released whole    its time is over
 *     open                           capture, release in part   nothing is left   its time is over
 */
#include "base/time.h"
#include "money/ledger/ledger_int.h"

enum { START_AGAIN_MS = 60 * 1000 };

struct amount ledger_hold_left(const struct ledger_hold *hold)
{
    return AMOUNT(hold->amount.minor - hold->captured.minor - hold->released.minor);
}

enum err ledger_hold_get(struct tx *tx, int64_t hold_id, const struct ledger_hold **hold)
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

/* The hold, if its placer may still take something from it, or give it back. */
static enum err get_live(struct tx *tx, int64_t hold_id, enum ledger_source placer,
                         const struct ledger_hold **hold)
{
    TRY(ledger_hold_get(tx, hold_id, hold));
    if ((*hold)->source != placer) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_FOREIGN, "hold");
    }
    switch ((*hold)->status) {
    case LEDGER_HOLD_OPEN:
    case LEDGER_HOLD_WAITING:
        break;
    case LEDGER_HOLD_EXPIRED:
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXPIRED, "hold");
    case LEDGER_HOLD_CLOSED:
        return ledger__refuse(tx, ERR_LEDGER_HOLD_CLOSED, "hold");
    }
    if ((*hold)->expires_at_ms != 0 && (*hold)->expires_at_ms <= tx_now_ms(tx)) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXPIRED, "hold");
    }
    CHECK((ledger_hold_left(*hold).minor > 0) == ((*hold)->effect == LEDGER_HOLD_AMOUNT));
    return ERR_OK;
}

/* The hold, if its placer may capture it. */
static enum err get_open(struct tx *tx, int64_t hold_id, enum ledger_source placer,
                         const struct ledger_hold **hold)
{
    TRY(get_live(tx, hold_id, placer, hold));
    if ((*hold)->status == LEDGER_HOLD_WAITING) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_WAITING, "hold");
    }
    return (*hold)->effect == LEDGER_HOLD_AMOUNT
               ? ERR_OK
               : ledger__refuse(tx, ERR_LEDGER_HOLD_BLOCK, "hold");
}

enum err ledger_hold_check(struct tx *tx, const struct ledger_hold_taking *taking)
{
    const struct ledger_hold *hold;

    TRY(taking->capture ? get_open(tx, taking->hold_id, taking->placer, &hold)
                        : get_live(tx, taking->hold_id, taking->placer, &hold));
    return taking->amount.minor <= ledger_hold_left(hold).minor
               ? ERR_OK
               : ledger__refuse(tx, ERR_LEDGER_HOLD_EXCEEDED, "amount");
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
    TRY(ledger__date(tx, &step.date));
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

/* What an open hold does to its account: adds the amount it holds, or the block; sign -1 takes it
 * away again. */
static enum err affect(struct tx *tx, const struct ledger_hold *hold, ledger_wide amount,
                       struct ledger_account *account)
{
    struct ledger_maturing maturing = {.date = hold->matures_on, .minor = (int64_t)-amount};
    int64_t block = amount < 0 ? -1 : 1;
    struct amount free;

    switch (hold->effect) {
    case LEDGER_HOLD_AMOUNT:
        TRY(ledger_today(tx, &maturing.today));
        if (amount_add(account->held, AMOUNT((int64_t)amount), &account->held) != ERR_OK ||
            amount_sub(account->posted, account->held, &free) != ERR_OK) {
            return ledger__refuse(tx, ERR_LEDGER_OVERFLOW, "amount");
        }
        return ledger__mature(tx_arena(tx), account, &maturing) == ERR_OK
                   ? ERR_OK
                   : ledger__refuse(tx, ERR_LEDGER_INSUFFICIENT, "matures_on");
    case LEDGER_HOLD_CREDIT_BLOCK:
        account->credit_blocks += block;
        return ERR_OK;
    case LEDGER_HOLD_DEBIT_BLOCK:
        account->debit_blocks += block;
        return ERR_OK;
    case LEDGER_HOLD_FULL_BLOCK:
        account->credit_blocks += block;
        account->debit_blocks += block;
        return ERR_OK;
    }
    check_failed("hold effect", __FILE__, __LINE__);
}

/* Takes from the hold, and ends it when nothing is left or it is a block. */
static enum err take(struct tx *tx, int64_t hold_id, struct taking taking, bool *ended)
{
    struct ledger_hold *hold;
    void *row;

    TRY(tx_edit(tx, &ledger__hold_table, hold_id, &row));
    hold = row;
    hold->captured.minor += taking.captured.minor;
    hold->released.minor += taking.released.minor;
    hold->updated_at_ms = tx_now_ms(tx);
    CHECK(ledger_hold_left(hold).minor >= 0);
    *ended = ledger_hold_left(hold).minor == 0;
    if (!*ended) {
        return ERR_OK;
    }
    if (hold->status == LEDGER_HOLD_WAITING) {
        TRY(timer_cancel(tx, &ledger__start_timer, hold_id));
    }
    hold->status = taking.expired ? LEDGER_HOLD_EXPIRED : LEDGER_HOLD_CLOSED;
    return hold->expires_at_ms == 0 ? ERR_OK : timer_cancel(tx, &ledger__expire_timer, hold_id);
}

/* Gives back to the account what the hold gives up: money, or the end of its block. */
static enum err give_back(struct tx *tx, const struct ledger_hold *hold, struct taking taking)
{
    const struct ledger_hold before = *hold;
    bool opens = before.status == LEDGER_HOLD_OPEN, ended, unblocked;
    struct ledger_account account;
    int32_t today;

    TRY(ledger_today(tx, &today));
    TRY(ledger__account_copy(tx, before.account_id, &account));
    TRY(take(tx, before.id, taking, &ended));
    if (opens) {
        ledger_wide amount = before.effect == LEDGER_HOLD_AMOUNT ? taking.released.minor : 1;

        TRY(affect(tx, &before, -amount, &account));
    }
    CHECK(account.held.minor >= 0);
    account.awaited.minor -= before.awaits ? taking.released.minor : 0;
    account.holds -= ended ? 1 : 0;
    unblocked = opens && before.effect != LEDGER_HOLD_AMOUNT && account.pending > 0;
    ledger__account_check(&account, today);
    TRY(ledger__account_put(tx, &account));
    return unblocked ? ledger_pending_retry(tx, account.id) : ERR_OK;
}

/* ---- place ---- */

static enum ledger_hold_effect effect_of(const struct ledger_hold_place *place)
{
    return place->effect == 0 ? LEDGER_HOLD_AMOUNT : place->effect;
}

static enum ledger_hold_shortage shortage_of(const struct ledger_hold_place *place)
{
    return place->may_wait ? LEDGER_HOLD_SHORT_WAITS : LEDGER_HOLD_SHORT_REFUSED;
}

/* The first field in which the hold is not what is asked for; NULL: it is. */
static const char *differing_field(const struct ledger_hold *hold,
                                   const struct ledger_hold_place *place)
{
    bool is_known = hold->shortage != 0;
    const struct {
        const char *name;
        bool same;
    } fields[] = {
        {"account", hold->account_id == place->account_id},
        {"kind", hold->kind == place->kind},
        {"effect", hold->effect == effect_of(place)},
        {"amount", hold->amount.minor == place->amount.minor},
        {"starts_at", hold->starts_at_ms == place->starts_at_ms},
        {"expires_at", hold->expires_at_ms == place->expires_at_ms},
        {"matures_on", hold->matures_on == place->matures_on},
        {"may_wait", !is_known || hold->shortage == shortage_of(place)},
        {"rank", hold->rank == place->rank},
        {"reason", str_eq(hold->reason, place->reason)},
        {"document_no", str_eq(hold->document_no, place->document_no)},
    };

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (!fields[i].same) {
            return fields[i].name;
        }
    }
    return NULL;
}

static enum err same_place(struct tx *tx, const struct ledger_hold_place *place,
                           const struct ledger_hold_step *step)
{
    const struct ledger_hold *hold;
    const char *field;

    if (step->step != LEDGER_STEP_PLACE) {
        return ledger__refuse(tx, ERR_LEDGER_CONFLICT, "hold");
    }
    TRY(ledger_hold_get(tx, step->hold_id, &hold));
    field = differing_field(hold, place);
    return field == NULL ? ERR_OK : ledger__refuse(tx, ERR_LEDGER_CONFLICT, field);
}

enum err ledger__hold_insert(struct tx *tx, const struct ledger_hold_place *place,
                             enum ledger_hold_status status, int64_t *hold_id)
{
    const struct ledger_hold hold = {
        .id = tx_id(tx),
        .account_id = place->account_id,
        .kind = place->kind,
        .effect = effect_of(place),
        .status = status,
        .source = place->reference.source,
        .amount = place->amount,
        .matures_on = place->matures_on,
        .shortage = shortage_of(place),
        .rank = place->rank,
        .operator_id = place->operator_id,
        .reason = place->reason,
        .document_no = place->document_no,
        .starts_at_ms = place->starts_at_ms,
        .expires_at_ms = place->expires_at_ms,
        .created_at_ms = tx_now_ms(tx),
        .updated_at_ms = tx_now_ms(tx),
    };

    *hold_id = hold.id;
    TRY(tx_insert(tx, &ledger__hold_table, &hold));
    if (hold.expires_at_ms != 0) {
        TRY(timer_set(tx, &ledger__expire_timer, hold.id, hold.expires_at_ms));
    }
    if (status == LEDGER_HOLD_WAITING) {
        TRY(timer_set(tx, &ledger__start_timer, hold.id,
                      hold.starts_at_ms > tx_now_ms(tx) ? hold.starts_at_ms
                                                        : tx_now_ms(tx) + START_AGAIN_MS));
    }
    return insert_step(tx, &place->reference,
                       (struct ledger_hold_step){
                           .hold_id = hold.id, .step = LEDGER_STEP_PLACE, .amount = place->amount});
}

/* Adds the hold's effect to the account, if the account can bear it. */
static enum err begin(struct tx *tx, const struct ledger_hold *hold, struct ledger_account *account)
{
    bool block = hold->effect != LEDGER_HOLD_AMOUNT;
    int32_t today;

    TRY(ledger_today(tx, &today));
    TRY(affect(tx, hold, block ? 1 : ledger_hold_left(hold).minor, account));
    return ledger__account_covers(account, today)
               ? ERR_OK
               : ledger__refuse(tx, ERR_LEDGER_INSUFFICIENT, "account");
}

/* The same of one that is placed: it takes nothing that is kept for others. */
static enum err begin_placed(struct tx *tx, const struct ledger_hold *hold,
                             struct ledger_account *account)
{
    const struct ledger_account before = *account;
    int32_t today;

    TRY(begin(tx, hold, account));
    TRY(ledger_today(tx, &today));
    return ledger__account_keeps(account, &before, today)
               ? ERR_OK
               : ledger__refuse(tx, ERR_LEDGER_INSUFFICIENT, "account");
}

/* The hold has found too little money: from now on the account keeps for it what comes. One of
 * money that matures later takes nothing of what is available; one that does not fit 64 bits with
 * the others adds nothing, for all is kept already. */
static enum err await(struct tx *tx, int64_t hold_id, struct ledger_account *account)
{
    struct ledger_hold *hold;
    int32_t today;
    void *row;

    TRY(ledger_today(tx, &today));
    TRY(tx_edit(tx, &ledger__hold_table, hold_id, &row));
    hold = row;
    if (hold->awaits || hold->matures_on > today ||
        amount_add(account->awaited, ledger_hold_left(hold), &account->awaited) != ERR_OK) {
        return ERR_OK;
    }
    hold->awaits = true;
    return ERR_OK;
}

static enum err check_times(struct tx *tx, const struct ledger_hold_place *place)
{
    if (place->expires_at_ms == 0) {
        return ERR_OK;
    }
    if (place->expires_at_ms <= tx_now_ms(tx)) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXPIRED, "expires_at");
    }
    return place->expires_at_ms > place->starts_at_ms
               ? ERR_OK
               : ledger__refuse(tx, ERR_LEDGER_HOLD_TIMES, "starts_at");
}

static enum err place_new(struct tx *tx, const struct ledger_hold_place *place, int64_t *hold_id)
{
    const struct ledger_hold hold = {
        .effect = effect_of(place), .amount = place->amount, .matures_on = place->matures_on};
    bool waits = place->starts_at_ms > tx_now_ms(tx), is_short = false;
    const struct ledger_account *account;
    struct ledger_account next, with;
    enum err err;

    TRY(check_times(tx, place));
    TRY(ledger__account_open_one(tx, place->account_id, &account));
    if (account->code == LEDGER_CODE_WAITING) {
        return ledger__refuse(tx, ERR_LEDGER_CODE_OWN, "account");
    }
    next = with = *account;
    if (!waits) {
        err = begin_placed(tx, &hold, &with);
        waits = is_short = err == ERR_LEDGER_INSUFFICIENT && place->may_wait;
        TRY(waits ? ERR_OK : err);
    }
    TRY(ledger__hold_insert(tx, place, waits ? LEDGER_HOLD_WAITING : LEDGER_HOLD_OPEN, hold_id));
    next = waits ? next : with;
    TRY(is_short ? await(tx, *hold_id, &next) : ERR_OK);
    next.holds++;
    return ledger__account_put(tx, &next);
}

static enum err check_place(struct tx *tx, const struct ledger_hold_place *place)
{
    bool block = effect_of(place) != LEDGER_HOLD_AMOUNT;

    CHECK(place->kind >= LEDGER_HOLD_JUDICIAL && place->kind < LEDGER_HOLD_PENDING);
    TRY(ledger__reference_check(tx, &place->reference));
    if (block && place->amount.minor != 0) {
        return ledger__refuse(tx, ERR_LEDGER_BLOCK_AMOUNT, "amount");
    }
    if (!block && place->amount.minor <= 0) {
        return ledger__refuse(tx, ERR_LEDGER_AMOUNT, "amount");
    }
    if (place->matures_on != 0 && (block || !time_date_is_valid(place->matures_on))) {
        return ledger__refuse(tx, ERR_LEDGER_MATURITY, "matures_on");
    }
    return ERR_OK;
}

enum err ledger_hold_place(struct tx *tx, const struct ledger_hold_place *place,
                           struct ledger_held *held)
{
    const struct ledger_hold_step *step;
    struct ledger_held result = {0};

    TRY(check_place(tx, place));
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
    struct amount left = ledger_hold_left(hold);

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
            TRY(affect(posting->tx, hold, -taken - taking->released.minor, next));
            CHECK(next->held.minor >= 0);
            next->holds -= taken + taking->released.minor == left.minor ? 1 : 0;
        }
    }
    return ERR_OK;
}

static enum err capture_new(struct tx *tx, const struct ledger_hold_capture *capture,
                            int64_t *journal_id)
{
    enum ledger_source placer =
        capture->placer != 0 ? capture->placer : capture->post.reference.source;
    struct ledger_posting posting; /* large: only what is used is filled in */
    const struct ledger_hold *hold;
    struct taking taking;
    bool ended;

    TRY(get_open(tx, capture->hold_id, placer, &hold));
    ledger__posting_begin(&posting, tx, &capture->post);
    posting.hold_id = capture->hold_id;
    posting.held_account_id = hold->account_id;
    posting.direct = capture->direct;
    TRY(ledger__posting_load(&posting));
    TRY(ledger__posting_balanced(&posting));
    TRY(capture_taking(&posting, capture, hold, &taking));
    TRY(ledger__posting_unblocked(&posting));
    TRY(ledger__posting_divert(&posting));
    TRY(ledger__posting_add(&posting));
    TRY(ledger__posting_covered(&posting));
    TRY(ledger__posting_write(&posting, journal_id));
    TRY(take(tx, capture->hold_id, taking, &ended));
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

    TRY(get_live(tx, release->hold_id, release->reference.source, &hold));
    amount = release->whole ? ledger_hold_left(hold) : release->amount;
    if (amount.minor > ledger_hold_left(hold).minor) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_EXCEEDED, "amount");
    }
    TRY(give_back(tx, hold, (struct taking){.released = amount}));
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

    TRY(ledger_hold_get(tx, hold_id, &hold));
    if (hold->status != LEDGER_HOLD_OPEN && hold->status != LEDGER_HOLD_WAITING) {
        return ERR_OK;
    }
    if (hold->expires_at_ms == 0 || hold->expires_at_ms > tx_now_ms(tx)) {
        return ledger__refuse(tx, ERR_LEDGER_HOLD_NOT_DUE, "hold");
    }
    amount = ledger_hold_left(hold);
    TRY(give_back(tx, hold, (struct taking){.released = amount, .expired = true}));
    return insert_step(
        tx, NULL,
        (struct ledger_hold_step){
            .hold_id = hold_id, .step = LEDGER_STEP_EXPIRE, .whole = true, .amount = amount});
}

/* Until it is tried again. */
static enum err wait_on(struct tx *tx, const struct ledger_hold *hold)
{
    int64_t hold_id = hold->id;
    struct ledger_account account;

    TRY(ledger__account_copy(tx, hold->account_id, &account));
    TRY(await(tx, hold_id, &account));
    TRY(ledger__account_put(tx, &account));
    return timer_set(tx, &ledger__start_timer, hold_id, tx_now_ms(tx) + START_AGAIN_MS);
}

enum err ledger_hold_start(struct tx *tx, int64_t hold_id)
{
    const struct ledger_hold *hold;
    struct ledger_account account;
    struct ledger_hold *opened;
    void *row;
    enum err err;

    TRY(ledger_hold_get(tx, hold_id, &hold));
    if (hold->status != LEDGER_HOLD_WAITING || hold->starts_at_ms > tx_now_ms(tx)) {
        return ERR_OK;
    }
    TRY(ledger__account_copy(tx, hold->account_id, &account));
    account.awaited.minor -= hold->awaits ? ledger_hold_left(hold).minor : 0;
    err = begin(tx, hold, &account);
    if (err == ERR_LEDGER_INSUFFICIENT) {
        return wait_on(tx, hold);
    }
    TRY(err);
    TRY(ledger__account_put(tx, &account));
    TRY(tx_edit(tx, &ledger__hold_table, hold_id, &row));
    opened = row;
    opened->status = LEDGER_HOLD_OPEN;
    opened->awaits = false;
    opened->updated_at_ms = tx_now_ms(tx);
    TRY(timer_cancel(tx, &ledger__start_timer, hold_id));
    return insert_step(tx, NULL,
                       (struct ledger_hold_step){.hold_id = hold_id,
                                                 .step = LEDGER_STEP_START,
                                                 .amount = ledger_hold_left(opened)});
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
