/* Whole payments in one process: created and completed, two durable commands each; and the same
 * with the channel's QR code taken in between, three. On SQLite and on MariaDB, with the callers on
 * a loop as in the program. The channel itself costs nothing here. */
#include "test/lib/payment_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5, IN_FLIGHT = 1024, WARM_UP = 2000, BATCH = 512 };

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    CHECK(clock_gettime(clock, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct run {
    struct till *till;
    bool with_qr;
    struct slot *slots;
    int64_t wanted;
    int64_t begun;
    int64_t ended;
    struct signal *done;
};

/* One caller: makes a payment, completes it, makes the next. */
struct slot {
    struct run *run;
    struct arena *arena;
    struct payment_create create;
    struct payment_evidence evidence;
    struct channel_result result;
    struct payment_change change;
    struct command command;
};

static void submit(struct slot *slot, const struct command_kind *kind, const void *arg,
                   void (*done)(struct command *command))
{
    slot->command.kind = kind;
    slot->command.arg = arg;
    slot->command.done = done;
    CHECK(store_submit(slot->run->till->store, &slot->command) == ERR_OK);
}

static void begin(struct slot *slot);

static void completed(struct command *command)
{
    struct slot *slot = command->ctx;

    CHECK(command->err == ERR_OK && slot->change.payment.status == PAYMENT_SUCCEEDED);
    begin(slot);
    if (++slot->run->ended == slot->run->wanted) {
        signal_set(slot->run->done); /* the slots are gone from here on */
    }
}

static void complete(struct slot *slot)
{
    slot->evidence.source = PAYMENT_SOURCE_CALLBACK;
    slot->result.outcome = CHANNEL_SUCCEEDED;
    slot->result.transaction_no = STR("4200001234202311226789012345");
    slot->result.account_no = STR(TILL_ACCOUNT_NO);
    slot->result.paid_at_ms = slot->change.payment.created_at_ms + 5000;
    slot->result.payer_id = STR("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    slot->result.bank_type = STR("OTHERS");
    submit(slot, &payment_evidence_kind, &slot->evidence, completed);
}

static void told(struct command *command)
{
    struct slot *slot = command->ctx;

    CHECK(command->err == ERR_OK && slot->change.payment.status == PAYMENT_REQUIRES_ACTION);
    complete(slot);
}

static void created(struct command *command)
{
    struct slot *slot = command->ctx;
    const struct payment *payment = &slot->change.payment;

    CHECK(command->err == ERR_OK && !slot->change.existing);
    slot->evidence = (struct payment_evidence){.attempt_id = payment->attempt_id,
                                               .account_id = slot->run->till->account_id,
                                               .source = PAYMENT_SOURCE_SUBMIT,
                                               .result = &slot->result};
    slot->result = (struct channel_result){
        .outcome = CHANNEL_PENDING,
        .order_no = payment__order_no(slot->arena, payment->attempt_id),
        .qr = STR("weixin://wxpay/bizpayurl?pr=k9VhJbYz1"),
        .amount = payment->amount,
        .currency = payment->currency,
        .evidence = STR("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")};
    if (slot->run->with_qr) {
        submit(slot, &payment_evidence_kind, &slot->evidence, told);
    } else {
        complete(slot);
    }
}

static void begin(struct slot *slot)
{
    struct till *till = slot->run->till;

    if (slot->run->begun == slot->run->wanted) {
        return;
    }
    slot->run->begun++;
    arena_reset(slot->arena);
    slot->create = (struct payment_create){
        .merchant_id = till->merchant_id,
        .app_id = till->app_id,
        .merchant_order_no =
            str_printf(slot->arena, "ORDER-20231122-%09lld", (long long)till->next_no++),
        .amount = AMOUNT(1000),
        .currency = CURRENCY_CNY,
        .method = STR("mock_qr"),
        .subject = STR("Tomato soup, two bowls"),
        .expires_in = 7200,
        .cashier_secret = STR("0123456789ABCDEFGHJK"),
    };
    submit(slot, &payment_create_kind, &slot->create, created);
}

static void begin_all(void *ctx)
{
    struct run *run = ctx;

    for (size_t i = 0; i < IN_FLIGHT; i++) {
        begin(&run->slots[i]);
    }
}

/* Payments per second. */
static int64_t measure(struct till *till, struct loop *loop, bool with_qr, int64_t count)
{
    struct run run = {.till = till, .with_qr = with_qr, .wanted = count, .done = signal_new()};
    int64_t before_us = clock_us(CLOCK_MONOTONIC);
    int64_t took_us;

    run.slots = mem_new(IN_FLIGHT * sizeof(*run.slots));
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        struct slot *slot = &run.slots[i];

        slot->run = &run;
        slot->arena = arena_new();
        slot->command = (struct command){
            .result = &slot->change, .arena = slot->arena, .loop = loop, .ctx = slot};
    }
    loop_call(loop, begin_all, &run);
    CHECK(signal_wait(run.done, -1));
    took_us = clock_us(CLOCK_MONOTONIC) - before_us;
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        arena_free(run.slots[i].arena);
    }
    mem_free(run.slots);
    signal_free(run.done);
    return count * 1000000 / took_us;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

static void bench(const char *scheme, const char *figure, bool with_qr, int64_t count)
{
    struct till *till = till_open(scheme, CHANNEL_FUND_DIRECT);
    struct loop *loop = loop_new("callers", 0, NULL);
    int64_t rates[RUNS];
    int64_t cpu_us;

    loop_start(loop);
    (void)measure(till, loop, with_qr, WARM_UP);
    cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < RUNS; i++) {
        rates[i] = measure(till, loop, with_qr, count);
    }
    cpu_us = (clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us) / (RUNS * count);
    loop_free(loop);
    till_close(till);
    qsort(rates, RUNS, sizeof(rates[0]), by_size);
    printf("%-8s %8d %10lld %10lld %10lld %10lld\n", scheme, with_qr ? 3 : 2,
           (long long)rates[RUNS / 2], (long long)rates[0], (long long)rates[RUNS - 1],
           (long long)cpu_us);
    printf("figure payments.inproc.%s %lld per_second\n", figure, (long long)rates[RUNS / 2]);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : "";

    printf("whole payments a second, %d in flight, at most %d commands in a batch\n", IN_FLIGHT,
           BATCH);
    printf("%-8s %8s %10s %10s %10s %10s\n", "", "commands", "median", "lowest", "highest",
           "us CPU");
    if (strcmp(only, "mysql") != 0) {
        bench("sqlite", "sqlite", false, 40000);
        bench("sqlite", "sqlite.qr", true, 40000);
    }
    if (strcmp(only, "sqlite") != 0) {
        bench("mysql", "mariadb", false, 20000);
        bench("mysql", "mariadb.qr", true, 20000);
    }
    return 0;
}
