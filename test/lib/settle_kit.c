#include "test/lib/settle_kit.h"

#include "business/auth/auth.h"
#include "business/merchant/merchant_int.h"
#include "business/rate/rate_int.h"

struct books *settle_kit_open(const char *scheme)
{
    const struct store_part *const parts[] = {
        &calendar_part, &event_part,   merchant_module.store, &rate_part,        &settle_rule_part,
        &settle_part,   &account_part, &review_part,          auth_module.store,
    };

    return books_open_with(scheme, parts, ARRAY_LEN(parts));
}

void settle_kit_day(struct books *books, int32_t date)
{
    counter_set(&books->now_ms, time_business_date_start_ms(date) + 9 * TIME_HOUR_MS);
}

void settle_kit_holiday(struct books *books, int32_t date)
{
    const struct calendar_entry entry = {.id = date, .kind = DAY_HOLIDAY};
    const struct calendar_replace replace = {date, date, &entry, 1};

    CHECK(books_command(books, &calendar_replace_kind, &replace, NULL) == ERR_OK);
}

int64_t settle_kit_merchant(struct books *books, const char *merchant_no)
{
    const struct merchant_create create = {
        .merchant_no = str_of(merchant_no),
        .name = STR("kitchen"),
        .fund_mode = MERCHANT_FUND_COLLECT,
        .collect_allowed = true,
    };
    struct merchant merchant;

    CHECK(books_command(books, &merchant__create_kind, &create, &merchant) == ERR_OK);
    return merchant.id;
}

struct errand {
    int64_t id;
    int64_t amount;
    struct settle_rule rule;
    const struct settle_rule_change *change;
};

static enum err find_rule(struct tx *tx, void *ctx)
{
    struct errand *errand = ctx;
    const struct settle_rule *rule;

    TRY(settle_rule_of(tx, errand->id, CURRENCY_CNY, &rule));
    errand->rule = *rule;
    return ERR_OK;
}

int64_t settle_kit_account(struct books *books, int64_t merchant_id)
{
    struct errand errand = {.id = merchant_id};

    CHECK(books_run(books, find_rule, &errand) == ERR_OK);
    return errand.rule.id;
}

static enum err earn(struct tx *tx, void *ctx)
{
    const struct errand *errand = ctx;
    const struct ledger_account_key merchant = {errand->id, LEDGER_CODE_MERCHANT_PAYABLE,
                                                CURRENCY_CNY};
    const struct ledger_account_key channel = {SETTLE_KIT_CHANNEL, LEDGER_CODE_CHANNEL_RECEIVABLE,
                                               CURRENCY_CNY};
    struct ledger_leg legs[] = {
        {.side = LEDGER_DEBIT, .amount = AMOUNT(errand->amount)},
        {.side = LEDGER_CREDIT, .amount = AMOUNT(errand->amount)},
    };
    const struct ledger_post post = {
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER, tx_id(tx)},
        .legs = legs,
        .leg_count = ARRAY_LEN(legs),
    };

    TRY(ledger_account_open(tx, &channel, &legs[0].account_id));
    TRY(ledger_account_open(tx, &merchant, &legs[1].account_id));
    TRY(settle_rule_matures_on(tx, errand->id, CURRENCY_CNY, &legs[1].matures_on));
    return ledger_post(tx, &post, NULL);
}

void settle_kit_earn(struct books *books, int64_t merchant_id, int64_t amount)
{
    struct errand errand = {.id = merchant_id, .amount = amount};

    CHECK(books_run(books, earn, &errand) == ERR_OK);
}

static enum err change_rule(struct tx *tx, void *ctx)
{
    return settle_rule__apply(tx, ((const struct errand *)ctx)->change, 99);
}

enum err settle_kit_change(struct books *books, const struct settle_rule_change *change)
{
    struct errand errand = {.change = change};

    return books_run(books, change_rule, &errand);
}

static enum err put_rate(struct tx *tx, void *ctx)
{
    return rate__put(tx, ctx);
}

void settle_kit_rate(struct books *books, int64_t merchant_id, const struct rate *terms)
{
    struct rate row = *terms;

    row.owner_kind = RATE_OWNER_MERCHANT;
    row.owner_id = merchant_id;
    row.kind = RATE_SETTLEMENT;
    row.currency = CURRENCY_CNY;
    CHECK(books_run(books, put_rate, &row) == ERR_OK);
}

void settle_kit_fee(struct books *books, int64_t merchant_id, int64_t flat)
{
    settle_kit_rate(books, merchant_id, &(struct rate){.flat = AMOUNT(flat)});
}

/* ---- the run ---- */

struct settle_run settle_kit_run_open(struct books *books)
{
    struct settle_run run;

    CHECK(books_command(books, &settle__open_kind, NULL, &run) == ERR_OK);
    return run;
}

enum settle_outcome_kind settle_kit_turn(struct books *books, int64_t account_id, int64_t date)
{
    const struct settle_turn turn = {account_id, date};
    enum settle_outcome_kind kind = SETTLE_OUTCOME_NONE;

    CHECK(books_command(books, &settle__turn_kind, &turn, &kind) == ERR_OK);
    return kind;
}

struct reading {
    struct settle_page page;
    int64_t date;
    int64_t id;
    struct settle_rule rule;
    struct settle_run run;
    struct settle_order order;
    struct settle_outcome outcome;
};

static void read_page(struct books *books, struct reader *reader, void *ctx)
{
    struct reading *reading = ctx;

    CHECK(settle__read_page(reader, books->arena, &reading->page) == ERR_OK);
}

struct settle_run settle_kit_run(struct books *books, int64_t page)
{
    struct settle_run run = settle_kit_run_open(books);
    struct reading reading = {.page = {.date = run.id, .limit = page}};
    bool more, done;

    do {
        CHECK(books_command(books, &settle__rules_kind, &run.id, &more) == ERR_OK);
    } while (more);
    for (;;) {
        books_read(books, read_page, &reading);
        if (reading.page.over) {
            break;
        }
        for (size_t i = 0; i < reading.page.count; i++) {
            (void)settle_kit_turn(books, reading.page.rules[i].id, run.id);
        }
    }
    CHECK(books_command(books, &settle__end_kind, &run.id, &done) == ERR_OK);
    return settle_kit_run_row(books, run.id);
}

static void read_run(struct books *books, struct reader *reader, void *ctx)
{
    struct reading *reading = ctx;

    CHECK(reader_get(reader, &settle__run_table, reading->id, books->arena, &reading->run) ==
          ERR_OK);
}

struct settle_run settle_kit_run_row(struct books *books, int64_t date)
{
    struct reading reading = {.id = date};

    books_read(books, read_run, &reading);
    return reading.run;
}

static void read_rule(struct books *books, struct reader *reader, void *ctx)
{
    struct reading *reading = ctx;

    CHECK(settle_rule_read(reader, reading->id, books->arena, &reading->rule) == ERR_OK);
}

struct settle_rule settle_kit_rule(struct books *books, int64_t account_id)
{
    struct reading reading = {.id = account_id};

    books_read(books, read_rule, &reading);
    return reading.rule;
}

static void read_order(struct books *books, struct reader *reader, void *ctx)
{
    struct reading *reading = ctx;
    const struct settle_filter filter = {
        .account_id = reading->id, .before_id = INT64_MAX, .limit = 1};
    struct settle_order *orders;
    size_t count;

    CHECK(settle__read_orders(reader, &filter, books->arena, &orders, &count) == ERR_OK);
    if (count > 0) {
        reading->order = orders[0];
    }
}

struct settle_order settle_kit_order(struct books *books, int64_t account_id)
{
    struct reading reading = {.id = account_id};

    books_read(books, read_order, &reading);
    return reading.order;
}

static void read_outcome(struct books *books, struct reader *reader, void *ctx)
{
    struct reading *reading = ctx;
    const struct settle_outcome_page page = {.date = reading->date, .limit = 1000};
    struct settle_outcome *outcomes;
    size_t count;

    CHECK(settle__read_outcomes(reader, &page, books->arena, &outcomes, &count) == ERR_OK);
    for (size_t i = 0; i < count; i++) {
        if (outcomes[i].account_id == reading->id) {
            reading->outcome = outcomes[i];
        }
    }
}

struct settle_outcome settle_kit_outcome(struct books *books, int64_t date, int64_t account_id)
{
    struct reading reading = {.id = account_id, .date = date};

    books_read(books, read_outcome, &reading);
    return reading.outcome;
}

/* ---- what becomes of a settlement ---- */

static enum err pay(struct tx *tx, void *ctx)
{
    return settle_paid(tx, ((const struct errand *)ctx)->id, NULL);
}

static enum err give_back(struct tx *tx, void *ctx)
{
    return settle_returned(tx, ((const struct errand *)ctx)->id, STR("wrong card"), NULL);
}

static enum err cancel(struct tx *tx, void *ctx)
{
    return settle_cancelled(tx, ((const struct errand *)ctx)->id, STR("not wanted"), 7, NULL);
}

enum err settle_kit_step(struct books *books, enum settle_kit_step step, int64_t settle_id)
{
    static enum err (*const steps[])(struct tx * tx, void *ctx) = {
        [SETTLE_KIT_PAY] = pay, [SETTLE_KIT_RETURN] = give_back, [SETTLE_KIT_CANCEL] = cancel};
    struct errand errand = {.id = settle_id};

    return books_run(books, steps[step], &errand);
}

int64_t settle_kit_matured(struct books *books, int64_t account_id, int32_t date)
{
    struct ledger_account account = books_get(books, account_id);

    return settle__matured(&account, date).minor;
}
