/* Where settlements are paid to: a new card, another default and the end of a card, whose rules
 * then mean the default one, are asked for by one operator and approved by another. */
#include "business/account/account_int.h"

static const struct enum_name ask_names[] = {{ACCOUNT_CARD_ADDED, "add"},
                                             {ACCOUNT_CARD_MADE_DEFAULT, "default"},
                                             {ACCOUNT_CARD_TAKEN_AWAY, "remove"},
                                             {0, NULL}};

static const struct field asked_fields[] = {
    FIELD(struct account_card_asked, action, FIELD_ENUM, .names = ask_names),
    FIELD(struct account_card_asked, card, FIELD_ID, .prefix = "crd"),
    FIELD(struct account_card_asked, kind, FIELD_ENUM, .names = account__card_kind_names),
    FIELD(struct account_card_asked, bank_code, FIELD_TEXT, .max = 16),
    FIELD(struct account_card_asked, bank_name, FIELD_TEXT, .max = 64),
    FIELD(struct account_card_asked, branch, FIELD_TEXT, .max = 128),
    FIELD(struct account_card_asked, number, FIELD_TEXT, .max = 32),
    FIELD(struct account_card_asked, holder, FIELD_TEXT, .max = 8),
    FIELD(struct account_card_asked, number_hash, FIELD_TEXT, .max = 64),
    FIELD(struct account_card_asked, holder_hash, FIELD_TEXT, .max = 64),
    FIELD(struct account_card_asked, is_default, FIELD_BOOL),
};
static const struct field_set asked_set = FIELD_SET("bank_card_asked", asked_fields);

/* ---- the review ---- */

static enum err check_add(struct tx *tx, int64_t merchant_id,
                          const struct account_card_asked *asked)
{
    const struct account_card like = {.merchant_id = merchant_id, .blind = asked->number_hash};
    const void *row;
    enum err err;

    TRY(account__check_merchant(tx, merchant_id));
    err = tx_find(tx, &account_card_table, 0, &like, &row);
    if (err == ERR_OK) {
        return tx_refuse(tx, ERR_ACCOUNT_CARD_EXISTS, "number");
    }
    return err == ERR_STORE_NOT_FOUND ? ERR_OK : err;
}

static enum err read_asked(struct tx *tx, const struct review_item *item,
                           struct account_card_asked *asked)
{
    const struct account_card *card;

    TRY(review_change_read(tx, item, &asked_set, sizeof(*asked), asked));
    return asked->action == ACCOUNT_CARD_ADDED
               ? check_add(tx, item->subject_id, asked)
               : account_card_get(tx, item->subject_id, asked->card, &card);
}

static enum err review_check(struct tx *tx, const struct review_item *item)
{
    struct account_card_asked asked;

    return read_asked(tx, item, &asked);
}

/* The row of a card that was asked for with this review. */
static enum err card_of(struct tx *tx, int64_t review_id, int64_t *card_id)
{
    const struct account_card like = {.review_id = review_id};
    const void *row;

    TRY(tx_find(tx, &account_card_table, 2, &like, &row));
    *card_id = ((const struct account_card *)row)->id;
    return ERR_OK;
}

static enum err review_apply(struct tx *tx, const struct review_item *item)
{
    struct account_card_asked asked;
    struct account_card_change change = {
        .operator_id = item->maker_key_id,
        .reviewer_id = item->approvals[item->approved - 1].key_id,
        .review_id = item->id,
        .reason = item->reason,
    };

    TRY(read_asked(tx, item, &asked));
    change.action = asked.action;
    change.card_id = asked.card;
    change.blind = asked.number_hash;
    change.is_default = asked.is_default;
    if (asked.action == ACCOUNT_CARD_ADDED) {
        TRY(card_of(tx, item->id, &change.card_id));
    }
    return account__card_change(tx, &change);
}

const struct review_kind account__card_review = {
    .name = "account.card",
    .check_permission = "account:card",
    .check = review_check,
    .apply = review_apply,
};

/* ---- asking ---- */

static const struct enum_name summary_names[] = {{ACCOUNT_CARD_ADDED, "new bank card"},
                                                 {ACCOUNT_CARD_MADE_DEFAULT, "settlements go to"},
                                                 {ACCOUNT_CARD_TAKEN_AWAY, "no settlements go to"},
                                                 {0, NULL}};
static const struct enum_name summary_names_zh[] = {{ACCOUNT_CARD_ADDED, "新增银行卡"},
                                                    {ACCOUNT_CARD_MADE_DEFAULT, "结算改付至"},
                                                    {ACCOUNT_CARD_TAKEN_AWAY, "不再结算至"},
                                                    {0, NULL}};

static struct str summary_of(struct tx *tx, const struct account_card_asked *asked,
                             const struct enum_name *names)
{
    return str_printf(tx_arena(tx), "%s " STR_FMT " " STR_FMT,
                      enum_name_of(names, (int)asked->action), STR_ARG(asked->bank_code),
                      STR_ARG(asked->number));
}

/* A merchant's cards come and go side by side, but one of them becomes the default. */
static struct str name_of(struct tx *tx, const struct account_card_ask *ask,
                          const struct account_card_asked *asked)
{
    return asked->action == ACCOUNT_CARD_MADE_DEFAULT
               ? id_str(tx_arena(tx), "mer", ask->card.merchant_id)
               : STR("");
}

static enum err submit(struct tx *tx, const struct account_card_ask *ask,
                       const struct account_card_asked *asked, const struct review_item **item)
{
    return review_submit(tx,
                         &(struct review_ask){
                             .kind = &account__card_review,
                             .maker_key_id = ask->operator_id,
                             .subject_prefix = "mer",
                             .subject_id = ask->card.merchant_id,
                             .name = name_of(tx, ask, asked),
                             .change = review_change_print(tx_arena(tx), &asked_set, asked),
                             .summary = summary_of(tx, asked, summary_names),
                             .summary_zh = summary_of(tx, asked, summary_names_zh),
                             .reason = ask->reason,
                             .evidence = ask->evidence,
                         },
                         item);
}

/* The sealed number waits in a row of its own, which nobody pays to. */
static enum err ask_add(struct tx *tx, const struct account_card_ask *ask,
                        const struct review_item **item)
{
    struct account_card card = ask->card;
    int64_t card_id;
    enum err err;

    TRY(submit(tx, ask, &ask->asked, item));
    err = card_of(tx, (*item)->id, &card_id);
    if (err != ERR_STORE_NOT_FOUND) {
        return err;
    }
    card.status = ACCOUNT_CARD_ASKED;
    card.review_id = (*item)->id;
    card.version = 1;
    card.created_at_ms = card.updated_at_ms = tx_now_ms(tx);
    return tx_insert(tx, &account_card_table, &card);
}

/* Of a card there is: that it be the default one, or removed. */
static enum err ask_change(struct tx *tx, const struct account_card_ask *ask,
                           struct account_card_result *result, const struct review_item **item)
{
    struct account_card_asked asked = ask->asked;
    const struct account_card *card;

    TRY(account_card_get(tx, ask->card.merchant_id, asked.card, &card));
    if (card->is_default && asked.action == ACCOUNT_CARD_TAKEN_AWAY) {
        return tx_refuse(tx, ERR_ACCOUNT_CARD_DEFAULT, "id");
    }
    if (card->is_default) {
        tx_result_row(tx, &account_card_table, card, &result->card);
        return ERR_OK;
    }
    asked.kind = card->kind;
    asked.bank_code = card->bank_code;
    asked.bank_name = card->bank_name;
    asked.branch = card->branch;
    asked.number = card->masked;
    return submit(tx, ask, &asked, item);
}

static enum err ask_apply(struct tx *tx, const void *arg, void *out)
{
    const struct account_card_ask *ask = arg;
    struct account_card_result *result = out;
    const struct review_item *item = NULL;

    TRY(ask->asked.action == ACCOUNT_CARD_ADDED ? ask_add(tx, ask, &item)
                                                : ask_change(tx, ask, result, &item));
    if (item != NULL) {
        tx_result_row(tx, &review_table, item, &result->review);
    }
    return ERR_OK;
}

const struct command_kind account__card_ask_kind = {
    .name = "account.card_ask",
    .apply = ask_apply,
    .result_size = sizeof(struct account_card_result),
};
