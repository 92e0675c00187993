#include "test/lib/payment_kit.h"

#include "business/account/account.h"
#include "business/auth/auth_int.h"
#include "business/operator/operator.h"
#include "business/rate/rate_int.h"
#include "business/review/review.h"
#include "business/settle_rule/settle_rule.h"
#include "business/trade/trade.h"
#include "test/lib/folder.h"
#include "test/lib/mariadb.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int64_t till_now(void *ctx)
{
    return counter_get(ctx);
}

static const struct store_part *const parts[] = {
    &event_part,     &timer_part,      &ledger_part, &calendar_part, &settle_rule_part,
    &auth__store,    &merchant__store, &rate_part,   &account_part,  &channel__store_part,
    &payment__store, &trade_part,      &review_part, &operator_part, &notify__store,
};

static void open_store(struct till *till)
{
    static struct store_part copies[ARRAY_LEN(parts)];
    char detail[256] = "";

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        copies[i] = *parts[i];
    }
    till->options.parts = copies;
    till->options.part_count = ARRAY_LEN(parts);
    if (store_open(&till->options, &till->store, detail) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", detail);
        abort();
    }
}

void till_ran(struct command *command)
{
    signal_set(command->ctx);
}

enum err till_run(struct till *till, const struct command_kind *kind, const void *arg, void *result)
{
    struct command command = {.kind = kind,
                              .arg = arg,
                              .result = result,
                              .arena = till->arena,
                              .done = till_ran,
                              .ctx = signal_new()};

    CHECK(store_submit(till->store, &command) == ERR_OK);
    (void)signal_wait(command.ctx, -1);
    signal_free(command.ctx);
    memcpy(till->param, command.param, sizeof(till->param));
    return command.err;
}

static void set_up(struct till *till, enum channel_fund_mode mode)
{
    struct merchant merchant;
    struct merchant_app app;
    struct rate_contract_outcome contract;
    struct channel_account account = {
        .id = 77,
        .merchant_id = 0,
        .channel = STR("mock"),
        .name = STR("till"),
        .account_no = STR(TILL_ACCOUNT_NO),
        .status = CHANNEL_ENABLED,
        .methods = STR("mock_qr"),
        .fund_mode = mode,
        .currency = CURRENCY_CNY,
        .base_url = STR("http://127.0.0.1:1"),
        .config = STR("{}"),
        .credentials = STR("sealed"),
        .version = 1,
    };
    struct channel_account made;

    CHECK(till_run(till, &merchant__create_kind,
                   &(struct merchant_create){.merchant_no = STR("M1"),
                                             .name = STR("Till"),
                                             .fund_mode = mode == CHANNEL_FUND_COLLECT
                                                              ? MERCHANT_FUND_COLLECT
                                                              : MERCHANT_FUND_DIRECT,
                                             .collect_allowed = true},
                   &merchant) == ERR_OK);
    till->merchant_id = merchant.id;
    CHECK(till_run(till, &merchant__app_kind,
                   &(struct merchant_app_create){.merchant_id = merchant.id, .name = STR("app")},
                   &app) == ERR_OK);
    till->app_id = app.id;
    CHECK(till_run(till, &rate__contract_kind,
                   &(struct rate_contract_create){.merchant_id = merchant.id,
                                                  .set.change = {.currency = CURRENCY_CNY,
                                                                 .rate_millionths = 6000,
                                                                 .fee_min = AMOUNT(1)}},
                   &contract) == ERR_OK);
    till->contract_id = contract.contract.contract.id;
    CHECK(till_run(till, &channel__create_kind, &account, &made) == ERR_OK);
    till->account_id = made.id;
}

struct till *till_open(const char *scheme, enum channel_fund_mode mode)
{
    struct till *till = mem_new(sizeof(*till));
    char folder[200];

    if (strcmp(scheme, "mysql") == 0) {
        (void)snprintf(till->url, sizeof(till->url), "%s", test_mariadb_fresh_url());
    } else {
        CHECK(strcmp(scheme, "sqlite") == 0);
        test_folder(folder, sizeof(folder), "till");
        (void)snprintf(till->url, sizeof(till->url), "sqlite:%s/till.db", folder);
    }
    till->arena = arena_new();
    counter_set(&till->now_ms, TILL_START_MS);
    till->clock = (struct clock){till_now, &till->now_ms};
    till->options = (struct store_options){
        .url = str_of(till->url), .readers = 1, .clock = &till->clock, .migrate = true};
    till->next_no = 1;
    open_store(till);
    set_up(till, mode);
    return till;
}

void till_shut(struct till *till)
{
    store_close(till->store);
    till->store = NULL;
}

void till_start(struct till *till)
{
    open_store(till);
}

void till_reopen(struct till *till)
{
    till_shut(till);
    till_start(till);
}

static void remove_file(struct till *till)
{
    char *file = till->url + strlen("sqlite:");
    char path[320];
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", file, endings[i]);
        (void)unlink(path);
    }
    *strrchr(file, '/') = '\0';
    (void)rmdir(file);
}

void till_close(struct till *till)
{
    if (till->store != NULL) {
        till_shut(till);
    }
    if (strncmp(till->url, "sqlite:", strlen("sqlite:")) == 0) {
        remove_file(till);
    }
    arena_free(till->arena);
    mem_free(till);
}

struct payment_create till_order(struct till *till)
{
    return (struct payment_create){
        .merchant_id = till->merchant_id,
        .app_id = till->app_id,
        .merchant_order_no = str_printf(till->arena, "A%08lld", (long long)till->next_no++),
        .amount = AMOUNT(1000),
        .currency = CURRENCY_CNY,
        .method = STR("mock_qr"),
        .subject = STR("Tomato soup"),
        .expires_in = 7200,
        .cashier_secret = STR("0123456789ABCDEFGHJK"),
        .collect_allowed = true,
    };
}

static enum err put_rate(struct tx *tx, const void *arg, void *result)
{
    struct rate row;

    (void)result;
    TRY(rate__row_of(tx, arg, &row));
    return rate__put(tx, &row);
}

void till_rate(struct till *till, enum rate_kind kind, int64_t flat, enum rate_refund_policy policy)
{
    static const struct command_kind put = {.name = "test.rate", .apply = put_rate};
    const struct rate_change change = {.owner = STR("platform"),
                                       .kind = kind,
                                       .currency = CURRENCY_CNY,
                                       .flat = AMOUNT(flat),
                                       .refund_policy = policy};

    CHECK(till_run(till, &put, &change, NULL) == ERR_OK);
}

static enum err put_card(struct tx *tx, const void *arg, void *result)
{
    const struct till *till = arg;
    const struct account_card card = {.id = tx_id(tx),
                                      .merchant_id = till->merchant_id,
                                      .kind = ACCOUNT_CARD_CORPORATE,
                                      .bank_code = STR("ICBC"),
                                      .masked = STR("622202******0123"),
                                      .is_default = true,
                                      .default_of = till->merchant_id,
                                      .status = ACCOUNT_CARD_ACTIVE,
                                      .version = 1};

    *(int64_t *)result = card.id;
    return tx_insert(tx, &account_card_table, &card);
}

int64_t till_card(struct till *till)
{
    static const struct command_kind put = {
        .name = "test.card", .apply = put_card, .result_size = sizeof(int64_t)};
    int64_t id;

    CHECK(till_run(till, &put, till, &id) == ERR_OK);
    return id;
}

enum err till_create(struct till *till, const struct payment_create *create,
                     struct payment_change *change)
{
    return till_run(till, &payment_create_kind, create, change);
}

struct channel_result till_paid(const struct till *till, const struct payment *payment)
{
    return (struct channel_result){
        .outcome = CHANNEL_SUCCEEDED,
        .order_no = payment__order_no(till->arena, payment->attempt_id),
        .transaction_no = STR("4200001234"),
        .amount = payment->amount,
        .currency = payment->currency,
        .account_no = STR(TILL_ACCOUNT_NO),
        .paid_at_ms = counter_get(&till->now_ms),
        .payer_id = STR("o-payer"),
        .evidence = STR("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
    };
}

enum err till_say(struct till *till, const struct payment *payment, enum payment_source source,
                  const struct channel_result *result, struct payment_change *change)
{
    const struct payment_evidence evidence = {.attempt_id = payment->attempt_id,
                                              .account_id = till->account_id,
                                              .source = source,
                                              .result = result};

    return till_run(till, &payment_evidence_kind, &evidence, change);
}

/* ---- looking ---- */

struct look {
    struct till *till;
    int64_t id;
    struct payment payment;
    struct event *events;
    size_t count;
    struct ledger_account_key key;
    struct ledger_account account;
    struct timer_row {
        int64_t id, object_id, kind, due_at_ms;
    } timer;
    enum err err;
};

static void look_payment(void *ctx, struct reader *reader)
{
    struct look *look = ctx;

    look->err = payment_read(reader, look->id, look->till->arena, &look->payment);
}

struct payment till_payment(struct till *till, int64_t id)
{
    struct look look = {.till = till, .id = id};

    CHECK(store_read(till->store, look_payment, &look) == ERR_OK && look.err == ERR_OK);
    return look.payment;
}

static void look_events(void *ctx, struct reader *reader)
{
    struct look *look = ctx;
    struct event event;

    look->events = ARENA_ARRAY(look->till->arena, struct event, 4096);
    for (int64_t id = 1; look->count < 4096; id++) {
        if (reader_get(reader, &event_table, id, look->till->arena, &event) != ERR_OK) {
            return;
        }
        if (event.object_id == look->id) {
            look->events[look->count++] = event;
        }
    }
}

struct str till_events(struct till *till, int64_t payment_id)
{
    struct look look = {.till = till, .id = payment_id};
    struct buf types;

    CHECK(store_read(till->store, look_events, &look) == ERR_OK);
    buf_init_arena(&types, till->arena, 4096);
    for (size_t i = 0; i < look.count; i++) {
        CHECK(i == 0 || look.events[i].sequence > look.events[i - 1].sequence);
        buf_printf(&types, "%s" STR_FMT, i == 0 ? "" : " ", STR_ARG(look.events[i].type));
    }
    return buf_str(&types);
}

static void look_journals(void *ctx, struct reader *reader)
{
    struct look *look = ctx;
    struct ledger_journal_view *views;

    look->err = ledger_read_business(reader, LEDGER_SOURCE_PAYMENT, look->id, look->till->arena,
                                     &views, &look->count);
}

size_t till_journals(struct till *till, int64_t payment_id)
{
    struct look look = {.till = till, .id = payment_id};

    CHECK(store_read(till->store, look_journals, &look) == ERR_OK && look.err == ERR_OK);
    return look.count;
}

static void look_account(void *ctx, struct reader *reader)
{
    struct look *look = ctx;

    look->err = ledger_read_account_key(reader, &look->key, look->till->arena, &look->account);
}

int64_t till_balance(struct till *till, int64_t owner_id, int64_t code)
{
    struct look look = {.till = till, .key = {owner_id, code, CURRENCY_CNY}};

    CHECK(store_read(till->store, look_account, &look) == ERR_OK);
    return look.err == ERR_OK ? look.account.posted.minor : 0;
}

int64_t till_immature(struct till *till, int32_t date)
{
    struct look look = {.till = till,
                        .key = {till->merchant_id, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY}};

    CHECK(store_read(till->store, look_account, &look) == ERR_OK && look.err == ERR_OK);
    return ledger_immature(&look.account, date).minor;
}

static void look_timer(void *ctx, struct reader *reader)
{
    struct look *look = ctx;
    const struct timer_row key = {.object_id = look->id, .kind = payment__timer.number};

    look->err = reader_find(reader, &timer_table, 0, &key, look->till->arena, &look->timer);
}

bool till_timer(struct till *till, int64_t payment_id, int64_t *due_at_ms)
{
    struct look look = {.till = till, .id = payment_id};

    CHECK(store_read(till->store, look_timer, &look) == ERR_OK);
    *due_at_ms = look.timer.due_at_ms;
    return look.err == ERR_OK;
}
