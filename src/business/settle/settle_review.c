/* What the bank has done with a settlement, told by an operator who pays out by hand: one says it
 * and another confirms it, two others above settle.outcome_limit. */
#include "business/settle/settle_int.h"
#include "platform/store/store_reply.h"

static const struct enum_name outcomes[] = {
    {SETTLE_PAID, "paid"},
    {SETTLE_RETURNED, "returned"},
    {0, NULL},
};

/* What is reviewed is the body without what is said to the reviewers. */
enum { SAID_FIELDS = 2 };
_Static_assert(offsetof(struct settle_claim, outcome) == 0, "the change's fields are the body's");

static const struct field claim_fields[] = {
    FIELD(struct settle_claim, outcome, FIELD_ENUM, .names = outcomes, .required = true,
          .help = "paid: the bank has it; returned: it was paid and came back (金额退回)",
          .example = "paid"),
    FIELD(struct settle_claim, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = SETTLE_REASON_MAX,
          .help = "For the reviewers; of returned it becomes the settlement's reason",
          .example = "paid at the bank"),
    FIELD(struct settle_claim, evidence, FIELD_TEXT, .max = REVIEW_EVIDENCE_MAX,
          .help = "The bank's number of the transfer, or a document's number, address or hash"),
};
const struct field_set settle__claim_set = FIELD_SET("settlement_claim", claim_fields);
static const struct field_set change_set = {
    .name = "settlement_outcome_change",
    .fields = claim_fields,
    .count = ARRAY_LEN(claim_fields) - SAID_FIELDS,
};

static enum err get(struct tx *tx, int64_t settle_id, const struct settle_order **order)
{
    const void *row;
    enum err err = tx_get(tx, &settle_order_table, settle_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_SETTLE_NOT_FOUND;
    }
    TRY(err);
    *order = row;
    return ERR_OK;
}

static enum err review_apply(struct tx *tx, const struct review_item *item)
{
    struct settle_claim claim;

    TRY(review_change_read(tx, item, &change_set, sizeof(claim), &claim));
    return claim.outcome == SETTLE_PAID ? settle_paid(tx, item->subject_id, NULL)
                                        : settle_returned(tx, item->subject_id, item->reason, NULL);
}

const struct review_kind settle__review = {
    .name = "settle.outcome",
    .check_permission = "settle:remit",
    .apply = review_apply,
};

static enum err submit(struct tx *tx, const struct settle_claim *claim,
                       const struct settle_order *order, struct review_item *out)
{
    const struct review_ask ask = {
        .kind = &settle__review,
        .maker_key_id = claim->maker_key_id,
        .subject_prefix = SETTLE_PREFIX,
        .subject_id = order->id,
        .change = review_change_print(tx_arena(tx), &change_set, claim),
        .summary =
            str_printf(tx_arena(tx), "settlement of %lld is %s", (long long)order->settle_date,
                       enum_name_of(outcomes, (int)claim->outcome)),
        .summary_zh = str_printf(tx_arena(tx), "%lld 的结算：%s", (long long)order->settle_date,
                                 claim->outcome == SETTLE_PAID ? "已付" : "已退回"),
        .amount = order->amount,
        .currency = order->currency,
        .reason = claim->reason,
        .evidence = claim->evidence,
        .needed = amount_cmp(order->amount, claim->limit) > 0 ? 2 : 1,
    };
    const struct review_item *item;

    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, out);
    return ERR_OK;
}

static enum err claim_apply(struct tx *tx, const void *arg, void *result)
{
    const struct settle_claim *claim = arg;
    enum settle_status from = claim->outcome == SETTLE_PAID ? SETTLE_WAITING : SETTLE_PAID;
    struct settle_claimed *claimed = result;
    const struct settle_order *order;

    TRY(get(tx, claim->id, &order));
    if (order->status == from) {
        return submit(tx, claim, order, &claimed->review);
    }
    if (order->status != claim->outcome) {
        return tx_refuse(tx, ERR_SETTLE_STATE, "status");
    }
    tx_result_row(tx, &settle_order_table, order, &claimed->order);
    return ERR_OK;
}

static void claim_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    if (round == 0) {
        prefetch_id(pre, &settle_order_table, ((const struct settle_claim *)arg)->id);
    }
}

const struct command_kind settle__claim_kind = {
    .name = "settle.claim",
    .prefetch = claim_prefetch,
    .apply = claim_apply,
    .result_size = sizeof(struct settle_claimed),
};
