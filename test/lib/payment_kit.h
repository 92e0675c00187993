/* Payments in one process: a store with every part, a merchant with its price and a channel
 * account, and the channel played by the test. */
#ifndef TEST_LIB_PAYMENT_KIT_H
#define TEST_LIB_PAYMENT_KIT_H

#include "business/channel/channel_int.h"
#include "business/merchant/merchant_int.h"
#include "business/notify/notify_int.h"
#include "business/payment/payment_int.h"
#include "business/rate/rate.h"

#define TILL_START_MS INT64_C(1763773200000)
#define TILL_ACCOUNT_NO "1900000001"

struct till {
    struct arena *arena;
    char url[300];
    struct counter now_ms;
    struct clock clock;
    struct store_options options;
    struct store *store;
    int64_t merchant_id;
    int64_t app_id;
    int64_t account_id;
    int64_t contract_id;
    int64_t next_no;
    char param[JSON_PARAM_MAX]; /* of the last refusal */
};

/* scheme: "sqlite" or "mysql", a new database. The merchant pays 0.6 %, at least 1. */
struct till *till_open(const char *scheme, enum channel_fund_mode mode);
void till_close(struct till *till);
void till_reopen(struct till *till);
/* The halves of till_reopen, for tests that fork in between. */
void till_shut(struct till *till);
void till_start(struct till *till);

enum err till_run(struct till *till, const struct command_kind *kind, const void *arg,
                  void *result);
/* The done of commands that tests submit themselves: sets the signal in ctx. */
void till_ran(struct command *command);
/* The platform's default rate in CNY, from now on. policy: of kind refund, else 0. */
void till_rate(struct till *till, enum rate_kind kind, int64_t flat,
               enum rate_refund_policy policy);
int64_t till_card(struct till *till); /* gives the merchant a default card */
/* A create of 1000 CNY fen under a new order number, to be changed by the caller. */
struct payment_create till_order(struct till *till);
enum err till_create(struct till *till, const struct payment_create *create,
                     struct payment_change *change);
/* What the channel says of a payment. */
struct channel_result till_paid(const struct till *till, const struct payment *payment);
enum err till_say(struct till *till, const struct payment *payment, enum payment_source source,
                  const struct channel_result *result, struct payment_change *change);

struct payment till_payment(struct till *till, int64_t id); /* as stored */
/* Events of a payment, in order, blank-separated: "payment.requires_action payment.succeeded". */
struct str till_events(struct till *till, int64_t payment_id);
size_t till_journals(struct till *till, int64_t payment_id);
/* Posted balance of an account; 0 when there is none. */
int64_t till_balance(struct till *till, int64_t owner_id, int64_t code);
/* What of the merchant's payable has not matured by the date. */
int64_t till_immature(struct till *till, int32_t date);
bool till_timer(struct till *till, int64_t payment_id, int64_t *due_at_ms);

#endif
