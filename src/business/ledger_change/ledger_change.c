#include "business/ledger_change/ledger_change_int.h"

/* ---- what is reviewed ---- */

static struct field_set reviewed(const struct field_set *body)
{
    return (struct field_set){body->name, body->fields, body->count - 2};
}

static struct ledger_change_ask asked_with(const struct review_item *item)
{
    return (struct ledger_change_ask){.operator_id = item->maker_key_id, .reason = item->reason};
}

static int64_t reviewer_of(const struct review_item *item)
{
    return item->approvals[item->approved - 1].key_id;
}

static enum err submit(struct tx *tx, const struct ledger_change_ask *ask, struct review_ask review,
                       struct ledger_change_result *result)
{
    const struct review_item *item;

    review.maker_key_id = ask->operator_id;
    review.reason = ask->reason;
    review.evidence = ask->evidence;
    TRY(review_submit(tx, &review, &item));
    tx_result_row(tx, &review_table, item, &result->review);
    return ERR_OK;
}

/* ---- a voucher template ---- */

static struct ledger_template_put template_put(const struct ledger_change_voucher *voucher)
{
    return (struct ledger_template_put){
        .event = voucher->event,
        .mode = voucher->mode,
        .valid_from = voucher->valid_from,
        .legs = voucher->legs.items,
        .leg_count = voucher->legs.count,
        .operator_id = voucher->ask.operator_id,
        .reason = voucher->ask.reason,
    };
}

static enum err voucher_reviewed(struct tx *tx, const struct review_item *item)
{
    const struct field_set set = reviewed(&ledger_change__voucher_set);
    struct ledger_change_voucher voucher;
    struct ledger_versioned versioned;
    struct ledger_template_put put;

    TRY(review_change_read(tx, item, &set, sizeof(voucher), &voucher));
    voucher.ask = asked_with(item);
    put = template_put(&voucher);
    put.reviewer_id = reviewer_of(item);
    return ledger_template_put(tx, &put, &versioned);
}

const struct review_kind ledger_change__voucher_review = {
    .name = "ledger.voucher",
    .check_permission = "ledger:chart",
    .apply = voucher_reviewed,
};

static struct str voucher_name(struct tx *tx, const struct ledger_change_voucher *voucher)
{
    const char *mode =
        voucher->mode == 0 ? "" : enum_name_of(ledger_mode_names, (int)voucher->mode);

    return str_printf(tx_arena(tx), "%s%s%s", enum_name_of(ledger_event_names, (int)voucher->event),
                      voucher->mode == 0 ? "" : " ", mode);
}

static enum err voucher_apply(struct tx *tx, const void *arg, void *out)
{
    const struct field_set set = reviewed(&ledger_change__voucher_set);
    const struct ledger_change_voucher *voucher = arg;
    const struct ledger_template_put put = template_put(voucher);
    const struct str name = voucher_name(tx, voucher);
    long long from = (long long)voucher->valid_from;
    size_t legs = voucher->legs.count;
    struct ledger_change_result *result = out;

    TRY(ledger_template_check(tx, &put, &result->versioned));
    if (result->versioned.exists) {
        return ERR_OK;
    }
    return submit(tx, &voucher->ask,
                  (struct review_ask){
                      .kind = &ledger_change__voucher_review,
                      .change = review_change_print(tx_arena(tx), &set, voucher),
                      .summary = str_printf(tx_arena(tx), STR_FMT " from %lld on: %zu legs",
                                            STR_ARG(name), from, legs),
                      .summary_zh = str_printf(tx_arena(tx), STR_FMT "，自 %lld 起：%zu 条分录",
                                               STR_ARG(name), from, legs)},
                  result);
}

const struct command_kind ledger_change__voucher_kind = {
    .name = "ledger_change.voucher",
    .apply = voucher_apply,
    .result_size = sizeof(struct ledger_change_result),
};

/* ---- a code of the chart ---- */

static struct ledger_chart_put chart_put(const struct ledger_change_code *code)
{
    return (struct ledger_chart_put){
        .code = code->code,
        .valid_from = code->valid_from,
        .side = code->side,
        .name = code->name,
        .name_zh = code->name_zh,
        .has_floor = code->has_floor,
        .currencies = code->currencies.items,
        .currency_count = code->currencies.count,
        .operator_id = code->ask.operator_id,
        .reason = code->ask.reason,
    };
}

static enum err code_reviewed(struct tx *tx, const struct review_item *item)
{
    const struct field_set set = reviewed(&ledger_change__code_set);
    struct ledger_change_code code;
    struct ledger_versioned versioned;
    struct ledger_chart_put put;

    TRY(review_change_read(tx, item, &set, sizeof(code), &code));
    code.ask = asked_with(item);
    put = chart_put(&code);
    put.reviewer_id = reviewer_of(item);
    return ledger_chart_put(tx, &put, &versioned);
}

const struct review_kind ledger_change__code_review = {
    .name = "ledger.chart",
    .check_permission = "ledger:chart",
    .apply = code_reviewed,
};

static enum err code_apply(struct tx *tx, const void *arg, void *out)
{
    const struct field_set set = reviewed(&ledger_change__code_set);
    const struct ledger_change_code *code = arg;
    const struct ledger_chart_put put = chart_put(code);
    struct ledger_change_result *result = out;

    TRY(ledger_chart_check(tx, &put, &result->versioned));
    if (result->versioned.exists) {
        return ERR_OK;
    }
    return submit(
        tx, &code->ask,
        (struct review_ask){
            .kind = &ledger_change__code_review,
            .change = review_change_print(tx_arena(tx), &set, code),
            .summary = str_printf(tx_arena(tx), "%lld from %lld on: " STR_FMT " " STR_FMT,
                                  (long long)code->code, (long long)code->valid_from,
                                  STR_ARG(code->name), STR_ARG(code->name_zh)),
            .summary_zh = str_printf(tx_arena(tx), "%lld 自 %lld 起：" STR_FMT " " STR_FMT,
                                     (long long)code->code, (long long)code->valid_from,
                                     STR_ARG(code->name_zh), STR_ARG(code->name))},
        result);
}

const struct command_kind ledger_change__code_kind = {
    .name = "ledger_change.code",
    .apply = code_apply,
    .result_size = sizeof(struct ledger_change_result),
};

/* ---- the end of a code ---- */

static const struct field end_fields[] = {
    FIELD(struct ledger_chart_close, code, FIELD_INT, .required = true),
};
static const struct field_set end_set = FIELD_SET("ledger_chart_close", end_fields);

static enum err end_read(struct reader *reader, const struct review_item *item, struct arena *arena,
                         void *found)
{
    struct ledger_chart_close asked = {0};
    struct json_refusal refusal;

    TRY(json_parse_fields(arena, item->change, &end_set, &asked, &refusal));
    return ledger_read_chart_close(reader, asked.code, arena, found);
}

static void end_read_prefetch(struct prefetch *pre, const void *found, unsigned round)
{
    ledger_chart_close_prefetch(pre, found, round);
}

static enum err end_reviewed(struct tx *tx, const struct review_item *item, const void *found)
{
    struct ledger_chart_close close = *(const struct ledger_chart_close *)found;

    close.by = (struct ledger_chart_closing){item->maker_key_id, reviewer_of(item), item->reason};
    return ledger_chart_close(tx, &close);
}

static const struct review_reading end_reading = {
    .size = sizeof(struct ledger_chart_close),
    .read = end_read,
    .prefetch = end_read_prefetch,
    .apply = end_reviewed,
};

const struct review_kind ledger_change__end_review = {
    .name = "ledger.chart_close",
    .check_permission = "ledger:chart",
    .reading = &end_reading,
};

static enum err end_apply(struct tx *tx, const void *arg, void *out)
{
    const struct ledger_change_end *end = arg;
    struct ledger_change_result *result = out;

    TRY(ledger_chart_close_check(tx, &end->close, &result->closed_on));
    if (result->closed_on != 0) {
        return ERR_OK;
    }
    return submit(
        tx, &end->ask,
        (struct review_ask){
            .kind = &ledger_change__end_review,
            .change = review_change_print(tx_arena(tx), &end_set, &end->close),
            .summary = str_printf(tx_arena(tx), "%lld is closed; %zu accounts, all empty",
                                  (long long)end->close.code, end->close.account_count),
            .summary_zh = str_printf(tx_arena(tx), "停用 %lld：%zu 个账户，均无余额",
                                     (long long)end->close.code, end->close.account_count)},
        result);
}

static void end_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger_chart_close_prefetch(pre, &((const struct ledger_change_end *)arg)->close, round);
}

const struct command_kind ledger_change__end_kind = {
    .name = "ledger_change.end",
    .prefetch = end_prefetch,
    .apply = end_apply,
    .result_size = sizeof(struct ledger_change_result),
};

/* ---- module ---- */

static enum err start(struct app *app, void **state)
{
    review_register(app, &ledger_change__voucher_review);
    review_register(app, &ledger_change__code_review);
    review_register(app, &ledger_change__end_review);
    *state = NULL;
    return ERR_OK;
}

const struct module ledger_change_module = {
    .name = "ledger_change",
    .routes = ledger_change__routes,
    .start = start,
};
