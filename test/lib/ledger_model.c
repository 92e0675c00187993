#include "test/lib/ledger_model.h"

#include "base/time.h"

#include <stdio.h>

static const struct {
    int code;
    bool is_debit;
    bool has_floor;
} chart[] = {
    {1002, true, false},  {1122, true, false},  {1131, true, false},
    {2241, false, true},  {2251, false, false}, {2291, false, false},
    {2299, false, false}, {6021, false, false}, {6421, true, false},
};

struct model *model_new(void)
{
    struct model *model = mem_new(sizeof(*model));

    model->next_row = 1;
    return model;
}

void model_free(struct model *model)
{
    mem_free(model->accounts);
    mem_free(model->holds);
    mem_free(model->journals);
    mem_free(model->steps);
    mem_free(model->entries);
    mem_free(model->pendings);
    mem_free(model);
}

#define APPEND(array, count, size, ...)                                                            \
    do {                                                                                           \
        if ((count) == (size)) {                                                                   \
            size_t grown_ = (size) == 0 ? 64 : (size)*2;                                           \
            (array) = mem_grow((array), (size) * sizeof(*(array)), grown_ * sizeof(*(array)));     \
            (size) = grown_;                                                                       \
        }                                                                                          \
        (array)[(count)++] = __VA_ARGS__;                                                          \
    } while (0)

static struct model_reply refuse(enum err err, const char *param)
{
    struct model_reply reply = {.err = err};

    (void)snprintf(reply.param, sizeof(reply.param), "%s", param);
    return reply;
}

static struct model_reply refuse_leg(enum err err, int leg, const char *name)
{
    struct model_reply reply = {.err = err};

    (void)snprintf(reply.param, sizeof(reply.param), "legs[%d].%s", leg, name);
    return reply;
}

static bool is_refused(struct model_reply reply)
{
    return reply.err != ERR_OK;
}

static const struct model_reply fine = {.err = ERR_OK};

model_int model_posted(const struct model_account *account)
{
    return account->is_debit ? account->debits - account->credits
                             : account->credits - account->debits;
}

static bool fits(model_int n)
{
    return n >= INT64_MIN && n <= INT64_MAX;
}

model_int model_immature(const struct model_account *account, int32_t today)
{
    model_int sum = 0;

    for (int i = 0; i < account->date_count; i++) {
        sum += account->maturing[i].date > today ? account->maturing[i].sum : 0;
    }
    return sum;
}

static model_int free_of(const struct model_account *account, int32_t today)
{
    return model_posted(account) - account->held - model_immature(account, today) - account->floor;
}

static bool covered(const struct model_account *account, int32_t today)
{
    return !account->has_floor || free_of(account, today) >= 0;
}

/* Whether the change leaves what holds that wait for money are waiting for. */
static bool keeps(const struct model_account *next, const struct model_account *before,
                  int32_t today)
{
    model_int had = free_of(before, today), has = free_of(next, today);

    return !next->has_floor || has >= had || has >= before->awaited;
}

/* False: less would mature on the date than nothing. */
static bool mature(struct model_account *account, int32_t today, int32_t date, model_int amount)
{
    int i = 0;

    if (date <= today) {
        return true;
    }
    while (i < account->date_count && account->maturing[i].date != date) {
        i++;
    }
    CHECK(i < MODEL_DATES);
    if (i == account->date_count) {
        account->maturing[i].date = date;
        account->maturing[i].sum = 0;
        account->date_count++;
    }
    account->maturing[i].sum += amount;
    return account->maturing[i].sum >= 0;
}

static bool same_reference(struct ledger_reference a, struct ledger_reference b)
{
    return a.source == b.source && a.operation == b.operation && a.business_no == b.business_no;
}

static const struct model_journal *find_journal(const struct model *m, struct ledger_reference r)
{
    for (size_t i = 0; i < m->journal_count; i++) {
        if (same_reference(m->journals[i].reference, r)) {
            return &m->journals[i];
        }
    }
    return NULL;
}

static const struct model_step *find_step(const struct model *m, struct ledger_reference r)
{
    for (size_t i = 0; i < m->step_count; i++) {
        if (m->steps[i].op != MODEL_EXPIRE && same_reference(m->steps[i].reference, r)) {
            return &m->steps[i];
        }
    }
    return NULL;
}

/* ---- accounts ---- */

static struct model_reply apply_open(struct model *m, const struct model_request *r)
{
    size_t row = 0;

    while (row < ARRAY_LEN(chart) && chart[row].code != r->code) {
        row++;
    }
    if (row == ARRAY_LEN(chart)) {
        return refuse(ERR_LEDGER_CODE, "code");
    }
    if (r->currency != CURRENCY_CNY && r->currency != CURRENCY_USD) {
        return refuse(ERR_CURRENCY_UNKNOWN, "currency");
    }
    for (size_t i = 0; i < m->account_count; i++) {
        if (m->accounts[i].owner_id == r->owner_id && m->accounts[i].code == r->code &&
            m->accounts[i].currency == r->currency) {
            return (struct model_reply){.account = (int)i};
        }
    }
    APPEND(m->accounts, m->account_count, m->account_size,
           (struct model_account){.owner_id = r->owner_id,
                                  .code = r->code,
                                  .currency = r->currency,
                                  .is_debit = chart[row].is_debit,
                                  .has_floor = chart[row].has_floor});
    return (struct model_reply){.account = (int)m->account_count - 1};
}

/* What is asked of one account, which must be there and not be the books' own. */
static struct model_reply check_account(const struct model *m, const struct model_request *r)
{
    if (r->account == MODEL_NOBODY) {
        return refuse(ERR_LEDGER_ACCOUNT, "account");
    }
    return m->accounts[r->account].code == LEDGER_CODE_WAITING
               ? refuse(ERR_LEDGER_CODE_OWN, "account")
               : fine;
}

static struct model_reply apply_floor(struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_account(m, r);
    struct model_account next;

    if (is_refused(reply)) {
        return reply;
    }
    next = m->accounts[r->account];
    next.has_floor = r->has_floor;
    next.floor = r->has_floor ? r->amount : 0;
    if (!covered(&next, m->today)) {
        return refuse(ERR_LEDGER_INSUFFICIENT, "floor");
    }
    m->accounts[r->account] = next;
    return fine;
}

/* ---- posting ---- */

static struct model_reply check_reference(const struct model_request *r)
{
    if (r->reference.source == 0) {
        return refuse(ERR_LEDGER_REFERENCE, "source");
    }
    if (r->reference.business_no <= 0) {
        return refuse(ERR_LEDGER_REFERENCE, "business_no");
    }
    return r->reference.operation == 0 ? refuse(ERR_LEDGER_REFERENCE, "operation") : fine;
}

static struct model_reply check_form(const struct model_request *r)
{
    struct model_reply reply = check_reference(r);

    if (is_refused(reply)) {
        return reply;
    }
    if (r->leg_count < 2 || r->leg_count > 64) {
        return refuse(ERR_LEDGER_LEGS, "legs");
    }
    for (int i = 0; i < r->leg_count; i++) {
        if (r->legs[i].amount <= 0) {
            return refuse_leg(ERR_LEDGER_AMOUNT, i, "amount");
        }
    }
    for (int i = 0; i < r->leg_count; i++) {
        if (r->legs[i].matures_on != 0 && !time_date_is_valid(r->legs[i].matures_on)) {
            return refuse_leg(ERR_LEDGER_MATURITY, i, "matures_on");
        }
    }
    return fine;
}

static struct model_reply compare_legs(const struct model *m, const struct model_request *r,
                                       const struct model_journal *journal)
{
    if (journal->leg_count != r->leg_count) {
        return refuse(ERR_LEDGER_CONFLICT, "legs");
    }
    for (int i = 0; i < r->leg_count; i++) {
        const struct model_entry *entry = &m->entries[journal->entries + (size_t)i];

        if (entry->asked != r->legs[i].account) {
            return refuse_leg(ERR_LEDGER_CONFLICT, i, "account");
        }
        if (entry->is_debit != r->legs[i].is_debit) {
            return refuse_leg(ERR_LEDGER_CONFLICT, i, "side");
        }
        if (entry->amount != r->legs[i].amount) {
            return refuse_leg(ERR_LEDGER_CONFLICT, i, "amount");
        }
        if (entry->matures_on != r->legs[i].matures_on) {
            return refuse_leg(ERR_LEDGER_CONFLICT, i, "matures_on");
        }
    }
    return (struct model_reply){.journal = journal->id, .exists = true};
}

static bool is_credit(const struct model *m, const struct model_leg *leg)
{
    return leg->is_debit == m->accounts[leg->account].is_debit;
}

/* own: an entry that waited is applied, by the books themselves. */
static struct model_reply check_accounts(const struct model *m, const struct model_request *r,
                                         bool own)
{
    for (int i = 0; i < r->leg_count; i++) {
        if (r->legs[i].account == MODEL_NOBODY) {
            return refuse_leg(ERR_LEDGER_ACCOUNT, i, "account");
        }
    }
    for (int i = 0; i < r->leg_count; i++) {
        if (m->accounts[r->legs[i].account].closed && !(r->fact && is_credit(m, &r->legs[i]))) {
            return refuse_leg(ERR_LEDGER_ACCOUNT_CLOSED, i, "account");
        }
    }
    for (int i = 0; i < r->leg_count && !own; i++) {
        if (m->accounts[r->legs[i].account].code == LEDGER_CODE_WAITING) {
            return refuse_leg(ERR_LEDGER_CODE_OWN, i, "account");
        }
    }
    return fine;
}

/* held_account: whose debits go through a block, or MODEL_NOBODY. */
static struct model_reply check_blocks(const struct model *m, const struct model_request *r,
                                       int held_account)
{
    for (int i = 0; i < r->leg_count; i++) {
        const struct model_account *account = &m->accounts[r->legs[i].account];
        bool credit = is_credit(m, &r->legs[i]);

        if (credit && account->credit_blocks > 0 && !r->fact) {
            return refuse_leg(ERR_LEDGER_CREDIT_BLOCKED, i, "account");
        }
        if (!credit && account->debit_blocks > 0 && r->legs[i].account != held_account) {
            return refuse_leg(ERR_LEDGER_DEBIT_BLOCKED, i, "account");
        }
    }
    return fine;
}

static struct model_reply check_balance(const struct model *m, const struct model_request *r)
{
    for (int i = 0; i < r->leg_count; i++) {
        int currency = m->accounts[r->legs[i].account].currency;
        model_int sum = 0;

        for (int j = 0; j < r->leg_count; j++) {
            if (m->accounts[r->legs[j].account].currency == currency) {
                sum += r->legs[j].is_debit ? r->legs[j].amount : -r->legs[j].amount;
            }
        }
        if (sum != 0) {
            return refuse(ERR_LEDGER_UNBALANCED, currency == CURRENCY_CNY ? "CNY" : "USD");
        }
    }
    return fine;
}

/* A journal on its way: what was asked, and the same with 2299 for the legs that wait. */
struct booking {
    const struct model_request *asked;
    struct model_request booked;
    bool waits[MODEL_LEGS];
    int hold; /* of a capture, or MODEL_NOBODY */
    model_int freed;
    bool own;
};

/* The legs that change what matures: one that waits changes it only as the reservation of a debit.
 */
static const struct model_leg *maturing_leg(const struct model *m, const struct booking *b, int i)
{
    const struct model_leg *asked = &b->asked->legs[i];

    return b->waits[i] && is_credit(m, asked) ? NULL : asked;
}

static int waiting_account(struct model *m, int account)
{
    struct model_request open = {.op = MODEL_OPEN,
                                 .owner_id = m->accounts[account].owner_id,
                                 .code = LEDGER_CODE_WAITING,
                                 .currency = m->accounts[account].currency};

    return apply_open(m, &open).account;
}

static bool has_to_wait(const struct model *m, const struct booking *b, int i)
{
    const struct model_leg *leg = &b->asked->legs[i];
    const struct model_account *account = &m->accounts[leg->account];
    bool held = b->hold != MODEL_NOBODY && m->holds[b->hold].account == leg->account;

    return !b->own && !held &&
           (account->deferred || account->seen < account->last ||
            (b->asked->fact && is_credit(m, leg) &&
             (account->credit_blocks > 0 || account->closed)));
}

/* Turns the legs that wait to 2299; a debit reserves its amount. */
static struct model_reply divert(struct model *m, struct booking *b)
{
    b->booked = *b->asked;
    for (int i = 0; i < b->asked->leg_count; i++) {
        const struct model_leg *leg = &b->asked->legs[i];
        int waiting;

        b->waits[i] = has_to_wait(m, b, i);
        if (!b->waits[i]) {
            continue;
        }
        waiting = waiting_account(m, leg->account);
        b->booked.legs[i].account = waiting;
        m->accounts[leg->account].pending++;
        if (!is_credit(m, leg)) {
            m->accounts[leg->account].holds++;
            m->accounts[leg->account].held += leg->amount;
            if (!fits(m->accounts[leg->account].held)) {
                return refuse_leg(ERR_LEDGER_OVERFLOW, i, "amount");
            }
        }
    }
    return fine;
}

/* Adds the legs to copies of all accounts. */
static struct model_reply add_legs(struct model_account *accounts, const struct model_request *r)
{
    for (int i = 0; i < r->leg_count; i++) {
        struct model_account *account = &accounts[r->legs[i].account];
        model_int *total = r->legs[i].is_debit ? &account->debits : &account->credits;

        *total += r->legs[i].amount;
        if (!fits(*total) || !fits(model_posted(account))) {
            return refuse_leg(ERR_LEDGER_OVERFLOW, i, "amount");
        }
        account->sequence++;
    }
    return fine;
}

/* The totals of a code and currency have the size of an account's. */
static struct model_reply check_totals(const struct model *m, const struct model_request *r)
{
    for (int i = 0; i < r->leg_count; i++) {
        const struct model_account *own = &m->accounts[r->legs[i].account];
        model_int total = 0;

        for (size_t j = 0; j < m->account_count; j++) {
            const struct model_account *other = &m->accounts[j];

            if (other->code == own->code && other->currency == own->currency) {
                total += r->legs[i].is_debit ? other->debits : other->credits;
            }
        }
        for (int j = 0; j <= i; j++) {
            const struct model_account *other = &m->accounts[r->legs[j].account];

            if (r->legs[j].is_debit == r->legs[i].is_debit && other->code == own->code &&
                other->currency == own->currency) {
                total += r->legs[j].amount;
            }
        }
        if (!fits(total)) {
            return refuse_leg(ERR_LEDGER_OVERFLOW, i, "amount");
        }
    }
    return fine;
}

/* accounts: m's, or copies of them. */
static struct model_reply add_maturities(const struct model *m, struct model_account *accounts,
                                         const struct booking *b)
{
    for (int i = 0; i < b->asked->leg_count; i++) {
        const struct model_leg *leg = maturing_leg(m, b, i);

        if (leg != NULL && !mature(&accounts[leg->account], m->today, leg->matures_on,
                                   is_credit(m, leg) ? leg->amount : -leg->amount)) {
            return refuse_leg(ERR_LEDGER_INSUFFICIENT, i, "matures_on");
        }
    }
    return fine;
}

static struct model_reply check_floors(const struct model *m, const struct model_account *accounts,
                                       const struct model_account *before,
                                       const struct model_request *r)
{
    for (int i = 0; i < r->leg_count; i++) {
        const struct model_account *next = &accounts[r->legs[i].account];

        if (!covered(next, m->today) || !keeps(next, &before[r->legs[i].account], m->today)) {
            return refuse_leg(ERR_LEDGER_INSUFFICIENT, i, "account");
        }
    }
    return fine;
}

/* Appends the entries that wait, with the holds of debits, in the order of the legs. */
static void append_pendings(struct model *m, const struct booking *b)
{
    for (int i = 0; i < b->asked->leg_count; i++) {
        const struct model_leg *leg = &b->asked->legs[i];
        struct model_pending pending = {.account = leg->account,
                                        .waiting_account = b->booked.legs[i].account,
                                        .is_debit = leg->is_debit,
                                        .amount = leg->amount,
                                        .matures_on = leg->matures_on,
                                        .status = LEDGER_PENDING_WAITING,
                                        .hold = MODEL_NOBODY};

        if (!b->waits[i]) {
            continue;
        }
        if (!is_credit(m, leg)) {
            pending.hold = (int)m->hold_count;
            APPEND(m->holds, m->hold_count, m->hold_size,
                   (struct model_hold){.account = leg->account,
                                       .kind = LEDGER_HOLD_PENDING,
                                       .effect = LEDGER_HOLD_AMOUNT,
                                       .status = LEDGER_HOLD_OPEN,
                                       .source = LEDGER_SOURCE_PENDING,
                                       .amount = leg->amount,
                                       .matures_on = leg->matures_on});
        }
        pending.number = ++m->accounts[leg->account].last;
        APPEND(m->pendings, m->pending_count, m->pending_size, pending);
    }
}

/* Appends the journal and its entries, from the accounts as they were before. */
static int64_t append_journal(struct model *m, const struct booking *b)
{
    const struct model_request *r = &b->booked;
    int64_t id = m->next_row;

    APPEND(m->journals, m->journal_count, m->journal_size,
           (struct model_journal){.reference = r->reference,
                                  .id = id,
                                  .hold = b->hold,
                                  .entries = m->entry_count,
                                  .leg_count = r->leg_count});
    for (int i = 0; i < r->leg_count; i++) {
        struct model_account *account = &m->accounts[r->legs[i].account];

        *(r->legs[i].is_debit ? &account->debits : &account->credits) += r->legs[i].amount;
        account->sequence++;
        APPEND(m->entries, m->entry_count, m->entry_size,
               (struct model_entry){.account = r->legs[i].account,
                                    .asked = b->asked->legs[i].account,
                                    .journal = id,
                                    .at_ms = m->now_ms,
                                    .is_debit = r->legs[i].is_debit,
                                    .amount = r->legs[i].amount,
                                    .balance = (int64_t)model_posted(account),
                                    .sequence = account->sequence,
                                    .matures_on = r->legs[i].matures_on});
    }
    (void)add_maturities(m, m->accounts, b);
    append_pendings(m, b);
    m->next_row += (r->leg_count + 1) / 2;
    return id;
}

/* Whether the legs fit, with what is freed taken from what the hold (or MODEL_NOBODY) holds. */
static struct model_reply try_legs(const struct model *m, const struct model_account *before,
                                   const struct booking *b)
{
    size_t size = m->account_count * sizeof(*m->accounts);
    struct model_account *accounts = mem_new(size);
    struct model_reply reply;

    memcpy(accounts, m->accounts, size);
    if (b->hold != MODEL_NOBODY) {
        const struct model_hold *hold = &m->holds[b->hold];

        accounts[hold->account].held -= b->freed;
        (void)mature(&accounts[hold->account], m->today, hold->matures_on, b->freed);
    }
    reply = add_legs(accounts, &b->booked);
    if (!is_refused(reply)) {
        reply = check_totals(m, &b->booked);
    }
    if (!is_refused(reply)) {
        reply = add_maturities(m, accounts, b);
    }
    if (!is_refused(reply)) {
        reply = check_floors(m, accounts, before, b->asked);
    }
    mem_free(accounts);
    return reply;
}

/* Diverts and tries; a refusal leaves the model as it was. */
static struct model_reply prepare(struct model *m, struct booking *b)
{
    size_t count = m->account_count, size = count * sizeof(*m->accounts);
    struct model_account *before = mem_new(size);
    struct model_reply reply;

    memcpy(before, m->accounts, size);
    reply = divert(m, b);
    if (!is_refused(reply)) {
        reply = try_legs(m, before, b);
    }
    if (is_refused(reply)) {
        memcpy(m->accounts, before, size);
        m->account_count = count;
    }
    mem_free(before);
    return reply;
}

/* What a posting is asked beyond its form, and the journal. */
static struct model_reply post_new(struct model *m, const struct model_request *r, bool own)
{
    struct booking b = {.asked = r, .hold = MODEL_NOBODY, .own = own};
    struct model_reply reply = check_accounts(m, r, own);

    if (!is_refused(reply)) {
        reply = check_balance(m, r);
    }
    if (!is_refused(reply)) {
        reply = check_blocks(m, r, MODEL_NOBODY);
    }
    if (!is_refused(reply)) {
        reply = prepare(m, &b);
    }
    return is_refused(reply) ? reply : (struct model_reply){.journal = append_journal(m, &b)};
}

static struct model_reply apply_post(struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_form(r);
    const struct model_journal *journal = find_journal(m, r->reference);

    if (is_refused(reply)) {
        return reply;
    }
    if (journal != NULL) {
        return journal->hold != MODEL_NOBODY ? refuse(ERR_LEDGER_CONFLICT, "hold")
                                             : compare_legs(m, r, journal);
    }
    return post_new(m, r, false);
}

/* ---- holds ---- */

static int64_t left_of(const struct model_hold *hold)
{
    return hold->amount - hold->captured - hold->released;
}

static struct model_reply check_live(const struct model *m, const struct model_request *r)
{
    const struct model_hold *hold;

    if (r->hold == MODEL_NOBODY) {
        return refuse(ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    }
    hold = &m->holds[r->hold];
    if (hold->source != r->reference.source) {
        return refuse(ERR_LEDGER_HOLD_FOREIGN, "hold");
    }
    if (hold->status == LEDGER_HOLD_CLOSED) {
        return refuse(ERR_LEDGER_HOLD_CLOSED, "hold");
    }
    if (hold->status == LEDGER_HOLD_EXPIRED ||
        (hold->expires_at_ms != 0 && hold->expires_at_ms <= m->now_ms)) {
        return refuse(ERR_LEDGER_HOLD_EXPIRED, "hold");
    }
    return fine;
}

static struct model_reply check_open(const struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_live(m, r);

    if (is_refused(reply)) {
        return reply;
    }
    if (m->holds[r->hold].status == LEDGER_HOLD_WAITING) {
        return refuse(ERR_LEDGER_HOLD_WAITING, "hold");
    }
    return m->holds[r->hold].effect == LEDGER_HOLD_AMOUNT ? fine
                                                          : refuse(ERR_LEDGER_HOLD_BLOCK, "hold");
}

static void append_step(struct model *m, const struct model_request *r, int hold, int64_t journal)
{
    APPEND(m->steps, m->step_count, m->step_size,
           (struct model_step){.op = r->op,
                               .reference = r->reference,
                               .hold = hold,
                               .whole = r->whole,
                               .amount = r->amount,
                               .journal = journal});
}

static struct model_reply compare_place(const struct model *m, const struct model_request *r,
                                        const struct model_step *step)
{
    const struct model_hold *hold = &m->holds[step->hold];

    if (step->op != MODEL_PLACE) {
        return refuse(ERR_LEDGER_CONFLICT, "hold");
    }
    if (hold->account != r->account) {
        return refuse(ERR_LEDGER_CONFLICT, "account");
    }
    if (hold->kind != r->kind) {
        return refuse(ERR_LEDGER_CONFLICT, "kind");
    }
    if (hold->effect != (r->effect == 0 ? LEDGER_HOLD_AMOUNT : r->effect)) {
        return refuse(ERR_LEDGER_CONFLICT, "effect");
    }
    if (hold->amount != r->amount) {
        return refuse(ERR_LEDGER_CONFLICT, "amount");
    }
    if (hold->starts_at_ms != r->starts_at_ms) {
        return refuse(ERR_LEDGER_CONFLICT, "starts_at");
    }
    if (hold->expires_at_ms != r->expires_at_ms) {
        return refuse(ERR_LEDGER_CONFLICT, "expires_at");
    }
    if (hold->matures_on != r->matures_on) {
        return refuse(ERR_LEDGER_CONFLICT, "matures_on");
    }
    if (hold->may_wait != r->may_wait) {
        return refuse(ERR_LEDGER_CONFLICT, "may_wait");
    }
    if (hold->rank != r->rank) {
        return refuse(ERR_LEDGER_CONFLICT, "rank");
    }
    if (!str_eq(hold->reason, r->reason)) {
        return refuse(ERR_LEDGER_CONFLICT, "reason");
    }
    return !str_eq(hold->document_no, r->document_no)
               ? refuse(ERR_LEDGER_CONFLICT, "document_no")
               : (struct model_reply){.hold = step->hold, .exists = true};
}

/* Adds (sign 1) or takes away (sign -1) what an open hold of that amount does to its account. */
static bool affect(const struct model *m, struct model_account *account,
                   const struct model_hold *hold, model_int amount, int sign)
{
    if (hold->effect == LEDGER_HOLD_AMOUNT) {
        account->held += sign * amount;
        return mature(account, m->today, hold->matures_on, -sign * amount);
    }
    account->credit_blocks += hold->effect != LEDGER_HOLD_DEBIT_BLOCK ? sign : 0;
    account->debit_blocks += hold->effect != LEDGER_HOLD_CREDIT_BLOCK ? sign : 0;
    return true;
}

/* The account with the hold open. */
static struct model_reply begin_hold(const struct model *m, const struct model_hold *hold,
                                     struct model_account *next)
{
    bool enough;

    *next = m->accounts[hold->account];
    enough = affect(m, next, hold, left_of(hold), 1);
    if (!fits(next->held) || !fits(model_posted(next) - next->held)) {
        return refuse(ERR_LEDGER_OVERFLOW, "amount");
    }
    if (!enough) {
        return refuse(ERR_LEDGER_INSUFFICIENT, "matures_on");
    }
    return covered(next, m->today) ? fine : refuse(ERR_LEDGER_INSUFFICIENT, "account");
}

/* The hold has found too little money: what comes is kept for it. */
static void await(struct model *m, struct model_hold *hold)
{
    struct model_account *account = &m->accounts[hold->account];

    if (!hold->awaits && hold->matures_on <= m->today && fits(account->awaited + left_of(hold))) {
        hold->awaits = true;
        account->awaited += left_of(hold);
    }
}

static struct model_reply place_new(struct model *m, const struct model_request *r)
{
    struct model_hold hold = {.account = r->account,
                              .kind = r->kind,
                              .effect = r->effect == 0 ? LEDGER_HOLD_AMOUNT : r->effect,
                              .status = LEDGER_HOLD_OPEN,
                              .source = r->reference.source,
                              .amount = r->amount,
                              .matures_on = r->matures_on,
                              .may_wait = r->may_wait,
                              .rank = r->rank,
                              .reason = r->reason,
                              .document_no = r->document_no,
                              .starts_at_ms = r->starts_at_ms,
                              .expires_at_ms = r->expires_at_ms};
    struct model_account next;
    struct model_reply reply;

    if (r->expires_at_ms != 0 && r->expires_at_ms <= m->now_ms) {
        return refuse(ERR_LEDGER_HOLD_EXPIRED, "expires_at");
    }
    if (r->expires_at_ms != 0 && r->expires_at_ms <= r->starts_at_ms) {
        return refuse(ERR_LEDGER_HOLD_TIMES, "starts_at");
    }
    if (r->account == MODEL_NOBODY) {
        return refuse(ERR_LEDGER_ACCOUNT, "account");
    }
    if (m->accounts[r->account].closed) {
        return refuse(ERR_LEDGER_ACCOUNT_CLOSED, "account");
    }
    reply = check_account(m, r);
    if (is_refused(reply)) {
        return reply;
    }
    reply = begin_hold(m, &hold, &next);
    if (!is_refused(reply) && !keeps(&next, &m->accounts[r->account], m->today)) {
        reply = refuse(ERR_LEDGER_INSUFFICIENT, "account");
    }
    if (r->starts_at_ms > m->now_ms || (reply.err == ERR_LEDGER_INSUFFICIENT && r->may_wait)) {
        hold.status = LEDGER_HOLD_WAITING;
        if (r->starts_at_ms <= m->now_ms) {
            await(m, &hold);
        }
    } else if (is_refused(reply)) {
        return reply;
    } else {
        m->accounts[r->account] = next;
    }
    m->accounts[r->account].holds++;
    APPEND(m->holds, m->hold_count, m->hold_size, hold);
    append_step(m, r, (int)m->hold_count - 1, 0);
    return (struct model_reply){.hold = (int)m->hold_count - 1};
}

static struct model_reply apply_place(struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_reference(r);
    const struct model_step *step = find_step(m, r->reference);
    bool is_block;

    if (is_refused(reply)) {
        return reply;
    }
    is_block = r->effect > LEDGER_HOLD_AMOUNT;
    if (is_block && r->amount != 0) {
        return refuse(ERR_LEDGER_BLOCK_AMOUNT, "amount");
    }
    if (!is_block && r->amount <= 0) {
        return refuse(ERR_LEDGER_AMOUNT, "amount");
    }
    if (r->matures_on != 0 && (is_block || !time_date_is_valid(r->matures_on))) {
        return refuse(ERR_LEDGER_MATURITY, "matures_on");
    }
    return step != NULL ? compare_place(m, r, step) : place_new(m, r);
}

static struct model_reply compare_capture(const struct model *m, const struct model_request *r,
                                          const struct model_step *step)
{
    struct model_reply reply;

    if (step->op != MODEL_CAPTURE || step->hold != r->hold) {
        return refuse(ERR_LEDGER_CONFLICT, "hold");
    }
    if (step->whole != r->whole) {
        return refuse(ERR_LEDGER_CONFLICT, "whole");
    }
    reply = compare_legs(m, r, find_journal(m, r->reference));
    reply.hold = is_refused(reply) ? 0 : r->hold;
    return reply;
}

/* What the legs take from the account of the hold. */
static model_int taken_by(const struct model *m, const struct model_request *r, int account)
{
    model_int taken = 0;

    for (int i = 0; i < r->leg_count; i++) {
        if (r->legs[i].account == account) {
            taken += r->legs[i].is_debit == m->accounts[account].is_debit ? -r->legs[i].amount
                                                                          : r->legs[i].amount;
        }
    }
    return taken;
}

static void close_hold(struct model *m, struct model_hold *hold, enum ledger_hold_status status)
{
    if (left_of(hold) == 0) {
        hold->status = status;
        m->accounts[hold->account].holds--;
    }
}

/* The entries of the account that have not been applied wait again, from the oldest on. */
static void wait_again(struct model *m, int account)
{
    for (size_t i = 0; m->accounts[account].pending > 0 && i < m->pending_count; i++) {
        if (m->pendings[i].account == account && m->pendings[i].status != LEDGER_PENDING_APPLIED) {
            m->accounts[account].seen = m->pendings[i].number - 1;
            return;
        }
    }
}

/* The hold gives back the amount, or its block. */
static void give_back(struct model *m, struct model_hold *hold, int64_t amount,
                      enum ledger_hold_status status)
{
    if (hold->status == LEDGER_HOLD_OPEN) {
        (void)affect(m, &m->accounts[hold->account], hold, amount, -1);
        if (hold->effect != LEDGER_HOLD_AMOUNT) {
            wait_again(m, hold->account);
        }
    }
    hold->released += amount;
    m->accounts[hold->account].awaited -= hold->awaits ? amount : 0;
    close_hold(m, hold, status);
}

static struct model_reply capture_amounts(struct model *m, const struct model_request *r, bool own)
{
    struct booking b = {.asked = r, .hold = r->hold, .own = own};
    struct model_hold *hold = &m->holds[r->hold];
    model_int taken = taken_by(m, r, hold->account);
    struct model_reply reply;

    if (taken <= 0) {
        return refuse(ERR_LEDGER_HOLD_MISMATCH, "legs");
    }
    if (taken > left_of(hold)) {
        return refuse(ERR_LEDGER_HOLD_EXCEEDED, "amount");
    }
    reply = check_blocks(m, r, hold->account);
    if (is_refused(reply)) {
        return reply;
    }
    b.freed = r->whole ? left_of(hold) : taken;
    reply = prepare(m, &b);
    if (is_refused(reply)) {
        return reply;
    }
    (void)affect(m, &m->accounts[hold->account], hold, b.freed, -1);
    reply.journal = append_journal(m, &b);
    reply.hold = r->hold;
    hold = &m->holds[r->hold]; /* the array may have grown */
    hold->captured += (int64_t)taken;
    hold->released += (int64_t)(b.freed - taken);
    close_hold(m, hold, LEDGER_HOLD_CLOSED);
    append_step(m, r, r->hold, reply.journal);
    return reply;
}

static struct model_reply capture_new(struct model *m, const struct model_request *r, bool own)
{
    struct model_reply reply = check_open(m, r);

    if (!is_refused(reply)) {
        reply = check_accounts(m, r, own);
    }
    if (!is_refused(reply)) {
        reply = check_balance(m, r);
    }
    return is_refused(reply) ? reply : capture_amounts(m, r, own);
}

static struct model_reply apply_capture(struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_form(r);
    const struct model_step *step = find_step(m, r->reference);

    if (is_refused(reply)) {
        return reply;
    }
    if (step != NULL) {
        return compare_capture(m, r, step);
    }
    if (find_journal(m, r->reference) != NULL) {
        return refuse(ERR_LEDGER_CONFLICT, "hold");
    }
    return capture_new(m, r, false);
}

static struct model_reply compare_release(const struct model_request *r,
                                          const struct model_step *step)
{
    if (step->op != MODEL_RELEASE || step->hold != r->hold) {
        return refuse(ERR_LEDGER_CONFLICT, "hold");
    }
    if (!step->whole && !r->whole && step->amount != r->amount) {
        return refuse(ERR_LEDGER_CONFLICT, "amount");
    }
    return step->whole != r->whole ? refuse(ERR_LEDGER_CONFLICT, "whole")
                                   : (struct model_reply){.hold = r->hold, .exists = true};
}

static struct model_reply apply_release(struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_reference(r);
    const struct model_step *step = find_step(m, r->reference);
    struct model_hold *hold;
    int64_t amount;

    if (is_refused(reply)) {
        return reply;
    }
    if (!r->whole && r->amount <= 0) {
        return refuse(ERR_LEDGER_AMOUNT, "amount");
    }
    if (step != NULL) {
        return compare_release(r, step);
    }
    reply = check_live(m, r);
    if (is_refused(reply)) {
        return reply;
    }
    hold = &m->holds[r->hold];
    amount = r->whole ? left_of(hold) : r->amount;
    if (amount > left_of(hold)) {
        return refuse(ERR_LEDGER_HOLD_EXCEEDED, "amount");
    }
    give_back(m, hold, amount, LEDGER_HOLD_CLOSED);
    append_step(m, r, r->hold, 0);
    return (struct model_reply){.hold = r->hold};
}

static struct model_reply apply_expire(struct model *m, const struct model_request *r)
{
    struct model_hold *hold;

    if (r->hold == MODEL_NOBODY) {
        return refuse(ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    }
    hold = &m->holds[r->hold];
    if (hold->status != LEDGER_HOLD_OPEN && hold->status != LEDGER_HOLD_WAITING) {
        return fine;
    }
    if (hold->expires_at_ms == 0 || hold->expires_at_ms > m->now_ms) {
        return refuse(ERR_LEDGER_HOLD_NOT_DUE, "hold");
    }
    give_back(m, hold, left_of(hold), LEDGER_HOLD_EXPIRED);
    return fine;
}

static struct model_reply apply_start(struct model *m, const struct model_request *r)
{
    struct model_account next;
    struct model_hold *hold;
    struct model_reply reply;

    if (r->hold == MODEL_NOBODY) {
        return refuse(ERR_LEDGER_HOLD_NOT_FOUND, "hold");
    }
    hold = &m->holds[r->hold];
    if (hold->status != LEDGER_HOLD_WAITING || hold->starts_at_ms > m->now_ms) {
        return fine;
    }
    reply = begin_hold(m, hold, &next);
    if (reply.err == ERR_LEDGER_INSUFFICIENT) {
        await(m, hold);
        return fine;
    }
    if (!is_refused(reply)) {
        next.awaited -= hold->awaits ? left_of(hold) : 0;
        hold->awaits = false;
        m->accounts[hold->account] = next;
        hold->status = LEDGER_HOLD_OPEN;
    }
    return reply;
}

static struct model_reply apply_close(struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_account(m, r);
    struct model_account *account;

    if (is_refused(reply)) {
        return reply;
    }
    account = &m->accounts[r->account];
    if (account->closed) {
        return fine;
    }
    if (model_posted(account) != 0) {
        return refuse(ERR_LEDGER_ACCOUNT_BALANCE, "account");
    }
    if (account->holds > 0) {
        return refuse(ERR_LEDGER_ACCOUNT_HELD, "account");
    }
    if (account->pending > 0) {
        return refuse(ERR_LEDGER_ACCOUNT_PENDING, "account");
    }
    account->closed = true;
    return fine;
}

static struct model_reply apply_reopen(struct model *m, const struct model_request *r)
{
    if (r->account == MODEL_NOBODY) {
        return refuse(ERR_LEDGER_ACCOUNT, "account");
    }
    m->accounts[r->account].closed = false;
    wait_again(m, r->account);
    return fine;
}

/* ---- entries that wait ---- */

static struct model_reply apply_defer(struct model *m, const struct model_request *r)
{
    struct model_reply reply = check_account(m, r);

    if (!is_refused(reply)) {
        m->accounts[r->account].deferred = r->deferred;
    }
    return reply;
}

static struct model_reply apply_retry(struct model *m, const struct model_request *r)
{
    if (r->account == MODEL_NOBODY) {
        return refuse(ERR_LEDGER_ACCOUNT, "account");
    }
    wait_again(m, r->account);
    return fine;
}

/* A journal from 2299 to the account: of a debit by a capture of what it reserved. */
static void try_pending(struct model *m, struct model_pending *pending, int64_t id)
{
    struct model_request r = {
        .op = pending->hold == MODEL_NOBODY ? MODEL_POST : MODEL_CAPTURE,
        .reference = {LEDGER_SOURCE_PENDING, LEDGER_OPERATION_APPLIED, id},
        .legs = {{pending->account, pending->is_debit, pending->amount, pending->matures_on},
                 {pending->waiting_account, !pending->is_debit, pending->amount, 0}},
        .leg_count = 2,
        .hold = pending->hold,
    };
    struct model_reply reply =
        pending->hold == MODEL_NOBODY ? post_new(m, &r, true) : capture_new(m, &r, true);

    pending->refusal = reply.err;
    pending->journal = reply.journal;
    pending->status = is_refused(reply) ? LEDGER_PENDING_PARKED : LEDGER_PENDING_APPLIED;
    m->accounts[pending->account].pending -= is_refused(reply) ? 0 : 1;
}

static struct model_reply apply_waiting(struct model *m, const struct model_request *r)
{
    int passed = 0;

    for (size_t i = 0; r->account != MODEL_NOBODY && i < m->pending_count; i++) {
        struct model_pending *pending = &m->pendings[i];

        if (pending->account == r->account && pending->number > m->accounts[r->account].seen &&
            passed < LEDGER_PENDING_BATCH) {
            passed++;
            m->accounts[r->account].seen = pending->number;
            if (pending->status != LEDGER_PENDING_APPLIED) {
                try_pending(m, pending, (int64_t)i + 1);
            }
        }
    }
    return fine;
}

struct model_reply model_apply(struct model *m, const struct model_request *r)
{
    switch (r->op) {
    case MODEL_OPEN:
        return apply_open(m, r);
    case MODEL_FLOOR:
        return apply_floor(m, r);
    case MODEL_POST:
        return apply_post(m, r);
    case MODEL_PLACE:
        return apply_place(m, r);
    case MODEL_CAPTURE:
        return apply_capture(m, r);
    case MODEL_RELEASE:
        return apply_release(m, r);
    case MODEL_EXPIRE:
        return apply_expire(m, r);
    case MODEL_START:
        return apply_start(m, r);
    case MODEL_CLOSE:
        return apply_close(m, r);
    case MODEL_REOPEN:
        return apply_reopen(m, r);
    case MODEL_DEFER:
        return apply_defer(m, r);
    case MODEL_APPLY:
        return apply_waiting(m, r);
    case MODEL_RETRY:
        return apply_retry(m, r);
    }
    check_failed("model op", __FILE__, __LINE__);
}
