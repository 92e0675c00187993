/* Maker and checker (制单、复核): a sensitive change is asked for by one operator and takes effect
 * when another one (two others above a limit) has approved it.
 *
 *     pending ──last approval──► approved   the change is applied in the same batch
 *        │                 └───► failed     it was refused then; error_code and error_param say why
 *        ├──a checker says no──► rejected
 *        ├──its maker──────────► withdrawn
 *        └──its time is over───► expired
 *
 * A module registers the kinds of change it has (review_register in its start), and submits items
 * inside its own commands (review_submit). The change is kept as JSON text exactly as the checkers
 * see it; the kind's apply() reads it back with the field table that printed it (review_change_…).
 *
 * A pending change is there once: submitting the same kind, subject, change, amount and currency
 * again answers the first item to its maker when reason and evidence are the same too, and
 * ERR_REVIEW_PENDING otherwise (param: the field that differs: maker, reason or evidence). What
 * carries a number of its own, or replaces what is there (so that the last approval would win), is
 * there once under that (review_ask.name): its change is the first that may differ.
 *
 * An operator is known by the name of the key, so that a second key of the same name makes nobody
 * else of its owner; a key without a name is an operator of its own.
 *
 * Refusals of a decision, the first that applies:
 *
 *     1  ERR_REVIEW_NOT_FOUND
 *        (ERR_OK, unchanged     the same operator has ended it in the same way)
 *     2  ERR_REVIEW_STATE       status           it is no longer pending, or its time is over
 *     3  ERR_REVIEW_KIND        kind             approve: no module of this program has the kind
 *     4  ERR_AUTH_PERMISSION    the permission   approve, reject: the kind's own one is missing
 *     5  ERR_REVIEW_SELF        maker_id         a maker approves or rejects
 *        ERR_REVIEW_NOT_MAKER   maker_id         another one withdraws
 *     6  ERR_REVIEW_TWICE       first_approval   this checker has approved already
 *
 * Events: review.pending, review.approved, review.failed, review.rejected, review.withdrawn,
 * review.expired, with the item as data. */
#ifndef BUSINESS_REVIEW_REVIEW_H
#define BUSINESS_REVIEW_REVIEW_H

#include "base/json.h"
#include "platform/module/module.h"

extern const struct module review_module;

#define REVIEW_PREFIX "rev"

enum {
    REVIEW_CHECKERS_MAX = 2,
    REVIEW_KINDS_MAX = 64,
    REVIEW_REASON_MAX = 200,    /* characters */
    REVIEW_SUMMARY_MAX = 1000,  /* characters */
    REVIEW_EVIDENCE_MAX = 1000, /* characters */
    REVIEW_CHANGE_MAX = 8000,   /* bytes */
    REVIEW_EXPIRES_DAYS = 7,
};

/* Stored. */
enum review_status {
    REVIEW_PENDING = 1,
    REVIEW_APPROVED,
    REVIEW_REJECTED,
    REVIEW_WITHDRAWN,
    REVIEW_EXPIRED,
    REVIEW_FAILED,
};

struct review_decision {
    int64_t key_id; /* of the operator; 0: nobody yet */
    struct str name;
    int64_t at_ms;
    struct str remark;
};

struct review_item {
    int64_t id;            /* "rev_…" */
    struct str kind;       /* "rate.change" */
    struct str subject;    /* public id of what is changed: "acc_…"; may be empty */
    int64_t subject_id;    /* 0: none */
    struct str change;     /* JSON object: what was asked for */
    struct str summary;    /* one line for people, in English */
    struct str summary_zh; /* the same in Chinese; empty in rows from before there was one */
    struct amount amount;
    enum currency currency; /* 0: the change has no amount */
    int64_t maker_key_id;
    struct str maker_name;
    struct str reason;
    struct str evidence; /* a document's number, address or hash */
    int64_t needed;      /* approvals: 1 or 2 */
    int64_t approved;    /* approvals so far */
    struct review_decision approvals[REVIEW_CHECKERS_MAX];
    struct review_decision closed; /* who rejected or withdrew it */
    enum review_status status;
    struct str error_code; /* of a failed one: "ledger_insufficient" */
    struct str error_param;
    struct str open_key; /* SHA-256 of the change while it is pending, else empty */
    int64_t expires_at_ms;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t version;
};
extern const struct table review_table;

/* Of a change that needs rows which no id in it names: they are read just before the approval, and
 * apply has to find out itself whether they have become others since. */
struct review_reading {
    size_t size; /* of what is found, zeroed */
    enum err (*read)(struct reader *reader, const struct review_item *item, struct arena *arena,
                     void *found);
    /* As of a command kind, with what was found. */
    void (*prefetch)(struct prefetch *pre, const void *found, unsigned round);
    /* As the kind's, in its place. */
    enum err (*apply)(struct tx *tx, const struct review_item *item, const void *found);
};

struct review_kind {
    const char *name;             /* "rate.change"; at most 48 characters, never renamed */
    const char *check_permission; /* needed of a checker besides review:approve; NULL: none */
    struct amount limit;          /* two checkers above it; 0: one is enough for any amount */
    /* Optional: refuses at submit what could not be applied anyway. */
    enum err (*check)(struct tx *tx, const struct review_item *item);
    /* Makes the change. What it refuses leaves no trace but the item's status failed. item holds
     * all its approvals; it is valid until apply returns. */
    enum err (*apply)(struct tx *tx, const struct review_item *item);
    const struct review_reading *reading; /* instead of apply; NULL: none */
};

/* The kinds of a program, made in the start of its modules and not changed after. */
struct review_kinds {
    const struct review_kind *all[REVIEW_KINDS_MAX];
    size_t count;
};
void review_kinds_add(struct review_kinds *kinds, const struct review_kind *kind);
/* NULL: there is none. */
const struct review_kind *review_kinds_find(const struct review_kinds *kinds, struct str name);
/* For the start of a module behind review_module. */
void review_register(struct app *app, const struct review_kind *kind);
const struct review_kinds *review_kinds_of(const struct app *app);

/* ---- the change as text ---- */

struct str review_change_print(struct arena *arena, const struct field_set *set, const void *value);
/* In apply and check: the change as it was printed with the same set; *out is zeroed first. Its
 * strings are valid until apply returns. ERR_FIELD_… when the set has become another. */
MUST_USE enum err review_change_read(struct tx *tx, const struct review_item *item,
                                     const struct field_set *set, size_t size, void *out);

/* For summaries: the amount behind the words; nothing when it is 0. */
void review_print_amount(struct buf *out, const char *words, struct amount amount,
                         enum currency currency);

/* ---- submitting, inside the commands of other modules ---- */

struct review_ask {
    const struct review_kind *kind;
    int64_t maker_key_id; /* req->principal.key_id */
    const char *subject_prefix;
    int64_t subject_id;     /* 0: none */
    struct str name;        /* of the kind's own; empty: the change and what it is about */
    struct str change;      /* review_change_print */
    struct str summary;     /* in English */
    struct str summary_zh;  /* the same in Chinese */
    struct amount amount;   /* >= 0; the limit is compared with it */
    enum currency currency; /* 0: no amount */
    struct str reason;      /* required */
    struct str evidence;
    int64_t needed;        /* 1 or 2; 0: by the kind's limit */
    int64_t expires_in_ms; /* 0: REVIEW_EXPIRES_DAYS */
};
/* *item is a view that is valid until apply returns; a result is made of it with
 * tx_result_row(tx, &review_table, item, result). Refusals, in this order: ERR_FIELD_REQUIRED
 * reason; ERR_FIELD_LENGTH reason, summary, summary_zh, evidence, change; ERR_REVIEW_PENDING
 * change, maker, reason, evidence; what kind->check refuses. */
MUST_USE enum err review_submit(struct tx *tx, const struct review_ask *ask,
                                const struct review_item **item);

/* What is pending under a name of the kind; *change NULL: nothing. Valid until apply returns. */
MUST_USE enum err review_pending_change(struct tx *tx, const struct review_kind *kind,
                                        struct str name, const struct str **change);

/* The name an operator's key has for people; empty when there is no such key. Valid until apply
 * returns. */
MUST_USE enum err review_operator_name(struct tx *tx, int64_t key_id, struct str *name);

/* ---- deciding ---- */

struct review_decide {
    const struct review_kinds *kinds; /* review_kinds_of; not needed to withdraw */
    int64_t review_id;
    int64_t key_id;         /* of the operator who decides */
    struct str permissions; /* req->principal.permissions */
    struct str remark;
    const struct review_reading *reading; /* of the kind, when it has one: review_read_approval */
    const void *found;
};
/* Before review_approve_kind: reads what the kind's apply needs, into the arena. Of a kind without
 * a reading that is nothing. ERR_REVIEW_NOT_FOUND. */
MUST_USE enum err review_read_approval(struct reader *reader, struct review_decide *decide,
                                       struct arena *arena);
/* arg struct review_decide, result struct review_item. When the change is refused, approve answers
 * that refusal and nothing has happened; review_fail then records it, as the API does. */
extern const struct command_kind review_approve_kind;
extern const struct command_kind review_reject_kind;
extern const struct command_kind review_withdraw_kind;
/* Whether an error of review_approve_kind is a refusal of the change and not of the approval. */
bool review_is_refused(enum err err);
struct review_failing {
    struct review_decide decide;
    struct str error_code;
    struct str error_param;
};
extern const struct command_kind review_fail_kind; /* result struct review_item */

/* ---- reading and answering ---- */

/* ERR_REVIEW_NOT_FOUND. */
MUST_USE enum err review_read(struct reader *reader, int64_t id, struct arena *arena,
                              struct review_item *out);

extern const struct field_set review_fields; /* of the JSON object, for the routes' rows */
/* 202 with the item: the answer to a request that has become a review. */
struct reply *review_reply(struct request *req, const struct review_item *item);
/* The same as the `then` of reply_command whose result is a struct review_item. */
struct reply *review_submitted(struct request *req, struct command *command);

extern const struct store_part review_part;

#endif
