/* What the bank has done with a cash-out, told by an operator who pays out by hand. Each outcome
 * moves money or ends its hold, so one operator says it and another confirms it, two others above
 * the limit that adjustments have. `sent` comes first, and before the money is handed to the bank:
 * from then on the merchant cannot cancel any more. */
#include "business/trade/trade_int.h"

static const struct enum_name outcomes[] = {
    {TRADE_CASH_SENT, "sent"},
    {TRADE_CASH_SUCCEEDED, "succeeded"},
    {TRADE_CASH_FAILED, "failed"},
    {TRADE_CASH_RETURNED, "returned"},
    {0, NULL},
};

static const struct enum_name outcomes_zh[] = {
    {TRADE_CASH_SENT, "已发出"},
    {TRADE_CASH_SUCCEEDED, "成功"},
    {TRADE_CASH_FAILED, "失败"},
    {TRADE_CASH_RETURNED, "已退汇"},
    {0, NULL},
};

static const struct field claim_fields[] = {
    FIELD(struct trade_cash_outcome, outcome, FIELD_ENUM, .names = outcomes, .required = true,
          .help = "sent: to be said before the bank is given the order; failed: it will not be "
                  "paid; returned: it was paid and came back (退汇)",
          .example = "sent"),
    FIELD(struct trade_cash_outcome, with_fee, FIELD_BOOL,
          .help = "Of returned: the fee is given back too"),
    FIELD(struct trade_cash_claim, reason, FIELD_TEXT, .required = true, .min = 1,
          .max = TRADE_REASON_MAX,
          .help = "For the reviewers; of failed and returned the merchant reads it too",
          .example = "ordered at the bank"),
    FIELD(struct trade_cash_claim, evidence, FIELD_TEXT, .max = REVIEW_EVIDENCE_MAX,
          .help = "The bank's number of the transfer, or a document's number, address or hash"),
};
const struct field_set trade__cash_claim_set = FIELD_SET("cash_out_outcome", claim_fields);

/* What is reviewed: of the cash-out as it was then, so that a word which has been overtaken by
 * another is refused. */
static const struct field change_fields[] = {
    FIELD(struct trade_cash_outcome, outcome, FIELD_ENUM, .names = outcomes),
    FIELD(struct trade_cash_outcome, with_fee, FIELD_BOOL),
    FIELD(struct trade_cash_outcome, version, FIELD_INT),
};
static const struct field_set change_set = FIELD_SET("cash_out_outcome_change", change_fields);

/* Whether the outcome has been noted already; ERR_TRADE_STATE when the state does not allow it. */
static enum err check(struct tx *tx, const struct trade_cash_out *cash,
                      const struct trade_cash_outcome *outcome, bool *done)
{
    static const struct {
        enum trade_cash_status from, to;
    } steps[] = {
        {TRADE_CASH_WAITING, TRADE_CASH_SENT},       {TRADE_CASH_SENT, TRADE_CASH_SUCCEEDED},
        {TRADE_CASH_WAITING, TRADE_CASH_FAILED},     {TRADE_CASH_SENT, TRADE_CASH_FAILED},
        {TRADE_CASH_SUCCEEDED, TRADE_CASH_RETURNED},
    };

    *done = cash->status == outcome->outcome;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (steps[i].from == cash->status && steps[i].to == outcome->outcome) {
            return ERR_OK;
        }
    }
    return *done ? ERR_OK : tx_refuse(tx, ERR_TRADE_STATE, "status");
}

static enum err note(struct tx *tx, const struct review_item *item,
                     const struct trade_cash_outcome *outcome)
{
    switch (outcome->outcome) {
    case TRADE_CASH_SENT:
        return trade_cash_send(tx, item->subject_id);
    case TRADE_CASH_SUCCEEDED:
        return trade_cash_complete(tx, item->subject_id);
    case TRADE_CASH_FAILED:
        return trade_cash_fail(tx, item->subject_id, item->reason);
    case TRADE_CASH_RETURNED:
        return trade_cash_return(
            tx, &(struct trade_cash_return){item->subject_id, outcome->with_fee, item->reason});
    case TRADE_CASH_WAITING:
    case TRADE_CASH_CANCELLED:
        break;
    }
    check_failed("cash-out outcome", __FILE__, __LINE__);
}

static enum err review_apply(struct tx *tx, const struct review_item *item)
{
    const struct trade_cash_out *cash;
    struct trade_cash_outcome outcome;

    TRY(review_change_read(tx, item, &change_set, sizeof(outcome), &outcome));
    TRY(trade_cash_get(tx, item->subject_id, &cash));
    return cash->version == outcome.version ? note(tx, item, &outcome)
                                            : tx_refuse(tx, ERR_TRADE_STATE, "status");
}

const struct review_kind trade__cash_review = {
    .name = "trade.cash_out",
    .check_permission = "trade:remit",
    .apply = review_apply,
};

static enum err submit(struct tx *tx, const struct trade_cash_claim *claim,
                       const struct trade_cash_out *cash, struct review_item *out)
{
    const struct trade_cash_outcome change = {claim->outcome.outcome, claim->outcome.with_fee,
                                              cash->version};
    const char *name = enum_name_of(outcomes, (int)change.outcome);
    const struct review_ask ask = {
        .kind = &trade__cash_review,
        .maker_key_id = claim->maker_key_id,
        .subject_prefix = TRADE_CASH_OUT_PREFIX,
        .subject_id = cash->id,
        .change = review_change_print(tx_arena(tx), &change_set, &change),
        .summary = str_printf(tx_arena(tx), "cash-out " STR_FMT " is %s",
                              STR_ARG(cash->merchant_order_no), name),
        .summary_zh =
            str_printf(tx_arena(tx), "提现 " STR_FMT "：%s", STR_ARG(cash->merchant_order_no),
                       enum_name_of(outcomes_zh, (int)change.outcome)),
        .amount = cash->amount,
        .currency = cash->currency,
        .reason = claim->reason,
        .evidence = claim->evidence,
        .needed = amount_cmp(cash->amount, claim->limit) > 0 ? 2 : 1,
    };
    const struct review_item *item;

    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, out);
    return ERR_OK;
}

static enum err claim_apply(struct tx *tx, const void *arg, void *result)
{
    const struct trade_cash_claim *claim = arg;
    struct trade_cash_claimed *claimed = result;
    const struct trade_cash_out *cash;
    bool done;

    if (claim->outcome.with_fee && claim->outcome.outcome != TRADE_CASH_RETURNED) {
        return tx_refuse(tx, ERR_FIELD_VALUE, "with_fee");
    }
    TRY(trade_cash_get(tx, claim->id, &cash));
    TRY(check(tx, cash, &claim->outcome, &done));
    if (!done) {
        return submit(tx, claim, cash, &claimed->review);
    }
    tx_result_row(tx, &trade_cash_table, cash, &claimed->cash);
    return ERR_OK;
}

static void claim_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    if (round == 0) {
        prefetch_id(pre, &trade_cash_table, ((const struct trade_cash_claim *)arg)->id);
    }
}

const struct command_kind trade__cash_claim_kind = {
    .name = "trade.cash_claim",
    .prefetch = claim_prefetch,
    .apply = claim_apply,
    .result_size = sizeof(struct trade_cash_claimed),
};
