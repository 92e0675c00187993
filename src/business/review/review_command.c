#include "base/crypto.h"
#include "base/time.h"
#include "business/review/review_int.h"

enum { EVENT_DATA_MAX = 16000 };

/* ---- telling ---- */

/* The event of a step: who may act on it reads the item. */
static void tell(struct tx *tx, const struct review_item *item, const char *what)
{
    struct buf data;

    buf_init_arena(&data, tx_arena(tx), EVENT_DATA_MAX);
    json_print_fields(&data, &review_fields, item);
    CHECK(buf_ok(&data));
    event_write(tx, &(struct event){.object_id = item->id,
                                    .sequence = item->version,
                                    .type = str_printf(tx_arena(tx), "review.%s", what),
                                    .data = buf_str(&data)});
}

enum err review_operator_name(struct tx *tx, int64_t key_id, struct str *name)
{
    const void *row;
    enum err err = tx_get(tx, &auth_key_table, key_id, &row);

    *name = STR("");
    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    *name = ((const struct auth_key *)row)->name;
    return ERR_OK;
}

/* ---- the change as text ---- */

struct str review_change_print(struct arena *arena, const struct field_set *set, const void *value)
{
    struct buf text;

    buf_init_arena(&text, arena, REVIEW_CHANGE_MAX + 1);
    json_print_fields(&text, set, value);
    return buf_ok(&text) ? buf_str(&text) : (struct str){NULL, REVIEW_CHANGE_MAX + 1};
}

void review_print_amount(struct buf *out, const char *words, struct amount amount,
                         enum currency currency)
{
    if (amount.minor != 0) {
        buf_add(out, str_of(words));
        amount_print(out, amount, currency);
    }
}

enum err review_change_read(struct tx *tx, const struct review_item *item,
                            const struct field_set *set, size_t size, void *out)
{
    struct json_refusal refusal;
    enum err err;

    memset(out, 0, size);
    err = json_parse_fields(tx_arena(tx), item->change, set, out, &refusal);
    return err == ERR_OK ? ERR_OK : tx_refuse(tx, err, refusal.param);
}

/* ---- submitting ---- */

static enum err check_ask(struct tx *tx, const struct review_ask *ask)
{
    if (ask->reason.len == 0) {
        return tx_refuse(tx, ERR_FIELD_REQUIRED, "reason");
    }
    if (str_utf8_count(ask->reason) > REVIEW_REASON_MAX) {
        return tx_refuse(tx, ERR_FIELD_LENGTH, "reason");
    }
    if (str_utf8_count(ask->summary) > REVIEW_SUMMARY_MAX) {
        return tx_refuse(tx, ERR_FIELD_LENGTH, "summary");
    }
    if (str_utf8_count(ask->summary_zh) > REVIEW_SUMMARY_MAX) {
        return tx_refuse(tx, ERR_FIELD_LENGTH, "summary_zh");
    }
    if (str_utf8_count(ask->evidence) > REVIEW_EVIDENCE_MAX) {
        return tx_refuse(tx, ERR_FIELD_LENGTH, "evidence");
    }
    if (ask->change.len > REVIEW_CHANGE_MAX) {
        return tx_refuse(tx, ERR_FIELD_LENGTH, "change");
    }
    CHECK(ask->amount.minor >= 0 && ask->needed >= 0 && ask->needed <= REVIEW_CHECKERS_MAX);
    return ERR_OK;
}

static struct str named_key(struct tx *tx, const struct review_kind *kind, struct str name)
{
    return crypto_sha256_hex(tx_arena(tx),
                             str_printf(tx_arena(tx), "%s|" STR_FMT, kind->name, STR_ARG(name)));
}

static struct str open_key(struct tx *tx, const struct review_ask *ask)
{
    struct str whole;

    if (ask->name.len > 0) {
        return named_key(tx, ask->kind, ask->name);
    }
    whole = str_printf(tx_arena(tx), "%s|%lld|%lld|%d|" STR_FMT, ask->kind->name,
                       (long long)ask->subject_id, (long long)ask->amount.minor, (int)ask->currency,
                       STR_ARG(ask->change));
    return crypto_sha256_hex(tx_arena(tx), whole);
}

enum err review_pending_change(struct tx *tx, const struct review_kind *kind, struct str name,
                               const struct str **change)
{
    const struct review_item key = {.open_key = named_key(tx, kind, name)};
    const void *row;
    enum err err = tx_find(tx, &review_table, 0, &key, &row);

    *change = err == ERR_OK ? &((const struct review_item *)row)->change : NULL;
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

/* The same change, or another of the same name, is pending already. */
static enum err same_ask(struct tx *tx, const struct review_ask *ask,
                         const struct review_item *item)
{
    if (!str_eq(item->change, ask->change)) {
        return tx_refuse(tx, ERR_REVIEW_PENDING, "change");
    }
    if (item->maker_key_id != ask->maker_key_id) {
        return tx_refuse(tx, ERR_REVIEW_PENDING, "maker");
    }
    if (!str_eq(item->reason, ask->reason)) {
        return tx_refuse(tx, ERR_REVIEW_PENDING, "reason");
    }
    return str_eq(item->evidence, ask->evidence) ? ERR_OK
                                                 : tx_refuse(tx, ERR_REVIEW_PENDING, "evidence");
}

static enum err make_item(struct tx *tx, const struct review_ask *ask, struct review_item *item)
{
    bool above = ask->kind->limit.minor > 0 && ask->amount.minor > ask->kind->limit.minor;

    *item = (struct review_item){
        .id = tx_id(tx),
        .kind = str_of(ask->kind->name),
        .subject_id = ask->subject_id,
        .change = ask->change,
        .summary = ask->summary,
        .summary_zh = ask->summary_zh,
        .amount = ask->amount,
        .currency = ask->currency,
        .maker_key_id = ask->maker_key_id,
        .reason = ask->reason,
        .evidence = ask->evidence,
        .needed = ask->needed != 0 ? ask->needed
                  : above          ? 2
                                   : 1,
        .status = REVIEW_PENDING,
        .open_key = open_key(tx, ask),
        .expires_at_ms =
            tx_now_ms(tx) +
            (ask->expires_in_ms != 0 ? ask->expires_in_ms : REVIEW_EXPIRES_DAYS * TIME_DAY_MS),
        .created_at_ms = tx_now_ms(tx),
        .updated_at_ms = tx_now_ms(tx),
        .version = 1,
    };
    if (ask->subject_id != 0) {
        item->subject = id_str(tx_arena(tx), ask->subject_prefix, ask->subject_id);
    }
    return review_operator_name(tx, ask->maker_key_id, &item->maker_name);
}

enum err review_submit(struct tx *tx, const struct review_ask *ask, const struct review_item **out)
{
    struct review_item item;
    const void *row;
    enum err err;

    TRY(check_ask(tx, ask));
    TRY(make_item(tx, ask, &item));
    err = tx_find(tx, &review_table, 0, &item, &row);
    if (err == ERR_OK) {
        *out = row;
        return same_ask(tx, ask, row);
    }
    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    if (ask->kind->check != NULL) {
        TRY(ask->kind->check(tx, &item));
    }
    TRY(tx_insert(tx, &review_table, &item));
    TRY(timer_set(tx, &review__timer, item.id, item.expires_at_ms));
    tell(tx, &item, "pending");
    TRY(tx_get(tx, &review_table, item.id, &row));
    *out = row;
    return ERR_OK;
}

/* ---- deciding ---- */

static enum err edit(struct tx *tx, int64_t review_id, struct review_item **item)
{
    void *row;
    enum err err = tx_edit(tx, &review_table, review_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_REVIEW_NOT_FOUND : err;
    }
    *item = row;
    return ERR_OK;
}

static void touch(struct tx *tx, struct review_item *item)
{
    item->updated_at_ms = tx_now_ms(tx);
    item->version++;
}

/* The item is over: it can be asked for again. */
static enum err end(struct tx *tx, struct review_item *item, enum review_status status,
                    const char *what)
{
    item->status = status;
    item->open_key = STR("");
    touch(tx, item);
    tell(tx, item, what);
    return timer_cancel(tx, &review__timer, item->id);
}

static enum err decision(struct tx *tx, const struct review_decide *decide,
                         struct review_decision *out)
{
    *out = (struct review_decision){
        .key_id = decide->key_id, .at_ms = tx_now_ms(tx), .remark = decide->remark};
    return review_operator_name(tx, decide->key_id, &out->name);
}

static enum err still_pending(struct tx *tx, const struct review_item *item)
{
    return item->status == REVIEW_PENDING && item->expires_at_ms > tx_now_ms(tx)
               ? ERR_OK
               : tx_refuse(tx, ERR_REVIEW_STATE, "status");
}

/* A person's keys carry one name: a second key makes nobody else of its owner. */
static enum err is_operator(struct tx *tx, int64_t key_id, int64_t other_key_id,
                            struct str other_name, bool *same)
{
    struct str name;

    TRY(review_operator_name(tx, key_id, &name));
    *same = key_id == other_key_id || (name.len > 0 && str_eq(name, other_name));
    return ERR_OK;
}

/* What a checker must be: allowed by the kind, and somebody else. */
static enum err check_checker(struct tx *tx, const struct review_decide *decide,
                              const struct review_item *item, const struct review_kind *kind)
{
    bool maker;

    if (kind != NULL && kind->check_permission != NULL &&
        !auth_permits(decide->permissions, kind->check_permission)) {
        return tx_refuse(tx, ERR_AUTH_PERMISSION, kind->check_permission);
    }
    TRY(is_operator(tx, decide->key_id, item->maker_key_id, item->maker_name, &maker));
    return maker ? tx_refuse(tx, ERR_REVIEW_SELF, "maker_id") : ERR_OK;
}

static bool has_approved(const struct review_item *item, int64_t key_id)
{
    for (int64_t i = 0; i < item->approved; i++) {
        if (item->approvals[i].key_id == key_id) {
            return true;
        }
    }
    return false;
}

static enum err check_first_time(struct tx *tx, const struct review_decide *decide,
                                 const struct review_item *item)
{
    for (int64_t i = 0; i < item->approved; i++) {
        const struct review_decision *before = &item->approvals[i];
        bool same;

        TRY(is_operator(tx, decide->key_id, before->key_id, before->name, &same));
        if (same) {
            return tx_refuse(tx, ERR_REVIEW_TWICE, "first_approval");
        }
    }
    return ERR_OK;
}

/* Notes one more approval, without what follows from the last one. */
static enum err add_approval(struct tx *tx, const struct review_decide *decide,
                             struct review_item *item, const struct review_kind **kind)
{
    TRY(still_pending(tx, item));
    *kind = review_kinds_find(decide->kinds, item->kind);
    if (*kind == NULL) {
        return tx_refuse(tx, ERR_REVIEW_KIND, "kind");
    }
    TRY(check_checker(tx, decide, item, *kind));
    TRY(check_first_time(tx, decide, item));
    TRY(decision(tx, decide, &item->approvals[item->approved]));
    item->approved++;
    return ERR_OK;
}

enum err review_read_approval(struct reader *reader, struct review_decide *decide,
                              struct arena *arena)
{
    const struct review_kind *kind;
    struct review_item item;
    void *found;

    TRY(review_read(reader, decide->review_id, arena, &item));
    kind = review_kinds_find(decide->kinds, item.kind);
    if (kind == NULL || kind->reading == NULL) {
        return ERR_OK;
    }
    found = arena_alloc(arena, kind->reading->size);
    TRY(kind->reading->read(reader, &item, arena, found));
    decide->reading = kind->reading;
    decide->found = found;
    return ERR_OK;
}

static void approve_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct review_decide *decide = arg;

    if (decide->reading != NULL) {
        decide->reading->prefetch(pre, decide->found, round);
    }
}

static enum err make_change(struct tx *tx, const struct review_decide *decide,
                            const struct review_kind *kind, const struct review_item *item)
{
    CHECK(decide->reading == kind->reading);
    return kind->reading == NULL ? kind->apply(tx, item)
                                 : kind->reading->apply(tx, item, decide->found);
}

static enum err approve_apply(struct tx *tx, const void *arg, void *result)
{
    const struct review_decide *decide = arg;
    const struct review_kind *kind;
    struct review_item *item;

    TRY(edit(tx, decide->review_id, &item));
    if (item->status == REVIEW_APPROVED && has_approved(item, decide->key_id)) {
        tx_result_row(tx, &review_table, item, result);
        return ERR_OK;
    }
    TRY(add_approval(tx, decide, item, &kind));
    if (item->approved < item->needed) {
        touch(tx, item);
    } else {
        TRY(make_change(tx, decide, kind, item));
        TRY(end(tx, item, REVIEW_APPROVED, "approved"));
    }
    tx_result_row(tx, &review_table, item, result);
    return ERR_OK;
}

const struct command_kind review_approve_kind = {
    .name = "review.approve",
    .prefetch = approve_prefetch,
    .apply = approve_apply,
    .result_size = sizeof(struct review_item),
};

bool review_is_refused(enum err err)
{
    bool own = err == ERR_OK || err == ERR_AUTH_PERMISSION ||
               (err >= ERR_REVIEW_NOT_FOUND && err <= ERR_REVIEW_PENDING);
    bool database = err >= ERR_STORE_NOT_FOUND && err <= ERR_STORE_MIGRATION;

    return !own && !database && err != ERR_STOPPING && err != ERR_QUEUE_FULL;
}

static enum err fail_apply(struct tx *tx, const void *arg, void *result)
{
    const struct review_failing *failing = arg;
    const struct review_kind *kind;
    struct review_item *item;

    TRY(edit(tx, failing->decide.review_id, &item));
    TRY(add_approval(tx, &failing->decide, item, &kind));
    item->error_code = failing->error_code;
    item->error_param = failing->error_param;
    TRY(end(tx, item, REVIEW_FAILED, "failed"));
    tx_result_row(tx, &review_table, item, result);
    return ERR_OK;
}

const struct command_kind review_fail_kind = {
    .name = "review.fail",
    .apply = fail_apply,
    .result_size = sizeof(struct review_item),
};

static enum err reject_apply(struct tx *tx, const void *arg, void *result)
{
    const struct review_decide *decide = arg;
    struct review_item *item;

    TRY(edit(tx, decide->review_id, &item));
    if (item->status != REVIEW_REJECTED || item->closed.key_id != decide->key_id) {
        TRY(still_pending(tx, item));
        TRY(check_checker(tx, decide, item, review_kinds_find(decide->kinds, item->kind)));
        TRY(decision(tx, decide, &item->closed));
        TRY(end(tx, item, REVIEW_REJECTED, "rejected"));
    }
    tx_result_row(tx, &review_table, item, result);
    return ERR_OK;
}

const struct command_kind review_reject_kind = {
    .name = "review.reject",
    .apply = reject_apply,
    .result_size = sizeof(struct review_item),
};

static enum err withdraw_apply(struct tx *tx, const void *arg, void *result)
{
    const struct review_decide *decide = arg;
    struct review_item *item;
    bool maker;

    TRY(edit(tx, decide->review_id, &item));
    if (item->status != REVIEW_WITHDRAWN || item->closed.key_id != decide->key_id) {
        TRY(still_pending(tx, item));
        TRY(is_operator(tx, decide->key_id, item->maker_key_id, item->maker_name, &maker));
        if (!maker) {
            return tx_refuse(tx, ERR_REVIEW_NOT_MAKER, "maker_id");
        }
        TRY(decision(tx, decide, &item->closed));
        TRY(end(tx, item, REVIEW_WITHDRAWN, "withdrawn"));
    }
    tx_result_row(tx, &review_table, item, result);
    return ERR_OK;
}

const struct command_kind review_withdraw_kind = {
    .name = "review.withdraw",
    .apply = withdraw_apply,
    .result_size = sizeof(struct review_item),
};

static enum err expire_apply(struct tx *tx, const void *arg, void *result)
{
    struct review_item *item;

    (void)result;
    TRY(edit(tx, *(const int64_t *)arg, &item));
    return item->status == REVIEW_PENDING && item->expires_at_ms <= tx_now_ms(tx)
               ? end(tx, item, REVIEW_EXPIRED, "expired")
               : ERR_OK;
}

const struct command_kind review__expire_kind = {
    .name = "review.expire",
    .apply = expire_apply,
};
