/* Every shipped template worked in debits and credits, written out by hand; what a new version of a
 * template must be; which version is used when. */
#include "base/time.h"
#include "money/ledger/ledger_voucher_int.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, CHANNEL = 22, RECEIVER = 33, TODAY = 20251122, TOMORROW = 20251123 };
#define D LEDGER_DEBIT
#define C LEDGER_CREDIT

static enum err voucher_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_voucher_post(tx, arg, result);
}

static void voucher_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger_prefetch_voucher(pre, arg, round);
}

static enum err check_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return ledger_voucher_check(tx, arg);
}

static enum err check(struct books *books, const struct ledger_voucher *voucher)
{
    static const struct command_kind kind = {
        .name = "test.voucher_check", .prefetch = voucher_prefetch, .apply = check_apply};

    return books_command(books, &kind, voucher, NULL);
}

static enum err post(struct books *books, const struct ledger_voucher *voucher,
                     struct ledger_posted *posted)
{
    static const struct command_kind kind = {
        .name = "test.voucher",
        .prefetch = voucher_prefetch,
        .apply = voucher_apply,
        .result_size = sizeof(struct ledger_posted),
    };

    return books_command(books, &kind, voucher, posted);
}

static void journal_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_journal_view *view = ctx;

    assert_ok(ledger_read_journal(reader, view->id, books->arena, view));
}

/* ---- the shipped set ---- */

struct due {
    enum ledger_side side; /* 0 ends the list */
    int64_t code;
    int64_t owner;
    enum currency currency; /* 0: CNY */
    int64_t amount;
};

struct worked {
    const char *what;
    struct ledger_voucher voucher;
    enum ledger_source source;
    enum ledger_operation operation;
    struct due due[6];
};

#define GROSS(n) [LEDGER_AMOUNT_GROSS] = {n}
#define FEE(n) [LEDGER_AMOUNT_FEE] = {n}
#define COST(n) [LEDGER_AMOUNT_COST] = {n}
#define NET(n) [LEDGER_AMOUNT_NET] = {n}
#define PAID(n) [LEDGER_AMOUNT_PAID] = {n}
#define SHORT(n) [LEDGER_AMOUNT_SHORT] = {n}
#define DIFFERENCE(n) [LEDGER_AMOUNT_DIFFERENCE] = {n}
#define SOLD(n) [LEDGER_AMOUNT_SOLD] = {n}
#define BOUGHT(n) [LEDGER_AMOUNT_BOUGHT] = {n}
#define ROUNDING(n) [LEDGER_AMOUNT_ROUNDING] = {n}

#define EVENT(event_, ...)                                                                         \
    {                                                                                              \
        .event = LEDGER_EVENT_##event_, .amounts = { __VA_ARGS__ }                                 \
    }
#define DIRECT(event_, ...)                                                                        \
    {                                                                                              \
        .event = LEDGER_EVENT_##event_, .mode = LEDGER_FUND_DIRECT, .amounts = { __VA_ARGS__ }     \
    }
#define COLLECT(event_, ...)                                                                       \
    {                                                                                              \
        .event = LEDGER_EVENT_##event_, .mode = LEDGER_FUND_COLLECT, .amounts = { __VA_ARGS__ }    \
    }
#define EXCHANGE(event_, from_, to_, ...)                                                          \
    {                                                                                              \
        .event = LEDGER_EVENT_##event_, .currency = CURRENCY_##from_,                              \
        .other_currency = CURRENCY_##to_, .amounts = {                                             \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define BOOKED(source_, operation_) LEDGER_SOURCE_##source_, LEDGER_OPERATION_##operation_

static const struct worked shipped[] = {
    {"payment of 100.00, fee 0.60, direct",
     DIRECT(PAYMENT_SUCCEEDED, GROSS(10000), FEE(60)),
     BOOKED(PAYMENT, SUCCEEDED),
     {{D, 1122, MERCHANT, 0, 60}, {C, 6021, LEDGER_PLATFORM, 0, 60}}},
    {"payment of 100.00, fee 0.60, collect",
     COLLECT(PAYMENT_SUCCEEDED, GROSS(10000), FEE(60)),
     BOOKED(PAYMENT, SUCCEEDED),
     {{D, 1131, CHANNEL, 0, 10000},
      {C, 2241, MERCHANT, 0, 9940},
      {C, 6021, LEDGER_PLATFORM, 0, 60}}},
    {"conflicted payment, direct: nothing of ours moved",
     DIRECT(PAYMENT_CONFLICTED, GROSS(9999)),
     BOOKED(PAYMENT, CONFLICTED),
     {{0}}},
    {"conflicted payment, collect",
     COLLECT(PAYMENT_CONFLICTED, GROSS(9999)),
     BOOKED(PAYMENT, CONFLICTED),
     {{D, 1131, CHANNEL, 0, 9999}, {C, 2291, LEDGER_PLATFORM, 0, 9999}}},
    {"the channel takes 0.20",
     EVENT(CHANNEL_COST_ACCRUED, COST(20)),
     BOOKED(PAYMENT, COST),
     {{D, 6421, LEDGER_PLATFORM, 0, 20}, {C, 2251, CHANNEL, 0, 20}}},
    {"the channel settles 100.00 net of 0.20",
     EVENT(CHANNEL_SETTLED, GROSS(10000), COST(20)),
     BOOKED(CHANNEL, SETTLED),
     {{D, 1002, LEDGER_PLATFORM, 0, 9980},
      {D, 2251, CHANNEL, 0, 20},
      {C, 1131, CHANNEL, 0, 10000}}},
    {"the channel settles 100.00 and bills apart",
     EVENT(CHANNEL_SETTLED, GROSS(10000)),
     BOOKED(CHANNEL, SETTLED),
     {{D, 1002, LEDGER_PLATFORM, 0, 10000}, {C, 1131, CHANNEL, 0, 10000}}},
    {"refund of 30.00, direct: 0.18 of the fee goes back",
     DIRECT(REFUND_SUCCEEDED, GROSS(3000), FEE(18)),
     BOOKED(REFUND, SUCCEEDED),
     {{D, 6021, LEDGER_PLATFORM, 0, 18}, {C, 1122, MERCHANT, 0, 18}}},
    {"refund of 30.00, the fee is kept",
     COLLECT(REFUND_SUCCEEDED, GROSS(3000)),
     BOOKED(REFUND, SUCCEEDED),
     {{D, 2241, MERCHANT, 0, 3000}, {C, 1131, CHANNEL, 0, 3000}}},
    {"refund of 30.00, 0.18 of the fee goes back",
     COLLECT(REFUND_SUCCEEDED, GROSS(3000), FEE(18)),
     BOOKED(REFUND, SUCCEEDED),
     {{D, 2241, MERCHANT, 0, 3000},
      {C, 1131, CHANNEL, 0, 3000},
      {D, 6021, LEDGER_PLATFORM, 0, 18},
      {C, 2241, MERCHANT, 0, 18}}},
    {"settlement of 500.00 for a fee of 1.00 goes to the bank",
     EVENT(SETTLEMENT_SENT, GROSS(50000), FEE(100)),
     BOOKED(SETTLEMENT, SENT),
     {{D, 2241, MERCHANT, 0, 50000},
      {C, 1012, LEDGER_PLATFORM, 0, 49900},
      {C, 6021, LEDGER_PLATFORM, 0, 100}}},
    {"the bank has paid it",
     EVENT(SETTLEMENT_PAID, NET(49900)),
     BOOKED(SETTLEMENT, PAID),
     {{D, 1012, LEDGER_PLATFORM, 0, 49900}, {C, 1002, LEDGER_PLATFORM, 0, 49900}}},
    {"the bank has refused it; the fee is kept",
     EVENT(SETTLEMENT_RETURNED, NET(49900)),
     BOOKED(SETTLEMENT, RETURNED),
     {{D, 1012, LEDGER_PLATFORM, 0, 49900}, {C, 2241, MERCHANT, 0, 49900}}},
    {"it came back after it had been paid; the fee is given back",
     EVENT(SETTLEMENT_RETURNED, NET(49900), PAID(49900), FEE(100)),
     BOOKED(SETTLEMENT, RETURNED),
     {{D, 1002, LEDGER_PLATFORM, 0, 49900},
      {D, 6021, LEDGER_PLATFORM, 0, 100},
      {C, 2241, MERCHANT, 0, 50000}}},
    {"cash-out of 50.00 without a fee",
     EVENT(CASH_SENT, GROSS(5000)),
     BOOKED(CASH, SENT),
     {{D, 2241, MERCHANT, 0, 5000}, {C, 1012, LEDGER_PLATFORM, 0, 5000}}},
    {"cash-out of 50.00 for a fee of 2.00",
     EVENT(CASH_SENT, GROSS(5000), FEE(200)),
     BOOKED(CASH, SENT),
     {{D, 2241, MERCHANT, 0, 5000},
      {C, 1012, LEDGER_PLATFORM, 0, 4800},
      {C, 6021, LEDGER_PLATFORM, 0, 200}}},
    {"the bank has paid the cash-out",
     EVENT(CASH_PAID, NET(4800)),
     BOOKED(CASH, PAID),
     {{D, 1012, LEDGER_PLATFORM, 0, 4800}, {C, 1002, LEDGER_PLATFORM, 0, 4800}}},
    {"the bank has refused the cash-out; the fee is given back",
     EVENT(CASH_RETURNED, NET(4800), FEE(200)),
     BOOKED(CASH, RETURNED),
     {{D, 1012, LEDGER_PLATFORM, 0, 4800},
      {D, 6021, LEDGER_PLATFORM, 0, 200},
      {C, 2241, MERCHANT, 0, 5000}}},
    {"a share of 12.00",
     EVENT(PROFIT_SHARED, GROSS(1200)),
     BOOKED(SHARE, SUCCEEDED),
     {{D, 2241, MERCHANT, 0, 1200}, {C, 2241, RECEIVER, 0, 1200}}},
    {"a lost dispute of 80.00",
     EVENT(CHARGEBACK_LOST, GROSS(8000)),
     BOOKED(DISPUTE, LOST),
     {{D, 2241, MERCHANT, 0, 8000}, {C, 1131, CHANNEL, 0, 8000}}},
    {"a lost dispute of 80.00 of which the merchant has 50.00",
     EVENT(CHARGEBACK_LOST, GROSS(8000), SHORT(3000)),
     BOOKED(DISPUTE, LOST),
     {{D, 2241, MERCHANT, 0, 5000}, {D, 1221, MERCHANT, 0, 3000}, {C, 1131, CHANNEL, 0, 8000}}},
    {"a lost dispute of 80.00 and the merchant has nothing",
     EVENT(CHARGEBACK_LOST, GROSS(8000), SHORT(8000)),
     BOOKED(DISPUTE, LOST),
     {{D, 1221, MERCHANT, 0, 8000}, {C, 1131, CHANNEL, 0, 8000}}},
    {"a surplus of 70.00 at the channel",
     EVENT(SURPLUS_FOUND, GROSS(7000)),
     BOOKED(DIFFERENCE, FOUND),
     {{D, 1131, CHANNEL, 0, 7000}, {C, 2291, LEDGER_PLATFORM, 0, 7000}}},
    {"the surplus was a merchant's payment, fee 0.42",
     EVENT(SURPLUS_RESOLVED, GROSS(7000), FEE(42)),
     BOOKED(DIFFERENCE, RESOLVED),
     {{D, 2291, LEDGER_PLATFORM, 0, 7000},
      {C, 2241, MERCHANT, 0, 6958},
      {C, 6021, LEDGER_PLATFORM, 0, 42}}},
    {"the surplus goes back to the payer",
     EVENT(SURPLUS_REFUNDED, GROSS(7000)),
     BOOKED(DIFFERENCE, REFUNDED),
     {{D, 2291, LEDGER_PLATFORM, 0, 7000}, {C, 1131, CHANNEL, 0, 7000}}},
    {"a shortage of 40.00 at the channel",
     EVENT(SHORTAGE_FOUND, GROSS(4000)),
     BOOKED(DIFFERENCE, FOUND),
     {{D, 1291, LEDGER_PLATFORM, 0, 4000}, {C, 1131, CHANNEL, 0, 4000}}},
    {"the shortage came after all",
     EVENT(SHORTAGE_RECEIVED, GROSS(4000)),
     BOOKED(DIFFERENCE, RECEIVED),
     {{D, 1131, CHANNEL, 0, 4000}, {C, 1291, LEDGER_PLATFORM, 0, 4000}}},
    {"the shortage is written off",
     EVENT(SHORTAGE_WRITTEN_OFF, GROSS(4000)),
     BOOKED(DIFFERENCE, WRITTEN_OFF),
     {{D, 6711, LEDGER_PLATFORM, 0, 4000}, {C, 1291, LEDGER_PLATFORM, 0, 4000}}},
    {"the channel took 0.05 more than was agreed",
     EVENT(CHANNEL_FEE_DIFFERED, DIFFERENCE(5)),
     BOOKED(DIFFERENCE, CHARGED),
     {{D, 6421, LEDGER_PLATFORM, 0, 5}, {C, 1131, CHANNEL, 0, 5}}},
    {"the channel took 0.05 less than was agreed",
     EVENT(CHANNEL_FEE_DIFFERED, DIFFERENCE(-5)),
     BOOKED(DIFFERENCE, CHARGED),
     {{C, 6421, LEDGER_PLATFORM, 0, 5}, {D, 1131, CHANNEL, 0, 5}}},
    {"a merchant tops up 1000.00",
     EVENT(MERCHANT_TOPPED_UP, GROSS(100000)),
     BOOKED(TOP_UP, SUCCEEDED),
     {{D, 1002, LEDGER_PLATFORM, 0, 100000}, {C, 2241, MERCHANT, 0, 100000}}},
    {"a merchant tops up 1000.00 for a fee of 3.00",
     EVENT(MERCHANT_TOPPED_UP, GROSS(100000), FEE(300)),
     BOOKED(TOP_UP, SUCCEEDED),
     {{D, 1002, LEDGER_PLATFORM, 0, 100000},
      {C, 2241, MERCHANT, 0, 99700},
      {C, 6021, LEDGER_PLATFORM, 0, 300}}},
    {"a deposit of 2000.00 comes from the bank",
     EVENT(DEPOSIT_PAID_IN, GROSS(200000)),
     BOOKED(DEPOSIT, PAID),
     {{D, 1002, LEDGER_PLATFORM, 0, 200000}, {C, 2245, MERCHANT, 0, 200000}}},
    {"a deposit of 300.00 is taken from the balance",
     EVENT(DEPOSIT_TAKEN, GROSS(30000)),
     BOOKED(DEPOSIT, CHARGED),
     {{D, 2241, MERCHANT, 0, 30000}, {C, 2245, MERCHANT, 0, 30000}}},
    {"the deposit is given back",
     EVENT(DEPOSIT_RETURNED, GROSS(30000)),
     BOOKED(DEPOSIT, RETURNED),
     {{D, 2245, MERCHANT, 0, 30000}, {C, 2241, MERCHANT, 0, 30000}}},
    {"10.00 USD sold for 71.23 CNY at 7.1236: we gain 0.006, rounded 0.01",
     EXCHANGE(CURRENCY_SOLD, USD, CNY, SOLD(1000), BOUGHT(7123), ROUNDING(1)),
     BOOKED(EXCHANGE, SUCCEEDED),
     {{D, 2241, MERCHANT, CURRENCY_USD, 1000},
      {C, 1321, LEDGER_PLATFORM, CURRENCY_USD, 1000},
      {D, 1321, LEDGER_PLATFORM, CURRENCY_CNY, 7124},
      {C, 2241, MERCHANT, CURRENCY_CNY, 7123},
      {C, 6061, LEDGER_PLATFORM, CURRENCY_CNY, 1}}},
    {"10.00 USD sold for 71.24 CNY: we lose 0.01 by rounding",
     EXCHANGE(CURRENCY_SOLD, USD, CNY, SOLD(1000), BOUGHT(7124), ROUNDING(-1)),
     BOOKED(EXCHANGE, SUCCEEDED),
     {{D, 2241, MERCHANT, CURRENCY_USD, 1000},
      {C, 1321, LEDGER_PLATFORM, CURRENCY_USD, 1000},
      {D, 1321, LEDGER_PLATFORM, CURRENCY_CNY, 7123},
      {C, 2241, MERCHANT, CURRENCY_CNY, 7124},
      {D, 6061, LEDGER_PLATFORM, CURRENCY_CNY, 1}}},
    {"10.00 USD bought for 71.50 CNY, nothing to round",
     EXCHANGE(CURRENCY_BOUGHT, CNY, USD, SOLD(7150), BOUGHT(1000)),
     BOOKED(EXCHANGE, SUCCEEDED),
     {{D, 2241, MERCHANT, CURRENCY_CNY, 7150},
      {C, 1321, LEDGER_PLATFORM, CURRENCY_CNY, 7150},
      {D, 1321, LEDGER_PLATFORM, CURRENCY_USD, 1000},
      {C, 2241, MERCHANT, CURRENCY_USD, 1000}}},
    {"10.00 USD bought for 71.51 CNY: we gain 0.01 by rounding",
     EXCHANGE(CURRENCY_BOUGHT, CNY, USD, SOLD(7151), BOUGHT(1000), ROUNDING(1)),
     BOOKED(EXCHANGE, SUCCEEDED),
     {{D, 2241, MERCHANT, CURRENCY_CNY, 7151},
      {C, 1321, LEDGER_PLATFORM, CURRENCY_CNY, 7150},
      {C, 6061, LEDGER_PLATFORM, CURRENCY_CNY, 1},
      {D, 1321, LEDGER_PLATFORM, CURRENCY_USD, 1000},
      {C, 2241, MERCHANT, CURRENCY_USD, 1000}}},
    {"interest of 0.37",
     EVENT(INTEREST_PAID, GROSS(37)),
     BOOKED(INTEREST, SUCCEEDED),
     {{D, 6411, LEDGER_PLATFORM, 0, 37}, {C, 2241, MERCHANT, 0, 37}}},
    {"the platform's fee of the day, 5.00, collect",
     COLLECT(PLATFORM_FEE_CHARGED, FEE(500)),
     BOOKED(FEE, CHARGED),
     {{D, 2241, MERCHANT, 0, 500}, {C, 6021, LEDGER_PLATFORM, 0, 500}}},
    {"the platform's fee of the day, 5.00, direct",
     DIRECT(PLATFORM_FEE_CHARGED, FEE(500)),
     BOOKED(FEE, CHARGED),
     {{D, 1122, MERCHANT, 0, 500}, {C, 6021, LEDGER_PLATFORM, 0, 500}}},
    {"an adjustment of 15.00 in the merchant's favour",
     EVENT(ADJUSTMENT_CREDITED, GROSS(1500)),
     BOOKED(ADJUSTMENT, SUCCEEDED),
     {{D, 6711, LEDGER_PLATFORM, 0, 1500}, {C, 2241, MERCHANT, 0, 1500}}},
    {"an adjustment of 15.00 against the merchant",
     EVENT(ADJUSTMENT_DEBITED, GROSS(1500)),
     BOOKED(ADJUSTMENT, SUCCEEDED),
     {{D, 2241, MERCHANT, 0, 1500}, {C, 6301, LEDGER_PLATFORM, 0, 1500}}},
    {"a court takes 90.00 of the balance",
     EVENT(BALANCE_DEDUCTED, GROSS(9000)),
     BOOKED(OPERATOR, DEDUCTED),
     {{D, 2241, MERCHANT, 0, 9000}, {C, 1002, LEDGER_PLATFORM, 0, 9000}}},
    {"and 90.00 of the deposit",
     EVENT(DEPOSIT_DEDUCTED, GROSS(9000)),
     BOOKED(OPERATOR, DEDUCTED),
     {{D, 2245, MERCHANT, 0, 9000}, {C, 1002, LEDGER_PLATFORM, 0, 9000}}},
    {"0.60 of a refund are the fee that is given back",
     EVENT(REFUND_FROM_FEE, FEE(60)),
     BOOKED(REFUND, SUCCEEDED),
     {{D, 6021, LEDGER_PLATFORM, 0, 60}, {C, 1131, CHANNEL, 0, 60}}},
};

/* Money on all accounts of the merchant that are spent from. */
static void fund(struct books *books)
{
    static const struct ledger_account_key keys[] = {{MERCHANT, 2241, CURRENCY_CNY},
                                                     {MERCHANT, 2241, CURRENCY_USD},
                                                     {MERCHANT, 2245, CURRENCY_CNY}};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        int64_t bank = books_account(books, LEDGER_PLATFORM, 1002, keys[i].currency);
        int64_t account = books_account(books, keys[i].owner_id, keys[i].code, keys[i].currency);

        assert_ok(books_transfer(books, bank, account, 1000000));
    }
}

static void assert_worked(struct books *books, const struct worked *worked, int64_t journal_id)
{
    struct ledger_journal_view view = {.id = journal_id};
    size_t count = 0;

    books_read(books, journal_run, &view);
    while (count < ARRAY_LEN(worked->due) && worked->due[count].side != 0) {
        count++;
    }
    assert_int_equal(view.entry_count, count);
    assert_int_equal(view.reference.source, worked->source);
    assert_int_equal(view.reference.operation, worked->operation);
    assert_int_equal(ledger_template_event(view.voucher), worked->voucher.event);
    assert_int_equal(ledger_template_mode(view.voucher), worked->voucher.mode);
    assert_int_equal(ledger_template_version(view.voucher), 1);
    for (size_t i = 0; i < count; i++) {
        struct ledger_account account = books_get(books, view.entries[i].account_id);
        const struct due *due = &worked->due[i];

        assert_int_equal(view.entries[i].side, due->side);
        assert_int_equal(account.code, due->code);
        assert_int_equal(account.owner_id, due->owner);
        assert_int_equal(account.currency, due->currency == 0 ? CURRENCY_CNY : due->currency);
        assert_int_equal(view.entries[i].amount.minor, due->amount);
    }
}

static void every_shipped_template_is_worked_in_debits_and_credits(void **state)
{
    struct books *books = books_open(*state);
    bool seen[LEDGER_EVENT_END] = {false};

    fund(books);
    for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
        struct ledger_voucher voucher = shipped[i].voucher;
        struct ledger_posted posted, again;

        voucher.business_no = 5000 + (int64_t)i;
        voucher.merchant_id = MERCHANT;
        voucher.channel_account_id = CHANNEL;
        voucher.receiver_id = RECEIVER;
        voucher.currency = voucher.currency == 0 ? CURRENCY_CNY : voucher.currency;
        print_message("%s\n", shipped[i].what);
        assert_ok(post(books, &voucher, &posted));
        assert_ok(post(books, &voucher, &again));
        if (shipped[i].due[0].side == 0) {
            assert_int_equal(posted.journal_id, 0);
        } else {
            assert_worked(books, &shipped[i], posted.journal_id);
            assert_true(again.exists);
            assert_int_equal(again.journal_id, posted.journal_id);
        }
        seen[voucher.event] = true;
    }
    for (int event = 1; event < LEDGER_EVENT_END; event++) {
        assert_true(seen[event]);
        assert_string_equal(ledger_event_names[event - 1].name,
                            enum_name_of(ledger_event_names, event));
    }
    books_assert_right(books);
    books_close(books);
}

/* ---- amounts ---- */

static void amounts_stay_within_their_limits(void **state)
{
    static const struct {
        struct ledger_voucher voucher;
        const char *param;
    } wrong[] = {
        {EVENT(CHANNEL_COST_ACCRUED, COST(0)), "cost"},
        {EVENT(CHANNEL_SETTLED, GROSS(0)), "gross"},
        {EVENT(CHANNEL_SETTLED, GROSS(100), COST(101)), "cost"},
        {EVENT(SETTLEMENT_SENT, GROSS(100), FEE(-1)), "fee"},
        {EVENT(SETTLEMENT_SENT, GROSS(100), NET(99)), "net"},
        {EVENT(SETTLEMENT_RETURNED, NET(100), PAID(101)), "paid"},
        {EVENT(CHARGEBACK_LOST, GROSS(100), SHORT(101)), "short"},
        {EVENT(CHANNEL_FEE_DIFFERED, DIFFERENCE(0)), "difference"},
        {EVENT(CURRENCY_SOLD, SOLD(1)), "bought"},
        {DIRECT(PAYMENT_SUCCEEDED, GROSS(100), FEE(101)), "fee"},
    };
    struct books *books = books_open(*state);
    struct ledger_posted posted;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct ledger_voucher voucher = wrong[i].voucher;

        voucher.business_no = 1;
        voucher.merchant_id = MERCHANT;
        voucher.channel_account_id = CHANNEL;
        voucher.currency = voucher.other_currency = CURRENCY_CNY;
        assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_AMOUNT, wrong[i].param);
    }
    assert_int_equal(books_prove(books).accounts, 0);
    books_close(books);
}

static void an_event_without_a_template_is_refused(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = EVENT(PAYMENT_SUCCEEDED, GROSS(100));
    struct ledger_posted posted;

    voucher.business_no = 1;
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_VOUCHER, "event");
    voucher.event = LEDGER_EVENT_END;
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_VOUCHER, "event");
    books_close(books);
}

static void a_sum_beyond_63_bits_is_refused(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = EVENT(SETTLEMENT_RETURNED, NET(INT64_MAX), FEE(INT64_MAX));
    struct ledger_posted posted;

    voucher.business_no = 1;
    voucher.merchant_id = MERCHANT;
    voucher.currency = CURRENCY_CNY;
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_OVERFLOW, "amount");
    books_close(books);
}

static void money_of_a_voucher_may_mature_later(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher voucher = COLLECT(PAYMENT_SUCCEEDED, GROSS(10000), FEE(60));
    struct ledger_posted posted;
    struct ledger_account payable;

    voucher.business_no = 1;
    voucher.merchant_id = MERCHANT;
    voucher.channel_account_id = CHANNEL;
    voucher.currency = CURRENCY_CNY;
    voucher.matures_on = TOMORROW;
    assert_ok(post(books, &voucher, &posted));
    payable = books_get(books, books_account(books, MERCHANT, 2241, CURRENCY_CNY));
    assert_int_equal(ledger_immature(&payable, TODAY).minor, 9940);
    assert_int_equal(ledger_available(&payable, TODAY).minor, 0);
    assert_int_equal(ledger_available(&payable, TOMORROW).minor, 9940);
    books_assert_right(books);
    books_close(books);
}

/* ---- captures ---- */

static enum err capture_apply(struct tx *tx, const void *arg, void *result)
{
    return ledger_voucher_capture(tx, arg, result);
}

static void capture_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    ledger_prefetch_voucher_capture(pre, arg, round);
}

static void a_voucher_may_capture_a_hold(void **state)
{
    static const struct command_kind kind = {
        .name = "test.capture",
        .prefetch = capture_prefetch,
        .apply = capture_apply,
        .result_size = sizeof(struct ledger_held),
    };
    struct books *books = books_open(*state);
    struct ledger_hold_place place = {.kind = LEDGER_HOLD_WITHDRAWAL, .amount = {5000}};
    struct ledger_voucher_capture capture = {.voucher = EVENT(CASH_SENT, GROSS(4000), FEE(200))};
    struct ledger_held held;
    struct ledger_account payable;

    fund(books);
    place.reference = books_reference(books, LEDGER_OPERATION_HOLD);
    place.account_id = books_account(books, MERCHANT, 2241, CURRENCY_CNY);
    assert_ok(books_command(books, &ledger_place_kind, &place, &held));
    capture.hold_id = held.hold_id;
    capture.whole = true;
    capture.placer = LEDGER_SOURCE_OPERATOR;
    capture.voucher.business_no = 77;
    capture.voucher.merchant_id = MERCHANT;
    capture.voucher.currency = CURRENCY_CNY;
    capture.memo = STR("by the court");
    assert_ok(books_command(books, &kind, &capture, &held));
    assert_false(held.exists);
    assert_ok(books_command(books, &kind, &capture, &held));
    assert_true(held.exists);
    capture.memo = STR("by another");
    assert_refused(books, books_command(books, &kind, &capture, &held), ERR_LEDGER_CONFLICT,
                   "memo");
    payable = books_get(books, place.account_id);
    assert_int_equal(payable.posted.minor, 1000000 - 4000);
    assert_int_equal(payable.held.minor, 0);
    books_assert_right(books);
    books_close(books);
}

/* ---- new versions ---- */

#define LEG(side_, code_, owner_, amount_)                                                         \
    {                                                                                              \
        .side = (side_), .code = (code_), .owner = LEDGER_OWNER_##owner_,                          \
        .currency = LEDGER_CURRENCY_MAIN, .amount = STR_INIT(amount_)                              \
    }

/* The fee waits to be confirmed, on 2242. */
static const struct ledger_template_leg confirmed_later[] = {
    LEG(D, 1131, CHANNEL_ACCOUNT, "gross"),
    LEG(C, 2241, MERCHANT, "gross - fee"),
    LEG(C, 2242, PLATFORM, "fee"),
};

static const struct ledger_template_put later = {
    .event = LEDGER_EVENT_PAYMENT_SUCCEEDED,
    .mode = LEDGER_FUND_COLLECT,
    .valid_from = TOMORROW,
    .legs = confirmed_later,
    .leg_count = 3,
    .operator_id = 9,
};

static enum err put(struct books *books, const struct ledger_template_put *arg,
                    struct ledger_versioned *out)
{
    return books_command(books, &ledger_template_put_kind, arg, out);
}

static struct ledger_voucher payment(int64_t number)
{
    struct ledger_voucher voucher = COLLECT(PAYMENT_SUCCEEDED, GROSS(10000), FEE(60));

    voucher.business_no = number;
    voucher.merchant_id = MERCHANT;
    voucher.channel_account_id = CHANNEL;
    voucher.currency = CURRENCY_CNY;
    return voucher;
}

static int64_t voucher_of(struct books *books, int64_t journal_id)
{
    struct ledger_journal_view view = {.id = journal_id};

    books_read(books, journal_run, &view);
    return view.voucher;
}

static void a_version_is_used_from_its_date_on(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher first = payment(1), second = payment(2), third = payment(3);
    struct ledger_versioned versioned;
    struct ledger_posted posted, again;

    assert_ok(post(books, &first, &posted));
    assert_ok(put(books, &later, &versioned));
    assert_int_equal(versioned.version, 2);
    assert_false(versioned.exists);
    assert_ok(post(books, &second, &posted));
    assert_int_equal(voucher_of(books, posted.journal_id), 12001);
    counter_add(&books->now_ms, TIME_DAY_MS);
    assert_ok(post(books, &third, &posted));
    assert_int_equal(voucher_of(books, posted.journal_id), 12002);
    assert_int_equal(
        books_get(books, books_account(books, LEDGER_PLATFORM, 2242, CURRENCY_CNY)).posted.minor,
        60);
    /* What was booked by the old version is still known, and compared with its legs. */
    assert_ok(post(books, &second, &again));
    assert_true(again.exists);
    second.amounts[LEDGER_AMOUNT_FEE] = AMOUNT(61);
    assert_refused(books, post(books, &second, &again), ERR_LEDGER_CONFLICT, "legs[1].amount");
    books_reopen(books);
    assert_ok(post(books, &third, &again));
    assert_true(again.exists);
    assert_int_equal(again.journal_id, posted.journal_id);
    books_assert_right(books);
    books_close(books);
}

static void templates_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_template *out = ctx, *templates;
    size_t count;

    assert_ok(ledger_read_templates(reader, LEDGER_EVENT_PAYMENT_SUCCEEDED, books->arena,
                                    &templates, &count));
    assert_int_equal(count, 3);
    memcpy(out, templates, 3 * sizeof(*out));
    assert_ok(ledger_read_templates(reader, 0, books->arena, &templates, &count));
    assert_int_equal(count, 38);
}

static void versions_are_kept_and_read(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_template templates[3];
    struct ledger_versioned versioned;

    assert_ok(put(books, &later, &versioned));
    books_read(books, templates_run, templates);
    assert_int_equal(templates[0].mode, LEDGER_FUND_DIRECT);
    assert_int_equal(templates[1].version, 1);
    assert_int_equal(templates[1].valid_until, TOMORROW);
    assert_int_equal(templates[1].legs[2].code, 6021);
    assert_true(templates[1].legs[1].matures);
    assert_int_equal(templates[2].id, 12002);
    assert_int_equal(templates[2].valid_from, TOMORROW);
    assert_int_equal(templates[2].valid_until, 0);
    assert_int_equal(templates[2].operator_id, 9);
    assert_int_equal(templates[2].leg_count, 3);
    assert_int_equal(templates[2].legs[2].code, 2242);
    books_close(books);
}

static void a_version_sent_again_is_the_same_one(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_template_put changed = later;
    struct ledger_versioned versioned;

    assert_ok(put(books, &later, &versioned));
    assert_ok(put(books, &later, &versioned));
    assert_int_equal(versioned.version, 2);
    assert_true(versioned.exists);
    changed.leg_count = 0;
    changed.valid_from = 20251124;
    assert_ok(put(books, &changed, &versioned));
    assert_int_equal(versioned.version, 3);
    assert_false(versioned.exists);
    books_close(books);
}

static void replaced_run(struct books *books, struct reader *reader, void *ctx)
{
    size_t count;

    assert_ok(
        ledger_read_templates(reader, LEDGER_EVENT_PAYMENT_SUCCEEDED, books->arena, ctx, &count));
    assert_int_equal(count, 4);
}

/* A wrong one of the 24th, found today: from tomorrow on there is another, and it never begins. */
static void a_version_that_has_not_begun_is_replaced(void **state)
{
    struct books *books = books_open(*state);
    const struct ledger_template_leg legs[] = {LEG(D, 1131, CHANNEL_ACCOUNT, "gross"),
                                               LEG(C, 2241, MERCHANT, "gross - fee"),
                                               LEG(C, 6021, PLATFORM, "fee")};
    struct ledger_template_put wrong = later, right = later;
    struct ledger_voucher first = payment(1), second = payment(2);
    struct ledger_template *templates;
    struct ledger_versioned versioned;
    struct ledger_posted posted;

    wrong.valid_from = 20251124;
    assert_ok(put(books, &wrong, &versioned));
    right.legs = legs;
    right.reason = STR("the fee is income at once");
    right.reviewer_id = 10;
    assert_ok(put(books, &right, &versioned));
    assert_int_equal(versioned.version, 3);
    assert_false(versioned.exists);
    books_read(books, replaced_run, &templates);
    assert_int_equal(templates[1].valid_until, TOMORROW);
    assert_int_equal(templates[2].valid_from, 20251124);
    assert_int_equal(templates[2].valid_until, TOMORROW);
    assert_int_equal(templates[3].valid_until, 0);
    assert_int_equal(templates[3].reviewer_id, 10);
    assert_true(str_eq(templates[3].reason, right.reason));
    counter_add(&books->now_ms, TIME_DAY_MS);
    assert_ok(post(books, &first, &posted));
    assert_int_equal(voucher_of(books, posted.journal_id), 12003);
    counter_add(&books->now_ms, TIME_DAY_MS);
    books_reopen(books);
    assert_ok(post(books, &second, &posted));
    assert_int_equal(voucher_of(books, posted.journal_id), 12003);
    wrong.valid_from = 20251124; /* it is today: what has begun stays */
    assert_refused(books, put(books, &wrong, &versioned), ERR_LEDGER_VERSION_DATE, "valid_from");
    books_close(books);
}

static void what_a_version_must_be_is_checked_in_order(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_template_leg legs[17] = {{0}};
    struct ledger_template_put bad = later;
    struct ledger_versioned versioned;

    memcpy(legs, confirmed_later, sizeof(confirmed_later));
    bad.legs = legs;
    bad.event = LEDGER_EVENT_END;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_VOUCHER, "event");
    bad.event = LEDGER_EVENT_CASH_SENT;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_VOUCHER, "mode");
    bad.event = LEDGER_EVENT_PAYMENT_SUCCEEDED;
    bad.mode = 0;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_VOUCHER, "mode");
    bad.mode = LEDGER_FUND_COLLECT;
    bad.valid_from = TODAY;
    bad.leg_count = 1;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_VERSION_DATE, "valid_from");
    bad.valid_from = 20251131;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_VERSION_DATE, "valid_from");
    bad.valid_from = TOMORROW;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_LEGS, "legs");
    bad.leg_count = 17;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_LEGS, "legs");
    bad.leg_count = 3;
    legs[1].code = 9999;
    legs[1].owner = LEDGER_OWNER_RECEIVER;
    legs[1].currency = LEDGER_CURRENCY_OTHER;
    legs[1].amount = STR("gross - cost");
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_CODE, "legs[1].code");
    legs[1].code = 2;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_CODE_NOT_LEAF, "legs[1].code");
    legs[1].code = LEDGER_CODE_WAITING;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_CODE_OWN, "legs[1].code");
    legs[1].code = 2241;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_OWNER, "legs[1].owner");
    legs[1].owner = LEDGER_OWNER_CHANNEL_ACCOUNT; /* the event tells it, but 2241 is a merchant's */
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_CODE_OWNER, "legs[1].owner");
    legs[1].owner = LEDGER_OWNER_MERCHANT;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_EXPRESSION, "legs[1].currency");
    legs[1].currency = LEDGER_CURRENCY_MAIN;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_EXPRESSION, "legs[1].amount");
    legs[1].amount = STR("gross");
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_UNBALANCED, "legs");
    legs[1].amount = STR("gross - fee");
    assert_ok(put(books, &bad, &versioned));
    books_close(books);
}

/* Whom a code is kept for stands in the chart. */
static void a_code_is_kept_for_the_owners_of_its_row(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_versioned versioned;

    store_close(books->store);
    books_sql(books, "UPDATE ledger_chart SET owners = 8 WHERE code = 2242");
    CHECK(store_open(&books->options, &books->store, (char[256]){0}) == ERR_OK);
    assert_refused(books, put(books, &later, &versioned), ERR_LEDGER_CODE_OWNER, "legs[2].owner");
    store_close(books->store);
    books_sql(books, "UPDATE ledger_chart SET owners = 0 WHERE code = 2242");
    CHECK(store_open(&books->options, &books->store, (char[256]){0}) == ERR_OK);
    assert_ok(put(books, &later, &versioned));
    books_close(books);
}

/* It balances in the sum of both currencies, but in neither alone. */
static void each_currency_of_an_exchange_balances_alone(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_template_leg legs[] = {
        LEG(D, 2241, MERCHANT, "sold"),
        LEG(C, 2241, MERCHANT, "sold"),
    };
    const struct ledger_template_put bad = {
        .event = LEDGER_EVENT_CURRENCY_SOLD, .valid_from = TOMORROW, .legs = legs, .leg_count = 2};
    struct ledger_versioned versioned;

    legs[1].currency = LEDGER_CURRENCY_OTHER;
    assert_refused(books, put(books, &bad, &versioned), ERR_LEDGER_UNBALANCED, "legs");
    books_close(books);
}

/* A template may take more from a leg than some inputs have: those are refused, not turned round.
 */
static void a_leg_never_turns_round_by_a_fee(void **state)
{
    struct books *books = books_open(*state);
    const struct ledger_template_leg legs[] = {
        LEG(D, 1131, CHANNEL_ACCOUNT, "gross"),
        LEG(D, 1122, MERCHANT, "fee - gross"),
        LEG(C, 6021, PLATFORM, "fee"),
    };
    struct ledger_template_put steep = later;
    struct ledger_voucher voucher = payment(1);
    struct ledger_versioned versioned;
    struct ledger_posted posted;

    steep.legs = legs;
    assert_ok(put(books, &steep, &versioned));
    counter_add(&books->now_ms, TIME_DAY_MS);
    assert_refused(books, post(books, &voucher, &posted), ERR_LEDGER_AMOUNT, "gross");
    books_close(books);
}

/* ---- currencies ---- */

static struct ledger_chart_put bound(int64_t valid_from, size_t currency_count)
{
    static const enum currency yuan[] = {CURRENCY_CNY};

    return (struct ledger_chart_put){.code = 2242,
                                     .valid_from = valid_from,
                                     .side = LEDGER_CREDIT,
                                     .name = STR("Fees to be confirmed"),
                                     .name_zh = STR("待确认手续费"),
                                     .currencies = yuan,
                                     .currency_count = currency_count};
}

/* Vouchers come in any currency: a code that a template names takes them all, from the template's
 * first day on. */
static void a_template_names_no_code_that_is_bound_to_currencies(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put yuan = bound(TOMORROW, 1), any = bound(TOMORROW + 1, 0);
    struct ledger_template_put after = later;
    struct ledger_versioned versioned;

    assert_ok(books_command(books, &ledger_chart_put_kind, &yuan, &versioned));
    assert_refused(books, put(books, &later, &versioned), ERR_LEDGER_CODE_CURRENCY, "legs[2].code");
    assert_ok(books_command(books, &ledger_chart_put_kind, &any, &versioned));
    assert_refused(books, put(books, &later, &versioned), ERR_LEDGER_CODE_CURRENCY, "legs[2].code");
    after.valid_from = TOMORROW + 1;
    assert_ok(put(books, &after, &versioned));
    books_close(books);
}

/* The version that binds the code begins later than the template, or was replaced before it began.
 */
static void a_template_is_bound_by_the_versions_to_come(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_chart_put yuan = bound(TOMORROW + 1, 1), any = bound(TOMORROW, 0);
    struct ledger_versioned versioned;

    any.name = STR("Fees, unconfirmed");
    assert_ok(books_command(books, &ledger_chart_put_kind, &yuan, &versioned));
    assert_refused(books, put(books, &later, &versioned), ERR_LEDGER_CODE_CURRENCY, "legs[2].code");
    assert_ok(books_command(books, &ledger_chart_put_kind, &any, &versioned));
    assert_ok(put(books, &later, &versioned));
    books_close(books);
}

/* The chart was narrowed before such a version was refused. */
static void bind_codes(struct books *books)
{
    store_close(books->store);
    books_sql(books, "UPDATE ledger_chart_version SET currencies = 'USD'"
                     " WHERE id IN (2241001, 2245001, 2299001, 6021001)");
    CHECK(store_open(&books->options, &books->store, (char[256]){0}) == ERR_OK);
}

/* The payment has happened all the same. */
static void a_fact_is_booked_in_a_currency_that_its_code_takes_no_more(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_voucher paid = payment(1), kept = EVENT(DEPOSIT_TAKEN, GROSS(1));
    struct ledger_posted posted;

    bind_codes(books);
    assert_ok(check(books, &paid));
    assert_ok(post(books, &paid, &posted));
    assert_int_equal(
        books_get(books, books_account(books, MERCHANT, 2241, CURRENCY_CNY)).posted.minor, 9940);
    kept.business_no = 2; /* nothing has happened outside yet: it is refused */
    kept.merchant_id = MERCHANT;
    kept.currency = CURRENCY_CNY;
    assert_refused(books, check(books, &kept), ERR_LEDGER_CODE_CURRENCY, "currency");
    assert_refused(books, post(books, &kept, &posted), ERR_LEDGER_CODE_CURRENCY, "currency");
    books_assert_right(books);
    books_close(books);
}

/* Of an account that takes no credits, while 2299 takes none in its currency. */
static void an_entry_waits_in_whatever_currency_it_came(void **state)
{
    struct books *books = books_open(*state);
    struct ledger_hold_place block = {.reference = books_reference(books, LEDGER_OPERATION_HOLD),
                                      .account_id =
                                          books_account(books, MERCHANT, 2241, CURRENCY_CNY),
                                      .kind = LEDGER_HOLD_JUDICIAL,
                                      .effect = LEDGER_HOLD_CREDIT_BLOCK};
    struct ledger_voucher paid = payment(1);
    struct ledger_posted posted;
    struct ledger_held held;

    assert_ok(books_command(books, &ledger_place_kind, &block, &held));
    bind_codes(books);
    assert_ok(post(books, &paid, &posted));
    assert_int_equal(books_get(books, block.account_id).pending, 1);
    books_assert_right(books);
    books_close(books);
}

/* ---- expressions ---- */

static void sums_of_amounts_are_read_strictly(void **state)
{
    static const char *const wrong[] = {
        "",          "gros",        "gross -",   "gross  - fee",  "- gross",
        "gross fee", "gross * fee", "gross-fee", "gross - gross", " gross",
        "gross ",    "gross + 1",   "GROSS",
    };
    struct ledger_expression e;
    const struct amount amounts[LEDGER_AMOUNT_END] = {GROSS(100), FEE(7), COST(2)};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(ledger__expression_parse(str_of(wrong[i]), &e));
    }
    assert_true(ledger__expression_parse(STR("gross"), &e));
    assert_int_equal((int64_t)ledger__expression_value(&e, amounts), 100);
    assert_true(ledger__expression_parse(STR("gross - fee + cost"), &e));
    assert_int_equal((int64_t)ledger__expression_value(&e, amounts), 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_template_is_worked_in_debits_and_credits),
        cmocka_unit_test(amounts_stay_within_their_limits),
        cmocka_unit_test(an_event_without_a_template_is_refused),
        cmocka_unit_test(a_sum_beyond_63_bits_is_refused),
        cmocka_unit_test(money_of_a_voucher_may_mature_later),
        cmocka_unit_test(a_voucher_may_capture_a_hold),
        cmocka_unit_test(a_version_is_used_from_its_date_on),
        cmocka_unit_test(versions_are_kept_and_read),
        cmocka_unit_test(a_version_sent_again_is_the_same_one),
        cmocka_unit_test(a_version_that_has_not_begun_is_replaced),
        cmocka_unit_test(what_a_version_must_be_is_checked_in_order),
        cmocka_unit_test(a_code_is_kept_for_the_owners_of_its_row),
        cmocka_unit_test(each_currency_of_an_exchange_balances_alone),
        cmocka_unit_test(a_leg_never_turns_round_by_a_fee),
        cmocka_unit_test(a_template_names_no_code_that_is_bound_to_currencies),
        cmocka_unit_test(a_template_is_bound_by_the_versions_to_come),
        cmocka_unit_test(a_fact_is_booked_in_a_currency_that_its_code_takes_no_more),
        cmocka_unit_test(an_entry_waits_in_whatever_currency_it_came),
        cmocka_unit_test(sums_of_amounts_are_read_strictly),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}
